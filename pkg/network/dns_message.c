#include "pkg/network/dns_message.h"

#include <errno.h>
#include <string.h>

#define LABEL_MAX 63
#define CLASS_IN 1
#define CLASS_ANY 255
#define RECORD 10 /* type, class, ttl and length behind a record's name */
#define OPT_LEN 11
#define ADDRESS_LEN 16 /* an A record whose name is a pointer to the question */
#define QUESTION_NAME (0xc000 | DNS_HEADER)

static uint16_t u16(const uint8_t *p) { return (uint16_t) (p[0] << 8 | p[1]); }

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t) (v >> 8);
	p[1] = (uint8_t) v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v) { return put16(put16(p, v >> 16), v & 0xffff); }

static char letter(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char) (c + 'a' - 'A');
	return c > ' ' && c < 0x7f && c != '.' ? (char) c : '\1';
}

/* A question's name has no pointers: nothing stands before it.  Returns its length in the message, 0 when malformed. */
static size_t name_read(const uint8_t *p, size_t n, char text[DNS_NAME_TEXT])
{
	size_t at = 0, out = 0;

	while (at < n && p[at]) {
		size_t len = p[at++];

		if (len > LABEL_MAX || len >= n - at || at + len > DNS_NAME_TEXT - 2)
			return 0;
		if (out)
			text[out++] = '.';
		for (size_t i = 0; i < len; i++)
			text[out++] = letter(p[at + i]);
		at += len;
	}
	text[out] = 0;
	return at < n ? at + 1 : 0;
}

/* The record of EDNS, when it is the first after the question, where askers put it (a signature comes after it). */
static void edns_read(const uint8_t *p, size_t n, struct dns_query *q)
{
	if (n < OPT_LEN || p[0] || u16(p + 1) != DNS_OPT)
		return;
	q->edns = true;
	q->room = u16(p + 3);
	if (q->room < DNS_PLAIN_MAX)
		q->room = DNS_PLAIN_MAX;
	if (q->room > DNS_UDP_MAX)
		q->room = DNS_UDP_MAX;
}

int dns_query_parse(const uint8_t *p, size_t n, struct dns_query *ret)
{
	size_t name;

	*ret = (struct dns_query){ .room = DNS_PLAIN_MAX, .question = DNS_HEADER };
	if (n < DNS_HEADER || p[2] & 0x80)
		return -EBADMSG;
	ret->id = u16(p);
	ret->wants_recursion = p[2] & 1;
	if (p[2] >> 3 & 15)
		return DNS_NOTIMP;
	if (u16(p + 4) != 1 || u16(p + 6) || u16(p + 8))
		return DNS_FORMERR;
	name = name_read(p + DNS_HEADER, n - DNS_HEADER, ret->name);
	if (!name || n - DNS_HEADER - name < 4)
		return DNS_FORMERR;
	ret->type = u16(p + DNS_HEADER + name);
	ret->question = (uint16_t) (DNS_HEADER + name + 4);
	if (u16(p + 10))
		edns_read(p + ret->question, n - ret->question, ret);
	if (u16(p + ret->question - 2) != CLASS_IN && u16(p + ret->question - 2) != CLASS_ANY)
		return DNS_REFUSED;
	return 0;
}

/* "web.dns.podctl" as labels; 0 when it is none or there is no room. */
static size_t name_write(uint8_t *out, size_t room, const char *text)
{
	size_t at = 0;

	if (strlen(text) + 2 > room || strlen(text) + 2 > DNS_NAME_TEXT)
		return 0;
	while (*text) {
		size_t n = strcspn(text, ".");

		if (!n || n > LABEL_MAX)
			return 0;
		out[at++] = (uint8_t) n;
		memcpy(out + at, text, n);
		at += n;
		text += n + (text[n] == '.');
	}
	out[at++] = 0;
	return at;
}

/* Nobody may remember it: a pod's address is another one after its next start. */
static uint8_t *record_start(uint8_t *p, unsigned type)
{
	return put32(put16(put16(put16(p, QUESTION_NAME), type), CLASS_IN), 0);
}

size_t dns_answer_write(const uint8_t *query, const struct dns_query *q, const struct dns_answer *a,
	uint8_t *out, size_t room)
{
	size_t left = room - q->question - (q->edns ? OPT_LEN : 0), count = 0;
	bool short_of = false;
	uint8_t *p = out + q->question;

	memcpy(out, query, q->question);
	for (size_t i = 0; i < a->n && !short_of; i++) {
		if ((short_of = left < ADDRESS_LEN))
			break;
		p = put32(put16(record_start(p, DNS_A), 4), a->ips[i]);
		left -= ADDRESS_LEN;
		count++;
	}
	if (a->ptr) {
		size_t n = left > RECORD + 2 ? name_write(p + RECORD + 2, left - RECORD - 2, a->ptr) : 0;

		if (n) {
			(void) put16(record_start(p, DNS_PTR), (unsigned) n);
			p += RECORD + 2 + n;
			count++;
		}
		short_of = short_of || !n;
	}
	if (q->edns) {
		*p++ = 0;
		p = put16(put32(put16(put16(p, DNS_OPT), DNS_UDP_MAX), 0), 0);
	}
	out[2] = (uint8_t) (0x80 | (query[2] & 0x79) | (a->authoritative ? 4 : 0) | (short_of ? 2 : 0));
	out[3] = (uint8_t) (0x80 | (query[3] & 0x10) | a->code);
	(void) put16(put16(put16(put16(out + 4, q->question > DNS_HEADER), (unsigned) count), 0), q->edns);
	return (size_t) (p - out);
}

bool dns_is_answer(const uint8_t *p, size_t n, uint16_t id, const uint8_t *query, size_t question)
{
	if (n < DNS_HEADER || u16(p) != id || !(p[2] & 0x80) || p[2] >> 3 & 15)
		return false;
	if (!u16(p + 4))
		return n == DNS_HEADER && dns_code(p) != DNS_NOERROR;
	if (u16(p + 4) != 1 || n < question)
		return false;
	for (size_t i = DNS_HEADER; i < question;
		i++) /* type and class have no letters that differ in case only */
		if (p[i] != query[i] && (i >= question - 4 || letter(p[i]) != letter(query[i]) ||
						letter(p[i]) < 'a' || letter(p[i]) > 'z'))
			return false;
	return true;
}
