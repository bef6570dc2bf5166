/*
 * A container's root file system, for commands that look into it from outside.
 *
 * A running one's is the monitor's, by descriptor.  That of one that does not run is put together for the call: a child of
 * ours enters a mount namespace of its own, mounts the overlay there, opens it and sends the descriptor; with the child its
 * namespace goes, so a command that is killed leaves no mount behind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/container/user.h"
#include "pkg/engine/mounts.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define OPTIONS_MAX 4096 /* one page: what mount(2) takes */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "open the root file system"); }

/* ---- a view of layers -------------------------------------------------------------------------------------------------- */

struct view {
	const char *path[LAYERS_MAX + 3]; /* directories the options name, by the numbers of 'fd' */
	int fd[LAYERS_MAX + 3];
	size_t n;
	char options[OPTIONS_MAX];
	unsigned long flags;
};

/* overlay takes only directories of the mount namespace it is mounted in: each is opened again, as the same number. */
static int view_reopen(const struct view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		int fd = open(v->path[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || dup3(fd, v->fd[i], O_CLOEXEC) < 0)
			return -1;
		(void) close(fd);
	}
	return 0;
}

/* After fork, before _exit: system calls alone.  Directories are named by descriptor number, so that any number of layers and
 * any character in a path fit. */
static void view_child(int sock, const char *target, const struct view *v)
{
	int rc = 0, fd = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		view_reopen(v) < 0 || chdir("/proc/self/fd") < 0 ||
		mount("overlay", target, "overlay", v->flags, v->options) < 0 ||
		(fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		rc = errno;
	(void) fd_send(sock, &rc, sizeof rc, &fd, fd >= 0 ? 1 : 0);
	_exit(0);
}

static int view_mount(struct engine *e, const struct view *v, int *ret, struct err *err)
{
	auto_close int ours = -EBADF, theirs = -EBADF;
	int pair[2], fd = -EBADF, answer = EPROTO;
	size_t nfds = 1;
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make a socket");
	ours = pair[0];
	theirs = pair[1];
	if ((pid = fork()) < 0)
		return err_sys(err, errno, "fork");
	if (pid == 0)
		view_child(theirs, e->runroot, v);
	fd_close_p(&theirs);
	n = fd_recv(ours, &answer, sizeof answer, &fd, &nfds, 0);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof answer)
		return err_set(err, ERR_SYSTEM, "mount a view of the container: the child died");
	if (answer || nfds != 1)
		return err_sys(err, answer ? answer : EPROTO, "mount a view of the container");
	*ret = fd;
	return 0;
}

static int view_add(struct view *v, const char *path, int fd, size_t *used, const char *before)
{
	int n = snprintf(v->options + *used, sizeof v->options - *used, "%s%d", before, fd);

	if (v->n == LEN(v->path) || n < 0 || (size_t) n >= sizeof v->options - *used)
		return -E2BIG;
	*used += (size_t) n;
	v->path[v->n] = path;
	v->fd[v->n++] = fd;
	return 0;
}

/* The same where everybody sees it; directories are named by number for as long as we stand in /proc/self/fd. */
static int view_mount_at(const struct view *v, const char *at, struct err *err)
{
	auto_close int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (chdir("/proc/self/fd") < 0 ||
		mount("overlay", at, "overlay", v->flags | MS_NODEV, v->options) < 0)
		rc = err_sys(err, errno, "mount the container on '%s'", at);
	if (here >= 0)
		(void) !fchdir(here);
	return rc;
}

/* upper: directory with 'upper' and 'work' below it, which make the view writable; NULL: read-only.  at: mounted there, and
 * *ret is not touched; NULL: only opened. */
static int view_open(struct engine *e, struct arena *a, const struct strs *dirs, const char *upper,
	const char *at, int *ret, struct err *err)
{
	auto_layers struct layers l = { .n = 0 };
	auto_close int up = -EBADF, work = -EBADF;
	struct view *v = arena_alloc(a, sizeof *v);
	char *path[2] = { NULL, NULL };
	size_t used = 0;
	int rc;

	if (!v)
		return no_memory(err);
	if ((rc = layers_open(dirs, &l, err)) < 0)
		return rc;
	if (!upper && l.n == 1 && !at) {
		*ret = fd_steal(&l.fd[0]);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		rc = view_add(v, dirs->v[i], l.fd[i], &used, i ? ":" : "lowerdir=");
	if (rc == 0 && upper) {
		if (!(path[0] = arena_printf(a, "%s/upper", upper)) ||
			!(path[1] = arena_printf(a, "%s/work", upper)))
			return no_memory(err);
		if ((up = open(path[0], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
			(work = open(path[1], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
			return err_sys(err, errno, "open the writable layer");
		if ((rc = view_add(v, path[0], up, &used, ",upperdir=")) == 0)
			rc = view_add(v, path[1], work, &used, ",workdir=");
	}
	if (rc == 0 && e->in_userns &&
		snprintf(v->options + used, sizeof v->options - used, ",userxattr") >=
			(int) (sizeof v->options - used))
		rc = -E2BIG;
	if (rc < 0)
		return err_set(err, ERR_UNSUPPORTED, "the container has more layers than one mount takes");
	v->flags = upper ? 0 : MS_RDONLY;
	return at ? view_mount_at(v, at, err) : view_mount(e, v, ret, err);
}

int pod_view_open(struct engine *e, const struct strs *dirs, struct arena *a, int *ret_fd, struct err *err)
{
	return view_open(e, a, dirs, NULL, NULL, ret_fd, err);
}

/* ---- the container's --------------------------------------------------------------------------------------------------- */

static int from_monitor(
	struct engine *e, struct pod *p, const struct container_spec *c, int *ret, struct err *err)
{
	auto_close int sock = -EBADF;
	struct monitor_msg m;
	int rc;

	if ((rc = pod_connect(e, p, &sock, err)) < 0 ||
		(rc = monitor_send(
			 sock, json_pack("{s:s, s:s}", "op", "ROOTFS_FD", "ctr", c->id), NULL, 0, err)) < 0)
		return rc;
	if ((rc = monitor_recv(sock, &m, err)) <= 0)
		return rc < 0 ? rc : err_set(err, ERR_REMOTE, "the pod's monitor went away");
	if (m.kind != PROTO_JSON)
		rc = err_set(err, ERR_REMOTE, "the pod's monitor answered with data");
	else if ((rc = monitor_answer_err(m.json, err)) >= 0 && !m.nfds)
		rc = err_set(err, ERR_REMOTE, "the pod's monitor sent no root file system");
	if (rc >= 0) {
		*ret = m.fds[0];
		m.fds[0] = -EBADF;
		rc = 0;
	}
	monitor_msg_done(&m);
	return rc;
}

static bool has_process(const struct pod *p, const char *ctr)
{
	const struct status_container *s = pod_status_of(p, ctr);

	return p->alive && s &&
	       (s->state == CTR_RUNNING || s->state == CTR_PAUSED || s->state == CTR_STOPPING);
}

static int image_layers(
	struct engine *e, const struct container_spec *c, struct arena *a, struct strs *ret, struct err *err)
{
	struct image_row img;
	int rc = store_image_get(e->store, c->image_id, a, &img, err);

	return rc < 0 ? err_wrap(err, "image '%s'", c->image) : image_lowers(e, &img, a, ret, err);
}

int pod_image_open(
	struct engine *e, struct pod *p, const struct container_spec *c, int *ret_fd, struct err *err)
{
	struct strs dirs = { 0 };
	int rc;

	if (c->rootfs && *c->rootfs)
		rc = strs_add(&dirs, &p->arena, c->rootfs) < 0 ? no_memory(err) : 0;
	else if (!c->image_id || !*c->image_id)
		rc = err_set(err, ERR_INVALID, "container %s has no image", c->name);
	else
		rc = image_layers(e, c, &p->arena, &dirs, err);
	return rc < 0 ? rc : view_open(e, &p->arena, &dirs, NULL, NULL, ret_fd, err);
}

static int copy_open(
	struct engine *e, struct pod *p, const struct container_spec *c, int *ret_fd, struct err *err)
{
	struct strs upper = { 0 };
	char path[PATH_TEXT];
	int rc = pod_vfs_fill(e, p, c, err);

	if (rc < 0)
		return rc;
	if (strs_addf(&upper, &p->arena, "%s/%s/upper", e->root, path_ctr_data(path, p->row.id, c->id)) < 0)
		return no_memory(err);
	return view_open(e, &p->arena, &upper, NULL, NULL, ret_fd, err);
}

int pod_rootfs_open(struct engine *e, struct pod *p, const struct container_spec *c, bool writable,
	int *ret_fd, struct err *err)
{
	const char *upper;
	struct strs dirs = { 0 };
	bool ended;
	char path[PATH_TEXT];
	int rc;

	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "the infra container of a pod has no files");
	if (e->vfs && !writable && !(c->rootfs && *c->rootfs)) /* what is on the disk is all there is */
		return copy_open(e, p, c, ret_fd, err);
	/* the running one's owners are shifted in a user namespace; what is on the disk has them as the container sees them */
	if (has_process(p, c->id) && (writable || !pod_has_userns(&p->spec) || (c->rootfs && *c->rootfs)))
		return from_monitor(e, p, c, ret_fd, err);
	if (c->rootfs && *c->rootfs)
		return pod_image_open(e, p, c, ret_fd, err);
	if (!e->vfs && (rc = image_layers(e, c, &p->arena, &dirs, err)) < 0)
		return rc;
	if (!(upper = arena_printf(&p->arena, "%s/%s", e->root, path_ctr_data(path, p->row.id, c->id))))
		return no_memory(err);
	/* what such a container wrote is not kept for its next start: its overlay may be half on disk after a crash */
	ended = (p->spec.autoremove || p->spec.kube) && pod_status_of(p, c->id);
	if (writable && ended)
		return err_set(err, ERR_STATE,
			"container %s has ended, and what is written into it now would not be there when it "
			"starts again",
			c->name);
	if (e->vfs)
		return copy_open(e, p, c, ret_fd, err);
	if (!writable) {
		struct strs all = { 0 };

		if (strs_addf(&all, &p->arena, "%s/upper", upper) < 0 ||
			strs_add_all(&all, &p->arena, &dirs) < 0)
			return no_memory(err);
		return view_open(e, &p->arena, &all, NULL, NULL, ret_fd, err);
	}
	return view_open(e, &p->arena, &dirs, upper, NULL, ret_fd, err);
}

/* ---- on the host --------------------------------------------------------------------------------------------------------- */

/* The monitor's own mounts, seen through it: nothing may have the same writable layer mounted twice. */
static const char *running_path(struct engine *e, const struct pod *p, const struct container_spec *c)
{
	char path[PATH_TEXT];

	return arena_printf((struct arena *) (uintptr_t) &p->arena, "/proc/%lld/root%s/%s",
		(long long) p->status.monitor, e->runroot, path_ctr_file(path, p->row.id, c->id, "rootfs"));
}

int pod_mounted(
	struct engine *e, struct pod *p, const struct container_spec *c, const char **ret, struct err *err)
{
	*ret = NULL;
	if (c->rootfs && *c->rootfs)
		return 0;
	if (has_process(p, c->id))
		*ret = running_path(e, p, c);
	else if (mounts_has(e, MOUNTS_OF_CONTAINERS, c->id))
		*ret = mounts_path(e, MOUNTS_OF_CONTAINERS, c->id, &p->arena);
	else
		return 0;
	return *ret ? 0 : no_memory(err);
}

/* A copy of the image is a directory like any other. */
static int copy_mount_at(const char *data, bool writable, const char *at, struct err *err)
{
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_NODEV | (writable ? 0UL : MS_RDONLY);
	char path[PATH_MAX];

	(void) snprintf(path, sizeof path, "%s/upper", data);
	if (mount(path, at, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, errno, "mount the container on '%s'", at);
	if (mount(NULL, at, NULL, flags, NULL) == 0)
		return 0;
	(void) err_sys(err, errno, "mount the container on '%s'", at);
	(void) umount2(at, MNT_DETACH);
	return -err->errnum;
}

int pod_mount(
	struct engine *e, struct pod *p, const struct container_spec *c, const char **ret, struct err *err)
{
	struct strs dirs = { 0 };
	char path[PATH_TEXT];
	const char *upper, *at;
	bool kept;
	int rc, dir;

	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "the infra container of a pod has no files");
	if (c->rootfs && *c->rootfs) {
		*ret = c->rootfs;
		return 0;
	}
	if ((rc = pod_mounted(e, p, c, ret, err)) < 0 || *ret)
		return rc;
	/* see pod_rootfs_open: such a layer is only to be looked at */
	kept = !((p->spec.autoremove || p->spec.kube) && pod_status_of(p, c->id));
	upper = arena_printf(&p->arena, "%s/%s", e->root, path_ctr_data(path, p->row.id, c->id));
	at = mounts_path(e, MOUNTS_OF_CONTAINERS, c->id, &p->arena);
	if (!upper || !at || (!kept && strs_addf(&dirs, &p->arena, "%s/upper", upper) < 0))
		return no_memory(err);
	if ((rc = e->vfs ? pod_vfs_fill(e, p, c, err) : image_layers(e, c, &p->arena, &dirs, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, MOUNTS_OF_CONTAINERS "/%s", c->id);
	if ((dir = dir_make(e->runroot_fd, path, 0711)) < 0)
		return err_sys(err, -dir, "make '%s'", at);
	(void) close(dir);
	if (e->vfs)
		rc = copy_mount_at(upper, kept, at, err);
	else
		rc = view_open(e, &p->arena, &dirs, kept ? upper : NULL, at, NULL, err);
	if (rc < 0) {
		(void) unlinkat(e->runroot_fd, path, AT_REMOVEDIR);
		return rc;
	}
	*ret = at;
	return 0;
}
