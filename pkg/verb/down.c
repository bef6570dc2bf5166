/*
 * down.c — kube down: pods by the labels of their owners and by their names, objects, and with --force the volumes of claims.
 */
#include <string.h>

#include "pkg/verb/play_internal.h"
#include "pkg/verb/pods.h"
#include "pkg/volume/volume.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "down"); }

static bool has(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

/* ---- pods ---------------------------------------------------------------------------------------------------------------- */

/* volumes: the claims it used are added. */
int down_pod(struct engine *e, const char *id, struct arena *a, struct down_result *ret, struct strs *volumes,
	struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	bool alive;
	int rc;

	if ((rc = pod_load(e, id, true, &p, err)) < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	for (size_t i = 0; volumes && i < p.spec.volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(p.spec.volumes, struct volume_spec, i);

		if (v->type == VOLUME_NAMED && v->path && !has(volumes, v->path) &&
			strs_add(volumes, a, v->path) < 0)
			return no_memory(err);
	}
	alive = p.alive;
	/* one that ends as we come has no monitor to talk to: what is left of it, the removal ends */
	if (alive && pod_stop(e, &p, NULL, UINT64_MAX, err) < 0)
		err_clear(err);
	if ((rc = pod_remove(e, &p, err)) < 0)
		return err_wrap(err, "pod '%s'", p.row.name);
	if (strs_add(&ret->stopped, a, id) < 0 || strs_add(&ret->removed, a, id) < 0)
		return no_memory(err);
	return 0;
}

struct down {
	struct engine *e;
	struct arena *a;
	struct down_result *ret;
	struct strs *volumes;
	struct kube_name *name;
	size_t n;
	struct strs paths;
	const struct play *except; /* --prune: what its plan has stays */
	struct err first;
};

static bool is_named(const struct down *d, const struct pod_row *row, const struct kvs *labels)
{
	const char *kind = kvs_get(labels, PLAY_LABEL_KIND), *name = kvs_get(labels, PLAY_LABEL_NAME);

	for (size_t i = 0; i < d->n; i++) {
		const struct kube_name *k = &d->name[i];

		if (!strcmp(k->kind, "Pod")
				? !strcmp(k->name, row->name)
				: kind && name && !strcmp(k->kind, kind) && !strcmp(k->name, name))
			return true;
	}
	return false;
}

static bool is_planned(const struct play *p, const char *name)
{
	for (size_t i = 0; p && i < p->plan.n_pod; i++)
		if (!strcmp(p->plan.pod[i].spec.name, name))
			return true;
	return false;
}

static void keep_first(struct down *d, const struct err *one)
{
	if (!d->first.kind && !d->first.len)
		d->first = *one;
}

/* The last first: what was played last may use what came before.  One that cannot be removed does not keep the others. */
static int down_pods(struct down *d, struct err *err)
{
	struct pod_row *rows = NULL;
	size_t n = 0;
	int rc;

	if ((rc = store_pods(d->e->store, d->a, &rows, &n, err)) < 0)
		return rc;
	for (size_t i = n; i--;) {
		struct pod_spec spec = { 0 };
		struct err one = { 0 };
		const char *file;
		json_t *v;

		if (rows[i].solo || rows[i].state == ROW_REMOVING || !rows[i].spec)
			continue;
		if ((v = json_parse(rows[i].spec, strlen(rows[i].spec), &one)))
			(void) decode_json(v, pod_spec_fields, &spec, d->a, &one);
		json_decref(v);
		file = kvs_get(&spec.labels, PLAY_LABEL_FILE);
		if (is_planned(d->except, rows[i].name) ||
			(!is_named(d, &rows[i], &spec.labels) && !(file && has(&d->paths, file))))
			continue;
		err_clear(&one);
		if (down_pod(d->e, rows[i].id, d->a, d->ret, d->volumes, &one) < 0)
			keep_first(d, &one);
	}
	return 0;
}

/* ---- objects and volumes ------------------------------------------------------------------------------------------------- */

/* What is in a volume outlives its pods, unless that was asked for; so do the documents that lead to it. */
static bool outlives(const struct down *d, const char *kind)
{
	return !d->volumes && (!strcmp(kind, "PersistentVolumeClaim") || !strcmp(kind, "PersistentVolume"));
}

static bool is_planned_object(const struct play *p, const struct object_row *o)
{
	for (size_t i = 0; p && i < p->plan.n_object; i++)
		if (!strcmp(p->plan.object[i].kind, o->kind) && !strcmp(p->plan.object[i].name, o->name))
			return true;
	return false;
}

static int down_object(struct down *d, const struct object_row *o, struct err *err)
{
	int rc = store_object_del(d->e->store, o->kind, o->name, err);
	struct strs *told = !strcmp(o->kind, "ConfigMap") ? &d->ret->config_maps
			    : !strcmp(o->kind, "Secret")  ? &d->ret->secrets
							  : NULL;

	if (rc < 0)
		return rc;
	if ((told && strs_add(told, d->a, o->name) < 0) ||
		(d->volumes && !strcmp(o->kind, "PersistentVolumeClaim") && !has(d->volumes, o->name) &&
			strs_add(d->volumes, d->a, o->name) < 0))
		return no_memory(err);
	return 0;
}

static int down_objects(struct down *d, struct err *err)
{
	struct object_row *rows = NULL;
	size_t n = 0;
	int rc = store_objects(d->e->store, NULL, d->a, &rows, &n, err);

	for (size_t i = n; rc >= 0 && i--;) {
		bool ours = rows[i].file && has(&d->paths, rows[i].file);

		for (size_t k = 0; k < d->n && !ours; k++)
			ours = !strcmp(d->name[k].kind, rows[i].kind) &&
			       !strcmp(d->name[k].name, rows[i].name);
		if (ours && !outlives(d, rows[i].kind) && !is_planned_object(d->except, &rows[i]))
			rc = down_object(d, &rows[i], err);
	}
	return rc < 0 ? rc : 0;
}

static int down_volumes(struct down *d, struct err *err)
{
	for (size_t k = 0; k < d->n; k++) /* of a claim that was never stored */
		if (!strcmp(d->name[k].kind, "PersistentVolumeClaim") && !has(d->volumes, d->name[k].name) &&
			strs_add(d->volumes, d->a, d->name[k].name) < 0)
			return no_memory(err);
	for (size_t i = 0; i < d->volumes->n; i++) {
		struct err one = { 0 };

		if (volume_remove(d->e, d->volumes->v[i], &one) < 0) {
			if (one.kind != ERR_NOT_FOUND)
				keep_first(d, &one);
		} else if (strs_add(&d->ret->volumes, d->a, d->volumes->v[i]) < 0) {
			return no_memory(err);
		}
	}
	return 0;
}

/* ---- the verbs ------------------------------------------------------------------------------------------------------------ */

static int paths_of(struct down *d, const struct kube_input *in, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (in[i].path && strs_add(&d->paths, d->a, in[i].path) < 0)
			return no_memory(err);
	return 0;
}

static int run(struct down *d, struct err *err)
{
	int rc;

	if ((rc = down_pods(d, err)) < 0 || (rc = down_objects(d, err)) < 0 ||
		(d->volumes && (rc = down_volumes(d, err)) < 0))
		return rc;
	if (!d->first.len)
		return 0;
	*err = d->first;
	return -EIO;
}

int down_of_files(struct play *p, struct down_result *ret, struct err *err)
{
	struct down d = { .e = p->e, .a = p->a, .ret = ret, .except = p };
	int rc = paths_of(&d, p->r->in, p->r->n, err);

	return rc < 0 ? rc : run(&d, err);
}

/* A workload that was there before may stand for fewer pods now. */
int down_surplus(struct play *p, struct down_result *ret, struct err *err)
{
	struct down d = { .e = p->e, .a = p->a, .ret = ret, .except = p };
	int rc;

	if (!(d.name = arena_array(p->a, p->plan.n_object + 1, sizeof *d.name)))
		return no_memory(err);
	for (size_t i = 0; i < p->plan.n_object; i++)
		if (p->old_object[i].doc && strstr("Deployment ReplicaSet ReplicationController StatefulSet",
						    p->plan.object[i].kind))
			d.name[d.n++] = (struct kube_name){ p->plan.object[i].kind, p->plan.object[i].name };
	if (!d.n || (rc = down_pods(&d, err)) == 0)
		rc = 0;
	if (rc < 0 || !d.first.len)
		return rc;
	*err = d.first;
	return -EIO;
}

int verb_down(struct engine *e, const struct down_request *r, struct diag *diag, struct arena *a,
	struct down_result *ret, struct err *err)
{
	struct strs volumes = { 0 };
	struct down d = { .e = e, .a = a, .ret = ret, .volumes = r->volumes ? &volumes : NULL };
	int rc = kube_names(r->in, r->n, a, diag, &d.name, &d.n, err);

	if (rc < 0 || (rc = paths_of(&d, r->in, r->n, err)) < 0)
		return rc;
	if (diag->errors)
		return err_set(err, ERR_INVALID, "%s: %zu fault%s, nothing was taken down",
			r->n == 1 ? r->in[0].file : "manifests", diag->errors, diag->errors == 1 ? "" : "s");
	return run(&d, err);
}
