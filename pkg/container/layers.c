#include "pkg/container/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "pkg/util/cleanup.h"

#define REWRITES_MAX 40 /* symlinks and ".." of one name; the kernel too stops at 40 */

int layers_open(const struct strs *dirs, struct layers *ret, struct err *err)
{
	struct layers l = { .n = 0 };

	if (dirs->n > LEN(l.fd))
		return err_set(err, ERR_INVALID, "more than %d layers", LAYERS_MAX);
	for (size_t i = 0; i < dirs->n; i++) {
		int fd = open(dirs->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0) {
			int rc = err_sys(err, errno, "open layer '%s'", dirs->v[i]);

			layers_done(&l);
			return rc;
		}
		l.fd[l.n++] = fd;
	}
	*ret = l;
	return 0;
}

void layers_done(struct layers *l)
{
	while (l->n)
		fd_close_p(&l->fd[--l->n]);
}

/* One directory of the union while a name is walked: where it exists, topmost first. */
struct view {
	int fd[LAYERS_MAX + 1];
	size_t n;
};

static void view_done(struct view *v)
{
	while (v->n)
		fd_close_p(&v->fd[--v->n]);
}

static int view_root(const struct layers *l, struct view *v)
{
	v->n = 0;
	for (size_t i = 0; i < l->n; i++) {
		int fd = fcntl(l->fd[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return -errno;
		v->fd[v->n++] = fd;
	}
	return 0;
}

/* A directory that hides what lower layers have under its name (the xattr cannot be read from an O_PATH descriptor). */
static bool is_opaque(int fd)
{
	char path[40], v = 0;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return (getxattr(path, "trusted.overlay.opaque", &v, 1) == 1 && v == 'y') ||
	       (getxattr(path, "user.overlay.opaque", &v, 1) == 1 && v == 'y');
}

enum found { FOUND_NONE, FOUND_DIR, FOUND_FILE, FOUND_LINK };

/* Steps from *v into 'name'.  A directory replaces the view; of a file or a symlink *ret_fd is an O_PATH descriptor. */
static int view_step(struct view *v, const char *name, enum found *ret, int *ret_fd)
{
	struct view next = { .n = 0 };

	*ret = FOUND_NONE;
	for (size_t i = 0; i < v->n; i++) {
		auto_close int fd = openat(v->fd[i], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0) {
			int rc = -errno;

			view_done(&next);
			return rc;
		}
		if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
			break; /* a whiteout: nothing below counts */
		if (!S_ISDIR(st.st_mode)) {
			if (next.n)
				break; /* a directory above a file: the directory hides it */
			*ret = S_ISLNK(st.st_mode) ? FOUND_LINK : FOUND_FILE;
			*ret_fd = fd_steal(&fd);
			return 0;
		}
		*ret = FOUND_DIR;
		next.fd[next.n++] = fd_steal(&fd);
		if (is_opaque(next.fd[next.n - 1]))
			break;
	}
	if (next.n) {
		view_done(v);
		*v = next;
	}
	return 0;
}

/* Puts a symlink's target before the rest of the name: relative to the directory 'done' long, or from the root. */
static int splice_link(int link, char *path, size_t size, size_t done, const char *rest)
{
	char target[1024], whole[4096];
	ssize_t n = readlinkat(link, "", target, sizeof target - 1);
	int len;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (target[0] == '/')
		len = snprintf(whole, sizeof whole, "%s/%s", target, rest);
	else
		len = snprintf(whole, sizeof whole, "%.*s/%s/%s", (int) done, path, target, rest);
	if (len < 0 || (size_t) len >= sizeof whole || (size_t) len >= size)
		return -ENAMETOOLONG;
	memcpy(path, whole, (size_t) len + 1);
	return 0;
}

/* "a/b/../c" with everything before the dots walked, so plain directories, becomes "a/c". */
static void splice_parent(char *path, size_t done, const char *rest)
{
	while (done && path[done - 1] == '/')
		done--;
	while (done && path[done - 1] != '/')
		done--;
	memmove(path + done, rest, strlen(rest) + 1);
}

/* Walks 'path' from the root.  *again: a symlink or ".." was met and path rewritten. */
static int walk(const struct layers *l, char *path, size_t size, bool *again, int *ret)
{
	struct view v __attribute__((__cleanup__(view_done))) = { .n = 0 };
	size_t at = 0;
	int rc;

	if ((rc = view_root(l, &v)) < 0)
		return rc;
	for (;;) {
		auto_close int fd = -EBADF;
		enum found found;
		char name[256];
		size_t len;

		while (path[at] == '/')
			at++;
		len = strcspn(path + at, "/");
		if (!len)
			return -EISDIR;
		if (len >= sizeof name)
			return -ENAMETOOLONG;
		memcpy(name, path + at, len);
		name[len] = '\0';
		if (strcmp(name, ".") == 0) {
			at += len;
			continue;
		}
		if (strcmp(name, "..") == 0) {
			*again = true;
			splice_parent(path, at, path + at + len);
			return 0;
		}
		if ((rc = view_step(&v, name, &found, &fd)) < 0)
			return rc;
		if (found == FOUND_NONE)
			return -ENOENT;
		if (found == FOUND_LINK) {
			*again = true;
			return splice_link(
				fd, path, size, at, path + at + len + strspn(path + at + len, "/"));
		}
		at += len;
		if (found == FOUND_FILE) {
			if (path[at + strspn(path + at, "/")])
				return -ENOTDIR;
			*ret = fd_steal(&fd);
			return 0;
		}
	}
}

int layers_open_file(const struct layers *l, const char *path)
{
	char whole[4096], self[40];
	struct stat st;

	if (strlen(path) >= sizeof whole)
		return -ENAMETOOLONG;
	memcpy(whole, path, strlen(path) + 1);
	for (int i = 0; i < REWRITES_MAX; i++) {
		auto_close int fd = -EBADF;
		bool again = false;
		int rc = walk(l, whole, sizeof whole, &again, &fd), ret;

		if (rc < 0)
			return rc;
		if (again)
			continue;
		/* a fifo would block, a device would act: look before opening, and open exactly what was looked at */
		if (fstat(fd, &st) < 0)
			return -errno;
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		ret = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		return ret < 0 ? -errno : ret;
	}
	return -ELOOP;
}
