#include "pkg/archive/scan.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "pkg/archive/blob.h"
#include "pkg/archive/names.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define SCAN_BLOCK (256 * KiB)

struct scan {
	int fd, dir;
	bool file, in_place; /* fd is a file; its tar is not compressed: members can be read where they are */
	off_t pos;
	unsigned char *block;
	uint64_t max, copied, room;
	int64_t index, copies;
	int errnum; /* of a failed read */
};

static la_ssize_t scan_read(struct archive *a, void *ctx, const void **ret)
{
	struct scan *s = ctx;
	ssize_t n;

	*ret = s->block;
	do
		n = s->file ? pread(s->fd, s->block, SCAN_BLOCK, s->pos) : read(s->fd, s->block, SCAN_BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(a, s->errnum = errno, "%s", strerror(errno));
		return -1;
	}
	s->pos += n;
	return n;
}

static la_int64_t scan_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct scan *s = ctx;
	struct stat st;

	(void) a;
	/* never past the end: a truncated archive must be seen as one */
	if (!s->file || fstat(s->fd, &st) < 0 || n > st.st_size - s->pos)
		return 0;
	s->pos += n;
	return n;
}

static int copy_out(struct scan *s, struct archive *a, struct scan_member *m, struct err *err)
{
	char name[24];
	auto_close int fd = -EBADF;
	uint64_t end = 0;
	const void *p;
	la_int64_t at;
	size_t n;
	int rc;

	snprintf(name, sizeof name, "%lld", (long long) s->copies);
	if ((fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return err_sys(err, errno, "make temporary file");
	while ((rc = archive_read_data_block(a, &p, &n, &at)) == ARCHIVE_OK) {
		if ((uint64_t) at != end)
			return err_set(err, ERR_UNSUPPORTED, "stored as a sparse file");
		if (n > s->max - s->copied)
			return err_set(err, ERR_INVALID,
				"the archive is larger than the limit of %llu bytes when unpacked",
				(unsigned long long) s->max);
		if (n > s->room - s->copied)
			return err_sys(err, ENOSPC, "copy");
		if ((rc = io_write_all(fd, p, n)) < 0)
			return err_sys(err, -rc, "copy");
		end += n;
		s->copied += n;
	}
	if (rc != ARCHIVE_EOF)
		return reader_error(a, err, "read the archive");
	m->file = s->copies++;
	m->size = end;
	return 0;
}

static int member_scan(
	struct scan *s, struct archive *a, struct archive_entry *e, scan_fn *fn, void *ctx, struct err *err)
{
	char name[ENTRY_NAME_MAX], target[ENTRY_NAME_MAX];
	struct scan_member m = { .name = name, .index = s->index, .file = -1 };
	const char *hard = archive_entry_hardlink(e);
	int rc;

	if (entry_name_clean(archive_entry_pathname(e), name) < 0 || strlen(name) > SCAN_NAME_MAX)
		return err_set(err, ERR_INVALID, "a member's name leads out of the archive or is too long");
	if (hard) {
		if (entry_name_clean(hard, target) < 0)
			return err_set(err, ERR_INVALID, "a link that leads out of the archive");
		m.hard = target;
	} else if (archive_entry_filetype(e) == S_IFLNK) {
		m.link = archive_entry_symlink(e);
		if (!m.link || strlen(m.link) > SCAN_NAME_MAX)
			return err_set(err, ERR_INVALID, "a link without a usable target");
	} else if (archive_entry_filetype(e) == S_IFREG) {
		m.size = (uint64_t) archive_entry_size(e);
		if ((!s->in_place || m.size <= IMAGE_CONFIG_MAX) && (rc = copy_out(s, a, &m, err)) < 0)
			return rc;
	} else {
		return 0; /* directories say nothing; other types have no place in an image archive */
	}
	return fn(ctx, &m, err);
}

static int members_scan(struct scan *s, struct archive *a, scan_fn *fn, void *ctx, struct err *err)
{
	struct archive_entry *e;
	int rc;

	for (s->index = 0;; s->index++) {
		if ((rc = archive_read_next_header(a, &e)) == ARCHIVE_EOF)
			return 0;
		if (rc < ARCHIVE_WARN)
			return s->errnum ? err_sys(err, s->errnum, "read the archive")
					 : reader_error(a, err, "read the archive");
		if (s->index == SCAN_MEMBERS_MAX)
			return err_set(
				err, ERR_INVALID, "the archive has more than %d members", SCAN_MEMBERS_MAX);
		s->in_place = s->file && archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE;
		if ((rc = member_scan(s, a, e, fn, ctx, err)) < 0) {
			struct buf name = BUF_INIT(2 * KiB);

			entry_name_show(&name, archive_entry_pathname(e));
			(void) err_wrap(err, "member '%s'", name.data ? name.data : "?");
			buf_done(&name);
			return rc;
		}
	}
}

int archive_scan(int fd, int dir, uint64_t max, scan_fn *fn, void *ctx, struct err *err)
{
	struct scan s = { .fd = fd, .dir = dir, .max = max, .room = UINT64_MAX };
	struct archive *a = archive_read_new();
	struct statvfs fs;
	struct stat st;
	int rc;

	if (fstatvfs(dir, &fs) == 0)
		s.room = (uint64_t) fs.f_bavail * fs.f_frsize;
	s.file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	s.pos = s.file ? lseek(fd, 0, SEEK_CUR) : 0;
	if (!a || !(s.block = malloc(SCAN_BLOCK)) || reader_setup(a, true, true) < 0) {
		rc = err_sys(err, ENOMEM, "archive reader");
	} else {
		archive_read_set_read_callback(a, scan_read);
		archive_read_set_skip_callback(a, scan_skip);
		archive_read_set_callback_data(a, &s);
		rc = archive_read_open1(a) == ARCHIVE_OK ? members_scan(&s, a, fn, ctx, err)
							 : reader_error(a, err, "read the archive");
	}
	if (a)
		(void) archive_read_free(a);
	free(s.block);
	return rc;
}
