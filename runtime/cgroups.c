#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "runtime/container.h"
#include "runtime/systemd.h"

/* cgroupsPath is absolute below the root of the hierarchy; a relative one is taken the same way, as crun does. */
int container_cgroup_path(
	const struct config *g, const struct cgroup_fs *cg, const char *id, char *ret, size_t size)
{
	const char *want = g->cgroups_path;
	const char *own = cg->mode == CGROUP_V2 && geteuid() != 0 ? cg->h[0].self : "";
	int n;

	if (want && *want)
		n = snprintf(ret, size, "%s%s", *want == '/' ? "" : "/", want);
	else
		n = snprintf(ret, size, "%s/%s", strcmp(own, "/") == 0 ? "" : own, id);
	return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}

int cgroup_of_process(const struct cgroup_fs *fs, pid_t pid, char *ret, size_t size)
{
	auto_buf struct buf b = BUF_INIT(64 * 1024);
	char path[40], *at, *line;
	auto_close int fd = -EBADF;
	const char *list = fs->mode == CGROUP_V2 ? "" : "name=systemd";

	snprintf(path, sizeof path, "/proc/%d/cgroup", (int) pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 || io_read_all(fd, &b) < 0)
		return -EIO;
	at = b.data;
	while (at && (line = strsep(&at, "\n"))) {
		char *a = strchr(line, ':'), *c = a ? strchr(a + 1, ':') : NULL;

		if (!c)
			continue;
		*c = '\0';
		if (strcmp(a + 1, list) == 0 && strcmp(c + 1, "/") != 0) {
			snprintf(ret, size, "%s", c + 1);
			return 0;
		}
	}
	return -ENOENT;
}

/* run.oci.delegate-cgroup: one more cgroup without limits below the container's, which its process moves into.  Nothing may
 * be passed down to it before, or the container's own could not be entered. */
static int make_delegate(struct container *c, struct err *err)
{
	const char *name = config_annotation(&c->cfg, "run.oci.delegate-cgroup");
	auto_close int dir = -EBADF;

	if (!name || !*name)
		return 0;
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(err, ERR_INVALID,
			"annotation run.oci.delegate-cgroup '%s': is no name of a cgroup", name);
	if (c->cg.mode != CGROUP_V2)
		return err_set(err, ERR_UNSUPPORTED, "annotation run.oci.delegate-cgroup: needs cgroup v2");
	if (mkdirat(c->cgroup_dir, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make cgroup '%s/%s'", c->cgroup_path, name);
	if ((dir = openat(c->cgroup_dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
		(c->delegate = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open cgroup '%s/%s'", c->cgroup_path, name);
	return 0;
}

/* The specification, "Cgroup ownership": on v2 with a cgroup namespace of its own and a writable mount of it. */
static bool may_own(const struct container *c)
{
	const struct cfg_ns *ns = &c->cfg.ns[OCI_NS_CGROUP];

	if (c->cg.mode != CGROUP_V2 || !ns->wanted || ns->path)
		return false;
	for (size_t i = 0; i < c->cfg.n_mounts; i++) {
		const struct cfg_mount *m = &c->cfg.mounts[i];

		if (strcmp(m->dest, "/sys/fs/cgroup") == 0 && strcmp(m->source, "cgroup") == 0)
			return !(m->opts.attr_set & MOUNT_ATTR_RDONLY);
	}
	return false;
}

static uid_t host_uid(const struct container *c)
{
	const struct id_maps *m = &c->cfg.uids;
	uid_t uid = c->cfg.process.uid;

	for (size_t i = 0; i < m->n; i++)
		if (uid >= m->v[i].container && uid - m->v[i].container < m->v[i].size)
			return uid - m->v[i].container + m->v[i].host;
	return uid;
}

static int own(const struct container *c, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(16 * 1024);
	uid_t uid = host_uid(c);
	char fallback[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n", *at, *name;

	if (!may_own(c) || uid == geteuid())
		return 0;
	at = file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", PATH_IN_STATE, &b) == 0 && b.data ? b.data
												  : fallback;
	if (fchownat(c->cgroup_dir, "", uid, (gid_t) -1, AT_EMPTY_PATH) < 0)
		return err_sys(err, errno, "give cgroup '%s' to user %u", c->cgroup_path, uid);
	while ((name = strsep(&at, "\n")))
		if (*name && fchownat(c->cgroup_dir, name, uid, (gid_t) -1, 0) < 0 && errno != ENOENT)
			return err_sys(
				err, errno, "give '%s' of cgroup '%s' to user %u", name, c->cgroup_path, uid);
	return 0;
}

static int open_entries(struct container *c, struct err *err)
{
	if (c->cg.mode == CGROUP_V1 && config_annotation(&c->cfg, "run.oci.delegate-cgroup"))
		return make_delegate(c, err);
	if (c->cg.mode == CGROUP_V1)
		return cgroup_enter_fds(&c->cg, c->cgroup_path, c->tasks, &c->n_tasks, err);
	int rc;

	if ((c->cgroup_dir = cgroup_dir_fd(&c->cg, c->cgroup_path)) < 0)
		return err_sys(err, -c->cgroup_dir, "open cgroup '%s'", c->cgroup_path);
	return (rc = make_delegate(c, err)) < 0 ? rc : own(c, err);
}

static int make(struct container *c, struct err *err)
{
	int rc;

	if (c->g->manager == CGROUP_MANAGER_SYSTEMD) {
		if ((rc = systemd_scope_make(c, err)) < 0)
			return rc;
		c->cgroup_made = true;
	} else {
		if (container_cgroup_path(&c->cfg, &c->cg, c->o.id, c->cgroup_path, sizeof c->cgroup_path) <
			0)
			return err_set(err, ERR_INVALID, "linux.cgroupsPath: is too long");
		rc = cgroup_make(&c->cg, c->cgroup_path, err);
		c->cgroup_made = true; /* in part, perhaps: undo removes what is there */
		if (rc < 0)
			return rc;
	}
	if ((rc = resources_apply(&c->cg, c->cgroup_path, c->cfg.resources, false, err)) < 0)
		return rc;
	return open_entries(c, err);
}

static bool is_permission(int rc) { return rc == -EACCES || rc == -EPERM || rc == -EROFS; }

int container_cgroup_make(struct container *c, struct err *err)
{
	struct err ignored;
	int rc;

	if (c->g->manager == CGROUP_MANAGER_DISABLED)
		return 0;
	if ((rc = cgroup_open_hinted(&c->cg, getenv(CGROUP_HINT_ENV), err)) < 0)
		return rc;
	if (c->cg.mode == CGROUP_NONE) {
		if (resources_ask_something(c->cfg.resources))
			return err_set(
				err, ERR_UNSUPPORTED, "linux.resources: no cgroup file system is mounted");
		return 0;
	}
	rc = make(c, err);
	if (rc == 0 || !is_permission(rc) || resources_ask_something(c->cfg.resources))
		return rc;
	/* nothing was asked for, so an ordinary user without delegation runs where it is */
	log_debug("container %s: no cgroup of its own: %s", c->o.id, err->msg);
	err_clear(err);
	(void) cgroup_remove(&c->cg, c->cgroup_path, &ignored);
	c->cgroup_path[0] = '\0';
	c->cgroup_made = false;
	c->n_tasks = 0;
	return 0;
}
