/*
 * create.h — `podctl create` and `run`: what was typed becomes a container_spec (and a pod of one, or a member of a pod).
 */
#ifndef PODCTL_VERB_CREATE_H
#define PODCTL_VERB_CREATE_H

#include "pkg/image/pull.h"
#include "pkg/verb/userns.h"
#include "pkg/verb/verb.h"

/* --ip, --mac-address, --network-alias. */
struct address_request {
	const char *ip, *mac;
	struct strs aliases;
};

struct create_request {
	const char *image; /* or the directory, with rootfs */
	struct strs command;
	bool rootfs;
	const char *cwd;  /* for relative host paths; absolute */
	bool selinux;     /* the host relabels: :z and :Z would have to be done */
	struct strs argv; /* the whole command line, for inspect */

	const char *name, *pod, *entrypoint, *hostname, *user, *workdir, *cidfile, *pull, *restart;
	struct kvs env_defaults; /* from files: below env, wherever they stood */
	struct kvs env, labels, annotations, sysctls;
	struct strs volumes, mounts, volumes_from, tmpfs, devices, ulimits, groups, cap_add, cap_drop,
		security, publish, expose;
	struct strs secrets;      /* "NAME[,type=env,target=X...]" */
	const char *image_volume; /* "anonymous", "bind", "tmpfs", "ignore" */
	struct strs add_hosts, dns, dns_search, dns_option, networks, log_opts;
	struct address_request address;
	const char *pid, *ipc, *uts, *cgroupns, *log_driver, *stop_signal, *umask, *cpuset_cpus, *cpuset_mems;
	struct opt_i64 memory, memory_swap, memory_reservation, shm_size, cpu_shares, cpu_period, cpu_quota,
		pids_limit;
	struct opt_i64 swappiness, blkio_weight, cpu_rt_period, cpu_rt_runtime;
	struct strs weight_devices, read_bps, write_bps, read_iops, write_iops; /* "/dev/sda:1mb" */
	struct strs device_rules, unsetenv, host_users, chroot_dirs, requires;
	struct kvs cgroup_conf, env_merge;
	const char *init_path, *pidfile, *monitor_pidfile, *tz, *passwd_entry, *systemd, *cgroups,
		*personality, *sdnotify, *cgroup_parent;
	int *notify; /* run: the container is to tell that it is ready, by the socket that comes here; NULL */
	struct userns_request userns;
	bool oom_kill_disable, unsetenv_all, no_passwd, no_http_proxy;
	struct opt_i64 stop_timeout, timeout, oom_score_adj;
	const char *health_cmd, *health_interval, *health_timeout, *health_start_period, *health_on_failure;
	struct opt_i64 health_retries;
	bool no_healthcheck;
	double cpus;
	bool interactive, tty, privileged, read_only, no_hosts, init, replace, autoremove,
		read_only_tmpfs_off, publish_all;
	struct pull_options images; /* how an image is pulled that is not here */
	bool attach_stdin_once;     /* run -i: stdin ends with the client that started it */
};
struct create_result {
	const char *id, *name, *pod; /* pod: id of its pod; equal to id for a pod of one */
	const char *image;
	struct kvs labels; /* with the image's */
};
int verb_create(struct engine *e, const struct create_request *r, struct arena *a, struct create_result *ret,
	struct err *err);
/* Create and start in one go.  at NULL: not attached; else *ret_sock is a monitor's socket on which data and EXITED follow.
 * *ret_refused: the command itself cannot be run (ERR_NOT_FOUND 127, ERR_DENIED 126).  A failed run leaves nothing. */
struct attach_request;
int verb_run(struct engine *e, const struct create_request *r, const struct attach_request *at,
	struct arena *a, struct create_result *ret, int *ret_sock, bool *ret_refused, struct err *err);

/* Pieces of it, pure; used by pod create as well.  Everything goes into the arena. */
int create_spec(const struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err); /* create_spec.c */
int create_mounts(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
/* --volumes-from: what other containers have mounted. */
int create_volumes_from(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err); /* create_volumes.c */
int create_image_mounts(struct engine *e, struct container_spec *c, struct arena *a, struct err *err);
/* --secret (create_secrets.c). */
int create_secrets(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err);
int create_limits(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
/* --blkio-weight, --device-read-bps and so on, --device-cgroup-rule, --cgroup-conf (create_io.c). */
int create_io(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
/* Once the command is resolved and the container has its id (create_systemd.c). */
int create_systemd(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
int create_security(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
int create_logging(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
/* --health-cmd and so on (create_health.c). */
int create_health(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err);
int create_restart(const struct create_request *r, struct container_spec *c, struct err *err);

/* Limits that are set in from replace those of to; strings stay where they are, lists are made in a.  0 or -ENOMEM. */
int resources_merge(struct resources_spec *to, const struct resources_spec *from, struct arena *a);
/* podctl update: the limits in r replace those of a container. */
int verb_update(struct engine *e, const struct target *t, const struct create_request *r, struct err *err);

/* --pod new:NAME: the pod is made, of the options that are a pod's; *ret: r without them, with the pod's id. */
bool create_wants_new_pod(const struct create_request *r);
int create_new_pod(struct engine *e, const struct create_request *r, struct create_request *ret,
	struct arena *a, struct err *err);
/* What r asks of a pod as a whole and of all its members (create_pod.c); and what a new member has of it. */
int create_pod_template(struct engine *e, const struct create_request *r, struct pod_spec *p, struct arena *a,
	struct err *err);
int create_from_pod(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err);
int create_add_template(
	const struct container_spec *from, struct container_spec *c, struct arena *a, struct err *err);
/* --cgroup-parent. */
int create_cgroup_parent(
	struct engine *e, const char *parent, struct pod_spec *p, struct arena *a, struct err *err);
/* The sources of bind mounts must be there. */
int create_check_sources(const struct container_spec *c, struct err *err);

/* What run and pod create ask of a pod's network and /etc files. */
struct pod_net_request {
	const struct strs *networks, *publish, *add_hosts, *dns, *dns_search, *dns_option;
	bool no_hosts;
	const struct address_request *address; /* NULL: none */
};
/* "ip=A,mac=M,alias=N" behind "bridge:", each taken into r; strings of the arena. */
int network_options(const char *text, struct address_request *r, struct arena *a, struct err *err);
int create_network(struct engine *e, const struct pod_net_request *r, struct pod_spec *p, struct arena *a,
	struct err *err);

#endif
