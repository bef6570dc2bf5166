#include "pkg/archive/ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define SLOTS 8

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	unsigned char *data[SLOTS];
	size_t len[SLOTS];
	unsigned head; /* committed; counted on, taken modulo SLOTS */
	unsigned readers;
	struct {
		unsigned tail; /* released */
		bool held;     /* still looks at block 'tail' */
	} reader[RING_READERS_MAX];
	bool ended, stopped;
};

struct ring *ring_new(unsigned readers)
{
	struct ring *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->readers = readers;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->filled, NULL);
	pthread_cond_init(&r->freed, NULL);
	for (int i = 0; i < SLOTS; i++)
		if (!(r->data[i] = malloc(RING_BLOCK))) {
			ring_free(r);
			return NULL;
		}
	return r;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	for (int i = 0; i < SLOTS; i++)
		free(r->data[i]);
	pthread_cond_destroy(&r->filled);
	pthread_cond_destroy(&r->freed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Blocks that some reader has not released. */
static unsigned taken(const struct ring *r)
{
	unsigned most = 0;

	for (unsigned i = 0; i < r->readers; i++)
		if (r->head - r->reader[i].tail > most)
			most = r->head - r->reader[i].tail;
	return most;
}

void *ring_slot(struct ring *r)
{
	void *slot;

	pthread_mutex_lock(&r->lock);
	while (taken(r) == SLOTS && !r->stopped)
		pthread_cond_wait(&r->freed, &r->lock);
	slot = r->stopped ? NULL : r->data[r->head % SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void ring_commit(struct ring *r, size_t n)
{
	pthread_mutex_lock(&r->lock);
	r->len[r->head++ % SLOTS] = n;
	pthread_cond_broadcast(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

void ring_end(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_broadcast(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

const void *ring_next(struct ring *r, unsigned reader, size_t *ret_n)
{
	const void *block = NULL;
	unsigned *tail = &r->reader[reader].tail;

	pthread_mutex_lock(&r->lock);
	if (r->reader[reader].held) {
		r->reader[reader].held = false;
		++*tail;
		pthread_cond_signal(&r->freed);
	}
	while (r->head == *tail && !r->ended)
		pthread_cond_wait(&r->filled, &r->lock);
	if (r->head != *tail) {
		r->reader[reader].held = true;
		block = r->data[*tail % SLOTS];
		*ret_n = r->len[*tail % SLOTS];
	}
	pthread_mutex_unlock(&r->lock);
	return block;
}

void ring_stop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}
