/*
 * kube_why.c — why POD: what holds it up, from the first cause to the last line it wrote.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/kube_view.h"
#include "cmd/podctl/kube_words.h"
#include "cmd/podctl/logs.h"
#include "cmd/podctl/print.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "pkg/verb/kube_view.h"

/* "back-off 1m20s restarting failed container=..." counts from the last end. */
static void say_next(struct cli *c, const char *message, uint64_t ended_us, uint64_t now)
{
	unsigned long minutes = 0, seconds = 0;
	uint64_t next;

	if (sscanf(message, "back-off %lum%lus", &minutes, &seconds) != 2) {
		minutes = 0;
		if (sscanf(message, "back-off %lus", &seconds) != 1)
			return;
	}
	next = ended_us + (minutes * 60 + seconds) * 1000000;
	print_line(arena_printf(
		&c->arena, "    next try in %s", words_age(&c->arena, next > now ? next - now : 0)));
}

/* Its last words; further lines stand below the first. */
static void say_message(struct cli *c, const char *text)
{
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		print_line(arena_printf(&c->arena, "    %s%.*s", p == text ? "it said: " : "         ",
			(int) strcspn(p, "\n"), p));
}

static void say_state(struct cli *c, const json_t *one, const json_t *spec)
{
	const json_t *state = json_object_get(one, "state"), *waiting = json_object_get(state, "waiting"),
		     *ended = json_object_get(state, "terminated"),
		     *last = json_object_get(json_object_get(one, "lastState"), "terminated");
	const json_t *end = ended ? ended : last;
	const char *limit = NULL;
	uint64_t now = time_now_us();

	print_line(arena_printf(&c->arena, "  container %s: %s, %lld restarts", text_at(one, "name"),
		waiting ? (*text_at(waiting, "reason") ? text_at(waiting, "reason") : "waiting")
		: ended ? (*text_at(ended, "reason") ? text_at(ended, "reason") : "ended")
		: json_is_true(json_object_get(one, "ready")) ? "running"
							      : "running, not ready",
		(long long) json_integer_value(json_object_get(one, "restartCount"))));
	if (waiting && *text_at(waiting, "message"))
		print_line(arena_printf(&c->arena, "    %s", text_at(waiting, "message")));
	if (!end)
		return;
	say_next(c, text_at(waiting, "message"), json_time(json_object_get(end, "finishedAt")), now);
	print_line(arena_printf(&c->arena, "    ended %s ago with code %lld (%s)",
		age_of(&c->arena, json_object_get(end, "finishedAt"), now),
		(long long) json_integer_value(json_object_get(end, "exitCode")), text_at(end, "reason")));
	if (*text_at(end, "message"))
		say_message(c, text_at(end, "message"));
	limit = json_string_value(
		json_object_get(json_object_get(json_object_get(spec, "resources"), "limits"), "memory"));
	if (!strcmp(text_at(end, "reason"), "OOMKilled"))
		print_line(arena_printf(&c->arena,
			"    it used more memory than its limit%s%s; raise resources.limits.memory",
			limit ? " of " : "", limit ? limit : ""));
	if (json_integer_value(json_object_get(end, "exitCode")) == 127)
		print_line("    127: its command was not found in the image");
	if (json_integer_value(json_object_get(end, "exitCode")) == 126)
		print_line("    126: its command cannot be executed");
}

static int keep_last(void *ctx, const struct log_line *l)
{
	struct buf *b = ctx;

	buf_clear(b);
	(void) buf_add(b, l->text, l->n);
	return 0;
}

static void say_last_line(struct cli *c, const char *pod, const char *container)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	struct target t = { 0 };
	struct logs_request q = {
		.target = &t, .n = 1, .tail = { .set = true, .v = 1 }, .line = keep_last, .ctx = &b
	};
	struct err ignored = { 0 };

	t.asked = arena_printf(&c->arena, "%s-%s", pod, container);
	if (store_find(c->engine.store, t.asked, STORE_CONTAINER, &c->arena, &t.id, &t.pod, &ignored) == 0 &&
		verb_logs(&c->engine, &q, &ignored) == 0 && b.len)
		print_line(arena_printf(&c->arena, "    its last line: %s", b.data));
}

static const json_t *spec_of(const json_t *pod, const char *name)
{
	static const char *const lists[] = { "initContainers", "containers" };

	for (size_t l = 0; l < LEN(lists); l++) {
		const json_t *list = json_object_get(json_object_get(pod, "spec"), lists[l]);

		for (size_t i = 0; i < json_array_size(list); i++)
			if (!strcmp(text_at(json_array_get(list, i), "name"), name))
				return json_array_get(list, i);
	}
	return NULL;
}

static bool is_init_that_ran(const json_t *pod, const json_t *one)
{
	const json_t *list = json_object_get(json_object_get(pod, "status"), "initContainerStatuses");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_array_get(list, i) == one)
			return strcmp(text_at(spec_of(pod, text_at(one, "name")), "restartPolicy"),
				       "Always") != 0;
	return false;
}

/* Has it ended, though it is always started again?  Then somebody stopped it by hand. */
static bool is_stopped(const json_t *pod, const json_t *one)
{
	const json_t *spec = spec_of(pod, text_at(one, "name"));
	const char *own = text_at(spec, "restartPolicy"),
		   *policy = *own ? own : text_at(json_object_get(pod, "spec"), "restartPolicy");

	return !strcmp(text_at(json_object_get(pod, "status"), "phase"), "Running") &&
	       (!*policy || !strcmp(policy, "Always")) && !json_object_get(spec, "restartPolicyRules") &&
	       json_object_get(json_object_get(one, "state"), "terminated") &&
	       !json_object_get(json_object_get(pod, "metadata"), "deletionTimestamp") &&
	       !is_init_that_ran(pod, one);
}

/* The container that holds the pod up: the first in order that is neither ready nor done. */
static const json_t *culprit(const json_t *pod)
{
	static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };
	const json_t *status = json_object_get(pod, "status");

	for (size_t l = 0; l < LEN(lists); l++) {
		const json_t *list = json_object_get(status, lists[l]);

		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *one = json_array_get(list, i),
				     *ended = json_object_get(json_object_get(one, "state"), "terminated");

			if (ended ? json_integer_value(json_object_get(ended, "exitCode")) != 0 ||
						is_stopped(pod, one)
				  : !json_is_true(json_object_get(one, "ready")))
				return one;
		}
	}
	return NULL;
}

static void say_warnings(struct cli *c, const json_t *pod)
{
	const json_t *events = json_object_get(pod, "events");
	uint64_t now = time_now_us();
	size_t n = json_array_size(events), shown = 0;

	for (size_t i = n; i-- > 0 && shown < 3;) {
		const json_t *e = json_array_get(events, i);

		if (strcmp(text_at(e, "type"), "Warning") != 0)
			continue;
		shown++;
		print_line(arena_printf(&c->arena, "  %s ago, %s (x%lld): %s",
			age_of(&c->arena, json_object_get(e, "lastTimestamp"), now), text_at(e, "reason"),
			(long long) json_integer_value(json_object_get(e, "count")), text_at(e, "message")));
	}
}

int run_why(struct cli *c, void *request, struct err *err)
{
	struct kube_view_request q = { .node = this_node(c), .events = true, .names = c->args };
	json_t *list = NULL;
	int rc = verb_kube_view(&c->engine, &q, &list, err);

	(void) request;
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pod = json_array_get(list, i), *status = json_object_get(pod, "status"), *one;
		const char *name = text_at(json_object_get(pod, "metadata"), "name");
		struct pod_words w;

		pod_words(pod, &c->arena, &w);
		print_line(arena_printf(&c->arena, "pod %s: %s, %zu of %zu containers ready", name, w.status,
			w.ready, w.total));
		if (*text_at(status, "message"))
			print_line(arena_printf(&c->arena, "  %s", text_at(status, "message")));
		if ((one = culprit(pod))) {
			say_state(c, one, spec_of(pod, text_at(one, "name")));
			if (is_stopped(pod, one))
				print_line(arena_printf(&c->arena,
					"    it was stopped by hand; podctl start %s-%s starts it again",
					name, text_at(one, "name")));
			say_last_line(c, name, text_at(one, "name"));
		} else {
			print_line(!strcmp(text_at(status, "phase"), "Running") ? "  nothing is wrong"
										: "  it has done its work");
		}
		say_warnings(c, pod);
	}
	json_decref(list);
	return 0;
}
