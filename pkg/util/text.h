/*
 * text.h — small parsers and printers for text that people and files give us.
 */
#ifndef PODCTL_UTIL_TEXT_H
#define PODCTL_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/buf.h"

/* Decimal, no sign, no space, no trailing text; 0 or -EINVAL / -ERANGE. */
int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret);
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
/* Bytes with podman's suffixes: 512, 64k, 100m, 2g, t (powers of 1024, case-insensitive, optional b). */
int parse_bytes(const char *s, uint64_t *ret);
/* A time as Go reads it, in microseconds: "30s", "1m30s", "1.5h", "500ms", "0"; -EINVAL, -ERANGE. */
int duration_parse(const char *s, uint64_t *ret_us);

/* 64 lower-case hex digits of getrandom(2). */
#define ID_LEN 64
void id_random(char id[ID_LEN + 1]);
bool id_is_valid(const char *id); /* exactly 64 lower-case hex digits */

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most NAME_MAX_LEN: names of pods, containers, volumes as podman has them. */
bool name_is_valid(const char *name);
/* RFC 1123 label (63) and subdomain (253): names in Kubernetes documents. */
bool dns_label_is_valid(const char *name);
bool dns_subdomain_is_valid(const char *name);

/* The nearest of 'words' (NULL-terminated) within a small edit distance, or NULL: "did you mean". */
const char *text_nearest(const char *word, const char *const *words);
/* Appends s with control characters escaped (\n, \t, \x1b ...): for terminals and messages. */
void text_escape(struct buf *b, const char *s);

/* Standard alphabet, padding optional, line breaks allowed; *ret_n bytes in malloc'd memory, NULL: something else in it. */
char *base64_decode(const char *in, size_t *ret_n);
/* malloc'd; NULL: out of memory. */
char *base64_encode(const void *data, size_t n);

/* Signals: "TERM", "SIGTERM", "15", "RTMIN+3"; -EINVAL. */
int signal_parse(const char *s);
const char *signal_name(int sig); /* "SIGTERM"; never NULL: "SIG64" style for the rest (static buffer) */

/* Capability names: accepts "CAP_CHOWN", "chown"; returns the number, -EINVAL.  cap_name gives "CAP_CHOWN" or NULL. */
int cap_parse(const char *s);
const char *cap_name(int cap);
#define CAP_COUNT 41

#endif
