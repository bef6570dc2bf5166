#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "runtime/rootfs.h"

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

/* Binds the container's own cgroup directory of one hierarchy: what a mount inside its cgroup namespace would show. */
static int bind_cgroup_dir(const struct container *c, size_t h, int target, const struct oci_mount_opts *o,
	const char *dest, struct err *err)
{
	const char *path = c->cgroup_path[0] ? c->cgroup_path : c->cg.h[h].self;
	char src[1200], link[40];
	auto_close int tree = -EBADF;
	int rc;

	while (*path == '/')
		path++;
	/* the descriptor of the hierarchy belongs to the runtime's mount namespace; by its path it is ours */
	snprintf(link, sizeof link, "/proc/self/fd/%d", c->cg.h[h].fd);
	ssize_t n = readlink(link, src, sizeof src - 1);

	if (n < 0)
		return err_sys(err, errno, "mount '%s'", dest);
	snprintf(src + n, sizeof src - (size_t) n, "/%s", path);
	tree = (int) syscall(SYS_open_tree, AT_FDCWD, src, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return err_sys(err, errno, "mount '%s': open cgroup '%s'", dest, src);
	if ((rc = mount_attr_apply(tree, o, dest, err)) < 0)
		return rc;
	(void) syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH,
		&(struct mount_attr){ .propagation = MS_PRIVATE }, sizeof(struct mount_attr));
	return mount_attach(tree, target) < 0 ? err_sys(err, errno, "mount '%s'", dest) : 0;
}

static int mount_v2(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	auto_close int target = target_open(r->root, m->dest, false, false, err);
	char at[40];

	if (target < 0)
		return target;
	snprintf(at, sizeof at, "/proc/self/fd/%d", target);
	if (r->c->cfg.ns[OCI_NS_CGROUP].wanted &&
		mount("cgroup2", at, "cgroup2", m->opts.flags, m->opts.data) == 0)
		return 0;
	return bind_cgroup_dir(r->c, 0, target, &m->opts, m->dest, err);
}

/* "cpu,cpuacct" -> links cpu and cpuacct; "name=systemd" -> directory systemd. */
static int v1_hierarchy(struct rootfs *r, const struct cfg_mount *m, int dir, size_t h, struct err *err)
{
	const char *name = r->c->cg.h[h].name;
	auto_close int target = -EBADF;
	char word[64];

	if (strncmp(name, "name=", 5) == 0)
		name += 5;
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "mount '%s/%s'", m->dest, name);
	if ((target = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "mount '%s/%s'", m->dest, name);
	for (const char *p = name; strchr(name, ',') && *p;) {
		size_t n = strcspn(p, ",");

		if (n < sizeof word) {
			memcpy(word, p, n);
			word[n] = '\0';
			if (symlinkat(name, dir, word) < 0 && errno != EEXIST)
				return err_sys(err, errno, "link '%s/%s'", m->dest, word);
		}
		p += n + (p[n] == ',');
	}
	return bind_cgroup_dir(r->c, h, target, &m->opts, m->dest, err);
}

static int mount_v1(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	auto_close int target = target_open(r->root, m->dest, false, false, err);
	auto_close int dir = -EBADF;
	char at[40];
	int rc = 0;

	if (target < 0)
		return target;
	snprintf(at, sizeof at, "/proc/self/fd/%d", target);
	if (mount("tmpfs", at, "tmpfs", m->opts.flags & ~(unsigned long) MS_RDONLY, "mode=755") < 0)
		return err_sys(err, errno, "mount '%s'", m->dest);
	if ((dir = target_open(r->root, m->dest, false, false, err)) < 0)
		return dir;
	for (size_t h = 0; rc == 0 && h < r->c->cg.n; h++)
		rc = v1_hierarchy(r, m, dir, h, err);
	if (rc == 0 && (m->opts.flags & MS_RDONLY) &&
		syscall(SYS_mount_setattr, dir, "", AT_EMPTY_PATH,
			&(struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY }, sizeof(struct mount_attr)) < 0)
		rc = err_sys(err, errno, "mount '%s' read-only", m->dest);
	return rc;
}

/* An old systemd in the container of a v2 machine wants one hierarchy of its own: a named one without controllers. */
static int mount_named(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	auto_close int target = target_open(r->root, m->dest, false, false, err);
	char at[40];

	if (target < 0)
		return target;
	snprintf(at, sizeof at, "/proc/self/fd/%d", target);
	if (mount("cgroup", at, "cgroup", m->opts.flags, "none,name=systemd,xattr") < 0)
		return err_sys(err, errno, "mount '%s': the cgroup v1 hierarchy name=systemd", m->dest);
	return 0;
}

int mount_cgroup(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	struct container *c = r->c;
	const char *named = config_annotation(&c->cfg, "run.oci.systemd.force_cgroup_v1");
	int rc;

	if (named && strcmp(named, m->dest) == 0)
		return mount_named(r, m, err);
	if (c->cg.mode == CGROUP_NONE && (rc = cgroup_open(&c->cg, err)) < 0)
		return rc;
	if (c->cg.mode == CGROUP_V2)
		return mount_v2(r, m, err);
	if (c->cg.mode == CGROUP_V1)
		return mount_v1(r, m, err);
	return err_set(err, ERR_UNSUPPORTED, "mount '%s': this machine has no cgroup file system", m->dest);
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	auto_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	auto_close int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 07777);
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0);
	if (n < 0 || fchown(out, st->st_uid, st->st_gid) < 0 || fchmod(out, st->st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int copy_tree(int from, int to, int depth);

static int copy_entry(int from, int to, const char *name, int depth)
{
	char link[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st);
	if (S_ISDIR(st.st_mode)) {
		auto_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		auto_close int out = -EBADF;

		if (in < 0 || mkdirat(to, name, 0700) < 0 ||
			(out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
			return -errno;
		if ((n = copy_tree(in, out, depth + 1)) < 0)
			return (int) n;
		return fchown(out, st.st_uid, st.st_gid) < 0 || fchmod(out, st.st_mode & 07777) < 0 ? -errno
												    : 0;
	}
	if (S_ISLNK(st.st_mode)) {
		if ((n = readlinkat(from, name, link, sizeof link - 1)) < 0)
			return -errno;
		link[n] = '\0';
		if (symlinkat(link, to, name) < 0)
			return -errno;
		return fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	}
	if (mknodat(to, name, st.st_mode, st.st_rdev) < 0 && errno != EPERM)
		return -errno;
	return 0;
}

static int copy_tree(int from, int to, int depth)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	struct dirent *e;
	DIR *d;

	if (copy < 0)
		return -errno;
	if (depth > 128 || !(d = fdopendir(copy))) {
		close(copy);
		return -ELOOP;
	}
	while (rc == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = copy_entry(from, to, e->d_name, depth);
	closedir(d);
	return rc;
}

int mount_copy_up(int from, int to, struct err *err)
{
	auto_close int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		return err_sys(err, errno, "tmpcopyup");
	if ((rc = copy_tree(in, out, 0)) < 0)
		return err_sys(err, -rc, "tmpcopyup");
	return 0;
}
