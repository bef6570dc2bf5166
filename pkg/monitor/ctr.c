#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"

#define BACKOFF_DEFAULT_US 100000
#define BACKOFF_MAX_DEFAULT_US 10000000
#define START_ERROR_CODE 128 /* as containerd has it */

static const char *const role_names[] = { "infra", "init", "sidecar", "member" };

static int check(const struct plan_container *p, enum role *ret, struct err *err)
{
	if (!*p->id || p->id[0] == '.' || strchr(p->id, '/') || strlen(p->id) > 100)
		return err_set(err, ERR_INVALID, "plan: container id '%.120s' is not usable", p->id);
	if (p->bundle[0] != '/')
		return err_set(err, ERR_INVALID, "plan: container '%s': bundle '%s' is not an absolute path",
			p->name, p->bundle);
	for (size_t i = 0; i < LEN(role_names); i++)
		if (strcmp(p->role, role_names[i]) == 0) {
			*ret = (enum role) i;
			return 0;
		}
	return err_set(err, ERR_INVALID, "plan: container '%s': unknown role '%s'", p->name, p->role);
}

struct ctr *ctr_new(struct monitor *m, struct plan_container *p, struct err *err)
{
	struct ctr *c, **at = &m->ctrs;
	enum role role = ROLE_MEMBER;

	if (check(p, &role, err) < 0)
		return NULL;
	if (!(c = calloc(1, sizeof *c))) {
		err_sys(err, ENOMEM, "container '%s'", p->name);
		return NULL;
	}
	c->m = m;
	c->p = p;
	c->role = role;
	c->pidfd = -EBADF;
	c->log = (struct logfile){ .dir = -EBADF, .fd = -EBADF };
	c->job = (struct job){ .m = m, .c = c };
	c->s = (struct status_container){
		.id = p->id, .name = p->name, .role = p->role, .state = CTR_CREATED, .reason = ""
	};
	io_init(&c->io, m);
	c->io.ctr = c;
	c->io.log = &c->log;
	c->io.terminal = p->terminal;
	c->io.in_once = p->stdin_once;
	while (*at)
		at = &(*at)->next;
	*at = c;
	return c;
}

void ctr_free(struct ctr *c)
{
	json_decref(c->file_env);
	struct monitor *m = c->m;
	struct err err;

	for (struct ctr **at = &m->ctrs; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	err_set(&err, ERR_NOT_FOUND, "container '%s' was removed", c->p->name);
	for (int w = PEND_START; w <= PEND_EXITED; w++)
		pends_fail(m, (enum pend_wait) w, c, NULL, &err);
	for (struct session *s = m->sessions; s; s = s->next)
		if (s->c == c)
			s->c = NULL; /* its code is remembered */
	probes_free(c);
	health_free(c);
	check_cancel(&c->hook);
	io_detach_all(&c->io);
	io_close(&c->io);
	log_close(&c->log);
	timer_stop(&m->loop, &c->restart_timer);
	timer_stop(&m->loop, &c->timeout_timer);
	timer_stop(&m->loop, &c->stop_timer);
	timer_stop(&m->loop, &c->job.timer);
	watch_remove(&m->loop, &c->pid_w);
	fd_close_p(&c->pidfd);
	if (c->mounted)
		overlay_unmount(c->p->rootfs);
	free(c->s.message);
	free(c->last.reason);
	free(c->last.message);
	arena_done(&c->arena);
	free(c);
}

struct ctr *ctr_find(struct monitor *m, const char *id)
{
	for (struct ctr *c = m->ctrs; c && id; c = c->next)
		if (strcmp(c->p->id, id) == 0)
			return c;
	return NULL;
}

bool ctr_is_alive(const struct ctr *c)
{
	return c->s.pid || c->job.kind == JOB_REFILL || c->job.kind == JOB_CREATE ||
	       c->job.kind == JOB_START || c->start_after_delete || c->decide_due;
}

bool ctr_is_over(const struct ctr *c) { return !ctr_is_alive(c) && c->s.state != CTR_WAITING; }

void ctr_reason(struct ctr *c, const char *reason, const char *message)
{
	free(c->s.message);
	c->s.message = message ? strdup(message) : NULL; /* without memory there is the reason alone */
	c->s.reason = (char *) (uintptr_t) reason;
}

void ctr_remember(struct ctr *c, const char *reason, const char *message)
{
	free(c->last.reason);
	free(c->last.message);
	c->last = (struct status_end){ .exit_code = c->s.exit_code,
		.reason = strdup(reason),
		.message = strdup(message ? message : ""),
		.started_us = c->s.started_us,
		.finished_us = c->s.finished_us };
	c->s.last = &c->last;
}

static void state_set(struct ctr *c, enum ctr_state state)
{
	c->s.state = (int) state;
	c->m->dirty = true;
}

/* ---- create ---- */

static int rootfs_ready(struct ctr *c, struct err *err)
{
	const struct plan_overlay *o = c->p->rootfs;
	int rc;

	if (!o)
		return 0;
	if (c->tried && c->p->fresh_layer && !o->copy) {
		if (c->mounted)
			overlay_unmount(o);
		c->mounted = false;
		if ((rc = overlay_renew(c->m, o, err)) < 0)
			return rc;
	}
	if (c->mounted)
		return 0;
	if ((rc = overlay_mount(o, err)) < 0)
		return rc;
	c->mounted = true;
	return 0;
}

/* Nothing is to happen between its creation and its start: a runtime of ours does both in one go, and the container need not
 * wait until that call has ended and been noticed. */
static bool starts_at_once(const struct ctr *c)
{
	const struct monitor *m = c->m;

	return m->plan.runtime_ours && !c->p->terminal &&
	       (m->stage == STAGE_RUNNING || (m->plan.solo && m->net_ready));
}

static int begin(struct ctr *c, struct err *err)
{
	auto_close int in = -1;
	auto_close int out = -1;
	auto_close int errs = -1;
	int fds[3] = { -1, -1, -1 }, rc;
	char path[160];

	c->unmade = "CreateContainerError";
	if ((rc = rootfs_ready(c, err)) < 0)
		return err_wrap(err, "mount root file system");
	c->unmade =
		"CreateContainerConfigError"; /* the kubelet's word for a subPath or a file of variables that cannot be had */
	if ((rc = binds_make(&c->p->binds, err)) < 0 || (rc = env_files_apply(c, err)) < 0)
		return rc;
	c->unmade = "CreateContainerError";
	snprintf(path, sizeof path, "%s/console", c->p->id);
	if (c->p->terminal)
		rc = io_open_console(&c->io, path, err);
	else
		rc = io_open_fifos(&c->io, c->p->id, c->p->stdin_open, c->p->uid, c->p->gid, fds, err);
	in = fds[0], out = fds[1], errs = fds[2];
	if (rc < 0)
		return rc;
	if (c->tried) { /* no words of an earlier attempt */
		snprintf(path, sizeof path, "%s/log", c->p->id);
		(void) unlinkat(c->m->run_fd, path, 0);
		if (c->p->care && c->p->care->message_file && *c->p->care->message_file)
			(void) !truncate(c->p->care->message_file, 0);
	}
	c->at_once = starts_at_once(c);
	c->unmade = NULL; /* what the runtime says against it is an error of its start */
	if ((rc = runtime_create(c, fds, err)) < 0)
		return rc;
	c->tried = true;
	if (c->p->log_path && *c->p->log_path)
		log_open(&c->log, c->p->log_path, c->s.attempt, c->p->log_max);
	return 0;
}

static void delete_now(struct ctr *c)
{
	struct err err = { 0 };

	if (!c->delete_due)
		return;
	c->delete_due = false;
	if (runtime_delete(c, &err) < 0)
		err_clear(&err);
}

/* With a copy of its image for a root file system the next attempt gets another one: podctl makes it, and it takes its time. */
static int refill(struct ctr *c, struct err *err)
{
	int rc;

	if (c->mounted)
		overlay_unmount(c->p->rootfs);
	c->mounted = false;
	if ((rc = overlay_renew(c->m, c->p->rootfs, err)) < 0)
		return rc;
	return refill_start(c, err);
}

void ctr_begin(struct ctr *c)
{
	struct err err = { 0 };

	c->begun = true;
	c->kill_wanted = c->cleanup_due = c->init_ended = false;
	state_set(c, CTR_STARTING);
	if (c->job.kind) { /* the state of the last attempt is still being deleted */
		c->start_after_delete = true;
		return;
	}
	delete_now(c);
	c->start_after_delete = false;
	c->s.next_start_us = 0;
	if (c->tried)
		c->s.attempt++;
	if (c->p->image && *c->p->image)
		pod_note(c->m, c, false, "Pulled", "Container image \"%s\" already present on machine",
			c->p->image);
	if (c->tried && c->p->fresh_layer && c->p->rootfs && c->p->rootfs->copy) {
		if (refill(c, &err) < 0)
			ctr_failed(c, &err);
	} else if (begin(c, &err) < 0) {
		ctr_failed(c, &err);
	}
}

void ctr_refilled(struct ctr *c, int status)
{
	struct err err = { 0 };

	if (status)
		(void) err_set(&err, ERR_SYSTEM, "copy the image for its root file system: status %d",
			proc_exit_code(status));
	if (status || begin(c, &err) < 0)
		ctr_failed(c, &err);
}

static void running(struct ctr *c);

/* It runs since a while, or did. */
static void started_at_once(struct ctr *c, bool ended, int status)
{
	running(c);
	pod_advance(c->m);
	pod_settle(c->m); /* who waits for the start is answered first */
	if (ended)
		ctr_exited(c, proc_exit_code(status));
}

void ctr_created(struct ctr *c, int status)
{
	struct err err = { 0 };
	bool ended = false;
	pid_t pid = 0;
	int died = 0, rc = 0;

	if (status) {
		if (c->job.timed_out)
			rc = err_set(&err, ERR_SYSTEM, "the runtime did not create it in time");
		else
			rc = runtime_reason(c->m, c->p->id, "log", "create", status, &err);
	} else if ((rc = runtime_pid(c->m, c->p->id, "pid", &pid, &err)) == 0 &&
		   (ended = runtime_orphan(c->m, pid, &died)) && !c->at_once) {
		rc = err_set(&err, ERR_STATE, "its first process died before it was started (status %d)",
			proc_exit_code(died));
		pid = 0;
	}
	if (rc == 0)
		c->s.pid = pid;
	if (rc == 0 && c->p->terminal && !io_console_ready(&c->io))
		rc = err_set(&err, ERR_SYSTEM, "the runtime sent no terminal");
	if (rc < 0) {
		ctr_failed(c, &err);
		return;
	}
	c->created = true;
	pod_note(c->m, c, false, "Created", "Created container: %s", c->p->name);
	if (c->at_once && (ended || !c->kill_wanted))
		started_at_once(c, ended, died);
	else if (c->kill_wanted)
		(void) kill(pid, SIGKILL); /* its end is reaped like any other */
	else if (c->m->stage == STAGE_RUNNING)
		ctr_release(c);
	else
		pod_advance(c->m);
}

/* ---- start ---- */

static void on_timeout(struct timer *t)
{
	struct ctr *c = OWNER_OF(t, struct ctr, timeout_timer);

	c->timed_out = true;
	ctr_stop(c, 0, SIGKILL);
}

/* Its own pid namespace: when its init is gone, nothing of it is left. */
static bool has_own_pidns(const struct ctr *c)
{
	char path[64], own[64], theirs[64];
	ssize_t a, b;

	for (size_t i = 0; i < c->m->plan.namespaces.n; i++)
		if (strcmp(c->m->plan.namespaces.v[i], "pid") == 0 && c->role != ROLE_INFRA)
			return false;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int) c->s.pid);
	a = readlink(path, theirs, sizeof theirs);
	b = readlink("/proc/self/ns/pid", own, sizeof own);
	return a > 0 && b > 0 && (a != b || memcmp(own, theirs, (size_t) a) != 0);
}

/* --pidfile and --conmon-pidfile.  That one cannot be written is no reason to end what runs. */
static void pidfile_write(const char *path, int64_t pid)
{
	auto_close int fd = -EBADF;
	char text[24];
	int n;

	if (!path || !*path)
		return;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0644)) < 0)
		return;
	n = snprintf(text, sizeof text, "%lld", (long long) pid);
	(void) io_write_all(fd, text, (size_t) n);
}

static void post_started(struct check *k, enum verdict v, const char *message)
{
	struct ctr *c = OWNER_OF(k, struct ctr, hook);

	c->hooking = false;
	c->m->dirty = true;
	pod_advance(c->m);
	if (v == VERDICT_OK || v == VERDICT_WARNING) {
		probes_begin(c);
		return;
	}
	pod_note(c->m, c, true, "FailedPostStartHook", "PostStartHook failed: %s", hook_words(k, message));
	pod_note(c->m, c, false, "Killing", "FailedPostStartHook");
	ctr_stop(c, UINT64_MAX, 0);
}

/* From its first moment: postStart before anything is asked of it. */
static void care_begin(struct ctr *c)
{
	pod_note(c->m, c, false, "Started", "Started container %s", c->p->name);
	if (!c->p->care)
		return;
	c->pre_stopped = false;
	if (c->p->care->health)
		health_begin(c);
	if (c->p->care->post_start) {
		c->hooking = true;
		check_init(&c->hook, c, c->p->care->post_start, "postStart", post_started);
		c->hook.any_answer = true;
		check_begin(&c->hook, 0);
	} else {
		probes_begin(c);
	}
}

static void running(struct ctr *c)
{
	struct monitor *m = c->m;

	c->created = false;
	c->timed_out = c->paused = false;
	c->s.ran = true;
	c->s.stopped_by_user = false;
	c->s.started_us = time_now_us();
	c->s.finished_us = 0;
	c->s.exit_code = 0;
	c->s.oom_killed = false;
	c->released_mono = loop_now();
	c->own_pidns = has_own_pidns(c);
	c->s.start_time = proc_start_time((pid_t) c->s.pid);
	ctr_reason(c, "", NULL);
	pidfile_write(c->p->pidfile, c->s.pid);
	pidfile_write(c->p->monitor_pidfile, getpid());
	event_started(c);
	state_set(c, CTR_RUNNING);
	m->started_any = true;
	c->done = c->role == ROLE_INFRA || c->role == ROLE_MEMBER;
	care_begin(c);
	if (c->p->timeout_us)
		timer_set(&m->loop, &c->timeout_timer, c->p->timeout_us, on_timeout);
	if (m->go && m->starter)
		client_send(m->starter,
			json_pack("{s:s, s:s, s:I}", "ev", "CTR_STARTED", "ctr", c->p->id, "pid",
				(json_int_t) c->s.pid),
			-EBADF);
	pends_answer(m, PEND_START, c, NULL, "{s:b, s:I}", "ok", 1, "pid", (json_int_t) c->s.pid);
	pends_answer(m, PEND_RUNNING, c, NULL, "{s:b, s:i}", "ok", 1, "code", 0);
}

void ctr_release(struct ctr *c)
{
	struct err err = { 0 };

	if (runtime_start(c, &err) < 0) {
		ctr_failed(c, &err);
		return;
	}
	if (c->m->plan.runtime_ours)
		running(c);
}

void ctr_started(struct ctr *c, int status)
{
	struct err err = { 0 };

	if (status && !c->exited_early) {
		(void) runtime_reason(c->m, c->p->id, "log", "start", status, &err);
		ctr_failed(c, &err);
		return;
	}
	running(c);
	if (c->kill_wanted && !c->exited_early)
		(void) kill((pid_t) c->s.pid, SIGKILL);
	pod_advance(c->m);
	/* who waits for the start is answered first: its end may be the next event of this turn, and drops what came before */
	pod_settle(c->m);
	if (c->exited_early) {
		c->exited_early = false;
		ctr_exited(c, c->early_code);
	}
}

/* ---- the end of an attempt ---- */

static int code_of_err(const struct err *err)
{
	return err->kind == ERR_NOT_FOUND ? 127 : err->kind == ERR_DENIED ? 126 : 125;
}

static void finish_io(struct ctr *c)
{
	io_drain(&c->io);
	io_close(&c->io);
	log_close(&c->log);
}

static void forget_process(struct ctr *c)
{
	struct err err;

	c->created = c->begun = c->stopping = c->hooking = false;
	probes_end(c);
	check_cancel(&c->hook);
	err_set(&err, ERR_STATE, "container '%s' is not running", c->p->name);
	pends_fail(c->m, PEND_HEALTH, c, NULL, &err);
	c->s.pid = 0;
	c->s.start_time = 0;
	timer_stop(&c->m->loop, &c->timeout_timer);
	timer_stop(&c->m->loop, &c->stop_timer);
	watch_remove(&c->m->loop, &c->pid_w);
	fd_close_p(&c->pidfd);
}

/* It is over for good, or as far as the restart policy goes. */
static void final(struct ctr *c)
{
	const struct monitor *m = c->m;

	io_exited(&c->io, json_pack("{s:s, s:s, s:I, s:b}", "ev", "EXITED", "ctr", c->p->id, "code",
				  (json_int_t) c->s.exit_code, "oom", (int) c->s.oom_killed));
	pends_answer(c->m, PEND_STOPPED, c, NULL, "{s:b}", "ok", 1);
	c->cleanup_due = !m->plan.solo && c->role == ROLE_MEMBER;
}

static void on_restart(struct timer *t)
{
	struct ctr *c = OWNER_OF(t, struct ctr, restart_timer);

	c->auto_restart = true;
	c->s.restarts++;
	ctr_begin(c);
}

uint64_t ctr_backoff(struct ctr *c)
{
	uint64_t base = c->p->backoff_us ? c->p->backoff_us : BACKOFF_DEFAULT_US;
	uint64_t max = c->p->backoff_max_us ? c->p->backoff_max_us : BACKOFF_MAX_DEFAULT_US;
	uint32_t n;

	if (c->p->backoff_reset_us && c->released_mono &&
		loop_now() - c->released_mono >= c->p->backoff_reset_us)
		c->backoff_n = 0;
	n = c->backoff_n++;
	if (c->m->plan.kube) { /* the kubelet's first restart is immediate, the second waits the base */
		if (n == 0)
			return 0;
		n--;
	}
	return n > 20 || base << n > max ? max : base << n;
}

static void schedule(struct ctr *c)
{
	bool kube = c->m->plan.kube;
	uint64_t delay = ctr_backoff(c);
	char words[300];

	if (!kube || !c->unmade) /* what could not be created has not ended */
		ctr_remember(c, c->s.reason, c->s.message);
	c->s.next_start_us = time_now_us() + delay;
	state_set(c, CTR_WAITING);
	if (kube && c->unmade) {
		c->s.reason = (char *) (uintptr_t) c->unmade;
	} else if (kube && !delay && strcmp(c->s.reason, "StartError") == 0) {
		c->s.reason = (char *) (uintptr_t) "RunContainerError";
	} else if (delay && kube) {
		snprintf(words, sizeof words, "back-off %us restarting failed container=%s pod=%.120s",
			(unsigned) (delay / 1000000), c->p->name, c->m->plan.name ? c->m->plan.name : "");
		ctr_reason(c, "CrashLoopBackOff", words);
		pod_note(c->m, c, true, "BackOff", "Back-off restarting failed container %s in pod %.120s",
			c->p->name, c->m->plan.name ? c->m->plan.name : "");
	}
	timer_set(&c->m->loop, &c->restart_timer, delay, on_restart);
	pod_advance(c->m); /* who waits for the init containers of a played pod is told */
}

void ctr_cancel_restart(struct ctr *c)
{
	bool pending = c->s.state == CTR_WAITING || c->start_after_delete;

	timer_stop(&c->m->loop, &c->restart_timer);
	c->start_after_delete = c->restart_wanted = false;
	if (!pending)
		return;
	c->s.next_start_us = 0;
	if (strcmp(c->s.reason, "CrashLoopBackOff") == 0)
		ctr_reason(c, c->s.exit_code ? "Error" : "Completed", NULL);
	state_set(c, CTR_EXITED);
	final(c);
}

/* A rule speaks before the policy does; NULL: none of them says anything. */
static const struct restart_rule *rule_of(const struct ctr *c)
{
	char code[24];

	snprintf(code, sizeof code, "%lld", (long long) c->s.exit_code);
	for (size_t i = 0; c->p->care && i < c->p->care->rules.n; i++) {
		const struct restart_rule *r = LIST_AT(c->p->care->rules, const struct restart_rule, i);
		bool is_in = false;

		if (r->action >= RULE_FAIL && !c->s.exit_code)
			continue;
		for (size_t k = 0; k < r->codes.n; k++)
			is_in = is_in || strcmp(r->codes.v[k], code) == 0;
		if (is_in == (r->op == RULE_IN))
			return r;
	}
	return NULL;
}

static bool wants_restart(const struct ctr *c)
{
	const struct restart_rule *rule = rule_of(c);
	const char *policy = c->p->restart ? c->p->restart : "no";
	bool failed = c->s.exit_code != 0;

	if (c->s.stopped_by_user || c->m->stage == STAGE_STOPPING || c->m->stage == STAGE_OVER ||
		c->role == ROLE_INFRA)
		return false;
	if (rule && rule->action != RULE_COUNT)
		return rule->action != RULE_FAIL;
	if (c->probe_killed && strcmp(policy, "no") != 0)
		return true;
	if (strcmp(policy, "on-failure") == 0 || (c->role == ROLE_INIT && strcmp(policy, "no") != 0))
		return failed && (!c->p->restart_max || c->s.restarts < c->p->restart_max + c->ignored);
	return strcmp(policy, "always") == 0 || strcmp(policy, "unless-stopped") == 0;
}

/* What follows the end of an attempt. */
static void decide(struct ctr *c)
{
	struct monitor *m = c->m;
	bool again = wants_restart(c);

	c->probe_killed = false;
	if (c->restart_wanted && m->stage == STAGE_RUNNING && !m->adopted) {
		c->restart_wanted = false;
		c->s.restarts += c->restart_counts;
		c->s.stopped_by_user = false;
		ctr_remember(c, c->s.reason, c->s.message);
		pends_answer(
			m, PEND_EXITED, c, NULL, "{s:b, s:I}", "ok", 1, "code", (json_int_t) c->s.exit_code);
		ctr_begin(c);
		return;
	}
	pends_answer(m, PEND_EXITED, c, NULL, "{s:b, s:I}", "ok", 1, "code", (json_int_t) c->s.exit_code);
	if (again && m->adopted)
		m->restart_pod = true; /* nothing can be started here any more */
	else if (again && rule_of(c) && rule_of(c)->action == RULE_RESTART_ALL) {
		pod_restart_all(m, ctr_backoff(c));
		return;
	} else if (again) {
		c->ignored += rule_of(c) && rule_of(c)->action == RULE_IGNORE;
		schedule(c);
		return;
	}
	c->init_ended = c->role == ROLE_INIT;
	final(c);
	pod_advance(m);
}

/* Nobody waits for the start of its pod any more: that it cannot be started is a state of a played pod, as with a kubelet. */
static bool is_late(const struct ctr *c)
{
	return c->m->plan.kube && !c->m->go && c->role != ROLE_INFRA && c->m->stage < STAGE_STOPPING;
}

void ctr_failed(struct ctr *c, const struct err *why)
{
	struct monitor *m = c->m;
	struct err err = *why, ignored;
	bool had_process = c->s.pid != 0;

	err_wrap(&err, "container '%s'", c->p->name);
	if (had_process)
		(void) kill((pid_t) c->s.pid, SIGKILL);
	forget_process(c);
	if (m->go)
		io_detach_all(
			&c->io); /* a runtime's words on stderr are in the log; the starter gets the answer */
	finish_io(c);
	c->s.exit_code = m->plan.kube ? START_ERROR_CODE : code_of_err(&err);
	c->s.finished_us = time_now_us();
	ctr_reason(c, m->plan.kube && c->unmade ? c->unmade : "StartError", why->msg);
	pod_note(m, c, true, "Failed", "Error: %s", why->msg);
	state_set(c, CTR_EXITED);
	if (!c->job.kind && had_process)
		(void) runtime_delete(c, &ignored);
	c->restart_wanted = false;
	pends_fail(m, PEND_START, c, NULL, &err);
	if (m->stage < STAGE_RUNNING && !is_late(c) && !(c->auto_restart && wants_restart(c))) {
		pod_start_failed(m, &err);
		return;
	}
	c->done = c->done || c->role == ROLE_MEMBER; /* the others do not wait for it */
	if ((c->auto_restart || is_late(c)) && wants_restart(c)) {
		schedule(c);
		return;
	}
	c->init_ended = c->role == ROLE_INIT;
	final(c);
	pod_advance(m);
}

static void left_words(struct ctr *c)
{
	char *text = ctr_message(c);

	if (!text)
		return;
	free(c->s.message);
	c->s.message = text;
}

static void note_end(struct ctr *c, int code, bool unknown)
{
	const struct cgroup_fs *fs = NULL;
	uint64_t kills;

	c->s.exit_code = code;
	c->s.finished_us = time_now_us();
	c->s.oom_killed = false;
	if (code && c->p->cgroup && *c->p->cgroup && (fs = monitor_cgroups(c->m))) {
		kills = cgroup_oom_kills(fs, c->p->cgroup);
		c->s.oom_killed = kills > (kills < c->oom_base ? 0 : c->oom_base);
		c->oom_base = kills;
	}
	if (unknown)
		ctr_reason(c, "ContainerStatusUnknown",
			"its monitor was killed while it ran; the exit code is not known");
	else
		ctr_reason(c,
			c->s.oom_killed ? "OOMKilled"
			: code          ? "Error"
					: "Completed",
			c->timed_out ? "killed: it ran longer than its timeout" : NULL);
	if (!unknown && !c->timed_out)
		left_words(c);
}

void ctr_exited(struct ctr *c, int code)
{
	struct monitor *m = c->m;
	struct err err = { 0 };
	const struct cgroup_fs *fs;
	bool unknown = c->pidfd >= 0;

	if (c->job.kind == JOB_START) { /* it was quicker than the runtime's own `start` */
		c->exited_early = true;
		c->early_code = code;
		return;
	}
	if (c->created && !c->kill_wanted) {
		c->s.pid = 0;
		err_set(&err, ERR_STATE, "its first process ended with status %d before it was started",
			code);
		ctr_failed(c, &err);
		return;
	}
	forget_process(c);
	c->paused = false;
	if (!c->own_pidns && c->p->cgroup && *c->p->cgroup && (fs = monitor_cgroups(m)) &&
		cgroup_kill(fs, c->p->cgroup, SIGKILL, &err) < 0)
		err_clear(&err); /* what is left of it shares a namespace with others and ends with the pod */
	finish_io(c);
	note_end(c, code, unknown);
	event_died(c);
	state_set(c, CTR_EXITED);
	if (m->plan.runtime_ours)
		c->delete_due = true; /* who waits for the code need not wait for that */
	else if (runtime_delete(c, &err) < 0)
		err_clear(&err); /* cleanup removes it with the rest */
	if (c->job.kind == JOB_DELETE)
		c->decide_due = true;
	else
		decide(c);
}

void ctrs_delete(struct monitor *m)
{
	for (struct ctr *c = m->ctrs; c; c = c->next)
		delete_now(c);
}

void ctr_deleted(struct ctr *c)
{
	if (c->decide_due) {
		c->decide_due = false;
		decide(c);
	} else if (c->start_after_delete)
		ctr_begin(c);
	else
		pod_advance(c->m);
}

int ctr_rootfs_fd(struct ctr *c, struct err *err)
{
	char path[64];
	int fd;

	if (c->mounted) {
		fd = open(c->p->rootfs->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? err_sys(err, errno, "open '%s'", c->p->rootfs->target) : fd;
	}
	if (!c->s.pid)
		return err_set(err, ERR_STATE, "its root file system is not mounted");
	snprintf(path, sizeof path, "/proc/%d/root", (int) c->s.pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "open '%s'", path) : fd;
}
