#include "pkg/image/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/engine/paths.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define MOUNTS "images"
#define OPTIONS_MAX 4096 /* one page: what mount(2) takes */

static const char *path_of(struct engine *e, const char *id, struct arena *a)
{
	return arena_printf(a, "%s/" MOUNTS "/%s", e->runroot, id);
}

bool image_is_mounted(struct engine *e, const char *id, struct arena *a, const char **ret_path)
{
	char rel[PATH_TEXT];
	struct statx st = { 0 };

	(void) snprintf(rel, sizeof rel, MOUNTS "/%s", id);
	if (statx(e->runroot_fd, rel, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) < 0 ||
		!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return false;
	if (ret_path)
		*ret_path = path_of(e, id, a);
	return true;
}

/* Layers are named by descriptor numbers, so that any number of them fits; for that we stand in /proc/self/fd meanwhile. */
static int overlay_mount(struct engine *e, const struct strs *lowers, const char *at, struct err *err)
{
	auto_close int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char options[OPTIONS_MAX];
	int fd[LAYERS_MAX], rc = 0;
	size_t n = 0, used = 0;

	for (; rc == 0 && n < lowers->n && n < LEN(fd); n++) {
		if ((fd[n] = open(lowers->v[n], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
			rc = err_sys(err, errno, "open '%s'", lowers->v[n]);
			break;
		}
		used += (size_t) snprintf(
			options + used, sizeof options - used, "%s%d", n ? ":" : "lowerdir=", fd[n]);
	}
	(void) snprintf(options + used, sizeof options - used, "%s", e->in_userns ? ",userxattr" : "");
	if (rc == 0 && (chdir("/proc/self/fd") < 0 || mount("overlay", at, "overlay",
							      MS_RDONLY | MS_NODEV | MS_NOSUID, options) < 0))
		rc = err_sys(err, errno, "mount the image on '%s'", at);
	if (here >= 0)
		(void) !fchdir(here);
	while (n)
		fd_close_p(&fd[--n]);
	return rc;
}

/* overlay wants two directories; one is itself. */
static int bind_mount(const char *layer, const char *at, struct err *err)
{
	if (mount(layer, at, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, errno, "mount the image on '%s'", at);
	if (mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV | MS_NOSUID, NULL) == 0)
		return 0;
	(void) err_sys(err, errno, "mount the image on '%s' read-only", at);
	(void) umount2(at, MNT_DETACH);
	return -err->errnum;
}

int image_mount(struct engine *e, const struct image_row *img, struct arena *a, const char **ret_path,
	struct err *err)
{
	char rel[PATH_TEXT];
	struct strs lowers = { 0 };
	const char *path;
	int rc, dir;

	if (image_is_mounted(e, img->id, a, ret_path))
		return 0;
	if (!(path = path_of(e, img->id, a)))
		return err_sys(err, ENOMEM, "mount an image");
	(void) snprintf(rel, sizeof rel, MOUNTS "/%s", img->id);
	if ((rc = image_lowers(e, img, a, &lowers, err)) < 0)
		return rc;
	if ((dir = dir_make(e->runroot_fd, rel, 0755)) < 0)
		return err_sys(err, -dir, "make '%s'", path);
	fd_close_p(&dir);
	rc = lowers.n == 1 ? bind_mount(lowers.v[0], path, err) : overlay_mount(e, &lowers, path, err);
	if (rc < 0)
		return rc;
	*ret_path = path;
	return 0;
}

int image_unmount(struct engine *e, const char *id, struct err *err)
{
	auto_arena struct arena a = { 0 };
	char rel[PATH_TEXT];
	const char *path;

	if (!image_is_mounted(e, id, &a, &path))
		return 0;
	if (umount2(path, UMOUNT_NOFOLLOW) < 0 && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return err_sys(err, errno, "unmount '%s'", path);
	(void) snprintf(rel, sizeof rel, MOUNTS "/%s", id);
	(void) unlinkat(e->runroot_fd, rel, AT_REMOVEDIR);
	return 1;
}

void image_unmount_all(struct engine *e)
{
	int fd = openat(e->runroot_fd, MOUNTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct err ignored = { 0 };
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (id_is_valid(de->d_name))
			(void) image_unmount(e, de->d_name, &ignored);
	if (d)
		(void) closedir(d);
}
