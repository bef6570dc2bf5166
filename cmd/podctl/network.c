/*
 * network.c — podctl network ...: the engine's bridge, and those that people make.
 */
#include <string.h>

#include "cmd/podctl/inspect.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/text.h"
#include "pkg/verb/networks.h"

struct network_command {
	struct strs filters;
	const char *format;
	bool quiet, no_heading, no_trunc, force;
	struct opt_i64 timeout;
};

static json_t *or_empty(json_t *v) { return v ? json_incref(v) : json_object(); }

/* "a=b,c=d" */
static json_t *labels_text(struct cli *c, json_t *labels)
{
	const char *key, *text = "";
	json_t *value;

	json_object_foreach(labels, key, value) if (text) text = arena_printf(&c->arena, "%s%s%s=%s", text,
		*text ? "," : "", key, json_string_value(value) ? json_string_value(value) : "");
	return json_string(text ? text : "");
}

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
	(void) json_object_set_new(row, "Labels", labels_text(c, json_object_get(doc, "labels")));
	(void) json_object_set_new(row, "Options", or_empty(json_object_get(doc, "options")));
	(void) json_object_set_new(row, "IPAMOptions", or_empty(json_object_get(doc, "ipam_options")));
	(void) json_object_set(row, "Internal", json_object_get(doc, "internal"));
	(void) json_object_set(row, "IPv6Enabled", json_object_get(doc, "ipv6_enabled"));
	(void) json_object_set(row, "DNSEnabled", json_object_get(doc, "dns_enabled"));
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

/* 1: not there, 2: in use, as podman's. */
static int run_remove(struct cli *c, void *request, struct err *err)
{
	const struct network_command *r = request;
	int status = 0;

	(void) err;
	for (size_t i = 0; i < c->args.n; i++) {
		struct err one = { 0 };

		if (verb_network_remove(&c->engine, c->args.v[i], r->force, &r->timeout, &one) >= 0) {
			print_line(c->args.v[i]);
			continue;
		}
		if (one.kind == ERR_NOT_FOUND && r->force)
			continue;
		status = cli_not_removed(&one, status);
	}
	return status;
}

/* ---- create ----------------------------------------------------------------------------------------------------------- */

struct create_command {
	struct network_request net;
	const char *driver, *ipam;
	bool ignore;
};

static int run_create(struct cli *c, void *request, struct err *err)
{
	struct create_command *r = request;
	const char *name = NULL;
	int rc;

	if (r->driver && strcmp(r->driver, "bridge") != 0)
		return err_set(err, ERR_UNSUPPORTED, "--driver %s: there is only \"bridge\"", r->driver);
	if (r->ipam && strcmp(r->ipam, "host-local") != 0)
		return err_set(
			err, ERR_UNSUPPORTED, "--ipam-driver %s: there is only \"host-local\"", r->ipam);
	r->net.name = c->args.n ? c->args.v[0] : NULL;
	rc = verb_network_create(&c->engine, &r->net, &c->arena, &name, err);
	if (rc < 0 && r->ignore && r->net.name && err->kind == ERR_EXISTS) {
		json_t *doc = NULL;
		struct err no = { 0 };

		if ((rc = verb_network_inspect(&c->engine, r->net.name, &doc, &no) < 0 ? rc : 0) == 0)
			name = r->net.name;
		json_decref(doc);
	}
	if (rc < 0)
		return rc;
	print_line(name);
	return 0;
}

#define C struct create_command
static const struct option create_options_[] = {
	O_BOOL(C, net.no_dns, "disable-dns", 0, "Its pods do not find each other by name"),
	O_STR(C, driver, "driver", 'd', "NAME", "bridge, the only one"),
	O_STR(C, net.gateway, "gateway", 0, "IP", "The host's address on it (default: the subnet's first)"),
	O_BOOL(C, ignore, "ignore", 0, "One of that name that is there already is no error"),
	O_STR(C, net.interface, "interface-name", 0, "NAME",
		"Name of its bridge (default podctl1, podctl2 ...)"),
	O_BOOL(C, net.internal, "internal", 0, "No way out to other networks, and none in"),
	O_STR(C, net.ip_range, "ip-range", 0, "CIDR", "Give pods addresses of this range of the subnet only"),
	O_STR(C, ipam, "ipam-driver", 0, "NAME", "host-local, the only one"),
	O_KVS(C, net.labels, "label", 0, "Set a label"),
	O_KVS(C, net.options, "opt", 'o',
		"mtu=N, or isolate=true: no way to other networks that are isolated"),
	O_STR(C, net.subnet, "subnet", 0, "CIDR", "Its addresses (default: the first /24 that is free)"),
	O_REFUSED("ipv6", 0, NULL, "networks have IPv4 addresses"),
	O_REFUSED("dns", 0, "IP", "give name servers to a container with --dns"),
	O_REFUSED("route", 0, "ROUTE", "the only route of a pod is by its gateway"),
	O_END,
};
#undef C

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
	O_BOOL(N, force, "force", 'f', "Remove the containers and pods on it first; one that is not there is no error"),
	O_INT(N, timeout, "time", 't', "SECONDS", "With --force: how long each container may take to stop", -1, UINT32_MAX),
	O_END,
};
static const struct option *const o_list[] = { list_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_create[] = { create_options_, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command network_commands[] = {
	{ "network create", "[NAME]", "Make a network",
		"A bridge with a subnet of its own. Its containers find each other by name; run --network NAME[:ip=IP,mac=MAC,alias=NAME] "
		"puts one on it. A container or pod is on one network.",
		"  podctl network create backend\n  podctl network create --internal --subnet 10.99.0.0/24 db\n  podctl run -d --network backend --name web localhost/bb httpd -f\n",
		o_create, sizeof(struct create_command), 0, 1, 0, run_create },
	{ "network ls|network list", "", "List networks", "podctl is the engine's own, which containers are on when nothing else is said.",
		"  podctl network ls\n", o_list, sizeof(N), 0, 0, 0, run_list },
	{ "network inspect", "NETWORK...", "Print all that is known of networks as JSON", NULL,
		"  podctl network inspect podctl\n", o_inspect, sizeof(N), 1, -1, 0, run_inspect },
	{ "network exists", "NETWORK", "Exit 0 when there is such a network, else 1", NULL, NULL, o_help, 0, 1, 1, 0, run_exists },
	{ "network rm|network remove", "NETWORK...", "Remove networks",
		"The engine's own cannot be removed. The exit status is 1 when there is no such network, 2 when one is in use.",
		"  podctl network rm -f backend\n",
		o_remove, sizeof(N), 1, -1, 0, run_remove },
	{ .paths = NULL },
};
/* clang-format on */
