/*
 * down.c — kube down and generate kube.
 */
#include <ctype.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/log.h"
#include "pkg/verb/play.h"
#include "pkg/verb/pods.h"

static bool is_workload(const char *kind)
{
	static const char *const kinds[] = { "Deployment", "ReplicaSet", "ReplicationController",
		"StatefulSet", "DaemonSet", "Job" };

	for (size_t i = 0; i < LEN(kinds); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

/* Pods that a document of this kind and name made: NAME, or NAME-pod and NAME-pod-0 ... of a workload. */
static bool made_by(const struct kube_name *k, const struct pod_row *row)
{
	size_t n = strlen(k->name);

	if (row->solo || row->state == ROW_REMOVING)
		return false;
	if (!strcmp(k->kind, "Pod"))
		return !strcmp(row->name, k->name);
	if (!is_workload(k->kind) || !row->kube || strncmp(row->name, k->name, n) != 0 ||
		strncmp(row->name + n, "-pod", 4) != 0)
		return false;
	n += 4;
	return !row->name[n] || (row->name[n] == '-' && isdigit((unsigned char) row->name[n + 1]));
}

static int down_pods(struct engine *e, const struct kube_name *k, struct arena *a, struct down_result *ret,
	struct err *err)
{
	struct pod_row *rows = NULL;
	size_t n = 0;
	int rc;

	if ((rc = store_pods(e->store, a, &rows, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct target t = { .asked = rows[i].name, .id = rows[i].id, .pod = rows[i].id };
		struct err one = { 0 };

		if (!made_by(k, &rows[i]))
			continue;
		if (verb_pod_remove(e, &t, &(struct remove_request){ .force = true }, &one) < 0) {
			if (one.kind == ERR_NOT_FOUND)
				continue;
			*err = one;
			return err_wrap(err, "pod '%s'", rows[i].name);
		}
		if (strs_add(&ret->stopped, a, t.id) < 0 || strs_add(&ret->removed, a, t.id) < 0)
			return err_sys(err, ENOMEM, "down");
	}
	return 0;
}

int verb_down(struct engine *e, const struct kube_input *in, size_t n, struct diag *d, struct arena *a,
	struct down_result *ret, struct err *err)
{
	struct kube_name *names = NULL;
	size_t n_names = 0;
	int rc = kube_names(in, n, a, d, &names, &n_names, err);

	if (rc < 0)
		return rc;
	if (d->errors)
		return err_set(err, ERR_INVALID, "%s: %zu fault%s, nothing was taken down",
			n == 1 ? in[0].file : "manifests", d->errors, d->errors == 1 ? "" : "s");
	/* the last first: what was played last may use what came before */
	for (size_t i = n_names; i--;)
		if ((rc = down_pods(e, &names[i], a, ret, err)) < 0)
			return rc;
	for (size_t i = n_names; i--;) {
		if (strcmp(names[i].kind, "ConfigMap") != 0 && strcmp(names[i].kind, "Secret") != 0)
			continue;
		if ((rc = store_object_del(e->store, names[i].kind, names[i].name, err)) < 0)
			return rc;
		if (strs_add(&ret->config_maps, a, names[i].name) < 0)
			return err_sys(err, ENOMEM, "down");
	}
	return 0;
}

/* ---- generate --------------------------------------------------------------------------------------------------------------- */

struct maps {
	json_t *v[256];
	const char *name[256];
	size_t n;
	struct engine *e;
	struct arena *a;
};

static void maps_done(struct maps *m)
{
	while (m->n)
		json_decref(m->v[--m->n]);
}

static void add_map(struct maps *m, const char *name)
{
	const char *doc = NULL;
	struct err one = { 0 };
	json_t *v;

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->name[i], name))
			return;
	if (m->n == LEN(m->v) || store_object_get(m->e->store, "ConfigMap", name, m->a, &doc, &one) < 0 ||
		!doc)
		return; /* optional ones need not be there */
	if (!(v = json_parse(doc, strlen(doc), &one))) {
		log_warn("ConfigMap %s, ignoring: %s", name, one.msg);
		return;
	}
	m->name[m->n] = arena_strdup(m->a, name);
	m->v[m->n++] = v;
}

/* Everything in a manifest that names a ConfigMap: volumes, projected sources, env, envFrom. */
static void find_maps(struct maps *m, const json_t *v)
{
	static const char *const keys[] = { "configMap", "configMapKeyRef", "configMapRef" };
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_array(v))
		json_array_foreach((json_t *) v, i, item) find_maps(m, item);
	if (!json_is_object(v))
		return;
	json_object_foreach((json_t *) v, key, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));

		for (i = 0; i < LEN(keys); i++)
			if (name && !strcmp(keys[i], key))
				add_map(m, name);
		find_maps(m, item);
	}
}

static int generate_one(struct engine *e, const char *name, struct maps *m, struct buf *b, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_arena struct arena a = { 0 };
	const char *id = NULL, *pod = NULL;
	struct err one = { 0 };
	json_t *doc = NULL;
	size_t before = m->n;
	int rc;

	if (store_find(e->store, name, STORE_POD, &a, &id, &pod, &one) == 0)
		pod = id;
	else if (one.kind != ERR_NOT_FOUND ||
		 store_find(e->store, name, STORE_CONTAINER, &a, &id, &pod, &one) < 0)
		return one.kind == ERR_NOT_FOUND
			       ? err_set(err, ERR_NOT_FOUND,
					 "name or ID \"%s\" not found: no such pod or container", name)
			       : (*err = one, -EIO);
	if ((rc = pod_load(e, pod, false, &p, err)) < 0)
		return rc;
	if (p.row.kube && !(doc = json_parse(p.row.kube, strlen(p.row.kube), err)))
		return err_wrap(err, "the manifest of pod '%s'", p.row.name);
	if (doc)
		find_maps(m, doc);
	if (b->len)
		(void) buf_puts(b, "---\n");
	rc = kube_generate(doc, &p.spec, p.ctr, p.n, m->v + before, m->n - before, b, err);
	json_decref(doc);
	return rc;
}

int verb_generate(struct engine *e, const struct strs *names, struct buf *b, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct maps *m = arena_alloc(&a, sizeof *m);
	int rc = 0;

	if (!m)
		return err_sys(err, ENOMEM, "generate");
	m->e = e;
	m->a = &a;
	for (size_t i = 0; i < names->n && rc == 0; i++)
		rc = generate_one(e, names->v[i], m, b, err);
	maps_done(m);
	if (rc == 0 && buf_failed(b))
		return err_sys(err, -b->error, "generate");
	return rc;
}
