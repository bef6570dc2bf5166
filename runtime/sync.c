#include "runtime/sync.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

struct sync_msg {
	uint32_t step;
	int32_t value;
	struct err err; /* only sent with SYNC_ERROR */
};
#define SHORT_MSG offsetof(struct sync_msg, err)

/* clang-format off */
static const char *const step_names[] = {
	[SYNC_ERROR] = "error",
	[SYNC_INIT_PID] = "init pid",
	[SYNC_IDS_MAPPED] = "ids mapped",
	[SYNC_MOUNTED] = "mounted",
	[SYNC_HOOKS_DONE] = "hooks done",
	[SYNC_READY] = "ready",
	[SYNC_GO] = "go",
};
/* clang-format on */
static_assert(sizeof step_names / sizeof step_names[0] == SYNC_STEP_COUNT, "a name per step");

int sync_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
}

static int send_msg(int fd, const struct sync_msg *m, size_t size)
{
	ssize_t n;

	do
		n = send(fd, m, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int sync_send(int fd, enum sync_step step, int32_t value)
{
	struct sync_msg m = { .step = step, .value = value };

	return send_msg(fd, &m, SHORT_MSG);
}

_Noreturn void sync_die(int fd, const struct err *err)
{
	struct sync_msg m = { .step = SYNC_ERROR, .err = *err };

	(void) send_msg(fd, &m, sizeof m); /* the parent may be gone: the exit status still says failure */
	_exit(1);
}

static ssize_t receive(int fd, struct sync_msg *m)
{
	ssize_t n;

	do
		n = recv(fd, m, sizeof *m, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

int sync_expect(int fd, enum sync_step step, int32_t *ret_value, struct err *err)
{
	struct sync_msg m;
	ssize_t n = receive(fd, &m);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return err_set(err, ERR_SYSTEM, "container process died before '%s'", step_names[step]);
	if (n < 0)
		return err_sys(err, errno, "waiting for '%s'", step_names[step]);
	if (n == (ssize_t) sizeof m && m.step == SYNC_ERROR) {
		err_import(&m.err); /* the sender may already run inside the container */
		*err = m.err;
		return err->errnum ? -err->errnum : -EIO;
	}
	if (n != (ssize_t) SHORT_MSG || m.step >= SYNC_STEP_COUNT)
		return err_set(
			err, ERR_CORRUPT, "malformed message while waiting for '%s'", step_names[step]);
	if (m.step != (uint32_t) step)
		return err_set(err, ERR_CORRUPT, "got '%s' while waiting for '%s'", step_names[m.step],
			step_names[step]);
	if (ret_value)
		*ret_value = m.value;
	return 0;
}

int sync_expect_end(int fd, struct err *err)
{
	struct sync_msg m;
	ssize_t n = receive(fd, &m);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n == (ssize_t) sizeof m && m.step == SYNC_ERROR) {
		err_import(&m.err);
		*err = m.err;
		return err->errnum ? -err->errnum : -EIO;
	}
	return err_set(err, ERR_CORRUPT, "unexpected message from the container process");
}
