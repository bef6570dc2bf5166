#include "tests/unit/test.h"

#include <string.h>

#include "pkg/codec/toml.h"
#include "pkg/image/credentials.h"
#include "pkg/image/policy.h"
#include "pkg/image/pull.h"
#include "pkg/image/registries.h"
#include "pkg/transfer/challenge.h"

/* ---- WWW-Authenticate -------------------------------------------------------------------------------------------------- */

static void challenges_are_read_however_they_are_written(void **state)
{
	static const struct {
		const char *text;
		bool ok, basic, bearer;
		const char *realm, *service, *scope;
	} rows[] = {
		{ "Basic realm=\"x\"", true, true, false, "", "", "" },
		{ "bearer REALM=\"https://a/t\",Service=\"s\",scope=\"repository:x:pull,push\"", true, false,
			true, "https://a/t", "s", "repository:x:pull,push" },
		{ "Basic realm=\"y\", Bearer realm=\"https://a/t\" , service=s", true, true, true,
			"https://a/t", "s", "" },
		{ "Bearer realm=\"a \\\"quoted\\\" b\"", true, false, true, "a \"quoted\" b", "", "" },
		{ "Negotiate", true, false, false, "", "", "" },
		{ "", true, false, false, "", "", "" },
		{ "Bearer realm=\"never ends", false, false, false, "", "", "" },
		{ "\"", false, false, false, "", "", "" },
		{ "Bearer =x", true, false, false, "", "", "" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct challenge c = { 0 };

		assert_int_equal(challenge_parse(rows[i].text, &c), rows[i].ok);
		assert_int_equal(c.basic, rows[i].basic);
		assert_int_equal(c.bearer, rows[i].bearer);
		assert_string_equal(c.realm, rows[i].realm);
		assert_string_equal(c.service, rows[i].service);
		assert_string_equal(c.scope, rows[i].scope);
	}
}

static void a_value_too_long_is_refused(void **state)
{
	char text[CHALLENGE_TEXT + 100];
	struct challenge c = { 0 };

	(void) state;
	memset(text, 'a', sizeof text);
	memcpy(text, "Bearer realm=\"", 14);
	memcpy(text + sizeof text - 2, "\"", 2);
	assert_false(challenge_parse(text, &c));
	assert_false(c.bearer);
}

/* ---- registries.conf ------------------------------------------------------------------------------------------------------ */

static const char conf[] =
	"[[registry]]\nlocation = \"plain.example:5000\"\ninsecure = true\n"
	"[[registry]]\nprefix = \"example.org/team\"\nlocation = \"mirror.example/copy\"\n"
	"[[registry]]\nlocation = \"example.org/bad\"\nblocked = true\n"
	"[[registry]]\nprefix = \"*.wild.example\"\nlocation = \"one.example\"\n"
	"[[registry]]\nlocation = \"docker.io\"\nmirror-by-digest-only = false\n"
	"[[registry.mirror]]\nlocation = \"m1.example/hub\"\npull-from-mirror = \"digest-only\"\n"
	"[[registry.mirror]]\nlocation = \"m2.example\"\ninsecure = true\n";

static int match(
	const char *text, const char *name, struct arena *a, struct place **ret, size_t *n, struct err *err)
{
	struct diag d = { 0 };
	struct image_name parsed;
	struct node *root;
	struct registries all = { 0 };
	const char *full;
	int rc = toml_parse(text, strlen(text), a, &d, &root, err);

	diag_done(&d);
	if (rc < 0 || (rc = image_name_normalize(name, a, &full, err)) < 0 ||
		(rc = image_name_parse(full, a, &parsed, err)) < 0)
		return rc;
	if ((rc = registries_add(&all, root, "test.conf", true, a, err)) < 0)
		return rc;
	return registries_match(&all, &parsed, a, ret, n, err);
}

static void the_longest_prefix_says_where_an_image_is(void **state)
{
	static const struct {
		const char *name, *host, *repository;
		bool insecure;
	} rows[] = {
		{ "quay.io/a/b", "quay.io", "a/b", false },
		{ "plain.example:5000/x", "plain.example:5000", "x", true },
		{ "example.org/team/x:v1", "mirror.example", "copy/x", false },
		{ "example.org/team2/x", "example.org", "team2/x", false },
		{ "example.org/team", "mirror.example", "copy", false },
		{ "a.b.wild.example/ns/x", "one.example", "ns/x", false },
		{ "wild.example/ns/x", "wild.example", "ns/x", false },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		struct place *p;
		size_t n;

		assert_int_equal(match(conf, rows[i].name, &a, &p, &n, &err), 0);
		assert_int_equal(n, 1);
		assert_string_equal(p[0].host, rows[i].host);
		assert_string_equal(p[0].repository, rows[i].repository);
		assert_int_equal(p[0].insecure, rows[i].insecure);
	}
}

static void mirrors_come_first_and_may_want_a_digest(void **state)
{
	auto_arena struct arena a = { 0 };
	struct err err = { 0 };
	struct place *p;
	size_t n;

	(void) state;
	assert_int_equal(match(conf, "alpine", &a, &p, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(p[0].host, "m2.example");
	assert_string_equal(p[0].repository, "library/alpine");
	assert_true(p[0].insecure);
	assert_string_equal(p[1].host, "docker.io");
	assert_int_equal(
		match(conf, "alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			&a, &p, &n, &err),
		0);
	assert_int_equal(n, 3);
	assert_string_equal(p[0].host, "m1.example");
	assert_string_equal(p[0].repository, "hub/library/alpine");
}

static void blocked_and_broken_registries_are_named(void **state)
{
	static const struct {
		const char *conf, *name;
		enum err_kind kind;
	} rows[] = {
		{ conf, "example.org/bad/x", ERR_DENIED },
		{ "[registries.block]\nregistries = [\"docker.io\"]\n", "x", ERR_DENIED },
		{ "unqualified-search-registries = []\n[registries.search]\nregistries = [\"docker.io\"]\n",
			"x", ERR_INVALID },
		{ "short-name-mode = \"perhaps\"\n", "x", ERR_INVALID },
		{ "unqualified-search-registries = [1]\n", "x", ERR_INVALID },
		{ "[aliases]\na = \"b\"\n", "x", ERR_INVALID },
		{ "[aliases]\na = \"b.example/c:v1\"\n", "x", ERR_INVALID },
		{ "[[registry]]\nlocation = \"https://x.example\"\n", "x", ERR_INVALID },
		{ "[[registry]]\nprefix = \"x.example\"\n", "x", ERR_INVALID },
		{ "[[registry]]\nlocation = \"*.x.example\"\n", "x", ERR_INVALID },
		{ "[[registry]]\nlocation = \"x.example\"\nmirror-by-digest-only = "
		  "true\n[[registry.mirror]]\n"
		  "location = \"y.example\"\npull-from-mirror = \"all\"\n",
			"x", ERR_INVALID },
		{ "[[registry]]\nlocation = \"x.example\"\n[[registry.mirror]]\nlocation = \"y.example\"\n"
		  "pull-from-mirror = \"sometimes\"\n",
			"x", ERR_INVALID },
		{ "[[registry]]\ninsecure = true\n", "x", ERR_INVALID },
		{ "registry = 1\n", "x", ERR_INVALID },
		{ "[[registry]]\nlocation = \"docker.io\"\n[[registry.mirror]]\ninsecure = true\n", "x",
			ERR_INVALID },
		{ "[[registry]]\nprefix = \"a.example/x\"\nlocation = \"host\"\n", "a.example/x",
			ERR_INVALID },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		struct place *p;
		size_t n;

		assert_true(match(rows[i].conf, rows[i].name, &a, &p, &n, &err) < 0);
		assert_int_equal(err.kind, rows[i].kind);
	}
}

static struct registries files_read(const char *const *texts, size_t n, struct arena *a)
{
	struct registries all = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct diag d = { 0 };
		struct err err = { 0 };
		struct node *root;

		assert_int_equal(toml_parse(texts[i], strlen(texts[i]), a, &d, &root, &err), 0);
		diag_done(&d);
		assert_int_equal(registries_add(&all, root, i ? "drop-in" : "main", i == 0, a, &err), 0);
	}
	return all;
}

static void drop_ins_say_the_last_word(void **state)
{
	static const char *const texts[] = {
		"unqualified-search-registries = [\"a.example\"]\nshort-name-mode = \"enforcing\"\n"
		"[[registry]]\nlocation = \"x.example\"\ninsecure = true\n[aliases]\none = "
		"\"a.example/1\"\ntwo = \"a.example/2\"\n",
		"unqualified-search-registries = []\n[[registry]]\nlocation = \"x.example/\"\nblocked = "
		"true\n"
		"[aliases]\none = \"b.example/1\"\ntwo = \"\"\n",
	};
	auto_arena struct arena a = { 0 };
	struct registries r;

	(void) state;
	r = files_read(texts, 2, &a);
	assert_true(r.search_set);
	assert_int_equal(r.search.n, 0);
	assert_string_equal(r.search_file, "drop-in");
	assert_int_equal(r.mode, SHORT_NAME_ENFORCING);
	assert_int_equal(r.v.n, 1);
	assert_true(LIST_AT(r.v, struct registry, 0)->blocked);
	assert_false(LIST_AT(r.v, struct registry, 0)->insecure);
	assert_string_equal(kvs_get(&r.aliases, "one"), "b.example/1");
	assert_string_equal(kvs_get(&r.aliases, "two"), "");
}

static void the_old_form_is_read(void **state)
{
	static const char *const texts[] = {
		"[registries.search]\nregistries = [\"a.example\", \"b.example\"]\n[registries.insecure]\n"
		"registries = [\"c.example:5000\"]\n[registries.block]\nregistries = [\"c.example:5000\"]\n"
	};
	auto_arena struct arena a = { 0 };
	struct registries r;

	(void) state;
	r = files_read(texts, 1, &a);
	assert_true(r.v1);
	assert_int_equal(r.search.n, 2);
	assert_int_equal(r.v.n, 1);
	assert_true(LIST_AT(r.v, struct registry, 0)->blocked);
	assert_true(LIST_AT(r.v, struct registry, 0)->insecure);
}

/* ---- policy.json ---------------------------------------------------------------------------------------------------------- */

static void the_most_specific_scope_of_a_policy_decides(void **state)
{
#define YES "[{\"type\":\"insecureAcceptAnything\"}]"
#define NO "[{\"type\":\"reject\"}]"
	static const char policy[] =
		"{\"default\":" NO ",\"transports\":{\"docker\":{\"docker.io/library/x:v1\":" YES
		",\"docker.io/library/y\":" YES ",\"docker.io/team\":" YES ",\"quay.io:443\":" YES
		",\"*.wild.example\":" YES ",\"bad.wild.example\":" NO
		",\"signed.example\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"/k\"}]}"
		",\"docker-archive\":{\"\":" YES "},\"oci\":{\"/srv\":" YES "}}}";
	static const struct {
		const char *transport, *identity;
		int ok;
	} rows[] = {
		{ "docker", "docker.io/library/x:v1", 1 },
		{ "docker", "docker.io/library/x:v2", 0 },
		{ "docker", "docker.io/library/y:any", 1 },
		{ "docker", "docker.io/library/y@sha256:00", 1 },
		{ "docker", "docker.io/team/a/b:c", 1 },
		{ "docker", "docker.io/teams/a:c", 0 },
		{ "docker", "quay.io:443/a:b", 1 },
		{ "docker", "quay.io/a:b", 0 },
		{ "docker", "a.b.wild.example/x:y", 1 },
		{ "docker", "wild.example/x:y", 0 },
		{ "docker", "bad.wild.example/x:y", 0 },
		{ "docker", "signed.example/x:y", 0 },
		{ "docker-archive", "/any/file.tar", 1 },
		{ "oci", "/srv/images:x", 1 },
		{ "oci", "/tmp/images", 0 },
		{ "dir", "/srv", 0 },
	};
	json_t *doc = json_loads(policy, 0, NULL);

	(void) state;
	assert_non_null(doc);
	for (size_t i = 0; i < LEN(rows); i++) {
		struct err err = { 0 };

		assert_int_equal(
			policy_decide(doc, rows[i].transport, rows[i].identity, &err) == 0, rows[i].ok);
		if (!rows[i].ok)
			assert_int_equal(err.kind, ERR_DENIED);
	}
	json_decref(doc);
}

static void a_policy_is_read_strictly(void **state)
{
	static const char *const rows[] = { "[]", "{}", "{\"default\":[]}", "{\"default\":" YES ",\"x\":1}",
		"{\"default\":[{\"type\":\"perhaps\"}]}", "{\"default\":[{\"type\":\"reject\",\"x\":1}]}",
		"{\"default\":" YES ",\"transports\":{\"docker\":{\"x\":[]}}}",
		"{\"default\":" YES ",\"transports\":[]}", "{\"default\":{}}" };

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		json_t *doc = json_loads(rows[i], 0, NULL);
		struct err err = { 0 };

		assert_true(policy_decide(doc, "docker", "docker.io/library/x:v1", &err) < 0);
		assert_int_equal(err.kind, ERR_INVALID);
		json_decref(doc);
	}
}

/* ---- credentials ------------------------------------------------------------------------------------------------------------ */

static void the_most_specific_entry_is_ours(void **state)
{
	/* u:host, u:ns, u:repo, u:hub, pair:with:colon */
	static const char text[] = "{\"auths\":{\"r.example:5000\":{\"auth\":\"dTpob3N0\"},\"r.example:5000/"
				   "ns\":{\"auth\":\"dTpucw==\"},"
				   "\"r.example:5000/ns/repo\":{\"auth\":\"dTpyZXBv\"},\"https://"
				   "index.docker.io/v1/\":{\"auth\":\"dTpodWI=\"},"
				   "\"t.example\":{\"identitytoken\":\"T\"},\"c.example\":{\"auth\":"
				   "\"cGFpcjp3aXRoOmNvbG9u\"},\"e.example\":{}}}";
	static const struct {
		const char *host, *repository, *password, *identity;
	} rows[] = {
		{ "r.example:5000", "other", "host", NULL },
		{ "r.example:5000", "ns/x", "ns", NULL },
		{ "r.example:5000", "ns/repo", "repo", NULL },
		{ "r.example:5000", "ns2", "host", NULL },
		{ "r.example", "ns", NULL, NULL },
		{ "docker.io", "library/x", "hub", NULL },
		{ "registry-1.docker.io", "library/x", "hub", NULL },
		{ "t.example", "x", NULL, "T" },
		{ "c.example", "x", "with:colon", NULL },
		{ "e.example", "x", NULL, NULL },
	};
	struct err err = { 0 };
	json_t *doc = json_parse(text, strlen(text), &err);

	(void) state;
	assert_non_null(doc);
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct found f;

		assert_int_equal(
			credentials_in(doc, false, rows[i].host, rows[i].repository, &a, &f, &err), 0);
		assert_int_equal(f.entry, rows[i].password || rows[i].identity);
		if (rows[i].password)
			assert_string_equal(f.who.password, rows[i].password);
		if (rows[i].identity)
			assert_string_equal(f.who.identity, rows[i].identity);
	}
	json_decref(doc);
}

static void bad_credentials_are_errors(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;
	} rows[] = {
		{ "{\"auths\":{\"h.example\":{\"auth\":\"!!\"}}}", ERR_INVALID },
		{ "{\"auths\":{\"h.example\":{\"auth\":\"YWJj\"}}}", ERR_INVALID },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		struct found f;
		json_t *doc = json_parse(rows[i].text, strlen(rows[i].text), &err);

		assert_true(credentials_in(doc, false, "h.example", "x", &a, &f, &err) < 0);
		assert_int_equal(err.kind, rows[i].kind);
		json_decref(doc);
	}
}

static void helpers_are_named_by_host(void **state)
{
	static const char text[] = "{\"auths\":{\"h.example\":{}},\"credHelpers\":{\"h.example\":\"one\","
				   "\"https://index.docker.io/v1/\":\"hub\"},\"credsStore\":\"all\"}";
	auto_arena struct arena a = { 0 };
	struct err err = { 0 };
	json_t *doc = json_parse(text, strlen(text), &err);
	struct found f;

	(void) state;
	assert_int_equal(credentials_in(doc, false, "h.example", "ns/x", &a, &f, &err), 0);
	assert_false(f.entry);
	assert_string_equal(f.helper, "one");
	assert_string_equal(f.fallback, "all");
	assert_int_equal(credentials_in(doc, false, "docker.io", "", &a, &f, &err), 0);
	assert_string_equal(f.helper, "hub");
	assert_int_equal(credentials_in(doc, false, "other.example", "x", &a, &f, &err), 0);
	assert_null(f.helper);
	json_decref(doc);
}

static void platforms_are_two_or_three_words(void **state)
{
	static const char *const bad[] = { "linux", "/amd64", "linux/", "linux/arm/", "linux/arm/v7/x" };
	auto_arena struct arena a = { 0 };
	struct pull_options o = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(pull_platform("linux/arm/v7", &a, &o, &err), 0);
	assert_string_equal(o.arch, "arm");
	assert_string_equal(o.variant, "v7");
	assert_int_equal(pull_platform("linux/amd64", &a, &o, &err), 0);
	assert_string_equal(o.os, "linux");
	assert_null(o.variant);
	for (size_t i = 0; i < LEN(bad); i++)
		assert_true(pull_platform(bad[i], &a, &o, &err) < 0);
}

static void pull_secrets_fit_by_host_and_path(void **state)
{
	static char *texts[] = {
		(char *) (uintptr_t) "{\"auths\":{}}",
		(char *) (uintptr_t) "{\"auths\":{"
				     "\"https://index.docker.io/v1/\":{\"auth\":\"aHViOnA=\"},"
				     "\"*.example.com\":{\"username\":\"star\",\"password\":\"p\"},"
				     "\"r.example.com\":{\"username\":\"host\"},"
				     "\"r.example.com/team\":{\"username\":\"team\"},"
				     "\"r.example.com:5000/v2/\":{\"username\":\"port\"},"
				     "\"empty.example.com\":{}}}",
		(char *) (uintptr_t) "{\"auths\":{\"other.example.com\":{\"username\":\"late\"}}}",
	};
	static const struct {
		const char *host, *repository, *user;
	} rows[] = { { "docker.io", "library/x", "hub" }, { "a.example.com", "x", "star" },
		{ "a.b.example.com", "x", NULL }, { "example.com", "x", NULL },
		{ "r.example.com", "x", "host" }, { "r.example.com", "team/x", "team" },
		{ "r.example.com:5000", "x", "port" }, { "quay.io", "x", NULL },
		{ "other.example.com", "x", "star" } };
	const struct strs documents = { texts, LEN(texts), LEN(texts) };

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct credentials who = { 0 };
		struct err err = { 0 };
		bool found = false;

		assert_int_equal(pull_secret_find(&documents, rows[i].host, rows[i].repository, &a, &who,
					 &found, &err),
			0);
		assert_int_equal(found, rows[i].user != NULL);
		if (found)
			assert_string_equal(who.user, rows[i].user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges_are_read_however_they_are_written),
		cmocka_unit_test(a_value_too_long_is_refused),
		cmocka_unit_test(the_longest_prefix_says_where_an_image_is),
		cmocka_unit_test(mirrors_come_first_and_may_want_a_digest),
		cmocka_unit_test(blocked_and_broken_registries_are_named),
		cmocka_unit_test(drop_ins_say_the_last_word),
		cmocka_unit_test(the_old_form_is_read),
		cmocka_unit_test(the_most_specific_scope_of_a_policy_decides),
		cmocka_unit_test(a_policy_is_read_strictly),
		cmocka_unit_test(the_most_specific_entry_is_ours),
		cmocka_unit_test(bad_credentials_are_errors),
		cmocka_unit_test(helpers_are_named_by_host),
		cmocka_unit_test(platforms_are_two_or_three_words),
		cmocka_unit_test(pull_secrets_fit_by_host_and_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
