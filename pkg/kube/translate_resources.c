/*
 * Resources: requests to weights, limits to limits, and what the pod's quality of service makes of its chance to survive a
 * shortage of memory.
 *
 * As the kubelet has it: 1 cpu is 1024 shares, at least 2; a limit without a request is its request; the quota is a
 * hundredth of a second of each 100 ms per 10m.  Guaranteed: every container has limits of cpu and memory, and requests as
 * much.  BestEffort: none has any.  Burstable: the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"

#define CPU_PERIOD_US 100000
#define CPU_QUOTA_MIN_US 1000 /* what the kernel takes at least */
#define CPU_SHARES_MIN 2
#define CPU_SHARES_MAX 262144
#define OOM_GUARANTEED (-997)
#define OOM_BEST_EFFORT 1000

/* ---- rules --------------------------------------------------------------------------------------------------------- */

/* hugepages-2Mi: a size, of which there are whole ones. */
static bool is_huge(const char *key)
{
	int64_t size;

	return strncmp(key, "hugepages-", 10) == 0 && quantity_parse(key + 10, 1, &size) == 0 && size > 0;
}

static void check_names(struct kube_set *s, const struct node *map, bool pod, const char *at)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++) {
		const char *key = map->key[i]->text;

		if (strcmp(key, "cpu") == 0 || strcmp(key, "memory") == 0 || is_huge(key) ||
			(!pod && strcmp(key, "ephemeral-storage") == 0))
			continue;
		if (strchr(key, '/'))
			FAULT(s, map->key[i],
				"%s.%s: not supported by podctl: nothing hands out devices here; give the "
				"container the device "
				"with a hostPath volume",
				at, key);
		else if (pod)
			FAULT(s, map->key[i],
				"%s.%s: Unsupported value: a pod as a whole has cpu, memory and "
				"hugepages-SIZE",
				at, key);
		else
			FAULT(s, map->key[i],
				"%s.%s: Invalid value: must be a standard resource for containers: cpu, "
				"memory, "
				"ephemeral-storage or hugepages-SIZE",
				at, key);
	}
}

/* A request may not be more than its limit; of huge pages it is the limit. */
static void check_pair(struct kube_set *s, const struct k8s_resources *r, const char *key, const char *at)
{
	const struct node *limit = node_get(r->limits, key), *request = node_get(r->requests, key);
	int64_t l, q;

	for (int i = 0; i < 2; i++) {
		const struct node *v = i ? request : limit;

		if (v && v->kind != NODE_NULL && quantity_parse(v->text, 1000, &l) == 0 && l < 0)
			FAULT(s, v, "%s.%s.%s: Invalid value: \"%s\": must be greater than or equal to 0", at,
				i ? "requests" : "limits", key, v->text);
		else if (v && v->kind != NODE_NULL && quantity_is_valid(v->text) &&
			 quantity_parse(v->text, strcmp(key, "cpu") == 0 ? 1000 : 1, &l) == -ERANGE)
			FAULT(s, v, "%s.%s.%s: %s is out of range", at, i ? "requests" : "limits", key,
				v->text);
	}
	if (is_huge(key) && limit && quantity_parse(limit->text, 1, &l) == 0 &&
		quantity_parse(key + 10, 1, &q) == 0 && l % q)
		FAULT(s, limit, "%s.limits.%s: Invalid value: \"%s\": must be a multiple of the page size %s",
			at, key, limit->text, key + 10);
	if (is_huge(key) && request && !limit)
		FAULT(s, request,
			"%s.limits.%s: Required value: limit must be set for non overcommitable resources",
			at, key);
	if (!limit || !request || quantity_parse(limit->text, 1000, &l) < 0 ||
		quantity_parse(request->text, 1000, &q) < 0)
		return;
	if (is_huge(key) ? q != l : q > l)
		FAULT(s, request,
			"%s.requests.%s: Invalid value: \"%s\": must be %s to %s limit of %s: is more than "
			"the limit",
			at, key, request->text, is_huge(key) ? "equal" : "less than or equal", key,
			limit->text);
}

void kube_check_resources(struct kube_set *s, const struct k8s_resources *r, bool pod, const char *at)
{
	const struct node *maps[] = { r->limits, r->requests };
	bool huge = false, base = false;
	char where[AT_MAX];

	snprintf(where, sizeof where, "%s.limits", at);
	check_names(s, r->limits, pod, where);
	snprintf(where, sizeof where, "%s.requests", at);
	check_names(s, r->requests, pod, where);
	for (size_t m = 0; m < LEN(maps); m++)
		for (size_t i = 0; maps[m] && maps[m]->kind == NODE_MAP && i < maps[m]->n; i++) {
			const char *key = maps[m]->key[i]->text;

			huge = huge || is_huge(key);
			base = base || strcmp(key, "cpu") == 0 || strcmp(key, "memory") == 0;
			if (m == 0 || !node_get(r->limits, key))
				check_pair(s, r, key, at);
		}
	if (huge && !base)
		FAULT(s, place(r->node, NULL), "%s: Forbidden: HugePages require cpu or memory", at);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------- */

static bool quantity(const struct node *map, const char *key, int64_t scale, int64_t *ret)
{
	const struct node *v = node_get(map, key);

	return v && v->kind != NODE_NULL && quantity_parse(v->text, scale, ret) == 0 && *ret >= 0;
}

/* The request, which a limit stands in for. */
static bool request_of(const struct k8s_resources *r, const char *key, int64_t scale, int64_t *ret)
{
	return quantity(r->requests, key, scale, ret) || quantity(r->limits, key, scale, ret);
}

static uint64_t shares_of(int64_t milli)
{
	int64_t shares =
		milli > (int64_t) CPU_SHARES_MAX * 1000 / 1024 ? CPU_SHARES_MAX : milli * 1024 / 1000;

	return (uint64_t) (shares < CPU_SHARES_MIN ? CPU_SHARES_MIN : shares);
}

static void cpu_limit(int64_t milli, struct resources_spec *ret)
{
	if (!milli)
		return;
	ret->cpu_period = CPU_PERIOD_US;
	if (__builtin_mul_overflow(milli, CPU_PERIOD_US / 1000, &ret->cpu_quota))
		ret->cpu_quota = INT64_MAX;
	if (ret->cpu_quota < CPU_QUOTA_MIN_US)
		ret->cpu_quota = CPU_QUOTA_MIN_US;
}

/* hugepages-2Mi: as the kernel names that size, "2MB". */
static void huge_pages(struct kube_set *s, const struct node *limits, struct resources_spec *ret)
{
	for (size_t i = 0; limits && limits->kind == NODE_MAP && i < limits->n; i++) {
		const char *key = limits->key[i]->text;
		int64_t size, bytes;
		char name[32], text[32];

		if (!is_huge(key) || quantity_parse(key + 10, 1, &size) < 0 || size <= 0 ||
			!quantity(limits, key, 1, &bytes))
			continue;
		if (size % (1 << 30) == 0)
			snprintf(name, sizeof name, "%lldGB", (long long) size >> 30);
		else if (size % (1 << 20) == 0)
			snprintf(name, sizeof name, "%lldMB", (long long) size >> 20);
		else
			snprintf(name, sizeof name, "%lldKB", (long long) size >> 10);
		snprintf(text, sizeof text, "%lld", (long long) bytes);
		if (kvs_set(&ret->hugepages, s->arena, name, text) < 0)
			s->no_memory = true;
	}
}

/* ---- quality of service --------------------------------------------------------------------------------------------- */

enum qos { QOS_BEST_EFFORT, QOS_BURSTABLE, QOS_GUARANTEED };

static enum qos qos_of_one(const struct k8s_resources *r)
{
	static const char *const keys[] = { "cpu", "memory" };
	bool any = false, all = true;

	for (size_t i = 0; i < LEN(keys); i++) {
		int64_t limit = 0, request = 0;
		bool l = quantity(r->limits, keys[i], 1000, &limit) && limit;
		bool q = quantity(r->requests, keys[i], 1000, &request) && request;

		any = any || l || q;
		all = all && l && (!q || request == limit);
	}
	return all ? QOS_GUARANTEED : any ? QOS_BURSTABLE : QOS_BEST_EFFORT;
}

static enum qos qos_of(const struct k8s_pod_spec *p)
{
	const struct list *lists[] = { &p->init, &p->containers };
	bool guaranteed = true, any = false;

	if (p->resources.node)
		return qos_of_one(&p->resources);
	for (size_t l = 0; l < LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			enum qos one =
				qos_of_one(&LIST_AT(*lists[l], const struct k8s_container, i)->resources);

			guaranteed = guaranteed && one == QOS_GUARANTEED;
			any = any || one != QOS_BEST_EFFORT;
		}
	return any ? guaranteed ? QOS_GUARANTEED : QOS_BURSTABLE : QOS_BEST_EFFORT;
}

/* What asks for much of the machine's memory is killed late, but before what has it guaranteed. */
static int64_t oom_score(
	const struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *k)
{
	int64_t memory = 0, score, node = s->options->node.memory;
	enum qos qos = qos_of(p);

	if (qos == QOS_GUARANTEED)
		return OOM_GUARANTEED;
	if (qos == QOS_BEST_EFFORT)
		return OOM_BEST_EFFORT;
	(void) request_of(&k->resources, "memory", 1, &memory);
	score = node > 0 ? 1000 - (int64_t) ((double) memory * 1000 / (double) node) : 999;
	return score < 3 ? 3 : score > 999 ? 999 : score;
}

/* podctl kube resize goes by it.  What is never started again cannot be restarted for that. */
static void check_resize(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *k, const char *at)
{
	const struct node *list = node_get(k->node, "resizePolicy"),
			  *own = node_get(k->node, "restartPolicy");
	const char *policy = own && own->kind == NODE_STRING ? own->text : m->spec->restart;

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *name = node_get(list->item[i], "resourceName"),
				  *what = node_get(list->item[i], "restartPolicy");

		if (name && name->kind == NODE_STRING && strcmp(name->text, "cpu") != 0 &&
			strcmp(name->text, "memory") != 0)
			FAULT(s, name,
				"%s.resizePolicy[%zu].resourceName: Unsupported value: \"%s\": supported "
				"values: "
				"\"cpu\", \"memory\"",
				at, i, name->text);
		for (size_t j = 0; name && j < i; j++) {
			const struct node *other = node_get(list->item[j], "resourceName");

			if (other && other->text && name->text && strcmp(other->text, name->text) == 0)
				FAULT(s, name, "%s.resizePolicy[%zu]: Duplicate value: \"%s\"", at, i,
					name->text);
		}
		if (what && what->kind == NODE_STRING && strcmp(what->text, "RestartContainer") == 0 &&
			policy && strcmp(policy, "Never") == 0)
			FAULT(s, what,
				"%s.resizePolicy[%zu].restartPolicy: Unsupported value: \"%s\": supported "
				"values: "
				"\"NotRequired\", as the restartPolicy is Never",
				at, i, what->text);
	}
}

void kube_resources(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	const char *at, struct container_spec *c)
{
	const struct k8s_resources *r = &k->resources;
	struct resources_spec *ret = &c->resources;
	char where[AT_MAX];
	int64_t v;

	snprintf(where, sizeof where, "%s.resources", at);
	kube_check_resources(s, r, false, where);
	check_resize(s, m, k, at);
	if (quantity(r->limits, "cpu", 1000, &v))
		cpu_limit(v, ret);
	if (quantity(r->limits, "memory", 1, &v))
		ret->memory = v;
	ret->cpu_shares = request_of(r, "cpu", 1000, &v) ? shares_of(v) : CPU_SHARES_MIN;
	if (quantity(r->requests, "memory", 1, &v))
		ret->memory_reservation = v;
	if (quantity(r->limits, "ephemeral-storage", 1, &v))
		ret->storage = (uint64_t) v;
	huge_pages(s, r->limits, ret);
	c->oom_score_adj = (struct opt_i64){ true, oom_score(s, m->spec, k) };
}

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

/* What the pod weighs and may use as a whole: as written for the pod, else the sum of its containers', where the one init
 * container that runs alone may need more.  A sum of limits is a limit only when every container has one. */
void kube_pod_resources(struct kube_set *s, const struct kube_member *m, struct resources_spec *ret)
{
	const struct k8s_pod_spec *p = m->spec;
	int64_t cpu = 0, init = 0, v, over = 0;
	char at[AT_MAX];

	snprintf(at, sizeof at, "%s.resources", m->at);
	kube_check_resources(s, &p->resources, true, at);
	for (size_t i = 0; i < p->containers.n; i++)
		if (request_of(&LIST_AT(p->containers, const struct k8s_container, i)->resources, "cpu", 1000,
			    &v) &&
			__builtin_add_overflow(cpu, v, &cpu))
			cpu = INT64_MAX / 2048;
	for (size_t i = 0; i < p->init.n; i++)
		if (request_of(&LIST_AT(p->init, const struct k8s_container, i)->resources, "cpu", 1000, &v))
			init = largest(init, v);
	cpu = largest(cpu, init);
	if (request_of(&p->resources, "cpu", 1000, &v))
		cpu = v;
	(void) quantity(p->overhead, "cpu", 1000, &over);
	ret->cpu_shares = shares_of(cpu + over);
	if (quantity(p->resources.limits, "cpu", 1000, &v))
		cpu_limit(v + over, ret);
	over = 0;
	(void) quantity(p->overhead, "memory", 1, &over);
	if (quantity(p->resources.limits, "memory", 1, &v) && v)
		ret->memory = v + over;
	if (quantity(p->resources.requests, "memory", 1, &v))
		ret->memory_reservation = v;
	huge_pages(s, p->resources.limits, ret);
}
