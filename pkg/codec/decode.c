#include "pkg/codec/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/util/text.h"

#define AT_MAX 512

static void wrong(struct decoder *d, const struct node *n, const char *at, const char *want)
{
	if (n->plain && (n->kind == NODE_BOOL || n->kind == NODE_INT || n->kind == NODE_FLOAT) &&
		strcmp(want, "a string") == 0)
		diag_add(d->diag, DIAG_ERROR, n->line, n->col,
			"%s: expected %s, got %s; write \"%s\" in quotes", at, want, node_kind_name(n->kind),
			n->text);
	else
		diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s: expected %s, got %s", at, want,
			node_kind_name(n->kind));
}

static void no_memory(struct decoder *d, const struct node *n, const char *at)
{
	diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s: out of memory", at);
}

static bool decode_int(struct decoder *d, const struct node *n, const struct field *f, const char *at,
	int64_t min, int64_t max, int64_t *ret)
{
	char want[80];
	bool unsigned_big = f->type == FIELD_U64;
	char *end;

	if (f->min || f->max)
		min = f->min, max = f->max;
	errno = 0;
	if (n->kind == NODE_INT) {
		int64_t v;

		if (node_int(n, &v) && v >= min && v <= max) {
			*ret = v;
			return true;
		}
		if (unsigned_big) { /* past INT64_MAX */
			v = (int64_t) strtoull(n->text, &end, 0);
			if (!errno && !*end) { /* "-1": as encode writes UINT64_MAX */
				*ret = v;
				return true;
			}
		}
	} else if (n->kind == NODE_FLOAT) { /* 1e3, 5.0: JSON has one kind of number */
		double v = strtod(n->text, &end);

		if (!*end && v >= -9e15 && v <= 9e15 && v == (double) (int64_t) v && (int64_t) v >= min &&
			(int64_t) v <= max) {
			*ret = (int64_t) v;
			return true;
		}
	}
	if (min == INT64_MIN && max == INT64_MAX)
		snprintf(want, sizeof want, "an integer");
	else
		snprintf(want, sizeof want, "an integer from %lld to %lld", (long long) min, (long long) max);
	if (n->kind == NODE_INT)
		diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s: expected %s, got %s", at, want, n->text);
	else
		wrong(d, n, at, want);
	return false;
}

static void decode_enum(
	struct decoder *d, const struct node *n, const struct field *f, const char *at, void *slot)
{
	char all[256] = "";
	const char *near;
	int i;

	if (n->kind != NODE_STRING) {
		wrong(d, n, at, "a string");
		return;
	}
	for (i = 0; f->names[i]; i++)
		if (strcmp(f->names[i], n->text) == 0) {
			memcpy(slot, &i, sizeof i);
			return;
		}
	if ((near = text_nearest(n->text, f->names)) && *near) {
		diag_add(d->diag, DIAG_ERROR, n->line, n->col,
			"%s: unknown value \"%s\", did you mean \"%s\"?", at, n->text, near);
		return;
	}
	for (i = 0; f->names[i]; i++)
		if (*f->names[i])
			snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? ", " : "",
				f->names[i]);
	diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s: unknown value \"%s\", expected one of %s", at,
		n->text, all);
}

static void decode_list(
	struct decoder *d, const struct node *n, const struct field *f, const char *at, void *slot)
{
	struct list l = { 0 };
	char where[AT_MAX];

	if (n->kind != NODE_LIST) {
		wrong(d, n, at, "a list");
		return;
	}
	if (n->n && !(l.v = arena_array(d->arena, n->n, f->size))) {
		no_memory(d, n, at);
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		snprintf(where, sizeof where, "%s[%zu]", at, i);
		decode_object(d, n->item[i], f->sub, where, (char *) l.v + i * f->size);
	}
	l.n = n->n;
	memcpy(slot, &l, sizeof l);
}

static void decode_strs(struct decoder *d, const struct node *n, const char *at, void *slot)
{
	char where[AT_MAX];

	if (n->kind != NODE_LIST) {
		wrong(d, n, at, "a list of strings");
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		snprintf(where, sizeof where, "%s[%zu]", at, i);
		if (n->item[i]->kind != NODE_STRING)
			wrong(d, n->item[i], where, "a string");
		else if (strs_add(slot, d->arena, n->item[i]->text) < 0)
			no_memory(d, n, where);
	}
}

static void decode_kvs(struct decoder *d, const struct node *n, const char *at, void *slot)
{
	char where[AT_MAX];

	if (n->kind != NODE_MAP) {
		wrong(d, n, at, "a map of strings");
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		snprintf(where, sizeof where, "%s.%s", at, n->key[i]->text);
		if (n->item[i]->kind != NODE_STRING)
			wrong(d, n->item[i], where, "a string");
		else if (kvs_set(slot, d->arena, n->key[i]->text, n->item[i]->text) < 0)
			no_memory(d, n, where);
	}
}

static void decode_value(
	struct decoder *d, const struct node *n, const struct field *f, const char *at, void *slot)
{
	int64_t i;

	switch (f->type) {
	case FIELD_STR: {
		char *copy;

		if (n->kind != NODE_STRING) {
			wrong(d, n, at, "a string");
			return;
		}
		if (!(copy = arena_strdup(d->arena, n->text)))
			no_memory(d, n, at);
		memcpy(slot, &copy, sizeof copy);
		return;
	}
	case FIELD_BOOL:
	case FIELD_OPT_BOOL: {
		struct opt_bool v = { true, false };

		if (n->kind != NODE_BOOL) {
			wrong(d, n, at, "true or false");
			return;
		}
		v.v = node_true(n);
		if (f->type == FIELD_BOOL)
			memcpy(slot, &v.v, sizeof v.v);
		else
			memcpy(slot, &v, sizeof v);
		return;
	}
	case FIELD_I64:
		if (decode_int(d, n, f, at, INT64_MIN, INT64_MAX, &i))
			memcpy(slot, &i, sizeof i);
		return;
	case FIELD_OPT_I64:
		if (decode_int(d, n, f, at, INT64_MIN, INT64_MAX, &i)) {
			struct opt_i64 v = { true, i };

			memcpy(slot, &v, sizeof v);
		}
		return;
	case FIELD_U32:
		if (decode_int(d, n, f, at, 0, UINT32_MAX, &i)) {
			uint32_t v = (uint32_t) i;

			memcpy(slot, &v, sizeof v);
		}
		return;
	case FIELD_U64:
		if (decode_int(d, n, f, at, 0, INT64_MAX, &i))
			memcpy(slot, &i, sizeof i);
		return;
	case FIELD_PORT:
		if (decode_int(d, n, f, at, 1, 65535, &i)) {
			uint16_t v = (uint16_t) i;

			memcpy(slot, &v, sizeof v);
		}
		return;
	case FIELD_F64: {
		double v;

		if (n->kind != NODE_INT && n->kind != NODE_FLOAT) {
			wrong(d, n, at, "a number");
			return;
		}
		v = strtod(n->text, NULL);
		memcpy(slot, &v, sizeof v);
		return;
	}
	case FIELD_ENUM:
		decode_enum(d, n, f, at, slot);
		return;
	case FIELD_OBJECT:
		decode_object(d, n, f->sub, at, slot);
		return;
	case FIELD_PTR: {
		void *p = arena_alloc(d->arena, f->size);

		if (!p)
			no_memory(d, n, at);
		else
			decode_object(d, n, f->sub, at, p);
		memcpy(slot, &p, sizeof p);
		return;
	}
	case FIELD_LIST:
		decode_list(d, n, f, at, slot);
		return;
	case FIELD_STRS:
		decode_strs(d, n, at, slot);
		return;
	case FIELD_KVS:
		decode_kvs(d, n, at, slot);
		return;
	case FIELD_NODE:
		if (d->tree_goes && !(n = node_clone(n, d->arena)))
			diag_add(d->diag, DIAG_ERROR, 0, 0, "%s: out of memory", at);
		memcpy(slot, &n, sizeof n);
		return;
	case FIELD_SELF:
		return;
	case FIELD_CUSTOM:
		return; /* the caller runs f->fn for every type that has one */
	}
}

static void unknown_key(
	struct decoder *d, const struct node *key, const struct field *table, const char *where)
{
	const char *names[128] = { 0 }, *near;
	size_t n = 0;

	for (const struct field *f = table; f->key && n < LEN(names) - 1; f++)
		if (f->type != FIELD_SELF)
			names[n++] = f->key;
	if ((near = text_nearest(key->text, names)))
		diag_add(d->diag, DIAG_ERROR, key->line, key->col, "%s: unknown field, did you mean %s?",
			where, near);
	else
		diag_add(d->diag, DIAG_ERROR, key->line, key->col, "%s: unknown field", where);
}

void decode_object(
	struct decoder *d, const struct node *n, const struct field *table, const char *at, void *obj)
{
	char where[AT_MAX];

	if (n->kind != NODE_MAP) {
		wrong(d, n, *at ? at : "document", "a map");
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		const struct field *f = table;

		while (f->key && (f->type == FIELD_SELF || *f->key != *n->key[i]->text ||
					 strcmp(f->key, n->key[i]->text) != 0))
			f++;
		snprintf(where, sizeof where, "%s%s%s", at, *at ? "." : "", n->key[i]->text);
		if (!f->key) {
			if (!d->unknown_ok)
				unknown_key(d, n->key[i], table, where);
			continue;
		}
		if (n->item[i]->kind == NODE_NULL && f->type != FIELD_NODE)
			continue; /* an explicit null is an absent field, in Kubernetes and in JSON of Go programs */
		decode_value(d, n->item[i], f, where, (char *) obj + f->offset);
		if (f->fn)
			f->fn(d, n->item[i], f, where, (char *) obj + f->offset);
	}
	for (const struct field *f = table; f->key; f++) {
		const struct node *v;

		if (f->type == FIELD_SELF && !d->tree_goes)
			memcpy((char *) obj + f->offset, &n, sizeof n);
		if (f->required && (!(v = node_get(n, f->key)) || v->kind == NODE_NULL))
			diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s%s%s: required", at, *at ? "." : "",
				f->key);
	}
}

int decode_json(const json_t *v, const struct field *table, void *obj, struct arena *a, struct err *err)
{
	struct diag *diag = calloc(1, sizeof *diag);
	struct decoder d = { .arena = a, .diag = diag, .unknown_ok = 1, .tree_goes = 1 };
	struct arena tree = { 0 }; /* several times as large as what is decoded from it */
	struct node *n;
	int rc;

	if (!diag || !(n = node_from_json(v, &tree))) {
		rc = err_sys(err, ENOMEM, "decode document");
	} else {
		decode_object(&d, n, table, "", obj);
		rc = diag_result(diag, err);
		diag_done(diag);
	}
	arena_done(&tree);
	free(diag);
	return rc;
}

/* Zero, NULL, absent or empty: not written unless the field is marked FIELD_ALWAYS.  Pointers and options have no such mark. */
static bool is_left_out(const struct field *f, const void *slot)
{
	const void *p = NULL;

	switch (f->type) {
	case FIELD_STR:
		memcpy(&p, slot, sizeof p);
		return !p || !(*(const char *) p || f->always);
	case FIELD_PTR:
	case FIELD_NODE:
		memcpy(&p, slot, sizeof p);
		return !p;
	case FIELD_OPT_BOOL:
		return !((const struct opt_bool *) slot)->set;
	case FIELD_OPT_I64:
		return !((const struct opt_i64 *) slot)->set;
	case FIELD_BOOL:
		return !*(const bool *) slot && !f->always;
	case FIELD_I64:
		return !*(const int64_t *) slot && !f->always;
	case FIELD_U32:
		return !*(const uint32_t *) slot && !f->always;
	case FIELD_U64:
		return !*(const uint64_t *) slot && !f->always;
	case FIELD_PORT:
		return !*(const uint16_t *) slot && !f->always;
	case FIELD_F64:
		return *(const double *) slot == 0 && !f->always;
	case FIELD_ENUM:
		return !f->names[*(const int *) slot][0] || (!*(const int *) slot && !f->always);
	case FIELD_LIST:
		return !((const struct list *) slot)->n && !f->always;
	case FIELD_STRS:
		return !((const struct strs *) slot)->n && !f->always;
	case FIELD_KVS:
		return !((const struct kvs *) slot)->n && !f->always;
	case FIELD_OBJECT:
		return false;
	case FIELD_SELF:
	case FIELD_CUSTOM:
		break;
	}
	return true;
}

/* A part that could not be made spoils the whole: what is written is never a piece of what was meant. */
static json_t *whole(json_t *v, bool good)
{
	if (good)
		return v;
	json_decref(v);
	return NULL;
}

static json_t *encode_list(const struct field *f, const struct list *l)
{
	json_t *v = json_array();
	bool good = v != NULL;

	for (size_t i = 0; i < l->n && good; i++)
		good = json_array_append_new(v, encode_json(f->sub, (const char *) l->v + i * f->size)) == 0;
	return whole(v, good);
}

static json_t *encode_strs(const struct strs *l)
{
	json_t *v = json_array();
	bool good = v != NULL;

	for (size_t i = 0; i < l->n && good; i++)
		good = json_array_append_new(v, json_string(l->v[i])) == 0;
	return whole(v, good);
}

static json_t *encode_kvs(const struct kvs *m)
{
	json_t *v = json_object();
	bool good = v != NULL;

	for (size_t i = 0; i < m->n && good; i++)
		good = json_object_set_new(v, m->v[i].key, json_string(m->v[i].value)) == 0;
	return whole(v, good);
}

/* NULL: no memory, or text that is not UTF-8. */
static json_t *encode_field(const struct field *f, const void *slot)
{
	const void *p = NULL;

	switch (f->type) {
	case FIELD_STR:
		memcpy(&p, slot, sizeof p);
		return json_string(p);
	case FIELD_BOOL:
		return json_boolean(*(const bool *) slot);
	case FIELD_OPT_BOOL:
		return json_boolean(((const struct opt_bool *) slot)->v);
	case FIELD_I64:
		return json_integer(*(const int64_t *) slot);
	case FIELD_OPT_I64:
		return json_integer(((const struct opt_i64 *) slot)->v);
	case FIELD_U32:
		return json_integer(*(const uint32_t *) slot);
	case FIELD_U64:
		return json_integer((json_int_t) * (const uint64_t *) slot);
	case FIELD_PORT:
		return json_integer(*(const uint16_t *) slot);
	case FIELD_F64:
		return json_real(*(const double *) slot);
	case FIELD_ENUM:
		return json_string(f->names[*(const int *) slot]);
	case FIELD_OBJECT:
		return encode_json(f->sub, slot);
	case FIELD_PTR:
		memcpy(&p, slot, sizeof p);
		return encode_json(f->sub, p);
	case FIELD_LIST:
		return encode_list(f, slot);
	case FIELD_STRS:
		return encode_strs(slot);
	case FIELD_KVS:
		return encode_kvs(slot);
	case FIELD_NODE:
		memcpy(&p, slot, sizeof p);
		return node_to_json(p);
	case FIELD_SELF:
	case FIELD_CUSTOM:
		break;
	}
	return NULL;
}

json_t *encode_json(const struct field *table, const void *obj)
{
	json_t *doc = json_object();
	bool good = doc != NULL;

	for (const struct field *f = table; good && f->key; f++) {
		const void *slot = (const char *) obj + f->offset;
		json_t *v;

		if (is_left_out(f, slot))
			continue;
		v = encode_field(f, slot);
		if (v && f->type == FIELD_OBJECT && !json_object_size(v) && !f->always)
			json_decref(v);
		else
			good = json_object_set_new(doc, f->key, v) == 0;
	}
	return whole(doc, good);
}
