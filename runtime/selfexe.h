/*
 * selfexe.h — a container cannot overwrite the binary that enters it (CVE-2019-5736).
 *
 * A process inside can make the runtime execute /proc/self/exe, and later open that for writing.  So commands that enter
 * a container run from a copy nobody can write: a detached overlay, read-only by construction, over our directory
 * (0.15 ms); where that cannot be had, a sealed memfd; where memfds cannot be executed, an unlinked O_TMPFILE.
 */
#ifndef PODCTL_RUNTIME_SELFEXE_H
#define PODCTL_RUNTIME_SELFEXE_H

#include "pkg/util/err.h"

/* Returns 0 when we run protected, re-executes otherwise; fills err when no way exists. */
int selfexe_protect(char **argv, struct err *err);

#endif
