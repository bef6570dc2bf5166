/* Probes, hooks, restart rules and termination messages as a monitor has them; Kubernetes' defaults are filled in here. */
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define SECOND_US 1000000
#define MESSAGE_PATH "/dev/termination-log"

static bool has(const char *s) { return s && *s; }

static void *make(struct kube_set *s, size_t n, size_t size)
{
	void *p = arena_array(s->arena, n, size);

	if (!p)
		s->no_memory = true;
	return p;
}

/* A number, or a name among the container's ports; 0: reported by check_care.c. */
static uint16_t port_of(const struct k8s_container *c, const struct node *port)
{
	int64_t v;

	if (!port)
		return 0;
	if (port->kind == NODE_INT && node_int(port, &v))
		return v > 0 && v <= UINT16_MAX ? (uint16_t) v : 0;
	for (size_t i = 0; i < c->ports.n; i++) {
		const struct k8s_port *p = LIST_AT(c->ports, const struct k8s_port, i);

		if (has(p->name) && strcmp(p->name, port->text) == 0)
			return p->container_port > 0 && p->container_port <= UINT16_MAX
				       ? (uint16_t) p->container_port
				       : 0;
	}
	return 0;
}

static void http(
	struct kube_set *s, const struct k8s_container *c, const struct k8s_http_get *k, struct handler *ret)
{
	struct care_header *h;

	ret->type = HANDLER_HTTP;
	ret->host = k->host;
	ret->path = k->path;
	ret->port = port_of(c, k->port);
	ret->tls = has(k->scheme) && strcmp(k->scheme, "HTTPS") == 0;
	ret->http2 = has(k->protocol) && strcmp(k->protocol, "HTTP2") == 0;
	if (!k->headers.n || !(h = make(s, k->headers.n, sizeof *h)))
		return;
	for (size_t i = 0; i < k->headers.n; i++) {
		const struct k8s_http_header *from = LIST_AT(k->headers, const struct k8s_http_header, i);

		h[i] = (struct care_header){ .name = from->name, .value = from->value };
	}
	ret->headers = (struct list){ h, k->headers.n };
}

static void handler(
	struct kube_set *s, const struct k8s_container *c, const struct k8s_handler *k, struct handler *ret)
{
	if (k->exec) {
		ret->type = HANDLER_EXEC;
		ret->argv = k->exec->command;
	} else if (k->http) {
		http(s, c, k->http, ret);
	} else if (k->tcp) {
		ret->type = HANDLER_TCP;
		ret->host = k->tcp->host;
		ret->port = port_of(c, k->tcp->port);
	} else if (k->grpc) {
		ret->type = HANDLER_GRPC;
		ret->port =
			k->grpc->port.v > 0 && k->grpc->port.v <= UINT16_MAX ? (uint16_t) k->grpc->port.v : 0;
		ret->service = k->grpc->service;
		ret->tls = has(k->grpc->mode) && strcmp(k->grpc->mode, "TLS") == 0;
	} else if (k->sleep) {
		ret->type = HANDLER_SLEEP;
		ret->sleep_us = k->sleep->seconds > 0 ? (uint64_t) k->sleep->seconds * SECOND_US : 0;
	}
}

static struct handler *hook(struct kube_set *s, const struct k8s_container *c, const struct k8s_handler *k)
{
	struct handler *ret = k ? make(s, 1, sizeof *ret) : NULL;

	if (ret)
		handler(s, c, k, ret);
	return ret;
}

/* 0 is "not given" in the API too. */
static uint32_t number(struct opt_i64 v, uint32_t otherwise)
{
	return v.set && v.v > 0 && v.v <= UINT32_MAX ? (uint32_t) v.v : otherwise;
}

static struct probe *probe(struct kube_set *s, const struct k8s_container *c, const struct k8s_probe *k)
{
	struct probe *ret = k ? make(s, 1, sizeof *ret) : NULL;

	if (!ret)
		return NULL;
	handler(s, c, &k->handler, &ret->handler);
	ret->delay_us = (uint64_t) number(k->delay, 0) * SECOND_US;
	ret->period_us = (uint64_t) number(k->period, 10) * SECOND_US;
	ret->timeout_us = (uint64_t) number(k->timeout, 1) * SECOND_US;
	ret->success = number(k->success, 1);
	ret->failure = number(k->failure, 3);
	if (k->grace.set && k->grace.v > 0) {
		ret->grace_us.set = true;
		ret->grace_us.v = k->grace.v * SECOND_US;
	}
	return ret;
}

static void rules(struct kube_set *s, const struct k8s_container *k, struct care *care)
{
	struct restart_rule *v;

	if (!k->rules.n || !(v = make(s, k->rules.n, sizeof *v)))
		return;
	for (size_t i = 0; i < k->rules.n; i++) {
		const struct k8s_restart_rule *from = LIST_AT(k->rules, const struct k8s_restart_rule, i);
		const struct node *codes = from->codes ? from->codes->values : NULL;
		int64_t code;

		v[i].op = from->codes && has(from->codes->op) && strcmp(from->codes->op, "NotIn") == 0
				  ? RULE_NOT_IN
				  : RULE_IN;
		v[i].action = has(from->action) && strcmp(from->action, "RestartAllContainers") == 0
				      ? RULE_RESTART_ALL
				      : RULE_RESTART;
		for (size_t n = 0; codes && codes->kind == NODE_LIST && n < codes->n; n++)
			if (node_int(codes->item[n], &code) &&
				strs_addf(&v[i].codes, s->arena, "%lld", (long long) code) < 0)
				s->no_memory = true;
	}
	care->rules = (struct list){ v, k->rules.n };
}

/* The container's own word before the pod's.  An init container runs to its end once, but is tried again when it fails,
 * unless nothing is to be restarted. */
static int restart_of(const struct k8s_pod_spec *p, const struct k8s_container *k, bool init)
{
	const char *word = has(k->restart) ? k->restart : has(p->restart) ? p->restart : "Always";

	if (strcmp(word, "Never") == 0)
		return RESTART_NO;
	return strcmp(word, "OnFailure") == 0 || (init && !has(k->restart)) ? RESTART_ON_FAILURE
									    : RESTART_ALWAYS;
}

void kube_care(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k, bool init,
	struct container_spec *c)
{
	struct care *care = make(s, 1, sizeof *care);

	if (!care)
		return;
	c->restart = restart_of(m->spec, k, init);
	c->role = !init ? ROLE_MEMBER : c->restart == RESTART_ALWAYS ? ROLE_SIDECAR : ROLE_INIT;
	care->startup = probe(s, k, k->startup);
	care->liveness = probe(s, k, k->liveness);
	care->readiness = probe(s, k, k->readiness);
	care->post_start = hook(s, k, k->lifecycle.post_start);
	care->pre_stop = hook(s, k, k->lifecycle.pre_stop);
	rules(s, k, care);
	care->message_logs =
		has(k->message_policy) && strcmp(k->message_policy, "FallbackToLogsOnError") == 0;
	c->message_path = has(k->message_path) ? k->message_path : (char *) (uintptr_t) MESSAGE_PATH;
	c->care = care;
}
