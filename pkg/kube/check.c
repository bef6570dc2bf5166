/* Rules over whole documents: names, sizes, what is given twice, host ports of all pods. */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define CONFIG_MAX (1024 * 1024) /* what etcd lets the API server keep of a ConfigMap or Secret */

/* Objects of RBAC have names of any form. */
static bool name_is_valid_for(const struct kube_kind *k, const char *name)
{
	if (strstr(k->api, "rbac."))
		return true;
	return strcmp(k->name, "Namespace") == 0 ? dns_label_is_valid(name) : dns_subdomain_is_valid(name);
}

static void check_meta(struct kube_set *s, const struct kube_doc *d)
{
	const struct node *meta = node_get(d->node, "metadata"), *given = node_get(meta, "name"),
			  *space = node_get(meta, "namespace");
	const char *dot = *d->at ? "." : "";
	char at[AT_MAX];

	snprintf(at, sizeof at, "%s%smetadata", d->at, dot);
	if (!given || given->kind == NODE_NULL || (given->kind == NODE_STRING && !*given->text))
		FAULT(s, place(meta && meta->kind == NODE_MAP ? meta : d->node, given ? "name" : NULL),
			"%s.name: Required value%s", at,
			node_get(meta, "generateName")
				? ": podctl makes up no names, generateName is not enough"
				: "");
	else if (given->kind == NODE_STRING && !name_is_valid_for(d->kind, d->name))
		FAULT(s, given, "%s.name: \"%s\" is no name: at most %s, a letter or digit first and last",
			at, d->name,
			strcmp(d->kind->name, "Namespace") == 0 ? "63 lower-case letters, digits and -"
								: "253 lower-case letters, digits, - and .");
	if (!space || space->kind != NODE_STRING || !*space->text)
		return;
	if (!dns_label_is_valid(space->text))
		FAULT(s, space,
			"%s.namespace: \"%s\" is no namespace: at most 63 lower-case letters, digits and -, "
			"a letter or "
			"digit first and last",
			at, space->text);
	else if (strcmp(space->text, "default") != 0)
		REMARK(s, DIAG_NOTE, space, "%s.namespace: has no effect: podctl has one namespace", at);
}

static size_t size_of(const struct node *map)
{
	size_t size = 0;

	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		size += strlen(map->item[i]->text);
	return size;
}

/* What a Secret of one of Kubernetes' own types must hold. */
static void check_secret_type(struct kube_set *s, const struct kube_doc *d)
{
	static const struct {
		const char *type, *key[2];
		bool any; /* one of them will do */
	} types[] = {
		{ "kubernetes.io/tls", { "tls.crt", "tls.key" }, false },
		{ "kubernetes.io/dockerconfigjson", { ".dockerconfigjson", NULL }, false },
		{ "kubernetes.io/dockercfg", { ".dockercfg", NULL }, false },
		{ "kubernetes.io/ssh-auth", { "ssh-privatekey", NULL }, false },
		{ "kubernetes.io/basic-auth", { "username", "password" }, true },
	};
	const struct node *type = node_get(d->node, "type");

	for (size_t i = 0; type && type->kind == NODE_STRING && i < LEN(types); i++) {
		bool has[2] = { true, true };

		if (strcmp(types[i].type, type->text) != 0)
			continue;
		for (size_t k = 0; k < 2 && types[i].key[k]; k++)
			has[k] = node_get(d->config->data, types[i].key[k]) ||
				 node_get(d->config->strings, types[i].key[k]);
		for (size_t k = 0; k < 2; k++)
			if (!has[k] && !(types[i].any && has[!k]))
				FAULT(s, type, "%s%sdata[%s]: Required value: a Secret of type %s has it",
					d->at, *d->at ? "." : "", types[i].key[k], types[i].type);
	}
}

/* The credentials of a registry are JSON; what else is given there is never printed. */
static void check_credentials(struct kube_set *s, const struct kube_doc *d)
{
	static const char *const keys[] = { ".dockerconfigjson", ".dockercfg" };
	const struct node *type = node_get(d->node, "type");

	for (size_t i = 0; type && type->kind == NODE_STRING && i < LEN(keys); i++) {
		struct kube_data data = { d->config->strings, d->config->data };
		const struct node *given = node_get(data.plain, keys[i]);
		struct err err = { 0 };
		const char *text;
		bool binary;
		json_t *v;

		given = given ? given : node_get(data.base64, keys[i]);
		if (!given || strncmp(type->text, "kubernetes.io", 13) != 0 ||
			strcmp(type->text + 14, keys[i] + 1) != 0)
			continue;
		text = kube_config_text(s, &data, keys[i], &binary);
		v = text ? json_parse(text, strlen(text), &err) : NULL;
		if (!json_is_object(v))
			FAULT(s, given,
				"%s%sdata[%s]: Invalid value: is no JSON object such as "
				"~/.docker/config.json holds",
				d->at, *d->at ? "." : "", keys[i]);
		json_decref(v);
	}
}

/* What is made for a ServiceAccount names it. */
static void check_token(struct kube_set *s, const struct kube_doc *d)
{
	static const char name[] = "kubernetes.io/service-account.name";
	const struct node *type = node_get(d->node, "type"),
			  *given = node_get(node_get(node_get(d->node, "metadata"), "annotations"), name);

	if (type && type->kind == NODE_STRING &&
		strcmp(type->text, "kubernetes.io/service-account-token") == 0 && (!given || !*given->text))
		FAULT(s, type, "%s%smetadata.annotations[%s]: Required value", d->at, *d->at ? "." : "",
			name);
}

static void check_config(struct kube_set *s, const struct kube_doc *d)
{
	const struct k8s_config *c = d->config;
	bool secret = strcmp(d->kind->name, "Secret") == 0;
	const char *dot = *d->at ? "." : "";
	size_t size = size_of(c->data) + size_of(c->binary) + size_of(c->strings);

	for (size_t i = 0; !secret && c->binary && c->binary->kind == NODE_MAP && i < c->binary->n; i++)
		if (node_get(c->data, c->binary->key[i]->text))
			FAULT(s, c->binary->key[i], "%s%sbinaryData.%s: is given in data too", d->at, dot,
				c->binary->key[i]->text);
	if (secret) {
		check_secret_type(s, d);
		check_credentials(s, d);
		check_token(s, d);
	}
	if (size > CONFIG_MAX)
		FAULT(s, d->node, "%s%s%s: %zu bytes of data, Kubernetes keeps at most 1 MiB", d->at, dot,
			*d->name ? d->name : "document", size);
}

/* Two documents that would be one object.  Names are compared through a sorted index: manifests may hold thousands. */
struct name_ref {
	const char *kind, *name, *file;
	const struct node *node;
};

static int by_name(const void *pa, const void *pb)
{
	const struct name_ref *a = pa, *b = pb;
	int c = strcmp(a->kind, b->kind);

	if (c || (c = strcmp(a->name, b->name)))
		return c;
	if ((c = strcmp(a->file, b->file)))
		return c;
	return a->node->line != b->node->line ? a->node->line - b->node->line : a->node->col - b->node->col;
}

static void check_twins(struct kube_set *s)
{
	auto_free struct name_ref *v = calloc(s->n + s->members + 1, sizeof *v);
	size_t n = 0;

	if (!v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < s->members; i++)
		if (*s->member[i].doc->name)
			v[n++] = (struct name_ref){ "Pod", s->member[i].name, s->member[i].doc->file,
				s->member[i].doc->node };
	for (size_t i = 0; i < s->n; i++)
		if (s->doc[i].kind && *s->doc[i].name && !s->doc[i].pod)
			v[n++] = (struct name_ref){ s->doc[i].kind->name, s->doc[i].name, s->doc[i].file,
				s->doc[i].node };
	qsort(v, n, sizeof *v, by_name);
	for (size_t i = 1; i < n; i++) {
		const struct name_ref *a = &v[i - 1], *b = &v[i];

		if (strcmp(a->kind, b->kind) != 0 || strcmp(a->name, b->name) != 0)
			continue;
		s->diag->file = b->file;
		FAULT(s, place(node_get(b->node, "metadata"), "name"),
			"metadata.name: %s \"%s\" is given twice, the first is at %s:%d", b->kind, b->name,
			a->file, a->node->line);
	}
}

struct port_ref {
	const struct kube_member *m;
	const struct k8s_port *p;
	int64_t port;
	char at[64];
};

static int by_port(const void *pa, const void *pb)
{
	const struct port_ref *a = pa, *b = pb;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->p->proto != b->p->proto)
		return a->p->proto - b->p->proto;
	if (a->m != b->m)
		return a->m < b->m ? -1 : 1;
	return a->p < b->p ? -1 : a->p > b->p;
}

static bool same_address(const char *a, const char *b)
{
	bool any_a = !a || !*a || strcmp(a, "0.0.0.0") == 0 || strcmp(a, "::") == 0;
	bool any_b = !b || !*b || strcmp(b, "0.0.0.0") == 0 || strcmp(b, "::") == 0;

	return any_a || any_b || strcmp(a, b) == 0;
}

static size_t ports_of(const struct kube_member *m, struct port_ref *v)
{
	size_t n = 0;

	for (size_t i = 0; i < m->spec->containers.n; i++) {
		const struct k8s_container *c = LIST_AT(m->spec->containers, const struct k8s_container, i);

		for (size_t j = 0; j < c->ports.n; j++) {
			const struct k8s_port *p = LIST_AT(c->ports, const struct k8s_port, j);
			int64_t port = p->host_port            ? p->host_port
				       : m->spec->host_network ? p->container_port
							       : 0;

			if (port <= 0)
				continue;
			if (v) {
				v[n] = (struct port_ref){ .m = m, .p = p, .port = port };
				snprintf(v[n].at, sizeof v[n].at, "containers[%zu].ports[%zu].%s", i, j,
					p->host_port ? "hostPort" : "containerPort");
			}
			n++;
		}
	}
	return n;
}

static void check_host_ports(struct kube_set *s)
{
	auto_free struct port_ref *v = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->members; i++)
		n += ports_of(&s->member[i], NULL);
	if (!(v = calloc(n + 1, sizeof *v))) {
		s->no_memory = true;
		return;
	}
	n = 0;
	for (size_t i = 0; i < s->members; i++)
		n += ports_of(&s->member[i], v + n);
	qsort(v, n, sizeof *v, by_port);
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j-- > 0 && v[j].port == v[i].port && v[j].p->proto == v[i].p->proto;) {
			const struct node *where =
				place(v[i].p->node, v[i].p->host_port ? "hostPort" : "containerPort");

			if (!same_address(v[j].p->host_ip, v[i].p->host_ip))
				continue;
			s->diag->file = v[i].m->doc->file;
			FAULT(s, where, "%s.%s: %lld is published twice, pod \"%s\" has it at %s:%d",
				v[i].m->at, v[i].at, (long long) v[i].port, v[j].m->name, v[j].m->doc->file,
				place(v[j].p->node, "hostPort")->line);
			break;
		}
}

/* A workload of no replicas still has a template to look at. */
static void check_idle_template(struct kube_set *s, const struct kube_doc *d)
{
	struct kube_member m = { .doc = d,
		.meta = &d->workload->spec.template.meta,
		.spec = &d->workload->spec.template.spec,
		.name = d->name,
		.first = true };
	char at[AT_MAX];

	for (size_t i = 0; i < s->members; i++)
		if (s->member[i].doc == d)
			return;
	snprintf(at, sizeof at, "%s%sspec.template.spec", d->at, *d->at ? "." : "");
	m.at = at;
	s->diag->file = d->file;
	kube_check_pod(s, &m);
}

void kube_check(struct kube_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct kube_doc *d = &s->doc[i];

		s->diag->file = d->file;
		if (d->kind && d->kind->use != KIND_REFUSED)
			check_meta(s, d);
		if (d->config)
			check_config(s, d);
		if (d->workload)
			kube_check_workload(s, d);
		if (d->kind && d->kind->use == KIND_CLAIM)
			kube_check_storage(s, d);
	}
	for (size_t i = 0; i < s->members; i++)
		if (s->member[i].first) {
			s->diag->file = s->member[i].doc->file;
			kube_check_pod(s, &s->member[i]);
		}
	for (size_t i = 0; i < s->n; i++)
		if (s->doc[i].workload)
			check_idle_template(s, &s->doc[i]);
	check_twins(s);
	check_host_ports(s);
}
