/*
 * subnet.h — which addresses the engine's bridge has.
 *
 * Chosen once, the first block that no route of the host and no other engine uses, and recorded in the store: pods keep
 * their addresses over reboots.
 */
#ifndef PODCTL_NETWORK_SUBNET_H
#define PODCTL_NETWORK_SUBNET_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/engine/engine.h"

struct subnet {
	uint32_t base; /* host byte order */
	uint8_t prefix;
};
#define SUBNET_TEXT 20

int subnet_parse(
	const char *text, struct subnet *ret); /* "10.88.0.0/16", host bits zero, /8 to /29; 0 or -EINVAL */
char *subnet_text(char buf[SUBNET_TEXT], struct subnet s);
#define IP_TEXT 16
char *ip_text(char buf[IP_TEXT], uint32_t ip);
int ip_parse(const char *text, uint32_t *ret); /* dotted quad; 0 or -EINVAL */
static inline uint32_t subnet_mask(struct subnet s) { return s.prefix ? ~0U << (32 - s.prefix) : 0; }
static inline uint32_t subnet_gateway(struct subnet s) { return s.base + 1; }
static inline uint32_t subnet_first(struct subnet s) { return s.base + 2; }
static inline uint32_t subnet_last(struct subnet s) { return (s.base | ~subnet_mask(s)) - 1; }
bool subnet_overlaps(struct subnet a, struct subnet b);

/* The first of 'wanted' and then the pools that overlaps none of 'taken'.  Returns false when there is none. */
bool subnet_choose(struct subnet wanted, const struct subnet *taken, size_t n, struct subnet *ret);
/* A /24 of the pools that overlaps none of 'used' and no route of the host: the first one, or where the engine's root is not the
 * usual one, one that its suffix chooses: others choose at the same time, and their networks are seen only when pods are on them. */
int subnet_find(
	const struct engine *e, const struct subnet *used, size_t n, struct subnet *ret, struct err *err);
/* ERR_EXISTS: a route of the host leads there. */
int subnet_check(struct subnet s, struct err *err);
/* The recorded subnet; the first call chooses and records it (inside the caller's store transaction). */
int subnet_get(struct engine *e, struct subnet *ret, struct err *err);

#endif
