#include "cmd/podctl/kube_words.h"

#include <stdio.h>
#include <string.h>

#include "pkg/util/io.h"

const char *text_at(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

uint64_t json_time(const json_t *time)
{
	uint64_t us = 0;
	const char *s = json_string_value(time);

	return s && time_parse(s, &us) == 0 ? us : 0;
}

/* The unit alone where the rest is too small to matter, two units where it does (apimachinery's duration.HumanDuration). */
const char *words_age(struct arena *a, uint64_t us)
{
	unsigned long s = (unsigned long) (us / 1000000), m = s / 60, h = m / 60, d = h / 24, y = d / 365;

	if (s < 120)
		return arena_printf(a, "%lus", s);
	if (m < 10)
		return s % 60 ? arena_printf(a, "%lum%lus", m, s % 60) : arena_printf(a, "%lum", m);
	if (m < 180)
		return arena_printf(a, "%lum", m);
	if (h < 8)
		return m % 60 ? arena_printf(a, "%luh%lum", h, m % 60) : arena_printf(a, "%luh", h);
	if (h < 48)
		return arena_printf(a, "%luh", h);
	if (h < 192)
		return h % 24 ? arena_printf(a, "%lud%luh", d, h % 24) : arena_printf(a, "%lud", d);
	if (y < 2)
		return arena_printf(a, "%lud", d);
	if (y < 8)
		return d % 365 ? arena_printf(a, "%luy%lud", y, d % 365) : arena_printf(a, "%luy", y);
	return arena_printf(a, "%luy", y);
}

const char *age_of(struct arena *a, const json_t *time, uint64_t now_us)
{
	uint64_t then = json_time(time);

	return then ? words_age(a, now_us > then ? now_us - then : 0) : "<unknown>";
}

bool pod_condition(const json_t *pod, const char *type)
{
	const json_t *list = json_object_get(json_object_get(pod, "status"), "conditions");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(text_at(json_array_get(list, i), "type"), type))
			return !strcmp(text_at(json_array_get(list, i), "status"), "True");
	return false;
}

const json_t *status_of(const json_t *pod, const char *name)
{
	static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };

	for (size_t l = 0; l < 2; l++) {
		const json_t *list = json_object_get(json_object_get(pod, "status"), lists[l]);

		for (size_t i = 0; i < json_array_size(list); i++)
			if (!strcmp(text_at(json_array_get(list, i), "name"), name))
				return json_array_get(list, i);
	}
	return NULL;
}

static bool is_sidecar(const json_t *pod, size_t i)
{
	const json_t *init = json_object_get(json_object_get(pod, "spec"), "initContainers");

	return !strcmp(text_at(json_array_get(init, i), "restartPolicy"), "Always");
}

static void count_restarts(const json_t *status, struct pod_words *w)
{
	uint64_t last = json_time(json_object_get(
		json_object_get(json_object_get(status, "lastState"), "terminated"), "finishedAt"));

	w->restarts += json_integer_value(json_object_get(status, "restartCount"));
	if (last > w->restarted_us)
		w->restarted_us = last;
}

/* Why a container that waits or has ended is not up; NULL when that says nothing. */
static const char *reason_of(const json_t *state, struct arena *a)
{
	const json_t *waiting = json_object_get(state, "waiting"),
		     *ended = json_object_get(state, "terminated");

	if (waiting)
		return *text_at(waiting, "reason") ? text_at(waiting, "reason") : NULL;
	if (!ended)
		return NULL;
	if (*text_at(ended, "reason"))
		return text_at(ended, "reason");
	if (json_object_get(ended, "signal"))
		return arena_printf(
			a, "Signal:%lld", (long long) json_integer_value(json_object_get(ended, "signal")));
	return arena_printf(
		a, "ExitCode:%lld", (long long) json_integer_value(json_object_get(ended, "exitCode")));
}

/* true: the first init container that is not done decides the status. */
static bool init_words(const json_t *pod, struct arena *a, struct pod_words *w)
{
	const json_t *list = json_object_get(json_object_get(pod, "status"), "initContainerStatuses");
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(list, i), *state = json_object_get(one, "state"),
			     *ended = json_object_get(state, "terminated");
		const char *why = reason_of(state, a);

		count_restarts(one, w);
		if (is_sidecar(pod, i) && json_is_true(json_object_get(one, "started"))) {
			w->ready += json_is_true(json_object_get(one, "ready"));
			continue;
		}
		if (ended && json_integer_value(json_object_get(ended, "exitCode")) == 0)
			continue;
		if (why && strcmp(why, "PodInitializing") != 0 && strcmp(why, "ContainerCreating") != 0)
			w->status = arena_printf(a, "Init:%s", why);
		else
			w->status = arena_printf(a, "Init:%zu/%zu", i, n);
		return true;
	}
	return false;
}

/* Once they are done init containers count no more, but for those that go on beside the others. */
static void sidecar_restarts(const json_t *pod, struct pod_words *w)
{
	const json_t *list = json_object_get(json_object_get(pod, "status"), "initContainerStatuses");

	w->restarts = 0;
	w->restarted_us = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (is_sidecar(pod, i))
			count_restarts(json_array_get(list, i), w);
}

static void member_words(const json_t *pod, struct arena *a, struct pod_words *w)
{
	const json_t *list = json_object_get(json_object_get(pod, "status"), "containerStatuses");
	bool running = false;

	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *one = json_array_get(list, i), *state = json_object_get(one, "state");
		const char *why = reason_of(state, a);

		count_restarts(one, w);
		if (why)
			w->status = why;
		else if (json_is_true(json_object_get(one, "ready")) && json_object_get(state, "running"))
			running = true, w->ready++;
	}
	if (!strcmp(w->status, "Completed") && running)
		w->status = pod_condition(pod, "Ready") ? "Running" : "NotReady";
}

void pod_words(const json_t *pod, struct arena *a, struct pod_words *w)
{
	const json_t *status = json_object_get(pod, "status");

	*w = (struct pod_words){ .status = text_at(status, "phase") };
	if (*text_at(status, "reason"))
		w->status = text_at(status, "reason");
	w->total = json_array_size(json_object_get(json_object_get(pod, "spec"), "containers"));
	for (size_t i = 0;
		i < json_array_size(json_object_get(json_object_get(pod, "spec"), "initContainers")); i++)
		w->total += is_sidecar(pod, i);
	if (!init_words(pod, a, w) || pod_condition(pod, "Initialized")) {
		sidecar_restarts(pod, w);
		member_words(pod, a, w);
	}
	if (!strcmp(text_at(status, "reason"), "Evicted"))
		w->status = "Evicted"; /* how its containers took that says less */
}
