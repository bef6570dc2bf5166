/*
 * registry.h — options that every command has which speaks with a registry.
 */
#ifndef PODCTL_CMD_REGISTRY_H
#define PODCTL_CMD_REGISTRY_H

#include "cmd/podctl/cli.h"
#include "pkg/image/registry.h"

/* What options left open, from environment and terminal. */
int registry_prepare(struct cli *c, struct registry_options *o, struct err *err);

/* The value of --retry-delay: "5s", "1m30s", "500ms" counts as one second, or seconds. */
int registry_delay(const char *value, struct registry_options *o, struct err *err);

/* Ctrl-C takes what was fetched along; SIGKILL leaves that to the next command.  signal_caught: which it was, or 0. */
void signals_watch(struct registry_options *o);
int signal_caught(void);

#endif
