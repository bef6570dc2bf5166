#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

static void plans_decode_and_encode(void **state)
{
	static const char text[] = "{\"version\":1,\"pod\":\"p\",\"run_dir\":\"/r\",\"data_dir\":\"/"
				   "d\",\"runtime\":[\"/rt\",\"--root\",\"/x\"],"
				   "\"namespaces\":[\"net\"],\"later\":true,\"containers\":[{\"id\":\"a\","
				   "\"name\":\"n\",\"role\":\"member\",\"bundle\":\"/b\","
				   "\"stop_timeout_us\":5,\"rootfs\":{\"lowers\":[\"/l1\",\"/"
				   "l2\"],\"target\":\"/t\",\"volatile\":true}}]}";
	struct arena a = { 0 };
	struct plan p = { 0 };
	struct err err = { 0 };
	json_t *v = json_loads(text, 0, NULL), *again, *c;

	(void) state;
	assert_int_equal(decode_json(v, plan_fields, &p, &a, &err), 0);
	assert_string_equal(p.runtime.v[2], "/x");
	assert_int_equal(p.containers.n, 1);
	assert_true(LIST_AT(p.containers, struct plan_container, 0)->rootfs->is_volatile);
	again = encode_json(plan_fields, &p);
	c = json_array_get(json_object_get(again, "containers"), 0);
	assert_int_equal(json_integer_value(json_object_get(c, "stop_timeout_us")), 5);
	assert_int_equal(json_array_size(json_object_get(json_object_get(c, "rootfs"), "lowers")), 2);
	assert_null(json_object_get(again, "later"));
	json_object_del(v, "pod");
	p = (struct plan){ 0 };
	assert_true(decode_json(v, plan_fields, &p, &a, &err) < 0);
	json_decref(v);
	json_decref(again);
	arena_done(&a);
}

static void a_status_says_state_and_code_also_when_they_are_zero(void **state)
{
	struct status_container c = { .id = (char *) (uintptr_t) "a", .state = CTR_CREATED };
	struct status s = { .version = 1, .containers = { &c, 1 } };
	json_t *v = encode_json(status_fields, &s),
	       *item = json_array_get(json_object_get(v, "containers"), 0);

	(void) state;
	assert_string_equal(json_string_value(json_object_get(item, "state")), "created");
	assert_true(json_is_integer(json_object_get(item, "exit_code")));
	assert_null(json_object_get(item, "pid"));
	json_decref(v);
}

static void pid_1_hears_what_it_catches_or_blocks(void **state)
{
	static const struct {
		const char *text;
		int sig;
		bool heard;
	} rows[] = {
		{ "NSpid:\t500\t1\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n", SIGTERM, false },
		{ "NSpid:\t500\t1\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000004000\n", SIGTERM, true },
		{ "NSpid:\t500\t1\nSigBlk:\t0000000000004000\nSigCgt:\t0000000000000000\n", SIGTERM, true },
		{ "NSpid:\t500\t1\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000004000\n", SIGINT, false },
		{ "NSpid:\t500\t1\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n", SIGKILL, true },
		{ "NSpid:\t500\t17\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n", SIGTERM, true },
		{ "NSpid:\t500\nSigCgt:\t0000000000000000\n", SIGTERM, true },
		{ "", SIGTERM, true },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(signal_is_heard(rows[i].text, rows[i].sig), rows[i].heard);
}

static void overlay_options_go_by_path_while_they_fit(void **state)
{
	char *two[] = { (char *) (uintptr_t) "/l/1", (char *) (uintptr_t) "/l/2" };
	struct plan_overlay o = { .lowers = { two, 2, 2 },
		.upper = (char *) (uintptr_t) "/u",
		.work = (char *) (uintptr_t) "/w",
		.is_volatile = true };
	const int fds[] = { 20, 21, 22, 23 };
	char text[4096], *many[LAYERS_MAX], *odd[] = { (char *) (uintptr_t) "/l,1" };
	char name[120];
	int many_fds[LAYERS_MAX + 2];

	(void) state;
	assert_int_equal(overlay_options(&o, NULL, text, sizeof text), 0);
	assert_string_equal(text, "lowerdir=/l/1:/l/2,upperdir=/u,workdir=/w,volatile");
	assert_int_equal(overlay_options(&o, fds, text, sizeof text), 0);
	assert_string_equal(text, "lowerdir=20:21,upperdir=22,workdir=23,volatile");
	o.userxattr = true;
	o.upper = NULL;
	assert_int_equal(overlay_options(&o, NULL, text, sizeof text), 0);
	assert_string_equal(text, "lowerdir=/l/1:/l/2,userxattr");
	o.lowers = (struct strs){ odd, 1, 1 };
	assert_int_equal(overlay_options(&o, NULL, text, sizeof text), -E2BIG);
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < LAYERS_MAX; i++)
		many[i] = name, many_fds[i] = 900 + (int) i;
	o.lowers = (struct strs){ many, LAYERS_MAX, LAYERS_MAX };
	assert_int_equal(overlay_options(&o, NULL, text, sizeof text), -E2BIG);
	assert_int_equal(overlay_options(&o, many_fds, text, sizeof text), 0);
}

/* ---- log files ---- */

static char dir_name[64];

static int dir_setup(void **state)
{
	(void) state;
	snprintf(dir_name, sizeof dir_name, "/tmp/podctl-test-monitor-XXXXXX");
	return mkdtemp(dir_name) ? 0 : -1;
}

static int dir_teardown(void **state)
{
	auto_close int top = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void) state;
	return dir_remove(top, dir_name + strlen("/tmp/"));
}

static char *slurp(const char *name)
{
	struct buf b = BUF_INIT(4 * MiB);
	auto_close int dir = open(dir_name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(file_read(dir, name, PATH_IN_STATE, &b), 0);
	return buf_steal(&b);
}

static void log_lines_are_full_or_partial(void **state)
{
	struct logfile l = { .dir = -EBADF, .fd = -EBADF };
	struct stat st;
	char *text, *p, path[100];

	(void) state;
	NEEDS_OPENAT2();
	snprintf(path, sizeof path, "%s/3.log", dir_name);
	log_open(&l, dir_name, 3, 0);
	assert_int_equal(stat(path, &st), -1); /* made by the first line */
	log_write(&l, PROTO_OUT, "one\ntwo", 7);
	log_write(&l, PROTO_OUT, "\n", 1);
	log_write(&l, PROTO_ERR, "bad\n", 4);
	log_close(&l);
	text = slurp("3.log");
	p = strchr(text, ' ');
	assert_memory_equal(p, " stdout F one\n", 14);
	p = strchr(strchr(p, '\n'), ' ');
	assert_memory_equal(p, " stdout P two\n", 14);
	p = strchr(strchr(p, '\n'), ' ');
	assert_memory_equal(p, " stdout F \n", 11);
	p = strchr(strchr(p, '\n'), ' ');
	assert_memory_equal(p, " stderr F bad\n", 14);
	free(text);
}

static void logs_rotate_and_old_attempts_go(void **state)
{
	struct logfile l = { .dir = -EBADF, .fd = -EBADF };
	struct stat st;
	char path[100];

	(void) state;
	for (uint32_t i = 0; i <= LOGS_KEPT; i++) {
		log_open(&l, dir_name, i, 1000);
		log_write(&l, PROTO_OUT, "x\n", 2);
	}
	for (int i = 0; i < 100; i++)
		log_write(&l, PROTO_OUT, "some text\n", 10);
	log_close(&l);
	snprintf(path, sizeof path, "%s/0.log", dir_name);
	assert_int_equal(stat(path, &st), -1);
	snprintf(path, sizeof path, "%s/1.log", dir_name);
	assert_int_equal(stat(path, &st), 0);
	snprintf(path, sizeof path, "%s/%d.log.1", dir_name, LOGS_KEPT);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= 1000);
}

/* ---- back-off ---- */

static void backoff_doubles_to_its_maximum_and_resets(void **state)
{
	static struct monitor m;
	struct plan_container p = { .backoff_us = 100, .backoff_max_us = 500, .backoff_reset_us = 1000000 };
	struct ctr c = { .m = &m, .p = &p };

	(void) state;
	assert_int_equal(ctr_backoff(&c), 100);
	assert_int_equal(ctr_backoff(&c), 200);
	assert_int_equal(ctr_backoff(&c), 400);
	assert_int_equal(ctr_backoff(&c), 500);
	c.released_mono = 1; /* it ran since boot */
	assert_int_equal(ctr_backoff(&c), 100);
	c.backoff_n = 0;
	c.released_mono = 0;
	m.plan.kube = true;
	assert_int_equal(ctr_backoff(&c), 0);
	assert_int_equal(ctr_backoff(&c), 100);
	assert_int_equal(ctr_backoff(&c), 200);
	c.backoff_n = UINT32_MAX - 1;
	assert_int_equal(ctr_backoff(&c), 500);
	m.plan.kube = false;
}

/* ---- the loop ---- */

static struct loop loop;
static int fired;
static struct watch second;

static void on_first(struct watch *w, short revents)
{
	(void) revents;
	fired++;
	watch_remove(&loop, w);
	watch_remove(&loop, &second); /* reported in the same turn: must not run */
}

static void on_timer(struct timer *t)
{
	(void) t;
	fired += 100;
}

static void what_was_removed_is_not_called(void **state)
{
	struct watch first = { 0 };
	struct timer a = { 0 }, b = { 0 };
	int p[2];

	(void) state;
	loop_init(&loop);
	fired = 0;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(watch_add(&loop, &first, p[0], POLLIN, on_first), 0);
	assert_int_equal(watch_add(&loop, &second, p[0], POLLIN, on_first), 0);
	assert_int_equal(loop_turn(&loop), 0);
	assert_int_equal(fired, 1);
	timer_set(&loop, &a, 0, on_timer);
	timer_set(&loop, &b, 50000000, on_timer);
	timer_stop(&loop, &b);
	assert_int_equal(loop_turn(&loop), 0);
	assert_int_equal(fired, 101);
	assert_false(a.on);
	close(p[0]);
	close(p[1]);
}

/* ---- both ends of the protocol ---- */

static void messages_carry_json_data_and_descriptors(void **state)
{
	struct monitor_msg m = { 0 };
	struct err err;
	int sv[2], fd = 0;

	(void) state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(monitor_send(sv[0], json_pack("{s:s}", "op", "HELLO"), &fd, 1, &err), 0);
	assert_int_equal(monitor_recv(sv[1], &m, &err), 1);
	assert_int_equal(m.kind, PROTO_JSON);
	assert_int_equal(m.nfds, 1);
	monitor_msg_done(&m);
	assert_int_equal(monitor_send_data(sv[0], PROTO_OUT, "", 0, &err), 0);
	assert_int_equal(monitor_recv(sv[1], &m, &err), 1);
	assert_int_equal(m.kind, PROTO_OUT);
	assert_int_equal(m.n, 0);
	monitor_msg_done(&m);
	assert_int_equal(send(sv[0], "J{", 2, 0), 2);
	assert_true(monitor_recv(sv[1], &m, &err) < 0);
	assert_int_equal(err.kind, ERR_CORRUPT);
	close(sv[0]);
	assert_int_equal(monitor_recv(sv[1], &m, &err), 0);
	close(sv[1]);
}

static void errors_keep_their_kind_over_the_wire(void **state)
{
	struct err err, got = { 0 };
	json_t *v;

	(void) state;
	err_set(&err, ERR_NOT_FOUND, "container '%s': no such command", "web");
	v = err_json(&err);
	assert_true(monitor_answer_err(v, &got) < 0);
	assert_int_equal(got.kind, ERR_NOT_FOUND);
	assert_string_equal(got.msg, err.msg);
	json_decref(v);
	v = json_pack("{s:{s:i, s:i}}", "err", "kind", 99, "errnum", -5); /* hostile: still an error */
	assert_true(monitor_answer_err(v, &got) < 0);
	assert_int_equal(got.kind, ERR_SYSTEM);
	json_decref(v);
	v = json_pack("{s:b}", "ok", 1);
	assert_int_equal(monitor_answer_err(v, &got), 0);
	json_decref(v);
}

static void answers_leave_in_the_order_of_requests(void **state)
{
	static struct monitor m;
	struct monitor_msg msg = { 0 };
	struct client *c;
	struct pend *a, *b;
	struct err err;
	int sv[2];

	(void) state;
	loop_init(&m.loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv), 0);
	assert_non_null(c = client_new(&m, sv[0]));
	assert_non_null(a = pend_new(c, PEND_EXITED));
	assert_non_null(b = pend_new(c, PEND_NONE));
	pend_answer(b, json_pack("{s:i}", "n", 2), -EBADF);
	clients_flush(&m);
	assert_true(recv(sv[1], (char[1]){ 0 }, 1, MSG_PEEK) < 0);
	pends_answer(&m, PEND_EXITED, NULL, NULL, "{s:i}", "n", 1);
	clients_flush(&m);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(monitor_recv(sv[1], &msg, &err), 1);
		assert_int_equal(json_integer_value(json_object_get(msg.json, "n")), i);
		monitor_msg_done(&msg);
	}
	(void) a;
	client_kill(c);
	clients_bury(&m);
	assert_null(m.clients);
	close(sv[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_decode_and_encode),
		cmocka_unit_test(a_status_says_state_and_code_also_when_they_are_zero),
		cmocka_unit_test(pid_1_hears_what_it_catches_or_blocks),
		cmocka_unit_test(overlay_options_go_by_path_while_they_fit),
		cmocka_unit_test_setup_teardown(log_lines_are_full_or_partial, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(logs_rotate_and_old_attempts_go, dir_setup, dir_teardown),
		cmocka_unit_test(backoff_doubles_to_its_maximum_and_resets),
		cmocka_unit_test(what_was_removed_is_not_called),
		cmocka_unit_test(messages_carry_json_data_and_descriptors),
		cmocka_unit_test(errors_keep_their_kind_over_the_wire),
		cmocka_unit_test(answers_leave_in_the_order_of_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
