/* Images that are here: found by what people type, tagged, removed, and their layers for a start. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "pkg/engine/mounts.h"
#include "pkg/engine/paths.h"
#include "pkg/image/flat.h"
#include "pkg/image/layers.h"
#include "pkg/image/mount.h"
#include "pkg/image/name.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

#define PREFIX_MAX 64

static bool is_hex(const char *s) { return *s && s[strspn(s, "0123456789abcdef")] == '\0'; }

/* 1: found, 0: not, negative: a failure. */
static int found(int rc, struct err *err)
{
	if (rc >= 0)
		return 1;
	if (err->kind != ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	return 0;
}

static bool ends_with_path(const char *name, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);

	return n > t && strcmp(name + n - t, tail) == 0 && name[n - t - 1] == '/';
}

/* A name whose last components are those given: "web" finds quay.io/team/web:latest. */
static int by_tail(struct engine *e, const struct image_name *n, const char *ref, struct arena *a,
	const char **ret, struct err *err)
{
	const char *tag = n->tag ? n->tag : n->digest ? NULL : "latest";
	char *tail = arena_printf(a, "%s%s%s%s%s", n->path, tag ? ":" : "", tag ? tag : "",
		n->digest ? "@" : "", n->digest ? n->digest : "");
	const char *id = NULL, *name = NULL;
	struct image_row *rows;
	size_t count;
	int rc;

	if (!tail)
		return err_sys(err, ENOMEM, "find image");
	if ((rc = store_image_heads(e->store, a, &rows, &count, err)) < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rows[i].names.n; k++) {
			if (!ends_with_path(rows[i].names.v[k], tail))
				continue;
			if (id && strcmp(id, rows[i].id) != 0)
				return err_set(err, ERR_INVALID, "image name '%s' is ambiguous: %s or %s",
					ref, name, rows[i].names.v[k]);
			id = rows[i].id;
			name = rows[i].names.v[k];
		}
	if (!id)
		return 0;
	*ret = id;
	return 1;
}

/* NAME@sha256:... names the manifest: any image with that digest and a name in that repository. */
static int by_digest(
	struct engine *e, const struct image_name *n, struct arena *a, const char **ret, struct err *err)
{
	struct image_row *rows;
	size_t count;
	int rc;

	if ((rc = store_image_heads(e->store, a, &rows, &count, err)) < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].digest, n->digest) != 0)
			continue;
		for (size_t k = 0; k < rows[i].names.n; k++) {
			struct image_name have;

			if (image_name_parse(rows[i].names.v[k], a, &have, err) == 0 &&
				(!n->host || strcmp(have.host, n->host) == 0) &&
				(strcmp(have.path, n->path) == 0 ||
					(!n->host && ends_with_path(have.path, n->path)))) {
				*ret = rows[i].id;
				return 1;
			}
		}
	}
	return 0;
}

static int by_name(struct engine *e, const char *ref, struct arena *a, const char **ret, struct err *err)
{
	struct image_name n;
	const char *full;
	int rc;

	if ((rc = image_name_parse(ref, a, &n, err)) < 0)
		return rc;
	if (n.host) {
		if ((rc = image_name_normalize(ref, a, &full, err)) < 0)
			return rc;
		rc = found(store_image_by_name(e->store, full, a, ret, err), err);
		return rc == 0 && n.digest ? by_digest(e, &n, a, ret, err) : rc;
	}
	if ((rc = image_name_local(ref, a, &full, err)) < 0 ||
		(rc = found(store_image_by_name(e->store, full, a, ret, err), err)) != 0)
		return rc;
	if ((rc = image_name_normalize(ref, a, &full, err)) < 0 ||
		(rc = found(store_image_by_name(e->store, full, a, ret, err), err)) != 0)
		return rc;
	if (n.digest && (rc = by_digest(e, &n, a, ret, err)) != 0)
		return rc;
	return by_tail(e, &n, ref, a, ret, err);
}

static int find(struct engine *e, const char *ref, struct arena *a, const char **ret_id, bool *ret_by_id,
	struct err *err)
{
	const char *id = strncmp(ref, "sha256:", 7) == 0 ? ref + 7 : ref;
	int rc;

	*ret_by_id = false;
	if (id != ref || id_is_valid(id)) {
		rc = is_hex(id) && strlen(id) <= PREFIX_MAX
			     ? found(store_image_by_prefix(e->store, id, a, ret_id, err), err)
			     : 0;
		*ret_by_id = rc > 0;
	} else if ((rc = by_name(e, ref, a, ret_id, err)) == 0 && is_hex(ref) && strlen(ref) <= PREFIX_MAX) {
		/* a name goes before a prefix: "cafe" may be both */
		rc = found(store_image_by_prefix(e->store, ref, a, ret_id, err), err);
		*ret_by_id = rc > 0;
	}
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			"%s: image not known: not found locally; podctl pull, load or import it first", ref);
	return rc < 0 ? rc : 0;
}

int image_resolve(struct engine *e, const char *ref, struct arena *a, struct image_row *ret, struct err *err)
{
	const char *id;
	bool by_id;
	int rc = find(e, ref, a, &id, &by_id, err);

	return rc < 0 ? rc : store_image_get(e->store, id, a, ret, err);
}

/* The layer hides all that are below it: its archive had .wh..wh..opq at the top. */
static bool layer_hides_all(struct engine *e, int fd)
{
	char v[2];

	return fgetxattr(fd, e->in_userns ? "user.overlay.opaque" : "trusted.overlay.opaque", v, sizeof v) ==
		       1 &&
	       v[0] == 'y';
}

/* Images repeat layers (the empty one, mostly), and overlay refuses a directory that is named twice.  The upper one of two
 * says all that the lower one could: its files are there again, its whiteouts hide the same. */
static bool layer_repeats(const struct image_row *img, size_t i)
{
	for (size_t k = i + 1; k < img->layers.n; k++)
		if (strcmp(img->layers.v[k], img->layers.v[i]) == 0)
			return true;
	return false;
}

int image_lowers(
	struct engine *e, const struct image_row *img, struct arena *a, struct strs *ret, struct err *err)
{
	const char *flat;
	int rc;

	if (e->vfs && img->layers.n) {
		if ((rc = image_flat(e, img, a, &flat, err)) < 0)
			return rc;
		return strs_add(ret, a, flat) < 0 ? err_sys(err, ENOMEM, "image layers") : 0;
	}
	for (size_t i = img->layers.n; i-- > 0;) {
		const char *diff = img->layers.v[i], *root;
		/* O_PATH would not do: fgetxattr wants an open file */
		auto_close int fd = layer_path_open(e, diff, O_RDONLY | O_DIRECTORY, &root);
		char rel[PATH_TEXT];

		if (layer_repeats(img, i))
			continue;
		if (fd == -ENOENT)
			return err_set(err, ERR_CORRUPT,
				"image %.12s: its layer %.12s is gone; remove and load the image again",
				img->id, diff);
		if (fd < 0)
			return err_sys(err, -fd, "image %.12s: open layer %.12s", img->id, diff);
		if (strs_addf(ret, a, "%s/%s", root, path_layer(rel, diff)) < 0)
			return err_sys(err, ENOMEM, "image layers");
		if (layer_hides_all(e, fd))
			break;
	}
	return 0;
}

int image_tag(struct engine *e, const char *ref, const char *name, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct image_name n;
	struct image_row row;
	const char *id, *full;
	bool by_id;
	int rc;

	if ((rc = image_name_parse(name, &a, &n, err)) < 0)
		return rc;
	if (n.digest)
		return err_set(err, ERR_INVALID, "'%s': a new name cannot have a digest", name);
	if ((rc = image_name_local(name, &a, &full, err)) < 0 ||
		(rc = find(e, ref, &a, &id, &by_id, err)) < 0 ||
		(rc = store_image_get(e->store, id, &a, &row, err)) < 0)
		return rc;
	if (!row.read_only)
		return store_image_tag(e->store, id, full, err);
	/* of a store that is only read: it becomes one of ours, whose layers are there */
	if (strs_add(&row.names, &a, full) < 0)
		return err_sys(err, ENOMEM, "tag an image");
	return store_image_add(e->store, &row, err);
}

/* ---- removal ---------------------------------------------------------------------------------------------------------- */

static int users_check(struct engine *e, const struct image_row *img, struct arena *a, struct err *err)
{
	struct strs users = { 0 };
	char *list = "";
	int rc = store_image_users(e->store, img->id, a, &users, err);

	if (rc < 0 || !users.n)
		return rc;
	for (size_t i = 0; i < users.n && list; i++)
		list = arena_printf(a, "%s%s%s", list, i ? ", " : "", users.v[i]);
	return err_set(err, ERR_STATE,
		"image %.12s is in use by container %s; remove it first, or use --force", img->id,
		list ? list : users.v[0]);
}

static int mount_check(struct engine *e, const struct image_row *img, bool force, struct err *err)
{
	int rc;

	if (!mounts_has(e, MOUNTS_OF_IMAGES, img->id))
		return 0;
	if (!force)
		return err_set(err, ERR_STATE,
			"image %.12s is mounted; podctl image unmount it, or use --force", img->id);
	return (rc = mounts_remove(e, MOUNTS_OF_IMAGES, img->id, err)) < 0 ? rc : 0;
}

static int delete (struct engine *e, const struct image_row *img, bool force, struct arena *a,
	struct strs *ret, struct err *err)
{
	auto_tmp struct image_tmp retired = IMAGE_TMP_INIT; /* deletes the layers after the lock is free */
	auto_close int guard = image_lock(e, err);
	struct strs layers = { 0 };
	bool large;
	int rc;

	if (guard < 0)
		return guard;
	large = layers_are_large(e, &img->layers);
	if ((rc = users_check(e, img, a, err)) < 0 || (rc = mount_check(e, img, force, err)) < 0 ||
		(rc = store_image_del(e->store, img->id, a, &layers, err)) < 0 ||
		(rc = layers_retire(e, &layers, &retired, err)) < 0)
		return rc;
	fd_close_p(&guard);
	if (large)
		layers_leave(e, &retired); /* nobody is to wait until all of it is deleted */
	for (size_t i = 0; i < img->names.n; i++)
		if (strs_addf(ret, a, "Untagged: %s", img->names.v[i]) < 0)
			return err_sys(err, ENOMEM, "remove image");
	return strs_addf(ret, a, "Deleted: %s", img->id) < 0 ? err_sys(err, ENOMEM, "remove image") : 0;
}

const char *image_name_meant(const struct image_row *img, const char *ref, struct arena *a)
{
	struct err ignored = { 0 };
	struct image_name n;
	const char *full, *tail, *match = NULL;

	if (image_name_local(ref, a, &full, &ignored) == 0)
		for (size_t i = 0; i < img->names.n; i++)
			if (strcmp(img->names.v[i], full) == 0)
				return img->names.v[i];
	if (image_name_normalize(ref, a, &full, &ignored) == 0)
		for (size_t i = 0; i < img->names.n; i++)
			if (strcmp(img->names.v[i], full) == 0)
				return img->names.v[i];
	if (image_name_parse(ref, a, &n, &ignored) < 0 || n.digest ||
		!(tail = arena_printf(a, "%s:%s", n.path, n.tag ? n.tag : "latest")))
		return NULL;
	for (size_t i = 0; i < img->names.n; i++)
		if (ends_with_path(img->names.v[i], tail)) {
			if (match)
				return NULL;
			match = img->names.v[i];
		}
	return match;
}

int image_remove(
	struct engine *e, const char *ref, bool force, struct arena *a, struct strs *ret, struct err *err)
{
	struct image_row img;
	const char *id, *name;
	bool by_id;
	int rc;

	if ((rc = find(e, ref, a, &id, &by_id, err)) < 0 ||
		(rc = store_image_get(e->store, id, a, &img, err)) < 0)
		return rc;
	if (img.read_only)
		return err_set(err, ERR_DENIED,
			"image %.12s is in an additional image store, which is only read; it cannot be "
			"removed "
			"here",
			img.id);
	if (by_id && img.names.n > 1 && !force)
		return err_set(err, ERR_STATE,
			"unable to delete image \"%s\" by ID with more than one tag (%s, %s%s): please force "
			"removal "
			"with --force, or remove the names one by one",
			img.id, img.names.v[0], img.names.v[1], img.names.n > 2 ? " ..." : "");
	name = by_id ? NULL : image_name_meant(&img, ref, a);
	if (name && img.names.n > 1) {
		if ((rc = store_image_untag(e->store, name, err)) < 0)
			return rc;
		return strs_addf(ret, a, "Untagged: %s", name) < 0 ? err_sys(err, ENOMEM, "remove image") : 0;
	}
	return delete (e, &img, force, a, ret, err);
}
