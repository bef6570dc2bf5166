#include "pkg/image/list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/compose.h"
#include "pkg/image/name.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define EMPTY_LIST "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_OCI_INDEX "\",\"manifests\":[]}"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "manifest list"); }

bool image_row_is_list(const struct image_row *row) { return !row->layers.n && !*row->config; }

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* ---- the document ------------------------------------------------------------------------------------------------------------ */

static int list_read(const struct image_row *list, json_t **ret, struct err *err)
{
	if (!(*ret = json_parse(list->manifest, strlen(list->manifest), err)))
		return err_wrap(err, "manifest list %.12s", list->id);
	return 0;
}

/* Takes v. */
static int list_write(struct engine *e, struct image_row *list, json_t *v, struct arena *a, struct err *err)
{
	auto_free char *text = json_dumps(v, JSON_COMPACT);
	char digest[65];

	json_decref(v);
	if (!text || !(list->manifest = arena_strdup(a, text)))
		return no_memory(err);
	if (strlen(text) > MANIFEST_MAX)
		return err_set(err, ERR_INVALID, "the list would be larger than %lu bytes", MANIFEST_MAX);
	sha256_hex(text, strlen(text), digest);
	if (!(list->digest = arena_printf(a, "sha256:%s", digest)))
		return no_memory(err);
	return store_image_set_manifest(e->store, list->id, list->manifest, list->digest, err);
}

int list_find(struct engine *e, const char *name, struct arena *a, struct image_row *ret, struct err *err)
{
	int rc = image_resolve(e, name, a, ret, err);

	if (rc < 0)
		return rc;
	return image_row_is_list(ret)
		       ? 0
		       : err_set(err, ERR_INVALID, "'%s' is an image, not a manifest list", name);
}

int list_create(struct engine *e, const char *name, bool amend, struct arena *a, struct image_row *ret,
	struct err *err)
{
	struct image_row row = { .created_us = time_now_us(), .config = "", .manifest = EMPTY_LIST };
	struct err ignored = { 0 };
	char id[ID_LEN + 1], digest[65];
	const char *full, *have;
	int rc;

	if ((rc = image_name_local(name, a, &full, err)) < 0)
		return rc;
	if (store_image_by_name(e->store, full, a, &have, &ignored) == 0) {
		if (amend)
			return list_find(e, full, a, ret, err);
		return err_set(err, ERR_EXISTS,
			"image name \"%s\" is already associated with image %.12s: that name is already in "
			"use; use "
			"--amend",
			full, have);
	}
	id_random(id);
	sha256_hex(row.manifest, strlen(row.manifest), digest);
	row.id = arena_strdup(a, id);
	row.digest = arena_printf(a, "sha256:%s", digest);
	row.size = strlen(row.manifest);
	if (!row.id || !row.digest || strs_add(&row.names, a, full) < 0)
		return no_memory(err);
	if ((rc = store_image_add(e->store, &row, err)) < 0)
		return rc;
	*ret = row;
	return 0;
}

/* "sha256:..." or the beginning of its digits; its place, or negative. */
static ssize_t entry_find(const json_t *v, const char *digest, struct err *err)
{
	const json_t *list = json_object_get(v, "manifests");
	const char *want = strncmp(digest, "sha256:", 7) == 0 ? digest + 7 : digest;
	ssize_t found = -1;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *have = text_of(json_array_get(list, i), "digest");

		if (!*want || !have || strncmp(have + strcspn(have, ":") + 1, want, strlen(want)) != 0)
			continue;
		if (found >= 0)
			return err_set(err, ERR_INVALID, "'%s' fits several entries of the list", digest);
		found = (ssize_t) i;
	}
	return found >= 0 ? found : err_set(err, ERR_NOT_FOUND, "the list has no image '%s'", digest);
}

/* ---- entries ------------------------------------------------------------------------------------------------------------------ */

static void set(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		(void) json_object_set_new(o, key, json_string(value));
}

static json_t *member(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	if (!json_is_object(v) && json_object_set_new(o, key, json_object()) == 0)
		v = json_object_get(o, key);
	return v;
}

static void list_set(json_t *o, const char *key, const struct strs *values)
{
	json_t *v = values->n ? json_array() : NULL;

	for (size_t i = 0; i < values->n; i++)
		(void) json_array_append_new(v, json_string(values->v[i]));
	if (v)
		(void) json_object_set_new(o, key, v);
}

static void entry_change(json_t *entry, const struct list_change *c)
{
	json_t *platform;

	if (c->os || c->arch || c->variant || c->os_version || c->features.n || c->os_features.n) {
		platform = member(entry, "platform");
		set(platform, "architecture", c->arch);
		set(platform, "os", c->os);
		set(platform, "os.version", c->os_version);
		list_set(platform, "os.features", &c->os_features);
		set(platform, "variant", c->variant);
		list_set(platform, "features", &c->features);
	}
	for (size_t i = 0; i < c->annotations.n; i++)
		set(member(entry, "annotations"), c->annotations.v[i].key, c->annotations.v[i].value);
}

static json_t *entry_of(const char *type, const char *digest, size_t size, const struct image_config *c)
{
	json_t *v = json_object(), *platform = json_object();

	set(v, "mediaType", type);
	set(v, "digest", digest);
	(void) json_object_set_new(v, "size", json_integer((json_int_t) size));
	set(platform, "architecture", c->architecture);
	set(platform, "os", c->os);
	set(platform, "variant", c->variant);
	(void) json_object_set_new(v, "platform", platform);
	return v;
}

/* Takes entry; one with the same digest is replaced. */
static void entry_put(json_t *v, json_t *entry)
{
	json_t *list = json_object_get(v, "manifests");

	for (size_t i = json_array_size(list); i-- > 0;)
		if (strcmp(text_of(json_array_get(list, i), "digest"), text_of(entry, "digest")) == 0)
			(void) json_array_remove(list, i);
	(void) json_array_append_new(list, entry);
}

/* An image may come again with another manifest, which it then has; what lists call it stays known. */
#define DIGEST_KEY "manifest "

static int add_image(struct engine *e, const struct image_row *row, const struct list_change *c, json_t *v,
	struct arena *a, struct err *err)
{
	struct image_config config = { 0 };
	const char *key;
	json_t *entry;
	int rc;

	if (!*row->manifest)
		return err_set(err, ERR_UNSUPPORTED,
			"image %.12s has no manifest (it was loaded by an older podctl); load it again",
			row->id);
	if ((rc = image_config_parse(row->config, a, &config, err)) < 0)
		return rc;
	entry = entry_of(manifest_kind_of(row) == MANIFEST_DOCKER ? TYPE_DOCKER_MANIFEST : TYPE_OCI_MANIFEST,
		row->digest, strlen(row->manifest), &config);
	entry_change(entry, c);
	entry_put(v, entry);
	if (!(key = arena_printf(a, DIGEST_KEY "%s", row->digest)))
		return no_memory(err);
	return store_meta_set(e->store, key, row->id, err);
}

/* ---- adding -------------------------------------------------------------------------------------------------------------------- */

static int add_pulled(struct engine *e, const struct image_name *n, const struct descriptor *d,
	const struct list_change *c, const struct pull_options *o, json_t *v, struct arena *a,
	struct err *err)
{
	char *ref = arena_printf(a, "%s/%s@sha256:%s", n->host, n->path, d->digest);
	struct pull_options how = *o;
	struct image_row row = { 0 };
	const char *id = NULL;
	json_t *entry;
	int rc;

	if (!ref)
		return no_memory(err);
	how.os = *d->os ? d->os : NULL;
	how.arch = *d->architecture ? d->architecture : NULL;
	how.variant = *d->variant ? d->variant : NULL;
	if ((rc = image_pull(e, ref, &how, a, &id, err)) < 0)
		return rc;
	if ((rc = store_image_get(e->store, id, a, &row, err)) < 0 ||
		(rc = add_image(e, &row, c, v, a, err)) < 0)
		return rc;
	/* the index knows more of the platform than the config */
	entry = json_array_get(
		json_object_get(v, "manifests"), json_array_size(json_object_get(v, "manifests")) - 1);
	if (*d->variant && !c->variant)
		set(member(entry, "platform"), "variant", d->variant);
	return 0;
}

static int add_remote(struct engine *e, const char *ref, bool all, const struct list_change *c,
	const struct pull_options *o, json_t *v, struct arena *a, struct err *err)
{
	const char *text, *full, *name = strncmp(ref, "docker://", 9) == 0 ? ref + 9 : ref;
	const struct descriptor *d;
	struct oci_document doc;
	struct image_row row = { 0 };
	struct image_name n;
	const char *id;
	size_t len;
	int rc;

	if ((rc = image_name_normalize(name, a, &full, err)) < 0 ||
		(rc = image_name_parse(full, a, &n, err)) < 0 ||
		(rc = registry_manifest(e, full, o, a, &text, &len, err)) < 0 ||
		(rc = oci_document_parse(text, len, a, &doc, err)) < 0)
		return rc;
	if (!doc.is_index) {
		struct pull_options how = *o;

		how.arch = c->arch ? c->arch : o->arch;
		if ((rc = image_pull(e, full, &how, a, &id, err)) < 0 ||
			(rc = store_image_get(e->store, id, a, &row, err)) < 0)
			return rc;
		return add_image(e, &row, c, v, a, err);
	}
	if (!all) {
		if (!(d = platform_choose_variant(&doc, c->os ? c->os : "linux",
			      c->arch ? c->arch : platform_arch(), c->variant, err)))
			return -ENOENT;
		return add_pulled(e, &n, d, c, o, v, a, err);
	}
	for (size_t i = 0; i < doc.n_manifests; i++)
		if (!doc.manifests[i].attestation &&
			(rc = add_pulled(e, &n, &doc.manifests[i], c, o, v, a, err)) < 0)
			return err_wrap(err, "image %zu of the index", i);
	return 0;
}

static int add_local(struct engine *e, const struct image_row *row, bool all, const struct list_change *c,
	json_t *v, struct arena *a, struct err *err)
{
	struct pull_options o = { .os = c->os, .arch = c->arch, .variant = c->variant };
	struct image_row one = { 0 };
	json_t *other = NULL, *entry;
	size_t i;
	int rc;

	if (!image_row_is_list(row))
		return add_image(e, row, c, v, a, err);
	if (!all) {
		rc = list_choose(e, row, &o, a, &one, err);
		return rc < 0 ? rc : add_image(e, &one, c, v, a, err);
	}
	if ((rc = list_read(row, &other, err)) < 0)
		return rc;
	json_array_foreach(json_object_get(other, "manifests"), i, entry) entry_put(v, json_deep_copy(entry));
	json_decref(other);
	return 0;
}

int list_add(struct engine *e, struct image_row *list, const char *image, bool all,
	const struct list_change *c, const struct pull_options *o, struct arena *a, struct err *err)
{
	struct image_row row = { 0 };
	const char *id;
	json_t *v;
	int rc = list_read(list, &v, err);

	if (rc < 0)
		return rc;
	if (image_ref_is_local(image)) {
		if ((rc = image_pull_local(e, image, &o->at, o->watch.line, o->watch.ctx, a, &id, err)) ==
				0 &&
			(rc = store_image_get(e->store, id, a, &row, err)) == 0)
			rc = add_local(e, &row, all, c, v, a, err);
	} else if (strncmp(image, "docker://", 9) == 0) {
		rc = add_remote(e, image, all, c, o, v, a, err);
	} else if ((rc = image_resolve(e, image, a, &row, err)) == 0) {
		rc = add_local(e, &row, all, c, v, a, err);
	} else if (err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		rc = add_remote(e, image, all, c, o, v, a, err);
	}
	if (rc < 0) {
		json_decref(v);
		return rc;
	}
	return list_write(e, list, v, a, err);
}

int list_annotate(struct engine *e, struct image_row *list, const char *digest, const struct list_change *c,
	struct arena *a, struct err *err)
{
	json_t *v;
	int rc = list_read(list, &v, err);
	ssize_t i = rc < 0 ? rc : entry_find(v, digest, err);

	if (rc < 0)
		return rc;
	if (i < 0) {
		json_decref(v);
		return (int) i;
	}
	entry_change(json_array_get(json_object_get(v, "manifests"), (size_t) i), c);
	return list_write(e, list, v, a, err);
}

int list_remove(
	struct engine *e, struct image_row *list, const char *digest, struct arena *a, struct err *err)
{
	json_t *v;
	int rc = list_read(list, &v, err);
	ssize_t i = rc < 0 ? rc : entry_find(v, digest, err);

	if (rc < 0)
		return rc;
	if (i < 0) {
		json_decref(v);
		return (int) i;
	}
	(void) json_array_remove(json_object_get(v, "manifests"), (size_t) i);
	return list_write(e, list, v, a, err);
}

/* ---- using ---------------------------------------------------------------------------------------------------------------------- */

static int by_digest(
	struct engine *e, const char *digest, struct arena *a, struct image_row *ret, struct err *err)
{
	struct err ignored = { 0 };
	struct image_row *rows;
	const char *id = NULL, *key;
	size_t n;
	int rc = store_images(e->store, a, &rows, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (strcmp(rows[i].digest, digest) == 0) {
			*ret = rows[i];
			return 0;
		}
	if (rc < 0)
		return rc;
	if ((key = arena_printf(a, DIGEST_KEY "%s", digest)) &&
		store_meta_get(e->store, key, a, &id, &ignored) == 0 && id &&
		store_image_get(e->store, id, a, ret, &ignored) == 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "image %s of the list is not in this store", digest);
}

int list_choose(struct engine *e, const struct image_row *list, const struct pull_options *o, struct arena *a,
	struct image_row *ret, struct err *err)
{
	struct oci_document doc;
	const struct descriptor *d;
	char digest[80];
	int rc;

	if ((rc = oci_document_parse(list->manifest, strlen(list->manifest), a, &doc, err)) < 0)
		return rc;
	if (!doc.n_manifests)
		return err_set(err, ERR_INVALID, "the manifest list is empty");
	if (!(d = platform_choose_variant(&doc, o && o->os ? o->os : "linux",
		      o && o->arch ? o->arch : platform_arch(), o ? o->variant : NULL, err)))
		return -ENOENT;
	(void) snprintf(digest, sizeof digest, "sha256:%s", d->digest);
	return by_digest(e, digest, a, ret, err);
}

/* Its image as it is at the registry: what was compressed on the way has another digest there. */
static int push_entry(struct engine *e, struct pusher *p, json_t *entry, struct arena *a, struct err *err)
{
	struct image_row row = { 0 };
	const char *digest, *type;
	uint64_t size;
	int rc;

	if ((rc = by_digest(e, text_of(entry, "digest"), a, &row, err)) < 0 ||
		(rc = pusher_image(p, &row, NULL, &digest, &size, &type, err)) < 0)
		return rc;
	set(entry, "mediaType", type);
	set(entry, "digest", digest);
	return json_object_set_new(entry, "size", json_integer((json_int_t) size)) == 0 ? 0 : no_memory(err);
}

static int push_all(struct engine *e, struct pusher *p, json_t *v, bool all, const struct push_options *o,
	const char *tag, struct arena *a, const char **ret_digest, struct err *err)
{
	bool docker = o->format && (strcmp(o->format, "v2s2") == 0 || strcmp(o->format, "docker") == 0);
	const char *type = docker ? TYPE_DOCKER_LIST : TYPE_OCI_INDEX;
	auto_free char *text = NULL;
	json_t *entry;
	char digest[65];
	size_t i;
	int rc;

	json_array_foreach(json_object_get(v, "manifests"), i, entry)
	{
		if (all && (rc = push_entry(e, p, entry, a, err)) < 0)
			return rc;
		if (docker)
			(void) json_object_del(entry, "annotations"); /* docker's lists have none */
	}
	set(v, "mediaType", type);
	if (!(text = json_dumps(v, JSON_COMPACT)))
		return no_memory(err);
	sha256_hex(text, strlen(text), digest);
	if (!(*ret_digest = arena_printf(a, "sha256:%s", digest)))
		return no_memory(err);
	return pusher_document(p, text, strlen(text), type, tag, err);
}

int list_push(struct engine *e, const struct image_row *list, const char *to, bool all,
	const struct push_options *o, struct arena *a, const char **ret_digest, struct err *err)
{
	struct pusher *p = NULL;
	struct image_name n;
	const char *full;
	json_t *v = NULL;
	int rc;

	if (strncmp(to, "docker://", 9) == 0)
		to += 9;
	else if (image_ref_is_local(to))
		return err_set(err, ERR_UNSUPPORTED,
			"'%s': a list goes to registries; its images can be saved one by one", to);
	if ((rc = image_name_normalize(to, a, &full, err)) < 0 ||
		(rc = image_name_parse(full, a, &n, err)) < 0)
		return rc;
	if (n.digest || strcmp(n.host, "localhost") == 0)
		return err_set(err, ERR_INVALID, "'%s' is no name to push to", to);
	if ((rc = list_read(list, &v, err)) < 0)
		return rc;
	if ((rc = pusher_open(e, full, o, a, &p, err)) == 0)
		rc = push_all(e, p, v, all, o, n.tag, a, ret_digest, err);
	pusher_close(p);
	json_decref(v);
	return rc < 0 ? err_wrap(err, "push to '%s'", full) : 0;
}
