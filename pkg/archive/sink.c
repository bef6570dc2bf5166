#include "pkg/archive/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "pkg/archive/digest.h"
#include "pkg/archive/gzip.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define BLOCK (256 * KiB)
#define GZIP_LEVEL \
	3 /* zlib's: as small as what podman makes without being told, in two thirds of the time of 5 */
#define ZSTD_LEVEL 3

struct sink {
	int fd;
	enum sink_format format;
	struct gzip *gz;
	ZSTD_CCtx *zstd;
	struct digest *diff, *blob; /* blob: NULL when nothing is compressed */
	uint64_t in, out;
	unsigned char *block;
};

static int emit(void *ctx, const void *p, size_t n, struct err *err)
{
	struct sink *s = ctx;
	int rc;

	if (!n)
		return 0;
	if (s->blob)
		digest_add(s->blob, p, n);
	s->out += n;
	rc = io_write_all(s->fd, p, n);
	return rc < 0 ? err_sys(err, -rc, "write") : 0;
}

/* zstd's own threads.  Its result is the same for any number of them but none, so that there is always one. */
static bool zstd_set(ZSTD_CCtx *z, int level)
{
	if (!z || ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level)))
		return false;
	(void) ZSTD_CCtx_setParameter(
		z, ZSTD_c_nbWorkers, (int) gzip_threads()); /* a libzstd may have none */
	return true;
}

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
		ok = (s->gz = gzip_new(level ? level : GZIP_LEVEL, emit, s)) != NULL;
	if (ok && format == SINK_ZSTD)
		ok = zstd_set(s->zstd = ZSTD_createCCtx(), level ? level : ZSTD_LEVEL);
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
	gzip_free(s->gz);
	(void) ZSTD_freeCCtx(s->zstd);
	digest_free(s->diff);
	digest_free(s->blob);
	free(s->block);
	free(s);
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
		return end ? gzip_end(s->gz, err) : gzip_write(s->gz, p, n, err);
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
	return compressed(s, p, n, false, err);
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
