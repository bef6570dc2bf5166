/* Keys and values of TOML: strings, numbers, dates, arrays, inline tables. */
#include "pkg/codec/toml_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- strings --------------------------------------------------------------------------------------------------------- */

static void put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		(void) buf_putc(b, (char) c);
		return;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char leads[] = { 0, 0xc0, 0xe0, 0xf0 };

	(void) buf_putc(b, (char) (leads[more] | c >> (6 * more)));
	while (more--)
		(void) buf_putc(b, (char) (0x80 | (c >> (6 * more) & 0x3f)));
}

static bool unicode_escape(struct toml *t, int digits)
{
	uint32_t c = 0;

	for (int i = 0; i < digits; i++) {
		static const char hex[] = "0123456789abcdefABCDEF";
		const char *h = t->p < t->end && *t->p ? strchr(hex, *t->p) : NULL;

		if (!h)
			return toml_fault(t, "expected %d hexadecimal digits", digits);
		c = c << 4 | (uint32_t) (h - hex < 16 ? h - hex : h - hex - 6);
		t->p++;
	}
	if (!c || c > 0x10ffff ||
		(c >= 0xd800 && c < 0xe000)) /* U+0000 would end the text early for everyone who reads it */
		return toml_fault(t, "U+%04X is no character that may stand in a string", c);
	put_utf8(&t->text, c);
	return true;
}

static bool escape(struct toml *t)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *f;
	char c = t->p < t->end ? *t->p : '\0';

	if (c && (f = strchr(from, c))) {
		t->p++;
		(void) buf_putc(&t->text, to[f - from]);
		return true;
	}
	if (c != 'u' && c != 'U')
		return toml_fault(t, "unknown escape '\\%c'", c >= ' ' ? c : '?');
	t->p++;
	return unicode_escape(t, c == 'u' ? 4 : 8);
}

/* A backslash at the end of a line swallows everything up to the next character that is no blank. */
static bool line_continues(struct toml *t)
{
	struct toml at = *t;

	toml_blank(&at);
	if (!toml_at_newline(&at))
		return false;
	do
		toml_blank(&at);
	while (toml_newline(&at));
	t->p = at.p;
	t->line = at.line;
	t->line_start = at.line_start;
	return true;
}

static bool single_line(struct toml *t, char quote)
{
	for (t->p++; t->p < t->end && !toml_at_newline(t);) {
		char c = *t->p++;

		if (c == quote)
			return true;
		if (c == '\\' && quote == '"') {
			if (!escape(t))
				return false;
			continue;
		}
		(void) buf_putc(&t->text, c);
	}
	return toml_fault(t, "the string is not closed in its line");
}

static size_t count_quotes(const struct toml *t, char quote)
{
	size_t n = 0;

	while (t->p + n < t->end && t->p[n] == quote && n < 5)
		n++;
	return n;
}

static bool multi_line(struct toml *t, char quote)
{
	int line = t->line;

	t->p += 3;
	(void) toml_newline(t); /* one right after the opening is not part of it */
	while (t->p < t->end) {
		size_t quotes = count_quotes(t, quote);

		if (quotes >= 3) { /* up to two may stand before the closing three */
			for (size_t i = 3; i < quotes; i++)
				(void) buf_putc(&t->text, quote);
			t->p += quotes;
			return true;
		}
		if (toml_newline(t)) {
			(void) buf_putc(&t->text, '\n');
			continue;
		}
		if (*t->p == '\\' && quote == '"') {
			t->p++;
			if (!line_continues(t) && !escape(t))
				return false;
			continue;
		}
		(void) buf_putc(&t->text, *t->p++);
	}
	return toml_fault(t, "the string of line %d is not closed", line);
}

static bool string(struct toml *t, bool may_span, struct node **ret)
{
	struct node *n = toml_node(t, NODE_STRING, MADE_INLINE, "");
	char quote = *t->p;
	bool spans = may_span && count_quotes(t, quote) >= 3;

	if (!n)
		return false;
	buf_clear(&t->text);
	if (!(spans ? multi_line(t, quote) : single_line(t, quote)))
		return false;
	if (buf_failed(&t->text) || !(n->text = arena_strdup(t->arena, t->text.data ? t->text.data : ""))) {
		t->no_memory = true;
		return false;
	}
	*ret = n;
	return true;
}

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

bool toml_key(struct toml *t, struct node **ret)
{
	size_t n = 0;

	if (t->p < t->end && (*t->p == '"' || *t->p == '\''))
		return string(t, false, ret);
	while (t->p + n < t->end && is_bare(t->p[n]))
		n++;
	if (!n)
		return toml_fault(t, "expected a key");
	if (!(*ret = toml_node(t, NODE_STRING, MADE_INLINE, "")) ||
		!((*ret)->text = arena_strndup(t->arena, t->p, n))) {
		t->no_memory = true;
		return false;
	}
	t->p += n;
	return true;
}

/* ---- numbers and dates ------------------------------------------------------------------------------------------------- */

/* Copies a run of digits of 'set' without its underscores, which must stand between digits; 0 when there is none. */
static size_t digits(const char **p, const char *set, char *out, size_t *n)
{
	size_t count = 0;

	for (;;) {
		while (**p && strchr(set, **p)) {
			out[(*n)++] = *(*p)++;
			count++;
		}
		if (!count || **p != '_' || !(*p)[1] || !strchr(set, (*p)[1]))
			return count;
		(*p)++;
	}
}

static bool based_integer(const char *word, char *out)
{
	static const struct {
		const char *prefix, *set;
		unsigned shift;
	} bases[] = { { "0x", "0123456789abcdefABCDEF", 4 }, { "0o", "01234567", 3 }, { "0b", "01", 1 } };

	for (size_t i = 0; i < LEN(bases); i++) {
		const char *p = word + 2;
		uint64_t v = 0;
		size_t n = 0;

		if (strncmp(word, bases[i].prefix, 2) != 0)
			continue;
		if (!digits(&p, bases[i].set, out, &n) || *p)
			return false;
		for (size_t k = 0; k < n; k++) {
			size_t at = (size_t) (strchr(bases[i].set, out[k]) - bases[i].set);

			if (v > (uint64_t) INT64_MAX >> bases[i].shift)
				return false;
			v = v << bases[i].shift | (at < 16 ? at : at - 6);
		}
		(void) snprintf(out, 24, "%" PRIu64, v);
		return true;
	}
	return false;
}

/* Decimal integers and floats; writes the text without underscores.  False: neither. */
static bool number(const char *word, char *out, enum node_kind *ret)
{
	static const char decimal[] = "0123456789";
	const char *p = word;
	size_t n = 0, whole;

	if (*p == '+' || *p == '-') {
		if (*p == '-')
			out[n++] = '-';
		p++;
	}
	*ret = NODE_FLOAT;
	if (strcmp(p, "inf") == 0 || strcmp(p, "nan") == 0) {
		memcpy(out + n, p, 4);
		return true;
	}
	whole = n;
	if (!digits(&p, decimal, out, &n) || (out[whole] == '0' && n - whole > 1)) /* no leading zeros */
		return false;
	if (!*p) {
		out[n] = '\0';
		errno = 0;
		(void) strtoll(out, NULL, 10);
		*ret = NODE_INT;
		return errno == 0;
	}
	if (*p == '.') {
		out[n++] = *p++;
		if (!digits(&p, decimal, out, &n))
			return false;
	}
	if (*p == 'e' || *p == 'E') {
		out[n++] = *p++;
		if (*p == '+' || *p == '-')
			out[n++] = *p++;
		if (!digits(&p, decimal, out, &n))
			return false;
	}
	out[n] = '\0';
	return !*p;
}

/* 'd' a digit, other characters themselves; returns what follows, or NULL. */
static const char *shape(const char *p, const char *form)
{
	for (; *form; form++, p++)
		if (*form == 'd' ? *p < '0' || *p > '9' : *p != *form)
			return NULL;
	return p;
}

static int two(const char *p) { return (p[0] - '0') * 10 + p[1] - '0'; }

static const char *time_of_day(const char *p)
{
	const char *rest = shape(p, "dd:dd:dd");

	if (!rest || two(p) > 23 || two(p + 3) > 59 || two(p + 6) > 60)
		return NULL;
	if (*rest == '.') {
		if (rest[1] < '0' || rest[1] > '9')
			return NULL;
		rest += 1 + strspn(rest + 1, "0123456789");
	}
	return rest;
}

/* RFC 3339 date-time, or its local parts. */
static bool is_date(const char *word)
{
	static const char days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *rest = shape(word, "dddd-dd-dd"), *off;

	if (!rest)
		return (rest = time_of_day(word)) && !*rest;
	if (two(word + 5) < 1 || two(word + 5) > 12 || two(word + 8) < 1 ||
		two(word + 8) > days[two(word + 5) - 1])
		return false;
	if (!*rest)
		return true;
	if ((*rest != 'T' && *rest != 't' && *rest != ' ') || !(rest = time_of_day(rest + 1)))
		return false;
	if (!*rest || ((*rest == 'Z' || *rest == 'z') && !rest[1]))
		return true;
	off = rest + 1;
	return (*rest == '+' || *rest == '-') && (rest = shape(off, "dd:dd")) && !*rest && two(off) < 24 &&
	       two(off + 3) < 60;
}

/* The word at the cursor; a date may hold one space before its time. */
static size_t take_word(const struct toml *t, char *word, size_t size)
{
	size_t n = 0;

	while (t->p + n < t->end && n < size - 1) {
		char c = t->p[n];
		bool date_space = c == ' ' && n == 10 && word[4] == '-' && t->p + n + 1 < t->end &&
				  t->p[n + 1] >= '0' && t->p[n + 1] <= '9';

		if (!is_bare(c) && c != '+' && c != '.' && c != ':' && !date_space)
			break;
		word[n++] = c;
	}
	word[n] = '\0';
	return n;
}

static bool word_value(struct toml *t, struct node **ret)
{
	char word[128] = "", out[160] = "";
	size_t n = take_word(t, word, sizeof word);
	enum node_kind kind;
	bool plain = false;

	if (!n)
		return toml_fault(t, "expected a value");
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
		kind = NODE_BOOL;
		memcpy(out, word, n + 1);
	} else if (based_integer(word, out)) {
		kind = NODE_INT;
	} else if (number(word, out, &kind)) {
		/* in out */
	} else if (is_date(word)) {
		kind = NODE_STRING;
		plain = true;
		memcpy(out, word, n + 1);
	} else {
		return toml_fault(t, "'%s' is no value; a string needs quotes", word);
	}
	if (!(*ret = toml_node(t, kind, MADE_INLINE, out)))
		return false;
	(*ret)->plain = plain;
	t->p += n;
	return true;
}

/* ---- arrays and inline tables -------------------------------------------------------------------------------------------- */

static bool array(struct toml *t, struct node **ret, int depth)
{
	struct node *list = toml_node(t, NODE_LIST, MADE_ARRAY, ""), *value = NULL;

	if (!list)
		return false;
	t->p++;
	for (;;) {
		if (!toml_blank_lines(t))
			return toml_fault(t, "the array of line %d is not closed", list->line);
		if (*t->p == ']')
			break;
		if (!toml_value(t, &value, depth + 1) || !toml_add(t, list, NULL, value))
			return false;
		if (!toml_blank_lines(t) || (*t->p != ',' && *t->p != ']'))
			return toml_fault(t, "expected ',' or ']' in the array of line %d", list->line);
		if (*t->p == ',')
			t->p++;
	}
	t->p++;
	*ret = list;
	return true;
}

static bool inline_table(struct toml *t, struct node **ret, int depth)
{
	struct node *map = toml_node(t, NODE_MAP, MADE_INLINE, "");

	if (!map)
		return false;
	t->p++;
	toml_blank(t);
	if (t->p < t->end && *t->p == '}') {
		t->p++;
		*ret = map;
		return true;
	}
	for (;;) {
		toml_blank(t);
		if (!toml_pair(t, map, depth + 1))
			return false;
		toml_blank(t);
		if (t->p < t->end && *t->p == '}')
			break;
		if (t->p == t->end || *t->p != ',')
			return toml_fault(t, "expected ',' or '}' in an inline table");
		t->p++;
	}
	t->p++;
	*ret = map;
	return true;
}

bool toml_value(struct toml *t, struct node **ret, int depth)
{
	char c = t->p < t->end ? *t->p : '\0';

	if (depth > TOML_DEPTH_MAX)
		return toml_fault(t, "nested more than %d deep", TOML_DEPTH_MAX);
	if (c == '"' || c == '\'')
		return string(t, true, ret);
	if (c == '[')
		return array(t, ret, depth);
	if (c == '{')
		return inline_table(t, ret, depth);
	return word_value(t, ret);
}
