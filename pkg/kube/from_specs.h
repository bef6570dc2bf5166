/*
 * from_specs.h — what the parts of kube_from_specs share.
 */
#ifndef PODCTL_KUBE_FROM_SPECS_H
#define PODCTL_KUBE_FROM_SPECS_H

#include "pkg/kube/generate.h"
#include "pkg/util/limits.h"

struct maker {
	const struct pod_spec *pod;
	struct arena arena;
	struct buf *comments;
	json_t *notes;   /* annotations of podman's */
	json_t *volumes; /* of the pod, in the order of use */
	struct kvs made; /* what a volume stands for -> its name */
	unsigned hosts, tmps;
	bool linux; /* a field says that the pod must say so */
};

/* A comment above the document: nothing is left out quietly. */
void kube_lost(struct maker *m, const char *what, const char *value, const char *ctr);
void kube_container_notes(struct maker *m, const struct container_spec *c, const char *ctr);
json_t *kube_health_probe(const struct container_spec *c);    /* NULL: none was asked for */
const char *kube_stop_signal(const struct container_spec *c); /* NULL: SIGTERM, or the image's */
json_t *kube_secret_env(const struct secret_spec *s);
json_t *kube_secret_volume(const struct secret_spec *s);

#endif
