#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "pkg/container/user.h"
#include "pkg/util/io.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "broken\n"
			     "neg:x:-1:0::/:\n"
			     "web:x:1000:1000:Web:/srv/web:/bin/sh\n"
			     "nohome:x:5:5:::\n"
			     "last:x:7:7::/last:/bin/false";
static const char group[] = "root:x:0:\nadm:x:4:web,last\nweb:x:1000:\nvideo:x:44:web\nbad:x:x:web\n";

static const struct lookup_case {
	const char *user, *more;
	uint32_t uid, gid;
	size_t n_groups;
	const char *home;
} cases[] = {
	{ "", NULL, 0, 0, 0, "/root" },
	{ "root", NULL, 0, 0, 0, "/root" },
	{ "web", NULL, 1000, 1000, 2, "/srv/web" },
	{ "1000", NULL, 1000, 1000, 2, "/srv/web" },
	{ "web:adm", NULL, 1000, 4, 0, "/srv/web" },
	{ "web:1234", NULL, 1000, 1234, 0, "/srv/web" },
	{ "4321", NULL, 4321, 0, 0, "/" },
	{ "4321:4322", NULL, 4321, 4322, 0, "/" },
	{ "nohome", NULL, 5, 5, 0, "/" },
	{ "last", NULL, 7, 7, 1, "/last" },
	{ "web", "video", 1000, 1000, 2, "/srv/web" },
	{ "root", "77", 0, 0, 1, "/root" },
	{ "4294967294", NULL, 4294967294u, 0, 0, "/" },
};

static void users_are_found_by_name_and_number(void **state)
{
	(void) state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct arena a = { 0 };
		struct strs more = { 0 };
		struct user u;
		struct err err = { 0 };

		if (cases[i].more)
			assert_int_equal(strs_add(&more, &a, cases[i].more), 0);
		assert_int_equal(
			user_find(passwd, group, cases[i].user, &more, USER_GROUPS_ASKED, &u, &err), 0);
		assert_int_equal(u.uid, cases[i].uid);
		assert_int_equal(u.gid, cases[i].gid);
		assert_int_equal(u.n_groups, cases[i].n_groups);
		assert_string_equal(u.home, cases[i].home);
		arena_done(&a);
	}
}

static void unknown_names_are_refused_by_name(void **state)
{
	static const char *const bad[] = { "nobody2", "web:nogroup", "neg", "broken", "4294967295", "-1",
		"web:-1", "a:b:c" };

	(void) state;
	for (size_t i = 0; i < LEN(bad); i++) {
		struct user u;
		struct err err = { 0 };

		assert_true(user_find(passwd, group, bad[i], NULL, USER_GROUPS_ASKED, &u, &err) < 0);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_non_null(strstr(err.msg, " of the image"));
	}
}

/* ---- the union of layers ---- */

static char top[64];

static void put(const char *path, const char *text)
{
	char full[256];
	int fd;

	snprintf(full, sizeof full, "%s/%s", top, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void dir(const char *path)
{
	char full[256];

	snprintf(full, sizeof full, "%s/%s", top, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void sym(const char *target, const char *path)
{
	char full[256];

	snprintf(full, sizeof full, "%s/%s", top, path);
	assert_int_equal(symlink(target, full), 0);
}

static int setup(void **state)
{
	(void) state;
	strcpy(top, "/tmp/podctl-test-user-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	dir("0");
	dir("1");
	dir("1/etc");
	dir("2");
	dir("2/etc");
	return 0;
}

static int teardown(void **state)
{
	int rc = dir_remove(AT_FDCWD, top);

	(void) state;
	return rc;
}

static void open_layers(struct layers *l)
{
	struct arena a = { 0 };
	struct strs dirs = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 3; i++)
		assert_int_equal(strs_addf(&dirs, &a, "%s/%d", top, i), 0);
	assert_int_equal(layers_open(&dirs, l, &err), 0);
	arena_done(&a);
}

/* NULL: must not open */
static void sees(const char *path, const char *want)
{
	struct layers l;
	struct buf b = BUF_INIT(4096);
	int fd;

	open_layers(&l);
	fd = layers_open_file(&l, path);
	if (want) {
		assert_true(fd >= 0);
		assert_int_equal(io_read_all(fd, &b), 0);
		assert_string_equal(b.data ? b.data : "", want);
		close(fd);
	} else {
		assert_true(fd < 0);
	}
	buf_done(&b);
	layers_done(&l);
}

static void the_topmost_file_is_seen(void **state)
{
	(void) state;
	put("2/etc/passwd", "low");
	sees("/etc/passwd", "low");
	sees("etc//./passwd", "low");
	sees("/etc/../etc/passwd", "low");
	sees("/../../etc/passwd", "low");
	put("1/etc/passwd", "mid");
	sees("/etc/passwd", "mid");
	sees("/etc/none", NULL);
	sees("/etc", NULL);
	sees("/", NULL);
}

static void links_lead_over_layers_but_not_out(void **state)
{
	char outside[128];

	(void) state;
	dir("2/usr");
	dir("2/usr/share");
	put("2/usr/share/passwd", "shared");
	sym("../usr/share/passwd", "1/etc/passwd"); /* target only in a lower layer */
	sees("/etc/passwd", "shared");
	sym("/usr/share/passwd", "1/etc/abs");
	sees("/etc/abs", "shared");
	sym("/usr/share", "1/etc/dir");
	sees("/etc/dir/passwd", "shared");
	put("secret", "host");
	snprintf(outside, sizeof outside, "../../../../..%s/secret", top);
	sym(outside, "1/etc/out");
	sees("/etc/out", NULL);
	sym("loop", "1/etc/loop");
	sees("/etc/loop", NULL);
}

static void hostile_files_are_not_read(void **state)
{
	char full[256];

	(void) state;
	snprintf(full, sizeof full, "%s/1/etc/fifo", top);
	assert_int_equal(mkfifo(full, 0644), 0);
	sees("/etc/fifo", NULL); /* and does not block */
	dir("1/etc/passwd");
	sees("/etc/passwd", NULL);
	put("1/etc/file", "x");
	sees("/etc/file/passwd", NULL);
}

static void binary_and_huge_files_are_refused(void **state)
{
	struct layers l;
	struct user u;
	struct err err = { 0 };
	char full[256];
	int fd;

	(void) state;
	snprintf(full, sizeof full, "%s/1/etc/passwd", top);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(io_write_all(fd, "a\0b", 3), 0);
	open_layers(&l);
	assert_true(user_lookup(&l, "x", NULL, USER_GROUPS_ASKED, &u, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(ftruncate(fd, 3 * 1024 * 1024), 0);
	err_clear(&err);
	assert_true(user_lookup(&l, "0", NULL, USER_GROUPS_ASKED, &u, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	close(fd);
	layers_done(&l);
}

static void a_whiteout_hides_what_is_below(void **state)
{
	char full[256];

	(void) state;
	put("2/etc/passwd", "low");
	put("2/etc/group", "low");
	snprintf(full, sizeof full, "%s/1/etc/passwd", top);
	if (mknod(full, S_IFCHR, makedev(0, 0)) <
		0) { /* allowed since 5.8 to everybody, but not on every file system */
		print_message("skipped: whiteouts cannot be made here\n");
		skip();
	}
	sees("/etc/passwd", NULL);
	sees("/etc/group", "low");
}

static void an_opaque_directory_hides_what_is_below(void **state)
{
	char full[256];

	(void) state;
	put("2/etc/passwd", "low");
	snprintf(full, sizeof full, "%s/1/etc", top);
	if (setxattr(full, "user.overlay.opaque", "y", 1, 0) < 0) {
		print_message("skipped: no user xattrs here\n");
		skip();
	}
	sees("/etc/passwd", NULL);
	put("1/etc/passwd", "mid");
	sees("/etc/passwd", "mid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_found_by_name_and_number),
		cmocka_unit_test(unknown_names_are_refused_by_name),
		cmocka_unit_test_setup_teardown(the_topmost_file_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(links_lead_over_layers_but_not_out, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_files_are_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(binary_and_huge_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_whiteout_hides_what_is_below, setup, teardown),
		cmocka_unit_test_setup_teardown(an_opaque_directory_hides_what_is_below, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
