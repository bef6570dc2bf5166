#include "pkg/archive/tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pkg/archive/names.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#define BLOCK (256 * KiB)
#define XATTRS_MAX (64 * KiB) /* XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel */

struct tree {
	struct archive *tar;
	struct archive_entry_linkresolver *links;
	struct sink *to;
	bool difference;
	char *block, *xattrs, *value;
	unsigned depth;
	struct err *err;
	bool failed; /* err is filled: the sink said no */
};

static la_ssize_t to_sink(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct tree *t = ctx;

	if (sink_write(t->to, p, n, t->err) < 0) {
		t->failed = true;
		archive_set_error(a, EIO, "write");
		return -1;
	}
	return (la_ssize_t) n;
}

static int tar_failed(struct tree *t, const char *name)
{
	const char *text = archive_error_string(t->tar);

	if (t->failed)
		return t->err->errnum ? -t->err->errnum : -EIO;
	return err_set(t->err, ERR_SYSTEM, "'%s': %s", name, text ? text : "cannot be put into a tar");
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* What an image may say of a file: see xattr_use() of the unpacking side. */
static bool xattr_goes(const char *name)
{
	return strcmp(name, "security.capability") == 0 || strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0 ||
	       (strncmp(name, "user.", 5) == 0 && strncmp(name, "user.overlay.", 13) != 0);
}

static int xattrs_add(struct tree *t, int fd, struct archive_entry *e, const char *name)
{
	ssize_t n = flistxattr(fd, t->xattrs, XATTRS_MAX);

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : err_sys(t->err, errno, "'%s': list attributes", name);
	for (const char *x = t->xattrs; x < t->xattrs + n; x += strlen(x) + 1) {
		ssize_t size;

		if (strstr(x, ".overlay.redirect") || strstr(x, ".overlay.metacopy"))
			return err_set(t->err, ERR_UNSUPPORTED,
				"'%s' was moved by overlay's redirect_dir or metacopy, which no tar can say",
				name);
		if (!xattr_goes(x))
			continue;
		if ((size = fgetxattr(fd, x, t->value, XATTRS_MAX)) >= 0)
			archive_entry_xattr_add_entry(e, x, t->value, (size_t) size);
	}
	return 0;
}

static bool is_opaque(int dir)
{
	char y = 0;

	return (fgetxattr(dir, "trusted.overlay.opaque", &y, 1) == 1 ||
		       fgetxattr(dir, "user.overlay.opaque", &y, 1) == 1) &&
	       y == 'y';
}

/* Exactly as many bytes as the header says, whatever happens to the file meanwhile. */
static int data_write(struct tree *t, int fd, uint64_t size, const char *name)
{
	while (size) {
		size_t want = size < BLOCK ? (size_t) size : BLOCK;
		ssize_t n = read(fd, t->block, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(t->err, errno, "read '%s'", name);
		if (n == 0) {
			memset(t->block, 0, want);
			n = (ssize_t) want;
		}
		if (archive_write_data(t->tar, t->block, (size_t) n) != n)
			return tar_failed(t, name);
		size -= (uint64_t) n;
	}
	return 0;
}

static int entry_write(
	struct tree *t, int dir, const char *base, const char *name, const struct stat *st, int fd)
{
	AUTO(free_p) char *target = NULL;
	struct archive_entry *e = archive_entry_new(), *spare = NULL;
	int rc = 0;

	if (!e)
		return err_sys(t->err, ENOMEM, "write a tar");
	archive_entry_copy_stat(e, st);
	archive_entry_copy_pathname(e, name);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, 0);
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_unset_birthtime(e);
	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(dir, base, t->block, BLOCK - 1);

		if (n < 0)
			rc = err_sys(t->err, errno, "read link '%s'", name);
		else if ((target = strndup(t->block, (size_t) n)))
			archive_entry_copy_symlink(e, target);
	}
	if (rc == 0 && fd >= 0)
		rc = xattrs_add(t, fd, e, name);
	if (rc == 0 && !S_ISDIR(st->st_mode))
		archive_entry_linkify(t->links, &e, &spare);
	if (rc == 0 && e && archive_write_header(t->tar, e) < ARCHIVE_WARN)
		rc = tar_failed(t, name);
	if (rc == 0 && e && S_ISREG(st->st_mode) && !archive_entry_hardlink(e) && st->st_size)
		rc = data_write(t, fd, (uint64_t) st->st_size, name);
	archive_entry_free(e);
	return rc;
}

/* An empty file that says something of the layers below. */
static int mark_write(struct tree *t, const char *dir, const char *mark)
{
	struct stat st = { .st_mode = S_IFREG | 0600, .st_nlink = 1 };
	char name[ENTRY_NAME_MAX + 300];

	snprintf(name, sizeof name, "%s%s%s", dir, *dir ? "/" : "", mark);
	return entry_write(t, -1, NULL, name, &st, -1);
}

static int dir_write(struct tree *t, int dir, const char *at);

static int child_write(struct tree *t, int dir, const char *at, const char *base)
{
	char name[ENTRY_NAME_MAX], mark[300];
	auto_close int fd = -EBADF;
	struct stat st;
	int rc;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(t->err, errno, "look at '%s/%s'", at, base);
	if (t->difference && is_whiteout(&st)) {
		snprintf(mark, sizeof mark, ".wh.%s", base);
		return mark_write(t, at, mark);
	}
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (snprintf(name, sizeof name, "%s%s%s", at, *at ? "/" : "", base) >= (int) sizeof name)
		return err_set(t->err, ERR_UNSUPPORTED, "'%s/%s': the name is too long", at, base);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		fd = openat(dir, base,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
				(S_ISDIR(st.st_mode) ? O_DIRECTORY : 0));
		if (fd < 0)
			return errno == ENOENT ? 0 : err_sys(t->err, errno, "open '%s'", name);
	}
	if ((rc = entry_write(t, dir, base, name, &st, fd)) < 0 || !S_ISDIR(st.st_mode))
		return rc;
	if (t->difference && is_opaque(fd) && (rc = mark_write(t, name, ".wh..wh..opq")) < 0)
		return rc;
	return dir_write(t, fd, name);
}

struct names {
	char **v;
	size_t n;
};

static void names_done(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

static int names_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static int names_read(struct tree *t, int dir, const char *at, struct names *ret)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	int rc = 0;

	if (!d) {
		rc = err_sys(t->err, errno, "list '%s'", at);
		fd_close_p(&again);
		return rc;
	}
	while (rc == 0 && (de = readdir(d))) {
		char **more;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (!(more = reallocarray(ret->v, ret->n + 1, sizeof *more)) ||
			(ret->v = more, !(more[ret->n] = strdup(de->d_name))))
			rc = err_sys(t->err, ENOMEM, "list '%s'", at);
		else
			ret->n++;
	}
	(void) closedir(d);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof *ret->v, names_compare);
	return rc;
}

static int dir_write(struct tree *t, int dir, const char *at)
{
	AUTO(names_done) struct names l = { 0 };
	int rc = names_read(t, dir, at, &l);

	if (rc == 0 && ++t->depth > ENTRY_DEPTH_MAX)
		rc = err_set(
			t->err, ERR_UNSUPPORTED, "more than %d directories in each other", ENTRY_DEPTH_MAX);
	/* what is deleted comes first: the name may be made again below */
	for (int whiteouts = t->difference; whiteouts >= 0; whiteouts--)
		for (size_t i = 0; rc == 0 && i < l.n; i++) {
			struct stat st;
			bool w = t->difference && fstatat(dir, l.v[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
				 is_whiteout(&st);

			if (w == (whiteouts == 1))
				rc = child_write(t, dir, at, l.v[i]);
		}
	t->depth--;
	return rc;
}

int tree_write(int dir, bool difference, struct sink *to, struct err *err)
{
	struct tree t = { .to = to, .difference = difference, .err = err };
	int rc;

	t.tar = archive_write_new();
	t.links = archive_entry_linkresolver_new();
	t.block = malloc(BLOCK);
	t.xattrs = malloc(XATTRS_MAX);
	t.value = malloc(XATTRS_MAX);
	if (!t.tar || !t.links || !t.block || !t.xattrs || !t.value ||
		archive_write_set_format_pax_restricted(t.tar) != ARCHIVE_OK ||
		archive_write_set_options(t.tar, "xattrheader=SCHILY") < ARCHIVE_WARN ||
		archive_write_set_bytes_per_block(t.tar, 0) != ARCHIVE_OK ||
		archive_write_open2(t.tar, &t, NULL, to_sink, NULL, NULL) != ARCHIVE_OK) {
		rc = err_sys(err, ENOMEM, "write a tar");
	} else {
		archive_entry_linkresolver_set_strategy(t.links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
		rc = dir_write(&t, dir, "");
		if (rc == 0 && archive_write_close(t.tar) != ARCHIVE_OK)
			rc = tar_failed(&t, "");
	}
	archive_entry_linkresolver_free(t.links);
	if (rc < 0)
		(void) archive_write_fail(t.tar);
	(void) archive_write_free(t.tar);
	free(t.block);
	free(t.xattrs);
	free(t.value);
	return rc;
}
