#include "pkg/kube/label_selector.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define RULES_MAX 64

struct scan {
	const char *text, *at;
	struct arena *a;
	struct err *err;
};

static int expected(struct scan *s, const char *what)
{
	return err_set(s->err, ERR_INVALID, "selector \"%s\": expected %s at \"%s\"", s->text, what, s->at);
}

static void blanks(struct scan *s)
{
	while (isspace((unsigned char) *s->at))
		s->at++;
}

static bool take(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	blanks(s);
	if (strncmp(s->at, word, n) != 0 ||
		(isalpha((unsigned char) *word) && s->at[n] && !strchr(" \t(", s->at[n])))
		return false;
	s->at += n;
	return true;
}

/* Keys and values: letters, digits, '-', '_', '.', and '/' in keys. */
static int word(struct scan *s, bool may_be_empty, char **ret)
{
	const char *from;

	blanks(s);
	from = s->at;
	while (isalnum((unsigned char) *s->at) || (*s->at && strchr("-_./", *s->at)))
		s->at++;
	if (s->at == from && !may_be_empty)
		return expected(s, "a label");
	if (!(*ret = arena_strndup(s->a, from, (size_t) (s->at - from))))
		return err_sys(s->err, ENOMEM, "read a selector");
	return 0;
}

static int add_value(struct scan *s, struct label_rule *r)
{
	char *v = NULL;
	int rc = word(s, true, &v);

	if (rc == 0 && strs_add(&r->values, s->a, v) < 0)
		rc = err_sys(s->err, ENOMEM, "read a selector");
	return rc;
}

static int value_set(struct scan *s, struct label_rule *r)
{
	int rc;

	if (!take(s, "("))
		return expected(s, "'('");
	do {
		if ((rc = add_value(s, r)) < 0)
			return rc;
	} while (take(s, ","));
	return take(s, ")") ? 0 : expected(s, "')'");
}

static int rule(struct scan *s, struct label_rule *r)
{
	int rc;

	if (take(s, "!")) {
		r->op = LABEL_NOT_EXISTS;
		return word(s, false, &r->key);
	}
	if ((rc = word(s, false, &r->key)) < 0)
		return rc;
	if (take(s, "!=")) {
		r->op = LABEL_NOT_IN;
		return add_value(s, r);
	}
	if (take(s, "==") || take(s, "=")) {
		r->op = LABEL_IN;
		return add_value(s, r);
	}
	if (take(s, "in")) {
		r->op = LABEL_IN;
		return value_set(s, r);
	}
	if (take(s, "notin")) {
		r->op = LABEL_NOT_IN;
		return value_set(s, r);
	}
	r->op = LABEL_EXISTS;
	return 0;
}

int label_selector_parse(const char *text, struct arena *a, struct label_selector *ret, struct err *err)
{
	struct scan s = { .text = text, .at = text, .a = a, .err = err };
	int rc;

	*ret = (struct label_selector){ 0 };
	if (!text || !*text)
		return 0;
	if (!(ret->v = arena_array(a, RULES_MAX, sizeof *ret->v)))
		return err_sys(err, ENOMEM, "read a selector");
	do {
		if (ret->n == RULES_MAX)
			return err_set(err, ERR_INVALID, "selector: more than %d conditions", RULES_MAX);
		if ((rc = rule(&s, &ret->v[ret->n++])) < 0)
			return rc;
	} while (take(&s, ","));
	blanks(&s);
	return *s.at ? expected(&s, "',' or the end") : 0;
}

static bool is_one_of(const struct strs *values, const char *v)
{
	for (size_t i = 0; i < values->n; i++)
		if (!strcmp(values->v[i], v))
			return true;
	return false;
}

bool label_selector_fits(const struct label_selector *s, const json_t *labels)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct label_rule *r = &s->v[i];
		const char *v = json_string_value(json_object_get(labels, r->key));
		bool fits = r->op == LABEL_EXISTS       ? v != NULL
			    : r->op == LABEL_NOT_EXISTS ? !v
			    : r->op == LABEL_IN         ? v && is_one_of(&r->values, v)
							: !v || !is_one_of(&r->values, v);

		if (!fits)
			return false;
	}
	return true;
}
