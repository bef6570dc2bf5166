#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"
#include "runtime/rootfs.h"

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

#define MOVE_EMPTY 0x00000044 /* MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH */

int mount_attach(int tree, int target)
{
	return (int) syscall(SYS_move_mount, tree, "", target, "", MOVE_EMPTY);
}

int mount_make_private(int tree)
{
	struct mount_attr a = { .propagation = MS_PRIVATE };

	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof a) < 0 ? -errno
												    : 0;
}

static bool is_bind(const struct cfg_mount *m)
{
	return m->opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND);
}

/* "rw" on a mount that is locked read-only by our creator cannot be had, and mount(8) would not have tried: what is only
 * cleared is tried, what is set must succeed. */
static int set_attr(int fd, uint64_t set, uint64_t clr, unsigned long prop, bool rec)
{
	struct mount_attr a = { .attr_set = set, .attr_clr = clr, .propagation = prop };
	unsigned flags = AT_EMPTY_PATH | (rec ? AT_RECURSIVE : 0);

	if (!set && !clr && !prop)
		return 0;
	if (syscall(SYS_mount_setattr, fd, "", flags, &a, sizeof a) == 0)
		return 0;
	if (errno != EPERM || !clr)
		return -errno;
	a.attr_clr = set & MOUNT_ATTR__ATIME || clr & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	if (syscall(SYS_mount_setattr, fd, "", flags, &a, sizeof a) == 0)
		return 0;
	if (errno != EPERM || !a.attr_clr)
		return -errno;
	a.attr_clr = 0; /* the access time mode is locked too */
	a.attr_set &= ~(uint64_t) MOUNT_ATTR__ATIME;
	return syscall(SYS_mount_setattr, fd, "", flags, &a, sizeof a) < 0 ? -errno : 0;
}

int mount_attr_apply(int fd, const struct oci_mount_opts *o, const char *what, struct err *err)
{
	int rc = set_attr(fd, o->attr_set, o->attr_clr, 0, false);

	if (rc == 0)
		rc = set_attr(fd, o->rec_set, o->rec_clr, 0, true);
	return rc < 0 ? err_sys(err, -rc, "mount '%s': set its options", what) : 0;
}

static int set_propagation(int fd, const struct oci_mount_opts *o, const char *what, struct err *err)
{
	int rc = set_attr(fd, 0, 0, o->propagation, o->propagation_rec);

	return rc < 0 ? err_sys(err, -rc, "mount '%s': set its propagation", what) : 0;
}

static int open_source(const struct cfg_mount *m)
{
	int flags = O_PATH | O_CLOEXEC |
		    (m->opts.special & (OCI_MOUNT_SRC_NOFOLLOW | OCI_MOUNT_COPY_SYMLINK) ? O_NOFOLLOW : 0);
	int fd = open(m->source, flags);

	return fd < 0 ? -errno : fd;
}

int mounts_open_sources(struct rootfs *r, struct err *err)
{
	struct config *g = &r->c->cfg;

	if (!g->n_mounts)
		return 0;
	if (!(r->sources = arena_array(&g->arena, g->n_mounts, sizeof *r->sources)))
		return err_sys(err, ENOMEM, "open mount sources");
	for (size_t i = 0; i < g->n_mounts; i++) {
		r->sources[i] = -EBADF;
		if (!is_bind(&g->mounts[i]) || (r->c->idmapped && r->c->idmapped[i] >= 0))
			continue;
		r->sources[i] = open_source(&g->mounts[i]);
		if (r->sources[i] < 0)
			return err_sys(err, -r->sources[i], "mount '%s': open '%s'", g->mounts[i].dest,
				g->mounts[i].source);
	}
	return 0;
}

/* copy-symlink: a source that is a symlink is made again instead of mounted. */
static int copy_symlink(struct rootfs *r, const struct cfg_mount *m, int source, struct err *err)
{
	auto_close int dir = -EBADF;
	char to[PATH_MAX];
	const char *name;
	ssize_t n = readlinkat(source, "", to, sizeof to - 1);

	if (n < 0)
		return err_sys(err, errno, "mount '%s': read link '%s'", m->dest, m->source);
	to[n] = '\0';
	if ((dir = target_parent(r->root, m->dest, &name, err)) < 0)
		return dir;
	if (symlinkat(to, dir, name) == 0)
		return 0;
	if (errno == EEXIST) {
		char have[PATH_MAX];
		ssize_t k = readlinkat(dir, name, have, sizeof have);

		if (k == n && memcmp(have, to, (size_t) n) == 0)
			return 0;
		errno = EEXIST;
	}
	return err_sys(err, errno, "mount '%s': copy the symbolic link", m->dest);
}

static int bind_mount(struct rootfs *r, const struct cfg_mount *m, size_t i, struct err *err)
{
	bool rec = m->opts.special & OCI_MOUNT_RBIND;
	auto_close int source = -EBADF;
	auto_close int target = -EBADF;
	auto_close int tree = -EBADF;
	struct stat st, below;
	int rc;

	if (r->c->idmapped && r->c->idmapped[i] >= 0) {
		tree = r->c->idmapped[i];
		r->c->idmapped[i] = -EBADF;
	} else {
		source = r->sources ? r->sources[i] : open_source(m);
		if (r->sources)
			r->sources[i] = -EBADF;
		if (source < 0)
			return err_sys(err, -source, "mount '%s': open '%s'", m->dest, m->source);
	}
	if (fstat(tree >= 0 ? tree : source, &st) < 0)
		return err_sys(err, errno, "mount '%s': stat '%s'", m->dest, m->source);
	if (S_ISLNK(st.st_mode)) {
		if (m->opts.special & OCI_MOUNT_COPY_SYMLINK)
			return copy_symlink(r, m, source, err);
		return err_set(
			err, ERR_INVALID, "mount '%s': source '%s' is a symbolic link", m->dest, m->source);
	}
	if (tree < 0)
		tree = (int) syscall(SYS_open_tree, source, "",
			AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (rec ? AT_RECURSIVE : 0));
	/* a part of a tree whose mounts our creator locked can only be bound as a whole */
	if (tree < 0 && errno == EINVAL && !rec)
		tree = (int) syscall(SYS_open_tree, source, "",
			AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(err, errno, "mount '%s': bind '%s'", m->dest, m->source);
	if (!m->opts.propagation)
		(void) set_attr(tree, 0, 0, MS_PRIVATE, true);
	if ((rc = mount_attr_apply(tree, &m->opts, m->dest, err)) < 0 ||
		(rc = set_propagation(tree, &m->opts, m->dest, err)) < 0)
		return rc;
	if ((target = target_open(r->root, m->dest, !S_ISDIR(st.st_mode),
		     m->opts.special & OCI_MOUNT_DEST_NOFOLLOW, err)) < 0)
		return target;
	if (mount_attach(tree, target) < 0) {
		bool alike = fstat(target, &below) < 0 || S_ISDIR(below.st_mode) == S_ISDIR(st.st_mode);

		return err_sys(err, alike ? errno : ENOTDIR,
			"mount '%s': bind '%s' (both must be directories, or neither)", m->dest, m->source);
	}
	return 0;
}

/* What a user namespace may not mount itself it takes from the host, as it is there. */
static int bind_host(const struct cfg_mount *m, const char *host, int target, struct err *err)
{
	auto_close int tree = (int) syscall(
		SYS_open_tree, AT_FDCWD, host, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	uint64_t safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			(strcmp(m->type, "sysfs") == 0 ? MOUNT_ATTR_RDONLY : 0);
	int rc;

	if (tree < 0 && errno == ENOENT && strcmp(m->type, "mqueue") == 0)
		return 0; /* the host shows no queues either */
	if (tree < 0)
		return err_sys(err, errno, "mount '%s': bind '%s'", m->dest, host);
	(void) set_attr(tree, 0, 0, MS_PRIVATE, true);
	if ((rc = set_attr(tree, safe, 0, 0, true)) < 0)
		return err_sys(err, -rc, "mount '%s': restrict what is bound of '%s'", m->dest, host);
	if (mount_attach(tree, target) < 0)
		return err_sys(err, errno, "mount '%s': bind '%s'", m->dest, host);
	return 0;
}

/* devpts takes gid=5 only when that group is mapped. */
static char *without_gid(const char *data)
{
	char *copy = strdup(data), *p = copy;

	while (p && (p = strstr(p, "gid="))) {
		if (p == copy || p[-1] == ',') {
			size_t n = strcspn(p, ",");

			memmove(p, p + n + (p[n] == ','), strlen(p + n + (p[n] == ',')) + 1);
		} else {
			p++;
		}
	}
	if (copy && *copy && copy[strlen(copy) - 1] == ',')
		copy[strlen(copy) - 1] = '\0';
	return copy;
}

static int mount_data(struct rootfs *r, const struct cfg_mount *m, const char **ret, char **owned)
{
	const char *label = r->c->cfg.mount_label,
		   *kind = config_annotation(&r->c->cfg, "run.oci.mount_context_type");

	*ret = m->opts.data;
	*owned = NULL;
	if (!label || !*label || strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0 ||
		strcmp(m->type, "cgroup") == 0)
		return 0;
	if (asprintf(owned, "%s%s%s=\"%s\"", m->opts.data, *m->opts.data ? "," : "",
		    kind && *kind ? kind : "context", label) < 0)
		return -ENOMEM;
	*ret = *owned;
	return 0;
}

/* What was opened by its path again is the root of a mount that was not there before, whatever happened to the path. */
static int check_top(int below, int top, const struct cfg_mount *m, struct err *err)
{
	struct statx s;
	struct stat st;

	if (fstat(below, &st) < 0 || statx(top, "", AT_EMPTY_PATH, 0, &s) < 0)
		return err_sys(err, errno, "mount '%s'", m->dest);
	if (!(s.stx_attributes & STATX_ATTR_MOUNT_ROOT) ||
		makedev(s.stx_dev_major, s.stx_dev_minor) == st.st_dev)
		return err_set(err, ERR_DENIED,
			"mount '%s': its target was exchanged while it was being mounted", m->dest);
	return 0;
}

static int mount_fs(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	bool strict = strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0;
	auto_free char *owned = NULL;
	auto_close int target = target_open(
		r->root, m->dest, false, strict || m->opts.special & OCI_MOUNT_DEST_NOFOLLOW, err);
	const char *source = m->source[0] ? m->source : m->type, *data;
	char at[40];
	int rc;

	if (target < 0)
		return target;
	if (mount_data(r, m, &data, &owned) < 0)
		return err_sys(err, ENOMEM, "mount '%s'", m->dest);
	snprintf(at, sizeof at, "/proc/self/fd/%d", target);
	rc = mount(source, at, m->type, m->opts.flags, data) < 0 ? -errno : 0;
	if (rc == -EINVAL && strcmp(m->type, "devpts") == 0 && strstr(data, "gid=")) {
		auto_free char *less = without_gid(data);

		rc = !less ? -ENOMEM : mount(source, at, m->type, m->opts.flags, less) < 0 ? -errno : 0;
	}
	/* whose user namespace it is, ours or the engine's, makes no difference */
	if (rc == -EPERM && strcmp(m->type, "sysfs") == 0)
		return bind_host(m, "/sys", target, err);
	if (rc == -EPERM && strcmp(m->type, "proc") == 0)
		return bind_host(m, "/proc", target, err);
	if (rc == -EPERM && strcmp(m->type, "mqueue") == 0)
		return bind_host(m, "/dev/mqueue", target, err);
	if (rc < 0)
		return err_sys(
			err, -rc, "mount '%s' (type %s)%s%s", m->dest, m->type, *data ? " with " : "", data);
	if (!m->opts.propagation && !m->opts.rec_set && !m->opts.rec_clr &&
		!(m->opts.special & OCI_MOUNT_TMPCOPYUP) && !(m->opts.attr_set & 0x00200000))
		return 0;

	auto_close int top = target_open(
		r->root, m->dest, false, strict, err); /* what is mounted now, not what lies below */

	if (top < 0)
		return top;
	if ((rc = check_top(target, top, m, err)) < 0)
		return rc;
	if (m->opts.special & OCI_MOUNT_TMPCOPYUP) {
		if (strcmp(m->type, "tmpfs") != 0)
			return err_set(err, ERR_INVALID, "mount '%s': tmpcopyup is for tmpfs", m->dest);
		if ((rc = mount_copy_up(target, top, err)) < 0)
			return err_wrap(err, "mount '%s'", m->dest);
	}
	if ((rc = set_attr(top, m->opts.rec_set, m->opts.rec_clr, 0, true)) < 0)
		return err_sys(err, -rc, "mount '%s': set its options", m->dest);
	return set_propagation(top, &m->opts, m->dest, err);
}

/* "remount": new options for what is mounted there already.  Only propagation words: the same. */
static int remount(struct rootfs *r, const struct cfg_mount *m, struct err *err)
{
	auto_close int top = target_open(r->root, m->dest, false, false, err);
	int rc;

	if (top < 0)
		return top;
	if ((rc = mount_attr_apply(top, &m->opts, m->dest, err)) < 0)
		return rc;
	return set_propagation(top, &m->opts, m->dest, err);
}

static int mount_one(struct rootfs *r, size_t i, struct err *err)
{
	const struct cfg_mount *m = &r->c->cfg.mounts[i];

	if (m->opts.special & OCI_MOUNT_REMOUNT || (!m->type[0] && !is_bind(m)))
		return remount(r, m, err);
	if (is_bind(m))
		return bind_mount(r, m, i, err);
	if (strcmp(m->type, "cgroup") == 0 || strcmp(m->type, "cgroup2") == 0)
		return mount_cgroup(r, m, err);
	return mount_fs(r, m, err);
}

int mounts_apply(struct rootfs *r, struct err *err)
{
	for (size_t i = 0; i < r->c->cfg.n_mounts; i++) {
		int rc = mount_one(r, i, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
