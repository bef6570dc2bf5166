/*
 * systemd.h — a transient scope per container, for `--systemd-cgroup`.
 *
 * It speaks D-Bus itself (pkg/util/dbus.h).  cgroupsPath is "slice:prefix:name": the scope prefix-name.scope in that slice (an empty slice is system.slice, or user.slice for a user manager).  systemd wants a
 * process in a new scope, so the scope is made around a child that waits in it until the container has entered; Delegate
 * makes everything below the scope ours.
 */
#ifndef PODCTL_RUNTIME_SYSTEMD_H
#define PODCTL_RUNTIME_SYSTEMD_H

#include "runtime/container.h"

/* Makes the scope and its cgroup for the container; fills c->systemd_scope and c->cgroup_path. */
int systemd_scope_make(struct container *c, struct err *err);
/* Stops the scope; it not being there is success. */
int systemd_scope_stop(const char *scope, struct err *err);
/* Has systemd put pid into the container's cgroup, in the scope or below: the kernel lets an ordinary user cross into its
 * manager's part of the tree in no other way. */
int systemd_attach(const char *scope, const char *cgroup, pid_t pid, struct err *err);
bool systemd_is_user(void);
/* Pure: "slice:prefix:name" -> names.  Each buffer holds at least 256 bytes. */
int systemd_scope_names(
	const char *cgroups_path, const char *id, bool user, char *slice, char *scope, struct err *err);

#endif
