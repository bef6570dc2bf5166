/*
 * entry.h — one tar entry as a file: contents, then owner, mode, extended attributes, times.
 *
 * Private to pkg/archive.  The order is the kernel's: chown clears set-id bits and security.capability, writing changes
 * the times.  The name is clean, its parent is held by the layer.
 */
#ifndef PODCTL_ARCHIVE_ENTRY_H
#define PODCTL_ARCHIVE_ENTRY_H

#include <archive.h>
#include <archive_entry.h>

#include "pkg/archive/layer.h"

/* Makes the entry l->parent/base (for a directory: clean is its whole name; "" is the layer's root).
 * *size: bytes of a regular file.  -EPIPE: reading the archive failed, its reader knows why (err is not filled). */
int entry_make(struct layer *l, struct archive *tar, struct archive_entry *e, const char *clean,
	const char *base, uint64_t max, uint64_t *size, struct err *err);

#endif
