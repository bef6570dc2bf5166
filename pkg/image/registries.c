#include "pkg/image/registries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/toml.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define CONF_MAX (1 * MiB)
#define CONF_FILES_MAX 64 /* the main file and its drop-ins */

/* ---- files ------------------------------------------------------------------------------------------------------------ */

struct files {
	struct arena *a;
	const struct node *v[CONF_FILES_MAX];
	size_t n;
};

/* 1: read, 0: not there. */
static int file_take(struct files *f, const char *path, bool must_exist, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(CONF_MAX);
	auto_diag struct diag d = { .file = path };
	struct node *root;
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);

	if (rc == -EINVAL && strcmp(path, "/dev/null") == 0)
		return 1;
	if ((rc == -ENOENT || rc == -EACCES) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (f->n == CONF_FILES_MAX)
		return err_set(err, ERR_INVALID, "more than %d files of registries.conf", CONF_FILES_MAX);
	if ((rc = toml_parse(b.data ? b.data : "", b.len, f->a, &d, &root, err)) < 0)
		return rc;
	f->v[f->n++] = root;
	return 1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n > t && s[0] != '.' && strcmp(s + n - t, tail) == 0;
}

static int is_conf(const struct dirent *d) { return ends_with(d->d_name, ".conf"); }

static int dir_take(struct files *f, const char *dir, struct err *err)
{
	struct dirent **list = NULL;
	int n = access(dir, R_OK | X_OK) < 0 ? 0 : scandir(dir, &list, is_conf, by_name), rc = 0;

	for (int i = 0; i < n; i++) {
		char path[4096 + 300];

		(void) snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
		if (rc >= 0)
			rc = file_take(f, path, false, err);
		free(list[i]);
	}
	free(list);
	return rc < 0 ? rc : 0;
}

/* ~/.config/containers, "" when there is none */
static void own_dir(const struct engine *e, char dir[4200])
{
	const struct engine_options *o = e->opt;

	dir[0] = '\0';
	if (o->xdg_config_home && o->xdg_config_home[0] == '/')
		(void) snprintf(dir, 4200, "%s/containers", o->xdg_config_home);
	else if (o->home && o->home[0] == '/')
		(void) snprintf(dir, 4200, "%s/.config/containers", o->home);
}

static int files_load(struct engine *e, const struct registry_options *o, struct files *f, struct err *err)
{
	char own[4200], path[4300];
	int rc;

	if (o->registries_conf && *o->registries_conf)
		return file_take(f, o->registries_conf, true, err);
	own_dir(e, own);
	if (own[0]) {
		(void) snprintf(path, sizeof path, "%s/registries.conf", own);
		if ((rc = file_take(f, path, false, err)) < 0)
			return rc;
		(void) snprintf(path, sizeof path, "%s/registries.conf.d", own);
		if (rc > 0) /* the user's file stands alone */
			return dir_take(f, path, err);
	}
	if ((rc = file_take(f, "/etc/containers/registries.conf", false, err)) < 0 ||
		(rc == 0 && (rc = file_take(f, "/usr/share/containers/registries.conf", false, err)) < 0) ||
		(rc = dir_take(f, "/etc/containers/registries.conf.d", err)) < 0)
		return rc;
	return own[0] ? dir_take(f, path, err) : 0;
}

/* ---- matching ---------------------------------------------------------------------------------------------------------- */

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

/* How many bytes of 'name' the prefix covers; 0: it does not fit. */
static size_t covers(const char *prefix, const char *name, const char *host)
{
	size_t n = strlen(prefix);

	if (strncmp(prefix, "*.", 2) == 0) {
		size_t h = strlen(host);

		return h > n - 1 && strcmp(host + h - (n - 1), prefix + 1) == 0 ? h : 0;
	}
	return strncmp(prefix, name, n) == 0 && (!name[n] || strchr("/:@", name[n])) ? n : 0;
}

static int fault(const struct node *at, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "registries.conf:%d:%d: %s", at->line, at->col, what);
}

/* The [[registry]] with the longest prefix; a later file's goes before an earlier one's. */
static int find(const struct node *const *files, size_t n, const char *name, const char *host,
	const struct node **ret, size_t *ret_covered, struct err *err)
{
	size_t best = 0;

	*ret = NULL;
	*ret_covered = 0;
	for (size_t i = 0; i < n; i++) {
		const struct node *list = node_get(files[i], "registry"),
				  *v1 = node_get(files[i], "registries");

		if (v1)
			return err_set(err, ERR_UNSUPPORTED,
				"registries.conf:%d: version 1 of the format ([registries.search], "
				".insecure, .block) is not "
				"read; write [[registry]] with location, insecure, blocked",
				v1->line);
		if (list && list->kind != NODE_LIST)
			return fault(list, "registry: expected [[registry]]", err);
		for (size_t k = 0; list && k < list->n; k++) {
			const struct node *r = list->item[k];
			const char *prefix = text_of(r, "prefix");
			size_t covered;

			if (!prefix && !(prefix = text_of(r, "location")))
				return fault(r, "a registry needs a location or a prefix", err);
			covered = covers(prefix, name, host);
			if (covered && strlen(prefix) >= best) {
				best = strlen(prefix);
				*ret = r;
				*ret_covered = covered;
			}
		}
	}
	return 0;
}

/* location + what the prefix did not cover, divided into host and repository. */
static int place_make(const char *location, const char *rest, bool insecure, struct arena *a,
	struct place *ret, struct err *err)
{
	char *text = arena_printf(a, "%s%s", location, rest), *slash;

	if (!text)
		return err_sys(err, ENOMEM, "registries.conf");
	if (!(slash = strchr(text, '/')) || !slash[1])
		return err_set(
			err, ERR_INVALID, "registries.conf: '%s' leaves no repository to ask for", text);
	*slash = '\0';
	*ret = (struct place){ .host = text, .repository = slash + 1, .insecure = insecure };
	return 0;
}

static bool mirror_serves(const struct node *registry, const struct node *mirror, bool by_digest)
{
	const char *from = text_of(mirror, "pull-from-mirror");

	if (!from)
		return by_digest || !flag_of(registry, "mirror-by-digest-only");
	return strcmp(from, "digest-only") == 0 ? by_digest
	       : strcmp(from, "tag-only") == 0  ? !by_digest
						: true;
}

int registries_match(const struct node *const *files, size_t n_files, const struct image_name *n,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err)
{
	char *repo = arena_printf(a, "%s/%s", n->host, n->path);
	char *full = repo ? arena_printf(a, "%s%s%s%s%s", repo, n->tag ? ":" : "", n->tag ? n->tag : "",
				    n->digest ? "@" : "", n->digest ? n->digest : "")
			  : NULL;
	const struct node *r, *mirrors;
	size_t covered, count = 0;
	const char *location, *rest;
	struct place *v;
	int rc;

	if (!full)
		return err_sys(err, ENOMEM, "registries.conf");
	if ((rc = find(files, n_files, full, n->host, &r, &covered, err)) < 0)
		return rc;
	if (r && flag_of(r, "blocked"))
		return err_set(err, ERR_DENIED, "registry of '%s' is blocked in registries.conf", full);
	mirrors = node_get(r, "mirror");
	if (!(v = arena_array(a, (mirrors ? mirrors->n : 0) + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "registries.conf");
	rest = covered < strlen(repo) ? repo + covered : "";
	for (size_t i = 0; mirrors && mirrors->kind == NODE_LIST && i < mirrors->n; i++) {
		const struct node *m = mirrors->item[i];

		if (!(location = text_of(m, "location")))
			return fault(m, "a mirror needs a location", err);
		if (!mirror_serves(r, m, n->digest != NULL))
			continue;
		if ((rc = place_make(location, rest, flag_of(m, "insecure"), a, &v[count++], err)) < 0)
			return rc;
	}
	location = text_of(r, "location");
	rc = location ? place_make(location, rest, flag_of(r, "insecure"), a, &v[count++], err)
		      : place_make(repo, "", flag_of(r, "insecure"), a, &v[count++], err);
	if (rc < 0)
		return rc;
	*ret = v;
	*ret_n = count;
	return 0;
}

int registries_places(struct engine *e, const struct image_name *n, const struct registry_options *o,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err)
{
	struct files f = { .a = a };
	int rc;

	if ((rc = files_load(e, o, &f, err)) < 0 ||
		(rc = registries_match(f.v, f.n, n, a, ret, ret_n, err)) < 0)
		return rc;
	for (size_t i = 0; o->tls_verify.set && i < *ret_n; i++)
		(*ret)[i].insecure = !o->tls_verify.v;
	return 0;
}

/* ---- certs.d ------------------------------------------------------------------------------------------------------------ */

static int is_certificate(const struct dirent *d)
{
	return ends_with(d->d_name, ".crt") || ends_with(d->d_name, ".cert") || ends_with(d->d_name, ".key");
}

static int pair_take(
	const char *dir, const char *name, struct arena *a, struct certificates *ret, struct err *err)
{
	bool is_key = ends_with(name, ".key");
	size_t stem = strlen(name) - (is_key ? 4 : 5);
	const char *cert = arena_printf(a, "%s/%.*s.cert", dir, (int) stem, name);
	const char *key = arena_printf(a, "%s/%.*s.key", dir, (int) stem, name);

	if (!cert || !key)
		return err_sys(err, ENOMEM, "certificates");
	if (access(is_key ? cert : key, R_OK) < 0)
		return err_sys(err, errno, "'%s/%s' needs '%s' beside it", dir, name, is_key ? cert : key);
	ret->cert = cert;
	ret->key = key;
	return 0;
}

static int certificates_in(const char *dir, struct arena *a, struct certificates *ret, struct err *err)
{
	struct dirent **list = NULL;
	int n = access(dir, R_OK | X_OK) < 0 ? 0 : scandir(dir, &list, is_certificate, by_name), rc = 0;

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (rc == 0 && ends_with(name, ".crt"))
			rc = strs_addf(&ret->ca, a, "%s/%s", dir, name) < 0
				     ? err_sys(err, ENOMEM, "certificates")
				     : 0;
		else if (rc == 0 && !ret->cert)
			rc = pair_take(dir, name, a, ret, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

int registries_certificates(struct engine *e, const char *host, const char *cert_dir, struct arena *a,
	struct certificates *ret, struct err *err)
{
	char own[4200], path[4600];
	int rc;

	*ret = (struct certificates){ 0 };
	if (cert_dir)
		return certificates_in(cert_dir, a, ret, err);
	own_dir(e, own);
	if (own[0]) {
		(void) snprintf(path, sizeof path, "%s/certs.d/%s", own, host);
		if ((rc = certificates_in(path, a, ret, err)) < 0)
			return rc;
	}
	(void) snprintf(path, sizeof path, "/etc/containers/certs.d/%s", host);
	if ((rc = certificates_in(path, a, ret, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, "/etc/docker/certs.d/%s", host);
	return certificates_in(path, a, ret, err);
}
