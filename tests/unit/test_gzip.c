/* Unit tests for pkg/archive/gzip and sink: what several threads compress is one stream, and always the same. */
#include "tests/unit/test.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkg/archive/gunzip.h"
#include "pkg/archive/gzip.h"
#include "pkg/archive/sink.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#define BLOCK (256 * KiB) /* of gzip.c: what is around it is what may go wrong */

static int collect(void *ctx, const void *p, size_t n, struct err *err)
{
	return buf_add(ctx, p, n) < 0 ? err_sys(err, ENOMEM, "collect") : 0;
}

/* Half words, half noise; the same for the same size. */
static unsigned char *sample(size_t n)
{
	unsigned char *p = malloc(n + 1);
	uint32_t x = 1;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = i % 64 < 32 ? (unsigned char) "the quick brown fox jumps over it"[i % 32]
				   : (unsigned char) (x >> 24);
	}
	return p;
}

static void compress(const unsigned char *p, size_t n, size_t step, int level, struct buf *out)
{
	struct err err = { 0 };
	struct gzip *g = gzip_new(level, collect, out);

	assert_non_null(g);
	for (size_t i = 0; i < n; i += step)
		assert_int_equal(gzip_write(g, p + i, n - i < step ? n - i : step, &err), 0);
	assert_int_equal(gzip_end(g, &err), 0);
	gzip_free(g);
}

static ssize_t from_buf(void *ctx, const void **ret)
{
	struct buf *b = ctx;
	size_t n = b->len;

	*ret = b->data;
	b->len = 0;
	return (ssize_t) n;
}

static const size_t sizes[] = { 0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 40 * BLOCK + 17 };

static void what_was_compressed_comes_back(void **state)
{
	(void) state;
	for (size_t i = 0; i < LEN(sizes); i++) {
		auto_free unsigned char *p = sample(sizes[i]), *back = malloc(sizes[i] + 2);
		auto_buf struct buf z = BUF_INIT(64 * MiB);
		struct gunzip *g;

		compress(p, sizes[i], 100001, (int) i + 1, &z);
		assert_non_null(back);
		assert_non_null(g = gunzip_new(from_buf, &z));
		assert_int_equal(
			gunzip_read(g, back, sizes[i] + 1), sizes[i]); /* with its checksum and length */
		assert_memory_equal(back, p, sizes[i]);
		gunzip_free(g);
	}
}

static void how_it_is_given_makes_no_difference(void **state)
{
	auto_free unsigned char *p = sample(9 * BLOCK + 5);
	auto_buf struct buf a = BUF_INIT(64 * MiB), b = BUF_INIT(64 * MiB);

	(void) state;
	compress(p, 9 * BLOCK + 5, 1 * MiB, 5, &a);
	compress(p, 9 * BLOCK + 5, 4097, 5, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
}

static void packed(enum sink_format format, const unsigned char *p, size_t n, struct sink_result *ret)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	struct err err = { 0 };
	struct sink *s;

	assert_true(fd >= 0);
	assert_int_equal(sink_open(fd, format, 0, &s, &err), 0);
	assert_int_equal(sink_write(s, p, n, &err), 0);
	assert_int_equal(sink_end(s, ret, &err), 0);
	sink_free(s);
	close(fd);
}

/* A layer that is pushed from another machine is the same blob there. */
static void the_number_of_cpus_makes_no_difference(void **state)
{
	static const enum sink_format formats[] = { SINK_GZIP, SINK_ZSTD };
	auto_free unsigned char *p = sample(50 * BLOCK);
	struct sink_result many, one;
	cpu_set_t before, first;

	(void) state;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	CPU_ZERO(&first);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&first); i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &first);
	for (size_t i = 0; i < LEN(formats); i++) {
		packed(formats[i], p, 50 * BLOCK, &many);
		assert_int_equal(sched_setaffinity(0, sizeof first, &first), 0);
		packed(formats[i], p, 50 * BLOCK, &one);
		assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
		assert_string_equal(many.blob, one.blob);
		assert_string_equal(many.diff_id, one.diff_id);
	}
}

static int refuse(void *ctx, const void *p, size_t n, struct err *err)
{
	(void) ctx, (void) p, (void) n;
	return err_sys(err, EPIPE, "write");
}

static void who_reads_may_go_away(void **state)
{
	auto_free unsigned char *p = sample(40 * BLOCK);
	struct gzip *g = gzip_new(1, refuse, NULL);
	struct err err = { 0 };

	(void) state;
	assert_non_null(g);
	assert_int_equal(gzip_write(g, p, 40 * BLOCK, &err), -EPIPE);
	gzip_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_compressed_comes_back),
		cmocka_unit_test(how_it_is_given_makes_no_difference),
		cmocka_unit_test(the_number_of_cpus_makes_no_difference),
		cmocka_unit_test(who_reads_may_go_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
