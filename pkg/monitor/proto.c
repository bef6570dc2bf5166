#include "pkg/monitor/proto.h"
#include "pkg/codec/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/monitor/plan.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"

#define ARGS_MAX 16

void monitor_msg_done(struct monitor_msg *m)
{
	json_decref(m->json);
	free(m->data);
	for (size_t i = 0; i < m->nfds; i++)
		fd_close_p(&m->fds[i]);
	*m = (struct monitor_msg){ 0 };
}

int monitor_spawn(const char *program, const char *const *argv_extra, int alive_fd, int run_dir, int data_dir,
	int cgroup_fd, pid_t *ret_pid, int *ret_sock, int *ret_kick, struct err *err)
{
	int pass[5][2];
	char *argv[ARGS_MAX + 2] = { (char *) (uintptr_t) program };
	struct proc_opts o =
		PROC_OPTS(.path = program, .argv = argv, .pass = (const int(*)[2]) pass, .new_session = true);
	auto_close int ours = -EBADF;
	auto_close int theirs = -EBADF;
	auto_close int kick = -EBADF;
	pid_t pid;
	int sv[2];

	o.cgroup_fd = cgroup_fd;
	if (alive_fd >= 0) {
		const int held[3][2] = { { alive_fd, MONITOR_FD_ALIVE }, { run_dir, MONITOR_FD_RUN },
			{ data_dir, MONITOR_FD_DATA } };

		memcpy(pass, held, sizeof held);
		o.n_pass = LEN(held);
	}
	for (size_t i = 0; argv_extra && argv_extra[i]; i++) {
		if (i == ARGS_MAX)
			return err_set(err, ERR_INVALID, "too many arguments for '%s'", program);
		argv[i + 1] = (char *) (uintptr_t) argv_extra[i];
	}
	if (ret_sock) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
			return err_sys(err, errno, "make the socket of the monitor");
		ours = sv[0], theirs = sv[1];
		pass[o.n_pass][0] = theirs, pass[o.n_pass][1] = MONITOR_FD_CLIENT;
		o.n_pass++;
	}
	if (ret_sock && ret_kick) {
		if ((kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
			return err_sys(err, errno, "make the start event of the monitor");
		pass[o.n_pass][0] = kick, pass[o.n_pass][1] = MONITOR_FD_KICK;
		o.n_pass++;
	}
	if ((pid = proc_spawn(&o, NULL, err)) < 0)
		return err_wrap(err, "start the monitor");
	if (ret_pid)
		*ret_pid = pid;
	if (ret_sock)
		*ret_sock = fd_steal(&ours);
	if (kick >= 0)
		*ret_kick = fd_steal(&kick);
	return 0;
}

void monitor_kick(int kick)
{
	uint64_t one = 1;

	if (kick >= 0)
		(void) !write(kick, &one, sizeof one);
}

int monitor_connect(int run_dir, int *ret_sock, struct err *err)
{
	int s = sock_connect(run_dir, "ctl");

	if (s == -ENOENT || s == -ECONNREFUSED)
		return err_set(err, ERR_NOT_FOUND, "no monitor is running");
	if (s < 0)
		return err_sys(err, -s, "connect to the monitor");
	*ret_sock = s;
	return 0;
}

static int hung_up(const char *what, struct err *err)
{
	(void) err_set(err, ERR_STATE, "%s has ended", what);
	err->errnum = EPIPE;
	return -EPIPE;
}

static int send_failed(int errnum, struct err *err)
{
	if (errnum == EPIPE || errnum == ECONNRESET)
		return hung_up("the pod", err);
	return err_sys(err, errnum, "send to the monitor");
}

int monitor_send(int sock, json_t *request, const int *fds, size_t nfds, struct err *err)
{
	auto_free char *text = request ? json_print(request) : NULL;
	auto_free char *msg = NULL;
	size_t n = text ? strlen(text) : 0;
	int rc;

	json_decref(request);
	if (!text || !(msg = malloc(n + 1)))
		return err_sys(err, ENOMEM, "send to the monitor");
	if (n + 1 > PROTO_MSG_MAX)
		return err_set(err, ERR_INVALID,
			"request to the monitor is too large (%zu bytes, at most %lu)", n, PROTO_MSG_MAX);
	msg[0] = PROTO_JSON;
	memcpy(msg + 1, text, n);
	if ((rc = fd_send(sock, msg, n + 1, fds, nfds)) < 0)
		return send_failed(-rc, err);
	return 0;
}

int monitor_send_data(int sock, enum proto_kind kind, const void *p, size_t n, struct err *err)
{
	char msg[1 + PROTO_DATA_MAX];
	const char *at = p;

	do {
		size_t part = n < PROTO_DATA_MAX ? n : PROTO_DATA_MAX;
		int rc;

		msg[0] = (char) kind;
		memcpy(msg + 1, at, part);
		if ((rc = fd_send(sock, msg, part + 1, NULL, 0)) < 0)
			return send_failed(-rc, err);
		at += part;
		n -= part;
	} while (n);
	return 0;
}

/* The status of a large pod does not fit PROTO_MSG_MAX; what a monitor sends is bounded by STATUS_MAX. */
static ssize_t next_size(int sock)
{
	char byte;
	ssize_t n;

	do
		n = recv(sock, &byte, 1, MSG_PEEK | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int monitor_recv(int sock, struct monitor_msg *ret, struct err *err)
{
	struct monitor_msg m = { .nfds = LEN(m.fds) };
	auto_free char *buf = NULL;
	ssize_t n = next_size(sock);

	if (n == 0 || n == -ECONNRESET)
		return 0;
	if (n < 0)
		return err_sys(err, (int) -n, "receive from the monitor");
	if ((size_t) n > STATUS_MAX || !(buf = malloc((size_t) n + 1)))
		return err_sys(err, ENOMEM, "receive from the monitor");
	if ((n = fd_recv(sock, buf, (size_t) n, m.fds, &m.nfds, 0)) < 0)
		return err_sys(err, (int) -n, "receive from the monitor");
	if (n == 0)
		return 0;
	buf[n] = '\0';
	m.kind = (unsigned char) buf[0];
	switch (m.kind) {
	case PROTO_JSON: {
		json_error_t e;

		if ((m.json = json_loadb(buf + 1, (size_t) n - 1, 0, &e)))
			break;
		monitor_msg_done(&m);
		return err_set(err, ERR_CORRUPT, "message from the monitor: %s", e.text);
	}
	case PROTO_IN:
	case PROTO_OUT:
	case PROTO_ERR:
		m.n = (size_t) n - 1;
		memmove(buf, buf + 1, m.n + 1);
		m.data = ptr_steal(&buf);
		break;
	default:
		monitor_msg_done(&m);
		return err_set(
			err, ERR_CORRUPT, "message from the monitor of unknown kind %d", n ? buf[0] : 0);
	}
	*ret = m;
	return 1;
}

int monitor_answer_err(const json_t *answer, struct err *err)
{
	const json_t *e = json_object_get(answer, "err");
	json_int_t kind, errnum;
	const char *msg;
	int rc;

	if (!e)
		return 0;
	kind = json_integer_value(json_object_get(e, "kind"));
	errnum = json_integer_value(json_object_get(e, "errnum"));
	msg = json_string_value(json_object_get(e, "msg"));
	rc = err_set(err, kind > 0 && kind < ERR_KIND_COUNT ? (enum err_kind) kind : ERR_SYSTEM, "%s",
		msg ? msg : "the monitor gave no reason");
	if (errnum > 0 && errnum < 4096) {
		err->errnum = (int32_t) errnum;
		rc = -(int) errnum;
	}
	err_import(err);
	return rc;
}

int monitor_call(int sock, json_t *request, json_t **ret_answer, struct err *err)
{
	int rc = monitor_send(sock, request, NULL, 0, err);

	while (rc >= 0) {
		struct monitor_msg m = { 0 };

		if ((rc = monitor_recv(sock, &m, err)) < 0)
			break;
		if (rc == 0)
			return hung_up("the monitor", err);
		if (m.kind == PROTO_JSON && !json_object_get(m.json, "ev")) {
			rc = monitor_answer_err(m.json, err);
			if (rc == 0 && ret_answer)
				*ret_answer = json_incref(m.json);
			monitor_msg_done(&m);
			return rc;
		}
		monitor_msg_done(&m);
	}
	return rc;
}
