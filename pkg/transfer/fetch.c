/* Fetches: one HTTP request each, checked while it streams, tried again where that can help. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/transfer/session.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define ERROR_TEXT_MAX (64 * KiB)
#define DELAY_MAX_S 60
#define PIPE_ROOM (1 * MiB)   /* what an ordinary user may ask for */
#define CARRY_MAX (128 * KiB) /* more than libcurl hands over at once (CURL_MAX_WRITE_SIZE is 16 KiB) */
#define AT_ONCE_MAX 64

static const char manifest_types[] =
	"application/vnd.oci.image.index.v1+json, "
	"application/vnd.docker.distribution.manifest.list.v2+json, "
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/* ---- what comes in ---------------------------------------------------------------------------------------------------- */

static void retry_after(struct fetch *f, const char *v)
{
	time_t when;

	if (parse_u64(v, 0, 86400, &f->retry_after_s) == 0)
		return;
	when = curl_getdate(v, NULL);
	if (when > time(NULL))
		f->retry_after_s = (uint64_t) (when - time(NULL));
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct fetch *f = arg;
	size_t n = size * count;
	char v[8192];

	if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* a new answer: 100, or behind a proxy's */
		f->type[0] = f->named_digest[0] = f->location[0] = f->link[0] = '\0';
		f->challenge = (struct challenge){ 0 };
		f->retry_after_s = 0;
		f->ranged = false;
		buf_clear(&f->text);
		if (f->any_status) {
			f->got = 0;
			buf_clear(f->into);
		}
	} else if (session_header(line, n, "content-type", f->type, sizeof f->type) ||
		   session_header(
			   line, n, "docker-content-digest", f->named_digest, sizeof f->named_digest) ||
		   session_header(line, n, "location", f->location, sizeof f->location) ||
		   session_header(line, n, "link", f->link, sizeof f->link)) {
		return n;
	} else if (session_header(line, n, "www-authenticate", v, sizeof v)) {
		(void) challenge_parse(v, &f->challenge);
	} else if (session_header(line, n, "retry-after", v, sizeof v)) {
		retry_after(f, v);
	} else if (session_header(line, n, "content-range", v, sizeof v)) {
		char from[24] = "";

		f->ranged = sscanf(v, "bytes %20[0-9]-", from) == 1 &&
			    parse_u64(from, 0, INT64_MAX, &f->range_from) == 0;
	}
	return n;
}

static int too_much(struct fetch *f)
{
	return f->manifest || f->into || f->at_most
		       ? err_set(&f->stopped, ERR_REMOTE, "the answer is larger than %llu bytes",
				 (unsigned long long) f->size)
		       : err_set(&f->stopped, ERR_CORRUPT,
				 "the registry sends more than the %llu bytes declared",
				 (unsigned long long) f->size);
}

/* From the beginning again: a registry that does not do ranges.  What a pipe has had it does not get twice; should it have
 * been something else, the digest tells. */
static int rewind_all(struct fetch *f)
{
	if (f->into)
		buf_clear(f->into);
	else if (f->pipe)
		f->again = f->got > f->again ? f->got : f->again;
	else if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return err_sys(&f->stopped, errno, "write a blob");
	f->best = f->got > f->best ? f->got : f->best;
	f->got = 0;
	if (f->keep >= 0 && (ftruncate(f->keep, 0) < 0 || lseek(f->keep, 0, SEEK_SET) < 0))
		return err_sys(&f->stopped, errno, "keep a blob");
	return EVP_DigestInit_ex(f->md, EVP_sha256(), NULL) == 1 ? 0 : err_sys(&f->stopped, ENOMEM, "hash");
}

/* ---- where it goes -------------------------------------------------------------------------------------------------- */

/* As much of p as the pipe takes now; -EPIPE: nobody reads it any more. */
static ssize_t pipe_write(int fd, const unsigned char *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t w = write(fd, p + done, n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN)
			break;
		if (w < 0)
			return -errno;
		done += (size_t) w;
	}
	return (ssize_t) done;
}

/* Takes all of p: what the pipe has no room for waits in the carry, and nothing more is taken until that is gone. */
static int pipe_take(struct fetch *f, const unsigned char *p, size_t n)
{
	uint64_t had = f->again > f->got ? f->again - f->got : 0;
	ssize_t w;

	if (had >= n)
		return 0;
	p += had;
	n -= had;
	if (n > CARRY_MAX)
		return err_set(&f->stopped, ERR_SYSTEM, "libcurl hands over %zu bytes at once", n);
	if ((w = pipe_write(f->fd, p, n)) == -EPIPE) {
		f->lost = true;
		return -EPIPE;
	}
	if (w < 0)
		return err_sys(&f->stopped, (int) -w, "hand a blob on");
	f->carry_len = n - (size_t) w;
	if (f->carry_len)
		memcpy(f->carry, p + w, f->carry_len);
	return 0;
}

/* There is room in the pipe again. */
static void pipe_flush(struct fetch *f)
{
	ssize_t w = pipe_write(f->fd, f->carry, f->carry_len);

	if (w < 0) {
		f->lost = true;
		f->carry_len = 0;
	} else if (w > 0) {
		f->carry_len -= (size_t) w;
		memmove(f->carry, f->carry + w, f->carry_len);
	}
	if (!f->carry_len && f->paused) {
		f->paused = false;
		(void) curl_easy_pause(f->easy, CURLPAUSE_CONT);
	}
}

static int sink(struct fetch *f, const void *p, size_t n)
{
	int rc;

	if (f->keep >= 0 && (rc = io_write_all(f->keep, p, n)) < 0)
		return err_sys(&f->stopped, -rc, "keep a blob");
	if (f->pipe)
		return pipe_take(f, p, n);
	if (f->into)
		return buf_add(f->into, p, n) < 0 ? err_sys(&f->stopped, ENOMEM, "fetch") : 0;
	rc = io_write_all(f->fd, p, n);
	return rc < 0 ? err_sys(&f->stopped, -rc, -rc == ENOSPC ? "disk full while pulling" : "write a blob")
		      : 0;
}

/* ---- the body --------------------------------------------------------------------------------------------------------- */

/* The first bytes of the body: is it what was asked for? */
static int body_begins(struct fetch *f)
{
	curl_off_t length = -1;

	(void) curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
	if (f->status != 200 && f->status != 206)
		return 0;
	if (f->any_status)
		return 0;
	if (f->status == 206 && (!f->ranged || f->range_from != f->got))
		return err_set(
			&f->stopped, ERR_REMOTE, "the registry sends another range than was asked for");
	if (f->status == 200 && f->got && rewind_all(f) < 0)
		return -EIO;
	(void) curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0 && ((uint64_t) length > f->size || f->got + (uint64_t) length > f->size))
		return too_much(f); /* not a byte of 10 GB is fetched */
	if (strncasecmp(f->type, "text/html", 9) == 0 && !f->at_most)
		return err_set(&f->stopped, ERR_REMOTE,
			"the answer is an HTML page, not a %s; is this a registry, and does a login page "
			"stand before it?",
			f->manifest ? "manifest" : "blob");
	return 0;
}

static size_t on_body(char *p, size_t size, size_t count, void *arg)
{
	struct fetch *f = arg;
	size_t n = size * count;

	if (f->carry_len) {
		f->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (!f->status && body_begins(f) < 0)
		return 0;
	if (f->any_status ? f->status == 401 : f->status != 200 && f->status != 206) {
		(void) buf_add(&f->text, p, n); /* of a long page the beginning will do */
		return n;
	}
	if (n > f->size - f->got) {
		(void) too_much(f);
		return 0;
	}
	if (sink(f, p, n) < 0)
		return 0;
	if (EVP_DigestUpdate(f->md, p, n) != 1) {
		(void) err_sys(&f->stopped, ENOMEM, "hash");
		return 0;
	}
	f->got += n;
	return n;
}

/* ---- beginning --------------------------------------------------------------------------------------------------------- */

/* Is that URL at the registry itself?  Then it may see our credentials. */
static bool is_own(const struct session *s, const char *url)
{
	const char *scheme = s->plain ? "http://" : "https://";
	size_t n = strlen(scheme), h = strlen(s->host);

	return strncmp(url, scheme, n) == 0 && strncasecmp(url + n, s->host, h) == 0 && url[n + h] == '/';
}

static char *url_make(const struct fetch *f)
{
	const struct session *s = f->s;
	const char *scheme = s->plain ? "http" : "https";
	char *url;
	int n;

	if (f->url)
		return strdup(f->url);
	n = f->path[0] == '/' ? asprintf(&url, "%s://%s%s", scheme, s->host, f->path)
			      : asprintf(&url, "%s://%s/v2/%s/%s", scheme, s->host, s->repository, f->path);
	return n < 0 ? NULL : url;
}

/* A pipe never makes the others wait. */
static int pipe_prepare(struct fetch *f, struct err *err)
{
	struct stat st;

	if (f->into || f->carry || fstat(f->fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return 0;
	f->pipe = true;
	if (!(f->carry = malloc(CARRY_MAX)))
		return err_sys(err, ENOMEM, "fetch");
	(void) fcntl(f->fd, F_SETPIPE_SZ, PIPE_ROOM); /* past a user's share it stays small */
	return fcntl(f->fd, F_SETFL, O_NONBLOCK) < 0 ? err_sys(err, errno, "hand a blob on") : 0;
}

static void header_add(struct fetch *f, const char *name, const char *value)
{
	char *line = NULL;

	if (value && asprintf(&line, "%s: %s", name, value) >= 0)
		f->headers = curl_slist_append(f->headers, line);
	free(line);
}

static void method_set(struct fetch *f)
{
	if (!f->method)
		return;
	if (strcmp(f->method, "HEAD") == 0) {
		(void) curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	(void) curl_easy_setopt(f->easy, CURLOPT_CUSTOMREQUEST, f->method);
	if (strcmp(f->method, "GET") == 0 || strcmp(f->method, "DELETE") == 0)
		return;
	(void) curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) f->body_len);
	(void) curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS, f->body ? f->body : "");
	header_add(f, "Content-Type", f->body_type ? f->body_type : "application/octet-stream");
}

static int fetch_start(struct fetch *f, CURLM *multi, struct err *err)
{
	struct session *s = f->s;
	auto_free char *url = url_make(f);
	char range[40];
	int rc;

	if (!url)
		return err_sys(err, ENOMEM, "fetch");
	if (!f->md && (!(f->md = EVP_MD_CTX_new()) || EVP_DigestInit_ex(f->md, EVP_sha256(), NULL) != 1))
		return err_sys(err, ENOMEM, "hash");
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	f->headers = NULL;
	if (!(f->easy = curl_easy_init()))
		return err_sys(err, ENOMEM, "fetch");
	if ((rc = pipe_prepare(f, err)) < 0 || (rc = session_prepare(s, f->easy, err)) < 0)
		return rc;
	f->status = 0;
	f->best = f->got > f->best ? f->got : f->best;
	f->generation = s->generation;
	f->paused = false;
	buf_init(&f->text, ERROR_TEXT_MAX);
	header_add(f, "Accept", f->manifest ? manifest_types : f->accept);
	if (s->authorization && (!f->url || is_own(s, f->url))) /* credentials stay with the registry */
		f->headers = curl_slist_append(f->headers, s->authorization);
	method_set(f);
	(void) curl_easy_setopt(f->easy, CURLOPT_URL, url);
	(void) curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	(void) curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void) curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	(void) curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void) curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	(void) curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
	if (f->got && !f->any_status) {
		(void) snprintf(range, sizeof range, "%llu-", (unsigned long long) f->got);
		(void) curl_easy_setopt(f->easy, CURLOPT_RANGE, range);
	}
	if (curl_multi_add_handle(multi, f->easy) != CURLM_OK)
		return err_sys(err, ENOMEM, "fetch");
	f->active = true;
	return 0;
}

/* ---- after the answer ---------------------------------------------------------------------------------------------------- */

/* The registry's own words: its JSON, or the beginning of whatever it is. */
const char *fetch_words(const struct buf *body, char out[300])
{
	json_t *v = body->data ? json_loadb(body->data, body->len, 0, NULL) : NULL;
	json_t *first = json_array_get(json_object_get(v, "errors"), 0);
	const char *code = json_string_value(json_object_get(first, "code"));
	const char *message = json_string_value(json_object_get(first, "message"));

	if (code || message)
		(void) snprintf(out, 300, ": %.60s%s%.200s", code ? code : "", code && message ? ": " : "",
			message ? message : "");
	else
		(void) snprintf(out, 300, "%s%.80s", body->len ? ": " : "", body->len ? body->data : "");
	json_decref(v);
	return out;
}

static const char *words(const struct fetch *f, char out[300])
{
	return fetch_words(f->any_status && f->status != 401 ? f->into : &f->text, out);
}

static unsigned tries_max(const struct fetch *f) { return f->s->tries_max ? f->s->tries_max : TRIES_MAX; }

static int again_later(struct fetch *f, bool progress)
{
	uint64_t delay_s;

	free(f->url); /* what it redirected to may have been good for a moment only */
	f->url = f->foreign ? strdup(f->urls[f->next_url - 1]) : NULL;
	f->redirects = 0;
	f->tries = progress ? 0 : f->tries + 1;
	delay_s = f->retry_after_s ? f->retry_after_s
		  : !f->tries      ? 0
		  : f->s->delay_s  ? (uint64_t) f->s->delay_s
		  : f->tries < 6   ? 1ULL << f->tries
				   : DELAY_MAX_S;
	if (delay_s > DELAY_MAX_S)
		delay_s = DELAY_MAX_S;
	f->not_before_us = time_mono_us() + delay_s * 1000000;
	return 0;
}

static bool can_try_again(CURLcode code)
{
	switch (code) {
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_COULDNT_CONNECT:
		return true;
	default:
		return false;
	}
}

/* Where nobody speaks TLS, and that may be so, plain HTTP is tried, once. */
static bool falls_back(struct fetch *f, CURLcode code)
{
	struct session *s = f->s;

	if (!s->insecure || s->answered || s->plain || f->url)
		return false;
	if (code != CURLE_SSL_CONNECT_ERROR && !can_try_again(code))
		return false;
	return s->plain = true;
}

static int broken(struct fetch *f, CURLcode code, struct err *err)
{
	bool progress = f->got > f->best;

	if (f->lost) {
		f->done = true;
		return 0;
	}
	if (f->stopped.kind) {
		*err = f->stopped;
		return err->errnum ? -err->errnum : -EREMOTEIO;
	}
	if (falls_back(f, code))
		return again_later(f, true);
	if (can_try_again(code) &&
		f->tries + 1 < (code == CURLE_COULDNT_CONNECT ? f->s->tries_max : tries_max(f)) &&
		++f->drops < DROPS_MAX)
		return again_later(f, progress);
	return session_broken(f->s, f->easy, code, err);
}

static int redirect(struct fetch *f, struct err *err)
{
	char *to = NULL;

	(void) curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to || ++f->redirects > REDIRECTS_MAX)
		return err_set(err, ERR_REMOTE,
			to ? "more than %d redirects" : "a redirect that leads nowhere", REDIRECTS_MAX);
	if (strncmp(to, "https://", 8) != 0 &&
		!((f->s->insecure || f->s->plain) && strncmp(to, "http://", 7) == 0))
		return err_set(err, ERR_REMOTE, "a redirect to '%.100s': only https is followed", to);
	free(f->url);
	if (!(f->url = strdup(to)))
		return err_sys(err, ENOMEM, "fetch");
	f->not_before_us = 0;
	return 0;
}

/* A foreign layer is asked of the registry first; it names where else it is. */
static bool elsewhere(struct fetch *f)
{
	while (f->urls && f->urls[f->next_url]) {
		const char *url = f->urls[f->next_url++];

		if (strncmp(url, "https://", 8) != 0 && !(f->s->insecure && strncmp(url, "http://", 7) == 0))
			continue;
		f->foreign = true;
		f->tries = 0;
		(void) again_later(f, true);
		return f->url != NULL;
	}
	return false;
}

static int refused(struct fetch *f, struct err *err)
{
	const struct session *s = f->s;
	bool known = s->user || s->identity;
	char text[300];

	if (f->url && !is_own(s, f->url))
		return err_set(err, ERR_DENIED, "HTTP %ld from where the registry sent us%s", f->status,
			words(f, text));
	if (f->status == 403 || f->refusals >= 2 || (!f->challenge.basic && !f->challenge.bearer))
		return err_set(err, ERR_DENIED, "unauthorized: HTTP %ld%s; %spodctl login %s", f->status,
			words(f, text),
			known ? "these credentials may not be enough; "
			      : "there is no such image, or it wants a ",
			session_name(s));
	/* Somebody else's 401 may have brought a new token meanwhile. */
	if (f->generation == s->generation) {
		int rc;

		if (s->authorization && f->challenge.basic && !f->challenge.bearer)
			return err_set(err, ERR_DENIED,
				"unauthorized: user '%s' or the password is not accepted%s; podctl login %s",
				s->user ? s->user : "", words(f, text), session_name(s));
		if ((rc = session_authorize(f->s, &f->challenge, f->refusals > 0, err)) < 0)
			return rc;
		f->refusals++;
	}
	f->not_before_us = 0;
	return 0;
}

static int complete(struct fetch *f, struct err *err)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;

	if (f->any_status) {
		f->done = true;
		return 0;
	}
	if (!f->manifest && !f->into && !f->at_most && f->got != f->size)
		return err_set(err, ERR_CORRUPT, "%llu bytes came, %llu were declared",
			(unsigned long long) f->got, (unsigned long long) f->size);
	if (EVP_DigestFinal_ex(f->md, md, &n) != 1)
		return err_sys(err, ENOMEM, "hash");
	for (unsigned i = 0; i < n; i++)
		(void) snprintf(hex + 2 * i, 3, "%02x", md[i]);
	if (f->digest && strcmp(hex, f->digest) != 0)
		return err_set(err, ERR_CORRUPT,
			"the registry lies: what it sends as sha256:%s has digest sha256:%s", f->digest, hex);
	f->whole = true;
	f->done = !f->carry_len;
	return 0;
}

/* 0: done, or to be started again at not_before_us. */
static int fetch_judge(struct fetch *f, CURLcode code, struct err *err)
{
	char text[300];

	if (code != CURLE_OK && code != CURLE_COULDNT_CONNECT && !f->stopped.kind &&
		session_guess_wrong(f->s, 0))
		return again_later(f, true);
	if (code != CURLE_OK)
		return broken(f, code, err);
	(void) curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
	if (session_guess_wrong(f->s, f->status))
		return again_later(f, true);
	f->s->answered = true;
	switch (f->status) {
	case 200:
	case 206:
		return complete(f, err);
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		if (f->no_redirect)
			return complete(f, err);
		if (!f->body)
			return redirect(f, err);
		break;
	case 401:
		return refused(f, err);
	case 403:
		if (f->any_status)
			return complete(f, err);
		return refused(f, err);
	case 404:
		if (f->any_status)
			return complete(f, err);
		if (elsewhere(f))
			return 0;
		return err_set(err, ERR_NOT_FOUND, "%s it%s",
			f->s->socket ? "the daemon does not have"
			: f->at_most ? "the server does not have"
				     : "the registry does not have",
			words(f, text));
	case 416: /* what we have is not what it has */
		if (f->any_status || !f->got || rewind_all(f) < 0)
			break;
		return again_later(f, false);
	default:
		break;
	}
	if ((f->status == 429 || f->status >= 500) && f->tries + 1 < tries_max(f))
		return again_later(f, false);
	if (f->any_status)
		return complete(f, err);
	if (f->foreign && elsewhere(f))
		return 0;
	return err_set(err, ERR_REMOTE, "HTTP %ld%s%s", f->status, words(f, text),
		f->status == 429 ? "; the registry limits how often one may ask: wait, or podctl login" : "");
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

static int start_due(
	struct fetch *f, size_t n, size_t at_once, CURLM *multi, int *ret_wait_ms, struct err *err)
{
	uint64_t now = time_mono_us();
	size_t active = 0;
	int rc;

	*ret_wait_ms = 200; /* news for those who look */
	for (size_t i = 0; i < n; i++)
		active += f[i].active || (f[i].whole && !f[i].done);
	for (size_t i = 0; i < n && active < at_once; i++) {
		if (f[i].done || f[i].whole || f[i].active || f[i].not_before_us > now)
			continue;
		if ((rc = fetch_start(&f[i], multi, err)) < 0)
			return rc;
		active++;
		*ret_wait_ms = 0;
	}
	return 0;
}

/* 1: one has ended, so that another may begin. */
static int collect(CURLM *multi, struct fetch *all, fetch_news *news, void *ctx, struct err *err)
{
	CURLMsg *m;
	int left, rc, ended = 0;

	while ((m = curl_multi_info_read(multi, &left))) {
		struct fetch *f = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void) curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
		(void) curl_multi_remove_handle(multi, m->easy_handle);
		f->active = false;
		ended = 1;
		if ((rc = fetch_judge(f, code, err)) < 0)
			return err_wrap(err, "%s", f->path);
		if (f->done && news)
			news(ctx, (size_t) (f - all));
	}
	return ended;
}

static void fetch_done(struct fetch *f, CURLM *multi)
{
	if (f->active)
		(void) curl_multi_remove_handle(multi, f->easy);
	f->active = false;
	curl_easy_cleanup(f->easy);
	f->easy = NULL;
	curl_slist_free_all(f->headers);
	f->headers = NULL;
	EVP_MD_CTX_free(f->md);
	f->md = NULL;
	buf_done(&f->text);
	free(f->url);
	f->url = NULL;
	free(f->carry);
	f->carry = NULL;
}

/* Waits for the network and for room in full pipes. */
static void wait_all(struct fetch *f, size_t n, CURLM *multi, int wait_ms, fetch_news *news, void *ctx)
{
	struct curl_waitfd w[AT_ONCE_MAX];
	struct fetch *of[AT_ONCE_MAX];
	unsigned k = 0;

	for (size_t i = 0; i < n && k < AT_ONCE_MAX; i++)
		if (f[i].carry_len) {
			w[k] = (struct curl_waitfd){ .fd = f[i].fd, .events = CURL_WAIT_POLLOUT };
			of[k++] = &f[i];
		}
	(void) curl_multi_poll(multi, w, k, wait_ms, NULL);
	for (unsigned i = 0; i < k; i++) {
		if (!w[i].revents)
			continue;
		pipe_flush(of[i]);
		of[i]->done = of[i]->done || (of[i]->whole && !of[i]->carry_len);
		if (of[i]->done && news)
			news(ctx, (size_t) (of[i] - f));
	}
}

int fetches_run(struct session *s, struct fetch *f, size_t n, size_t at_once, fetch_news *news, void *ctx,
	struct err *err)
{
	CURLM *multi = s->multi ? s->multi : (s->multi = curl_multi_init()); /* it keeps the connections */
	uint64_t told = time_mono_us();
	size_t left = n;
	int rc = multi ? 0 : err_sys(err, ENOMEM, "fetch"), running, wait_ms;

	for (size_t i = 0; i < n; i++)
		f[i].s = s;
	while (rc == 0 && left) {
		if ((rc = start_due(f, n, at_once, multi, &wait_ms, err)) < 0)
			break;
		if (curl_multi_perform(multi, &running) != CURLM_OK) {
			rc = err_set(err, ERR_SYSTEM, "libcurl failed");
			break;
		}
		if ((rc = collect(multi, f, news, ctx, err)) < 0)
			break;
		wait_ms = rc ? 0 : wait_ms;
		rc = 0;
		left = 0;
		for (size_t i = 0; i < n; i++)
			left += !f[i].done;
		if (left)
			wait_all(f, n, multi, wait_ms, news, ctx);
		if (news && time_mono_us() - told > 200000) {
			told = time_mono_us();
			for (size_t i = 0; i < n; i++)
				if (f[i].active)
					news(ctx, i);
		}
	}
	for (size_t i = 0; i < n; i++)
		fetch_done(&f[i], multi);
	return rc;
}

int fetch_one(struct session *s, struct fetch *f, struct err *err)
{
	f->any_status = true;
	f->fd = -1;
	return fetches_run(s, f, 1, 1, NULL, NULL, err);
}
