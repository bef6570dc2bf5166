/*
 * options.h — one table per command: what it accepts, and where the value goes.
 *
 * Both "--opt value" and "--opt=value", "-o value" and "-ovalue"; options may stand before and after the container's
 * id; "--" ends them.  An unknown option is an error that names it.
 */
#ifndef PODCTL_RUNTIME_OPTIONS_H
#define PODCTL_RUNTIME_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "pkg/util/err.h"

enum opt_kind { OPT_FLAG, OPT_STR, OPT_NUM, OPT_LIST };

struct opt_list {
	const char *v[256];
	size_t n;
};

struct opt {
	const char *name; /* without dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum opt_kind kind;
	void *to; /* bool, const char *, int64_t, struct opt_list; NULL: accepted and without effect */
	const char *help;
};

/* Reads argv[0..argc) (no program name).  stop_after: the positional after which everything is positional (exec: the
 * program and its own options), 0: never.  *ret_pos points into argv, which is reordered.  "--help" sets *ret_help. */
int options_parse(int argc, char **argv, const struct opt *table, int stop_after, char ***ret_pos, int *ret_n,
	bool *ret_help, struct err *err);
void options_help(const struct opt *table);

#endif
