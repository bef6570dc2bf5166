/*
 * kube_wait.h — the foreground of kube play --wait.
 */
#ifndef PODCTL_CMD_KUBE_WAIT_H
#define PODCTL_CMD_KUBE_WAIT_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/play.h"

/* Stays until all pods have ended or a signal asks to stop, then takes down what the manifests made; volumes stay.
 * Returns the exit code of the first container that failed on its own, 0 when none did. */
int kube_wait(struct cli *c, const struct kube_input *in, const struct play_result *played, bool logs,
	struct err *err);

/* Until every pod is Ready or has completed; the pods stay, whatever comes of it.  An error names the first pod that has failed,
 * or is not ready when the time is over, and what is said of it.  limit: "60s", "2m". */
int kube_wait_ready(struct cli *c, const struct play_result *played, const char *limit, struct err *err);

#endif
