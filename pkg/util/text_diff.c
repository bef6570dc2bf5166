#include "pkg/util/text_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/util/cleanup.h"

#define AROUND 3
#define EDITS_MAX 2000 /* the traces need EDITS_MAX squared ints: 16 MB */

struct line {
	const char *s;
	size_t n;
};
struct text {
	struct line *v;
	size_t n;
};

static int split(const char *s, struct text *t)
{
	size_t n = 1;

	for (const char *p = s; *p; p++)
		n += *p == '\n';
	if (!(t->v = calloc(n, sizeof *t->v)))
		return -ENOMEM;
	while (*s) {
		size_t len = strcspn(s, "\n");

		t->v[t->n++] = (struct line){ s, len };
		s += len + (s[len] == '\n');
	}
	return 0;
}

static bool same(const struct text *a, size_t i, const struct text *b, size_t k)
{
	return a->v[i].n == b->v[k].n && memcmp(a->v[i].s, b->v[k].s, a->v[i].n) == 0;
}

/* gone[i], come[k]: the line is in one text only.  False: too many differences, or no memory for them. */
static bool edits(const struct text *a, const struct text *b, bool *gone, bool *come)
{
	long n = (long) a->n, m = (long) b->n, max = n + m < EDITS_MAX ? n + m : EDITS_MAX, d, k, x = 0, y;
	auto_free int *v = calloc((size_t) (2 * max + 3), sizeof *v);
	auto_free int **trace = calloc((size_t) max + 2, sizeof *trace);
	bool found = false;

	for (d = 0; v && trace && d <= max && !found; d++) {
		if (!(trace[d] = malloc((size_t) (2 * d + 3) * sizeof **trace)))
			break;
		memcpy(trace[d], v + max - d, (size_t) (2 * d + 3) * sizeof **trace);
		for (k = -d; k <= d && !found; k += 2) {
			bool down = k == -d || (k != d && v[max + 1 + k - 1] < v[max + 1 + k + 1]);

			x = down ? v[max + 1 + k + 1] : v[max + 1 + k - 1] + 1;
			for (y = x - k; x < n && y < m && same(a, (size_t) x, b, (size_t) y); y++)
				x++;
			v[max + 1 + k] = (int) x;
			found = x >= n && y >= m;
		}
	}
	/* trace[d] holds v[-d-1 .. d+1] as it was before round d */
	for (x = n, y = m, d--; found && d > 0; d--) {
		const int *was = trace[d] + d + 1;
		bool down;

		k = x - y;
		down = k == -d || (k != d && was[k - 1] < was[k + 1]);
		k += down ? 1 : -1;
		x = was[k];
		y = x - k;
		if (down)
			come[y] = true;
		else
			gone[x] = true;
	}
	for (d = 0; trace && d <= max; d++)
		free(trace[d]);
	return found;
}

static void put(struct buf *b, char sign, const struct line *l)
{
	(void) buf_putc(b, sign);
	(void) buf_add(b, l->s, l->n);
	(void) buf_putc(b, '\n');
}

/* Lines from (i, k) to (end_i, end_k), which hold all of a hunk. */
static void hunk(const struct text *a, const struct text *b, const bool *gone, const bool *come, size_t i,
	size_t k, size_t end_i, size_t end_k, struct buf *out)
{
	(void) buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", end_i > i ? i + 1 : i, end_i - i,
		end_k > k ? k + 1 : k, end_k - k);
	while (i < end_i || k < end_k) {
		if (i < end_i && gone[i])
			put(out, '-', &a->v[i++]);
		else if (k < end_k && come[k])
			put(out, '+', &b->v[k++]);
		else if (i < end_i)
			put(out, ' ', &a->v[i++]), k++;
		else
			break;
	}
}

static void hunks(
	const struct text *a, const struct text *b, const bool *gone, const bool *come, struct buf *out)
{
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		size_t from_i, from_k, quiet = 0, before;

		if (!(i < a->n && gone[i]) && !(k < b->n && come[k])) {
			i++, k++;
			continue;
		}
		before = i < AROUND ? i : AROUND;
		before = k < before ? k : before;
		from_i = i - before;
		from_k = k - before;
		while ((i < a->n || k < b->n) && quiet <= 2 * AROUND) {
			if (i < a->n && gone[i])
				i++, quiet = 0;
			else if (k < b->n && come[k])
				k++, quiet = 0;
			else
				i++, k++, quiet++;
		}
		before = quiet > AROUND ? quiet - AROUND : 0;
		hunk(a, b, gone, come, from_i, from_k, i - before, k - before, out);
	}
}

int text_diff(const char *old_name, const char *old_text, const char *new_name, const char *new_text,
	struct buf *out)
{
	struct text a = { 0 }, b = { 0 };
	bool *gone = NULL, *come = NULL;
	int rc = -ENOMEM;

	if (strcmp(old_text, new_text) == 0)
		return 0;
	if (split(old_text, &a) == 0 && split(new_text, &b) == 0 && (gone = calloc(a.n + 1, 1)) &&
		(come = calloc(b.n + 1, 1))) {
		if (!edits(&a, &b, gone, come)) {
			memset(gone, true, a.n);
			memset(come, true, b.n);
		}
		(void) buf_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
		hunks(&a, &b, gone, come, out);
		rc = 1;
	}
	free(a.v), free(b.v), free(gone), free(come);
	return rc;
}
