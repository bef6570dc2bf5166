/*
 * device_cgroup.h — linux.resources.devices: which devices the container may open or make.
 *
 * v1: lines in devices.deny and devices.allow.  v2: a BPF program attached to the cgroup.  Rules are evaluated as the
 * specification has them, the last that matches wins; the devices every container has are always allowed.
 */
#ifndef PODCTL_RUNTIME_DEVICE_CGROUP_H
#define PODCTL_RUNTIME_DEVICE_CGROUP_H

#include <linux/bpf.h>

#include "runtime/container.h"

int device_cgroup_apply(
	const struct cgroup_fs *fs, const char *path, const json_t *resources, bool update, struct err *err);
/* Pure: rules, in order, as a program that answers 1 or 0; returns its length, at most max. */
size_t device_cgroup_program(
	const struct cfg_device_rule *rules, size_t n, struct bpf_insn *prog, size_t max);

#endif
