#include "pkg/archive/gunzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef HAVE_ISAL /* three to four times zlib's speed; found by the Makefile */
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, gzip wrapper */

struct gunzip {
#ifdef HAVE_ISAL
	struct inflate_state z;
#else
	z_stream z;
#endif
	gunzip_source *source;
	void *ctx;
	bool between; /* a member has ended, another may begin */
	bool end;
};

/* ---- the library --------------------------------------------------------------------------------------------------------- */

#ifdef HAVE_ISAL
static int library_init(struct gunzip *g)
{
	isal_inflate_init(&g->z);
	g->z.crc_flag = ISAL_GZIP; /* and its checksums */
	return 0;
}

static void library_done(struct gunzip *g) { (void) g; }

static void library_next(struct gunzip *g)
{
	isal_inflate_reset(&g->z);
	g->z.crc_flag = ISAL_GZIP;
}

/* 1: a member has ended, 0: on the way, negative: -EBADMSG. */
static int library_step(struct gunzip *g)
{
	int rc = isal_inflate(&g->z);

	if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT)
		return -EBADMSG;
	return g->z.block_state == ISAL_BLOCK_FINISH;
}
#else
static int library_init(struct gunzip *g) { return inflateInit2(&g->z, GZIP_WINDOW) == Z_OK ? 0 : -ENOMEM; }

static void library_done(struct gunzip *g) { (void) inflateEnd(&g->z); }

static void library_next(struct gunzip *g) { (void) inflateReset(&g->z); }

static int library_step(struct gunzip *g)
{
	int rc = inflate(&g->z, Z_NO_FLUSH);

	if (rc == Z_STREAM_END)
		return 1;
	if (rc == Z_MEM_ERROR)
		return -ENOMEM;
	return rc == Z_OK || rc == Z_BUF_ERROR ? 0 : -EBADMSG;
}
#endif

/* ---- a stream ------------------------------------------------------------------------------------------------------------- */

bool gunzip_is(const void *p, size_t n)
{
	const unsigned char *b = p;

	return n >= 2 && b[0] == 0x1f && b[1] == 0x8b;
}

struct gunzip *gunzip_new(gunzip_source *source, void *ctx)
{
	struct gunzip *g = calloc(1, sizeof *g);

	if (!g)
		return NULL;
	g->source = source;
	g->ctx = ctx;
	if (library_init(g) < 0) {
		free(g);
		return NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	library_done(g);
	free(g);
}

static ssize_t more(struct gunzip *g)
{
	const void *p = NULL;
	ssize_t n = g->source(g->ctx, &p);

	if (n > 0) {
		g->z.next_in = (unsigned char *) (uintptr_t) p;
		g->z.avail_in = (unsigned) n;
	}
	return n;
}

ssize_t gunzip_read(struct gunzip *g, void *p, size_t n)
{
	g->z.next_out = p;
	g->z.avail_out = (unsigned) n;
	while (g->z.avail_out && !g->end) {
		ssize_t got = g->z.avail_in ? 1 : more(g);
		int rc;

		if (got < 0)
			return got;
		if (got == 0) {
			if (!g->between)
				return -EPIPE;
			g->end = true;
			break;
		}
		if (g->between) {
			if (g->z.next_in[0] != 0x1f) {
				g->end = true;
				break;
			}
			library_next(g);
			g->between = false;
		}
		if ((rc = library_step(g)) < 0)
			return rc;
		g->between = rc > 0;
	}
	return (ssize_t) (n - g->z.avail_out);
}
