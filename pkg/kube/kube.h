/*
 * kube.h — Kubernetes manifests: text -> nodes -> objects -> checks -> plan; and back.
 *
 * Reading and translation are pure: no file but the given text is read (hostPath and relative paths excepted at apply),
 * no clock, no store; so --dry-run prints the plan and golden tests compare it.  Effects are the verb's (pkg/verb/play.c).
 */
#ifndef PODCTL_KUBE_KUBE_H
#define PODCTL_KUBE_KUBE_H

#include <jansson.h>

#include "pkg/pod/spec.h"
#include "pkg/util/diag.h"

struct kube_input {
	const char *file; /* name for messages, "-" for stdin */
	const char *text;
	size_t len;
	const char *path; /* absolute: what its objects remember as theirs; NULL for stdin */
};

struct kube_image {
	char *ref;
	char *policy; /* "Always", "IfNotPresent", "Never" */
	int line, col;
	const char *where;
};
struct kube_pod {
	struct pod_spec spec;
	struct container_spec *
		ctr; /* init first, then members; image config not merged yet (verb does container_resolve) */
	size_t n;
	json_t *doc; /* the Pod as written (for a workload: the pod made from its template); owned by the plan */
	const char *file;
	const char *kind, *owner; /* of the document that asked for it: "Deployment", "web" */
	struct strs auths; /* its imagePullSecrets, as docker's config.json has them: never shown or stored */
	bool held; /* made and not started: another pod of its Job starts it when it ends, or nobody does */
	bool ordered; /* of a StatefulSet whose pods start one after the other; held: when the one before it is ready */
};
/* A document that is kept: ConfigMaps and Secrets for later manifests, claims, volumes and workloads for generate. */
struct kube_object {
	char *name, *kind;
	char *volume; /* PersistentVolumeClaim: the volume that answers it; NULL: a directory of a PersistentVolume does */
	json_t *doc;
	const char *file;
};
struct kube_plan {
	struct arena arena;
	struct kube_object *object;
	size_t n_object;
	struct kube_pod *pod;
	size_t n_pod;
	struct kube_image *image;
	size_t n_image; /* unique references, the strictest policy */
	char *digest;   /* hex digest of the input: label of what it made */
};
void kube_plan_done(struct kube_plan *p);

/* How a reference to a ConfigMap that no document holds is answered (stored objects, --configmap files): document JSON as
 * node, or NULL. */
typedef const struct node *kube_lookup(void *ctx, const char *kind, const char *name);
/* All stored documents of a kind, as an array that lives as long as the plan's arena; NULL: none. */
typedef const struct node **kube_list(void *ctx, const char *kind, size_t *ret_n);

/* The machine, as pods see their node; zero or NULL: not known (a dry look at a file). */
struct kube_node {
	const char *name;
	int64_t cpus, memory,
		storage;        /* number, bytes, bytes of the file system that writable layers are on */
	bool apparmor, selinux; /* the kernel enforces them */
};

/* Fields that Kubernetes does not know, and keys given twice. */
enum kube_unknown { KUBE_UNKNOWN_ERROR, KUBE_UNKNOWN_WARN, KUBE_UNKNOWN_IGNORE };

struct kube_options {
	struct kube_node node;
	const char *
		engine_default_pull; /* containers.conf: "always", "never", "newer"; "missing" or NULL: as Kubernetes */
	enum kube_unknown unknown;
	bool strict;              /* warnings are errors */
	const char *seccomp_root; /* of Localhost profiles; NULL: /var/lib/kubelet/seccomp */
	kube_lookup *lookup;
	kube_list *list;
	void *lookup_ctx;
};

/* kube explain: the kinds (path NULL), a kind or a field of it ("pod.spec.containers.env"), as text.  SUPPORT: one line for each
 * field below, with what podctl does; TREE: all fields below, indented.  ERR_NOT_FOUND: no such kind or field, with the
 * nearest. */
enum kube_explain { KUBE_EXPLAIN_ONE, KUBE_EXPLAIN_SUPPORT, KUBE_EXPLAIN_TREE };
int kube_explain(const char *path, enum kube_explain how, struct buf *b, struct err *err);

/* Everything wrong goes to d; returns 0 even then (look at d->errors); err only for trouble of our own (no memory). */
int kube_read(const struct kube_input *in, size_t n, const struct kube_options *o, struct diag *d,
	struct kube_plan *ret, struct err *err);

/* For down: only kinds and names of the documents, no other checks. */
struct kube_name {
	char *kind, *name;
};
int kube_names(const struct kube_input *in, size_t n, struct arena *a, struct diag *d, struct kube_name **ret,
	size_t *ret_n, struct err *err);

/* generate kube: 'doc' is the stored manifest of a played pod (NULL for a hand-made one, then it is made from the specs).
 * ConfigMaps it uses are put before it when config_maps is given.  Appends YAML. */
int kube_generate(const json_t *doc, const struct pod_spec *pod, const struct container_spec *ctr, size_t n,
	json_t *const *config_maps, size_t n_config_maps, struct buf *b, struct err *err);

#endif
