/*
 * change.c — rename and port.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/many.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/text.h"
#include "pkg/verb/change.h"

/* ---- rename -------------------------------------------------------------------------------------------------------------------- */

static int run_rename(struct cli *c, void *request, struct err *err)
{
	struct selection s = { .kind = STORE_CONTAINER };
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	int rc;

	(void) request;
	if (strs_add(&s.names, &c->arena, c->args.v[0]) < 0)
		return err_sys(err, ENOMEM, "rename");
	if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	return verb_rename(&c->engine, t, c->args.v[1], err);
}

/* ---- port ---------------------------------------------------------------------------------------------------------------------- */

struct port_command {
	bool all, latest;
};

/* "80", "80/udp": *ret_proto tcp when none is given. */
static int port_asked(
	const char *text, struct arena *a, uint64_t *ret, const char **ret_proto, struct err *err)
{
	const char *slash = strchr(text, '/');
	char *number = arena_strndup(a, text, slash ? (size_t) (slash - text) : strlen(text));

	*ret_proto = slash ? slash + 1 : "tcp";
	if (!number || parse_u64(number, 1, 65535, ret) < 0)
		return err_set(err, ERR_INVALID,
			"port '%s': expected a number from 1 to 65535, with /tcp or /udp", text);
	return 0;
}

static const char *host_of(struct arena *a, const struct port_line *p)
{
	return strchr(p->host_ip, ':') ? arena_printf(a, "[%s]:%u", p->host_ip, p->host_port)
				       : arena_printf(a, "%s:%u", p->host_ip, p->host_port);
}

static int port_print(struct cli *c, const struct target *t, bool all, const char *asked, struct err *err)
{
	const char *prefix = all ? arena_printf(&c->arena, "%.12s\t", t->id) : "", *proto = NULL;
	struct port_line *v = NULL;
	uint64_t want = 0;
	bool found = false;
	size_t n = 0;
	int rc;

	if ((asked && (rc = port_asked(asked, &c->arena, &want, &proto, err)) < 0) ||
		(rc = verb_ports(&c->engine, t, &c->arena, &v, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (asked && (v[i].container_port != want || strcmp(v[i].proto, proto) != 0))
			continue;
		found = true;
		if (asked)
			print_line(arena_printf(&c->arena, "%s", host_of(&c->arena, &v[i])));
		else
			print_line(arena_printf(&c->arena, "%s%u/%s -> %s", prefix, v[i].container_port,
				v[i].proto, host_of(&c->arena, &v[i])));
	}
	return asked && !found ? err_set(err, ERR_NOT_FOUND, "failed to find published port \"%s\"", asked)
			       : 0;
}

static int run_port(struct cli *c, void *request, struct err *err)
{
	const struct port_command *r = request;
	struct selection s = {
		.kind = STORE_CONTAINER, .all = r->all, .latest = r->latest, .running = r->all
	};
	size_t n = 0, missing = 0, named = r->all || r->latest ? 0 : 1;
	const char *asked = NULL;
	struct target *t = NULL;
	int rc;

	if (r->all && (r->latest || c->args.n))
		return err_set(err, ERR_INVALID, "--all cannot be given with names or --latest");
	if (c->args.n < named)
		return err_set(err, ERR_INVALID, "you must supply a running container name or id");
	if (c->args.n > named + 1)
		return err_set(err, ERR_INVALID, "port: expected a container and at most one port");
	if (c->args.n > named)
		asked = c->args.v[named];
	if (named && strs_add(&s.names, &c->arena, c->args.v[0]) < 0)
		return err_sys(err, ENOMEM, "port");
	if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = port_print(c, &t[i], r->all, asked, err);
	return rc;
}

static const struct option port_options[] = {
	O_BOOL(struct port_command, all, "all", 'a', "Of all running containers"),
	O_BOOL(struct port_command, latest, "latest", 'l', "Of the one made last"),
	O_END,
};

/* clang-format off */
static const struct option *const o_port[] = { port_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command change_commands[] = {
	{ "port|container port", "CONTAINER [PORT[/PROTOCOL]]", "List the published ports of a container", NULL,
		"  podctl port web\n  podctl port web 80/tcp\n", o_port, sizeof(struct port_command), 0, 2, 0, run_port },
	{ "rename|container rename", "CONTAINER NAME", "Give a container another name",
		"It may be running; its host name stays as it is.", "  podctl rename web old-web\n", o_help, 0, 2, 2, 0, run_rename },
	{ .paths = NULL },
};
/* clang-format on */
