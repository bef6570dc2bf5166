#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/schema_rules.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

static const char *const words[] = { [SCHEMA_NONE] = "",
	[SCHEMA_DONE] = "done",
	[SCHEMA_QUIET] = "means nothing here",
	[SCHEMA_NOTE] = "means nothing here",
	[SCHEMA_NO] = "refused" };

static const char *str(unsigned offset) { return schema_pool + offset; }

/* "[]Container", "map[string]quantity", "string (Always, Never)" */
static void type_of(const struct schema_field *f, char *text, size_t size)
{
	static const char *const kinds[] = { "string", "boolean", "integer", "integer", "number", "quantity",
		"integer or string", "base64 text", "anything" };
	const char *name = f->kind == SCHEMA_OBJECT ? str(schema_types[f->ref].name) : kinds[f->kind];

	snprintf(text, size, "%s%s",
		f->shape == SCHEMA_LIST  ? "[]"
		: f->shape == SCHEMA_MAP ? "map[string]"
					 : "",
		name);
}

static void values_of(const struct schema_field *f, struct buf *b)
{
	const char *must = schema_must(f->rule);

	if (*must)
		(void) buf_printf(b, "VALUES:   %s\n", must);
	if (f->kind != SCHEMA_STRING || !f->ref)
		return;
	(void) buf_puts(b, "VALUES:   ");
	for (const char *p = str(f->ref); *p; p++)
		(void) buf_printf(b, *p == '|' ? ", " : "%c", *p);
	(void) buf_putc(b, '\n');
}

/* What podctl does with a field: below one that it has no use for, as much as with that. */
static const char *does(const struct schema_field *f, unsigned above)
{
	return words[f->status == SCHEMA_NONE ? above : f->status];
}

static void status_line(const struct schema_field *f, unsigned above, struct buf *b)
{
	const char *why = str(f->reason);

	if (*does(f, above))
		(void) buf_printf(b, "PODCTL:   %s%s%s\n", does(f, above), *why ? ": " : "", why);
}

static void fields_of(const struct schema_type *t, unsigned above, struct buf *b)
{
	(void) buf_puts(b, "FIELDS:\n");
	for (unsigned i = 0; i < t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i];
		char type[120];

		type_of(f, type, sizeof type);
		(void) buf_printf(b, "  %-32s %-38s %s%s\n", str(f->name), type, does(f, above),
			f->required ? " (required)" : "");
	}
}

/* The fields and those below them, indented; a type that contains itself is shown once. */
static void tree(const struct schema_type *t, int depth, struct buf *b)
{
	char type[120];

	for (unsigned i = 0; i < t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i];

		type_of(f, type, sizeof type);
		(void) buf_printf(b, "%*s%s\t<%s>%s\n", 2 * depth + 2, "", str(f->name), type,
			f->required ? " -required-" : "");
		if (f->kind == SCHEMA_OBJECT && depth < 12 && &schema_types[f->ref] != t)
			tree(&schema_types[f->ref], depth + 1, b);
	}
}

static void kinds_of(struct buf *b)
{
	const struct kube_kind *k;

	(void) buf_printf(b, "%-26s %-32s %s\n", "KIND", "APIVERSION", "PODCTL");
	for (size_t i = 0; (k = kube_kind_at(i)); i++)
		(void) buf_printf(b, "%-26s %-32s %s%s%s\n", k->name, k->api,
			k->use == KIND_REFUSED ? "refused"
			: k->use == KIND_NOTE  ? "means nothing here"
					       : "done",
			k->reason ? ": " : "", k->reason ? k->reason : "");
}

/* One line for each field of a type and of those below it; a type that contains itself is shown once. */
static void support(const struct schema_type *t, const char *at, int depth, struct buf *b)
{
	char path[512], type[120];

	for (unsigned i = 0; i < t->n; i++) {
		const struct schema_field *f = &schema_fields[t->first + i];
		const char *why = str(f->reason);

		if (f->status == SCHEMA_NONE)
			continue;
		type_of(f, type, sizeof type);
		snprintf(path, sizeof path, "%s.%s", at, str(f->name));
		(void) buf_printf(b, "%s\t%s\t%s\t%s\n", path, type, words[f->status], why);
		if (f->kind == SCHEMA_OBJECT && f->status == SCHEMA_DONE && depth < 12 &&
			&schema_types[f->ref] != t)
			support(&schema_types[f->ref], path, depth + 1, b);
	}
}

/* "pods", "po", "pod" and "Pod" are one. */
static const struct kube_kind *kind_named(const char *name, size_t n)
{
	static const char *const shorts[][2] = { { "po", "Pod" }, { "cm", "ConfigMap" },
		{ "deploy", "Deployment" }, { "rs", "ReplicaSet" }, { "ds", "DaemonSet" },
		{ "sts", "StatefulSet" }, { "cj", "CronJob" }, { "pvc", "PersistentVolumeClaim" },
		{ "pv", "PersistentVolume" }, { "svc", "Service" }, { "ing", "Ingress" },
		{ "netpol", "NetworkPolicy" }, { "ns", "Namespace" }, { "sa", "ServiceAccount" },
		{ "rc", "ReplicationController" } };
	const struct kube_kind *k;

	for (size_t i = 0; i < LEN(shorts); i++)
		if (strlen(shorts[i][0]) == n && strncasecmp(shorts[i][0], name, n) == 0) {
			name = shorts[i][1];
			n = strlen(name);
		}
	for (size_t i = 0; (k = kube_kind_at(i)); i++) {
		size_t len = strlen(k->name);

		if (strncasecmp(k->name, name, len) == 0 &&
			(n == len || (n == len + 1 && (name[len] == 's' || name[len] == 'S'))))
			return k;
	}
	return NULL;
}

static int no_kind(const char *name, size_t n, struct err *err)
{
	const char *names[96] = { 0 }, *near;
	const struct kube_kind *k;
	char text[80];
	size_t i;

	for (i = 0; i < LEN(names) - 1 && (k = kube_kind_at(i)); i++)
		names[i] = k->name;
	snprintf(text, sizeof text, "%.*s", (int) n, name);
	near = text_nearest(text, names);
	return err_set(err, ERR_NOT_FOUND, "there is no kind \"%s\"%s%s%s; podctl kube explain lists them",
		text, near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

static int no_field(const struct schema_type *t, const char *name, struct err *err)
{
	const char *names[160] = { 0 }, *near;

	for (unsigned i = 0; i < t->n && i < LEN(names) - 1; i++)
		names[i] = str(schema_fields[t->first + i].name);
	near = text_nearest(name, names);
	return err_set(err, ERR_NOT_FOUND, "field \"%s\" does not exist in %s%s%s%s", name, str(t->name),
		near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

int kube_explain(const char *path, enum kube_explain how, struct buf *b, struct err *err)
{
	const struct kube_kind *k;
	const struct schema_field *f = NULL;
	const struct schema_type *t;
	bool all = how == KUBE_EXPLAIN_SUPPORT;
	unsigned above = SCHEMA_NONE;
	size_t n = path ? strcspn(path, ".") : 0;
	char name[128], type[120];
	const char *p;

	if (!path || !*path) {
		kinds_of(b);
		for (size_t i = 0; all && (k = kube_kind_at(i)); i++)
			if (k->use != KIND_REFUSED && k->use != KIND_NOTE && (t = schema_find(k->name)))
				support(t, k->name, 0, b);
		return 0;
	}
	if (!(k = kind_named(path, n)) || !(t = schema_find(k->name)))
		return k ? err_set(err, ERR_NOT_FOUND, "%s %s: nothing is known of its fields", k->name,
				   k->api)
			 : no_kind(path, n, err);
	for (p = path + n; *p == '.'; p += n) {
		n = strcspn(++p, ".");
		/* containers[0] and containers[] are fields of one container */
		snprintf(name, sizeof name, "%.*s", (int) (n < strcspn(p, "[") ? n : strcspn(p, "[")), p);
		if (!t)
			return err_set(err, ERR_NOT_FOUND, "%.*s has no fields", (int) (p - 1 - path), path);
		above = f && f->status != SCHEMA_NONE ? f->status : above;
		if (!(f = schema_field_find(t, name)))
			return no_field(t, name, err);
		t = f->kind == SCHEMA_OBJECT ? &schema_types[f->ref] : NULL;
	}
	if (all) {
		if (t)
			support(t, path, 0, b);
		return 0;
	}
	(void) buf_printf(b, "KIND:     %s\nVERSION:  %s\n", k->name, k->api);
	if (f) {
		type_of(f, type, sizeof type);
		(void) buf_printf(
			b, "FIELD:    %s <%s>%s\n", str(f->name), type, f->required ? " -required-" : "");
		values_of(f, b);
		status_line(f, above, b);
	} else if (k->reason) {
		(void) buf_printf(b, "PODCTL:   %s: %s\n",
			k->use == KIND_NOTE ? words[SCHEMA_NOTE] : words[SCHEMA_NO], k->reason);
	}
	if (t && how == KUBE_EXPLAIN_TREE) {
		(void) buf_puts(b, "FIELDS:\n");
		tree(t, 0, b);
	} else if (t) {
		fields_of(t, f && f->status != SCHEMA_NONE ? f->status : above, b);
	}
	return 0;
}
