#include "pkg/verb/kube_objects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/codec/node.h"
#include "pkg/kube/label_selector.h"
#include "pkg/kube/pod_object.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"
#include "pkg/verb/job.h"
#include "pkg/verb/play.h"

/* clang-format off */
static const struct kube_resource resources[] = {
	{ "Pod", "pods", "pod", { "po" }, "", true, false },
	{ "ReplicationController", "replicationcontrollers", "replicationcontroller", { "rc" }, "", true, false },
	{ "Service", "services", "service", { "svc" }, "", true, false },
	{ "DaemonSet", "daemonsets", "daemonset", { "ds" }, "apps", true, false },
	{ "Deployment", "deployments", "deployment", { "deploy" }, "apps", true, false },
	{ "ReplicaSet", "replicasets", "replicaset", { "rs" }, "apps", true, false },
	{ "StatefulSet", "statefulsets", "statefulset", { "sts" }, "apps", true, false },
	{ "Job", "jobs", "job", { NULL }, "batch", true, false },
	{ "ConfigMap", "configmaps", "configmap", { "cm" }, "", false, false },
	{ "Secret", "secrets", "secret", { NULL }, "", false, false },
	{ "PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim", { "pvc" }, "", false, false },
	{ "PersistentVolume", "persistentvolumes", "persistentvolume", { "pv" }, "", false, true },
};
/* clang-format on */

const struct kube_resource *kube_resource_at(size_t i) { return i < LEN(resources) ? &resources[i] : NULL; }

const struct kube_resource *kube_resource_find(const char *word)
{
	size_t n = strcspn(word, ".");

	for (size_t i = 0; i < LEN(resources); i++) {
		const struct kube_resource *r = &resources[i];
		const char *names[] = { r->plural, r->singular, r->kind, r->shorts[0] };

		for (size_t k = 0; k < LEN(names); k++)
			if (names[k] && strlen(names[k]) == n && strncasecmp(names[k], word, n) == 0 &&
				(!word[n] || (*r->group &&
						     strncmp(word + n + 1, r->group, strlen(r->group)) == 0)))
				return r;
	}
	return NULL;
}

static const char *text(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

/* ---- pods of a workload ---------------------------------------------------------------------------------------------------- */

struct count {
	int64_t pods, ready;
};

static bool is_ready(const struct pod *p)
{
	for (size_t i = 0; i < p->status.conditions.n; i++) {
		const struct status_condition *c =
			LIST_AT(p->status.conditions, const struct status_condition, i);

		if (c->type && !strcmp(c->type, "Ready"))
			return p->alive && c->is_true;
	}
	return false;
}

static struct count count_pods(const struct pod_set *all, const char *kind, const char *name)
{
	struct count n = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct pod *p = &all->v[i];
		const char *k = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
			   *o = kvs_get(&p->spec.labels, PLAY_LABEL_NAME);

		if (!k || !o || strcmp(k, kind) != 0 || strcmp(o, name) != 0 ||
			p->row.state == ROW_CREATING || p->row.state == ROW_REMOVING)
			continue;
		n.pods++;
		n.ready += is_ready(p);
	}
	return n;
}

static void put(json_t *to, const char *key, int64_t n)
{
	(void) json_object_set_new(to, key, json_integer((json_int_t) n));
}

static json_t *condition(const char *type, bool is_true, const char *reason, const char *message)
{
	json_t *v = json_pack("{s:s, s:s}", "type", type, "status", is_true ? "True" : "False");

	if (*reason)
		(void) json_object_set_new(v, "reason", json_string(reason));
	if (*message)
		(void) json_object_set_new(v, "message", json_string(message));
	return v;
}

/* API defaults that the status speaks of. */
static int64_t replicas_of(json_t *doc)
{
	json_t *spec = json_object_get(doc, "spec");

	if (!json_is_integer(json_object_get(spec, "replicas")))
		(void) json_object_set_new(spec, "replicas", json_integer(1));
	return json_integer_value(json_object_get(spec, "replicas"));
}

static json_t *workload_status(const char *kind, json_t *doc, const struct count *n)
{
	json_t *s = json_object(), *list;
	int64_t want;
	bool enough;

	if (!strcmp(kind, "DaemonSet")) {
		put(s, "currentNumberScheduled", n->pods);
		put(s, "desiredNumberScheduled", 1);
		put(s, "numberAvailable", n->ready);
		put(s, "numberMisscheduled", 0);
		put(s, "numberReady", n->ready);
		put(s, "updatedNumberScheduled", n->pods);
		return s;
	}
	want = replicas_of(doc);
	put(s, "replicas", n->pods);
	put(s, "readyReplicas", n->ready);
	put(s, "availableReplicas", n->ready);
	if (!strcmp(kind, "StatefulSet")) {
		put(s, "currentReplicas", n->pods);
		put(s, "updatedReplicas", n->pods);
	}
	if (strcmp(kind, "Deployment") != 0)
		return s;
	enough = n->ready >= want;
	put(s, "updatedReplicas", n->pods);
	if (!enough)
		put(s, "unavailableReplicas", want - n->ready);
	list = json_array();
	(void) json_array_append_new(
		list, condition("Available", enough,
			      enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
			      enough ? "Deployment has minimum availability."
				     : "Deployment does not have minimum availability."));
	(void) json_object_set_new(s, "conditions", list);
	return s;
}

/* ---- Jobs ---------------------------------------------------------------------------------------------------------------------- */

static int job_status(struct engine *e, const char *name, json_t *doc, json_t **ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf done = BUF_INIT(64 * KiB);
	struct job_pod *pods = NULL;
	struct job_state s = { 0 };
	json_t *v, *list = json_array(), *spec = json_object_get(doc, "spec");
	size_t n = 0;
	int rc = job_look(e, name, &a, &pods, &n, &s, err);

	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	if (!json_object_get(spec, "parallelism"))
		put(spec, "parallelism", s.parallelism);
	if (!json_object_get(spec, "completions") && s.parallelism == 1)
		put(spec, "completions", 1);
	v = json_object();
	if (s.active)
		put(v, "active", s.active);
	if (s.failed)
		put(v, "failed", s.failed);
	if (s.succeeded)
		put(v, "succeeded", s.succeeded);
	put(v, "ready", s.ready);
	if (s.started_us)
		(void) json_object_set_new(v, "startTime", kube_time_json(s.started_us));
	if (s.outcome == JOB_COMPLETE && s.finished_us)
		(void) json_object_set_new(v, "completionTime", kube_time_json(s.finished_us));
	if (!strcmp(text(spec, "completionMode"), "Indexed")) {
		job_indexes(pods, n, JOB_POD_SUCCEEDED, &done);
		if (done.len)
			(void) json_object_set_new(v, "completedIndexes", json_string(done.data));
		buf_clear(&done);
		job_indexes(pods, n, JOB_POD_FAILED, &done);
		if (done.len && json_object_get(spec, "backoffLimitPerIndex"))
			(void) json_object_set_new(v, "failedIndexes", json_string(done.data));
	}
	if (s.outcome == JOB_SUSPENDED)
		(void) json_array_append_new(list, condition("Suspended", true, s.reason, s.message));
	if (s.outcome == JOB_COMPLETE)
		(void) json_array_append_new(
			list, condition("SuccessCriteriaMet", true, s.reason, s.message));
	if (s.outcome == JOB_FAILED)
		(void) json_array_append_new(list, condition("FailureTarget", true, s.reason, s.message));
	if (s.outcome >= JOB_COMPLETE && !s.active)
		(void) json_array_append_new(
			list, condition(s.outcome == JOB_COMPLETE ? "Complete" : "Failed", true, s.reason,
				      s.message));
	for (size_t i = 0; s.finished_us && i < json_array_size(list); i++) {
		(void) json_object_set_new(
			json_array_get(list, i), "lastProbeTime", kube_time_json(s.finished_us));
		(void) json_object_set_new(
			json_array_get(list, i), "lastTransitionTime", kube_time_json(s.finished_us));
	}
	if (json_array_size(list))
		(void) json_object_set(v, "conditions", list);
	json_decref(list);
	*ret = v;
	return 0;
}

/* ---- claims and volumes --------------------------------------------------------------------------------------------------------- */

/* The PersistentVolume that names the claim, or that the claim names; else its own directory. */
static const char *volume_of(struct engine *e, const json_t *claim, struct arena *a)
{
	const char *name = text(json_object_get(claim, "metadata"), "name"),
		   *asked = text(json_object_get(claim, "spec"), "volumeName");
	struct object_row *rows = NULL;
	struct err ignored = { 0 };
	size_t n = 0;

	if (*asked)
		return asked;
	if (store_objects(e->store, "PersistentVolume", a, &rows, &n, &ignored) < 0)
		return name;
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_parse(rows[i].doc, strlen(rows[i].doc), &ignored);
		bool is_its =
			!strcmp(text(json_object_get(json_object_get(v, "spec"), "claimRef"), "name"), name);

		json_decref(v);
		if (is_its)
			return rows[i].name;
	}
	return name;
}

static json_t *claim_status(struct engine *e, json_t *doc, struct arena *a)
{
	json_t *spec = json_object_get(doc, "spec"), *s = json_pack("{s:s}", "phase", "Bound");
	json_t *modes = json_object_get(spec, "accessModes"),
	       *size = json_object_get(
		       json_object_get(json_object_get(spec, "resources"), "requests"), "storage");

	(void) json_object_set_new(spec, "volumeName", json_string(volume_of(e, doc, a)));
	if (modes)
		(void) json_object_set(s, "accessModes", modes);
	if (size)
		(void) json_object_set_new(s, "capacity", json_pack("{s:O}", "storage", size));
	return s;
}

static json_t *volume_status(struct engine *e, const json_t *doc, struct arena *a)
{
	const char *claim = text(json_object_get(json_object_get(doc, "spec"), "claimRef"), "name");
	struct object_row row = { 0 };
	struct err ignored = { 0 };
	bool bound =
		*claim && store_object_get(e->store, "PersistentVolumeClaim", claim, a, &row, &ignored) == 0;

	return json_pack("{s:s}", "phase", bound ? "Bound" : "Available");
}

/* ---- one object ------------------------------------------------------------------------------------------------------------------ */

/* The same name is the same object: its identifier is made of both. */
static json_t *uid_json(const struct object_row *row)
{
	struct sha256 h;
	unsigned char bytes[32];
	char hex[65];

	sha256_init(&h);
	sha256_update(&h, row->kind, strlen(row->kind) + 1);
	sha256_update(&h, row->name, strlen(row->name));
	sha256_update(&h, &row->created_us, sizeof row->created_us);
	sha256_final(&h, bytes);
	digest_hex(bytes, hex);
	return json_sprintf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static int complete(struct engine *e, const struct kube_resource *r, const struct object_row *row,
	const struct pod_set *pods, struct arena *a, json_t *doc, struct err *err)
{
	json_t *meta = json_object_get(doc, "metadata"), *status = NULL;
	struct count n;
	int rc = 0;

	if (!meta)
		(void) json_object_set_new(doc, "metadata", meta = json_object());
	(void) json_object_set_new(meta, "name", json_string(row->name));
	if (!r->cluster && !json_object_get(meta, "namespace"))
		(void) json_object_set_new(meta, "namespace", json_string("default"));
	(void) json_object_set_new(meta, "uid", uid_json(row));
	(void) json_object_set_new(meta, "creationTimestamp", kube_time_json(row->created_us));
	if (!strcmp(r->kind, "Job")) {
		rc = job_status(e, row->name, doc, &status, err);
	} else if (!strcmp(r->kind, "PersistentVolumeClaim")) {
		status = claim_status(e, doc, a);
	} else if (!strcmp(r->kind, "PersistentVolume")) {
		status = volume_status(e, doc, a);
	} else if (*r->group || !strcmp(r->kind, "ReplicationController")) {
		n = count_pods(pods, r->kind, row->name);
		status = workload_status(r->kind, doc, &n);
	}
	if (status)
		(void) json_object_set_new(doc, "status", status);
	return rc;
}

static bool is_asked(const struct strs *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], name))
			return true;
	return !names->n;
}

static int check_names(const struct kube_resource *r, const struct strs *names, const struct object_row *rows,
	size_t n, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			there = there || !strcmp(rows[k].name, names->v[i]);
		if (!there)
			return err_set(err, ERR_NOT_FOUND, "%s%s%s \"%s\" not found", r->plural,
				*r->group ? "." : "", r->group, names->v[i]);
	}
	return 0;
}

int verb_kube_objects(struct engine *e, const struct kube_resource *r, const struct strs *names,
	const char *selector, json_t **ret, struct err *err)
{
	AUTO(pod_set_done) struct pod_set pods = { 0 };
	auto_arena struct arena a = { 0 };
	struct object_row *rows = NULL;
	struct label_selector s;
	json_t *list, *doc;
	size_t n = 0;
	int rc;

	if ((rc = label_selector_parse(selector, &a, &s, err)) < 0 ||
		(rc = store_objects(e->store, r->kind, &a, &rows, &n, err)) < 0 ||
		(rc = check_names(r, names, rows, n, err)) < 0 ||
		(n && *r->group && (rc = pod_set_load(e, &pods, err)) < 0) ||
		(n && !strcmp(r->kind, "ReplicationController") && (rc = pod_set_load(e, &pods, err)) < 0))
		return rc;
	list = json_array();
	for (size_t i = 0; i < n && rc >= 0; i++) {
		if (!is_asked(names, rows[i].name))
			continue;
		if (!(doc = json_parse(rows[i].doc, strlen(rows[i].doc), err))) {
			rc = err_wrap(err, "%s '%s'", r->kind, rows[i].name);
		} else if (!label_selector_fits(
				   &s, json_object_get(json_object_get(doc, "metadata"), "labels"))) {
			json_decref(doc);
		} else {
			rc = complete(e, r, &rows[i], &pods, &a, doc, err);
			(void) json_array_append_new(list, doc);
		}
	}
	if (rc < 0)
		json_decref(list);
	else
		*ret = list;
	return rc < 0 ? rc : 0;
}
