/* registries.conf: which files count, and what they say together. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/toml.h"
#include "pkg/image/registries.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define CONF_MAX (1 * MiB)
#define CONF_FILES_MAX 64    /* the main file and its drop-ins */
#define REGISTRIES_MAX 10000 /* [[registry]] of all files; generated ones have hundreds */

/* ---- one file ------------------------------------------------------------------------------------------------------------ */

static int fault(const struct node *n, const char *path, const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s:%d:%d: %s", path, n->line, n->col, text);
}

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n && n->kind == NODE_STRING && n->text[0] ? n->text : NULL;
}

static bool flag_of(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n && node_true(n);
}

/* "host[:port][/path]" without its slashes at the end */
static int location_of(const struct node *n, const char *key, const char *path, struct arena *a,
	const char **ret, struct err *err)
{
	const struct node *at = node_get(n, key);
	const char *text = text_of(n, key);
	size_t len;

	*ret = NULL;
	if (at && at->kind != NODE_STRING)
		return fault(at, path, "expected a string", err);
	if (!text)
		return 0;
	if (strstr(text, "://"))
		return fault(at, path,
			"a location has no scheme: HOST[:PORT][/PATH]; insecure = true allows http", err);
	for (len = strlen(text); len && text[len - 1] == '/';)
		len--;
	*ret = arena_strndup(a, text, len);
	return *ret ? 0 : err_sys(err, ENOMEM, "registries.conf");
}

static int strings_take(
	const struct node *list, const char *path, struct arena *a, struct strs *ret, struct err *err)
{
	*ret = (struct strs){ 0 };
	if (list->kind != NODE_LIST)
		return fault(list, path, "expected a list of strings", err);
	for (size_t i = 0; i < list->n; i++) {
		if (list->item[i]->kind != NODE_STRING)
			return fault(list->item[i], path, "expected a string", err);
		if (strs_add(ret, a, list->item[i]->text) < 0)
			return err_sys(err, ENOMEM, "registries.conf");
	}
	return 0;
}

static int mirror_take(const struct node *m, const char *path, bool digest_only, struct arena *a,
	struct mirror *ret, struct err *err)
{
	const char *from = text_of(m, "pull-from-mirror");
	int rc;

	*ret = (struct mirror){ .insecure = flag_of(m, "insecure"),
		.use = digest_only ? MIRROR_DIGEST_ONLY : MIRROR_ALL };
	if ((rc = location_of(m, "location", path, a, &ret->location, err)) < 0)
		return rc;
	if (!ret->location)
		return fault(m, path, "a mirror needs a location", err);
	if (from && digest_only)
		return fault(m, path, "pull-from-mirror cannot be used with mirror-by-digest-only", err);
	if (from && strcmp(from, "digest-only") == 0)
		ret->use = MIRROR_DIGEST_ONLY;
	else if (from && strcmp(from, "tag-only") == 0)
		ret->use = MIRROR_TAG_ONLY;
	else if (from && strcmp(from, "all") != 0)
		return fault(m, path, "pull-from-mirror is all, digest-only or tag-only", err);
	return 0;
}

/* Puts g in the place of one with the same prefix, or behind the others. */
static int registry_put(struct registries *r, const struct registry *g, struct arena *a, struct err *err)
{
	struct registry *v;

	for (size_t i = 0; i < r->v.n; i++)
		if (strcmp(LIST_AT(r->v, struct registry, i)->prefix, g->prefix) == 0) {
			*LIST_AT(r->v, struct registry, i) = *g;
			return 0;
		}
	if (r->v.n == REGISTRIES_MAX)
		return err_set(err, ERR_INVALID, "registries.conf: more than %d registries", REGISTRIES_MAX);
	if ((r->v.n & (r->v.n - 1)) == 0) { /* room is a power of two */
		if (!(v = arena_array(a, r->v.n ? r->v.n * 2 : 1, sizeof *v)))
			return err_sys(err, ENOMEM, "registries.conf");
		if (r->v.n)
			memcpy(v, r->v.v, r->v.n * sizeof *v);
		r->v.v = v;
	}
	((struct registry *) r->v.v)[r->v.n++] = *g;
	return 0;
}

static int registry_take(
	struct registries *r, const struct node *n, const char *path, struct arena *a, struct err *err)
{
	const struct node *mirrors = node_get(n, "mirror");
	bool digest_only = flag_of(n, "mirror-by-digest-only");
	struct registry g = { .insecure = flag_of(n, "insecure"), .blocked = flag_of(n, "blocked") };
	struct mirror *m;
	int rc;

	if ((rc = location_of(n, "prefix", path, a, &g.prefix, err)) < 0 ||
		(rc = location_of(n, "location", path, a, &g.location, err)) < 0)
		return rc;
	if (!g.prefix && !g.location)
		return fault(n, path, "a registry needs a location or a prefix", err);
	if (!g.prefix)
		g.prefix = g.location;
	if (!g.location && strncmp(g.prefix, "*.", 2) != 0)
		return fault(n, path, "only a prefix that begins with *. can do without a location", err);
	if (g.location && strncmp(g.location, "*.", 2) == 0)
		return fault(n, path, "a location cannot begin with *.: that is for prefixes", err);
	if (mirrors && mirrors->kind != NODE_LIST)
		return fault(mirrors, path, "expected [[registry.mirror]]", err);
	if (mirrors && !(m = arena_array(a, mirrors->n + 1, sizeof *m)))
		return err_sys(err, ENOMEM, "registries.conf");
	for (size_t i = 0; mirrors && i < mirrors->n; i++) {
		if ((rc = mirror_take(mirrors->item[i], path, digest_only, a, &m[i], err)) < 0)
			return rc;
		g.mirrors = (struct list){ .v = m, .n = i + 1 };
	}
	return registry_put(r, &g, a, err);
}

/* [registries.search|insecure|block] registries = [...] */
static int v1_take(
	struct registries *r, const struct node *v1, const char *path, struct arena *a, struct err *err)
{
	static const char *const parts[] = { "search", "insecure", "block" };
	int rc;

	for (size_t k = 0; k < LEN(parts); k++) {
		const struct node *list = node_get(node_get(v1, parts[k]), "registries");
		struct strs names;

		if (!list)
			continue;
		if ((rc = strings_take(list, path, a, &names, err)) < 0)
			return rc;
		if (k == 0) {
			r->search = names;
			r->search_set = true;
			r->search_file = path;
			continue;
		}
		for (size_t i = 0; i < names.n; i++) {
			struct registry g = { .prefix = names.v[i], .location = names.v[i] };

			for (size_t j = 0; j < r->v.n; j++) /* it may be in both lists */
				if (strcmp(LIST_AT(r->v, struct registry, j)->prefix, g.prefix) == 0)
					g = *LIST_AT(r->v, struct registry, j);
			*(k == 1 ? &g.insecure : &g.blocked) = true;
			if ((rc = registry_put(r, &g, a, err)) < 0)
				return rc;
		}
	}
	r->v1 = true;
	return 0;
}

static int aliases_take(
	struct registries *r, const struct node *map, const char *path, struct arena *a, struct err *err)
{
	if (map->kind != NODE_MAP)
		return fault(map, path, "expected [aliases]", err);
	for (size_t i = 0; i < map->n; i++) {
		const struct node *v = map->item[i];
		struct image_name n;
		struct err why = { 0 };

		if (v->kind != NODE_STRING)
			return fault(v, path, "an alias is a string", err);
		if (v->text[0] &&
			(image_name_parse(v->text, a, &n, &why) < 0 || !n.host || n.tag || n.digest))
			return fault(v, path, "an alias is HOST/PATH, without tag and digest", err);
		if (kvs_set(&r->aliases, a, map->key[i]->text, v->text) < 0)
			return err_sys(err, ENOMEM, "registries.conf");
	}
	return 0;
}

static int mode_take(struct registries *r, const struct node *n, const char *path, struct err *err)
{
	static const char *const words[] = { "permissive", "enforcing", "disabled" };

	for (size_t i = 0; i < LEN(words); i++)
		if (n->kind == NODE_STRING && strcmp(n->text, words[i]) == 0) {
			r->mode = (enum short_name_mode) i;
			return 0;
		}
	return n->kind == NODE_STRING && !n->text[0]
		       ? 0
		       : fault(n, path, "short-name-mode is enforcing, permissive or disabled", err);
}

int registries_add(struct registries *r, const struct node *file, const char *path, bool main,
	struct arena *a, struct err *err)
{
	const struct node *v1 = node_get(file, "registries"), *list = node_get(file, "registry"), *n;
	int rc;

	if (v1 && (list || node_get(file, "unqualified-search-registries")))
		return fault(v1, path,
			"versions 1 ([registries.search]) and 2 ([[registry]]) of the format are mixed", err);
	if (v1 && !main)
		return fault(v1, path, "a drop-in must have version 2 of the format: [[registry]]", err);
	if (v1)
		return v1_take(r, v1, path, a, err);
	if (list && list->kind != NODE_LIST)
		return fault(list, path, "registry: expected [[registry]]", err);
	for (size_t k = 0; list && k < list->n; k++)
		if ((rc = registry_take(r, list->item[k], path, a, err)) < 0)
			return rc;
	if ((n = node_get(file, "unqualified-search-registries"))) {
		if ((rc = strings_take(n, path, a, &r->search, err)) < 0)
			return rc;
		r->search_set = true;
		r->search_file = path;
	}
	if ((n = node_get(file, "credential-helpers")) &&
		(rc = strings_take(n, path, a, &r->helpers, err)) < 0)
		return rc;
	if ((n = node_get(file, "short-name-mode")) && (rc = mode_take(r, n, path, err)) < 0)
		return rc;
	return (n = node_get(file, "aliases")) ? aliases_take(r, n, path, a, err) : 0;
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

struct reading {
	struct registries *r;
	struct arena *a;
	size_t n;
};

/* 1: read, 0: not there. */
static int file_take(struct reading *f, const char *path, bool must_exist, bool main, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(CONF_MAX);
	auto_diag struct diag d = { .file = path };
	struct node *root;
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);
	char *kept;

	if (rc == -EINVAL && strcmp(path, "/dev/null") == 0)
		return 1;
	if ((rc == -ENOENT || rc == -EACCES || rc == -ENOTDIR) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (f->n++ == CONF_FILES_MAX)
		return err_set(err, ERR_INVALID, "more than %d files of registries.conf", CONF_FILES_MAX);
	if (!(kept = arena_strdup(f->a, path)))
		return err_sys(err, ENOMEM, "registries.conf");
	if ((rc = toml_parse(b.data ? b.data : "", b.len, f->a, &d, &root, err)) < 0 ||
		(rc = registries_add(f->r, root, kept, main, f->a, err)) < 0)
		return rc;
	return 1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' && strcmp(d->d_name + n - 5, ".conf") == 0;
}

static int dir_take(struct reading *f, const char *dir, struct err *err)
{
	struct dirent **list = NULL;
	int n = access(dir, R_OK | X_OK) < 0 ? 0 : scandir(dir, &list, is_conf, by_name), rc = 0;

	for (int i = 0; i < n; i++) {
		char path[4096 + 300];

		(void) snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
		if (rc >= 0)
			rc = file_take(f, path, false, false, err);
		free(list[i]);
	}
	free(list);
	return rc < 0 ? rc : 0;
}

void containers_config_dir(const struct engine *e, char dir[4200])
{
	const struct engine_options *o = e->opt;

	dir[0] = '\0';
	if (o->xdg_config_home && o->xdg_config_home[0] == '/')
		(void) snprintf(dir, 4200, "%s/containers", o->xdg_config_home);
	else if (o->home && o->home[0] == '/')
		(void) snprintf(dir, 4200, "%s/.config/containers", o->home);
}

static int files_take(struct engine *e, const struct registry_options *o, struct reading *f, struct err *err)
{
	char own[4200], path[4300];
	int rc;

	if (o->registries_conf && *o->registries_conf)
		return file_take(f, o->registries_conf, true, true, err);
	containers_config_dir(e, own);
	if (own[0]) {
		(void) snprintf(path, sizeof path, "%s/registries.conf", own);
		if ((rc = file_take(f, path, false, true, err)) < 0)
			return rc;
		(void) snprintf(path, sizeof path, "%s/registries.conf.d", own);
		if (rc > 0) /* the user's file stands alone */
			return dir_take(f, path, err);
	}
	if ((rc = file_take(f, "/etc/containers/registries.conf", false, true, err)) < 0 ||
		(rc == 0 &&
			(rc = file_take(f, "/usr/share/containers/registries.conf", false, true, err)) < 0) ||
		(rc = dir_take(f, "/etc/containers/registries.conf.d", err)) < 0)
		return rc;
	return own[0] ? dir_take(f, path, err) : 0;
}

int registries_load(struct engine *e, const struct registry_options *o, struct arena *a,
	struct registries *ret, struct err *err)
{
	struct registries r = { 0 };
	struct reading f = { .r = &r, .a = a };
	int rc = files_take(e, o, &f, err);

	if (rc < 0)
		return rc;
	if (r.v1 && o->warn)
		o->warn(o->ctx,
			"registries.conf is in version 1 of its format ([registries.search], .insecure, "
			".block), which is deprecated: write [[registry]]");
	*ret = r;
	return 0;
}
