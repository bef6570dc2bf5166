#include "pkg/verb/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/engine/paths.h"
#include "pkg/image/layers.h"
#include "pkg/image/list.h"
#include "pkg/image/pack.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/images.h"

struct check {
	struct engine *e;
	const struct check_request *r;
	struct check_result sum;
	struct arena a;
	struct strs good, bad; /* layers that were looked at */
};

/* Says what was found; mended: it is no more. */
static void tell(struct check *c, bool mended, const char *line)
{
	c->sum.damaged++;
	c->sum.left += !mended;
	c->r->found(c->r->ctx, line ? line : "out of memory", mended);
}

static bool has(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

/* ---- layers ------------------------------------------------------------------------------------------------------------- */

/* NULL: all is well; else what is wrong. */
static const char *layer_fault(struct check *c, const char *diff)
{
	auto_close int dir = -EBADF, recipe = -EBADF, null = -EBADF;
	const struct pack_how how = { .format = PACK_PLAIN };
	struct pack_result r;
	struct err err = { 0 };

	if (layer_open(c->e, diff, &dir, &recipe, &err) < 0)
		return arena_strdup(&c->a, err.msg);
	if (c->r->quick || recipe < 0)
		return NULL;
	if (c->r->until_us && time_mono_us() > c->r->until_us) {
		c->sum.not_read++;
		return NULL;
	}
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0)
		return "/dev/null cannot be opened";
	return pack_layer(c->e, diff, &how, null, &r, &err) < 0 ? arena_strdup(&c->a, err.msg) : NULL;
}

static bool layer_is_good(struct check *c, const struct image_row *m, const char *diff)
{
	const char *why;

	if (has(&c->good, diff) || has(&c->bad, diff))
		return has(&c->good, diff);
	why = layer_fault(c, diff);
	(void) strs_add(why ? &c->bad : &c->good, &c->a, diff);
	if (why)
		tell(c, false, arena_printf(&c->a, "image %.12s: %s", m->id, why));
	return !why;
}

/* ---- images ------------------------------------------------------------------------------------------------------------- */

static bool documents_are_good(struct check *c, const struct image_row *m)
{
	const char *text = image_row_is_list(m) ? m->manifest : m->config;
	struct image_config config = { 0 };
	struct err err = { 0 };
	char hex[65];

	if (image_row_is_list(m)) /* its id is its first manifest's: only its text can be looked at */
		return true;
	sha256_hex(text, strlen(text), hex);
	if (strcmp(hex, m->id) != 0) {
		tell(c, false,
			arena_printf(&c->a, "image %.12s: its config has digest sha256:%.12s", m->id, hex));
		return false;
	}
	if (image_config_parse(m->config, &c->a, &config, &err) < 0) {
		tell(c, false, arena_printf(&c->a, "image %.12s: %s", m->id, err.msg));
		return false;
	}
	if (m->manifest && *m->manifest && m->digest && !strncmp(m->digest, "sha256:", 7)) {
		sha256_hex(m->manifest, strlen(m->manifest), hex);
		if (strcmp(hex, m->digest + 7) != 0) {
			tell(c, false,
				arena_printf(&c->a, "image %.12s: its manifest has digest sha256:%.12s",
					m->id, hex));
			return false;
		}
	}
	return true;
}

/* true: it is gone. */
static bool image_mend(struct check *c, const struct image_row *m, size_t users)
{
	const char *name = m->names.n ? m->names.v[0] : m->id;
	struct strs lines = { 0 };
	struct err err = { 0 };

	if (!c->r->repair)
		return false;
	if (users && !c->r->force) {
		c->r->found(c->r->ctx,
			arena_printf(&c->a,
				"image %.12s: %zu container(s) use it; --force removes them with it", m->id,
				users),
			false);
		return false;
	}
	/* its names go first: with one left the id alone removes it */
	for (size_t i = 1; i < m->names.n; i++)
		(void) store_image_untag(c->e->store, m->names.v[i], &err);
	if (verb_rmi(c->e, m->id, true, &c->a, &lines, &err) < 0) {
		c->r->found(c->r->ctx, err.msg, false);
		return false;
	}
	c->r->found(
		c->r->ctx, arena_printf(&c->a, "image %.12s: removed; podctl pull %s", m->id, name), true);
	return true;
}

static int images_check(struct check *c, struct err *err)
{
	struct image_list list = { 0 };
	int rc = verb_images(c->e, NULL, &c->a, &list, err);

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		const struct image_row *m = &list.v[i];
		size_t before = c->sum.damaged;
		bool good = documents_are_good(c, m);

		for (size_t k = 0; k < m->layers.n; k++)
			good = layer_is_good(c, m, m->layers.v[k]) && good;
		if (good)
			continue;
		if (c->sum.damaged == before) /* another image has told of that layer */
			tell(c, false, arena_printf(&c->a, "image %.12s: shares a damaged layer", m->id));
		if (image_mend(c, m, list.users[i]))
			c->sum.left -= c->sum.damaged - before;
	}
	return rc;
}

/* ---- containers, volumes ------------------------------------------------------------------------------------------------ */

/* Another command makes or removes it, or just has: its row comes before its directory, and goes after it. */
static bool is_under_way(struct check *c, const char *pod)
{
	int state = store_pod_state(c->e->store, pod);

	return state == -ENOENT || state == ROW_CREATING || state == ROW_REMOVING;
}

static int containers_check(struct check *c, struct err *err)
{
	struct ctr_row *rows = NULL;
	size_t n = 0;
	int rc = store_ctrs(c->e->store, NULL, &c->a, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char path[PATH_TEXT];
		auto_close int dir = path_open(
			c->e->root_fd, path_pod(path, rows[i].pod), PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
		struct image_row image;
		struct err one = { 0 };
		struct target t = { .asked = rows[i].name, .id = rows[i].id, .pod = rows[i].pod };
		const char *why = NULL;

		if (dir < 0 && is_under_way(c, rows[i].pod))
			continue;
		if (dir < 0)
			why = arena_printf(&c->a, "container %s: its directory is gone", rows[i].name);
		else if (rows[i].image && *rows[i].image &&
			 store_image_get(c->e->store, rows[i].image, &c->a, &image, &one) < 0)
			why = arena_printf(&c->a, "container %s: %s", rows[i].name, one.msg);
		if (!why)
			continue;
		err_clear(&one);
		tell(c,
			c->r->repair && c->r->force &&
				verb_remove(c->e, &t, &(struct remove_request){ .force = true }, &one) >= 0,
			why);
	}
	return rc;
}

static int volumes_check(struct check *c, struct err *err)
{
	struct volume_row *rows = NULL;
	size_t n = 0;
	int rc = store_volumes(c->e->store, &c->a, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char path[PATH_TEXT];
		auto_close int dir = -EBADF, made = -EBADF;

		snprintf(path, sizeof path, "volumes/%s", rows[i].name);
		if ((dir = path_open(c->e->root_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) >= 0)
			continue;
		if (c->r->repair)
			made = dir_make(c->e->root_fd, path, 0755);
		tell(c, made >= 0,
			arena_printf(&c->a, "volume %s: its directory is gone%s", rows[i].name,
				made >= 0 ? ", an empty one was made" : ""));
	}
	return rc;
}

/* ---- what belongs to nothing --------------------------------------------------------------------------------------------- */

/* Directories of 'where' whose name no row has. */
static int strays_check(struct check *c, const char *where, bool (*known)(struct check *c, const char *name),
	const char *what, struct strs *ret, struct err *err)
{
	int fd = path_open(c->e->root_fd, where, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return 0;
	}
	while (rc == 0 && (de = readdir(d)))
		if (de->d_name[0] != '.' && !known(c, de->d_name) &&
			(rc = strs_add(ret, &c->a, de->d_name)) == 0)
			tell(c, c->r->repair, arena_printf(&c->a, "%s/%s: %s", where, de->d_name, what));
	(void) closedir(d);
	return rc < 0 ? err_sys(err, ENOMEM, "list '%s/%s'", c->e->root, where) : 0;
}

static bool layer_known(struct check *c, const char *name)
{
	char id[ID_LEN + 1];

	if (strlen(name) < ID_LEN)
		return true; /* lock, claims; tmp- directories are a running command's, or go with the next sweep */
	memcpy(id, name, ID_LEN);
	id[ID_LEN] = '\0';
	return !id_is_valid(id) || store_layer_used(c->e->store, id);
}

static bool pod_known(struct check *c, const char *name)
{
	return !id_is_valid(name) || store_pod_state(c->e->store, name) != -ENOENT;
}

static int strays(struct check *c, struct err *err)
{
	struct strs layers = { 0 }, pods = { 0 };
	int rc = strays_check(c, "layers", layer_known, "no image has this layer", &layers, err);

	if (rc == 0)
		rc = strays_check(c, "pods", pod_known, "no pod has this directory", &pods, err);
	if (rc < 0 || !c->r->repair)
		return rc;
	if (layers.n && (rc = image_sweep(c->e, err)) < 0)
		return rc;
	if (pods.n)
		pod_tidy(c->e);
	return 0;
}

int verb_check(struct engine *e, const struct check_request *r, struct check_result *ret, struct err *err)
{
	struct check c = { .e = e, .r = r };
	struct strs faults = { 0 };
	int rc = store_check(e->store, r->quick, &c.a, &faults, err);

	for (size_t i = 0; rc == 0 && i < faults.n; i++)
		tell(&c, false, arena_printf(&c.a, "database: %s", faults.v[i]));
	if (rc == 0 && (rc = images_check(&c, err)) == 0 && (rc = containers_check(&c, err)) == 0 &&
		(rc = volumes_check(&c, err)) == 0)
		rc = strays(&c, err);
	*ret = c.sum;
	arena_done(&c.a);
	return rc < 0 ? rc : 0;
}
