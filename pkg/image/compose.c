#include "pkg/image/compose.h"

#include <errno.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"

static const char *const oci_suffix[] = { "", "+gzip", "+zstd" };
static const char *const docker_suffix[] = { "", ".gzip", ".zstd" };

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make a manifest"); }

int manifest_kind_parse(const char *word, enum manifest_kind *ret, struct err *err)
{
	if (!word || !*word)
		*ret = MANIFEST_OWN;
	else if (strcmp(word, "oci") == 0)
		*ret = MANIFEST_OCI;
	else if (strcmp(word, "v2s2") == 0 || strcmp(word, "docker") == 0)
		*ret = MANIFEST_DOCKER;
	else if (strcmp(word, "v2s1") == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"manifest type 'v2s1': obsolete and not written; use oci or v2s2");
	else
		return err_set(err, ERR_INVALID,
			"unknown image format \"%s\"; choose one of the supported formats: oci, v2s2", word);
	return 0;
}

static const char *media_type(const json_t *manifest)
{
	const char *t = json_string_value(json_object_get(manifest, "mediaType"));

	return t ? t : "";
}

enum manifest_kind manifest_kind_of(const struct image_row *row)
{
	struct err ignored = { 0 };
	json_t *v = *row->manifest ? json_parse(row->manifest, strlen(row->manifest), &ignored) : NULL;
	const json_t *config = json_object_get(v, "config");
	bool docker = strcmp(media_type(v), TYPE_DOCKER_MANIFEST) == 0 ||
		      (!*media_type(v) && strcmp(media_type(config), TYPE_DOCKER_CONFIG) == 0);

	json_decref(v);
	return docker ? MANIFEST_DOCKER : MANIFEST_OCI;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

int manifest_blobs(
	const struct image_row *row, struct arena *a, struct blob **ret, size_t *ret_n, struct err *err)
{
	struct oci_document doc;
	int rc;

	*ret_n = 0;
	*ret = NULL;
	if (!*row->manifest)
		return 0;
	if ((rc = oci_document_parse(row->manifest, strlen(row->manifest), a, &doc, err)) < 0)
		return rc;
	if (doc.is_index || doc.n_layers != row->layers.n || strcmp(doc.config.digest, row->id) != 0)
		return 0;
	if (!(*ret = arena_array(a, doc.n_layers + 1, sizeof **ret)))
		return no_memory(err);
	for (size_t i = 0; i < doc.n_layers; i++) {
		const struct descriptor *d = &doc.layers[i];
		struct blob *b = &(*ret)[i];

		memcpy(b->digest, d->digest, sizeof b->digest - 1);
		b->size = d->size;
		b->format = ends_with(d->media_type, "zstd")           ? PACK_ZSTD
			    : strcmp(d->digest, row->layers.v[i]) == 0 ? PACK_PLAIN
								       : PACK_GZIP;
	}
	*ret_n = doc.n_layers;
	return 0;
}

static json_t *descriptor(enum manifest_kind kind, json_t *type, const char *digest, uint64_t size)
{
	json_t *d = json_object();

	(void) json_object_set_new(d, "mediaType", type);
	if (kind == MANIFEST_DOCKER) /* in the order their own programs write */
		(void) json_object_set_new(d, "size", json_integer((json_int_t) size));
	(void) json_object_set_new(d, "digest", json_sprintf("sha256:%s", digest));
	if (kind != MANIFEST_DOCKER)
		(void) json_object_set_new(d, "size", json_integer((json_int_t) size));
	return d;
}

static json_t *document(
	const struct image_row *row, const struct blob *layers, enum manifest_kind kind, const json_t *own)
{
	bool docker = kind == MANIFEST_DOCKER;
	json_t *v = json_object(), *list = json_array(), *notes = json_object_get(own, "annotations");

	(void) json_object_set_new(v, "schemaVersion", json_integer(2));
	(void) json_object_set_new(
		v, "mediaType", json_string(docker ? TYPE_DOCKER_MANIFEST : TYPE_OCI_MANIFEST));
	(void) json_object_set_new(v, "config",
		descriptor(kind, json_string(docker ? TYPE_DOCKER_CONFIG : TYPE_OCI_CONFIG), row->id,
			strlen(row->config)));
	for (size_t i = 0; i < row->layers.n; i++)
		(void) json_array_append_new(list,
			descriptor(kind,
				docker ? json_sprintf(TYPE_DOCKER_LAYER "%s",
						 docker_suffix[layers[i].as_gzip ? PACK_GZIP
										 : layers[i].format])
				       : json_sprintf(TYPE_OCI_LAYER "%s", oci_suffix[layers[i].format]),
				layers[i].digest, layers[i].size));
	(void) json_object_set_new(v, "layers", list);
	if (!docker && json_object_size(notes))
		(void) json_object_set(v, "annotations", notes);
	return v;
}

/* The manifest it came with says exactly this. */
static bool own_fits(
	const struct image_row *row, const struct blob *layers, enum manifest_kind kind, struct arena *a)
{
	struct err ignored = { 0 };
	struct blob *own;
	size_t n;

	if ((kind != MANIFEST_OWN && kind != manifest_kind_of(row)) ||
		manifest_blobs(row, a, &own, &n, &ignored) < 0 || !n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(own[i].digest, layers[i].digest) != 0)
			return false;
	return true;
}

int manifest_compose(const struct image_row *row, const struct blob *layers, enum manifest_kind kind,
	struct arena *a, struct composed *ret, struct err *err)
{
	json_t *own = NULL, *v;
	auto_free char *text = NULL;
	bool docker;

	if (own_fits(row, layers, kind, a)) {
		ret->text = row->manifest;
		docker = manifest_kind_of(row) == MANIFEST_DOCKER;
	} else {
		if (kind == MANIFEST_OWN)
			kind = manifest_kind_of(row);
		for (size_t i = 0; i < row->layers.n && kind == MANIFEST_DOCKER; i++)
			if (layers[i].format == PACK_ZSTD) /* docker's format does not know it */
				kind = MANIFEST_OCI;
		docker = kind == MANIFEST_DOCKER;
		if (*row->manifest)
			own = json_parse(row->manifest, strlen(row->manifest), err);
		v = document(row, layers, kind, own);
		text = v ? json_dumps(v, JSON_COMPACT) : NULL;
		json_decref(v);
		json_decref(own);
		if (!text || !(ret->text = arena_strdup(a, text)))
			return no_memory(err);
	}
	ret->len = strlen(ret->text);
	ret->type = docker ? TYPE_DOCKER_MANIFEST : TYPE_OCI_MANIFEST;
	sha256_hex(ret->text, ret->len, ret->digest);
	return 0;
}
