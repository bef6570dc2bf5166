/*
 * jsonpath.h — kubectl's templates for -o jsonpath: text with {expressions} in it.
 *
 * Done: {.a.b} {['a']} {.a[0]} {.a[-1]} {.a[0:2]} {.a[*]} {.*} {..name} {$} {@}, [?(@.a=="x")] with == != < <= > >= or nothing, "text"
 * with \n \t \" \\ \', {range X}...{end}, names with "\.".  Several values are separated by blanks; what is not there is nothing.
 * Not done: steps in slices, unions: refused.
 */
#ifndef PODCTL_CODEC_JSONPATH_H
#define PODCTL_CODEC_JSONPATH_H

#include <jansson.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

/* Appends to b.  ERR_INVALID: the template is none. */
int jsonpath_print(const char *template, const json_t *doc, struct buf *b, struct err *err);

#endif
