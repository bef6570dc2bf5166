#include "pkg/monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define ARGV_MAX 64

/* ---- set-up: what needs no plan ---- */

/* Numbers that bundles name are taken from the first moment, so that nothing else gets them. */
static int descriptors_settle(bool client, bool waits, struct err *err)
{
	(void) syscall(SYS_close_range, (unsigned) MONITOR_FD_END, ~0U, 0);
	(void) syscall(SYS_close_range, (unsigned) MONITOR_FD_CLIENT, (unsigned) MONITOR_FD_END - 1,
		CLOSE_RANGE_CLOEXEC);
	for (int fd = client ? MONITOR_FD_CLIENT : MONITOR_FD_ALIVE;
		fd <= (waits ? MONITOR_FD_CLIENT : MONITOR_FD_DATA); fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return err_set(err, ERR_INVALID,
				"descriptor %d is missing: podctl-monitor is started by podctl", fd);
	for (int fd = MONITOR_FD_ALIVE; waits && fd <= MONITOR_FD_DATA; fd++)
		if (dup3(0, fd, O_CLOEXEC) < 0)
			return err_sys(err, errno, "reserve descriptor %d", fd);
	for (int fd = PLAN_FD_NET; fd < PLAN_FD_END; fd++)
		if (dup3(0, fd, O_CLOEXEC) < 0)
			return err_sys(err, errno, "reserve descriptor %d", fd);
	return 0;
}

/* The starter has sent something, and goes on with its own work. */
static void on_kick(struct watch *w, short revents)
{
	struct monitor *m = OWNER_OF(w, struct monitor, kick_w);
	uint64_t n;

	(void) revents;
	(void) !read(w->fd, &n, sizeof n);
	while (m->starter && m->stage == STAGE_IDLE && !m->failed && client_read(m->starter))
		;
	if (m->starter && m->stage == STAGE_IDLE && !m->failed)
		return;
	watch_remove(&m->loop, w);
	close(w->fd);
	if (m->starter) {
		m->starter->waits_kick = false;
		client_watch(m->starter);
	}
}

static void on_signal(struct watch *w, short revents)
{
	struct monitor *m = OWNER_OF(w, struct monitor, signal_w);
	struct signalfd_siginfo si[8];
	ssize_t n = read(w->fd, si, sizeof si);

	(void) revents;
	for (size_t i = 0; n > 0 && i < (size_t) n / sizeof si[0]; i++)
		if (si[i].ssi_signo != SIGCHLD) /* the machine goes down, or the scope is stopped */
			pod_halt(m, UINT64_MAX, 0, false);
	runtime_reap(m);
}

static int signals_settle(struct monitor *m, struct err *err)
{
	sigset_t wanted;
	int rc;

	(void) signal(SIGPIPE, SIG_IGN);
	(void) signal(SIGHUP, SIG_IGN);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	(void) sigprocmask(SIG_SETMASK, &wanted, NULL);
	if ((m->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return err_sys(err, errno, "receive signals");
	rc = watch_add(&m->loop, &m->signal_w, m->signal_fd, POLLIN, on_signal);
	return rc < 0 ? err_sys(err, -rc, "watch signals") : 0;
}

/* Our mounts live in a namespace of our own, below a private mount; everything else still comes in from the host.  Our
 * directory descriptors are opened again inside: a mount of the old namespace cannot be mounted on, and would be pinned. */
static int mounts_own(struct monitor *m, struct err *err)
{
	int rc = 0, fd;

	if ((m->host_mnt_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the host's mount namespace");
	if (fchdir(m->run_fd) < 0 || unshare(CLONE_NEWNS) < 0)
		rc = err_sys(err, errno, "make a mount namespace");
	else if ((fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 || dup3(fd, m->run_fd, O_CLOEXEC) < 0)
		rc = err_sys(err, errno, "open the run directory again");
	else
		close(fd);
	(void) !chdir("/");
	return rc;
}

static int namespaces_early(struct monitor *m, const char *wanted, struct err *err)
{
	struct strs names = { 0 };
	char *list[4], text[32], *save = NULL;
	int flags, rc;

	if (!wanted || !*wanted)
		return 0;
	if (snprintf(text, sizeof text, "%s", wanted) >= (int) sizeof text)
		return err_set(err, ERR_INVALID, "namespaces '%s'", wanted);
	names.v = list;
	for (char *p = strtok_r(text, ",", &save); p && names.n < LEN(list); p = strtok_r(NULL, ",", &save))
		list[names.n++] = p;
	if ((rc = ns_flags(&names, &flags, err)) < 0)
		return rc;
	return flags ? ns_make(m, flags, false, err) : 0;
}

static int set_up(struct monitor *m, const struct monitor_args *args, struct err *err)
{
	int rc;

	(void) umask(022);
	(void) setsid();
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_sys(err, errno, "become subreaper");
	if ((rc = signals_settle(m, err)) < 0)
		return rc;
	if ((m->waits = args->waits)) {
		if ((m->host_mnt_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0 ||
			unshare(CLONE_NEWNS) < 0)
			return err_sys(err, errno, "make a mount namespace");
	} else if ((!args->adopt && (rc = mounts_own(m, err)) < 0) || (rc = client_listen(m, err)) < 0) {
		return rc;
	}
	if (args->runtime)
		runtime_seal(m, args->runtime);
	return namespaces_early(m, args->namespaces, err);
}

/* The directory that a path names in our mount namespace, when it is the one that was passed. */
static int same_directory(const char *path, int passed)
{
	auto_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat a, b;

	if (fd < 0 || fstat(fd, &a) < 0 || fstat(passed, &b) < 0)
		return -errno;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino ? fd_steal(&fd) : -ESTALE;
}

int monitor_take(struct monitor *m, const json_t *v, int *fds, size_t nfds, struct err *err)
{
	const char *dir = json_string_value(json_object_get(v, "run_dir"));
	auto_close int run = -EBADF;
	int rc;

	m->waits = false;
	if (nfds != 3 || !dir || *dir != '/')
		return err_set(err, ERR_INVALID, "POD: descriptors or run_dir are missing");
	if ((run = same_directory(dir, fds[1])) < 0)
		return err_sys(err, -run, "open run directory '%s'", dir);
	if (dup3(fds[0], MONITOR_FD_ALIVE, O_CLOEXEC) < 0 || dup3(run, MONITOR_FD_RUN, O_CLOEXEC) < 0 ||
		dup3(fds[2], MONITOR_FD_DATA, O_CLOEXEC) < 0)
		return err_sys(err, errno, "place descriptors");
	if ((rc = client_listen(m, err)) < 0)
		return rc;
	return namespaces_early(m, json_string_value(json_object_get(v, "namespaces")), err);
}

/* ---- the plan ---- */

static int plan_check(const struct plan *p, struct err *err)
{
	if (p->version != 1)
		return err_set(
			err, ERR_UNSUPPORTED, "plan.json has version %u, this monitor knows 1", p->version);
	if (!p->runtime.n || p->runtime.v[0][0] != '/')
		return err_set(err, ERR_INVALID, "plan: runtime is not an absolute path");
	if (p->run_dir[0] != '/' || p->data_dir[0] != '/')
		return err_set(err, ERR_INVALID, "plan: run_dir and data_dir are not absolute paths");
	if (!p->containers.n)
		return err_set(err, ERR_INVALID, "plan: it has no container");
	return 0;
}

static bool is_early(const struct monitor *m, const struct plan_overlay *o)
{
	for (size_t i = 0; o && o->target && i < m->early.n; i++)
		if (strcmp(m->early.v[i], o->target) == 0)
			return true;
	return false;
}

int monitor_load(struct monitor *m, struct err *err)
{
	struct buf b = BUF_INIT(JSON_MAX);
	json_t *v = NULL;
	int rc, fd;

	if (m->set_up_failed) {
		*err = m->failure;
		return -EIO;
	}
	if ((rc = file_read(m->data_fd, "plan.json", PATH_IN_STATE, &b)) < 0)
		rc = err_sys(err, -rc, "read plan.json");
	else if (!(v = json_parse(b.data, b.len, err)))
		rc = err_wrap(err, "plan.json");
	else if ((rc = decode_json(v, plan_fields, &m->plan, &m->arena, err)) < 0)
		err_wrap(err, "plan.json");
	json_decref(v);
	buf_done(&b);
	if (rc < 0 || (rc = plan_check(&m->plan, err)) < 0)
		return rc;
	for (size_t i = 0; i < m->plan.containers.n; i++) {
		struct ctr *c = ctr_new(m, LIST_AT(m->plan.containers, struct plan_container, i), err);

		if (!c)
			return -EINVAL;
		c->mounted = is_early(m, c->p->rootfs);
	}
	m->have_plan = true;
	/* opened again in our mount namespace, so that the host's mount is not pinned */
	if ((fd = open(m->plan.data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		dup3(fd, m->data_fd, O_CLOEXEC) < 0)
		return err_sys(err, errno, "open data directory '%s'", m->plan.data_dir);
	close(fd);
	m->enter_due = m->plan.cgroup && *m->plan.cgroup;
	return 0;
}

/* What podctl found, for the runtime and for us. */
static const char *cgroups_hint(const struct monitor *m)
{
	size_t n = strlen(CGROUP_HINT_ENV "=");

	for (size_t i = 0; i < m->plan.env.n; i++)
		if (strncmp(m->plan.env.v[i], CGROUP_HINT_ENV "=", n) == 0)
			return m->plan.env.v[i] + n;
	return NULL;
}

static int cgroups_find(struct monitor *m, struct err *err)
{
	int rc;

	if (!m->cgroups_open && (rc = cgroup_open_hinted(&m->cgroups, cgroups_hint(m), err)) < 0)
		return rc;
	m->cgroups_open = true;
	return m->cgroups.mode == CGROUP_NONE ? err_set(err, ERR_SYSTEM, "no cgroup hierarchy is usable") : 0;
}

const struct cgroup_fs *monitor_cgroups(struct monitor *m)
{
	struct err ignored = { 0 };

	return cgroups_find(m, &ignored) < 0 ? NULL : &m->cgroups;
}

/* Done while the first runtime call is at work: a container's cgroup does not depend on ours. */
static void cgroup_settle(struct monitor *m)
{
	const struct cgroup_fs *fs = &m->cgroups;
	struct err err = { 0 };
	int rc = cgroups_find(m, &err);

	m->enter_due = false;
	if (rc == 0 && fs->mode == CGROUP_V2 && strcmp(fs->h[0].self, m->plan.cgroup) == 0)
		return; /* born in it: a second attach would wait for an RCU grace period */
	if (rc == 0 && cgroup_make(fs, m->plan.cgroup, &err) == 0 &&
		cgroup_enter(fs, m->plan.cgroup, &err) == 0)
		return;
	err_wrap(&err, "enter the monitor's cgroup '%s'", m->plan.cgroup);
	if (m->stage < STAGE_RUNNING)
		pod_start_failed(m, &err);
}

/* ---- the turn ---- */

static void starter_check(struct monitor *m)
{
	struct err err;

	if (m->starter || m->adopted || m->started_any || m->stage >= STAGE_RUNNING)
		return;
	if (m->stage == STAGE_IDLE) {
		m->finished = true; /* nothing was made */
		return;
	}
	err_set(&err, ERR_STATE, "podctl ended before the pod was started");
	pod_start_failed(m, &err);
}

/* In the host's mounts: a pod that is started from here must not hold ours.  It looks at what status_write wrote. */
static void lead(struct monitor *m)
{
	struct proc_opts o = PROC_OPTS(.argv = m->plan.next.v, .envp = m->plan.env.v, .new_session = true);
	bool ready = m->have_plan && m->plan.next.n && pod_is_ready(m);
	struct err err;

	if (ready == m->led)
		return;
	m->led = ready;
	if (!ready)
		return;
	o.path = m->plan.next.v[0];
	o.mnt_fd = m->host_mnt_fd;
	(void) proc_spawn(&o, NULL, &err); /* the next play starts who waits */
}

/* Once its starter has gone, or only listens: what the reading of a plan took, and its first calls, is a quarter of a monitor's memory. */
static void give_back(struct monitor *m)
{
	if (m->trimmed || m->stage != STAGE_RUNNING || m->go || (m->starter && !m->starter->attached))
		return;
	m->trimmed = true;
	(void) malloc_trim(0);
}

static void settle(struct monitor *m)
{
	pod_settle(m);
	if (m->enter_due && m->stage != STAGE_IDLE)
		cgroup_settle(m);
	starter_check(m);
	pod_settle(m);
	if (m->dirty && m->have_plan)
		status_write(m);
	lead(m);
	clients_flush(m);
	ctrs_delete(m);
	pod_settle(m);
	clients_bury(m);
	give_back(m);
	if (m->stage == STAGE_OVER && clients_idle(m))
		m->finished = true;
}

/* ---- the end ---- */

static size_t cleanup_argv(const struct monitor *m, const char *ctr, char *argv[ARGV_MAX])
{
	size_t n = 0;

	while (n < m->plan.cleanup.n && n < ARGV_MAX - 2) {
		argv[n] = m->plan.cleanup.v[n];
		n++;
	}
	if (n && ctr)
		argv[n++] = (char *) (uintptr_t) ctr;
	argv[n] = NULL;
	return n;
}

void monitor_spawn_cleanup(struct monitor *m, const char *ctr)
{
	char *argv[ARGV_MAX];
	struct proc_opts o = PROC_OPTS(.argv = argv, .envp = m->plan.env.v);
	struct err err;

	if (!cleanup_argv(m, ctr, argv))
		return;
	o.path = argv[0];
	(void) proc_spawn(&o, NULL, &err); /* the next command that looks at the pod records it otherwise */
}

static bool client_cleans(const struct monitor *m)
{
	for (const struct client *c = m->clients; c; c = c->next)
		if (!c->dead && c->cleans)
			return true;
	return false;
}

static void leftovers_kill(struct monitor *m)
{
	const struct cgroup_fs *fs;
	struct err err;
	bool possible = false;

	for (const struct ctr *c = m->ctrs; c; c = c->next)
		possible = possible || (c->s.ran && !c->own_pidns);
	if (possible && m->plan.pod_cgroup && *m->plan.pod_cgroup && (fs = monitor_cgroups(m)))
		(void) cgroup_kill(fs, m->plan.pod_cgroup, SIGKILL, &err);
}

/* Returns only when there is nothing to execute: descriptors are close-on-exec, so the lock 'alive' is free in cleanup. */
static int end(struct monitor *m)
{
	char *argv[ARGV_MAX];
	sigset_t none;

	if (m->stage != STAGE_OVER)
		return 0;
	leftovers_kill(m);
	if (client_cleans(m) || !cleanup_argv(m, NULL, argv))
		return 0;
	if (m->host_mnt_fd >= 0) /* with us go the pod's mounts */
		(void) setns(m->host_mnt_fd, CLONE_NEWNS);
	sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) signal(SIGPIPE, SIG_DFL);
	(void) signal(SIGHUP, SIG_DFL);
	(void) execve(argv[0], argv, m->plan.env.v);
	return 125;
}

static int begin(struct monitor *m, const struct monitor_args *args, struct err *err)
{
	bool client = fcntl(MONITOR_FD_CLIENT, F_GETFD) >= 0;
	struct client *first;
	int rc = descriptors_settle(!args->adopt, args->waits, err);

	if (rc < 0 || (args->adopt && (rc = adopt_lock(err)) < 0))
		return rc;
	if (client) {
		(void) fcntl(MONITOR_FD_CLIENT, F_SETFL, O_NONBLOCK);
		if (!(first = client_new(m, MONITOR_FD_CLIENT)))
			return err_sys(err, ENOMEM, "serve the first client");
		first->starter = !args->adopt;
		m->starter = args->adopt ? NULL : first;
		if (m->starter && fcntl(MONITOR_FD_KICK, F_GETFD) >= 0 &&
			watch_add(&m->loop, &m->kick_w, MONITOR_FD_KICK, POLLIN, on_kick) == 0)
			first->waits_kick = true, client_watch(first);
	}
	if ((rc = set_up(m, args, err)) < 0 && !args->adopt) {
		m->failure = *err; /* told as the answer to GO */
		m->set_up_failed = true;
		return 0;
	}
	return rc < 0 || !args->adopt ? rc : adopt(m, err);
}

int monitor_run(const struct monitor_args *args)
{
	static struct monitor
		monitor; /* all zero in the file: of its table of descriptors the pages in use cost memory */
	struct monitor *m = &monitor;
	struct err err = { 0 };

	m->run_fd = MONITOR_FD_RUN;
	m->data_fd = MONITOR_FD_DATA;
	m->signal_fd = m->ctl_fd = m->host_mnt_fd = m->rt_root_fd = m->rt_fd = -EBADF;
	loop_init(&m->loop);
	json_object_seed(
		(size_t) time_mono_us() | 1); /* jansson would read /dev/urandom; our peers are ourselves */
	if (begin(m, args, &err) < 0)
		return err.kind == ERR_EXISTS ? 0 : 125;
	for (;;) {
		settle(m);
		if (m->finished)
			break;
		if (loop_turn(&m->loop) < 0)
			(void) poll(NULL, 0, 100); /* the kernel is out of memory: the containers run on */
	}
	return end(m);
}
