/*
 * kube_columns.c — kube get -o custom-columns=NAME:.metadata.name,IP:.status.podIP: columns of one's own, as kubectl has them.
 * Several values of a cell are joined by commas; what is not there is "<none>".
 */
#include <errno.h>
#include <string.h>

#include "cmd/podctl/kube_get.h"
#include "cmd/podctl/kube_view.h"
#include "pkg/codec/jsonpath.h"
#include "pkg/util/limits.h"

#define COLUMNS_MAX 64
#define BETWEEN '\037' /* of a cell's values; no text of a document has it */

struct column {
	const char *head;
	const char *path; /* a template that prints each value and BETWEEN */
};

/* ".metadata.name", "metadata.name" and "{.metadata.name}" are one path. */
static const char *path_of(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (n > 1 && text[0] == '{' && text[n - 1] == '}') {
		text++;
		n -= 2;
	}
	return arena_printf(
		a, "{range %s%.*s}{@}%c{end}", strchr(".[$@", *text) ? "" : ".", (int) n, text, BETWEEN);
}

/* Commas inside brackets and parentheses belong to the path. */
static size_t column_length(const char *s)
{
	int depth = 0;
	size_t n = 0;

	for (; s[n] && (s[n] != ',' || depth > 0); n++)
		depth += strchr("[({", s[n]) ? 1 : strchr("])}", s[n]) ? -1 : 0;
	return n;
}

static int columns_read(
	struct arena *a, const char *spec, struct column v[COLUMNS_MAX], size_t *ret_n, struct err *err)
{
	size_t n = 0;

	while (*spec) {
		size_t len = column_length(spec);
		const char *one = arena_strndup(a, spec, len), *colon = one ? strchr(one, ':') : NULL;

		if (!one)
			return err_sys(err, ENOMEM, "read columns");
		if (!colon || !colon[1])
			return err_set(err, ERR_INVALID,
				"--output custom-columns: \"%s\": expected NAME:PATH, for example "
				"NAME:.metadata.name",
				one);
		if (n == COLUMNS_MAX)
			return err_set(
				err, ERR_INVALID, "--output custom-columns: at most %d columns", COLUMNS_MAX);
		v[n] = (struct column){ arena_strndup(a, one, (size_t) (colon - one)),
			path_of(a, colon + 1) };
		if (!v[n].head || !v[n].path)
			return err_sys(err, ENOMEM, "read columns");
		n++;
		spec += len + (spec[len] == ',');
	}
	*ret_n = n;
	return n ? 0
		 : err_set(err, ERR_INVALID,
			   "--output custom-columns: expected custom-columns=NAME:PATH,..., for example "
			   "NAME:.metadata.name");
}

static int cell(const struct column *k, const json_t *object, struct buf *row, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(1 * MiB);
	int rc = jsonpath_print(k->path, object, &b, err);

	if (rc < 0)
		return err_wrap(err, "--output custom-columns: column '%s'", k->head);
	if (!b.len)
		(void) buf_puts(row, "<none>");
	for (size_t i = 0; i < b.len; i++) {
		char c = b.data[i] == BETWEEN                     ? ','
			 : b.data[i] == '\t' || b.data[i] == '\n' ? ' '
								  : b.data[i];

		if (i + 1 < b.len || b.data[i] != BETWEEN)
			(void) buf_add(row, &c, 1);
	}
	return 0;
}

int print_own_columns(struct arena *a, const char *spec, bool heads, const json_t *list, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	struct column v[COLUMNS_MAX];
	size_t n = 0;
	int rc = columns_read(a, spec, v, &n, err);

	for (size_t i = 0; rc == 0 && heads && i < n; i++)
		(void) buf_printf(&b, "%s%c", v[i].head, i + 1 < n ? '\t' : '\n');
	for (size_t k = 0; k < json_array_size(list); k++)
		for (size_t i = 0; rc == 0 && i < n; i++) {
			rc = cell(&v[i], json_array_get(list, k), &b, err);
			(void) buf_puts(&b, i + 1 < n ? "\t" : "\n");
		}
	if (rc == 0)
		print_columns(b.data ? b.data : "");
	return rc;
}
