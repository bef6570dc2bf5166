/*
 * kube_get_rows.c — the tables of kube get for everything that is no pod: kubectl's columns.
 */
#include <string.h>

#include "cmd/podctl/kube_get.h"
#include "cmd/podctl/kube_words.h"
#include "pkg/util/io.h"

static const json_t *at(const json_t *v, const char *a, const char *b)
{
	v = json_object_get(v, a);
	return b ? json_object_get(v, b) : v;
}

static long long number(const json_t *v, const char *a, const char *b)
{
	return (long long) json_integer_value(at(v, a, b));
}

static const char *or_none(const char *s) { return *s ? s : "<none>"; }

void modes_cell(const json_t *list, struct buf *b)
{
	static const struct {
		const char *mode, *shown;
	} table[] = { { "ReadWriteOnce", "RWO" }, { "ReadOnlyMany", "ROX" }, { "ReadWriteMany", "RWX" },
		{ "ReadWriteOncePod", "RWOP" } };

	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t k = 0; k < LEN(table); k++)
			if (!strcmp(table[k].mode, json_string_value(json_array_get(list, i))
							   ? json_string_value(json_array_get(list, i))
							   : ""))
				(void) buf_printf(b, "%s%s", i ? "," : "", table[k].shown);
}

static void containers(const json_t *doc, bool selector, struct buf *b)
{
	static const char *const keys[] = { "name", "image" };
	const json_t *spec = at(doc, "spec", NULL),
		     *list = at(at(spec, "template", "spec"), "containers", NULL),
		     *labels = at(spec, "selector", "matchLabels");
	const char *key;
	json_t *v;
	size_t n = 0;

	for (size_t k = 0; k < LEN(keys); k++) {
		for (size_t i = 0; i < json_array_size(list); i++)
			(void) buf_printf(b, "%s%s", i ? "," : "", text_at(json_array_get(list, i), keys[k]));
		(void) buf_puts(b, "\t");
	}
	if (!selector)
		return;
	json_object_foreach((json_t *) (labels ? labels : at(spec, "selector", NULL)), key, v)(void)
		buf_printf(
			b, "%s%s=%s", n++ ? "," : "", key, json_string_value(v) ? json_string_value(v) : "");
	(void) buf_puts(b, n ? "\t" : "<none>\t");
}

/* ---- one row of each kind: what stands between NAME and AGE ------------------------------------------------------------------- */

static void deployment(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(b, "%lld/%lld\t%lld\t%lld\t", number(d, "status", "readyReplicas"),
		number(d, "spec", "replicas"), number(d, "status", "updatedReplicas"),
		number(d, "status", "availableReplicas"));
}

static void replicas(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(b, "%lld\t%lld\t%lld\t", number(d, "spec", "replicas"),
		number(d, "status", "replicas"), number(d, "status", "readyReplicas"));
}

static void stateful(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(
		b, "%lld/%lld\t", number(d, "status", "readyReplicas"), number(d, "spec", "replicas"));
}

static void daemon_row(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(b, "%lld\t%lld\t%lld\t%lld\t%lld\t<none>\t",
		number(d, "status", "desiredNumberScheduled"), number(d, "status", "currentNumberScheduled"),
		number(d, "status", "numberReady"), number(d, "status", "updatedNumberScheduled"),
		number(d, "status", "numberAvailable"));
}

static bool has_condition(const json_t *d, const char *type)
{
	const json_t *list = at(d, "status", "conditions");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(text_at(json_array_get(list, i), "type"), type))
			return true;
	return false;
}

static void job(struct arena *a, const json_t *d, struct buf *b)
{
	uint64_t from = json_time(at(d, "status", "startTime")),
		 end = json_time(at(d, "status", "completionTime"));
	const char *status = has_condition(d, "Complete")             ? "Complete"
			     : has_condition(d, "Failed")             ? "Failed"
			     : has_condition(d, "Suspended")          ? "Suspended"
			     : has_condition(d, "FailureTarget")      ? "FailureTarget"
			     : has_condition(d, "SuccessCriteriaMet") ? "SuccessCriteriaMet"
								      : "Running";
	uint64_t now = end ? end : time_now_us();

	(void) buf_printf(b, "%s\t", status);
	if (at(d, "spec", "completions"))
		(void) buf_printf(
			b, "%lld/%lld\t", number(d, "status", "succeeded"), number(d, "spec", "completions"));
	else
		(void) buf_printf(b, "%lld/1 of %lld\t", number(d, "status", "succeeded"),
			number(d, "spec", "parallelism"));
	(void) buf_printf(b, "%s\t", from ? words_age(a, now > from ? now - from : 0) : "");
}

static void config_map(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(b, "%zu\t",
		json_object_size(at(d, "data", NULL)) + json_object_size(at(d, "binaryData", NULL)));
}

static void secret(struct arena *a, const json_t *d, struct buf *b)
{
	size_t n = json_object_size(at(d, "data", NULL));
	const char *key;
	json_t *v;

	(void) a;
	json_object_foreach((json_t *) at(d, "stringData", NULL), key, v) n +=
		json_object_get(at(d, "data", NULL), key) == NULL;
	(void) buf_printf(b, "%s\t%zu\t", *text_at(d, "type") ? text_at(d, "type") : "Opaque", n);
}

static void claim(struct arena *a, const json_t *d, struct buf *b)
{
	(void) a;
	(void) buf_printf(b, "%s\t%s\t%s\t", text_at(at(d, "status", NULL), "phase"),
		text_at(at(d, "spec", NULL), "volumeName"), text_at(at(d, "status", "capacity"), "storage"));
	modes_cell(at(d, "spec", "accessModes"), b);
	(void) buf_printf(b, "\t%s\t<unset>\t", text_at(at(d, "spec", NULL), "storageClassName"));
}

static void volume(struct arena *a, const json_t *d, struct buf *b)
{
	const json_t *spec = at(d, "spec", NULL), *ref = at(spec, "claimRef", NULL);
	const char *policy = text_at(spec, "persistentVolumeReclaimPolicy"), *name = text_at(ref, "name"),
		   *ns = text_at(ref, "namespace");

	(void) a;
	(void) buf_printf(b, "%s\t", text_at(at(spec, "capacity", NULL), "storage"));
	modes_cell(at(spec, "accessModes", NULL), b);
	(void) buf_printf(b, "\t%s\t%s\t%s%s%s\t%s\t<unset>\t\t", *policy ? policy : "Retain",
		text_at(at(d, "status", NULL), "phase"), *name ? *ns ? ns : "default" : "", *name ? "/" : "",
		name, text_at(spec, "storageClassName"));
}

static void service(struct arena *a, const json_t *d, struct buf *b)
{
	const json_t *spec = at(d, "spec", NULL), *ports = at(spec, "ports", NULL);
	const char *type = text_at(spec, "type");

	(void) a;
	(void) buf_printf(
		b, "%s\t%s\t<none>\t", *type ? type : "ClusterIP", or_none(text_at(spec, "clusterIP")));
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *p = json_array_get(ports, i);
		const char *proto = text_at(p, "protocol");
		long long node = number(p, "nodePort", NULL);

		(void) buf_printf(b, "%s%lld", i ? "," : "", number(p, "port", NULL));
		if (node)
			(void) buf_printf(b, ":%lld", node);
		(void) buf_printf(b, "/%s", *proto ? proto : "TCP");
	}
	(void) buf_puts(b, json_array_size(ports) ? "\t" : "<none>\t");
}

static const struct table {
	const char *kind, *heading;
	void (*row)(struct arena *a, const json_t *doc, struct buf *b);
	int wide; /* 1: containers and images, 2: the selector too */
} tables[] = {
	{ "Deployment", "READY\tUP-TO-DATE\tAVAILABLE\t", deployment, 2 },
	{ "ReplicaSet", "DESIRED\tCURRENT\tREADY\t", replicas, 2 },
	{ "ReplicationController", "DESIRED\tCURRENT\tREADY\t", replicas, 2 },
	{ "StatefulSet", "READY\t", stateful, 1 },
	{ "DaemonSet", "DESIRED\tCURRENT\tREADY\tUP-TO-DATE\tAVAILABLE\tNODE SELECTOR\t", daemon_row, 2 },
	{ "Job", "STATUS\tCOMPLETIONS\tDURATION\t", job, 2 },
	{ "Service", "TYPE\tCLUSTER-IP\tEXTERNAL-IP\tPORT(S)\t", service, 0 },
	{ "ConfigMap", "DATA\t", config_map, 0 },
	{ "Secret", "TYPE\tDATA\t", secret, 0 },
	{ "PersistentVolumeClaim",
		"STATUS\tVOLUME\tCAPACITY\tACCESS MODES\tSTORAGECLASS\tVOLUMEATTRIBUTESCLASS\t", claim, 0 },
	{ "PersistentVolume",
		"CAPACITY\tACCESS MODES\tRECLAIM POLICY\tSTATUS\tCLAIM\tSTORAGECLASS\tVOLUMEATTRIBUTESCLASS\t"
		"REASON\t",
		volume, 0 },
};

void kube_rows(struct arena *a, const struct kube_resource *r, const struct get_command *q,
	const char *prefix, const json_t *list, struct buf *b)
{
	const struct table *t = tables;
	bool wide = q->output != NULL, ns = q->all_namespaces && !r->cluster;
	uint64_t now = time_now_us();

	while (t < tables + LEN(tables) - 1 && strcmp(t->kind, r->kind) != 0)
		t++;
	wide = wide && t->wide;
	if (!q->no_headers)
		(void) buf_printf(b, "%sNAME\t%sAGE\t%s%s%s\n", ns ? "NAMESPACE\t" : "", t->heading,
			wide ? "CONTAINERS\tIMAGES\t" : "", wide && t->wide > 1 ? "SELECTOR\t" : "",
			q->show_labels ? "LABELS\t" : "");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *d = json_array_get(list, i), *meta = at(d, "metadata", NULL);

		if (ns)
			(void) buf_printf(b, "%s\t", text_at(meta, "namespace"));
		(void) buf_printf(b, "%s%s\t", prefix, text_at(meta, "name"));
		t->row(a, d, b);
		(void) buf_printf(b, "%s\t", age_of(a, at(meta, "creationTimestamp", NULL), now));
		if (wide)
			containers(d, t->wide > 1, b);
		if (q->show_labels) {
			labels_cell(d, b);
			(void) buf_puts(b, "\t");
		}
		(void) buf_puts(b, "\n");
	}
}
