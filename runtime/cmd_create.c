#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/oci/start.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/proc.h"
#include "runtime/command.h"
#include "runtime/notify.h"
#include "runtime/process.h"
#include "runtime/report.h"

const struct opt *command_help_table;

int command_id(int argc, char **argv, const struct opt *table, const char **ret_id, struct err *err)
{
	char **pos;
	bool help;
	int n, rc = options_parse(argc, argv, table, 0, &pos, &n, &help, err);

	if (rc < 0)
		return rc;
	if (help) {
		command_help_table = table;
		return COMMAND_HELP;
	}
	if (n != 1)
		return err_set(err, ERR_INVALID,
			n ? "expected one container id, got %d arguments" : "expected a container id", n);
	*ret_id = pos[0];
	return 0;
}

/* Descriptors that the caller passes by socket activation come on top of --preserve-fds. */
static int listen_fds(void)
{
	const char *n = getenv("LISTEN_FDS");
	long v = n ? strtol(n, NULL, 10) : 0;

	return v > 0 && v < 1024 ? (int) v : 0;
}

static int fill(int argc, char **argv, struct create_opts *o, bool run, struct err *err)
{
	static int64_t preserve;
	static bool no_subreaper;
	static struct opt t[16];
	/* clang-format off */
	const struct opt table[] = {
		{ "bundle", 'b', OPT_STR, &o->bundle, "directory of the bundle (default: the current one)" },
		{ "config", 'f', OPT_STR, &o->config_file, "configuration file (default: config.json of the bundle)" },
		{ "pid-file", 0, OPT_STR, &o->pid_file, "write the process id there" },
		{ "console-socket", 0, OPT_STR, &o->console_socket, "socket that receives the terminal" },
		{ "preserve-fds", 0, OPT_NUM, &preserve, "further descriptors to pass on" },
		{ "no-pivot", 0, OPT_FLAG, &o->no_pivot, "move the root instead of pivot_root (for a ramdisk)" },
		{ "no-new-keyring", 0, OPT_FLAG, &o->no_new_keyring, "keep the caller's session keyring" },
		{ "no-subreaper", 0, OPT_FLAG, run ? &no_subreaper : NULL, "accepted; this runtime is none" },
		{ run ? "detach" : NULL, 'd', OPT_FLAG, &o->detach, "do not wait for the container" }, /* ends the table of create */
		{ "keep", 0, OPT_FLAG, &o->keep, "do not delete the container when it ends" },
		{ NULL, 0, OPT_FLAG, NULL, NULL },
	};
	/* clang-format on */
	int rc;

	preserve = 0;
	memcpy(t, table, sizeof table);
	if ((rc = command_id(argc, argv, t, &o->id, err)) != 0)
		return rc;
	if (preserve < 0 || preserve > 1 << 16)
		return err_set(err, ERR_INVALID, "--preserve-fds: expected a number from 0 to 65536");
	o->preserve_fds = (int) preserve + listen_fds();
	return 0;
}

/* Opened before anything of ours takes a number in the range that is passed on. */
static void reserve_fds(int n)
{
	int fd;

	for (int i = 3; i < 3 + n; i++)
		if (fcntl(i, F_GETFD) < 0 && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0 && fd != i) {
			(void) dup3(fd, i, O_CLOEXEC);
			close(fd);
		}
}

int cmd_create(const struct globals *g, int argc, char **argv, struct err *err)
{
	struct create_opts o = { 0 };
	struct container *c;
	int rc;

	if ((rc = fill(argc, argv, &o, false, err)) != 0)
		return rc;
	if (!(c = malloc(sizeof *c)))
		return err_sys(err, ENOMEM, "create");
	reserve_fds(o.preserve_fds);
	container_init(c, g, &o);
	rc = container_create(c, err);
	return rc < 0 ? err_wrap(err, "container '%s'", o.id) : 0; /* exit frees the rest */
}

static int run_foreground(struct container *c, int ptmx_sock, int notify, struct err *err)
{
	auto_close int ptmx = -EBADF;
	struct err ignored = { 0 };
	int rc;

	if (ptmx_sock >= 0 && (ptmx = console_receive(ptmx_sock, err)) < 0)
		return ptmx;
	rc = foreground_wait(c->pid, c->pidfd, ptmx, notify, err);
	if (c->o.keep || container_delete(c->g, c->o.id, true, &ignored) == 0)
		return rc;
	/* nobody else will: a failure that passes must not leave anything behind */
	return container_delete(c->g, c->o.id, true, rc < 0 ? &ignored : err) < 0 && rc >= 0 ? -EIO : rc;
}

static int poststart(struct container *c, struct err *err)
{
	return hooks_run(&c->cfg, HOOK_POSTSTART, container_hook_state(c, OCI_RUNNING, c->pid), err);
}

static int start_now(struct container *c, int *ret_notify, struct err *err)
{
	*ret_notify = notify_listen(c->state_dir, err);
	return *ret_notify < 0 && *ret_notify != -EBADF ? *ret_notify : container_go(c, err);
}

int cmd_run(const struct globals *g, int argc, char **argv, struct err *err)
{
	struct create_opts o = { .run = true };
	int ours = -EBADF, notify = -EBADF, rc;
	struct container *c;

	if ((rc = fill(argc, argv, &o, true, err)) != 0)
		return rc;
	if (!(c = malloc(sizeof *c)))
		return err_sys(err, ENOMEM, "run");
	reserve_fds(o.preserve_fds);
	container_init(c, g, &o);
	/* in the foreground we are the terminal's other side ourselves */
	if (!o.detach && !o.console_socket && (rc = console_open(NULL, &c->console, &ours, err)) < 0)
		return rc;
	rc = container_create(c, err);
	fd_close_p(&c->console);
	if (rc == 0 && ((rc = start_now(c, &notify, err)) < 0 || (rc = poststart(c, err)) < 0))
		container_undo(c);
	if (rc < 0) {
		report_set_status(err->kind == ERR_NOT_FOUND && strncmp(err->msg, "exec ", 5) == 0 ? 127
				  : strncmp(err->msg, "exec ", 5) == 0                             ? 126
												   : 1);
		return err_wrap(err, "container '%s'", o.id);
	}
	if (o.detach)
		notify_wait(notify, c->pidfd, c->pid);
	if (o.detach)
		return 0;
	return run_foreground(c, c->cfg.process.terminal && !o.console_socket ? ours : -EBADF, notify, err);
}

int cmd_start(const struct globals *g, int argc, char **argv, struct err *err)
{
	static const struct opt table[] = { { NULL, 0, OPT_FLAG, NULL, NULL } };
	auto_close int dir = -EBADF;
	auto_close int pidfd = -EBADF;
	auto_close int notify = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	const char *id;
	int rc;

	if ((rc = command_id(argc, argv, table, &id, err)) != 0)
		return rc;
	if ((rc = statedir_open(g->root, id, &dir, &s, err)) < 0)
		return rc;
	if (s.pid == 0)
		return err_set(
			err, ERR_STATE, "container '%s': cannot be started while it is being created", id);
	if ((pidfd = container_pidfd(&s, err)) < 0 ||
		((notify = notify_listen(dir, err)) < 0 && notify != -EBADF) ||
		(rc = oci_start_release(dir, pidfd, err)) < 0)
		return err_wrap(err, "container '%s'", id);
	if (s.poststart) {
		auto_config struct config cfg = { 0 };

		if ((rc = config_read(dir, "config.json", &cfg, NULL, NULL, err)) < 0 ||
			(rc = hooks_run(&cfg, HOOK_POSTSTART, oci_state_public(&s, OCI_RUNNING), err)) < 0) {
			struct err ignored;

			(void) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
			(void) container_delete(g, id, true, &ignored);
			return err_wrap(err, "container '%s'", id);
		}
	}
	notify_wait(notify, pidfd, s.pid);
	return 0;
}
