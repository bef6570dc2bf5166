#include "pkg/image/manifest.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "pkg/codec/decode.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

/* clang-format off */
static const struct field docker_fields[] = {
	F_STR(struct docker_image, "Config", config),
	F_STRS(struct docker_image, "RepoTags", tags),
	F_STRS(struct docker_image, "Layers", layers),
	F_END,
};

struct platform { char *os, *architecture, *variant; };
static const struct field platform_fields[] = {
	F_STR(struct platform, "os", os),
	F_STR(struct platform, "architecture", architecture),
	F_STR(struct platform, "variant", variant),
	F_END,
};
struct descriptor_doc {
	char *media_type, *artifact_type, *digest;
	uint64_t size;
	struct platform platform;
	struct kvs annotations;
	struct strs urls;
};
static const struct field descriptor_fields[] = {
	F_STR(struct descriptor_doc, "mediaType", media_type),
	F_STR(struct descriptor_doc, "artifactType", artifact_type),
	{ "digest", FIELD_STR, offsetof(struct descriptor_doc, digest), .required = 1 },
	F_U64(struct descriptor_doc, "size", size),
	F_OBJECT(struct descriptor_doc, "platform", platform, platform_fields),
	F_KVS(struct descriptor_doc, "annotations", annotations),
	F_STRS(struct descriptor_doc, "urls", urls),
	F_END,
};
struct oci_doc {
	int64_t schema;
	char *media_type, *artifact_type;
	struct list manifests, layers;
	struct descriptor_doc *config;
	const struct node *fs_layers;
};
static const struct field oci_fields[] = {
	F_I64(struct oci_doc, "schemaVersion", schema),
	F_STR(struct oci_doc, "mediaType", media_type),
	F_STR(struct oci_doc, "artifactType", artifact_type),
	F_LIST(struct oci_doc, "manifests", manifests, descriptor_fields, struct descriptor_doc),
	F_LIST(struct oci_doc, "layers", layers, descriptor_fields, struct descriptor_doc),
	F_PTR(struct oci_doc, "config", config, descriptor_fields, struct descriptor_doc),
	F_NODE(struct oci_doc, "fsLayers", fs_layers),
	F_END,
};
/* clang-format on */

static int docker_decode(
	const json_t *v, struct arena *a, struct docker_image **ret, size_t *ret_n, struct err *err)
{
	size_t n = json_array_size(v);
	struct docker_image *list;
	int rc;

	if (!json_is_array(v))
		return err_set(err, ERR_INVALID, "expected a list of images");
	if (n == 0)
		return err_set(err, ERR_INVALID, "lists no image");
	if (n > ARCHIVE_IMAGES_MAX)
		return err_set(err, ERR_INVALID, "lists %zu images, at most %d are taken from one archive", n,
			ARCHIVE_IMAGES_MAX);
	if (!(list = arena_array(a, n, sizeof *list)))
		return err_sys(err, ENOMEM, "decode");
	for (size_t i = 0; i < n; i++) {
		if ((rc = decode_json(json_array_get(v, i), docker_fields, &list[i], a, err)) < 0)
			return err_wrap(err, "image %zu", i);
		if (!list[i].config || !*list[i].config)
			return err_set(err, ERR_INVALID, "image %zu: Config: required", i);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int docker_manifest_parse(const char *text, size_t len, struct arena *a, struct docker_image **ret,
	size_t *ret_n, struct err *err)
{
	json_t *v = json_parse(text, len, err);
	int rc = v ? docker_decode(v, a, ret, ret_n, err) : err->errnum ? -err->errnum : -EINVAL;

	json_decref(v);
	return rc;
}

static const char *or_empty(const char *s) { return s ? s : ""; }

static int descriptor_take(const struct descriptor_doc *d, struct descriptor *ret, struct err *err)
{
	const char *name = kvs_get(&d->annotations, "io.containerd.image.name");

	if (!d->digest || strncmp(d->digest, "sha256:", 7) != 0 || !id_is_valid(d->digest + 7))
		return err_set(err,
			d->digest && strncmp(d->digest, "sha512:", 7) == 0 ? ERR_UNSUPPORTED : ERR_INVALID,
			"digest '%s': expected sha256: and 64 hex digits", or_empty(d->digest));
	if (d->urls.n > DESCRIPTOR_URLS_MAX)
		return err_set(
			err, ERR_INVALID, "%zu urls, at most %d are taken", d->urls.n, DESCRIPTOR_URLS_MAX);
	*ret = (struct descriptor){
		.media_type = or_empty(d->media_type),
		.digest = d->digest + 7,
		.size = d->size,
		.os = or_empty(d->platform.os),
		.architecture = or_empty(d->platform.architecture),
		.variant = or_empty(d->platform.variant),
		.name = name ? name : kvs_get(&d->annotations, "org.opencontainers.image.ref.name"),
		.urls = d->urls,
		.attestation = kvs_get(&d->annotations, "vnd.docker.reference.type") != NULL,
	};
	/* what an index says of an image's config is no other kind */
	if (d->artifact_type && *d->artifact_type && !media_type_is_config(d->artifact_type))
		ret->attestation = true;
	if (strcmp(ret->os, "unknown") == 0 || strcmp(ret->architecture, "unknown") == 0)
		ret->attestation = true;
	return 0;
}

static int descriptors_take(
	const struct list *l, struct arena *a, struct descriptor **ret, size_t *ret_n, struct err *err)
{
	struct descriptor *v = arena_array(a, l->n ? l->n : 1, sizeof *v);
	int rc;

	if (!v)
		return err_sys(err, ENOMEM, "decode");
	for (size_t i = 0; i < l->n; i++)
		if ((rc = descriptor_take(LIST_AT(*l, struct descriptor_doc, i), &v[i], err)) < 0)
			return err_wrap(err, "entry %zu", i);
	*ret = v;
	*ret_n = l->n;
	return 0;
}

static int artifact_refuse(const char *type, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		"an artifact of type %.100s, not an image; oras pull or skopeo copy get artifacts, podctl "
		"manifest "
		"inspect shows what it is",
		type);
}

int image_manifest_check(const struct oci_document *m, struct err *err)
{
	if (!media_type_is_config(m->config.media_type))
		return artifact_refuse(*m->artifact_type ? m->artifact_type : m->config.media_type, err);
	for (size_t i = 0; i < m->n_layers; i++)
		if (!media_type_is_layer(m->layers[i].media_type))
			return err_set(err, ERR_UNSUPPORTED,
				"layer %zu is of type %.100s, which no image has", i,
				m->layers[i].media_type);
	return 0;
}

static int oci_decode(const json_t *v, struct arena *a, struct oci_document *ret, struct err *err)
{
	struct oci_document o = { 0 };
	struct oci_doc d = { 0 };
	int rc;

	if ((rc = decode_json(v, oci_fields, &d, a, err)) < 0)
		return rc;
	if (d.schema == 1 || d.fs_layers)
		return err_set(err, ERR_UNSUPPORTED,
			"image uses the obsolete Docker schema 1 format; re-push it with a newer tool");
	if (json_object_get(v, "manifests") && (json_object_get(v, "layers") || d.config))
		return err_set(err, ERR_INVALID,
			"has both 'manifests' and 'layers': it must be an index or a manifest");
	if (json_object_get(v, "manifests")) {
		o.is_index = true;
		if (d.manifests.n > ARCHIVE_IMAGES_MAX)
			return err_set(err, ERR_INVALID, "lists %zu images, at most %d are taken",
				d.manifests.n, ARCHIVE_IMAGES_MAX);
		rc = descriptors_take(&d.manifests, a, &o.manifests, &o.n_manifests, err);
	} else if (d.config) {
		if (d.layers.n > LAYERS_MAX)
			return err_set(err, ERR_UNSUPPORTED, "%zu layers; one overlay mount takes at most %d",
				d.layers.n, LAYERS_MAX);
		if ((rc = descriptor_take(d.config, &o.config, err)) < 0)
			return err_wrap(err, "config");
		rc = descriptors_take(&d.layers, a, &o.layers, &o.n_layers, err);
	} else if (d.artifact_type &&
		   *d.artifact_type) { /* a manifest of artifacts alone, as there once was */
		return artifact_refuse(d.artifact_type, err);
	} else {
		return err_set(err, ERR_INVALID, "neither an index nor a manifest");
	}
	o.artifact_type = or_empty(d.artifact_type);
	if (rc < 0)
		return rc;
	*ret = o;
	return 0;
}

int oci_document_parse(
	const char *text, size_t len, struct arena *a, struct oci_document *ret, struct err *err)
{
	json_t *v = json_parse(text, len, err);
	int rc = v ? oci_decode(v, a, ret, err) : err->errnum ? -err->errnum : -EINVAL;

	json_decref(v);
	return rc;
}

const char *platform_arch(void)
{
	static const struct {
		const char *machine, *arch;
	} table[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" }, { "i686", "386" },
		{ "loongarch64", "loong64" } };
	static struct utsname u;

	if (uname(&u) < 0)
		return "unknown";
	for (size_t i = 0; i < LEN(table); i++)
		if (strcmp(u.machine, table[i].machine) == 0)
			return table[i].arch;
	return u.machine;
}

static bool variant_fits(const char *arch, const char *have, const char *wanted)
{
	bool is_arm64 = strcmp(arch, "arm64") == 0;

	if (wanted && *wanted)
		return strcmp(have, wanted) == 0 || (is_arm64 && !*have && strcmp(wanted, "v8") == 0);
	/* amd64/v2 and later need a CPU that was not asked for; arm64/v8 is arm64 */
	return strcmp(arch, "amd64") != 0 || !*have || strcmp(have, "v1") == 0;
}

/* strictly: an entry that does not say what it is for is not taken. */
static bool platform_fits(
	const struct descriptor *d, const char *os, const char *arch, const char *variant, bool strictly)
{
	if (d->attestation || (strictly && (!*d->os || !*d->architecture)) ||
		(*d->os && strcmp(d->os, os) != 0) ||
		(*d->architecture && strcmp(d->architecture, arch) != 0))
		return false;
	return variant_fits(arch, d->variant, variant);
}

const struct descriptor *platform_choose_variant(const struct oci_document *index, const char *os,
	const char *arch, const char *variant, struct err *err)
{
	char have[400] = "";

	for (int strictly = 1; strictly >= 0; strictly--)
		for (size_t i = 0; i < index->n_manifests; i++)
			if (platform_fits(&index->manifests[i], os, arch, variant, strictly))
				return &index->manifests[i];
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *d = &index->manifests[i];

		if (!d->attestation)
			snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s/%s%s%s",
				*have ? ", " : "", d->os, d->architecture, *d->variant ? "/" : "",
				d->variant);
	}
	err_set(err, ERR_NOT_FOUND, "no image for %s/%s%s%s; there is: %s", os, arch, variant ? "/" : "",
		variant ? variant : "", *have ? have : "nothing");
	return NULL;
}

const struct descriptor *platform_choose(
	const struct oci_document *index, const char *os, const char *arch, struct err *err)
{
	return platform_choose_variant(index, os, arch, NULL, err);
}

bool media_type_is_config(const char *t)
{
	return !*t || strcmp(t, "application/vnd.oci.image.config.v1+json") == 0 ||
	       strcmp(t, "application/vnd.docker.container.image.v1+json") == 0;
}

bool media_type_is_layer(const char *t)
{
	static const char *const types[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};

	if (!*t)
		return true;
	for (size_t i = 0; i < LEN(types); i++) {
		size_t n = strlen(types[i]);

		/* the ending (+gzip, .gzip, +zstd) may lie, the data is looked at anyway */
		if (strncmp(t, types[i], n) == 0 && (!t[n] || t[n] == '+' || t[n] == '.'))
			return true;
	}
	return false;
}
