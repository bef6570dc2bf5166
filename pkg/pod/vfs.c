/*
 * vfs.c — a container's root file system where there is no overlay: 'upper' is a copy of the whole image.
 *
 * It is made when somebody first needs it, beside its place, and renamed: it is there as a whole or not at all, and of two
 * commands that make it one keeps its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/image/flat.h"
#include "pkg/image/image.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"

#define FILL "fill-"

static int data_open(const struct pod *p, const struct container_spec *c, struct err *err)
{
	char path[PATH_TEXT];
	int fd;

	(void) snprintf(path, sizeof path, "containers/%s", c->id);
	fd = path_open(p->data_fd, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(err, -fd, "open '%s' of the pod", path) : fd;
}

static bool has_entries(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	bool found = false;

	while (d && !found && (de = readdir(d)))
		found = strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	if (d)
		(void) closedir(d);
	else
		fd_close_p(&fd);
	return found;
}

bool pod_vfs_is_filled(const struct pod *p, const struct container_spec *c)
{
	struct err ignored = { 0 };
	auto_close int dir = data_open(p, c, &ignored);

	return dir >= 0 && has_entries(dir, "upper");
}

static int copy_beside(int dir, const char *name, const char *from, struct err *err)
{
	auto_close int image = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to = -EBADF;

	if (image < 0)
		return err_sys(err, errno, "open '%s'", from);
	if (mkdirat(dir, name, 0700) < 0 ||
		(to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "make its root file system");
	return flat_apply(image, to, false, err);
}

int pod_vfs_fill(struct engine *e, const struct pod *p, const struct container_spec *c, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int dir = data_open(p, c, err);
	char name[40], id[ID_LEN + 1];
	struct image_row img;
	const char *from;
	int rc;

	if (dir < 0)
		return dir;
	if (has_entries(dir, "upper"))
		return 0;
	if ((rc = store_image_get(e->store, c->image_id, &a, &img, err)) < 0 ||
		(rc = image_flat(e, &img, &a, &from, err)) < 0)
		return err_wrap(err, "image '%s'", c->image ? c->image : c->image_id);
	id_random(id);
	(void) snprintf(name, sizeof name, FILL "%.16s", id);
	rc = copy_beside(dir, name, from, err);
	if (rc == 0 && renameat(dir, name, dir, "upper") < 0 && errno != ENOTEMPTY && errno != EEXIST)
		rc = err_sys(err, errno, "make its root file system");
	(void) dir_remove(dir, name);
	return rc < 0 ? err_wrap(err, "copy image '%s'", c->image ? c->image : c->image_id) : 0;
}

int pod_vfs_empty(const struct pod *p, const struct container_spec *c, bool all, struct err *err)
{
	auto_close int dir = data_open(p, c, err);
	int fd = dir < 0 ? dir : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return dir < 0 ? dir : err_sys(err, errno, "empty its root file system");
	}
	while (rc == 0 && (de = readdir(d)))
		if (strncmp(de->d_name, FILL, strlen(FILL)) == 0 || (all && strcmp(de->d_name, "upper") == 0))
			rc = dir_remove(dir, de->d_name);
	if (rc == 0 && mkdirat(dir, "upper", 0711) < 0 && errno != EEXIST)
		rc = -errno;
	(void) closedir(d);
	return rc < 0 ? err_sys(err, -rc, "empty its root file system") : 0;
}
