/*
 * main.c — podctl: argv in; tables, JSON and an exit status out.
 */
#include "cmd/podctl/cli.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/podctl/print.h"
#include "pkg/engine/rootless.h"
#include "pkg/network/names.h"
#include "pkg/pod/pod.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"
#include "pkg/verb/job.h"

/* Without memory a JSON value looks to its maker like one that may not be, and jansson's own parser loses its way.  It ends
 * here: being killed at any moment is something the next command can deal with. */
static void *json_memory(size_t n)
{
	static const char text[] = "Error: out of memory\n";
	void *p = malloc(n);

	if (p)
		return p;
	(void) !write(STDERR_FILENO, text, sizeof text - 1);
	_exit(EXIT_ENGINE);
}

void cli_error(const struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * 1024);

	if (isatty(STDERR_FILENO))
		text_escape(&b, err->msg);
	else
		(void) buf_puts(&b, err->msg);
	(void) fflush(stdout);
	(void) fprintf(stderr, "Error: %s\n", b.data ? b.data : err->msg);
}

int cli_not_removed(const struct err *err, int status)
{
	cli_error(err);
	if (err->kind == ERR_STATE)
		return 2;
	if (err->kind != ERR_NOT_FOUND)
		return EXIT_ENGINE;
	return status ? status : 1;
}

int cli_status(const struct err *err)
{
	(void) err;
	return EXIT_ENGINE;
}

static void log_line(enum log_level level, const char *line)
{
	static const char *const words[] = { "error", "warning", "info", "debug" };

	(void) fprintf(stderr, "%s: %s\n", words[level], line);
}

static int log_start(const char *level, struct err *err)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {
		{ "error", LOG_LEVEL_ERROR },
		{ "fatal", LOG_LEVEL_ERROR },
		{ "panic", LOG_LEVEL_ERROR },
		{ "warn", LOG_LEVEL_WARN },
		{ "warning", LOG_LEVEL_WARN },
		{ "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },
		{ "trace", LOG_LEVEL_DEBUG },
	};

	if (!level)
		level = "warn";
	for (size_t i = 0; i < LEN(levels); i++) {
		if (strcasecmp(levels[i].name, level) == 0) {
			log_set(log_line, levels[i].level);
			return 0;
		}
	}
	return err_set(
		err, ERR_INVALID, "--log-level: no level '%s'; there are error, warn, info and debug", level);
}

/* A user's name is needed for subordinate ids and messages only.  No NSS: its modules would have to be loaded, and podctl is
 * linked without a loader.  Users of a directory service are known by their environment (newuidmap looks for itself). */
static void who_am_i(struct cli *c)
{
	FILE *f = fopen("/etc/passwd", "re");
	const char *user = getenv("USER");
	const struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)) && pw->pw_uid != c->opt.uid)
		;
	if (pw && !c->opt.home)
		c->opt.home = arena_strdup(&c->arena, pw->pw_dir);
	c->opt.user = pw ? arena_strdup(&c->arena, pw->pw_name) : user && *user ? user : NULL;
	if (f)
		(void) fclose(f);
}

/* What library code must not read for itself. */
static void engine_options_fill(struct cli *c)
{
	const struct globals *g = &c->globals;

	c->opt = (struct engine_options){
		.root = g->root,
		.runroot = g->runroot,
		.runtime = g->runtime,
		.cgroup_manager = g->cgroup_manager,
		.home = getenv("HOME"),
		.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.xdg_data_home = getenv("XDG_DATA_HOME"),
		.xdg_config_home = getenv("XDG_CONFIG_HOME"),
		.tmpdir = getenv("TMPDIR"),
		.path = getenv("PATH"),
		.dbus_address = getenv("DBUS_SESSION_BUS_ADDRESS"),
		.storage_driver = g->storage_driver ? g->storage_driver : getenv("STORAGE_DRIVER"),
		.storage_conf = getenv("CONTAINERS_STORAGE_CONF"),
		.storage_opts = g->storage_opts,
		.containers_conf = getenv("CONTAINERS_CONF"),
		.containers_conf_override = getenv("CONTAINERS_CONF_OVERRIDE"),
		.uid = geteuid(),
		.gid = getegid(),
	};
	if (c->opt.uid != 0)
		who_am_i(c);
	else
		c->opt.user = "root";
}

/* rootless_enter() has run before any of this when it had to. */
int cli_engine(struct cli *c, struct err *err)
{
	int rc;

	if (c->engine_open)
		return 0;
	if ((rc = engine_open(&c->engine, &c->opt, err)) < 0)
		return rc;
	c->engine_open = true;
	return 0;
}

static int unknown_command(struct cli *c, const char *group, const char *word)
{
	const char *near = command_nearest(&c->arena, group, word);
	auto_buf struct buf b = BUF_INIT(4096);

	text_escape(&b, word);
	(void) fprintf(stderr, "Error: unrecognized command `podctl %s%s%s`\n", group ? group : "",
		group ? " " : "", b.data ? b.data : "");
	if (near)
		(void) fprintf(stderr, "Did you mean `podctl %s%s%s`?\n", group ? group : "",
			group ? " " : "", near);
	(void) fprintf(stderr, "Try 'podctl %s%s--help' for more information\n", group ? group : "",
		group ? " " : "");
	return EXIT_ENGINE;
}

/* No command among the words: a bare group, an unknown word, or nothing at all. */
static int no_command(struct cli *c, char *const *words, const char *group)
{
	const char *next = group ? words[1] : words[0];

	if (group && next && (!strcmp(next, "--help") || !strcmp(next, "-h"))) {
		help_group(stdout, group);
		return 0;
	}
	if (next && next[0] != '-')
		return unknown_command(c, group, next);
	if (next) {
		(void) fprintf(stderr, "Error: unknown flag: %s\nSee 'podctl %s --help'\n", next,
			group ? group : "");
		return EXIT_ENGINE;
	}
	if (group)
		help_group(stderr, group);
	else
		help_main(stderr);
	(void) fprintf(stderr, "\nError: missing command 'podctl %s%sCOMMAND'\n", group ? group : "",
		group ? " " : "");
	return EXIT_ENGINE;
}

static int check_args(const struct command *cmd, const char *path, size_t n, struct err *err)
{
	if (n < (size_t) cmd->min_args && cmd->min_args == cmd->max_args)
		return err_set(err, ERR_INVALID, "accepts %d arg(s), received %zu", cmd->min_args, n);
	if (n < (size_t) cmd->min_args)
		return err_set(
			err, ERR_INVALID, "requires at least %d arg(s), only received %zu", cmd->min_args, n);
	if (cmd->max_args == 0 && n > 0)
		return err_set(err, ERR_INVALID, "`podctl %s` takes no arguments", path);
	if (cmd->max_args >= 0 && n > (size_t) cmd->max_args)
		return err_set(err, ERR_INVALID, "accepts at most %d arg(s), received %zu", cmd->max_args, n);
	return 0;
}

/* What a killed command left must not be in the way of this one; that it cannot be removed is no fault of this one. */
static void sweep(struct cli *c)
{
	struct err err = { 0 };

	if (c->command->flags & CMD_HIDDEN)
		return;
	if (pod_sweep(&c->engine, &err) < 0)
		log_warn("look for leftovers, ignoring: %s", err.msg);
	names_tend(&c->engine);
	if (verb_jobs_expire(&c->engine, &err) < 0)
		log_warn("look for Jobs that are over, ignoring: %s", err.msg);
	if (c->command->flags & CMD_REMOVES)
		pod_tidy(&c->engine);
}

int cli_enter(struct cli *c, bool starts, struct err *err)
{
	int rc;

	if (c->opt.uid != 0 && (rc = rootless_enter(&c->opt, err)) < 0)
		return rc;
	c->opt.early = starts ? pod_monitor_early : NULL;
	if ((rc = cli_engine(c, err)) < 0)
		return rc;
	sweep(c);
	return 0;
}

static int prepare(struct cli *c, struct err *err)
{
	int rc;

	if ((rc = log_start(c->globals.log_level, err)) < 0)
		return rc;
	engine_options_fill(c);
	return c->command->flags & (CMD_NO_ENGINE | CMD_ENTERS) ? 0 : cli_enter(c, false, err);
}

/* --noout: what comes on stdout goes nowhere. */
static void quiet_output(void)
{
	auto_close int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void) dup2(fd, STDOUT_FILENO);
}

static int run_command(struct cli *c, char *const *words)
{
	struct err err = { 0 };
	void *request = arena_alloc(&c->arena, c->command->request_size + 1);
	int rc;

	if (c->command->flags & CMD_REFUSED) { /* whatever its options are */
		(void) c->command->run(c, NULL, &err);
		cli_error(&err);
		return EXIT_ENGINE;
	}
	if (!request) {
		(void) err_sys(&err, ENOMEM, "start");
		cli_error(&err);
		return EXIT_ENGINE;
	}
	if ((rc = options_parse(c, words, request, &err)) < 0) {
		cli_error(&err);
		(void) fprintf(stderr, "See 'podctl %s --help'\n", c->path);
		return EXIT_ENGINE;
	}
	if (c->globals.no_output)
		quiet_output();
	if (c->help) {
		help_command(stdout, c->command, c->path);
		return 0;
	}
	if ((rc = check_args(c->command, c->path, c->args.n, &err)) == 0 && (rc = prepare(c, &err)) == 0)
		rc = c->command->run(c, request, &err);
	if (rc < 0) {
		/* Silent failures (codes passed on) return a status, so a negative code always has words. */
		cli_error(&err);
		return cli_status(&err);
	}
	return rc;
}

/* With these podman would speak to another machine: what was meant for it must not happen here. */
static int check_remote(const struct command *cmd, struct err *err)
{
	static const char *const names[] = { "CONTAINER_HOST", "CONTAINER_CONNECTION" };

	for (size_t i = 0; !(cmd->flags & (CMD_NO_ENGINE | CMD_HIDDEN)) && i < LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return err_set(err, ERR_UNSUPPORTED,
				"%s=%s: podctl works on this machine only; use ssh, or unset it", names[i],
				value);
	}
	return 0;
}

static int dispatch(struct cli *c)
{
	struct err err = { 0 };
	char *const *words = c->argv + 1;
	const char *path = NULL, *group = NULL;
	size_t n;

	if (options_parse_globals(c, words, &n, &err) < 0) {
		cli_error(&err);
		(void) fprintf(stderr, "See 'podctl --help'\n");
		return EXIT_ENGINE;
	}
	words += n;
	if (c->globals.version) {
		(void) puts("podctl version " PODCTL_VERSION);
		return 0;
	}
	if (c->help) {
		help_main(stdout);
		return 0;
	}
	c->command = *words ? command_find(words, &n, &path, &group) : NULL;
	if (!c->command)
		return no_command(c, words, group);
	c->path = arena_strndup(&c->arena, path, strcspn(path, "|"));
	if (check_remote(c->command, &err) < 0) {
		cli_error(&err);
		return EXIT_ENGINE;
	}
	return run_command(c, words + n);
}

int main(int argc, char **argv)
{
	struct cli c = { .argv = argv };
	int status;

	(void) argc;
	json_set_alloc_funcs(json_memory, free);
	/* A reader that goes away ends us by the write's error, not in the middle of an engine operation. */
	(void) signal(SIGPIPE, SIG_IGN);
	status = dispatch(&c);
	if (c.engine_open) {
		/* a series of starts without an end has no cleaner: the answer first, for whoever reads it */
		(void) fflush(stdout);
		store_checkpoint(c.engine.store, STORE_WAL_MAX);
		engine_close(&c.engine);
	}
	if (fflush(stdout) != 0 && errno != EPIPE && status == 0) {
		(void) fprintf(stderr, "Error: write to stdout: %s\n", strerror(errno));
		status = EXIT_ENGINE;
	}
	arena_done(&c.arena);
	return status;
}
