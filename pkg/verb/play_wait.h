/*
 * play_wait.h — waiting for the end of played pods.
 */
#ifndef PODCTL_VERB_PLAY_WAIT_H
#define PODCTL_VERB_PLAY_WAIT_H

#include "pkg/verb/play.h"

/* Until every pod has ended, those that a Job starts one after the other included, or signal_fd can be read.  started (may be
 * NULL) is called for each pod once it runs.  *ret_code: of the first container that failed on its own, 0 when none did.
 * Returns 1 when it was the signal. */
typedef int play_started(void *ctx, const char *pod, struct err *err);
int verb_play_wait(struct engine *e, const struct play_result *played, int signal_fd, play_started *started,
	void *ctx, struct arena *a, int *ret_code, struct err *err);

#endif
