/*
 * recipe.h — how a layer's tar was written: everything of the stream but the contents of its files.
 *
 * A diff id is over every byte of a tar: headers, their order, padding, what follows the end.  None of that can be told from the
 * files that came out.  So it is kept beside the layer while unpacking; with the files' contents in the places of their names the
 * stream is there again, byte for byte.
 *
 * A zstd stream of records, numbers in this machine's order:
 *   "podctl recipe 1\n"
 *   'R' u64 n, n bytes         bytes of the stream
 *   'F' u64 n, u16 k, k bytes  n bytes of the file of that (cleaned) name
 *   'D' u64 n, u16 k, k bytes, u64 f, n bytes  a later entry replaced that file: what the first f 'F' records meant by its name
 *   'E'                        the end
 */
#ifndef PODCTL_ARCHIVE_RECIPE_H
#define PODCTL_ARCHIVE_RECIPE_H

#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/err.h"

#define RECIPE_MAGIC "podctl recipe 1\n"
#define RECIPE_REPLACED_MAX \
	(256UL << 20) /* contents of replaced files of one layer: they are held in memory to write it */

/* ---- writing, while a layer is unpacked ------------------------------------------------------------------------------ */

struct recipe;
/* fd is borrowed.  NULL: no memory. */
struct recipe *recipe_new(int fd);
void recipe_free(struct recipe *r); /* NULL is fine */
/* The next bytes of the stream, as they are read: ahead of what is said of them.  Failures are kept for recipe_end(). */
void recipe_bytes(struct recipe *r, const void *p, size_t n);
/* The next entry begins: what it replaces is what was before it. */
void recipe_entry(struct recipe *r);
/* The len bytes from 'start' on are the contents of this file. */
void recipe_file(struct recipe *r, uint64_t start, uint64_t len, const char *name);
/* The file (fd: open for reading) is about to be replaced. */
void recipe_replaced(struct recipe *r, const char *name, int fd, uint64_t size);
int recipe_end(struct recipe *r, struct err *err);

/* ---- reading: the stream again ------------------------------------------------------------------------------------------ */

struct sink;
/* Writes the stream to 'to': recipe from fd (a file at its start), contents from below 'dir'.  ERR_CORRUPT: it does not fit. */
int recipe_replay(int fd, int dir, struct sink *to, struct err *err);

#endif
