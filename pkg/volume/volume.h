/*
 * volume.h — named and anonymous volumes: directories root/volumes/NAME that outlive containers.
 *
 * The row comes first and goes first: a directory without a row is what a killed command left, and is taken over by the next
 * volume of that name.  A volume nothing has mounted yet is "fresh": the first container that mounts it fills it with what
 * its image has at that place, and gives it that directory's owner and mode (as docker and podman do).
 * Only the driver "local", with some of its options (options.h); no quotas.
 */
#ifndef PODCTL_VOLUME_VOLUME_H
#define PODCTL_VOLUME_VOLUME_H

#include <jansson.h>

#include "pkg/engine/engine.h"
#include "pkg/store/store.h"

/* Makes a volume.  ERR_EXISTS unless exists_ok.  labels may be NULL. */
int volume_create(struct engine *e, const char *name, const struct kvs *labels, bool anonymous,
	bool exists_ok, struct err *err);
/* The same with the options of volume create --opt (options.h). */
int volume_create_as(struct engine *e, const char *name, const struct kvs *labels, const struct kvs *asked,
	bool exists_ok, struct err *err);
/* Row and directory of a volume that is about to be mounted, made when missing. */
int volume_ensure(struct engine *e, const char *name, bool anonymous, struct err *err);
const char *volume_path(struct engine *e, const char *name, struct arena *a); /* absolute; NULL: no memory */
/* ERR_STATE: in use; ERR_NOT_FOUND. */
int volume_remove(struct engine *e, const char *name, struct err *err);
/* podman's inspect document. */
int volume_inspect(struct engine *e, const char *name, json_t **ret, struct err *err);

/* Fills a fresh volume from 'source' (borrowed, a directory of an image; -EBADF: the image has nothing there, the volume then
 * belongs to uid and gid).  One that is not fresh, or not empty, stays as it is. */
int volume_fill(struct engine *e, const char *name, int source, uint32_t uid, uint32_t gid, struct err *err);
bool volume_is_fresh(struct engine *e, const char *name);

/* Gives a volume to a group, as fsGroup asks: every entry's group, its group's permissions as its owner's ("rw", and "x" and
 * setgid for directories); the directory itself gets 'mode'.  Links are not followed.  on_mismatch: nothing is done when the
 * directory has the group and permissions already. */
int volume_own(int dir, uint32_t gid, uint32_t mode, bool on_mismatch, struct err *err);

#endif
