/* Workloads: how many pods one stands for, what they are called, and what each of them owes it. */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define REPLICAS_MAX 1000 /* pods of one workload; more is a slip of the pen on one machine */

static bool is(const struct kube_doc *d, const char *kind) { return strcmp(d->kind->name, kind) == 0; }
static bool has(const char *s) { return s && *s; }

static char *copy(struct kube_set *s, const char *text)
{
	char *p = arena_strdup(s->arena, text);

	if (!p)
		s->no_memory = true;
	return p;
}

static bool is_indexed(const struct kube_doc *d)
{
	return is(d, "Job") && kube_job_is_indexed(&d->workload->spec);
}

/* ---- how many, and their names ------------------------------------------------------------------------------------------ */

/* A claim template is a volume of each pod; its claim gets the pod's number later (kube_workload). */
int kube_workload_decoded(struct kube_set *s, struct kube_doc *d)
{
	struct k8s_workload_spec *w = &d->workload->spec;
	struct list *l = &w->template.spec.volumes;
	struct k8s_volume *v;

	if (!is(d, "StatefulSet") || !w->claims.n)
		return 0;
	if (!(v = arena_array(s->arena, l->n + w->claims.n, sizeof *v)))
		return -ENOMEM;
	if (l->n)
		memcpy(v, l->v, l->n * sizeof *v);
	for (size_t i = 0; i < w->claims.n; i++) {
		struct k8s_claim_template *t = LIST_AT(w->claims, struct k8s_claim_template, i);
		struct k8s_claim *claim = arena_alloc(s->arena, sizeof *claim);

		if (!claim)
			return -ENOMEM;
		*claim = (struct k8s_claim){ .node = t->node, .name = t->meta.name };
		v[l->n + i] = (struct k8s_volume){ .node = NULL, .name = t->meta.name, .claim = claim };
	}
	*l = (struct list){ v, l->n + w->claims.n };
	return 0;
}

/* The number a workload asks for: its field, or what stands in its place. */
static int64_t asked(const struct kube_doc *d, const char **ret_key)
{
	const struct k8s_workload_spec *w = &d->workload->spec;

	*ret_key = "replicas";
	if (is(d, "DaemonSet"))
		return 1;
	if (!is(d, "Job"))
		return w->replicas.set ? w->replicas.v : 1;
	*ret_key = w->completions.set ? "completions" : "parallelism";
	return w->completions.set                       ? w->completions.v
	       : w->parallelism.set && w->parallelism.v ? w->parallelism.v
							: 1;
}

int64_t kube_workload_pods(const struct kube_doc *d)
{
	const char *key;
	int64_t n = asked(d, &key);

	return n < 0 ? 0 : n > REPLICAS_MAX ? REPLICAS_MAX : n;
}

/* One is NAME-pod, several are NAME-pod-0 and so on; those of a StatefulSet have the names of Kubernetes. */
const char *kube_workload_pod_name(struct arena *a, const struct kube_doc *d, int64_t i, int64_t n)
{
	if (is(d, "StatefulSet"))
		return arena_printf(
			a, "%s-%lld", d->name, (long long) (i + d->workload->spec.ordinals.start));
	return n == 1 ? arena_printf(a, "%s-pod", d->name)
		      : arena_printf(a, "%s-pod-%lld", d->name, (long long) i);
}

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

static void check_restart(struct kube_set *s, const struct kube_doc *d)
{
	const struct k8s_pod_spec *p = &d->workload->spec.template.spec;
	const char *dot = *d->at ? "." : "", *policy = has(p->restart) ? p->restart : "Always";
	bool always = strcmp(policy, "Always") == 0;

	if (!p->node)
		return;
	if (is(d, "Job") && always)
		FAULT(s, place(p->node, "restartPolicy"),
			"%s%sspec.template.spec.restartPolicy: a Job needs OnFailure or Never%s", d->at, dot,
			has(p->restart) ? ", not Always" : "; without it a pod's is Always");
	else if (!is(d, "Job") && !always)
		FAULT(s, place(p->node, "restartPolicy"),
			"%s%sspec.template.spec.restartPolicy: the pods of a %s are always restarted, "
			"expected "
			"Always, got %s",
			d->at, dot, d->kind->name, policy);
	if (!is(d, "Job") && p->deadline.set)
		FAULT(s, place(p->node, "activeDeadlineSeconds"),
			"%s%sspec.template.spec.activeDeadlineSeconds: Forbidden: is not supported in a %s",
			d->at, dot, d->kind->name);
}

void kube_check_count(
	struct kube_set *s, const struct kube_doc *d, const struct opt_i64 *v, const char *key, int64_t max)
{
	if (v->set && (v->v < 0 || v->v > max))
		FAULT(s, place(node_get(d->node, "spec"), key),
			"%s%sspec.%s: expected an integer from 0 to %lld, got %lld", d->at, *d->at ? "." : "",
			key, (long long) max, (long long) v->v);
}

static void check_claims(struct kube_set *s, const struct kube_doc *d)
{
	const struct k8s_workload_spec *w = &d->workload->spec;
	char at[AT_MAX], spec[AT_MAX + sizeof ".spec"];

	for (size_t i = 0; i < w->claims.n; i++) {
		const struct k8s_claim_template *t = LIST_AT(w->claims, const struct k8s_claim_template, i);

		snprintf(at, sizeof at, "%s%sspec.volumeClaimTemplates[%zu]", d->at, *d->at ? "." : "", i);
		if (!has(t->meta.name))
			FAULT(s, place(t->node, "metadata"), "%s.metadata.name: Required value", at);
		else if (!dns_label_is_valid(t->meta.name))
			FAULT(s, place(node_get(t->node, "metadata"), "name"),
				"%s.metadata.name: Invalid value: \"%s\": is no name of a volume: at most 63 "
				"lower-case "
				"letters, digits and hyphens, a letter or digit first and last",
				at, t->meta.name);
		snprintf(spec, sizeof spec, "%s.spec", at);
		if (!node_get(t->node, "spec"))
			FAULT(s, place(t->node, NULL), "%s: Required value", spec);
		kube_check_claim_spec(s, node_get(t->node, "spec"), spec);
	}
}

void kube_check_workload(struct kube_set *s, const struct kube_doc *d)
{
	const struct k8s_workload_spec *w = &d->workload->spec;

	if (!is(d, "DaemonSet") && !is(d, "Job"))
		kube_check_count(s, d, &w->replicas, "replicas", REPLICAS_MAX);
	kube_check_selector(s, d);
	check_restart(s, d);
	if (is(d, "Job"))
		kube_check_job(s, d, REPLICAS_MAX);
	check_claims(s, d);
}

/* ---- one pod of it ------------------------------------------------------------------------------------------------------- */

static void label(struct kube_set *s, struct k8s_meta *meta, const char *key, const char *value)
{
	struct kvs own = { 0 };

	/* the list is shared by all pods of the template */
	for (size_t i = 0; i < meta->labels.n; i++)
		if (kvs_set(&own, s->arena, meta->labels.v[i].key, meta->labels.v[i].value) < 0)
			s->no_memory = true;
	if (!value || kvs_set(&own, s->arena, key, value) < 0)
		s->no_memory = true;
	meta->labels = own;
}

static void annotate(struct kube_set *s, struct k8s_meta *meta, const char *key, const char *value)
{
	struct kvs own = { 0 };

	for (size_t i = 0; i < meta->annotations.n; i++)
		if (kvs_set(&own, s->arena, meta->annotations.v[i].key, meta->annotations.v[i].value) < 0)
			s->no_memory = true;
	if (!value || kvs_set(&own, s->arena, key, value) < 0)
		s->no_memory = true;
	meta->annotations = own;
}

static bool add_index(struct kube_set *s, struct list *containers, char *index)
{
	struct k8s_container *c = arena_array(s->arena, containers->n, sizeof *c);

	if (!c)
		return false;
	if (containers->n)
		memcpy(c, containers->v, containers->n * sizeof *c);
	for (size_t i = 0; i < containers->n; i++) {
		struct k8s_env *e = arena_array(s->arena, c[i].env.n + 1, sizeof *e);

		if (!e)
			return false;
		/* first, so that the others can speak of it */
		e[0] = (struct k8s_env){
			.node = c[i].node, .name = (char *) "JOB_COMPLETION_INDEX", .value = index
		};
		if (c[i].env.n)
			memcpy(e + 1, c[i].env.v, c[i].env.n * sizeof *e);
		c[i].env = (struct list){ e, c[i].env.n + 1 };
	}
	containers->v = c;
	return true;
}

/* What Kubernetes' controllers write into the pods they make. */
void kube_workload_member(struct kube_set *s, struct kube_member *m)
{
	const struct kube_doc *d = m->doc;
	struct k8s_meta *meta;
	struct k8s_pod_spec *spec;
	char *index;

	if (!d->workload || (!is(d, "Job") && !is(d, "StatefulSet")))
		return;
	meta = arena_alloc(s->arena, sizeof *meta);
	spec = arena_alloc(s->arena, sizeof *spec);
	index = arena_printf(s->arena, "%lld", (long long) (m->index + d->workload->spec.ordinals.start));
	if (!meta || !spec || !index) {
		s->no_memory = true;
		return;
	}
	*meta = *m->meta;
	*spec = *m->spec;
	if (is(d, "Job")) {
		label(s, meta, "batch.kubernetes.io/job-name", d->name);
		label(s, meta, "job-name", d->name);
	} else {
		label(s, meta, "apps.kubernetes.io/pod-index", index);
		label(s, meta, "statefulset.kubernetes.io/pod-name", m->name);
	}
	if (is_indexed(d)) {
		annotate(s, meta, "batch.kubernetes.io/job-completion-index", index);
		label(s, meta, "batch.kubernetes.io/job-completion-index", index);
		if (!add_index(s, &spec->containers, index) || !add_index(s, &spec->init, index))
			s->no_memory = true;
		if (!has(spec->hostname) &&
			!(spec->hostname = arena_printf(s->arena, "%s-%s", d->name, index)))
			s->no_memory = true;
	}
	m->meta = meta;
	m->spec = spec;
}

/* Such a pod is not ready as soon as it runs; the others are, and need nobody to wait for it. */
static bool is_slow(const struct kube_pod *pod)
{
	for (size_t i = 0; i < pod->n; i++) {
		const struct container_spec *c = &pod->ctr[i];

		if (c->role == ROLE_INIT || c->role == ROLE_SIDECAR ||
			(c->care && (c->care->startup || c->care->readiness || c->care->post_start)))
			return true;
	}
	return false;
}

/* podManagementPolicy. */
static void order(const struct kube_member *m, struct kube_pod *pod)
{
	const char *policy = m->doc->workload->spec.management;

	pod->ordered = (!policy || strcmp(policy, "Parallel") != 0) && is_slow(pod);
	pod->held = pod->ordered && m->index > 0;
}

/* The claim TEMPLATE of pod NAME-2 is TEMPLATE-NAME-2, and the Pod's document says so. */
static void stateful(struct kube_set *s, const struct kube_member *m, struct kube_pod *pod)
{
	const struct k8s_workload_spec *w = &m->doc->workload->spec;
	json_t *spec = json_object_get(pod->doc, "spec"), *volumes = json_object_get(spec, "volumes");

	if (w->claims.n && !volumes) {
		json_object_set_new(spec, "volumes", json_array());
		volumes = json_object_get(spec, "volumes");
	}
	for (size_t i = 0; i < w->claims.n; i++) {
		const char *template = LIST_AT(w->claims, const struct k8s_claim_template, i)->meta.name;

		for (size_t k = 0; template && k < pod->spec.volumes.n; k++) {
			struct volume_spec *v = LIST_AT(pod->spec.volumes, struct volume_spec, k);

			if (v->type != VOLUME_NAMED || strcmp(v->name, template) != 0)
				continue;
			if (!(v->path = arena_printf(s->arena, "%s-%s", template, m->name))) {
				s->no_memory = true;
				return;
			}
			json_array_append_new(
				volumes, json_pack("{s:s, s:{s:s}}", "name", template,
						 "persistentVolumeClaim", "claimName", v->path));
		}
	}
}

static json_t *strings_of(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
	return v;
}

/* The claims of one pod, as documents of their own: Kubernetes makes them of the templates. */
void kube_workload_claims(struct kube_set *s, const struct kube_member *m, struct kube_plan *plan)
{
	const struct k8s_workload_spec *w = m->doc->workload ? &m->doc->workload->spec : NULL;

	for (size_t i = 0; w && is(m->doc, "StatefulSet") && i < w->claims.n; i++) {
		const struct k8s_claim_template *t = LIST_AT(w->claims, const struct k8s_claim_template, i);
		struct kube_object *o = &plan->object[plan->n_object];
		const struct node *spec = node_get(t->node, "spec");
		json_t *meta = json_object();

		if (!t->meta.name)
			continue;
		*o = (struct kube_object){ .kind = copy(s, "PersistentVolumeClaim"), .file = m->doc->file };
		o->name = o->volume = arena_printf(s->arena, "%s-%s", t->meta.name, m->name);
		if (!o->name || !o->kind) {
			s->no_memory = true;
			json_decref(meta);
			return;
		}
		if (m->meta->labels.n)
			json_object_set_new(meta, "labels", strings_of(&w->template.meta.labels));
		json_object_set_new(meta, "name", json_string(o->name));
		o->doc =
			json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "PersistentVolumeClaim",
				"metadata", meta, "spec", spec ? node_to_json(spec) : json_object());
		if (!o->doc) {
			s->no_memory = true;
			return;
		}
		plan->n_object++;
	}
}

/* The Pod's document is that of the pod its workload makes, not of the template alone. */
static void complete_document(const struct kube_member *m, json_t *doc)
{
	json_t *meta = json_object_get(doc, "metadata"), *spec = json_object_get(doc, "spec"), *c;
	const char *lists[] = { "containers", "initContainers" };
	const struct node *given = node_get(m->spec->node, "hostname");
	size_t i;

	if (m->meta->labels.n)
		json_object_set_new(meta, "labels", strings_of(&m->meta->labels));
	if (m->meta->annotations.n)
		json_object_set_new(meta, "annotations", strings_of(&m->meta->annotations));
	if (m->doc->workload->spec.service && *m->doc->workload->spec.service)
		json_object_set_new(spec, "subdomain", json_string(m->doc->workload->spec.service));
	if (!is_indexed(m->doc))
		return;
	if (!given)
		json_object_set_new(spec, "hostname", json_string(m->spec->hostname));
	for (size_t k = 0; k < LEN(lists); k++)
		json_array_foreach(json_object_get(spec, lists[k]), i, c)
		{
			json_t *env = json_object_get(c, "env");

			if (!env) {
				json_object_set_new(c, "env", json_array());
				env = json_object_get(c, "env");
			}
			json_array_insert_new(env, 0,
				json_pack("{s:s, s:s}", "name", "JOB_COMPLETION_INDEX", "value",
					kvs_get(&m->meta->annotations,
						"batch.kubernetes.io/job-completion-index")));
		}
}

void kube_workload(struct kube_set *s, const struct kube_member *m, struct kube_pod *pod)
{
	pod->kind = copy(s, m->doc->kind->name);
	pod->owner = copy(s, m->doc->name);
	if (!m->doc->workload)
		return;
	if (is(m->doc, "Job") || is(m->doc, "StatefulSet"))
		complete_document(m, pod->doc);
	if (is(m->doc, "Job"))
		kube_job(s, m->doc, m->index, pod);
	if (is(m->doc, "StatefulSet")) {
		order(m, pod);
		stateful(s, m, pod);
	}
}
