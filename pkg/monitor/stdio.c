#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

static char chunk[1 + PROTO_DATA_MAX]; /* byte 0 is the kind of the record it becomes */

void io_init(struct io *io, struct monitor *m)
{
	*io = (struct io){ .m = m, .in = -EBADF, .term_listen = -EBADF, .term_conn = -EBADF, .ptmx = -EBADF };
	io->out = (struct stream){ .fd = -EBADF, .kind = PROTO_OUT, .io = io };
	io->err = (struct stream){ .fd = -EBADF, .kind = PROTO_ERR, .io = io };
}

/* ---- output ---- */

static void stream_close(struct stream *s)
{
	watch_remove(&s->io->m->loop, &s->w);
	fd_close_p(&s->fd);
}

/* Takes one chunk; false: nothing is there now, or ever again. */
static bool stream_take(struct stream *s)
{
	ssize_t n;

	if (s->fd < 0)
		return false;
	do
		n = read(s->fd, chunk + 1, PROTO_DATA_MAX);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) { /* every writer is gone; EIO: every slave of the terminal is closed */
		if (s->fd == s->io->ptmx)
			watch_remove(&s->io->m->loop, &s->io->in_w), s->io->ptmx = -EBADF;
		stream_close(s);
		return false;
	}
	if (s->io->log)
		log_write(s->io->log, s->kind, chunk + 1, (size_t) n);
	io_fan_out(s->io, s->kind, chunk, (size_t) n);
	return true;
}

static void on_stream(struct watch *w, short revents)
{
	(void) revents;
	stream_take(OWNER_OF(w, struct stream, w));
}

static int stream_watch(struct stream *s)
{
	if (s->fd < 0 || s->io->paused)
		return 0;
	return watch_add(&s->io->m->loop, &s->w, s->fd, POLLIN, on_stream);
}

void io_set_paused(struct io *io, bool paused)
{
	if (io->paused == paused)
		return;
	io->paused = paused;
	if (paused) {
		watch_remove(&io->m->loop, &io->out.w);
		watch_remove(&io->m->loop, &io->err.w);
	} else {
		(void) stream_watch(&io->out); /* a watch it had before: there is room */
		(void) stream_watch(&io->err);
	}
}

void io_drain(struct io *io)
{
	/* bounded: a FIFO holds 64 KiB, and a process that escaped our kill could write for ever */
	for (int i = 0; i < 64 && stream_take(&io->out); i++)
		;
	for (int i = 0; i < 64 && stream_take(&io->err); i++)
		;
}

/* ---- input ---- */

static int in_fd(const struct io *io) { return io->terminal ? io->ptmx : io->in; }

static void in_close(struct io *io)
{
	watch_remove(&io->m->loop, &io->in_w);
	fd_close_p(&io->in);
	io->in_n = io->in_off = 0;
	io->in_eof = false;
}

static void on_in(struct watch *w, short revents);

/* Writes what is waiting; the owner's connection is read again when all is gone. */
static void in_flush(struct io *io)
{
	while (io->in_off < io->in_n) {
		ssize_t w = write(in_fd(io), io->in_buf + io->in_off, io->in_n - io->in_off);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) {
			if (!io->in_w.on && watch_add(&io->m->loop, &io->in_w, in_fd(io), POLLOUT, on_in) < 0)
				in_close(io);
			if (io->in_owner)
				client_watch(io->in_owner);
			return;
		}
		if (w < 0) { /* the container closed its stdin */
			if (!io->terminal)
				in_close(io);
			io->in_n = io->in_off = 0;
			break;
		}
		io->in_off += (size_t) w;
	}
	watch_remove(&io->m->loop, &io->in_w);
	io->in_n = io->in_off = 0;
	if (io->in_eof && !io->terminal)
		in_close(io);
	if (io->in_owner)
		client_watch(io->in_owner);
}

static void on_in(struct watch *w, short revents)
{
	(void) revents;
	in_flush(OWNER_OF(w, struct io, in_w));
}

void io_input(struct io *io, const char *p, size_t n)
{
	if (in_fd(io) < 0)
		return; /* no stdin, or closed: dropped */
	if (!n) {
		io->in_eof = io->in_once; /* a terminal hears end of file as a character, not from us */
		if (!io->in_n)
			in_flush(io);
		return;
	}
	if (!io->in_buf && !(io->in_buf = malloc(PROTO_DATA_MAX)))
		return;
	if (io->in_n + n >
		PROTO_DATA_MAX) /* a client is not read while input waits, so this is a garbled record */
		return;
	memcpy(io->in_buf + io->in_n, p, n);
	io->in_n += n;
	in_flush(io);
}

/* ---- FIFOs ---- */

static int fifo_make(struct monitor *m, const char *dir, const char *name, char path[160])
{
	if (snprintf(path, 160, "%s/%s", dir, name) >= 160)
		return -ENAMETOOLONG;
	return mkfifoat(m->run_fd, path, 0600) < 0 && errno != EEXIST ? -errno : 0;
}

static int fifo_open(struct monitor *m, const char *path, int flags)
{
	int fd = openat(m->run_fd, path, flags | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The container's end is O_RDWR: it blocks when nobody reads, and never gets SIGPIPE when the monitor dies. */
static int out_open(
	struct io *io, struct stream *s, const char *dir, const char *name, uid_t uid, gid_t gid, int *ret)
{
	auto_close int theirs = -EBADF;
	char path[160];
	int rc = fifo_make(io->m, dir, name, path);

	stream_close(s);
	if (rc < 0)
		return rc;
	if ((theirs = fifo_open(io->m, path, O_RDWR)) < 0)
		return theirs;
	if ((uid || gid) && fchown(theirs, uid, gid) < 0)
		return -errno;
	if ((s->fd = fifo_open(io->m, path, O_RDONLY | O_NONBLOCK)) < 0)
		return s->fd;
	if ((rc = stream_watch(s)) < 0)
		return rc;
	*ret = fd_steal(&theirs);
	return 0;
}

/* The container only reads, and we hold the only writer: closing it is the end of file that `-i` needs. */
static int in_open(struct io *io, const char *dir, uid_t uid, gid_t gid, int *ret)
{
	auto_close int theirs = -EBADF;
	char path[160];
	int rc = fifo_make(io->m, dir, "stdin", path);

	in_close(io);
	if (rc < 0)
		return rc;
	if ((theirs = fifo_open(io->m, path, O_RDONLY | O_NONBLOCK)) < 0)
		return theirs;
	if ((uid || gid) && fchown(theirs, uid, gid) < 0)
		return -errno;
	if ((io->in = fifo_open(io->m, path, O_WRONLY | O_NONBLOCK)) < 0)
		return io->in;
	if (fcntl(theirs, F_SETFL, 0) < 0)
		return -errno;
	*ret = fd_steal(&theirs);
	return 0;
}

int io_open_fifos(struct io *io, const char *dir, bool in, uid_t uid, gid_t gid, int fds[3], struct err *err)
{
	int rc = in ? in_open(io, dir, uid, gid, &fds[0]) : 0;

	if (rc < 0)
		return err_sys(err, -rc, "make FIFO 'stdin'");
	if ((rc = out_open(io, &io->out, dir, "stdout", uid, gid, &fds[1])) < 0)
		return err_sys(err, -rc, "make FIFO 'stdout'");
	if ((rc = out_open(io, &io->err, dir, "stderr", uid, gid, &fds[2])) < 0)
		return err_sys(err, -rc, "make FIFO 'stderr'");
	return 0;
}

int io_reopen_fifos(struct io *io, const char *dir, bool in)
{
	struct stream *streams[] = { &io->out, &io->err };
	static const char *const names[] = { "stdout", "stderr" };
	char path[160];
	int rc;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if ((streams[i]->fd = fifo_open(io->m, path, O_RDONLY | O_NONBLOCK)) < 0)
			return streams[i]->fd;
		if ((rc = stream_watch(streams[i])) < 0)
			return rc;
	}
	snprintf(path, sizeof path, "%s/stdin", dir);
	if (in && (io->in = fifo_open(io->m, path, O_WRONLY | O_NONBLOCK)) < 0)
		io->in = -EBADF; /* ENXIO: the container has closed it */
	return 0;
}

/* ---- terminal ---- */

static void term_stop(struct io *io)
{
	watch_remove(&io->m->loop, &io->term_w);
	fd_close_p(&io->term_conn);
	fd_close_p(&io->term_listen);
}

static void term_use(struct io *io, int ptmx)
{
	term_stop(io);
	(void) fcntl(ptmx, F_SETFL, O_RDWR | O_NONBLOCK);
	io->ptmx = io->out.fd = ptmx;
	if (io->rows || io->cols)
		io_resize(io, io->rows, io->cols);
	if (stream_watch(&io->out) < 0)
		stream_close(&io->out), io->ptmx = -EBADF;
}

/* Accepts the runtime's connection, then its one message with the ptmx. */
static void term_progress(struct io *io, void (*fn)(struct watch *, short))
{
	int fds[4];
	size_t n = LEN(fds);
	char name[256];

	if (io->term_listen >= 0 && io->term_conn < 0) {
		io->term_conn = accept4(io->term_listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (io->term_conn < 0) {
			io->term_conn = -EBADF;
			return;
		}
		if (watch_add(&io->m->loop, &io->term_w, io->term_conn, POLLIN, fn) < 0) {
			term_stop(io);
			return;
		}
	}
	if (io->term_conn < 0 || fd_recv(io->term_conn, name, sizeof name, fds, &n, MSG_DONTWAIT) == -EAGAIN)
		return;
	for (size_t i = 1; i < n; i++)
		close(fds[i]);
	if (n)
		term_use(io, fds[0]);
	else
		term_stop(io);
}

static void on_term(struct watch *w, short revents)
{
	(void) revents;
	term_progress(OWNER_OF(w, struct io, term_w), on_term);
}

bool io_console_ready(struct io *io)
{
	if (io->ptmx < 0 && io->term_listen >= 0) {
		term_progress(io, on_term);
		if (io->ptmx < 0)
			term_progress(io, on_term); /* accepted just now */
	}
	return io->ptmx >= 0;
}

int io_open_console(struct io *io, const char *path, struct err *err)
{
	auto_close int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int rc;

	io->terminal = true;
	term_stop(io);
	if (s < 0)
		return err_sys(err, errno, "make console socket");
	if ((size_t) snprintf(sa.sun_path, sizeof sa.sun_path, "/proc/self/fd/%d/%s", io->m->run_fd, path) >=
		sizeof sa.sun_path)
		return err_set(err, ERR_INVALID, "name of the console socket '%s' is too long", path);
	(void) unlinkat(io->m->run_fd, path, 0);
	if (bind(s, (struct sockaddr *) &sa, sizeof sa) < 0 || listen(s, 1) < 0)
		return err_sys(err, errno, "make console socket '%s'", path);
	if ((rc = watch_add(&io->m->loop, &io->term_w, s, POLLIN, on_term)) < 0)
		return err_sys(err, -rc, "watch console socket");
	io->term_listen = fd_steal(&s);
	return 0;
}

void io_resize(struct io *io, uint16_t rows, uint16_t cols)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	io->rows = rows;
	io->cols = cols;
	if (io->ptmx >= 0)
		(void) ioctl(io->ptmx, TIOCSWINSZ, &size);
}

void io_close(struct io *io)
{
	in_close(io);
	term_stop(io);
	if (io->out.fd == io->ptmx)
		io->ptmx = -EBADF;
	stream_close(&io->out);
	stream_close(&io->err);
	fd_close_p(&io->ptmx);
	free(io->in_buf);
	io->in_buf = NULL;
	if (io->in_owner)
		client_watch(io->in_owner);
}
