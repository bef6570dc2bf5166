#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"
#include "runtime/command.h"
#include "runtime/notify.h"

static struct termios saved;
static bool is_raw;

static void restore_terminal(void)
{
	if (is_raw)
		(void) tcsetattr(0, TCSANOW, &saved);
	is_raw = false;
}

static void raw_terminal(void)
{
	struct termios t;

	if (tcgetattr(0, &saved) < 0)
		return;
	t = saved;
	cfmakeraw(&t);
	if (tcsetattr(0, TCSANOW, &t) == 0) {
		is_raw = true;
		(void) atexit(restore_terminal);
	}
}

static void copy_size(int ptmx)
{
	struct winsize w;

	if (ioctl(0, TIOCGWINSZ, &w) == 0 && (w.ws_row || w.ws_col))
		(void) ioctl(ptmx, TIOCSWINSZ, &w);
}

/* One read, one write; false at the end of the source. */
static bool pump(int from, int to)
{
	char chunk[8192];
	ssize_t n = read(from, chunk, sizeof chunk);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && io_write_all(to, chunk, (size_t) n) == 0;
}

/* Ends the loop (true) when the child is gone; passes other signals on. */
static bool on_signal(int sfd, pid_t pid, int pidfd, int ptmx, int *ret_status)
{
	struct signalfd_siginfo si;

	if (read(sfd, &si, sizeof si) != sizeof si)
		return false;
	if (si.ssi_signo == SIGCHLD)
		return waitpid(pid, ret_status, WNOHANG) == pid;
	if (si.ssi_signo == SIGWINCH && ptmx >= 0)
		copy_size(ptmx);
	else if (si.ssi_signo != SIGURG)
		(void) syscall(SYS_pidfd_send_signal, pidfd, (int) si.ssi_signo, NULL, 0);
	return false;
}

int foreground_wait(pid_t pid, int pidfd, int ptmx, int notify, struct err *err)
{
	auto_close int sfd = -EBADF;
	int status = 0, in = ptmx >= 0 ? 0 : -1, out = ptmx;
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0 ||
		(sfd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return err_sys(err, errno, "wait for the container");
	if (ptmx >= 0) {
		raw_terminal();
		copy_size(ptmx);
	}
	/* it may have ended before the signal was blocked */
	if (waitpid(pid, &status, WNOHANG) != pid)
		for (;;) {
			struct pollfd p[4] = { { .fd = sfd, .events = POLLIN },
				{ .fd = in, .events = POLLIN }, { .fd = out, .events = POLLIN },
				{ .fd = notify, .events = POLLIN } };

			if (poll(p, 4, -1) < 0 && errno != EINTR)
				return err_sys(err, errno, "wait for the container");
			if (p[3].revents && notify_forward(notify, 0))
				notify = -EBADF;
			if (p[1].revents && !pump(0, ptmx))
				in = -1;
			if (p[2].revents && !pump(ptmx, 1))
				out = -1; /* EIO: the last process has closed its side */
			if (p[0].revents && on_signal(sfd, pid, pidfd, ptmx, &status))
				break;
		}
	if (ptmx >= 0) {
		(void) fcntl(ptmx, F_SETFL, O_NONBLOCK);
		for (struct pollfd p = { .fd = ptmx, .events = POLLIN };
			out >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLIN) && pump(ptmx, 1);)
			;
	}
	restore_terminal();
	return proc_exit_code(status);
}
