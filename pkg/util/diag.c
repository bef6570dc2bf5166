#include "pkg/util/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/util/text.h"

void diag_add(struct diag *d, enum diag_level level, int line, int col, const char *fmt, ...)
{
	struct diag_item *it = &d->items[d->n];
	char text[1024];
	va_list ap;

	if (level == DIAG_ERROR)
		d->errors++;
	if (d->n == DIAG_MAX) {
		d->dropped++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	*it = (struct diag_item){ .level = level, .file = d->file, .line = line, .col = col };
	it->text = arena_strdup(&d->arena, text);
	if (!it->text)
		it->text = "out of memory";
	d->n++;
}

void diag_raise(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].level == DIAG_WARNING) {
			d->items[i].level = DIAG_ERROR;
			d->errors++;
		}
}

static int by_place(const void *pa, const void *pb)
{
	const struct diag_item *a = pa, *b = pb;
	int c = a->file && b->file ? strcmp(a->file, b->file) : 0;

	if (c)
		return c;
	return a->line != b->line ? a->line - b->line : a->col - b->col;
}

static void item_print(const struct diag_item *it, struct buf *b)
{
	if (it->file) {
		text_escape(b, it->file);
		if (it->line)
			buf_printf(b, ":%d:%d", it->line, it->col);
		buf_puts(b, ": ");
	} else if (it->line) {
		buf_printf(b, "%d:%d: ", it->line, it->col);
	}
	text_escape(
		b, it->text); /* quotes what the document says: no control character may reach a terminal */
}

void diag_print(struct diag *d, enum diag_level from, struct buf *b)
{
	qsort(d->items, d->n, sizeof d->items[0], by_place);
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].level >= from) {
			item_print(&d->items[i], b);
			buf_putc(b, '\n');
		}
	if (d->dropped)
		buf_printf(b, "... and %zu more\n", d->dropped);
}

int diag_result(const struct diag *d, struct err *err)
{
	struct buf b = BUF_INIT(2048);
	const struct diag_item *first = NULL;
	int rc;

	if (!d->errors)
		return 0;
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].level == DIAG_ERROR && (!first || by_place(&d->items[i], first) < 0))
			first = &d->items[i];
	if (first)
		item_print(first, &b);
	if (d->errors > 1)
		rc = err_set(err, ERR_INVALID, "%s (and %zu more)", b.data ? b.data : "", d->errors - 1);
	else
		rc = err_set(err, ERR_INVALID, "%s", b.data ? b.data : "");
	buf_done(&b);
	return rc;
}

void diag_done(struct diag *d)
{
	arena_done(&d->arena);
	d->n = d->errors = d->dropped = 0;
}
