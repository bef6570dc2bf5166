/* What values are good beyond their type: rules of one field (":RULE" in schema.tbl) and of one object's fields together. */
#include "pkg/kube/schema_rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/kube/quantity.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/text.h"

#define LABEL_MAX 63
#define CONFIG_KEY_MAX 253
#define ANNOTATIONS_MAX (256 * 1024) /* of all keys and values together */

#define FAULT(d, node_, ...)                                                           \
	do {                                                                           \
		const struct node *at_node_ = (node_);                                 \
		diag_add((d), DIAG_ERROR, at_node_->line, at_node_->col, __VA_ARGS__); \
	} while (0)

/* ---- grammars ------------------------------------------------------------------------------------------------------------ */

/* [A-Za-z0-9] at both ends, [-_.A-Za-z0-9] between, at most 63. */
static bool label_word(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > LABEL_MAX || !isalnum((unsigned char) s[0]) || !isalnum((unsigned char) s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char) s[i]) && !strchr("-_.", s[i]))
			return false;
	return true;
}

bool schema_is_qualified(const char *s)
{
	const char *slash = strchr(s, '/');
	char prefix[256];

	if (!slash)
		return label_word(s);
	if (slash == s || (size_t) (slash - s) >= sizeof prefix)
		return false;
	memcpy(prefix, s, (size_t) (slash - s));
	prefix[slash - s] = '\0';
	return dns_subdomain_is_valid(prefix) && label_word(slash + 1);
}

bool schema_is_config_key(const char *key)
{
	size_t n = strlen(key);

	if (!n || n > CONFIG_KEY_MAX || strcmp(key, ".") == 0 || strncmp(key, "..", 2) == 0)
		return false;
	for (; *key; key++)
		if (!isalnum((unsigned char) *key) && !strchr("-_.", *key))
			return false;
	return true;
}

static const struct word_rule {
	bool (*good)(const char *s);
	const char *must;
} words[SCHEMA_RULES] = {
	[SCHEMA_LABEL] = { dns_label_is_valid,
		"must be at most 63 lower-case letters, digits and hyphens, a letter or digit "
		"first and last (RFC 1123 label)" },
	[SCHEMA_SUBDOMAIN] = { dns_subdomain_is_valid,
		"must be at most 253 lower-case letters, digits, hyphens and dots, a "
		"letter or digit first and last (RFC 1123 subdomain)" },
	[SCHEMA_QUALIFIED] = { schema_is_qualified,
		"must be at most 63 letters, digits, - _ and ., a letter or digit first and "
		"last, after a DNS name and a slash or nothing" },
	[SCHEMA_LABELS] = { schema_is_qualified,
		"a label's name must be at most 63 letters, digits, - _ and ., a letter or digit "
		"first and last, after a DNS name and a slash or nothing" },
	[SCHEMA_ANNOTATIONS] = { schema_is_qualified,
		"an annotation's name must be at most 63 letters, digits, - _ and ., a letter or "
		"digit first and last, after a DNS name and a slash or nothing" },
	[SCHEMA_KEY] = { schema_is_config_key,
		"must be at most 253 letters, digits, - _ and . and not start with .." },
};
static const char label_value[] =
	"is no label value: at most 63 letters, digits, - _ and ., a letter or digit first and last";

/* ---- one field -------------------------------------------------------------------------------------------------------------- */

static const struct {
	int64_t min, max;
} ranges[SCHEMA_RULES] = {
	[SCHEMA_NATURAL] = { 0, INT64_MAX },
	[SCHEMA_POSITIVE] = { 1, INT64_MAX },
	[SCHEMA_SECONDS] = { 1, INT32_MAX },
	[SCHEMA_WEIGHT] = { 1, 100 },
};

static void number(struct diag *d, const struct node *n, unsigned rule, const char *at)
{
	int64_t v, min = ranges[rule].min, max = ranges[rule].max;

	if (!node_int(n, &v) || (v >= min && v <= max))
		return;
	FAULT(d, n, "%s: Invalid value: %s: %s", at, n->text, schema_must(rule));
}

/* "25%" or a number, as the number; -1: neither. */
static int64_t share_of(const struct node *n, bool *ret_percent)
{
	size_t digits = strspn(n->text, "0123456789");
	int64_t v;

	*ret_percent = n->kind == NODE_STRING;
	if (n->kind == NODE_INT)
		return node_int(n, &v) ? v : -1;
	return digits && digits < 10 && strcmp(n->text + digits, "%") == 0 ? strtoll(n->text, NULL, 10) : -1;
}

static void share(struct diag *d, const struct node *n, const char *at)
{
	bool percent;
	int64_t v = share_of(n, &percent);

	if (v < 0)
		FAULT(d, n, "%s: Invalid value: %s: %s", at, n->text, schema_must(SCHEMA_SHARE));
	else if (percent && v > 100 && strstr(at, "maxUnavailable"))
		FAULT(d, n, "%s: Invalid value: \"%s\": must not be greater than 100%%", at, n->text);
}

const char *schema_must(unsigned rule)
{
	static const char *const of_numbers[SCHEMA_RULES] = {
		[SCHEMA_NATURAL] = "must be greater than or equal to 0",
		[SCHEMA_POSITIVE] = "must be greater than or equal to 1",
		[SCHEMA_SECONDS] = "must be between 1 and 2147483647, inclusive",
		[SCHEMA_WEIGHT] = "must be between 1 and 100, inclusive",
		[SCHEMA_SHARE] = "must be a number of pods from 0 on, or a percentage such as 25%",
	};

	return words[rule].must ? words[rule].must : of_numbers[rule] ? of_numbers[rule] : "";
}

void schema_value(struct diag *d, const struct node *n, unsigned rule, const char *at)
{
	if (rule == SCHEMA_SHARE && (n->kind == NODE_INT || n->kind == NODE_STRING))
		share(d, n, at);
	else if (words[rule].good && n->kind == NODE_STRING && *n->text && !words[rule].good(n->text))
		FAULT(d, n, "%s: Invalid value: \"%s\": %s", at, n->text, words[rule].must);
	else if (ranges[rule].max && n->kind == NODE_INT)
		number(d, n, rule, at);
}

/* podman 4 wrote "bind-mount-options:/path", which is no name: what it generated is played all the same. */
static bool is_of_podman(unsigned rule, const char *key)
{
	return rule == SCHEMA_ANNOTATIONS && strncmp(key, "bind-mount-options:/", 20) == 0;
}

void schema_map(struct diag *d, const struct node *map, unsigned rule, const char *at)
{
	size_t size = 0;

	for (size_t i = 0; i < map->n && words[rule].good; i++) {
		const char *key = map->key[i]->text, *value = map->item[i]->text;

		if (!words[rule].good(key) && !is_of_podman(rule, key))
			FAULT(d, map->key[i], "%s: Invalid value: \"%s\": %s", at, key, words[rule].must);
		if (rule == SCHEMA_LABELS && map->item[i]->kind == NODE_STRING && *value &&
			!label_word(value))
			FAULT(d, map->item[i], "%s.%s: Invalid value: \"%s\": %s", at, key, value,
				label_value);
		size += strlen(key) + strlen(value);
	}
	if (rule == SCHEMA_ANNOTATIONS && size > ANNOTATIONS_MAX)
		FAULT(d, map, "%s: Too long: may not be more than 262144 bytes in all, it has %zu", at, size);
}

/* ---- one object's fields together ---------------------------------------------------------------------------------------------- */

static const struct node *here(const struct node *object, const char *key)
{
	const struct node *v = node_get(object, key);

	return v ? v : object;
}

static const char *text_of(const struct node *object, const char *key)
{
	const struct node *v = node_get(object, key);

	return v && v->kind == NODE_STRING ? v->text : "";
}

static const struct node *list_of(const struct node *object, const char *key)
{
	static const struct node none = { .kind = NODE_LIST };
	const struct node *v = node_get(object, key);

	return v && v->kind == NODE_LIST ? v : &none;
}

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static void toleration(struct diag *d, const struct node *n, const char *at)
{
	const char *key = text_of(n, "key"), *op = text_of(n, "operator"), *value = text_of(n, "value"),
		   *effect = text_of(n, "effect");
	int64_t v;

	if (!*key && !is(op, "Exists"))
		FAULT(d, here(n, "operator"),
			"%s.operator: Invalid value: \"%s\": operator must be Exists when `key` is empty", at,
			op);
	else if (is(op, "Exists") && *value)
		FAULT(d, here(n, "value"),
			"%s.value: Invalid value: \"%s\": value must be empty when `operator` is 'Exists'",
			at, value);
	else if ((!*op || is(op, "Equal")) && *value && !label_word(value))
		FAULT(d, here(n, "value"), "%s.value: Invalid value: \"%s\": %s", at, value, label_value);
	else if ((is(op, "Lt") || is(op, "Gt")) && parse_i64(value, INT64_MIN, INT64_MAX, &v) < 0)
		FAULT(d, here(n, "value"), "%s.value: Invalid value: \"%s\": must be an integer with %s", at,
			value, op);
	if (node_get(n, "tolerationSeconds") && node_get(n, "tolerationSeconds")->kind != NODE_NULL &&
		!is(effect, "NoExecute"))
		FAULT(d, here(n, "effect"),
			"%s.effect: Invalid value: \"%s\": effect must be 'NoExecute' when "
			"`tolerationSeconds` is set",
			at, effect);
}

static void spread(struct diag *d, const struct node *n, const char *at)
{
	if (node_get(n, "minDomains") && is(text_of(n, "whenUnsatisfiable"), "ScheduleAnyway"))
		FAULT(d, here(n, "minDomains"),
			"%s.minDomains: Invalid value: %s: can only use minDomains if "
			"whenUnsatisfiable=DoNotSchedule",
			at, here(n, "minDomains")->text);
	if (list_of(n, "matchLabelKeys")->n && !node_get(n, "labelSelector"))
		FAULT(d, here(n, "matchLabelKeys"),
			"%s.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
			at);
}

/* Two members of a list that say the same in all of the keys. */
static void twins(struct diag *d, const struct node *list, const char *const *keys, const char *at)
{
	for (size_t i = 1; i < list->n; i++)
		for (size_t j = 0; j < i; j++) {
			bool same = true;

			for (size_t k = 0; same && keys[k]; k++)
				same = *text_of(list->item[i], keys[k]) &&
				       is(text_of(list->item[i], keys[k]), text_of(list->item[j], keys[k]));
			if (!same)
				continue;
			FAULT(d, list->item[i], "%s[%zu]: Duplicate value: \"%s\", the first is at %d:%d", at,
				i, text_of(list->item[i], keys[0]), list->item[j]->line, list->item[j]->col);
			break;
		}
}

/* os.name: linux leaves no use for what is of Windows. */
static void no_windows(struct diag *d, const struct node *n, const char *at)
{
	static const char *const lists[] = { "initContainers", "containers" };
	const struct node *own = node_get(node_get(n, "securityContext"), "windowsOptions");

	if (!is(text_of(node_get(n, "os"), "name"), "linux"))
		return;
	if (own && own->kind != NODE_NULL)
		FAULT(d, own,
			"%s.securityContext.windowsOptions: Forbidden: windows options cannot be set for a "
			"linux pod",
			at);
	for (size_t l = 0; l < LEN(lists); l++)
		for (size_t i = 0; i < list_of(n, lists[l])->n; i++) {
			own = node_get(
				node_get(list_of(n, lists[l])->item[i], "securityContext"), "windowsOptions");
			if (own && own->kind != NODE_NULL)
				FAULT(d, own,
					"%s.%s[%zu].securityContext.windowsOptions: Forbidden: windows "
					"options cannot be set "
					"for a linux pod",
					at, lists[l], i);
		}
}

static void pod_spec(struct diag *d, const struct node *n, const char *at)
{
	static const char *const gate[] = { "name", NULL }, *const what[] = { "topologyKey",
		"whenUnsatisfiable", NULL };
	const struct node *overhead = node_get(n, "overhead");
	char where[512];

	no_windows(d, n, at);
	snprintf(where, sizeof where, "%s.schedulingGates", at);
	twins(d, list_of(n, "schedulingGates"), gate, where);
	snprintf(where, sizeof where, "%s.topologySpreadConstraints", at);
	twins(d, list_of(n, "topologySpreadConstraints"), what, where);
	if (overhead && overhead->n && !*text_of(n, "runtimeClassName"))
		diag_add(d, DIAG_WARNING, overhead->line, overhead->col,
			"%s.overhead: a cluster forbids it without the runtimeClassName it belongs to", at);
}

/* Operators, with what each wants of its values. */
static void requirement(struct diag *d, const struct node *n, const char *at, bool of_nodes)
{
	static const char *const known[] = { "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", NULL };
	static const char *const plain[] = { "In", "NotIn", "Exists", "DoesNotExist", NULL };
	const char *op = text_of(n, "operator"), *near;
	const struct node *values = list_of(n, "values");
	bool listing = is(op, "In") || is(op, "NotIn"), known_op = false;
	int64_t v;

	for (size_t i = 0; plain[i]; i++)
		known_op = known_op || is(plain[i], op);
	if (of_nodes && (is(op, "Gt") || is(op, "Lt"))) {
		if (values->n != 1 || parse_i64(values->item[0]->text, INT64_MIN, INT64_MAX, &v) < 0)
			FAULT(d, here(n, "values"),
				"%s.values: must have a single integer element when `operator` is 'Lt' or "
				"'Gt'",
				at);
	} else if (listing && !values->n) {
		FAULT(d, here(n, "values"),
			"%s.values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
			at);
	} else if (known_op && !listing && values->n) {
		FAULT(d, values,
			"%s.values: Forbidden: may not be specified when `operator` is 'Exists' or "
			"'DoesNotExist'",
			at);
	} else if (*op && !known_op && !of_nodes) {
		near = text_nearest(op, of_nodes ? known : plain);
		FAULT(d, here(n, "operator"), "%s.operator: unknown value \"%s\"%s%s%s", at, op,
			near ? ", did you mean " : ", expected In, NotIn, Exists or DoesNotExist",
			near ? near : "", near ? "?" : "");
	}
	for (size_t i = 0; listing && i < values->n; i++)
		if (values->item[i]->kind == NODE_STRING && *values->item[i]->text &&
			!label_word(values->item[i]->text))
			FAULT(d, values->item[i], "%s.values[%zu]: Invalid value: \"%s\": %s", at, i,
				values->item[i]->text, label_value);
}

static void of_labels(struct diag *d, const struct node *n, const char *at) { requirement(d, n, at, false); }
static void of_nodes(struct diag *d, const struct node *n, const char *at) { requirement(d, n, at, true); }

static void node_term(struct diag *d, const struct node *n, const char *at)
{
	const struct node *fields = list_of(n, "matchFields");

	for (size_t i = 0; i < fields->n; i++) {
		const struct node *one = fields->item[i];
		const char *op = text_of(one, "operator");

		if (!is(text_of(one, "key"), "metadata.name"))
			FAULT(d, here(one, "key"),
				"%s.matchFields[%zu].key: Invalid value: \"%s\": not a valid field selector "
				"key, expected "
				"metadata.name",
				at, i, text_of(one, "key"));
		else if ((is(op, "In") || is(op, "NotIn")) && list_of(one, "values")->n != 1)
			FAULT(d, here(one, "values"),
				"%s.matchFields[%zu].values: Required value: must be only one value when "
				"`operator` is 'In' or "
				"'NotIn' for node field selector",
				at, i);
	}
}

static void strategy(struct diag *d, const struct node *n, const char *at)
{
	const char *type = text_of(n, "type");
	const struct node *rolling = node_get(n, "rollingUpdate");

	if (rolling && rolling->kind != NODE_NULL && *type && !is(type, "RollingUpdate"))
		FAULT(d, rolling,
			"%s.rollingUpdate: Forbidden: may not be specified when strategy `type` is '%s'", at,
			type);
}

/* Whether it is given as none; dflt when it is not given. */
static bool is_none(const struct node *object, const char *key, bool dflt)
{
	const struct node *v = node_get(object, key);
	bool percent;

	return v && v->kind != NODE_NULL ? share_of(v, &percent) == 0 : dflt;
}

static void rolling(struct diag *d, const struct node *n, const char *at)
{
	if (is_none(n, "maxUnavailable", false) && is_none(n, "maxSurge", false))
		FAULT(d, here(n, "maxUnavailable"),
			"%s.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0", at);
}

static void rolling_daemons(struct diag *d, const struct node *n, const char *at)
{
	bool none = is_none(n, "maxUnavailable", false), no_surge = is_none(n, "maxSurge", true);

	if (none && no_surge)
		FAULT(d, here(n, "maxUnavailable"),
			"%s.maxUnavailable: Invalid value: 0: cannot be 0 when maxSurge is 0", at);
	else if (!none && !no_surge)
		FAULT(d, here(n, "maxSurge"),
			"%s.maxSurge: Invalid value: %s: may not be set when maxUnavailable is non-zero%s",
			at, here(n, "maxSurge")->text,
			node_get(n, "maxUnavailable") ? "" : " (it is 1 unless given)");
}

static void deployment(struct diag *d, const struct node *n, const char *at)
{
	const struct node *ready = node_get(n, "minReadySeconds"),
			  *deadline = node_get(n, "progressDeadlineSeconds");
	int64_t r = 0, p = 600;

	if ((deadline && !node_int(deadline, &p)) || (ready && !node_int(ready, &r)) || p < 0 || p > r)
		return;
	FAULT(d, deadline ? deadline : ready,
		"%s.progressDeadlineSeconds: Invalid value: %lld: must be greater than minReadySeconds "
		"(%lld)",
		at, (long long) p, (long long) r);
}

/* metadata.labels['KEY'] and metadata.annotations['KEY']: KEY is a label's name. */
static void field_ref(struct diag *d, const struct node *n, const char *at)
{
	const char *api = text_of(n, "apiVersion"), *path = text_of(n, "fieldPath"),
		   *open = strstr(path, "['");
	size_t len = strlen(path);
	char key[320];

	if (*api && !is(api, "v1"))
		FAULT(d, here(n, "apiVersion"),
			"%s.apiVersion: Invalid value: \"%s\": unsupported pod version, expected v1", at,
			api);
	if (!open || len < 2 || strncmp(path, "metadata.", 9) != 0 || !is(path + len - 2, "']") ||
		open + 2 > path + len - 2)
		return;
	snprintf(key, sizeof key, "%.*s", (int) (path + len - 2 - (open + 2)), open + 2);
	if (*key && !schema_is_qualified(key))
		FAULT(d, here(n, "fieldPath"), "%s.fieldPath: Invalid value: \"%s\": \"%s\" %s", at, path,
			key, words[SCHEMA_LABELS].must);
}

static void dns_option(struct diag *d, const struct node *n, const char *at)
{
	if (!*text_of(n, "name"))
		FAULT(d, here(n, "name"), "%s.name: Required value: must not be empty", at);
}

static bool climbs(const char *path)
{
	for (const char *p = strstr(path, ".."); p; p = strstr(p + 1, ".."))
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

static void host_path(struct diag *d, const struct node *n, const char *at)
{
	if (climbs(text_of(n, "path")))
		FAULT(d, here(n, "path"), "%s.path: Invalid value: \"%s\": must not contain '..'", at,
			text_of(n, "path"));
}

static void volume(struct diag *d, const struct node *n, const char *at)
{
	const struct node *capacity = node_get(n, "capacity"), *modes = node_get(n, "accessModes"),
			  *claim = node_get(n, "claimRef");
	const struct node *size = node_get(capacity, "storage");
	int64_t bytes;

	if (!capacity || capacity->kind == NODE_NULL)
		FAULT(d, n, "%s.capacity: Required value", at);
	else if (capacity->kind == NODE_MAP && (!size || capacity->n > 1))
		FAULT(d, capacity, "%s.capacity: Unsupported value: expected storage and nothing else", at);
	if (size && quantity_parse(size->text, 1, &bytes) == 0 && bytes <= 0)
		FAULT(d, size, "%s.capacity.storage: Invalid value: \"%s\": must be greater than zero", at,
			size->text);
	if (!modes || modes->kind == NODE_NULL || (modes->kind == NODE_LIST && !modes->n))
		FAULT(d, modes ? modes : n,
			"%s.accessModes: Required value: at least 1 access mode is required", at);
	if (claim && claim->kind == NODE_MAP && !*text_of(claim, "name"))
		FAULT(d, claim, "%s.claimRef.name: Required value", at);
}

static const struct {
	const char *type;
	void (*check)(struct diag *d, const struct node *n, const char *at);
} objects[] = {
	{ "DeploymentSpec", deployment },
	{ "DeploymentStrategy", strategy },
	{ "HostPathVolumeSource", host_path },
	{ "LabelSelectorRequirement", of_labels },
	{ "NodeSelectorRequirement", of_nodes },
	{ "NodeSelectorTerm", node_term },
	{ "ObjectFieldSelector", field_ref },
	{ "PersistentVolumeSpec", volume },
	{ "PodDNSConfigOption", dns_option },
	{ "PodSpec", pod_spec },
	{ "RollingUpdateDaemonSet", rolling_daemons },
	{ "RollingUpdateDeployment", rolling },
	{ "StatefulSetUpdateStrategy", strategy },
	{ "Toleration", toleration },
	{ "TopologySpreadConstraint", spread },
};

void schema_object(struct diag *d, const struct node *n, const char *type, const char *at)
{
	for (size_t i = 0; i < LEN(objects); i++)
		if (*objects[i].type == *type && strcmp(objects[i].type, type) == 0)
			objects[i].check(d, n, at);
}
