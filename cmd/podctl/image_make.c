/*
 * image_make.c — commit and export: containers become images and tars.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/commit.h"

static int one_container(struct cli *c, const char *name, bool latest, struct target **ret, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER, .latest = latest };
	size_t n = 0, missing = 0;
	int rc;

	if (name && strs_add(&s.names, &c->arena, name) < 0)
		return err_sys(err, ENOMEM, "find a container");
	if ((rc = verb_select(&c->engine, &s, &c->arena, ret, &n, cli_error, &missing, err)) < 0)
		return rc;
	return missing || !n ? EXIT_ENGINE : 0;
}

/* ---- commit ---------------------------------------------------------------------------------------------------------------- */

struct commit_command {
	struct commit_request commit;
	const char *format, *iidfile;
	bool quiet;
};

static int iid_write(const char *path, const char *id, struct err *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	int rc = fd < 0 ? -errno : io_write_all(fd, id, strlen(id));

	return rc < 0 ? err_sys(err, -rc, "write '%s'", path) : 0;
}

static int run_commit(struct cli *c, void *request, struct err *err)
{
	struct commit_command *r = request;
	struct target *t = NULL;
	const char *id = NULL;
	int rc;

	if (!r->format || !*r->format || !strcmp(r->format, "oci"))
		r->commit.docker = false;
	else if (!strcmp(r->format, "docker"))
		r->commit.docker = true;
	else
		return err_set(err, ERR_INVALID, "unrecognized image format \"%s\"; there are oci and docker",
			r->format);
	r->commit.name = c->args.n > 1 ? c->args.v[1] : NULL;
	if ((rc = one_container(c, c->args.v[0], false, &t, err)) != 0)
		return rc;
	if ((rc = verb_commit(&c->engine, t, &r->commit, &c->arena, &id, err)) < 0)
		return rc;
	if (r->iidfile && (rc = iid_write(r->iidfile, id, err)) < 0)
		return rc;
	print_line(id);
	return 0;
}

#define C struct commit_command
static const struct option commit_options[] = {
	O_STR(C, commit.author, "author", 'a', "NAME", "Who made it"),
	O_STRS(C, commit.changes, "change", 'c', "LINE",
		"A Dockerfile line: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, "
		"WORKDIR"),
	O_STR(C, format, "format", 'f', "FORMAT", "Manifest as oci (default) or docker"),
	O_STR(C, iidfile, "iidfile", 0, "FILE", "Write the image's id there"),
	O_BOOL(C, commit.include_volumes, "include-volumes", 0,
		"What is mounted there are volumes of the image"),
	O_STR(C, commit.message, "message", 'm', "TEXT", "A remark for the image's history"),
	O_BOOL(C, commit.pause, "pause", 'p', "Pause the container meanwhile"),
	O_BOOL(C, quiet, "quiet", 'q', "Print nothing but the id"),
	O_BOOL(C, commit.squash, "squash", 's', "Everything in one layer"),
	O_END,
};
#undef C

/* ---- export ---------------------------------------------------------------------------------------------------------------- */

struct export_command {
	const char *output;
};

static int run_export(struct cli *c, void *request, struct err *err)
{
	const struct export_command *r = request;
	auto_close int fd = -EBADF;
	struct target *t = NULL;
	struct stat st;
	int rc;

	if (!r->output && isatty(STDOUT_FILENO))
		return err_set(err, ERR_INVALID, "refusing to export to terminal. Use -o flag or redirect");
	if (r->output && strchr(r->output, ':'))
		return err_set(
			err, ERR_INVALID, "invalid filename (should not contain ':') \"%s\"", r->output);
	if ((rc = one_container(c, c->args.v[0], false, &t, err)) != 0)
		return rc;
	fd = r->output && strcmp(r->output, "-") != 0
		     ? open(r->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644)
		     : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_sys(err, errno, "open '%s'", r->output ? r->output : "standard output");
	rc = verb_export(&c->engine, t, fd, err);
	if (rc < 0 && r->output && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void) unlink(r->output);
	return rc;
}

static const struct option export_options[] = {
	O_STR(struct export_command, output, "output", 'o', "FILE",
		"Where to (default: standard output, unless a terminal)"),
	O_END,
};

/* clang-format off */
static const struct option *const o_commit[] = { commit_options, help_options, NULL };
static const struct option *const o_export[] = { export_options, help_options, NULL };

const struct command image_make_commands[] = {
	{ "commit|container commit", "CONTAINER [IMAGE]", "Make an image of what a container changed",
		"The changes become a layer over the container's image. Volumes and what else is mounted are not part of it.",
		"  podctl commit web localhost/web:patched\n  podctl commit -c 'CMD [\"nginx\"]' -c ENV=A=B --pause web localhost/web:v2\n",
		o_commit, sizeof(struct commit_command), 1, 2, 0, run_commit },
	{ "export|container export", "CONTAINER", "Write a container's files as a tar", NULL,
		"  podctl export -o web.tar web\n  podctl export web | tar tf -\n",
		o_export, sizeof(struct export_command), 1, 1, 0, run_export },
	{ .paths = NULL },
};
/* clang-format on */
