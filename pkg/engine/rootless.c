#include "pkg/engine/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/rootless_keeper.h"
#include "pkg/engine/scope.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"

/* Entering a mount namespace puts us at its root: the person's working directory is found again by name. */
static int join(int pidfd, int namespaces, struct err *err)
{
	char cwd[PATH_MAX];
	bool have_cwd = getcwd(cwd, sizeof cwd) != NULL;

	if (setns(pidfd, namespaces) < 0)
		return err_sys(err, errno, "enter your namespaces");
	if (!(namespaces & CLONE_NEWNS))
		return 0;
	if (!have_cwd || chdir(cwd) < 0)
		log_debug("working directory is not there inside, staying at '/'");
	return 0;
}

/* A keeper was killed while pods live: their monitors are in its user namespace still.  A new one holds that, with a mount
 * namespace made anew; pods have their mounts in namespaces of their own. */
static int start_from_monitor(
	const struct engine_options *opt, int runroot, int monitor, const char *pod, struct err *err)
{
	int rc = join(monitor, CLONE_NEWUSER, err);

	if (rc < 0)
		return err_wrap(err,
			"the namespaces of your pods are held by pod %.12s only; stop it and try again", pod);
	if (geteuid() != 0)
		return err_set(err, ERR_STATE, "pod %.12s runs in a namespace that is not yours", pod);
	return keeper_start(opt, runroot, true, err);
}

/* Out of the login session it was started in, whose end it shall survive.  Without systemd it simply stays. */
static void leave_session(const struct engine_options *opt, int runroot)
{
	struct engine e = { .opt = opt, .rootless = true, .uid = opt->uid };
	struct err err = { 0 };
	struct keeper k;
	char unit[64];

	if (!cgroups_unified() || access("/run/systemd/system", F_OK) < 0 || !scope_bus_present(&e) ||
		keeper_read(runroot, &k) < 0)
		return;
	(void) snprintf(unit, sizeof unit, "podctl-user-%d.scope", (int) k.pid);
	if (scope_start(&e, unit, "podctl: namespaces of its user", k.pid, NULL, &err) < 0)
		log_debug("keeper stays in its session, ignoring: %s", err.msg);
}

/* Under a lock on the directory, so that of many first commands one starts the keeper. */
static int find_or_start(const struct engine_options *opt, int runroot, struct err *err)
{
	auto_close int dir = openat(runroot, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int monitor = -EBADF;
	char pod[65];
	int pidfd;

	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return err_sys(err, errno, "lock the runtime directory");
	if ((pidfd = keeper_find(runroot)) >= 0)
		return pidfd;
	if ((monitor = keeper_find_monitor(runroot, pod)) >= 0)
		pidfd = start_from_monitor(opt, runroot, monitor, pod, err);
	else
		pidfd = keeper_start(opt, runroot, false, err);
	if (pidfd >= 0)
		leave_session(opt, runroot);
	return pidfd;
}

/* The runtime directory of the person, made when missing. */
static int open_runroot(const struct engine_options *opt, int *ret, struct err *err)
{
	char root[4096], runroot[4096];
	struct arena a = { 0 };
	const char *path;
	int rc;

	if ((rc = engine_default_paths(opt, root, runroot, err)) < 0)
		return rc;
	if ((rc = root_text("--runroot", opt->runroot ? opt->runroot : runroot, &a, &path, err)) == 0)
		rc = root_open(path, 0700, ret, err);
	arena_done(&a);
	return rc;
}

int rootless_enter(const struct engine_options *opt, struct err *err)
{
	auto_close int dir = -EBADF;
	auto_close int pidfd = -EBADF;
	int rc;

	if (geteuid() == 0)
		return 0;
	if ((rc = open_runroot(opt, &dir, err)) < 0)
		return rc;
	if ((pidfd = keeper_find(dir)) < 0 && (pidfd = find_or_start(opt, dir, err)) < 0)
		return pidfd;
	return join(pidfd, geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS, err);
}

int rootless_stop(const struct engine_options *opt, struct err *err)
{
	auto_close int dir = -EBADF;
	auto_close int pidfd = -EBADF;
	auto_close int monitor = -EBADF;
	struct pollfd p;
	char pod[65];
	int rc;

	if ((rc = open_runroot(opt, &dir, err)) < 0)
		return rc;
	if ((pidfd = keeper_find(dir)) < 0)
		return 0;
	monitor = keeper_find_monitor(dir, pod);
	if (monitor >= 0)
		return err_set(err, ERR_STATE,
			"pod %.12s is running; stop it first (podctl stop --all, podctl pod stop --all)",
			pod);
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0)
		return err_sys(err, errno, "end the process that holds your namespaces");
	p = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	while ((rc = poll(&p, 1, 10000)) < 0 && errno == EINTR)
		;
	return rc == 1 ? 0 : err_set(err, ERR_SYSTEM, "the process that holds your namespaces does not end");
}
