#include "pkg/archive/gzip.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pkg/util/limits.h"

#define BLOCK (256 * KiB)
#define DICTIONARY (32 * KiB) /* deflate's window */
#define OUT (BLOCK + BLOCK / 8 + 1 * KiB)
#define THREADS_MAX 8
#define JOBS_MAX (2 * THREADS_MAX)

enum { JOB_FREE, JOB_WAITS, JOB_RUNS, JOB_DONE };

struct job {
	int state;
	bool first, last, failed;
	unsigned char *in; /* DICTIONARY bytes before, then the block's own */
	size_t n;
	unsigned char *out;
	size_t out_n;
	uLong crc;
};

struct gzip {
	gzip_emit *emit;
	void *ctx;
	int level;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	pthread_t thread[THREADS_MAX];
	unsigned threads;
	struct job job[JOBS_MAX];
	unsigned jobs;
	uint64_t filled, given,
		emitted; /* blocks so far, taken modulo 'jobs'; filled: the one that is being filled */
	z_stream own;    /* of who calls us, while it would have to wait */
	bool own_open, began;
	uLong crc;
	uint64_t size;
};

unsigned gzip_threads(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 2;

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned) n;
}

/* ---- one block ------------------------------------------------------------------------------------------------------------------ */

static bool deflater_open(z_stream *z, int level)
{
	*z = (z_stream){ 0 };
	return deflateInit2(z, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK;
}

static void job_run(struct job *j, z_stream *z)
{
	int rc;

	j->failed =
		deflateReset(z) != Z_OK || (!j->first && deflateSetDictionary(z, j->in, DICTIONARY) != Z_OK);
	z->next_in = j->in + DICTIONARY;
	z->avail_in = (unsigned) j->n;
	z->next_out = j->out;
	z->avail_out = OUT;
	if (j->failed)
		return;
	rc = deflate(z, j->last ? Z_FINISH : Z_SYNC_FLUSH);
	j->failed = z->avail_in || !z->avail_out || rc != (j->last ? Z_STREAM_END : Z_OK);
	j->out_n = OUT - z->avail_out;
	j->crc = crc32_z(crc32(0, NULL, 0), j->in + DICTIONARY, j->n);
}

/* The next block that waits; NULL: none.  The lock is held. */
static struct job *job_take(struct gzip *g)
{
	struct job *j = &g->job[g->given % g->jobs];

	if (g->given == g->filled || j->state != JOB_WAITS)
		return NULL;
	j->state = JOB_RUNS;
	g->given++;
	return j;
}

static void job_do(struct gzip *g, struct job *j, z_stream *z)
{
	pthread_mutex_unlock(&g->lock);
	job_run(j, z);
	pthread_mutex_lock(&g->lock);
	j->state = JOB_DONE;
	pthread_cond_broadcast(&g->changed);
}

static void *work(void *arg)
{
	struct gzip *g = arg;
	z_stream z;
	struct job *j;

	if (!deflater_open(&z, g->level))
		return NULL; /* the others will do */
	pthread_mutex_lock(&g->lock);
	while (!g->stopping)
		if ((j = job_take(g)))
			job_do(g, j, &z);
		else
			pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
	(void) deflateEnd(&z);
	return NULL;
}

/* ---- in order --------------------------------------------------------------------------------------------------------------------- */

struct gzip *gzip_new(int level, gzip_emit *emit, void *ctx)
{
	struct gzip *g = calloc(1, sizeof *g);
	unsigned threads = gzip_threads();

	if (!g)
		return NULL;
	g->emit = emit;
	g->ctx = ctx;
	g->level = level;
	g->jobs = 2 * threads;
	g->crc = crc32(0, NULL, 0);
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	g->own_open = deflater_open(&g->own, level);
	for (unsigned i = 0; i < g->jobs; i++)
		if (!(g->job[i].in = malloc(DICTIONARY + BLOCK)) || !(g->job[i].out = malloc(OUT)) ||
			!g->own_open) {
			gzip_free(g);
			return NULL;
		}
	g->job[0].first = true;
	while (g->threads < threads && pthread_create(&g->thread[g->threads], NULL, work, g) == 0)
		g->threads++; /* without any it is done here */
	return g;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stopping = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	while (g->threads)
		pthread_join(g->thread[--g->threads], NULL);
	for (unsigned i = 0; i < g->jobs; i++) {
		free(g->job[i].in);
		free(g->job[i].out);
	}
	if (g->own_open)
		(void) deflateEnd(&g->own);
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static int header(struct gzip *g, struct err *err)
{
	/* no name, no time; what zlib says of the level; Unix */
	const unsigned char h[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0,
		g->level == 9   ? 2
		: g->level == 1 ? 4
				: 0,
		3 };

	if (g->began)
		return 0;
	g->began = true;
	return g->emit(g->ctx, h, sizeof h, err);
}

/* Waits for the oldest block and hands it on. */
static int oldest(struct gzip *g, struct err *err)
{
	struct job *j = &g->job[g->emitted % g->jobs], *other;
	int rc;

	pthread_mutex_lock(&g->lock);
	while (j->state != JOB_DONE)
		if ((other = job_take(g)))
			job_do(g, other, &g->own);
		else
			pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
	if (j->failed)
		return err_set(err, ERR_SYSTEM, "compress with gzip");
	if ((rc = header(g, err)) < 0 || (rc = g->emit(g->ctx, j->out, j->out_n, err)) < 0)
		return rc;
	g->crc = crc32_combine(g->crc, j->crc, (z_off_t) j->n);
	g->size += j->n;
	j->n = 0;
	j->first = j->last = false;
	j->state = JOB_FREE;
	g->emitted++;
	return 0;
}

/* The block that is being filled is all there; the next one begins with what it ends with. */
static int next(struct gzip *g, bool last, struct err *err)
{
	struct job *j = &g->job[g->filled % g->jobs], *n;
	int rc;

	pthread_mutex_lock(&g->lock);
	j->last = last;
	j->state = JOB_WAITS;
	g->filled++;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	if (last)
		return 0;
	if (g->filled - g->emitted == g->jobs && (rc = oldest(g, err)) < 0)
		return rc;
	n = &g->job[g->filled % g->jobs];
	memcpy(n->in, j->in + BLOCK, DICTIONARY); /* its last ones: a block that is not the last is full */
	return 0;
}

int gzip_write(struct gzip *g, const void *p, size_t n, struct err *err)
{
	int rc;

	for (const char *at = p; n;) {
		struct job *j = &g->job[g->filled % g->jobs];
		size_t k = BLOCK - j->n < n ? BLOCK - j->n : n;

		memcpy(j->in + DICTIONARY + j->n, at, k);
		j->n += k;
		at += k;
		n -= k;
		if (j->n == BLOCK && (rc = next(g, false, err)) < 0)
			return rc;
	}
	return 0;
}

int gzip_end(struct gzip *g, struct err *err)
{
	unsigned char t[8];
	int rc = next(g, true, err);

	while (rc == 0 && g->emitted < g->filled)
		rc = oldest(g, err);
	for (int i = 0; i < 4; i++) {
		t[i] = (unsigned char) (g->crc >> 8 * i);
		t[4 + i] = (unsigned char) (g->size >> 8 * i); /* modulo 2^32, as RFC 1952 has it */
	}
	return rc < 0 ? rc : g->emit(g->ctx, t, sizeof t, err);
}
