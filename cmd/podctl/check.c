/*
 * check.c — system check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/registry.h"
#include "cmd/podctl/tables.h"
#include "pkg/image/registry.h"
#include "pkg/util/io.h"
#include "pkg/verb/check.h"

struct check_command {
	bool quick, repair, force;
	struct registry_options max; /* its delay is a Go duration */
};

static int opt_max(struct cli *c, void *request, const char *value, struct err *err)
{
	(void) c;
	if (registry_delay(value, &((struct check_command *) request)->max, err) < 0)
		return err_set(err, ERR_INVALID, "--max %s: expected a time such as 30s or 10m", value);
	return 0;
}

static void found(void *ctx, const char *line, bool repaired)
{
	struct arena *a = ctx;

	print_line(repaired ? arena_printf(a, "%s (repaired)", line) : line);
	(void) fflush(stdout);
}

static int run_check(struct cli *c, void *request, struct err *err)
{
	const struct check_command *r = request;
	struct check_request check = { .quick = r->quick,
		.repair = r->repair || r->force,
		.force = r->force,
		.found = found,
		.ctx = &c->arena };
	struct check_result sum = { 0 };
	int rc;

	if (r->max.retry_delay_s.set)
		check.until_us = time_mono_us() + (uint64_t) r->max.retry_delay_s.v * 1000000;
	if ((rc = verb_check(&c->engine, &check, &sum, err)) < 0)
		return rc;
	if (sum.not_read)
		print_line(arena_printf(&c->arena, "%zu layers were not read: --max was over", sum.not_read));
	if (!sum.left)
		return 0;
	return err_set(err, ERR_CORRUPT, "damage detected in local storage%s",
		check.repair ? "; not all of it could be repaired" : "; --repair mends what can be");
}

static const struct option check_options[] = {
	O_BOOL(struct check_command, force, "force", 'f',
		"Repair, and remove containers whose image is damaged"),
	O_FN(opt_max, "max", 'm', "TIME", "Stop reading layers after so long"),
	O_BOOL(struct check_command, quick, "quick", 'q', "Do not read layers"),
	O_BOOL(struct check_command, repair, "repair", 'r',
		"Remove damaged images, delete what belongs to nothing"),
	O_END,
};

/* clang-format off */
static const struct option *const o_check[] = { check_options, help_options, NULL };

const struct command check_commands[] = {
	{ "system check", "", "Look whether what is kept is whole",
		"The database, images, containers and volumes. Each layer is read and its digest compared, unless --quick says not to. "
		"A damaged image is removed by --repair, to be pulled again; its containers only by --force.",
		"  podctl system check --quick\n  podctl system check --repair\n", o_check, sizeof(struct check_command), 0, 0, 0, run_check },
	{ .paths = NULL },
};
/* clang-format on */
