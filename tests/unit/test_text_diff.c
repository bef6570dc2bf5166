/* Unit tests for pkg/util/text_diff.c. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/util/limits.h"
#include "pkg/util/text_diff.h"

static void check(const char *a, const char *b, const char *want)
{
	struct buf out = BUF_INIT(MiB);

	assert_int_equal(text_diff("a", a, "b", b, &out), *want != '\0');
	assert_string_equal(out.data ? out.data : "", want);
	buf_done(&out);
}

static void texts_that_are_the_same_differ_in_nothing(void **state)
{
	(void) state;
	check("", "", "");
	check("x\ny\n", "x\ny\n", "");
}

static void hunks_have_three_lines_around(void **state)
{
	(void) state;
	check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
		"--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
	check("a\n", "b\n", "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n+b\n");
	check("", "new\n", "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+new\n");
	check("old\n", "", "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-old\n");
}

static void what_is_far_apart_is_two_hunks(void **state)
{
	(void) state;
	check("a\n1\n2\n3\n4\n5\n6\n7\n8\nz\n", "b\n1\n2\n3\n4\n5\n6\n7\n8\ny\n",
		"--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+b\n 1\n 2\n 3\n@@ -7,4 +7,4 @@\n 6\n 7\n 8\n-z\n+y\n");
	check("a\n1\n2\n3\n4\n5\n6\nz\n", "b\n1\n2\n3\n4\n5\n6\ny\n",
		"--- a\n+++ b\n@@ -1,8 +1,8 @@\n-a\n+b\n 1\n 2\n 3\n 4\n 5\n 6\n-z\n+y\n");
}

/* Applying the lines of a difference to one text gives the other, whatever the texts. */
static void a_difference_leads_from_one_to_the_other(void **state)
{
	(void) state;
	unsigned seed = 1;

	for (int round = 0; round < 300; round++) {
		char a[200] = "", b[200] = "", back[400] = "";
		struct buf out = BUF_INIT(MiB);
		char *line, *rest;

		for (int i = 0; i < 12; i++) {
			char one[3] = { (char) ('a' + (seed = seed * 1103515245 + 12345) / 65536 % 4), '\n',
				0 };

			if ((seed / 131072) % 3)
				strcat(a, one);
			if ((seed / 262144) % 3)
				strcat(b, one);
		}
		if (text_diff("a", a, "b", b, &out) == 0) {
			assert_string_equal(a, b);
			continue;
		}
		for (line = out.data; line && *line;
			line = rest) { /* 12 lines and fewer are one hunk or close to it */
			rest = strchr(line, '\n') + 1;
			if ((*line == '+' && strncmp(line, "+++", 3) != 0))
				strncat(back, line + 1, (size_t) (rest - line - 1));
		}
		/* every line that came is in the new text, in its order */
		for (char *p = back, *at = b; *p; p = strchr(p, '\n') + 1, at++)
			while (*at != *p)
				assert_true(*at++ != '\0');
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_are_the_same_differ_in_nothing),
		cmocka_unit_test(hunks_have_three_lines_around),
		cmocka_unit_test(what_is_far_apart_is_two_hunks),
		cmocka_unit_test(a_difference_leads_from_one_to_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
