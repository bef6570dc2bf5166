/*
 * system.c — version, info, unshare, docs, and what podctl calls itself for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/codec/node.h"
#include "pkg/engine/rootless.h"
#include "pkg/pod/pod.h"
#include "pkg/util/limits.h"
#include "pkg/verb/info.h"
#include "pkg/verb/job.h"
#include "pkg/verb/mount.h"
#include "pkg/verb/reset.h"
#include "pkg/verb/stateful.h"
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

/* Client is podctl; Server and the bare keys are the same, for templates that ask for either. */
static json_t *version_doc(void)
{
	json_t *v = verb_version(), *client = verb_version();

	if (!v || !client)
		return NULL;
	(void) json_object_set(v, "Server", client);
	(void) json_object_set_new(v, "Client", client);
	return v;
}

static int run_version(struct cli *c, void *request, struct err *err)
{
	const char *format = ((struct format_command *) request)->format;
	json_t *doc = version_doc(), *client = json_object_get(doc, "Client");
	int rc;

	(void) c;
	if (!doc)
		return err_sys(err, ENOMEM, "version");
	if (!format) {
		(void) printf("Client:       podctl\nVersion:      %s\nAPI Version:  %s\nCompiler:     %s\n"
			      "OS/Arch:      %s\n",
			PODCTL_VERSION, PODCTL_VERSION, __VERSION__,
			json_string_value(json_object_get(client, "OsArch")));
		rc = 0;
	} else if (format_is_json(format)) {
		auto_free char *text = NULL;
		json_t *only = json_pack("{s:O}", "Client", client);

		print_line((text = json_print(only)) ? text : "null");
		json_decref(only);
		rc = 0;
	} else {
		rc = print_document(doc, format, err);
	}
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

static int run_info(struct cli *c, void *request, struct err *err)
{
	const struct format_command *r = request;
	struct info_request info = { .tmpdir = c->opt.tmpdir && *c->opt.tmpdir ? c->opt.tmpdir : "/var/tmp" };
	auto_buf struct buf b = BUF_INIT(4 * MiB);
	json_t *doc = NULL;
	int rc;

	/* --check must speak where an engine cannot be opened */
	if (r->check)
		return print_checks(c, err);
	if (c->opt.uid != 0 && (rc = rootless_enter(&c->opt, err)) < 0)
		return rc;
	if ((rc = cli_engine(c, err)) < 0 || (rc = registry_prepare(c, &info.at, err)) < 0 ||
		(rc = verb_info(&c->engine, &info, &doc, err)) < 0)
		return rc;
	if (format_is_json(r->format))
		rc = print_json(doc, 2);
	else if (r->format)
		rc = print_document(doc, r->format, err);
	else if ((rc = yaml_emit(doc, &b, err)) == 0)
		(void) fputs(b.data, stdout);
	json_decref(doc);
	return rc;
}

static const struct option info_options[] = {
	O_BOOL(struct format_command, check, "check", 0,
		"List what podctl needs, what was found, and how to get what is missing"),
	O_END,
};

/* ---- unshare, cleanup, docs -------------------------------------------------------------------------------------------------------- */

static const struct option unshare_options[] = {
	O_REFUSED("rootless-netns", 0, NULL, "an ordinary user's containers have no network that they share"),
	O_END,
};

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
	int64_t code = 0;
	int rc = verb_cleanup(&c->engine, c->args.v[0], c->args.n > 1 ? c->args.v[1] : NULL, &code, err);

	(void) request;
	/* this was the pod's monitor: who supervises it (systemd) learns how the container ended */
	return rc < 0 ? rc : (int) (code & 255);
}

static int run_next(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return verb_next(&c->engine, c->args.v[0], err);
}

static int run_refill(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return verb_refill(&c->engine, c->args.v[0], c->args.v[1], err);
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
static const struct option *const o_unshare[] = { unshare_options, help_options, NULL };
static const struct option *const o_format[] = { format_options, help_options, NULL };
static const struct option *const o_info[] = { info_options, format_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };
static const struct option *const o_reset[] = { reset_options, help_options, NULL };

const struct command system_commands[] = {
	{ "info|system info", "", "Show the engine and this machine", NULL,
		"  podctl info\n  podctl info --format '{{.Host.CgroupVersion}}'\n  podctl info --check\n",
		o_info, sizeof(struct format_command), 0, 0, CMD_NO_ENGINE, run_info },
	{ "version", "", "Show the version", NULL, NULL, o_format, sizeof(struct format_command), 0, 0, CMD_NO_ENGINE, run_version },
	{ "system reset", "", "Remove all pods, containers, images, volumes and networks of the engine", NULL, "  podctl system reset --force\n",
		o_reset, sizeof(struct reset_command), 0, 0, 0, run_reset },
	{ "unshare", "[COMMAND [ARG...]]", "Run a command, or a shell, in the user's namespaces", NULL, "  podctl unshare ls -ln ~/.local/share/podctl\n",
		o_unshare, 0, 0, -1, CMD_NO_ENGINE | CMD_OPTS_FIRST, run_unshare },
	{ "help", "[COMMAND]", "Show the help of a command", NULL, NULL, o_help, 0, 0, -1, CMD_NO_ENGINE, run_help },
	{ "docs man", "[COMMAND]", "Print the man page of a command", NULL, NULL, o_help, 0, 0, -1, CMD_NO_ENGINE, run_man },
	{ "docs commands", "", "List all commands, one a line", NULL, NULL, o_help, 0, 0, 0, CMD_NO_ENGINE | CMD_HIDDEN, run_commands },
	{ "docs completion|completion", "bash|zsh|fish", "Print completion for a shell", NULL, "  podctl completion bash >/etc/bash_completion.d/podctl\n",
		o_help, 0, 1, 1, CMD_NO_ENGINE, run_completion },
	{ "cleanup", "POD [CONTAINER]", "Free what an ended pod held (called by its monitor)", NULL, NULL,
		o_help, 0, 1, 2, CMD_HIDDEN, run_cleanup },
	{ "next", "POD", "Start the pod of a StatefulSet that waits until this one is ready (called by its monitor)", NULL, NULL,
		o_help, 0, 1, 1, CMD_HIDDEN, run_next },
	{ "refill", "POD CONTAINER", "Copy a container's image for its root file system (called by its monitor)", NULL, NULL,
		o_help, 0, 2, 2, CMD_HIDDEN, run_refill },
	{ .paths = NULL },
};
/* clang-format on */
