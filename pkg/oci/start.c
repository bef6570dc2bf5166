#include "pkg/oci/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"

int oci_start_release(int state_dir, int init_pidfd, struct err *err)
{
	struct pollfd dead = { .fd = init_pidfd, .events = POLLIN };
	auto_close int fifo = -EBADF;
	auto_close int reader = -EBADF;
	ssize_t n;

	if (init_pidfd >= 0 && poll(&dead, 1, 0) > 0)
		return err_set(err, ERR_STATE, "start: the container's init is dead");
	fifo = openat(state_dir, OCI_START_FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fifo < 0 && errno == ENOENT)
		return err_set(err, ERR_STATE, "start: the container is not in the state 'created'");
	if (fifo < 0 && errno == ENXIO)
		return err_set(err, ERR_STATE, "start: the container's init is dead");
	if (fifo < 0)
		return err_sys(err, errno, "start: open '%s'", OCI_START_FIFO);
	/* a reader of our own: should init die now, write() must not raise SIGPIPE in the starter */
	reader = openat(state_dir, OCI_START_FIFO, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (unlinkat(state_dir, OCI_START_FIFO, 0) < 0)
		return errno == ENOENT
			       ? err_set(err, ERR_STATE, "start: another process is starting the container")
			       : err_sys(err, errno, "start: remove '%s'", OCI_START_FIFO);
	do
		n = write(fifo, "", 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : err_sys(err, errno, "start: write to '%s'", OCI_START_FIFO);
}
