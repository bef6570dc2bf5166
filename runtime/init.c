#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "runtime/ns.h"
#include "runtime/process.h"
#include "runtime/rootfs.h"
#include "runtime/seccomp.h"
#include "runtime/sync.h"
#include "runtime/tune.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct init {
	struct container *c;
	struct rootfs r;
	struct process p;
	pid_t host_pid; /* ours, as the runtime sees it */
};

static bool is_new(const struct init *n, int ns) { return n->c->cfg.ns[ns].wanted && !n->c->cfg.ns[ns].path; }

/* v1: while still single-threaded, "0" to `tasks` moves us without the wait that cgroup.procs has.  The cgroup namespace
 * must come after, as its root is where we are then. */
static int enter_cgroup(struct init *n, struct err *err)
{
	struct container *c = n->c;

	for (size_t i = 0; i < c->n_tasks; i++)
		if (write(c->tasks[i], "0", 1) < 0)
			return err_sys(err, errno, "enter cgroup '%s'", c->cgroup_path);
	if (is_new(n, OCI_NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, errno, "make a cgroup namespace");
	if (c->delegate >= 0 && write(c->delegate, "0", 1) < 0) /* below what is the namespace's root now */
		return err_sys(err, errno, "enter the delegated cgroup");
	return 0;
}

static int join_namespaces(struct init *n, struct err *err) { return ns_join(n->c, err); }

/* The sources of bind mounts are opened while we are still the caller to the file system, mount points are made as the
 * container's root. */
static int user_namespace(struct init *n, struct err *err)
{
	struct container *c = n->c;
	int rc;

	if (!c->cfg.ns[OCI_NS_USER].wanted)
		return 0;
	if (is_new(n, OCI_NS_USER) && (rc = sync_expect(c->child_sync, SYNC_IDS_MAPPED, NULL, err)) < 0)
		return rc;
	if (c->cfg.ns[OCI_NS_MOUNT].wanted && (rc = mounts_open_sources(&n->r, err)) < 0)
		return rc;
	if (is_new(n, OCI_NS_TIME) && is_new(n, OCI_NS_USER)) {
		if (unshare(CLONE_NEWTIME) < 0) /* entered by the exec, Linux 6.1 */
			return err_sys(err, errno, "make a time namespace");
		if ((rc = ns_time_offsets(c, err)) < 0)
			return rc;
	}
	return 0;
}

static int session(struct init *n, struct err *err)
{
	(void) umask(0);
	if (setsid() < 0)
		return err_sys(err, errno, "setsid");
	/* A keyring of its own; where keyrings are forbidden there is none to leak.  Without a name: the kernel would look
	 * through those of all containers for one that is called so, and join it. */
	if (!n->c->o.no_new_keyring)
		(void) syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

static int hostname(struct init *n, struct err *err)
{
	const char *h = n->c->cfg.hostname, *d = n->c->cfg.domainname;

	if (h && *h && sethostname(h, strlen(h)) < 0)
		return err_sys(err, errno, "set hostname '%s'", h);
	if (d && *d && setdomainname(d, strlen(d)) < 0)
		return err_sys(err, errno, "set domainname '%s'", d);
	return 0;
}

static int loopback(struct init *n, struct err *err)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	auto_close int s = -EBADF;

	if (!is_new(n, OCI_NS_NET))
		return 0;
	if ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0 || ioctl(s, SIOCSIFFLAGS, &lo) < 0)
		return errno == EAFNOSUPPORT ? 0 : err_sys(err, errno, "bring up the loopback interface");
	return 0;
}

static int prepare_root(struct init *n, struct err *err)
{
	int rc = procfs_open(err);

	if (rc < 0)
		return rc;
	n->r.proc = rc;
	if ((rc = rootfs_prepare(&n->r, err)) < 0)
		return rc;
	if (n->c->cfg.ns[OCI_NS_USER].wanted) {
		(void) syscall(SYS_setgroups, 0, NULL); /* EPERM where the map forbids it */
		if ((setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) &&
			errno != EINVAL) /* EINVAL: 0 is not mapped */
			return err_sys(err, errno, "become root of the user namespace");
	}
	return 0;
}

static int mounts(struct init *n, struct err *err)
{
	return n->c->cfg.ns[OCI_NS_MOUNT].wanted ? mounts_apply(&n->r, err) : 0;
}

static int devices(struct init *n, struct err *err) { return devices_make(&n->r, err); }

static int tune(struct init *n, struct err *err)
{
	struct container *c = n->c;

	n->p = (struct process){ .p = &c->cfg.process,
		.filter = &c->filter,
		.proc = n->r.proc,
		.preserve_fds = c->o.preserve_fds,
		.makes_cwd = config_annotation(&c->cfg, OCI_CWD_THERE) == NULL,
		.first = true,
		.id = c->o.id,
		.label_fd = -EBADF,
		.listener = c->listener,
		.keep_groups = config_annotation(&c->cfg, "run.oci.keep_original_groups") != NULL };
	int rc = tune_linux(&c->cfg, err);

	return rc < 0 ? rc : process_tune(&n->p, err);
}

/* Where a sysctl is namespaced, it belongs to a namespace the container has of its own; else it is the host's. */
static int sysctl_allowed(const struct config *g, const char *key, struct err *err)
{
	static const char *const ipc[] = { "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
		"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
		"kernel.auto_msgmni", "kernel.msg_next_id", "kernel.sem_next_id", "kernel.shm_next_id" };
	int ns = -1;

	for (size_t i = 0; i < LEN(ipc); i++)
		if (strcmp(key, ipc[i]) == 0)
			ns = OCI_NS_IPC;
	if (strncmp(key, "fs.mqueue.", 10) == 0)
		ns = OCI_NS_IPC;
	else if (strncmp(key, "net.", 4) == 0)
		ns = OCI_NS_NET;
	else if (strcmp(key, "kernel.domainname") == 0)
		ns = OCI_NS_UTS;
	else if (strcmp(key, "kernel.hostname") == 0)
		return err_set(err, ERR_INVALID, "linux.sysctl '%s': use hostname", key);
	else if (strncmp(key, "user.", 5) == 0)
		ns = OCI_NS_USER;
	if (ns < 0)
		return err_set(err, ERR_INVALID,
			"linux.sysctl '%s': is not namespaced, it would change the host", key);
	if (!g->ns[ns].wanted)
		return err_set(err, ERR_INVALID, "linux.sysctl '%s': needs a %s namespace of its own", key,
			oci_ns_table[ns].name);
	return 0;
}

static int sysctls(struct init *n, struct err *err)
{
	struct config *g = &n->c->cfg;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *) g->sysctl, key, value)
	{
		char path[300], dotted[256];
		int rc;

		if (!json_is_string(value))
			return err_set(err, ERR_INVALID, "linux.sysctl '%s': expected a string", key);
		if (snprintf(dotted, sizeof dotted, "%s", key) >= (int) sizeof dotted)
			return err_set(err, ERR_INVALID, "linux.sysctl: a name is too long");
		/* "net/ipv4/conf/eth0.1/forwarding" is the form for names with dots in them */
		if (!strchr(dotted, '/') || strcspn(dotted, ".") < strcspn(dotted, "/")) {
			for (char *p = dotted; *p; p++)
				*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
		}
		snprintf(path, sizeof path, "sys/%s", dotted);
		for (char *p = dotted; *p; p++)
			*p = *p == '/' ? '.' : *p;
		if ((rc = sysctl_allowed(g, dotted, err)) < 0)
			return rc;
		if ((rc = file_write(n->r.proc, path, json_string_value(value))) < 0)
			return err_sys(err, -rc, "set sysctl '%s' to '%s'", key, json_string_value(value));
	}
	return 0;
}

static int masks(struct init *n, struct err *err)
{
	return n->c->cfg.ns[OCI_NS_MOUNT].wanted ? masks_apply(&n->r, err) : 0;
}

static int console(struct init *n, struct err *err)
{
	const struct cfg_process *p = &n->c->cfg.process;

	if (!p->terminal)
		return 0;
	return console_setup(n->r.root, n->c->console, p, p->uid, n->c->cfg.ns[OCI_NS_MOUNT].wanted, err);
}

static pid_t host_pid(const struct init *n)
{
	char text[16];
	ssize_t len = readlinkat(n->r.proc, "self", text, sizeof text - 1);

	text[len > 0 ? len : 0] = '\0';
	return (pid_t) strtol(text, NULL, 10);
}

static int hooks(struct init *n, struct err *err)
{
	struct container *c = n->c;
	int rc;

	if (c->cfg.hooks[HOOK_PRESTART].n || c->cfg.hooks[HOOK_CREATE_RUNTIME].n ||
		(c->cfg.net_devices && json_object_size(c->cfg.net_devices))) {
		if ((rc = sync_send(c->child_sync, SYNC_MOUNTED, 0)) < 0)
			return err_sys(err, -rc, "the runtime is gone");
		if ((rc = sync_expect(c->child_sync, SYNC_HOOKS_DONE, NULL, err)) < 0)
			return rc;
	}
	n->host_pid = host_pid(n);
	if (c->listener >= 0)
		n->p.listener_text = seccomp_listener_text(
			&c->cfg, container_hook_state(c, OCI_CREATED, n->host_pid), n->host_pid);
	if (!c->cfg.hooks[HOOK_CREATE_CONTAINER].n)
		return 0;
	return hooks_run(
		&c->cfg, HOOK_CREATE_CONTAINER, container_hook_state(c, OCI_CREATING, n->host_pid), err);
}

static int enter_root(struct init *n, struct err *err) { return rootfs_enter(&n->r, err); }

static int readonly_root(struct init *n, struct err *err) { return rootfs_readonly(&n->r, err); }

static int become(struct init *n, struct err *err) { return process_become(&n->p, err); }

/* clang-format off */
static const struct { const char *name; int (*run)(struct init *, struct err *); } steps[] = {
	{ "cgroup", enter_cgroup },
	{ "namespaces", join_namespaces },
	{ "user namespace", user_namespace },
	{ "session", session },
	{ "hostname", hostname },
	{ "network", loopback },
	{ "root", prepare_root },
	{ "mounts", mounts },
	{ "devices", devices },
	{ "sysctl", sysctls },
	{ "console", console },
	{ "limits", tune },
	{ "hooks", hooks },
	{ "masks", masks },
	{ "enter root", enter_root },
	{ "read-only root", readonly_root },
	{ "process", become },
};
/* clang-format on */

static int wait_for_start(struct init *n, struct err *err)
{
	struct container *c = n->c;
	char byte;
	ssize_t got;

	if (c->o.run)
		return sync_expect(c->child_sync, SYNC_GO, NULL, err);
	fd_close_p(&c->child_sync); /* `create` returns now; from here on errors go to our stderr */
	do
		got = read(c->fifo, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? 0 : err_sys(err, errno, "wait for start");
}

/* After `create` has gone, the only one who can hear of a failure is who reads our stderr. */
static _Noreturn void fail(struct init *n, const struct err *err)
{
	if (n->c->child_sync >= 0)
		sync_die(n->c->child_sync, err);
	dprintf(2, "podctl-runtime: container '%s': %s\n", n->c->o.id, err->msg);
	_exit(process_exit_code(err));
}

/* init_main - the container's first process, from clone to exec.
 * In:       the namespaces that are new, but the cgroup namespace; the runtime's root and user.
 * Must:     do the steps above in their order; be the container's user, without its rights, before READY.
 * Must not: log; leave a descriptor that is not close-on-exec. */
_Noreturn void init_main(struct container *c)
{
	struct init *n = &(struct init){ .c = c, .r = { .c = c, .root = -EBADF, .proc = -EBADF } };
	struct err err = { 0 };
	int rc;

	fd_close_p(&c->parent_sync);
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL); /* until READY: a killed runtime leaves nothing */
	for (size_t i = 0; i < LEN(steps); i++)
		if ((rc = steps[i].run(n, &err)) < 0)
			sync_die(c->child_sync, &err);
	(void) prctl(PR_SET_PDEATHSIG, 0);
	if (sync_send(c->child_sync, SYNC_READY, 0) < 0)
		_exit(1);
	if (wait_for_start(n, &err) < 0)
		fail(n, &err);
	if (c->cfg.hooks[HOOK_START_CONTAINER].n &&
		hooks_run(&c->cfg, HOOK_START_CONTAINER, container_hook_state(c, OCI_CREATED, n->host_pid),
			&err) < 0)
		fail(n, &err);
	(void) process_exec(&n->p, &err);
	fail(n, &err);
}
