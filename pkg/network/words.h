/* words.h — walking over the lines and words of /etc/hosts and /etc/resolv.conf, without changing them. */
#ifndef PODCTL_NETWORK_WORDS_H
#define PODCTL_NETWORK_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *at;
	size_t len;
};

/* Takes the next line (without its end) off *text; false at the end. */
static inline bool line_next(const char **text, struct span *line)
{
	if (!*text || !**text)
		return false;
	line->at = *text;
	line->len = strcspn(*text, "\n");
	*text += line->len + ((*text)[line->len] == '\n');
	return true;
}

/* Takes the next word off the front of *rest; false when only blanks are left. */
static inline bool word_next(struct span *rest, struct span *word)
{
	static const char blank[] = " \t\r\v\f";

	while (rest->len && strchr(blank, *rest->at)) {
		rest->at++;
		rest->len--;
	}
	word->at = rest->at;
	while (rest->len && *rest->at && !strchr(blank, *rest->at)) {
		rest->at++;
		rest->len--;
	}
	word->len = (size_t) (rest->at - word->at);
	return word->len > 0;
}

static inline bool span_is(struct span s, const char *text)
{
	return s.len && strlen(text) == s.len && strncasecmp(s.at, text, s.len) == 0;
}

#endif
