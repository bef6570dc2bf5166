/* The selector of a workload against the labels of its own template (API: LabelSelector; apps/v1 refuses what does not fit). */
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

static const char *text_in(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n && n->kind == NODE_STRING ? n->text : "";
}

static bool is_listed(const struct node *values, const char *label)
{
	for (size_t i = 0; values && values->kind == NODE_LIST && i < values->n; i++)
		if (values->item[i]->kind == NODE_STRING && !strcmp(values->item[i]->text, label))
			return true;
	return false;
}

static bool fits(const char *op, const struct node *values, const char *label)
{
	switch (*op) {
	case 'I':
		return label && is_listed(values, label);
	case 'N':
		return !label || !is_listed(values, label);
	case 'E':
		return label != NULL;
	default:
		return !label;
	}
}

bool kube_rule_fits(const struct node *rule, const struct node *label)
{
	return fits(text_in(rule, "operator"), node_get(rule, "values"),
		label && label->kind == NODE_STRING ? label->text : NULL);
}

static void check_expression(
	struct kube_set *s, const struct kvs *labels, const struct node *n, const char *at, size_t i)
{
	const char *key = text_in(n, "key"), *op = text_in(n, "operator");
	const struct node *values = node_get(n, "values");
	size_t count = values && values->kind == NODE_LIST ? values->n : 0;
	bool listing = strcmp(op, "In") == 0 || strcmp(op, "NotIn") == 0,
	     plain = strcmp(op, "Exists") == 0 || strcmp(op, "DoesNotExist") == 0;

	/* what is no requirement at all has been said by the schema */
	if (*key && ((listing && count) || (plain && !count)) && !fits(op, values, kvs_get(labels, key)))
		FAULT(s, n, "%s[%zu]: the labels of the template do not fit %s %s", at, i, key, op);
}

void kube_check_selector(struct kube_set *s, const struct kube_doc *d)
{
	const struct kvs *labels = &d->workload->spec.template.meta.labels;
	const struct node *selector = node_get(node_get(d->node, "spec"), "selector"), *match, *rules;
	bool plain = strcmp(d->kind->name, "ReplicationController") == 0;
	const char *dot = *d->at ? "." : "";
	char at[AT_MAX];

	if (plain && !selector && !labels->n && d->workload->spec.template.node)
		FAULT(s, place(node_get(d->node, "spec"), "template"),
			"%s%sspec.selector: Required value: neither a selector nor labels of the template "
			"are given",
			d->at, dot);
	if (strcmp(d->kind->name, "Job") == 0 || !selector || selector->kind != NODE_MAP)
		return; /* Kubernetes makes a Job's */
	match = plain ? selector : node_get(selector, "matchLabels");
	rules = plain ? NULL : node_get(selector, "matchExpressions");
	if (!plain && !(match && match->n) && !(rules && rules->n))
		FAULT(s, selector, "%s%sspec.selector: Invalid value: an empty selector is invalid for a %s",
			d->at, dot, d->kind->name);
	for (size_t i = 0; match && match->kind == NODE_MAP && i < match->n; i++) {
		const char *key = match->key[i]->text, *want = match->item[i]->text,
			   *there = kvs_get(labels, key);

		if (!there || strcmp(there, want) != 0)
			FAULT(s, match->item[i],
				"%s%sspec.selector.%s%s: the pods of the template have no label %s=%s", d->at,
				dot, plain ? "" : "matchLabels.", key, key, want);
	}
	snprintf(at, sizeof at, "%s%sspec.selector.matchExpressions", d->at, dot);
	for (size_t i = 0; rules && rules->kind == NODE_LIST && i < rules->n; i++)
		check_expression(s, labels, rules->item[i], at, i);
}
