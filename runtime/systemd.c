#include "runtime/systemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"

#define BUS "org.freedesktop.systemd1"
#define MANAGER "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define WAIT_US 25000000 /* the bus's own default for one call */

/* The functions of libsystemd, found when first needed. */
static struct {
	void *handle;
	int (*open_system)(sd_bus **);
	int (*open_user)(sd_bus **);
	sd_bus *(*unref)(sd_bus *);
	int (*new_call)(sd_bus *, sd_bus_message **, const char *, const char *, const char *, const char *);
	int (*append)(sd_bus_message *, const char *, ...);
	int (*call)(sd_bus *, sd_bus_message *, uint64_t, sd_bus_error *, sd_bus_message **);
	int (*read)(sd_bus_message *, const char *, ...);
	sd_bus_message *(*message_unref)(sd_bus_message *);
	void (*error_free)(sd_bus_error *);
	int (*match_signal)(sd_bus *, sd_bus_slot **, const char *, const char *, const char *, const char *,
		sd_bus_message_handler_t, void *);
	int (*process)(sd_bus *, sd_bus_message **);
	int (*wait)(sd_bus *, uint64_t);
} lib;

static int open_library(struct err *err)
{
	/* clang-format off */
	const struct { const char *name; void *slot; } f[] = {
		{ "sd_bus_default_system", &lib.open_system }, { "sd_bus_default_user", &lib.open_user },
		{ "sd_bus_flush_close_unref", &lib.unref }, { "sd_bus_message_new_method_call", &lib.new_call },
		{ "sd_bus_message_append", &lib.append }, { "sd_bus_call", &lib.call },
		{ "sd_bus_message_read", &lib.read }, { "sd_bus_message_unref", &lib.message_unref },
		{ "sd_bus_error_free", &lib.error_free }, { "sd_bus_match_signal", &lib.match_signal },
		{ "sd_bus_process", &lib.process }, { "sd_bus_wait", &lib.wait },
	};
	/* clang-format on */

	if (lib.handle)
		return 0;
	if (!(lib.handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL)))
		return err_set(err, ERR_UNSUPPORTED, "--systemd-cgroup needs libsystemd.so.0: %s", dlerror());
	for (size_t i = 0; i < LEN(f); i++) {
		void *p = dlsym(lib.handle, f[i].name);

		if (!p)
			return err_set(err, ERR_UNSUPPORTED, "libsystemd.so.0 has no %s", f[i].name);
		memcpy(f[i].slot, &p, sizeof p);
	}
	return 0;
}

/* A user's own manager when we are no real root; root of a user namespace has the user's bus too. */
bool systemd_is_user(void)
{
	char text[64] = "";
	auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned inside = 0, outside = 1;

	if (geteuid() != 0)
		return true;
	return fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
	       sscanf(text, "%u %u", &inside, &outside) == 2 && outside != 0;
}

static int connect_bus(sd_bus **ret, struct err *err)
{
	int rc = open_library(err);

	if (rc < 0)
		return rc;
	rc = systemd_is_user() ? lib.open_user(ret) : lib.open_system(ret);
	return rc < 0 ? err_sys(err, -rc, "connect to the %s bus of systemd",
				systemd_is_user() ? "user" : "system")
		      : 0;
}

/* "a-b" is a slice below a.slice. */
static bool name_ok(const char *s)
{
	return *s &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-") ==
		       strlen(s) &&
	       strlen(s) < 200;
}

int systemd_scope_names(
	const char *path, const char *id, bool user, char *slice, char *scope, struct err *err)
{
	const char *a = strchr(path, ':'), *b = a ? strchr(a + 1, ':') : NULL;

	if (!*path) {
		snprintf(slice, 256, "%s", user ? "user.slice" : "system.slice");
		snprintf(scope, 256, "podctl-%.200s.scope", id);
		return 0;
	}
	if (!b)
		return err_set(err, ERR_INVALID,
			"linux.cgroupsPath '%s': expected slice:prefix:name with --systemd-cgroup", path);
	snprintf(slice, 256, "%.*s", (int) (a - path), path);
	if (!*slice)
		snprintf(slice, 256, "%s", user ? "user.slice" : "system.slice");
	snprintf(scope, 256, "%.*s%s%.200s", (int) (b - a - 1), a + 1, b - a > 1 ? "-" : "", b + 1);
	if (!name_ok(slice) || !name_ok(scope) || !strstr(slice, ".slice"))
		return err_set(
			err, ERR_INVALID, "linux.cgroupsPath '%s': is no valid slice:prefix:name", path);
	if (!strstr(scope, ".slice"))
		(void) snprintf(scope + strlen(scope), 256 - strlen(scope), ".scope");
	return 0;
}

struct job {
	const char *path;
	char result[32];
	bool done;
};

static int on_removed(sd_bus_message *m, void *arg, sd_bus_error *e)
{
	struct job *j = arg;
	const char *path = "", *unit = "", *result = "";
	uint32_t id;

	(void) e;
	if (lib.read(m, "uoss", &id, &path, &unit, &result) >= 0 && j->path && strcmp(path, j->path) == 0) {
		snprintf(j->result, sizeof j->result, "%s", result);
		j->done = true;
	}
	return 0;
}

static int await(sd_bus *bus, struct job *j, const char *what, struct err *err)
{
	uint64_t end = time_mono_us() + WAIT_US;

	while (!j->done) {
		int rc = lib.process(bus, NULL);
		uint64_t now = time_mono_us();

		if (rc < 0)
			return err_sys(err, -rc, "%s", what);
		if (now > end)
			return err_set(err, ERR_SYSTEM, "%s: systemd did not answer in time", what);
		if (rc == 0 && (rc = lib.wait(bus, end - now)) < 0)
			return err_sys(err, -rc, "%s", what);
	}
	return strcmp(j->result, "done") == 0
		       ? 0
		       : err_set(err, ERR_SYSTEM, "%s: the job ended with '%s'", what, j->result);
}

static int start_scope(
	sd_bus *bus, const char *slice, const char *scope, const char *id, pid_t pid, struct err *err)
{
	sd_bus_message *m = NULL, *reply = NULL;
	sd_bus_error e = SD_BUS_ERROR_NULL;
	struct job job = { 0 };
	char what[300];
	int rc;

	snprintf(what, sizeof what, "start systemd scope '%s'", scope);
	rc = lib.match_signal(bus, NULL, BUS, MANAGER, "JobRemoved", on_removed, &job);
	if (rc >= 0)
		rc = lib.new_call(bus, &m, BUS, MANAGER, "StartTransientUnit");
	if (rc >= 0)
		rc = lib.append(m, "ssa(sv)a(sa(sv))", scope, "fail", 5, "Description", "s", id, "Slice", "s",
			slice, "Delegate", "b", 1, "PIDs", "au", 1, (uint32_t) pid, "DefaultDependencies",
			"b", 0, 0);
	if (rc >= 0)
		rc = lib.call(bus, m, WAIT_US, &e, &reply);
	if (rc >= 0)
		rc = lib.read(reply, "o", &job.path);
	if (rc < 0)
		rc = e.message ? err_set(err, ERR_SYSTEM, "%s: %s", what, e.message)
			       : err_sys(err, -rc, "%s", what);
	else
		rc = await(bus, &job, what, err);
	lib.error_free(&e);
	lib.message_unref(m);
	lib.message_unref(reply);
	return rc;
}

/* The cgroup systemd has put the process into. */
static int cgroup_of(const struct cgroup_fs *fs, pid_t pid, char *ret, size_t size)
{
	auto_buf struct buf b = BUF_INIT(64 * 1024);
	char path[40], *at, *line;
	auto_close int fd = -EBADF;
	const char *list = fs->mode == CGROUP_V2 ? "" : "name=systemd";

	snprintf(path, sizeof path, "/proc/%d/cgroup", (int) pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || io_read_all(fd, &b) < 0)
		return -EIO;
	at = b.data;
	while (at && (line = strsep(&at, "\n"))) {
		char *a = strchr(line, ':'), *c = a ? strchr(a + 1, ':') : NULL;

		if (!c)
			continue;
		*c = '\0';
		if (strcmp(a + 1, list) == 0 && strcmp(c + 1, "/") != 0) {
			snprintf(ret, size, "%s", c + 1);
			return 0;
		}
	}
	return -ENOENT;
}

int systemd_scope_make(struct container *c, struct err *err)
{
	static char slice[256], scope[256];
	char path[900];
	auto_close int top = -EBADF;
	sd_bus *bus = NULL;
	pid_t holder;
	int rc;

	if ((rc = systemd_scope_names(c->cfg.cgroups_path, c->o.id, systemd_is_user(), slice, scope, err)) <
			0 ||
		(rc = connect_bus(&bus, err)) < 0)
		return rc;
	/* a scope without a process ends at once; this one holds it until the container is in */
	if ((holder = fork()) == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void) pause();
	}
	if (holder < 0) {
		lib.unref(bus);
		return err_sys(err, errno, "fork");
	}
	c->scope_holder = holder;
	rc = start_scope(bus, slice, scope, c->o.id, holder, err);
	lib.unref(bus);
	if (rc < 0)
		return rc;
	c->systemd_scope = scope;
	if (cgroup_of(&c->cg, holder, path, sizeof path) < 0)
		return err_set(err, ERR_SYSTEM, "systemd scope '%s': its cgroup was not found", scope);
	/* v2: a cgroup with processes of its own distributes nothing, so the container lives one level below the scope */
	snprintf(c->cgroup_path, sizeof c->cgroup_path, "%s%s", path,
		c->cg.mode == CGROUP_V2 ? "/container" : "");
	if (c->cg.mode != CGROUP_V2)
		return cgroup_make(&c->cg, c->cgroup_path, err);
	/* controllers can be passed down only when nothing sits in the scope itself, so the holder moves down first;
	 * until then not even the threaded ones may be enabled, or the new cgroup would be of an invalid type */
	if ((top = cgroup_dir_fd(&c->cg, path)) < 0 ||
		(mkdirat(top, "container", 0755) < 0 && errno != EEXIST))
		return err_sys(err, errno, "make cgroup '%s'", c->cgroup_path);
	snprintf(path, sizeof path, "%d", (int) holder);
	if ((rc = cgroup_set(&c->cg, c->cgroup_path, "cgroup", "cgroup.procs", path, err)) < 0)
		return rc;
	return cgroup_make(&c->cg, c->cgroup_path, err);
}

int systemd_scope_stop(const char *scope, struct err *err)
{
	sd_bus_message *m = NULL, *reply = NULL;
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int rc = connect_bus(&bus, err);

	if (rc < 0)
		return rc;
	rc = lib.new_call(bus, &m, BUS, MANAGER, "StopUnit");
	if (rc >= 0)
		rc = lib.append(m, "ss", scope, "replace");
	if (rc >= 0)
		rc = lib.call(bus, m, WAIT_US, &e, &reply);
	if (rc < 0)
		rc = e.name && strstr(e.name, "NoSuchUnit")
			     ? 0
			     : err_set(err, ERR_SYSTEM, "stop systemd scope '%s': %s", scope,
				       e.message ? e.message : strerror(-rc));
	lib.error_free(&e);
	lib.message_unref(m);
	lib.message_unref(reply);
	lib.unref(bus);
	return rc < 0 ? rc : 0;
}

int systemd_attach(const char *scope, pid_t pid, struct err *err)
{
	sd_bus_message *m = NULL, *reply = NULL;
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int rc = connect_bus(&bus, err);

	if (rc < 0)
		return rc;
	rc = lib.new_call(bus, &m, BUS, MANAGER, "AttachProcessesToUnit");
	if (rc >= 0)
		rc = lib.append(m, "ssau", scope, "/container", 1, (uint32_t) pid);
	if (rc >= 0)
		rc = lib.call(bus, m, WAIT_US, &e, &reply);
	if (rc < 0)
		rc = err_set(err, ERR_DENIED, "enter systemd scope '%s': %s", scope,
			e.message ? e.message : strerror(-rc));
	lib.error_free(&e);
	lib.message_unref(m);
	lib.message_unref(reply);
	lib.unref(bus);
	return rc < 0 ? rc : 0;
}
