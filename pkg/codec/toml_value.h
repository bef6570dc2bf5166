/*
 * toml_value.h — what the two files of the TOML reader share: the cursor, and how a node came to be.
 */
#ifndef PODCTL_CODEC_TOML_VALUE_H
#define PODCTL_CODEC_TOML_VALUE_H

#include <stdbool.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/limits.h"

#define TOML_MAX (1 * MiB) /* containers.conf with all its comments is 24 kB */
#define TOML_DEPTH_MAX 64  /* arrays and inline tables within each other */
#define TOML_KEYS_MAX 4096 /* in one table: duplicates are looked for one by one */

/* How a table or array was made decides who may add to it. */
enum toml_made { MADE_IMPLICIT, MADE_HEADER, MADE_DOTTED, MADE_INLINE, MADE_ARRAY, MADE_TABLES };
struct toml_node {
	struct node node; /* first: a struct node * of ours is one of these */
	enum toml_made made;
};

struct toml {
	const char *p, *end, *line_start;
	int line;
	struct arena *arena;
	struct diag *diag;
	struct buf text; /* the string being read */
	bool no_memory;
};

/* A fault at the cursor; returns false, so that a parser can return it. */
bool toml_fault(struct toml *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int toml_col(const struct toml *t);

struct node *toml_node(struct toml *t, enum node_kind kind, enum toml_made made, const char *text);
/* Adds to a map or (key NULL) a list; the caller has looked for duplicates. */
bool toml_add(struct toml *t, struct node *to, struct node *key, struct node *value);
struct node *toml_find(const struct node *map, const char *key);

/* Spaces and tabs; then, with newlines, also line ends and comments. */
void toml_blank(struct toml *t);
bool toml_blank_lines(struct toml *t);
/* At a line end or the end of the text, both consumed; or just looked for. */
bool toml_at_newline(const struct toml *t);
bool toml_newline(struct toml *t);

/* One key of a dotted key: bare or quoted, as a NODE_STRING. */
bool toml_key(struct toml *t, struct node **ret);
/* key.key.key = value into 'table'. */
bool toml_pair(struct toml *t, struct node *table, int depth);
bool toml_value(struct toml *t, struct node **ret, int depth);

#endif
