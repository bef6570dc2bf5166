/* Unit tests for pkg/kube/quantity.c. */
#include "tests/unit/test.h"

#include <errno.h>

#include "pkg/kube/quantity.h"

static void quantities_have_their_value(void **state)
{
	(void) state;
	static const struct {
		const char *text;
		int64_t scale;
		int rc;
		int64_t value;
	} rows[] = {
		{ "500m", 1000, 0, 500 },
		{ "0.5", 1000, 0, 500 },
		{ ".5", 1000, 0, 500 },
		{ "1", 1000, 0, 1000 },
		{ "2e3", 1, 0, 2000 },
		{ "2E3", 1, 0, 2000 },
		{ "1E", 1, 0, 1000000000000000000 },
		{ "64Mi", 1, 0, 67108864 },
		{ "1.5Gi", 1, 0, 1610612736 },
		{ "1k", 1, 0, 1000 },
		{ "100n", 1000, 0, 1 },
		{ "1m", 1, 0, 1 },
		{ "-1", 1, 0, -1 },
		{ "-1m", 1, 0, -1 },
		{ "0", 1, 0, 0 },
		{ "+3", 1, 0, 3 },
		{ "1e-3", 1000, 0, 1 },
		{ "12e1000", 1, -ERANGE, 0 },
		{ "0e1000", 1, 0, 0 },
		{ "1e-1000", 1, 0, 1 },
		{ "9Ei", 1, -ERANGE, 0 },
		{ "7Ei", 1, 0, 8070450532247928832 },
		{ "0.000000000000000000000000001", 1, 0, 1 },
		{ "123456789012345678901234567890", 1, -ERANGE, 0 },
		{ "", 1, -EINVAL, 0 },
		{ "x", 1, -EINVAL, 0 },
		{ "1K", 1, -EINVAL, 0 },
		{ "1 Gi", 1, -EINVAL, 0 },
		{ "1GiB", 1, -EINVAL, 0 },
		{ "1.2.3", 1, -EINVAL, 0 },
		{ "1e", 1, -EINVAL, 0 },
		{ "-", 1, -EINVAL, 0 },
		{ "1mi", 1, -EINVAL, 0 },
		{ ".", 1, -EINVAL, 0 },
		{ "0x10", 1, -EINVAL, 0 },
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		int64_t v = 0;
		int rc = quantity_parse(rows[i].text, rows[i].scale, &v);

		if (rc != rows[i].rc || v != rows[i].value)
			fail_msg("'%s': %d %lld, expected %d %lld", rows[i].text, rc, (long long) v,
				rows[i].rc, (long long) rows[i].value);
		assert_true(quantity_is_valid(rows[i].text) == (rows[i].rc != -EINVAL));
	}
}

static void division_rounds_up(void **state)
{
	(void) state;
	static const struct {
		const char *text, *divisor;
		int rc;
		int64_t value;
	} rows[] = { { "500m", "1", 0, 1 }, { "500m", "1m", 0, 500 }, { "64Mi", "1Mi", 0, 64 },
		{ "64Mi", "1", 0, 67108864 }, { "1500m", "1", 0, 2 }, { "1", "0", -EINVAL, 0 },
		{ "1", "-1", -EINVAL, 0 }, { "1", "x", -EINVAL, 0 } };

	for (size_t i = 0; i < LEN(rows); i++) {
		int64_t v = 0;

		assert_int_equal(quantity_divide(rows[i].text, rows[i].divisor, &v), rows[i].rc);
		assert_int_equal(v, rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(quantities_have_their_value),
		cmocka_unit_test(division_rounds_up) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
