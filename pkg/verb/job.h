/*
 * job.h — a Job after its pods were made: the end of one starts the next, decides the Job, or has it removed.
 *
 * Nothing resides for it.  The cleaner that a pod's monitor becomes looks at the whole Job (verb_cleanup); what is to go some
 * time after its end goes with the first command after that time (verb_jobs_expire).
 */
#ifndef PODCTL_VERB_JOB_H
#define PODCTL_VERB_JOB_H

#include "pkg/verb/job_state.h"
#include "pkg/verb/verb.h"

/* `podctl cleanup`: pod_cleanup, and what the end of this pod sets going.  *ret_code: how a container outside a pod ended. */
int verb_cleanup(struct engine *e, const char *pod, const char *ctr, int64_t *ret_code, struct err *err);
/* Where the Job of that name stands; ERR_NOT_FOUND: there is none. */
int job_look(struct engine *e, const char *name, struct arena *a, struct job_pod **ret_pods, size_t *ret_n,
	struct job_state *ret, struct err *err);
/* Finished Jobs whose ttlSecondsAfterFinished is over.  One system call when none is due. */
int verb_jobs_expire(struct engine *e, struct err *err);

#endif
