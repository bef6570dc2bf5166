/*
 * containers.conf: the defaults of every container, shared with other engines.
 *
 * Files are read in order and later ones win; an array replaces, unless it holds {append=true}, which lasts for that key
 * until {append=false}.  A key we do not honour is left alone (the file is not ours); a wrong value for one we do is a fault
 * with file, line and column.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/toml.h"
#include "pkg/engine/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

#define CONF_FILE_MAX (1 * MiB)

struct loader {
	struct engine *e;
	struct diag diag;
	unsigned long long append; /* bit per row of keys[] */
	size_t row;                /* the one being set */
};

/* ---- values ---------------------------------------------------------------------------------------------------------- */

struct key;
typedef bool set_fn(struct loader *l, const struct key *k, const struct node *n, void *slot);

struct key {
	const char *table, *name;
	set_fn *set;
	size_t offset;
	const char *expects;
};

static bool set_text(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	(void) k;
	if (n->kind != NODE_STRING)
		return false;
	return (*(const char **) slot = arena_strdup(&l->e->arena, n->text)) != NULL;
}

/* "" says: as if it were not there */
static bool set_optional(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	if (!set_text(l, k, n, slot))
		return false;
	if (!n->text[0])
		*(const char **) slot = NULL;
	return true;
}

static bool set_filled(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	return n->text[0] && set_text(l, k, n, slot);
}

static bool set_bool(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	(void) l, (void) k;
	if (n->kind != NODE_BOOL)
		return false;
	*(bool *) slot = n->text[0] == 't';
	return true;
}

static bool set_i64(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	(void) l, (void) k;
	return n->kind == NODE_INT && parse_i64(n->text, -1, INT64_MAX, slot) == 0;
}

static bool set_seconds(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	uint64_t v;

	(void) l, (void) k;
	if (n->kind != NODE_INT || parse_u64(n->text, 0, UINT32_MAX, &v) < 0)
		return false;
	*(uint32_t *) slot = (uint32_t) v;
	return true;
}

static bool set_bytes(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	uint64_t v;

	(void) l, (void) k;
	if ((n->kind != NODE_STRING && n->kind != NODE_INT) || parse_bytes(n->text, &v) < 0 || v > INT64_MAX)
		return false;
	*(int64_t *) slot = (int64_t) v;
	return true;
}

static bool set_umask(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	uint32_t v = 0;

	(void) l, (void) k;
	if (n->kind != NODE_STRING || !n->text[0] || strlen(n->text) > 4 ||
		strspn(n->text, "01234567") != strlen(n->text))
		return false;
	for (const char *p = n->text; *p; p++)
		v = v << 3 | (uint32_t) (*p - '0');
	*(uint32_t *) slot = v;
	return v <= 0777;
}

static bool set_manager(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	return set_text(l, k, n, slot) &&
	       (!n->text[0] || strcmp(n->text, "systemd") == 0 || strcmp(n->text, "cgroupfs") == 0);
}

static bool set_pull(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	static const char *const words[] = { "always", "missing", "ifnotpresent", "newer", "never", NULL };

	for (size_t i = 0; words[i]; i++)
		if (n->kind == NODE_STRING && strcmp(n->text, words[i]) == 0)
			return set_text(l, k, n, slot);
	return false;
}

/* Elements of an array; form() brings each into its form, NULL refuses it. */
static bool set_list(struct loader *l, const struct key *k, const struct node *n, struct strs *slot,
	const char *(*form)(struct arena *a, const char *text))
{
	unsigned long long bit = 1ULL << l->row;
	struct strs fresh = { 0 };

	(void) k;
	if (n->kind != NODE_LIST)
		return false;
	for (size_t i = 0; i < n->n; i++) {
		const struct node *append = node_get(n->item[i], "append");

		if (append && append->kind == NODE_BOOL)
			l->append = append->text[0] == 't' ? l->append | bit : l->append & ~bit;
		else if (n->item[i]->kind != NODE_STRING)
			return false;
	}
	if ((l->append & bit) && strs_add_all(&fresh, &l->e->arena, slot) < 0)
		return false;
	for (size_t i = 0; i < n->n; i++) {
		const char *text = n->item[i]->text;

		if (n->item[i]->kind != NODE_STRING)
			continue;
		if ((form && !(text = form(&l->e->arena, text))) || strs_add(&fresh, &l->e->arena, text) < 0)
			return false;
	}
	*slot = fresh;
	return true;
}

static bool set_strs(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	return set_list(l, k, n, slot, NULL);
}

static const char *cap_form(struct arena *a, const char *text)
{
	int cap = cap_parse(text);

	(void) a;
	return cap < 0 ? NULL : cap_name(cap);
}

static bool set_caps(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	return set_list(l, k, n, slot, cap_form);
}

/* NAME=VALUE in one string */
static const char *pair_form(struct arena *a, const char *text)
{
	(void) a;
	return text[0] != '=' && strchr(text, '=') ? text : NULL;
}

static bool set_pairs(struct loader *l, const struct key *k, const struct node *n, void *slot)
{
	return set_list(l, k, n, slot, pair_form);
}

/* ---- keys ------------------------------------------------------------------------------------------------------------ */

/* clang-format off */
#define AT(member) offsetof(struct engine_config, member)
static const struct key keys[] = {
	{ "containers", "default_ulimits",      set_pairs,   AT(default_ulimits),      "a list of \"name=soft:hard\"" },
	{ "containers", "default_capabilities", set_caps,    AT(default_capabilities), "a list of capability names" },
	{ "containers", "default_sysctls",      set_pairs,   AT(default_sysctls),      "a list of \"name=value\"" },
	{ "containers", "env",                  set_strs,    AT(env),                  "a list of strings" },
	{ "containers", "dns_servers",          set_strs,    AT(dns_servers),          "a list of strings" },
	{ "containers", "dns_searches",         set_strs,    AT(dns_searches),         "a list of strings" },
	{ "containers", "dns_options",          set_strs,    AT(dns_options),          "a list of strings" },
	{ "containers", "pids_limit",           set_i64,     AT(pids_limit),           "an integer, -1 for no limit" },
	{ "containers", "shm_size",             set_bytes,   AT(shm_size),             "a size such as \"64m\"" },
	{ "containers", "log_size_max",         set_i64,     AT(log_size_max),         "a number of bytes, -1 for no limit" },
	{ "containers", "umask",                set_umask,   AT(umask),                "an octal string such as \"0022\"" },
	{ "containers", "seccomp_profile",      set_optional,   AT(seccomp_profile),      "a path" },
	{ "containers", "no_hosts",             set_bool,    AT(no_hosts),             "true or false" },
	{ "engine",     "stop_timeout",         set_seconds, AT(stop_timeout),         "a number of seconds" },
	{ "engine",     "cgroup_manager",       set_manager, AT(cgroup_manager),       "\"systemd\" or \"cgroupfs\"" },
	{ "engine",     "infra_image",          set_optional,   AT(infra_image),          "an image name" },
	{ "engine",     "pull_policy",          set_pull,    AT(pull_policy),          "always, missing, newer or never" },
	{ "engine",     "detach_keys",          set_text,    AT(detach_keys),          "a string" },
	{ "network",    "default_subnet",       set_filled,    AT(default_subnet),       "a subnet" },
};
/* clang-format on */
static_assert(LEN(keys) <= 64, "struct loader keeps one bit per key");

static const char *const default_caps[] = { "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
	"CAP_SYS_CHROOT" };

static int set_defaults(struct engine *e, struct err *err)
{
	struct engine_config c = {
		.pids_limit = 2048,
		.shm_size = 65536 * KiB,
		.log_size_max = -1,
		.stop_timeout = 10,
		.umask = 0022,
		.default_subnet = "10.88.0.0/16",
		.pull_policy = "missing",
		.detach_keys = "ctrl-p,ctrl-q",
	};

	for (size_t i = 0; i < LEN(default_caps); i++)
		if (strs_add(&c.default_capabilities, &e->arena, default_caps[i]) < 0)
			return err_sys(err, ENOMEM, "containers.conf");
	if (strs_add(&c.default_sysctls, &e->arena, "net.ipv4.ping_group_range=0 0") < 0 ||
		strs_add(&c.env, &e->arena,
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") < 0 ||
		strs_add(&c.env, &e->arena, "TERM=xterm") < 0)
		return err_sys(err, ENOMEM, "containers.conf");
	e->config = c;
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static void apply(struct loader *l, const struct node *root)
{
	for (size_t i = 0; i < LEN(keys); i++) {
		const struct key *k = &keys[i];
		const struct node *n = node_get(node_get(root, k->table), k->name);

		l->row = i;
		if (n && !k->set(l, k, n, (char *) &l->e->config + k->offset))
			diag_add(&l->diag, DIAG_ERROR, n->line, n->col, "%s.%s: expected %s", k->table,
				k->name, k->expects);
	}
}

/* Absent is fine unless somebody named the file. */
static int load_file(struct loader *l, const char *path, bool must_exist, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX);
	auto_arena struct arena a = { 0 };
	struct node *root;
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);

	if (rc == -EINVAL && strcmp(path, "/dev/null") == 0) /* the customary way to say: no file */
		return 0;
	if ((rc == -ENOENT || rc == -EACCES) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	l->diag.file = path;
	if ((rc = toml_parse(b.data ? b.data : "", b.len, &a, &l->diag, &root, err)) < 0)
		return rc;
	apply(l, root);
	log_debug("read '%s'", path);
	return diag_result(&l->diag, err);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int load_dir(struct loader *l, const char *dir, struct err *err)
{
	struct dirent **list = NULL;
	int n = access(dir, R_OK | X_OK) < 0 ? 0 : scandir(dir, &list, is_conf, by_name), rc = 0;

	for (int i = 0; i < n; i++) {
		char path[4096 + 300];

		(void) snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
		if (rc == 0)
			rc = load_file(l, path, false, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int load_place(struct loader *l, const char *dir, struct err *err)
{
	char path[4200];
	int rc;

	(void) snprintf(path, sizeof path, "%s/containers.conf", dir);
	if ((rc = load_file(l, path, false, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, "%s/containers.conf.d", dir);
	return load_dir(l, path, err);
}

static int load_all(struct loader *l, struct err *err)
{
	const struct engine_options *opt = l->e->opt;
	char own[4100];
	int rc;

	if (opt->containers_conf && *opt->containers_conf) {
		rc = load_file(l, opt->containers_conf, true, err);
	} else {
		if ((rc = load_place(l, "/usr/share/containers", err)) < 0 ||
			(rc = load_place(l, "/etc/containers", err)) < 0)
			return rc;
		own[0] = '\0';
		if (l->e->rootless && opt->xdg_config_home && opt->xdg_config_home[0] == '/')
			(void) snprintf(own, sizeof own, "%s/containers", opt->xdg_config_home);
		else if (l->e->rootless && opt->home && opt->home[0] == '/')
			(void) snprintf(own, sizeof own, "%s/.config/containers", opt->home);
		if (own[0])
			rc = load_place(l, own, err);
	}
	if (rc == 0 && opt->containers_conf_override && *opt->containers_conf_override)
		rc = load_file(l, opt->containers_conf_override, true, err);
	return rc;
}

int config_load(struct engine *e, struct err *err)
{
	struct loader *l = calloc(1, sizeof *l);
	int rc;

	if (!l)
		return err_sys(err, ENOMEM, "containers.conf");
	l->e = e;
	if ((rc = set_defaults(e, err)) == 0)
		rc = load_all(l, err);
	diag_done(&l->diag);
	free(l);
	return rc;
}
