/* kubectl's -l (API concepts, "Labels and Selectors"). */
#include "tests/unit/test.h"

#include "pkg/kube/label_selector.h"

static bool fits(const char *selector, const char *labels)
{
	struct arena a = { 0 };
	struct label_selector s;
	struct err err = { 0 };
	json_t *v = labels ? json_loads(labels, 0, NULL) : NULL;
	bool ok = label_selector_parse(selector, &a, &s, &err) == 0 && label_selector_fits(&s, v);

	json_decref(v);
	arena_done(&a);
	return ok;
}

static bool refused(const char *selector)
{
	struct arena a = { 0 };
	struct label_selector s;
	struct err err = { 0 };
	int rc = label_selector_parse(selector, &a, &s, &err);

	arena_done(&a);
	return rc < 0 && err.kind == ERR_INVALID;
}

static void equality(void **state)
{
	(void) state;
	assert_true(fits("", NULL));
	assert_true(fits(NULL, "{\"a\":\"b\"}"));
	assert_true(fits("a=b", "{\"a\":\"b\"}"));
	assert_true(fits("a==b", "{\"a\":\"b\"}"));
	assert_false(fits("a=b", "{\"a\":\"c\"}"));
	assert_false(fits("a=b", NULL));
	assert_true(fits("a!=b", "{\"a\":\"c\"}"));
	assert_true(fits("a!=b", NULL)); /* a label that is not there is not b either */
	assert_false(fits("a!=b", "{\"a\":\"b\"}"));
	assert_true(fits("a=", "{\"a\":\"\"}"));
	assert_true(fits("app.kubernetes.io/name=web,tier!=db", "{\"app.kubernetes.io/name\":\"web\"}"));
}

static void sets(void **state)
{
	(void) state;
	assert_true(fits("env in (a, b)", "{\"env\":\"b\"}"));
	assert_false(fits("env in (a,b)", "{\"env\":\"c\"}"));
	assert_true(fits("env notin (a,b)", "{\"env\":\"c\"}"));
	assert_true(fits("env notin (a,b)", NULL));
	assert_false(fits("env notin (a,b),x", "{\"env\":\"c\"}"));
	assert_true(fits("x,!y", "{\"x\":\"1\"}"));
	assert_false(fits("x,!y", "{\"x\":\"1\",\"y\":\"\"}"));
	assert_true(fits("inside=1", "{\"inside\":\"1\"}")); /* "in" is a word of its own */
}

static void faults(void **state)
{
	(void) state;
	assert_true(refused("a="
			    "b,"));
	assert_true(refused("env in a"));
	assert_true(refused("env in (a"));
	assert_true(refused("=b"));
	assert_true(refused("a=b c"));
	assert_true(refused("a~b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),
		cmocka_unit_test(sets),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
