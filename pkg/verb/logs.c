/*
 * logs.c — reading what the monitor wrote: pods/ID/logs/NAME/ATTEMPT.log in the k8s-file form, merged by time.
 *
 * The files of a container are read in the order of its attempts, each with the part that was rotated away first.  Following
 * means waiting on inotify for the directory and on the monitor for the container's end; nothing is polled by the clock.
 */
#include "pkg/verb/containers.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "pkg/engine/paths.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"

#define LINE_MAX_BYTES (1 * MiB) /* the monitor splits lines at 8 KiB */
#define ATTEMPTS_MAX 1000

struct reader {
	const struct target *t;
	char name[NAME_MAX_LEN + 1], place[2 * NAME_MAX_LEN + 2];
	int dir; /* logs/NAME; -EBADF: nothing was written yet */
	uint32_t attempt[ATTEMPTS_MAX];
	size_t n_attempt, at; /* attempts there are; the one being read */
	uint32_t from, to;    /* those that are wanted */
	bool old;             /* reading its .1 */
	FILE *file;
	ino_t inode;
	char *buf; /* one line, getline's */
	size_t cap;
	uint64_t skip;        /* lines left out by --tail */
	struct log_line line; /* the next one, when have */
	bool have, over;
	int sock;  /* WAIT on the monitor, while following */
	int watch; /* inotify's number */
};

/* ---- one line ------------------------------------------------------------------------------------------------------ */

/* "2026-01-02T03:04:05.678901234+00:00 stdout F text\n" */
static bool parse_line(char *s, size_t n, struct log_line *l)
{
	char *stream, *flag, *text;

	if (n && s[n - 1] == '\n')
		s[--n] = 0;
	if (!(stream = memchr(s, ' ', n)) || !(flag = memchr(stream + 1, ' ', (size_t) (s + n - stream) - 1)))
		return false;
	*stream++ = 0;
	*flag++ = 0;
	if ((*flag != 'F' && *flag != 'P') || time_parse(s, &l->time_us) < 0)
		return false;
	text = flag + 1;
	if (*text == ' ')
		text++;
	l->time = s;
	l->errs = !strcmp(stream, "stderr");
	l->partial = *flag == 'P';
	l->text = text;
	l->n = text <= s + n ? (size_t) (s + n - text) : 0;
	return true;
}

/* ---- the files of a container ---------------------------------------------------------------------------------------- */

static int compare_attempts(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

static void list_attempts(struct reader *r)
{
	int fd = r->dir >= 0 ? openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	r->n_attempt = 0;
	while (d && (e = readdir(d)) && r->n_attempt < ATTEMPTS_MAX) {
		char *end;
		unsigned long v = strtoul(e->d_name, &end, 10);

		if (isdigit((unsigned char) e->d_name[0]) && !strcmp(end, ".log") && v >= r->from &&
			v <= r->to)
			r->attempt[r->n_attempt++] = (uint32_t) v;
	}
	if (d)
		(void) closedir(d);
	else if (fd >= 0)
		close(fd);
	qsort(r->attempt, r->n_attempt, sizeof *r->attempt, compare_attempts);
}

static void close_file(struct reader *r)
{
	if (r->file)
		(void) fclose(r->file);
	r->file = NULL;
}

/* Opens the file of (at, old); false: it is not there. */
static bool open_file(struct reader *r)
{
	char name[32];
	struct stat st;
	int fd;

	(void) snprintf(name, sizeof name, "%u.log%s", r->attempt[r->at], r->old ? ".1" : "");
	fd = path_open(r->dir, name, PATH_IN_STATE, O_RDONLY, 0);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(r->file = fdopen(fd, "re"))) {
		close(fd);
		return false;
	}
	r->inode = st.st_ino;
	return true;
}

/* The current file was rotated by rename while it was read to its end: the name leads to another inode now. */
static bool was_rotated(const struct reader *r)
{
	char name[32];
	struct stat st;

	(void) snprintf(name, sizeof name, "%u.log", r->attempt[r->at]);
	return !r->old && fstatat(r->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino != r->inode;
}

/* The next raw line of the container; false: nothing more for now. */
static bool read_line(struct reader *r, ssize_t *ret_n)
{
	while (r->at < r->n_attempt) {
		long from;
		ssize_t n;

		if (!r->file && !open_file(r)) {
			if (r->old)
				r->old = false;
			else if (r->at + 1 < r->n_attempt)
				r->at++, r->old = true;
			else
				return false;
			continue;
		}
		from = ftell(r->file);
		clearerr(r->file);
		n = getline(&r->buf, &r->cap, r->file);
		if (n > 0 && r->buf[n - 1] == '\n') {
			*ret_n = n;
			return true;
		}
		if (n > 0)
			(void) fseek(r->file, from, SEEK_SET); /* half a line: the rest is being written */
		if (r->old) {
			close_file(r);
			r->old = false;
		} else if (was_rotated(r)) {
			close_file(r); /* the new file under the same name */
		} else if (r->at + 1 < r->n_attempt) {
			close_file(r);
			r->at++;
			r->old = true;
		} else {
			return false;
		}
	}
	return false;
}

static void rewind_all(struct reader *r)
{
	close_file(r);
	r->at = 0;
	r->old = true;
}

/* Fills r->line; false: nothing more for now. */
static bool next(struct reader *r, const struct logs_request *q)
{
	ssize_t n;

	while (!r->have && read_line(r, &n)) {
		if (r->skip) {
			if (parse_line(r->buf, (size_t) n, &r->line) && !r->line.partial)
				r->skip--;
			continue;
		}
		if ((size_t) n > LINE_MAX_BYTES || !parse_line(r->buf, (size_t) n, &r->line))
			continue;
		if (q->since_us && r->line.time_us < q->since_us)
			continue;
		if (q->until_us && r->line.time_us > q->until_us) {
			r->over = true;
			return false;
		}
		r->line.ctr = r->t->id;
		r->line.name = r->name;
		r->line.place = r->place;
		r->have = true;
	}
	return r->have;
}

/* --tail N: how many complete lines come before the last N. */
static void count_tail(struct reader *r, const struct logs_request *q)
{
	uint64_t lines = 0;
	ssize_t n;

	if (!q->tail.set || q->tail.v < 0)
		return;
	rewind_all(r);
	while (read_line(r, &n)) {
		struct log_line l = { 0 };

		if (parse_line(r->buf, (size_t) n, &l) && !l.partial)
			lines++;
	}
	r->skip = lines > (uint64_t) q->tail.v ? lines - (uint64_t) q->tail.v : 0;
}

/* ---- following ------------------------------------------------------------------------------------------------------ */

/* Asks the monitor to tell when the container is over; without a monitor it is over already. */
static void watch_end(struct engine *e, struct reader *r, bool pod_end)
{
	struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct err one = { 0 };

	r->sock = -EBADF;
	if (pod_load(e, r->t->pod, false, &p, &one) < 0)
		return;
	/* a connection that says nothing ends with the monitor */
	if (p.alive && pod_connect(e, &p, &r->sock, &one) == 0 && !pod_end &&
		monitor_send(r->sock,
			json_pack("{s:s, s:s, s:s}", "op", "WAIT", "ctr", r->t->id, "condition", "stopped"),
			NULL, 0, &one) < 0)
		fd_close_p(&r->sock);
	pod_done(&p);
}

static int watch_files(struct reader *r, int inotify)
{
	char link[40];

	if (r->dir < 0)
		return 0;
	(void) snprintf(link, sizeof link, "/proc/self/fd/%d", r->dir);
	r->watch = inotify_add_watch(inotify, link, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	return r->watch < 0 ? -errno : 0;
}

/* Waits until something was written, or a container is over.  Fills over of those. */
static int wait_more(struct reader *r, size_t n, int inotify, struct err *err)
{
	auto_free struct pollfd *p = calloc(n + 1, sizeof *p);
	char events[4096];

	if (!p)
		return err_sys(err, ENOMEM, "follow the log");
	p[0] = (struct pollfd){ .fd = inotify, .events = POLLIN };
	for (size_t i = 0; i < n; i++)
		p[i + 1] = (struct pollfd){ .fd = r[i].sock, .events = POLLIN };
	if (poll(p, n + 1, -1) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for the log");
	while (p[0].revents && read(inotify, events, sizeof events) == (ssize_t) sizeof events)
		continue;
	for (size_t i = 0; i < n; i++) {
		list_attempts(&r[i]);
		if (p[i + 1].revents)
			fd_close_p(&r[i].sock);
	}
	return 0;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------- */

static int give_all(struct reader *r, size_t n, const struct logs_request *q, bool *stop)
{
	for (;;) {
		struct reader *first = NULL;

		for (size_t i = 0; i < n; i++)
			if (next(&r[i], q) && (!first || r[i].line.time_us < first->line.time_us))
				first = &r[i];
		if (!first)
			return 0;
		first->have = false;
		if (q->line(q->ctx, &first->line) != 0) {
			*stop = true;
			return 0;
		}
	}
}

static int choose_attempts(
	const struct pod *p, size_t i, const struct logs_request *q, struct reader *r, struct err *err)
{
	const struct status_container *s = pod_status_of(p, p->ctr[i].id);
	uint32_t attempt = s ? s->attempt : 0;

	r->to = UINT32_MAX;
	if (q->attempt == LOGS_CURRENT) {
		r->from = attempt;
	} else if (q->attempt == LOGS_PREVIOUS) {
		if (!attempt)
			return err_set(err, ERR_NOT_FOUND,
				"previous terminated container \"%s\" in pod \"%s\" not found",
				p->ctr[i].short_name, p->row.name);
		r->from = r->to = attempt - 1;
	}
	return 0;
}

static int open_reader(struct engine *e, const struct target *t, const struct logs_request *q,
	struct reader *r, struct err *err)
{
	struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	char rel[PATH_TEXT], at[PATH_TEXT + NAME_MAX_LEN + 2];
	size_t i;
	int rc;

	*r = (struct reader){ .t = t, .dir = -EBADF, .sock = -EBADF, .watch = -1, .old = true };
	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	i = pod_index(&p, t->id);
	if (i == p.n) {
		rc = err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	} else if (p.ctr[i].log_driver && !strcmp(p.ctr[i].log_driver, "none")) {
		rc = err_set(err, ERR_STATE, "container %s keeps no log (--log-driver none)", t->asked);
	} else if ((rc = choose_attempts(&p, i, q, r, err)) == 0) {
		const char *name =
			p.ctr[i].short_name && *p.ctr[i].short_name ? p.ctr[i].short_name : p.ctr_row[i].name;

		(void) snprintf(r->name, sizeof r->name, "%s", p.ctr_row[i].name);
		(void) snprintf(r->place, sizeof r->place, "%s/%s", p.row.name, name);
		(void) snprintf(at, sizeof at, "%s/%s", path_pod_file(rel, t->pod, "logs"), name);
		/* made by the first line; who waits for that needs something to watch */
		if (q->follow)
			(void) mkdirat(e->root_fd, at, 0711);
		r->dir = path_open(e->root_fd, at, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		if (r->dir < 0)
			r->dir = -EBADF;
		list_attempts(r);
	}
	pod_done(&p);
	return rc;
}

static void close_reader(struct reader *r)
{
	close_file(r);
	fd_close_p(&r->dir);
	fd_close_p(&r->sock);
	free(r->buf);
}

static int follow(struct engine *e, struct reader *r, size_t n, const struct logs_request *q, struct err *err)
{
	auto_close int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool stop = false;
	int rc;

	if (inotify < 0)
		return err_sys(err, errno, "follow the log");
	for (size_t i = 0; i < n; i++) {
		if ((rc = watch_files(&r[i], inotify)) < 0)
			return err_sys(err, -rc, "follow the log of %s", r[i].name);
		watch_end(e, &r[i], q->pod_end);
	}
	for (;;) {
		bool living = false;

		/* the end is looked at before the reading: what was written before it is then read to the last line */
		for (size_t i = 0; i < n; i++) {
			living = living || (r[i].sock >= 0 && !r[i].over);
			list_attempts(&r[i]);
		}
		if ((rc = give_all(r, n, q, &stop)) < 0 || stop || !living)
			return rc;
		if ((rc = wait_more(r, n, inotify, err)) < 0)
			return rc;
	}
}

int verb_logs(struct engine *e, const struct logs_request *q, struct err *err)
{
	auto_free struct reader *r = calloc(q->n + 1, sizeof *r);
	bool stop = false;
	size_t n = 0;
	int rc = 0;

	if (!r)
		return err_sys(err, ENOMEM, "read the log");
	while (rc == 0 && n < q->n) {
		rc = open_reader(e, &q->target[n], q, &r[n], err);
		n++;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		count_tail(&r[i], q);
		rewind_all(&r[i]);
	}
	if (rc == 0)
		rc = q->follow ? follow(e, r, n, q, err) : give_all(r, n, q, &stop);
	while (n)
		close_reader(&r[--n]);
	return rc;
}

/* ---- --since, --until ------------------------------------------------------------------------------------------------ */

/* "1h30m10s" in microseconds; 0: not of that form. */
static uint64_t duration(const char *s)
{
	static const struct {
		const char *unit;
		uint64_t us;
	} units[] = {
		{ "ms", 1000 },
		{ "us", 1 },
		{ "h", 3600000000 },
		{ "m", 60000000 },
		{ "s", 1000000 },
	};
	uint64_t sum = 0;

	while (*s) {
		char *end;
		double v = strtod(s, &end);
		size_t i = 0;

		if (end == s || v < 0 || v > 1e9)
			return 0;
		while (i < LEN(units) && strncmp(end, units[i].unit, strlen(units[i].unit)) != 0)
			i++;
		if (i == LEN(units))
			return 0;
		sum += (uint64_t) (v * (double) units[i].us);
		s = end + strlen(units[i].unit);
	}
	return sum;
}

int log_time_parse(const char *text, uint64_t now_us, uint64_t *ret, struct err *err)
{
	char full[80];
	uint64_t v;

	if (time_parse(text, ret) == 0)
		return 0;
	(void) snprintf(full, sizeof full, "%.60sZ", text);
	if (time_parse(full, ret) == 0)
		return 0;
	(void) snprintf(full, sizeof full, "%.60sT00:00:00Z", text);
	if (time_parse(full, ret) == 0)
		return 0;
	if (parse_u64(text, 0, UINT64_MAX / 1000000, &v) == 0) {
		*ret = v * 1000000;
		return 0;
	}
	if ((v = duration(text)) > 0 || (strspn(text, "0") && strchr("smh", text[strspn(text, "0")]))) {
		*ret = now_us > v ? now_us - v : 0;
		return 0;
	}
	return err_set(err, ERR_INVALID,
		"'%s' is not a time; expected such as 2026-01-02T15:04:05Z, 1767366245 or 10m", text);
}
