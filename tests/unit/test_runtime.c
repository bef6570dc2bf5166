#include "tests/unit/test.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/container/seccomp.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "runtime/container.h"
#include "runtime/criu.h"
#include "runtime/seccomp.h"
#include "runtime/tune.h"

/* ---- seccomp: the compiled filter, interpreted, against the profile, read -------------------------------------------- */

/* The classic BPF that seccomp allows, on one struct seccomp_data. */
static uint32_t interpret(const struct sock_fprog *p, const struct seccomp_data *d)
{
	uint32_t a = 0, x = 0, mem[16] = { 0 };

	for (size_t pc = 0; pc < p->len;) {
		const struct sock_filter *i = &p->filter[pc++];
		uint32_t k = BPF_SRC(i->code) == BPF_X && BPF_CLASS(i->code) != BPF_RET ? x : i->k;
		bool jump;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			assert_true(BPF_MODE(i->code) == BPF_ABS || BPF_MODE(i->code) == BPF_MEM ||
				    BPF_MODE(i->code) == BPF_IMM);
			if (BPF_MODE(i->code) == BPF_ABS)
				memcpy(&a, (const char *) d + i->k, 4);
			else
				a = BPF_MODE(i->code) == BPF_MEM ? mem[i->k] : i->k;
			break;
		case BPF_LDX:
			x = BPF_MODE(i->code) == BPF_MEM ? mem[i->k] : i->k;
			break;
		case BPF_ST:
			mem[i->k] = a;
			break;
		case BPF_ALU:
			assert_int_equal(BPF_OP(i->code), BPF_AND);
			a &= k;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				pc += i->k;
				break;
			}
			jump = BPF_OP(i->code) == BPF_JEQ   ? a == k
			       : BPF_OP(i->code) == BPF_JGT ? a > k
			       : BPF_OP(i->code) == BPF_JGE ? a >= k
							    : (a & k) != 0;
			pc += jump ? i->jt : i->jf;
			break;
		}
	}
	fail_msg("the program does not end");
	return 0;
}

static uint32_t action_of(const json_t *o, const char *key, const char *errno_key)
{
	const char *name = json_string_value(json_object_get(o, key));
	const json_t *e = json_object_get(o, errno_key);
	uint32_t data = e ? (uint32_t) json_integer_value(e) : EPERM;

	if (strcmp(name, "SCMP_ACT_ALLOW") == 0)
		return SECCOMP_RET_ALLOW;
	if (strcmp(name, "SCMP_ACT_ERRNO") == 0)
		return SECCOMP_RET_ERRNO | data;
	if (strcmp(name, "SCMP_ACT_KILL_PROCESS") == 0)
		return SECCOMP_RET_KILL_PROCESS;
	if (strcmp(name, "SCMP_ACT_LOG") == 0)
		return SECCOMP_RET_LOG;
	if (strcmp(name, "SCMP_ACT_TRAP") == 0)
		return SECCOMP_RET_TRAP;
	assert_string_equal(name, "SCMP_ACT_TRACE");
	return SECCOMP_RET_TRACE | data;
}

static bool holds(const json_t *arg, const uint64_t args[6])
{
	uint64_t v = args[json_integer_value(json_object_get(arg, "index"))];
	uint64_t a = (uint64_t) json_integer_value(json_object_get(arg, "value"));
	uint64_t b = (uint64_t) json_integer_value(json_object_get(arg, "valueTwo"));
	const char *op = json_string_value(json_object_get(arg, "op"));

	return strcmp(op, "SCMP_CMP_NE") == 0   ? v != a
	       : strcmp(op, "SCMP_CMP_LT") == 0 ? v < a
	       : strcmp(op, "SCMP_CMP_LE") == 0 ? v <= a
	       : strcmp(op, "SCMP_CMP_EQ") == 0 ? v == a
	       : strcmp(op, "SCMP_CMP_GE") == 0 ? v >= a
	       : strcmp(op, "SCMP_CMP_GT") == 0 ? v > a
						: (v & a) == b;
}

/* All conditions of one rule must hold, but several on one argument are alternatives. */
static bool rule_applies(const json_t *rule, const uint64_t args[6])
{
	const json_t *list = json_object_get(rule, "args"), *arg;
	unsigned seen[6] = { 0 };
	bool all = true, any = false, alternatives = false;
	size_t i;

	json_array_foreach(list, i, arg)
	{
		alternatives |= seen[json_integer_value(json_object_get(arg, "index"))]++ > 0;
		all &= holds(arg, args);
		any |= holds(arg, args);
	}
	return !json_array_size(list) || (alternatives ? any : all);
}

static bool names_it(const json_t *rule, int nr)
{
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(rule, "names"), i, name)
	{
		if (seccomp_syscall_resolve_name(json_string_value(name)) == nr)
			return true;
	}
	return false;
}

static uint32_t expected(const json_t *profile, int nr, const uint64_t args[6])
{
	const json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(profile, "syscalls"), i, rule)
	{
		if (names_it(rule, nr) && rule_applies(rule, args))
			return action_of(rule, "action", "errnoRet");
	}
	return action_of(profile, "defaultAction", "defaultErrnoRet");
}

static uint32_t native_arch(void) { return seccomp_arch_native(); }

/* Every system call number of this machine, and values at and around each that a rule compares with. */
static void check_profile(const json_t *profile)
{
	struct filter f = { 0 };
	struct err err = { 0 };
	const json_t *rule, *arg;
	size_t i, k, checked = 0;

	if (seccomp_compile(profile, false, &f, &err) < 0)
		fail_msg("%s", err.msg);
	for (int nr = 0; nr < 600; nr++) {
		struct seccomp_data d = { .nr = nr, .arch = native_arch() };
		uint64_t args[6] = { 0 };

		assert_int_equal(interpret(&f.prog, &d), expected(profile, nr, args));
		checked++;
		json_array_foreach(json_object_get(profile, "syscalls"), i, rule)
		{
			if (!names_it(rule, nr))
				continue;
			json_array_foreach(json_object_get(rule, "args"), k, arg)
			{
				uint64_t base = (uint64_t) json_integer_value(json_object_get(arg, "value"));
				uint64_t two =
					(uint64_t) json_integer_value(json_object_get(arg, "valueTwo"));
				const uint64_t values[] = { base, base - 1, base + 1, two, two | base, 0,
					~0ull, base << 32, base | 1ull << 40 };

				for (size_t v = 0; v < LEN(values); v++) {
					args[json_integer_value(json_object_get(arg, "index"))] = values[v];
					memcpy(d.args, args, sizeof args);
					assert_int_equal(interpret(&f.prog, &d), expected(profile, nr, args));
					checked++;
				}
			}
		}
	}
	assert_true(checked >= 600);
	free(f.prog.filter);
}

static void the_default_filter_does_what_the_profile_says(void **state)
{
	static const uint64_t caps[] = { 0xa80425fb, 0xa80425fb | 1ull << 21, ~0ull };

	(void) state;
	for (size_t i = 0; i < LEN(caps); i++) {
		struct buf b = BUF_INIT(1 << 20);
		struct err err = { 0 };
		json_t *doc;

		assert_int_equal(seccomp_text(&seccomp_default, caps[i], "6.1.0", &b), 0);
		assert_non_null(doc = json_parse(b.data, b.len, &err));
		check_profile(doc);
		json_decref(doc);
		buf_done(&b);
	}
}

static json_t *json(const char *text)
{
	struct err err = { 0 };
	json_t *o = config_parse(text, strlen(text), &err);

	if (!o)
		fail_msg("%s: %s", text, err.msg);
	return o;
}

static void filters_know_every_operator_and_action(void **state)
{
	static const char *const operators[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };
	static const char *const actions[] = { "ALLOW", "KILL_PROCESS", "TRAP", "LOG", "TRACE", "ERRNO" };

	(void) state;
	if (seccomp_api_get() <
		3) { /* valgrind lets no seccomp(2) through: libseccomp then knows no action of our day */
		print_message("skipped: no seccomp(2) here\n");
		skip();
	}
	for (size_t i = 0; i < LEN(operators); i++)
		for (size_t k = 1; k < LEN(actions); k++) {
			char text[600];
			json_t *o;

			snprintf(text, sizeof text,
				"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
				"{\"names\":[\"read\",\"read\",\"nosuchcall\"],\"action\":\"SCMP_ACT_%s\","
				"\"errnoRet\":38,"
				"\"args\":[{\"index\":1,\"value\":240,\"valueTwo\":16,\"op\":\"SCMP_CMP_%s\"}"
				"]},"
				"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_%s\",\"errnoRet\":5,\"args\":["
				"{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":2,"
				"\"op\":\"SCMP_CMP_EQ\"}]},"
				"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_%s\"}]}",
				actions[k], operators[i], actions[k], actions[k]);
			check_profile(o = json(text));
			json_decref(o);
		}
}

static void an_unknown_call_is_an_error_only_when_asked(void **state)
{
	json_t *o = json("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"nosuchcall\"],"
			 "\"action\":\"SCMP_ACT_ERRNO\"}]}");
	struct filter f = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(seccomp_compile(o, false, &f, &err), 0);
	free(f.prog.filter);
	assert_true(seccomp_compile(o, true, &f, &err) < 0);
	assert_non_null(strstr(err.msg, "nosuchcall"));
	json_decref(o);
}

/* ---- resources onto cgroup v2: what is written where ----------------------------------------------------------------- */

struct tree {
	char top[32];
	struct cgroup_fs fs;
};

static const char *const v2_files[] = { "memory.max", "memory.swap.max", "memory.low", "cpu.weight",
	"cpu.max", "cpu.max.burst", "cpu.idle", "cpuset.cpus", "cpuset.mems", "pids.max", "io.weight",
	"io.max", "hugetlb.2MB.max", "rdma.max", "memory.high" };

static void make_tree(struct tree *t)
{
	char path[128];
	int fd;

	strcpy(t->top, "/tmp/podctl-unit-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	snprintf(path, sizeof path, "%s/c", t->top);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < LEN(v2_files); i++) {
		snprintf(path, sizeof path, "%s/c/%s", t->top, v2_files[i]);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		assert_true(fd >= 0);
		close(fd);
	}
	snprintf(path, sizeof path, "%s/cgroup.controllers", t->top);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(io_write_all(fd, "cpuset cpu io memory hugetlb pids rdma\n", 39), 0);
	close(fd);
	t->fs = (struct cgroup_fs){ .mode = CGROUP_V2, .n = 1, .unified = -1 };
	t->fs.h[0].fd = open(t->top, O_PATH | O_DIRECTORY);
	assert_true(t->fs.h[0].fd >= 0);
}

static void drop_tree(struct tree *t)
{
	close(t->fs.h[0].fd);
	assert_int_equal(dir_remove(AT_FDCWD, t->top), 0);
}

static void is_written(const struct tree *t, const char *file, const char *want)
{
	char path[128], text[256] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "%s/c/%s", t->top, file);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (strcmp(text, want) != 0)
		fail_msg("%s holds '%s', wanted '%s'", file, text, want);
}

static void v1_style_resources_become_v2(void **state)
{
	static const char text[] =
		"{\"memory\":{\"limit\":104857600,\"swap\":209715200,\"reservation\":52428800},"
		"\"cpu\":{\"shares\":1024,\"quota\":50000,\"period\":100000,\"burst\":20000,\"cpus\":\"0-1\","
		"\"mems\":\"0\",\"idle\":0},"
		"\"pids\":{\"limit\":77},\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,"
		"\"rate\":1000}]},"
		"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}],\"rdma\":{\"mlx\":{"
		"\"hcaHandles\":3}},"
		"\"unified\":{\"memory.high\":\"90000000\"}}";
	json_t *doc = json(text);
	struct err err = { 0 };
	struct tree t;

	(void) state;
	make_tree(&t);
	if (resources_apply(&t.fs, "/c", doc, false, &err) < 0)
		fail_msg("%s", err.msg);
	is_written(&t, "memory.max", "104857600");
	is_written(&t, "memory.swap.max", "104857600"); /* without the memory */
	is_written(&t, "memory.low", "52428800");
	is_written(&t, "cpu.max", "50000 100000");
	is_written(&t, "cpu.max.burst", "20000");
	is_written(&t, "cpuset.cpus", "0-1");
	is_written(&t, "cpuset.mems", "0");
	is_written(&t, "pids.max", "77");
	is_written(&t, "io.max", "8:0 rbps=1000");
	is_written(&t, "hugetlb.2MB.max", "4194304");
	is_written(&t, "rdma.max", "mlx hca_handle=3 hca_object=max");
	is_written(&t, "memory.high", "90000000");
	json_decref(doc);
	drop_tree(&t);
}

static void what_v2_does_not_have_is_refused_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"memory\":{\"disableOOMKiller\":true}}", "disableOOMKiller" },
		{ "{\"cpu\":{\"realtimeRuntime\":1000}}", "realtimeRuntime" },
		{ "{\"blockIO\":{\"leafWeight\":10}}", "leafWeight" },
		{ "{\"network\":{\"classID\":1}}", "linux.resources.network" },
		{ "{\"unified\":{\"a/b\":\"1\"}}", "unified 'a/b'" },
		{ "{\"unified\":{\"memory.max\":1}}", "expected a string" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"../x\",\"limit\":1}]}", "pageSize" },
	};
	struct tree t;

	(void) state;
	make_tree(&t);
	for (size_t i = 0; i < LEN(rows); i++) {
		json_t *doc = json(rows[i][0]);
		struct err err = { 0 };

		assert_true(resources_apply(&t.fs, "/c", doc, false, &err) < 0);
		if (!strstr(err.msg, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], err.msg);
		json_decref(doc);
	}
	drop_tree(&t);
}

/* ---- a whole configuration ------------------------------------------------------------------------------------------- */

#define BASE "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]"

static void read_config(const char *text, struct config *c)
{
	struct err err = { 0 };

	if (config_decode(json(text), c, &err) < 0)
		fail_msg("%s", err.msg);
}

static void maps_behind_idmap_are_read(void **state)
{
	struct config c;

	(void) state;
	read_config("{" BASE "},\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{"
		    "\"containerID\":0,\"hostID\":0,"
		    "\"size\":1},{\"containerID\":1,\"hostID\":2,\"size\":1000}],\"gidMappings\":[{"
		    "\"containerID\":0,\"hostID\":0,\"size\":9}]},"
		    "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\","
		    "\"idmap=uids=0-1-10#10-11-10;gids=0-100-10\"]},{\"destination\":\"/c\",\"source\":\"/"
		    "d\",\"options\":[\"rbind\","
		    "\"ridmap=uids=@1-3-10\"]}]}",
		&c);
	assert_int_equal(c.mounts[0].opts.special, OCI_MOUNT_BIND | OCI_MOUNT_IDMAP);
	assert_int_equal(c.mounts[0].uids.n, 2);
	assert_int_equal(c.mounts[0].uids.v[1].container, 10);
	assert_int_equal(c.mounts[0].uids.v[1].host, 11);
	assert_int_equal(c.mounts[0].uids.v[1].size, 10);
	assert_int_equal(c.mounts[0].gids.v[0].host, 100);
	assert_int_equal(c.mounts[1].opts.special, OCI_MOUNT_RBIND | OCI_MOUNT_RIDMAP);
	assert_int_equal(c.mounts[1].uids.v[0].host, 4); /* the example of crun(1) */
	assert_int_equal(c.mounts[1].gids.n, 1);         /* the container's */
	config_done(&c);
}

static void a_broken_configuration_names_its_fault(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "ociVersion" },
		{ "{\"ociVersion\":\"2.0.0\"}", "'2.0.0' is not supported" },
		{ "{" BASE ",\"user\":{\"uid\":-1}}}", "process.user.uid" },
		{ "{" BASE ",\"env\":[\"=x\"]}}", "process.env[0]" },
		{ "{" BASE ",\"rlimits\":[{\"type\":\"RLIMIT_X\",\"soft\":1,\"hard\":1}]}}", "RLIMIT_X" },
		{ "{" BASE ",\"scheduler\":{\"policy\":\"SCHED_X\"}}}", "SCHED_X" },
		{ "{" BASE ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}}}", "priority" },
		{ "{" BASE "},\"hostname\":\"h\"}", "uts namespace" },
		{ "{" BASE "},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}}",
			"listed twice" },
		{ "{" BASE "},\"linux\":{\"intelRdt\":{}}}", "linux.intelRdt" },
		{ "{" BASE "},\"linux\":{\"timeOffsets\":{\"boottime\":{\"secs\":1}}}}", "time namespace" },
		{ "{" BASE "},\"linux\":{\"personality\":{\"domain\":\"X\"}}}", "LINUX32" },
		{ "{" BASE "},\"linux\":{\"netDevices\":{\"eth0\":{}}}}", "network namespace" },
		{ "{" BASE "},\"linux\":{\"devices\":[{\"path\":\"x\",\"type\":\"c\"}]}}", "absolute path" },
		{ "{" BASE "},\"mounts\":[{\"destination\":\"/a\",\"source\":\"/"
		  "b\",\"options\":[\"bind\",\"idmap=x\"]}]}",
			"idmap=x" },
		{ "{" BASE "},\"hooks\":{\"poststop\":[{\"path\":\"x\"}]}}", "hooks.poststop.path" },
		{ "{" BASE "},\"annotations\":{\"run.oci.handler\":\"krun\"}}", "run.oci.handler" },
		{ "{" BASE "},\"vm\":{}}", "Linux containers" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct config c;
		struct err err = { 0 };

		assert_true(config_decode(json(rows[i][0]), &c, &err) < 0);
		if (!strstr(err.msg, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], err.msg);
		config_done(&c);
	}
}

static void without_a_list_there_are_no_capabilities(void **state)
{
	struct config c;

	(void) state;
	read_config("{" BASE "}}", &c);
	assert_true(c.process.has_caps);
	for (int i = 0; i < CAPSET_COUNT; i++)
		assert_true(c.process.caps[i] == 0);
	config_done(&c);
}

/* ---- criu's messages ------------------------------------------------------------------------------------------------- */

static void criu_is_understood(void **state)
{
	/* type 6, success, notify { script "orphan-pts-master", pid 300 } */
	static const char notify[] = "\x08\x06\x10\x01\x2a\x16\x0a\x11orphan-pts-master\x10\xac\x02";
	/* type 2, success, restore { pid 7 }, and a field nobody knows */
	static const char restore[] = "\x08\x02\x10\x01\x22\x02\x08\x07\xfa\x01\x03xyz";
	struct criu_answer a;

	(void) state;
	assert_int_equal(criu_parse(notify, sizeof notify - 1, &a), 0);
	assert_int_equal(a.type, CRIU_NOTIFY);
	assert_string_equal(a.script, "orphan-pts-master");
	assert_int_equal(a.pid, 300);
	assert_int_equal(criu_parse(restore, sizeof restore - 1, &a), 0);
	assert_true(a.success && a.pid == 7 && a.type == CRIU_RESTORE);
	for (size_t n = 1; n < sizeof notify - 1; n++) /* cut short: no crash, and mostly an error */
		(void) criu_parse(notify, n, &a);
	assert_int_equal(criu_parse("\x2a\xff\xff\xff\xff\x0f", 6, &a), -EBADMSG);
	assert_int_equal(criu_parse("\x0f", 1, &a), -EBADMSG);
}

static void a_request_to_criu_is_what_it_reads(void **state)
{
	struct buf b = BUF_INIT(1024);

	(void) state;
	criu_put_int(&b, CRIU_PID, 300);
	criu_put_text(&b, CRIU_ROOT, "/r");
	criu_put_inherited(&b, "pipe:[1]", 2);
	assert_int_equal(b.len, 3 + 4 + 3 + 12);
	assert_memory_equal(b.data, "\x10\xac\x02\x6a\x02/r\xda\x01\x0c\x0a\x08pipe:[1]\x10\x02", b.len);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_filter_does_what_the_profile_says),
		cmocka_unit_test(filters_know_every_operator_and_action),
		cmocka_unit_test(an_unknown_call_is_an_error_only_when_asked),
		cmocka_unit_test(v1_style_resources_become_v2),
		cmocka_unit_test(what_v2_does_not_have_is_refused_by_name),
		cmocka_unit_test(maps_behind_idmap_are_read),
		cmocka_unit_test(a_broken_configuration_names_its_fault),
		cmocka_unit_test(without_a_list_there_are_no_capabilities),
		cmocka_unit_test(criu_is_understood),
		cmocka_unit_test(a_request_to_criu_is_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
