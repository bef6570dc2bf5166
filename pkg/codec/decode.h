/*
 * decode.h — one table per object: the only way a document becomes a struct, and a struct a document again.
 *
 * A table says which keys an object has, where each value goes and how it is checked.  Faults go to the diag list, with
 * the place of the node and the path a user would write: "spec.containers[1].ports[0].hostPort: expected an integer
 * from 1 to 65535".  decode never stops at the first fault.  Everything decoded lives in the arena; nothing is freed
 * on its own.  encode writes the fields that differ from zero/NULL/absent (or are marked FIELD_ALWAYS), in table order.
 */
#ifndef PODCTL_CODEC_DECODE_H
#define PODCTL_CODEC_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/codec/node.h"

enum field_type {
	FIELD_STR,      /* char * */
	FIELD_BOOL,     /* bool */
	FIELD_OPT_BOOL, /* struct opt_bool */
	FIELD_I64,      /* int64_t within [min, max]; min == max == 0: any */
	FIELD_OPT_I64,  /* struct opt_i64 */
	FIELD_U32,      /* uint32_t within [min, max]; 0, 0: any */
	FIELD_U64,      /* uint64_t */
	FIELD_PORT,     /* uint16_t, 1..65535 */
	FIELD_F64,      /* double */
	FIELD_ENUM,     /* int: index into names[] (NULL-terminated; names[0] may be "" for absent) */
	FIELD_OBJECT,   /* inline struct, sub */
	FIELD_PTR,      /* struct *: allocated when present, sub + size */
	FIELD_LIST,     /* struct list of structs, sub + size */
	FIELD_STRS,     /* struct strs */
	FIELD_KVS,      /* struct kvs: map of string to string */
	FIELD_NODE, /* const struct node *: kept as it is (borrowed from the document's arena; decode_json: a copy) */
	FIELD_CUSTOM, /* fn decides */
	FIELD_SELF, /* const struct node *: the object's own node, for its place (decode_json: NULL); no key of the document, never encoded */
};

struct opt_bool {
	bool set, v;
};
struct opt_i64 {
	bool set;
	int64_t v;
};
/* A list of structs in an arena: ((struct T *) l.v)[i], or LIST_AT. */
struct list {
	void *v;
	size_t n;
};
#define LIST_AT(l, T, i) (&((T *) (l).v)[i])

struct decoder {
	struct arena *arena;
	struct diag *diag;
	unsigned tree_goes : 1;  /* nodes that are kept are copied: the document's are not there for long */
	unsigned unknown_ok : 1; /* unknown keys are skipped (OCI documents from others, old state of ours) */
};

struct field;
typedef void field_fn(
	struct decoder *d, const struct node *n, const struct field *f, const char *at, void *slot);

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	const struct field *sub;  /* OBJECT, PTR, LIST: table of the nested object, ended by a NULL key */
	size_t size;              /* PTR, LIST: sizeof the struct */
	const char *const *names; /* ENUM */
	int64_t min, max;
	field_fn *fn; /* CUSTOM: decode; also called after others when set: checks the value */
	unsigned required : 1, always : 1;
	const char *note; /* kube: remark for explain; NULL elsewhere */
};

/* clang-format off */
#define F_STR(T, key, m)          { key, FIELD_STR,      offsetof(T, m), .size = sizeof(((T *) 0)->m) }
#define F_BOOL(T, key, m)         { key, FIELD_BOOL,     offsetof(T, m), .sub = NULL }
#define F_OPT_BOOL(T, key, m)     { key, FIELD_OPT_BOOL, offsetof(T, m), .sub = NULL }
#define F_I64(T, key, m)          { key, FIELD_I64,      offsetof(T, m), .sub = NULL }
#define F_OPT_I64(T, key, m)      { key, FIELD_OPT_I64,  offsetof(T, m), .sub = NULL }
#define F_U32(T, key, m)          { key, FIELD_U32,      offsetof(T, m), .sub = NULL }
#define F_U64(T, key, m)          { key, FIELD_U64,      offsetof(T, m), .sub = NULL }
#define F_F64(T, key, m)          { key, FIELD_F64,      offsetof(T, m), .sub = NULL }
#define F_PORT(T, key, m)         { key, FIELD_PORT,     offsetof(T, m), .sub = NULL }
#define F_ENUM(T, key, m, n)      { key, FIELD_ENUM,     offsetof(T, m), .names = n }
#define F_OBJECT(T, key, m, t)    { key, FIELD_OBJECT,   offsetof(T, m), .sub = t }
#define F_PTR(T, key, m, t, S)    { key, FIELD_PTR,      offsetof(T, m), .sub = t, .size = sizeof(S) }
#define F_LIST(T, key, m, t, S)   { key, FIELD_LIST,     offsetof(T, m), .sub = t, .size = sizeof(S) }
#define F_STRS(T, key, m)         { key, FIELD_STRS,     offsetof(T, m), .sub = NULL }
#define F_KVS(T, key, m)          { key, FIELD_KVS,      offsetof(T, m), .sub = NULL }
#define F_NODE(T, key, m)         { key, FIELD_NODE,     offsetof(T, m), .sub = NULL }
#define F_SELF(T, m)              { "",  FIELD_SELF,     offsetof(T, m), .sub = NULL }
#define F_END                     { 0 }
/* clang-format on */

/* Fills *obj (zeroed by the caller) from n.  at: path so far ("" at the top).  Faults go to d->diag. */
void decode_object(
	struct decoder *d, const struct node *n, const struct field *table, const char *at, void *obj);

/* The same for JSON of ours, with the first fault as an error. */
int decode_json(const json_t *v, const struct field *table, void *obj, struct arena *a, struct err *err);
/* A new reference, NULL when out of memory. */
json_t *encode_json(const struct field *table, const void *obj);

#endif
