/* Unit tests for pkg/codec/toml.[ch]. */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/toml.h"
#include "pkg/util/buf.h"

/* A tree as one line of text: maps {k:v,}, lists [v,], strings "x", others as they are. */
static void print(const struct node *n, struct buf *b)
{
	if (n->kind == NODE_MAP || n->kind == NODE_LIST) {
		buf_putc(b, n->kind == NODE_MAP ? '{' : '[');
		for (size_t i = 0; i < n->n; i++) {
			if (i)
				buf_putc(b, ',');
			if (n->kind == NODE_MAP)
				buf_printf(b, "%s:", n->key[i]->text);
			print(n->item[i], b);
		}
		buf_putc(b, n->kind == NODE_MAP ? '}' : ']');
	} else if (n->kind == NODE_STRING && !n->plain) {
		buf_printf(b, "\"%s\"", n->text);
	} else {
		buf_puts(b, n->text);
	}
}

static const struct {
	const char *text, *want;
} good[] = {
	{ "", "{}" },
	{ "# only a comment", "{}" },
	{ "a = 1 # x\r\nb = 'c'\n", "{a:1,b:\"c\"}" },
	{ "\"a b\" = true\n'c.d' = false\n1234 = 0", "{a b:true,c.d:false,1234:0}" },
	{ "a.b . c = 1\na.d = 2", "{a:{b:{c:1},d:2}}" },
	{ "[t]\nx = 1\n[t.u]\ny = 2\n[v]", "{t:{x:1,u:{y:2}},v:{}}" },
	{ "[a.b]\nx = 1\n[a]\ny = 2", "{a:{b:{x:1},y:2}}" },
	{ "[[p]]\nn = 1\n[p.q]\nz = 1\n[[p]]\nn = 2", "{p:[{n:1,q:{z:1}},{n:2}]}" },
	{ "a = [1, 'x', [2,],\n # c\n {b = 3, c.d = 4} ]", "{a:[1,\"x\",[2],{b:3,c:{d:4}}]}" },
	{ "a = {}\nb = []\nc = [ # x\n]", "{a:{},b:[],c:[]}" },
	{ "a = +1_000\nb = -0\nc = 0xdead_BEEF\nd = 0o17\ne = 0b101", "{a:1000,b:-0,c:3735928559,d:15,e:5}" },
	{ "a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7fffffffffffffff",
		"{a:9223372036854775807,b:-9223372036854775808,c:9223372036854775807}" },
	{ "a = 1.5\nb = 1_0.0_1\nc = -1e+06\nd = 6.6E-3\ne = inf\nf = -nan",
		"{a:1.5,b:10.01,c:-1e+06,d:6.6E-3,e:inf,f:-nan}" },
	{ "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.5-07:00\nc = 1979-05-27\nd = 07:32:00",
		"{a:1979-05-27T07:32:00Z,b:1979-05-27 07:32:00.5-07:00,c:1979-05-27,d:07:32:00}" },
	{ "a = \"x\\t\\\"\\\\\\u00e9\\U0001F600\"", "{a:\"x\t\"\\\xc3\xa9\xf0\x9f\x98\x80\"}" },
	{ "a = \"\"\"\none\n\"\"two\\\n   \n  three\"\"\"\"", "{a:\"one\n\"\"twothree\"\"}" },
	{ "a = '''\n\\n 'q' '''", "{a:\"\\n 'q' \"}" },
	{ "a = \"\"\nb = ''\nc = \"\"\"\"\"\"", "{a:\"\",b:\"\",c:\"\"}" },
	{ "[fruit]\napple.color = 1\n[fruit.apple.taste]\nsweet = true",
		"{fruit:{apple:{color:1,taste:{sweet:true}}}}" },
};

static void documents_become_trees(void **state)
{
	(void) state;
	for (size_t i = 0; i < LEN(good); i++) {
		struct arena a = { 0 };
		struct diag *d = calloc(1, sizeof *d);
		struct buf b = BUF_INIT(4096);
		struct node *root;
		struct err err = { 0 };

		if (toml_parse(good[i].text, strlen(good[i].text), &a, d, &root, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		print(root, &b);
		assert_string_equal(b.data, good[i].want);
		buf_done(&b);
		diag_done(d);
		free(d);
		arena_done(&a);
	}
}

static const struct {
	const char *text, *want;
} bad[] = {
	{ "a", "1:2: expected '=' after the key 'a'" },
	{ "= 1", "1:1: expected a key" },
	{ "a = ", "1:5: expected a value" },
	{ "a = x", "1:5: 'x' is no value; a string needs quotes" },
	{ "a = 1 b = 2", "1:7: expected the end of the line" },
	{ "a = 1\na = 2", "2:3: duplicate key 'a', first in line 1" },
	{ "a = 01", "1:5: '01' is no value" },
	{ "a = 1__0", "1:5: '1__0' is no value" },
	{ "a = _1", "1:5: '_1' is no value" },
	{ "a = 1.", "1:5: '1.' is no value" },
	{ "a = 0x", "1:5: '0x' is no value" },
	{ "a = 9223372036854775808", "1:5: '9223372036854775808' is no value" },
	{ "a = 1979-13-27", "1:5: '1979-13-27' is no value" },
	{ "a = 25:00:00", "1:5: '25:00:00' is no value" },
	{ "a = \"x", "the string is not closed in its line" },
	{ "a = \"x\ny\"", "1:7: the string is not closed in its line" },
	{ "a = '''x", "the string of line 1 is not closed" },
	{ "a = \"\\q\"", "unknown escape '\\q'" },
	{ "a = \"\\ud800\"", "U+D800 is no character" },
	{ "a = \"\\u00\"", "expected 4 hexadecimal digits" },
	{ "a = \"\\u0000\"", "U+0000 is no character" },
	{ "a = [1 2]", "1:8: expected ',' or ']' in the array of line 1" },
	{ "a = [1,\n", "the array of line 1 is not closed" },
	{ "a = [,]", "1:6: expected a value" },
	{ "a = { b = 1,\n c = 2 }", "expected a key" },
	{ "a = { b = 1, }", "expected a key" },
	{ "a = { b = 1, b = 2 }", "duplicate key 'b'" },
	{ "[a", "expected ']' at the end of a table's name" },
	{ "[[a]\n", "expected ']]' at the end of a table's name" },
	{ "[]", "1:2: expected a key" },
	{ "[a]\n[a]", "2:3: 'a' is defined already, in line 1" },
	{ "a = 1\n[a]", "'a' is defined already, in line 1" },
	{ "a = 1\n[a.b]", "'a' is an integer of line 1, not a table" },
	{ "a = {}\n[a.b]", "'a' is a map of line 1, not a table that can be added to" },
	{ "a = []\n[[a]]", "'a' is defined already" },
	{ "[a]\n[[a]]", "'a' is defined already" },
	{ "[fruit]\napple.color = 1\n[fruit.apple]", "'apple' is defined already, in line 2" },
	{ "[a.b.c]\nz = 9\n[a]\nb.c.t = 1", "'b' is defined already" },
	{ "a = {b = 1}\na.c = 2", "'a' is defined already" },
	{ "a = 1\x01", "1:6: control character 0x01" },
	{ "# \x7f", "1:3: control character 0x7f" },
	{ "a = '\xff'", "1:6: not UTF-8" },
	{ "a = '\xc0\x80'", "1:6: not UTF-8" },
	{ "a = '\xed\xa0\x80'", "1:6: not UTF-8" },
	{ "a = 1\rb = 2", "1:6: control character 0x0d" },
};

static void faults_have_their_place(void **state)
{
	(void) state;
	for (size_t i = 0; i < LEN(bad); i++) {
		struct arena a = { 0 };
		struct diag *d = calloc(1, sizeof *d);
		struct node *root = NULL;
		struct err err = { 0 };

		if (toml_parse(bad[i].text, strlen(bad[i].text), &a, d, &root, &err) != -EINVAL)
			fail_msg("row %zu was accepted: %s", i, bad[i].text);
		if (!strstr(err.msg, bad[i].want))
			fail_msg("row %zu: '%s', expected '%s'", i, err.msg, bad[i].want);
		assert_null(root);
		diag_done(d);
		free(d);
		arena_done(&a);
	}
}

static void every_fault_is_reported(void **state)
{
	static const char text[] = "a = x\nb = 1\nb = 2\n[t\nc = \"\n[u]\nd = 1\n";
	struct diag *d = calloc(1, sizeof *d);
	struct arena a = { 0 };
	struct node *root;
	struct err err;

	(void) state;
	d->file = "f.conf";
	assert_int_equal(toml_parse(text, strlen(text), &a, d, &root, &err), -EINVAL);
	assert_int_equal(d->errors, 4);
	assert_non_null(strstr(err.msg, "f.conf:1:5: 'x' is no value"));
	assert_non_null(strstr(err.msg, "(and 3 more)"));
	diag_done(d);
	free(d);
	arena_done(&a);
}

static void depth_width_and_size_have_limits(void **state)
{
	struct buf b = BUF_INIT(4 * 1024 * 1024);
	struct diag *d = calloc(1, sizeof *d);
	struct arena a = { 0 };
	struct node *root;
	struct err err;

	(void) state;
	buf_puts(&b, "a = ");
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, '[');
	assert_int_equal(toml_parse(b.data, b.len, &a, d, &root, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "nested more than 64 deep"));
	buf_clear(&b);
	diag_done(d);
	for (int i = 0; i < 100; i++)
		buf_puts(&b, "a.");
	assert_int_equal(toml_parse(b.data, b.len, &a, d, &root, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "more than 64 parts"));
	buf_clear(&b);
	diag_done(d);
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "k%d=1\n", i);
	assert_int_equal(toml_parse(b.data, b.len, &a, d, &root, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "more than 4096 keys"));
	buf_clear(&b);
	diag_done(d);
	for (int i = 0; i < 1024 * 1024 + 1; i++)
		buf_putc(&b, ' ');
	assert_int_equal(toml_parse(b.data, b.len, &a, d, &root, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "larger than"));
	buf_done(&b);
	diag_done(d);
	free(d);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_become_trees),
		cmocka_unit_test(faults_have_their_place),
		cmocka_unit_test(every_fault_is_reported),
		cmocka_unit_test(depth_width_and_size_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
