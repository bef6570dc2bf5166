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

#endif
