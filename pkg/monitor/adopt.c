#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

static void on_pidfd(struct watch *w, short revents)
{
	struct ctr *c = OWNER_OF(w, struct ctr, pid_w);

	(void) revents;
	ctr_exited(c, 137); /* who is not its parent cannot know its code */
}

static void lost(struct ctr *c)
{
	if (!c->s.finished_us)
		c->s.finished_us = time_now_us();
	c->s.pid = 0;
	c->s.start_time = 0;
	c->s.state = CTR_EXITED;
	c->s.exit_code = 137;
	ctr_reason(c, "ContainerStatusUnknown", "it ended while the pod had no monitor");
	if (!c->s.stopped_by_user && c->p->restart &&
		(strcmp(c->p->restart, "always") == 0 || strcmp(c->p->restart, "on-failure") == 0 ||
			strcmp(c->p->restart, "unless-stopped") == 0))
		c->m->restart_pod = true;
}

static int take(struct ctr *c, struct err *err)
{
	struct monitor *m = c->m;
	int rc = proc_pidfd((pid_t) c->s.pid, c->s.start_time);
	uint64_t age;

	if (rc < 0) {
		lost(c);
		return 0;
	}
	c->pidfd = rc;
	if ((rc = watch_add(&m->loop, &c->pid_w, c->pidfd, POLLIN, on_pidfd)) < 0)
		return err_sys(err, -rc, "container '%s': watch its process", c->p->name);
	if (!c->p->terminal && (rc = io_reopen_fifos(&c->io, c->p->id, c->p->stdin_open)) < 0)
		return err_sys(err, -rc, "container '%s': open its FIFOs again", c->p->name);
	if (c->p->log_path && *c->p->log_path)
		log_open(&c->log, c->p->log_path, c->s.attempt, c->p->log_max);
	c->paused = c->s.state == CTR_PAUSED;
	if (c->s.state != CTR_PAUSED)
		c->s.state = CTR_RUNNING; /* a stop that was under way is forgotten with who wanted it */
	c->wanted = c->done = c->begun = c->tried = true;
	age = time_now_us() - c->s.started_us;
	c->released_mono = loop_now() > age ? loop_now() - age : 0;
	probes_begin(c);
	return 0;
}

static int take_over(struct ctr *c, const struct status_container *s, struct err *err)
{
	char *message = s->message;

	c->s = *s;
	c->s.id = c->p->id;
	c->s.name = c->p->name;
	c->s.role = c->p->role;
	c->s.message = NULL;
	ctr_reason(c, s->reason ? s->reason : "", message);
	c->tried = s->ran;
	c->s.last = NULL;
	c->s.health = NULL;
	if (s->health && c->p->care && c->p->care->health)
		health_adopt(c, s->health);
	if (s->last) {
		c->last = *s->last;
		c->last.reason = strdup(s->last->reason ? s->last->reason : "");
		c->last.message = strdup(s->last->message ? s->last->message : "");
		c->s.last = &c->last;
	}
	c->startup_ok = s->started;
	c->readiness_ok = s->ready;
	c->init_ended = c->role == ROLE_INIT && s->state == CTR_EXITED;
	switch (s->state) {
	case CTR_STARTING:
	case CTR_RUNNING:
	case CTR_PAUSED:
	case CTR_STOPPING:
		if (s->pid)
			return take(c, err);
		lost(c); /* its create was under way */
		return 0;
	case CTR_WAITING:
		c->s.state = CTR_EXITED;
		c->m->restart_pod = true;
		return 0;
	default:
		return 0;
	}
}

int adopt_lock(struct err *err)
{
	int rc = lock_file(MONITOR_FD_ALIVE, true, false);

	if (rc == -EAGAIN)
		return err_set(err, ERR_EXISTS, "another monitor watches over this pod");
	return rc < 0 ? err_sys(err, -rc, "take the lock 'alive'") : 0;
}

int adopt(struct monitor *m, struct err *err)
{
	struct buf b = BUF_INIT(STATUS_MAX);
	struct status s = { 0 };
	json_t *v = NULL;
	int rc;

	if ((rc = monitor_load(m, err)) < 0)
		return rc;
	m->adopted = true;
	if ((rc = file_read(m->run_fd, "status.json", PATH_IN_STATE, &b)) < 0)
		rc = err_sys(err, -rc, "read status.json");
	else if (!(v = json_parse(b.data, b.len, err)) ||
		 decode_json(v, status_fields, &s, &m->arena, err) < 0)
		rc = err_wrap(err, "status.json");
	json_decref(v);
	buf_done(&b);
	if (rc < 0)
		return rc;
	m->started_us = s.started_us;
	pod_notes_adopt(m, &s.events);
	conditions_adopt(m, &s.conditions);
	m->initialized = true;
	m->stage = s.ended ? STAGE_OVER : STAGE_RUNNING;
	pod_deadline(m);
	storage_begin(m);
	m->net_ready = m->started_any = m->dirty = true;
	for (size_t i = 0; i < s.containers.n; i++) {
		const struct status_container *sc = LIST_AT(s.containers, struct status_container, i);
		struct ctr *c = ctr_find(m, sc->id);

		if (c && (rc = take_over(c, sc, err)) < 0)
			return rc;
	}
	pod_advance(m);
	return 0;
}
