/*
 * generate.h — a Pod made from the specs of a pod nobody played.
 *
 * Only what differs from Kubernetes' defaults is written, so that playing it gives the same pod and the text stays short.
 * What Kubernetes cannot say (a device, an ulimit, no network) is named in comments above the document, never left out
 * quietly.  Volumes are named as podman names them: path-with-dashes-host-N, NAME-pvc, tmp-N.
 */
#ifndef PODCTL_KUBE_GENERATE_H
#define PODCTL_KUBE_GENERATE_H

#include "pkg/kube/kube.h"

/* Comments go to b; *ret is a new reference. */
int kube_from_specs(const struct pod_spec *pod, const struct container_spec *ctr, size_t n, struct buf *b,
	json_t **ret, struct err *err);

#endif
