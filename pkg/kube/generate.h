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

/* "deployment" -> "Deployment"; NULL: no such type. */
const char *kube_type_kind(const char *word);
/* A workload around a Pod.  handmade: its restart policy may be one that nobody asked for.  replicas 0: not written. */
int kube_wrap(
	const json_t *pod, const char *type, int64_t replicas, bool handmade, json_t **ret, struct err *err);
/* The NodePort Service for a Pod's ports, whose hostPorts go; NULL: it has none. */
json_t *kube_service(json_t *pod);
/* A claim for a volume nobody wrote a claim of: 1Gi, ReadWriteOnce. */
json_t *kube_claim_document(const char *name);
/* Appends one document as it was written, without what only a cluster adds. */
int kube_emit(const json_t *doc, struct buf *b, struct err *err);

#endif
