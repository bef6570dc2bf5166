/*
 * pull.h — an image from a registry.
 *
 * The name is resolved by registries.conf to places (mirrors, then the registry); at the first that answers, manifest,
 * config and those layers that are not here are fetched by podctl-transfer; layers go through pipes into podctl-unpack, and no
 * file ever holds one.  When all are verified, layers and row appear in one step, as for podctl load.
 * Not done: signatures, encrypted layers, Docker schema 1: refused by name.
 */
#ifndef PODCTL_IMAGE_PULL_H
#define PODCTL_IMAGE_PULL_H

#include "pkg/image/image.h"
#include "pkg/image/registry.h"

#define WATCH_SHARED SIZE_MAX
/* What the one who waits may see; each may be NULL. */
struct pull_watch {
	image_progress *line;
	/* Layer i of those fetched: got == size: whole; started with got 0.  WATCH_SHARED: one that is here already. */
	void (*layer)(void *ctx, size_t i, const char *digest, uint64_t got, uint64_t size);
	void (*end)(void *ctx); /* no more of layer() */
	void *ctx;
};

struct pull_options {
	struct registry_options at;
	const char *os, *arch, *variant; /* NULL: of this machine */
	bool keep_blobs;                 /* the compressed layers stay beside the unpacked ones */
	struct pull_watch watch;
};

/* "OS/ARCH[/VARIANT]" into o. */
int pull_platform(const char *text, struct arena *a, struct pull_options *o, struct err *err);

/* Pulls and names it; *ret_id: the image's id.  Nothing is fetched that is here already.  ERR_NOT_FOUND, ERR_DENIED,
 * ERR_REMOTE and ERR_CORRUPT speak of the registry. */
int image_pull(struct engine *e, const char *ref, const struct pull_options *o, struct arena *a,
	const char **ret_id, struct err *err);

/* The tags of a repository, as the registry lists them, at most TAGS_MAX; full: the name they belong to, without tag.  A short
 * name means its first candidate that has any. */
#define TAGS_MAX 100000
int image_tags(struct engine *e, const char *ref, const struct registry_options *o, struct arena *a,
	const char **ret_full, struct strs *ret, struct err *err);
/* The document that a registry has under a name, as it is: a manifest or an index. */
int registry_manifest(struct engine *e, const char *ref, const struct pull_options *o, struct arena *a,
	const char **ret_text, size_t *ret_len, struct err *err);

#endif
