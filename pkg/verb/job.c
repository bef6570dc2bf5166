/*
 * job.c — a Job whose pods do not run all at once: the end of one starts the next.
 *
 * Nothing resides for it: the cleaner that a pod's monitor becomes looks for the pods of the same Job that are held back.
 */
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/log.h"
#include "pkg/verb/play.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static bool is_held(const struct pod_row *row, const char *kind, const char *name, struct arena *a)
{
	struct pod_spec spec = { 0 };
	struct err one = { 0 };
	json_t *v = row->spec && row->kube ? json_parse(row->spec, strlen(row->spec), &one) : NULL;
	const char *k, *n;
	int rc = v ? decode_json(v, pod_spec_fields, &spec, a, &one) : -EINVAL;

	json_decref(v);
	if (rc < 0 || row->state != ROW_CREATED || !kvs_get(&spec.labels, PLAY_LABEL_HELD))
		return false;
	k = kvs_get(&spec.labels, PLAY_LABEL_KIND);
	n = kvs_get(&spec.labels, PLAY_LABEL_NAME);
	return k && n && !strcmp(k, kind) && !strcmp(n, name);
}

/* Two that ended at once may look at the same one: the second finds it running. */
static int start_held(struct engine *e, const char *id, bool *ret_started, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc = pod_load(e, id, true, &p, err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	if (p.alive || p.row.state != ROW_CREATED)
		return 0;
	*ret_started = true;
	return pod_start(e, &p, &(struct pod_start_opts){ 0 }, NULL, err);
}

int verb_job_next(struct engine *e, const char *kind, const char *name, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct pod_row *rows = NULL;
	bool started = false;
	size_t n = 0;
	int rc = store_pods(e->store, &a, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n && !started; i++)
		if (is_held(&rows[i], kind, name, &a))
			rc = start_held(e, rows[i].id, &started, err);
	return rc;
}

static bool has_succeeded(const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_MEMBER && (!s || s->state != CTR_EXITED || s->exit_code != 0))
			return false;
	}
	return true;
}

int verb_cleanup(struct engine *e, const char *pod, const char *ctr, int64_t *ret_code, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const struct status_container *s;
	const char *kind, *name = NULL;
	struct err one = { 0 };
	int rc;

	*ret_code = 0;
	if (!ctr && pod_load(e, pod, false, &p, &one) == 0 && p.row.kube && !p.alive &&
		p.row.state == ROW_STARTED && (kind = kvs_get(&p.spec.labels, PLAY_LABEL_KIND)) &&
		!strcmp(kind, "Job") && has_succeeded(&p))
		name = kvs_get(&p.spec.labels, PLAY_LABEL_NAME);
	if (p.row.solo && p.n && (s = pod_status_of(&p, p.ctr[0].id)) && s->state == CTR_EXITED)
		*ret_code = s->exit_code;
	rc = pod_cleanup(e, pod, ctr, err);
	if (!name)
		return rc;
	err_clear(&one);
	if (verb_job_next(e, "Job", name, &one) < 0)
		log_warn("Job '%s': start its next pod, ignoring: %s", name, one.msg);
	return rc;
}
