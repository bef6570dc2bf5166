/*
 * create_limits.c — resources, ulimits, capabilities and --security-opt.  Pure.
 */
#include "pkg/verb/create.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pkg/util/limits.h"
#include "pkg/util/lsm.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the limits"); }

/* --ulimit NAME=SOFT[:HARD]; -1 is unlimited. */
static int ulimit(struct container_spec *c, const char *text, struct arena *a, struct err *err)
{
	static const char *const names[] = { "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue",
		"nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack", NULL };
	struct ulimit_spec *v = arena_array(a, c->ulimits.n + 1, sizeof *v), *u;
	char *name = arena_strdup(a, text), *soft = name ? strchr(name, '=') : NULL, *hard;
	bool known = false;

	if (!v || !name)
		return no_memory(err);
	if (!soft)
		return err_set(err, ERR_INVALID, "--ulimit %s: expected NAME=SOFT[:HARD]", text);
	*soft++ = 0;
	if ((hard = strchr(soft, ':')))
		*hard++ = 0;
	for (size_t i = 0; names[i]; i++)
		known = known || !strcmp(names[i], name);
	if (!known) {
		const char *near = text_nearest(name, names);

		return err_set(err, ERR_INVALID, "--ulimit: no limit is called '%s'%s%s%s", name,
			near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	if (c->ulimits.n)
		memcpy(v, c->ulimits.v, c->ulimits.n * sizeof *v);
	u = &v[c->ulimits.n];
	u->name = name;
	if (parse_i64(soft, -1, INT64_MAX, &u->soft) < 0 ||
		parse_i64(hard ? hard : soft, -1, INT64_MAX, &u->hard) < 0)
		return err_set(
			err, ERR_INVALID, "--ulimit %s: expected whole numbers, or -1 for unlimited", text);
	if (u->hard != -1 && (u->soft == -1 || u->soft > u->hard))
		return err_set(err, ERR_INVALID, "--ulimit %s: the soft limit is above the hard one", text);
	c->ulimits.v = v;
	c->ulimits.n++;
	return 0;
}

static bool cpuset_is_valid(const char *s)
{
	return *s && strspn(s, "0123456789,-") == strlen(s) && isdigit((unsigned char) s[0]) &&
	       isdigit((unsigned char) s[strlen(s) - 1]);
}

static int cpus(const struct create_request *r, struct resources_spec *res, struct arena *a, struct err *err)
{
	res->cpu_shares = (uint64_t) r->cpu_shares.v;
	res->cpu_quota = r->cpu_quota.v;
	res->cpu_period = (uint64_t) r->cpu_period.v;
	res->cpu_rt_period = r->cpu_rt_period.v;
	res->cpu_rt_runtime = r->cpu_rt_runtime.v;
	if (r->cpus > 0) {
		if (r->cpu_quota.set || r->cpu_period.set)
			return err_set(
				err, ERR_INVALID, "--cpus cannot be given with --cpu-quota or --cpu-period");
		res->cpu_period = 100000;
		res->cpu_quota = (int64_t) (r->cpus * 100000 + 0.5);
		if (res->cpu_quota < 1000)
			return err_set(err, ERR_INVALID, "--cpus: less than 0.01 of a processor");
	}
	if (r->cpuset_cpus && !cpuset_is_valid(r->cpuset_cpus))
		return err_set(
			err, ERR_INVALID, "--cpuset-cpus %s: expected a list such as 0-3,5", r->cpuset_cpus);
	if (r->cpuset_mems && !cpuset_is_valid(r->cpuset_mems))
		return err_set(
			err, ERR_INVALID, "--cpuset-mems %s: expected a list such as 0-3", r->cpuset_mems);
	if ((r->cpuset_cpus && !(res->cpuset_cpus = arena_strdup(a, r->cpuset_cpus))) ||
		(r->cpuset_mems && !(res->cpuset_mems = arena_strdup(a, r->cpuset_mems))))
		return no_memory(err);
	return 0;
}

static int memory(const struct create_request *r, struct container_spec *c, struct err *err)
{
	struct resources_spec *res = &c->resources;

	if (r->memory.set && r->memory.v > 0 && r->memory.v < (int64_t) (6 * MiB))
		return err_set(err, ERR_INVALID, "--memory: at least 6m is needed to start a container");
	if (r->memory.v < 0 || r->memory_reservation.v < 0 || r->shm_size.v < 0)
		return err_set(err, ERR_INVALID,
			"a size cannot be negative; only --memory-swap may be -1 (unlimited)");
	if (r->memory_swap.set && r->memory_swap.v > 0 && !r->memory.v)
		return err_set(
			err, ERR_INVALID, "--memory-swap needs --memory: it limits memory and swap together");
	if (r->memory_swap.set && r->memory_swap.v > 0 && r->memory_swap.v < r->memory.v)
		return err_set(err, ERR_INVALID,
			"--memory-swap is below --memory: it limits memory and swap together");
	if (r->memory.v && r->memory_reservation.v > r->memory.v)
		return err_set(err, ERR_INVALID, "--memory-reservation is above --memory");
	res->memory = r->memory.v;
	res->memory_swap = r->memory_swap.v;
	/* podman and Docker: a limit without --memory-swap allows as much swap again */
	if (r->memory.v && !r->memory_swap.set && r->memory.v <= INT64_MAX / 2)
		res->memory_swap = 2 * r->memory.v;
	res->memory_reservation = r->memory_reservation.v;
	/* podman: -1 leaves it to the kernel */
	if (r->swappiness.set && r->swappiness.v >= 0)
		res->swappiness = r->swappiness;
	res->oom_kill_disable = r->oom_kill_disable;
	c->shm_size = (uint64_t) r->shm_size.v;
	return 0;
}

int create_limits(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	if ((rc = memory(r, c, err)) < 0 || (rc = cpus(r, &c->resources, a, err)) < 0)
		return rc;
	if ((rc = create_io(r, c, a, err)) < 0)
		return rc;
	c->resources.pids = r->pids_limit;
	for (size_t i = 0; i < r->ulimits.n; i++)
		if ((rc = ulimit(c, r->ulimits.v[i], a, err)) < 0)
			return rc;
	return 0;
}

static int capabilities(
	const char *flag, const struct strs *from, struct strs *to, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < from->n; i++) {
		const char *word = from->v[i];
		int cap;

		if (!strcasecmp(word, "all")) {
			if (strs_add(to, a, "ALL") < 0)
				return no_memory(err);
			continue;
		}
		if ((cap = cap_parse(word)) < 0)
			return err_set(err, ERR_INVALID, "%s: no capability is called '%s'", flag, word);
		if (strs_add(to, a, cap_name(cap)) < 0)
			return no_memory(err);
	}
	return 0;
}

static int add_paths(struct strs *l, struct arena *a, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, ":");
		char *one = arena_strndup(a, text, n);

		if (!one || strs_add(l, a, one) < 0)
			return -ENOMEM;
		if (!text[n])
			return 0;
		text += n + 1;
	}
}

/* A profile that is loaded; the runtime names one that is not. */
static int apparmor(struct container_spec *c, const char *profile, struct arena *a, struct err *err)
{
	if (lsm_apparmor())
		return (c->apparmor = arena_strdup(a, profile)) ? 0 : no_memory(err);
	return strcmp(profile, "unconfined") == 0
		       ? 0
		       : err_set(err, ERR_UNSUPPORTED,
				 "--security-opt apparmor=%s: AppArmor is not enabled on this system",
				 profile);
}

static int security_word(const struct create_request *r, struct container_spec *c, const char *text,
	struct arena *a, struct err *err)
{
	size_t n = strcspn(text, "=:");
	const char *value = text[n] ? text + n + 1 : NULL;

	if (n == 17 && !strncmp(text, "no-new-privileges", n)) {
		c->no_new_privs = !value || !strcmp(value, "true");
		if (value && !c->no_new_privs && strcmp(value, "false") != 0)
			return err_set(err, ERR_INVALID, "--security-opt %s: expected true or false", text);
		return 0;
	}
	if (n == 7 && !strncmp(text, "seccomp", n) && value) {
		if (strcmp(value, "unconfined") != 0 && value[0] != '/')
			c->seccomp = arena_printf(a, "%s/%s", r->cwd, value);
		else
			c->seccomp = arena_strdup(a, value);
		return c->seccomp ? 0 : no_memory(err);
	}
	if (n == 8 && !strncmp(text, "apparmor", n) && value && *value)
		return apparmor(c, value, a, err);
	if (n == 5 && !strncmp(text, "label", n) && value && !strcmp(value, "disable"))
		return 0;
	if (n == 4 && !strncmp(text, "mask", n) && value)
		return add_paths(&c->masked, a, value) < 0 ? no_memory(err) : 0;
	if (n == 6 && !strncmp(text, "unmask", n) && value)
		return add_paths(&c->unmasked, a, !strcmp(value, "all") ? "ALL" : value) < 0 ? no_memory(err)
											     : 0;
	if ((n == 5 && !strncmp(text, "label", n)) || (n == 9 && !strncmp(text, "proc-opts", n)))
		return err_set(err, ERR_UNSUPPORTED, "--security-opt %s: not done yet", text);
	return err_set(err, ERR_INVALID,
		"--security-opt %s: unknown; there are no-new-privileges, seccomp=, mask=, unmask=, "
		"apparmor= and "
		"label=disable",
		text);
}

int create_security(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	if ((rc = capabilities("--cap-add", &r->cap_add, &c->cap_add, a, err)) < 0 ||
		(rc = capabilities("--cap-drop", &r->cap_drop, &c->cap_drop, a, err)) < 0)
		return rc;
	for (size_t i = 0; i < r->security.n; i++)
		if ((rc = security_word(r, c, r->security.v[i], a, err)) < 0)
			return rc;
	return 0;
}
