/*
 * tune.h — the process settings that are neither limits nor rights, and who the user is.
 */
#ifndef PODCTL_RUNTIME_TUNE_H
#define PODCTL_RUNTIME_TUNE_H

#include "runtime/process.h"

/* Scheduler, nice, io priority, CPU affinity. */
int tune_scheduling(const struct cfg_process *p, struct err *err);
/* personality and memory policy of linux.*. */
int tune_linux(const struct config *g, struct err *err);
/* Resolves the user (ids, groups) and completes the environment (HOME); inside the container's root. */
int tune_user(struct process *s, struct err *err);
/* Default handlers and an empty mask. */
void tune_signals(void);
/* "0-3,7" into a bit set of size bytes; -EINVAL. */
int tune_cpu_list(const char *text, unsigned char *bits, size_t size);

#endif
