/*
 * image_show.c — looking at images: history, tree, mount, diff; and untag.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/engine/mounts.h"
#include "pkg/image/history.h"
#include "pkg/image/layers.h"
#include "pkg/image/mount.h"
#include "pkg/util/io.h"
#include "pkg/verb/copy.h"
#include "pkg/verb/image_filter.h"

static int resolve(struct cli *c, const char *ref, struct image_row *ret, struct err *err)
{
	int rc = image_resolve(&c->engine, ref, &c->arena, ret, err);

	if (rc == 0 && image_row_is_list(ret))
		return err_set(err, ERR_UNSUPPORTED,
			"'%s' is a manifest list; podctl manifest inspect shows it", ref);
	return rc;
}

/* ---- history ----------------------------------------------------------------------------------------------------------- */

struct history_command {
	const char *format;
	struct opt_bool human;
	bool no_trunc, quiet;
};

static int opt_human(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return err_set(err, ERR_INVALID, "--human %s: expected true or false", value);
	((struct history_command *) request)->human = (struct opt_bool){ true, !strcmp(value, "true") };
	return 0;
}

/* "2026-01-02T03:04:05Z": whole seconds */
static const char *stamp(struct cli *c, uint64_t us)
{
	char text[TIME_TEXT];

	time_format(text, us);
	return arena_printf(&c->arena, "%.19sZ", text);
}

static json_t *history_row(
	struct cli *c, const struct history_command *r, const struct history_step *s, uint64_t now)
{
	bool human = !r->human.set || r->human.v;
	const char *since = words_ago(&c->arena, s->created_us, now);
	const char *by = r->no_trunc || strlen(s->created_by) <= 45
				 ? s->created_by
				 : arena_printf(&c->arena, "%.42s...", s->created_by);
	json_t *tags = json_array();

	for (size_t i = 0; i < s->tags.n; i++)
		(void) json_array_append_new(tags, json_string(s->tags.v[i]));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "ID",
		r->no_trunc || *s->id == '<' ? s->id : short_id(&c->arena, s->id, false), "Created",
		human ? since : stamp(c, s->created_us), "CreatedAt", stamp(c, s->created_us), "CreatedSince",
		since, "CreatedBy", by, "Size",
		human ? words_size(&c->arena, s->size)
		      : arena_printf(&c->arena, "%llu", (unsigned long long) s->size),
		"Comment", s->comment, "Tags", tags);
}

static json_t *history_doc(struct cli *c, const struct history_step *s)
{
	json_t *v = json_pack("{s:s,s:s,s:s,s:I,s:s,s:s}", "id", s->id, "created",
		*s->created ? s->created : stamp(c, s->created_us), "CreatedBy", s->created_by, "size",
		(json_int_t) s->size, "comment", s->comment, "Created", stamp(c, s->created_us));

	if (s->tags.n) {
		json_t *tags = json_array();

		for (size_t i = 0; i < s->tags.n; i++)
			(void) json_array_append_new(tags, json_string(s->tags.v[i]));
		(void) json_object_set_new(v, "tags", tags);
	}
	return v;
}

static int run_history(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "CreatedBy", "CREATED BY" }, { "CreatedAt", "CREATED AT" },
		{ "CreatedSince", "CREATED" }, { NULL, NULL } };
	const struct history_command *r = request;
	struct listing l = { .format = r->format,
		.headers = headers,
		.plain_times = r->human.set && !r->human.v,
		.fields = "ID Created CreatedAt CreatedSince CreatedBy Size Comment Tags",
		.columns = "{{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}" };
	struct history_step *v = NULL;
	struct image_row img = { 0 };
	uint64_t now = time_now_us();
	size_t n = 0;
	int rc;

	if ((rc = resolve(c, c->args.v[0], &img, err)) < 0 ||
		(rc = image_history(&c->engine, &img, &c->arena, &v, &n, err)) < 0)
		return rc;
	if (r->quiet) {
		for (size_t i = 0; i < n; i++)
			print_line(r->no_trunc || *v[i].id == '<' ? v[i].id
								  : short_id(&c->arena, v[i].id, false));
		return 0;
	}
	l.rows = json_array();
	l.json_doc = json_array();
	for (size_t i = 0; i < n; i++) {
		(void) json_array_append_new(l.rows, history_row(c, r, &v[i], now));
		(void) json_array_append_new(l.json_doc, history_doc(c, &v[i]));
	}
	rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(l.json_doc);
	return rc;
}

static const struct option history_options[] = {
	O_STR(struct history_command, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	{ .name = "human",
		.letter = 'H',
		.kind = OPT_FN,
		.fn = opt_human,
		.help = "Sizes and times for people (default true); false gives bytes and RFC 3339",
		.implied = "true" },
	O_BOOL(struct history_command, no_trunc, "no-trunc", 0, "Do not shorten ids and commands"),
	O_BOOL(struct history_command, quiet, "quiet", 'q', "Ids only"),
	O_END,
};

/* ---- tree --------------------------------------------------------------------------------------------------------------- */

struct tree_command {
	bool what_requires;
};

static const char *names_text(struct arena *a, const struct strs *names)
{
	const char *text = "";

	for (size_t i = 0; i < names->n && text; i++)
		text = arena_printf(a, "%s%s%s", text, i ? " " : "", names->v[i]);
	return text ? text : "";
}

static bool begins(const struct strs *layers, const struct strs *with, size_t n)
{
	if (layers->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(layers->v[i], with->v[i]) != 0)
			return false;
	return true;
}

/* Names of the images that end with layer number n - 1 of these. */
static const char *tops(struct cli *c, const struct image_list *all, const struct strs *layers, size_t n)
{
	struct strs names = { 0 };

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].layers.n == n && begins(&all->v[i].layers, layers, n))
			(void) strs_add_all(&names, &c->arena, &all->v[i].names);
	return names.n ? arena_printf(&c->arena, " Top Layer of: [%s]", names_text(&c->arena, &names)) : "";
}

static void layer_line(struct cli *c, const struct image_list *all, const struct strs *layers, size_t i,
	const char *prefix, bool last)
{
	uint64_t files, tar;

	layer_sizes(&c->engine, layers->v[i], &files, &tar);
	print_line(arena_printf(&c->arena, "%s%s ID: %.12s Size: %7s%s", prefix, last ? "└──" : "├──",
		layers->v[i], words_size_tight(&c->arena, tar), tops(c, all, layers, i + 1)));
}

/* The layers that others have on top of the first n of 'layers'. */
static void children(
	struct cli *c, const struct image_list *all, const struct strs *layers, size_t n, const char *prefix)
{
	const struct strs **next = arena_array(&c->arena, all->n + 1, sizeof(struct strs *));
	size_t found = 0;

	for (size_t i = 0; next && i < all->n; i++) {
		bool again = false;

		if (all->v[i].layers.n <= n || !begins(&all->v[i].layers, layers, n))
			continue;
		for (size_t k = 0; k < found; k++)
			again = again || !strcmp(next[k]->v[n], all->v[i].layers.v[n]);
		if (!again)
			next[found++] = &all->v[i].layers;
	}
	for (size_t k = 0; k < found; k++) {
		bool last = k + 1 == found;

		layer_line(c, all, next[k], n, prefix, last);
		children(c, all, next[k], n + 1, arena_printf(&c->arena, "%s%s ", prefix, last ? " " : "│"));
	}
}

static int run_tree(struct cli *c, void *request, struct err *err)
{
	const struct tree_command *r = request;
	struct image_list all = { 0 };
	struct image_row img = { 0 };
	uint64_t files, tar, sum = 0;
	int rc;

	if ((rc = resolve(c, c->args.v[0], &img, err)) < 0 ||
		(rc = verb_images(&c->engine, NULL, &c->arena, &all, err)) < 0)
		return rc;
	for (size_t i = 0; i < img.layers.n; i++) {
		layer_sizes(&c->engine, img.layers.v[i], &files, &tar);
		sum += tar;
	}
	(void) printf("Image ID: %.12s\nTags:     [%s]\nSize:     %s\n", img.id,
		names_text(&c->arena, &img.names), words_size_tight(&c->arena, sum + strlen(img.config)));
	(void) printf(img.layers.n ? "Image Layers\n" : "No Image Layers\n");
	for (size_t i = r->what_requires && img.layers.n ? img.layers.n - 1 : 0; i < img.layers.n; i++)
		layer_line(c, &all, &img.layers, i, "", i + 1 == img.layers.n);
	if (r->what_requires)
		children(c, &all, &img.layers, img.layers.n, " ");
	return 0;
}

static const struct option tree_options[] = {
	O_BOOL(struct tree_command, what_requires, "whatrequires", 0,
		"Show what other images have on top of it"),
	O_END,
};

/* ---- untag --------------------------------------------------------------------------------------------------------------- */

static int run_untag(struct cli *c, void *request, struct err *err)
{
	struct image_row img = { 0 };
	struct strs names = { 0 };
	int rc;

	(void) request;
	if ((rc = image_resolve(&c->engine, c->args.v[0], &c->arena, &img, err)) < 0)
		return rc;
	for (size_t i = 1; i < c->args.n; i++) {
		const char *name, *full = NULL;
		bool has = false;

		if ((rc = image_name_local(c->args.v[i], &c->arena, &name, err)) < 0)
			return rc;
		if (image_name_meant(&img, c->args.v[i], &c->arena))
			full = image_name_meant(&img, c->args.v[i], &c->arena);
		for (size_t k = 0; k < img.names.n; k++)
			has = has || !strcmp(img.names.v[k], full ? full : name);
		if (!has)
			return err_set(err, ERR_NOT_FOUND, "%s: tag not known", name);
		if (strs_add(&names, &c->arena, full ? full : name) < 0)
			return err_sys(err, ENOMEM, "untag");
	}
	if (c->args.n == 1)
		names = img.names;
	for (size_t i = 0; i < names.n; i++)
		if ((rc = store_image_untag(c->engine.store, names.v[i], err)) < 0)
			return rc;
	return 0;
}

/* ---- mount ---------------------------------------------------------------------------------------------------------------- */

struct mount_command {
	bool all, force;
	const char *format;
};

static json_t *mount_doc(const struct image_row *img, const char *path)
{
	json_t *names = json_array();

	for (size_t i = 0; i < img->names.n; i++)
		(void) json_array_append_new(names, json_string(img->names.v[i]));
	return json_pack("{s:s,s:[s],s:o,s:s}", "id", img->id, "Names", img->digest ? img->digest : "",
		"Repositories", names, "mountpoint", path);
}

static int mount_print(struct cli *c, const struct mount_command *r, struct err *err)
{
	struct image_list all = { 0 };
	json_t *list = json_array();
	int rc = verb_images(&c->engine, NULL, &c->arena, &all, err);

	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const char *path;

		if (!mounts_has(&c->engine, MOUNTS_OF_IMAGES, all.v[i].id))
			continue;
		if (!(path = mounts_path(&c->engine, MOUNTS_OF_IMAGES, all.v[i].id, &c->arena)))
			rc = err_sys(err, ENOMEM, "list mounts");
		else if (r->format)
			(void) json_array_append_new(list, mount_doc(&all.v[i], path));
		else
			print_line(arena_printf(&c->arena, "%s  %s",
				all.v[i].names.n ? all.v[i].names.v[0]
						 : short_id(&c->arena, all.v[i].id, false),
				path));
	}
	if (rc == 0 && r->format)
		rc = print_json(list, 1);
	json_decref(list);
	return rc;
}

/* --all: every image is an argument. */
static int all_images(struct cli *c, bool all, struct err *err)
{
	struct image_list list = { 0 };
	int rc = all ? verb_images(&c->engine, NULL, &c->arena, &list, err) : 0;

	if (all && c->args.n)
		return err_set(err, ERR_INVALID,
			"when using the --all switch, you may not pass any image names or IDs");
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (!image_row_is_list(&list.v[i]) && strs_add(&c->args, &c->arena, list.v[i].id) < 0)
			rc = err_sys(err, ENOMEM, "mount");
	return rc;
}

static int run_image_mount(struct cli *c, void *request, struct err *err)
{
	const struct mount_command *r = request;
	int rc, status = 0;

	if (r->format && !format_is_json(r->format))
		return err_set(err, ERR_INVALID, "unknown --format argument: %s", r->format);
	if ((rc = all_images(c, r->all, err)) < 0)
		return rc;
	if (!c->args.n)
		return mount_print(c, r, err);
	for (size_t i = 0; i < c->args.n; i++) {
		struct image_row img = { 0 };
		struct err one = { 0 };
		const char *path = NULL;

		if (resolve(c, c->args.v[i], &img, &one) < 0 ||
			image_mount(&c->engine, &img, &c->arena, &path, &one) < 0) {
			cli_error(&one);
			status = EXIT_ENGINE;
		} else {
			print_line(c->args.n > 1 ? arena_printf(&c->arena, "%s %s",
							   img.names.n ? img.names.v[0] : img.id, path)
						 : path);
		}
	}
	return status;
}

static int run_image_unmount(struct cli *c, void *request, struct err *err)
{
	const struct mount_command *r = request;
	int rc, status = 0;

	if (!r->all && !c->args.n)
		return err_set(err, ERR_INVALID, "at least one image name or ID must be specified, or --all");
	if ((rc = all_images(c, r->all, err)) < 0)
		return rc;
	for (size_t i = 0; i < c->args.n; i++) {
		struct image_row img = { 0 };
		struct err one = { 0 };

		rc = resolve(c, c->args.v[i], &img, &one);
		if (rc == 0)
			rc = mounts_remove(&c->engine, MOUNTS_OF_IMAGES, img.id, &one);
		if (rc > 0)
			print_line(img.id);
		else if (rc == 0 && !r->all && !r->force)
			(void) err_set(&one, ERR_STATE, "image '%s' is not mounted", c->args.v[i]);
		if (one.kind) {
			cli_error(&one);
			status = EXIT_ENGINE;
		}
	}
	return status;
}

static const struct option mount_options[] = {
	O_BOOL(struct mount_command, all, "all", 'a', "All images"),
	O_STR(struct mount_command, format, "format", 0, "json", "Print what is mounted as JSON"),
	O_END,
};
static const struct option unmount_options[] = {
	O_BOOL(struct mount_command, all, "all", 'a', "All that are mounted"),
	O_BOOL(struct mount_command, force, "force", 'f', "One that is not mounted is no error"),
	O_END,
};

/* clang-format off */
static const struct option *const o_history[] = { history_options, help_options, NULL };
static const struct option *const o_tree[] = { tree_options, help_options, NULL };
static const struct option *const o_mount[] = { mount_options, help_options, NULL };
static const struct option *const o_unmount[] = { unmount_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command image_show_commands[] = {
	{ "history|image history", "IMAGE", "Show what an image was made of", NULL, "  podctl history alpine\n  podctl history --no-trunc --format '{{.CreatedBy}}' alpine\n",
		o_history, sizeof(struct history_command), 1, 1, 0, run_history },
	{ "image tree", "IMAGE", "Show an image's layers", NULL, "  podctl image tree web\n",
		o_tree, sizeof(struct tree_command), 1, 1, 0, run_tree },
	{ "untag|image untag", "IMAGE [NAME...]", "Take names from an image", "Without NAME it loses all of them; the image stays.", "  podctl untag web localhost/web:old\n",
		o_help, 0, 1, -1, 0, run_untag },
	{ "image mount", "[IMAGE...]", "Mount images read-only and print where", "Without an image those that are mounted are listed. Ordinary users see the files in podctl unshare.",
		"  ls $(podctl image mount alpine)\n", o_mount, sizeof(struct mount_command), 0, -1, 0, run_image_mount },
	{ "image unmount|image umount", "[IMAGE...]", "Unmount images", NULL, "  podctl image unmount -a\n",
		o_unmount, sizeof(struct mount_command), 0, -1, 0, run_image_unmount },
	{ .paths = NULL },
};
/* clang-format on */
