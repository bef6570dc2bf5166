/*
 * top.h — the processes of a container, or of a pod, as they look from inside.
 */
#ifndef PODCTL_VERB_TOP_H
#define PODCTL_VERB_TOP_H

#include "pkg/verb/verb.h"

#define TOP_COLUMNS_MAX 32

/* Index of a column by its name ("pid", "huser", ...), or -1. */
int top_column(const char *name);
const char *top_heading(int column);

struct top_row {
	const char *field[TOP_COLUMNS_MAX];
};
/* One row per process with these columns; in a.  whole_pod: of all containers of t's pod. */
int verb_top(struct engine *e, const struct target *t, bool whole_pod, const int *columns, size_t n_columns,
	struct arena *a, struct top_row **ret, size_t *ret_n, struct err *err);

#endif
