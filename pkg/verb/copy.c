#include "pkg/verb/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/archive/copy.h"
#include "pkg/container/user.h"
#include "pkg/image/commit.h"
#include "pkg/image/scratch.h"
#include "pkg/pod/inspect.h"
#include "pkg/util/path.h"
#include "pkg/util/proc.h"
#include "pkg/volume/options.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

/* One side, opened. */
struct side {
	struct pod p;  /* of a container */
	int root;      /* O_PATH; -EBADF: this machine */
	char *path;    /* below root, cleaned; or on this machine */
	bool contents; /* "dir/.": what is in it */
	bool must_be_dir;
	uint32_t uid, gid; /* of the container's user */
	bool shifted;      /* owners here are those of the pod's user namespace, seen from outside */
};

static void side_done(struct side *s)
{
	fd_close_p(&s->root);
	pod_done(&s->p);
}
#define auto_side AUTO(side_done)
#define SIDE_NONE                             \
	{                                     \
		.p = POD_NONE, .root = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "copy"); }

/* ---- a container's side ----------------------------------------------------------------------------------------------- */

/* Absolute, without "//", "." and ".."; what a ".." means after a symlink is not asked: the path is as typed. */
static char *path_clean(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t n = 0;

	for (const char *p = path; out && *p;) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			while (n && out[--n] != '/')
				;
		} else if (len && !(len == 1 && p[0] == '.')) {
			out[n++] = '/';
			memcpy(out + n, p, len);
			n += len;
		}
		p += len;
	}
	if (out && !n)
		out[n++] = '/';
	if (out)
		out[n] = '\0';
	return out;
}

static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

static bool in_memory(const struct pod *p, const struct mount_spec *m)
{
	if (m->type == MOUNT_TMPFS)
		return true;
	for (size_t i = 0; m->type == MOUNT_VOLUME && i < p->spec.volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, i);

		if (!strcmp(v->name, m->source))
			return v->memory;
	}
	return false;
}

/* A volume whose files are not in its own directory. */
static bool is_elsewhere(struct engine *e, const struct mount_spec *m)
{
	auto_arena struct arena a = { 0 };
	struct volume_options o = { 0 };
	struct err ignored = { 0 };

	return m->type == MOUNT_NAMED && volume_options_load(e, m->source, &a, &o, &ignored) > 0 &&
	       o.kind != VOLUME_KIND_DIR;
}

/* The source of a mount, as inspect names it. */
static int mount_source(
	struct engine *e, struct pod *p, const char *ctr, const char *dest, const char **ret, struct err *err)
{
	json_t *doc = NULL, *m;
	size_t i;
	int rc = pod_inspect_container(e, p, ctr, &doc, err);

	if (rc < 0)
		return rc;
	*ret = NULL;
	json_array_foreach(json_object_get(doc, "Mounts"), i, m)
	{
		const char *at = json_string_value(json_object_get(m, "Destination"));

		if (at && !strcmp(at, dest))
			*ret = arena_strdup(&p->arena, json_string_value(json_object_get(m, "Source")));
	}
	json_decref(doc);
	return *ret ? 0 : no_memory(err);
}

/* What lies in memory, or is a single file, is seen with the eyes of the container's first process; its mounts are its own,
 * and openat2 lets no link of its lead out of them. */
static int side_process(struct side *s, const struct container_spec *c, const char *dest, struct err *err)
{
	const struct status_container *st = pod_status_of(&s->p, c->id);
	auto_close int pidfd = -EBADF;
	char path[48];

	if (!st || st->pid <= 0 || (pidfd = proc_pidfd((pid_t) st->pid, st->start_time)) < 0)
		return err_set(err, ERR_STATE,
			"%s is there only while the container runs; podctl start %s first", dest, c->name);
	(void) snprintf(path, sizeof path, "/proc/%lld/root", (long long) st->pid);
	if ((s->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the root of container %s", c->name);
	s->shifted = s->p.spec.userns.mode != USERNS_HOST;
	/* still the same process: the root is its own */
	return proc_is_alive((pid_t) st->pid, st->start_time)
		       ? 0
		       : err_set(err, ERR_STATE, "container %s has ended", c->name);
}

/* Where a mount covers the path, its source is what the container sees there. */
static int side_mount(
	struct engine *e, struct side *s, const struct container_spec *c, bool write, struct err *err)
{
	const struct mount_spec *best = NULL;
	const char *source;
	struct stat st;
	size_t n;
	int rc;

	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);

		if (below(s->path, m->dest) && (!best || strlen(m->dest) > strlen(best->dest)))
			best = m;
	}
	if (!best)
		return 0;
	if (write && best->read_only)
		return err_set(err, ERR_DENIED, "%s is mounted read-only", best->dest);
	if (in_memory(&s->p, best) || best->overlay || is_elsewhere(e, best))
		return side_process(s, c, best->dest, err);
	if ((rc = mount_source(e, &s->p, c->id, best->dest, &source, err)) < 0)
		return rc;
	n = strlen(best->dest);
	if ((s->root = open(source, O_PATH | O_CLOEXEC)) < 0 || fstat(s->root, &st) < 0)
		return err_sys(err, errno, "open '%s'", source);
	if (!S_ISDIR(st.st_mode)) {
		fd_close_p(&s->root);
		return side_process(s, c, best->dest, err);
	}
	return (s->path = arena_strdup(&s->p.arena, s->path[n] ? s->path + n : "/")) ? 0 : no_memory(err);
}

static int side_user(struct side *s, const struct container_spec *c, int root, struct err *err)
{
	struct layers l = { .fd = { root }, .n = 1 };
	struct user u = { 0 };
	int rc = user_lookup(&l, c->user, &c->groups, c->user_groups, &u, err);

	s->uid = u.uid;
	s->gid = u.gid;
	return rc;
}

static int side_container(
	struct engine *e, const struct copy_end *end, bool write, struct side *s, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct target t = { 0 };
	auto_close int root = -EBADF;
	size_t i;
	int rc;

	if ((rc = verb_container_of(e, end->container, NULL, &a, &t, err)) < 0 ||
		(rc = pod_load(e, t.pod, false, &s->p, err)) < 0)
		return rc;
	i = pod_index(&s->p, t.id);
	/* nobody is to start it while its writable layer is mounted here */
	if (write && i < s->p.n && !ctr_is_running(&s->p, i)) {
		pod_done(&s->p);
		s->p = (struct pod) POD_NONE;
		if ((rc = pod_load_settled(e, t.pod, &s->p, err)) < 0)
			return rc;
		i = pod_index(&s->p, t.id);
	}
	if (i == s->p.n)
		return err_set(
			err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", end->container);
	if (!(s->path = path_clean(&s->p.arena, end->path)))
		return no_memory(err);
	if ((rc = pod_rootfs_open(e, &s->p, &s->p.ctr[i], write, &root, err)) < 0 ||
		(rc = side_user(s, &s->p.ctr[i], root, err)) < 0 ||
		(rc = side_mount(e, s, &s->p.ctr[i], write, err)) < 0)
		return rc;
	if (s->root < 0) {
		s->root = fd_steal(&root);
		s->shifted = write && ctr_is_running(&s->p, i) && s->p.spec.userns.mode != USERNS_HOST;
	}
	return 0;
}

static int side_open(
	struct engine *e, const struct copy_end *end, bool write, struct side *s, struct err *err)
{
	size_t n = strlen(end->path);

	s->contents = (n >= 2 && !strcmp(end->path + n - 2, "/.")) || !strcmp(end->path, ".");
	s->must_be_dir = n && end->path[n - 1] == '/';
	if (end->container)
		return side_container(e, end, write, s, err);
	return (s->path = arena_strdup(&s->p.arena, end->path)) ? 0 : no_memory(err);
}

static int side_at(const struct side *s, const char *path, int flags)
{
	int fd;

	if (s->root >= 0)
		return path_open(s->root, path, PATH_IN_ROOTFS, flags, 0);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Files are made in the pod's user namespace as its root. */
static void side_begin(const struct side *d, struct copy_opts *o)
{
	const struct userns_spec *u = &d->p.spec.userns;

	o->uid = d->uid; /* 0 on this machine: whoever runs podctl */
	o->gid = d->gid;
	if (!d->shifted || !u->uids.n || !u->gids.n)
		return;
	o->uids = &u->uids;
	o->gids = &u->gids;
	ids_become(
		LIST_AT(u->uids, struct id_range, 0)->outside, LIST_AT(u->gids, struct id_range, 0)->outside);
}

static void side_end(const struct side *d)
{
	if (d->shifted)
		ids_become(0, 0);
}

/* ---- the copy ----------------------------------------------------------------------------------------------------------- */

/* Last component of a path, in a; "" of "/". */
static char *base_of(struct arena *a, const char *path)
{
	size_t n = strlen(path), start;

	while (n && path[n - 1] == '/')
		n--;
	for (start = n; start && path[start - 1] != '/'; start--)
		;
	return arena_strndup(a, path + start, n - start);
}

static char *parent_of(struct arena *a, const char *path)
{
	size_t n = strlen(path);

	while (n && path[n - 1] == '/')
		n--;
	while (n && path[n - 1] != '/')
		n--;
	return n ? arena_strndup(a, path, n) : arena_strdup(a, path[0] == '/' ? "/" : ".");
}

/* Into a directory that is there: what the source is called, or, for "dir/.", what is in it. */
static int copy_into(struct side *s, int src, bool dir, int to, const struct copy_opts *o, struct err *err)
{
	char *base = base_of(&s->p.arena, s->path);

	if (!base)
		return no_memory(err);
	if (dir && (s->contents || !*base || !strcmp(base, ".") || !strcmp(base, "..")))
		return copy_tree(src, to, o, err);
	return copy_opened(src, to, base, o, err);
}

static int copy_sides(struct side *s, struct side *d, const struct copy_opts *o, struct err *err)
{
	auto_close int src = side_at(s, s->path, O_PATH), to = -EBADF, parent = -EBADF;
	char *base;
	struct stat st;
	bool dir;

	if (src < 0 || fstat(src, &st) < 0)
		return err_sys(err, src < 0 ? -src : errno, "\"%s\" could not be found", s->path);
	dir = S_ISDIR(st.st_mode);
	if (s->must_be_dir && !dir)
		return err_set(err, ERR_INVALID, "\"%s\" is not a directory", s->path);
	to = side_at(d, d->path, O_PATH | O_DIRECTORY);
	if (to >= 0)
		return copy_into(s, src, dir, to, o, err);
	if (to != -ENOENT && to != -ENOTDIR)
		return err_sys(err, -to, "open '%s'", d->path);
	if (to == -ENOTDIR && dir && !o->overwrite)
		return err_set(err, ERR_STATE, "destination \"%s\" is not a directory", d->path);
	if (d->must_be_dir && !dir)
		return err_set(err, ERR_NOT_FOUND, "destination \"%s\" is not a directory", d->path);
	if (!(base = base_of(&d->p.arena, d->path)))
		return no_memory(err);
	parent = side_at(d, parent_of(&d->p.arena, d->path), O_PATH | O_DIRECTORY);
	if (parent < 0)
		return err_sys(err, -parent, "open the directory of '%s'", d->path);
	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return err_set(err, ERR_INVALID, "destination \"%s\" has no name", d->path);
	return copy_opened(src, parent, base, o, err);
}

int verb_copy(struct engine *e, const struct copy_end *from, const struct copy_end *to,
	const struct copy_how *how, struct err *err)
{
	auto_side struct side s = SIDE_NONE, d = SIDE_NONE;
	struct copy_opts o = { .chown = !how->keep_owner, .overwrite = how->overwrite };
	int rc;

	if ((rc = side_open(e, from, false, &s, err)) < 0 || (rc = side_open(e, to, true, &d, err)) < 0)
		return rc;
	side_begin(&d, &o);
	rc = copy_sides(&s, &d, &o, err);
	side_end(&d);
	return rc;
}

/* ---- tar streams ------------------------------------------------------------------------------------------------------ */

int verb_copy_to_tar(struct engine *e, const struct copy_end *from, int out, struct err *err)
{
	auto_scratch struct scratch s = SCRATCH_NONE;
	int rc;

	if ((rc = scratch_make(e, &s, err)) < 0 ||
		(rc = verb_copy(e, from, &(struct copy_end){ .path = s.path },
			 &(struct copy_how){ .keep_owner = true }, err)) < 0)
		return rc;
	return image_export_tree(e, s.dir, out, err);
}

int verb_copy_from_tar(
	struct engine *e, int in, const struct copy_end *to, const struct copy_how *how, struct err *err)
{
	auto_scratch struct scratch s = SCRATCH_NONE;
	auto_side struct side d = SIDE_NONE;
	auto_close int dir = -EBADF;
	struct copy_opts o = { .chown = !how->keep_owner, .overwrite = how->overwrite };
	int rc;

	/* the archive is not read for nothing */
	if ((rc = side_open(e, to, true, &d, err)) < 0)
		return rc;
	if ((dir = side_at(&d, d.path, O_PATH | O_DIRECTORY)) < 0)
		return err_set(err, ERR_INVALID,
			"destination \"%s\" must be a directory when copying from stdin", to->path);
	if ((rc = scratch_make(e, &s, err)) < 0 || (rc = scratch_unpack(e, &s, in, err)) < 0)
		return rc;
	side_begin(&d, &o);
	rc = copy_tree(s.dir, dir, &o, err);
	side_end(&d);
	return rc;
}
