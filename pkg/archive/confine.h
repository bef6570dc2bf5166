/*
 * confine.h — what podctl-unpack gives up before it looks at the first byte of an archive.
 *
 * Order: no_new_privs, rlimits, root directory (by descriptor), capabilities, system calls.  Afterwards the process sees
 * nothing but the directory it fills, cannot execute, connect, trace or mount, and of root's powers keeps six:
 * CHOWN DAC_OVERRIDE FOWNER FSETID MKNOD SETFCAP.
 */
#ifndef PODCTL_ARCHIVE_CONFINE_H
#define PODCTL_ARCHIVE_CONFINE_H

#include <stdbool.h>

#include "pkg/util/err.h"

/* dir: the directory that becomes "/".  Every descriptor above 'last_fd' is closed.  reads_marks: CAP_SYS_ADMIN is kept as well,
 * for reading overlay's own attributes of a directory that is written as a tar. */
int confine(int dir, int last_fd, bool reads_marks, struct err *err);

#endif
