/*
 * env_file.h — the file that fileKeyRef reads a variable from (KEP-3721).
 *
 * Lines are NAME='VALUE': what is between single quotes is taken as it is, over several lines too.  Without quotes the value is
 * the rest of the line without the blanks around it, and a backslash at its end joins the next line with a blank, as
 * Kubernetes 1.34 had it.  Blank lines and lines that start with # say nothing.  The last line of a name counts.
 */
#ifndef PODCTL_MONITOR_ENV_FILE_H
#define PODCTL_MONITOR_ENV_FILE_H

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

#define FILE_KEY_MAX (64 * KiB) /* as the kubelet has it */

/* 1: the value is in b; 0: no such key; or ERR_INVALID with the line. */
int env_file_find(const char *text, const char *key, struct buf *b, struct err *err);

#endif
