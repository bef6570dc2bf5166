/*
 * seccomp.h — compiling a profile; the cache is in seccomp.c, behind container.h.
 *
 * libseccomp is opened only here, when no cached filter exists.  The filter is exported as BPF, tree-shaped
 * (SCMP_FLTATR_CTL_OPTIMIZE=2): a linear one costs every system call of the container.
 */
#ifndef PODCTL_RUNTIME_SECCOMP_H
#define PODCTL_RUNTIME_SECCOMP_H

#include "runtime/container.h"

/* Compiles linux.seccomp into ret->prog.  strict: a system call nobody knows is an error. */
int seccomp_compile(const json_t *profile, bool strict, struct filter *ret, struct err *err);
/* Actions, operators, architectures and flags, NULL-terminated: for `features`. */
extern const char *const seccomp_action_names[],
	*const seccomp_operator_names[], *const seccomp_arch_names[], *const seccomp_flag_names[];

/* runtime/seccomp_notify.c: SCMP_ACT_NOTIFY.  The socket is connected where the runtime sees its path, and the container's
 * process, once its filter is loaded, sends the listener there with the container process state of the specification. */
int seccomp_listener_open(
	const struct config *g, const struct filter *f, struct err *err);      /* -EBADF: not needed */
char *seccomp_listener_text(const struct config *g, json_t *state, pid_t pid); /* takes state */
int seccomp_listener_send(int sock, const char *text, int fd, struct err *err);

#define SECCOMP_PROG_MAX 4096 /* BPF_MAXINSNS */

#endif
