/*
 * ports.h — published ports: single ports out of ranges, sockets that hold them, and who has one that is taken.
 */
#ifndef PODCTL_NETWORK_PORTS_H
#define PODCTL_NETWORK_PORTS_H

#include "pkg/network/network.h"

#define PORT_TEXT 48
/* "8080/tcp" or "127.0.0.1:8080/tcp". */
char *port_text(char buf[PORT_TEXT], const struct port_map *p);

/* Ranges become single ports, "0.0.0.0" becomes NULL, the same mapping twice becomes one; the same host port for two
 * container ports, an address that is none of IPv4 and more than PORTS_MAX are refused. */
int ports_expand(const struct port_map *ports, size_t n, struct arena *a, struct port_map **ret,
	size_t *ret_n, struct err *err);

/* Opens a socket bound to the host port; tcp and sctp listen behind a filter that drops everything, so that an early client
 * tries again instead of waiting in a queue nobody reads.  host_port 0: the kernel chooses and p->host_port is set.
 * Returns an owned descriptor; taken: ERR_EXISTS names the process. */
int port_bind(struct port_map *p, struct err *err);

/* "nginx (pid 812)" of the process that has the port, from /proc; false when nobody is seen. */
bool port_holder(const struct port_map *p, struct buf *b);

#endif
