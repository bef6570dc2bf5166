/*
 * save.h — images into archives and directories: docker-archive, oci-archive, an OCI layout, a docker directory (dir:).
 *
 * Layers go out byte for byte as they came (pkg/archive/recipe.h), so diff ids and with them the image's id stay.  In a docker
 * archive they are plain; an OCI layout has them compressed, unless told otherwise; a docker directory as they were asked for.
 */
#ifndef PODCTL_IMAGE_SAVE_H
#define PODCTL_IMAGE_SAVE_H

#include "pkg/image/image.h"

enum save_format { SAVE_DOCKER_ARCHIVE, SAVE_OCI_ARCHIVE, SAVE_OCI_DIR, SAVE_DOCKER_DIR };
/* "docker-archive", "oci-archive", "oci-dir", "docker-dir"; ERR_INVALID. */
int save_format_parse(const char *word, enum save_format *ret, struct err *err);

struct save_image {
	const char *ref;   /* of the local store */
	struct strs names; /* that it has in the archive */
};
struct save_request {
	enum save_format format;
	int fd;           /* archives: where it goes */
	const char *path; /* directories: made when missing */
	const struct save_image *images;
	size_t n;
	bool compress;           /* docker-dir: layers as gzip */
	bool uncompressed;       /* OCI: layers as plain tars */
	const char *compression; /* "gzip", "zstd"; NULL: gzip */
	int64_t level;           /* 0: the usual one */
	const char *manifest;    /* "oci", "v2s2"; NULL: the format's own, in directories the image's */
	image_progress *progress;
	void *ctx;
};
/* *ret_digest (may be NULL): of the last image's manifest, "sha256:...". */
int image_save(struct engine *e, const struct save_request *r, struct arena *a, const char **ret_digest,
	struct err *err);

#endif
