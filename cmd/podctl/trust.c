/*
 * trust.c — image trust show: what policy.json says, as a table.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/codec/node.h"
#include "pkg/image/policy.h"
#include "pkg/util/cleanup.h"

struct trust_command {
	bool json, raw, no_heading;
	const char *policy;
};

/* podman's words for requirements */
static const char *type_word(const char *type)
{
	static const char *const words[][2] = { { "insecureAcceptAnything", "accept" },
		{ "reject", "reject" }, { "signedBy", "signed" }, { "signedBaseLayer", "signedBaseLayer" },
		{ "sigstoreSigned", "sigstoreSigned" } };

	for (size_t i = 0; i < LEN(words); i++)
		if (!strcmp(words[i][0], type))
			return words[i][1];
	return type;
}

static void rows_add(
	json_t *rows, const char *transport, const char *scope, const char *shown, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *r = json_array_get(list, i);
		const char *type = json_string_value(json_object_get(r, "type"));
		json_t *v = json_pack("{s:s}", "transport", transport);

		if (*shown)
			(void) json_object_set_new(v, "name", json_string(shown));
		if (*scope)
			(void) json_object_set_new(v, "repo_name", json_string(scope));
		(void) json_object_set_new(v, "type", json_string(type_word(type)));
		/* whose keys they are podctl does not look up: it checks no signatures */
		if (strncmp(type, "sig", 3) == 0)
			(void) json_object_set_new(v, "gpg_id", json_string("N/A"));
		(void) json_array_append_new(rows, v);
	}
}

static json_t *trust_rows(const json_t *doc)
{
	const json_t *transports = json_object_get(doc, "transports"), *scopes, *list;
	const char *transport, *scope;
	json_t *rows = json_array();

	rows_add(rows, "all", "default", "* (default)", json_object_get(doc, "default"));
	json_object_foreach((json_t *) transports, transport, scopes)
	{
		const char *word = !strcmp(transport, "docker") ? "repository" : transport;

		json_object_foreach((json_t *) scopes, scope, list)
		{
			rows_add(rows, word, scope, scope, list);
		}
	}
	return rows;
}

static const char *text_at(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s ? s : "";
}

static void trust_table(const struct trust_command *r, const json_t *rows)
{
	auto_buf struct buf text = BUF_INIT(4 << 20), out = BUF_INIT(8 << 20);

	if (!r->no_heading)
		(void) buf_printf(&text, "TRANSPORT\tNAME\tTYPE\tID\tSTORE\n");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *v = json_array_get(rows, i);

		(void) buf_printf(&text, "%s\t%s\t%s\t%s\t\n", text_at(v, "transport"),
			text_at(v, "repo_name"), text_at(v, "type"), text_at(v, "gpg_id"));
	}
	print_aligned(text.data ? text.data : "", &out);
	(void) fputs(out.data ? out.data : "", stdout);
}

static int run_trust_show(struct cli *c, void *request, struct err *err)
{
	const struct trust_command *r = request;
	json_t *doc = NULL, *rows;
	int rc = policy_load(&c->engine, r->policy, &doc, err);

	if (rc < 0)
		return rc;
	if (!doc) /* what no file means */
		doc = json_pack("{s:[{s:s}]}", "default", "type", "insecureAcceptAnything");
	rows = r->raw ? NULL : trust_rows(doc);
	if (r->raw)
		rc = print_json(doc, 4);
	else if (r->json)
		rc = print_json(rows, 2);
	else
		trust_table(r, rows);
	json_decref(rows);
	json_decref(doc);
	return rc;
}

static const struct option trust_options[] = {
	O_BOOL(struct trust_command, json, "json", 'j', "Print JSON"),
	O_BOOL(struct trust_command, no_heading, "noheading", 'n', "No line of headings"),
	O_STR(struct trust_command, policy, "policypath", 0, "FILE", "Show this file instead"),
	O_BOOL(struct trust_command, raw, "raw", 0, "Print the file"),
	O_END,
};

/* clang-format off */
static const struct option *const o_trust[] = { trust_options, help_options, NULL };

const struct command trust_commands[] = {
	{ "image trust show", "[REGISTRY]", "Show which images policy.json lets in",
		"accept lets in, reject refuses; what wants signatures is refused as well, for podctl checks none.",
		"  podctl image trust show\n", o_trust, sizeof(struct trust_command), 0, 1, 0, run_trust_show },
	{ .paths = NULL },
};
/* clang-format on */
