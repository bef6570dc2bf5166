/* Rules within one pod that join fields, as Kubernetes' own validation has them, and values podctl cannot honour yet. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define UID_MAX_K8S 2147483647LL
#define PORT_NAME_MAX 15

static bool has(const char *s) { return s && *s; }

/* A service name of RFC 6335: lower case letters, digits and single hyphens, at least one letter. */
static bool port_name_is_valid(const char *s)
{
	size_t n = strlen(s);
	bool letter = false;

	if (!n || n > PORT_NAME_MAX || s[0] == '-' || s[n - 1] == '-' || strstr(s, "--"))
		return false;
	for (; *s; s++) {
		letter |= *s >= 'a' && *s <= 'z';
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && *s != '-')
			return false;
	}
	return letter;
}

static bool is_ip(const char *s)
{
	unsigned char a[16];

	return inet_pton(AF_INET, s, a) == 1 || inet_pton(AF_INET6, s, a) == 1;
}

/* hostPort: 0 is none. */
static void check_port(struct kube_set *s, const struct node *object, const char *key, int64_t v, int64_t min,
	const char *at)
{
	const struct node *given = node_get(object, key);

	if (given && given->kind == NODE_INT && (v < min || v > 65535))
		FAULT(s, given, "%s.%s: expected an integer from 1 to 65535, got %s", at, key, given->text);
}

static void check_ports(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->ports.n; i++) {
		const struct k8s_port *k = LIST_AT(c->ports, const struct k8s_port, i);

		snprintf(where, sizeof where, "%s.ports[%zu]", at, i);
		check_port(s, k->node, "containerPort", k->container_port, 1, where);
		check_port(s, k->node, "hostPort", k->host_port, 0, where);
		if (p->host_network && k->host_port && k->host_port != k->container_port)
			FAULT(s, place(k->node, "hostPort"),
				"%s.hostPort: must be containerPort (%lld), because the pod has hostNetwork",
				where, (long long) k->container_port);
		if (has(k->host_ip) && !is_ip(k->host_ip))
			FAULT(s, place(k->node, "hostIP"), "%s.hostIP: \"%s\" is no IP address", where,
				k->host_ip);
		if (!has(k->name))
			continue;
		if (!port_name_is_valid(k->name))
			FAULT(s, place(k->node, "name"),
				"%s.name: \"%s\" is no port name: at most 15 lower-case letters, digits and "
				"single hyphens, with a letter",
				where, k->name);
		for (size_t j = 0; j < i; j++) {
			const struct k8s_port *twin = LIST_AT(c->ports, const struct k8s_port, j);

			if (has(twin->name) && strcmp(twin->name, k->name) == 0)
				FAULT(s, place(k->node, "name"),
					"%s.name: \"%s\" is given twice, the first is at %d:%d", where,
					k->name, place(twin->node, "name")->line,
					place(twin->node, "name")->col);
		}
	}
}

static bool variable_is_valid(const char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~' || *name == '=')
			return false;
	return true;
}

static void check_env(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->env.n; i++) {
		const struct k8s_env *e = LIST_AT(c->env, const struct k8s_env, i);

		snprintf(where, sizeof where, "%s.env[%zu]", at, i);
		if (e->name && !variable_is_valid(e->name))
			FAULT(s, place(e->node, "name"),
				"%s.name: Invalid value: \"%s\": a name of a variable is of printable ASCII "
				"characters other than \"=\"",
				where, e->name);
		if (has(e->value) && e->from)
			FAULT(s, place(e->node, "valueFrom"), "%s: value and valueFrom exclude each other",
				where);
	}
}

static void check_image(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	const struct node *given = node_get(c->node, "image");

	if (given && given->kind != NODE_STRING && given->kind != NODE_NULL)
		return; /* a wrong type, reported */
	if (!has(c->image))
		FAULT(s, place(c->node, "image"), "%s.image: Required value", at);
	else if (strpbrk(c->image, " \t\n") || c->image[0] == '-')
		FAULT(s, given, "%s.image: \"%s\" is no image name", at, c->image);
}

static void check_container(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	bool init, const char *at)
{
	const struct k8s_pod_spec *p = m->spec;

	if (!c->node || c->node->kind != NODE_MAP)
		return;
	check_image(s, c, at);
	check_ports(s, p, c, at);
	check_env(s, c, at);
	kube_check_care(s, m, c, init, at);
	kube_check_mounts(s, m, c, at);
	kube_check_security(s, m, c, at);
	if (has(c->lifecycle.stop_signal) && !has(p->os.name))
		FAULT(s, place(c->lifecycle.node, "stopSignal"),
			"%s.lifecycle.stopSignal: needs spec.os.name: linux", at);
}

/* Names are unique over init containers and containers. */
static void check_names(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	size_t n = p->init.n + p->containers.n;

	for (size_t i = 1; i < n; i++) {
		const struct k8s_container *a =
			i < p->init.n ? LIST_AT(p->init, const struct k8s_container, i)
				      : LIST_AT(p->containers, const struct k8s_container, i - p->init.n);

		for (size_t j = 0; has(a->name) && j < i; j++) {
			const struct k8s_container *b =
				j < p->init.n
					? LIST_AT(p->init, const struct k8s_container, j)
					: LIST_AT(p->containers, const struct k8s_container, j - p->init.n);

			if (!has(b->name) || strcmp(a->name, b->name) != 0)
				continue;
			FAULT(s, place(a->node, "name"),
				"%s.%s[%zu].name: \"%s\" is given twice, the first is at %d:%d", m->at,
				i < p->init.n ? "initContainers" : "containers",
				i < p->init.n ? i : i - p->init.n, a->name, place(b->node, "name")->line,
				place(b->node, "name")->col);
			break;
		}
	}
}

/* What a resolver reads of resolv.conf; the API's own limits. */
#define DNS_SERVERS_MAX 3
#define DNS_SEARCHES_MAX 32
#define DNS_SEARCH_CHARS 2048

static void check_dns_sizes(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	size_t chars = 0;

	if (p->dns.servers.n > DNS_SERVERS_MAX)
		FAULT(s, place(p->dns.node, "nameservers"),
			"%s.dnsConfig.nameservers: must not have more than %d nameservers, it has %zu", m->at,
			DNS_SERVERS_MAX, p->dns.servers.n);
	if (p->dns.searches.n > DNS_SEARCHES_MAX)
		FAULT(s, place(p->dns.node, "searches"),
			"%s.dnsConfig.searches: must not have more than %d search paths, it has %zu", m->at,
			DNS_SEARCHES_MAX, p->dns.searches.n);
	for (size_t i = 0; i < p->dns.searches.n; i++)
		chars += strlen(p->dns.searches.v[i]) + (i > 0);
	if (chars > DNS_SEARCH_CHARS)
		FAULT(s, place(p->dns.node, "searches"),
			"%s.dnsConfig.searches: must not have more than %d characters in all, it has %zu",
			m->at, DNS_SEARCH_CHARS, chars);
}

/* A DNS name, also with a final dot and underscores; "." is the root. */
static bool is_search(const char *s)
{
	char name[256];
	size_t n = strlen(s);

	if (strcmp(s, ".") == 0)
		return true;
	if (!n || n >= sizeof name)
		return false;
	memcpy(name, s, n + 1);
	if (name[n - 1] == '.')
		name[n - 1] = '\0';
	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = 'a';
	return dns_subdomain_is_valid(name);
}

static void check_dns(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	const struct node *servers = node_get(p->dns.node, "nameservers");

	for (size_t i = 0; i < p->dns.servers.n; i++)
		if (!is_ip(p->dns.servers.v[i]))
			FAULT(s, servers && i < servers->n ? servers->item[i] : place(p->dns.node, NULL),
				"%s.dnsConfig.nameservers[%zu]: \"%s\" is no IP address", m->at, i,
				p->dns.servers.v[i]);
	check_dns_sizes(s, m);
	for (size_t i = 0; i < p->dns.searches.n; i++)
		if (!is_search(p->dns.searches.v[i]))
			FAULT(s, place(p->dns.node, "searches"),
				"%s.dnsConfig.searches[%zu]: Invalid value: \"%s\": is no DNS name", m->at, i,
				p->dns.searches.v[i]);
	if (has(p->dns_policy) && strcmp(p->dns_policy, "None") == 0 && !p->dns.servers.n)
		FAULT(s, place(p->node, "dnsPolicy"), "%s.dnsPolicy: None needs dnsConfig.nameservers",
			m->at);
	for (size_t i = 0; i < p->host_aliases.n; i++) {
		const struct k8s_host_alias *h = LIST_AT(p->host_aliases, const struct k8s_host_alias, i);

		if (h->ip && !is_ip(h->ip))
			FAULT(s, place(h->node, "ip"), "%s.hostAliases[%zu].ip: \"%s\" is no IP address",
				m->at, i, h->ip);
		for (size_t j = 0; j < h->names.n; j++)
			if (!dns_subdomain_is_valid(h->names.v[j]))
				FAULT(s, place(h->node, "hostnames"),
					"%s.hostAliases[%zu].hostnames[%zu]: \"%s\" is no host name", m->at,
					i, j, h->names.v[j]);
	}
}

/* Of a workload the template lacks it, which the schema has said when there is no template at all. */
static void missing_spec(struct kube_set *s, const struct kube_member *m)
{
	const struct node *spec = node_get(m->doc->node, "spec"), *template = node_get(spec, "template");
	const char *dot = *m->doc->at ? "." : "";

	if (m->doc->pod || !spec || spec->kind == NODE_NULL)
		FAULT(s, place(m->doc->node, NULL), "%s%sspec: Required value", m->doc->at, dot);
	else if (template && template->kind == NODE_MAP)
		FAULT(s, template, "%s: Required value", m->at);
}

void kube_check_pod(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	const struct node *given = node_get(p->node, "containers");
	char where[AT_MAX];

	if (!p->node) {
		missing_spec(s, m);
		return;
	}
	if (given && given->kind == NODE_LIST && !given->n)
		FAULT(s, given, "%s.containers: expected at least one container", m->at);
	for (size_t i = 0; i < p->init.n; i++) {
		snprintf(where, sizeof where, "%s.initContainers[%zu]", m->at, i);
		check_container(s, m, LIST_AT(p->init, const struct k8s_container, i), true, where);
	}
	for (size_t i = 0; i < p->containers.n; i++) {
		snprintf(where, sizeof where, "%s.containers[%zu]", m->at, i);
		check_container(s, m, LIST_AT(p->containers, const struct k8s_container, i), false, where);
	}
	check_names(s, m);
	kube_check_volumes(s, m);
	kube_check_notes(s, m);
	check_dns(s, m);
	kube_check_pod_security(s, m);
	if (has(p->hostname_override) &&
		(!dns_subdomain_is_valid(p->hostname_override) || strlen(p->hostname_override) > 64))
		FAULT(s, place(p->node, "hostnameOverride"),
			"%s.hostnameOverride: Invalid value: \"%s\": must be a host name of at most 64 "
			"characters",
			m->at, p->hostname_override);
	if (has(p->hostname_override) && (p->host_network || p->fqdn))
		FAULT(s, place(p->node, "hostnameOverride"),
			"%s.hostnameOverride: Forbidden: together with %s", m->at,
			p->host_network ? "hostNetwork" : "setHostnameAsFQDN");
	if (p->host_pid && p->share_pid)
		FAULT(s, place(p->node, "shareProcessNamespace"),
			"%s.shareProcessNamespace: excludes hostPID", m->at);
	for (size_t i = 0; i < p->pull_secrets.n; i++) {
		const struct k8s_key_ref *r = LIST_AT(p->pull_secrets, const struct k8s_key_ref, i);

		if (r->node && !has(r->name))
			FAULT(s, place(r->node, "name"), "%s.imagePullSecrets[%zu].name: Required value",
				m->at, i);
	}
	if (has(p->os.name) && strcmp(p->os.name, "windows") == 0)
		FAULT(s, place(node_get(p->node, "os"), "name"), "%s.os.name: podctl runs linux containers",
			m->at);
}
