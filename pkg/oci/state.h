/*
 * state.h — state.json, the runtime's record of one container.
 *
 * The runtime is its only writer, by rename; the engine may read it.  It lives in <root>/<id>/ beside exec.fifo (see
 * start.h), of which the presence tells `created` from `running`.  What a container is doing is never stored: it
 * follows from the process (pid and start time), the fifo and the freezer.
 * Spec: OCI runtime-spec 1.3 runtime.md "State"; further keys are ours.
 */
#ifndef PODCTL_OCI_STATE_H
#define PODCTL_OCI_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/err.h"

#define OCI_STATE_FILE "state.json"

enum oci_status { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED, OCI_STATUS_COUNT };

struct oci_state {
	json_t *doc; /* owns the strings of a state that was read; NULL when it is being made */
	const char *oci_version, *id, *bundle, *rootfs, *created, *owner;
	const char *cgroup_path;   /* "": none */
	const char *systemd_scope; /* NULL: cgroupfs */
	const char *seccomp;       /* digest of the cached filter; NULL: none */
	json_t *annotations;       /* borrowed; may be NULL */
	pid_t pid;
	uint64_t start_time; /* field 22 of /proc/PID/stat */
	unsigned
		namespaces; /* bit per enum oci_ns: the container does not share it with its creator by default */
	bool chrooted;      /* no pivot_root: exec enters by chroot */
	bool has_terminal, no_new_keyring;
	bool poststart; /* has poststart hooks: only `start` may release it */
};

int oci_state_write(int dir, const struct oci_state *s, struct err *err);
/* ERR_NOT_FOUND when there is none yet. */
int oci_state_read(int dir, struct oci_state *ret, struct err *err);
/* The text of such a file; pure. */
int oci_state_parse(const char *text, size_t len, struct oci_state *ret, struct err *err);
void oci_state_done(struct oci_state *s);
#define auto_oci_state AUTO(oci_state_done)

/* dir: the state directory.  Never OCI_PAUSED: the caller asks the cgroup when it wants to know. */
enum oci_status oci_state_status(int dir, const struct oci_state *s);
const char *oci_status_name(enum oci_status status);
/* The state as hooks get it on stdin and `state` prints it (new reference, NULL when out of memory). */
json_t *oci_state_public(const struct oci_state *s, enum oci_status status);

#endif
