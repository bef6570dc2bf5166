/* Unit tests for the small pieces of pkg/util: arena, buf, io, proc, text, diag. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/diag.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

static void an_arena_stops_at_its_maximum(void **state)
{
	(void) state;
	auto_arena struct arena a = { .max = 10000 };
	struct strs l = { 0 };

	assert_non_null(arena_alloc(&a, 6000));
	assert_null(arena_alloc(&a, 6000));
	assert_int_equal(strs_add(&l, &a, "one"), 0);
	assert_int_equal(strs_addf(&l, &a, "%d", 2), 0);
	assert_string_equal(l.v[1], "2");
	assert_null(l.v[2]);
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
}

static void a_map_keeps_the_last_value(void **state)
{
	(void) state;
	auto_arena struct arena a = { 0 };
	struct kvs m = { 0 };

	for (int i = 0; i < 20; i++) {
		char k[8];

		snprintf(k, sizeof k, "k%d", i % 10);
		assert_int_equal(kvs_set(&m, &a, k, i < 10 ? "old" : "new"), 0);
	}
	assert_int_equal(m.n, 10);
	assert_string_equal(kvs_get(&m, "k3"), "new");
	assert_null(kvs_get(&m, "k10"));
}

static void a_buffer_past_its_maximum_stays_failed(void **state)
{
	(void) state;
	auto_buf struct buf b = BUF_INIT(10);

	assert_int_equal(buf_puts(&b, "12345"), 0);
	assert_int_equal(buf_puts(&b, "1234567"), -EFBIG);
	assert_int_equal(buf_puts(&b, "1"), -EFBIG);
	assert_string_equal(b.data, "12345");
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "%s-%d", "ab", 7), 0);
	buf_consume(&b, 3);
	assert_string_equal(b.data, "7");
}

static void files_are_replaced_whole_and_read_with_a_limit(void **state)
{
	(void) state;
	NEEDS_OPENAT2();
	char dir[] = "/tmp/podctl-io-XXXXXX";
	auto_close int d = -EBADF;
	auto_buf struct buf b = BUF_INIT(5);

	assert_non_null(mkdtemp(dir));
	d = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_replace(d, "f", "hello", 5, 0600, false), 0);
	assert_int_equal(file_read(d, "f", PATH_IN_STATE, &b), 0);
	assert_string_equal(b.data, "hello");
	assert_int_equal(file_replace(d, "f", "hello!", 6, 0600, true), 0);
	buf_clear(&b);
	assert_int_equal(file_read(d, "f", PATH_IN_STATE, &b), -EFBIG);
	auto_close int deep = dir_make(d, "a/b//c", 0700);

	assert_true(deep >= 0);
	assert_int_equal(mkfifoat(deep, "fifo", 0600), 0);
	b.error = 0;
	assert_int_equal(
		file_read(deep, "fifo", PATH_IN_STATE, &b), -EINVAL); /* never blocks on what is not a file */
	assert_int_equal(symlinkat("/", deep, "out"), 0);
	assert_int_equal(dir_make(d, "a/b/c/out/x", 0700), -ELOOP);
	assert_int_equal(dir_remove(d, "a"), 0);
	assert_int_equal(dir_remove(d, "a"), 0);
	assert_int_equal(faccessat(d, "f", R_OK, 0), 0);
	assert_int_equal(dir_remove(AT_FDCWD, dir), 0);
	assert_int_equal(access("/etc", X_OK), 0);
}

static void descriptors_travel_and_surplus_is_closed(void **state)
{
	(void) state;
	int s[2], got[1], p[2];
	size_t n = 1;
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fd_send(s[0], "x", 1, p, 2), 0);
	assert_int_equal(fd_recv(s[1], &byte, 1, got, &n, 0), 1);
	assert_int_equal(n, 1);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	close(p[1]);
	assert_int_equal(
		read(got[0], &byte, 1), 0); /* the second one, the write end, did not stay open anywhere */
	close(got[0]), close(p[0]), close(s[0]), close(s[1]);
}

static void locks_belong_to_the_open_file(void **state)
{
	(void) state;
	char name[] = "/tmp/podctl-lock-XXXXXX";
	auto_close int a = mkstemp(name);
	auto_close int b = open(name, O_RDWR | O_CLOEXEC);

	assert_true(lock_is_free(b));
	assert_int_equal(lock_file(a, true, false), 0);
	assert_false(lock_is_free(b));
	assert_int_equal(lock_file(b, true, false), -EAGAIN);
	assert_int_equal(unlock_file(a), 0);
	assert_int_equal(lock_file(b, true, false), 0);
	unlink(name);
}

static void times_survive_a_round_trip(void **state)
{
	(void) state;
	char text[TIME_TEXT];
	uint64_t us;

	assert_string_equal(time_format(text, 1767323045678901), "2026-01-02T03:04:05.678901000Z");
	assert_int_equal(time_parse(text, &us), 0);
	assert_true(us == 1767323045678901);
	assert_int_equal(time_parse("2026-01-02T05:04:05+02:00", &us), 0);
	assert_true(us == 1767323045000000);
	assert_int_equal(time_parse("2026-01-02", &us), -EINVAL);
	assert_int_equal(time_parse("2026-01-02T05:04:05Zx", &us), -EINVAL);
}

static void a_helper_gets_what_is_listed_and_nothing_else(void **state)
{
	(void) state;
	char *argv[] = { "sh", "-c", "cat; ls /proc/self/fd | wc -l; echo bad >&2; exit 3", NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	auto_buf struct buf out = BUF_INIT(4096);
	auto_buf struct buf errs = BUF_INIT(4096);
	struct proc_opts o = PROC_OPTS(.path = "/bin/sh", .argv = argv, .envp = envp);
	int leak = open("/dev/null", O_RDONLY), status; /* not close-on-exec, on purpose */
	struct err err = { 0 };

	assert_int_equal(proc_run(&o, "in\n", 3, &out, &errs, 10000000, &status, &err), 0);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(out.data, "in\n4\n"); /* 0, 1, 2 and ls's own */
	assert_string_equal(errs.data, "bad\n");
	close(leak);
}

static void a_helper_that_is_not_there_says_so(void **state)
{
	(void) state;
	char *argv[] = { "x", NULL };
	struct proc_opts o = PROC_OPTS(.path = "/nonexistent/x", .argv = argv);
	struct err err = { 0 };

	assert_int_equal(proc_spawn(&o, NULL, &err), -ENOENT);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.msg, "execute '/nonexistent/x': no such file or directory");
}

static void a_helper_that_hangs_is_killed(void **state)
{
	(void) state;
	char *argv[] = { "sleep", "100", NULL };
	struct proc_opts o = PROC_OPTS(.path = "/bin/sleep", .argv = argv);
	struct err err = { 0 };
	int status;

	assert_true(proc_run(&o, NULL, 0, NULL, NULL, 50000, &status, &err) < 0);
	assert_non_null(strstr(err.msg, "timed out"));
}

static void numbers_signals_and_names_parse_strictly(void **state)
{
	(void) state;
	uint64_t u;
	int64_t i;

	assert_int_equal(parse_u64("42", 0, 100, &u), 0);
	assert_int_equal(parse_u64("42x", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("18446744073709551616", 0, UINT64_MAX, &u), -ERANGE);
	assert_int_equal(parse_i64("-5", -10, 10, &i), 0);
	assert_int_equal(i, -5);
	assert_int_equal(parse_bytes("2g", &u), 0);
	assert_true(u == 2147483648u);
	assert_int_equal(parse_bytes("512", &u), 0);
	assert_int_equal(parse_bytes("1q", &u), -EINVAL);
	assert_int_equal(signal_parse("term"), SIGTERM);
	assert_int_equal(signal_parse("SIGRTMIN+3"), 37);
	assert_int_equal(signal_parse("65"), -EINVAL);
	assert_string_equal(signal_name(9), "SIGKILL");
	assert_int_equal(cap_parse("net_admin"), 12);
	assert_string_equal(cap_name(40), "CAP_CHECKPOINT_RESTORE");
	assert_true(name_is_valid("a_b.c-1"));
	assert_false(name_is_valid("-a"));
	assert_false(name_is_valid("a/b"));
	assert_true(dns_subdomain_is_valid("a-1.b"));
	assert_false(dns_subdomain_is_valid("a..b"));
	assert_false(dns_label_is_valid("A"));
}

static void the_nearest_word_is_found_and_nonsense_is_not(void **state)
{
	(void) state;
	static const char *const words[] = { "image", "imagePullPolicy", "command", NULL };

	assert_string_equal(text_nearest("imagePulPolicy", words), "imagePullPolicy");
	assert_string_equal(text_nearest("comand", words), "command");
	assert_null(text_nearest("zzzzzz", words));
}

static void three_letters_are_near_at_one_edit_and_an_exchange_is_one(void **state)
{
	(void) state;
	static const char *const words[] = { "tcp", "udp", "run", "rm", NULL };

	assert_string_equal(text_nearest("tpc", words), "tcp");
	assert_string_equal(text_nearest("urn", words), "run");
	assert_string_equal(text_nearest("ruun", words), "run");
	assert_string_equal(text_nearest("TCP", words), "tcp");
	assert_null(text_nearest("tip", (const char *const[]){ "run", "udq", "tcq", NULL }));
	assert_null(text_nearest("xyz", words));
	assert_null(text_nearest("q", (const char *const[]){ "a", NULL }));
}

static void faults_are_listed_in_the_order_of_the_file(void **state)
{
	(void) state;
	auto_diag struct diag d = { .file = "a.yaml" };
	auto_buf struct buf b = BUF_INIT(4096);
	struct err err = { 0 };

	diag_add(&d, DIAG_ERROR, 7, 2, "second");
	diag_add(&d, DIAG_NOTE, 9, 1, "a note");
	diag_add(&d, DIAG_ERROR, 3, 5, "first");
	assert_int_equal(diag_result(&d, &err), -EINVAL);
	assert_string_equal(err.msg, "a.yaml:3:5: first (and 1 more)");
	diag_print(&d, DIAG_ERROR, &b);
	assert_string_equal(b.data, "a.yaml:3:5: first\na.yaml:7:2: second\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_stops_at_its_maximum),
		cmocka_unit_test(a_map_keeps_the_last_value),
		cmocka_unit_test(a_buffer_past_its_maximum_stays_failed),
		cmocka_unit_test(files_are_replaced_whole_and_read_with_a_limit),
		cmocka_unit_test(descriptors_travel_and_surplus_is_closed),
		cmocka_unit_test(locks_belong_to_the_open_file),
		cmocka_unit_test(times_survive_a_round_trip),
		cmocka_unit_test(a_helper_gets_what_is_listed_and_nothing_else),
		cmocka_unit_test(a_helper_that_is_not_there_says_so),
		cmocka_unit_test(a_helper_that_hangs_is_killed),
		cmocka_unit_test(numbers_signals_and_names_parse_strictly),
		cmocka_unit_test(the_nearest_word_is_found_and_nonsense_is_not),
		cmocka_unit_test(three_letters_are_near_at_one_edit_and_an_exchange_is_one),
		cmocka_unit_test(faults_are_listed_in_the_order_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
