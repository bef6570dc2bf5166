/*
 * spec.h — struct container_spec: what was asked for one container, whoever asked.
 *
 * CLI flags, Kubernetes YAML and (later) REST all become this; nothing below knows which it was.  It is stored as JSON in
 * the container's row (container_spec_fields), so every field is in the table.  Empty strings and NULL are the same.
 */
#ifndef PODCTL_CONTAINER_SPEC_H
#define PODCTL_CONTAINER_SPEC_H

#include <jansson.h>

#include "pkg/container/user.h"
#include "pkg/monitor/care.h"

/* Sidecars are init containers that go on running: they come in the order of init containers and leave last. */
enum container_role { ROLE_MEMBER, ROLE_INIT, ROLE_INFRA, ROLE_SIDECAR };
extern const char *const container_role_names[]; /* "member", "init", "infra", "sidecar", NULL */

enum ns_mode { NS_PRIVATE, NS_HOST, NS_POD, NS_CONTAINER };
extern const char *const ns_mode_names[]; /* "private", "host", "pod", "container", NULL */
struct ns_spec {
	int mode;
	char *container; /* NS_CONTAINER: id */
};

enum mount_type { MOUNT_BIND, MOUNT_VOLUME, MOUNT_TMPFS, MOUNT_NAMED, MOUNT_IMAGE, MOUNT_DEVPTS };
extern const char *const mount_type_names[]; /* "bind", "volume", "tmpfs", "named", "image", "devpts", NULL */
struct mount_spec {
	int type;
	char *source;   /* MOUNT_BIND: absolute host path; MOUNT_VOLUME: name of a pod_spec volume; tmpfs: "";
	                       * MOUNT_NAMED: a volume of pkg/volume; MOUNT_IMAGE: id of an image */
	char *sub_path; /* MOUNT_VOLUME: below the volume, opened inside it, made when missing */
	char *dest;     /* absolute, in the container */
	bool read_only;
	bool anonymous;      /* MOUNT_NAMED: made for this container, goes with it */
	bool writable;       /* rw was asked for; while it is read, not stored */
	bool no_copy;        /* MOUNT_NAMED: a new volume does not get the image's files */
	bool idmap;          /* seen with the owners of the user namespace */
	bool chown;          /* :U, what is there is given to the container's user before each start */
	bool overlay;        /* :O, writes go to upper, or are lost with each start when that is "" */
	char *upper, *work;  /* absolute; both or none */
	struct strs options; /* OCI words: "rbind", "nosuid", "size=64m", "rslave" */
};

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };
extern const char *const restart_policy_names[]; /* "no", "on-failure", "always", "unless-stopped", NULL */

enum image_volumes { IMAGE_VOLUMES_ANONYMOUS, IMAGE_VOLUMES_TMPFS, IMAGE_VOLUMES_IGNORE };

struct ulimit_spec {
	char *name;
	int64_t soft, hard;
}; /* "nofile"; -1 unlimited */
/* A variable that a file of a volume says (fileKeyRef); its mark is LATE_OPEN "file:NAME" LATE_CLOSE. */
struct env_file {
	char *name, *volume, *path, *key; /* volume: one of the pod's */
	bool optional;
};
struct device_spec {
	char *host, *path, *access;
}; /* "/dev/fuse", "/dev/fuse", "rwm" */

/* Limits of one block device; rate in bytes or operations a second, a weight from 10 to 1000. */
enum io_limit_kind { IO_WEIGHT, IO_READ_BPS, IO_WRITE_BPS, IO_READ_IOPS, IO_WRITE_IOPS };
extern const char
	*const io_limit_names[]; /* "weight", "readBps", "writeBps", "readIops", "writeIops", NULL */
struct io_limit_spec {
	int kind;
	char *path; /* "/dev/sda" */
	uint64_t value;
};

struct resources_spec {
	int64_t memory, memory_swap, memory_reservation; /* bytes; 0 unset; swap -1 unlimited */
	uint64_t cpu_shares;
	int64_t cpu_quota; /* us per period */
	uint64_t cpu_period;
	char *cpuset_cpus, *cpuset_mems;
	struct opt_i64 pids;       /* unset: the engine's default; -1 or 0: unlimited */
	struct opt_i64 swappiness; /* cgroup v1 only, as the next */
	bool oom_kill_disable;
	int64_t cpu_rt_period, cpu_rt_runtime; /* us */
	uint64_t blkio_weight;
	struct list io;           /* struct io_limit_spec */
	struct strs device_rules; /* "c 1:3 rwm", "a *:* rwm" */
	struct kvs unified;       /* cgroup v2 files and what to write into them */
	struct kvs hugepages;     /* "2MB": bytes, as the kernel names its page sizes */
	uint64_t storage;         /* writable layer and logs, bytes; 0 unlimited */
};
extern const struct field resources_spec_fields[];

extern const char *const user_groups_names[]; /* "", "merge", "strict", NULL */

/* --health-* as asked; an image's HEALTHCHECK is put below it when the spec is resolved, and then it is whole. */
struct health_spec {
	struct strs test; /* "CMD", "CMD-SHELL" or "NONE" first, as images have it; empty: the image's */
	struct opt_i64 interval, timeout, start_period; /* us; interval 0: it is run by people alone */
	struct opt_i64 retries;
	int action; /* enum health_action */
};

/* --secret: what it held when the container was made; it is never shown. */
struct secret_spec {
	char *name, *id;
	char *target; /* absolute path of a file, or with env the name of a variable */
	char *data;   /* base64 */
	bool env;
	uint32_t uid, gid, mode;
};

struct container_spec {
	char *id, *name, *pod; /* name: as shown by ps; in a pod POD-CTR */
	char *short_name; /* name inside the pod (Kubernetes container name); same as name for a pod of one */
	int role;         /* enum container_role */
	char *image;      /* normalized name as asked; "" for --rootfs and infra */
	char *image_id;
	char *rootfs;                    /* --rootfs: absolute path, no image */
	struct strs entrypoint, command; /* as asked (override), for generate and inspect */
	bool entrypoint_set, command_set;
	struct strs argv;     /* resolved against the image: what runs */
	struct strs env;      /* resolved: "K=V", image first, last wins, unique */
	struct kvs env_asked; /* what the user gave */
	struct list
		env_files; /* struct env_file: variables whose values are marks until the container is created */
	char *cwd,
		*user; /* resolved; user as "uid[:gid]" or names, looked up in the image's files at start */
	struct strs groups;   /* --group-add */
	int user_groups;      /* enum user_groups */
	bool run_as_non_root; /* an image's user that is root, or may be, is refused */
	char *hostname;
	bool terminal, stdin_open, stdin_once;
	struct list mounts;  /* struct mount_spec */
	int image_volumes;   /* enum image_volumes, while it is made; not stored */
	struct list devices; /* struct device_spec */
	struct list ulimits; /* struct ulimit_spec */
	struct strs cap_add, cap_drop;
	bool privileged, read_only, no_new_privs;
	char *seccomp;                     /* "": default profile, "unconfined", or a file */
	char *apparmor;                    /* profile's name; "": none */
	char *process_label, *mount_label; /* SELinux; "": none */
	struct strs masked, unmasked;
	struct kvs sysctls;
	struct resources_spec resources;
	struct opt_i64 oom_score_adj;
	uint64_t shm_size;                    /* bytes; 0: engine default */
	int64_t umask;                        /* 0 unset, else value + 1 */
	struct ns_spec pid, ipc, uts, cgroup; /* net is the pod's */
	bool init;                            /* --init: podctl-pause as pid 1 */
	char *init_path;                      /* another program for that; absolute, of the host */
	int restart;                          /* enum restart_policy */
	uint32_t restart_max;                 /* on-failure:N, 0 no limit */
	bool kube_restart; /* Kubernetes' back-off (10 s doubling to 300 s) and a fresh layer at each restart */
	char *stop_signal;     /* "SIGTERM" */
	uint32_t stop_timeout; /* seconds */
	uint32_t timeout;      /* --timeout: killed after so many seconds; 0 never */
	char *log_driver;      /* "k8s-file" or "none" */
	int64_t log_size_max;  /* bytes, 0 unlimited */
	struct care *
		care; /* probes, hooks, restart rules; NULL: none.  care->message_file is filled in at a start */
	struct health_spec *health; /* NULL: none asked for, and none in the image */
	char *message_path;         /* terminationMessagePath: absolute, in the container; "" none */
	struct kvs labels, annotations;
	struct strs exposed; /* "80/tcp" */
	char *cidfile;
	char *pidfile, *monitor_pidfile; /* absolute; the monitor writes them at each start */
	char *tz;                        /* "Europe/Paris", "local"; "": the image's */
	struct strs unsetenv;            /* names of the image and the engine that are not set */
	bool unsetenv_all;
	struct kvs env_merge;     /* values with ${NAME} of the image's environment in them */
	bool no_passwd;           /* an unknown uid gets no line in /etc/passwd */
	char *passwd_entry;       /* template of that line */
	struct strs host_users;   /* users of the host with a line there */
	struct strs chroot_dirs;  /* hosts, hostname and resolv.conf are in these too */
	struct strs requires;     /* ids of containers started before */
	bool systemd;             /* its pid 1 is systemd */
	struct list secrets;      /* struct secret_spec */
	char *personality;        /* "LINUX", "LINUX32"; "": the engine's */
	char *sdnotify;           /* "conmon", "ignore"; "": "container" */
	bool cwd_asked;           /* --workdir: it must be there; the image's is made */
	bool publish_all;         /* --publish-all, for inspect */
	struct strs volumes_from; /* --volumes-from, for inspect */
	struct strs create_argv;  /* the command line, for inspect */
};

extern const struct field container_spec_fields[];
extern const struct field mount_spec_fields[];

#endif
