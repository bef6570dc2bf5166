#include "pkg/transfer/upload.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define ANSWER_MAX (64 * KiB)
#define URL_TEXT 4096
#define REFUSALS_MAX 3 /* 401s of one request: expired, and with another scope */

/* One request and its answer. */
struct call {
	struct uploader *u;
	const char *method;
	const char *url;   /* "/v2/..." at the registry, or a whole one that it gave */
	const char *type;  /* Content-Type of the body; NULL */
	const char *range; /* Content-Range; NULL */
	/* body: text or the first 'size' bytes of fd */
	const char *text;
	int fd;
	uint64_t size, at;
	bool stream; /* all that fd brings, however much */
	/* answer */
	long status;
	char location[URL_TEXT], digest[200];
	struct challenge challenge;
	uint64_t retry_after_s;
	struct buf body;
	struct err stopped;
};

void uploader_done(struct uploader *u)
{
	curl_easy_cleanup(u->easy);
	u->easy = NULL;
}

/* ---- curl's questions -------------------------------------------------------------------------------------------------------- */

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct call *c = arg;
	size_t n = size * count;
	char v[URL_TEXT];

	if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0) {
		c->location[0] = c->digest[0] = '\0';
		c->challenge = (struct challenge){ 0 };
		c->retry_after_s = 0;
		buf_clear(&c->body);
	} else if (session_header(line, n, "location", c->location, sizeof c->location) ||
		   session_header(line, n, "docker-content-digest", c->digest, sizeof c->digest)) {
		return n;
	} else if (session_header(line, n, "www-authenticate", v, sizeof v)) {
		(void) challenge_parse(v, &c->challenge);
	} else if (session_header(line, n, "retry-after", v, sizeof v)) {
		(void) parse_u64(v, 0, 60, &c->retry_after_s);
	}
	return n;
}

static size_t on_answer(char *p, size_t size, size_t count, void *arg)
{
	(void) buf_add(
		&((struct call *) arg)->body, p, size * count); /* of a long page the beginning will do */
	return size * count;
}

static size_t on_read(char *p, size_t size, size_t count, void *arg)
{
	struct call *c = arg;
	size_t room = size * count;
	ssize_t n;

	if (!c->stream && room > c->size - c->at)
		room = (size_t) (c->size - c->at);
	if (!room)
		return 0;
	if (c->text) {
		memcpy(p, c->text + c->at, room);
		n = (ssize_t) room;
	} else {
		do
			n = c->stream ? read(c->fd, p, room) : pread(c->fd, p, room, (off_t) c->at);
		while (n < 0 && errno == EINTR);
	}
	if (n == 0 && c->stream)
		return 0;
	if (n <= 0) {
		(void) err_sys(&c->stopped, n < 0 ? errno : EIO, "read what is sent");
		return CURL_READFUNC_ABORT;
	}
	c->at += (uint64_t) n;
	return (size_t) n;
}

static int on_seek(void *arg, curl_off_t to, int origin)
{
	struct call *c = arg;

	if (c->stream || origin != SEEK_SET || to < 0 || (uint64_t) to > c->size)
		return CURL_SEEKFUNC_CANTSEEK;
	c->at = (uint64_t) to;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct call *c = arg;

	(void) dltotal, (void) dlnow, (void) ultotal;
	if (c->u->sent && c->fd >= 0 && (c->size || c->stream))
		c->u->sent(c->u->ctx, (uint64_t) ulnow);
	return 0;
}

/* ---- one try ------------------------------------------------------------------------------------------------------------------- */

static int url_of(const struct call *c, char url[URL_TEXT + 300], struct err *err)
{
	const struct session *s = c->u->s;
	int n;

	if (strstr(c->url, "://") && strstr(c->url, "://") < strchr(c->url, '/') + 1)
		n = snprintf(url, URL_TEXT + 300, "%s", c->url);
	else
		n = snprintf(url, URL_TEXT + 300, "%s://%s%s", s->plain ? "http" : "https", s->host, c->url);
	if (n < 0 || n >= URL_TEXT + 300)
		return err_set(err, ERR_REMOTE, "the registry names a place that is too long");
	if (strncmp(url, "https://", 8) != 0 &&
		!((s->insecure || s->socket) && strncmp(url, "http://", 7) == 0))
		return err_set(
			err, ERR_REMOTE, "the registry sends us to '%.100s': only https is taken", url);
	return 0;
}

/* Credentials go to the registry itself and to nobody else. */
static bool is_registry(const struct session *s, const char *url)
{
	const char *host = strstr(url, "://");
	size_t n = strlen(s->host);

	return host && strncasecmp(host + 3, s->host, n) == 0 && (!host[3 + n] || strchr("/?", host[3 + n]));
}

static int body_set(struct call *c, CURL *easy)
{
	if (!c->text && c->fd < 0 && strcmp(c->method, "HEAD") != 0)
		return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "") |
		       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
	if (!c->text && c->fd < 0)
		return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	return curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) |
	       curl_easy_setopt(
		       easy, CURLOPT_INFILESIZE_LARGE, c->stream ? (curl_off_t) -1 : (curl_off_t) c->size) |
	       curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read) |
	       curl_easy_setopt(easy, CURLOPT_READDATA, c) |
	       curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek) |
	       curl_easy_setopt(easy, CURLOPT_SEEKDATA, c) |
	       curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
}

/* To its end, over the session's connections. */
static CURLcode perform(struct session *s, CURL *easy)
{
	CURLcode code = CURLE_OUT_OF_MEMORY;
	int running = 1, left;
	CURLMsg *m;

	if ((!s->multi && !(s->multi = curl_multi_init())) ||
		curl_multi_add_handle(s->multi, easy) != CURLM_OK)
		return code;
	while (curl_multi_perform(s->multi, &running) == CURLM_OK && running)
		if (curl_multi_poll(s->multi, NULL, 0, 1000, NULL) != CURLM_OK)
			break;
	while ((m = curl_multi_info_read(s->multi, &left)))
		if (m->msg == CURLMSG_DONE && m->easy_handle == easy)
			code = m->data.result;
	(void) curl_multi_remove_handle(s->multi, easy);
	return code;
}

static int attempt(struct call *c, CURLcode *ret, struct err *err)
{
	struct session *s = c->u->s;
	struct curl_slist *headers = NULL;
	char url[URL_TEXT + 300], line[400];
	CURL *easy;
	int rc;

	if ((rc = url_of(c, url, err)) < 0)
		return rc;
	if (!c->u->easy && !(c->u->easy = curl_easy_init()))
		return err_sys(err, ENOMEM, "push");
	easy = c->u->easy;
	curl_easy_reset(easy);
	if ((rc = session_prepare(s, easy, err)) < 0)
		return rc;
	headers = curl_slist_append(headers, "Expect:");
	if (c->stream)
		headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
	if (s->authorization && is_registry(s, url))
		headers = curl_slist_append(headers, s->authorization);
	if (c->type) {
		(void) snprintf(line, sizeof line, "Content-Type: %s", c->type);
		headers = curl_slist_append(headers, line);
	}
	if (c->range) {
		(void) snprintf(line, sizeof line, "Content-Range: %s", c->range);
		headers = curl_slist_append(headers, line);
	}
	c->at = 0;
	c->status = 0;
	c->stopped = (struct err){ 0 };
	if (body_set(c, easy) != CURLE_OK ||
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
			strcmp(c->method, "HEAD") == 0 ? NULL : c->method) != CURLE_OK)
		rc = err_sys(err, ENOMEM, "push");
	(void) curl_easy_setopt(easy, CURLOPT_URL, url);
	(void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	(void) curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void) curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
	(void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	(void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
	(void) curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void) curl_easy_setopt(easy, CURLOPT_XFERINFODATA, c);
	(void) curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	/* how long nothing may be heard: a registry looks at all of a blob before it answers */
	(void) curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
	if (rc == 0)
		*ret = perform(s, easy);
	(void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &c->status);
	curl_slist_free_all(headers);
	return rc;
}

/* ---- until it is answered ------------------------------------------------------------------------------------------------------ */

static const char *words(const struct call *c, char out[300])
{
	json_t *v = c->body.data ? json_loadb(c->body.data, c->body.len, 0, NULL) : NULL;
	json_t *first = json_array_get(json_object_get(v, "errors"), 0);
	const char *code = json_string_value(json_object_get(first, "code"));
	const char *message = json_string_value(json_object_get(first, "message"));

	if (code || message)
		(void) snprintf(out, 300, ": %.60s%s%.200s", code ? code : "", code && message ? ": " : "",
			message ? message : "");
	else
		(void) snprintf(
			out, 300, "%s%.80s", c->body.len ? ": " : "", c->body.len ? c->body.data : "");
	json_decref(v);
	return out;
}

static int denied(const struct call *c, struct err *err)
{
	const struct session *s = c->u->s;
	char text[300];

	return err_set(err, ERR_DENIED, "%s: HTTP %ld%s; %s", s->host, c->status, words(c, text),
		s->user || s->identity ? "may this user push there?"
				       : "a login is needed: podctl login, --creds or --authfile");
}

static bool passes(CURLcode code)
{
	return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	       code == CURLE_PARTIAL_FILE || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_HTTP2 ||
	       code == CURLE_HTTP2_STREAM;
}

static int broken(const struct call *c, CURLcode code, struct err *err)
{
	if (c->stopped.kind) {
		*err = c->stopped;
		return err->errnum ? -err->errnum : -EREMOTEIO;
	}
	return session_broken(c->u->s, c->u->easy, code, err);
}

static void pause_s(uint64_t s)
{
	struct timespec t = { .tv_sec = (time_t) s };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* 0: answered with whatever status but 401, 429 and 5xx. */
static int call(struct call *c, struct err *err)
{
	struct session *s = c->u->s;
	unsigned tries = 0, refusals = 0;
	CURLcode code = CURLE_OK;
	char text[300];
	int rc;

	buf_init(&c->body, ANSWER_MAX);
	for (;;) {
		uint64_t delay = 0;

		if ((rc = attempt(c, &code, err)) < 0)
			return rc;
		if (code != CURLE_COULDNT_CONNECT && session_guess_wrong(s, code ? 0 : c->status))
			continue;
		if (code != CURLE_OK) {
			if (s->insecure && !s->answered && !s->plain &&
				(code == CURLE_SSL_CONNECT_ERROR || code == CURLE_COULDNT_CONNECT ||
					passes(code))) {
				s->plain = true;
				continue;
			}
			if (!passes(code) || ++tries >= TRIES_MAX || c->stream)
				return broken(c, code, err);
			delay = 1ULL << tries;
		} else {
			s->answered = true;
			if (c->stream && c->at && (c->status == 401 || c->status == 429 || c->status >= 500))
				return err_set(err, ERR_REMOTE, "%s: HTTP %ld in the middle of an upload%s",
					s->host, c->status, words(c, text));
			if (c->status == 401) {
				if (++refusals > REFUSALS_MAX ||
					(!c->challenge.basic && !c->challenge.bearer) ||
					(s->authorization && c->challenge.basic && !c->challenge.bearer))
					return denied(c, err);
				if ((rc = session_authorize(s, &c->challenge, false, err)) < 0)
					return rc;
				continue;
			}
			if (c->status != 429 && c->status < 500)
				return c->status == 403 ? denied(c, err) : 0;
			if (++tries >= TRIES_MAX)
				return err_set(err, ERR_REMOTE, "%s: HTTP %ld%s", s->host, c->status,
					words(c, text));
			delay = c->retry_after_s ? c->retry_after_s : 1ULL << tries;
		}
		pause_s(delay);
	}
}

static int unexpected(const struct call *c, const char *what, struct err *err)
{
	char text[300];

	return err_set(err, c->status == 404 ? ERR_NOT_FOUND : ERR_REMOTE, "%s: HTTP %ld from %s%s", what,
		c->status, c->u->s->host, words(c, text));
}

static void call_done(struct call *c) { buf_done(&c->body); }
#define auto_call AUTO(call_done)

/* ---- what a push is made of -------------------------------------------------------------------------------------------------- */

#define HAVE_AT_ONCE 6
#define HAVE_EACH 3 /* requests that are worth another connection */

/* A HEAD whose status is the answer. */
static void look(struct fetch *f, struct buf *body, const char *path)
{
	buf_init(body, 4 * KiB); /* of an answer without a body */
	*f = (struct fetch){ .path = path,
		.method = "HEAD",
		.any_status = true,
		.no_redirect = true,
		.into = body,
		.size = 4 * KiB,
		.fd = -1,
		.keep = -EBADF };
}

int upload_same(struct uploader *u, const char *reference, const char *type, const char *digest,
	bool *ret_there, bool *ret_named, struct err *err)
{
	const char *const names[2] = { reference, digest };
	size_t n = strcmp(reference, digest) == 0 ? 1 : 2;
	struct buf body[2] = { { 0 }, { 0 } };
	char path[2][400];
	struct fetch f[2];
	int rc;

	for (size_t i = 0; i < n; i++) {
		(void) snprintf(path[i], sizeof path[i], "manifests/%s", names[i]);
		look(&f[i], &body[i], path[i]);
		f[i].accept = type;
	}
	rc = fetches_run(u->s, f, n, n, NULL, NULL, err);
	for (size_t i = 0; i < n; i++)
		buf_done(&body[i]);
	if (rc < 0)
		return rc;
	*ret_named = f[0].status == 200 && strcmp(f[0].named_digest, digest) == 0;
	*ret_there = *ret_named || f[n - 1].status == 200;
	return 0;
}

int upload_have(struct uploader *u, const char *const *digests, size_t n, bool *ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct fetch *f = arena_array(&a, n + 1, sizeof *f);
	struct buf *body = arena_array(&a, n + 1, sizeof *body);
	size_t connections = (n + HAVE_EACH - 1) / HAVE_EACH;
	int rc = f && body ? 0 : err_sys(err, ENOMEM, "push");

	for (size_t i = 0; rc == 0 && i < n; i++) {
		look(&f[i], &body[i], arena_printf(&a, "blobs/sha256:%s", digests[i]));
		if (!f[i].path)
			rc = err_sys(err, ENOMEM, "push");
	}
	if (rc == 0)
		rc = fetches_run(
			u->s, f, n, connections < HAVE_AT_ONCE ? connections : HAVE_AT_ONCE, NULL, NULL, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		/* a redirect: it is kept elsewhere, but it is there */
		ret[i] = f[i].status >= 200 && f[i].status < 400;
		if (f[i].status == 403)
			rc = err_set(err, ERR_DENIED, "%s: HTTP 403; %s", u->s->host,
				u->s->user || u->s->identity
					? "may this user push there?"
					: "a login is needed: podctl login, --creds or --authfile");
		else if (!ret[i] && f[i].status != 404)
			rc = err_set(err, ERR_REMOTE, "look for a blob: HTTP %ld from %s", f[i].status,
				u->s->host);
	}
	for (size_t i = 0; f && body && i < n; i++)
		buf_done(&body[i]);
	return rc;
}

/* Asks for an upload; mount: 1 when the registry needs none. */
static int begin(struct uploader *u, const char *query, char location[URL_TEXT], struct err *err)
{
	char url[URL_TEXT];
	auto_call struct call c = { .u = u, .method = "POST", .url = url, .fd = -1 };
	int rc;

	(void) snprintf(url, sizeof url, "/v2/%s/blobs/uploads/%s", u->s->repository, query);
	if ((rc = call(&c, err)) < 0)
		return rc;
	if (*query && c.status == 201)
		return 1;
	if (c.status != 202 || !c.location[0])
		return unexpected(&c, "begin an upload", err);
	memcpy(location, c.location, sizeof c.location);
	return 0;
}

int upload_mount(struct uploader *u, const char *digest, const char *from, struct err *err)
{
	char query[URL_TEXT / 2], location[URL_TEXT];
	auto_call struct call c = { .u = u, .method = "DELETE", .url = location, .fd = -1 };
	struct err ignored = { 0 };
	char *name = curl_easy_escape(NULL, from, 0);
	int rc;

	(void) snprintf(query, sizeof query, "?mount=sha256:%s&from=%s", digest, name ? name : "");
	curl_free(name);
	u->s->mount_from = from;
	rc = begin(u, query, location, err);
	u->s->mount_from = NULL;
	if (rc == 0) /* an upload has begun instead, which nobody will go on with */
		(void) call(&c, &ignored);
	return rc;
}

static int with_digest(const char *location, const char *digest, char url[URL_TEXT], struct err *err)
{
	int n = snprintf(
		url, URL_TEXT, "%s%cdigest=sha256:%s", location, strchr(location, '?') ? '&' : '?', digest);

	return n < URL_TEXT ? 0 : err_set(err, ERR_REMOTE, "the registry names a place that is too long");
}

/* *ret_status: of a PUT that was refused. */
static int put_whole(
	struct uploader *u, const char *digest, int fd, uint64_t size, long *ret_status, struct err *err)
{
	char location[URL_TEXT], url[URL_TEXT];
	auto_call struct call c = { .u = u,
		.method = "PUT",
		.url = url,
		.fd = fd,
		.size = size,
		.type = "application/octet-stream",
		.text = size ? NULL : "" };
	int rc;

	if ((rc = begin(u, "", location, err)) < 0 || (rc = with_digest(location, digest, url, err)) < 0 ||
		(rc = call(&c, err)) < 0)
		return rc;
	*ret_status = c.status;
	return c.status == 201 ? 0 : unexpected(&c, "send a blob", err);
}

static int put_chunked(struct uploader *u, const char *digest, int fd, uint64_t size, struct err *err)
{
	char location[URL_TEXT], url[URL_TEXT], range[60];
	auto_call struct call patch = { .u = u,
		.method = "PATCH",
		.url = location,
		.fd = fd,
		.size = size,
		.type = "application/octet-stream",
		.range = range };
	auto_call struct call put = { .u = u, .method = "PUT", .url = url, .fd = -1 };
	int rc;

	(void) snprintf(range, sizeof range, "0-%llu", (unsigned long long) (size ? size - 1 : 0));
	if ((rc = begin(u, "", location, err)) < 0 || (rc = call(&patch, err)) < 0)
		return rc;
	if (patch.status != 202 || !patch.location[0])
		return unexpected(&patch, "send a blob", err);
	if ((rc = with_digest(patch.location, digest, url, err)) < 0 || (rc = call(&put, err)) < 0)
		return rc;
	return put.status == 201 ? 0 : unexpected(&put, "end an upload", err);
}

int upload_blob(struct uploader *u, const char *digest, int fd, uint64_t size, struct err *err)
{
	struct err first = { 0 };
	long status = 0;

	if (put_whole(u, digest, fd, size, &status, &first) == 0)
		return 0;
	/* some take a body only in pieces */
	if ((status == 400 || status == 404 || status == 405 || status == 411 || status == 501) &&
		put_chunked(u, digest, fd, size, err) == 0)
		return 0;
	*err = first;
	return err->errnum ? -err->errnum : -EREMOTEIO;
}

/* ---- what is compressed on the way ---------------------------------------------------------------------------------------------- */

int upload_stream(struct uploader *u, int fd, uint64_t *ret_size, struct err *err)
{
	char location[URL_TEXT];
	auto_call struct call patch = { .u = u,
		.method = "PATCH",
		.url = location,
		.fd = fd,
		.stream = true,
		.type = "application/octet-stream" };
	int rc;

	if ((rc = begin(u, "", location, err)) < 0 || (rc = call(&patch, err)) < 0)
		return rc;
	if (patch.status == 400 || patch.status == 404 || patch.status == 405 || patch.status == 411 ||
		patch.status == 501) {
		(void) unexpected(&patch, "send a blob as it is compressed", err);
		err->kind = ERR_UNSUPPORTED;
		return -EOPNOTSUPP;
	}
	if (patch.status != 202 && patch.status != 204)
		return unexpected(&patch, "send a blob", err);
	memcpy(u->stream, patch.location[0] ? patch.location : location, sizeof u->stream);
	*ret_size = patch.at;
	return 0;
}

int upload_post(struct uploader *u, const char *path, const char *type, int fd, struct err *err)
{
	auto_call struct call post = {
		.u = u, .method = "POST", .url = path, .fd = fd, .stream = true, .type = type
	};
	int rc = call(&post, err);

	if (rc < 0)
		return rc;
	if (post.status < 200 || post.status > 299)
		return unexpected(&post, "send an archive", err);
	if (post.body.data && strstr(post.body.data, "\"errorDetail\""))
		return err_set(err, ERR_REMOTE, "%s does not take it: %.300s",
			u->s->name ? u->s->name : u->s->host, post.body.data);
	return 0;
}

int upload_stream_end(struct uploader *u, const char *digest, struct err *err)
{
	char url[URL_TEXT];
	auto_call struct call put = { .u = u, .method = "PUT", .url = url, .fd = -1 };
	int rc = with_digest(u->stream, digest, url, err);

	u->stream[0] = '\0';
	if (rc < 0 || (rc = call(&put, err)) < 0)
		return rc;
	return put.status == 201 ? 0 : unexpected(&put, "end an upload", err);
}

void upload_stream_cancel(struct uploader *u)
{
	auto_call struct call c = { .u = u, .method = "DELETE", .url = u->stream, .fd = -1 };
	struct err ignored = { 0 };

	if (u->stream[0])
		(void) call(&c, &ignored);
	u->stream[0] = '\0';
}

int upload_manifest(struct uploader *u, const char *reference, const char *type, const void *text, size_t n,
	char ret_digest[200], struct err *err)
{
	char url[URL_TEXT];
	auto_call struct call c = {
		.u = u, .method = "PUT", .url = url, .fd = -1, .text = text, .size = n, .type = type
	};
	int rc;

	(void) snprintf(url, sizeof url, "/v2/%s/manifests/%s", u->s->repository, reference);
	if ((rc = call(&c, err)) < 0)
		return rc;
	if (c.status != 201 && c.status != 200 && c.status != 202)
		return unexpected(&c, "write the manifest", err);
	memcpy(ret_digest, c.digest, sizeof c.digest);
	return 0;
}
