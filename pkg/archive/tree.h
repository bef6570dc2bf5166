/*
 * tree.h — a directory as a layer's tar: ustar, pax only where needed, entries sorted, numeric owners, whole seconds.
 *
 * As a difference (an overlay's upper directory) whiteouts become .wh.NAME, before their siblings, and opaque directories
 * .wh..wh..opq.  As a whole (export, squash) there are none.  Sockets are left out.
 */
#ifndef PODCTL_ARCHIVE_TREE_H
#define PODCTL_ARCHIVE_TREE_H

#include <stdbool.h>

#include "pkg/archive/sink.h"

/* dir: open for reading; its files are only read. */
int tree_write(int dir, bool difference, struct sink *to, struct err *err);

#endif
