/*
 * proc.h — starting helper programs; the only place in pkg/ that forks.
 *
 * Between fork and exec only async-signal-safe calls are made: argv, environment and descriptors are prepared before.
 * The child shares our memory until exec (CLONE_VM|CLONE_VFORK: the price does not grow with the parent), gets default
 * signals and an empty mask, and only the descriptors that were listed.  A failed step comes back as {step, errno}.
 */
#ifndef PODCTL_UTIL_PROC_H
#define PODCTL_UTIL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

struct proc_opts {
	const char *
		path; /* file to execute; with path_fd >= 0 relative to it, or "" for the descriptor itself */
	int path_fd;  /* -1: path is as given (no PATH search) */
	char *const *argv;    /* NULL-terminated */
	char *const *envp;    /* NULL: empty environment */
	int in, out, err;     /* become 0, 1, 2; -1: /dev/null */
	const int (*pass)[2]; /* {from, to}: further descriptors of the child; to may equal from */
	size_t n_pass;
	int cwd_fd;       /* -1: "/" */
	int cgroup_fd;    /* -1, or a cgroup2 directory to be born in (CLONE_INTO_CGROUP) */
	int mnt_fd;       /* -1, or a mount namespace to be in */
	bool new_session; /* setsid */
	int death_signal; /* 0, or PR_SET_PDEATHSIG */
	/* v1 cgroups: descriptors of 'tasks' files into which the child writes 0 before exec (see START-PATH trap 3) */
	const int *tasks_fds;
	size_t n_tasks;
};
#define PROC_OPTS(...)                                                                                      \
	{                                                                                                   \
		.path_fd = -1, .in = -1, .out = -1, .err = -1, .cwd_fd = -1, .cgroup_fd = -1, .mnt_fd = -1, \
		__VA_ARGS__                                                                                 \
	}

/* Starts it.  Returns the pid and, when ret_pidfd is not NULL, an owned pidfd.  ENOENT and EACCES keep their kind. */
pid_t proc_spawn(const struct proc_opts *o, int *ret_pidfd, struct err *err);

/* Waits up to timeout_us (0: for ever); on time-out kills it and fails.  *ret_status as from waitpid. */
int proc_wait(pid_t pid, int pidfd, uint64_t timeout_us, int *ret_status, struct err *err);

/* Runs it to its end, feeding 'input' (may be NULL) and collecting stdout into out and stderr into errs (each may be
 * NULL: /dev/null; both may be the same buffer). */
int proc_run(const struct proc_opts *o, const void *input, size_t n, struct buf *out, struct buf *errs,
	uint64_t timeout_us, int *ret_status, struct err *err);

/* A process is a pid plus its start time (field 22 of /proc/PID/stat); 0 start: not there. */
uint64_t proc_start_time(pid_t pid);
/* The same process, and it still runs: a zombie that nobody reaps does not count. */
bool proc_is_alive(pid_t pid, uint64_t start_time);
/* Opens a pidfd if pid still has that start time; -ESRCH otherwise. */
int proc_pidfd(pid_t pid, uint64_t start_time);

/* Exit status of a shell: code, or 128 + signal. */
int proc_exit_code(int wait_status);

#endif
