/*
 * manifest.c — podctl manifest: lists of images for several platforms.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/pull.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/codec/node.h"
#include "pkg/image/list.h"
#include "pkg/util/io.h"
#include "pkg/verb/images.h"

struct manifest_command {
	struct push_options push; /* push.at: pulling as well */
	struct pull_options pull;
	struct list_change change;
	bool all, amend, quiet, rm, remove_signatures, insecure, ignore;
	struct opt_bool push_all, force;
	struct opt_i64 level;
	const char *digestfile;
};

static int opt_tls_verify(struct cli *c, void *request, const char *value, struct err *err)
{
	struct manifest_command *r = request;

	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--tls-verify %s: expected true or false", value);
	r->pull.at.tls_verify = (struct opt_bool){ .set = true, .v = !strcmp(value, "true") };
	return 0;
}

static int opt_push_all(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--all %s: expected true or false", value);
	((struct manifest_command *) request)->push_all = (struct opt_bool){ true, !strcmp(value, "true") };
	return 0;
}

/* ---- create, add, annotate, remove ------------------------------------------------------------------------------------- */

static int run_create(struct cli *c, void *request, struct err *err)
{
	struct manifest_command *r = request;
	struct image_row list = { 0 };
	int rc;

	if ((rc = registry_prepare(c, &r->pull.at, err)) < 0 ||
		(rc = list_create(&c->engine, c->args.v[0], r->amend, &c->arena, &list, err)) < 0)
		return rc;
	for (size_t i = 1; i < c->args.n; i++) {
		struct strs lines = { 0 };
		struct err ignored = { 0 };

		rc = list_add(&c->engine, &list, c->args.v[i], r->all, &r->change, &r->pull, &c->arena, err);
		if (rc == 0)
			continue;
		if (!r->amend) /* as if it had not been */
			(void) image_remove(&c->engine, list.id, true, &c->arena, &lines, &ignored);
		return rc;
	}
	print_line(list.id);
	return 0;
}

static int run_add(struct cli *c, void *request, struct err *err)
{
	struct manifest_command *r = request;
	struct image_row list = { 0 };
	int rc;

	if ((rc = registry_prepare(c, &r->pull.at, err)) < 0 ||
		(rc = list_find(&c->engine, c->args.v[0], &c->arena, &list, err)) < 0)
		return rc;
	for (size_t i = 1; i < c->args.n; i++)
		if ((rc = list_add(&c->engine, &list, c->args.v[i], r->all, &r->change, &r->pull, &c->arena,
			     err)) < 0)
			return rc;
	print_line(list.id);
	return 0;
}

static int run_annotate(struct cli *c, void *request, struct err *err)
{
	const struct manifest_command *r = request;
	struct image_row list = { 0 };
	int rc;

	if ((rc = list_find(&c->engine, c->args.v[0], &c->arena, &list, err)) < 0 ||
		(rc = list_annotate(&c->engine, &list, c->args.v[1], &r->change, &c->arena, err)) < 0)
		return rc;
	print_line(list.id);
	return 0;
}

static int run_remove(struct cli *c, void *request, struct err *err)
{
	struct image_row list = { 0 };
	int rc;

	(void) request;
	if ((rc = list_find(&c->engine, c->args.v[0], &c->arena, &list, err)) < 0 ||
		(rc = list_remove(&c->engine, &list, c->args.v[1], &c->arena, err)) < 0)
		return rc;
	print_line(list.id);
	return 0;
}

/* ---- inspect, exists, rm ------------------------------------------------------------------------------------------------ */

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	struct manifest_command *r = request;
	struct image_row list = { 0 };
	const char *text;
	struct err local = { 0 };
	json_t *doc;
	size_t len;
	int rc;

	if (list_find(&c->engine, c->args.v[0], &c->arena, &list, &local) == 0) {
		text = list.manifest;
		len = strlen(text);
	} else if ((rc = registry_prepare(c, &r->pull.at, err)) < 0 ||
		   (rc = registry_manifest(&c->engine, c->args.v[0], &r->pull, &c->arena, &text, &len, err)) <
			   0) {
		/* an image that is here has a manifest, too, if it is in no registry */
		if (local.kind != ERR_INVALID || !*list.manifest)
			return rc;
		err_clear(err);
		text = list.manifest;
		len = strlen(text);
	}
	if (!(doc = json_parse(text, len, err)))
		return -EINVAL;
	rc = print_json(doc, 4);
	json_decref(doc);
	return rc;
}

static int run_exists(struct cli *c, void *request, struct err *err)
{
	struct image_row list = { 0 };
	int rc = list_find(&c->engine, c->args.v[0], &c->arena, &list, err);

	(void) request;
	return rc < 0 && (err->kind == ERR_NOT_FOUND || err->kind == ERR_INVALID) ? 1 : rc;
}

static int run_rm(struct cli *c, void *request, struct err *err)
{
	const struct manifest_command *r = request;
	int status = 0;

	(void) err;
	for (size_t i = 0; i < c->args.n; i++) {
		struct strs lines = { 0 };
		struct image_row list = { 0 };
		struct err one = { 0 };

		if (list_find(&c->engine, c->args.v[i], &c->arena, &list, &one) == 0)
			(void) image_remove(&c->engine, c->args.v[i], false, &c->arena, &lines, &one);
		for (size_t k = 0; k < lines.n; k++)
			print_line(lines.v[k]);
		if (!one.kind || (r->ignore && one.kind == ERR_NOT_FOUND))
			continue;
		cli_error(&one);
		status = one.kind == ERR_NOT_FOUND ? 1 : EXIT_ENGINE;
	}
	return status;
}

/* ---- push ---------------------------------------------------------------------------------------------------------------- */

static int digest_write(const char *path, const char *digest, struct err *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	int rc = fd < 0 ? -errno : io_write_all(fd, digest, strlen(digest));

	return rc < 0 ? err_sys(err, -rc, "write '%s'", path) : 0;
}

static int run_push(struct cli *c, void *request, struct err *err)
{
	struct manifest_command *r = request;
	struct image_row list = { 0 };
	const char *digest = NULL, *to = c->args.n > 1 ? c->args.v[1] : NULL;
	struct strs lines = { 0 };
	int rc;

	if ((rc = registry_prepare(c, &r->pull.at, err)) < 0 ||
		(rc = list_find(&c->engine, c->args.v[0], &c->arena, &list, err)) < 0)
		return rc;
	if (!to && !(to = image_name_meant(&list, c->args.v[0], &c->arena)))
		return err_set(err, ERR_INVALID, "say where to push '%s'", c->args.v[0]);
	r->push.at = r->pull;
	r->push.retry = -1;
	r->push.level = r->level.set ? r->level.v : 0;
	r->push.force_compression = r->force.set ? r->force.v : r->push.compression != NULL;
	if ((rc = list_push(&c->engine, &list, to, !r->push_all.set || r->push_all.v, &r->push, &c->arena,
		     &digest, err)) < 0)
		return rc;
	if (r->digestfile && (rc = digest_write(r->digestfile, digest, err)) < 0)
		return rc;
	if (!r->quiet)
		print_line(digest);
	return r->rm ? image_remove(&c->engine, list.id, true, &c->arena, &lines, err) : 0;
}

#define M struct manifest_command
static const struct option tls_options[] = {
	O_STR(M, pull.at.authfile, "authfile", 0, "FILE", "Take credentials from this file only"),
	O_STR(M, pull.at.cert_dir, "cert-dir", 0, "DIR", "Certificates for the registry, instead of certs.d"),
	O_STR(M, pull.at.creds, "creds", 0, "USER:PASSWORD", "Who to be at the registry"),
	{ .name = "tls-verify",
		.kind = OPT_FN,
		.fn = opt_tls_verify,
		.help = "Insist on HTTPS and check certificates (default: unless registries.conf says "
			"insecure)",
		.implied = "true" },
	O_END,
};
static const struct option change_options[] = {
	O_KVS(M, change.annotations, "annotation", 0, "Annotate the entry"),
	O_STR(M, change.arch, "arch", 0, "ARCH", "Architecture the entry is for"),
	O_CSV(M, change.features, "features", 0, "FEATURE", "CPU features it needs"),
	O_STR(M, change.os, "os", 0, "OS", "Operating system the entry is for"),
	O_CSV(M, change.os_features, "os-features", 0, "FEATURE", "Features of the system it needs"),
	O_STR(M, change.os_version, "os-version", 0, "VERSION", "Version of the system"),
	O_STR(M, change.variant, "variant", 0, "VARIANT", "Variant of the architecture, such as v7"),
	O_END,
};
static const struct option create_options_[] = {
	O_BOOL(M, all, "all", 0, "Of an index add every image, not only this machine's"),
	O_BOOL(M, amend, "amend", 'a', "Take a list of that name that is there"),
	O_END,
};
static const struct option add_options[] = {
	O_BOOL(M, all, "all", 0, "Of an index add every image, not only that of the platform"),
	O_END,
};
static const struct option rm_options[] = {
	O_BOOL(M, ignore, "ignore", 'i', "A list that is not there is no error"),
	O_END,
};
static const struct option inspect_options[] = {
	O_BOOL(M, quiet, "verbose", 'v', "The same: all of it is printed anyway"),
	O_END,
};
static const struct option push_options[] = {
	{ .name = "all",
		.kind = OPT_FN,
		.fn = opt_push_all,
		.help = "Push its images too (default true)",
		.implied = "true" },
	O_STR(M, push.compression, "compression-format", 0, "FORMAT",
		"gzip (default) or zstd, for layers the registry does not have"),
	O_INT(M, level, "compression-level", 0, "LEVEL", "1 to 9 for gzip, 1 to 22 for zstd", 0, 22),
	O_STR(M, digestfile, "digestfile", 0, "FILE", "Write the list's digest there"),
	O_OBOOL(M, force, "force-compression", 0,
		"Do not take a layer the registry has in another compression (default: when "
		"--compression-format is given)"),
	O_STR(M, push.format, "format", 'f', "FORMAT", "oci (default) or v2s2"),
	O_BOOL(M, quiet, "quiet", 'q', "Do not print the digest"),
	O_BOOL(M, remove_signatures, "remove-signatures", 0, "Send no signatures (podctl keeps none)"),
	O_BOOL(M, rm, "rm", 'p', "Remove the list here when it is there"),
	O_REFUSED("sign-by|sign-by-sigstore|sign-by-sigstore-private-key|sign-passphrase-file", 0, "KEY",
		"signatures are not done; sign with skopeo or cosign"),
	O_END,
};
#undef M

/* clang-format off */
static const struct option *const o_create[] = { create_options_, tls_options, help_options, NULL };
static const struct option *const o_add[] = { add_options, change_options, tls_options, help_options, NULL };
static const struct option *const o_annotate[] = { change_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, tls_options, help_options, NULL };
static const struct option *const o_push[] = { push_options, tls_options, help_options, NULL };
static const struct option *const o_rm[] = { rm_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

#define SIZE sizeof(struct manifest_command)
const struct command manifest_commands[] = {
	{ "manifest create", "LIST [IMAGE...]", "Make a manifest list", NULL, "  podctl manifest create web:v1 web-amd64 web-arm64\n",
		o_create, SIZE, 1, -1, 0, run_create },
	{ "manifest add", "LIST IMAGE...", "Add images to a manifest list",
		"IMAGE is one that is here, or [docker://]NAME in a registry, which is pulled, or oci:DIR, dir:DIR, and so on.",
		"  podctl manifest add web:v1 docker://quay.io/team/web:arm\n  podctl manifest add --arch arm64 --variant v8 web:v1 web-arm64\n",
		o_add, SIZE, 2, -1, 0, run_add },
	{ "manifest annotate", "LIST DIGEST", "Change what a list says of an image", NULL, "  podctl manifest annotate --arch arm64 web:v1 sha256:12ab...\n",
		o_annotate, SIZE, 2, 2, 0, run_annotate },
	{ "manifest exists", "LIST", "Exit 0 when there is such a list, else 1", NULL, NULL, o_help, SIZE, 1, 1, 0, run_exists },
	{ "manifest inspect", "LIST", "Print a manifest list, from here or a registry", NULL, "  podctl manifest inspect docker.io/library/alpine\n",
		o_inspect, SIZE, 1, 1, 0, run_inspect },
	{ "manifest push", "LIST [DESTINATION]", "Push a list and its images to a registry", NULL, "  podctl manifest push web:v1 registry.example.com/team/web:v1\n",
		o_push, SIZE, 1, 2, 0, run_push },
	{ "manifest remove", "LIST DIGEST", "Take an image out of a list", NULL, NULL, o_help, SIZE, 2, 2, 0, run_remove },
	{ "manifest rm", "LIST...", "Remove manifest lists", NULL, NULL, o_rm, SIZE, 1, -1, 0, run_rm },
	{ .paths = NULL },
};
/* clang-format on */
