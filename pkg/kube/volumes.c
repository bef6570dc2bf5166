#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"

#define FILE_MODE_DEFAULT 0644

struct files {
	struct kube_set *s;
	struct file_spec *v;
	size_t n;
};

static bool file_add(struct files *f, const char *path, const char *data, bool base64, int64_t mode)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].path, path) == 0) { /* stringData over data */
			f->v[i] = (struct file_spec){ (char *) path, (char *) data, base64, (uint32_t) mode };
			return true;
		}
	f->v[f->n++] = (struct file_spec){ (char *) path, (char *) data, base64, (uint32_t) mode };
	return true;
}

static void add_map(struct files *f, const struct node *map, bool base64, int64_t mode)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		if (map->item[i]->kind == NODE_STRING)
			file_add(f, map->key[i]->text, map->item[i]->text, base64, mode);
}

static size_t size_of(const struct node *map) { return map && map->kind == NODE_MAP ? map->n : 0; }

static void add_item(struct files *f, const struct kube_data *data, const struct k8s_files *src,
	const struct k8s_item *item, const char *kind, const char *at)
{
	const struct node *plain, *base64;

	if (!item->key || !item->path)
		return;
	plain = node_get(data->plain, item->key);
	base64 = plain ? NULL : node_get(data->base64, item->key);
	if (plain || base64)
		file_add(f, item->path, (plain ? plain : base64)->text, !plain,
			item->mode.set  ? item->mode.v
			: src->mode.set ? src->mode.v
					: FILE_MODE_DEFAULT);
	else if (!src->optional)
		FAULT(f->s, place(item->node, "key"), "%s.key: %s \"%s\" has no key \"%s\"", at, kind,
			src->name, item->key);
}

/* The files of a configMap or secret volume, in the arena. */
static void config_files(struct kube_set *s, const struct k8s_files *src, const char *kind, const char *at,
	struct volume_spec *ret)
{
	bool secret = strcmp(kind, "Secret") == 0;
	struct kube_data data = { 0 };
	struct files f = { .s = s };
	int64_t mode = src->mode.set ? src->mode.v : FILE_MODE_DEFAULT;
	char where[AT_MAX];

	ret->type = secret ? VOLUME_SECRET : VOLUME_CONFIG_MAP;
	if (!src->node)
		return; /* no map, reported */
	if (!src->name || !*src->name) {
		FAULT(s, place(src->node, NULL), "%s.%s: required", at, secret ? "secretName" : "name");
		return;
	}
	if (!kube_config_find(s, kind, src->name, &data)) {
		if (!src->optional)
			FAULT(s, place(src->node, secret ? "secretName" : "name"),
				"%s.%s: there is no %s \"%s\", in these files or stored", at,
				secret ? "secretName" : "name", kind, src->name);
		return;
	}
	f.v = arena_array(s->arena, size_of(data.plain) + size_of(data.base64) + src->items.n, sizeof *f.v);
	if (!f.v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < src->items.n; i++) {
		snprintf(where, sizeof where, "%s.items[%zu]", at, i);
		add_item(&f, &data, src, LIST_AT(src->items, const struct k8s_item, i), kind, where);
	}
	if (!src->items.n) {
		add_map(&f, data.base64, true, mode);
		add_map(&f, data.plain, false, mode);
	}
	ret->files = (struct list){ f.v, f.n };
}

static void empty_dir(
	struct kube_set *s, const struct k8s_empty_dir *e, const char *at, struct volume_spec *ret)
{
	const char *medium = e->medium ? e->medium : "";
	int64_t size;

	ret->type = VOLUME_EMPTY_DIR;
	ret->memory = strcmp(medium, "Memory") == 0;
	if (*medium && !ret->memory) {
		if (strncmp(medium, "HugePages", 9) == 0)
			FAULT(s, place(e->node, "medium"),
				"%s.medium: %s is not supported by podctl yet: huge pages are not handed out",
				at, medium);
		else
			FAULT(s, place(e->node, "medium"),
				"%s.medium: expected Memory or nothing, got \"%s\"", at, medium);
	}
	if (!e->size_limit || e->size_limit->kind == NODE_NULL ||
		quantity_parse(e->size_limit->text, 1, &size) == -EINVAL)
		return; /* schema_check has looked at its form */
	if (quantity_parse(e->size_limit->text, 1, &size) < 0 || size < 0) {
		FAULT(s, e->size_limit, "%s.sizeLimit: %s is out of range", at, e->size_limit->text);
		return;
	}
	ret->size_limit = (uint64_t) size;
	if (!ret->memory && size)
		REMARK(s, DIAG_NOTE, e->size_limit,
			"%s.sizeLimit: holds only with medium: Memory, a directory on disk may grow past it",
			at);
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

static void volume(struct kube_set *s, const struct kube_member *m, const struct k8s_volume *v,
	const char *at, struct volume_spec *ret)
{
	char where[AT_MAX];

	ret->name = v->name;
	if (v->config_map) {
		snprintf(where, sizeof where, "%s.configMap", at);
		config_files(s, v->config_map, "ConfigMap", where, ret);
	} else if (v->secret) {
		snprintf(where, sizeof where, "%s.secret", at);
		config_files(s, v->secret, "Secret", where, ret);
	} else if (v->host_path) {
		ret->type = VOLUME_HOST_PATH;
		ret->path = host_path(s, v->host_path->path ? v->host_path->path : "", m->doc->file);
		ret->path_type = v->host_path->type;
	} else if (v->claim) {
		ret->type = VOLUME_NAMED;
		ret->path = v->claim->name;
	} else if (v->empty_dir) {
		snprintf(where, sizeof where, "%s.emptyDir", at);
		empty_dir(s, v->empty_dir, where, ret);
	} else {
		ret->type = VOLUME_EMPTY_DIR; /* a volume without a source, as the API server has it */
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
