/*
 * inspect.c — inspect and top of a container.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"

int verb_inspect_container(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_arena struct arena a = { 0 };
	const char *id = NULL, *pod = NULL;
	int rc;

	if ((rc = store_find(e->store, name, STORE_CONTAINER, &a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, pod, false, &p, err)) < 0)
		return rc;
	return pod_inspect_container(e, &p, id, ret, err);
}

/* ---- top ------------------------------------------------------------------------------------------------------------- */

static int read_proc(pid_t pid, const char *file, struct buf *b)
{
	char path[64];

	(void) snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, file);
	buf_clear(b);
	return file_read(AT_FDCWD, path, PATH_IN_STATE, b);
}

/* Containers of ours are told by their id in the cgroup path, and without cgroups by their PID namespace. */
static bool belongs(pid_t pid, const char *id, const char *pidns)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	char link[64], at[64];
	ssize_t n;

	if (read_proc(pid, "cgroup", &b) == 0 && b.data && strstr(b.data, id))
		return true;
	(void) snprintf(link, sizeof link, "/proc/%d/ns/pid", (int) pid);
	n = readlink(link, at, sizeof at - 1);
	if (n <= 0 || !*pidns)
		return false;
	at[n] = 0;
	return !strcmp(at, pidns);
}

static void own_link(pid_t pid, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	(void) snprintf(link, sizeof link, "/proc/%d/ns/pid", (int) pid);
	n = readlink(link, buf, size - 1);
	buf[n > 0 ? n : 0] = 0;
}

/* The value of "Name:\t..." in /proc/PID/status. */
static const char *status_value(const char *text, const char *key, struct arena *a)
{
	const char *at = strstr(text, key);

	if (!at)
		return "";
	at += strlen(key);
	at += strspn(at, " \t");
	return arena_strndup(a, at, strcspn(at, "\n"));
}

static const char *duration_words(struct arena *a, uint64_t s)
{
	if (s < 60)
		return arena_printf(a, "%llus", (unsigned long long) s);
	if (s < 3600)
		return arena_printf(
			a, "%llum%llus", (unsigned long long) s / 60, (unsigned long long) s % 60);
	return arena_printf(a, "%lluh%llum%llus", (unsigned long long) s / 3600,
		(unsigned long long) s / 60 % 60, (unsigned long long) s % 60);
}

static const char *command_line(pid_t pid, const char *name, struct arena *a)
{
	auto_buf struct buf b = BUF_INIT(128 * KiB);
	size_t n;

	if (read_proc(pid, "cmdline", &b) < 0 || !b.len)
		return arena_printf(a, "[%s]", name);
	n = b.len - (b.data[b.len - 1] == 0);
	for (size_t i = 0; i < n; i++)
		if (!b.data[i])
			b.data[i] = ' ';
	return arena_strndup(a, b.data, n);
}

static const char *terminal(unsigned dev, struct arena *a)
{
	unsigned major = (dev >> 8) & 0xfff, minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);

	if (!dev)
		return "?";
	if (major >= 136 && major <= 143)
		return arena_printf(a, "pts/%u", (major - 136) * 256 + minor);
	return arena_printf(a, "tty%u", minor);
}

/* The last of "NSpid:\t123\t1" is the number inside. */
static const char *inner_pid(const char *list)
{
	const char *tab = strrchr(list, '\t');

	return tab ? tab + 1 : list;
}

static int top_one(pid_t pid, uint64_t up_us, struct arena *a, struct top_row *row)
{
	auto_buf struct buf status = BUF_INIT(64 * KiB), stat = BUF_INIT(16 * KiB),
			    parent = BUF_INIT(64 * KiB);
	unsigned long utime = 0, stime = 0;
	unsigned long long start = 0;
	long hz = sysconf(_SC_CLK_TCK);
	int ppid = 0, tty = 0;
	const char *close, *uid, *ppid_text = "0";
	uint64_t age_us;

	if (read_proc(pid, "status", &status) < 0 || read_proc(pid, "stat", &stat) < 0 ||
		!(close = strrchr(stat.data, ')')))
		return -ESRCH;
	if (sscanf(close + 2,
		    "%*c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu", &ppid,
		    &tty, &utime, &stime, &start) != 5)
		return -ESRCH;
	if (ppid > 1 && read_proc(ppid, "status", &parent) == 0) {
		const char *inner = status_value(parent.data, "\nNSpid:", a),
			   *mine = status_value(status.data, "\nNSpid:", a);
		size_t depth[2] = { 0, 0 };

		for (const char *s = inner; s && *s; s++)
			depth[0] += *s == '\t';
		for (const char *s = mine; s && *s; s++)
			depth[1] += *s == '\t';
		/* a parent in an outer namespace is 0 from inside */
		if (inner && depth[0] >= depth[1])
			ppid_text = inner_pid(inner);
	}
	age_us = up_us > start * 1000000 / (uint64_t) hz ? up_us - start * 1000000 / (uint64_t) hz : 0;
	uid = status_value(status.data, "\nUid:", a);
	if (!uid || !ppid_text)
		return -ENOMEM;
	row->field[0] = arena_strndup(a, uid, strcspn(uid, "\t"));
	if (row->field[0] && !strcmp(row->field[0], "0"))
		row->field[0] = "root";
	row->field[1] = inner_pid(status_value(status.data, "\nNSpid:", a));
	row->field[2] = ppid_text;
	row->field[3] = arena_printf(a, "%.3f",
		age_us ? (double) (utime + stime) * 100.0 * 1000000.0 / (double) hz / (double) age_us : 0.0);
	row->field[4] = duration_words(a, age_us / 1000000);
	row->field[5] = terminal((unsigned) tty, a);
	row->field[6] = duration_words(a, (utime + stime) / (unsigned long) hz);
	row->field[7] = command_line(pid, status_value(status.data, "Name:", a), a);
	return 0;
}

static bool wanted(const struct pod *p, const struct target *t, bool whole_pod, pid_t pid, const char *own)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr_row[i].id);
		char pidns[64] = "";

		if ((!whole_pod && strcmp(p->ctr_row[i].id, t->id) != 0) || !s || s->pid <= 0)
			continue;
		own_link((pid_t) s->pid, pidns, sizeof pidns);
		/* a shared namespace tells nothing about one container */
		if (!strcmp(pidns, own) || (!p->row.solo && !whole_pod && p->ctr[i].pid.mode != NS_PRIVATE))
			pidns[0] = 0;
		if (pid == s->pid || belongs(pid, p->ctr_row[i].id, pidns))
			return true;
	}
	return false;
}

int verb_top(struct engine *e, const struct target *t, bool whole_pod, struct arena *a, struct top_row **ret,
	size_t *ret_n, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	uint64_t up_us = time_mono_us();
	struct top_row *rows = NULL;
	size_t n = 0, cap = 0, i;
	const struct dirent *d;
	char own[64];
	DIR *proc;
	int rc;

	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	i = whole_pod ? 0 : pod_index(&p, t->id);
	if (!whole_pod && (i == p.n || !ctr_is_running(&p, i)))
		return err_set(err, ERR_STATE, "top can only be used on running containers: %s is %s",
			t->asked, i == p.n ? "gone" : ctr_word(&p, i));
	if (!(proc = opendir("/proc")))
		return err_sys(err, errno, "open /proc");
	own_link(getpid(), own, sizeof own);
	while ((d = readdir(proc))) {
		uint64_t pid;

		if (!isdigit((unsigned char) d->d_name[0]) || parse_u64(d->d_name, 1, INT32_MAX, &pid) < 0 ||
			!wanted(&p, t, whole_pod, (pid_t) pid, own))
			continue;
		if (n == cap) {
			struct top_row *more = arena_array(a, cap = cap ? 2 * cap : 16, sizeof *more);

			if (!more) {
				(void) closedir(proc);
				return err_sys(err, ENOMEM, "top");
			}
			if (n)
				memcpy(more, rows, n * sizeof *rows);
			rows = more;
		}
		if (top_one((pid_t) pid, up_us, a, &rows[n]) == 0)
			n++;
	}
	(void) closedir(proc);
	*ret = rows;
	*ret_n = n;
	return 0;
}
