/*
 * pull.h — pulling as people see it: where credentials and files are named, bars on a terminal, plain lines elsewhere.
 */
#ifndef PODCTL_CMD_PULL_H
#define PODCTL_CMD_PULL_H

#include "cmd/podctl/cli.h"
#include "pkg/image/pull.h"

/* What options left open: from the environment, and, unless quiet, someone to watch (on stderr). */
int pull_prepare(struct cli *c, struct pull_options *o, bool quiet, struct err *err);

struct pull_command {
	struct pull_options images;
	const char *platform, *policy;
	bool quiet, all_tags, no_trust;
};
extern const struct option pull_command_options[];
int run_pull(struct cli *c, void *request, struct err *err);

#endif
