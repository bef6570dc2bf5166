#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "runtime/command.h"
#include "runtime/tune.h"

struct sample {
	const struct cgroup_fs *fs;
	const char *path;
};

/* 0 for "max", for what is absent and for what is no number. */
static json_int_t number(const struct sample *s, const char *controller, const char *file)
{
	char text[64];

	return cgroup_get(s->fs, s->path, controller, file, text, sizeof text) > 0 ? strtoll(text, NULL, 10)
										   : 0;
}

static json_int_t line(const struct sample *s, const char *controller, const char *file, const char *key)
{
	char text[8192], *p;
	size_t n = strlen(key);

	if (cgroup_get(s->fs, s->path, controller, file, text, sizeof text) <= 0)
		return 0;
	for (p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return strtoll(p + n, NULL, 10);
	}
	return 0;
}

static json_t *cpu(const struct sample *s)
{
	bool v2 = s->fs->mode == CGROUP_V2;
	json_t *percpu = json_array();
	char text[8192], *p = text;

	if (!v2 && cgroup_get(s->fs, s->path, "cpuacct", "cpuacct.usage_percpu", text, sizeof text) > 0)
		for (char *end; strtoll(p, &end, 10), end != p; p = end)
			(void) json_array_append_new(percpu, json_integer(strtoll(p, NULL, 10)));
	return json_pack("{s{sIsosIsI}s{sIsIsI}}", "usage", "total",
		v2 ? line(s, "cpu", "cpu.stat", "usage_usec") * 1000 : number(s, "cpuacct", "cpuacct.usage"),
		"percpu", percpu, "kernel",
		v2 ? line(s, "cpu", "cpu.stat", "system_usec") * 1000
		   : line(s, "cpuacct", "cpuacct.stat", "system") * 10000000,
		"user",
		v2 ? line(s, "cpu", "cpu.stat", "user_usec") * 1000
		   : line(s, "cpuacct", "cpuacct.stat", "user") * 10000000,
		"throttling", "periods", line(s, "cpu", "cpu.stat", "nr_periods"), "throttledPeriods",
		line(s, "cpu", "cpu.stat", "nr_throttled"), "throttledTime",
		v2 ? line(s, "cpu", "cpu.stat", "throttled_usec") * 1000
		   : line(s, "cpu", "cpu.stat", "throttled_time"));
}

static json_t *memory_raw(const struct sample *s)
{
	char text[8192], *at = text, *one;
	json_t *o = json_object();

	if (cgroup_get(s->fs, s->path, "memory", "memory.stat", text, sizeof text) <= 0)
		return o;
	while ((one = strsep(&at, "\n"))) {
		char *space = strchr(one, ' ');

		if (!space)
			continue;
		*space = '\0';
		(void) json_object_set_new(o, one, json_integer(strtoll(space + 1, NULL, 10)));
	}
	return o;
}

static json_t *memory(const struct sample *s)
{
	bool v2 = s->fs->mode == CGROUP_V2;
	const char *const u1[] = { "memory.limit_in_bytes", "memory.usage_in_bytes",
		"memory.max_usage_in_bytes", "memory.failcnt" };
	const char *const u2[] = { "memory.max", "memory.current", "memory.peak", "" };
	const char *const w1[] = { "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes",
		"memory.memsw.max_usage_in_bytes", "memory.memsw.failcnt" };
	const char *const w2[] = { "memory.swap.max", "memory.swap.current", "memory.swap.peak", "" };
	const char *const *u = v2 ? u2 : u1, *const *w = v2 ? w2 : w1;

	return json_pack("{s{sIsIsIsI}s{sIsIsIsI}sIso}", "usage", "limit", number(s, "memory", u[0]), "usage",
		number(s, "memory", u[1]), "max", number(s, "memory", u[2]), "failcnt",
		v2 ? line(s, "memory", "memory.events", "max") : number(s, "memory", u[3]), "swap", "limit",
		number(s, "memory", w[0]), "usage", number(s, "memory", w[1]), "max",
		number(s, "memory", w[2]), "failcnt",
		v2 ? line(s, "memory", "memory.swap.events", "max") : number(s, "memory", w[3]), "cache",
		v2 ? line(s, "memory", "memory.stat", "file") : line(s, "memory", "memory.stat", "cache"),
		"raw", memory_raw(s));
}

static void add_io(json_t *list, unsigned major, unsigned minor, const char *op, json_int_t value)
{
	(void) json_array_append_new(list, json_pack("{sIsIsssI}", "major", (json_int_t) major, "minor",
						   (json_int_t) minor, "op", op, "value", value));
}

static json_t *blkio(const struct sample *s)
{
	bool v2 = s->fs->mode == CGROUP_V2;
	json_t *list = json_array();
	char text[8192], *at = text, *one;

	if (cgroup_get(s->fs, s->path, v2 ? "io" : "blkio",
		    v2 ? "io.stat" : "blkio.throttle.io_service_bytes_recursive", text, sizeof text) > 0)
		while ((one = strsep(&at, "\n"))) {
			unsigned major, minor;
			long long r, w;
			char op[16];

			if (v2 && sscanf(one, "%u:%u rbytes=%lld wbytes=%lld", &major, &minor, &r, &w) == 4) {
				add_io(list, major, minor, "Read", r);
				add_io(list, major, minor, "Write", w);
			} else if (!v2 && sscanf(one, "%u:%u %15s %lld", &major, &minor, op, &r) == 4) {
				add_io(list, major, minor, op, r);
			}
		}
	return json_pack("{so}", "ioServiceBytesRecursive", list);
}

static void print_event(const char *type, const char *id, json_t *data)
{
	json_t *o = json_pack("{ssss}", "type", type, "id", id);
	char *text;

	if (data && o)
		(void) json_object_set_new(o, "data", data);
	text = o ? json_print(o) : NULL;
	if (text)
		printf("%s\n", text);
	(void) fflush(stdout);
	free(text);
	json_decref(o);
}

/* "0-1,3" as the numbers it stands for. */
static json_t *set_of(const struct sample *s, const char *file)
{
	unsigned char bits[1024];
	json_t *list = json_array();
	char text[4096];

	if (cgroup_get(s->fs, s->path, "cpuset", file, text, sizeof text) <= 0 ||
		tune_cpu_list(text, bits, sizeof bits) < 0)
		return list;
	for (size_t i = 0; i < sizeof bits * 8; i++)
		if (bits[i / 8] & 1u << (i % 8))
			(void) json_array_append_new(list, json_integer((json_int_t) i));
	return list;
}

static json_t *cpuset(const struct sample *s)
{
	static const char *const flags[] = { "cpu_exclusive", "mem_exclusive", "mem_hardwall",
		"memory_migrate", "memory_pressure", "memory_spread_page", "memory_spread_slab",
		"sched_load_balance", "sched_relax_domain_level" };
	bool v2 = s->fs->mode == CGROUP_V2;
	json_t *o = json_pack("{soso}", "cpus", set_of(s, v2 ? "cpuset.cpus.effective" : "cpuset.cpus"),
		"mems", set_of(s, v2 ? "cpuset.mems.effective" : "cpuset.mems"));

	for (size_t i = 0; !v2 && i < LEN(flags); i++) {
		char file[64];

		snprintf(file, sizeof file, "cpuset.%s", flags[i]);
		(void) json_object_set_new(o, flags[i], json_integer(number(s, "cpuset", file)));
	}
	return o;
}

static void print_stats(const struct sample *s, const char *id)
{
	print_event("stats", id,
		json_pack("{sososososos{}s[]}", "cpu", cpu(s), "memory", memory(s), "pids",
			json_pack("{sIsI}", "current", number(s, "pids", "pids.current"), "limit",
				number(s, "pids", "pids.max")),
			"blkio", blkio(s), "cpuset", cpuset(s), "hugetlb", "network_interfaces"));
}

/* "5s", "500ms", "1m" or seconds. */
static int parse_interval(const char *text, int *ret_ms)
{
	char digits[16];
	size_t n = strspn(text, "0123456789");
	uint64_t v;

	if (!n || n >= sizeof digits)
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (parse_u64(digits, 1, 86400000, &v) < 0)
		return -EINVAL;
	text += n;
	v *= strcmp(text, "ms") == 0 ? 1 : strcmp(text, "m") == 0 ? 60000 : 1000;
	if ((*text && strcmp(text, "ms") != 0 && strcmp(text, "m") != 0 && strcmp(text, "s") != 0) ||
		v > 86400000)
		return -EINVAL;
	*ret_ms = (int) v;
	return 0;
}

int cmd_events(const struct globals *g, int argc, char **argv, struct err *err)
{
	const char *interval = "5s", *id;
	bool stats = false;
	const struct opt table[] = { { "stats", 0, OPT_FLAG, &stats, "print once" },
		{ "interval", 0, OPT_STR, &interval, "time between two prints" },
		{ NULL, 0, OPT_FLAG, NULL, NULL } };
	static struct opt t[3];
	auto_close int dir = -EBADF;
	auto_close int pidfd = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	struct cgroup_fs cg = { 0 };
	struct sample sample;
	uint64_t ooms;
	int ms, rc;

	memcpy(t, table, sizeof table);
	if ((rc = command_id(argc, argv, t, &id, err)) != 0)
		return rc;
	if (parse_interval(interval, &ms) < 0)
		return err_set(err, ERR_INVALID, "--interval '%s': expected a time such as 5s", interval);
	if ((rc = statedir_open(g->root, id, &dir, &s, err)) < 0 || (pidfd = container_pidfd(&s, err)) < 0)
		return rc < 0 ? rc : err_wrap(err, "container '%s'", id);
	if (!s.cgroup_path[0])
		return err_set(err, ERR_UNSUPPORTED, "container '%s': has no cgroup of its own", id);
	if ((rc = cgroup_open(&cg, err)) < 0)
		return rc;
	sample = (struct sample){ .fs = &cg, .path = s.cgroup_path };
	ooms = cgroup_oom_kills(&cg, s.cgroup_path);
	for (;;) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		uint64_t now;

		print_stats(&sample, id);
		if (stats || poll(&p, 1, ms) != 0)
			break;
		if ((now = cgroup_oom_kills(&cg, s.cgroup_path)) > ooms)
			print_event("oom", id, NULL);
		ooms = now;
	}
	cgroup_close(&cg);
	return 0;
}
