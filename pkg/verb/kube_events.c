/* Events of workloads.  Nothing keeps them: they are told from what is there, the pods of each and how a Job stands. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/pod_object.h"
#include "pkg/util/io.h"
#include "pkg/verb/job.h"
#include "pkg/verb/kube_objects.h"
#include "pkg/verb/play.h"

static void add(json_t *list, const struct kube_resource *r, const char *name, const char *type,
	const char *reason, json_t *message, uint64_t us)
{
	json_t *v = json_pack(
		"{s:s, s:s, s:{s:o, s:s}, s:{s:s, s:s, s:s, s:s}, s:s, s:s, s:o, s:i, s:o, s:o, "
		"s:{s:s}}",
		"apiVersion", "v1", "kind", "Event", "metadata", "name",
		json_sprintf("%s.%zu", name, json_array_size(list)), "namespace", "default", "involvedObject",
		"kind", r->kind, "namespace", "default", "name", name, "apiVersion",
		!strcmp(r->group, "apps") ? "apps/v1"
		: *r->group               ? "batch/v1"
					  : "v1",
		"type", type, "reason", reason, "message", message, "count", 1, "firstTimestamp",
		kube_time_json(us), "lastTimestamp", kube_time_json(us), "source", "component", "podctl");

	(void) json_array_append_new(list, v);
}

static bool is_of(const struct pod *p, const char *kind, const char *name)
{
	const char *k = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
		   *o = kvs_get(&p->spec.labels, PLAY_LABEL_NAME);

	return k && o && !strcmp(k, kind) && !strcmp(o, name) && p->row.state != ROW_CREATING &&
	       p->row.state != ROW_REMOVING;
}

static int by_start(const void *a, const void *b)
{
	const struct pod *x = *(const struct pod *const *) a, *y = *(const struct pod *const *) b;

	if (x->status.started_us != y->status.started_us)
		return x->status.started_us < y->status.started_us ? -1 : 1;
	return strcmp(x->row.name, y->row.name);
}

/* Those that have been started: a Job's later ones are made when it is their turn, as far as a cluster can see. */
static int add_pods(json_t *list, const struct kube_resource *r, const char *name, const struct pod_set *all,
	struct err *err)
{
	auto_free const struct pod **v = calloc(all->n + 1, sizeof(const struct pod *));
	size_t n = 0;

	if (!v)
		return err_sys(err, ENOMEM, "list events");
	for (size_t i = 0; i < all->n; i++)
		if (is_of(&all->v[i], r->kind, name) && all->v[i].status.started_us)
			v[n++] = &all->v[i];
	if (n)
		qsort(v, n, sizeof *v, by_start);
	for (size_t i = 0; i < n; i++)
		add(list, r, name, "Normal", "SuccessfulCreate",
			strcmp(r->kind, "StatefulSet") == 0
				? json_sprintf(
					  "create Pod %s in StatefulSet %s successful", v[i]->row.name, name)
				: json_sprintf("Created pod: %s", v[i]->row.name),
			v[i]->status.started_us);
	return 0;
}

static int add_outcome(struct engine *e, json_t *list, const struct kube_resource *r, const char *name,
	uint64_t created_us, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct job_pod *pods = NULL;
	struct job_state s = { 0 };
	size_t n = 0;
	int rc = job_look(e, name, &a, &pods, &n, &s, err);

	if (rc < 0)
		return rc;
	if (s.outcome == JOB_SUSPENDED)
		add(list, r, name, "Normal", "Suspended", json_string("Job suspended"),
			s.started_us ? s.started_us : created_us);
	else if (s.outcome == JOB_COMPLETE && !s.active)
		add(list, r, name, "Normal", "Completed", json_string("Job completed"), s.finished_us);
	else if (s.outcome == JOB_FAILED && !s.active)
		add(list, r, name, "Warning", s.reason, json_string(s.message), s.finished_us);
	return 0;
}

static uint64_t created_us(const json_t *object)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(object, "metadata"), "creationTimestamp"));
	uint64_t us = 0;

	return text && time_parse(text, &us) == 0 ? us : 0;
}

int verb_kube_object_events(struct engine *e, const struct kube_resource *r, json_t *objects, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	json_t *one;
	size_t i;
	int rc = 0;

	if ((!*r->group && strcmp(r->kind, "ReplicationController") != 0) || !json_array_size(objects))
		return 0;
	if ((rc = pod_set_load(e, &all, err)) < 0)
		return rc;
	json_array_foreach(objects, i, one)
	{
		const char *name =
			json_string_value(json_object_get(json_object_get(one, "metadata"), "name"));
		json_t *list = json_array();

		if (name && (rc = add_pods(list, r, name, &all, err)) == 0 && !strcmp(r->kind, "Job"))
			rc = add_outcome(e, list, r, name, created_us(one), err);
		(void) json_object_set_new(one, "events", list);
		if (rc < 0)
			return rc;
	}
	return 0;
}
