#include "tests/unit/test.h"

#include <string.h>

#include "pkg/codec/template.h"

/* What a template gives for a JSON value; errors come back as "!message". */
static char *give(const char *text, const char *json)
{
	struct err err = { 0 };
	struct template *t = NULL;
	struct buf b = BUF_INIT(1 << 20);
	json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);

	assert_non_null(v);
	if (template_parse(text, &t, &err) < 0 || template_run(t, v, &b, &err) < 0) {
		buf_clear(&b);
		(void) buf_printf(&b, "!%s", err.msg);
	}
	if (!b.data)
		(void) buf_puts(&b, "");
	template_free(t);
	json_decref(v);
	return buf_steal(&b);
}

/* The names and the looks of podman's Go fields, over its JSON. */
static void fields_are_found_by_their_names_in_go(void **state)
{
	static const char doc[] =
		"{\"ipv6_enabled\":true,\"cgroupVersion\":\"v2\",\"Id\":\"x\",\"Health\":{\"Status\":\"\"},"
		"\"Labels\":{\"a\":\"1\"},\"StartedAt\":\"2026-01-02T03:04:05.120000000Z\","
		"\"Created\":\"2026-01-02T03:04:05Z\",\"FinishedAt\":\"never\",\"Text\":\"2026-01-02T03:04:"
		"05Z\"}";
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{{.IPv6Enabled}} {{.ID}} {{.CgroupVersion}} {{.CgroupsVersion}}", "true x v2 v2" },
		{ "{{.Healthcheck.Status}}|{{if .Secrets}}yes{{end}}", "|" },
		{ "{{index .Labels \"b\"}}|{{.Labels.A}}", "|<no value>" },
		{ "{{.StartedAt}} {{.Created}}",
			"2026-01-02 03:04:05.12 +0000 UTC 2026-01-02 03:04:05 +0000 UTC" },
		{ "{{json .StartedAt}} {{.FinishedAt}} {{.Text}}",
			"\"2026-01-02T03:04:05.120000000Z\" never 2026-01-02T03:04:05Z" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *got = give(rows[i].text, doc);

		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

static void templates_give_what_go_gives(void **state)
{
	static const char doc[] =
		"{\"ID\":\"abc\",\"N\":3,\"F\":1.5,\"T\":true,\"Nil\":null,\"L\":[\"x\",\"y\"],\"E\":[],"
		"\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"S\":{\"In\":{\"Deep\":\"d\"}}}";
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{{.ID}}", "abc" },
		{ "{{ .S.In.Deep }}!", "d!" },
		{ "{{.N}} {{.F}} {{.T}} {{.Nil}}", "3 1.5 true <no value>" },
		{ "{{.L}} {{.Labels}}", "[x y] map[a:1 b:2]" },
		{ "{{json .L}}{{json .ID}}", "[\"x\",\"y\"]\"abc\"" },
		{ "{{.Labels.a}} {{.Labels.nope}}", "1 <no value>" },
		{ "{{index .Labels \"b\"}} {{index .L 1}}", "2 y" },
		{ "{{range .L}}<{{.}}>{{end}}", "<x><y>" },
		{ "{{range $i, $v := .L}}{{$i}}={{$v}} {{end}}", "0=x 1=y " },
		{ "{{range $k, $v := .Labels}}{{$k}}{{$v}}{{end}}", "a1b2" },
		{ "{{range .E}}x{{else}}none{{end}}", "none" },
		{ "{{range .L}}{{if eq . \"y\"}}{{break}}{{end}}{{.}}{{end}}", "x" },
		{ "{{range .L}}{{if eq . \"x\"}}{{continue}}{{end}}{{.}}{{end}}", "y" },
		{ "{{if .T}}yes{{else}}no{{end}}", "yes" },
		{ "{{if .E}}a{{else if .Nil}}b{{else}}c{{end}}", "c" },
		{ "{{with .S}}{{.In.Deep}}{{$.ID}}{{end}}", "dabc" },
		{ "{{with .E}}x{{else}}y{{end}}", "y" },
		{ "{{$x := .N}}{{$x}}{{$x = 4}}{{$x}}", "34" },
		{ "{{.ID | upper | printf \"%5s|\"}}", "  ABC|" },
		{ "{{printf \"%-5s|%q|%d|%x|%v|%%\" .ID .ID .N .N .T}}", "abc  |\"abc\"|3|3|true|%" },
		{ "{{printf \"%05d %.2f\" .N .F}}", "00003 1.50" },
		{ "{{join .L \"-\"}} {{split \"a,b\" \",\"}}", "x-y [a b]" },
		{ "{{lower \"AB\"}}{{title \"ab cd\"}}{{truncate .ID 2}}{{pad .ID 1 2}}.",
			"abAb Cdab abc  ." },
		{ "{{len .L}} {{len .ID}} {{slice .ID 1 2}}", "2 3 b" },
		{ "{{eq .N 3}} {{ne .N 3}} {{lt .N 4}} {{ge .N 4}} {{eq .N 1 2 3}}",
			"true false true false true" },
		{ "{{and .T .ID}} {{or .E .ID}} {{not .E}}", "abc abc true" },
		{ "{{print 1 2 \"a\" 3}} {{println \"x\"}}", "1 2a3 x\n" },
		{ "{{html \"<a>\"}} {{urlquery \"a b\"}}", "&lt;a&gt; a+b" },
		{ "a {{- .N -}} b", "a3b" },
		{ "a {{/* note */}}b", "a b" },
		{ "{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .ID}}", "[abc]" },
		{ "{{block \"b\" .N}}<{{.}}>{{end}}", "<3>" },
		{ "{{(index .L 0)}}{{.S.In | json}}", "x{\"Deep\":\"d\"}" },
		{ "{{`raw\\n`}}{{\"a\\tb\"}}", "raw\\na\tb" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char *got = give(rows[i].text, doc);

		if (strcmp(got, rows[i].want) != 0)
			print_error("template: %s\n", rows[i].text);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

static void mistakes_in_templates_are_named(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{{.Nope}}", "can't evaluate field Nope" },
		{ "{{.ID.Sub}}", "can't evaluate field Sub" },
		{ "{{", "unclosed action" },
		{ "{{.ID", "unclosed action" },
		{ "{{if .ID}}x", "{{end}} is missing" },
		{ "{{end}}", "unexpected {{end}}" },
		{ "x\n {{nosuch .ID}}", "2:10: function \"nosuch\" not defined" },
		{ "{{$x}}", "undefined variable \"$x\"" },
		{ "{{.ID \"a\"}}", "can't give argument to non-function" },
		{ "{{index .ID 9}}", "error calling index" },
		{ "{{\"open}}", "unterminated string" },
		{ "{{template \"t\"}}", "\"t\" not defined" },
		{ "{{define \"t\"}}{{template \"t\" .}}{{end}}{{template \"t\" .}}",
			"calls itself too deeply" },
		{ "{{lt .ID 3}}", "incompatible types" },
		{ "{{len}}", "wrong number of arguments" },
		{ "{{json}}", "wrong number of arguments" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char *got = give(rows[i].text, "{\"ID\":\"abc\"}");

		if (got[0] != '!' || !strstr(got, rows[i].want))
			print_error("template: %s gives %s\n", rows[i].text, got);
		assert_int_equal(got[0], '!');
		assert_non_null(strstr(got, rows[i].want));
		free(got);
	}
}

static void deep_nesting_is_refused_and_not_followed(void **state)
{
	char text[4096] = "{{";
	char *got;

	(void) state;
	memset(text + 2, '(', 2000);
	text[2002] = 0;
	got = give(text, "{}");
	assert_non_null(strstr(got, "nested too deeply"));
	free(got);
}

static void backslashes_of_a_shell_argument_are_resolved(void **state)
{
	struct buf b = BUF_INIT(100);

	(void) state;
	template_unescape("a\\tb\\n\\\\x\\q", &b);
	assert_string_equal(b.data, "a\tb\n\\x\\q");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_give_what_go_gives),
		cmocka_unit_test(fields_are_found_by_their_names_in_go),
		cmocka_unit_test(mistakes_in_templates_are_named),
		cmocka_unit_test(deep_nesting_is_refused_and_not_followed),
		cmocka_unit_test(backslashes_of_a_shell_argument_are_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
