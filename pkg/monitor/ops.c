#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

/* One request being handled.  An op returns 0 when it has answered or will, 1 for a plain "ok", or fails. */
struct call {
	struct monitor *m;
	struct client *client;
	struct pend *p;
	const json_t *v;
	int *fds;
	size_t nfds;
};

static const char *str(const struct call *k, const char *key)
{
	return json_string_value(json_object_get(k->v, key));
}

static bool flag(const struct call *k, const char *key) { return json_is_true(json_object_get(k->v, key)); }

static int number(const struct call *k, const char *key, int64_t min, int64_t max, int64_t otherwise,
	int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(k->v, key);

	if (!v || json_is_null(v)) {
		*ret = otherwise;
		return 0;
	}
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		return err_set(err, ERR_INVALID, "%s: expected an integer from %lld to %lld", key,
			(long long) min, (long long) max);
	*ret = json_integer_value(v);
	return 0;
}

static int container(const struct call *k, struct ctr **ret, struct err *err)
{
	const char *id = str(k, "ctr");

	if (!id)
		return err_set(err, ERR_INVALID, "ctr: required");
	if (!(*ret = ctr_find(k->m, id)))
		return err_set(err, ERR_NOT_FOUND, "container '%.80s' is not in this pod", id);
	return 0;
}

static int living_pod(const struct call *k, const char *what, struct err *err)
{
	if (k->m->adopted)
		return err_set(err, ERR_STATE,
			"%s: the pod's monitor was killed and its mounts are gone; restart the pod", what);
	if (k->m->stage != STAGE_RUNNING)
		return err_set(err, ERR_STATE, "%s: the pod is %s", what,
			k->m->stage < STAGE_RUNNING ? "being started" : "ending");
	return 0;
}

static int op_hello(struct call *k, struct err *err)
{
	(void) err;
	pend_answer(k->p,
		json_pack("{s:b, s:i, s:s, s:i}", "ok", 1, "version", PROTO_VERSION, "pod",
			k->m->have_plan ? k->m->plan.pod : "", "pid", (int) getpid()),
		-EBADF);
	return 0;
}

static void hold_sockets(struct call *k)
{
	for (size_t i = 0; i < k->nfds && k->m->n_held < LEN(k->m->held); i++)
		k->m->held[k->m->n_held++] = fd_steal(&k->fds[i]);
}

/* The starter's streams, from the first byte on. */
static int go_attach(struct call *k, struct err *err)
{
	int64_t rows, cols;
	struct ctr *c = NULL;
	int rc;

	if (!str(k, "attach"))
		return 0;
	if (!(c = ctr_find(k->m, str(k, "attach"))))
		return err_set(err, ERR_NOT_FOUND, "container '%.80s' is not in this pod", str(k, "attach"));
	if ((rc = number(k, "tty_rows", 0, UINT16_MAX, 0, &rows, err)) < 0 ||
		(rc = number(k, "tty_cols", 0, UINT16_MAX, 0, &cols, err)) < 0)
		return rc;
	k->client->want_out = flag(k, "stdout");
	k->client->want_err = flag(k, "stderr");
	k->client->hold_in = k->client->want_in = flag(k, "stdin");
	io_resize(&c->io, (uint16_t) rows, (uint16_t) cols);
	client_attach(k->client, &c->io);
	io_set_paused(&c->io, true); /* output waits for the answer */
	return 0;
}

static int op_go(struct call *k, struct err *err)
{
	struct monitor *m = k->m;
	int rc;

	if (k->client != m->starter || m->stage != STAGE_IDLE || m->have_plan)
		return err_set(err, ERR_STATE, "GO is for the starter, and once");
	k->p->wait = PEND_GO;
	m->go = k->p;
	hold_sockets(k);
	if ((rc = monitor_load(m, err)) < 0 || (rc = go_attach(k, err)) < 0) {
		pod_start_failed(m, err);
		return 0;
	}
	pod_go(m);
	return 0;
}

static int op_start(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int rc;

	if ((rc = container(k, &c, err)) < 0 || (rc = living_pod(k, "start", err)) < 0)
		return rc;
	if (ctr_is_alive(c))
		return err_set(err, ERR_STATE, "container '%s' is already %s", c->p->name,
			ctr_state_names[c->s.state]);
	k->p->wait = PEND_START;
	k->p->c = c;
	c->s.stopped_by_user = false;
	c->backoff_n = 0;
	ctr_cancel_restart(c);
	ctr_begin(c);
	return 0;
}

static int op_stop(struct call *k, struct err *err)
{
	int64_t timeout, sig;
	struct ctr *c = NULL;
	int rc;

	if ((rc = number(k, "timeout_us", 0, INT64_MAX, -1, &timeout, err)) < 0 ||
		(rc = number(k, "signal", 1, 64, 0, &sig, err)) < 0)
		return rc;
	k->client->cleans = k->client->cleans || flag(k, "cleans");
	if (str(k, "ctr")) {
		if ((rc = container(k, &c, err)) < 0)
			return rc;
		c->s.stopped_by_user = true;
		ctr_cancel_restart(c);
		if (ctr_is_over(c))
			return 1;
		k->p->wait = PEND_STOPPED;
		k->p->c = c;
		ctr_stop(c, timeout < 0 ? UINT64_MAX : (uint64_t) timeout, (int) sig);
		return 0;
	}
	if (k->m->stage == STAGE_OVER)
		return 1;
	k->p->wait = PEND_POD_STOPPED;
	pod_halt(k->m, timeout < 0 ? UINT64_MAX : (uint64_t) timeout, (int) sig, true);
	return 0;
}

static int op_kill(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int64_t sig;
	bool any = false;
	int rc;

	if ((rc = number(k, "signal", 1, 64, SIGKILL, &sig, err)) < 0)
		return rc;
	if (str(k, "ctr")) {
		if ((rc = container(k, &c, err)) < 0)
			return rc;
		if (!c->s.pid || c->created)
			return err_set(err, ERR_STATE, "kill: container '%s' is not running (%s)", c->p->name,
				ctr_state_names[c->s.state]);
		ctr_kill(c, (int) sig);
		return 1;
	}
	for (c = k->m->ctrs; c; c = c->next)
		if (c->role != ROLE_INFRA && c->s.pid && !c->created) {
			ctr_kill(c, (int) sig);
			any = true;
		}
	return any ? 1 : err_set(err, ERR_STATE, "kill: no container of the pod is running");
}

static int op_restart(struct call *k, struct err *err)
{
	int64_t timeout;
	struct ctr *c = NULL;
	int rc;

	if ((rc = container(k, &c, err)) < 0 || (rc = living_pod(k, "restart", err)) < 0 ||
		(rc = number(k, "timeout_us", 0, INT64_MAX, -1, &timeout, err)) < 0)
		return rc;
	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "restart: '%s' is the infra container; restart the pod",
			c->p->name);
	k->p->wait = PEND_START;
	k->p->c = c;
	c->backoff_n = 0;
	ctr_cancel_restart(c);
	c->restart_counts = str(k, "why") && strcmp(str(k, "why"), "resize") == 0;
	if (ctr_is_alive(c)) {
		c->restart_wanted = true;
		if (c->restart_counts)
			pod_note(k->m, c, false, "Killing", "Container %s resize requires restart",
				c->p->name);
		ctr_stop(c, timeout < 0 ? UINT64_MAX : (uint64_t) timeout, 0);
	} else {
		c->s.stopped_by_user = false;
		ctr_begin(c);
	}
	return 0;
}

static int pause_any(struct call *k, bool pause, struct err *err)
{
	struct ctr *c = NULL;
	int rc;

	if (str(k, "ctr") && (rc = container(k, &c, err)) < 0)
		return rc;
	return (rc = ctr_pause(k->m, c, pause, err)) < 0 ? rc : 1;
}

static int op_pause(struct call *k, struct err *err) { return pause_any(k, true, err); }

static int op_unpause(struct call *k, struct err *err) { return pause_any(k, false, err); }

static int wait_session(struct call *k, struct err *err)
{
	struct session *s = session_find(k->m, str(k, "session"));

	if (!s)
		return err_set(err, ERR_NOT_FOUND, "exec session '%.80s' is not known", str(k, "session"));
	k->p->wait = PEND_SESSION;
	k->p->s = s;
	if (s->over)
		pends_answer(k->m, PEND_SESSION, NULL, s, "{s:b, s:i}", "ok", 1, "code", s->code);
	return 0;
}

static int op_wait(struct call *k, struct err *err)
{
	const char *what = str(k, "condition");
	struct ctr *c = NULL;
	int rc;

	if (str(k, "session"))
		return wait_session(k, err);
	if ((rc = container(k, &c, err)) < 0)
		return rc;
	k->p->c = c;
	if (!what || strcmp(what, "stopped") == 0) {
		k->p->wait = PEND_EXITED;
		if (c->s.state == CTR_EXITED)
			pends_answer(k->m, PEND_EXITED, c, NULL, "{s:b, s:I}", "ok", 1, "code",
				(json_int_t) c->s.exit_code);
	} else if (strcmp(what, "running") == 0) {
		k->p->wait = PEND_RUNNING;
		if (c->s.state == CTR_RUNNING)
			pends_answer(k->m, PEND_RUNNING, c, NULL, "{s:b, s:i}", "ok", 1, "code", 0);
	} else if (strcmp(what, "removed") == 0) {
		k->p->wait = PEND_REMOVED;
	} else {
		return err_set(err, ERR_INVALID,
			"condition: unknown value '%.40s', expected stopped, running or removed", what);
	}
	return 0;
}

static int op_attach(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int rc;

	if ((rc = container(k, &c, err)) < 0)
		return rc;
	if (c->s.ran && ctr_is_over(c))
		return err_set(err, ERR_STATE, "attach: container '%s' is not running", c->p->name);
	k->client->want_out = flag(k, "stdout");
	k->client->want_err = flag(k, "stderr");
	k->client->hold_in = k->client->want_in = flag(k, "stdin") && (c->p->stdin_open || c->p->terminal);
	k->p->attach = &c->io;
	pend_answer(k->p,
		json_pack("{s:b, s:b, s:b}", "ok", 1, "stdin", k->client->hold_in && !c->io.in_owner,
			"terminal", c->p->terminal),
		-EBADF);
	return 0;
}

static int op_exec(struct call *k, struct err *err)
{
	k->p->wait = PEND_EXEC;
	return session_start(k->m, k->p, k->v, k->fds, k->nfds, err);
}

static int op_health(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int rc;

	if ((rc = container(k, &c, err)) < 0)
		return rc;
	k->p->wait = PEND_HEALTH;
	k->p->c = c;
	return health_ask(c, err);
}

static int op_resize(struct call *k, struct err *err)
{
	int64_t rows, cols;
	struct session *s;
	struct ctr *c = NULL;
	struct io *io;
	int rc;

	if ((rc = number(k, "rows", 0, UINT16_MAX, 0, &rows, err)) < 0 ||
		(rc = number(k, "cols", 0, UINT16_MAX, 0, &cols, err)) < 0)
		return rc;
	if (str(k, "session")) {
		if (!(s = session_find(k->m, str(k, "session"))))
			return err_set(
				err, ERR_NOT_FOUND, "exec session '%.80s' is not known", str(k, "session"));
		io = &s->io;
	} else if ((rc = container(k, &c, err)) < 0) {
		return rc;
	} else {
		io = &c->io;
	}
	io_resize(io, (uint16_t) rows, (uint16_t) cols);
	return 1;
}

static int op_rootfs_fd(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int rc, fd;

	if ((rc = container(k, &c, err)) < 0)
		return rc;
	if ((fd = ctr_rootfs_fd(c, err)) < 0)
		return err_wrap(err, "container '%s'", c->p->name);
	pend_answer(k->p, json_pack("{s:b}", "ok", 1), fd);
	return 0;
}

/* plan.json follows ADD and FORGET, so that an adopting monitor finds the same containers. */
static int plan_rewrite(struct monitor *m, json_t *add, const char *forget, struct err *err)
{
	struct buf b = BUF_INIT(JSON_MAX);
	json_t *plan = NULL, *list, *item;
	char *text = NULL;
	size_t i;
	int rc = file_read(m->data_fd, "plan.json", PATH_IN_STATE, &b);

	if (rc < 0) {
		rc = err_sys(err, -rc, "read plan.json");
	} else if (!(plan = json_parse(b.data, b.len, err))) {
		rc = err_wrap(err, "plan.json");
	} else {
		list = json_object_get(plan, "containers");
		if (add)
			json_array_append(list, add);
		json_array_foreach(list, i, item)
		{
			const char *id = json_string_value(json_object_get(item, "id"));

			if (forget && id && strcmp(id, forget) == 0) {
				json_array_remove(list, i);
				break;
			}
		}
		text = json_print(plan);
		rc = text ? file_replace(m->data_fd, "plan.json", text, strlen(text), 0600, false) : -ENOMEM;
		if (rc < 0)
			rc = err_sys(err, -rc, "write plan.json");
	}
	free(text);
	json_decref(plan);
	buf_done(&b);
	return rc;
}

static int op_add(struct call *k, struct err *err)
{
	json_t *doc = json_object_get(k->v, "container");
	struct arena arena = { 0 };
	struct plan_container *p;
	struct ctr *c = NULL;
	int rc;

	if ((rc = living_pod(k, "add", err)) < 0)
		return rc;
	if (!json_is_object(doc))
		return err_set(err, ERR_INVALID, "container: required");
	if (!(p = arena_alloc(&arena, sizeof *p)))
		return err_sys(err, ENOMEM, "add container");
	if ((rc = decode_json(doc, plan_container_fields, p, &arena, err)) < 0)
		err_wrap(err, "add container");
	else if (ctr_find(k->m, p->id))
		rc = err_set(err, ERR_EXISTS, "container '%s' is already in this pod", p->name);
	else if (strcmp(p->role, "member") != 0)
		rc = err_set(err, ERR_INVALID, "container '%s': only a member can be added", p->name);
	else if (k->m->plan.solo)
		rc = err_set(err, ERR_INVALID,
			"container '%s': nothing can be added to a container outside a pod", p->name);
	else if ((c = ctr_new(k->m, p, err)))
		rc = plan_rewrite(k->m, doc, NULL, err);
	else
		rc = -ENOMEM;
	if (rc < 0) {
		if ((c = ctr_find(k->m, p->id)) && c->p == p)
			ctr_free(c);
		arena_done(&arena);
		return rc;
	}
	c->arena = arena;
	k->m->dirty = true;
	return 1;
}

static int op_forget(struct call *k, struct err *err)
{
	struct ctr *c = NULL;
	int rc;

	if ((rc = container(k, &c, err)) < 0)
		return rc;
	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "forget: '%s' is the infra container", c->p->name);
	if (!ctr_is_over(c) || c->job.kind)
		return err_set(err, ERR_STATE, "forget: container '%s' is %s", c->p->name,
			ctr_state_names[c->s.state]);
	if ((rc = plan_rewrite(k->m, NULL, c->p->id, err)) < 0)
		return rc;
	pends_answer(k->m, PEND_REMOVED, c, NULL, "{s:b, s:I}", "ok", 1, "code", (json_int_t) c->s.exit_code);
	ctr_free(c);
	k->m->dirty = true;
	return 1;
}

static int op_status(struct call *k, struct err *err)
{
	json_t *s = k->m->have_plan ? status_json(k->m, false) : json_object();

	(void) err;
	pend_answer(k->p, json_pack("{s:b, s:o}", "ok", 1, "status", s), -EBADF);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct call *k, struct err *err);
} ops[] = {
	{ "HELLO", op_hello },
	{ "GO", op_go },
	{ "START", op_start },
	{ "STOP", op_stop },
	{ "KILL", op_kill },
	{ "RESTART", op_restart },
	{ "PAUSE", op_pause },
	{ "UNPAUSE", op_unpause },
	{ "WAIT", op_wait },
	{ "ATTACH", op_attach },
	{ "EXEC", op_exec },
	{ "HEALTH", op_health },
	{ "RESIZE", op_resize },
	{ "ROOTFS_FD", op_rootfs_fd },
	{ "ADD", op_add },
	{ "FORGET", op_forget },
	{ "STATUS", op_status },
};

/* The starter is still writing the plan; it has the run directories and the layers in order by now. */
static void mount_early(struct monitor *m, const json_t *v)
{
	struct plan_overlay *o = arena_alloc(&m->arena, sizeof *o);
	struct err err = { 0 };

	if (o && !m->set_up_failed && decode_json(v, plan_overlay_fields, o, &m->arena, &err) == 0 &&
		overlay_mount(o, &err) == 0 && strs_add(&m->early, &m->arena, o->target) < 0)
		overlay_unmount(o);
}

static void take_pod(struct monitor *m, const json_t *v, int *fds, size_t nfds)
{
	struct err err = { 0 };

	if (monitor_take(m, v, fds, nfds, &err) == 0)
		return;
	m->failure = err; /* told as the answer to GO */
	m->set_up_failed = true;
}

/* Those that have no answer. */
static bool op_silent(struct client *c, const char *op, const json_t *v, int *fds, size_t nfds)
{
	struct monitor *m = c->m;
	const char *msg = json_string_value(json_object_get(v, "msg"));
	struct err err;

	if (strcmp(op, "GOODBYE") == 0) {
		client_kill(c);
	} else if (strcmp(op, "POD") == 0) {
		if (c == m->starter && m->waits && !m->set_up_failed)
			take_pod(m, v, fds, nfds);
	} else if (strcmp(op, "MOUNT") == 0) {
		if (c == m->starter && m->stage == STAGE_IDLE && !m->have_plan && !m->waits)
			mount_early(m, json_object_get(v, "overlay"));
	} else if (strcmp(op, "NET_READY") == 0) {
		if (c == m->starter) {
			m->net_ready = true;
			pod_advance(m);
		}
	} else if (strcmp(op, "NET_FAILED") == 0) {
		if (c == m->starter && m->go && !m->net_ready) {
			err_set(&err, ERR_SYSTEM, "network: %.900s", msg ? msg : "could not be set up");
			pod_start_failed(m, &err);
		}
	} else {
		return false;
	}
	return true;
}

void op_handle(struct client *c, const json_t *request, int *fds, size_t nfds)
{
	const char *op = json_string_value(json_object_get(request, "op"));
	struct call k = { .m = c->m, .client = c, .v = request, .fds = fds, .nfds = nfds };
	struct err err = { 0 };
	int rc;

	if (op && op_silent(c, op, request, fds, nfds))
		return;
	if (!(k.p = pend_new(c, PEND_NONE)))
		return;
	rc = err_set(&err, ERR_UNSUPPORTED, "op '%.40s' is not known to this monitor (protocol version %d)",
		op ? op : "", PROTO_VERSION);
	for (size_t i = 0; op && i < LEN(ops); i++)
		if (strcmp(ops[i].name, op) == 0) {
			err_clear(&err);
			rc = ops[i].run(&k, &err);
			break;
		}
	if (rc == 1)
		pend_answer(k.p, json_pack("{s:b}", "ok", 1), -EBADF);
	else if (rc < 0)
		pend_fail(k.p, &err);
}
