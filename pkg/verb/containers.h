/*
 * containers.h — verbs on containers that exist.
 *
 * A verb that takes 'struct target' works on exactly that one; which ones a command means is verb_select's business.
 */
#ifndef PODCTL_VERB_CONTAINERS_H
#define PODCTL_VERB_CONTAINERS_H

#include "pkg/verb/verb.h"

/* ---- start, attach: streams come over a monitor's socket, copied by the caller ------------------------------------- */
struct attach_request {
	bool in, out, errs;
	uint16_t rows, cols;
};
/* Starts a container (its pod with it).  at NULL: not attached.  *ret_sock: a monitor's socket on which data and EXITED follow,
 * -EBADF when it ran already or nothing was asked. */
int verb_start(struct engine *e, const struct target *t, const struct attach_request *at, int *ret_sock,
	bool *ret_tty, struct err *err);
/* The same for a pod just made by verb_create, which is locked. */
int verb_start_pod(struct engine *e, struct pod *p, const char *ctr, const struct attach_request *at,
	int *ret_sock, struct err *err);
/* Starts those of these containers (ids) that do not run; for --requires. */
int start_required(struct engine *e, const struct strs *ids, struct err *err);
int verb_attach(struct engine *e, const struct target *t, const struct attach_request *at, int *ret_sock,
	bool *ret_tty, struct err *err);
/* After EXITED of an attached `run --rm`: the name is free at once, the rest goes on behind. */
struct create_result;
int verb_release(struct engine *e, const struct create_result *made, struct err *err);

/* ---- stop and so on ------------------------------------------------------------------------------------------------ */
int verb_stop(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err);
int verb_kill(struct engine *e, const struct target *t, int sig, struct err *err);
int verb_restart(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err);
int verb_pause(struct engine *e, const struct target *t, bool pause, struct err *err);
struct remove_request {
	bool force, volumes; /* volumes: those made for it alone go too */
	bool alone;          /* ERR_EXISTS when others need it: they would have to go first */
	bool depend;         /* those go first that join its namespaces or require it */
	struct opt_i64 timeout_s;
};
/* ERR_STATE: it runs.  A solo container's pod goes with it. */
int verb_remove(struct engine *e, const struct target *t, const struct remove_request *r, struct err *err);
enum wait_condition { WAIT_STOPPED, WAIT_RUNNING, WAIT_REMOVED };
int verb_wait(
	struct engine *e, const struct target *t, enum wait_condition c, int64_t *ret_code, struct err *err);

/* The first of these states; looked at each interval.  A container that is gone was "removed". */
int verb_wait_any(struct engine *e, const struct target *t, const struct strs *states, uint64_t interval_us,
	int64_t *ret_code, struct err *err);

/* ---- health -------------------------------------------------------------------------------------------------------- */
struct health_result {
	bool healthy;       /* this run's result */
	const char *status; /* of the container: "starting", "healthy", "unhealthy"; in a */
};
/* Runs its health check now.  ERR_STATE: it has none, or does not run. */
int verb_healthcheck(struct engine *e, const struct target *t, struct health_result *ret, struct arena *a,
	struct err *err);

/* ---- exec ---------------------------------------------------------------------------------------------------------- */
struct exec_request {
	struct strs command;
	struct kvs env;
	const char *user, *workdir;
	bool tty, interactive, privileged, detach;
	uint16_t rows, cols;
	const int *fds; /* stdin, stdout, stderr for the process when there is no terminal */
};
/* *ret_sock: EXITED (and, with tty, data) follows on it; session: what EXITED and RESIZE call it, in a.
 * ERR_NOT_FOUND / ERR_DENIED with *ret_refused set: the command cannot be run (127, 126). */
int verb_exec(struct engine *e, const struct target *t, const struct exec_request *r, struct arena *a,
	int *ret_sock, const char **ret_session, bool *ret_refused, struct err *err);

/* The pid of a pod's monitor. */
int verb_monitor(struct engine *e, const char *pod, int64_t *ret, struct err *err);

/* ---- looking ------------------------------------------------------------------------------------------------------- */
/* podman's inspect document of one object. */
int verb_inspect_container(struct engine *e, const char *name, json_t **ret, struct err *err);
/* ---- logs ---------------------------------------------------------------------------------------------------------- */
struct log_line {
	const char *ctr, *name; /* id and name of the container */
	const char *place;      /* "POD/NAME" with its name in the pod */
	bool errs;              /* came from stderr */
	bool partial;           /* no newline follows */
	const char *time;       /* RFC 3339 as logged */
	uint64_t time_us;
	const char *text; /* n bytes, not terminated */
	size_t n;
};
/* A container that was restarted has a log for each attempt. */
enum logs_attempt { LOGS_ALL, LOGS_CURRENT, LOGS_PREVIOUS };
struct logs_request {
	const struct target *target;
	size_t n;
	bool follow;
	bool pod_end; /* follow to the end of the pod, not of each container */
	enum logs_attempt attempt;
	struct opt_i64 tail;         /* lines of each; negative or unset: all */
	uint64_t since_us, until_us; /* 0: no bound */
	/* Non-zero ends the reading. */
	int (*line)(void *ctx, const struct log_line *l);
	void *ctx;
};
int verb_logs(struct engine *e, const struct logs_request *r, struct err *err);
/* "2026-01-02T03:04:05Z", "2026-01-02", "1700000000", "10m", "1h30m" (before now). */
int log_time_parse(const char *text, uint64_t now_us, uint64_t *ret, struct err *err);

#endif
