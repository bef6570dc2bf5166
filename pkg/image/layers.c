#include "pkg/image/layers.h"
#include "pkg/image/flat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "pkg/codec/node.h"
#include "pkg/engine/paths.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define TMP_PREFIX "tmp-"
#define COMMIT_TEXT 128
#define RECIPE ".recipe"
#define BLOB ".blob"

static int layers_open(struct engine *e, struct err *err)
{
	int fd = dir_make(e->root_fd, "layers", 0711);

	return fd < 0 ? err_sys(err, -fd, "open '%s/layers'", e->root) : fd;
}

static int lock_open(int dir, const char *name, bool wait, struct err *err)
{
	auto_close int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return err_sys(err, errno, "open lock of the image store");
	if ((rc = lock_file(fd, true, wait)) < 0)
		return err_sys(err, -rc, "lock the image store");
	return fd_steal(&fd);
}

int image_lock(struct engine *e, struct err *err)
{
	auto_close int layers = layers_open(e, err);

	return layers < 0 ? layers : lock_open(layers, "lock", true, err);
}

/* ---- temporary directories ---------------------------------------------------------------------------------------- */

/* Layers have nothing to do with each other: ext4 shall put each into another group of blocks, where several that are unpacked at
 * once do not wait for each other, and where no inodes were just deleted (without a journal it goes past those one by one). */
static void spread(int layers)
{
	auto_close int fd = openat(layers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_TOPDIR_FL)) {
		flags |= FS_TOPDIR_FL;
		(void) ioctl(fd, FS_IOC_SETFLAGS, &flags); /* other file systems know no such thing */
	}
}

int image_tmp_make(struct engine *e, struct image_tmp *t, struct err *err)
{
	auto_close int guard = image_lock(e, err); /* a sweep never sees it without its lock */
	char id[ID_LEN + 1];

	if (guard < 0)
		return guard;
	if ((t->layers = layers_open(e, err)) < 0)
		return t->layers;
	spread(t->layers);
	id_random(id);
	snprintf(t->name, sizeof t->name, TMP_PREFIX "%.16s", id);
	if (mkdirat(t->layers, t->name, 0700) < 0)
		return err_sys(err, errno, "make '%s/layers/%s'", e->root, t->name);
	t->dir = openat(t->layers, t->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->dir < 0)
		return err_sys(err, errno, "open '%s/layers/%s'", e->root, t->name);
	t->lock = lock_open(t->dir, "lock", false, err);
	return t->lock < 0 ? t->lock : 0;
}

void image_tmp_remove(struct image_tmp *t)
{
	int rc = t->dir >= 0 ? dir_remove(t->layers, t->name) : 0;

	if (rc < 0)
		log_warn("layers/%s: remove: %s; the next command tries again", t->name, strerror(-rc));
	fd_close_p(&t->dir);
	fd_close_p(&t->lock);
	fd_close_p(&t->layers);
}

/* ---- what is there ------------------------------------------------------------------------------------------------- */

int layer_path_open(struct engine *e, const char *name, int flags, const char **ret_root)
{
	char rel[PATH_TEXT];
	int fd = path_open(e->root_fd, path_layer(rel, name), PATH_IN_STATE, flags, 0);

	if (ret_root)
		*ret_root = e->root;
	for (size_t i = 0; fd == -ENOENT && i < e->n_image_stores; i++) {
		fd = path_open(e->image_store[i].fd, rel, PATH_IN_STATE, flags, 0);
		if (ret_root && fd >= 0)
			*ret_root = e->image_store[i].root;
	}
	return fd;
}

bool layer_exists(struct engine *e, const char *diff_id)
{
	auto_close int fd = layer_path_open(e, diff_id, O_PATH | O_DIRECTORY, NULL);

	return fd >= 0;
}

/* Of this store itself. */
static bool layer_is_own(struct engine *e, const char *diff_id)
{
	char rel[PATH_TEXT];
	auto_close int fd =
		path_open(e->root_fd, path_layer(rel, diff_id), PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);

	return fd >= 0;
}

static void sizes_name(char name[80], const char *diff_id) { snprintf(name, 80, "%s.json", diff_id); }

/* DIFFID.json; NULL: not there. */
static json_t *facts_read(struct engine *e, const char *diff_id)
{
	struct buf b = BUF_INIT(4 * KiB);
	auto_close int fd = -EBADF;
	char name[80];
	json_t *v = NULL;
	struct err ignored = { 0 };

	sizes_name(name, diff_id);
	if ((fd = layer_path_open(e, name, O_RDONLY, NULL)) >= 0 && io_read_all(fd, &b) == 0 && b.data)
		v = json_parse(b.data, b.len, &ignored);
	buf_done(&b);
	return v;
}

size_t layer_blobs(struct engine *e, const char *diff_id, struct layer_blob ret[LAYER_BLOBS_MAX])
{
	json_t *v = facts_read(e, diff_id), *b;
	size_t n = 0, i;

	json_array_foreach(json_object_get(v, "blobs"), i, b)
	{
		const char *digest = json_string_value(json_object_get(b, "digest"));
		const char *format = json_string_value(json_object_get(b, "format"));

		if (!digest || !id_is_valid(digest) || n == LAYER_BLOBS_MAX)
			continue;
		memcpy(ret[n].digest, digest, sizeof ret[n].digest);
		ret[n].size = (uint64_t) json_integer_value(json_object_get(b, "size"));
		ret[n++].format = format && strcmp(format, "zstd") == 0 ? "zstd" : "gzip";
	}
	json_decref(v);
	return n;
}

/* Only a hint: when it is lost, the layer is compressed again. */
void layer_blob_remember(struct engine *e, const char *diff_id, const struct layer_blob *blob)
{
	struct err ignored = { 0 };
	auto_close int layers = layers_open(e, &ignored);
	json_t *v = facts_read(e, diff_id), *list = json_object_get(v, "blobs");
	auto_free char *text = NULL;
	char name[80];

	if (v && !list && json_object_set_new(v, "blobs", json_array()) == 0)
		list = json_object_get(v, "blobs");
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *have = json_string_value(json_object_get(json_array_get(list, i), "digest"));

		if (!have || strcmp(have, blob->digest) == 0 || i + 1 >= LAYER_BLOBS_MAX)
			(void) json_array_remove(list, i);
	}
	if (list)
		(void) json_array_insert_new(list, 0,
			json_pack("{s:s,s:I,s:s}", "digest", blob->digest, "size", (json_int_t) blob->size,
				"format", blob->format));
	text = v ? json_print(v) : NULL;
	json_decref(v);
	sizes_name(name, diff_id);
	if (text && layers >= 0)
		(void) file_replace(layers, name, text, strlen(text), 0600, false);
}

int layer_blob_open(struct engine *e, const char *diff_id)
{
	char name[80];

	snprintf(name, sizeof name, "%s" BLOB, diff_id);
	return layer_path_open(e, name, O_RDONLY, NULL);
}

void layer_sizes(struct engine *e, const char *diff_id, uint64_t *ret_size, uint64_t *ret_tar)
{
	json_t *v = facts_read(e, diff_id);

	*ret_size = (uint64_t) json_integer_value(json_object_get(v, "size"));
	*ret_tar = (uint64_t) json_integer_value(json_object_get(v, "tarSize"));
	json_decref(v);
}

int layer_open(struct engine *e, const char *diff_id, int *ret_dir, int *ret_recipe, struct err *err)
{
	char name[80];
	auto_close int dir = layer_path_open(e, diff_id, O_RDONLY | O_DIRECTORY, NULL);
	auto_close int recipe = -EBADF;

	if (dir < 0)
		return err_sys(err, -dir, "open layer %.12s", diff_id);
	snprintf(name, sizeof name, "%s" RECIPE, diff_id);
	recipe = layer_path_open(e, name, O_RDONLY, NULL);
	if (recipe < 0 && recipe != -ENOENT)
		return err_sys(err, -recipe, "open the record of layer %.12s", diff_id);
	*ret_dir = fd_steal(&dir);
	*ret_recipe = recipe >= 0 ? fd_steal(&recipe) : -ENOENT;
	return 0;
}

/* ---- who gets what ------------------------------------------------------------------------------------------------- */

static uint64_t claim_byte(const char *diff_id)
{
	char first[16];
	uint64_t at = 0;

	snprintf(first, sizeof first, "%.15s",
		diff_id); /* 60 bits: two layers that share them wait in vain, once */
	(void) sscanf(first, "%" SCNx64, &at);
	return at;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *) a, *(char *const *) b); }

static int claim_one(int fd, const char *diff, const volatile int *stop, image_progress *progress, void *ctx,
	bool *ret_waited, struct err *err)
{
	int rc = lock_byte(fd, claim_byte(diff), false);
	char line[100];

	if (rc == -EAGAIN) {
		snprintf(line, sizeof line, "layer %.12s: another command is at it, waiting", diff);
		if (progress)
			progress(ctx, line);
		*ret_waited = true;
		do
			rc = lock_byte(fd, claim_byte(diff), true);
		while (rc == -EINTR && !(stop && *stop));
	}
	if (rc == -EINTR)
		return err_set(err, ERR_STATE, "interrupted");
	return rc < 0 ? err_sys(err, -rc, "claim layer %.12s", diff) : 0;
}

int layers_claim(struct engine *e, const struct strs *diffs, const volatile int *stop,
	image_progress *progress, void *ctx, int *ret_fd, bool *ret_waited, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_close int dir = layers_open(e, err);
	auto_close int fd = -EBADF;
	struct strs missing = { 0 };
	int rc;

	*ret_waited = false;
	*ret_fd = -EBADF;
	if (dir < 0)
		return dir;
	for (size_t i = 0; i < diffs->n; i++)
		if (!layer_exists(e, diffs->v[i]) && strs_add(&missing, &a, diffs->v[i]) < 0)
			return err_sys(err, ENOMEM, "claim layers");
	if (!missing.n)
		return 0;
	qsort(missing.v, missing.n, sizeof *missing.v, by_text); /* one order: nobody waits in a circle */
	fd = openat(dir, "claims", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "open claims of the image store");
	for (size_t i = 0; i < missing.n; i++)
		if ((!i || strcmp(missing.v[i], missing.v[i - 1]) != 0) &&
			(rc = claim_one(fd, missing.v[i], stop, progress, ctx, ret_waited, err)) < 0)
			return rc;
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* ---- publication --------------------------------------------------------------------------------------------------- */

static int job_publish(struct engine *e, struct layer_job *j, struct err *err)
{
	char name[80], text[COMMIT_TEXT];
	int n, rc;

	if (layer_exists(e, j->diff_id))
		return 0; /* another command was quicker; ours goes with its tmp- directory */
	sizes_name(name, j->diff_id);
	n = snprintf(text, sizeof text, "{\"size\":%llu,\"tarSize\":%llu}", (unsigned long long) j->size,
		(unsigned long long) j->tar_size);
	if ((rc = file_replace(j->tmp.layers, name, text, (size_t) n, 0600, false)) < 0)
		return err_sys(err, -rc, "record layer %.12s", j->diff_id);
	snprintf(name, sizeof name, "%s" RECIPE, j->diff_id);
	if (renameat(j->tmp.dir, "recipe", j->tmp.layers, name) < 0)
		return err_sys(err, errno, "record layer %.12s", j->diff_id);
	snprintf(name, sizeof name, "%s" BLOB, j->diff_id);
	if (j->keep_dir >= 0 && renameat(j->keep_dir, j->keep_name, j->tmp.layers, name) < 0)
		return err_sys(err, errno, "keep the blob of layer %.12s", j->diff_id);
	if (renameat(j->tmp.dir, "diff", j->tmp.layers, j->diff_id) < 0)
		return err_sys(err, errno, "publish layer %.12s", j->diff_id);
	return 0;
}

static uint64_t row_size(struct engine *e, const struct image_row *row)
{
	uint64_t sum = strlen(row->config), size, tar;

	for (size_t i = 0; i < row->layers.n; i++) {
		layer_sizes(e, row->layers.v[i], &size, &tar);
		sum += size;
	}
	return sum;
}

int image_commit(struct engine *e, struct image_row *row, struct layer_job *jobs, size_t n, struct err *err)
{
	auto_close int guard = image_lock(e, err);
	int rc;

	if (guard < 0)
		return guard;
	for (size_t i = 0; i < n; i++)
		if ((rc = job_publish(e, &jobs[i], err)) < 0)
			return rc;
	for (size_t i = 0; i < row->layers.n; i++)
		if (!layer_exists(e, row->layers.v[i])) {
			(void) err_set(err, ERR_STATE, "layer %.12s was removed meanwhile; try again",
				row->layers.v[i]);
			return -EAGAIN;
		}
	row->size = row_size(e, row);
	return store_image_add(e->store, row, err);
}

/* ---- removal --------------------------------------------------------------------------------------------------------- */

/* image_tmp_make() with the lock already held. */
static int retire_tmp(struct engine *e, struct image_tmp *t, struct err *err)
{
	char id[ID_LEN + 1];

	if (t->dir >= 0)
		return 0;
	if ((t->layers = layers_open(e, err)) < 0)
		return t->layers;
	id_random(id);
	snprintf(t->name, sizeof t->name, TMP_PREFIX "%.16s", id);
	if (mkdirat(t->layers, t->name, 0700) < 0)
		return err_sys(err, errno, "make '%s/layers/%s'", e->root, t->name);
	t->dir = openat(t->layers, t->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->dir < 0 ? err_sys(err, errno, "open '%s/layers/%s'", e->root, t->name) : 0;
}

int layers_retire(struct engine *e, const struct strs *diff_ids, struct image_tmp *t, struct err *err)
{
	char name[80];
	int rc;

	for (size_t i = 0; i < diff_ids->n; i++) {
		if ((rc = retire_tmp(e, t, err)) < 0)
			return rc;
		if (renameat(t->layers, diff_ids->v[i], t->dir, diff_ids->v[i]) < 0 && errno != ENOENT)
			return err_sys(err, errno, "remove layer %.12s", diff_ids->v[i]);
		sizes_name(name, diff_ids->v[i]);
		(void) unlinkat(t->layers, name, 0);
		snprintf(name, sizeof name, "%s" RECIPE, diff_ids->v[i]);
		(void) unlinkat(t->layers, name, 0);
		snprintf(name, sizeof name, "%s" BLOB, diff_ids->v[i]);
		(void) renameat(t->layers, name, t->dir, name); /* it may be large: deleted with the layer */
	}
	return 0;
}

#define LARGE (16 * MiB)

bool layers_are_large(struct engine *e, const struct strs *diff_ids)
{
	uint64_t sum = 0, size, tar;

	for (size_t i = 0; i < diff_ids->n; i++) {
		layer_sizes(e, diff_ids->v[i], &size, &tar);
		sum += tar;
	}
	return sum > LARGE;
}

static int sweep_detached(struct engine *e, struct err *err)
{
	struct strs argv = { 0 };
	char *env[3] = { NULL };
	struct proc_opts o = PROC_OPTS(.envp = env, .new_session = true);
	int rc;

	if ((rc = engine_self_argv(e, &argv, err)) < 0)
		return rc;
	env[0] = arena_printf(
		&e->arena, "PATH=%s", e->opt->path ? e->opt->path : "/usr/sbin:/usr/bin:/sbin:/bin");
	if (e->opt->xdg_runtime_dir)
		env[1] = arena_printf(&e->arena, "XDG_RUNTIME_DIR=%s", e->opt->xdg_runtime_dir);
	if (!env[0] || strs_add(&argv, &e->arena, "image") < 0 || strs_add(&argv, &e->arena, "sweep") < 0)
		return err_sys(err, ENOMEM, "remove image");
	o.path = argv.v[0];
	o.argv = argv.v;
	rc = proc_spawn(&o, NULL, err);
	return rc < 0 ? rc : 0;
}

void layers_leave(struct engine *e, struct image_tmp *t)
{
	struct err ignored = { 0 };

	if (t->dir < 0 || sweep_detached(e, &ignored) < 0)
		return; /* then it is deleted here */
	fd_close_p(&t->dir);
	fd_close_p(&t->lock);
	fd_close_p(&t->layers);
}

static bool tmp_is_free(int layers, const char *name)
{
	char rel[300];
	auto_close int fd = -EBADF;

	snprintf(rel, sizeof rel, "%s/lock", name);
	fd = path_open(layers, rel, PATH_IN_STATE, O_RDONLY, 0);
	return fd < 0 || lock_is_free(fd);
}

/* DIFFID.json or .recipe without its layer: its command ended between the steps. */
static bool sizes_are_stale(struct engine *e, const char *name)
{
	char id[ID_LEN + 1];

	if (strlen(name) <= ID_LEN ||
		(strcmp(name + ID_LEN, ".json") != 0 && strcmp(name + ID_LEN, RECIPE) != 0 &&
			strcmp(name + ID_LEN, BLOB) != 0))
		return false;
	memcpy(id, name, ID_LEN);
	id[ID_LEN] = '\0';
	return id_is_valid(id) && !layer_is_own(e, id);
}

/* What of layers/ nobody needs: tmp- directories without a living owner, layers without an image. */
static int sweep_list(struct engine *e, int layers, struct arena *a, struct strs *tmps, struct strs *unused,
	struct err *err)
{
	int fd = openat(layers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;
	int rc = 0;

	if (!d) {
		rc = err_sys(err, errno, "list '%s/layers'", e->root);
		fd_close_p(&fd);
		return rc;
	}
	while (rc == 0 && (ent = readdir(d))) {
		const char *name = ent->d_name;

		if (strncmp(name, TMP_PREFIX, strlen(TMP_PREFIX)) == 0 && tmp_is_free(layers, name))
			rc = strs_add(tmps, a, name);
		else if (sizes_are_stale(e, name))
			(void) unlinkat(
				layers, name, 0); /* the lock is held: nobody is between the steps now */
		else if (id_is_valid(name) && !store_layer_used(e->store, name))
			rc = strs_add(unused, a, name);
	}
	closedir(d);
	return rc < 0 ? err_sys(err, ENOMEM, "list '%s/layers'", e->root) : 0;
}

/* Somebody removes this already, which mostly is what the last rmi left: two would only be in each other's way.  Only where room is
 * scarce it is waited for. */
static bool is_being_removed(int layers, const char *name, int *ret_held)
{
	struct statvfs fs;
	bool scarce = fstatvfs(layers, &fs) < 0 || (uint64_t) fs.f_bavail * fs.f_frsize < 4 * GiB;

	*ret_held = openat(layers, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_held >= 0 && flock(*ret_held, LOCK_EX | (scarce ? 0 : LOCK_NB)) < 0 &&
	       errno == EWOULDBLOCK;
}

int image_sweep(struct engine *e, struct err *err)
{
	auto_close int guard = image_lock(e, err);
	auto_close int layers = guard < 0 ? guard : layers_open(e, err);
	auto_tmp struct image_tmp retired = IMAGE_TMP_INIT;
	auto_arena struct arena a = { 0 };
	struct strs tmps = { 0 }, unused = { 0 };
	int rc;

	if (layers < 0)
		return layers;
	if ((rc = sweep_list(e, layers, &a, &tmps, &unused, err)) < 0 ||
		(rc = layers_retire(e, &unused, &retired, err)) < 0)
		return rc;
	fd_close_p(&guard); /* the slow part needs no lock: nobody else looks at these any more */
	flat_sweep(e);
	for (size_t i = 0; i < tmps.n; i++) {
		auto_close int held = -EBADF;

		if (!is_being_removed(layers, tmps.v[i], &held) && (rc = dir_remove(layers, tmps.v[i])) < 0)
			log_warn("layers/%s: remove: %s", tmps.v[i], strerror(-rc));
	}
	return 0;
}
