/* Phase, readiness and conditions of a played pod, in Kubernetes' words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

enum { COND_NETWORK, COND_INITIALIZED, COND_READY, COND_CTRS_READY, COND_SCHEDULED, COND_DISRUPTION };
static const char *const types[CONDITIONS] = {
	[COND_NETWORK] = "PodReadyToStartContainers",
	[COND_INITIALIZED] = "Initialized",
	[COND_READY] = "Ready",
	[COND_CTRS_READY] = "ContainersReady",
	[COND_SCHEDULED] = "PodScheduled",
	[COND_DISRUPTION] = "DisruptionTarget", /* of an evicted pod alone */
};

static bool is_up(const struct ctr *c)
{
	return c->s.state == CTR_RUNNING || c->s.state == CTR_PAUSED || c->s.state == CTR_STOPPING;
}

bool ctr_is_started(const struct ctr *c)
{
	return is_up(c) && !c->hooking && (!c->p->care || !c->p->care->startup || c->startup_ok);
}

static bool is_ready(const struct ctr *c)
{
	if (c->role == ROLE_INIT)
		return c->init_ended && c->s.exit_code == 0;
	return ctr_is_started(c) && (!c->p->care || !c->p->care->readiness || c->readiness_ok);
}

static bool has_inits(const struct monitor *m)
{
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if (c->role == ROLE_INIT || c->role == ROLE_SIDECAR)
			return true;
	return false;
}

/* What is said of containers that are not up yet. */
static void waiting_words(struct monitor *m)
{
	const char *word = has_inits(m) ? "PodInitializing" : "ContainerCreating";

	for (struct ctr *c = m->ctrs; c; c = c->next)
		if (c->role != ROLE_INFRA && (c->s.state == CTR_CREATED || c->s.state == CTR_STARTING))
			c->s.reason =
				(char *) (uintptr_t) (c->wanted || m->stage < STAGE_RUNNING ? word : "");
}

static bool set(struct monitor *m, int which, bool is_true, const char *reason, const char *message)
{
	struct status_condition *c = &m->conditions[which];
	bool first = !c->type;

	if (is_true && which != COND_INITIALIZED && which != COND_DISRUPTION)
		reason = message = "";
	if (first || c->is_true != is_true)
		c->since_us = time_now_us();
	c->type = (char *) (uintptr_t) types[which];
	c->is_true = is_true;
	c->reason = (char *) (uintptr_t) reason;
	if (c->message && strcmp(c->message, message) == 0)
		return is_true;
	free(c->message);
	c->message = strdup(message);
	return is_true;
}

/* "containers with unready status: [a b]"; false when there are none. */
static bool names(
	const struct monitor *m, bool (*lacks)(const struct ctr *), const char *what, char *text, size_t size)
{
	size_t n = (size_t) snprintf(text, size, "containers with %s status: [", what), start = n;

	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if (lacks(c) && n + strlen(c->p->name) + 3 < size)
			n += (size_t) snprintf(text + n, size - n, "%s%s", n == start ? "" : " ", c->p->name);
	snprintf(text + n, size - n, "]");
	return n != start;
}

static bool lacks_init(const struct ctr *c)
{
	if (c->role == ROLE_SIDECAR)
		return !ctr_is_started(c);
	return c->role == ROLE_INIT && !(c->init_ended && c->s.exit_code == 0);
}

static bool lacks_ready(const struct ctr *c)
{
	return (c->role == ROLE_MEMBER || c->role == ROLE_SIDECAR) && !c->s.ready;
}

static bool is_evicted(const struct monitor *m) { return m->reason && strcmp(m->reason, "Evicted") == 0; }

size_t conditions_count(const struct monitor *m) { return is_evicted(m) ? CONDITIONS : COND_DISRUPTION; }

static void conditions(struct monitor *m)
{
	char text[1024];
	const char *phase = pod_phase(m);
	bool succeeded = strcmp(phase, "Succeeded") == 0, failed = strcmp(phase, "Failed") == 0;
	bool unready = names(m, lacks_ready, "unready", text, sizeof text);
	const char *reason = succeeded ? "PodCompleted" : failed ? "PodFailed" : "ContainersNotReady";
	bool ok = !unready && !succeeded && !failed && m->stage >= STAGE_INIT && m->stage < STAGE_STOPPING;

	set(m, COND_SCHEDULED, true, "", "");
	if (is_evicted(m))
		set(m, COND_DISRUPTION, true, "TerminationByKubelet", m->message ? m->message : "");
	set(m, COND_NETWORK, m->stage > STAGE_INFRA && m->stage < STAGE_OVER, "", "");
	set(m, COND_READY, ok, reason, succeeded || failed ? "" : text);
	set(m, COND_CTRS_READY, ok, reason, succeeded || failed ? "" : text);
	if (succeeded)
		set(m, COND_INITIALIZED, true, "PodCompleted", "");
	else if (names(m, lacks_init, "incomplete", text, sizeof text) && !m->initialized)
		set(m, COND_INITIALIZED, false, "ContainersNotInitialized", text);
	else
		set(m, COND_INITIALIZED, true, "", "");
}

void conditions_update(struct monitor *m)
{
	if (!m->plan.kube)
		return;
	for (struct ctr *c = m->ctrs; c; c = c->next) {
		c->s.started = ctr_is_started(c);
		c->s.ready = is_ready(c);
	}
	waiting_words(m);
	conditions(m);
}

bool pod_is_ready(const struct monitor *m) { return m->conditions[COND_READY].is_true; }

void conditions_adopt(struct monitor *m, const struct list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct status_condition *c = LIST_AT(*from, const struct status_condition, i);

		for (int k = 0; k < CONDITIONS; k++)
			if (c->type && strcmp(types[k], c->type) == 0) {
				m->conditions[k] = (struct status_condition){
					.type = (char *) (uintptr_t) types[k],
					.is_true = c->is_true,
					.since_us = c->since_us,
				};
			}
	}
}
