#include "pkg/archive/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "pkg/archive/digest.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define BLOCK (256 * KiB)
#define GZIP_LEVEL 5 /* as containers.conf has it */
#define ZSTD_LEVEL 3

struct sink {
	int fd;
	enum sink_format format;
	z_stream gz;
	bool gz_open;
	ZSTD_CCtx *zstd;
	struct digest *diff, *blob; /* blob: NULL when nothing is compressed */
	uint64_t in, out;
	unsigned char *block;
};

int sink_open(int fd, enum sink_format format, int level, struct sink **ret, struct err *err)
{
	struct sink *s = calloc(1, sizeof *s);
	bool ok;

	if (!s)
		return err_sys(err, ENOMEM, "write a layer");
	s->fd = fd;
	s->format = format;
	ok = (s->block = malloc(BLOCK)) && (s->diff = digest_new(true)) &&
	     (format == SINK_PLAIN || (s->blob = digest_new(true)));
	if (ok && format == SINK_GZIP)
		ok = s->gz_open = deflateInit2(&s->gz, level ? level : GZIP_LEVEL, Z_DEFLATED, 15 + 16, 9,
					  Z_DEFAULT_STRATEGY) == Z_OK;
	if (ok && format == SINK_ZSTD)
		ok = (s->zstd = ZSTD_createCCtx()) &&
		     !ZSTD_isError(ZSTD_CCtx_setParameter(
			     s->zstd, ZSTD_c_compressionLevel, level ? level : ZSTD_LEVEL));
	if (!ok) {
		sink_free(s);
		return err_sys(err, ENOMEM, "write a layer");
	}
	*ret = s;
	return 0;
}

void sink_free(struct sink *s)
{
	if (!s)
		return;
	if (s->gz_open)
		(void) deflateEnd(&s->gz);
	(void) ZSTD_freeCCtx(s->zstd);
	digest_free(s->diff);
	digest_free(s->blob);
	free(s->block);
	free(s);
}

static int emit(struct sink *s, const void *p, size_t n, struct err *err)
{
	int rc;

	if (!n)
		return 0;
	if (s->blob)
		digest_add(s->blob, p, n);
	s->out += n;
	rc = io_write_all(s->fd, p, n);
	return rc < 0 ? err_sys(err, -rc, "write") : 0;
}

static int gzip_write(struct sink *s, const void *p, size_t n, bool end, struct err *err)
{
	int z, rc;

	s->gz.next_in = (unsigned char *) (uintptr_t) p;
	s->gz.avail_in = (unsigned) n;
	do {
		s->gz.next_out = s->block;
		s->gz.avail_out = BLOCK;
		z = deflate(&s->gz, end ? Z_FINISH : Z_NO_FLUSH);
		if (z == Z_STREAM_ERROR)
			return err_set(err, ERR_SYSTEM, "compress with gzip");
		if ((rc = emit(s, s->block, BLOCK - s->gz.avail_out, err)) < 0)
			return rc;
	} while (s->gz.avail_in || (end && z != Z_STREAM_END));
	return 0;
}

static int zstd_write(struct sink *s, const void *p, size_t n, bool end, struct err *err)
{
	ZSTD_inBuffer in = { p, n, 0 };
	size_t left = 1;
	int rc;

	while (in.pos < in.size || (end && left)) {
		ZSTD_outBuffer out = { s->block, BLOCK, 0 };

		left = ZSTD_compressStream2(s->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(err, ERR_SYSTEM, "compress with zstd: %s", ZSTD_getErrorName(left));
		if ((rc = emit(s, s->block, out.pos, err)) < 0)
			return rc;
	}
	return 0;
}

static int compressed(struct sink *s, const void *p, size_t n, bool end, struct err *err)
{
	switch (s->format) {
	case SINK_GZIP:
		return gzip_write(s, p, n, end, err);
	case SINK_ZSTD:
		return zstd_write(s, p, n, end, err);
	default:
		return emit(s, p, n, err);
	}
}

int sink_write(struct sink *s, const void *p, size_t n, struct err *err)
{
	s->in += n;
	digest_add(s->diff, p, n);
	for (const char *at = p; n;) { /* zlib counts in unsigned */
		size_t k = n < 1 * GiB ? n : 1 * GiB;
		int rc = compressed(s, at, k, false, err);

		if (rc < 0)
			return rc;
		at += k;
		n -= k;
	}
	return 0;
}

int sink_end(struct sink *s, struct sink_result *ret, struct err *err)
{
	int rc = compressed(s, NULL, 0, true, err);

	if (rc < 0)
		return rc;
	digest_hex_end(s->diff, ret->diff_id);
	if (s->blob)
		digest_hex_end(s->blob, ret->blob);
	else
		memcpy(ret->blob, ret->diff_id, sizeof ret->blob);
	ret->tar_size = s->in;
	ret->blob_size = s->out;
	return 0;
}
