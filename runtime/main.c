/*
 * podctl-runtime — an OCI runtime: it makes a container from a bundle and is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/log.h"
#include "runtime/command.h"
#include "runtime/report.h"
#include "runtime/selfexe.h"

#define VERSION_MAIN PODCTL_VERSION

/* clang-format off */
static const struct command {
	const char *name;
	command_fn *run;
	bool protect; /* runs something inside a container: our own binary must not be writable from there */
	const char *help;
} commands[] = {
	{ "create", cmd_create, true, "create a container from a bundle; it waits for start" },
	{ "start", cmd_start, false, "run the process of a created container" },
	{ "run", cmd_run, true, "create, start and, unless detached, wait for a container" },
	{ "state", cmd_state, false, "print the state of a container as JSON" },
	{ "kill", cmd_kill, false, "send a signal to the init of a container" },
	{ "delete", cmd_delete, false, "remove what a stopped container holds" },
	{ "exec", cmd_exec, true, "run a further process in a container" },
	{ "list", cmd_list, false, "list the containers" },
	{ "ps", cmd_ps, false, "list the processes of a container" },
	{ "pause", cmd_pause, false, "freeze a container" },
	{ "resume", cmd_resume, false, "thaw a container" },
	{ "update", cmd_update, false, "change the resource limits of a container" },
	{ "events", cmd_events, false, "print statistics and out-of-memory events of a container" },
	{ "features", cmd_features, false, "print what this runtime supports as JSON" },
	{ "spec", cmd_spec, false, "write a template config.json" },
	{ "checkpoint", cmd_checkpoint, false, "save a container with criu" },
	{ "restore", cmd_restore, true, "restore a container with criu" },
};
/* clang-format on */

static void print_help(void)
{
	printf("Usage: podctl-runtime [global options] COMMAND [options] ID\n\nCommands:\n");
	for (size_t i = 0; i < LEN(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].help);
	printf("\nGlobal options:\n"
	       "  --root DIR                 state directory (default /run/podctl-rt, or below "
	       "XDG_RUNTIME_DIR)\n"
	       "  --log DEST                 where errors go: PATH, file:PATH, journald:ID, syslog:ID\n"
	       "  --log-format text|json     how\n"
	       "  --log-level debug|warning|error, --debug\n"
	       "  --systemd-cgroup           same as --cgroup-manager systemd\n"
	       "  --cgroup-manager cgroupfs|systemd|disabled\n"
	       "  --rootless true|false|auto accepted; what is possible is found out\n"
	       "  --criu PROGRAM             for checkpoint and restore\n"
	       "  --version, --help\n");
}

static void print_version(void)
{
	printf("podctl-runtime version %s\ncommit: %s\nspec: %s\n+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP "
	       "+EBPF +JANSSON\n",
		VERSION_MAIN, VERSION_MAIN, OCI_VERSION);
}

struct global_opts {
	const char *root, *log, *format, *level, *manager, *rootless, *criu;
	bool debug, systemd, version;
};

static const char *default_root(void)
{
	static char path[PATH_MAX];
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 && (!dir || !*dir || access("/run", W_OK) == 0))
		return "/run/podctl-rt";
	if (dir && *dir == '/')
		snprintf(path, sizeof path, "%s/podctl-rt", dir);
	else
		snprintf(path, sizeof path, "/tmp/podctl-rt-%u", geteuid());
	return path;
}

static int set_globals(const struct global_opts *o, struct globals *g, struct err *err)
{
	static char absolute[PATH_MAX];
	const char *root = o->root ? o->root : default_root();
	size_t n;
	int rc;

	if (root[0] != '/') {
		if (!getcwd(absolute, sizeof absolute) ||
			(n = strlen(absolute)) + strlen(root) + 2 > sizeof absolute)
			return err_set(err, ERR_INVALID, "--root '%s': cannot be made absolute", root);
		(void) snprintf(absolute + n, sizeof absolute - n, "/%s", root);
		root = absolute;
	}
	*g = (struct globals){ .root = root,
		.criu = o->criu,
		.manager = o->systemd ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_CGROUPFS };
	if (o->rootless) {
		static const char *const choices[] = { "auto", "true", "false", NULL };

		if ((rc = cfg_choice(o->rootless, choices, "--rootless", err)) < 0)
			return rc;
	}
	if (o->manager) {
		static const char *const names[] = { "cgroupfs", "systemd", "disabled", NULL };

		if ((rc = cfg_choice(o->manager, names, "--cgroup-manager", err)) < 0)
			return rc;
		g->manager = (enum cgroup_manager) rc;
	}
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Who starts us without stdio gets /dev/null there, or a socket of ours would become the container's stdin. */
static void ensure_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 3 && fcntl(fd, F_SETFD, 0) == 0);
	if (fd > 2)
		close(fd);
}

static int run(int argc, char **argv, char **original, struct err *err)
{
	struct global_opts o = { 0 };
	/* clang-format off */
	const struct opt table[] = {
		{ "root", 0, OPT_STR, &o.root, NULL }, { "log", 0, OPT_STR, &o.log, NULL },
		{ "log-format", 0, OPT_STR, &o.format, NULL }, { "log-level", 0, OPT_STR, &o.level, NULL },
		{ "debug", 0, OPT_FLAG, &o.debug, NULL }, { "systemd-cgroup", 0, OPT_FLAG, &o.systemd, NULL },
		{ "cgroup-manager", 0, OPT_STR, &o.manager, NULL }, { "rootless", 0, OPT_STR, &o.rootless, NULL },
		{ "criu", 0, OPT_STR, &o.criu, NULL },
		{ "version", 'v', OPT_FLAG, &o.version, NULL }, { NULL, 0, OPT_FLAG, NULL, NULL },
	};
	/* clang-format on */
	const struct command *c;
	struct globals g;
	char **pos;
	bool help;
	int n, rc;

	if ((rc = options_parse(argc - 1, argv + 1, table, 1, &pos, &n, &help, err)) < 0)
		return rc;
	if ((rc = report_open(o.log, o.format, o.debug ? "debug" : o.level, err)) < 0)
		return rc;
	if (o.version) {
		print_version();
		return 0;
	}
	if (help || (n && strcmp(pos[0], "help") == 0)) {
		print_help();
		return 0;
	}
	if (!n)
		return err_set(err, ERR_INVALID, "no command given; see podctl-runtime --help");
	if (!(c = find_command(pos[0])))
		return err_set(err, ERR_INVALID, "unknown command '%s'; see podctl-runtime --help", pos[0]);
	if ((rc = set_globals(&o, &g, err)) < 0)
		return rc;
	if (c->protect && (rc = selfexe_protect(original, err)) < 0)
		return rc;
	rc = c->run(&g, n - 1, pos + 1, err);
	if (rc == COMMAND_HELP) {
		printf("Usage: podctl-runtime %s [options] ID\n%s\n\n", c->name, c->help);
		options_help(command_help_table);
		return 0;
	}
	return rc;
}

int main(int argc, char **argv)
{
	char **original = calloc((size_t) argc + 1, sizeof *original); /* parsing reorders argv */
	struct err err = { 0 };
	int rc;

	if (!original)
		return 1;
	memcpy(original, argv, (size_t) argc * sizeof *argv);
	ensure_stdio();
	/* a hook that does not read its state, a log that nobody reads: an error, not our end; children get the default back */
	(void) signal(SIGPIPE, SIG_IGN);
	json_object_seed(1); /* not from /dev/urandom: keys come from a file of bounded size */
	rc = run(argc, argv, original, &err);
	if (rc < 0) {
		report_error(&err);
		return report_status();
	}
	return rc;
}
