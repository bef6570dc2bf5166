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
/* Sizes of containers and volumes are counted file by file, so it takes its time. */
int verb_df(struct engine *e, struct df_row ret[3], struct err *err);

#endif
