#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define RETRY_US 1000000

json_t *status_json(struct monitor *m, bool events)
{
	struct status s = { .version = 1,
		.pod = m->plan.pod,
		.monitor = getpid(),
		.started_us = m->started_us,
		.phase = (char *) (uintptr_t) pod_phase(m),
		.reason = (char *) (uintptr_t) m->reason,
		.message = (char *) (uintptr_t) m->message,
		.ended = m->stage == STAGE_OVER,
		.restart_pod = m->restart_pod };
	struct status_container *list;
	json_t *v;
	size_t n = 0;

	conditions_update(m);
	if (m->plan.kube)
		s.conditions = (struct list){ m->conditions, conditions_count(m) };
	if (events)
		s.events = (struct list){ m->events, m->n_events };
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		n++;
	if (!(list = calloc(n ? n : 1, sizeof *list)))
		return NULL;
	s.containers = (struct list){ list, n };
	n = 0;
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		list[n++] = c->s;
	v = encode_json(status_fields, &s);
	free(list);
	return v;
}

static void on_retry(struct timer *t) { OWNER_OF(t, struct monitor, retry)->dirty = true; }

/* What could not be written now (memory, a full tmpfs) is written later: the monitor itself knows. */
void status_write(struct monitor *m)
{
	json_t *v = status_json(m, true);
	auto_free char *text = v ? json_print(v) : NULL;

	json_decref(v);
	m->dirty = false;
	if (!text || file_replace(m->run_fd, "status.json", text, strlen(text), 0600, false) < 0)
		timer_set(&m->loop, &m->retry, RETRY_US, on_retry);
}
