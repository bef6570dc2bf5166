#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

static void name_of(char *name, size_t size, uint32_t attempt, const char *suffix)
{
	snprintf(name, size, "%u.log%s", attempt, suffix);
}

static int dir_open(struct logfile *l)
{
	if (l->dir >= 0)
		return 0;
	if (!l->path)
		return -EBADF;
	if (mkdir(l->path, 0711) < 0 && errno == ENOENT)
		l->dir = dir_make(AT_FDCWD, l->path, 0711);
	else
		l->dir = open(l->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return l->dir < 0 ? -EBADF : 0;
}

static int file_open(struct logfile *l)
{
	struct stat st;
	char name[40];
	int rc = dir_open(l);

	if (rc < 0)
		return rc;
	name_of(name, sizeof name, l->attempt, "");
	l->fd = openat(l->dir, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (l->fd < 0)
		return -errno;
	l->size = fstat(l->fd, &st) == 0 ? st.st_size : 0;
	return 0;
}

void log_open(struct logfile *l, const char *path, uint32_t attempt, int64_t max)
{
	char name[40];

	log_close(l);
	*l = (struct logfile){ .path = path, .dir = -EBADF, .fd = -EBADF, .attempt = attempt, .max = max };
	if (attempt >= LOGS_KEPT && dir_open(l) == 0) {
		name_of(name, sizeof name, attempt - LOGS_KEPT, "");
		(void) unlinkat(l->dir, name, 0);
		name_of(name, sizeof name, attempt - LOGS_KEPT, ".1");
		(void) unlinkat(l->dir, name, 0);
	}
}

void log_close(struct logfile *l)
{
	fd_close_p(&l->fd);
	fd_close_p(&l->dir);
	l->path = NULL;
}

/* Followers see the inode change and go on with the new file. */
static void rotate(struct logfile *l)
{
	char name[40], old[40];

	name_of(name, sizeof name, l->attempt, "");
	name_of(old, sizeof old, l->attempt, ".1");
	if (renameat(l->dir, name, l->dir, old) < 0)
		return; /* better a log past its limit than none */
	fd_close_p(&l->fd);
	(void) file_open(l);
}

/* A disk that is full must not stop the container: what does not fit is lost, and later output is tried again. */
static void put(struct logfile *l, const char *p, size_t n)
{
	ssize_t w;

	if (l->max > 0 && l->size > 0 && l->size + (int64_t) n > l->max)
		rotate(l);
	if (l->fd < 0)
		return;
	do
		w = write(l->fd, p, n);
	while (w < 0 && errno == EINTR);
	if (w > 0)
		l->size += w;
}

void log_write(struct logfile *l, enum proto_kind kind, const char *p, size_t n)
{
	static char lines[64 * 1024]; /* one write(2) for all lines of one read */
	char head[TIME_TEXT + 16];
	size_t used = 0, head_n;

	if (l->fd < 0 && file_open(l) < 0) /* a rotation that failed is tried again */
		return;
	time_format(head, time_now_us());
	head_n = strlen(head);
	head_n += (size_t) snprintf(
		head + head_n, sizeof head - head_n, kind == PROTO_ERR ? " stderr F " : " stdout F ");
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t len = end ? (size_t) (end - p) : n;

		if (used + head_n + len + 1 > sizeof lines) {
			put(l, lines, used);
			used = 0;
		}
		memcpy(lines + used, head, head_n);
		if (!end)
			lines[used + head_n - 2] = 'P';
		memcpy(lines + used + head_n, p, len);
		used += head_n + len;
		lines[used++] = '\n';
		p += len + (end != NULL);
		n -= len + (end != NULL);
	}
	if (used)
		put(l, lines, used);
}
