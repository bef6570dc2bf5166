#include "pkg/verb/play_wait.h"

#include <poll.h>
#include <string.h>

#include "pkg/monitor/proto.h"
#include "pkg/util/io.h"
#include "pkg/verb/job.h"
#include "pkg/verb/play.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}
#define NEXT_LATE_MS 60000 /* what a cleaner needs to start the next pod of a Job, many times over */
#define NEXT_LOOK_MS 50
#define NEXT_READY_MS 500

/* A connection that says nothing: its end is the monitor's, which is the pod's. */
struct waiting {
	const char *id;
	int sock;
	bool over, told;
};
struct wait {
	struct engine *e;
	struct waiting *v;
	size_t n;
	play_started *started;
	void *ctx;
	bool ordered; /* one that waits will be started by the readiness of another: no end announces it */
	uint64_t failed_us; /* when the first failure was */
	int code;
};

static void note_failures(struct wait *w, const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		if (p->ctr[i].role == ROLE_INFRA || !s || s->state != CTR_EXITED || !s->exit_code ||
			s->stopped_by_user || (w->code && s->finished_us >= w->failed_us))
			continue;
		w->code = (int) s->exit_code;
		w->failed_us = s->finished_us;
	}
}

/* With the lock, so that its cleaner has written how it ended. */
static int look_at_end(struct wait *w, struct waiting *one, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc = pod_load(w->e, one->id, true, &p, err);

	if (rc < 0 && err->kind != ERR_NOT_FOUND)
		return rc;
	one->over = rc < 0 || !p.alive;
	if (rc < 0)
		err_clear(err);
	else if (one->over)
		note_failures(w, &p);
	return 0;
}

static bool is_stateful(const struct pod *p)
{
	const char *kind = kvs_get(&p->spec.labels, PLAY_LABEL_KIND);

	return kind && !strcmp(kind, "StatefulSet");
}

/* Once, also of one that has ended before we came: what it wrote is there. */
static int tell(struct wait *w, struct waiting *one, struct err *err)
{
	if (one->told || !w->started)
		return 0;
	one->told = true;
	return w->started(w->ctx, one->id, err);
}

/* 1: it runs; 0: not, or not any more. */
static int connect_one(struct wait *w, struct waiting *one, bool *ret_held, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc = pod_load(w->e, one->id, false, &p, err);

	if (rc < 0) {
		one->over = err->kind == ERR_NOT_FOUND;
		return one->over ? (err_clear(err), 0) : rc;
	}
	if (!p.alive && p.row.state == ROW_CREATED) {
		*ret_held = true;
		w->ordered = w->ordered || is_stateful(&p);
		return 0;
	}
	if (p.alive && pod_connect(w->e, &p, &one->sock, err) == 0)
		return tell(w, one, err);
	err_clear(err); /* it ended while we came */
	rc = tell(w, one, err);
	return rc < 0 ? rc : look_at_end(w, one, err);
}

static int connect_all(struct wait *w, bool *ret_held, struct err *err)
{
	int rc = 0;

	*ret_held = w->ordered = false;
	for (size_t i = 0; i < w->n && rc >= 0; i++)
		if (w->v[i].sock < 0 && !w->v[i].over)
			rc = connect_one(w, &w->v[i], ret_held, err);
	return rc;
}

/* 1: the signal. */
static int wait_some(struct wait *w, struct pollfd *fds, int signal_fd, int timeout, struct err *err)
{
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < w->n; i++)
		fds[n++] = (struct pollfd){ .fd = w->v[i].sock, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
	if (poll(fds, n, timeout) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for the pods");
	if (fds[n - 1].revents)
		return 1;
	for (size_t i = 0; i < w->n; i++) {
		struct monitor_msg m = { 0 };

		if (w->v[i].sock < 0 || !fds[i].revents)
			continue;
		rc = monitor_recv(w->v[i].sock, &m, err);
		monitor_msg_done(&m);
		if (rc > 0)
			continue;
		err_clear(err);
		fd_close_p(&w->v[i].sock);
		if ((rc = look_at_end(w, &w->v[i], err)) < 0)
			return rc;
	}
	return 0;
}

/* Those that are held back are started by nobody any more when their Jobs are decided, suspended or stopped. */
static bool jobs_decided(struct wait *w)
{
	for (size_t i = 0; i < w->n; i++) {
		auto_loaded struct pod p = POD_NONE;
		auto_arena struct arena a = { 0 };
		struct job_pod *pods = NULL;
		struct job_state s = { 0 };
		struct err ignored = { 0 };
		const char *name;
		size_t n = 0;

		if (w->v[i].over || pod_load(w->e, w->v[i].id, false, &p, &ignored) < 0 || is_stateful(&p))
			continue;
		name = kvs_get(&p.spec.labels, PLAY_LABEL_NAME);
		if (!name || job_look(w->e, name, &a, &pods, &n, &s, &ignored) < 0 ||
			(s.outcome == JOB_OPEN && (s.wanted || s.active)))
			return false;
	}
	return true;
}

static bool any_connected(const struct wait *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].sock >= 0)
			return true;
	return false;
}

static int run(struct wait *w, int signal_fd, struct arena *a, struct err *err)
{
	struct pollfd *fds = arena_array(a, w->n + 1, sizeof *fds);
	uint64_t idle_since = 0;
	int rc;

	if (!fds)
		return err_sys(err, ENOMEM, "wait for the pods");
	for (;;) {
		bool held, connected;
		uint64_t now = time_mono_us();

		if ((rc = connect_all(w, &held, err)) < 0)
			return rc;
		connected = any_connected(w);
		idle_since = connected ? 0 : idle_since ? idle_since : now;
		/* nobody will start those that are held back when nothing has come for long */
		if (!connected && (!held || jobs_decided(w) || now - idle_since > NEXT_LATE_MS * 1000ULL))
			return 0;
		rc = wait_some(w, fds, signal_fd,
			!connected   ? NEXT_LOOK_MS
			: w->ordered ? NEXT_READY_MS
				     : -1,
			err);
		if (rc != 0)
			return rc;
	}
}

int verb_play_wait(struct engine *e, const struct play_result *played, int signal_fd, play_started *started,
	void *ctx, struct arena *a, int *ret_code, struct err *err)
{
	struct wait w = { .e = e, .n = played->n, .started = started, .ctx = ctx };
	int rc;

	if (!(w.v = arena_array(a, w.n + 1, sizeof *w.v)))
		return err_sys(err, ENOMEM, "wait for the pods");
	for (size_t i = 0; i < w.n; i++)
		w.v[i] = (struct waiting){ .id = played->pod[i].id, .sock = -EBADF };
	rc = run(&w, signal_fd, a, err);
	for (size_t i = 0; i < w.n; i++)
		fd_close_p(&w.v[i].sock);
	*ret_code = w.code;
	return rc;
}
