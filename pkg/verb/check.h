/*
 * check.h — is what the engine keeps whole, and can it be made so?
 *
 * Looked at: the database, images (config, manifest, layers), containers (their image, their files), volumes, and what lies
 * about without belonging to anything.  A layer is written out as the tar it came as and its digest compared, unless quick.
 * Repaired: a damaged image is removed, to be pulled again (with its containers only when forced), a volume without a
 * directory gets an empty one, what belongs to nothing is deleted.
 */
#ifndef PODCTL_VERB_CHECK_H
#define PODCTL_VERB_CHECK_H

#include "pkg/verb/verb.h"

struct check_request {
	bool quick;        /* no digests of layers */
	bool repair;       /* mend what can be */
	bool force;        /* and remove containers whose image is damaged */
	uint64_t until_us; /* of the monotonic clock: layers are read up to then; 0: all of them */
	/* One line each, as they are found; repaired: it is no more. */
	void (*found)(void *ctx, const char *line, bool repaired);
	void *ctx;
};
struct check_result {
	size_t damaged;  /* faults found */
	size_t left;     /* of those, still there */
	size_t not_read; /* layers that there was no time for */
};
int verb_check(struct engine *e, const struct check_request *r, struct check_result *ret, struct err *err);

#endif
