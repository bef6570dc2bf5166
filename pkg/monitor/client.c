#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static void on_client(struct watch *w, short revents);

struct client *client_new(struct monitor *m, int fd)
{
	struct client *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->m = m;
	c->fd = fd;
	c->tail = &c->head;
	if (watch_add(&m->loop, &c->w, fd, POLLIN, on_client) < 0) {
		free(c);
		return NULL;
	}
	c->next = m->clients;
	m->clients = c;
	m->n_clients++;
	return c;
}

static void out_free(struct client *c, struct out *o)
{
	c->queued -= o->n;
	fd_close_p(&o->fd);
	free(o);
}

static void queue_free(struct client *c)
{
	while (c->head) {
		struct out *o = c->head;

		c->head = o->next;
		out_free(c, o);
	}
	c->tail = &c->head;
}

/* What the client was to the rest ends here; its memory goes at the end of the turn (clients_bury). */
void client_kill(struct client *c)
{
	struct monitor *m = c->m;

	if (c->dead)
		return;
	c->dead = true;
	watch_remove(&m->loop, &c->w);
	client_detach(c);
	fd_close_p(&c->fd);
	queue_free(c);
	for (struct session *s = m->sessions; s; s = s->next)
		if (s->client == c)
			session_client_gone(s);
	for (struct pend *p = c->pends; p; p = p->next) {
		p->wait = PEND_NONE;
		if (p == m->go)
			m->go = NULL;
	}
	if (m->starter == c)
		m->starter = NULL;
}

void client_close(struct client *c)
{
	c->closing = true;
	if (!c->head)
		client_kill(c);
	else
		client_watch(c);
}

void clients_bury(struct monitor *m)
{
	for (struct client **at = &m->clients; *at;) {
		struct client *c = *at;

		if (!c->dead) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		while (c->pends) {
			struct pend *p = c->pends;

			c->pends = p->next;
			json_decref(p->answer);
			fd_close_p(&p->fd);
			free(p);
		}
		m->n_clients--;
		free(c);
	}
}

bool clients_idle(const struct monitor *m)
{
	for (const struct client *c = m->clients; c; c = c->next)
		if (!c->dead && c->head)
			return false;
	return true;
}

/* What the connection is polled for.  Input that the container does not take stops the reading of its owner. */
void client_watch(struct client *c)
{
	bool blocked = (c->attached && c->attached->in_owner == c && c->attached->in_n) ||
		       c->n_pends >= PENDS_MAX || (!c->starter && c->queued > CLIENT_QUEUE_MAX);

	c->w.events = (short) ((c->waits_kick                  ? POLLRDHUP
				       : blocked || c->closing ? 0
							       : POLLIN) |
			       (c->head ? POLLOUT : 0));
}

/* ---- sending ---- */

static int queue_put(struct client *c, const char *p, size_t n, int fd, bool data, enum proto_kind kind)
{
	struct out *o = malloc(sizeof *o + n + 1);

	if (!o)
		return -ENOMEM;
	*o = (struct out){ .n = n + 1, .fd = fd, .data = data };
	o->bytes[0] = (char) kind;
	memcpy(o->bytes + 1, p, n);
	*c->tail = o;
	c->tail = &o->next;
	c->queued += o->n;
	client_watch(c);
	return 0;
}

void client_send(struct client *c, json_t *msg, int fd)
{
	auto_free char *text = msg ? json_print(msg) : NULL;
	auto_close int passed = fd;

	json_decref(msg);
	if (c->dead || c->closing)
		return;
	/* an answer that cannot be given would leave the client waiting for ever: hang up instead */
	if (!text || queue_put(c, text, strlen(text), passed, false, PROTO_JSON) < 0) {
		client_kill(c);
		return;
	}
	fd_steal(&passed);
}

static void flush(struct client *c)
{
	while (!c->dead && c->head) {
		struct out *o = c->head;
		int rc = fd_send(c->fd, o->bytes, o->n, &o->fd, o->fd >= 0);

		if (rc == -EAGAIN || rc == -ENOBUFS)
			return;
		if (rc < 0) {
			client_kill(c);
			return;
		}
		if (!(c->head = o->next))
			c->tail = &c->head;
		out_free(c, o);
	}
	if (c->dead)
		return;
	if (c->closing) {
		client_kill(c);
		return;
	}
	client_watch(c);
	if (c->starter && c->attached && !c->m->go)
		io_set_paused(c->attached, false);
}

void client_flush(struct client *c)
{
	if (!c->dead && c->head)
		flush(c);
}

void clients_flush(struct monitor *m)
{
	for (struct client *c = m->clients; c; c = c->next)
		client_flush(c);
}

static void drop_slow(struct client *c)
{
	client_detach(c);
	queue_free(c);
	client_send(c,
		json_pack("{s:s, s:s}", "ev", "DROPPED", "msg", "too slow: output was not read in time"),
		-EBADF);
	if (!c->dead)
		client_close(c);
}

void client_data(struct client *c, enum proto_kind kind, char *buf, size_t n)
{
	if (c->dead || c->closing)
		return;
	if (!c->head) {
		buf[0] = (char) kind;
		int rc = fd_send(c->fd, buf, n + 1, NULL, 0);

		if (rc == 0)
			return;
		if (rc != -EAGAIN && rc != -ENOBUFS) {
			client_kill(c);
			return;
		}
	}
	if (!c->starter && c->queued + n > CLIENT_QUEUE_MAX) {
		drop_slow(c);
		return;
	}
	if (queue_put(c, buf + 1, n, -EBADF, true, kind) < 0) {
		client_kill(c);
		return;
	}
	if (c->starter && c->queued > CLIENT_QUEUE_LOW)
		io_set_paused(c->attached, true);
}

/* ---- attaching ---- */

void client_attach(struct client *c, struct io *io)
{
	if (c->dead)
		return;
	client_detach(c);
	c->attached = io;
	if (c->hold_in && !io->in_owner)
		io->in_owner = c;
}

void client_detach(struct client *c)
{
	struct io *io = c->attached;

	if (!io)
		return;
	c->attached = NULL;
	if (c->starter)
		io_set_paused(io, false);
	if (io->in_owner != c)
		return;
	io->in_owner = NULL;
	if (io->in_once)
		io_input(io, NULL, 0);
	for (struct client *other = c->m->clients; other; other = other->next)
		if (!other->dead && other->attached == io && other->hold_in) {
			io->in_owner = other;
			break;
		}
}

void io_fan_out(struct io *io, enum proto_kind kind, char *buf, size_t n)
{
	for (struct client *c = io->m->clients, *next; c; c = next) {
		next = c->next;
		if (c->attached == io && (kind == PROTO_ERR ? c->want_err : c->want_out))
			client_data(c, kind, buf, n);
	}
}

void io_detach_all(struct io *io)
{
	for (struct client *c = io->m->clients; c; c = c->next)
		if (c->attached == io)
			client_detach(c);
	io->in_owner = NULL;
}

void io_exited(struct io *io, json_t *event)
{
	for (struct client *c = io->m->clients; c; c = c->next)
		if (c->attached == io)
			client_send(c, json_incref(event), -EBADF);
	json_decref(event);
	io_detach_all(io);
}

/* ---- answers ---- */

struct pend *pend_new(struct client *c, enum pend_wait wait)
{
	struct pend *p = calloc(1, sizeof *p), **at = &c->pends;

	if (!p) {
		client_kill(c);
		return NULL;
	}
	*p = (struct pend){ .client = c, .wait = wait, .fd = -EBADF };
	while (*at)
		at = &(*at)->next;
	*at = p;
	c->n_pends++;
	return p;
}

void pend_answer(struct pend *p, json_t *answer, int fd)
{
	struct client *c = p->client;

	if (c->dead) {
		json_decref(answer);
		fd_close_p(&fd);
		return;
	}
	if (c->m->go == p)
		c->m->go = NULL;
	p->wait = PEND_NONE;
	if (!answer) { /* out of memory */
		fd_close_p(&fd);
		client_kill(c);
		return;
	}
	p->answer = answer;
	p->fd = fd;
	while (!c->dead && c->pends && c->pends->answer) {
		struct pend *head = c->pends;

		c->pends = head->next;
		c->n_pends--;
		client_send(c, head->answer, head->fd);
		if (head->attach)
			client_attach(c, head->attach);
		free(head);
	}
	if (!c->dead)
		client_watch(c);
}

json_t *err_json(const struct err *err)
{
	json_t *v = json_pack("{s:{s:i, s:i, s:s}}", "err", "kind", (int) err->kind, "errnum",
		(int) err->errnum, "msg", err->msg);

	/* a text that is not UTF-8 (a name in an image) still needs an answer */
	return v ? v
		 : json_pack("{s:{s:i, s:s}}", "err", "kind", (int) ERR_SYSTEM, "msg",
			   "the reason is not valid text");
}

void pend_fail(struct pend *p, const struct err *err)
{
	json_t *v = err_json(err);

	if (v && p == p->client->m->go && p->client->m->started_any)
		json_object_set_new(v, "ran", json_true());
	p->attach = NULL;
	pend_answer(p, v, -EBADF);
}

static struct pend *pend_find(struct monitor *m, enum pend_wait wait, struct ctr *ctr, struct session *s)
{
	for (struct client *c = m->clients; c; c = c->next)
		for (struct pend *p = c->dead ? NULL : c->pends; p; p = p->next)
			if (p->wait == wait && (!ctr || p->c == ctr) && (!s || p->s == s))
				return p;
	return NULL;
}

void pends_answer(
	struct monitor *m, enum pend_wait wait, struct ctr *c, struct session *s, const char *fmt, ...)
{
	struct pend *p;

	while ((p = pend_find(m, wait, c, s))) {
		json_error_t e;
		va_list ap;

		va_start(ap, fmt);
		pend_answer(p, json_vpack_ex(&e, 0, fmt, ap), -EBADF);
		va_end(ap);
	}
}

void pends_fail(
	struct monitor *m, enum pend_wait wait, struct ctr *c, struct session *s, const struct err *err)
{
	struct pend *p;

	while ((p = pend_find(m, wait, c, s)))
		pend_fail(p, err);
}

/* ---- receiving ---- */

static void fail_request(struct client *c, const char *text)
{
	struct pend *p = pend_new(c, PEND_NONE);
	struct err err;

	err_set(&err, ERR_INVALID, "%s", text);
	if (p)
		pend_fail(p, &err);
}

void client_handle(struct client *c, char *buf, size_t n, int *fds, size_t nfds)
{
	json_error_t e;
	json_t *v;

	switch (buf[0]) {
	case PROTO_JSON:
		if (!(v = json_loadb(buf + 1, n - 1, JSON_REJECT_DUPLICATES, &e)) || !json_is_object(v))
			fail_request(c, "request is not a JSON object");
		else
			op_handle(c, v, fds, nfds);
		json_decref(v);
		break;
	case PROTO_IN:
		if (c->attached && c->attached->in_owner == c)
			io_input(c->attached, buf + 1, n - 1);
		break;
	default:
		fail_request(c, "record of unknown kind");
		break;
	}
	for (size_t i = 0; i < nfds; i++)
		fd_close_p(&fds[i]);
	if (!c->dead)
		client_watch(c);
}

bool client_read(struct client *c)
{
	static char buf[PROTO_MSG_MAX + 1];
	int fds[FD_PASS_MAX];
	size_t nfds = LEN(fds);
	ssize_t n = fd_recv(c->fd, buf, PROTO_MSG_MAX, fds, &nfds, MSG_DONTWAIT);

	if (n == -EAGAIN)
		return false;
	if (n == -EMSGSIZE) {
		for (size_t i = 0; i < nfds; i++)
			close(fds[i]);
		fail_request(c, "request is too large");
		return true;
	}
	if (n <= 0) {
		client_kill(c);
		return false;
	}
	buf[n] = '\0';
	client_handle(c, buf, (size_t) n, fds, nfds);
	return !c->dead;
}

static void on_client(struct watch *w, short revents)
{
	struct client *c = OWNER_OF(w, struct client, w);

	if (revents & POLLOUT)
		flush(c);
	if (c->dead)
		return;
	if (revents & POLLIN)
		(void) client_read(c);
	else if (revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL))
		client_kill(c);
}

static bool peer_allowed(int fd)
{
	struct ucred u;
	socklen_t n = sizeof u;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 && (u.uid == 0 || u.uid == geteuid());
}

static void on_ctl(struct watch *w, short revents)
{
	struct monitor *m = OWNER_OF(w, struct monitor, ctl_w);
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void) revents;
	if (fd < 0)
		return;
	if (!peer_allowed(fd) || m->n_clients >= CLIENTS_MAX || !client_new(m, fd))
		close(fd);
}

int client_listen(struct monitor *m, struct err *err)
{
	int rc = sock_listen(m->run_fd, "ctl", 64);

	if (rc < 0)
		return err_sys(err, -rc, "listen on socket 'ctl'");
	m->ctl_fd = rc;
	return (rc = watch_add(&m->loop, &m->ctl_w, rc, POLLIN, on_ctl)) < 0
		       ? err_sys(err, -rc, "watch socket 'ctl'")
		       : 0;
}
