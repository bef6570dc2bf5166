#include "pkg/image/transfer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define CONNECT_TIMEOUT_S 30
#define CONNECT_HURRY_S 5

static int pipe_make(int *ret_r, int *ret_w, struct err *err)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	*ret_r = p[0];
	*ret_w = p[1];
	return 0;
}

static int helper_start(struct engine *e, const struct registry_options *o, struct image_tmp *tmp,
	struct transfer *t, struct err *err)
{
	const int pass[2][2] = { { tmp->dir, 3 }, { tmp->lock, 4 } }; /* it keeps the lock if we die first */
	char *argv[] = { (char *) (uintptr_t) "podctl-transfer", NULL };
	struct proc_opts p = PROC_OPTS(.pass = pass, .n_pass = 2, .argv = argv, .death_signal = SIGKILL);
	auto_close int child_in = -EBADF;
	auto_close int child_out = -EBADF;
	int rc;

	if ((rc = engine_helper(e, "podctl-transfer", &p.path, err)) < 0 ||
		(rc = pipe_make(&child_in, &t->in, err)) < 0 ||
		(rc = pipe_make(&t->out, &child_out, err)) < 0)
		return rc;
	p.envp = o->proxies.v; /* libcurl's own names */
	p.in = child_in;
	p.out = child_out;
	t->pid = proc_spawn(&p, &t->pidfd, err);
	return t->pid < 0 ? (int) t->pid : 0;
}

static void set(json_t *o, const char *key, const char *value)
{
	if (value)
		(void) json_object_set_new(o, key, json_string(value));
}

static json_t *session_json(const struct place *p, const struct credentials *c,
	const struct certificates *certs, const struct registry_options *o, const struct strs *scopes)
{
	json_t *s = json_object(), *ca = json_array(), *list = json_array();
	bool hub = strcmp(p->host, "docker.io") == 0 || strcmp(p->host, "index.docker.io") == 0;

	set(s, "host", hub ? "registry-1.docker.io" : p->host);
	set(s, "name", p->host);
	set(s, "repository", p->repository);
	set(s, "user", c->user);
	set(s, "password", c->password);
	set(s, "identity", c->identity);
	set(s, "cert", certs->cert);
	set(s, "key", certs->key);
	for (size_t i = 0; i < certs->ca.n; i++)
		(void) json_array_append_new(ca, json_string(certs->ca.v[i]));
	(void) json_object_set_new(s, "ca", ca);
	set(s, "socket", p->socket);
	if (p->plain)
		(void) json_object_set_new(s, "plain", json_true());
	if (o->push)
		(void) json_object_set_new(s, "push", json_true());
	for (size_t i = 0; scopes && i < scopes->n; i++)
		(void) json_array_append_new(list, json_string(scopes->v[i]));
	(void) json_object_set_new(s, "scopes", list);
	(void) json_object_set_new(s, "noScope", json_boolean(scopes && !scopes->n));
	(void) json_object_set_new(s, "insecure", json_boolean(p->insecure));
	(void) json_object_set_new(
		s, "connectTimeout", json_integer(o->hurry ? CONNECT_HURRY_S : CONNECT_TIMEOUT_S));
	if (o->retry.set)
		(void) json_object_set_new(s, "tries", json_integer(o->retry.v + 1));
	if (o->retry_delay_s.set)
		(void) json_object_set_new(s, "delay", json_integer(o->retry_delay_s.v));
	return s;
}

int transfer_open(struct engine *e, const struct place *p, const struct registry_options *o,
	const struct strs *scopes, struct image_tmp *tmp, struct arena *a, struct transfer *t,
	struct err *err)
{
	struct certificates certs;
	struct credentials who;
	int rc;

	t->stop = o->stop;
	if ((rc = credentials_find(e, o, p->host, p->repository, a, &who, err)) < 0 ||
		(rc = registries_certificates(e, p->host, o->cert_dir, a, &certs, err)) < 0 ||
		(rc = image_tmp_make(e, tmp, err)) < 0 || (rc = helper_start(e, o, tmp, t, err)) < 0)
		return rc;
	return transfer_ask(t, json_pack("{s:o}", "session", session_json(p, &who, &certs, o, scopes)), err);
}

int transfer_request(
	struct transfer *t, const char *method, const char *path, size_t max, json_t **ret, struct err *err)
{
	json_t *q = json_pack("{s:s,s:s,s:I}", "method", method, "path", path, "max", (json_int_t) max);
	json_t *answer = NULL;
	int rc;

	if ((rc = transfer_ask(t, q ? json_pack("{s:o}", "request", q) : NULL, err)) < 0 ||
		(rc = transfer_next(t, true, &answer, err)) < 0)
		return rc;
	*ret = json_incref(json_object_get(answer, "ok"));
	json_decref(answer);
	return *ret ? 0 : err_set(err, ERR_CORRUPT, "podctl-transfer says what was not asked");
}

void transfer_done(struct transfer *t)
{
	struct err ignored = { 0 };
	int status;

	fd_close_p(&t->in);
	if (t->pid > 0) {
		(void) syscall(SYS_pidfd_send_signal, t->pidfd, SIGKILL, NULL, 0);
		(void) proc_wait(t->pid, t->pidfd, 0, &status, &ignored);
		t->pid = -1;
	}
	fd_close_p(&t->out);
	fd_close_p(&t->pidfd);
	buf_done(&t->lines);
}

int transfer_ask(struct transfer *t, json_t *request, struct err *err)
{
	auto_free char *text = request ? json_print(request) : NULL;
	int rc;

	json_decref(request);
	if (!text)
		return err_sys(err, ENOMEM, "ask podctl-transfer");
	if ((rc = io_write_all(t->in, text, strlen(text))) == 0)
		rc = io_write_all(t->in, "\n", 1);
	return rc < 0 && rc != -EPIPE ? err_sys(err, -rc, "ask podctl-transfer")
				      : 0; /* it is gone: its last words, or its death, are read next */
}

static int died(struct transfer *t, struct err *err)
{
	int status = 0, rc = proc_wait(t->pid, t->pidfd, 0, &status, err);

	t->pid = -1;
	if (rc < 0)
		return rc;
	if (WIFSIGNALED(status))
		return err_set(
			err, ERR_SYSTEM, "podctl-transfer was killed by %s", signal_name(WTERMSIG(status)));
	return err_set(
		err, ERR_SYSTEM, "podctl-transfer ended with status %d and no result", WEXITSTATUS(status));
}

static int helper_error(const json_t *line, struct err *err)
{
	json_int_t kind = json_integer_value(json_object_get(line, "kind"));
	json_int_t errnum = json_integer_value(json_object_get(line, "errno"));
	const char *text = json_string_value(json_object_get(line, "error"));

	(void) err_set(err, kind > ERR_NONE && kind < ERR_KIND_COUNT ? (enum err_kind) kind : ERR_SYSTEM,
		"%s", text ? text : "podctl-transfer failed");
	if (errnum > 0 && errnum < 4096)
		err->errnum = (int32_t) errnum;
	err_import(err);
	return err->errnum ? -err->errnum : -EREMOTEIO;
}

/* 1: a line was there. */
static int line_take(struct transfer *t, json_t **ret, struct err *err)
{
	char *at = t->lines.data ? t->lines.data + t->parsed : NULL, *end = at ? strchr(at, '\n') : NULL;
	json_t *v;
	int rc = 1;

	if (!end) {
		buf_consume(&t->lines, t->parsed);
		t->parsed = 0;
		return 0;
	}
	t->parsed += (size_t) (end - at) + 1;
	if (!(v = json_loadb(at, (size_t) (end - at), 0, NULL)))
		return err_set(err, ERR_CORRUPT, "podctl-transfer says what is not JSON");
	if (json_object_get(v, "error")) {
		rc = helper_error(v, err);
		json_decref(v);
		return rc;
	}
	*ret = v;
	return rc;
}

int transfer_next(struct transfer *t, bool wait, json_t **ret, struct err *err)
{
	char chunk[4096];
	ssize_t n;
	int rc;

	for (;;) {
		struct pollfd p = { .fd = t->out, .events = POLLIN };

		if (t->stop && *t->stop)
			return err_set(err, ERR_STATE, "interrupted");
		if ((rc = line_take(t, ret, err)) != 0)
			return rc;
		if (poll(&p, 1, wait ? -1 : 0) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for podctl-transfer");
		if (!p.revents) {
			if (!wait)
				return 0;
			continue;
		}
		if ((n = read(t->out, chunk, sizeof chunk)) < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read from podctl-transfer");
		if (n == 0)
			return died(t, err);
		if (buf_add(&t->lines, chunk, (size_t) n) < 0)
			return err_set(err, ERR_CORRUPT, "podctl-transfer says too much");
	}
}

/* Where the next page is: Link: </v2/x/tags/list?last=y&n=1000>; rel="next".  Only of the same registry. */
const char *transfer_next_page(const json_t *v, struct arena *a)
{
	const char *link = json_string_value(json_object_get(v, "link"));
	const char *from = link ? strchr(link, '<') : NULL, *to = from ? strchr(from, '>') : NULL;

	if (!to || !strstr(to, "next"))
		return NULL;
	from++;
	if (strncmp(from, "https://", 8) == 0 || strncmp(from, "http://", 7) == 0) {
		from = strchr(strstr(from, "://") + 3, '/');
		if (!from || from > to)
			return NULL;
	}
	return *from == '/' ? arena_strndup(a, from, (size_t) (to - from)) : NULL;
}
