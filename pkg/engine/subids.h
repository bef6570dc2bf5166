/*
 * subids.h — the ranges of ids a user may map beside his own, and writing id maps.
 *
 * /etc/subuid and /etc/subgid are read here ("NAME-OR-UID:START:COUNT", several lines count); when they say nothing for the
 * user, getsubids(1) is asked, which knows what the machine's NSS serves.  newuidmap and newgidmap write the maps.
 */
#ifndef PODCTL_ENGINE_SUBIDS_H
#define PODCTL_ENGINE_SUBIDS_H

#include <stdint.h>

#include "pkg/engine/engine.h"

#define SUBIDS_MAX 64 /* ranges; the kernel takes 340 lines of map */

struct subids {
	struct {
		uint32_t start, count;
	} range[SUBIDS_MAX];
	size_t n;
};

/* Absent is no error: n is 0 then. */
int subids_read(const struct engine_options *opt, bool groups, struct subids *ret, struct err *err);
uint64_t subids_total(const struct subids *s);

/* Parses the text of /etc/subuid for a user (pure; tested). */
void subids_parse(const char *text, const char *user, uid_t uid, struct subids *ret);

/* Maps 0 to the caller and 1... to the ranges in the user namespace of pid. */
int subids_map(const struct engine_options *opt, pid_t pid, struct err *err);

#endif
