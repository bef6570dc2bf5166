#include "runtime/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/dbus.h"
#include "pkg/util/io.h"
#include "pkg/util/proc.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"
#define JOB_REMOVED                                                                                          \
	"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='JobRemoved',path='" SYSTEMD_PATH \
	"'"
#define WAIT_US 25000000 /* what D-Bus clients wait for one call */

/* ---- the bus --------------------------------------------------------------------------------------------------------- */

/* Who we are outside: root of a user namespace is an ordinary user there. */
static uid_t outer_uid(void)
{
	char text[64] = "";
	auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned inside = 0, outside = 0;

	if (geteuid() == 0 && fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
		sscanf(text, "%u %u", &inside, &outside) == 2 && inside == 0) /* NOLINT */
		return outside;
	return geteuid();
}

/* A user's own manager when we are no real root; root of a user namespace has the user's bus too. */
bool systemd_is_user(void) { return outer_uid() != 0; }

static bool exists(const char *path) { return path[0] == '@' || access(path, F_OK) == 0; }

/* The bus, or systemd's private socket where there is no bus daemon (direct). */
static bool find_socket(char path[108], bool *direct)
{
	bool user = systemd_is_user();
	const char *address = getenv(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
	const char *dir = user ? getenv("XDG_RUNTIME_DIR") : "/run";
	char own[64];

	*direct = false;
	if (address && bus_address_path(address, path) && exists(path))
		return true;
	snprintf(own, sizeof own, "/run/user/%u", outer_uid());
	if (!dir || dir[0] != '/' || strlen(dir) > 80)
		dir = own;
	snprintf(path, 108, "%s/%s", dir, user ? "bus" : "dbus/system_bus_socket");
	if (exists(path))
		return true;
	*direct = true;
	snprintf(path, 108, "%s/systemd/private", dir);
	return exists(path);
}

/* jobs: the ends of jobs will be waited for. */
static int connect_bus(bool jobs, struct bus *ret, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(1024);
	const char *which = systemd_is_user() ? "user" : "system";
	char path[108];
	uint32_t serial;
	bool direct;
	int rc;

	if (!find_socket(path, &direct))
		return err_set(err, ERR_UNSUPPORTED,
			"connect to the %s bus of systemd: there is none; use --cgroup-manager cgroupfs",
			which);
	if ((rc = bus_open(path, outer_uid(), direct, WAIT_US, ret, err)) < 0)
		return err_wrap(err, "connect to the %s bus of systemd", which);
	if (direct || !jobs)
		return 0;
	bus_put_text(&body, JOB_REMOVED);
	if ((rc = bus_send(ret, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		     "AddMatch", "s", &body, &serial, err)) < 0)
		bus_close(ret);
	return rc;
}

/* gone: the unit not being there is success. */
static int call(struct bus *b, const char *member, const char *signature, const struct buf *body, bool gone,
	struct bus_msg *ret, struct err *err)
{
	const char *text = "";
	uint32_t serial;
	int rc;

	if ((rc = bus_send(b, SYSTEMD, SYSTEMD_PATH, MANAGER, member, signature, body, &serial, err)) < 0 ||
		(rc = bus_wait_reply(b, serial, ret, err)) < 0 || ret->type != BUS_ERROR)
		return rc;
	if (gone && strcmp(ret->error_name, SYSTEMD ".NoSuchUnit") == 0)
		return 0;
	if (ret->signature[0] == 's')
		(void) bus_get_text(ret, &text);
	rc = err_set(err, ERR_SYSTEM, "%s (%s)", text, ret->error_name);
	bus_msg_done(ret);
	return rc;
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

/* Reads signals until the job is over: JobRemoved(u id, o job, s unit, s result). */
static int wait_job(struct bus *b, const char *job, struct err *err)
{
	for (;;) {
		const char *which = "", *unit, *result = "";
		struct bus_msg m;
		uint32_t id;
		bool over;
		int rc = bus_next(b, &m, err);

		if (rc < 0)
			return rc;
		over = m.type == BUS_SIGNAL && strcmp(m.member, "JobRemoved") == 0 && bus_get_u32(&m, &id) &&
		       bus_get_text(&m, &which) && bus_get_text(&m, &unit) && bus_get_text(&m, &result) &&
		       strcmp(which, job) == 0;
		if (over && strcmp(result, "done") != 0)
			rc = err_set(err, ERR_SYSTEM, "the job ended with '%.40s'", result);
		bus_msg_done(&m);
		if (over)
			return rc;
	}
}

static void property(struct buf *b, const char *name, const char *signature)
{
	bus_put_align(b, 8);
	bus_put_text(b, name);
	bus_put_signature(b, signature);
}

static void property_text(struct buf *b, const char *name, const char *value)
{
	property(b, name, "s");
	bus_put_text(b, value);
}

static void property_bool(struct buf *b, const char *name, bool value)
{
	property(b, name, "b");
	bus_put_u32(b, value);
}

static void put_pids(struct buf *b, pid_t pid)
{
	size_t list = bus_array_begin(b, 4);

	bus_put_u32(b, (uint32_t) pid);
	bus_array_end(b, list, 4);
}

/* StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) aux) */
static void put_scope(struct buf *b, const char *slice, const char *scope, const char *id, pid_t pid)
{
	size_t list;

	bus_put_text(b, scope);
	bus_put_text(b, "fail");
	list = bus_array_begin(b, 8);
	property_text(b, "Description", id);
	property_text(b, "Slice", slice);
	property_bool(b, "Delegate", true);
	property(b, "PIDs", "au");
	put_pids(b, pid);
	property_bool(b, "DefaultDependencies", false);
	bus_array_end(b, list, 8);
	list = bus_array_begin(b, 8);
	bus_array_end(b, list, 8);
}

static int start_scope(const char *slice, const char *scope, const char *id, pid_t pid, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(16 * 1024);
	struct bus b = { .fd = -EBADF };
	const char *job = "";
	struct bus_msg m;
	int rc;

	put_scope(&body, slice, scope, id, pid);
	if ((rc = connect_bus(true, &b, err)) < 0)
		return rc;
	if ((rc = call(&b, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, false, &m, err)) == 0) {
		rc = bus_get_text(&m, &job) ? wait_job(&b, job, err)
					    : err_set(err, ERR_SYSTEM, "systemd's answer names no job");
		bus_msg_done(&m);
	}
	bus_close(&b);
	return rc < 0 ? err_wrap(err, "start systemd scope '%s'", scope) : 0;
}

/* v2: a cgroup with processes of its own distributes nothing, so the container lives one level below the scope, where the
 * annotation run.oci.systemd.subgroup does not name another place ("": in the scope itself). */
static int subgroup(const struct container *c, const char **ret, struct err *err)
{
	const char *v = config_annotation(&c->cfg, "run.oci.systemd.subgroup");

	*ret = v ? v : c->cg.mode == CGROUP_V2 ? "container" : "";
	if (v && (strchr(v, '/') || strcmp(v, ".") == 0 || strcmp(v, "..") == 0 || strlen(v) > 200))
		return err_set(err, ERR_INVALID,
			"annotation run.oci.systemd.subgroup '%s': is no name of a cgroup", v);
	return 0;
}

int systemd_scope_make(struct container *c, struct err *err)
{
	static char slice[256], scope[256];
	char path[900];
	const char *group;
	auto_close int top = -EBADF;
	pid_t holder;
	int rc;

	if ((rc = systemd_scope_names(c->cfg.cgroups_path, c->o.id, systemd_is_user(), slice, scope, err)) <
			0 ||
		(rc = subgroup(c, &group, err)) < 0)
		return rc;
	/* a scope without a process ends at once; this one holds it until the container is in */
	if ((holder = fork()) == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void) pause();
	}
	if (holder < 0)
		return err_sys(err, errno, "fork");
	c->scope_holder = holder;
	if ((rc = start_scope(slice, scope, c->o.id, holder, err)) < 0)
		return rc;
	c->systemd_scope = scope;
	if (cgroup_of_process(&c->cg, holder, path, sizeof path) < 0)
		return err_set(err, ERR_SYSTEM, "systemd scope '%s': its cgroup was not found", scope);
	snprintf(c->cgroup_path, sizeof c->cgroup_path, "%s%s%s", path, *group ? "/" : "", group);
	if (c->cg.mode != CGROUP_V2 || !*group)
		return cgroup_make(&c->cg, c->cgroup_path, err);
	/* controllers can be passed down only when nothing sits in the scope itself, so the holder moves down first;
	 * until then not even the threaded ones may be enabled, or the new cgroup would be of an invalid type */
	if ((top = cgroup_dir_fd(&c->cg, path)) < 0 || (mkdirat(top, group, 0755) < 0 && errno != EEXIST))
		return err_sys(err, errno, "make cgroup '%s'", c->cgroup_path);
	snprintf(path, sizeof path, "%d", (int) holder);
	if ((rc = cgroup_set(&c->cg, c->cgroup_path, "cgroup", "cgroup.procs", path, err)) < 0)
		return rc;
	return cgroup_make(&c->cg, c->cgroup_path, err);
}

/* One call whose answer says all. */
static int on_scope(
	const char *member, const char *signature, const struct buf *body, bool gone, struct err *err)
{
	struct bus b = { .fd = -EBADF };
	struct bus_msg m;
	int rc = connect_bus(false, &b, err);

	if (rc < 0)
		return rc;
	if ((rc = call(&b, member, signature, body, gone, &m, err)) == 0)
		bus_msg_done(&m);
	bus_close(&b);
	return rc;
}

int systemd_scope_stop(const char *scope, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(4096);
	int rc;

	bus_put_text(&body, scope);
	bus_put_text(&body, "replace");
	rc = on_scope("StopUnit", "ss", &body, true, err);
	return rc < 0 ? err_wrap(err, "stop systemd scope '%s'", scope) : 0;
}

int systemd_attach(const char *scope, const char *cgroup, pid_t pid, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(4096);
	const char *below = strstr(cgroup, scope);

	bus_put_text(&body, scope);
	bus_put_text(&body, below ? below + strlen(scope) : "");
	put_pids(&body, pid);
	if (on_scope("AttachProcessesToUnit", "ssau", &body, false, err) == 0)
		return 0;
	err->kind = ERR_DENIED;
	return err_wrap(err, "enter systemd scope '%s'", scope);
}
