/*
 * pack.h — a layer, or a container's files, as a tar: podctl-unpack's pack mode, one process each.  Private to pkg/image.
 */
#ifndef PODCTL_IMAGE_PACK_H
#define PODCTL_IMAGE_PACK_H

#include "pkg/image/layers.h"

enum pack_format { PACK_PLAIN, PACK_GZIP, PACK_ZSTD };
struct pack_how {
	enum pack_format format;
	int level; /* 0: the format's usual one */
};
struct pack_result {
	char diff_id[65], blob[65]; /* the same when plain */
	uint64_t tar_size, blob_size;
};

struct packer {
	pid_t pid;
	int pidfd, lines;
};
#define PACKER_INIT                                         \
	{                                                   \
		.pid = -1, .pidfd = -EBADF, .lines = -EBADF \
	}
void packer_done(struct packer *p); /* ends it */
#define auto_packer AUTO(packer_done)

/* The tree below 'dir' into 'out' (both borrowed): as a layer over others (difference), or whole. */
int pack_tree_start(struct engine *e, int dir, bool difference, const struct pack_how *how, int out,
	struct packer *p, struct err *err);
/* A layer of the store, byte for byte as it came. */
int pack_layer_start(struct engine *e, const char *diff_id, const struct pack_how *how, int out,
	struct packer *p, struct err *err);
int pack_finish(struct packer *p, struct pack_result *ret, struct err *err);
/* Both steps. */
int pack_layer(struct engine *e, const char *diff_id, const struct pack_how *how, int out,
	struct pack_result *ret, struct err *err);

/* "gzip", "zstd"; others: ERR_UNSUPPORTED by name.  level: 0 or within the format's range. */
int pack_how_parse(const char *format, int64_t level, struct pack_how *ret, struct err *err);

#endif
