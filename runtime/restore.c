#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "runtime/command.h"
#include "runtime/criu.h"
#include "runtime/ns.h"
#include "runtime/process.h"

struct restore {
	struct criu_opts o;
	struct create_opts co;
	struct container *c;
	struct buf opts;
	int images, work, fds[8];
	size_t n_fds;
};

/* A mount namespace that ends with us, for the mounts criu needs.  Before any directory is opened that criu mounts in. */
static int private_mounts(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_sys(err, errno, "make a mount namespace");
	return 0;
}

/* criu wants the root file system as a mount of its own. */
static int make_root(struct restore *r, struct err *err)
{
	const char *root = r->c->rootfs;

	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 ||
		mount(NULL, root, NULL, MS_PRIVATE, NULL) < 0)
		return err_sys(err, errno, "mount root file system '%s'", root);
	criu_put_text(&r->opts, CRIU_ROOT, root);
	return 0;
}

static int joined_namespaces(struct restore *r, struct err *err)
{
	static const struct {
		int ns;
		const char *name;
	} kinds[] = { { OCI_NS_NET, "extRootNetNS" }, { OCI_NS_PID, "extRootPidNS" } };
	int rc = ns_open_paths(r->c, err);

	for (size_t i = 0; rc == 0 && i < LEN(kinds); i++) {
		int fd = r->c->ns_fd[kinds[i].ns];

		if (fd < 0)
			continue;
		criu_put_inherited(&r->opts, kinds[i].name, fd);
		r->fds[r->n_fds++] = fd;
	}
	return rc;
}

/* What stdio was when it was saved becomes ours. */
static int stdio(struct restore *r, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	json_t *list;
	int rc = file_read(r->images, CRIU_DESCRIPTORS, PATH_IN_STATE, &b);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", CRIU_DESCRIPTORS);
	if (!(list = json_parse(b.data ? b.data : "", b.len, err)))
		return err_wrap(err, "'%s'", CRIU_DESCRIPTORS);
	for (int i = 0; i < 3; i++) {
		const char *key = json_string_value(json_array_get(list, (size_t) i));

		if (key && (strncmp(key, "pipe:", 5) == 0 || strncmp(key, "socket:", 7) == 0 ||
				   strncmp(key, "file[", 5) == 0))
			criu_put_inherited(&r->opts, key, i);
	}
	json_decref(list);
	return 0;
}

static int restore_options(struct restore *r, struct err *err)
{
	int rc;

	criu_put_int(&r->opts, CRIU_IMAGES_DIR_FD, (uint64_t) r->images);
	criu_put_int(&r->opts, CRIU_WORK_DIR_FD, (uint64_t) r->work);
	criu_put_int(&r->opts, CRIU_RST_SIBLING, 1);
	r->fds[r->n_fds++] = r->images;
	r->fds[r->n_fds++] = r->work;
	if ((rc = criu_common(&r->opts, &r->o, &r->c->cfg, true, err)) < 0 ||
		(rc = criu_mounts(&r->opts, &r->c->cfg, r->c->cgroup_path, true, err)) < 0 ||
		(rc = joined_namespaces(r, err)) < 0 || (rc = stdio(r, err)) < 0)
		return rc;
	return make_root(r, err);
}

static int on_notify(const struct criu_answer *a, int fd, void *arg, struct err *err)
{
	struct container *c = arg;
	int rc;

	if (strcmp(a->script, "orphan-pts-master") == 0 && c->console >= 0 && fd >= 0) {
		rc = fd_send(c->console, "/dev/ptmx", 9, &fd, 1);
		return rc < 0 ? err_sys(err, -rc, "send the terminal") : 0;
	}
	if (strcmp(a->script, "setup-namespaces") != 0)
		return 0;
	if ((rc = hooks_run(&c->cfg, HOOK_PRESTART, container_hook_state(c, OCI_CREATING, a->pid), err)) < 0)
		return rc;
	return hooks_run(&c->cfg, HOOK_CREATE_RUNTIME, container_hook_state(c, OCI_CREATING, a->pid), err);
}

static int restore(struct restore *r, struct err *err)
{
	struct container *c = r->c;
	pid_t pid = 0;
	int rc;

	if ((rc = container_prepare(c, err)) < 0 || (rc = container_cgroup_make(c, err)) < 0 ||
		(rc = restore_options(r, err)) < 0)
		return rc;
	const struct criu_call call = { .program = c->g->criu,
		.type = CRIU_RESTORE,
		.opts = &r->opts,
		.notify = on_notify,
		.arg = c,
		.fds = r->fds,
		.n_fds = r->n_fds,
		.log_dir = r->work,
		.log = "restore.log" };

	if ((rc = criu_run(&call, &pid, err)) < 0)
		return err_wrap(err, "restore");
	if (pid <= 0)
		return err_set(err, ERR_SYSTEM, "restore: criu named no process");
	if ((rc = container_adopt(c, pid, err)) < 0)
		return rc;
	return hooks_run(&c->cfg, HOOK_POSTSTART, container_hook_state(c, OCI_RUNNING, c->pid), err);
}

static int run(const struct globals *g, struct restore *r, struct err *err)
{
	auto_close int ours = -EBADF;
	auto_close int ptmx = -EBADF;
	int rc;

	if (geteuid() != 0)
		return err_set(err, ERR_DENIED, "restore: criu needs root");
	if ((rc = private_mounts(err)) < 0 ||
		(rc = criu_directories(&r->o, false, &r->images, &r->work, err)) < 0)
		return rc;
	container_init(r->c, g, &r->co);
	/* without a socket for the terminal we are its other side ourselves */
	if (!r->co.detach && !r->co.console_socket &&
		(rc = console_open(NULL, &r->c->console, &ours, err)) < 0)
		return rc;
	if ((rc = restore(r, err)) < 0) {
		container_undo(r->c);
		return rc;
	}
	fd_close_p(&r->c->console);
	if (r->co.detach)
		return 0;
	if (r->c->cfg.process.terminal && ours >= 0 && (ptmx = console_receive(ours, err)) < 0)
		return ptmx;
	rc = foreground_wait(r->c->pid, r->c->pidfd, ptmx, -EBADF, err);
	return rc < 0 || (container_delete(g, r->co.id, true, err) == 0) ? rc : -EIO;
}

int cmd_restore(const struct globals *g, int argc, char **argv, struct err *err)
{
	static struct restore r = { .opts = BUF_INIT(32 * KiB), .images = -EBADF, .work = -EBADF };
	/* clang-format off */
	static const struct opt table[] = {
		{ "bundle", 'b', OPT_STR, &r.co.bundle, "directory of the bundle (default: the current one)" },
		{ "image-path", 0, OPT_STR, &r.o.image_path, "directory of the images (default: ./checkpoint)" },
		{ "work-path", 0, OPT_STR, &r.o.work_path, "directory of logs (default: that of the images)" },
		{ "detach", 'd', OPT_FLAG, &r.co.detach, "do not wait for the container" },
		{ "pid-file", 0, OPT_STR, &r.co.pid_file, "write the process id there" },
		{ "console-socket", 0, OPT_STR, &r.co.console_socket, "socket that receives the terminal" },
		{ "tcp-established", 0, OPT_FLAG, &r.o.tcp_established, "open TCP connections are restored" },
		{ "tcp-close", 0, OPT_FLAG, &r.o.tcp_close, "open TCP connections are closed" },
		{ "ext-unix-sk", 0, OPT_FLAG, &r.o.ext_unix, "unix sockets may lead out of the container" },
		{ "ext-unix", 0, OPT_FLAG, &r.o.ext_unix, "the same" },
		{ "shell-job", 0, OPT_FLAG, &r.o.shell_job, "it belonged to a shell's session" },
		{ "file-locks", 0, OPT_FLAG, &r.o.file_locks, "file locks are restored" },
		{ "manage-cgroups-mode", 0, OPT_STR, &r.o.cgroups_mode, "soft (default), full, strict or ignore" },
		{ "empty-ns", 0, OPT_STR, &r.o.empty_ns, "network: it was not saved" },
		{ "auto-dedup", 0, OPT_FLAG, &r.o.auto_dedup, "drop restored memory from the images" },
		{ "lsm-profile", 0, OPT_STR, &r.o.lsm_profile, "KIND:LABEL instead of the one that was saved" },
		{ "lsm-mount-context", 0, OPT_STR, &r.o.lsm_context, "SELinux context of mounts" },
		{ "no-subreaper", 0, OPT_FLAG, NULL, "accepted; this runtime is none" },
		{ "no-pivot", 0, OPT_FLAG, NULL, "accepted; criu chooses" },
		{ NULL, 0, OPT_FLAG, NULL, NULL },
	};
	/* clang-format on */
	int rc = command_id(argc, argv, table, &r.co.id, err);

	if (rc != 0)
		return rc;
	if (!(r.c = malloc(sizeof *r.c)))
		return err_sys(err, ENOMEM, "restore");
	rc = run(g, &r, err);
	return rc < 0 ? err_wrap(err, "container '%s'", r.co.id) : rc;
}
