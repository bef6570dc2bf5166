/*
 * update.c — podctl update.
 */
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/create.h"

struct update_command {
	struct create_request create; /* first: limit_options point into it */
	bool latest;
};

static int run_update(struct cli *c, void *request, struct err *err)
{
	const struct update_command *r = request;
	struct selection s = { .kind = STORE_CONTAINER, .names = c->args, .latest = r->latest };
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	int rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err);

	if (rc < 0 || missing)
		return rc < 0 ? rc : EXIT_ENGINE;
	if ((rc = verb_update(&c->engine, t, &r->create, err)) < 0)
		return rc;
	print_line(t->id);
	return 0;
}

static const struct option update_options[] = {
	O_BOOL(struct update_command, latest, "latest", 'l', "The one made last"),
	O_INT(struct update_command, create.pids_limit, "pids-limit", 0, "N",
		"At most so many processes; -1 for no limit", -1, 4194304),
	O_END,
};

/* clang-format off */
static const struct option *const o_update[] = { limit_options, update_options, help_options, NULL };

const struct command update_commands[] = {
	{ "update|container update", "CONTAINER", "Change the limits of a container",
		"At once when it runs, and for every further start. What is not named stays.",
		"  podctl update --memory 512m --cpus 1.5 web\n", o_update, sizeof(struct update_command), 0, 1, 0, run_update },
	{ .paths = NULL },
};
/* clang-format on */
