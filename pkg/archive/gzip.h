/*
 * gzip.h — one gzip member, compressed by several threads.
 *
 * The stream is cut into blocks of one size; each is compressed for itself, with the end of the one before as its dictionary, and
 * ends at a byte.  So the result depends on the level alone, not on how many threads there are or which was quicker.
 */
#ifndef PODCTL_ARCHIVE_GZIP_H
#define PODCTL_ARCHIVE_GZIP_H

#include <stddef.h>

#include "pkg/util/err.h"

struct gzip;
/* Takes the next compressed bytes, in order, in the thread that called gzip_write() or gzip_end(). */
typedef int gzip_emit(void *ctx, const void *p, size_t n, struct err *err);

struct gzip *gzip_new(int level, gzip_emit *emit, void *ctx); /* level: 1 to 9.  NULL: no memory */
int gzip_write(struct gzip *g, const void *p, size_t n, struct err *err);
int gzip_end(struct gzip *g, struct err *err);
void gzip_free(struct gzip *g); /* NULL is fine; at any time */

/* How many threads may be worth it here. */
unsigned gzip_threads(void);

#endif
