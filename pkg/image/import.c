/* podctl import: a root file system's tar becomes an image of one layer. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/changes.h"
#include "pkg/image/layers.h"
#include "pkg/image/manifest.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"

#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar"
#define CONFIG_TYPE "application/vnd.oci.image.config.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

static int out_of_memory(struct err *err) { return err_sys(err, ENOMEM, "import"); }

/* The "config" object; also the check of all changes before anything is unpacked. */
static int runtime_part(const struct strs *changes, json_t **ret, struct err *err)
{
	json_t *config = json_object();
	int rc = config ? 0 : out_of_memory(err);

	for (size_t i = 0; changes && i < changes->n && rc == 0; i++)
		rc = image_change(config, changes->v[i], err);
	if (rc < 0)
		json_decref(config);
	else
		*ret = config;
	return rc;
}

static int to_text(json_t *v, struct arena *a, const char **ret, struct err *err)
{
	auto_free char *text = v ? json_print(v) : NULL;
	char *copy = text ? arena_strdup(a, text) : NULL;

	json_decref(v);
	if (!copy)
		return err_set(err, ERR_INVALID, "import: a name or message is not UTF-8 text");
	*ret = copy;
	return 0;
}

static json_t *config_doc(const struct layer_job *j, json_t *runtime, const char *message,
	const struct image_platform *p, uint64_t now)
{
	const char *arch = p && p->arch ? p->arch : platform_arch(), *os = p && p->os ? p->os : "linux";
	char when[TIME_TEXT];
	json_t *v;

	time_format(when, now);
	v = json_pack("{s:s,s:s,s:s,s:O,s:{s:s,s:[o]},s:[{s:s,s:s,s:s}]}", "created", when, "architecture",
		arch, "os", os, "config", runtime, "rootfs", "type", "layers", "diff_ids",
		json_sprintf("sha256:%s", j->diff_id), "history", "created", when, "created_by",
		"podctl import", "comment", message ? message : "Imported from a tar archive");
	if (v && p && p->variant)
		(void) json_object_set_new(v, "variant", json_string(p->variant));
	return v;
}

static json_t *manifest_doc(const struct layer_job *j, const char *config, const char *config_id)
{
	return json_pack("{s:i,s:s,s:{s:s,s:o,s:I},s:[{s:s,s:o,s:I}]}", "schemaVersion", 2, "mediaType",
		MANIFEST_TYPE, "config", "mediaType", CONFIG_TYPE, "digest",
		json_sprintf("sha256:%s", config_id), "size", (json_int_t) strlen(config), "layers",
		"mediaType", LAYER_TYPE, "digest", json_sprintf("sha256:%s", j->diff_id), "size",
		(json_int_t) j->tar_size);
}

static int import_commit(struct engine *e, struct layer_job *j, json_t *runtime, const char *name,
	const char *message, const struct image_platform *platform, struct arena *a, const char **ret_id,
	struct err *err)
{
	char id[65], digest[65];
	struct image_row row = { .created_us = time_now_us() };
	int rc;

	if ((rc = to_text(config_doc(j, runtime, message, platform, row.created_us), a, &row.config, err)) <
		0)
		return rc;
	sha256_hex(row.config, strlen(row.config), id);
	if ((rc = to_text(manifest_doc(j, row.config, id), a, &row.manifest, err)) < 0)
		return rc;
	sha256_hex(row.manifest, strlen(row.manifest), digest);
	row.id = arena_strdup(a, id);
	row.digest = arena_printf(a, "sha256:%s", digest);
	if (!row.id || !row.digest || strs_add(&row.layers, a, j->diff_id) < 0 ||
		(name && strs_add(&row.names, a, name) < 0))
		return out_of_memory(err);
	if ((rc = image_commit(e, &row, j, 1, err)) < 0)
		return rc;
	*ret_id = row.id;
	return 0;
}

int image_import(struct engine *e, int fd, const char *name, const char *message, const struct strs *changes,
	const struct image_platform *platform, struct arena *a, const char **ret_id, struct err *err)
{
	struct layer_job j;
	json_t *runtime;
	int rc;

	if (name && (rc = image_name_local(name, a, &name, err)) < 0)
		return rc;
	if ((rc = image_sweep(e, err)) < 0 || (rc = runtime_part(changes, &runtime, err)) < 0)
		return rc;
	layer_job_init(&j);
	if ((j.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		rc = err_sys(err, errno, "import");
	else if ((rc = layers_unpack(e, &j, 1, NULL, NULL, NULL, err)) < 0)
		(void) 0;
	else if (!j.tar_size)
		rc = err_set(err, ERR_INVALID, "import: the archive is empty");
	else
		rc = import_commit(e, &j, runtime, name, message, platform, a, ret_id, err);
	layer_job_done(&j);
	json_decref(runtime);
	return rc;
}
