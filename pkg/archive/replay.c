/* A recipe and a layer's files become the tar they came from. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "pkg/archive/names.h"
#include "pkg/archive/recipe.h"
#include "pkg/archive/sink.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"

#define BLOCK (256 * KiB)

/* A file that a later entry replaced: what F records up to number 'before' mean by its name. */
struct replaced {
	char *name, *data;
	uint64_t size, before;
};

struct replay {
	int fd, dir;
	struct sink *to; /* NULL: only looking for replaced files */
	ZSTD_DCtx *z;
	unsigned char *in, *out, *block;
	ZSTD_inBuffer zin;
	size_t out_at, out_len;
	uint64_t files;
	struct replaced *replaced;
	size_t n_replaced;
	struct err *err;
};

static int broken(struct replay *r)
{
	return err_set(r->err, ERR_CORRUPT, "the record of how the layer was written is damaged");
}

static int fill(struct replay *r)
{
	ZSTD_outBuffer out = { r->out, BLOCK, 0 };

	while (!out.pos) {
		size_t rc;

		if (r->zin.pos == r->zin.size) {
			ssize_t n = read(r->fd, r->in, BLOCK);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return err_sys(r->err, errno, "read how the layer was written");
			if (n == 0)
				return broken(r);
			r->zin = (ZSTD_inBuffer){ r->in, (size_t) n, 0 };
		}
		rc = ZSTD_decompressStream(r->z, &out, &r->zin);
		if (ZSTD_isError(rc))
			return broken(r);
	}
	r->out_at = 0;
	r->out_len = out.pos;
	return 0;
}

static int get(struct replay *r, void *p, size_t n)
{
	for (char *at = p; n;) {
		size_t k = r->out_len - r->out_at;
		int rc;

		if (!k) {
			if ((rc = fill(r)) < 0)
				return rc;
			continue;
		}
		k = k < n ? k : n;
		memcpy(at, r->out + r->out_at, k);
		r->out_at += k;
		at += k;
		n -= k;
	}
	return 0;
}

/* n bytes of the stream as they are. */
static int pass(struct replay *r, uint64_t n)
{
	int rc;

	while (n) {
		size_t k = n < BLOCK ? (size_t) n : BLOCK;

		if ((rc = get(r, r->block, k)) < 0 ||
			(r->to && (rc = sink_write(r->to, r->block, k, r->err)) < 0))
			return rc;
		n -= k;
	}
	return 0;
}

/* n bytes that are no part of the stream. */
static int skip(struct replay *r, uint64_t n)
{
	struct sink *to = r->to;
	int rc;

	r->to = NULL;
	rc = pass(r, n);
	r->to = to;
	return rc;
}

static const struct replaced *replaced_find(const struct replay *r, const char *name)
{
	for (size_t i = 0; i < r->n_replaced; i++)
		if (r->files < r->replaced[i].before && strcmp(r->replaced[i].name, name) == 0)
			return &r->replaced[i];
	return NULL;
}

static int file_copy(struct replay *r, const char *name, uint64_t n)
{
	const struct replaced *old = replaced_find(r, name);
	auto_close int fd = -EBADF;
	int rc;

	if (old)
		return n == old->size ? sink_write(r->to, old->data, old->size, r->err) : broken(r);
	fd = path_open(r->dir, name, PATH_IN_STATE, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(r->err, -fd, "open file '%s' of the layer", name);
	(void) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (n) {
		ssize_t k = read(fd, r->block, n < BLOCK ? (size_t) n : BLOCK);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(r->err, errno, "read file '%s' of the layer", name);
		if (k == 0)
			return err_set(
				r->err, ERR_CORRUPT, "file '%s' of the layer is shorter than it was", name);
		if ((rc = sink_write(r->to, r->block, (size_t) k, r->err)) < 0)
			return rc;
		n -= (uint64_t) k;
	}
	if (read(fd, r->block, 1) > 0)
		return err_set(r->err, ERR_CORRUPT, "file '%s' of the layer is longer than it was", name);
	return 0;
}

static int replaced_take(struct replay *r, const char *name, uint64_t size, uint64_t *sum)
{
	struct replaced *more;
	struct replaced d = { .size = size };
	int rc = get(r, &d.before, sizeof d.before);

	if (rc < 0)
		return rc;
	if (!(more = reallocarray(r->replaced, r->n_replaced + 1, sizeof *more)))
		return err_sys(r->err, ENOMEM, "write a layer");
	r->replaced = more;
	*sum += size;
	if (*sum > RECIPE_REPLACED_MAX)
		return broken(r);
	d.name = strdup(name);
	d.data = malloc(size ? size : 1);
	r->replaced[r->n_replaced++] = d;
	return d.name && d.data ? get(r, d.data, size) : err_sys(r->err, ENOMEM, "write a layer");
}

static int records(struct replay *r)
{
	char magic[sizeof RECIPE_MAGIC - 1], name[ENTRY_NAME_MAX], what;
	uint64_t n, sum = 0;
	uint16_t k;
	int rc;

	if ((rc = get(r, magic, sizeof magic)) < 0)
		return rc;
	if (memcmp(magic, RECIPE_MAGIC, sizeof magic) != 0)
		return broken(r);
	for (;;) {
		if ((rc = get(r, &what, 1)) < 0)
			return rc;
		if (what == 'E')
			return 0;
		if ((rc = get(r, &n, sizeof n)) < 0)
			return rc;
		if (what == 'R') {
			if ((rc = pass(r, n)) < 0)
				return rc;
			continue;
		}
		if ((what != 'F' && what != 'D') || (rc = get(r, &k, sizeof k)) < 0 || k >= sizeof name)
			return rc < 0 ? rc : broken(r);
		if ((rc = get(r, name, k)) < 0)
			return rc;
		name[k] = '\0';
		if (what == 'D')
			rc = r->to ? skip(r, n + sizeof n) : replaced_take(r, name, n, &sum);
		else if (r->to)
			rc = file_copy(r, name, n);
		if (rc < 0)
			return rc;
		r->files += what == 'F';
	}
}

static int look(struct replay *r, struct sink *to)
{
	r->to = to;
	r->zin = (ZSTD_inBuffer){ 0 };
	r->out_at = r->out_len = 0;
	r->files = 0;
	(void) ZSTD_DCtx_reset(r->z, ZSTD_reset_session_only);
	if (lseek(r->fd, 0, SEEK_SET) < 0)
		return err_sys(r->err, errno, "read how the layer was written");
	return records(r);
}

int recipe_replay(int fd, int dir, struct sink *to, struct err *err)
{
	struct replay r = { .fd = fd, .dir = dir, .err = err };
	int rc;

	r.z = ZSTD_createDCtx();
	r.in = malloc(BLOCK);
	r.out = malloc(BLOCK);
	r.block = malloc(BLOCK);
	if (!r.z || !r.in || !r.out || !r.block)
		rc = err_sys(err, ENOMEM, "write a layer");
	else if ((rc = look(&r, NULL)) == 0)
		rc = look(&r, to);
	for (size_t i = 0; i < r.n_replaced; i++) {
		free(r.replaced[i].name);
		free(r.replaced[i].data);
	}
	free(r.replaced);
	(void) ZSTD_freeDCtx(r.z);
	free(r.in);
	free(r.out);
	free(r.block);
	return rc;
}
