/*
 * image_filter.h — --filter KEY=VALUE of images and image prune.
 *
 * KEY: reference (with * and ?), id, dangling, intermediate, readonly, manifest, containers, label, label!, before, since (after),
 * until.  KEY!=VALUE turns any of them round.
 */
#ifndef PODCTL_VERB_IMAGE_FILTER_H
#define PODCTL_VERB_IMAGE_FILTER_H

#include "pkg/image/list.h"
#include "pkg/verb/images.h"

struct image_filters;
/* In a.  ERR_INVALID: an unknown key or value; ERR_NOT_FOUND: the image that before or since name. */
int image_filters_parse(struct engine *e, const struct strs *texts, uint64_t now_us, struct arena *a,
	struct image_filters **ret, struct err *err);
/* 1: image i of the list fits all of them, 0: not. */
int image_filters_match(const struct image_filters *f, const struct image_list *all, size_t i,
	struct arena *a, struct err *err);

/* Has the image the name, or part of it, that the pattern means? */
bool image_reference_fits(const struct image_row *i, const char *pattern, struct arena *a);

#endif
