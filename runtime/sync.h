/*
 * sync.h — the conversation between `create` and the container's first process.
 *
 * A SOCK_SEQPACKET pair: one record is one message, so a half-read or an over-long text cannot shift the meaning of
 * what follows.  Every step has a name; both sides list them in the order of enum sync_step.  A child that fails sends
 * SYNC_ERROR with its struct err and exits; a child that dies without a word shows up as end of file while a named step
 * is awaited.  Steps that a configuration does not need (no hooks, no user namespace) are not sent at all.
 */
#ifndef PODCTL_RUNTIME_SYNC_H
#define PODCTL_RUNTIME_SYNC_H

#include "pkg/util/err.h"

enum sync_step {
	SYNC_ERROR,      /* child  -> parent: err is filled, sender is exiting */
	SYNC_INIT_PID,   /* joiner -> parent: value = pid of the container's init */
	SYNC_IDS_MAPPED, /* parent -> child:  id maps are written */
	SYNC_MOUNTED, /* child  -> parent: namespaces and mounts are there: run prestart and createRuntime hooks */
	SYNC_HOOKS_DONE, /* parent -> child:  they ran */
	SYNC_READY,      /* child  -> parent: all is done but the wait for start and the exec */
	SYNC_GO,         /* parent -> child:  `run`: do not wait for the fifo */
	SYNC_STEP_COUNT
};

int sync_pair(int fds[2]);
int sync_send(int fd, enum sync_step step, int32_t value);
_Noreturn void sync_die(int fd, const struct err *err);
int sync_expect(int fd, enum sync_step step, int32_t *ret_value, struct err *err);
/* Waits for the end of the conversation: 0 when the other side closed it (exec happened), else its error. */
int sync_expect_end(int fd, struct err *err);

#endif
