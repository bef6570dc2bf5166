/*
 * cleanup.h — what leaves a scope is released; what is handed on is stolen.
 *
 * A variable marked auto_* owns its value.  Returning it, or storing it in a
 * longer-lived object, goes through fd_steal() / ptr_steal(), so the place
 * where ownership moves is always a word in the source.
 */
#ifndef PODCTL_UTIL_CLEANUP_H
#define PODCTL_UTIL_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define AUTO(fn) __attribute__((__cleanup__(fn)))

/* Never retried on EINTR: Linux has already released the number, and a second
 * close() could hit a descriptor somebody else has just been given. */
static inline void fd_close_p(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
	errno = saved;
}
#define auto_close AUTO(fd_close_p)

/* -EBADF, not -1: an unset descriptor returned by mistake still reads as an errno. */
static inline int fd_steal(int *fd)
{
	int v = *fd;

	*fd = -EBADF;
	return v;
}

static inline void free_p(void *pp)
{
	void *v;

	memcpy(&v, pp, sizeof v);
	free(v);
}
#define auto_free AUTO(free_p)

static inline void *ptr_take(void *pp)
{
	void *v, *none = NULL;

	memcpy(&v, pp, sizeof v);
	memcpy(pp, &none, sizeof none);
	return v;
}
#define ptr_steal(pp) ((__typeof__(*(pp))) ptr_take(pp))

/* Undo log for multi-step operations: push after each step that succeeded,
 * commit once all have.  Steps run newest first. */
struct rollback {
	struct {
		void (*fn)(void *arg);
		void *arg;
	} step[16];
	size_t n;
};

static inline void rollback_push(struct rollback *rb, void (*fn)(void *), void *arg)
{
	if (rb->n == sizeof rb->step / sizeof rb->step[0])
		abort(); /* a fixed plan outgrew its table: a bug, not a runtime condition */
	rb->step[rb->n].fn = fn;
	rb->step[rb->n++].arg = arg;
}

static inline void rollback_run(struct rollback *rb)
{
	while (rb->n) {
		rb->n--;
		rb->step[rb->n].fn(rb->step[rb->n].arg);
	}
}

static inline void rollback_commit(struct rollback *rb) { rb->n = 0; }
#define auto_rollback AUTO(rollback_run)

#endif
