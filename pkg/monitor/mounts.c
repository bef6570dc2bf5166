#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/monitor/monitor.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"

#define OPTIONS_MAX 4096 /* one page: what mount(2) takes */

/* ---- tmpfs and bind mounts of the plan ---- */

static const struct {
	const char *name;
	unsigned long set, clear;
} words[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "noatime", MS_NOATIME, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME },
	{ "relatime", MS_RELATIME, 0 },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
};

int mount_options_split(const char *options, unsigned long *flags, char *data, size_t size)
{
	size_t used = 0;

	data[0] = '\0';
	while (options && *options) {
		size_t n = strcspn(options, ","), i;

		for (i = 0; i < LEN(words); i++)
			if (strlen(words[i].name) == n && strncmp(words[i].name, options, n) == 0)
				break;
		if (i < LEN(words)) {
			*flags = (*flags | words[i].set) & ~words[i].clear;
		} else if (n) {
			int w = snprintf(
				data + used, size - used, "%s%.*s", used ? "," : "", (int) n, options);

			if (w < 0 || (size_t) w >= size - used)
				return -E2BIG;
			used += (size_t) w;
		}
		options += n + (options[n] == ',');
	}
	return 0;
}

int mount_with_ids(int tree, const char *what, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = PLAN_FD_USER };

	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0)
		return 0;
	return err_sys(err, errno, "show '%s' with the owners of the pod's user namespace%s", what,
		errno == EINVAL
			? " (its file system has no id-mapped mounts; ext4, xfs and btrfs have, tmpfs "
			  "since Linux 6.3)"
			: "");
}

static int ids_mount(const struct plan_mount *p, struct err *err)
{
	auto_close int tree = open_tree(
		AT_FDCWD, p->source ? p->source : "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT);
	int rc;

	if (tree < 0)
		return err_sys(err, errno, "open '%s'", p->source ? p->source : "");
	if ((rc = mount_with_ids(tree, p->source, err)) < 0)
		return rc;
	if (move_mount(tree, "", AT_FDCWD, p->target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, errno, "mount '%s' on '%s'", p->source, p->target);
	return 0;
}

static int one_mount(const struct plan_mount *p, struct err *err)
{
	unsigned long flags = MS_NOSUID | MS_NODEV;
	char data[OPTIONS_MAX];

	if (!p->type || !p->target || p->target[0] != '/')
		return err_set(err, ERR_INVALID, "plan: a mount needs a type and an absolute target");
	if (strcmp(p->type, "ids") == 0)
		return ids_mount(p, err);
	if (strcmp(p->type, "nfs") == 0)
		return nfs_run(p, err);
	if (mount_options_split(p->options, &flags, data, sizeof data) < 0)
		return err_set(err, ERR_INVALID, "mount '%s': options are too long", p->target);
	if (strcmp(p->type, "tmpfs") == 0)
		return mount("tmpfs", p->target, "tmpfs", flags, data) < 0
			       ? err_sys(err, errno, "mount tmpfs on '%s'", p->target)
			       : 0;
	if (strcmp(p->type, "hugetlbfs") == 0)
		return mount("hugetlbfs", p->target, "hugetlbfs", flags, data) < 0
			       ? err_sys(err, errno, "mount huge pages on '%s'", p->target)
			       : 0;
	if (strcmp(p->type, "overlay") == 0)
		return mount("overlay", p->target, "overlay", flags | MS_RDONLY, data) < 0
			       ? err_sys(err, errno, "mount overlay on '%s'", p->target)
			       : 0;
	if (strcmp(p->type, "bind") != 0)
		return err_set(
			err, ERR_UNSUPPORTED, "plan: mount '%s': type '%s' is not known", p->target, p->type);
	if (*data || !p->source)
		return err_set(err, ERR_INVALID, "plan: bind mount '%s': no source, or unknown option '%s'",
			p->target, data);
	if (mount(p->source, p->target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return err_sys(err, errno, "bind '%s' on '%s'", p->source, p->target);
	if (p->options && *p->options && mount(NULL, p->target, NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0)
		return err_sys(err, errno, "set options of bind mount '%s'", p->target);
	return 0;
}

int mounts_make(struct monitor *m, struct err *err)
{
	for (size_t i = 0; i < m->plan.mounts.n; i++) {
		int rc = one_mount(LIST_AT(m->plan.mounts, struct plan_mount, i), err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- overlays ---- */

struct text {
	char *p;
	size_t n, size;
	bool full;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->full || t->n + n + 1 > t->size) {
		t->full = true;
		return;
	}
	memcpy(t->p + t->n, s, n + 1);
	t->n += n;
}

static void put_dir(struct text *t, const char *path, const int *fd)
{
	char number[16];

	if (fd)
		snprintf(number, sizeof number, "%d", *fd);
	put(t, fd ? number : path);
	if (!fd && strpbrk(path, ",:\\")) /* a separator of the option string: go by descriptor */
		t->full = true;
}

/* By path while that fits a page; else by number of descriptors, for a caller whose directory is /proc/self/fd: that is
 * how 128 layers fit.  fds: the lowers, then upper and work. */
int overlay_options(const struct plan_overlay *o, const int *fds, char *text, size_t size)
{
	struct text t = { .p = text, .size = size };

	put(&t, "lowerdir=");
	for (size_t i = 0; i < o->lowers.n; i++) {
		if (i)
			put(&t, ":");
		put_dir(&t, o->lowers.v[i], fds ? &fds[i] : NULL);
	}
	if (o->upper && *o->upper) {
		put(&t, ",upperdir=");
		put_dir(&t, o->upper, fds ? &fds[o->lowers.n] : NULL);
		put(&t, ",workdir=");
		put_dir(&t, o->work, fds ? &fds[o->lowers.n + 1] : NULL);
		if (o->is_volatile)
			put(&t, ",volatile");
	}
	if (o->userxattr)
		put(&t, ",userxattr");
	return t.full ? -E2BIG : 0;
}

static int dir_ready(const char *path, struct err *err)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? err_sys(err, errno, "make directory '%s'", path)
							: 0;
}

/* The kernel refuses a layer whose last mount was volatile and not synced; ours are empty or trusted by then. */
static void volatile_forget(const char *work)
{
	auto_close int fd = open(work, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void) dir_remove(fd, "work");
}

static int mount_by_fd(const struct plan_overlay *o, struct err *err)
{
	int fds[LAYERS_MAX + 2], rc = 0;
	char data[OPTIONS_MAX];
	size_t n = 0;

	while (rc == 0 && n < o->lowers.n + (o->upper && *o->upper ? 2U : 0U)) {
		const char *path = n < o->lowers.n ? o->lowers.v[n] : n == o->lowers.n ? o->upper : o->work;

		if ((fds[n] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
			rc = err_sys(err, errno, "open layer '%s'", path);
		else
			n++;
	}
	if (rc == 0 && overlay_options(o, fds, data, sizeof data) < 0)
		rc = err_set(
			err, ERR_INVALID, "mount overlay: %zu layers do not fit the options", o->lowers.n);
	if (rc == 0 && (chdir("/proc/self/fd") < 0 ||
			       mount("overlay", o->target, "overlay", o->nodev ? MS_NODEV : 0, data) < 0))
		rc = err_sys(err, errno, "mount overlay on '%s'", o->target);
	(void) !chdir("/");
	while (n)
		close(fds[--n]);
	return rc;
}

static int mount_plainly(const struct plan_overlay *o, struct err *err)
{
	char data[OPTIONS_MAX];

	if (overlay_options(o, NULL, data, sizeof data) < 0)
		return mount_by_fd(o, err);
	return mount("overlay", o->target, "overlay", o->nodev ? MS_NODEV : 0, data) < 0
		       ? err_sys(err, errno, "mount overlay on '%s'", o->target)
		       : 0;
}

/* overlayfs keeps the ids of who mounts it for what it makes in its work directory. */
static int mount_once(const struct plan_overlay *o, struct err *err)
{
	int rc;

	if (o->uid)
		ids_become(o->uid, o->gid);
	rc = mount_plainly(o, err);
	if (o->uid)
		ids_become(0, 0);
	if (rc < 0 && o->uid && err->errnum == EINVAL)
		return err_wrap(err, "layers of a user namespace (they need Linux 5.19)");
	return rc;
}

/* One read-only layer: overlayfs before Linux 6.5 wants two, so it is bound instead. */
static int mount_single(const struct plan_overlay *o, struct err *err)
{
	if (mount(o->lowers.v[0], o->target, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, errno, "bind '%s' on '%s'", o->lowers.v[0], o->target);
	if (mount(NULL, o->target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return err_sys(err, errno, "make '%s' read-only", o->target);
	return 0;
}

/* A copy of the image is a directory like any other. */
static int mount_copy(const struct plan_overlay *o, struct err *err)
{
	if (mount(o->upper, o->target, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, errno, "bind '%s' on '%s'", o->upper, o->target);
	if (o->nodev && mount(NULL, o->target, NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL) < 0)
		return err_sys(err, errno, "make '%s' nodev", o->target);
	return 0;
}

int overlay_mount(const struct plan_overlay *o, struct err *err)
{
	bool writable = o->upper && *o->upper;
	struct err again = { 0 };
	int rc;

	if (!o->target || o->target[0] != '/' || !o->lowers.n || (writable && (!o->work || !*o->work)))
		return err_set(err, ERR_INVALID,
			"plan: a root file system needs lowers, target, and work beside upper");
	if (o->lowers.n > LAYERS_MAX)
		return err_set(err, ERR_UNSUPPORTED, "the image has %zu layers, at most %d are supported",
			o->lowers.n, LAYERS_MAX);
	if ((rc = dir_ready(o->target, err)) < 0 ||
		(writable && ((rc = dir_ready(o->upper, err)) < 0 || (rc = dir_ready(o->work, err)) < 0)))
		return rc;
	if (o->copy && writable)
		return mount_copy(o, err);
	if (!writable && o->lowers.n == 1)
		return mount_single(o, err);
	if ((rc = mount_once(o, err)) == 0 || !writable || !o->is_volatile || err->errnum != EINVAL)
		return rc;
	volatile_forget(o->work);
	if (mount_once(o, &again) == 0) {
		err_clear(err);
		return 0;
	}
	return rc;
}

void overlay_unmount(const struct plan_overlay *o) { (void) umount2(o->target, MNT_DETACH); }

/* The removal of what a container wrote can take long: a process of its own does it. */
static int remove_later(const char *parent, const char *name, struct err *err)
{
	auto_close int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int pass[1][2] = { { dir, 3 } };
	char *argv[] = { (char *) (uintptr_t) "podctl-monitor", (char *) (uintptr_t) "--remove",
		(char *) (uintptr_t) name, NULL };
	struct proc_opts o = PROC_OPTS(.path = "/proc/self/exe", .argv = argv, .pass = pass, .n_pass = 1);

	if (dir < 0)
		return err_sys(err, errno, "open '%s'", parent);
	return proc_spawn(&o, NULL, err) < 0 ? -1 : 0;
}

static int renew(const struct plan_overlay *o, struct err *err)
{
	char parent[PATH_MAX], gone[PATH_MAX + 64], *slash;
	const char *name;
	struct stat st;
	int rc;

	if (snprintf(parent, sizeof parent, "%s", o->upper) >= (int) sizeof parent ||
		!(slash = strrchr(parent, '/')))
		return err_set(err, ERR_INVALID, "upper layer '%.200s': not a usable path", o->upper);
	*slash = '\0';
	snprintf(gone, sizeof gone, "%s/gone-%llu", parent, (unsigned long long) time_mono_us());
	if (stat(o->upper, &st) < 0 || rename(o->upper, gone) < 0)
		return errno == ENOENT ? 0
				       : err_sys(err, errno, "move the writable layer '%s' away", o->upper);
	name = strrchr(gone, '/') + 1;
	if (remove_later(parent, name, err) < 0)
		err_clear(err); /* it is removed with the pod */
	volatile_forget(o->work);
	if (mkdir(o->upper, 0700) < 0 || chown(o->upper, st.st_uid, st.st_gid) < 0 ||
		chmod(o->upper, st.st_mode & 07777) < 0) {
		rc = err_sys(err, errno, "make an empty writable layer '%s'", o->upper);
		return rc;
	}
	return 0;
}

int overlay_renew(struct monitor *m, const struct plan_overlay *o, struct err *err)
{
	int rc;

	(void) m;
	if (!o->upper || !*o->upper)
		return 0;
	if (o->uid)
		ids_become(o->uid, o->gid);
	rc = renew(o, err);
	if (o->uid)
		ids_become(0, 0);
	return rc;
}

int monitor_remove(const char *name) { return dir_remove(3, name) < 0; }
