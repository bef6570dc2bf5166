/*
 * TCP and plain HTTP, asked by the monitor itself: no process, nothing that blocks.
 *
 * Who dials sits where a kubelet sits, in the host's network.  A pod that cannot be reached from there (network none, an
 * ordinary user's) is dialled from within: only the socket has to be made there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/monitor/http.h"
#include "pkg/monitor/internal.h"
#include "pkg/util/limits.h"

#define REDIRECTS_MAX 10

struct dial {
	struct check *k;
	struct watch w;
	int fd;
	bool connected;
	int redirects;
	struct url url, first;
	struct buf request;
	size_t sent;
	struct http http;
};

static void on_dial(struct watch *w, short revents);

static const char *pod_address(const struct monitor *m)
{
	return m->plan.address && *m->plan.address ? m->plan.address : "127.0.0.1";
}

static char *lower(char *text)
{
	if (*text)
		text[0] |= 0x20;
	return text;
}

static const char *why(int error, char text[128])
{
	snprintf(text, 128, "%s", strerror(error));
	return lower(text);
}

void dial_free(struct dial *d)
{
	if (!d)
		return;
	watch_remove(&d->k->m->loop, &d->w);
	fd_close_p(&d->fd);
	buf_done(&d->request);
	free(d);
}

/* The end of a dialled check: frees it and tells. */
static void over(struct dial *d, enum verdict v, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void over(struct dial *d, enum verdict v, const char *fmt, ...)
{
	char text[EVENT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	check_end(d->k, v, text);
}

/* 'Get "http://10.88.0.2:80/": dial tcp 10.88.0.2:80: connect: connection refused', as a kubelet words it */
static void subject(const struct dial *d, char *text, size_t size)
{
	auto_buf struct buf b = BUF_INIT(2 * HTTP_URL_MAX);

	*text = '\0';
	if (d->k->h->type != HANDLER_HTTP)
		return;
	url_print(&d->first, &b);
	snprintf(text, size, "Get \"%.400s\": ", b.data ? b.data : "");
}

static void authority(const struct dial *d, char *text, size_t size)
{
	bool v6 = strchr(d->url.host, ':') != NULL;

	snprintf(text, size, "%s%s%s:%u", v6 ? "[" : "", d->url.host, v6 ? "]" : "", d->url.port);
}

static void refused(struct dial *d, int error)
{
	char text[128], sub[440], at[300];

	subject(d, sub, sizeof sub);
	authority(d, at, sizeof at);
	over(d, VERDICT_FAILED, "%sdial tcp %.280s: connect: %s", sub, at, why(error, text));
}

static void broken(struct dial *d, const char *what)
{
	char sub[440];

	subject(d, sub, sizeof sub);
	over(d, VERDICT_FAILED, "%s%s", sub, what);
}

void dial_timed_out(struct dial *d)
{
	char sub[440], at[300];

	subject(d, sub, sizeof sub);
	authority(d, at, sizeof at);
	if (d->k->h->type == HANDLER_TCP)
		over(d, VERDICT_FAILED, "dial tcp %.280s: i/o timeout", at);
	else
		over(d, VERDICT_FAILED, "%scontext deadline exceeded (Client.Timeout exceeded while %s)", sub,
			d->http.part == HTTP_BODY ? "reading body" : "awaiting headers");
}

static int address_of(const struct url *u, struct sockaddr_storage *ret, socklen_t *ret_n)
{
	struct sockaddr_in *in = (struct sockaddr_in *) (void *) ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) (void *) ret;
	const char *host = strcasecmp(u->host, "localhost") == 0 ? "127.0.0.1" : u->host;

	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(u->port);
		*ret_n = sizeof *in;
		return 0;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(u->port);
		*ret_n = sizeof *in6;
		return 0;
	}
	return -EINVAL;
}

bool dial_can(const struct handler *h)
{
	struct url u = { 0 };
	struct sockaddr_storage sa;
	socklen_t n;

	if (h->tls || h->http2)
		return false;
	snprintf(u.host, sizeof u.host, "%s", h->host && *h->host ? h->host : "127.0.0.1");
	return address_of(&u, &sa, &n) == 0; /* a name is looked up by the helper: that may take long */
}

/* Begins a connection to d->url; what fails is told. */
static void connect_to(struct dial *d)
{
	struct monitor *m = d->k->m;
	struct sockaddr_storage sa;
	socklen_t n = 0;

	watch_remove(&m->loop, &d->w);
	fd_close_p(&d->fd);
	d->connected = false;
	d->sent = 0;
	buf_clear(&d->request);
	http_init(&d->http);
	if (d->k->h->type == HANDLER_HTTP &&
		(http_request(&d->url, d->k->h, &d->request) < 0 || !d->request.data)) {
		over(d, VERDICT_ERROR, "the request cannot be made");
		return;
	}
	if (address_of(&d->url, &sa, &n) < 0) {
		broken(d, "its host is no address");
		return;
	}
	if ((d->fd = ns_socket(m, d->k->c, sa.ss_family)) < 0) {
		int error = -d->fd;
		char text[128];

		d->fd = -EBADF;
		over(d, VERDICT_ERROR, "open a socket in the pod's network: %s", why(error, text));
		return;
	}
	if (connect(d->fd, (const struct sockaddr *) &sa, n) < 0 && errno != EINPROGRESS) {
		refused(d, errno);
		return;
	}
	if (watch_add(&m->loop, &d->w, d->fd, POLLOUT, on_dial) < 0)
		over(d, VERDICT_ERROR, "the monitor watches too much");
}

static void redirected(struct dial *d)
{
	struct url next;

	if (url_follow(&d->url, d->http.location, &next) < 0) {
		broken(d, "the answer leads to no place for HTTP");
	} else if (strcasecmp(next.host, d->first.host) != 0) { /* not followed, and that is no failure */
		over(d, VERDICT_WARNING, "Probe terminated redirects, Response body: ");
	} else if (++d->redirects >= REDIRECTS_MAX) {
		broken(d, "stopped after 10 redirects");
	} else if (next.tls) {
		check_by_helper(d->k, &next); /* frees us */
	} else {
		d->url = next;
		connect_to(d);
	}
}

static void answered(struct dial *d)
{
	const struct http *h = &d->http;
	int s = h->status;

	if ((s == 301 || s == 302 || s == 303 || s == 307 || s == 308) && *h->location)
		redirected(d);
	else if (s >= 300 && s < 400)
		over(d, VERDICT_WARNING, "Probe terminated redirects, Response body: ");
	else if (s >= 200 && s < 300)
		over(d, VERDICT_OK, "%s", "");
	else
		over(d, VERDICT_FAILED, "HTTP probe failed with statuscode: %d", s);
}

static void receive(struct dial *d)
{
	char chunk[4096], text[300];
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(d->fd, chunk, sizeof chunk)) > 0)
		rc = http_feed(&d->http, chunk, (size_t) n);
	if (rc == 0 && n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (rc == 0 && n < 0) {
		char word[128];

		snprintf(text, sizeof text, "read tcp: read: %s", why(errno, word));
		broken(d, text);
		return;
	}
	if (rc == 0)
		rc = http_end(&d->http);
	if (rc == 1) {
		answered(d);
		return;
	}
	for (char *p = d->http.line; rc == -EBADMSG && *p; p++)
		if ((unsigned char) *p < ' ' || (unsigned char) *p > '~')
			*p = '.';
	if (rc == -EBADMSG)
		snprintf(text, sizeof text, "malformed HTTP response \"%.200s\"", d->http.line);
	else
		snprintf(text, sizeof text, "%s",
			rc == -EMSGSIZE             ? "server response headers exceeded 65536 bytes"
			: d->http.part == HTTP_BODY ? "unexpected EOF"
						    : "EOF");
	broken(d, text);
}

static void transmit(struct dial *d)
{
	while (d->sent < d->request.len) {
		ssize_t n = send(d->fd, d->request.data + d->sent, d->request.len - d->sent, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			char text[160], word[128];

			snprintf(text, sizeof text, "write tcp: write: %s", why(errno, word));
			broken(d, text);
			return;
		}
		d->sent += (size_t) n;
	}
	d->w.events = POLLIN;
}

static void on_dial(struct watch *w, short revents)
{
	struct dial *d = OWNER_OF(w, struct dial, w);
	int error = 0;
	socklen_t n = sizeof error;

	if (!d->connected) {
		if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
			error = errno;
		if (error) {
			refused(d, error);
			return;
		}
		if (!(revents & (POLLOUT | POLLIN)))
			return;
		d->connected = true;
		if (d->k->h->type == HANDLER_TCP) {
			over(d, VERDICT_OK, "%s", "");
			return;
		}
	}
	if (d->sent < d->request.len)
		transmit(d);
	else
		receive(d);
}

void dial_begin(struct check *k)
{
	const struct handler *h = k->h;
	struct dial *d = calloc(1, sizeof *d);

	if (!d) {
		check_end(k, VERDICT_ERROR, "out of memory");
		return;
	}
	d->k = k;
	d->fd = -EBADF;
	buf_init(&d->request, 64 * KiB);
	k->dial = d;
	if (url_of(h, pod_address(k->m), &d->url) < 0) {
		over(d, VERDICT_ERROR, "the address is not one");
		return;
	}
	d->first = d->url;
	connect_to(d);
}
