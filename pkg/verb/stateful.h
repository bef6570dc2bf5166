/*
 * stateful.h — the pods of a StatefulSet come up one after the other, each when those before it are ready.
 *
 * Nothing resides for it: kube play makes all and starts the first; the monitor of each runs `podctl next` when its pod becomes
 * ready.  Pods that are ready as soon as they run are simply started in a row and need none of this (pkg/kube/workload.c).
 */
#ifndef PODCTL_VERB_STATEFUL_H
#define PODCTL_VERB_STATEFUL_H

#include "pkg/verb/verb.h"

/* Starts the first pod of that set that waits, if all before it are ready; one that ran before is left alone. */
int stateful_next(struct engine *e, const char *name, struct err *err);
/* `podctl next`: the same for the set of this pod. */
int verb_next(struct engine *e, const char *pod, struct err *err);

#endif
