/* Rules of volumes and of where they are mounted, as Kubernetes' own validation has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"
#include "pkg/util/text.h"

static bool has(const char *s) { return s && *s; }

bool kube_path_climbs(const char *path)
{
	for (const char *p = path;; p++) {
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
			return true;
		if (!(p = strchr(p, '/')))
			return false;
	}
}

const struct k8s_volume *kube_volume_find(const struct k8s_pod_spec *p, const char *name)
{
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct k8s_volume *v = LIST_AT(p->volumes, const struct k8s_volume, i);

		if (v->name && strcmp(v->name, name) == 0)
			return v;
	}
	return NULL;
}

/* ---- mounts -------------------------------------------------------------------------------------------------------- */

static void unknown_volume(struct kube_set *s, const struct k8s_pod_spec *p, const struct node *node,
	const char *name, const char *at)
{
	auto_free const char **names = calloc(p->volumes.n + 1, sizeof *names);
	const char *near;
	size_t n = 0;

	for (size_t i = 0; names && i < p->volumes.n; i++)
		if (LIST_AT(p->volumes, const struct k8s_volume, i)->name)
			names[n++] = LIST_AT(p->volumes, const struct k8s_volume, i)->name;
	near = names ? text_nearest(name, names) : NULL;
	FAULT(s, place(node, "name"), "%s.name: Not found: \"%s\": the pod has no volume of this name%s%s%s",
		at, name, near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void check_sub_path(
	struct kube_set *s, const struct k8s_mount *m, const char *path, const char *key, const char *at)
{
	if (has(path) && (path[0] == '/' || kube_path_climbs(path)))
		FAULT(s, place(m->node, key),
			"%s.%s: Invalid value: \"%s\": must be a relative path without \"..\"", at, key,
			path);
}

static void check_read_only(struct kube_set *s, const struct k8s_mount *m, const char *at)
{
	bool asked = has(m->recursive_read_only) && strcmp(m->recursive_read_only, "Disabled") != 0;

	if (asked && !m->read_only)
		FAULT(s, place(m->node, "recursiveReadOnly"),
			"%s.recursiveReadOnly: Forbidden: may only be specified when readOnly is true", at);
	else if (asked && m->propagation != K8S_PROPAGATION_NONE)
		FAULT(s, place(m->node, "recursiveReadOnly"),
			"%s.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is "
			"None or not set",
			at);
}

static void check_mount_path(struct kube_set *s, const struct k8s_container *c, const struct k8s_mount *m,
	size_t i, const char *at)
{
	if (!has(m->path))
		return;
	if (strchr(m->path, ':'))
		FAULT(s, place(m->node, "mountPath"),
			"%s.mountPath: Invalid value: \"%s\": must not contain ':'", at, m->path);
	else if (!m->path[strspn(m->path, "/")])
		FAULT(s, place(m->node, "mountPath"),
			"%s.mountPath: Invalid value: \"%s\": the root of the container cannot be replaced",
			at, m->path);
	for (size_t j = 0; j < i; j++) {
		const struct k8s_mount *twin = LIST_AT(c->mounts, const struct k8s_mount, j);

		if (twin->path && strcmp(twin->path, m->path) == 0)
			FAULT(s, place(m->node, "mountPath"),
				"%s.mountPath: Invalid value: \"%s\": must be unique, it is given twice, the "
				"first is at "
				"%d:%d",
				at, m->path, place(twin->node, "mountPath")->line,
				place(twin->node, "mountPath")->col);
	}
}

static void check_devices(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c, const char *ctr)
{
	char at[AT_MAX];

	for (size_t i = 0; i < c->devices.n; i++) {
		const struct k8s_device *d = LIST_AT(c->devices, const struct k8s_device, i);
		const struct k8s_volume *v = d->name ? kube_volume_find(p, d->name) : NULL;

		snprintf(at, sizeof at, "%s.volumeDevices[%zu]", ctr, i);
		if (has(d->name) && !v)
			unknown_volume(s, p, d->node, d->name, at);
		else if (v && !v->claim && !v->ephemeral)
			FAULT(s, place(d->node, "name"),
				"%s.name: Invalid value: \"%s\": can only use a persistentVolumeClaim or an "
				"ephemeral volume "
				"for block mode",
				at, d->name);
		for (size_t j = 0; has(d->path) && j < i; j++)
			if (has(LIST_AT(c->devices, const struct k8s_device, j)->path) &&
				strcmp(LIST_AT(c->devices, const struct k8s_device, j)->path, d->path) == 0)
				FAULT(s, place(d->node, "devicePath"),
					"%s.devicePath: Invalid value: \"%s\": must be unique", at, d->path);
		if (has(d->path) && (d->path[0] != '/' || kube_path_climbs(d->path)))
			FAULT(s, place(d->node, "devicePath"),
				"%s.devicePath: Invalid value: \"%s\": must be an absolute path without "
				"\"..\"",
				at, d->path);
		for (size_t j = 0; d->path && j < c->mounts.n; j++) {
			const struct k8s_mount *m = LIST_AT(c->mounts, const struct k8s_mount, j);

			if (has(m->path) && strcmp(m->path, d->path) == 0)
				FAULT(s, place(d->node, "devicePath"),
					"%s.devicePath: Invalid value: \"%s\": must not already exist as a "
					"path in "
					"volumeMounts",
					at, d->path);
		}
	}
}

/* A volume is a file system or a device of a container, not both. */
static void check_not_device(
	struct kube_set *s, const struct k8s_container *c, const struct k8s_mount *m, const char *at)
{
	for (size_t i = 0; has(m->name) && i < c->devices.n; i++) {
		const struct k8s_device *d = LIST_AT(c->devices, const struct k8s_device, i);

		if (!has(d->name) || strcmp(d->name, m->name) != 0)
			continue;
		FAULT(s, place(m->node, "name"),
			"%s.name: Invalid value: \"%s\": must not already exist in volumeDevices", at,
			m->name);
		return;
	}
}

void kube_check_mounts(
	struct kube_set *s, const struct kube_member *of, const struct k8s_container *c, const char *ctr)
{
	const struct k8s_pod_spec *p = of->spec;
	char at[AT_MAX];

	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct k8s_mount *m = LIST_AT(c->mounts, const struct k8s_mount, i);

		snprintf(at, sizeof at, "%s.volumeMounts[%zu]", ctr, i);
		if (has(m->name) && !kube_volume_find(p, m->name))
			unknown_volume(s, p, m->node, m->name, at);
		check_not_device(s, c, m, at);
		check_mount_path(s, c, m, i, at);
		check_sub_path(s, m, m->sub_path, "subPath", at);
		check_sub_path(s, m, m->sub_path_expr, "subPathExpr", at);
		if (has(m->sub_path) && has(m->sub_path_expr))
			FAULT(s, place(m->node, "subPathExpr"),
				"%s.subPathExpr: subPath and subPathExpr are mutually exclusive", at);
		if (m->propagation == K8S_PROPAGATION_BIDIRECTIONAL && !c->security.privileged.v)
			FAULT(s, place(m->node, "mountPropagation"),
				"%s.mountPropagation: Forbidden: Bidirectional mount propagation is "
				"available only to "
				"privileged containers",
				at);
		check_read_only(s, m, at);
	}
	check_devices(s, p, c, ctr);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static void check_mode(
	struct kube_set *s, const struct node *n, const char *key, struct opt_i64 mode, const char *at)
{
	const char *text = place(n, key)->text;

	if (!mode.set || (mode.v >= 0 && mode.v <= 0777))
		return;
	/* 644 for 0644 is the slip that everybody makes once */
	if (text && strlen(text) == 3 && strspn(text, "01234567") == 3)
		FAULT(s, place(n, key),
			"%s.%s: Invalid value: %s: must be a number between 0 and 0777 (octal), both "
			"inclusive; %s is "
			"decimal, write 0%s",
			at, key, text, text, text);
	else
		FAULT(s, place(n, key),
			"%s.%s: Invalid value: %s: must be a number between 0 and 0777 (octal), both "
			"inclusive",
			at, key, text ? text : "");
}

static void check_file_path(struct kube_set *s, const struct node *n, const char *path, const char *at)
{
	if (!has(path))
		return;
	if (path[0] == '/')
		FAULT(s, place(n, "path"), "%s.path: Invalid value: \"%s\": must be a relative path", at,
			path);
	else if (kube_path_climbs(path))
		FAULT(s, place(n, "path"), "%s.path: Invalid value: \"%s\": must not contain '..'", at, path);
	else if (strncmp(path, "..", 2) == 0)
		FAULT(s, place(n, "path"), "%s.path: Invalid value: \"%s\": must not start with '..'", at,
			path);
}

/* Paths of one volume, over all of its sources. */
struct paths {
	const char *path[256];
	size_t n;
};

static void path_is_new(
	struct kube_set *s, struct paths *all, const struct node *n, const char *path, const char *at)
{
	for (size_t i = 0; has(path) && i < all->n; i++)
		if (strcmp(all->path[i], path) == 0) {
			FAULT(s, place(n, "path"),
				"%s.path: Invalid value: \"%s\": conflicting duplicate paths, it is given "
				"twice",
				at, path);
			return;
		}
	if (has(path) && all->n < LEN(all->path))
		all->path[all->n++] = path;
}

static void check_items(struct kube_set *s, const struct k8s_files *f, struct paths *all, const char *volume)
{
	char at[AT_MAX];

	check_mode(s, f->node, "defaultMode", f->mode, volume);
	for (size_t i = 0; i < f->items.n; i++) {
		const struct k8s_item *k = LIST_AT(f->items, const struct k8s_item, i);

		snprintf(at, sizeof at, "%s.items[%zu]", volume, i);
		check_mode(s, k->node, "mode", k->mode, at);
		check_file_path(s, k->node, k->path, at);
		path_is_new(s, all, k->node, k->path, at);
	}
}

static void check_downward(
	struct kube_set *s, const struct k8s_downward *d, struct paths *all, const char *volume)
{
	char at[AT_MAX];

	check_mode(s, d->node, "defaultMode", d->mode, volume);
	for (size_t i = 0; i < d->items.n; i++) {
		const struct k8s_downward_item *k = LIST_AT(d->items, const struct k8s_downward_item, i);

		snprintf(at, sizeof at, "%s.items[%zu]", volume, i);
		check_mode(s, k->node, "mode", k->mode, at);
		check_file_path(s, k->node, k->path, at);
		path_is_new(s, all, k->node, k->path, at);
		if (k->field && k->resource)
			FAULT(s, place(k->node, NULL),
				"%s: Invalid value: fieldRef and resourceFieldRef can not be specified "
				"simultaneously",
				at);
		else if (k->node && !k->field && !k->resource)
			FAULT(s, place(k->node, NULL),
				"%s: Required value: one of fieldRef and resourceFieldRef is required", at);
	}
}

/* How many of an object's fields that name a kind are given. */
static size_t sources_of(const struct node *n, const char *but)
{
	size_t count = 0;

	for (size_t i = 0; n && n->kind == NODE_MAP && i < n->n; i++)
		count += (!but || strcmp(n->key[i]->text, but) != 0) && n->item[i]->kind != NODE_NULL;
	return count;
}

static void check_token(struct kube_set *s, const struct k8s_token *t, struct paths *all, const char *at)
{
	if (!t->node)
		return;
	check_file_path(s, t->node, t->path, at);
	path_is_new(s, all, t->node, t->path, at);
	if (t->expiration.set && (t->expiration.v < 600 || t->expiration.v > 1LL << 32))
		FAULT(s, place(t->node, "expirationSeconds"), "%s.expirationSeconds: Invalid value: %lld: %s",
			at, (long long) t->expiration.v,
			t->expiration.v < 600 ? "may not specify a duration less than 10 minutes"
					      : "may not specify a duration larger than 2^32 seconds");
}

static void check_projected(
	struct kube_set *s, const struct k8s_projected *p, struct paths *all, const char *volume)
{
	char at[AT_MAX], where[AT_MAX];

	check_mode(s, p->node, "defaultMode", p->mode, volume);
	for (size_t i = 0; i < p->sources.n; i++) {
		const struct k8s_projection *k = LIST_AT(p->sources, const struct k8s_projection, i);
		size_t n = sources_of(k->node, NULL);

		snprintf(at, sizeof at, "%s.sources[%zu]", volume, i);
		if (n > 1)
			FAULT(s, k->node,
				"%s: Forbidden: may not specify more than 1 volume type, it has %zu", at, n);
		else if (!n && k->node)
			FAULT(s, k->node, "%s: Required value: must specify a source", at);
		if (k->config_map || k->secret) {
			snprintf(where, sizeof where, "%s.%s", at, k->config_map ? "configMap" : "secret");
			check_items(s, k->config_map ? k->config_map : k->secret, all, where);
		}
		if (k->token) {
			snprintf(where, sizeof where, "%s.serviceAccountToken", at);
			check_token(s, k->token, all, where);
		}
		if (k->downward) {
			snprintf(where, sizeof where, "%s.downwardAPI", at);
			check_downward(s, k->downward, all, where);
		}
	}
}

/* ---- volumes ------------------------------------------------------------------------------------------------------- */

/* HugePages, HugePages-2Mi */
static bool is_huge_medium(const char *medium)
{
	int64_t size;

	return strcmp(medium, "HugePages") == 0 ||
	       (strncmp(medium, "HugePages-", 10) == 0 && quantity_parse(medium + 10, 1, &size) == 0 &&
		       size > 0);
}

void kube_check_nfs(struct kube_set *s, const struct node *nfs, const char *at)
{
	const struct node *server = node_get(nfs, "server"), *path = node_get(nfs, "path");

	if (server && server->kind == NODE_STRING && strpbrk(server->text, "/ ,"))
		FAULT(s, server, "%s.server: Invalid value: \"%s\": expected a host name or an address", at,
			server->text);
	if (path && path->kind == NODE_STRING && *path->text && path->text[0] != '/')
		FAULT(s, path, "%s.path: Invalid value: \"%s\": must be an absolute path", at, path->text);
}

static void check_empty_dir(struct kube_set *s, const struct k8s_empty_dir *e, const char *at)
{
	const char *medium = e->medium ? e->medium : "";

	check_mode(s, e->node, "mode", e->mode, at);
	if (*medium && strcmp(medium, "Memory") != 0 && !is_huge_medium(medium))
		FAULT(s, place(e->node, "medium"),
			"%s.medium: unknown value \"%s\", expected Memory, HugePages, HugePages-SIZE or "
			"nothing%s",
			at, medium, strcasecmp(medium, "memory") == 0 ? "; did you mean Memory?" : "");
}

static const char *const source_keys[] = { "dataSource", "dataSourceRef" };

/* What a claim starts with: another claim's content. */
static void check_data_source(struct kube_set *s, const struct node *spec, const char *at)
{
	for (size_t i = 0; i < LEN(source_keys); i++) {
		const struct node *from = node_get(spec, source_keys[i]), *kind = node_get(from, "kind"),
				  *name = node_get(from, "name");

		if (!kind || kind->kind != NODE_STRING || !name || name->kind != NODE_STRING || !*name->text)
			continue; /* reported */
		if (strcmp(kind->text, "PersistentVolumeClaim") != 0 || *place(from, "apiGroup")->text)
			FAULT(s, place(from, "kind"),
				"%s.%s: not supported by podctl: a claim starts empty or as a copy of "
				"another "
				"PersistentVolumeClaim, there are no %ss",
				at, source_keys[i], kind->text);
		else if (!kube_claim_is_there(s, name->text))
			FAULT(s, name,
				"%s.%s.name: there is no PersistentVolumeClaim \"%s\", in these files or "
				"stored",
				at, source_keys[i], name->text);
		else if (kube_claim_is_bound(s, name->text))
			FAULT(s, name,
				"%s.%s.name: not supported by podctl: a PersistentVolume answers the claim "
				"\"%s\", whose "
				"directory is not copied",
				at, source_keys[i], name->text);
	}
}

/* The claim of an ephemeral volume, or a PersistentVolumeClaim's spec. */
void kube_check_claim_spec(struct kube_set *s, const struct node *spec, const char *at)
{
	const struct node *modes = node_get(spec, "accessModes"),
			  *size = node_get(node_get(node_get(spec, "resources"), "requests"), "storage"),
			  *limit = node_get(node_get(node_get(spec, "resources"), "limits"), "storage");
	int64_t bytes, most;

	if (!spec || spec->kind != NODE_MAP)
		return;
	check_data_source(s, spec, at);
	for (size_t i = 0; modes && modes->kind == NODE_LIST && modes->n > 1 && i < modes->n; i++)
		if (strcmp(modes->item[i]->text, "ReadWriteOncePod") == 0)
			FAULT(s, modes->item[i],
				"%s.accessModes: Forbidden: may not use ReadWriteOncePod with other access "
				"modes",
				at);
	if (!modes || modes->kind == NODE_NULL || (modes->kind == NODE_LIST && !modes->n))
		FAULT(s, place(spec, "accessModes"),
			"%s.accessModes: Required value: at least 1 access mode is required", at);
	if (!size || size->kind == NODE_NULL)
		FAULT(s, place(spec, "resources"),
			"%s.resources.requests.storage: Required value: say how much, for example "
			"1Gi",
			at);
	else if (quantity_parse(size->text, 1, &bytes) == 0 && bytes <= 0)
		FAULT(s, size,
			"%s.resources.requests.storage: Invalid value: \"%s\": must be greater than zero", at,
			size->text);
	else if (limit && quantity_parse(limit->text, 1, &most) == 0 &&
		 quantity_parse(size->text, 1, &bytes) == 0 && bytes > most)
		FAULT(s, size,
			"%s.resources.requests.storage: Invalid value: \"%s\": must be less than or equal to "
			"storage limit of %s",
			at, size->text, limit->text);
}

static void check_source(struct kube_set *s, const struct k8s_volume *v, const char *volume)
{
	struct paths all = { .n = 0 };
	char at[AT_MAX];
	size_t i = 0;

	while (i < v->node->n && strcmp(v->node->key[i]->text, "name") == 0)
		i++;
	snprintf(at, sizeof at, "%s.%s", volume, i < v->node->n ? v->node->key[i]->text : "");
	if (v->config_map || v->secret)
		check_items(s, v->config_map ? v->config_map : v->secret, &all, at);
	if (v->downward)
		check_downward(s, v->downward, &all, at);
	if (v->projected)
		check_projected(s, v->projected, &all, at);
	if (v->empty_dir)
		check_empty_dir(s, v->empty_dir, at);
	if (v->nfs)
		kube_check_nfs(s, v->nfs->node, at);
	if (v->image && !has(v->image->ref))
		FAULT(s, place(v->image->node, "reference"), "%s.reference: Required value", at);
	if (v->ephemeral && !v->ephemeral->claim) {
		FAULT(s, place(v->ephemeral->node, NULL), "%s.volumeClaimTemplate: Required value", at);
	} else if (v->ephemeral) {
		const struct node *meta = v->ephemeral->claim->meta.node;
		char spec[AT_MAX];

		for (size_t k = 0; meta && meta->kind == NODE_MAP && k < meta->n; k++)
			if (strcmp(meta->key[k]->text, "labels") != 0 &&
				strcmp(meta->key[k]->text, "annotations") != 0 &&
				meta->item[k]->kind != NODE_NULL)
				FAULT(s, meta->key[k],
					"%s.volumeClaimTemplate.metadata.%s: Forbidden: only labels and "
					"annotations are copied to "
					"the claim",
					at, meta->key[k]->text);
		snprintf(spec, sizeof spec, "%s.volumeClaimTemplate.spec", at);
		for (size_t k = 0; k < LEN(source_keys); k++)
			if (node_get(v->ephemeral->claim->spec, source_keys[k]))
				FAULT(s, node_get(v->ephemeral->claim->spec, source_keys[k]),
					"%s.%s: not supported by podctl: an ephemeral volume starts empty",
					spec, source_keys[k]);
		kube_check_claim_spec(s, v->ephemeral->claim->spec, spec);
	}
}

static void check_volume(struct kube_set *s, const struct k8s_volume *v, const char *at)
{
	size_t sources;

	if (!v->node || v->node->kind != NODE_MAP)
		return;
	sources = sources_of(v->node, "name");
	if (sources > 1)
		FAULT(s, v->node, "%s: Forbidden: may not specify more than 1 volume type, it has %zu", at,
			sources);
	check_source(s, v, at);
}

void kube_check_volumes(struct kube_set *s, const struct kube_member *m)
{
	char at[AT_MAX];

	for (size_t i = 0; i < m->spec->volumes.n; i++) {
		const struct k8s_volume *v = LIST_AT(m->spec->volumes, const struct k8s_volume, i);

		snprintf(at, sizeof at, "%s.volumes[%zu]", m->at, i);
		check_volume(s, v, at);
		for (size_t j = 0; has(v->name) && j < i; j++) {
			const struct k8s_volume *twin = LIST_AT(m->spec->volumes, const struct k8s_volume, j);

			if (has(twin->name) && strcmp(twin->name, v->name) == 0)
				FAULT(s, place(v->node, "name"),
					"%s.name: Duplicate value: \"%s\": it is given twice, the first is "
					"at %d:%d",
					at, v->name, place(twin->node, "name")->line,
					place(twin->node, "name")->col);
		}
	}
}
