#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static int open_entries(struct container *c, struct err *err)
{
	if (c->cg.mode == CGROUP_V1)
		return cgroup_enter_fds(&c->cg, c->cgroup_path, c->tasks, &c->n_tasks, err);
	if ((c->cgroup_dir = cgroup_dir_fd(&c->cg, c->cgroup_path)) < 0)
		return err_sys(err, -c->cgroup_dir, "open cgroup '%s'", c->cgroup_path);
	return 0;
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
	if ((rc = cgroup_open(&c->cg, err)) < 0)
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
