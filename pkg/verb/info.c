/*
 * info.c — the engine and the machine as podman's `info` shows them.
 */
#include "pkg/verb/info.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/container/oci_gen.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"
#include "pkg/verb/images.h"

#define FILE_MAX (64 * KiB)

static void set(json_t *v, const char *key, json_t *value) { (void) json_object_set_new(v, key, value); }

static json_t *text(const char *s)
{
	json_t *v = json_string(s ? s : "");

	return v ? v : json_string("");
}

/* A small file of the machine; "" when it cannot be read. */
static const char *machine_file(const char *path, struct buf *b)
{
	return file_read(AT_FDCWD, path, PATH_IN_STATE, b) < 0 || !b->data ? "" : b->data;
}

const char *verb_arch(const char *machine)
{
	return !strcmp(machine, "x86_64") ? "amd64" : !strcmp(machine, "aarch64") ? "arm64" : machine;
}

json_t *verb_version(void)
{
	struct utsname u = { 0 };
	char os_arch[96];

	(void) uname(&u);
	(void) snprintf(os_arch, sizeof os_arch, "linux/%s", verb_arch(u.machine));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "APIVersion", PODCTL_VERSION,
		"Version", PODCTL_VERSION, "GoVersion", "", "Compiler", __VERSION__, "GitCommit", "",
		"BuiltTime", "Thu Jan  1 00:00:00 1970", "Built", 0, "OsArch", os_arch, "Os", "linux");
}

/* ---- host ------------------------------------------------------------------------------------------------------------- */

/* "6h 21m 31.00s (Approximately 0.25 days)" */
static json_t *uptime_text(void)
{
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	double s = strtod(machine_file("/proc/uptime", &b), NULL);
	long whole = (long) s;

	return json_sprintf("%ldh %ldm %.2fs (Approximately %.2f days)", whole / 3600, whole / 60 % 60,
		(double) (whole % 60), s / 86400);
}

/* Since the machine started. */
static json_t *cpu_utilization(void)
{
	auto_buf struct buf b = BUF_INIT(MiB);
	unsigned long long user = 0, nice = 0, system = 0, idle = 0;
	double all;

	(void) sscanf(
		machine_file("/proc/stat", &b), "cpu %llu %llu %llu %llu", &user, &nice, &system, &idle);
	all = (double) (user + nice + system + idle);
	if (all <= 0)
		all = 1;
#define PERCENT(n) ((double) (long) ((double) (n) / all * 10000 + 0.5) / 100)
	return json_pack("{s:f, s:f, s:f}", "userPercent", PERCENT(user + nice), "systemPercent",
		PERCENT(system), "idlePercent", PERCENT(idle));
#undef PERCENT
}

/* KEY=VALUE of os-release, unquoted. */
static json_t *os_release(const char *file, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = file; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, key, len) != 0 || p[len] != '=')
			continue;
		p += len + 1;
		if (*p == '"')
			return json_stringn(p + 1, strcspn(p + 1, "\"\n"));
		return json_stringn(p, strcspn(p, "\n"));
	}
	return json_string("");
}

static json_t *distribution(void)
{
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	/* a symlink on most machines, and nobody's but root's */
	int fd = open("/etc/os-release", O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, part, sizeof part)) > 0 && buf_add(&b, part, (size_t) n) == 0)
		;
	if (fd >= 0)
		close(fd);
	if (!b.data)
		(void) buf_puts(&b, "");
	return json_pack("{s:o, s:o, s:o}", "distribution", os_release(b.data ? b.data : "", "ID"), "version",
		os_release(b.data ? b.data : "", "VERSION_ID"), "codename",
		os_release(b.data ? b.data : "", "VERSION_CODENAME"));
}

static json_t *controllers(struct engine *e)
{
	static const char *const words[] = { "cpuset", "cpu", "cpuacct", "io", "blkio", "memory", "devices",
		"freezer", "hugetlb", "pids", "rdma", "misc" };
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	json_t *l = json_array();

	if (e->cgroups.mode == CGROUP_V2) {
		char path[400];

		/* a user's are what was delegated */
		snprintf(path, sizeof path, "/sys/fs/cgroup%s/cgroup.controllers",
			e->rootless ? e->cgroups.h[0].self : "");
		for (const char *p = machine_file(path, &b); *p; p += strspn(p, " \n")) {
			size_t n = strcspn(p, " \n");

			(void) json_array_append_new(l, json_stringn(p, n));
			p += n;
		}
		return l;
	}
	for (size_t i = 0; e->cgroups.mode == CGROUP_V1 && i < LEN(words); i++)
		if (cgroup_hierarchy(&e->cgroups, words[i]) >= 0)
			(void) json_array_append_new(l, json_string(words[i]));
	return l;
}

static json_t *id_map(const char *file)
{
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	unsigned inside, outside, n;
	json_t *l = json_array();

	for (const char *p = machine_file(file, &b);
		sscanf(p, "%u %u %u", &inside, &outside, &n) == 3;) { /* NOLINT */
		(void) json_array_append_new(
			l, json_pack("{s:I, s:I, s:I}", "container_id", (json_int_t) inside, "host_id",
				   (json_int_t) outside, "size", (json_int_t) n));
		if (!(p = strchr(p, '\n')))
			break;
		p++;
	}
	return l;
}

static json_t *id_mappings(const struct engine *e)
{
	if (!e->rootless)
		return json_pack("{s:n, s:n}", "gidmap", "uidmap");
	return json_pack(
		"{s:o, s:o}", "gidmap", id_map("/proc/self/gid_map"), "uidmap", id_map("/proc/self/uid_map"));
}

/* What the runtime says of itself to --version. */
static json_t *runtime_version(const char *path)
{
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	char *argv[] = { (char *) path, (char *) "--version", NULL };
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv);
	struct err ignored = { 0 };
	int status;

	if (proc_run(&o, NULL, 0, &b, NULL, 5000000, &status, &ignored) < 0 || !b.data)
		return json_string("");
	while (b.len && b.data[b.len - 1] == '\n')
		b.len--;
	return json_stringn(b.data, b.len);
}

static json_t *program(const char *path, json_t *version, bool named)
{
	const char *slash = strrchr(path, '/');
	json_t *v = named ? json_pack("{s:s}", "name", slash ? slash + 1 : path) : json_object();

	set(v, "package", json_string(""));
	set(v, "path", text(path));
	set(v, "version", version);
	return v;
}

static json_t *runtime_json(struct engine *e)
{
	struct err ignored = { 0 };
	const char *path = "";
	bool ours;

	if (engine_runtime(e, &path, &ours, &ignored) < 0)
		return program("", json_string(""), true);
	return program(path, runtime_version(path), true);
}

static json_t *monitor_json(struct engine *e)
{
	struct err ignored = { 0 };
	const char *path = "";

	if (engine_helper(e, "podctl-monitor", &path, &ignored) < 0)
		path = "";
	return program(path, json_string("podctl-monitor version " PODCTL_VERSION), false);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static json_t *security(const struct engine *e)
{
	const struct strs *caps = &e->config.default_capabilities;
	auto_buf struct buf b = BUF_INIT(FILE_MAX);
	auto_free char **sorted = calloc(caps->n + 1, sizeof *sorted);

	for (size_t i = 0; sorted && i < caps->n; i++)
		sorted[i] = caps->v[i];
	if (sorted)
		qsort(sorted, caps->n, sizeof *sorted, compare_words);
	for (size_t i = 0; sorted && i < caps->n; i++)
		(void) buf_printf(&b, "%s%s", i ? "," : "", sorted[i]);
	return json_pack("{s:b, s:o, s:b, s:b, s:o, s:b}", "apparmorEnabled", 0, "capabilities", text(b.data),
		"rootless", e->rootless, "seccompEnabled", prctl(PR_GET_SECCOMP) >= 0, "seccompProfilePath",
		text(e->config.seccomp_profile ? e->config.seccomp_profile : "default"), "selinuxEnabled", 0);
}

/* /proc/meminfo's, which knows what sysinfo(2) does not, in bytes. */
static json_int_t meminfo(const char *file, const char *key)
{
	const char *p = strstr(file, key);

	return p ? strtoll(p + strlen(key), NULL, 10) * 1024 : 0;
}

static json_t *host(struct engine *e)
{
	static const char *const versions[] = { "", "v1", "v2" };
	auto_buf struct buf mem = BUF_INIT(FILE_MAX);
	const char *info = machine_file("/proc/meminfo", &mem);
	struct utsname u = { 0 };
	json_t *v = json_object();

	(void) uname(&u);
	set(v, "arch", json_string(verb_arch(u.machine)));
	set(v, "buildahVersion", json_string(""));
	set(v, "cgroupManager", json_string(e->systemd_cgroups ? "systemd" : "cgroupfs"));
	set(v, "cgroupVersion", json_string(versions[e->cgroups.mode]));
	set(v, "cgroupControllers", controllers(e));
	set(v, "cgroupsUsable", json_boolean(e->cgroups_usable));
	set(v, "conmon", monitor_json(e));
	set(v, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	set(v, "cpuUtilization", cpu_utilization());
	set(v, "distribution", distribution());
	set(v, "eventLogger", json_string("file"));
	set(v, "hostname", text(u.nodename));
	set(v, "idMappings", id_mappings(e));
	set(v, "kernel", text(u.release));
	set(v, "logDriver", json_string("k8s-file"));
	set(v, "memFree", json_integer(meminfo(info, "MemFree:")));
	set(v, "memTotal", json_integer(meminfo(info, "MemTotal:")));
	set(v, "networkBackend", json_string("podctl"));
	set(v, "ociRuntime", runtime_json(e));
	set(v, "os", json_string("linux"));
	set(v, "remoteSocket", json_pack("{s:s, s:b}", "path", "", "exists", 0));
	set(v, "security", security(e));
	set(v, "serviceIsRemote", json_false());
	set(v, "slirp4netns", json_pack("{s:s, s:s, s:s}", "executable", "", "package", "", "version", ""));
	set(v, "swapFree", json_integer(meminfo(info, "SwapFree:")));
	set(v, "swapTotal", json_integer(meminfo(info, "SwapTotal:")));
	set(v, "uptime", uptime_text());
	set(v, "linkmode", json_string("static"));
	return v;
}

/* ---- store ------------------------------------------------------------------------------------------------------------- */

static const char *fs_name(const char *path)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = { { 0xef53, "extfs" }, { 0x58465342, "xfs" }, { 0x9123683e, "btrfs" },
		{ 0x01021994, "tmpfs" }, { 0x794c7630, "overlayfs" }, { 0x2fc12fc1, "zfs" },
		{ 0xf2f52010, "f2fs" } };
	struct statfs s;

	for (size_t i = 0; statfs(path, &s) == 0 && i < LEN(names); i++)
		if ((unsigned long) s.f_type == names[i].magic)
			return names[i].name;
	return "<unknown>";
}

static json_t *containers(const struct pod_set *set_of)
{
	json_int_t all = 0, running = 0, paused = 0;

	for (size_t i = 0; i < set_of->n; i++)
		for (size_t k = 0; k < set_of->v[i].n; k++) {
			bool is_paused = !strcmp(ctr_word(&set_of->v[i], k), "paused");

			all++;
			paused += is_paused;
			running += !is_paused && ctr_is_running(&set_of->v[i], k);
		}
	return json_pack("{s:I, s:I, s:I, s:I}", "number", all, "paused", paused, "running", running,
		"stopped", all - running - paused);
}

static int store_json(struct engine *e, const struct info_request *r, json_t **ret, struct err *err)
{
	AUTO(pod_set_done) struct pod_set pods = { 0 };
	auto_arena struct arena a = { 0 };
	struct image_list images = { 0 };
	struct statvfs fs = { 0 };
	json_t *v;
	int rc;

	if ((rc = pod_set_load(e, &pods, err)) < 0 || (rc = verb_image_heads(e, NULL, &a, &images, err)) < 0)
		return rc;
	(void) statvfs(e->root, &fs);
	v = json_object();
	set(v, "configFile", json_string(""));
	set(v, "containerStore", containers(&pods));
	set(v, "graphDriverName", json_string(e->vfs ? "vfs" : "overlay"));
	set(v, "graphOptions", json_object());
	set(v, "graphRoot", text(e->root));
	set(v, "graphRootAllocated", json_integer((json_int_t) (fs.f_blocks * fs.f_frsize)));
	set(v, "graphRootUsed", json_integer((json_int_t) ((fs.f_blocks - fs.f_bfree) * fs.f_frsize)));
	set(v, "graphStatus",
		e->vfs ? json_object()
		       : json_pack("{s:s, s:s, s:s, s:s}", "Backing Filesystem", fs_name(e->root),
				 "Native Overlay Diff", "true", "Supports d_type", "true", "Using metacopy",
				 "false"));
	set(v, "imageCopyTmpDir", text(r->tmpdir));
	set(v, "imageStore", json_pack("{s:I}", "number", (json_int_t) images.n));
	set(v, "runRoot", text(e->runroot));
	set(v, "volumePath", json_sprintf("%s/volumes", e->root));
	*ret = v;
	return 0;
}

/* ---- the rest ----------------------------------------------------------------------------------------------------------- */

static json_t *registries(struct engine *e, const struct info_request *r)
{
	auto_arena struct arena a = { 0 };
	struct strs search = { 0 };
	struct err ignored = { 0 };
	json_t *v = json_object(), *l;

	if (registries_search(e, &r->at, &a, &search, &ignored) < 0 || !search.n)
		return v;
	set(v, "search", l = json_array());
	for (size_t i = 0; i < search.n; i++)
		(void) json_array_append_new(l, text(search.v[i]));
	return v;
}

int verb_info(struct engine *e, const struct info_request *r, json_t **ret, struct err *err)
{
	struct err ignored = { 0 };
	json_t *store = NULL;
	int rc;

	if ((rc = store_json(e, r, &store, err)) < 0)
		return rc;
	/* without cgroups there is still something to say */
	if (!e->cgroups_open && engine_cgroups(e, &ignored) < 0)
		e->cgroups.mode = CGROUP_NONE;
	*ret = json_pack("{s:o, s:o, s:o, s:{s:[s], s:[s], s:[s,s], s:n}, s:o}", "host", host(e), "store",
		store, "registries", registries(e, r), "plugins", "volume", "local", "network", "bridge",
		"log", "k8s-file", "none", "authorization", "version", verb_version());
	return *ret ? 0 : err_sys(err, ENOMEM, "info");
}
