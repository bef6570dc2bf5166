#include "pkg/verb/reset.h"
#include "pkg/engine/mounts.h"
#include "pkg/image/mount.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "pkg/engine/paths.h"
#include "pkg/engine/rootless.h"
#include "pkg/network/network.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/verb/pods.h"

#define ALONE_TRIES \
	200 /* of 50 ms: cleaners of the pods just removed, and commands that were there before us */

static int remove_pods(struct engine *e, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct pod_row *rows = NULL;
	size_t n = 0;
	int rc = store_pods(e->store, &a, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct target t = { .asked = rows[i].name, .id = rows[i].id, .pod = rows[i].id };
		struct remove_request now = { .force = true, .timeout_s = { .set = true } };

		if ((rc = verb_pod_remove(e, &t, &now, err)) >= 0)
			continue;
		if (err->kind != ERR_NOT_FOUND)
			return err_wrap(err, "pod '%s'", rows[i].name);
		err_clear(err);
		rc = 0;
	}
	return rc;
}

/* Polled: two resets that both waited with their shared lock in hand would wait for each other. */
static int lock_alone(struct engine *e, struct err *err)
{
	int rc;

	for (int tries = 0; (rc = lock_file(e->lock_fd, true, false)) == -EAGAIN && tries < ALONE_TRIES;
		tries++)
		(void) poll(NULL, 0, 50);
	if (rc == -EAGAIN)
		return err_set(
			err, ERR_STATE, "another podctl command is at work on '%s'; end it first", e->root);
	return rc < 0 ? err_sys(err, -rc, "lock '%s'", e->root) : 0;
}

static int remove_cgroups(struct engine *e, struct err *err)
{
	char path[64];
	int rc;

	if (e->systemd_cgroups || !e->cgroups_usable)
		return 0;
	if ((rc = engine_cgroups(e, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, "/podctl%s", e->suffix);
	/* a cleaner that has let go of its lock is still in there until it is reaped, which a busy machine takes its time for */
	for (int tries = 0; (rc = cgroup_remove(&e->cgroups, path, err)) == -EBUSY && tries < 14; tries++)
		err_clear(err);
	return rc;
}

/* Everything below it but the lock that keeps others out and what names the keeper: they go last. */
static int wipe(int dir, const char *path, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		rc = err_sys(err, errno, "list '%s'", path);
		fd_close_p(&fd);
		return rc;
	}
	while (rc == 0 && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") || !strcmp(de->d_name, PATH_LOCK) ||
			!strcmp(de->d_name, PATH_KEEPER))
			continue;
		if ((rc = dir_remove(dir, de->d_name)) < 0)
			(void) err_sys(err, -rc, "remove '%s/%s'", path, de->d_name);
	}
	(void) closedir(d);
	return rc < 0 ? rc : 0;
}

/* The tmpfs of secret files, which there is when runroot is none itself. */
static void unmount_memory(struct engine *e)
{
	char path[PATH_TEXT * 4];

	if (snprintf(path, sizeof path, "%s/" PATH_MEMORY, e->runroot) < (int) sizeof path &&
		umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		log_debug("unmount '%s', ignoring: %s", path, strerror(errno));
}

/* Rows first: a reset that is cut short after them leaves files that nobody takes for images or pods. */
static int remove_database(struct engine *e, struct err *err)
{
	static const char *const names[] = { "db.sqlite", "db.sqlite-wal", "db.sqlite-shm" };

	store_close(e->store);
	e->store = NULL;
	for (size_t i = 0; i < LEN(names); i++)
		if (unlinkat(e->root_fd, names[i], 0) < 0 && errno != ENOENT)
			return err_sys(err, errno, "remove '%s/%s'", e->root, names[i]);
	return 0;
}

/* A directory that is a mount point, or that somebody put something into meanwhile, stays; it is empty of ours. */
static void drop(const char *path)
{
	if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		log_debug("remove '%s', ignoring: %s", path, strerror(errno));
}

int verb_reset(struct engine *e, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct pod_row *rows = NULL;
	size_t n = 0;
	int rc;

	if ((rc = remove_pods(e, err)) < 0)
		return rc;
	pod_tidy(e);
	mounts_remove_all(e, MOUNTS_OF_IMAGES);
	mounts_remove_all(e, MOUNTS_OF_CONTAINERS);
	if ((rc = lock_alone(e, err)) < 0 || (rc = store_pods(e->store, &a, &rows, &n, err)) < 0)
		return rc;
	if (n)
		return err_set(err, ERR_STATE, "pod '%s' was made meanwhile; nothing but pods was removed",
			rows[0].name);
	unmount_memory(e);
	if ((!e->rootless && (rc = network_reset(e, err)) < 0) || (rc = remove_cgroups(e, err)) < 0 ||
		(rc = remove_database(e, err)) < 0 || (rc = wipe(e->runroot_fd, e->runroot, err)) < 0 ||
		(rc = wipe(e->root_fd, e->root, err)) < 0)
		return rc;
	if (umount2(e->runroot, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		log_debug("unmount '%s', ignoring: %s", e->runroot, strerror(errno));
	(void) unlinkat(e->root_fd, PATH_LOCK, 0);
	drop(e->root);
	if (e->rootless && (rc = rootless_stop(e->opt, err)) < 0)
		return rc;
	(void) unlinkat(e->runroot_fd, PATH_KEEPER, 0);
	drop(e->runroot);
	return 0;
}
