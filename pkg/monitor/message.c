/* What a container left to say: terminationMessagePath, or the end of its log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define MESSAGE_MAX 4096     /* of one container, as Kubernetes has it */
#define MESSAGES_MAX 12288   /* of a pod's together: each has its share */
#define LOG_MESSAGE_MAX 2048 /* of a log: so many bytes, */
#define LOG_LINES_MAX 80     /* so many lines */
#define LOG_READ_MAX (64 * KiB)

static size_t share(const struct monitor *m)
{
	size_t n = 0;

	for (const struct ctr *c = m->ctrs; c; c = c->next)
		n += c->role != ROLE_INFRA;
	return n * MESSAGE_MAX > MESSAGES_MAX ? MESSAGES_MAX / n : MESSAGE_MAX;
}

/* JSON holds UTF-8 alone. */
static char *cleaned(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char) text[i];
		size_t more = c < 0x80                ? 0
			      : c >= 0xc2 && c < 0xe0 ? 1
			      : c >= 0xe0 && c < 0xf0 ? 2
			      : c >= 0xf0 && c < 0xf5 ? 3
						      : 9;
		bool ok = more < 9 && i + more < n && c;

		for (size_t k = 1; ok && k <= more; k++)
			ok = ((unsigned char) text[i + k] & 0xc0) == 0x80;
		/* surrogates, overlong forms and what is past the last code point */
		if (ok && ((c == 0xe0 && (unsigned char) text[i + 1] < 0xa0) ||
				  (c == 0xed && (unsigned char) text[i + 1] > 0x9f) ||
				  (c == 0xf0 && (unsigned char) text[i + 1] < 0x90) ||
				  (c == 0xf4 && (unsigned char) text[i + 1] > 0x8f)))
			ok = false;
		if (ok)
			i += more;
		else
			text[i] = '?';
	}
	text[n] = '\0';
	return text;
}

/* The file is on our side of a bind mount, but what it is was the container's choice: a regular file, or nothing. */
static char *of_file(const char *path, size_t max)
{
	auto_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size || !(text = malloc(max + 1)))
		return NULL;
	if ((n = pread(fd, text, max, 0)) <= 0) {
		free(text);
		return NULL;
	}
	return cleaned(text, (size_t) n);
}

/* A line of a log file without its "TIME STREAM F " */
static const char *words(const char *line, const char *end)
{
	for (int i = 0; i < 3; i++) {
		const char *space = memchr(line, ' ', (size_t) (end - line));

		if (!space)
			return line;
		line = space + 1;
	}
	return line;
}

static char *of_log(const struct ctr *c)
{
	auto_close int fd = -EBADF;
	char path[600];
	auto_free char *raw = NULL;
	char *text;
	struct stat st;
	off_t from;
	ssize_t n;
	size_t at = LOG_MESSAGE_MAX, lines = 0;

	if (!c->p->log_path || !*c->p->log_path)
		return NULL;
	snprintf(path, sizeof path, "%s/%u.log", c->p->log_path, c->s.attempt);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !(raw = malloc(LOG_READ_MAX)))
		return NULL;
	from = st.st_size > (off_t) LOG_READ_MAX ? st.st_size - (off_t) LOG_READ_MAX : 0;
	if ((n = pread(fd, raw, LOG_READ_MAX, from)) <= 0 || !(text = malloc(LOG_MESSAGE_MAX + 1)))
		return NULL;
	/* from the last line up, written to the end of 'text' */
	for (char *end = raw + n; end > raw && at && lines < LOG_LINES_MAX; lines++) {
		char *begin = end - 1;
		const char *p;
		size_t len;

		while (begin > raw && begin[-1] != '\n')
			begin--;
		if (begin == raw && from)
			break; /* cut in two */
		p = words(begin, end);
		len = (size_t) (end - p);
		if (len > at)
			p += len - at, len = at;
		at -= len;
		memcpy(text + at, p, len);
		end = begin;
	}
	n = (ssize_t) (LOG_MESSAGE_MAX - at);
	memmove(text, text + at, (size_t) n);
	if (!n) {
		free(text);
		return NULL;
	}
	return cleaned(text, (size_t) n);
}

char *ctr_message(struct ctr *c)
{
	const struct care *care = c->p->care;
	char *text = NULL;

	if (!care)
		return NULL;
	if (care->message_file && *care->message_file)
		text = of_file(care->message_file, share(c->m));
	if (!text && care->message_logs && c->s.exit_code)
		text = of_log(c);
	return text;
}
