/* Unit tests for pkg/archive: names and whiteouts, gzip, and whole layers in a temporary directory. */
#include "tests/unit/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pkg/archive/gunzip.h"
#include "pkg/archive/names.h"
#include "pkg/archive/recipe.h"
#include "pkg/archive/sink.h"
#include "pkg/archive/tree.h"
#include "pkg/archive/unpack.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static void names_are_cleaned_by_text(void **state)
{
	static const struct {
		const char *name, *clean;
		int rc;
	} rows[] = {
		{ "a", "a", 0 },
		{ "./a", "a", 0 },
		{ "/a", "a", 0 },
		{ "//a//b/", "a/b", 0 },
		{ ".", "", 0 },
		{ "/", "", 0 },
		{ "", "", 0 },
		{ "a/./b", "a/b", 0 },
		{ "a/../b", "b", 0 },
		{ "a/b/..", "a", 0 },
		{ "a/..", "", 0 },
		{ "...", "...", 0 },
		{ "..a", "..a", 0 },
		{ "..", NULL, -EXDEV },
		{ "../a", NULL, -EXDEV },
		{ "/../a", NULL, -EXDEV },
		{ "a/../../b", NULL, -EXDEV },
		{ "a/b/../../../c", NULL, -EXDEV },
	};
	char out[ENTRY_NAME_MAX];

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_int_equal(entry_name_clean(rows[i].name, out), rows[i].rc);
		if (rows[i].clean)
			assert_string_equal(out, rows[i].clean);
	}
	assert_int_equal(entry_name_clean(NULL, out), -EINVAL);
}

static void long_and_deep_names_have_limits(void **state)
{
	static char name[3 * ENTRY_NAME_MAX];
	char out[ENTRY_NAME_MAX];

	(void) state;
	memset(name, 'n', 255);
	assert_int_equal(entry_name_clean(name, out), 0);
	name[255] = 'n';
	assert_int_equal(entry_name_clean(name, out), -ENAMETOOLONG);
	for (size_t i = 0; i < 4096; i++)
		name[i] = i % 200 == 199 ? '/' : 'n';
	name[4095] = '\0';
	assert_int_equal(entry_name_clean(name, out), 0);
	assert_int_equal(strlen(out), 4095);
	name[4095] = 'n';
	name[4096] = '\0';
	assert_int_equal(entry_name_clean(name, out), -ENAMETOOLONG);
	for (size_t i = 0; i < 2 * (ENTRY_DEPTH_MAX + 1); i++)
		name[i] = i % 2 ? '/' : 'd';
	name[2 * (ENTRY_DEPTH_MAX + 1)] = '\0';
	assert_int_equal(entry_name_clean(name, out), -ELOOP);
}

static void whiteouts_are_told_by_name(void **state)
{
	static const struct {
		const char *name;
		enum whiteout kind;
		const char *target;
	} rows[] = {
		{ "a", WHITEOUT_NONE, NULL },
		{ "a/.wh", WHITEOUT_NONE, NULL },
		{ "a.wh.b", WHITEOUT_NONE, NULL },
		{ "x.wh.d/y", WHITEOUT_NONE, NULL },
		{ ".wh.a", WHITEOUT_FILE, "a" },
		{ "d/.wh.a.b", WHITEOUT_FILE, "a.b" },
		{ ".wh..hidden", WHITEOUT_FILE, ".hidden" },
		{ ".wh..wh..opq", WHITEOUT_OPAQUE, NULL },
		{ "d/.wh..wh..opq", WHITEOUT_OPAQUE, NULL },
		{ ".wh..wh.plnk", WHITEOUT_IGNORED, NULL },
		{ ".wh..wh.plnk/1", WHITEOUT_IGNORED, NULL },
		{ ".wh.", WHITEOUT_BAD, NULL },
		{ ".wh..", WHITEOUT_BAD, NULL },
		{ ".wh...", WHITEOUT_BAD, NULL },
		{ "a/.wh.b/c", WHITEOUT_BAD, NULL },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const char *target = NULL;

		assert_int_equal(whiteout_kind(rows[i].name, &target), rows[i].kind);
		if (rows[i].target)
			assert_string_equal(target, rows[i].target);
	}
}

static void names_in_messages_are_harmless(void **state)
{
	struct buf b = BUF_INIT(4096);
	char name[400];

	(void) state;
	entry_name_show(&b, "a\x1b[31m\n\xff\xc3\xa9");
	assert_string_equal(b.data, "a\\x1b[31m\\n\\xff\xc3\xa9");
	buf_clear(&b);
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	entry_name_show(&b, name);
	assert_int_equal(b.len, 123);
	buf_done(&b);
}

/* ---- whole layers --------------------------------------------------------------------------------------------------- */

struct fixture {
	char path[40];
	int dir, tar;
	struct archive *w;
	struct buf opaque;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .path = "/tmp/podctl-archive-XXXXXX", .opaque = BUF_INIT(4096) };
	assert_non_null(mkdtemp(f->path));
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->tar = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(f->dir >= 0 && f->tar >= 0);
	f->w = archive_write_new();
	archive_write_set_format_pax(f->w);
	archive_write_add_filter_none(f->w);
	assert_int_equal(archive_write_open_fd(f->w, f->tar), ARCHIVE_OK);
}

static void add(struct fixture *f, const char *name, mode_t type, const char *data)
{
	struct archive_entry *e = archive_entry_new();
	size_t n = type == S_IFREG && data ? strlen(data) : 0;

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type ? type : S_IFREG);
	archive_entry_set_perm(e, type == S_IFDIR ? 0750 : 0640);
	archive_entry_set_uid(e, geteuid());
	archive_entry_set_gid(e, getegid());
	archive_entry_set_mtime(e, 1234567890, 987654321);
	archive_entry_set_size(e, (la_int64_t) n);
	if (type == S_IFLNK)
		archive_entry_set_symlink(e, data);
	if (type == 0)
		archive_entry_set_hardlink(e, data);
	assert_int_equal(archive_write_header(f->w, e), ARCHIVE_OK);
	if (n)
		assert_int_equal(archive_write_data(f->w, data, n), n);
	archive_entry_free(e);
}

static int on_event(void *ctx, enum unpack_event event, const char *text, struct err *err)
{
	struct fixture *f = ctx;

	(void) err;
	if (event == UNPACK_OPAQUE)
		(void) buf_printf(&f->opaque, "[%s]", text);
	return 0;
}

static int unpack_recipe(
	struct fixture *f, uint64_t max, int recipe, struct unpack_result *r, struct err *err)
{
	struct unpack_opts o = { .fd = f->tar,
		.dir = f->dir,
		.member = -1,
		.max = max,
		.recipe = recipe,
		.event = on_event,
		.ctx = f };

	if (f->w) {
		assert_int_equal(archive_write_free(f->w), ARCHIVE_OK);
		f->w = NULL;
	}
	assert_int_equal(lseek(f->tar, 0, SEEK_SET), 0);
	return unpack_layer(&o, r, err);
}

static int unpack(struct fixture *f, uint64_t max, struct unpack_result *r, struct err *err)
{
	return unpack_recipe(f, max, 0, r, err);
}

static void end(struct fixture *f)
{
	auto_close int tmp = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	buf_done(&f->opaque);
	close(f->dir);
	close(f->tar);
	assert_int_equal(dir_remove(tmp, f->path + strlen("/tmp/")), 0);
}

static void refused(const char *a, mode_t at, const char *adata, const char *b, mode_t bt, const char *bdata,
	const char *why)
{
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;

	begin(&f);
	add(&f, a, at, adata);
	if (b)
		add(&f, b, bt, bdata);
	assert_true(unpack(&f, MiB, &r, &err) < 0);
	assert_non_null(strstr(err.msg, why));
	end(&f);
}

static void entries_that_would_escape_are_refused(void **state)
{
	(void) state;
	NEEDS_OPENAT2();
	refused("../x", S_IFREG, "x", NULL, 0, NULL, "outside of the layer");
	refused("l", S_IFLNK, "/tmp", "l/x", S_IFREG, "x", "symbolic link");
	refused("l", S_IFLNK, "..", "l/x", S_IFREG, "x", "symbolic link");
	refused("h", 0, "../../etc/passwd", NULL, 0, NULL, "out of the layer");
	refused("l", S_IFLNK, "/etc", "h", 0, "l/passwd", "not in this layer");
	refused("f", S_IFREG, "x", "f/x", S_IFREG, "x", "not a directory");
	refused(".wh...", S_IFREG, "", NULL, 0, NULL, "usable name");
	refused(".", S_IFLNK, "/etc", NULL, 0, NULL, "directory");
}

static void attributes_and_contents_arrive(void **state)
{
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;
	struct stat st;
	char text[8];

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "d", S_IFDIR, NULL);
	add(&f, "d/f", S_IFREG, "hello");
	add(&f, "d/h", 0, "d/f");
	add(&f, "d/l", S_IFLNK, "/etc/passwd");
	add(&f, "d/f2", S_IFREG, "old");
	add(&f, "d/f2", S_IFREG, "new");
	assert_int_equal(unpack(&f, MiB, &r, &err), 0);
	assert_int_equal(r.entries, 6);
	assert_int_equal(r.size, 11);
	assert_int_equal(fstatat(f.dir, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(st.st_mtim.tv_sec, 1234567890); /* although entries were made in it later */
	assert_int_equal(fstatat(f.dir, "d/f", &st, 0), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mtim.tv_nsec, 987654321);
	assert_int_equal(fstatat(f.dir, "d/l", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	auto_close int fd = openat(f.dir, "d/f2", O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, text, sizeof text), 3);
	assert_memory_equal(text, "new", 3);
	end(&f);
}

static void whiteouts_take_overlays_form(void **state)
{
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;
	struct stat st;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "d/.wh.gone", S_IFREG, "");
	add(&f, "o/.wh..wh..opq", S_IFREG, "");
	add(&f, "kept", S_IFREG, "x");
	add(&f, ".wh.kept", S_IFREG, "");
	add(&f, ".wh.again", S_IFREG, "");
	add(&f, "again/x", S_IFREG, "x");
	add(&f, "first/x", S_IFREG, "x");
	add(&f, ".wh.first", S_IFREG, "");
	if (unpack(&f, MiB, &r, &err) < 0) {
		end(&f);
		if (err.kind != ERR_UNSUPPORTED)
			fail_msg("%s", err.msg);
		print_message("skipped: %s\n", err.msg);
		skip();
	}
	assert_int_equal(fstatat(f.dir, "d/gone", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	assert_int_equal(fstatat(f.dir, "kept", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(fstatat(f.dir, "again/x", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_string_equal(f.opaque.data, "[o][again][first]");
	end(&f);
}

static void the_diff_id_covers_what_follows_the_end(void **state)
{
	struct unpack_result plain, more;
	struct err err = { 0 };
	struct fixture f;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "f", S_IFREG, "x");
	assert_int_equal(unpack(&f, MiB, &plain, &err), 0);
	assert_int_equal(lseek(f.tar, 0, SEEK_END), (off_t) plain.tar_size);
	assert_int_equal(write(f.tar, "tail", 4), 4);
	assert_int_equal(unpack(&f, MiB, &more, &err), 0);
	assert_int_equal(more.tar_size, plain.tar_size + 4);
	assert_string_not_equal(more.diff_id, plain.diff_id);
	end(&f);
}

static void a_bomb_stops_at_the_limit(void **state)
{
	static char much[2 * MiB];
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;

	(void) state;
	NEEDS_OPENAT2();
	memset(much, 'x', sizeof much - 1);
	begin(&f);
	add(&f, "f", S_IFREG, much);
	assert_true(unpack(&f, MiB, &r, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	end(&f);
}

/* ---- gzip ------------------------------------------------------------------------------------------------------------- */

/* "hi\n", compressed */
static const unsigned char hi[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0xc8, 0xe4, 2, 0, 0x7a, 0x7a,
	0x6f, 0xed, 3, 0, 0, 0 };

struct bytes {
	const unsigned char *p;
	size_t n, step;
};

static ssize_t bytes_next(void *ctx, const void **ret)
{
	struct bytes *b = ctx;
	size_t n = b->n < b->step ? b->n : b->step;

	*ret = b->p;
	b->p += n;
	b->n -= n;
	return (ssize_t) n;
}

static ssize_t gunzip_all(const unsigned char *p, size_t n, size_t step, char out[64])
{
	struct bytes b = { p, n, step };
	struct gunzip *g = gunzip_new(bytes_next, &b);
	ssize_t got = gunzip_read(g, out, 64);

	gunzip_free(g);
	return got;
}

static void gzip_members_follow_each_other(void **state)
{
	unsigned char two[2 * sizeof hi + 3];
	char out[64];

	(void) state;
	memcpy(two, hi, sizeof hi);
	memcpy(two + sizeof hi, hi, sizeof hi);
	memset(two + 2 * sizeof hi, 0, 3); /* padding, as on a tape */
	for (size_t step = 1; step < sizeof two; step++) {
		assert_int_equal(gunzip_all(two, sizeof two, step, out), 6);
		assert_memory_equal(out, "hi\nhi\n", 6);
	}
}

static void broken_gzip_is_noticed(void **state)
{
	unsigned char bad[sizeof hi];
	char out[64];

	(void) state;
	assert_int_equal(gunzip_all(hi, sizeof hi - 1, 5, out), -EPIPE);
	memcpy(bad, hi, sizeof bad);
	bad[16] ^= 1; /* the checksum */
	assert_int_equal(gunzip_all(bad, sizeof bad, 5, out), -EBADMSG);
}

static int memory_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd > 0);
	return fd;
}

/* Files that are replaced, with and without contents, links to them, what follows the end. */
static void a_recipe_gives_the_same_tar_again(void **state)
{
	auto_close int recipe = memory_file(), out = memory_file();
	struct unpack_result r;
	struct sink_result w;
	struct err err = { 0 };
	struct fixture f;
	struct sink *sink;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "d", S_IFDIR, "");
	add(&f, "d/a", S_IFREG, "first");
	add(&f, "h", 0, "d/a");
	add(&f, "d/a", S_IFREG, "second, and longer");
	add(&f, "d/e", S_IFREG, "");
	add(&f, "d/a", S_IFREG, "3");
	add(&f, "t", S_IFDIR, "");
	add(&f, "t/x", S_IFREG, "goes with its directory");
	add(&f, "t", S_IFREG, "a file now");
	add(&f, "l", S_IFLNK, "d/a");
	assert_int_equal(unpack_recipe(&f, MiB, recipe, &r, &err), 0);
	assert_int_equal(sink_open(out, SINK_PLAIN, 0, &sink, &err), 0);
	assert_int_equal(recipe_replay(recipe, f.dir, sink, &err), 0);
	assert_int_equal(sink_end(sink, &w, &err), 0);
	sink_free(sink);
	assert_string_equal(w.diff_id, r.diff_id);
	assert_int_equal(w.tar_size, r.tar_size);
	assert_int_equal(lseek(out, 0, SEEK_END), (off_t) r.tar_size);
	end(&f);
}

static void a_damaged_recipe_is_refused(void **state)
{
	auto_close int recipe = memory_file(), out = memory_file();
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;
	struct sink *sink;
	off_t size;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "a", S_IFREG, "contents");
	assert_int_equal(unpack_recipe(&f, MiB, recipe, &r, &err), 0);
	size = lseek(recipe, 0, SEEK_END);
	for (off_t cut = 0; cut < size; cut += 1 + size / 40) {
		err_clear(&err);
		assert_int_equal(ftruncate(recipe, size - 1 - cut > 0 ? size - 1 - cut : 0), 0);
		assert_int_equal(sink_open(out, SINK_PLAIN, 0, &sink, &err), 0);
		assert_true(recipe_replay(recipe, f.dir, sink, &err) < 0);
		assert_int_equal(err.kind, ERR_CORRUPT);
		sink_free(sink);
	}
	end(&f);
}

static void a_changed_file_is_noticed(void **state)
{
	auto_close int recipe = memory_file(), out = memory_file();
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f;
	struct sink *sink;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "a", S_IFREG, "contents");
	assert_int_equal(unpack_recipe(&f, MiB, recipe, &r, &err), 0);
	auto_close int a = openat(f.dir, "a", O_WRONLY | O_CLOEXEC);

	assert_int_equal(ftruncate(a, 3), 0);
	assert_int_equal(sink_open(out, SINK_PLAIN, 0, &sink, &err), 0);
	assert_int_equal(recipe_replay(recipe, f.dir, sink, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "shorter"));
	sink_free(sink);
	end(&f);
}

/* A directory as a tar, unpacked again, gives the same tar. */
static void a_tree_comes_back(void **state)
{
	auto_close int first = memory_file(), second = memory_file();
	struct sink_result w[2];
	struct unpack_result r;
	struct err err = { 0 };
	struct fixture f, g;
	struct sink *sink;

	(void) state;
	NEEDS_OPENAT2();
	begin(&f);
	add(&f, "d", S_IFDIR, "");
	add(&f, "d/a", S_IFREG, "contents");
	add(&f, "d/b", 0, "d/a");
	add(&f, "l", S_IFLNK, "d/a");
	assert_int_equal(unpack(&f, MiB, &r, &err), 0);
	assert_int_equal(sink_open(first, SINK_PLAIN, 0, &sink, &err), 0);
	assert_int_equal(tree_write(f.dir, true, sink, &err), 0);
	assert_int_equal(sink_end(sink, &w[0], &err), 0);
	sink_free(sink);
	begin(&g);
	assert_int_equal(archive_write_free(g.w), ARCHIVE_OK);
	g.w = NULL;
	assert_int_equal(dup3(first, g.tar, O_CLOEXEC), g.tar);
	assert_int_equal(unpack(&g, MiB, &r, &err), 0);
	assert_string_equal(r.diff_id, w[0].diff_id);
	assert_int_equal(sink_open(second, SINK_GZIP, 9, &sink, &err), 0);
	assert_int_equal(tree_write(g.dir, true, sink, &err), 0);
	assert_int_equal(sink_end(sink, &w[1], &err), 0);
	sink_free(sink);
	assert_string_equal(w[1].diff_id, w[0].diff_id);
	assert_string_not_equal(w[1].blob, w[1].diff_id);
	end(&f);
	end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cleaned_by_text),
		cmocka_unit_test(long_and_deep_names_have_limits),
		cmocka_unit_test(whiteouts_are_told_by_name),
		cmocka_unit_test(names_in_messages_are_harmless),
		cmocka_unit_test(entries_that_would_escape_are_refused),
		cmocka_unit_test(attributes_and_contents_arrive),
		cmocka_unit_test(whiteouts_take_overlays_form),
		cmocka_unit_test(the_diff_id_covers_what_follows_the_end),
		cmocka_unit_test(a_bomb_stops_at_the_limit),
		cmocka_unit_test(gzip_members_follow_each_other),
		cmocka_unit_test(broken_gzip_is_noticed),
		cmocka_unit_test(a_recipe_gives_the_same_tar_again),
		cmocka_unit_test(a_damaged_recipe_is_refused),
		cmocka_unit_test(a_changed_file_is_noticed),
		cmocka_unit_test(a_tree_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
