/*
 * start.c — start, attach: a container's streams come over a socket of its pod's monitor.
 */
#include "pkg/verb/containers.h"

#include <string.h>

#include "pkg/monitor/proto.h"
#include "pkg/util/log.h"
#include "pkg/verb/create.h"

static int find_member(const struct pod *p, const char *ctr, size_t *ret, struct err *err)
{
	*ret = pod_index(p, ctr);
	if (*ret == p->n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", ctr);
	return 0;
}

int verb_start_pod(struct engine *e, struct pod *p, const char *ctr, const struct attach_request *at,
	int *ret_sock, struct err *err)
{
	struct pod_start_opts o = { .only = p->row.solo ? NULL : ctr };
	auto_close int sock = -EBADF;
	int rc;

	if (at) {
		o.attach = ctr;
		o.in = at->in;
		o.out = at->out;
		o.errs = at->errs;
		o.rows = at->rows;
		o.cols = at->cols;
	}
	if ((rc = pod_start(e, p, &o, at ? &sock : NULL, err)) < 0)
		return rc;
	if (at)
		*ret_sock = fd_steal(&sock);
	return 0;
}

static int attach_living(struct engine *e, struct pod *p, const char *ctr, const struct attach_request *at,
	int *ret_sock, struct err *err)
{
	auto_close int sock = -EBADF;
	int rc;

	if ((rc = pod_connect(e, p, &sock, err)) < 0)
		return rc;
	rc = monitor_call(sock,
		json_pack("{s:s, s:s, s:b, s:b, s:b}", "op", "ATTACH", "ctr", ctr, "stdin", at->in, "stdout",
			at->out, "stderr", at->errs),
		NULL, err);
	if (rc < 0)
		return rc;
	if (at->rows && at->cols) {
		struct err one = { 0 };

		/* the size a terminal starts with matters to people, not to whether they are attached */
		if (monitor_send(sock,
			    json_pack("{s:s, s:s, s:i, s:i}", "op", "RESIZE", "ctr", ctr, "rows", at->rows,
				    "cols", at->cols),
			    NULL, 0, &one) < 0)
			log_debug("resize: %s", one.msg);
	}
	*ret_sock = fd_steal(&sock);
	return 0;
}

/* --requires: what runs already is left alone.  No pod is locked meanwhile. */
int start_required(struct engine *e, const struct strs *ids, struct err *err)
{
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < ids->n; i++) {
		auto_close int sock = -EBADF;
		struct target t = { .asked = ids->v[i] };
		bool tty;
		int rc;

		if ((rc = store_find(e->store, t.asked, STORE_CONTAINER, &a, &t.id, &t.pod, err)) < 0 ||
			(rc = verb_start(e, &t, NULL, &sock, &tty, err)) < 0)
			return err_wrap(err, "start the required container %.12s", ids->v[i]);
	}
	return 0;
}

int verb_start(struct engine *e, const struct target *t, const struct attach_request *at, int *ret_sock,
	bool *ret_tty, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct attach_request now = { 0 };
	size_t i;
	int rc;

	*ret_sock = -EBADF;
	if ((rc = pod_load_settled(e, t->pod, &p, err)) < 0 || (rc = find_member(&p, t->id, &i, err)) < 0)
		return rc;
	if (p.ctr[i].role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "%s is the infra container of pod %s; start the pod",
			t->asked, p.row.name);
	if (p.ctr[i].requires.n && !ctr_is_running(&p, i)) {
		struct strs ids = { 0 };
		auto_arena struct arena a = { 0 };

		if (strs_add_all(&ids, &a, &p.ctr[i].requires) < 0)
			return err_sys(err, ENOMEM, "start");
		pod_done(&p);
		if ((rc = start_required(e, &ids, err)) < 0 ||
			(rc = pod_load_settled(e, t->pod, &p, err)) < 0 ||
			(rc = find_member(&p, t->id, &i, err)) < 0)
			return rc;
	}
	if (!strcmp(ctr_word(&p, i), "paused"))
		return err_set(err, ERR_STATE, "container %s is paused; unpause it", t->asked);
	*ret_tty = p.ctr[i].terminal;
	if (at) {
		now = *at;
		now.in = at->in && p.ctr[i].stdin_open;
	}
	if (ctr_is_running(&p, i))
		return at ? attach_living(e, &p, t->id, &now, ret_sock, err) : 0;
	return verb_start_pod(e, &p, t->id, at ? &now : NULL, ret_sock, err);
}

int verb_attach(struct engine *e, const struct target *t, const struct attach_request *at, int *ret_sock,
	bool *ret_tty, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct attach_request now = *at;
	size_t i;
	int rc;

	*ret_sock = -EBADF;
	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0 || (rc = find_member(&p, t->id, &i, err)) < 0)
		return rc;
	if (!ctr_is_running(&p, i))
		return err_set(err, ERR_STATE, "you can only attach to running containers: %s is %s",
			t->asked, ctr_word(&p, i));
	*ret_tty = p.ctr[i].terminal;
	now.in = at->in && p.ctr[i].stdin_open;
	rc = attach_living(e, &p, t->id, &now, ret_sock, err);
	if (rc == 0)
		ctr_event(e, &p, i, "attach");
	return rc;
}

/* Only the name: the pod ended by itself, so its monitor executes the cleaner.  Loading it and starting another one would
 * cost the caller of `run --rm` a millisecond and more. */
int verb_release(struct engine *e, const struct create_result *made, struct err *err)
{
	int rc = store_pod_release(e->store, made->pod, err);

	if (rc == 0)
		engine_event(e, &(struct event){ .type = "container",
					.status = "remove",
					.id = made->id,
					.name = made->name,
					.image = made->image,
					.attributes = &made->labels });

	if (rc < 0 && err->kind == ERR_NOT_FOUND) { /* the cleaner was quicker */
		err_clear(err);
		return 0;
	}
	return rc;
}
