/*
 * df.h — what the engine's things take on disk.
 */
#ifndef PODCTL_VERB_DF_H
#define PODCTL_VERB_DF_H

#include "pkg/verb/verb.h"

struct df_row {
	const char *type;           /* "Images", "Containers", "Local Volumes" */
	uint64_t total, active;     /* how many there are, and are in use */
	uint64_t size, reclaimable; /* bytes of files; reclaimable: of what is not in use */
};
/* Bytes a container wrote, and with its image (all of which it sees). */
int verb_container_size(struct engine *e, const struct pod *p, size_t i, uint64_t *ret_own, uint64_t *ret_all,
	struct err *err);
/* Sizes of containers and volumes are counted file by file, so it takes its time. */
int verb_df(struct engine *e, struct df_row ret[3], struct err *err);

/* One object of those counted. */
struct df_image {
	const char *id, *name;             /* name: NULL: none */
	uint64_t created_us, size, shared; /* shared: bytes of layers that other images have, too */
	size_t containers;
};
struct df_container {
	const char *id, *image, *command, *state, *name;
	size_t volumes;
	uint64_t created_us, size;
};
struct df_volume {
	const char *name;
	size_t links;
	uint64_t size;
};
struct df_objects {
	struct df_image *image;
	struct df_container *container;
	struct df_volume *volume;
	size_t n_images, n_containers, n_volumes;
};
/* Strings in a. */
int verb_df_objects(struct engine *e, struct arena *a, struct df_objects *ret, struct err *err);

#endif
