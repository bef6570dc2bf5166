/*
 * infra.h — the infra container: the first of every pod, in which nothing happens.
 *
 * It runs podctl-pause, so that the pod has a process that keeps its namespaces even when the monitor is killed, and that
 * reaps in a shared PID namespace.  Its root file system is one directory for all pods of an engine, mounted read-only, with
 * nothing in it but mount points; the program itself is bound over /pause, read-only and nosuid, so that an upgrade
 * needs no copying.  It has no capabilities, no new privileges, no environment and no log.
 */
#ifndef PODCTL_INFRA_INFRA_H
#define PODCTL_INFRA_INFRA_H

#include "pkg/engine/engine.h"
#include "pkg/pod/spec.h"

/* What a pod's members share through the monitor's descriptors (pod_spec.share, share_pid). */
struct infra_share {
	bool net, ipc, uts, pid;
};
/* ERR_INVALID: a word that is none of net, ipc, uts, pid; ERR_UNSUPPORTED: cgroup, user, mnt. */
int infra_share_of(const struct pod_spec *pod, struct infra_share *ret, struct err *err);

/* The spec of a pod's infra container; strings live in a.  Its name is PODID12-infra. */
int infra_spec(const struct pod_spec *pod, struct arena *a, struct container_spec *ret, struct err *err);
/* Absolute path of the root file system, made when missing. */
int infra_rootfs(struct engine *e, const char **ret, struct err *err);

#endif
