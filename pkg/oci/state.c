#include "pkg/oci/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/oci/start.h"
#include "pkg/oci/tables.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static const char *const status_names[] = {
	[OCI_CREATING] = "creating",
	[OCI_CREATED] = "created",
	[OCI_RUNNING] = "running",
	[OCI_PAUSED] = "paused",
	[OCI_STOPPED] = "stopped",
};
static_assert(LEN(status_names) == OCI_STATUS_COUNT, "a name per status");

const char *oci_status_name(enum oci_status status) { return status_names[status]; }

static void put_str(json_t *o, const char *key, const char *value)
{
	if (value)
		(void) json_object_set_new_nocheck(o, key, json_string_nocheck(value));
}

static json_t *state_base(const struct oci_state *s, const char *version)
{
	json_t *o = json_object();

	if (!o)
		return NULL;
	put_str(o, "ociVersion", version);
	put_str(o, "id", s->id);
	(void) json_object_set_new_nocheck(o, "pid", json_integer(s->pid));
	put_str(o, "bundle", s->bundle);
	put_str(o, "rootfs", s->rootfs);
	put_str(o, "created", s->created);
	put_str(o, "owner", s->owner);
	if (s->annotations)
		(void) json_object_set_nocheck(o, "annotations", s->annotations);
	return o;
}

int oci_state_write(int dir, const struct oci_state *s, struct err *err)
{
	json_t *o = state_base(s, s->oci_version);
	auto_free char *text = NULL;
	int rc;

	if (!o)
		return err_sys(err, ENOMEM, "write the state");
	(void) json_object_set_new_nocheck(o, "startTime", json_integer((json_int_t) s->start_time));
	put_str(o, "cgroupPath", s->cgroup_path);
	put_str(o, "systemdScope", s->systemd_scope);
	put_str(o, "seccomp", s->seccomp);
	(void) json_object_set_new_nocheck(o, "namespaces", json_integer(s->namespaces));
	(void) json_object_set_new_nocheck(o, "chrooted", json_boolean(s->chrooted));
	(void) json_object_set_new_nocheck(o, "terminal", json_boolean(s->has_terminal));
	(void) json_object_set_new_nocheck(o, "noNewKeyring", json_boolean(s->no_new_keyring));
	(void) json_object_set_new_nocheck(o, "poststart", json_boolean(s->poststart));
	text = json_print(o);
	json_decref(o);
	if (!text)
		return err_sys(err, ENOMEM, "write the state");
	if ((rc = file_replace(dir, OCI_STATE_FILE, text, strlen(text), 0600, false)) < 0)
		return err_sys(err, -rc, "write '%s'", OCI_STATE_FILE);
	return 0;
}

static const char *get_str(const json_t *o, const char *key, const char *none)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : none;
}

int oci_state_read(int dir, struct oci_state *ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(STATUS_MAX);
	int rc = file_read(dir, OCI_STATE_FILE, PATH_IN_STATE, &b);

	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", OCI_STATE_FILE);
	return oci_state_parse(b.data ? b.data : "", b.len, ret, err);
}

int oci_state_parse(const char *text, size_t len, struct oci_state *ret, struct err *err)
{
	json_t *o;

	if (!(o = json_parse(text, len, err)))
		return err_wrap(err, "'%s'", OCI_STATE_FILE);
	if (!json_is_object(o) || !get_str(o, "id", NULL) || !get_str(o, "bundle", NULL)) {
		json_decref(o);
		return err_set(err, ERR_CORRUPT, "'%s' is not the state of a container", OCI_STATE_FILE);
	}
	*ret = (struct oci_state){
		.doc = o,
		.oci_version = get_str(o, "ociVersion", OCI_VERSION),
		.id = get_str(o, "id", ""),
		.bundle = get_str(o, "bundle", ""),
		.rootfs = get_str(o, "rootfs", ""),
		.created = get_str(o, "created", ""),
		.owner = get_str(o, "owner", ""),
		.cgroup_path = get_str(o, "cgroupPath", ""),
		.systemd_scope = get_str(o, "systemdScope", NULL),
		.seccomp = get_str(o, "seccomp", NULL),
		.annotations = json_object_get(o, "annotations"),
		.pid = (pid_t) json_integer_value(json_object_get(o, "pid")),
		.start_time = (uint64_t) json_integer_value(json_object_get(o, "startTime")),
		.namespaces = (unsigned) json_integer_value(json_object_get(o, "namespaces")),
		.chrooted = json_is_true(json_object_get(o, "chrooted")),
		.has_terminal = json_is_true(json_object_get(o, "terminal")),
		.no_new_keyring = json_is_true(json_object_get(o, "noNewKeyring")),
		.poststart = json_is_true(json_object_get(o, "poststart")),
	};
	return 0;
}

void oci_state_done(struct oci_state *s)
{
	json_decref(s->doc);
	*s = (struct oci_state){ 0 };
}

/* Alive means: that pid with that start time, and not yet a zombie. */
static bool init_is_alive(pid_t pid, uint64_t start_time)
{
	char name[40], text[1024], *p;
	auto_close int fd = -EBADF;
	ssize_t n;

	if (pid <= 0)
		return false;
	snprintf(name, sizeof name, "/proc/%d/stat", (int) pid);
	if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0 || (n = read(fd, text, sizeof text - 1)) <= 0)
		return false;
	text[n] = '\0';
	if (!(p = strrchr(text, ')')) || p[1] != ' ')
		return false;
	if (p[2] == 'Z' || p[2] == 'X')
		return false;
	for (int field = 2; field < 22; field++)
		if (!(p = strchr(p + 1, ' ')))
			return false;
	return strtoull(p + 1, NULL, 10) == start_time;
}

enum oci_status oci_state_status(int dir, const struct oci_state *s)
{
	if (s->pid == 0)
		return OCI_CREATING;
	if (!init_is_alive(s->pid, s->start_time))
		return OCI_STOPPED;
	return faccessat(dir, OCI_START_FIFO, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? OCI_CREATED : OCI_RUNNING;
}

json_t *oci_state_public(const struct oci_state *s, enum oci_status status)
{
	struct oci_state copy = *s;
	json_t *o;

	if (status == OCI_STOPPED)
		copy.pid = 0;
	if (!(o = state_base(&copy, s->oci_version)))
		return NULL;
	put_str(o, "status", oci_status_name(status));
	if (s->systemd_scope)
		put_str(o, "systemd-scope", s->systemd_scope);
	return o;
}
