/*
 * internal.h — what the steps of kube_read share.
 *
 * read.c runs them in order: documents.c (text -> documents of known kinds), schema_check.c (form), decode (objects.c),
 * check*.c (rules that join fields), translate.c with env.c and volumes.c (objects -> specs).  Every step
 * goes on after faults, with what it could make of the document, so that one run reports them all; the objects it meets
 * may therefore have empty names or missing parts.
 */
#ifndef PODCTL_KUBE_INTERNAL_H
#define PODCTL_KUBE_INTERNAL_H

#include "pkg/kube/kube.h"
#include "pkg/kube/objects.h"
#include "pkg/kube/schema.h"

#define AT_MAX 512 /* length of a path in a message */

enum kind_use { KIND_POD, KIND_WORKLOAD, KIND_CONFIG, KIND_CLAIM, KIND_NOTE, KIND_REFUSED };
struct kube_kind {
	const char *name, *api;
	enum kind_use use;
	const char *reason; /* NOTE, REFUSED */
};

struct kube_doc {
	const struct node *node;
	const struct kube_kind *kind; /* NULL: unknown, reported */
	const char *file, *at;        /* at: "" or "items[2]" of a List, borrowed from the arena */
	const char *name;             /* metadata.name, "" when it has none */
	struct k8s_pod *pod;
	struct k8s_workload *workload;
	struct k8s_config *config;
};

/* A pod to be: of a Pod, or one replica of a workload. */
struct kube_member {
	const struct kube_doc *doc;
	const struct k8s_meta *meta; /* labels and annotations */
	const struct k8s_pod_spec *spec;
	const char *name, *at; /* at: path of the pod spec, "spec" or "spec.template.spec" */
	bool first;            /* of its document: its spec is checked once */
	int64_t index;         /* among the pods of its workload */
};

struct kube_set {
	struct arena *arena;
	struct diag *diag;
	struct diag *quiet; /* for replicas after the first: their faults are the first one's */
	const struct kube_options *options;
	struct kube_doc *doc;
	size_t n;
	struct kube_member *member;
	size_t members;
	struct kube_bindings *bindings; /* claims.c */
	bool no_memory;
};

/* A value's place, or its object's when the key is absent; never NULL. */
const struct node *place(const struct node *object, const char *key);
#define FAULT(s, node_, ...)                                                                 \
	do {                                                                                 \
		const struct node *at_node_ = (node_);                                       \
		diag_add((s)->diag, DIAG_ERROR, at_node_->line, at_node_->col, __VA_ARGS__); \
	} while (0)
#define REMARK(s, level, node_, ...)                                                      \
	do {                                                                              \
		const struct node *at_node_ = (node_);                                    \
		diag_add((s)->diag, (level), at_node_->line, at_node_->col, __VA_ARGS__); \
	} while (0)

/* documents.c */
int kube_documents(const struct kube_input *in, size_t n, struct kube_set *s, struct err *err);
int kube_members(struct kube_set *s, struct err *err);

const struct kube_kind *kube_kind_at(size_t i); /* NULL behind the last */

/* check.c, check_pod.c, check_security.c, check_volumes.c, check_resources.c */
void kube_check(struct kube_set *s);
void kube_check_pod(struct kube_set *s, const struct kube_member *m);
void kube_check_security(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at);
void kube_check_pod_security(struct kube_set *s, const struct kube_member *m);
void kube_check_mounts(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at);
void kube_check_volumes(struct kube_set *s, const struct kube_member *m);
/* Names of resources, and requests within limits. */
void kube_check_resources(struct kube_set *s, const struct k8s_resources *r, bool pod, const char *at);
void kube_check_nfs(struct kube_set *s, const struct node *nfs, const char *at);
void kube_check_claim_spec(struct kube_set *s, const struct node *spec, const char *at);
bool kube_path_climbs(const char *path); /* ".." as one of its components */
const struct k8s_volume *kube_volume_find(const struct k8s_pod_spec *p, const char *name);
/* A sysctl's name with dots ("net/ipv4/x" is the same one); in the arena. */
const char *kube_sysctl_name(struct kube_set *s, const char *name);
/* A number of a workload's spec, from 0 to max. */
void kube_check_count(
	struct kube_set *s, const struct kube_doc *d, const struct opt_i64 *v, const char *key, int64_t max);
/* Of a workload, against the labels of its template. */
void kube_check_selector(struct kube_set *s, const struct kube_doc *d);
/* One of a selector's matchExpressions, on a label that may be absent. */
bool kube_rule_fits(const struct node *rule, const struct node *label);
/* check_notes.c: annotations that podman reads */
void kube_check_notes(struct kube_set *s, const struct kube_member *m);
/* check_care.c: probes, hooks, restart rules */
void kube_check_care(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	bool init, const char *at);

/* config.c: data of ConfigMaps and Secrets */
struct kube_data {
	const struct node *plain,
		*base64; /* maps; NULL when absent.  plain wins over base64 (stringData over data) */
};
/* false: there is no such object (nothing is reported). */
bool kube_config_find(struct kube_set *s, const char *kind, const char *name, struct kube_data *ret);
/* Text of one key, decoded into the arena; NULL: no such key, or its bytes are no text (*ret_binary). */
const char *kube_config_text(
	struct kube_set *s, const struct kube_data *d, const char *key, bool *ret_binary);

/* env.c */
/* env_file.c: fileKeyRef, checked and noted in c. */
void kube_env_files(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	const char *at, struct container_spec *c);
void kube_env(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at,
	struct kvs *ret);
/* A field of the pod for a variable or (file) a downwardAPI volume; NULL after a fault. */
const char *kube_field_value(struct kube_set *s, const struct kube_member *m, const struct k8s_field_ref *r,
	bool file, const char *at);
/* c NULL: the reference must name its container. */
const char *kube_resource_value(struct kube_set *s, const struct kube_member *m,
	const struct k8s_container *c, const struct k8s_resource_ref *r, const char *at);
const char *kube_namespace(const struct kube_member *m);
/* $(NAME) by env, $$ as $; unknown names stay as they are.  In the arena; NULL without memory. */
const char *kube_expand(struct kube_set *s, const char *text, const struct kvs *env);

/* volumes.c */
void kube_volumes(struct kube_set *s, const struct kube_member *m, struct pod_spec *pod);

/* translate_care.c: the container's role, restart policy and care */
void kube_care(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k, bool init,
	struct container_spec *c);
/* translate_security.c, translate_resources.c */
void kube_security(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	struct container_spec *c);
void kube_resources(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	const char *at, struct container_spec *c);
void kube_pod_resources(struct kube_set *s, const struct kube_member *m, struct resources_spec *ret);

/* workload.c: what stands above a pod */
int kube_workload_decoded(struct kube_set *s, struct kube_doc *d);
int64_t kube_workload_pods(const struct kube_doc *d);
const char *kube_workload_pod_name(struct arena *a, const struct kube_doc *d, int64_t i, int64_t n);
void kube_workload_member(struct kube_set *s, struct kube_member *m);
void kube_check_workload(struct kube_set *s, const struct kube_doc *d);
/* What a pod owes its workload, after everything else of it is translated. */
void kube_workload_claims(struct kube_set *s, const struct kube_member *m, struct kube_plan *plan);
void kube_workload(struct kube_set *s, const struct kube_member *m, struct kube_pod *pod);

/* job.c */
void kube_check_job(struct kube_set *s, const struct kube_doc *d, int64_t pods_max);
void kube_job(struct kube_set *s, const struct kube_doc *d, int64_t index, struct kube_pod *pod);
bool kube_job_is_indexed(const struct k8s_workload_spec *w);

bool kube_claim_is_there(struct kube_set *s, const char *claim);
/* claims.c: volumes of claims that a PersistentVolume answers become its directory. */
void kube_claims(struct kube_set *s, const struct kube_member *m, struct kube_pod *pod);
bool kube_claim_is_bound(struct kube_set *s, const char *claim);
void kube_check_storage(struct kube_set *s, const struct kube_doc *d);

/* pull_secrets.c: appends JSON texts in the form of docker's config.json. */
void kube_pull_secrets(struct kube_set *s, const struct kube_member *m, struct strs *ret);

/* translate.c */
int kube_translate(struct kube_set *s, struct kube_plan *plan, struct err *err);

#endif
