#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"
#include "runtime/rootfs.h"
#include "runtime/seccomp.h"
#include "runtime/tune.h"

/* --- before rights are dropped --- */

/* A limit that cannot be raised (no CAP_SYS_RESOURCE, a user namespace) is clamped to the hard limit we have. */
static int set_rlimits(const struct cfg_process *p, struct err *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		const struct cfg_rlimit *l = &p->rlimits[i];
		struct rlimit want = { .rlim_cur = l->soft, .rlim_max = l->hard }, have;

		if (setrlimit((__rlimit_resource_t) l->resource, &want) == 0)
			continue;
		if (errno != EPERM || getrlimit((__rlimit_resource_t) l->resource, &have) < 0)
			return err_sys(err, errno, "set resource limit %d", l->resource);
		if (want.rlim_max > have.rlim_max)
			want.rlim_max = have.rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		if (setrlimit((__rlimit_resource_t) l->resource, &want) < 0)
			return err_sys(err, errno, "set resource limit %d", l->resource);
	}
	return 0;
}

static int set_oom(struct process *s, struct err *err)
{
	char text[16], have[16] = "";
	int rc;

	if (!s->p->has_oom_score_adj)
		return 0;
	snprintf(text, sizeof text, "%d", s->p->oom_score_adj);
	auto_close int fd = openat(s->proc, "self/oom_score_adj", O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return 0; /* an ordinary user in a user namespace: the value stays what it was */
	if (fd < 0)
		return err_sys(err, errno, "set oom_score_adj");
	if (write(fd, text, strlen(text)) >= 0)
		return 0;
	rc = errno;
	/* lowering needs CAP_SYS_RESOURCE: keep what we have, which is the lowest that is allowed */
	if ((rc == EACCES || rc == EPERM) && pread(fd, have, sizeof have - 1, 0) > 0 &&
		strtol(have, NULL, 10) > s->p->oom_score_adj)
		return 0;
	return err_sys(err, rc, "set oom_score_adj to %d", s->p->oom_score_adj);
}

/* Opened while we may; the label itself is written right before exec. */
static int open_label(struct process *s, struct err *err)
{
	const char *file = s->p->selinux ? "self/attr/exec" : "self/attr/apparmor/exec";

	if (!s->p->apparmor && !s->p->selinux)
		return 0;
	if (s->p->apparmor && strcmp(s->p->apparmor, "unconfined") == 0 && !s->p->selinux &&
		access("/sys/kernel/security/apparmor", F_OK) < 0)
		return 0;
	if (s->p->apparmor && access("/sys/module/apparmor/parameters/enabled", F_OK) < 0 && !s->p->selinux)
		return err_set(err, ERR_UNSUPPORTED,
			"process.apparmorProfile '%s': AppArmor is not enabled in this kernel",
			s->p->apparmor);
	s->label_fd = openat(s->proc, file, O_WRONLY | O_CLOEXEC);
	if (s->label_fd < 0 && errno == ENOENT && !s->p->selinux)
		s->label_fd = openat(s->proc, "self/attr/exec", O_WRONLY | O_CLOEXEC);
	if (s->label_fd < 0)
		return err_sys(err, errno, "process.%s: not supported by this kernel",
			s->p->selinux ? "selinuxLabel" : "apparmorProfile");
	return 0;
}

int process_tune(struct process *s, struct err *err)
{
	int rc;

	if ((rc = set_oom(s, err)) < 0 || (rc = tune_scheduling(s->p, err)) < 0 ||
		(rc = open_label(s, err)) < 0)
		return rc;
	return set_rlimits(s->p, err);
}

/* --- becoming the user --- */

static int open_cwd(const char *cwd, bool make)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd =
		root < 0 ? -errno
			 : path_open(root, cwd[1] ? cwd + 1 : ".", PATH_IN_ROOTFS, O_PATH | O_DIRECTORY, 0);

	if (fd == -ENOENT && make) { /* as other runtimes do, a working directory that is missing is made */
		struct err ignored;

		if ((fd = target_open(root, cwd, false, false, &ignored)) < 0)
			return fd == -EROFS ? -ENOENT : fd;
	}
	return fd < 0 ? fd : fchdir(fd) < 0 ? -errno : 0;
}

/* A descriptor or a "/proc/self/fd/N" of the host must not become our directory (CVE-2024-21626): the kernel names a
 * directory outside our root "(unreachable)". */
static int check_cwd(const char *cwd, struct err *err)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/')
		return err_set(err, ERR_DENIED, "process.cwd '%s': is outside of the container", cwd);
	return 0;
}

static int enter_cwd(const struct process *s, int rc, struct err *err)
{
	if (rc == -EACCES || rc == -EPERM)
		rc = chdir(s->p->cwd) < 0
			     ? -errno
			     : 0; /* now as the user, whom the file system may trust more than root */
	if (rc == -ENOENT && s->first && !s->makes_cwd)
		return err_set(
			err, ERR_DENIED, "workdir \"%s\" does not exist on container %s", s->p->cwd, s->id);
	if (rc == -ENOTDIR && s->first && !s->makes_cwd)
		return err_set(err, ERR_DENIED,
			"workdir \"%s\" exists on container %s, but is not a directory", s->p->cwd, s->id);
	if (rc < 0)
		return err_sys(err, -rc, "process.cwd '%s'", s->p->cwd);
	return check_cwd(s->p->cwd, err);
}

/* /dev/stdout leads to descriptors that our caller opened: the user may open them again.  Pipes only: a file or terminal
 * that somebody's shell put there is theirs and does not change hands because a container wrote to it. */
static void own_stdio(uid_t uid)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0 || st.st_uid == uid || !S_ISFIFO(st.st_mode))
			continue;
		(void) !fchown(fd, uid, (gid_t) -1); /* foreign ids refuse: then it stays */
	}
}

static int set_bounding(uint64_t bounding, struct err *err)
{
	for (int cap = 0; cap < 64; cap++) {
		if (bounding & (1ull << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break; /* past the last one this kernel knows */
			return err_sys(err, errno, "drop capability %s from the bounding set",
				cap_name(cap) ? cap_name(cap) : "?");
		}
	}
	return 0;
}

static int cap_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	for (int i = 0; i < 2; i++)
		d[i] = (struct __user_cap_data_struct){ .effective = (uint32_t) (effective >> (32 * i)),
			.permitted = (uint32_t) (permitted >> (32 * i)),
			.inheritable = (uint32_t) (inheritable >> (32 * i)) };
	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

static int cap_have(uint64_t *permitted)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { 0 };

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	*permitted = d[0].permitted | (uint64_t) d[1].permitted << 32;
	return 0;
}

/* Without no_new_privs loading a filter takes CAP_SYS_ADMIN, so rights outlive the change of user until then. */
static bool keeps_caps(const struct process *s)
{
	return s->p->has_caps || (s->filter && s->filter->prog.len && !s->p->no_new_privs);
}

/* What the configuration grants beyond what we have is not there to be granted; the rest is. */
static int final_caps(const struct process *s, struct err *err)
{
	uint64_t have = 0, p, e, i;
	int rc;

	if (!s->p->has_caps) { /* what setuid would have done, had the rights not been kept for the filter */
		rc = keeps_caps(s) && s->uid != 0 ? cap_set(0, 0, 0) : 0;
		return rc < 0 ? err_sys(err, -rc, "drop capabilities") : 0;
	}
	if ((rc = cap_have(&have)) < 0)
		return err_sys(err, -rc, "read capabilities");
	p = s->p->caps[CAPSET_PERMITTED] & have;
	e = s->p->caps[CAPSET_EFFECTIVE] & p;
	i = s->p->caps[CAPSET_INHERITABLE] & (p | have);
	if ((rc = cap_set(e, p, i)) < 0)
		return err_sys(err, -rc, "set capabilities");
	(void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < CAP_COUNT; cap++)
		if ((s->p->caps[CAPSET_AMBIENT] & p & i) & (1ull << cap))
			(void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return 0;
}

static int set_ids(struct process *s, struct err *err)
{

	if (!s->keep_groups && syscall(SYS_setgroups, s->n_groups, s->groups) < 0) {
		/* a user namespace that an ordinary user made forbids it; then there is nothing to drop but its own groups */
		if (errno != EPERM || s->n_groups)
			return err_sys(err, errno, "set supplementary groups");
	}
	if (setresgid(s->gid, s->gid, s->gid) < 0)
		return err_sys(err, errno, "become group %u%s", s->gid,
			errno == EINVAL ? " (not mapped in the user namespace)" : "");
	if (keeps_caps(s) && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "keep capabilities");
	if (setresuid(s->uid, s->uid, s->uid) < 0)
		return err_sys(err, errno, "become user %u%s", s->uid,
			errno == EINVAL ? " (not mapped in the user namespace)" : "");
	if (keeps_caps(s) && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return err_sys(err, errno, "keep capabilities");
	return 0;
}

/* The effective set again, for what still needs rights: setuid cleared it, the permitted set is kept. */
static int raise_caps(const struct process *s, struct err *err)
{
	uint64_t have = 0;
	int rc = cap_have(&have);

	if (rc == 0 && keeps_caps(s))
		rc = cap_set(have, have, s->p->caps[CAPSET_INHERITABLE] & have);
	return rc < 0 ? err_sys(err, -rc, "set capabilities") : 0;
}

/* --- finding the program --- */

static int try_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static const char *env_get(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static int find_program(struct process *s, struct err *err)
{
	const char *name = s->p->args.v[0], *path = env_get(s->env, "PATH");
	int rc, worst = -ENOENT;

	if (strchr(name, '/')) {
		if (snprintf(s->path, sizeof s->path, "%s", name) >= (int) sizeof s->path)
			return err_sys(err, ENAMETOOLONG, "exec '%s'", name);
		rc = try_program(s->path);
		if (rc == -EISDIR)
			return err_sys(err, EACCES, "exec '%s': is a directory", name);
		return rc < 0 ? err_sys(err, -rc, "exec '%s'", name) : 0;
	}
	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	while (*path) {
		int n = (int) strcspn(path, ":");

		if (snprintf(s->path, sizeof s->path, "%.*s%s%s", n, path, n ? "/" : "./", name) <
			(int) sizeof s->path) {
			if ((rc = try_program(s->path)) == 0)
				return 0;
			if (rc == -EACCES)
				worst = rc;
		}
		path += n + (path[n] == ':');
	}
	return err_set(err, worst == -EACCES ? ERR_DENIED : ERR_NOT_FOUND,
		worst == -EACCES ? "exec '%s': permission denied"
				 : "exec '%s': executable file not found in $PATH",
		name);
}

int process_become(struct process *s, struct err *err)
{
	const struct cfg_process *p = s->p;
	int rc, cwd;

	if ((rc = tune_user(s, err)) < 0)
		return rc;
	cwd = open_cwd(p->cwd, s->makes_cwd);
	if (!p->terminal)
		own_stdio(s->uid);
	(void) umask(p->has_umask ? p->umask : 0022);
	/* neither a process of the container nor one that shares its user may look into us from now on */
	(void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (p->has_caps && (rc = set_bounding(p->caps[CAPSET_BOUNDING], err)) < 0)
		return rc;
	if ((rc = set_ids(s, err)) < 0 || (rc = raise_caps(s, err)) < 0 || (rc = enter_cwd(s, cwd, err)) < 0)
		return rc;
	/* with no_new_privs the filter needs no right and is loaded last; without, CAP_SYS_ADMIN is kept for it */
	if (p->no_new_privs || !s->filter || !s->filter->prog.len) {
		if ((rc = final_caps(s, err)) < 0)
			return rc;
	}
	if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "set no_new_privs");
	return find_program(s, err);
}

static int write_label(struct process *s, struct err *err)
{
	char text[1024];
	int n;

	if (s->label_fd < 0)
		return 0;
	n = s->p->selinux ? snprintf(text, sizeof text, "%s", s->p->selinux)
			  : snprintf(text, sizeof text, "exec %s", s->p->apparmor);
	if (n >= (int) sizeof text || write(s->label_fd, text, (size_t) n) != n)
		return err_sys(err, errno, "set the label '%s'", text);
	return 0;
}

int process_exec(struct process *s, struct err *err)
{
	int rc;

	if ((rc = write_label(s, err)) < 0)
		return rc;
	/* everything but stdio and what was to be preserved disappears with the exec */
	if (syscall(SYS_close_range, 3U + (unsigned) s->preserve_fds, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(err, errno, "close the caller's descriptors");
	tune_signals();
	if (s->filter && s->filter->prog.len) {
		if ((rc = filter_load(s->filter, err)) < 0)
			return rc;
		if (s->listener >= 0 &&
			(rc = seccomp_listener_send(s->listener, s->listener_text, rc, err)) < 0)
			return rc;
		if (!s->p->no_new_privs && (rc = final_caps(s, err)) < 0)
			return rc;
	}
	(void) execve(s->path, (char *const *) s->p->args.v, s->env);
	return err_sys(err, errno, "exec '%s'", s->p->args.v[0]);
}

int process_exit_code(const struct err *err)
{
	if (err->kind == ERR_NOT_FOUND || err->errnum == ENOENT)
		return 127;
	return 126;
}
