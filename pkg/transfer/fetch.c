/* Fetches: one HTTP request each, checked while it streams, tried again where that can help. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "pkg/transfer/session.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define ERROR_TEXT_MAX (64 * KiB)
#define DELAY_MAX_S 60

static const char accept_line[] =
	"Accept: application/vnd.oci.image.index.v1+json, "
	"application/vnd.docker.distribution.manifest.list.v2+json, "
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/* ---- what comes in ---------------------------------------------------------------------------------------------------- */

/* The value of a header line when it has that name. */
static const char *header(const char *line, size_t n, const char *name, char *out, size_t size)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(line, name, k) != 0 || line[k] != ':')
		return NULL;
	for (line += k + 1, n -= k + 1; n && (*line == ' ' || *line == '\t'); line++)
		n--;
	while (n && strchr("\r\n \t", line[n - 1]))
		n--;
	if (n >= size)
		return NULL;
	memcpy(out, line, n);
	out[n] = '\0';
	return out;
}

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
		f->type[0] = f->named_digest[0] = '\0';
		f->challenge = (struct challenge){ 0 };
		f->retry_after_s = 0;
		f->ranged = false;
		buf_clear(&f->text);
	} else if (header(line, n, "content-type", f->type, sizeof f->type) ||
		   header(line, n, "docker-content-digest", f->named_digest, sizeof f->named_digest)) {
		return n;
	} else if (header(line, n, "www-authenticate", v, sizeof v)) {
		(void) challenge_parse(v, &f->challenge);
	} else if (header(line, n, "retry-after", v, sizeof v)) {
		retry_after(f, v);
	} else if (header(line, n, "content-range", v, sizeof v)) {
		char from[24] = "";

		f->ranged = sscanf(v, "bytes %20[0-9]-", from) == 1 &&
			    parse_u64(from, 0, INT64_MAX, &f->range_from) == 0;
	}
	return n;
}

static int too_much(struct fetch *f)
{
	return f->manifest ? err_set(&f->stopped, ERR_REMOTE, "the answer is larger than %llu bytes",
				     (unsigned long long) f->size)
			   : err_set(&f->stopped, ERR_CORRUPT,
				     "the registry sends more than the %llu bytes declared",
				     (unsigned long long) f->size);
}

/* From the beginning again: a registry that does not do ranges. */
static int rewind_all(struct fetch *f)
{
	f->got = f->got_before = 0;
	if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return err_sys(&f->stopped, errno, "write a blob");
	return EVP_DigestInit_ex(f->md, EVP_sha256(), NULL) == 1 ? 0 : err_sys(&f->stopped, ENOMEM, "hash");
}

/* The first bytes of the body: is it what was asked for? */
static int body_begins(struct fetch *f)
{
	curl_off_t length = -1;

	(void) curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
	if (f->status != 200 && f->status != 206)
		return 0;
	if (f->status == 206 && (!f->ranged || f->range_from != f->got))
		return err_set(
			&f->stopped, ERR_REMOTE, "the registry sends another range than was asked for");
	if (f->status == 200 && f->got && rewind_all(f) < 0)
		return -EIO;
	(void) curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0 && ((uint64_t) length > f->size || f->got + (uint64_t) length > f->size))
		return too_much(f); /* not a byte of 10 GB is fetched */
	if (strncasecmp(f->type, "text/html", 9) == 0)
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
	int rc;

	if (!f->status && body_begins(f) < 0)
		return 0;
	if (f->status != 200 && f->status != 206) {
		(void) buf_add(&f->text, p, n); /* of a long page the beginning will do */
		return n;
	}
	if (n > f->size - f->got) {
		(void) too_much(f);
		return 0;
	}
	if ((rc = io_write_all(f->fd, p, n)) < 0) {
		(void) err_sys(&f->stopped, -rc, -rc == ENOSPC ? "disk full while pulling" : "write a blob");
		return 0;
	}
	if (EVP_DigestUpdate(f->md, p, n) != 1) {
		(void) err_sys(&f->stopped, ENOMEM, "hash");
		return 0;
	}
	f->got += n;
	return n;
}

/* ---- beginning --------------------------------------------------------------------------------------------------------- */

static int fetch_start(struct fetch *f, CURLM *multi, struct err *err)
{
	struct session *s = f->s;
	auto_free char *url = NULL;
	char range[40];
	int rc;

	if (f->url ? !(url = strdup(f->url))
		   : asprintf(&url, "%s://%s/v2/%s/%s", s->plain ? "http" : "https", s->host, s->repository,
			     f->path) < 0)
		return err_sys(err, ENOMEM, "fetch");
	if (!f->md && (!(f->md = EVP_MD_CTX_new()) || EVP_DigestInit_ex(f->md, EVP_sha256(), NULL) != 1))
		return err_sys(err, ENOMEM, "hash");
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	f->headers = NULL;
	if (!(f->easy = curl_easy_init()))
		return err_sys(err, ENOMEM, "fetch");
	if ((rc = session_prepare(s, f->easy, err)) < 0)
		return rc;
	f->status = 0;
	f->got_before = f->got;
	f->generation = s->generation;
	buf_init(&f->text, ERROR_TEXT_MAX);
	if (f->manifest)
		f->headers = curl_slist_append(f->headers, accept_line);
	if (s->authorization && !f->url) /* credentials stay with the registry */
		f->headers = curl_slist_append(f->headers, s->authorization);
	(void) curl_easy_setopt(f->easy, CURLOPT_URL, url);
	(void) curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	(void) curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void) curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	(void) curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void) curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	(void) curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
	if (f->got) {
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
static const char *words(struct fetch *f, char out[300])
{
	json_t *v = f->text.data ? json_loadb(f->text.data, f->text.len, 0, NULL) : NULL;
	json_t *first = json_array_get(json_object_get(v, "errors"), 0);
	const char *code = json_string_value(json_object_get(first, "code"));
	const char *message = json_string_value(json_object_get(first, "message"));

	if (code || message)
		(void) snprintf(out, 300, ": %.60s%s%.200s", code ? code : "", code && message ? ": " : "",
			message ? message : "");
	else
		(void) snprintf(
			out, 300, "%s%.80s", f->text.len ? ": " : "", f->text.len ? f->text.data : "");
	json_decref(v);
	return out;
}

static int again_later(struct fetch *f, bool progress)
{
	uint64_t delay_s;

	free(f->url); /* what it redirected to may have been good for a moment only */
	f->url = NULL;
	f->redirects = 0;
	f->tries = progress ? 0 : f->tries + 1;
	delay_s = f->retry_after_s ? f->retry_after_s : f->tries ? 1ULL << f->tries : 0;
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
	if (code != CURLE_SSL_CONNECT_ERROR && code != CURLE_COULDNT_CONNECT && !can_try_again(code))
		return false;
	return s->plain = true;
}

static int broken(struct fetch *f, CURLcode code, struct err *err)
{
	bool progress = f->got > f->got_before;

	if (f->stopped.kind) {
		*err = f->stopped;
		return err->errnum ? -err->errnum : -EREMOTEIO;
	}
	if (falls_back(f, code))
		return again_later(f, true);
	if (can_try_again(code) && f->tries + 1 < TRIES_MAX && ++f->drops < DROPS_MAX)
		return again_later(f, progress);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return err_set(err, ERR_REMOTE,
			"%s: its certificate is not trusted: %s; put its authority into "
			"/etc/containers/certs.d/%s/ca.crt, or use --tls-verify=false",
			f->s->host, curl_easy_strerror(code), f->s->host);
	if (code == CURLE_SSL_CONNECT_ERROR && !f->s->insecure)
		return err_set(err, ERR_REMOTE,
			"%s does not speak TLS: %s; a registry without it must be marked insecure in "
			"registries.conf, or use --tls-verify=false",
			f->s->host, curl_easy_strerror(code));
	return err_set(err, ERR_REMOTE, "%s: %s", f->s->host, curl_easy_strerror(code));
}

static int redirect(struct fetch *f, struct err *err)
{
	char *to = NULL;

	(void) curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to || ++f->redirects > REDIRECTS_MAX)
		return err_set(err, ERR_REMOTE,
			to ? "more than %d redirects" : "a redirect that leads nowhere", REDIRECTS_MAX);
	if (strncmp(to, "https://", 8) != 0 && !(f->s->insecure && strncmp(to, "http://", 7) == 0))
		return err_set(err, ERR_REMOTE, "a redirect to '%.100s': only https is followed", to);
	free(f->url);
	if (!(f->url = strdup(to)))
		return err_sys(err, ENOMEM, "fetch");
	f->not_before_us = 0;
	return 0;
}

static int refused(struct fetch *f, struct err *err)
{
	char text[300];

	if (f->url)
		return err_set(err, ERR_DENIED, "HTTP %ld from where the registry sent us%s", f->status,
			words(f, text));
	if (f->status == 403 || f->refusals >= 2 || (!f->challenge.basic && !f->challenge.bearer))
		return err_set(err, ERR_DENIED, "HTTP %ld%s%s", f->status, words(f, text),
			f->s->user || f->s->identity ? "; are the credentials right?"
						     : "; a login may be needed (--creds, --authfile)");
	/* Somebody else's 401 may have brought a new token meanwhile. */
	if (f->generation == f->s->generation) {
		int rc;

		if (f->s->authorization && f->challenge.basic && !f->challenge.bearer)
			return err_set(err, ERR_DENIED, "user '%s' or the password is not accepted%s",
				f->s->user ? f->s->user : "", words(f, text));
		if ((rc = session_authorize(f->s, &f->challenge, err)) < 0)
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

	if (!f->manifest && f->got != f->size)
		return err_set(err, ERR_CORRUPT, "%llu bytes came, %llu were declared",
			(unsigned long long) f->got, (unsigned long long) f->size);
	if (EVP_DigestFinal_ex(f->md, md, &n) != 1)
		return err_sys(err, ENOMEM, "hash");
	for (unsigned i = 0; i < n; i++)
		(void) snprintf(hex + 2 * i, 3, "%02x", md[i]);
	if (f->digest && strcmp(hex, f->digest) != 0)
		return err_set(err, ERR_CORRUPT,
			"the registry lies: what it sends as sha256:%s has digest sha256:%s", f->digest, hex);
	f->done = true;
	return 0;
}

/* 0: done, or to be started again at not_before_us. */
static int fetch_judge(struct fetch *f, CURLcode code, struct err *err)
{
	char text[300];

	if (code != CURLE_OK)
		return broken(f, code, err);
	(void) curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
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
		return redirect(f, err);
	case 401:
	case 403:
		return refused(f, err);
	case 404:
		return err_set(err, ERR_NOT_FOUND, "the registry does not have it%s", words(f, text));
	case 416: /* what we have is not what it has */
		if (!f->got || rewind_all(f) < 0)
			break;
		return again_later(f, false);
	default:
		break;
	}
	if ((f->status == 429 || f->status >= 500) && f->tries + 1 < TRIES_MAX)
		return again_later(f, false);
	return err_set(err, ERR_REMOTE, "HTTP %ld%s", f->status, words(f, text));
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
		active += f[i].active;
	for (size_t i = 0; i < n && active < at_once; i++) {
		if (f[i].done || f[i].active || f[i].not_before_us > now)
			continue;
		if ((rc = fetch_start(&f[i], multi, err)) < 0)
			return rc;
		active++;
		*ret_wait_ms = 0;
	}
	return 0;
}

static int collect(CURLM *multi, struct fetch *all, fetch_news *news, void *ctx, struct err *err)
{
	CURLMsg *m;
	int left, rc;

	while ((m = curl_multi_info_read(multi, &left))) {
		struct fetch *f = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void) curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
		(void) curl_multi_remove_handle(multi, m->easy_handle);
		f->active = false;
		if ((rc = fetch_judge(f, code, err)) < 0)
			return err_wrap(err, "%s", f->path);
		if (f->done && news)
			news(ctx, (size_t) (f - all));
	}
	return 0;
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
}

int fetches_run(struct session *s, struct fetch *f, size_t n, size_t at_once, fetch_news *news, void *ctx,
	struct err *err)
{
	CURLM *multi = curl_multi_init();
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
		left = 0;
		for (size_t i = 0; i < n; i++)
			left += !f[i].done;
		if (left)
			(void) curl_multi_poll(multi, NULL, 0, wait_ms, NULL);
		if (news && time_mono_us() - told > 200000) {
			told = time_mono_us();
			for (size_t i = 0; i < n; i++)
				if (f[i].active)
					news(ctx, i);
		}
	}
	for (size_t i = 0; i < n; i++)
		fetch_done(&f[i], multi);
	(void) curl_multi_cleanup(multi);
	return rc;
}
