#include "cmd/podctl/print.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/codec/template.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define PAD 2
#define CELL_MIN 10 /* podman's tabwriter: cells at least 12 wide, 2 of them padding */
#define OUT_MAX (256UL * 1024 * 1024)

/* ---- tables ---------------------------------------------------------------------------------------------------------- */

/* Characters as a terminal counts them, near enough: UTF-8 continuation bytes take no place. */
static size_t width(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char) s[i] & 0xc0) != 0x80;
	return w;
}

#define COLUMNS_MAX 64

void print_aligned(const char *text, struct buf *out)
{
	size_t widest[COLUMNS_MAX] = { 0 };

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t end = strcspn(line, "\n"), at = 0;

		for (size_t c = 0; c < COLUMNS_MAX; c++) {
			size_t n = strcspn(line + at, "\t\n");

			if (at + n >= end)
				break; /* the last cell of a line sets no width */
			if (width(line + at, n) > widest[c])
				widest[c] = width(line + at, n);
			at += n + 1;
		}
	}
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t end = strcspn(line, "\n"), at = 0;

		for (size_t c = 0;; c++) {
			size_t n = strcspn(line + at, "\t\n"), w = c < COLUMNS_MAX ? widest[c] : 0;

			(void) buf_add(out, line + at, n);
			if (at + n >= end)
				break;
			if (w < CELL_MIN)
				w = CELL_MIN;
			for (size_t have = width(line + at, n); have < w + PAD; have++)
				(void) buf_putc(out, ' ');
			at += n + 1;
		}
		(void) buf_putc(out, '\n');
	}
}

/* ---- words ------------------------------------------------------------------------------------------------------------- */

const char *words_duration(struct arena *a, uint64_t us)
{
	uint64_t s = us / 1000000, m = s / 60, h = (m + 30) / 60;

	if (s < 1)
		return "Less than a second";
	if (s == 1)
		return "1 second";
	if (s < 60)
		return arena_printf(a, "%u seconds", (unsigned) s);
	if (m == 1)
		return "About a minute";
	if (m < 60)
		return arena_printf(a, "%u minutes", (unsigned) m);
	if (h == 1)
		return "About an hour";
	if (h < 48)
		return arena_printf(a, "%u hours", (unsigned) h);
	if (h < 24 * 7 * 2)
		return arena_printf(a, "%u days", (unsigned) (h / 24));
	if (h < 24 * 30 * 2)
		return arena_printf(a, "%u weeks", (unsigned) (h / 24 / 7));
	if (h < 24 * 365 * 2)
		return arena_printf(a, "%u months", (unsigned) (h / 24 / 30));
	return arena_printf(a, "%u years", (unsigned) (h / 24 / 365));
}

const char *words_ago(struct arena *a, uint64_t then_us, uint64_t now_us)
{
	return arena_printf(a, "%s ago", words_duration(a, now_us > then_us ? now_us - then_us : 0));
}

static const char *size_words(struct arena *a, uint64_t bytes, int digits, const char *between)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double v = (double) bytes;
	size_t i = 0;

	for (; v >= 1000 && i + 1 < sizeof units / sizeof *units; i++)
		v /= 1000;
	return arena_printf(a, "%.*g%s%s", digits, v, between, units[i]);
}

const char *words_size(struct arena *a, uint64_t bytes) { return size_words(a, bytes, 3, " "); }
const char *words_size_3(struct arena *a, uint64_t bytes) { return size_words(a, bytes, 3, ""); }
const char *words_size_tight(struct arena *a, uint64_t bytes) { return size_words(a, bytes, 4, ""); }

const char *words_time(struct arena *a, uint64_t us)
{
	char text[TIME_TEXT];

	time_format(text, us);
	return arena_printf(a, "%.10s %.8s +0000 UTC", text, text + 11);
}

const char *words_bytes(struct arena *a, uint64_t bytes, bool binary)
{
	static const char *const units[2][6] = { { "B", "kB", "MB", "GB", "TB", "PB" },
		{ "B", "KiB", "MiB", "GiB", "TiB", "PiB" } };
	double v = (double) bytes, base = binary ? 1024 : 1000;
	size_t i = 0;

	for (; v >= base && i + 1 < 6; i++)
		v /= base;
	return arena_printf(a, "%.4g%s", v, units[binary][i]);
}

/* "1h2m3.5s", "6.419021ms", "0s" */
const char *words_go_duration(struct arena *a, uint64_t ns)
{
	const char *unit = ns < 1000 ? "ns" : ns < 1000000 ? "\xc2\xb5s" : ns < 1000000000 ? "ms" : "s";
	uint64_t scale = ns < 1000 ? 1 : ns < 1000000 ? 1000 : ns < 1000000000 ? 1000000 : 1000000000;
	uint64_t minutes = ns / 60000000000ULL, rest = ns - minutes * 60000000000ULL;
	char fraction[16] = "";
	int digits;

	if (!ns)
		return "0s";
	if (scale > 1) {
		digits = scale == 1000 ? 3 : scale == 1000000 ? 6 : 9;
		(void) snprintf(
			fraction, sizeof fraction, ".%0*llu", digits, (unsigned long long) (rest % scale));
		for (size_t n = strlen(fraction); n && (fraction[n - 1] == '0' || fraction[n - 1] == '.');
			n--)
			if (fraction[n - 1] == '.') {
				fraction[n - 1] = 0;
				break;
			} else {
				fraction[n - 1] = 0;
			}
	}
	if (minutes >= 60)
		return arena_printf(a, "%lluh%llum%llu%ss", (unsigned long long) minutes / 60,
			(unsigned long long) minutes % 60, (unsigned long long) (rest / scale), fraction);
	if (minutes)
		return arena_printf(a, "%llum%llu%ss", (unsigned long long) minutes,
			(unsigned long long) (rest / scale), fraction);
	return arena_printf(a, "%llu%s%s", (unsigned long long) (rest / scale), fraction, unit);
}

const char *short_id(struct arena *a, const char *id, bool whole)
{
	const char *s = whole ? id : arena_strndup(a, id, strlen(id) < 12 ? strlen(id) : 12);

	return s ? s : id;
}

/* ---- printing ------------------------------------------------------------------------------------------------------------ */

static int put(const char *text, size_t n) { return fwrite(text, 1, n, stdout) == n ? 0 : -EIO; }

/* Tabs and newlines shape what we print ourselves; nothing else that controls a terminal gets through to one. */
static void put_text(const struct buf *b)
{
	auto_buf struct buf safe = BUF_INIT(OUT_MAX);

	if (!b->data)
		return;
	if (!isatty(STDOUT_FILENO)) {
		(void) put(b->data, b->len);
		return;
	}
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char) b->data[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			(void) buf_printf(&safe, "\\x%02x", c);
		else
			(void) buf_putc(&safe, (char) c);
	}
	if (safe.data)
		(void) put(safe.data, safe.len);
}

void print_line(const char *text)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);

	(void) buf_puts(&b, text);
	(void) buf_putc(&b, '\n');
	put_text(&b);
}

int print_json(const json_t *doc, int indent)
{
	auto_buf struct buf b = BUF_INIT(OUT_MAX);
	auto_free char *text =
		json_text(doc, JSON_INDENT(indent) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	(void) buf_puts(&b, text ? text : "null");
	(void) buf_putc(&b, '\n');
	put_text(&b);
	return 0;
}

/* "RunningFor" -> "RUNNING FOR", "ID" -> "ID" */
static void heading(const char *field, struct buf *b)
{
	for (size_t i = 0; field[i]; i++) {
		bool upper = isupper((unsigned char) field[i]) != 0;
		bool before = i && islower((unsigned char) field[i - 1]);
		bool after = i && upper && isupper((unsigned char) field[i - 1]) &&
			     islower((unsigned char) field[i + 1]);

		if (upper && (before || after))
			(void) buf_putc(b, ' ');
		(void) buf_putc(b, (char) toupper((unsigned char) field[i]));
	}
}

/* The row of headings is the template run over an object whose values are the headings. */
static json_t *heading_row(const struct listing *l)
{
	json_t *row = json_object();

	for (const char *p = l->fields; *p; p += strspn(p, " ")) {
		auto_buf struct buf b = BUF_INIT(256);
		size_t n = strcspn(p, " ");
		auto_free char *key = strndup(p, n);

		if (key) {
			heading(key, &b);
			(void) json_object_set_new(row, key, json_string(b.data ? b.data : ""));
		}
		p += n;
	}
	for (const struct header *h = l->headers; h && h->field; h++)
		(void) json_object_set_new(row, h->field, json_string(h->text));
	return row;
}

static int run_row(struct template *t, const json_t *row, struct buf *b, struct err *err)
{
	int rc = template_run(t, row, b, err);

	if (rc == 0)
		(void) buf_putc(b, '\n');
	return rc;
}

/* Past spaces. */
static const char *past(const char *p) { return p + strspn(p, " \t"); }

bool format_is_json(const char *format)
{
	const char *p = format ? past(format) : "";
	bool braces = !strncmp(p, "{{", 2);

	p = past(braces ? p + 2 : p);
	if (strncmp(p, "json", 4) != 0)
		return false;
	p = past(p + 4);
	if (!braces)
		return !*p;
	p = past(*p == '.' ? p + 1 : p);
	return !strncmp(p, "}}", 2) && !*past(p + 2);
}

/* "table A B": a space outside of {{ }} divides columns, as a tab does. */
static const char *columns(const char *format, struct buf *to)
{
	int depth = 0;

	for (const char *p = format; *p; p++) {
		if (p[0] == '{' && p[1] == '{')
			depth++;
		else if (depth && p > format && p[-1] == '}' && p[0] == '}')
			depth--;
		(void) buf_putc(to, *p == ' ' && !depth ? '\t' : *p);
	}
	return to->data ? to->data : "";
}

int print_listing(const struct listing *l, struct err *err)
{
	auto_buf struct buf spaced = BUF_INIT(64 * 1024);
	auto_buf struct buf text = BUF_INIT(64 * 1024), b = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);
	const char *format = l->format;
	bool table = !format || !strcmp(format, "table") || !strncmp(format, "table ", 6);
	struct template *t = NULL;
	json_t *row, *head;
	size_t i;
	int rc = 0;

	if (format_is_json(format))
		return print_json(l->json_doc ? l->json_doc : l->rows, l->json_indent ? l->json_indent : 2);
	if (!format || !strcmp(format, "table"))
		(void) buf_puts(&text, l->columns);
	else
		template_unescape(table ? columns(format + 6, &spaced) : format, &text);
	if ((rc = template_parse(text.data ? text.data : "", &t, err)) < 0)
		return rc;
	if (l->plain_times)
		template_plain_times(t);
	if (table && !l->no_heading) {
		head = heading_row(l);
		rc = run_row(t, head, &b, err);
		json_decref(head);
	}
	json_array_foreach(l->rows, i, row) if (rc == 0) rc = run_row(t, row, &b, err);
	template_free(t);
	if (rc < 0)
		return rc;
	if (table && b.data) {
		print_aligned(b.data, &out);
		put_text(&out);
	} else {
		put_text(&b);
	}
	return 0;
}

int print_document(const json_t *doc, const char *format, struct err *err)
{
	auto_buf struct buf text = BUF_INIT(64 * 1024), b = BUF_INIT(OUT_MAX);
	struct template *t = NULL;
	int rc;

	if (!format || format_is_json(format))
		return print_json(doc, 5);
	/* one document is no table */
	template_unescape(!strncmp(format, "table ", 6) ? format + 6 : format, &text);
	if ((rc = template_parse(text.data ? text.data : "", &t, err)) < 0)
		return rc;
	rc = run_row(t, doc, &b, err);
	template_free(t);
	if (rc == 0)
		put_text(&b);
	return rc;
}
