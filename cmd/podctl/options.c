/*
 * options.c — words of argv into a request, by the tables of cli.h, as pflag does it: --x v, --x=v, -x v, -xv, -abc, --.
 */
#include "cmd/podctl/cli.h"

#include <ctype.h>
#include <string.h>

#include "pkg/util/text.h"

static bool name_matches(const char *names, const char *name, size_t len)
{
	while (*names) {
		size_t n = strcspn(names, "|");

		if (n == len && !strncmp(names, name, n))
			return true;
		names += n + (names[n] == '|');
	}
	return false;
}

static const struct option *find_in(const struct option *table, const char *name, size_t len, char letter)
{
	for (const struct option *o = table; o && o->name; o++)
		if (name ? name_matches(o->name, name, len) : o->letter == letter)
			return o;
	return NULL;
}

static const struct option *find(
	const struct command *cmd, const char *name, size_t len, char letter, bool *ret_global)
{
	const struct option *o;

	*ret_global = false;
	for (size_t i = 0; cmd && cmd->options && cmd->options[i]; i++)
		if ((o = find_in(cmd->options[i], name, len, letter)))
			return o;
	*ret_global = true;
	return find_in(global_options, name, len, letter);
}

const struct option *option_find(const struct command *cmd, const char *name, size_t len, bool *ret_global)
{
	return find(cmd, name, len, 0, ret_global);
}

/* What the user called it, for messages: "-n, --name". */
static const char *shown(struct cli *c, const struct option *o)
{
	int len = (int) strcspn(o->name, "|");
	const char *s = o->letter ? arena_printf(&c->arena, "-%c, --%.*s", o->letter, len, o->name)
				  : arena_printf(&c->arena, "--%.*s", len, o->name);

	return s ? s : o->name;
}

static int invalid(struct cli *c, const struct option *o, const char *value, const char *why, struct err *err)
{
	return err_set(
		err, ERR_INVALID, "invalid argument \"%s\" for \"%s\" flag: %s", value, shown(c, o), why);
}

static int take_bool(struct cli *c, const struct option *o, const char *value, bool *slot, struct err *err)
{
	static const char *const yes[] = { "true", "1", "t", "T", "TRUE", "True" };
	static const char *const no[] = { "false", "0", "f", "F", "FALSE", "False" };

	for (size_t i = 0; i < LEN(yes); i++) {
		if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
			*slot = !strcmp(value, yes[i]);
			return 0;
		}
	}
	return invalid(c, o, value, "expected true or false", err);
}

static int take_csv(struct cli *c, const char *value, struct strs *slot)
{
	for (;;) {
		size_t n = strcspn(value, ",");
		char *one = arena_strndup(&c->arena, value, n);

		if (!one || strs_add(slot, &c->arena, one) < 0)
			return -ENOMEM;
		if (!value[n])
			return 0;
		value += n + 1;
	}
}

static int take_kv(struct cli *c, const char *value, struct kvs *slot)
{
	const char *eq = strchr(value, '=');
	char *key = arena_strndup(&c->arena, value, eq ? (size_t) (eq - value) : strlen(value));

	return key ? kvs_set(slot, &c->arena, key, eq ? eq + 1 : "") : -ENOMEM;
}

static int take_int(
	struct cli *c, const struct option *o, const char *value, struct opt_i64 *slot, struct err *err)
{
	bool any = o->min == 0 && o->max == 0;
	int64_t v;

	if (parse_i64(value, any ? INT64_MIN : o->min, any ? INT64_MAX : o->max, &v) < 0) {
		const char *why = any ? "expected a whole number"
				      : arena_printf(&c->arena, "expected a whole number from %lld to %lld",
						(long long) o->min, (long long) o->max);

		return invalid(c, o, value, why ? why : "out of memory", err);
	}
	*slot = (struct opt_i64){ .set = true, .v = v };
	return 0;
}

static int take_bytes(
	struct cli *c, const struct option *o, const char *value, struct opt_i64 *slot, struct err *err)
{
	uint64_t v;

	if (!strcmp(value, "-1")) {
		*slot = (struct opt_i64){ .set = true, .v = -1 };
		return 0;
	}
	if (parse_bytes(value, &v) < 0 || v > INT64_MAX)
		return invalid(c, o, value, "expected a size such as 512m or 2g", err);
	*slot = (struct opt_i64){ .set = true, .v = (int64_t) v };
	return 0;
}

static int take_f64(struct cli *c, const struct option *o, const char *value, double *slot, struct err *err)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= 0 && v < 1e9) || !isdigit((unsigned char) value[*value == '.']))
		return invalid(c, o, value, "expected a number such as 1.5", err);
	*slot = v;
	return 0;
}

static int refused(const char *name, size_t len, const struct option *o, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "--%.*s: %s", (int) len, name, o->help);
}

static int take(struct cli *c, const struct option *o, void *base, const char *value, struct err *err)
{
	char *slot = (char *) base + o->offset;
	void *at = slot;
	int rc = 0;

	switch (o->kind) {
	case OPT_BOOL:
		return take_bool(c, o, value, at, err);
	case OPT_OBOOL:
		((struct opt_bool *) at)->set = true;
		return take_bool(c, o, value, &((struct opt_bool *) at)->v, err);
	case OPT_STR:
		memcpy(at, &value, sizeof value);
		return 0;
	case OPT_STRS:
		rc = strs_add(at, &c->arena, value);
		break;
	case OPT_CSV:
		rc = take_csv(c, value, at);
		break;
	case OPT_KVS:
		rc = take_kv(c, value, at);
		break;
	case OPT_INT:
		return take_int(c, o, value, at, err);
	case OPT_BYTES:
		return take_bytes(c, o, value, at, err);
	case OPT_F64:
		return take_f64(c, o, value, at, err);
	case OPT_FN:
		return o->fn(c, base, value, err);
	case OPT_HELP:
		c->help = true;
		return 0;
	case OPT_REFUSED:
		return refused(o->name, strcspn(o->name, "|"), o, err);
	}
	return rc < 0 ? err_sys(err, -rc, "read the option --%s", o->name) : 0;
}

static int add_names(struct cli *c, struct strs *l, const struct option *table)
{
	int rc = 0;

	for (const struct option *o = table; o && o->name && rc == 0; o++)
		rc = strs_addf(l, &c->arena, "%.*s", (int) strcspn(o->name, "|"), o->name);
	return rc;
}

static int unknown_flag(struct cli *c, const char *name, size_t len, struct err *err)
{
	struct strs names = { 0 };
	const char *word = arena_strndup(&c->arena, name, len), *near = NULL;

	for (size_t i = 0; c->command && c->command->options && c->command->options[i]; i++)
		(void) add_names(c, &names, c->command->options[i]);
	(void) add_names(c, &names, global_options);
	if (word && names.n)
		near = text_nearest(word, (const char *const *) names.v);
	if (near)
		return err_set(
			err, ERR_INVALID, "unknown flag: --%.*s; did you mean --%s?", (int) len, name, near);
	return err_set(err, ERR_INVALID, "unknown flag: --%.*s", (int) len, name);
}

/* One long option at argv[0]; returns words used. */
static int parse_long(struct cli *c, char *const *argv, void *request, struct err *err)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '='), *value;
	size_t len = eq ? (size_t) (eq - name) : strlen(name);
	bool global;
	const struct option *o = find(c->command, name, len, 0, &global);
	int used = 1, rc;

	if (!o)
		return unknown_flag(c, name, len, err);
	if (o->kind == OPT_REFUSED) /* by the name it was called */
		return refused(name, len, o, err);
	if (eq) {
		value = eq + 1;
	} else if (o->implied) {
		value = o->implied;
	} else if (argv[1]) {
		value = argv[1];
		used = 2;
	} else {
		return err_set(err, ERR_INVALID, "flag needs an argument: --%.*s", (int) len, name);
	}
	rc = take(c, o, global ? (void *) &c->globals : request, value, err);
	return rc < 0 ? rc : used;
}

/* A word of letters: -it, -n5, -n 5. */
static int parse_letters(struct cli *c, char *const *argv, void *request, struct err *err)
{
	const char *p = argv[0] + 1;

	for (; *p; p++) {
		bool global;
		const struct option *o = find(c->command, NULL, 0, *p, &global);
		const char *value = NULL;
		int used = 1, rc;

		if (!o && *p == 'h')
			return c->help = true, 1;
		if (!o)
			return err_set(err, ERR_INVALID, "unknown shorthand flag: '%c' in %s", *p, argv[0]);
		if (p[1] == '=')
			value = p + 2;
		else if (o->implied)
			value = NULL;
		else if (p[1])
			value = p + 1;
		else if (argv[1])
			value = argv[1], used = 2;
		else if (o->kind == OPT_REFUSED)
			value = "";
		else
			return err_set(err, ERR_INVALID, "flag needs an argument: '%c' in %s", *p, argv[0]);
		rc = take(c, o, global ? (void *) &c->globals : request, value ? value : o->implied, err);
		if (rc < 0)
			return rc;
		if (value)
			return used;
	}
	return 1;
}

static bool is_option(const char *word) { return word[0] == '-' && word[1]; }

int options_parse(struct cli *c, char *const *argv, void *request, struct err *err)
{
	bool rest = false;

	while (*argv) {
		int used = 1;

		if (!rest && !strcmp(*argv, "--")) {
			rest = true;
		} else if (rest || !is_option(*argv)) {
			if (strs_add(&c->args, &c->arena, *argv) < 0)
				return err_sys(err, ENOMEM, "read the command line");
			rest = rest || (c->command->flags & CMD_OPTS_FIRST);
		} else {
			used = argv[0][1] == '-' ? parse_long(c, argv, request, err)
						 : parse_letters(c, argv, request, err);
			if (used < 0)
				return used;
		}
		argv += used;
	}
	return 0;
}

int options_parse_globals(struct cli *c, char *const *argv, size_t *ret, struct err *err)
{
	size_t i = 0;

	while (argv[i] && is_option(argv[i]) && strcmp(argv[i], "--") != 0) {
		int used = argv[i][1] == '-' ? parse_long(c, argv + i, NULL, err)
					     : parse_letters(c, argv + i, NULL, err);

		if (used < 0)
			return used;
		i += (size_t) used;
	}
	*ret = i;
	return 0;
}
