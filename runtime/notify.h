/*
 * notify.h — READY=1 of a container, handed on to who supervises it (sd_notify(3)).
 *
 * When the runtime is called with NOTIFY_SOCKET, `create` and `run` give the container a directory of its own on
 * /run/notify and a NOTIFY_SOCKET there.  Who starts it, `start` or `run`, binds the socket, waits for READY=1 and says so,
 * to its own NOTIFY_SOCKET.  Nothing else of what the container sends reaches the supervisor: it may
 * not change who is watched.
 */
#ifndef PODCTL_RUNTIME_NOTIFY_H
#define PODCTL_RUNTIME_NOTIFY_H

#include "runtime/container.h"

/* Adds the mount and the variable to c->cfg when NOTIFY_SOCKET is set. */
int notify_prepare(struct container *c, struct err *err);
/* The socket of a container that was made so, bound, to be called before it is released; -EBADF: it has none. */
int notify_listen(int state_dir, struct err *err);
/* Reads one message; true when READY=1 was in it, which has then been handed on, with who is to be watched from now on (0:
 * ourselves, as before). */
bool notify_forward(int sock, pid_t main_pid);
/* Waits for READY=1 or the end of the container.  sock may be -EBADF. */
void notify_wait(int sock, int pidfd, pid_t pid);

#endif
