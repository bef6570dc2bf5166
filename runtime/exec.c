#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"
#include "runtime/command.h"
#include "runtime/process.h"
#include "runtime/report.h"
#include "runtime/rootfs.h"
#include "runtime/seccomp.h"
#include "runtime/sync.h"
#include "runtime/systemd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct exec_opts {
	const char *id, *process, *cwd, *user, *pid_file, *console_socket, *apparmor, *label, *cgroup;
	struct opt_list env, gids, caps;
	bool tty, detach, no_new_privs, ignore_paused, tty_set;
	int64_t preserve;
	char **args;
	int n_args;
};

struct exec {
	const struct globals *g;
	struct exec_opts o;
	int state_dir;
	struct oci_state state;
	struct config cfg; /* of the container; decoded only when it is needed */
	json_t *process_doc;
	struct arena arena;
	struct cfg_process p;
	struct filter filter;
	struct cgroup_fs cg;
	char cgroup_path[1024];
	int tasks[CGROUP_V1_MAX];
	size_t n_tasks;
	int listener, cgroup_dir, init_pidfd, console, parent_sync, child_sync, root, pidfd;
	pid_t pid;
};

/* --- what to run --- */

static int load_config(struct exec *x, struct err *err)
{
	return x->cfg.doc ? 0 : config_read(x->state_dir, "config.json", &x->cfg, NULL, NULL, err);
}

static int process_from_file(struct exec *x, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);
	int rc = file_read(AT_FDCWD, x->o.process, PATH_IN_STATE, &b);

	if (rc == -EINVAL) { /* a pipe: `--process <(...)` */
		auto_close int fd = open(x->o.process, O_RDONLY | O_CLOEXEC);

		rc = fd < 0 ? -errno : io_read_all(fd, &b);
	}
	if (rc < 0)
		return err_sys(err, -rc, "read process file '%s'", x->o.process);
	if (!(x->process_doc = config_parse(b.data ? b.data : (char[]){ "" }, b.len, err)))
		return err_wrap(err, "process file '%s'", x->o.process);
	if ((rc = config_process(x->process_doc, &x->arena, &x->p, err)) < 0)
		return err_wrap(err, "process file '%s'", x->o.process);
	if (x->p.has_caps)
		return 0;
	/* says nothing of capabilities: then the container's own, never the caller's */
	if ((rc = load_config(x, err)) < 0)
		return rc;
	x->p.has_caps = true;
	memcpy(x->p.caps, x->cfg.process.caps, sizeof x->p.caps);
	return 0;
}

static int merge_env(struct exec *x, struct err *err)
{
	struct words *e = &x->p.env;
	const char **v = arena_array(&x->arena, e->n + x->o.env.n + 1, sizeof *v);
	size_t n = 0;

	if (!v)
		return err_sys(err, ENOMEM, "exec");
	for (size_t i = 0; i < e->n; i++)
		v[n++] = e->v[i];
	for (size_t i = 0; i < x->o.env.n; i++) {
		const char *w = x->o.env.v[i];
		size_t len = strcspn(w, "=") + 1, k;

		if (!strchr(w, '=') || w[0] == '=')
			return err_set(err, ERR_INVALID, "--env '%s': expected NAME=value", w);
		for (k = 0; k < n && strncmp(v[k], w, len) != 0; k++)
			;
		v[k] = w;
		n += k == n;
	}
	*e = (struct words){ .v = v, .n = n };
	return 0;
}

static int merge_user(struct exec *x, struct err *err)
{
	uint64_t uid, gid;
	char text[32];
	const char *colon;

	if (x->o.user) {
		colon = strchr(x->o.user, ':');
		if (snprintf(text, sizeof text, "%.*s", colon ? (int) (colon - x->o.user) : 31, x->o.user) >=
				(int) sizeof text ||
			parse_u64(text, 0, UINT32_MAX - 1, &uid) < 0 ||
			(colon && parse_u64(colon + 1, 0, UINT32_MAX - 1, &gid) < 0))
			return err_set(err, ERR_INVALID, "--user '%s': expected UID or UID:GID", x->o.user);
		x->p.uid = (uid_t) uid;
		if (colon)
			x->p.gid = (gid_t) gid;
	}
	if (x->o.gids.n) {
		gid_t *groups = arena_array(&x->arena, x->p.n_groups + x->o.gids.n, sizeof *groups);

		if (!groups)
			return err_sys(err, ENOMEM, "exec");
		if (x->p.n_groups)
			memcpy(groups, x->p.groups, x->p.n_groups * sizeof *groups);
		for (size_t i = 0; i < x->o.gids.n; i++) {
			if (parse_u64(x->o.gids.v[i], 0, UINT32_MAX - 1, &gid) < 0)
				return err_set(err, ERR_INVALID,
					"--additional-gids '%s': expected a group id", x->o.gids.v[i]);
			groups[x->p.n_groups++] = (gid_t) gid;
		}
		x->p.groups = groups;
	}
	return 0;
}

static void merge_caps(struct exec *x)
{
	for (size_t i = 0; i < x->o.caps.n; i++) {
		int cap = cap_parse(x->o.caps.v[i]);

		if (cap < 0) {
			log_warn("--cap '%s': unknown capability, ignoring", x->o.caps.v[i]);
			continue;
		}
		for (int k = 0; k < CAPSET_COUNT;
			k++) /* never inheritable: CVE-2022-29162; ambient only follows those */
			if (k != CAPSET_INHERITABLE && k != CAPSET_AMBIENT)
				x->p.caps[k] |= 1ull << cap;
	}
}

static int process_from_args(struct exec *x, struct err *err)
{
	int rc = load_config(x, err);

	if (rc < 0)
		return rc;
	if (!x->o.n_args)
		return err_set(err, ERR_INVALID, "exec: expected a program to run, or --process");
	x->p = x->cfg.process;
	x->p.terminal = false;
	x->p.apparmor = x->cfg.process.apparmor;
	x->p.args = (struct words){ .v = (const char **) x->o.args, .n = (size_t) x->o.n_args };
	if (x->o.cwd && x->o.cwd[0] != '/')
		return err_set(err, ERR_INVALID, "--cwd '%s': expected an absolute path", x->o.cwd);
	if (x->o.cwd)
		x->p.cwd = x->o.cwd;
	if ((rc = merge_env(x, err)) < 0 || (rc = merge_user(x, err)) < 0)
		return rc;
	merge_caps(x);
	return 0;
}

static int load_process(struct exec *x, struct err *err)
{
	int rc = x->o.process ? process_from_file(x, err) : process_from_args(x, err);

	if (rc < 0)
		return rc;
	if (x->o.tty)
		x->p.terminal = true;
	if (x->o.no_new_privs)
		x->p.no_new_privs = true;
	if (x->o.apparmor)
		x->p.apparmor = x->o.apparmor;
	if (x->o.label)
		x->p.selinux = x->o.label;
	if (x->p.terminal && x->o.detach && !x->o.console_socket)
		return err_set(
			err, ERR_INVALID, "exec: a detached process with a terminal needs --console-socket");
	return 0;
}

/* The filter the container runs under, by the digest its state names; compiled again should the cache be gone. */
static int load_filter(struct exec *x, struct err *err)
{
	struct err ignored;
	int rc;

	if (!x->state.seccomp)
		return 0;
	if (seccomp_from_digest(x->g->root, x->state.seccomp, &x->filter, &ignored) < 0) {
		if ((rc = load_config(x, err)) < 0 ||
			(rc = seccomp_prepare(&x->cfg, x->g->root, &x->filter, err)) < 0)
			return rc;
	}
	if (!(x->filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;
	if ((rc = load_config(x, err)) < 0)
		return rc;
	x->listener = seccomp_listener_open(&x->cfg, &x->filter, err);
	return x->listener < 0 ? x->listener : 0;
}

/* --- where to run it --- */

static int open_cgroup(struct exec *x, struct err *err)
{
	int rc;

	if (!x->state.cgroup_path[0])
		return 0;
	if ((rc = cgroup_open_hinted(&x->cg, getenv(CGROUP_HINT_ENV), err)) < 0)
		return rc;
	rc = snprintf(x->cgroup_path, sizeof x->cgroup_path, "%s%s%s", x->state.cgroup_path,
		x->o.cgroup && x->o.cgroup[0] != '/' ? "/" : "", x->o.cgroup ? x->o.cgroup : "");
	if (rc >= (int) sizeof x->cgroup_path)
		return err_set(err, ERR_INVALID, "--cgroup: is too long");
	if (strstr(x->cgroup_path, "/.."))
		return err_set(
			err, ERR_INVALID, "--cgroup '%s': leads out of the container's cgroup", x->o.cgroup);
	if (!x->o.ignore_paused && cgroup_is_frozen(&x->cg, x->state.cgroup_path))
		return err_set(
			err, ERR_STATE, "cannot exec in a paused container (--ignore-paused overrides)");
	if (x->cg.mode == CGROUP_V1)
		return cgroup_enter_fds(&x->cg, x->cgroup_path, x->tasks, &x->n_tasks, err);
	if (x->cg.mode == CGROUP_V2 && x->state.systemd_scope && systemd_is_user())
		return systemd_attach(x->state.systemd_scope, x->state.cgroup_path, getpid(),
			err); /* ourselves: children follow */
	if (x->cg.mode == CGROUP_V2 && (x->cgroup_dir = cgroup_dir_fd(&x->cg, x->cgroup_path)) < 0)
		return err_sys(err, -x->cgroup_dir, "open cgroup '%s'", x->cgroup_path);
	return 0;
}

static bool same_userns(const struct exec *x)
{
	struct stat a, b;
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/user", (int) x->state.pid);
	return stat("/proc/self/ns/user", &a) < 0 || stat(path, &b) < 0 || a.st_ino == b.st_ino;
}

/* The namespaces the container was given; all are entered by the pidfd in one call. */
static int ns_flags(const struct exec *x)
{
	int flags = 0;

	for (int i = 0; i < OCI_NS_COUNT; i++)
		if (x->state.namespaces & 1u << i)
			flags |= oci_ns_table[i].flag;
	if ((flags & CLONE_NEWUSER) && same_userns(x))
		flags &= ~CLONE_NEWUSER;
	return flags;
}

/* Our own pid as the runtime's procfs counts. */
static pid_t host_pid(int proc)
{
	char text[16];
	ssize_t len = readlinkat(proc, "self", text, sizeof text - 1);

	text[len > 0 ? len : 0] = '\0';
	return (pid_t) strtol(text, NULL, 10);
}

static _Noreturn void child_fail(struct exec *x, struct err *err) { sync_die(x->child_sync, err); }

/* exec_main - the process that joins a container, from clone to exec.
 * In:       the container's pid namespace (and time namespace); all else is the caller's.
 * Must:     be in the container's cgroup before its namespaces; hold no descriptor that is not close-on-exec.
 * Must not: trust the container's /proc: ours was opened before. */
static _Noreturn void exec_main(struct exec *x, int flags)
{
	struct err err = { 0 };
	struct process s = { .p = &x->p,
		.filter = &x->filter,
		.preserve_fds = (int) x->o.preserve,
		.id = x->o.id,
		.listener = x->listener,
		.label_fd = -EBADF };
	auto_close int root = -EBADF;
	int rc;

	fd_close_p(&x->parent_sync);
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < x->n_tasks; i++)
		if (write(x->tasks[i], "0", 1) < 0) {
			err_sys(&err, errno, "enter cgroup '%s'", x->cgroup_path);
			child_fail(x, &err);
		}
	if ((s.proc = procfs_open(&err)) < 0)
		child_fail(x, &err);
	if (x->listener >= 0)
		s.listener_text = seccomp_listener_text(
			&x->cfg, oci_state_public(&x->state, OCI_RUNNING), host_pid(s.proc));
	if (flags && setns(x->init_pidfd, flags) < 0) {
		err_sys(&err, errno, "join the container's namespaces");
		child_fail(x, &err);
	}
	if (x->root >= 0 && (fchdir(x->root) < 0 || chroot(".") < 0)) {
		err_sys(&err, errno, "enter the container's root");
		child_fail(x, &err);
	}
	if (setsid() < 0) {
		err_sys(&err, errno, "setsid");
		child_fail(x, &err);
	}
	if (flags & CLONE_NEWUSER) {
		(void) syscall(SYS_setgroups, 0, NULL);
		(void) !setresgid(0, 0, 0);
		(void) !setresuid(0, 0, 0);
	}
	if (x->p.terminal) {
		if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
			root = err_sys(&err, errno, "open the container's root");
		else
			root = (rc = console_setup(root, x->console, &x->p, x->p.uid, false, &err)) < 0
				       ? rc
				       : root;
		if (root < 0)
			child_fail(x, &err);
	}
	if (process_tune(&s, &err) < 0 || process_become(&s, &err) < 0)
		child_fail(x, &err);
	(void) prctl(PR_SET_PDEATHSIG, 0);
	(void) process_exec(&s, &err);
	child_fail(x, &err);
}

/* A container that distributes its own controllers has no process in its cgroup, and none may come: its init's cgroup then,
 * wherever it has moved. */
static bool use_cgroup_of_init(struct exec *x)
{
	int fd = cgroup_of_process(&x->cg, x->state.pid, x->cgroup_path, sizeof x->cgroup_path);

	if (x->cgroup_dir < 0 || x->o.cgroup || fd < 0 || (fd = cgroup_dir_fd(&x->cg, x->cgroup_path)) < 0)
		return false;
	fd_close_p(&x->cgroup_dir);
	x->cgroup_dir = fd;
	return true;
}

static pid_t clone_exec(struct exec *x, bool sibling)
{
	pid_t pid;
	struct clone_args a = { .flags = sibling ? CLONE_PARENT : CLONE_PIDFD,
		.pidfd = sibling ? 0 : (uint64_t) (uintptr_t) &x->pidfd,
		.exit_signal = sibling ? 0 : SIGCHLD };

	if (x->cgroup_dir >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t) x->cgroup_dir;
	}
	pid = (pid_t) syscall(SYS_clone3, &a, sizeof a);
	if (pid < 0 && errno == EBUSY && use_cgroup_of_init(x)) {
		a.cgroup = (uint64_t) x->cgroup_dir;
		pid = (pid_t) syscall(SYS_clone3, &a, sizeof a);
	}
	return pid;
}

/* With a user namespace of the container's own its rights are needed to join the rest, so a joiner does. */
static int spawn_by_joiner(struct exec *x, int flags, struct err *err)
{
	pid_t joiner = fork(), pid;
	int32_t value = 0;
	int rc;

	if (joiner < 0)
		return err_sys(err, errno, "fork");
	if (joiner == 0) {
		struct err e = { 0 };

		for (size_t i = 0; i < x->n_tasks; i++)
			if (write(x->tasks[i], "0", 1) < 0) {
				err_sys(&e, errno, "enter cgroup '%s'", x->cgroup_path);
				child_fail(x, &e);
			}
		x->n_tasks = 0;
		if (setns(x->init_pidfd, CLONE_NEWUSER | (flags & (CLONE_NEWPID | CLONE_NEWTIME))) < 0) {
			err_sys(&e, errno, "join the container's user namespace");
			child_fail(x, &e);
		}
		if ((pid = clone_exec(x, true)) < 0) {
			err_sys(&e, errno, "clone");
			child_fail(x, &e);
		}
		if (pid == 0) {
			flags &= ~(CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER);
			exec_main(x, flags);
		}
		_exit(sync_send(x->child_sync, SYNC_INIT_PID, pid) < 0);
	}
	rc = sync_expect(x->parent_sync, SYNC_INIT_PID, &value, err);
	while (waitpid(joiner, NULL, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return rc;
	x->pid = value;
	x->pidfd = (int) syscall(SYS_pidfd_open, x->pid, 0);
	return x->pidfd < 0 ? err_sys(err, errno, "exec") : 0;
}

static int spawn(struct exec *x, struct err *err)
{
	int flags = ns_flags(x), here = flags & (CLONE_NEWPID | CLONE_NEWTIME), sync[2], rc;

	if ((rc = sync_pair(sync)) < 0)
		return err_sys(err, -rc, "socketpair");
	x->parent_sync = sync[0];
	x->child_sync = sync[1];
	if (flags & CLONE_NEWUSER) {
		rc = spawn_by_joiner(x, flags, err);
	} else {
		/* the pid and time namespaces concern children only, so we join them and the child is born there */
		if (here && setns(x->init_pidfd, here) < 0)
			return err_sys(err, errno, "join the container's pid namespace");
		x->pid = clone_exec(x, false);
		if (x->pid == 0)
			exec_main(x, flags & ~here);
		if (x->pid < 0)
			rc = err_sys(err, errno, "make a process in the container");
	}
	fd_close_p(&x->child_sync);
	return rc;
}

static int open_container(struct exec *x, struct err *err)
{
	enum oci_status st;
	char path[48];
	int rc;

	if ((rc = statedir_open(x->g->root, x->o.id, &x->state_dir, &x->state, err)) < 0)
		return rc;
	st = oci_state_status(x->state_dir, &x->state);
	if (st != OCI_RUNNING && st != OCI_CREATED)
		return err_set(err, ERR_STATE, "cannot exec in a container that is %s", oci_status_name(st));
	if ((x->init_pidfd = container_pidfd(&x->state, err)) < 0)
		return x->init_pidfd;
	if (x->state.chrooted) {
		snprintf(path, sizeof path, "/proc/%d/root", (int) x->state.pid);
		if ((x->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
			return err_sys(err, errno, "open the container's root");
	}
	return 0;
}

static int do_exec(struct exec *x, struct err *err)
{
	auto_close int ptmx = -EBADF;
	auto_close int ours = -EBADF;
	int rc;

	if ((rc = open_container(x, err)) < 0 || (rc = load_process(x, err)) < 0 ||
		(rc = load_filter(x, err)) < 0 || (rc = open_cgroup(x, err)) < 0)
		return rc;
	if (x->p.terminal && (rc = console_open(x->o.console_socket, &x->console, &ours, err)) < 0)
		return rc;
	if ((rc = spawn(x, err)) < 0 || (rc = pid_file_write(x->o.pid_file, x->pid, err)) < 0)
		return rc;
	fd_close_p(&x->console);
	if (ours >= 0 && (ptmx = console_receive(ours, err)) < 0) {
		struct err real = { 0 };

		return sync_expect_end(x->parent_sync, &real) < 0
			       ? (*err = real, real.errnum ? -real.errnum : -EIO)
			       : ptmx;
	}
	if ((rc = sync_expect_end(x->parent_sync, err)) < 0) {
		/* 126 and 127 say something of the program, as a shell would */
		report_set_status(strncmp(err->msg, "exec ", 5) == 0 ? process_exit_code(err) : 255);
		return rc;
	}
	return x->o.detach ? 0 : foreground_wait(x->pid, x->pidfd, ptmx, -EBADF, err);
}

int cmd_exec(const struct globals *g, int argc, char **argv, struct err *err)
{
	static struct exec x_;
	struct exec *x = &x_;
	/* clang-format off */
	const struct opt table[] = {
		{ "process", 'p', OPT_STR, &x->o.process, "file with an OCI process object" },
		{ "cwd", 0, OPT_STR, &x->o.cwd, "working directory" },
		{ "env", 'e', OPT_LIST, &x->o.env, "NAME=value, repeatable" },
		{ "user", 'u', OPT_STR, &x->o.user, "UID or UID:GID" },
		{ "additional-gids", 'g', OPT_LIST, &x->o.gids, "supplementary group, repeatable" },
		{ "tty", 't', OPT_FLAG, &x->o.tty, "with a terminal" },
		{ "detach", 'd', OPT_FLAG, &x->o.detach, "do not wait for it" },
		{ "pid-file", 0, OPT_STR, &x->o.pid_file, "write the process id there" },
		{ "console-socket", 0, OPT_STR, &x->o.console_socket, "socket that receives the terminal" },
		{ "preserve-fds", 0, OPT_NUM, &x->o.preserve, "further descriptors to pass on" },
		{ "cap", 'c', OPT_LIST, &x->o.caps, "capability to add, repeatable" },
		{ "no-new-privs", 0, OPT_FLAG, &x->o.no_new_privs, "no new privileges" },
		{ "apparmor", 0, OPT_STR, &x->o.apparmor, "AppArmor profile" },
		{ "process-label", 0, OPT_STR, &x->o.label, "SELinux label" },
		{ "cgroup", 0, OPT_STR, &x->o.cgroup, "cgroup below the container's" },
		{ "ignore-paused", 0, OPT_FLAG, &x->o.ignore_paused, "even when it is paused" },
		{ "no-subreaper", 0, OPT_FLAG, NULL, "accepted; this runtime is none" },
		{ NULL, 0, OPT_FLAG, NULL, NULL },
	};
	/* clang-format on */
	static struct opt t[LEN(table)];
	bool help;
	char **pos;
	int n, rc;

	*x = (struct exec){ .g = g,
		.state_dir = -EBADF,
		.cgroup_dir = -EBADF,
		.listener = -EBADF,
		.init_pidfd = -EBADF,
		.console = -EBADF,
		.parent_sync = -EBADF,
		.child_sync = -EBADF,
		.root = -EBADF,
		.pidfd = -EBADF };
	if ((rc = options_parse(argc, argv, table, 2, &pos, &n, &help, err)) < 0)
		return rc;
	if (help) {
		memcpy(t, table, sizeof t);
		command_help_table = t;
		return COMMAND_HELP;
	}
	report_keep_off_stderr();
	if (n < 1)
		return err_set(err, ERR_INVALID, "exec: expected a container id");
	x->o.id = pos[0];
	x->o.args = pos + 1;
	x->o.n_args = n - 1;
	report_set_status(255);
	rc = do_exec(x, err);
	return rc < 0 ? err_wrap(err, "container '%s'", x->o.id) : rc;
}
