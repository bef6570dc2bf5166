/*
 * nft.h — the engine's nf_tables table: which host port leads to which pod.
 *
 * `table inet podctl` (with the engine's suffix) is static text, loaded once by nft; so are the elements of a network, when its first
 * pod starts.  What changes are elements of its maps
 * `published` (protocol . port) and `published_on` (protocol . address . port), added by raw netlink in microseconds and
 * O(1).  A start adds its elements at once; only when the kernel says that there is no such map the table is made, and the
 * elements of every pod that is up are put back: something flushed the ruleset, as restarting nftables.service does.
 */
#ifndef PODCTL_NETWORK_NFT_H
#define PODCTL_NETWORK_NFT_H

#include "pkg/engine/engine.h"
#include "pkg/network/defined.h"
#include "pkg/network/network.h"

/* Adds the published ports of r; makes the table when missing, also when r has no port (it masquerades). */
int nft_publish(struct engine *e, const struct net_result *r, struct err *err);
/* Takes out those elements that still lead to r's address.  Closing the socket waits for RCU. */
int nft_unpublish(struct engine *e, const struct net_result *r, struct err *err);
int nft_remove(struct engine *e, struct err *err); /* the whole table; absent is success */

/* Takes a defined network out of the table; absent is success. */
int nft_forget(struct engine *e, const struct network_def *d, struct err *err);

/* One network's elements. */
struct nft_net {
	const char *bridge;
	struct subnet subnet;
	bool internal, isolate;
};
/* The table without elements as nft reads it; replace: there is a table of that name, which goes. */
void nft_ruleset(struct buf *b, const char *table, bool replace);
/* verb: "add" (what is there already stays) or "delete". */
void nft_elements(struct buf *b, const char *table, const char *verb, const struct nft_net *n);
/* An administrator's program in the usual directories. */
bool tool_find(const char *program, char *path, size_t n);

#endif
