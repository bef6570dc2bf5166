/* The file of fileKeyRef (KEP-3721). */
#include "tests/unit/test.h"

#include "pkg/monitor/env_file.h"
#include "pkg/util/limits.h"

static const char *value(const char *text, const char *key)
{
	static struct buf b;
	static struct err err;
	int rc;

	err_clear(&err);
	buf_done(&b);
	b = (struct buf) BUF_INIT(FILE_KEY_MAX);
	rc = env_file_find(text, key, &b, &err);
	return rc < 0 ? err.msg : rc ? (b.data ? b.data : "") : NULL;
}

static void values_are_found(void **state)
{
	(void) state;
	assert_string_equal(value("A='b'\n", "A"), "b");
	assert_string_equal(value("A='b'", "A"), "b");
	assert_string_equal(value("  # c\n\n  A = 'x y'  # said\nB='2'", "A"), "x y");
	assert_string_equal(value("A='two\nlines'\nB='after'", "A"), "two\nlines");
	assert_string_equal(value("A='two\nlines'\nB='after'", "B"), "after");
	assert_string_equal(value("A='1'\nA='2'\n", "A"), "2");
	assert_string_equal(value("A=''\n", "A"), "");
	assert_string_equal(value("A='a \\ $x \"q\"'\n", "A"), "a \\ $x \"q\"");
	assert_string_equal(value("A= plain text \r\n", "A"), "plain text");
	assert_string_equal(value("A=one \\\n two\nB=3\n", "A"), "one two");
	assert_string_equal(value("A=\nB=3\n", "A"), "");
	assert_null(value("AB='1'\n", "A"));
	assert_null(value("", "A"));
	assert_null(value("# A='1'\n", "A"));
	(void) value("", "");
}

static void faults_name_their_line(void **state)
{
	(void) state;
	assert_non_null(strstr(value("A='1'\nnonsense\n", "A"), "line 2"));
	assert_non_null(strstr(value("A='1\n2\n", "A"), "line 1: there is no closing quote"));
	assert_non_null(strstr(value("A='1' x\n", "A"), "line 1"));
	assert_non_null(strstr(value("A='1\n'\n='3'\n", "A"), "line 3"));
	assert_non_null(strstr(value("A=1\\\n\nB=2\n", "A"), "backslash"));
	assert_non_null(strstr(value("A=1\\", "A"), "backslash"));
	(void) value("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(faults_name_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
