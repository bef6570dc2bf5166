#include "pkg/verb/top.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "pkg/container/user.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"

enum column {
	COL_ARGS,
	COL_CAPAMB,
	COL_CAPBND,
	COL_CAPEFF,
	COL_CAPINH,
	COL_CAPPRM,
	COL_COMM,
	COL_ETIME,
	COL_GROUP,
	COL_GROUPS,
	COL_HGROUP,
	COL_HPID,
	COL_HUSER,
	COL_LABEL,
	COL_NICE,
	COL_PCPU,
	COL_PGID,
	COL_PID,
	COL_PPID,
	COL_RGROUP,
	COL_RSS,
	COL_RUSER,
	COL_SECCOMP,
	COL_STATE,
	COL_STIME,
	COL_TIME,
	COL_TTY,
	COL_USER,
	COL_VSZ,
	COL_COUNT
};
static const struct {
	const char *name, *heading;
} table[COL_COUNT] = {
	[COL_ARGS] = { "args", "COMMAND" },
	[COL_CAPAMB] = { "capamb", "AMBIENT CAPS" },
	[COL_CAPBND] = { "capbnd", "BOUNDING CAPS" },
	[COL_CAPEFF] = { "capeff", "EFFECTIVE CAPS" },
	[COL_CAPINH] = { "capinh", "INHERITED CAPS" },
	[COL_CAPPRM] = { "capprm", "PERMITTED CAPS" },
	[COL_COMM] = { "comm", "COMMAND" },
	[COL_ETIME] = { "etime", "ELAPSED" },
	[COL_GROUP] = { "group", "GROUP" },
	[COL_GROUPS] = { "groups", "GROUPS" },
	[COL_HGROUP] = { "hgroup", "HGROUP" },
	[COL_HPID] = { "hpid", "HPID" },
	[COL_HUSER] = { "huser", "HUSER" },
	[COL_LABEL] = { "label", "LABEL" },
	[COL_NICE] = { "nice", "NI" },
	[COL_PCPU] = { "pcpu", "%CPU" },
	[COL_PGID] = { "pgid", "PGID" },
	[COL_PID] = { "pid", "PID" },
	[COL_PPID] = { "ppid", "PPID" },
	[COL_RGROUP] = { "rgroup", "RGROUP" },
	[COL_RSS] = { "rss", "RSS" },
	[COL_RUSER] = { "ruser", "RUSER" },
	[COL_SECCOMP] = { "seccomp", "SECCOMP" },
	[COL_STATE] = { "state", "STATE" },
	[COL_STIME] = { "stime", "STIME" },
	[COL_TIME] = { "time", "TIME" },
	[COL_TTY] = { "tty", "TTY" },
	[COL_USER] = { "user", "USER" },
	[COL_VSZ] = { "vsz", "VSZ" },
};

int top_column(const char *name)
{
	for (int i = 0; i < COL_COUNT; i++)
		if (!strcasecmp(table[i].name, name) || !strcmp(table[i].heading, name))
			return i;
	return -1;
}

const char *top_heading(int column) { return table[column].heading; }

/* ---- one process ----------------------------------------------------------------------------------------------------- */

struct process {
	pid_t pid;
	struct arena *a;
	struct buf status;
	unsigned long utime, stime;
	unsigned long long start; /* ticks since boot */
	long nice;
	int ppid, tty;
	char state;
	uint64_t up_us;
	long hz;
};

static int read_proc(pid_t pid, const char *file, struct buf *b)
{
	char path[64];

	(void) snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, file);
	buf_clear(b);
	return file_read(AT_FDCWD, path, PATH_IN_STATE, b);
}

/* The value of "Name:\t..." in /proc/PID/status. */
static const char *status_value(const char *text, const char *key, struct arena *a)
{
	const char *at = text ? strstr(text, key) : NULL, *copy;

	if (!at)
		return "";
	at += strlen(key);
	at += strspn(at, " \t");
	copy = arena_strndup(a, at, strcspn(at, "\n"));
	return copy ? copy : "";
}

/* n-th word of a value such as "1000\t1000\t1000\t1000": real, effective, saved, fs. */
static uint32_t number_at(const char *value, int n)
{
	while (n--)
		value += strcspn(value, "\t"), value += *value == '\t';
	return (uint32_t) strtoul(value, NULL, 10);
}

/* The last of "NSpid:\t123\t1" is the number inside. */
static const char *inner(const char *list)
{
	const char *tab = strrchr(list, '\t');

	return tab ? tab + 1 : list;
}

static size_t depth(const char *list)
{
	size_t n = 0;

	for (; *list; list++)
		n += *list == '\t';
	return n;
}

/* As Go prints a duration of so many nanoseconds. */
static const char *duration(struct arena *a, uint64_t ns)
{
	unsigned long long s = ns / 1000000000, part = ns % 1000000000;
	char fraction[16] = "";
	const char *text;

	if (part) {
		(void) snprintf(fraction, sizeof fraction, ".%09llu", part);
		for (size_t n = strlen(fraction); fraction[n - 1] == '0'; n--)
			fraction[n - 1] = 0;
	}
	text = s < 60     ? arena_printf(a, "%llu%ss", s, fraction)
	       : s < 3600 ? arena_printf(a, "%llum%llu%ss", s / 60, s % 60, fraction)
			  : arena_printf(a, "%lluh%llum%llu%ss", s / 3600, s / 60 % 60, s % 60, fraction);
	return text ? text : "";
}

static const char *command_line(const struct process *p)
{
	auto_buf struct buf b = BUF_INIT(128 * KiB);
	size_t n;

	if (read_proc(p->pid, "cmdline", &b) < 0 || !b.len)
		return arena_printf(p->a, "[%s]", status_value(p->status.data, "Name:", p->a));
	n = b.len - (b.data[b.len - 1] == 0);
	for (size_t i = 0; i < n; i++)
		if (!b.data[i])
			b.data[i] = ' ';
	return arena_strndup(p->a, b.data, n);
}

static const char *terminal(const struct process *p)
{
	unsigned dev = (unsigned) p->tty, major = (dev >> 8) & 0xfff,
		 minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);

	if (!dev)
		return "?";
	if (major >= 136 && major <= 143)
		return arena_printf(p->a, "pts/%u", (major - 136) * 256 + minor);
	return arena_printf(p->a, "tty%u", minor);
}

static const char *parent(const struct process *p)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	const char *theirs;

	/* a parent in an outer namespace is 0 from inside */
	if (p->ppid <= 1 || read_proc(p->ppid, "status", &b) < 0)
		return "0";
	theirs = status_value(b.data, "\nNSpid:", p->a);
	return depth(theirs) >= depth(status_value(p->status.data, "\nNSpid:", p->a)) ? inner(theirs) : "0";
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static const char *capabilities(const struct process *p, const char *key)
{
	uint64_t caps = strtoull(status_value(p->status.data, key, p->a), NULL, 16),
		 all = (1ULL << CAP_COUNT) - 1;
	auto_buf struct buf b = BUF_INIT(4096);
	const char *names[CAP_COUNT];
	size_t n = 0;

	if (!(caps & all))
		return "none";
	if ((caps & all) == all)
		return "full";
	for (int i = 0; i < CAP_COUNT; i++)
		if (caps >> i & 1 && cap_name(i))
			names[n++] = cap_name(i) + 4;
	qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++)
		(void) buf_printf(&b, "%s%s", i ? "," : "", names[i]);
	return arena_strdup(p->a, b.data ? b.data : "");
}

/* The name of an id in a file such as passwd, else the number. */
static const char *name_in(const char *text, uint32_t id, struct arena *a)
{
	for (const char *l = text; l && *l; l = strchr(l, '\n'), l = l ? l + 1 : NULL) {
		size_t n = strcspn(l, ":\n");
		const char *second = l[n] == ':' ? l + n + 1 : NULL,
			   *third = second ? strchr(second, ':') : NULL;

		if (third && third < l + strcspn(l, "\n") && isdigit((unsigned char) third[1]) &&
			strtoul(third + 1, NULL, 10) == id)
			return arena_strndup(a, l, n);
	}
	return arena_printf(a, "%u", id);
}

/* By the container's own file, which is hostile: opened below its root. */
static const char *name_inside(const struct process *p, const char *file, uint32_t id)
{
	auto_buf struct buf b = BUF_INIT(PASSWD_MAX);
	auto_close int root = -EBADF, fd = -EBADF;
	char path[48];

	(void) snprintf(path, sizeof path, "/proc/%d/root", (int) p->pid);
	if ((root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0 &&
		(fd = path_open(root, file, PATH_IN_ROOTFS, O_RDONLY | O_NONBLOCK, 0)) >= 0 &&
		io_read_all(fd, &b) < 0)
		buf_clear(&b);
	return name_in(b.data ? b.data : "", id, p->a);
}

/* An ordinary user's podctl looks from inside that user's namespace. */
static uint32_t outside(const char *map_file, uint32_t id)
{
	auto_buf struct buf b = BUF_INIT(16 * KiB);
	unsigned in, out, n;

	if (file_read(AT_FDCWD, map_file, PATH_IN_STATE, &b) < 0)
		return id;
	for (const char *l = b.data; l && sscanf(l, "%u %u %u", &in, &out, &n) == 3; /* NOLINT */
		l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL)
		if (id >= in && id - in < n)
			return out + (id - in);
	return id;
}

static const char *name_outside(const struct process *p, const char *file, const char *map, uint32_t id)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);

	(void) file_read(AT_FDCWD, file, PATH_IN_STATE, &b);
	return name_in(b.data ? b.data : "", outside(map, id), p->a);
}

static const char *groups(const struct process *p)
{
	const char *list = status_value(p->status.data, "\nGroups:", p->a);
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	for (char *end; *list; list = end + strspn(end, " ")) {
		unsigned long id = strtoul(list, &end, 10);

		if (end == list)
			break;
		(void) buf_printf(&b, "%s%s", b.len ? "," : "", name_inside(p, "etc/group", (uint32_t) id));
	}
	return arena_strdup(p->a, b.data ? b.data : "");
}

static const char *kib(const struct process *p, const char *key)
{
	const char *v = status_value(p->status.data, key, p->a),
		   *n = arena_strndup(p->a, v, strspn(v, "0123456789"));

	return n && *n ? n : "0";
}

static const char *started(const struct process *p)
{
	uint64_t since = p->start * 1000000 / (uint64_t) p->hz;
	time_t s = (time_t) ((time_now_us() - (p->up_us > since ? p->up_us - since : 0)) / 1000000);
	char text[48];
	struct tm tm;

	if (!localtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z %Z", &tm))
		return "";
	return arena_strdup(p->a, text);
}

static const char *label(const struct process *p)
{
	auto_buf struct buf b = BUF_INIT(4096);

	if (read_proc(p->pid, "attr/current", &b) < 0 || !b.len)
		return "?";
	return arena_strndup(p->a, b.data, strcspn(b.data, "\n"));
}

static const char *seccomp(const struct process *p)
{
	switch (*status_value(p->status.data, "\nSeccomp:", p->a)) {
	case '0':
		return "disabled";
	case '1':
		return "strict";
	case '2':
		return "filter";
	}
	return "";
}

static const char *value_of(const struct process *p, int column)
{
	const char *text = p->status.data, *uids = status_value(text, "\nUid:", p->a),
		   *gids = status_value(text, "\nGid:", p->a);
	uint64_t began = p->start * 1000000 / (uint64_t) p->hz, age = p->up_us > began ? p->up_us - began : 0;
	uint64_t used = (uint64_t) (p->utime + p->stime) * 1000000 / (uint64_t) p->hz;

	switch ((enum column) column) {
	case COL_ARGS:
		return command_line(p);
	case COL_CAPAMB:
		return capabilities(p, "\nCapAmb:");
	case COL_CAPBND:
		return capabilities(p, "\nCapBnd:");
	case COL_CAPEFF:
		return capabilities(p, "\nCapEff:");
	case COL_CAPINH:
		return capabilities(p, "\nCapInh:");
	case COL_CAPPRM:
		return capabilities(p, "\nCapPrm:");
	case COL_COMM:
		return status_value(text, "Name:", p->a);
	case COL_ETIME:
		return duration(p->a, age * 1000);
	case COL_GROUP:
		return name_inside(p, "etc/group", number_at(gids, 1));
	case COL_GROUPS:
		return groups(p);
	case COL_HGROUP:
		return name_outside(p, "/etc/group", "/proc/self/gid_map", number_at(gids, 1));
	case COL_HPID:
		return arena_printf(p->a, "%d", (int) p->pid);
	case COL_HUSER:
		return name_outside(p, "/etc/passwd", "/proc/self/uid_map", number_at(uids, 1));
	case COL_LABEL:
		return label(p);
	case COL_NICE:
		return arena_printf(p->a, "%ld", p->nice);
	case COL_PCPU:
		return arena_printf(p->a, "%.3f", age ? (double) used * 100.0 / (double) age : 0.0);
	case COL_PGID:
		return inner(status_value(text, "\nNSpgid:", p->a));
	case COL_PID:
		return inner(status_value(text, "\nNSpid:", p->a));
	case COL_PPID:
		return parent(p);
	case COL_RGROUP:
		return name_inside(p, "etc/group", number_at(gids, 0));
	case COL_RSS:
		return kib(p, "\nVmRSS:");
	case COL_RUSER:
		return name_inside(p, "etc/passwd", number_at(uids, 0));
	case COL_SECCOMP:
		return seccomp(p);
	case COL_STATE:
		return arena_printf(p->a, "%c", p->state);
	case COL_STIME:
		return started(p);
	case COL_TIME:
		return duration(p->a, used * 1000);
	case COL_TTY:
		return terminal(p);
	case COL_USER:
		return name_inside(p, "etc/passwd", number_at(uids, 1));
	case COL_VSZ:
		return kib(p, "\nVmSize:");
	case COL_COUNT:
		break;
	}
	return "";
}

/* -ESRCH: it has ended. */
static int process_read(struct process *p)
{
	auto_buf struct buf stat = BUF_INIT(16 * KiB);
	const char *close;

	if (read_proc(p->pid, "status", &p->status) < 0 || read_proc(p->pid, "stat", &stat) < 0 ||
		!stat.data || !(close = strrchr(stat.data, ')')) || !close[1])
		return -ESRCH;
	if (sscanf(close + 2,
		    "%c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %ld %*d %*d %llu", /* NOLINT */
		    &p->state, &p->ppid, &p->tty, &p->utime, &p->stime, &p->nice, &p->start) != 7)
		return -ESRCH;
	return 0;
}

static int top_one(
	pid_t pid, uint64_t up_us, const int *columns, size_t n, struct arena *a, struct top_row *row)
{
	struct process p = {
		.pid = pid, .a = a, .up_us = up_us, .hz = sysconf(_SC_CLK_TCK), .status = BUF_INIT(64 * KiB)
	};
	int rc = process_read(&p);

	for (size_t i = 0; rc == 0 && i < n; i++)
		row->field[i] = value_of(&p, columns[i]);
	buf_done(&p.status);
	return rc;
}

/* ---- whose process ----------------------------------------------------------------------------------------------------- */

static void pidns_of(pid_t pid, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	(void) snprintf(link, sizeof link, "/proc/%d/ns/pid", (int) pid);
	n = readlink(link, buf, size - 1);
	buf[n > 0 ? n : 0] = 0;
}

/* A path with a directory called so; the monitor of a pod of one sits beside it, in a scope or directory with the same id. */
static bool is_in_cgroup(const char *paths, const char *id)
{
	size_t n = strlen(id);

	for (const char *at = paths; (at = strstr(at, id)); at += n)
		if (at > paths && at[-1] == '/' && (!at[n] || strchr("/\n", at[n])) &&
			strncmp(at + n, "/monitor\n", 9) != 0)
			return true;
	return false;
}

/* Containers of ours are told by their id in the cgroup path, and without cgroups by their PID namespace. */
static bool belongs(pid_t pid, const char *id, const char *pidns)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	char at[64];

	if (read_proc(pid, "cgroup", &b) == 0 && b.data && is_in_cgroup(b.data, id))
		return true;
	pidns_of(pid, at, sizeof at);
	return *pidns && *at && !strcmp(at, pidns);
}

static bool wanted(const struct pod *p, const struct target *t, bool whole_pod, pid_t pid, const char *own)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr_row[i].id);
		char pidns[64] = "";

		if ((!whole_pod && strcmp(p->ctr_row[i].id, t->id) != 0) || !s || s->pid <= 0)
			continue;
		pidns_of((pid_t) s->pid, pidns, sizeof pidns);
		/* a shared namespace tells nothing about one container */
		if (!strcmp(pidns, own) || (!p->row.solo && !whole_pod && p->ctr[i].pid.mode != NS_PRIVATE))
			pidns[0] = 0;
		if (pid == s->pid || belongs(pid, p->ctr_row[i].id, pidns))
			return true;
	}
	return false;
}

int verb_top(struct engine *e, const struct target *t, bool whole_pod, const int *columns, size_t n_columns,
	struct arena *a, struct top_row **ret, size_t *ret_n, struct err *err)
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
	pidns_of(getpid(), own, sizeof own);
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
		if (top_one((pid_t) pid, up_us, columns, n_columns, a, &rows[n]) == 0)
			n++;
	}
	(void) closedir(proc);
	*ret = rows;
	*ret_n = n;
	return 0;
}
