/* A pod's rows, specs and state, read together; its lock and directories. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

int file_put(int dir, const char *name, const void *text, size_t n, mode_t mode)
{
	auto_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

	return fd < 0 ? -errno : io_write_all(fd, text, n);
}

/* The lock is a file of the pod's run directory, which a removal deletes: whoever waited for it must look whether what it
 * got is still the one with the name. */
int pod_lock(struct engine *e, const char *id, int *ret_fd, struct err *err)
{
	char path[PATH_TEXT];

	for (int tries = 1;; tries++) {
		auto_close int dir = dir_make(e->runroot_fd, path_pod(path, id), 0711);
		auto_close int fd =
			dir < 0 ? dir : openat(dir, PATH_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		struct stat st;
		int rc;

		if (dir < 0 || fd < 0) {
			int errnum = dir < 0 ? -dir : errno;

			if (errnum == ENOENT && tries < 1000) /* a sweep took the directory as we made it */
				continue;
			return err_sys(err, errnum, "open lock of pod %.12s", id);
		}
		if ((rc = lock_file(fd, true, true)) < 0)
			return err_sys(err, -rc, "lock pod %.12s", id);
		if (fstat(fd, &st) == 0 && st.st_nlink) {
			*ret_fd = fd_steal(&fd);
			return 0;
		}
	}
}

int pod_open_dirs(struct engine *e, struct pod *p, struct err *err)
{
	char path[PATH_TEXT];

	fd_close_p(&p->run_fd);
	fd_close_p(&p->data_fd);
	p->run_fd =
		path_open(e->runroot_fd, path_pod(path, p->row.id), PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	if (p->run_fd < 0 && p->run_fd != -ENOENT)
		return err_sys(err, -p->run_fd, "open '%s/%s'", e->runroot, path);
	p->data_fd = path_open(e->root_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	if (p->data_fd < 0 && p->data_fd != -ENOENT)
		return err_sys(err, -p->data_fd, "open '%s/%s'", e->root, path);
	return 0;
}

bool pod_monitor_alive(const struct pod *p)
{
	auto_close int fd = -EBADF;

	if (p->run_fd < 0)
		return false;
	fd = path_open(p->run_fd, PATH_ALIVE, PATH_IN_STATE, O_RDWR, 0);
	return fd >= 0 && !lock_is_free(fd);
}

static int status_decode(struct pod *p, const char *text, size_t len, struct err *err)
{
	json_t *v = json_parse(text, len, err);
	struct status st = { 0 };
	int rc;

	if (!v)
		return err_wrap(err, "status of '%s'", p->row.name);
	rc = decode_json(v, status_fields, &st, &p->arena, err);
	json_decref(v);
	if (rc < 0)
		return err_wrap(err, "status of '%s'", p->row.name);
	p->status = st;
	return 0;
}

/* Containers outlive a monitor that was killed; a command that wants something of them starts another (pod_connect). */
bool pod_has_live_process(const struct pod *p)
{
	for (size_t i = 0; i < p->status.containers.n; i++) {
		const struct status_container *s = LIST_AT(p->status.containers, struct status_container, i);

		if (s->pid > 0 && s->state != CTR_EXITED && proc_is_alive((pid_t) s->pid, s->start_time))
			return true;
	}
	return false;
}

/* It ran, and a reboot took what was known of it. */
static int status_lost(struct pod *p, struct err *err)
{
	struct status_container *c = arena_array(&p->arena, p->n + 1, sizeof *c);

	if (!c)
		return err_sys(err, ENOMEM, "status of '%s'", p->row.name);
	for (size_t i = 0; i < p->n; i++)
		c[i] = (struct status_container){
			.id = p->ctr[i].id,
			.name = p->ctr[i].short_name,
			.role = (char *) (uintptr_t) container_role_names[p->ctr[i].role],
			.state = CTR_EXITED,
			.exit_code = 137,
			.ran = true,
			.reason = (char *) "ContainerStatusUnknown",
			.message = (char *) "the machine was restarted while it ran",
		};
	p->status = (struct status){ .version = 1, .ended = true };
	p->status.containers.v = c;
	p->status.containers.n = p->n;
	return 0;
}

/* The monitor's file says what is; what cleanup recorded in the row is older, or the last word. */
int pod_read_status(struct engine *e, struct pod *p, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(STATUS_MAX);
	int rc;

	(void) e;
	p->alive = pod_monitor_alive(p);
	rc = p->run_fd < 0 ? -ENOENT : file_read(p->run_fd, PATH_STATUS, PATH_IN_STATE, &b);
	if (rc == -ENOENT) {
		if (p->row.status)
			return status_decode(p, p->row.status, strlen(p->row.status), err);
		if (p->row.state == ROW_EXITED && p->n)
			return status_lost(p, err);
		p->status = (struct status){ 0 };
		return 0;
	}
	if (rc < 0)
		return err_sys(err, -rc, "read status of '%s'", p->row.name);
	if ((rc = status_decode(p, b.data ? b.data : "", b.len, err)) < 0)
		return rc;
	p->orphan = !p->alive && p->row.state == ROW_STARTED && pod_has_live_process(p);
	p->alive = p->alive || p->orphan;
	if (!p->alive && p->row.state == ROW_STARTED) /* everything of it was killed at once */
		pod_assume_ended(p);
	return 0;
}

static int spec_decode(
	const char *text, const struct field *table, void *spec, struct arena *a, struct err *err)
{
	json_t *v = json_parse(text ? text : "{}", text ? strlen(text) : 2, err);
	int rc;

	if (!v)
		return err_wrap(err, "stored spec");
	rc = decode_json(v, table, spec, a, err);
	json_decref(v);
	return rc < 0 ? err_wrap(err, "stored spec") : 0;
}

static int load(struct engine *e, const char *id, struct pod *p, struct err *err)
{
	int rc;

	if ((rc = store_pod_get(e->store, id, &p->arena, &p->row, err)) < 0 ||
		(rc = store_ctrs(e->store, id, &p->arena, &p->ctr_row, &p->n, err)) < 0 ||
		(rc = spec_decode(p->row.spec, pod_spec_fields, &p->spec, &p->arena, err)) < 0)
		return rc;
	if (!(p->ctr = arena_array(&p->arena, p->n + 1, sizeof *p->ctr)))
		return err_sys(err, ENOMEM, "load pod");
	for (size_t i = 0; i < p->n; i++)
		if ((rc = spec_decode(
			     p->ctr_row[i].spec, container_spec_fields, &p->ctr[i], &p->arena, err)) < 0)
			return err_wrap(err, "container '%s'", p->ctr_row[i].name);
	if ((rc = pod_open_dirs(e, p, err)) < 0)
		return rc;
	return pod_read_status(e, p, err);
}

int pod_load(struct engine *e, const char *id, bool lock, struct pod *ret, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc;

	if (lock) {
		/* a row must be there before its lock's directory is made: an id may be of yesterday */
		if ((rc = store_pod_get(e->store, id, &p.arena, &p.row, err)) < 0 ||
			(rc = pod_lock(e, id, &p.lock_fd, err)) < 0)
			return rc;
	}
	if ((rc = load(e, id, &p, err)) < 0) {
		if (lock &&
			err->kind == ERR_NOT_FOUND) { /* removed while we waited: leave no directory behind */
			char path[PATH_TEXT];

			(void) unlinkat(e->runroot_fd, path_pod_file(path, id, PATH_LOCK), 0);
			(void) unlinkat(e->runroot_fd, path_pod(path, id), AT_REMOVEDIR);
		}
		return rc;
	}
	*ret = p;
	p = (struct pod){ .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	return 0;
}

void pod_done(struct pod *p)
{
	fd_close_p(&p->lock_fd);
	fd_close_p(&p->run_fd);
	fd_close_p(&p->data_fd);
	arena_done(&p->arena);
}

struct container_spec *pod_ctr(const struct pod *p, const char *id, size_t *ret_i)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->ctr[i].id, id) == 0) {
			if (ret_i)
				*ret_i = i;
			return &p->ctr[i];
		}
	return NULL;
}

const struct container_spec *pod_infra(const struct pod *p)
{
	return p->n && p->ctr[0].role == ROLE_INFRA ? &p->ctr[0] : NULL;
}

const struct status_container *pod_status_of(const struct pod *p, const char *ctr)
{
	for (size_t i = 0; i < p->status.containers.n; i++) {
		const struct status_container *s = LIST_AT(p->status.containers, struct status_container, i);

		if (s->id && strcmp(s->id, ctr) == 0)
			return s;
	}
	return NULL;
}

static bool is_live(int state)
{
	return state == CTR_RUNNING || state == CTR_STARTING || state == CTR_STOPPING || state == CTR_WAITING;
}

const char *pod_state_word(const struct pod *p)
{
	size_t n = 0, live = 0, paused = 0, exited = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);
		bool done_init =
			p->ctr[i].role == ROLE_INIT && s && s->state == CTR_EXITED && s->exit_code == 0;

		if (done_init)
			continue;
		n++;
		if (!s || s->state == CTR_CREATED)
			continue;
		if (!p->alive || s->state == CTR_EXITED)
			exited++;
		else if (s->state == CTR_PAUSED)
			paused++;
		else if (is_live(s->state))
			live++;
	}
	if (!exited && !live && !paused)
		return "Created";
	if (live == n)
		return "Running";
	if (paused == n)
		return "Paused";
	if (live || paused)
		return "Degraded";
	return "Exited";
}
