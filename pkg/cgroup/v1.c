#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pkg/cgroup/internal.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/log.h"

/* A new v1 cpuset is empty and takes no process: it starts as its parent.  A parent that is empty itself was made a moment
 * ago by another process (members are created side by side), which will write what we write now.  Each write of cpus makes
 * the kernel look at its scheduling domains anew; what is made below has them from its first moment (clone_children). */
static int cpuset_inherit(const struct cgroup_fs *fs, size_t h, const char *path, struct err *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char parent[CGROUP_PATH_LEN], value[1024], *slash;
	bool written = false;

	snprintf(parent, sizeof parent, "%s", path);
	if ((slash = strrchr(parent, '/')))
		*slash = '\0';
	for (size_t i = 0; i < LEN(files); i++) {
		int rc;

		if (cgroup_read_at(fs, h, path, files[i], value, sizeof value) > 0)
			continue; /* cgroup.clone_children did it */
		rc = cgroup_read_at(fs, h, parent, files[i], value, sizeof value);
		if (rc >= 0 && !value[strspn(value, " \n")] && *parent) {
			if ((rc = cpuset_inherit(fs, h, parent, err)) < 0)
				return rc;
			rc = cgroup_read_at(fs, h, parent, files[i], value, sizeof value);
		}
		if (rc > 0)
			rc = cgroup_write_at(fs, h, path, files[i], value);
		if (rc < 0)
			return err_sys(err, -rc, "inherit '%s' for cgroup '%s'", files[i], path);
		written = true;
	}
	if (written)
		(void) cgroup_write_at(fs, h, path, "cgroup.clone_children", "1");
	return 0;
}

static int v1_made(const struct cgroup_fs *fs, size_t h, const char *path, struct err *err)
{
	return cgroup_has_word(fs->h[h].name, "cpuset", ',') ? cpuset_inherit(fs, h, path, err) : 0;
}

static int set_num(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	int64_t v, struct err *err)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long) v);
	return cgroup_set(fs, path, controller, file, text, err);
}

static bool has_file(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file)
{
	char text[256];

	return cgroup_get(fs, path, controller, file, text, sizeof text) >= 0;
}

/* memory <= memory+swap holds after every single write, so the order depends on the direction. */
static int limit_memory(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	static const char *const mem = "memory.limit_in_bytes", *const memsw = "memory.memsw.limit_in_bytes";
	bool swap = l->memory_swap != 0;
	int rc = 0;

	if (swap && !has_file(fs, path, "memory", memsw)) {
		log_debug("cgroup %s: no swap accounting, the swap limit is ignored", path);
		swap = false;
	}
	if (l->memory) {
		rc = set_num(fs, path, "memory", mem, l->memory, err);
		if (rc < 0 && swap) { /* above the present memory+swap: raise that first */
			if ((rc = set_num(fs, path, "memory", memsw, l->memory_swap, err)) == 0)
				rc = set_num(fs, path, "memory", mem, l->memory, err);
			swap = false;
		} else if (rc < 0 && l->memory == -1 && has_file(fs, path, "memory", memsw)) {
			if ((rc = set_num(fs, path, "memory", memsw, -1, err)) == 0)
				rc = set_num(fs, path, "memory", mem, -1, err);
		}
	}
	if (rc == 0 && swap)
		rc = set_num(fs, path, "memory", memsw, l->memory_swap, err);
	if (rc == 0 && l->memory_reservation)
		rc = set_num(fs, path, "memory", "memory.soft_limit_in_bytes", l->memory_reservation, err);
	return rc;
}

static int limit_cpu(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	int rc = 0;

	if (l->cpu_shares)
		rc = set_num(fs, path, "cpu", "cpu.shares", (int64_t) l->cpu_shares, err);
	/* the period first: a quota is checked against it; but a quota that is already there may forbid the period */
	if (rc == 0 && l->cpu_period) {
		rc = set_num(fs, path, "cpu", "cpu.cfs_period_us", (int64_t) l->cpu_period, err);
		if (rc < 0 && l->cpu_quota &&
			(rc = set_num(fs, path, "cpu", "cpu.cfs_quota_us", l->cpu_quota, err)) == 0)
			rc = set_num(fs, path, "cpu", "cpu.cfs_period_us", (int64_t) l->cpu_period, err);
	}
	if (rc == 0 && l->cpu_quota)
		rc = set_num(fs, path, "cpu", "cpu.cfs_quota_us", l->cpu_quota, err);
	if (rc == 0 && l->cpus)
		rc = cgroup_set(fs, path, "cpuset", "cpuset.cpus", l->cpus, err);
	if (rc == 0 && l->mems)
		rc = cgroup_set(fs, path, "cpuset", "cpuset.mems", l->mems, err);
	return rc;
}

static int v1_limit(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	int rc = limit_memory(fs, path, l, err);

	if (rc == 0)
		rc = limit_cpu(fs, path, l, err);
	if (rc == 0 && l->pids)
		rc = l->pids < 0 ? cgroup_set(fs, path, "pids", "pids.max", "max", err)
				 : set_num(fs, path, "pids", "pids.max", l->pids, err);
	if (rc == 0 && l->blkio_weight)
		rc = set_num(fs, path, "blkio",
			has_file(fs, path, "blkio", "blkio.bfq.weight") ? "blkio.bfq.weight" : "blkio.weight",
			(int64_t) l->blkio_weight, err);
	return rc;
}

static int v1_freeze(const struct cgroup_fs *fs, const char *path, bool frozen, struct err *err)
{
	const char *want = frozen ? "FROZEN" : "THAWED";
	char state[32];
	int rc, n;

	/* FREEZING can last for ever when something forks meanwhile; writing the state again makes progress */
	for (int tries = 0; tries < 1000; tries++) {
		if (tries % 50 == 0 && (rc = cgroup_set(fs, path, "freezer", "freezer.state", want, err)) < 0)
			return rc;
		n = cgroup_get(fs, path, "freezer", "freezer.state", state, sizeof state);
		if (n < 0)
			return err_sys(err, -n, "read 'freezer.state' of cgroup '%s'", path);
		if (strcmp(state, want) == 0)
			return 0;
		(void) nanosleep(&(struct timespec){ .tv_nsec = tries < 20 ? 50000 : 2000000 }, NULL);
	}
	(void) cgroup_set(fs, path, "freezer", "freezer.state", "THAWED", err);
	return err_set(err, ERR_SYSTEM, "cgroup '%s' cannot be frozen: still %s", path, state);
}

static bool v1_is_frozen(const struct cgroup_fs *fs, const char *path)
{
	char state[32];

	return cgroup_get(fs, path, "freezer", "freezer.state", state, sizeof state) > 0 &&
	       strcmp(state, "THAWED") != 0;
}

static int v1_kill_all(const struct cgroup_fs *fs, const char *path)
{
	(void) fs;
	(void) path;
	return -ENOTSUP;
}

static uint64_t v1_oom_kills(const struct cgroup_fs *fs, const char *path)
{
	char text[256];

	return cgroup_get(fs, path, "memory", "memory.oom_control", text, sizeof text) > 0
		       ? cgroup_line(text, "oom_kill")
		       : 0;
}

const struct cgroup_ops cgroup_ops_v1 = {
	.enter_file = "tasks",
	.made = v1_made,
	.limit = v1_limit,
	.freeze = v1_freeze,
	.is_frozen = v1_is_frozen,
	.kill_all = v1_kill_all,
	.oom_kills = v1_oom_kills,
};

int cgroup_limit(const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);
	static const struct cgroup_limits none;

	if (!ops)
		return memcmp(l, &none, sizeof none) == 0
			       ? 0
			       : err_set(err, ERR_UNSUPPORTED,
					 "limits need cgroups, and no cgroup file system is mounted");
	return ops->limit(fs, path, l, err);
}
