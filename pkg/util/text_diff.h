/*
 * text_diff.h — unified differences of two texts, line by line.
 *
 * Myers' algorithm with a bound on the number of differences: past it the texts are shown as one block gone and one come,
 * which is as true and costs nothing.
 */
#ifndef PODCTL_UTIL_TEXT_DIFF_H
#define PODCTL_UTIL_TEXT_DIFF_H

#include "pkg/util/buf.h"

/* Appends "--- old_name", "+++ new_name" and hunks with three lines around.  1: they differ, 0: they are the same, -ENOMEM. */
int text_diff(const char *old_name, const char *old_text, const char *new_name, const char *new_text,
	struct buf *b);

#endif
