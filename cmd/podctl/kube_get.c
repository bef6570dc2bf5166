/*
 * kube_get.c — kube get: pods, and the documents kept beside them.
 */
#include "cmd/podctl/kube_get.h"

#include <stdio.h>
#include <string.h>

#include "cmd/podctl/kube_view.h"
#include "cmd/podctl/kube_words.h"
#include "cmd/podctl/print.h"
#include "pkg/codec/jsonpath.h"
#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/verb/kube_view.h"

/* ---- documents ----------------------------------------------------------------------------------------------------------------- */

bool is_document_form(const char *output)
{
	return !strcmp(output, "yaml") || !strcmp(output, "json") || !strncmp(output, "go-template=", 12) ||
	       !strncmp(output, "jsonpath=", 9);
}

#define OWN_COLUMNS "custom-columns="

static bool is_own_columns(const char *output) { return !strncmp(output, OWN_COLUMNS, strlen(OWN_COLUMNS)); }

int print_documents(const char *output, json_t *list, bool one, struct err *err)
{
	json_t *doc = one ? json_incref(json_array_get(list, 0))
			  : json_pack("{s:s, s:O, s:s, s:{s:s}}", "apiVersion", "v1", "items", list, "kind",
				    "List", "metadata", "resourceVersion", "");
	auto_buf struct buf b = BUF_INIT(64 * MiB);
	int rc = 0;

	if (!doc)
		return err_sys(err, ENOMEM, "print objects");
	if (!strcmp(output, "json"))
		rc = print_json(doc, 4) < 0 ? -EIO : 0;
	else if (!strcmp(output, "yaml"))
		rc = yaml_emit(doc, &b, err);
	else if (!strncmp(output, "go-template=", 12))
		rc = print_document(doc, output + 12, err);
	else
		rc = jsonpath_print(output + 9, doc, &b, err);
	if (rc == 0 && b.len)
		(void) fwrite(b.data, 1, b.len, stdout);
	json_decref(doc);
	return rc;
}

void labels_cell(const json_t *object, struct buf *b)
{
	const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *) labels, key, v)(void)
		buf_printf(b, "%s%s=%s", n++ ? "," : "", key, json_string_value(v));
	if (!n)
		(void) buf_puts(b, "<none>");
}

/* ---- pods -------------------------------------------------------------------------------------------------------------------------- */

static const char *restarts_words(struct arena *a, const struct pod_words *w, uint64_t now)
{
	if (!w->restarts || !w->restarted_us)
		return arena_printf(a, "%lld", (long long) w->restarts);
	return arena_printf(a, "%lld (%s ago)", (long long) w->restarts,
		words_age(a, now > w->restarted_us ? now - w->restarted_us : 0));
}

static void pod_row(
	struct arena *a, const struct get_command *r, const char *prefix, const json_t *pod, struct buf *b)
{
	const json_t *meta = json_object_get(pod, "metadata"), *status = json_object_get(pod, "status");
	uint64_t now = time_now_us();
	struct pod_words w;

	pod_words(pod, a, &w);
	if (r->all_namespaces)
		(void) buf_printf(b, "%s\t", text_at(meta, "namespace"));
	(void) buf_printf(b, "%s%s\t%zu/%zu\t%s\t%s\t%s\t", prefix, text_at(meta, "name"), w.ready, w.total,
		w.status, restarts_words(a, &w, now),
		age_of(a, json_object_get(meta, "creationTimestamp"), now));
	if (r->output)
		(void) buf_printf(b, "%s\t%s\t<none>\t<none>\t",
			*text_at(status, "podIP") ? text_at(status, "podIP") : "<none>",
			text_at(json_object_get(pod, "spec"), "nodeName"));
	if (r->show_labels) {
		labels_cell(pod, b);
		(void) buf_puts(b, "\t");
	}
	(void) buf_puts(b, "\n");
}

static void pod_rows(struct arena *a, const struct get_command *r, const char *prefix, const json_t *list,
	bool heading, struct buf *b)
{
	if (heading && !r->no_headers)
		(void) buf_printf(b, "%sNAME\tREADY\tSTATUS\tRESTARTS\tAGE\t%s%s\n",
			r->all_namespaces ? "NAMESPACE\t" : "",
			r->output ? "IP\tNODE\tNOMINATED NODE\tREADINESS GATES\t" : "",
			r->show_labels ? "LABELS\t" : "");
	for (size_t i = 0; i < json_array_size(list); i++)
		pod_row(a, r, prefix, json_array_get(list, i), b);
}

/* ---- what is asked ----------------------------------------------------------------------------------------------------------------- */

static struct kube_wanted *wanted_of(struct kube_asked *q, const struct kube_resource *r)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].r == r)
			return &q->v[i];
	if (q->n == LEN(q->v))
		return NULL;
	q->v[q->n] = (struct kube_wanted){ .r = r };
	return &q->v[q->n++];
}

static int add_kind(
	struct cli *c, struct kube_asked *q, const char *word, size_t n, const char *name, struct err *err)
{
	char *kind = arena_strndup(&c->arena, word, n);
	const struct kube_resource *r = kind ? kube_resource_find(kind) : NULL;
	struct kube_wanted *w;

	if (!r)
		return err_set(err, ERR_NOT_FOUND, "the server doesn't have a resource type \"%.*s\"",
			(int) n, word);
	if (!(w = wanted_of(q, r)) || (name && strs_add(&w->names, &c->arena, name) < 0))
		return err_sys(err, ENOMEM, "read the arguments");
	return 0;
}

int kube_args_read(struct cli *c, struct kube_asked *q, struct err *err)
{
	const char *first = c->args.v[0];
	int rc = 0;

	for (size_t i = 0; rc == 0 && strchr(first, '/') && i < c->args.n; i++) {
		const char *word = c->args.v[i], *slash = strchr(word, '/');

		if (!slash || !slash[1])
			return err_set(err, ERR_INVALID,
				"there is no need to specify a resource type as a separate argument when "
				"passing arguments in resource/name form: '%s'",
				word);
		rc = add_kind(c, q, word, (size_t) (slash - word), slash + 1, err);
		q->one = c->args.n == 1;
	}
	if (strchr(first, '/'))
		return rc;
	for (const char *p = first; rc == 0 && *p;) {
		size_t n = strcspn(p, ",");

		if (n == 3 && strncmp(p, "all", 3) == 0) {
			const struct kube_resource *r;

			for (size_t i = 0; rc == 0 && (r = kube_resource_at(i)); i++)
				rc = !r->all || wanted_of(q, r) ? 0 : err_sys(err, ENOMEM, "all");
		} else {
			rc = add_kind(c, q, p, n, NULL, err);
		}
		p += n + (p[n] == ',');
	}
	for (size_t i = 0; rc == 0 && i < q->n; i++)
		for (size_t k = 1; rc == 0 && k < c->args.n; k++)
			rc = strs_add(&q->v[i].names, &c->arena, c->args.v[k]) < 0
				     ? err_sys(err, ENOMEM, "read the arguments")
				     : 0;
	q->one = q->n == 1 && c->args.n == 2;
	return rc;
}

static int look(struct cli *c, const struct get_command *r, struct kube_wanted *w, struct err *err)
{
	struct kube_view_request q = { .names = w->names, .selector = r->selector, .node = this_node(c) };

	return strcmp(w->r->kind, "Pod") == 0
		       ? verb_kube_view(&c->engine, &q, &w->list, err)
		       : verb_kube_objects(&c->engine, w->r, &w->names, r->selector, &w->list, err);
}

/* ---- how it is shown ----------------------------------------------------------------------------------------------------------------- */

static const char *type_name(struct cli *c, const struct kube_resource *r)
{
	return arena_printf(&c->arena, "%s%s%s/", r->singular, *r->group ? "." : "", r->group);
}

static void show_tables(struct cli *c, const struct get_command *r, const struct kube_asked *q)
{
	bool any = false;

	for (size_t i = 0; i < q->n; i++) {
		auto_buf struct buf b = BUF_INIT(64 * MiB);
		const struct kube_wanted *w = &q->v[i];
		const char *prefix = q->n > 1 ? type_name(c, w->r) : "";

		if (!json_array_size(w->list))
			continue;
		if (any)
			print_line("");
		any = true;
		if (!strcmp(w->r->kind, "Pod"))
			pod_rows(&c->arena, r, prefix, w->list, true, &b);
		else
			kube_rows(&c->arena, w->r, r, prefix, w->list, &b);
		print_columns(b.data ? b.data : "");
	}
	if (any)
		return;
	if (q->n == 1 && q->v[0].r->cluster)
		(void) fputs("No resources found\n", stderr);
	else if (r->all_namespaces)
		(void) fputs("No resources found\n", stderr);
	else
		(void) fprintf(stderr, "No resources found in %s namespace.\n",
			r->namespace ? r->namespace : "default");
}

static int show(struct cli *c, const struct get_command *r, const struct kube_asked *q, struct err *err)
{
	json_t *all;
	int rc;

	if (!r->output || !strcmp(r->output, "wide")) {
		show_tables(c, r, q);
		return 0;
	}
	if (!strcmp(r->output, "name")) {
		for (size_t i = 0; i < q->n; i++)
			for (size_t k = 0; k < json_array_size(q->v[i].list); k++)
				print_line(arena_printf(&c->arena, "%s%s", type_name(c, q->v[i].r),
					text_at(json_object_get(json_array_get(q->v[i].list, k), "metadata"),
						"name")));
		return 0;
	}
	all = json_array();
	for (size_t i = 0; i < q->n; i++)
		(void) json_array_extend(all, q->v[i].list);
	if (is_own_columns(r->output))
		rc = print_own_columns(&c->arena, r->output + strlen(OWN_COLUMNS), !r->no_headers, all, err);
	else
		rc = print_documents(r->output, all, q->one && json_array_size(all) == 1, err);
	json_decref(all);
	return rc;
}

/* Rows that are not what they were, until somebody interrupts. */
static int watch_pods(
	struct cli *c, const struct get_command *r, const struct kube_wanted *w, struct err *err)
{
	struct kube_view_request q = { .names = w->names, .selector = r->selector, .node = this_node(c) };
	json_t *was = json_incref(w->list), *now = NULL, *changed;
	int rc = 0;

	(void) fflush(stdout);
	while (rc == 0 && (rc = verb_kube_changed(&c->engine, &q, UINT64_MAX, err)) >= 0) {
		auto_buf struct buf b = BUF_INIT(64 * MiB);

		if ((rc = verb_kube_view(&c->engine, &q, &now, err)) < 0)
			break;
		changed = json_array();
		for (size_t i = 0; i < json_array_size(now); i++) {
			bool same = false;

			for (size_t k = 0; k < json_array_size(was) && !same; k++)
				same = json_equal(json_array_get(now, i), json_array_get(was, k));
			if (!same)
				(void) json_array_append(changed, json_array_get(now, i));
		}
		pod_rows(&c->arena, r, "", changed, false, &b);
		print_columns(b.data ? b.data : "");
		(void) fflush(stdout);
		json_decref(changed);
		json_decref(was);
		was = now;
		if (ferror(stdout))
			break;
	}
	json_decref(was);
	return rc < 0 ? rc : 0;
}

static int check(const struct get_command *r, struct err *err)
{
	if (!r->output || !strcmp(r->output, "wide") || !strcmp(r->output, "name") ||
		is_document_form(r->output) || is_own_columns(r->output)) {
		if (r->watch && r->output && strcmp(r->output, "wide") != 0)
			return err_set(
				err, ERR_UNSUPPORTED, "--watch prints rows; not with --output %s", r->output);
		return 0;
	}
	return err_set(err, ERR_INVALID,
		"--output %s: expected wide, yaml, json, name, jsonpath=TEMPLATE, go-template=TEMPLATE or "
		"custom-columns=NAME:PATH,...",
		r->output);
}

int run_get(struct cli *c, void *request, struct err *err)
{
	struct get_command *r = request;
	struct kube_asked *q = arena_alloc(&c->arena, sizeof *q);
	int rc = q ? check(r, err) : err_sys(err, ENOMEM, "read the arguments");

	if (rc < 0 || (rc = kube_args_read(c, q, err)) < 0)
		return rc;
	if (r->watch && (q->n != 1 || strcmp(q->v[0].r->kind, "Pod") != 0))
		return err_set(err, ERR_UNSUPPORTED, "--watch is for pods");
	for (size_t i = 0; rc == 0 && i < q->n; i++)
		rc = look(c, r, &q->v[i], err);
	if (rc == 0)
		rc = show(c, r, q, err);
	if (rc == 0 && r->watch)
		rc = watch_pods(c, r, &q->v[0], err);
	for (size_t i = 0; i < q->n; i++)
		json_decref(q->v[i].list);
	return rc;
}

#define G struct get_command
const struct option get_options[] = {
	O_BOOL(G, all_namespaces, "all-namespaces", 'A', "Show the namespace, too"),
	O_STR(G, namespace, "namespace", 'n', "NAME",
		"Accepted for kubectl's sake: one machine is one namespace"),
	O_BOOL(G, no_headers, "no-headers", 0, "No headings"),
	O_STR(G, output, "output", 'o', "FORM",
		"wide, yaml, json, name, jsonpath=TEMPLATE, go-template=TEMPLATE or "
		"custom-columns=NAME:PATH,..."),
	O_STR(G, selector, "selector", 'l', "SELECTOR",
		"Only those with these labels: app=web,tier!=db,env in (a,b)"),
	O_BOOL(G, show_labels, "show-labels", 0, "Show labels in a last column"),
	O_BOOL(G, watch, "watch", 'w', "Go on with what changes; of pods"),
	O_END,
};
#undef G
