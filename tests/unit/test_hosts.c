/* /etc/hosts and /etc/resolv.conf of a pod. */
#include "tests/unit/test.h"

#include "pkg/network/network.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"

#define IP 0x0a580005      /* 10.88.0.5 */
#define GATEWAY 0x0a580001 /* 10.88.0.1 */

static char *hosts(const char *base, uint32_t ip, const char *hostname, const char *const *names, size_t n,
	uint32_t gateway, const struct hosts_entry *extra, size_t n_extra)
{
	struct buf b = BUF_INIT(64 * KiB);
	struct err err = { 0 };

	if (hosts_file(base, ip, hostname, names, n, gateway, extra, n_extra, &b, &err) < 0)
		fail_msg("%s", err.msg);
	return buf_steal(&b);
}

#define EXPECT(got, want)                       \
	do {                                    \
		auto_free char *v = (got);      \
		assert_string_equal(v, (want)); \
	} while (0)

static void an_empty_base_gets_everything(void **state)
{
	static const char *const names[] = { "web", "web-app", "web" };

	(void) state;
	EXPECT(hosts("", IP, "web", names, LEN(names), GATEWAY, NULL, 0),
		"127.0.0.1\tlocalhost\n"
		"::1\tlocalhost ip6-localhost\n"
		"10.88.0.5\tweb web-app\n"
		"10.88.0.1\thost.containers.internal host.docker.internal\n");
}

static void what_the_base_has_is_not_repeated(void **state)
{
	(void) state;
	EXPECT(hosts("# hosts\n127.0.0.1 localhost\n::1\tlocalhost  ip6-localhost ip6-loopback # "
		     "six\n\n192.0.2.7 db",
		       IP, "web", NULL, 0, 0, NULL, 0),
		"# hosts\n"
		"127.0.0.1\tlocalhost\n"
		"::1\tlocalhost ip6-localhost ip6-loopback\n"
		"\n"
		"192.0.2.7\tdb\n"
		"10.88.0.5\tweb\n");
}

static void the_base_does_not_take_the_pods_own_names(void **state)
{
	(void) state;
	EXPECT(hosts("127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 web.example WEB\n127.0.1.1 "
		     "web\n"
		     "192.0.2.9 host.docker.internal\n",
		       IP, "web", NULL, 0, GATEWAY, NULL, 0),
		"127.0.0.1\tlocalhost\n"
		"::1\tlocalhost ip6-localhost\n"
		"127.0.1.1\tweb.example\n"
		"10.88.0.5\tweb\n"
		"10.88.0.1\thost.containers.internal host.docker.internal\n");
}

static void what_the_user_adds_comes_first_and_wins(void **state)
{
	static const struct hosts_entry extra[] = {
		{ "192.0.2.1", "db cache" },
		{ "192.0.2.2", "host.docker.internal" },
		{ "2001:db8::1", "db6" },
	};

	(void) state;
	EXPECT(hosts("", IP, "web", NULL, 0, GATEWAY, extra, LEN(extra)),
		"192.0.2.1\tdb cache\n"
		"192.0.2.2\thost.docker.internal\n"
		"2001:db8::1\tdb6\n"
		"127.0.0.1\tlocalhost\n"
		"::1\tlocalhost ip6-localhost\n"
		"10.88.0.5\tweb\n"
		"10.88.0.1\thost.containers.internal\n");
}

static void without_an_address_the_hosts_line_stays(void **state)
{
	(void) state;
	EXPECT(hosts("127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 box\n", 0, "box", NULL, 0,
		       0, NULL, 0),
		"127.0.0.1\tlocalhost\n"
		"::1\tlocalhost ip6-localhost\n"
		"127.0.1.1\tbox\n");
	EXPECT(hosts("", 0, "alone", NULL, 0, 0, NULL, 0), "127.0.0.1\tlocalhost\n"
							   "::1\tlocalhost ip6-localhost\n"
							   "127.0.0.1\talone\n");
}

/* ---- resolv.conf ------------------------------------------------------------------------------------------------------ */

static char *resolv(const char *host, const struct strs *servers, const struct strs *searches,
	const struct strs *options, bool host_network)
{
	struct buf b = BUF_INIT(64 * KiB);
	struct err err = { 0 };

	if (resolv_file(host, servers, searches, options, host_network, false, &b, &err) < 0)
		fail_msg("%s", err.msg);
	return buf_steal(&b);
}

static struct strs list(struct arena *a, const char *one, const char *two)
{
	struct strs l = { 0 };

	assert_int_equal(strs_add(&l, a, one), 0);
	if (two)
		assert_int_equal(strs_add(&l, a, two), 0);
	return l;
}

static const char of_host[] =
	"; comment\ndomain old.example\nsearch corp.example example\nnameserver 127.0.0.53\n"
	"nameserver 192.0.2.53\nnameserver fe80::1%eth0\noptions edns0 trust-ad\n# end";

static void the_hosts_servers_without_its_own(void **state)
{
	(void) state;
	EXPECT(resolv(of_host, NULL, NULL, NULL, false),
		"search corp.example example\nnameserver 192.0.2.53\noptions edns0 trust-ad\n");
}

static void on_the_hosts_network_everything_stays(void **state)
{
	(void) state;
	EXPECT(resolv(of_host, NULL, NULL, NULL, true),
		"search corp.example example\nnameserver 127.0.0.53\n"
		"nameserver 192.0.2.53\nnameserver fe80::1%eth0\noptions edns0 trust-ad\n");
}

static void without_a_server_that_is_reached_public_ones(void **state)
{
	(void) state;
	EXPECT(resolv("nameserver 127.0.0.1\nnameserver ::1\n", NULL, NULL, NULL, false),
		"nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
	EXPECT(resolv("", NULL, NULL, NULL, false), "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
	EXPECT(resolv(NULL, NULL, NULL, NULL, false), "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
}

static void what_the_user_gives_replaces(void **state)
{
	auto_arena struct arena a = { 0 };
	struct strs servers = list(&a, "127.0.0.1", "2001:db8::53"), dot = list(&a, ".", NULL),
		    options = list(&a, "ndots:5", NULL);

	(void) state;
	EXPECT(resolv(of_host, &servers, &dot, &options, false),
		"nameserver 127.0.0.1\nnameserver 2001:db8::53\noptions ndots:5\n");
}

static char warned[256];
static void keep(enum log_level level, const char *line)
{
	(void) level;
	strncpy(warned, line, sizeof warned - 1);
}

static void more_than_three_servers_are_named(void **state)
{
	(void) state;
	log_set(keep, LOG_LEVEL_WARN);
	EXPECT(resolv("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver "
		      "192.0.2.4\n",
		       NULL, NULL, NULL, false),
		"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n");
	assert_non_null(strstr(warned, "192.0.2.4"));
	log_set(NULL, LOG_LEVEL_ERROR);
}

static void a_server_is_an_address(void **state)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = BUF_INIT(1024);
	struct strs servers = list(&a, "dns.example", NULL);
	struct err err = { 0 };

	(void) state;
	assert_int_equal(resolv_file("", &servers, NULL, NULL, false, false, &b, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "dns.example"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_base_gets_everything),
		cmocka_unit_test(what_the_base_has_is_not_repeated),
		cmocka_unit_test(the_base_does_not_take_the_pods_own_names),
		cmocka_unit_test(what_the_user_adds_comes_first_and_wins),
		cmocka_unit_test(without_an_address_the_hosts_line_stays),
		cmocka_unit_test(the_hosts_servers_without_its_own),
		cmocka_unit_test(on_the_hosts_network_everything_stays),
		cmocka_unit_test(without_a_server_that_is_reached_public_ones),
		cmocka_unit_test(what_the_user_gives_replaces),
		cmocka_unit_test(more_than_three_servers_are_named),
		cmocka_unit_test(a_server_is_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
