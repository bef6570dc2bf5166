/*
 * network.c — podctl network ...: there is one, the bridge.
 */
#include <string.h>

#include "cmd/podctl/inspect.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/networks.h"

struct network_command {
	struct strs filters;
	const char *format;
	bool quiet, no_heading, no_trunc, force;
	struct opt_i64 timeout;
};

static json_t *row_of(struct cli *c, json_t *doc, bool whole)
{
	json_t *row = json_object();
	const char *id = json_string_value(json_object_get(doc, "id"));

	(void) json_object_set_new(row, "ID", json_string(short_id(&c->arena, id ? id : "", whole)));
	(void) json_object_set(row, "Name", json_object_get(doc, "name"));
	(void) json_object_set(row, "Driver", json_object_get(doc, "driver"));
	(void) json_object_set(row, "Created", json_object_get(doc, "created"));
	(void) json_object_set(row, "NetworkInterface", json_object_get(doc, "network_interface"));
	(void) json_object_set(row, "Subnets", json_object_get(doc, "subnets"));
	(void) json_object_set_new(row, "Labels", json_string(""));
	(void) json_object_set_new(row, "Options", json_object());
	(void) json_object_set_new(row, "IPAMOptions", json_object());
	(void) json_object_set_new(row, "Internal", json_false());
	(void) json_object_set_new(row, "IPv6Enabled", json_false());
	(void) json_object_set_new(row, "DNSEnabled", json_false());
	return row;
}

static int run_list(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "ID", "NETWORK ID" }, { NULL, NULL } };
	const struct network_command *r = request;
	json_t *docs = NULL, *doc;
	struct listing l = { .format = r->format,
		.headers = headers,
		.fields = "ID Name Driver Created NetworkInterface Subnets Labels Options IPAMOptions "
			  "Internal IPv6Enabled DNSEnabled",
		.no_heading = r->no_heading,
		.columns = "{{.ID}}\t{{.Name}}\t{{.Driver}}" };
	size_t i;
	int rc = verb_networks(&c->engine, &r->filters, &docs, err);

	if (rc < 0)
		return rc;
	if (r->quiet && !r->format) {
		json_array_foreach(docs, i, doc) print_line(json_string_value(json_object_get(doc, "name")));
		json_decref(docs);
		return 0;
	}
	l.rows = json_array();
	l.json_doc = docs;
	json_array_foreach(docs, i, doc)(void) json_array_append_new(l.rows, row_of(c, doc, r->no_trunc));
	rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(docs);
	return rc;
}

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	const struct network_command *r = request;
	json_t *list = json_array();
	int rc = 0, status = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		struct err one = { 0 };
		json_t *doc = NULL;

		if (verb_network_inspect(&c->engine, c->args.v[i], &doc, &one) < 0) {
			cli_error(&one);
			status = EXIT_ENGINE;
		} else if (r->format && !format_is_json(r->format)) {
			json_t *row = row_of(c, doc, true);

			/* both spellings: podman's documents have small letters, its templates large ones */
			(void) json_object_update(row, doc);
			rc = inspect_print(row, r->format, err);
			json_decref(row);
			json_decref(doc);
		} else {
			(void) json_array_append_new(list, doc);
		}
	}
	if (rc == 0 && (!r->format || format_is_json(r->format)))
		rc = print_json(list, 5);
	json_decref(list);
	return rc < 0 ? rc : status;
}

static int run_exists(struct cli *c, void *request, struct err *err)
{
	json_t *doc = NULL;
	int rc = verb_network_inspect(&c->engine, c->args.v[0], &doc, err);

	(void) request;
	json_decref(doc);
	if (rc < 0 && err->kind == ERR_NOT_FOUND)
		return 1;
	return rc;
}

/* 1: not there, as podman's. */
static int run_remove(struct cli *c, void *request, struct err *err)
{
	const struct network_command *r = request;
	int status = 0;

	(void) err;
	for (size_t i = 0; i < c->args.n; i++) {
		struct err one = { 0 };
		json_t *doc = NULL;

		if (verb_network_inspect(&c->engine, c->args.v[i], &doc, &one) < 0) {
			if (one.kind == ERR_NOT_FOUND && r->force)
				continue;
			(void) err_set(&one, ERR_NOT_FOUND,
				"unable to find network with name or ID %s: network not found", c->args.v[i]);
			cli_error(&one);
			status = status ? status : 1;
			continue;
		}
		json_decref(doc);
		(void) err_set(&one, ERR_STATE, "default network %s cannot be removed", c->args.v[i]);
		cli_error(&one);
		status = EXIT_ENGINE;
	}
	return status;
}

/* The one network is always wanted. */
static int run_prune(struct cli *c, void *request, struct err *err)
{
	(void) c, (void) request, (void) err;
	return 0;
}

#define N struct network_command
/* clang-format off */
static const struct option list_options[] = {
	O_STRS(N, filters, "filter", 'f', "KEY=VALUE", "name, id, driver, label, dangling or until"),
	O_STR(N, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(N, no_trunc, "no-trunc", 0, "Do not shorten ids"),
	O_BOOL(N, no_heading, "noheading", 0, "No line of headings"),
	O_BOOL(N, quiet, "quiet", 'q', "Names only"),
	O_END,
};
static const struct option inspect_options[] = {
	O_STR(N, format, "format", 'f', "TEMPLATE", "Print through a Go template; json for JSON"),
	O_END,
};
static const struct option remove_options[] = {
	O_BOOL(N, force, "force", 'f', "One that is not there is no error"),
	O_INT(N, timeout, "time", 't', "SECONDS", "With --force: how long each container may take to stop", -1, UINT32_MAX),
	O_END,
};
static const struct option prune_options[] = {
	O_STRS(N, filters, "filter", 0, "KEY=VALUE", "Those that fit"),
	O_BOOL(N, force, "force", 'f', "Do not ask"),
	O_END,
};

static const struct option *const o_list[] = { list_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_prune[] = { prune_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command network_commands[] = {
	{ "network ls|network list", "", "List networks", "There is one, a bridge; networks of one's own are not done yet.",
		"  podctl network ls\n", o_list, sizeof(N), 0, 0, 0, run_list },
	{ "network inspect", "NETWORK...", "Print all that is known of networks as JSON", NULL,
		"  podctl network inspect podctl\n", o_inspect, sizeof(N), 1, -1, 0, run_inspect },
	{ "network exists", "NETWORK", "Exit 0 when there is such a network, else 1", NULL, NULL, o_help, 0, 1, 1, 0, run_exists },
	{ "network rm|network remove", "NETWORK...", "Remove networks", "The default network cannot be removed.", NULL,
		o_remove, sizeof(N), 1, -1, 0, run_remove },
	{ "network prune", "", "Remove networks that nobody uses", "The default network stays.", NULL,
		o_prune, sizeof(N), 0, 0, 0, run_prune },
	{ .paths = NULL },
};
/* clang-format on */
