#include "tests/unit/test.h"

#include <string.h>

#include "pkg/util/lsm.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/create.h"

struct made {
	struct arena a;
	struct engine e;
	struct create_request r;
	struct container_spec c;
	struct err err;
};

static void begin(struct made *m)
{
	memset(m, 0, sizeof *m);
	m->e.config.stop_timeout = 10;
	m->r.cwd = "/home/web";
	m->r.image = "localhost/bb";
}

static int spec(struct made *m) { return create_spec(&m->e, &m->r, &m->c, &m->a, &m->err); }

static void add(struct made *m, struct strs *l, const char *s) { assert_int_equal(strs_add(l, &m->a, s), 0); }

static void volumes_become_bind_mounts(void **state)
{
	static const struct {
		const char *text, *source, *dest;
		bool read_only;
		size_t options;
	} rows[] = {
		{ "/a:/b", "/a", "/b", false, 0 },
		{ "/a/:/b/:ro", "/a", "/b", true, 0 },
		{ "./x:/b:rw,rslave,nosuid", "/home/web/x", "/b", false, 2 },
		{ "/a//./c:/b:z", "/a/c", "/b", false, 0 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct made m;
		const struct mount_spec *got;

		begin(&m);
		add(&m, &m.r.volumes, rows[i].text);
		assert_int_equal(spec(&m), 0);
		got = LIST_AT(m.c.mounts, struct mount_spec, 0);
		assert_int_equal(m.c.mounts.n, 1);
		assert_string_equal(got->source, rows[i].source);
		assert_string_equal(got->dest, rows[i].dest);
		assert_int_equal(got->read_only, rows[i].read_only);
		assert_int_equal(got->options.n, rows[i].options);
		arena_done(&m.a);
	}
}

static void what_cannot_be_mounted_is_said(void **state)
{
	static const struct {
		const char *text, *want;
		enum err_kind kind;
	} rows[] = {
		{ "da ta:/b", "neither a path nor the name of a volume", ERR_INVALID },
		{ "data", "not absolute", ERR_INVALID },
		{ "data:b", "not absolute", ERR_INVALID },
		{ "/a:/b:nocopy", "only a volume can be filled", ERR_INVALID },
		{ "/a:/b:idmap", "without --userns", ERR_INVALID },
		{ "/a:/b:O,ro", "contradict", ERR_INVALID },
		{ "/a:/b:O,upperdir=/u", "belong together", ERR_INVALID },
		{ "/a:/b:nonsense", "invalid mount option 'nonsense'", ERR_INVALID },
		{ "/a:b", "not absolute", ERR_INVALID },
		{ "/a:/", "nothing can be mounted over '/'", ERR_INVALID },
		{ ":/b", "expected HOST-DIR", ERR_INVALID },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct made m;

		begin(&m);
		add(&m, &m.r.volumes, rows[i].text);
		assert_true(spec(&m) < 0);
		assert_int_equal(m.err.kind, rows[i].kind);
		if (!strstr(m.err.msg, rows[i].want))
			print_error("%s: %s\n", rows[i].text, m.err.msg);
		assert_non_null(strstr(m.err.msg, rows[i].want));
		arena_done(&m.a);
	}
}

static void the_same_place_is_not_mounted_twice(void **state)
{
	struct made m;

	(void) state;
	begin(&m);
	add(&m, &m.r.volumes, "/a:/x");
	add(&m, &m.r.tmpfs, "/x");
	assert_true(spec(&m) < 0);
	assert_non_null(strstr(m.err.msg, "/x is mounted twice"));
	arena_done(&m.a);
}

static void tmpfs_gets_safe_options_unless_told_otherwise(void **state)
{
	struct made m;
	const struct mount_spec *t;

	(void) state;
	begin(&m);
	add(&m, &m.r.tmpfs, "/run:size=1m,exec");
	assert_int_equal(spec(&m), 0);
	t = LIST_AT(m.c.mounts, struct mount_spec, 0);
	assert_int_equal(t->type, MOUNT_TMPFS);
	assert_int_equal(t->options.n, 5); /* size, exec, nosuid, nodev, tmpcopyup */
	assert_string_equal(t->options.v[0], "size=1m");
	assert_string_equal(t->options.v[1], "exec");
	arena_done(&m.a);
}

static void a_mount_flag_is_read_by_keys(void **state)
{
	struct made m;
	const struct mount_spec *t;

	(void) state;
	begin(&m);
	add(&m, &m.r.mounts, "type=bind,src=/a,dst=/b,ro,bind-propagation=rslave");
	add(&m, &m.r.mounts, "type=tmpfs,destination=/t,tmpfs-size=1m");
	assert_int_equal(spec(&m), 0);
	t = LIST_AT(m.c.mounts, struct mount_spec, 0);
	assert_true(t->read_only);
	assert_string_equal(t->options.v[0], "rslave");
	assert_int_equal(LIST_AT(m.c.mounts, struct mount_spec, 1)->type, MOUNT_TMPFS);
	arena_done(&m.a);
	begin(&m);
	add(&m, &m.r.mounts, "type=ramfs,dst=/b");
	assert_true(spec(&m) < 0);
	assert_int_equal(m.err.kind, ERR_UNSUPPORTED);
	arena_done(&m.a);
	begin(&m);
	add(&m, &m.r.mounts, "type=volume,src=/v,dst=/b");
	assert_true(spec(&m) < 0);
	assert_non_null(strstr(m.err.msg, "type=bind"));
	arena_done(&m.a);
}

static void a_name_is_a_volume_and_no_name_an_anonymous_one(void **state)
{
	static const struct {
		const char *volume, *mount, *source;
		bool no_copy, read_only;
	} rows[] = {
		{ "data:/b", NULL, "data", false, false },
		{ "data:/b:ro,nocopy", NULL, "data", true, true },
		{ NULL, "type=volume,src=data,dst=/b,readonly", "data", false, true },
		{ NULL, "dst=/b,volume-nocopy,src=data", "data", true, false },
		{ "/b", NULL, NULL, false, false },
		{ NULL, "type=volume,dst=/b", NULL, false, false },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct mount_spec *v;
		struct made m;

		begin(&m);
		add(&m, rows[i].volume ? &m.r.volumes : &m.r.mounts,
			rows[i].volume ? rows[i].volume : rows[i].mount);
		assert_int_equal(spec(&m), 0);
		v = LIST_AT(m.c.mounts, struct mount_spec, 0);
		assert_int_equal(v->type, MOUNT_NAMED);
		assert_string_equal(v->dest, "/b");
		assert_int_equal(v->anonymous, !rows[i].source);
		assert_int_equal(v->no_copy, rows[i].no_copy);
		assert_int_equal(v->read_only, rows[i].read_only);
		if (rows[i].source)
			assert_string_equal(v->source, rows[i].source);
		else
			assert_int_equal(strlen(v->source), 64);
		arena_done(&m.a);
	}
}

static void limits_are_checked_against_each_other(void **state)
{
	static const struct {
		int64_t memory, swap, reservation;
		bool good;
		int64_t want_swap;
	} rows[] = {
		{ 0, 0, 0, true, 0 },
		{ 64 << 20, 0, 0, true, 128 << 20 },
		{ 64 << 20, -1, 0, true, -1 },
		{ 64 << 20, 100 << 20, 0, true, 100 << 20 },
		{ 64 << 20, 1 << 20, 0, false, 0 },
		{ 0, 100 << 20, 0, false, 0 },
		{ 64 << 20, 0, 100 << 20, false, 0 },
		{ 1 << 20, 0, 0, false, 0 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct made m;

		begin(&m);
		m.r.memory = (struct opt_i64){ rows[i].memory != 0, rows[i].memory };
		m.r.memory_swap = (struct opt_i64){ rows[i].swap != 0, rows[i].swap };
		m.r.memory_reservation = (struct opt_i64){ rows[i].reservation != 0, rows[i].reservation };
		assert_int_equal(spec(&m) == 0, rows[i].good);
		if (rows[i].good)
			assert_int_equal(m.c.resources.memory_swap, rows[i].want_swap);
		arena_done(&m.a);
	}
}

static void cpus_become_a_quota(void **state)
{
	struct made m;

	(void) state;
	begin(&m);
	m.r.cpus = 1.5;
	assert_int_equal(spec(&m), 0);
	assert_int_equal(m.c.resources.cpu_quota, 150000);
	assert_int_equal(m.c.resources.cpu_period, 100000);
	arena_done(&m.a);
}

static void ulimits_capabilities_and_security_are_named(void **state)
{
	struct made m;

	(void) state;
	begin(&m);
	add(&m, &m.r.ulimits, "nofile=1024:2048");
	add(&m, &m.r.cap_add, "net_admin");
	add(&m, &m.r.cap_drop, "all");
	add(&m, &m.r.security, "no-new-privileges");
	add(&m, &m.r.security, "seccomp=profile.json");
	add(&m, &m.r.security, "mask=/a:/b");
	assert_int_equal(spec(&m), 0);
	assert_int_equal(LIST_AT(m.c.ulimits, struct ulimit_spec, 0)->hard, 2048);
	assert_string_equal(m.c.cap_add.v[0], "CAP_NET_ADMIN");
	assert_string_equal(m.c.cap_drop.v[0], "ALL");
	assert_true(m.c.no_new_privs);
	assert_string_equal(m.c.seccomp, "/home/web/profile.json");
	assert_int_equal(m.c.masked.n, 2);
	arena_done(&m.a);
	begin(&m);
	add(&m, &m.r.ulimits, "nofiles=1");
	assert_true(spec(&m) < 0);
	assert_non_null(strstr(m.err.msg, "did you mean nofile?"));
	arena_done(&m.a);
	begin(&m);
	add(&m, &m.r.security, "apparmor=web");
	if (lsm_apparmor()) {
		assert_int_equal(spec(&m), 0);
		assert_string_equal(m.c.apparmor, "web");
	} else {
		assert_true(spec(&m) < 0);
		assert_non_null(strstr(m.err.msg, "AppArmor is not enabled"));
	}
	arena_done(&m.a);
	begin(&m);
	add(&m, &m.r.cap_add, "nonsense");
	assert_true(spec(&m) < 0);
	arena_done(&m.a);
}

static void restart_policies_are_parsed(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int policy;
		uint32_t max;
	} rows[] = {
		{ "no", true, RESTART_NO, 0 },
		{ "always", true, RESTART_ALWAYS, 0 },
		{ "on-failure", true, RESTART_ON_FAILURE, 0 },
		{ "on-failure:3", true, RESTART_ON_FAILURE, 3 },
		{ "unless-stopped", true, RESTART_UNLESS_STOPPED, 0 },
		{ "always:3", false, 0, 0 },
		{ "on-failure:x", false, 0, 0 },
		{ "sometimes", false, 0, 0 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct made m;

		begin(&m);
		m.r.restart = rows[i].text;
		assert_int_equal(spec(&m) == 0, rows[i].good);
		if (rows[i].good) {
			assert_int_equal(m.c.restart, rows[i].policy);
			assert_int_equal(m.c.restart_max, rows[i].max);
		}
		arena_done(&m.a);
	}
}

static void an_entry_point_may_be_empty_a_word_or_a_list(void **state)
{
	static const struct {
		const char *text;
		bool good;
		size_t n;
	} rows[] = {
		{ "", true, 0 },
		{ "/bin/sh", true, 1 },
		{ "[\"a\",\"b\"]", true, 2 },
		{ "[1]", false, 0 },
		{ "[", false, 0 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct made m;

		begin(&m);
		m.r.entrypoint = rows[i].text;
		assert_int_equal(spec(&m) == 0, rows[i].good);
		if (rows[i].good) {
			assert_true(m.c.entrypoint_set);
			assert_int_equal(m.c.entrypoint.n, rows[i].n);
		}
		arena_done(&m.a);
	}
}

static void variables_of_files_are_below_those_of_flags(void **state)
{
	struct made m;

	(void) state;
	begin(&m);
	assert_int_equal(kvs_set(&m.r.env, &m.a, "A", "flag"), 0);
	assert_int_equal(kvs_set(&m.r.env_defaults, &m.a, "A", "file"), 0);
	assert_int_equal(kvs_set(&m.r.env_defaults, &m.a, "B", "file"), 0);
	assert_int_equal(spec(&m), 0);
	assert_string_equal(kvs_get(&m.c.env_asked, "A"), "flag");
	assert_string_equal(kvs_get(&m.c.env_asked, "B"), "file");
	arena_done(&m.a);
}

static void times_of_logs_are_read_in_every_form(void **state)
{
	const uint64_t now = 2000000000000000;
	static const struct {
		const char *text;
		uint64_t want;
	} rows[] = {
		{ "2026-01-02T03:04:05Z", 1767323045000000 },
		{ "2026-01-02T03:04:05", 1767323045000000 },
		{ "2026-01-02", 1767312000000000 },
		{ "1767323045", 1767323045000000 },
		{ "10m", 2000000000000000 - 600000000 },
		{ "1h30m", 2000000000000000 - 5400000000 },
		{ "1.5s", 2000000000000000 - 1500000 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct err err = { 0 };
		uint64_t got = 0;

		assert_int_equal(log_time_parse(rows[i].text, now, &got, &err), 0);
		assert_true(got == rows[i].want);
	}
	{
		struct err err = { 0 };
		uint64_t got;

		assert_true(log_time_parse("yesterday", now, &got, &err) < 0);
		assert_true(log_time_parse("", now, &got, &err) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_become_bind_mounts),
		cmocka_unit_test(what_cannot_be_mounted_is_said),
		cmocka_unit_test(the_same_place_is_not_mounted_twice),
		cmocka_unit_test(tmpfs_gets_safe_options_unless_told_otherwise),
		cmocka_unit_test(a_mount_flag_is_read_by_keys),
		cmocka_unit_test(a_name_is_a_volume_and_no_name_an_anonymous_one),
		cmocka_unit_test(limits_are_checked_against_each_other),
		cmocka_unit_test(cpus_become_a_quota),
		cmocka_unit_test(ulimits_capabilities_and_security_are_named),
		cmocka_unit_test(restart_policies_are_parsed),
		cmocka_unit_test(an_entry_point_may_be_empty_a_word_or_a_list),
		cmocka_unit_test(variables_of_files_are_below_those_of_flags),
		cmocka_unit_test(times_of_logs_are_read_in_every_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
