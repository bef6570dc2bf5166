/*
 * conntrack.h — connections that the kernel tracks by a mapping that has changed.
 *
 * A UDP client that keeps sending to a port keeps its entry alive: packets go where the first one went, to the host before
 * the pod was there, to the pod after it has gone.  So entries are deleted where a mapping comes or goes.  (TCP needs none of
 * it: the kernel closes the connections of a process that ends.)  Best effort: without it such a client has to pause.
 */
#ifndef PODCTL_NETWORK_CONNTRACK_H
#define PODCTL_NETWORK_CONNTRACK_H

#include "pkg/network/network.h"

void conntrack_mapping_came(const struct net_result *r);
void conntrack_mapping_went(const struct net_result *r);

#endif
