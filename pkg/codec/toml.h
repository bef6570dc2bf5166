/*
 * toml.h — TOML 1.0 as nodes with line and column.
 *
 * Strict: what the specification forbids is a fault with its place (redefined tables, duplicate and mixed keys, leading
 * zeros, control characters, broken UTF-8).  After a fault reading goes on with the next line, so one run reports all.
 * Integers keep their value as decimal text, floats lose their underscores, dates and times are strings with plain set.
 * No library of Debian does this in C; the format is small.
 */
#ifndef PODCTL_CODEC_TOML_H
#define PODCTL_CODEC_TOML_H

#include "pkg/codec/node.h"

/* *ret: the root map, in a.  Faults go to d; with any, the result is -EINVAL and err holds the first. */
int toml_parse(
	const char *text, size_t len, struct arena *a, struct diag *d, struct node **ret, struct err *err);

#endif
