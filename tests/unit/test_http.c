#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/monitor/http.h"
#include "pkg/util/limits.h"

static int fed(struct http *h, const char *text, size_t step)
{
	size_t n = strlen(text);
	int rc = 0;

	http_init(h);
	for (size_t i = 0; rc == 0 && i < n; i += step)
		rc = http_feed(h, text + i, i + step > n ? n - i : step);
	return rc;
}

/* Whole, and byte by byte: what comes in one packet may come in many. */
static void an_answer_is_read_however_it_comes(void **state)
{
	static const struct {
		const char *text;
		int rc, status, at_end;
		const char *location;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 200, 1, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", 0, 200, -EPIPE, "" },
		{ "HTTP/1.0 404 Not Found\r\n\r\nnothing", 0, 404, 1, "" },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 1, 204, 1, "" },
		{ "HTTP/1.1 302 Found\nlocation:  /there \nContent-Length: 0\n\n", 1, 302, 1, "/there" },
		{ "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 1, 200, 1,
			"" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 0, 200, -EPIPE, "" },
		{ "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: "
		  "0\r\n\r\n",
			1, 500, 1, "" },
		{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 1, 200, 1, "" },
		{ "SSH-2.0-OpenSSH\r\n", -EBADMSG, 0, -EPIPE, "" },
		{ "HTTP/1.1 2000 OK\r\n", -EBADMSG, 0, -EPIPE, "" },
		{ "HTTP/1.1 -20 OK\r\n", -EBADMSG, 0, -EPIPE, "" },
		{ "\r\n", -EBADMSG, 0, -EPIPE, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Le", 0, 200, -EPIPE, "" },
		{ "", 0, 0, -EPIPE, "" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++)
		for (size_t step = 1; step <= 4096; step += 4095) {
			struct http h;

			if (fed(&h, rows[i].text, step) != rows[i].rc || h.status != rows[i].status ||
				http_end(&h) != rows[i].at_end || strcmp(h.location, rows[i].location) != 0)
				fail_msg("row %zu in steps of %zu: status %d", i, step, h.status);
		}
}

static void heads_and_bodies_have_an_end(void **state)
{
	struct http h;
	char line[256];
	int rc;

	(void) state;
	http_init(&h);
	assert_int_equal(http_feed(&h, "HTTP/1.1 200 OK\r\n", 17), 0);
	memset(line, 'a', sizeof line);
	do
		rc = http_feed(&h, line, sizeof line);
	while (rc == 0);
	assert_int_equal(rc, -EMSGSIZE);
	http_init(&h);
	assert_int_equal(http_feed(&h, "HTTP/1.1 200 OK\r\n\r\n", 19), 0);
	for (size_t n = 0; (rc = http_feed(&h, line, sizeof line)) == 0; n++)
		assert_true(n < HTTP_BODY_MAX / sizeof line);
	assert_int_equal(rc, 1);
}

static struct url at(const char *host, uint16_t port, const char *target)
{
	struct url u = { .port = port };

	snprintf(u.host, sizeof u.host, "%s", host);
	snprintf(u.target, sizeof u.target, "%s", target);
	return u;
}

static void redirects_lead_where_a_browser_would_go(void **state)
{
	static const struct {
		const char *location, *want;
	} rows[] = {
		{ "/b", "http://10.0.0.1:8080/b" },
		{ "c", "http://10.0.0.1:8080/a/c" },
		{ "?y=2", "http://10.0.0.1:8080/a/b?y=2" },
		{ "http://10.0.0.1/x y", "http://10.0.0.1/x%20y" },
		{ "https://other.example/z#frag", "https://other.example/z" },
		{ "//10.0.0.1:81", "http://10.0.0.1:81/" },
		{ "http://u:p@[::1]:9/q", "http://[::1]:9/q" },
		{ "HTTPS://h?q", "https://h/?q" },
		{ "ftp://x/", NULL },
		{ "http://", NULL },
		{ "http://h:0/", NULL },
		{ "http://h:99999/", NULL },
		{ "http://[::1/", NULL },
	};
	struct url from = at("10.0.0.1", 8080, "/a/b?x=1"), to;

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_buf struct buf b = BUF_INIT(4096);
		int rc = url_follow(&from, rows[i].location, &to);

		assert_int_equal(rc == 0, rows[i].want != NULL);
		if (rc < 0)
			continue;
		url_print(&to, &b);
		assert_string_equal(b.data, rows[i].want);
	}
}

static void a_request_is_a_kubelets(void **state)
{
	struct care_header list[] = { { (char *) (uintptr_t) "X-A", (char *) (uintptr_t) "b" },
		{ (char *) (uintptr_t) "host", (char *) (uintptr_t) "site.example" },
		{ (char *) (uintptr_t) "Accept", (char *) (uintptr_t) "" } };
	struct handler h = { .type = HANDLER_HTTP,
		.port = 8080,
		.path = (char *) (uintptr_t) "live z?a=\"",
		.headers = { list, LEN(list) } };
	auto_buf struct buf b = BUF_INIT(4096);
	struct url u;

	(void) state;
	assert_int_equal(url_of(&h, "10.0.0.1", &u), 0);
	assert_int_equal(http_request(&u, &h, &b), 0);
	assert_string_equal(b.data, "GET /live%20z?a=%22 HTTP/1.1\r\nHost: site.example\r\nUser-Agent: "
				    "kube-probe/1.36\r\nX-A: b\r\n"
				    "Connection: close\r\n\r\n");
	buf_clear(&b);
	h.headers.n = 0;
	assert_int_equal(http_request(&u, &h, &b), 0);
	assert_non_null(strstr(b.data, "Host: 10.0.0.1:8080\r\n"));
	assert_non_null(strstr(b.data, "Accept: */*\r\n"));
	list[0].value = (char *) (uintptr_t) "b\r\nX-Evil: 1";
	h.headers.n = 1;
	assert_true(http_request(&u, &h, &b) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_however_it_comes),
		cmocka_unit_test(heads_and_bodies_have_an_end),
		cmocka_unit_test(redirects_lead_where_a_browser_would_go),
		cmocka_unit_test(a_request_is_a_kubelets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
