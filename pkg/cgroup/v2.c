#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pkg/cgroup/internal.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/log.h"

/* Enables for the children of path what path itself may use.  Where we lack the right, or where processes sit in the
 * way, nothing is enabled: a limit that needs it will say so by name. */
static int v2_made(const struct cgroup_fs *fs, size_t h, const char *path, struct err *err)
{
	char have[512], on[512], procs[64], *at = have, *word;

	(void) err;
	/* Threaded controllers (cpu, pids) could be enabled above processes, but then no child may hold processes of its own
	 * (EOPNOTSUPP): a scope whose first process is still to move into a child waits until it has. */
	if (strcmp(path, "/") != 0 && cgroup_read_at(fs, h, path, "cgroup.procs", procs, sizeof procs) > 0)
		return 0;
	if (cgroup_read_at(fs, h, path, "cgroup.controllers", have, sizeof have) <= 0 ||
		cgroup_read_at(fs, h, path, "cgroup.subtree_control", on, sizeof on) < 0 ||
		strcmp(have, on) == 0)
		return 0;
	while ((word = strsep(&at, " "))) {
		char plus[64];
		int rc;

		if (!*word || cgroup_has_word(on, word, ' ') || strlen(word) > sizeof plus - 2)
			continue;
		snprintf(plus, sizeof plus, "+%s", word);
		if ((rc = cgroup_write_at(fs, h, path, "cgroup.subtree_control", plus)) == -EACCES ||
			rc == -EROFS)
			break; /* above the delegation point */
	}
	return 0;
}

uint64_t cgroup_weight_from_shares(uint64_t shares)
{
	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	return 1 + ((shares - 2) * 9999) / 262142;
}

uint64_t cgroup_io_weight_from_blkio(uint64_t w)
{
	return w <= 10 ? (w ? 1 : 0) : w >= 1000 ? 10000 : 1 + (w - 10) * 9999 / 990;
}

static int set_max(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	int64_t v, struct err *err)
{
	char text[32];

	if (v < 0)
		return cgroup_set(fs, path, controller, file, "max", err);
	snprintf(text, sizeof text, "%lld", (long long) v);
	return cgroup_set(fs, path, controller, file, text, err);
}

/* OCI's swap is memory + swap; v2 counts swap alone. */
static int limit_swap(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	char text[64];
	int64_t memory = l->memory, swap;
	int rc;

	if (l->memory_swap < 0) {
		swap = -1;
	} else {
		if (memory == 0 && cgroup_get(fs, path, "memory", "memory.max", text, sizeof text) > 0)
			memory = strcmp(text, "max") == 0 ? -1 : strtoll(text, NULL, 10);
		if (memory <= 0)
			return err_set(
				err, ERR_INVALID, "a limit of memory and swap needs a limit of memory");
		if (l->memory_swap < memory)
			return err_set(err, ERR_INVALID,
				"memory+swap limit %lld is below the memory limit %lld",
				(long long) l->memory_swap, (long long) memory);
		swap = l->memory_swap - memory;
	}
	rc = set_max(fs, path, "memory", "memory.swap.max", swap, err);
	if (rc < 0 && cgroup_get(fs, path, "memory", "memory.max", text, sizeof text) >= 0 &&
		cgroup_get(fs, path, "memory", "memory.swap.max", text, sizeof text) == -ENOENT) {
		log_debug("cgroup %s: no swap accounting, the swap limit is ignored", path);
		err_clear(err);
		rc = 0;
	}
	return rc;
}

static int limit_cpu(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	char text[64];
	int rc = 0;

	if (l->cpu_shares)
		rc = set_max(fs, path, "cpu", "cpu.weight",
			(int64_t) cgroup_weight_from_shares(l->cpu_shares), err);
	if (rc == 0 && (l->cpu_quota || l->cpu_period)) {
		char quota[32] = "max";

		if (l->cpu_quota > 0)
			snprintf(quota, sizeof quota, "%lld", (long long) l->cpu_quota);
		else if (l->cpu_quota == 0 && cgroup_get(fs, path, "cpu", "cpu.max", text, sizeof text) > 0)
			snprintf(quota, sizeof quota, "%.*s", (int) strcspn(text, " "),
				text); /* only the period changes */
		if (l->cpu_period)
			snprintf(text, sizeof text, "%s %llu", quota, (unsigned long long) l->cpu_period);
		else
			snprintf(text, sizeof text, "%s", quota);
		rc = cgroup_set(fs, path, "cpu", "cpu.max", text, err);
	}
	if (rc == 0 && l->cpus)
		rc = cgroup_set(fs, path, "cpuset", "cpuset.cpus", l->cpus, err);
	if (rc == 0 && l->mems)
		rc = cgroup_set(fs, path, "cpuset", "cpuset.mems", l->mems, err);
	return rc;
}

static int v2_limit(
	const struct cgroup_fs *fs, const char *path, const struct cgroup_limits *l, struct err *err)
{
	char text[32];
	int rc = 0;

	/* swap before memory: a lower memory limit could push pages into swap that is about to be forbidden */
	if (l->memory_swap)
		rc = limit_swap(fs, path, l, err);
	if (rc == 0 && l->memory)
		rc = set_max(fs, path, "memory", "memory.max", l->memory, err);
	if (rc == 0 && l->memory_reservation)
		rc = set_max(fs, path, "memory", "memory.low", l->memory_reservation, err);
	if (rc == 0)
		rc = limit_cpu(fs, path, l, err);
	if (rc == 0 && l->pids)
		rc = set_max(fs, path, "pids", "pids.max", l->pids, err);
	if (rc == 0 && l->blkio_weight) {
		snprintf(text, sizeof text, "%llu", (unsigned long long) l->blkio_weight);
		if (cgroup_write_at(fs, 0, path, "io.bfq.weight", text) < 0)
			rc = set_max(fs, path, "io", "io.weight",
				(int64_t) cgroup_io_weight_from_blkio(l->blkio_weight), err);
	}
	return rc;
}

static int v2_freeze(const struct cgroup_fs *fs, const char *path, bool frozen, struct err *err)
{
	char name[CGROUP_PATH_LEN], text[256];
	auto_close int events = -EBADF;
	int rc;

	if ((rc = cgroup_set(fs, path, "cgroup", "cgroup.freeze", frozen ? "1" : "0", err)) < 0)
		return rc;
	if ((rc = cgroup_file(name, sizeof name, path, "cgroup.events")) < 0 ||
		(events = openat(fs->h[0].fd, name, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, rc < 0 ? -rc : errno, "open 'cgroup.events' of '%s'", path);
	for (int tries = 0; tries < 200; tries++) {
		struct pollfd p = { .fd = events, .events = POLLPRI };
		ssize_t n = pread(events, text, sizeof text - 1, 0);

		if (n < 0)
			return err_sys(err, errno, "read 'cgroup.events' of '%s'", path);
		text[n] = '\0';
		if ((cgroup_line(text, "frozen") == 1) == frozen)
			return 0;
		(void) poll(&p, 1, 10); /* the file signals its changes */
	}
	return err_set(
		err, ERR_SYSTEM, "cgroup '%s' did not %s within 2 s", path, frozen ? "freeze" : "thaw");
}

static bool v2_is_frozen(const struct cgroup_fs *fs, const char *path)
{
	char text[16];

	return cgroup_get(fs, path, "cgroup", "cgroup.freeze", text, sizeof text) > 0 &&
	       strcmp(text, "1") == 0;
}

static int v2_kill_all(const struct cgroup_fs *fs, const char *path)
{
	return cgroup_write_at(fs, 0, path, "cgroup.kill", "1") < 0 ? -ENOTSUP : 0;
}

static uint64_t v2_oom_kills(const struct cgroup_fs *fs, const char *path)
{
	char text[512];

	return cgroup_get(fs, path, "memory", "memory.events", text, sizeof text) > 0
		       ? cgroup_line(text, "oom_kill")
		       : 0;
}

const struct cgroup_ops cgroup_ops_v2 = {
	.enter_file = "cgroup.procs",
	.made = v2_made,
	.limit = v2_limit,
	.freeze = v2_freeze,
	.is_frozen = v2_is_frozen,
	.kill_all = v2_kill_all,
	.oom_kills = v2_oom_kills,
};
