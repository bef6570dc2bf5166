#include "pkg/archive/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fs.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define DEPTH_MAX 256     /* a level holds two descriptors; 1024 are every process's */
#define XATTR_MAX 65536UL /* XATTR_SIZE_MAX of the kernel */

struct copy {
	const struct copy_opts *o;
	unsigned depth;
};

static int entry(struct copy *c, int from, const char *name, int to, const char *as, struct err *err);

/* ---- attributes ------------------------------------------------------------------------------------------------------ */

/* Attributes a container may carry from place to place; the others belong to the overlay or to this machine's policy. */
static bool xattr_travels(const struct copy_opts *o, const char *name)
{
	if (!strncmp(name, "user.overlay.", 13) || !strncmp(name, "trusted.overlay.", 16))
		return false;
	if (o->whole && (!strncmp(name, "system.posix_acl_", 17) || !strncmp(name, "trusted.", 8)))
		return true;
	return !strcmp(name, "security.capability") || !strncmp(name, "user.", 5);
}

static int xattrs_copy(const struct copy_opts *o, int from, int to)
{
	auto_free char *names = malloc(XATTR_MAX), *value = malloc(XATTR_MAX);
	ssize_t n, len;

	if (!names || !value)
		return -ENOMEM;
	if ((n = flistxattr(from, names, XATTR_MAX)) < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *p = names; p < names + n; p += strlen(p) + 1) {
		if (!xattr_travels(o, p) || (len = fgetxattr(from, p, value, XATTR_MAX)) < 0)
			continue;
		if (fsetxattr(to, p, value, (size_t) len, 0) < 0 && errno != ENOTSUP && errno != EPERM)
			return -errno;
	}
	return 0;
}

static uid_t owner_of(const struct copy_opts *o, const struct stat *st)
{
	uint32_t id = o->chown ? o->uid : st->st_uid;

	return !o->uids || ids_outside(o->uids, id, &id) ? id : ID_NOBODY;
}
static gid_t group_of(const struct copy_opts *o, const struct stat *st)
{
	uint32_t id = o->chown ? o->gid : st->st_gid;

	return !o->gids || ids_outside(o->gids, id, &id) ? id : ID_NOBODY;
}

/* The kernel's order: chown clears set-id bits and capabilities. */
static int settle(const struct copy_opts *o, int from, int to, const struct stat *st, struct err *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int rc;

	if (fchown(to, owner_of(o, st), group_of(o, st)) < 0)
		return err_sys(err, errno, "give it its owner");
	if (fchmod(to, st->st_mode & 07777) < 0)
		return err_sys(err, errno, "give it its mode");
	if ((rc = xattrs_copy(o, from, to)) < 0)
		return err_sys(err, -rc, "give it its attributes");
	return futimens(to, times) < 0 ? err_sys(err, errno, "give it its times") : 0;
}

/* ---- kinds of entries ------------------------------------------------------------------------------------------------- */

/* From both positions on, at most 'len' bytes; less when the file ends. */
static int range_copy(int from, int to, off_t len)
{
	char buf[32 * 1024];
	ssize_t n = 0;

	while (len > 0 && (n = copy_file_range(from, NULL, to, NULL, (size_t) MIN(len, 1L << 30), 0)) > 0)
		len -= n;
	if (len == 0 || n == 0)
		return 0;
	/* not between these file systems; what was copied is behind both positions */
	while (len > 0 && (n = read(from, buf, (size_t) MIN(len, (off_t) sizeof buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(to, buf + done, (size_t) (n - done))) < 0)
				return -errno;
		len -= n;
	}
	return 0;
}

/* The same blocks where the file system can; else what is data, so that holes stay holes. */
static int data_copy(int from, int to, off_t size)
{
	off_t at = 0, end;
	int rc;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		if ((end = lseek(from, at, SEEK_HOLE)) < 0)
			end = size;
		if (lseek(from, at, SEEK_SET) < 0 || lseek(to, at, SEEK_SET) < 0)
			return -errno;
		if ((rc = range_copy(from, to, end - at)) < 0)
			return rc;
		at = end;
	}
	if (at < 0 && errno != ENXIO)
		return -errno;
	return ftruncate(to, size) < 0 ? -errno : 0;
}

/* Makes way for what is no directory. */
static int replace(struct copy *c, int to, const char *as, const char *what, struct err *err)
{
	int rc;

	if (unlinkat(to, as, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "replace it");
	if (!c->o->overwrite)
		return err_set(err, ERR_STATE, "a directory is in the place of a %s", what);
	return (rc = dir_remove(to, as)) < 0 ? err_sys(err, -rc, "replace the directory") : 0;
}

static int file_write_to(struct copy *c, int in, int to, const char *as, struct err *err)
{
	auto_close int out = -EBADF;
	struct stat st;
	int rc;

	if (fstat(in, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_STATE, "it changed while it was copied");
	if ((rc = replace(c, to, as, "file", err)) < 0)
		return rc;
	if ((out = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return err_sys(err, errno, "make it");
	if ((rc = data_copy(in, out, st.st_size)) < 0)
		return err_sys(err, -rc, "copy it");
	return settle(c->o, in, out, &st, err);
}

static int file_copy(struct copy *c, int from, const char *name, int to, const char *as, struct err *err)
{
	/* O_NONBLOCK: between the look and the open it may have become a FIFO */
	auto_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return in < 0 ? err_sys(err, errno, "open it") : file_write_to(c, in, to, as, err);
}

static int times_copy(int dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int link_copy(struct copy *c, int from, const char *name, int to, const char *as,
	const struct stat *st, struct err *err)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof target - 1);
	int rc;

	if (n < 0)
		return err_sys(err, errno, "read the link");
	target[n] = '\0';
	if ((rc = replace(c, to, as, "link", err)) < 0)
		return rc;
	if (symlinkat(target, to, as) < 0)
		return err_sys(err, errno, "make the link");
	if (fchownat(to, as, owner_of(c->o, st), group_of(c->o, st), AT_SYMLINK_NOFOLLOW) < 0 ||
		times_copy(to, as, st) < 0)
		return err_sys(err, errno, "give the link its owner and times");
	return 0;
}

static int node_copy(struct copy *c, int to, const char *as, const struct stat *st, struct err *err)
{
	int rc;

	if ((rc = replace(c, to, as, "node", err)) < 0)
		return rc;
	if (mknodat(to, as, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0)
		return err_sys(err, errno, "make the node");
	if (fchownat(to, as, owner_of(c->o, st), group_of(c->o, st), AT_SYMLINK_NOFOLLOW) < 0 ||
		fchmodat(to, as, st->st_mode & 07777, 0) < 0 || times_copy(to, as, st) < 0)
		return err_sys(err, errno, "give the node its owner, mode and times");
	return 0;
}

static int entries(struct copy *c, int from, int to, struct err *err)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	int rc = 0;

	if (!d) {
		rc = err_sys(err, errno, "list it");
		fd_close_p(&again);
		return rc;
	}
	while (rc == 0 && (errno = 0, de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			rc = entry(c, dirfd(d), de->d_name, to, de->d_name, err);
	if (rc == 0 && errno)
		rc = err_sys(err, errno, "list it");
	(void) closedir(d);
	return rc;
}

static int dir_copy(struct copy *c, int from, const char *name, int to, const char *as, struct err *err)
{
	auto_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), out = -EBADF;
	struct stat st;
	int rc;

	if (in < 0)
		return err_sys(err, errno, "open the directory");
	if (c->o->overwrite && fstatat(to, as, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
		unlinkat(to, as, 0) < 0)
		return err_sys(err, errno, "replace the file");
	if (mkdirat(to, as, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make the directory");
	if ((out = openat(to, as, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return errno == ENOTDIR || errno == ELOOP
			       ? err_set(err, ERR_STATE, "a file is in the place of a directory")
			       : err_sys(err, errno, "open the directory");
	if (fstat(in, &st) < 0)
		return err_sys(err, errno, "look at the directory");
	if (++c->depth > DEPTH_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d directories in each other", DEPTH_MAX);
	if ((rc = entries(c, in, out, err)) < 0)
		return rc;
	c->depth--;
	return settle(c->o, in, out, &st, err);
}

static int entry(struct copy *c, int from, const char *name, int to, const char *as, struct err *err)
{
	struct stat st;
	int rc;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		rc = err_sys(err, errno, "look at it");
	else if (S_ISDIR(st.st_mode))
		rc = dir_copy(c, from, name, to, as, err);
	else if (S_ISREG(st.st_mode))
		rc = file_copy(c, from, name, to, as, err);
	else if (S_ISLNK(st.st_mode))
		rc = link_copy(c, from, name, to, as, &st, err);
	else if (S_ISFIFO(st.st_mode) || (c->o->devices && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))))
		rc = node_copy(c, to, as, &st, err);
	else
		return 0;
	return rc < 0 ? err_wrap(err, "%s", name) : 0;
}

/* ---- the calls ---------------------------------------------------------------------------------------------------------- */

int copy_tree(int from, int to, const struct copy_opts *o, struct err *err)
{
	return entries(&(struct copy){ .o = o }, from, to, err);
}

int copy_entry(int from, const char *name, int to, const char *as, const struct copy_opts *o, struct err *err)
{
	return entry(&(struct copy){ .o = o }, from, name, to, as, err);
}

int copy_opened(int from, int to, const char *as, const struct copy_opts *o, struct err *err)
{
	auto_close int in = -EBADF;
	char self[40];
	struct stat st;

	if (fstat(from, &st) < 0)
		return err_sys(err, errno, "look at it");
	if (S_ISDIR(st.st_mode))
		return dir_copy(&(struct copy){ .o = o }, from, ".", to, as, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED, "it is neither a file nor a directory");
	snprintf(self, sizeof self, "/proc/self/fd/%d", from);
	if ((in = open(self, O_RDONLY | O_NOCTTY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open it");
	return file_write_to(&(struct copy){ .o = o }, in, to, as, err);
}

int copy_attributes(int from, int to, const struct copy_opts *o, struct err *err)
{
	auto_close int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		       out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		return err_sys(err, errno, "open the directory");
	return settle(o, in, out, &st, err);
}
