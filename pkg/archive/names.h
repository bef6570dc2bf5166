/*
 * names.h — what the name of a tar entry means, before anything is touched.
 *
 * Pure: no file is looked at.  A name is cleaned once (leading "/" and "./" go, "a/../b" is "b"); one that climbs above
 * the layer is refused.  The last component then tells ordinary entries from whiteouts.
 * Spec: OCI image-spec v1.1, layer.md "Whiteouts".
 */
#ifndef PODCTL_ARCHIVE_NAMES_H
#define PODCTL_ARCHIVE_NAMES_H

#include <stddef.h>

#include "pkg/util/buf.h"

#define ENTRY_NAME_MAX 4096     /* PATH_MAX with its NUL: what one openat2 call can take */
#define ENTRY_COMPONENT_MAX 255 /* NAME_MAX of every Linux file system */

#define ENTRY_DEPTH_MAX 512 /* removing a tree holds a descriptor per level; 1024 are every process's */

/* Writes the cleaned name ("" is the layer's root).  0, -EXDEV: climbs out, -ENAMETOOLONG, -ELOOP: too many levels,
 * -EINVAL: NULL name. */
int entry_name_clean(const char *name, char out[ENTRY_NAME_MAX]);

/* Splits a cleaned name: *ret_base points to the last component, dir gets what is before it ("" is the root). */
void entry_name_split(const char *clean, char dir[ENTRY_NAME_MAX], const char **ret_base);

enum whiteout {
	WHITEOUT_NONE,    /* an ordinary entry */
	WHITEOUT_FILE,    /* .wh.NAME: NAME of the lower layers is gone */
	WHITEOUT_OPAQUE,  /* .wh..wh..opq: everything of the lower layers in this directory is gone */
	WHITEOUT_IGNORED, /* aufs' own bookkeeping: .wh..wh.* */
	WHITEOUT_BAD,     /* ".wh.", ".wh..", ".wh...", or a whiteout with children */
};
/* *ret_target: NAME of WHITEOUT_FILE, a part of 'clean'. */
enum whiteout whiteout_kind(const char *clean, const char **ret_target);

/* Appends the name for a message: at most ~120 bytes, control characters and broken UTF-8 escaped. */
void entry_name_show(struct buf *b, const char *name);

#endif
