/*
 * events.h — reading the event log (pkg/util/eventlog.h): what was, and what comes.
 */
#ifndef PODCTL_VERB_EVENTS_H
#define PODCTL_VERB_EVENTS_H

#include "pkg/verb/verb.h"

struct events_request {
	uint64_t since_us, until_us; /* 0: no bound */
	bool past;                   /* what was written before now as well, whatever since_us says */
	bool follow;                 /* go on with what comes, until until_us or *stop */
	struct strs filters;         /* container=, event=, image=, label=, pod=, type=, volume=, network= */
	const volatile int *stop;    /* set by a signal's handler */
	int (*event)(void *ctx, const json_t *event); /* non-zero ends the reading */
	void *ctx;
};
/* A container's events bear the name it had then.  A line that is not an event is left out. */
int verb_events(struct engine *e, const struct events_request *r, struct err *err);

#endif
