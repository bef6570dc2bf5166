/*
 * system.c — version, info, unshare, docs, and what podctl calls itself for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/engine/rootless.h"
#include "pkg/pod/pod.h"
#include "pkg/verb/images.h"
#include "pkg/verb/play.h"
#include "pkg/verb/reset.h"
#include "pkg/verb/verb.h"

struct format_command {
	const char *format;
	bool check;
};

static const struct option format_options[] = {
	O_STR(struct format_command, format, "format", 'f', "TEMPLATE", "json, or a Go template"),
	O_END,
};

/* ---- version ---------------------------------------------------------------------------------------------------------------------- */

/* Machines as images name them. */
static const char *go_arch(const char *machine)
{
	return !strcmp(machine, "x86_64") ? "amd64" : !strcmp(machine, "aarch64") ? "arm64" : machine;
}

static int run_version(struct cli *c, void *request, struct err *err)
{
	const char *format = ((struct format_command *) request)->format;
	struct utsname u;
	char os_arch[96];
	json_t *doc;
	int rc;

	(void) c;
	if (uname(&u) < 0)
		return err_sys(err, errno, "uname");
	if (!format) {
		(void) printf(
			"Client:       podctl\nVersion:      %s\nCompiler:     %s\nOS/Arch:      linux/%s\n",
			PODCTL_VERSION, __VERSION__, go_arch(u.machine));
		return 0;
	}
	(void) snprintf(os_arch, sizeof os_arch, "linux/%s", go_arch(u.machine));
	doc = json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "Client", "Name", "podctl", "APIVersion",
		PODCTL_VERSION, "Version", PODCTL_VERSION, "Compiler", __VERSION__, "GitCommit", "", "OsArch",
		os_arch, "Os", "linux");
	if (!strcmp(format, "json")) {
		auto_free char *text = json_dumps(doc, JSON_COMPACT);

		print_line(text ? text : "null");
		json_decref(doc);
		return 0;
	}
	rc = print_document(doc, format, err);
	json_decref(doc);
	return rc;
}

/* ---- info -------------------------------------------------------------------------------------------------------------------------- */

static int print_checks(struct cli *c, struct err *err)
{
	static const char *const words[] = { "ok", "warning", "missing" };
	auto_buf struct buf b = BUF_INIT(1024 * 1024), out = BUF_INIT(1024 * 1024);
	struct check_row *rows = NULL;
	size_t n = 0;
	bool failed = false;
	int rc = engine_check(&c->opt, &c->arena, &rows, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		(void) buf_printf(&b, "%s\t%s\t%s\n", rows[i].name, words[rows[i].state],
			rows[i].found ? rows[i].found : "");
		failed = failed || rows[i].state == CHECK_FAIL;
	}
	print_aligned(b.data ? b.data : "", &out);
	(void) fputs(out.data ? out.data : "", stdout);
	for (size_t i = 0; i < n; i++)
		if (rows[i].state != CHECK_OK && rows[i].remedy)
			(void) printf("%s%s: %s\n", i ? "" : "\n", rows[i].name, rows[i].remedy);
	return failed ? 1 : 0;
}

static json_t *info_host(struct cli *c)
{
	const char *runtime = NULL;
	struct err one = { 0 };
	struct sysinfo s = { 0 };
	struct utsname u = { 0 };
	bool ours = false;
	char host[256] = "";

	(void) uname(&u);
	(void) sysinfo(&s);
	(void) gethostname(host, sizeof host - 1);
	if (engine_runtime(&c->engine, &runtime, &ours, &one) < 0)
		runtime = "";
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:b, s:b, s:s, s:s}", "hostname", host,
		"kernel", u.release, "arch", u.machine, "cpus", (json_int_t) sysconf(_SC_NPROCESSORS_ONLN),
		"memTotal", (json_int_t) (s.totalram * s.mem_unit), "memFree",
		(json_int_t) (s.freeram * s.mem_unit), "cgroupManager",
		c->engine.systemd_cgroups ? "systemd" : "cgroupfs", "cgroupsUsable", c->engine.cgroups_usable,
		"rootless", c->engine.rootless, "ociRuntime", runtime, "os", "linux");
}

static int info_store(struct cli *c, json_t **ret, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct image_list images = { 0 };
	size_t pods = 0, ctrs = 0, running = 0;
	int rc;

	if ((rc = pod_set_load(&c->engine, &set, err)) < 0 ||
		(rc = verb_images(&c->engine, NULL, &c->arena, &images, err)) < 0)
		return rc;
	for (size_t i = 0; i < set.n; i++) {
		pods += !set.v[i].row.solo;
		for (size_t k = 0; k < set.v[i].n; k++) {
			ctrs++;
			running += ctr_is_running(&set.v[i], k);
		}
	}
	*ret = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "root", c->engine.root, "runroot",
		c->engine.runroot, "images", (int) images.n, "pods", (int) pods, "containers", (int) ctrs,
		"running", (int) running);
	return 0;
}

/* Two levels of "key: value": what yaml would print, and all there is. */
static void print_tree(const json_t *doc)
{
	const char *key, *inner;
	json_t *group, *v;

	json_object_foreach((json_t *) doc, key, group)
	{
		(void) printf("%s:\n", key);
		json_object_foreach(group, inner, v)
		{
			if (json_is_string(v))
				(void) printf("  %s: %s\n", inner, json_string_value(v));
			else if (json_is_boolean(v))
				(void) printf("  %s: %s\n", inner, json_is_true(v) ? "true" : "false");
			else
				(void) printf("  %s: %lld\n", inner, (long long) json_integer_value(v));
		}
	}
}

static int run_info(struct cli *c, void *request, struct err *err)
{
	const struct format_command *r = request;
	json_t *store = NULL, *doc;
	int rc;

	/* --check must speak where an engine cannot be opened */
	if (r->check)
		return print_checks(c, err);
	if (c->opt.uid != 0 && (rc = rootless_enter(&c->opt, err)) < 0)
		return rc;
	if ((rc = cli_engine(c, err)) < 0 || (rc = info_store(c, &store, err)) < 0)
		return rc;
	doc = json_pack("{s:o, s:o, s:{s:s}}", "host", info_host(c), "store", store, "version", "Version",
		PODCTL_VERSION);
	if (r->format)
		rc = print_document(doc, r->format, err);
	else
		print_tree(doc);
	json_decref(doc);
	return rc;
}

static const struct option info_options[] = {
	O_BOOL(struct format_command, check, "check", 0,
		"List what podctl needs, what was found, and how to get what is missing"),
	O_END,
};

/* ---- unshare, cleanup, docs -------------------------------------------------------------------------------------------------------- */

static int run_unshare(struct cli *c, void *request, struct err *err)
{
	const char *shell = getenv("SHELL");
	char *argv_shell[] = { (char *) (shell && *shell ? shell : "/bin/sh"), NULL };
	char **argv = c->args.n ? c->args.v : argv_shell;
	int rc;

	(void) request;
	if (c->opt.uid == 0)
		return err_set(err, ERR_INVALID,
			"unshare is for ordinary users: root is in its own namespaces already");
	if ((rc = rootless_enter(&c->opt, err)) < 0)
		return rc;
	(void) fflush(stdout);
	execvp(argv[0], argv);
	rc = errno;
	(void) err_sys(err, rc, "execute '%s'", argv[0]);
	cli_error(err);
	return rc == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static int run_cleanup(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return verb_cleanup(&c->engine, c->args.v[0], c->args.n > 1 ? c->args.v[1] : NULL, err);
}

/* ---- reset ----------------------------------------------------------------------------------------------------------------- */

struct reset_command {
	bool force;
};

static const struct option reset_options[] = {
	O_BOOL(struct reset_command, force, "force", 'f', "Do not ask"),
	O_END,
};

static bool confirmed(struct cli *c)
{
	char line[16] = "";

	(void) printf("This removes all pods, containers, images and volumes of this engine:\n"
		      "        %s\n        %s\nGo on? [y/N] ",
		c->engine.root, c->engine.runroot);
	(void) fflush(stdout);
	return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static int run_reset(struct cli *c, void *request, struct err *err)
{
	const struct reset_command *r = request;

	if (!r->force && !isatty(STDIN_FILENO))
		return err_set(err, ERR_INVALID,
			"system reset asks before it removes everything; give --force where nobody can "
			"answer");
	if (!r->force && !confirmed(c))
		return 1;
	return verb_reset(&c->engine, err);
}

static int run_man(struct cli *c, void *request, struct err *err)
{
	auto_buf struct buf path = BUF_INIT(4096);

	(void) request;
	for (size_t i = 0; i < c->args.n; i++)
		(void) buf_printf(&path, "%s%s", i ? " " : "", c->args.v[i]);
	return docs_man(path.data ? path.data : "", err);
}

/* One name of each command, and the groups: what there are man pages of. */
static int run_commands(struct cli *c, void *request, struct err *err)
{
	const struct command *cmd;

	(void) request, (void) err;
	for (const struct command_group *g = command_groups; g->path; g++)
		print_line(g->path);
	for (size_t i = 0; (cmd = command_at(i)); i++)
		if (!(cmd->flags & CMD_HIDDEN))
			print_line(command_path(cmd, 0, &c->arena));
	return 0;
}

static int run_completion(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return docs_completion(c->args.v[0], err);
}

/* podctl help run = podctl run --help */
static int run_help(struct cli *c, void *request, struct err *err)
{
	const char *path = NULL, *group = NULL;
	const struct command *cmd;
	char spelled[64];
	size_t n;

	(void) request;
	if (!c->args.n) {
		help_main(stdout);
		return 0;
	}
	if ((cmd = command_find(c->args.v, &n, &path, &group))) {
		(void) snprintf(spelled, sizeof spelled, "%.*s", (int) strcspn(path, "|"), path);
		help_command(stdout, cmd, spelled);
		return 0;
	}
	if (!group)
		return err_set(err, ERR_NOT_FOUND, "no command is called '%s'", c->args.v[0]);
	help_group(stdout, group);
	return 0;
}

/* clang-format off */
static const struct option *const o_format[] = { format_options, help_options, NULL };
static const struct option *const o_info[] = { info_options, format_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };
static const struct option *const o_reset[] = { reset_options, help_options, NULL };

const struct command system_commands[] = {
	{ "info|system info", "", "Show the engine and this machine", NULL, "  podctl info\n  podctl info --check\n",
		o_info, sizeof(struct format_command), 0, 0, CMD_NO_ENGINE, run_info },
	{ "version", "", "Show the version", NULL, NULL, o_format, sizeof(struct format_command), 0, 0, CMD_NO_ENGINE, run_version },
	{ "system reset", "", "Remove all pods, containers, images, volumes and networks of the engine", NULL, "  podctl system reset --force\n",
		o_reset, sizeof(struct reset_command), 0, 0, 0, run_reset },
	{ "unshare", "[COMMAND [ARG...]]", "Run a command, or a shell, in the user's namespaces", NULL, "  podctl unshare ls -ln ~/.local/share/podctl\n",
		o_help, 0, 0, -1, CMD_NO_ENGINE | CMD_OPTS_FIRST, run_unshare },
	{ "help", "[COMMAND]", "Show the help of a command", NULL, NULL, o_help, 0, 0, -1, CMD_NO_ENGINE, run_help },
	{ "docs man", "[COMMAND]", "Print the man page of a command", NULL, NULL, o_help, 0, 0, -1, CMD_NO_ENGINE, run_man },
	{ "docs commands", "", "List all commands, one a line", NULL, NULL, o_help, 0, 0, 0, CMD_NO_ENGINE | CMD_HIDDEN, run_commands },
	{ "docs completion|completion", "bash|zsh|fish", "Print completion for a shell", NULL, "  podctl completion bash >/etc/bash_completion.d/podctl\n",
		o_help, 0, 1, 1, CMD_NO_ENGINE, run_completion },
	{ "cleanup", "POD [CONTAINER]", "Free what an ended pod held (called by its monitor)", NULL, NULL,
		o_help, 0, 1, 2, CMD_HIDDEN, run_cleanup },
	{ .paths = NULL },
};
/* clang-format on */
