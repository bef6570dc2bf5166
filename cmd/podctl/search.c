/*
 * search.c — search.
 */
#include <errno.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/pull.h"
#include "pkg/image/search.h"
#include "pkg/util/text.h"

#define DESCRIPTION_WIDTH 44 /* as podman cuts it */
#define SEARCH_LIMIT 25
#define TAGS_LIMIT 10

struct search_command {
	struct registry_options at;
	struct opt_i64 limit;
	struct strs filters;
	const char *format;
	bool no_trunc, list_tags, compatible;
};

static int bool_of(const char *value, struct opt_bool *ret)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return -EINVAL;
	*ret = (struct opt_bool){ .set = true, .v = strcmp(value, "true") == 0 };
	return 0;
}

static int filter_take(const char *f, struct search_request *q, struct err *err)
{
	const char *eq = strchr(f, '=');
	size_t n = eq ? (size_t) (eq - f) : strlen(f);
	uint64_t stars;

	if (n == 5 && strncmp(f, "stars", n) == 0 && eq) {
		if (parse_u64(eq + 1, 0, INT64_MAX, &stars) < 0)
			return err_set(err, ERR_INVALID, "incorrect value type for stars filter");
		q->min_stars = (int64_t) stars;
		return 0;
	}
	if (n == 11 && strncmp(f, "is-official", n) == 0 && bool_of(eq ? eq + 1 : "true", &q->official) == 0)
		return 0;
	if (n == 12 && strncmp(f, "is-automated", n) == 0 &&
		bool_of(eq ? eq + 1 : "true", &q->automated) == 0)
		return 0;
	return err_set(err, ERR_INVALID,
		"invalid filter \"%s\"; there are stars=N, is-official and is-automated", f);
}

static const char *cut(struct cli *c, const struct search_command *r, const char *text)
{
	if (r->no_trunc || strlen(text) <= DESCRIPTION_WIDTH)
		return text;
	return arena_printf(&c->arena, "%.*s...", DESCRIPTION_WIDTH, text);
}

static int tags_list(struct cli *c, const struct search_command *r, struct listing *l, struct err *err)
{
	size_t limit = r->limit.set && r->limit.v ? (size_t) r->limit.v : TAGS_LIMIT, n;
	struct strs tags = { 0 };
	const char *full;
	json_t *names = json_array();
	int rc;

	if (r->filters.n)
		return err_set(err, ERR_INVALID, "filters are not applicable to list tags result");
	if ((rc = image_tags(&c->engine, c->args.v[0], &r->at, &c->arena, &full, &tags, err)) < 0)
		return rc;
	n = tags.n < limit ? tags.n : limit;
	for (size_t i = 0; i < n; i++) {
		(void) json_array_append_new(l->rows, json_pack("{s:s,s:s}", "Name", full, "Tag", tags.v[i]));
		(void) json_array_append_new(names, json_string(tags.v[i]));
	}
	(void) json_array_append_new(l->json_doc, json_pack("{s:s,s:o}", "Name", full, "Tags", names));
	return 0;
}

static int images_list(struct cli *c, const struct search_command *r, struct listing *l, struct err *err)
{
	struct search_request q = { .term = c->args.v[0],
		.limit = r->limit.set && r->limit.v ? (size_t) r->limit.v : SEARCH_LIMIT };
	struct search_hit *hits;
	size_t n;
	int rc;

	for (size_t i = 0; i < r->filters.n; i++)
		if ((rc = filter_take(r->filters.v[i], &q, err)) < 0)
			return rc;
	if ((rc = image_search(&c->engine, &q, &r->at, &c->arena, &hits, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const char *official = hits[i].official ? "[OK]" : "",
			   *automated = hits[i].automated ? "[OK]" : "";

		(void) json_array_append_new(
			l->rows, json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:s}", "Index", hits[i].index, "Name",
					 hits[i].name, "Description", cut(c, r, hits[i].description), "Stars",
					 (json_int_t) hits[i].stars, "Official", official, "Automated",
					 automated, "Tag", ""));
		(void) json_array_append_new(l->json_doc,
			json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:s}", "Index", hits[i].index, "Name",
				hits[i].name, "Description", cut(c, r, hits[i].description), "Stars",
				(json_int_t) hits[i].stars, "Official", official, "Automated", automated,
				"Tag", ""));
	}
	return 0;
}

static int run_search(struct cli *c, void *request, struct err *err)
{
	struct search_command *r = request;
	struct listing l = { .format = r->format,
		.fields = "Index Name Description Stars Official Automated Tag",
		.columns = r->list_tags ? "{{.Name}}\t{{.Tag}}"
			   : r->compatible
				   ? "{{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}\t{{.Automated}}"
				   : "{{.Name}}\t{{.Description}}" };
	int rc;

	if (!*c->args.v[0])
		return err_set(err, ERR_INVALID, "search term must not be empty");
	if ((rc = registry_prepare(c, &r->at, err)) < 0)
		return rc;
	signals_watch(&r->at);
	l.rows = json_array();
	l.json_doc = json_array();
	rc = r->list_tags ? tags_list(c, r, &l, err) : images_list(c, r, &l, err);
	if (rc == 0 && (json_array_size(l.rows) || (r->format && format_is_json(r->format))))
		rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(l.json_doc);
	return rc;
}

#define S struct search_command
static const struct option search_options[] = {
	O_STR(S, at.authfile, "authfile", 0, "FILE", "Take credentials from this file only"),
	O_STR(S, at.cert_dir, "cert-dir", 0, "DIR", "Certificates for the registry, instead of certs.d"),
	O_BOOL(S, compatible, "compatible", 0, "Show stars, official and automated as well"),
	O_STR(S, at.creds, "creds", 0, "USER:PASSWORD", "Who to be at the registry"),
	O_STRS(S, filters, "filter", 'f', "KEY=VALUE", "stars=N, is-official or is-automated"),
	O_STR(S, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_INT(S, limit, "limit", 0, "N", "At most so many of each registry (default 25; tags: 10)", 0, 10000),
	O_BOOL(S, list_tags, "list-tags", 0, "List the tags of a repository"),
	O_BOOL(S, no_trunc, "no-trunc", 0, "Do not shorten descriptions"),
	O_OBOOL(S, at.tls_verify, "tls-verify", 0,
		"Insist on HTTPS and check certificates (default: unless registries.conf says insecure)"),
	O_END,
};
#undef S

/* clang-format off */
static const struct option *const o_search[] = { search_options, help_options, NULL };

const struct command search_commands[] = {
	{ "search|image search", "[REGISTRY/]TERM", "Look for images in registries",
		"Without REGISTRY all unqualified-search-registries are asked, or docker.io. Registries without a search of their own are searched by their catalogue, where they show it.",
		"  podctl search quay.io/busybox\n  podctl search --list-tags localhost:5000/team/web\n",
		o_search, sizeof(struct search_command), 1, 1, 0, run_search },
	{ .paths = NULL },
};
/* clang-format on */
