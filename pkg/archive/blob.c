#include "pkg/archive/blob.h"

#include <archive_entry.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/archive/digest.h"
#include "pkg/archive/gunzip.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#define BLOCK (256 * KiB)

struct blob {
	int fd, stop; /* stop: an eventfd */
	bool seekable, failed;
	off_t pos, end;        /* end: of a member that is read in place; -1: the file's own */
	unsigned char *block;  /* what was read last */
	struct archive *outer; /* reader of the tar around us */
	int64_t outer_pos;     /* bytes of the member so far: it must not have holes */
	struct digest *digest;
	uint64_t bytes;
	const unsigned char *first; /* read to look at, not yet handed on; later the rest of a plain block */
	size_t first_len;
	struct gunzip *gz;
	struct archive *raw;
	const unsigned char *piece; /* of raw's last block */
	size_t piece_len;
	struct err err; /* the first failure */
};

int reader_setup(struct archive *a, bool filters, bool tar)
{
	/* ARCHIVE_WARN would mean "through an external program": such a libarchive is no use to us */
	if (filters && (archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
			       archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
			       archive_read_support_filter_xz(a) != ARCHIVE_OK ||
			       archive_read_support_filter_zstd(a) != ARCHIVE_OK))
		return -EOPNOTSUPP;
	if (tar)
		return archive_read_support_format_tar(a) == ARCHIVE_OK ? 0 : -ENOMEM;
	return archive_read_support_format_raw(a) == ARCHIVE_OK ? 0 : -ENOMEM;
}

int reader_error(struct archive *a, struct err *err, const char *what)
{
	const char *text = archive_error_string(a);

	if (archive_errno(a) == ENOMEM)
		return err_sys(err, ENOMEM, "%s", what);
	if (text && strstr(text, "Unrecognized archive format"))
		return err_set(err, ERR_INVALID, "not a tar archive, or compressed in an unknown way");
	return err_set(err, ERR_CORRUPT, "%s: %s", what, text && *text ? text : "unreadable");
}

/* Every failure below goes through here; libarchive's callbacks tell it to their reader too. */
static ssize_t failed(struct blob *b, struct archive *a)
{
	b->failed = true;
	if (a)
		archive_set_error(a, b->err.errnum ? b->err.errnum : EIO, "%s", b->err.msg);
	return -EIO;
}

/* ---- from the descriptor -------------------------------------------------------------------------------------------- */

static ssize_t fd_read_into(struct blob *b, struct archive *a, void *p, size_t size)
{
	ssize_t n;

	if (b->end >= 0 && (off_t) size > b->end - b->pos)
		size = (size_t) (b->end - b->pos);
	if (!b->seekable) {
		struct pollfd w[2] = { { .fd = b->fd, .events = POLLIN },
			{ .fd = b->stop, .events = POLLIN } };

		while (poll(w, 2, -1) < 0 && errno == EINTR)
			;
		if (w[1].revents) {
			(void) err_sys(&b->err, ECANCELED, "read the archive");
			return failed(b, a);
		}
	}
	do
		n = b->seekable ? pread(b->fd, p, size, b->pos) : read(b->fd, p, size);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		(void) err_sys(&b->err, errno, "read the archive");
		return failed(b, a);
	}
	if (n == 0 && size && b->end >= 0) {
		(void) err_set(&b->err, ERR_CORRUPT, "read the archive: it ends within a layer");
		return failed(b, a);
	}
	b->pos += n;
	return n;
}

static ssize_t fd_read(struct blob *b, struct archive *a) { return fd_read_into(b, a, b->block, BLOCK); }

/* ---- a member of an outer tar ---------------------------------------------------------------------------------------- */

static la_ssize_t outer_read(struct archive *a, void *ctx, const void **ret)
{
	struct blob *b = ctx;

	*ret = b->block;
	return fd_read(b, a);
}

static la_int64_t outer_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct blob *b = ctx;

	(void) a;
	if (!b->seekable)
		return 0;
	b->pos += n;
	return n;
}

static ssize_t outer_failed(struct blob *b, struct archive *a)
{
	if (!b->failed)
		(void) reader_error(b->outer, &b->err, "read the archive");
	return failed(b, a);
}

static ssize_t member_read(struct blob *b, struct archive *a, const void **ret)
{
	la_int64_t at;
	size_t n;
	int rc;

	do
		rc = archive_read_data_block(b->outer, ret, &n, &at);
	while (rc == ARCHIVE_OK && n == 0);
	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc != ARCHIVE_OK)
		return outer_failed(b, a);
	if (at != b->outer_pos) {
		(void) err_set(
			&b->err, ERR_UNSUPPORTED, "the layer is stored as a sparse file in its archive");
		return failed(b, a);
	}
	b->outer_pos += (int64_t) n;
	return (ssize_t) n;
}

/* A plain member of a file is a range of it: its bytes need not go through the outer reader. */
static void member_in_place(struct blob *b, struct archive_entry *e, off_t start)
{
	if (!b->seekable || archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) ||
		archive_entry_sparse_count(e) || !archive_entry_size_is_set(e))
		return;
	b->pos = start + (off_t) archive_filter_bytes(b->outer, 0);
	b->end = b->pos + (off_t) archive_entry_size(e);
	(void) archive_read_free(b->outer);
	b->outer = NULL;
}

/* Goes to the member.  Every header counts, as in scan. */
static int outer_open(struct blob *b, int64_t member, struct err *err)
{
	struct archive_entry *e;
	off_t start = b->pos;
	int rc = ARCHIVE_OK;

	if (!(b->outer = archive_read_new()) || reader_setup(b->outer, false, true) < 0)
		return err_sys(err, ENOMEM, "archive reader");
	archive_read_set_read_callback(b->outer, outer_read);
	archive_read_set_skip_callback(b->outer, outer_skip);
	archive_read_set_callback_data(b->outer, b);
	if (archive_read_open1(b->outer) != ARCHIVE_OK)
		return reader_error(b->outer, err, "read the archive");
	for (int64_t i = 0; i <= member; i++)
		if ((rc = archive_read_next_header(b->outer, &e)) < ARCHIVE_WARN || rc == ARCHIVE_EOF)
			break;
	if (rc == ARCHIVE_EOF)
		return err_set(err, ERR_CORRUPT, "the archive changed while it was read");
	if (rc < ARCHIVE_WARN)
		return reader_error(b->outer, err, "read the archive");
	member_in_place(b, e, start);
	return 0;
}

/* ---- compressed bytes --------------------------------------------------------------------------------------------------- */

/* The next bytes as they come, counted and digested once. */
static ssize_t source_read(struct blob *b, struct archive *a, const void **ret)
{
	ssize_t n;

	if (b->first_len) {
		*ret = b->first;
		n = (ssize_t) b->first_len;
		b->first_len = 0;
		return n;
	}
	if (b->outer) {
		n = member_read(b, a, ret);
	} else {
		n = fd_read(b, a);
		*ret = b->block;
	}
	if (n > 0) {
		b->bytes += (uint64_t) n;
		if (b->digest)
			digest_add(b->digest, *ret, (size_t) n);
	}
	return n;
}

static ssize_t gunzip_next(void *ctx, const void **ret) { return source_read(ctx, NULL, ret); }
static la_ssize_t raw_next(struct archive *a, void *ctx, const void **ret)
{
	return source_read(ctx, a, ret);
}

static int raw_open(struct blob *b, struct err *err)
{
	struct archive_entry *e;

	if (!(b->raw = archive_read_new()) || reader_setup(b->raw, true, false) < 0)
		return err_sys(err, ENOMEM, "libarchive with gzip, bzip2, xz and zstd");
	archive_read_set_read_callback(b->raw, raw_next);
	archive_read_set_callback_data(b->raw, b);
	if (archive_read_open1(b->raw) != ARCHIVE_OK || archive_read_next_header(b->raw, &e) < ARCHIVE_WARN)
		return b->failed ? (*err = b->err, -EIO) : reader_error(b->raw, err, "decompress");
	return 0;
}

static bool has_magic(const unsigned char *p, size_t n)
{
	static const struct {
		const char *bytes;
		size_t len;
	} magics[] = { { "BZh", 3 }, { "\xfd\x37\x7a\x58\x5a", 5 }, { "\x28\xb5\x2f\xfd", 4 } };

	for (size_t i = 0; i < LEN(magics); i++)
		if (n >= magics[i].len && memcmp(p, magics[i].bytes, magics[i].len) == 0)
			return true;
	/* a skippable frame of zstd */
	return n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18;
}

/* The label may lie, so the first bytes tell how it is compressed. */
static int sniff(struct blob *b, struct err *err)
{
	const void *p = NULL;
	ssize_t n = source_read(b, NULL, &p);

	if (n < 0) {
		*err = b->err;
		return -EIO;
	}
	b->first = p;
	b->first_len = (size_t) n;
	if (gunzip_is(b->first, b->first_len))
		return (b->gz = gunzip_new(gunzip_next, b)) ? 0 : err_sys(err, ENOMEM, "decompress");
	return has_magic(b->first, b->first_len) ? raw_open(b, err) : 0;
}

int blob_open(int fd, int64_t member, bool hash, struct blob **ret, struct err *err)
{
	struct blob *b = calloc(1, sizeof *b);
	struct stat st;
	int rc = 0;

	if (!b)
		return err_sys(err, ENOMEM, "archive reader");
	b->fd = fd;
	b->end = -1;
	b->stop = eventfd(0, EFD_CLOEXEC);
	b->seekable = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	b->pos = b->seekable ? lseek(fd, 0, SEEK_CUR) : 0;
	if (b->stop < 0 || !(b->block = malloc(BLOCK)) || (hash && !(b->digest = digest_new(true))))
		rc = err_sys(err, ENOMEM, "archive reader");
	if (rc == 0 && member >= 0)
		rc = outer_open(b, member, err);
	if (rc == 0)
		rc = sniff(b, err);
	if (rc < 0) {
		blob_free(b);
		return rc;
	}
	*ret = b;
	return 0;
}

void blob_free(struct blob *b)
{
	if (!b)
		return;
	gunzip_free(b->gz);
	if (b->raw)
		(void) archive_read_free(b->raw);
	if (b->outer)
		(void) archive_read_free(b->outer);
	digest_free(b->digest);
	fd_close_p(&b->stop);
	free(b->block);
	free(b);
}

/* ---- decompressed bytes --------------------------------------------------------------------------------------------- */

static ssize_t gz_read(struct blob *b, void *p, size_t n)
{
	ssize_t got = gunzip_read(b->gz, p, n);

	if (got == -EPIPE)
		(void) err_set(&b->err, ERR_CORRUPT, "decompress: truncated gzip data");
	else if (got == -EBADMSG)
		(void) err_set(&b->err, ERR_CORRUPT, "decompress: broken gzip data");
	else if (got == -ENOMEM)
		(void) err_sys(&b->err, ENOMEM, "decompress");
	return got < 0 ? failed(b, NULL) : got;
}

/* Next piece that can be handed on without decompression by us: of a plain blob, or of libarchive's. */
static ssize_t piece_next(struct blob *b)
{
	const void *p = NULL;
	la_int64_t at;
	size_t n = 0;
	int rc = ARCHIVE_OK;

	if (b->raw) {
		while (rc == ARCHIVE_OK && n == 0)
			rc = archive_read_data_block(b->raw, &p, &n, &at);
		if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF) {
			if (!b->failed)
				(void) reader_error(b->raw, &b->err, "decompress");
			return failed(b, NULL);
		}
	} else {
		ssize_t got = source_read(b, NULL, &p);

		if (got < 0)
			return got;
		n = (size_t) got;
	}
	b->piece = p;
	b->piece_len = n;
	return (ssize_t) n;
}

/* Plain bytes of the descriptor, without a stop in our block. */
static ssize_t plain_read(struct blob *b, unsigned char *p, size_t n)
{
	ssize_t got = fd_read_into(b, NULL, p, n);

	if (got > 0) {
		b->bytes += (uint64_t) got;
		if (b->digest)
			digest_add(b->digest, p, (size_t) got);
	}
	return got;
}

static ssize_t pieces_read(struct blob *b, unsigned char *p, size_t n)
{
	size_t done = 0;

	while (done < n && (b->raw || b->outer || b->first_len || b->piece_len)) {
		ssize_t got = b->piece_len ? (ssize_t) b->piece_len : piece_next(b);
		size_t take = got > 0 && (size_t) got < n - done ? (size_t) got : n - done;

		if (got < 0)
			return got;
		if (got == 0)
			return (ssize_t) done;
		memcpy(p + done, b->piece, take);
		b->piece += take;
		b->piece_len -= take;
		done += take;
	}
	while (done < n) {
		ssize_t got = plain_read(b, p + done, n - done);

		if (got < 0)
			return got;
		if (got == 0)
			break;
		done += (size_t) got;
	}
	return (ssize_t) done;
}

ssize_t blob_read(struct blob *b, void *p, size_t n, struct err *err)
{
	const void *rest;
	ssize_t got = b->failed ? -EIO : b->gz ? gz_read(b, p, n) : pieces_read(b, p, n), tail = got;

	/* what follows the compressed data belongs to the blob's digest too */
	while (tail == 0 && (tail = source_read(b, NULL, &rest)) > 0)
		tail = 0;
	if (got < 0 || tail < 0) {
		*err = b->err;
		return err->errnum ? -err->errnum : -EBADMSG;
	}
	return got;
}

void blob_cancel(struct blob *b) { (void) eventfd_write(b->stop, 1); }

uint64_t blob_bytes(const struct blob *b) { return b->bytes; }

void blob_digest(struct blob *b, char hex[65])
{
	hex[0] = '\0';
	if (b->digest)
		digest_hex_end(b->digest, hex);
}
