/*
 * dns_table.h — the names on one network, as podctl-dns knows them, and what is to be answered to a question.
 *
 * Each pod with names is a file, named by its id, below runroot/dns/BRIDGE/pods: one line per address,
 *
 *     10.88.0.5 app app-web ?web @192.0.2.53
 *
 * the address, its names ('?': counts only when nobody has the name without it), and the servers that its own questions
 * about the rest of the world go to ('@'; none: the host's).  podctl writes a file by rename and removes it; nobody else does.
 */
#ifndef PODCTL_NETWORK_DNS_TABLE_H
#define PODCTL_NETWORK_DNS_TABLE_H

#include "pkg/network/dns_message.h"

#define DNS_DOMAIN "dns.podctl"        /* what the search list of a pod has */
#define DNS_DOMAIN_PODMAN "dns.podman" /* the same names, for those who write podman's domain */
#define DNS_FILE_MAX (64 * 1024UL)     /* a pod's file; 1,000 names of 60 bytes */
#define DNS_ADDRESSES_MAX 64           /* of one name: what fits into an answer of DNS_UDP_MAX */

struct dns_member {
	char file[72]; /* which file it is from */
	uint32_t ip;   /* host byte order */
	char *names;   /* owned: words, each ended by NUL, an empty one last */
	char *servers; /* within names: where the words with '@' begin */
};
struct dns_table {
	struct dns_member *v;
	size_t n, cap;
	uint32_t gateway;
	uint8_t prefix;
	bool internal; /* questions about the rest of the world are not handed on */
};
void dns_table_done(struct dns_table *t);
/* Takes what a file says in place of what it said before; lines that are none are left out.  0 or -ENOMEM. */
int dns_table_put(struct dns_table *t, const char *file, const char *text);
void dns_table_drop(struct dns_table *t, const char *file); /* NULL: all */

enum dns_verdict { DNS_ANSWER, DNS_FORWARD };
struct dns_found {
	struct dns_answer answer;
	uint32_t ips[DNS_ADDRESSES_MAX];
	char name[DNS_NAME_TEXT];
};
/* turn: counts questions, so that the addresses of a name come first in turn. */
enum dns_verdict dns_table_ask(
	const struct dns_table *t, const struct dns_query *q, unsigned turn, struct dns_found *ret);
/* Does this address belong to the network?  Others get no answer. */
bool dns_table_knows(const struct dns_table *t, uint32_t ip);
/* The i-th server (text) that questions from this address go to, or NULL. */
const char *dns_table_server(const struct dns_table *t, uint32_t asker, size_t i);

#endif
