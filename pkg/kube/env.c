#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"
#include "pkg/util/buf.h"
#include "pkg/util/limits.h"

const char *kube_expand(struct kube_set *s, const char *text, const struct kvs *env)
{
	struct buf b = BUF_INIT(YAML_MAX);
	const char *ret, *p = text;

	while (*p) {
		const char *end;

		if (p[0] != '$' || !p[1]) {
			buf_putc(&b, *p++);
		} else if (p[1] == '$') { /* an escaped $: "$$(X)" is the text $(X) */
			buf_putc(&b, '$');
			p += 2;
		} else if (p[1] == '(' && (end = strchr(p, ')'))) {
			const char *name = arena_strndup(s->arena, p + 2, (size_t) (end - p - 2));
			const char *value = name ? kvs_get(env, name) : NULL;

			if (value)
				buf_puts(&b, value);
			else
				buf_add(&b, p, (size_t) (end + 1 - p));
			p = end + 1;
		} else {
			buf_putc(&b, *p++);
			buf_putc(&b, *p++);
		}
	}
	ret = buf_failed(&b) ? NULL : arena_strdup(s->arena, b.data ? b.data : "");
	if (!ret)
		s->no_memory = true;
	buf_done(&b);
	return ret;
}

static void set(struct kube_set *s, struct kvs *env, const char *name, const char *value)
{
	if (name && kvs_set(env, s->arena, name, value) < 0)
		s->no_memory = true;
}

static void from_map(struct kube_set *s, const struct kube_data *data, const struct node *map,
	const char *prefix, struct kvs *env)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++) {
		bool binary;
		const char *key = map->key[i]->text, *value = kube_config_text(s, data, key, &binary), *name;

		if (!value || strchr(key, '='))
			continue; /* bytes that are no text and names that are none are left out, as the kubelet does */
		name = arena_printf(s->arena, "%s%s", prefix ? prefix : "", key);
		if (!name)
			s->no_memory = true;
		set(s, env, name, value);
	}
}

static void env_from(struct kube_set *s, const struct k8s_env_from *f, const char *at, struct kvs *env)
{
	const struct k8s_key_ref *r = f->config_map ? f->config_map : f->secret;
	const char *kind = f->config_map ? "ConfigMap" : "Secret",
		   *ref = f->config_map ? "configMapRef" : "secretRef";
	struct kube_data data = { 0 };

	if (!r || (f->config_map && f->secret)) {
		FAULT(s, place(f->node, NULL), "%s: expected one of configMapRef and secretRef", at);
		return;
	}
	if (!r->node)
		return; /* no map, reported */
	if (!r->name || !*r->name) {
		FAULT(s, r->node, "%s.%s.name: required", at, ref);
	} else if (kube_config_find(s, kind, r->name, &data)) {
		from_map(s, &data, data.base64, f->prefix, env);
		from_map(s, &data, data.plain, f->prefix, env);
	} else if (!r->optional) {
		FAULT(s, place(r->node, "name"),
			"%s.%s.name: there is no %s \"%s\", in these files or stored", at, ref, kind,
			r->name);
	}
}

static const char *from_key(struct kube_set *s, const struct k8s_key_ref *r, const char *kind, const char *at)
{
	struct kube_data data = { 0 };
	const char *value;
	bool binary = false;

	if (!r->name || !r->key)
		return NULL;
	if (!kube_config_find(s, kind, r->name, &data)) {
		if (!r->optional)
			FAULT(s, place(r->node, "name"),
				"%s.name: there is no %s \"%s\", in these files or stored", at, kind,
				r->name);
		return NULL;
	}
	if ((value = kube_config_text(s, &data, r->key, &binary)))
		return value;
	if (binary)
		FAULT(s, place(r->node, "key"),
			"%s.key: \"%s\" of %s \"%s\" holds bytes that no variable can hold", at, r->key, kind,
			r->name);
	else if (!r->optional)
		FAULT(s, place(r->node, "key"), "%s.key: %s \"%s\" has no key \"%s\"", at, kind, r->name,
			r->key);
	return NULL;
}

/* metadata.labels['x'] -> x; NULL when path is not of that form. */
static const char *subscript(struct kube_set *s, const char *path, const char *map)
{
	size_t n = strlen(map), len = strlen(path);

	if (strncmp(path, map, n) != 0 || strncmp(path + n, "['", 2) != 0 || len < n + 5 ||
		strcmp(path + len - 2, "']") != 0)
		return NULL;
	return arena_strndup(s->arena, path + n + 2, len - n - 4);
}

static const char *from_field(
	struct kube_set *s, const struct kube_member *m, const struct k8s_field_ref *r, const char *at)
{
	static const char *const late[] = { "metadata.uid", "status.podIP", "status.podIPs", "status.hostIP",
		"status.hostIPs", "spec.nodeName" };
	const char *key, *value;

	if (!r->path)
		return NULL;
	if (strcmp(r->path, "metadata.name") == 0)
		return m->name;
	if (strcmp(r->path, "metadata.namespace") == 0)
		return m->meta->namespace && *m->meta->namespace ? m->meta->namespace : "default";
	if (strcmp(r->path, "spec.serviceAccountName") == 0)
		return m->spec->service_account && *m->spec->service_account ? m->spec->service_account
									     : "default";
	if ((key = subscript(s, r->path, "metadata.labels")))
		return (value = kvs_get(&m->meta->labels, key)) ? value : "";
	if ((key = subscript(s, r->path, "metadata.annotations")))
		return (value = kvs_get(&m->meta->annotations, key)) ? value : "";
	for (size_t i = 0; i < LEN(late); i++)
		if (strcmp(late[i], r->path) == 0) {
			FAULT(s, place(r->node, "fieldPath"),
				"%s.fieldPath: %s is not supported by podctl yet: it is known only after the "
				"pod has started",
				at, r->path);
			return NULL;
		}
	FAULT(s, place(r->node, "fieldPath"),
		"%s.fieldPath: unknown field \"%s\"; known are metadata.name, metadata.namespace, "
		"metadata.labels['KEY'], metadata.annotations['KEY'] and spec.serviceAccountName",
		at, r->path);
	return NULL;
}

static const struct k8s_container *container_find(const struct k8s_pod_spec *p, const char *name)
{
	for (size_t i = 0; i < p->containers.n; i++) {
		const struct k8s_container *c = LIST_AT(p->containers, const struct k8s_container, i);

		if (c->name && strcmp(c->name, name) == 0)
			return c;
	}
	for (size_t i = 0; i < p->init.n; i++) {
		const struct k8s_container *c = LIST_AT(p->init, const struct k8s_container, i);

		if (c->name && strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static const char *from_resource(struct kube_set *s, const struct kube_member *m,
	const struct k8s_container *c, const struct k8s_resource_ref *r, const char *at)
{
	const struct k8s_container *of =
		r->container && *r->container ? container_find(m->spec, r->container) : c;
	const char *divisor = r->divisor && strcmp(r->divisor->text, "0") != 0 ? r->divisor->text : "1",
		   *what;
	const struct node *v;
	int64_t n;

	if (!r->resource)
		return NULL;
	if (!of) {
		FAULT(s, place(r->node, "containerName"), "%s.containerName: there is no container \"%s\"",
			at, r->container);
		return NULL;
	}
	what = strchr(r->resource, '.');
	if (!what || (strcmp(what, ".cpu") != 0 && strcmp(what, ".memory") != 0) ||
		(strncmp(r->resource, "limits.", 7) != 0 && strncmp(r->resource, "requests.", 9) != 0)) {
		FAULT(s, place(r->node, "resource"),
			"%s.resource: expected limits.cpu, limits.memory, requests.cpu or requests.memory, "
			"got \"%s\"",
			at, r->resource);
		return NULL;
	}
	v = node_get(r->resource[0] == 'l' ? of->resources.limits : of->resources.requests, what + 1);
	if (!v && r->resource[0] == 'r')
		v = node_get(of->resources.limits,
			what + 1); /* what has a limit and no request, requests its limit */
	if (!v) {
		FAULT(s, place(r->node, "resource"),
			"%s.resource: the container sets no %s; the size of the machine in its place is "
			"not supported by podctl yet",
			at, r->resource);
		return NULL;
	}
	if (quantity_divide(v->text, divisor, &n) < 0) {
		FAULT(s, place(r->node, "divisor"), "%s.divisor: %s cannot be divided by %s", at, v->text,
			divisor);
		return NULL;
	}
	return arena_printf(s->arena, "%lld", (long long) n);
}

static const char *from_source(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	const struct k8s_env *e, const char *at)
{
	const struct k8s_env_source *f = e->from;
	int given = !!f->config_map + !!f->secret + !!f->field + !!f->resource;
	char where[AT_MAX];

	if (given != 1) {
		if (f->node &&
			(given > 1 || !f->node->n)) /* else reported: no map, or a source that is refused */
			FAULT(s, f->node,
				"%s: expected one of configMapKeyRef, secretKeyRef, fieldRef and "
				"resourceFieldRef",
				at);
		return NULL;
	}
	snprintf(where, sizeof where, "%s.%s", at,
		f->config_map ? "configMapKeyRef"
		: f->secret   ? "secretKeyRef"
		: f->field    ? "fieldRef"
			      : "resourceFieldRef");
	if (f->config_map)
		return from_key(s, f->config_map, "ConfigMap", where);
	if (f->secret)
		return from_key(s, f->secret, "Secret", where);
	if (f->field)
		return from_field(s, m, f->field, where);
	return from_resource(s, m, c, f->resource, where);
}

void kube_env(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at,
	struct kvs *ret)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->env_from.n; i++) {
		snprintf(where, sizeof where, "%s.envFrom[%zu]", at, i);
		env_from(s, LIST_AT(c->env_from, const struct k8s_env_from, i), where, ret);
	}
	for (size_t i = 0; i < c->env.n; i++) {
		const struct k8s_env *e = LIST_AT(c->env, const struct k8s_env, i);
		const char *value;

		snprintf(where, sizeof where, "%s.env[%zu].valueFrom", at, i);
		if (e->from)
			value = from_source(s, m, c, e, where);
		else
			value = kube_expand(
				s, e->value ? e->value : "", ret); /* by the variables before it */
		if (value && e->name && *e->name)
			set(s, ret, e->name, value);
	}
}
