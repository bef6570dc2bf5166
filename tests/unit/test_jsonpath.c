/* kubectl's templates for -o jsonpath. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/codec/jsonpath.h"
#include "pkg/util/cleanup.h"

static const char document[] =
	"{\"kind\":\"List\",\"items\":[{\"metadata\":{\"name\":\"a\",\"labels\":{\"app.io/"
	"x\":\"1\"}},\"n\":3,"
	"\"c\":[{\"type\":\"Ready\",\"status\":\"True\"},{\"type\":\"Other\",\"status\":\"False\"}]},"
	"{\"metadata\":{\"name\":\"b\"},\"n\":10,\"yes\":true,\"nil\":null}]}";

static void templates_say_what_they_name(void **state)
{
	static const struct {
		const char *template, *want;
	} rows[] = {
		{ "{.kind}", "List" },
		{ "kind={.kind};", "kind=List;" },
		{ "{$.kind}", "List" },
		{ "{['kind']}", "List" },
		{ "{.items[*].metadata.name}", "a b" },
		{ "{.items[0].metadata.name}", "a" },
		{ "{.items[-1].metadata.name}", "b" },
		{ "{.items[-5].metadata.name}", "" },
		{ "{.items[0:1].metadata.name}{.items[1:].n}", "a10" },
		{ "{.items[0].metadata.labels.app\\.io/x}", "1" },
		{ "{.items[0].metadata.labels['app.io/x']}", "1" },
		{ "{.items[0].metadata.labels}", "{\"app.io/x\":\"1\"}" },
		{ "{..name}", "a b" },
		{ "{.items[1].yes}{.items[1].nil}{.items[1].none.at.all}", "true" },
		{ "{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}", "a\t3\nb\t10\n" },
		{ "{range .items[*]}[{range .c[*]}{.type},{end}]{end}", "[Ready,Other,][]" },
		{ "{.items[?(@.metadata.name==\"b\")].n}", "10" },
		{ "{.items[0].c[?(@.type=='Ready')].status}", "True" },
		{ "{.items[?(@.n > 3)].metadata.name}", "b" },
		{ "{.items[?(@.n<=3)].metadata.name}", "a" },
		{ "{.items[?(@.n!=3)].metadata.name}", "b" },
		{ "{.items[?(@.yes)].metadata.name}", "b" },
		{ "{.none[?(@.a=='b')].c}", "" },
		{ "{.kind}{'}'}", "List}" },
		{ "{ .kind }", "List" },
		{ "{@.kind}", "List" },
		{ "{kind}", "List" },
		{ "text", "text" },
		{ "", "" },
	};
	json_t *doc = json_loads(document, 0, NULL);

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_buf struct buf b = BUF_INIT(4096);
		struct err err = { 0 };

		if (jsonpath_print(rows[i].template, doc, &b, &err) < 0)
			fail_msg("%s: %s", rows[i].template, err.msg);
		if (strcmp(b.data ? b.data : "", rows[i].want) != 0)
			fail_msg("%s: got '%s', wanted '%s'", rows[i].template, b.data ? b.data : "",
				rows[i].want);
	}
	json_decref(doc);
}

static void what_is_no_template_is_an_error(void **state)
{
	static const char *const rows[] = { "{", "{.a", "{.a[0}", "{.a[x]}", "{range .a}", "{end}", "{\"a}",
		"{.a[?(@.b=)]}", "{.a[?(@.b]}", "{.a[?(@.b=3)]}", "{.items[?([.m]}", "{.a..}", "{=}",
		"{range .a[*]}{.b}" };
	json_t *doc = json_loads(document, 0, NULL);

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_buf struct buf b = BUF_INIT(4096);
		struct err err = { 0 };

		if (jsonpath_print(rows[i], doc, &b, &err) == 0)
			fail_msg("%s: is taken, as '%s'", rows[i], b.data ? b.data : "");
	}
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_say_what_they_name),
		cmocka_unit_test(what_is_no_template_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
