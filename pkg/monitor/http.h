/*
 * http.h — the little of HTTP/1.1 that a probe needs: a GET request, and enough of the answer to know its status.
 *
 * The answer comes from a container and is hostile: what is kept has fixed sizes, heads and bodies have limits, and
 * nothing of it is interpreted but the status, Location, Content-Length and the end of a chunked body.
 * Spec: RFC 9112.  Not done: trailers, continuation lines (read as headers of no meaning).
 */
#ifndef PODCTL_MONITOR_HTTP_H
#define PODCTL_MONITOR_HTTP_H

#include "pkg/monitor/care.h"

#define HTTP_HEAD_MAX (64 * KiB)
#define HTTP_BODY_MAX (10 * KiB) /* a kubelet reads so much of an answer */
#define HTTP_LINE_MAX 2048       /* of a line so much is looked at */
#define HTTP_URL_MAX 2048

struct url {
	bool tls;
	char host[256]; /* without brackets */
	uint16_t port;
	char target[HTTP_URL_MAX]; /* path and query, as a request has them */
};
/* Of an httpGet handler; address: the pod's, when the handler names no host. */
int url_of(const struct handler *h, const char *address, struct url *ret);
/* Where a Location header leads from 'from'; -EINVAL: not a place for HTTP. */
int url_follow(const struct url *from, const char *location, struct url *ret);
void url_print(const struct url *u, struct buf *b);

/* Appends the request; the handler's headers are sent as a kubelet sends them. */
int http_request(const struct url *u, const struct handler *h, struct buf *b);

enum http_part { HTTP_STATUS, HTTP_HEADERS, HTTP_BODY, HTTP_DONE };
struct http {
	int status;
	char location[HTTP_URL_MAX];
	char line[HTTP_LINE_MAX]; /* the one being read; of a broken answer its first line */
	size_t n, head, body;
	enum http_part part;
	int64_t left; /* of the body; -1: to its end */
	bool chunked;
	char tail[5];
};
void http_init(struct http *h);
/* Takes more of the answer: 1 all that is wanted is there, 0 more is needed, -EBADMSG this is no HTTP, -EMSGSIZE. */
int http_feed(struct http *h, const char *p, size_t n);
/* The connection ended: 1 as of http_feed, or -EPIPE too early. */
int http_end(struct http *h);

#endif
