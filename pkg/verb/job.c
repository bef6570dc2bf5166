#include "pkg/verb/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/verb/play.h"
#include "pkg/verb/pods.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}
#define EXPIRY "expire" /* below root; its time of modification is when the next Job is due */
#define SECOND_US 1000000ULL

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

static bool is_of(const struct pod *p, const char *name)
{
	const char *kind = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
		   *owner = kvs_get(&p->spec.labels, PLAY_LABEL_NAME);

	return p->row.kube && kind && owner && !strcmp(kind, "Job") && !strcmp(owner, name) &&
	       p->row.state != ROW_CREATING && p->row.state != ROW_REMOVING;
}

/* What its containers say when it has ended. */
static void look_at_end(const struct pod *p, struct job_pod *ret)
{
	bool failed = false, stopped = false, over = true, kept = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_INFRA || p->ctr[i].role == ROLE_SIDECAR || !s)
			continue;
		ret->restarts += s->restarts;
		if (s->finished_us > ret->finished_us)
			ret->finished_us = s->finished_us;
		if (s->state != CTR_EXITED) {
			over = over && p->ctr[i].role == ROLE_INIT;
			continue;
		}
		ret->exit[ret->n_exit++] =
			(struct job_exit){ .container = p->ctr[i].short_name, .code = s->exit_code };
		kept = kept || p->ctr[i].role == ROLE_MEMBER;
		stopped = stopped || s->stopped_by_user;
		failed = failed || s->exit_code;
	}
	failed = failed || (p->status.phase && !strcmp(p->status.phase, "Failed"));
	ret->deadline = p->status.reason && !strcmp(p->status.reason, "DeadlineExceeded");
	ret->state = stopped         ? JOB_POD_STOPPED
		     : failed        ? JOB_POD_FAILED
		     : over && kept  ? JOB_POD_SUCCEEDED
		     : p->status.pod ? JOB_POD_STOPPED
				     : JOB_POD_ACTIVE;
}

static bool is_ready(const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_MEMBER && (!s || !s->ready))
			return false;
	}
	return true;
}

static int look_at_pod(const struct pod *p, int64_t at, struct arena *a, struct job_pod *ret)
{
	const char *index = kvs_get(&p->spec.annotations, "batch.kubernetes.io/job-completion-index");

	*ret = (struct job_pod){ .name = arena_strdup(a, p->row.name),
		.index = index ? strtoll(index, NULL, 10) : at,
		.started_us = p->status.started_us,
		.exit = arena_array(a, p->n + 1, sizeof(struct job_exit)) };
	if (!ret->name || !ret->exit)
		return -ENOMEM;
	if (p->row.state == ROW_CREATED && !p->alive) {
		ret->state = kvs_get(&p->spec.labels, PLAY_LABEL_HELD) ? JOB_POD_HELD : JOB_POD_STOPPED;
		return 0;
	}
	look_at_end(p, ret);
	if (p->alive && !p->status.ended) {
		ret->state = JOB_POD_ACTIVE;
		ret->ready = is_ready(p);
		ret->finished_us = 0;
	}
	for (size_t i = 0; i < ret->n_exit; i++)
		if (!(ret->exit[i].container = arena_strdup(a, ret->exit[i].container)))
			return -ENOMEM;
	return 0;
}

/* ids: of the pods, in the same order; may be NULL. */
static int look(struct engine *e, const char *name, struct arena *a, struct job_pod **ret_pods, size_t *ret_n,
	struct strs *ids, json_t **ret_doc, struct job_state *ret, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	struct object_row row = { 0 };
	struct job_pod *v;
	size_t n = 0;
	json_t *doc;
	int rc;

	if ((rc = store_object_get(e->store, "Job", name, a, &row, err)) < 0 ||
		(rc = pod_set_load(e, &all, err)) < 0)
		return rc;
	if (!(v = arena_array(a, all.n + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "look at the Job");
	for (size_t i = 0; i < all.n; i++) {
		if (!is_of(&all.v[i], name))
			continue;
		if (look_at_pod(&all.v[i], (int64_t) n, a, &v[n]) < 0 ||
			(ids && strs_add(ids, a, all.v[i].row.id) < 0))
			return err_sys(err, ENOMEM, "look at the Job");
		n++;
	}
	if (!(doc = json_parse(row.doc, strlen(row.doc), err)))
		return err_wrap(err, "Job '%s'", name);
	job_judge(doc, v, n, ret);
	if (ret_doc)
		*ret_doc = doc;
	else
		json_decref(doc);
	*ret_pods = v;
	*ret_n = n;
	return 0;
}

int job_look(struct engine *e, const char *name, struct arena *a, struct job_pod **ret_pods, size_t *ret_n,
	struct job_state *ret, struct err *err)
{
	return look(e, name, a, ret_pods, ret_n, NULL, NULL, ret, err);
}

/* ---- what follows an end ------------------------------------------------------------------------------------------------------ */

/* The deadline is the Job's: what its first pods have had of it is gone. */
static void shorten_deadline(struct pod *p, const json_t *doc, const struct job_state *s)
{
	int64_t limit =
		json_integer_value(json_object_get(json_object_get(doc, "spec"), "activeDeadlineSeconds"));
	int64_t gone = s->started_us ? (int64_t) ((time_now_us() - s->started_us) / SECOND_US) : 0;
	int64_t left = limit > gone ? limit - gone : 1;

	if (limit && (!p->spec.deadline || left < p->spec.deadline))
		p->spec.deadline = left;
}

/* Two that ended at once may look at the same one: the second finds it running. */
static int start_held(struct engine *e, const char *id, const json_t *doc, const struct job_state *s,
	int64_t *started, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc = pod_load(e, id, true, &p, err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	if (p.alive || p.row.state != ROW_CREATED)
		return 0;
	++*started;
	shorten_deadline(&p, doc, s);
	return pod_start(e, &p, &(struct pod_start_opts){ 0 }, NULL, err);
}

static int start_wanted(struct engine *e, const struct job_pod *pods, size_t n, const struct strs *ids,
	const json_t *doc, const struct job_state *s, struct err *err)
{
	int64_t started = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n && started < s->wanted; i++)
		if (pods[i].state == JOB_POD_HELD)
			rc = start_held(e, ids->v[i], doc, s, &started, err);
	return rc;
}

/* Of a Job that is decided: who still works, works for nothing. */
static int stop_rest(
	struct engine *e, const struct job_pod *pods, size_t n, const struct strs *ids, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		auto_loaded struct pod p = POD_NONE;

		if (pods[i].state != JOB_POD_ACTIVE)
			continue;
		if ((rc = pod_load(e, ids->v[i], true, &p, err)) == 0 && p.alive)
			rc = pod_stop(e, &p, NULL, UINT64_MAX, err);
		if (rc < 0 && err->kind == ERR_NOT_FOUND)
			rc = (err_clear(err), 0);
	}
	return rc;
}

/* ---- what goes some time after its end ------------------------------------------------------------------------------------------ */

static int remove_job(struct engine *e, const char *name, const struct strs *ids, struct err *err)
{
	for (size_t i = 0; i < ids->n; i++) {
		const char *id = ids->v[i];
		struct target t = { .asked = id, .id = id, .pod = id };
		int rc = verb_pod_remove(
			e, &t, &(struct remove_request){ .force = true, .timeout_s = { true, 0 } }, err);

		if (rc < 0 && err->kind != ERR_NOT_FOUND)
			return rc;
		if (rc < 0)
			err_clear(err);
	}
	return store_object_del(e->store, "Job", name, err);
}

static uint64_t due_of(const struct job_state *s)
{
	return s->ttl_s >= 0 && s->finished_us ? s->finished_us + (uint64_t) s->ttl_s * SECOND_US : 0;
}

static struct timespec spec_of(uint64_t us)
{
	return (struct timespec){ .tv_sec = (time_t) (us / SECOND_US),
		.tv_nsec = (long) (us % SECOND_US) * 1000 };
}

static uint64_t next_due(struct engine *e)
{
	struct stat st;

	return fstatat(e->root_fd, EXPIRY, &st, AT_SYMLINK_NOFOLLOW) < 0
		       ? UINT64_MAX
		       : (uint64_t) st.st_mtim.tv_sec * SECOND_US + (uint64_t) st.st_mtim.tv_nsec / 1000;
}

/* At this time a command looks; that there is one too early does no harm. */
static void set_due(struct engine *e, uint64_t us)
{
	auto_close int fd = openat(e->root_fd, EXPIRY, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct timespec times[2] = { spec_of(us), spec_of(us) };

	if (fd < 0 || futimens(fd, times) < 0)
		log_warn("note when a Job is to be removed, ignoring: errno %d", errno);
}

/* A Job that has ended: removed when it is time for it, else noted. */
static int expire_one(struct engine *e, const char *name, uint64_t *next, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct job_pod *pods = NULL;
	struct job_state s = { 0 };
	struct strs ids = { 0 };
	size_t n = 0;
	uint64_t due;
	int rc = look(e, name, &a, &pods, &n, &ids, NULL, &s, err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	if (!(due = due_of(&s)))
		return 0;
	if (due <= time_now_us())
		return remove_job(e, name, &ids, err);
	*next = due < *next ? due : *next;
	return 0;
}

int verb_jobs_expire(struct engine *e, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct object_row *rows = NULL;
	uint64_t next = UINT64_MAX;
	size_t n = 0;
	int rc;

	if (next_due(e) > time_now_us())
		return 0;
	(void) unlinkat(e->root_fd, EXPIRY, 0);
	rc = store_objects(e->store, "Job", &a, &rows, &n, err);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		struct err one = { 0 };

		if (expire_one(e, rows[i].name, &next, &one) < 0)
			log_warn("Job '%s': remove it, ignoring: %s", rows[i].name, one.msg);
	}
	if (next != UINT64_MAX && next < next_due(e))
		set_due(e, next);
	return rc < 0 ? rc : 0;
}

/* ---- the cleaner ------------------------------------------------------------------------------------------------------------------ */

static int settle(struct engine *e, const char *name, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct job_pod *pods = NULL;
	struct job_state s = { 0 };
	struct strs ids = { 0 };
	json_t *doc = NULL;
	uint64_t due;
	size_t n = 0;
	int rc = look(e, name, &a, &pods, &n, &ids, &doc, &s, err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	if (s.outcome >= JOB_COMPLETE && s.active) {
		rc = stop_rest(e, pods, n, &ids, err);
		s.finished_us = time_now_us();
	} else if (s.wanted) {
		rc = start_wanted(e, pods, n, &ids, doc, &s, err);
	}
	json_decref(doc);
	if (rc < 0 || !(due = due_of(&s)))
		return rc;
	if (due <= time_now_us())
		return remove_job(e, name, &ids, err);
	if (due < next_due(e))
		set_due(e, due);
	return 0;
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
		!strcmp(kind, "Job"))
		name = kvs_get(&p.spec.labels, PLAY_LABEL_NAME);
	if (p.row.solo && p.n && (s = pod_status_of(&p, p.ctr[0].id)) && s->state == CTR_EXITED)
		*ret_code = s->exit_code;
	rc = pod_cleanup(e, pod, ctr, err);
	if (!name)
		return rc;
	err_clear(&one);
	if (settle(e, name, &one) < 0)
		log_warn("Job '%s': what follows the end of its pod, ignoring: %s", name, one.msg);
	return rc;
}
