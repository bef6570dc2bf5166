#include "pkg/verb/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/archive/copy.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"
#include "pkg/verb/copy.h"

static const struct copy_opts as_it_is = { .devices = true, .whole = true };

struct build {
	int from, to;
};

/* The directory of 'path' (which begins with a slash) in a tree. */
static int parent_open(int root, const char *path, struct err *err)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd;

	if ((size_t) (slash - path) >= sizeof dir)
		return err_sys(err, ENAMETOOLONG, "commit '%.200s'", path);
	(void) snprintf(dir, sizeof dir, ".%.*s", (int) (slash - path), path);
	fd = path_open(root, dir, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(err, -fd, "commit '%.200s'", path) : fd;
}

/* What is above a change is in the layer too, as it is in the container. */
static int parents_make(const struct build *b, const char *path, struct err *err)
{
	char dir[4096];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		auto_close int from = -EBADF, to = -EBADF;

		if ((size_t) (p - path) >= sizeof dir)
			return err_sys(err, ENAMETOOLONG, "commit '%.200s'", path);
		(void) snprintf(dir, sizeof dir, ".%.*s", (int) (p - path), path);
		if (mkdirat(b->to, dir, 0755) < 0) {
			if (errno == EEXIST)
				continue;
			return err_sys(err, errno, "commit '%.200s'", path);
		}
		from = path_open(b->from, dir, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
		to = path_open(b->to, dir, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
		if (from < 0 || to < 0 || copy_attributes(from, to, &as_it_is, err) < 0)
			return err_set(err, ERR_STATE, "commit '%.200s': it changed meanwhile", path);
	}
	return 0;
}

static int put(const struct build *b, const struct change *c, struct err *err)
{
	auto_close int from = -EBADF, to = -EBADF;
	const char *base = strrchr(c->path, '/') + 1;
	char mark[300];
	struct stat st;
	int rc;

	if ((rc = parents_make(b, c->path, err)) < 0 || (rc = to = parent_open(b->to, c->path, err)) < 0)
		return rc;
	if (c->kind == 'D') {
		(void) snprintf(mark, sizeof mark, ".wh.%s", base);
		if (strlen(base) > 250 || mknodat(to, mark, S_IFREG | 0600, 0) < 0)
			return err_sys(err, errno, "commit that '%s' was deleted", c->path);
		return 0;
	}
	if ((rc = from = parent_open(b->from, c->path, err)) < 0)
		return rc;
	if (fstatat(from, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "commit '%s'", c->path);
	if (S_ISDIR(st.st_mode))
		return mkdirat(to, base, 0755) < 0 && errno != EEXIST
			       ? err_sys(err, errno, "commit '%s'", c->path)
			       : 0;
	if (linkat(from, base, to, base, 0) == 0 || errno == ENOENT)
		return 0;
	return (rc = copy_entry(from, base, to, base, &as_it_is, err)) < 0
		       ? err_wrap(err, "commit '%s'", c->path)
		       : 0;
}

/* Directories get their times last: making entries changes them. */
static int settle(const struct build *b, const struct change *c, struct err *err)
{
	char rel[4096];
	auto_close int from = -EBADF, to = -EBADF;

	if (c->kind == 'D' || snprintf(rel, sizeof rel, ".%s", c->path) >= (int) sizeof rel)
		return 0;
	from = path_open(b->from, rel, PATH_IN_STATE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	to = path_open(b->to, rel, PATH_IN_STATE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	return from < 0 || to < 0 ? 0 : copy_attributes(from, to, &as_it_is, err);
}

int copy_difference(struct engine *e, struct pod *p, const struct target *t, const struct container_spec *c,
	struct difference *d, int *ret_dir, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int root = -EBADF, from = -EBADF, to = -EBADF;
	struct change *v = NULL;
	char path[128], id[ID_LEN + 1];
	size_t n = 0;
	int rc;

	if ((rc = diff_copy(e, t, c->image_id, &a, &v, &n, err)) < 0 ||
		(rc = pod_rootfs_open(e, p, c, false, &root, err)) < 0)
		return rc;
	(void) snprintf(path, sizeof path, "containers/%s", c->id);
	if ((d->dir = path_open(p->data_fd, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -d->dir, "open '%s' of the pod", path);
	id_random(id);
	(void) snprintf(d->name, sizeof d->name, "fill-%.16s", id);
	if ((from = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		mkdirat(d->dir, d->name, 0755) < 0 ||
		(to = openat(d->dir, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "make a layer of its changes");

	const struct build b = { from, to };

	for (size_t i = 0; i < n; i++)
		if ((rc = put(&b, &v[i], err)) < 0)
			return rc;
	for (size_t i = n; i-- > 0;)
		if ((rc = settle(&b, &v[i], err)) < 0)
			return rc;
	if ((rc = copy_attributes(from, to, &as_it_is, err)) < 0)
		return rc;
	*ret_dir = fd_steal(&to);
	return 0;
}

void difference_done(struct difference *d)
{
	if (d->dir >= 0 && d->name[0])
		(void) dir_remove(d->dir, d->name);
	fd_close_p(&d->dir);
}
