#include "cmd/podctl/notify.h"

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "pkg/util/log.h"
#include "pkg/verb/containers.h"

#define MESSAGE_MAX 4096

int notify_mode_of(const char *text, enum notify_mode *ret, struct err *err)
{
	if (!text || !*text || !strcmp(text, "container"))
		*ret = NOTIFY_CONTAINER;
	else if (!strcmp(text, "conmon"))
		*ret = NOTIFY_MONITOR;
	else if (!strcmp(text, "ignore"))
		*ret = NOTIFY_IGNORE;
	else
		return err_set(err, ERR_INVALID,
			"--sdnotify: invalid value \"%s\": there are container, conmon and ignore", text);
	return 0;
}

static const char *supervisor(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (path[0] == '/' || path[0] == '@') && path[1] ? path : NULL;
}

bool notify_wanted(void) { return supervisor() != NULL; }

static int tell(const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	auto_close int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *path = supervisor();
	size_t n = path ? strlen(path) : 0;

	if (s < 0 || !n || n >= sizeof a.sun_path)
		return s < 0 ? -errno : -EINVAL;
	memcpy(a.sun_path, path, n);
	if (path[0] == '@') /* abstract */
		a.sun_path[0] = '\0';
	return sendto(s, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *) &a,
		       (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n)) < 0
		       ? -errno
		       : 0;
}

void notify_ready(struct cli *c, const char *pod)
{
	struct err one = { 0 };
	int64_t monitor = 0;
	char text[64];
	int rc;

	if (!supervisor())
		return;
	if (verb_monitor(&c->engine, pod, &monitor, &one) < 0 || monitor <= 0)
		(void) snprintf(text, sizeof text, "READY=1\n");
	else
		(void) snprintf(text, sizeof text, "MAINPID=%lld\nREADY=1\n", (long long) monitor);
	if ((rc = tell(text)) < 0)
		log_warn("tell NOTIFY_SOCKET '%s': %s, ignoring", supervisor(), strerror(-rc));
}

bool notify_take(struct cli *c, int sock, const char *pod)
{
	char text[MESSAGE_MAX + 1], *at = text, *line;
	ssize_t n = recv(sock, text, MESSAGE_MAX, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&at, "\n")))
		if (!strcmp(line, "READY=1")) {
			notify_ready(c, pod);
			return true;
		}
	return false;
}

void notify_wait(struct cli *c, int sock, const char *pod)
{
	struct err one = { 0 };
	int64_t monitor = 0;
	auto_close int pidfd = -EBADF;
	struct pollfd p[2] = { { .fd = sock, .events = POLLIN }, { .fd = -1, .events = POLLIN } };

	if (verb_monitor(&c->engine, pod, &monitor, &one) < 0 || monitor <= 0 ||
		(pidfd = (int) syscall(SYS_pidfd_open, (pid_t) monitor, 0)) < 0)
		return;
	p[1].fd = pidfd;
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents && notify_take(c, sock, pod))
			return;
		if (p[1].revents && !p[0].revents)
			return;
	}
}
