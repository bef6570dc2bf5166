/* Probes, hooks and restart rules: the rules Kubernetes' own validation has for them. */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define SECONDS_MAX 2147483647LL
#define GRACE_DEFAULT_S 30
#define RULES_MAX 20
#define CODES_MAX 255

static bool has(const char *s) { return s && *s; }

static bool is_sidecar(const struct k8s_container *c)
{
	return has(c->restart) && strcmp(c->restart, "Always") == 0;
}

/* A port's number, or the name of one of the container's; 0: reported, or reported by schema_check. */
static void check_port(struct kube_set *s, const struct k8s_container *c, const struct node *object,
	const struct node *port, const char *at)
{
	const char *names[65] = { 0 }, *near;
	int64_t v;
	size_t n = 0;

	if (!port || port->kind == NODE_NULL)
		return;
	if (node_int(port, &v) || port->kind == NODE_INT) {
		if (port->kind != NODE_INT || v < 1 || v > 65535)
			FAULT(s, place(object, "port"),
				"%s.port: expected an integer from 1 to 65535, got %s", at, port->text);
		return;
	}
	if (port->kind != NODE_STRING)
		return;
	for (size_t i = 0; i < c->ports.n; i++) {
		const char *name = LIST_AT(c->ports, const struct k8s_port, i)->name;

		if (has(name) && strcmp(name, port->text) == 0)
			return;
		if (has(name) && n < LEN(names) - 1)
			names[n++] = name;
	}
	near = text_nearest(port->text, names);
	FAULT(s, port, "%s.port: the container has no port named \"%s\"%s%s%s", at, port->text,
		near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool is_token(const char *s)
{
	if (!has(s))
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s >= 127 || strchr("()<>@,;:\\\"/[]?={}", *s))
			return false;
	return true;
}

static void check_headers(struct kube_set *s, const struct k8s_http_get *h, const char *at)
{
	for (size_t i = 0; i < h->headers.n; i++) {
		const struct k8s_http_header *k = LIST_AT(h->headers, const struct k8s_http_header, i);

		if (k->name && !is_token(k->name))
			FAULT(s, place(k->node, "name"),
				"%s.httpGet.httpHeaders[%zu].name: \"%s\" is no name of a header", at, i,
				k->name);
		if (k->value && strpbrk(k->value, "\r\n"))
			FAULT(s, place(k->node, "value"),
				"%s.httpGet.httpHeaders[%zu].value: may hold no line break", at, i);
	}
}

static void check_sleep(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_sleep *k, const char *at)
{
	int64_t grace = p->grace.set ? p->grace.v : GRACE_DEFAULT_S;

	if (k->seconds < 0 || k->seconds > grace)
		FAULT(s, place(k->node, "seconds"),
			"%s.sleep.seconds: expected an integer from 0 to terminationGracePeriodSeconds "
			"(%lld), "
			"got %lld",
			at, (long long) grace, (long long) k->seconds);
}

static void check_handler(struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c,
	const struct k8s_handler *h, bool probe, const char *at)
{
	int n = !!h->exec + !!h->http + !!h->tcp + !!h->grpc + !!h->sleep;
	char where[AT_MAX];

	if (!h->node || h->node->kind != NODE_MAP)
		return;
	if (n != 1)
		FAULT(s, h->node, "%s: %s: expected one of exec, httpGet, %s", at,
			n ? "has more than one handler" : "has no handler",
			probe ? "tcpSocket, grpc" : "sleep");
	if (h->exec && !h->exec->command.n)
		FAULT(s, place(h->exec->node, "command"), "%s.exec.command: required", at);
	if (h->http) {
		snprintf(where, sizeof where, "%s.httpGet", at);
		check_port(s, c, h->http->node, h->http->port, where);
		check_headers(s, h->http, at);
	}
	if (h->tcp && !probe) {
		FAULT(s, h->tcp->node,
			"%s.tcpSocket: Kubernetes accepts it and never runs it; use exec or httpGet", at);
	} else if (h->tcp) {
		snprintf(where, sizeof where, "%s.tcpSocket", at);
		check_port(s, c, h->tcp->node, h->tcp->port, where);
	}
	if (h->grpc && h->grpc->port.set && (h->grpc->port.v < 1 || h->grpc->port.v > 65535))
		FAULT(s, place(h->grpc->node, "port"),
			"%s.grpc.port: expected an integer from 1 to 65535, got %lld", at,
			(long long) h->grpc->port.v);
	if (h->sleep)
		check_sleep(s, p, h->sleep, at);
}

static void check_number(
	struct kube_set *s, const struct node *object, const char *key, struct opt_i64 v, const char *at)
{
	if (v.set && (v.v < 0 || v.v > SECONDS_MAX))
		FAULT(s, place(object, key), "%s.%s: expected an integer from 0 to 2147483647, got %lld", at,
			key, (long long) v.v);
}

static void check_probe(struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c,
	const struct k8s_probe *k, const char *key, const char *at)
{
	const struct node *n;
	char where[AT_MAX];

	if (!k)
		return;
	snprintf(where, sizeof where, "%s.%s", at, key);
	n = k->handler.node;
	check_handler(s, p, c, &k->handler, true, where);
	check_number(s, n, "initialDelaySeconds", k->delay, where);
	check_number(s, n, "timeoutSeconds", k->timeout, where);
	check_number(s, n, "periodSeconds", k->period, where);
	check_number(s, n, "successThreshold", k->success, where);
	check_number(s, n, "failureThreshold", k->failure, where);
	if (k->success.set && k->success.v > 1 && strcmp(key, "readinessProbe") != 0)
		FAULT(s, place(n, "successThreshold"), "%s.successThreshold: must be 1, got %lld", where,
			(long long) k->success.v);
	if (k->grace.set && strcmp(key, "readinessProbe") == 0)
		FAULT(s, place(n, "terminationGracePeriodSeconds"),
			"%s.terminationGracePeriodSeconds: a readiness probe ends nothing", where);
	else if (k->grace.set && (k->grace.v < 1 || k->grace.v > SECONDS_MAX))
		FAULT(s, place(n, "terminationGracePeriodSeconds"),
			"%s.terminationGracePeriodSeconds: expected an integer from 1 to 2147483647, got "
			"%lld",
			where, (long long) k->grace.v);
}

static void check_codes(struct kube_set *s, const struct k8s_exit_codes *c, const char *at)
{
	size_t n = c->values && c->values->kind == NODE_LIST ? c->values->n : 0;

	if (!n || n > CODES_MAX)
		FAULT(s, place(c->node, "values"), "%s.exitCodes.values: expected 1 to 255 exit codes", at);
	for (size_t i = 0; i < n; i++) {
		int64_t v;

		if (node_int(c->values->item[i], &v) && (v < 0 || v > 255))
			FAULT(s, c->values->item[i],
				"%s.exitCodes.values[%zu]: expected an integer from 0 to 255, got %s", at, i,
				c->values->item[i]->text);
	}
}

static void check_rules(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	if (c->rules.n && !has(c->restart))
		FAULT(s, place(c->node, "restartPolicyRules"), "%s.restartPolicyRules: needs restartPolicy",
			at);
	if (c->rules.n > RULES_MAX)
		FAULT(s, place(c->node, "restartPolicyRules"),
			"%s.restartPolicyRules: at most 20 rules, got %zu", at, c->rules.n);
	for (size_t i = 0; i < c->rules.n; i++) {
		const struct k8s_restart_rule *r = LIST_AT(c->rules, const struct k8s_restart_rule, i);

		snprintf(where, sizeof where, "%s.restartPolicyRules[%zu]", at, i);
		if (!r->codes)
			FAULT(s, r->node, "%s.exitCodes: required", where);
		else
			check_codes(s, r->codes, where);
	}
}

/* An init container that ends has no use for what watches over one that runs. */
static void check_ending(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	static const char *const keys[] = { "livenessProbe", "readinessProbe", "startupProbe" };

	for (size_t i = 0; i < LEN(keys); i++)
		if (node_get(c->node, keys[i]) && node_get(c->node, keys[i])->kind != NODE_NULL)
			FAULT(s, place(c->node, keys[i]),
				"%s.%s: an init container without restartPolicy: Always runs to its end and "
				"has no "
				"probes",
				at, keys[i]);
	if (c->lifecycle.post_start || c->lifecycle.pre_stop)
		FAULT(s, place(c->node, "lifecycle"),
			"%s.lifecycle: an init container without restartPolicy: Always has no hooks", at);
}

void kube_check_care(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	bool init, const char *at)
{
	const struct k8s_pod_spec *p = m->spec;
	char where[AT_MAX];

	if (init && !is_sidecar(c)) {
		check_ending(s, c, at);
	} else {
		check_probe(s, p, c, c->startup, "startupProbe", at);
		check_probe(s, p, c, c->liveness, "livenessProbe", at);
		check_probe(s, p, c, c->readiness, "readinessProbe", at);
		snprintf(where, sizeof where, "%s.lifecycle.postStart", at);
		if (c->lifecycle.post_start)
			check_handler(s, p, c, c->lifecycle.post_start, false, where);
		snprintf(where, sizeof where, "%s.lifecycle.preStop", at);
		if (c->lifecycle.pre_stop)
			check_handler(s, p, c, c->lifecycle.pre_stop, false, where);
	}
	check_rules(s, c, at);
	if (has(c->message_path) && c->message_path[0] != '/')
		FAULT(s, place(c->node, "terminationMessagePath"),
			"%s.terminationMessagePath: expected an absolute path, got \"%s\"", at,
			c->message_path);
}
