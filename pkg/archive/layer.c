#include "pkg/archive/layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pkg/archive/recipe.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

#define NOTES_MAX 20
#define IMPLICIT_MODE 0755 /* parents that the archive does not list */

void layer_init(struct layer *l, const struct unpack_opts *o)
{
	*l = (struct layer){ .root = o->dir,
		.userns = o->userns,
		.plain = o->plain,
		.event = o->event,
		.ctx = o->ctx,
		.parent = -EBADF };
}

void layer_done(struct layer *l)
{
	for (size_t i = 0; i < l->n_dirs; i++)
		free(l->dirs[i].name);
	free(l->dirs);
	fd_close_p(&l->parent);
}

int layer_note(struct layer *l, struct err *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!l->event || l->notes++ >= NOTES_MAX)
		return 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return l->event(l->ctx, UNPACK_NOTE, l->notes < NOTES_MAX ? text : "further notes are left out", err);
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static void parent_forget(struct layer *l)
{
	fd_close_p(&l->parent);
	l->parent_name[0] = '\0';
}

static int parent_hold(struct layer *l, int fd, const char *dir, struct err *err)
{
	struct stat st;

	parent_forget(l);
	l->parent = fd;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at directory '%s'", dir);
	l->parent_setgid = (st.st_mode & S_ISGID) != 0;
	snprintf(l->parent_name, sizeof l->parent_name, "%s", dir);
	return 0;
}

static int open_dir(int at, const char *rel)
{
	return path_open(at, rel, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
}

int layer_opaque(struct layer *l, const char *dir, struct err *err)
{
	return l->event ? l->event(l->ctx, UNPACK_OPAQUE, dir, err) : 0;
}

/* One step of the way down to a parent: an entry of 'at' that must be a directory. */
static int parent_step(struct layer *l, int at, const char *name, const char *base, struct err *err)
{
	struct stat st;
	int rc;

	if (mkdirat(at, base, IMPLICIT_MODE) == 0) {
		if (fchownat(at, base, 0, 0, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM)
			return err_sys(err, errno, "own directory");
	} else if (errno != EEXIST) {
		return err_sys(err, errno, "make directory");
	} else if (fstatat(at, base, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		return err_sys(err, errno, "look at parent");
	} else if (is_whiteout(&st)) {
		/* the lower layers' directory is gone, this is another one of that name */
		if (unlinkat(at, base, 0) < 0 || mkdirat(at, base, IMPLICIT_MODE) < 0)
			return err_sys(err, errno, "make directory");
		if ((rc = layer_opaque(l, name, err)) < 0)
			return rc;
	} else if (S_ISLNK(st.st_mode)) {
		return err_set(err, ERR_INVALID,
			"its parent is a symbolic link of the same layer, which is never followed");
	} else if (!S_ISDIR(st.st_mode)) {
		return err_set(err, ERR_INVALID, "its parent is not a directory");
	}
	rc = openat(at, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return rc < 0 ? err_sys(err, errno, "open parent") : rc;
}

static int parent_walk(struct layer *l, const char *dir, struct err *err)
{
	auto_close int at = open_dir(l->root, ".");
	char name[ENTRY_NAME_MAX];
	const char *p = dir;

	if (at < 0)
		return err_sys(err, -at, "open the layer");
	while (*p) {
		char base[ENTRY_COMPONENT_MAX + 1];
		size_t n = strcspn(p, "/");
		int next;

		memcpy(base, p, n); /* entry_name_clean() has limited every component */
		base[n] = '\0';
		p += n;
		snprintf(name, sizeof name, "%.*s", (int) (p - dir), dir);
		p += *p == '/';
		if ((next = parent_step(l, at, name, base, err)) < 0)
			return next;
		close(at);
		at = next;
	}
	return fd_steal(&at);
}

int layer_parent(struct layer *l, const char *dir, struct err *err)
{
	int fd;

	if (l->parent >= 0 && strcmp(dir, l->parent_name) == 0)
		return 0;
	fd = open_dir(l->root, *dir ? dir : ".");
	if (fd < 0 && (fd = parent_walk(l, dir, err)) < 0)
		return fd;
	return parent_hold(l, fd, dir, err);
}

/* Files that the archive lists again later: the recipe keeps what they were. */
static void replaced_keep(struct layer *l, int at, const char *name, const char *base, unsigned depth)
{
	auto_close int fd = openat(at, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct dirent *de;
	struct stat st;
	DIR *d;

	if (fd < 0 || fstat(fd, &st) < 0 || depth > ENTRY_DEPTH_MAX)
		return;
	if (S_ISREG(st.st_mode) && st.st_size)
		recipe_replaced(l->recipe, name, fd, (uint64_t) st.st_size);
	if (!S_ISDIR(st.st_mode) || !(d = fdopendir(fd)))
		return;
	fd = -EBADF; /* the stream's now */
	while ((de = readdir(d))) {
		char sub[ENTRY_NAME_MAX];

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (snprintf(sub, sizeof sub, "%s/%s", name, de->d_name) < (int) sizeof sub)
			replaced_keep(l, dirfd(d), sub, de->d_name, depth + 1);
	}
	closedir(d);
}

int layer_clear(struct layer *l, const char *base, struct err *err)
{
	char name[2 * ENTRY_NAME_MAX];
	struct stat st;
	int rc;

	if (l->recipe) {
		snprintf(name, sizeof name, "%s%s%s", l->parent_name, *l->parent_name ? "/" : "", base);
		replaced_keep(l, l->parent, name, base, 0);
	}
	if (fstatat(l->parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "look at what is there");
	if (!S_ISDIR(st.st_mode))
		return unlinkat(l->parent, base, 0) < 0 ? err_sys(err, errno, "replace what is there") : 0;
	if ((rc = dir_remove(l->parent, base)) < 0)
		return err_sys(err, -rc, "replace the directory that is there");
	return 0;
}

int layer_mkdir(struct layer *l, const char *name, const char *base, mode_t mode, struct err *err)
{
	struct stat st;
	int rc;

	if (mkdirat(l->parent, base, mode & 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "make directory");
	if (fstatat(l->parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "look at what is there");
	if (S_ISDIR(st.st_mode))
		return 0;
	if ((rc = layer_clear(l, base, err)) < 0)
		return rc;
	if (mkdirat(l->parent, base, mode & 0777) < 0)
		return err_sys(err, errno, "make directory");
	return is_whiteout(&st) ? layer_opaque(l, name, err) : 0;
}

static int whiteout_plain(struct layer *l, const char *target, struct err *err)
{
	char mark[ENTRY_NAME_MAX];
	int fd;

	if (snprintf(mark, sizeof mark, ".wh.%s", target) >= (int) sizeof mark)
		return err_sys(err, ENAMETOOLONG, "make whiteout");
	fd = openat(l->parent, mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "make whiteout");
	(void) close(fd);
	return 0;
}

int layer_whiteout(struct layer *l, const char *dir, const char *target, struct err *err)
{
	char name[2 * ENTRY_NAME_MAX];
	struct stat st;

	if (l->plain)
		return whiteout_plain(l, target, err);
	if (mknodat(l->parent, target, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	if (errno == EPERM)
		return err_set(err, ERR_UNSUPPORTED,
			"this file system takes no whiteout (character device 0:0); keep the images on "
			"another, see --root");
	if (errno != EEXIST)
		return err_sys(err, errno, "make whiteout");
	/* Whiteouts are about the lower layers and come first, so what this layer has of that name stays.  A file hides
	 * them anyway; a directory must be told to. */
	if (fstatat(l->parent, target, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "look at what is there");
	if (!S_ISDIR(st.st_mode))
		return 0;
	snprintf(name, sizeof name, "%s%s%s", dir, *dir ? "/" : "", target);
	return layer_opaque(l, name, err);
}

int layer_link(struct layer *l, const char *target, const char *base, struct err *err)
{
	char dir[ENTRY_NAME_MAX];
	auto_close int from = -EBADF;
	const char *tbase;
	struct stat st;
	int rc;

	entry_name_split(target, dir, &tbase);
	from = open_dir(l->root, *dir ? dir : ".");
	if (from < 0 || fstatat(from, tbase, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, ERR_INVALID, "hard link to a file that is not in this layer");
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_INVALID, "hard link to a directory");
	if (linkat(from, tbase, l->parent, base, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "hard link");
	struct stat old;

	if (fstatat(l->parent, base, &old, AT_SYMLINK_NOFOLLOW) == 0 && old.st_ino == st.st_ino &&
		old.st_dev == st.st_dev)
		return 0; /* a link to itself, or a repeated one */
	if ((rc = layer_clear(l, base, err)) < 0)
		return rc;
	return linkat(from, tbase, l->parent, base, 0) < 0 ? err_sys(err, errno, "hard link") : 0;
}

int layer_time_later(struct layer *l, const char *name, struct timespec mtime, struct err *err)
{
	if (l->n_dirs == l->cap_dirs) {
		size_t cap = l->cap_dirs ? l->cap_dirs * 2 : 256;
		struct dir_time *v = reallocarray(l->dirs, cap, sizeof *v);

		if (!v)
			return err_sys(err, ENOMEM, "remember directory times");
		l->dirs = v;
		l->cap_dirs = cap;
	}
	if (!(l->dirs[l->n_dirs].name = strdup(name)))
		return err_sys(err, ENOMEM, "remember directory times");
	l->dirs[l->n_dirs++].mtime = mtime;
	return 0;
}

int layer_times_apply(struct layer *l, struct err *err)
{
	parent_forget(l);
	for (size_t i = 0; i < l->n_dirs; i++) {
		const char *name = l->dirs[i].name;
		auto_close int fd = open_dir(l->root, *name ? name : ".");
		struct timespec ts[2] = { l->dirs[i].mtime, l->dirs[i].mtime };

		if (fd < 0)
			continue; /* a later entry put something else there */
		if (futimens(fd, ts) < 0)
			return err_sys(err, errno, "set the times of '%s'", name);
	}
	return 0;
}
