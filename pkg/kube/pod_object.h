/*
 * pod_object.h — a running pod as the v1 Pod that kubectl would show: what was asked, and what is.
 *
 * metadata and spec are the manifest it was played from (a hand-made pod's are made from its specs), status comes from its
 * monitor.  `podctl kube get`, `describe`, `wait` and `why` read this document and nothing else.
 */
#ifndef PODCTL_KUBE_POD_OBJECT_H
#define PODCTL_KUBE_POD_OBJECT_H

#include <jansson.h>

#include "pkg/pod/pod.h"

/* metav1.Time: whole seconds of UTC.  New reference. */
json_t *kube_time_json(uint64_t us);
/* New reference.  node: the name of this machine, for spec.nodeName. */
int kube_pod_object(const struct pod *p, const char *node, json_t **ret, struct err *err);
/* Guaranteed, Burstable or BestEffort, of a Pod's spec (API conventions, "Quality of Service"). */
const char *kube_qos_class(const json_t *spec);
/* The pod's events as v1 Events, the oldest first; appended to the array. */
int kube_pod_events(const struct pod *p, json_t *to, struct err *err);

#endif
