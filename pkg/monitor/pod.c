#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define SIDECAR_GRACE_MIN_US 2000000

static struct ctr *infra_of(const struct monitor *m)
{
	for (struct ctr *c = m->ctrs; c; c = c->next)
		if (c->role == ROLE_INFRA)
			return c;
	return NULL;
}

static bool shares_pid(const struct monitor *m)
{
	for (size_t i = 0; i < m->plan.namespaces.n; i++)
		if (strcmp(m->plan.namespaces.v[i], "pid") == 0)
			return true;
	return false;
}

static bool has_init(const struct monitor *m)
{
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if ((c->role == ROLE_INIT || c->role == ROLE_SIDECAR) && c->wanted && !c->done)
			return true;
	return false;
}

void pod_advance(struct monitor *m) { m->advance = true; }

static void start_answer(struct monitor *m);

/* ---- the start ---- */

static int prepare(struct monitor *m, struct err *err)
{
	int flags, rc;

	if ((rc = ns_flags(&m->plan.namespaces, &flags, err)) < 0)
		return rc;
	if (!m->ns_made)
		rc = flags ? ns_make(m, flags, true, err) : 0;
	else if ((flags & ~m->ns_made) == 0 || (rc = ns_make(m, flags & ~m->ns_made, false, err)) == 0)
		rc = ns_apply(m, err);
	if (rc < 0)
		return rc;
	if (m->plan.net_wait && m->starter) {
		client_send(m->starter, json_pack("{s:s}", "ev", "NS_READY"),
			fcntl(PLAN_FD_NET, F_DUPFD_CLOEXEC, PLAN_FD_END));
		client_flush(m->starter); /* the network is set up while the runtimes are executed */
	}
	m->net_ready = !m->plan.net_wait;
	return mounts_make(m, err);
}

static void scheduled(struct monitor *m)
{
	char node[HOST_NAME_MAX + 1] = "";

	if (!m->plan.kube)
		return;
	(void) gethostname(node, sizeof node);
	pod_note(m, NULL, false, "Scheduled", "Successfully assigned default/%.120s to %s",
		m->plan.name ? m->plan.name : "", node);
}

void pod_fail(struct monitor *m, const char *reason, const char *message, uint64_t grace_us)
{
	if (m->stage == STAGE_STOPPING || m->stage == STAGE_OVER)
		return;
	m->reason = reason;
	m->message = arena_strdup(&m->arena, message);
	pod_note(m, NULL, strcmp(reason, "Evicted") == 0, reason, "%s", message);
	m->failed = true;
	start_answer(m);
	m->stage = STAGE_RUNNING;
	pod_halt(m, grace_us, 0, false);
}

/* activeDeadlineSeconds: with the grace it has. */
static void on_deadline(struct timer *t)
{
	pod_fail(OWNER_OF(t, struct monitor, deadline_timer), "DeadlineExceeded",
		"Pod was active on the node longer than the specified deadline", UINT64_MAX);
}

void pod_deadline(struct monitor *m)
{
	uint64_t end = m->started_us + m->plan.deadline_us, now = time_now_us();

	if (m->plan.deadline_us && m->stage != STAGE_OVER)
		timer_set(&m->loop, &m->deadline_timer, end > now ? end - now : 0, on_deadline);
}

void pod_go(struct monitor *m)
{
	struct err err = { 0 };

	m->started_us = time_now_us();
	scheduled(m);
	pod_deadline(m);
	storage_begin(m);
	m->stage = STAGE_INFRA;
	m->dirty = true;
	for (struct ctr *c = m->ctrs; c; c = c->next)
		c->wanted = c->p->autostart || c->role == ROLE_INFRA;
	if (prepare(m, &err) < 0)
		pod_start_failed(m, &err);
	pod_advance(m);
}

static void members_begin(struct monitor *m)
{
	for (struct ctr *c = m->ctrs; c && m->stage < STAGE_RUNNING; c = c->next)
		if (c->role == ROLE_MEMBER && c->wanted && !c->done && !c->begun)
			ctr_begin(c);
}

/* The steps of a start; each returns true when the next one may be looked at. */
static bool step_infra(struct monitor *m)
{
	struct ctr *infra = infra_of(m);
	bool side_by_side = !has_init(m);

	if (infra && !infra->done && !infra->begun)
		ctr_begin(infra);
	if (m->stage == STAGE_INFRA && infra && (infra->created || infra->done) && shares_pid(m))
		ns_hold_pid(m, (pid_t) infra->s.pid);
	else if (infra && shares_pid(m))
		side_by_side = false;
	if (m->stage == STAGE_INFRA && side_by_side)
		members_begin(m);
	if (m->stage != STAGE_INFRA || !m->net_ready || (infra && !infra->created && !infra->done))
		return false;
	if (infra && infra->created && infra->job.kind == JOB_NONE)
		ctr_release(infra);
	if (m->stage != STAGE_INFRA || (infra && !infra->done))
		return false;
	m->stage = STAGE_INIT;
	return true;
}

static bool infra_died(struct monitor *m)
{
	const struct ctr *infra = infra_of(m);
	struct err err;

	if (!infra || ctr_is_alive(infra))
		return false;
	err_set(&err, ERR_STATE, "the infra container died while the pod was being started (status %d)",
		(int) infra->s.exit_code);
	pod_start_failed(m, &err);
	return true;
}

/* The starter waits no longer.  A played pod whose init container was tried has had its first start: what becomes of it
 * is a state of the pod (Init:CrashLoopBackOff, Failed), as with a kubelet, and nothing that undoes the play. */
static void start_answer(struct monitor *m)
{
	if (m->go)
		pend_answer(m->go, json_pack("{s:b}", "ok", 1), -EBADF);
}

static void init_failed(struct monitor *m, const struct ctr *c)
{
	struct err err;

	if (m->plan.kube) {
		start_answer(m);
		m->failed = true;
		m->stage = STAGE_RUNNING;
		pod_halt(m, 0, SIGKILL, false);
		return;
	}
	err_set(&err, ERR_STATE, "init container '%s' failed with exit code %d", c->p->name,
		(int) c->s.exit_code);
	pod_start_failed(m, &err);
}

static bool step_init(struct monitor *m)
{

	if (infra_died(m))
		return false;
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		if ((c->role != ROLE_INIT && c->role != ROLE_SIDECAR) || !c->wanted)
			continue;
		if (c->done) {
			if (c->created && c->job.kind == JOB_NONE)
				ctr_release(c); /* a sidecar that is started again */
			continue;
		}
		if (!c->begun && c->s.state != CTR_WAITING && !ctr_is_alive(c) && !c->init_ended)
			ctr_begin(c);
		if (c->created && c->job.kind == JOB_NONE)
			ctr_release(c);
		if (m->stage != STAGE_INIT)
			return false;
		if (c->role == ROLE_SIDECAR && ctr_is_started(c))
			c->done = true;
		if (c->init_ended && c->s.exit_code == 0) {
			c->done = true;
			continue;
		}
		if (c->init_ended) {
			init_failed(m, c);
			return false;
		}
		if (m->plan.kube && c->s.state == CTR_WAITING)
			start_answer(m);
		if (!c->done)
			return false;
	}
	m->stage = STAGE_MEMBERS;
	m->initialized = true;
	return true;
}

static bool step_members(struct monitor *m)
{
	if (infra_died(m))
		return false;
	members_begin(m);
	for (struct ctr *c = m->ctrs; c;
		c = c->next) /* all or nothing: none is let go before every one could be created */
		if (c->role == ROLE_MEMBER && c->wanted && !c->done && !c->created)
			return false;
	for (struct ctr *c = m->ctrs; c && m->stage == STAGE_MEMBERS; c = c->next) {
		if (c->role == ROLE_INFRA || !c->wanted)
			continue;
		if (c->job.kind == JOB_START)
			return false; /* a foreign runtime is starting it; the next waits */
		if (c->created)
			ctr_release(c);
		if (m->stage == STAGE_MEMBERS && c->job.kind == JOB_START)
			return false;
		if (c->hooking && c->role == ROLE_MEMBER)
			break; /* the others wait for its postStart, the starter does not */
	}
	if (m->stage != STAGE_MEMBERS)
		return false;
	m->stage = STAGE_RUNNING;
	m->dirty = true;
	start_answer(m);
	return true;
}

void pod_start_failed(struct monitor *m, const struct err *why)
{
	if (m->stage == STAGE_STOPPING || m->stage == STAGE_OVER)
		return;
	m->failed = true;
	m->failure = *why;
	m->stage = STAGE_STOPPING;
	m->stop_timeout_us = 0;
	m->dirty = true;
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		ctr_cancel_restart(c);
		if (c->role != ROLE_INFRA)
			ctr_stop(c, 0, SIGKILL);
	}
	pod_advance(m);
}

/* ---- while it runs ---- */

static bool restart_allowed(const struct monitor *m)
{
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if (c->role != ROLE_INFRA && c->wanted && !c->s.stopped_by_user && c->p->restart &&
			*c->p->restart && strcmp(c->p->restart, "no") != 0)
			return true;
	return false;
}

static bool members_over(const struct monitor *m)
{
	bool any = false;

	for (const struct ctr *c = m->ctrs; c; c = c->next) {
		if (c->role != ROLE_MEMBER)
			continue;
		if (!ctr_is_over(c))
			return false;
		any = any || c->s.ran || c->s.state == CTR_EXITED;
	}
	return any;
}

static void cleanups_spawn(struct monitor *m)
{
	for (struct ctr *c = m->ctrs; c; c = c->next)
		if (c->cleanup_due && !c->job.kind) {
			c->cleanup_due = false;
			monitor_spawn_cleanup(m, c->p->id);
		}
}

static bool step_running(struct monitor *m)
{
	const struct ctr *infra = infra_of(m);
	bool held = false;

	for (struct ctr *c = m->ctrs; c; c = c->next) {
		if (c->created && c->job.kind == JOB_NONE && !(held && !c->s.ran))
			ctr_release(c);
		held = held || c->hooking;
	}
	if (m->stage != STAGE_RUNNING)
		return true;
	if (m->adopted && m->restart_pod) {
		pod_halt(m, UINT64_MAX, 0, false);
	} else if (infra && !ctr_is_alive(infra)) { /* what it held for the others went with it */
		m->rebirth = restart_allowed(m);
		m->restart_pod = m->adopted && m->rebirth;
		pod_halt(m, UINT64_MAX, 0, false);
	} else if (members_over(m) &&
		   (m->plan.solo || !infra ||
			   (m->plan.exit_policy && strcmp(m->plan.exit_policy, "stop") == 0))) {
		pod_halt(m, UINT64_MAX, 0, false);
	} else {
		cleanups_spawn(m);
		return false;
	}
	return true;
}

/* ---- the end ---- */

void pod_halt(struct monitor *m, uint64_t timeout_us, int sig, bool by_user)
{
	struct err err;

	if (m->stage == STAGE_OVER)
		return;
	m->by_user = m->by_user || by_user;
	if (m->plan.kube && !m->go && m->stage > STAGE_IDLE && m->stage < STAGE_RUNNING) {
		m->failed =
			true; /* nobody waits for its start any more: its init containers have their grace */
		m->stage = STAGE_RUNNING;
	}
	if (m->stage < STAGE_RUNNING) {
		err_set(&err, ERR_STATE, "the pod was stopped while it was being started");
		if (m->stage == STAGE_IDLE)
			m->finished = true;
		else
			pod_start_failed(m, &err);
		return;
	}
	m->stage = STAGE_STOPPING;
	m->stop_timeout_us = timeout_us;
	m->stop_signal = sig;
	m->stop_began = loop_now();
	timer_stop(&m->loop, &m->rebirth_timer);
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		if (by_user && !ctr_is_over(c))
			c->s.stopped_by_user = true;
		ctr_cancel_restart(c);
		if (c->role == ROLE_MEMBER || c->role == ROLE_INIT)
			ctr_stop(c, timeout_us, sig);
	}
	m->dirty = true;
	pod_advance(m);
}

/* From its first init container on; all: whatever their policies say, beside an infra that runs on. */
static void born_again(struct monitor *m, bool all)
{
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		if (all && c->role == ROLE_INFRA)
			continue;
		c->wanted = c->role == ROLE_INFRA ||
			    (c->wanted && (all || (c->p->restart && strcmp(c->p->restart, "no") != 0)));
		c->done = c->begun = c->init_ended = c->kill_wanted = false;
		if (!c->wanted || !c->tried)
			continue;
		c->s.restarts++;
		ctr_remember(c, c->s.reason, c->s.message);
	}
	m->rebirth = m->restart_all = m->failed = m->initialized = false;
	m->stage = STAGE_INFRA;
	m->dirty = true;
	pod_advance(m);
}

static void on_rebirth(struct timer *t)
{
	struct monitor *m = OWNER_OF(t, struct monitor, rebirth_timer);

	if (!m->restart_all)
		pod_note(m, NULL, false, "SandboxChanged",
			"Pod sandbox changed, it will be killed and re-created.");
	born_again(m, m->restart_all);
}

void pod_restart_all(struct monitor *m, uint64_t delay_us)
{
	if (m->stage >= STAGE_STOPPING)
		return;
	m->restart_all = true;
	m->restart_delay_us = delay_us;
	start_answer(m);
	m->stage = STAGE_RUNNING;
	pod_halt(m, UINT64_MAX, 0, false);
}

static bool restarts_all(const struct monitor *m, const struct ctr *infra)
{
	return m->restart_all && !m->by_user && !m->reason && !m->adopted && (!infra || ctr_is_alive(infra));
}

static void over(struct monitor *m)
{
	struct err err;

	m->stage = STAGE_OVER;
	m->dirty = true;
	if (m->go)
		pend_fail(m->go, &m->failure);
	err_set(&err, ERR_STATE, "the pod has ended");
	pends_answer(m, PEND_POD_STOPPED, NULL, NULL, "{s:b}", "ok", 1);
	for (int w = PEND_START; w <= PEND_SESSION; w++)
		pends_fail(m, (enum pend_wait) w, NULL, NULL, &err);
	for (struct ctr *c = m->ctrs; c; c = c->next) /* attached to what was never started */
		io_detach_all(&c->io);
}

/* One grace for all of them: sidecars have what the members left of it, but never less than two seconds. */
static uint64_t sidecar_grace(const struct monitor *m, const struct ctr *c)
{
	uint64_t grace = m->stop_timeout_us == UINT64_MAX ? c->p->stop_timeout_us : m->stop_timeout_us;
	uint64_t gone = loop_now() - m->stop_began;

	if (!grace || !m->plan.kube)
		return grace;
	return grace > gone && grace - gone > SIDECAR_GRACE_MIN_US ? grace - gone : SIDECAR_GRACE_MIN_US;
}

/* Members together, then sidecars in reverse order, infra last. */
static bool step_stopping(struct monitor *m)
{
	struct ctr *infra = infra_of(m), *sidecar = NULL;

	if (m->rebirth_timer.on)
		return false;
	for (struct ctr *c = m->ctrs; c; c = c->next)
		if (ctr_is_alive(c) && c->role != ROLE_INFRA) {
			if (c->role != ROLE_SIDECAR)
				return false;
			sidecar = c;
		}
	if (sidecar) {
		if (!sidecar->stopping)
			ctr_stop(sidecar, sidecar_grace(m, sidecar), m->stop_signal);
		return false;
	}
	if (restarts_all(m, infra)) {
		for (struct ctr *c = m->ctrs; c; c = c->next)
			if (c->job.kind)
				return false;
		timer_set(&m->loop, &m->rebirth_timer, m->restart_delay_us, on_rebirth);
		return false;
	}
	if (infra && ctr_is_alive(infra)) {
		if (!infra->stopping)
			ctr_stop(infra, 0, SIGKILL); /* it has nothing to tidy up */
		return false;
	}
	for (struct ctr *c = m->ctrs; c; c = c->next)
		if (c->job.kind)
			return false;
	if (m->rebirth && !m->by_user && !m->adopted) {
		timer_set(&m->loop, &m->rebirth_timer, infra ? ctr_backoff(infra) : 0, on_rebirth);
		return false;
	}
	over(m);
	return true;
}

const char *pod_phase(const struct monitor *m)
{
	bool any = false, failed = m->failed;

	if (m->reason)
		return "Failed";
	if (m->stage < STAGE_RUNNING)
		return "Pending";
	for (const struct ctr *c = m->ctrs; c; c = c->next) {
		if (c->role != ROLE_MEMBER || (!c->wanted && !c->s.ran && c->s.state != CTR_EXITED))
			continue;
		if (!ctr_is_over(c))
			return "Running";
		any = true;
		failed = failed || c->s.exit_code;
	}
	if (m->stage != STAGE_OVER && !any)
		return "Running";
	return failed ? "Failed" : "Succeeded";
}

void pod_settle(struct monitor *m)
{
	static bool (*const steps[])(struct monitor *) = {
		[STAGE_INFRA] = step_infra,
		[STAGE_INIT] = step_init,
		[STAGE_MEMBERS] = step_members,
		[STAGE_RUNNING] = step_running,
		[STAGE_STOPPING] = step_stopping,
	};

	while (m->advance) {
		m->advance = false;
		while (m->stage != STAGE_IDLE && m->stage != STAGE_OVER && steps[m->stage](m))
			;
	}
}
