/*
 * flat.h — an image as one plain directory, for the vfs driver: what overlay shows of its layers, put together beforehand.
 *
 * vfs/KEY/root is made of hard links to the files of layers/, so it costs directories and no data; nobody writes to it.  KEY is
 * a digest of the layers, which vfs/KEY/layers lists.  It is there as a whole or not at all (made as vfs/tmp-*, renamed), is
 * made when it is first needed, and goes with the first of its layers.  What a container may write to is a copy of it, in
 * which files that were linked to each other still are.
 */
#ifndef PODCTL_IMAGE_FLAT_H
#define PODCTL_IMAGE_FLAT_H

#include "pkg/engine/engine.h"
#include "pkg/store/store.h"

/* The directory of an image's layers, made when it is not there; *ret absolute, from the arena. */
int image_flat(
	struct engine *e, const struct image_row *img, struct arena *a, const char **ret, struct err *err);

/* One layer over what 'to' has, whiteouts applied (overlay's own and .wh. files).  links: by hard links where that can be, for
 * a tree that nobody writes to; else files are copied, and share blocks where the file system can. */
int flat_apply(int layer, int to, bool links, struct err *err);

/* Removes what belongs to layers that are gone, and what a killed command left. */
void flat_sweep(struct engine *e);

#endif
