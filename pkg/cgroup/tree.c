#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/cgroup/internal.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"

/* Makes path from its first missing part on; ops->made sees every directory of the path on v2 (controllers are enabled
 * from the top), only new ones on v1. */
static int make_in(const struct cgroup_fs *fs, size_t h, const char *path, struct err *err)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);
	char part[CGROUP_PATH_LEN];
	size_t len = strlen(path), at = 0;
	int rc;

	if (fs->mode == CGROUP_V2 && (rc = ops->made(fs, h, "/", err)) < 0)
		return rc;
	while (at < len) {
		bool fresh;

		at += strspn(path + at, "/");
		if (at >= len)
			break;
		at += strcspn(path + at, "/");
		memcpy(part, path, at);
		part[at] = '\0';
		fresh = mkdirat(fs->h[h].fd, cgroup_rel(part), 0755) == 0;
		if (!fresh && errno != EEXIST)
			return err_sys(err, errno, "make cgroup '%s'%s%s", part,
				fs->h[h].name[0] ? " of " : "", fs->h[h].name);
		if (fs->mode == CGROUP_V2 && !path[at + strspn(path + at, "/")])
			break; /* nothing is enabled below the leaf */
		if ((fresh || fs->mode == CGROUP_V2) && (rc = ops->made(fs, h, part, err)) < 0)
			return rc;
	}
	return 0;
}

int cgroup_make(const struct cgroup_fs *fs, const char *path, struct err *err)
{
	int rc = cgroup_path_check(path, err);

	for (size_t h = 0; rc == 0 && h < fs->n; h++) {
		/* v1, one new level below an existing parent, or none: the usual cases */
		if (fs->mode == CGROUP_V1 && mkdirat(fs->h[h].fd, cgroup_rel(path), 0755) == 0)
			rc = cgroup_ops(fs)->made(fs, h, path, err);
		else if (fs->mode != CGROUP_V1 || errno != EEXIST)
			rc = make_in(fs, h, path, err);
	}
	return rc;
}

int cgroup_enter_fds(
	const struct cgroup_fs *fs, const char *path, int fds[CGROUP_V1_MAX], size_t *ret_n, struct err *err)
{
	char name[CGROUP_PATH_LEN];
	size_t n = 0;

	for (; n < fs->n; n++) {
		int rc = cgroup_file(name, sizeof name, path, cgroup_ops(fs)->enter_file);

		if (rc == 0 && (fds[n] = openat(fs->h[n].fd, name, O_WRONLY | O_CLOEXEC)) < 0)
			rc = -errno;
		if (rc < 0) {
			while (n)
				fd_close_p(&fds[--n]);
			return err_sys(
				err, -rc, "open '%s' of cgroup '%s'", cgroup_ops(fs)->enter_file, path);
		}
	}
	*ret_n = n;
	return 0;
}

int cgroup_dir_fd(const struct cgroup_fs *fs, const char *path)
{
	int fd;

	if (fs->mode != CGROUP_V2)
		return -ENOTSUP;
	fd = openat(fs->h[0].fd, cgroup_rel(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_enter(const struct cgroup_fs *fs, const char *path, struct err *err)
{
	int fds[CGROUP_V1_MAX] = { 0 }, rc;
	size_t n = 0;

	if ((rc = cgroup_enter_fds(fs, path, fds, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && write(fds[i], "0", 1) < 0)
			rc = err_sys(err, errno, "enter cgroup '%s'%s%s", path,
				fs->h[i].name[0] ? " of " : "", fs->h[i].name);
		fd_close_p(&fds[i]);
	}
	return rc;
}

/* The hierarchy that is asked who is in a cgroup. */
static size_t census(const struct cgroup_fs *fs)
{
	static const char *const best[] = { "freezer", "pids", "memory" };

	for (size_t i = 0; fs->mode == CGROUP_V1 && i < LEN(best); i++) {
		int h = cgroup_hierarchy(fs, best[i]);

		if (h >= 0)
			return (size_t) h;
	}
	return 0;
}

struct pids {
	pid_t *v;
	size_t n, cap;
};

static int pids_add(struct pids *p, pid_t pid)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 32;
		pid_t *v = reallocarray(p->v, cap, sizeof *v);

		if (!v)
			return -ENOMEM;
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = pid;
	return 0;
}

#define DEPTH_MAX 64 /* what a container nests deeper is found by cgroup.kill, not by walking */

/* Calls fn for dir and every cgroup below it, children first.  dir is consumed. */
static int walk(int dir, int depth, int (*fn)(int dir, void *arg), void *arg)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;
	int rc = 0;

	if (!d) {
		rc = -errno;
		close(dir);
		return rc;
	}
	while (rc == 0 && depth < DEPTH_MAX && (e = readdir(d))) {
		int sub;

		if (e->d_type != DT_DIR || strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if ((sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) >= 0)
			rc = walk(sub, depth + 1, fn, arg);
	}
	if (rc == 0)
		rc = fn(dirfd(d), arg);
	closedir(d);
	return rc;
}

static int collect(int dir, void *arg)
{
	auto_close int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	auto_buf struct buf b = BUF_INIT(16 * MiB);
	int rc = 0;

	if (fd < 0 || (rc = io_read_all(fd, &b)) <
			      0) /* vanished, or a threaded cgroup: its domain lists the pids */
		return rc == -ENOMEM ? rc : 0;
	for (char *p = b.data; p && *p && rc == 0; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (*p && strtol(p, NULL, 10) > 0)
			rc = pids_add(arg, (pid_t) strtol(p, NULL, 10));
	}
	return rc;
}

int cgroup_pids(const struct cgroup_fs *fs, const char *path, pid_t **ret, size_t *ret_n, struct err *err)
{
	struct pids p = { 0 };
	int fd, rc;

	*ret = NULL;
	*ret_n = 0;
	if (!fs->n)
		return 0;
	fd = openat(fs->h[census(fs)].fd, cgroup_rel(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open cgroup '%s'", path);
	if ((rc = walk(fd, 0, collect, &p)) < 0) {
		free(p.v);
		return err_sys(err, -rc, "list processes of cgroup '%s'", path);
	}
	*ret = p.v;
	*ret_n = p.n;
	return 0;
}

static void pause_ms(long ms)
{
	(void) nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* v1: what is frozen cannot die, and each below may have been frozen by itself. */
static int thaw(int dir, void *arg)
{
	auto_close int fd = openat(dir, "freezer.state", O_WRONLY | O_CLOEXEC);

	(void) arg;
	if (fd >= 0)
		(void) !write(fd, "THAWED", 6);
	return 0;
}

static void thaw_below(const struct cgroup_fs *fs, const char *path)
{
	int h = cgroup_hierarchy(fs, "freezer"), fd;

	if (h >= 0 && (fd = openat(fs->h[h].fd, cgroup_rel(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		(void) walk(fd, 0, thaw, NULL);
}

/* Frozen first, so that nothing forks between the list and the signal; a few rounds for what was being born. */
static int kill_each(const struct cgroup_fs *fs, const char *path, int sig, struct err *err)
{
	struct err ignored;
	bool was_frozen = cgroup_is_frozen(fs, path);
	int rc = 0;

	for (int round = 0; round < 5; round++) {
		auto_free pid_t *pids = NULL;
		size_t n = 0, hit = 0;

		/* nobody is there who could fork: no freezer, which patches the kernel's text on v1 */
		if (round == 0 && !was_frozen && cgroup_pids(fs, path, &pids, &n, &ignored) == 0 && n == 0)
			return 0;
		free(ptr_steal(&pids));
		(void) cgroup_freeze(fs, path, true, &ignored); /* no freezer: signal what is seen, again */
		if ((rc = cgroup_pids(fs, path, &pids, &n, err)) == 0)
			for (size_t i = 0; i < n; i++)
				hit += kill(pids[i], sig) == 0;
		if (!was_frozen || sig == SIGKILL)
			(void) cgroup_freeze(fs, path, false, &ignored);
		if (sig == SIGKILL)
			thaw_below(fs, path);
		if (rc < 0 || sig != SIGKILL || hit == 0)
			break;
		pause_ms(1 << round);
	}
	return rc;
}

int cgroup_kill(const struct cgroup_fs *fs, const char *path, int sig, struct err *err)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);
	int rc = -ENOTSUP;

	if (!ops)
		return 0;
	if (faccessat(fs->h[census(fs)].fd, cgroup_rel(path), F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	if (sig == SIGKILL)
		rc = ops->kill_all(fs, path);
	return rc == 0 ? 0 : kill_each(fs, path, sig, err);
}

int cgroup_freeze(const struct cgroup_fs *fs, const char *path, bool frozen, struct err *err)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);

	if (!ops)
		return err_set(err, ERR_UNSUPPORTED, "freeze: this machine has no cgroups");
	return ops->freeze(fs, path, frozen, err);
}

bool cgroup_is_frozen(const struct cgroup_fs *fs, const char *path)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);

	return ops && ops->is_frozen(fs, path);
}

uint64_t cgroup_oom_kills(const struct cgroup_fs *fs, const char *path)
{
	const struct cgroup_ops *ops = cgroup_ops(fs);

	return ops ? ops->oom_kills(fs, path) : 0;
}

/* rmdir of every child, by way of the parent's descriptor; the caller removes the top. */
static int remove_children(int dir, void *arg)
{
	DIR *d;
	struct dirent *e;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void) arg;
	if (copy < 0 || !(d = fdopendir(copy))) {
		if (copy >= 0)
			close(copy);
		return 0;
	}
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void) unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	closedir(d);
	return 0;
}

static int remove_in(int top, const char *path)
{
	const char *rel = cgroup_rel(path);

	for (int tries = 0;; tries++) {
		int fd;

		if (unlinkat(top, rel, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || tries == 40)
			return -errno;
		if (tries == 0 && (fd = openat(top, rel, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
			(void) walk(fd, 0, remove_children, NULL);
			continue;
		}
		pause_ms(tries < 10
				 ? 1
				 : 50); /* killed processes leave on their own time; v1 has no event for it */
		if ((fd = openat(top, rel, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
			(void) walk(fd, 0, remove_children, NULL);
	}
}

int cgroup_remove(const struct cgroup_fs *fs, const char *path, struct err *err)
{
	int rc = cgroup_path_check(path, err), first = 0;

	if (rc < 0)
		return rc;
	if (strcmp(cgroup_rel(path), ".") == 0)
		return err_set(err, ERR_INVALID, "the root cgroup is not ours to remove");
	for (size_t h = 0; h < fs->n; h++)
		if ((rc = remove_in(fs->h[h].fd, path)) < 0 && !first)
			first = err_sys(err, -rc, "remove cgroup '%s'%s%s", path,
				fs->h[h].name[0] ? " of " : "", fs->h[h].name);
	if (fs->hybrid && (rc = remove_in(fs->unified, path)) < 0 && !first)
		first = err_sys(err, -rc, "remove cgroup '%s' of cgroup2", path);
	return first;
}

int cgroup_destroy(const struct cgroup_fs *fs, const char *path, struct err *err)
{
	struct err soft = { 0 };
	int rc = cgroup_path_check(path, err);

	if (rc < 0 || !fs->n)
		return rc;
	/* an rmdir that succeeds says at once that nobody is in it: no freezer, which patches the kernel's text on v1 */
	if (strcmp(cgroup_rel(path), ".") != 0 &&
		unlinkat(fs->h[census(fs)].fd, cgroup_rel(path), AT_REMOVEDIR) < 0 && errno != ENOENT &&
		cgroup_kill(fs, path, SIGKILL, &soft) < 0)
		log_debug("cgroup %s: %s", path, soft.msg);
	return cgroup_remove(fs, path, err);
}
