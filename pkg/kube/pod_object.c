/* A running pod as a v1 Pod. */
#include "pkg/kube/pod_object.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/generate.h"
#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "describe the pod"); }

json_t *kube_time_json(uint64_t us)
{
	char text[TIME_TEXT];

	time_format(text, us);
	if (strlen(text) > 19)
		memcpy(text + 19, "Z", 2);
	return json_string(text);
}

static void put(json_t *to, const char *key, const char *text)
{
	if (text && *text)
		(void) json_object_set_new(to, key, json_string(text));
}

/* ---- quality of service ---------------------------------------------------------------------------------------------- */

static bool same_quantity(const json_t *a, const json_t *b)
{
	return (json_is_string(a) && json_is_string(b) &&
		       !strcmp(json_string_value(a), json_string_value(b))) ||
	       json_equal(a, b);
}

static void join_class(const json_t *r, bool *any, bool *guaranteed)
{
	static const char *const names[] = { "cpu", "memory" };

	for (size_t k = 0; k < LEN(names); k++) {
		const json_t *limit = json_object_get(json_object_get(r, "limits"), names[k]),
			     *request = json_object_get(json_object_get(r, "requests"), names[k]);

		*any = *any || limit || request;
		*guaranteed = *guaranteed && limit && (!request || same_quantity(limit, request));
	}
}

const char *kube_qos_class(const json_t *spec)
{
	static const char *const lists[] = { "initContainers", "containers" };
	bool any = false, guaranteed = true;

	if (json_object_get(spec, "resources")) { /* the pod's own say it alone */
		join_class(json_object_get(spec, "resources"), &any, &guaranteed);
		if (any)
			return guaranteed ? "Guaranteed" : "Burstable";
		guaranteed = true;
	}
	for (size_t l = 0; l < LEN(lists); l++) {
		const json_t *list = json_object_get(spec, lists[l]);

		for (size_t i = 0; i < json_array_size(list); i++)
			join_class(json_object_get(json_array_get(list, i), "resources"), &any, &guaranteed);
	}
	return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

/* ---- one container ---------------------------------------------------------------------------------------------------- */

static json_t *terminated(int64_t code, const char *reason, const char *message, uint64_t started,
	uint64_t finished, const char *id)
{
	json_t *v = json_pack("{s:I}", "exitCode", (json_int_t) code);

	put(v, "reason", reason && *reason ? reason : code ? "Error" : "Completed");
	put(v, "message", message);
	if (code > 128)
		(void) json_object_set_new(v, "signal", json_integer(code - 128));
	if (started)
		(void) json_object_set_new(v, "startedAt", kube_time_json(started));
	if (finished)
		(void) json_object_set_new(v, "finishedAt", kube_time_json(finished));
	(void) json_object_set_new(v, "containerID", json_sprintf("podctl://%s", id));
	return v;
}

static json_t *waiting(const char *reason, const char *message)
{
	json_t *v = json_object();

	put(v, "reason", reason);
	put(v, "message", message);
	return json_pack("{s:o}", "waiting", v);
}

static json_t *state_json(const struct status_container *s, bool before_init)
{
	if (!s)
		return waiting(before_init ? "PodInitializing" : "ContainerCreating", NULL);
	switch ((enum ctr_state) s->state) {
	case CTR_CREATED:
	case CTR_STARTING:
		return waiting(s->reason && *s->reason ? s->reason : "ContainerCreating", s->message);
	case CTR_WAITING:
		return waiting(s->reason && *s->reason ? s->reason : "CrashLoopBackOff", s->message);
	case CTR_RUNNING:
	case CTR_PAUSED:
	case CTR_STOPPING:
		return json_pack("{s:{s:o}}", "running", "startedAt", kube_time_json(s->started_us));
	case CTR_EXITED:
		break;
	}
	return json_pack("{s:o}", "terminated",
		terminated(s->exit_code, s->reason, s->message, s->started_us, s->finished_us, s->id));
}

/* What it runs with: that is what its manifest says, for a resize changes both or neither. */
static void put_resources(const json_t *spec, const char *name, json_t *to)
{
	static const char *const lists[] = { "containers", "initContainers" };
	json_t *c, *requests, *value;
	const json_t *resources = NULL, *limits;
	const char *key;
	size_t k;

	for (size_t l = 0; l < LEN(lists) && !resources; l++)
		json_array_foreach(json_object_get(spec, lists[l]), k, c)
		{
			const char *one = json_string_value(json_object_get(c, "name"));

			if (one && !strcmp(one, name))
				resources = json_object_get(c, "resources");
		}
	limits = json_object_get(resources, "limits");
	if (!json_object_size(limits) && !json_object_size(json_object_get(resources, "requests")))
		return;
	requests = json_object();
	json_object_foreach((json_t *) limits, key, value) json_object_set(requests, key, value);
	json_object_foreach(json_object_get(resources, "requests"), key, value)
		json_object_set(requests, key, value);
	(void) json_object_set(to, "allocatedResources", requests);
	(void) json_object_set_new(to, "resources", json_pack("{s:o}", "requests", requests));
	if (json_object_size(limits))
		(void) json_object_set(
			json_object_get(to, "resources"), "limits", (json_t *) (uintptr_t) limits);
}

static json_t *container_json(const struct pod *p, size_t i, const json_t *spec, bool before_init)
{
	const struct container_spec *c = &p->ctr[i];
	const struct status_container *s = pod_status_of(p, c->id);
	bool runs = s && (s->state == CTR_RUNNING || s->state == CTR_PAUSED || s->state == CTR_STOPPING);
	bool kube = p->status.conditions.n > 0;
	json_t *v = json_pack("{s:s, s:o}", "name", c->short_name && *c->short_name ? c->short_name : c->name,
		"state", state_json(s, before_init));

	(void) json_object_set_new(v, "lastState",
		s && s->last ? json_pack("{s:o}", "terminated",
				       terminated(s->last->exit_code, s->last->reason, s->last->message,
					       s->last->started_us, s->last->finished_us, c->id))
			     : json_object());
	(void) json_object_set_new(v, "ready", json_boolean(s && (kube ? s->ready : runs)));
	(void) json_object_set_new(v, "started", json_boolean(s && (kube ? s->started : runs)));
	(void) json_object_set_new(v, "restartCount", json_integer(s ? s->restarts : 0));
	(void) json_object_set_new(v, "image", json_string(c->image ? c->image : ""));
	(void) json_object_set_new(v, "imageID",
		c->image_id && *c->image_id ? json_sprintf("sha256:%s", c->image_id) : json_string(""));
	if (runs)
		put_resources(spec, json_string_value(json_object_get(v, "name")), v);
	if (s && s->ran)
		(void) json_object_set_new(v, "containerID", json_sprintf("podctl://%s", c->id));
	return v;
}

/* ---- the pod ------------------------------------------------------------------------------------------------------------ */

static bool is_init(const struct container_spec *c)
{
	return c->role == ROLE_INIT || c->role == ROLE_SIDECAR;
}

static void put_containers(const struct pod *p, const json_t *spec, json_t *status)
{
	json_t *init = json_array(), *members = json_array();
	bool before_init = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_INFRA)
			continue;
		if (is_init(&p->ctr[i])) {
			(void) json_array_append_new(init, container_json(p, i, spec, false));
			before_init =
				before_init || !s || (p->ctr[i].role == ROLE_INIT && s->state != CTR_EXITED);
		} else {
			(void) json_array_append_new(members, container_json(p, i, spec, before_init));
		}
	}
	if (json_array_size(init))
		(void) json_object_set_new(status, "initContainerStatuses", init);
	else
		json_decref(init);
	(void) json_object_set_new(status, "containerStatuses", members);
}

static void put_conditions(const struct pod *p, json_t *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->status.conditions.n; i++) {
		const struct status_condition *c = LIST_AT(p->status.conditions, struct status_condition, i);
		json_t *v = json_pack("{s:s, s:s, s:n, s:o}", "type", c->type, "status",
			c->is_true ? "True" : "False", "lastProbeTime", "lastTransitionTime",
			kube_time_json(c->since_us));

		put(v, "reason", c->reason);
		put(v, "message", c->message);
		(void) json_array_append_new(list, v);
	}
	(void) json_object_set_new(status, "conditions", list);
}

/* A hand-made pod's monitor keeps no phase of Kubernetes; it is told from its containers. */
static const char *phase_of(const struct pod *p)
{
	bool runs = false, failed = false, over = true, any = false;

	if (p->status.phase && *p->status.phase && p->row.kube)
		return p->status.phase;
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_INFRA)
			continue;
		any = any || (s && s->ran);
		runs = runs || (s && s->state != CTR_EXITED && s->state != CTR_CREATED);
		failed = failed || (s && s->state == CTR_EXITED && s->exit_code);
		over = over && s && s->state == CTR_EXITED;
	}
	return runs || (any && !over) ? "Running" : !any ? "Pending" : failed ? "Failed" : "Succeeded";
}

static int put_addresses(const struct pod *p, json_t *status, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct net_result net = { 0 };
	char text[INET_ADDRSTRLEN], host[INET_ADDRSTRLEN];
	const char *address;
	struct in_addr in;
	int rc = pod_net(p, &a, &net, err);

	if (rc < 0)
		return rc;
	pod_host_address(host);
	(void) json_object_set_new(status, "hostIP", json_string(host));
	(void) json_object_set_new(status, "hostIPs", json_pack("[{s:s}]", "ip", host));
	if (!p->alive || (!net.ip && p->spec.net != NET_HOST))
		return 0;
	in.s_addr = htonl(net.ip);
	(void) inet_ntop(AF_INET, &in, text, sizeof text);
	address = p->spec.net == NET_HOST ? host : text;
	(void) json_object_set_new(status, "podIP", json_string(address));
	(void) json_object_set_new(status, "podIPs", json_pack("[{s:s}]", "ip", address));
	return 0;
}

static int put_status(const struct pod *p, json_t *pod, struct err *err)
{
	json_t *status = json_pack("{s:s}", "phase", phase_of(p));
	int rc;

	put(status, "reason", p->status.reason);
	put(status, "message", p->status.message);
	put_conditions(p, status);
	if ((rc = put_addresses(p, status, err)) < 0) {
		json_decref(status);
		return rc;
	}
	if (p->status.started_us)
		(void) json_object_set_new(status, "startTime", kube_time_json(p->status.started_us));
	put_containers(p, json_object_get(pod, "spec"), status);
	(void) json_object_set_new(
		status, "qosClass", json_string(kube_qos_class(json_object_get(pod, "spec"))));
	return json_object_set_new(pod, "status", status) < 0 ? no_memory(err) : 0;
}

static int document(const struct pod *p, json_t **ret, struct err *err)
{
	auto_buf struct buf comments = BUF_INIT(1 * MiB);

	if (!p->row.kube)
		return kube_from_specs(&p->spec, p->ctr, p->n, &comments, ret, err);
	if (!(*ret = json_parse(p->row.kube, strlen(p->row.kube), err))) {
		(void) err_wrap(err, "the manifest of pod '%s'", p->row.name);
		return -EINVAL;
	}
	return 0;
}

int kube_pod_object(const struct pod *p, const char *node, json_t **ret, struct err *err)
{
	char uid[37];
	json_t *pod = NULL, *meta, *spec;
	int rc = document(p, &pod, err);

	if (rc < 0)
		return rc;
	if (!(meta = json_object_get(pod, "metadata")) &&
		json_object_set_new(pod, "metadata", meta = json_object()) < 0)
		meta = NULL;
	(void) json_object_set_new(meta, "name", json_string(p->row.name));
	if (!json_object_get(meta, "namespace"))
		(void) json_object_set_new(meta, "namespace", json_string("default"));
	(void) json_object_set_new(meta, "uid", json_string(pod_uid(p->row.id, uid)));
	(void) json_object_set_new(meta, "creationTimestamp", kube_time_json(p->row.created_us));
	if ((spec = json_object_get(pod, "spec")) && !json_object_get(spec, "nodeName"))
		(void) json_object_set_new(spec, "nodeName", json_string(node));
	if ((rc = put_status(p, pod, err)) < 0) {
		json_decref(pod);
		return rc;
	}
	*ret = pod;
	return 0;
}

/* ---- events ------------------------------------------------------------------------------------------------------------- */

int kube_pod_events(const struct pod *p, json_t *to, struct err *err)
{
	for (size_t i = 0; i < p->status.events.n; i++) {
		const struct status_event *e = LIST_AT(p->status.events, struct status_event, i);
		json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "kind", "Pod", "namespace", "default",
			"name", p->row.name, "apiVersion", "v1");
		json_t *v;

		put(object, "fieldPath", e->field_path);
		v = json_pack("{s:s, s:s, s:{s:o, s:s}, s:o, s:s, s:s, s:s, s:i, s:o, s:o, s:{s:s}}",
			"apiVersion", "v1", "kind", "Event", "metadata", "name",
			json_sprintf("%s.%zu", p->row.name, i), "namespace", "default", "involvedObject",
			object, "type", e->warning ? "Warning" : "Normal", "reason", e->reason, "message",
			e->message ? e->message : "", "count", (int) e->count, "firstTimestamp",
			kube_time_json(e->first_us), "lastTimestamp", kube_time_json(e->last_us), "source",
			"component", "podctl");
		if (!v || json_array_append_new(to, v) < 0)
			return no_memory(err);
	}
	return 0;
}
