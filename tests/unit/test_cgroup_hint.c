/* What one process tells another of the cgroup hierarchies: believed when it is still so, else nothing is open. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/cgroup/internal.h"

static struct stat here;
static char where[4096];

static int set_up(void **state)
{
	(void) state;
	return getcwd(where, sizeof where) && stat(where, &here) == 0 ? 0 : -1;
}

/* An entry for our own directory, as if it were the root of a hierarchy. */
static void entry(char *ret, size_t size, const char *name, unsigned long long ino)
{
	size_t n = strlen(ret);

	assert_true(snprintf(ret + n, size - n, "%llx:%llx %s %s;", (unsigned long long) here.st_dev, ino,
			    name, where) < (int) (size - n));
}

static void what_is_still_so_is_followed(void **state)
{
	struct cgroup_fs fs = { .n = 0 };
	char hint[9000] = "";

	(void) state;
	entry(hint, sizeof hint, "cpu,cpuacct", here.st_ino);
	entry(hint, sizeof hint, "name=systemd", here.st_ino);
	entry(hint, sizeof hint, "-", here.st_ino);
	assert_int_equal(
		cgroup_follow_hint(&fs, hint, "2:cpu,cpuacct:/\n1:name=systemd:/user/1\n0::/user\n"), 0);
	assert_int_equal(fs.mode, CGROUP_V1);
	assert_int_equal(fs.n, 2);
	assert_true(fs.hybrid);
	assert_string_equal(fs.h[0].name, "cpu,cpuacct");
	assert_string_equal(fs.h[0].self, "/");
	assert_string_equal(fs.h[1].self, "/user/1");
	cgroup_close(&fs);
}

static void what_changed_is_not_followed(void **state)
{
	static const char *const garbage[] = { "", ";", "x", "1", "1:", "1:2", "1:2 cpu", "1:2 cpu /nowhere;",
		"zz:2 cpu /;", ":: :;" };
	struct cgroup_fs fs = { .n = 0 };
	char hint[9000] = "";

	(void) state;
	for (size_t i = 0; i < LEN(garbage); i++) {
		assert_true(cgroup_follow_hint(&fs, garbage[i], "1:cpu:/\n") < 0);
		assert_int_equal(fs.n, 0);
	}
	entry(hint, sizeof hint, "cpu", here.st_ino + 1); /* another directory */
	assert_true(cgroup_follow_hint(&fs, hint, "1:cpu:/\n") < 0);
	*hint = '\0';
	entry(hint, sizeof hint, "cpu", here.st_ino);
	assert_true(cgroup_follow_hint(&fs, hint, "1:memory:/\n") < 0);          /* another hierarchy */
	assert_true(cgroup_follow_hint(&fs, hint, "2:memory:/\n1:cpu:/\n") < 0); /* one more */
	assert_int_equal(fs.n, 0);
	assert_int_equal(fs.mode, CGROUP_NONE);
	for (size_t i = 0; i < CGROUP_V1_MAX + 1; i++)
		entry(hint, sizeof hint, "cpu", here.st_ino);
	assert_true(cgroup_follow_hint(&fs, hint, "1:cpu:/\n") < 0);
	entry(hint, sizeof hint, "-", here.st_ino);
	assert_true(cgroup_follow_hint(&fs, hint, "1:cpu:/\n") < 0);
	assert_false(fs.hybrid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_still_so_is_followed),
		cmocka_unit_test(what_changed_is_not_followed),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
