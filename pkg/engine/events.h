/*
 * events.h — an event of the engine's, for `podctl events`.  Written when what it tells has happened; that it cannot be
 * written is nobody's fault (pkg/util/eventlog.h).
 */
#ifndef PODCTL_ENGINE_EVENTS_H
#define PODCTL_ENGINE_EVENTS_H

#include "pkg/engine/engine.h"
#include "pkg/util/eventlog.h"

void engine_event(const struct engine *e, const struct event *ev);
void engine_events(const struct engine *e, const struct event *ev, size_t n);

#endif
