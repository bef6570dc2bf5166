#include "pkg/codec/jsonpath.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

#define DEPTH_MAX 32       /* ranges and filters inside one another, levels below ".." */
#define VALUES_MAX 1000000 /* of one expression */
#define WORD_MAX_LEN 1024

struct values {
	const json_t **v;
	size_t n, room;
};
struct reader {
	const json_t *root;
	const char *template; /* all of it, for messages */
	struct err *err;
	int depth;
};

static void values_done(struct values *l) { free(l->v); }
#define auto_values AUTO(values_done)

static int bad(struct reader *r, const char *what, const char *at)
{
	return err_set(r->err, ERR_INVALID, "jsonpath '%.200s': %s at '%.40s'", r->template, what, at);
}

static int add(struct reader *r, struct values *l, const json_t *v)
{
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 8;
		const json_t **more = room > VALUES_MAX ? NULL : realloc(l->v, room * sizeof *more);

		if (!more)
			return err_set(
				r->err, ERR_INVALID, "jsonpath '%.200s': too many values", r->template);
		l->v = more;
		l->room = room;
	}
	l->v[l->n++] = v;
	return 0;
}

/* ---- words ------------------------------------------------------------------------------------------------------------------- */

static const char *blanks(const char *p) { return p + strspn(p, " \t\n"); }

/* "text" or 'text' at *p, which is moved behind it. */
static int quoted(struct reader *r, const char **p, struct buf *b)
{
	const char *at = *p, end = *at++;

	for (; *at && *at != end; at++) {
		char c = *at;

		if (c == '\\' && at[1]) {
			c = *++at;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		if (buf_putc(b, c) < 0)
			return bad(r, "text is too long", *p);
	}
	if (!*at)
		return bad(r, "text does not end", *p);
	*p = at + 1;
	return 0;
}

/* A name after a dot; "\." is a dot of the name. */
static void name(const char **p, char *word)
{
	size_t n = 0;
	const char *at = *p;

	while (*at && !strchr(".[]{} \t\n=!<>()", *at) && n + 1 < WORD_MAX_LEN) {
		if (*at == '\\' && at[1])
			at++;
		word[n++] = *at++;
	}
	word[n] = '\0';
	*p = at;
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------- */

static int each(struct reader *r, const json_t *v, struct values *to)
{
	const char *key;
	json_t *one;
	size_t i;
	int rc = 0;

	if (json_is_array(v))
		json_array_foreach((json_t *) v, i, one) rc = rc ? rc : add(r, to, one);
	else
		json_object_foreach((json_t *) v, key, one) rc = rc ? rc : add(r, to, one);
	return rc;
}

static int field(struct reader *r, const json_t *v, const char *key, struct values *to)
{
	const json_t *one = json_object_get(v, key);

	return one ? add(r, to, one) : 0;
}

static int anywhere(struct reader *r, const json_t *v, const char *key, struct values *to, int depth)
{
	auto_values struct values below = { 0 };
	int rc = strcmp(key, "*") == 0 ? each(r, v, to) : field(r, v, key, to);

	if (rc < 0 || depth > DEPTH_MAX || (rc = each(r, v, &below)) < 0)
		return rc;
	for (size_t i = 0; i < below.n && rc == 0; i++)
		rc = anywhere(r, below.v[i], key, to, depth + 1);
	return rc;
}

static int slice(struct reader *r, const json_t *v, const char *inside, struct values *to)
{
	long long n = (long long) json_array_size(v), from = 0, end = n;
	bool range = strchr(inside, ':') != NULL;
	char *rest = (char *) (uintptr_t) inside;

	if (*inside != ':')
		from = strtoll(inside, &rest, 10);
	if (range && *rest == ':' && rest[1])
		end = strtoll(rest + 1, &rest, 10);
	else if (range)
		rest++;
	if (*rest)
		return bad(r, "expected a number, FROM:TO, * or a name in quotes", inside);
	from = from < 0 ? from + n : from;
	end = !range ? from + 1 : end < 0 ? end + n : end;
	for (long long i = from < 0 ? 0 : from; i < end && i < n; i++)
		if (from >= 0 && add(r, to, json_array_get(v, (size_t) i)) < 0)
			return -ENOMEM;
	return 0;
}

static int path(struct reader *r, const char **p, const json_t *at, struct values *ret);

/* An operand of a filter: a literal as new JSON, or what a path from 'at' finds first. */
static int operand(struct reader *r, const char **p, const json_t *at, json_t **ret)
{
	auto_values struct values l = { 0 };
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	int rc;

	*p = blanks(*p);
	if (**p == '"' || **p == '\'') {
		if ((rc = quoted(r, p, &b)) < 0)
			return rc;
		*ret = json_string(b.data ? b.data : "");
		return 0;
	}
	if (**p != '@' && **p != '$' && **p != '.') {
		char word[WORD_MAX_LEN];
		size_t n = strcspn(*p, " )=!<>");

		n = n < sizeof word ? n : sizeof word - 1;
		memcpy(word, *p, n);
		word[n] = '\0';
		*p += n;
		if (!(*ret = json_loads(word, JSON_DECODE_ANY, NULL)))
			return bad(r, "expected a value", word);
		return 0;
	}
	if ((rc = path(r, p, at, &l)) < 0)
		return rc;
	*ret = l.n ? json_incref((json_t *) (uintptr_t) l.v[0]) : NULL;
	return 0;
}

static bool compare(const json_t *a, const json_t *b, const char *op)
{
	double x = json_number_value(a), y = json_number_value(b);
	bool texts = json_is_string(a) && json_is_string(b);
	int order = texts ? strcmp(json_string_value(a), json_string_value(b)) : x < y ? -1 : x > y;
	bool equal = json_is_number(a) && json_is_number(b) ? order == 0 : a && b && json_equal(a, b);

	if (!strcmp(op, "=="))
		return equal;
	if (!strcmp(op, "!="))
		return !equal;
	if (!texts && !(json_is_number(a) && json_is_number(b)))
		return false;
	return op[0] == '<' ? order < 0 || (op[1] && order == 0) : order > 0 || (op[1] && order == 0);
}

static bool is_operator(const char *op)
{
	static const char *const words[] = { "", "==", "!=", "<", "<=", ">", ">=" };

	for (size_t i = 0; i < LEN(words); i++)
		if (!strcmp(op, words[i]))
			return true;
	return false;
}

/* "(@.a == 'b')]" at *p: which of the members fit. */
static int filter(struct reader *r, const char **p, const json_t *v, struct values *to)
{
	auto_values struct values all = { 0 };
	const char *start = *p, *end = NULL;
	int rc = each(r, v, &all);

	if (++r->depth > DEPTH_MAX)
		return bad(r, "too deep", start);
	for (size_t i = 0; i <= all.n && rc == 0; i++) { /* once more than there are, to find the end */
		const json_t *at = i < all.n ? all.v[i] : NULL;
		json_t *a = NULL, *b = NULL;
		char op[3] = "";
		const char *q = start;
		bool fits;

		if ((rc = operand(r, &q, at, &a)) == 0) {
			q = blanks(q);
			if (strchr("=!<>", *q) && *q) {
				op[0] = *q++;
				if (*q == '=')
					op[1] = *q++;
				rc = operand(r, &q, at, &b);
			}
		}
		fits = !*op ? a && !json_is_false(a) && !json_is_null(a) : a && compare(a, b, op);
		json_decref(a);
		json_decref(b);
		if (rc == 0)
			q = blanks(q);
		if (rc == 0 && (q[0] != ')' || q[1] != ']' || !is_operator(op)))
			rc = bad(r, "expected ?(A == B)", start);
		if (rc == 0)
			end = q + 2;
		if (rc == 0 && at && fits)
			rc = add(r, to, at);
	}
	r->depth--;
	if (rc == 0)
		*p = end;
	return rc;
}

static int brackets(struct reader *r, const char **p, const struct values *from, struct values *to)
{
	const char *start = *p, *at = start;
	char inside[WORD_MAX_LEN];
	size_t n;
	int rc = 0;

	if (start[0] == '?' && start[1] == '(') {
		*p = start + 2;
		for (size_t i = 0; i < from->n && rc == 0; i++) {
			at = start + 2;
			rc = filter(r, &at, from->v[i], to);
		}
		if (!from->n) { /* its end has to be found all the same */
			at = start + 2;
			rc = filter(r, &at, NULL, to);
		}
		*p = at;
		return rc;
	}
	if (*at == '\'' || *at == '"') {
		auto_buf struct buf b = BUF_INIT(64 * KiB);

		if ((rc = quoted(r, &at, &b)) < 0)
			return rc;
		if (*at != ']')
			return bad(r, "expected ]", at);
		*p = at + 1;
		for (size_t i = 0; i < from->n && rc == 0; i++)
			rc = field(r, from->v[i], b.data ? b.data : "", to);
		return rc;
	}
	n = strcspn(at, "]");
	if (!at[n] || n >= sizeof inside)
		return bad(r, "expected ]", start);
	memcpy(inside, at, n);
	inside[n] = '\0';
	*p = at + n + 1;
	for (size_t i = 0; i < from->n && rc == 0; i++)
		rc = strcmp(inside, "*") == 0 ? each(r, from->v[i], to) : slice(r, from->v[i], inside, to);
	if (!from->n && strcmp(inside, "*") != 0)
		rc = slice(r, NULL, inside, to);
	return rc;
}

static int step(struct reader *r, const char **p, const struct values *from, struct values *to)
{
	char word[WORD_MAX_LEN];
	bool deep = false;
	int rc = 0;

	if (**p == '[') {
		++*p;
		return brackets(r, p, from, to);
	}
	++*p;
	if (**p == '.') {
		deep = true;
		++*p;
	}
	if (**p == '[' && !deep)
		return step(r, p, from, to);
	name(p, word);
	if (!*word && deep)
		return bad(r, "expected a name", *p);
	for (size_t i = 0; i < from->n && rc == 0; i++)
		rc = deep                     ? anywhere(r, from->v[i], word, to, 0)
		     : !*word                 ? add(r, to, from->v[i])
		     : strcmp(word, "*") == 0 ? each(r, from->v[i], to)
					      : field(r, from->v[i], word, to);
	return rc;
}

/* "$.a", "@.a", ".a", "a" at *p, which is moved behind it. */
static int path(struct reader *r, const char **p, const json_t *at, struct values *ret)
{
	struct values now = { 0 };
	char word[WORD_MAX_LEN];
	int rc;

	if (**p == '$' || **p == '@') {
		at = **p == '$' ? r->root : at;
		++*p;
	}
	rc = at ? add(r, &now, at) : 0;
	if (rc == 0 && **p && !strchr(".[} \t\n=!<>)", **p)) {
		struct values next = { 0 };

		name(p, word);
		rc = at ? field(r, at, word, &next) : 0;
		values_done(&now);
		now = next;
	}
	while (rc == 0 && (**p == '.' || **p == '[')) {
		struct values next = { 0 };

		rc = step(r, p, &now, &next);
		values_done(&now);
		now = next;
	}
	if (rc < 0)
		values_done(&now);
	else
		*ret = now;
	return rc;
}

/* ---- templates ----------------------------------------------------------------------------------------------------------------- */

static void show(const json_t *v, struct buf *b)
{
	auto_free char *text = NULL;

	if (json_is_string(v)) {
		(void) buf_puts(b, json_string_value(v));
	} else if (!json_is_null(v)) {
		text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
		(void) buf_puts(b, text ? text : "");
	}
}

static int print(struct reader *r, const char **p, const json_t *at, bool quiet, bool inside, struct buf *b);

static int range(struct reader *r, const char **p, const json_t *at, bool quiet, struct buf *b)
{
	auto_values struct values l = { 0 };
	const char *body, *end;
	int rc;

	*p = blanks(*p);
	if ((rc = path(r, p, quiet ? NULL : at, &l)) < 0)
		return rc;
	*p = blanks(*p);
	if (**p != '}')
		return bad(r, "expected }", *p);
	body = *p + 1;
	if (++r->depth > DEPTH_MAX)
		return bad(r, "too deep", body);
	end = body;
	rc = print(r, &end, NULL, true, true, b); /* where it ends, and whether it is well-formed */
	for (size_t i = 0; i < l.n && rc == 0; i++) {
		const char *q = body;

		rc = print(r, &q, l.v[i], quiet, true, b);
	}
	r->depth--;
	*p = end;
	return rc;
}

/* One "{...}"; *p is behind the brace.  1: it was "end". */
static int expression(struct reader *r, const char **p, const json_t *at, bool quiet, struct buf *b)
{
	const char *start = *p = blanks(*p);
	int rc = 0;

	if (strncmp(start, "end", 3) == 0 && *blanks(start + 3) == '}') {
		*p = blanks(start + 3) + 1;
		return 1;
	}
	if (strncmp(start, "range", 5) == 0 && strchr(" \t\n", start[5])) {
		*p = start + 5;
		return range(r, p, at, quiet, b);
	}
	while (rc == 0 && **p && **p != '}') {
		auto_values struct values l = { 0 };
		auto_buf struct buf text = BUF_INIT(64 * KiB);

		if (**p == '"' || **p == '\'') {
			if ((rc = quoted(r, p, &text)) == 0 && !quiet && text.data)
				(void) buf_puts(b, text.data);
		} else {
			const char *before = *p;

			rc = path(r, p, quiet ? NULL : at, &l);
			if (rc == 0 && *p == before)
				rc = bad(r, "what is not understood", before);
			for (size_t i = 0; rc == 0 && !quiet && i < l.n; i++) {
				if (i)
					(void) buf_putc(b, ' ');
				show(l.v[i], b);
			}
		}
		*p = blanks(*p);
	}
	if (rc == 0 && **p != '}')
		return bad(r, "expected }", start);
	if (rc == 0)
		++*p;
	return rc;
}

/* Text and expressions until the end, or inside a range until {end}. */
static int print(struct reader *r, const char **p, const json_t *at, bool quiet, bool inside, struct buf *b)
{
	while (**p) {
		int rc;

		if (**p != '{') {
			if (!quiet)
				(void) buf_putc(b, **p);
			++*p;
			continue;
		}
		++*p;
		if ((rc = expression(r, p, at, quiet, b)) < 0)
			return rc;
		if (rc == 1 && inside)
			return 0;
		if (rc == 1)
			return bad(r, "{end} without {range}", *p);
	}
	return inside ? bad(r, "{range} without {end}", "") : 0;
}

int jsonpath_print(const char *template, const json_t *doc, struct buf *b, struct err *err)
{
	struct reader r = { .root = doc, .template = template, .err = err };
	const char *p = template;
	int rc = print(&r, &p, doc, false, false, b);

	if (rc == 0 && buf_failed(b))
		return err_set(err, ERR_INVALID, "jsonpath '%.200s': its output is too long", template);
	return rc;
}
