#include "pkg/archive/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/path.h"

struct attrs {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	struct timespec times[2];
};

static int attrs_read(struct archive_entry *e, struct attrs *ret, struct err *err)
{
	int64_t uid = archive_entry_uid(e), gid = archive_entry_gid(e);

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 ||
		gid >= UINT32_MAX) /* 2^32-1 means "do not change" to chown */
		return err_set(err, ERR_INVALID, "owner %lld:%lld is not a user and group id",
			(long long) uid, (long long) gid);
	ret->uid = (uid_t) uid;
	ret->gid = (gid_t) gid;
	ret->mode = archive_entry_perm(e) & 07777;
	ret->times[1] = (struct timespec){ archive_entry_mtime(e), archive_entry_mtime_nsec(e) };
	ret->times[0] = ret->times[1];
	return 0;
}

static int chown_failed(struct layer *l, const struct attrs *at, int errnum, struct err *err)
{
	if (l->userns && (errnum == EINVAL || errnum == EPERM))
		return err_set(err, ERR_DENIED,
			"owner %u:%u is not mapped in this user namespace; give the user more subordinate "
			"ids in /etc/subuid "
			"and /etc/subgid (usermod --add-subuids, --add-subgids)",
			at->uid, at->gid);
	return err_sys(err, errnum, "set owner %u:%u", at->uid, at->gid);
}

enum xattr_use { XATTR_SET, XATTR_LAST, XATTR_SKIP, XATTR_NOTE };

/* Which attributes an image may bring: its own and file capabilities.  overlay's would change what the mount shows,
 * security labels are the host's business. */
static enum xattr_use xattr_use(const char *name)
{
	if (strcmp(name, "security.capability") == 0)
		return XATTR_LAST;
	if (strcmp(name, "security.selinux") == 0)
		return XATTR_SKIP;
	if (strncmp(name, "user.overlay.", 13) == 0)
		return XATTR_NOTE;
	if (strncmp(name, "user.", 5) == 0 || strcmp(name, "system.posix_acl_access") == 0 ||
		strcmp(name, "system.posix_acl_default") == 0)
		return XATTR_SET;
	return XATTR_NOTE;
}

/* fd: the open file, or -1 for what cannot be opened (links, devices): then it is the entry 'base' of the parent. */
static int xattr_put(struct layer *l, int fd, const char *base, const char *name, const void *value, size_t n,
	struct err *err)
{
	int rc;

	if (fd >= 0)
		rc = fsetxattr(fd, name, value, n, 0);
	else
		rc = fchdir(l->parent) < 0 ? -1 : lsetxattr(base, name, value, n, 0);
	if (rc == 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == EPERM) /* EPERM: user.* on links and devices */
		return layer_note(
			l, err, "'%s': extended attribute %s is left out: %s", base, name, strerror(errno));
	return err_sys(err, errno, "set extended attribute %s", name);
}

static int xattrs_apply(struct layer *l, struct archive_entry *e, int fd, const char *base, struct err *err)
{
	int left = archive_entry_xattr_reset(e), rc = 0;
	const void *value, *caps = NULL;
	size_t n, caps_len = 0;
	const char *name;

	while (rc == 0 && left-- > 0 && archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK) {
		switch (name ? xattr_use(name) : XATTR_SKIP) {
		case XATTR_SET:
			rc = xattr_put(l, fd, base, name, value, n, err);
			break;
		case XATTR_LAST:
			caps = value;
			caps_len = n;
			break;
		case XATTR_NOTE:
			rc = layer_note(l, err, "'%s': extended attribute %s is left out", base, name);
			break;
		case XATTR_SKIP:
			break;
		}
	}
	if (rc == 0 && caps)
		rc = xattr_put(l, fd, base, "security.capability", caps, caps_len, err);
	return rc;
}

static int fd_attrs(struct layer *l, struct archive_entry *e, int fd, const char *base,
	const struct attrs *at, bool own, struct err *err)
{
	int rc;

	if (own && fchown(fd, at->uid, at->gid) < 0)
		return chown_failed(l, at, errno, err);
	if (fchmod(fd, at->mode) < 0)
		return err_sys(err, errno, "set mode %04o", (unsigned) at->mode);
	if (archive_entry_xattr_count(e) && (rc = xattrs_apply(l, e, fd, base, err)) < 0)
		return rc;
	return 0;
}

static int write_at(int fd, const char *p, size_t n, off_t at)
{
	while (n) {
		ssize_t w = pwrite(fd, p, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		at += w;
		n -= (size_t) w;
	}
	return 0;
}

static int contents(struct archive *tar, int fd, uint64_t size, struct err *err)
{
	uint64_t end = 0;
	const void *p;
	la_int64_t at;
	size_t n;
	int rc;

	while ((rc = archive_read_data_block(tar, &p, &n, &at)) == ARCHIVE_OK) {
		if (!n)
			continue;
		if (at < 0 || (uint64_t) at > size || n > size - (uint64_t) at)
			return err_set(err, ERR_CORRUPT, "its data is longer than its declared size");
		if ((rc = write_at(fd, p, n, at)) < 0)
			return err_sys(err, -rc, "write");
		end = (uint64_t) at + n;
	}
	if (rc != ARCHIVE_EOF)
		return -EPIPE;
	if (end < size && ftruncate(fd, (off_t) size) < 0) /* a hole at the end of a sparse file */
		return err_sys(err, errno, "set size");
	return 0;
}

static int make_file(struct layer *l, struct archive *tar, struct archive_entry *e, const char *base,
	const struct attrs *at, uint64_t max, uint64_t *size, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int64_t len = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;
	/* what a setgid parent gives is not what the archive says */
	bool own = at->uid || at->gid || l->parent_setgid;
	auto_close int fd = openat(l->parent, base, flags, at->mode & 0777);
	int rc;

	if (fd < 0 && errno == EEXIST) {
		if ((rc = layer_clear(l, base, err)) < 0)
			return rc;
		fd = openat(l->parent, base, flags, at->mode & 0777);
	}
	if (fd < 0)
		return err_sys(err, errno, "make file");
	if (len < 0 || (uint64_t) len > max)
		return err_set(err, ERR_INVALID, "its size of %lld bytes is past the limit", (long long) len);
	if (len && (rc = contents(tar, fd, (uint64_t) len, err)) < 0)
		return rc;
	*size = (uint64_t) len;
	if (own && fchown(fd, at->uid, at->gid) < 0)
		return chown_failed(l, at, errno, err);
	if ((own || (at->mode & 07000)) && fchmod(fd, at->mode) < 0)
		return err_sys(err, errno, "set mode %04o", (unsigned) at->mode);
	if (archive_entry_xattr_count(e) && (rc = xattrs_apply(l, e, fd, base, err)) < 0)
		return rc;
	return futimens(fd, at->times) < 0 ? err_sys(err, errno, "set times") : 0;
}

static int make_dir(struct layer *l, struct archive_entry *e, const char *clean, const char *base,
	const struct attrs *at, struct err *err)
{
	auto_close int fd = -EBADF;
	int rc;

	if (*clean && (rc = layer_mkdir(l, clean, base, at->mode, err)) < 0)
		return rc;
	fd = *clean ? openat(l->parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
		    : path_open(l->root, ".", PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, *clean ? errno : -fd, "open directory");
	if ((rc = fd_attrs(l, e, fd, base, at, true, err)) < 0)
		return rc;
	return layer_time_later(l, clean, at->times[1], err);
}

static int node_attrs(struct layer *l, struct archive_entry *e, const char *base, const struct attrs *at,
	bool link, struct err *err)
{
	int rc;

	if (fchownat(l->parent, base, at->uid, at->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return chown_failed(l, at, errno, err);
	/* not a link, we have just made it and nobody else is here, so that following cannot happen */
	if (!link && fchmodat(l->parent, base, at->mode, 0) < 0)
		return err_sys(err, errno, "set mode %04o", (unsigned) at->mode);
	if (archive_entry_xattr_count(e) && (rc = xattrs_apply(l, e, -1, base, err)) < 0)
		return rc;
	return utimensat(l->parent, base, at->times, AT_SYMLINK_NOFOLLOW) < 0
		       ? err_sys(err, errno, "set times")
		       : 0;
}

static int make_symlink(
	struct layer *l, struct archive_entry *e, const char *base, const struct attrs *at, struct err *err)
{
	const char *target = archive_entry_symlink(e);
	int rc;

	if (!target || !*target)
		return err_set(err, ERR_INVALID, "symbolic link without a target");
	if (symlinkat(target, l->parent, base) < 0) {
		if (errno != EEXIST)
			return err_sys(err, errno, "make symbolic link");
		if ((rc = layer_clear(l, base, err)) < 0)
			return rc;
		if (symlinkat(target, l->parent, base) < 0)
			return err_sys(err, errno, "make symbolic link");
	}
	return node_attrs(l, e, base, at, true, err);
}

static int make_hardlink(
	struct layer *l, struct archive_entry *e, const char *clean, const char *base, struct err *err)
{
	const char *target = archive_entry_hardlink(e);
	char to[ENTRY_NAME_MAX];

	if (entry_name_clean(target, to) < 0 || !*to)
		return err_set(err, ERR_INVALID, "hard link that would lead out of the layer");
	if (strcmp(to, clean) == 0)
		return 0;
	return layer_link(l, to, base, err);
}

static int make_node(
	struct layer *l, struct archive_entry *e, const char *base, const struct attrs *at, struct err *err)
{
	mode_t type = archive_entry_filetype(e);
	dev_t dev = type == S_IFIFO ? 0 : archive_entry_rdev(e);
	int rc;

	if (type != S_IFIFO && l->userns && dev != makedev(0, 0))
		return layer_note(
			l, err, "'%s': device node is left out: not possible in a user namespace", base);
	if (mknodat(l->parent, base, type | (at->mode & 0777), dev) < 0) {
		if (errno == EEXIST) {
			if ((rc = layer_clear(l, base, err)) < 0)
				return rc;
			rc = mknodat(l->parent, base, type | (at->mode & 0777), dev);
		} else {
			rc = -1;
		}
		if (rc < 0)
			return err_sys(err, errno, type == S_IFIFO ? "make fifo" : "make device node");
	}
	return node_attrs(l, e, base, at, false, err);
}

int entry_make(struct layer *l, struct archive *tar, struct archive_entry *e, const char *clean,
	const char *base, uint64_t max, uint64_t *size, struct err *err)
{
	struct attrs at;
	int rc;

	if (archive_entry_hardlink(e))
		return make_hardlink(l, e, clean, base, err);
	if ((rc = attrs_read(e, &at, err)) < 0)
		return rc;
	if (!*clean && archive_entry_filetype(e) != S_IFDIR)
		return err_set(err, ERR_INVALID, "the root of a layer must be a directory");
	switch (archive_entry_filetype(e)) {
	case S_IFREG:
		return make_file(l, tar, e, base, &at, max, size, err);
	case S_IFDIR:
		return make_dir(l, e, clean, base, &at, err);
	case S_IFLNK:
		return make_symlink(l, e, base, &at, err);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return make_node(l, e, base, &at, err);
	default:
		return layer_note(l, err, "'%s': entry of unknown type is left out", base);
	}
}
