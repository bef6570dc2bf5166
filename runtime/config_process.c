#include <string.h>
#include <sys/resource.h>

#include "pkg/util/log.h"
#include "pkg/util/text.h"
#include "runtime/config.h"

static const char at[] = "process";

static int nomem(struct err *err) { return err_sys(err, ENOMEM, "read 'process'"); }

/* clang-format off */
static const struct { const char *name; int resource; } rlimit_names[] = {
	{ "RLIMIT_AS", RLIMIT_AS }, { "RLIMIT_CORE", RLIMIT_CORE }, { "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA }, { "RLIMIT_FSIZE", RLIMIT_FSIZE }, { "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK }, { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE }, { "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE }, { "RLIMIT_NPROC", RLIMIT_NPROC }, { "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO }, { "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING }, { "RLIMIT_STACK", RLIMIT_STACK },
};
/* clang-format on */

/* Past 2^63 jansson gives a double; RLIM_INFINITY and -1 both mean none. */
static int decode_limit(const json_t *o, const char *key, uint64_t *ret, struct err *err)
{
	int64_t n = 0;
	bool set;
	int rc = cfg_int(o, "process.rlimits", key, INT64_MIN, INT64_MAX, &n, &set, err);

	if (rc < 0)
		return rc;
	if (!set)
		return err_set(err, ERR_INVALID, "process.rlimits.%s: is required", key);
	*ret = n < 0 || n == INT64_MAX ? (uint64_t) RLIM_INFINITY : (uint64_t) n;
	return 0;
}

static int decode_rlimits(const json_t *o, struct arena *a, struct cfg_process *p, struct err *err)
{
	const json_t *list, *item;
	size_t i, k;
	int rc = cfg_array(o, at, "rlimits", &list, err);

	if (rc < 0 || !list)
		return rc;
	if (!(p->rlimits = arena_array(a, json_array_size(list), sizeof *p->rlimits)))
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		const char *type = "";

		if ((rc = cfg_str(item, "process.rlimits", "type", &type, err)) < 0 ||
			(rc = decode_limit(item, "soft", &p->rlimits[i].soft, err)) < 0 ||
			(rc = decode_limit(item, "hard", &p->rlimits[i].hard, err)) < 0)
			return rc;
		for (k = 0; k < LEN(rlimit_names) && strcmp(type, rlimit_names[k].name) != 0; k++)
			;
		if (k == LEN(rlimit_names))
			return err_set(
				err, ERR_INVALID, "process.rlimits[%zu].type: unknown limit '%s'", i, type);
		for (size_t j = 0; j < i; j++)
			if (p->rlimits[j].resource == rlimit_names[k].resource)
				return err_set(err, ERR_INVALID,
					"process.rlimits[%zu].type: '%s' is listed twice", i, type);
		if (p->rlimits[i].soft > p->rlimits[i].hard)
			return err_set(
				err, ERR_INVALID, "process.rlimits[%zu]: soft limit above the hard one", i);
		p->rlimits[i].resource = rlimit_names[k].resource;
		p->n_rlimits = i + 1;
	}
	return 0;
}

static int decode_user(const json_t *o, struct arena *a, struct cfg_process *p, struct err *err)
{
	const json_t *u, *list, *item;
	int64_t uid = 0, gid = 0, mask = 0;
	size_t i;
	int rc;

	if ((rc = cfg_object(o, at, "user", &u, err)) < 0 || !u)
		return rc;
	if ((rc = cfg_int(u, "process.user", "uid", 0, UINT32_MAX - 1, &uid, NULL, err)) < 0 ||
		(rc = cfg_int(u, "process.user", "gid", 0, UINT32_MAX - 1, &gid, NULL, err)) < 0 ||
		(rc = cfg_int(u, "process.user", "umask", 0, UINT32_MAX, &mask, &p->has_umask, err)) < 0 ||
		(rc = cfg_str(u, "process.user", "username", &p->username, err)) < 0 ||
		(rc = cfg_array(u, "process.user", "additionalGids", &list, err)) < 0)
		return rc;
	p->uid = (uid_t) uid;
	p->gid = (gid_t) gid;
	p->umask = (mode_t) mask & 0777;
	if (!list)
		return 0;
	if (!(p->groups = arena_array(a, json_array_size(list), sizeof *p->groups)))
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		if (!json_is_integer(item) || json_integer_value(item) < 0 ||
			json_integer_value(item) >= UINT32_MAX)
			return err_set(
				err, ERR_INVALID, "process.user.additionalGids[%zu]: expected a group id", i);
		p->groups[i] = (gid_t) json_integer_value(item);
		p->n_groups = i + 1;
	}
	return 0;
}

static const char *const capsets[CAPSET_COUNT] = { "bounding", "effective", "inheritable", "permitted",
	"ambient" };

/* The specification: what the kernel or this runtime does not know is a warning, once; it grants nothing. */
static void warn_unknown(const json_t *caps, int set, const char *name)
{
	const json_t *item;
	size_t i;

	for (int k = 0; k < set; k++)
		json_array_foreach(json_object_get(caps, capsets[k]), i, item)
		{
			if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
				return;
		}
	log_warn("process.capabilities.%s: unknown capability '%s', ignoring", capsets[set], name);
}

static int decode_caps(const json_t *o, struct cfg_process *p, struct err *err)
{
	const json_t *caps, *list, *item;
	size_t i;
	int rc = cfg_object(o, at, "capabilities", &caps, err);

	if (rc < 0 || !caps)
		return rc;
	p->has_caps = true;
	for (int k = 0; k < CAPSET_COUNT; k++) {
		if ((rc = cfg_array(caps, "process.capabilities", capsets[k], &list, err)) < 0)
			return rc;
		json_array_foreach(list, i, item)
		{
			const char *name = json_string_value(item);

			if (!name)
				return err_set(err, ERR_INVALID,
					"process.capabilities.%s[%zu]: expected a string", capsets[k], i);
			if ((rc = cap_parse(name)) >= 0)
				p->caps[k] |= 1ull << rc;
			else
				warn_unknown(caps, k, name);
		}
	}
	return 0;
}

/* The kernel lets nobody be effective beyond what is permitted; the specification: what cannot be granted is a warning. */
static void warn_ungranted(const struct cfg_process *p)
{
	uint64_t lost = p->caps[CAPSET_EFFECTIVE] & ~p->caps[CAPSET_PERMITTED];

	for (int cap = 0; lost && cap < CAP_COUNT; cap++)
		if (lost & 1ull << cap)
			log_warn("process.capabilities.effective: %s is not permitted, ignoring",
				cap_name(cap));
}

static int decode_io(const json_t *o, struct cfg_process *p, struct err *err)
{
	static const char *const classes[] = { "", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE",
		NULL };
	const json_t *io;
	const char *class = "";
	int64_t priority = 0;
	int rc = cfg_object(o, at, "ioPriority", &io, err);

	if (rc < 0 || !io)
		return rc;
	if ((rc = cfg_str(io, "process.ioPriority", "class", &class, err)) < 0 ||
		(rc = cfg_int(io, "process.ioPriority", "priority", 0, 7, &priority, NULL, err)) < 0 ||
		(rc = cfg_choice(class, classes, "process.ioPriority.class", err)) < 0)
		return rc;
	p->io_class = rc;
	p->io_priority = (int) priority;
	return 0;
}

static int decode_scheduler(const json_t *o, struct arena *a, struct cfg_process *p, struct err *err)
{
	static const char sat[] = "process.scheduler";
	static const char *const policies[] = { "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH",
		"SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE", NULL };
	static const char *const flags[] = { "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
		"SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX", NULL };
	const json_t *s;
	struct words list = { 0 };
	const char *policy = "";
	int64_t nice = 0, priority = 0, v[3] = { 0 };
	int rc = cfg_object(o, at, "scheduler", &s, err);

	if (rc < 0 || !s)
		return rc;
	if ((rc = cfg_str(s, sat, "policy", &policy, err)) < 0 ||
		(rc = cfg_int(s, sat, "nice", -20, 19, &nice, NULL, err)) < 0 ||
		(rc = cfg_int(s, sat, "priority", 0, 99, &priority, NULL, err)) < 0 ||
		(rc = cfg_words(s, sat, "flags", a, &list, err)) < 0 ||
		(rc = cfg_int(s, sat, "runtime", 0, INT64_MAX, &v[0], NULL, err)) < 0 ||
		(rc = cfg_int(s, sat, "deadline", 0, INT64_MAX, &v[1], NULL, err)) < 0 ||
		(rc = cfg_int(s, sat, "period", 0, INT64_MAX, &v[2], NULL, err)) < 0 ||
		(rc = cfg_choice(policy, policies, "process.scheduler.policy", err)) < 0)
		return rc;
	p->sched = (struct cfg_scheduler){ .set = true,
		.policy = (uint32_t) rc,
		.nice = (int32_t) nice,
		.priority = (uint32_t) priority,
		.runtime = (uint64_t) v[0],
		.deadline = (uint64_t) v[1],
		.period = (uint64_t) v[2] };
	for (size_t i = 0; i < list.n; i++) {
		if ((rc = cfg_choice(list.v[i], flags, "process.scheduler.flags", err)) < 0)
			return rc;
		p->sched.flags |= 1u << rc;
	}
	return 0;
}

static int decode_console(const json_t *o, struct cfg_process *p, struct err *err)
{
	const json_t *size, *aff;
	int64_t w = 0, h = 0;
	int rc = cfg_object(o, at, "consoleSize", &size, err);

	if (rc < 0 || (rc = cfg_object(o, at, "execCPUAffinity", &aff, err)) < 0)
		return rc;
	if (size &&
		((rc = cfg_int(size, "process.consoleSize", "width", 0, 65535, &w, NULL, err)) < 0 ||
			(rc = cfg_int(size, "process.consoleSize", "height", 0, 65535, &h, NULL, err)) < 0))
		return rc;
	p->cols = (uint16_t) w;
	p->rows = (uint16_t) h;
	if (aff && ((rc = cfg_str(aff, "process.execCPUAffinity", "initial", &p->cpu_initial, err)) < 0 ||
			   (rc = cfg_str(aff, "process.execCPUAffinity", "final", &p->cpu_final, err)) < 0))
		return rc;
	return 0;
}

int config_process(const json_t *o, struct arena *a, struct cfg_process *p, struct err *err)
{
	int64_t oom = 0;
	int rc;

	*p = (struct cfg_process){ .present = true };
	if (!json_is_object(o))
		return err_set(err, ERR_INVALID, "process: expected an object");
	if ((rc = cfg_bool(o, at, "terminal", &p->terminal, err)) < 0 ||
		(rc = decode_console(o, p, err)) < 0 || (rc = decode_user(o, a, p, err)) < 0 ||
		(rc = cfg_words(o, at, "args", a, &p->args, err)) < 0 ||
		(rc = cfg_words(o, at, "env", a, &p->env, err)) < 0 ||
		(rc = cfg_str(o, at, "cwd", &p->cwd, err)) < 0 || (rc = decode_caps(o, p, err)) < 0 ||
		(rc = decode_rlimits(o, a, p, err)) < 0 ||
		(rc = cfg_bool(o, at, "noNewPrivileges", &p->no_new_privs, err)) < 0 ||
		(rc = cfg_int(o, at, "oomScoreAdj", -1000, 1000, &oom, &p->has_oom_score_adj, err)) < 0 ||
		(rc = cfg_str(o, at, "apparmorProfile", &p->apparmor, err)) < 0 ||
		(rc = cfg_str(o, at, "selinuxLabel", &p->selinux, err)) < 0 ||
		(rc = decode_io(o, p, err)) < 0 || (rc = decode_scheduler(o, a, p, err)) < 0)
		return rc;
	p->oom_score_adj = (int) oom;
	warn_ungranted(p);
	if (p->apparmor && !p->apparmor[0])
		p->apparmor = NULL;
	if (p->selinux && !p->selinux[0])
		p->selinux = NULL;
	if (!p->cwd || p->cwd[0] != '/')
		return err_set(err, ERR_INVALID, "process.cwd: expected an absolute path");
	if (!p->args.n || !p->args.v[0][0])
		return err_set(err, ERR_INVALID, "process.args: is empty");
	for (size_t i = 0; i < p->env.n; i++)
		if (!strchr(p->env.v[i], '=') || p->env.v[i][0] == '=')
			return err_set(err, ERR_INVALID, "process.env[%zu]: expected NAME=value", i);
	return 0;
}
