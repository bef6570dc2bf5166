/* changes.h — Dockerfile lines that change an image config (import --change, commit --change).  Private to pkg/image. */
#ifndef PODCTL_IMAGE_CHANGES_H
#define PODCTL_IMAGE_CHANGES_H

#include <jansson.h>

#include "pkg/util/arena.h"
#include "pkg/util/err.h"

/* config: the "config" object of an image config, changed in place.  Keyword and rest may be joined by ' ' or '='. */
int image_change(json_t *config, const char *line, struct err *err);

#endif
