#include "pkg/archive/recipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "pkg/util/buf.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define LEVEL 3
/* What the tar reader may have been given ahead of the header it reports: a block of the stream and some headers. */
#define AHEAD_MAX (2 * MiB)
#define PENDING_MAX (4 * MiB)

struct recipe {
	int fd;
	ZSTD_CCtx *z;
	char out[64 * KiB];
	uint64_t from; /* place in the stream of the first unsettled byte */
	struct buf
		pending; /* bytes that nobody has said anything about, and before 'gone' those that are settled */
	size_t gone;
	uint64_t skip; /* of a file's contents, still to come */
	uint64_t replaced;
	uint64_t files, files_before; /* 'F' records so far; when the entry began */
	struct err err;               /* the first failure */
};

struct recipe *recipe_new(int fd)
{
	struct recipe *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->fd = fd;
	buf_init(&r->pending, 16 * MiB);
	if (!(r->z = ZSTD_createCCtx())) {
		recipe_free(r);
		return NULL;
	}
	(void) ZSTD_CCtx_setParameter(r->z, ZSTD_c_compressionLevel, LEVEL);
	return r;
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	(void) ZSTD_freeCCtx(r->z);
	buf_done(&r->pending);
	free(r);
}

static void put(struct recipe *r, const void *p, size_t n, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = { p, n, 0 };
	size_t left = 1;

	while (!r->err.kind && (in.pos < in.size || (how == ZSTD_e_end && left))) {
		ZSTD_outBuffer out = { r->out, sizeof r->out, 0 };
		int rc;

		left = ZSTD_compressStream2(r->z, &out, &in, how);
		if (ZSTD_isError(left))
			(void) err_sys(&r->err, ENOMEM, "keep how the layer was written");
		else if (out.pos && (rc = io_write_all(r->fd, r->out, out.pos)) < 0)
			(void) err_sys(&r->err, -rc, "keep how the layer was written");
	}
}

static void put_u64(struct recipe *r, uint64_t v) { put(r, &v, sizeof v, ZSTD_e_continue); }

static void begin(struct recipe *r)
{
	if (r->from == 0 && !r->pending.len)
		put(r, RECIPE_MAGIC, strlen(RECIPE_MAGIC), ZSTD_e_continue);
}

static size_t unsettled(const struct recipe *r) { return r->pending.len - r->gone; }

/* The first n pending bytes are what they are. */
static void settle(struct recipe *r, size_t n)
{
	if (!n)
		return;
	put(r, "R", 1, ZSTD_e_continue);
	put_u64(r, n);
	put(r, r->pending.data + r->gone, n, ZSTD_e_continue);
	r->gone += n;
	r->from += n;
}

void recipe_bytes(struct recipe *r, const void *p, size_t n)
{
	size_t drop = r->skip < n ? (size_t) r->skip : n;

	begin(r);
	r->skip -= drop;
	r->from += drop;
	buf_consume(&r->pending, r->gone); /* once for each block: it moves the rest */
	r->gone = 0;
	if (n > drop && buf_add(&r->pending, (const char *) p + drop, n - drop) < 0 && !r->err.kind)
		(void) err_sys(&r->err, ENOMEM, "keep how the layer was written");
	if (unsettled(r) > PENDING_MAX)
		settle(r, unsettled(r) - AHEAD_MAX);
}

void recipe_entry(struct recipe *r) { r->files_before = r->files; }

void recipe_file(struct recipe *r, uint64_t start, uint64_t len, const char *name)
{
	uint16_t k = (uint16_t) strlen(name);
	size_t have;

	if (r->err.kind || start < r->from || start - r->from > unsettled(r)) {
		if (!r->err.kind)
			(void) err_set(&r->err, ERR_SYSTEM, "the tar reader is ahead of its headers");
		return;
	}
	settle(r, (size_t) (start - r->from));
	put(r, "F", 1, ZSTD_e_continue);
	put_u64(r, len);
	put(r, &k, sizeof k, ZSTD_e_continue);
	put(r, name, k, ZSTD_e_continue);
	r->files++;
	have = unsettled(r) < len ? unsettled(r) : (size_t) len;
	r->gone += have;
	r->from += have;
	r->skip = len - have;
}

void recipe_replaced(struct recipe *r, const char *name, int fd, uint64_t size)
{
	uint16_t k = (uint16_t) strlen(name);
	char block[16 * KiB];

	r->replaced += size;
	if (r->replaced > RECIPE_REPLACED_MAX) {
		if (!r->err.kind)
			(void) err_set(&r->err, ERR_UNSUPPORTED,
				"entries of the layer replace more than %lu bytes of earlier ones",
				RECIPE_REPLACED_MAX);
		return;
	}
	put(r, "D", 1, ZSTD_e_continue);
	put_u64(r, size);
	put(r, &k, sizeof k, ZSTD_e_continue);
	put(r, name, k, ZSTD_e_continue);
	put_u64(r, r->files_before);
	for (uint64_t done = 0; done < size && !r->err.kind;) {
		ssize_t n = pread(
			fd, block, size - done < sizeof block ? size - done : sizeof block, (off_t) done);

		if (n <= 0 && errno != EINTR)
			(void) err_sys(&r->err, n ? errno : EIO, "read a file that is replaced");
		else if (n > 0)
			put(r, block, (size_t) n, ZSTD_e_continue), done += (uint64_t) n;
	}
}

int recipe_end(struct recipe *r, struct err *err)
{
	begin(r);
	settle(r, unsettled(r));
	put(r, "E", 1, ZSTD_e_end);
	if (!r->err.kind)
		return 0;
	*err = r->err;
	return err->errnum ? -err->errnum : -EIO;
}
