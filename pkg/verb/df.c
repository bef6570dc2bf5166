#include "pkg/verb/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/engine/paths.h"
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

static int df_images(struct engine *e, struct df_row *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct image_list list = { 0 };
	int rc = verb_images(e, NULL, &a, &list, err);

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		r->total++;
		r->active += list.users[i] > 0;
		r->size += list.v[i].size;
		r->reclaimable += list.users[i] ? 0 : list.v[i].size;
	}
	return rc;
}

static int df_containers(struct engine *e, struct df_row *r, struct err *err)
{
	AUTO(pod_set_done) struct pod_set set = { 0 };
	char path[PATH_TEXT];
	int rc = pod_set_load(e, &set, err);

	for (size_t i = 0; rc == 0 && i < set.n; i++) {
		for (size_t k = 0; k < set.v[i].n; k++) {
			bool running = ctr_is_running(&set.v[i], k);
			uint64_t size;

			if (set.v[i].ctr[k].role == ROLE_INFRA)
				continue;
			size = size_below(e, path_ctr_data(path, set.v[i].row.id, set.v[i].ctr_row[k].id));
			r->total++;
			r->active += running;
			r->size += size;
			r->reclaimable += running ? 0 : size;
		}
	}
	return rc;
}

static int df_volumes(struct engine *e, struct df_row *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct volume_row *v = NULL;
	size_t n = 0;
	int rc = store_volumes(e->store, &a, &v, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct strs names = { 0 }, ids = { 0 };
		char path[PATH_TEXT];
		uint64_t size;

		snprintf(path, sizeof path, "volumes/%s", v[i].name);
		size = size_below(e, path);
		rc = store_volume_users(e->store, v[i].name, &a, &names, &ids, err);
		r->total++;
		r->active += ids.n > 0;
		r->size += size;
		r->reclaimable += ids.n ? 0 : size;
	}
	return rc;
}

int verb_df(struct engine *e, struct df_row ret[3], struct err *err)
{
	struct df_row r[3] = { { .type = "Images" }, { .type = "Containers" }, { .type = "Local Volumes" } };
	int rc;

	if ((rc = df_images(e, &r[0], err)) < 0 || (rc = df_containers(e, &r[1], err)) < 0 ||
		(rc = df_volumes(e, &r[2], err)) < 0)
		return rc;
	memcpy(ret, r, sizeof r);
	return 0;
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
	*ret_all = *ret_own + image.size;
	return 0;
}
