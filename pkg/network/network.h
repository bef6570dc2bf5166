/*
 * network.h — a pod's network: bridge, address, published ports, and the files in /etc that speak of them.
 *
 * One bridge podctl0 (suffix of the engine's root when not default) with the first free subnet of 10.88.0.0/16 and then the
 * pools, and those that people make (defined.h); links, addresses and routes by rtnetlink, never by `ip`.  One static `table inet podctl`, made once with `nft -f -`;
 * a published port or a masqueraded subnet is an element of a map or set, added by raw nf_tables netlink.  A pod's netns is
 * known by a descriptor only; dropping its last reference removes the veth.  See START-PATH traps 1, 2, 4.
 */
#ifndef PODCTL_NETWORK_NETWORK_H
#define PODCTL_NETWORK_NETWORK_H

#include <jansson.h>

#include "pkg/engine/engine.h"
#include "pkg/util/arena.h"
#include "pkg/util/buf.h"

#define NETWORK_NAME "podctl" /* of the engine's bridge */

enum port_proto { PROTO_TCP, PROTO_UDP, PROTO_SCTP };
extern const char *const port_proto_names[]; /* "tcp", "udp", "sctp", NULL */

struct port_map {
	char *host_ip; /* NULL or "": every address */
	uint16_t host_port, container_port,
		range; /* range: how many consecutive ports, 0 means 1; host_port 0: any free */
	int proto;     /* enum port_proto */
};

/* What a pod got: stored in its row (res) and shown by inspect. */
struct net_result {
	char bridge[16], veth[16];
	uint32_t ip, gateway; /* host byte order; 0: none */
	uint8_t prefix;
	uint8_t mac[6];
	bool internal, no_dns;  /* as the network has it: no way out; no names */
	uint32_t mtu;           /* for making the bridge; 0: as the uplink has it.  Not stored */
	struct port_map *ports; /* with host_port filled in, ranges expanded to single ports, in the arena */
	size_t n_ports;
};

/* Takes address and ports in the store (one transaction) and opens a bound and (tcp) listening socket per port, so that a
 * port in use is seen and named: "port 8080/tcp is in use by nginx (pid 812)" or "... is published by pod 'web'".
 * Sockets are owned by the caller, who hands them to the monitor.  Nothing in the kernel's network is changed yet.
 * network: NULL or "" for the engine's, else a defined one (defined.h).
 * want_ip: 0 or a fixed address (a pod of one keeps its own over restarts). */
int network_reserve(struct engine *e, const char *pod_id, const char *pod_name, const char *network,
	const struct port_map *ports, size_t n, uint32_t want_ip, struct arena *a, struct net_result *ret,
	int **ret_socks, size_t *ret_n_socks, struct err *err);
/* Whose these ports are, when network_reserve said ERR_EXISTS: the pod's id, owned by the arena; NULL when they are free now. */
int network_port_holder(struct engine *e, const char *pod_id, const struct port_map *ports, size_t n,
	struct arena *a, const char **ret_id, struct err *err);
/* At most this many sockets come back, the first ports' ones; those of further ports were opened, to see that the port is
 * free, and closed: with hundreds of ports a process would run out of descriptors. */
#define NETWORK_SOCKETS_MAX 48
/* hostNetwork: are the host's ports free?  Nothing is kept: the pod's processes bind them themselves. */
int network_check_ports(const struct port_map *ports, size_t n, struct arena *a, struct err *err);
/* Makes bridge and table when missing, the veth pair with its peer inside netns (one message), addresses and the route
 * inside, lo up, and the nft elements.  Rootless: ERR_UNSUPPORTED by name. */
int network_attach(
	struct engine *e, const char *pod_id, int netns, const struct net_result *r, struct err *err);
/* lo up in a netns (network none). */
int network_loopback(int netns, struct err *err);
/* Deletes nft elements, stale link, lease and port rows; driven by the stored result; everything absent is success.
 * Waits about 10 ms for RCU when ports were published: for cleanup paths.  A command that somebody waits for may free the
 * rows alone (store_ports_free, store_lease_free) and leave this to its cleaner: elements that lead to another pod by then
 * stay. */
int network_detach(struct engine *e, const char *pod_id, const struct net_result *r, struct err *err);
/* Deletes bridge and table when no pod uses them any more?  No: they stay (static); this is for reset and tests. */
int network_reset(struct engine *e, struct err *err);

/* JSON of struct net_result for the row, and back.  In pod_row.res it is the member "network": a table that was flushed by
 * somebody is filled again from there. */
json_t *net_result_to_json(const struct net_result *r);
int net_result_from_json(const json_t *v, struct arena *a, struct net_result *ret, struct err *err);

/* "8080:80", "127.0.0.1:8080:80/udp", "80", "8000-8003:80-83", ":80" and "[::1]:..." (refused by name) -> port_map. */
int port_map_parse(const char *text, struct arena *a, struct port_map *ret, struct err *err);

/* Contents of the pod's files in /etc. */
struct hosts_entry {
	const char *ip;
	const char *names;
};
int hosts_file(const char *base, uint32_t ip, const char *hostname, const char *const *names, size_t n_names,
	uint32_t gateway, const struct hosts_entry *extra, size_t n_extra, struct buf *b, struct err *err);
/* servers, searches, options empty: the host's resolv.conf ('host' text), loopback resolvers left out unless host_network
 * (systemd-resolved's stub: the caller gives /run/systemd/resolve/resolv.conf). */
int resolv_file(const char *host, const struct strs *servers, const struct strs *searches,
	const struct strs *options, bool host_network, bool add, struct buf *b, struct err *err);

#endif
