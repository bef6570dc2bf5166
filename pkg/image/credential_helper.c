#include "pkg/image/credential_helper.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define ANSWER_MAX (256 * KiB)
#define TIMEOUT_US (120 * 1000000ULL) /* it may ask a person to unlock something */

static const char none_text[] = "credentials not found in native keychain";

/* The file in PATH; NULL: none. */
static const char *program_find(struct engine *e, const char *name, struct arena *a)
{
	const char *p = e->opt->path ? e->opt->path : "/usr/local/bin:/usr/bin:/bin";

	while (*p) {
		size_t n = strcspn(p, ":");
		const char *file = n && p[0] == '/' ? arena_printf(a, "%.*s/%s", (int) n, p, name) : NULL;

		if (file && access(file, X_OK) == 0)
			return file;
		p += n + (p[n] == ':');
	}
	return NULL;
}

/* 0: out has its answer; -ENOENT without err: it said that there is nothing. */
static int ask(struct engine *e, const struct registry_options *o, const char *suffix, const char *action,
	const char *input, struct buf *out, struct err *err)
{
	auto_arena struct arena a = { 0 };
	char *name = arena_printf(&a, "docker-credential-%s", suffix), *nothing[] = { NULL };
	char *argv[] = { name, (char *) (uintptr_t) action, NULL };
	struct proc_opts p = PROC_OPTS(.argv = argv, .envp = o->environment ? o->environment : nothing);
	int status = 0, rc;

	if (!name)
		return err_sys(err, ENOMEM, "ask a credential helper");
	if (strchr(suffix, '/'))
		return err_set(err, ERR_INVALID, "'%.100s' is no name of a credential helper", suffix);
	if (!(p.path = program_find(e, name, &a)))
		return err_set(err, ERR_NOT_FOUND,
			"credential helper '%.100s' is configured, and not in PATH; install it, or use "
			"--creds",
			name);
	if ((rc = proc_run(&p, input, strlen(input), out, NULL, TIMEOUT_US, &status, err)) < 0)
		return err_wrap(err, "credential helper '%.100s'", name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (out->data && strstr(out->data, none_text))
		return -ENOENT;
	/* it speaks on stdout, also of its failures; of a success nothing of that would be shown */
	if (out->data)
		out->data[strcspn(out->data, "\r\n")] = '\0';
	return err_set(err, ERR_DENIED, "credential helper '%.100s' %s failed: %.200s", name, action,
		out->data ? out->data : "");
}

static void forget(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_done(b);
}
#define auto_secret AUTO(forget)

int helper_get(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	struct arena *a, struct credentials *ret, bool *ret_found, struct err *err)
{
	auto_secret struct buf out = BUF_INIT(ANSWER_MAX);
	int rc = ask(e, o, suffix, "get", server, &out, err);
	const char *user, *secret;
	json_t *v;

	*ret_found = false;
	if (rc == -ENOENT && !err->kind)
		return 0;
	if (rc < 0)
		return rc;
	if (!(v = json_parse(out.data ? out.data : "", out.len, err)))
		return err_wrap(err, "credential helper '%.100s'", suffix);
	user = json_string_value(json_object_get(v, "Username"));
	secret = json_string_value(json_object_get(v, "Secret"));
	if (user && secret && *secret) {
		if (strcmp(user, "<token>") == 0)
			ret->identity = arena_strdup(a, secret);
		else
			ret->user = arena_strdup(a, user), ret->password = arena_strdup(a, secret);
		*ret_found = true;
	}
	json_decref(v);
	return *ret_found && !ret->identity && (!ret->user || !ret->password)
		       ? err_sys(err, ENOMEM, "credentials")
		       : 0;
}

int helper_store(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	const char *user, const char *secret, struct err *err)
{
	auto_secret struct buf out = BUF_INIT(ANSWER_MAX);
	json_t *v = json_pack("{s:s,s:s,s:s}", "ServerURL", server, "Username", user, "Secret", secret);
	char *text = v ? json_print(v) : NULL;
	int rc = text ? ask(e, o, suffix, "store", text, &out, err) : err_sys(err, ENOMEM, "credentials");

	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(v);
	return rc == -ENOENT && !err->kind ? 0 : rc;
}

int helper_erase(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	bool *ret_found, struct err *err)
{
	auto_secret struct buf out = BUF_INIT(ANSWER_MAX);
	int rc = ask(e, o, suffix, "erase", server, &out, err);

	*ret_found = rc == 0;
	return rc == -ENOENT && !err->kind ? 0 : rc;
}

int helper_list(struct engine *e, const struct registry_options *o, const char *suffix, struct arena *a,
	struct strs *ret, struct err *err)
{
	auto_secret struct buf out = BUF_INIT(ANSWER_MAX);
	int rc = ask(e, o, suffix, "list", "", &out, err);
	const char *server;
	json_t *v, *user;

	if (rc < 0)
		return rc == -ENOENT && !err->kind ? 0 : rc;
	if (!(v = json_parse(out.data ? out.data : "", out.len, err)))
		return err_wrap(err, "credential helper '%.100s'", suffix);
	json_object_foreach(v, server, user)
	{
		(void) user;
		if (rc == 0 && strs_add(ret, a, server) < 0)
			rc = err_sys(err, ENOMEM, "credentials");
	}
	json_decref(v);
	return rc;
}
