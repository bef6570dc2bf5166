/* Who we are: TLS options, Basic, and the token dance. */
#include "pkg/transfer/session.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/util/limits.h"

void session_done(struct session *s)
{
	free(s->authorization);
	s->authorization = NULL;
	if (s->multi)
		(void) curl_multi_cleanup(s->multi);
	s->multi = NULL;
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
	       (strncmp(host, "localhost", 9) == 0 && (!host[9] || host[9] == ':'));
}

void session_begin(struct session *s)
{
	if (s->insecure && !s->plain && is_loopback(s->host))
		s->plain = s->guessed = true;
}

bool session_guess_wrong(struct session *s, long status)
{
	if (!s->guessed)
		return false;
	s->guessed = false;
	/* a server with TLS answers 400, sends us to https, or says nothing */
	s->plain = (status >= 200 && status < 300) || status == 401 || status == 403 || status == 404;
	return !s->plain;
}

const char *session_name(const struct session *s) { return s->name ? s->name : s->host; }

/* ---- options of every transfer -------------------------------------------------------------------------------------- */

/* certs.d adds authorities to the system's; CURLOPT_CAINFO would replace them. */
static CURLcode add_authorities(CURL *easy, void *ctx, void *arg)
{
	struct session *s = arg;

	(void) easy;
	for (size_t i = 0; i < s->ca.n; i++)
		if (SSL_CTX_load_verify_locations(ctx, s->ca.v[i], NULL) != 1)
			return CURLE_SSL_CACERT_BADFILE;
	return CURLE_OK;
}

int session_prepare(struct session *s, CURL *easy, struct err *err)
{
	CURLcode rc = CURLE_OK;

	/* clang-format off */
#define SET(option, value) rc = rc ? rc : curl_easy_setopt(easy, option, value)
	if (s->socket)
		SET(CURLOPT_UNIX_SOCKET_PATH, s->socket);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, s->insecure || s->plain ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_CONNECTTIMEOUT, s->connect_timeout_s);
	SET(CURLOPT_LOW_SPEED_LIMIT, 100L); /* a registry that says next to nothing for a minute is gone */
	SET(CURLOPT_LOW_SPEED_TIME, 60L);
	SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1); /* a paused stream of HTTP/2 fills memory */
	SET(CURLOPT_BUFFERSIZE, 128L * 1024);
	SET(CURLOPT_SOCKS5_AUTH, (long) CURLAUTH_BASIC); /* no Kerberos, see absent.c */
	SET(CURLOPT_USERAGENT, "podctl/" PODCTL_VERSION);
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, s->insecure ? 0L : 1L);
	SET(CURLOPT_SSL_VERIFYHOST, s->insecure ? 0L : 2L);
	if (s->ca.n) {
		SET(CURLOPT_SSL_CTX_FUNCTION, add_authorities);
		SET(CURLOPT_SSL_CTX_DATA, s);
	}
	if (s->cert) {
		SET(CURLOPT_SSLCERT, s->cert);
		SET(CURLOPT_SSLKEY, s->key);
	}
#undef SET
	/* clang-format on */
	return rc ? err_set(err, ERR_SYSTEM, "prepare a transfer: %s", curl_easy_strerror(rc)) : 0;
}

/* ---- a small request of its own: the token server ------------------------------------------------------------------- */

static size_t body_add(char *p, size_t size, size_t n, void *arg)
{
	return buf_add(arg, p, size * n) < 0 ? 0 : size * n;
}

static int token_ask(struct session *s, const char *url, const char *form, struct buf *body, long *ret_status,
	struct err *err)
{
	CURL *easy = curl_easy_init();
	CURLcode code;
	int rc;

	if (!easy)
		return err_sys(err, ENOMEM, "ask for a token");
	rc = session_prepare(s, easy, err);
	(void) curl_easy_setopt(easy, CURLOPT_URL, url);
	(void) curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
	(void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_add);
	(void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	if (form)
		(void) curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, form);
	if (!form && s->user) {
		(void) curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
		(void) curl_easy_setopt(easy, CURLOPT_USERNAME, s->user);
		(void) curl_easy_setopt(easy, CURLOPT_PASSWORD, s->password);
	}
	if (rc == 0 && (code = curl_easy_perform(easy)) != CURLE_OK)
		rc = buf_failed(body)
			     ? err_set(err, ERR_REMOTE, "token server: the answer is larger than %zu bytes",
				       body->max)
			     : err_set(err, ERR_REMOTE, "token server '%s': %s", url,
				       curl_easy_strerror(code));
	(void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, ret_status);
	curl_easy_cleanup(easy);
	return rc;
}

/* key=value with the value escaped */
static void query_add(struct buf *b, char before, const char *key, const char *value)
{
	char *text = curl_easy_escape(NULL, value, 0);

	if (!text)
		b->error = -ENOMEM;
	(void) buf_printf(b, "%c%s=%s", before, key, text ? text : "");
	curl_free(text);
}

static int token_take(struct session *s, const struct buf *body, long status, struct err *err)
{
	json_t *v = body->data ? json_loadb(body->data, body->len, 0, NULL) : NULL;
	const char *token = json_string_value(json_object_get(v, "token"));
	char *line = NULL;
	int rc = 0;

	if (!token || !*token)
		token = json_string_value(json_object_get(v, "access_token"));
	if (status == 401 || status == 403)
		rc = err_set(err, ERR_DENIED,
			"unauthorized: the token server refused %s (HTTP %ld); podctl login %s, or --creds",
			s->user || s->identity ? "the credentials" : "an anonymous token", status,
			session_name(s));
	else if (status != 200 || !token || !*token || strpbrk(token, "\r\n"))
		rc = err_set(err, ERR_REMOTE, "the token server answered HTTP %ld without a token", status);
	else if (asprintf(&line, "Authorization: Bearer %s", token) < 0)
		rc = err_sys(err, ENOMEM, "keep a token");
	json_decref(v);
	if (rc < 0)
		return rc;
	free(s->authorization);
	s->authorization = line;
	s->generation++;
	return 0;
}

/* The scopes are ours to compute: a challenge may ask for more than a pull needs.  Only when ours were not enough, which
 * registries that name their repositories otherwise say, its own is taken. */
static int scopes_add(struct session *s, const struct challenge *c, bool again, struct buf *b)
{
	char own[400];

	if (again && strncmp(c->scope, "repository:", 11) == 0)
		query_add(b, '&', "scope", c->scope);
	else if (s->scopes.n)
		for (size_t i = 0; i < s->scopes.n; i++)
			query_add(b, '&', "scope", s->scopes.v[i]);
	else if (!s->no_scope) {
		(void) snprintf(
			own, sizeof own, "repository:%s:%s", s->repository, s->push ? "pull,push" : "pull");
		query_add(b, '&', "scope", own);
		if (s->mount_from) {
			(void) snprintf(own, sizeof own, "repository:%s:pull", s->mount_from);
			query_add(b, '&', "scope", own);
		}
	}
	return buf_failed(b) ? b->error : 0;
}

static int bearer(struct session *s, const struct challenge *c, bool again, struct err *err)
{
	auto_buf struct buf url = BUF_INIT(64 * KiB);
	auto_buf struct buf form = BUF_INIT(64 * KiB);
	auto_buf struct buf body = BUF_INIT(TOKEN_MAX);
	long status = 0;
	int rc;

	if (strncmp(c->realm, "https://", 8) != 0 && !(s->insecure && strncmp(c->realm, "http://", 7) == 0))
		return err_set(err, ERR_REMOTE,
			"the registry names '%s' as its token server: only https is taken", c->realm);
	(void) buf_puts(&url, c->realm);
	if (s->identity) {
		(void) buf_puts(&form, "grant_type=refresh_token&client_id=podctl");
		query_add(&form, '&', "refresh_token", s->identity);
		query_add(&form, '&', "service", c->service);
		rc = scopes_add(s, c, again, &form);
	} else {
		query_add(&url, strchr(c->realm, '?') ? '&' : '?', "service", c->service);
		if (s->user)
			query_add(&url, '&', "account", s->user);
		rc = scopes_add(s, c, again, &url);
	}
	if (rc < 0 || buf_failed(&url) || buf_failed(&form))
		return err_sys(err, ENOMEM, "ask for a token");
	if ((rc = token_ask(s, url.data, s->identity ? form.data : NULL, &body, &status, err)) < 0)
		return rc;
	return token_take(s, &body, status, err);
}

static int basic(struct session *s, struct err *err)
{
	auto_free char *pair = NULL;
	auto_free char *code = NULL;
	char *line;
	int n = asprintf(&pair, "%s:%s", s->user, s->password);

	if (n < 0 || !(code = malloc((size_t) n * 4 / 3 + 8)))
		return err_sys(err, ENOMEM, "authorize");
	(void) EVP_EncodeBlock((unsigned char *) code, (unsigned char *) pair, n);
	if (asprintf(&line, "Authorization: Basic %s", code) < 0)
		return err_sys(err, ENOMEM, "authorize");
	free(s->authorization);
	s->authorization = line;
	s->generation++;
	return 0;
}

int session_authorize(struct session *s, const struct challenge *c, bool again, struct err *err)
{
	if (c->bearer)
		return bearer(s, c, again, err);
	if (!c->basic)
		return err_set(err, ERR_UNSUPPORTED,
			"the registry wants an authorization that is neither Basic nor Bearer");
	if (!s->user)
		return err_set(err, ERR_DENIED,
			"unauthorized: the registry wants a user and password; podctl login %s, or --creds "
			"USER:PASSWORD",
			session_name(s));
	return basic(s, err);
}

const char *session_header(const char *line, size_t n, const char *name, char *out, size_t size)
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
