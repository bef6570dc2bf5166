/* Events of pods and containers, with what is known of them. */
#include "pkg/pod/internal.h"

void ctr_event(struct engine *e, const struct pod *p, size_t i, const char *status)
{
	const struct container_spec *c = &p->ctr[i];

	engine_event(e, &(struct event){ .type = "container",
				.status = status,
				.id = c->id,
				.name = c->name,
				.image = c->image,
				.pod = p->row.solo ? NULL : p->row.id,
				.attributes = &c->labels });
}

void pod_event(struct engine *e, const struct pod *p, const char *status)
{
	if (!p->row.solo)
		engine_event(e, &(struct event){ .type = "pod",
					.status = status,
					.id = p->row.id,
					.name = p->row.name,
					.attributes = &p->spec.labels });
}

void pod_events_made(struct engine *e, const struct pod *p)
{
	pod_event(e, p, "create");
	for (size_t i = 0; i < p->n; i++)
		ctr_event(e, p, i, "create");
}

void pod_events_removed(struct engine *e, const struct pod *p)
{
	for (size_t i = p->n; i-- > 0;)
		ctr_event(e, p, i, "remove");
	pod_event(e, p, "remove");
}
