/*
 * mounts.h — what was mounted on the host for somebody to look at: runroot/KIND/ID.  The mount itself is the record.
 */
#ifndef PODCTL_ENGINE_MOUNTS_H
#define PODCTL_ENGINE_MOUNTS_H

#include "pkg/engine/engine.h"

#define MOUNTS_OF_CONTAINERS "mounts"
#define MOUNTS_OF_IMAGES "images"

bool mounts_has(const struct engine *e, const char *kind, const char *id);
/* The absolute path; NULL without memory. */
const char *mounts_path(const struct engine *e, const char *kind, const char *id, struct arena *a);
/* 1: it was mounted and is no more, 0: it was not.  What is still in use goes with its last user. */
int mounts_remove(struct engine *e, const char *kind, const char *id, struct err *err);
void mounts_remove_all(struct engine *e, const char *kind); /* for a reset */

#endif
