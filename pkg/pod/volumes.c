/*
 * Volumes of a pod: made below the pod's own directories, so that pods never share or collide, and the sources of each
 * container's mounts.  Files of configMap, secret and projected volumes are files.c's.  A sub_path is the monitor's to open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/container/user.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/volume/options.h"
#include "pkg/volume/volume.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "volumes"); }

/* ---- where a volume is ---------------------------------------------------------------------------------------------- */

static bool in_memory(const struct volume_spec *v) { return v->memory || (v->path && *v->path); }

/* A claim's volume is a directory of its own, one of the host, or memory of the pod's. */
static const char *claim_dir(struct start *s, const struct volume_spec *v)
{
	struct volume_options o = { 0 };
	struct err ignored = { 0 };
	char path[PATH_TEXT];

	(void) volume_options_load(
		s->e, v->path, &s->p->arena, &o, &ignored); /* make_named has reported it */
	switch (o.kind) {
	case VOLUME_KIND_BIND:
		return o.device;
	case VOLUME_KIND_TMPFS:
		return arena_printf(&s->p->arena, "%s/%s", s->e->runroot,
			path_volume(path, s->p->row.id, "named", v->path));
	case VOLUME_KIND_DIR:
		break;
	}
	return volume_path(s->e, v->path, &s->p->arena);
}

static const char *volume_dir(struct start *s, const struct volume_spec *v)
{
	struct arena *a = &s->p->arena;
	char path[PATH_TEXT];

	switch ((enum volume_type) v->type) {
	case VOLUME_EMPTY_DIR:
		if (in_memory(v))
			return arena_printf(a, "%s/%s", s->e->runroot,
				path_volume(path, s->p->row.id, "empty-dir", v->name));
		return arena_printf(
			a, "%s/%s", s->e->root, path_volume(path, s->p->row.id, "empty-dir", v->name));
	case VOLUME_CONFIG_MAP:
	case VOLUME_SECRET:
	case VOLUME_PROJECTED:
		return pod_files_dir(s->e, s->p, v, a);
	case VOLUME_IMAGE:
		return arena_printf(
			a, "%s/%s", s->e->runroot, path_volume(path, s->p->row.id, "image", v->name));
	case VOLUME_NFS:
		return arena_printf(
			a, "%s/%s", s->e->runroot, path_volume(path, s->p->row.id, "nfs", v->name));
	case VOLUME_NAMED:
		return claim_dir(s, v);
	case VOLUME_HOST_PATH:
		return v->path;
	}
	return NULL;
}

int pod_disks(struct start *s, struct list *ret, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	struct plan_disk *d;
	bool any = false;

	for (size_t i = 0; i < s->p->n; i++)
		any = any || s->p->ctr[i].resources.storage;
	for (size_t i = 0; i < spec->volumes.n; i++)
		any = any || LIST_AT(spec->volumes, const struct volume_spec, i)->size_limit;
	if (!any || !spec->kube)
		return 0;
	if (!(d = arena_array(&s->p->arena, spec->volumes.n + 1, sizeof *d)))
		return no_memory(err);
	ret->v = d;
	for (size_t i = 0; i < spec->volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(spec->volumes, const struct volume_spec, i);

		if (v->type != VOLUME_EMPTY_DIR || in_memory(v))
			continue;
		d[ret->n] = (struct plan_disk){ .volume = v->name,
			.path = (char *) (uintptr_t) volume_dir(s, v),
			.limit = v->size_limit };
		if (!d[ret->n++].path)
			return no_memory(err);
	}
	return 0;
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

/* ---- the kinds -------------------------------------------------------------------------------------------------------- */

static int add_mount_of(struct start *s, const char *type, const char *source, const char *target,
	const char *options, struct err *err)
{
	struct list *l = &s->plan.mounts;
	struct plan_mount *m = arena_array(&s->p->arena, l->n + 1, sizeof *m);

	if (!m || !target || !options)
		return no_memory(err);
	if (l->n)
		memcpy(m, l->v, l->n * sizeof *m);
	m[l->n] = (struct plan_mount){ .type = (char *) (uintptr_t) type,
		.source = (char *) (uintptr_t) source,
		.target = (char *) (uintptr_t) target,
		.options = (char *) (uintptr_t) options };
	*l = (struct list){ .v = m, .n = l->n + 1 };
	return 0;
}

static int add_mount(
	struct start *s, const char *type, const char *target, const char *options, struct err *err)
{
	return add_mount_of(s, type, type, target, options, err);
}

/* Memory of a pod with a user namespace is its root's. */
static void owner_options(struct start *s, char text[48])
{
	const struct opt_i64 *group = &s->p->spec.fs_group;
	uint32_t uid, gid;

	pod_userns_root(s->p, &uid, &gid);
	if (group->set)
		(void) ids_outside(&s->p->spec.userns.gids, (uint32_t) group->v, &gid);
	snprintf(text, 48, ",uid=%u,gid=%u", uid, gid);
}

/* Huge pages of a size: "2Mi" is the kernel's "2M". */
static const char *huge_options(struct start *s, const struct volume_spec *v, mode_t mode)
{
	size_t n = strlen(v->path);
	char size[32] = "";

	if (strcmp(v->path, "default") != 0)
		snprintf(size, sizeof size, ",pagesize=%.*s", (int) (n && v->path[n - 1] == 'i' ? n - 1 : n),
			v->path);
	return arena_printf(&s->p->arena, "mode=%o%s", mode, size);
}

static const char *memory_options(struct start *s, const struct volume_spec *v, mode_t mode)
{
	const struct opt_i64 *gid = &s->p->spec.fs_group;
	char group[48] = "", size[40] = "";

	if (pod_has_userns(&s->p->spec))
		owner_options(s, group);
	else if (gid->set)
		snprintf(group, sizeof group, ",gid=%lld", (long long) gid->v);
	if (v->size_limit)
		snprintf(size, sizeof size, ",size=%llu", (unsigned long long) v->size_limit);
	return arena_printf(&s->p->arena, "mode=%o%s%s", mode, group, size);
}

/* Empty and open to every user of the pod's containers; with fsGroup, what is made in it belongs to that group. */
static int make_empty_dir(struct start *s, const struct volume_spec *v, struct err *err)
{
	mode_t mode = (v->mode ? v->mode : 0777) | (s->p->spec.fs_group.set ? 02070 : 0);
	bool huge = v->path && *v->path;
	auto_close int dir = -EBADF;
	char path[PATH_TEXT];
	int rc;

	snprintf(path, sizeof path, "volumes/empty-dir/%s", v->name);
	if ((dir = dir_make(in_memory(v) ? s->p->run_fd : s->p->data_fd, path, 0777)) < 0)
		return err_sys(err, -dir, "make directory");
	if (in_memory(v))
		return add_mount(s, huge ? "hugetlbfs" : "tmpfs", volume_dir(s, v),
			huge ? huge_options(s, v, mode) : memory_options(s, v, mode), err);
	if (s->p->spec.fs_group.set)
		return volume_own(
			dir, (uint32_t) s->p->spec.fs_group.v, mode, s->p->spec.fs_group_on_mismatch, err);
	if ((rc = fd_chmod(dir, mode)) < 0)
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

/* An image's files, as a container of it would see them, but read-only and without programs. */
static int make_image(struct start *s, const struct volume_spec *v, struct err *err)
{
	struct arena *a = &s->p->arena;
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	auto_close int dir = -EBADF;
	struct strs lowers = { 0 };
	struct image_row img;
	char path[PATH_TEXT];
	int rc;

	if ((rc = store_image_get(s->e->store, v->path, a, &img, err)) < 0 ||
		(rc = image_lowers(s->e, &img, a, &lowers, err)) < 0)
		return err_wrap(err, "image '%s'", v->path);
	snprintf(path, sizeof path, "volumes/image/%s", v->name);
	if ((dir = dir_make(s->p->run_fd, path, 0711)) < 0)
		return err_sys(err, -dir, "make directory");
	if (s->e->vfs) {
		const char *flat;

		if ((rc = pod_userns_path(s, lowers.v[0], &flat, err)) < 0)
			return rc;
		if ((rc = add_mount(s, "bind", volume_dir(s, v), "ro,noexec", err)) == 0)
			LIST_AT(s->plan.mounts, struct plan_mount, s->plan.mounts.n - 1)->source =
				(char *) (uintptr_t) flat;
		return rc;
	}
	(void) buf_puts(&b, "noexec,lowerdir=");
	/* overlayfs before Linux 6.5 wants two layers: an empty one below */
	for (size_t i = 0; i < lowers.n; i++) {
		const char *layer;

		if ((rc = pod_userns_path(s, lowers.v[i], &layer, err)) < 0)
			return rc;
		(void) buf_printf(&b, "%s%s", i ? ":" : "", layer);
	}
	if (lowers.n == 1) {
		auto_close int none = dir_make(s->p->run_fd, "volumes/none", 0711);

		if (none < 0)
			return err_sys(err, -none, "make directory");
		(void) buf_printf(&b, ":%s/pods/%s/volumes/none", s->e->runroot, s->p->row.id);
	}
	if (s->e->in_userns)
		(void) buf_puts(&b, ",userxattr");
	if (buf_failed(&b) || b.len >= 4096)
		return err_set(err, ERR_UNSUPPORTED, "the image has more layers than a volume can have");
	return add_mount(s, "overlay", volume_dir(s, v), arena_strdup(a, b.data), err);
}

/* Mounted by the monitor, from the host's network; it goes with the monitor's mounts. */
static int make_nfs(struct start *s, const struct volume_spec *v, struct err *err)
{
	const char *options = v->options ? v->options : "";
	auto_close int dir = -EBADF;
	char path[PATH_TEXT];

	if (s->e->in_userns)
		return err_set(err, ERR_UNSUPPORTED,
			"an ordinary user may not mount nfs; mount it on the host and use hostPath");
	snprintf(path, sizeof path, "volumes/nfs/%s", v->name);
	if ((dir = dir_make(s->p->run_fd, path, 0711)) < 0)
		return err_sys(err, -dir, "make directory");
	return add_mount_of(s, "nfs", v->path, volume_dir(s, v),
		arena_printf(&s->p->arena, "%s%s%s", v->read_only ? "ro" : "",
			v->read_only && *options ? "," : "", options),
		err);
}

/* A volume that is a directory of the host, or memory of the pod's. */
static int named_mount(struct start *s, const char *name, const struct volume_options *o, struct oci_bind *b,
	struct err *err)
{
	auto_close int dir = -EBADF;
	char path[PATH_TEXT], rel[PATH_TEXT];
	struct stat st;

	b->read_only = b->read_only || o->read_only;
	if (o->kind == VOLUME_KIND_BIND) {
		b->source = o->device;
		return stat(o->device, &st) < 0
			       ? err_sys(err, errno, "volume '%s': device '%s'", name, o->device)
			       : 0;
	}
	snprintf(rel, sizeof rel, "volumes/named/%.250s", name);
	b->source = arena_printf(
		&s->p->arena, "%s/%s", s->e->runroot, path_volume(path, s->p->row.id, "named", name));
	if (!b->source)
		return no_memory(err);
	for (size_t i = 0; i < s->plan.mounts.n; i++) /* another container of the pod has it already */
		if (!strcmp(LIST_AT(s->plan.mounts, struct plan_mount, i)->target, b->source))
			return 0;
	if (s->p->alive)
		return err_set(err, ERR_UNSUPPORTED,
			"volume '%s' is a tmpfs, which a pod mounts when it starts: podctl pod restart %s",
			name, s->p->row.name);
	if ((dir = dir_make(s->p->run_fd, rel, 0777)) < 0)
		return err_sys(err, -dir, "make directory");
	return add_mount(s, "tmpfs", b->source, o->mount, err);
}

/* A volume by name keeps what it has; the pod's group is given it, as far as it has another one. */
static int make_named(struct start *s, const struct volume_spec *v, struct err *err)
{
	auto_close int dir = -EBADF;
	struct volume_options o = { 0 };
	char path[PATH_TEXT];
	int rc = volume_ensure(s->e, v->path, false, err);

	if (rc == 0)
		rc = volume_options_load(s->e, v->path, &s->p->arena, &o, err);
	if (rc >= 0 && o.kind != VOLUME_KIND_DIR)
		return named_mount(s, v->path, &o, &(struct oci_bind){ 0 }, err);
	if (rc < 0 || !s->p->spec.fs_group.set || v->read_only)
		return rc;
	snprintf(path, sizeof path, "volumes/%.250s", v->path);
	if ((dir = path_open(s->e->root_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -dir, "open volume");
	return volume_own(dir, (uint32_t) s->p->spec.fs_group.v, 02770, s->p->spec.fs_group_on_mismatch, err);
}

static int make_volume(struct start *s, const struct volume_spec *v, struct err *err)
{
	switch ((enum volume_type) v->type) {
	case VOLUME_EMPTY_DIR:
		return make_empty_dir(s, v, err);
	case VOLUME_CONFIG_MAP:
	case VOLUME_SECRET:
	case VOLUME_PROJECTED:
		return pod_files_write(s->e, s->p, &s->res, v, true, err);
	case VOLUME_NAMED:
		return make_named(s, v, err);
	case VOLUME_IMAGE:
		return make_image(s, v, err);
	case VOLUME_NFS:
		return make_nfs(s, v, err);
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
	if (s->p->spec.member && s->p->spec.member->shm_size)
		size = s->p->spec.member->shm_size;
	for (size_t i = 0; i < s->p->n; i++)
		if (s->p->ctr[i].shm_size > size)
			size = s->p->ctr[i].shm_size;
	if (mkdirat(s->p->run_fd, "shm", 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make 'shm' of the pod");
	return add_mount(s, "tmpfs",
		arena_printf(&s->p->arena, "%s/pods/%s/shm", s->e->runroot, s->p->row.id),
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

/* Where the monitor binds the subPath of the container's i-th mount. */
static const char *bind_target(struct start *s, const struct container_spec *c, size_t i)
{
	char path[PATH_TEXT], name[32];

	snprintf(name, sizeof name, "sub-%zu", i);
	return arena_printf(
		&s->p->arena, "%s/%s", s->e->runroot, path_ctr_file(path, s->p->row.id, c->id, name));
}

static bool has_sub_path(const struct mount_spec *m)
{
	return m->type == MOUNT_VOLUME && m->sub_path && *m->sub_path;
}

/* What lies on a disk has the owners it had; what is made for the pod alone belongs to its range from the start. */
static bool keeps_owners(const struct start *s, const struct volume_spec *v)
{
	if (!pod_has_userns(&s->p->spec))
		return false;
	return v->type == VOLUME_NAMED || v->type == VOLUME_NFS ||
	       (v->type == VOLUME_EMPTY_DIR && !in_memory(v)) ||
	       (v->type == VOLUME_HOST_PATH && s->p->spec.userns.mounts);
}

/* Is the container's mount to be seen with the owners of the pod's user namespace? */
static bool is_idmapped(const struct start *s, const struct mount_spec *m, const struct volume_spec *v)
{
	if (!pod_has_userns(&s->p->spec) || m->overlay || m->type == MOUNT_TMPFS)
		return false;
	if (m->type == MOUNT_VOLUME)
		return v && keeps_owners(s, v);
	return m->type == MOUNT_NAMED || m->idmap || s->p->spec.userns.mounts;
}

int pod_binds(struct start *s, const struct container_spec *c, struct list *ret, struct err *err)
{
	struct plan_bind *b = arena_array(&s->p->arena, c->mounts.n + 1, sizeof *b);
	size_t n = 0;

	if (!b)
		return no_memory(err);
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		const struct volume_spec *v = m->type == MOUNT_VOLUME ? volume_of(s->p, m->source) : NULL;
		bool ids = is_idmapped(s, m, v);

		if (!ids && !(v && has_sub_path(m)))
			continue;
		b[n] = (struct plan_bind){
			.volume = (char *) (uintptr_t) (v ? volume_dir(s, v)
							: m->type == MOUNT_NAMED
								? volume_path(s->e, m->source, &s->p->arena)
								: m->source),
			.sub = has_sub_path(m) ? m->sub_path : NULL,
			.target = (char *) (uintptr_t) bind_target(s, c, i),
			.ids = ids
		};
		if (v && pod_has_userns(&s->p->spec) && in_memory(v))
			pod_userns_root(s->p, &b[n].uid, &(uint32_t){ 0 });
		if (!b[n].volume || !b[n].target)
			return no_memory(err);
		n++;
	}
	*ret = (struct list){ .v = b, .n = n };
	return 0;
}

int pod_env_files(struct start *s, const struct container_spec *c, struct list *ret, struct err *err)
{
	struct plan_env *v = arena_array(&s->p->arena, c->env_files.n + 1, sizeof *v);

	if (!v)
		return no_memory(err);
	for (size_t i = 0; i < c->env_files.n; i++) {
		const struct env_file *f = LIST_AT(c->env_files, const struct env_file, i);
		const struct volume_spec *from = volume_of(s->p, f->volume);

		if (!from)
			return err_set(err, ERR_INVALID, "variable '%s': there is no volume '%s'", f->name,
				f->volume);
		v[i] = (struct plan_env){ f->name, (char *) (uintptr_t) volume_dir(s, from), f->path, f->key,
			f->optional };
		if (!v[i].volume)
			return no_memory(err);
	}
	*ret = (struct list){ .v = v, .n = c->env_files.n };
	return 0;
}

/* The monitor opens it beneath the volume, where links stay inside; ".." is refused before that, as Kubernetes does. */
static int sub_path(struct start *s, const struct container_spec *c, size_t i, const char *sub,
	const char **ret, struct err *err)
{
	size_t n = strlen(sub);

	if (sub[0] == '/' || strcmp(sub, "..") == 0 || strncmp(sub, "../", 3) == 0 || strstr(sub, "/../") ||
		(n > 3 && strcmp(sub + n - 3, "/..") == 0))
		return err_set(err, ERR_INVALID, "subPath '%s': must be a relative path without '..'", sub);
	return (*ret = bind_target(s, c, i)) ? 0 : no_memory(err);
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
		(rc = user_lookup(&layers, c->user, &c->groups, c->user_groups, &user, err)) < 0)
		return rc;
	dir = path_open(root, m->dest, PATH_IN_ROOTFS, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 && dir != -ENOENT && dir != -ENOTDIR)
		return err_sys(err, -dir, "open '%s' of the image", m->dest);
	return volume_fill(s->e, m->source, dir, user.uid, user.gid, err);
}

static int named_source(struct start *s, const struct container_spec *c, const struct mount_spec *m,
	struct oci_bind *b, struct err *err)
{
	struct volume_options o = { 0 };
	int rc;

	b->named = true;
	if ((rc = volume_ensure(s->e, m->source, m->anonymous, err)) < 0)
		return rc;
	if (!m->anonymous && (rc = volume_options_load(s->e, m->source, &s->p->arena, &o, err)) < 0)
		return rc;
	if (o.kind != VOLUME_KIND_DIR)
		return named_mount(s, m->source, &o, b, err);
	if ((rc = named_fill(s, c, m, err)) < 0)
		return rc;
	b->source = volume_path(s->e, m->source, &s->p->arena);
	return b->source ? 0 : no_memory(err);
}

/* The mount of the image's files has these; runtimes that remount it read-only drop what they are not told. */
static int image_options(struct start *s, struct oci_bind *b, struct err *err)
{
	static const char *const words[] = { "nosuid", "nodev", "noexec" };
	struct strs *all = arena_alloc(&s->p->arena, sizeof *all);

	if (!all)
		return no_memory(err);
	*all = (struct strs){ 0 };
	for (size_t i = 0; i < b->options->n; i++)
		if (strs_add(all, &s->p->arena, b->options->v[i]) < 0)
			return no_memory(err);
	for (size_t i = 0; i < LEN(words); i++)
		if (strs_add(all, &s->p->arena, words[i]) < 0)
			return no_memory(err);
	b->options = all;
	return 0;
}

static bool is_read_only_claim(struct start *s, const struct volume_spec *v)
{
	struct volume_options o = { 0 };
	struct err ignored = { 0 };

	return v->type == VOLUME_NAMED &&
	       volume_options_load(s->e, v->path, &s->p->arena, &o, &ignored) > 0 && o.read_only;
}

static int mount_source(
	struct start *s, const struct container_spec *c, size_t i, struct oci_bind *b, struct err *err)
{
	const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
	const struct volume_spec *v;
	struct stat st;
	int rc;

	if (m->type == MOUNT_TMPFS) {
		b->tmpfs = true;
		b->source = "";
		return 0;
	}
	if (m->type == MOUNT_DEVPTS) {
		b->devpts = true;
		b->source = "";
		return 0;
	}
	if (m->type == MOUNT_IMAGE)
		return pod_mount_image(s, c, i, b, err);
	if (m->type == MOUNT_NAMED) {
		return named_source(s, c, m, b, err);
	}
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
	if (v->type == VOLUME_IMAGE && (rc = image_options(s, b, err)) < 0)
		return rc;
	b->read_only = b->read_only || v->read_only || volume_is_files(v) || is_read_only_claim(s, v);
	b->files = volume_is_files(v);
	return has_sub_path(m) ? sub_path(s, c, i, m->sub_path, &b->source, err) : 0;
}

int pod_mounts(struct start *s, const struct container_spec *c, struct oci_bind **ret, size_t *ret_n,
	struct err *err)
{
	struct oci_bind *b = arena_array(&s->p->arena, c->mounts.n + c->secrets.n + 1, sizeof *b);
	int rc;

	if (!b)
		return no_memory(err);
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);

		b[i] = (struct oci_bind){ .dest = m->dest,
			.read_only = m->read_only,
			.options = &m->options,
			.idmap = is_idmapped(
				s, m, m->type == MOUNT_VOLUME ? volume_of(s->p, m->source) : NULL) };
		if ((rc = mount_source(s, c, i, &b[i], err)) < 0 ||
			(m->chown && (rc = pod_mount_give(s, c, &b[i], err)) < 0) ||
			(m->overlay && (rc = pod_mount_overlay(s, c, i, &b[i], err)) < 0))
			return err_wrap(err, "mount '%s'", m->dest);
		if (b[i].idmap && !(b[i].source = bind_target(s, c, i)))
			return no_memory(err);
	}
	*ret = b;
	*ret_n = c->mounts.n;
	return pod_secrets(s, c, b, ret_n, err);
}
