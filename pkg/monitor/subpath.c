/*
 * subPaths: what lies below a volume is its containers' to change at any time, so a path is not looked up here and mounted
 * by name there.  It is opened beneath the volume and bound by its descriptor to a place of ours, which the bundle names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define SUB_MAX 4096

/* One component; what is missing is made, as open to others as the volume itself is. */
static int make_part(int volume, const char *path, const struct stat *like, uint32_t uid)
{
	char parent[SUB_MAX];
	const char *slash = strrchr(path, '/');
	auto_close int dir = -EBADF, made = -EBADF;
	char self[40];

	snprintf(parent, sizeof parent, "%.*s", slash ? (int) (slash - path) : 1, slash ? path : ".");
	if ((dir = path_open(volume, parent, PATH_IN_ROOTFS, O_PATH | O_DIRECTORY, 0)) < 0)
		return dir;
	if (mkdirat(dir, slash ? slash + 1 : path, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* the umask must not decide, and what was made is opened again beneath the volume */
	if ((made = path_open(volume, path, PATH_IN_ROOTFS, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0)) < 0)
		return made;
	snprintf(self, sizeof self, "/proc/self/fd/%d", made);
	if (uid && chown(self, uid, (gid_t) -1) < 0)
		return -errno;
	return chmod(self, like->st_mode & 07777) < 0 ? -errno : 0;
}

static int sub_open(int volume, const char *sub, uint32_t uid, struct err *err)
{
	char part[SUB_MAX];
	struct stat st;
	int fd = path_open(volume, sub, PATH_IN_ROOTFS, O_PATH, 0), rc;

	if (fd >= 0)
		return fd;
	if (fd != -ENOENT)
		return err_sys(err, -fd, "open subPath '%s'", sub);
	if (fstat(volume, &st) < 0 || strlen(sub) >= sizeof part)
		return err_set(err, ERR_INVALID, "subPath '%.60s...' cannot be made", sub);
	for (size_t n = strcspn(sub, "/");; n += strcspn(sub + n, "/")) {
		snprintf(part, sizeof part, "%.*s", (int) n, sub);
		if (n && sub[n - 1] != '/') {
			if ((fd = path_open(volume, part, PATH_IN_ROOTFS, O_PATH, 0)) >= 0)
				close(fd);
			else if (fd != -ENOENT || (rc = make_part(volume, part, &st, uid)) < 0)
				return err_sys(err, fd != -ENOENT ? -fd : -rc, "make subPath '%s'", sub);
		}
		n += strspn(sub + n, "/");
		if (!sub[n])
			break;
	}
	fd = path_open(volume, sub, PATH_IN_ROOTFS, O_PATH, 0);
	return fd < 0 ? err_sys(err, -fd, "open subPath '%s'", sub) : fd;
}

/* A mount point of the same kind, a directory or a file. */
static int target_make(const char *target, bool directory)
{
	int fd;

	if (directory)
		return mkdir(target, 0711) < 0 && errno != EEXIST ? -errno : 0;
	fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* The container's last one goes first; what it was may have been of another kind. */
static void target_clear(const char *target)
{
	while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	(void) (unlink(target) < 0 && rmdir(target));
}

/* The place in the volume, or the volume itself, which may be a file. */
static int source_open(const struct plan_bind *b, struct err *err)
{
	auto_close int volume = -EBADF;
	bool whole = !b->sub || !*b->sub;

	if ((volume = open(b->volume, O_PATH | O_CLOEXEC | (whole ? 0 : O_DIRECTORY))) < 0)
		return err_sys(err, errno, "open volume '%s'", b->volume);
	return whole ? fd_steal(&volume) : sub_open(volume, b->sub, b->uid, err);
}

static int bind_make(const struct plan_bind *b, struct err *err)
{
	const char *what = b->sub && *b->sub ? b->sub : b->volume;
	auto_close int fd = -EBADF, tree = -EBADF;
	struct stat st;
	int rc;

	if (!b->volume || b->volume[0] != '/' || !b->target || b->target[0] != '/')
		return err_set(err, ERR_INVALID, "plan: a bind needs a volume and a target");
	if ((fd = source_open(b, err)) < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at '%s'", what);
	target_clear(b->target);
	if ((rc = target_make(b->target, S_ISDIR(st.st_mode))) < 0)
		return err_sys(err, -rc, "make a place for '%s'", what);
	tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(err, errno, "bind '%s'", what);
	if (b->ids && (rc = mount_with_ids(tree, what, err)) < 0)
		return rc;
	return move_mount(tree, "", AT_FDCWD, b->target, MOVE_MOUNT_F_EMPTY_PATH) < 0
		       ? err_sys(err, errno, "bind '%s'", what)
		       : 0;
}

int binds_make(const struct list *binds, struct err *err)
{
	for (size_t i = 0; i < binds->n; i++) {
		int rc = bind_make(LIST_AT(*binds, const struct plan_bind, i), err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
