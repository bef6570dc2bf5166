/*
 * kube_describe_kinds.c — kube describe of what is no pod, as kubectl shows it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/kube_get.h"
#include "cmd/podctl/kube_page.h"
#include "cmd/podctl/kube_view.h"
#include "cmd/podctl/kube_words.h"
#include "pkg/util/limits.h"
#include "pkg/verb/kube_view.h"

static long long number(const json_t *v, const char *key)
{
	return (long long) json_integer_value(json_object_get(v, key));
}

static const char *or_word(const char *s, const char *word) { return *s ? s : word; }

static json_t *meta_of(const struct page *p) { return json_object_get(p->pod, "metadata"); }

static void head(struct page *p)
{
	page_line(p, 0, "Name:", text_at(meta_of(p), "name"));
	if (*text_at(meta_of(p), "namespace"))
		page_line(p, 0, "Namespace:", text_at(meta_of(p), "namespace"));
}

static void marks(struct page *p)
{
	page_map(p, 0, "Labels:", json_object_get(meta_of(p), "labels"), "=");
	page_map(p, 0, "Annotations:", json_object_get(meta_of(p), "annotations"), ": ");
}

/* ---- workloads -------------------------------------------------------------------------------------------------------------- */

/* Two blanks before each line. */
static void indented(struct page *p, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		(void) buf_printf(&p->b, "  %.*s\n", (int) n, text);
		text += n + (text[n] == '\n');
	}
}

static void template_lines(struct page *p)
{
	const json_t *template = json_object_get(p->spec, "template");
	struct page t = { .c = p->c, .b = BUF_INIT(16 * MiB), .pod = template };

	t.spec = json_object_get(template, "spec");
	(void) buf_puts(&p->b, "Pod Template:\n");
	page_map(&t, 0, "Labels:", json_object_get(json_object_get(template, "metadata"), "labels"), "=");
	page_containers(&t, "Init Containers:", "initContainers");
	page_containers(&t, "Containers:", "containers");
	page_volumes(&t);
	indented(p, t.b.data);
	buf_done(&t.b);
}

/* In which phase its pods are: those with the labels of its selector. */
static const char *pods_words(struct page *p)
{
	const json_t *labels = json_object_get(json_object_get(p->spec, "selector"), "matchLabels");
	static const char *const phases[] = { "Running", "Pending", "Succeeded", "Failed" };
	auto_buf struct buf selector = BUF_INIT(64 * KiB);
	long long n[LEN(phases)] = { 0 };
	struct kube_view_request q = { .node = this_node(p->c) };
	struct err ignored = { 0 };
	json_t *pods = NULL, *one;
	const char *key;
	size_t i;

	if (!labels) /* of a ReplicationController */
		labels = json_object_get(p->spec, "selector");
	json_object_foreach((json_t *) labels, key, one) if (json_is_string(one))(void)
		buf_printf(&selector, "%s%s=%s", selector.len ? "," : "", key, json_string_value(one));
	q.selector = selector.data;
	if (!selector.len || verb_kube_view(&p->c->engine, &q, &pods, &ignored) < 0)
		return "<unknown>";
	json_array_foreach(pods, i, one) for (size_t k = 0; k < LEN(phases); k++) n[k] +=
		!strcmp(text_at(json_object_get(one, "status"), "phase"), phases[k]);
	json_decref(pods);
	return arena_printf(&p->c->arena, "%lld Running / %lld Waiting / %lld Succeeded / %lld Failed", n[0],
		n[1], n[2], n[3]);
}

static void replicas(struct page *p, const char *kind)
{
	long long want = number(p->spec, "replicas"), have = number(p->status, "replicas"),
		  ready = number(p->status, "readyReplicas");

	if (!strcmp(kind, "Deployment")) {
		page_line(p, 0, "Replicas:",
			arena_printf(&p->c->arena,
				"%lld desired | %lld updated | %lld total | %lld available | %lld "
				"unavailable",
				want, number(p->status, "updatedReplicas"), have, ready,
				want > ready ? want - ready : 0));
		return;
	}
	if (!strcmp(kind, "StatefulSet"))
		page_line(p, 0,
			"Replicas:", arena_printf(&p->c->arena, "%lld desired | %lld total", want, have));
	else if (!strcmp(kind, "DaemonSet"))
		page_line(p, 0, "Desired Number of Nodes Scheduled:",
			arena_printf(&p->c->arena, " %lld", number(p->status, "desiredNumberScheduled")));
	else
		page_line(p, 0,
			"Replicas:", arena_printf(&p->c->arena, "%lld current / %lld desired", have, want));
	page_line(p, 0, "Pods Status:", pods_words(p));
}

static void conditions(struct page *p)
{
	const json_t *list = json_object_get(p->status, "conditions");

	if (!json_array_size(list))
		return;
	(void) buf_puts(&p->b, "Conditions:\n  Type                 Status  Reason\n");
	(void) buf_puts(&p->b, "  ----                 ------  ------\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);

		(void) buf_printf(&p->b, "  %-20s %-7s %s\n", text_at(c, "type"), text_at(c, "status"),
			text_at(c, "reason"));
	}
}

static void workload(struct page *p, const char *kind)
{
	const json_t *selector = json_object_get(p->spec, "selector"),
		     *labels = json_object_get(selector, "matchLabels");

	head(p);
	page_line(p, 0, "CreationTimestamp:",
		arena_printf(
			&p->c->arena, " %s", page_time(p, json_object_get(meta_of(p), "creationTimestamp"))));
	marks(p);
	page_map(p, 0, "Selector:", labels ? labels : selector, "=");
	replicas(p, kind);
	if (!strcmp(kind, "Deployment"))
		page_line(p, 0, "StrategyType:",
			or_word(text_at(json_object_get(p->spec, "strategy"), "type"), "RollingUpdate"));
	template_lines(p);
	conditions(p);
}

static void number_line(struct page *p, const char *title, const char *key)
{
	if (json_object_get(p->spec, key))
		page_line(p, 0, title, arena_printf(&p->c->arena, "%lld", number(p->spec, key)));
}

static void job(struct page *p)
{
	const json_t *s = p->status;

	head(p);
	page_map(
		p, 0, "Selector:", json_object_get(json_object_get(p->spec, "selector"), "matchLabels"), "=");
	marks(p);
	number_line(p, "Parallelism:", "parallelism");
	number_line(p, "Completions:", "completions");
	page_line(p, 0, "Completion Mode:", or_word(text_at(p->spec, "completionMode"), "NonIndexed"));
	page_line(p, 0, "Suspend:", json_is_true(json_object_get(p->spec, "suspend")) ? "true" : "false");
	if (json_object_get(p->spec, "backoffLimit"))
		number_line(p, "Backoff Limit:", "backoffLimit");
	else
		page_line(p, 0, "Backoff Limit:", "6");
	if (json_object_get(s, "startTime"))
		page_line(p, 0, "Start Time:", page_time(p, json_object_get(s, "startTime")));
	if (json_object_get(s, "completionTime"))
		page_line(p, 0, "Completed At:", page_time(p, json_object_get(s, "completionTime")));
	page_line(p, 0, "Pods Statuses:",
		arena_printf(&p->c->arena, "%lld Active (%lld Ready) / %lld Succeeded / %lld Failed",
			number(s, "active"), number(s, "ready"), number(s, "succeeded"),
			number(s, "failed")));
	if (*text_at(s, "completedIndexes"))
		page_line(p, 0, "Completed Indexes:",
			arena_printf(&p->c->arena, " %s", text_at(s, "completedIndexes")));
	template_lines(p);
	conditions(p);
}

/* ---- ConfigMaps and Secrets --------------------------------------------------------------------------------------------------- */

/* How many bytes base64 stands for. */
static size_t decoded_size(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += !isspace((unsigned char) *text) && *text != '=';
	return n * 3 / 4;
}

static void sizes(struct page *p, const json_t *map, const json_t *without, bool plain)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *) map, key, v)
	{
		const char *text = json_string_value(v) ? json_string_value(v) : "";

		if (!json_object_get(without, key))
			(void) buf_printf(
				&p->b, "%s:  %zu bytes\n", key, plain ? strlen(text) : decoded_size(text));
	}
}

static void config_map(struct page *p)
{
	const char *key;
	json_t *v;

	head(p);
	marks(p);
	(void) buf_puts(&p->b, "\nData\n====\n");
	json_object_foreach(json_object_get(p->pod, "data"), key, v)(void)
		buf_printf(&p->b, "%s:\n----\n%s\n\n", key, json_string_value(v) ? json_string_value(v) : "");
	(void) buf_puts(&p->b, "\nBinaryData\n====\n");
	sizes(p, json_object_get(p->pod, "binaryData"), NULL, false);
	(void) buf_puts(&p->b, "\n");
}

static void secret(struct page *p)
{
	const json_t *plain = json_object_get(p->pod, "stringData");

	head(p);
	marks(p);
	(void) buf_printf(&p->b, "\nType:  %s\n\nData\n====\n", or_word(text_at(p->pod, "type"), "Opaque"));
	sizes(p, json_object_get(p->pod, "data"), plain, false);
	sizes(p, plain, NULL, true); /* it goes before what data has of that name */
	(void) buf_puts(&p->b, "\n");
}

/* ---- storage, services -------------------------------------------------------------------------------------------------------- */

static bool uses(const json_t *pod, const char *claim)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(pod, "spec"), "volumes"), i,
		v) if (!strcmp(text_at(json_object_get(v, "persistentVolumeClaim"), "claimName"),
			       claim)) return true;
	return false;
}

static void used_by(struct page *p)
{
	struct kube_view_request q = { .node = this_node(p->c) };
	struct err ignored = { 0 };
	json_t *pods = NULL, *one;
	size_t i, n = 0;

	if (verb_kube_view(&p->c->engine, &q, &pods, &ignored) < 0)
		return;
	json_array_foreach(pods, i, one) if (uses(one, text_at(meta_of(p), "name")))
		page_line(p, 0, n++ ? "" : "Used By:",
			arena_strdup(&p->c->arena, text_at(json_object_get(one, "metadata"), "name")));
	if (!n)
		page_line(p, 0, "Used By:", "<none>");
	json_decref(pods);
}

static void modes(struct page *p)
{
	auto_buf struct buf b = BUF_INIT(4 * KiB);

	modes_cell(json_object_get(p->spec, "accessModes"), &b);
	page_line(p, 0, "Access Modes:", b.data ? b.data : "");
	page_line(p, 0, "VolumeMode:", or_word(text_at(p->spec, "volumeMode"), "Filesystem"));
}

static void claim(struct page *p)
{
	head(p);
	page_line(p, 0, "StorageClass:", text_at(p->spec, "storageClassName"));
	page_line(p, 0, "Status:", text_at(p->status, "phase"));
	page_line(p, 0, "Volume:", text_at(p->spec, "volumeName"));
	marks(p);
	page_line(p, 0, "Capacity:", text_at(json_object_get(p->status, "capacity"), "storage"));
	modes(p);
	used_by(p);
}

static void volume(struct page *p)
{
	const json_t *ref = json_object_get(p->spec, "claimRef");

	head(p);
	marks(p);
	page_line(p, 0, "StorageClass:", text_at(p->spec, "storageClassName"));
	page_line(p, 0, "Status:", text_at(p->status, "phase"));
	page_line(p, 0, "Claim:",
		*text_at(ref, "name")
			? arena_printf(&p->c->arena, "%s/%s", or_word(text_at(ref, "namespace"), "default"),
				  text_at(ref, "name"))
			: "");
	page_line(p, 0,
		"Reclaim Policy:", or_word(text_at(p->spec, "persistentVolumeReclaimPolicy"), "Retain"));
	modes(p);
	page_line(p, 0, "Capacity:", text_at(json_object_get(p->spec, "capacity"), "storage"));
}

static void service(struct page *p)
{
	json_t *port;
	size_t i;

	head(p);
	marks(p);
	page_map(p, 0, "Selector:", json_object_get(p->spec, "selector"), "=");
	page_line(p, 0, "Type:", or_word(text_at(p->spec, "type"), "ClusterIP"));
	json_array_foreach(json_object_get(p->spec, "ports"), i, port) page_line(p, 0, "Port:",
		arena_printf(&p->c->arena, "%s  %lld/%s", or_word(text_at(port, "name"), "<unset>"),
			number(port, "port"), or_word(text_at(port, "protocol"), "TCP")));
}

void page_object(struct page *p, const char *kind, bool events)
{
	static const struct {
		const char *kind;
		void (*write)(struct page *p);
	} pages[] = { { "Job", job }, { "ConfigMap", config_map }, { "Secret", secret },
		{ "PersistentVolumeClaim", claim }, { "PersistentVolume", volume }, { "Service", service } };
	size_t i = 0;

	while (i < LEN(pages) && strcmp(pages[i].kind, kind) != 0)
		i++;
	if (i < LEN(pages))
		pages[i].write(p);
	else
		workload(p, kind);
	if (events && strcmp(kind, "Secret") != 0)
		page_events(p);
	if (p->b.data)
		(void) fwrite(p->b.data, 1, p->b.len, stdout);
}
