/*
 * pods.h — verbs on pods.
 */
#ifndef PODCTL_VERB_PODS_H
#define PODCTL_VERB_PODS_H

#include "pkg/verb/containers.h"
#include "pkg/verb/create.h"
#include "pkg/verb/userns.h"

struct create_request;
struct pod_create_request {
	const char *name, *hostname, *exit_policy, *pid; /* pid: "private", "host" */
	bool no_infra, no_hosts, replace;
	bool share_set;
	struct strs share; /* "net", "ipc", "uts", "pid", "none" */
	struct kvs labels, sysctls;
	struct strs networks, publish, add_hosts, dns, dns_search, dns_option;
	struct address_request address;
	struct userns_request userns;
	struct strs argv;
	const struct create_request
		*like; /* limits, mounts, devices, security of the pod and its members; NULL: none */
	const char *infra_name;
};
int verb_pod_create(struct engine *e, const struct pod_create_request *r, struct arena *a,
	const char **ret_id, struct err *err);
int verb_pod_start(struct engine *e, const struct target *t, struct err *err);
int verb_pod_stop(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err);
int verb_pod_restart(
	struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err);
int verb_pod_kill(struct engine *e, const struct target *t, int sig, struct err *err);
int verb_pod_pause(struct engine *e, const struct target *t, bool pause, struct err *err);
int verb_pod_remove(
	struct engine *e, const struct target *t, const struct remove_request *r, struct err *err);
int verb_pod_inspect(struct engine *e, const char *name, json_t **ret, struct err *err);
/* The containers of a pod that have logs, in order. */
int verb_pod_targets(struct engine *e, const struct target *t, struct arena *a, struct target **ret,
	size_t *ret_n, struct err *err);

#endif
