#include "pkg/image/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/engine/mounts.h"
#include "pkg/engine/paths.h"
#include "pkg/image/layers.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define OPTIONS_MAX 4096 /* one page: what mount(2) takes */

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
	auto_close int guard = image_lock(e, err); /* nobody removes it meanwhile */
	char rel[PATH_TEXT];
	struct strs lowers = { 0 };
	struct image_row now;
	const char *path;
	int rc, dir;

	if (guard < 0)
		return guard;
	if (!img->read_only && (rc = store_image_get(e->store, img->id, a, &now, err)) < 0)
		return rc;
	if (!(path = *ret_path = mounts_path(e, MOUNTS_OF_IMAGES, img->id, a)))
		return err_sys(err, ENOMEM, "mount an image");
	if (mounts_has(e, MOUNTS_OF_IMAGES, img->id))
		return 0;
	(void) snprintf(rel, sizeof rel, MOUNTS_OF_IMAGES "/%s", img->id);
	if ((rc = image_lowers(e, img, a, &lowers, err)) < 0)
		return rc;
	if ((dir = dir_make(e->runroot_fd, rel, 0755)) < 0)
		return err_sys(err, -dir, "make '%s'", path);
	fd_close_p(&dir);
	return lowers.n == 1 ? bind_mount(lowers.v[0], path, err) : overlay_mount(e, &lowers, path, err);
}
