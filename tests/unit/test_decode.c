/* Unit tests for pkg/codec/decode.[ch]. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "pkg/codec/decode.h"
#include "pkg/util/limits.h"

struct port {
	const struct node *node;
	char *name;
	uint16_t number;
	int proto;
};
struct pod {
	char *name;
	bool quick;
	struct opt_bool maybe;
	struct opt_i64 grace;
	int64_t priority;
	uint32_t few;
	uint64_t many;
	double share;
	struct port first;
	struct port *other;
	struct list ports;
	struct strs args;
	struct kvs labels;
	const struct node *rest;
};
static const char *const protos[] = { "tcp", "udp", NULL };

/* clang-format off */
static const struct field port_fields[] = {
	F_SELF(struct port, node),
	F_STR(struct port, "name", name),
	{ .key = "number", .type = FIELD_PORT, .offset = offsetof(struct port, number), .required = 1 },
	F_ENUM(struct port, "proto", proto, protos),
	F_END
};
static const struct field pod_fields[] = {
	F_STR(struct pod, "name", name),
	F_BOOL(struct pod, "quick", quick),
	F_OPT_BOOL(struct pod, "maybe", maybe),
	F_OPT_I64(struct pod, "grace", grace),
	{ .key = "priority", .type = FIELD_I64, .offset = offsetof(struct pod, priority), .min = -10, .max = 10 },
	F_U32(struct pod, "few", few),
	F_U64(struct pod, "many", many),
	F_F64(struct pod, "share", share),
	F_OBJECT(struct pod, "first", first, port_fields),
	F_PTR(struct pod, "other", other, port_fields, struct port),
	F_LIST(struct pod, "ports", ports, port_fields, struct port),
	F_STRS(struct pod, "args", args),
	F_KVS(struct pod, "labels", labels),
	F_NODE(struct pod, "rest", rest),
	F_END
};
/* clang-format on */

static void faults_of(const char *yaml, char *text, size_t size)
{
	struct arena arena = { 0 };
	struct diag diag = { 0 };
	struct decoder d = { .arena = &arena, .diag = &diag };
	struct err err = { 0 };
	struct buf b = BUF_INIT(64 * KiB);
	struct pod pod = { 0 };
	struct node **doc;
	size_t n;

	assert_int_equal(yaml_parse(yaml, strlen(yaml), &arena, &diag, &doc, &n, &err), 0);
	assert_int_equal(n, 1);
	decode_object(&d, doc[0], pod_fields, "", &pod);
	diag_print(&diag, DIAG_NOTE, &b);
	snprintf(text, size, "%s", b.data ? b.data : "");
	buf_done(&b);
	diag_done(&diag);
	arena_done(&arena);
}

static void every_fault_names_its_place(void **state)
{
	(void) state;
	static const struct {
		const char *yaml, *faults;
	} rows[] = {
		{ "name: x\nports:\n- number: 80\n  proto: udp\n", "" },
		{ "ports:\n- number: 80\n- number: 70000\n",
			"3:11: ports[1].number: expected an integer from 1 to 65535, got 70000\n" },
		{ "first: {name: x}\n", "1:8: first.number: required\n" },
		{ "first: {number: 1, naem: x}\n", "1:20: first.naem: unknown field, did you mean name?\n" },
		{ "first: {number: 1, qqqqqqq: x}\n", "1:20: first.qqqqqqq: unknown field\n" },
		{ "other: 7\n", "1:8: other: expected a map, got an integer\n" },
		{ "name: on\n", "1:7: name: expected a string, got a boolean; write \"on\" in quotes\n" },
		{ "args: [a, 1]\n",
			"1:11: args[1]: expected a string, got an integer; write \"1\" in quotes\n" },
		{ "labels: {a: [b]}\n", "1:13: labels.a: expected a string, got a list\n" },
		{ "quick: \"yes\"\n", "1:8: quick: expected true or false, got a string\n" },
		{ "priority: 11\n", "1:11: priority: expected an integer from -10 to 10, got 11\n" },
		{ "first: {number: 1, proto: tpc}\n",
			"1:27: first.proto: unknown value \"tpc\", did you mean \"tcp\"?\n" },
		{ "name: 1\nquick: 2\nargs: 3\n",
			"1:7: name: expected a string, got an integer; write \"1\" in quotes\n"
			"2:8: quick: expected true or false, got an integer\n3:7: args: expected a list of "
			"strings, got an integer\n" },
		{ "name: null\nports: ~\n", "" },
	};
	char text[2048];

	for (size_t i = 0; i < LEN(rows); i++) {
		faults_of(rows[i].yaml, text, sizeof text);
		assert_string_equal(text, rows[i].faults);
	}
}

static void what_is_encoded_decodes_to_the_same(void **state)
{
	(void) state;
	static const char text[] = "{\"name\":\"x\",\"quick\":true,\"maybe\":false,\"grace\":0,\"priority\":-"
				   "3,\"few\":4000000000,\"many\":-1,"
				   "\"share\":0.25,\"first\":{\"number\":1},\"other\":{\"name\":\"o\","
				   "\"number\":65535,\"proto\":\"udp\"},"
				   "\"ports\":[{\"number\":2},{\"number\":3}],\"args\":[\"a\",\"\"],"
				   "\"labels\":{\"k\":\"v\"},\"rest\":{\"any\":[1,\"x\",null]}}";
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct pod pod = { 0 };
	json_t *v = json_loads(text, 0, NULL), *back;

	assert_int_equal(decode_json(v, pod_fields, &pod, &arena, &err), 0);
	assert_true(pod.many == UINT64_MAX);
	assert_true(pod.maybe.set && !pod.maybe.v && pod.grace.set);
	assert_int_equal(pod.ports.n, 2);
	assert_int_equal(LIST_AT(pod.ports, struct port, 1)->number, 3);
	assert_null(pod.other->node); /* JSON has no places, and its tree is gone */
	assert_int_equal(node_get(pod.rest, "any")->n, 3);
	back = encode_json(pod_fields, &pod);
	assert_true(json_equal(v, back));
	json_decref(v);
	json_decref(back);
	arena_done(&arena);
}

static void octal_and_exponents_are_integers(void **state)
{
	(void) state;
	struct arena arena = { 0 };
	struct diag diag = { 0 };
	struct decoder d = { .arena = &arena, .diag = &diag };
	struct err err = { 0 };
	struct pod pod = { 0 };
	struct node **doc;
	size_t n;
	static const char text[] = "grace: 0o17\nfew: 1e3\nmany: 0x10\nfirst: {number: 0120}\n";

	assert_int_equal(yaml_parse(text, sizeof text - 1, &arena, &diag, &doc, &n, &err), 0);
	decode_object(&d, doc[0], pod_fields, "", &pod);
	assert_int_equal(diag.n, 0);
	assert_int_equal(pod.grace.v, 15);
	assert_int_equal(pod.few, 1000);
	assert_int_equal(pod.many, 16);
	assert_int_equal(pod.first.number, 80);
	assert_ptr_equal(pod.first.node, node_get(doc[0], "first"));
	diag_done(&diag);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_names_its_place),
		cmocka_unit_test(what_is_encoded_decodes_to_the_same),
		cmocka_unit_test(octal_and_exponents_are_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
