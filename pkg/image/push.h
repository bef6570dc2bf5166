/*
 * push.h — an image to a registry, or wherever else an image can be written to (INTERFACES a.2, i.1).
 *
 * Layers go as the blobs they are known as: those of the manifest the image came with, or of an earlier push.  What the
 * repository has, under any of these digests, is not sent; what another repository of the same registry has is mounted; a kept
 * blob is sent as it is; the rest is compressed, byte-exact tar before, straight into the request, and remembered.  Nothing of the image changes but, when
 * the blobs are new ones, its manifest.
 */
#ifndef PODCTL_IMAGE_PUSH_H
#define PODCTL_IMAGE_PUSH_H

#include "pkg/image/pull.h"

struct push_options {
	struct pull_options at; /* who we are at the registry, and who watches */
	const char *format;     /* "oci", "v2s2"; NULL: as the image came */
	const char *
		compression; /* "gzip", "zstd"; NULL: gzip, and what the registry has in another form will do */
	int64_t level;       /* 0: the format's usual one */
	bool force_compression; /* nothing but 'compression' will do */
	bool compress;          /* dir: as gzip */
	int64_t retry;          /* tries of the whole push after a failed one; negative: 3 */
};

/* Where to: "docker://NAME" or NAME, "oci:DIR[:NAME]", "oci-archive:FILE[:NAME]", "docker-archive:FILE[:NAME]", "dir:DIR",
 * "containers-storage:NAME" (our store: a name for it).  NULL: the image's own name.  cwd: what relative files are below. */
int image_push(struct engine *e, const char *ref, const char *to, const struct push_options *o,
	struct arena *a, const char **ret_digest, struct err *err);

/* A place at a registry that is written to; one connection. */
struct pusher;
int pusher_open(struct engine *e, const char *to, const struct push_options *o, struct arena *a,
	struct pusher **ret, struct err *err); /* in a; to: a normalised name */
void pusher_close(struct pusher *p);           /* NULL is fine */
/* The image's layers, its config and its manifest, as 'reference' (a tag; NULL: by its digest).
 * *ret_digest: "sha256:..."; *ret_size: of the manifest.  Both in the arena of pusher_open. */
int pusher_image(struct pusher *p, const struct image_row *row, const char *reference,
	const char **ret_digest, uint64_t *ret_size, const char **ret_type, struct err *err);
/* A document, such as an index whose manifests are there. */
int pusher_document(struct pusher *p, const char *text, size_t len, const char *type, const char *reference,
	struct err *err);

#endif
