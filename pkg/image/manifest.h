/*
 * manifest.h — the documents that lead to an image: docker's manifest.json, OCI index and manifest.  Pure; private to
 * pkg/image.  Docker schema 2 manifests and lists have the same shape with other media types (INTERFACES a.4, i.2, i.5).
 */
#ifndef PODCTL_IMAGE_MANIFEST_H
#define PODCTL_IMAGE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/err.h"

#define DESCRIPTOR_URLS_MAX 16  /* of one foreign layer; those in use have one */
#define ARCHIVE_IMAGES_MAX 1000 /* images of one archive or index */

struct docker_image {
	char *config;             /* member name */
	struct strs tags, layers; /* RepoTags; member names, lowest first */
};
int docker_manifest_parse(const char *text, size_t len, struct arena *a, struct docker_image **ret,
	size_t *ret_n, struct err *err);

struct descriptor {
	const char *media_type; /* "" when absent */
	const char *digest;     /* 64 hex digits */
	uint64_t size;
	const char *os, *architecture, *variant; /* of the platform; "" when absent */
	const char *name; /* io.containerd.image.name or org.opencontainers.image.ref.name; NULL */
	struct strs urls; /* of a foreign layer: where else it is */
	bool attestation; /* not an image: vnd.docker.reference.type, platform unknown, or an artifact's type */
};

/* Exactly one of both is filled. */
struct oci_document {
	struct descriptor *manifests; /* an index */
	size_t n_manifests;
	struct descriptor config; /* a manifest */
	struct descriptor *layers;
	size_t n_layers;
	const char *artifact_type; /* "" when absent */
	bool is_index;
};
int oci_document_parse(
	const char *text, size_t len, struct arena *a, struct oci_document *ret, struct err *err);

/* A manifest of an image, by the types it names; ERR_UNSUPPORTED: of an artifact, or of layers that no image has. */
int image_manifest_check(const struct oci_document *m, struct err *err);

/* The first entry for this machine; NULL and an error that lists what there is. */
const struct descriptor *platform_choose(
	const struct oci_document *index, const char *os, const char *arch, struct err *err);
/* The same with a variant ("v7"); NULL: whatever runs everywhere. */
const struct descriptor *platform_choose_variant(const struct oci_document *index, const char *os,
	const char *arch, const char *variant, struct err *err);
/* GOARCH of this machine: "amd64", "arm64" ... */
const char *platform_arch(void);

bool media_type_is_config(const char *t);
bool media_type_is_layer(const char *t);

#endif
