/*
 * ns.h — making and joining namespaces, and the clone that becomes the container's init.
 *
 * One clone makes every namespace that is new; the child joins those given by path itself.  Only when a user namespace
 * is joined, or a new one is mixed with joined ones, a short-lived joiner is needed: rights over the others come with
 * the user namespace, or are lost with it.  The cgroup namespace is made by the child after it is in its cgroup.
 */
#ifndef PODCTL_RUNTIME_NS_H
#define PODCTL_RUNTIME_NS_H

#include "runtime/container.h"

int ns_open_paths(struct container *c, struct err *err);
/* Fills c->pid and c->pidfd; the child runs init_main. */
int ns_clone_init(struct container *c, struct err *err);
/* In the child, direct clone only: joins what was given by path. */
int ns_join(struct container *c, struct err *err);
/* Writes the offsets of a fresh time namespace of the caller's children. */
int ns_time_offsets(const struct container *c, struct err *err);
/* A detached copy of the mount's source with its id map attached. */
int ns_idmapped_source(struct container *c, const struct cfg_mount *m, struct err *err);
bool ns_needs_joiner(const struct container *c);

#endif
