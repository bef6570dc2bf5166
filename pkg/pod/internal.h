/*
 * internal.h — what the files of pkg/pod share.
 *
 * create.c makes rows and directories, start.c is the list of steps of a start, bundle.c writes the config.json of one
 * container, plan.c the monitor's plan, volumes.c and etc.c what is mounted, stop.c and remove.c end it.
 */
#ifndef PODCTL_POD_INTERNAL_H
#define PODCTL_POD_INTERNAL_H

#include "pkg/container/oci_gen.h"
#include "pkg/engine/paths.h"
#include "pkg/image/image.h"
#include "pkg/infra/infra.h"
#include "pkg/network/network.h"
#include "pkg/pod/pod.h"

#define POD_RES_VERSION 1

/* Volatile things a pod may hold, as stored in its row (JSON): what teardown frees. */
struct pod_res {
	char *cgroup; /* path of the pod's cgroup, "" none */
	char *scope;  /* systemd unit, "" none */
	struct net_result net;
	bool has_net;
};
int pod_res_load(const struct pod *p, struct arena *a, struct pod_res *ret, struct err *err);
int pod_res_store(struct engine *e, struct pod *p, const struct pod_res *r, struct err *err);

/* Where a container's root comes from, topmost first, and how it is mounted. */
struct root {
	struct strs layers;
	struct plan_overlay *overlay; /* NULL: nothing to mount */
};

/* One start under way. */
struct start {
	struct engine *e;
	struct pod *p;
	const struct pod_start_opts *o;
	struct infra_share share;
	bool make_net, make_ipc, make_uts; /* by the monitor */
	const char *runtime;
	bool runtime_ours;
	pid_t monitor;
	int sock, kick; /* kick: see monitor_kick */
	int *socks;     /* of published ports */
	size_t n_socks;
	struct pod_res res;
	const char *cgroup, *pod_cgroup; /* the monitor's own; above the containers' */
	struct root *roots;              /* one for each container, made early; NULL: they are not */
	struct plan plan;
	bool fresh; /* this is the pod's first start */
	bool told;  /* the monitor has its GO */
	char kernel[66];
};

/* load.c */
int pod_lock(struct engine *e, const char *id, int *ret_fd, struct err *err);
int pod_open_dirs(struct engine *e, struct pod *p, struct err *err);
int pod_read_status(struct engine *e, struct pod *p, struct err *err);
bool pod_monitor_alive(const struct pod *p);
bool pod_has_live_process(const struct pod *p);
struct container_spec *pod_ctr(const struct pod *p, const char *id, size_t *ret_i);
const struct container_spec *pod_infra(const struct pod *p);
/* Opens "pods/ID/F" files below a held directory, without rename: nobody reads them before they are announced. */
int file_put(int dir, const char *name, const void *text, size_t n, mode_t mode);

/* names.c: makes the pod's names known; *ret_served: a server answers for them at the gateway. */
int pod_names_publish(struct start *s, bool *ret_served, struct err *err);

/* create.c */
int pod_check_container(
	struct engine *e, const struct pod_spec *spec, const struct container_spec *c, struct err *err);
/* Ids, infra, run directory and lock; nothing is in the store yet. */
int pod_prepare(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, struct pod *ret, struct err *err);
int pod_store(struct engine *e, struct pod *p, struct err *err);
int pod_data_dirs(struct engine *e, struct pod *p, struct err *err);

/* early.c: the monitor that pod_monitor_early() started becomes this start's, if there is one that will do. */
bool early_take(struct start *s, const char *namespaces, int alive);

/* spare.c: directories that were made in advance; -errno: there are none. */
int spare_take(struct engine *e, const char *pod);
int spare_take_container(
	const struct pod *p, size_t n, const char *ctr); /* n: it is the pod's n-th, from 0 */
void spare_make(struct engine *e, const struct pod *like);

/* start.c: steps from the spawned monitor on. */
int start_spawn(struct start *s, struct err *err);
int start_mounts(struct start *s, struct err *err); /* data directories, root file systems */
int start_rest(struct start *s, struct err *err);
void start_done(struct start *s);
int start_init(
	struct start *s, struct engine *e, struct pod *p, const struct pod_start_opts *o, struct err *err);

/* bundle.c */
struct bundle {
	struct plan_overlay *rootfs; /* NULL: nothing to mount */
	struct user user;
	const char *dir; /* absolute */
	const char *cgroup;
};
/* Prepares the root file systems of a start and lets the monitor mount them, which has nothing to do until GO.  It tells of
 * failures when it starts the container. */
int bundle_mounts(struct start *s, struct err *err);
int bundle_write(struct start *s, struct container_spec *c, struct bundle *ret, struct err *err);
/* vfs.c: a root file system that is a copy of the image. */
bool pod_vfs_is_filled(const struct pod *p, const struct container_spec *c);
/* Removes copies that a killed command left unfinished; all: the copy, too.  The pod is locked. */
int pod_vfs_empty(const struct pod *p, const struct container_spec *c, bool all, struct err *err);

int bundle_layers(struct engine *e, const struct pod *p, const struct container_spec *c, struct arena *a,
	struct strs *ret, struct err *err);

/* events.c: a pod was made, or is gone, with all its containers. */
void pod_events_made(struct engine *e, const struct pod *p);
void pod_events_removed(struct engine *e, const struct pod *p);

/* namespaces.c */
/* The user namespace of somebody else that the pod joins; *ret is left alone when it makes its own, or has none. */
int pod_userns_joined(struct start *s, const char **ret, struct err *err);
int pod_namespaces(
	struct start *s, const struct container_spec *c, const char *ns[OCI_NS_COUNT], struct err *err);
/* Those of a container and its pod that belong to namespaces the runtime makes, or (monitor) that the monitor makes. */
int pod_sysctls(
	struct start *s, const struct container_spec *c, bool monitor, struct kvs *ret, struct err *err);

/* plan.c */
bool start_includes(const struct start *s, const struct container_spec *c); /* it is started at once */
int plan_make(struct start *s, struct err *err);
int plan_container_make(
	struct start *s, struct container_spec *c, struct plan_container *ret, struct err *err);
int plan_write(struct start *s, struct err *err);

/* volumes.c: sources of a container's mounts; memory volumes go to the plan's mounts. */
int pod_volumes_make(struct start *s, struct err *err);
int pod_mounts(struct start *s, const struct container_spec *c, struct oci_bind **ret, size_t *ret_n,
	struct err *err);
/* What the monitor binds before it creates the container: the subPaths of its mounts. */
int pod_binds(struct start *s, const struct container_spec *c, struct list *ret, struct err *err);
/* emptyDirs on disk, when something of a played pod is limited there. */
int pod_disks(struct start *s, struct list *ret, struct err *err);
/* Variables that files of volumes say. */
int pod_env_files(struct start *s, const struct container_spec *c, struct list *ret, struct err *err);
int pod_devices(struct start *s, const struct container_spec *c, struct oci_device **ret, size_t *ret_n,
	struct err *err);

int pod_io_limits(struct start *s, const struct container_spec *c, const struct oci_io **ret, size_t *ret_n,
	struct err *err);

int pod_io_limit(struct start *s, const struct resources_spec *r, struct err *err);

/* secrets.c: files of --secret, written anew for each start into memory; appends their mounts to b, which has room. */
int pod_secrets(
	struct start *s, const struct container_spec *c, struct oci_bind *b, size_t *n, struct err *err);
void pod_secrets_remove(struct engine *e, const struct pod *p, const char *ctr);

/* mount_changes.c: :U, and :O of the i-th mount, whose source is settled. */
int pod_mount_give(
	struct start *s, const struct container_spec *c, const struct oci_bind *b, struct err *err);
int pod_mount_overlay(
	struct start *s, const struct container_spec *c, size_t i, struct oci_bind *b, struct err *err);

/* userns.c */
bool pod_has_userns(const struct pod_spec *spec);
/* What --userns means here: maps of the namespace it joins; refusals.  Strings and ranges come from the arena. */
int pod_userns_settle(struct engine *e, struct pod_spec *spec, struct arena *a, struct err *err);
/* USERNS_AUTO: a range of its own, in the caller's transaction with the pod's row. */
int pod_userns_take(
	struct engine *e, const char *pod, struct userns_spec *u, struct arena *a, struct err *err);
void pod_userns_root(const struct pod *p, uint32_t *uid, uint32_t *gid);
/* The container's user as the engine sees it.  ERR_INVALID: the namespace has no such id. */
int pod_userns_user(const struct pod *p, const struct user *u, uint32_t *uid, uint32_t *gid, struct err *err);
/* Where the monitor finds a directory of a store with the owners the pod sees; 'path' itself without a user namespace. */
int pod_userns_path(struct start *s, const char *path, const char **ret, struct err *err);

int pod_mount_image(
	struct start *s, const struct container_spec *c, size_t i, struct oci_bind *b, struct err *err);

/* passwd.c */
int pod_passwd(struct start *s, const struct container_spec *c, const struct layers *l, const struct user *u,
	struct oci_facts *f, struct err *err);

/* A file of one container's run directory; *ret is its absolute path. */
int pod_file_put(struct start *s, const struct container_spec *c, const char *name, const struct buf *b,
	const char **ret, struct err *err);

/* files.c: volumes of files.  r: the pod's addresses, for files that say them. */
int fd_chmod(
	int fd, mode_t mode); /* an O_PATH descriptor has no fchmod of its own; the umask must not decide */
bool volume_is_files(const struct volume_spec *v);
bool pod_needs_memory(const struct pod *p);
const char *pod_files_dir(
	struct engine *e, const struct pod *p, const struct volume_spec *v, struct arena *a);
int pod_files_write(struct engine *e, struct pod *p, const struct pod_res *r, const struct volume_spec *v,
	bool anew, struct err *err);
int pod_files_remove(struct engine *e, const struct pod *p, struct err *err);

/* late.c */
struct late;
int pod_late(struct engine *e, struct pod *p, const struct pod_res *r, struct late *ret, struct err *err);

/* etc.c */
struct etc_files {
	const char *hosts, *hostname, *resolv, *containerenv;
};
int pod_etc_write(struct start *s, struct err *err);
/* The contents of /run/.containerenv that a privileged container has. */
int pod_containerenv(struct start *s, const struct container_spec *c, const char **ret, struct err *err);
int pod_etc_files(struct start *s, const struct container_spec *c, struct etc_files *ret, struct err *err);

/* mountpoints.c */
/* Absolute path of the layer that has the mount points of these files, made when missing. */
int mountpoints_layer(struct engine *e, const struct etc_files *f, const char **ret, struct err *err);

/* remove.c: a monitor that lives is told to end at once, and nothing of its containers lives on. */
int pod_end_monitor(struct engine *e, struct pod *p, struct err *err);

/* stop.c */
int monitor_gone(struct pod *p, int sock, struct err *err);
int pod_kill_all(struct engine *e, struct pod *p, struct err *err);
int pod_record_end(struct engine *e, struct pod *p, struct err *err);
/* In memory: containers the status calls running although nothing runs have exited with 137, ContainerStatusUnknown. */
void pod_assume_ended(struct pod *p);

#endif
