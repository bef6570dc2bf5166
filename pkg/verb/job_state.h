/*
 * job_state.h — where a Job stands, told from its document and its pods (pure).
 *
 * A pod stands for one completion and is tried again in itself; what Kubernetes counts as failed pods are its failed tries.
 */
#ifndef PODCTL_VERB_JOB_STATE_H
#define PODCTL_VERB_JOB_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "pkg/util/buf.h"

enum job_pod_state {
	JOB_POD_HELD,      /* another one's end starts it */
	JOB_POD_ACTIVE,    /* it runs, or is about to */
	JOB_POD_SUCCEEDED, /* all its containers have */
	JOB_POD_FAILED,    /* it is not tried again */
	JOB_POD_STOPPED    /* by somebody, or because the Job was decided without it */
};
struct job_exit {
	const char *container;
	int64_t code;
};
struct job_pod {
	const char *name;
	int64_t index;
	enum job_pod_state state;
	bool ready, deadline;  /* deadline: it failed for running too long */
	uint32_t restarts;     /* failed tries before this one */
	struct job_exit *exit; /* of containers that ended */
	size_t n_exit;
	uint64_t started_us, finished_us; /* 0: not */
};
enum job_outcome { JOB_OPEN, JOB_SUSPENDED, JOB_COMPLETE, JOB_FAILED };
struct job_state {
	enum job_outcome outcome;
	const char *reason; /* Kubernetes' word; literal */
	char message[400];
	int64_t completions, parallelism;
	int64_t active, ready, succeeded, failed, held;
	int64_t wanted;                   /* held pods that are to be started now */
	uint64_t started_us, finished_us; /* finished_us: when no pod of a decided Job was active any more */
	int64_t ttl_s;                    /* -1: it stays */
};
void job_judge(const json_t *job, const struct job_pod *pods, size_t n, struct job_state *ret);
/* "0,2-4" of what has succeeded (failed: failed). */
void job_indexes(const struct job_pod *pods, size_t n, enum job_pod_state which, struct buf *b);
/* Is 'index' in "0,2-4"? */
bool job_index_is_in(const char *text, int64_t index);

#endif
