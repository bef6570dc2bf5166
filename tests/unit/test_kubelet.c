/*
 * The order of a pod's events, with a clock of its own: everything of the monitor but the runtime, the kernel's signals and
 * time.  A scenario says when containers end and what their commands answer; what the monitor did is compared line by line,
 * each with the second at which it happened.
 */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define SECOND 1000000ULL
#define FAKES 6
#define PID_FAKE (1 << 29) /* no kernel has so many */

static struct monitor m;
static uint64_t now_us;
static char trace[8192], dir_name[64];

static uint64_t fake_clock(void) { return now_us; }

/* ---- what stands in for containers ---- */

static struct fake {
	const char *name;
	int ends_after; /* seconds; 0: never */
	int code;
	bool deaf;                          /* TERM does nothing */
	int unable;                         /* so often the runtime cannot create it */
	int (*answer)(const char *command); /* of its probes and hooks: exit code, -1 none comes */
	struct plan_container p;
	struct care care;
	struct ctr *c;
	struct timer timer;
	int pending; /* exit code + 1 */
} fakes[FAKES];
static size_t n_fakes;

static struct fake *fake_of(const struct ctr *c)
{
	for (size_t i = 0; i < n_fakes; i++)
		if (fakes[i].c == c)
			return &fakes[i];
	abort();
}

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	size_t n = strlen(trace);
	va_list ap;

	n += (size_t) snprintf(trace + n, sizeof trace - n, "%llu.%llu ",
		(unsigned long long) ((now_us - SECOND) / SECOND),
		(unsigned long long) (now_us % SECOND / 100000));
	va_start(ap, fmt);
	n += (size_t) vsnprintf(trace + n, sizeof trace - n, fmt, ap);
	va_end(ap);
	snprintf(trace + n, sizeof trace - n, "\n");
}

static void on_end(struct timer *t)
{
	struct fake *f = OWNER_OF(t, struct fake, timer);

	f->pending = f->code + 1;
}

int kill(pid_t pid, int sig)
{
	size_t i = (size_t) (pid - PID_FAKE);

	if (pid < PID_FAKE || i >= n_fakes)
		return 0;
	say("%s %s", sig == SIGKILL ? "KILL" : sig == SIGTERM ? "TERM" : "signal", fakes[i].name);
	if (sig == SIGKILL || !fakes[i].deaf)
		fakes[i].pending = 128 + sig + 1;
	return 0;
}

int runtime_start(struct ctr *c, struct err *err)
{
	struct fake *f = fake_of(c);

	(void) err;
	say("start %s", c->p->name);
	if (f->ends_after)
		timer_set(&m.loop, &f->timer, (uint64_t) f->ends_after * SECOND, on_end);
	return 0;
}

int runtime_create(struct ctr *c, const int fds[3], struct err *err)
{
	(void) fds;
	say("create %s", c->p->name);
	c->job.kind = JOB_CREATE;
	return c->at_once ? runtime_start(c, err) : 0;
}

int runtime_delete(struct ctr *c, struct err *err)
{
	(void) c, (void) err;
	return 0;
}

int runtime_exec(struct session *s, const int fds[3], struct err *err)
{
	(void) fds, (void) err;
	say("exec %s %s", s->c->p->name, s->check->name);
	s->job.kind = JOB_EXEC;
	return 0;
}

int runtime_reason(
	struct monitor *mon, const char *dir, const char *log, const char *what, int status, struct err *err)
{
	(void) mon, (void) dir, (void) log, (void) what, (void) status;
	return err_set(err, ERR_SYSTEM, "the runtime said no");
}

int runtime_pid(struct monitor *mon, const char *dir, const char *file, pid_t *ret, struct err *err)
{
	struct ctr *c = ctr_find(mon, dir);

	(void) err;
	*ret = strcmp(file, "pid") == 0 ? PID_FAKE + (pid_t) (fake_of(c) - fakes) : PID_FAKE + 1000;
	return 0;
}

void runtime_reap(struct monitor *mon) { (void) mon; }

int refill_start(struct ctr *c, struct err *err)
{
	say("refill %s", c->p->name);
	(void) err;
	return 0;
}

void runtime_seal(struct monitor *mon, const char *path)
{
	(void) mon;
	(void) path;
}

bool runtime_orphan(struct monitor *mon, pid_t pid, int *ret_status)
{
	(void) mon, (void) pid, (void) ret_status;
	return false;
}

/* ---- the turn ---- */

static bool sessions_pump(void)
{
	for (struct session *s = m.sessions; s; s = s->next) {
		int code;

		if (s->job.kind == JOB_EXEC) {
			s->job.kind = JOB_NONE;
			session_created(s, 0);
			return true;
		}
		code = s->running && s->check ? fake_of(s->c)->answer(s->check->name) : s->running ? 137 : -1;
		if (code >= 0) {
			session_exited(s, code);
			return true;
		}
	}
	return false;
}

static bool containers_pump(void)
{
	for (size_t i = 0; i < n_fakes; i++) {
		struct ctr *c = fakes[i].c;

		if (c->job.kind == JOB_CREATE) {
			c->job.kind = JOB_NONE;
			ctr_created(c, fakes[i].unable ? 256 : 0);
			fakes[i].unable -= fakes[i].unable > 0;
			return true;
		}
		if (fakes[i].pending && c->s.pid) {
			int code = fakes[i].pending - 1;

			fakes[i].pending = 0;
			timer_stop(&m.loop, &fakes[i].timer);
			say("end %s %d", c->p->name, code);
			ctr_exited(c, code);
			return true;
		}
	}
	return false;
}

static void pump(void)
{
	do {
		bool over = m.stage == STAGE_OVER;

		pod_settle(&m);
		if (!over && m.stage == STAGE_OVER)
			say("over: %s", pod_phase(&m));
		ctrs_delete(&m);
	} while (sessions_pump() || containers_pump());
}

static void run_for(unsigned seconds)
{
	uint64_t end = now_us + seconds * SECOND, next;

	for (pump(); (next = loop_next(&m.loop)) <= end; pump()) {
		now_us = next > now_us ? next : now_us;
		loop_timers(&m.loop);
	}
	now_us = end;
}

/* ---- pods ---- */

static int always_well(const char *command)
{
	(void) command;
	return 0;
}

static struct fake *container(const char *name, const char *role, const char *restart)
{
	struct fake *f = &fakes[n_fakes++];
	struct err err;

	*f = (struct fake){ .name = name, .answer = always_well };
	f->p = (struct plan_container){ .id = (char *) (uintptr_t) name,
		.name = (char *) (uintptr_t) name,
		.role = (char *) (uintptr_t) role,
		.bundle = dir_name,
		.restart = (char *) (uintptr_t) restart,
		.backoff_us = 10 * SECOND,
		.backoff_max_us = 300 * SECOND,
		.backoff_reset_us = 600 * SECOND,
		.stop_timeout_us = 30 * SECOND,
		.care = &f->care };
	assert_int_equal(mkdirat(m.run_fd, name, 0700), 0);
	assert_non_null(f->c = ctr_new(&m, &f->p, &err));
	f->c->wanted = true;
	return f;
}

static char *word[] = { (char *) (uintptr_t) "x", NULL };
static const struct handler command = { .type = HANDLER_EXEC, .argv = { word, 1, 1 } };

static struct probe *probe(unsigned delay, unsigned period, uint32_t failure)
{
	static struct probe list[8];
	static size_t n;
	struct probe *p = &list[n++ % LEN(list)];

	*p = (struct probe){ .handler = command,
		.delay_us = delay * SECOND,
		.period_us = period * SECOND,
		.timeout_us = SECOND,
		.success = 1,
		.failure = failure };
	return p;
}

static int setup(void **state)
{
	static const char config[] = "{\"process\":{}}";
	auto_close int at = -EBADF;

	(void) state;
	snprintf(dir_name, sizeof dir_name, "/tmp/podctl-test-kubelet-XXXXXX");
	if (!mkdtemp(dir_name) || (at = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	if (file_replace(at, "config.json", config, sizeof config - 1, 0600, false) < 0)
		return -1;
	m = (struct monitor){
		.run_fd = fd_steal(&at), .data_fd = -EBADF, .rt_fd = -EBADF, .rt_root_fd = -EBADF
	};
	m.plan.kube = m.plan.runtime_ours = true;
	m.plan.exit_policy = (char *) (uintptr_t) "stop";
	m.plan.name = (char *) (uintptr_t) "pod";
	loop_init(&m.loop);
	loop_clock = fake_clock;
	now_us = SECOND;
	n_fakes = 0;
	*trace = '\0';
	m.net_ready = true;
	m.stage = STAGE_INFRA;
	pod_advance(&m);
	return 0;
}

static int teardown(void **state)
{
	auto_close int top = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void) state;
	while (m.ctrs)
		ctr_free(m.ctrs);
	sessions_free(&m);
	pod_notes_free(&m);
	for (int i = 0; i < CONDITIONS; i++)
		free(m.conditions[i].message);
	storage_end(&m);
	arena_done(&m.arena);
	close(m.run_fd);
	return dir_remove(top, dir_name + strlen("/tmp/"));
}

static void expect(const char *want)
{
	if (strcmp(trace, want) != 0)
		fail_msg("the monitor did:\n%s", trace);
	*trace = '\0';
}

/* ---- scenarios ---- */

static int tries;
static int up_at_the_third(const char *name)
{
	(void) name;
	return ++tries < 3;
}

static void sidecars_come_in_order_and_leave_in_reverse(void **state)
{
	struct fake *s1 = container("s1", "sidecar", "always"), *i = container("i", "init", "on-failure");
	struct fake *main_ = NULL;

	(void) state;
	NEEDS_OPENAT2();
	container("s2", "sidecar", "always");
	main_ = container("main", "member", "no");
	tries = 0;
	s1->care.startup = probe(0, 5, 9);
	s1->answer = up_at_the_third;
	i->ends_after = 1;
	main_->ends_after = 3;
	run_for(60);
	expect("0.0 create s1\n0.0 start s1\n0.2 exec s1 startup\n5.2 exec s1 startup\n10.2 exec s1 startup\n"
	       "10.2 create i\n10.2 start i\n11.2 end i 0\n"
	       "11.2 create s2\n11.2 start s2\n11.2 create main\n11.2 start main\n14.2 end main 0\n"
	       "14.2 TERM s2\n14.2 end s2 143\n14.2 TERM s1\n14.2 end s1 143\n14.2 over: Succeeded\n");
}

static int never_well(const char *name)
{
	(void) name;
	return 1;
}

static void liveness_kills_at_its_threshold_and_restarts_wait_longer(void **state)
{
	struct fake *a = container("a", "member", "always");

	(void) state;
	NEEDS_OPENAT2();
	a->care.liveness = probe(5, 10, 2);
	a->answer = never_well;
	run_for(66);
	expect("0.0 create a\n0.0 start a\n5.0 exec a liveness\n15.0 exec a liveness\n15.0 TERM a\n15.0 end "
	       "a 143\n"
	       "15.0 create a\n15.0 start a\n20.0 exec a liveness\n30.0 exec a liveness\n30.0 TERM a\n30.0 "
	       "end a 143\n"
	       "40.0 create a\n40.0 start a\n45.0 exec a liveness\n55.0 exec a liveness\n55.0 TERM a\n55.0 "
	       "end a 143\n");
	assert_int_equal(a->c->s.state, CTR_WAITING);
	assert_string_equal(a->c->s.reason, "CrashLoopBackOff");
	assert_int_equal(a->c->s.last->exit_code, 143);
	assert_string_equal(a->c->s.last->reason, "Error");
}

static void a_probes_own_grace_is_its_containers(void **state)
{
	struct fake *a = container("a", "member", "no");

	(void) state;
	NEEDS_OPENAT2();
	a->care.startup = probe(0, 1, 1);
	a->care.startup->grace_us = (struct opt_i64){ true, 2 * SECOND };
	a->care.liveness = probe(0, 1, 1);
	a->answer = never_well;
	a->deaf = true;
	run_for(60);
	expect("0.0 create a\n0.0 start a\n0.2 exec a startup\n0.2 TERM a\n2.2 KILL a\n2.2 end a 137\n2.2 "
	       "over: Failed\n");
}

static int hangs(const char *name)
{
	(void) name;
	return -1;
}

static void a_hook_that_hangs_leaves_two_seconds(void **state)
{
	struct fake *a = container("a", "member", "always");

	(void) state;
	NEEDS_OPENAT2();
	a->care.pre_stop = (struct handler *) (uintptr_t) &command;
	a->answer = hangs;
	a->deaf = true;
	run_for(1);
	pod_halt(&m, UINT64_MAX, 0, true);
	run_for(60);
	expect("0.0 create a\n0.0 start a\n1.0 exec a preStop\n31.0 TERM a\n33.0 KILL a\n33.0 end a "
	       "137\n33.0 over: Failed\n");
}

static bool post_done;
static int post_when_told(const char *name) { return strcmp(name, "postStart") == 0 && !post_done ? -1 : 0; }

static void post_start_holds_back_the_next(void **state)
{
	struct fake *a = container("a", "member", "always");

	(void) state;
	NEEDS_OPENAT2();
	container("b", "member", "always");
	post_done = false;
	a->care.post_start = (struct handler *) (uintptr_t) &command;
	a->care.readiness = probe(0, 10, 3);
	a->answer = post_when_told;
	run_for(20);
	expect("0.0 create a\n0.0 create b\n0.0 start a\n0.0 exec a postStart\n");
	conditions_update(&m);
	assert_false(a->c->s.started);
	post_done = true;
	run_for(1);
	expect("20.0 start b\n20.0 exec a readiness\n");
	conditions_update(&m);
	assert_true(a->c->s.started && a->c->s.ready);
}

static void a_deadline_ends_the_pod_with_its_grace(void **state)
{
	struct fake *a = container("a", "member", "always");

	(void) state;
	NEEDS_OPENAT2();
	a->deaf = true;
	m.plan.deadline_us = 7 * SECOND;
	m.started_us = time_now_us() + 50000; /* the wall clock goes on meanwhile */
	pod_deadline(&m);
	run_for(60);
	expect("0.0 create a\n0.0 start a\n7.0 TERM a\n37.0 KILL a\n37.0 end a 137\n37.0 over: Failed\n");
	assert_string_equal(m.reason, "DeadlineExceeded");
	assert_string_equal(pod_phase(&m), "Failed");
}

static void a_rule_restarts_what_the_policy_would_not(void **state)
{
	struct fake *a = container("a", "member", "no");
	static char *codes[] = { (char *) (uintptr_t) "42", NULL };
	static struct restart_rule rule = { .op = RULE_IN, .codes = { codes, 1, 1 } };

	(void) state;
	NEEDS_OPENAT2();
	a->care.rules = (struct list){ &rule, 1 };
	a->ends_after = 1;
	a->code = 42;
	run_for(1);
	a->code = 7;
	run_for(5);
	expect("0.0 create a\n0.0 start a\n1.0 end a 42\n1.0 create a\n1.0 start a\n2.0 end a 7\n2.0 over: "
	       "Failed\n");
}

static void a_rule_restarts_all_of_them(void **state)
{
	struct fake *i = container("i", "init", "on-failure"), *a = container("a", "member", "always");
	static char *codes[] = { (char *) (uintptr_t) "42", NULL };
	static struct restart_rule rule = { .action = RULE_RESTART_ALL, .codes = { codes, 1, 1 } };

	(void) state;
	NEEDS_OPENAT2();
	container("b", "member", "no");
	i->ends_after = 1;
	a->care.rules = (struct list){ &rule, 1 };
	a->ends_after = 2;
	a->code = 42;
	run_for(6);
	expect("0.0 create i\n0.0 start i\n1.0 end i 0\n1.0 create a\n1.0 create b\n1.0 start a\n1.0 start "
	       "b\n"
	       "3.0 end a 42\n3.0 TERM b\n3.0 end b 143\n"
	       "3.0 create i\n3.0 start i\n4.0 end i 0\n4.0 create a\n4.0 create b\n4.0 start a\n4.0 start "
	       "b\n"
	       "6.0 end a 42\n6.0 TERM b\n6.0 end b 143\n");
	run_for(10);
	expect("16.0 create i\n16.0 start i\n"); /* and not all the time */
	pod_halt(&m, UINT64_MAX, 0, true);
	run_for(1);
	expect("16.0 TERM i\n16.0 end i 143\n16.0 over: Failed\n");
}

/* After the first start of its pod; before that the play is undone. */
static void what_cannot_be_started_waits_with_its_reason(void **state)
{
	struct fake *a = container("a", "member", "always"), *b = container("b", "member", "no");

	(void) state;
	NEEDS_OPENAT2();
	a->unable = 3;
	b->ends_after = 5;
	pump();
	expect("0.0 create a\n0.0 create b\n0.0 start b\n");
	assert_string_equal(a->c->s.reason, "RunContainerError");
	assert_string_equal(a->c->s.message, "the runtime said no");
	assert_string_equal(pod_phase(&m), "Running");
	run_for(6);
	expect("0.0 create a\n0.0 start a\n5.0 end b 0\n"); /* one call of the runtime by now, and it says no */
	assert_string_equal(a->c->s.reason, "CrashLoopBackOff");
	assert_string_equal(a->c->s.last->reason, "StartError");
	assert_int_equal(a->c->s.last->exit_code, 128);
	run_for(30);
	expect("10.0 create a\n10.0 start a\n30.0 create a\n30.0 start a\n");
	assert_int_equal(a->c->s.state, CTR_RUNNING);
	pod_halt(&m, UINT64_MAX, 0, true);
	run_for(1);
	*trace = '\0';
}

static void an_init_container_that_cannot_be_started_fails_the_pod(void **state)
{
	struct fake *i = container("i", "init", "no");

	(void) state;
	NEEDS_OPENAT2();
	container("a", "member", "no");
	i->unable = 1;
	run_for(2);
	expect("0.0 create i\n0.0 over: Failed\n");
	assert_string_equal(i->c->s.reason, "StartError");
}

static void write_below(const char *dir, size_t n)
{
	auto_close int at = openat(m.run_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free char *bytes = malloc(n);

	assert_non_null(bytes);
	memset(bytes, 'x', n);
	assert_int_equal(file_replace(at, "file", bytes, n, 0600, false), 0);
}

/* Limits are looked at every ten seconds; the pod has one more to end. */
static void a_pod_past_a_limit_of_its_disk_is_evicted(void **state)
{
	struct fake *a = container("a", "member", "always");
	struct plan_disk disk = { .volume = (char *) (uintptr_t) "data", .limit = 128 * KiB };

	(void) state;
	NEEDS_OPENAT2();
	m.plan.data_dir = dir_name;
	m.data_fd = m.run_fd;
	disk.path = arena_printf(&m.arena, "%s/volume", dir_name);
	m.plan.disks = (struct list){ &disk, 1 };
	a->deaf = true;
	a->p.log_path = arena_printf(&m.arena, "%s/logs", dir_name);
	storage_begin(&m);
	run_for(15); /* nothing was written: not even the directory is there */
	assert_int_equal(mkdirat(m.run_fd, "volume", 0700), 0);
	write_below("volume", 64 * KiB);
	run_for(10);
	assert_true(disk.used >= 64 * KiB && disk.used < 128 * KiB);
	expect("0.0 create a\n0.0 start a\n");
	assert_int_equal(mkdirat(m.run_fd, "volume/below", 0700), 0);
	write_below("volume/below", 128 * KiB);
	run_for(10);
	expect("30.0 TERM a\n31.0 KILL a\n31.0 end a 137\n31.0 over: Failed\n");
	assert_string_equal(m.reason, "Evicted");
	assert_string_equal(m.message, "Usage of EmptyDir volume \"data\" exceeds the limit \"128Ki\". ");
	assert_int_equal(conditions_count(&m), CONDITIONS);
	m.data_fd = -EBADF;
}

static void the_limit_of_a_pod_is_the_sum_of_its_containers(void **state)
{
	struct fake *i = container("i", "init", "no"), *a = container("a", "member", "always"),
		    *b = container("b", "member", "always");
	char text[32];

	(void) state;
	NEEDS_OPENAT2();
	i->ends_after = 1;
	i->p.storage = 10 * MiB;
	a->p.storage = 4 * MiB;
	b->p.storage = 5 * MiB;
	run_for(2);
	*trace = '\0';
	a->c->disk_used = 4 * MiB;
	b->c->disk_used = 5 * MiB;
	i->c->disk_used = 1 * MiB;
	storage_judge(&m);
	assert_null(m.reason);
	b->c->disk_used = 5 * MiB + 1;
	a->c->disk_used = 0;
	storage_judge(&m);
	assert_string_equal(m.message, "Container b exceeded its local ephemeral storage limit \"5Mi\". ");
	m.reason = m.message = NULL;
	m.stage = STAGE_RUNNING;
	b->c->disk_used = 9 * MiB + 1;
	storage_judge(&m);
	assert_string_equal(
		m.message, "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ");
	assert_string_equal(storage_words(0, text, sizeof text), "0");
	assert_string_equal(storage_words(1000, text, sizeof text), "1k");
	assert_string_equal(storage_words(1536 * MiB, text, sizeof text), "1536Mi");
	assert_string_equal(storage_words(1234567, text, sizeof text), "1234567");
}

static void events_are_counted_and_the_oldest_go(void **state)
{
	(void) state;
	for (int i = 0; i < 1000; i++)
		pod_note(&m, NULL, true, "Unhealthy", "%s\n", "again");
	assert_int_equal(m.n_events, 1);
	assert_int_equal(m.events[0].count, 1000);
	assert_string_equal(m.events[0].message, "again");
	for (int i = 0; i < 1000; i++)
		pod_note(&m, NULL, false, "Other", "%d", i);
	assert_int_equal(m.n_events, EVENTS_MAX);
	assert_string_equal(m.events[EVENTS_MAX - 1].message, "999");
}

#define SCENARIO(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENARIO(sidecars_come_in_order_and_leave_in_reverse),
		SCENARIO(liveness_kills_at_its_threshold_and_restarts_wait_longer),
		SCENARIO(a_probes_own_grace_is_its_containers),
		SCENARIO(a_hook_that_hangs_leaves_two_seconds),
		SCENARIO(post_start_holds_back_the_next),
		SCENARIO(a_deadline_ends_the_pod_with_its_grace),
		SCENARIO(a_rule_restarts_what_the_policy_would_not),
		SCENARIO(a_rule_restarts_all_of_them),
		SCENARIO(what_cannot_be_started_waits_with_its_reason),
		SCENARIO(an_init_container_that_cannot_be_started_fails_the_pod),
		SCENARIO(a_pod_past_a_limit_of_its_disk_is_evicted),
		SCENARIO(the_limit_of_a_pod_is_the_sum_of_its_containers),
		SCENARIO(events_are_counted_and_the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
