#include "pkg/verb/job_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_LIMIT_DEFAULT 6

static int64_t number(const json_t *v, const char *key, int64_t otherwise)
{
	const json_t *n = json_object_get(v, key);

	return json_is_integer(n) ? json_integer_value(n) : otherwise;
}

static const char *text(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

bool job_index_is_in(const char *list, int64_t index)
{
	while (*list) {
		char *end;
		int64_t from = strtoll(list, &end, 10), to = from;

		if (end == list)
			return false;
		if (*end == '-')
			to = strtoll(end + 1, &end, 10);
		if (index >= from && index <= to)
			return true;
		list = *end == ',' ? end + 1 : end;
		if (!*end)
			break;
	}
	return false;
}

static bool has(const struct job_pod *pods, size_t n, enum job_pod_state which, int64_t index)
{
	for (size_t i = 0; i < n; i++)
		if (pods[i].index == index)
			return pods[i].state == which;
	return false;
}

void job_indexes(const struct job_pod *pods, size_t n, enum job_pod_state which, struct buf *b)
{
	int64_t last = -1;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		last = pods[i].index > last ? pods[i].index : last;
	for (int64_t i = 0; i <= last; i++) {
		int64_t from = i;

		if (!has(pods, n, which, i))
			continue;
		while (i < last && has(pods, n, which, i + 1))
			i++;
		(void) buf_printf(b, "%s%lld", any ? "," : "", (long long) from);
		if (i > from)
			(void) buf_printf(b, "%c%lld", i == from + 1 ? ',' : '-', (long long) i);
		any = true;
	}
}

/* ---- podFailurePolicy ------------------------------------------------------------------------------------------------------ */

static bool exit_fits(const json_t *rule, const struct job_exit *e)
{
	const json_t *list = json_object_get(rule, "values"), *v;
	const char *name = text(rule, "containerName");
	bool is_in = false;
	size_t i;

	if (!e->code || (*name && strcmp(name, e->container) != 0))
		return false;
	json_array_foreach((json_t *) list, i, v) is_in = is_in || json_integer_value(v) == e->code;
	return is_in == (strcmp(text(rule, "operator"), "In") == 0);
}

/* The first rule that an exit of the pod meets; its action, or "". */
static const char *action_of(
	const json_t *spec, const struct job_pod *p, size_t *ret_rule, const struct job_exit **ret_exit)
{
	const json_t *rules = json_object_get(json_object_get(spec, "podFailurePolicy"), "rules"), *rule;
	size_t at;

	json_array_foreach((json_t *) rules, at, rule)
	{
		const json_t *codes = json_object_get(rule, "onExitCodes");

		for (size_t i = 0; codes && i < p->n_exit; i++)
			if (exit_fits(codes, &p->exit[i])) {
				*ret_rule = at;
				*ret_exit = &p->exit[i];
				return text(rule, "action");
			}
	}
	return "";
}

static bool ignores(const json_t *spec)
{
	const json_t *rules = json_object_get(json_object_get(spec, "podFailurePolicy"), "rules"), *rule;
	size_t i;

	json_array_foreach(
		(json_t *) rules, i, rule) if (!strcmp(text(rule, "action"), "Ignore")) return true;
	return false;
}

/* ---- the steps ------------------------------------------------------------------------------------------------------------- */

static bool decide(struct job_state *s, enum job_outcome outcome, const char *reason, const char *message)
{
	s->outcome = outcome;
	s->reason = reason;
	(void) snprintf(s->message, sizeof s->message, "%s", message);
	return true;
}

static void count(const struct job_pod *pods, size_t n, struct job_state *s)
{
	for (size_t i = 0; i < n; i++) {
		const struct job_pod *p = &pods[i];

		s->active += p->state == JOB_POD_ACTIVE;
		s->ready += p->state == JOB_POD_ACTIVE && p->ready;
		s->succeeded += p->state == JOB_POD_SUCCEEDED;
		s->failed += p->restarts + (p->state == JOB_POD_FAILED);
		s->held += p->state == JOB_POD_HELD;
		if (p->started_us && (!s->started_us || p->started_us < s->started_us))
			s->started_us = p->started_us;
		if (p->finished_us > s->finished_us)
			s->finished_us = p->finished_us;
	}
}

static bool met_policy(const json_t *spec, const struct job_pod *pods, size_t n, struct job_state *s)
{
	const json_t *rules = json_object_get(json_object_get(spec, "successPolicy"), "rules"), *rule;
	size_t k;

	json_array_foreach((json_t *) rules, k, rule)
	{
		const char *indexes = text(rule, "succeededIndexes");
		int64_t want = number(rule, "succeededCount", -1), done = 0, listed = 0;

		for (int64_t i = 0; i < s->completions; i++)
			if (!*indexes || job_index_is_in(indexes, i)) {
				listed++;
				done += has(pods, n, JOB_POD_SUCCEEDED, i);
			}
		if (listed && done >= (want < 0 ? listed : want)) {
			(void) decide(s, JOB_COMPLETE, "SuccessPolicy", "");
			(void) snprintf(s->message, sizeof s->message, "Matched rules at index %zu", k);
			return true;
		}
	}
	return false;
}

static bool failed_by_pod(const json_t *spec, const struct job_pod *pods, size_t n, struct job_state *s)
{
	for (size_t i = 0; i < n; i++) {
		const struct job_exit *e = NULL;
		size_t rule = 0;

		if (pods[i].state != JOB_POD_FAILED)
			continue;
		if (!strcmp(action_of(spec, &pods[i], &rule, &e), "FailJob")) {
			(void) decide(s, JOB_FAILED, "PodFailurePolicy", "");
			(void) snprintf(s->message, sizeof s->message,
				"Container %s for pod default/%s failed with exit code %lld matching FailJob "
				"rule at index %zu",
				e->container, pods[i].name, (long long) e->code, rule);
			return true;
		}
		if (pods[i].deadline && json_object_get(spec, "activeDeadlineSeconds"))
			return decide(s, JOB_FAILED, "DeadlineExceeded",
				"Job was active longer than specified deadline");
	}
	return false;
}

static bool failed_by_count(const json_t *spec, const struct job_pod *pods, size_t n, struct job_state *s)
{
	bool per_index = json_object_get(spec, "backoffLimitPerIndex") != NULL;
	int64_t limit = number(spec, "backoffLimit", per_index ? INT32_MAX : BACKOFF_LIMIT_DEFAULT);
	int64_t most = number(spec, "maxFailedIndexes", -1), indexes = 0;

	for (size_t i = 0; i < n; i++)
		indexes += pods[i].state == JOB_POD_FAILED;
	if (per_index && most >= 0 && indexes > most)
		return decide(s, JOB_FAILED, "MaxFailedIndexesExceeded",
			"Job has exceeded the specified maximal number of failed indexes");
	if ((!per_index && indexes) || (!ignores(spec) && s->failed > limit))
		return decide(
			s, JOB_FAILED, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
	if (per_index && indexes && indexes + s->succeeded >= s->completions)
		return decide(s, JOB_FAILED, "FailedIndexes", "Job has failed indexes");
	return false;
}

static bool completed(const json_t *spec, struct job_state *s)
{
	/* without a number of completions the first success is the Job's, once all its pods have ended */
	bool all = json_object_get(spec, "completions") ? s->succeeded >= s->completions
							: s->succeeded && !s->active && !s->held;

	return (all || !s->completions) &&
	       decide(s, JOB_COMPLETE, "CompletionsReached", "Reached expected number of succeeded pods");
}

void job_judge(const json_t *job, const struct job_pod *pods, size_t n, struct job_state *ret)
{
	const json_t *spec = json_object_get(job, "spec");
	struct job_state s = { .reason = "", .parallelism = number(spec, "parallelism", 1) };

	s.completions = number(spec, "completions", s.parallelism ? s.parallelism : 1);
	s.ttl_s = number(spec, "ttlSecondsAfterFinished", -1);
	count(pods, n, &s);
	if (!met_policy(spec, pods, n, &s) && !failed_by_pod(spec, pods, n, &s) &&
		!failed_by_count(spec, pods, n, &s) && !completed(spec, &s)) {
		if (json_is_true(json_object_get(spec, "suspend")) && !s.active)
			(void) decide(&s, JOB_SUSPENDED, "JobSuspended", "Job suspended");
		else if (s.active < s.parallelism)
			s.wanted = s.parallelism - s.active < s.held ? s.parallelism - s.active : s.held;
	}
	if (s.outcome < JOB_COMPLETE || s.active)
		s.finished_us = 0;
	*ret = s;
}
