/* Ranges of user namespaces (user_namespaces(7)), and how --userns gives them. */
#include "tests/unit/test.h"

#include "pkg/oci/ids.h"
#include "pkg/verb/userns.h"

static void ranges_are_read(void **state)
{
	static const char *const bad[] = { "", "1", "1:", ":1", "a:1", "1:2:", "1:2:0", "-1:2:3", "1:2:3:4",
		"4294967295:0:1", "0:4294967290:10" };
	struct id_range r;

	(void) state;
	assert_int_equal(id_range_parse("0:100000:65536", &r), 0);
	assert_int_equal(r.outside, 100000);
	assert_int_equal(r.count, 65536);
	assert_int_equal(id_range_parse("7:8", &r), 0);
	assert_int_equal(r.count, 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_true(id_range_parse(bad[i], &r) < 0);
}

static void ids_go_through_their_range(void **state)
{
	struct id_range r[] = { { 0, 1000, 10 }, { 20, 5000, 1 } };
	struct list l = { r, 2 }, none = { 0 };
	auto_buf struct buf b = BUF_INIT(100);
	uint32_t id;

	(void) state;
	assert_true(ids_outside(&l, 9, &id));
	assert_int_equal(id, 1009);
	assert_false(ids_outside(&l, 10, &id));
	assert_true(ids_outside(&l, 20, &id));
	assert_int_equal(id, 5000);
	assert_true(ids_outside(&none, 77, &id));
	assert_int_equal(id, 77);
	assert_false(ids_overlap(&l));
	assert_int_equal(ids_text(&l, &b), 0);
	assert_string_equal(b.data, "0 1000 10\n20 5000 1\n");
	r[1].inside = 9;
	assert_true(ids_overlap(&l));
	r[1] = (struct id_range){ 20, 1009, 1 };
	assert_true(ids_overlap(&l));
}

static int asked(struct userns_request r, struct userns_spec *u, struct arena *a, struct err *err)
{
	const struct engine e = { 0 };

	*u = (struct userns_spec){ 0 };
	*err = (struct err){ 0 };
	return userns_read(&e, &r, a, u, err);
}

static void modes(void **state)
{
	static const char *const bad[] = { "bogus", "auto:size=0", "auto:size=70000", "auto:x=1", "private",
		"nomap", "keep-id", "keep-id:uid=1", "container:", "ns:", "auto:uidmapping=1" };
	struct arena a = { 0 };
	struct userns_spec u;
	struct err err;
	char *map = (char *) (uintptr_t) "0:1000:5";

	(void) state;
	assert_int_equal(asked((struct userns_request){ .mode = "host" }, &u, &a, &err), 0);
	assert_int_equal(u.mode, USERNS_HOST);
	assert_int_equal(
		asked((struct userns_request){ .mode = "auto:size=9,gidmapping=1:2:3" }, &u, &a, &err), 0);
	assert_int_equal(u.mode, USERNS_AUTO);
	assert_int_equal(u.size, 9);
	assert_int_equal(u.more_gids.n, 1);
	assert_int_equal(asked((struct userns_request){ .uidmap = { .v = &map, .n = 1 } }, &u, &a, &err), 0);
	assert_int_equal(u.mode, USERNS_MAP);
	assert_int_equal(u.gids.n, 1);
	assert_true(asked((struct userns_request){ .mode = "auto", .uidmap = { .v = &map, .n = 1 } }, &u, &a,
			    &err) < 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_true(asked((struct userns_request){ .mode = bad[i] }, &u, &a, &err) < 0);
		assert_true(err.len > 0);
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(ids_go_through_their_range),
		cmocka_unit_test(modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
