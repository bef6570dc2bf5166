#include "pkg/archive/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "pkg/archive/blob.h"
#include "pkg/archive/digest.h"
#include "pkg/archive/recipe.h"
#include "pkg/archive/ring.h"

enum { READER_TAR, READER_DIGEST, READERS };

struct stream {
	uint64_t max, bytes;
	struct blob *blob; /* the pump's, until it has ended */
	struct ring *ring;
	pthread_t pump;
	bool pumping, at_end;
	struct err pump_err; /* written by the pump before ring_end() */
	bool pump_failed;
	struct digest *diff;
	struct recipe *recipe; /* borrowed */
	struct archive *tar;
	const void *first; /* read to see whether there is anything */
	size_t first_len;
	struct err err; /* the first failure on our side */
	bool failed;
};

static void *pump_run(void *arg)
{
	struct stream *s = arg;
	void *slot;

	while ((slot = ring_slot(s->ring))) {
		ssize_t n = blob_read(s->blob, slot, RING_BLOCK, &s->pump_err);

		if (n <= 0) {
			s->pump_failed = n < 0;
			break;
		}
		ring_commit(s->ring, (size_t) n);
	}
	ring_end(s->ring);
	return NULL;
}

/* The next uncompressed bytes; 0: end, -1: s->err. */
static la_ssize_t next(struct stream *s, const void **ret)
{
	size_t n = 0;

	if (s->first_len) {
		*ret = s->first;
		n = s->first_len;
		s->first_len = 0;
		return (la_ssize_t) n;
	}
	if (s->failed)
		return -1;
	if (s->at_end)
		return 0;
	if (!(*ret = ring_next(s->ring, READER_TAR, &n))) {
		s->at_end = true;
		if (!s->pump_failed)
			return 0;
		s->err = s->pump_err;
		s->failed = true;
		return -1;
	}
	s->bytes += n;
	if (s->bytes > s->max) {
		(void) err_set(&s->err, ERR_INVALID, "larger than the limit of %llu bytes when unpacked",
			(unsigned long long) s->max);
		s->failed = true;
		return -1;
	}
	if (s->recipe)
		recipe_bytes(s->recipe, *ret, n);
	return (la_ssize_t) n;
}

static la_ssize_t tar_next(struct archive *a, void *ctx, const void **ret)
{
	struct stream *s = ctx;
	la_ssize_t n = next(s, ret);

	if (n < 0)
		archive_set_error(a, s->err.errnum ? s->err.errnum : EIO, "%s", s->err.msg);
	return n;
}

int stream_error(struct stream *s, struct err *err)
{
	if (!s->failed)
		return reader_error(s->tar, err, "broken archive");
	*err = s->err;
	return err->errnum ? -err->errnum : -EBADMSG;
}

static int tar_open(struct stream *s, struct err *err)
{
	la_ssize_t n = next(s, &s->first);

	if (n < 0)
		return stream_error(s, err);
	if (n == 0)
		return 0;
	s->first_len = (size_t) n;
	if (!(s->tar = archive_read_new()) || reader_setup(s->tar, false, true) < 0)
		return err_sys(err, ENOMEM, "archive reader");
	archive_read_set_read_callback(s->tar, tar_next);
	archive_read_set_callback_data(s->tar, s);
	return archive_read_open1(s->tar) == ARCHIVE_OK ? 0 : stream_error(s, err);
}

int stream_open(const struct stream_opts *o, struct stream **ret, struct err *err)
{
	struct stream *s = calloc(1, sizeof *s);
	int rc;

	if (!s)
		return err_sys(err, ENOMEM, "archive reader");
	s->max = o->max;
	s->recipe = o->recipe;
	if (!(s->ring = ring_new(READERS)) || !(s->diff = digest_of_ring(s->ring, READER_DIGEST)))
		rc = err_sys(err, ENOMEM, "archive reader");
	else if ((rc = blob_open(o->fd, o->member, o->hash_blob, &s->blob, err)) == 0) {
		s->pumping = pthread_create(&s->pump, NULL, pump_run, s) == 0;
		rc = s->pumping ? tar_open(s, err) : err_sys(err, EAGAIN, "start a thread");
	}
	if (rc < 0) {
		stream_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void pump_join(struct stream *s)
{
	if (!s->pumping)
		return;
	ring_stop(s->ring);
	blob_cancel(s->blob);
	pthread_join(s->pump, NULL);
	s->pumping = false;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	pump_join(s);
	if (s->ring)
		ring_end(s->ring); /* where there was no pump to do it */
	if (s->tar)
		(void) archive_read_free(s->tar);
	blob_free(s->blob);
	digest_free(s->diff);
	ring_free(s->ring);
	free(s);
}

struct archive *stream_tar(struct stream *s) { return s->tar; }

int stream_drain(struct stream *s, struct err *err)
{
	const void *p;
	la_ssize_t n;

	while ((n = next(s, &p)) > 0)
		;
	if (n < 0)
		return stream_error(s, err);
	pump_join(s); /* it has ended: its numbers are ours now */
	return 0;
}

uint64_t stream_tar_bytes(const struct stream *s) { return s->bytes; }
uint64_t stream_blob_bytes(const struct stream *s) { return blob_bytes(s->blob); }

unsigned stream_digests(struct stream *s, const char *want, char diff_id[65], char blob[65])
{
	unsigned lacks = 0;

	if (want)
		lacks = digest_hex_end_padded(s->diff, want, diff_id);
	else
		digest_hex_end(s->diff, diff_id);
	blob_digest(s->blob, blob);
	return lacks;
}
