/*
 * digest.h — SHA-256 of a stream, by libcrypto (it uses the CPU's instructions: 1.4-2 GB/s).
 *
 * The hashing runs in a thread of its own, so that unpacking waits for neither decompression nor digests alone.
 * libcrypto's headers stay in digest.c: their ERR_STATE is not ours.
 */
#ifndef PODCTL_ARCHIVE_DIGEST_H
#define PODCTL_ARCHIVE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct digest;

/* Before confinement: loads what libcrypto would otherwise load at first use.  0 or -EOPNOTSUPP. */
int digest_prepare(void);
/* thread: hash in the background, where a thread can be had.  NULL: no memory. */
struct digest *digest_new(bool thread);
/* Of everything that goes through a ring, as its reader of that number, in a thread of its own.  Whoever fills the ring must end it
 * before digest_hex_end() or digest_free().  NULL: no memory, or no thread to be had. */
struct ring;
struct digest *digest_of_ring(struct ring *ring, unsigned reader);
void digest_add(struct digest *d, const void *p, size_t n); /* copies */
void digest_hex_end(struct digest *d, char hex[65]);        /* waits for the rest; once, at the end */
/* The same, where so many zero blocks of 512 bytes behind the stream's end make it 'want' (64 hex digits): returns their number.
 * 0: what it is is in hex, 'want' or not. */
unsigned digest_hex_end_padded(struct digest *d, const char *want, char hex[65]);
void digest_free(struct digest *d); /* NULL is fine */

#endif
