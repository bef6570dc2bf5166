/*
 * podctl-dns --gateway=IP/PREFIX [--internal] [--server=IP]... [--scope=UNIT]
 *
 * 3: runroot/dns/BRIDGE, 4: its file 'alive', locked, 5: the UDP socket, 6: the TCP socket, both bound to the gateway's port 53.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cmd/podctl-dns/dns.h"
#include "pkg/engine/scope.h"
#include "pkg/network/subnet.h"
#include "pkg/util/text.h"

#define LOCK_BUSY_MS 20
#define SCOPE_TRIES 40 /* of 50 ms: the scope of a server that was killed goes a moment later */

static struct server server;

static uint64_t now_ms(void)
{
	struct timespec t;

	(void) clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

/* Out of the caller's session, whose end would end us too. */
static void scope_enter(const char *unit)
{
	struct engine_options opt = { 0 };
	struct engine e = { .opt = &opt, .suffix = "" };
	struct err err = { 0 };

	for (int i = 0; scope_start(&e, unit, "podctl name server", getpid(), NULL, &err) < 0 &&
			err.kind == ERR_EXISTS && i < SCOPE_TRIES;
		i++) {
		err_clear(&err);
		(void) poll(NULL, 0, 50);
	}
}

static int gateway_read(struct server *s, const char *text)
{
	size_t n = strcspn(text, "/");
	char ip[IP_TEXT] = "";
	uint64_t prefix;

	if (n >= sizeof ip || !text[n] || parse_u64(text + n + 1, 1, 30, &prefix) < 0)
		return -EINVAL;
	memcpy(ip, text, n);
	s->names.prefix = (uint8_t) prefix;
	return ip_parse(ip, &s->names.gateway);
}

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static int arguments(struct server *s, char **argv, const char **ret_scope)
{
	for (; *argv; argv++) {
		const char *v;
		int rc = 0;

		if ((v = value_of(*argv, "--gateway")))
			rc = gateway_read(s, v);
		else if ((v = value_of(*argv, "--server")) && s->n_servers < SERVERS_MAX)
			s->fixed = address_read(v, &s->servers[s->n_servers++]) || (rc = -EINVAL, true);
		else if ((v = value_of(*argv, "--scope")))
			*ret_scope = v;
		else if (!strcmp(*argv, "--internal"))
			s->names.internal = true;
		else
			rc = -EINVAL;
		if (rc < 0)
			return rc;
	}
	return s->names.gateway ? 0 : -EINVAL;
}

static int prepare(struct server *s, char **argv)
{
	const char *scope = NULL;
	int rc;

	for (size_t i = 0; i < CONNS_MAX; i++)
		s->conns[i].fd = -1;
	if ((rc = arguments(s, argv, &scope)) < 0)
		return rc;
	(void) syscall(SYS_close_range, (unsigned) FD_TCP + 1, ~0U, 0);
	if (scope)
		scope_enter(scope);
	if ((rc = names_open(s)) < 0)
		return rc;
	return confine();
}

/* ---- the loop ---------------------------------------------------------------------------------------------------------- */

enum {
	AT_WATCH,
	AT_UDP,
	AT_TCP,
	AT_CONNS,
	AT_FLIGHTS = AT_CONNS + CONNS_MAX,
	AT_COUNT = AT_FLIGHTS + FLIGHTS_MAX
};

static void sooner(uint64_t *next, uint64_t at) { *next = at < *next ? at : *next; }

/* Fills the descriptors to look at; returns the time to wake up at. */
static uint64_t gather(struct server *s, struct pollfd *p)
{
	uint64_t next = UINT64_MAX;

	p[AT_WATCH] = (struct pollfd){ s->watch, POLLIN, 0 };
	p[AT_UDP] = (struct pollfd){ FD_UDP, POLLIN, 0 };
	p[AT_TCP] = (struct pollfd){ FD_TCP, POLLIN, 0 };
	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *c = &s->conns[i];

		p[AT_CONNS + i] = (struct pollfd){ c->fd, 0, 0 };
		if (c->fd < 0)
			continue;
		p[AT_CONNS + i].events =
			(short) ((c->out.len ? POLLOUT : 0) | (c->waits || c->out.len ? 0 : POLLIN));
		if (!c->waits)
			sooner(&next, c->ends);
	}
	for (size_t i = 0; i < FLIGHTS_MAX; i++) {
		const struct flight *f = &s->flights[i];

		p[AT_FLIGHTS + i] =
			(struct pollfd){ f->msg ? f->fd : -1, f->conn && !f->sent ? POLLOUT : POLLIN, 0 };
		if (f->msg)
			sooner(&next, f->next);
	}
	if (s->maybe_empty && !s->names.n)
		sooner(&next, s->now + LOCK_BUSY_MS);
	return next;
}

/* Names first: who has just got one may ask for it. */
static void handle(struct server *s, const struct pollfd *p)
{
	if (p[AT_WATCH].revents)
		names_event(s);
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (p[AT_FLIGHTS + i].revents && s->flights[i].msg &&
			s->flights[i].fd == p[AT_FLIGHTS + i].fd)
			flight_event(s, &s->flights[i]);
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &s->conns[i];

		if (!p[AT_CONNS + i].revents || c->fd != p[AT_CONNS + i].fd)
			continue;
		if (c->waits && p[AT_CONNS + i].revents & (POLLHUP | POLLERR))
			conn_close(s, c);
		else
			conn_event(s, c);
	}
	if (p[AT_TCP].revents)
		conn_accept(s);
	if (p[AT_UDP].revents)
		udp_event(s);
	flights_expire(s);
	conns_expire(s);
}

static void serve(struct server *s)
{
	static struct pollfd p[AT_COUNT];

	for (;;) {
		uint64_t next;

		s->now = now_ms();
		if (s->maybe_empty && names_is_over(s))
			return;
		next = gather(s, p);
		if (poll(p, AT_COUNT,
			    next == UINT64_MAX ? -1
			    : next > s->now    ? (int) (next - s->now)
					       : 0) < 0)
			continue;
		s->now = now_ms();
		handle(s, p);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void) puts("podctl-dns " PODCTL_VERSION);
		return 0;
	}
	if (prepare(&server, argv + 1) < 0)
		return 1;
	serve(&server);
	/* The lock on the directory goes last, with us: whoever gets it finds 'alive' free, and the port. */
	(void) close(FD_UDP);
	(void) close(FD_TCP);
	(void) close(FD_ALIVE);
	_exit(0);
}
