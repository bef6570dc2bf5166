/*
 * login.c — login, logout.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/login.h"
#include "pkg/util/buf.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define SECRET_MAX (64 * KiB) /* of stdin: tokens of clouds have some kilobytes */

struct login_command {
	struct registry_options at;
	const char *user, *password;
	bool password_stdin, get, verbose;
};

/* ---- asking ------------------------------------------------------------------------------------------------------------- */

static int line_read(struct cli *c, const char *what, const char **ret, struct err *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n = getline(&line, &room, stdin);

	if (n >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		*ret = arena_strdup(&c->arena, line);
		explicit_bzero(line, (size_t) n);
	}
	free(line);
	return n < 0  ? err_set(err, ERR_INVALID, "no %s was given", what)
	       : *ret ? 0
		      : err_sys(err, ENOMEM, "login");
}

/* Nothing of it is shown, also not when the signal of Ctrl-C ends us: the terminal keeps its settings until then. */
static int secret_read(struct cli *c, const char **ret, struct err *err)
{
	struct termios had, silent;
	int rc;

	if (tcgetattr(STDIN_FILENO, &had) < 0)
		return err_set(err, ERR_INVALID,
			"there is no terminal to ask for the password; use --username and --password-stdin");
	silent = had;
	silent.c_lflag &= ~(tcflag_t) (ECHO | ISIG);
	/* silent before we ask: whoever answers at once is neither shown nor lost */
	(void) tcsetattr(STDIN_FILENO, TCSANOW, &silent);
	(void) printf("Password: ");
	(void) fflush(stdout);
	rc = line_read(c, "password", ret, err);
	(void) tcsetattr(STDIN_FILENO, TCSANOW, &had);
	(void) putchar('\n');
	if (rc == 0 && strchr(*ret, 3))
		return err_set(err, ERR_INVALID, "interrupted");
	return rc;
}

static int ask(struct cli *c, struct login_command *r, const char *known, struct err *err)
{
	int rc;

	if (!r->user) {
		if (known)
			(void) printf("Username (%s): ", known);
		else
			(void) printf("Username: ");
		(void) fflush(stdout);
		if ((rc = line_read(c, "user name", &r->user, err)) < 0)
			return rc;
		if (!*r->user && known)
			r->user = known;
		if (!*r->user)
			return err_set(err, ERR_INVALID, "no user name was given");
	}
	return r->password ? 0 : secret_read(c, &r->password, err);
}

static int stdin_take(struct cli *c, struct login_command *r, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(SECRET_MAX);
	int rc = io_read_all(STDIN_FILENO, &b);

	if (rc < 0)
		return err_sys(err, -rc, "read the password from standard input");
	while (b.len && strchr("\r\n", b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	if (!b.len)
		return err_set(err, ERR_INVALID, "standard input has no password");
	r->password = arena_strdup(&c->arena, b.data);
	explicit_bzero(b.data, b.len);
	return r->password ? 0 : err_sys(err, ENOMEM, "login");
}

/* ---- login -------------------------------------------------------------------------------------------------------------- */

static int key_get(struct cli *c, const struct registry_options *o, const char **ret, struct err *err)
{
	const char *text;
	int rc;

	if (c->args.n)
		text = c->args.v[0];
	else if ((rc = login_default(&c->engine, o, &c->arena, &text, err)) < 0)
		return rc;
	return login_key(text, &c->arena, ret, err);
}

static int flags_check(const struct login_command *r, struct err *err)
{
	const struct registry_options *o = &r->at;

	if (r->password_stdin && r->password)
		return err_set(err, ERR_INVALID, "Can't specify both --password-stdin and --password");
	if (r->password_stdin && !r->user)
		return err_set(err, ERR_INVALID, "Must provide --username with --password-stdin");
	if (o->compat_authfile && o->authfile)
		return err_set(err, ERR_INVALID,
			"options for paths to the credential file and to the Docker-compatible credential "
			"file can "
			"not be set simultaneously");
	return 0;
}

/* 1: what is kept is good still. */
static int known_check(struct cli *c, struct login_command *r, const char *key, const char *user,
	const char *password, struct err *err)
{
	int rc;

	if (!user || !password || r->user || r->password)
		return 0;
	rc = login_check(&c->engine, &r->at, key, user, password, &c->arena, err);
	if (rc == 0) {
		(void) printf("Existing credentials are valid. Already logged in to %s\n", key);
		return 1;
	}
	if (err->kind != ERR_DENIED)
		return rc;
	err_clear(err);
	(void) puts("Existing credentials are invalid, please enter valid username and password");
	return 0;
}

static int run_login(struct cli *c, void *request, struct err *err)
{
	struct login_command *r = request;
	const char *key, *user = NULL, *password = NULL, *where = NULL;
	int rc = flags_check(r, err);

	if (rc < 0 || (rc = registry_prepare(c, &r->at, err)) < 0)
		return rc;
	if (r->at.compat_authfile)
		r->at.authfile = NULL; /* the flag goes before the environment */
	r->at.may_be_new = true;
	signals_watch(&r->at);
	if ((rc = key_get(c, &r->at, &key, err)) < 0 ||
		(rc = login_known(&c->engine, &r->at, key, &c->arena, &user, &password, err)) < 0)
		return rc;
	if (r->get) {
		if (!user)
			return err_set(err, ERR_NOT_FOUND, "not logged into %s", key);
		print_line(user);
		return 0;
	}
	if ((rc = known_check(c, r, key, user, password, err)) != 0)
		return rc < 0 ? rc : 0;
	if ((r->password_stdin && (rc = stdin_take(c, r, err)) < 0) || (rc = ask(c, r, user, err)) < 0 ||
		(rc = login_check(&c->engine, &r->at, key, r->user, r->password, &c->arena, err)) < 0 ||
		(rc = login_store(&c->engine, &r->at, key, r->user, r->password, &c->arena, &where, err)) < 0)
		return rc;
	if (r->verbose)
		(void) printf("Used:  %s\n", where);
	print_line("Login Succeeded!");
	return 0;
}

#define L struct login_command
static const struct option login_options[] = {
	O_STR(L, at.authfile, "authfile", 0, "FILE",
		"Keep the credentials in this file (default: $REGISTRY_AUTH_FILE, else auth.json)"),
	O_STR(L, at.cert_dir, "cert-dir", 0, "DIR", "Certificates for the registry, instead of certs.d"),
	O_STR(L, at.compat_authfile, "compat-auth-file", 0, "FILE",
		"Keep them in this file in the form of docker's config.json"),
	O_BOOL(L, get, "get-login", 0, "Print the user who is logged in"),
	O_STR(L, password, "password", 'p', "PASSWORD",
		"Others can see it in the list of processes: better --password-stdin"),
	O_BOOL(L, password_stdin, "password-stdin", 0, "Read the password from standard input"),
	O_OBOOL(L, at.tls_verify, "tls-verify", 0,
		"Insist on HTTPS and check certificates (default: unless registries.conf says insecure)"),
	O_STR(L, user, "username", 'u', "USER", "Who to be"),
	O_BOOL(L, verbose, "verbose", 'v', "Say where the credentials are kept"),
	O_REFUSED("secret", 0, "NAME", "secrets of the engine are not read here; use --password-stdin"),
	O_END,
};
#undef L

/* ---- logout ---------------------------------------------------------------------------------------------------------------- */

struct logout_command {
	struct registry_options at;
	bool all;
};

static int run_logout(struct cli *c, void *request, struct err *err)
{
	struct logout_command *r = request;
	const char *key, *user = NULL, *password;
	bool found;
	int rc;

	if (r->all && c->args.n)
		return err_set(err, ERR_INVALID, "--all takes no arguments");
	if (r->at.compat_authfile && r->at.authfile)
		return err_set(err, ERR_INVALID, "--authfile and --compat-auth-file cannot be used together");
	if ((rc = registry_prepare(c, &r->at, err)) < 0)
		return rc;
	if (r->at.compat_authfile)
		r->at.authfile = NULL;
	r->at.may_be_new = true;
	if (r->all) {
		if ((rc = login_remove_all(&c->engine, &r->at, &c->arena, err)) < 0)
			return rc;
		print_line("Removed login credentials for all registries");
		return 0;
	}
	if ((rc = key_get(c, &r->at, &key, err)) < 0 ||
		(rc = login_remove(&c->engine, &r->at, key, &c->arena, &found, err)) < 0)
		return rc;
	if (found) {
		(void) printf("Removed login credentials for %s\n", key);
		return 0;
	}
	if ((rc = login_known(&c->engine, &r->at, key, &c->arena, &user, &password, err)) < 0)
		return rc;
	if (!user)
		return err_set(err, ERR_NOT_FOUND, "not logged into %s", key);
	(void) printf("Not logged into %s with current tool. Existing credentials were established via "
		      "docker login. "
		      "Please use docker logout instead.\n",
		key);
	return 0;
}

static const struct option logout_options[] = {
	O_BOOL(struct logout_command, all, "all", 'a', "All registries"),
	O_STR(struct logout_command, at.authfile, "authfile", 0, "FILE", "The file they are kept in"),
	O_STR(struct logout_command, at.compat_authfile, "compat-auth-file", 0, "FILE",
		"The file they are kept in, docker's config.json"),
	O_END,
};

/* clang-format off */
static const struct option *const o_login[] = { login_options, help_options, NULL };
static const struct option *const o_logout[] = { logout_options, help_options, NULL };

const struct command login_commands[] = {
	{ "login", "[REGISTRY]", "Log in to a registry",
		"The registry is asked whether it takes the credentials before they are kept, in ${XDG_RUNTIME_DIR}/containers/auth.json unless a flag, "
		"$REGISTRY_AUTH_FILE or a credential helper named in that file says otherwise. REGISTRY may have a namespace or repository behind it. "
		"Without one the first of unqualified-search-registries is meant, or docker.io.",
		"  podctl login quay.io\n  podctl login -u bob --password-stdin registry.example.com/team <password-file\n  podctl login --get-login quay.io\n",
		o_login, sizeof(struct login_command), 0, 1, 0, run_login },
	{ "logout", "[REGISTRY]", "Forget the credentials of a registry", NULL, "  podctl logout quay.io\n  podctl logout --all\n",
		o_logout, sizeof(struct logout_command), 0, 1, 0, run_logout },
	{ .paths = NULL },
};
/* clang-format on */
