#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/container/seccomp.h"
#include "pkg/util/limits.h"

static json_t *text(const struct seccomp_profile *p, uint64_t caps, const char *kernel)
{
	struct buf b = BUF_INIT(1 * MiB);
	struct err err = { 0 };
	json_t *v;

	assert_int_equal(seccomp_text(p, caps, kernel, &b), 0);
	v = json_parse(b.data, b.len, &err);
	if (!v)
		fail_msg("%s", err.msg);
	buf_done(&b);
	return v;
}

/* The action for a system call without arguments to compare, NULL when no rule names it. */
static const char *action(const json_t *filter, const char *name, bool with_args)
{
	const json_t *rule, *n;
	size_t i, k;

	json_array_foreach(json_object_get(filter, "syscalls"), i, rule)
		json_array_foreach(json_object_get(rule, "names"), k,
			n) if (strcmp(json_string_value(n), name) == 0 &&
			       (json_object_get(rule, "args") != NULL) ==
				       with_args) return json_string_value(json_object_get(rule, "action"));
	return NULL;
}

static void the_default_profile_follows_the_capabilities(void **state)
{
	json_t *none = text(&seccomp_default, 0, "6.1.0"),
	       *admin = text(&seccomp_default, 1ULL << 21, "6.1.0");

	(void) state;
	assert_string_equal(json_string_value(json_object_get(none, "defaultAction")), "SCMP_ACT_ERRNO");
	assert_int_equal(json_integer_value(json_object_get(none, "defaultErrnoRet")), 38);
	assert_string_equal(action(none, "read", false), "SCMP_ACT_ALLOW");
	assert_string_equal(action(none, "mount", false), "SCMP_ACT_ALLOW"); /* the namespace decides */
	assert_string_equal(action(none, "bpf", false), "SCMP_ACT_ERRNO");
	assert_string_equal(action(none, "setdomainname", false), "SCMP_ACT_ERRNO");
	assert_string_equal(action(admin, "setdomainname", false), "SCMP_ACT_ALLOW");
	assert_string_equal(action(none, "personality", true), "SCMP_ACT_ALLOW");
	assert_true(json_array_size(json_object_get(none, "architectures")) > 0);
	json_decref(none);
	json_decref(admin);
}

static void the_same_profile_gives_the_same_bytes(void **state)
{
	struct buf a = BUF_INIT(1 * MiB), b = BUF_INIT(1 * MiB);

	(void) state;
	assert_int_equal(seccomp_text(&seccomp_default, 0xff, "6.1.0", &a), 0);
	assert_int_equal(seccomp_text(&seccomp_default, 0xff, "6.1.0", &b), 0);
	assert_string_equal(a.data, b.data);
	buf_done(&a);
	buf_done(&b);
}

static const char profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"],\"syscalls\":["
	"{\"names\":[\"chmod\",\"fchmod\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EACCES\",\"errnoRet\":1}"
	","
	"{\"names\":[\"a\"],\"action\":\"SCMP_ACT_KILL\",\"includes\":{\"minKernel\":\"5.10\"}},"
	"{\"names\":[\"b\"],\"action\":\"SCMP_ACT_KILL\",\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}},"
	"{\"names\":[\"c\"],\"action\":\"SCMP_ACT_KILL\",\"includes\":{\"arches\":[\"none\"]}},"
	"{\"names\":[\"d\"],\"action\":\"SCMP_ACT_ALLOW\"},"
	"{\"names\":[\"e\"],\"action\":\"SCMP_ACT_LOG\",\"args\":["
	"{\"index\":1,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]"
	"}";

static void a_profile_file_is_read(void **state)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct seccomp_profile p;
	json_t *v;

	(void) state;
	assert_int_equal(seccomp_parse(profile, strlen(profile), &a, &p, &err), 0);
	v = text(&p, 0, "6.1.0-13-amd64");
	/* chmod with the errno of the name, a, b, e twice; not c (architecture) and d (the default action) */
	assert_int_equal(json_array_size(json_object_get(v, "syscalls")), 5);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(v, "syscalls"), 0), "errnoRet")),
		13);
	json_decref(v);
	v = text(&p, 1, "5.4.0");
	assert_null(action(v, "a", false));
	assert_null(action(v, "b", false));
	json_decref(v);
	arena_done(&a);
}

static void a_wrong_profile_is_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"defaultAction\":\"SCMP_ACT_MAYBE\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a "
		"b\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\\\"\"],\"action\":"
		"\"SCMP_ACT_ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"x\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_"
		"ACT_LOG\","
		"\"args\":[{\"index\":9,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENONSENSE\"}" };

	(void) state;
	for (size_t i = 0; i < LEN(bad); i++) {
		struct arena a = { 0 };
		struct err err = { 0 };
		struct seccomp_profile p;

		if (seccomp_parse(bad[i], strlen(bad[i]), &a, &p, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_profile_follows_the_capabilities),
		cmocka_unit_test(the_same_profile_gives_the_same_bytes),
		cmocka_unit_test(a_profile_file_is_read),
		cmocka_unit_test(a_wrong_profile_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
