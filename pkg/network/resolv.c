/*
 * /etc/resolv.conf of a pod: resolv.conf(5).
 *
 * Each of servers, searches and options that is given replaces the host's, or (add) comes after it, as Kubernetes has it.  Of the host's servers, those on loopback are
 * the host's own and cannot be reached from a pod with its own network; neither can IPv6 ones, since pods have IPv4 only.
 * When none is left, Google's public servers are used, as podman and Docker do.  A C library reads three servers; what is more is dropped with a warning.
 */
#include <arpa/inet.h>

#include "pkg/network/network.h"
#include "pkg/network/subnet.h"
#include "pkg/network/words.h"
#include "pkg/util/log.h"

#define SERVERS_MAX 3 /* MAXNS of <resolv.h> */

static const char *const public_servers[] = { "8.8.8.8", "8.8.4.4" };

struct resolv {
	struct arena arena;
	struct strs servers, searches, options;
};

static int words_add(struct resolv *r, struct strs *list, struct span rest)
{
	struct span word;
	int rc = 0;

	while (rc == 0 && word_next(&rest, &word))
		rc = strs_addf(list, &r->arena, "%.*s", (int) word.len, word.at);
	return rc;
}

/* A later "search" or "domain" line replaces an earlier one. */
static int host_read(struct resolv *r, const char *text)
{
	struct span line, key, value;
	int rc = 0;

	while (rc == 0 && line_next(&text, &line)) {
		if (!word_next(&line, &key) || key.at[0] == '#' || key.at[0] == ';')
			continue;
		if (span_is(key, "nameserver") && word_next(&line, &value)) {
			rc = strs_addf(&r->servers, &r->arena, "%.*s", (int) value.len, value.at);
		} else if (span_is(key, "search") || span_is(key, "domain")) {
			r->searches.n = 0;
			rc = words_add(r, &r->searches, line);
		} else if (span_is(key, "options")) {
			rc = words_add(r, &r->options, line);
		}
	}
	return rc;
}

static bool is_reachable(const char *server)
{
	uint32_t ip;

	return ip_parse(server, &ip) == 0 && ip >> 24 != 127 && ip != 0;
}

/* The host's servers that a pod can reach. */
static int servers_filter(struct resolv *r, bool fallback)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < r->servers.n; i++)
		if (is_reachable(r->servers.v[i]))
			r->servers.v[kept++] = r->servers.v[i];
	r->servers.n = kept;
	for (size_t i = 0; i < LEN(public_servers) && fallback && !kept && rc == 0; i++)
		rc = strs_add(&r->servers, &r->arena, public_servers[i]);
	if (!kept && fallback)
		log_debug("network: the host has no name server that a pod can reach: using %s and %s",
			public_servers[0], public_servers[1]);
	return rc;
}

static void list_print(struct buf *b, const char *key, const struct strs *list)
{
	if (!list->n)
		return;
	buf_puts(b, key);
	for (size_t i = 0; i < list->n; i++)
		buf_printf(b, " %s", list->v[i]);
	buf_putc(b, '\n');
}

static void print(const struct resolv *r, struct buf *b)
{
	/* "--dns-search ." means no search list at all */
	bool none = r->searches.n == 1 && strcmp(r->searches.v[0], ".") == 0;

	if (!none)
		list_print(b, "search", &r->searches);
	for (size_t i = 0; i < r->servers.n; i++) {
		if (i < SERVERS_MAX)
			buf_printf(b, "nameserver %s\n", r->servers.v[i]);
		else
			log_warn("name server %s is left out: resolv.conf has room for %d", r->servers.v[i],
				SERVERS_MAX);
	}
	list_print(b, "options", &r->options);
}

static bool is_server(const char *text)
{
	struct in6_addr v6;
	uint32_t v4;

	return ip_parse(text, &v4) == 0 || inet_pton(AF_INET6, text, &v6) == 1;
}

/* What is there already is not added; an option of the same name ("ndots:5") is replaced. */
static int merge(struct resolv *r, struct strs *into, const struct strs *from, bool by_name)
{
	for (size_t i = 0; from && i < from->n; i++) {
		size_t k = 0, n = by_name ? strcspn(from->v[i], ":") : strlen(from->v[i]);

		while (k < into->n && (strncmp(into->v[k], from->v[i], n) != 0 ||
					      (into->v[k][n] && !(by_name && into->v[k][n] == ':'))))
			k++;
		if (k < into->n)
			into->v[k] = from->v[i];
		else if (strs_add(into, &r->arena, from->v[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int merge_all(
	struct resolv *r, const struct strs *servers, const struct strs *searches, const struct strs *options)
{
	return merge(r, &r->servers, servers, false) < 0 || merge(r, &r->searches, searches, false) < 0 ||
			       merge(r, &r->options, options, true) < 0
		       ? -ENOMEM
		       : 0;
}

int resolv_file(const char *host, const struct strs *servers, const struct strs *searches,
	const struct strs *options, bool host_network, bool add, struct buf *b, struct err *err)
{
	struct resolv r = { 0 };
	int rc;

	for (size_t i = 0; servers && i < servers->n; i++)
		if (!is_server(servers->v[i]))
			return err_set(
				err, ERR_INVALID, "name server '%.100s': not an IP address", servers->v[i]);
	rc = host_read(&r, host);
	if (rc == 0 && !host_network && (add || !(servers && servers->n)))
		rc = servers_filter(&r, !(servers && servers->n));
	if (add && rc == 0)
		rc = merge_all(&r, servers, searches, options);
	if (!add && servers && servers->n)
		r.servers = *servers;
	if (!add && searches && searches->n)
		r.searches = *searches;
	if (!add && options && options->n)
		r.options = *options;
	if (rc == 0)
		print(&r, b);
	arena_done(&r.arena);
	if (rc == 0 && buf_failed(b))
		rc = b->error;
	return rc < 0 ? err_sys(err, -rc, "write resolv.conf") : 0;
}
