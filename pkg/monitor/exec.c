#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

struct session *session_find(struct monitor *m, const char *id)
{
	for (struct session *s = m->sessions; s && id; s = s->next)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

static void session_free(struct session *s)
{
	struct monitor *m = s->m;
	struct err err;

	for (struct session **at = &m->sessions; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			m->n_sessions--;
			break;
		}
	err_set(&err, ERR_NOT_FOUND, "exec session '%s' is no longer known", s->id);
	pends_fail(m, PEND_SESSION, NULL, s, &err);
	timer_stop(&m->loop, &s->timer);
	timer_stop(&m->loop, &s->job.timer);
	io_detach_all(&s->io);
	io_close(&s->io);
	if (*s->console)
		(void) unlinkat(m->run_fd, s->console, 0);
	free(s);
}

void sessions_free(struct monitor *m)
{
	while (m->sessions)
		session_free(m->sessions);
}

static void on_forget(struct timer *t) { session_free(OWNER_OF(t, struct session, timer)); }

/* Room for another: of those that have ended the oldest is forgotten (the list is newest first). */
static void make_room(struct monitor *m)
{
	struct session *oldest = NULL;
	size_t ended = 0;

	for (struct session *s = m->sessions; s; s = s->next)
		if (s->over) {
			oldest = s;
			ended++;
		}
	if (ended >= SESSIONS_KEPT)
		session_free(oldest);
}

static bool id_ok(const char *id)
{
	size_t n = strlen(id);

	return n && n <= 72 &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

static struct session *session_new(struct monitor *m, struct ctr *c, const char *id, struct err *err)
{
	char random[ID_LEN + 1];
	struct session *s;

	if (!id) {
		id_random(random);
		id = random;
	}
	if (!id_ok(id)) {
		err_set(err, ERR_INVALID, "exec session id '%.80s' is not usable", id);
		return NULL;
	}
	if (session_find(m, id)) {
		err_set(err, ERR_EXISTS, "exec session '%s' exists", id);
		return NULL;
	}
	make_room(m);
	if (m->n_sessions >= SESSIONS_MAX || !(s = calloc(1, sizeof *s))) {
		err_set(err, ERR_STATE, "too many exec sessions");
		return NULL;
	}
	s->m = m;
	s->c = c;
	snprintf(s->id, sizeof s->id, "%s", id);
	s->job = (struct job){ .m = m, .s = s };
	io_init(&s->io, m);
	s->io.session = s;
	s->next = m->sessions;
	m->sessions = s;
	m->n_sessions++;
	return s;
}

static void file_name(const struct session *s, const char *what, char path[240])
{
	snprintf(path, 240, "%s/%s.%s", s->c->p->id, what, s->id);
}

static void files_remove(const struct session *s)
{
	static const char *const names[] = { "pid", "log", "process" };
	size_t n = s->internal ? 2 : LEN(names); /* a probe's command is written once */
	char path[240];

	for (size_t i = 0; s->c && i < n; i++) {
		file_name(s, names[i], path);
		(void) unlinkat(s->m->run_fd, path, 0);
	}
}

/* The OCI process object as the runtime reads it; its "terminal" is ours to say. */
static int process_write(const struct session *s, const json_t *process, struct err *err)
{
	json_t *copy = json_deep_copy(process);
	auto_close int dir = -EBADF;
	char *text = NULL, name[100];
	int rc = -ENOMEM;

	snprintf(name, sizeof name, "process.%s", s->id);
	if (copy && json_object_set_new(copy, "terminal", json_boolean(s->tty)) == 0 &&
		env_files_into(s->c, copy) == 0 && (text = json_print(copy))) {
		dir = path_open(s->m->run_fd, s->c->p->id, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		rc = dir < 0 ? dir : file_replace(dir, name, text, strlen(text), 0600, false);
	}
	free(text);
	json_decref(copy);
	return rc < 0 ? err_sys(err, -rc, "write '%s'", name) : 0;
}

static uint16_t size_of(const json_t *request, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(request, key));

	return v > 0 && v <= UINT16_MAX ? (uint16_t) v : 0;
}

static int begin(struct session *s, const json_t *request, const int *fds, size_t nfds, struct err *err)
{
	static unsigned count;
	const int none[3] = { -1, -1, -1 };
	bool passed = !s->tty && !s->detach;
	int rc;

	if (passed && nfds != 3)
		return err_set(err, ERR_INVALID,
			"exec: three descriptors are needed without a terminal, got %zu", nfds);
	if ((rc = process_write(s, json_object_get(request, "process"), err)) < 0)
		return rc;
	if (s->tty) {
		snprintf(s->console, sizeof s->console, "console-%u", count++);
		s->io.rows = size_of(request, "rows");
		s->io.cols = size_of(request, "cols");
		if ((rc = io_open_console(&s->io, s->console, err)) < 0)
			return rc;
	}
	return runtime_exec(s, passed ? fds : none, err);
}

int session_start(struct monitor *m, struct pend *pend, const json_t *request, const int *fds, size_t nfds,
	struct err *err)
{
	const char *id = json_string_value(json_object_get(request, "ctr"));
	struct ctr *c = ctr_find(m, id);
	struct session *s;
	int rc;

	if (!c)
		return err_set(err, ERR_NOT_FOUND, "container '%.80s' is not in this pod", id ? id : "");
	if (c->s.state != CTR_RUNNING && c->s.state != CTR_STOPPING)
		return err_set(err, ERR_STATE, "exec: container '%s' is not running (%s)", c->p->name,
			ctr_state_names[c->s.state]);
	if (!json_is_object(json_object_get(request, "process")))
		return err_set(err, ERR_INVALID, "process: required");
	if (!(s = session_new(m, c, json_string_value(json_object_get(request, "session")), err)))
		return -EINVAL;
	s->tty = json_is_true(json_object_get(request, "tty"));
	s->detach = json_is_true(json_object_get(request, "detach"));
	if ((rc = begin(s, request, fds, nfds, err)) < 0) {
		files_remove(s);
		session_free(s);
		return err_wrap(err, "container '%s'", c->p->name);
	}
	s->pend = pend;
	s->client = pend->client;
	pend->s = s;
	return 0;
}

/* ---- commands of probes and hooks: the container's own process with other arguments ---- */

static int process_of_bundle(const struct ctr *c, json_t **ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);
	char path[600];
	json_t *v;
	int rc;

	snprintf(path, sizeof path, "%s/config.json", c->p->bundle);
	if ((rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b)) < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (!(v = json_parse(b.data, b.len, err)))
		return err_wrap(err, "%s", path);
	*ret = json_incref(json_object_get(v, "process"));
	json_decref(v);
	return *ret ? 0 : err_set(err, ERR_CORRUPT, "%s: has no process", path);
}

static int command_write(struct check *k, struct err *err)
{
	json_t *process = NULL, *args = json_array();
	auto_close int dir = -EBADF;
	char *text = NULL, name[40];
	int rc = process_of_bundle(k->c, &process, err);

	if (rc < 0) {
		json_decref(args);
		return rc;
	}
	for (size_t i = 0; i < k->h->argv.n; i++)
		json_array_append_new(args, json_string(k->h->argv.v[i]));
	json_object_del(process, "consoleSize");
	rc = -ENOMEM;
	snprintf(name, sizeof name, "process.%s", k->name);
	if (json_object_set_new(process, "args", args) == 0 &&
		json_object_set_new(process, "terminal", json_false()) == 0 && (text = json_print(process))) {
		dir = path_open(k->m->run_fd, k->c->p->id, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		rc = dir < 0 ? dir : file_replace(dir, name, text, strlen(text), 0600, false);
	}
	free(text);
	json_decref(process);
	return rc < 0 ? err_sys(err, -rc, "write '%s'", name) : 0;
}

int session_check(struct check *k, const int fds[3], struct err *err)
{
	struct session *s;
	int rc;

	if (!k->written && (rc = command_write(k, err)) < 0)
		return rc;
	k->written = true;
	if (!(s = session_new(k->m, k->c, NULL, err)))
		return -EINVAL;
	s->internal = true;
	s->check = k;
	if ((rc = runtime_exec(s, fds, err)) < 0) {
		session_free(s);
		return rc;
	}
	k->session = s;
	return 0;
}

static void command_kill(const struct session *s)
{
	if (getpgid(s->pid) == s->pid) /* with what it started */
		(void) kill(-s->pid, SIGKILL);
	(void) kill(s->pid, SIGKILL);
}

void session_abandon(struct session *s)
{
	s->check = NULL;
	if (s->running)
		command_kill(s);
}

static void session_failed(struct session *s, struct err *err)
{
	struct check *k = s->check;

	if (s->internal) {
		files_remove(s);
		session_free(s);
		if (k)
			check_not_run(k, err);
		return;
	}
	if (s->c)
		err_wrap(err, "container '%s': exec", s->c->p->name);
	files_remove(s);
	if (s->pend)
		pend_fail(s->pend, err);
	session_free(s);
}

void session_created(struct session *s, int status)
{
	struct monitor *m = s->m;
	struct err err = { 0 };
	struct pend *p = s->pend;
	char name[100];
	int died = 0, rc = 0;
	bool orphan = false;

	if (!s->c) {
		rc = err_set(&err, ERR_NOT_FOUND, "the container was removed");
	} else if (status) {
		snprintf(name, sizeof name, "log.%s", s->id);
		rc = runtime_reason(m, s->c->p->id, name, "exec", status, &err);
	} else {
		snprintf(name, sizeof name, "pid.%s", s->id);
		rc = runtime_pid(m, s->c->p->id, name, &s->pid, &err);
		orphan = rc == 0 && runtime_orphan(m, s->pid, &died);
	}
	if (rc == 0 && s->tty && !io_console_ready(&s->io) && !orphan)
		rc = err_set(&err, ERR_SYSTEM, "the runtime sent no terminal");
	if (rc < 0) {
		session_failed(s, &err);
		return;
	}
	files_remove(s);
	if (s->c && !s->internal)
		event_exec(s->c, false, 0);
	s->running = true;
	s->pend = NULL;
	if (s->internal && !s->check && !orphan)
		command_kill(s);
	if (p) {
		if (s->tty && !s->detach) {
			p->client->want_out = p->client->hold_in = p->client->want_in = true;
			p->attach = &s->io;
		}
		pend_answer(p, json_pack("{s:b, s:i, s:s}", "ok", 1, "pid", (int) s->pid, "session", s->id),
			-EBADF);
	}
	if (orphan)
		session_exited(s, proc_exit_code(died));
}

void session_exited(struct session *s, int code)
{
	struct monitor *m = s->m;
	struct check *k = s->check;
	json_t *event;

	s->running = false;
	if (s->internal) {
		session_free(s);
		if (k)
			check_exited(k, code);
		return;
	}
	s->over = true;
	s->code = code;
	if (s->c)
		event_exec(s->c, true, code);
	io_drain(&s->io);
	event = json_pack("{s:s, s:s, s:i}", "ev", "EXITED", "session", s->id, "code", code);
	if (s->tty)
		io_exited(&s->io, event);
	else if (s->client && !s->detach)
		client_send(s->client, event, -EBADF);
	else
		json_decref(event);
	io_close(&s->io);
	s->client = NULL;
	pends_answer(m, PEND_SESSION, NULL, s, "{s:b, s:i}", "ok", 1, "code", code);
	timer_set(&m->loop, &s->timer, SESSION_KEEP_US, on_forget);
}

/* The end of a terminal is a hang-up for what runs on it; what was given descriptors of its own goes on. */
void session_client_gone(struct session *s)
{
	s->client = NULL;
	s->pend = NULL;
	if (s->tty && !s->detach)
		io_close(&s->io);
}
