#include "tests/unit/test.h"

#include <string.h>

#include "pkg/container/resolve.h"
#include "pkg/pod/spec.h"

static char *no_words[] = { NULL };

static struct strs words(struct arena *a, const char *const *w)
{
	struct strs l = { .v = no_words };

	for (size_t i = 0; w && w[i]; i++)
		assert_int_equal(strs_add(&l, a, w[i]), 0);
	return l;
}

static void check(const struct strs *l, const char *const *want)
{
	size_t n = 0;

	for (; want[n]; n++) {
		assert_true(n < l->n);
		assert_string_equal(l->v[n], want[n]);
	}
	assert_int_equal(l->n, n);
}

#define W(...) \
	(const char *const[]) { __VA_ARGS__, NULL }

/* entrypoint and command: what the image has, what was asked, what runs (NULL: refused) */
static const struct argv_case {
	const char *const *image_entry, *const *image_cmd, *const *entry, *const *command, *const *want;
} cases[] = {
	{ NULL, W("sh"), NULL, NULL, W("sh") },
	{ W("/init"), W("a", "b"), NULL, NULL, W("/init", "a", "b") },
	{ W("/init"), W("a"), NULL, W("x"), W("/init", "x") },
	{ W("/init"), W("a"), W("/e"), NULL, W("/e") },
	{ W("/init"), W("a"), W("/e"), W("x", "y"), W("/e", "x", "y") },
	{ NULL, NULL, NULL, NULL, NULL },
	{ W("/init"), W("a"), NULL, NULL, W("/init", "a") },
	{ NULL, W("a"), W("/e"), NULL, W("/e") },
};

static void argv_follows_the_image_and_what_was_asked(void **state)
{
	static const struct engine e;

	(void) state;
	for (size_t i = 0; i < LEN(cases); i++) {
		const struct argv_case *c = &cases[i];
		struct arena a = { 0 };
		struct err err = { 0 };
		struct image_config img = { .entrypoint = words(&a, c->image_entry),
			.cmd = words(&a, c->image_cmd) };
		struct container_spec s = { .entrypoint = words(&a, c->entry),
			.entrypoint_set = c->entry != NULL,
			.command = words(&a, c->command),
			.command_set = c->command != NULL };

		if (c->want) {
			assert_int_equal(container_resolve(&e, &img, &s, &a, &err), 0);
			check(&s.argv, c->want);
		} else {
			assert_true(container_resolve(&e, &img, &s, &a, &err) < 0);
			assert_int_equal(err.kind, ERR_INVALID);
		}
		arena_done(&a);
	}
}

static void an_empty_entrypoint_drops_the_images(void **state)
{
	static const struct engine e;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct image_config img = { .entrypoint = words(&a, W("/init")), .cmd = words(&a, W("a")) };
	struct container_spec s = {
		.entrypoint_set = true, .command = words(&a, W("x")), .command_set = true
	};

	(void) state;
	assert_int_equal(container_resolve(&e, &img, &s, &a, &err), 0);
	check(&s.argv, W("x"));
	arena_done(&a);
}

static void the_last_word_on_a_variable_wins(void **state)
{
	struct engine e = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };
	struct image_config img = { .cmd = words(&a, W("sh")),
		.env = words(&a, W("A=image", "B=image", "C=", "NOVALUE")) };
	struct container_spec s = { 0 };

	(void) state;
	e.config.env = words(&a, W("A=engine", "PATH=/bin", "TERM=xterm"));
	assert_int_equal(kvs_set(&s.env_asked, &a, "B", "asked"), 0);
	assert_int_equal(container_resolve(&e, &img, &s, &a, &err), 0);
	assert_string_equal(env_get(&s.env, "A"), "image");
	assert_string_equal(env_get(&s.env, "B"), "asked");
	assert_string_equal(env_get(&s.env, "C"), "");
	assert_string_equal(env_get(&s.env, "PATH"), "/bin");
	assert_string_equal(env_get(&s.env, "container"), "podctl");
	assert_string_equal(env_get(&s.env, "TERM"), "xterm"); /* of the engine, with or without a terminal */
	assert_null(env_get(&s.env, "NOVALUE"));
	arena_done(&a);
}

static void a_terminal_has_a_term(void **state)
{
	static const struct engine e;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct container_spec s = { .terminal = true, .command = words(&a, W("sh")), .command_set = true };

	(void) state;
	assert_int_equal(container_resolve(&e, NULL, &s, &a, &err), 0);
	assert_string_equal(env_get(&s.env, "TERM"), "xterm");
	arena_done(&a);
}

static void the_rest_comes_from_the_image_unless_asked(void **state)
{
	static const struct engine e;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct image_config img = { .cmd = words(&a, W("sh")),
		.user = "web",
		.working_dir = "srv",
		.stop_signal = "SIGQUIT",
		.exposed_ports = words(&a, W("80/tcp", "443/tcp")) };
	struct container_spec s = { .exposed = words(&a, W("80/tcp")) };

	(void) state;
	assert_int_equal(kvs_set(&img.labels, &a, "k", "image"), 0);
	assert_int_equal(kvs_set(&img.labels, &a, "i", "image"), 0);
	assert_int_equal(kvs_set(&s.labels, &a, "k", "asked"), 0);
	assert_int_equal(container_resolve(&e, &img, &s, &a, &err), 0);
	assert_string_equal(s.cwd, "/srv");
	assert_string_equal(s.user, "web");
	assert_string_equal(s.stop_signal, "SIGQUIT");
	assert_string_equal(kvs_get(&s.labels, "k"), "asked");
	assert_string_equal(kvs_get(&s.labels, "i"), "image");
	check(&s.exposed, W("80/tcp", "443/tcp"));
	s.user = (char *) "0";
	s.cwd = (char *) "/x";
	assert_int_equal(container_resolve(&e, &img, &s, &a, &err), 0);
	assert_string_equal(s.cwd, "/x");
	assert_string_equal(s.user, "0");
	arena_done(&a);
}

static void a_spec_survives_its_row(void **state)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct mount_spec m = { .type = MOUNT_VOLUME,
		.source = (char *) "data",
		.dest = (char *) "/data",
		.read_only = true,
		.options = words(&a, W("nosuid")) };
	struct ulimit_spec u = { (char *) "nofile", -1, -1 };
	struct container_spec in = { .id = (char *) "x",
		.role = ROLE_INIT,
		.argv = words(&a, W("a", "")),
		.terminal = true,
		.mounts = { &m, 1 },
		.ulimits = { &u, 1 },
		.pid = { .mode = NS_CONTAINER, .container = (char *) "c" },
		.resources = { .memory = 1 << 30, .pids = { true, -1 } },
		.restart = RESTART_ON_FAILURE,
		.restart_max = 3,
		.umask = 1,
		.oom_score_adj = { true, 0 } },
			      out = { 0 };
	json_t *v = encode_json(container_spec_fields, &in);

	(void) state;
	assert_non_null(v);
	assert_int_equal(decode_json(v, container_spec_fields, &out, &a, &err), 0);
	json_decref(v);
	assert_string_equal(out.id, "x");
	assert_int_equal(out.role, ROLE_INIT);
	check(&out.argv, W("a", ""));
	assert_true(out.terminal);
	assert_int_equal(out.mounts.n, 1);
	assert_int_equal(LIST_AT(out.mounts, struct mount_spec, 0)->type, MOUNT_VOLUME);
	assert_true(LIST_AT(out.mounts, struct mount_spec, 0)->read_only);
	assert_int_equal(LIST_AT(out.ulimits, struct ulimit_spec, 0)->soft, -1);
	assert_int_equal(out.pid.mode, NS_CONTAINER);
	assert_int_equal(out.resources.memory, 1 << 30);
	assert_true(out.resources.pids.set);
	assert_int_equal(out.resources.pids.v, -1);
	assert_int_equal(out.restart_max, 3);
	assert_int_equal(out.umask, 1);
	assert_true(out.oom_score_adj.set);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(argv_follows_the_image_and_what_was_asked),
		cmocka_unit_test(an_empty_entrypoint_drops_the_images),
		cmocka_unit_test(the_last_word_on_a_variable_wins),
		cmocka_unit_test(a_terminal_has_a_term),
		cmocka_unit_test(the_rest_comes_from_the_image_unless_asked),
		cmocka_unit_test(a_spec_survives_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
