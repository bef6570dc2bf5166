/* podctl's side of podctl-unpack: starts it, reads its result lines, marks opaque directories. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "pkg/codec/node.h"
#include "pkg/image/layers.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define JOBS_AT_ONCE 4
#define LINES_MAX (64 * MiB) /* of one helper: an archive's 100,000 members with their names */

void layer_job_init(struct layer_job *j)
{
	*j = (struct layer_job){ .fd = -EBADF,
		.keep_dir = -EBADF,
		.member = -1,
		.tmp = IMAGE_TMP_INIT,
		.diff_dir = -EBADF,
		.out = -EBADF,
		.pidfd = -EBADF,
		.pid = -1,
		.lines = BUF_INIT(LINES_MAX) };
}

void layer_job_done(struct layer_job *j)
{
	struct err ignored = { 0 };
	int status;

	if (j->pid > 0) {
		(void) syscall(SYS_pidfd_send_signal, j->pidfd, SIGKILL, NULL, 0);
		(void) proc_wait(j->pid, j->pidfd, 0, &status, &ignored);
		j->pid = -1;
	}
	fd_close_p(&j->fd);
	fd_close_p(&j->out);
	fd_close_p(&j->pidfd);
	fd_close_p(&j->diff_dir);
	buf_done(&j->lines);
	image_tmp_remove(&j->tmp);
}

/* ---- starting ------------------------------------------------------------------------------------------------------- */

int unpack_helper_start(struct engine *e, struct strs *argv, int in, const int (*pass)[2], size_t n_pass,
	int *ret_out, int *ret_pidfd, pid_t *ret_pid, struct err *err)
{
	struct proc_opts o = PROC_OPTS(.pass = pass, .n_pass = n_pass, .death_signal = SIGKILL);
	auto_close int out = -EBADF;
	auto_close int child_out = -EBADF;
	int p[2], rc;
	pid_t pid;

	if ((rc = engine_helper(e, "podctl-unpack", &o.path, err)) < 0)
		return rc;
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	out = p[0];
	child_out = p[1];
	o.argv = argv->v;
	o.in = in;
	o.out = child_out;
	if ((pid = proc_spawn(&o, ret_pidfd, err)) < 0)
		return (int) pid;
	*ret_pid = pid;
	*ret_out = fd_steal(&out);
	return 0;
}

static int job_start(struct engine *e, struct layer_job *j, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int recipe = -EBADF;
	struct strs argv = { 0 };
	int rc;

	if ((rc = image_tmp_make(e, &j->tmp, err)) < 0)
		return rc;
	recipe = openat(j->tmp.dir, "recipe", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (recipe < 0)
		return err_sys(err, errno, "make layers/%s/recipe", j->tmp.name);
	if (mkdirat(j->tmp.dir, "diff", 0755) < 0 ||
		fchmodat(j->tmp.dir, "diff", 0755, 0) < 0) /* whatever the umask is */
		return err_sys(err, errno, "make layers/%s/diff", j->tmp.name);
	j->diff_dir = openat(j->tmp.dir, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (j->diff_dir < 0)
		return err_sys(err, errno, "open layers/%s/diff", j->tmp.name);
	rc = strs_add(&argv, &a, "podctl-unpack");
	rc = rc < 0 ? rc : strs_add(&argv, &a, "layer");
	rc = rc < 0 ? rc : strs_add(&argv, &a, "--recipe");
	rc = rc < 0 ? rc : strs_addf(&argv, &a, "--max=%llu", (unsigned long long) UNPACK_MAX);
	if (rc == 0 && j->member >= 0)
		rc = strs_addf(&argv, &a, "--member=%lld", (long long) j->member);
	if (rc == 0 && j->diff)
		rc = strs_addf(&argv, &a, "--diff=%s", j->diff);
	if (rc == 0 && j->blob)
		rc = strs_addf(&argv, &a, "--blob=%s", j->blob);
	if (rc == 0 && e->in_userns)
		rc = strs_add(&argv, &a, "--userns");
	if (rc == 0 && e->vfs)
		rc = strs_add(&argv, &a, "--plain");
	if (rc < 0)
		return err_sys(err, ENOMEM, "start podctl-unpack");
	/* the helper keeps the lock if we die first */
	const int pass[3][2] = { { j->diff_dir, 3 }, { j->tmp.lock, 4 }, { recipe, 5 } };

	rc = unpack_helper_start(e, &argv, j->fd, pass, LEN(pass), &j->out, &j->pidfd, &j->pid, err);
	fd_close_p(&j->fd); /* who writes to a pipe shall see its reader end */
	return rc;
}

/* ---- results --------------------------------------------------------------------------------------------------------- */

/* Hex digits to bytes, in place in out; false when they are not. */
static bool unhex(const char *hex, struct buf *out)
{
	buf_clear(out);
	(void) buf_puts(out, "");
	for (; hex && hex[0] && hex[1]; hex += 2) {
		unsigned byte;

		if (strspn(hex, "0123456789abcdef") < 2 || sscanf(hex, "%2x", &byte) != 1 || !byte)
			return false;
		(void) buf_putc(out, (char) byte);
	}
	return hex && !*hex && !buf_failed(out);
}

int unpack_helper_error(const json_t *line, struct err *err)
{
	struct buf text = BUF_INIT(8 * KiB);
	json_int_t kind = json_integer_value(json_object_get(line, "kind"));
	json_int_t errnum = json_integer_value(json_object_get(line, "errno"));

	(void) unhex(json_string_value(json_object_get(line, "error")), &text);
	(void) err_set(err, kind > ERR_NONE && kind < ERR_KIND_COUNT ? (enum err_kind) kind : ERR_SYSTEM,
		"%s", text.len ? text.data : "podctl-unpack failed");
	if (errnum > 0 && errnum < 4096)
		err->errnum = (int32_t) errnum;
	buf_done(&text);
	err_import(err); /* what parsed hostile data is not trusted either */
	if (err->errnum == ENOSPC || err->errnum == EDQUOT)
		return err_wrap(err, "disk full while unpacking");
	return err->errnum ? -err->errnum : -EBADMSG;
}

static int opaque_mark(struct engine *e, struct layer_job *j, const char *name, struct err *err)
{
	auto_close int fd =
		path_open(j->diff_dir, *name ? name : ".", PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return 0; /* a later entry replaced the directory */
	if (e->vfs) {
		auto_close int mark =
			openat(fd, ".wh..wh..opq", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		return mark < 0 ? err_sys(err, errno, "mark a directory opaque") : 0;
	}
	if (fsetxattr(fd, e->in_userns ? "user.overlay.opaque" : "trusted.overlay.opaque", "y", 1, 0) < 0)
		return err_sys(err, errno,
			"mark a directory opaque: extended attributes are needed below '%s'", e->root);
	return 0;
}

static int job_line(struct engine *e, struct layer_job *j, const json_t *line, bool *ret_ok,
	image_progress *progress, void *ctx, struct err *err)
{
	const char *opaque = json_string_value(json_object_get(line, "opaque"));
	const char *note = json_string_value(json_object_get(line, "note"));
	const json_t *ok = json_object_get(line, "ok");
	struct buf text = BUF_INIT(64 * KiB);
	int rc = 0;

	if (json_object_get(line, "error")) {
		rc = unpack_helper_error(line, err);
	} else if (opaque && unhex(opaque, &text)) {
		rc = opaque_mark(e, j, text.data, err);
	} else if (note && unhex(note, &text)) {
		if (progress)
			progress(ctx, text.data);
	} else if (ok) {
		const char *id = json_string_value(json_object_get(ok, "diffId"));

		if (id && id_is_valid(id) && (!j->diff || strcmp(id, j->diff) == 0)) {
			memcpy(j->diff_id, id, sizeof j->diff_id);
			j->size = (uint64_t) json_integer_value(json_object_get(ok, "size"));
			j->tar_size = (uint64_t) json_integer_value(json_object_get(ok, "tarSize"));
			*ret_ok = true;
		}
	}
	buf_done(&text);
	return rc;
}

static int helper_wait(pid_t *pid, int pidfd, int *ret_status, struct err *err)
{
	int rc = proc_wait(*pid, pidfd, 0, ret_status, err);

	*pid = -1;
	return rc;
}

static int helper_died(int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(
			err, ERR_SYSTEM, "podctl-unpack was killed by %s", signal_name(WTERMSIG(status)));
	return err_set(
		err, ERR_SYSTEM, "podctl-unpack ended with status %d and no result", WEXITSTATUS(status));
}

static int job_finish(
	struct engine *e, struct layer_job *j, image_progress *progress, void *ctx, struct err *err)
{
	char *at = j->lines.data, *end;
	bool ok = false;
	int status, rc;

	if ((rc = helper_wait(&j->pid, j->pidfd, &status, err)) < 0)
		return rc;
	if (buf_failed(&j->lines))
		return err_set(
			err, ERR_INVALID, "podctl-unpack reports too much: more than %lu bytes", LINES_MAX);
	for (; at && (end = strchr(at, '\n')); at = end + 1) {
		json_t *line = json_loadb(at, (size_t) (end - at), 0, NULL);

		rc = line ? job_line(e, j, line, &ok, progress, ctx, err) : 0;
		json_decref(line);
		if (rc < 0)
			return rc;
	}
	buf_done(&j->lines);
	return ok && status == 0 ? 0 : helper_died(status, err);
}

/* ---- several at a time ---------------------------------------------------------------------------------------------- */

/* Reads what one helper said; *ret_end: it has closed its output. */
static int lines_read(int fd, struct buf *b, bool *ret_end)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof chunk);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return -errno;
	if (n == 0)
		*ret_end = true;
	else
		(void) buf_add(b, chunk, (size_t) n); /* too much is noticed at the end */
	return 0;
}

/* *ret_ended: the index of one that has closed its output, n when none has. */
static int jobs_poll(
	struct layer_job **running, size_t n, struct layer_feed *feed, size_t *ret_ended, struct err *err)
{
	struct pollfd p[JOBS_AT_ONCE + 1];

	*ret_ended = n;
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = running[i]->out, .events = POLLIN };
	p[n] = (struct pollfd){ .fd = feed ? feed->fd : -1, .events = POLLIN };
	if (poll(p, n + 1, -1) < 0)
		return errno != EINTR ? err_sys(err, errno, "wait for podctl-unpack")
		       : feed         ? feed->news(feed, err)
				      : 0;
	for (size_t i = 0; i < n; i++) {
		bool end = false;
		int rc = p[i].revents ? lines_read(running[i]->out, &running[i]->lines, &end) : 0;

		if (rc < 0)
			return err_sys(err, -rc, "read from podctl-unpack");
		if (end) {
			*ret_ended = i;
			return 0;
		}
	}
	return p[n].revents ? feed->news(feed, err) : 0;
}

/* The first job that can be started; NULL: none now. */
static struct layer_job *job_ready(struct layer_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!jobs[i].started && jobs[i].fd >= 0)
			return &jobs[i];
	return NULL;
}

int layers_unpack(struct engine *e, struct layer_job *jobs, size_t n, struct layer_feed *feed,
	image_progress *progress, void *ctx, struct err *err)
{
	struct layer_job *running[JOBS_AT_ONCE], *j;
	size_t finished = 0, busy = 0, ended;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	/* with a feed they mostly wait for the network */
	size_t at_once = feed || cpus > JOBS_AT_ONCE ? JOBS_AT_ONCE : cpus < 1 ? 1 : (size_t) cpus;
	int rc;

	while (finished < n || (feed && feed->fd >= 0)) {
		while (busy < at_once && (j = job_ready(jobs, n))) {
			if ((rc = job_start(e, j, err)) < 0)
				return err_wrap(err, "layer %.12s", j->diff ? j->diff : "archive");
			j->started = true;
			running[busy++] = j;
		}
		if (!busy && (!feed || feed->fd < 0))
			return err_set(err, ERR_INVALID, "a layer's blob did not come");
		if ((rc = jobs_poll(running, busy, feed, &ended, err)) < 0)
			return rc;
		if (ended == busy)
			continue;
		if ((rc = job_finish(e, running[ended], progress, ctx, err)) < 0)
			return running[ended]->diff ? err_wrap(err, "layer %.12s", running[ended]->diff) : rc;
		finished++;
		running[ended] = running[--busy];
	}
	return 0;
}

/* One run of the helper in a mode that needs no more than an archive and a directory, to its end. */
static int helper_run(
	struct engine *e, const char *mode, int fd, int dir, int lock, struct buf *lines, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int out = -EBADF;
	auto_close int pidfd = -EBADF;
	struct strs argv = { 0 };
	bool end = false;
	int rc, status;
	pid_t pid;
	char *last;

	if (strs_add(&argv, &a, "podctl-unpack") < 0 || strs_add(&argv, &a, mode) < 0 ||
		strs_addf(&argv, &a, "--max=%llu", (unsigned long long) UNPACK_MAX) < 0 ||
		(!strcmp(mode, "layer") && e->in_userns && strs_add(&argv, &a, "--userns") < 0))
		return err_sys(err, ENOMEM, "start podctl-unpack");
	const int pass[2][2] = { { dir, 3 }, { lock, 4 } };

	if ((rc = unpack_helper_start(e, &argv, fd, pass, LEN(pass), &out, &pidfd, &pid, err)) < 0)
		return rc;
	while (!end && rc == 0)
		rc = lines_read(out, lines, &end);
	if (helper_wait(&pid, pidfd, &status, err) < 0 || rc < 0)
		return err_set(err, ERR_SYSTEM, "lost podctl-unpack");
	if (buf_failed(lines))
		return err_set(err, ERR_INVALID, "the archive lists too much: more than %zu bytes of names",
			lines->max);
	last = lines->len > 1 ? memrchr(lines->data, '\n', lines->len - 1) : NULL;
	last = last ? last + 1 : lines->data;
	if (last && strncmp(last, "{\"error\"", 8) == 0) {
		json_t *line = json_loads(last, 0, NULL);

		rc = line ? unpack_helper_error(line, err) : helper_died(status, err);
		json_decref(line);
		return rc;
	}
	return status == 0 ? 0 : helper_died(status, err);
}

int archive_members(struct engine *e, int fd, int dir, int lock, struct buf *lines, struct err *err)
{
	return helper_run(e, "scan", fd, dir, lock, lines, err);
}

int tree_unpack(struct engine *e, int in, int dir, int lock, struct err *err)
{
	auto_buf struct buf lines = BUF_INIT(LINES_MAX);

	return helper_run(e, "layer", in, dir, lock, &lines, err);
}
