/*
 * engine.h — the context every verb works in: paths, configuration, who we are, open handles.
 *
 * A program's main() fills struct engine_options from argv and environment (library code reads neither), calls
 * rootless_enter() first thing (before any thread) when it may need to, then engine_open().  Nothing below pkg/verb
 * knows where a value came from.
 */
#ifndef PODCTL_ENGINE_ENGINE_H
#define PODCTL_ENGINE_ENGINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "pkg/cgroup/cgroup.h"
#include "pkg/util/arena.h"
#include "pkg/util/err.h"

struct store;
struct engine;

struct engine_options {
	const char *root, *runroot; /* --root, --runroot; NULL: default of the user */
	const char *runtime;        /* --runtime: name or path; NULL: podctl-runtime */
	const char *cgroup_manager; /* --cgroup-manager: "systemd", "cgroupfs"; NULL: chosen */
	const char *home, *xdg_runtime_dir, *xdg_data_home, *xdg_config_home, *tmpdir, *path, *dbus_address;
	const char *containers_conf, *containers_conf_override; /* $CONTAINERS_CONF, ..._OVERRIDE */
	const char *storage_driver, *storage_conf; /* --storage-driver; $CONTAINERS_STORAGE_CONF */
	struct strs storage_opts;                  /* --storage-opt: instead of the file's options */
	uid_t uid; /* of the person who called, outside any user namespace of ours */
	gid_t gid;
	const char *user; /* their login name (for subordinate ids and messages) */
	/* called once root and runroot are open and settled, before the database is; NULL: nothing */
	void (*early)(struct engine *e);
};

/* Values of containers.conf (INTERFACES d) that are honoured so far; strings live in the engine's arena. */
struct engine_config {
	struct strs default_ulimits;      /* "nofile=1024:1024" */
	struct strs default_capabilities; /* "CAP_CHOWN" ... */
	struct strs default_sysctls;      /* "net.ipv4.ping_group_range=0 0" */
	struct strs env;                  /* "PATH=..." "TERM=xterm" */
	struct strs dns_servers, dns_searches, dns_options;
	int64_t pids_limit;          /* 2048 */
	int64_t shm_size;            /* bytes, 65536k */
	int64_t log_size_max;        /* -1: no limit */
	uint32_t stop_timeout;       /* seconds, 10 */
	uint32_t umask;              /* 0022 */
	const char *seccomp_profile; /* file; NULL: the built-in default */
	const char *cgroup_manager;  /* NULL: chosen */
	const char *infra_image;     /* unused: infra is built in */
	const char *default_subnet;  /* 10.88.0.0/16 */
	const char *pull_policy;     /* "missing" */
	const char *detach_keys;     /* "ctrl-p,ctrl-q" */
	bool no_hosts;
};

struct engine {
	struct arena arena;
	const struct engine_options *opt;
	struct engine_config config;
	bool rootless; /* uid != 0: we run inside the user's namespace, as its uid 0 */
	uid_t uid; /* of the person, outside any namespace of ours; known also in children that run inside as 0 */
	gid_t gid;
	bool vfs; /* this store's driver: containers get copies of their images, nothing is an overlay */
	bool overlay_nodev; /* mountopt: root file systems without device nodes */
	bool in_userns; /* the engine itself runs in a user namespace (rootless or nested): overlay needs userxattr */
	bool systemd_cgroups; /* pods get a transient scope */
	bool cgroups_usable; /* false: rootless without delegation, or nothing writable; limits are refused by name */
	const char *root, *runroot; /* absolute; for messages, argv of helpers and bundles */
	int root_fd, runroot_fd;    /* O_PATH directories, all access goes through them */
	const char *suffix; /* "" for the default root, else "-xxxxxxxx": names of bridge, table, cgroup */
	struct cgroup_fs cgroups; /* opened on first use by engine_cgroups() */
	bool cgroups_open;
	const char *cgroups_hint; /* see cgroup_hint; NULL: none */
	struct store *store;
	/* image stores that are only read (storage.conf, --storage-opt) */
	struct image_store {
		const char *root;
		int fd; /* O_PATH */
	} image_store[8];
	size_t n_image_stores;
	int lock_fd; /* engine lock, shared */
	struct {     /* see pkg/pod/early.c; sock -EBADF: there is none */
		int sock, kick;
		pid_t pid;
		const char *runtime; /* the one it has sealed */
		uint64_t since_us;
	} early;
};

/* Opens root and runroot (made when missing, 0700 for a user, root 0711), the database, and notices a new boot or a lost
 * runroot (marker): then every volatile thing is gone and rows of running pods are set to exited.
 * runroot is bind-mounted on itself and made private once per boot. */
int engine_open(struct engine *e, const struct engine_options *opt, struct err *err);
void engine_close(struct engine *e);
void engine_early_drop(struct engine *e); /* the monitor that was started early is not needed: it ends */
int engine_cgroups(struct engine *e, struct err *err);

/* The absolute path of a helper program: beside /proc/self/exe, else in libexecdir.  Its build id must match ours. */
int engine_helper(struct engine *e, const char *name, const char **ret, struct err *err);
/* Where it stands; its build is not asked for, and the database need not be open. */
int engine_helper_place(struct engine *e, const char *name, const char **ret, struct err *err);
/* argv prefix to call ourselves on this engine again: {"/usr/bin/podctl","--root",R,"--runroot",RR,...}. */
int engine_self_argv(struct engine *e, struct strs *argv, struct err *err);
/* Makes sure that runroot/memory is memory; before a monitor is spawned that shall see it. */
int engine_memory(struct engine *e, struct err *err);
/* The OCI runtime to use: absolute path, and whether it is ours. */
int engine_runtime(struct engine *e, const char **ret_path, bool *ret_ours, struct err *err);
/* The one of a pod that asks for another (runtimeClassName): a program in PATH, or an absolute path.  name NULL or "": the engine's. */
int engine_runtime_named(
	struct engine *e, const char *name, const char **ret_path, bool *ret_ours, struct err *err);

/* Pods whose making or removal was cut short: rows in creating or removing whose pod lock nobody holds.  One look at an
 * index when there is none. */
int engine_leftovers(struct engine *e, struct arena *a, struct strs *ids, struct err *err);

/* Paths below root and runroot are known only in paths.h. */

#endif
