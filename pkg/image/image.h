/*
 * image.h — images: names, the layer store, archives in, lookups for a start.
 *
 * An image is a config (whose sha256 is its id), an ordered list of layers (diff ids) and names.  A layer is a directory
 * layers/DIFFID in overlay's own form (whiteouts as 0:0 devices, opaque xattr), shared by all images that have it; it is
 * unpacked into layers/tmp-RANDOM by the confined helper podctl-unpack, its diff id is verified while it streams, and it
 * becomes visible by one rename.  A killed command leaves only tmp- directories with a free lock, which the next one removes.
 */
#ifndef PODCTL_IMAGE_IMAGE_H
#define PODCTL_IMAGE_IMAGE_H

#include <jansson.h>

#include "pkg/engine/engine.h"
#include "pkg/store/store.h"
#include "pkg/util/arena.h"

/* "alpine" -> "docker.io/library/alpine:latest"; "localhost/x" -> "localhost/x:latest"; digests kept.  ERR_INVALID. */
int image_name_normalize(const char *ref, struct arena *a, const char **ret, struct err *err);
/* The same for names given to images made or loaded here: a short name gets localhost/, as in podman's tag and import. */
int image_name_local(const char *ref, struct arena *a, const char **ret, struct err *err);

/* Runtime part of an image config (INTERFACES i.5), decoded. */
struct image_config {
	struct strs env, entrypoint, cmd;
	const char *user, *working_dir, *stop_signal; /* NULL when absent */
	struct kvs labels;
	struct strs exposed_ports, volumes; /* "80/tcp", "/data" */
	const char *architecture, *os, *variant, *author, *created;
	struct image_health { /* HEALTHCHECK; test empty: none */
		struct strs test;
		int64_t interval_ns, timeout_ns, start_period_ns, retries; /* 0: the default */
	} health;
	struct strs diff_ids; /* rootfs.diff_ids without "sha256:" */
};
int image_config_parse(const char *json, struct arena *a, struct image_config *ret, struct err *err);

/* Finds an image in the local store: full id or unique prefix, exact name, then localhost/NAME, docker.io/library/NAME, then
 * any repository whose last components match.  ERR_NOT_FOUND: "image x: not found locally; podctl pull or ...". */
int image_resolve(struct engine *e, const char *ref, struct arena *a, struct image_row *ret, struct err *err);

/* Which of the image's names 'ref' meant; NULL: its id, a digest, or several. */
const char *image_name_meant(const struct image_row *img, const char *ref, struct arena *a);

/* Absolute paths of the layers, topmost first as overlay wants its lowerdirs.  ERR_CORRUPT when a layer directory is gone. */
int image_lowers(
	struct engine *e, const struct image_row *img, struct arena *a, struct strs *ret, struct err *err);

/* Progress for people: one line each, may be NULL. */
typedef void image_progress(void *ctx, const char *line);

/* podctl load: docker-archive, oci-archive (plain, gzip, zstd, xz, bzip2) from fd, or an OCI or docker directory 'path'.
 * *ret: names (or ids) of what was loaded. */
int image_load(struct engine *e, int fd, const char *path, image_progress *progress, void *ctx,
	struct arena *a, struct strs *ret, struct err *err);
/* One image of a place on this machine: oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME|:@N], dir:DIR,
 * containers-storage:NAME (ours), docker-daemon:NAME (a docker on this machine). */
bool image_ref_is_local(const char *ref);
struct registry_options;
int image_pull_local(struct engine *e, const char *ref, const struct registry_options *at,
	image_progress *progress, void *ctx, struct arena *a, const char **ret_id, struct err *err);
/* podctl import: a root file system tar (any compression) as a one-layer image.  changes: Dockerfile lines such as
 * 'CMD ["sh"]', ENV, ENTRYPOINT, USER, WORKDIR, LABEL, EXPOSE, VOLUME, STOPSIGNAL. */
struct image_platform {
	const char *os, *arch, *variant; /* NULL: of this machine */
};
int image_import(struct engine *e, int fd, const char *name, const char *message, const struct strs *changes,
	const struct image_platform *platform, struct arena *a, const char **ret_id, struct err *err);
/* podctl rmi: by name or id.  With several names only the given one goes.  In use: ERR_STATE names the containers; force
 * removes nothing of them here (the verb removes containers first).  *ret: "Untagged: NAME" / "Deleted: ID" lines. */
int image_remove(
	struct engine *e, const char *ref, bool force, struct arena *a, struct strs *ret, struct err *err);
int image_tag(struct engine *e, const char *ref, const char *name, struct err *err);
/* podman's image inspect document. */
int image_inspect(
	struct engine *e, const struct image_row *img, struct arena *a, json_t **ret, struct err *err);
/* Removes tmp- directories with a free lock and layers no image uses. */
int image_sweep(struct engine *e, struct err *err);

#endif
