/*
 * schema.h — what Kubernetes knows, and what podctl does with each field of it.
 *
 * schema.c is made from schema.tbl, which is the one place to edit.  schema_check walks a document by it and reports
 * every fault of form: fields nobody knows (with the nearest name, or the place where such a field belongs), wrong types,
 * values outside a closed set, required fields left out; and every field podctl does not do: refused by name when leaving
 * it out would change the result, else noted once for a play.  It looks at one field at a time; rules that join several
 * are in check.c.  The tables hold offsets into a pool of strings: nothing to relocate when podctl starts.
 */
#ifndef PODCTL_KUBE_SCHEMA_H
#define PODCTL_KUBE_SCHEMA_H

#include <stdint.h>

#include "pkg/codec/node.h"

/* In the order schema.awk numbers them. */
enum schema_kind {
	SCHEMA_STRING,
	SCHEMA_BOOL,
	SCHEMA_INT32,
	SCHEMA_INT64,
	SCHEMA_NUMBER,
	SCHEMA_QUANTITY,
	SCHEMA_INTSTR,
	SCHEMA_BYTES, /* base64 text */
	SCHEMA_ANY,
	SCHEMA_OBJECT,
};
enum schema_shape { SCHEMA_ONE, SCHEMA_LIST, SCHEMA_MAP };
/* What values are good beyond their type (schema_rules.h). */
enum schema_rule {
	SCHEMA_ANYTHING,
	SCHEMA_NATURAL,  /* from 0 */
	SCHEMA_POSITIVE, /* from 1 */
	SCHEMA_SECONDS,  /* from 1, of 32 bits */
	SCHEMA_WEIGHT,   /* from 1 to 100 */
	SCHEMA_SHARE,    /* a number of pods or a percentage of them */
	SCHEMA_LABEL,
	SCHEMA_SUBDOMAIN,
	SCHEMA_QUALIFIED,
	SCHEMA_KEY, /* of a ConfigMap; the keys of its maps */
	SCHEMA_LABELS,
	SCHEMA_ANNOTATIONS,
	SCHEMA_RULES,
};
enum schema_status { SCHEMA_NONE, SCHEMA_DONE, SCHEMA_QUIET, SCHEMA_NOTE, SCHEMA_NO };

struct schema_field {
	uint16_t name, reason; /* offsets into schema_pool; "" when there is no reason */
	uint16_t ref;          /* OBJECT: index into schema_types; STRING: "A|B|C" in the pool, 0 when open */
	uint8_t kind, shape, status, required, rule;
};
struct schema_type {
	uint16_t name, first, n; /* its fields are schema_fields[first .. first + n) */
};
extern const struct schema_field schema_fields[];
extern const struct schema_type schema_types[];
extern const unsigned schema_types_n;
extern const char schema_pool[];

const struct schema_type *schema_find(const char *name); /* "Pod"; NULL: not known */
const struct schema_field *schema_field_find(const struct schema_type *t, const char *name);

/* Which notes were given in this play already. */
struct schema_notes {
	const struct schema_field *seen[64];
	size_t n;
	int unknown; /* level of fields nobody knows; negative: not a word */
};

/* at: path of n ("" for a document, "items[2]" inside a List).  supported: report the status of fields too; false for
 * kinds that are refused as a whole. */
void schema_check(const struct node *n, const struct schema_type *type, const char *at, bool supported,
	struct schema_notes *notes, struct diag *d);

#endif
