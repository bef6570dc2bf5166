/*
 * life.c — stop, kill, restart, pause, rm and wait of one container.
 */
#include "pkg/verb/containers.h"

#include <string.h>
#include <time.h>

#include "pkg/monitor/proto.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static uint64_t timeout_us(const struct opt_i64 *s)
{
	if (!s || !s->set)
		return UINT64_MAX;
	/* -1: for ever; the monitor counts in microseconds, so "for ever" is 100 years */
	return s->v < 0 ? 100ULL * 365 * 24 * 3600 * 1000000 : (uint64_t) s->v * 1000000;
}

static int load(
	struct engine *e, const struct target *t, bool lock, struct pod *p, size_t *ret_i, struct err *err)
{
	int rc = lock ? pod_load_settled(e, t->pod, p, err) : pod_load(e, t->pod, false, p, err);

	if (rc < 0)
		return rc;
	*ret_i = pod_index(p, t->id);
	if (*ret_i == p->n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	return 0;
}

/* What pod_stop and pod_kill take: NULL is the whole pod, which a pod of one is. */
static const char *member(const struct pod *p, const struct target *t) { return p->row.solo ? NULL : t->id; }

int verb_stop(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const struct status_container *s;
	size_t i;
	int rc;

	if ((rc = load(e, t, true, &p, &i, err)) < 0)
		return rc;
	s = pod_status_of(&p, t->id);
	/* one that waits to be restarted is not running, and yet stop means something to it */
	if (!ctr_is_running(&p, i) &&
		!(p.alive && s && (s->state == CTR_WAITING || s->state == CTR_STARTING)))
		return 0;
	if (!strcmp(ctr_word(&p, i), "paused") && (rc = verb_pause(e, t, false, err)) < 0)
		return rc;
	rc = pod_stop(e, &p, member(&p, t), timeout_us(timeout_s), err);
	if (rc == 0)
		ctr_event(e, &p, i, "stop");
	return rc;
}

int verb_kill(struct engine *e, const struct target *t, int sig, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc;

	if ((rc = load(e, t, false, &p, &i, err)) < 0)
		return rc;
	if (!ctr_is_running(&p, i))
		return err_set(err, ERR_STATE,
			"can only kill running containers. %s is in state %s: container state improper",
			t->id, ctr_word(&p, i));
	rc = pod_kill(e, &p, t->id, sig, err);
	if (rc == 0)
		ctr_event(e, &p, i, "kill");
	return rc;
}

int verb_restart(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_close int sock = -EBADF;
	uint64_t timeout = timeout_us(timeout_s);
	json_t *request;
	size_t i;
	int rc;

	if ((rc = load(e, t, true, &p, &i, err)) < 0)
		return rc;
	if (p.ctr[i].role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "%s is the infra container of pod %s; restart the pod",
			t->asked, p.row.name);
	ctr_event(e, &p, i, "restart");
	if (!p.alive)
		return verb_start_pod(e, &p, t->id, NULL, NULL, err);
	if ((rc = pod_connect(e, &p, &sock, err)) < 0)
		return rc;
	request = json_pack("{s:s, s:s}", "op", "RESTART", "ctr", t->id);
	if (timeout != UINT64_MAX)
		(void) json_object_set_new(request, "timeout_us", json_integer((json_int_t) timeout));
	return monitor_call(sock, request, NULL, err);
}

/* podman's words, which scripts look for. */
static int not_so(const struct target *t, const char *state, bool pause, struct err *err)
{
	if (!pause)
		return err_set(err, ERR_STATE,
			"\"%s\" is not paused, can't unpause: container state improper", t->id);
	if (!strcmp(state, "paused"))
		return err_set(err, ERR_STATE, "\"%s\" is already paused: container state improper", t->id);
	return err_set(err, ERR_STATE, "\"%s\" is not running but %s, can't pause: container state improper",
		t->id, state);
}

int verb_pause(struct engine *e, const struct target *t, bool pause, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_close int sock = -EBADF;
	const char *want = pause ? "running" : "paused";
	size_t i;
	int rc;

	if ((rc = load(e, t, false, &p, &i, err)) < 0)
		return rc;
	if (strcmp(ctr_word(&p, i), want) != 0)
		return not_so(t, ctr_word(&p, i), pause, err);
	if ((rc = pod_connect(e, &p, &sock, err)) < 0)
		return rc;
	rc = monitor_call(
		sock, json_pack("{s:s, s:s}", "op", pause ? "PAUSE" : "UNPAUSE", "ctr", t->id), NULL, err);
	if (rc == 0)
		ctr_event(e, &p, i, pause ? "pause" : "unpause");
	return rc;
}

static bool needs(const struct pod *p, size_t i, const char *id)
{
	const struct container_spec *c = &p->ctr[i];
	const struct ns_spec *ns[] = { &c->pid, &c->ipc, &c->uts };

	for (size_t k = 0; k < LEN(ns); k++)
		if (ns[k]->mode == NS_CONTAINER && ns[k]->container && !strcmp(ns[k]->container, id))
			return true;
	for (size_t k = 0; k < c->requires.n; k++)
		if (!strcmp(c->requires.v[k], id))
			return true;
	return p->spec.net == NET_CONTAINER && p->spec.net_container && !strcmp(p->spec.net_container, id);
}

/* --depend.  A circle cannot be: what is needed was there first. */
static int remove_dependents(
	struct engine *e, const char *id, const struct remove_request *r, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	int rc = pod_set_load(e, &set, err);

	for (size_t k = 0; rc == 0 && k < set.n; k++)
		for (size_t i = 0; rc == 0 && i < set.v[k].n; i++) {
			struct target t = { set.v[k].ctr_row[i].name, set.v[k].ctr_row[i].id,
				set.v[k].row.id };

			if (needs(&set.v[k], i, id) && (rc = verb_remove(e, &t, r, err)) < 0 &&
				err->kind == ERR_NOT_FOUND) {
				err_clear(err);
				rc = 0;
			}
		}
	return rc;
}

/* podman's words. */
static int check_dependents(struct engine *e, const char *id, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	int rc = store_mentioned(e->store, id, err);

	if (rc <= 0 || (rc = pod_set_load(e, &set, err)) < 0)
		return rc;
	for (size_t k = 0; k < set.n; k++)
		for (size_t i = 0; i < set.v[k].n; i++)
			if (needs(&set.v[k], i, id))
				(void) buf_printf(&b, "%s%s", b.len ? ", " : "", set.v[k].ctr_row[i].id);
	return b.len ? err_set(err, ERR_EXISTS,
			       "container %s has dependent containers which must be removed before it: %s: "
			       "container already exists",
			       id, b.data)
		     : 0;
}

int verb_remove(struct engine *e, const struct target *t, const struct remove_request *r, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc;

	if (r->depend && (rc = remove_dependents(e, t->id, r, err)) < 0)
		return rc;
	if (r->alone && !r->depend && (rc = check_dependents(e, t->id, err)) < 0)
		return rc;
	if ((rc = load(e, t, true, &p, &i, err)) < 0)
		return rc == -ENOENT && r->force ? (err_clear(err), 0) : rc;
	if (p.ctr[i].role == ROLE_INFRA)
		return err_set(err, ERR_INVALID,
			"container %s is the infra container of pod %s and goes with it: podctl pod rm %s",
			t->asked, p.row.name, p.row.name);
	if (ctr_is_running(&p, i)) {
		if (!r->force)
			return err_set(err, ERR_STATE,
				"cannot remove container %s as it is %s - running or paused containers "
				"cannot be removed without force: container state improper",
				t->id, ctr_word(&p, i));
		if (!strcmp(ctr_word(&p, i), "paused") && (rc = verb_pause(e, t, false, err)) < 0)
			return rc;
	}
	if (p.alive && (rc = pod_stop(e, &p, member(&p, t), timeout_us(&r->timeout_s), err)) < 0)
		return rc;
	p.drop_volumes = r->volumes;
	return p.row.solo ? pod_remove(e, &p, err) : pod_remove_container(e, &p, t->id, err);
}

/* ---- wait ---------------------------------------------------------------------------------------------------------- */

static int recorded(const struct pod *p, const struct target *t, enum wait_condition c, int64_t *ret_code,
	struct err *err)
{
	const struct status_container *s = pod_status_of(p, t->id);

	if (c == WAIT_RUNNING)
		return err_set(err, ERR_STATE,
			"container %s is not running, and nothing is about to start it", t->asked);
	*ret_code = s && s->ran ? s->exit_code : -1;
	return 0;
}

/* It ended while we asked: what its cleanup recorded is the answer.  With the lock, so that cleanup has written it. */
static int ended_meanwhile(struct engine *e, const struct target *t, enum wait_condition c, int64_t *ret_code,
	const struct err *why, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc = load(e, t, true, &p, &i, err);

	if (rc < 0) {
		if (c != WAIT_REMOVED || err->kind != ERR_NOT_FOUND)
			return rc;
		err_clear(err);
		*ret_code = -1;
		return 0;
	}
	if (p.alive) {
		*err = *why;
		return -EREMOTEIO;
	}
	return recorded(&p, t, c, ret_code, err);
}

int verb_wait(
	struct engine *e, const struct target *t, enum wait_condition c, int64_t *ret_code, struct err *err)
{
	static const char *const words[] = { "stopped", "running", "removed" };
	auto_loaded struct pod p = POD_NONE;
	auto_close int sock = -EBADF;
	json_t *answer = NULL;
	struct err why = { 0 };
	size_t i;
	int rc;

	if ((rc = load(e, t, false, &p, &i, err)) < 0)
		return rc;
	if (!p.alive)
		return recorded(&p, t, c, ret_code, err);
	rc = pod_connect(e, &p, &sock, &why);
	if (rc == 0)
		rc = monitor_call(sock,
			json_pack("{s:s, s:s, s:s}", "op", "WAIT", "ctr", t->id, "condition", words[c]),
			&answer, &why);
	if (rc == 0)
		*ret_code = json_integer_value(json_object_get(answer, "code"));
	json_decref(answer);
	return rc < 0 ? ended_meanwhile(e, t, c, ret_code, &why, err) : 0;
}

static bool is_in(const struct strs *states, const char *word)
{
	for (size_t i = 0; i < states->n; i++) {
		const char *want = states->v[i];

		if (!strcmp(want, word) || (!strcmp(want, "stopped") && !strcmp(word, "exited")) ||
			(!strcmp(want, "configured") && !strcmp(word, "created")) ||
			(!strcmp(want, "removing") && !strcmp(word, "removed")))
			return true;
	}
	return false;
}

int verb_wait_any(struct engine *e, const struct target *t, const struct strs *states, uint64_t interval_us,
	int64_t *ret_code, struct err *err)
{
	const struct timespec pause = { .tv_sec = (time_t) (interval_us / 1000000),
		.tv_nsec = (long) (interval_us % 1000000) * 1000 };

	for (;;) {
		auto_loaded struct pod p = POD_NONE;
		const struct status_container *s;
		const char *word = "removed";
		size_t i;
		int rc = load(e, t, false, &p, &i, err);

		*ret_code = -1;
		if (rc < 0 && err->kind != ERR_NOT_FOUND)
			return rc;
		if (rc == 0) {
			word = p.row.state == ROW_REMOVING ? "removing" : ctr_word(&p, i);
			s = pod_status_of(&p, t->id);
			if (s && s->ran && !strcmp(word, "exited"))
				*ret_code = s->exit_code;
			if (s && s->health && s->health->status && is_in(states, s->health->status))
				return 0;
		}
		if (is_in(states, word)) {
			err_clear(err);
			return 0;
		}
		if (rc < 0)
			return err_set(err, ERR_NOT_FOUND,
				"container %s was removed before it was in such a state", t->asked);
		(void) nanosleep(&pause, NULL);
	}
}
