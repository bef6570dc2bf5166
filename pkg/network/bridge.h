/*
 * bridge.h — the engine's bridge on the host.
 *
 * Made when it is missing and left standing.  The look that every start pays is three ioctls and one small read; what is
 * missing is made under runroot/net.lock, so that two commands at once do not race.
 */
#ifndef PODCTL_NETWORK_BRIDGE_H
#define PODCTL_NETWORK_BRIDGE_H

#include <net/if.h>
#include <stdint.h>

#include "pkg/engine/engine.h"
#include "pkg/network/network.h"

#define BRIDGE_NAME IFNAMSIZ

/* podctl0, or podctl-xxxxxxxx with the engine's suffix: 15 bytes, all that a link name may have. */
char *bridge_name(const struct engine *e, char buf[BRIDGE_NAME]);
/* 0: there is no such link. */
uint32_t bridge_index(const char *name);

struct bridge {
	uint32_t index, mtu;
};
/* The bridge as the pod's result wants it: up, with the gateway's address, and the host forwarding. */
int bridge_ensure(struct engine *e, const struct net_result *r, struct bridge *ret, struct err *err);
/* Deletes it; absent is success. */
int bridge_remove(const char *name, struct err *err);

/* runroot/net.lock, held exclusively until the descriptor is closed. */
int network_lock(struct engine *e, struct err *err);

/* 0a:58 and the address, as Kubernetes does: an address that is given out again still fits the neighbours' caches. */
void mac_of(uint32_t ip, uint8_t mac[6]);

#endif
