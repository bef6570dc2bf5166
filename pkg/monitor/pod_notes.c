/* The ring of what happened to a played pod, as `kubectl describe` shows it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

static void event_done(struct status_event *e)
{
	free(e->reason);
	free(e->message);
	free(e->field_path);
	*e = (struct status_event){ 0 };
}

void pod_notes_free(struct monitor *m)
{
	for (size_t i = 0; i < m->n_events; i++)
		event_done(&m->events[i]);
	m->n_events = 0;
}

/* Takes the strings. */
static void put(struct monitor *m, struct status_event e)
{
	if (!e.reason || !e.message || !e.field_path) {
		event_done(&e); /* without memory an event is lost, and nothing else */
		return;
	}
	if (m->n_events == EVENTS_MAX) {
		event_done(&m->events[0]);
		memmove(m->events, m->events + 1, --m->n_events * sizeof m->events[0]);
	}
	m->events[m->n_events++] = e;
	m->dirty = true;
}

static bool same(const struct status_event *a, bool warning, const char *reason, const char *message,
	const char *field_path)
{
	return a->warning == warning && strcmp(a->reason, reason) == 0 && strcmp(a->message, message) == 0 &&
	       strcmp(a->field_path, field_path) == 0;
}

static void field_path(const struct ctr *c, char *text, size_t size)
{
	bool init = c && (c->role == ROLE_INIT || c->role == ROLE_SIDECAR);

	*text = '\0';
	if (c)
		snprintf(text, size, "spec.%s{%s}", init ? "initContainers" : "containers", c->p->name);
}

void pod_note(struct monitor *m, const struct ctr *c, bool warning, const char *reason, const char *fmt, ...)
{
	char message[EVENT_MAX], path[160];
	uint64_t now;
	va_list ap;

	if (!m->plan.kube || (c && c->role == ROLE_INFRA))
		return;
	va_start(ap, fmt);
	(void) vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	for (size_t n = strlen(message); n && message[n - 1] == '\n'; n--)
		message[n - 1] = '\0';
	field_path(c, path, sizeof path);
	now = time_now_us();
	for (size_t i = m->n_events; i--;)
		if (same(&m->events[i], warning, reason, message, path)) {
			struct status_event e = m->events[i];

			e.count++;
			e.last_us = now;
			memmove(m->events + i, m->events + i + 1, (--m->n_events - i) * sizeof e);
			m->events[m->n_events++] = e; /* the list is in the order of the last time */
			m->dirty = true;
			return;
		}
	put(m, (struct status_event){ .warning = warning,
		       .reason = strdup(reason),
		       .message = strdup(message),
		       .field_path = strdup(path),
		       .count = 1,
		       .first_us = now,
		       .last_us = now });
}

void pod_notes_adopt(struct monitor *m, const struct list *events)
{
	for (size_t i = 0; i < events->n; i++) {
		struct status_event e = *LIST_AT(*events, const struct status_event, i);

		e.reason = strdup(e.reason ? e.reason : "");
		e.message = strdup(e.message ? e.message : "");
		e.field_path = strdup(e.field_path ? e.field_path : "");
		put(m, e);
	}
}
