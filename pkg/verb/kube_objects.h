/*
 * kube_objects.h — the documents that are kept beside pods, with the status a cluster would give them.
 */
#ifndef PODCTL_VERB_KUBE_OBJECTS_H
#define PODCTL_VERB_KUBE_OBJECTS_H

#include "pkg/verb/verb.h"

/* A kind that can be looked at; "Pod" is not among the kept ones, but in the list. */
struct kube_resource {
	const char *kind, *plural, *singular,
		*shorts[2]; /* "Deployment", "deployments", "deployment", "deploy" */
	const char *group;  /* "apps"; "" */
	bool all;           /* it is one of "all" */
	bool cluster;       /* it has no namespace */
};
/* By any of its names, in any case, with or without its group ("deployments.apps"); NULL: not known. */
const struct kube_resource *kube_resource_find(const char *word);
const struct kube_resource *kube_resource_at(size_t i); /* in the order of "all"; NULL behind the last */

/* Those of a kind with these names (none: all of them) and labels, by name; a new array.  ERR_NOT_FOUND as kubectl says it. */
int verb_kube_objects(struct engine *e, const struct kube_resource *r, const struct strs *names,
	const char *selector, json_t **ret, struct err *err);
/* Gives each of these objects of one kind "events", as pods have them: workloads and Jobs; to others nothing happens. */
int verb_kube_object_events(
	struct engine *e, const struct kube_resource *r, json_t *objects, struct err *err);

#endif
