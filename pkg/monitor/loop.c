#include "pkg/monitor/loop.h"

#include <errno.h>
#include <limits.h>

#include "pkg/util/io.h"

uint64_t (*loop_clock)(void) = time_mono_us;

void loop_init(struct loop *l)
{
	l->watches.next = l->watches.prev = &l->watches;
	l->timers.next = l->timers.prev = &l->timers;
	l->n = 0;
}

int watch_add(
	struct loop *l, struct watch *w, int fd, short events, void (*fn)(struct watch *w, short revents))
{
	if (w->on)
		watch_remove(l, w);
	if (l->n == WATCHES_MAX)
		return -ENOSPC;
	*w = (struct watch){ .fd = fd, .events = events, .on = true, .fn = fn };
	w->prev = l->watches.prev;
	w->next = &l->watches;
	w->prev->next = w;
	l->watches.prev = w;
	l->n++;
	return 0;
}

void watch_remove(struct loop *l, struct watch *w)
{
	if (!w->on)
		return;
	w->on = false;
	w->prev->next = w->next;
	w->next->prev = w->prev;
	l->n--;
	if (w->slot)
		l->owner[w->slot - 1] = NULL;
	w->slot = 0;
}

void timer_set(struct loop *l, struct timer *t, uint64_t in_us, void (*fn)(struct timer *t))
{
	uint64_t now = loop_now();

	timer_stop(l, t);
	*t = (struct timer){
		.on = true, .at_us = in_us > UINT64_MAX / 4 ? UINT64_MAX / 2 : now + in_us, .fn = fn
	};
	t->prev = l->timers.prev;
	t->next = &l->timers;
	t->prev->next = t;
	l->timers.prev = t;
}

void timer_stop(struct loop *l, struct timer *t)
{
	(void) l;
	if (!t->on)
		return;
	t->on = false;
	t->prev->next = t->next;
	t->next->prev = t->prev;
}

uint64_t loop_next(const struct loop *l)
{
	uint64_t first = UINT64_MAX;

	for (const struct timer *t = l->timers.next; t != &l->timers; t = t->next)
		if (t->at_us < first)
			first = t->at_us;
	return first;
}

/* Milliseconds to the first timer, rounded up so that it is due when poll returns; -1: there is none. */
static int loop_timeout(const struct loop *l)
{
	uint64_t first = loop_next(l), now;

	if (first == UINT64_MAX)
		return -1;
	now = loop_now();
	if (first <= now)
		return 0;
	return (first - now) / 1000 >= INT_MAX ? INT_MAX : (int) ((first - now) / 1000 + 1);
}

void loop_timers(struct loop *l)
{
	uint64_t now = loop_now();

	/* a callback may remove any timer, so look from the start after each; those it adds lie in the future */
	for (struct timer *t = l->timers.next; t != &l->timers;) {
		if (t->at_us > now) {
			t = t->next;
			continue;
		}
		timer_stop(l, t);
		t->fn(t);
		t = l->timers.next;
	}
}

int loop_turn(struct loop *l)
{
	size_t n = 0;
	int ready;

	for (struct watch *w = l->watches.next; w != &l->watches; w = w->next) {
		l->fds[n] = (struct pollfd){ .fd = w->fd, .events = w->events };
		l->owner[n++] = w;
		w->slot = n;
	}
	ready = poll(l->fds, n, loop_timeout(l));
	if (ready < 0 && errno != EINTR)
		return -errno;
	for (size_t i = 0; ready > 0 && i < n; i++) {
		struct watch *w = l->owner[i];

		if (!l->fds[i].revents)
			continue;
		ready--;
		if (w)
			w->fn(w, l->fds[i].revents);
	}
	for (size_t i = 0; i < n; i++)
		if (l->owner[i])
			l->owner[i]->slot = 0;
	if (l->timers.next != &l->timers)
		loop_timers(l);
	return 0;
}
