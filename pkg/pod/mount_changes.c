/*
 * What -v changes before a mount is made: :U gives what is there to the container's user, :O puts an overlay over it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "mounts"); }

static int mount_user(struct start *s, const struct container_spec *c, struct user *ret, struct err *err)
{
	auto_layers struct layers layers = { .n = 0 };
	struct strs dirs = { 0 };
	int rc;

	if ((rc = bundle_layers(s->e, s->p, c, &s->p->arena, &dirs, err)) < 0 ||
		(rc = layers_open(&dirs, &layers, err)) < 0)
		return rc;
	return user_lookup(&layers, c->user, &c->groups, c->user_groups, ret, err);
}

#define CHOWN_DEPTH_MAX 256

/* What another process moves about meanwhile is left; no link is followed. */
static int chown_tree(int at, const char *name, uid_t uid, gid_t gid, unsigned depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		rc = fd < 0 && errno == ENOENT ? 0 : -errno;
		fd_close_p(&fd);
		return rc;
	}
	if (fchown(dirfd(d), uid, gid) < 0)
		rc = -errno;
	while (rc == 0 && (de = readdir(d))) {
		struct stat st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
			fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			rc = depth < CHOWN_DEPTH_MAX ? chown_tree(dirfd(d), de->d_name, uid, gid, depth + 1)
						     : -ELOOP;
		else if (fchownat(dirfd(d), de->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			rc = -errno;
	}
	(void) closedir(d);
	return rc;
}

/* :U */
int pod_mount_give(struct start *s, const struct container_spec *c, const struct oci_bind *b, struct err *err)
{
	const char *path = b->source;
	struct user u = { 0 };
	struct stat st;
	int rc;

	if ((rc = mount_user(s, c, &u, err)) < 0)
		return rc;
	if (!b->idmap && (rc = pod_userns_user(s->p, &u, &u.uid, &u.gid, err)) < 0)
		return rc;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "look at '%s'", path);
	if (!S_ISDIR(st.st_mode))
		rc = lchown(path, u.uid, u.gid) < 0 ? -errno : 0;
	else
		rc = chown_tree(AT_FDCWD, path, u.uid, u.gid, 0);
	return rc < 0 ? err_sys(err, -rc, "give '%s' to user %u of the container", path, u.uid) : 0;
}

/* :O without directories of the user's: new ones beside the container's layer at each start. */
static int overlay_dirs(struct start *s, const struct container_spec *c, size_t i, const char **upper,
	const char **work, struct err *err)
{
	auto_close int dir = -EBADF, made = -EBADF;
	char path[PATH_TEXT], name[32];
	int rc;

	(void) snprintf(path, sizeof path, "containers/%s", c->id);
	(void) snprintf(name, sizeof name, "overlay-%zu", i);
	if ((dir = dir_make(s->p->data_fd, path, 0711)) < 0)
		return err_sys(err, -dir, "make '%s' of the pod", path);
	if ((rc = dir_remove(dir, name)) < 0 || mkdirat(dir, name, 0700) < 0 ||
		(made = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
		mkdirat(made, "upper", 0755) < 0 || mkdirat(made, "work", 0700) < 0)
		return err_sys(err, rc < 0 ? -rc : errno, "make '%s/%s' of the pod", path, name);
	*upper = arena_printf(
		&s->p->arena, "%s/%s/%s/upper", s->e->root, path_ctr_data(path, s->p->row.id, c->id), name);
	*work = arena_printf(
		&s->p->arena, "%s/%s/%s/work", s->e->root, path_ctr_data(path, s->p->row.id, c->id), name);
	return *upper && *work ? 0 : no_memory(err);
}

int pod_mount_overlay(
	struct start *s, const struct container_spec *c, size_t i, struct oci_bind *b, struct err *err)
{
	const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
	const char *upper = m->upper, *work = m->work;
	struct arena *a = &s->p->arena;
	struct strs *options = arena_alloc(a, sizeof *options);
	struct stat st;
	int rc;

	if (!options)
		return no_memory(err);
	if (s->e->vfs)
		return err_set(err, ERR_UNSUPPORTED,
			"option O of '%s' is not done with the storage driver vfs", b->source);
	if (stat(b->source, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_INVALID, "option O: '%s' is not a directory", b->source);
	if ((!upper || !*upper) && (rc = overlay_dirs(s, c, i, &upper, &work, err)) < 0)
		return rc;
	/* the upper directory's own mode and owner are what the container sees of the top */
	if (chmod(upper, st.st_mode & 07777) < 0 ||
		(lchown(upper, st.st_uid, st.st_gid) < 0 && errno != EPERM))
		return err_sys(err, errno, "open '%s'", upper);
	if (strs_addf(options, a, "lowerdir=%s", b->source) < 0 ||
		strs_addf(options, a, "upperdir=%s", upper) < 0 ||
		strs_addf(options, a, "workdir=%s", work) < 0 ||
		(s->e->in_userns && strs_add(options, a, "userxattr") < 0))
		return no_memory(err);
	b->overlay = true;
	b->options = options;
	return 0;
}

/* --mount type=image.  Read-only and of one layer it is that directory. */
int pod_mount_image(
	struct start *s, const struct container_spec *c, size_t i, struct oci_bind *b, struct err *err)
{
	const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
	struct arena *a = &s->p->arena;
	struct strs *options = arena_alloc(a, sizeof *options), lowers = { 0 };
	auto_buf struct buf text = BUF_INIT(3 * KiB);
	const char *upper = NULL, *work = NULL;
	struct image_row img;
	int rc;

	if (!options)
		return no_memory(err);
	if ((rc = store_image_get(s->e->store, m->source, a, &img, err)) < 0 ||
		(rc = image_lowers(s->e, &img, a, &lowers, err)) < 0)
		return err_wrap(err, "image '%.12s'", m->source);
	if (m->read_only && lowers.n == 1) {
		b->source = lowers.v[0];
		b->named = true;
		return 0;
	}
	if (s->e->vfs)
		return err_set(err, ERR_UNSUPPORTED,
			"--mount type=image with rw is not done with the storage driver vfs");
	(void) buf_puts(&text, "lowerdir=");
	for (size_t k = 0; k < lowers.n; k++) {
		if (strpbrk(lowers.v[k], ":,\\"))
			return err_set(err, ERR_INVALID, "overlay cannot be told of '%s'", lowers.v[k]);
		(void) buf_printf(&text, "%s%s", k ? ":" : "", lowers.v[k]);
	}
	if (buf_failed(&text))
		return err_set(err, ERR_UNSUPPORTED, "the image has more layers than such a mount can have");
	if (strs_addf(options, a, "%s", text.data) < 0 ||
		(s->e->in_userns && strs_add(options, a, "userxattr") < 0))
		return no_memory(err);
	if (!m->read_only) {
		if ((rc = overlay_dirs(s, c, i, &upper, &work, err)) < 0)
			return rc;
		if (strs_addf(options, a, "upperdir=%s", upper) < 0 ||
			strs_addf(options, a, "workdir=%s", work) < 0)
			return no_memory(err);
	}
	b->overlay = true;
	b->options = options;
	return 0;
}
