/*
 * link.h — the pod's end of the network: a veth pair, lo, address and route inside its netns.
 *
 * The pair is made in one message with its peer already inside the netns, its host end already in the bridge and up: moving
 * a link afterwards waits for an RCU grace period.  The kernel removes the pair when the netns goes.
 *
 * Inside, eth0 has IPv4 only: no link-local IPv6 address is made (no duplicate address detection, no router solicitation),
 * lo keeps ::1.
 */
#ifndef PODCTL_NETWORK_LINK_H
#define PODCTL_NETWORK_LINK_H

#include "pkg/network/bridge.h"
#include "pkg/network/network.h"

/* "pc", 8 digits of the pod's id, 5 random ones: unique per start, since the link of the last one may still be going. */
void veth_name(const char *pod_id, char name[16]);
int veth_add(const struct bridge *b, int netns, const struct net_result *r, struct err *err);
/* A pod's host end becomes a port of a bridge that was made anew; a pod without one is passed over. */
int veth_rejoin(const struct bridge *b, const char *pod_id, uint32_t ip, struct err *err);
int pod_link_configure(int netns, const struct net_result *r, struct err *err);
/* Deletes the host's end if it is still there; waits for RCU. */
int veth_remove(const char *name, struct err *err);

#endif
