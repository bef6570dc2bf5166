#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define PRE_STOP_MIN_US 2000000

void ctr_signal(struct ctr *c, int sig)
{
	if (c->pidfd >= 0)
		(void) syscall(SYS_pidfd_send_signal, c->pidfd, sig, NULL, 0);
	else if (c->s.pid > 0) /* our child, not reaped yet: the pid cannot be another's */
		(void) kill((pid_t) c->s.pid, sig);
}

/* The value of "Name:\t..." in a /proc/PID/status text. */
static const char *field(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (strncmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1;
	return NULL;
}

static bool in_mask(const char *text, const char *name, int sig)
{
	const char *v = field(text, name);

	return v && (strtoull(v, NULL, 16) >> (sig - 1)) & 1;
}

/* The kernel drops what pid 1 of a namespace neither catches nor blocks (a blocked one waits for sigwait or signalfd). */
bool signal_is_heard(const char *text, int sig)
{
	const char *pids = field(text, "NSpid"), *last = pids;

	if (!pids || sig == SIGKILL)
		return true;
	for (const char *p = pids; *p && *p != '\n'; p++)
		if ((*p == '\t' || *p == ' ') && p[1] >= '0' && p[1] <= '9')
			last = p + 1;
	if (strtol(last, NULL, 10) != 1)
		return true;
	return in_mask(text, "SigCgt", sig) || in_mask(text, "SigBlk", sig);
}

static bool hears(const struct ctr *c, int sig)
{
	char path[48], text[4096];
	auto_close int fd = -EBADF;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/status", (int) c->s.pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || (n = read(fd, text, sizeof text - 1)) <= 0)
		return true;
	text[n] = '\0';
	return signal_is_heard(text, sig);
}

static void thaw(struct ctr *c)
{
	const struct cgroup_fs *fs = c->paused ? monitor_cgroups(c->m) : NULL;
	struct err err;

	c->paused = false;
	if (fs && c->p->cgroup && *c->p->cgroup)
		(void) cgroup_freeze(fs, c->p->cgroup, false, &err);
}

static void on_stop(struct timer *t)
{
	struct ctr *c = OWNER_OF(t, struct ctr, stop_timer);
	uint64_t now = loop_now();

	if (now < c->stop_end &&
		hears(c, c->stop_signal)) { /* it has its handler by now, the signal came too early */
		ctr_signal(c, c->stop_signal);
		timer_set(&c->m->loop, t, c->stop_end - now, on_stop);
		return;
	}
	ctr_signal(c, SIGKILL);
}

/* A program that has just begun may be about to install its handler; one that has run for a while is only caught between
 * two of them. */
static uint64_t look_again(const struct ctr *c)
{
	bool settled = c->released_mono && loop_now() - c->released_mono > SETTLED_US;

	return settled ? UNHEARD_SETTLED_US : UNHEARD_US;
}

/* The signal, and what follows when it is not heard. */
static void signal_now(struct ctr *c, uint64_t timeout_us)
{
	bool deaf = !hears(c, c->stop_signal);

	ctr_signal(c, c->stop_signal);
	thaw(c);
	if (c->stop_signal == SIGKILL)
		return;
	c->stop_end = loop_now() + timeout_us;
	if (deaf && timeout_us > look_again(c))
		timeout_us = look_again(c);
	timer_set(&c->m->loop, &c->stop_timer, timeout_us, on_stop);
}

const char *hook_words(const struct check *k, const char *message)
{
	static char text[EVENT_MAX];

	if (k->h->type == HANDLER_EXEC && !k->timed_out && k->code)
		snprintf(text, sizeof text, "command '%.200s%s' exited with %d: %.200s",
			k->h->argv.n ? k->h->argv.v[0] : "", k->h->argv.n > 1 ? " ..." : "", k->code,
			message);
	else
		snprintf(text, sizeof text, "%s", message);
	return text;
}

/* What is left of the grace, but never less than two seconds, is the signal's. */
static void pre_stop_done(struct check *k, enum verdict v, const char *message)
{
	struct ctr *c = OWNER_OF(k, struct ctr, hook);
	uint64_t now = loop_now(), left = c->stop_end > now ? c->stop_end - now : 0;

	if (v == VERDICT_FAILED || v == VERDICT_ERROR)
		pod_note(
			c->m, c, true, "FailedPreStopHook", "PreStopHook failed: %s", hook_words(k, message));
	signal_now(c, left < PRE_STOP_MIN_US ? PRE_STOP_MIN_US : left);
}

static bool pre_stop(struct ctr *c, uint64_t timeout_us)
{
	uint64_t end = loop_now() + timeout_us;

	if (!c->p->care || !c->p->care->pre_stop || c->stop_signal == SIGKILL || c->paused)
		return false;
	if (c->pre_stopped && !c->hook.on)
		return false; /* it has had its chance */
	if (c->pre_stopped && end >= c->stop_end)
		return true;
	c->stop_end = end;
	c->pre_stopped = true;
	check_init(&c->hook, c, c->p->care->pre_stop, "preStop", pre_stop_done);
	c->hook.any_answer = true;
	check_begin(&c->hook, timeout_us);
	return true;
}

void ctr_stop(struct ctr *c, uint64_t timeout_us, int sig)
{

	if (!ctr_is_alive(c) || c->decide_due)
		return;
	if (timeout_us == UINT64_MAX)
		timeout_us = c->p->stop_timeout_us;
	c->start_after_delete = false;
	if (!c->stopping && !c->probe_killed && c->s.state == CTR_RUNNING)
		pod_note(c->m, c, false, "Killing", "Stopping container %s", c->p->name);
	c->stopping = true;
	if (c->created || c->job.kind || !c->s.pid) { /* not running yet: nothing in it could hear */
		c->kill_wanted = true;
		if (c->s.pid)
			ctr_signal(c, SIGKILL);
		pod_advance(c->m);
		return;
	}
	c->stop_signal = sig ? sig : c->p->stop_signal ? (int) c->p->stop_signal : SIGTERM;
	if (timeout_us == 0)
		c->stop_signal = SIGKILL;
	c->s.state = CTR_STOPPING;
	c->m->dirty = true;
	probes_stopping(c);
	if (!c->pre_stopped || c->stop_signal == SIGKILL)
		check_cancel(&c->hook);
	c->hooking = false;
	if (!pre_stop(c, timeout_us))
		signal_now(c, timeout_us);
}

void ctr_kill(struct ctr *c, int sig)
{
	/* who kills a container does not want the restart policy to bring it back */
	if (sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == (int) c->p->stop_signal)
		c->s.stopped_by_user = true;
	ctr_signal(c, sig);
	if (sig == SIGKILL)
		thaw(c);
}

static int pause_one(struct ctr *c, bool pause, struct err *err)
{
	const struct cgroup_fs *fs = monitor_cgroups(c->m);
	const char *verb = pause ? "pause" : "unpause";
	int rc;

	if (!fs || !c->p->cgroup || !*c->p->cgroup)
		return err_set(err, ERR_UNSUPPORTED, "%s: container '%s' has no cgroup of its own", verb,
			c->p->name);
	if ((rc = cgroup_freeze(fs, c->p->cgroup, pause, err)) < 0)
		return err_wrap(err, "%s", verb);
	c->paused = pause;
	c->s.state = pause ? CTR_PAUSED : CTR_RUNNING;
	c->m->dirty = true;
	return 0;
}

/* A pod is paused container by container: on v1 none of them could be thawed alone, or die, below a frozen cgroup. */
int ctr_pause(struct monitor *m, struct ctr *c, bool pause, struct err *err)
{
	int want = pause ? CTR_RUNNING : CTR_PAUSED, first = 0, rc;
	struct err one = { 0 };

	if (c && c->s.state != want)
		return err_set(err, ERR_STATE, "%s: container '%s' is %s", pause ? "pause" : "unpause",
			c->p->name, ctr_state_names[c->s.state]);
	if (c)
		return pause_one(c, pause, err);
	for (c = m->ctrs; c; c = c->next)
		if (c->s.state == want && (rc = pause_one(c, pause, &one)) < 0 && first == 0) {
			first = rc;
			*err = one;
		}
	return first;
}
