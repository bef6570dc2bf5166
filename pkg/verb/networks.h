/*
 * networks.h — what networks there are: the engine's bridge, and those that were made.
 */
#ifndef PODCTL_VERB_NETWORKS_H
#define PODCTL_VERB_NETWORKS_H

#include "pkg/network/defined.h"
#include "pkg/verb/verb.h"

/* podman's documents, an array by name; filters: name, id, driver, label, dangling, until. */
int verb_networks(struct engine *e, const struct strs *filters, json_t **ret, struct err *err);
/* By its name ("podctl", also "podman" and "bridge") or an id prefix. */
int verb_network_inspect(struct engine *e, const char *name, json_t **ret, struct err *err);

struct network_request {
	const char *name, *subnet, *gateway, *ip_range, *interface; /* NULL: chosen */
	bool internal, no_dns;
	struct kvs labels, options; /* options: mtu, isolate */
};
/* *ret_name in a. */
int verb_network_create(struct engine *e, const struct network_request *r, struct arena *a,
	const char **ret_name, struct err *err);
/* ERR_STATE: pods are on it, unless force removes them.  ERR_INVALID: it is the engine's own. */
int verb_network_remove(
	struct engine *e, const char *name, bool force, const struct opt_i64 *timeout_s, struct err *err);

#endif
