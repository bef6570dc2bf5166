/*
 * generate.c — generate kube: what was played comes back as it was written, the objects it refers to before it.
 */
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/generate.h"
#include "pkg/verb/play_internal.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

/* Pods that were played, workloads and volumes are one document each; containers on their own become one pod together. */
struct output {
	struct engine *e;
	const struct generate_request *r;
	struct arena a;
	json_t *claims, *services, *objects,
		*pods;    /* in the order they are written: what is referred to comes first */
	struct strs seen; /* "KIND NAME" of what is there already */
	struct pod *solo;
	size_t n_solo;
	struct buf comments;
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "generate"); }

static bool is_new(struct output *o, const char *kind, const char *name)
{
	const char *key = arena_printf(&o->a, "%s %s", kind, name);

	for (size_t i = 0; key && i < o->seen.n; i++)
		if (!strcmp(o->seen.v[i], key))
			return false;
	return key && strs_add(&o->seen, &o->a, key) == 0;
}

static json_t *stored(struct output *o, const char *kind, const char *name)
{
	struct object_row row = { 0 };
	struct err one = { 0 };

	if (store_object_get(o->e->store, kind, name, &o->a, &row, &one) < 0)
		return NULL;
	return json_parse(row.doc, strlen(row.doc), &one);
}

/* ---- objects that are referred to ----------------------------------------------------------------------------------------- */

/* Every key stays, so that what refers to it still finds it. */
static void redact(json_t *secret)
{
	static const struct {
		const char *map, *value;
	} masks[] = { { "data", "cmVkYWN0ZWQ=" }, { "stringData", "redacted" } };
	const char *key;
	json_t *v;

	for (size_t i = 0; i < LEN(masks); i++) {
		json_t *map = json_object_get(secret, masks[i].map);

		json_object_foreach(map, key, v) json_object_set_new(map, key, json_string(masks[i].value));
	}
}

static const char *text_at(const json_t *doc, const char *map, const char *key)
{
	const char *v =
		json_string_value(json_object_get(json_object_get(json_object_get(doc, "spec"), map), key));

	return v ? v : "";
}

static const char *spec_text(const json_t *doc, const char *key)
{
	const char *v = json_string_value(json_object_get(json_object_get(doc, "spec"), key));

	return v ? v : "";
}

/* The PersistentVolume that answers a claim: by name, by its claimRef; a disk (mode Block) also because it fits. */
static void add_volume_of(struct output *o, const json_t *claim, const char *name)
{
	struct object_row *rows = NULL;
	struct err one = { 0 };
	size_t n = 0;
	bool block = !strcmp(spec_text(claim, "volumeMode"), "Block");

	if (store_objects(o->e->store, "PersistentVolume", &o->a, &rows, &n, &one) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		json_t *doc = json_parse(rows[i].doc, strlen(rows[i].doc), &one);
		const char *whose = text_at(doc, "claimRef", "name");
		bool fits = block && !*whose && !strcmp(spec_text(doc, "volumeMode"), "Block");

		if ((!strcmp(whose, name) || !strcmp(spec_text(claim, "volumeName"), rows[i].name) || fits) &&
			is_new(o, "PersistentVolume", rows[i].name))
			json_array_append(o->objects, doc);
		json_decref(doc);
	}
}

static void add_object(struct output *o, const char *kind, const char *name)
{
	json_t *doc;

	if (!name || !*name || !is_new(o, kind, name) || !(doc = stored(o, kind, name)))
		return; /* optional ones need not be there */
	if (!strcmp(kind, "Secret") && o->r->redact)
		redact(doc);
	if (!strcmp(kind, "PersistentVolumeClaim"))
		add_volume_of(o, doc, name);
	json_array_append_new(o->objects, doc);
}

/* Everything in a manifest that names another object: volumes, projected sources, env, envFrom, pull secrets. */
static void find_objects(struct output *o, const json_t *v)
{
	static const struct {
		const char *key, *name, *kind;
	} refs[] = {
		{ "configMap", "name", "ConfigMap" },
		{ "configMapKeyRef", "name", "ConfigMap" },
		{ "configMapRef", "name", "ConfigMap" },
		{ "secret", "secretName", "Secret" },
		{ "secret", "name", "Secret" }, /* projected */
		{ "secretKeyRef", "name", "Secret" },
		{ "secretRef", "name", "Secret" },
		{ "persistentVolumeClaim", "claimName", "PersistentVolumeClaim" },
	};
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_array(v))
		json_array_foreach((json_t *) v, i, item) find_objects(o, item);
	if (!json_is_object(v))
		return;
	json_object_foreach((json_t *) v, key, item)
	{
		for (i = 0; i < LEN(refs); i++)
			if (!strcmp(refs[i].key, key))
				add_object(o, refs[i].kind,
					json_string_value(json_object_get(item, refs[i].name)));
		if (!strcmp(key, "imagePullSecrets"))
			for (i = 0; i < json_array_size(item); i++)
				add_object(o, "Secret",
					json_string_value(json_object_get(json_array_get(item, i), "name")));
		find_objects(o, item);
	}
}

/* ---- pods ------------------------------------------------------------------------------------------------------------------ */

/* Takes doc. */
static int add_pod(struct output *o, json_t *doc, bool handmade, struct err *err)
{
	json_t *service = NULL, *wrapped = NULL;
	int rc = 0;

	find_objects(o, doc);
	if (o->r->service && (service = kube_service(doc)))
		json_array_append_new(o->services, service);
	if (o->r->type && strcmp(o->r->type, "pod") != 0) {
		if ((rc = kube_wrap(doc, o->r->type, o->r->replicas.set ? o->r->replicas.v : 0, handmade,
			     &wrapped, err)) == 0)
			json_array_append_new(o->pods, wrapped);
		json_decref(doc);
		return rc;
	}
	json_array_append_new(o->pods, doc);
	return 0;
}

/* The workload that made it, when that is what is asked for. */
static bool add_owner(struct output *o, const struct pod *p)
{
	const char *kind = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
		   *name = kvs_get(&p->spec.labels, PLAY_LABEL_NAME),
		   *asked = o->r->type ? kube_type_kind(o->r->type) : NULL;
	json_t *doc;

	if (!kind || !name || !asked || !strcmp(kind, "Pod") || strcmp(kind, asked) != 0 ||
		!(doc = stored(o, kind, name)))
		return false;
	find_objects(o, doc);
	if (o->r->replicas.set)
		json_object_set_new(json_object_get(doc, "spec"), "replicas", json_integer(o->r->replicas.v));
	if (is_new(o, kind, name))
		json_array_append(o->pods, doc);
	json_decref(doc);
	return true;
}

static int from_specs(struct output *o, const struct pod_spec *spec, const struct container_spec *ctr,
	size_t n, struct err *err)
{
	json_t *doc = NULL;
	int rc = kube_from_specs(spec, ctr, n, &o->comments, &doc, err);

	return rc < 0 ? rc : add_pod(o, doc, true, err);
}

static int add_loaded(struct output *o, const char *id, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct pod *more;
	json_t *doc;
	int rc;

	if ((rc = pod_load(o->e, id, false, &p, err)) < 0)
		return rc;
	if (!is_new(o, "pod", p.row.id))
		return 0;
	if (p.row.solo) {
		if (!(more = arena_array(&o->a, o->n_solo + 1, sizeof *more)))
			return no_memory(err);
		if (o->n_solo)
			memcpy(more, o->solo, o->n_solo * sizeof *more);
		o->solo = more;
		o->solo[o->n_solo++] = p;
		p = (struct pod) POD_NONE;
		return 0;
	}
	if (!p.row.kube)
		return from_specs(o, &p.spec, p.ctr, p.n, err);
	if (add_owner(o, &p))
		return 0;
	if (!(doc = json_parse(p.row.kube, strlen(p.row.kube), err)))
		return err_wrap(err, "the manifest of pod '%s'", p.row.name);
	return add_pod(o, doc, false, err);
}

/* All containers that were named on their own in one pod, which has the first one's name. */
static int add_solo(struct output *o, struct err *err)
{
	struct container_spec *ctr;
	struct port_spec *ports;
	struct pod_spec spec;
	size_t n = 0, n_ports = 0;

	if (!o->n_solo)
		return 0;
	spec = o->solo[0].spec;
	for (size_t i = 0; i < o->n_solo; i++) {
		n += o->solo[i].n;
		n_ports += o->solo[i].spec.ports.n;
	}
	ctr = arena_array(&o->a, n + 1, sizeof *ctr);
	ports = arena_array(&o->a, n_ports + 1, sizeof *ports);
	if (!ctr || !ports)
		return no_memory(err);
	n = n_ports = 0;
	for (size_t i = 0; i < o->n_solo; i++) {
		for (size_t k = 0; k < o->solo[i].n; k++)
			ctr[n++] = o->solo[i].ctr[k];
		for (size_t k = 0; k < o->solo[i].spec.ports.n; k++)
			ports[n_ports++] = *LIST_AT(o->solo[i].spec.ports, struct port_spec, k);
	}
	spec.ports = (struct list){ ports, n_ports };
	return from_specs(o, &spec, ctr, n, err);
}

/* ---- names ----------------------------------------------------------------------------------------------------------------- */

static bool add_volume(struct output *o, const char *name)
{
	struct volume_row row = { 0 };
	struct err one = { 0 };
	json_t *doc;

	if (store_volume_get(o->e->store, name, &o->a, &row, &one) < 0)
		return false;
	doc = stored(o, "PersistentVolumeClaim", name);
	json_array_append_new(o->claims, doc ? doc : kube_claim_document(name));
	return true;
}

/* A workload, or any other document that is kept, by its own name. */
static bool add_kept(struct output *o, const char *name)
{
	struct object_row *rows = NULL;
	struct err one = { 0 };
	size_t n = 0;

	if (store_objects(o->e->store, NULL, &o->a, &rows, &n, &one) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *doc;

		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (!(doc = json_parse(rows[i].doc, strlen(rows[i].doc), &one)))
			return false;
		find_objects(o, doc);
		if (!strcmp(rows[i].kind, "Secret") && o->r->redact)
			redact(doc);
		json_array_append_new(o->pods, doc);
		return true;
	}
	return false;
}

/* The beginning of an id comes after the whole name of anything. */
static bool is_kept_instead(struct output *o, const char *id, const char *name)
{
	return strncmp(id, name, strlen(name)) == 0 && (add_volume(o, name) || add_kept(o, name));
}

static int add_name(struct output *o, const char *name, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	struct err one = { 0 };

	if (store_find(o->e->store, name, STORE_POD, &o->a, &id, &pod, &one) == 0)
		return is_kept_instead(o, id, name) ? 0 : add_loaded(o, id, err);
	if (one.kind == ERR_NOT_FOUND &&
		store_find(o->e->store, name, STORE_CONTAINER, &o->a, &id, &pod, &one) == 0)
		return is_kept_instead(o, id, name) ? 0 : add_loaded(o, pod, err);
	if (add_volume(o, name) || add_kept(o, name))
		return 0;
	if (one.kind != ERR_NOT_FOUND)
		return *err = one, -EIO;
	return err_set(err, ERR_NOT_FOUND,
		"name or ID \"%s\" not found: no such pod, container, volume or Kubernetes object", name);
}

/* ---- the verb -------------------------------------------------------------------------------------------------------------- */

static int write_all(struct output *o, struct buf *b, struct err *err)
{
	json_t *const lists[] = { o->claims, o->objects, o->services, o->pods };
	json_t *doc;
	size_t i;
	int rc;

	if (o->comments.len)
		(void) buf_add(b, o->comments.data, o->comments.len);
	for (size_t k = 0, written = 0; k < LEN(lists); k++)
		json_array_foreach(lists[k], i, doc)
		{
			struct buf one = BUF_INIT(64 * 1024 * 1024);

			if (written++)
				(void) buf_puts(b, "---\n");
			rc = kube_emit(doc, &one, err);
			(void) buf_add(b, one.data ? one.data : "", one.len);
			buf_done(&one);
			if (rc < 0)
				return rc;
		}
	return buf_failed(b) ? err_sys(err, -b->error, "generate") : 0;
}

static int check(const struct generate_request *r, struct err *err)
{
	if (r->type && !kube_type_kind(r->type))
		return err_set(err, ERR_INVALID,
			"--type %s: there are pod, deployment, daemonset, statefulset, job and cronjob",
			r->type);
	if (r->replicas.set &&
		(!r->type || (strcmp(r->type, "deployment") != 0 && strcmp(r->type, "statefulset") != 0)))
		return err_set(err, ERR_INVALID,
			"--replicas can only be set when --type is deployment or statefulset");
	return 0;
}

int verb_generate(struct engine *e, const struct generate_request *r, struct buf *b, struct err *err)
{
	struct output o = { .e = e,
		.r = r,
		.claims = json_array(),
		.services = json_array(),
		.objects = json_array(),
		.pods = json_array(),
		.comments = BUF_INIT(1024 * 1024) };
	int rc = check(r, err);

	for (size_t i = 0; rc == 0 && i < r->names->n; i++)
		rc = add_name(&o, r->names->v[i], err);
	if (rc == 0)
		rc = add_solo(&o, err);
	if (rc == 0)
		rc = write_all(&o, b, err);
	for (size_t i = 0; i < o.n_solo; i++)
		pod_done(&o.solo[i]);
	json_decref(o.claims), json_decref(o.services), json_decref(o.objects), json_decref(o.pods);
	buf_done(&o.comments);
	arena_done(&o.a);
	return rc;
}
