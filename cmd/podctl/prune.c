/*
 * prune.c — container, pod, image, volume and system prune.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/df.h"
#include "pkg/verb/prune.h"

struct prune_command {
	bool force, all, volumes, external;
	struct strs filters;
};

struct told {
	const char *heading; /* printed before the first; NULL: none */
	bool failed;
};

static void told_removed(void *ctx, const char *what)
{
	struct told *t = ctx;

	if (t->heading)
		print_line(t->heading);
	t->heading = NULL;
	print_line(what);
	(void) fflush(stdout);
}

static void told_failed(void *ctx, const struct err *err)
{
	((struct told *) ctx)->failed = true;
	cli_error(err);
}

/* As podman, end of file is an answer as well: no. */
static bool confirmed(const char *warning)
{
	char line[16] = "";

	(void) printf("WARNING! %s\nAre you sure you want to continue? [y/N] ", warning);
	(void) fflush(stdout);
	return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

typedef int prune_fn(struct engine *e, const struct prune_request *r, struct err *err);

static int prune_one(struct cli *c, const struct prune_command *r, const char *heading, bool all,
	prune_fn *fn, struct err *err)
{
	struct told told = { .heading = heading };
	struct prune_request p = { .filters = r->filters,
		.all = all,
		.now_us = time_now_us(),
		.removed = told_removed,
		.failed = told_failed,
		.ctx = &told };
	int rc = fn(&c->engine, &p, err);

	return rc < 0 ? rc : told.failed ? EXIT_ENGINE : 0;
}

static int run_container_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;

	if (!r->force && !confirmed("This will remove all non running containers."))
		return 0;
	return prune_one(c, r, NULL, false, verb_prune_containers, err);
}

static int run_pod_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;

	if (!r->force && !confirmed("This will remove all stopped/exited pods.."))
		return 0;
	return prune_one(c, r, NULL, false, verb_prune_pods, err);
}

static int run_image_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;

	if (!r->force && !confirmed(r->all ? "This command removes all images without at least one container "
					     "associated with them."
					   : "This command removes all dangling images."))
		return 0;
	return prune_one(c, r, NULL, r->all, verb_prune_images, err);
}

static int run_volume_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;

	if (!r->force && !confirmed("This will remove all volumes not used by at least one container."))
		return 0;
	return prune_one(c, r, NULL, false, verb_prune_volumes, err);
}

static int run_network_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;

	if (!r->force && !confirmed("This will remove all networks not used by at least one container."))
		return 0;
	return prune_one(c, r, NULL, false, verb_prune_networks, err);
}

/* ---- system prune -------------------------------------------------------------------------------------------------------------- */

static const char *system_warning(struct cli *c, const struct prune_command *r)
{
	return arena_printf(&c->arena,
		"This command removes:\n\t- all stopped containers\n\t- all stopped pods\n\t- all networks "
		"not used by at least one container\n%s\t- all %s",
		r->volumes ? "\t- all volumes not used by at least one container\n" : "",
		r->all ? "images without at least one container associated with them\n"
		       : "dangling images\n");
}

static int sizes_sum(struct cli *c, uint64_t *ret, struct err *err)
{
	struct df_row rows[3];
	int rc = verb_df(&c->engine, rows, err);

	for (size_t i = 0; rc == 0 && i < LEN(rows); i++)
		*ret += rows[i].size;
	return rc;
}

static int run_system_prune(struct cli *c, void *request, struct err *err)
{
	const struct prune_command *r = request;
	const struct {
		const char *heading;
		prune_fn *fn;
		bool skip;
	} steps[] = {
		{ "Deleted Pods", verb_prune_pods, false },
		{ "Deleted Containers", verb_prune_containers, false },
		{ "Deleted Networks", verb_prune_networks, false },
		{ "Deleted Volumes", verb_prune_volumes, !r->volumes },
		{ "Deleted Images", verb_prune_images, false },
	};
	uint64_t before = 0, after = 0;
	int status = 0, counted;

	if (!r->force && !confirmed(system_warning(c, r)))
		return 0;
	if ((counted = sizes_sum(c, &before, err)) < 0)
		return counted;
	for (size_t i = 0; i < LEN(steps); i++) {
		int rc = steps[i].skip ? 0 : prune_one(c, r, steps[i].heading, r->all, steps[i].fn, err);

		if (rc < 0)
			return rc;
		status = rc ? rc : status;
	}
	if ((counted = sizes_sum(c, &after, err)) < 0)
		return counted;
	print_line(arena_printf(&c->arena, "Total reclaimed space: %s",
		words_size_tight(&c->arena, before > after ? before - after : 0)));
	return status;
}

#define P struct prune_command
static const struct option prune_options[] = {
	O_STRS(P, filters, "filter", 0, "KEY=VALUE", "Those that fit: label=KEY[=VALUE], until=TIME"),
	O_BOOL(P, force, "force", 'f', "Do not ask"),
	O_END,
};
static const struct option image_prune_options[] = {
	O_BOOL(P, all, "all", 'a', "All that no container uses, not only those without a name"),
	O_BOOL(P, external, "external", 0,
		"Those that containers of other engines use as well: there are none in podctl's store"),
	O_END,
};
static const struct option system_prune_options[] = {
	O_BOOL(P, volumes, "volumes", 0, "Volumes no container uses too"),
	O_END,
};
#undef P

/* clang-format off */
static const struct option *const o_prune[] = { prune_options, help_options, NULL };
static const struct option *const o_system[] = { image_prune_options, system_prune_options, prune_options, help_options, NULL };
static const struct option *const o_image[] = { image_prune_options, prune_options, help_options, NULL };

const struct command prune_commands[] = {
	{ "container prune", "", "Remove containers that do not run", NULL, "  podctl container prune -f\n",
		o_prune, sizeof(struct prune_command), 0, 0, CMD_REMOVES, run_container_prune },
	{ "pod prune", "", "Remove pods that have stopped", NULL, "  podctl pod prune -f\n",
		o_prune, sizeof(struct prune_command), 0, 0, CMD_REMOVES, run_pod_prune },
	{ "image prune", "", "Remove images nobody needs", NULL, "  podctl image prune -af\n",
		o_image, sizeof(struct prune_command), 0, 0, 0, run_image_prune },
	{ "volume prune", "", "Remove volumes no container uses", NULL, "  podctl volume prune -f\n",
		o_prune, sizeof(struct prune_command), 0, 0, 0, run_volume_prune },
	{ "network prune", "", "Remove networks that nobody uses", "The engine's own stays.", "  podctl network prune -f\n",
		o_prune, sizeof(struct prune_command), 0, 0, CMD_REMOVES, run_network_prune },
	{ "system prune", "", "Remove stopped containers and pods, networks nobody uses, and images without a name",
		"With --all images no container uses, with --volumes volumes as well.", "  podctl system prune -f\n",
		o_system, sizeof(struct prune_command), 0, 0, CMD_REMOVES, run_system_prune },
	{ .paths = NULL },
};
/* clang-format on */
