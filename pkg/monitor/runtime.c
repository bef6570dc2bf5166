#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/oci/sealed.h"
#include "pkg/oci/start.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"

#define ARGS_MAX 64
#define LOG_MAX (256 * KiB) /* of one runtime call */
#define PID_TEXT 24
#define ENV_MAX 16

/* argv of one runtime call, built on the stack: a start must not fail for want of memory. */
struct args {
	char *v[ARGS_MAX];
	size_t n;
	char text[8][512];
	size_t n_text;
	bool too_many;
};

static void arg(struct args *a, const char *s)
{
	if (a->n < ARGS_MAX - 1)
		a->v[a->n++] = (char *) (uintptr_t) s;
	else
		a->too_many = true;
}

__attribute__((format(printf, 2, 3))) static void argf(struct args *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (a->n_text == LEN(a->text)) {
		a->too_many = true;
		return;
	}
	va_start(ap, fmt);
	n = vsnprintf(a->text[a->n_text], sizeof a->text[0], fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t) n >= sizeof a->text[0])
		a->too_many = true;
	arg(a, a->text[a->n_text++]);
}

static void args_prefix(struct args *a, const struct plan *plan, const char *dir, const char *log)
{
	for (size_t i = 0; i < plan->runtime.n; i++)
		arg(a, plan->runtime.v[i]);
	argf(a, "--log=%s/%s/%s", plan->run_dir, dir, log);
	arg(a, "--log-format=json");
}

static void on_job_timeout(struct timer *t)
{
	struct job *j = OWNER_OF(t, struct job, timer);

	j->timed_out = true;
	if (j->pid > 0)
		(void) kill(j->pid, SIGKILL);
}

/* A runtime of ours makes itself unwritable before it enters a container, and executes once more for that.  Started from
 * such a place it need not: once per pod instead of once per container, and one execution less for each. */
void runtime_seal(struct monitor *m, const char *path)
{
	if (m->rt_fd == -EBADF && (m->rt_fd = oci_sealed_open(path)) < 0)
		m->rt_fd = -ENOTSUP; /* it makes a copy of itself then */
}

static void use_sealed(struct monitor *m, struct proc_opts *o, char *env[ENV_MAX])
{
	size_t n = m->plan.env.n;

	if (!m->plan.runtime_ours || n > ENV_MAX - 2)
		return;
	runtime_seal(m, o->path);
	if (m->rt_fd < 0)
		return;
	for (size_t i = 0; i < n; i++)
		env[i] = m->plan.env.v[i];
	env[n] = (char *) (uintptr_t) OCI_SEALED_ENV "=1";
	env[n + 1] = NULL;
	o->envp = env;
	o->path = "";
	o->path_fd = m->rt_fd;
}

static int job_spawn(struct monitor *m, struct job *j, enum job_kind kind, struct args *a, const int fds[3],
	struct err *err)
{
	static char *const no_env[] = { NULL };
	struct proc_opts o = PROC_OPTS(.argv = a->v, .envp = m->plan.env.n ? m->plan.env.v : no_env);
	char *env[ENV_MAX];
	pid_t pid;

	if (a->too_many)
		return err_set(err, ERR_INVALID, "arguments of the runtime '%s' are too long", a->v[0]);
	o.path = a->v[0];
	if (fds)
		o.in = fds[0], o.out = fds[1], o.err = fds[2];
	use_sealed(m, &o, env);
	if ((pid = proc_spawn(&o, NULL, err)) < 0)
		return (int) pid;
	*j = (struct job){ .kind = kind, .pid = pid, .m = m, .c = j->c, .s = j->s };
	timer_set(&m->loop, &j->timer, JOB_TIMEOUT_US, on_job_timeout);
	return 0;
}

int runtime_create(struct ctr *c, const int fds[3], struct err *err)
{
	const struct plan *plan = &c->m->plan;
	struct args a = { 0 };

	args_prefix(&a, plan, c->p->id, "log");
	arg(&a, c->at_once ? "run" : "create");
	if (c->at_once)
		arg(&a, "--detach");
	arg(&a, "--bundle");
	arg(&a, c->p->bundle);
	arg(&a, "--pid-file");
	argf(&a, "%s/%s/pid", plan->run_dir, c->p->id);
	if (c->p->terminal) {
		arg(&a, "--console-socket"); /* short enough for sun_path whatever run_dir is */
		argf(&a, "/proc/%d/fd/%d/%s/console", (int) getpid(), c->m->run_fd, c->p->id);
	}
	arg(&a, c->p->id);
	return job_spawn(c->m, &c->job, JOB_CREATE, &a, fds, err);
}

int refill_start(struct ctr *c, struct err *err)
{
	struct monitor *m = c->m;
	struct proc_opts o = PROC_OPTS(.envp = m->plan.env.v);
	struct args a = { 0 };
	pid_t pid;

	for (size_t i = 0; i < m->plan.refill.n; i++)
		arg(&a, m->plan.refill.v[i]);
	arg(&a, c->p->id);
	if (a.too_many || !m->plan.refill.n || !m->plan.env.n)
		return err_set(err, ERR_INVALID, "plan: no usable 'refill'");
	o.path = a.v[0];
	o.argv = a.v;
	if ((pid = proc_spawn(&o, NULL, err)) < 0)
		return (int) pid;
	c->job = (struct job){ .kind = JOB_REFILL, .pid = pid, .m = m, .c = c };
	timer_set(&m->loop, &c->job.timer, JOB_TIMEOUT_US, on_job_timeout);
	return 0;
}

static int state_dir(struct monitor *m, const char *id, struct err *err)
{
	int fd = m->rt_root_fd < 0 ? -1
				   : openat(m->rt_root_fd, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "open the runtime's state directory of '%s'", id) : fd;
}

/* The value of "--root" in the runtime's argv: where a runtime of ours keeps its state. */
static int root_open(struct monitor *m, struct err *err)
{
	const struct strs *argv = &m->plan.runtime;
	const char *root = NULL;

	if (m->rt_root_fd >= 0)
		return 0;
	for (size_t i = 1; i < argv->n; i++) {
		if (strncmp(argv->v[i], "--root=", 7) == 0)
			root = argv->v[i] + 7;
		else if (strcmp(argv->v[i], "--root") == 0 && i + 1 < argv->n)
			root = argv->v[++i];
	}
	if (!root)
		return err_set(err, ERR_INVALID, "plan: runtime has no --root");
	m->rt_root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return m->rt_root_fd < 0 ? err_sys(err, errno, "open the runtime's root '%s'", root) : 0;
}

int runtime_start(struct ctr *c, struct err *err)
{
	struct args a = { 0 };
	int rc;

	if (c->m->plan.runtime_ours) {
		auto_close int dir = -EBADF;

		if ((rc = root_open(c->m, err)) < 0 || (dir = state_dir(c->m, c->p->id, err)) < 0)
			return rc < 0 ? rc : dir;
		return oci_start_release(dir, -1, err);
	}
	args_prefix(&a, &c->m->plan, c->p->id, "log");
	arg(&a, "start");
	arg(&a, c->p->id);
	return job_spawn(c->m, &c->job, JOB_START, &a, NULL, err);
}

int runtime_delete(struct ctr *c, struct err *err)
{
	struct args a = { 0 };
	int rc;

	if (c->m->plan.runtime_ours) {
		/* the process is gone and its cgroup is ours to keep: nothing but the state directory is left */
		if ((rc = root_open(c->m, err)) < 0)
			return rc;
		return (rc = dir_remove(c->m->rt_root_fd, c->p->id)) < 0
			       ? err_sys(err, -rc, "remove the runtime's state of '%s'", c->p->id)
			       : 0;
	}
	args_prefix(&a, &c->m->plan, c->p->id, "log.delete");
	arg(&a, "delete");
	arg(&a, "--force");
	arg(&a, c->p->id);
	return job_spawn(c->m, &c->job, JOB_DELETE, &a, NULL, err);
}

int runtime_exec(struct session *s, const int fds[3], struct err *err)
{
	const struct plan *plan = &s->m->plan;
	struct args a = { 0 };

	char log[100];

	snprintf(log, sizeof log, "log.%s",
		s->id); /* each session has its own log, process, pid file and console */
	args_prefix(&a, plan, s->c->p->id, log);
	arg(&a, "exec");
	arg(&a, "--process");
	argf(&a, "%s/%s/process.%s", plan->run_dir, s->c->p->id, s->check ? s->check->name : s->id);
	arg(&a, "--pid-file");
	argf(&a, "%s/%s/pid.%s", plan->run_dir, s->c->p->id, s->id);
	arg(&a, "--detach");
	if (s->tty) {
		arg(&a, "--console-socket");
		argf(&a, "/proc/%d/fd/%d/%s", (int) getpid(), s->m->run_fd, s->console);
	}
	arg(&a, s->c->p->id);
	return job_spawn(s->m, &s->job, JOB_EXEC, &a, fds, err);
}

/* ---- why a call failed ---- */

static enum err_kind kind_of_text(const char *text)
{
	if (strcasestr(text, "not found") || strcasestr(text, "no such file or directory"))
		return ERR_NOT_FOUND;
	if (strcasestr(text, "permission denied") || strcasestr(text, "open executable") ||
		strcasestr(text, "exec format error") ||
		(strcasestr(text, "workdir \"") && strcasestr(text, "on container")))
		return ERR_DENIED;
	return ERR_SYSTEM;
}

/* The last line of level error in a log of JSON lines; the last line at all when none has a level. */
static char *last_error(const struct buf *b)
{
	char *found = NULL;
	const char *p = b->data, *end;

	for (; p && *p; p = *end ? end + 1 : end) {
		json_t *v;
		const char *msg, *level;

		end = p + strcspn(p, "\n");
		if (!(v = json_loadb(p, (size_t) (end - p), 0, NULL)))
			continue;
		msg = json_string_value(json_object_get(v, "msg"));
		level = json_string_value(json_object_get(v, "level"));
		if (msg && (!level || strcmp(level, "error") == 0 || strcmp(level, "fatal") == 0)) {
			char *copy = strdup(msg);

			if (copy) {
				free(found);
				found = copy;
			}
		}
		json_decref(v);
	}
	return found;
}

/* So that not even the reason could be written. */
static bool is_full(int dir)
{
	struct statvfs v;

	return fstatvfs(dir, &v) == 0 && v.f_blocks && v.f_bavail * v.f_frsize < 16 * KiB;
}

int runtime_reason(
	struct monitor *m, const char *dir, const char *log, const char *what, int status, struct err *err)
{
	struct buf b = BUF_INIT(LOG_MAX);
	char path[200], prefix[160];
	char *text = NULL;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", dir, log);
	if (file_read(m->run_fd, path, PATH_IN_STATE, &b) == 0)
		text = last_error(&b);
	n = (size_t) snprintf(
		prefix, sizeof prefix, "container '%s': ", dir); /* our callers name it, by its name */
	if (text)
		err_set(err, kind_of_text(text), "%s", strncmp(text, prefix, n) == 0 ? text + n : text);
	else if (WIFSIGNALED(status))
		err_set(err, ERR_SYSTEM, "%s: the runtime '%s' was killed by signal %d", what,
			m->plan.runtime.v[0], WTERMSIG(status));
	else
		err_set(err, ERR_SYSTEM, "%s: the runtime '%s' failed with status %d and gave no reason%s",
			what, m->plan.runtime.v[0], WEXITSTATUS(status),
			is_full(m->run_fd) ? ": No space left on device" : "");
	err_import(err);
	free(text);
	buf_done(&b);
	return -1;
}

int runtime_pid(struct monitor *m, const char *dir, const char *file, pid_t *ret, struct err *err)
{
	char path[200], text[PID_TEXT];
	auto_close int fd = -EBADF;
	ssize_t n;
	long pid;

	snprintf(path, sizeof path, "%s/%s", dir, file);
	if ((fd = openat(m->run_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open pid file '%s'", path);
	if ((n = read(fd, text, sizeof text - 1)) < 0)
		return err_sys(err, errno, "read pid file '%s'", path);
	text[n] = '\0';
	pid = strtol(text, NULL, 10);
	if (pid <= 1)
		return err_set(err, ERR_CORRUPT, "pid file '%s' holds no pid", path);
	*ret = (pid_t) pid;
	return 0;
}

/* ---- reaping ---- */

static void job_done(struct job *j, int status)
{
	struct monitor *m = j->m;
	enum job_kind kind = j->kind;

	timer_stop(&m->loop, &j->timer);
	j->kind = JOB_NONE;
	j->pid = 0;
	switch (kind) {
	case JOB_REFILL:
		ctr_refilled(j->c, status);
		break;
	case JOB_CREATE:
		ctr_created(j->c, status);
		break;
	case JOB_START:
		ctr_started(j->c, status);
		break;
	case JOB_DELETE:
		ctr_deleted(j->c);
		break;
	case JOB_EXEC:
		session_created(j->s, status);
		break;
	case JOB_NONE:
		break;
	}
}

static bool jobs_running(const struct monitor *m)
{
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if (c->job.kind)
			return true;
	for (const struct session *s = m->sessions; s; s = s->next)
		if (s->job.kind)
			return true;
	return false;
}

/* A pid we know nothing of: something that fell to us as subreaper, or the child of a runtime call that is not over. */
static void orphan_note(struct monitor *m, pid_t pid, int status)
{
	if (!jobs_running(m)) {
		m->n_orphans = 0;
		return;
	}
	if (m->n_orphans == LEN(m->orphans))
		memmove(m->orphans, m->orphans + 1, --m->n_orphans * sizeof m->orphans[0]);
	m->orphans[m->n_orphans].pid = pid;
	m->orphans[m->n_orphans++].status = status;
}

bool runtime_orphan(struct monitor *m, pid_t pid, int *ret_status)
{
	for (size_t i = 0; i < m->n_orphans; i++)
		if (m->orphans[i].pid == pid) {
			*ret_status = m->orphans[i].status;
			m->orphans[i] = m->orphans[--m->n_orphans];
			return true;
		}
	return false;
}

static void reaped(struct monitor *m, pid_t pid, int status)
{
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		if (c->job.kind && c->job.pid == pid) {
			job_done(&c->job, status);
			return;
		}
		if (c->s.pid == pid && c->pidfd < 0) {
			ctr_exited(c, proc_exit_code(status));
			return;
		}
	}
	for (struct session *s = m->sessions; s; s = s->next) {
		if (s->job.kind && s->job.pid == pid) {
			job_done(&s->job, status);
			return;
		}
		if (s->running && s->pid == pid) {
			session_exited(s, proc_exit_code(status));
			return;
		}
	}
	if (!check_reaped(m, pid, status))
		orphan_note(m, pid, status);
}

void runtime_reap(struct monitor *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(m, pid, status);
}
