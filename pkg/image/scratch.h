/*
 * scratch.h — a directory beside the layers that is gone with the command: tars are unpacked into it, and packed from it, for cp
 * and for volumes.
 */
#ifndef PODCTL_IMAGE_SCRATCH_H
#define PODCTL_IMAGE_SCRATCH_H

#include "pkg/engine/engine.h"
#include "pkg/util/cleanup.h"

struct image_tmp;
struct scratch {
	struct image_tmp *tmp; /* owned */
	int dir;               /* open for reading; -EBADF */
	char *path;            /* owned; absolute */
};
#define SCRATCH_NONE           \
	{                      \
		.dir = -EBADF, \
	}
int scratch_make(struct engine *e, struct scratch *s, struct err *err);
/* The tar in 'in' (borrowed, any compression), as hostile as a layer's.  Devices and whiteouts mean nothing here. */
int scratch_unpack(struct engine *e, struct scratch *s, int in, struct err *err);
void scratch_done(struct scratch *s);
#define auto_scratch AUTO(scratch_done)

#endif
