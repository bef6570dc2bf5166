#include "pkg/image/flat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pkg/archive/copy.h"
#include "pkg/engine/paths.h"
#include "pkg/image/layers.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define DEPTH_MAX 256 /* a level holds three descriptors; 1024 are every process's */
#define TMP "tmp-"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "put an image's layers together"); }

/* ---- one layer over another ---------------------------------------------------------------------------------------------- */

/* Files of a layer that have several names, by inode: where the first of them was put. */
struct linked {
	dev_t dev;
	ino_t ino;
	char *path; /* below the new tree */
};

struct apply {
	int root; /* of the new tree */
	bool links;
	struct linked *v;
	size_t n, cap; /* cap: a power of two, open addressing */
	char path[4096];
	size_t len;
	unsigned depth;
	bool told; /* the entry that failed is in the message */
};

static const struct copy_opts as_it_is = { .devices = true, .whole = true, .overwrite = true };

static struct linked *linked_slot(struct linked *v, size_t cap, const struct stat *st)
{
	size_t i = (size_t) (st->st_ino * 0x9E3779B97F4A7C15ULL) & (cap - 1);

	while (v[i].path && (v[i].ino != st->st_ino || v[i].dev != st->st_dev))
		i = (i + 1) & (cap - 1);
	return &v[i];
}

static int linked_grow(struct apply *p)
{
	size_t cap = p->cap ? 2 * p->cap : 64;
	struct linked *v = calloc(cap, sizeof *v);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < p->cap; i++)
		if (p->v[i].path)
			*linked_slot(v, cap, &(struct stat){ .st_dev = p->v[i].dev, .st_ino = p->v[i].ino }) =
				p->v[i];
	free(p->v);
	p->v = v;
	p->cap = cap;
	return 0;
}

static int linked_remember(struct apply *p, const struct stat *st, struct err *err)
{
	struct linked *at;

	if (2 * (p->n + 1) > p->cap && linked_grow(p) < 0)
		return no_memory(err);
	at = linked_slot(p->v, p->cap, st);
	if (at->path)
		return 0;
	if (!(at->path = strdup(p->path)))
		return no_memory(err);
	at->dev = st->st_dev;
	at->ino = st->st_ino;
	p->n++;
	return 0;
}

static void apply_done(struct apply *p)
{
	for (size_t i = 0; i < p->cap; i++)
		free(p->v[i].path);
	free(p->v);
}
#define auto_apply AUTO(apply_done)

/* True: it is there now, as another name of what was copied before. */
static bool linked_again(struct apply *p, const struct stat *st, int to, const char *name)
{
	struct linked *at = p->cap ? linked_slot(p->v, p->cap, st) : NULL;
	char self[40];

	if (!at || !at->path)
		return false;
	/* no symbolic link is followed: an entry of the layer may have taken a directory's place */
	auto_close int fd = path_open(p->root, at->path, PATH_IN_STATE, O_PATH | O_NOFOLLOW, 0);

	(void) snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return fd >= 0 && linkat(AT_FDCWD, self, to, name, AT_SYMLINK_FOLLOW) == 0;
}

static bool is_opaque(int dir)
{
	char y = 0;

	return ((fgetxattr(dir, "trusted.overlay.opaque", &y, 1) == 1 ||
			fgetxattr(dir, "user.overlay.opaque", &y, 1) == 1) &&
		       y == 'y') ||
	       faccessat(dir, ".wh..wh..opq", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

/* The name a whiteout hides; NULL: it is none. */
static const char *whiteout(int dir, const char *name)
{
	struct stat st;

	/* our unpacker makes no such names, and nothing hides a directory's own entries */
	if (strncmp(name, ".wh.", 4) == 0)
		return name[4] && !is_dots(name + 4) ? name + 4 : NULL;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
		st.st_rdev == makedev(0, 0))
		return name;
	return NULL;
}

static int remove_all(int dir, struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;

	if (!d) {
		rc = err_sys(err, errno, "list it");
		fd_close_p(&again);
		return rc;
	}
	while (rc == 0 && (de = readdir(d)))
		if (!is_dots(de->d_name) && (rc = dir_remove(dir, de->d_name)) < 0)
			rc = err_sys(err, -rc, "remove '%s'", de->d_name);
	(void) closedir(d);
	return rc;
}

static int apply_dir(struct apply *p, int from, int to, struct err *err);

static int apply_subdir(struct apply *p, int from, const char *name, int to, struct err *err)
{
	auto_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), out = -EBADF;
	struct stat st;
	int rc;

	if (in < 0)
		return err_sys(err, errno, "open the directory");
	if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
		unlinkat(to, name, 0) < 0)
		return err_sys(err, errno, "replace it");
	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make the directory");
	if ((out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the directory");
	if (++p->depth > DEPTH_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d directories in each other", DEPTH_MAX);
	rc = apply_dir(p, in, out, err);
	p->depth--;
	return rc;
}

static int apply_other(
	struct apply *p, int from, const char *name, int to, const struct stat *st, struct err *err)
{
	struct stat old;
	int rc;

	if (fstatat(to, name, &old, AT_SYMLINK_NOFOLLOW) == 0 && (rc = dir_remove(to, name)) < 0)
		return err_sys(err, -rc, "replace it");
	if (p->links && linkat(from, name, to, name, 0) == 0)
		return 0;
	if (st->st_nlink > 1 && linked_again(p, st, to, name))
		return 0;
	if ((rc = copy_entry(from, name, to, name, &as_it_is, err)) < 0)
		return rc;
	return st->st_nlink > 1 ? linked_remember(p, st, err) : 0;
}

static int apply_entry(struct apply *p, int from, const char *name, int to, struct err *err)
{
	size_t was = p->len;
	struct stat st;
	int rc, n = snprintf(p->path + was, sizeof p->path - was, "%s%s", was ? "/" : "", name);

	if (n < 0 || (size_t) n >= sizeof p->path - was)
		return err_sys(err, ENAMETOOLONG, "put it together");
	p->len += (size_t) n;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		rc = err_sys(err, errno, "look at it");
	else if (S_ISDIR(st.st_mode))
		rc = apply_subdir(p, from, name, to, err);
	else
		rc = apply_other(p, from, name, to, &st, err);
	if (rc < 0 && !p->told) {
		p->told = true;
		rc = err_wrap(err, "'/%s'", p->path);
	}
	p->len = was;
	p->path[was] = '\0';
	return rc;
}

/* Whiteouts first: they are about what is below, never about their siblings. */
static int apply_dir(struct apply *p, int from, int to, struct err *err)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	const char *hidden;

	if (!d) {
		rc = err_sys(err, errno, "list it");
		fd_close_p(&again);
		return rc;
	}
	if (is_opaque(from))
		rc = remove_all(to, err);
	while (rc == 0 && (de = readdir(d)))
		if (!is_dots(de->d_name) && (hidden = whiteout(from, de->d_name)) &&
			(rc = dir_remove(to, hidden)) < 0)
			rc = rc == -ENOENT ? 0 : err_sys(err, -rc, "remove '%s'", hidden);
	rewinddir(d);
	while (rc == 0 && (de = readdir(d)))
		if (!is_dots(de->d_name) && !whiteout(from, de->d_name))
			rc = apply_entry(p, from, de->d_name, to, err);
	(void) closedir(d);
	return rc < 0 ? rc : copy_attributes(from, to, &as_it_is, err);
}

int flat_apply(int layer, int to, bool links, struct err *err)
{
	auto_apply struct apply p = { .root = to, .links = links };

	return apply_dir(&p, layer, to, err);
}

/* ---- the directories below vfs/ -------------------------------------------------------------------------------------------- */

static int list_of(const struct image_row *img, struct buf *list, char key[65])
{
	for (size_t i = 0; i < img->layers.n; i++)
		(void) buf_printf(list, "%s\n", img->layers.v[i]);
	if (buf_failed(list) || !list->data)
		return -ENOMEM;
	sha256_hex(list->data, list->len, key);
	return 0;
}

static int fill(struct engine *e, const struct image_row *img, int root, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < img->layers.n; i++) {
		auto_close int layer = layer_path_open(e, img->layers.v[i], O_RDONLY | O_DIRECTORY, NULL);

		if (layer == -ENOENT)
			return err_set(err, ERR_CORRUPT,
				"image %.12s: its layer %.12s is gone; remove and load the image again",
				img->id, img->layers.v[i]);
		if (layer < 0)
			return err_sys(
				err, -layer, "image %.12s: open layer %.12s", img->id, img->layers.v[i]);
		if ((rc = flat_apply(layer, root, true, err)) < 0)
			return err_wrap(err, "image %.12s: layer %.12s", img->id, img->layers.v[i]);
	}
	return rc;
}

static int make(struct engine *e, const struct image_row *img, int vfs, const char *key,
	const struct buf *list, struct err *err)
{
	auto_close int dir = -EBADF, root = -EBADF, lock = -EBADF;
	char tmp[80], id[ID_LEN + 1];
	int rc = 0;

	id_random(id);
	(void) snprintf(tmp, sizeof tmp, TMP "%.16s", id);
	if (flock(vfs, LOCK_EX) < 0) /* a sweep never sees it without its lock */
		return err_sys(err, errno, "lock '%s/" PATH_VFS "'", e->root);
	if (mkdirat(vfs, tmp, 0711) < 0 ||
		(dir = openat(vfs, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "make '%s/" PATH_VFS "/%s'", e->root, tmp);
	if ((lock = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0 ||
		lock_file(lock, true, true) < 0 || mkdirat(dir, "root", 0755) < 0 ||
		(root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		rc = err_sys(err, errno, "make '%s/" PATH_VFS "/%s'", e->root, tmp);
	else if (flock(vfs, LOCK_UN) == 0 && (rc = fill(e, img, root, err)) == 0 &&
		 (rc = file_replace(dir, "layers", list->data, list->len, 0600, false)) < 0)
		rc = err_sys(err, -rc, "write '%s/" PATH_VFS "/%s/layers'", e->root, tmp);
	/* somebody else may have been first: his is as good */
	if (rc == 0 && renameat(vfs, tmp, vfs, key) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		rc = err_sys(err, errno, "make '%s/" PATH_VFS "/%s'", e->root, key);
	(void) dir_remove(vfs, tmp);
	return rc;
}

int image_flat(
	struct engine *e, const struct image_row *img, struct arena *a, const char **ret, struct err *err)
{
	auto_buf struct buf list = BUF_INIT(64 * KiB);
	auto_close int vfs = -EBADF;
	char key[65], rel[80];
	int rc;

	if (!img->layers.n)
		return err_set(err, ERR_UNSUPPORTED, "image %.12s has no layers", img->id);
	if (list_of(img, &list, key) < 0 ||
		!(*ret = arena_printf(a, "%s/" PATH_VFS "/%s/root", e->root, key)))
		return no_memory(err);
	if ((vfs = path_open(e->root_fd, PATH_VFS, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -vfs, "open '%s/" PATH_VFS "'", e->root);
	(void) snprintf(rel, sizeof rel, "%s/root", key);
	if (faccessat(vfs, rel, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return (rc = make(e, img, vfs, key, &list, err)) < 0 ? rc : 0;
}

/* ---- removal --------------------------------------------------------------------------------------------------------------- */

static bool is_stale(struct engine *e, int vfs, const char *name)
{
	auto_buf struct buf list = BUF_INIT(64 * KiB);
	char rel[300], *save = NULL;
	auto_close int lock = -EBADF;

	if (strncmp(name, TMP, strlen(TMP)) == 0) {
		(void) snprintf(rel, sizeof rel, "%s/lock", name);
		lock = path_open(vfs, rel, PATH_IN_STATE, O_RDONLY, 0);
		return lock < 0 || lock_is_free(lock);
	}
	(void) snprintf(rel, sizeof rel, "%s/layers", name);
	if (file_read(vfs, rel, PATH_IN_STATE, &list) < 0 || !list.data)
		return true;
	for (char *p = strtok_r(list.data, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		auto_close int layer =
			id_is_valid(p) ? layer_path_open(e, p, O_PATH | O_DIRECTORY, NULL) : -EINVAL;

		if (layer < 0)
			return true;
	}
	return false;
}

void flat_sweep(struct engine *e)
{
	int fd, rc;
	DIR *d;
	struct dirent *de;

	if (!e->vfs)
		return;
	fd = path_open(e->root_fd, PATH_VFS, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	if (!(d = fd < 0 || flock(fd, LOCK_EX) < 0 ? NULL : fdopendir(fd))) {
		fd_close_p(&fd);
		return;
	}
	while ((de = readdir(d)))
		if (!is_dots(de->d_name) && is_stale(e, fd, de->d_name) &&
			(rc = dir_remove(fd, de->d_name)) < 0)
			log_warn(PATH_VFS "/%s: remove: %s", de->d_name, strerror(-rc));
	(void) closedir(d);
}
