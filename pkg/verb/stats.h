/*
 * stats.h — what containers use now: processor, memory, network, blocks, processes; read from their cgroups and /proc.
 */
#ifndef PODCTL_VERB_STATS_H
#define PODCTL_VERB_STATS_H

#include "pkg/verb/verb.h"

struct stats {
	const char *id, *name, *pod; /* pod: id of its pod, "" none */
	bool running;
	uint64_t time_us;               /* when it was looked at */
	uint64_t up_us;                 /* since it was started */
	uint64_t cpu_ns, cpu_system_ns; /* used since then */
	uint64_t memory, memory_limit;  /* bytes */
	uint64_t net_in, net_out, block_in, block_out;
	uint64_t pids;
	double cpu; /* per cent of one processor since the look before, else since the start */
	double cpu_avg;
};
/* In a.  A container that has ended is there with zeroes.  before (may be NULL, n_before): the last look, for cpu. */
int verb_stats(struct engine *e, const struct target *t, size_t n, const struct stats *before,
	size_t n_before, struct arena *a, struct stats **ret, struct err *err);

#endif
