#include "pkg/archive/ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define SLOTS 8

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned char *data[SLOTS];
	size_t len[SLOTS];
	unsigned head, tail;       /* committed, released; counted on, taken modulo SLOTS */
	bool held, ended, stopped; /* held: the consumer still looks at block 'tail' */
};

struct ring *ring_new(void)
{
	struct ring *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
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
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void *ring_slot(struct ring *r)
{
	void *slot;

	pthread_mutex_lock(&r->lock);
	while (r->head - r->tail == SLOTS && !r->stopped)
		pthread_cond_wait(&r->changed, &r->lock);
	slot = r->stopped ? NULL : r->data[r->head % SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void ring_commit(struct ring *r, size_t n)
{
	pthread_mutex_lock(&r->lock);
	r->len[r->head++ % SLOTS] = n;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void ring_end(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

const void *ring_next(struct ring *r, size_t *ret_n)
{
	const void *block = NULL;

	pthread_mutex_lock(&r->lock);
	if (r->held) {
		r->held = false;
		r->tail++;
		pthread_cond_signal(&r->changed);
	}
	while (r->head == r->tail && !r->ended)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->head != r->tail) {
		r->held = true;
		block = r->data[r->tail % SLOTS];
		*ret_n = r->len[r->tail % SLOTS];
	}
	pthread_mutex_unlock(&r->lock);
	return block;
}

void ring_stop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}
