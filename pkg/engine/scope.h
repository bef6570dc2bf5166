/*
 * scope.h — one transient systemd scope per pod: the only thing podctl asks of systemd.
 *
 * D-Bus is spoken by hand on one short-lived connection: libsystemd costs a millisecond to load, cannot be linked into a
 * static program, and names the wrong uid from inside a user namespace.  Only the bus socket, one method call and the
 * JobRemoved signal are needed.  Root asks the system bus, a user the user bus.
 */
#ifndef PODCTL_ENGINE_SCOPE_H
#define PODCTL_ENGINE_SCOPE_H

#include "pkg/engine/engine.h"

/* The socket of the bus exists (nothing is said to it). */
bool scope_bus_present(const struct engine *e);

/* Makes 'unit' ("podctl-ID.scope") with Delegate=yes around pid and waits until it is there.  slice: NULL is system.slice
 * or, for a user, app.slice's default.  ERR_EXISTS: a unit of that name is loaded.  ERR_UNSUPPORTED: no bus. */
int scope_start(struct engine *e, const char *unit, const char *description, pid_t pid, const char *slice,
	struct err *err);
/* Stops it (kills what is left in it) and waits; a unit that is not there is success. */
int scope_stop(struct engine *e, const char *unit, struct err *err);
/* Forgets a failed unit of that name; not there is success. */
int scope_reset(struct engine *e, const char *unit, struct err *err);

#endif
