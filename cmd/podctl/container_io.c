/*
 * container_io.c — run, start, attach, exec and logs: commands through which a container's streams pass.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/podctl/cidfile.h"
#include "cmd/podctl/environment.h"
#include "cmd/podctl/logs.h"
#include "cmd/podctl/many.h"
#include "cmd/podctl/notify.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/stream.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/log.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/create.h"
#include "pkg/verb/images.h"

/* 127: the command was not found, 126: it cannot be executed. */
static int refused_status(const struct err *err)
{
	cli_error(err);
	return err->kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static const char *detach_keys(const struct cli *c, const char *asked)
{
	return asked ? asked : c->engine.config.detach_keys ? c->engine.config.detach_keys : "ctrl-p,ctrl-q";
}

static int check_keys(const char *keys, struct err *err)
{
	unsigned char unused[16];
	size_t n;

	return keys ? detach_keys_parse(keys, unused, &n, err) : 0;
}

/* Copies until the container ends; its code, 0 when detached.  *ret_ended: it has ended. */
static int follow_container(
	struct cli *c, const struct stream *s, const struct target *t, bool *ret_ended, struct err *err)
{
	enum stream_end end = STREAM_LOST;
	int64_t code = 0;
	int rc = stream_run(s, &end, &code, err);

	*ret_ended = rc == 0 && end == STREAM_EXITED;
	if (rc < 0)
		return rc;
	if (end == STREAM_DETACHED)
		return 0;
	if (end == STREAM_LOST) {
		/* the monitor was killed: what is known of the container now */
		if ((rc = verb_wait(&c->engine, t, WAIT_STOPPED, &code, err)) < 0)
			return err_wrap(err, "the pod's monitor went away");
		*ret_ended = true;
	}
	return (int) (code & 255);
}

/* ---- run ----------------------------------------------------------------------------------------------------------------------- */

struct run_command {
	struct create_request create; /* first: create_options point into it */
	bool detach, sig_proxy_off, quiet, rmi;
	bool attach_set, in, out, errs; /* --attach */
	const char *detach_keys;
};

static int opt_attach(struct cli *c, void *request, const char *value, struct err *err)
{
	struct run_command *r = request;

	(void) c;
	r->attach_set = true;
	for (;;) {
		size_t n = strcspn(value, ",");

		if (n == 5 && !strncasecmp(value, "stdin", n))
			r->in = r->create.interactive = true;
		else if (n == 6 && !strncasecmp(value, "stdout", n))
			r->out = true;
		else if (n == 6 && !strncasecmp(value, "stderr", n))
			r->errs = true;
		else
			return err_set(err, ERR_INVALID,
				"invalid stream \"%.*s\" for --attach - must be one of stdin, stdout, or "
				"stderr",
				(int) n, value);
		if (!value[n])
			return 0;
		value += n + 1;
	}
}

static int opt_sig_proxy(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--sig-proxy %s: expected true or false", value);
	((struct run_command *) request)->sig_proxy_off = !strcmp(value, "false");
	return 0;
}

/* --rmi: other containers may use the image, which is no fault of this one. */
static void remove_image(struct cli *c, const struct run_command *r)
{
	struct err one = { 0 };
	struct strs lines = { 0 };

	if (verb_rmi(&c->engine, r->create.image, false, &c->arena, &lines, &one) < 0)
		log_warn("remove image %s: %s", r->create.image, one.msg);
}

/* What is told of readiness while the container's streams are copied. */
struct readiness {
	struct cli *c;
	const char *pod;
	int sock;
};

static bool on_ready(void *ctx)
{
	const struct readiness *r = ctx;

	return notify_take(r->c, r->sock, r->pod);
}

/* Before a run: *sock is asked for when the container itself is to tell. */
static int notify_prepare(struct run_command *r, enum notify_mode *mode, int *sock, struct err *err)
{
	int rc = notify_mode_of(r->create.sdnotify, mode, err);

	if (rc == 0 && *mode == NOTIFY_CONTAINER && notify_wanted())
		r->create.notify = sock;
	return rc;
}

static int run_attached(struct cli *c, struct run_command *r, struct cidfile *cid, struct err *err)
{
	enum notify_mode mode;
	auto_close int ready = -EBADF;
	struct readiness readiness = { .c = c };
	struct attach_request at = { .in = r->create.interactive, .out = true, .errs = true };
	struct stream s = { .tty = r->create.tty,
		.in = at.in,
		.sig_proxy = !r->sig_proxy_off,
		.detach_keys = detach_keys(c, r->detach_keys) };
	struct create_result made = { 0 };
	auto_close int sock = -EBADF;
	bool refused = false, ended = false;
	struct target t;
	int rc;

	if (r->attach_set) {
		at = (struct attach_request){ .in = r->in, .out = r->out, .errs = r->errs };
		s.in = r->in;
	}
	if (r->create.tty)
		stream_size(&at.rows, &at.cols);
	r->create.attach_stdin_once = true;
	if ((rc = notify_prepare(r, &mode, &ready, err)) < 0)
		return rc;
	if ((rc = verb_run(&c->engine, &r->create, &at, &c->arena, &made, &sock, &refused, err)) < 0)
		return refused ? refused_status(err) : rc;
	if ((rc = cidfile_write(cid, made.id, err)) < 0)
		return rc;
	t = (struct target){ .asked = made.name, .id = made.id, .pod = made.pod };
	s.sock = sock;
	s.ctr = made.id;
	readiness.pod = made.pod;
	readiness.sock = s.notify = ready;
	s.notify_ctx = &readiness;
	s.on_notify = ready >= 0 ? on_ready : NULL;
	if (mode == NOTIFY_MONITOR)
		notify_ready(c, made.pod);
	if ((rc = follow_container(c, &s, &t, &ended, err)) < 0)
		return rc;
	if (ended && r->create.autoremove) {
		struct err one = { 0 };

		/* a pod of one goes behind the answer; a member of a pod is taken out of it */
		if (strcmp(made.pod, made.id) != 0 || r->rmi)
			(void) verb_remove(&c->engine, &t,
				&(struct remove_request){ .force = true, .volumes = true }, &one);
		else
			(void) verb_release(&c->engine, &made, &one);
		if (one.kind != ERR_NONE)
			log_warn("remove container %s: %s", made.name, one.msg);
		if (r->rmi)
			remove_image(c, r);
	}
	return rc;
}

static int run_run(struct cli *c, void *request, struct err *err)
{
	struct run_command *r = request;
	struct create_result made = { 0 };
	AUTO(cidfile_done) struct cidfile cid = { .fd = -EBADF };
	auto_close int ready = -EBADF;
	enum notify_mode mode;
	bool refused = false;
	int rc;

	if ((rc = cli_enter(c, !r->create.pod, err)) < 0 || (rc = check_keys(r->detach_keys, err)) < 0 ||
		(rc = create_prepare(c, &r->create, err)) < 0 ||
		(rc = cidfile_open(&cid, "--cidfile", r->create.cidfile, err)) < 0)
		return rc;
	r->create.autoremove = r->create.autoremove || r->rmi;
	if (r->detach && r->attach_set)
		return err_set(err, ERR_INVALID, "--attach and --detach cannot be given together");
	if (r->rmi && r->detach)
		return err_set(err, ERR_UNSUPPORTED,
			"--rmi with --detach: nobody stays who could remove the image; podctl rmi it when "
			"the container has ended");
	if (!r->detach)
		return run_attached(c, r, &cid, err);
	if ((rc = notify_prepare(r, &mode, &ready, err)) < 0)
		return rc;
	if ((rc = verb_run(&c->engine, &r->create, NULL, &c->arena, &made, NULL, &refused, err)) < 0)
		return refused ? refused_status(err) : rc;
	if ((rc = cidfile_write(&cid, made.id, err)) < 0)
		return rc;
	print_line(made.id);
	(void) fflush(stdout);
	if (mode == NOTIFY_MONITOR)
		notify_ready(c, made.pod);
	else if (ready >= 0)
		notify_wait(c, ready, made.pod);
	return 0;
}

static const struct option run_options[] = {
	O_FN(opt_attach, "attach", 'a', "STREAM", "Attach stdin, stdout or stderr (default: what it has)"),
	O_BOOL(struct run_command, detach, "detach", 'd', "Run in the background and print the id"),
	O_STR(struct run_command, detach_keys, "detach-keys", 0, "KEYS",
		"Keys that detach from a terminal (default ctrl-p,ctrl-q)"),
	O_BOOL(struct run_command, quiet, "quiet", 'q', "Print nothing while an image is got"),
	O_BOOL(struct run_command, rmi, "rmi", 0,
		"Remove the container when it has ended, and its image when nobody uses it"),
	{ .name = "sig-proxy",
		.kind = OPT_FN,
		.fn = opt_sig_proxy,
		.help = "Pass signals on to the container (default true)",
		.implied = "true" },
	O_END,
};

/* ---- start, attach ---------------------------------------------------------------------------------------------------------------- */

struct start_command {
	struct many_request many;
	bool attach, interactive, sig_proxy_off;
	const char *detach_keys, *sdnotify;
};

static int start_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const struct start_command *r = ctx;
	auto_close int sock = -EBADF;
	bool tty;
	int rc = verb_start(&c->engine, t, NULL, &sock, &tty, err);

	if (rc == 0 && r->sdnotify && !strcmp(r->sdnotify, "conmon"))
		notify_ready(c, t->pod);
	return rc;
}

static int select_one(struct cli *c, const struct many_request *r, struct target **ret, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER, .names = c->args, .latest = r->latest };
	size_t n = 0, missing = 0;
	int rc = verb_select(&c->engine, &s, &c->arena, ret, &n, cli_error, &missing, err);

	return rc < 0 ? rc : missing ? EXIT_ENGINE : 0;
}

static int start_attached(struct cli *c, struct start_command *r, struct err *err)
{
	struct attach_request at = { .in = r->interactive, .out = true, .errs = true };
	struct stream s = { .in = r->interactive,
		.sig_proxy = !r->sig_proxy_off,
		.detach_keys = detach_keys(c, r->detach_keys) };
	auto_close int sock = -EBADF;
	struct target *t = NULL;
	bool ended;
	int rc;

	if ((rc = select_one(c, &r->many, &t, err)) != 0)
		return rc;
	stream_size(&at.rows, &at.cols);
	if ((rc = verb_start(&c->engine, t, &at, &sock, &s.tty, err)) < 0)
		return err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED ? refused_status(err) : rc;
	s.sock = sock;
	s.ctr = t->id;
	return follow_container(c, &s, t, &ended, err);
}

static int run_start(struct cli *c, void *request, struct err *err)
{
	struct start_command *r = request;
	int rc = check_keys(r->detach_keys, err);

	if (rc < 0)
		return rc;
	if (r->sdnotify && strcmp(r->sdnotify, "conmon") != 0 && strcmp(r->sdnotify, "ignore") != 0)
		return err_set(
			err, ERR_INVALID, "start --sdnotify %s: there are conmon and ignore", r->sdnotify);
	if (!r->attach && !r->interactive)
		return many_run(c, STORE_CONTAINER, &r->many, false, start_one, r, NULL, err);
	if (c->args.n > 1 || r->many.all)
		return err_set(err, ERR_INVALID, "you cannot start and attach multiple containers at once");
	return start_attached(c, r, err);
}

static int opt_start_sig_proxy(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--sig-proxy %s: expected true or false", value);
	((struct start_command *) request)->sig_proxy_off = !strcmp(value, "false");
	return 0;
}

#define S struct start_command
static const struct option start_options[] = {
	O_BOOL(S, many.all, "all", 0, "All containers"),
	O_BOOL(S, attach, "attach", 'a', "Show its output until it ends, and exit with its code"),
	O_STR(S, detach_keys, "detach-keys", 0, "KEYS",
		"Keys that detach from a terminal (default ctrl-p,ctrl-q)"),
	O_STRS(S, many.filters, "filter", 'f', "KEY=VALUE", "Those that fit"),
	O_BOOL(S, interactive, "interactive", 'i', "Attach, and pass standard input on"),
	O_STR(S, sdnotify, "sdnotify", 0, "MODE",
		"conmon: tell systemd that it runs, and to watch its pod's monitor; ignore (default)"),
	O_BOOL(S, many.latest, "latest", 'l', "The one made last"),
	{ .name = "sig-proxy",
		.kind = OPT_FN,
		.fn = opt_start_sig_proxy,
		.help = "Pass signals on to the container (default true)",
		.implied = "true" },
	O_END,
};

struct attach_command {
	struct start_command start; /* for --sig-proxy, --latest, --detach-keys */
	bool no_stdin;
};

static int run_attach(struct cli *c, void *request, struct err *err)
{
	struct attach_command *r = request;
	struct attach_request at = { .in = !r->no_stdin, .out = true, .errs = true };
	struct stream s = { .sig_proxy = !r->start.sig_proxy_off,
		.in = !r->no_stdin,
		.detach_keys = detach_keys(c, r->start.detach_keys) };
	auto_close int sock = -EBADF;
	struct target *t = NULL;
	bool ended;
	int rc;

	if ((rc = check_keys(r->start.detach_keys, err)) < 0 ||
		(rc = select_one(c, &r->start.many, &t, err)) != 0)
		return rc;
	stream_size(&at.rows, &at.cols);
	if ((rc = verb_attach(&c->engine, t, &at, &sock, &s.tty, err)) < 0)
		return rc;
	s.sock = sock;
	s.ctr = t->id;
	return follow_container(c, &s, t, &ended, err);
}

static const struct option attach_options[] = {
	O_STR(S, detach_keys, "detach-keys", 0, "KEYS",
		"Keys that detach from a terminal (default ctrl-p,ctrl-q)"),
	O_BOOL(S, many.latest, "latest", 'l', "The one made last"),
	O_BOOL(struct attach_command, no_stdin, "no-stdin", 0, "Do not pass standard input on"),
	{ .name = "sig-proxy",
		.kind = OPT_FN,
		.fn = opt_start_sig_proxy,
		.help = "Pass signals on to the container (default true)",
		.implied = "true" },
	O_END,
};
#undef S

/* ---- exec -------------------------------------------------------------------------------------------------------------------------- */

struct exec_command {
	struct exec_request exec;
	struct kvs env_defaults;
	bool latest;
	const char *detach_keys, *container;
};

static int opt_exec_env(struct cli *c, void *request, const char *value, struct err *err)
{
	return env_add(c, &((struct exec_command *) request)->exec.env, value, err);
}

static int opt_exec_env_file(struct cli *c, void *request, const char *value, struct err *err)
{
	return env_add_file(c, &((struct exec_command *) request)->env_defaults, value, err);
}

/* As podman: no session could be made in a container that is there. */
static int no_session(const struct err *err)
{
	cli_error(err);
	return EXIT_NO_SESSION;
}

/* "exec POD -c NAME -- COMMAND", as for kubectl: after the name too, where no command begins so.  Returns where it begins. */
static size_t exec_words(struct cli *c, struct exec_command *r)
{
	size_t i = r->latest ? 0 : 1;
	const char *word = i < c->args.n ? c->args.v[i] : "";

	if (!r->latest && !strncmp(word, "--container=", 12)) {
		r->container = word + 12;
		i++;
	} else if (!r->latest && (!strcmp(word, "-c") || !strcmp(word, "--container")) && i + 1 < c->args.n) {
		r->container = c->args.v[i + 1];
		i += 2;
	}
	return i + (i < c->args.n && !strcmp(c->args.v[i], "--"));
}

static int exec_target(struct cli *c, const struct exec_command *r, struct target **ret, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER, .latest = r->latest };
	size_t n = 0, missing = 0;

	if (r->latest && r->container)
		return err_set(err, ERR_INVALID, "--latest and --container exclude each other");
	if (r->latest)
		return verb_select(&c->engine, &s, &c->arena, ret, &n, cli_error, &missing, err);
	if (!(*ret = arena_alloc(&c->arena, sizeof **ret)))
		return err_sys(err, ENOMEM, "exec");
	return verb_container_of(&c->engine, c->args.v[0], r->container, &c->arena, *ret, err);
}

static int exec_prepare(struct cli *c, struct exec_command *r, struct target **ret, struct err *err)
{
	int rc;

	for (size_t i = exec_words(c, r); i < c->args.n; i++)
		if (strs_add(&r->exec.command, &c->arena, c->args.v[i]) < 0)
			return err_sys(err, ENOMEM, "exec");
	for (size_t i = 0; i < r->exec.env.n; i++)
		if (kvs_set(&r->env_defaults, &c->arena, r->exec.env.v[i].key, r->exec.env.v[i].value) < 0)
			return err_sys(err, ENOMEM, "exec");
	r->exec.env = r->env_defaults;
	if (r->exec.workdir && r->exec.workdir[0] != '/')
		return err_set(err, ERR_INVALID, "--workdir %s: expected an absolute path", r->exec.workdir);
	if ((rc = exec_target(c, r, ret, err)) < 0)
		return rc;
	if (!r->exec.command.n) {
		(void) err_set(err, ERR_INVALID, "must provide a non-empty command to start an exec session");
		return no_session(err);
	}
	return 0;
}

static int run_exec(struct cli *c, void *request, struct err *err)
{
	struct exec_command *r = request;
	struct stream s = { .tty = r->exec.tty,
		.in = r->exec.tty && r->exec.interactive,
		.detach_keys = detach_keys(c, r->detach_keys) };
	auto_close int sock = -EBADF, none = -EBADF;
	int fds[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	enum stream_end end = STREAM_LOST;
	struct target *t = NULL;
	bool refused = false;
	int64_t code = 0;
	int rc;

	if ((rc = check_keys(r->detach_keys, err)) < 0 || (rc = exec_prepare(c, r, &t, err)) != 0)
		return rc;
	if (!r->exec.interactive) {
		if ((none = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
			return err_sys(err, errno, "open /dev/null");
		fds[0] = none;
	}
	r->exec.fds = fds;
	if (r->exec.tty)
		stream_size(&r->exec.rows, &r->exec.cols);
	if ((rc = verb_exec(&c->engine, t, &r->exec, &c->arena, &sock, &s.session, &refused, err)) < 0)
		return refused                                             ? refused_status(err)
		       : err->kind == ERR_STATE || err->kind == ERR_DENIED ? no_session(err)
									   : rc;
	if (r->exec.detach) {
		print_line(s.session);
		return 0;
	}
	s.sock = sock;
	s.ctr = t->id;
	if ((rc = stream_run(&s, &end, &code, err)) < 0)
		return rc;
	if (end == STREAM_LOST)
		return err_set(err, ERR_REMOTE, "exec: the pod's monitor went away");
	return end == STREAM_DETACHED ? 0 : (int) (code & 255);
}

#define X struct exec_command
static const struct option exec_options[] = {
	O_STR(X, container, "container", 'c', "NAME",
		"In this container of the pod (default: its first, or what kubectl's annotation says)"),
	O_BOOL(X, exec.detach, "detach", 'd', "Run in the background and print the session's id"),
	O_STR(X, detach_keys, "detach-keys", 0, "KEYS",
		"Keys that detach from a terminal (default ctrl-p,ctrl-q)"),
	O_FN(opt_exec_env, "env", 'e', "NAME[=VALUE]", "Set a variable"),
	O_FN(opt_exec_env_file, "env-file", 0, "FILE", "Read variables from a file, one per line"),
	O_BOOL(X, exec.interactive, "interactive", 'i', "Pass standard input on"),
	O_BOOL(X, latest, "latest", 'l', "In the container made last; all arguments are the command"),
	O_BOOL(X, exec.privileged, "privileged", 0, "All capabilities"),
	O_BOOL(X, exec.tty, "tty", 't', "Give it a terminal"),
	O_STR(X, exec.user, "user", 'u', "USER[:GROUP]", "Run as this user of the image"),
	O_STR(X, exec.workdir, "workdir", 'w', "DIR", "Working directory inside"),
	O_REFUSED("preserve-fds", 0, "N",
		"the process is made by its pod's monitor, which has no descriptors of the caller's but 0, 1 "
		"and 2"),
	O_END,
};
#undef X

/* ---- the table -------------------------------------------------------------------------------------------------------------------- */

static const struct option of_pod_options[] = {
	O_STR(struct logs_command, container, "container", 'c', "NAME",
		"Of this container of the pod (default: its first, or what kubectl's annotation says)"),
	O_END,
};

/* clang-format off */
static const struct option *const o_run[] = { run_options, create_options, limit_options, help_options, NULL };
static const struct option *const o_start[] = { start_options, help_options, NULL };
static const struct option *const o_attach[] = { attach_options, help_options, NULL };
static const struct option *const o_exec[] = { exec_options, help_options, NULL };
static const struct option *const o_logs[] = { of_pod_options, logs_options, help_options, NULL };

const struct command container_io_commands[] = {
	{ "run|container run", "IMAGE [COMMAND [ARG...]]", "Run a command in a new container",
		"Creates a container from the image, starts it, and shows its output until it ends; -d leaves it running. "
		"Options of podctl stand before IMAGE, what follows it belongs to the command. "
		"For an ordinary user the network is none unless --network says otherwise, until bridges work without root.",
		"  podctl run --rm localhost/bb echo hello\n  podctl run -it --rm localhost/bb sh\n"
		"  podctl run -d --name web -p 8080:80 -v ./www:/www:ro localhost/bb httpd -f -h /www\n",
		o_run, sizeof(struct run_command), 1, -1, CMD_OPTS_FIRST | CMD_ENTERS, run_run },
	{ "start|container start", "CONTAINER...", "Start containers", NULL, "  podctl start web\n  podctl start -a job\n",
		o_start, sizeof(struct start_command), 0, -1, 0, run_start },
	{ "attach|container attach", "CONTAINER", "Attach to a running container", NULL, "  podctl attach web\n",
		o_attach, sizeof(struct attach_command), 0, 1, 0, run_attach },
	{ "exec|container exec|kube exec", "CONTAINER|POD COMMAND [ARG...]", "Run one more command in a running container",
		"Exit status 255: no session could be made, for the container does not run or the user is not known in it.",
		"  podctl exec web ls /\n  podctl exec -it web sh\n  podctl exec app -c proxy -- ps\n",
		o_exec, sizeof(struct exec_command), 1, -1, CMD_OPTS_FIRST, run_exec },
	{ "logs|container logs", "CONTAINER|POD...", "Print what containers wrote", NULL,
		"  podctl logs web\n  podctl logs -f --tail 10 web\n  podctl logs --since 10m web\n",
		o_logs, sizeof(struct logs_command), 0, -1, 0, run_logs },
	{ .paths = NULL },
};
/* clang-format on */
