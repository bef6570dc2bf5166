/* userns.h — --userns and what goes with it, as flags have them, in terms of a pod. */
#ifndef PODCTL_VERB_USERNS_H
#define PODCTL_VERB_USERNS_H

#include "pkg/engine/engine.h"
#include "pkg/pod/spec.h"

struct userns_request {
	const char *mode;            /* "host", "auto:size=N", "keep-id", ...; NULL: not asked for */
	struct strs uidmap, gidmap;  /* "INSIDE:OUTSIDE:COUNT" */
	const char *subuid, *subgid; /* whose lines of /etc/subuid and /etc/subgid */
};
bool userns_asked(const struct userns_request *r);
/* Strings and lists come from the arena. */
int userns_read(const struct engine *e, const struct userns_request *r, struct arena *a,
	struct userns_spec *ret, struct err *err);

#endif
