/*
 * podctl-probe — one probe that needs more than a socket: TLS, HTTP/2, gRPC, a host by its name.
 *
 *     podctl-probe [--timeout=MS] [--netns=FILE] [--header=NAME: VALUE]... [--http2] http URL
 *     podctl-probe [--timeout=MS] [--netns=FILE] [--tls] grpc HOST PORT SERVICE
 *     podctl-probe [--timeout=MS] [--netns=FILE] tcp HOST PORT
 *
 * Exit status 0: content; 1: failed, with the reason on stdout in a kubelet's words; 2: content, with a warning on stdout;
 * 3: it could not be asked.  Certificates are not looked at, as a kubelet does not.  Started by a monitor for one probe, so
 * that the monitor itself needs no TLS; what is asked sits in a container and is hostile: answers are read to a limit.
 * Specs: RFC 9110, 9113; grpc/doc/PROTOCOL-HTTP2.md; grpc.health.v1.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BODY_MAX 10240
#define REDIRECTS_MAX 10
#define SERVICE_MAX 4096

enum { CONTENT = 0, FAILED = 1, WARNED = 2, NOT_ASKED = 3 };

struct request {
	long timeout_ms;
	struct curl_slist *headers;
	bool tls, http2;
	char error[CURL_ERROR_SIZE];
	unsigned char body[BODY_MAX];
	size_t n;
	int grpc_status; /* -1: none came */
	char grpc_message[256];
};

__attribute__((format(printf, 2, 3))) static int say(int verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void) vprintf(fmt, ap);
	va_end(ap);
	return verdict;
}

/* Keeps what fits; the end of a body that is longer is of no interest. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct request *r = arg;
	size_t len = size * n, room = sizeof r->body - r->n;

	memcpy(r->body + r->n, p, len < room ? len : room);
	r->n += len < room ? len : room;
	return len > room ? 0 : len;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	static const char status[] = "grpc-status:", message[] = "grpc-message:";
	struct request *r = arg;
	char line[512];
	size_t len = size * n;

	snprintf(line, sizeof line, "%.*s", (int) (len < sizeof line ? len : sizeof line - 1), p);
	line[strcspn(line, "\r\n")] = '\0';
	if (strncasecmp(line, status, sizeof status - 1) == 0)
		r->grpc_status = (int) strtol(line + sizeof status - 1, NULL, 10);
	else if (strncasecmp(line, message, sizeof message - 1) == 0)
		snprintf(r->grpc_message, sizeof r->grpc_message, "%s",
			line + sizeof message - 1 + strspn(line + sizeof message - 1, " "));
	return len;
}

static CURL *easy(struct request *r)
{
	CURL *c = curl_easy_init();

	if (!c)
		return NULL;
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, r->timeout_ms);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, r->timeout_ms);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	return c;
}

static bool has_header(const struct request *r, const char *name)
{
	size_t n = strlen(name);

	for (const struct curl_slist *h = r->headers; h; h = h->next)
		if (strncasecmp(h->data, name, n) == 0 && h->data[n] == ':')
			return true;
	return false;
}

/* Why no answer came, in Go's words where there are some. */
static void why(CURL *c, const struct request *r, CURLcode code, char *text, size_t size)
{
	long error = 0;

	(void) curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(text, size,
			"context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
	else if (code == CURLE_COULDNT_CONNECT && error) {
		snprintf(text, size, "connect: %s", strerror((int) error));
		text[strlen("connect: ")] |= 0x20;
	} else
		snprintf(text, size, "%s", *r->error ? r->error : curl_easy_strerror(code));
}

static char *host_of(const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL;

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		(void) curl_url_get(u, CURLUPART_HOST, &host, 0);
	curl_url_cleanup(u);
	return host;
}

static bool same_host(const char *a, const char *b)
{
	char *x = host_of(a), *y = host_of(b);
	bool same = x && y && strcasecmp(x, y) == 0;

	curl_free(x);
	curl_free(y);
	return same;
}

/* One GET; *ret_next is where it leads, owned by the caller.  -1: no answer, and the reason was said. */
static long get(struct request *r, const char *first, const char *url, char **ret_next)
{
	CURL *c = easy(r);
	char text[512], *next = NULL;
	long status = 0;
	CURLcode code;

	*ret_next = NULL;
	if (!c)
		return say(-1, "out of memory");
	r->n = 0;
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		!r->http2                           ? CURL_HTTP_VERSION_1_1
		: strncasecmp(url, "https", 5) == 0 ? CURL_HTTP_VERSION_2TLS
						    : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	if (!has_header(r, "User-Agent"))
		curl_easy_setopt(c, CURLOPT_USERAGENT, "kube-probe/1.36");
	code = curl_easy_perform(c);
	(void) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status)) {
		why(c, r, code, text, sizeof text);
		(void) say(0, "Get \"%s\": %s", first, text);
		status = -1;
	} else if (curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &next) == CURLE_OK && next) {
		*ret_next = strdup(next);
	}
	curl_easy_cleanup(c);
	return status;
}

static int http(struct request *r, const char *first)
{
	char *url = strdup(first), *next = NULL;

	for (int i = 0; url; i++) {
		long status = get(r, first, url, &next);

		free(url);
		url = NULL;
		if (status < 0)
			return FAILED;
		if (status < 200 || status >= 400)
			return say(FAILED, "HTTP probe failed with statuscode: %ld", status);
		if (status < 300)
			return CONTENT;
		if (!next || !same_host(first, next)) {
			free(next);
			return say(WARNED, "Probe terminated redirects, Response body: ");
		}
		if (i + 1 == REDIRECTS_MAX) {
			free(next);
			return say(FAILED, "Get \"%s\": stopped after 10 redirects", first);
		}
		url = next;
	}
	return say(NOT_ASKED, "out of memory");
}

/* ---- gRPC ---- */

/* HealthCheckRequest { string service = 1 } with its length before it, as gRPC frames messages. */
static size_t request_of(const char *service, unsigned char *p)
{
	size_t n = strlen(service), len = n, at = 5;

	p[0] = 0;
	if (n) {
		p[at++] = 0x0a;
		for (; len >= 0x80; len >>= 7)
			p[at++] = (unsigned char) (len | 0x80);
		p[at++] = (unsigned char) len;
		memcpy(p + at, service, n);
		at += n;
	}
	for (int i = 0; i < 4; i++)
		p[1 + i] = (unsigned char) ((at - 5) >> (24 - 8 * i));
	return at;
}

static bool varint(const unsigned char **p, const unsigned char *end, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		unsigned char c = *(*p)++;

		*ret |= (uint64_t) (c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

/* HealthCheckResponse { ServingStatus status = 1 }; -1: no such message.  Unknown fields are skipped. */
static int64_t status_of(const unsigned char *p, size_t n)
{
	const unsigned char *end;
	uint64_t key, v, status = 0;
	uint32_t len;

	if (n < 5 || p[0])
		return -1;
	len = (uint32_t) p[1] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 8 | p[4];
	p += 5;
	if (len > n - 5)
		return -1;
	for (end = p + len; p < end;) {
		if (!varint(&p, end, &key))
			return -1;
		if ((key & 7) == 0) {
			if (!varint(&p, end, &v))
				return -1;
			if (key >> 3 == 1)
				status = v;
			continue;
		}
		if ((key & 7) == 2 && varint(&p, end, &v) && v <= (uint64_t) (end - p))
			p += v;
		else if ((key & 7) == 1 && end - p >= 8)
			p += 8;
		else if ((key & 7) == 5 && end - p >= 4)
			p += 4;
		else
			return -1;
	}
	return (int64_t) status;
}

static int grpc_answer(const struct request *r, long status)
{
	static const char *const words[] = { "UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN" };
	int64_t s;

	if (status != 200)
		return say(FAILED, "error: health rpc probe failed: unexpected HTTP status code %ld", status);
	if (r->grpc_status == 12)
		return say(FAILED,
			"error: this server does not implement the grpc health protocol "
			"(grpc.health.v1.Health): %s",
			r->grpc_message);
	if (r->grpc_status > 0)
		return say(FAILED, "error: health rpc probe failed: rpc error: code = %d desc = %s",
			r->grpc_status, r->grpc_message);
	if ((s = status_of(r->body, r->n)) < 0)
		return say(FAILED, "error: health rpc probe failed: the answer is no health message");
	if (s != 1)
		return say(FAILED, "service unhealthy (responded with \"%s\")", s < 4 ? words[s] : "UNKNOWN");
	return CONTENT;
}

static int grpc(struct request *r, const char *host, const char *port, const char *service)
{
	unsigned char message[SERVICE_MAX + 16];
	char url[512], text[512];
	bool v6 = strchr(host, ':') != NULL;
	long status = 0;
	CURLcode code;
	CURL *c;
	int rc;

	if (strlen(service) > SERVICE_MAX)
		return say(NOT_ASKED, "the service's name is too long");
	if (!(c = easy(r)))
		return say(NOT_ASKED, "out of memory");
	snprintf(url, sizeof url, "%s://%s%.300s%s:%s/grpc.health.v1.Health/Check", r->tls ? "https" : "http",
		v6 ? "[" : "", host, v6 ? "]" : "", port);
	r->headers = curl_slist_append(r->headers, "content-type: application/grpc");
	r->headers = curl_slist_append(r->headers, "te: trailers");
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "kube-probe/1.36");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		r->tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long) request_of(service, message));
	curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, message);
	code = curl_easy_perform(c);
	(void) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status)) {
		rc = grpc_answer(r, status);
	} else if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_COULDNT_CONNECT) {
		rc = say(FAILED, "timeout: failed to connect service \"%s:%s\" within %gs%s", host, port,
			(double) r->timeout_ms / 1000,
			code == CURLE_COULDNT_CONNECT ? ": connection refused" : "");
	} else {
		why(c, r, code, text, sizeof text);
		rc = say(FAILED, "error: health rpc probe failed: %s", text);
	}
	curl_easy_cleanup(c);
	return rc;
}

static int tcp(struct request *r, const char *host, const char *port)
{
	char url[512], text[512];
	CURL *c = easy(r);
	CURLcode code;

	if (!c)
		return say(NOT_ASKED, "out of memory");
	snprintf(url, sizeof url, "http://%.300s:%s/", host, port);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	code = curl_easy_perform(c);
	why(c, r, code, text, sizeof text);
	curl_easy_cleanup(c);
	return code == CURLE_OK ? CONTENT
				: say(FAILED, "dial tcp %s:%s: %s", host, port,
					  code == CURLE_OPERATION_TIMEDOUT ? "i/o timeout" : text);
}

/* ---- */

static int netns_join(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int options(int argc, char **argv, struct request *r, const char **netns)
{
	static const struct option longs[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "netns", required_argument, NULL, 'n' },
		{ "header", required_argument, NULL, 'h' },
		{ "tls", no_argument, NULL, 's' },
		{ "http2", no_argument, NULL, '2' },
		{ 0 },
	};
	const char *header;
	char empty[300];

	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) >= 0;)
		switch (o) {
		case 't':
			r->timeout_ms = strtol(optarg, NULL, 10);
			break;
		case 'n':
			*netns = optarg;
			break;
		case 'h': /* curl leaves out a header without a value, unless it ends in a semicolon */
			header = optarg;
			if (strcspn(optarg, ":") + 2 >= strlen(optarg) && strlen(optarg) < sizeof empty - 2 &&
				strncasecmp(optarg, "Accept:", 7) != 0 &&
				strncasecmp(optarg, "User-Agent:", 11) != 0) {
				snprintf(empty, sizeof empty, "%.*s;", (int) strcspn(optarg, ":"), optarg);
				header = empty;
			}
			r->headers = curl_slist_append(r->headers, header);
			break;
		case 's':
			r->tls = true;
			break;
		case '2':
			r->http2 = true;
			break;
		default:
			return -EINVAL;
		}
	return optind;
}

int main(int argc, char **argv)
{
	static struct request r = { .grpc_status = -1 };
	const char *netns = NULL;
	int at, rc = NOT_ASKED;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return say(0, "podctl-probe %s\n", PODCTL_VERSION);
	(void) curl_global_init(CURL_GLOBAL_DEFAULT);
	at = options(argc, argv, &r, &netns);
	if (at < 0 || at >= argc) {
		(void) fprintf(stderr, "podctl-probe is started by podctl-monitor\n");
		return NOT_ASKED;
	}
	if (netns && netns_join(netns) < 0)
		return say(NOT_ASKED, "join the pod's network namespace: %s", strerror(errno));
	argc -= at + 1;
	argv += at;
	if (strcmp(argv[0], "http") == 0 && argc == 1)
		rc = http(&r, argv[1]);
	else if (strcmp(argv[0], "grpc") == 0 && argc == 3)
		rc = grpc(&r, argv[1], argv[2], argv[3]);
	else if (strcmp(argv[0], "tcp") == 0 && argc == 2)
		rc = tcp(&r, argv[1], argv[2]);
	curl_slist_free_all(r.headers);
	curl_global_cleanup();
	return rc;
}
