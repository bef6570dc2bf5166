/*
 * PersistentVolumes: which claim each of them answers.
 *
 * A claim gets the volume it names, else the one that names it (claimRef), else the first free one of its storage class that
 * is large enough, has its access modes and fits its selector, the smallest of them; else a directory of podctl's own, as a provisioner would make.
 */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"

struct volume_of {
	const struct node *node;
	const char *name, *claim; /* claim: whose it is; NULL: free */
};
struct kube_bindings {
	struct volume_of *v;
	size_t n;
	const struct node **claim; /* every claim there is a document of, in order */
	size_t claims;
};

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *v = node_get(map, key);

	return v && v->kind == NODE_STRING ? v->text : "";
}

static const char *name_of(const struct node *doc) { return text_of(node_get(doc, "metadata"), "name"); }

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

static const char *const sources[] = { "hostPath", "local", "nfs" };

/* What a PersistentVolume is of; NULL: of nothing that is known. */
static const struct node *source_of(const struct node *spec, const char **ret_name)
{
	for (size_t i = 0; i < LEN(sources); i++)
		if (node_get(spec, sources[i]))
			return node_get(spec, *ret_name = sources[i]);
	return NULL;
}

static void check_sources(struct kube_set *s, const struct node *spec, const char *at)
{
	const struct node *first = NULL, *options = node_get(spec, "mountOptions");
	char path[AT_MAX + 8];

	for (size_t i = 0; i < LEN(sources); i++) {
		const struct node *from = node_get(spec, sources[i]);

		if (from && first)
			FAULT(s, from, "%s.%s: Forbidden: may not specify more than 1 volume type", at,
				sources[i]);
		first = first ? first : from;
	}
	if (spec && !first)
		FAULT(s, spec, "%s: Required value: must specify a volume type: hostPath, local or nfs", at);
	snprintf(path, sizeof path, "%s.nfs", at);
	kube_check_nfs(s, node_get(spec, "nfs"), path);
	if (options && options->n && !node_get(spec, "nfs"))
		FAULT(s, options,
			"%s.mountOptions: Forbidden: may not specify mount options for this volume type; a "
			"directory is bound as it is",
			at);
	for (size_t i = 0; options && options->kind == NODE_LIST && i < options->n; i++)
		if (options->item[i]->kind == NODE_STRING && strpbrk(options->item[i]->text, ", "))
			FAULT(s, options->item[i],
				"%s.mountOptions[%zu]: Invalid value: \"%s\": expected one option", at, i,
				options->item[i]->text);
}

void kube_check_storage(struct kube_set *s, const struct kube_doc *d)
{
	const struct node *spec = node_get(d->node, "spec");
	const char *dot = *d->at ? "." : "";

	char at[AT_MAX];

	snprintf(at, sizeof at, "%s%sspec", d->at, dot);
	if (!spec)
		FAULT(s, place(d->node, "spec"), "%s: Required value", at);
	if (strcmp(d->kind->name, "PersistentVolume") != 0) {
		kube_check_claim_spec(s, spec, at);
		return;
	}
	check_sources(s, spec, at);
}

/* ---- what fits ----------------------------------------------------------------------------------------------------------- */

static bool has_modes(const struct node *volume, const struct node *claim)
{
	const struct node *want = node_get(node_get(claim, "spec"), "accessModes"),
			  *there = node_get(node_get(volume, "spec"), "accessModes");

	for (size_t i = 0; want && want->kind == NODE_LIST && i < want->n; i++) {
		bool found = false;

		for (size_t k = 0; there && there->kind == NODE_LIST && k < there->n; k++)
			found = found || strcmp(there->item[k]->text, want->item[i]->text) == 0;
		if (!found)
			return false;
	}
	return true;
}

static int64_t size_of(const struct node *volume)
{
	const struct node *size = node_get(node_get(node_get(volume, "spec"), "capacity"), "storage");
	int64_t v = 0;

	return size && quantity_parse(size->text, 1, &v) == 0 ? v : 0;
}

static bool is_large_enough(const struct node *volume, const struct node *claim)
{
	const struct node *want =
		node_get(node_get(node_get(node_get(claim, "spec"), "resources"), "requests"), "storage");
	int64_t need = 0;

	return !want || quantity_parse(want->text, 1, &need) < 0 || size_of(volume) >= need;
}

static bool is_selected(const struct node *volume, const struct node *claim)
{
	const struct node *selector = node_get(node_get(claim, "spec"), "selector");
	const struct node *match = node_get(selector, "matchLabels"),
			  *rules = node_get(selector, "matchExpressions"),
			  *labels = node_get(node_get(volume, "metadata"), "labels");

	for (size_t i = 0; match && match->kind == NODE_MAP && i < match->n; i++)
		if (strcmp(text_of(labels, match->key[i]->text), match->item[i]->text) != 0)
			return false;
	for (size_t i = 0; rules && rules->kind == NODE_LIST && i < rules->n; i++)
		if (!kube_rule_fits(rules->item[i], node_get(labels, text_of(rules->item[i], "key"))))
			return false;
	return true;
}

static bool is_block(const struct node *doc)
{
	return strcmp(text_of(node_get(doc, "spec"), "volumeMode"), "Block") == 0;
}

static bool fits(const struct node *volume, const struct node *claim)
{
	const struct node *vs = node_get(volume, "spec"), *cs = node_get(claim, "spec");

	return is_block(volume) == is_block(claim) &&
	       strcmp(text_of(vs, "storageClassName"), text_of(cs, "storageClassName")) == 0 &&
	       has_modes(volume, claim) && is_large_enough(volume, claim) && is_selected(volume, claim);
}

/* ---- bindings ------------------------------------------------------------------------------------------------------------ */

static size_t count(const struct kube_set *s, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->doc[i].kind && strcmp(s->doc[i].kind->name, kind) == 0;
	return n;
}

/* Documents of this play first, then stored ones of other names. */
static const struct node **all_of(struct kube_set *s, const char *kind, size_t *ret_n)
{
	size_t stored_n = 0, n = 0, own;
	const struct node **stored =
		s->options->list ? s->options->list(s->options->lookup_ctx, kind, &stored_n) : NULL;
	const struct node **v = arena_array(s->arena, count(s, kind) + stored_n + 1, sizeof *v);

	if (!v) {
		s->no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->doc[i].kind && strcmp(s->doc[i].kind->name, kind) == 0)
			v[n++] = s->doc[i].node;
	own = n;
	for (size_t i = 0; i < stored_n; i++) {
		bool twin = false;

		for (size_t k = 0; k < own; k++)
			twin = twin || strcmp(name_of(v[k]), name_of(stored[i])) == 0;
		if (!twin)
			v[n++] = stored[i];
	}
	*ret_n = n;
	return v;
}

static void bind_named(struct kube_bindings *b)
{
	for (size_t i = 0; i < b->claims; i++) {
		const char *volume = text_of(node_get(b->claim[i], "spec"), "volumeName");

		for (size_t k = 0; *volume && k < b->n; k++)
			if (!b->v[k].claim && strcmp(b->v[k].name, volume) == 0)
				b->v[k].claim = name_of(b->claim[i]);
	}
}

static const struct volume_of *bound(const struct kube_bindings *b, const char *claim)
{
	for (size_t k = 0; k < b->n; k++)
		if (b->v[k].claim && strcmp(b->v[k].claim, claim) == 0)
			return &b->v[k];
	return NULL;
}

static struct kube_bindings *bind_all(struct kube_set *s)
{
	struct kube_bindings *b = arena_alloc(s->arena, sizeof *b);
	const struct node **volumes;

	if (!b || !(volumes = all_of(s, "PersistentVolume", &b->n)) ||
		!(b->v = arena_array(s->arena, b->n + 1, sizeof *b->v))) {
		s->no_memory = true;
		return NULL;
	}
	if (!(b->claim = all_of(s, "PersistentVolumeClaim", &b->claims)))
		return NULL;
	for (size_t i = 0; i < b->n; i++) {
		const char *claim = text_of(node_get(node_get(volumes[i], "spec"), "claimRef"), "name");

		b->v[i] = (struct volume_of){ volumes[i], name_of(volumes[i]), *claim ? claim : NULL };
	}
	bind_named(b);
	for (size_t i = 0; i < b->claims; i++) {
		const char *name = name_of(b->claim[i]);
		const bool named = *text_of(node_get(b->claim[i], "spec"), "volumeName");

		struct volume_of *best = NULL;

		for (size_t k = 0; !named && !bound(b, name) && k < b->n; k++)
			if (!b->v[k].claim && fits(b->v[k].node, b->claim[i]) &&
				(!best || size_of(b->v[k].node) < size_of(best->node)))
				best = &b->v[k];
		if (best)
			best->claim = name;
	}
	return b;
}

/* The claim names a volume that nobody has written. */
static void check_bound(struct kube_set *s, const struct kube_bindings *b, const char *claim)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct kube_doc *d = &s->doc[i];
		const struct node *want = node_get(node_get(d->node, "spec"), "volumeName");

		if (!d->kind || strcmp(d->kind->name, "PersistentVolumeClaim") != 0 || !want ||
			strcmp(d->name, claim) != 0 || !*want->text || bound(b, claim))
			continue;
		FAULT(s, want,
			"%s%sspec.volumeName: there is no PersistentVolume \"%s\" that is free, in these "
			"files or stored",
			d->at, *d->at ? "." : "", want->text);
	}
}

bool kube_claim_is_there(struct kube_set *s, const char *claim)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->doc[i].kind && strcmp(s->doc[i].kind->name, "PersistentVolumeClaim") == 0 &&
			strcmp(s->doc[i].name, claim) == 0)
			return true;
	return s->options->lookup &&
	       s->options->lookup(s->options->lookup_ctx, "PersistentVolumeClaim", claim);
}

bool kube_claim_is_bound(struct kube_set *s, const char *claim)
{
	return (s->bindings || (s->bindings = bind_all(s))) && bound(s->bindings, claim);
}

static const struct node *claim_find(const struct kube_bindings *b, const char *name)
{
	for (size_t i = 0; i < b->claims; i++)
		if (strcmp(name_of(b->claim[i]), name) == 0)
			return b->claim[i];
	return NULL;
}

static const struct k8s_container *container_at(const struct k8s_pod_spec *p, size_t i)
{
	return i < p->init.n ? LIST_AT(p->init, const struct k8s_container, i)
			     : LIST_AT(p->containers, const struct k8s_container, i - p->init.n);
}

/* volumeDevices are of claims in mode Block, volumeMounts of the others. */
static void check_use(struct kube_set *s, const struct kube_member *m, const char *volume, bool block)
{
	for (size_t i = 0; m->first && i < m->spec->init.n + m->spec->containers.n; i++) {
		const struct k8s_container *c = container_at(m->spec, i);

		for (size_t k = 0; block && k < c->mounts.n; k++) {
			const struct k8s_mount *v = LIST_AT(c->mounts, const struct k8s_mount, k);

			if (v->name && strcmp(v->name, volume) == 0)
				FAULT(s, place(v->node, "name"),
					"container \"%s\": volume \"%s\" has volumeMode Block, so it must be "
					"specified in volumeDevices",
					c->name, volume);
		}
		for (size_t k = 0; !block && k < c->devices.n; k++) {
			const struct k8s_device *v = LIST_AT(c->devices, const struct k8s_device, k);

			if (v->name && strcmp(v->name, volume) == 0)
				FAULT(s, place(v->node, "name"),
					"container \"%s\": volume \"%s\" has volumeMode Filesystem, so it "
					"must "
					"be specified in volumeMounts",
					c->name, volume);
		}
	}
}

static void give_devices(
	struct kube_set *s, const struct kube_member *m, const struct volume_spec *v, struct kube_pod *pod)
{
	for (size_t i = 0; i < pod->n; i++) {
		const struct k8s_container *c = container_at(m->spec, i);
		struct container_spec *to = &pod->ctr[i];

		for (size_t k = 0; k < c->devices.n; k++) {
			const struct k8s_device *d = LIST_AT(c->devices, const struct k8s_device, k);
			struct device_spec *all;

			if (!d->name || !d->path || strcmp(d->name, v->name) != 0)
				continue;
			if (!(all = arena_array(s->arena, to->devices.n + 1, sizeof *all))) {
				s->no_memory = true;
				return;
			}
			if (to->devices.n)
				memcpy(all, to->devices.v, to->devices.n * sizeof *all);
			all[to->devices.n] = (struct device_spec){ .host = v->path,
				.path = d->path,
				.access = (char *) (uintptr_t) (v->read_only ? "rm" : "rwm") };
			to->devices = (struct list){ all, to->devices.n + 1 };
		}
	}
}

static char *options_of(struct kube_set *s, const struct node *options)
{
	char *text = NULL;

	for (size_t i = 0; options && options->kind == NODE_LIST && i < options->n; i++)
		text = arena_printf(s->arena, "%s%s%s", text ? text : "", text ? "," : "",
			options->item[i]->text ? options->item[i]->text : "");
	return text;
}

/* The volume of a claim becomes what its PersistentVolume is of. */
static void take_source(struct kube_set *s, const struct node *spec, struct volume_spec *v)
{
	const char *name = "hostPath";
	const struct node *from = source_of(spec, &name);
	bool nfs = strcmp(name, "nfs") == 0;

	v->type = nfs ? VOLUME_NFS : VOLUME_HOST_PATH;
	if (nfs) {
		const struct node *read_only = node_get(from, "readOnly");

		v->path = arena_printf(s->arena, "%s:%s", text_of(from, "server"), text_of(from, "path"));
		v->options = options_of(s, node_get(spec, "mountOptions"));
		v->read_only = v->read_only || (read_only && strcmp(read_only->text, "true") == 0);
	} else {
		v->path = arena_strdup(s->arena, text_of(from, "path"));
		v->path_type = arena_strdup(
			s->arena, strcmp(name, "local") == 0 ? "Directory" : text_of(from, "type"));
	}
	s->no_memory = s->no_memory || !v->path;
}

void kube_claims(struct kube_set *s, const struct kube_member *m, struct kube_pod *pod)
{
	for (size_t i = 0; i < pod->spec.volumes.n; i++) {
		struct volume_spec *v = LIST_AT(pod->spec.volumes, struct volume_spec, i);
		const struct volume_of *pv;
		const struct node *claim;

		if (v->type != VOLUME_NAMED || !v->path)
			continue;
		if (!s->bindings && !(s->bindings = bind_all(s)))
			return;
		claim = claim_find(s->bindings, v->path);
		check_use(s, m, v->name, claim && is_block(claim));
		if (!(pv = bound(s->bindings, v->path))) {
			if (m->first)
				check_bound(s, s->bindings, v->path);
			if (m->first && claim && is_block(claim))
				FAULT(s, place(claim, "spec"),
					"spec.volumeMode: Block: there is no PersistentVolume in mode Block "
					"for the "
					"claim \"%s\", and podctl makes directories only",
					v->path);
			continue;
		}
		take_source(s, node_get(pv->node, "spec"), v);
		if (claim && is_block(claim)) {
			v->path_type = arena_strdup(s->arena, "BlockDevice");
			give_devices(s, m, v, pod);
		}
	}
}
