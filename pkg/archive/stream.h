/*
 * stream.h — a layer's uncompressed bytes on their way to the tar reader: diff id and limit.
 *
 * The diff id is over every byte of the uncompressed stream, also over what follows the two zero blocks, which a tar reader
 * never sees; so the reader gets its bytes from here.  Reading and decompression run in one thread, each digest in
 * another, tar parsing and making files in the caller's.
 */
#ifndef PODCTL_ARCHIVE_STREAM_H
#define PODCTL_ARCHIVE_STREAM_H

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/err.h"

struct stream_opts {
	int fd; /* see blob_open() */
	int64_t member;
	bool hash_blob;        /* digest of the bytes as they come */
	uint64_t max;          /* uncompressed bytes; more is refused */
	struct recipe *recipe; /* gets all uncompressed bytes; NULL */
};

struct stream;
int stream_open(const struct stream_opts *o, struct stream **ret, struct err *err);
void stream_free(struct stream *s); /* NULL is fine */

/* The tar reader on top; borrowed.  NULL: there is not one byte. */
struct archive *stream_tar(struct stream *s);
/* Fills err from whatever stopped the reader: our own error if there was one, else libarchive's words. */
int stream_error(struct stream *s, struct err *err);
/* Reads what the tar reader left, to the very end. */
int stream_drain(struct stream *s, struct err *err);
uint64_t stream_tar_bytes(const struct stream *s);
uint64_t stream_blob_bytes(const struct stream *s); /* after stream_drain */
/* After stream_drain; blob: "" without hash_blob.  Returns how many zero blocks (512 bytes) the stream lacks at its end to have the
 * digest 'want' (NULL: whatever it has), and reports that digest then. */
unsigned stream_digests(struct stream *s, const char *want, char diff_id[65], char blob[65]);

#endif
