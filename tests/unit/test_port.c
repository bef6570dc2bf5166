/* Published ports as text: the forms of -p, ranges, and what is refused. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/socket.h>

#include "pkg/network/ports.h"
#include "pkg/util/limits.h"

struct row {
	const char *text;
	const char *host_ip; /* NULL: none */
	uint16_t host_port, container_port, range;
	int proto;
};

static void forms_of_a_port(void **state)
{
	static const struct row rows[] = {
		{ "80", NULL, 0, 80, 1, PROTO_TCP },
		{ ":80", NULL, 0, 80, 1, PROTO_TCP },
		{ "80/udp", NULL, 0, 80, 1, PROTO_UDP },
		{ "8080:80", NULL, 8080, 80, 1, PROTO_TCP },
		{ "8080:80/TCP", NULL, 8080, 80, 1, PROTO_TCP },
		{ "5000:5000/sctp", NULL, 5000, 5000, 1, PROTO_SCTP },
		{ "127.0.0.1:8080:80/udp", "127.0.0.1", 8080, 80, 1, PROTO_UDP },
		{ "127.0.0.1::80", "127.0.0.1", 0, 80, 1, PROTO_TCP },
		{ "8000-8003:80-83", NULL, 8000, 80, 4, PROTO_TCP },
		{ "80-83", NULL, 0, 80, 4, PROTO_TCP },
		{ "10.0.0.1:8000-8001:80-81/udp", "10.0.0.1", 8000, 80, 2, PROTO_UDP },
		{ "65535:65535", NULL, 65535, 65535, 1, PROTO_TCP },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct port_map p;
		struct err err = { 0 };

		if (port_map_parse(rows[i].text, &a, &p, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_int_equal(p.host_port, rows[i].host_port);
		assert_int_equal(p.container_port, rows[i].container_port);
		assert_int_equal(p.range, rows[i].range);
		assert_int_equal(p.proto, rows[i].proto);
		if (rows[i].host_ip)
			assert_string_equal(p.host_ip, rows[i].host_ip);
		else
			assert_null(p.host_ip);
	}
}

static void what_is_no_port_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "container port" },
		{ "0", "container port" },
		{ "80:", "container port" },
		{ "x:80", "host port" },
		{ "8080:80x", "container port" },
		{ "65536:80", "host port" },
		{ "80/", "unknown protocol" },
		{ "80/icmp", "unknown protocol" },
		{ "8000-8003:80", "differ in length" },
		{ "8003-8000:80-83", "host port" },
		{ "-1:80", "host port" },
		{ "1.2.3:8080:80", "not an IPv4 address" },
		{ "a:b:c:80", "host port" },
		{ "::1:8080:80", "not an IPv4 address" },
		{ "[::1]:8080:80", "IPv6" },
		{ "1-2000:1-2000", "at most" },
		{ " 80", "container port" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct port_map p;
		struct err err = { 0 };

		assert_true(port_map_parse(rows[i][0], &a, &p, &err) < 0);
		if (!strstr(err.msg, rows[i][1]))
			fail_msg("'%s': %s", rows[i][0], err.msg);
	}
}

static void ranges_become_single_ports(void **state)
{
	auto_arena struct arena a = { 0 };
	char any[] = "0.0.0.0", empty[] = "";
	struct port_map in[] = {
		{ .host_port = 8000, .container_port = 80, .range = 3, .host_ip = any },
		{ .host_port = 8001,
			.container_port = 81,
			.host_ip = empty }, /* the same as the second above */
		{ .host_port = 8001, .container_port = 81, .proto = PROTO_UDP },
		{ .host_port = 0, .container_port = 90, .range = 2 },
	};
	struct port_map *v;
	struct err err = { 0 };
	size_t n;

	(void) state;
	assert_int_equal(ports_expand(in, LEN(in), &a, &v, &n, &err), 0);
	assert_int_equal(n, 6);
	assert_int_equal(v[2].host_port, 8002);
	assert_int_equal(v[2].container_port, 82);
	assert_null(v[0].host_ip);
	assert_int_equal(v[5].host_port, 0);
	assert_int_equal(v[5].container_port, 91);
}

static void impossible_lists_are_refused(void **state)
{
	auto_arena struct arena a = { 0 };
	char six[] = "::1", word[] = "eth0";
	struct port_map twice[] = { { .host_port = 80, .container_port = 80 },
		{ .host_port = 80, .container_port = 81 } };
	struct port_map past = { .host_port = 65000, .container_port = 1, .range = 1000 };
	struct port_map none = { .host_port = 80 };
	struct port_map v6 = { .host_port = 80, .container_port = 80, .host_ip = six };
	struct port_map name = { .host_port = 80, .container_port = 80, .host_ip = word };
	struct port_map many[] = { { .host_port = 1000, .container_port = 1000, .range = PORTS_MAX },
		{ .host_port = 80, .container_port = 80 } };
	struct port_map *v;
	struct err err = { 0 };
	size_t n;

	(void) state;
	assert_int_equal(ports_expand(twice, 2, &a, &v, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "port 80/tcp is published twice, for container ports 80 and 81"));
	assert_int_equal(ports_expand(&past, 1, &a, &v, &n, &err), -EINVAL);
	assert_int_equal(ports_expand(&none, 1, &a, &v, &n, &err), -EINVAL);
	assert_int_equal(ports_expand(&v6, 1, &a, &v, &n, &err), -EOPNOTSUPP);
	assert_int_equal(ports_expand(&name, 1, &a, &v, &n, &err), -EINVAL);
	assert_int_equal(ports_expand(many, 2, &a, &v, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "1025 ports"));
}

static void a_port_as_text(void **state)
{
	char ip[] = "127.0.0.1", text[PORT_TEXT];
	struct port_map p = { .host_port = 8080, .proto = PROTO_UDP };

	(void) state;
	assert_string_equal(port_text(text, &p), "8080/udp");
	p.host_ip = ip;
	assert_string_equal(port_text(text, &p), "127.0.0.1:8080/udp");
}

/* On loopback: what another process would see, without privileges. */
static void a_bound_port_is_held(void **state)
{
	char ip[] = "127.0.0.1", pid[32];
	struct port_map p = { .host_ip = ip, .container_port = 80 };
	auto_close int fd = -EBADF;
	struct err err = { 0 };
	int again;

	(void) state;
	fd = port_bind(&p, &err);
	if (fd < 0)
		fail_msg("%s", err.msg);
	assert_true(p.host_port > 0);
	again = port_bind(&p, &err);
	assert_int_equal(again, -EEXIST);
	snprintf(pid, sizeof pid, "(pid %d)", (int) getpid());
	assert_non_null(strstr(err.msg, pid));
	assert_non_null(strstr(err.msg, "is in use by"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_a_port),
		cmocka_unit_test(what_is_no_port_is_refused),
		cmocka_unit_test(ranges_become_single_ports),
		cmocka_unit_test(impossible_lists_are_refused),
		cmocka_unit_test(a_port_as_text),
		cmocka_unit_test(a_bound_port_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
