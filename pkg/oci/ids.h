/*
 * ids.h — ranges of a user namespace: which ids inside are which outside, as in uid_map(5).
 */
#ifndef PODCTL_OCI_IDS_H
#define PODCTL_OCI_IDS_H

#include <stdint.h>

#include "pkg/codec/decode.h"
#include "pkg/util/buf.h"

#define ID_RANGES_MAX 340 /* what the kernel takes, Linux 4.15 */
#define ID_NOBODY 65534   /* an id that has none outside */

struct id_range {
	uint32_t inside, outside, count;
};
extern const struct field id_range_fields[];

/* "INSIDE:OUTSIDE[:COUNT]", COUNT 1 when left out; a negative errno when it is not that or leaves 32 bits. */
int id_range_parse(const char *text, struct id_range *ret);
/* true: *ret is what 'id' of the namespace is outside of it.  An empty list is the identity. */
bool ids_outside(const struct list *ranges, uint32_t id, uint32_t *ret);
/* The lines of uid_map(5). */
int ids_text(const struct list *ranges, struct buf *b);
/* Files are made as these ids from now on, by this thread; 0 is as before.  What has no id for the host's root (an id-mapped
 * mount, an overlay of such) lets nobody make a file as that.  Capabilities stay what they are. */
void ids_become(uint32_t uid, uint32_t gid);
/* Does one of the ranges have an id inside, or outside, that another one has too? */
bool ids_overlap(const struct list *ranges);

#endif
