/* Programs podctl starts: its own helpers, itself, and the OCI runtime. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/internal.h"
#include "pkg/store/store.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"

#define OWN_RUNTIME "podctl-runtime"
#define VERSION_TIMEOUT_US (20 * 1000000ULL)
#define SEARCH_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

static int self_path(char path[4096], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, 4095);
	static const char gone[] =
		" (deleted)"; /* an upgrade replaced the file while we run: the new one stands there */

	if (n < 0)
		return err_sys(err, errno, "read /proc/self/exe");
	path[n] = '\0';
	if ((size_t) n > sizeof gone && strcmp(path + n - (sizeof gone - 1), gone) == 0)
		path[(size_t) n - (sizeof gone - 1)] = '\0';
	return 0;
}

static bool is_program(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && S_ISREG(st->st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Helpers and podctl speak with each other in formats that change: both must come from one build.  The program is asked
 * once; the answer is kept with the identity of the file. */
static int check_version(
	struct engine *e, const char *name, const char *path, const struct stat *st, struct err *err)
{
	auto_buf struct buf out = BUF_INIT(64 * KiB);
	auto_arena struct arena a = { 0 };
	const char *known = NULL;
	char key[64], want[200];
	const char *line;
	char *argv[] = { (char *) (uintptr_t) path, (char *) (uintptr_t) "--version", NULL };
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv);
	struct err ignored = { 0 };
	int status, rc;

	(void) snprintf(key, sizeof key, "helper.%s", name);
	(void) snprintf(want, sizeof want, "%s %llu %llu %lld %lld.%09ld", PODCTL_VERSION,
		(unsigned long long) st->st_dev, (unsigned long long) st->st_ino, (long long) st->st_size,
		(long long) st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	if ((rc = store_meta_get(e->store, key, &a, &known, err)) < 0 || (known && strcmp(known, want) == 0))
		return rc;
	if (proc_run(&o, NULL, 0, &out, NULL, VERSION_TIMEOUT_US, &status, err) < 0)
		return err_wrap(err, "ask helper '%s' for its version", path);
	if (out.data)
		out.data[strcspn(out.data, "\n")] = '\0';
	line = out.data ? out.data : "";
	for (const char *p = line; (p = strstr(p, PODCTL_VERSION)); p++) {
		const char *after = p + strlen(PODCTL_VERSION);

		if ((p > line && p[-1] != ' ') || (*after && *after != ' '))
			continue;
		if (store_meta_set(e->store, key, want, &ignored) < 0)
			log_debug("remember the version of '%s', ignoring: %s", path, ignored.msg);
		return 0;
	}
	return err_set(err, ERR_INVALID,
		"helper '%s' is of another build ('%.60s', this is podctl %s); reinstall podctl", path, line,
		PODCTL_VERSION);
}

int helper_path(const char *name, char path[4200], struct err *err)
{
	struct stat st;
	char *slash;
	int rc;

	if ((rc = self_path(path, err)) < 0)
		return rc;
	slash = strrchr(path, '/');
	slash = slash ? slash + 1 : path;
	(void) snprintf(slash, (size_t) (path + 4200 - slash), "%s", name);
	if (is_program(path, &st))
		return 0;
	(void) snprintf(path, 4200, "%s/%s", PODCTL_LIBEXECDIR, name);
	if (is_program(path, &st))
		return 0;
	return err_set(err, ERR_NOT_FOUND, "helper '%s' is neither beside podctl nor in %s; reinstall podctl",
		name, PODCTL_LIBEXECDIR);
}

int engine_helper_place(struct engine *e, const char *name, const char **ret, struct err *err)
{
	char path[4200];
	int rc = helper_path(name, path, err);

	if (rc < 0)
		return rc;
	return (*ret = arena_strdup(&e->arena, path)) ? 0 : err_sys(err, ENOMEM, "helper '%s'", name);
}

int engine_helper(struct engine *e, const char *name, const char **ret, struct err *err)
{
	const char *found;
	char path[4200];
	struct stat st;
	int rc;

	if ((rc = helper_path(name, path, err)) < 0)
		return rc;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "helper '%s'", path);
	if (!(found = arena_strdup(&e->arena, path)))
		return err_sys(err, ENOMEM, "helper '%s'", name);
	if ((rc = check_version(e, name, found, &st, err)) < 0)
		return rc;
	*ret = found;
	return 0;
}

int engine_self_argv(struct engine *e, struct strs *argv, struct err *err)
{
	const struct {
		const char *option, *value;
	} options[] = {
		{ "--root", e->root },
		{ "--runroot", e->runroot },
		{ "--runtime", e->opt->runtime },
		{ "--cgroup-manager", e->opt->cgroup_manager },
		{ "--storage-driver", e->opt->storage_driver },
	};
	struct strs l = { 0 };
	char self[4096];
	int rc;

	if ((rc = self_path(self, err)) < 0)
		return rc;
	if (strs_add(&l, &e->arena, self) < 0)
		return err_sys(err, ENOMEM, "call podctl");
	for (size_t i = 0; i < LEN(options); i++)
		if (options[i].value && (strs_add(&l, &e->arena, options[i].option) < 0 ||
						strs_add(&l, &e->arena, options[i].value) < 0))
			return err_sys(err, ENOMEM, "call podctl");
	if (strs_add_all(argv, &e->arena, &l) < 0)
		return err_sys(err, ENOMEM, "call podctl");
	return 0;
}

/* ---- OCI runtime --------------------------------------------------------------------------------------------------- */

/* Looks for name in a list of directories; relative entries are no place for a program that runs as root. */
static bool search(const char *dirs, const char *name, char *path, size_t size)
{
	struct stat st;

	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");

		if (n && dirs[0] == '/' &&
			(size_t) snprintf(path, size, "%.*s/%s", (int) n, dirs, name) < size &&
			is_program(path, &st))
			return true;
		dirs += n + (dirs[n] == ':');
	}
	return false;
}

bool program_find(const struct engine_options *opt, const char *name, char *path, size_t size)
{
	return search(SEARCH_PATH, name, path, size) || search(opt->path, name, path, size);
}

static int runtime_find(
	struct engine *e, const char *want, const char **ret_path, bool *ret_ours, struct err *err)
{
	const char *base = strrchr(want, '/');
	char path[4096];
	struct stat st;
	int rc;

	if (strcmp(want, OWN_RUNTIME) == 0) {
		if ((rc = engine_helper(e, OWN_RUNTIME, ret_path, err)) == 0)
			*ret_ours = true;
		return rc;
	}
	if (base && want[0] != '/')
		return err_set(
			err, ERR_INVALID, "--runtime '%s' is neither a name nor an absolute path", want);
	if (base) {
		(void) snprintf(path, sizeof path, "%s", want);
		if (!is_program(path, &st))
			return err_set(err, ERR_NOT_FOUND, "--runtime '%s' is not an executable file", want);
	} else if (!search(e->opt->path, want, path, sizeof path) &&
		   !search(SEARCH_PATH, want, path, sizeof path)) {
		return err_set(err, ERR_NOT_FOUND,
			"no runtime '%s' in PATH; install it or give its absolute path", want);
	}
	if (!(want = arena_strdup(&e->arena, path)))
		return err_sys(err, ENOMEM, "runtime '%s'", path);
	*ret_path = want;
	*ret_ours = base && strcmp(base + 1, OWN_RUNTIME) == 0;
	return 0;
}

int engine_runtime(struct engine *e, const char **ret_path, bool *ret_ours, struct err *err)
{
	return runtime_find(e, e->opt->runtime ? e->opt->runtime : OWN_RUNTIME, ret_path, ret_ours, err);
}

int engine_runtime_named(
	struct engine *e, const char *name, const char **ret_path, bool *ret_ours, struct err *err)
{
	char path[4096];
	struct stat st;

	if (!name || !*name)
		return engine_runtime(e, ret_path, ret_ours, err);
	if (name[0] != '/' && strcmp(name, OWN_RUNTIME) != 0 &&
		!program_find(e->opt, name, path, sizeof path))
		return err_set(err, ERR_NOT_FOUND,
			"runtimeClassName '%s': there is no such runtime; install a program of this name in "
			"PATH",
			name);
	if (name[0] == '/' && !is_program(name, &st))
		return err_set(err, ERR_NOT_FOUND, "runtimeClassName '%s' is not an executable file", name);
	return runtime_find(e, name, ret_path, ret_ours, err);
}
