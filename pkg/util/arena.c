#include "pkg/util/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/limits.h"

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t data[];
};

#define BLOCK_MIN 4000

void *arena_alloc(struct arena *a, size_t size)
{
	size_t max = a->max ? a->max : ARENA_MAX_DEFAULT;
	struct arena_block *b = a->head;
	void *p;

	if (size > max || a->used > max - size)
		return NULL;
	size = (size + 15) & ~(size_t) 15;
	if (!b || b->size - b->used < size) {
		size_t room = size > BLOCK_MIN ? size : BLOCK_MIN;

		if (!(b = calloc(1, sizeof *b + room)))
			return NULL;
		b->size = room;
		if (a->head && room == size && a->head->size - a->head->used > 256) {
			b->next = a->head->next; /* a large piece: go on filling the current block */
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	p = (char *) b->data + b->used;
	b->used += size;
	a->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	return __builtin_mul_overflow(n, size, &total) ? NULL : arena_alloc(a, total ? total : 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (p)
		memcpy(p, s, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s) { return arena_strndup(a, s, strlen(s)); }

static char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !(p = arena_alloc(a, (size_t) n + 1)))
		return NULL;
	vsnprintf(p, (size_t) n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void arena_done(struct arena *a)
{
	int saved = errno;
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->head = NULL;
	a->used = 0;
	errno = saved;
}

static int strs_put(struct strs *l, struct arena *a, char *copy)
{
	if (!copy)
		return -ENOMEM;
	if (l->n + 2 > l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		char **v = arena_array(a, cap, sizeof *v);

		if (!v)
			return -ENOMEM;
		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = copy;
	l->v[l->n] = NULL;
	return 0;
}

int strs_add(struct strs *l, struct arena *a, const char *s) { return strs_put(l, a, arena_strdup(a, s)); }

int strs_addf(struct strs *l, struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return strs_put(l, a, p);
}

int strs_add_all(struct strs *l, struct arena *a, const struct strs *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (strs_add(l, a, from->v[i]) < 0)
			return -ENOMEM;
	return 0;
}

int kvs_set(struct kvs *m, struct arena *a, const char *key, const char *value)
{
	char *v = arena_strdup(a, value);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].key, key) == 0) {
			m->v[i].value = v;
			return 0;
		}
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 8;
		struct kv *n = arena_array(a, cap, sizeof *n);

		if (!n)
			return -ENOMEM;
		if (m->n)
			memcpy(n, m->v, m->n * sizeof *n);
		m->v = n;
		m->cap = cap;
	}
	if (!(m->v[m->n].key = arena_strdup(a, key)))
		return -ENOMEM;
	m->v[m->n++].value = v;
	return 0;
}

const char *kvs_get(const struct kvs *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].key, key) == 0)
			return m->v[i].value;
	return NULL;
}

bool kvs_fit(const struct kvs *m, const char *want)
{
	const char *eq = strchr(want, '=');
	size_t n = eq ? (size_t) (eq - want) : strlen(want);

	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->v[i].key) == n && !strncmp(m->v[i].key, want, n) &&
			(!eq || !strcmp(m->v[i].value, eq + 1)))
			return true;
	return false;
}
