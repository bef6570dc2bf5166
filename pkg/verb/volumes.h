/*
 * volumes.h — verbs on volumes.
 */
#ifndef PODCTL_VERB_VOLUMES_H
#define PODCTL_VERB_VOLUMES_H

#include "pkg/verb/verb.h"

/* filters: name=, label=, label!=, dangling=, driver=, until= */
int verb_volumes(struct engine *e, const struct strs *filters, struct arena *a, struct volume_row **ret,
	size_t *ret_n, struct err *err);
/* force: containers that mount it are removed first. */
int verb_volume_remove(
	struct engine *e, const char *name, bool force, const struct opt_i64 *timeout_s, struct err *err);

/* A volume's files as a tar, and those of a tar into it; descriptors borrowed. */
int verb_volume_export(struct engine *e, const char *name, int out, struct err *err);
int verb_volume_import(struct engine *e, const char *name, int in, struct err *err);
/* What is in one volume, as it is, into another. */
int verb_volume_copy(struct engine *e, const char *from, const char *to, struct err *err);

#endif
