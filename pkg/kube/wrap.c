/* generate kube --type and --service: what stands above a Pod, and the Service beside it. */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/generate.h"
#include "pkg/util/limits.h"

#define NODE_PORT_FIRST 30000
#define NODE_PORTS 2768 /* 30000 to 32767, what clusters have */
#define NO_SCHEDULE "0 0 * * *"

enum wrap { WRAP_DEPLOYMENT, WRAP_DAEMONSET, WRAP_STATEFULSET, WRAP_JOB, WRAP_CRONJOB };
static const struct {
	const char *word, *kind, *api;
} wraps[] = {
	[WRAP_DEPLOYMENT] = { "deployment", "Deployment", "apps/v1" },
	[WRAP_DAEMONSET] = { "daemonset", "DaemonSet", "apps/v1" },
	[WRAP_STATEFULSET] = { "statefulset", "StatefulSet", "apps/v1" },
	[WRAP_JOB] = { "job", "Job", "batch/v1" },
	[WRAP_CRONJOB] = { "cronjob", "CronJob", "batch/v1" },
};

const char *kube_type_kind(const char *word)
{
	for (size_t i = 0; i < LEN(wraps); i++)
		if (!strcmp(wraps[i].word, word))
			return wraps[i].kind;
	return !strcmp(word, "pod") ? "Pod" : NULL;
}

static const char *name_of(const json_t *doc)
{
	const char *name = json_string_value(json_object_get(json_object_get(doc, "metadata"), "name"));

	return name ? name : "";
}

/* A selector needs something to select by. */
static json_t *labels_of(const json_t *doc)
{
	const json_t *labels = json_object_get(json_object_get(doc, "metadata"), "labels");

	return json_object_size(labels) ? json_deep_copy(labels) : json_pack("{s:s}", "app", name_of(doc));
}

static int set_restart(json_t *spec, enum wrap w, bool handmade, const char *name, struct err *err)
{
	const char *policy = json_string_value(json_object_get(spec, "restartPolicy"));
	bool always = !policy || !strcmp(policy, "Always");

	if (w == WRAP_JOB || w == WRAP_CRONJOB) {
		if (always)
			json_object_set_new(spec, "restartPolicy", json_string("Never"));
		return 0;
	}
	/* "no" is also what a container has that nobody said anything of */
	if (handmade && policy && !strcmp(policy, "Never")) {
		json_object_del(spec, "restartPolicy");
		return 0;
	}
	return always ? 0
		      : err_set(err, ERR_INVALID,
				"pod '%s': the pods of a %s can only have restartPolicy Always, and this "
				"one's is %s",
				name, wraps[w].kind, policy);
}

static json_t *template_of(const json_t *pod, json_t *spec)
{
	const json_t *notes = json_object_get(json_object_get(pod, "metadata"), "annotations");
	json_t *meta = json_object();

	if (json_object_size(notes))
		json_object_set_new(meta, "annotations", json_deep_copy(notes));
	json_object_set_new(meta, "labels", labels_of(pod));
	return json_pack("{s:o, s:O}", "metadata", meta, "spec", spec);
}

int kube_wrap(
	const json_t *pod, const char *type, int64_t replicas, bool handmade, json_t **ret, struct err *err)
{
	char name[NAME_MAX_LEN + 16];
	json_t *spec, *body, *template;
	size_t w = 0;
	int rc;

	while (w < LEN(wraps) && strcmp(wraps[w].word, type) != 0)
		w++;
	if (w == LEN(wraps))
		return err_set(err, ERR_INVALID,
			"--type %s: there are pod, deployment, daemonset, statefulset, job and cronjob",
			type);
	spec = json_deep_copy(json_object_get(pod, "spec"));
	if ((rc = set_restart(spec, (enum wrap) w, handmade, name_of(pod), err)) < 0) {
		json_decref(spec);
		return rc;
	}
	snprintf(name, sizeof name, "%.*s-%s", (int) (63 - strlen(type) - 1), name_of(pod), type);
	template = template_of(pod, spec);
	json_decref(spec);
	if (w == WRAP_CRONJOB)
		body = json_pack("{s:{s:{s:o}}, s:s}", "jobTemplate", "spec", "template", template,
			"schedule", NO_SCHEDULE);
	else if (w == WRAP_JOB)
		body = json_pack("{s:o}", "template", template);
	else
		body = json_pack(
			"{s:{s:o}, s:o}", "selector", "matchLabels", labels_of(pod), "template", template);
	if ((w == WRAP_DEPLOYMENT || w == WRAP_STATEFULSET) && replicas > 0)
		json_object_set_new(body, "replicas", json_integer(replicas));
	if (w == WRAP_STATEFULSET)
		json_object_set_new(body, "serviceName", json_string(name_of(pod)));
	*ret = json_pack("{s:s, s:s, s:{s:o, s:s}, s:o}", "apiVersion", wraps[w].api, "kind", wraps[w].kind,
		"metadata", "labels", labels_of(pod), "name", name, "spec", body);
	return *ret ? 0 : err_sys(err, ENOMEM, "write manifest");
}

/* ---- services ------------------------------------------------------------------------------------------------------------ */

/* The same for the same pod and port, on whatever machine. */
static int node_port(const char *name, int port)
{
	unsigned h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char) *name) * 16777619u;
	h = (h ^ (unsigned) port) * 16777619u;
	return NODE_PORT_FIRST + (int) (h % NODE_PORTS);
}

json_t *kube_service(json_t *pod)
{
	json_t *ports = json_array(),
	       *containers = json_object_get(json_object_get(pod, "spec"), "containers");
	json_t *c, *p;
	size_t i, k;

	json_array_foreach(containers, i, c)
	{
		json_array_foreach(json_object_get(c, "ports"), k, p)
		{
			int target = (int) json_integer_value(json_object_get(p, "containerPort"));
			const char *proto = json_string_value(json_object_get(p, "protocol"));
			json_t *one;
			char name[16];

			if (!target)
				continue;
			snprintf(name, sizeof name, "%d", target);
			one = json_pack("{s:s, s:i, s:i, s:i}", "name",
				json_string_value(json_object_get(p, "name"))
					? json_string_value(json_object_get(p, "name"))
					: name,
				"nodePort", node_port(name_of(pod), target), "port", target, "targetPort",
				target);
			if (proto && strcmp(proto, "TCP") != 0)
				json_object_set_new(one, "protocol", json_string(proto));
			json_array_append_new(ports, one);
			json_object_del(p, "hostPort"); /* the node port leads to it */
			json_object_del(p, "hostIP");
		}
	}
	if (!json_array_size(ports)) {
		json_decref(ports);
		return NULL;
	}
	/* what the selector selects by must be there */
	json_object_set_new(json_object_get(pod, "metadata"), "labels", labels_of(pod));
	return json_pack("{s:s, s:s, s:{s:o, s:s}, s:{s:o, s:o, s:s}}", "apiVersion", "v1", "kind", "Service",
		"metadata", "labels", labels_of(pod), "name", name_of(pod), "spec", "ports", ports,
		"selector", labels_of(pod), "type", "NodePort");
}

json_t *kube_claim_document(const char *name)
{
	return json_pack("{s:s, s:s, s:{s:s}, s:{s:[s], s:{s:{s:s}}}}", "apiVersion", "v1", "kind",
		"PersistentVolumeClaim", "metadata", "name", name, "spec", "accessModes", "ReadWriteOnce",
		"resources", "requests", "storage", "1Gi");
}
