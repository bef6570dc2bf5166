/*
 * resize.h — kube resize: other requests and limits for the containers of a played pod that exists.
 *
 * As the API's subresource "resize": cpu and memory, of containers and sidecars; the pod's class of service stays what it is.
 * What runs is changed in place, or restarted where its resizePolicy says so.
 */
#ifndef PODCTL_VERB_RESIZE_H
#define PODCTL_VERB_RESIZE_H

#include "pkg/util/diag.h"
#include "pkg/verb/verb.h"

struct resize_request {
	const char *pod;       /* name or id */
	const char *container; /* with limits or requests; NULL: all of them */
	struct kvs limits, requests;
	const char *patch; /* instead: JSON as `kubectl patch --subresource resize` takes it; NULL */
};
/* Faults of the new numbers go to d. */
int verb_resize(struct engine *e, const struct resize_request *r, struct diag *d, const char **ret_name,
	struct arena *a, struct err *err);

#endif
