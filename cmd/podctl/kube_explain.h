/*
 * kube_explain.h — podctl kube explain.
 */
#ifndef PODCTL_CMD_KUBE_EXPLAIN_H
#define PODCTL_CMD_KUBE_EXPLAIN_H

#include "cmd/podctl/cli.h"

struct explain_command {
	bool support, recursive;
};
int run_explain(struct cli *c, void *request, struct err *err);

#endif
