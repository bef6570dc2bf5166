/* One question: answered from the names, or sent on. */
#include <arpa/inet.h>
#include <string.h>

#include "cmd/podctl-dns/dns.h"

#define AT_ONCE 64 /* datagrams before others have their turn */

void answer_send(
	struct server *s, const struct sockaddr_in *client, struct conn *conn, const uint8_t *p, size_t n)
{
	uint8_t len[2] = { (uint8_t) (n >> 8), (uint8_t) n };

	(void) s;
	if (!conn) { /* a full buffer drops it, as the network would */
		(void) sendto(FD_UDP, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *) client,
			sizeof *client);
		return;
	}
	(void) buf_add(&conn->out, len, sizeof len);
	(void) buf_add(&conn->out, p, n);
}

void question(
	struct server *s, const uint8_t *p, size_t n, const struct sockaddr_in *client, struct conn *conn)
{
	uint32_t asker = ntohl(client->sin_addr.s_addr);
	struct dns_found found = { 0 };
	uint8_t out[4096];
	struct dns_query q;
	int rc;

	if (!dns_table_knows(&s->names, asker) || (rc = dns_query_parse(p, n, &q)) < 0)
		return;
	if (rc > 0)
		found.answer = (struct dns_answer){ .code = rc };
	else if (dns_table_ask(&s->names, &q, s->turn++, &found) == DNS_FORWARD) {
		flight_start(s, p, n, &q, client, conn);
		return;
	}
	n = dns_answer_write(p, &q, &found.answer, out, conn ? sizeof out : q.room);
	answer_send(s, client, conn, out, n);
}

void udp_event(struct server *s)
{
	for (int i = 0; i < AT_ONCE; i++) {
		struct sockaddr_in from = { 0 };
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(FD_UDP, s->packet, QUESTION_MAX, MSG_DONTWAIT | MSG_TRUNC,
			(struct sockaddr *) &from, &len);

		if (n < 0)
			return;
		if (n <= QUESTION_MAX && from.sin_family == AF_INET && from.sin_port)
			question(s, s->packet, (size_t) n, &from, NULL);
	}
}
