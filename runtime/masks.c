#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/path.h"
#include "runtime/rootfs.h"

/* The two things paths are hidden behind: one empty read-only directory, one /dev/null; each is cloned per path. */
struct covers {
	int dir, null;
};

static int clone_tree(int fd, bool rec)
{
	return (int) syscall(SYS_open_tree, fd, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (rec ? AT_RECURSIVE : 0));
}

/* The host's /dev/null, and nothing that was put in its place (CVE-2025-31133). */
static int open_null(struct err *err)
{
	auto_close int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, ERR_DENIED, "/dev/null is not the null device");
	return fd_steal(&fd);
}

/* An empty read-only tmpfs, attached to nothing yet: no path is looked up a second time to get hold of it. */
static int make_empty(void)
{
	static const char *const options[][2] = { { "source", "tmpfs" }, { "size", "0k" },
		{ "nr_inodes", "1" } };
	auto_close int fs = (int) syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return -errno;
	for (size_t i = 0; i < LEN(options); i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) < 0)
			return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
		syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
		(fd = (int) syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)) < 0)
		return -errno;
	return fd;
}

static int hide_dir(struct covers *c, int target, const char *path, struct err *err)
{
	auto_close int tree = -EBADF;

	if (c->dir < 0) { /* the first is attached as it is, and serves the others as the source */
		if ((c->dir = make_empty()) < 0)
			return err_sys(err, -c->dir, "mask '%s'", path);
		if (mount_attach(c->dir, target) < 0)
			return err_sys(err, errno, "mask '%s'", path);
		return 0;
	}
	if ((tree = clone_tree(c->dir, false)) < 0 || mount_attach(tree, target) < 0)
		return err_sys(err, errno, "mask '%s'", path);
	return 0;
}

static int hide(struct rootfs *r, struct covers *c, const char *path, struct err *err)
{
	const char *rel = path + strspn(path, "/");
	auto_close int target = path_open(r->root, *rel ? rel : ".", PATH_IN_ROOTFS, O_PATH, 0);
	auto_close int tree = -EBADF;
	struct stat st;

	if (target == -ENOENT || target == -ENOTDIR || target == -EACCES)
		return 0; /* not there for the container either */
	if (target < 0 || fstat(target, &st) < 0)
		return err_sys(err, target < 0 ? -target : errno, "mask '%s'", path);
	if (S_ISDIR(st.st_mode))
		return hide_dir(c, target, path, err);
	if (c->null < 0 && (c->null = open_null(err)) < 0)
		return c->null;
	if ((tree = clone_tree(c->null, false)) < 0 ||
		((r->c->cfg.rootfs_propagation & MS_SHARED) && mount_make_private(tree) < 0) ||
		mount_attach(tree, target) < 0)
		return err_sys(err, errno, "mask '%s'", path);
	return 0;
}

static int make_readonly(struct rootfs *r, const char *path, struct err *err)
{
	const char *rel = path + strspn(path, "/");
	auto_close int target = path_open(r->root, *rel ? rel : ".", PATH_IN_ROOTFS, O_PATH, 0);
	auto_close int tree = -EBADF;
	struct mount_attr a = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };

	if (target == -ENOENT || target == -ENOTDIR || target == -EACCES)
		return 0;
	if (target < 0)
		return err_sys(err, -target, "make '%s' read-only", path);
	if ((tree = clone_tree(target, true)) < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof a) < 0 ||
		mount_attach(tree, target) < 0)
		return err_sys(err, errno, "make '%s' read-only", path);
	return 0;
}

int masks_apply(struct rootfs *r, struct err *err)
{
	const struct config *g = &r->c->cfg;
	struct covers c = { .dir = -EBADF, .null = -EBADF };
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < g->readonly.n; i++)
		rc = make_readonly(r, g->readonly.v[i], err);
	for (size_t i = 0; rc >= 0 && i < g->masked.n; i++)
		rc = hide(r, &c, g->masked.v[i], err);
	fd_close_p(&c.dir);
	fd_close_p(&c.null);
	return rc;
}
