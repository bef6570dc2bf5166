/*
 * ring.h — blocks from one thread to another, or to two others, in order, a few at a time.
 *
 * The producer fills the block ring_slot() gives and hands it on with ring_commit(); a consumer holds the block of the
 * last ring_next() until it asks for another.  A block is filled again when all consumers have left it.  Either side may end.
 */
#ifndef PODCTL_ARCHIVE_RING_H
#define PODCTL_ARCHIVE_RING_H

#include <stddef.h>

#include "pkg/util/limits.h"

#define RING_BLOCK (256 * KiB)

struct ring;
#define RING_READERS_MAX 2
struct ring *ring_new(unsigned readers); /* NULL: no memory */
void ring_free(struct ring *r);          /* both threads have ended; NULL is fine */
void *ring_slot(struct ring *r);         /* RING_BLOCK bytes; waits; NULL after ring_stop */
void ring_commit(struct ring *r, size_t n);
void ring_end(struct ring *r);                                         /* the producer has no more */
const void *ring_next(struct ring *r, unsigned reader, size_t *ret_n); /* waits; NULL at the end */
void ring_stop(struct ring *r); /* no consumer wants more: the producer gets no slot and ends */

#endif
