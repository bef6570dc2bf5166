#include "runtime/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define MESSAGE_MAX (64 * KiB)
#define LOG_MAX (16 * MiB)

/* --- protocol buffers: a key of field and kind, then a number or a counted text --- */

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(b, (char) (0x80 | (v & 0x7f)));
	buf_putc(b, (char) v);
}

static void put_bytes(struct buf *b, unsigned field, const void *p, size_t n)
{
	put_varint(b, (uint64_t) field << 3 | 2);
	put_varint(b, n);
	(void) buf_add(b, p, n);
}

void criu_put_int(struct buf *b, unsigned field, uint64_t value)
{
	put_varint(b, (uint64_t) field << 3);
	put_varint(b, value);
}

void criu_put_text(struct buf *b, unsigned field, const char *text)
{
	put_bytes(b, field, text, strlen(text));
}

void criu_put_inherited(struct buf *opts, const char *key, int fd)
{
	auto_buf struct buf m = BUF_INIT(4 * KiB);

	criu_put_text(&m, 1, key);
	criu_put_int(&m, 2, (uint64_t) fd);
	put_bytes(opts, CRIU_INHERIT_FD, m.data, m.len);
}

struct reader {
	const unsigned char *p, *end;
};

struct field {
	unsigned number;
	uint64_t value;    /* kind 0 */
	struct reader sub; /* kind 2 */
};

static int get_varint(struct reader *r, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		unsigned char c = *r->p++;

		v |= (uint64_t) (c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

/* 1: a field, 0: the end. */
static int get_field(struct reader *r, struct field *ret)
{
	uint64_t key, n;

	if (r->p == r->end)
		return 0;
	if (get_varint(r, &key) < 0 || key >> 3 > 1 << 20)
		return -EBADMSG;
	*ret = (struct field){ .number = (unsigned) (key >> 3) };
	switch (key & 7) {
	case 0:
		return get_varint(r, &ret->value) < 0 ? -EBADMSG : 1;
	case 1:
	case 5:
		n = (key & 7) == 1 ? 8 : 4;
		break;
	case 2:
		if (get_varint(r, &n) < 0)
			return -EBADMSG;
		break;
	default:
		return -EBADMSG;
	}
	if (n > (size_t) (r->end - r->p))
		return -EBADMSG;
	ret->sub = (struct reader){ r->p, r->p + n };
	r->p += n;
	return 1;
}

static void text_of(const struct reader *r, char *ret, size_t size)
{
	size_t n = (size_t) (r->end - r->p);

	n = r->p && n < size ? n : 0;
	if (n)
		memcpy(ret, r->p, n);
	ret[n] = '\0';
}

/* criu_restore_resp { pid = 1 }, criu_notify { script = 1, pid = 2 } */
static int parse_part(struct reader r, bool notify, struct criu_answer *a)
{
	struct field f;
	int rc;

	while ((rc = get_field(&r, &f)) == 1) {
		if (notify && f.number == 1)
			text_of(&f.sub, a->script, sizeof a->script);
		else if (f.number == (notify ? 2u : 1u))
			a->pid = f.value <= INT32_MAX ? (pid_t) f.value : 0;
	}
	return rc;
}

int criu_parse(const void *p, size_t n, struct criu_answer *ret)
{
	struct reader r = { p, (const unsigned char *) p + n };
	struct criu_answer a = { 0 };
	struct field f;
	int rc;

	while ((rc = get_field(&r, &f)) == 1) {
		if (f.number == 1)
			a.type = (unsigned) f.value;
		else if (f.number == 2)
			a.success = f.value != 0;
		else if ((f.number == 4 || f.number == 5) && (rc = parse_part(f.sub, f.number == 5, &a)) < 0)
			return rc;
		else if (f.number == 9)
			text_of(&f.sub, a.message, sizeof a.message);
	}
	if (rc == 0)
		*ret = a;
	return rc;
}

/* --- the conversation --- */

static int find_criu(const char *program, char *ret, size_t size, struct err *err)
{
	static const char *const dirs[] = { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin" };

	if (program && strchr(program, '/')) {
		snprintf(ret, size, "%s", program);
		return access(ret, X_OK) == 0 ? 0 : err_sys(err, errno, "--criu '%s'", program);
	}
	for (size_t i = 0; i < LEN(dirs); i++) {
		snprintf(ret, size, "%s/%s", dirs[i], program ? program : "criu");
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return err_set(err, ERR_UNSUPPORTED, "needs criu, which is not installed (package criu)");
}

static pid_t start_criu(
	const struct criu_call *c, const char *path, int sock, int *ret_pidfd, struct err *err)
{
	/* above what criu shall inherit under its own number */
	char number[12], *const argv[] = { (char *) path, "swrk", number, NULL };
	int pass[16][2], n = 0, to = 3;
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv, .envp = environ);

	for (size_t i = 0; i < c->n_fds && n < 15; i++) {
		if (c->fds[i] > 2) {
			pass[n][0] = pass[n][1] = c->fds[i];
			n++;
		}
		to = c->fds[i] >= to ? c->fds[i] + 1 : to;
	}
	pass[n][0] = sock;
	pass[n++][1] = to;
	snprintf(number, sizeof number, "%d", to);
	o.in = 0, o.out = 1, o.err = 2;
	o.pass = (const int(*)[2]) pass;
	o.n_pass = (size_t) n;
	return proc_spawn(&o, ret_pidfd, err);
}

static int send_request(int sock, enum criu_type type, const struct buf *opts, bool success)
{
	auto_buf struct buf m = BUF_INIT(MESSAGE_MAX + 64);

	criu_put_int(&m, 1, type);
	if (opts)
		put_bytes(&m, 2, opts->data, opts->len);
	if (type == CRIU_NOTIFY)
		criu_put_int(&m, 3, success);
	if (buf_failed(&m))
		return -EMSGSIZE;
	return send(sock, m.data, m.len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Reads what criu says until it has answered. */
static int converse(const struct criu_call *c, int sock, struct criu_answer *ret, struct err *err)
{
	static char text[MESSAGE_MAX];
	int rc = send_request(sock, c->type, c->opts, true);

	if (rc < 0)
		return err_sys(err, -rc, "ask criu");
	for (;;) {
		auto_close int fd = -EBADF;
		size_t n_fds = 1;
		ssize_t n = fd_recv(sock, text, sizeof text, &fd, &n_fds, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_SYSTEM, "criu ended without an answer");
		if (criu_parse(text, (size_t) n, ret) < 0)
			return err_set(err, ERR_CORRUPT, "criu's answer cannot be read");
		if (ret->type != CRIU_NOTIFY)
			return 0;
		rc = c->notify ? c->notify(ret, n_fds == 1 ? fd : -EBADF, c->arg, err) : 0;
		if (send_request(sock, CRIU_NOTIFY, NULL, rc == 0) < 0)
			return rc < 0 ? rc : err_set(err, ERR_SYSTEM, "criu is gone");
		if (rc < 0)
			return rc;
	}
}

/* The first complaint in the log says what went wrong; what follows are its consequences. */
static void why(const struct criu_call *c, const struct criu_answer *a, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(LOG_MAX);
	char *at, *line;

	if (file_read(c->log_dir, c->log, PATH_IN_STATE, &b) == 0)
		for (at = b.data; at && (line = strsep(&at, "\n"));)
			if ((line = strstr(line, "Error ("))) {
				(void) err_set(
					err, ERR_SYSTEM, "criu: %.300s (all of it is in '%s')", line, c->log);
				err_import(err);
				return;
			}
	(void) err_set(err, ERR_SYSTEM, "criu failed%s%s", a->message[0] ? ": " : "", a->message);
	err_import(err);
}

int criu_run(const struct criu_call *c, pid_t *ret_pid, struct err *err)
{
	struct criu_answer a = { 0 };
	auto_close int pidfd = -EBADF;
	int sock[2], rc, status;
	char path[PATH_MAX];
	pid_t criu;

	if (buf_failed(c->opts))
		return err_sys(err, ENOMEM, "ask criu");
	if ((rc = find_criu(c->program, path, sizeof path, err)) < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		return err_sys(err, errno, "socketpair");
	criu = start_criu(c, path, sock[1], &pidfd, err);
	close(sock[1]);
	if (criu < 0) {
		close(sock[0]);
		return (int) criu;
	}
	rc = converse(c, sock[0], &a, err);
	close(sock[0]); /* end of file: criu has nothing left to wait for */
	while (waitpid(criu, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return rc;
	if (!a.success) {
		why(c, &a, err);
		return -EIO;
	}
	if (ret_pid)
		*ret_pid = a.pid;
	return 0;
}
