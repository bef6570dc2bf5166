#include "pkg/engine/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/dbus.h"
#include "pkg/util/limits.h"

#define TIMEOUT_US (30 * 1000000ULL)
#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"
#define JOB_REMOVED                                                                                          \
	"type='signal',sender='" SYSTEMD "',interface='" MANAGER "',member='JobRemoved',path='" SYSTEMD_PATH \
	"'"

/* ---- which socket --------------------------------------------------------------------------------------------------- */

struct place {
	char path[108];
	bool direct; /* systemd's private socket: there where no D-Bus daemon is installed */
};

static bool exists(const char *path) { return path[0] == '@' || access(path, F_OK) == 0; }

static bool find_place(const struct engine *e, struct place *p)
{
	const char *dir = e->opt->xdg_runtime_dir;
	char own[64];

	p->direct = false;
	if (!e->rootless) {
		(void) snprintf(p->path, sizeof p->path, "/run/dbus/system_bus_socket");
		if (exists(p->path))
			return true;
		p->direct = true;
		(void) snprintf(p->path, sizeof p->path, "/run/systemd/private");
		return exists(p->path);
	}
	if (e->opt->dbus_address && bus_address_path(e->opt->dbus_address, p->path) && exists(p->path))
		return true;
	(void) snprintf(own, sizeof own, "/run/user/%u", (unsigned) e->uid);
	if (!dir || dir[0] != '/' || strlen(dir) > 80)
		dir = own;
	(void) snprintf(p->path, sizeof p->path, "%s/bus", dir);
	if (exists(p->path))
		return true;
	p->direct = true;
	(void) snprintf(p->path, sizeof p->path, "%s/systemd/private", dir);
	return exists(p->path);
}

bool scope_bus_present(const struct engine *e)
{
	struct place p;

	return find_place(e, &p);
}

static int open_manager(const struct engine *e, bool jobs, struct bus *ret, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(1 * KiB);
	struct place p;
	uint32_t serial;
	int rc;

	if (!find_place(e, &p))
		return err_set(err, ERR_UNSUPPORTED,
			"no %s bus: systemd cannot be asked for a scope; use --cgroup-manager cgroupfs",
			e->rootless ? "user" : "system");
	if ((rc = bus_open(p.path, e->uid, p.direct, TIMEOUT_US, ret, err)) < 0 || p.direct || !jobs)
		return rc;
	bus_put_text(&body, JOB_REMOVED);
	rc = bus_send(ret, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		"AddMatch", "s", &body, &serial, err);
	if (rc < 0)
		bus_close(ret);
	return rc;
}

/* ---- calls and jobs -------------------------------------------------------------------------------------------------- */

static int error_of(struct bus_msg *m, const char *unit, struct err *err)
{
	const char *text = "";

	if (m->signature[0] == 's')
		(void) bus_get_text(m, &text);
	if (strcmp(m->error_name, SYSTEMD ".UnitExists") == 0)
		return err_set(err, ERR_EXISTS, "systemd has a unit '%s' already", unit);
	if (strcmp(m->error_name, SYSTEMD ".NoSuchUnit") == 0)
		return err_set(err, ERR_NOT_FOUND, "systemd has no unit '%s'", unit);
	if (strcmp(m->error_name, "org.freedesktop.DBus.Error.AccessDenied") == 0 ||
		strcmp(m->error_name, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0)
		return err_set(err, ERR_DENIED, "systemd does not let us manage '%s': %s", unit, text);
	return err_set(err, ERR_REMOTE, "systemd, unit '%s': %s (%s)", unit, text, m->error_name);
}

static int call(struct bus *b, const char *member, const char *signature, const struct buf *body,
	const char *unit, struct bus_msg *ret, struct err *err)
{
	uint32_t serial;
	int rc;

	if ((rc = bus_send(b, SYSTEMD, SYSTEMD_PATH, MANAGER, member, signature, body, &serial, err)) < 0 ||
		(rc = bus_wait_reply(b, serial, ret, err)) < 0)
		return rc;
	if (ret->type != BUS_ERROR)
		return 0;
	rc = error_of(ret, unit, err);
	bus_msg_done(ret);
	return rc;
}

/* Reads signals until the job is done: JobRemoved(u id, o job, s unit, s result). */
static int wait_job(struct bus *b, const char *job, const char *unit, struct err *err)
{
	for (;;) {
		const char *which = "", *name, *result = "";
		struct bus_msg m;
		uint32_t id;
		int rc = bus_next(b, &m, err);

		if (rc < 0)
			return rc;
		if (m.type == BUS_SIGNAL && strcmp(m.member, "JobRemoved") == 0 && bus_get_u32(&m, &id) &&
			bus_get_text(&m, &which) && bus_get_text(&m, &name) && bus_get_text(&m, &result) &&
			strcmp(which, job) == 0) {
			if (strcmp(result, "done") != 0)
				rc = err_set(err, ERR_REMOTE,
					"systemd could not do it: job for '%s' ended as '%.40s'", unit,
					result);
			bus_msg_done(&m);
			return rc;
		}
		bus_msg_done(&m);
	}
}

static int call_and_wait(struct bus *b, const char *member, const char *signature, const struct buf *body,
	const char *unit, struct err *err)
{
	const char *job = "";
	struct bus_msg m;
	int rc = call(b, member, signature, body, unit, &m, err);

	if (rc < 0)
		return rc;
	if (!bus_get_text(&m, &job))
		rc = err_set(err, ERR_REMOTE, "systemd's answer names no job");
	else
		rc = wait_job(b, job, unit, err);
	bus_msg_done(&m);
	return rc;
}

/* ---- properties ------------------------------------------------------------------------------------------------------ */

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

/* StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) aux) */
static void put_scope(struct buf *b, const char *unit, const char *description, pid_t pid, const char *slice)
{
	size_t list, pids;

	bus_put_text(b, unit);
	bus_put_text(b, "replace");
	list = bus_array_begin(b, 8);
	property_text(b, "Description", description);
	if (slice)
		property_text(b, "Slice", slice);
	property(b, "PIDs", "au");
	pids = bus_array_begin(b, 4);
	bus_put_u32(b, (uint32_t) pid);
	bus_array_end(b, pids, 4);
	property(b, "Delegate", "b");
	bus_put_u32(b, 1);
	property(b, "TasksMax", "t"); /* a pod's own limit counts, not the default of all scopes */
	bus_put_u64(b, UINT64_MAX);
	property_text(b, "CollectMode",
		"inactive-or-failed"); /* nothing stays behind when its last process is killed */
	bus_array_end(b, list, 8);
	list = bus_array_begin(b, 8);
	bus_array_end(b, list, 8);
}

int scope_start(struct engine *e, const char *unit, const char *description, pid_t pid, const char *slice,
	struct err *err)
{
	auto_buf struct buf body = BUF_INIT(16 * KiB);
	struct bus b = { .fd = -EBADF };
	int rc;

	put_scope(&body, unit, description, pid, slice);
	if (open_manager(e, true, &b, err) < 0)
		return err_wrap(err, "scope '%s'", unit);
	rc = call_and_wait(&b, "StartTransientUnit", "ssa(sv)a(sa(sv))", &body, unit, err);
	bus_close(&b);
	return rc < 0 ? err_wrap(err, "scope '%s'", unit) : 0;
}

static int on_unit(struct engine *e, const char *member, const char *signature, const struct buf *body,
	const char *unit, bool job, struct err *err)
{
	struct bus_msg m;
	struct bus b = { .fd = -EBADF };
	int rc;

	if (open_manager(e, job, &b, err) < 0)
		return err_wrap(err, "scope '%s'", unit);
	if (job)
		rc = call_and_wait(&b, member, signature, body, unit, err);
	else if ((rc = call(&b, member, signature, body, unit, &m, err)) == 0)
		bus_msg_done(&m);
	bus_close(&b);
	if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	return rc < 0 ? err_wrap(err, "scope '%s'", unit) : 0;
}

int scope_stop(struct engine *e, const char *unit, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(4 * KiB);

	bus_put_text(&body, unit);
	bus_put_text(&body, "replace");
	return on_unit(e, "StopUnit", "ss", &body, unit, true, err);
}

int scope_reset(struct engine *e, const char *unit, struct err *err)
{
	auto_buf struct buf body = BUF_INIT(4 * KiB);

	bus_put_text(&body, unit);
	return on_unit(e, "ResetFailedUnit", "s", &body, unit, false, err);
}
