/*
 * ring.h — blocks from one thread to another, in order, a few at a time.
 *
 * The producer fills the block ring_slot() gives and hands it on with ring_commit(); the consumer holds the block of the
 * last ring_next() until it asks for another.  Either side may end.
 */
#ifndef PODCTL_ARCHIVE_RING_H
#define PODCTL_ARCHIVE_RING_H

#include <stddef.h>

#include "pkg/util/limits.h"

#define RING_BLOCK (256 * KiB)

struct ring;
struct ring *ring_new(void);     /* NULL: no memory */
void ring_free(struct ring *r);  /* both threads have ended; NULL is fine */
void *ring_slot(struct ring *r); /* RING_BLOCK bytes; waits; NULL after ring_stop */
void ring_commit(struct ring *r, size_t n);
void ring_end(struct ring *r);                        /* the producer has no more */
const void *ring_next(struct ring *r, size_t *ret_n); /* waits; NULL at the end */
void ring_stop(struct ring *r);                       /* the consumer wants no more */

#endif
