/*
 * kube_words.h — a Pod document in kubectl's words: its status, what is ready, how old it is.
 */
#ifndef PODCTL_CMD_KUBE_WORDS_H
#define PODCTL_CMD_KUBE_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/arena.h"

struct pod_words {
	const char *status; /* "Running", "CrashLoopBackOff", "Init:0/2", "Completed", ... */
	size_t ready, total;
	int64_t restarts;
	uint64_t restarted_us; /* of the last restart; 0: none */
};
void pod_words(const json_t *pod, struct arena *a, struct pod_words *ret);
/* "5s", "2m30s", "3h", "4d6h", "2y30d" as kubectl shows ages. */
const char *words_age(struct arena *a, uint64_t us);
const char *age_of(struct arena *a, const json_t *time, uint64_t now_us); /* "<unknown>" when it is none */
uint64_t json_time(const json_t *time);                                   /* 0: no time */
bool pod_condition(const json_t *pod, const char *type);
/* The container of a status list by name; NULL. */
const json_t *status_of(const json_t *pod, const char *name);
const char *text_at(const json_t *v, const char *key); /* "" when it is not there */

#endif
