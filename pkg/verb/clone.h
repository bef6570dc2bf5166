/*
 * clone.h — another container, or pod, of the same making.
 */
#ifndef PODCTL_VERB_CLONE_H
#define PODCTL_VERB_CLONE_H

#include "pkg/verb/create.h"

struct clone_request {
	const char *name; /* NULL: NAME-clone, NAME-clone1 ... */
	const char *pod;  /* of a container: the pod it becomes a member of; NULL: the same, or none */
	bool destroy, force, start;          /* destroy: the old one goes; force: though it runs */
	const struct create_request *limits; /* those that are named replace the old one's; NULL */
	const struct create_request *like; /* of a pod: what else the new one and all its members get; NULL */
	struct strs argv;
};
/* *ret_id: of the new one, in a.  What was mounted is mounted again; volumes without a name are made anew, empty. */
int verb_container_clone(struct engine *e, const struct target *t, const struct clone_request *r,
	struct arena *a, const char **ret_id, struct err *err);
int verb_pod_clone(struct engine *e, const struct target *t, const struct clone_request *r, struct arena *a,
	const char **ret_id, struct err *err);

#endif
