/*
 * sink.h — where a layer's tar goes when it is written: digested, compressed, digested again, into a descriptor.
 */
#ifndef PODCTL_ARCHIVE_SINK_H
#define PODCTL_ARCHIVE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/err.h"

enum sink_format { SINK_PLAIN, SINK_GZIP, SINK_ZSTD };

struct sink_result {
	char diff_id[65], blob[65]; /* digests before and after compression */
	uint64_t tar_size, blob_size;
};

struct sink;
/* fd is borrowed.  level 0: the format's usual one. */
int sink_open(int fd, enum sink_format format, int level, struct sink **ret, struct err *err);
int sink_write(struct sink *s, const void *p, size_t n, struct err *err);
int sink_end(struct sink *s, struct sink_result *ret, struct err *err);
void sink_free(struct sink *s); /* NULL is fine */

#endif
