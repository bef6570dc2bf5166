#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/oci/start.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "runtime/container.h"
#include "runtime/netdev.h"
#include "runtime/notify.h"
#include "runtime/ns.h"
#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "runtime/sync.h"
#include "runtime/systemd.h"

void container_init(struct container *c, const struct globals *g, const struct create_opts *o)
{
	*c = (struct container){ .g = g,
		.o = *o,
		.state_dir = -EBADF,
		.fifo = -EBADF,
		.parent_sync = -EBADF,
		.child_sync = -EBADF,
		.console = -EBADF,
		.cgroup_dir = -EBADF,
		.delegate = -EBADF,
		.listener = -EBADF,
		.pidfd = -EBADF };
	for (int i = 0; i < OCI_NS_COUNT; i++)
		c->ns_fd[i] = -EBADF;
}

void container_done(struct container *c)
{
	fd_close_p(&c->state_dir);
	fd_close_p(&c->fifo);
	fd_close_p(&c->parent_sync);
	fd_close_p(&c->child_sync);
	fd_close_p(&c->console);
	fd_close_p(&c->cgroup_dir);
	fd_close_p(&c->delegate);
	fd_close_p(&c->pidfd);
	fd_close_p(&c->listener);
	for (int i = 0; i < OCI_NS_COUNT; i++)
		fd_close_p(&c->ns_fd[i]);
	for (size_t i = 0; i < c->n_tasks; i++)
		fd_close_p(&c->tasks[i]);
	cgroup_close(&c->cg);
	free(c->filter.prog.filter);
	config_done(&c->cfg);
}

static int load_bundle(struct container *c, char **ret_text, size_t *ret_len, struct err *err)
{
	auto_close int dir = -EBADF;
	const char *name = c->o.config_file ? c->o.config_file : "config.json";
	int rc;

	if (!realpath(c->o.bundle ? c->o.bundle : ".", c->bundle))
		return err_sys(err, errno, "bundle '%s'", c->o.bundle ? c->o.bundle : ".");
	if ((dir = open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "bundle '%s'", c->bundle);
	if ((rc = config_read(dir, name, &c->cfg, ret_text, ret_len, err)) < 0)
		return rc;
	if (c->cfg.root[0] == '/')
		rc = snprintf(c->rootfs, sizeof c->rootfs, "%s", c->cfg.root);
	else
		rc = snprintf(c->rootfs, sizeof c->rootfs, "%s/%s", c->bundle, c->cfg.root);
	if (rc < 0 || (size_t) rc >= sizeof c->rootfs)
		return err_set(err, ERR_INVALID, "root.path: is too long");
	if (!c->cfg.process.present)
		return err_set(err, ERR_INVALID, "process: is required to create a container");
	return 0;
}

static void make_created(struct container *c)
{
	char text[TIME_TEXT];

	snprintf(c->created, sizeof c->created, "%s", time_format(text, time_now_us()));
}

static void fill_state(struct container *c)
{
	struct oci_state *s = &c->state;

	*s = (struct oci_state){ .oci_version = c->cfg.oci_version,
		.id = c->o.id,
		.bundle = c->bundle,
		.rootfs = c->rootfs,
		.created = c->created,
		.cgroup_path = c->cgroup_path,
		.systemd_scope = c->systemd_scope,
		.seccomp = c->filter.prog.len ? c->filter.digest : NULL,
		.annotations = c->cfg.annotations,
		.pid = c->pid,
		.owner = geteuid() == 0 ? "root" : "",
		.chrooted = c->o.no_pivot || !c->cfg.ns[OCI_NS_MOUNT].wanted,
		.has_terminal = c->cfg.process.terminal,
		.no_new_keyring = c->o.no_new_keyring,
		.poststart = c->cfg.hooks[HOOK_POSTSTART].n > 0 };
	for (int i = 0; i < OCI_NS_COUNT; i++)
		s->namespaces |= (unsigned) c->cfg.ns[i].wanted << i;
}

json_t *container_hook_state(const struct container *c, enum oci_status status, pid_t pid)
{
	struct oci_state s = c->state;

	s.pid = pid;
	s.owner = s.rootfs = s.created = NULL;
	return oci_state_public(&s, status);
}

static int save_config(struct container *c, const char *text, size_t len, struct err *err)
{
	auto_close int fd =
		openat(c->state_dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno : io_write_all(fd, text, len);

	return rc < 0 ? err_sys(err, -rc, "keep a copy of config.json") : 0;
}

static int make_fifo(struct container *c, struct err *err)
{
	if (c->o.run)
		return 0;
	if (mkfifoat(c->state_dir, OCI_START_FIFO, 0600) < 0)
		return err_sys(err, errno, "make '%s'", OCI_START_FIFO);
	if ((c->fifo = openat(c->state_dir, OCI_START_FIFO, O_RDWR | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", OCI_START_FIFO);
	return 0;
}

static int send_pidfd(struct container *c, struct err *err)
{
	const char *path = config_annotation(&c->cfg, "run.oci.pidfd_receiver");
	auto_close int s = -EBADF;
	int rc;

	if (!path)
		return 0;
	if ((s = console_connect(path, err)) < 0)
		return err_wrap(err, "annotation run.oci.pidfd_receiver");
	rc = fd_send(s, "", 1, &c->pidfd, 1);
	return rc < 0 ? err_sys(err, -rc, "send the pidfd to '%s'", path) : 0;
}

/* Detached, idmapped copies of mount sources: attaching an id map needs the rights of the source's file system, which
 * the container will not have. */
static int prepare_idmapped(struct container *c, struct err *err)
{
	for (size_t i = 0; i < c->cfg.n_mounts; i++) {
		int rc;

		if (!c->cfg.mounts[i].uids.n &&
			!(c->cfg.mounts[i].opts.special & (OCI_MOUNT_IDMAP | OCI_MOUNT_RIDMAP)))
			continue;
		if (!c->idmapped) {
			c->idmapped = arena_array(&c->cfg.arena, c->cfg.n_mounts, sizeof *c->idmapped);
			if (!c->idmapped)
				return err_sys(err, ENOMEM, "prepare mounts");
			for (size_t k = 0; k < c->cfg.n_mounts; k++)
				c->idmapped[k] = -EBADF;
		}
		if ((rc = ns_idmapped_source(c, &c->cfg.mounts[i], err)) < 0)
			return rc;
		c->idmapped[i] = rc;
	}
	return 0;
}

static int after_clone(struct container *c, struct err *err)
{
	bool new_user = c->cfg.ns[OCI_NS_USER].wanted && !c->cfg.ns[OCI_NS_USER].path;
	int rc;

	if (new_user && ((rc = idmap_write(c->pid, &c->cfg.uids, &c->cfg.gids, err)) < 0 ||
				(rc = sync_send(c->parent_sync, SYNC_IDS_MAPPED, 0)) < 0))
		return err->len ? rc : err_sys(err, -rc, "tell the container's init about its ids");
	fill_state(c);
	if (!(c->state.start_time = proc_start_time(c->pid)))
		return sync_expect(c->parent_sync, SYNC_READY, NULL, err) < 0
			       ? -EIO
			       : err_set(err, ERR_SYSTEM, "the container's init is gone");
	if ((rc = oci_state_write(c->state_dir, &c->state, err)) < 0 || (rc = send_pidfd(c, err)) < 0)
		return rc;
	return pid_file_write(c->o.pid_file, c->pid, err);
}

static int run_hooks(struct container *c, struct err *err)
{
	bool any = c->cfg.hooks[HOOK_PRESTART].n || c->cfg.hooks[HOOK_CREATE_RUNTIME].n ||
		   (c->cfg.net_devices && json_object_size(c->cfg.net_devices));
	int rc;

	if (!any)
		return 0;
	if ((rc = sync_expect(c->parent_sync, SYNC_MOUNTED, NULL, err)) < 0 ||
		(rc = netdev_move(c->cfg.net_devices, c->pid, err)) < 0 ||
		(rc = hooks_run(&c->cfg, HOOK_PRESTART, container_hook_state(c, OCI_CREATING, c->pid), err)) <
			0 ||
		(rc = hooks_run(&c->cfg, HOOK_CREATE_RUNTIME, container_hook_state(c, OCI_CREATING, c->pid),
			 err)) < 0)
		return rc;
	rc = sync_send(c->parent_sync, SYNC_HOOKS_DONE, 0);
	return rc < 0 ? err_sys(err, -rc, "the container's init is gone") : 0;
}

static void release_holder(struct container *c)
{
	if (c->scope_holder <= 0)
		return;
	(void) kill(c->scope_holder, SIGKILL);
	while (waitpid(c->scope_holder, NULL, 0) < 0 && errno == EINTR)
		;
	c->scope_holder = 0;
}

int container_prepare(struct container *c, struct err *err)
{
	auto_free char *text = NULL;
	size_t len = 0;
	int rc;

	if ((rc = load_bundle(c, &text, &len, err)) < 0 || (rc = idmap_automatic(&c->cfg, err)) < 0)
		return rc;
	if (c->cfg.process.terminal && !c->o.console_socket && c->console < 0)
		return err_set(
			err, ERR_INVALID, "process.terminal: a detached container needs --console-socket");
	if (c->o.console_socket && !c->cfg.process.terminal)
		return err_set(err, ERR_INVALID,
			"--console-socket: process.terminal is false, so there is no terminal to send");
	if ((rc = statedir_make(c->g->root, c->o.id, err)) < 0)
		return rc;
	c->state_dir = rc;
	make_created(c);
	if ((rc = save_config(c, text, len, err)) < 0 ||
		(rc = seccomp_prepare(&c->cfg, c->g->root, &c->filter, err)) < 0)
		return rc;
	return c->o.console_socket ? console_open(c->o.console_socket, &c->console, NULL, err) : 0;
}

int container_adopt(struct container *c, pid_t pid, struct err *err)
{
	int rc;

	c->pid = pid;
	if ((c->pidfd = (int) syscall(SYS_pidfd_open, pid, 0)) < 0)
		return err_sys(err, errno, "open the container's init");
	release_holder(c);
	fill_state(c);
	if (!(c->state.start_time = proc_start_time(pid)))
		return err_set(err, ERR_SYSTEM, "the container's init is gone");
	if ((rc = oci_state_write(c->state_dir, &c->state, err)) < 0)
		return rc;
	return pid_file_write(c->o.pid_file, c->pid, err);
}

static int create(struct container *c, struct err *err)
{
	int rc, sync[2];

	if ((rc = container_prepare(c, err)) < 0 || (rc = make_fifo(c, err)) < 0 ||
		(rc = notify_prepare(c, err)) < 0)
		return rc;
	if (c->filter.prog.len && (c->listener = seccomp_listener_open(&c->cfg, &c->filter, err)) < 0 &&
		c->listener != -EBADF)
		return c->listener;
	if ((rc = ns_open_paths(c, err)) < 0 || (rc = prepare_idmapped(c, err)) < 0 ||
		(rc = container_cgroup_make(c, err)) < 0)
		return rc;
	if ((rc = sync_pair(sync)) < 0)
		return err_sys(err, -rc, "socketpair");
	c->parent_sync = sync[0];
	c->child_sync = sync[1];
	fill_state(c);
	if ((rc = ns_clone_init(c, err)) < 0)
		return rc;
	fd_close_p(&c->child_sync);
	if ((rc = after_clone(c, err)) < 0 || (rc = run_hooks(c, err)) < 0)
		return rc;
	if ((rc = sync_expect(c->parent_sync, SYNC_READY, NULL, err)) == 0)
		release_holder(c);
	return rc;
}

int container_create(struct container *c, struct err *err)
{
	int rc = create(c, err);

	if (rc < 0)
		container_undo(c);
	return rc;
}

void container_undo(struct container *c)
{
	struct err ignored;

	release_holder(c);
	if (c->pidfd >= 0)
		(void) syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	if (c->pid > 0) {
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
		if (c->o.pid_file)
			(void) unlink(c->o.pid_file);
		(void) hooks_run(&c->cfg, HOOK_POSTSTOP, container_hook_state(c, OCI_STOPPED, 0), &ignored);
	}
	if (c->cgroup_made) {
		if (cgroup_destroy(&c->cg, c->cgroup_path, &ignored) < 0)
			log_debug("container %s: %s", c->o.id, ignored.msg);
		if (c->systemd_scope)
			(void) systemd_scope_stop(c->systemd_scope, &ignored);
	}
	/* the undoing of a failure may fail for the same passing reason: nobody else will do it */
	if (c->state_dir >= 0 && statedir_remove(c->g->root, c->o.id) < 0)
		(void) statedir_remove(c->g->root, c->o.id);
}

int container_go(struct container *c, struct err *err)
{
	int rc = sync_send(c->parent_sync, SYNC_GO, 0);

	if (rc < 0)
		return err_sys(err, -rc, "start: the container's init is gone");
	return sync_expect_end(c->parent_sync, err);
}
