/*
 * inspect.h — the documents `podctl pod inspect` and `podctl container inspect` print, from a loaded pod.
 */
#ifndef PODCTL_POD_INSPECT_H
#define PODCTL_POD_INSPECT_H

#include "pkg/pod/pod.h"

/* New references. */
int pod_inspect(struct engine *e, const struct pod *p, json_t **ret, struct err *err);
int pod_inspect_container(
	struct engine *e, const struct pod *p, const char *ctr, json_t **ret, struct err *err);
/* The pod's network as stored in its row; *ret zeroed when it has none.  Strings live in a. */
/* What the pod's network is called: of NET_BRIDGE; else "". */
const char *pod_network_name(const struct pod_spec *s);
int pod_net(const struct pod *p, struct arena *a, struct net_result *ret, struct err *err);

#endif
