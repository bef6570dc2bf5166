/*
 * A container's root file system, for commands that look into it from outside.
 *
 * A running one's is the monitor's, by descriptor.  That of one that does not run is put together for the call: a child of
 * ours enters a mount namespace of its own, mounts the overlay there, opens it and sends the descriptor; with the child its
 * namespace goes, so a command that is killed leaves no mount behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/container/user.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"

#define OPTIONS_MAX 4096 /* one page: what mount(2) takes */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "open the root file system"); }

/* ---- a view of layers -------------------------------------------------------------------------------------------------- */

/* After fork, before _exit: system calls alone.  Directories are named by descriptor number, so that any number of layers and
 * any character in a path fit. */
static void view_child(int sock, const char *target, const char *options, unsigned long flags)
{
	int rc = 0, fd = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		chdir("/proc/self/fd") < 0 || mount("overlay", target, "overlay", flags, options) < 0 ||
		(fd = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		rc = errno;
	(void) fd_send(sock, &rc, sizeof rc, &fd, fd >= 0 ? 1 : 0);
	_exit(0);
}

static int view_mount(struct engine *e, const char *options, unsigned long flags, int *ret, struct err *err)
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
		view_child(theirs, e->runroot, options, flags);
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

/* upper: open directories 'upper' and 'work' below it make the view writable; -EBADF: read-only. */
static int view_open(struct engine *e, const struct strs *dirs, int upper, int *ret, struct err *err)
{
	auto_layers struct layers l = { .n = 0 };
	auto_close int up = -EBADF, work = -EBADF;
	char options[OPTIONS_MAX];
	size_t used;
	int rc;

	if ((rc = layers_open(dirs, &l, err)) < 0)
		return rc;
	if (upper < 0 && l.n == 1) {
		*ret = fd_steal(&l.fd[0]);
		return 0;
	}
	used = (size_t) snprintf(options, sizeof options, "lowerdir=");
	for (size_t i = 0; i < l.n && used < sizeof options; i++)
		used += (size_t) snprintf(options + used, sizeof options - used, "%s%d", i ? ":" : "", l.fd[i]);
	if (upper >= 0) {
		if ((up = path_open(upper, "upper", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0 ||
			(work = path_open(upper, "work", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
			return err_sys(err, up < 0 ? -up : -work, "open the writable layer");
		if (used < sizeof options)
			used += (size_t) snprintf(
				options + used, sizeof options - used, ",upperdir=%d,workdir=%d", up, work);
	}
	if (e->in_userns && used < sizeof options)
		used += (size_t) snprintf(options + used, sizeof options - used, ",userxattr");
	if (used >= sizeof options)
		return err_set(err, ERR_UNSUPPORTED, "the container has more layers than one mount takes");
	return view_mount(e, options, upper < 0 ? MS_RDONLY : 0, ret, err);
}

/* ---- the container's --------------------------------------------------------------------------------------------------- */

/* An embedded 0: there is none, the container has no mounted root. */
static int from_monitor(struct engine *e, struct pod *p, const struct container_spec *c, int *ret, struct err *err)
{
	auto_close int sock = -EBADF;
	struct monitor_msg m;
	int rc;

	if ((rc = pod_connect(e, p, &sock, err)) < 0 ||
		(rc = monitor_send(sock, json_pack("{s:s, s:s}", "op", "ROOTFS_FD", "ctr", c->id), NULL, 0, err)) < 0)
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

	return p->alive && s && (s->state == CTR_RUNNING || s->state == CTR_PAUSED || s->state == CTR_STOPPING);
}

static int image_layers(struct engine *e, const struct container_spec *c, struct arena *a, struct strs *ret, struct err *err)
{
	struct image_row img;
	int rc = store_image_get(e->store, c->image_id, a, &img, err);

	return rc < 0 ? err_wrap(err, "image '%s'", c->image) : image_lowers(e, &img, a, ret, err);
}

int pod_image_open(struct engine *e, struct pod *p, const struct container_spec *c, int *ret_fd, struct err *err)
{
	struct strs dirs = { 0 };
	int rc;

	if (c->rootfs && *c->rootfs)
		rc = strs_add(&dirs, &p->arena, c->rootfs) < 0 ? no_memory(err) : 0;
	else if (!c->image_id || !*c->image_id)
		rc = err_set(err, ERR_INVALID, "container %s has no image", c->name);
	else
		rc = image_layers(e, c, &p->arena, &dirs, err);
	return rc < 0 ? rc : view_open(e, &dirs, -EBADF, ret_fd, err);
}

int pod_rootfs_open(struct engine *e, struct pod *p, const struct container_spec *c, bool writable, int *ret_fd,
	struct err *err)
{
	auto_close int upper = -EBADF;
	struct strs dirs = { 0 };
	bool ended;
	char path[PATH_TEXT];
	int rc;

	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_INVALID, "the infra container of a pod has no files");
	if (has_process(p, c->id))
		return from_monitor(e, p, c, ret_fd, err);
	if (c->rootfs && *c->rootfs)
		return pod_image_open(e, p, c, ret_fd, err);
	if ((rc = image_layers(e, c, &p->arena, &dirs, err)) < 0)
		return rc;
	snprintf(path, sizeof path, "containers/%s", c->id);
	if ((upper = path_open(p->data_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -upper, "open '%s' of the pod", path);
	/* what such a container wrote is not kept for its next start: its overlay may be half on disk after a crash */
	ended = (p->spec.autoremove || p->spec.kube) && pod_status_of(p, c->id);
	if (writable && ended)
		return err_set(err, ERR_STATE,
			"container %s has ended, and what is written into it now would not be there when it starts again",
			c->name);
	if (!writable) {
		struct strs all = { 0 };

		if (strs_addf(&all, &p->arena, "%s/%s/upper", e->root, path_ctr_data(path, p->row.id, c->id)) < 0 ||
			strs_add_all(&all, &p->arena, &dirs) < 0)
			return no_memory(err);
		return view_open(e, &all, -EBADF, ret_fd, err);
	}
	return view_open(e, &dirs, upper, ret_fd, err);
}
