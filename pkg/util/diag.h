/*
 * diag.h — a list of faults in documents.
 *
 * A manifest is checked to its end: every fault is added here with file, line and column, and nothing has been done
 * when they are reported.  Order is by file, then line, then column.  At most DIAG_MAX are kept, the rest is counted.
 */
#ifndef PODCTL_UTIL_DIAG_H
#define PODCTL_UTIL_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/err.h"

#define DIAG_MAX 200

enum diag_level { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

struct diag_item {
	enum diag_level level;
	const char *file; /* borrowed until diag_done of the list's owner; may be NULL */
	int line, col;    /* from 1; 0: no place */
	const char *text;
};

struct diag {
	struct arena arena;
	struct diag_item items[DIAG_MAX];
	size_t n, errors, dropped;
	const char *file; /* put on items added from now on */
};

void diag_add(struct diag *d, enum diag_level level, int line, int col, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Warnings become errors. */
void diag_raise(struct diag *d);
/* Writes "file:line:col: text" lines of at least 'from' into b, sorted. */
void diag_print(struct diag *d, enum diag_level from, struct buf *b);
/* 0 without errors; else err holds the first one and "(and N more)". */
int diag_result(const struct diag *d, struct err *err);
void diag_done(struct diag *d);
#define auto_diag AUTO(diag_done)

#endif
