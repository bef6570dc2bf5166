/*
 * A question on its way to a server of the host's.  It goes as it came, over the protocol it came by (a truncated answer makes
 * the asker come again over TCP), from a socket of its own: a port that the kernel chose and an id of ours that nobody else
 * knows, connected, so that only that server's answers arrive.  One that does not answer, or cannot, hands over to the next.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/podctl-dns/dns.h"

void flight_drop(struct flight *f)
{
	fd_close_p(&f->fd);
	f->fd = -1;
	free(f->msg);
	f->msg = NULL;
	buf_done(&f->in);
	if (f->conn)
		f->conn->waits = false;
	f->conn = NULL;
}

/* The end of it: the asker gets p under its own id. */
static void deliver(struct server *s, struct flight *f, uint8_t *p, size_t n)
{
	struct conn *c = f->conn;

	dns_id_set(p, f->q.id);
	answer_send(s, &f->client, c, p, n);
	flight_drop(f);
	if (c)
		c->ends = s->now + CONN_IDLE_MS;
}

static void fail(struct server *s, struct flight *f, int code)
{
	struct dns_answer a = { .code = code };
	uint8_t out[DNS_PLAIN_MAX];

	deliver(s, f, out, dns_answer_write(f->msg + 2, &f->q, &a, out, sizeof out));
}

static bool send_it(struct flight *f)
{
	const uint8_t *p = f->conn ? f->msg : f->msg + 2;
	size_t n = f->conn ? f->len + 2 : f->len;

	f->sent = true;
	return send(f->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) n;
}

static bool set_out(struct server *s, struct flight *f, const union address *to)
{
	int type = (f->conn ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	socklen_t len = to->any.sa_family == AF_INET ? sizeof to->v4 : sizeof to->v6;
	int fd = socket(to->any.sa_family, type, 0);

	if (fd < 0)
		return false;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	if (getrandom(&f->id, sizeof f->id, 0) != (ssize_t) sizeof f->id)
		return false;
	dns_id_set(f->msg + 2, f->id);
	buf_clear(&f->in);
	f->sent = false;
	f->next = s->now + TRY_MS;
	if (connect(fd, &to->any, len) < 0 && errno != EINPROGRESS)
		return false;
	return f->conn || send_it(f);
}

/* The next server's turn; each is asked three times at most. */
static void try_next(struct server *s, struct flight *f, int code)
{
	while (s->now < f->ends && upstream_of(s, f) && f->tries++ < 3 * f->count)
		if (set_out(s, f, &f->to))
			return;
	fail(s, f, code);
}

static struct flight *flight_free(struct server *s, const struct sockaddr_in *client)
{
	struct flight *found = NULL;
	size_t of_one = 0;

	for (size_t i = 0; i < FLIGHTS_MAX; i++) {
		struct flight *f = &s->flights[i];

		if (!f->msg)
			found = found ? found : f;
		else
			of_one += f->client.sin_addr.s_addr == client->sin_addr.s_addr;
	}
	return of_one < FLIGHTS_OF_ONE_MAX ? found : NULL;
}

/* An asker that lost patience asks again under the same id: the answer to its first question will do. */
static bool is_under_way(const struct server *s, const struct dns_query *q, const struct sockaddr_in *client)
{
	for (size_t i = 0; i < FLIGHTS_MAX; i++) {
		const struct flight *f = &s->flights[i];

		if (f->msg && !f->conn && f->q.id == q->id && f->client.sin_port == client->sin_port &&
			f->client.sin_addr.s_addr == client->sin_addr.s_addr && f->q.type == q->type &&
			!strcmp(f->q.name, q->name))
			return true;
	}
	return false;
}

void flight_start(struct server *s, const uint8_t *p, size_t n, const struct dns_query *q,
	const struct sockaddr_in *client, struct conn *conn)
{
	struct flight *f;
	uint8_t *msg;

	if (!conn && is_under_way(s, q, client))
		return;
	if (!(f = flight_free(s, client)) || !(msg = malloc(n + 2))) {
		struct dns_answer busy = { .code = DNS_SERVFAIL };
		uint8_t out[DNS_PLAIN_MAX];

		answer_send(s, client, conn, out, dns_answer_write(p, q, &busy, out, sizeof out));
		return;
	}
	*f = (struct flight){ .fd = -1,
		.client = *client,
		.conn = conn,
		.msg = msg,
		.len = n,
		.q = *q,
		.ends = s->now + GIVE_UP_MS };
	buf_init(&f->in, DNS_TCP_MAX + 2);
	msg[0] = (uint8_t) (n >> 8);
	msg[1] = (uint8_t) n;
	memcpy(msg + 2, p, n);
	if (conn)
		conn->waits = true;
	try_next(s, f, DNS_SERVFAIL);
}

/* A whole answer: false when it is none of ours, and is not to count. */
static bool landed(struct server *s, struct flight *f, uint8_t *p, size_t n)
{
	int code;

	if (!dns_is_answer(p, n, f->id, f->msg + 2, f->q.question))
		return false;
	code = dns_code(p);
	if ((code == DNS_SERVFAIL || code == DNS_REFUSED || code == DNS_NOTIMP) && f->tries < f->count) {
		try_next(s, f, code);
	} else if (n == DNS_HEADER) {
		fail(s, f, code);
	} else {
		if (f->hosts)
			s->good = f->at;
		deliver(s, f, p, n);
	}
	return true;
}

static void stream_event(struct server *s, struct flight *f)
{
	ssize_t n;

	if (!f->sent) {
		if (!send_it(f))
			try_next(s, f, DNS_SERVFAIL);
		return;
	}
	n = recv(f->fd, s->packet, sizeof s->packet, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || buf_add(&f->in, s->packet, (size_t) n) < 0) {
		try_next(s, f, DNS_SERVFAIL);
		return;
	}
	if (f->in.len >= 2) {
		size_t want = (size_t) (uint8_t) f->in.data[0] << 8 | (uint8_t) f->in.data[1];

		if (f->in.len < want + 2)
			return;
		memcpy(s->packet, f->in.data + 2, want);
		if (!landed(s, f, s->packet, want))
			try_next(s, f, DNS_SERVFAIL);
	}
}

void flight_event(struct server *s, struct flight *f)
{
	ssize_t n;

	if (f->conn) {
		stream_event(s, f);
		return;
	}
	n = recv(f->fd, s->packet, DNS_TCP_MAX, MSG_DONTWAIT);
	if (n >= 0)
		(void) landed(s, f, s->packet, (size_t) n);
	else if (errno != EAGAIN) /* nobody listens there */
		try_next(s, f, DNS_SERVFAIL);
}

void flights_expire(struct server *s)
{
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (s->flights[i].msg && s->now >= s->flights[i].next)
			try_next(s, &s->flights[i], DNS_SERVFAIL);
}
