/*
 * Volumes of a pod: made below the pod's own directories, so that pods never share or collide, and the sources of each
 * container's mounts.  configMap and secret files are written anew at each start; a secret's are in the run directory, which
 * is memory.  A sub_path is opened inside its volume, whose content is hostile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/container/user.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/volume/volume.h"

#define FILE_MODE 0644
#define FILE_MAX (4 * MiB) /* one key; the API server refuses ConfigMaps past 1 MiB */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "volumes"); }

/* An O_PATH descriptor has no fchmod of its own; the umask must not decide what a container may do. */
static int fd_chmod(int fd, mode_t mode)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* ---- where a volume is ---------------------------------------------------------------------------------------------- */

static const char *volume_dir(struct start *s, const struct volume_spec *v)
{
	struct arena *a = &s->p->arena;
	char path[PATH_TEXT];

	switch ((enum volume_type) v->type) {
	case VOLUME_EMPTY_DIR:
		if (v->memory)
			return arena_printf(a, "%s/%s", s->e->runroot,
				path_volume(path, s->p->row.id, "empty-dir", v->name));
		return arena_printf(
			a, "%s/%s", s->e->root, path_volume(path, s->p->row.id, "empty-dir", v->name));
	case VOLUME_CONFIG_MAP:
		return arena_printf(
			a, "%s/%s", s->e->root, path_volume(path, s->p->row.id, "config-map", v->name));
	case VOLUME_SECRET:
		return arena_printf(
			a, "%s/%s", s->e->runroot, path_volume(path, s->p->row.id, "secret", v->name));
	case VOLUME_NAMED:
		return arena_printf(a, "%s/volumes/%s", s->e->root, v->path);
	case VOLUME_HOST_PATH:
		return v->path;
	}
	return NULL;
}

static struct volume_spec *volume_of(const struct pod *p, const char *name)
{
	for (size_t i = 0; i < p->spec.volumes.n; i++) {
		struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, i);

		if (strcmp(v->name, name) == 0)
			return v;
	}
	return NULL;
}

/* ---- files ----------------------------------------------------------------------------------------------------------- */

/* Opens the directory a file goes into, making what is missing; *ret_name is its last component. */
static int file_dir(int dir, const char *path, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_TEXT];
	int fd;

	if (path[0] == '/' || !*path || strlen(path) >= sizeof parent || strcmp(path, "..") == 0 ||
		strncmp(path, "../", 3) == 0 || strstr(path, "/../") || (slash && strcmp(slash, "/..") == 0))
		return err_set(err, ERR_INVALID, "file '%s': must be a relative path without '..'", path);
	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name)
		return err_set(err, ERR_INVALID, "file '%s': has no name", path);
	snprintf(parent, sizeof parent, "%.*s", slash ? (int) (slash - path) : 1, slash ? path : ".");
	fd = slash ? dir_make(dir, parent, 0755) : fcntl(dir, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? err_sys(err, slash ? -fd : errno, "make '%s'", parent) : fd;
}

static int write_file(int dir, const struct file_spec *f, struct err *err)
{
	const char *name = NULL, *data = f->data ? f->data : "";
	auto_close int in = file_dir(dir, f->path, &name, err), fd = -EBADF;
	auto_free char *raw = NULL;
	size_t n = strlen(data);
	mode_t mode = f->mode ? f->mode & 0777 : FILE_MODE;
	int rc;

	if (in < 0)
		return in;
	if (f->base64 && !(data = raw = base64_decode(data, &n)))
		return err_set(err, ERR_INVALID, "file '%s': not base64", f->path);
	if (n > FILE_MAX)
		return err_set(err, ERR_INVALID, "file '%s': larger than %lu bytes", f->path, FILE_MAX);
	if ((rc = file_replace(in, name, data, n, 0600, false)) < 0)
		return err_sys(err, -rc, "write '%s'", f->path);
	if ((fd = path_open(in, name, PATH_IN_STATE, O_PATH, 0)) < 0 || (rc = fd_chmod(fd, mode)) < 0)
		return err_sys(err, fd < 0 ? -fd : -rc, "set mode of '%s'", f->path);
	return 0;
}

/* Keys that are gone must not stay: the directory is made anew.  Nobody has it mounted, the pod is not running. */
static int write_files(struct start *s, const struct volume_spec *v, struct err *err)
{
	bool secret = v->type == VOLUME_SECRET;
	int base = secret ? s->p->run_fd : s->p->data_fd, rc;
	auto_close int dir = -EBADF, types = -EBADF;

	if ((types = dir_make(base, secret ? "volumes/secret" : "volumes/config-map", 0711)) < 0)
		return err_sys(err, -types, "make directory");
	if ((rc = dir_remove(types, v->name)) < 0)
		return err_sys(err, -rc, "empty directory");
	if ((dir = dir_make(types, v->name, 0755)) < 0 || (rc = fd_chmod(dir, 0755)) < 0)
		return err_sys(err, dir < 0 ? -dir : -rc, "make directory");
	for (size_t i = 0; i < v->files.n; i++)
		if ((rc = write_file(dir, LIST_AT(v->files, struct file_spec, i), err)) < 0)
			return rc;
	return 0;
}

/* ---- the kinds -------------------------------------------------------------------------------------------------------- */

static int make_empty_dir(struct start *s, const struct volume_spec *v, struct err *err)
{
	auto_close int dir = -EBADF;
	char path[PATH_TEXT];
	int rc;

	snprintf(path, sizeof path, "volumes/empty-dir/%s", v->name);
	if ((dir = dir_make(v->memory ? s->p->run_fd : s->p->data_fd, path, 0777)) < 0)
		return err_sys(err, -dir, "make directory");
	if ((rc = fd_chmod(dir, 0777)) < 0)
		return err_sys(err, -rc, "set mode of directory");
	return 0;
}

static const struct host_type {
	const char *name, *what;
	mode_t type;
	bool create;
} host_types[] = {
	{ "", "", 0, false },
	{ "Directory", "a directory", S_IFDIR, false },
	{ "DirectoryOrCreate", "a directory", S_IFDIR, true },
	{ "File", "a file", S_IFREG, false },
	{ "FileOrCreate", "a file", S_IFREG, true },
	{ "Socket", "a socket", S_IFSOCK, false },
	{ "CharDevice", "a character device", S_IFCHR, false },
	{ "BlockDevice", "a block device", S_IFBLK, false },
};

static int host_create(const char *path, mode_t type, struct err *err)
{
	auto_close int fd = -EBADF;

	if (type == S_IFDIR) {
		if ((fd = dir_make(AT_FDCWD, path, 0755)) < 0)
			return err_sys(err, -fd, "make directory '%s' of the host", path);
		return 0;
	}
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644)) < 0)
		return err_sys(err, errno, "make file '%s' of the host", path);
	return 0;
}

static int check_host_path(const struct volume_spec *v, struct err *err)
{
	const char *name = v->path_type ? v->path_type : "";
	const struct host_type *t = NULL;
	struct stat st;
	int rc;

	for (size_t i = 0; i < LEN(host_types); i++)
		if (strcmp(host_types[i].name, name) == 0)
			t = &host_types[i];
	if (!t)
		return err_set(err, ERR_INVALID, "hostPath type '%s' is unknown", name);
	if (!v->path || v->path[0] != '/')
		return err_set(
			err, ERR_INVALID, "hostPath '%s': must be an absolute path", v->path ? v->path : "");
	if (stat(v->path, &st) < 0) {
		if (errno != ENOENT || !t->create)
			return err_sys(err, errno, "hostPath '%s'%s", v->path,
				errno == ENOENT && t->type != S_IFSOCK
					? " (type: DirectoryOrCreate or FileOrCreate makes it)"
					: "");
		if ((rc = host_create(v->path, t->type, err)) < 0)
			return rc;
		if (stat(v->path, &st) < 0)
			return err_sys(err, errno, "hostPath '%s'", v->path);
	}
	if (t->type && (st.st_mode & S_IFMT) != t->type)
		return err_set(err, ERR_INVALID, "hostPath '%s' is not %s", v->path, t->what);
	return 0;
}

static int add_tmpfs(struct start *s, const char *target, const char *options, struct err *err)
{
	struct list *l = &s->plan.mounts;
	struct plan_mount *m = arena_array(&s->p->arena, l->n + 1, sizeof *m);

	if (!m || !target || !options)
		return no_memory(err);
	if (l->n)
		memcpy(m, l->v, l->n * sizeof *m);
	m[l->n] = (struct plan_mount){ .type = (char *) "tmpfs",
		.source = (char *) "tmpfs",
		.target = (char *) (uintptr_t) target,
		.options = (char *) (uintptr_t) options };
	*l = (struct list){ .v = m, .n = l->n + 1 };
	return 0;
}

static int make_volume(struct start *s, const struct volume_spec *v, struct err *err)
{
	int rc;

	switch ((enum volume_type) v->type) {
	case VOLUME_EMPTY_DIR:
		if ((rc = make_empty_dir(s, v, err)) < 0 || !v->memory)
			return rc;
		return add_tmpfs(s, volume_dir(s, v),
			v->size_limit ? arena_printf(&s->p->arena, "mode=1777,size=%llu",
						(unsigned long long) v->size_limit)
				      : "mode=1777",
			err);
	case VOLUME_CONFIG_MAP:
	case VOLUME_SECRET:
		return write_files(s, v, err);
	case VOLUME_NAMED:
		return volume_ensure(s->e, v->path, false, err);
	case VOLUME_HOST_PATH:
		return check_host_path(v, err);
	}
	return 0;
}

/* One /dev/shm for all who share the ipc namespace: System V and POSIX memory go together. */
static int make_shm(struct start *s, struct err *err)
{
	uint64_t size = (uint64_t) s->e->config.shm_size;

	if (!s->make_ipc)
		return 0;
	for (size_t i = 0; i < s->p->n; i++)
		if (s->p->ctr[i].shm_size > size)
			size = s->p->ctr[i].shm_size;
	if (mkdirat(s->p->run_fd, "shm", 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make 'shm' of the pod");
	return add_tmpfs(s, arena_printf(&s->p->arena, "%s/pods/%s/shm", s->e->runroot, s->p->row.id),
		arena_printf(&s->p->arena, "mode=1777,noexec,size=%llu", (unsigned long long) size), err);
}

int pod_volumes_make(struct start *s, struct err *err)
{
	int rc;

	for (size_t i = 0; i < s->p->spec.volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(s->p->spec.volumes, struct volume_spec, i);

		if ((rc = make_volume(s, v, err)) < 0)
			return err_wrap(err, "volume '%s'", v->name);
	}
	return make_shm(s, err);
}

/* ---- mounts of a container -------------------------------------------------------------------------------------------- */

/* A path below a volume, as the container that owns the volume would see it: no link leads out.  It is made, as a
 * directory, when nothing is there. */
static int sub_path_open(const char *volume, const char *sub, struct err *err)
{
	auto_close int dir = open(volume, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char part[PATH_TEXT];
	int fd;

	if (dir < 0)
		return err_sys(err, errno, "open '%s'", volume);
	if (strlen(sub) >= sizeof part)
		return err_set(err, ERR_INVALID, "subPath '%.60s...' is too long", sub);
	for (size_t n = strcspn(sub, "/");; n += strcspn(sub + n, "/")) {
		snprintf(part, sizeof part, "%.*s", (int) n, sub);
		if (*part && (fd = path_open(dir, part, PATH_IN_ROOTFS, O_PATH, 0)) == -ENOENT) {
			char *slash = strrchr(part, '/');
			auto_close int parent = -EBADF;

			if (slash)
				*slash = '\0';
			parent = path_open(dir, slash ? part : ".", PATH_IN_ROOTFS, O_PATH | O_DIRECTORY, 0);
			if (parent < 0 || mkdirat(parent, slash ? slash + 1 : part, 0755) < 0)
				return err_sys(err, parent < 0 ? -parent : errno, "make subPath '%s'", sub);
		} else if (*part && fd >= 0) {
			close(fd);
		} else if (*part) {
			return err_sys(err, -fd, "open subPath '%s'", sub);
		}
		n += strspn(sub + n, "/");
		if (!sub[n])
			break;
	}
	if ((fd = path_open(dir, sub, PATH_IN_ROOTFS, O_PATH, 0)) < 0)
		return err_sys(err, -fd, "open subPath '%s'", sub);
	return fd;
}

static int sub_path(struct start *s, const char *volume, const char *sub, const char **ret, struct err *err)
{
	auto_close int fd = -EBADF;
	char self[40], real[4096];
	ssize_t n;

	if (sub[0] == '/' || strcmp(sub, "..") == 0 || strncmp(sub, "../", 3) == 0 || strstr(sub, "/../") ||
		(strlen(sub) > 3 && strcmp(sub + strlen(sub) - 3, "/..") == 0))
		return err_set(err, ERR_INVALID, "subPath '%s': must be a relative path without '..'", sub);
	if ((fd = sub_path_open(volume, sub, err)) < 0)
		return fd;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if ((n = readlink(self, real, sizeof real - 1)) < 0)
		return err_sys(err, errno, "look at subPath '%s'", sub);
	real[n] = '\0';
	return (*ret = arena_strdup(&s->p->arena, real)) ? 0 : no_memory(err);
}

/* A volume nothing has mounted yet gets what the image has in its place. */
static int named_fill(
	struct start *s, const struct container_spec *c, const struct mount_spec *m, struct err *err)
{
	auto_close int root = -EBADF, dir = -EBADF;
	auto_layers struct layers layers = { .n = 0 };
	struct strs dirs = { 0 };
	struct user user = { 0 };
	int rc;

	if (m->no_copy || !volume_is_fresh(s->e, m->source))
		return 0;
	if ((rc = pod_image_open(s->e, s->p, c, &root, err)) < 0 ||
		(rc = bundle_layers(s->e, s->p, c, &s->p->arena, &dirs, err)) < 0 ||
		(rc = layers_open(&dirs, &layers, err)) < 0 ||
		(rc = user_lookup(&layers, c->user, &c->groups, &user, err)) < 0)
		return rc;
	dir = path_open(root, m->dest, PATH_IN_ROOTFS, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 && dir != -ENOENT && dir != -ENOTDIR)
		return err_sys(err, -dir, "open '%s' of the image", m->dest);
	return volume_fill(s->e, m->source, dir, user.uid, user.gid, err);
}

static int named_source(struct start *s, const struct container_spec *c, const struct mount_spec *m,
	struct oci_bind *b, struct err *err)
{
	int rc;

	if ((rc = volume_ensure(s->e, m->source, m->anonymous, err)) < 0 ||
		(rc = named_fill(s, c, m, err)) < 0)
		return rc;
	b->source = volume_path(s->e, m->source, &s->p->arena);
	return b->source ? 0 : no_memory(err);
}

static int mount_source(struct start *s, const struct container_spec *c, const struct mount_spec *m,
	struct oci_bind *b, struct err *err)
{
	const struct volume_spec *v;
	struct stat st;

	if (m->type == MOUNT_TMPFS) {
		b->tmpfs = true;
		b->source = "";
		return 0;
	}
	if (m->type == MOUNT_NAMED)
		return named_source(s, c, m, b, err);
	if (m->type == MOUNT_BIND) {
		b->source = m->source;
		if (stat(m->source, &st) < 0)
			return err_sys(err, errno, "host path '%s'", m->source);
		return 0;
	}
	if (!(v = volume_of(s->p, m->source)))
		return err_set(err, ERR_INVALID, "there is no volume '%s'", m->source);
	if (!(b->source = volume_dir(s, v)))
		return no_memory(err);
	b->read_only = b->read_only || v->type == VOLUME_CONFIG_MAP || v->type == VOLUME_SECRET;
	if (!m->sub_path || !*m->sub_path)
		return 0;
	if (v->type == VOLUME_EMPTY_DIR && v->memory)
		return err_set(err, ERR_UNSUPPORTED, "subPath of an emptyDir in memory is not supported yet");
	return sub_path(s, b->source, m->sub_path, &b->source, err);
}

int pod_mounts(struct start *s, const struct container_spec *c, struct oci_bind **ret, size_t *ret_n,
	struct err *err)
{
	struct oci_bind *b = arena_array(&s->p->arena, c->mounts.n + 1, sizeof *b);
	int rc;

	if (!b)
		return no_memory(err);
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);

		b[i] = (struct oci_bind){
			.dest = m->dest, .read_only = m->read_only, .options = &m->options
		};
		if ((rc = mount_source(s, c, m, &b[i], err)) < 0)
			return err_wrap(err, "mount '%s'", m->dest);
	}
	*ret = b;
	*ret_n = c->mounts.n;
	return 0;
}
