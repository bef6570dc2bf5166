/*
 * pod.h — the life and death of a pod; everything that makes, starts, ends or removes one goes through here.
 *
 * Create writes the row first (state creating), naming all it may make.  pod_teardown frees what is volatile: idempotent,
 * driven by the row, "not there" is success; the end of a pod, a crash and a reboot call it.  pod_remove = teardown +
 * directories + row last.  There is no second undo path.  A creating or removing row whose lock is free is removed by the
 * next command (pod_sweep).  Locks: engine (shared) -> pods by id -> image store -> network -> transaction.
 */
#ifndef PODCTL_POD_POD_H
#define PODCTL_POD_POD_H

#include <netinet/in.h>

#include "pkg/engine/engine.h"
#include "pkg/engine/events.h"
#include "pkg/monitor/plan.h"
#include "pkg/network/network.h"
#include "pkg/pod/spec.h"
#include "pkg/store/store.h"

/* A pod with its rows, specs and what is known of its state now. */
struct pod {
	struct arena arena;
	struct pod_row row;
	struct pod_spec spec;
	struct container_spec *ctr; /* infra first when there is one, then init, then members */
	struct ctr_row *ctr_row;    /* same order */
	size_t n;
	struct status status; /* live status.json, else the row's last; containers without one are created */
	bool alive;           /* a monitor holds its lock, or its containers outlived it */
	bool orphan;          /* ... which they did: pod_adopt */
	bool drop_volumes;    /* for pod_remove: volumes made for its containers alone go too */
	int lock_fd;          /* held when loaded with lock, else -EBADF */
	int run_fd, data_fd;  /* O_PATH, -EBADF when not there */
};
/* lock: takes the pod's lock and waits for whoever has it. */
int pod_load(struct engine *e, const char *id, bool lock, struct pod *ret, struct err *err);
void pod_done(struct pod *p);
#define auto_pod AUTO(pod_done)
const struct status_container *pod_status_of(const struct pod *p, const char *ctr); /* NULL: never started */
/* podman's words: pod "Created", "Running", "Degraded", "Exited", "Stopped", "Paused"; container "created", "running", ... */
const char *pod_state_word(const struct pod *p);

/* What can be told of specs without any effect; making a pod looks for itself. */
int pod_check(struct engine *e, const struct pod_spec *spec, const struct container_spec *ctr, size_t n,
	struct err *err);
/* metadata.uid, made of the pod's id: the same as long as the pod is; returns ret. */
char *pod_uid(const char *id, char ret[37]);
/* The address this machine talks to the world from. */
void pod_host_address(char ret[INET_ADDRSTRLEN]);
/* What we may hand on ourselves: capabilities, hard limits, the score of the OOM killer. */
struct oci_facts;
void pod_own_limits(struct engine *e, const struct pod *p, struct oci_facts *f);
/* Replaces marks of pkg/container/late.h in the specs in memory; what is stored keeps them.  r NULL: as in the row. */
struct pod_res;
int pod_late_fill(struct engine *e, struct pod *p, const struct pod_res *r, struct err *err);

/* volumes: as the pod's manifest gives them now.  Files that differ are exchanged where containers see them, and stored.  The
 * pod is locked. */
int pod_files_update(struct engine *e, struct pod *p, const struct list *volumes, struct err *err);

/* Writes rows and directories; specs get ids where they have none.  The pod is locked by the caller through *ret. */
int pod_create(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, struct pod *ret, struct err *err);
/* Create and start in one go, for `run`: the monitor is being executed while rows and bundles are written (START-PATH trap 6).
 * On failure nothing is left. */
struct pod_start_opts;
int pod_run(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, const struct pod_start_opts *o, struct pod *ret,
	int *ret_sock, struct err *err);
/* Adds a member to a pod (run --pod, create --pod). */
int pod_add_container(struct engine *e, struct pod *p, struct container_spec *c, struct err *err);

/* What the starter wants to see of the start. */
struct pod_start_opts {
	const char *attach; /* container id whose streams come on *ret_sock after the answer; NULL: none */
	bool in, out, errs;
	uint16_t rows, cols;
	int *notify;      /* the container gets a NOTIFY_SOCKET, whose other end comes here; NULL: none */
	const char *only; /* start just this member (and infra); NULL: all */
};
/* For engine_options.early: starts a monitor, which the first pod that is started will use. */
void pod_monitor_early(struct engine *e);
/* lock held; ports and address reserved, monitor spawned, plan and bundles written, network attached, members started.
 * On failure of the first start everything volatile is undone.  *ret_sock (may be NULL): connection to the monitor. */
int pod_start(
	struct engine *e, struct pod *p, const struct pod_start_opts *o, int *ret_sock, struct err *err);
/* Stops the whole pod (ctr NULL) or one member; timeout_us UINT64_MAX: as planned.  Afterwards, for a whole pod, the volatile
 * things are torn down inline.  A dead monitor: adopts or kills by cgroup. */
int pod_stop(struct engine *e, struct pod *p, const char *ctr, uint64_t timeout_us, struct err *err);
int pod_kill(struct engine *e, struct pod *p, const char *ctr, int sig, struct err *err);
int pod_teardown(struct engine *e, struct pod *p, struct err *err);
int pod_remove(struct engine *e, struct pod *p, struct err *err);
/* Answer first: the names are free at once, the rest (what still runs included) is done by `podctl cleanup ID`, which this
 * starts detached, or by the next pod_sweep.  A pod that ends by itself needs only store_pod_release: its monitor executes
 * the cleaner. */
int pod_release(struct engine *e, struct pod *p, struct err *err);
int pod_remove_container(
	struct engine *e, struct pod *p, const char *ctr, struct err *err); /* a member; solo: pod_remove */
/* A monitor for containers that lost theirs (p->orphan); not waited for. */
int pod_adopt(struct engine *e, struct pod *p, struct err *err);
/* Connection to its monitor; starts podctl-monitor --adopt when the monitor died and containers live. */
int pod_connect(struct engine *e, struct pod *p, int *ret_sock, struct err *err);
/* A container's root as a directory: the mounted one while it runs, else a view of its layers made for this call.  writable:
 * what is written stays (the pod is locked by the caller unless the container runs).  pod_image_open: the image's files alone. */
int pod_rootfs_open(struct engine *e, struct pod *p, const struct container_spec *c, bool writable,
	int *ret_fd, struct err *err);
int pod_image_open(
	struct engine *e, struct pod *p, const struct container_spec *c, int *ret_fd, struct err *err);
/* Layers as one read-only tree, the topmost first: absolute paths, as image_lowers() gives them. */
int pod_view_open(struct engine *e, const struct strs *dirs, struct arena *a, int *ret_fd, struct err *err);
/* Where the store's driver is vfs: makes the container's copy of its image when there is none. */
int pod_vfs_fill(struct engine *e, const struct pod *p, const struct container_spec *c, struct err *err);
/* A container's files on the host, until they are unmounted (mounts_remove) or it is started or removed; *ret in p's arena.  The pod is locked.
 * What runs is seen through its monitor and needs no mount.  pod_mounted: *ret NULL when it is not. */
int pod_mount(
	struct engine *e, struct pod *p, const struct container_spec *c, const char **ret, struct err *err);
int pod_mounted(
	struct engine *e, struct pod *p, const struct container_spec *c, const char **ret, struct err *err);
/* `podctl cleanup POD [CTR]`: records the final status, tears down, removes when --rm. */
int pod_cleanup(struct engine *e, const char *pod, const char *ctr, struct err *err);
/* Removes leftovers of killed commands.  Cheap when there are none. */
int pod_sweep(struct engine *e, struct err *err);
/* Gives the i-th container these limits ('all'), by what has 'changed': in its row, for its next restart within the running
 * pod as well, or at once too. */
enum pod_update { UPDATE_ROW, UPDATE_NEXT, UPDATE_NOW };
int pod_update(struct engine *e, struct pod *p, size_t i, const struct resources_spec *all,
	const struct resources_spec *changed, enum pod_update when, struct err *err);
/* What the played pod weighs and may use as a whole, its cgroup too when it lives. */
int pod_update_whole(struct engine *e, struct pod *p, const struct resources_spec *r, struct err *err);
/* Path of the i-th container's cgroup while its pod lives, in a; "" when it has none. */
int pod_ctr_cgroup(const struct pod *p, size_t i, struct arena *a, const char **ret, struct err *err);
/* `podctl events`: "container STATUS" of the i-th, "pod STATUS" (nothing for a pod of one). */
void ctr_event(struct engine *e, const struct pod *p, size_t i, const char *status);
void pod_event(struct engine *e, const struct pod *p, const char *status);
/* Removes directories without a row; for the end of commands that remove something. */
void pod_tidy(struct engine *e);

#endif
