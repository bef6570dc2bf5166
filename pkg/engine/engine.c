#include "pkg/engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/paths.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"

/* Inode number of the first user namespace in procfs (PROC_USER_INIT_INO, part of the kernel's ABI). */
#define USERNS_INITIAL 0xEFFFFFFDUL

bool userns_is_initial(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) < 0 || st.st_ino == USERNS_INITIAL;
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

static int choose_paths(struct engine *e, const char **default_root, struct err *err)
{
	char root[4096], runroot[4096];
	const struct engine_options *opt = e->opt;
	int rc;

	if ((rc = engine_default_paths(opt, root, runroot, err)) < 0)
		return rc;
	/* names of bridge and cgroups are short for the built-in place alone */
	if (!(*default_root = arena_strdup(&e->arena, root)))
		return err_sys(err, ENOMEM, "open the engine");
	if ((rc = storage_places(opt, root, runroot, err)) < 0 ||
		(rc = root_text("--root", opt->root ? opt->root : root, &e->arena, &e->root, err)) < 0 ||
		(rc = root_text("--runroot", opt->runroot ? opt->runroot : runroot, &e->arena, &e->runroot,
			 err)) < 0)
		return rc;
	if (strcmp(e->root, e->runroot) == 0)
		return err_set(err, ERR_INVALID, "--root and --runroot are the same directory '%s'", e->root);
	return 0;
}

static int choose_suffix(struct engine *e, const char *default_root, struct err *err)
{
	char hex[65];

	if (strcmp(e->root, default_root) == 0) {
		e->suffix = "";
		return 0;
	}
	sha256_hex(e->root, strlen(e->root), hex);
	if (!(e->suffix = arena_printf(&e->arena, "-%.8s", hex)))
		return err_sys(err, ENOMEM, "open the engine");
	return 0;
}

static void who_are_we(struct engine *e)
{
	e->uid = e->opt->uid;
	e->gid = e->opt->gid;
	e->in_userns = !userns_is_initial();
	e->rootless = e->uid != 0 || (e->in_userns && rootless_inside(e->runroot, &e->uid, &e->gid));
}

static int lock_engine(struct engine *e, struct err *err)
{
	int rc;

	e->lock_fd = path_open(e->root_fd, PATH_LOCK, PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	if (e->lock_fd < 0)
		return err_sys(err, -e->lock_fd, "open '%s/%s'", e->root, PATH_LOCK);
	if ((rc = lock_file(e->lock_fd, false, true)) < 0)
		return err_sys(err, -rc, "lock '%s/%s'", e->root, PATH_LOCK);
	return 0;
}

static int open_steps(struct engine *e, struct err *err)
{
	const char *default_root = NULL;
	int rc;

	if ((rc = choose_paths(e, &default_root, err)) < 0 || (rc = choose_suffix(e, default_root, err)) < 0)
		return rc;
	who_are_we(e);
	if (geteuid() != 0)
		return err_set(err, ERR_DENIED, "not root: the namespace of uid %u was not entered",
			(unsigned) e->uid);
	/* 0711: a container's own users must reach their files below, and list nothing */
	if ((rc = root_open(e->root, e->rootless ? 0700 : 0711, &e->root_fd, err)) < 0 ||
		(rc = root_open(e->runroot, e->rootless ? 0700 : 0711, &e->runroot_fd, err)) < 0 ||
		(rc = config_load(e, err)) < 0 || (rc = lock_engine(e, err)) < 0)
		return rc;
	/* without the mount of runroot, what it mounts would be the machine's */
	if (e->opt->early && root_is_mounted(e))
		e->opt->early(e);
	if ((rc = store_open(e->root_fd, e->root, e->runroot, &e->store, err)) < 0 ||
		(rc = storage_load(e, err)) < 0 || (rc = root_settle(e, err)) < 0)
		return rc;
	return cgroups_choose(e, err);
}

int engine_open(struct engine *e, const struct engine_options *opt, struct err *err)
{
	int rc;

	*e = (struct engine){ .opt = opt, .root_fd = -EBADF, .runroot_fd = -EBADF, .lock_fd = -EBADF };
	e->early.sock = e->early.kick = -EBADF;
	if ((rc = open_steps(e, err)) < 0)
		engine_close(e);
	return rc;
}

void engine_early_drop(struct engine *e)
{
	fd_close_p(&e->early.sock);
	fd_close_p(&e->early.kick);
}

void engine_close(struct engine *e)
{
	engine_early_drop(e);
	if (e->cgroups_open)
		cgroup_close(&e->cgroups);
	store_close(e->store);
	while (e->n_image_stores)
		fd_close_p(&e->image_store[--e->n_image_stores].fd);
	fd_close_p(&e->lock_fd);
	fd_close_p(&e->runroot_fd);
	fd_close_p(&e->root_fd);
	arena_done(&e->arena);
	e->store = NULL;
	e->cgroups_open = false;
}

int engine_cgroups(struct engine *e, struct err *err)
{
	auto_buf struct buf hint = BUF_INIT(16 * KiB);
	int rc;

	if (e->cgroups_open)
		return 0;
	(void) file_read(e->runroot_fd, PATH_CGROUPS, PATH_IN_STATE, &hint);
	if ((rc = cgroup_open_hinted(&e->cgroups, hint.data, err)) < 0)
		return rc;
	e->cgroups_open = true;
	if (rc == 0) {
		buf_clear(&hint);
		if (cgroup_hint(&e->cgroups, &hint) < 0)
			buf_clear(&hint);
		else
			(void) file_replace(e->runroot_fd, PATH_CGROUPS, hint.data, hint.len, 0600, false);
	}
	if (hint.len)
		e->cgroups_hint = arena_strdup(&e->arena, hint.data);
	if (e->cgroups.mode == CGROUP_NONE)
		e->cgroups_usable = false;
	return 0;
}

/* ---- leftovers ----------------------------------------------------------------------------------------------------- */

static bool pod_is_locked(struct engine *e, const char *id)
{
	char path[PATH_TEXT];
	auto_close int fd =
		path_open(e->runroot_fd, path_pod_file(path, id, PATH_LOCK), PATH_IN_STATE, O_RDWR, 0);

	if (fd < 0)
		return fd != -ENOENT; /* what cannot be told is left alone */
	return !lock_is_free(fd);
}

int engine_leftovers(struct engine *e, struct arena *a, struct strs *ids, struct err *err)
{
	struct strs found = { 0 };
	int rc = store_pods_unsettled(e->store, a, &found, err);

	for (size_t i = 0; i < found.n && rc == 0; i++)
		if (!pod_is_locked(e, found.v[i]) && strs_add(ids, a, found.v[i]) < 0)
			rc = err_sys(err, ENOMEM, "list leftovers");
	return rc;
}
