#include "pkg/image/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/image/credential_helper.h"
#include "pkg/image/image.h"
#include "pkg/image/registries.h"
#include "pkg/image/transfer.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define AUTH_MAX (1 * MiB)

/* ---- keys --------------------------------------------------------------------------------------------------------------- */

int login_key(const char *text, struct arena *a, const char **ret, struct err *err)
{
	struct image_name n;
	struct err why = { 0 };
	size_t len;
	char *key;

	if (strncmp(text, "https://", 8) == 0)
		text += 8;
	else if (strncmp(text, "http://", 7) == 0)
		text += 7;
	for (len = strlen(text); len && text[len - 1] == '/';)
		len--;
	if (!(key = arena_strndup(a, text, len)))
		return err_sys(err, ENOMEM, "login");
	/* a bare word is a host here, and a host with something behind it has the form of a name */
	if (!*key ||
		image_name_parse(arena_printf(a, "%s%s", key, strchr(key, '/') ? "" : "/x"), a, &n, &why) <
			0 ||
		n.tag || n.digest)
		return err_set(err, ERR_INVALID,
			"'%s' is neither a registry (HOST[:PORT]) nor a namespace or repository of one",
			text);
	*ret = key;
	return 0;
}

static void key_split(const char *key, struct arena *a, const char **ret_host, const char **ret_repository)
{
	const char *slash = strchr(key, '/');

	*ret_host = slash ? arena_strndup(a, key, (size_t) (slash - key)) : key;
	*ret_repository = slash ? slash + 1 : "";
}

int login_default(struct engine *e, const struct registry_options *o, struct arena *a, const char **ret,
	struct err *err)
{
	struct registries conf;
	int rc = registries_load(e, o, a, &conf, err);

	if (rc < 0)
		return rc;
	*ret = conf.search.n ? conf.search.v[0] : "docker.io";
	return 0;
}

int login_known(struct engine *e, const struct registry_options *o, const char *key, struct arena *a,
	const char **ret_user, const char **ret_password, struct err *err)
{
	const char *host, *repository;
	struct credentials who;
	int rc;

	key_split(key, a, &host, &repository);
	if ((rc = credentials_find(e, o, host, repository, a, &who, err)) < 0)
		return rc;
	*ret_user = who.identity ? "<token>" : who.user;
	*ret_password = who.password;
	return 0;
}

int login_check(struct engine *e, const struct registry_options *o, const char *key, const char *user,
	const char *password, struct arena *a, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	struct registry_options as = *o;
	const char *host, *repository;
	struct strs no_scope = { 0 };
	struct place at;
	json_t *v = NULL;
	int rc, status;

	key_split(key, a, &host, &repository);
	if (strchr(user, ':'))
		return err_set(err, ERR_INVALID, "a user name cannot have a ':'");
	if (!(as.creds = arena_printf(a, "%s:%s", user, password)))
		return err_sys(err, ENOMEM, "login");
	if ((rc = registries_host(e, host, o, a, &at, err)) < 0 ||
		(rc = transfer_open(e, &at, &as, &no_scope, &tmp, a, &t, err)) < 0)
		return rc;
	if ((rc = transfer_request(&t, "GET", "/v2/", 64 * KiB, &v, err)) < 0) {
		if (err->kind == ERR_DENIED) {
			err_clear(err);
			return err_set(
				err, ERR_DENIED, "logging into \"%s\": invalid username/password", key);
		}
		return err_wrap(err, "authenticating creds for \"%s\"", key);
	}
	status = (int) json_integer_value(json_object_get(v, "status"));
	json_decref(v);
	if (status == 403)
		return err_set(err, ERR_DENIED, "logging into \"%s\": invalid username/password", key);
	return status == 200
		       ? 0
		       : err_set(err, ERR_REMOTE,
				 "authenticating creds for \"%s\": HTTP %d where a registry answers 200", key,
				 status);
}

/* ---- the auth file -------------------------------------------------------------------------------------------------------- */

struct auth_file {
	const char *path, *name;
	bool docker;
	int dir, guard;
	json_t *doc;
};
static void auth_file_close(struct auth_file *f)
{
	fd_close_p(&f->guard);
	fd_close_p(&f->dir);
	json_decref(f->doc);
}
#define auto_auth_file AUTO(auth_file_close)

/* Its directory, made where it is missing; the file is locked against others who change it, and read. */
static int auth_file_open(struct engine *e, const struct registry_options *o, struct auth_file *f,
	struct arena *a, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(AUTH_MAX);
	const char *slash;
	char *dir;
	int rc;

	*f = (struct auth_file){ .dir = -EBADF, .guard = -EBADF };
	if ((rc = credentials_file(e, o, a, &f->path, &f->docker, err)) < 0)
		return rc;
	slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	dir = slash ? arena_strndup(a, f->path, (size_t) (slash - f->path) + 1) : arena_strdup(a, ".");
	if (!dir)
		return err_sys(err, ENOMEM, "credentials");
	for (char *p = dir + 1; (p = strchr(p, '/'));
		p++) { /* a path of the person's own: links in it are fine */
		*p = '\0';
		(void) mkdir(dir, 0700);
		*p = '/';
	}
	if ((f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", dir);
	/* the directory itself: nothing of ours stays beside the file */
	if ((f->guard = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		flock(f->guard, LOCK_EX) < 0)
		return err_sys(err, errno, "lock '%s'", dir);
	if ((rc = file_read(f->dir, f->name, PATH_IN_ROOTFS, &b)) < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "read '%s'", f->path);
	if (!b.len)
		f->doc = json_object();
	else if (!(f->doc = json_parse(b.data, b.len, err)))
		return err_wrap(err, "%s", f->path);
	if (!json_is_object(f->doc))
		return err_set(err, ERR_INVALID, "%s: expected a JSON object", f->path);
	return 0;
}

static int auth_file_write(struct auth_file *f, struct err *err)
{
	char *text = json_dumps(f->doc, JSON_INDENT(8) | JSON_PRESERVE_ORDER);
	int rc = text ? file_replace(f->dir, f->name, text, strlen(text), 0600, true) : -ENOMEM;

	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return rc < 0 ? err_sys(err, -rc, "write '%s'", f->path) : 0;
}

static const char *file_key(const struct auth_file *f, const char *key)
{
	return f->docker && strcmp(key, "docker.io") == 0 ? "https://index.docker.io/v1/" : key;
}

/* The helper that keeps this host's credentials, or NULL. */
static const char *file_helper(const struct auth_file *f, const char *host)
{
	const json_t *helpers = json_object_get(f->doc, "credHelpers");
	const char *key, *store = json_string_value(json_object_get(f->doc, "credsStore"));
	json_t *value;

	json_object_foreach((json_t *) (helpers ? helpers : f->doc), key, value)
	{
		if (helpers && credentials_key_is(key, host, strlen(host)))
			return json_string_value(value);
	}
	return store && *store ? store : NULL;
}

static char *base64_of(const char *text, struct arena *a)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text), k = 0;
	char *out = arena_alloc(a, n * 4 / 3 + 8);

	for (size_t i = 0; out && i < n; i += 3) {
		unsigned v = (unsigned) (unsigned char) text[i] << 16;

		v |= i + 1 < n ? (unsigned) (unsigned char) text[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned char) text[i + 2] : 0;
		out[k++] = digits[v >> 18];
		out[k++] = digits[v >> 12 & 63];
		out[k++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		out[k++] = i + 2 < n ? digits[v & 63] : '=';
	}
	return out;
}

int login_store(struct engine *e, const struct registry_options *o, const char *key, const char *user,
	const char *password, struct arena *a, const char **ret_where, struct err *err)
{
	auto_auth_file struct auth_file f = { .dir = -EBADF, .guard = -EBADF };
	const char *host, *repository, *helper, *pair;
	json_t *auths;
	int rc;

	key_split(key, a, &host, &repository);
	if ((rc = auth_file_open(e, o, &f, a, err)) < 0)
		return rc;
	if (f.docker && *repository)
		return err_set(err, ERR_INVALID,
			"'%s': docker's file knows hosts only, no namespaces; --authfile takes them", key);
	*ret_where = f.path;
	if ((helper = file_helper(&f, host))) {
		if (*repository)
			return err_set(err, ERR_INVALID,
				"'%s': the credential helper '%s' knows hosts only, no namespaces", key,
				helper);
		*ret_where = arena_printf(a, "docker-credential-%s", helper);
		return helper_store(e, o, helper, file_key(&f, key), user, password, err);
	}
	if (!(pair = arena_printf(a, "%s:%s", user, password)) || !(pair = base64_of(pair, a)))
		return err_sys(err, ENOMEM, "login");
	if (!(auths = json_object_get(f.doc, "auths")) || !json_is_object(auths)) {
		auths = json_object();
		(void) json_object_set_new(f.doc, "auths", auths);
	}
	if (json_object_set_new(auths, file_key(&f, key), json_pack("{s:s}", "auth", pair)) < 0)
		return err_sys(err, ENOMEM, "login");
	return auth_file_write(&f, err);
}

int login_remove(struct engine *e, const struct registry_options *o, const char *key, struct arena *a,
	bool *ret_found, struct err *err)
{
	auto_auth_file struct auth_file f = { .dir = -EBADF, .guard = -EBADF };
	const char *host, *repository, *helper, *k;
	struct strs gone = { 0 };
	size_t len = strlen(key);
	const char *plain = credentials_host(key, &len);
	json_t *auths, *v;
	int rc;

	*ret_found = false;
	key_split(key, a, &host, &repository);
	if ((rc = auth_file_open(e, o, &f, a, err)) < 0)
		return rc;
	if ((helper = file_helper(&f, host)) && !*repository &&
		(rc = helper_erase(e, o, helper, file_key(&f, key), ret_found, err)) < 0)
		return rc;
	auths = json_object_get(f.doc, "auths");
	json_object_foreach(auths, k, v)
	{
		(void) v;
		if (credentials_key_is(k, plain, len) && strs_add(&gone, a, k) < 0)
			return err_sys(err, ENOMEM, "logout");
	}
	for (size_t i = 0; i < gone.n; i++)
		(void) json_object_del(auths, gone.v[i]);
	*ret_found = *ret_found || gone.n;
	return gone.n ? auth_file_write(&f, err) : 0;
}

int login_remove_all(struct engine *e, const struct registry_options *o, struct arena *a, struct err *err)
{
	auto_auth_file struct auth_file f = { .dir = -EBADF, .guard = -EBADF };
	struct strs suffixes = { 0 };
	const char *key, *store;
	json_t *helpers, *v;
	int rc;

	if ((rc = auth_file_open(e, o, &f, a, err)) < 0)
		return rc;
	helpers = json_object_get(f.doc, "credHelpers");
	json_object_foreach(helpers, key, v)
	{
		bool found;

		if (json_is_string(v) &&
			(rc = helper_erase(e, o, json_string_value(v), key, &found, err)) < 0)
			return rc;
	}
	if ((store = json_string_value(json_object_get(f.doc, "credsStore"))) && *store) {
		if ((rc = helper_list(e, o, store, a, &suffixes, err)) < 0)
			return rc;
		for (size_t i = 0; i < suffixes.n; i++) {
			bool found;

			if ((rc = helper_erase(e, o, store, suffixes.v[i], &found, err)) < 0)
				return rc;
		}
	}
	(void) json_object_set_new(f.doc, "auths", json_object());
	return auth_file_write(&f, err);
}
