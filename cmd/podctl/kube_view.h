/*
 * kube_view.h — what the commands that show pods as Kubernetes does have in common.
 */
#ifndef PODCTL_CMD_KUBE_VIEW_H
#define PODCTL_CMD_KUBE_VIEW_H

#include "cmd/podctl/cli.h"

const char *this_node(struct cli *c); /* its name; in the arena */
/* Cells that end in '\t', lines in '\n': three blanks between columns, as kubectl. */
void print_columns(const char *text);

int run_why(struct cli *c, void *request, struct err *err);

struct describe_command {
	const char *selector, *namespace;
	bool no_events;
};
extern const struct option describe_options[];
int run_describe(struct cli *c, void *request, struct err *err);

#endif
