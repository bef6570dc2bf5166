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
#include "runtime/rootfs.h"

/* A user namespace may not make device nodes: the host's is mounted on an empty file. */
static int bind_device(int dir, const char *name, const struct cfg_device *d, struct err *err)
{
	auto_close int tree = -EBADF;
	auto_close int target = -EBADF;
	struct stat st;

	if (mknodat(dir, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make device '%s'", d->path);
	if ((target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "make device '%s'", d->path);
	tree = (int) syscall(SYS_open_tree, AT_FDCWD, d->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_sys(err, errno, "bind device '%s' of the host", d->path);
	if (fstat(tree, &st) < 0 || (st.st_mode & S_IFMT) != d->type ||
		st.st_rdev != makedev(d->major, d->minor))
		return err_set(
			err, ERR_DENIED, "device '%s' of the host is not %u:%u", d->path, d->major, d->minor);
	if (mount_make_private(tree) < 0 || mount_attach(tree, target) < 0)
		return err_sys(err, errno, "bind device '%s'", d->path);
	return 0;
}

static int make_device(int dir, const char *name, const struct cfg_device *d, struct err *err)
{
	dev_t dev = d->type == S_IFIFO ? 0 : makedev(d->major, d->minor);
	struct stat st;

	if (mknodat(dir, name, d->type | d->mode, dev) < 0) {
		if (errno == EPERM && d->type != S_IFIFO)
			return bind_device(dir, name, d, err);
		if (errno != EEXIST)
			return err_sys(err, errno, "make device '%s'", d->path);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, errno, "make device '%s'", d->path);
		if ((st.st_mode & S_IFMT) == d->type && st.st_rdev == dev)
			return 0;
		return err_set(err, ERR_EXISTS, "make device '%s': something else is there", d->path);
	}
	if (d->has_owner && fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "set the owner of device '%s'", d->path);
	return 0;
}

static bool dev_is_bound(const struct config *g)
{
	for (size_t i = 0; i < g->n_mounts; i++)
		if (strcmp(g->mounts[i].dest, "/dev") == 0 || strcmp(g->mounts[i].dest, "/dev/") == 0)
			return g->mounts[i].opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND);
	return false;
}

static bool listed(const struct config *g, const char *name)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (strncmp(g->devices[i].path, "/dev/", 5) == 0 && strcmp(g->devices[i].path + 5, name) == 0)
			return true;
	return false;
}

static int make_links(int dev, struct err *err)
{
	for (size_t i = 0; i < LEN(oci_default_links); i++) {
		const struct oci_link_row *l = &oci_default_links[i];
		int rc = symlinkat(l->target, dev, l->path);

		if (rc < 0 && errno == EEXIST && strcmp(l->path, "ptmx") == 0 &&
			unlinkat(dev, l->path, 0) == 0)
			rc = symlinkat(
				l->target, dev, l->path); /* an image's own ptmx would open the host's ptys */
		if (rc < 0 && errno != EEXIST && errno != EROFS)
			return err_sys(err, errno, "link '/dev/%s'", l->path);
	}
	return 0;
}

int devices_make(struct rootfs *r, struct err *err)
{
	struct config *g = &r->c->cfg;
	auto_close int dev = -EBADF;
	char path[32];
	int rc = 0;

	if (!g->ns[OCI_NS_MOUNT].wanted || dev_is_bound(g))
		return 0;
	if ((dev = target_open(r->root, "/dev", false, false, err)) < 0)
		return dev;
	for (size_t i = 0; rc == 0 && i < LEN(oci_default_devices); i++) {
		const struct oci_device_row *row = &oci_default_devices[i];
		struct cfg_device d = {
			.path = path, .type = S_IFCHR, .major = row->major, .minor = row->minor, .mode = 0666
		};

		if (listed(g, row->path))
			continue;
		snprintf(path, sizeof path, "/dev/%s", row->path);
		rc = make_device(dev, row->path, &d, err);
	}
	for (size_t i = 0; rc == 0 && i < g->n_devices; i++) {
		auto_close int dir = -EBADF;
		const char *name;

		if ((dir = target_parent(r->root, g->devices[i].path, &name, err)) < 0)
			return dir;
		rc = make_device(dir, name, &g->devices[i], err);
	}
	return rc < 0 ? rc : make_links(dev, err);
}
