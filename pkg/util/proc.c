#include "pkg/util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

#if defined(__has_feature) && !defined(__SANITIZE_ADDRESS__)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum step { STEP_FDS, STEP_CGROUP, STEP_SESSION, STEP_MOUNTS, STEP_CWD, STEP_EXEC };

struct child {
	const struct proc_opts *o;
	int slots[3];
	int nullfd;
	volatile int step, errnum; /* written by the child in our memory; the parent is suspended meanwhile */
};

static int child_fail(struct child *c, int step)
{
	c->errnum = errno;
	c->step = step;
	_exit(127);
}

/* Moves every descriptor out of the way of the numbers it could collide with, then into place. */
static void child_fds(struct child *c)
{
	const struct proc_opts *o = c->o;
	int high = 3, from[3 + FD_PASS_MAX], to[3 + FD_PASS_MAX];
	size_t n = 0;

	for (int i = 0; i < 3; i++) {
		from[n] = c->slots[i];
		to[n++] = i;
	}
	for (size_t i = 0; i < o->n_pass; i++) {
		from[n] = o->pass[i][0];
		to[n++] = o->pass[i][1];
	}
	for (size_t i = 0; i < n; i++)
		if (to[i] >= high)
			high = to[i] + 1;
	for (size_t i = 0; i < n; i++)
		if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, high)) < 0)
			child_fail(c, STEP_FDS);
	for (size_t i = 0; i < n; i++)
		if (dup2(from[i], to[i]) < 0)
			child_fail(c, STEP_FDS);
}

static int child_main(void *arg)
{
	struct child *c = arg;
	const struct proc_opts *o = c->o;
	sigset_t none;

	for (int s = 1; s < 65;
		s++) /* vfork shares the handlers' code, not the table: reset what was caught or ignored */
		(void) signal(s, SIG_DFL);
	sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	if (o->death_signal && prctl(PR_SET_PDEATHSIG, o->death_signal) < 0)
		child_fail(c, STEP_SESSION);
	for (size_t i = 0; i < o->n_tasks; i++)
		if (write(o->tasks_fds[i], "0", 1) < 0)
			child_fail(c, STEP_CGROUP);
	if (o->new_session && setsid() < 0)
		child_fail(c, STEP_SESSION);
	if (o->mnt_fd >= 0 && setns(o->mnt_fd, CLONE_NEWNS) < 0)
		child_fail(c, STEP_MOUNTS);
	if (o->cwd_fd >= 0 ? fchdir(o->cwd_fd) < 0 : chdir("/") < 0)
		child_fail(c, STEP_CWD);
	(void) syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
	child_fds(c);
	static char *const no_env[] = { NULL };

	if (o->path_fd >= 0)
		(void) syscall(SYS_execveat, o->path_fd, o->path ? o->path : "", o->argv,
			o->envp ? o->envp : no_env, o->path && o->path[0] ? 0 : 0x1000 /* AT_EMPTY_PATH */);
	else
		(void) execve(o->path, o->argv, o->envp ? o->envp : no_env);
	return child_fail(c, STEP_EXEC);
}

static pid_t spawn_vfork(struct child *c, int *ret_pidfd)
{
	enum { STACK = 64 * 1024 };
	char *stack =
		mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (ret_pidfd ? CLONE_PIDFD : 0);
	pid_t pid;

	if (stack == MAP_FAILED)
		return -1;
	pid = clone(child_main, stack + STACK, flags, c, ret_pidfd);
	int saved = errno;

#if defined(__SANITIZE_ADDRESS__)
	/* The child left its frames marked here when it executed; the next mapping of this place would inherit that. */
	__asan_unpoison_memory_region(stack, STACK);
#endif
	(void) munmap(stack, STACK);
	errno = saved;
	return pid;
}

/* clone3 has no libc wrapper that sets a stack, so this one is a plain fork into the cgroup. */
static pid_t spawn_cgroup(struct child *c, int *ret_pidfd, int report[2])
{
	struct clone_args a = {
		.flags = CLONE_INTO_CGROUP | (ret_pidfd ? CLONE_PIDFD : 0),
		.pidfd = (uint64_t) (uintptr_t) ret_pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t) c->o->cgroup_fd,
	};
	pid_t pid = (pid_t) syscall(SYS_clone3, &a, sizeof a);

	(void) report;
	return pid;
}

static const char *const step_names[] = {
	[STEP_FDS] = "place descriptors",
	[STEP_CGROUP] = "enter cgroup",
	[STEP_SESSION] = "new session",
	[STEP_MOUNTS] = "enter mount namespace",
	[STEP_CWD] = "change directory",
	[STEP_EXEC] = "execute",
};

pid_t proc_spawn(const struct proc_opts *o, int *ret_pidfd, struct err *err)
{
	auto_close int nullfd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct child *c;
	sigset_t all, old;
	int pidfd = -EBADF, saved;
	pid_t pid;

	if (nullfd < 0)
		return err_sys(err, errno, "open /dev/null");
	if (o->n_pass > FD_PASS_MAX)
		return err_set(err, ERR_INVALID, "too many descriptors for '%s'", o->path);
	/* shared, so that a forked (not vforked) child can report too */
	c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return err_sys(err, errno, "start '%s'", o->path);
	*c = (struct child){ .o = o,
		.slots = { o->in < 0 ? nullfd : o->in, o->out < 0 ? nullfd : o->out,
			o->err < 0 ? nullfd : o->err } };
	sigfillset(&all); /* no handler of ours may run in the child while it shares our memory */
	(void) sigprocmask(SIG_SETMASK, &all, &old);
	if (o->cgroup_fd >= 0) {
		int p[2];

		if (pipe2(p, O_CLOEXEC) < 0) {
			pid = -1;
		} else {
			pid = spawn_cgroup(c, ret_pidfd ? &pidfd : NULL, p);
			if (pid == 0)
				_exit(child_main(c));
			saved = errno;
			close(p[1]);
			if (pid > 0) {
				char byte;

				(void) !read(p[0], &byte,
					1); /* end of file: exec happened, or the child is gone */
			}
			close(p[0]);
			errno = saved;
		}
	} else {
		pid = spawn_vfork(c, ret_pidfd ? &pidfd : NULL);
	}
	saved = errno;
	(void) sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		(void) munmap(c, sizeof *c);
		return err_sys(err, saved, "start '%s': clone", o->path);
	}
	if (c->errnum) {
		int rc = err_sys(err, c->errnum, "%s '%s'", step_names[c->step],
			o->path && o->path[0] ? o->path : o->argv[0]);

		(void) waitpid(pid, NULL, 0);
		fd_close_p(&pidfd);
		(void) munmap(c, sizeof *c);
		return rc;
	}
	(void) munmap(c, sizeof *c);
	if (ret_pidfd)
		*ret_pidfd = pidfd;
	return pid;
}

int proc_wait(pid_t pid, int pidfd, uint64_t timeout_us, int *ret_status, struct err *err)
{
	uint64_t end = timeout_us ? time_mono_us() + timeout_us : 0;
	int status;

	while (timeout_us && pidfd >= 0) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		uint64_t now = time_mono_us();
		int rc = poll(&p, 1, now >= end ? 0 : (int) ((end - now) / 1000 + 1));

		if (rc > 0)
			break;
		if (rc < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for process %d", (int) pid);
		if (rc == 0 && time_mono_us() >= end) {
			(void) kill(pid, SIGKILL);
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			return err_set(err, ERR_SYSTEM, "timed out after %llu ms",
				(unsigned long long) timeout_us / 1000);
		}
	}
	for (;;) {
		if (waitpid(pid, &status, 0) == pid)
			break;
		if (errno != EINTR)
			return err_sys(err, errno, "wait for process %d", (int) pid);
	}
	*ret_status = status;
	return 0;
}

int proc_run(const struct proc_opts *opts, const void *input, size_t n, struct buf *out, struct buf *errs,
	uint64_t timeout_us, int *ret_status, struct err *err)
{
	struct proc_opts o = *opts;
	auto_close int in_r = -EBADF;
	auto_close int in_w = -EBADF;
	auto_close int out_r = -EBADF;
	auto_close int out_w = -EBADF;
	auto_close int err_r = -EBADF;
	auto_close int err_w = -EBADF;
	auto_close int pidfd = -EBADF;
	uint64_t end = timeout_us ? time_mono_us() + timeout_us : 0;
	const char *at = input;
	int p[2], rc;
	pid_t pid;

	if (input) {
		if (pipe2(p, O_CLOEXEC) < 0)
			return err_sys(err, errno, "pipe");
		in_r = p[0], in_w = p[1];
		o.in = in_r;
	}
	if (out) {
		if (pipe2(p, O_CLOEXEC) < 0)
			return err_sys(err, errno, "pipe");
		out_r = p[0], out_w = p[1];
		o.out = out_w;
		if (errs == out)
			o.err = out_w;
	}
	if (errs && errs != out) {
		if (pipe2(p, O_CLOEXEC) < 0)
			return err_sys(err, errno, "pipe");
		err_r = p[0], err_w = p[1];
		o.err = err_w;
	}
	if ((pid = proc_spawn(&o, &pidfd, err)) < 0)
		return (int) pid;
	fd_close_p(&in_r);
	fd_close_p(&out_w);
	fd_close_p(&err_w);
	if (in_w >= 0)
		(void) fcntl(in_w, F_SETFL, O_NONBLOCK);
	rc = 0;
	while (in_w >= 0 || out_r >= 0 || err_r >= 0) {
		struct pollfd pf[3] = { { .fd = in_w, .events = POLLOUT }, { .fd = out_r, .events = POLLIN },
			{ .fd = err_r, .events = POLLIN } };
		uint64_t now = time_mono_us();

		if (end && now >= end)
			break; /* proc_wait kills it */
		if (poll(pf, 3, end ? (int) ((end - now) / 1000 + 1) : -1) < 0 && errno != EINTR)
			break;
		if (in_w >= 0 && pf[0].revents) {
			ssize_t w = n ? write(in_w, at, n) : 0;

			if (w > 0)
				at += w, n -= (size_t) w;
			if (n == 0 || (w < 0 && errno != EAGAIN && errno != EINTR))
				fd_close_p(&in_w);
		}
		for (int i = 1; i < 3; i++) {
			struct buf *b = i == 1 ? out : errs;
			int *fd = i == 1 ? &out_r : &err_r;
			char chunk[4096];
			ssize_t r;

			if (*fd < 0 || !pf[i].revents)
				continue;
			r = read(*fd, chunk, sizeof chunk);
			if (r > 0)
				(void) buf_add(b, chunk,
					(size_t) r); /* past its maximum the rest is read and dropped */
			else if (r == 0 || (errno != EINTR && errno != EAGAIN))
				fd_close_p(fd);
		}
	}
	if (end) {
		uint64_t now = time_mono_us();

		rc = proc_wait(pid, pidfd, now < end ? end - now : 1, ret_status, err);
	} else {
		rc = proc_wait(pid, pidfd, 0, ret_status, err);
	}
	return rc < 0 ? err_wrap(err, "'%s'", o.argv[0]) : 0;
}

static uint64_t stat_read(pid_t pid, char *ret_state)
{
	char name[40], text[1024], *p;
	auto_close int fd = -EBADF;
	ssize_t n;

	snprintf(name, sizeof name, "/proc/%d/stat", (int) pid);
	if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0 || (n = read(fd, text, sizeof text - 1)) <= 0)
		return 0;
	text[n] = '\0';
	if (!(p = strrchr(text, ')')) ||
		p[1] != ' ') /* the command name may hold anything, so count from its end */
		return 0;
	*ret_state = p[2];
	for (int field = 2; field < 22; field++)
		if (!(p = strchr(p + 1, ' ')))
			return 0;
	return strtoull(p + 1, NULL, 10);
}

uint64_t proc_start_time(pid_t pid)
{
	char state;

	return stat_read(pid, &state);
}

bool proc_is_alive(pid_t pid, uint64_t start_time)
{
	char state;

	return start_time && stat_read(pid, &state) == start_time && state != 'Z' && state != 'X';
}

int proc_pidfd(pid_t pid, uint64_t start_time)
{
	auto_close int fd = pid > 0 ? (int) syscall(SYS_pidfd_open, pid, 0) : (errno = ESRCH, -1);

	if (fd < 0)
		return -errno;
	return proc_start_time(pid) == start_time ? fd_steal(&fd) : -ESRCH;
}

int proc_exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }
