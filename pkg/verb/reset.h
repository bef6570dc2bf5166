/*
 * reset.h — back to the state before the first command: no pod, no image, no bridge, table or cgroup, no file.
 */
#ifndef PODCTL_VERB_RESET_H
#define PODCTL_VERB_RESET_H

#include "pkg/verb/verb.h"

/* Removes everything below root and runroot and what the engine made of the machine.  It waits for other commands to end and
 * keeps new ones out (the engine's lock, exclusive); ERR_STATE when they do not.  Cut short at any moment it can be repeated.
 * Afterwards the engine has no store: only engine_close may follow. */
int verb_reset(struct engine *e, struct err *err);

#endif
