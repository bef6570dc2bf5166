/*
 * gunzip.h — gzip, with its checksums: libarchive's filter does not look at them, and a root file system that is imported
 * has no digest to compare.  Several members in a row are one stream; what follows the last one is ignored, as gzip does.
 */
#ifndef PODCTL_ARCHIVE_GUNZIP_H
#define PODCTL_ARCHIVE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct gunzip;

/* Gives the next compressed bytes; 0: end, negative: failed. */
typedef ssize_t gunzip_source(void *ctx, const void **ret);

bool gunzip_is(const void *p, size_t n);                     /* has gzip's magic */
struct gunzip *gunzip_new(gunzip_source *source, void *ctx); /* NULL: no memory */
void gunzip_free(struct gunzip *g);
/* Fills p; 0: end, -EBADMSG: broken, -EPIPE: truncated, other: what the source returned. */
ssize_t gunzip_read(struct gunzip *g, void *p, size_t n);

#endif
