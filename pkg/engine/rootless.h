/*
 * rootless.h — an ordinary user's own root: one user and mount namespace for all their pods.
 *
 * podctl-pause --user holds both, guarded by a lock in the user's runroot.  Every command but help and version joins
 * user, then mount namespace, first thing in main, before any thread exists.  The first command makes it: a user
 * namespace with the caller as 0 and the subordinate ranges of /etc/subuid, /etc/subgid from 1 (newuidmap, newgidmap;
 * without ranges: only 0, and said once), a mount namespace with slave propagation.
 */
#ifndef PODCTL_ENGINE_ROOTLESS_H
#define PODCTL_ENGINE_ROOTLESS_H

#include "pkg/engine/engine.h"

/* Call when geteuid() != 0 (or in podctl unshare).  Afterwards geteuid() == 0 inside.  No-op for real root. */
int rootless_enter(const struct engine_options *opt, struct err *err);
/* Ends the process that holds the caller's namespaces, so that the next command makes them anew (changed subordinate ids,
 * reset, tests).  ERR_STATE names a pod that still lives in them; none running is success. */
int rootless_stop(const struct engine_options *opt, struct err *err);
/* Default places: rootless ~/.local/share/podctl and $XDG_RUNTIME_DIR/podctl (or /run/user/UID, /tmp/podctl-run-UID). */
int engine_default_paths(
	const struct engine_options *opt, char root[4096], char runroot[4096], struct err *err);

/* True in a child that runs in the user namespace the keeper of this runroot holds (cleanup, podctl unshare): who the
 * person is outside.  False for real root and for root of somebody else's container. */
bool rootless_inside(const char *runroot, uid_t *ret_uid, gid_t *ret_gid);

/* podctl info --check: one row per prerequisite. */
enum check_state { CHECK_OK, CHECK_WARN, CHECK_FAIL };
struct check_row {
	const char *
		name; /* "kernel", "cgroup", "nft", "overlay", "subordinate ids", "linger", "container", ... */
	enum check_state state;
	const char *found;  /* "6.1.0-56-amd64" */
	const char *remedy; /* NULL when ok */
};
int engine_check(const struct engine_options *opt, struct arena *a, struct check_row **ret, size_t *ret_n,
	struct err *err);

#endif
