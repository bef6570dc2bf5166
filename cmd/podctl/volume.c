/*
 * volume.c — podctl volume ...
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/inspect.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/volumes.h"
#include "pkg/volume/volume.h"

/* ---- create ---------------------------------------------------------------------------------------------------------------------- */

struct create_command {
	struct kvs labels, options;
	const char *driver;
	bool ignore;
};

static int run_create(struct cli *c, void *request, struct err *err)
{
	const struct create_command *r = request;
	const char *name = c->args.n ? c->args.v[0] : NULL;
	char id[ID_LEN + 1];
	int rc;

	if (r->driver && *r->driver && strcmp(r->driver, "local") != 0)
		return err_set(err, ERR_UNSUPPORTED, "--driver %s: there is only \"local\"", r->driver);
	if (!name) {
		id_random(id);
		name = id;
	}
	if ((rc = volume_create_as(&c->engine, name, &r->labels, &r->options, r->ignore, err)) < 0)
		return rc;
	print_line(name);
	return 0;
}

#define C struct create_command
static const struct option create_volume_options[] = {
	O_STR(C, driver, "driver", 'd', "NAME", "local, the only one"),
	O_BOOL(C, ignore, "ignore", 0, "One that is there already is no error"),
	O_KVS(C, labels, "label", 'l', "Set a label"),
	O_KVS(C, options, "opt", 'o',
		"type=tmpfs (each pod has its own), type=none and device=DIR with o=bind; o=WORD,... as "
		"mount(8) has them"),
	O_END,
};
#undef C

/* ---- ls -------------------------------------------------------------------------------------------------------------------------- */

struct list_command {
	struct strs filters;
	const char *format;
	bool quiet, no_heading;
};

static int run_list(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "Name", "VOLUME NAME" }, { NULL, NULL } };
	const struct list_command *r = request;
	struct listing l = { .format = r->format,
		.headers = headers,
		.fields = "Name Driver Mountpoint CreatedAt Labels Scope",
		.no_heading = r->no_heading,
		.columns = "{{.Driver}}\t{{.Name}}" };
	struct volume_row *v = NULL;
	size_t n = 0;
	int rc = verb_volumes(&c->engine, &r->filters, &c->arena, &v, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; r->quiet && i < n; i++)
		print_line(v[i].name);
	if (r->quiet)
		return 0;
	l.rows = json_array();
	for (size_t i = 0; i < n && rc == 0; i++) {
		json_t *one = NULL;

		if ((rc = volume_inspect(&c->engine, v[i].name, &one, err)) == 0)
			(void) json_array_append_new(l.rows, one);
	}
	/* as podman: nothing at all when there are none */
	if (rc == 0 && (n || r->format))
		rc = print_listing(&l, err);
	json_decref(l.rows);
	return rc;
}

#define L struct list_command
static const struct option list_options[] = {
	O_STRS(L, filters, "filter", 'f', "KEY=VALUE", "name, label, dangling, driver or until"),
	O_STR(L, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(L, no_heading, "noheading", 'n', "No line of headings"),
	O_BOOL(L, quiet, "quiet", 'q', "Names only"),
	O_END,
};
#undef L

/* ---- inspect, rm, exists ------------------------------------------------------------------------------------------------------------ */

struct many_command {
	bool all, force;
	const char *format;
	struct opt_i64 timeout_s;
};

static int name_all(struct cli *c, const struct many_command *r, struct err *err)
{
	struct volume_row *v = NULL;
	size_t n = 0;
	int rc;

	if (r->all && c->args.n)
		return err_set(err, ERR_INVALID, "--all and names cannot be given together");
	if (!r->all && !c->args.n)
		return err_set(err, ERR_INVALID, "must provide at least one volume name");
	if (!r->all)
		return 0;
	if ((rc = verb_volumes(&c->engine, &(struct strs){ 0 }, &c->arena, &v, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (strs_add(&c->args, &c->arena, v[i].name) < 0)
			return err_sys(err, ENOMEM, "list volumes");
	return 0;
}

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	const struct many_command *r = request;
	json_t *list = json_array();
	int rc = name_all(c, r, err), status = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		struct err one = { 0 };
		json_t *v = NULL;

		if (volume_inspect(&c->engine, c->args.v[i], &v, &one) < 0) {
			if (one.kind == ERR_NOT_FOUND)
				(void) err_set(&one, ERR_NOT_FOUND, "inspecting object: no such volume %s",
					c->args.v[i]);
			cli_error(&one);
			status = EXIT_ENGINE;
		} else if (r->format && !format_is_json(r->format)) {
			rc = inspect_print(v, r->format, err);
			json_decref(v);
		} else {
			(void) json_array_append_new(list, v);
		}
	}
	if (rc == 0 && (!r->format || format_is_json(r->format)))
		rc = print_json(list, 5);
	json_decref(list);
	return rc < 0 ? rc : status;
}

/* podman's codes: 1 when a name was not there and nothing else failed, 2 when one is in use. */
static int run_remove(struct cli *c, void *request, struct err *err)
{
	const struct many_command *r = request;
	int rc = name_all(c, r, err), status = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		struct err one = { 0 };

		if (verb_volume_remove(&c->engine, c->args.v[i], r->force, &r->timeout_s, &one) == 0) {
			print_line(c->args.v[i]);
			continue;
		}
		if (one.kind == ERR_NOT_FOUND && r->force)
			continue;
		status = cli_not_removed(&one, status);
	}
	return rc < 0 ? rc : status;
}

static int run_exists(struct cli *c, void *request, struct err *err)
{
	struct volume_row v = { 0 };
	int rc = store_volume_get(c->engine.store, c->args.v[0], &c->arena, &v, err);

	(void) request;
	return rc < 0 && err->kind == ERR_NOT_FOUND ? 1 : rc;
}

/* ---- export, import, mount -------------------------------------------------------------------------------------------------------- */

struct tar_command {
	const char *output;
};

static int run_export(struct cli *c, void *request, struct err *err)
{
	const struct tar_command *r = request;
	auto_close int fd = -EBADF;
	int rc;

	if (!r->output && isatty(STDOUT_FILENO))
		return err_set(err, ERR_INVALID,
			"volume export: a tar is not written to a terminal; use --output or redirect");
	fd = r->output ? open(r->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644)
		       : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_sys(err, errno, "open '%s'", r->output ? r->output : "standard output");
	if ((rc = verb_volume_export(&c->engine, c->args.v[0], fd, err)) < 0 && r->output)
		(void) unlink(r->output);
	return rc;
}

static int run_import(struct cli *c, void *request, struct err *err)
{
	const char *file = c->args.n > 1 ? c->args.v[1] : "-";
	auto_close int fd = strcmp(file, "-") != 0 ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY)
						   : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	(void) request;
	if (fd < 0)
		return err_sys(err, errno, "open '%s'", file);
	return verb_volume_import(&c->engine, c->args.v[0], fd, err);
}

/* A volume is a directory: mounting it is telling where. */
static int run_mount(struct cli *c, void *request, struct err *err)
{
	struct volume_row v = { 0 };
	int rc;

	(void) request;
	for (size_t i = 0; i < c->args.n; i++) {
		if ((rc = store_volume_get(c->engine.store, c->args.v[i], &c->arena, &v, err)) < 0)
			return rc;
		print_line(volume_path(&c->engine, v.name, &c->arena));
	}
	return 0;
}

static int run_unmount(struct cli *c, void *request, struct err *err)
{
	struct volume_row v = { 0 };
	int rc;

	(void) request;
	for (size_t i = 0; i < c->args.n; i++) {
		if ((rc = store_volume_get(c->engine.store, c->args.v[i], &c->arena, &v, err)) < 0)
			return rc;
		print_line(v.name);
	}
	return 0;
}

static const struct option export_options[] = {
	O_STR(struct tar_command, output, "output", 'o', "FILE",
		"Where to (default: standard output, unless a terminal)"),
	O_END,
};

#define M struct many_command
static const struct option inspect_options[] = {
	O_BOOL(M, all, "all", 'a', "All volumes"),
	O_STR(M, format, "format", 'f', "TEMPLATE", "Print through a Go template; json for JSON"),
	O_END,
};
static const struct option remove_options[] = {
	O_BOOL(M, all, "all", 'a', "All volumes"),
	O_BOOL(M, force, "force", 'f',
		"Remove containers that use it first; one that is not there is no error"),
	O_INT(M, timeout_s, "time", 't', "SECONDS", "With --force: how long each container may take to stop",
		-1, UINT32_MAX),
	O_END,
};
#undef M

/* clang-format off */
static const struct option *const o_create[] = { create_volume_options, help_options, NULL };
static const struct option *const o_list[] = { list_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_export[] = { export_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command volume_commands[] = {
	{ "volume create", "[NAME]", "Create a volume",
		"A volume is a directory of the engine that outlives containers. The first container that mounts it fills it with what its "
		"image has there. -v NAME:/dir makes a missing volume by itself.",
		"  podctl volume create data\n  podctl run -v data:/data localhost/bb ls /data\n",
		o_create, sizeof(struct create_command), 0, 1, 0, run_create },
	{ "volume ls|volume list", "", "List volumes", NULL, "  podctl volume ls --filter dangling=true\n",
		o_list, sizeof(struct list_command), 0, 0, 0, run_list },
	{ "volume inspect", "VOLUME...", "Print all that is known of volumes as JSON", NULL,
		"  podctl volume inspect -f '{{.Mountpoint}}' data\n", o_inspect, sizeof(struct many_command), 0, -1, 0, run_inspect },
	{ "volume rm|volume remove", "VOLUME...", "Remove volumes and what is in them",
		"Exit status 1 when a volume was not there, 2 when one is in use.", "  podctl volume rm data\n",
		o_remove, sizeof(struct many_command), 0, -1, 0, run_remove },
	{ "volume export", "VOLUME", "Write a volume's files as a tar", NULL, "  podctl volume export -o data.tar data\n",
		o_export, sizeof(struct tar_command), 1, 1, 0, run_export },
	{ "volume import", "VOLUME [FILE]", "Put the files of a tar into a volume",
		"From standard input without a file, or with -. What is there already is replaced file by file.",
		"  podctl volume import data data.tar\n", o_help, 0, 1, 2, 0, run_import },
	{ "volume mount", "VOLUME...", "Print where volumes are", "A volume is a directory, which is there all the time.", NULL,
		o_help, 0, 1, -1, 0, run_mount },
	{ "volume unmount", "VOLUME...", "Undo volume mount", "There is nothing to undo.", NULL,
		o_help, 0, 1, -1, 0, run_unmount },
	{ "volume exists", "VOLUME", "Exit 0 when there is such a volume, else 1", NULL, NULL, o_help, 0, 1, 1, 0, run_exists },
	{ .paths = NULL },
};
/* clang-format on */
