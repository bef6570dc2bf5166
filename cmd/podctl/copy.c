/*
 * copy.c — cp and diff.
 */
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/image.h"
#include "pkg/verb/copy.h"

/* ---- cp ------------------------------------------------------------------------------------------------------------------------- */

struct copy_command {
	struct copy_how how;
};

static int opt_archive(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--archive %s: expected true or false", value);
	((struct copy_command *) request)->how.keep_owner = !strcmp(value, "false");
	return 0;
}

/* CONTAINER:PATH, or a path: one that begins with "/" or "." is never a container's. */
static int end_parse(struct cli *c, const char *text, struct copy_end *ret, struct err *err)
{
	const char *colon = strchr(text, ':');

	*ret = (struct copy_end){ .path = text };
	if (text[0] == '/' || text[0] == '.' || !colon || colon == text)
		return *text ? 0 : err_set(err, ERR_INVALID, "cp: an empty path");
	ret->container = arena_strndup(&c->arena, text, (size_t) (colon - text));
	ret->path = colon + 1;
	if (!ret->container)
		return err_sys(err, ENOMEM, "cp");
	return *ret->path ? 0 : err_set(err, ERR_INVALID, "cp %s: a path is missing after the colon", text);
}

static int run_copy(struct cli *c, void *request, struct err *err)
{
	const struct copy_command *r = request;
	struct copy_end from, to;
	int rc;

	if ((rc = end_parse(c, c->args.v[0], &from, err)) < 0 ||
		(rc = end_parse(c, c->args.v[1], &to, err)) < 0)
		return rc;
	if (!strcmp(c->args.v[1], "-") && from.container) {
		if (isatty(STDOUT_FILENO))
			return err_set(
				err, ERR_INVALID, "cp: a tar is not written to a terminal; redirect it");
		rc = verb_copy_to_tar(&c->engine, &from, STDOUT_FILENO, err);
		return rc < 0 ? err_wrap(err, "cp %s -", c->args.v[0]) : 0;
	}
	if (!strcmp(c->args.v[0], "-") && to.container) {
		rc = verb_copy_from_tar(&c->engine, STDIN_FILENO, &to, &r->how, err);
		return rc < 0 ? err_wrap(err, "cp - %s", c->args.v[1]) : 0;
	}
	if (!from.container && !to.container)
		return err_set(err, ERR_INVALID,
			"invalid arguments \"%s\", \"%s\" you must specify one container", c->args.v[0],
			c->args.v[1]);
	rc = verb_copy(&c->engine, &from, &to, &r->how, err);
	return rc < 0 ? err_wrap(err, "cp %s %s", c->args.v[0], c->args.v[1]) : 0;
}

static const struct option copy_options[] = {
	{ .name = "archive",
		.letter = 'a',
		.kind = OPT_FN,
		.fn = opt_archive,
		.help = "Give what is copied to the container's user, or to you (default true); false keeps "
			"owners",
		.implied = "true" },
	O_BOOL(struct copy_command, how.overwrite, "overwrite", 0,
		"Let a file take the place of a directory, and a directory that of a file"),
	O_REFUSED("pause", 0, NULL, "the container goes on; podctl pause it first"),
	O_END,
};

/* ---- diff ----------------------------------------------------------------------------------------------------------------------- */

struct diff_command {
	const char *format;
	bool latest;
};

static int diff_print(struct cli *c, const struct diff_command *r, const struct change *v, size_t n)
{
	static const struct {
		char kind;
		const char *key;
	} kinds[] = { { 'C', "changed" }, { 'A', "added" }, { 'D', "deleted" } };
	json_t *doc;
	int rc;

	if (!r->format) {
		for (size_t i = 0; i < n; i++)
			print_line(arena_printf(&c->arena, "%c %s", v[i].kind, v[i].path));
		return 0;
	}
	doc = json_object();
	for (size_t k = 0; k < LEN(kinds); k++) {
		json_t *list = json_array();

		for (size_t i = 0; i < n; i++)
			if (v[i].kind == kinds[k].kind)
				(void) json_array_append_new(list, json_string(v[i].path));
		if (json_array_size(list))
			(void) json_object_set(doc, kinds[k].key, list);
		json_decref(list);
	}
	rc = print_json(doc, 5);
	json_decref(doc);
	return rc;
}

/* What an argument means: a container goes before an image of that name. */
static int side_find(
	struct cli *c, const char *name, bool images_only, struct diff_side *ret, struct err *err)
{
	struct target *t = arena_alloc(&c->arena, sizeof *t);
	struct image_row row;
	struct err other = { 0 };
	int rc;

	if (!t)
		return err_sys(err, ENOMEM, "diff");
	*t = (struct target){ .asked = name };
	*ret = (struct diff_side){ 0 };
	if (!images_only) {
		rc = store_find(c->engine.store, name, STORE_CONTAINER, &c->arena, &t->id, &t->pod, err);
		if (rc == 0) {
			ret->ctr = t;
			return 0;
		}
		if (err->kind != ERR_NOT_FOUND)
			return rc;
		err_clear(err);
	}
	if (image_resolve(&c->engine, name, &c->arena, &row, &other) == 0) {
		ret->image = name;
		return 0;
	}
	if (images_only || other.kind != ERR_NOT_FOUND) {
		*err = other;
		return err->errnum ? -err->errnum : -ENOENT;
	}
	return err_set(
		err, ERR_NOT_FOUND, "%s not found: neither a container nor an image has that name", name);
}

static int run_diff(struct cli *c, void *request, struct err *err)
{
	const struct diff_command *r = request;
	struct selection s = { .kind = STORE_CONTAINER, .names = c->args, .latest = r->latest };
	bool images = !strcmp(c->path, "image diff");
	struct diff_side side[2] = { { 0 } };
	struct target *t = NULL;
	struct change *v = NULL;
	size_t n = 0, missing = 0;
	int rc = 0;

	if (r->format && !format_is_json(r->format))
		return err_set(err, ERR_INVALID, "only supported value for '--format' is 'json'");
	if (r->latest || !c->args.n) { /* and its errors for both, or neither */
		if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0 ||
			missing)
			return rc < 0 ? rc : EXIT_ENGINE;
		side[0].ctr = t;
	}
	for (size_t i = 0; i < c->args.n; i++)
		if ((rc = side_find(c, c->args.v[i], images, &side[i], err)) < 0)
			return rc;
	if (c->args.n == 2)
		rc = verb_diff_trees(&c->engine, &side[0], &side[1], &c->arena, &v, &n, err);
	else if (side[0].image)
		rc = verb_diff_image(&c->engine, side[0].image, &c->arena, &v, &n, err);
	else
		rc = verb_diff(&c->engine, side[0].ctr, &c->arena, &v, &n, err);
	return rc < 0 ? rc : diff_print(c, r, v, n);
}

static const struct option diff_options[] = {
	O_STR(struct diff_command, format, "format", 0, "json", "Print JSON"),
	O_END,
};
static const struct option diff_latest_options[] = {
	O_BOOL(struct diff_command, latest, "latest", 'l', "Of the one made last"),
	O_END,
};

/* clang-format off */
static const struct option *const o_copy[] = { copy_options, help_options, NULL };
static const struct option *const o_diff[] = { diff_options, diff_latest_options, help_options, NULL };
static const struct option *const o_image_diff[] = { diff_options, help_options, NULL };

const struct command copy_commands[] = {
	{ "cp|container cp", "[CONTAINER:]FROM [CONTAINER:]TO", "Copy files into a container, or out of one",
		"The container may be running or not. A directory that is there gets FROM in it, FROM/. means what is in FROM; else TO "
		"is the new name. In volumes and mounted directories it is their files that are copied.",
		"  podctl cp web:/etc/nginx .\n  podctl cp index.html web:/www/\n",
		o_copy, sizeof(struct copy_command), 2, 2, 0, run_copy },
	{ "diff|container diff", "CONTAINER|IMAGE [CONTAINER|IMAGE]", "List what was added (A), changed (C) and deleted (D)",
		"A container is compared with its image, an image's last layer with those below it; with a second argument all of the first with all of that.",
		"  podctl diff web\n  podctl diff web:v2 web:v1\n", o_diff, sizeof(struct diff_command), 0, 2, 0, run_diff },
	{ "image diff", "IMAGE [IMAGE]", "List what an image's last layer added (A), changed (C) and deleted (D)", "With a second image: what is different from that.",
		"  podctl image diff web\n  podctl image diff --format json web:v2 web:v1\n", o_image_diff, sizeof(struct diff_command), 1, 2, 0, run_diff },
	{ .paths = NULL },
};
/* clang-format on */
