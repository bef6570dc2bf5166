#include "pkg/network/dns_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/network/words.h"
#include "pkg/util/cleanup.h"

#define CLUSTER "cluster.local"

/* ---- what the files say ------------------------------------------------------------------------------------------ */

static void member_done(struct dns_member *m) { free(m->names); }

void dns_table_drop(struct dns_table *t, const char *file)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (!file || !strcmp(t->v[i].file, file))
			member_done(&t->v[i]);
		else
			t->v[kept++] = t->v[i];
	}
	t->n = kept;
}

void dns_table_done(struct dns_table *t)
{
	dns_table_drop(t, NULL);
	free(t->v);
	*t = (struct dns_table){ 0 };
}

static int room_for_one(struct dns_table *t)
{
	size_t cap = t->cap ? 2 * t->cap : 16;
	struct dns_member *v;

	if (t->n < t->cap)
		return 0;
	if (!(v = realloc(t->v, cap * sizeof *v)))
		return -ENOMEM;
	t->v = v;
	t->cap = cap;
	return 0;
}

static bool ip_read(struct span word, uint32_t *ret)
{
	char text[16];
	struct in_addr in;

	if (word.len >= sizeof text)
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = 0;
	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*ret = ntohl(in.s_addr);
	return true;
}

/* Names first, servers after them, whatever their order is. */
static char *words_copy(struct span line, char **ret_servers)
{
	char *out = malloc(line.len + 3), *p = out;

	for (int servers = 0; out && servers < 2; servers++) {
		struct span rest = line, word;

		while (word_next(&rest, &word)) {
			if ((*word.at == '@') != servers || word.len - (size_t) servers == 0)
				continue;
			memcpy(p, word.at + servers, word.len - (size_t) servers);
			p += word.len - (size_t) servers;
			*p++ = 0;
		}
		*p++ = 0;
		if (!servers)
			*ret_servers = p;
	}
	return out;
}

int dns_table_put(struct dns_table *t, const char *file, const char *text)
{
	struct span line, word;

	dns_table_drop(t, file);
	while (line_next(&text, &line)) {
		struct dns_member m = { 0 };

		if (!word_next(&line, &word) || !ip_read(word, &m.ip))
			continue;
		if (room_for_one(t) < 0 || !(m.names = words_copy(line, &m.servers)))
			return -ENOMEM;
		(void) snprintf(m.file, sizeof m.file, "%s", file);
		t->v[t->n++] = m;
	}
	return 0;
}

/* ---- questions ---------------------------------------------------------------------------------------------------- */

bool dns_table_knows(const struct dns_table *t, uint32_t ip)
{
	return t->prefix && (ip ^ t->gateway) >> (32 - t->prefix) == 0;
}

const char *dns_table_server(const struct dns_table *t, uint32_t asker, size_t i)
{
	for (size_t m = 0; m < t->n; m++) {
		const char *s = t->v[m].servers;

		if (t->v[m].ip != asker)
			continue;
		while (*s && i--)
			s += strlen(s) + 1;
		return *s ? s : NULL;
	}
	return NULL;
}

static bool has_name(const struct dns_member *m, const char *name, bool weak)
{
	for (const char *s = m->names; *s; s += strlen(s) + 1)
		if ((*s == '?') == weak && strcasecmp(s + weak, name) == 0)
			return true;
	return false;
}

static size_t find(const struct dns_table *t, const char *name, bool weak, uint32_t *ips)
{
	size_t n = 0, k;

	for (size_t i = 0; i < t->n && n < DNS_ADDRESSES_MAX; i++) {
		if (!has_name(&t->v[i], name, weak))
			continue;
		for (k = 0; k < n && ips[k] != t->v[i].ip; k++)
			;
		if (k == n)
			ips[n++] = t->v[i].ip;
	}
	return n;
}

static void rotate(uint32_t *ips, size_t n, unsigned turn)
{
	uint32_t out[DNS_ADDRESSES_MAX] = { 0 };

	for (size_t i = 0; i < n; i++)
		out[i] = ips[(i + turn) % n];
	memcpy(ips, out, n * sizeof *out);
}

static bool is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n >= d && strcmp(name + n - d, domain) == 0 && (n == d || name[n - d - 1] == '.');
}

/* "5.0.88.10.in-addr.arpa" */
static bool reverse_read(const char *name, uint32_t *ret)
{
	static const char domain[] = ".in-addr.arpa";
	size_t n = strlen(name), d = sizeof domain - 1;
	struct span word = { name, n - d };
	uint32_t v;

	if (n <= d || strcmp(name + n - d, domain) != 0 || !ip_read(word, &v))
		return false;
	*ret = v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
	return true;
}

static const char *host_names[] = { "host.containers.internal", "host.docker.internal" };

static bool is_host(const char *name)
{
	for (size_t i = 0; i < LEN(host_names); i++)
		if (!strcmp(host_names[i], name))
			return true;
	return false;
}

static enum dns_verdict ask_reverse(
	const struct dns_table *t, uint32_t ip, const struct dns_query *q, struct dns_found *r)
{
	const char *name = ip == t->gateway ? host_names[0] : NULL;

	if (!dns_table_knows(t, ip))
		return DNS_FORWARD;
	for (size_t i = 0; i < t->n && !name; i++) {
		const char *s = t->v[i].names;

		if (t->v[i].ip == ip && *s &&
			(size_t) snprintf(r->name, sizeof r->name, "%s." DNS_DOMAIN, s + (*s == '?')) <
				sizeof r->name)
			name = r->name;
	}
	if (!name)
		r->answer.code = DNS_NXDOMAIN;
	else if (q->type == DNS_PTR || q->type == DNS_ANY)
		r->answer.ptr = name;
	return DNS_ANSWER;
}

/* The name without our domain; *ret_ours: it had one, so nobody else is to be asked. */
static void scope_cut(char name[DNS_NAME_TEXT], bool *ret_ours)
{
	static const char *const domains[] = { DNS_DOMAIN, DNS_DOMAIN_PODMAN };

	*ret_ours = is_below(name, CLUSTER);
	for (size_t i = 0; i < LEN(domains) && !*ret_ours; i++) {
		size_t n = strlen(name), d = strlen(domains[i]);

		if (!is_below(name, domains[i]))
			continue;
		name[n > d ? n - d - 1 : 0] = 0;
		*ret_ours = true;
	}
}

static bool is_address_type(unsigned type) { return type == DNS_A || type == DNS_AAAA || type == DNS_ANY; }

enum dns_verdict dns_table_ask(
	const struct dns_table *t, const struct dns_query *q, unsigned turn, struct dns_found *ret)
{
	char name[DNS_NAME_TEXT];
	uint32_t ip;
	bool ours;
	size_t n;

	ret->answer = (struct dns_answer){ .ips = ret->ips, .authoritative = true };
	if (reverse_read(q->name, &ip))
		return ask_reverse(t, ip, q, ret);
	memcpy(name, q->name, sizeof name);
	scope_cut(name, &ours);
	n = *name ? find(t, name, false, ret->ips) : 0;
	if (!n && *name)
		n = find(t, name, true, ret->ips);
	if (!n && is_host(name))
		ret->ips[n++] = t->gateway;
	if (n) { /* of another type, AAAA above all: the name is there, and has none */
		rotate(ret->ips, n, turn);
		ret->answer.n = q->type == DNS_A || q->type == DNS_ANY ? n : 0;
		return DNS_ANSWER;
	}
	if (ours && !*name) /* the domain itself */
		return DNS_ANSWER;
	/* A name of one word is a pod that is not there (yet), never one of the world's: nobody waits for servers to say so. */
	if (ours || (*name && !strchr(name, '.') && is_address_type(q->type))) {
		ret->answer.code = DNS_NXDOMAIN;
		return DNS_ANSWER;
	}
	if (!t->internal)
		return DNS_FORWARD;
	ret->answer = (struct dns_answer){ .code = DNS_NXDOMAIN };
	return DNS_ANSWER;
}
