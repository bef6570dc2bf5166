/* Unit tests for pkg/codec/yaml_emit.c. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/limits.h"

/* Emits v (taken) and reads it back; both must be the same value. */
static char *there_and_back(json_t *v)
{
	struct buf b = BUF_INIT(MiB);
	struct arena arena = { 0 };
	struct diag diag = { 0 };
	struct err err = { 0 };
	struct node **doc;
	size_t n;
	json_t *back;

	assert_non_null(v);
	assert_int_equal(yaml_emit(v, &b, &err), 0);
	assert_int_equal(yaml_parse(b.data, b.len, &arena, &diag, &doc, &n, &err), 0);
	if (diag.errors || n != 1)
		fail_msg("cannot be read back: %s\n%s", diag.n ? diag.items[0].text : "", b.data);
	back = node_to_json(doc[0]);
	if (!json_equal(v, back))
		fail_msg("read back as %s:\n%s", json_print(back), b.data);
	json_decref(back);
	json_decref(v);
	arena_done(&arena);
	diag_done(&diag);
	return buf_steal(&b);
}

static void text_is_what_people_write(void **state)
{
	(void) state;
	static const struct {
		const char *json, *yaml;
	} rows[] = {
		{ "{\"a\": 1, \"b\": true, \"c\": null, \"d\": 0.5}", "a: 1\nb: true\nc: null\nd: 0.5\n" },
		{ "{\"z\": {\"y\": []}, \"e\": {}}", "z:\n  \"y\": []\ne: {}\n" },
		{ "{\"l\": [\"x\", {\"a\": 1, \"b\": [2]}, [3, [4]]]}",
			"l:\n- x\n- a: 1\n  b:\n  - 2\n- - 3\n  - - 4\n" },
		{ "{\"a\": \"yes\", \"b\": \"12\", \"c\": \"\", \"d\": \"null\", \"e\": \"1e3\"}",
			"a: \"yes\"\nb: \"12\"\nc: \"\"\nd: \"null\"\ne: \"1e3\"\n" },
		{ "{\"a\": \"x: y\", \"b\": \"# no\", \"c\": \"- x\", \"d\": \"-f\", \"e\": \"a #b\", \"f\": "
		  "\"a#b\"}",
			"a: \"x: y\"\nb: \"# no\"\nc: \"- x\"\nd: -f\ne: \"a #b\"\nf: a#b\n" },
		{ "{\"a\": \"say \\\"hi\\\": x\", \"b\": \"it's: x\"}",
			"a: 'say \"hi\": x'\nb: \"it's: x\"\n" },
		{ "{\"s\": \"one\\ntwo\\n\"}", "s: |\n  one\n  two\n" },
		{ "{\"s\": \"one\\n\\ntwo\"}", "s: |-\n  one\n\n  two\n" },
		{ "{\"s\": \"one\\n\\n\"}", "s: |+\n  one\n\n" },
		{ "{\"s\": \"  one\\ntwo\"}", "s: |2-\n    one\n  two\n" },
		{ "{\"l\": [\"a\\nb\\n\"]}", "l:\n- |\n  a\n  b\n" },
		{ "{\"l\": [{\"k\": \"a\\nb\\n\"}]}", "l:\n- k: |\n    a\n    b\n" },
		{ "{\"s\": \"bell\\u0007\\nx\"}", "s: \"bell\\x07\\nx\"\n" },
		{ "{\"s\": \"\\n\\n\"}", "s: \"\\n\\n\"\n" },
		{ "{\"t\": \"2024-01-02\", \"u\": \"12:30\", \"v\": \"v1.2\", \"w\": \"10.0.0.1\"}",
			"t: \"2024-01-02\"\nu: \"12:30\"\nv: v1.2\nw: 10.0.0.1\n" },
		{ "{\"a b\": 1, \"on\": 2, \"x/y\": 3, \"5\": 4}", "a b: 1\n\"on\": 2\nx/y: 3\n\"5\": 4\n" },
		{ "[]", " []\n" },
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		char *text = there_and_back(json_loads(rows[i].json, 0, NULL));

		assert_string_equal(text, rows[i].yaml);
		free(text);
	}
}

/* Every string of up to three characters of those that mean something to YAML, as value, element and key. */
static void short_strings_survive(void **state)
{
	(void) state;
	static const char alphabet[] = "a0 \n\t:#-?|>'\"&*!%@`{}[],=~.<\\y";
	size_t k = sizeof alphabet - 1;

	for (size_t i = 0; i < k * k * k; i++) {
		char s[4] = { alphabet[i % k], alphabet[i / k % k], alphabet[i / k / k], 0 };

		free(there_and_back(json_pack("{s:s, s:[s, {s:s}]}", "v", s, "l", s, "k", s)));
		if (i % 7 == 0)
			free(there_and_back(json_pack("{s:{s:i}, s:[{s:s}]}", "m", s, 1, "l", s, s)));
	}
}

static void odd_characters_survive(void **state)
{
	(void) state;
	static const char *const rows[] = { "\xc2\x85", "a\xe2\x80\xa8z", "\xef\xbb\xbfx", "\xf0\x9f\x98\x80",
		"\x7f", "a\r\nb", "\xc3\xa9\nx\n", "tab\there\n", "\ttab first\nx", "trailing \nspace ",
		"...", "---", "--- x", "<<", "=", "y", "N", "0x1f", "0o7", ".5", "1_0", "\xc2\xa0", "a: |",
		"key:", "{a}", "'", "\"", "\\", "x\n---\ny\n", "x\n...\n" };

	for (size_t i = 0; i < LEN(rows); i++)
		free(there_and_back(json_pack(
			"{s:s, s:[s], s:{s:s}}", "v", rows[i], "l", rows[i], "m", rows[i], rows[i])));
}

static void long_keys_survive(void **state)
{
	(void) state;
	char key[3001];

	memset(key, 'k', 3000);
	key[3000] = '\0';
	free(there_and_back(json_pack("{s:i, s:{s:[i], s:{s:s}}, s:[{s:i, s:i}]}", key, 1, "m", key, 2, "b",
		key, "x", "l", "a", 1, key, 2)));
}

static void numbers_survive(void **state)
{
	(void) state;
	free(there_and_back(json_pack("{s:I, s:I, s:f, s:f, s:f}", "a", (json_int_t) INT64_MIN, "b",
		(json_int_t) INT64_MAX, "c", 0.1, "d", 1e300, "e", -2.0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_what_people_write),
		cmocka_unit_test(short_strings_survive),
		cmocka_unit_test(odd_characters_survive),
		cmocka_unit_test(long_keys_survive),
		cmocka_unit_test(numbers_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
