/* What a Job asks beyond its pods: its rules, and what they make of each pod. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kube/internal.h"

#define BACKOFF_LIMIT_DEFAULT 6
#define RULES_MAX 20 /* as the API server */
#define CODES_MAX 255

static bool has(const char *s) { return s && *s; }

static const struct node *list_of(const struct node *n, const char *key)
{
	const struct node *v = node_get(n, key);

	return v && v->kind == NODE_LIST ? v : NULL;
}

static const char *text(const struct node *n, const char *key)
{
	const struct node *v = node_get(n, key);

	return v && v->kind == NODE_STRING ? v->text : "";
}

bool kube_job_is_indexed(const struct k8s_workload_spec *w)
{
	return has(w->completion_mode) && strcmp(w->completion_mode, "Indexed") == 0;
}

/* ---- podFailurePolicy ------------------------------------------------------------------------------------------------------- */

static bool is_container(const struct k8s_workload_spec *w, const char *name)
{
	const struct list *lists[] = { &w->template.spec.init, &w->template.spec.containers };

	for (size_t l = 0; l < LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			const char *one = LIST_AT(*lists[l], const struct k8s_container, i)->name;

			if (one && strcmp(one, name) == 0)
				return true;
		}
	return false;
}

static void check_codes(
	struct kube_set *s, const struct k8s_workload_spec *w, const struct node *codes, const char *at)
{
	const struct node *values = list_of(codes, "values");
	const char *name = text(codes, "containerName");
	bool in = strcmp(text(codes, "operator"), "In") == 0;
	int64_t v, last = 0;

	if (*name && !is_container(w, name))
		FAULT(s, place(codes, "containerName"),
			"%s.onExitCodes.containerName: Invalid value: \"%s\": must be one of the container "
			"or "
			"initContainer names in the pod template",
			at, name);
	if (values && (!values->n || values->n > CODES_MAX))
		FAULT(s, values, "%s.onExitCodes.values: expected 1 to %d exit codes, got %zu", at, CODES_MAX,
			values->n);
	for (size_t i = 0; values && i < values->n; i++) {
		if (in && strcmp(values->item[i]->text, "0") == 0)
			FAULT(s, values->item[i],
				"%s.onExitCodes.values[%zu]: Invalid value: 0: must not be 0 for the In "
				"operator",
				at, i);
		if (!node_int(values->item[i], &v))
			continue; /* reported */
		if (i && v == last)
			FAULT(s, values->item[i], "%s.onExitCodes.values[%zu]: Duplicate value: %lld", at, i,
				(long long) v);
		else if (i && v < last)
			FAULT(s, values->item[i],
				"%s.onExitCodes.values[%zu]: Invalid value: %lld: must be ordered", at, i,
				(long long) v);
		last = v;
	}
}

static void check_conditions(struct kube_set *s, const struct node *conditions, const char *at)
{
	if (conditions->n > RULES_MAX)
		FAULT(s, conditions, "%s.onPodConditions: Too many: at most %d items", at, RULES_MAX);
	for (size_t i = 0; i < conditions->n; i++) {
		const char *status = text(conditions->item[i], "status");

		if (*status && strcmp(status, "True") != 0 && strcmp(status, "False") != 0 &&
			strcmp(status, "Unknown") != 0)
			FAULT(s, place(conditions->item[i], "status"),
				"%s.onPodConditions[%zu].status: unknown value \"%s\", expected True, False "
				"or Unknown",
				at, i, status);
	}
}

static void check_failure_policy(
	struct kube_set *s, const struct kube_doc *d, const struct k8s_workload_spec *w)
{
	const struct node *policy = node_get(w->node, "podFailurePolicy"), *rules = list_of(policy, "rules");
	const char *restart = w->template.spec.restart;
	char at[AT_MAX];

	if (!policy)
		return;
	if (restart && strcmp(restart, "Never") != 0)
		FAULT(s, policy,
			"%s%sspec.podFailurePolicy: Invalid value: only \"Never\" is supported for the "
			"restartPolicy of the template when a podFailurePolicy is specified",
			d->at, *d->at ? "." : "");
	if (rules && rules->n > RULES_MAX)
		FAULT(s, rules, "%s%sspec.podFailurePolicy.rules: at most %d rules", d->at, *d->at ? "." : "",
			RULES_MAX);
	for (size_t i = 0; rules && i < rules->n; i++) {
		const struct node *one = rules->item[i], *codes = node_get(one, "onExitCodes"),
				  *conditions = list_of(one, "onPodConditions");

		snprintf(at, sizeof at, "%s%sspec.podFailurePolicy.rules[%zu]", d->at, *d->at ? "." : "", i);
		if ((codes != NULL) == (conditions != NULL && conditions->n > 0))
			FAULT(s, one, "%s: specifying one of onExitCodes and onPodConditions is required",
				at);
		if (strcmp(text(one, "action"), "FailIndex") == 0 &&
			!node_get(w->node, "backoffLimitPerIndex"))
			FAULT(s, place(one, "action"),
				"%s.action: Invalid value: \"FailIndex\": requires the use of "
				"backoffLimitPerIndex",
				at);
		if (codes)
			check_codes(s, w, codes, at);
		if (conditions)
			check_conditions(s, conditions, at);
		if (conditions && conditions->n)
			REMARK(s, DIAG_NOTE, conditions,
				"%s.onPodConditions: has no effect: a pod that podctl evicts is not tried "
				"again",
				at);
	}
}

/* ---- successPolicy ------------------------------------------------------------------------------------------------------------ */

/* "0,2-4": in order, within the completions. */
static bool are_indexes(const char *p, int64_t completions)
{
	int64_t last = -1;

	for (;;) {
		char *end;
		long long from = strtoll(p, &end, 10), to = from;

		if (end == p || *p < '0' || *p > '9')
			return false;
		if (*end == '-') {
			p = end + 1;
			to = strtoll(p, &end, 10);
			if (end == p || *p < '0' || *p > '9' || to <= from)
				return false;
		}
		if (from <= last || to >= completions)
			return false;
		last = to;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
		p = end + 1;
	}
}

/* succeededCount is no more than what there is to succeed. */
static void check_success_count(
	struct kube_set *s, const struct node *rule, const char *indexes, int64_t completions, const char *at)
{
	const struct node *count = node_get(rule, "succeededCount");
	int64_t n, listed = 0;

	if (!count || !node_int(count, &n))
		return;
	if (n > completions)
		FAULT(s, count,
			"%s.succeededCount: Invalid value: %lld: must be less than or equal to %lld (the "
			"number of "
			"specified completions)",
			at, (long long) n, (long long) completions);
	if (!*indexes || !are_indexes(indexes, completions))
		return;
	for (const char *p = indexes; *p; p += *p == ',') {
		char *end;
		long long from = strtoll(p, &end, 10), to = *end == '-' ? strtoll(end + 1, &end, 10) : from;

		listed += to - from + 1;
		p = end;
	}
	if (n > listed)
		FAULT(s, count,
			"%s.succeededCount: Invalid value: %lld: must be less than or equal to %lld (the "
			"number of indexes in the "
			"specified succeededIndexes field)",
			at, (long long) n, (long long) listed);
}

static void check_success_policy(
	struct kube_set *s, const struct kube_doc *d, const struct k8s_workload_spec *w)
{
	const struct node *policy = node_get(w->node, "successPolicy"), *rules = list_of(policy, "rules");
	const char *dot = *d->at ? "." : "";
	int64_t completions = w->completions.set ? w->completions.v : 1;
	char at[AT_MAX];

	if (!policy)
		return;
	if (!kube_job_is_indexed(w))
		FAULT(s, policy, "%s%sspec.successPolicy: Invalid value: requires completionMode Indexed",
			d->at, dot);
	if (!rules || !rules->n || rules->n > RULES_MAX)
		FAULT(s, place(policy, "rules"), "%s%sspec.successPolicy.rules: expected 1 to %d rules",
			d->at, dot, RULES_MAX);
	for (size_t i = 0; rules && i < rules->n; i++) {
		const char *indexes = text(rules->item[i], "succeededIndexes");

		if (!*indexes && !node_get(rules->item[i], "succeededCount"))
			FAULT(s, rules->item[i],
				"%s%sspec.successPolicy.rules[%zu]: at least one of succeededCount or "
				"succeededIndexes must be specified",
				d->at, dot, i);
		snprintf(at, sizeof at, "%s%sspec.successPolicy.rules[%zu]", d->at, dot, i);
		check_success_count(s, rules->item[i], indexes, completions, at);
		if (*indexes && !are_indexes(indexes, completions))
			FAULT(s, place(rules->item[i], "succeededIndexes"),
				"%s%sspec.successPolicy.rules[%zu].succeededIndexes: Invalid value: \"%s\": "
				"expected rising numbers below completions, for example 0,2-4",
				d->at, dot, i, indexes);
	}
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

void kube_check_job(struct kube_set *s, const struct kube_doc *d, int64_t pods_max)
{
	const struct k8s_workload_spec *w = &d->workload->spec;
	const struct node *selector = node_get(w->node, "selector"),
			  *manual = node_get(w->node, "manualSelector");
	const char *dot = *d->at ? "." : "", *managed = text(w->node, "managedBy");

	kube_check_count(s, d, &w->completions, "completions", pods_max);
	kube_check_count(s, d, &w->parallelism, "parallelism", pods_max);
	kube_check_count(s, d, &w->backoff_limit, "backoffLimit", INT32_MAX);
	kube_check_count(s, d, &w->backoff_per_index, "backoffLimitPerIndex", INT32_MAX);
	kube_check_count(s, d, &w->max_failed, "maxFailedIndexes", pods_max);
	kube_check_count(s, d, &w->deadline, "activeDeadlineSeconds", INT64_MAX);
	kube_check_count(s, d, &w->ttl, "ttlSecondsAfterFinished", INT32_MAX);
	if (kube_job_is_indexed(w) && !w->completions.set)
		FAULT(s, place(w->node, "completionMode"),
			"%s%sspec.completions: required when completionMode is Indexed", d->at, dot);
	if (w->backoff_per_index.set && !kube_job_is_indexed(w))
		FAULT(s, place(w->node, "backoffLimitPerIndex"),
			"%s%sspec.backoffLimitPerIndex: Invalid value: requires completionMode Indexed",
			d->at, dot);
	if (w->max_failed.set && !w->backoff_per_index.set)
		FAULT(s, place(w->node, "maxFailedIndexes"),
			"%s%sspec.maxFailedIndexes: requires backoffLimitPerIndex", d->at, dot);
	if (w->max_failed.set && w->completions.set && w->max_failed.v > w->completions.v)
		FAULT(s, place(w->node, "maxFailedIndexes"),
			"%s%sspec.maxFailedIndexes: Invalid value: %lld: must be less than or equal to "
			"completions (%lld)",
			d->at, dot, (long long) w->max_failed.v, (long long) w->completions.v);
	if (manual && node_true(manual) ? !selector : selector != NULL)
		FAULT(s, selector ? selector : manual, "%s%sspec.selector: %s", d->at, dot,
			selector ? "Invalid value: `selector` not auto-generated: leave it out, or set "
				   "manualSelector: true"
				 : "Required value: with manualSelector: true");
	if (*managed && !strchr(managed, '/'))
		FAULT(s, place(w->node, "managedBy"),
			"%s%sspec.managedBy: Invalid value: \"%s\": must be a domain-prefixed path (such as "
			"\"acme.io/foo\")",
			d->at, dot, managed);
	if (node_get(w->node, "podFailurePolicy") &&
		strcmp(text(w->node, "podReplacementPolicy"), "TerminatingOrFailed") == 0)
		FAULT(s, place(w->node, "podReplacementPolicy"),
			"%s%sspec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": expected "
			"Failed, as there is a "
			"podFailurePolicy",
			d->at, dot);
	check_failure_policy(s, d, w);
	check_success_policy(s, d, w);
}

/* The rules of the Job that speak of this container, after its own. */
static void rules(struct kube_set *s, const struct k8s_workload_spec *w, struct container_spec *c)
{
	static const struct {
		const char *word;
		int action;
	} actions[] = { { "FailJob", RULE_FAIL }, { "FailIndex", RULE_FAIL }, { "Ignore", RULE_IGNORE },
		{ "Count", RULE_COUNT } };
	const struct node *list = list_of(node_get(w->node, "podFailurePolicy"), "rules");
	size_t n = c->care ? c->care->rules.n : 0;
	struct restart_rule *v;

	if (!list || !list->n)
		return;
	if (!c->care && !(c->care = arena_alloc(s->arena, sizeof *c->care))) {
		s->no_memory = true;
		return;
	}
	if (!(v = arena_array(s->arena, n + list->n, sizeof *v))) {
		s->no_memory = true;
		return;
	}
	if (n)
		memcpy(v, c->care->rules.v, n * sizeof *v);
	for (size_t i = 0; i < list->n; i++) {
		const struct node *codes = node_get(list->item[i], "onExitCodes"),
				  *values = list_of(codes, "values");
		const char *name = text(codes, "containerName");

		if (!values || (*name && strcmp(name, c->short_name) != 0))
			continue;
		v[n].op = strcmp(text(codes, "operator"), "NotIn") == 0 ? RULE_NOT_IN : RULE_IN;
		for (size_t k = 0; k < LEN(actions); k++)
			if (strcmp(actions[k].word, text(list->item[i], "action")) == 0)
				v[n].action = actions[k].action;
		for (size_t k = 0; k < values->n; k++)
			if (strs_add(&v[n].codes, s->arena, values->item[k]->text) < 0)
				s->no_memory = true;
		n++;
	}
	c->care->rules = (struct list){ v, n };
}

/* Each failed try is a restart within its pod: a fresh layer, a log of its own and the same back-off as a Job's new pods. */
void kube_job(struct kube_set *s, const struct kube_doc *d, int64_t index, struct kube_pod *pod)
{
	const struct k8s_workload_spec *w = &d->workload->spec;
	int64_t tries = w->backoff_per_index.set ? w->backoff_per_index.v
			: w->backoff_limit.set   ? w->backoff_limit.v
						 : BACKOFF_LIMIT_DEFAULT;

	for (size_t i = 0; i < pod->n; i++) {
		struct container_spec *c = &pod->ctr[i];

		if (c->restart == RESTART_ALWAYS)
			continue; /* a sidecar */
		c->restart = tries ? RESTART_ON_FAILURE : RESTART_NO;
		c->restart_max = (uint32_t) tries;
		rules(s, w, c);
	}
	if (w->deadline.set && w->deadline.v > 0 &&
		(!pod->spec.deadline || w->deadline.v < pod->spec.deadline))
		pod->spec.deadline = w->deadline.v;
	pod->held = w->suspend ||
		    (w->parallelism.set ? index >= w->parallelism.v : w->completions.set && index >= 1);
}
