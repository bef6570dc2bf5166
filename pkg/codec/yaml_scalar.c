#include "pkg/codec/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool in_words(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool is_null(const char *s)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

	return in_words(s, words);
}

static bool is_bool(const char *s)
{
	static const char *const words[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on",
		"On", "ON", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
		NULL };

	return in_words(s, words);
}

/* A sign, then 0x, 0o, 0b or decimal digits, with underscores between them. */
static bool is_int(const char *s)
{
	const char *digits = "0123456789_";

	if (*s == '+' || *s == '-')
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		digits = "0123456789abcdefABCDEF_", s += 2;
	else if (s[0] == '0' && (s[1] == 'o' || s[1] == 'O'))
		digits = "01234567_", s += 2;
	else if (s[0] == '0' && (s[1] == 'b' || s[1] == 'B'))
		digits = "01_", s += 2;
	else if (s[0] == '0' && s[1])
		digits = "01234567_";
	return *s && *s != '_' && strspn(s, digits) == strlen(s);
}

static bool is_special_float(const char *s)
{
	static const char *const words[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
		"-.Inf", "-.INF", ".nan", ".NaN", ".NAN", NULL };

	return in_words(s, words);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
	static const char digits[] = "0123456789";
	size_t n;

	if (*s == '+' || *s == '-')
		s++;
	n = strspn(s, digits);
	s += n;
	if (*s == '.') {
		size_t behind = strspn(s + 1, digits);

		if (!n && !behind)
			return false;
		s += 1 + behind;
	} else if (!n) {
		return false;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '+' || *s == '-')
			s++;
		n = strspn(s, digits);
		if (!n)
			return false;
		s += n;
	}
	return !*s;
}

enum node_kind yaml_scalar_kind(const char *s)
{
	if (is_null(s))
		return NODE_NULL;
	if (is_bool(s))
		return NODE_BOOL;
	if (strchr("+-.0123456789", *s)) {
		struct node n = { .kind = NODE_INT, .text = s };
		int64_t v;

		if (is_int(s) && node_int(&n, &v))
			return NODE_INT;
		if (is_float(s) || is_special_float(s) ||
			is_int(s)) /* too large for 64 bits: Go makes a float of it */
			return NODE_FLOAT;
	}
	return NODE_STRING;
}

bool yaml_float_is_finite(const char *text)
{
	return !is_special_float(text) && isfinite(strtod(text, NULL));
}

const char *yaml_scalar_tag(struct node *n, const char *tag)
{
	static const char core[] = "tag:yaml.org,2002:";
	enum node_kind kind = yaml_scalar_kind(n->text);

	if (strcmp(tag, "!") == 0)
		return NULL;
	if (strncmp(tag, core, sizeof core - 1) != 0)
		return "an own tag (!name) means nothing in a manifest";
	tag += sizeof core - 1;
	if (strcmp(tag, "str") == 0 || strcmp(tag, "timestamp") == 0)
		return NULL;
	n->kind = kind;
	if ((strcmp(tag, "int") == 0 && kind == NODE_INT) ||
		(strcmp(tag, "bool") == 0 && kind == NODE_BOOL) ||
		(strcmp(tag, "null") == 0 && kind == NODE_NULL) ||
		(strcmp(tag, "float") == 0 && (kind == NODE_FLOAT || kind == NODE_INT)))
		return NULL;
	n->kind = NODE_STRING;
	return "the value does not fit its tag, or the tag is not one of !!str, !!int, !!float, !!bool, "
	       "!!null";
}
