/*
 * play_update.c — a changed ConfigMap or Secret reaches the pods that have its files mounted, whoever played them.
 *
 * Each such pod's manifest is read again, as it is stored, with the objects as they are now; the files that differ are
 * exchanged (pod_files_update).  Variables stay what they were, as in a cluster.  What cannot be updated is said and left.
 * One that is new may be what a pod had as optional.
 */
#include <string.h>

#include "pkg/util/log.h"
#include "pkg/verb/play_internal.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static bool is_source(const char *kind) { return !strcmp(kind, "ConfigMap") || !strcmp(kind, "Secret"); }

static bool is_changed(const struct play *p, size_t i)
{
	auto_free char *text = json_print(p->plan.object[i].doc);

	return text && strcmp(text, p->old_object[i].doc) != 0;
}

static bool any(const struct play *p, bool anew)
{
	for (size_t i = 0; i < p->plan.n_object; i++)
		if (is_source(p->plan.object[i].kind) &&
			(p->old_object[i].doc ? !anew && is_changed(p, i) : anew))
			return true;
	return false;
}

/* A look at its text is enough to pass most pods by. */
static bool may_wait_for(const struct play *p, const char *manifest)
{
	for (size_t i = 0; i < p->plan.n_object; i++)
		if (is_source(p->plan.object[i].kind) && !p->old_object[i].doc &&
			strstr(manifest, p->plan.object[i].name) && strstr(manifest, "optional"))
			return true;
	return false;
}

static bool has_files(const struct pod_spec *s)
{
	for (size_t i = 0; i < s->volumes.n; i++) {
		int type = LIST_AT(s->volumes, struct volume_spec, i)->type;

		if (type == VOLUME_CONFIG_MAP || type == VOLUME_SECRET || type == VOLUME_PROJECTED)
			return true;
	}
	return false;
}

static int update_pod(struct play *p, const char *id, struct err *err)
{
	auto_loaded struct pod pod = POD_NONE;
	auto_diag struct diag d = { 0 };
	struct kube_plan again = { 0 };
	struct kube_input in;
	int rc = pod_load(p->e, id, true, &pod, err);

	if (rc < 0 || !pod.row.kube || !has_files(&pod.spec))
		return rc;
	in = (struct kube_input){ .file = pod.row.name, .text = pod.row.kube, .len = strlen(pod.row.kube) };
	if ((rc = play_read_stored(p, &in, &d, &again, err)) < 0)
		return rc;
	if (d.errors)
		rc = diag_result(&d, err);
	else if (again.n_pod == 1)
		rc = pod_files_update(p->e, &pod, &again.pod[0].spec.volumes, err);
	kube_plan_done(&again);
	return rc;
}

void play_update(struct play *p)
{
	struct pod_row *rows = NULL;
	struct err one = { 0 };
	bool changed = any(p, false);
	size_t n = 0;

	if (!changed && !any(p, true))
		return;
	if (store_pods(p->e->store, p->a, &rows, &n, &one) < 0) {
		log_warn("update the volumes of pods, ignoring: %s", one.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct err failed = { 0 };

		if (!rows[i].kube || (!changed && !may_wait_for(p, rows[i].kube)))
			continue;
		if (update_pod(p, rows[i].id, &failed) < 0 && failed.kind != ERR_NOT_FOUND)
			log_warn("update the volumes of pod '%s', ignoring: %s", rows[i].name, failed.msg);
	}
}
