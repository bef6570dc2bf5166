/*
 * list.h — manifest lists (image indexes): one name for the images of several platforms.
 *
 * A list is an image without config and layers whose manifest is the index, and the only kind of image that changes.  What it
 * names by digest are images of this store: adding one from a registry pulls it, named HOST/PATH@DIGEST, so that a push to
 * anywhere has all it needs.
 */
#ifndef PODCTL_IMAGE_LIST_H
#define PODCTL_IMAGE_LIST_H

#include "pkg/image/pull.h"
#include "pkg/image/push.h"

bool image_row_is_list(const struct image_row *row);

/* amend: one that is there is taken.  ERR_EXISTS. */
int list_create(struct engine *e, const char *name, bool amend, struct arena *a, struct image_row *ret,
	struct err *err);
/* ERR_NOT_FOUND: no such image; ERR_INVALID: an image, not a list. */
int list_find(struct engine *e, const char *name, struct arena *a, struct image_row *ret, struct err *err);

struct list_change {
	const char *os, *arch, *variant, *os_version; /* NULL: as the image says */
	struct strs features, os_features;
	struct kvs annotations;
};
/* image: a local one, [docker://]NAME, or oci:, dir: and so on.  all: of an index every image, else that of the platform. */
int list_add(struct engine *e, struct image_row *list, const char *image, bool all,
	const struct list_change *c, const struct pull_options *o, struct arena *a, struct err *err);
int list_annotate(struct engine *e, struct image_row *list, const char *digest, const struct list_change *c,
	struct arena *a, struct err *err);
int list_remove(
	struct engine *e, struct image_row *list, const char *digest, struct arena *a, struct err *err);
/* to: [docker://]NAME.  all: its images first. */
int list_push(struct engine *e, const struct image_row *list, const char *to, bool all,
	const struct push_options *o, struct arena *a, const char **ret_digest, struct err *err);
/* The list's image for this machine (or the platform of o), when it is here. */
int list_choose(struct engine *e, const struct image_row *list, const struct pull_options *o, struct arena *a,
	struct image_row *ret, struct err *err);

#endif
