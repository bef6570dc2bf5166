/*
 * The files of configMap, secret, downwardAPI and projected volumes, as a kubelet lays them out: the files are below
 * "..TIME", "..data" is a link to that, and each name of the volume is a link into "..data".  An update writes another
 * "..TIME" and exchanges "..data" in one rename, so that a container never sees half of it.
 *
 * What may be secret is in memory: below runroot when that is a tmpfs, as /run is, else on one below it (engine_memory).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/container/late.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define FILE_MODE 0644
#define FILE_MAX (4 * MiB) /* one key; the API server refuses ConfigMaps past 1 MiB */
#define DATA "..data"
#define GROUP_READS 0440 /* what fsGroup adds to a file of a volume that nobody writes to */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "volumes"); }

int fd_chmod(int fd, mode_t mode)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* Who may read: the volume's group may, when the pod has one. */
struct owner {
	const struct pod *pod;
	const struct opt_i64 *group;
	const struct late *late;
	struct arena *arena;
};

/* The same with the ids of the pod's user namespace. */
static int own_inside(
	const char *path, const struct owner *o, struct opt_i64 user, mode_t mode, struct err *err)
{
	const struct user as = { .uid = user.set ? (uint32_t) user.v : 0,
		.gid = o->group->set ? (uint32_t) o->group->v : 0 };
	uint32_t uid, gid;
	int rc = pod_userns_user(o->pod, &as, &uid, &gid, err);

	if (rc < 0)
		return rc;
	if (chown(path, uid, gid) < 0 || chmod(path, mode) < 0)
		return err_sys(err, errno, "set owner and mode");
	return 0;
}

static int own(int fd, const struct owner *o, struct opt_i64 user, mode_t mode, bool dir, struct err *err)
{
	int rc = 0;
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (o->group->set)
		mode |= dir ? 02550 : GROUP_READS;
	if (pod_has_userns(&o->pod->spec))
		return own_inside(path, o, user, mode, err);
	if ((o->group->set || user.set) && chown(path, user.set ? (uid_t) user.v : (uid_t) -1,
						   o->group->set ? (gid_t) o->group->v : (gid_t) -1) < 0)
		rc = -errno;
	if (rc == 0)
		rc = fd_chmod(fd, mode);
	return rc < 0 ? err_sys(err, -rc, "set owner and mode") : 0;
}

/* Opens the directory a file goes into, making what is missing; *ret_name is its last component. */
static int file_dir(int dir, const char *path, const char **ret_name, const struct owner *o, struct err *err)
{
	auto_close int at = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	const char *slash = strrchr(path, '/');
	char part[256];

	if (path[0] == '/' || !*path || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
		strstr(path, "/../") || (slash && strcmp(slash, "/..") == 0))
		return err_set(err, ERR_INVALID, "file '%s': must be a relative path without '..'", path);
	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name)
		return err_set(err, ERR_INVALID, "file '%s': has no name", path);
	for (const char *p = path; slash && p < slash; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		int next;

		if (n >= sizeof part)
			return err_set(err, ERR_INVALID, "file '%.100s...': a name in it is too long", path);
		snprintf(part, sizeof part, "%.*s", (int) n, p);
		if ((next = dir_make(at, part, 0755)) < 0)
			return err_sys(err, -next, "make '%s'", part);
		close(at);
		at = next;
		if (own(at, o, (struct opt_i64){ 0 }, 0755, true, err) < 0)
			return -EIO;
		p += n;
	}
	return fd_steal(&at);
}

/* The alphabet of RFC 4648, section 5, without padding. */
static int add_url64(struct buf *b, const char *text)
{
	auto_free char *plain = base64_encode(text, strlen(text));

	for (const char *p = plain; p && *p && *p != '='; p++)
		(void) buf_putc(b, *p == '+' ? '-' : *p == '/' ? '_' : *p);
	return !plain || buf_failed(b) ? -ENOMEM : 0;
}

/* An unsigned one (RFC 7519, section 6): programs find their file and its claims; there is nobody who would check it. */
static int token_text(const char *claims, uint64_t life, struct buf *b)
{
	const unsigned long long now = time_now_us() / 1000000;
	auto_buf struct buf all = BUF_INIT(64 * KiB);

	(void) buf_printf(&all, "{\"iat\":%llu,\"nbf\":%llu,\"exp\":%llu,%s}", now, now,
		now + (unsigned long long) life, claims);
	if (buf_failed(&all) || add_url64(b, "{\"alg\":\"none\",\"typ\":\"JWT\"}") < 0 ||
		buf_putc(b, '.') < 0 || add_url64(b, all.data) < 0)
		return -ENOMEM;
	return buf_putc(b, '.');
}

static int write_file(int dir, const struct file_spec *f, const struct owner *o, struct err *err)
{
	const char *name = NULL, *data;
	auto_close int in = file_dir(dir, f->path, &name, o, err), fd = -EBADF;
	auto_free char *raw = NULL;
	auto_buf struct buf token = BUF_INIT(64 * KiB);
	char *text = f->data ? f->data : (char *) (uintptr_t) "";
	size_t n;
	int rc;

	if (in < 0)
		return in;
	if (!f->base64 && late_text(&text, o->late, o->arena) < 0)
		return no_memory(err);
	if (f->token && token_text(text, f->token, &token) < 0)
		return no_memory(err);
	data = f->token ? token.data : text;
	n = strlen(data);
	if (f->base64 && !(data = raw = base64_decode(data, &n)))
		return err_set(err, ERR_INVALID, "file '%s': not base64", f->path);
	if (n > FILE_MAX)
		return err_set(err, ERR_INVALID, "file '%s': larger than %lu bytes", f->path, FILE_MAX);
	if ((fd = openat(in, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0 ||
		(rc = io_write_all(fd, data, n)) < 0)
		return err_sys(err, fd < 0 ? errno : -rc, "write '%s'", f->path);
	if ((rc = own(fd, o, f->user, f->mode ? f->mode & 0777 : FILE_MODE, false, err)) < 0)
		return err_wrap(err, "file '%s'", f->path);
	return 0;
}

/* ---- the links ------------------------------------------------------------------------------------------------------- */

static bool is_payload(const struct list *files, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < files->n; i++) {
		const char *path = LIST_AT(*files, struct file_spec, i)->path;

		if (strncmp(path, name, n) == 0 && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

/* A link's owner is seen, though it decides nothing. */
static int link_own(int dir, const char *name, const struct owner *o)
{
	uint32_t uid, gid;

	if (!pod_has_userns(&o->pod->spec))
		return 0;
	pod_userns_root(o->pod, &uid, &gid);
	return fchownat(dir, name, uid, (gid_t) -1, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int link_names(int dir, const struct list *files, const struct owner *o, struct err *err)
{
	int rc;

	for (size_t i = 0; i < files->n; i++) {
		const char *path = LIST_AT(*files, struct file_spec, i)->path;
		char name[256], to[sizeof name + sizeof DATA];

		snprintf(name, sizeof name, "%.*s", (int) strcspn(path, "/"), path);
		snprintf(to, sizeof to, DATA "/%s", name);
		if (symlinkat(to, dir, name) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make '%s'", name);
		if ((rc = link_own(dir, name, o)) < 0)
			return err_sys(err, -rc, "give '%s' its owner", name);
	}
	return 0;
}

/* What the last data had and the new has not; keep: the directory of the new data. */
static void drop_old(int dir, const struct list *files, const char *keep)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return;
	}
	while ((de = readdir(d))) {
		const char *name = de->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, DATA) == 0 ||
			strcmp(name, keep) == 0)
			continue;
		if (strncmp(name, "..", 2) == 0 || !is_payload(files, name))
			(void) dir_remove(dir, name);
	}
	(void) closedir(d);
}

static int put_files(int dir, const struct volume_spec *v, const struct owner *o, struct err *err)
{
	char name[64], tmp[] = "..data_tmp";
	auto_close int data = -EBADF;
	struct timespec now;
	struct tm tm;
	size_t n;
	int rc;

	(void) clock_gettime(CLOCK_REALTIME, &now);
	(void) gmtime_r(&now.tv_sec, &tm);
	n = strftime(name, sizeof name, "..%Y_%m_%d_%H_%M_%S", &tm);
	snprintf(name + n, sizeof name - n, ".%09ld", now.tv_nsec);
	if ((data = dir_make(dir, name, 0755)) < 0)
		return err_sys(err, -data, "make '%s'", name);
	if ((rc = own(data, o, (struct opt_i64){ 0 }, 0755, true, err)) < 0)
		return rc;
	for (size_t i = 0; i < v->files.n; i++)
		if ((rc = write_file(data, LIST_AT(v->files, struct file_spec, i), o, err)) < 0)
			return rc;
	(void) unlinkat(dir, tmp, 0);
	if (symlinkat(name, dir, tmp) < 0 || link_own(dir, tmp, o) < 0 || renameat(dir, tmp, dir, DATA) < 0)
		return err_sys(err, errno, "make '" DATA "'");
	if ((rc = link_names(dir, &v->files, o, err)) < 0)
		return rc;
	drop_old(dir, &v->files, name);
	return 0;
}

/* ---- where ----------------------------------------------------------------------------------------------------------- */

bool volume_is_files(const struct volume_spec *v)
{
	return v->type == VOLUME_CONFIG_MAP || v->type == VOLUME_SECRET || v->type == VOLUME_PROJECTED;
}

static const char *type_name(const struct volume_spec *v)
{
	return v->type == VOLUME_SECRET ? "secret" : v->type == VOLUME_PROJECTED ? "projected" : "config-map";
}

const char *pod_files_dir(struct engine *e, const struct pod *p, const struct volume_spec *v, struct arena *a)
{
	char path[PATH_TEXT];

	if (v->type == VOLUME_CONFIG_MAP)
		return arena_printf(a, "%s/%s", e->root, path_volume(path, p->row.id, type_name(v), v->name));
	return arena_printf(a, "%s/" PATH_MEMORY "/%s/%s/%s", e->runroot, p->row.id, type_name(v), v->name);
}

/* anew: nobody has it mounted, the pod is not running, and what is there is of an earlier run. */
int pod_files_write(struct engine *e, struct pod *p, const struct pod_res *r, const struct volume_spec *v,
	bool anew, struct err *err)
{
	struct late late = { 0 };
	struct owner o = { .pod = p, .group = &p->spec.fs_group, .late = &late, .arena = &p->arena };
	auto_close int dir = -EBADF, types = -EBADF;
	char path[PATH_TEXT];
	int rc;

	if ((rc = pod_late(e, p, r, &late, err)) < 0)
		return rc;
	if (v->type == VOLUME_CONFIG_MAP)
		snprintf(path, sizeof path, "volumes/%s", type_name(v));
	else
		snprintf(path, sizeof path, PATH_MEMORY "/%s/%s", p->row.id, type_name(v));
	types = dir_make(v->type == VOLUME_CONFIG_MAP ? p->data_fd : e->runroot_fd, path, 0711);
	if (types < 0)
		return err_sys(err, -types, "make directory");
	if (anew && (rc = dir_remove(types, v->name)) < 0)
		return err_sys(err, -rc, "empty directory");
	if ((dir = dir_make(types, v->name, 0755)) < 0)
		return err_sys(err, -dir, "make directory");
	if ((rc = own(dir, &o, (struct opt_i64){ 0 }, 0755, true, err)) < 0)
		return rc;
	return put_files(dir, v, &o, err);
}

bool pod_needs_memory(const struct pod *p)
{
	for (size_t i = 0; i < p->spec.volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, i);

		if (volume_is_files(v) && v->type != VOLUME_CONFIG_MAP)
			return true;
	}
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->ctr[i].secrets.n; k++)
			if (!LIST_AT(p->ctr[i].secrets, struct secret_spec, k)->env)
				return true;
	return false;
}

int pod_files_remove(struct engine *e, const struct pod *p, struct err *err)
{
	auto_close int memory = path_open(e->runroot_fd, PATH_MEMORY, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	int rc = memory < 0 ? 0 : dir_remove(memory, p->row.id);

	return rc < 0 ? err_sys(err, -rc, "remove the secrets of '%s'", p->row.name) : 0;
}

/* ---- updates --------------------------------------------------------------------------------------------------------- */

static bool same_files(const struct list *a, const struct list *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++) {
		const struct file_spec *x = LIST_AT(*a, struct file_spec, i),
				       *y = LIST_AT(*b, struct file_spec, i);

		if (strcmp(x->path, y->path) != 0 ||
			strcmp(x->data ? x->data : "", y->data ? y->data : "") != 0 ||
			x->base64 != y->base64 || x->mode != y->mode)
			return false;
	}
	return a->n == b->n;
}

static int store_spec(struct engine *e, struct pod *p, struct err *err)
{
	json_t *v = encode_json(pod_spec_fields, &p->spec);
	auto_free char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return text ? store_pod_set_spec(e->store, p->row.id, text, err) : no_memory(err);
}

int pod_files_update(struct engine *e, struct pod *p, const struct list *volumes, struct err *err)
{
	struct pod_res res = { 0 };
	bool changed = false;
	int rc = pod_res_load(p, &p->arena, &res, err);

	for (size_t i = 0; rc == 0 && i < p->spec.volumes.n; i++) {
		struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, i);

		for (size_t k = 0; rc == 0 && volume_is_files(v) && k < volumes->n; k++) {
			const struct volume_spec *now = LIST_AT(*volumes, const struct volume_spec, k);

			if (strcmp(now->name, v->name) != 0 || now->type != v->type ||
				same_files(&v->files, &now->files))
				continue;
			v->files = now->files;
			changed = true;
			if (p->alive && (rc = pod_files_write(e, p, &res, v, false, err)) < 0)
				rc = err_wrap(err, "volume '%s'", v->name);
		}
	}
	return rc == 0 && changed ? store_spec(e, p, err) : rc;
}
