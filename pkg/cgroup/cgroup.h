/*
 * cgroup.h — the one place that knows cgroup v1, v2 and hybrid machines.
 *
 * A cgroup is a path below the root of the hierarchy ("/podctl/ID/pod/web").  On v2 that is one directory; on v1 and
 * hybrid machines the same path is made in each controller we use (cpu, cpuset, memory, pids, devices, blkio, freezer;
 * others are joined when a runtime asks).  One table of functions stands for each.  Hierarchies are taken from
 * /proc/self/mountinfo and /proc/self/cgroup, never from directory names.  A hybrid machine (v1 controllers and a
 * cgroup2 mount without them) is treated as v1; cgroup2 "pure" is decided by statfs of /sys/fs/cgroup.
 *
 * Used by the monitor (pod tree), the runtime (container tree) and podctl (teardown, stats).  No policy here.
 * Attaching after idle waits for an RCU grace period: a single-threaded child writes "0" to 'tasks' (v1), or is born in
 * the cgroup (v2, CLONE_INTO_CGROUP).  See cgroup_enter_fds and cgroup_dir_fd.
 */
#ifndef PODCTL_CGROUP_CGROUP_H
#define PODCTL_CGROUP_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

enum cgroup_mode { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };
#define CGROUP_V1_MAX 16 /* hierarchies of a v1 machine, named ones included */

struct cgroup_fs {
	enum cgroup_mode mode;
	size_t n; /* v1: hierarchies; v2: 1 */
	struct {
		char name[32];  /* v1: mount name, "cpu,cpuacct"; v2: "" */
		char self[256]; /* our own path in it */
		int fd;         /* O_PATH directory of its root */
	} h[CGROUP_V1_MAX];
	bool partial; /* v1: a mount shows only a part of its hierarchy */
	bool hybrid;
	int unified; /* hybrid: O_PATH directory of the cgroup2 mount; only cgroup_remove looks there */
};

/* Limits in the kernel's own terms; 0 = not set unless said otherwise, -1 = "max". */
struct cgroup_limits {
	int64_t memory, memory_swap, memory_reservation; /* bytes; swap as OCI: memory + swap */
	uint64_t cpu_shares;
	int64_t cpu_quota;
	uint64_t cpu_period;
	const char *cpus, *mems;
	int64_t pids;
	uint64_t blkio_weight;
};

int cgroup_open(struct cgroup_fs *fs, struct err *err);
/* The table of all mounts is the dear part of that: who has read it tells the programs it starts, in this variable, which
 * directories it found.  They are believed when they still are the same directories of the same hierarchies. */
#define CGROUP_HINT_ENV "_PODCTL_CGROUPS"
int cgroup_hint(const struct cgroup_fs *fs,
	struct buf *ret); /* -ENOTSUP: there is nothing to save, or no way to say it */
/* hint NULL: as cgroup_open.  1: as the hint says. */
int cgroup_open_hinted(struct cgroup_fs *fs, const char *hint, struct err *err);
void cgroup_close(struct cgroup_fs *fs);

/* mkdir -p in every hierarchy; on v2 the available controllers are enabled down the path; cpuset is inherited on v1.
 * With delegated v2 (rootless, scope) controllers above the delegation point are left alone. */
int cgroup_make(const struct cgroup_fs *fs, const char *path, struct err *err);
/* Limits that the machine cannot hold (controller absent) are an error naming the controller. */
int cgroup_limit(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err);
/* v1: opens the 'tasks' file of each hierarchy for writing (the child writes "0"); v2: 'cgroup.procs'.  Owned fds. */
int cgroup_enter_fds(
	const struct cgroup_fs *fs, const char *path, int fds[CGROUP_V1_MAX], size_t *ret_n, struct err *err);
/* v2: a directory descriptor for CLONE_INTO_CGROUP; -ENOTSUP on v1. */
int cgroup_dir_fd(const struct cgroup_fs *fs, const char *path);
/* Moves the calling single-threaded process. */
int cgroup_enter(const struct cgroup_fs *fs, const char *path, struct err *err);
/* Kills everything in it and below, by cgroup.kill, or freeze + signal.  Absent is success. */
int cgroup_kill(const struct cgroup_fs *fs, const char *path, int sig, struct err *err);
int cgroup_freeze(const struct cgroup_fs *fs, const char *path, bool frozen, struct err *err);
bool cgroup_is_frozen(const struct cgroup_fs *fs, const char *path);
/* Pids in it and below; the array is malloc'd.  Absent: none. */
int cgroup_pids(const struct cgroup_fs *fs, const char *path, pid_t **ret, size_t *ret_n, struct err *err);
/* Removes the subtree in every hierarchy (bounded retry while processes leave).  Absent is success.  On a hybrid machine
 * also in cgroup2, where other runtimes leave directories. */
int cgroup_remove(const struct cgroup_fs *fs, const char *path, struct err *err);
/* Kills what is in it and below, then removes it: cgroup_kill is spared where nobody is left. */
int cgroup_destroy(const struct cgroup_fs *fs, const char *path, struct err *err);
/* Number of times the OOM killer hit in it (memory.events / memory.oom_control). */
uint64_t cgroup_oom_kills(const struct cgroup_fs *fs, const char *path);

/* --- single files, for resources beyond struct cgroup_limits --- */
/* Index of the hierarchy that carries a controller ("memory"; v2: 0 when the root offers it), or -ENOENT. */
int cgroup_hierarchy(const struct cgroup_fs *fs, const char *controller);
/* Writes value to path/file of that controller's hierarchy.  ERR_UNSUPPORTED names a controller that is absent. */
int cgroup_set(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	const char *value, struct err *err);
/* Opens such a file for several writes; owned. */
int cgroup_open_file(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	struct err *err);
/* Reads a small file, NUL-terminated, newline at the end cut; returns its length or a negative errno. */
int cgroup_get(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	char *ret, size_t size);

/* --- conversions of v1 style numbers to v2, as runtimes agree on them --- */
uint64_t cgroup_weight_from_shares(uint64_t shares);         /* [2..262144] -> [1..10000] */
uint64_t cgroup_io_weight_from_blkio(uint64_t blkio_weight); /* [10..1000] -> [1..10000] */

#endif
