/* A pod's network as JSON, subnets, the ruleset's text and netlink messages: nothing here asks the kernel. */
#include "tests/unit/test.h"

#include "pkg/network/bridge.h"
#include "pkg/network/link.h"
#include "pkg/network/netlink.h"
#include "pkg/network/nft.h"
#include "pkg/network/result.h"
#include "pkg/network/subnet.h"
#include "pkg/util/limits.h"

static struct net_result sample(struct port_map *ports, size_t n)
{
	struct net_result r = { .bridge = "podctl0",
		.veth = "pc0123456789abc",
		.ip = 0x0a580005,
		.gateway = 0x0a580001,
		.prefix = 16 };

	mac_of(r.ip, r.mac);
	r.ports = ports;
	r.n_ports = n;
	return r;
}

static void a_result_comes_back_from_json(void **state)
{
	auto_arena struct arena a = { 0 };
	char local[] = "127.0.0.1";
	struct port_map ports[] = {
		{ .host_port = 8080, .container_port = 80, .range = 1, .proto = PROTO_UDP },
		{ .host_port = 8081, .container_port = 81, .range = 1, .host_ip = local },
	};
	struct net_result r = sample(ports, LEN(ports)), back;
	json_t *row = json_pack("{s:o}", "network", net_result_to_json(&r));
	char *text = json_dumps(row, 0);

	(void) state;
	assert_int_equal(net_result_of_row(text, &a, &back), 0);
	assert_string_equal(back.bridge, r.bridge);
	assert_string_equal(back.veth, r.veth);
	assert_int_equal(back.ip, r.ip);
	assert_int_equal(back.gateway, r.gateway);
	assert_int_equal(back.prefix, 16);
	assert_memory_equal(back.mac, r.mac, 6);
	assert_int_equal(back.n_ports, 2);
	assert_int_equal(back.ports[0].proto, PROTO_UDP);
	assert_null(back.ports[0].host_ip);
	assert_string_equal(back.ports[1].host_ip, "127.0.0.1");
	assert_int_equal(back.ports[1].host_port, 8081);
	free(text);
	json_decref(row);
}

static void a_malformed_result_is_refused(void **state)
{
	static const char *const rows[] = {
		"[]",
		"{}",
		"{\"bridge\":\"a-name-that-is-too-long\",\"veth\":\"x\",\"ip\":\"1.2.3.4\",\"gateway\":\"1.2."
		"3.1\",\"prefix\":16,\"mac\":\"0a:58:01:02:03:04\"}",
		"{\"bridge\":\"b\",\"veth\":\"x\",\"ip\":\"1.2.3\",\"gateway\":\"1.2.3.1\",\"prefix\":16,"
		"\"mac\":\"0a:58:01:02:03:04\"}",
		"{\"bridge\":\"b\",\"veth\":\"x\",\"ip\":\"1.2.3.4\",\"gateway\":\"1.2.3.1\",\"prefix\":33,"
		"\"mac\":\"0a:58:01:02:03:04\"}",
		"{\"bridge\":\"b\",\"veth\":\"x\",\"ip\":\"1.2.3.4\",\"gateway\":\"1.2.3.1\",\"prefix\":16,"
		"\"mac\":\"0a:58\"}",
		"{\"bridge\":\"b\",\"veth\":\"x\",\"ip\":\"1.2.3.4\",\"gateway\":\"1.2.3.1\",\"prefix\":16,"
		"\"mac\":\"0a:58:01:02:03:04\",\"ports\":[{}]}",
		"{\"bridge\":\"b\",\"veth\":\"x\",\"ip\":\"1.2.3.4\",\"gateway\":\"1.2.3.1\",\"prefix\":16,"
		"\"mac\":\"0a:58:01:02:03:04\",\"ports\":[{\"hostPort\":70000,\"containerPort\":1,"
		"\"protocol\":\"tcp\"}]}",
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		json_t *v = json_loads(rows[i], 0, NULL);
		struct net_result r;
		struct err err = { 0 };

		assert_non_null(v);
		assert_true(net_result_from_json(v, &a, &r, &err) < 0);
		assert_non_null(strstr(err.msg, "malformed"));
		json_decref(v);
	}
}

static void subnets_are_read_strictly(void **state)
{
	static const char *const bad[] = { "", "10.0.0.0", "10.0.0.0/", "10.0.0.0/7", "10.0.0.0/30",
		"10.0.0.1/24", "10.0.0/24", "x/24", "10.0.0.0/24x", "1000.1000.1000.1000/24" };
	struct subnet s;
	char text[SUBNET_TEXT];

	(void) state;
	assert_int_equal(subnet_parse("10.88.0.0/16", &s), 0);
	assert_string_equal(subnet_text(text, s), "10.88.0.0/16");
	assert_int_equal(subnet_gateway(s), 0x0a580001);
	assert_int_equal(subnet_first(s), 0x0a580002);
	assert_int_equal(subnet_last(s), 0x0a58fffe);
	for (size_t i = 0; i < LEN(bad); i++)
		assert_int_equal(subnet_parse(bad[i], &s), -EINVAL);
}

static void the_first_subnet_without_a_route_is_chosen(void **state)
{
	static const struct {
		const char *taken[4];
		const char *want;
	} rows[] = {
		{ { NULL }, "10.88.0.0/16" },
		{ { "192.168.0.0/16" }, "10.88.0.0/16" },
		{ { "10.88.4.0/24" }, "10.89.0.0/20" },
		{ { "10.88.0.0/16", "10.89.0.0/24", "10.89.1.0/24" }, "10.89.16.0/20" },
		{ { "10.88.0.0/15" }, "10.90.0.0/20" },
		{ { "10.0.0.0/8" }, "172.24.0.0/20" },
		{ { "10.0.0.0/8", "172.16.0.0/12" }, "192.168.128.0/20" },
		{ { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" }, NULL },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct subnet taken[4], wanted = { 0x0a580000, 16 }, got;
		char text[SUBNET_TEXT];
		size_t n = 0;

		/* routes may be wider than a subnet of ours: 172.16.0.0/12 and so on parse all the same */
		while (n < 4 && rows[i].taken[n]) {
			assert_int_equal(subnet_parse(rows[i].taken[n], &taken[n]), 0);
			n++;
		}
		assert_int_equal(subnet_choose(wanted, taken, n, &got), rows[i].want != NULL);
		if (rows[i].want)
			assert_string_equal(subnet_text(text, got), rows[i].want);
	}
}

static void names_fit_the_kernel(void **state)
{
	struct engine e = { .suffix = "-0123abcd" }, plain = { .suffix = "" };
	char bridge[BRIDGE_NAME], one[16], two[16];

	(void) state;
	assert_string_equal(bridge_name(&e, bridge), "podctl-0123abcd");
	assert_string_equal(bridge_name(&plain, bridge), "podctl0");
	veth_name("0123456789abcdef", one);
	veth_name("0123456789abcdef", two);
	assert_int_equal(strlen(one), 15);
	assert_memory_equal(one, "pc01234567", 10);
	assert_string_not_equal(one, two);
}

static void the_ruleset_names_table_bridge_and_subnet(void **state)
{
	auto_buf struct buf b = BUF_INIT(16 * KiB), c = BUF_INIT(16 * KiB);
	struct nft_net own = { .bridge = "podctl0", .subnet = { 0x0a580000, 16 } };
	struct nft_net closed = { .bridge = "podctl1", .subnet = { 0x0a590000, 24 }, .internal = true };

	(void) state;
	nft_ruleset(&b, "podctl-0123abcd", false);
	assert_int_equal(strncmp(b.data, "table inet podctl-0123abcd {", 28), 0);
	assert_non_null(strstr(b.data, "oifname @bridges ct status dnat accept"));
	assert_null(strchr(b.data, '$'));
	nft_ruleset(&c, "podctl", true);
	assert_int_equal(strncmp(c.data, "delete table inet podctl\n", 25), 0);
	buf_clear(&c);
	nft_elements(&c, "podctl", "add", &own);
	assert_string_equal(c.data, "add element inet podctl subnets { 10.88.0.0/16 }\n"
				    "add element inet podctl bridges { \"podctl0\" }\n");
	buf_clear(&c);
	nft_elements(&c, "podctl", "delete", &closed);
	assert_non_null(strstr(c.data, "delete element inet podctl internals { \"podctl1\" }\n"));
	assert_non_null(strstr(c.data, "delete element inet podctl inside { \"podctl1\" . \"podctl1\" }\n"));
	assert_null(strstr(c.data, "isolated"));
}

static void attributes_are_read_within_their_message(void **state)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	uint32_t header = 7;
	const struct nlmsghdr *h;
	struct nlattr *a;
	size_t nest;

	(void) state;
	nl_msg(&m, 16, 0, &header, sizeof header);
	nl_put_str(&m, 1, "abc");
	nest = nl_nest(&m, 2);
	nl_put_u32(&m, 3, 42);
	nl_nest_end(&m, nest);
	h = (const void *) m.b.data;
	assert_int_equal(h->nlmsg_len, m.b.len);
	assert_string_equal(nl_str(nl_find(h, sizeof header, 1)), "abc");
	assert_int_equal(nl_u32(nl_find_in(nl_find(h, sizeof header, 2), 3), 0), 42);
	assert_null(nl_find(h, sizeof header, 9));
	assert_null(nl_find_in(NULL, 3));
	assert_int_equal(nl_u32(NULL, 5), 5);
	assert_string_equal(nl_str(NULL), "");
	/* a length past the end of the message ends the list */
	a = (void *) (m.b.data + NLMSG_HDRLEN + sizeof header);
	a->nla_len = 4096;
	assert_null(nl_find(h, sizeof header, 2));
	a->nla_len = 1;
	assert_null(nl_find(h, sizeof header, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_comes_back_from_json),
		cmocka_unit_test(a_malformed_result_is_refused),
		cmocka_unit_test(subnets_are_read_strictly),
		cmocka_unit_test(the_first_subnet_without_a_route_is_chosen),
		cmocka_unit_test(names_fit_the_kernel),
		cmocka_unit_test(the_ruleset_names_table_bridge_and_subnet),
		cmocka_unit_test(attributes_are_read_within_their_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
