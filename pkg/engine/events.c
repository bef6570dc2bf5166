#include "pkg/engine/events.h"

#include <string.h>

#include "pkg/util/log.h"

void engine_events(const struct engine *e, const struct event *ev, size_t n)
{
	int rc = events_append(e->runroot_fd, ev, n);

	if (rc < 0)
		log_debug("event %s %s: %s", ev->type, ev->status, strerror(-rc));
}

void engine_event(const struct engine *e, const struct event *ev) { engine_events(e, ev, 1); }
