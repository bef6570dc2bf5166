#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/yaml_scalar.h"
#include "pkg/util/limits.h"

#define KEY_PLAIN_MAX 512 /* libyaml reads simple keys up to 1024 characters, escapes included */

static void indent(struct buf *b, int level)
{
	for (int i = 0; i < level; i++)
		buf_puts(b, "  ");
}

/* Decodes one UTF-8 character that jansson has checked. */
static uint32_t utf8_next(const char **p)
{
	const unsigned char *s = (const unsigned char *) *p;
	int more = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
	uint32_t c = more == 0 ? *s : more == 1 ? *s & 0x1fu : more == 2 ? *s & 0x0fu : *s & 0x07u;

	s++;
	for (; more && (*s & 0xc0) == 0x80; more--)
		c = c << 6 | (*s++ & 0x3fu);
	*p = (const char *) s;
	return c;
}

/* What YAML lets stand as it is: printable, and no line break of YAML 1.1 but the newline itself. */
static bool is_printable(uint32_t c)
{
	return c == '\t' || (c >= 0x20 && c <= 0x7e) ||
	       (c >= 0xa0 && c <= 0xd7ff && c != 0x2028 && c != 0x2029) ||
	       (c >= 0xe000 && c <= 0xfffd && c != 0xfeff) || (c >= 0x10000 && c <= 0x10ffff);
}

static bool all_printable(const char *s, bool newlines)
{
	while (*s) {
		uint32_t c = utf8_next(&s);

		if (!is_printable(c) && !(newlines && c == '\n'))
			return false;
	}
	return true;
}

/* May stand unquoted in block context, and is read back as this string. */
static bool is_plain(const char *s)
{
	size_t n = strlen(s);

	if (!n || yaml_scalar_kind(s) != NODE_STRING || !all_printable(s, false) || strchr(s, '\t'))
		return false;
	if (s[0] == ' ' || s[n - 1] == ' ' || s[n - 1] == ':' || strstr(s, ": ") || strstr(s, " #"))
		return false;
	if (strchr(",[]{}#&*!|>'\"%@`=<", s[0])) /* '=' and '<<' mean something to some readers */
		return false;
	if (strchr("-?:", s[0]) && (!s[1] || s[1] == ' '))
		return false;
	if (strncmp(s, "---", 3) == 0 || strncmp(s, "...", 3) == 0)
		return false;
	if (s[0] >= '0' && s[0] <= '9' && strspn(s, "0123456789-:.TtZz +") == n &&
		(strchr(s, ':') || (n > 4 && s[4] == '-')))
		return false; /* a date, or a time (12:30 is 750 to YAML 1.1): other readers make something of it */
	return true;
}

static void quoted(struct buf *b, const char *s)
{
	if (all_printable(s, false) && !strpbrk(s, "'\t")) {
		buf_printf(b, strpbrk(s, "\"\\") ? "'%s'" : "\"%s\"", s);
		return;
	}
	buf_putc(b, '"');
	while (*s) {
		const char *at = s;
		uint32_t c = utf8_next(&s);

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (char) c);
		else if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c == '\r')
			buf_puts(b, "\\r");
		else if (is_printable(c))
			buf_add(b, at, (size_t) (s - at));
		else if (c < 0x100)
			buf_printf(b, "\\x%02X", c);
		else
			buf_printf(b, c < 0x10000 ? "\\u%04X" : "\\U%08X", c);
	}
	buf_putc(b, '"');
}

/* A string of several lines that can be a literal block: printable, and not of line ends alone. */
static bool is_literal(const char *s)
{
	return strchr(s, '\n') && s[strspn(s, "\n")] && all_printable(s, true);
}

static void literal(struct buf *b, const char *s, int level)
{
	size_t n = strlen(s);

	buf_putc(b, '|');
	if (s[0] == ' ' || s[0] == '\n' || s[0] == '\t')
		buf_putc(b,
			'2'); /* else the reader would take the first line's own spaces for the indentation */
	if (s[n - 1] != '\n')
		buf_putc(b, '-');
	else if (s[n - 2] == '\n')
		buf_putc(b, '+');
	buf_putc(b, '\n');
	while (*s) {
		size_t line = strcspn(s, "\n");

		if (line)
			indent(b, level);
		buf_add(b, s, line);
		buf_putc(b, '\n');
		s += line;
		s += *s == '\n';
	}
}

static void scalar(struct buf *b, const char *s, int level)
{
	if (is_literal(s)) {
		literal(b, s, level);
		return;
	}
	if (is_plain(s))
		buf_puts(b, s);
	else
		quoted(b, s);
	buf_putc(b, '\n');
}

/* json_dumps's number, in the shortest form that reads back the same. */
static void real(struct buf *b, double v)
{
	char text[40];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_puts(b, text);
	if (!strpbrk(text, ".e"))
		buf_puts(b, ".0");
	buf_putc(b, '\n');
}

static void value(struct buf *b, const json_t *v, int level, bool in_list);

static void map(struct buf *b, const json_t *v, int level, bool first_inline)
{
	const char *key;
	json_t *item;

	json_object_foreach((json_t *) v, key, item)
	{
		if (!first_inline)
			indent(b, level);
		first_inline = false;
		if (strlen(key) > KEY_PLAIN_MAX) {
			buf_puts(b, "? ");
			quoted(b, key);
			buf_putc(b, '\n');
			indent(b, level);
		} else if (is_plain(key)) {
			buf_puts(b, key);
		} else {
			quoted(b, key);
		}
		buf_putc(b, ':');
		value(b, item, level, false);
	}
}

/* Lists stand at the indentation of their key, as kubectl writes them. */
static void list(struct buf *b, const json_t *v, int level, bool first_inline)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *) v, i, item)
	{
		if (!first_inline)
			indent(b, level);
		first_inline = false;
		buf_putc(b, '-');
		value(b, item, level, true);
	}
}

/* Behind "key:" or "-" of the given level. */
static void value(struct buf *b, const json_t *v, int level, bool in_list)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		if (!json_object_size(v)) {
			buf_puts(b, " {}\n");
			return;
		}
		buf_putc(b, in_list ? ' ' : '\n');
		map(b, v, level + 1, in_list);
		return;
	case JSON_ARRAY:
		if (!json_array_size(v)) {
			buf_puts(b, " []\n");
			return;
		}
		buf_putc(b, in_list ? ' ' : '\n');
		list(b, v, in_list ? level + 1 : level, in_list);
		return;
	case JSON_STRING:
		buf_putc(b, ' ');
		scalar(b, json_string_value(v), level + 1);
		return;
	case JSON_INTEGER:
		buf_printf(b, " %lld\n", (long long) json_integer_value(v));
		return;
	case JSON_REAL:
		buf_putc(b, ' ');
		real(b, json_real_value(v));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_puts(b, json_is_true(v) ? " true\n" : " false\n");
		return;
	case JSON_NULL:
		buf_puts(b, " null\n");
	}
}

int yaml_emit(const json_t *doc, struct buf *b, struct err *err)
{
	if (json_is_object(doc) && json_object_size(doc))
		map(b, doc, 0, false);
	else if (json_is_array(doc) && json_array_size(doc))
		list(b, doc, 0, false);
	else if (json_is_string(doc))
		scalar(b, json_string_value(doc), 1);
	else
		value(b, doc, 0, false);
	if (buf_failed(b))
		return err_sys(err, -b->error, "write YAML");
	return 0;
}
