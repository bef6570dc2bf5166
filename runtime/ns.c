#include "runtime/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "runtime/sync.h"
#include "runtime/systemd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

int ns_open_paths(struct container *c, struct err *err)
{
	for (int i = 0; i < OCI_NS_COUNT; i++) {
		const char *path = c->cfg.ns[i].path;

		if (!path)
			continue;
		if ((c->ns_fd[i] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
			return err_sys(err, errno, "open %s namespace '%s'", oci_ns_table[i].name, path);
	}
	return 0;
}

static bool is_new(const struct container *c, int ns) { return c->cfg.ns[ns].wanted && !c->cfg.ns[ns].path; }

static bool needs_attach(const struct container *c)
{
	return c->systemd_scope && c->cg.mode == CGROUP_V2 && systemd_is_user();
}

bool ns_needs_joiner(const struct container *c)
{
	if (needs_attach(c))
		return true;
	if (!c->cfg.ns[OCI_NS_USER].wanted)
		return false;
	if (c->cfg.ns[OCI_NS_USER].path)
		return true;
	for (int i = 0; i < OCI_NS_COUNT; i++)
		if (c->cfg.ns[i].path)
			return true;
	return is_new(c, OCI_NS_TIME);
}

static int join(struct container *c, int ns, struct err *err)
{
	if (setns(c->ns_fd[ns], oci_ns_table[ns].flag) < 0)
		return err_sys(
			err, errno, "join %s namespace '%s'", oci_ns_table[ns].name, c->cfg.ns[ns].path);
	return 0;
}

int ns_join(struct container *c, struct err *err)
{
	if (ns_needs_joiner(c)) { /* the joiner did, all but the cgroup namespace */
		return c->cfg.ns[OCI_NS_CGROUP].path && c->ns_fd[OCI_NS_CGROUP] >= 0
			       ? join(c, OCI_NS_CGROUP, err)
			       : 0;
	}
	for (int i = 0; i < OCI_NS_COUNT; i++) {
		int rc;

		if (c->ns_fd[i] >= 0 && i != OCI_NS_PID && i != OCI_NS_TIME && (rc = join(c, i, err)) < 0)
			return rc;
	}
	return 0;
}

int ns_time_offsets(const struct container *c, struct err *err)
{
	const struct config *g = &c->cfg;
	auto_close int fd = -EBADF;
	char text[160];
	int n = 0;

	if (!g->boottime.set && !g->monotonic.set)
		return 0;
	if (g->monotonic.set)
		n += snprintf(text + n, sizeof text - (size_t) n, "monotonic %lld %u\n",
			(long long) g->monotonic.secs, g->monotonic.nanosecs);
	if (g->boottime.set)
		n += snprintf(text + n, sizeof text - (size_t) n, "boottime %lld %u\n",
			(long long) g->boottime.secs, g->boottime.nanosecs);
	if ((fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC)) < 0 ||
		write(fd, text, (size_t) n) != n)
		return err_sys(err, errno, "set the offsets of the time namespace");
	return 0;
}

static uint64_t clone_flags(const struct container *c)
{
	uint64_t flags = 0;

	for (int i = 0; i < OCI_NS_COUNT; i++)
		if (is_new(c, i) && i != OCI_NS_CGROUP && i != OCI_NS_TIME)
			flags |= (uint64_t) oci_ns_table[i].flag;
	return flags;
}

/* Returns 0 in the child.  parent: the child becomes a sibling, not a child of the caller. */
static pid_t clone_init(struct container *c, bool sibling, int *ret_pidfd)
{
	struct clone_args a = {
		.flags = clone_flags(c) | (sibling ? CLONE_PARENT : CLONE_PIDFD),
		.pidfd = sibling ? 0 : (uint64_t) (uintptr_t) ret_pidfd,
		.exit_signal = sibling ? 0 : SIGCHLD,
	};
	pid_t pid;

	if (c->cgroup_dir >= 0 && !needs_attach(c)) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t) c->cgroup_dir;
	}
	pid = (pid_t) syscall(SYS_clone3, &a, sizeof a);
	return pid;
}

static int clone_failed(struct container *c, int errnum, struct err *err)
{
	return err_sys(err, errnum, "make the container's process%s%s",
		c->cgroup_dir >= 0 ? " in cgroup " : "", c->cgroup_dir >= 0 ? c->cgroup_path : "");
}

/* joiner - a process between the runtime and the init.
 * In:       the runtime's namespaces.
 * Must:     join what the caller's rights open first, then the user namespace, then the rest with the rights it gives. */
static _Noreturn void joiner_main(struct container *c)
{
	bool done[OCI_NS_COUNT] = { 0 };
	struct err err = { 0 };
	int go[2];
	char byte;
	pid_t pid;

	for (int i = 0; i < OCI_NS_COUNT; i++)
		done[i] = i == OCI_NS_USER || i == OCI_NS_CGROUP || c->ns_fd[i] < 0 ||
			  setns(c->ns_fd[i], oci_ns_table[i].flag) == 0;
	if (c->ns_fd[OCI_NS_USER] >= 0 && join(c, OCI_NS_USER, &err) < 0)
		sync_die(c->child_sync, &err);
	for (int i = 0; i < OCI_NS_COUNT; i++)
		if (!done[i] && join(c, i, &err) < 0)
			sync_die(c->child_sync, &err);
	if (is_new(c, OCI_NS_TIME) && !is_new(c, OCI_NS_USER)) {
		if (unshare(CLONE_NEWTIME) < 0) {
			err_sys(&err, errno, "make a time namespace");
			sync_die(c->child_sync, &err);
		}
		if (ns_time_offsets(c, &err) < 0)
			sync_die(c->child_sync, &err);
	}
	if (pipe2(go, O_CLOEXEC) < 0) {
		err_sys(&err, errno, "pipe");
		sync_die(c->child_sync, &err);
	}
	pid = clone_init(c, true, NULL);
	if (pid < 0) {
		clone_failed(c, errno, &err);
		sync_die(c->child_sync, &err);
	}
	if (pid == 0) { /* the init's first word must not come before the joiner's, which says who it is */
		close(go[1]);
		(void) !read(go[0], &byte, 1);
		close(go[0]);
		init_main(c);
	}
	_exit(sync_send(c->child_sync, SYNC_INIT_PID, pid) < 0);
}

static int clone_by_joiner(struct container *c, struct err *err)
{
	int32_t pid = 0;
	pid_t joiner;
	int go[2], rc = 0;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	if ((joiner = fork()) < 0)
		return err_sys(err, errno, "fork");
	if (joiner == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		joiner_main(c);
	}
	close(go[0]);
	if (needs_attach(c)) /* what it clones is then born there */
		rc = systemd_attach(c->systemd_scope, c->cgroup_path, joiner, err);
	if (rc == 0 && write(go[1], "", 1) != 1)
		rc = err_sys(err, errno, "start the joiner");
	close(go[1]);
	if (rc == 0)
		rc = sync_expect(c->parent_sync, SYNC_INIT_PID, &pid, err);
	while (waitpid(joiner, NULL, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return rc;
	c->pid = pid;
	if ((c->pidfd = (int) syscall(SYS_pidfd_open, pid, 0)) < 0)
		return err_sys(err, errno, "open the container's init");
	return 0;
}

/* Our own children-to-be namespace, changed for one clone and set back: hooks must not land in the container's. */
static int swap_children_ns(struct container *c, int *ret_pid, int *ret_time, struct err *err)
{
	int rc;

	if (c->ns_fd[OCI_NS_PID] >= 0) {
		if ((*ret_pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) < 0)
			return err_sys(err, errno, "open /proc/self/ns/pid");
		if ((rc = join(c, OCI_NS_PID, err)) < 0)
			return rc;
	}
	if (!c->cfg.ns[OCI_NS_TIME].wanted)
		return 0;
	if ((*ret_time = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open /proc/self/ns/time");
	if (c->ns_fd[OCI_NS_TIME] >= 0)
		return join(c, OCI_NS_TIME, err);
	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(err, errno, "make a time namespace");
	return ns_time_offsets(c, err);
}

int ns_clone_init(struct container *c, struct err *err)
{
	auto_close int own_pid = -EBADF;
	auto_close int own_time = -EBADF;
	int rc;

	if (ns_needs_joiner(c) || needs_attach(c))
		return clone_by_joiner(c, err);
	if ((rc = swap_children_ns(c, &own_pid, &own_time, err)) < 0)
		return rc;
	c->pid = clone_init(c, false, &c->pidfd);
	if (c->pid == 0)
		init_main(c);
	rc = errno;
	if (own_pid >= 0)
		(void) setns(own_pid, CLONE_NEWPID);
	if (own_time >= 0)
		(void) setns(own_time, CLONE_NEWTIME);
	if (c->pid < 0) {
		c->pid = 0;
		return clone_failed(c, rc, err);
	}
	return 0;
}

int ns_idmapped_source(struct container *c, const struct cfg_mount *m, struct err *err)
{
	auto_close int userns = -EBADF;
	auto_close int tree = -EBADF;
	bool rec = m->opts.special & OCI_MOUNT_RBIND;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };

	if (!(m->opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND)))
		return err_set(err, ERR_UNSUPPORTED,
			"mount '%s': id mappings are supported on bind mounts only", m->dest);
	if (m->uids.n || m->gids.n) {
		userns = idmap_userns(&m->uids, &m->gids, err);
	} else if (c->cfg.uids.n && c->cfg.gids.n) { /* "idmap" without maps of its own: the container's */
		userns = idmap_userns(&c->cfg.uids, &c->cfg.gids, err);
	} else {
		return err_set(
			err, ERR_INVALID, "mount '%s': 'idmap' needs uidMappings and gidMappings", m->dest);
	}
	if (userns < 0)
		return err_wrap(err, "mount '%s'", m->dest);
	tree = (int) syscall(SYS_open_tree, AT_FDCWD, m->source,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (rec ? AT_RECURSIVE : 0));
	if (tree < 0)
		return err_sys(err, errno, "mount '%s': open '%s'", m->dest, m->source);
	attr.userns_fd = (uint64_t) userns;
	if (syscall(SYS_mount_setattr, tree, "",
		    AT_EMPTY_PATH | (m->opts.special & OCI_MOUNT_RIDMAP ? AT_RECURSIVE : 0), &attr,
		    sizeof attr) < 0)
		return err_sys(err, errno,
			"mount '%s': id-mapped mount of '%s' (does its file system support them?)", m->dest,
			m->source);
	return fd_steal(&tree);
}
