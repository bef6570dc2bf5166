/* Unit tests for pkg/image/name.c. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/image/image.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void short_names_are_completed(void **state)
{
	static const struct {
		const char *ref, *hub, *local;
	} rows[] = {
		{ "alpine", "docker.io/library/alpine:latest", "localhost/alpine:latest" },
		{ "alpine:3.18", "docker.io/library/alpine:3.18", "localhost/alpine:3.18" },
		{ "user/app", "docker.io/user/app:latest", "localhost/user/app:latest" },
		{ "localhost/x", "localhost/x:latest", "localhost/x:latest" },
		{ "localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1" },
		{ "quay.io/a/b/c:v1", "quay.io/a/b/c:v1", "quay.io/a/b/c:v1" },
		{ "docker.io/nginx", "docker.io/library/nginx:latest", "docker.io/library/nginx:latest" },
		{ "index.docker.io/nginx", "docker.io/library/nginx:latest",
			"docker.io/library/nginx:latest" },
		{ "[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest" },
		{ "x@sha256:" HEX64, "docker.io/library/x@sha256:" HEX64, "localhost/x@sha256:" HEX64 },
		{ "x:1@sha256:" HEX64, "docker.io/library/x:1@sha256:" HEX64, "localhost/x:1@sha256:" HEX64 },
		{ "a--b__c.d", "docker.io/library/a--b__c.d:latest", "localhost/a--b__c.d:latest" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		const char *full;

		assert_true(image_name_normalize(rows[i].ref, &a, &full, &err) >= 0);
		assert_string_equal(full, rows[i].hub);
		assert_true(image_name_local(rows[i].ref, &a, &full, &err) >= 0);
		assert_string_equal(full, rows[i].local);
	}
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const rows[] = { "", "/", "a/", "/a", "Upper", "a b", "a:", "a:b c", ":tag",
		"a//b", "-a", "a-", "a..b", "a___b", "x@sha256:12", ("x@md5:" HEX64), HEX64, "a:-x",
		"host:99999999/x", "host.example:/x", ".host.io/x", "a\nb", "quay.io/", "x@", "../x",
		"a/../b" };
	char long_name[400];

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		const char *full = NULL;

		assert_true(image_name_normalize(rows[i], &a, &full, &err) < 0);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_null(full);
	}
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	auto_arena struct arena a = { 0 };
	struct err err = { 0 };
	const char *full;

	assert_true(image_name_normalize(long_name, &a, &full, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_are_completed),
		cmocka_unit_test(what_is_no_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
