#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static const struct kind {
	const char *name;
	int flag;
	enum plan_fd fd;
} kinds[] = {
	{ "net", CLONE_NEWNET, PLAN_FD_NET },
	{ "ipc", CLONE_NEWIPC, PLAN_FD_IPC },
	{ "uts", CLONE_NEWUTS, PLAN_FD_UTS },
};

int ns_flags(const struct strs *names, int *ret, struct err *err)
{
	*ret = 0;
	for (size_t i = 0; i < names->n; i++) {
		size_t k = 0;

		while (k < LEN(kinds) && strcmp(kinds[k].name, names->v[i]) != 0)
			k++;
		if (k < LEN(kinds))
			*ret |= kinds[k].flag;
		else if (strcmp(names->v[i], "user") == 0)
			*ret |= CLONE_NEWUSER;
		else if (strcmp(names->v[i], "pid") != 0) /* infra makes that one */
			return err_set(err, ERR_INVALID, "plan: namespace '%s' is not one the monitor makes",
				names->v[i]);
	}
	return 0;
}

static int loopback_up(struct err *err)
{
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return s < 0 || ioctl(s, SIOCSIFFLAGS, &r) < 0
		       ? err_sys(err, errno, "bring up the loopback interface")
		       : 0;
}

/* owned: we are a child that has made a user namespace, and may become its root. */
static int sysctl_set(const char *text, bool owned, struct err *err)
{
	const char *eq = strchr(text, '=');
	char path[256];
	int rc;

	if (!eq || eq == text || (size_t) (eq - text) > sizeof path - 16 || strstr(text, ".."))
		return err_set(err, ERR_INVALID, "sysctl '%s': expected name=value", text);
	snprintf(path, sizeof path, "/proc/sys/%.*s", (int) (eq - text), text);
	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
	rc = file_write(AT_FDCWD, path, eq + 1);
	/* in a user namespace some belong to its root (Linux 6.10) and some still to the host's, which we were */
	if (rc == -EACCES && owned && setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0)
		rc = file_write(AT_FDCWD, path, eq + 1);
	if (rc < 0)
		return err_sys(err, -rc, "set sysctl '%s'", text);
	return 0;
}

/* What is set inside the namespaces.  In: the new ones, as far as they were made. */
static int settle(const struct monitor *m, int flags, struct err *err)
{
	const struct plan *p = &m->plan;
	int rc;

	if ((flags & CLONE_NEWUTS) && p->hostname && *p->hostname &&
		sethostname(p->hostname, strlen(p->hostname)) < 0)
		return err_sys(err, errno, "set hostname '%s'", p->hostname);
	if ((flags & CLONE_NEWNET) && !p->net_wait && (rc = loopback_up(err)) < 0)
		return rc;
	for (size_t i = 0; i < p->sysctls.n; i++)
		if ((rc = sysctl_set(p->sysctls.v[i], flags & CLONE_NEWUSER, err)) < 0)
			return rc;
	return 0;
}

static int hold(const char *proc, int flags, struct err *err)
{
	static const struct kind user = { "user", CLONE_NEWUSER, PLAN_FD_USER };

	for (size_t i = 0; i <= LEN(kinds); i++) {
		const struct kind *k = i < LEN(kinds) ? &kinds[i] : &user;
		char path[48];
		auto_close int fd = -EBADF;

		if (!(flags & k->flag))
			continue;
		snprintf(path, sizeof path, "/proc/%s/ns/%s", proc, k->name);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || dup3(fd, (int) k->fd, O_CLOEXEC) < 0)
			return err_sys(err, errno, "hold the %s namespace", k->name);
	}
	return 0;
}

/* Opens the namespaces we are in; false when we could not come back to them (they belong to a user namespace above
 * ours, as the host's network does for an ordinary user): then a child has to do what must be done in others. */
static bool return_tickets(int flags, int tickets[LEN(kinds)])
{
	bool ok = true;

	for (size_t i = 0; i < LEN(kinds); i++) {
		char path[40];

		tickets[i] = -EBADF;
		if (!(flags & kinds[i].flag))
			continue;
		snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i].name);
		tickets[i] = open(path, O_RDONLY | O_CLOEXEC);
		ok = ok && tickets[i] >= 0 && setns(tickets[i], kinds[i].flag) == 0;
	}
	return ok;
}

static int go_back(int tickets[LEN(kinds)], struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < LEN(kinds); i++) {
		if (tickets[i] >= 0 && setns(tickets[i], kinds[i].flag) < 0)
			rc = err_sys(err, errno, "return to the host's %s namespace", kinds[i].name);
		fd_close_p(&tickets[i]);
	}
	return rc;
}

struct child_report {
	int rc; /* 1: a user namespace is made and waits for its maps */
	struct err err;
};

/* The user namespace comes first: what is made after it belongs to it.  In: the child. */
static int child_user(const struct monitor *m, int sock, struct err *err)
{
	struct child_report r = { .rc = 1 };
	char byte;

	if (m->plan.user_ns && *m->plan.user_ns) {
		auto_close int fd = open(m->plan.user_ns, O_RDONLY | O_CLOEXEC);

		return fd < 0 || setns(fd, CLONE_NEWUSER) < 0
			       ? err_sys(err, errno, "join user namespace '%s'", m->plan.user_ns)
			       : 0;
	}
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(err, errno, "make a user namespace");
	(void) fd_send(sock, &r, sizeof r, NULL, 0);
	return read(sock, &byte, 1) == 1 ? 0 : err_set(err, ERR_SYSTEM, "the monitor is gone");
}

static int map_write(const char *proc, const char *file, const struct list *ranges, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	char path[48];
	int rc;

	snprintf(path, sizeof path, "/proc/%s/%s", proc, file);
	if (ids_text(ranges, &b) < 0)
		return err_sys(err, ENOMEM, "map ids");
	rc = file_write(AT_FDCWD, path, b.data ? b.data : "");
	return rc < 0 ? err_sys(err, -rc, "write %s of the pod's user namespace", file) : 0;
}

/* In a child: make or join, settle, report, wait to be looked at.  In: a copy of the monitor; only this returns nothing. */
static void child(struct monitor *m, int flags, bool make, bool apply, int sock)
{
	struct child_report r = { 0 };
	char byte;

	if (make && (flags & CLONE_NEWUSER))
		r.rc = child_user(m, sock, &r.err);
	if (make && r.rc == 0 && unshare(flags & ~CLONE_NEWUSER) < 0)
		r.rc = err_sys(&r.err, errno, "make namespaces");
	for (size_t i = 0; !make && r.rc == 0 && i < LEN(kinds); i++)
		if ((flags & kinds[i].flag) && setns((int) kinds[i].fd, kinds[i].flag) < 0)
			r.rc = err_sys(&r.err, errno, "join the %s namespace", kinds[i].name);
	if (r.rc == 0 && apply)
		r.rc = settle(m, flags, &r.err);
	(void) fd_send(sock, &r, sizeof r, NULL, 0);
	(void) !read(sock, &byte, 1);
	_exit(0);
}

static int by_child(struct monitor *m, int flags, bool make, bool apply, struct err *err)
{
	auto_close int ours = -EBADF;
	struct child_report r = { 0 };
	char proc[16];
	int sv[2], rc = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return err_sys(err, errno, "make namespaces");
	ours = sv[0];
	if ((pid = (pid_t) syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0) {
		close(sv[0]); /* the monitor's death must be the end of our wait */
		child(m, flags, make, apply, sv[1]);
	}
	close(sv[1]);
	if (pid < 0)
		return err_sys(err, errno, "make namespaces");
	snprintf(proc, sizeof proc, "%d", (int) pid);
	if (read(ours, &r, sizeof r) != sizeof r)
		rc = err_set(err, ERR_SYSTEM, "make namespaces: the child that makes them died");
	else if (r.rc == 1 && ((rc = map_write(proc, "gid_map", &m->plan.gids, err)) < 0 ||
				      (rc = map_write(proc, "uid_map", &m->plan.uids, err)) < 0))
		; /* told below */
	else if (r.rc == 1 && (write(ours, "", 1) != 1 || read(ours, &r, sizeof r) != sizeof r))
		rc = err_set(err, ERR_SYSTEM, "make namespaces: the child that makes them died");
	if (rc < 0)
		;
	else if (r.rc < 0) {
		err_import(&r.err);
		*err = r.err;
		rc = r.rc;
	} else if (make) {
		rc = hold(proc, flags, err);
	}
	(void) kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}

int ns_make(struct monitor *m, int flags, bool apply, struct err *err)
{
	int tickets[LEN(kinds)], rc;
	struct err back = { 0 };

	m->ns_return = return_tickets(flags, tickets);
	/* nobody comes back from a user namespace */
	if (!m->ns_return || (flags & CLONE_NEWUSER)) {
		for (size_t i = 0; i < LEN(kinds); i++)
			fd_close_p(&tickets[i]);
		rc = by_child(m, flags, true, apply, err);
	} else {
		rc = unshare(flags) < 0 ? err_sys(err, errno, "make namespaces")
		     : apply            ? settle(m, flags, err)
					: 0;
		if (rc == 0)
			rc = hold("self", flags, err);
		if (go_back(tickets, &back) < 0 && rc == 0) {
			*err = back;
			rc = -EIO;
		}
	}
	if (rc == 0)
		m->ns_made |= flags;
	return rc;
}

int ns_apply(struct monitor *m, struct err *err)
{
	int tickets[LEN(kinds)], flags = m->ns_made, rc = 0;
	struct err back = { 0 };

	if (!(m->plan.hostname && *m->plan.hostname) && !m->plan.sysctls.n &&
		(m->plan.net_wait || !(flags & CLONE_NEWNET)))
		return 0;
	if (!m->ns_return)
		return by_child(m, flags, false, true, err);
	if (!return_tickets(flags, tickets))
		rc = err_sys(err, errno, "keep the host's namespaces");
	for (size_t i = 0; rc == 0 && i < LEN(kinds); i++)
		if ((flags & kinds[i].flag) && setns((int) kinds[i].fd, kinds[i].flag) < 0)
			rc = err_sys(err, errno, "join the %s namespace", kinds[i].name);
	if (rc == 0)
		rc = settle(m, flags, err);
	if (go_back(tickets, &back) < 0 && rc == 0) {
		*err = back;
		rc = -EIO;
	}
	return rc;
}

void ns_hold_pid(struct monitor *m, pid_t infra)
{
	char path[48];
	auto_close int fd = -EBADF;

	if (infra == m->pid_held)
		return;
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int) infra);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0 && dup3(fd, PLAN_FD_PID, O_CLOEXEC) >= 0)
		m->pid_held = infra; /* else a member's create says that it cannot join it */
}

/* ---- sockets for probes ---- */

/* In a child, for who may not come back from the pod's network: it makes some in advance. */
static void socket_child(const char *netns, int family, size_t n, int sock)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC), fds[LEN(((struct monitor *) 0)->sockets)];
	size_t made = 0;
	char byte = 0;

	if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0)
		for (; made < n; made++)
			if ((fds[made] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
				break;
	(void) fd_send(sock, &byte, 1, fds, made);
	_exit(0);
}

static int sockets_by_child(struct monitor *m, const char *netns, int family)
{
	size_t n = family == AF_INET ? LEN(m->sockets) : 1;
	char byte;
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return -errno;
	if ((pid = (pid_t) syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0)
		socket_child(netns, family, n, sv[1]);
	close(sv[1]);
	m->n_sockets = n;
	if (pid < 0 || fd_recv(sv[0], &byte, 1, m->sockets, &m->n_sockets, 0) != 1)
		m->n_sockets = 0;
	close(sv[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return m->n_sockets ? m->sockets[--m->n_sockets] : -ENETUNREACH;
}

static bool may_return(struct monitor *m)
{
	if (!m->ns_home) {
		m->ns_home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (m->ns_home >= 0 && setns(m->ns_home, CLONE_NEWNET) < 0)
			fd_close_p(&m->ns_home);
	}
	return m->ns_home >= 0;
}

int ns_socket(struct monitor *m, const struct ctr *c, int family)
{
	char path[48];
	auto_close int there = -EBADF;
	int fd;

	if (!m->plan.probe_inside) {
		fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		return fd < 0 ? -errno : fd;
	}
	if (family == AF_INET && m->n_sockets)
		return m->sockets[--m->n_sockets];
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int) c->s.pid);
	if (!may_return(m)) {
		ns_sockets_free(m);
		return sockets_by_child(m, path, family);
	}
	if ((there = open(path, O_RDONLY | O_CLOEXEC)) < 0 || setns(there, CLONE_NEWNET) < 0)
		return -errno;
	if ((fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		fd = -errno;
	if (setns(m->ns_home, CLONE_NEWNET) < 0) { /* it worked before, and cannot fail */
		if (fd >= 0)
			close(fd);
		fd = -EPERM;
	}
	return fd;
}

void ns_sockets_free(struct monitor *m)
{
	while (m->n_sockets)
		close(m->sockets[--m->n_sockets]);
}
