/*
 * change.h — verbs that change, or look up, one fact of a container.
 */
#ifndef PODCTL_VERB_CHANGE_H
#define PODCTL_VERB_CHANGE_H

#include "pkg/verb/verb.h"

/* Running or not; names of its log files and host name stay as they are. */
int verb_rename(struct engine *e, const struct target *t, const char *name, struct err *err);

struct port_line {
	uint16_t container_port, host_port;
	const char *proto, *host_ip; /* host_ip: "0.0.0.0" when all */
};
/* The published ports of a container, a member's are those of its pod; host_port 0: chosen at the next start. */
int verb_ports(struct engine *e, const struct target *t, struct arena *a, struct port_line **ret,
	size_t *ret_n, struct err *err);

#endif
