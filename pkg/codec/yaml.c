#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "pkg/codec/yaml_scalar.h"
#include "pkg/util/limits.h"

#define ANCHORS_MAX 256 /* per document; documents written by people have a handful */
#define PATH_TEXT 256

struct anchor {
	const char *name;
	struct node *node;
	size_t weight; /* nodes below and with it, aliases expanded */
	int height;
	bool open; /* still being read: an alias to it would be a cycle */
};

/* One level of the document being read, for the path in messages. */
struct frame {
	const struct frame *up;
	const char *key; /* NULL: an element of a list */
	size_t index;
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct diag *diag;
	const char *text;
	size_t len;
	int line_base;
	struct anchor anchor[ANCHORS_MAX];
	size_t anchors;
	size_t nodes; /* of this document, aliases expanded */
	bool stop;    /* a fault after which the events make no sense: resume at the next document */
	int line;     /* of that fault, from 1 within the text */
	int error;    /* -ENOMEM */
};

static int line_of(const struct reader *r, yaml_mark_t m) { return r->line_base + (int) m.line + 1; }

static void path_text(const struct frame *f, char *text, size_t size)
{
	size_t n;

	*text = '\0';
	if (!f)
		return;
	path_text(f->up, text, size);
	n = strlen(text);
	if (f->key)
		snprintf(text + n, size - n, "%s%s", n ? "." : "", f->key);
	else
		snprintf(text + n, size - n, "[%zu]", f->index);
}

static void fault(struct reader *r, const struct frame *f, yaml_mark_t m, const char *what)
{
	char path[PATH_TEXT];

	path_text(f, path, sizeof path);
	diag_add(r->diag, DIAG_ERROR, line_of(r, m), (int) m.column + 1, "%s%s%s", path, *path ? ": " : "",
		what);
}

static struct node *give_up(struct reader *r, yaml_mark_t m)
{
	r->stop = true;
	r->line = (int) m.line +
		  (m.column > 0); /* at column 1 it may be the "---" of the next document that is unwelcome */
	return NULL;
}

static struct node *out_of_memory(struct reader *r)
{
	r->stop = true;
	r->error = -ENOMEM;
	return NULL;
}

/* libyaml's complaints, with the usual cause in words. */
static void syntax_fault(struct reader *r)
{
	yaml_parser_t *p = &r->parser;
	yaml_mark_t m = p->problem_mark;
	const char *line = r->text, *end = r->text + r->len, *hint = "";

	if (p->error == YAML_MEMORY_ERROR) {
		out_of_memory(r);
		return;
	}
	if (p->error == YAML_READER_ERROR) {
		m = (yaml_mark_t){ .line = 0 };
		for (size_t i = 0; i < p->problem_offset && i < r->len; i++) {
			m.column++;
			if (r->text[i] == '\n')
				m.line++, m.column = 0;
		}
	}
	for (size_t i = 0; i < m.line && line < end; i++) {
		const char *nl = memchr(line, '\n', (size_t) (end - line));

		line = nl ? nl + 1 : end;
	}
	while (line < end && *line == ' ')
		line++;
	if (line < end && *line == '\t')
		hint = "; the line is indented with a tab, YAML wants spaces";
	if (p->context && strncmp(p->context, "while parsing", 13) == 0)
		diag_add(r->diag, DIAG_ERROR, line_of(r, m), (int) m.column + 1,
			"not YAML: %s (%s that starts at line %d)%s", p->problem, p->context,
			line_of(r, p->context_mark), hint);
	else
		diag_add(r->diag, DIAG_ERROR, line_of(r, m), (int) m.column + 1, "not YAML: %s%s", p->problem,
			hint);
	give_up(r, m);
}

static bool next_event(struct reader *r, yaml_event_t *e)
{
	if (yaml_parser_parse(&r->parser, e))
		return true;
	syntax_fault(r);
	return false;
}

static struct node *node_make(struct reader *r, enum node_kind kind, yaml_mark_t m)
{
	struct node *n = arena_alloc(r->arena, sizeof *n);

	if (!n)
		return out_of_memory(r);
	*n = (struct node){ .kind = kind, .line = line_of(r, m), .col = (int) m.column + 1, .text = "" };
	return n;
}

static bool count_nodes(struct reader *r, yaml_mark_t m, size_t n)
{
	if (n <= YAML_NODES_MAX && (r->nodes += n) <= YAML_NODES_MAX)
		return true;
	diag_add(r->diag, DIAG_ERROR, line_of(r, m), (int) m.column + 1,
		"more than %d values in one document, aliases counted each time they are used",
		YAML_NODES_MAX);
	give_up(r, m);
	return false;
}

static struct node *read_scalar(struct reader *r, const struct frame *f, const yaml_event_t *e)
{
	const char *tag = (const char *) e->data.scalar.tag, *problem;
	struct node *n = node_make(r, NODE_STRING, e->start_mark);
	char *text;

	if (!n)
		return NULL;
	if (memchr(e->data.scalar.value, 0, e->data.scalar.length)) {
		fault(r, f, e->start_mark, "a string with a NUL character");
		return n;
	}
	if (!(text = arena_strndup(r->arena, (const char *) e->data.scalar.value, e->data.scalar.length)))
		return out_of_memory(r);
	n->text = text;
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !tag;
	if (n->plain)
		n->kind = yaml_scalar_kind(n->text);
	else if (tag && (problem = yaml_scalar_tag(n, tag)))
		fault(r, f, e->start_mark, problem);
	if (n->kind == NODE_FLOAT && !yaml_float_is_finite(n->text)) {
		fault(r, f, e->start_mark,
			"no number that a manifest can hold; if a string is meant, put it in "
			"quotes");
		n->kind = NODE_STRING;
	}
	return n;
}

static struct node *read_node(
	struct reader *r, const struct frame *f, yaml_event_t *e, int depth, int *height);

static bool anchor_open(struct reader *r, const yaml_char_t *name, struct node *n, yaml_mark_t m, size_t *ret)
{
	char *copy;

	*ret = ANCHORS_MAX;
	if (!name)
		return true;
	if (r->anchors == ANCHORS_MAX) {
		diag_add(r->diag, DIAG_ERROR, line_of(r, m), (int) m.column + 1,
			"more than %d anchors in one document", ANCHORS_MAX);
		give_up(r, m);
		return false;
	}
	if (!(copy = arena_strdup(r->arena, (const char *) name))) {
		out_of_memory(r);
		return false;
	}
	r->anchor[ *ret = r->anchors++] = (struct anchor){ .name = copy, .node = n, .open = true };
	return true;
}

static void anchor_close(struct reader *r, size_t i, size_t nodes_before, int height)
{
	if (i == ANCHORS_MAX)
		return;
	r->anchor[i].open = false;
	r->anchor[i].weight = r->nodes - nodes_before;
	r->anchor[i].height = height;
}

static struct node *read_alias(
	struct reader *r, const struct frame *f, const yaml_event_t *e, int depth, int *height)
{
	const char *name = (const char *) e->data.alias.anchor;
	char text[160];

	for (size_t i = r->anchors; i-- > 0;) { /* the nearest before: an anchor may be given again */
		const struct anchor *a = &r->anchor[i];

		if (strcmp(a->name, name) != 0)
			continue;
		if (a->open) {
			snprintf(text, sizeof text, "alias *%.100s refers to what it is part of", name);
			fault(r, f, e->start_mark, text);
			return node_make(r, NODE_NULL, e->start_mark);
		}
		if (depth + a->height > YAML_DEPTH_MAX) {
			snprintf(
				text, sizeof text, "nested deeper than %d levels by aliases", YAML_DEPTH_MAX);
			fault(r, NULL, e->start_mark, text);
			return give_up(r, e->start_mark);
		}
		if (!count_nodes(r, e->start_mark, a->weight))
			return NULL;
		*height = a->height;
		return a->node;
	}
	snprintf(text, sizeof text, "alias *%.100s names no anchor before it", name);
	fault(r, f, e->start_mark, text);
	return node_make(r, NODE_NULL, e->start_mark);
}

/* Lists and maps grow by doubling in the arena.  A map keeps a hash of each key while it is read: looking for a key given
 * twice compares numbers, so that a map of 50,000 keys costs a fraction of a second and not minutes. */
struct growth {
	size_t cap;
	uint32_t *hash;
};

static bool grow(struct reader *r, struct node *n, struct growth *g)
{
	size_t more = g->cap ? g->cap * 2 : 4;
	bool map = n->kind == NODE_MAP;
	struct node **item, **key = NULL;
	uint32_t *hash = NULL;

	if (n->n < g->cap)
		return true;
	item = arena_array(r->arena, more, sizeof(struct node *));
	if (map) {
		key = arena_array(r->arena, more, sizeof(struct node *));
		hash = arena_array(r->arena, more, sizeof *hash);
	}
	if (!item || (map && (!key || !hash))) {
		out_of_memory(r);
		return false;
	}
	if (n->n) {
		memcpy(item, n->item, n->n * sizeof(struct node *));
		if (map) {
			memcpy(key, n->key, n->n * sizeof(struct node *));
			memcpy(hash, g->hash, n->n * sizeof *hash);
		}
	}
	n->item = item;
	n->key = key;
	g->hash = hash;
	g->cap = more;
	return true;
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char) *s) * 16777619u;
	return h;
}

static bool map_put(struct reader *r, struct node *n, struct growth *g, struct node *key, struct node *item)
{
	if (!grow(r, n, g))
		return false;
	g->hash[n->n] = hash_of(key->text);
	n->key[n->n] = key;
	n->item[n->n++] = item;
	return true;
}

static struct node *read_list(
	struct reader *r, const struct frame *f, const yaml_event_t *start, int depth, int *height)
{
	struct node *n = node_make(r, NODE_LIST, start->start_mark);
	size_t anchor, before = r->nodes - 1;
	struct growth g = { 0 };

	if (!n || !anchor_open(r, start->data.sequence_start.anchor, n, start->start_mark, &anchor))
		return NULL;
	for (;;) {
		struct frame here = { f, NULL, n->n };
		yaml_event_t e;
		struct node *item;
		int h = 0;

		if (!next_event(r, &e))
			return NULL;
		if (e.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&e);
			break;
		}
		item = read_node(r, &here, &e, depth + 1, &h);
		yaml_event_delete(&e);
		if (!item || !grow(r, n, &g))
			return NULL;
		n->item[n->n++] = item;
		*height = h + 1 > *height ? h + 1 : *height;
	}
	anchor_close(r, anchor, before, *height);
	return n;
}

/* Keys are strings.  A number or boolean as written becomes its text, when that is what every reader would make of it. */
static bool key_is_fine(struct reader *r, const struct frame *f, struct node *key, yaml_mark_t m)
{
	char text[200];
	int64_t i;

	if (key->kind == NODE_INT && node_int(key, &i)) {
		snprintf(text, sizeof text, "%lld", (long long) i);
		if (strcmp(text, key->text) == 0)
			key->kind = NODE_STRING;
	} else if (key->kind == NODE_BOOL &&
		   (strcmp(key->text, "true") == 0 || strcmp(key->text, "false") == 0)) {
		key->kind = NODE_STRING;
	}
	if (key->kind == NODE_STRING)
		return true;
	if (key->kind == NODE_LIST || key->kind == NODE_MAP)
		snprintf(text, sizeof text, "a key must be a string, got %s", node_kind_name(key->kind));
	else
		snprintf(text, sizeof text, "the key %.100s is read as %s; write \"%.100s\" in quotes",
			*key->text ? key->text : "(empty)", node_kind_name(key->kind), key->text);
	fault(r, f, m, text);
	return false;
}

static const struct node *key_find(const struct node *map, const struct growth *g, const char *key)
{
	uint32_t h = hash_of(key);

	for (size_t i = 0; i < map->n; i++)
		if (g->hash[i] == h && strcmp(map->key[i]->text, key) == 0)
			return map->key[i];
	return NULL;
}

/* "<<": the keys of other maps that this one does not have itself. */
static bool merge_from(struct reader *r, struct node *n, const struct node *from, struct growth *g)
{
	for (size_t i = 0; i < from->n; i++)
		if (!key_find(n, g, from->key[i]->text) && !map_put(r, n, g, from->key[i], from->item[i]))
			return false;
	return true;
}

static bool merge(struct reader *r, const struct frame *f, struct node *n, const struct node *from,
	yaml_mark_t m, struct growth *g)
{
	if (from->kind == NODE_MAP)
		return merge_from(r, n, from, g);
	for (size_t i = 0; from->kind == NODE_LIST && i < from->n; i++) {
		if (from->item[i]->kind != NODE_MAP)
			break;
		if (!merge_from(r, n, from->item[i], g))
			return false;
		if (i + 1 == from->n)
			return true;
	}
	fault(r, f, m, "the merge key << wants a map or a list of maps");
	return true;
}

static struct node *read_map(
	struct reader *r, const struct frame *f, const yaml_event_t *start, int depth, int *height)
{
	struct node *n = node_make(r, NODE_MAP, start->start_mark), *merge_node = NULL;
	size_t anchor, before = r->nodes - 1;
	struct growth g = { 0 };
	yaml_mark_t merge_mark = { 0 };

	if (!n || !anchor_open(r, start->data.mapping_start.anchor, n, start->start_mark, &anchor))
		return NULL;
	for (;;) {
		struct node *key, *item;
		const struct node *twin;
		struct frame here = { f, "?", 0 };
		yaml_mark_t m;
		yaml_event_t e;
		bool fine;
		int h = 0;

		if (!next_event(r, &e))
			return NULL;
		if (e.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&e);
			break;
		}
		m = e.start_mark;
		key = read_node(r, f, &e, depth + 1, &h);
		yaml_event_delete(&e);
		if (!key || !next_event(r, &e))
			return NULL;
		fine = key_is_fine(r, f, key, m);
		here.key = fine ? key->text : "?";
		h = 0;
		item = read_node(r, &here, &e, depth + 1, &h);
		yaml_event_delete(&e);
		if (!item)
			return NULL;
		*height = h + 1 > *height ? h + 1 : *height;
		if (fine && key->plain && strcmp(key->text, "<<") == 0) {
			merge_node = item;
			merge_mark = m;
			continue;
		}
		if (fine && (twin = key_find(n, &g, key->text))) {
			char text[80];

			snprintf(text, sizeof text, "given twice, the first is at %d:%d", twin->line,
				twin->col);
			fault(r, &here, m, text);
			fine = false;
		}
		if (fine && !map_put(r, n, &g, key, item))
			return NULL;
	}
	if (merge_node && !merge(r, f, n, merge_node, merge_mark, &g))
		return NULL;
	anchor_close(r, anchor, before, *height);
	return n;
}

static struct node *read_node(
	struct reader *r, const struct frame *f, yaml_event_t *e, int depth, int *height)
{
	struct node *n;
	size_t anchor, before = r->nodes;

	if (depth > YAML_DEPTH_MAX) {
		char text[60];

		snprintf(text, sizeof text, "nested deeper than %d levels", YAML_DEPTH_MAX);
		fault(r, NULL, e->start_mark, text);
		return give_up(r, e->start_mark);
	}
	if (e->type == YAML_ALIAS_EVENT)
		return read_alias(r, f, e, depth, height);
	if (!count_nodes(r, e->start_mark, 1))
		return NULL;
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return read_list(r, f, e, depth, height);
	if (e->type == YAML_MAPPING_START_EVENT)
		return read_map(r, f, e, depth, height);
	n = read_scalar(r, f, e);
	if (!n || !anchor_open(r, e->data.scalar.anchor, n, e->start_mark, &anchor))
		return NULL;
	anchor_close(r, anchor, before, 0);
	return n;
}

struct docs {
	struct node **v;
	size_t n, cap;
};

static int docs_add(struct docs *d, struct arena *a, struct node *n)
{
	if (n->kind == NODE_NULL)
		return 0; /* an empty document: "---" twice, or only comments */
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 8;
		struct node **v = arena_array(a, cap, sizeof(struct node *));

		if (!v)
			return -ENOMEM;
		if (d->n)
			memcpy(v, d->v, d->n * sizeof(struct node *));
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n++] = n;
	return 0;
}

/* One run of the parser: to the end of the text, or to the first fault after which it cannot go on. */
static void read_stream(struct reader *r, struct docs *docs)
{
	for (;;) {
		yaml_event_t e;
		struct node *n = NULL;
		yaml_event_type_t type;
		int height = 0;

		if (!next_event(r, &e))
			return;
		type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT) {
			r->anchors = r->nodes = 0;
		} else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
			   type != YAML_DOCUMENT_END_EVENT) {
			if ((n = read_node(r, NULL, &e, 0, &height)) && docs_add(docs, r->arena, n) < 0)
				out_of_memory(r);
		}
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT || r->stop)
			return;
	}
}

/* Where the next document begins: after 'line' (from 1), at a line that starts with "---". */
static const char *next_document(const char *text, size_t len, int line, int *ret_line)
{
	const char *p = text, *end = text + len;
	int at = 1;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t) (end - p));

		if (at > 1 && at > line && end - p >= 3 && memcmp(p, "---", 3) == 0 &&
			(end - p == 3 || strchr(" \t\r\n", p[3]))) {
			*ret_line = at;
			return p;
		}
		if (!nl)
			return NULL;
		p = nl + 1;
		at++;
	}
	return NULL;
}

/* JSON with surrogate pairs ("\\ud83d\\ude00"), which libyaml refuses: read by the JSON parser, without places. */
static bool json_instead(const char *text, size_t len, struct arena *a, struct docs *docs)
{
	struct err err = { 0 };
	json_t *v;
	struct node *n;

	while (len && strchr(" \t\r\n", *text))
		text++, len--;
	if (!len || (*text != '{' && *text != '[') || !memmem(text, len, "\\ud", 3) ||
		!(v = json_parse(text, len, &err)))
		return false;
	n = node_from_json(v, a);
	json_decref(v);
	return n && docs_add(docs, a, n) == 0;
}

/* Reads on behind a fault, at the next document: one run reports the faults of all documents. */
static int read_all(struct reader *r, struct docs *docs, struct err *err)
{
	for (;;) {
		const char *next;
		int line = 0;

		r->stop = false;
		if (!yaml_parser_initialize(&r->parser))
			return err_sys(err, ENOMEM, "read YAML");
		yaml_parser_set_input_string(&r->parser, (const unsigned char *) r->text, r->len);
		read_stream(r, docs);
		yaml_parser_delete(&r->parser);
		if (r->error)
			return err_sys(err, -r->error, "read YAML");
		if (!r->stop || !(next = next_document(r->text, r->len, r->line, &line)))
			return 0;
		r->line_base += line - 1;
		r->len -= (size_t) (next - r->text);
		r->text = next;
	}
}

int yaml_parse(const char *text, size_t len, struct arena *a, struct diag *d, struct node ***ret_docs,
	size_t *ret_n, struct err *err)
{
	struct docs docs = { 0 };
	auto_free struct reader *r = calloc(1, sizeof *r);
	int rc;

	if (!r)
		return err_sys(err, ENOMEM, "read YAML");
	*r = (struct reader){ .arena = a, .diag = d, .text = text, .len = len };
	if (len > YAML_MAX)
		diag_add(d, DIAG_ERROR, 0, 0, "%zu bytes are too many for a manifest, the limit is %lu", len,
			YAML_MAX);
	else if (!json_instead(text, len, a, &docs) && (rc = read_all(r, &docs, err)) < 0)
		return rc;
	*ret_docs = docs.v;
	*ret_n = docs.n;
	return 0;
}
