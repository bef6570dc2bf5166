/* Unit tests for reading containers.conf (pkg/engine/config.c) and subordinate ids, bus addresses. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/subids.h"
#include "pkg/util/dbus.h"
#include "pkg/util/io.h"

struct fixture {
	char dir[64], conf[128], over[128];
	struct engine_options opt;
	struct engine e;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/podctl-conf-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->conf, sizeof f->conf, "%s/containers.conf", f->dir);
	snprintf(f->over, sizeof f->over, "%s/over.conf", f->dir);
	f->opt = (struct engine_options){ .containers_conf = f->conf };
	f->e.opt = &f->opt;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->e.arena);
	(void) dir_remove(AT_FDCWD, f->dir);
	free(f);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct fixture *f = *state;
	const struct engine_config *c = &f->e.config;

	write_file(f->conf, "# nothing\n");
	assert_int_equal(config_load(&f->e, &f->err), 0);
	assert_int_equal(c->default_capabilities.n, 11);
	assert_string_equal(c->default_sysctls.v[0], "net.ipv4.ping_group_range=0 0");
	assert_int_equal(c->env.n, 2);
	assert_int_equal(c->pids_limit, 2048);
	assert_int_equal(c->shm_size, 67108864);
	assert_int_equal(c->log_size_max, -1);
	assert_int_equal(c->stop_timeout, 10);
	assert_int_equal(c->umask, 022);
	assert_null(c->seccomp_profile);
	assert_string_equal(c->pull_policy, "missing");
	assert_string_equal(c->default_subnet, "10.88.0.0/16");
	assert_false(c->no_hosts);
}

static void values_are_taken_and_unknown_keys_left_alone(void **state)
{
	struct fixture *f = *state;
	const struct engine_config *c = &f->e.config;

	write_file(f->conf,
		"[containers]\ndefault_capabilities = ['CHOWN', \"CAP_KILL\"]\ndefault_ulimits = "
		"[\"nofile=1024:1024\"]\n"
		"pids_limit = -1\nshm_size = \"1g\"\numask = '0077'\nno_hosts = true\nseccomp_profile = "
		"''\nnot_known = [1, 2]\n"
		"[engine]\ncgroup_manager = 'cgroupfs'\nstop_timeout = 3\npull_policy = 'never'\ndetach_keys "
		"= ''\n"
		"[engine.runtimes]\ncrun = ['/usr/bin/crun']\n[network]\ndefault_subnet = '10.5.0.0/16'\n");
	assert_int_equal(config_load(&f->e, &f->err), 0);
	assert_int_equal(c->default_capabilities.n, 2);
	assert_string_equal(c->default_capabilities.v[0], "CAP_CHOWN");
	assert_string_equal(c->default_ulimits.v[0], "nofile=1024:1024");
	assert_int_equal(c->pids_limit, -1);
	assert_int_equal(c->shm_size, 1 << 30);
	assert_int_equal(c->umask, 077);
	assert_true(c->no_hosts);
	assert_string_equal(c->cgroup_manager, "cgroupfs");
	assert_int_equal(c->stop_timeout, 3);
	assert_string_equal(c->pull_policy, "never");
	assert_string_equal(c->detach_keys, "");
	assert_string_equal(c->default_subnet, "10.5.0.0/16");
}

static void later_arrays_replace_unless_they_append(void **state)
{
	struct fixture *f = *state;
	const struct engine_config *c = &f->e.config;

	write_file(f->conf, "[containers]\nenv = ['A=1', {append=true}]\ndns_servers = ['1.1.1.1']\n");
	write_file(f->over, "[containers]\nenv = ['B=2']\ndns_servers = ['2.2.2.2']\n");
	f->opt.containers_conf_override = f->over;
	assert_int_equal(config_load(&f->e, &f->err), 0);
	assert_int_equal(c->env.n, 4); /* PATH, TERM, A, B */
	assert_string_equal(c->env.v[3], "B=2");
	assert_int_equal(c->dns_servers.n, 1);
	assert_string_equal(c->dns_servers.v[0], "2.2.2.2");
}

static void faults_name_file_line_and_key(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "[containers]\npids_limit = 'x'\n",
			"containers.conf:2:14: containers.pids_limit: expected an integer" },
		{ "[containers]\ndefault_capabilities = ['FLY']\n", "expected a list of capability names" },
		{ "[containers]\ndefault_ulimits = ['nofile']\n", "containers.default_ulimits: expected" },
		{ "[containers]\numask = '9'\n", "expected an octal string" },
		{ "[containers]\nshm_size = 'big'\n", "expected a size" },
		{ "[engine]\ncgroup_manager = 'x'\n", "expected \"systemd\" or \"cgroupfs\"" },
		{ "[engine]\npull_policy = 'x'\nstop_timeout = -1\n", "(and 1 more)" },
		{ "[engine\n", "containers.conf:1:8: expected ']'" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < LEN(rows); i++) {
		write_file(f->conf, rows[i].text);
		assert_int_equal(config_load(&f->e, &f->err), -EINVAL);
		if (!strstr(f->err.msg, rows[i].want))
			fail_msg("row %zu: %s", i, f->err.msg);
	}
	assert_int_equal(unlink(f->conf), 0);
	assert_int_equal(config_load(&f->e, &f->err), -ENOENT);
}

static void subordinate_ids_are_found_by_name_and_number(void **state)
{
	static const char text[] =
		"# c\nother:1:2\nann:100000:65536\n\nann:bad:1\nann:5\n1000:200000:10\nann:300000:0\n"
		"ann:4294967290:100\nannabel:7:7\nann:400000:1";
	struct subids s;

	(void) state;
	subids_parse(text, "ann", 1000, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.range[0].start, 100000);
	assert_int_equal(s.range[1].start, 200000);
	assert_int_equal(s.range[2].count, 1);
	assert_int_equal(subids_total(&s), 65536 + 10 + 1);
	subids_parse(text, NULL, 1, &s);
	assert_int_equal(s.n, 0);
	subids_parse("", "ann", 1000, &s);
	assert_int_equal(s.n, 0);
}

static void bus_addresses_give_a_socket(void **state)
{
	static const struct {
		const char *address, *path;
	} rows[] = {
		{ "unix:path=/run/user/1000/bus", "/run/user/1000/bus" },
		{ "unix:path=/tmp/a%20b,guid=12", "/tmp/a b" },
		{ "tcp:host=x;unix:abstract=/tmp/x", "@/tmp/x" },
		{ "tcp:host=x", NULL },
		{ "unix:path=", NULL },
		{ "", NULL },
	};
	char path[108];

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_int_equal(bus_address_path(rows[i].address, path), rows[i].path != NULL);
		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
	}
}

static void bus_values_are_aligned_and_read_back(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct bus_msg m;
	size_t mark;
	const char *text;
	uint32_t v;

	(void) state;
	bus_put_text(&b, "abc"); /* 4 + 3 + 1 = 8 */
	mark = bus_array_begin(&b, 8);
	bus_put_u64(&b, 7);
	bus_array_end(&b, mark, 8);
	bus_put_text(&b, "");
	assert_int_equal(b.len, 8 + 8 + 8 + 5);
	m = (struct bus_msg){ .body = b.data, .body_len = b.len };
	assert_true(bus_get_text(&m, &text));
	assert_string_equal(text, "abc");
	assert_true(bus_get_u32(&m, &v));
	assert_int_equal(v, 8); /* the array's bytes, without the padding before */
	m.at = 24;
	assert_true(bus_get_text(&m, &text));
	assert_false(bus_get_u32(&m, &v)); /* past the end */
	m = (struct bus_msg){ .body = "\xff\xff\xff\xff", .body_len = 4 };
	assert_false(bus_get_text(&m, &text));
	buf_done(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_file_gives_the_defaults),
		TEST(values_are_taken_and_unknown_keys_left_alone),
		TEST(later_arrays_replace_unless_they_append),
		TEST(faults_name_file_line_and_key),
		TEST(subordinate_ids_are_found_by_name_and_number),
		TEST(bus_addresses_give_a_socket),
		TEST(bus_values_are_aligned_and_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
