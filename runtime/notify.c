#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/log.h"

#define DIRECTORY "notify" /* in the state directory */
#define INSIDE "/run/notify"
#define MESSAGE_MAX 4096 /* sd_notify(3) messages are a few lines */

static const char *host_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (path[0] == '/' || path[0] == '@') && path[1] ? path : NULL;
}

static int add_mount(struct config *g, const char *source)
{
	struct cfg_mount *v = arena_array(&g->arena, g->n_mounts + 1, sizeof *v);

	if (!v)
		return -ENOMEM;
	if (g->n_mounts)
		memcpy(v, g->mounts, g->n_mounts * sizeof *v);
	v[g->n_mounts] = (struct cfg_mount){ .dest = INSIDE, .type = "bind", .source = source };
	v[g->n_mounts].opts = (struct oci_mount_opts){ .special = OCI_MOUNT_BIND,
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.data = "" };
	g->mounts = v;
	g->n_mounts++;
	return 0;
}

static int add_variable(struct config *g)
{
	struct words *e = &g->process.env;
	const char **v = arena_array(&g->arena, e->n + 2, sizeof *v);
	size_t n = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < e->n; i++)
		if (strncmp(e->v[i], "NOTIFY_SOCKET=", 14) != 0)
			v[n++] = e->v[i];
	v[n++] = "NOTIFY_SOCKET=" INSIDE "/notify";
	*e = (struct words){ .v = v, .n = n };
	return 0;
}

int notify_prepare(struct container *c, struct err *err)
{
	struct config *g = &c->cfg;
	char *source;

	if (!host_socket() || !g->ns[OCI_NS_MOUNT].wanted)
		return 0;
	for (size_t i = 0; i < g->n_mounts; i++) /* the engine sees to it itself */
		if (strncmp(g->mounts[i].dest, INSIDE, strlen(INSIDE)) == 0)
			return 0;
	source = arena_printf(&g->arena, "%s/%s/" DIRECTORY, c->g->root, c->o.id);
	if (!source || add_mount(g, source) < 0 || add_variable(g) < 0)
		return err_sys(err, ENOMEM, "prepare NOTIFY_SOCKET");
	if (mkdirat(c->state_dir, DIRECTORY, 0755) < 0 || fchmodat(c->state_dir, DIRECTORY, 0755, 0) < 0)
		return err_sys(err, errno, "make the directory of NOTIFY_SOCKET");
	return 0;
}

int notify_listen(int state_dir, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	auto_close int dir = -EBADF;
	auto_close int s = -EBADF;

	if (!host_socket() ||
		(dir = openat(state_dir, DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return -EBADF;
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/notify", dir);
	(void) unlinkat(dir, "notify", 0); /* of a `start` that was killed */
	if ((s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0 ||
		bind(s, (struct sockaddr *) &a, sizeof a) < 0 || fchmodat(dir, "notify", 0777, 0) < 0)
		return err_sys(err, errno, "make the container's NOTIFY_SOCKET");
	return fd_steal(&s);
}

static int tell_supervisor(pid_t main_pid)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	auto_close int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *path = host_socket();
	size_t n = path ? strlen(path) : 0;
	char text[64];
	int len = main_pid ? snprintf(text, sizeof text, "MAINPID=%d\nREADY=1\n", (int) main_pid)
			   : snprintf(text, sizeof text, "READY=1\n");

	if (s < 0 || !n || n >= sizeof a.sun_path)
		return -EINVAL;
	memcpy(a.sun_path, path, n);
	if (path[0] == '@') /* abstract */
		a.sun_path[0] = '\0';
	return sendto(s, text, (size_t) len, MSG_NOSIGNAL, (struct sockaddr *) &a,
		       (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n)) < 0
		       ? -errno
		       : 0;
}

bool notify_forward(int sock, pid_t main_pid)
{
	char text[MESSAGE_MAX + 1], *at = text, *line;
	ssize_t n = recv(sock, text, MESSAGE_MAX, 0);
	int rc;

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&at, "\n")))
		if (strcmp(line, "READY=1") == 0) {
			if ((rc = tell_supervisor(main_pid)) < 0)
				log_warn("tell NOTIFY_SOCKET '%s': %s, ignoring", host_socket(),
					strerror(-rc));
			return true;
		}
	return false;
}

void notify_wait(int sock, int pidfd, pid_t pid)
{
	struct pollfd p[2] = { { .fd = sock, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	while (sock >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents && notify_forward(sock, pid))
			return;
		if (p[1].revents && !p[0].revents)
			return;
	}
}
