/*
 * dns_message.h — what a name server must understand of a DNS message: its header, its one question, and whether the asker
 * speaks EDNS.  Everything else of a message that is handed on is bytes.
 *
 * Messages are hostile, both questions and the answers of servers.  Nothing here allocates, and no byte past the given
 * length is looked at.  RFC 1035, section 4; RFC 6891 for the OPT record.  Not done: DNSSEC of our own names, class CHAOS.
 */
#ifndef PODCTL_NETWORK_DNS_MESSAGE_H
#define PODCTL_NETWORK_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER 12
#define DNS_NAME_TEXT 256 /* RFC 1035: a name has at most 255 octets with its lengths */
#define DNS_PLAIN_MAX 512 /* a UDP answer to somebody who does not say how much fits */
#define DNS_UDP_MAX 1232  /* what we say that fits with us: no fragment on any link (DNS flag day 2020) */
#define DNS_TCP_MAX 65535

enum { DNS_A = 1, DNS_SOA = 6, DNS_PTR = 12, DNS_AAAA = 28, DNS_OPT = 41, DNS_ANY = 255 };
enum { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED };

struct dns_query {
	uint16_t id, type;
	uint16_t room;     /* how long an answer over UDP may be */
	uint16_t question; /* length of header and question: an answer begins with a copy of them */
	bool wants_recursion, edns;
	char name
		[DNS_NAME_TEXT]; /* lower case, labels with dots between, no dot at the end; bytes that no name
				   * of ours has are '\1' */
};

/* 0; a code to answer with (DNS_FORMERR, DNS_NOTIMP, DNS_REFUSED: id and question are set, question is DNS_HEADER when there
 * is none to repeat); or -EBADMSG: not to be answered at all, being short or an answer itself. */
int dns_query_parse(const uint8_t *p, size_t n, struct dns_query *ret);

struct dns_answer {
	int code;
	const uint32_t *ips; /* A records, host byte order */
	size_t n;
	const char *ptr; /* a PTR record, or NULL */
	bool authoritative;
};
/* Writes the answer to query (as parsed: q) into out, which has 'room' bytes (at least DNS_PLAIN_MAX); what does not fit is
 * left out, and the truncation bit says so.  Returns its length. */
size_t dns_answer_write(const uint8_t *query, const struct dns_query *q, const struct dns_answer *a,
	uint8_t *out, size_t room);

/* Is this a server's answer to the query that we sent with this id?  The question must be repeated, letter case aside;
 * an error without any question is taken too (some servers cannot parse what they refuse). */
bool dns_is_answer(const uint8_t *p, size_t n, uint16_t id, const uint8_t *query, size_t question);
static inline int dns_code(const uint8_t *p) { return p[3] & 15; }
static inline void dns_id_set(uint8_t *p, uint16_t id)
{
	p[0] = (uint8_t) (id >> 8);
	p[1] = (uint8_t) id;
}

#endif
