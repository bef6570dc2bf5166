#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/container/late.h"
#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"
#include "pkg/util/buf.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

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

	if (f->prefix && strchr(f->prefix, '='))
		FAULT(s, place(f->node, "prefix"),
			"%s.prefix: Invalid value: \"%s\": a name of a variable holds no '='", at, f->prefix);
	if (!r || (f->config_map && f->secret)) {
		FAULT(s, place(f->node, NULL), "%s: expected one of configMapRef and secretRef", at);
		return;
	}
	if (!r->node)
		return; /* no map, reported */
	if (!r->name || !*r->name) {
		FAULT(s, r->node, "%s.%s.name: Required value", at, ref);
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

	if (r->node && (!r->name || !*r->name))
		FAULT(s, place(r->node, "name"), "%s.name: Required value", at);
	if (!r->name || !*r->name || !r->key)
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

/* A value that only a start knows: a mark that pkg/container/late.h replaces. */
static const char *late(struct kube_set *s, const char *path)
{
	const char *mark = arena_printf(s->arena, LATE_OPEN "%s" LATE_CLOSE, path);

	if (!mark)
		s->no_memory = true;
	return mark ? mark : "";
}

/* A whole map as the downward API writes it: one key="value" a line, sorted. */
static const char *map_lines(struct kube_set *s, const struct kvs *map)
{
	auto_free const struct kv **v = calloc(map->n + 1, sizeof(struct kv *));
	auto_buf struct buf b = BUF_INIT(YAML_MAX);
	const char *ret;

	for (size_t i = 0; v && i < map->n; i++) {
		size_t at = i;

		for (; at && strcmp(v[at - 1]->key, map->v[i].key) > 0; at--)
			v[at] = v[at - 1];
		v[at] = &map->v[i];
	}
	for (size_t i = 0; v && i < map->n; i++) {
		(void) buf_printf(&b, "%s%s=\"", i ? "\n" : "", v[i]->key);
		for (const char *p = v[i]->value; *p; p++) {
			if (*p == '\n')
				(void) buf_puts(&b, "\\n");
			else if (*p == '\t')
				(void) buf_puts(&b, "\\t");
			else if (*p == '\r')
				(void) buf_puts(&b, "\\r");
			else
				(void) buf_printf(&b, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
		}
		(void) buf_putc(&b, '"');
	}
	ret = !v || buf_failed(&b) ? NULL : arena_strdup(s->arena, b.data ? b.data : "");
	if (!ret)
		s->no_memory = true;
	return ret;
}

/* labels['KEY'] and annotations['KEY'], and in volumes the maps as a whole. */
static const char *from_map_of(struct kube_set *s, const struct kube_member *m, const char *path, bool file)
{
	const struct kvs *labels = &m->meta->labels, *notes = &m->meta->annotations;
	const char *key, *value;

	if (file && strcmp(path, "metadata.labels") == 0)
		return map_lines(s, labels);
	if (file && strcmp(path, "metadata.annotations") == 0)
		return map_lines(s, notes);
	if ((key = subscript(s, path, "metadata.labels")))
		return (value = kvs_get(labels, key)) ? value : "";
	if ((key = subscript(s, path, "metadata.annotations")))
		return (value = kvs_get(notes, key)) ? value : "";
	return NULL;
}

const char *kube_field_value(struct kube_set *s, const struct kube_member *m, const struct k8s_field_ref *r,
	bool file, const char *at)
{
	static const char *const in_env[] = { "metadata.name", "metadata.namespace", "metadata.uid",
		"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
		"status.podIPs", NULL };
	static const char *const in_files[] = { "metadata.name", "metadata.namespace", "metadata.uid",
		"metadata.labels", "metadata.annotations", NULL };
	const char *const *known = file ? in_files : in_env;
	const char *value, *near;
	size_t i = 0;

	if (!r->path)
		return NULL;
	if ((value = from_map_of(s, m, r->path, file)))
		return value;
	while (known[i] && strcmp(known[i], r->path) != 0)
		i++;
	if (!known[i]) {
		near = text_nearest(r->path, known);
		FAULT(s, place(r->node, "fieldPath"),
			"%s.fieldPath: unknown field \"%s\"%s%s%s; %s know metadata.name, "
			"metadata.namespace, "
			"metadata.uid, %s",
			at, r->path, near ? ", did you mean " : "", near ? near : "", near ? "?" : "",
			file ? "files" : "variables",
			file ? "metadata.labels, metadata.annotations and one label or annotation: "
			       "metadata.labels['KEY']"
			     : "metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, "
			       "spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP and "
			       "status.podIPs");
		return NULL;
	}
	if (strcmp(r->path, "metadata.name") == 0)
		return m->name;
	if (strcmp(r->path, "metadata.namespace") == 0)
		return kube_namespace(m);
	if (strcmp(r->path, "spec.serviceAccountName") == 0)
		return m->spec->service_account && *m->spec->service_account ? m->spec->service_account
		       : m->spec->old_service_account && *m->spec->old_service_account
			       ? m->spec->old_service_account
			       : "default";
	if (strcmp(r->path, "spec.nodeName") == 0)
		return s->options->node.name ? s->options->node.name : "localhost";
	return late(s, r->path);
}

const char *kube_namespace(const struct kube_member *m)
{
	const struct k8s_meta *own = m->doc->pod ? &m->doc->pod->meta : &m->doc->workload->meta;

	return m->meta->namespace && *m->meta->namespace ? m->meta->namespace
	       : own->namespace && *own->namespace       ? own->namespace
							 : "default";
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

static bool resource_is_known(const char *r)
{
	static const char *const words[] = { "cpu", "memory", "ephemeral-storage" };
	const char *what = strchr(r, '.');

	if (!what || (strncmp(r, "limits.", 7) != 0 && strncmp(r, "requests.", 9) != 0))
		return false;
	for (size_t i = 0; i < LEN(words); i++)
		if (strcmp(what + 1, words[i]) == 0)
			return true;
	return strncmp(what + 1, "hugepages-", 10) == 0 && what[11];
}

/* What divides a cpu count or a size: one unit, as Kubernetes has it. */
static bool divisor_is_known(const char *resource, const char *divisor)
{
	static const char *const sizes[] = { "0", "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi",
		"1Gi", "1Ti", "1Pi", "1Ei" };

	if (strcmp(strchr(resource, '.'), ".cpu") == 0)
		return strcmp(divisor, "0") == 0 || strcmp(divisor, "1") == 0 || strcmp(divisor, "1m") == 0;
	for (size_t i = 0; i < LEN(sizes); i++)
		if (strcmp(divisor, sizes[i]) == 0)
			return true;
	return false;
}

/* As written; a request that is not is the limit's; a limit that is not is the pod's, else the machine's. */
static const char *resource_text(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *resource)
{
	const struct kube_node *node = &s->options->node;
	const char *what = strchr(resource, '.') + 1;
	bool limit = resource[0] == 'l';
	const struct node *v = limit ? NULL : node_get(c->resources.requests, what);
	int64_t of_node = strcmp(what, "cpu") == 0                 ? node->cpus
			  : strcmp(what, "memory") == 0            ? node->memory
			  : strcmp(what, "ephemeral-storage") == 0 ? node->storage
								   : 0;

	v = v ? v : node_get(c->resources.limits, what);
	if (!v && limit)
		v = node_get(m->spec->resources.limits, what);
	return v ? v->text : arena_printf(s->arena, "%lld", limit ? (long long) of_node : 0LL);
}

const char *kube_resource_value(struct kube_set *s, const struct kube_member *m,
	const struct k8s_container *c, const struct k8s_resource_ref *r, const char *at)
{
	const struct k8s_container *of =
		r->container && *r->container ? container_find(m->spec, r->container) : c;
	const char *asked = r->divisor && r->divisor->kind != NODE_NULL ? r->divisor->text : "1", *text;
	int64_t n;

	if (!r->resource)
		return NULL;
	if (!of) {
		FAULT(s, place(r->node, "containerName"), "%s.containerName: %s%s%s", at,
			r->container ? "there is no container \""
				     : "required, a volume belongs to all of them",
			r->container ? r->container : "", r->container ? "\"" : "");
		return NULL;
	}
	if (!resource_is_known(r->resource)) {
		FAULT(s, place(r->node, "resource"),
			"%s.resource: unknown resource \"%s\"; expected limits or requests, a dot, and cpu, "
			"memory, "
			"ephemeral-storage or hugepages-SIZE",
			at, r->resource);
		return NULL;
	}
	if (!quantity_is_valid(asked))
		return NULL; /* reported */
	if (!divisor_is_known(r->resource, asked)) {
		FAULT(s, place(r->node, "divisor"), "%s.divisor: %s: only %s are supported", at, asked,
			strcmp(strchr(r->resource, '.'), ".cpu") == 0
				? "1 and 1m"
				: "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi and 1Ei");
		return NULL;
	}
	if (!(text = resource_text(s, m, of, r->resource))) {
		s->no_memory = true;
		return NULL;
	}
	if (quantity_divide(text, strcmp(asked, "0") == 0 ? "1" : asked, &n) < 0) {
		FAULT(s, place(r->node, "divisor"), "%s.divisor: %s cannot be divided by %s", at, text,
			asked);
		return NULL;
	}
	return arena_printf(s->arena, "%lld", (long long) n);
}

static const char *from_source(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	const struct k8s_env *e, const char *at)
{
	const struct k8s_env_source *f = e->from;
	int given = !!f->config_map + !!f->secret + !!f->field + !!f->resource + !!f->file;
	char where[AT_MAX];

	if (given != 1) {
		if (f->node &&
			(given > 1 || !f->node->n)) /* else reported: no map, or a source that is refused */
			FAULT(s, f->node,
				"%s: expected one of configMapKeyRef, secretKeyRef, fieldRef, "
				"resourceFieldRef and fileKeyRef",
				at);
		return NULL;
	}
	snprintf(where, sizeof where, "%s.%s", at,
		f->config_map ? "configMapKeyRef"
		: f->secret   ? "secretKeyRef"
		: f->field    ? "fieldRef"
			      : "resourceFieldRef");
	if (f->file) {
		const char *mark = e->name ? arena_printf(s->arena, "file:%s", e->name) : NULL;

		return mark ? late(s, mark) : NULL;
	}
	if (f->config_map)
		return from_key(s, f->config_map, "ConfigMap", where);
	if (f->secret)
		return from_key(s, f->secret, "Secret", where);
	if (f->field)
		return kube_field_value(s, m, f->field, false, where);
	return kube_resource_value(s, m, c, f->resource, where);
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
