/*
 * care.h — what a monitor does for a container beside starting and ending it: probes, hooks, rules for its end.
 *
 * It is asked for in a manifest or by flags, kept in the container's row (container_spec) and told to the monitor in its
 * plan, in the same form.  Kubernetes' defaults are filled in where it is made, so that nothing here has to know them.
 */
#ifndef PODCTL_MONITOR_CARE_H
#define PODCTL_MONITOR_CARE_H

#include "pkg/codec/decode.h"

enum handler_type { HANDLER_NONE, HANDLER_EXEC, HANDLER_HTTP, HANDLER_TCP, HANDLER_GRPC, HANDLER_SLEEP };
extern const char *const handler_type_names[]; /* "", "exec", "http", "tcp", "grpc", "sleep", NULL */

struct care_header {
	char *name, *value;
};
struct handler {
	int type;         /* enum handler_type */
	struct strs argv; /* exec */
	char *host;       /* http, tcp: "" is the pod's address */
	uint16_t port;
	bool tls;            /* http: https, whose certificate is not looked at; grpc: over TLS */
	bool http2;          /* http: over HTTP/2 alone */
	char *path;          /* http: with its query */
	struct list headers; /* http: struct care_header */
	char *service;       /* grpc */
	uint64_t sleep_us;
};
struct probe {
	struct handler handler;
	uint64_t delay_us, period_us, timeout_us;
	uint32_t success, failure; /* in a row */
	struct opt_i64 grace_us;   /* of a container that it ends; unset: the container's own */
};

enum health_action { HEALTH_NONE, HEALTH_KILL, HEALTH_RESTART, HEALTH_STOP };
extern const char *const health_action_names[]; /* "none", "kill", "restart", "stop", NULL */

enum rule_op { RULE_IN, RULE_NOT_IN };
/* FAIL: not again; IGNORE: again, and it does not count; COUNT: as the policy has it.  These three are asked of failures alone. */
enum rule_action { RULE_RESTART, RULE_RESTART_ALL, RULE_FAIL, RULE_IGNORE, RULE_COUNT };
/* The first rule that an exit code meets decides, before the restart policy is asked. */
struct restart_rule {
	int op, action;
	struct strs codes; /* decimal */
};

struct care {
	struct probe *startup, *liveness, *readiness;
	struct probe *health; /* a health check: exec; delay_us is its start period, failure its retries */
	int health_action;    /* enum health_action */
	bool health_manual;   /* it is run by `healthcheck run` alone */
	struct handler *post_start, *pre_stop;
	struct list rules;  /* struct restart_rule */
	char *message_file; /* absolute: the host's end of terminationMessagePath; "" none */
	bool message_logs;  /* without it a failed container's last log lines are its message */
};
extern const struct field care_fields[];

#endif
