/*
 * container.h — one container while it is being made, and the options of the command that makes it.
 *
 * `create` and `run` fill struct container in the runtime's own process; the container's first process gets a copy by
 * clone and continues in init.c.  Descriptors are close-on-exec on both sides.
 */
#ifndef PODCTL_RUNTIME_CONTAINER_H
#define PODCTL_RUNTIME_CONTAINER_H

#include <limits.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "pkg/cgroup/cgroup.h"
#include "pkg/oci/state.h"
#include "runtime/config.h"

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

struct globals {
	const char *root; /* directory of the state directories */
	enum cgroup_manager manager;
	const char *criu; /* program; NULL: where it is usually installed */
};

struct create_opts {
	const char *id, *bundle, *config_file, *pid_file, *console_socket;
	int preserve_fds;
	bool no_pivot, no_new_keyring;
	bool run, detach, keep; /* `run` */
};

struct filter {
	struct sock_fprog prog; /* .filter malloc'd; .len 0: none */
	unsigned flags;         /* SECCOMP_FILTER_FLAG_* */
	char digest[65];        /* of the profile: name of the cached filter */
};

struct container {
	const struct globals *g;
	struct create_opts o;
	struct config cfg;
	char bundle[PATH_MAX], rootfs[PATH_MAX];
	char created[64];
	int state_dir;               /* <root>/<id> */
	int fifo;                    /* exec.fifo, O_RDWR */
	int parent_sync, child_sync; /* see sync.h */
	int console;                 /* where the ptmx goes; -EBADF: no terminal */
	int ns_fd[OCI_NS_COUNT];     /* of namespaces given by path */
	struct cgroup_fs cg;
	char cgroup_path[1024];    /* "" none */
	const char *systemd_scope; /* NULL: cgroupfs */
	bool cgroup_made;
	pid_t scope_holder;       /* keeps a new systemd scope alive until the container is in it; 0: none */
	int tasks[CGROUP_V1_MAX]; /* 'tasks' files, v1 */
	size_t n_tasks;
	int cgroup_dir; /* v2, for CLONE_INTO_CGROUP */
	int delegate;   /* v2, 'cgroup.procs' of the cgroup that the container manages itself; -EBADF: none */
	int *idmapped;  /* per mount: a detached, idmapped copy of its source, or -EBADF */
	struct filter filter;
	int listener; /* connected to linux.seccomp.listenerPath, or -EBADF */
	pid_t pid;
	int pidfd;
	struct oci_state state;
};

/* runtime/create.c */
int container_create(struct container *c, struct err *err);
/* For restore: everything of a container but its process and its cgroup, then what is to be kept of a process that somebody
 * else made. */
int container_prepare(struct container *c, struct err *err);
int container_adopt(struct container *c, pid_t pid, struct err *err);
/* After container_create with o.run: lets it execute.  ERR_NOT_FOUND / ERR_DENIED when the program cannot be run. */
int container_go(struct container *c, struct err *err);
void container_undo(struct container *c); /* kills init, removes cgroup and state directory */
void container_init(struct container *c, const struct globals *g, const struct create_opts *o);
void container_done(struct container *c);
json_t *container_hook_state(const struct container *c, enum oci_status status, pid_t pid);

/* runtime/cgroups.c: where the container's processes live. */
int container_cgroup_make(struct container *c, struct err *err);
/* Where a process is: on v2 its cgroup, on v1 that of the hierarchy name=systemd.  -ENOENT: in none, or in the root. */
int cgroup_of_process(const struct cgroup_fs *fs, pid_t pid, char *ret, size_t size);
/* Where that is without systemd: linux.cgroupsPath, else the id. */
int container_cgroup_path(
	const struct config *g, const struct cgroup_fs *cg, const char *id, char *ret, size_t size);

/* runtime/init.c: the container's first process; never returns. */
_Noreturn void init_main(struct container *c);

/* runtime/statedir.c: directories and state of containers that exist. */
int statedir_root(const char *root, bool make, struct err *err);
int statedir_make(const char *root, const char *id, struct err *err);
/* Opens the state directory and reads the state; ERR_NOT_FOUND "container 'x' does not exist". */
int statedir_open(const char *root, const char *id, int *ret_dir, struct oci_state *ret, struct err *err);
int statedir_remove(const char *root, const char *id);
bool statedir_id_ok(const char *id);
/* Atomically, decimal, without a newline; NULL: nothing to do. */
int pid_file_write(const char *path, pid_t pid, struct err *err);

/* runtime/resources.c: linux.resources onto a cgroup.  Pure conversion plus cgroup_set. */
int resources_apply(
	const struct cgroup_fs *fs, const char *path, const json_t *resources, bool update, struct err *err);
/* Anything in it that a missing cgroup would silently drop? */
bool resources_ask_something(const json_t *resources);

/* runtime/seccomp.c: the compiled filter of linux.seccomp (or of the annotation run.oci.seccomp_bpf_data), from the cache or
 * fresh; none when there is neither. */
int seccomp_prepare(const struct config *g, const char *root, struct filter *ret, struct err *err);
int seccomp_from_digest(const char *root, const char *digest, struct filter *ret, struct err *err);
/* Returns the listener when the filter notifies, else 0. */
int filter_load(const struct filter *f, struct err *err);

/* runtime/hooks.c: each hook gets the state (taken) on stdin, its directory is the bundle (startContainer: "/"); the first
 * failure ends it.  Output goes where the annotations run.oci.hooks.stdout and .stderr say. */
int hooks_run(const struct config *g, enum cfg_hook_kind kind, json_t *state, struct err *err);

/* runtime/idmap.c: id maps of a process, and a user namespace that exists only to carry maps. */
int idmap_write(pid_t pid, const struct id_maps *uids, const struct id_maps *gids, struct err *err);
int idmap_userns(const struct id_maps *uids, const struct id_maps *gids, struct err *err);
/* An ordinary user whose configuration has no user namespace gets one, as crun(1) does it: its own id is 0, subordinate ids
 * follow from 1. */
int idmap_automatic(struct config *g, struct err *err);

#endif
