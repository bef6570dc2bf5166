/*
 * docker_daemon.h — docker-daemon:NAME: images from and to a docker on this machine, over its socket, as docker archives.
 * Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_DOCKER_DAEMON_H
#define PODCTL_IMAGE_DOCKER_DAEMON_H

#include "pkg/image/layers.h"
#include "pkg/image/registry.h"

/* The archive of an image, as a file in tmp (which is made); *ret_fd: open for reading. */
int docker_daemon_get(struct engine *e, const char *name, const struct registry_options *o,
	struct image_tmp *tmp, struct arena *a, int *ret_fd, struct err *err);
/* The image 'ref' becomes docker's, as 'name'. */
int docker_daemon_put(struct engine *e, const char *ref, const char *name, const struct registry_options *o,
	image_progress *progress, void *ctx, struct arena *a, struct err *err);

#endif
