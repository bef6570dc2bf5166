#include "pkg/archive/gunzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, gzip wrapper */

struct gunzip {
	z_stream z;
	gunzip_source *source;
	void *ctx;
	bool between; /* a member has ended, another may begin */
	bool end;
};

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
	if (inflateInit2(&g->z, GZIP_WINDOW) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	(void) inflateEnd(&g->z);
	free(g);
}

static ssize_t more(struct gunzip *g)
{
	const void *p = NULL;
	ssize_t n = g->source(g->ctx, &p);

	if (n > 0) {
		g->z.next_in = (Bytef *) (uintptr_t) p;
		g->z.avail_in = (uInt) n;
	}
	return n;
}

ssize_t gunzip_read(struct gunzip *g, void *p, size_t n)
{
	g->z.next_out = p;
	g->z.avail_out = (uInt) n;
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
			(void) inflateReset(&g->z);
			g->between = false;
		}
		rc = inflate(&g->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END)
			g->between = true;
		else if (rc == Z_MEM_ERROR)
			return -ENOMEM;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return -EBADMSG;
	}
	return (ssize_t) (n - g->z.avail_out);
}
