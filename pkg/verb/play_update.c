/*
 * play_update.c — a changed ConfigMap or Secret reaches the pods that have its files mounted, whoever played them.
 *
 * Each such pod's manifest is read again, as it is stored, with the objects as they are now; the files that differ are
 * exchanged (pod_files_update).  Variables stay what they were, as in a cluster.  What cannot be updated is said and left.
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

static bool any_changed(const struct play *p)
{
	for (size_t i = 0; i < p->plan.n_object; i++) {
		auto_free char *text = NULL;

		if (!is_source(p->plan.object[i].kind) || !p->old_object[i].doc)
			continue;
		text = json_print(p->plan.object[i].doc);
		if (text && strcmp(text, p->old_object[i].doc) != 0)
			return true;
	}
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
	size_t n = 0;

	if (!any_changed(p))
		return;
	if (store_pods(p->e->store, p->a, &rows, &n, &one) < 0) {
		log_warn("update the volumes of pods, ignoring: %s", one.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct err failed = { 0 };

		if (rows[i].kube && update_pod(p, rows[i].id, &failed) < 0 && failed.kind != ERR_NOT_FOUND)
			log_warn("update the volumes of pod '%s', ignoring: %s", rows[i].name, failed.msg);
	}
}
