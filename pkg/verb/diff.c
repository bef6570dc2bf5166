/*
 * diff.c — what a container wrote over its image, or an image's last layer over the others: a layer, read as overlay wrote it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pkg/engine/paths.h"
#include "pkg/image/layers.h"
#include "pkg/util/path.h"
#include "pkg/verb/copy.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}
#define DEPTH_MAX 256 /* a level holds two descriptors; 1024 are every process's */

struct walk {
	struct arena *a;
	int image; /* root of what it is compared with; -EBADF: nothing is below */
	bool all;  /* what the engine puts into every container counts: an image brought it */
	struct change *v;
	size_t n, cap;
	unsigned depth;
};

bool diff_is_ours(const char *path)
{
	static const char *const paths[] = { "/dev", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
		"/proc", "/run", "/run/.containerenv", "/sys" };

	for (size_t i = 0; i < LEN(paths); i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

static int add(struct walk *w, char kind, const char *path, struct err *err)
{
	if (w->n == w->cap) {
		struct change *more = arena_array(w->a, w->cap = w->cap ? 2 * w->cap : 64, sizeof *more);

		if (!more)
			return err_sys(err, ENOMEM, "compare");
		if (w->n)
			memcpy(more, w->v, w->n * sizeof *more);
		w->v = more;
	}
	w->v[w->n++] = (struct change){ kind, path };
	return 0;
}

static bool in_image(struct walk *w, const char *path)
{
	auto_close int fd =
		w->image < 0 ? -EBADF : path_open(w->image, path, PATH_IN_ROOTFS, O_PATH | O_NOFOLLOW, 0);

	return fd >= 0;
}

static bool is_opaque(int dir)
{
	char y;

	return (fgetxattr(dir, "trusted.overlay.opaque", &y, 1) == 1 ||
		       fgetxattr(dir, "user.overlay.opaque", &y, 1) == 1)
		       ? y == 'y'
		       : faccessat(dir, ".wh..wh..opq", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int walk_dir(struct walk *w, int dir, const char *at, struct err *err);

static int walk_entry(struct walk *w, int dir, const char *at, const char *name, struct err *err)
{
	char *path = arena_printf(w->a, "%s/%s", at, name);
	auto_close int sub = -EBADF;
	struct stat st;
	int rc;

	if (!path)
		return err_sys(err, ENOMEM, "compare");
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "look at '%s'", path);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return add(w, 'D', path, err);
	if (w->all && strncmp(name, ".wh.", 4) == 0) { /* a layer of a vfs store */
		path = arena_printf(w->a, "%s/%s", at, name + 4);
		return !path                               ? err_sys(err, ENOMEM, "compare")
		       : strcmp(name, ".wh..wh..opq") == 0 ? 0
							   : add(w, 'D', path, err);
	}
	rc = !w->all && diff_is_ours(path) ? 0 : add(w, in_image(w, path) ? 'C' : 'A', path, err);
	if (rc < 0 || !S_ISDIR(st.st_mode))
		return rc;
	if ((sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open '%s'", path);
	return walk_dir(w, sub, path, err);
}

/* An opaque directory took the place of the image's: what that had and this has not was deleted. */
static int opaque_deleted(struct walk *w, int dir, const char *at, struct err *err)
{
	int fd = w->image < 0
			 ? -EBADF
			 : path_open(w->image, at, PATH_IN_ROOTFS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (!d) {
		fd_close_p(&fd);
		return 0;
	}
	while (rc == 0 && (de = readdir(d))) {
		struct stat st;
		char *path;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
			fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		path = arena_printf(w->a, "%s/%s", at, de->d_name);
		rc = path ? add(w, 'D', path, err) : err_sys(err, ENOMEM, "compare");
	}
	(void) closedir(d);
	return rc;
}

static int walk_dir(struct walk *w, int dir, const char *at, struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	int rc = 0;

	if (!d) {
		rc = err_sys(err, errno, "list '%s'", at);
		fd_close_p(&again);
		return rc;
	}
	if (++w->depth > DEPTH_MAX)
		rc = err_set(err, ERR_UNSUPPORTED, "more than %d directories in each other", DEPTH_MAX);
	if (rc == 0 && *at && is_opaque(dir))
		rc = opaque_deleted(w, dir, at, err);
	while (rc == 0 && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			rc = walk_entry(w, dir, at, de->d_name, err);
	w->depth--;
	(void) closedir(d);
	return rc;
}

static int compare_changes(const void *a, const void *b)
{
	return strcmp(((const struct change *) a)->path, ((const struct change *) b)->path);
}

static void changes_take(struct walk *w, struct change **ret, size_t *ret_n)
{
	if (w->n)
		qsort(w->v, w->n, sizeof *w->v, compare_changes);
	*ret = w->v;
	*ret_n = w->n;
}

int verb_diff(struct engine *e, const struct target *t, struct arena *a, struct change **ret, size_t *ret_n,
	struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_close int upper = -EBADF, image = -EBADF;
	struct walk w = { .a = a };
	char path[PATH_TEXT];
	size_t i;
	int rc;

	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	if (!p.ctr[i].image_id || !*p.ctr[i].image_id)
		return err_set(
			err, ERR_UNSUPPORTED, "container %s has no image to compare with", p.ctr[i].name);
	if (e->vfs)
		return diff_copy(e, t, p.ctr[i].image_id, a, ret, ret_n, err);
	snprintf(path, sizeof path, "containers/%s/upper", t->id);
	if ((upper = path_open(p.data_fd, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -upper, "open '%s' of the pod", path);
	if ((rc = pod_image_open(e, &p, &p.ctr[i], &image, err)) < 0)
		return rc;
	w.image = image;
	if ((rc = walk_dir(&w, upper, "", err)) < 0)
		return rc;
	changes_take(&w, ret, ret_n);
	return 0;
}

/* ---- an image ------------------------------------------------------------------------------------------------------------ */

int verb_diff_image(struct engine *e, const char *image, struct arena *a, struct change **ret, size_t *ret_n,
	struct err *err)
{
	auto_close int top = -EBADF, below = -EBADF;
	struct walk w = { .a = a, .image = -EBADF, .all = true };
	struct strs lowers = { 0 };
	struct image_row img;
	int rc;

	if ((rc = image_resolve(e, image, a, &img, err)) < 0)
		return rc;
	if (!img.layers.n)
		return err_set(
			err, ERR_UNSUPPORTED, "'%s' is a manifest list; name one of its images", image);
	top = layer_path_open(e, img.layers.v[img.layers.n - 1], O_RDONLY | O_DIRECTORY, NULL);
	if (top < 0)
		return err_sys(err, -top, "image %.12s: open its last layer", img.id);
	img.layers.n--;
	if (img.layers.n && ((rc = image_lowers(e, &img, a, &lowers, err)) < 0 ||
				    (rc = pod_view_open(e, &lowers, a, &below, err)) < 0))
		return rc;
	w.image = below;
	if ((rc = walk_dir(&w, top, "", err)) < 0)
		return rc;
	changes_take(&w, ret, ret_n);
	return 0;
}
