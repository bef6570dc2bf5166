/* result.h — a pod's network as JSON, and back. */
#ifndef PODCTL_NETWORK_RESULT_H
#define PODCTL_NETWORK_RESULT_H

#include "pkg/network/network.h"

/* The network of a pod's row: its 'res' text is a JSON object, whose member "network" is a net_result.
 * Returns 0 or a negative errno: -ENOENT when there is none. */
int net_result_of_row(const char *res, struct arena *a, struct net_result *ret);

#endif
