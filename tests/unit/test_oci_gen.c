#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/container/oci_gen.h"
#include "pkg/container/seccomp.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define FIXTURES "tests/fixtures/oci"

/* The machine of the golden documents: what a case changes is in its file, under "facts". */
struct fixture {
	struct container_spec spec;
	bool in_userns, v1, no_ns_net, shm, files, cannot_raise;
	int64_t uid, gid;
	struct strs gids;
	char *cgroup, *net_path;
	struct list devices, binds;
};
struct bind_fact {
	char *source, *dest;
	bool tmpfs, read_only;
	struct strs options;
};
struct device_fact {
	char *path;
	uint32_t major, minor;
};

#define F struct fixture
static const struct field bind_fields[] = { F_STR(struct bind_fact, "source", source),
	F_STR(struct bind_fact, "dest", dest), F_BOOL(struct bind_fact, "tmpfs", tmpfs),
	F_BOOL(struct bind_fact, "readOnly", read_only), F_STRS(struct bind_fact, "options", options),
	F_END };
static const struct field device_fields[] = { F_STR(struct device_fact, "path", path),
	F_U32(struct device_fact, "major", major), F_U32(struct device_fact, "minor", minor), F_END };
static const struct field fixture_fields[] = { F_OBJECT(F, "spec", spec, container_spec_fields),
	F_BOOL(F, "inUserns", in_userns), F_BOOL(F, "v1", v1), F_BOOL(F, "hostNet", no_ns_net),
	F_BOOL(F, "shm", shm), F_BOOL(F, "files", files), F_BOOL(F, "cannotRaise", cannot_raise),
	F_I64(F, "uid", uid), F_I64(F, "gid", gid), F_STRS(F, "groups", gids), F_STR(F, "cgroup", cgroup),
	F_STR(F, "netPath", net_path), F_LIST(F, "devices", devices, device_fields, struct device_fact),
	F_LIST(F, "binds", binds, bind_fields, struct bind_fact), F_END };
#undef F

static const char *const caps[] = { "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT" };

static void config_make(struct engine_config *c, struct arena *a)
{
	*c = (struct engine_config){ .pids_limit = 2048, .shm_size = 65536 * 1024, .umask = 022 };
	for (size_t i = 0; i < LEN(caps); i++)
		assert_int_equal(strs_add(&c->default_capabilities, a, caps[i]), 0);
}

static json_t *load(const char *name, const char *suffix)
{
	char path[256];
	struct buf b = BUF_INIT(1 * MiB);
	struct err err = { 0 };
	json_t *v;

	snprintf(path, sizeof path, "%s/%s.%s.json", FIXTURES, name, suffix);
	if (file_read(AT_FDCWD, path, PATH_IN_STATE, &b) < 0)
		fail_msg("read %s", path);
	v = json_parse(b.data, b.len, &err);
	if (!v)
		fail_msg("%s: %s", path, err.msg);
	buf_done(&b);
	return v;
}

static void facts_make(const struct fixture *x, const struct engine_config *config, struct user *u,
	struct arena *a, struct oci_facts *f)
{
	struct oci_bind *binds = arena_array(a, x->binds.n + 1, sizeof *binds);
	struct oci_device *devices = arena_array(a, x->devices.n + 1, sizeof *devices);
	uint64_t id;

	*u = (struct user){ .uid = (uint32_t) x->uid, .gid = (uint32_t) x->gid, .home = "/home" };
	for (size_t i = 0; i < x->gids.n; i++) {
		assert_int_equal(parse_u64(x->gids.v[i], 0, UINT32_MAX, &id), 0);
		u->groups[u->n_groups++] = (uint32_t) id;
	}
	for (size_t i = 0; i < x->binds.n; i++) {
		const struct bind_fact *b = LIST_AT(x->binds, struct bind_fact, i);

		binds[i] = (struct oci_bind){ .source = b->source,
			.dest = b->dest,
			.tmpfs = b->tmpfs,
			.read_only = b->read_only,
			.options = &b->options };
	}
	for (size_t i = 0; i < x->devices.n; i++) {
		const struct device_fact *d = LIST_AT(x->devices, struct device_fact, i);

		devices[i] = (struct oci_device){ d->path, "rwm", 'c', d->major, d->minor, 0666, 0, 0 };
	}
	*f = (struct oci_facts){ .config = config,
		.in_userns = x->in_userns,
		.cgroup_v2 = !x->v1,
		.cgroup_mount = true,
		.pids = true,
		.tty_group = !x->in_userns,
		.rootfs = "/run/rootfs",
		.cgroup = x->cgroup ? x->cgroup : "",
		.user = u,
		.mounts = binds,
		.n_mounts = x->binds.n,
		.devices = devices,
		.n_devices = x->devices.n,
		.caps_max = UINT64_MAX,
		.limits_rise = !x->cannot_raise,
		.oom_min = -1000,
		.nofile_max = 4096,
		.nproc_max = UINT64_MAX,
		.pause = "/libexec/podctl-pause" };
	f->ns[OCI_NS_MOUNT] = f->ns[OCI_NS_PID] = f->ns[OCI_NS_IPC] = f->ns[OCI_NS_UTS] = "";
	f->ns[OCI_NS_NET] = x->no_ns_net ? NULL : x->net_path ? x->net_path : "";
	f->ns[OCI_NS_CGROUP] = x->v1 ? NULL : "";
	if (x->shm)
		f->shm = "/run/shm";
	if (x->files) {
		f->hosts = "/run/etc/hosts";
		f->hostname = "/run/etc/hostname";
		f->resolv = "/run/etc/resolv.conf";
		f->containerenv = "/run/etc/containerenv";
	}
}

static void golden(const char *name)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct fixture x = { 0 };
	struct engine_config config;
	struct oci_facts f;
	struct user u;
	json_t *in = load(name, "spec"), *got = NULL, *want;

	config_make(&config, &a);
	if (decode_json(in, fixture_fields, &x, &a, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	facts_make(&x, &config, &u, &a, &f);
	if (oci_gen(&x.spec, &f, &got, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	if (getenv("UPDATE_GOLDEN")) {
		char path[256];

		snprintf(path, sizeof path, "%s/%s.config.json", FIXTURES, name);
		assert_int_equal(json_dump_file(got, path, JSON_INDENT(2)), 0);
	}
	want = load(name, "config");
	if (!json_equal(got, want)) {
		char *text = json_dumps(got, JSON_INDENT(2));

		print_message("%s\n", text);
		free(text);
		fail_msg("%s: the config differs from its golden one", name);
	}
	json_decref(in);
	json_decref(got);
	json_decref(want);
	arena_done(&a);
}

static void a_plain_container(void **state)
{
	(void) state;
	golden("plain");
}
static void a_member_of_a_pod(void **state)
{
	(void) state;
	golden("member");
}
static void a_privileged_container(void **state)
{
	(void) state;
	golden("privileged");
}
static void a_container_of_an_ordinary_user(void **state)
{
	(void) state;
	golden("rootless");
}
static void a_container_with_everything(void **state)
{
	(void) state;
	golden("full");
}
static void the_infra_container(void **state)
{
	(void) state;
	golden("infra");
}

static void capabilities_are_added_and_dropped(void **state)
{
	static const struct {
		const char *add, *drop;
		bool privileged;
		uint64_t want;
	} cases[] = {
		{ NULL, "ALL", false, 0 },
		{ "CAP_NET_RAW", "ALL", false, 1ULL << 13 },
		{ "net_raw", "all", false, 1ULL << 13 },
		{ "ALL", NULL, false, (1ULL << CAP_COUNT) - 1 },
		{ "ALL", "CAP_SYS_ADMIN", false, ((1ULL << CAP_COUNT) - 1) & ~(1ULL << 21) },
		{ NULL, NULL, true, (1ULL << CAP_COUNT) - 1 },
	};
	struct arena a = { 0 };
	struct engine_config config;
	struct oci_facts f = { .config = &config, .caps_max = UINT64_MAX };

	(void) state;
	config_make(&config, &a);
	for (size_t i = 0; i < LEN(cases); i++) {
		struct container_spec s = { .privileged = cases[i].privileged };
		struct err err = { 0 };
		uint64_t got;

		if (cases[i].add)
			assert_int_equal(strs_add(&s.cap_add, &a, cases[i].add), 0);
		if (cases[i].drop)
			assert_int_equal(strs_add(&s.cap_drop, &a, cases[i].drop), 0);
		assert_int_equal(oci_caps(&s, &f, &got, &err), 0);
		assert_int_equal(got, cases[i].want);
	}
	struct container_spec s = { .privileged = false };
	struct err err = { 0 };
	uint64_t got;

	assert_int_equal(strs_add(&s.cap_add, &a, "CAP_FLY"), 0);
	assert_true(oci_caps(&s, &f, &got, &err) < 0);
	assert_non_null(strstr(err.msg, "CAP_FLY"));
	arena_done(&a);
}

static void the_filter_is_put_at_its_place(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err err = { 0 };
	json_t *v = json_pack("{s:s, s:{s:i, s:n}}", "a", "b", "linux", "x", 1, "seccomp");

	(void) state;
	assert_int_equal(oci_gen_text(v, "{\"y\":2}", &b, &err), 0);
	assert_string_equal(b.data, "{\"a\":\"b\",\"linux\":{\"x\":1,\"seccomp\":{\"y\":2}}}");
	buf_clear(&b);
	assert_int_equal(oci_gen_text(v, NULL, &b, &err), 0);
	assert_string_equal(b.data, "{\"a\":\"b\",\"linux\":{\"x\":1}}");
	buf_done(&b);
	json_decref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_container),
		cmocka_unit_test(a_member_of_a_pod),
		cmocka_unit_test(a_privileged_container),
		cmocka_unit_test(a_container_of_an_ordinary_user),
		cmocka_unit_test(a_container_with_everything),
		cmocka_unit_test(the_infra_container),
		cmocka_unit_test(capabilities_are_added_and_dropped),
		cmocka_unit_test(the_filter_is_put_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
