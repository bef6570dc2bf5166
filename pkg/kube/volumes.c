#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"

#define FILE_MODE_DEFAULT 0644
#define TOKEN_LIFE_S 3600 /* the API's default of expirationSeconds */

struct files {
	struct kube_set *s;
	struct opt_i64 mode, user; /* of the volume */
	struct file_spec *v;
	size_t n, cap;
};

static void file_add(struct files *f, const struct file_spec *file)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].path, file->path) ==
			0) { /* stringData over data, later sources over earlier */
			f->v[i] = *file;
			return;
		}
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		struct file_spec *v = arena_array(f->s->arena, cap, sizeof *v);

		if (!v) {
			f->s->no_memory = true;
			return;
		}
		if (f->n)
			memcpy(v, f->v, f->n * sizeof *v);
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = *file;
}

static uint32_t mode_of(const struct files *f, struct opt_i64 own)
{
	return (uint32_t) (own.set ? own.v : f->mode.set ? f->mode.v : FILE_MODE_DEFAULT);
}

static void add_map(struct files *f, const struct node *map, bool base64)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		if (map->item[i]->kind == NODE_STRING)
			file_add(f, &(struct file_spec){ .path = (char *) (uintptr_t) map->key[i]->text,
					    .data = (char *) (uintptr_t) map->item[i]->text,
					    .base64 = base64,
					    .mode = mode_of(f, (struct opt_i64){ 0 }),
					    .user = f->user });
}

static void add_item(struct files *f, const struct kube_data *data, const struct k8s_files *src,
	const struct k8s_item *item, const char *kind, const char *at)
{
	const struct node *plain, *base64;

	if (!item->key || !item->path)
		return;
	plain = node_get(data->plain, item->key);
	base64 = plain ? NULL : node_get(data->base64, item->key);
	if (plain || base64)
		file_add(f, &(struct file_spec){ .path = item->path,
				    .data = (char *) (uintptr_t) (plain ? plain : base64)->text,
				    .base64 = !plain,
				    .mode = mode_of(f, item->mode),
				    .user = item->user.set ? item->user : f->user });
	else if (!src->optional)
		FAULT(f->s, place(item->node, "key"), "%s.key: %s \"%s\" has no key \"%s\"", at, kind,
			src->name, item->key);
}

/* The files of a ConfigMap or Secret. */
static void add_config(
	struct files *f, const struct k8s_files *src, const char *kind, const char *key, const char *at)
{
	struct kube_data data = { 0 };
	char where[AT_MAX];

	if (!src->node)
		return; /* no map, reported */
	if (!src->name || !*src->name) {
		FAULT(f->s, place(src->node, NULL), "%s.%s: Required value", at, key);
		return;
	}
	if (!kube_config_find(f->s, kind, src->name, &data)) {
		if (!src->optional)
			FAULT(f->s, place(src->node, key),
				"%s.%s: there is no %s \"%s\", in these files or stored", at, key, kind,
				src->name);
		return;
	}
	for (size_t i = 0; i < src->items.n; i++) {
		snprintf(where, sizeof where, "%s.items[%zu]", at, i);
		add_item(f, &data, src, LIST_AT(src->items, const struct k8s_item, i), kind, where);
	}
	if (!src->items.n) {
		add_map(f, data.base64, true);
		add_map(f, data.plain, false);
	}
}

static void add_downward(
	struct files *f, const struct kube_member *m, const struct k8s_downward *d, const char *volume)
{
	char at[AT_MAX];

	for (size_t i = 0; i < d->items.n; i++) {
		const struct k8s_downward_item *k = LIST_AT(d->items, const struct k8s_downward_item, i);
		const char *value = NULL;

		snprintf(at, sizeof at, "%s.items[%zu].%s", volume, i,
			k->field ? "fieldRef" : "resourceFieldRef");
		if (k->field)
			value = kube_field_value(f->s, m, k->field, true, at);
		else if (k->resource)
			value = kube_resource_value(f->s, m, NULL, k->resource, at);
		if (value && k->path && *k->path)
			file_add(f, &(struct file_spec){ .path = k->path,
					    .data = (char *) (uintptr_t) value,
					    .mode = mode_of(f, k->mode),
					    .user = k->user.set ? k->user : f->user });
	}
}

/* What an API server would have signed, but for the times, which the start knows.  Names need no escape; the uid is a mark. */
static void add_token(struct files *f, const struct kube_member *m, const struct k8s_token *t)
{
	static const struct k8s_field_ref
		account = { .path = (char *) (uintptr_t) "spec.serviceAccountName" },
		uid = { .path = (char *) (uintptr_t) "metadata.uid" };
	const char *ns = kube_namespace(m), *name = kube_field_value(f->s, m, &account, false, "");
	json_t *v = json_string(t->audience && *t->audience ? t->audience : "podctl");
	auto_free char *audience = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	char *claims = NULL;

	json_decref(v);
	if (!t->path || !*t->path)
		return;
	if (audience)
		claims = arena_printf(f->s->arena,
			"\"aud\":[%s],\"iss\":\"podctl\",\"sub\":\"system:serviceaccount:%s:%s\","
			"\"kubernetes.io\":{"
			"\"namespace\":\"%s\",\"pod\":{\"name\":\"%s\",\"uid\":\"%s\"},\"serviceaccount\":{"
			"\"name\":\"%s\"}}",
			audience, ns, name, ns, m->name, kube_field_value(f->s, m, &uid, false, ""), name);
	if (!claims)
		f->s->no_memory = true;
	file_add(f, &(struct file_spec){ .path = t->path,
			    .data = claims,
			    .token = t->expiration.set && t->expiration.v > 0 ? (uint64_t) t->expiration.v
									      : TOKEN_LIFE_S,
			    .mode = mode_of(f, (struct opt_i64){ 0 }),
			    .user = t->user.set ? t->user : f->user });
}

static void add_projected(
	struct files *f, const struct kube_member *m, const struct k8s_projected *p, const char *volume)
{
	char at[AT_MAX];

	for (size_t i = 0; i < p->sources.n; i++) {
		const struct k8s_projection *k = LIST_AT(p->sources, const struct k8s_projection, i);

		snprintf(at, sizeof at, "%s.sources[%zu].%s", volume, i,
			k->config_map ? "configMap"
			: k->secret   ? "secret"
				      : "downwardAPI");
		if (k->config_map)
			add_config(f, k->config_map, "ConfigMap", "name", at);
		else if (k->secret)
			add_config(f, k->secret, "Secret", "name", at);
		else if (k->downward)
			add_downward(f, m, k->downward, at);
		else if (k->token)
			add_token(f, m, k->token);
	}
}

/* A file where another one needs a directory. */
static void check_nesting(struct files *f, const struct node *where, const char *at)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t j = 0; j < f->n; j++) {
			size_t n = strlen(f->v[i].path);

			if (i != j && strncmp(f->v[i].path, f->v[j].path, n) == 0 && f->v[j].path[n] == '/') {
				FAULT(f->s, where, "%s: \"%s\" cannot be a file and the directory of \"%s\"",
					at, f->v[i].path, f->v[j].path);
				return;
			}
		}
}

static void file_volume(struct kube_set *s, const struct kube_member *m, const struct k8s_volume *v,
	const char *volume, struct volume_spec *ret)
{
	struct files f = { .s = s };
	char at[AT_MAX];

	snprintf(at, sizeof at, "%s.%s", volume,
		v->config_map  ? "configMap"
		: v->secret    ? "secret"
		: v->projected ? "projected"
			       : "downwardAPI");
	if (v->config_map || v->secret) {
		const struct k8s_files *src = v->config_map ? v->config_map : v->secret;

		ret->type = v->secret ? VOLUME_SECRET : VOLUME_CONFIG_MAP;
		f.mode = src->mode;
		f.user = src->user;
		add_config(
			&f, src, v->secret ? "Secret" : "ConfigMap", v->secret ? "secretName" : "name", at);
	} else if (v->projected) {
		ret->type = VOLUME_PROJECTED;
		f.mode = v->projected->mode;
		f.user = v->projected->user;
		add_projected(&f, m, v->projected, at);
	} else {
		ret->type = VOLUME_PROJECTED;
		f.mode = v->downward->mode;
		f.user = v->downward->user;
		add_downward(&f, m, v->downward, at);
	}
	check_nesting(&f, place(v->node, NULL), at);
	ret->files = (struct list){ f.v, f.n };
}

static void empty_dir(
	struct kube_set *s, const struct k8s_empty_dir *e, const char *at, struct volume_spec *ret)
{
	const char *medium = e->medium ? e->medium : "";
	int64_t size;

	ret->type = VOLUME_EMPTY_DIR;
	ret->memory = strcmp(medium, "Memory") == 0;
	ret->mode = e->mode.set && e->mode.v > 0 && e->mode.v <= 0777 ? (uint32_t) e->mode.v : 0;
	if (strncmp(medium, "HugePages", 9) == 0)
		ret->path = arena_strdup(s->arena, medium[9] == '-' ? medium + 10 : "default");
	if (!e->size_limit || e->size_limit->kind == NODE_NULL ||
		quantity_parse(e->size_limit->text, 1, &size) == -EINVAL)
		return; /* schema_check has looked at its form */
	if (quantity_parse(e->size_limit->text, 1, &size) < 0 || size < 0) {
		FAULT(s, e->size_limit,
			"%s.sizeLimit: Invalid value: \"%s\": must be greater than or equal to 0", at,
			e->size_limit->text);
		return;
	}
	ret->size_limit = (uint64_t) size;
}

/* A relative path is below the directory of the file that has it, or the current one for standard input. */
static char *host_path(struct kube_set *s, const char *path, const char *file)
{
	const char *slash = strcmp(file, "<stdin>") == 0 ? NULL : strrchr(file, '/');
	char *p = arena_strdup(s->arena, path), cwd[PATH_MAX];

	if (p && *p && *p != '/' && slash)
		p = arena_printf(s->arena, "%.*s/%s", (int) (slash - file), file, path);
	if (p && *p && *p != '/' && getcwd(cwd, sizeof cwd))
		p = arena_printf(s->arena, "%s/%s", cwd, strncmp(p, "./", 2) == 0 ? p + 2 : p);
	if (!p)
		s->no_memory = true;
	return p;
}

/* What answers it is found later (kube_claims). */
static void claim(struct kube_set *s, const struct k8s_volume *v, const char *at, struct volume_spec *ret)
{
	const struct k8s_claim *c = v->claim;

	ret->type = VOLUME_NAMED;
	ret->path = c->name;
	ret->read_only = c->read_only;
	/* a claim of a StatefulSet's template has no place in the pod's spec */
	if (v->node && c->name && *c->name && !kube_claim_is_there(s, c->name))
		REMARK(s, DIAG_WARNING, place(c->node, "claimName"),
			"%s.claimName: there is no PersistentVolumeClaim \"%s\", in these files or stored, "
			"and no volume of this name: an empty one is made",
			at, c->name);
}

static void volume(struct kube_set *s, const struct kube_member *m, const struct k8s_volume *v,
	const char *at, struct volume_spec *ret)
{
	char where[AT_MAX];

	ret->name = v->name;
	if (v->config_map || v->secret || v->projected || v->downward) {
		file_volume(s, m, v, at, ret);
	} else if (v->host_path) {
		ret->type = VOLUME_HOST_PATH;
		ret->path = host_path(s, v->host_path->path ? v->host_path->path : "", m->doc->file);
		ret->path_type = v->host_path->type;
	} else if (v->claim) {
		snprintf(where, sizeof where, "%s.persistentVolumeClaim", at);
		claim(s, v, where, ret);
	} else if (v->image) {
		ret->type = VOLUME_IMAGE;
		ret->path = v->image->ref;
		ret->read_only = true;
	} else if (v->nfs) {
		ret->type = VOLUME_NFS;
		ret->path = arena_printf(s->arena, "%s:%s", v->nfs->server ? v->nfs->server : "",
			v->nfs->path ? v->nfs->path : "");
		ret->read_only = v->nfs->read_only;
		s->no_memory = s->no_memory || !ret->path;
	} else if (v->empty_dir) {
		snprintf(where, sizeof where, "%s.emptyDir", at);
		empty_dir(s, v->empty_dir, where, ret);
	} else {
		/* without a source, as the API server has it; a generic ephemeral one lives as long as its pod too */
		ret->type = VOLUME_EMPTY_DIR;
	}
}

void kube_volumes(struct kube_set *s, const struct kube_member *m, struct pod_spec *pod)
{
	const struct list *from = &m->spec->volumes;
	struct volume_spec *v = arena_array(s->arena, from->n, sizeof *v);
	char at[AT_MAX];

	if (!v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < from->n; i++) {
		snprintf(at, sizeof at, "%s.volumes[%zu]", m->at, i);
		volume(s, m, LIST_AT(*from, const struct k8s_volume, i), at, &v[i]);
	}
	pod->volumes = (struct list){ from->n ? v : NULL, from->n };
}
