#include "pkg/util/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define LINES_MAX (256 * KiB) /* labels may be long; an event that is longer is not recorded */

/* A JSON string.  Bytes that are no UTF-8 text are the reader's to mind. */
static void put_string(struct buf *b, const char *s)
{
	(void) buf_putc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char) *s;

		if (c == '"' || c == '\\')
			(void) buf_printf(b, "\\%c", c);
		else if (c < 0x20)
			(void) buf_printf(b, "\\u%04x", c);
		else
			(void) buf_putc(b, (char) c);
	}
	(void) buf_putc(b, '"');
}

static void put_field(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	(void) buf_printf(b, "\"%s\":", key);
	put_string(b, value);
	(void) buf_putc(b, ',');
}

static void put_time(struct buf *b)
{
	struct timespec now;
	struct tm tm;
	char text[40];

	(void) clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	(void) buf_printf(b, "\"Time\":\"%s.%09ldZ\",", text, now.tv_nsec);
}

static void put_event(struct buf *b, const struct event *e)
{
	(void) buf_putc(b, '{');
	put_field(b, "ID", e->id);
	put_field(b, "Image", e->image);
	put_field(b, "Name", e->name);
	put_field(b, "Network", e->network);
	put_field(b, "HealthStatus", e->health);
	put_field(b, "Pod", e->pod);
	put_field(b, "Status", e->status);
	put_time(b);
	put_field(b, "Type", e->type);
	if (e->ended)
		(void) buf_printf(b, "\"ContainerExitCode\":%lld,", (long long) e->exit_code);
	(void) buf_puts(b, "\"Attributes\":{");
	for (size_t i = 0; e->attributes && i < e->attributes->n; i++) {
		if (i)
			(void) buf_putc(b, ',');
		put_string(b, e->attributes->v[i].key);
		(void) buf_putc(b, ':');
		put_string(b, e->attributes->v[i].value);
	}
	(void) buf_puts(b, "}}\n");
}

/* Others may be about to do the same: the one that has the lock of the file that still has the name renames it. */
static void rotate(int dir, int fd)
{
	struct stat ours, named;

	if (lock_file(fd, true, false) < 0)
		return;
	if (fstat(fd, &ours) == 0 && fstatat(dir, EVENTLOG, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
		(void) renameat(dir, EVENTLOG, dir, EVENTLOG ".1");
}

int events_append(int dir, const struct event *e, size_t n)
{
	auto_buf struct buf b = BUF_INIT(LINES_MAX);
	auto_close int fd = -EBADF;
	struct stat st;
	ssize_t w;

	for (size_t i = 0; i < n; i++)
		put_event(&b, &e[i]);
	if (buf_failed(&b))
		return -ENOMEM;
	fd = openat(dir, EVENTLOG, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	do
		w = write(fd, b.data, b.len);
	while (w < 0 && errno == EINTR);
	if (w < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_size > EVENTLOG_MAX)
		rotate(dir, fd);
	return 0;
}
