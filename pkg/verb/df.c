#include "pkg/verb/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/paths.h"
#include "pkg/image/layers.h"
#include "pkg/util/path.h"
#include "pkg/verb/images.h"

#define DEPTH_MAX 256 /* a level holds a descriptor; 1024 are every process's */

/* Bytes of the regular files below a directory, which a container may be changing: what vanishes is not counted. */
static uint64_t tree_size(int at, const char *name, unsigned depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	uint64_t sum = 0;

	if (!d) {
		fd_close_p(&fd);
		return 0;
	}
	while (depth < DEPTH_MAX && (de = readdir(d))) {
		struct stat st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
			fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += (uint64_t) st.st_size;
		else if (S_ISDIR(st.st_mode))
			sum += tree_size(dirfd(d), de->d_name, depth + 1);
	}
	(void) closedir(d);
	return sum;
}

static uint64_t size_below(struct engine *e, const char *path)
{
	auto_close int fd = path_open(e->root_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);

	return fd < 0 ? 0 : tree_size(fd, ".", 0);
}

static bool has_layer(const struct image_row *m, const char *diff)
{
	for (size_t k = 0; k < m->layers.n; k++)
		if (strcmp(m->layers.v[k], diff) == 0)
			return true;
	return false;
}

/* How many images have the layer; is image i the first of them, and does a container use any? */
static size_t layer_users(
	const struct image_list *l, size_t i, const char *diff, bool *ret_first, bool *ret_used)
{
	size_t n = 0;

	*ret_first = true;
	*ret_used = false;
	for (size_t k = 0; k < l->n; k++) {
		if (!has_layer(&l->v[k], diff))
			continue;
		n++;
		*ret_first = *ret_first && k >= i;
		*ret_used = *ret_used || l->users[k];
	}
	return n;
}

/* Once for each of an image's layers, however often it repeats one. */
static bool is_repeated(const struct image_row *m, size_t k)
{
	for (size_t j = 0; j < k; j++)
		if (strcmp(m->layers.v[j], m->layers.v[k]) == 0)
			return true;
	return false;
}

static int objects_images(struct engine *e, const struct image_list *l, struct arena *a,
	struct df_objects *ret, struct df_row *r, struct err *err)
{
	struct df_image *v = arena_array(a, l->n + 1, sizeof *v);

	if (!v)
		return err_sys(err, ENOMEM, "count images");
	for (size_t i = 0; i < l->n; i++) {
		const struct image_row *m = &l->v[i];
		uint64_t own = strlen(m->config);

		v[i] = (struct df_image){ .id = m->id,
			.name = m->names.n ? m->names.v[0] : NULL,
			.created_us = m->created_us,
			.containers = l->users[i],
			.size = own };
		r->total++;
		r->active += l->users[i] > 0;
		r->size += own;
		r->reclaimable += l->users[i] ? 0 : own;
		for (size_t k = 0; k < m->layers.n; k++) {
			uint64_t size, tar;
			bool first, used;

			if (is_repeated(m, k))
				continue;
			layer_sizes(e, m->layers.v[k], &size, &tar);
			v[i].size += size;
			v[i].shared += layer_users(l, i, m->layers.v[k], &first, &used) > 1 ? size : 0;
			r->size += first ? size : 0;
			r->reclaimable += first && !used ? size : 0;
		}
	}
	ret->image = v;
	ret->n_images = l->n;
	return 0;
}

static int objects_containers(
	struct engine *e, struct arena *a, struct df_objects *ret, struct df_row *r, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	struct df_container *v;
	char path[PATH_TEXT];
	size_t most = 1;
	int rc = pod_set_load(e, &set, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < set.n; i++)
		most += set.v[i].n;
	if (!(v = arena_array(a, most, sizeof *v)))
		return err_sys(err, ENOMEM, "count containers");
	for (size_t i = 0; i < set.n; i++) {
		for (size_t k = 0; k < set.v[i].n; k++) {
			const struct container_spec *c = &set.v[i].ctr[k];
			struct df_container *d = &v[ret->n_containers];
			bool running = ctr_is_running(&set.v[i], k);

			if (c->role == ROLE_INFRA)
				continue;
			*d = (struct df_container){ .id = arena_strdup(a, c->id),
				.image = arena_strdup(a, c->image_id && *c->image_id ? c->image_id : ""),
				.command = arena_strdup(a, c->argv.n ? c->argv.v[0] : ""),
				.state = ctr_word(&set.v[i], k),
				.name = arena_strdup(a, c->name),
				.created_us = set.v[i].ctr_row[k].created_us,
				.size = size_below(
					e, path_ctr_data(path, set.v[i].row.id, set.v[i].ctr_row[k].id)) };
			for (size_t j = 0; j < c->mounts.n; j++)
				d->volumes += LIST_AT(c->mounts, struct mount_spec, j)->type == MOUNT_NAMED;
			if (!d->id || !d->image || !d->command || !d->name)
				return err_sys(err, ENOMEM, "count containers");
			r->total++;
			r->active += running;
			r->size += d->size;
			r->reclaimable += running ? 0 : d->size;
			ret->n_containers++;
		}
	}
	ret->container = v;
	return 0;
}

static int objects_volumes(
	struct engine *e, struct arena *a, struct df_objects *ret, struct df_row *r, struct err *err)
{
	struct volume_row *rows = NULL;
	struct df_volume *v;
	size_t n = 0;
	int rc = store_volumes(e->store, a, &rows, &n, err);

	if (rc < 0)
		return rc;
	if (!(v = arena_array(a, n + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "count volumes");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct strs names = { 0 }, ids = { 0 };
		char path[PATH_TEXT];

		snprintf(path, sizeof path, "volumes/%s", rows[i].name);
		rc = store_volume_users(e->store, rows[i].name, a, &names, &ids, err);
		v[i] = (struct df_volume){
			.name = rows[i].name, .links = ids.n, .size = size_below(e, path)
		};
		r->total++;
		r->active += ids.n > 0;
		r->size += v[i].size;
		r->reclaimable += ids.n ? 0 : v[i].size;
	}
	ret->volume = v;
	ret->n_volumes = n;
	return rc;
}

static int count(
	struct engine *e, struct arena *a, struct df_objects *ret, struct df_row r[3], struct err *err)
{
	struct image_list list = { 0 };
	int rc;

	if ((rc = verb_images(e, NULL, a, &list, err)) < 0 ||
		(rc = objects_images(e, &list, a, ret, &r[0], err)) < 0 ||
		(rc = objects_containers(e, a, ret, &r[1], err)) < 0)
		return rc;
	return objects_volumes(e, a, ret, &r[2], err);
}

int verb_df(struct engine *e, struct df_row ret[3], struct err *err)
{
	struct df_row r[3] = { { .type = "Images" }, { .type = "Containers" }, { .type = "Local Volumes" } };
	auto_arena struct arena a = { 0 };
	struct df_objects o = { 0 };
	int rc = count(e, &a, &o, r, err);

	if (rc == 0)
		memcpy(ret, r, sizeof r);
	return rc;
}

int verb_df_objects(struct engine *e, struct arena *a, struct df_objects *ret, struct err *err)
{
	struct df_row ignored[3] = { 0 };
	struct df_objects o = { 0 };
	int rc = count(e, a, &o, ignored, err);

	if (rc == 0)
		*ret = o;
	return rc;
}

int verb_container_size(struct engine *e, const struct pod *p, size_t i, uint64_t *ret_own, uint64_t *ret_all,
	struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct image_row image = { 0 };
	char path[PATH_TEXT + 8];
	int rc;

	path_ctr_data(path, p->row.id, p->ctr_row[i].id);
	memcpy(path + strlen(path), "/upper", sizeof "/upper");
	if (p->ctr_row[i].image && (rc = store_image_get(e->store, p->ctr_row[i].image, &a, &image, err)) < 0)
		return rc;
	*ret_own = size_below(e, path);
	*ret_all = e->vfs ? *ret_own : *ret_own + image.size; /* a copy has it all */
	return 0;
}
