/*
 * kube_view.c — kube events, wait and logs.  kube_why.c has why, kube_get.c has get, kube_describe.c describe.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/podctl/kube_get.h"
#include "cmd/podctl/kube_view.h"
#include "cmd/podctl/kube_words.h"
#include "cmd/podctl/logs.h"
#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/codec/jsonpath.h"
#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "pkg/verb/kube_view.h"

/* ---- which pods ------------------------------------------------------------------------------------------------------------ */

static bool is_pod_kind(const char *word)
{
	static const char *const words[] = { "pods", "pod", "po" };

	for (size_t i = 0; i < LEN(words); i++)
		if (!strcasecmp(word, words[i]))
			return true;
	return false;
}

/* "pods", "pod web db", "pod/web po/db" */
static int pods_named(struct cli *c, size_t from, struct strs *ret, struct err *err)
{
	bool kind_given = false;

	for (size_t i = from; i < c->args.n; i++) {
		const char *word = c->args.v[i], *slash = strchr(word, '/');
		char *kind = slash ? arena_strndup(&c->arena, word, (size_t) (slash - word)) : NULL;

		if (slash && !kind)
			return err_sys(err, ENOMEM, "read the arguments");
		if (kind && !is_pod_kind(kind))
			return err_set(err, ERR_UNSUPPORTED, "'%s': only pods can be shown", word);
		if (!kind && i == from && is_pod_kind(word) && !kind_given) {
			kind_given = true;
			continue;
		}
		if (!kind && !kind_given)
			return err_set(err, ERR_UNSUPPORTED,
				"resource type \"%s\": only pods can be shown (pods, pod, po)", word);
		if (strs_add(ret, &c->arena, kind ? slash + 1 : word) < 0)
			return err_sys(err, ENOMEM, "read the arguments");
	}
	return 0;
}

const char *this_node(struct cli *c)
{
	char name[256] = "localhost";

	(void) gethostname(name, sizeof name - 1);
	return arena_strdup(&c->arena, name);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------ */

/* kubectl's tables: cells as wide as their longest and three blanks. */
void print_columns(const char *text)
{
	size_t width[16] = { 0 }, col;
	const char *s;

	for (s = text, col = 0; *s; s++) {
		size_t n = strcspn(s, "\t\n");

		if (s[n] == '\t' && col < LEN(width)) {
			width[col] = n > width[col] ? n : width[col];
			col++;
		} else {
			col = 0;
		}
		s += n;
		if (!*s)
			break;
	}
	for (s = text; *s;) {
		auto_buf struct buf line = BUF_INIT(1 * MiB);

		for (col = 0; *s && *s != '\n'; col++) {
			size_t n = strcspn(s, "\t\n");

			(void) buf_add(&line, s, n);
			s += n;
			if (*s == '\t')
				s++;
			if (*s && *s != '\n' && col < LEN(width))
				(void) buf_printf(&line, "%*s", (int) (width[col] - n + 3), "");
		}
		print_line(line.data ? line.data : "");
		s += *s == '\n';
	}
}

/* ---- events ------------------------------------------------------------------------------------------------------------------ */

struct events_command {
	const char *object, *output, *namespace;
	struct strs types;
	bool watch, no_headers;
};

static int by_last(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *) a, *y = *(const json_t *const *) b;

	return strcmp(text_at(x, "lastTimestamp"), text_at(y, "lastTimestamp"));
}

static bool is_wanted(const struct events_command *r, const json_t *event)
{
	for (size_t i = 0; i < r->types.n; i++)
		if (!strcasecmp(r->types.v[i], text_at(event, "type")))
			return true;
	return !r->types.n;
}

/* All events in the order of time. */
static json_t *events_of(struct cli *c, const struct events_command *r, const json_t *pods)
{
	size_t n = 0, most = 0;
	json_t **v, *list = json_array();

	for (size_t i = 0; i < json_array_size(pods); i++)
		most += json_array_size(json_object_get(json_array_get(pods, i), "events"));
	if (!(v = arena_array(&c->arena, most + 1, sizeof *v)))
		return list;
	for (size_t i = 0; i < json_array_size(pods); i++) {
		json_t *all = json_object_get(json_array_get(pods, i), "events");

		for (size_t k = 0; k < json_array_size(all); k++)
			if (is_wanted(r, json_array_get(all, k)))
				v[n++] = json_array_get(all, k);
	}
	if (n)
		qsort(v, n, sizeof *v, by_last);
	for (size_t i = 0; i < n; i++)
		(void) json_array_append(list, v[i]);
	return list;
}

static void events_table(
	struct cli *c, const struct events_command *r, const json_t *list, const json_t *but, bool heading)
{
	auto_buf struct buf b = BUF_INIT(16 * MiB);
	uint64_t now = time_now_us();

	if (heading && !r->no_headers)
		(void) buf_puts(&b, "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *e = json_array_get(list, i);
		const char *age = age_of(&c->arena, json_object_get(e, "lastTimestamp"), now);
		json_int_t count = json_integer_value(json_object_get(e, "count"));
		bool seen = false;

		for (size_t k = 0; k < json_array_size(but) && !seen; k++)
			seen = json_equal(e, json_array_get(but, k));
		if (seen)
			continue;
		if (count > 1)
			age = arena_printf(&c->arena, "%s (x%lld over %s)", age, (long long) count,
				age_of(&c->arena, json_object_get(e, "firstTimestamp"), now));
		(void) buf_printf(&b, "%s\t%s\t%s\t%s/%s\t%s\n", age, text_at(e, "type"),
			text_at(e, "reason"), text_at(json_object_get(e, "involvedObject"), "kind"),
			text_at(json_object_get(e, "involvedObject"), "name"), text_at(e, "message"));
	}
	print_columns(b.data ? b.data : "");
}

/* Which objects are asked for: one, or all that things happen to. */
static int events_asked(struct cli *c, const struct events_command *r, struct kube_asked *q, struct err *err)
{
	if (r->object && !strchr(r->object, '/'))
		return err_set(
			err, ERR_INVALID, "--for %s: expected KIND/NAME, for example pod/web", r->object);
	c->args.n = 0;
	return strs_add(&c->args, &c->arena, r->object ? r->object : "all") < 0
		       ? err_sys(err, ENOMEM, "--for")
		       : kube_args_read(c, q, err);
}

/* Them with their events, in one list: the caller's. */
static int events_look(struct cli *c, const struct kube_asked *q, json_t **ret, struct err *err)
{
	json_t *all = json_array();
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < q->n; i++) {
		struct kube_view_request pods = {
			.names = q->v[i].names, .node = this_node(c), .events = true
		};
		json_t *list = NULL;

		if (!strcmp(q->v[i].r->kind, "Pod"))
			rc = verb_kube_view(&c->engine, &pods, &list, err);
		else if ((rc = verb_kube_objects(&c->engine, q->v[i].r, &q->v[i].names, NULL, &list, err)) >=
			 0)
			rc = verb_kube_object_events(&c->engine, q->v[i].r, list, err);
		(void) json_array_extend(all, list);
		json_decref(list);
	}
	if (rc < 0)
		json_decref(all);
	else
		*ret = all;
	return rc < 0 ? rc : 0;
}

static int run_events(struct cli *c, void *request, struct err *err)
{
	struct events_command *r = request;
	struct kube_asked *q = arena_alloc(&c->arena, sizeof *q);
	struct kube_view_request changed = { .node = this_node(c), .events = true };
	json_t *objects = NULL, *was = NULL, *now = NULL;
	int rc = q ? events_asked(c, r, q, err) : err_sys(err, ENOMEM, "read the arguments");

	if (r->output && strcmp(r->output, "json") != 0 && strcmp(r->output, "yaml") != 0)
		return err_set(err, ERR_INVALID, "--output %s: expected json or yaml", r->output);
	if (rc < 0 || (rc = events_look(c, q, &objects, err)) < 0)
		return rc;
	now = events_of(c, r, objects);
	if (r->output)
		rc = print_documents(r->output, now, false, err);
	else if (!json_array_size(now) && !r->watch)
		(void) fputs("No events found in default namespace.\n", stderr);
	else
		events_table(c, r, now, NULL, true);
	while (rc >= 0 && r->watch && !ferror(stdout)) {
		(void) fflush(stdout);
		if ((rc = verb_kube_changed(&c->engine, &changed, UINT64_MAX, err)) < 0)
			break;
		json_decref(objects);
		objects = NULL;
		if ((rc = events_look(c, q, &objects, err)) < 0)
			break;
		json_decref(was);
		was = now;
		now = events_of(c, r, objects);
		events_table(c, r, now, was, false);
	}
	json_decref(was);
	json_decref(now);
	json_decref(objects);
	return rc < 0 ? rc : 0;
}

#define V struct events_command
static const struct option events_options[] = {
	O_STR(V, object, "for", 0, "KIND/NAME", "Only those of a pod or a workload"),
	O_STR(V, namespace, "namespace", 'n', "NAME",
		"Accepted for kubectl's sake: one machine is one namespace"),
	O_BOOL(V, no_headers, "no-headers", 0, "No headings"),
	O_STR(V, output, "output", 'o', "FORM", "json or yaml"),
	O_CSV(V, types, "types", 0, "TYPE", "Only Normal or Warning ones"),
	O_BOOL(V, watch, "watch", 'w', "Go on with what comes"),
	O_END,
};
#undef V

/* ---- wait ---------------------------------------------------------------------------------------------------------------------- */

struct wait_command {
	const char *what, *timeout, *selector, *namespace;
	bool all;
};
struct wait_for {
	bool deleted;
	const char *condition, *status; /* "Ready", "true" */
	const char *path, *value;       /* jsonpath={.status.phase}=Running; value NULL: it is there */
};
/* What is waited for: pods, or objects of another kind. */
struct wait_target {
	const struct kube_resource *r; /* NULL: pods */
	struct kube_view_request q;
};

static int wait_parse(struct cli *c, const char *text, struct wait_for *ret, struct err *err)
{
	const char *value, *equals;

	if (!strcasecmp(text, "delete")) {
		ret->deleted = true;
		return 0;
	}
	if (!strncasecmp(text, "condition=", 10)) {
		value = text + 10;
		equals = strchr(value, '=');
		ret->condition = equals ? arena_strndup(&c->arena, value, (size_t) (equals - value)) : value;
		ret->status = equals ? equals + 1 : "True";
		return ret->condition && *ret->condition
			       ? 0
			       : err_set(err, ERR_INVALID, "--for %s: which condition?", text);
	}
	if (!strncmp(text, "jsonpath=", 9)) {
		const char *end = strstr(text, "}=");

		ret->path =
			end ? arena_strndup(&c->arena, text + 9, (size_t) (end + 1 - text - 9)) : text + 9;
		ret->value = end ? end + 2 : NULL;
		return ret->path ? jsonpath_print(ret->path, NULL, &(struct buf) BUF_INIT(1), err)
				 : err_sys(err, ENOMEM, "--for");
	}
	return err_set(err, ERR_INVALID,
		"--for %s: expected delete, condition=NAME[=STATUS] or jsonpath={PATH}[=VALUE]", text);
}

static bool is_met(const struct wait_for *w, const json_t *pod)
{
	const json_t *status = json_object_get(pod, "status"), *list = json_object_get(status, "conditions");

	if (w->path) {
		auto_buf struct buf b = BUF_INIT(1 * MiB);
		struct err ignored = { 0 };

		return jsonpath_print(w->path, pod, &b, &ignored) == 0 && b.len &&
		       (!w->value || !strcmp(b.data, w->value));
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcasecmp(text_at(json_array_get(list, i), "type"), w->condition))
			return !strcasecmp(text_at(json_array_get(list, i), "status"), w->status);
	return false;
}

static void say_met(struct cli *c, const struct wait_target *t, const char *name)
{
	print_line(arena_printf(&c->arena, "%s%s%s/%s condition met", t->r ? t->r->singular : "pod",
		t->r && *t->r->group ? "." : "", t->r ? t->r->group : "", name));
	(void) fflush(stdout);
}

/* Names what is met the first time it is; *ret_left: how many are not. */
static void wait_look(struct cli *c, const struct wait_for *w, const struct wait_target *t,
	const json_t *pods, struct strs *told, size_t *ret_left)
{
	*ret_left = 0;
	for (size_t i = 0; i < json_array_size(pods); i++) {
		const char *name = text_at(json_object_get(json_array_get(pods, i), "metadata"), "name");
		bool said = false;

		for (size_t k = 0; k < told->n; k++)
			said = said || !strcmp(told->v[k], name);
		if (said)
			continue;
		if (w->deleted || !is_met(w, json_array_get(pods, i))) {
			++*ret_left;
			continue;
		}
		say_met(c, t, name);
		(void) strs_add(told, &c->arena, arena_strdup(&c->arena, name));
	}
}

static int wait_seconds(const char *text, uint64_t *ret_us, struct err *err)
{
	uint64_t at;
	int rc;

	if (!strcmp(text, "0") || !strcmp(text, "0s")) {
		*ret_us = 0;
		return 0;
	}
	if (*text == '-') { /* kubectl: a week */
		*ret_us = 7 * 24 * 3600ULL * 1000000;
		return 0;
	}
	/* "90s" is that long ago from a moment far from zero */
	if ((rc = log_time_parse(text, 1ULL << 60, &at, err)) < 0 || at >= 1ULL << 60 || at < 1ULL << 59)
		return err_set(err, ERR_INVALID, "--timeout %s: expected such as 30s or 2m", text);
	*ret_us = (1ULL << 60) - at;
	return 0;
}

/* "job/x", "jobs x y", "deploy --all": one kind; pods go their own way. */
static int wait_names(struct cli *c, struct wait_target *t, struct err *err)
{
	const char *first = c->args.n ? c->args.v[0] : "", *slash = strchr(first, '/');
	char *kind = arena_strndup(&c->arena, first, slash ? (size_t) (slash - first) : strlen(first));

	t->r = kind ? kube_resource_find(kind) : NULL;
	if (!t->r || !strcmp(t->r->kind, "Pod")) {
		t->r = NULL;
		return pods_named(c, 0, &t->q.names, err);
	}
	for (size_t i = slash ? 0 : 1; i < c->args.n; i++) {
		const char *word = c->args.v[i], *sep = strchr(word, '/');

		if (slash && (!sep || strncmp(word, first, (size_t) (slash - first + 1)) != 0))
			return err_set(err, ERR_UNSUPPORTED, "'%s': one kind at a time", word);
		if (strs_add(&t->q.names, &c->arena, sep ? sep + 1 : word) < 0)
			return err_sys(err, ENOMEM, "read the arguments");
	}
	return 0;
}

static int run_wait(struct cli *c, void *request, struct err *err)
{
	struct wait_command *r = request;
	struct wait_target t = { .q = { .selector = r->selector, .node = this_node(c) } };
	struct wait_for w = { 0 };
	const struct kube_view_request any = { 0 };
	struct strs told = { 0 };
	uint64_t limit = 30 * 1000000ULL, start = time_mono_us();
	size_t left = 0;
	int rc;

	if (!r->what)
		return err_set(
			err, ERR_INVALID, "--for says what is waited for: condition=Ready, delete, ...");
	if ((rc = wait_parse(c, r->what, &w, err)) < 0 || (rc = wait_names(c, &t, err)) < 0 ||
		(r->timeout && (rc = wait_seconds(r->timeout, &limit, err)) < 0))
		return rc;
	if (!t.q.names.n && !r->selector && !r->all)
		return err_set(err, ERR_INVALID, "name the pods, or give --selector or --all");
	for (;;) {
		uint64_t spent = time_mono_us() - start;
		json_t *pods = NULL;

		rc = t.r ? verb_kube_objects(&c->engine, t.r, &t.q.names, r->selector, &pods, err)
			 : verb_kube_view(&c->engine, &t.q, &pods, err);
		if (rc < 0) {
			if (w.deleted && err->kind == ERR_NOT_FOUND) {
				for (size_t i = 0; i < t.q.names.n; i++)
					say_met(c, &t, t.q.names.v[i]);
				return 0;
			}
			return rc;
		}
		if (!json_array_size(pods) && !w.deleted && spent == 0)
			rc = err_set(err, ERR_NOT_FOUND, "no matching resources found");
		wait_look(c, &w, &t, pods, &told, &left);
		json_decref(pods);
		if (rc < 0 || !left)
			return rc;
		if (spent >= limit) {
			struct err timeout = { 0 };

			(void) err_set(&timeout, ERR_STATE, "timed out waiting for the condition on %s%s%s",
				t.r ? t.r->plural : "pods", t.q.names.n == 1 ? "/" : "",
				t.q.names.n == 1 ? t.q.names.v[0] : "");
			cli_error(&timeout);
			return 1;
		}
		if ((rc = verb_kube_changed(&c->engine, t.r ? &any : &t.q, limit - spent, err)) < 0)
			return rc;
	}
}

#define W struct wait_command
static const struct option wait_options[] = {
	O_BOOL(W, all, "all", 0, "All of them"),
	O_STR(W, what, "for", 0, "WHAT", "condition=NAME[=STATUS], delete, or jsonpath={PATH}[=VALUE]"),
	O_STR(W, namespace, "namespace", 'n', "NAME",
		"Accepted for kubectl's sake: one machine is one namespace"),
	O_STR(W, selector, "selector", 'l', "SELECTOR", "Those with these labels"),
	O_STR(W, timeout, "timeout", 0, "TIME", "How long, such as 30s (default) or 5m; 0 looks once"),
	O_END,
};
#undef W

/* ---- logs ------------------------------------------------------------------------------------------------------------------------ */

static int kube_log_targets(struct cli *c, const struct logs_command *r, const json_t *pods,
	struct target **ret, size_t *ret_n, struct err *err)
{
	static const char *const lists[] = { "initContainers", "containers" };
	struct target *t = NULL;
	size_t n = 0, most = 0;
	int rc;

	for (size_t i = 0; i < json_array_size(pods); i++)
		for (size_t l = 0; l < LEN(lists); l++)
			most += json_array_size(
				json_object_get(json_object_get(json_array_get(pods, i), "spec"), lists[l]));
	if (!(t = arena_array(&c->arena, most + 1, sizeof *t)))
		return err_sys(err, ENOMEM, "logs");
	for (size_t i = 0; i < json_array_size(pods); i++) {
		const json_t *pod = json_array_get(pods, i), *spec = json_object_get(pod, "spec");
		const char *name = text_at(json_object_get(pod, "metadata"), "name");
		const json_t *first = json_array_get(json_object_get(spec, "containers"), 0);
		const char *usual = json_string_value(
			json_object_get(json_object_get(json_object_get(pod, "metadata"), "annotations"),
				"kubectl.kubernetes.io/default-container"));
		const char *want = r->container ? r->container : usual ? usual : text_at(first, "name");
		size_t before = n;

		for (size_t l = 0; l < LEN(lists); l++)
			for (size_t k = 0; k < json_array_size(json_object_get(spec, lists[l])); k++) {
				const char *one =
					text_at(json_array_get(json_object_get(spec, lists[l]), k), "name");

				if (!r->all_containers && strcmp(one, want) != 0)
					continue;
				t[n].asked = arena_printf(&c->arena, "%s-%s", name, one);
				/* a hand-made pod's containers have no pod's name before theirs */
				if (store_find(c->engine.store, t[n].asked, STORE_CONTAINER, &c->arena,
					    &t[n].id, &t[n].pod, err) < 0) {
					err_clear(err);
					t[n].asked = one;
					if ((rc = store_find(c->engine.store, one, STORE_CONTAINER, &c->arena,
						     &t[n].id, &t[n].pod, err)) < 0)
						return rc;
				}
				n++;
			}
		if (n == before)
			return err_set(
				err, ERR_NOT_FOUND, "container %s is not valid for pod %s", want, name);
	}
	*ret = t;
	*ret_n = n;
	return 0;
}

/* kubectl's: of the one container, the one named, or all; of the present attempt, or with --previous the one before. */
/* deploy/web: one pod of it, as kubectl takes one.  1: the argument is a workload's. */
static int logs_of_workload(struct cli *c, struct kube_view_request *q, struct err *err)
{
	const char *word = c->args.n == 1 ? c->args.v[0] : "", *slash = strchr(word, '/');
	const char *kind = slash ? arena_strndup(&c->arena, word, (size_t) (slash - word)) : NULL;
	const struct kube_resource *r = kind ? kube_resource_find(kind) : NULL;
	json_t *object = NULL, *pods = NULL;
	struct strs name = { 0 };
	int rc;

	if (!r || !strcmp(r->kind, "Pod") || (!*r->group && strcmp(r->kind, "ReplicationController") != 0))
		return 0;
	q->kind = r->kind;
	q->owner = slash + 1;
	if (strs_add(&name, &c->arena, slash + 1) < 0)
		return err_sys(err, ENOMEM, "logs");
	if ((rc = verb_kube_objects(&c->engine, r, &name, NULL, &object, err)) < 0)
		return rc;
	json_decref(object);
	if ((rc = verb_kube_view(&c->engine, q, &pods, err)) < 0)
		return rc;
	if (!json_array_size(pods)) {
		rc = err_set(err, ERR_NOT_FOUND, "%s has no pods", word);
	} else {
		const char *first = arena_strdup(
			&c->arena, text_at(json_object_get(json_array_get(pods, 0), "metadata"), "name"));

		if (json_array_size(pods) > 1)
			(void) fprintf(
				stderr, "Found %zu pods, using pod/%s\n", json_array_size(pods), first);
		rc = strs_add(&q->names, &c->arena, first) < 0 ? err_sys(err, ENOMEM, "logs") : 1;
	}
	json_decref(pods);
	return rc;
}

static int run_kube_logs(struct cli *c, void *request, struct err *err)
{
	struct logs_command *r = request;
	struct kube_view_request q = { .node = this_node(c), .selector = r->selector };
	struct target *t = NULL;
	json_t *pods = NULL;
	size_t n = 0;
	int rc;

	if (c->args.n && !is_pod_kind(c->args.v[0]) && !strchr(c->args.v[0], '/')) {
		if (c->args.n > 2)
			return err_set(err, ERR_INVALID, "expected POD [CONTAINER]");
		if (c->args.n == 2)
			r->container = c->args.v[1];
		c->args.n = 1;
		q.names = c->args;
	} else if ((rc = logs_of_workload(c, &q, err)) < 0 ||
		   (rc == 0 && (rc = pods_named(c, 0, &q.names, err)) < 0)) {
		return rc;
	}
	if (!q.names.n && !r->selector)
		return err_set(err, ERR_INVALID, "name the pod, or give --selector");
	if ((rc = verb_kube_view(&c->engine, &q, &pods, err)) < 0)
		return rc;
	r->attempt = r->previous ? LOGS_PREVIOUS : LOGS_CURRENT;
	rc = kube_log_targets(c, r, pods, &t, &n, err);
	json_decref(pods);
	return rc < 0 ? rc : logs_print(c, r, t, n, err);
}

#define K struct logs_command
static const struct option kube_logs_options[] = {
	O_BOOL(K, all_containers, "all-containers", 0, "Of all its containers, init containers too"),
	O_STR(K, container, "container", 'c', "NAME", "Of this container (default: the first)"),
	O_BOOL(K, follow, "follow", 'f', "Go on printing until the container ends"),
	O_BOOL(K, prefix, "prefix", 0, "Put pod and container before each line"),
	O_BOOL(K, previous, "previous", 'p', "Of the attempt before the present one"),
	O_STR(K, selector, "selector", 'l', "SELECTOR", "Of all pods with these labels"),
	O_STR(K, since, "since|since-time", 0, "TIME",
		"Only what was written since: 2026-01-02T15:04:05Z, a Unix time, or 10m"),
	O_FN(logs_opt_tail, "tail", 0, "N", "Only the last N lines"),
	O_BOOL(K, timestamps, "timestamps", 0, "Print the time before each line"),
	O_END,
};
#undef K

/* clang-format off */
static const struct option *const o_get[] = { get_options, help_options, NULL };
static const struct option *const o_describe[] = { describe_options, help_options, NULL };
static const struct option *const o_events[] = { events_options, help_options, NULL };
static const struct option *const o_wait[] = { wait_options, help_options, NULL };
static const struct option *const o_logs[] = { kube_logs_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command kube_view_commands[] = {
	{ "kube get", "KIND[,KIND...] [NAME...]|KIND/NAME...|all", "Show pods and other objects as kubectl does",
		"The columns, states and reasons are Kubernetes' own; -o yaml and json give whole objects with their status. KIND is pods, deployments, "
		"replicasets, replicationcontrollers, daemonsets, statefulsets, jobs, services, configmaps, secrets, persistentvolumeclaims or "
		"persistentvolumes, in the singular too, or as short as po, deploy, rs, rc, ds, sts, svc, cm, pvc, pv.",
		"  podctl kube get pods\n  podctl kube get pods -l app=web -o wide\n  podctl kube get pod/web -o jsonpath='{.status.podIP}'\n"
		"  podctl kube get all\n  podctl kube get deploy,sts,jobs\n  podctl kube get pods -w\n",
		o_get, sizeof(struct get_command), 1, -1, 0, run_get },
	{ "kube describe", "KIND[,KIND...] [NAME...]|KIND/NAME...", "Show pods and other objects in full",
		"A pod with its containers, conditions and events, a workload with its pods' template; of a Secret only the keys and sizes. "
		"KIND is as for kube get.",
		"  podctl kube describe pod web\n  podctl kube describe deploy/web\n  podctl kube describe secrets\n", o_describe, sizeof(struct describe_command), 1, -1, 0, run_describe },
	{ "kube events", "", "Show what happened to pods and workloads", "Events are kept as long as their pod.",
		"  podctl kube events --for pod/web\n  podctl kube events -w --types Warning\n",
		o_events, sizeof(struct events_command), 0, 0, 0, run_events },
	{ "kube wait", "--for WHAT KIND/NAME...", "Wait until pods and other objects are as wanted",
		"Exits with 1 when the time is over.",
		"  podctl kube wait --for condition=Ready pod/web --timeout 60s\n  podctl kube wait --for delete pod/web\n"
		"  podctl kube wait --for condition=complete job/backup\n",
		o_wait, sizeof(struct wait_command), 0, -1, 0, run_wait },
	{ "kube logs", "POD|KIND/NAME [CONTAINER]", "Print a pod's logs as kubectl does",
		"What the present attempt of the container wrote, or with --previous the one before.",
		"  podctl kube logs web\n  podctl kube logs web -c proxy --previous\n  podctl kube logs -l app=web --all-containers --prefix\n",
		o_logs, sizeof(struct logs_command), 0, -1, 0, run_kube_logs },
	{ "why", "POD...", "Say why a pod is not ready: the first cause, what it said, and when it is tried again", NULL,
		"  podctl why web\n", o_help, 0, 1, -1, 0, run_why },
	{ .paths = NULL },
};
/* clang-format on */
