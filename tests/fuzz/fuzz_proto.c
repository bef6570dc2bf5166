/* Messages of a client to a monitor: no garbage may crash it, leak, or stay without an answer.  The input is a list of
 * records, each two bytes of length and its bytes; containers exist, the runtime does not. */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/podctl-fuzz-proto-XXXXXX";
static int dir_fd = -1;

static void dir_drop(void)
{
	int top = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void) dir_remove(top, dir + strlen("/tmp/"));
	close(top);
}

static void dir_ready(void)
{
	if (dir_fd >= 0)
		return;
	if (!mkdtemp(dir) || (dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	if (mkdirat(dir_fd, "a", 0700) < 0 || mkdirat(dir_fd, "b", 0700) < 0)
		abort();
	(void) file_replace(dir_fd, "plan.json", "{\"containers\":[]}", 17, 0600, false);
	/* ADD takes any path: as nobody, what the fuzzer thinks of can be neither made nor mounted on */
	if (geteuid() == 0 &&
		(fchownat(dir_fd, "a", 65534, 65534, 0) < 0 || fchownat(dir_fd, "b", 65534, 65534, 0) < 0 ||
			chown(dir, 65534, 65534) < 0 || setgroups(0, NULL) < 0 ||
			setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		abort();
	(void) signal(SIGPIPE, SIG_IGN);
	atexit(dir_drop);
}

static struct plan_container containers[] = {
	{ .id = (char *) (uintptr_t) "a",
		.name = (char *) (uintptr_t) "a",
		.role = (char *) (uintptr_t) "member",
		.bundle = (char *) (uintptr_t) "/nowhere",
		.stdin_open = true,
		.stop_timeout_us = 1000 },
	{ .id = (char *) (uintptr_t) "b",
		.name = (char *) (uintptr_t) "b",
		.role = (char *) (uintptr_t) "member",
		.bundle = (char *) (uintptr_t) "/nowhere",
		.terminal = true },
};

static void drop_all(struct monitor *m)
{
	for (struct client *c = m->clients; c; c = c->next)
		client_kill(c);
	clients_bury(m);
	sessions_free(m);
	while (m->ctrs)
		ctr_free(m->ctrs);
	arena_done(&m->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *runtime[] = { (char *) (uintptr_t) "/nonexistent/runtime", NULL };
	static struct monitor monitor;
	struct monitor *m = &monitor;
	struct client *c;
	struct err err;
	int sv[2];

	dir_ready();
	monitor = (struct monitor){ .run_fd = dir_fd,
		.data_fd = dir_fd,
		.signal_fd = -EBADF,
		.ctl_fd = -EBADF,
		.host_mnt_fd = -EBADF,
		.rt_root_fd = -EBADF,
		.have_plan = true,
		.stage = STAGE_RUNNING,
		.net_ready = true,
		.started_any = true };
	m->plan = (struct plan){ .version = 1,
		.pod = (char *) (uintptr_t) "p",
		.run_dir = dir,
		.data_dir = dir,
		.runtime = { runtime, 1, 1 } };
	loop_init(&m->loop);
	for (size_t i = 0; i < LEN(containers); i++)
		if (!ctr_new(m, &containers[i], &err))
			abort();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv) < 0 ||
		!(c = client_new(m, sv[0])))
		abort();
	while (size > 2 && !c->dead) {
		size_t n = data[0] | (size_t) (data[1] & 0x0f) << 8;
		int fds[1], none = 0;
		char *copy;

		data += 2, size -= 2;
		n = n > size ? size : n;
		if (!n)
			break;
		if (!(copy = malloc(n + 1)))
			abort();
		memcpy(copy, data, n);
		copy[n] = '\0';
		fds[0] = fcntl(none, F_DUPFD_CLOEXEC, 3);
		client_handle(c, copy, n, fds, fds[0] >= 0);
		free(copy);
		data += n, size -= n;
		pod_settle(m);
		clients_flush(m);
	}
	drop_all(m);
	close(sv[1]);
	return 0;
}
