#include "pkg/codec/node.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/util/limits.h"

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_NULL] = "null",
		[NODE_BOOL] = "a boolean",
		[NODE_INT] = "an integer",
		[NODE_FLOAT] = "a number",
		[NODE_STRING] = "a string",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
	};

	return names[kind];
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (*map->key[i]->text == *key && strcmp(map->key[i]->text, key) == 0)
			return map->item[i];
	return NULL;
}

bool node_int(const struct node *n, int64_t *ret)
{
	const char *s = n->text;
	bool minus = *s == '-';
	unsigned base = 10, digit;
	uint64_t v = 0;

	if (n->kind != NODE_INT)
		return false;
	s += *s == '-' || *s == '+';
	if (s[0] == '0' && s[1]) {
		base = s[1] == 'x' || s[1] == 'X' ? 16 : s[1] == 'b' || s[1] == 'B' ? 2 : 8;
		s += s[1] >= '0' && s[1] <= '9' ? 1 : 2;
	}
	for (; *s; s++) {
		if (*s == '_')
			continue;
		digit = *s <= '9' ? (unsigned) (*s - '0') : (unsigned) ((*s | 32) - 'a' + 10);
		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, digit, &v))
			return false;
	}
	if (v > (uint64_t) INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t) (0 - v) : (int64_t) v;
	return true;
}

bool node_true(const struct node *n)
{
	return n->kind == NODE_BOOL && (strchr("tTyY", n->text[0]) || strcasecmp(n->text, "on") == 0);
}

static struct node *node_new(struct arena *a, enum node_kind kind, const char *text)
{
	struct node *n = arena_alloc(a, sizeof *n);

	if (!n || !(n->text = arena_strdup(a, text)))
		return NULL;
	n->kind = kind;
	return n;
}

static struct node *from_map(const json_t *v, struct arena *a)
{
	struct node *n = node_new(a, NODE_MAP, "");
	const char *key;
	json_t *item;

	if (!n || !(n->item = arena_array(a, json_object_size(v), sizeof *n->item)) ||
		!(n->key = arena_array(a, json_object_size(v), sizeof *n->key)))
		return NULL;
	json_object_foreach((json_t *) v, key, item)
	{
		if (!(n->key[n->n] = node_new(a, NODE_STRING, key)) ||
			!(n->item[n->n] = node_from_json(item, a)))
			return NULL;
		n->n++;
	}
	return n;
}

static struct node *from_list(const json_t *v, struct arena *a)
{
	struct node *n = node_new(a, NODE_LIST, "");
	size_t len = json_array_size(v);

	if (!n || !(n->item = arena_array(a, len, sizeof *n->item)))
		return NULL;
	for (; n->n < len; n->n++)
		if (!(n->item[n->n] = node_from_json(json_array_get(v, n->n), a)))
			return NULL;
	return n;
}

struct node *node_from_json(const json_t *v, struct arena *a)
{
	char text[40];

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return from_map(v, a);
	case JSON_ARRAY:
		return from_list(v, a);
	case JSON_STRING:
		return node_new(a, NODE_STRING, json_string_value(v));
	case JSON_INTEGER:
		snprintf(text, sizeof text, "%lld", (long long) json_integer_value(v));
		return node_new(a, NODE_INT, text);
	case JSON_REAL:
		snprintf(text, sizeof text, "%.17g", json_real_value(v));
		return node_new(a, NODE_FLOAT, text);
	case JSON_TRUE:
	case JSON_FALSE:
		return node_new(a, NODE_BOOL, json_is_true(v) ? "true" : "false");
	case JSON_NULL:
		break;
	}
	return node_new(a, NODE_NULL, "null");
}

struct node *node_clone(const struct node *n, struct arena *a)
{
	struct node *c = node_new(a, n->kind, n->text);

	if (!c || !(c->item = arena_array(a, n->n, sizeof *c->item)) ||
		!(c->key = arena_array(a, n->n, sizeof *c->key)))
		return NULL;
	for (; c->n < n->n; c->n++)
		if (!(c->item[c->n] = node_clone(n->item[c->n], a)) ||
			(n->key && !(c->key[c->n] = node_clone(n->key[c->n], a))))
			return NULL;
	return c;
}

json_t *node_to_json(const struct node *n)
{
	json_t *v;

	switch (n->kind) {
	case NODE_MAP:
		v = json_object();
		for (size_t i = 0; v && i < n->n; i++)
			if (json_object_set_new(v, n->key[i]->text, node_to_json(n->item[i])) < 0) {
				json_decref(v);
				return NULL;
			}
		return v;
	case NODE_LIST:
		v = json_array();
		for (size_t i = 0; v && i < n->n; i++)
			if (json_array_append_new(v, node_to_json(n->item[i])) < 0) {
				json_decref(v);
				return NULL;
			}
		return v;
	case NODE_BOOL:
		return json_boolean(n->text[0] == 't' || n->text[0] == 'T' || n->text[0] == 'y' ||
				    n->text[0] == 'Y' || strcasecmp(n->text, "on") == 0);
	case NODE_INT:
		return json_integer(strtoll(n->text, NULL, 0));
	case NODE_FLOAT:
		return json_real(strtod(n->text, NULL));
	case NODE_STRING:
		return json_string(n->text);
	case NODE_NULL:
		break;
	}
	return json_null();
}

json_t *json_parse(const char *text, size_t len, struct err *err)
{
	json_error_t e;
	json_t *v;

	if (len > JSON_MAX) {
		err_set(err, ERR_INVALID, "JSON text of %zu bytes is too large", len);
		return NULL;
	}
	if (!(v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e)))
		err_set(err, ERR_INVALID, "%d:%d: %s", e.line, e.column, e.text);
	return v;
}

static int put(const char *text, size_t n, void *b) { return buf_add(b, text, n); }

char *json_text(const json_t *v, size_t flags)
{
	auto_buf struct buf b = BUF_INIT(SIZE_MAX / 2); /* what we made ourselves has no limit */

	if (json_dump_callback(v, put, &b, flags) < 0 || buf_failed(&b))
		return NULL;
	return buf_steal(&b);
}

char *json_print(const json_t *v) { return json_text(v, JSON_COMPACT | JSON_ENCODE_ANY); }
