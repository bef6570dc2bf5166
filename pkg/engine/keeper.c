#include "pkg/engine/rootless_keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/paths.h"
#include "pkg/engine/subids.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define PAUSE "podctl-pause"
#define STEP_TIMEOUT_MS 20000

/* ---- finding ------------------------------------------------------------------------------------------------------- */

static int read_line(int fd, struct keeper *ret)
{
	unsigned long long field[5];
	char text[200], *p = text;
	ssize_t n;

	if ((n = pread(fd, text, sizeof text - 1, 0)) < 0)
		return -errno;
	text[n] = '\0';
	for (size_t i = 0; i < LEN(field); i++) {
		char *end;

		field[i] = strtoull(p, &end, 10);
		if (end == p || *end != (i + 1 < LEN(field) ? ' ' : '\n')) /* half written: not there yet */
			return -ESRCH;
		p = end + 1;
	}
	if (!field[0] || field[0] > INT_MAX)
		return -ESRCH;
	*ret = (struct keeper){ .pid = (pid_t) field[0],
		.start = field[1],
		.userns = (ino_t) field[2],
		.uid = (uid_t) field[3],
		.gid = (gid_t) field[4] };
	return 0;
}

int keeper_read(int runroot, struct keeper *ret)
{
	auto_close int fd = path_open(runroot, PATH_KEEPER, PATH_IN_STATE, O_RDONLY, 0);

	return fd < 0 ? fd : read_line(fd, ret);
}

int keeper_find(int runroot)
{
	auto_close int fd = path_open(runroot, PATH_KEEPER, PATH_IN_STATE, O_RDWR, 0);
	struct keeper k = { 0 };
	int rc;

	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	if (lock_is_free(fd))
		return -ESRCH;
	return (rc = read_line(fd, &k)) < 0 ? rc : proc_pidfd(k.pid, k.start);
}

/* The listener of a pod's socket is its monitor: the kernel tells its pid.  The lock tells that it lives. */
static int monitor_of(int runroot, const char *pod)
{
	char path[PATH_TEXT];
	auto_close int dir = path_open(runroot, path_pod(path, pod), PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	auto_close int alive = dir < 0 ? dir : path_open(dir, PATH_ALIVE, PATH_IN_STATE, O_RDWR, 0);
	auto_close int sock = -EBADF;
	struct ucred cred;
	socklen_t size = sizeof cred;
	int pidfd;

	if (alive < 0 || lock_is_free(alive) || (sock = sock_connect(dir, PATH_CTL)) < 0 ||
		getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || cred.pid <= 0)
		return -ESRCH;
	pidfd = (int) syscall(SYS_pidfd_open, cred.pid, 0);
	return pidfd < 0 ? -errno : pidfd;
}

int keeper_find_monitor(int runroot, char pod[65])
{
	int fd = path_open(runroot, "pods", PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0), pidfd = -ESRCH;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		fd_close_p(&fd);
		return -ESRCH;
	}
	while (pidfd < 0 && (e = readdir(d)))
		if (id_is_valid(e->d_name) && (pidfd = monitor_of(runroot, e->d_name)) >= 0)
			(void) snprintf(pod, 65, "%.64s", e->d_name);
	(void) closedir(d);
	return pidfd < 0 ? -ESRCH : pidfd;
}

/* ---- starting ------------------------------------------------------------------------------------------------------ */

static int step_failed(char step, int eno, struct err *err)
{
	if (step != 'U')
		return err_sys(err, eno, "make your mount namespace");
	if (eno == EPERM || eno == EACCES)
		return err_set(err, ERR_DENIED,
			"an ordinary user may not make user namespaces here: look at the sysctls "
			"kernel.unprivileged_userns_clone, "
			"kernel.apparmor_restrict_unprivileged_userns, or run inside fewer containers");
	if (eno == ENOSPC || eno == EUSERS)
		return err_set(err, ERR_DENIED,
			"no user namespaces left: raise the sysctl user.max_user_namespaces");
	return err_sys(err, eno, "make your user namespace");
}

/* Waits for 'want' from podctl-pause. */
static int expect(int sock, char want, struct err *err)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	char text[8];
	ssize_t n;
	int rc;

	do
		rc = poll(&p, 1, STEP_TIMEOUT_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return err_set(err, ERR_SYSTEM, "%s does not answer", PAUSE);
	if ((n = recv(sock, text, sizeof text, 0)) == 1 && text[0] == want)
		return 0;
	if (n == 3 && text[0] == 'E')
		return step_failed(text[1], (unsigned char) text[2], err);
	return err_set(err, ERR_SYSTEM, "%s ended before it was ready", PAUSE);
}

static int converse(const struct engine_options *opt, int sock, pid_t pid, bool join, struct err *err)
{
	int rc;

	if (!join) {
		if ((rc = expect(sock, 'U', err)) < 0 || (rc = subids_map(opt, pid, err)) < 0)
			return rc;
		if (send(sock, "G", 1, MSG_NOSIGNAL) != 1)
			return err_sys(err, errno, "speak to %s", PAUSE);
	}
	return expect(sock, 'M', err);
}

static int write_line(const struct engine_options *opt, int fd, pid_t pid, struct err *err)
{
	char path[64], text[200];
	struct stat st;
	int n;

	(void) snprintf(path, sizeof path, "/proc/%d/ns/user", (int) pid);
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "look at '%s'", path);
	n = snprintf(text, sizeof text, "%d %llu %llu %u %u\n", (int) pid,
		(unsigned long long) proc_start_time(pid), (unsigned long long) st.st_ino,
		(unsigned) opt->uid, (unsigned) opt->gid);
	if (pwrite(fd, text, (size_t) n, 0) != n)
		return err_sys(err, errno ? errno : EIO, "write the keeper file");
	return 0;
}

/* The lock is taken here and lives on in the descriptor that podctl-pause inherits. */
static int open_locked(int runroot, struct err *err)
{
	auto_close int fd = path_open(runroot, PATH_KEEPER, PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	int rc;

	if (fd < 0)
		return err_sys(err, -fd, "open the keeper file");
	if ((rc = lock_file(fd, true, false)) < 0)
		return err_sys(err, -rc, "lock the keeper file");
	if (ftruncate(fd, 0) < 0)
		return err_sys(err, errno, "empty the keeper file");
	return fd_steal(&fd);
}

int keeper_start(const struct engine_options *opt, int runroot, bool join, struct err *err)
{
	auto_close int file = open_locked(runroot, err);
	auto_close int pidfd = -EBADF;
	auto_close int near = -EBADF;
	auto_close int far = -EBADF;
	char path[4200];
	char *argv[] = { path, (char *) (uintptr_t) "--user", (char *) (uintptr_t) (join ? "join" : "new"),
		NULL };
	int pair[2], rc;
	pid_t pid;

	if (file < 0)
		return file;
	if ((rc = helper_path(PAUSE, path, err)) < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make a socket pair");
	near = pair[0], far = pair[1];
	const int pass[][2] = { { file, 3 }, { far, 4 } };
	struct proc_opts o =
		PROC_OPTS(.path = path, .argv = argv, .pass = pass, .n_pass = LEN(pass), .new_session = true);

	if ((pid = proc_spawn(&o, &pidfd, err)) < 0)
		return (int) pid;
	fd_close_p(&far);
	if ((rc = converse(opt, near, pid, join, err)) < 0 || (rc = write_line(opt, file, pid, err)) < 0) {
		(void) kill(pid, SIGKILL);
		(void) waitpid(pid, NULL, 0);
		return rc;
	}
	log_debug("keeper %d holds the namespaces of uid %u", (int) pid, (unsigned) opt->uid);
	return fd_steal(&pidfd);
}
