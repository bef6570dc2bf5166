/*
 * mount.h — an image's files on the host, read-only, until they are unmounted: runroot/images/ID.
 *
 * The mount itself is the record: what is mounted there is mounted, a boot takes it along.  A mounted image is not removed.
 */
#ifndef PODCTL_IMAGE_MOUNT_H
#define PODCTL_IMAGE_MOUNT_H

#include "pkg/image/image.h"

/* *ret_path: absolute, in a.  Mounted already is success. */
int image_mount(struct engine *e, const struct image_row *img, struct arena *a, const char **ret_path,
	struct err *err);
/* 1: it was mounted, 0: not. */
int image_unmount(struct engine *e, const char *id, struct err *err);
bool image_is_mounted(struct engine *e, const char *id, struct arena *a, const char **ret_path);
void image_unmount_all(struct engine *e); /* for a reset */

#endif
