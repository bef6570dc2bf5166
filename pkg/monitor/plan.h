/*
 * plan.h — the contract between podctl and a running pod: what its monitor is to do, as plan.json, and what is, as
 * status.json.  podctl writes the plan for each start; the monitor is the only writer of the status.
 *
 * plan.json (root/pods/ID/plan.json; additive, unknown keys are ignored):
 *   version 1; pod, name; solo; run_dir, data_dir (absolute: runroot/pods/ID, root/pods/ID)
 *   runtime: argv prefix of the OCI runtime incl. "--root"; runtime_ours: release a created container through
 *     pkg/oci/start.h instead of calling `start`
 *   cleanup: argv of `podctl ... cleanup ID`, executed (execve) when the pod has ended; for one member of a living pod it is
 *     spawned with the container's id appended
 *   refill: argv of `podctl ... refill ID`, spawned with a container's id appended when its root file system, a copy of its
 *   image, is to be made anew; empty where an overlay's upper layer is emptied instead
 *   next: argv of `podctl ... next ID`, started each time the pod becomes ready; empty: nobody waits for that
 *   env: environment of the runtime and cleanup ("PATH=...", "XDG_RUNTIME_DIR=...")
 *   namespaces: which the monitor makes and holds: "net", "ipc", "uts"; sysctls to set in them ("kernel.shmmax=...");
 *     "user": a user namespace with uids and gids as its maps (or user_ns, which is joined), to which the others belong;
 *     "pid": members join infra's pid namespace (PLAN_FD_PID), so they are created after infra.  Without it infra and
 *     members are created side by side.
 *   net_wait: after making them it sends NS_READY with the netns descriptor and waits for NET_READY before anything is
 *     released; containers are created meanwhile, so every file a bundle names must exist when GO is sent
 *   hostname: set in the uts namespace it made
 *   cgroup: path the monitor enters itself ("" : stay); pod_cgroup: path below which containers live (kill, freeze)
 *   mounts: made in the monitor's mount namespace before any container: {type "tmpfs", target absolute, options "size=..,mode=1777"}
 *     or {type "hugetlbfs", target, options "pagesize=2M"} or {type "overlay", target, options "lowerdir=..."}, read-only,
 *     or {type "bind", source, target} or {type "ids", source, target}, which shows a directory with the owners that
 *     the pod's user namespace gives it; targets lie below run_dir and must be there
 *   exit_policy: "stop": when the last member ended for good, stop infra; "continue"
 *   kube: Kubernetes phases and back-off
 *   address: where probes find the pod ("": 127.0.0.1); probe_inside: they are dialled from within its network
 *   namespace; probe_helper: absolute path of podctl-probe, for HTTPS and gRPC
 *   deadline_us: activeDeadlineSeconds, counted from the pod's start; 0 none
 *   disks: emptyDirs on disk, looked at when one of them or a container has a limit
 *   containers, in start order (infra first, then init and sidecar, then members): see struct plan_container.
 *
 * A start: infra is released first; then init containers one after the other, each to its successful end (a failure is
 * retried with back-off unless restart is "no"); then all members are created side by side and, once every one of them
 * could be created, released in list order.  Whatever fails before the answer to GO undoes the whole pod.
 * The end: every container's runtime state is removed by the monitor; cgroups, links, directories are left to cleanup.
 *
 * An adopted pod (podctl-monitor --adopt, after a monitor was killed) can be watched, logged, attached, executed in and
 * stopped.  Nothing can be started in it: its mounts and namespace descriptors died.  When a restart is due the monitor
 * stops what is left and ends with status.restart_pod set: cleanup (or the next command) starts the whole pod anew.
 *
 * Namespaces held by the monitor have fixed descriptor numbers, so that a bundle's config.json can name them before they
 * exist: /proc/MONITOR_PID/fd/PLAN_FD_NET and so on.
 */
#ifndef PODCTL_MONITOR_PLAN_H
#define PODCTL_MONITOR_PLAN_H

#include "pkg/monitor/care.h"
#include "pkg/oci/ids.h"

enum plan_fd {
	PLAN_FD_NET = 10,
	PLAN_FD_IPC,
	PLAN_FD_UTS,
	PLAN_FD_USER,
	PLAN_FD_PID /* of infra, once it runs */,
	PLAN_FD_END
};
/* Descriptors a starting monitor finds: 3 first client (SEQPACKET pair), 4 the locked 'alive' file, 5 run_dir (O_PATH or
 * O_RDONLY directory), 6 data_dir.  With --adopt 3 is absent.  7, which may be absent: an eventfd; the first client is not
 * looked at until something is written to it (see monitor_kick). */
enum {
	MONITOR_FD_CLIENT = 3,
	MONITOR_FD_ALIVE,
	MONITOR_FD_RUN,
	MONITOR_FD_DATA,
	MONITOR_FD_KICK,
	MONITOR_FD_END
};

struct plan_mount {
	char *type, *source, *target, *options;
};
struct plan_overlay {
	struct strs lowers; /* absolute, topmost first */
	char *upper, *work; /* absolute; "" : read-only */
	char *target;       /* absolute, below run_dir */
	bool is_volatile, userxattr, nodev;
	bool copy; /* the store's driver is vfs: 'upper' is the whole root file system, and nothing is laid over anything */
	uint64_t base;     /* bytes of it that are the image's */
	uint32_t uid, gid; /* whose overlayfs makes its own files: an id that its id-mapped layers have */
};
/* A path below a volume, opened beneath it each time the container is created, made as a directory when it is missing, and
 * bound to 'target' in the monitor's mount namespace: nobody can exchange a component between the look and the mount. */
struct plan_bind {
	char *volume, *sub, *target; /* absolute, relative, absolute below run_dir */
	uint32_t uid;                /* owner of what is made */
	bool ids;                    /* with the owners of the pod's user namespace; sub may be "" */
};
/* A variable that a file says when the container is created; the bundle has config.marks instead of config.json. */
struct plan_env {
	char *name, *volume, *path, *key; /* volume: absolute */
	bool optional;
};
struct plan_container {
	char *id, *name,
		*role; /* "infra", "init", "sidecar" (in init order, not waited for, stopped last), "member" */
	char *bundle;  /* absolute; config.json is there */
	struct plan_overlay *rootfs; /* NULL: nothing to mount */
	bool terminal, stdin_open, stdin_once;
	uint32_t uid, gid; /* owner of the stdio FIFOs, in the engine's user namespace */
	char *restart;     /* "no", "on-failure", "always", "unless-stopped" */
	uint32_t restart_max;
	bool fresh_layer; /* empty upper before each restart */
	uint64_t backoff_us, backoff_max_us,
		backoff_reset_us; /* 100 ms/10 s/10 s for run, 10 s/300 s/600 s for kube */
	uint32_t stop_signal;     /* number */
	uint64_t stop_timeout_us;
	uint64_t timeout_us;   /* killed after so long; 0 never */
	char *log_path;        /* absolute directory logs/NAME; files ATTEMPT.log, the last ten; "" none */
	int64_t log_max;       /* bytes a file, 0 no limit; rotated by rename to .1 */
	char *cgroup;          /* path of the container's cgroup, for oom and kill */
	struct list binds;     /* struct plan_bind */
	struct list env_files; /* struct plan_env */
	bool autostart;        /* started by GO; else it waits for START */
	char *image;           /* its name, for events */
	struct care *care;     /* NULL: nothing is asked */
	char *shown;           /* its name outside the pod, for events; "": name */
	struct kvs labels;     /* for events */
	uint64_t storage;      /* bytes its layer and logs may have together; 0 no limit */
	char *pidfile, *monitor_pidfile; /* written at each start of the container; "" none */
};
struct plan_disk {
	char *volume, *path; /* its name; absolute, below data_dir */
	uint64_t limit;      /* bytes; 0 none */
	uint64_t used;       /* the monitor's own */
};
struct plan {
	uint32_t version;
	char *pod, *name, *run_dir, *data_dir;
	bool solo, runtime_ours, net_wait, kube, autoremove;
	struct strs runtime, cleanup, next, refill, env, namespaces, sysctls;
	char *hostname, *cgroup, *pod_cgroup, *exit_policy;
	char *address, *probe_helper;
	bool probe_inside;
	uint64_t deadline_us;
	char *user_ns;          /* absolute: join this user namespace instead of making one */
	struct list uids, gids; /* struct id_range, of the user namespace it makes */
	struct list mounts;     /* struct plan_mount */
	struct list disks;      /* struct plan_disk */
	struct list containers; /* struct plan_container */
};
extern const struct field plan_fields[], plan_container_fields[], plan_overlay_fields[];

/* status.json */
enum ctr_state {
	CTR_CREATED,
	CTR_STARTING,
	CTR_RUNNING,
	CTR_PAUSED,
	CTR_STOPPING,
	CTR_EXITED,
	CTR_WAITING /* back-off */
};
extern const char *const ctr_state_names
	[]; /* "created", "starting", "running", "paused", "stopping", "exited", "waiting", NULL */
/* How the attempt before the present one ended. */
struct status_end {
	int64_t exit_code;
	char *reason, *message;
	uint64_t started_us, finished_us;
};
struct status_look { /* one run of a health check */
	uint64_t started_us, finished_us;
	int64_t exit_code;
	char *output;
};
struct status_health {
	char *status; /* "starting", "healthy", "unhealthy" */
	uint32_t failing;
	struct list log; /* struct status_look, the last five */
};
struct status_container {
	char *id, *name, *role;
	int state;
	int64_t pid;
	uint64_t start_time;              /* field 22 of /proc/PID/stat, with pid */
	uint64_t started_us, finished_us; /* 0: never */
	int64_t exit_code;                /* 128 + signal when killed */
	bool oom_killed, ran;             /* ran: was started at least once */
	uint32_t attempt;                 /* counts from 0; number of its log file */
	uint32_t restarts;
	bool stopped_by_user;
	/* CTR_CREATED, CTR_STARTING: "ContainerCreating", "PodInitializing"; CTR_WAITING: "CrashLoopBackOff"; CTR_EXITED: "Completed",
	 * "Error", "OOMKilled", "StartError", "ContainerStatusUnknown"; CTR_RUNNING: "".  CTR_WAITING of a played pod's container that
	 * could not be had: "RunContainerError", "CreateContainerError", "CreateContainerConfigError" */
	char *reason, *message;
	uint64_t next_start_us; /* CTR_WAITING */
	/* As Kubernetes' containerStatuses have them.  An init container that has completed is ready. */
	bool ready, started;
	struct status_end *
		last; /* lastState.terminated; while CTR_WAITING that of the attempt just ended.  NULL: none */
	struct status_health *health; /* NULL: it has no health check */
};
/* PodReadyToStartContainers, Initialized, Ready, ContainersReady, PodScheduled, in this order; of an evicted pod
 * DisruptionTarget too. */
struct status_condition {
	char *type;
	bool is_true;
	char *reason, *message; /* "" when true */
	uint64_t since_us;      /* of the last change */
};
/* What happened to the pod; equal ones are counted.  field_path: "spec.containers{web}", "spec.initContainers{x}", "" the pod. */
struct status_event {
	bool warning;
	char *reason, *message, *field_path;
	uint32_t count;
	uint64_t first_us, last_us;
};
struct status {
	uint32_t version;
	char *pod;
	int64_t monitor; /* pid, for people */
	uint64_t started_us;
	char *phase;            /* "Pending", "Running", "Succeeded", "Failed" */
	char *reason, *message; /* why it failed as a whole: "DeadlineExceeded", "Evicted" */
	bool ended;             /* the pod is over: final */
	bool restart_pod;       /* adopted pod that should be started anew */
	struct list containers; /* struct status_container */
	struct list conditions; /* struct status_condition; of a played pod */
	struct list events;     /* struct status_event, the oldest first; of a played pod */
};
extern const struct field status_fields[];

#endif
