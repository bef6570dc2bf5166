/* Questions over TCP: RFC 7766, one at a time on a connection, which stays open for more. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cmd/podctl-dns/dns.h"
#include "pkg/util/limits.h"

#define OUT_ENOUGH (32 * KiB) /* somebody who asks and does not read */

static struct conn *conn_free(struct server *s, uint32_t peer)
{
	struct conn *found = NULL;
	size_t of_one = 0;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &s->conns[i];

		if (c->fd < 0)
			found = found ? found : c;
		else
			of_one += c->peer == peer;
	}
	return of_one < CONNS_OF_ONE_MAX ? found : NULL;
}

void conn_accept(struct server *s)
{
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof from;
	int fd = accept4(FD_TCP, (struct sockaddr *) &from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uint32_t peer = ntohl(from.sin_addr.s_addr);
	struct conn *c = NULL;

	if (fd < 0)
		return;
	if (!dns_table_knows(&s->names, peer) || !(c = conn_free(s, peer))) {
		close(fd);
		return;
	}
	*c = (struct conn){ .fd = fd, .peer = peer, .ends = s->now + CONN_IDLE_MS };
	buf_init(&c->in, QUESTION_MAX + 2);
	buf_init(&c->out, 2 * (DNS_TCP_MAX + 2));
}

void conn_close(struct server *s, struct conn *c)
{
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (s->flights[i].msg && s->flights[i].conn == c)
			flight_drop(&s->flights[i]);
	fd_close_p(&c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	c->fd = -1;
}

/* The whole questions that have come. */
static void conn_questions(struct server *s, struct conn *c)
{
	struct sockaddr_in client = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(c->peer) };

	while (c->fd >= 0 && !c->waits && c->out.len < OUT_ENOUGH && c->in.len >= 2) {
		const uint8_t *p = (const uint8_t *) c->in.data;
		size_t n = (size_t) p[0] << 8 | p[1];

		if (n > QUESTION_MAX) {
			conn_close(s, c);
			return;
		}
		if (c->in.len < n + 2)
			return;
		question(s, p + 2, n, &client, c);
		buf_consume(&c->in, n + 2);
	}
}

static bool conn_write(struct server *s, struct conn *c)
{
	ssize_t n = c->out.len ? send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

	if (n < 0 && errno != EAGAIN) {
		conn_close(s, c);
		return false;
	}
	if (n > 0) {
		buf_consume(&c->out, (size_t) n);
		c->ends = s->now + CONN_IDLE_MS;
	}
	return true;
}

void conn_event(struct server *s, struct conn *c)
{
	uint8_t b[2048];
	ssize_t n = -1;

	if (!conn_write(s, c))
		return;
	if (!c->waits && c->out.len < OUT_ENOUGH && c->in.len < c->in.max) {
		size_t room = c->in.max - c->in.len;

		errno = 0;
		n = recv(c->fd, b, room < sizeof b ? room : sizeof b, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN) || (n > 0 && buf_add(&c->in, b, (size_t) n) < 0)) {
			conn_close(s, c);
			return;
		}
	}
	conn_questions(s, c);
	if (c->fd >= 0 && c->out.len)
		(void) conn_write(s, c);
}

void conns_expire(struct server *s)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (s->conns[i].fd >= 0 && !s->conns[i].waits && s->now >= s->conns[i].ends)
			conn_close(s, &s->conns[i]);
}
