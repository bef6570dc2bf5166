/* Unit tests for pkg/codec/yaml.c and yaml_scalar.c. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "pkg/codec/yaml_scalar.h"
#include "pkg/util/limits.h"

struct parsed {
	struct arena arena;
	struct diag diag;
	struct node **doc;
	size_t n;
	char faults[4096];
};

static void parse(struct parsed *p, const char *text, size_t len)
{
	struct err err = { 0 };
	struct buf b = BUF_INIT(64 * KiB);

	memset(p, 0, sizeof *p);
	assert_int_equal(yaml_parse(text, len, &p->arena, &p->diag, &p->doc, &p->n, &err), 0);
	diag_print(&p->diag, DIAG_NOTE, &b);
	snprintf(p->faults, sizeof p->faults, "%s", b.data ? b.data : "");
	buf_done(&b);
}

static void done(struct parsed *p)
{
	arena_done(&p->arena);
	diag_done(&p->diag);
}

static void unquoted_words_mean_what_kubernetes_reads(void **state)
{
	(void) state;
	static const struct {
		const char *text;
		enum node_kind kind;
	} rows[] = {
		{ "", NODE_NULL },
		{ "~", NODE_NULL },
		{ "null", NODE_NULL },
		{ "nil", NODE_STRING },
		{ "yes", NODE_BOOL },
		{ "Off", NODE_BOOL },
		{ "n", NODE_BOOL },
		{ "yEs", NODE_STRING },
		{ "0", NODE_INT },
		{ "012", NODE_INT },
		{ "0o12", NODE_INT },
		{ "0x1F", NODE_INT },
		{ "-7", NODE_INT },
		{ "1_000", NODE_INT },
		{ "08", NODE_FLOAT },
		{ "1e3", NODE_FLOAT },
		{ "1.", NODE_FLOAT },
		{ ".5", NODE_FLOAT },
		{ ".inf", NODE_FLOAT },
		{ "99999999999999999999", NODE_FLOAT },
		{ "1.2.3", NODE_STRING },
		{ "2024-01-01", NODE_STRING },
		{ "12:30", NODE_STRING },
		{ "1k", NODE_STRING },
		{ "-", NODE_STRING },
		{ "0x", NODE_STRING },
		{ "nginx", NODE_STRING },
		{ "500m", NODE_STRING },
	};

	for (size_t i = 0; i < LEN(rows); i++)
		if (yaml_scalar_kind(rows[i].text) != rows[i].kind)
			fail_msg("'%s' is %d, expected %d", rows[i].text, yaml_scalar_kind(rows[i].text),
				rows[i].kind);
}

static void integers_have_their_value(void **state)
{
	(void) state;
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = { { "012", 10 }, { "0o12", 10 }, { "0x1F", 31 }, { "0b101", 5 }, { "+3", 3 },
		{ "-0644", -420 }, { "1_000", 1000 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN } };

	for (size_t i = 0; i < LEN(rows); i++) {
		struct node n = { .kind = NODE_INT, .text = rows[i].text };
		int64_t v = 0;

		assert_true(node_int(&n, &v));
		assert_int_equal(v, rows[i].value);
	}
	struct node big = { .kind = NODE_INT, .text = "9223372036854775808" };
	int64_t v;

	assert_false(node_int(&big, &v));
}

static void every_node_knows_its_place(void **state)
{
	(void) state;
	static const char text[] = "# head\n---\na:\n- x: 1\n  'y z': \"q\"\n---\n---\n{b: [t]}\n";
	struct parsed p;
	const struct node *x;

	parse(&p, text, sizeof text - 1);
	assert_string_equal(p.faults, "");
	assert_int_equal(p.n, 2); /* the empty one is skipped */
	x = node_get(node_get(p.doc[0], "a")->item[0], "x");
	assert_int_equal(x->line, 4);
	assert_int_equal(x->col, 6);
	assert_true(x->plain);
	assert_int_equal(x->kind, NODE_INT);
	x = node_get(node_get(p.doc[0], "a")->item[0], "y z");
	assert_false(x->plain);
	assert_string_equal(x->text, "q");
	assert_int_equal(node_get(p.doc[1], "b")->item[0]->line, 8);
	done(&p);
}

static void every_fault_is_named_with_its_place(void **state)
{
	(void) state;
	static const struct {
		const char *text, *faults;
	} rows[] = {
		{ "a: 1\nb: 2\na: 3\n", "3:1: a: given twice, the first is at 1:1\n" },
		{ "m:\n  l:\n  - k: 1\n    k: 2\n", "4:5: m.l[0].k: given twice, the first is at 3:5\n" },
		{ "a:\n\tb: 1\n", "2:1: not YAML: found character that cannot start any token; the line is "
				  "indented with a tab, YAML wants spaces\n" },
		{ "a: [1, 2\nb: 3\n", "2:2: not YAML: did not find expected ',' or ']' (while parsing a flow "
				      "sequence that starts at line 1)\n" },
		{ "on: 1\n", "1:1: the key on is read as a boolean; write \"on\" in quotes\n" },
		{ "010: 1\n", "1:1: the key 010 is read as an integer; write \"010\" in quotes\n" },
		{ "? [a]\n: 1\n", "1:3: a key must be a string, got a list\n" },
		{ "a: *x\n", "1:4: a: alias *x names no anchor before it\n" },
		{ "a: &x [*x]\n", "1:8: a[0]: alias *x refers to what it is part of\n" },
		{ "a: .nan\n", "1:4: a: no number that a manifest can hold; if a string is meant, "
			       "put it in quotes\n" },
		{ "a: !!int x\n", "1:4: a: the value does not fit its tag, or the tag is not one of !!str, "
				  "!!int, !!float, !!bool, !!null\n" },
		{ "a: !mine x\n", "1:4: a: an own tag (!name) means nothing in a manifest\n" },
		{ "a: \"x\\0y\"\n", "1:4: a: a string with a NUL character\n" },
		{ "a: b\n  c: d\n---\nx: 1\n---\n- [\n",
			"2:4: not YAML: mapping values are not allowed in this context\n"
			"7:1: not YAML: did not find expected node content (while parsing a flow node that "
			"starts at line 7)\n" },
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].text, strlen(rows[i].text));
		assert_string_equal(p.faults, rows[i].faults);
		done(&p);
	}
}

static void documents_after_a_fault_are_read(void **state)
{
	(void) state;
	static const char text[] = "a: [\n---\nb: 1\n--- # here\nc: {\n---\nd: 2\n";
	struct parsed p;

	parse(&p, text, sizeof text - 1);
	assert_int_equal(p.diag.errors, 2);
	assert_int_equal(p.n, 2);
	assert_int_equal(node_get(p.doc[0], "b")->line, 3);
	assert_int_equal(node_get(p.doc[1], "d")->line, 7);
	done(&p);
}

static void aliases_and_merges_are_values_again(void **state)
{
	(void) state;
	static const char text[] =
		"base: &b {x: 1, w: 2}\nuse: *b\nmore:\n  <<: *b\n  w: 3\nlist:\n  <<: [{z: 4}, *b]\n";
	struct parsed p;

	parse(&p, text, sizeof text - 1);
	assert_string_equal(p.faults, "");
	assert_string_equal(node_get(node_get(p.doc[0], "use"), "x")->text, "1");
	assert_string_equal(node_get(node_get(p.doc[0], "more"), "x")->text, "1");
	assert_string_equal(node_get(node_get(p.doc[0], "more"), "w")->text, "3");
	assert_string_equal(node_get(node_get(p.doc[0], "list"), "z")->text, "4");
	assert_string_equal(node_get(node_get(p.doc[0], "list"), "w")->text, "2");
	done(&p);
}

static void an_alias_bomb_is_defused(void **state)
{
	(void) state;
	char text[2048] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
	struct parsed p;

	for (int i = 1; i < 20; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n",
			i, i, i - 1, i - 1, i - 1, i - 1);
	parse(&p, text, strlen(text));
	assert_int_equal(p.diag.errors, 1);
	assert_non_null(strstr(p.faults, "more than 100000 values in one document"));
	done(&p);
}

static void aliases_do_not_nest_past_the_limit(void **state)
{
	(void) state;
	char text[8192] = "- &a0 [x]\n";
	struct parsed p;

	for (int i = 1; i < 200; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "- &a%d [*a%d]\n", i, i - 1);
	parse(&p, text, strlen(text));
	assert_int_equal(p.diag.errors, 1);
	assert_non_null(strstr(p.faults, "nested deeper than 100 levels by aliases"));
	done(&p);
}

static void depth_and_size_have_limits(void **state)
{
	(void) state;
	char *big = malloc(YAML_MAX + 2);
	struct parsed p;

	assert_non_null(big);
	memset(big, '[', YAML_MAX + 2);
	parse(&p, big, 100000);
	assert_string_equal(p.faults, "1:102: nested deeper than 100 levels\n");
	done(&p);
	parse(&p, big, YAML_MAX + 1);
	assert_string_equal(p.faults, "16777217 bytes are too many for a manifest, the limit is 16777216\n");
	done(&p);
	free(big);
}

static void json_is_yaml(void **state)
{
	(void) state;
	static const char text[] = "{\n\t\"a\": [1, true, null, \"x\\/y\"],\n\t\"b\":{}\n}\n";
	static const char pair[] = "{\"smile\": \"\\ud83d\\ude00\"}";
	struct parsed p;

	parse(&p, text, sizeof text - 1);
	assert_string_equal(p.faults, "");
	assert_string_equal(node_get(p.doc[0], "a")->item[3]->text, "x/y");
	assert_int_equal(node_get(p.doc[0], "b")->line, 3);
	done(&p);
	parse(&p, pair, sizeof pair - 1);
	assert_string_equal(p.faults, "");
	assert_string_equal(node_get(p.doc[0], "smile")->text, "\xf0\x9f\x98\x80");
	done(&p);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void) state;
	static const char text[] = "a: b\nc: \"\xc3\x28\"\n";
	struct parsed p;

	parse(&p, text, sizeof text - 1);
	assert_string_equal(p.faults, "2:6: not YAML: invalid trailing UTF-8 octet\n");
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unquoted_words_mean_what_kubernetes_reads),
		cmocka_unit_test(integers_have_their_value),
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(every_fault_is_named_with_its_place),
		cmocka_unit_test(documents_after_a_fault_are_read),
		cmocka_unit_test(aliases_and_merges_are_values_again),
		cmocka_unit_test(an_alias_bomb_is_defused),
		cmocka_unit_test(aliases_do_not_nest_past_the_limit),
		cmocka_unit_test(depth_and_size_have_limits),
		cmocka_unit_test(json_is_yaml),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
