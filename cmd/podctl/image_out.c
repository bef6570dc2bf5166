/*
 * image_out.c — images that leave: save, push.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/pull.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/push.h"
#include "pkg/image/save.h"
#include "pkg/util/io.h"

static void progress_line(void *ctx, const char *text)
{
	(void) ctx;
	if (isatty(STDERR_FILENO))
		(void) fprintf(stderr, "%s\n", text);
}

/* ---- save ------------------------------------------------------------------------------------------------------------------ */

struct save_command {
	struct save_request save;
	const char *output, *format;
	bool multi, quiet;
};

/* IMAGE [NAME...] is one image with further names; with -m each is an image. */
static int save_images(struct cli *c, const struct save_command *r, struct save_request *s, struct err *err)
{
	struct save_image *v = arena_array(&c->arena, c->args.n + 1, sizeof *v);
	int rc;

	if (!v)
		return err_sys(err, ENOMEM, "save");
	for (size_t i = 0; i < c->args.n; i++) {
		const char *ref = c->args.v[i], *name;
		struct image_row row = { 0 };

		if (i && !r->multi) {
			if ((rc = image_name_local(ref, &c->arena, &name, err)) < 0)
				return rc;
		} else {
			if ((rc = image_resolve(&c->engine, ref, &c->arena, &row, err)) < 0)
				return rc;
			v[s->n].ref = ref;
			s->n++;
			name = image_name_meant(&row, ref, &c->arena);
		}
		if (name && strs_add(&v[s->n - 1].names, &c->arena, name) < 0)
			return err_sys(err, ENOMEM, "save");
	}
	s->images = v;
	return 0;
}

static int save_check(const struct save_command *r, enum save_format f, size_t n, struct err *err)
{
	bool dir = f == SAVE_OCI_DIR || f == SAVE_DOCKER_DIR;

	if (r->multi && f != SAVE_DOCKER_ARCHIVE)
		return err_set(err, ERR_INVALID,
			"multi-image archives are only supported in the docker-archive format");
	if (r->save.compress && f != SAVE_DOCKER_DIR)
		return err_set(err, ERR_INVALID, "--compress can only be set when --format is 'docker-dir'");
	if (r->save.uncompressed && f != SAVE_OCI_ARCHIVE && f != SAVE_OCI_DIR)
		return err_set(err, ERR_INVALID,
			"--uncompressed can only be set when --format is 'oci-archive' or 'oci-dir'");
	if (dir && (!r->output || !strcmp(r->output, "-")))
		return err_set(err, ERR_INVALID, "--format %s makes a directory: say where with --output",
			r->format);
	if (!dir && !r->output && isatty(STDOUT_FILENO))
		return err_set(err, ERR_INVALID, "refusing to save to terminal. Use -o flag or redirect");
	if (!n)
		return err_set(err, ERR_INVALID, "need at least 1 argument");
	return 0;
}

/* What failed half way leaves no half archive: a file of ours goes, somebody's device or pipe stays. */
static int save_to_file(struct cli *c, struct save_request *s, const char *path, struct err *err)
{
	struct stat st;
	int rc;

	s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	if (s->fd < 0)
		return err_sys(err, errno, "open '%s'", path);
	rc = image_save(&c->engine, s, &c->arena, NULL, err);
	if (rc < 0 && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode))
		(void) unlink(path);
	fd_close_p(&s->fd);
	return rc;
}

static int run_save(struct cli *c, void *request, struct err *err)
{
	struct save_command *r = request;
	struct save_request *s = &r->save;
	int rc;

	if (!r->format)
		r->format = "docker-archive";
	if (strchr(r->output ? r->output : "", ':'))
		return err_set(
			err, ERR_INVALID, "invalid filename (should not contain ':') \"%s\"", r->output);
	if ((rc = save_format_parse(r->format, &s->format, err)) < 0 ||
		(rc = save_check(r, s->format, c->args.n, err)) < 0 || (rc = save_images(c, r, s, err)) < 0)
		return rc;
	if (!r->quiet)
		s->progress = progress_line;
	if (s->format == SAVE_OCI_DIR || s->format == SAVE_DOCKER_DIR) {
		s->path = r->output;
		return image_save(&c->engine, s, &c->arena, NULL, err);
	}
	if (r->output && strcmp(r->output, "-") != 0)
		return save_to_file(c, s, r->output, err);
	s->fd = STDOUT_FILENO;
	return image_save(&c->engine, s, &c->arena, NULL, err);
}

#define S struct save_command
static const struct option save_options[] = {
	O_BOOL(S, save.compress, "compress", 0, "Compress layers of a docker-dir"),
	O_STR(S, format, "format", 0, "FORMAT",
		"docker-archive (default), oci-archive, oci-dir or docker-dir"),
	O_BOOL(S, multi, "multi-image-archive", 'm',
		"Each argument is an image, not a further name of the first"),
	O_STR(S, output, "output", 'o', "FILE", "Where to (default: standard output, unless a terminal)"),
	O_BOOL(S, quiet, "quiet", 'q', "Do not say what is copied"),
	O_BOOL(S, save.uncompressed, "uncompressed", 0,
		"Layers of an OCI archive or directory as plain tars"),
	O_END,
};
#undef S

/* ---- push ------------------------------------------------------------------------------------------------------------------ */

struct push_command {
	struct push_options push;
	struct opt_i64 retry, level;
	struct opt_bool force;
	const char *digestfile;
	bool quiet, remove_signatures, no_trust, all;
};

static int digest_write(const char *path, const char *digest, struct err *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	int rc = fd < 0 ? -errno : io_write_all(fd, digest, strlen(digest));

	return rc < 0 ? err_sys(err, -rc, "write '%s'", path) : 0;
}

static int opt_retry_delay(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	return registry_delay(value, &((struct push_command *) request)->push.at.at, err);
}

static int run_push(struct cli *c, void *request, struct err *err)
{
	struct push_command *r = request;
	struct push_options *o = &r->push;
	const char *digest = NULL;
	int rc;

	o->retry = r->retry.set ? r->retry.v : -1;
	o->level = r->level.set ? r->level.v : 0;
	o->force_compression = r->force.set ? r->force.v : o->compression != NULL;
	if ((rc = pull_prepare(c, &o->at, r->quiet, err)) < 0 ||
		(rc = image_push(&c->engine, c->args.v[0], c->args.n > 1 ? c->args.v[1] : NULL, o, &c->arena,
			 &digest, err)) < 0)
		return rc;
	return r->digestfile && digest ? digest_write(r->digestfile, digest, err) : 0;
}

#define P struct push_command
static const struct option push_options[] = {
	O_STR(P, push.at.at.authfile, "authfile", 0, "FILE", "Take credentials from this file only"),
	O_STR(P, push.at.at.cert_dir, "cert-dir", 0, "DIR",
		"Certificates for the registry, instead of certs.d"),
	O_BOOL(P, push.compress, "compress", 0, "Compress the layers of a dir: destination"),
	O_STR(P, push.compression, "compression-format", 0, "FORMAT",
		"gzip (default) or zstd, for layers the registry does not have"),
	O_INT(P, level, "compression-level", 0, "LEVEL",
		"1 to 9 for gzip (default 5), 1 to 22 for zstd (default 3)", 0, 22),
	O_STR(P, push.at.at.creds, "creds", 0, "USER:PASSWORD", "Who to be at the registry"),
	O_STR(P, digestfile, "digestfile", 0, "FILE", "Write the digest of the pushed manifest there"),
	O_OBOOL(P, force, "force-compression", 0,
		"Do not take a layer the registry has in another compression (default: when "
		"--compression-format is given)"),
	O_STR(P, push.format, "format", 'f', "FORMAT",
		"Manifest as oci or v2s2 (default: as the image came)"),
	O_BOOL(P, quiet, "quiet", 'q', "Do not say what is copied"),
	O_BOOL(P, no_trust, "disable-content-trust", 0, "Docker's; signatures are a matter of policy.json"),
	O_BOOL(P, remove_signatures, "remove-signatures", 0, "Send no signatures (podctl keeps none)"),
	O_INT(P, retry, "retry", 0, "N", "Try so often when the registry fails (default 3)", 0, 100),
	O_FN(opt_retry_delay, "retry-delay", 0, "TIME",
		"Wait so long between (default: one second, growing to half a minute)"),
	O_OBOOL(P, push.at.at.tls_verify, "tls-verify", 0,
		"Insist on HTTPS and check certificates (default: unless registries.conf says insecure)"),
	O_REFUSED("encrypt-layer", 0, "N", "encrypted images are not done"),
	O_REFUSED("encryption-key", 0, "KEY", "encrypted images are not done"),
	O_REFUSED("sign-by", 0, "KEY", "signatures are not done; sign with skopeo or cosign"),
	O_REFUSED("sign-by-sigstore", 0, "FILE", "signatures are not done; sign with skopeo or cosign"),
	O_REFUSED("sign-by-sigstore-private-key", 0, "FILE",
		"signatures are not done; sign with skopeo or cosign"),
	O_REFUSED("sign-passphrase-file", 0, "FILE", "signatures are not done; sign with skopeo or cosign"),
	O_END,
};
#undef P

/* clang-format off */
static const struct option *const o_push[] = { push_options, help_options, NULL };
static const struct option *const o_save[] = { save_options, help_options, NULL };

const struct command image_out_commands[] = {
	{ "push|image push", "IMAGE [DESTINATION]", "Write an image to a registry, an archive or a directory",
		"DESTINATION is [docker://]NAME, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], dir:DIR, docker-daemon:NAME, or containers-storage:NAME, "
		"which gives the image another name here; without one, the image's name says where. Layers the registry has are not sent again.",
		"  podctl push localhost:5000/team/web:v1\n  podctl push web docker://registry.example.com/team/web:v1\n  podctl push --compression-format zstd web oci:/srv/web:v1\n",
		o_push, sizeof(struct push_command), 1, 2, 0, run_push },
	{ "save|image save", "IMAGE [NAME...]", "Write images into an archive or a directory",
		"Layers are written as they came, byte for byte. Further arguments are names the image has in the archive; with -m they are images.",
		"  podctl save -o app.tar localhost/app\n  podctl save -m -o all.tar app db\n  podctl save --format oci-archive app | ssh host podctl load\n",
		o_save, sizeof(struct save_command), 0, -1, 0, run_save },
	{ .paths = NULL },
};
/* clang-format on */
