/*
 * buf.h — one growable byte buffer, born with a maximum.
 *
 * data is NUL-terminated whenever it is not NULL, and the NUL is not counted in len.  A failure (no memory, past the
 * maximum) is sticky: later appends do nothing, buf_failed() tells, so a writer can append freely and look once.
 */
#ifndef PODCTL_UTIL_BUF_H
#define PODCTL_UTIL_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "pkg/util/cleanup.h"

struct buf {
	char *data;
	size_t len, cap, max;
	int error; /* 0, -ENOMEM or -EFBIG */
};

#define BUF_INIT(maximum)        \
	{                        \
		.max = (maximum) \
	}
void buf_init(struct buf *b, size_t max);
int buf_add(struct buf *b, const void *p, size_t n); /* 0 or the sticky error */
int buf_puts(struct buf *b, const char *s);
int buf_putc(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int buf_reserve(struct buf *b, size_t n);  /* room for n more bytes behind data + len */
void buf_consume(struct buf *b, size_t n); /* drops the first n bytes */
static inline bool buf_failed(const struct buf *b) { return b->error != 0; }
void buf_clear(struct buf *b); /* empties for reuse, keeps the memory */
void buf_done(struct buf *b);
char *buf_steal(struct buf *b); /* the caller frees; never NULL unless the buffer failed */

#define auto_buf AUTO(buf_done)

#endif
