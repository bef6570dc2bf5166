/*
 * arena.h — memory that lives and dies with one object.
 *
 * A decoded document, a spec or a row owns many small strings.  They are taken from one arena that belongs to exactly
 * that object and are freed together.  An arena has a maximum: what is decoded comes from users and containers.
 */
#ifndef PODCTL_UTIL_ARENA_H
#define PODCTL_UTIL_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "pkg/util/cleanup.h"

struct arena_block;
struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out */
	size_t max;  /* 0: ARENA_MAX_DEFAULT of limits.h */
};

void *arena_alloc(struct arena *a, size_t size); /* zeroed and aligned; NULL when out of memory or past max */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_done(struct arena *a);

#define auto_arena AUTO(arena_done)

/* A growing list of strings in an arena: NULL-terminated at all times, so that it can serve as an argv. */
struct strs {
	char **v;
	size_t n, cap;
};
int strs_add(struct strs *l, struct arena *a, const char *s); /* copies s; 0 or -ENOMEM */
int strs_addf(struct strs *l, struct arena *a, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int strs_add_all(struct strs *l, struct arena *a, const struct strs *from);

/* An ordered map of strings; keys are unique, the last one set wins. */
struct kv {
	char *key, *value;
};
struct kvs {
	struct kv *v;
	size_t n, cap;
};
int kvs_set(struct kvs *m, struct arena *a, const char *key, const char *value);
const char *kvs_get(const struct kvs *m, const char *key); /* NULL: not there */
bool kvs_fit(const struct kvs *m, const char *want); /* "KEY": it is there; "KEY=VALUE": with that value */

#endif
