/*
 * node.h — one tree for every document, with the place of every value.
 *
 * YAML (Kubernetes) and JSON (OCI, REST, our own state) both become nodes; pkg/codec/decode.h turns nodes into structs.
 * Aliases of YAML are shared nodes; the node budget (YAML_NODES_MAX) counts them each time they are walked.
 */
#ifndef PODCTL_CODEC_NODE_H
#define PODCTL_CODEC_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/diag.h"
#include "pkg/util/err.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_FLOAT, NODE_STRING, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	int line, col;      /* from 1; 0 for JSON of ours */
	bool plain;         /* YAML: an unquoted scalar, so its kind was guessed by YAML 1.1/1.2 core rules */
	const char *text;   /* scalars: as written (a string's value); "" for maps and lists */
	struct node **item; /* NODE_LIST: elements; NODE_MAP: values */
	struct node **key;  /* NODE_MAP: keys, NODE_STRING each */
	size_t n;
};

const char *node_kind_name(enum node_kind kind); /* "a string", "a list", ... for messages */
const struct node *node_get(const struct node *map, const char *key); /* NULL: absent or not a map */

/* Value of a NODE_INT, as Go reads it: sign, 0x, 0o, 0 (octal), 0b, underscores; false when it is no int64_t. */
bool node_int(const struct node *n, int64_t *ret);
bool node_true(const struct node *n); /* NODE_BOOL: true, yes, y, on */

/* pkg/codec/json.c: a jansson tree as nodes (no lines); strings are copied into the arena. */
struct node *node_from_json(const json_t *v, struct arena *a);
struct node *node_clone(const struct node *n, struct arena *a);
/* A node as a jansson tree (new reference); used to keep documents as they were written. */
json_t *node_to_json(const struct node *n);

/* Reads a JSON file or text of ours with limits; the error names line and column. */
json_t *json_parse(const char *text, size_t len, struct err *err);
/* A value's text, which the caller frees; json_text takes jansson's flags, json_print makes it compact.  NULL when there is no
 * memory, and only then: json_dumps itself leaves a key out when it has none and says nothing. */
char *json_text(const json_t *v, size_t flags);
char *json_print(const json_t *v);

/* pkg/codec/yaml.c: all documents of one stream.  Faults (syntax, tabs, duplicate keys, depth, alias bombs, merge keys)
 * go to d with line and column.  JSON is accepted, being YAML.  Empty documents are skipped.  *ret_docs lives in a. */
int yaml_parse(const char *text, size_t len, struct arena *a, struct diag *d, struct node ***ret_docs,
	size_t *ret_n, struct err *err);
/* pkg/codec/yaml_emit.c: appends one YAML document (block style, two spaces, keys in the tree's order, strings quoted
 * only where YAML would read them as something else, multi-line strings as literal blocks). */
int yaml_emit(const json_t *doc, struct buf *b, struct err *err);

#endif
