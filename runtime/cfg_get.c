#include <string.h>

#include "runtime/config.h"

/* A key that is null counts as absent: encoders of other languages write it so. */
static const json_t *get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_null(v) ? NULL : v;
}

static int wrong(struct err *err, const char *at, const char *key, const char *want)
{
	return err_set(err, ERR_INVALID, "%s%s%s: expected %s", at, *at ? "." : "", key, want);
}

int cfg_object(const json_t *o, const char *at, const char *key, const json_t **ret, struct err *err)
{
	const json_t *v = get(o, key);

	if (v && !json_is_object(v))
		return wrong(err, at, key, "an object");
	*ret = v;
	return 0;
}

int cfg_array(const json_t *o, const char *at, const char *key, const json_t **ret, struct err *err)
{
	const json_t *v = get(o, key);

	if (v && !json_is_array(v))
		return wrong(err, at, key, "an array");
	*ret = v;
	return 0;
}

int cfg_str(const json_t *o, const char *at, const char *key, const char **ret, struct err *err)
{
	const json_t *v = get(o, key);

	if (!v)
		return 0;
	if (!json_is_string(v))
		return wrong(err, at, key, "a string");
	*ret = json_string_value(v);
	return 0;
}

int cfg_bool(const json_t *o, const char *at, const char *key, bool *ret, struct err *err)
{
	const json_t *v = get(o, key);

	if (!v)
		return 0;
	if (!json_is_boolean(v))
		return wrong(err, at, key, "true or false");
	*ret = json_is_true(v);
	return 0;
}

int cfg_int(const json_t *o, const char *at, const char *key, int64_t min, int64_t max, int64_t *ret,
	bool *ret_set, struct err *err)
{
	const json_t *v = get(o, key);
	int64_t n;

	if (ret_set)
		*ret_set = v != NULL;
	if (!v)
		return 0;
	if (json_is_real(v)) { /* numbers past 2^63, such as RLIM_INFINITY, arrive as a double */
		double d = json_real_value(v);

		if (d > -1e15 && d < 1e15 && d != (double) (int64_t) d)
			return wrong(err, at, key, "an integer");
		n = d >= 9223372036854775807.0    ? INT64_MAX
		    : d <= -9223372036854775808.0 ? INT64_MIN
						  : (int64_t) d;
	} else if (json_is_integer(v)) {
		n = json_integer_value(v);
	} else {
		return wrong(err, at, key, "an integer");
	}
	if (n < min || n > max)
		return err_set(err, ERR_INVALID, "%s%s%s: expected an integer from %lld to %lld", at,
			*at ? "." : "", key, (long long) min, (long long) max);
	*ret = n;
	return 0;
}

int cfg_words(
	const json_t *o, const char *at, const char *key, struct arena *a, struct words *ret, struct err *err)
{
	const json_t *list = NULL;
	int rc = cfg_array(o, at, key, &list, err);
	struct words w = { 0 };

	if (rc < 0 || !list)
		return rc;
	w.n = json_array_size(list);
	if (!(w.v = arena_array(a, w.n + 1, sizeof *w.v)))
		return err_sys(err, ENOMEM, "read '%s.%s'", at, key);
	for (size_t i = 0; i < w.n; i++)
		if (!(w.v[i] = json_string_value(json_array_get(list, i))))
			return err_set(err, ERR_INVALID, "%s%s%s[%zu]: expected a string", at, *at ? "." : "",
				key, i);
	*ret = w;
	return 0;
}

int cfg_choice(const char *v, const char *const *names, const char *at, struct err *err)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(v, names[i]) == 0)
			return i;
	return err_set(err, ERR_INVALID, "%s: unknown value '%s'", at, v);
}
