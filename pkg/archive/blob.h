/*
 * blob.h — the bytes of one blob, from where they are, digested as they come and decompressed.
 *
 *   pipe, file, or one member of an outer tar -> digest -> gzip (zlib), zstd, xz, bzip2 (libarchive), or nothing
 *
 * Used by one thread at a time; only blob_cancel() may come from another.
 */
#ifndef PODCTL_ARCHIVE_BLOB_H
#define PODCTL_ARCHIVE_BLOB_H

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/err.h"

struct blob;

/* fd is borrowed; a regular file is read with pread, so that several readers can share it.
 * member >= 0: the data of that member (counted as scan does) of the tar in fd. */
int blob_open(int fd, int64_t member, bool hash, struct blob **ret, struct err *err);
void blob_free(struct blob *b); /* NULL is fine */
/* Fills p with n decompressed bytes, fewer at the end; 0: the end, all of the source was read.  Negative: err is filled. */
ssize_t blob_read(struct blob *b, void *p, size_t n, struct err *err);
void blob_cancel(struct blob *b); /* ends a blob_read() that waits for a pipe */
uint64_t blob_bytes(const struct blob *b);
void blob_digest(struct blob *b, char hex[65]); /* after the end; "" without hash */

/* libarchive's filters and formats, the same set everywhere; and its errors as ours: what is truncated or malformed is
 * ERR_CORRUPT. */
int reader_setup(struct archive *a, bool filters, bool tar);
int reader_error(struct archive *a, struct err *err, const char *what);

#endif
