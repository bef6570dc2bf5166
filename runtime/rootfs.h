/*
 * rootfs.h — the container's file system: mounts, devices, hidden paths, and entering it.
 *
 * Everything happens by descriptor below the root's own (struct rootfs.root): a path inside the root file system is
 * hostile, its symlinks are resolved as the container would see them, and what was opened is what is mounted upon, so an
 * exchange of a directory for a symlink meanwhile changes nothing (CVE-2021-30465, CVE-2019-16884, the maskedPaths and
 * /dev/console races of 2025).  New mount calls (open_tree, move_mount, mount_setattr) are used for binds; mount(2) on
 * /proc/self/fd/N, through the host's procfs, for new file systems.
 */
#ifndef PODCTL_RUNTIME_ROOTFS_H
#define PODCTL_RUNTIME_ROOTFS_H

#include "runtime/container.h"

struct rootfs {
	struct container *c;
	int root;     /* the root's top directory, O_PATH */
	int proc;     /* the host's procfs, checked to be one */
	int *sources; /* per mount, when opened ahead; -EBADF */
};

/* runtime/rootfs.c */
int rootfs_prepare(struct rootfs *r, struct err *err);
int rootfs_enter(struct rootfs *r, struct err *err);
int rootfs_readonly(struct rootfs *r, struct err *err);
int procfs_open(struct err *err);

/* runtime/target.c: opens path below root for mounting upon (O_PATH), making what is missing: a directory, or with file
 * an empty file.  nofollow: a symlink anywhere is an error. */
int target_open(int root, const char *path, bool file, bool nofollow, struct err *err);
/* The parent directory of path, made when missing; *ret_name points at the last component. */
int target_parent(int root, const char *path, const char **ret_name, struct err *err);

/* runtime/mounts.c */
int mounts_open_sources(struct rootfs *r, struct err *err); /* before the user changes */
int mounts_apply(struct rootfs *r, struct err *err);
/* Sets attributes and propagation of the mount whose root fd is. */
int mount_attr_apply(int fd, const struct oci_mount_opts *o, const char *what, struct err *err);
int mount_attach(int tree, int target);
/* A copy of a mount of the host is its peer when our mounts are shared: what the container mounts there would appear on the
 * host. */
int mount_make_private(int tree);

/* runtime/mount_special.c */
int mount_cgroup(struct rootfs *r, const struct cfg_mount *m, struct err *err);
int mount_copy_up(int from, int to, struct err *err);

/* runtime/devices.c */
int devices_make(struct rootfs *r, struct err *err);

/* runtime/masks.c */
int masks_apply(struct rootfs *r, struct err *err);

#endif
