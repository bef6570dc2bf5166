/*
 * image.c — import, load, images (pull is in pull.c), tag, rmi, image inspect.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/podctl/inspect.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/ps.h"
#include "cmd/podctl/pull.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/fetch_url.h"
#include "pkg/util/io.h"
#include "pkg/verb/images.h"

/* "-" or nothing is standard input, which must not be a terminal. */
static int open_archive(const char *path, int *ret, struct err *err)
{
	if (!path || !strcmp(path, "-")) {
		if (isatty(STDIN_FILENO))
			return err_set(err, ERR_INVALID,
				"cannot read an archive from a terminal; give a file, or use a pipe");
		*ret = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return *ret < 0 ? err_sys(err, errno, "read standard input") : 0;
	}
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	return *ret < 0 ? err_sys(err, errno, "open '%s'", path) : 0;
}

/* ---- import ------------------------------------------------------------------------------------------------------------------- */

struct import_command {
	struct import_request import;
	bool quiet;
};

static int run_import(struct cli *c, void *request, struct err *err)
{
	struct import_command *r = request;
	auto_close int fd = -EBADF;
	const char *id = NULL;
	int rc;

	if (image_is_url(c->args.v[0])) {
		r->import.url = c->args.v[0];
		rc = registry_prepare(c, &r->import.at, err);
	} else {
		rc = open_archive(c->args.v[0], &fd, err);
	}
	if (rc < 0)
		return rc;
	r->import.fd = fd;
	r->import.name = c->args.n > 1 ? c->args.v[1] : NULL;
	if ((rc = verb_import(&c->engine, &r->import, &c->arena, &id, err)) < 0)
		return rc;
	if (!strncmp(id, "sha256:", 7))
		print_line(id);
	else
		print_line(arena_printf(&c->arena, "sha256:%s", id));
	return 0;
}

static const struct option import_options[] = {
	O_STRS(struct import_command, import.changes, "change", 'c', "LINE",
		"A line such as 'CMD [\"sh\"]', ENV A=B, USER web"),
	O_STR(struct import_command, import.message, "message", 'm', "TEXT",
		"A remark for the image's history"),
	O_BOOL(struct import_command, quiet, "quiet", 'q', "Print nothing but the id"),
	O_STR(struct import_command, import.platform.arch, "arch", 0, "ARCH", "Architecture it is for"),
	O_STR(struct import_command, import.platform.os, "os", 0, "OS", "Operating system it is for"),
	O_STR(struct import_command, import.platform.variant, "variant", 0, "VARIANT",
		"Variant of the architecture"),
	O_END,
};

/* ---- load ---------------------------------------------------------------------------------------------------------------------- */

struct load_command {
	const char *input;
	bool quiet;
};

static void progress_line(void *ctx, const char *text)
{
	(void) ctx;
	if (isatty(STDERR_FILENO))
		(void) fprintf(stderr, "%s\n", text);
}

static int run_load(struct cli *c, void *request, struct err *err)
{
	struct load_command *r = request;
	struct load_request load = { .fd = -EBADF };
	struct strs names = { 0 };
	auto_close int fd = -EBADF;
	struct stat st;
	int rc;

	if (r->input && stat(r->input, &st) == 0 && S_ISDIR(st.st_mode)) {
		const char *path = r->input[0] == '/' ? r->input : NULL;
		char cwd[4096];

		if (!path && (!getcwd(cwd, sizeof cwd) ||
				     !(path = arena_printf(&c->arena, "%s/%s", cwd, r->input))))
			return err_sys(err, errno, "find the working directory");
		load.path = path;
	} else if ((rc = open_archive(r->input, &fd, err)) < 0) {
		return rc;
	}
	load.fd = fd;
	if (!r->quiet)
		load.progress.line = progress_line;
	if ((rc = verb_load(&c->engine, &load, &c->arena, &names, err)) < 0)
		return rc;
	for (size_t i = 0; i < names.n; i++)
		print_line(arena_printf(&c->arena, "Loaded image: %s", names.v[i]));
	return 0;
}

static const struct option load_options[] = {
	O_STR(struct load_command, input, "input", 'i', "FILE",
		"The archive, or an oci directory (default: standard input)"),
	O_BOOL(struct load_command, quiet, "quiet", 'q', "Print only what was loaded"),
	O_END,
};

/* ---- tag, rmi, inspect, exists ----------------------------------------------------------------------------------------------------- */

static int run_tag(struct cli *c, void *request, struct err *err)
{
	int rc = 0;

	(void) request;
	for (size_t i = 1; i < c->args.n && rc == 0; i++)
		rc = verb_tag(&c->engine, c->args.v[0], c->args.v[i], err);
	return rc;
}

struct rmi_command {
	bool all, force, ignore;
};

static int all_images(struct cli *c, struct err *err)
{
	struct image_list list = { 0 };
	int rc = verb_image_heads(&c->engine, NULL, &c->arena, &list, err);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		for (size_t k = 0; rc == 0 && (k < list.v[i].names.n || k == 0); k++)
			rc = strs_add(
				&c->args, &c->arena, list.v[i].names.n ? list.v[i].names.v[k] : list.v[i].id);
	return rc;
}

/* podman's codes: 1 when a name was not there and nothing else failed, 2 when one is in use. */
static int run_rmi(struct cli *c, void *request, struct err *err)
{
	struct rmi_command *r = request;
	int status = 0, rc;

	if (r->all && c->args.n)
		return err_set(err, ERR_INVALID,
			"when using the --all switch, you may not pass any images names or IDs");
	if (r->all && (rc = all_images(c, err)) < 0)
		return rc;
	if (!r->all && !c->args.n)
		return err_set(err, ERR_INVALID, "image name or ID must be specified");
	for (size_t i = 0; i < c->args.n; i++) {
		struct strs lines = { 0 };
		struct err one = { 0 };

		if (verb_rmi(&c->engine, c->args.v[i], r->force, &c->arena, &lines, &one) < 0) {
			if (one.kind == ERR_NOT_FOUND && (r->ignore || r->force))
				continue;
			cli_error(&one);
			status = one.kind == ERR_STATE       ? 2
				 : one.kind == ERR_NOT_FOUND ? (status ? status : 1)
							     : EXIT_ENGINE;
			continue;
		}
		for (size_t k = 0; k < lines.n; k++) {
			char *line = lines.v[k];

			/* "untagged: x" -> "Untagged: x", as podman writes it */
			if (line[0] >= 'a' && line[0] <= 'z')
				line[0] = (char) (line[0] - 32);
			print_line(line);
		}
	}
	return status;
}

static const struct option rmi_options[] = {
	O_BOOL(struct rmi_command, all, "all", 'a', "All images"),
	O_BOOL(struct rmi_command, force, "force", 'f', "Remove containers that use it first"),
	O_REFUSED("no-prune", 0, NULL,
		"layers that no image has any more are kept for none; podctl untag takes a name away"),
	O_BOOL(struct rmi_command, ignore, "ignore", 'i', "An image that is not there is no error"),
	O_END,
};

struct image_inspect_command {
	const char *format;
};

static int run_image_inspect(struct cli *c, void *request, struct err *err)
{
	return inspect_many(
		c, "image", ((struct image_inspect_command *) request)->format, false, false, err);
}

static const struct option image_inspect_options[] = {
	O_STR(struct image_inspect_command, format, "format", 'f', "TEMPLATE",
		"Print through a Go template; json for JSON"),
	O_END,
};

static int run_image_exists(struct cli *c, void *request, struct err *err)
{
	struct image_row row = { 0 };
	int rc = image_resolve(&c->engine, c->args.v[0], &c->arena, &row, err);

	(void) request;
	return rc < 0 && err->kind == ERR_NOT_FOUND ? 1 : rc;
}

static int run_image_sweep(struct cli *c, void *request, struct err *err)
{
	(void) request;
	return image_sweep(&c->engine, err);
}

/* clang-format off */
static const struct option *const o_import[] = { import_options, help_options, NULL };
static const struct option *const o_load[] = { load_options, help_options, NULL };
static const struct option *const o_rmi[] = { rmi_options, help_options, NULL };
static const struct option *const o_inspect[] = { image_inspect_options, help_options, NULL };
static const struct option *const o_pull[] = { pull_command_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command image_commands[] = {
	{ "import|image import", "FILE|URL|- [NAME]", "Make an image from a tar of a root file system", "A URL is fetched over http or https; nobody's credentials are sent.",
		"  podctl import -c 'CMD [\"sh\"]' rootfs.tar localhost/bb\n",
		o_import, sizeof(struct import_command), 1, 2, 0, run_import },
	{ "load|image load", "", "Load images from an archive",
		"Takes docker-archive and oci-archive files, plain or compressed, and oci directories.",
		"  podctl load -i image.tar\n  podman save x | podctl load\n",
		o_load, sizeof(struct load_command), 0, 0, 0, run_load },
	{ "pull|image pull", "IMAGE...", "Get images from a registry",
		"Short names mean docker.io. registries.conf says which registries are insecure, blocked or have mirrors; certs.d has "
		"their certificates; credentials come from --creds, --authfile or the auth.json files. What is here already is not fetched.",
		"  podctl pull alpine\n  podctl pull --tls-verify=false localhost:5000/web:v1\n  podctl pull --platform linux/arm64 quay.io/team/web\n",
		o_pull, sizeof(struct pull_command), 1, -1, 0, run_pull },
	{ "rmi|image rm|image remove", "IMAGE...", "Remove images, or one of their names", NULL, "  podctl rmi localhost/bb\n",
		o_rmi, sizeof(struct rmi_command), 0, -1, 0, run_rmi },
	{ "tag|image tag", "IMAGE NAME...", "Give an image another name", NULL, "  podctl tag localhost/bb localhost/bb:v1\n",
		o_help, 0, 2, -1, 0, run_tag },
	{ "image inspect", "IMAGE...", "Print all that is known of images as JSON", NULL, NULL,
		o_inspect, sizeof(struct image_inspect_command), 1, -1, 0, run_image_inspect },
	{ "image sweep", "", "Delete what removed images left (called by podctl itself)", NULL, NULL,
		o_help, 0, 0, 0, CMD_HIDDEN, run_image_sweep },
	{ "image exists", "IMAGE", "Exit 0 when there is such an image, else 1", NULL, NULL,
		o_help, 0, 1, 1, 0, run_image_exists },
	{ .paths = NULL },
};
/* clang-format on */
