#include "runtime/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	const void *data); /* <sys/mount.h> clashes */
int umount2(const char *target, int flags);
#define DETACH 2 /* MNT_DETACH */

int procfs_open(struct err *err)
{
	auto_close int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs st;

	if (fd < 0 || fstatfs(fd, &st) < 0)
		return err_sys(err, errno, "open /proc");
	if (st.f_type != PROC_SUPER_MAGIC)
		return err_set(err, ERR_DENIED, "/proc is not a procfs");
	return fd_steal(&fd);
}

/* In shared mode what is attached below the rootfs' parent mount would appear on the host too, and pivot_root refuses. */
static int parent_private(const char *rootfs, struct err *err)
{
	auto_close int at = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_attr a = { .propagation = MS_PRIVATE };

	for (int i = 0; at >= 0 && i < 256; i++) {
		int up;

		if (syscall(SYS_mount_setattr, at, "", AT_EMPTY_PATH, &a, sizeof a) ==
			0) /* EINVAL: not a mount's root */
			return 0;
		if (errno != EINVAL)
			break;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = up;
	}
	return err_sys(err, errno, "make the mount of '%s' private", rootfs);
}

/* The root becomes a mount of its own, private, on top of itself. */
static int bind_root(struct rootfs *r, struct err *err)
{
	const char *path = r->c->rootfs;
	auto_close int at = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tree = -EBADF;
	struct mount_attr a = { .propagation = MS_PRIVATE };

	if (at < 0)
		return err_sys(err, errno, "open root file system '%s'", path);
	tree = (int) syscall(
		SYS_open_tree, at, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_sys(err, errno, "bind root file system '%s'", path);
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof a) < 0 ||
		mount_attach(tree, at) < 0)
		return err_sys(err, errno, "bind root file system '%s'", path);
	r->root = fd_steal(&tree);
	return 0;
}

int rootfs_prepare(struct rootfs *r, struct err *err)
{
	unsigned long prop = r->c->cfg.rootfs_propagation;
	int rc;

	if (!r->c->cfg.ns[OCI_NS_MOUNT].wanted) {
		if (r->c->cfg.n_mounts)
			return err_set(err, ERR_INVALID, "mounts: need a mount namespace");
		if ((r->root = open(r->c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
			return err_sys(err, errno, "open root file system '%s'", r->c->rootfs);
		return 0;
	}
	/* slave by default: what the host mounts later reaches volumes that ask for it, nothing of ours reaches the host */
	prop = prop && !(prop & MS_UNBINDABLE) ? prop | MS_REC : MS_SLAVE | MS_REC;
	if (mount(NULL, "/", NULL, prop, NULL) < 0)
		return err_sys(err, errno, "set the propagation of '/'");
	if ((prop & MS_SHARED) && (rc = parent_private(r->c->rootfs, err)) < 0)
		return rc;
	return bind_root(r, err);
}

static int pivot(struct rootfs *r, struct err *err)
{
	auto_close int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0 || fchdir(r->root) < 0)
		return err_sys(err, errno, "enter the root file system");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(err, errno, "pivot_root");
	/* the old root lies on top of the new one; slave, so that its unmounting stays here */
	if (fchdir(old) < 0 || mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
		umount2(".", DETACH) < 0)
		return err_sys(err, errno, "leave the old root");
	return 0;
}

static int move_root(struct rootfs *r, struct err *err)
{
	if (fchdir(r->root) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return err_sys(err, errno, "move the root file system to '/'");
	return 0;
}

int rootfs_enter(struct rootfs *r, struct err *err)
{
	unsigned long prop = r->c->cfg.rootfs_propagation;
	int rc = 0;

	if (!r->c->cfg.ns[OCI_NS_MOUNT].wanted) {
		if (fchdir(r->root) < 0 || chroot(".") < 0)
			return err_sys(err, errno, "enter the root file system");
		return 0;
	}
	rc = r->c->o.no_pivot ? move_root(r, err) : pivot(r, err);
	if (rc < 0)
		return rc;
	if (chdir("/") < 0)
		return err_sys(err, errno, "enter the root file system");
	if (prop && mount(NULL, "/", NULL, prop, NULL) < 0)
		return err_sys(err, errno, "set the propagation of the root file system");
	return 0;
}

int rootfs_readonly(struct rootfs *r, struct err *err)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_RDONLY };

	if (!r->c->cfg.root_readonly || !r->c->cfg.ns[OCI_NS_MOUNT].wanted)
		return 0;
	if (syscall(SYS_mount_setattr, r->root, "", AT_EMPTY_PATH, &a, sizeof a) < 0)
		return err_sys(err, errno, "make the root file system read-only");
	return 0;
}
