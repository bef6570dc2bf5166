/*
 * names.h — what podctl tells the name server of a network, and that there is one as long as it is wanted.
 *
 *     runroot/dns/BRIDGE/pods/POD   the names of one pod that runs (dns_table.h)
 *                       /lock       held while a name is added, or while the server makes sure that it may go
 *                       /alive      locked by the server, from before it is executed until it is gone; its pid and start
 *                       /server     its arguments, for whoever has to start it again
 *
 * A name is there before its pod is, and goes with the pod's address: by the pod's row, so a killed command leaves none.
 * The server ends by itself when the last name has gone.  One that was killed is started again by the next command.
 */
#ifndef PODCTL_NETWORK_NAMES_H
#define PODCTL_NETWORK_NAMES_H

#include "pkg/network/network.h"

struct names_request {
	const char *pod; /* id */
	const struct net_result *net;
	const struct strs *names; /* '?' in front: see dns_table.h */
	const struct strs
		*servers; /* where the pod's other questions go; none: containers.conf's, else the host's */
	bool internal;    /* of the network: other questions go nowhere */
};
/* Makes the names known and sees to it that somebody answers for them.  Port 53 of the gateway in use: ERR_EXISTS, by whom. */
int names_publish(struct engine *e, const struct names_request *r, struct err *err);
/* They are gone when it returns, and so is the server when they were the last.  Absent is success. */
void names_withdraw(struct engine *e, const char *bridge, const char *pod);
/* Starts servers again that were killed.  Costs one failed open where nobody has names. */
void names_tend(struct engine *e);
/* For a reset: all names, and all servers. */
void names_reset(struct engine *e);

/* The host's resolv.conf with this server in place of its own, and our domain first in the search list. */
int names_resolv(const char *host, uint32_t server, struct buf *b);

#endif
