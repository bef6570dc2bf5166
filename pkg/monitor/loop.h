/*
 * loop.h — the one poll of the monitor: descriptors, timers, children.
 *
 * Watches and timers are embedded in their owners; nothing is allocated, so a loop works on when memory is short.  A
 * watch or timer may be removed from within any callback: an event that was already reported for it is dropped.
 */
#ifndef PODCTL_MONITOR_LOOP_H
#define PODCTL_MONITOR_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHES_MAX 1024 /* descriptors polled at once; further ones are refused with -ENOSPC */

struct watch {
	int fd; /* borrowed; the owner removes the watch before it closes the descriptor */
	short events;
	bool on;
	void (*fn)(struct watch *w, short revents);
	struct watch *next, *prev;
	size_t slot; /* place in the poll array of this turn, from 1 */
};

struct timer {
	bool on;
	uint64_t at_us; /* time_mono_us() */
	void (*fn)(struct timer *t);
	struct timer *next, *prev;
};

struct loop {
	struct watch watches;
	struct timer timers;
	size_t n;
	struct pollfd fds[WATCHES_MAX];
	struct watch *owner[WATCHES_MAX];
};

#define OWNER_OF(p, type, member) ((type *) (void *) ((char *) (p) -offsetof(type, member)))

/* What time it is for timers: time_mono_us, or a test's own clock. */
extern uint64_t (*loop_clock)(void);
static inline uint64_t loop_now(void) { return loop_clock(); }

void loop_init(struct loop *l);
int watch_add(
	struct loop *l, struct watch *w, int fd, short events, void (*fn)(struct watch *w, short revents));
void watch_remove(struct loop *l, struct watch *w); /* does nothing when it is off */
void timer_set(
	struct loop *l, struct timer *t, uint64_t in_us, void (*fn)(struct timer *t)); /* sets or moves it */
void timer_stop(struct loop *l, struct timer *t);
/* Waits for the next events and runs their callbacks; -errno when poll itself failed. */
int loop_turn(struct loop *l);
uint64_t loop_next(const struct loop *l); /* when the first timer is due; UINT64_MAX: none is */
void loop_timers(struct loop *l);         /* runs what is due */

#endif
