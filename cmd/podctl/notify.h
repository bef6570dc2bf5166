/*
 * notify.h — telling who supervises podctl (sd_notify(3), NOTIFY_SOCKET) that a container is ready, and whom to watch.
 *
 * It is podctl that tells, while it stands in the unit's cgroup: the monitor and the container have cgroups of their own, from
 * which systemd would not listen.  Watched is the pod's monitor, which ends with the exit code of a container that is no pod's.
 */
#ifndef PODCTL_CMD_NOTIFY_H
#define PODCTL_CMD_NOTIFY_H

#include <sys/types.h>

#include "cmd/podctl/cli.h"
#include "pkg/verb/verb.h"

enum notify_mode { NOTIFY_CONTAINER, NOTIFY_MONITOR, NOTIFY_IGNORE };
/* "container", "conmon" (or "healthy": refused), "ignore"; NULL: container. */
int notify_mode_of(const char *text, enum notify_mode *ret, struct err *err);
/* Somebody wants to be told. */
bool notify_wanted(void);
/* READY=1, and MAINPID of the pod's monitor. */
void notify_ready(struct cli *c, const char *pod);
/* Reads one message of the container's; true: it was READY=1, which was told. */
bool notify_take(struct cli *c, int sock, const char *pod);
/* Until it is ready, or its pod has ended. */
void notify_wait(struct cli *c, int sock, const char *pod);

#endif
