/*
 * print.h — how results look: tables as Go's tabwriter makes them, times and sizes as podman words them, JSON, templates.
 */
#ifndef PODCTL_CMD_PRINT_H
#define PODCTL_CMD_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/err.h"

/* Text whose cells end in '\t' and lines in '\n', aligned: cells padded to the widest of a run of lines, at least 10, plus 2. */
void print_aligned(const char *text, struct buf *out);

/* "5 minutes ago", "About an hour ago", "Less than a second ago" */
const char *words_ago(struct arena *a, uint64_t then_us, uint64_t now_us);
const char *words_duration(struct arena *a, uint64_t us);
/* "1.23 MB" */
const char *words_size(struct arena *a, uint64_t bytes);
/* "1.23MB" */
const char *words_size_3(struct arena *a, uint64_t bytes);
/* "1.234MB" */
const char *words_size_tight(struct arena *a, uint64_t bytes);
/* "2026-01-02 03:04:05 +0000 UTC", as Go prints a time */
const char *words_time(struct arena *a, uint64_t us);
/* "2.2MB", binary: "2.098MiB" */
const char *words_bytes(struct arena *a, uint64_t bytes, bool binary);
/* As Go prints a duration: "6.419021ms" */
const char *words_go_duration(struct arena *a, uint64_t ns);
/* The first 12 digits, unless whole. */
const char *short_id(struct arena *a, const char *id, bool whole);

/* A list of rows (JSON objects) by --format: "json", "table TEMPLATE", TEMPLATE, or NULL for 'columns' (a template made of
 * "{{.X}}\t{{.Y}}").  headers: field names to headings that are not just the name in capitals; NULL at the end.
 * json_doc: what "json" prints instead of the rows (borrowed). */
struct header {
	const char *field, *text;
};
struct listing {
	const char *format, *columns;
	const char *fields; /* all names a row has, divided by spaces: the headings of a list without rows */
	const struct header *headers;
	bool no_heading;
	bool plain_times; /* see pkg/codec/template.h */
	int json_indent;  /* 0: 2 */
	json_t *rows, *json_doc;
};
int print_listing(const struct listing *l, struct err *err);
/* "json" and "{{json .}}", with or without spaces: the document as it is, as podman takes both; NULL is neither. */
bool format_is_json(const char *format);
/* One document by --format; indented JSON when NULL. */
int print_document(const json_t *doc, const char *format, struct err *err);
int print_json(const json_t *doc, int indent);
/* A line for people: control characters are escaped on a terminal. */
void print_line(const char *text);

#endif
