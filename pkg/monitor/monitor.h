/*
 * monitor.h — the process that lives as long as its pod: a tiny kubelet for one pod.
 *
 * It owns namespaces, mounts, stdio and logs, exit codes, restarts with back-off and the order of starts and stops; podctl
 * talks to it by proto.h and tells it what to do by plan.h.  One thread, one poll, no blocking call once the pod runs.
 * Killed, it leaves its containers running; `--adopt` takes them over.
 */
#ifndef PODCTL_MONITOR_MONITOR_H
#define PODCTL_MONITOR_MONITOR_H

#include <stdbool.h>

struct monitor_args {
	bool adopt;
	bool waits;             /* for POD, which passes what is inherited otherwise */
	const char *namespaces; /* "net,ipc,uts": made at once instead of when the plan is read; NULL */
	const char *runtime;    /* one of ours, sealed at once instead of when it is called; NULL */
};

/* Serves until the pod is over; the exit status.  On success it does not return when there is a cleanup to execute. */
int monitor_run(const struct monitor_args *args);
/* Removes the directory 'name' below descriptor 3 (a writable layer that was moved away). */
int monitor_remove(const char *name);
/* podctl-monitor --nfs SERVER:/PATH TARGET OPTIONS: mounts it here; what went wrong goes to stderr. */
int monitor_nfs(const char *source, const char *target, const char *options);

#endif
