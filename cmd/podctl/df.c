/*
 * df.c — podctl system df.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/df.h"

struct df_command {
	const char *format;
	bool verbose;
};

static json_t *df_row_json(struct cli *c, const struct df_row *r)
{
	unsigned percent = r->size ? (unsigned) ((double) r->reclaimable * 100 / (double) r->size + 0.5) : 0;

	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I}", "Type", r->type, "Total",
		(json_int_t) r->total, "Active", (json_int_t) r->active, "Size",
		words_size_tight(&c->arena, r->size), "Reclaimable",
		arena_printf(&c->arena, "%s (%u%%)", words_size_tight(&c->arena, r->reclaimable), percent),
		"RawSize", (json_int_t) r->size, "RawReclaimable", (json_int_t) r->reclaimable);
}

/* ---- each object -------------------------------------------------------------------------------------------------------- */

/* Takes rows. */
static int table(const char *title, const char *fields, const char *columns, const struct header *headers,
	json_t *rows, struct err *err)
{
	struct listing l = { .fields = fields, .columns = columns, .headers = headers, .rows = rows };
	int rc;

	(void) printf("%s space usage:\n\n", title);
	rc = print_listing(&l, err);
	json_decref(rows);
	return rc;
}

static json_t *image_json(struct cli *c, const struct df_image *m, uint64_t now)
{
	const char *repo = m->name ? m->name : "<none>", *slash = strrchr(repo, '/'), *tag = "<none>";
	const char *at = strchr(repo, '@'), *colon = strchr(slash ? slash : repo, ':');

	if (m->name && at) {
		repo = arena_strndup(&c->arena, repo, (size_t) (at - repo));
	} else if (m->name && colon) {
		tag = colon + 1;
		repo = arena_strndup(&c->arena, repo, (size_t) (colon - repo));
	}
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "Repository", repo, "Tag", tag, "ImageID",
		short_id(&c->arena, m->id, false), "Created",
		words_duration(&c->arena, now > m->created_us ? now - m->created_us : 0), "Size",
		words_size_tight(&c->arena, m->size), "SharedSize", words_size_tight(&c->arena, m->shared),
		"UniqueSize", words_size_tight(&c->arena, m->size - m->shared), "Containers",
		(json_int_t) m->containers);
}

static int run_verbose(struct cli *c, struct err *err)
{
	static const struct header images[] = { { "ImageID", "IMAGE ID" }, { "SharedSize", "SHARED SIZE" },
		{ "UniqueSize", "UNIQUE SIZE" }, { NULL, NULL } };
	static const struct header containers[] = { { "ContainerID", "CONTAINER ID" },
		{ "LocalVolumes", "LOCAL VOLUMES" }, { NULL, NULL } };
	static const struct header volumes[] = { { "VolumeName", "VOLUME NAME" }, { NULL, NULL } };
	struct df_objects o = { 0 };
	uint64_t now = time_now_us();
	json_t *im = json_array(), *ct = json_array(), *vo = json_array();
	int rc = verb_df_objects(&c->engine, &c->arena, &o, err);

	for (size_t i = 0; i < o.n_images; i++)
		(void) json_array_append_new(im, image_json(c, &o.image[i], now));
	for (size_t i = 0; i < o.n_containers; i++) {
		const struct df_container *d = &o.container[i];

		(void) json_array_append_new(
			ct, json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:s}", "ContainerID",
				    short_id(&c->arena, d->id, false), "Image",
				    short_id(&c->arena, d->image, false), "Command", d->command,
				    "LocalVolumes", (json_int_t) d->volumes, "Size",
				    words_size_tight(&c->arena, d->size), "Created",
				    words_duration(&c->arena, now > d->created_us ? now - d->created_us : 0),
				    "Status", d->state, "Names", d->name));
	}
	for (size_t i = 0; i < o.n_volumes; i++)
		(void) json_array_append_new(vo, json_pack("{s:s,s:I,s:s}", "VolumeName", o.volume[i].name,
							 "Links", (json_int_t) o.volume[i].links, "Size",
							 words_size_tight(&c->arena, o.volume[i].size)));
	if (rc < 0) {
		json_decref(im);
		json_decref(ct);
		json_decref(vo);
		return rc;
	}
	rc = table("Images", "Repository Tag ImageID Created Size SharedSize UniqueSize Containers",
		"{{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Created}}\t{{.Size}}\t{{.SharedSize}}\t{{."
		"UniqueSize}}\t"
		"{{.Containers}}",
		images, im, err);
	(void) putchar('\n');
	if (rc == 0)
		rc = table("Containers", "ContainerID Image Command LocalVolumes Size Created Status Names",
			"{{.ContainerID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{."
			"Created}}\t"
			"{{.Status}}\t{{.Names}}",
			containers, ct, err);
	else
		json_decref(ct);
	(void) putchar('\n');
	if (rc == 0)
		return table("Local Volumes", "VolumeName Links Size",
			"{{.VolumeName}}\t{{.Links}}\t{{.Size}}", volumes, vo, err);
	json_decref(vo);
	return rc;
}

static int run_df(struct cli *c, void *request, struct err *err)
{
	struct listing l = { .format = ((struct df_command *) request)->format,
		.fields = "Type Total Active Size Reclaimable",
		.columns = "{{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}" };
	const struct df_command *r = request;
	struct df_row rows[3];
	int rc;

	if (r->verbose && r->format)
		return err_set(err, ERR_INVALID, "cannot combine --format and --verbose flags");
	if (r->verbose)
		return run_verbose(c, err);
	if ((rc = verb_df(&c->engine, rows, err)) < 0)
		return rc;
	l.rows = json_array();
	for (size_t i = 0; i < LEN(rows); i++)
		(void) json_array_append_new(l.rows, df_row_json(c, &rows[i]));
	rc = print_listing(&l, err);
	json_decref(l.rows);
	return rc;
}

static const struct option df_options[] = {
	O_STR(struct df_command, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(struct df_command, verbose, "verbose", 'v', "Each image, container and volume"),
	O_END,
};

/* clang-format off */
static const struct option *const o_df[] = { df_options, help_options, NULL };

const struct command df_commands[] = {
	{ "system df", "", "Show what images, containers and volumes take on disk", NULL, "  podctl system df\n",
		o_df, sizeof(struct df_command), 0, 0, 0, run_df },
	{ .paths = NULL },
};
/* clang-format on */
