/*
 * fetch_url.h — a file from a web server, an archive to import or a manifest to play: through the confined helper that speaks with registries.
 *
 * Nobody's credentials go there; a certificate must be good; a redirect from https to http is not followed.
 */
#ifndef PODCTL_IMAGE_FETCH_URL_H
#define PODCTL_IMAGE_FETCH_URL_H

#include "pkg/image/layers.h"
#include "pkg/image/registry.h"

bool image_is_url(const char *text); /* http:// or https:// */
/* What is there, as a file in tmp (which is made, and holds it until it is removed); at most max bytes; *ret_fd: open for reading. */
int image_fetch_url(struct engine *e, const char *url, const struct registry_options *o, uint64_t max,
	struct image_tmp *tmp, struct arena *a, int *ret_fd, struct err *err);

#endif
