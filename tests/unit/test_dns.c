/* The messages and the names of podctl-dns. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/network/dns_table.h"
#include "pkg/network/names.h"
#include "pkg/util/limits.h"

#define GATEWAY 0x0a580001 /* 10.88.0.1 */

struct packet {
	uint8_t b[1024];
	size_t n;
};

static void put(struct packet *p, const void *v, size_t n)
{
	memcpy(p->b + p->n, v, n);
	p->n += n;
}

static struct packet ask(const char *name, unsigned type, unsigned edns)
{
	struct packet p = { { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns > 0 }, DNS_HEADER };
	const uint8_t tail[] = { 0, (uint8_t) (type >> 8), (uint8_t) type, 0, 1 };
	const uint8_t opt[] = { 0, 0, DNS_OPT, (uint8_t) (edns >> 8), (uint8_t) edns, 0, 0, 0, 0, 0, 0 };

	while (*name) {
		uint8_t len = (uint8_t) strcspn(name, ".");

		put(&p, &len, 1);
		put(&p, name, len);
		name += len + (name[len] == '.');
	}
	put(&p, tail, sizeof tail);
	if (edns)
		put(&p, opt, sizeof opt);
	return p;
}

static struct dns_query parsed(const struct packet *p)
{
	struct dns_query q;

	assert_int_equal(dns_query_parse(p->b, p->n, &q), 0);
	return q;
}

static void a_question_is_read(void **state)
{
	struct packet p = ask("Web.DNS.podctl", DNS_A, 0);
	struct dns_query q = parsed(&p);

	(void) state;
	assert_string_equal(q.name, "web.dns.podctl");
	assert_int_equal(q.id, 0x1234);
	assert_int_equal(q.type, DNS_A);
	assert_int_equal(q.question, p.n);
	assert_int_equal(q.room, DNS_PLAIN_MAX);
	assert_true(q.wants_recursion);
	assert_false(q.edns);
	p = ask("web", DNS_AAAA, 4096);
	q = parsed(&p);
	assert_true(q.edns);
	assert_int_equal(q.room, DNS_UDP_MAX);
	assert_int_equal(q.question, p.n - 11);
	p = ask("", DNS_SOA, 100);
	q = parsed(&p);
	assert_string_equal(q.name, "");
	assert_int_equal(q.room, DNS_PLAIN_MAX);
}

static void what_is_no_question_is_told_apart(void **state)
{
	struct packet good = ask("web", DNS_A, 0), p;
	struct dns_query q;

	(void) state;
	for (size_t n = 0; n < DNS_HEADER; n++)
		assert_int_equal(dns_query_parse(good.b, n, &q), -EBADMSG);
	for (size_t n = DNS_HEADER; n < good.n; n++) {
		assert_int_equal(dns_query_parse(good.b, n, &q), DNS_FORMERR);
		assert_int_equal(q.question, DNS_HEADER);
	}
	p = good;
	p.b[2] |= 0x80; /* an answer: two servers must not talk for ever */
	assert_int_equal(dns_query_parse(p.b, p.n, &q), -EBADMSG);
	p = good;
	p.b[2] |= 4 << 3; /* NOTIFY */
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_NOTIMP);
	p = good;
	p.b[5] = 2; /* two questions */
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_FORMERR);
	p = good;
	p.b[p.n - 1] = 3; /* CHAOS */
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_REFUSED);
	p = good;
	p.b[DNS_HEADER] = 0xc0; /* a pointer, to itself */
	p.b[DNS_HEADER + 1] = DNS_HEADER;
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_FORMERR);
	p = good;
	p.b[DNS_HEADER] = 64; /* a length that is none */
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_FORMERR);
}

static void a_name_has_255_octets(void **state)
{
	char name[300] = "";
	struct dns_query q;
	struct packet p;

	(void) state;
	for (int i = 0; i < 127; i++)
		strcat(name, i ? ".a" : "a");
	p = ask(name, DNS_A, 0);
	assert_int_equal(dns_query_parse(p.b, p.n, &q), 0);
	assert_string_equal(q.name, name);
	strcat(name, ".a");
	p = ask(name, DNS_A, 0);
	assert_int_equal(dns_query_parse(p.b, p.n, &q), DNS_FORMERR);
}

static void odd_bytes_are_no_dots(void **state)
{
	struct packet p = ask("a-b", DNS_A, 0);
	struct dns_query q;

	(void) state;
	p.b[DNS_HEADER + 2] = '.';
	assert_int_equal(dns_query_parse(p.b, p.n, &q), 0);
	assert_string_equal(q.name, "a\1b");
	p.b[DNS_HEADER + 2] = 0;
	assert_int_equal(dns_query_parse(p.b, p.n, &q), 0);
	assert_string_equal(q.name, "a\1b");
}

/* ---- answers ---- */

static void an_answer_repeats_the_question(void **state)
{
	struct packet p = ask("WEB.dns.podctl", DNS_A, 1232);
	struct dns_query q = parsed(&p);
	const uint32_t ip = 0x0a580005;
	struct dns_answer a = { .ips = &ip, .n = 1, .authoritative = true };
	const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 88, 0, 5 };
	uint8_t out[DNS_PLAIN_MAX];
	size_t n = dns_answer_write(p.b, &q, &a, out, sizeof out);

	(void) state;
	assert_int_equal(n, q.question + 16U + 11U);
	assert_memory_equal(out, "\x12\x34\x85\x80\0\1\0\1\0\0\0\1", DNS_HEADER);
	assert_memory_equal(out + DNS_HEADER, p.b + DNS_HEADER, q.question - DNS_HEADER);
	assert_memory_equal(out + q.question, record, sizeof record);
	assert_memory_equal(out + q.question + 16, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
	a = (struct dns_answer){ .code = DNS_NXDOMAIN };
	n = dns_answer_write(p.b, &q, &a, out, sizeof out);
	assert_int_equal(n, q.question + 11U);
	assert_memory_equal(out, "\x12\x34\x81\x83\0\1\0\0\0\0\0\1", DNS_HEADER);
}

static void what_does_not_fit_is_left_out_and_said(void **state)
{
	struct packet p = ask("many", DNS_A, 0);
	struct dns_query q = parsed(&p);
	uint32_t ips[DNS_ADDRESSES_MAX] = { 0 };
	struct dns_answer a = { .ips = ips, .n = LEN(ips) };
	uint8_t out[DNS_UDP_MAX];
	size_t n = dns_answer_write(p.b, &q, &a, out, DNS_PLAIN_MAX);

	(void) state;
	assert_true(n <= DNS_PLAIN_MAX);
	assert_true(out[2] & 2);
	assert_int_equal(out[7], (DNS_PLAIN_MAX - q.question) / 16);
	n = dns_answer_write(p.b, &q, &a, out, sizeof out);
	assert_int_equal(n, q.question + 16U * LEN(ips));
	assert_false(out[2] & 2);
}

static void only_the_answer_to_our_question_counts(void **state)
{
	struct packet p = ask("example.com", DNS_A, 0), r = p;
	struct dns_query q = parsed(&p);

	(void) state;
	r.b[2] |= 0x80;
	assert_true(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
	r.b[DNS_HEADER + 1] = 'E'; /* some servers write names in their own way */
	assert_true(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
	assert_false(dns_is_answer(r.b, r.n, 0x1235, p.b, q.question));
	assert_false(dns_is_answer(r.b, r.n - 1, 0x1234, p.b, q.question));
	assert_false(dns_is_answer(r.b, 5, 0x1234, p.b, q.question));
	r.b[DNS_HEADER + 1] = 'x';
	assert_false(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
	r = p; /* our own question, sent back */
	assert_false(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
	r.b[2] |= 0x80;
	r.b[r.n - 3] = DNS_AAAA;
	assert_false(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
	r.b[5] = 0; /* no question: only a bare failure is believed */
	assert_false(dns_is_answer(r.b, DNS_HEADER, 0x1234, p.b, q.question));
	r.b[3] = DNS_FORMERR;
	assert_true(dns_is_answer(r.b, DNS_HEADER, 0x1234, p.b, q.question));
	assert_false(dns_is_answer(r.b, r.n, 0x1234, p.b, q.question));
}

/* ---- names ---- */

static int with_names(void **state)
{
	static struct dns_table t;

	t = (struct dns_table){ .gateway = GATEWAY, .prefix = 16 };
	assert_int_equal(
		dns_table_put(&t, "1", "10.88.0.5 app app-web h.sub.default.svc.cluster.local h.sub ?web\n"),
		0);
	assert_int_equal(dns_table_put(&t, "2", "10.88.0.6 web @192.0.2.1 other @192.0.2.2\n"), 0);
	assert_int_equal(dns_table_put(&t, "3", "10.88.0.7 twin\nnonsense\n\n10.88.0.8 twin ?lone\n"), 0);
	*state = &t;
	return 0;
}

static int done(void **state)
{
	dns_table_done(*state);
	return 0;
}

static enum dns_verdict says(struct dns_table *t, const char *name, unsigned type, struct dns_found *f)
{
	struct packet p = ask(name, type, 0);
	struct dns_query q = parsed(&p);

	return dns_table_ask(t, &q, 0, f);
}

#define EXPECT_IP(name, want)                                                \
	do {                                                                 \
		assert_int_equal(says(*state, name, DNS_A, &f), DNS_ANSWER); \
		assert_int_equal(f.answer.code, DNS_NOERROR);                \
		assert_int_equal(f.answer.n, 1);                             \
		assert_int_equal(f.answer.ips[0], want);                     \
	} while (0)
#define EXPECT_CODE(name, type, want)                                       \
	do {                                                                \
		assert_int_equal(says(*state, name, type, &f), DNS_ANSWER); \
		assert_int_equal(f.answer.code, want);                      \
		assert_int_equal(f.answer.n, 0);                            \
	} while (0)

static void names_lead_to_addresses(void **state)
{
	struct dns_found f;

	EXPECT_IP("app", 0x0a580005);
	EXPECT_IP("APP-web.dns.podctl", 0x0a580005);
	EXPECT_IP("app-web.dns.podman", 0x0a580005);
	EXPECT_IP("h.sub", 0x0a580005);
	EXPECT_IP("h.sub.default.svc.cluster.local", 0x0a580005);
	EXPECT_IP("web", 0x0a580006); /* somebody's whole name goes before a name within a pod */
	EXPECT_IP("lone", 0x0a580008);
	EXPECT_IP("host.containers.internal", GATEWAY);
	assert_int_equal(says(*state, "twin", DNS_A, &f), DNS_ANSWER);
	assert_int_equal(f.answer.n, 2);
}

static void negative_answers_need_nobody_else(void **state)
{
	struct dns_found f;

	EXPECT_CODE("app", DNS_AAAA, DNS_NOERROR);
	EXPECT_CODE("dns.podctl", DNS_A, DNS_NOERROR);
	EXPECT_CODE("nobody", DNS_A, DNS_NXDOMAIN);
	EXPECT_CODE("nobody.dns.podctl", DNS_SOA, DNS_NXDOMAIN);
	EXPECT_CODE("x.default.svc.cluster.local", DNS_A, DNS_NXDOMAIN);
	assert_int_equal(says(*state, "example.com", DNS_A, &f), DNS_FORWARD);
	assert_int_equal(says(*state, "notdns.podctl", DNS_A, &f), DNS_FORWARD);
	assert_int_equal(says(*state, "com", DNS_SOA, &f), DNS_FORWARD);
	assert_int_equal(says(*state, "", DNS_SOA, &f), DNS_FORWARD);
	((struct dns_table *) *state)->internal = true;
	EXPECT_CODE("example.com", DNS_A, DNS_NXDOMAIN);
}

static void addresses_lead_to_names(void **state)
{
	struct dns_found f;

	assert_int_equal(says(*state, "5.0.88.10.in-addr.arpa", DNS_PTR, &f), DNS_ANSWER);
	assert_string_equal(f.answer.ptr, "app.dns.podctl");
	EXPECT_CODE("9.0.88.10.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN);
	assert_int_equal(says(*state, "1.0.0.127.in-addr.arpa", DNS_PTR, &f), DNS_FORWARD);
	assert_int_equal(says(*state, "x.0.88.10.in-addr.arpa", DNS_PTR, &f), DNS_FORWARD);
	assert_int_equal(says(*state, "1.0.88.10.in-addr.arpa", DNS_PTR, &f), DNS_ANSWER);
	assert_string_equal(f.answer.ptr, "host.containers.internal");
}

static void a_file_takes_the_place_of_its_last(void **state)
{
	struct dns_table *t = *state;
	struct dns_found f;

	assert_int_equal(dns_table_put(t, "1", "10.88.0.50 app\n"), 0);
	EXPECT_IP("app", 0x0a580032);
	EXPECT_CODE("app-web", DNS_A, DNS_NXDOMAIN);
	dns_table_drop(t, "1");
	EXPECT_CODE("app", DNS_A, DNS_NXDOMAIN);
	EXPECT_IP("web", 0x0a580006);
}

static void a_member_has_servers_of_its_own(void **state)
{
	struct dns_table *t = *state;

	assert_string_equal(dns_table_server(t, 0x0a580006, 0), "192.0.2.1");
	assert_string_equal(dns_table_server(t, 0x0a580006, 1), "192.0.2.2");
	assert_null(dns_table_server(t, 0x0a580006, 2));
	assert_null(dns_table_server(t, 0x0a580005, 0));
	assert_true(dns_table_knows(t, 0x0a58fffe));
	assert_false(dns_table_knows(t, 0x0a590001));
}

static void the_search_list_of_the_host_stays(void **state)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	(void) state;
	assert_int_equal(
		names_resolv("# host\nsearch lan example.com\nnameserver 127.0.0.53\noptions edns0\n",
			GATEWAY, &b),
		0);
	assert_string_equal(
		b.data, "search dns.podctl lan example.com\noptions edns0\nnameserver 10.88.0.1\n");
	buf_clear(&b);
	assert_int_equal(names_resolv("", GATEWAY, &b), 0);
	assert_string_equal(b.data, "search dns.podctl\nnameserver 10.88.0.1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read),
		cmocka_unit_test(what_is_no_question_is_told_apart),
		cmocka_unit_test(a_name_has_255_octets),
		cmocka_unit_test(odd_bytes_are_no_dots),
		cmocka_unit_test(an_answer_repeats_the_question),
		cmocka_unit_test(what_does_not_fit_is_left_out_and_said),
		cmocka_unit_test(only_the_answer_to_our_question_counts),
		cmocka_unit_test_setup_teardown(names_lead_to_addresses, with_names, done),
		cmocka_unit_test_setup_teardown(negative_answers_need_nobody_else, with_names, done),
		cmocka_unit_test_setup_teardown(addresses_lead_to_names, with_names, done),
		cmocka_unit_test_setup_teardown(a_file_takes_the_place_of_its_last, with_names, done),
		cmocka_unit_test_setup_teardown(a_member_has_servers_of_its_own, with_names, done),
		cmocka_unit_test(the_search_list_of_the_host_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
