#include "pkg/monitor/http.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/util/limits.h"
#include "pkg/util/text.h"

/* ---- addresses ---- */

/* What may not stand in a request line is escaped; a fragment is not sent. */
static int target_of(const char *text, char ret[HTTP_URL_MAX])
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	if (*text != '/')
		ret[n++] = '/';
	for (; *text && *text != '#'; text++) {
		unsigned char c = (unsigned char) *text;

		if (n + 4 > HTTP_URL_MAX)
			return -EMSGSIZE;
		if (c > ' ' && c < 127 && !strchr("\"<>\\^`{|}", c)) {
			ret[n++] = (char) c;
			continue;
		}
		ret[n++] = '%';
		ret[n++] = hex[c >> 4];
		ret[n++] = hex[c & 15];
	}
	ret[n] = '\0';
	return 0;
}

int url_of(const struct handler *h, const char *address, struct url *ret)
{
	const char *host = h->host && *h->host ? h->host : address;
	size_t n = strlen(host);

	ret->tls = h->tls;
	ret->port = h->port;
	if (n && host[0] == '[' && host[n - 1] == ']')
		host++, n -= 2;
	if (!n || n >= sizeof ret->host)
		return -EINVAL;
	memcpy(ret->host, host, n);
	ret->host[n] = '\0';
	return target_of(h->path ? h->path : "", ret->target);
}

/* host[:port] up to 'n' bytes */
static int authority(const char *text, size_t n, struct url *ret)
{
	const char *host = text, *end = text + n, *at = memchr(text, '@', n), *colon;
	uint64_t port;
	char number[8];
	size_t len;

	if (at)
		host = at + 1;
	if (host < end && *host == '[') {
		const char *close = memchr(host, ']', (size_t) (end - host));

		if (!close)
			return -EINVAL;
		host++;
		len = (size_t) (close - host);
		colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
	} else {
		colon = memchr(host, ':', (size_t) (end - host));
		len = (size_t) ((colon ? colon : end) - host);
	}
	if (!len || len >= sizeof ret->host)
		return -EINVAL;
	memcpy(ret->host, host, len);
	ret->host[len] = '\0';
	ret->port = ret->tls ? 443 : 80;
	if (!colon || colon + 1 == end)
		return 0;
	if ((size_t) (end - colon - 1) >= sizeof number)
		return -EINVAL;
	memcpy(number, colon + 1, (size_t) (end - colon - 1));
	number[end - colon - 1] = '\0';
	if (parse_u64(number, 1, 65535, &port) < 0)
		return -EINVAL;
	ret->port = (uint16_t) port;
	return 0;
}

int url_follow(const struct url *from, const char *location, struct url *ret)
{
	char path[2 * HTTP_URL_MAX];
	const char *slash, *rest = location;
	struct url u = *from;
	int rc;

	if (strncasecmp(location, "http://", 7) == 0 || strncasecmp(location, "https://", 8) == 0 ||
		strncmp(location, "//", 2) == 0) {
		if (*location != '/')
			u.tls = strncasecmp(location, "https", 5) == 0;
		rest = strstr(location, "//") + 2;
		if ((rc = authority(rest, strcspn(rest, "/?#"), &u)) < 0)
			return rc;
		rest += strcspn(rest, "/?#");
		if (*rest != '/') {
			snprintf(path, sizeof path, "/%s", rest);
			rest = path;
		}
	} else if (strchr(location, ':') && strcspn(location, ":") < strcspn(location, "/?#")) {
		return -EINVAL; /* another scheme */
	} else if (*location == '?') {
		snprintf(path, sizeof path, "%.*s%s", (int) strcspn(from->target, "?"), from->target,
			location);
		rest = path;
	} else if (*location != '/') { /* beside what was asked for */
		size_t n = strcspn(from->target, "?");

		for (slash = from->target + n; slash > from->target && *slash != '/'; slash--)
			;
		snprintf(path, sizeof path, "%.*s/%s", (int) (slash - from->target), from->target, location);
		rest = path;
	}
	if ((rc = target_of(rest, u.target)) < 0)
		return rc;
	*ret = u;
	return 0;
}

void url_print(const struct url *u, struct buf *b)
{
	bool v6 = strchr(u->host, ':') != NULL;

	buf_printf(b, "%s://%s%s%s", u->tls ? "https" : "http", v6 ? "[" : "", u->host, v6 ? "]" : "");
	if (u->port != (u->tls ? 443 : 80))
		buf_printf(b, ":%u", u->port);
	buf_puts(b, u->target);
}

/* ---- the request ---- */

static const char *header_of(const struct handler *h, const char *name)
{
	for (size_t i = 0; i < h->headers.n; i++) {
		const struct care_header *k = LIST_AT(h->headers, const struct care_header, i);

		if (k->name && strcasecmp(k->name, name) == 0)
			return k->value ? k->value : "";
	}
	return NULL;
}

int http_request(const struct url *u, const struct handler *h, struct buf *b)
{
	const char *host = header_of(h, "Host"), *agent = header_of(h, "User-Agent"),
		   *accept = header_of(h, "Accept");
	bool v6 = strchr(u->host, ':') != NULL;

	buf_printf(b, "GET %s HTTP/1.1\r\nHost: ", u->target);
	if (host && *host)
		buf_puts(b, host);
	else
		buf_printf(b, "%s%s%s", v6 ? "[" : "", u->host, v6 ? "]" : "");
	if (!(host && *host) && u->port != (u->tls ? 443 : 80))
		buf_printf(b, ":%u", u->port);
	buf_puts(b, "\r\n");
	if (!agent)
		buf_puts(b, "User-Agent: kube-probe/1.36\r\n");
	if (!accept)
		buf_puts(b, "Accept: */*\r\n");
	for (size_t i = 0; i < h->headers.n; i++) {
		const struct care_header *k = LIST_AT(h->headers, const struct care_header, i);
		const char *value = k->value ? k->value : "";

		if (!k->name || strcasecmp(k->name, "Host") == 0 || strcasecmp(k->name, "Connection") == 0 ||
			(!*value && (strcasecmp(k->name, "Accept") == 0 ||
					    strcasecmp(k->name, "User-Agent") == 0)))
			continue; /* an empty one of these is how it is left out */
		if (strpbrk(k->name, "\r\n") || strpbrk(value, "\r\n"))
			return -EINVAL;
		buf_printf(b, "%s: %s\r\n", k->name, value);
	}
	buf_puts(b, "Connection: close\r\n\r\n");
	return b->error;
}

/* ---- the answer ---- */

void http_init(struct http *h) { *h = (struct http){ .left = -1 }; }

static int status_line(struct http *h)
{
	const char *p = h->line;

	if (strncmp(p, "HTTP/", 5) != 0 || !isdigit((unsigned char) p[5]))
		return -EBADMSG;
	p += strcspn(p, " ");
	if (*p != ' ' || !isdigit((unsigned char) p[1]) || !isdigit((unsigned char) p[2]) ||
		!isdigit((unsigned char) p[3]) || isdigit((unsigned char) p[4]))
		return -EBADMSG;
	h->status = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
	h->part = HTTP_HEADERS;
	return 0;
}

static const char *value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static int header_line(struct http *h)
{
	const char *v;
	uint64_t length;

	if (!h->n) { /* the head is over */
		if (h->status / 100 == 1) {
			http_init(h);
			return 0;
		}
		h->part = h->left == 0 || h->status == 204 || h->status == 304 ? HTTP_DONE : HTTP_BODY;
		return h->part == HTTP_DONE;
	}
	if ((v = value_of(h->line, "Location")))
		snprintf(h->location, sizeof h->location, "%s", v);
	else if ((v = value_of(h->line, "Content-Length")) && parse_u64(v, 0, INT64_MAX, &length) == 0)
		h->left = (int64_t) length;
	else if ((v = value_of(h->line, "Transfer-Encoding")) && strcasestr(v, "chunked"))
		h->chunked = true;
	return 0;
}

static int line_end(struct http *h)
{
	while (h->n && (h->line[h->n - 1] == '\r' || h->line[h->n - 1] == ' '))
		h->n--;
	h->line[h->n] = '\0';
	return h->part == HTTP_STATUS ? status_line(h) : header_line(h);
}

static int body(struct http *h, const char *p, size_t n)
{
	for (size_t i = n > sizeof h->tail ? n - sizeof h->tail : 0; i < n; i++) {
		memmove(h->tail, h->tail + 1, sizeof h->tail - 1);
		h->tail[sizeof h->tail - 1] = p[i];
	}
	h->body += n;
	if (h->body >= HTTP_BODY_MAX || (!h->chunked && h->left >= 0 && (int64_t) h->body >= h->left) ||
		(h->chunked && h->body >= 5 && memcmp(h->tail, "0\r\n\r\n", 5) == 0))
		h->part = HTTP_DONE;
	return h->part == HTTP_DONE;
}

int http_feed(struct http *h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc;

		if (h->part == HTTP_DONE)
			return 1;
		if (h->part == HTTP_BODY)
			return body(h, p + i, n - i);
		if (++h->head > HTTP_HEAD_MAX)
			return -EMSGSIZE;
		if (p[i] != '\n') {
			if (h->n < sizeof h->line - 1)
				h->line[h->n++] = p[i];
			continue;
		}
		rc = line_end(h);
		if (rc < 0)
			return rc;
		h->n = 0;
	}
	return h->part == HTTP_DONE;
}

int http_end(struct http *h)
{
	if (h->part == HTTP_BODY && !h->chunked && (h->left < 0 || (int64_t) h->body >= h->left))
		h->part = HTTP_DONE;
	return h->part == HTTP_DONE ? 1 : -EPIPE;
}
