/*
 * logs.h — logs of containers and of pods.
 */
#ifndef PODCTL_CMD_LOGS_H
#define PODCTL_CMD_LOGS_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/containers.h"

struct logs_command {
	bool follow, pod_end, latest, names, timestamps, color;
	bool previous, all_containers, prefix;            /* kube logs */
	const char *since, *until, *container, *selector; /* container, selector: pod logs, kube logs */
	enum logs_attempt attempt;
	struct opt_i64 tail;
};
extern const struct option logs_options[];
int logs_opt_tail(struct cli *c, void *request, const char *value, struct err *err);
int run_logs(struct cli *c, void *request, struct err *err);
/* Prints the logs of these; several are told apart by a prefix. */
int logs_print(
	struct cli *c, const struct logs_command *r, const struct target *t, size_t n, struct err *err);

#endif
