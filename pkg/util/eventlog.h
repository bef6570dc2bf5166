/*
 * eventlog.h — what happened to containers, pods, images, volumes and networks, one line of JSON each, for `podctl events`.
 *
 * Any verb and any monitor appends: one write(2) to a file opened with O_APPEND, so lines of several writers never mix.  A file
 * past EVENTLOG_MAX is renamed to NAME.1 by whoever notices, under a lock on it.  Nobody fails because an event cannot be
 * written.  The file lies in runroot and is gone at the next boot.
 */
#ifndef PODCTL_UTIL_EVENTLOG_H
#define PODCTL_UTIL_EVENTLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/arena.h"

#define EVENTLOG "events.log"
#define EVENTLOG_MAX (1024 * 1024)

/* Strings are borrowed; NULL and "" are left out. */
struct event {
	const char *type, *status; /* "container", "died" */
	const char *id, *name, *image, *network, *health;
	const char *pod; /* id of its pod, for --filter pod= */
	bool ended;      /* exit_code means something */
	int64_t exit_code;
	const struct kvs *attributes; /* labels */
};
/* Appends these, with the time of now, to dir/EVENTLOG (dir: a descriptor, O_PATH will do).  0 or a negative errno. */
int events_append(int dir, const struct event *e, size_t n);

#endif
