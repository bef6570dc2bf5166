/*
 * template_fn.c — the functions of templates, and how Go prints and compares values.
 */
#include "pkg/codec/template_tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"

#define OUT_MAX (16UL * 1024 * 1024)

bool template_truth(const json_t *v)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) < 0 || json_real_value(v) > 0;
	case JSON_TRUE:
		return true;
	default:
		return false;
	}
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void print_map(const json_t *v, struct buf *b)
{
	size_t n = json_object_size(v), i = 0;
	auto_free const char **keys = calloc(n + 1, sizeof *keys);
	void *it;

	if (!keys)
		return;
	for (it = json_object_iter((json_t *) v); it; it = json_object_iter_next((json_t *) v, it))
		keys[i++] = json_object_iter_key(it);
	qsort(keys, n, sizeof *keys, compare_keys);
	(void) buf_puts(b, "map[");
	for (i = 0; i < n; i++) {
		(void) buf_printf(b, "%s%s:", i ? " " : "", keys[i]);
		template_print(json_object_get(v, keys[i]), b);
	}
	(void) buf_putc(b, ']');
}

void template_print(const json_t *v, struct buf *b)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		(void) buf_add(b, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		(void) buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		(void) buf_printf(b, "%.15g", json_real_value(v));
		break;
	case JSON_TRUE:
		(void) buf_puts(b, "true");
		break;
	case JSON_FALSE:
		(void) buf_puts(b, "false");
		break;
	case JSON_ARRAY:
		(void) buf_putc(b, '[');
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i)
				(void) buf_putc(b, ' ');
			template_print(json_array_get(v, i), b);
		}
		(void) buf_putc(b, ']');
		break;
	case JSON_OBJECT:
		print_map(v, b);
		break;
	default:
		(void) buf_puts(b, "<nil>");
		break;
	}
}

static json_t *text_of(struct buf *b, struct err *err)
{
	json_t *v = buf_failed(b) ? NULL : json_stringn(b->data ? b->data : "", b->len);

	if (!v)
		(void) err_set(err, ERR_INVALID, "template: the text is too long or not UTF-8");
	return v;
}

static json_t *bad(struct err *err, const char *fn, const char *why)
{
	(void) err_set(err, ERR_INVALID, "template: error calling %s: %s", fn, why);
	return NULL;
}

typedef json_t *fn_call(const char *name, json_t *const *arg, size_t n, struct err *err);

/* ---- logic and comparison ------------------------------------------------------------------------------------------ */

static json_t *fn_not(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	(void) name, (void) n, (void) err;
	return json_boolean(!template_truth(arg[0]));
}

/* -1, 0, 1; 2 when the two cannot be compared. */
static int compare(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b)) {
		double x = json_number_value(a), y = json_number_value(b);

		return x < y ? -1 : x > y;
	}
	if (json_is_string(a) && json_is_string(b)) {
		int rc = strcmp(json_string_value(a), json_string_value(b));

		return rc < 0 ? -1 : rc > 0;
	}
	return 2;
}

static json_t *fn_compare(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	bool same = false;
	int rc;

	if (name[0] == 'e' || name[0] == 'n') {
		for (size_t i = 1; i < n; i++) {
			rc = compare(arg[0], arg[i]);
			same = same || (rc == 2 ? json_equal(arg[0], arg[i]) != 0 : rc == 0);
		}
		return json_boolean(name[0] == 'e' ? same : !same);
	}
	if ((rc = compare(arg[0], arg[1])) == 2)
		return bad(err, name, "incompatible types for comparison");
	if (name[0] == 'l')
		return json_boolean(rc < 0 || (name[1] == 'e' && rc == 0));
	return json_boolean(rc > 0 || (name[1] == 'e' && rc == 0));
}

/* ---- lists and maps ------------------------------------------------------------------------------------------------ */

static json_t *fn_len(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	(void) n;
	switch (json_typeof(arg[0])) {
	case JSON_STRING:
		return json_integer((json_int_t) json_string_length(arg[0]));
	case JSON_ARRAY:
		return json_integer((json_int_t) json_array_size(arg[0]));
	case JSON_OBJECT:
		return json_integer((json_int_t) json_object_size(arg[0]));
	default:
		return bad(err, name, "this value has no length");
	}
}

/* What Go gives for a key that is not in a map: the zero value of what is in it, here a string's or none. */
static json_t *map_zero(const json_t *map)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *) map, key, v) if (!json_is_string(v)) return json_null();
	return json_string("");
}

static json_t *fn_index(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	json_t *v = arg[0];

	for (size_t i = 1; i < n && v; i++) {
		if (json_is_object(v) && json_is_string(arg[i])) {
			json_t *item = json_object_get(v, json_string_value(arg[i]));

			if (!item)
				return map_zero(v);
			v = item;
		} else if (json_is_array(v) && json_is_integer(arg[i])) {
			json_int_t at = json_integer_value(arg[i]);

			if (at < 0 || (size_t) at >= json_array_size(v))
				return bad(err, name, "index out of range");
			v = json_array_get(v, (size_t) at);
		} else {
			return bad(err, name, "can't index this value so");
		}
	}
	return json_incref(v);
}

static json_t *fn_slice(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	size_t size = json_is_string(arg[0]) ? json_string_length(arg[0]) : json_array_size(arg[0]);
	size_t from = n > 1 ? (size_t) json_integer_value(arg[1]) : 0;
	size_t to = n > 2 ? (size_t) json_integer_value(arg[2]) : size;
	json_t *list;

	if (!json_is_string(arg[0]) && !json_is_array(arg[0]))
		return bad(err, name, "can't slice this value");
	if (from > to || to > size)
		return bad(err, name, "index out of range");
	if (json_is_string(arg[0]))
		return json_stringn_nocheck(json_string_value(arg[0]) + from, to - from);
	if ((list = json_array()))
		for (size_t i = from; i < to; i++)
			(void) json_array_append(list, json_array_get(arg[0], i));
	return list;
}

static json_t *fn_join(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);

	(void) n;
	if ((!json_is_array(arg[0]) && !json_is_null(arg[0])) || !json_is_string(arg[1]))
		return bad(err, name, "expected a list and a separator");
	for (size_t i = 0; i < json_array_size(arg[0]); i++) {
		if (i)
			(void) buf_puts(&b, json_string_value(arg[1]));
		template_print(json_array_get(arg[0], i), &b);
	}
	return text_of(&b, err);
}

static json_t *fn_split(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	const char *s = json_string_value(arg[0]), *sep = json_string_value(arg[1]), *at;
	json_t *list;

	(void) n;
	if (!s || !sep || !*sep)
		return bad(err, name, "expected a string and a separator");
	if (!(list = json_array()))
		return bad(err, name, "out of memory");
	for (; (at = strstr(s, sep)); s = at + strlen(sep))
		(void) json_array_append_new(list, json_stringn(s, (size_t) (at - s)));
	(void) json_array_append_new(list, json_string(s));
	return list;
}

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static json_t *fn_json(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_free char *text = json_print(arg[0]);

	(void) n;
	return text ? json_string(text) : bad(err, name, "out of memory");
}

static json_t *fn_case(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);
	bool start = true;

	(void) n;
	template_print(arg[0], &b);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char) b.data[i];

		if (name[0] == 'u' || (name[0] == 't' && start))
			b.data[i] = (char) toupper(c);
		else if (name[0] == 'l')
			b.data[i] = (char) tolower(c);
		start = isspace(c) != 0;
	}
	return text_of(&b, err);
}

static json_t *fn_pad(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);

	(void) n;
	if (!json_is_string(arg[0]) || !json_is_integer(arg[1]) || !json_is_integer(arg[2]))
		return bad(err, name, "expected a string and two numbers");
	if (json_string_length(arg[0]) == 0)
		return json_incref(arg[0]);
	for (json_int_t i = 0; i < json_integer_value(arg[1]) && !buf_failed(&b); i++)
		(void) buf_putc(&b, ' ');
	template_print(arg[0], &b);
	for (json_int_t i = 0; i < json_integer_value(arg[2]) && !buf_failed(&b); i++)
		(void) buf_putc(&b, ' ');
	return text_of(&b, err);
}

/* Characters, not bytes. */
static json_t *fn_truncate(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	const char *s = json_string_value(arg[0]);
	json_int_t left = json_integer_value(arg[1]);
	size_t len = 0;

	(void) n;
	if (!s || !json_is_integer(arg[1]) || left < 0)
		return bad(err, name, "expected a string and a length");
	while (s[len] && left > 0) {
		len++;
		while (((unsigned char) s[len] & 0xc0) == 0x80)
			len++;
		left--;
	}
	return json_stringn(s, len);
}

static json_t *fn_print(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);
	bool line = !strcmp(name, "println");

	for (size_t i = 0; i < n; i++) {
		/* Go's Print puts a space between two operands when neither is a string. */
		if (i && (line || (!json_is_string(arg[i]) && !json_is_string(arg[i - 1]))))
			(void) buf_putc(&b, ' ');
		template_print(arg[i], &b);
	}
	if (line)
		(void) buf_putc(&b, '\n');
	return text_of(&b, err);
}

static void print_quoted(const json_t *v, struct buf *b)
{
	auto_free char *text = json_print(v);

	(void) buf_puts(b, text ? text : "");
}

static void print_verb(char verb, const json_t *v, int precision, struct buf *b)
{
	if (verb == 'd' && json_is_integer(v))
		(void) buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (verb == 'x' && json_is_integer(v))
		(void) buf_printf(b, "%llx", (unsigned long long) json_integer_value(v));
	else if (verb == 'x' && json_is_string(v))
		for (size_t i = 0; i < json_string_length(v); i++)
			(void) buf_printf(b, "%02x", (unsigned char) json_string_value(v)[i]);
	else if (verb == 'f' && json_is_number(v))
		(void) buf_printf(b, "%.*f", precision < 0 ? 6 : precision, json_number_value(v));
	else if (verb == 'q')
		print_quoted(v, b);
	else if (verb == 'v' || (verb == 's' && !json_is_number(v)) || (verb == 't' && json_is_boolean(v)))
		template_print(v, b);
	else {
		(void) buf_printf(b, "%%!%c(", verb);
		template_print(v, b);
		(void) buf_putc(b, ')');
	}
}

/* One "%-10.3s": flags, width and precision; p points behind '%'.  Returns what follows the verb. */
static const char *print_one(const char *p, const json_t *v, struct buf *b)
{
	auto_buf struct buf one = BUF_INIT(OUT_MAX);
	bool left = false, zero = false;
	int width = 0, precision = -1;

	for (; *p && strchr("-+ #0", *p); p++) {
		left = left || *p == '-';
		zero = zero || *p == '0';
	}
	for (; isdigit((unsigned char) *p) && width < 10000; p++)
		width = width * 10 + (*p - '0');
	if (*p == '.')
		for (precision = 0, p++; isdigit((unsigned char) *p) && precision < 10000; p++)
			precision = precision * 10 + (*p - '0');
	if (!*p)
		return p;
	if (v)
		print_verb(*p, v, precision, &one);
	else
		(void) buf_printf(&one, "%%!%c(MISSING)", *p);
	if (*p == 's' && precision >= 0 && (size_t) precision < one.len)
		one.len = (size_t) precision;
	for (size_t i = one.len; !left && i < (size_t) width; i++)
		(void) buf_putc(b, zero ? '0' : ' ');
	(void) buf_add(b, one.data ? one.data : "", one.len);
	for (size_t i = one.len; left && i < (size_t) width; i++)
		(void) buf_putc(b, ' ');
	return p + 1;
}

static json_t *fn_printf(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);
	const char *p = json_string_value(arg[0]);
	size_t i = 1;

	if (!p)
		return bad(err, name, "the first argument is a format string");
	while (*p) {
		if (*p != '%') {
			(void) buf_putc(&b, *p++);
		} else if (p[1] == '%') {
			(void) buf_putc(&b, '%');
			p += 2;
		} else {
			p = print_one(p + 1, i < n ? arg[i] : NULL, &b);
			i++;
		}
	}
	return text_of(&b, err);
}

static json_t *fn_escape(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	auto_buf struct buf in = BUF_INIT(OUT_MAX), b = BUF_INIT(OUT_MAX);
	static const struct {
		char c;
		const char *html;
	} html[] = {
		{ '<', "&lt;" },
		{ '>', "&gt;" },
		{ '&', "&amp;" },
		{ '"', "&#34;" },
		{ '\'', "&#39;" },
	};

	for (size_t i = 0; i < n; i++)
		template_print(arg[i], &in);
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char) in.data[i];
		const char *out = NULL;

		if (name[0] == 'u') {
			bool plain = isalnum(c) || strchr("-_.~", c);

			(void) buf_printf(&b, plain ? "%c" : c == ' ' ? "+" : "%%%02X", c);
			continue;
		}
		for (size_t k = 0; name[0] == 'h' && k < LEN(html); k++)
			if (html[k].c == (char) c)
				out = html[k].html;
		if (out)
			(void) buf_puts(&b, out);
		else if (name[0] == 'j' && (c < 0x20 || strchr("\\'\"<>&=", c)))
			(void) buf_printf(&b, c == '\\' || c == '\'' || c == '"' ? "\\%c" : "\\u%04X", c);
		else
			(void) buf_putc(&b, (char) c);
	}
	return text_of(&b, err);
}

/* clang-format off */
static const struct { const char *name; fn_call *fn; size_t min, max; } functions[] = {
	{ "and", NULL, 1, 31 }, { "or", NULL, 1, 31 }, /* evaluated by template_run.c */
	{ "not", fn_not, 1, 1 },
	{ "eq", fn_compare, 2, 31 }, { "ne", fn_compare, 2, 2 }, { "lt", fn_compare, 2, 2 },
	{ "le", fn_compare, 2, 2 },  { "gt", fn_compare, 2, 2 }, { "ge", fn_compare, 2, 2 },
	{ "len", fn_len, 1, 1 }, { "index", fn_index, 1, 31 }, { "slice", fn_slice, 1, 3 },
	{ "join", fn_join, 2, 2 }, { "split", fn_split, 2, 2 }, { "json", fn_json, 1, 1 },
	{ "lower", fn_case, 1, 1 }, { "upper", fn_case, 1, 1 }, { "title", fn_case, 1, 1 },
	{ "pad", fn_pad, 3, 3 }, { "truncate", fn_truncate, 2, 2 },
	{ "print", fn_print, 0, 31 }, { "println", fn_print, 0, 31 }, { "printf", fn_printf, 1, 31 },
	{ "html", fn_escape, 1, 31 }, { "js", fn_escape, 1, 31 }, { "urlquery", fn_escape, 1, 31 },
};
/* clang-format on */

bool template_has_function(const char *name)
{
	for (size_t i = 0; i < LEN(functions); i++)
		if (!strcmp(functions[i].name, name))
			return true;
	return false;
}

json_t *template_call(const char *name, json_t *const *arg, size_t n, struct err *err)
{
	for (size_t i = 0; i < LEN(functions); i++) {
		json_t *v;

		if (strcmp(functions[i].name, name) != 0)
			continue;
		if (n < functions[i].min || n > functions[i].max || !functions[i].fn)
			return bad(err, name, "wrong number of arguments");
		if (!(v = functions[i].fn(name, arg, n, err)) && err->kind == ERR_NONE)
			return bad(err, name, "out of memory");
		return v;
	}
	return bad(err, name, "not defined");
}
