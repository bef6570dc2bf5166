/*
 * inspect.h — the inspect commands.
 */
#ifndef PODCTL_CMD_INSPECT_H
#define PODCTL_CMD_INSPECT_H

#include "cmd/podctl/cli.h"

/* kind may also be "volume" or "network"; size: of containers, counted file by file. */
int inspect_many(
	struct cli *c, const char *kind, const char *format, bool latest, bool size, struct err *err);
/* Prints one document through a template; keys that podman's JSON leaves out when they are empty are there for it. */
int inspect_print(json_t *doc, const char *format, struct err *err);

#endif
