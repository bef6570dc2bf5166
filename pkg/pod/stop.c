/* Talking to a living pod, and its end: connect, adopt, stop, kill, the last status. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "pkg/engine/scope.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"

#define GONE_TIMEOUT_MS 10000 /* a monitor that was told to end and hangs is killed */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "stop pod"); }

/* ---- connection ------------------------------------------------------------------------------------------------------ */

/* A new monitor for containers that lost theirs.  It listens before it answers, so its socket is waited for by the lock: the
 * first connection that works is the new one's. */
int pod_adopt(struct engine *e, struct pod *p, struct err *err)
{
	static const char *const extra[] = { "--adopt", NULL };
	auto_close int alive = path_open(p->run_fd, PATH_ALIVE, PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	const char *program;
	int rc;

	if (alive < 0)
		return err_sys(err, -alive, "open the lock of the monitor");
	if ((rc = lock_file(alive, true, false)) == -EAGAIN)
		return 0; /* somebody was quicker */
	if (rc < 0)
		return err_sys(err, -rc, "take the lock of the monitor");
	(void) unlinkat(p->run_fd, PATH_CTL, 0); /* the dead one's: nobody must meet it */
	if ((rc = engine_helper(e, "podctl-monitor", &program, err)) < 0 ||
		(rc = monitor_spawn(
			 program, extra, alive, p->run_fd, p->data_fd, -1, NULL, NULL, NULL, err)) < 0)
		return err_wrap(err, "adopt '%s'", p->row.name);
	return 0;
}

/* Waits until the socket is there: a monitor needs a millisecond or two from its start. */
static int connect_wait(struct pod *p, int *ret_sock, struct err *err)
{
	for (int tries = 0;; tries++) {
		int rc = monitor_connect(p->run_fd, ret_sock, err);

		if (rc >= 0 || err->kind != ERR_NOT_FOUND || tries == 500)
			return rc;
		if (!pod_monitor_alive(p))
			return err_set(err, ERR_STATE, "'%s' is not running", p->row.name);
		err_clear(err);
		(void) poll(NULL, 0, 10);
	}
}

int pod_connect(struct engine *e, struct pod *p, int *ret_sock, struct err *err)
{
	int rc;

	if (p->run_fd < 0)
		return err_set(err, ERR_STATE, "'%s' is not running", p->row.name);
	if (!pod_monitor_alive(p)) {
		if (p->row.state != ROW_STARTED || !pod_has_live_process(p))
			return err_set(err, ERR_STATE, "'%s' is not running", p->row.name);
		if ((rc = pod_adopt(e, p, err)) < 0)
			return rc;
	}
	if ((rc = connect_wait(p, ret_sock, err)) < 0)
		return rc;
	p->alive = true;
	return 0;
}

/* ---- end of the monitor ----------------------------------------------------------------------------------------------- */

static void kill_peer(int sock)
{
	struct ucred u;
	socklen_t n = sizeof u;

	/* the starter's own connection is a pair it made itself, and its peer's pid is its own */
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 && u.pid > 1 && u.pid != getpid())
		(void) kill(u.pid, SIGKILL);
}

static int wait_lock(int fd)
{
	struct timespec pause = { .tv_nsec = 20000 }; /* the kernel closes one descriptor after the other */
	uint64_t until = time_mono_us() + GONE_TIMEOUT_MS * 1000ULL;
	int rc;

	while ((rc = lock_file(fd, true, false)) == -EAGAIN && time_mono_us() < until) {
		(void) nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 2000000 ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
	return rc;
}

/* One that hung up and lives on (it had no memory for the answer) is killed like one that does not answer. */
static int take_its_lock(int fd, int sock)
{
	int rc = wait_lock(fd);

	if (rc != -EAGAIN)
		return rc;
	if (sock >= 0)
		kill_peer(sock);
	return (rc = wait_lock(fd)) == -EAGAIN ? -ETIMEDOUT : rc;
}

/* Waits for the end of the connection, which is the end of the monitor, then for its lock. */
int monitor_gone(struct pod *p, int sock, struct err *err)
{
	uint64_t until = time_mono_us() + GONE_TIMEOUT_MS * 1000ULL;
	auto_close int fd = -EBADF;
	bool killed = false;
	int rc;

	while (sock >= 0) {
		uint64_t now = time_mono_us();
		struct pollfd pfd = { .fd = sock, .events = POLLIN };
		struct monitor_msg m = { 0 };

		rc = now < until ? poll(&pfd, 1, (int) ((until - now) / 1000) + 1) : 0;
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0) {
			if (killed)
				break;
			kill_peer(sock);
			killed = true;
			until = now + GONE_TIMEOUT_MS * 1000ULL;
			continue;
		}
		rc = monitor_recv(sock, &m, err);
		monitor_msg_done(&m);
		if (rc == 0)
			break;
		if (rc < 0) {
			err_clear(err);
			break;
		}
	}
	fd = path_open(p->run_fd, PATH_ALIVE, PATH_IN_STATE, O_RDWR, 0);
	if (fd >= 0 && (rc = take_its_lock(fd, sock)) < 0)
		return err_sys(err, -rc, "wait for the monitor");
	p->alive = false;
	return 0;
}

/* ---- the last status --------------------------------------------------------------------------------------------------- */

/* What the status says runs, while nothing does, ended without anybody seeing how. */
void pod_assume_ended(struct pod *p)
{
	for (size_t i = 0; i < p->status.containers.n; i++) {
		struct status_container *s = LIST_AT(p->status.containers, struct status_container, i);

		if (s->state == CTR_EXITED || s->state == CTR_CREATED)
			continue;
		s->state = CTR_EXITED;
		s->exit_code = 137;
		s->pid = 0;
		s->finished_us = time_now_us();
		s->reason = (char *) "ContainerStatusUnknown";
		s->message = (char *) "the monitor was killed; how the container ended is not known";
	}
}

int pod_record_end(struct engine *e, struct pod *p, struct err *err)
{
	auto_free char *text = NULL;
	json_t *v;
	int rc;

	if ((rc = pod_read_status(e, p, err)) < 0) {
		log_warn("%s, ignoring", err->msg);
		err_clear(err);
		p->status = (struct status){ 0 };
	}
	pod_assume_ended(p);
	v = encode_json(status_fields, &p->status);
	text = v ? json_print(v) : NULL;
	json_decref(v);
	if (!text || !(p->row.status = arena_strdup(&p->arena, text)))
		return no_memory(err);
	if ((rc = store_pod_set_status(e->store, p->row.id, ROW_EXITED, text, err)) < 0)
		return rc;
	p->row.state = ROW_EXITED;
	for (size_t i = 0; i < p->n && !p->row.autoremove; i++)
		if (pod_status_of(p, p->ctr_row[i].id))
			ctr_event(e, p, i, "cleanup");
	return 0;
}

/* ---- stop and kill ----------------------------------------------------------------------------------------------------- */

/* Nobody to ask: whatever is in the pod's cgroup, or known by pid and start time, is killed. */
int pod_kill_all(struct engine *e, struct pod *p, struct err *err)
{
	struct pod_res r;
	int rc;

	if ((rc = pod_res_load(p, &p->arena, &r, err)) < 0)
		return rc;
	if (*r.cgroup && e->cgroups_usable) {
		if (!e->cgroups_open && (rc = engine_cgroups(e, err)) < 0)
			return rc;
		if ((rc = cgroup_kill(&e->cgroups, r.cgroup, SIGKILL, err)) < 0)
			return rc;
	}
	for (size_t i = 0; i < p->status.containers.n; i++) {
		const struct status_container *s = LIST_AT(p->status.containers, struct status_container, i);
		auto_close int pidfd =
			s->pid > 0 && s->start_time ? proc_pidfd((pid_t) s->pid, s->start_time) : -EBADF;
		struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

		if (pidfd < 0)
			continue;
		(void) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		(void) poll(&pfd, 1, GONE_TIMEOUT_MS);
	}
	return 0;
}

/* 'whole': the pod ends with it, and what is left is ours to free. */
static int stop_ask(struct engine *e, struct pod *p, int sock, json_t *request, bool whole, struct err *err)
{
	int rc = monitor_call(sock, request, NULL, err);
	char byte;

	/* it may have ended by itself between our look and our word, or before its answer; its lock goes a moment after its
	 * connections */
	if (rc < 0 && rc != -EPIPE && pod_monitor_alive(p) &&
		recv(sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return rc;
	if (rc == 0 && !whole)
		return 0;
	err_clear(err);
	if ((rc = monitor_gone(p, sock, err)) < 0 || (rc = pod_record_end(e, p, err)) < 0)
		return rc;
	return pod_teardown(e, p, err);
}

int pod_stop(struct engine *e, struct pod *p, const char *ctr, uint64_t timeout_us, struct err *err)
{
	auto_close int sock = -EBADF;
	json_t *request;
	int rc = pod_connect(e, p, &sock, err);

	if (rc < 0) {
		if (err->kind != ERR_STATE)
			return rc;
		err_clear(err);
		if (p->row.state != ROW_STARTED || ctr)
			return 0;
		if ((rc = pod_kill_all(e, p, err)) < 0 || (rc = pod_record_end(e, p, err)) < 0)
			return rc;
		return pod_teardown(e, p, err);
	}
	request = json_pack("{s:s}", "op", "STOP");
	if (request && ctr && !p->row.solo)
		(void) json_object_set_new(request, "ctr", json_string(ctr));
	if (request && timeout_us != UINT64_MAX)
		(void) json_object_set_new(request, "timeout_us", json_integer((json_int_t) timeout_us));
	if (!request)
		return no_memory(err);
	if (ctr && !p->row.solo)
		return stop_ask(e, p, sock, request, false, err);
	/* what is left is ours to free; if we are killed before that, our end of the connection tells, and the monitor's
	 * cleaner does it */
	(void) json_object_set_new(request, "cleans", json_true());
	return stop_ask(e, p, sock, request, true, err);
}

int pod_kill(struct engine *e, struct pod *p, const char *ctr, int sig, struct err *err)
{
	auto_close int sock = -EBADF;
	json_t *request;
	int rc;

	if ((rc = pod_connect(e, p, &sock, err)) < 0)
		return rc;
	request = json_pack("{s:s, s:i}", "op", "KILL", "signal", sig);
	if (request && ctr)
		(void) json_object_set_new(request, "ctr", json_string(ctr));
	return request ? monitor_call(sock, request, NULL, err) : no_memory(err);
}
