#include "pkg/image/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/credential_helper.h"
#include "pkg/image/registries.h"
#include "pkg/util/buf.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define AUTH_MAX (1 * MiB)

/* RFC 4648 without line breaks; NULL when it is not that. */
static char *base64_text(const char *s, struct arena *a)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strcspn(s, "="), out = 0;
	char *text = arena_alloc(a, n * 3 / 4 + 2);
	unsigned bits = 0, have = 0;

	if (!text || s[n + strspn(s + n, "=")])
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(digits, s[i]);

		if (!at)
			return NULL;
		bits = (bits << 6 | (unsigned) (at - digits)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			text[out++] = (char) (bits >> have & 0xff);
		}
	}
	return text; /* what follows a NUL is cut off, as others do */
}

const char *credentials_host(const char *host, size_t *n)
{
	static const char *const hub[] = { "index.docker.io", "registry-1.docker.io", "docker.io" };

	for (size_t i = 0; i < LEN(hub); i++)
		if (*n == strlen(hub[i]) && strncmp(host, hub[i], *n) == 0) {
			*n = strlen("docker.io");
			return "docker.io";
		}
	return host;
}

/* Docker writes URLs: only their host counts. */
bool credentials_key_is(const char *key, const char *want, size_t n)
{
	const char *scheme = strstr(key, "://");
	size_t k;

	if (scheme) {
		key = scheme + 3;
		k = strcspn(key, "/");
	} else {
		k = strlen(key);
	}
	key = credentials_host(key, &k);
	return k == n && strncmp(key, want, n) == 0;
}

int credentials_take(
	const json_t *entry, struct arena *a, struct credentials *ret, bool *ret_found, struct err *err)
{
	const char *auth = json_string_value(json_object_get(entry, "auth"));
	const char *identity = json_string_value(json_object_get(entry, "identitytoken"));
	char *pair, *colon;

	if (identity && *identity) {
		ret->identity = arena_strdup(a, identity);
		*ret_found = true;
		return ret->identity ? 0 : err_sys(err, ENOMEM, "credentials");
	}
	if (!auth || !*auth) {
		const char *user = json_string_value(json_object_get(entry, "username")),
			   *password = json_string_value(json_object_get(entry, "password"));

		if (!user || !*user)
			return 0;
		ret->user = arena_strdup(a, user);
		ret->password = arena_strdup(a, password ? password : "");
		*ret_found = true;
		return ret->user && ret->password ? 0 : err_sys(err, ENOMEM, "credentials");
	}
	if (!(pair = base64_text(auth, a)) || !(colon = strchr(pair, ':')))
		return err_set(err, ERR_INVALID, "an entry's \"auth\" is not base64 of USER:PASSWORD");
	*colon = '\0';
	ret->user = pair;
	ret->password = colon + 1;
	*ret_found = true;
	return 0;
}

static const json_t *entry_find(const json_t *auths, const char *want, size_t n)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *) auths, key, value) if (credentials_key_is(key, want, n)) return value;
	return NULL;
}

int credentials_in(const json_t *doc, bool legacy, const char *host, const char *repository, struct arena *a,
	struct found *ret, struct err *err)
{
	const json_t *auths = legacy ? doc : json_object_get(doc, "auths"), *helpers, *entry = NULL;
	size_t host_len = strlen(host), n;
	const char *plain = credentials_host(host, &host_len);
	char *want = arena_printf(a, "%.*s%s%s", (int) host_len, plain, *repository ? "/" : "", repository);
	const char *key;
	json_t *value;

	*ret = (struct found){ 0 };
	if (!want)
		return err_sys(err, ENOMEM, "credentials");
	helpers = legacy ? NULL : json_object_get(doc, "credHelpers");
	json_object_foreach((json_t *) (helpers ? helpers : doc), key, value)
	{
		const char *suffix = helpers ? json_string_value(value) : NULL;

		if (suffix && *suffix && credentials_key_is(key, want, host_len))
			ret->helper = arena_strdup(a, suffix);
	}
	if (!legacy && json_string_value(json_object_get(doc, "credsStore")) &&
		*json_string_value(json_object_get(doc, "credsStore")))
		ret->fallback = arena_strdup(a, json_string_value(json_object_get(doc, "credsStore")));
	/* most specific first: host/ns/repo, host/ns, host */
	for (n = strlen(want); !entry; n--) {
		entry = entry_find(auths, want, n);
		if (n <= host_len)
			break;
		while (n > host_len && want[n - 1] != '/')
			n--;
	}
	return entry ? credentials_take(entry, a, &ret->who, &ret->entry, err) : 0;
}

/* ---- the machine's files ---------------------------------------------------------------------------------------------- */

/* Docker's helpers know the hub by the address it had first. */
static int helper_ask(struct engine *e, const struct registry_options *o, const char *suffix,
	const char *host, struct arena *a, struct credentials *ret, bool *ret_found, struct err *err)
{
	size_t n = strlen(host);
	const char *plain = credentials_host(host, &n);
	int rc = 0;

	*ret_found = false;
	if (n == 9 && strncmp(plain, "docker.io", n) == 0)
		rc = helper_get(e, o, suffix, "https://index.docker.io/v1/", a, ret, ret_found, err);
	return rc < 0 || *ret_found ? rc
				    : helper_get(e, o, suffix, arena_printf(a, "%.*s", (int) n, plain), a,
					      ret, ret_found, err);
}

static int file_look(struct engine *e, const struct registry_options *o, const char *path, bool must_exist,
	bool legacy, const char *host, const char *repository, struct arena *a, struct credentials *ret,
	bool *ret_found, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(AUTH_MAX);
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);
	struct found f = { 0 };
	json_t *doc;

	*ret_found = false;
	if ((rc == -ENOENT || rc == -ENOTDIR || rc == -EACCES) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (!b.len)
		return 0;
	if (!(doc = json_parse(b.data, b.len, err))) {
		(void) err_wrap(err, "%s", path);
		return -EINVAL;
	}
	rc = credentials_in(doc, legacy, host, repository, a, &f, err);
	json_decref(doc);
	if (rc < 0)
		return err_wrap(err, "%s", path);
	if (f.helper && ((rc = helper_ask(e, o, f.helper, host, a, ret, ret_found, err)) < 0 || *ret_found))
		return rc;
	if (f.entry) {
		*ret = f.who;
		*ret_found = true;
		return 0;
	}
	return f.fallback ? helper_ask(e, o, f.fallback, host, a, ret, ret_found, err) : 0;
}

/* Of a person without a session there is no runtime directory: then it is the file in their home.  NULL: there is one. */
static const char *user_file(const struct engine *e, struct arena *a)
{
	const char *home = e->opt->home && e->opt->home[0] == '/' ? e->opt->home : NULL;
	char dir[40];

	(void) snprintf(dir, sizeof dir, "/run/user/%u", (unsigned) e->uid);
	if (!home || access(dir, F_OK) == 0)
		return NULL;
	return arena_printf(a, "%s/.config/containers/auth.json", home);
}

int credentials_file(struct engine *e, const struct registry_options *o, struct arena *a,
	const char **ret_path, bool *ret_docker, struct err *err)
{
	*ret_docker = o->compat_authfile != NULL;
	if (o->compat_authfile)
		*ret_path = o->compat_authfile;
	else if (o->authfile && *o->authfile)
		*ret_path = o->authfile;
	else if (e->opt->xdg_runtime_dir)
		*ret_path = arena_printf(a, "%s/containers/auth.json", e->opt->xdg_runtime_dir);
	else if (e->rootless && !(*ret_path = user_file(e, a)))
		*ret_path = arena_printf(a, "/run/user/%u/containers/auth.json", (unsigned) e->uid);
	else if (!e->rootless)
		*ret_path = arena_printf(a, "/run/containers/%u/auth.json", (unsigned) e->uid);
	return *ret_path ? 0 : err_sys(err, ENOMEM, "credentials");
}

static int files_list(struct engine *e, const struct registry_options *o, struct arena *a, struct strs *files,
	struct err *err)
{
	const struct engine_options *opt = e->opt;
	const char *home = opt->home && opt->home[0] == '/' ? opt->home : NULL, *own;
	bool docker;
	int rc = credentials_file(e, o, a, &own, &docker, err);

	if (rc < 0)
		return rc;
	rc = strs_add(files, a, own);
	if (rc == 0 && opt->xdg_config_home)
		rc = strs_addf(files, a, "%s/containers/auth.json", opt->xdg_config_home);
	else if (rc == 0 && home)
		rc = strs_addf(files, a, "%s/.config/containers/auth.json", home);
	if (rc == 0 && o->docker_config)
		rc = strs_addf(files, a, "%s/config.json", o->docker_config);
	else if (rc == 0 && home)
		rc = strs_addf(files, a, "%s/.docker/config.json", home);
	if (rc == 0 && home)
		rc = strs_addf(files, a, "%s/.dockercfg", home);
	return rc < 0 ? err_sys(err, ENOMEM, "credentials") : 0;
}

static int files_look(struct engine *e, const struct registry_options *o, const char *host,
	const char *repository, struct arena *a, struct credentials *ret, bool *ret_found, struct err *err)
{
	struct strs files = { 0 };
	int rc;

	if (o->authfile && *o->authfile)
		return file_look(
			e, o, o->authfile, !o->may_be_new, false, host, repository, a, ret, ret_found, err);
	if (o->compat_authfile)
		return file_look(e, o, o->compat_authfile, !o->may_be_new, false, host, repository, a, ret,
			ret_found, err);
	if ((rc = files_list(e, o, a, &files, err)) < 0)
		return rc;
	for (size_t i = 0; i < files.n && !*ret_found; i++) {
		size_t len = strlen(files.v[i]);
		bool legacy = len > 10 && strcmp(files.v[i] + len - 10, ".dockercfg") == 0;

		if ((rc = file_look(
			     e, o, files.v[i], false, legacy, host, repository, a, ret, ret_found, err)) < 0)
			return rc;
	}
	return 0;
}

int credentials_find(struct engine *e, const struct registry_options *o, const char *host,
	const char *repository, struct arena *a, struct credentials *ret, struct err *err)
{
	struct registries conf;
	bool found = false;
	int rc;

	*ret = (struct credentials){ 0 };
	if (o->anonymous)
		return 0;
	if (o->creds) {
		const char *colon = strchr(o->creds, ':');

		if (!colon || colon == o->creds)
			return err_set(err, ERR_INVALID, "--creds: expected USER:PASSWORD");
		ret->user = arena_strndup(a, o->creds, (size_t) (colon - o->creds));
		ret->password = colon + 1;
		return ret->user ? 0 : err_sys(err, ENOMEM, "credentials");
	}
	if ((rc = pull_secret_find(&o->documents, host, repository, a, ret, &found, err)) < 0 || found)
		return rc < 0 ? rc : 0;
	if ((rc = registries_load(e, &(struct registry_options){ .registries_conf = o->registries_conf }, a,
		     &conf, err)) < 0)
		return rc;
	if (!conf.helpers.n)
		return files_look(e, o, host, repository, a, ret, &found, err);
	for (size_t i = 0; i < conf.helpers.n && !found; i++) {
		const char *helper = conf.helpers.v[i];

		rc = strcmp(helper, "containers-auth.json") == 0
			     ? files_look(e, o, host, repository, a, ret, &found, err)
			     : helper_ask(e, o, helper, host, a, ret, &found, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}
