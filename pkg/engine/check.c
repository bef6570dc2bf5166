/*
 * podctl info --check: what this machine must have, what it has, and what to do about the difference.
 *
 * Each row looks for itself and changes nothing; a thing that can only be tried is tried where it leaves no trace (an overlay
 * that is never attached, a message to nf_tables that only asks).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

#include "pkg/engine/internal.h"
#include "pkg/engine/scope.h"
#include "pkg/engine/subids.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define ROWS_MAX 32
#define CAP_SYS_RESOURCE_BIT 24

struct check {
	const struct engine_options *opt;
	struct arena *arena;
	struct check_row *rows;
	size_t n;
	bool user; /* an ordinary user's engine */
	char root[4096];
	bool no_memory;
};

static void row(struct check *c, const char *name, enum check_state state, const char *remedy,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void row(
	struct check *c, const char *name, enum check_state state, const char *remedy, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	char *found;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (c->n == ROWS_MAX || !(found = arena_strdup(c->arena, text))) {
		c->no_memory = true;
		return;
	}
	c->rows[c->n++] = (struct check_row){
		.name = name, .state = state, .found = found, .remedy = state == CHECK_OK ? NULL : remedy
	};
}

/* The first line of a small file; "" when it cannot be read. */
static const char *first_line(const char *path, char *text, size_t size)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* ---- kernel ---------------------------------------------------------------------------------------------------------- */

static void check_kernel(struct check *c)
{
	struct utsname u = { 0 };
	unsigned long major, minor = 0;
	char *rest;

	(void) uname(&u);
	major = strtoul(u.release, &rest, 10);
	if (*rest == '.')
		minor = strtoul(rest + 1, NULL, 10);
	row(c, "kernel", major > 5 || (major == 5 && minor >= 14) ? CHECK_OK : CHECK_FAIL,
		"podctl needs Linux 5.14 or later: install a newer kernel and boot it", "%s", u.release);
}

static void check_openat2(struct check *c)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	auto_close int fd = (int) syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);

	row(c, "openat2", fd >= 0 ? CHECK_OK : CHECK_FAIL,
		"a seccomp filter hides openat2: update the engine of the container podctl runs in, or run "
		"it outside",
		"%s", fd >= 0 ? "available" : strerror(errno));
}

static void check_seccomp(struct check *c)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	bool have = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;

	row(c, "seccomp", have ? CHECK_OK : CHECK_FAIL,
		"the kernel needs CONFIG_SECCOMP_FILTER: boot one of a distribution", "%s",
		have ? "filters available" : strerror(errno));
}

/* The nearest directory above that exists: where root is, or will be. */
static void existing_dir(const char *path, char dir[4096])
{
	struct stat st;

	(void) snprintf(dir, 4096, "%s", path);
	while (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(dir, '/');

		if (!slash || slash == dir) {
			(void) snprintf(dir, 4096, "/");
			return;
		}
		*slash = '\0';
	}
}

static void check_overlay(struct check *c)
{
	static const char remedy[] = "load it (modprobe overlay), and keep --root on a file system that can "
				     "hold an overlay's upper "
				     "directory (ext4, xfs with ftype=1, btrfs; not overlay, nfs or vfat)";
	bool userxattr = c->user || !userns_is_initial();
	char dir[4096], tmp[4200];
	int rc;

	existing_dir(c->root, dir);
	(void) snprintf(tmp, sizeof tmp, "%s/.podctl-check-XXXXXX", dir);
	if (geteuid() != 0 || access(dir, W_OK) < 0 || !mkdtemp(tmp)) {
		char text[4096];
		auto_close int fd = open("/proc/filesystems", O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

		text[n > 0 ? n : 0] = '\0';
		row(c, "overlay", strstr(text, "\toverlay\n") ? CHECK_OK : CHECK_WARN, remedy, "%s",
			strstr(text, "\toverlay\n") ? "known to the kernel (not tried)"
						    : "not loaded (not tried)");
		return;
	}
	rc = overlay_try(tmp, userxattr);
	(void) dir_remove(AT_FDCWD, tmp);
	row(c, "overlay", rc == 0 ? CHECK_OK : CHECK_FAIL, remedy, "%s%s on %s",
		rc == 0 ? "native" : strerror(-rc), userxattr ? ", userxattr" : "", dir);
}

/* ---- control groups --------------------------------------------------------------------------------------------------- */

static void missing_controllers(const char *have, char *missing, size_t size)
{
	static const char *const want[] = { "cpu", "memory", "pids" };

	missing[0] = '\0';
	for (size_t i = 0; i < LEN(want); i++) {
		const char *p = have;
		size_t n = strlen(want[i]);

		while ((p = strstr(p, want[i])) && ((p > have && p[-1] != ' ') || (p[n] && p[n] != ' ')))
			p += n;
		if (!p)
			(void) snprintf(missing + strlen(missing), size - strlen(missing), " %s", want[i]);
	}
}

static void check_cgroup(struct check *c)
{
	char path[200], text[512], missing[64];

	if (!cgroups_unified()) {
		bool some = access("/sys/fs/cgroup", F_OK) == 0 && access("/proc/cgroups", F_OK) == 0;

		if (c->user)
			row(c, "cgroup", CHECK_WARN,
				"limits cannot be delegated to users on v1: boot with "
				"systemd.unified_cgroup_hierarchy=1",
				"v1 or hybrid");
		else
			row(c, "cgroup", some ? CHECK_OK : CHECK_FAIL, "mount cgroup2 at /sys/fs/cgroup",
				"%s", some ? "v1 or hybrid" : "none");
		return;
	}
	if (c->user)
		(void) snprintf(path, sizeof path,
			"/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/cgroup.controllers",
			(unsigned) c->opt->uid, (unsigned) c->opt->uid);
	else
		(void) snprintf(path, sizeof path, "/sys/fs/cgroup/cgroup.controllers");
	missing_controllers(first_line(path, text, sizeof text), missing, sizeof missing);
	if (c->user && access(path, F_OK) < 0)
		row(c, "cgroup", CHECK_WARN,
			"log in through ssh, login or machinectl shell (not su), or: loginctl enable-linger "
			"USER",
			"v2, no systemd user manager: no limits");
	else if (c->user)
		row(c, "cgroup", missing[0] ? CHECK_WARN : CHECK_OK,
			"delegate them: [Service] Delegate=cpu cpuset io memory pids in "
			"/etc/systemd/system/user@.service.d/delegate.conf",
			missing[0] ? "v2, not delegated:%s" : "v2, delegated: %s",
			missing[0] ? missing : text);
	else
		row(c, "cgroup", missing[0] ? CHECK_WARN : CHECK_OK,
			"the controllers are held by v1 mounts or switched off: boot with "
			"systemd.unified_cgroup_hierarchy=1 (and cgroup_enable=memory)",
			missing[0] ? "v2, missing:%s" : "v2: %s", missing[0] ? missing : text);
}

static void check_manager(struct check *c)
{
	struct engine e = { .opt = c->opt, .rootless = c->user, .uid = c->opt->uid };
	bool systemd = access("/run/systemd/system", F_OK) == 0, bus = scope_bus_present(&e);

	if (systemd && bus && cgroups_unified())
		row(c, "cgroup manager", CHECK_OK, NULL, "systemd");
	else if (systemd && !bus)
		row(c, "cgroup manager", c->user ? CHECK_WARN : CHECK_OK,
			"start a user session: install dbus-user-session, then loginctl enable-linger USER",
			"cgroupfs (no %s bus)", c->user ? "user" : "system");
	else
		row(c, "cgroup manager", CHECK_OK, NULL, "cgroupfs");
}

static void check_resource(struct check *c)
{
	auto_buf struct buf b = BUF_INIT(16 * KiB);
	const char *line = file_read(AT_FDCWD, "/proc/self/status", PATH_IN_STATE, &b) == 0 && b.data
				   ? strstr(b.data, "\nCapEff:")
				   : NULL;
	unsigned long long caps = line ? strtoull(line + 8, NULL, 16) : 0;
	bool have = caps >> CAP_SYS_RESOURCE_BIT & 1;

	if (c->user || !userns_is_initial()) /* there it never counts outside */
		return;
	row(c, "CAP_SYS_RESOURCE", have ? CHECK_OK : CHECK_WARN,
		"ulimits above our own hard limits are clamped: run podctl with the capability to raise them",
		"%s", have ? "held" : "not held");
}

/* ---- network ----------------------------------------------------------------------------------------------------------- */

/* Asks nf_tables for its generation: the cheapest question that loads the module. */
static int ask_nf_tables(void)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} ask = {
		.h = { .nlmsg_len = sizeof ask,
			.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			.nlmsg_flags = NLM_F_REQUEST },
		.g = { .version = NFNETLINK_V0 },
	};
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct timeval limit = { .tv_sec = 5 };
	char answer[4096];
	const struct nlmsghdr *h = (const void *) answer;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	ssize_t n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
		return -errno;
	if (send(fd, &ask, sizeof ask, 0) < 0 || (n = recv(fd, answer, sizeof answer, 0)) < 0)
		return -errno;
	if ((size_t) n >= NLMSG_LENGTH(sizeof *e) && h->nlmsg_type == NLMSG_ERROR)
		return e->error;
	return (size_t) n >= sizeof *h ? 0 : -EIO;
}

static void check_nft(struct check *c)
{
	char path[4096];
	bool found;
	int rc;

	if (c->user) /* bridges and published ports are root's */
		return;
	found = program_find(c->opt, "nft", path, sizeof path);
	row(c, "nft", found ? CHECK_OK : CHECK_FAIL, "install the package nftables", "%s",
		found ? path : "not installed");
	rc = ask_nf_tables();
	row(c, "nf_tables", rc == 0 ? CHECK_OK : CHECK_FAIL,
		rc == -EPERM ? "CAP_NET_ADMIN is missing: run as root of this network namespace"
			     : "load it (modprobe nf_tables) or boot a kernel with CONFIG_NF_TABLES",
		"%s", rc == 0 ? "answers" : strerror(-rc));
}

/* podctl switches it on with the first pod on a bridge; only where that cannot be written somebody else must. */
static void check_forward(struct check *c)
{
	static const char path[] = "/proc/sys/net/ipv4/ip_forward";
	bool ours;
	char text[16];

	if (c->user)
		return;
	(void) first_line(path, text, sizeof text);
	ours = text[0] != '1' && access(path, W_OK) == 0;
	row(c, "ip_forward", text[0] == '1' || ours ? CHECK_OK : CHECK_WARN,
		"pods on a bridge reach nothing outside: set the sysctl net.ipv4.ip_forward=1 where podctl "
		"cannot",
		"%s%s", text[0] ? text : "unreadable", ours ? ", set with the first pod on a bridge" : "");
}

/* ---- an ordinary user -------------------------------------------------------------------------------------------------- */

static void check_userns(struct check *c)
{
	char max[32], clone[16], apparmor[16];

	if (!c->user)
		return;
	(void) first_line("/proc/sys/user/max_user_namespaces", max, sizeof max);
	(void) first_line("/proc/sys/kernel/unprivileged_userns_clone", clone, sizeof clone);
	(void) first_line(
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", apparmor, sizeof apparmor);
	if (strcmp(max, "0") == 0)
		row(c, "user namespaces", CHECK_FAIL, "sysctl -w user.max_user_namespaces=15000",
			"switched off");
	else if (clone[0] == '0')
		row(c, "user namespaces", CHECK_FAIL, "sysctl -w kernel.unprivileged_userns_clone=1",
			"not for ordinary users");
	else if (apparmor[0] == '1')
		row(c, "user namespaces", CHECK_WARN,
			"give podctl an AppArmor profile with 'userns,', or: sysctl -w "
			"kernel.apparmor_restrict_unprivileged_userns=0",
			"restricted by AppArmor");
	else
		row(c, "user namespaces", CHECK_OK, NULL, "available");
}

static void check_subids(struct check *c)
{
	struct subids uids, gids;
	struct err err;

	if (!c->user)
		return;
	if (subids_read(c->opt, false, &uids, &err) < 0 || subids_read(c->opt, true, &gids, &err) < 0) {
		row(c, "subordinate ids", CHECK_FAIL,
			"make /etc/subuid and /etc/subgid readable for everyone", "%s", err.msg);
		return;
	}
	row(c, "subordinate ids",
		subids_total(&uids) >= 65536 && subids_total(&gids) >= 65536 ? CHECK_OK : CHECK_WARN,
		"images with several users need 65536 of each: usermod --add-subuids 100000-165535 "
		"--add-subgids 100000-165535 USER, then "
		"end your pods and the process podctl-user",
		"%llu users, %llu groups", (unsigned long long) subids_total(&uids),
		(unsigned long long) subids_total(&gids));
}

static void check_newidmap(struct check *c, const char *program)
{
	char path[4096];
	struct stat st;
	bool privileged;

	if (!c->user)
		return;
	if (!program_find(c->opt, program, path, sizeof path) || stat(path, &st) < 0) {
		row(c, program, CHECK_FAIL, "install the package uidmap (shadow-utils)", "not installed");
		return;
	}
	privileged = (st.st_mode & S_ISUID) || getxattr(path, "security.capability", NULL, 0) > 0;
	row(c, program, privileged ? CHECK_OK : CHECK_FAIL,
		"it must be setuid root or have its file capability: reinstall the package uidmap", "%s%s",
		path, privileged ? "" : ", without privilege");
}

static void check_linger(struct check *c)
{
	char path[300];

	if (!c->user || !c->opt->user || access("/run/systemd/system", F_OK) < 0)
		return;
	(void) snprintf(path, sizeof path, "/var/lib/systemd/linger/%s", c->opt->user);
	row(c, "linger", access(path, F_OK) == 0 ? CHECK_OK : CHECK_WARN,
		"pods stop at logout: loginctl enable-linger USER", "%s",
		access(path, F_OK) == 0 ? "enabled" : "not enabled");
}

/* ---- surroundings ------------------------------------------------------------------------------------------------------ */

static void check_container(struct check *c)
{
	static const char remedy[] = "pods inside a container need its privileges (--privileged, or own "
				     "cgroup and user namespaces); "
				     "what is missing shows in the rows above";
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	const char *kind = NULL;

	if (access("/run/.containerenv", F_OK) == 0)
		kind = "podman or podctl";
	else if (access("/.dockerenv", F_OK) == 0)
		kind = "docker";
	else if (file_read(AT_FDCWD, "/proc/1/environ", PATH_IN_STATE, &b) == 0 && b.data) {
		for (const char *p = b.data; p < b.data + b.len; p += strlen(p) + 1)
			if (strncmp(p, "container=", 10) == 0 && p[10])
				kind = p + 10;
	}
	row(c, "container", kind ? CHECK_WARN : CHECK_OK, remedy, kind ? "inside one (%.60s)" : "%s",
		kind ? kind : "not inside one");
}

static void check_disk(struct check *c)
{
	struct statvfs fs;
	char dir[4096];
	uint64_t free_bytes;

	existing_dir(c->root, dir);
	if (statvfs(dir, &fs) < 0) {
		row(c, "disk", CHECK_WARN, "choose another --root", "%s: %s", dir, strerror(errno));
		return;
	}
	free_bytes = (uint64_t) fs.f_bavail * fs.f_frsize;
	row(c, "disk",
		free_bytes < 100 * MiB || (fs.f_files && fs.f_favail < 1000) ? CHECK_FAIL
		: free_bytes < 1 * GiB                                       ? CHECK_WARN
									     : CHECK_OK,
		"make room, or choose another --root: an image takes some hundred MiB and thousands of "
		"inodes",
		"%llu MiB free in %s", (unsigned long long) (free_bytes / MiB), dir);
}

static void check_helpers(struct check *c)
{
	static const char *const names[] = { "podctl-monitor", "podctl-runtime", "podctl-pause",
		"podctl-unpack" };
	char path[4200] = "", missing[200] = "";
	struct err err;

	for (size_t i = 0; i < LEN(names); i++) {
		char at[4200];

		if (helper_path(names[i], at, &err) < 0)
			(void) snprintf(
				missing + strlen(missing), sizeof missing - strlen(missing), " %s", names[i]);
		else
			memcpy(path, at, sizeof path);
	}
	if (strrchr(path, '/'))
		*strrchr(path, '/') = '\0';
	row(c, "helpers", missing[0] ? CHECK_FAIL : CHECK_OK,
		"reinstall podctl: its helpers stand beside it or in " PODCTL_LIBEXECDIR,
		missing[0] ? "missing:%s" : "in %s", missing[0] ? missing : path);
}

int engine_check(const struct engine_options *opt, struct arena *a, struct check_row **ret, size_t *ret_n,
	struct err *err)
{
	struct engine_options who = *opt;
	struct check c = { .opt = &who, .arena = a, .rows = arena_array(a, ROWS_MAX, sizeof *c.rows) };
	char runroot[4096];
	int rc;

	if (!c.rows)
		return err_sys(err, ENOMEM, "check this machine");
	if ((rc = engine_default_paths(opt, c.root, runroot, err)) < 0)
		return rc;
	if (opt->uid == 0) /* perhaps a user's, called from inside his namespace */
		(void) rootless_inside(opt->runroot ? opt->runroot : runroot, &who.uid, &who.gid);
	c.user = who.uid != 0;
	if (opt->root)
		(void) snprintf(c.root, sizeof c.root, "%s", opt->root);
	check_kernel(&c);
	check_openat2(&c);
	check_seccomp(&c);
	check_overlay(&c);
	check_cgroup(&c);
	check_manager(&c);
	check_resource(&c);
	check_nft(&c);
	check_forward(&c);
	check_userns(&c);
	check_subids(&c);
	check_newidmap(&c, "newuidmap");
	check_newidmap(&c, "newgidmap");
	check_linger(&c);
	check_container(&c);
	check_disk(&c);
	check_helpers(&c);
	if (c.no_memory)
		return err_sys(err, ENOMEM, "check this machine");
	*ret = c.rows;
	*ret_n = c.n;
	return 0;
}
