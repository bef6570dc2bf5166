/* Addresses of a network, and published ports. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/store/store_db.h"
#include "pkg/util/text.h"

static const char *ip_text(uint32_t ip, char text[INET_ADDRSTRLEN])
{
	struct in_addr in = { .s_addr = htonl(ip) };

	return inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
}

/* ---- addresses ---------------------------------------------------------------------------------------------------- */

/* The lowest address of [from, last] that no row holds; *ret is last + 1 when there is none. */
static int lease_gap(
	struct store *s, const char *network, uint32_t from, uint32_t last, uint64_t *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_LEASES_FROM, err, "ti", network, (int64_t) from);
	uint64_t ip = from;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && ip <= last && (rc = query_step(s, q, err)) > 0 &&
		(uint64_t) sqlite3_column_int64(q, 0) == ip)
		ip++;
	if (rc < 0)
		return rc;
	*ret = ip;
	return 0;
}

static int lease_held(
	struct store *s, const char *network, const char *pod, uint32_t *ret_ip, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_LEASE_OF_POD, err, "tt", pod, network);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc > 0)
		*ret_ip = (uint32_t) sqlite3_column_int64(q, 0);
	return rc;
}

static int lease_taken(struct store *s, const char *network, uint32_t ip, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_LEASE_HOLDER, err, "ti", network, (int64_t) ip);
	int rc = q ? query_step(s, q, err) : -EIO;
	char text[INET_ADDRSTRLEN];
	const char *name;

	if (rc < 0)
		return rc;
	name = rc ? (const char *) sqlite3_column_text(q, 1) : NULL;
	return err_set(err, ERR_EXISTS, "address %s is in use by '%s'", ip_text(ip, text),
		name ? name : "another pod");
}

static int lease_add(struct store *s, const char *network, const char *pod, uint32_t ip, struct err *err)
{
	int rc = query_run(s, Q_LEASE_ADD, err, "tit", network, (int64_t) ip, pod);

	return rc < 0 && err->kind == ERR_EXISTS ? lease_taken(s, network, ip, err) : rc;
}

/* The next free address after the one given last, from the start again at the end of the range. */
static int lease_next(
	struct store *s, const char *network, uint32_t first, uint32_t last, uint32_t *ret, struct err *err)
{
	struct arena a = { 0 };
	const char *value;
	char key[300], text[INET_ADDRSTRLEN];
	uint64_t was = 0, ip = 0;
	int rc;

	snprintf(key, sizeof key, "lease.%s", network);
	if ((rc = store_meta_get(s, key, &a, &value, err)) == 0 && value)
		(void) parse_u64(value, 0, UINT32_MAX, &was);
	arena_done(&a);
	if (rc < 0)
		return rc;
	if (was < first || was >= last)
		was = (uint64_t) first - 1;
	if ((rc = lease_gap(s, network, (uint32_t) (was + 1), last, &ip, err)) < 0)
		return rc;
	if (ip > last && (rc = lease_gap(s, network, first, last, &ip, err)) < 0)
		return rc;
	if (ip > last)
		return err_set(err, ERR_STATE,
			"no free address in network '%s' (%s and %u more are taken); remove pods or use a "
			"larger subnet",
			network, ip_text(first, text), last - first);
	snprintf(text, sizeof text, "%u", (unsigned) ip);
	if ((rc = store_meta_set(s, key, text, err)) < 0)
		return rc;
	*ret = (uint32_t) ip;
	return 0;
}

static int lease_choose(struct store *s, const char *network, const char *pod, uint32_t first, uint32_t last,
	uint32_t want, uint32_t *ret, struct err *err)
{
	uint32_t ip = 0;
	int rc = lease_held(s, network, pod, &ip, err);

	if (rc < 0)
		return rc;
	if (rc > 0 && (!want || ip == want)) { /* left by a start that was cut short: still its own */
		*ret = ip;
		return 0;
	}
	if (rc > 0 && (rc = query_run(s, Q_LEASE_DEL, err, "t", pod)) < 0)
		return rc;
	ip = want;
	if (!want && (rc = lease_next(s, network, first, last, &ip, err)) < 0)
		return rc;
	if ((rc = lease_add(s, network, pod, ip, err)) < 0)
		return rc;
	*ret = ip;
	return 0;
}

int store_lease_take(struct store *s, const char *network, const char *pod, uint32_t first, uint32_t last,
	uint32_t want, uint32_t *ret_ip, struct err *err)
{
	char text[INET_ADDRSTRLEN], from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
	uint32_t ip = 0;
	int rc;

	if (first > last || (want && (want < first || want > last)))
		return err_set(err, ERR_INVALID, "address %s is not one of %s to %s", ip_text(want, text),
			ip_text(first, from), ip_text(last, to));
	if ((rc = txn_start(s, err)) < 0)
		return rc;
	rc = lease_choose(s, network, pod, first, last, want, &ip, err);
	if ((rc = txn_end(s, rc, err)) == 0)
		*ret_ip = ip;
	return rc;
}

int store_lease_list(struct store *s, const char *network, struct arena *a, struct lease_row **ret,
	size_t *ret_n, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_LEASE_LIST, err, "t", network);
	struct lease_row *rows = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		if (n == cap) {
			struct lease_row *more = arena_array(a, cap = cap ? cap * 2 : 8, sizeof *more);

			if (!more)
				return err_sys(err, ENOMEM, "list the addresses of network '%s'", network);
			if (n)
				memcpy(more, rows, n * sizeof *rows);
			rows = more;
		}
		rows[n].pod = arena_strdup(a, (const char *) sqlite3_column_text(q, 0));
		rows[n].ip = (uint32_t) sqlite3_column_int64(q, 1);
		if (!rows[n++].pod)
			return err_sys(err, ENOMEM, "list the addresses of network '%s'", network);
	}
	*ret = rows;
	*ret_n = n;
	return rc < 0 ? rc : 0;
}

int store_lease_free(struct store *s, const char *pod, struct err *err)
{
	int rc = query_run(s, Q_LEASE_DEL, err, "t", pod);

	return rc < 0 ? rc : 0;
}

/* ---- ports -------------------------------------------------------------------------------------------------------- */

static bool every_address(const char *ip) { return !ip || !*ip || strcmp(ip, "0.0.0.0") == 0; }

static bool addresses_meet(const char *a, const char *b)
{
	return every_address(a) || every_address(b) || strcmp(a, b) == 0;
}

/* A port is free when nobody holds it on the same address, or either of the two on every address. */
static int port_check(struct store *s, const char *pod, const struct port_row *p, struct err *err)
{
	auto_query sqlite3_stmt *q =
		query_bind(s, Q_PORT_HOLDERS, err, "ti", p->proto, (int64_t) p->host_port);
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		const char *ip = (const char *) sqlite3_column_text(q, 0),
			   *holder = (const char *) sqlite3_column_text(q, 1);
		const char *name = (const char *) sqlite3_column_text(q, 2);

		if (!addresses_meet(ip, p->host_ip))
			continue;
		if (holder && strcmp(holder, pod) == 0)
			return err_set(
				err, ERR_INVALID, "port %u/%s is published twice", p->host_port, p->proto);
		return err_set(err, ERR_EXISTS, "port %u/%s is published by %s '%s'", p->host_port, p->proto,
			sqlite3_column_int(q, 3) ? "container" : "pod",
			name     ? name
			: holder ? holder
				 : "");
	}
	return rc;
}

int store_ports_take(struct store *s, const char *pod, const struct port_row *p, size_t n, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	rc = query_run(s, Q_PORT_DEL, err, "t", pod); /* rows of an earlier start that was cut short */
	for (size_t i = 0; i < n && rc >= 0; i++)
		if ((rc = port_check(s, pod, &p[i], err)) >= 0)
			rc = query_run(s, Q_PORT_ADD, err, "titt", p[i].proto, (int64_t) p[i].host_port,
				every_address(p[i].host_ip) ? "" : p[i].host_ip, pod);
	return txn_end(s, rc, err);
}

static int port_holder(struct store *s, const char *pod, const struct port_row *p, struct arena *a,
	const char **ret_id, struct err *err)
{
	auto_query sqlite3_stmt *q =
		query_bind(s, Q_PORT_HOLDERS, err, "ti", p->proto, (int64_t) p->host_port);
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && !*ret_id && (rc = query_step(s, q, err)) > 0) {
		const char *ip = (const char *) sqlite3_column_text(q, 0),
			   *holder = (const char *) sqlite3_column_text(q, 1);

		if (!holder || strcmp(holder, pod) == 0 || !addresses_meet(ip, p->host_ip))
			continue;
		if (!(*ret_id = arena_strdup(a, holder)))
			return err_sys(err, ENOMEM, "look up the holder of port %u", p->host_port);
	}
	return rc < 0 ? rc : 0;
}

int store_ports_holder(struct store *s, const char *pod, const struct port_row *p, size_t n, struct arena *a,
	const char **ret_id, struct err *err)
{
	int rc = 0;

	*ret_id = NULL;
	for (size_t i = 0; i < n && rc >= 0 && !*ret_id; i++)
		rc = port_holder(s, pod, &p[i], a, ret_id, err);
	return rc;
}

int store_ports_free(struct store *s, const char *pod, struct err *err)
{
	int rc = query_run(s, Q_PORT_DEL, err, "t", pod);

	return rc < 0 ? rc : 0;
}
