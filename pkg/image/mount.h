/*
 * mount.h — an image's files on the host, read-only, until they are unmounted (pkg/engine/mounts.h).
 * A boot takes the mount along.  A mounted image is not removed.
 */
#ifndef PODCTL_IMAGE_MOUNT_H
#define PODCTL_IMAGE_MOUNT_H

#include "pkg/image/image.h"

/* *ret_path: absolute, in a.  Mounted already is success. */
int image_mount(struct engine *e, const struct image_row *img, struct arena *a, const char **ret_path,
	struct err *err);

#endif
