#include "pkg/monitor/care.h"

/* clang-format off */
const char *const handler_type_names[] = { "", "exec", "http", "tcp", "grpc", "sleep", NULL };
const char *const health_action_names[] = { "none", "kill", "restart", "stop", NULL };
static const char *const op_names[] = { "In", "NotIn", NULL };
static const char *const action_names[] = { "Restart", "RestartAllContainers", "Fail", "Ignore", "Count", NULL };

static const struct field header_fields[] = {
	F_STR(struct care_header, "name", name), F_STR(struct care_header, "value", value), F_END
};

static const struct field handler_fields[] = {
	F_ENUM(struct handler, "type", type, handler_type_names),
	F_STRS(struct handler, "argv", argv),
	F_STR(struct handler, "host", host),
	F_PORT(struct handler, "port", port),
	F_BOOL(struct handler, "tls", tls),
	F_BOOL(struct handler, "http2", http2),
	F_STR(struct handler, "path", path),
	F_LIST(struct handler, "headers", headers, header_fields, struct care_header),
	F_STR(struct handler, "service", service),
	F_U64(struct handler, "sleep_us", sleep_us),
	F_END
};

static const struct field probe_fields[] = {
	F_OBJECT(struct probe, "handler", handler, handler_fields),
	F_U64(struct probe, "delay_us", delay_us),
	F_U64(struct probe, "period_us", period_us),
	F_U64(struct probe, "timeout_us", timeout_us),
	F_U32(struct probe, "success", success),
	F_U32(struct probe, "failure", failure),
	F_OPT_I64(struct probe, "grace_us", grace_us),
	F_END
};

static const struct field rule_fields[] = {
	F_ENUM(struct restart_rule, "op", op, op_names),
	F_ENUM(struct restart_rule, "action", action, action_names),
	F_STRS(struct restart_rule, "codes", codes),
	F_END
};

const struct field care_fields[] = {
	F_PTR(struct care, "startup", startup, probe_fields, struct probe),
	F_PTR(struct care, "liveness", liveness, probe_fields, struct probe),
	F_PTR(struct care, "readiness", readiness, probe_fields, struct probe),
	F_PTR(struct care, "health", health, probe_fields, struct probe),
	F_ENUM(struct care, "health_action", health_action, health_action_names),
	F_BOOL(struct care, "health_manual", health_manual),
	F_PTR(struct care, "post_start", post_start, handler_fields, struct handler),
	F_PTR(struct care, "pre_stop", pre_stop, handler_fields, struct handler),
	F_LIST(struct care, "rules", rules, rule_fields, struct restart_rule),
	F_STR(struct care, "message_file", message_file),
	F_BOOL(struct care, "message_logs", message_logs),
	F_END
};
/* clang-format on */
