#include "pkg/codec/toml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/toml_value.h"

/* ---- nodes and faults ------------------------------------------------------------------------------------------------ */

int toml_col(const struct toml *t) { return (int) (t->p - t->line_start) + 1; }

bool toml_fault(struct toml *t, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	diag_add(t->diag, DIAG_ERROR, t->line, toml_col(t), "%s", text);
	return false;
}

struct node *toml_node(struct toml *t, enum node_kind kind, enum toml_made made, const char *text)
{
	struct toml_node *n = arena_alloc(t->arena, sizeof *n);

	if (n && (n->node.text = arena_strdup(t->arena, text))) {
		n->node.kind = kind;
		n->node.line = t->line;
		n->node.col = toml_col(t);
		n->made = made;
		return &n->node;
	}
	t->no_memory = true;
	return NULL;
}

static enum toml_made made(const struct node *n) { return ((const struct toml_node *) n)->made; }

bool toml_add(struct toml *t, struct node *to, struct node *key, struct node *value)
{
	if (!value || (to->kind == NODE_MAP && !key))
		return false;
	if (to->n >= 4 ? (to->n & (to->n - 1)) == 0 : to->n == 0) { /* full: room is 4, 8, 16 ... */
		size_t cap = to->n ? 2 * to->n : 4;
		struct node **item = arena_array(t->arena, cap, sizeof(struct node *));
		struct node **keys = key ? arena_array(t->arena, cap, sizeof(struct node *)) : NULL;

		if (!item || (key && !keys)) {
			t->no_memory = true;
			return false;
		}
		if (to->n)
			memcpy(item, to->item, to->n * sizeof(struct node *));
		if (to->n && key)
			memcpy(keys, to->key, to->n * sizeof(struct node *));
		to->item = item;
		to->key = keys;
	}
	if (key)
		to->key[to->n] = key;
	to->item[to->n++] = value;
	return true;
}

struct node *toml_find(const struct node *map, const char *key)
{
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->key[i]->text, key) == 0)
			return map->item[i];
	return NULL;
}

/* ---- blanks ---------------------------------------------------------------------------------------------------------- */

void toml_blank(struct toml *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
		t->p++;
}

static size_t newline_length(const struct toml *t)
{
	if (t->p < t->end && *t->p == '\n')
		return 1;
	return t->end - t->p >= 2 && t->p[0] == '\r' && t->p[1] == '\n' ? 2 : 0;
}

bool toml_at_newline(const struct toml *t) { return newline_length(t) > 0; }

bool toml_newline(struct toml *t)
{
	size_t n = newline_length(t);

	t->p += n;
	if (n) {
		t->line++;
		t->line_start = t->p;
	}
	return n > 0;
}

static void comment(struct toml *t)
{
	const char *stop;

	if (t->p == t->end || *t->p != '#')
		return;
	stop = memchr(t->p, '\n', (size_t) (t->end - t->p));
	t->p = stop ? stop : t->end;
	if (stop && stop[-1] == '\r')
		t->p--;
}

bool toml_blank_lines(struct toml *t)
{
	do {
		toml_blank(t);
		comment(t);
	} while (toml_newline(t));
	return t->p < t->end;
}

static void skip_line(struct toml *t)
{
	while (t->p < t->end && !toml_at_newline(t))
		t->p++;
}

/* ---- tables ---------------------------------------------------------------------------------------------------------- */

static bool room_for_key(struct toml *t, const struct node *table)
{
	return table->n < TOML_KEYS_MAX || toml_fault(t, "more than %d keys in one table", TOML_KEYS_MAX);
}

static bool few_parts(struct toml *t, int parts)
{
	return parts <= TOML_DEPTH_MAX || toml_fault(t, "more than %d parts in one key", TOML_DEPTH_MAX);
}

/* The table that 'key' leads to on the way of a [header]: made when missing. */
static struct node *header_step(struct toml *t, struct node *table, struct node *key)
{
	struct node *next = toml_find(table, key->text);

	if (!next) {
		if (!room_for_key(t, table) || !(next = toml_node(t, NODE_MAP, MADE_IMPLICIT, "")) ||
			!toml_add(t, table, key, next))
			return NULL;
		return next;
	}
	if (next->kind == NODE_LIST && made(next) == MADE_TABLES)
		return next->item[next->n - 1];
	if (next->kind == NODE_MAP && made(next) != MADE_INLINE)
		return next;
	(void) toml_fault(t, "'%s' is %s of line %d, not a table that can be added to", key->text,
		node_kind_name(next->kind), next->line);
	return NULL;
}

static struct node *header_table(struct toml *t, struct node *table, struct node *key)
{
	struct node *old = toml_find(table, key->text);

	if (!old) {
		struct node *n = room_for_key(t, table) ? toml_node(t, NODE_MAP, MADE_HEADER, "") : NULL;

		return n && toml_add(t, table, key, n) ? n : NULL;
	}
	if (old->kind == NODE_MAP && made(old) == MADE_IMPLICIT) {
		((struct toml_node *) old)->made = MADE_HEADER;
		return old;
	}
	(void) toml_fault(t, "'%s' is defined already, in line %d", key->text, old->line);
	return NULL;
}

static struct node *header_element(struct toml *t, struct node *table, struct node *key)
{
	struct node *list = toml_find(table, key->text), *n;

	if (list && !(list->kind == NODE_LIST && made(list) == MADE_TABLES)) {
		(void) toml_fault(t, "'%s' is defined already, in line %d", key->text, list->line);
		return NULL;
	}
	if (!list && (!room_for_key(t, table) || !(list = toml_node(t, NODE_LIST, MADE_TABLES, "")) ||
			     !toml_add(t, table, key, list)))
		return NULL;
	n = toml_node(t, NODE_MAP, MADE_HEADER, "");
	return n && toml_add(t, list, NULL, n) ? n : NULL;
}

/* [a.b] or [[a.b]]; the table that follows, or NULL after a fault. */
static struct node *header(struct toml *t, struct node *root)
{
	struct node *table = root, *key = NULL;
	int parts = 0;
	bool element;

	t->p++;
	element = t->p < t->end && *t->p == '[';
	t->p += element;
	for (;;) {
		toml_blank(t);
		if (!toml_key(t, &key) || !few_parts(t, ++parts))
			return NULL;
		toml_blank(t);
		if (t->p == t->end || *t->p != '.')
			break;
		t->p++;
		if (!(table = header_step(t, table, key)))
			return NULL;
	}
	if (t->end - t->p < 1 + element || *t->p != ']' || (element && t->p[1] != ']')) {
		(void) toml_fault(t, "expected '%s' at the end of a table's name", element ? "]]" : "]");
		return NULL;
	}
	table = element ? header_element(t, table, key) : header_table(t, table, key);
	t->p += 1 + element;
	return table;
}

static struct node *pair_step(struct toml *t, struct node *table, struct node *key)
{
	struct node *next = toml_find(table, key->text);

	if (!next) {
		if (!room_for_key(t, table) || !(next = toml_node(t, NODE_MAP, MADE_DOTTED, "")) ||
			!toml_add(t, table, key, next))
			return NULL;
		return next;
	}
	if (next->kind == NODE_MAP && made(next) == MADE_DOTTED)
		return next;
	(void) toml_fault(t, "'%s' is defined already, in line %d", key->text, next->line);
	return NULL;
}

bool toml_pair(struct toml *t, struct node *table, int depth)
{
	struct node *key = NULL, *value = NULL, *old;
	int parts = 0;

	for (;;) {
		if (!toml_key(t, &key) || !few_parts(t, ++parts))
			return false;
		toml_blank(t);
		if (t->p == t->end || *t->p != '.')
			break;
		t->p++;
		toml_blank(t);
		if (!(table = pair_step(t, table, key)))
			return false;
	}
	if (t->p == t->end || *t->p != '=')
		return toml_fault(t, "expected '=' after the key '%s'", key->text);
	if ((old = toml_find(table, key->text)))
		return toml_fault(t, "duplicate key '%s', first in line %d", key->text, old->line);
	if (!room_for_key(t, table))
		return false;
	t->p++;
	toml_blank(t);
	return toml_value(t, &value, depth) && toml_add(t, table, key, value);
}

/* ---- the document ---------------------------------------------------------------------------------------------------- */

static int sequence_length(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 } };

	for (int n = 0; n < 4; n++) {
		uint32_t c = p[0] & (unsigned char) ~forms[n].mask;

		if ((p[0] & forms[n].mask) != forms[n].lead)
			continue;
		if ((size_t) n >= left)
			return 0;
		for (int i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		return c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n + 1;
	}
	return 0;
}

/* Once over the whole text, so that nothing after it need look: UTF-8, and no control characters but tab and line ends. */
static bool check_characters(struct toml *t)
{
	struct toml at = *t;

	while (at.p < at.end) {
		unsigned char c = (unsigned char) *at.p;
		int n;

		if (c >= ' ' && c < 0x7f) { /* nearly everything */
			at.p++;
			continue;
		}
		if (toml_newline(&at))
			continue;
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return toml_fault(&at, "control character 0x%02x", c);
		if (c == '\t') {
			at.p++;
			continue;
		}
		if (!(n = sequence_length((const unsigned char *) at.p, (size_t) (at.end - at.p))))
			return toml_fault(&at, "not UTF-8");
		at.p += n;
	}
	return true;
}

static void document(struct toml *t, struct node *root)
{
	struct node *table = root;

	while (toml_blank_lines(t) && !t->no_memory && t->diag->errors < DIAG_MAX) {
		bool good;

		if (*t->p == '[') {
			struct node *next = header(t, root);

			good = next != NULL;
			/* pairs after a header that failed are still read, into a table nobody sees */
			table = good ? next : toml_node(t, NODE_MAP, MADE_HEADER, "");
			if (!table)
				return;
		} else {
			good = toml_pair(t, table, 0);
		}
		if (good) {
			toml_blank(t);
			comment(t);
			if (t->p < t->end && !toml_at_newline(t))
				(void) toml_fault(t, "expected the end of the line");
		}
		skip_line(t);
	}
}

int toml_parse(
	const char *text, size_t len, struct arena *a, struct diag *d, struct node **ret, struct err *err)
{
	struct toml t = {
		.p = text, .end = text + len, .line_start = text, .line = 1, .arena = a, .diag = d
	};
	size_t errors = d->errors;
	struct node *root;

	if (len > TOML_MAX)
		return err_set(
			err, ERR_INVALID, "%s: larger than %lu bytes", d->file ? d->file : "TOML", TOML_MAX);
	buf_init(&t.text, TOML_MAX);
	if ((root = toml_node(&t, NODE_MAP, MADE_HEADER, "")) && check_characters(&t))
		document(&t, root);
	t.no_memory |= t.text.error == -ENOMEM;
	buf_done(&t.text);
	if (t.no_memory)
		return err_sys(err, ENOMEM, "read %s", d->file ? d->file : "TOML");
	if (d->errors > errors)
		return diag_result(d, err);
	*ret = root;
	return 0;
}
