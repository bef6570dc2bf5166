/*
 * mount.c — container mount, unmount, init and cleanup.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/many.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/mount.h"

/* ---- mount --------------------------------------------------------------------------------------------------------------- */

struct mount_command {
	struct many_request many;
	const char *format;
	bool whole_ids, force;
};

static json_t *mount_doc(const struct mounted *m)
{
	return json_pack("{s:s, s:[s], s:s}", "id", m->id, "Names", m->name, "mountpoint", m->path);
}

static int mount_list(struct cli *c, const struct mount_command *r, struct err *err)
{
	bool json = r->format && *r->format;
	json_t *doc = json ? json_array() : NULL;
	struct mounted *v = NULL;
	size_t n = 0;
	int rc = verb_mounts(&c->engine, &c->arena, &v, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (json)
			(void) json_array_append_new(doc, mount_doc(&v[i]));
		else
			print_line(arena_printf(
				&c->arena, r->whole_ids ? "%s  %s" : "%.12s  %s", v[i].id, v[i].path));
	}
	if (rc == 0 && json)
		(void) print_json(doc, 1);
	json_decref(doc);
	return rc;
}

/* 1: many_run has nothing to say of it. */
static int mount_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const char *path = NULL;
	int rc = verb_mount(&c->engine, t, &c->arena, &path, err);

	(void) ctx;
	if (rc < 0)
		return rc;
	print_line(path);
	return 1;
}

static int run_mount(struct cli *c, void *request, struct err *err)
{
	const struct mount_command *r = request;

	if (r->format && *r->format && !format_is_json(r->format))
		return err_set(err, ERR_INVALID, "unknown --format value: \"%s\"", r->format);
	if (!c->args.n && !r->many.all && !r->many.latest)
		return mount_list(c, r, err);
	return many_run(c, STORE_CONTAINER, &r->many, false, mount_one, NULL, NULL, err);
}

/* podman leaves out what runs, and with --all what is not mounted. */
static int unmount_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const struct mount_command *r = ctx;
	bool was = false, running = false;
	int rc = verb_unmount(&c->engine, t, &was, &running, err);

	if (rc < 0 || was)
		return rc;
	if (running || r->many.all || r->force)
		return 1;
	return err_set(err, ERR_STATE, "container %s is not mounted", t->asked);
}

static int run_unmount(struct cli *c, void *request, struct err *err)
{
	const struct mount_command *r = request;

	return many_run(c, STORE_CONTAINER, &r->many, false, unmount_one, request, NULL, err);
}

/* ---- init, cleanup --------------------------------------------------------------------------------------------------------- */

struct cleanup_command {
	struct many_request many;
	bool remove, remove_image;
};

static int init_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const struct many_request *r = ctx;
	int rc = verb_init(&c->engine, t, err);

	if (rc < 0 && err->kind == ERR_STATE && r->all) { /* podman: --all means those it can be done to */
		err_clear(err);
		return 1;
	}
	return rc;
}

static int run_init(struct cli *c, void *request, struct err *err)
{
	return many_run(c, STORE_CONTAINER, request, false, init_one, request, NULL, err);
}

static int cleanup_one(struct cli *c, const struct target *t, void *ctx, struct err *err)
{
	const struct cleanup_command *r = ctx;
	int rc = verb_free(&c->engine, t, err);

	if (rc < 0 && err->kind == ERR_STATE && r->many.all) {
		err_clear(err);
		return 1;
	}
	return rc == 0 && r->remove ? verb_remove(&c->engine, t, &(struct remove_request){ 0 }, err) : rc;
}

static int run_cleanup(struct cli *c, void *request, struct err *err)
{
	struct cleanup_command *r = request;

	return many_run(c, STORE_CONTAINER, &r->many, false, cleanup_one, r, NULL, err);
}

/* clang-format off */
#define M struct mount_command
static const struct option mount_options[] = {
	O_BOOL(M, many.all, "all", 'a', "All containers"),
	O_BOOL(M, many.latest, "latest", 'l', "The one made last"),
	O_STR(M, format, "format", 0, "json", "Print what is mounted as JSON"),
	O_BOOL(M, whole_ids, "notruncate|no-trunc", 0, "Whole ids"),
	O_END,
};
static const struct option unmount_options[] = {
	O_BOOL(M, many.all, "all", 'a', "All that are mounted"),
	O_BOOL(M, many.latest, "latest", 'l', "The one made last"),
	O_BOOL(M, force, "force", 'f', "One that is not mounted is no error"),
	O_END,
};
static const struct option init_options[] = {
	O_BOOL(struct many_request, all, "all", 'a', "All that are created or have exited"),
	O_BOOL(struct many_request, latest, "latest", 'l', "The one made last"),
	O_END,
};
static const struct option cleanup_options[] = {
	O_BOOL(struct cleanup_command, many.all, "all", 'a', "All that do not run"),
	O_BOOL(struct cleanup_command, many.latest, "latest", 'l', "The one made last"),
	O_BOOL(struct cleanup_command, remove, "rm", 0, "Remove it afterwards"),
	O_REFUSED("exec", 0, "SESSION", "the pod's monitor cleans up after an exec by itself"),
	O_REFUSED("rmi", 0, NULL, "images are not removed along with a container; podctl rmi"),
	O_END,
};
static const struct option *const o_mount[] = { mount_options, help_options, NULL };
static const struct option *const o_unmount[] = { unmount_options, help_options, NULL };
static const struct option *const o_init[] = { init_options, help_options, NULL };
static const struct option *const o_cleanup[] = { cleanup_options, help_options, NULL };

const struct command mount_commands[] = {
	{ "mount|container mount", "[CONTAINER...]", "Mount a container's files on the host and print where",
		"Without a container those that are mounted are listed. A container that runs is seen through its monitor. One that is mounted is unmounted by its start and its removal. Ordinary users see the files in podctl unshare.",
		"  ls $(podctl mount web)\n", o_mount, sizeof(M), 0, -1, 0, run_mount },
	{ "unmount|umount|container unmount|container umount", "CONTAINER...", "Unmount what podctl mount has mounted", NULL,
		"  podctl umount -a\n", o_unmount, sizeof(M), 0, -1, 0, run_unmount },
	{ "init|container init", "CONTAINER...", "Make containers ready without starting their command",
		"The pod's monitor, network and address are there; podctl start then runs the command.", "  podctl init web\n",
		o_init, sizeof(struct many_request), 0, -1, 0, run_init },
	{ "container cleanup", "CONTAINER...", "Free what containers that have ended still hold",
		"This happens by itself; it is for containers whose monitor was killed.", "  podctl container cleanup -a\n",
		o_cleanup, sizeof(struct cleanup_command), 0, -1, CMD_REMOVES, run_cleanup },
	{ .paths = NULL },
};
/* clang-format on */
