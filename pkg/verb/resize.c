/*
 * resize.c — the manifest is changed, read again by the same rules as a play's, and what came out different is applied.
 */
#include "pkg/verb/resize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/pod_object.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/text.h"
#include "pkg/verb/play_internal.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static const char *const lists[] = { "containers", "initContainers" };
static const char *const names[] = { "cpu", "memory" };
static const char *const sides[] = { "limits", "requests" };

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "resize"); }

static const char *text_of(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

static bool is_known(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* ---- what is asked, as a patch ------------------------------------------------------------------------------------------- */

static json_t *quantities(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
	return v;
}

/* Flags speak of one container, or of all that are no init containers. */
static json_t *patch_of_flags(const struct resize_request *r, const json_t *doc)
{
	json_t *patch = json_pack("{s:{}}", "spec"), *c;

	for (size_t l = 0; l < LEN(lists); l++) {
		json_t *list = json_array();
		size_t i;

		json_array_foreach(json_object_get(json_object_get(doc, "spec"), lists[l]), i, c)
		{
			json_t *resources;

			if (r->container ? strcmp(text_of(c, "name"), r->container) != 0 : l > 0)
				continue;
			resources = json_object();
			if (r->limits.n)
				json_object_set_new(resources, "limits", quantities(&r->limits));
			if (r->requests.n)
				json_object_set_new(resources, "requests", quantities(&r->requests));
			json_array_append_new(list,
				json_pack("{s:s, s:o}", "name", text_of(c, "name"), "resources", resources));
		}
		json_object_set_new(json_object_get(patch, "spec"), lists[l], list);
	}
	return patch;
}

static json_t *named(const json_t *doc, const char *list, const char *name)
{
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(doc, "spec"), list), i,
		c) if (!strcmp(text_of(c, "name"), name)) return c;
	return NULL;
}

/* ---- the patch goes into the manifest ------------------------------------------------------------------------------------ */

static int merge_side(json_t *c, const char *name, const char *side, json_t *values, struct err *err)
{
	json_t *resources = json_object_get(c, "resources"), *old, *value;
	const char *key;

	if (!json_is_object(values))
		return err_set(err, ERR_INVALID, "container '%s': resources.%s: expected a map", name, side);
	if (!json_is_object(resources))
		json_object_set_new(c, "resources", resources = json_object());
	if (!json_is_object(old = json_object_get(resources, side)))
		json_object_set_new(resources, side, old = json_object());
	json_object_foreach(values, key, value)
	{
		if (!is_known(key, names, LEN(names)))
			return err_set(err, ERR_INVALID,
				"container '%s': resources.%s.%s: Forbidden: only cpu and memory resources "
				"are mutable",
				name, side, key);
		if (json_is_null(value))
			return err_set(err, ERR_INVALID,
				"container '%s': resources.%s.%s: Forbidden: resource %s cannot be removed",
				name, side, key, side);
		if (json_object_set(old, key, value) < 0)
			return no_memory(err);
	}
	if (!json_object_size(old))
		json_object_del(resources, side);
	return 0;
}

static int merge_container(json_t *doc, const char *list, const json_t *patch, struct err *err)
{
	const char *name = text_of(patch, "name"), *key;
	json_t *c = named(doc, list, name), *value, *side;

	if (!*name)
		return err_set(err, ERR_INVALID, "spec.%s: each container of a patch has a name", list);
	if (!c)
		return err_set(err, ERR_NOT_FOUND, "spec.%s: there is no container \"%s\"", list, name);
	if (!strcmp(list, "initContainers") && strcmp(text_of(c, "restartPolicy"), "Always") != 0)
		return err_set(err, ERR_INVALID,
			"container '%s': Forbidden: of init containers only sidecars can be resized", name);
	json_object_foreach((json_t *) patch, key,
		value) if (strcmp(key, "name") != 0 && strcmp(key, "resources") != 0) return err_set(err,
		ERR_INVALID, "container '%s': %s: Forbidden: a resize changes resources alone", name, key);
	json_object_foreach(json_object_get(patch, "resources"), key, side)
	{
		int rc;

		if (!is_known(key, sides, LEN(sides)))
			return err_set(err, ERR_INVALID,
				"container '%s': resources.%s: Forbidden: a resize changes limits and "
				"requests",
				name, key);
		if ((rc = merge_side(c, name, key, side, err)) < 0)
			return rc;
	}
	return 0;
}

static int merge(json_t *doc, const json_t *patch, struct err *err)
{
	json_t *spec = json_object_get(patch, "spec"), *c, *list;
	size_t changes = 0, i;
	const char *key;

	if (json_object_size(patch) != (spec != NULL) || !json_is_object(spec))
		return err_set(err, ERR_INVALID,
			"patch: expected {\"spec\": {\"containers\": [{\"name\": ..., \"resources\": "
			"...}]}}");
	json_object_foreach(spec, key, list)
	{
		if (!is_known(key, lists, LEN(lists)))
			return err_set(err, ERR_INVALID,
				"patch: spec.%s: Forbidden: a resize changes the resources of containers",
				key);
		json_array_foreach(list, i, c)
		{
			int rc = merge_container(doc, key, c, err);

			if (rc < 0)
				return rc;
			changes++;
		}
	}
	return changes ? 0 : err_set(err, ERR_INVALID, "there is nothing to resize");
}

static int changed_document(
	const struct resize_request *r, const struct pod *p, json_t **ret, struct err *err)
{
	json_t *doc = json_parse(p->row.kube, strlen(p->row.kube), err), *patch;
	const char *before, *after;
	int rc;

	if (!doc)
		return err_wrap(err, "the manifest of pod '%s'", p->row.name);
	before = kube_qos_class(json_object_get(doc, "spec"));
	if (r->container && !named(doc, "containers", r->container) &&
		!named(doc, "initContainers", r->container)) {
		json_decref(doc);
		return err_set(err, ERR_NOT_FOUND, "there is no container \"%s\"", r->container);
	}
	patch = r->patch ? json_parse(r->patch, strlen(r->patch), err) : patch_of_flags(r, doc);
	rc = patch ? merge(doc, patch, err) : err_wrap(err, "patch");
	json_decref(patch);
	after = kube_qos_class(json_object_get(doc, "spec"));
	if (patch && rc == 0 && strcmp(before, after) != 0)
		rc = err_set(err, ERR_INVALID,
			"Forbidden: Pod QOS Class may not change as a result of resizing (it is %s, and "
			"would be %s)",
			before, after);
	if (!patch || rc < 0) {
		json_decref(doc);
		return patch ? rc : -EINVAL;
	}
	*ret = doc;
	return 0;
}

/* ---- what it means ------------------------------------------------------------------------------------------------------- */

static bool restarts_for(const json_t *doc, const char *name, const char *resource)
{
	for (size_t l = 0; l < LEN(lists); l++) {
		const json_t *list = json_object_get(named(doc, lists[l], name), "resizePolicy");

		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *one = json_array_get(list, i);

			if (!strcmp(text_of(one, "resourceName"), resource))
				return !strcmp(text_of(one, "restartPolicy"), "RestartContainer");
		}
	}
	return false;
}

/* The kernel would kill it. */
static int check_usage(
	struct engine *e, const struct pod *p, size_t i, int64_t limit, struct arena *a, struct err *err)
{
	const char *cgroup = "";
	char text[64];
	uint64_t used;
	int rc = pod_ctr_cgroup(p, i, a, &cgroup, err);

	if (rc < 0 || !*cgroup || (!e->cgroups_open && engine_cgroups(e, err) < 0))
		return rc;
	if (cgroup_get(&e->cgroups, cgroup, "memory",
		    e->cgroups.mode == CGROUP_V2 ? "memory.current" : "memory.usage_in_bytes", text,
		    sizeof text) < 0)
		return 0;
	used = strtoull(text, NULL, 10);
	if (used <= (uint64_t) limit)
		return 0;
	return err_set(err, ERR_STATE,
		"container '%s': attempting to set pod memory limit below current usage (%llu bytes are in "
		"use)",
		p->ctr[i].short_name, (unsigned long long) used);
}

static int restart(struct engine *e, struct pod *p, size_t i, struct err *err)
{
	auto_close int sock = -EBADF;
	int rc = pod_connect(e, p, &sock, err);

	return rc < 0 ? rc
		      : monitor_call(sock,
				json_pack("{s:s, s:s, s:s}", "op", "RESTART", "ctr", p->ctr[i].id, "why",
					"resize"),
				NULL, err);
}

static int apply(struct engine *e, struct pod *p, size_t i, const struct container_spec *want,
	const json_t *doc, struct arena *a, struct err *err)
{
	struct resources_spec all = p->ctr[i].resources, changed = { 0 };
	const struct resources_spec *new = &want->resources;
	bool cpu = new->cpu_shares != all.cpu_shares || new->cpu_quota != all.cpu_quota,
	     memory = new->memory != all.memory || new->memory_reservation != all.memory_reservation,
	     running = ctr_is_running(p, i),
	     again = running && ((cpu && restarts_for(doc, p->ctr[i].short_name, "cpu")) ||
					(memory && restarts_for(doc, p->ctr[i].short_name, "memory")));
	int rc;

	if (!cpu && !memory)
		return 0;
	if (running && !again && new->memory && (!all.memory || new->memory < all.memory) &&
		(rc = check_usage(e, p, i, new->memory, a, err)) < 0)
		return rc;
	if (cpu) {
		all.cpu_shares = changed.cpu_shares = new->cpu_shares;
		all.cpu_quota = changed.cpu_quota = new->cpu_quota;
		all.cpu_period = changed.cpu_period = new->cpu_period;
	}
	if (memory) {
		all.memory = changed.memory = new->memory;
		all.memory_reservation = changed.memory_reservation = new->memory_reservation;
	}
	if ((rc = pod_update(e, p, i, &all, &changed,
		     !running ? UPDATE_ROW
		     : again  ? UPDATE_NEXT
			      : UPDATE_NOW,
		     err)) < 0)
		return err_wrap(err, "container '%s'", p->ctr[i].short_name);
	return again ? restart(e, p, i, err) : 0;
}

static int apply_all(struct engine *e, struct pod *p, const struct kube_pod *k, const json_t *doc,
	struct arena *a, struct err *err)
{
	int rc = pod_update_whole(e, p, &k->spec.resources, err);

	for (size_t i = 0; i < p->n && rc == 0; i++)
		for (size_t j = 0; j < k->n && rc == 0; j++)
			if (p->ctr[i].role != ROLE_INFRA && p->ctr[i].role != ROLE_INIT &&
				!strcmp(p->ctr[i].short_name, k->ctr[j].short_name))
				rc = apply(e, p, i, &k->ctr[j], doc, a, err);
	return rc;
}

/* ---- the verb -------------------------------------------------------------------------------------------------------------- */

static int find(struct engine *e, const char *name, struct pod *ret, struct arena *a, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc = store_find(e->store, name, STORE_POD, a, &id, &pod, err);

	if (rc < 0 || (rc = pod_load_settled(e, id, ret, err)) < 0)
		return rc < 0 && err->kind == ERR_NOT_FOUND
			       ? err_set(err, ERR_NOT_FOUND, "pods \"%s\" not found", name)
			       : rc;
	if (!ret->row.kube)
		return err_set(err, ERR_UNSUPPORTED,
			"pod '%s' was not played from a manifest; podctl update changes its containers",
			ret->row.name);
	return 0;
}

int verb_resize(struct engine *e, const struct resize_request *r, struct diag *d, const char **ret_name,
	struct arena *a, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct play play = { .e = e, .r = &(struct play_request){ 0 }, .a = a };
	struct kube_plan plan = { 0 };
	auto_free char *text = NULL;
	json_t *doc = NULL;
	int rc;

	if ((rc = find(e, r->pod, &p, a, err)) < 0)
		return rc;
	if (!(*ret_name = arena_strdup(a, p.row.name)))
		return no_memory(err);
	if ((rc = changed_document(r, &p, &doc, err)) < 0)
		return err_wrap(err, "pod '%s'", p.row.name);
	if (!(text = json_print(doc)))
		rc = no_memory(err);
	else
		rc = play_read_stored(&play,
			&(struct kube_input){ .file = p.row.name, .text = text, .len = strlen(text) }, d,
			&plan, err);
	if (rc == 0 && (d->errors || plan.n_pod != 1))
		rc = err_set(err, ERR_INVALID, "the pod cannot be as asked, nothing was changed");
	if (rc == 0 && (rc = apply_all(e, &p, &plan.pod[0], doc, a, err)) == 0)
		rc = store_pod_set_kube(e->store, p.row.id, text, err);
	kube_plan_done(&plan);
	json_decref(doc);
	return rc < 0 ? err_wrap(err, "pod '%s'", p.row.name) : 0;
}
