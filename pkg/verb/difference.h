/*
 * difference.h — what a container changed in its copy of an image, as a layer: for commit where there is no overlay.
 */
#ifndef PODCTL_VERB_DIFFERENCE_H
#define PODCTL_VERB_DIFFERENCE_H

#include "pkg/pod/pod.h"
#include "pkg/verb/verb.h"

struct difference {
	int dir; /* of the container's data; -EBADF: nothing is there */
	char name[40];
};
/* *ret_dir: a directory with what was added and changed (hard links to the container's files) and .wh. files for what was
 * deleted.  difference_done() removes it; killed, the container's next start does. */
int copy_difference(struct engine *e, struct pod *p, const struct target *t, const struct container_spec *c,
	struct difference *d, int *ret_dir, struct err *err);
void difference_done(struct difference *d);

#endif
