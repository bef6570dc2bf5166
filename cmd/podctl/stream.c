#include "cmd/podctl/stream.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/cleanup.h"

/* A record that waits for the socket. */
struct record {
	struct record *next;
	size_t n;
	char bytes[];
};
struct copy {
	const struct stream *s;
	struct record *head, **tail;
	unsigned char keys[16];
	size_t n_keys, matched; /* of the detach keys, how many have been typed */
	bool in_open, detached, exited, out_gone, err_gone, notified;
	int64_t code;
	int sig_fd, signal;
	struct termios saved;
	bool raw;
};

int detach_keys_parse(const char *text, unsigned char keys[16], size_t *ret_n, struct err *err)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		unsigned char key = 0;

		if (len == 1 && isalpha((unsigned char) *text)) {
			key = (unsigned char) *text;
		} else if (len == 6 && !strncmp(text, "ctrl-", 5)) {
			int c = tolower((unsigned char) text[5]);

			if (islower(c))
				key = (unsigned char) (c - 'a' + 1);
			else if (strchr("@[\\]^_", c))
				key = (unsigned char) (c & 0x1f);
			else
				len = 0;
		} else {
			len = 0;
		}
		if (len == 0 || n == 16)
			return err_set(err, ERR_INVALID,
				"detach keys: expected letters and ctrl-LETTER divided by commas, found '%s'",
				text);
		keys[n++] = key;
		text += len + (text[len] == ',');
	}
	*ret_n = n;
	return 0;
}

void stream_size(uint16_t *rows, uint16_t *cols)
{
	struct winsize w;

	*rows = *cols = 0;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0) {
		*rows = w.ws_row;
		*cols = w.ws_col;
	}
}

/* ---- to the monitor ---------------------------------------------------------------------------------------------------- */

static int enqueue(struct copy *c, enum proto_kind kind, const void *p, size_t n)
{
	struct record *r = malloc(sizeof *r + n + 1);

	if (!r)
		return -ENOMEM;
	r->next = NULL;
	r->n = n + 1;
	r->bytes[0] = (char) kind;
	if (n)
		memcpy(r->bytes + 1, p, n);
	*c->tail = r;
	c->tail = &r->next;
	return 0;
}

static int enqueue_json(struct copy *c, json_t *v)
{
	auto_free char *text = v ? json_print(v) : NULL;

	json_decref(v);
	return text ? enqueue(c, PROTO_JSON, text, strlen(text)) : -ENOMEM;
}

static int flush_queue(struct copy *c)
{
	while (c->head) {
		struct record *r = c->head;

		if (send(c->s->sock, r->bytes, r->n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (!(c->head = r->next))
			c->tail = &c->head;
		free(r);
	}
	return 0;
}

static int resize(struct copy *c)
{
	const char *key = c->s->session ? "session" : "ctr";
	uint16_t rows, cols;

	stream_size(&rows, &cols);
	if (!rows || !cols)
		return 0;
	return enqueue_json(
		c, json_pack("{s:s, s:s, s:i, s:i}", "op", "RESIZE", key,
			   c->s->session ? c->s->session : c->s->ctr, "rows", rows, "cols", cols));
}

/* Leaves out the detach keys; what only began like them is sent after all. */
static int filter_keys(struct copy *c, const unsigned char *p, size_t n)
{
	unsigned char out[PROTO_DATA_MAX + 16];
	size_t m = 0;

	for (size_t i = 0; i < n && !c->detached; i++) {
		if (p[i] == c->keys[c->matched]) {
			if (++c->matched == c->n_keys)
				c->detached = true;
			continue;
		}
		memcpy(out + m, c->keys, c->matched);
		m += c->matched;
		c->matched = 0;
		if (p[i] == c->keys[0]) {
			c->matched = 1;
			c->detached = c->n_keys == 1;
		} else {
			out[m++] = p[i];
		}
	}
	if (!m)
		return 0;
	if (m <= PROTO_DATA_MAX)
		return enqueue(c, PROTO_IN, out, m);
	return enqueue(c, PROTO_IN, out, PROTO_DATA_MAX) < 0
		       ? -ENOMEM
		       : enqueue(c, PROTO_IN, out + PROTO_DATA_MAX, m - PROTO_DATA_MAX);
}

static int read_input(struct copy *c)
{
	unsigned char buf[PROTO_DATA_MAX];
	ssize_t n = read(STDIN_FILENO, buf, sizeof buf);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		c->in_open = false;
		return enqueue(c, PROTO_IN, NULL, 0); /* end of file; a terminal that hung up is one, too */
	}
	return c->n_keys ? filter_keys(c, buf, (size_t) n) : enqueue(c, PROTO_IN, buf, (size_t) n);
}

/* ---- from the monitor ---------------------------------------------------------------------------------------------------- */

/* The descriptor may be non-blocking for reasons of its other owners. */
static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w >= 0) {
			p += w;
			n -= (size_t) w;
		} else if (errno == EAGAIN) {
			struct pollfd f = { .fd = fd, .events = POLLOUT };

			(void) poll(&f, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static bool is_ours(const struct copy *c, const json_t *v)
{
	const char *ctr = json_string_value(json_object_get(v, "ctr")),
		   *session = json_string_value(json_object_get(v, "session"));

	if (c->s->session)
		return session && !strcmp(session, c->s->session);
	return ctr && !strcmp(ctr, c->s->ctr);
}

static int event(struct copy *c, const json_t *v, struct err *err)
{
	const char *ev = json_string_value(json_object_get(v, "ev"));

	if (!ev)
		return 0; /* an answer to RESIZE or KILL: a container that just ended refuses them */
	if (!strcmp(ev, "EXITED") && is_ours(c, v)) {
		c->code = json_integer_value(json_object_get(v, "code"));
		c->exited = true;
	} else if (!strcmp(ev, "DROPPED")) {
		const char *why = json_string_value(json_object_get(v, "msg"));

		return err_set(err, ERR_REMOTE, "the pod's monitor has ended the connection: %s",
			why ? why : "no reason given");
	}
	return 0;
}

/* Nobody reads any more (| head): we end as any writer does, and the container goes on, as after a detach. */
static void took_output(struct copy *c, int rc)
{
	c->out_gone = rc < 0;
	if (rc == -EPIPE)
		c->signal = SIGPIPE;
}

/* 1, or 0 when the monitor is gone. */
static int receive(struct copy *c, struct err *err)
{
	struct monitor_msg m = { 0 };
	int rc = monitor_recv(c->s->sock, &m, err);

	if (rc <= 0)
		return rc;
	if (m.kind == PROTO_OUT && !c->out_gone)
		took_output(c, write_all(STDOUT_FILENO, m.data, m.n));
	else if (m.kind == PROTO_ERR && !c->err_gone)
		c->err_gone = write_all(STDERR_FILENO, m.data, m.n) < 0;
	else if (m.kind == PROTO_JSON)
		rc = event(c, m.json, err);
	monitor_msg_done(&m);
	return rc < 0 ? rc : 1;
}

/* ---- signals and the terminal ---------------------------------------------------------------------------------------------- */

static const int proxied[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM };

static int signals_open(struct copy *c, sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	for (size_t i = 0; i < LEN(proxied); i++)
		if (c->s->sig_proxy || proxied[i] == SIGINT || proxied[i] == SIGTERM || proxied[i] == SIGHUP)
			sigaddset(&set, proxied[i]);
	if (sigprocmask(SIG_BLOCK, &set, old) < 0)
		return -errno;
	c->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->sig_fd < 0 ? -errno : 0;
}

static int take_signal(struct copy *c)
{
	struct signalfd_siginfo i;

	while (read(c->sig_fd, &i, sizeof i) == (ssize_t) sizeof i) {
		int rc = 0;

		if (i.ssi_signo == SIGWINCH)
			rc = c->s->tty ? resize(c) : 0;
		else if (c->s->sig_proxy)
			rc = enqueue_json(c, json_pack("{s:s, s:s, s:i}", "op", "KILL", "ctr", c->s->ctr,
						     "signal", (int) i.ssi_signo));
		else
			c->signal = (int) i.ssi_signo;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void terminal_raw(struct copy *c)
{
	struct termios raw;

	if (!c->s->tty || !c->s->in || tcgetattr(STDIN_FILENO, &c->saved) < 0)
		return;
	raw = c->saved;
	cfmakeraw(&raw);
	c->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void terminal_restore(struct copy *c)
{
	if (c->raw)
		(void) tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
	c->raw = false;
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------------ */

static int turn(struct copy *c, bool *lost, struct err *err)
{
	/* Input is read only while nothing waits for the socket: that is the back-pressure. */
	struct pollfd p[4] = {
		{ .fd = c->s->sock, .events = (short) (POLLIN | (c->head ? POLLOUT : 0)) },
		{ .fd = c->sig_fd, .events = POLLIN },
		{ .fd = c->in_open && !c->head ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = c->s->on_notify && !c->notified ? c->s->notify : -1, .events = POLLIN },
	};
	int rc = 0;

	if (poll(p, LEN(p), -1) < 0)
		return errno == EINTR ? 0 : err_sys(err, errno, "wait for the container");
	if (p[3].revents && c->s->on_notify)
		c->notified = c->s->on_notify(c->s->notify_ctx);
	if (p[1].revents && (rc = take_signal(c)) < 0)
		return err_sys(err, -rc, "pass a signal on");
	if (p[2].revents && (rc = read_input(c)) < 0)
		return err_sys(err, -rc, "read standard input");
	/* EPIPE is told by the reading side, after what is left there */
	if (c->head && flush_queue(c) < 0)
		c->in_open = false;
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
		if ((rc = receive(c, err)) < 0)
			return rc;
		*lost = rc == 0;
	}
	return 0;
}

int stream_run(const struct stream *s, enum stream_end *ret, int64_t *ret_code, struct err *err)
{
	struct copy c = { .s = s, .in_open = s->in, .sig_fd = -EBADF };
	sigset_t old;
	bool lost = false;
	int rc = 0;

	c.tail = &c.head;
	if (s->tty && s->in &&
		(rc = detach_keys_parse(s->detach_keys ? s->detach_keys : "", c.keys, &c.n_keys, err)) < 0)
		return rc;
	if ((rc = signals_open(&c, &old)) < 0)
		return err_sys(err, -rc, "prepare for signals");
	terminal_raw(&c);
	if (s->tty)
		(void) resize(&c);
	while (rc == 0 && !c.exited && !c.detached && !lost && !c.signal)
		rc = turn(&c, &lost, err);
	terminal_restore(&c);
	(void) sigprocmask(SIG_SETMASK, &old, NULL);
	fd_close_p(&c.sig_fd);
	while (c.head) {
		struct record *r = c.head;

		c.head = r->next;
		free(r);
	}
	*ret = c.exited     ? STREAM_EXITED
	       : c.detached ? STREAM_DETACHED
	       : c.signal   ? STREAM_SIGNAL
			    : STREAM_LOST;
	*ret_code = c.exited ? c.code : 128 + c.signal;
	return rc;
}
