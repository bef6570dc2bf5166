#include "pkg/engine/subids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/engine/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define SUBID_FILE_MAX (4 * MiB) /* 40,000 users of 100 bytes */
#define MAP_TIMEOUT_US (20 * 1000000ULL)

static void add_range(struct subids *s, uint64_t start, uint64_t count)
{
	if (s->n == SUBIDS_MAX || !count || start + count > UINT32_MAX)
		return;
	s->range[s->n].start = (uint32_t) start;
	s->range[s->n++].count = (uint32_t) count;
}

/* One field up to sep, cut into 'field'; NULL when the line ends before. */
static const char *next_field(const char *p, const char *end, char sep, char *field, size_t size)
{
	const char *stop = memchr(p, sep, (size_t) (end - p));

	if (!stop)
		stop = end;
	if ((size_t) (stop - p) >= size)
		return NULL;
	memcpy(field, p, (size_t) (stop - p));
	field[stop - p] = '\0';
	return stop < end ? stop + 1 : end;
}

void subids_parse(const char *text, const char *user, uid_t uid, struct subids *ret)
{
	char uid_text[16], owner[256], start[24], count[24];

	ret->n = 0;
	(void) snprintf(uid_text, sizeof uid_text, "%u", (unsigned) uid);
	for (const char *line = text; *line;) {
		const char *end = line + strcspn(line, "\n"), *p = line;
		uint64_t first, n;

		line = *end ? end + 1 : end;
		if (*p == '#' || !(p = next_field(p, end, ':', owner, sizeof owner)) ||
			!(p = next_field(p, end, ':', start, sizeof start)) ||
			!next_field(p, end, ':', count, sizeof count))
			continue;
		if ((!user || strcmp(owner, user) != 0) && strcmp(owner, uid_text) != 0)
			continue;
		if (parse_u64(start, 1, UINT32_MAX, &first) == 0 && parse_u64(count, 1, UINT32_MAX, &n) == 0)
			add_range(ret, first, n);
	}
}

uint64_t subids_total(const struct subids *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->range[i].count;
	return sum;
}

/* getsubids prints "0: NAME START COUNT" lines. */
static void ask_getsubids(const struct engine_options *opt, bool groups, struct subids *ret)
{
	auto_buf struct buf out = BUF_INIT(64 * KiB);
	struct err ignored = { 0 };
	char path[4096], uid_text[16];
	char *argv[4] = { path, NULL };
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv);
	int status, n = 1;

	if (!program_find(opt, "getsubids", path, sizeof path))
		return;
	(void) snprintf(uid_text, sizeof uid_text, "%u", (unsigned) opt->uid);
	if (groups)
		argv[n++] = (char *) (uintptr_t) "-g";
	argv[n++] = opt->user ? (char *) (uintptr_t) opt->user : uid_text;
	argv[n] = NULL;
	if (proc_run(&o, NULL, 0, &out, NULL, MAP_TIMEOUT_US, &status, &ignored) < 0 || status != 0 ||
		!out.data)
		return;
	for (const char *line = out.data; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = strchr(line, ' '); /* behind the index */
		unsigned long start, count;
		char *end;

		if (!p || !(p = strchr(p + 1, ' ')))
			return;
		start = strtoul(p, &end, 10);
		count = strtoul(end, NULL, 10);
		if (start)
			add_range(ret, start, count);
	}
}

int subids_read(const struct engine_options *opt, bool groups, struct subids *ret, struct err *err)
{
	const char *file = groups ? "/etc/subgid" : "/etc/subuid";
	auto_buf struct buf b = BUF_INIT(SUBID_FILE_MAX);
	int rc = file_read(AT_FDCWD, file, PATH_IN_STATE, &b);

	ret->n = 0;
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "read '%s'", file);
	if (b.data)
		subids_parse(b.data, opt->user, opt->uid, ret);
	if (!ret->n)
		ask_getsubids(opt, groups, ret);
	return 0;
}

/* ---- writing maps -------------------------------------------------------------------------------------------------- */

static int run_newidmap(const struct engine_options *opt, const char *program, pid_t pid, uint32_t own,
	const struct subids *s, struct err *err)
{
	struct arena a = { 0 };
	struct strs argv = { 0 };
	auto_buf struct buf errs = BUF_INIT(4 * KiB);
	uint64_t next = 1;
	char path[4096];
	int status = -1, rc = 0;

	if (!program_find(opt, program, path, sizeof path))
		return err_set(err, ERR_NOT_FOUND,
			"'%s' is not installed; install the package uidmap (shadow-utils)", program);
	if (strs_add(&argv, &a, path) < 0 || strs_addf(&argv, &a, "%d", (int) pid) < 0 ||
		strs_add(&argv, &a, "0") < 0 || strs_addf(&argv, &a, "%u", own) < 0 ||
		strs_add(&argv, &a, "1") < 0)
		rc = -ENOMEM;
	for (size_t i = 0; i < s->n && rc == 0; next += s->range[i++].count)
		if (strs_addf(&argv, &a, "%llu", (unsigned long long) next) < 0 ||
			strs_addf(&argv, &a, "%u", s->range[i].start) < 0 ||
			strs_addf(&argv, &a, "%u", s->range[i].count) < 0)
			rc = -ENOMEM;
	if (rc == 0) {
		struct proc_opts o = PROC_OPTS(.path = path, .argv = argv.v);

		rc = proc_run(&o, NULL, 0, NULL, &errs, MAP_TIMEOUT_US, &status, err);
	} else {
		rc = err_sys(err, ENOMEM, "run '%s'", program);
	}
	arena_done(&a);
	if (rc < 0 || status == 0)
		return rc;
	if (errs.data)
		errs.data[strcspn(errs.data, "\n")] = '\0';
	return err_set(err, ERR_DENIED, "'%s' failed: %s; is it setuid root, and does /etc/sub%cid name %s?",
		path, errs.data && errs.data[0] ? errs.data : "no message", program[3],
		opt->user ? opt->user : "this user");
}

static int write_proc(pid_t pid, const char *file, const char *text, struct err *err)
{
	char path[64];
	int rc;

	(void) snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, file);
	return (rc = file_write(AT_FDCWD, path, text)) < 0 ? err_sys(err, -rc, "write '%s'", path) : 0;
}

/* Without ranges: only 0, which the kernel lets the owner write himself. */
static int map_single(const struct engine_options *opt, pid_t pid, struct err *err)
{
	char text[64];
	int rc;

	log_warn("no subordinate ids for %s in /etc/subuid and /etc/subgid: only one user exists in "
		 "containers; "
		 "add some with: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
		opt->user ? opt->user : "this user", opt->user ? opt->user : "USER");
	(void) snprintf(text, sizeof text, "0 %u 1", (unsigned) opt->uid);
	if ((rc = write_proc(pid, "setgroups", "deny", err)) < 0 ||
		(rc = write_proc(pid, "uid_map", text, err)) < 0)
		return rc;
	(void) snprintf(text, sizeof text, "0 %u 1", (unsigned) opt->gid);
	return write_proc(pid, "gid_map", text, err);
}

int subids_map(const struct engine_options *opt, pid_t pid, struct err *err)
{
	struct subids uids, gids;
	int rc;

	if ((rc = subids_read(opt, false, &uids, err)) < 0 || (rc = subids_read(opt, true, &gids, err)) < 0)
		return rc;
	if (!uids.n || !gids.n)
		return map_single(opt, pid, err);
	if ((rc = run_newidmap(opt, "newuidmap", pid, opt->uid, &uids, err)) < 0)
		return rc;
	return run_newidmap(opt, "newgidmap", pid, opt->gid, &gids, err);
}
