/* podman's image inspect document. */
#include <errno.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/history.h"
#include "pkg/image/layers.h"
#include "pkg/image/name.h"
#include "pkg/util/io.h"

#define TYPE_DOCKER "application/vnd.docker.distribution.manifest.v2+json"
#define TYPE_OCI "application/vnd.oci.image.manifest.v1+json"

/* json_object_set_new() that fails once, at the end. */
static int put(json_t *doc, const char *key, json_t *v)
{
	return json_object_set_new(doc, key, v ? v : json_null());
}

static json_t *copy(const json_t *from, const char *key, json_t *otherwise)
{
	json_t *v = json_object_get(from, key);

	if (!v || json_is_null(v))
		return otherwise;
	json_decref(otherwise);
	return json_incref(v);
}

static json_t *names_list(const struct strs *names)
{
	json_t *list = json_array();

	for (size_t i = 0; i < names->n; i++)
		(void) json_array_append_new(list, json_string(names->v[i]));
	return list;
}

/* HOST/PATH@DIGEST, once per repository. */
static json_t *repo_digests(const struct image_row *img, struct arena *a)
{
	json_t *list = json_array(), *seen = json_object();
	struct err ignored = { 0 };

	for (size_t i = 0; *img->digest && i < img->names.n; i++) {
		struct image_name n;
		const char *repo;

		if (image_name_parse(img->names.v[i], a, &n, &ignored) < 0 || !n.host ||
			!(repo = arena_printf(a, "%s/%s@%s", n.host, n.path, img->digest)) ||
			json_object_get(seen, repo))
			continue;
		(void) json_object_set_new(seen, repo, json_true());
		(void) json_array_append_new(list, json_string(repo));
	}
	json_decref(seen);
	return list;
}

static json_t *graph_driver(struct engine *e, const struct strs *lowers, struct arena *a)
{
	json_t *data = json_object();
	char *below = "";

	for (size_t i = 1; i < lowers->n && below; i++)
		below = arena_printf(a, "%s%s%s", below, i > 1 ? ":" : "", lowers->v[i]);
	if (below && *below)
		(void) put(data, "LowerDir", json_string(below));
	if (lowers->n)
		(void) put(data, "UpperDir", json_string(lowers->v[0]));
	return json_pack("{s:s,s:o}", "Name", e->vfs ? "vfs" : "overlay", "Data", data);
}

static json_t *rootfs(const struct image_row *img)
{
	json_t *layers = json_array();

	for (size_t i = 0; i < img->layers.n; i++)
		(void) json_array_append_new(layers, json_sprintf("sha256:%s", img->layers.v[i]));
	return json_pack("{s:s,s:o}", "Type", "layers", "Layers", layers);
}

static const char *manifest_type(const json_t *manifest)
{
	const char *t = json_string_value(json_object_get(manifest, "mediaType"));

	return t ? t : manifest ? TYPE_OCI : TYPE_DOCKER;
}

static json_t *document(struct engine *e, const struct image_row *img, const json_t *config,
	const json_t *manifest, struct arena *a, struct err *err)
{
	json_t *runtime = json_object_get(config, "config"), *history = json_object_get(config, "history");
	json_t *last = json_array_get(history, json_array_size(history) ? json_array_size(history) - 1 : 0);
	const struct image_row *parent = NULL;
	struct image_row *all = NULL;
	struct strs lowers = { 0 };
	size_t n = 0;
	char when[TIME_TEXT];
	json_t *doc;
	int rc = 0;

	if ((!e->vfs && image_lowers(e, img, a, &lowers, err) < 0) ||
		store_images(e->store, a, &all, &n, err) < 0)
		return NULL;
	parent = image_parent(img, all, n);
	if (!(doc = json_object())) {
		(void) err_sys(err, ENOMEM, "inspect image");
		return NULL;
	}
	rc |= put(doc, "Id", json_string(img->id));
	rc |= put(doc, "Digest", json_string(img->digest));
	rc |= put(doc, "RepoTags", names_list(&img->names));
	rc |= put(doc, "RepoDigests", repo_digests(img, a));
	rc |= put(doc, "Parent", json_string(parent ? parent->id : ""));
	rc |= put(doc, "Comment", copy(last, "comment", json_string("")));
	rc |= put(doc, "Created", copy(config, "created", json_string(time_format(when, img->created_us))));
	rc |= put(doc, "Config", copy(config, "config", json_object()));
	rc |= put(doc, "Version", copy(config, "docker_version", json_string("")));
	rc |= put(doc, "Author", copy(config, "author", json_string("")));
	rc |= put(doc, "Architecture", copy(config, "architecture", json_string("")));
	rc |= put(doc, "Os", copy(config, "os", json_string("")));
	rc |= put(doc, "Size", json_integer((json_int_t) img->size));
	rc |= put(doc, "VirtualSize", json_integer((json_int_t) img->size));
	rc |= put(doc, "GraphDriver", graph_driver(e, &lowers, a));
	rc |= put(doc, "RootFS", rootfs(img));
	rc |= put(doc, "Labels", copy(runtime, "Labels", json_null()));
	rc |= put(doc, "Annotations", copy(manifest, "annotations", json_object()));
	rc |= put(doc, "ManifestType", json_string(manifest_type(manifest)));
	rc |= put(doc, "User", copy(runtime, "User", json_string("")));
	rc |= put(doc, "History", copy(config, "history", json_array()));
	rc |= put(doc, "NamesHistory", names_list(&img->names));
	if (rc < 0) {
		json_decref(doc);
		(void) err_sys(err, ENOMEM, "inspect image");
		return NULL;
	}
	return doc;
}

int image_inspect(
	struct engine *e, const struct image_row *img, struct arena *a, json_t **ret, struct err *err)
{
	json_t *config = *img->config ? json_parse(img->config, strlen(img->config), err) : NULL;
	json_t *manifest = NULL, *doc = NULL;

	if (!*img->config)
		return err_set(err, ERR_UNSUPPORTED,
			"'%s' is a manifest list; podctl manifest inspect shows it",
			img->names.n ? img->names.v[0] : img->id);
	if (config && *img->manifest)
		manifest = json_parse(img->manifest, strlen(img->manifest), err);
	if (config && (manifest || !*img->manifest))
		doc = document(e, img, config, manifest, a, err);
	json_decref(config);
	json_decref(manifest);
	if (!doc)
		return err_wrap(err, "image %.12s", img->id);
	*ret = doc;
	return 0;
}
