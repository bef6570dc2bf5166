#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define LISTS_MAX 8 /* Lists inside Lists */

/* clang-format off */
static const struct kube_kind kinds[] = {
	{ "Pod",                   "v1",      KIND_POD,      NULL },
	{ "ConfigMap",             "v1",      KIND_CONFIG,   NULL },
	{ "Secret",                "v1",      KIND_CONFIG,   NULL },
	{ "PersistentVolumeClaim", "v1",      KIND_CLAIM,    NULL },
	{ "Deployment",            "apps/v1", KIND_WORKLOAD, NULL },
	{ "ReplicaSet",            "apps/v1", KIND_WORKLOAD, NULL },
	{ "DaemonSet",             "apps/v1", KIND_WORKLOAD, NULL },
	{ "StatefulSet",           "apps/v1", KIND_WORKLOAD, NULL },
	{ "ReplicationController", "v1",      KIND_WORKLOAD, NULL },
	{ "Job",                   "batch/v1", KIND_WORKLOAD, NULL },
	{ "CronJob",               "batch/v1", KIND_REFUSED, "nothing would start it at its time; podctl kube create job NAME --from=cronjob/NAME -f FILE runs it once, from a systemd timer, say" },
	{ "Service",               "v1",      KIND_REFUSED,  "pods would not find each other by its name; publish a hostPort" },
	{ "Ingress",               "networking.k8s.io/v1", KIND_REFUSED, "requests would not be routed; publish a hostPort" },
	{ "NetworkPolicy",         "networking.k8s.io/v1", KIND_REFUSED, "pods would be less isolated than asked for" },
	{ "PersistentVolume",      "v1",      KIND_CLAIM,    NULL },
	{ "LimitRange",            "v1",      KIND_REFUSED,  "its defaults would not be applied" },
	{ "ResourceQuota",         "v1",      KIND_REFUSED,  "it would not be enforced" },
	{ "PodTemplate",           "v1",      KIND_NOTE,     "nothing makes pods of it, here as in a cluster" },
	{ "Endpoints",             "v1",      KIND_REFUSED,  "pods would not find them" },
	{ "EndpointSlice",         "discovery.k8s.io/v1", KIND_REFUSED, "pods would not find them" },
	{ "Namespace",             "v1",      KIND_NOTE,     "podctl has one namespace" },
	{ "ServiceAccount",        "v1",      KIND_NOTE,     "there is no API server to log in to" },
	{ "Role",                  "rbac.authorization.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "RoleBinding",           "rbac.authorization.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "ClusterRole",           "rbac.authorization.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "ClusterRoleBinding",    "rbac.authorization.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "StorageClass",          "storage.k8s.io/v1", KIND_NOTE, "claims become directories" },
	{ "PriorityClass",         "scheduling.k8s.io/v1", KIND_NOTE, "there is nothing to schedule on one machine" },
	{ "RuntimeClass",          "node.k8s.io/v1", KIND_NOTE, "pods that name it are refused" },
	{ "IngressClass",          "networking.k8s.io/v1", KIND_NOTE, "there is no Ingress" },
	{ "PodDisruptionBudget",   "policy/v1", KIND_NOTE,   "nobody asks for evictions on one machine" },
	{ "HorizontalPodAutoscaler", "autoscaling/v2", KIND_NOTE, "replicas stay as they are written" },
	{ "ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "APIService",            "apiregistration.k8s.io/v1", KIND_NOTE, "there is no API server" },
	{ "CSIDriver",             "storage.k8s.io/v1", KIND_NOTE, "claims become directories" },
	{ "VolumeAttributesClass", "storage.k8s.io/v1", KIND_NOTE, "claims become directories" },
	{ "Node",                  "v1",      KIND_NOTE,     "there is one machine" },
	{ "Gateway",               "gateway.networking.k8s.io/v1", KIND_REFUSED, "requests would not be routed; publish a hostPort" },
	{ "HTTPRoute",             "gateway.networking.k8s.io/v1", KIND_REFUSED, "requests would not be routed; publish a hostPort" },
	{ "CustomResourceDefinition", "apiextensions.k8s.io/v1", KIND_NOTE, "there is no API server" },
};
/* clang-format on */

const struct kube_kind *kube_kind_at(size_t i) { return i < LEN(kinds) ? &kinds[i] : NULL; }

const struct node *place(const struct node *object, const char *key)
{
	static const struct node nowhere;
	const struct node *v = key ? node_get(object, key) : NULL;

	return v ? v : object ? object : &nowhere;
}

static const char *text_of(const struct node *n, const char *key)
{
	const struct node *v = node_get(n, key);

	return v && v->kind == NODE_STRING ? v->text : "";
}

/* A group with a dot that is not one of Kubernetes' own: somebody's operator will read it, not we. */
static bool is_custom(const char *api)
{
	size_t group = strcspn(api, "/");
	const char *own[] = { "k8s.io", "apps", "batch", "policy", "autoscaling", "extensions" };

	for (size_t i = 0; i < LEN(own); i++) {
		size_t n = strlen(own[i]);

		if (group >= n && strncmp(api + group - n, own[i], n) == 0)
			return false;
	}
	return api[group] == '/' && memchr(api, '.', group);
}

/* Once served by some Kubernetes: a beta or alpha of the kind's own group, or of "extensions" where much began. */
static bool was_served(const struct kube_kind *k, const char *api)
{
	size_t group = strcspn(k->api, "/");
	bool own = k->api[group] && strncmp(api, k->api, group + 1) == 0;

	return (strstr(api, "beta") || strstr(api, "alpha")) && (own || strncmp(api, "extensions/", 11) == 0);
}

static void check_version(struct kube_set *s, const struct kube_kind *k, const struct node *n, const char *at)
{
	static const int levels[] = { [KUBE_UNKNOWN_ERROR] = DIAG_ERROR,
		[KUBE_UNKNOWN_WARN] = DIAG_WARNING,
		[KUBE_UNKNOWN_IGNORE] = DIAG_NOTE };
	const struct node *v = node_get(n, "apiVersion");
	const char *dot = *at ? "." : "";

	if (!v || v->kind == NODE_NULL || (v->kind == NODE_STRING && !*v->text))
		FAULT(s, place(n, "apiVersion"), "%s%sapiVersion: required, for a %s it is %s", at, dot,
			k->name, k->api);
	else if (v->kind != NODE_STRING || strcmp(v->text, k->api) == 0 ||
		 strcmp(v->text, "autoscaling/v1") == 0)
		return; /* another type has been reported; an autoscaler has two versions */
	else if (was_served(k, v->text))
		REMARK(s, s->options->strict ? DIAG_ERROR : DIAG_WARNING, v,
			"%s%sapiVersion: no Kubernetes of today serves a %s of %s, it is read as %s", at, dot,
			k->name, v->text, k->api);
	else
		REMARK(s, (enum diag_level) levels[s->options->unknown], v,
			"%s%sapiVersion: no matches for kind \"%s\" in version \"%s\", did you mean %s?", at,
			dot, k->name, v->text, k->api);
}

static const struct kube_kind *kind_find(struct kube_set *s, const struct node *n, const char *at)
{
	const char *kind = text_of(n, "kind"), *api = text_of(n, "apiVersion"),
		   *names[LEN(kinds) + 1] = { 0 }, *near;
	const char *dot = *at ? "." : "";

	if (!*kind) {
		FAULT(s, place(n, "kind"), "%s%skind: required, for example Pod", at, dot);
		return NULL;
	}
	for (size_t i = 0; i < LEN(kinds); i++) {
		names[i] = kinds[i].name;
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		if (is_custom(api))
			continue;
		check_version(s, &kinds[i], n, at);
		return &kinds[i];
	}
	if (is_custom(api))
		REMARK(s, DIAG_WARNING, place(n, "kind"),
			"%s%skind: the custom resource %s of %s has no effect", at, dot, kind, api);
	else if ((near = text_nearest(kind, names)))
		FAULT(s, place(n, "kind"), "%s%skind: unknown kind \"%s\", did you mean %s?", at, dot, kind,
			near);
	else
		FAULT(s, place(n, "kind"), "%s%skind: unknown kind \"%s\"", at, dot, kind);
	return NULL;
}

static int doc_add(struct kube_set *s, const struct node *n, const char *at, size_t *cap)
{
	struct kube_doc *d;

	if (s->n == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		struct kube_doc *v = arena_array(s->arena, more, sizeof *v);

		if (!v)
			return -ENOMEM;
		if (s->n)
			memcpy(v, s->doc, s->n * sizeof *v);
		s->doc = v;
		*cap = more;
	}
	d = &s->doc[s->n++];
	*d = (struct kube_doc){ .node = n, .at = at, .file = s->diag->file };
	d->name = text_of(node_get(n, "metadata"), "name");
	return 0;
}

static bool is_list_kind(const char *kind)
{
	size_t n = strlen(kind);

	return n >= 4 && strcmp(kind + n - 4, "List") == 0;
}

/* A member of a PodList needs no kind of its own. */
static const struct node *list_member(struct kube_set *s, const struct node *list, const struct node *item)
{
	const char *kind = text_of(list, "kind");
	size_t n = strlen(kind);
	struct node *v, *name;

	if (n == strlen("List") || item->kind != NODE_MAP || node_get(item, "kind"))
		return item;
	v = arena_alloc(s->arena, sizeof *v);
	name = arena_array(s->arena, 4, sizeof *name);
	if (!v || !name)
		return NULL;
	*v = *item;
	v->n = item->n + (node_get(item, "apiVersion") ? 1 : 2);
	v->key = arena_array(s->arena, v->n, sizeof *v->key);
	v->item = arena_array(s->arena, v->n, sizeof *v->item);
	if (!v->key || !v->item)
		return NULL;
	if (item->n) {
		memcpy(v->key, item->key, item->n * sizeof *v->key);
		memcpy(v->item, item->item, item->n * sizeof *v->item);
	}
	for (size_t i = 0; i < 4; i++)
		name[i] = (struct node){ .kind = NODE_STRING, .line = item->line, .col = item->col };
	name[0].text = "kind";
	name[1].text = arena_strndup(s->arena, kind, n - strlen("List"));
	name[2].text = "apiVersion";
	name[3].text = text_of(list, "apiVersion");
	for (size_t i = item->n; i < v->n; i++) {
		v->key[i] = &name[2 * (i - item->n)];
		v->item[i] = &name[2 * (i - item->n) + 1];
	}
	return name[1].text ? v : NULL;
}

/* A document, or the documents of a List. */
static int flatten(struct kube_set *s, const struct node *n, const char *at, size_t *cap, int lists)
{
	const struct node *items, *item;
	const char *path;
	int rc;

	if (n->kind != NODE_MAP) {
		FAULT(s, n, "%s%sexpected a Kubernetes object (a map with apiVersion and kind), got %s", at,
			*at ? ": " : "", node_kind_name(n->kind));
		return 0;
	}
	if (!is_list_kind(text_of(n, "kind")))
		return doc_add(s, n, at, cap);
	items = node_get(n, "items");
	if (lists == LISTS_MAX)
		FAULT(s, n, "%s: Lists nested deeper than %d", at, LISTS_MAX);
	else if (!items || items->kind != NODE_LIST)
		FAULT(s, place(n, "items"), "%s%sitems: expected a list", at, *at ? "." : "");
	else
		for (size_t i = 0; i < items->n; i++) {
			if (!(path = arena_printf(s->arena, "%s%sitems[%zu]", at, *at ? "." : "", i)))
				return -ENOMEM;
			if (!(item = list_member(s, n, items->item[i])))
				return -ENOMEM;
			if ((rc = flatten(s, item, path, cap, lists + 1)) < 0)
				return rc;
		}
	return 0;
}

static int read_input(const struct kube_input *in, size_t n, struct kube_set *s, struct err *err)
{
	size_t cap = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		size_t errors = s->diag->errors, before = s->n, docs_n = 0;
		struct node **docs = NULL;

		s->diag->file = strcmp(in[i].file, "-") == 0 ? "<stdin>" : in[i].file;
		if ((rc = yaml_parse(in[i].text, in[i].len, s->arena, s->diag, &docs, &docs_n, err)) < 0)
			return err_wrap(err, "%s", s->diag->file);
		for (size_t j = 0; j < docs_n; j++)
			if (flatten(s, docs[j], "", &cap, 0) < 0)
				return err_sys(err, ENOMEM, "read %s", s->diag->file);
		if (s->n == before && errors == s->diag->errors)
			diag_add(s->diag, DIAG_ERROR, 0, 0, "no Kubernetes object in it");
	}
	return 0;
}

/* Form and structs of one document. */
static int doc_decode(struct kube_set *s, struct kube_doc *d, struct schema_notes *notes, struct diag *quiet)
{
	struct decoder dec = { .arena = s->arena, .diag = quiet, .unknown_ok = 1 };
	const struct schema_type *type = schema_find(d->kind->name);
	bool refused = d->kind->use == KIND_REFUSED || d->kind->use == KIND_NOTE;

	if (d->kind->use == KIND_REFUSED)
		FAULT(s, place(d->node, "kind"), "%s%skind: %s is not supported by podctl yet: %s", d->at,
			*d->at ? "." : "", d->kind->name, d->kind->reason);
	else if (d->kind->use == KIND_NOTE)
		REMARK(s, DIAG_NOTE, place(d->node, "kind"), "%s%skind: %s has no effect: %s", d->at,
			*d->at ? "." : "", d->kind->name, d->kind->reason);
	if (type)
		schema_check(d->node, type, d->at, !refused, notes, s->diag);
	switch (d->kind->use) {
	case KIND_POD:
		if (!(d->pod = arena_alloc(s->arena, sizeof *d->pod)))
			return -ENOMEM;
		decode_object(&dec, d->node, k8s_pod_fields, "", d->pod);
		return 0;
	case KIND_WORKLOAD:
		if (!(d->workload = arena_alloc(s->arena, sizeof *d->workload)))
			return -ENOMEM;
		decode_object(&dec, d->node, k8s_workload_fields, "", d->workload);
		return kube_workload_decoded(s, d);
	case KIND_CONFIG:
	case KIND_CLAIM:
		if (!(d->config = arena_alloc(s->arena, sizeof *d->config)))
			return -ENOMEM;
		decode_object(&dec, d->node, k8s_config_fields, "", d->config);
		return 0;
	case KIND_NOTE:
	case KIND_REFUSED:
		return 0;
	}
	return 0;
}

int kube_documents(const struct kube_input *in, size_t n, struct kube_set *s, struct err *err)
{
	static const int levels[] = { [KUBE_UNKNOWN_ERROR] = DIAG_ERROR,
		[KUBE_UNKNOWN_WARN] = DIAG_WARNING,
		[KUBE_UNKNOWN_IGNORE] = -1 };
	struct schema_notes notes = { .unknown = levels[s->options->unknown] };
	auto_free struct diag *quiet =
		calloc(1, sizeof *quiet); /* schema_check has reported what decode would */
	int rc = quiet ? read_input(in, n, s, err) : err_sys(err, ENOMEM, "read manifest");

	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		s->diag->file = s->doc[i].file;
		s->doc[i].kind = kind_find(s, s->doc[i].node, s->doc[i].at);
		if (s->doc[i].kind && doc_decode(s, &s->doc[i], &notes, quiet) < 0)
			rc = err_sys(err, ENOMEM, "read %s", s->doc[i].file);
		diag_done(quiet);
	}
	return rc;
}

int kube_members(struct kube_set *s, struct err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < s->n; i++)
		total += s->doc[i].pod ? 1 : s->doc[i].workload ? (size_t) kube_workload_pods(&s->doc[i]) : 0;
	if (!(s->member = arena_array(s->arena, total + s->n, sizeof *s->member)))
		return err_sys(err, ENOMEM, "read manifest");
	for (size_t i = 0; i < s->n; i++) {
		const struct kube_doc *d = &s->doc[i];
		int64_t n = d->workload ? kube_workload_pods(d) : d->pod ? 1 : 0;
		const char *dot = *d->at ? "." : "";

		s->diag->file = d->file;
		for (int64_t k = 0; k < n; k++) {
			struct kube_member *m = &s->member[s->members++];

			*m = (struct kube_member){ .doc = d, .first = k == 0, .index = k };
			m->meta = d->pod ? &d->pod->meta : &d->workload->spec.template.meta;
			m->spec = d->pod ? &d->pod->spec : &d->workload->spec.template.spec;
			m->at = arena_printf(
				s->arena, "%s%s%s", d->at, dot, d->pod ? "spec" : "spec.template.spec");
			m->name = d->pod ? d->name : kube_workload_pod_name(s->arena, d, k, n);
			if (!m->at || !m->name)
				return err_sys(err, ENOMEM, "read manifest");
			kube_workload_member(s, m);
		}
	}
	return 0;
}

static int name_add(
	struct arena *a, struct kube_name **v, size_t *n, size_t *cap, const char *kind, const char *name)
{
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		struct kube_name *bigger = arena_array(a, more, sizeof *bigger);

		if (!bigger)
			return -ENOMEM;
		if (*n)
			memcpy(bigger, *v, *n * sizeof *bigger);
		*v = bigger;
		*cap = more;
	}
	(*v)[*n] = (struct kube_name){ arena_strdup(a, kind), arena_strdup(a, name) };
	if (!(*v)[*n].kind || !(*v)[*n].name)
		return -ENOMEM;
	++*n;
	return 0;
}

int kube_names(const struct kube_input *in, size_t n, struct arena *a, struct diag *d, struct kube_name **ret,
	size_t *ret_n, struct err *err)
{
	struct kube_options o = { 0 };
	struct kube_set s = { .arena = a, .diag = d, .options = &o };
	struct kube_name *v = NULL;
	size_t count = 0, cap = 0;
	int rc = read_input(in, n, &s, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s.n; i++)
		if (*s.doc[i].name &&
			name_add(a, &v, &count, &cap, text_of(s.doc[i].node, "kind"), s.doc[i].name) < 0)
			return err_sys(err, ENOMEM, "read manifest");
	*ret = v;
	*ret_n = count;
	return 0;
}
