/* compose.h — manifests for images that go out: the one they came with where it still fits, else a new one.  Private to pkg/image. */
#ifndef PODCTL_IMAGE_COMPOSE_H
#define PODCTL_IMAGE_COMPOSE_H

#include "pkg/image/manifest.h"
#include "pkg/image/pack.h"

#define TYPE_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define TYPE_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define TYPE_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"
#define TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define TYPE_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define TYPE_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define TYPE_DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"

enum manifest_kind {
	MANIFEST_OWN /* as the image came; OCI when made here */,
	MANIFEST_OCI,
	MANIFEST_DOCKER
};

/* A layer as it goes out. */
struct blob {
	char digest[65];
	uint64_t size;
	enum pack_format format;
	bool as_gzip; /* plain, but docker's archives have no word for that: it is called gzip there */
};

/* What the image's own manifest is. */
enum manifest_kind manifest_kind_of(const struct image_row *row);
/* "oci", "v2s2" ("docker"); NULL or "": MANIFEST_OWN. */
int manifest_kind_parse(const char *word, enum manifest_kind *ret, struct err *err);

/* The layers as the manifest it came with has them; *ret_n 0: there is none that fits. */
int manifest_blobs(
	const struct image_row *row, struct arena *a, struct blob **ret, size_t *ret_n, struct err *err);

struct composed {
	const char *text, *type;
	size_t len;
	char digest[65];
};
int manifest_compose(const struct image_row *row, const struct blob *layers, enum manifest_kind kind,
	struct arena *a, struct composed *ret, struct err *err);

/* Fills row's manifest and digest for an image that came without one: layers as plain tars.  jobs: those just unpacked. */
int manifest_of_store(struct engine *e, struct image_row *row, const struct layer_job *jobs, size_t n,
	bool docker, struct arena *a, struct err *err);

#endif
