/*
 * source.h — where an image's documents and blobs come from: an archive (by the helper's list of members and copies) or
 * an OCI directory.  Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_SOURCE_H
#define PODCTL_IMAGE_SOURCE_H

#include "pkg/image/layers.h"

struct member {
	char *name, *link, *hard;
	int64_t index, file;
	uint64_t size;
};

struct source {
	const char *what;       /* for messages: the path, or "archive" */
	int dir;                /* OCI directory; -EBADF: an archive */
	int fd;                 /* the archive, borrowed */
	struct image_tmp tmp;   /* copies of members */
	struct member *members; /* sorted by name */
	size_t n;
};
#define SOURCE_INIT                                                \
	{                                                          \
		.dir = -EBADF, .fd = -EBADF, .tmp = IMAGE_TMP_INIT \
	}

/* Reads the archive's list. */
int source_open_archive(struct engine *e, struct source *s, int fd, struct arena *a, struct err *err);
int source_open_dir(struct source *s, const char *path, struct err *err);
void source_done(struct source *s);
#define auto_source AUTO(source_done)

bool source_has(struct source *s, const char *name);
/* A document of at most 'max' bytes, as text without NUL bytes. */
int source_text(struct source *s, const char *name, size_t max, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err);
/* Where the helper finds the blob: an owned descriptor and a member (-1: all of the descriptor). */
int source_blob(struct source *s, const char *name, int *ret_fd, int64_t *ret_member, struct err *err);

#endif
