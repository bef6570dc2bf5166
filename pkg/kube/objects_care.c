#include "pkg/kube/objects_care.h"

/* clang-format off */
static const struct field exec_fields[] = {
	F_SELF(struct k8s_exec, node), F_STRS(struct k8s_exec, "command", command), F_END
};
static const struct field header_fields[] = {
	F_SELF(struct k8s_http_header, node),
	F_STR(struct k8s_http_header, "name", name),
	F_STR(struct k8s_http_header, "value", value),
	F_END
};
static const struct field http_fields[] = {
	F_SELF(struct k8s_http_get, node),
	F_STR(struct k8s_http_get, "path", path),
	F_NODE(struct k8s_http_get, "port", port),
	F_STR(struct k8s_http_get, "host", host),
	F_STR(struct k8s_http_get, "scheme", scheme),
	F_STR(struct k8s_http_get, "protocol", protocol),
	F_LIST(struct k8s_http_get, "httpHeaders", headers, header_fields, struct k8s_http_header),
	F_END
};
static const struct field tcp_fields[] = {
	F_SELF(struct k8s_tcp_socket, node),
	F_NODE(struct k8s_tcp_socket, "port", port),
	F_STR(struct k8s_tcp_socket, "host", host),
	F_END
};
static const struct field grpc_fields[] = {
	F_SELF(struct k8s_grpc, node),
	F_OPT_I64(struct k8s_grpc, "port", port),
	F_STR(struct k8s_grpc, "service", service),
	F_STR(struct k8s_grpc, "mode", mode),
	F_END
};
static const struct field sleep_fields[] = {
	F_SELF(struct k8s_sleep, node), F_I64(struct k8s_sleep, "seconds", seconds), F_END
};

const struct field k8s_handler_fields[] = {
	F_SELF(struct k8s_handler, node),
	F_PTR(struct k8s_handler, "exec", exec, exec_fields, struct k8s_exec),
	F_PTR(struct k8s_handler, "httpGet", http, http_fields, struct k8s_http_get),
	F_PTR(struct k8s_handler, "tcpSocket", tcp, tcp_fields, struct k8s_tcp_socket),
	F_PTR(struct k8s_handler, "sleep", sleep, sleep_fields, struct k8s_sleep),
	F_END
};

const struct field k8s_probe_fields[] = {
	F_SELF(struct k8s_probe, handler.node),
	F_PTR(struct k8s_probe, "exec", handler.exec, exec_fields, struct k8s_exec),
	F_PTR(struct k8s_probe, "httpGet", handler.http, http_fields, struct k8s_http_get),
	F_PTR(struct k8s_probe, "tcpSocket", handler.tcp, tcp_fields, struct k8s_tcp_socket),
	F_PTR(struct k8s_probe, "grpc", handler.grpc, grpc_fields, struct k8s_grpc),
	F_OPT_I64(struct k8s_probe, "initialDelaySeconds", delay),
	F_OPT_I64(struct k8s_probe, "timeoutSeconds", timeout),
	F_OPT_I64(struct k8s_probe, "periodSeconds", period),
	F_OPT_I64(struct k8s_probe, "successThreshold", success),
	F_OPT_I64(struct k8s_probe, "failureThreshold", failure),
	F_OPT_I64(struct k8s_probe, "terminationGracePeriodSeconds", grace),
	F_END
};

static const struct field exit_codes_fields[] = {
	F_SELF(struct k8s_exit_codes, node),
	F_STR(struct k8s_exit_codes, "operator", op),
	F_NODE(struct k8s_exit_codes, "values", values),
	F_END
};
const struct field k8s_restart_rule_fields[] = {
	F_SELF(struct k8s_restart_rule, node),
	F_STR(struct k8s_restart_rule, "action", action),
	F_PTR(struct k8s_restart_rule, "exitCodes", codes, exit_codes_fields, struct k8s_exit_codes),
	F_END
};
/* clang-format on */
