/*
 * defined.h — networks that people make: `podctl network create`.
 *
 * Each is a bridge with a subnet of its own, and a row that says so (kind NETWORK_KIND among the stored objects); bridge and
 * rules are made when its first pod starts, and after a reboot again.  A pod is on one network.  Its pods find each other by
 * name, and reach pods of other networks unless one of the two is internal or both are isolated.
 * Not done: several networks for a pod, IPv6, macvlan and ipvlan.
 */
#ifndef PODCTL_NETWORK_DEFINED_H
#define PODCTL_NETWORK_DEFINED_H

#include "pkg/network/network.h"
#include "pkg/network/subnet.h"

#define NETWORK_KIND "podctl.network"
#define NETWORKS_MAX 1000 /* bridge names are numbered up to here; podman has no more subnets either */

struct network_def {
	char *name, *bridge;
	char *subnet, *gateway, *first,
		*last; /* texts; first, last: of what pods get by themselves, NULL: all */
	bool internal; /* no way out and none in */
	bool isolate;  /* no way to others that are isolated */
	bool no_dns;
	uint32_t mtu; /* 0: as the uplink has it */
	struct kvs labels, options;
	uint64_t created_us;

	struct subnet net; /* the texts above, parsed */
	uint32_t gateway_ip, first_ip, last_ip;
};

/* All, by name; in a. */
int network_defs(struct engine *e, struct arena *a, struct network_def **ret, size_t *ret_n, struct err *err);
/* By name or id prefix.  ERR_NOT_FOUND. */
int network_def_find(
	struct engine *e, const char *name, struct arena *a, struct network_def *ret, struct err *err);
/* Chooses what d leaves open (name, bridge, subnet, gateway), checks the rest and keeps it.  ERR_EXISTS: the name, the bridge or
 * the subnet is taken. */
int network_def_add(struct engine *e, struct network_def *d, struct arena *a, struct err *err);
/* Rules, bridge and row.  Absent is success.  That nobody is on it is the caller's business. */
int network_def_remove(struct engine *e, const struct network_def *d, struct err *err);

#endif
