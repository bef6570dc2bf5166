/*
 * process.h — the last steps of a process that becomes (or joins) a container: limits, identity, exec.
 *
 * Shared by the container's init and by `exec`.  All of it runs inside the container's namespaces and root.
 */
#ifndef PODCTL_RUNTIME_PROCESS_H
#define PODCTL_RUNTIME_PROCESS_H

#include "runtime/config.h"
#include "runtime/container.h"

struct process {
	const struct cfg_process *p;
	const struct filter *filter; /* NULL or len 0: none */
	int proc;                    /* a private procfs, opened before the root was entered */
	int preserve_fds;
	bool keep_groups;
	bool makes_cwd; /* a working directory that is missing is made: the init's, not that of `exec` */
	bool first;     /* it is the container's first process */
	bool new_keyring;
	const char *id;
	char *const *env;    /* with HOME; NULL-terminated */
	char path[PATH_MAX]; /* resolved program */
	int listener;        /* where the filter's listener goes; -EBADF */
	char *listener_text; /* what is said with it */
	int label_fd;        /* attr/exec to be written last; -EBADF */
	gid_t *groups;       /* of the user's name, else p->groups */
	size_t n_groups;
	uid_t uid;
	gid_t gid;
};

/* Scheduler, affinity, io priority, oom score, limits, personality: needs rights that the next step drops. */
int process_tune(struct process *s, struct err *err);
/* cwd, environment, program lookup, stdio owner, groups, ids, capabilities, no_new_privs. */
int process_become(struct process *s, struct err *err);
/* seccomp and exec; returns only on failure. */
int process_exec(struct process *s, struct err *err);
/* 127 not found, 126 cannot be executed: for an error of the above. */
int process_exit_code(const struct err *err);

/* runtime/console.c: makes a terminal from the devpts below root, sends ptmx to sock, makes the slave stdio and (when
 * bind_console) mounts it on /dev/console. */
int console_setup(
	int root, int sock, const struct cfg_process *p, uid_t owner, bool bind_console, struct err *err);
int console_connect(const char *path, struct err *err);
/* Where the terminal goes: the socket at path, or (NULL) to ourselves, *ret_ours being our end. */
int console_open(const char *path, int *ret_theirs, int *ret_ours, struct err *err);
int console_receive(int sock, struct err *err);

#endif
