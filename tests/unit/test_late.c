/* Unit tests for pkg/container/late.c, and for the groups a user of pkg/container/user.c is given. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/container/late.h"
#include "pkg/container/user.h"

static const struct late late = { .pod_ip = "10.88.0.2", .host_ip = "192.0.2.7", .uid = "u-1" };

static void marks_become_values(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ LATE_OPEN "status.podIP" LATE_CLOSE, "10.88.0.2" },
		{ "http://" LATE_OPEN "status.podIP" LATE_CLOSE ":80/" LATE_OPEN "metadata.uid" LATE_CLOSE,
			"http://10.88.0.2:80/u-1" },
		{ LATE_OPEN "status.hostIPs" LATE_CLOSE, "192.0.2.7" },
		{ LATE_OPEN "nobody" LATE_CLOSE, LATE_OPEN "nobody" LATE_CLOSE },
		{ "open " LATE_OPEN "status.podIP", "open " LATE_OPEN "status.podIP" },
	};
	auto_arena struct arena a = { 0 };

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char *text = arena_strdup(&a, rows[i].text);

		assert_int_equal(late_text(&text, &late, &a), 0);
		assert_string_equal(text, rows[i].want);
	}
}

static void a_container_is_filled_where_it_uses_them(void **state)
{
	auto_arena struct arena a = { 0 };
	struct container_spec c = { 0 };
	struct mount_spec m = { .sub_path = arena_strdup(&a, "logs/" LATE_OPEN "metadata.uid" LATE_CLOSE) };

	(void) state;
	assert_false(late_in_container(&c));
	assert_int_equal(strs_add(&c.env, &a, "IP=" LATE_OPEN "status.podIP" LATE_CLOSE), 0);
	assert_int_equal(strs_add(&c.argv, &a, LATE_OPEN "status.hostIP" LATE_CLOSE), 0);
	c.mounts = (struct list){ &m, 1 };
	assert_true(late_in_container(&c));
	assert_int_equal(late_container(&c, &late, &a), 0);
	assert_string_equal(c.env.v[0], "IP=10.88.0.2");
	assert_string_equal(c.argv.v[0], "192.0.2.7");
	assert_string_equal(m.sub_path, "logs/u-1");
	assert_false(late_in_container(&c));
}

static void group_policies_differ_in_the_images_groups(void **state)
{
	static const char passwd[] = "web:x:1000:1000::/:/bin/sh\n",
			  group[] = "web:x:1000:\nextra:x:2000:web\n";
	static const struct {
		const char *user;
		enum user_groups member;
		size_t want;
	} rows[] = {
		{ "1000", USER_GROUPS_ASKED, 1 },
		{ "1000:1000", USER_GROUPS_ASKED, 0 },
		{ "1000:1000", USER_GROUPS_MERGE, 1 },
		{ "1000", USER_GROUPS_STRICT, 0 },
		{ "5", USER_GROUPS_MERGE, 0 },
	};
	struct user u;
	struct err err;

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_int_equal(user_find(passwd, group, rows[i].user, NULL, rows[i].member, &u, &err), 0);
		assert_int_equal(u.n_groups, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_become_values),
		cmocka_unit_test(a_container_is_filled_where_it_uses_them),
		cmocka_unit_test(group_policies_differ_in_the_images_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
