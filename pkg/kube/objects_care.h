/*
 * objects_care.h — the parts of a Pod that speak to a kubelet: probes, hooks, restart rules.
 */
#ifndef PODCTL_KUBE_OBJECTS_CARE_H
#define PODCTL_KUBE_OBJECTS_CARE_H

#include "pkg/codec/decode.h"

/* clang-format off */
struct k8s_exec { const struct node *node; struct strs command; };
struct k8s_http_header { const struct node *node; char *name, *value; };
struct k8s_http_get {
	const struct node *node, *port;
	char *path, *host, *scheme, *protocol;
	struct list headers; /* struct k8s_http_header */
};
struct k8s_tcp_socket { const struct node *node, *port; char *host; };
struct k8s_grpc { const struct node *node; char *service, *mode; struct opt_i64 port; };
struct k8s_sleep { const struct node *node; int64_t seconds; };
struct k8s_handler {
	const struct node *node;
	struct k8s_exec *exec;
	struct k8s_http_get *http;
	struct k8s_tcp_socket *tcp;
	struct k8s_grpc *grpc;
	struct k8s_sleep *sleep;
};
struct k8s_probe {
	struct k8s_handler handler; /* its fields lie in the probe itself */
	struct opt_i64 delay, timeout, period, success, failure, grace;
};
struct k8s_exit_codes { const struct node *node, *values; char *op; };
struct k8s_restart_rule { const struct node *node; char *action; struct k8s_exit_codes *codes; };
/* clang-format on */

extern const struct field k8s_probe_fields[], k8s_handler_fields[], k8s_restart_rule_fields[];

#endif
