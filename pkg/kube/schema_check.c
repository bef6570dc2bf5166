#include <stdio.h>
#include <string.h>

#include "pkg/kube/quantity.h"
#include "pkg/kube/schema_rules.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define AT_MAX 512

#define DEPTH_MAX 32

struct walk {
	struct diag *diag;
	struct schema_notes *notes;
	const struct schema_type *root;
	const struct schema_type
		*above[DEPTH_MAX]; /* the objects that this one is in, and how much of its path is theirs */
	size_t path[DEPTH_MAX], depth;
};

static const char *str(unsigned offset) { return schema_pool + offset; }

const struct schema_type *schema_find(const char *name)
{
	for (unsigned i = 0; i < schema_types_n; i++)
		if (strcmp(str(schema_types[i].name), name) == 0)
			return &schema_types[i];
	return NULL;
}

const struct schema_field *schema_field_find(const struct schema_type *t, const char *name)
{
	for (unsigned i = 0; i < t->n; i++) {
		const char *one = str(schema_fields[t->first + i].name);

		if (*one == *name && strcmp(one, name) == 0)
			return &schema_fields[t->first + i];
	}
	return NULL;
}

/* Path, relative to t, of a field called 'key' nearest to t, at most 'depth' objects below: "containers[].ports[]". */
static bool place_of(const struct schema_type *t, const char *key, int depth, char *path, size_t size)
{
	size_t len = strlen(path);

	for (unsigned i = 0; depth > 0 && i < 2 * t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i % t->n];
		bool container = strcmp(str(f->name), "containers") == 0;

		if (f->kind != SCHEMA_OBJECT || f->shape == SCHEMA_MAP || f->status == SCHEMA_NONE ||
			container != (i < t->n))
			continue; /* what fits containers belongs there more often than to a volume */
		if (strcmp(str(f->name), "initContainers") == 0 ||
			strcmp(str(f->name), "ephemeralContainers") == 0)
			continue; /* what fits there fits containers, which is the likelier place */
		snprintf(path + len, size - len, "%s%s%s", len ? "." : "", str(f->name),
			f->shape == SCHEMA_LIST ? "[]" : "");
		if (depth == 1 ? schema_field_find(&schema_types[f->ref], key) != NULL
			       : place_of(&schema_types[f->ref], key, depth - 1, path, size))
			return true;
		path[len] = '\0';
	}
	return false;
}

/* The nearest object above that has such a field: its indentation is a slip. */
static bool belongs_above(const struct walk *w, const char *key, const char *at, char *path, size_t size)
{
	for (size_t i = w->depth; i-- > 0;)
		if (schema_field_find(w->above[i], key)) {
			snprintf(path, size, "%.*s", (int) w->path[i], at);
			return true;
		}
	return false;
}

static bool belongs(const struct walk *w, const struct schema_type *here, const char *key, const char *at,
	char *path, size_t size)
{
	for (int depth = 1; depth <= 2; depth++) {
		snprintf(path, size, "%s", at);
		if (place_of(here, key, depth, path, size))
			return true;
	}
	for (int depth = 1; depth <= 5; depth++) {
		*path = '\0';
		if (place_of(w->root, key, depth, path, size))
			return true;
	}
	return false;
}

/* "limit" and "Limits" for limits. */
static bool is_same_word(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), least = la < lb ? la : lb;
	const char *rest = la < lb ? b + least : a + least;

	return strncasecmp(a, b, least) == 0 && (!*rest || strcasecmp(rest, "s") == 0);
}

/* The one field whose name ends so ("path" for mountPath); a required one of several. */
static const char *longer_name(const struct schema_type *t, const char *key)
{
	const char *found = NULL;
	size_t n = strlen(key), count = 0;

	for (unsigned i = 0; n >= 4 && i < t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i];
		size_t len = strlen(str(f->name));

		if (len <= n || strcasecmp(str(f->name) + len - n, key) != 0)
			continue;
		if (f->required)
			return str(f->name);
		found = str(f->name);
		count++;
	}
	return count == 1 ? found : NULL;
}

/* selector: {app: web} and resources: {cpu: 1} lack the map that holds such keys. */
static const char *map_for(const struct schema_type *t)
{
	if (strcmp(str(t->name), "LabelSelector") == 0)
		return "matchLabels";
	return strcmp(str(t->name), "ResourceRequirements") == 0 ? "limits" : NULL;
}

static void unknown_field(struct walk *w, const struct node *key, const struct schema_type *t, const char *at,
	const char *where)
{
	const char *names[160] = { 0 }, *near, *longer = longer_name(t, key->text);
	char path[AT_MAX];
	size_t n = 0;
	bool above = belongs_above(w, key->text, at, path, sizeof path),
	     elsewhere = above || belongs(w, t, key->text, at, path, sizeof path);

	for (unsigned i = 0; i < t->n && n < LEN(names) - 1; i++)
		names[n++] = str(schema_fields[t->first + i].name);
	near = text_nearest(key->text, names);
	/* "port" among a container's fields is a slip for "ports", although probes have a port: short words are alike by chance */
	if (near && is_same_word(near, key->text))
		elsewhere = false;
	else if (longer && (!above || strlen(key->text) <= 5)) {
		elsewhere = above = false;
		near = longer;
	}
	if (elsewhere && (above || !near || strlen(key->text) > 5))
		diag_add(w->diag, (enum diag_level) w->notes->unknown, key->line, key->col,
			*path ? "%s: unknown field here, %s belongs under %s"
			      : "%s: unknown field here, %s belongs to the "
				"top of the document",
			where, key->text, path);
	else if (near)
		diag_add(w->diag, (enum diag_level) w->notes->unknown, key->line, key->col,
			"%s: unknown field, did you mean %s?", where, near);
	else if ((near = map_for(t)))
		diag_add(w->diag, (enum diag_level) w->notes->unknown, key->line, key->col,
			"%s: unknown field, did you mean %s.%s?", where, near, key->text);
	else
		diag_add(w->diag, (enum diag_level) w->notes->unknown, key->line, key->col,
			"%s: unknown field", where);
}

static void wrong(struct walk *w, const struct node *n, const char *at, const char *want)
{
	bool guessed = n->plain && (n->kind == NODE_BOOL || n->kind == NODE_INT || n->kind == NODE_FLOAT);

	if (guessed && strstr(want, "string"))
		diag_add(w->diag, DIAG_ERROR, n->line, n->col,
			"%s: expected %s, YAML reads %s as %s; write \"%s\" in quotes", at, want, n->text,
			node_kind_name(n->kind), n->text);
	else if (n->kind == NODE_STRING && !n->plain && strstr(want, "integer") && *n->text &&
		 strspn(n->text, "0123456789") == strlen(n->text))
		diag_add(w->diag, DIAG_ERROR, n->line, n->col,
			"%s: expected %s, got the string \"%s\"; leave out the quotes", at, want, n->text);
	else if (n->kind == NODE_STRING)
		diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: expected %s, got the string \"%.60s\"",
			at, want, n->text);
	else
		diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: expected %s, got %s", at, want,
			node_kind_name(n->kind));
}

static void closed_set(struct walk *w, const struct node *n, const char *all, const char *at)
{
	char copy[1024], list[300] = "";
	const char *names[96] = { 0 }, *near;
	size_t count = 0;
	char *save, *p;

	snprintf(copy, sizeof copy, "%s", all);
	for (p = strtok_r(copy, "|", &save); p && count < LEN(names) - 1; p = strtok_r(NULL, "|", &save)) {
		if (strcmp(p, n->text) == 0)
			return;
		names[count++] = p;
	}
	if (!*n->text)
		return; /* an empty string is an absent field, as the API server has it */
	if ((near = text_nearest(n->text, names))) {
		diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: unknown value \"%s\", did you mean %s?",
			at, n->text, near);
		return;
	}
	for (size_t i = 0; i < count && strlen(list) < 200; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
			i == 0           ? ""
			: i + 1 == count ? " or "
					 : ", ",
			names[i]);
	diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: unknown value \"%s\", expected %s", at, n->text,
		list);
}

static void integer(struct walk *w, const struct node *n, const char *at, int64_t min, int64_t max)
{
	int64_t v;
	double x;

	if (n->kind == NODE_INT && node_int(n, &v) && v >= min && v <= max)
		return;
	if (n->kind == NODE_FLOAT) {
		x = strtod(n->text, NULL);
		if (x >= -9e15 && x <= 9e15 && x == (double) (int64_t) x)
			return; /* 1e3, 5.0: JSON has one kind of number */
	}
	if (n->kind == NODE_INT)
		diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: %s is too large", at, n->text);
	else
		wrong(w, n, at, "an integer");
}

static void base64_text(struct walk *w, const struct node *n, const char *at)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t digits = 0, pads = 0;

	if (n->kind != NODE_STRING) {
		wrong(w, n, at, "a base64 string");
		return;
	}
	for (const char *p = n->text; *p; p++) {
		if (*p == '=')
			pads++;
		else if (*p == '\n' || *p == '\r')
			continue;
		else if (!strchr(alphabet, *p) || pads) {
			diag_add(w->diag, DIAG_ERROR, n->line, n->col,
				"%s: not base64; plain text belongs into %s", at,
				strstr(at, "binaryData") ? "data" : "stringData");
			return;
		} else
			digits++;
	}
	if ((digits + pads) % 4 || pads > 2)
		diag_add(w->diag, DIAG_ERROR, n->line, n->col, "%s: base64 text of the wrong length", at);
}

static void object(
	struct walk *w, const struct node *n, const struct schema_type *t, const char *at, bool supported);

static void one(
	struct walk *w, const struct node *n, const struct schema_field *f, const char *at, bool supported)
{
	if (n->kind == NODE_NULL && f->kind != SCHEMA_OBJECT)
		return;
	if (f->rule && f->shape != SCHEMA_MAP)
		schema_value(w->diag, n, f->rule, at);
	switch ((enum schema_kind) f->kind) {
	case SCHEMA_STRING:
		if (n->kind != NODE_STRING)
			wrong(w, n, at, "a string");
		else if (f->ref)
			closed_set(w, n, str(f->ref), at);
		return;
	case SCHEMA_BOOL:
		if (n->kind != NODE_BOOL)
			wrong(w, n, at, "true or false");
		else if (strcasecmp(n->text, "true") != 0 && strcasecmp(n->text, "false") != 0)
			diag_add(w->diag, DIAG_NOTE, n->line, n->col, "%s: %s is taken as %s", at, n->text,
				node_true(n) ? "true" : "false");
		return;
	case SCHEMA_INT32:
		integer(w, n, at, INT32_MIN, INT32_MAX);
		return;
	case SCHEMA_INT64:
		integer(w, n, at, INT64_MIN, INT64_MAX);
		return;
	case SCHEMA_NUMBER:
		if (n->kind != NODE_INT && n->kind != NODE_FLOAT)
			wrong(w, n, at, "a number");
		return;
	case SCHEMA_QUANTITY:
		if (n->kind != NODE_STRING && n->kind != NODE_INT && n->kind != NODE_FLOAT)
			wrong(w, n, at, "a quantity such as 500m or 1Gi");
		else if (!quantity_is_valid(n->text))
			diag_add(w->diag, DIAG_ERROR, n->line, n->col,
				"%s: \"%.60s\" is no quantity; write 500m, 0.5, 64Mi or 1G", at, n->text);
		return;
	case SCHEMA_INTSTR:
		if (n->kind != NODE_STRING && n->kind != NODE_INT)
			wrong(w, n, at, "an integer or a string");
		return;
	case SCHEMA_BYTES:
		base64_text(w, n, at);
		return;
	case SCHEMA_ANY:
		return;
	case SCHEMA_OBJECT:
		if (n->kind != NODE_NULL)
			object(w, n, &schema_types[f->ref], at, supported);
		return;
	}
}

/* A map of variables, as Compose has it. */
static bool is_env(const struct node *n, const char *at)
{
	size_t len = strlen(at);

	return n->kind == NODE_MAP && len > 4 && strcmp(at + len - 4, ".env") == 0;
}

static void many(
	struct walk *w, const struct node *n, const struct schema_field *f, const char *at, bool supported)
{
	bool list = f->shape == SCHEMA_LIST;
	char where[AT_MAX];

	if (n->kind != (list ? NODE_LIST : NODE_MAP)) {
		wrong(w, n, at,
			!list           ? "a map"
			: is_env(n, at) ? "a list (lines such as \"- {name: KEY, value: TEXT}\")"
					: "a list (lines that start with \"- \")");
		return;
	}
	if (f->rule && !list)
		schema_map(w->diag, n, f->rule, at);
	for (size_t i = 0; i < n->n; i++) {
		if (list)
			snprintf(where, sizeof where, "%s[%zu]", at, i);
		else
			snprintf(where, sizeof where, "%s.%s", at, n->key[i]->text);
		if (n->item[i]->kind == NODE_NULL && (list || f->kind != SCHEMA_STRING))
			diag_add(w->diag, DIAG_ERROR, n->item[i]->line, n->item[i]->col, "%s: is empty",
				where);
		else
			one(w, n->item[i], f, where, supported);
	}
}

/* Given, but as if it were not: null, false, [] (and {} where the keys are free). */
static bool says_nothing(const struct node *n, const struct schema_field *f)
{
	return n->kind == NODE_NULL || (n->kind == NODE_BOOL && !node_true(n)) ||
	       (n->kind == NODE_LIST && !n->n) || (n->kind == NODE_MAP && !n->n && f->shape == SCHEMA_MAP) ||
	       (n->kind == NODE_STRING && !*n->text);
}

/* Returns whether fields below are to be looked at for their status too. */
static bool status(struct walk *w, const struct node *key, const struct node *v, const struct schema_field *f,
	const char *where)
{
	const char *why = str(f->reason);

	if (says_nothing(v, f))
		return true;
	if (f->status == SCHEMA_NO) {
		diag_add(w->diag, DIAG_ERROR, key->line, key->col, "%s: not supported by podctl yet%s%s",
			where, *why ? ": " : "", why);
		return false;
	}
	if (f->status == SCHEMA_NOTE) {
		for (size_t i = 0; i < w->notes->n; i++)
			if (w->notes->seen[i] == f)
				return false;
		if (w->notes->n < LEN(w->notes->seen)) {
			w->notes->seen[w->notes->n++] = f;
			diag_add(w->diag, DIAG_NOTE, key->line, key->col, "%s: has no effect%s%s", where,
				*why ? ": " : "", why);
		}
		return false;
	}
	return f->status == SCHEMA_DONE;
}

/* An empty string is an absent one; but "value" may be empty. */
static bool is_empty_name(const struct schema_field *f, const struct node *v)
{
	return f->kind == SCHEMA_STRING && f->shape == SCHEMA_ONE && v->kind == NODE_STRING && !*v->text &&
	       strcmp(str(f->name), "value") != 0;
}

static void object(
	struct walk *w, const struct node *n, const struct schema_type *t, const char *at, bool supported)
{
	char where[AT_MAX];

	if (n->kind != NODE_MAP) {
		wrong(w, n, *at ? at : "document", "a map");
		return;
	}
	if (w->depth < DEPTH_MAX) {
		w->above[w->depth] = t;
		w->path[w->depth] = strlen(at);
	}
	for (size_t i = 0; i < n->n; i++) {
		const struct schema_field *f = schema_field_find(t, n->key[i]->text);
		bool below = supported;

		snprintf(where, sizeof where, "%s%s%s", at, *at ? "." : "", n->key[i]->text);
		if (!f) {
			if (w->notes->unknown >= 0)
				unknown_field(w, n->key[i], t, at, where);
			continue;
		}
		if (supported)
			below = status(w, n->key[i], n->item[i], f, where);
		if (n->item[i]->kind == NODE_NULL)
			continue; /* an explicit null is an absent field */
		w->depth += w->depth < DEPTH_MAX;
		if (f->shape == SCHEMA_ONE)
			one(w, n->item[i], f, where, below);
		else
			many(w, n->item[i], f, where, below);
		w->depth -= w->depth > 0;
	}
	for (unsigned i = 0; i < t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i];
		const struct node *v = f->required ? node_get(n, str(f->name)) : NULL;

		if (f->required && (!v || v->kind == NODE_NULL || is_empty_name(f, v)))
			diag_add(w->diag, DIAG_ERROR, v && v->line ? v->line : n->line,
				v && v->line ? v->col : n->col, "%s%s%s: Required value", at, *at ? "." : "",
				str(f->name));
	}
	schema_object(w->diag, n, str(t->name), at);
}

void schema_check(const struct node *n, const struct schema_type *type, const char *at, bool supported,
	struct schema_notes *notes, struct diag *d)
{
	struct walk w = { .diag = d, .notes = notes, .root = type };

	object(&w, n, type, at, supported);
}
