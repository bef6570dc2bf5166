/* tarout.h — the outer tar of an image archive: a handful of members, written by us.  Private to pkg/image. */
#ifndef PODCTL_IMAGE_TAROUT_H
#define PODCTL_IMAGE_TAROUT_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/util/err.h"

/* A regular file's header; exactly size bytes must follow, then tarout_pad().  name: at most 100 bytes. */
int tarout_header(int fd, const char *name, uint64_t size, struct err *err);
int tarout_pad(int fd, uint64_t size, struct err *err);
int tarout_text(int fd, const char *name, const void *p, size_t n, struct err *err);
/* Everything that is left of 'in'. */
int tarout_file(int fd, const char *name, int in, struct err *err);
int tarout_end(int fd, struct err *err);

#endif
