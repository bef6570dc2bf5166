/*
 * layout.h — a directory of blobs: an OCI layout, or docker's (dir:).  Private to pkg/image.
 *
 * A blob is written under a name of ours and renamed to its digest; index.json is replaced at the end.  So an existing layout
 * that others read is whole at any moment.
 */
#ifndef PODCTL_IMAGE_LAYOUT_H
#define PODCTL_IMAGE_LAYOUT_H

#include <jansson.h>

#include "pkg/image/compose.h"

struct layout {
	struct engine *e;
	struct arena *a;
	bool oci; /* else dir: */
	struct pack_how how;
	enum manifest_kind kind;
	image_progress *progress;
	void *ctx;
	int dir;
	json_t *index; /* OCI: index.json */
};
#define LAYOUT_INIT            \
	{                      \
		.dir = -EBADF, \
	}
void layout_done(struct layout *l);
#define auto_layout AUTO(layout_done)

/* Opens the directory, making it when missing; of an OCI layout that is there the index is read. */
int layout_open(struct layout *l, const char *path, struct err *err);
int layout_open_at(struct layout *l, int at, const char *name, struct err *err);
/* Writes what is not there yet.  names: of the image, each an entry of the index; none: one without a name. */
int layout_add(struct layout *l, const struct image_row *row, const struct strs *names, struct composed *ret,
	struct err *err);
int layout_end(struct layout *l, struct err *err);
/* After layout_end(): all of it as a tar. */
int layout_archive(struct layout *l, int fd, struct err *err);

#endif
