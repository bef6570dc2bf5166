/*
 * One run of a handler: a probe's, a hook's or a health check's.
 *
 * It ends by itself or at its time limit, and says so once, from the loop or at once; check_cancel ends it in silence.
 * What it needs (buffers, a socket, a session) it has only while it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/monitor/http.h"
#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define OUTPUT_MAX (10 * KiB) /* of a command a kubelet keeps so much */

void check_init(struct check *k, struct ctr *c, const struct handler *h, const char *name, check_fn *done)
{
	*k = (struct check){ .m = c->m, .c = c, .h = h, .name = name, .done = done, .out_fd = -EBADF };
	buf_init(&k->out, OUTPUT_MAX + 1);
}

/* Everything it holds, but for the words it leaves. */
static void release(struct check *k)
{
	timer_stop(&k->m->loop, &k->timer);
	watch_remove(&k->m->loop, &k->out_w);
	fd_close_p(&k->out_fd);
	dial_free(k->dial);
	k->dial = NULL;
	if (k->session)
		session_abandon(k->session);
	k->session = NULL;
	if (k->pid > 0) /* reaped as anybody's orphan */
		(void) kill(k->pid, SIGKILL);
	k->pid = 0;
	for (struct check **at = &k->m->helpers; *at; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	k->on = false;
}

void check_cancel(struct check *k)
{
	if (!k->m || !k->on)
		return;
	release(k);
	buf_done(&k->out);
}

void check_end(struct check *k, enum verdict v, const char *message)
{
	char *text = strdup(message); /* it may lie in what is freed */

	if (k->any_answer && v == VERDICT_FAILED && k->h->type == HANDLER_HTTP &&
		strncmp(message, "HTTP probe failed", 17) == 0)
		v = VERDICT_OK; /* a hook only has to be heard */
	release(k);
	buf_done(&k->out);
	k->done(k, v, text ? text : "");
	free(text);
}

/* ---- commands ---- */

static const char *argv_text(const struct handler *h, char *text, size_t size)
{
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < h->argv.n && n + 1 < size; i++)
		n += (size_t) snprintf(text + n, size - n, "%s%s", i ? " " : "", h->argv.v[i]);
	return text;
}

/* Takes what there is; what is over the limit is read and dropped, so that nobody waits for us. */
static bool take_output(struct check *k)
{
	char chunk[4096];
	ssize_t n = read(k->out_fd, chunk, sizeof chunk);

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (k->out.len < OUTPUT_MAX)
		(void) buf_add(&k->out, chunk,
			(size_t) n < OUTPUT_MAX - k->out.len ? (size_t) n : OUTPUT_MAX - k->out.len);
	return true;
}

static void on_output(struct watch *w, short revents)
{
	struct check *k = OWNER_OF(w, struct check, out_w);

	(void) revents;
	if (!take_output(k) && errno != EAGAIN)
		watch_remove(&k->m->loop, w);
}

static void drain(struct check *k)
{
	for (int i = 0; k->out_fd >= 0 && i < 64 && take_output(k); i++)
		;
}

void check_exited(struct check *k, int code)
{
	drain(k);
	k->code = code;
	k->session = NULL; /* the session frees itself */
	k->pid = 0;
	check_end(k, code == 0 ? VERDICT_OK : VERDICT_FAILED, k->out.data ? k->out.data : "");
}

void check_not_run(struct check *k, const struct err *err)
{
	k->session = NULL;
	check_end(k, VERDICT_ERROR, err->msg);
}

/* Our end of a pipe that takes its words; *ret is its end. */
static int output_open(struct check *k, int *ret)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
		watch_add(&k->m->loop, &k->out_w, fds[0], POLLIN, on_output) < 0) {
		close(fds[0]);
		close(fds[1]);
		return -EMFILE;
	}
	k->out_fd = fds[0];
	*ret = fds[1];
	return 0;
}

static void command_begin(struct check *k)
{
	auto_close int theirs = -EBADF;
	struct err err = { 0 };
	int rc = output_open(k, &theirs);

	if (rc < 0)
		err_sys(&err, -rc, "make a pipe");
	else if (k->c->p->uid || k->c->p->gid) /* it may open /dev/stdout anew */
		(void) !fchown(theirs, k->c->p->uid, k->c->p->gid);
	if (rc < 0 || session_check(k, (const int[3]){ -1, theirs, theirs }, &err) < 0)
		check_not_run(k, &err);
}

/* ---- the helper: TLS, HTTP/2, gRPC, names ---- */

static void helper_args(const struct check *k, const struct url *u, struct strs *argv, struct arena *a)
{
	const struct handler *h = k->h;
	auto_buf struct buf b = BUF_INIT(2 * HTTP_URL_MAX);
	char text[64];

	(void) strs_add(argv, a, k->m->plan.probe_helper);
	snprintf(text, sizeof text, "--timeout=%llu", (unsigned long long) (k->timeout_us / 1000));
	(void) strs_add(argv, a, text);
	if (k->m->plan.probe_inside) {
		snprintf(text, sizeof text, "--netns=/proc/%d/ns/net", (int) k->c->s.pid);
		(void) strs_add(argv, a, text);
	}
	if (h->type == HANDLER_TCP) {
		(void) strs_add(argv, a, "tcp");
		(void) strs_add(argv, a, u->host);
		(void) strs_addf(argv, a, "%u", u->port);
		return;
	}
	if (h->type == HANDLER_GRPC) {
		if (h->tls)
			(void) strs_add(argv, a, "--tls");
		(void) strs_add(argv, a, "grpc");
		(void) strs_add(argv, a, u->host);
		(void) strs_addf(argv, a, "%u", u->port);
		(void) strs_add(argv, a, h->service ? h->service : "");
		return;
	}
	for (size_t i = 0; i < h->headers.n; i++) {
		const struct care_header *k8s = LIST_AT(h->headers, const struct care_header, i);

		(void) strs_addf(
			argv, a, "--header=%s: %s", k8s->name ? k8s->name : "", k8s->value ? k8s->value : "");
	}
	if (h->http2)
		(void) strs_add(argv, a, "--http2");
	url_print(u, &b);
	(void) strs_add(argv, a, "http");
	(void) strs_add(argv, a, b.data ? b.data : "");
}

void check_by_helper(struct check *k, const struct url *u)
{
	struct arena a = { 0 };
	struct strs argv = { 0 };
	struct proc_opts o = PROC_OPTS(.envp = k->m->plan.env.v);
	auto_close int theirs = -EBADF;
	struct url where = *u; /* it may lie in what is freed */
	struct err err = { 0 };
	int rc;

	dial_free(k->dial);
	k->dial = NULL;
	if (!k->m->plan.probe_helper || !*k->m->plan.probe_helper) {
		check_end(k, VERDICT_ERROR, "podctl-probe is not installed");
		return;
	}
	helper_args(k, &where, &argv, &a);
	if ((rc = output_open(k, &theirs)) < 0) {
		err_sys(&err, -rc, "make a pipe");
	} else {
		o.path = k->m->plan.probe_helper;
		o.argv = argv.v;
		o.out = theirs;
		rc = (int) (k->pid = proc_spawn(&o, NULL, &err));
	}
	arena_done(&a);
	if (rc < 0) {
		k->pid = 0;
		check_end(k, VERDICT_ERROR, err.msg);
		return;
	}
	k->next = k->m->helpers;
	k->m->helpers = k;
}

static void by_helper(struct check *k)
{
	const char *address = k->m->plan.address && *k->m->plan.address ? k->m->plan.address : "127.0.0.1";
	struct url u = { 0 };

	if (url_of(k->h, address, &u) < 0)
		check_end(k, VERDICT_ERROR, "the address is not one");
	else
		check_by_helper(k, &u);
}

bool check_reaped(struct monitor *m, pid_t pid, int status)
{
	struct check *k = m->helpers;
	int code = proc_exit_code(status);

	while (k && k->pid != pid)
		k = k->next;
	if (!k)
		return false;
	drain(k);
	k->pid = 0;
	check_end(k,
		code == 0   ? VERDICT_OK
		: code == 1 ? VERDICT_FAILED
		: code == 2 ? VERDICT_WARNING
			    : VERDICT_ERROR,
		k->out.data ? k->out.data : "");
	return true;
}

/* ---- both ---- */

static void on_time(struct timer *t)
{
	struct check *k = OWNER_OF(t, struct check, timer);
	char text[EVENT_MAX], argv[EVENT_MAX / 2];

	if (k->h->type == HANDLER_SLEEP) {
		check_end(k, VERDICT_OK, "");
	} else if (k->dial) {
		dial_timed_out(k->dial);
	} else if (k->h->type == HANDLER_EXEC) {
		drain(k);
		snprintf(text, sizeof text, "command \"%s\" timed out", argv_text(k->h, argv, sizeof argv));
		k->timed_out = true;
		k->code = -1;
		check_end(k, VERDICT_FAILED, text);
	} else {
		check_end(k, VERDICT_FAILED,
			k->h->type == HANDLER_GRPC
				? "timeout: failed to connect service within the time limit"
				: "context deadline exceeded");
	}
}

void check_begin(struct check *k, uint64_t timeout_us)
{
	check_cancel(k);
	buf_init(&k->out, OUTPUT_MAX + 1);
	k->on = true;
	k->timed_out = false;
	k->code = 0;
	k->timeout_us = k->h->type == HANDLER_SLEEP ? k->h->sleep_us : timeout_us;
	if (k->timeout_us || k->h->type == HANDLER_SLEEP)
		timer_set(&k->m->loop, &k->timer,
			/* the helper counts for itself, and can say what it waited for */
			k->timeout_us + (k->h->type == HANDLER_GRPC || k->h->tls || k->h->http2 ? 100000 : 0),
			on_time);
	switch (k->h->type) {
	case HANDLER_EXEC:
		command_begin(k);
		break;
	case HANDLER_HTTP:
	case HANDLER_TCP:
		if (dial_can(k->h))
			dial_begin(k);
		else
			by_helper(k);
		break;
	case HANDLER_GRPC:
		by_helper(k);
		break;
	default:
		break;
	}
}
