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

		while (f->key && (f->type == FIELD_SELF || strcmp(f->key, n->key[i]->text) != 0))
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

		if (f->type == FIELD_SELF)
			memcpy((char *) obj + f->offset, &n, sizeof n);
		if (f->required && (!(v = node_get(n, f->key)) || v->kind == NODE_NULL))
			diag_add(d->diag, DIAG_ERROR, n->line, n->col, "%s%s%s: required", at, *at ? "." : "",
				f->key);
	}
}

int decode_json(const json_t *v, const struct field *table, void *obj, struct arena *a, struct err *err)
{
	struct diag *diag = calloc(1, sizeof *diag);
	struct decoder d = { .arena = a, .diag = diag, .unknown_ok = 1 };
	struct node *n;
	int rc;

	if (!diag || !(n = node_from_json(v, a))) {
		free(diag);
		return err_sys(err, ENOMEM, "decode document");
	}
	decode_object(&d, n, table, "", obj);
	rc = diag_result(diag, err);
	diag_done(diag);
	free(diag);
	return rc;
}

static json_t *encode_field(const struct field *f, const char *slot)
{
	json_t *v;

	switch (f->type) {
	case FIELD_STR: {
		const char *s;

		memcpy(&s, slot, sizeof s);
		return s && (*s || f->always) ? json_string(s) : NULL;
	}
	case FIELD_BOOL:
		return *(const bool *) slot || f->always ? json_boolean(*(const bool *) slot) : NULL;
	case FIELD_OPT_BOOL: {
		const struct opt_bool *o = (const void *) slot;

		return o->set ? json_boolean(o->v) : NULL;
	}
	case FIELD_I64: {
		const int64_t *i = (const void *) slot;

		return *i || f->always ? json_integer(*i) : NULL;
	}
	case FIELD_OPT_I64: {
		const struct opt_i64 *o = (const void *) slot;

		return o->set ? json_integer(o->v) : NULL;
	}
	case FIELD_U32: {
		const uint32_t *u = (const void *) slot;

		return *u || f->always ? json_integer(*u) : NULL;
	}
	case FIELD_U64: {
		const uint64_t *u = (const void *) slot;

		return *u || f->always ? json_integer((json_int_t) *u) : NULL;
	}
	case FIELD_PORT: {
		const uint16_t *u = (const void *) slot;

		return *u || f->always ? json_integer(*u) : NULL;
	}
	case FIELD_F64: {
		const double *x = (const void *) slot;

		return *x != 0 || f->always ? json_real(*x) : NULL;
	}
	case FIELD_ENUM: {
		int i;

		memcpy(&i, slot, sizeof i);
		return f->names[i][0] && (i || f->always) ? json_string(f->names[i]) : NULL;
	}
	case FIELD_OBJECT:
		v = encode_json(f->sub, slot);
		if (v && !json_object_size(v) && !f->always) {
			json_decref(v);
			return NULL;
		}
		return v;
	case FIELD_PTR: {
		const void *p;

		memcpy(&p, slot, sizeof p);
		return p ? encode_json(f->sub, p) : NULL;
	}
	case FIELD_LIST: {
		const struct list *l = (const void *) slot;

		if (!l->n && !f->always)
			return NULL;
		v = json_array();
		for (size_t i = 0; i < l->n; i++)
			json_array_append_new(v, encode_json(f->sub, (const char *) l->v + i * f->size));
		return v;
	}
	case FIELD_STRS: {
		const struct strs *l = (const void *) slot;

		if (!l->n && !f->always)
			return NULL;
		v = json_array();
		for (size_t i = 0; i < l->n; i++)
			json_array_append_new(v, json_string(l->v[i]));
		return v;
	}
	case FIELD_KVS: {
		const struct kvs *m = (const void *) slot;

		if (!m->n && !f->always)
			return NULL;
		v = json_object();
		for (size_t i = 0; i < m->n; i++)
			json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
		return v;
	}
	case FIELD_NODE: {
		const struct node *n;

		memcpy(&n, slot, sizeof n);
		return n ? node_to_json(n) : NULL;
	}
	case FIELD_SELF:
	case FIELD_CUSTOM:
		return NULL;
	}
	return NULL;
}

json_t *encode_json(const struct field *table, const void *obj)
{
	json_t *doc = json_object();

	for (const struct field *f = table; doc && f->key; f++) {
		json_t *v = encode_field(f, (const char *) obj + f->offset);

		if (v && json_object_set_new(doc, f->key, v) < 0) {
			json_decref(doc);
			return NULL;
		}
	}
	return doc;
}
