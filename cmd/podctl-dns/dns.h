/*
 * dns.h — podctl-dns: the name server of one network, at its gateway's address, for as long as pods with names are on it.
 *
 * podctl starts it (pkg/network/names.c) with the sockets bound and the lock 'alive' held, so nothing waits for it and
 * nothing can fail that podctl does not see.  One thread and one poll: questions over UDP and TCP, flights (questions that
 * wait for a server of the host's), and the directory of names.  It ends by itself when that is empty.
 *
 * What members send is hostile: a question is parsed by dns_message.h, everything has a count and a time at which it ends,
 * and no member can take more than its part of either.
 */
#ifndef PODCTL_CMD_DNS_H
#define PODCTL_CMD_DNS_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "pkg/network/dns_table.h"
#include "pkg/util/buf.h"

enum { FD_DIR = 3, FD_ALIVE = 4, FD_UDP = 5, FD_TCP = 6 };

#define FLIGHTS_MAX 128       /* questions under way at once */
#define FLIGHTS_OF_ONE_MAX 32 /* of one member */
#define CONNS_MAX 32
#define CONNS_OF_ONE_MAX 8
#define CONN_IDLE_MS 10000
#define QUESTION_MAX 4096 /* a question with signatures; most have 50 bytes */
#define TRY_MS 1500       /* one server's time */
#define GIVE_UP_MS 4500   /* C libraries ask again after 5 s */
#define SERVERS_MAX 8

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct conn {
	int fd; /* -1: unused */
	uint32_t peer;
	uint64_t ends;
	bool waits; /* for a flight; meanwhile nothing more is read */
	struct buf in, out;
};

struct flight {
	int fd; /* to the server */
	struct sockaddr_in client;
	struct conn *conn; /* NULL: it came over UDP */
	uint8_t *msg;      /* owned: two bytes of length, and the question under our id; NULL: unused */
	size_t len;        /* without those two */
	struct dns_query q;
	uint16_t id;
	union address to;
	size_t at, count; /* which server of how many */
	bool hosts;       /* they are the host's, not the asker's own */
	size_t tries;
	uint64_t next, ends; /* when this server has had its time; when all have */
	struct buf in;       /* over TCP: what has come of the answer */
	bool sent;
};

struct server {
	struct dns_table names;
	int watch, lock,
		pods; /* inotify; runroot/dns/BRIDGE/lock, opened and not held; the directory of names */
	bool maybe_empty;
	union address servers[SERVERS_MAX]; /* the host's, or those of containers.conf */
	size_t n_servers, good;             /* good: the one that answered last is asked first */
	bool fixed;                         /* given: the host's resolv.conf does not count */
	int64_t read_at, stamp[3];
	unsigned turn;
	uint64_t now; /* milliseconds */
	struct conn conns[CONNS_MAX];
	struct flight flights[FLIGHTS_MAX];
	uint8_t packet[DNS_TCP_MAX + 1];
};

/* confine.c: an ordinary nobody without capabilities, and a system call filter; descriptors past 'last' are closed. */
int confine(void);

/* names.c: what podctl writes. */
int names_open(struct server *s);
void names_event(struct server *s);
bool names_is_over(struct server *s); /* nobody is left, and nobody comes: the lock is held, and we may go */

/* upstream.c: who is asked about the rest of the world. */
bool address_read(const char *text, union address *ret);
void upstream_refresh(struct server *s);
/* Whom this flight's next try goes to (to, at, count, hosts); false when there is nobody. */
bool upstream_of(struct server *s, struct flight *f);

/* ask.c: one question, from either side.  conn NULL: over UDP, from client. */
void question(
	struct server *s, const uint8_t *p, size_t n, const struct sockaddr_in *client, struct conn *conn);
void answer_send(
	struct server *s, const struct sockaddr_in *client, struct conn *conn, const uint8_t *p, size_t n);
void udp_event(struct server *s);

/* conn.c: questions over TCP. */
void conn_accept(struct server *s);
void conn_event(struct server *s, struct conn *c);
void conn_close(struct server *s, struct conn *c);
void conns_expire(struct server *s);

/* flight.c: questions that go to a server of the host's. */
void flight_start(struct server *s, const uint8_t *p, size_t n, const struct dns_query *q,
	const struct sockaddr_in *client, struct conn *conn);
void flight_event(struct server *s, struct flight *f);
void flight_drop(struct flight *f);
void flights_expire(struct server *s);

#endif
