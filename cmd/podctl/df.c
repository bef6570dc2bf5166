/*
 * df.c — podctl system df.
 */
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/df.h"

struct df_command {
	const char *format;
};

/* "8.17MB": podman has no space there. */
static const char *size_word(struct arena *a, uint64_t bytes)
{
	const char *text = words_size(a, bytes), *space = strchr(text, ' ');

	return space ? arena_printf(a, "%.*s%s", (int) (space - text), text, space + 1) : text;
}

static json_t *df_row_json(struct cli *c, const struct df_row *r)
{
	unsigned percent = r->size ? (unsigned) ((double) r->reclaimable * 100 / (double) r->size + 0.5) : 0;

	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I}", "Type", r->type, "Total",
		(json_int_t) r->total, "Active", (json_int_t) r->active, "Size",
		size_word(&c->arena, r->size), "Reclaimable",
		arena_printf(&c->arena, "%s (%u%%)", size_word(&c->arena, r->reclaimable), percent),
		"RawSize", (json_int_t) r->size, "RawReclaimable", (json_int_t) r->reclaimable);
}

static int run_df(struct cli *c, void *request, struct err *err)
{
	struct listing l = { .format = ((struct df_command *) request)->format,
		.fields = "Type Total Active Size Reclaimable",
		.columns = "{{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}" };
	struct df_row rows[3];
	int rc = verb_df(&c->engine, rows, err);

	if (rc < 0)
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
	O_REFUSED("verbose", 'v', NULL, "single objects are not listed yet"),
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
