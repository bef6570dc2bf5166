#include "pkg/container/oci_gen.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/oci/ids.h"
#include "pkg/util/text.h"

#define LIMIT_DEFAULT 1048576 /* nofile and nproc, as podman asks for */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make config.json"); }

/* ---- capabilities ------------------------------------------------------------------------------------------------ */

static bool is_all(const char *s) { return strcasecmp(s, "all") == 0 || strcasecmp(s, "cap_all") == 0; }

static int caps_of(const struct strs *l, const char *flag, uint64_t all, uint64_t *ret, struct err *err)
{
	*ret = 0;
	for (size_t i = 0; i < l->n; i++) {
		int cap;

		if (is_all(l->v[i])) {
			*ret = all;
			continue;
		}
		if ((cap = cap_parse(l->v[i])) < 0)
			return err_set(err, ERR_INVALID, "%s %s: there is no such capability", flag, l->v[i]);
		*ret |= 1ULL << cap;
	}
	return 0;
}

int oci_caps(const struct container_spec *s, const struct oci_facts *f, uint64_t *ret, struct err *err)
{
	const uint64_t all = (1ULL << CAP_COUNT) - 1;
	uint64_t base, add, drop;
	int rc;

	if (s->role == ROLE_INFRA) {
		*ret = 0;
		return 0;
	}
	if ((rc = caps_of(&f->config->default_capabilities, "default_capabilities", all, &base, err)) < 0 ||
		(rc = caps_of(&s->cap_add, "--cap-add", all, &add, err)) < 0 ||
		(rc = caps_of(&s->cap_drop, "--cap-drop", all, &drop, err)) < 0)
		return rc;
	if (s->privileged)
		base = all;
	/* "drop ALL, add X" keeps X; "add ALL, drop X" loses it */
	if (drop == all)
		base = 0, drop = 0;
	*ret = ((base | add) & ~drop) & f->caps_max;
	return 0;
}

static json_t *caps_json(uint64_t caps)
{
	json_t *l = json_array();

	for (int i = 0; i < CAP_COUNT; i++)
		if (caps & 1ULL << i && json_array_append_new(l, json_string(cap_name(i))) < 0) {
			json_decref(l);
			return NULL;
		}
	return l;
}

/* A user other than 0 has what was added for it, by the ambient set; the rest is only its bound. */
json_t *oci_capabilities(const struct container_spec *s, const struct oci_facts *f, uint64_t caps)
{
	uint64_t held = caps, added = 0;
	struct err none;

	if (f->user->uid && !s->privileged) {
		(void) caps_of(&s->cap_add, "", caps, &added, &none);
		held = added & caps;
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "bounding", caps_json(caps), "effective",
		caps_json(held), "permitted", caps_json(held), "inheritable",
		caps_json(f->user->uid ? held : 0), "ambient",
		caps_json(f->user->uid && !s->privileged ? held : 0));
}

/* ---- process ----------------------------------------------------------------------------------------------------- */

static json_t *strs_json(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		if (json_array_append_new(v, json_string(l->v[i])) < 0) {
			json_decref(v);
			return NULL;
		}
	return v;
}

static bool env_has(json_t *env, const char *key)
{
	size_t i, len = strlen(key);
	json_t *v;

	json_array_foreach(env, i, v) if (strncmp(json_string_value(v), key, len) == 0 &&
					  json_string_value(v)[len] == '=') return true;
	return false;
}

static int env_default(json_t *env, const char *key, const char *value)
{
	if (!value || !*value || env_has(env, key))
		return 0;
	return json_array_append_new(env, json_sprintf("%s=%s", key, value));
}

/* Secrets that are variables: they stand in no document but the one of the process. */
static int env_secrets(json_t *env, const struct container_spec *s)
{
	for (size_t i = 0; i < s->secrets.n; i++) {
		const struct secret_spec *x = LIST_AT(s->secrets, struct secret_spec, i);
		auto_free char *data = NULL;
		size_t n;

		if (!x->env || env_has(env, x->target))
			continue;
		if (!(data = base64_decode(x->data ? x->data : "", &n)) ||
			json_array_append_new(env, json_sprintf("%s=%.*s", x->target, (int) n, data)) < 0)
			return -1;
	}
	return 0;
}

/* 'more' are added to the container's; a later one of a name replaces it. */
static json_t *env_and(const struct container_spec *s, const struct oci_facts *f, const struct strs *more)
{
	json_t *env = json_array();
	int rc = env ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < s->env.n; i++) {
		size_t len = strcspn(s->env.v[i], "=");
		bool later = false;

		for (size_t k = 0; more && k < more->n; k++)
			later = later || strncmp(more->v[k], s->env.v[i], len + 1) == 0;
		if (!later)
			rc = json_array_append_new(env, json_string(s->env.v[i]));
	}
	for (size_t i = 0; rc == 0 && more && i < more->n; i++)
		rc = json_array_append_new(env, json_string(more->v[i]));
	if (rc == 0)
		rc = env_secrets(env, s);
	if (rc == 0 && f->notify)
		rc = env_default(env, "NOTIFY_SOCKET", OCI_NOTIFY "/notify");
	if (rc == 0 && s->role != ROLE_INFRA &&
		(env_default(env, "HOSTNAME", s->hostname) < 0 ||
			env_default(env, "HOME", f->user->home) < 0))
		rc = -1;
	if (rc) {
		json_decref(env);
		return NULL;
	}
	return env;
}

json_t *oci_env(const struct container_spec *s, const struct oci_facts *f) { return env_and(s, f, NULL); }

static json_t *user_json(const struct container_spec *s, const struct oci_facts *f)
{
	json_t *u = json_pack("{s:I, s:I, s:I}", "uid", (json_int_t) f->user->uid, "gid",
		(json_int_t) f->user->gid, "umask",
		(json_int_t) (s->umask ? (uint64_t) s->umask - 1 : f->config->umask));
	json_t *l;

	if (!u || s->role == ROLE_INFRA)
		return u;
	/* the primary group too: a file that denies its group something denies it to this one (CVE-2022-2989) */
	/* where only one id is mapped no group can be set */
	l = f->in_userns && !f->tty_group ? json_array() : json_pack("[I]", (json_int_t) f->user->gid);
	if (!json_array_size(l) && !f->user->n_groups) {
		json_decref(l);
		return u;
	}
	for (size_t i = 0; i < f->user->n_groups; i++)
		if (json_array_append_new(l, json_integer(f->user->groups[i])) < 0)
			l = NULL;
	if (json_object_set_new(u, "additionalGids", l) < 0) {
		json_decref(u);
		return NULL;
	}
	return u;
}

struct limit {
	char name[24]; /* "NOFILE" */
	int64_t soft, hard;
};

static int limit_parse(const char *text, struct limit *l)
{
	char word[80], *eq, *colon;
	int rc;

	if (strlen(text) >= sizeof word || !strchr(text, '='))
		return -EINVAL;
	memcpy(word, text, strlen(text) + 1);
	eq = strchr(word, '=');
	*eq++ = '\0';
	if ((colon = strchr(eq, ':')))
		*colon++ = '\0';
	if ((rc = parse_i64(eq, -1, INT64_MAX, &l->soft)) < 0 ||
		(rc = parse_i64(colon ? colon : eq, -1, INT64_MAX, &l->hard)) < 0)
		return rc;
	return snprintf(l->name, sizeof l->name, "%s", word) < (int) sizeof l->name ? 0 : -EINVAL;
}

static int limit_add(struct limit *l, size_t *n, size_t max, const struct limit *new)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcasecmp(l[i].name, new->name) == 0)
			break;
	if (i == max)
		return -E2BIG;
	l[i] = *new;
	*n += i == *n;
	return 0;
}

/* A container may always lower a limit; raising it above our own hard limit needs CAP_SYS_RESOURCE on the host. */
static void limit_clamp(struct limit *l, const struct oci_facts *f)
{
	uint64_t max = strcasecmp(l->name, "nofile") == 0  ? f->nofile_max
		       : strcasecmp(l->name, "nproc") == 0 ? f->nproc_max
							   : UINT64_MAX;

	if (f->limits_rise || max == UINT64_MAX)
		return;
	if (l->hard < 0 || (uint64_t) l->hard > max)
		l->hard = (int64_t) max;
	if (l->soft < 0 || l->soft > l->hard)
		l->soft = l->hard;
}

int oci_rlimits(const struct container_spec *s, const struct oci_facts *f, json_t **ret, struct err *err)
{
	struct limit l[32], x;
	size_t n = 0;
	json_t *list;
	int rc = 0;

	*ret = NULL;
	l[n++] = (struct limit){ "nofile", LIMIT_DEFAULT, LIMIT_DEFAULT };
	l[n++] = (struct limit){ "nproc", LIMIT_DEFAULT, LIMIT_DEFAULT };
	for (size_t i = 0; i < f->config->default_ulimits.n; i++)
		if (limit_parse(f->config->default_ulimits.v[i], &x) < 0 || limit_add(l, &n, LEN(l), &x) < 0)
			return err_set(err, ERR_INVALID, "default_ulimits: '%s' is not NAME=SOFT[:HARD]",
				f->config->default_ulimits.v[i]);
	for (size_t i = 0; i < s->ulimits.n; i++) {
		const struct ulimit_spec *u = LIST_AT(s->ulimits, struct ulimit_spec, i);

		x = (struct limit){ .soft = u->soft, .hard = u->hard };
		if (snprintf(x.name, sizeof x.name, "%s", u->name) >= (int) sizeof x.name ||
			limit_add(l, &n, LEN(l), &x) < 0)
			return err_set(err, ERR_INVALID, "ulimit '%s' is unknown", u->name);
	}
	list = json_array();
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char type[40];

		limit_clamp(&l[i], f);
		snprintf(type, sizeof type, "RLIMIT_%s", l[i].name);
		for (char *p = type; *p; p++)
			*p = (char) toupper((unsigned char) *p);
		/* no limit is 2^64-1; jansson's numbers end at 2^63-1, which both runtimes read the same way */
		rc = json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "type", type, "hard",
				      (json_int_t) (l[i].hard < 0 ? INT64_MAX : l[i].hard), "soft",
				      (json_int_t) (l[i].soft < 0 ? INT64_MAX : l[i].soft)));
	}
	if (rc) {
		json_decref(list);
		return no_memory(err);
	}
	*ret = list;
	return 0;
}

/* With an init of ours the command is what that runs. */
static json_t *args_json(const struct container_spec *s)
{
	json_t *v = strs_json(&s->argv);

	if (s->init && s->role != ROLE_INFRA &&
		(json_array_insert_new(v, 0, json_string("--")) < 0 ||
			json_array_insert_new(v, 0, json_string(OCI_INIT)) < 0)) {
		json_decref(v);
		return NULL;
	}
	return v;
}

static int process(const struct container_spec *s, const struct oci_facts *f, const struct oci_exec *x,
	json_t **ret, struct err *err)
{
	struct container_spec as = *s;
	uint64_t caps;
	json_t *p, *limits;
	int rc;

	as.privileged = s->privileged || (x && x->privileged);
	if ((rc = oci_caps(&as, f, &caps, err)) < 0 || (rc = oci_rlimits(s, f, &limits, err)) < 0)
		return rc;
	p = json_pack("{s:b, s:o, s:o, s:o, s:s, s:o, s:o, s:b}", "terminal", x ? x->terminal : s->terminal,
		"user", user_json(s, f), "args", x ? strs_json(x->argv) : args_json(s), "env",
		env_and(s, f, x ? x->env : NULL), "cwd",
		x && x->cwd         ? x->cwd
		: s->cwd && *s->cwd ? s->cwd
				    : "/",
		"capabilities", oci_capabilities(&as, f, caps), "rlimits", limits, "noNewPrivileges",
		s->no_new_privs || s->role == ROLE_INFRA);
	if (p && s->apparmor && *s->apparmor)
		(void) json_object_set_new(p, "apparmorProfile", json_string(s->apparmor));
	if (p && s->process_label && *s->process_label)
		(void) json_object_set_new(p, "selinuxLabel", json_string(s->process_label));
	if (p && s->oom_score_adj.set &&
		json_object_set_new(p, "oomScoreAdj",
			json_integer(s->oom_score_adj.v < f->oom_min ? f->oom_min : s->oom_score_adj.v)) <
			0) {
		json_decref(p);
		p = NULL;
	}
	if (!p)
		return err_set(
			err, ERR_INVALID, "make config.json: a name, argument or variable is not UTF-8 text");
	*ret = p;
	return 0;
}

int oci_gen_exec(const struct container_spec *s, const struct oci_facts *f, const struct oci_exec *x,
	json_t **ret, struct err *err)
{
	return process(s, f, x, ret, err);
}

/* ---- linux ------------------------------------------------------------------------------------------------------- */

static json_t *namespaces(const struct oci_facts *f)
{
	json_t *l = json_array(), *v;

	for (int i = 0; l && i < OCI_NS_COUNT; i++) {
		if (!f->ns[i])
			continue;
		v = *f->ns[i] ? json_pack("{s:s, s:s}", "type", oci_ns_table[i].name, "path", f->ns[i])
			      : json_pack("{s:s}", "type", oci_ns_table[i].name);
		if (json_array_append_new(l, v) < 0) {
			json_decref(l);
			l = NULL;
		}
	}
	return l;
}

static json_t *memory_json(const struct resources_spec *r)
{
	json_t *m = json_object();

	if (r->memory)
		(void) json_object_set_new(m, "limit", json_integer(r->memory));
	if (r->memory_reservation)
		(void) json_object_set_new(m, "reservation", json_integer(r->memory_reservation));
	if (r->memory_swap)
		(void) json_object_set_new(m, "swap", json_integer(r->memory_swap));
	if (r->swappiness.set)
		(void) json_object_set_new(m, "swappiness", json_integer(r->swappiness.v));
	if (r->oom_kill_disable)
		(void) json_object_set_new(m, "disableOOMKiller", json_true());
	return m;
}

static json_t *cpu_json(const struct resources_spec *r)
{
	json_t *c = json_object();

	if (r->cpu_shares)
		(void) json_object_set_new(c, "shares", json_integer((json_int_t) r->cpu_shares));
	if (r->cpu_quota)
		(void) json_object_set_new(c, "quota", json_integer(r->cpu_quota));
	if (r->cpu_period)
		(void) json_object_set_new(c, "period", json_integer((json_int_t) r->cpu_period));
	if (r->cpu_rt_period)
		(void) json_object_set_new(c, "realtimePeriod", json_integer(r->cpu_rt_period));
	if (r->cpu_rt_runtime)
		(void) json_object_set_new(c, "realtimeRuntime", json_integer(r->cpu_rt_runtime));
	if (r->cpuset_cpus && *r->cpuset_cpus)
		(void) json_object_set_new(c, "cpus", json_string(r->cpuset_cpus));
	if (r->cpuset_mems && *r->cpuset_mems)
		(void) json_object_set_new(c, "mems", json_string(r->cpuset_mems));
	return c;
}

static json_t *blkio_json(const struct resources_spec *r, const struct oci_facts *f)
{
	static const char *const keys[] = { "weightDevice", "throttleReadBpsDevice", "throttleWriteBpsDevice",
		"throttleReadIOPSDevice", "throttleWriteIOPSDevice" };
	json_t *b = json_object();

	if (r->blkio_weight)
		(void) json_object_set_new(b, "weight", json_integer((json_int_t) r->blkio_weight));
	for (size_t i = 0; i < f->n_io; i++) {
		const struct oci_io *d = &f->io[i];

		if (!json_object_get(b, keys[d->kind]))
			(void) json_object_set_new(b, keys[d->kind], json_array());
		(void) json_array_append_new(json_object_get(b, keys[d->kind]),
			json_pack("{s:I, s:I, s:I}", "major", (json_int_t) d->major, "minor",
				(json_int_t) d->minor, d->kind == IO_WEIGHT ? "weight" : "rate",
				(json_int_t) d->value));
	}
	return b;
}

/* "c 1:3 rwm" as it was checked when it was given; "*" is left out, which means all. */
static json_t *device_rule(const char *text)
{
	const char type[2] = { text[0], '\0' };
	json_t *v = json_pack("{s:b, s:s, s:s}", "allow", 1, "type", type, "access", strrchr(text, ' ') + 1);

	if (text[2] != '*')
		(void) json_object_set_new(v, "major", json_integer(strtol(text + 2, NULL, 10)));
	if (strchr(text, ':')[1] != '*')
		(void) json_object_set_new(v, "minor", json_integer(strtol(strchr(text, ':') + 1, NULL, 10)));
	return v;
}

static json_t *device_rules(const struct container_spec *s, const struct oci_facts *f)
{
	json_t *l = json_array();
	int rc;

	if (s->privileged) {
		rc = json_array_append_new(l, json_pack("{s:b, s:s}", "allow", 1, "access", "rwm"));
	} else {
		rc = json_array_append_new(l, json_pack("{s:b, s:s}", "allow", 0, "access", "rwm"));
		for (size_t i = 0; rc == 0 && i < f->n_devices; i++) {
			const struct oci_device *d = &f->devices[i];
			const char type[2] = { d->type, '\0' };

			rc = json_array_append_new(
				l, json_pack("{s:b, s:s, s:I, s:I, s:s}", "allow", 1, "type", type, "major",
					   (json_int_t) d->major, "minor", (json_int_t) d->minor, "access",
					   d->access));
		}
		for (size_t i = 0; rc == 0 && i < s->resources.device_rules.n; i++)
			rc = json_array_append_new(l, device_rule(s->resources.device_rules.v[i]));
	}
	if (rc < 0) {
		json_decref(l);
		return NULL;
	}
	return l;
}

static json_t *hugepages_json(const struct kvs *pages)
{
	json_t *l = json_array();

	for (size_t i = 0; l && i < pages->n; i++)
		(void) json_array_append_new(l, json_pack("{s:s, s:I}", "pageSize", pages->v[i].key, "limit",
							(json_int_t) strtoll(pages->v[i].value, NULL, 10)));
	return l;
}

json_t *oci_resources(const struct container_spec *s, const struct oci_facts *f)
{
	const struct resources_spec *r = &s->resources;
	/* a default that cannot be kept is left out; what was asked for and cannot be kept is the runtime's error */
	int64_t pids = r->pids.set ? r->pids.v : f->pids ? f->config->pids_limit : 0;
	json_t *v = json_object(), *m = memory_json(r), *c = cpu_json(r), *b = blkio_json(r, f);

	if (!f->in_userns)
		(void) json_object_set_new(v, "devices", device_rules(s, f));
	/* without a cgroup there are at most requests, which then weigh nothing */
	if (json_object_size(m) && *f->cgroup)
		(void) json_object_set(v, "memory", m);
	if (json_object_size(c) && *f->cgroup)
		(void) json_object_set(v, "cpu", c);
	if (json_object_size(b))
		(void) json_object_set(v, "blockIO", b);
	for (size_t i = 0; i < r->unified.n; i++) {
		if (!i)
			(void) json_object_set_new(v, "unified", json_object());
		(void) json_object_set_new(json_object_get(v, "unified"), r->unified.v[i].key,
			json_string(r->unified.v[i].value));
	}
	if (r->hugepages.n && *f->cgroup)
		(void) json_object_set_new(v, "hugepageLimits", hugepages_json(&r->hugepages));
	if (*f->cgroup && s->role != ROLE_INFRA && pids > 0)
		(void) json_object_set_new(v, "pids", json_pack("{s:I}", "limit", (json_int_t) pids));
	json_decref(m);
	json_decref(c);
	json_decref(b);
	return v;
}

static json_t *devices(const struct oci_facts *f)
{
	json_t *l = json_array();

	for (size_t i = 0; l && i < f->n_devices; i++) {
		const struct oci_device *d = &f->devices[i];
		const char type[2] = { d->type, '\0' };

		if (json_array_append_new(
			    l, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "path", d->path, "type", type,
				       "major", (json_int_t) d->major, "minor", (json_int_t) d->minor,
				       "fileMode", (json_int_t) d->mode, "uid", (json_int_t) d->uid, "gid",
				       (json_int_t) d->gid)) < 0) {
			json_decref(l);
			l = NULL;
		}
	}
	return l;
}

static bool in_list(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0 || strcasecmp(l->v[i], "all") == 0)
			return true;
	return false;
}

static json_t *paths_but(const char *const *table, const struct strs * not, const struct strs *more)
{
	json_t *l = json_array();
	int rc = l ? 0 : -1;

	for (size_t i = 0; rc == 0 && table[i]; i++)
		if (!in_list(not, table[i]))
			rc = json_array_append_new(l, json_string(table[i]));
	for (size_t i = 0; rc == 0 && more && i < more->n; i++)
		rc = json_array_append_new(l, json_string(more->v[i]));
	if (rc) {
		json_decref(l);
		return NULL;
	}
	return l;
}

static json_t *sysctls(const struct oci_facts *f)
{
	json_t *v = json_object();

	for (size_t i = 0; f->sysctls && i < f->sysctls->n; i++)
		(void) json_object_set_new(v, f->sysctls->v[i].key, json_string(f->sysctls->v[i].value));
	return v;
}

/* A mount that gives its own mounts to the host (rshared) needs a mount namespace whose mounts are its peers. */
static bool gives_mounts(const struct oci_facts *f)
{
	for (size_t i = 0; i < f->n_mounts; i++)
		for (size_t k = 0; f->mounts[i].options && k < f->mounts[i].options->n; k++)
			if (strcmp(f->mounts[i].options->v[k], "shared") == 0 ||
				strcmp(f->mounts[i].options->v[k], "rshared") == 0)
				return true;
	return false;
}

static json_t *ranges_json(const struct list *ranges)
{
	json_t *l = json_array();

	for (size_t i = 0; i < ranges->n; i++) {
		const struct id_range *r = LIST_AT(*ranges, const struct id_range, i);

		(void) json_array_append_new(
			l, json_pack("{s:I, s:I, s:I}", "containerID", (json_int_t) r->inside, "hostID",
				   (json_int_t) r->outside, "size", (json_int_t) r->count));
	}
	return l;
}

static json_t *linux_json(const struct container_spec *s, const struct oci_facts *f)
{
	static const char *const none[] = { NULL };
	const bool open = s->privileged;
	const bool kernel_paths = s->role != ROLE_INFRA; /* nothing looks in there */
	json_t *v = json_pack("{s:o, s:o, s:o, s:o, s:o}", "namespaces", namespaces(f), "resources",
		oci_resources(s, f), "devices", devices(f), "maskedPaths",
		paths_but(open || !kernel_paths ? none : oci_default_masked, &s->unmasked, &s->masked),
		"readonlyPaths",
		paths_but(open || !kernel_paths ? none : oci_default_readonly, &s->unmasked, NULL));

	if (!v)
		return NULL;
	if (*f->cgroup)
		(void) json_object_set_new(v, "cgroupsPath", json_string(f->cgroup));
	if (f->sysctls && f->sysctls->n)
		(void) json_object_set_new(v, "sysctl", sysctls(f));
	if (f->uids) {
		(void) json_object_set_new(v, "uidMappings", ranges_json(f->uids));
		(void) json_object_set_new(v, "gidMappings", ranges_json(f->gids));
	}
	if (gives_mounts(f))
		(void) json_object_set_new(v, "rootfsPropagation", json_string("shared"));
	if (s->personality && *s->personality)
		(void) json_object_set_new(v, "personality", json_pack("{s:s}", "domain", s->personality));
	if (s->mount_label && *s->mount_label)
		(void) json_object_set_new(v, "mountLabel", json_string(s->mount_label));
	return v;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

json_t *oci_annotations(const struct container_spec *s)
{
	json_t *v = json_pack("{s:s}", "io.container.manager", "podctl");
	int sig = s->stop_signal && *s->stop_signal ? signal_parse(s->stop_signal) : 0;

	if (v && sig > 0)
		(void) json_object_set_new(v, "org.opencontainers.image.stopSignal", json_sprintf("%d", sig));
	for (size_t i = 0; v && i < s->annotations.n; i++)
		(void) json_object_set_new(
			v, s->annotations.v[i].key, json_string(s->annotations.v[i].value));
	return v;
}

int oci_gen(const struct container_spec *s, const struct oci_facts *f, json_t **ret, struct err *err)
{
	json_t *p, *v;
	int rc;

	if ((rc = process(s, f, NULL, &p, err)) < 0)
		return rc;
	v = json_pack("{s:s, s:o, s:{s:s, s:b}, s:o, s:o}", "ociVersion", "1.0.2", "process", p, "root",
		"path", f->rootfs, "readonly", s->read_only || s->role == ROLE_INFRA, "mounts",
		oci_mounts(s, f), "annotations", oci_annotations(s));
	if (v && s->cwd_asked)
		(void) json_object_set_new(
			json_object_get(v, "annotations"), OCI_CWD_THERE, json_string("true"));
	/* a name is set in a namespace of one's own only; a pod's was set by who made it */
	if (v && f->ns[OCI_NS_UTS] && !*f->ns[OCI_NS_UTS] && s->hostname && *s->hostname)
		(void) json_object_set_new(v, "hostname", json_string(s->hostname));
	/* last, so that oci_gen_text finds the place of the filter at the end */
	if (!v || json_object_set_new(v, "linux", linux_json(s, f)) < 0 ||
		json_object_set_new(json_object_get(v, "linux"), "seccomp", json_null()) < 0) {
		json_decref(v);
		return no_memory(err);
	}
	*ret = v;
	return 0;
}

static int put(const char *text, size_t n, void *b) { return buf_add(b, text, n); }

int oci_gen_text(json_t *config, const char *seccomp, struct buf *b, struct err *err)
{
	static const char end[] = ",\"seccomp\":null}}";

	if (json_dump_callback(config, put, b, JSON_COMPACT) < 0 || buf_failed(b) || b->len < sizeof end ||
		strcmp(b->data + b->len - (sizeof end - 1), end) != 0)
		return no_memory(err);
	b->len -= sizeof end - 1;
	if (seccomp) {
		(void) buf_puts(b, ",\"seccomp\":");
		(void) buf_puts(b, seccomp);
	}
	return buf_puts(b, "}}") < 0 ? no_memory(err) : 0;
}
