/*
 * kube_view.h — what `podctl kube get`, `describe`, `events`, `wait` and `podctl why` look at: pods as v1 documents.
 */
#ifndef PODCTL_VERB_KUBE_VIEW_H
#define PODCTL_VERB_KUBE_VIEW_H

#include "pkg/verb/verb.h"

struct kube_view_request {
	struct strs names;        /* none: all pods */
	const char *selector;     /* -l; NULL */
	const char *kind, *owner; /* only those of this workload; NULL */
	const char *node;         /* this machine's name */
	bool events;              /* each document gets "events" beside status, for describe and events */
};
/* *ret: a new array of Pods, by name.  A name that is not there: ERR_NOT_FOUND in kubectl's words. */
int verb_kube_view(struct engine *e, const struct kube_view_request *r, json_t **ret, struct err *err);

/* Waits for a change of any of the pods that are there now, of their number, or for the end of the time; looks at the files
 * that monitors rename into place.  1: something may have changed; 0: time is over. */
int verb_kube_changed(
	struct engine *e, const struct kube_view_request *r, uint64_t timeout_us, struct err *err);

#endif
