/*
 * netdev.h — linux.netDevices: host network interfaces that move into the container.
 */
#ifndef PODCTL_RUNTIME_NETDEV_H
#define PODCTL_RUNTIME_NETDEV_H

#include <jansson.h>
#include <sys/types.h>

#include "pkg/util/err.h"

/* devices: map of host name to { "name": name in the container }; NULL: nothing. */
int netdev_move(const json_t *devices, pid_t pid, struct err *err);

#endif
