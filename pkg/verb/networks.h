/*
 * networks.h — what networks there are: the engine's bridge.
 */
#ifndef PODCTL_VERB_NETWORKS_H
#define PODCTL_VERB_NETWORKS_H

#include "pkg/verb/verb.h"

/* podman's documents, an array; filters: name, id, driver, label, dangling, until. */
int verb_networks(struct engine *e, const struct strs *filters, json_t **ret, struct err *err);
/* By its name ("podctl", also "podman" and "bridge") or an id prefix. */
int verb_network_inspect(struct engine *e, const char *name, json_t **ret, struct err *err);

#endif
