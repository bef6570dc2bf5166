/*
 * kube_describe.c — kube describe: kubectl's page about a pod.  kube_describe_kinds.c has those about other kinds.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/podctl/kube_get.h"
#include "cmd/podctl/kube_page.h"
#include "cmd/podctl/kube_view.h"
#include "cmd/podctl/kube_words.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/verb/kube_view.h"

void page_line(struct page *p, int depth, const char *key, const char *value)
{
	(void) buf_printf(&p->b, "%*s%-*s%s\n", depth * 2, "", depth ? 20 - 2 * depth : 18, key, value);
}

static const char *or_none(const char *s) { return s && *s ? s : "<none>"; }

const char *page_time(struct page *p, const json_t *time)
{
	uint64_t us = json_time(time);
	time_t s = (time_t) (us / 1000000);
	char text[64] = "<unknown>";
	struct tm tm;

	if (us && localtime_r(&s, &tm))
		(void) strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S %z", &tm);
	return arena_strdup(&p->c->arena, text);
}

/* A scalar as people write it. */
static const char *scalar(struct page *p, const json_t *v)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		return arena_printf(&p->c->arena, "%lld", (long long) json_integer_value(v));
	if (json_is_real(v))
		return arena_printf(&p->c->arena, "%g", json_real_value(v));
	return json_is_true(v) ? "true" : json_is_false(v) ? "false" : "";
}

void page_map(struct page *p, int depth, const char *title, const json_t *map, const char *between)
{
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *) map, key, v) page_line(
		p, depth, n++ ? "" : title, arena_printf(&p->c->arena, "%s%s%s", key, between, scalar(p, v)));
	if (!n)
		page_line(p, depth, title, "<none>");
}

/* ---- one container ------------------------------------------------------------------------------------------------------- */

static void list_lines(struct page *p, const char *title, const json_t *list)
{
	if (!json_array_size(list))
		return;
	(void) buf_printf(&p->b, "    %s\n", title);
	for (size_t i = 0; i < json_array_size(list); i++)
		(void) buf_printf(&p->b, "      %s\n", scalar(p, json_array_get(list, i)));
}

static void port_lines(struct page *p, const json_t *ports)
{
	auto_buf struct buf in = BUF_INIT(64 * KiB), out = BUF_INIT(64 * KiB);
	size_t n = json_array_size(ports);

	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(ports, i);
		const char *proto = *text_at(one, "protocol") ? text_at(one, "protocol") : "TCP";

		(void) buf_printf(&in, "%s%lld/%s%s%s%s", i ? ", " : "",
			(long long) json_integer_value(json_object_get(one, "containerPort")), proto,
			*text_at(one, "name") ? " (" : "", text_at(one, "name"),
			*text_at(one, "name") ? ")" : "");
		(void) buf_printf(&out, "%s%lld/%s", i ? ", " : "",
			(long long) json_integer_value(json_object_get(one, "hostPort")), proto);
	}
	page_line(p, 2, n > 1 ? "Ports:" : "Port:", n ? in.data : "<none>");
	page_line(p, 2, n > 1 ? "Host Ports:" : "Host Port:", n ? out.data : "<none>");
}

static void state_lines(struct page *p, const char *title, const json_t *state)
{
	const json_t *running = json_object_get(state, "running"),
		     *waiting = json_object_get(state, "waiting"),
		     *ended = json_object_get(state, "terminated");

	page_line(p, 2, title, running ? "Running" : ended ? "Terminated" : "Waiting");
	if (running)
		page_line(p, 3, "Started:", page_time(p, json_object_get(running, "startedAt")));
	if (waiting && *text_at(waiting, "reason"))
		page_line(p, 3, "Reason:", text_at(waiting, "reason"));
	if (waiting && *text_at(waiting, "message"))
		page_line(p, 3, "Message:", text_at(waiting, "message"));
	if (!ended)
		return;
	page_line(p, 3, "Reason:", text_at(ended, "reason"));
	if (*text_at(ended, "message"))
		page_line(p, 3, "Message:", text_at(ended, "message"));
	page_line(p, 3, "Exit Code:", scalar(p, json_object_get(ended, "exitCode")));
	page_line(p, 3, "Started:", page_time(p, json_object_get(ended, "startedAt")));
	page_line(p, 3, "Finished:", page_time(p, json_object_get(ended, "finishedAt")));
}

static void resource_lines(struct page *p, const char *title, const json_t *map)
{
	const char *key;
	json_t *v;

	if (!json_object_size(map))
		return;
	(void) buf_printf(&p->b, "    %s\n", title);
	json_object_foreach((json_t *) map, key, v)(void)
		buf_printf(&p->b, "      %s:  %s\n", key, scalar(p, v));
}

static int number(const json_t *probe, const char *key, int usual)
{
	const json_t *v = json_object_get(probe, key);

	return v ? (int) json_integer_value(v) : usual;
}

static const char *handler_words(struct page *p, const json_t *h)
{
	struct arena *a = &p->c->arena;
	const json_t *http = json_object_get(h, "httpGet"), *tcp = json_object_get(h, "tcpSocket"),
		     *exec = json_object_get(h, "exec"), *grpc = json_object_get(h, "grpc");
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	if (http) {
		(void) buf_puts(&b, *text_at(http, "scheme") ? text_at(http, "scheme") : "HTTP");
		for (size_t i = 0; b.data && i < b.len; i++)
			b.data[i] = (char) tolower((unsigned char) b.data[i]);
		return arena_printf(a, "http-get %s://%s:%s%s", b.data ? b.data : "http",
			text_at(http, "host"), scalar(p, json_object_get(http, "port")),
			text_at(http, "path"));
	}
	if (tcp)
		return arena_printf(
			a, "tcp-socket %s:%s", text_at(tcp, "host"), scalar(p, json_object_get(tcp, "port")));
	if (grpc)
		return arena_printf(a, "grpc <pod>:%s %s", scalar(p, json_object_get(grpc, "port")),
			text_at(grpc, "service"));
	for (size_t i = 0; i < json_array_size(json_object_get(exec, "command")); i++)
		(void) buf_printf(&b, "%s%s", i ? " " : "",
			scalar(p, json_array_get(json_object_get(exec, "command"), i)));
	return arena_printf(a, "exec [%s]", b.data ? b.data : "");
}

static void probe_line(struct page *p, const char *title, const json_t *probe)
{
	if (probe)
		page_line(p, 2, title,
			arena_printf(&p->c->arena,
				"%s delay=%ds timeout=%ds period=%ds #success=%d #failure=%d",
				handler_words(p, probe), number(probe, "initialDelaySeconds", 0),
				number(probe, "timeoutSeconds", 1), number(probe, "periodSeconds", 10),
				number(probe, "successThreshold", 1), number(probe, "failureThreshold", 3)));
}

static const char *env_words(struct page *p, const json_t *env)
{
	struct arena *a = &p->c->arena;
	const json_t *from = json_object_get(env, "valueFrom"), *ref;

	if ((ref = json_object_get(from, "configMapKeyRef")))
		return arena_printf(a, "<set to the key '%s' of config map '%s'>", text_at(ref, "key"),
			text_at(ref, "name"));
	if ((ref = json_object_get(from, "secretKeyRef")))
		return arena_printf(
			a, "<set to the key '%s' in secret '%s'>", text_at(ref, "key"), text_at(ref, "name"));
	if ((ref = json_object_get(from, "fieldRef")))
		return arena_printf(a, "(v1:%s)", text_at(ref, "fieldPath"));
	if ((ref = json_object_get(from, "resourceFieldRef")))
		return arena_printf(a, "(%s)", text_at(ref, "resource"));
	return text_at(env, "value");
}

static void env_lines(struct page *p, const json_t *spec)
{
	const json_t *from = json_object_get(spec, "envFrom"), *env = json_object_get(spec, "env");

	if (json_array_size(from))
		(void) buf_puts(&p->b, "    Environment Variables from:\n");
	for (size_t i = 0; i < json_array_size(from); i++) {
		const json_t *one = json_array_get(from, i), *map = json_object_get(one, "configMapRef"),
			     *secret = json_object_get(one, "secretRef");

		(void) buf_printf(&p->b, "      %s  %s  Optional: %s\n", text_at(map ? map : secret, "name"),
			map ? "ConfigMap" : "Secret",
			json_is_true(json_object_get(map ? map : secret, "optional")) ? "true" : "false");
	}
	if (!json_array_size(env)) {
		page_line(p, 2, "Environment:", "<none>");
		return;
	}
	(void) buf_puts(&p->b, "    Environment:\n");
	for (size_t i = 0; i < json_array_size(env); i++)
		(void) buf_printf(&p->b, "      %s:  %s\n", text_at(json_array_get(env, i), "name"),
			env_words(p, json_array_get(env, i)));
}

static void mount_lines(struct page *p, const json_t *mounts)
{
	if (!json_array_size(mounts)) {
		page_line(p, 2, "Mounts:", "<none>");
		return;
	}
	(void) buf_puts(&p->b, "    Mounts:\n");
	for (size_t i = 0; i < json_array_size(mounts); i++) {
		const json_t *m = json_array_get(mounts, i);

		(void) buf_printf(&p->b, "      %s from %s (%s%s%s%s)\n", text_at(m, "mountPath"),
			text_at(m, "name"), json_is_true(json_object_get(m, "readOnly")) ? "ro" : "rw",
			*text_at(m, "subPath") ? ",path=\"" : "", text_at(m, "subPath"),
			*text_at(m, "subPath") ? "\"" : "");
	}
}

static void container_status(struct page *p, const json_t *s)
{
	state_lines(p, "State:", json_object_get(s, "state"));
	if (json_object_size(json_object_get(s, "lastState")))
		state_lines(p, "Last State:", json_object_get(s, "lastState"));
	page_line(p, 2, "Ready:", json_is_true(json_object_get(s, "ready")) ? "True" : "False");
	page_line(p, 2, "Restart Count:", scalar(p, json_object_get(s, "restartCount")));
}

static void container(struct page *p, const json_t *spec)
{
	const char *name = text_at(spec, "name");
	const json_t *s = status_of(p->pod, name), *resources = json_object_get(spec, "resources");

	(void) buf_printf(&p->b, "  %s:\n", name);
	if (p->status)
		page_line(p, 2, "Container ID:", text_at(s, "containerID"));
	page_line(p, 2, "Image:", text_at(spec, "image"));
	if (p->status)
		page_line(p, 2, "Image ID:", text_at(s, "imageID"));
	port_lines(p, json_object_get(spec, "ports"));
	list_lines(p, "Command:", json_object_get(spec, "command"));
	list_lines(p, "Args:", json_object_get(spec, "args"));
	if (p->status)
		container_status(p, s);
	resource_lines(p, "Limits:", json_object_get(resources, "limits"));
	resource_lines(p, "Requests:", json_object_get(resources, "requests"));
	probe_line(p, "Liveness:", json_object_get(spec, "livenessProbe"));
	probe_line(p, "Readiness:", json_object_get(spec, "readinessProbe"));
	probe_line(p, "Startup:", json_object_get(spec, "startupProbe"));
	env_lines(p, spec);
	mount_lines(p, json_object_get(spec, "volumeMounts"));
}

void page_containers(struct page *p, const char *title, const char *key)
{
	const json_t *list = json_object_get(p->spec, key);

	if (json_array_size(list))
		(void) buf_printf(&p->b, "%s\n", title);
	for (size_t i = 0; i < json_array_size(list); i++)
		container(p, json_array_get(list, i));
}

/* ---- the pod ---------------------------------------------------------------------------------------------------------------- */

static void head(struct page *p)
{
	const json_t *meta = json_object_get(p->pod, "metadata");

	page_line(p, 0, "Name:", text_at(meta, "name"));
	page_line(p, 0, "Namespace:", text_at(meta, "namespace"));
	page_line(p, 0, "Priority:", "0");
	page_line(p, 0, "Service Account:",
		*text_at(p->spec, "serviceAccountName") ? text_at(p->spec, "serviceAccountName") : "default");
	page_line(p, 0, "Node:",
		arena_printf(
			&p->c->arena, "%s/%s", text_at(p->spec, "nodeName"), text_at(p->status, "hostIP")));
	page_line(p, 0, "Start Time:", page_time(p, json_object_get(p->status, "startTime")));
	page_map(p, 0, "Labels:", json_object_get(meta, "labels"), "=");
	page_map(p, 0, "Annotations:", json_object_get(meta, "annotations"), ": ");
	page_line(p, 0, "Status:", text_at(p->status, "phase"));
	if (*text_at(p->status, "reason"))
		page_line(p, 0, "Reason:", text_at(p->status, "reason"));
	if (*text_at(p->status, "message"))
		page_line(p, 0, "Message:", text_at(p->status, "message"));
	page_line(p, 0, "IP:", text_at(p->status, "podIP"));
	if (*text_at(p->status, "podIP"))
		(void) buf_printf(&p->b, "IPs:\n  IP:  %s\n", text_at(p->status, "podIP"));
	else
		page_line(p, 0, "IPs:", "<none>");
}

static void conditions(struct page *p)
{
	const json_t *list = json_object_get(p->status, "conditions");

	if (!json_array_size(list))
		return;
	(void) buf_puts(&p->b, "Conditions:\n  Type                        Status\n");
	for (size_t i = 0; i < json_array_size(list); i++)
		(void) buf_printf(&p->b, "  %-27s %s\n", text_at(json_array_get(list, i), "type"),
			text_at(json_array_get(list, i), "status"));
}

/* kubectl's names for the kinds of volumes it explains; others go by their key. */
static const char *volume_words(const char *key)
{
	static const struct {
		const char *key, *words;
	} kinds[] = {
		{ "emptyDir", "EmptyDir (a temporary directory that shares a pod's lifetime)" },
		{ "hostPath", "HostPath (bare host directory volume)" },
		{ "configMap", "ConfigMap (a volume populated by a ConfigMap)" },
		{ "secret", "Secret (a volume populated by a Secret)" },
		{ "persistentVolumeClaim", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in "
					   "the same namespace)" },
		{ "projected", "Projected (a volume that contains injected data from multiple sources)" },
		{ "downwardAPI", "DownwardAPI (a volume populated by information about the pod)" },
		{ "ephemeral", "EphemeralVolume (an inline specification for a volume that gets created and "
			       "deleted with the pod)" },
		{ "nfs", "NFS (an NFS mount that lasts the lifetime of a pod)" },
		{ "image", "Image (a container image or OCI artifact)" },
	};

	for (size_t i = 0; i < LEN(kinds); i++)
		if (!strcmp(kinds[i].key, key))
			return kinds[i].words;
	return key;
}

void page_volumes(struct page *p)
{
	const json_t *list = json_object_get(p->spec, "volumes");

	if (!json_array_size(list)) {
		page_line(p, 0, "Volumes:", "<none>");
		return;
	}
	(void) buf_puts(&p->b, "Volumes:\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const char *key, *sub;
		json_t *source, *one;

		(void) buf_printf(&p->b, "  %s:\n", text_at(v, "name"));
		json_object_foreach((json_t *) v, key, source)
		{
			if (!json_is_object(source))
				continue;
			(void) buf_printf(&p->b, "    %-12s %s\n", "Type:", volume_words(key));
			json_object_foreach(
				source, sub, one) if (!json_is_object(one) && !json_is_array(one))(void)
				buf_printf(&p->b, "    %c%s: %*s%s\n", toupper((unsigned char) *sub), sub + 1,
					strlen(sub) < 11 ? (int) (11 - strlen(sub)) : 0, "", scalar(p, one));
		}
	}
}

void page_events(struct page *p)
{
	const json_t *list = json_object_get(p->pod, "events");
	uint64_t now = time_now_us();
	auto_buf struct buf rows = BUF_INIT(4 * MiB);

	if (!json_array_size(list)) {
		page_line(p, 0, "Events:", "<none>");
		return;
	}
	(void) buf_puts(&p->b, "Events:\n");
	(void) fwrite(p->b.data, 1, p->b.len, stdout);
	buf_clear(&p->b);
	(void) buf_puts(&rows, "  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *e = json_array_get(list, i);
		const char *age = age_of(&p->c->arena, json_object_get(e, "lastTimestamp"), now);
		json_int_t n = json_integer_value(json_object_get(e, "count"));

		if (n > 1)
			age = arena_printf(&p->c->arena, "%s (x%lld over %s)", age, (long long) n,
				age_of(&p->c->arena, json_object_get(e, "firstTimestamp"), now));
		(void) buf_printf(&rows, "  %s\t%s\t%s\tpodctl\t%s\n", text_at(e, "type"),
			text_at(e, "reason"), age, text_at(e, "message"));
	}
	print_columns(rows.data ? rows.data : "");
}

static void describe_pod(struct page *p, const struct describe_command *r)
{
	head(p);
	page_containers(p, "Init Containers:", "initContainers");
	page_containers(p, "Containers:", "containers");
	conditions(p);
	page_volumes(p);
	page_line(p, 0, "QoS Class:", text_at(p->status, "qosClass"));
	page_line(p, 0, "Node-Selectors:", or_none(NULL));
	page_line(p, 0, "Tolerations:", or_none(NULL));
	if (!r->no_events)
		page_events(p);
	if (p->b.data)
		(void) fwrite(p->b.data, 1, p->b.len, stdout);
}

static void describe(struct cli *c, const struct describe_command *r, const char *kind, const json_t *object)
{
	struct page p = { .c = c, .b = BUF_INIT(16 * MiB), .pod = object };

	p.spec = json_object_get(object, "spec");
	p.status = json_object_get(object, "status");
	if (!strcmp(kind, "Pod"))
		describe_pod(&p, r);
	else
		page_object(&p, kind, !r->no_events);
	buf_done(&p.b);
}

static int look(struct cli *c, const struct describe_command *r, struct kube_wanted *w, struct err *err)
{
	struct kube_view_request q = {
		.names = w->names, .selector = r->selector, .node = this_node(c), .events = true
	};

	int rc;

	if (strcmp(w->r->kind, "Pod") == 0)
		return verb_kube_view(&c->engine, &q, &w->list, err);
	rc = verb_kube_objects(&c->engine, w->r, &w->names, r->selector, &w->list, err);
	return rc < 0 || r->no_events ? rc : verb_kube_object_events(&c->engine, w->r, w->list, err);
}

int run_describe(struct cli *c, void *request, struct err *err)
{
	struct describe_command *r = request;
	struct kube_asked *q = arena_alloc(&c->arena, sizeof *q);
	int rc = q ? kube_args_read(c, q, err) : err_sys(err, ENOMEM, "read the arguments");
	bool any = false;

	for (size_t i = 0; rc == 0 && i < q->n; i++)
		rc = look(c, r, &q->v[i], err);
	for (size_t i = 0; rc == 0 && i < q->n; i++)
		for (size_t k = 0; k < json_array_size(q->v[i].list); k++) {
			if (any)
				(void) fputs("\n\n", stdout);
			any = true;
			describe(c, r, q->v[i].r->kind, json_array_get(q->v[i].list, k));
		}
	if (rc == 0 && !any)
		(void) fputs("No resources found in default namespace.\n", stderr);
	for (size_t i = 0; q && i < q->n; i++)
		json_decref(q->v[i].list);
	return rc;
}

#define D struct describe_command
static int opt_show_events(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--show-events %s: expected true or false", value);
	((D *) request)->no_events = !strcmp(value, "false");
	return 0;
}

const struct option describe_options[] = {
	O_STR(D, namespace, "namespace", 'n', "NAME",
		"Accepted for kubectl's sake: one machine is one namespace"),
	O_STR(D, selector, "selector", 'l', "SELECTOR", "Those with these labels"),
	{ .name = "show-events",
		.kind = OPT_FN,
		.fn = opt_show_events,
		.help = "With its events (default true)",
		.implied = "true" },
	O_END,
};
#undef D
