#include "runtime/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/text.h"

static const struct opt *find_long(const struct opt *t, const char *name, size_t len)
{
	for (; t->name; t++)
		if (strlen(t->name) == len && strncmp(t->name, name, len) == 0)
			return t;
	return NULL;
}

static const struct opt *find_letter(const struct opt *t, char c)
{
	for (; t->name; t++)
		if (t->letter && t->letter == c)
			return t;
	return NULL;
}

static int store(const struct opt *o, const char *value, struct err *err)
{
	struct opt_list *l;

	if (o->kind == OPT_FLAG) {
		bool v = !value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;

		if (value && !v && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
			return err_set(err, ERR_INVALID, "option --%s: expected true or false, got '%s'",
				o->name, value);
		if (o->to)
			*(bool *) o->to = v;
		return 0;
	}
	if (!o->to)
		return 0;
	switch (o->kind) {
	case OPT_STR:
		*(const char **) o->to = value;
		return 0;
	case OPT_NUM:
		if (parse_i64(value, INT64_MIN + 1, INT64_MAX, o->to) < 0)
			return err_set(
				err, ERR_INVALID, "option --%s: expected a number, got '%s'", o->name, value);
		return 0;
	case OPT_LIST:
		l = o->to;
		if (l->n == sizeof l->v / sizeof l->v[0])
			return err_set(err, ERR_INVALID, "option --%s: given too often", o->name);
		l->v[l->n++] = value;
		return 0;
	case OPT_FLAG:
		break;
	}
	return 0;
}

/* "-abc" is -a -b -c while they are flags; the first with a value takes the rest or the next argument. */
static int letters(const struct opt *t, int argc, char **argv, int *i, struct err *err)
{
	int rc;

	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct opt *o = find_letter(t, *p);

		if (!o)
			return err_set(err, ERR_INVALID, "unknown option '-%c'", *p);
		if (o->kind == OPT_FLAG) {
			if ((rc = store(o, NULL, err)) < 0)
				return rc;
			continue;
		}
		if (p[1])
			return store(o, p[1] == '=' ? p + 2 : p + 1, err);
		if (++*i >= argc)
			return err_set(err, ERR_INVALID, "option -%c needs a value", *p);
		return store(o, argv[*i], err);
	}
	return 0;
}

int options_parse(int argc, char **argv, const struct opt *t, int stop_after, char ***ret_pos, int *ret_n,
	bool *ret_help, struct err *err)
{
	int n = 0, i, rc;

	*ret_help = false;
	for (i = 0; i < argc; i++) {
		const char *a = argv[i], *eq;
		const struct opt *o;

		if (a[0] != '-' || !a[1]) {
			argv[n++] = argv[i];
			if (stop_after && n == stop_after) {
				i++;
				break;
			}
			continue;
		}
		if (strcmp(a, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) {
			*ret_help = true;
			continue;
		}
		if (a[1] != '-' && (!find_long(t, a + 1, strcspn(a + 1, "=")) || !a[2])) {
			if ((rc = letters(t, argc, argv, &i, err)) < 0)
				return rc;
			continue;
		}
		a += a[1] == '-' ? 2 : 1; /* "-help" style of one dash, as Go's flag package takes it */
		eq = strchr(a, '=');
		if (!(o = find_long(t, a, eq ? (size_t) (eq - a) : strlen(a))))
			return err_set(err, ERR_INVALID, "unknown option '%s'", argv[i]);
		if (!eq && o->kind != OPT_FLAG) {
			if (++i >= argc)
				return err_set(err, ERR_INVALID, "option --%s needs a value", o->name);
			rc = store(o, argv[i], err);
		} else {
			rc = store(o, eq ? eq + 1 : NULL, err);
		}
		if (rc < 0)
			return rc;
	}
	while (i < argc)
		argv[n++] = argv[i++];
	argv[n] = NULL; /* n <= argc, where there is room for it; the positionals may become an argv */
	*ret_pos = argv;
	*ret_n = n;
	return 0;
}

void options_help(const struct opt *t)
{
	for (; t->name; t++) {
		char left[48];

		snprintf(left, sizeof left, "%s%c%s--%s%s", t->letter ? "-" : " ",
			t->letter ? t->letter : ' ', t->letter ? ", " : "  ", t->name,
			t->kind == OPT_FLAG  ? ""
			: t->kind == OPT_NUM ? " N"
					     : " VALUE");
		printf("  %-36s %s\n", left, t->help ? t->help : "");
	}
}
