/*
 * ps.h — listings and documents of containers and pods.
 */
#ifndef PODCTL_CMD_PS_H
#define PODCTL_CMD_PS_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/verb.h"

struct ps_command {
	bool all, quiet, no_trunc, latest, pod, no_heading, size, ns, sync, external;
	struct strs filters;
	const char *format, *sort;
	struct opt_i64 last, watch;
};
extern const struct option ps_options[];
int run_ps(struct cli *c, void *request, struct err *err);

struct pod_ps_command {
	bool quiet, no_trunc, latest, no_heading, ctr_names, ctr_ids, ctr_status, ns;
	struct strs filters;
	const char *format, *sort;
};
extern const struct option pod_ps_options[];
int run_pod_ps(struct cli *c, void *request, struct err *err);

/* kind: "container", "image", "pod", "all".  Prints "[...]" of what was found, then the errors. */

#endif
