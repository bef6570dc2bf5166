/* Rows of images: their names, their layers, who uses them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/store/store_db.h"

static int no_such_image(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no such image '%s'", name);
}

int store_image_add(struct store *s, const struct image_row *i, struct err *err)
{
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	rc = query_run(s, Q_IMAGE_ADD, err, "ttiitt", i->id, i->digest ? i->digest : "",
		(int64_t) i->created_us, (int64_t) i->size, i->config, i->manifest ? i->manifest : "");
	for (size_t k = 0; k < i->layers.n && rc >= 0; k++)
		rc = query_run(s, Q_IMAGE_LAYER_ADD, err, "tit", i->id, (int64_t) k, i->layers.v[k]);
	for (size_t k = 0; k < i->names.n && rc >= 0; k++)
		rc = query_run(s, Q_IMAGE_NAME_SET, err, "tt", i->names.v[k], i->id);
	return txn_end(s, rc, err);
}

static int list_of(
	struct store *s, enum query query, const char *id, struct arena *a, struct strs *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, query, err, "t", id);

	return q ? query_strs(s, q, a, ret, err) : -EIO;
}

static int read_row(sqlite3_stmt *q, struct arena *a, struct image_row *ret, struct err *err)
{
	struct image_row i = {
		.created_us = (uint64_t) sqlite3_column_int64(q, 2),
		.size = (uint64_t) sqlite3_column_int64(q, 3),
	};
	int rc;

	if ((rc = column_text(q, 0, a, &i.id, err)) < 0 || (rc = column_text(q, 1, a, &i.digest, err)) < 0 ||
		(rc = column_text(q, 4, a, &i.config, err)) < 0 ||
		(rc = column_text(q, 5, a, &i.manifest, err)) < 0)
		return rc;
	*ret = i;
	return 0;
}

static int read_image(
	struct store *s, sqlite3_stmt *q, struct arena *a, struct image_row *ret, struct err *err)
{
	struct image_row i = { 0 };
	int rc;

	if ((rc = read_row(q, a, &i, err)) < 0 ||
		(rc = list_of(s, Q_IMAGE_NAMES, i.id, a, &i.names, err)) < 0 ||
		(rc = list_of(s, Q_IMAGE_LAYERS, i.id, a, &i.layers, err)) < 0)
		return rc;
	*ret = i;
	return 0;
}

int store_image_get(struct store *s, const char *id, struct arena *a, struct image_row *ret, struct err *err)
{
	for (struct store *at = s; at; at = at->next) {
		auto_query sqlite3_stmt *q = query_bind(at, Q_IMAGE_GET, err, "t", id);
		int rc = q ? query_step(at, q, err) : -EIO;

		if (rc == 0)
			continue;
		if (rc > 0 && (rc = read_image(at, q, a, ret, err)) == 0)
			ret->read_only = at != s;
		return rc;
	}
	return no_such_image(id, err);
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct image_row *const *) a)->id, (*(struct image_row *const *) b)->id);
}

/* Names or layers of all images at once: both lists are in the order of ids. */
static int lists_fill(struct store *s, enum query query, struct image_row **sorted, size_t n, bool names,
	struct arena *a, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, query, err, "");
	size_t i = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		const char *id = (const char *) sqlite3_column_text(q, 0);
		const char *text = (const char *) sqlite3_column_text(q, 1);

		if (!id || !text)
			continue;
		while (i < n && strcmp(sorted[i]->id, id) < 0)
			i++;
		if (i < n && strcmp(sorted[i]->id, id) == 0 &&
			strs_add(names ? &sorted[i]->names : &sorted[i]->layers, a, text) < 0)
			return err_sys(err, ENOMEM, "list images");
	}
	return rc;
}

static int rows_complete(struct store *s, struct image_row *rows, size_t n, struct arena *a, struct err *err)
{
	struct image_row **sorted = arena_array(a, n + 1, sizeof(struct image_row *));
	int rc;

	if (!sorted)
		return err_sys(err, ENOMEM, "list images");
	for (size_t i = 0; i < n; i++)
		sorted[i] = &rows[i];
	qsort(sorted, n, sizeof(struct image_row *), by_id);
	rc = lists_fill(s, Q_IMAGE_NAMES_ALL, sorted, n, true, a, err);
	return rc < 0 ? rc : lists_fill(s, Q_IMAGE_LAYERS_ALL, sorted, n, false, a, err);
}

int store_image_uses(struct store *s, const struct image_row *rows, size_t n, size_t *ret, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_IMAGE_USES, err, "");
	int rc = q ? 0 : -EIO;

	memset(ret, 0, n * sizeof *ret);
	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		const char *id = (const char *) sqlite3_column_text(q, 0);

		for (size_t i = 0; id && i < n; i++)
			if (strcmp(rows[i].id, id) == 0)
				ret[i] = (size_t) sqlite3_column_int64(q, 1);
	}
	return rc < 0 ? rc : 0;
}

static int images_of(struct store *s, enum query query, struct arena *a, struct image_row **ret,
	size_t *ret_n, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, query, err, "");
	struct image_row *rows = NULL;
	size_t n = 0, cap = 0;
	int rc = q ? 0 : -EIO;

	while (rc >= 0 && (rc = query_step(s, q, err)) > 0) {
		if (n == cap) {
			struct image_row *more = arena_array(a, cap = cap ? cap * 2 : 8, sizeof *more);

			if (!more)
				return err_sys(err, ENOMEM, "list images");
			if (n)
				memcpy(more, rows, n * sizeof *more);
			rows = more;
		}
		rc = read_row(q, a, &rows[n++], err);
	}
	if (rc < 0 || (rc = rows_complete(s, rows, n, a, err)) < 0)
		return rc;
	*ret = rows;
	*ret_n = n;
	return 0;
}

static bool has_id(const struct image_row *rows, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].id, id) == 0)
			return true;
	return false;
}

static int images_of_all(struct store *s, enum query query, struct arena *a, struct image_row **ret,
	size_t *ret_n, struct err *err)
{
	int rc = images_of(s, query, a, ret, ret_n, err);

	for (struct store *at = s->next; at && rc == 0; at = at->next) {
		struct image_row *more = NULL, *all;
		size_t n = 0;

		if ((rc = images_of(at, query, a, &more, &n, err)) < 0 || !n)
			continue;
		if (!(all = arena_array(a, *ret_n + n, sizeof *all)))
			return err_sys(err, ENOMEM, "list images");
		if (*ret_n)
			memcpy(all, *ret, *ret_n * sizeof *all);
		*ret = all;
		for (size_t i = 0; i < n; i++) {
			more[i].read_only = true;
			if (!has_id(all, *ret_n, more[i].id))
				all[(*ret_n)++] = more[i];
		}
	}
	return rc < 0 ? rc : 0;
}

int store_images(struct store *s, struct arena *a, struct image_row **ret, size_t *ret_n, struct err *err)
{
	return images_of_all(s, Q_IMAGES, a, ret, ret_n, err);
}

int store_image_heads(
	struct store *s, struct arena *a, struct image_row **ret, size_t *ret_n, struct err *err)
{
	return images_of_all(s, Q_IMAGE_HEADS, a, ret, ret_n, err);
}

int store_image_by_name(
	struct store *s, const char *name, struct arena *a, const char **ret_id, struct err *err)
{
	for (; s; s = s->next) {
		auto_query sqlite3_stmt *q = query_bind(s, Q_IMAGE_NAME_GET, err, "t", name);
		int rc = q ? query_step(s, q, err) : -EIO;

		if (rc)
			return rc < 0 ? rc : column_text(q, 0, a, ret_id, err);
	}
	return no_such_image(name, err);
}

static int by_prefix(struct store *s, const char *prefix, const char *end, struct arena *a,
	const char **ret_id, struct err *err)
{
	auto_query sqlite3_stmt *q = NULL;
	const char *id;
	int rc;

	if (!(q = query_bind(s, Q_IMAGE_FIND, err, "tt", prefix, end)))
		return -EIO;
	if ((rc = query_step(s, q, err)) == 0)
		return no_such_image(prefix, err);
	if (rc < 0 || (rc = column_text(q, 0, a, &id, err)) < 0 || (rc = query_step(s, q, err)) < 0)
		return rc;
	if (rc > 0)
		return err_set(
			err, ERR_INVALID, "the id '%s' fits more than one image; give more digits", prefix);
	*ret_id = id;
	return 0;
}

int store_image_by_prefix(
	struct store *s, const char *prefix, struct arena *a, const char **ret_id, struct err *err)
{
	char end[66];
	int rc;

	if (!id_range(prefix, end))
		return no_such_image(prefix, err);
	for (;; s = s->next) {
		rc = by_prefix(s, prefix, end, a, ret_id, err);
		if (rc >= 0 || err->kind != ERR_NOT_FOUND || !s->next)
			return rc;
		err_clear(err);
	}
}

static int image_tag(struct store *s, const char *id, const char *name, struct err *err)
{
	auto_query sqlite3_stmt *q = query_bind(s, Q_IMAGE_EXISTS, err, "t", id);
	int rc = q ? query_step(s, q, err) : -EIO;

	if (rc == 0)
		return no_such_image(id, err);
	return rc < 0 ? rc : query_run(s, Q_IMAGE_NAME_SET, err, "tt", name, id);
}

int store_image_tag(struct store *s, const char *id, const char *name, struct err *err)
{
	int rc = txn_start(s, err);

	return rc < 0 ? rc : txn_end(s, image_tag(s, id, name, err), err);
}

int store_image_set_manifest(
	struct store *s, const char *id, const char *manifest, const char *digest, struct err *err)
{
	int rc = query_run(
		s, Q_IMAGE_MANIFEST_SET, err, "ttti", id, manifest, digest, (int64_t) strlen(manifest));

	return rc == 0 ? no_such_image(id, err) : rc < 0 ? rc : 0;
}

int store_image_untag(struct store *s, const char *name, struct err *err)
{
	int rc = query_run(s, Q_IMAGE_NAME_DEL, err, "t", name);

	if (rc == 0)
		return no_such_image(name, err);
	return rc < 0 ? rc : 0;
}

int store_image_users(struct store *s, const char *id, struct arena *a, struct strs *ret, struct err *err)
{
	return list_of(s, Q_IMAGE_USERS, id, a, ret, err);
}

int store_image_del(
	struct store *s, const char *id, struct arena *a, struct strs *ret_layers, struct err *err)
{
	static const enum query steps[] = { Q_IMAGE_NAMES_DEL, Q_IMAGE_LAYERS_DEL, Q_IMAGE_DEL };
	struct strs layers = { 0 };
	int rc = txn_start(s, err);

	if (rc < 0)
		return rc;
	rc = list_of(s, Q_IMAGE_LAYERS_ALONE, id, a, &layers, err);
	for (size_t i = 0; i < LEN(steps) && rc >= 0; i++)
		rc = query_run(s, steps[i], err, "t", id);
	if (rc == 0) /* the row itself was not there */
		rc = no_such_image(id, err);
	if ((rc = txn_end(s, rc, err)) == 0 && ret_layers)
		*ret_layers = layers;
	return rc;
}

bool store_layer_used(struct store *s, const char *diff_id)
{
	struct err ignored = { 0 };
	auto_query sqlite3_stmt *q = query_bind(s, Q_LAYER_USED, &ignored, "t", diff_id);

	/* when it cannot be told, the layer stays */
	return !q || query_step(s, q, &ignored) != 0;
}
