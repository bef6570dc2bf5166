/* The image config (INTERFACES i.5): decoded for a start. */
#include <string.h>

#include "pkg/codec/decode.h"
#include "pkg/image/image.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

/* clang-format off */
static const struct field health_fields[] = {
	F_STRS(struct image_health, "Test", test),
	F_I64(struct image_health, "Interval", interval_ns),
	F_I64(struct image_health, "Timeout", timeout_ns),
	F_I64(struct image_health, "StartPeriod", start_period_ns),
	F_I64(struct image_health, "Retries", retries),
	F_END,
};

struct runtime_part {
	struct strs env, entrypoint, cmd;
	char *user, *working_dir, *stop_signal;
	struct kvs labels;
	const struct node *exposed_ports, *volumes;
	struct image_health health;
};
static const struct field runtime_fields[] = {
	F_STRS(struct runtime_part, "Env", env),
	F_STRS(struct runtime_part, "Entrypoint", entrypoint),
	F_STRS(struct runtime_part, "Cmd", cmd),
	F_STR(struct runtime_part, "User", user),
	F_STR(struct runtime_part, "WorkingDir", working_dir),
	F_STR(struct runtime_part, "StopSignal", stop_signal),
	F_KVS(struct runtime_part, "Labels", labels),
	F_NODE(struct runtime_part, "ExposedPorts", exposed_ports),
	F_NODE(struct runtime_part, "Volumes", volumes),
	F_OBJECT(struct runtime_part, "Healthcheck", health, health_fields),
	F_END,
};

struct rootfs_part {
	char *type;
	struct strs diff_ids;
};
static const struct field rootfs_fields[] = {
	F_STR(struct rootfs_part, "type", type),
	F_STRS(struct rootfs_part, "diff_ids", diff_ids),
	F_END,
};

struct config_doc {
	struct runtime_part config;
	struct rootfs_part rootfs;
	char *architecture, *os, *variant, *author, *created;
};
static const struct field config_fields[] = {
	F_OBJECT(struct config_doc, "config", config, runtime_fields),
	F_OBJECT(struct config_doc, "rootfs", rootfs, rootfs_fields),
	F_STR(struct config_doc, "architecture", architecture),
	F_STR(struct config_doc, "os", os),
	F_STR(struct config_doc, "variant", variant),
	F_STR(struct config_doc, "author", author),
	F_STR(struct config_doc, "created", created),
	F_END,
};
/* clang-format on */

/* A set is written as a map whose values are empty objects. */
static int set_keys(
	const struct node *n, const char *what, struct arena *a, struct strs *ret, struct err *err)
{
	if (!n || n->kind == NODE_NULL)
		return 0;
	if (n->kind != NODE_MAP)
		return err_set(
			err, ERR_INVALID, "config.%s: expected a map, got %s", what, node_kind_name(n->kind));
	for (size_t i = 0; i < n->n; i++)
		if (strs_add(ret, a, n->key[i]->text) < 0)
			return err_sys(err, ENOMEM, "image config");
	return 0;
}

static int diff_ids(const struct strs *from, struct arena *a, struct strs *ret, struct err *err)
{
	if (from->n > LAYERS_MAX)
		return err_set(err, ERR_UNSUPPORTED, "%zu layers; one overlay mount takes at most %d",
			from->n, LAYERS_MAX);
	for (size_t i = 0; i < from->n; i++) {
		const char *d = from->v[i];

		if (strncmp(d, "sha256:", 7) != 0 || !id_is_valid(d + 7))
			return err_set(err, ERR_INVALID,
				"rootfs.diff_ids[%zu]: expected sha256: and 64 hex digits", i);
		if (strs_add(ret, a, d + 7) < 0)
			return err_sys(err, ENOMEM, "image config");
	}
	return 0;
}

static const char *or_null(const char *s) { return s && *s ? s : NULL; }

static int decode(const json_t *v, struct arena *a, struct image_config *ret, struct err *err)
{
	struct config_doc d = { 0 };
	struct image_config c;
	int rc;

	if ((rc = decode_json(v, config_fields, &d, a, err)) < 0)
		return rc;
	if (d.rootfs.type && strcmp(d.rootfs.type, "layers") != 0)
		return err_set(err, ERR_UNSUPPORTED, "rootfs.type \"%s\"", d.rootfs.type);
	c = (struct image_config){
		.env = d.config.env,
		.entrypoint = d.config.entrypoint,
		.cmd = d.config.cmd,
		.user = or_null(d.config.user),
		.working_dir = or_null(d.config.working_dir),
		.stop_signal = or_null(d.config.stop_signal),
		.labels = d.config.labels,
		.health = d.config.health,
		.architecture = or_null(d.architecture),
		.os = or_null(d.os),
		.variant = or_null(d.variant),
		.author = or_null(d.author),
		.created = or_null(d.created),
	};
	if ((rc = set_keys(d.config.exposed_ports, "ExposedPorts", a, &c.exposed_ports, err)) < 0 ||
		(rc = set_keys(d.config.volumes, "Volumes", a, &c.volumes, err)) < 0 ||
		(rc = diff_ids(&d.rootfs.diff_ids, a, &c.diff_ids, err)) < 0)
		return rc;
	*ret = c;
	return 0;
}

int image_config_parse(const char *text, struct arena *a, struct image_config *ret, struct err *err)
{
	size_t len = strlen(text);
	json_t *v;
	int rc;

	if (len > IMAGE_CONFIG_MAX)
		return err_set(err, ERR_INVALID, "image config of %zu bytes is larger than %lu", len,
			IMAGE_CONFIG_MAX);
	if (!(v = json_parse(text, len, err))) {
		(void) err_wrap(err, "image config");
		return err->errnum ? -err->errnum : -EINVAL;
	}
	rc = decode(v, a, ret, err);
	json_decref(v);
	return rc < 0 ? err_wrap(err, "image config") : 0;
}
