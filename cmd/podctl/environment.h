/*
 * environment.h — what commands take from where they were typed: variables, files of variables, the working directory.
 */
#ifndef PODCTL_CMD_ENVIRONMENT_H
#define PODCTL_CMD_ENVIRONMENT_H

#include <string.h>

#include "cmd/podctl/cli.h"

/* NAME=VALUE, NAME (from the environment, nothing when it is not there), PREFIX* (all that begin so). */
int env_add(struct cli *c, struct kvs *env, const char *text, struct err *err);
int env_add_host(struct cli *c, struct kvs *env, struct err *err);
/* Lines NAME=VALUE or NAME; empty ones and those that begin with # are skipped. */
int env_add_file(struct cli *c, struct kvs *env, const char *file, struct err *err);
/* KEY=VALUE: an annotation has a value, even if it is empty. */
int annotation_add(struct cli *c, struct kvs *annotations, const char *text, struct err *err);
int labels_add_file(struct cli *c, struct kvs *labels, const char *file, struct err *err);
/* The absolute working directory, in c's arena. */
int cwd_get(struct cli *c, const char **ret, struct err *err);
/* The whole command line as podctl was called, for inspect. */
int argv_keep(struct cli *c, struct strs *ret, struct err *err);

#endif
