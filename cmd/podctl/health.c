/*
 * health.c — healthcheck run.
 */
#include <stdio.h>

#include "cmd/podctl/tables.h"
#include "pkg/verb/containers.h"

static int run_health(struct cli *c, void *request, struct err *err)
{
	struct health_result result = { 0 };
	struct target t = { .asked = c->args.v[0] };
	int rc = store_find(c->engine.store, t.asked, STORE_CONTAINER, &c->arena, &t.id, &t.pod, err);

	(void) request;
	if (rc < 0 || (rc = verb_healthcheck(&c->engine, &t, &result, &c->arena, err)) < 0)
		return rc;
	if (result.healthy)
		return 0;
	puts("unhealthy");
	return 1;
}

/* clang-format off */
static const struct option *const o_plain[] = { help_options, NULL };
const struct command health_commands[] = {
	{ "healthcheck run", "CONTAINER", "Run a container's health check now",
		"Exit status 0 when its command succeeded, 1 when it failed, 125 when the container has no health check or does not run.",
		"  podctl healthcheck run web\n", o_plain, 0, 1, 1, 0, run_health },
	{ .paths = NULL },
};
/* clang-format on */
