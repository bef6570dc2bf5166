/* Unit tests for pkg/engine: opening, markers, leftovers, helpers, paths.  They run in a user and mount namespace that the
 * test makes for itself, so that mounts are real and nobody else sees them. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "pkg/engine/paths.h"
#include "pkg/engine/rootless.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

static bool have_ns;

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = fd < 0 ? -1 : io_write_all(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return rc;
}

static int enter_namespaces(void)
{
	char map[64], gmap[64];

	snprintf(map, sizeof map, "0 %u 1", (unsigned) geteuid());
	snprintf(gmap, sizeof gmap, "0 %u 1", (unsigned) getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	if (put("/proc/self/setgroups", "deny") < 0 || put("/proc/self/uid_map", map) < 0 ||
		put("/proc/self/gid_map", gmap) < 0)
		return -1;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL);
}

struct fixture {
	char dir[64], root[128], runroot[128];
	struct engine_options opt;
	struct engine e;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/podctl-engine-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->root, sizeof f->root, "%s/a/root", f->dir);
	snprintf(f->runroot, sizeof f->runroot, "%s/b/run", f->dir);
	f->opt = (struct engine_options){
		.root = f->root, .runroot = f->runroot, .containers_conf = "/dev/null"
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void) umount2(f->runroot, MNT_DETACH);
	(void) dir_remove(AT_FDCWD, f->dir);
	free(f);
	return 0;
}

#define NEEDS_NS()                                                                      \
	do {                                                                            \
		if (!have_ns) {                                                         \
			print_message("skipped: no user namespace can be made here\n"); \
			skip();                                                         \
		}                                                                       \
	} while (0)

static void opening_makes_what_is_missing_once(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct statx sx;

	NEEDS_NS();
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_string_equal(f->e.root, f->root);
	assert_int_equal(strlen(f->e.suffix), 9);
	assert_int_equal(fstatat(f->e.root_fd, "layers", &st, 0), 0);
	assert_int_equal(fstatat(f->e.runroot_fd, "pods", &st, 0), 0);
	assert_int_equal(fstatat(f->e.runroot_fd, "marker", &st, 0), 0);
	assert_int_equal(statx(AT_FDCWD, f->runroot, 0, STATX_TYPE, &sx), 0);
	assert_true(sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	engine_close(&f->e);
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_int_equal(umount2(f->runroot, MNT_DETACH), 0); /* one mount, not one per command */
	assert_int_equal(statx(AT_FDCWD, f->runroot, 0, STATX_TYPE, &sx), 0);
	assert_false(sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	engine_close(&f->e);
}

static void a_lost_runroot_means_that_nothing_runs(void **state)
{
	struct fixture *f = *state;
	struct pod_row p = { .id = "aa", .name = "web", .state = ROW_STARTED }, got;
	struct arena a = { 0 };
	uint32_t ip;

	NEEDS_NS();
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_int_equal(store_pod_add(f->e.store, &p, NULL, 0, &f->err), 0);
	assert_int_equal(store_lease_take(f->e.store, "n", "aa", 1, 1, 0, &ip, &f->err), 0);
	engine_close(&f->e);
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0); /* same boot: it stands */
	assert_int_equal(store_pod_get(f->e.store, "aa", &a, &got, &f->err), 0);
	assert_int_equal(got.state, ROW_STARTED);
	assert_int_equal(unlinkat(f->e.runroot_fd, "marker", 0), 0);
	engine_close(&f->e);
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_int_equal(store_pod_get(f->e.store, "aa", &a, &got, &f->err), 0);
	assert_int_equal(got.state, ROW_EXITED);
	assert_int_equal(store_lease_take(f->e.store, "n", "bb", 1, 1, 0, &ip, &f->err), 0);
	arena_done(&a);
	engine_close(&f->e);
}

static void a_row_in_the_making_is_left_over_when_nobody_locks_it(void **state)
{
	struct fixture *f = *state;
	struct pod_row p = { .id = "aa", .name = "web" }, q = { .id = "bb", .name = "db" };
	auto_arena struct arena a = { 0 };
	struct strs ids = { 0 };
	char path[PATH_TEXT];
	int dir, fd;

	NEEDS_NS();
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_int_equal(engine_leftovers(&f->e, &a, &ids, &f->err), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(store_pod_add(f->e.store, &p, NULL, 0, &f->err), 0);
	assert_int_equal(store_pod_add(f->e.store, &q, NULL, 0, &f->err), 0);
	assert_true((dir = dir_make(f->e.runroot_fd, path_pod(path, "bb"), 0700)) >= 0);
	fd = openat(dir, PATH_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(lock_file(fd, true, false), 0);
	assert_int_equal(engine_leftovers(&f->e, &a, &ids, &f->err), 0);
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.v[0], "aa");
	close(fd);
	close(dir);
	ids.n = 0;
	assert_int_equal(engine_leftovers(&f->e, &a, &ids, &f->err), 0);
	assert_int_equal(ids.n, 2);
	engine_close(&f->e);
}

static void directories_of_others_and_odd_paths_are_refused(void **state)
{
	struct fixture *f = *state;

	NEEDS_NS();
	f->opt.root = "relative";
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), -EINVAL);
	assert_string_equal(f->err.msg, "--root 'relative' is not an absolute path");
	f->opt.root = "///";
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), -EINVAL);
	f->opt.root = f->runroot;
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), -EINVAL);
	f->opt.root = f->root;
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	engine_close(&f->e);
	assert_int_equal(chmod(f->root, 0777), 0);
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), -EACCES);
	assert_non_null(strstr(f->err.msg, "can be written by others"));
	assert_int_equal(chmod(f->root, 0711), 0);
	f->opt.cgroup_manager = "other";
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), -EINVAL);
}

static void the_same_root_gives_the_same_suffix(void **state)
{
	struct fixture *f = *state;
	char other[140], first[16];

	NEEDS_NS();
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	snprintf(first, sizeof first, "%s", f->e.suffix);
	engine_close(&f->e);
	snprintf(other, sizeof other, "/%s//", f->root);
	f->opt.root = other;
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_string_equal(f->e.suffix, first);
	engine_close(&f->e);
}

static void self_argv_names_this_engine(void **state)
{
	struct fixture *f = *state;
	struct strs argv = { 0 };
	const char *path;
	bool ours;

	NEEDS_NS();
	f->opt.runtime = "sh";
	assert_int_equal(engine_open(&f->e, &f->opt, &f->err), 0);
	assert_int_equal(engine_self_argv(&f->e, &argv, &f->err), 0);
	assert_int_equal(argv.n, 7);
	assert_string_equal(argv.v[1], "--root");
	assert_string_equal(argv.v[2], f->root);
	assert_string_equal(argv.v[6], "sh");
	assert_null(argv.v[7]);
	assert_int_equal(engine_runtime(&f->e, &path, &ours, &f->err), 0);
	assert_true(path[0] == '/' && !ours);
	assert_int_equal(engine_helper(&f->e, "podctl-no-such-helper", &path, &f->err), -ENOENT);
	assert_non_null(strstr(f->err.msg, "'podctl-no-such-helper'"));
	f->opt.runtime = "./x";
	assert_int_equal(engine_runtime(&f->e, &path, &ours, &f->err), -EINVAL);
	f->opt.runtime = "no-such-runtime";
	assert_int_equal(engine_runtime(&f->e, &path, &ours, &f->err), -ENOENT);
	engine_close(&f->e);
}

static void default_places_follow_the_person(void **state)
{
	struct engine_options opt = { .uid = 1234, .home = "/home/x", .xdg_runtime_dir = "/run/user/1234" };
	char root[4096], runroot[4096];
	struct err err;

	(void) state;
	assert_int_equal(engine_default_paths(&opt, root, runroot, &err), 0);
	assert_string_equal(root, "/home/x/.local/share/podctl");
	assert_string_equal(runroot, "/run/user/1234/podctl");
	opt.xdg_data_home = "/data";
	opt.xdg_runtime_dir = NULL;
	assert_int_equal(engine_default_paths(&opt, root, runroot, &err), 0);
	assert_string_equal(root, "/data/podctl");
	assert_string_equal(runroot, "/tmp/podctl-run-1234");
	opt.xdg_data_home = "not/absolute";
	opt.home = NULL;
	assert_int_equal(engine_default_paths(&opt, root, runroot, &err), -EINVAL);
	opt.uid = 0;
	assert_int_equal(engine_default_paths(&opt, root, runroot, &err), 0);
	assert_string_equal(root, "/var/lib/podctl");
	assert_string_equal(runroot, "/run/podctl");
}

static void names_that_are_too_long_lead_nowhere(void **state)
{
	char path[PATH_TEXT], name[400];

	(void) state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_string_equal(path_volume(path, "aa", "emptyDir", "v"), "pods/aa/volumes/emptyDir/v");
	assert_string_equal(path_ctr_file(path, "aa", "bb", "pid"), "pods/aa/bb/pid");
	assert_string_equal(path_volume(path, "aa", "emptyDir", name), "name-too-long/");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opening_makes_what_is_missing_once),
		TEST(a_lost_runroot_means_that_nothing_runs),
		TEST(a_row_in_the_making_is_left_over_when_nobody_locks_it),
		TEST(directories_of_others_and_odd_paths_are_refused),
		TEST(the_same_root_gives_the_same_suffix),
		TEST(self_argv_names_this_engine),
		TEST(default_places_follow_the_person),
		TEST(names_that_are_too_long_lead_nowhere),
	};

	int root = path_open(AT_FDCWD, "/tmp", PATH_IN_ROOTFS, O_PATH, 0);

	if (root == -ENOSYS) { /* valgrind of Debian 12 does not know the call */
		print_message("skipped: no openat2 here\n");
		return 0;
	}
	close(root);
	have_ns = enter_namespaces() == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
