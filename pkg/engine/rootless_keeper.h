/*
 * rootless_keeper.h — the process that holds a user's namespaces, as a file tells it.
 *
 * runroot/keeper holds one line "PID START USERNS UID GID"; podctl-pause --user keeps an exclusive lock on it while it
 * lives, so a line without a lock is history.
 */
#ifndef PODCTL_ENGINE_ROOTLESS_KEEPER_H
#define PODCTL_ENGINE_ROOTLESS_KEEPER_H

#include <stdint.h>
#include <sys/types.h>

#include "pkg/engine/engine.h"

struct keeper {
	pid_t pid;
	uint64_t start; /* field 22 of /proc/PID/stat */
	ino_t userns;   /* inode of its user namespace */
	uid_t uid;      /* of the person, outside */
	gid_t gid;
};

/* Reads runroot/keeper; negative errno. */
int keeper_read(int runroot, struct keeper *ret);
/* A pidfd of the living keeper, or -ESRCH when there is none (yet). */
int keeper_find(int runroot);
/* Starts one.  join: the caller has entered the user namespace it shall hold; else it makes a new one with the maps of the
 * person.  Returns its pidfd.  Called under the creation lock. */
int keeper_start(const struct engine_options *opt, int runroot, bool join, struct err *err);
/* A monitor of a pod in runroot that lives on without a keeper: its pidfd and the pod's id, or -ESRCH. */
int keeper_find_monitor(int runroot, char pod[65]);

#endif
