/*
 * diff_trees.c — what is different between two trees, of images or containers: names and what stat(2) says of them, as podman
 * compares.  A directory counts as changed when its owner or mode did, or something in it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/image/image.h"
#include "pkg/util/path.h"
#include "pkg/verb/copy.h"

#define DEPTH_MAX 200 /* a level holds four descriptors */

struct trees {
	struct arena *a;
	struct change *v;
	size_t n, cap;
	unsigned depth;
	bool container;  /* what the engine puts into every one does not count */
	dev_t device[2]; /* of directories: what is mounted in a running container is not its tree */
};

static int add(struct trees *t, char kind, const char *path, struct err *err)
{
	if (t->n == t->cap) {
		struct change *more = arena_array(t->a, t->cap = t->cap ? 2 * t->cap : 64, sizeof *more);

		if (!more)
			return err_sys(err, ENOMEM, "compare");
		if (t->n)
			memcpy(more, t->v, t->n * sizeof *more);
		t->v = more;
	}
	t->v[t->n++] = (struct change){ kind, path };
	return 0;
}

/* An entry of a directory; false: it is not there, or the directory is not. */
static bool look(int dir, const char *name, struct stat *st)
{
	return dir >= 0 && fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool differs(const struct stat *x, const struct stat *y)
{
	if (x->st_mode != y->st_mode || x->st_uid != y->st_uid || x->st_gid != y->st_gid ||
		x->st_rdev != y->st_rdev)
		return true;
	return !S_ISDIR(x->st_mode) && (x->st_size != y->st_size || x->st_mtim.tv_sec != y->st_mtim.tv_sec ||
					       (x->st_mtim.tv_nsec && y->st_mtim.tv_nsec &&
						       x->st_mtim.tv_nsec != y->st_mtim.tv_nsec));
}

static int both(struct trees *t, int now, int before, const char *at, struct err *err);

static int enter(int dir, const char *name, const struct stat *st, dev_t device)
{
	if (!S_ISDIR(st->st_mode) || st->st_dev != device)
		return -EBADF;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int one_name(struct trees *t, int now, int before, const char *at, const char *name, struct err *err)
{
	struct stat sn = { 0 }, sb = { 0 };
	bool is = look(now, name, &sn), was = look(before, name, &sb);
	char *path = arena_printf(t->a, "%s/%s", at, name);
	auto_close int dn = -EBADF, db = -EBADF;
	size_t place;
	int rc;

	if (!path)
		return err_sys(err, ENOMEM, "compare");
	if (t->container && diff_is_ours(path)) {
		dn = is ? enter(now, name, &sn, t->device[0]) : -EBADF;
		db = was ? enter(before, name, &sb, t->device[1]) : -EBADF;
		return dn >= 0 ? both(t, dn, db, path, err) : 0;
	}
	if (!is)
		return was ? add(t, 'D', path, err) : 0;
	if (!was || differs(&sn, &sb)) {
		if ((rc = add(t, was ? 'C' : 'A', path, err)) < 0)
			return rc;
		place = t->n;
	} else {
		if ((rc = add(t, 'C', path, err)) < 0) /* taken back when nothing in it changed */
			return rc;
		place = t->n;
		if (!S_ISDIR(sn.st_mode)) {
			t->n--;
			return 0;
		}
	}
	dn = enter(now, name, &sn, t->device[0]);
	db = was ? enter(before, name, &sb, t->device[1]) : -EBADF;
	if (dn >= 0 && (rc = both(t, dn, db, path, err)) < 0)
		return rc;
	if (was && !differs(&sn, &sb) && t->n == place)
		t->n--;
	return 0;
}

static int names(
	struct trees *t, int dir, int now, int before, bool only_gone, const char *at, struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	struct stat st;

	if (!d) {
		rc = err_sys(err, errno, "list '%s'", *at ? at : "/");
		fd_close_p(&again);
		return rc;
	}
	while (rc == 0 && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0 &&
			(!only_gone || !look(now, de->d_name, &st)))
			rc = one_name(t, now, before, at, de->d_name, err);
	(void) closedir(d);
	return rc;
}

static int both(struct trees *t, int now, int before, const char *at, struct err *err)
{
	int rc = 0;

	if (++t->depth > DEPTH_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d directories in each other", DEPTH_MAX);
	rc = names(t, now, now, before, false, at, err);
	if (rc == 0 && before >= 0)
		rc = names(t, before, now, before, true, at, err);
	t->depth--;
	return rc;
}

static int side_open(struct engine *e, const struct diff_side *s, struct arena *a, int *ret, dev_t *ret_dev,
	struct err *err)
{
	struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_close int root = -EBADF;
	struct strs lowers = { 0 };
	struct image_row img;
	struct stat st;
	int rc;

	if (s->image) {
		if ((rc = image_resolve(e, s->image, a, &img, err)) < 0 ||
			(rc = image_lowers(e, &img, a, &lowers, err)) < 0)
			return rc;
		if (!lowers.n)
			return err_set(err, ERR_UNSUPPORTED,
				"'%s' is a manifest list; name one of its images", s->image);
		rc = pod_view_open(e, &lowers, a, &root, err);
	} else if ((rc = pod_load(e, s->ctr->pod, false, &p, err)) == 0) {
		size_t i = pod_index(&p, s->ctr->id);

		rc = i == p.n ? err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found",
					s->ctr->asked)
			      : pod_rootfs_open(e, &p, &p.ctr[i], false, &root, err);
		pod_done(&p);
	}
	if (rc < 0)
		return rc;
	/* what came is an O_PATH descriptor */
	if ((*ret = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || fstat(*ret, &st) < 0)
		return err_sys(err, errno, "open the files of '%s'", s->image ? s->image : s->ctr->asked);
	*ret_dev = st.st_dev;
	return 0;
}

static int compare_changes(const void *a, const void *b)
{
	return strcmp(((const struct change *) a)->path, ((const struct change *) b)->path);
}

static int compare(struct engine *e, const struct diff_side *now, const struct diff_side *before,
	bool container, struct arena *a, struct change **ret, size_t *ret_n, struct err *err)
{
	auto_close int dn = -EBADF, db = -EBADF;
	struct trees t = { .a = a, .container = container };
	int rc;

	if ((rc = side_open(e, now, a, &dn, &t.device[0], err)) < 0 ||
		(rc = side_open(e, before, a, &db, &t.device[1], err)) < 0 ||
		(rc = both(&t, dn, db, "", err)) < 0)
		return rc;
	if (t.n)
		qsort(t.v, t.n, sizeof *t.v, compare_changes);
	*ret = t.v;
	*ret_n = t.n;
	return 0;
}

int verb_diff_trees(struct engine *e, const struct diff_side *now, const struct diff_side *before,
	struct arena *a, struct change **ret, size_t *ret_n, struct err *err)
{
	return compare(e, now, before, false, a, ret, ret_n, err);
}

int diff_copy(struct engine *e, const struct target *t, const char *image, struct arena *a,
	struct change **ret, size_t *ret_n, struct err *err)
{
	return compare(e, &(struct diff_side){ .ctr = t }, &(struct diff_side){ .image = image }, true, a,
		ret, ret_n, err);
}
