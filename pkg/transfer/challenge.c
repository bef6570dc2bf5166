#include "pkg/transfer/challenge.h"

#include <string.h>
#include <strings.h>

static bool is_token(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

static const char *skip(const char *p, const char *what) { return p + strspn(p, what); }

/* A token or a quoted string; NULL when it is neither or too long. */
static const char *value_read(const char *p, char out[CHALLENGE_TEXT])
{
	size_t n = 0;
	bool quoted = *p == '"';

	p += quoted;
	for (; *p && (quoted ? *p != '"' : is_token(*p) || strchr("=/:", *p)); p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		if (n == CHALLENGE_TEXT - 1)
			return NULL;
		out[n++] = *p;
	}
	out[n] = '\0';
	return quoted && *p++ != '"' ? NULL : p;
}

static char *slot(struct challenge *c, const char *name, size_t n)
{
	if (n == 5 && strncasecmp(name, "realm", n) == 0)
		return c->realm;
	if (n == 7 && strncasecmp(name, "service", n) == 0)
		return c->service;
	return n == 5 && strncasecmp(name, "scope", n) == 0 ? c->scope : NULL;
}

bool challenge_parse(const char *p, struct challenge *ret)
{
	struct challenge c = *ret;
	char ignored[CHALLENGE_TEXT] = "", *to;
	bool bearer = false;

	for (p = skip(p, " \t,"); *p; p = skip(p, " \t,")) {
		const char *word = p;
		size_t n;

		while (is_token(*p))
			p++;
		if (!(n = (size_t) (p - word)))
			return false;
		p = skip(p, " \t");
		if (*p != '=') { /* a scheme: its parameters follow */
			bearer = n == 6 && strncasecmp(word, "bearer", n) == 0;
			c.bearer = c.bearer || bearer;
			c.basic = c.basic || (n == 5 && strncasecmp(word, "basic", n) == 0);
			continue;
		}
		to = bearer ? slot(&c, word, n) : NULL;
		if (!(p = value_read(skip(p + 1, " \t"), to ? to : ignored)))
			return false;
	}
	*ret = c;
	return true;
}
