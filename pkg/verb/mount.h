/*
 * mount.h — a container's files on the host, and making ready what is to be started later.
 */
#ifndef PODCTL_VERB_MOUNT_H
#define PODCTL_VERB_MOUNT_H

#include "pkg/verb/verb.h"

struct mounted {
	const char *id, *name, *path;
};
/* Where its files are; mounted if need be.  *ret in a. */
int verb_mount(struct engine *e, const struct target *t, struct arena *a, const char **ret, struct err *err);
/* *ret_was: it was mounted by verb_mount.  What runs has nothing to unmount. */
int verb_unmount(struct engine *e, const struct target *t, bool *ret_was, bool *ret_running, struct err *err);
/* All that are mounted, running ones included. */
/* A monitor asks for the copy of an image that is the root file system of a container's next attempt (vfs). */
int verb_refill(struct engine *e, const char *pod, const char *ctr, struct err *err);
int verb_mounts(struct engine *e, struct arena *a, struct mounted **ret, size_t *ret_n, struct err *err);

/* podctl init: the pod's monitor, network and mounts are there; the container's process is not.  ERR_STATE: it is not new. */
int verb_init(struct engine *e, const struct target *t, struct err *err);
/* podctl container cleanup: frees what an ended container still holds.  ERR_STATE: it runs. */
int verb_free(struct engine *e, const struct target *t, struct err *err);

#endif
