/*
 * late.h — values of a container that are known only when its pod starts: its address, its machine's, its uid.
 *
 * A spec is made and stored before that, so such a value stands in it as a mark: LATE_OPEN, a Kubernetes field path,
 * LATE_CLOSE.  Marks are put where a variable, an argument or a subPath uses the field, and are replaced in memory when a
 * bundle is written or somebody looks; what is stored keeps them, since the next start has another address.  The marks are
 * control characters: a document that holds them itself gets no more than its own pod's values.
 */
#ifndef PODCTL_CONTAINER_LATE_H
#define PODCTL_CONTAINER_LATE_H

#include <stdbool.h>

#include "pkg/container/spec.h"

#define LATE_OPEN "\x01"
#define LATE_CLOSE "\x02"

struct late {
	const char *pod_ip, *host_ip, *uid; /* "": there is none */
};

bool late_in(const char *text);
bool late_in_container(const struct container_spec *c); /* in any value that late_container replaces */
/* Replaces the marks; *text stays as it is when there are none.  0 or -ENOMEM. */
int late_text(char **text, const struct late *l, struct arena *a);
/* In the command, the variables and the subPaths. */
int late_container(struct container_spec *c, const struct late *l, struct arena *a);

#endif
