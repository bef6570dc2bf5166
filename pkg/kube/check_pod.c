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

/* ".." as one of its components */
static bool has_dotdot(const char *path)
{
	for (const char *p = path;; p++) {
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
			return true;
		if (!(p = strchr(p, '/')))
			return false;
	}
}

static void check_port(
	struct kube_set *s, const struct node *object, const char *key, int64_t v, const char *at)
{
	const struct node *given = node_get(object, key);

	if (given && given->kind == NODE_INT && (v < 1 || v > 65535))
		FAULT(s, given, "%s.%s: expected an integer from 1 to 65535, got %s", at, key, given->text);
}

static void check_ports(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->ports.n; i++) {
		const struct k8s_port *k = LIST_AT(c->ports, const struct k8s_port, i);

		snprintf(where, sizeof where, "%s.ports[%zu]", at, i);
		check_port(s, k->node, "containerPort", k->container_port, where);
		check_port(s, k->node, "hostPort", k->host_port, where);
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

static void check_env(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->env.n; i++) {
		const struct k8s_env *e = LIST_AT(c->env, const struct k8s_env, i);

		snprintf(where, sizeof where, "%s.env[%zu]", at, i);
		if (e->name && (!*e->name || strchr(e->name, '=')))
			FAULT(s, place(e->node, "name"), "%s.name: \"%s\" is no name of a variable", where,
				e->name);
		if (has(e->value) && e->from)
			FAULT(s, place(e->node, "valueFrom"), "%s: value and valueFrom exclude each other",
				where);
	}
}

static const struct k8s_volume *volume_find(const struct k8s_pod_spec *p, const char *name)
{
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct k8s_volume *v = LIST_AT(p->volumes, const struct k8s_volume, i);

		if (v->name && strcmp(v->name, name) == 0)
			return v;
	}
	return NULL;
}

static void unknown_volume(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_mount *m, const char *at)
{
	const char *names[65] = { 0 }, *near;
	size_t n = 0;

	for (size_t i = 0; i < p->volumes.n && n < LEN(names) - 1; i++)
		if (LIST_AT(p->volumes, const struct k8s_volume, i)->name)
			names[n++] = LIST_AT(p->volumes, const struct k8s_volume, i)->name;
	near = text_nearest(m->name, names);
	FAULT(s, place(m->node, "name"), "%s.name: the pod has no volume \"%s\"%s%s%s", at, m->name,
		near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void check_mounts(
	struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *c, const char *at)
{
	char where[AT_MAX];

	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct k8s_mount *m = LIST_AT(c->mounts, const struct k8s_mount, i);

		snprintf(where, sizeof where, "%s.volumeMounts[%zu]", at, i);
		if (m->name && !volume_find(p, m->name))
			unknown_volume(s, p, m, where);
		if (m->path && !*m->path)
			FAULT(s, place(m->node, "mountPath"), "%s.mountPath: required", where);
		else if (m->path && strchr(m->path, ':'))
			FAULT(s, place(m->node, "mountPath"), "%s.mountPath: \"%s\" may hold no colon", where,
				m->path);
		for (size_t j = 0; m->path && j < i; j++) {
			const struct k8s_mount *twin = LIST_AT(c->mounts, const struct k8s_mount, j);

			if (twin->path && strcmp(twin->path, m->path) == 0)
				FAULT(s, place(m->node, "mountPath"),
					"%s.mountPath: \"%s\" is given twice, the first is at %d:%d", where,
					m->path, place(twin->node, "mountPath")->line,
					place(twin->node, "mountPath")->col);
		}
		if (has(m->sub_path) && (m->sub_path[0] == '/' || has_dotdot(m->sub_path)))
			FAULT(s, place(m->node, "subPath"),
				"%s.subPath: expected a relative path without \"..\", got \"%s\"", where,
				m->sub_path);
		if (has(m->sub_path_expr) && (m->sub_path_expr[0] == '/' || has_dotdot(m->sub_path_expr)))
			FAULT(s, place(m->node, "subPathExpr"),
				"%s.subPathExpr: expected a relative path without \"..\", got \"%s\"", where,
				m->sub_path_expr);
		if (has(m->sub_path) && has(m->sub_path_expr))
			FAULT(s, place(m->node, "subPathExpr"),
				"%s: subPath and subPathExpr exclude each other", where);
		if (m->propagation == K8S_PROPAGATION_BIDIRECTIONAL && !c->security.privileged.v)
			FAULT(s, place(m->node, "mountPropagation"),
				"%s.mountPropagation: Bidirectional is for privileged containers", where);
		if (has(m->recursive_read_only) && strcmp(m->recursive_read_only, "Enabled") == 0)
			FAULT(s, place(m->node, "recursiveReadOnly"),
				"%s.recursiveReadOnly: Enabled is not supported by podctl yet: mounts below "
				"would stay writable",
				where);
	}
}

static void check_seccomp(struct kube_set *s, const struct k8s_seccomp *p, const char *at)
{
	if (p && has(p->type) && strcmp(p->type, "Localhost") == 0)
		FAULT(s, place(p->node, "type"),
			"%s.seccompProfile.type: Localhost is not supported by podctl yet: the profile would "
			"not be loaded",
			at);
}

static void check_id(
	struct kube_set *s, const struct node *n, const char *key, struct opt_i64 id, const char *at)
{
	if (id.set && (id.v < 0 || id.v > UID_MAX_K8S))
		FAULT(s, place(n, key), "%s.%s: expected an integer from 0 to 2147483647, got %lld", at, key,
			(long long) id.v);
}

/* What the container may not be, by its own word or the pod's, and who it is. */
static void check_user(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at)
{
	const struct k8s_security *own = &c->security;
	const struct k8s_pod_security *of_pod = &m->spec->security;
	struct opt_i64 uid = own->user.set ? own->user : of_pod->user,
		       gid = own->group.set ? own->group : of_pod->group;
	struct opt_bool non_root = own->non_root.set ? own->non_root : of_pod->non_root;
	const char *asker = own->non_root.set ? at : m->at, *grouper = own->group.set ? at : m->at;

	if (non_root.v && uid.set && uid.v == 0)
		FAULT(s, place(own->non_root.set ? own->node : of_pod->node, "runAsNonRoot"),
			"%s.securityContext.runAsNonRoot: but container \"%s\" has runAsUser 0", asker,
			c->name ? c->name : "");
	else if (non_root.v && !uid.set)
		FAULT(s, place(own->non_root.set ? own->node : of_pod->node, "runAsNonRoot"),
			"%s.securityContext.runAsNonRoot: without runAsUser is not supported by podctl yet: "
			"the user of the image of container "
			"\"%s\" is not looked at; give runAsUser",
			asker, c->name ? c->name : "");
	if (gid.set && !uid.set)
		FAULT(s, place(own->group.set ? own->node : of_pod->node, "runAsGroup"),
			"%s.securityContext.runAsGroup: needs runAsUser", grouper);
}

static void check_caps(struct kube_set *s, const struct k8s_capabilities *c, const char *key,
	const struct strs *l, const char *at)
{
	const struct node *list = node_get(c->node, key);

	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i], "ALL") != 0 && cap_parse(l->v[i]) < 0)
			FAULT(s, list && i < list->n ? list->item[i] : place(c->node, key),
				"%s.securityContext.capabilities.%s[%zu]: unknown capability \"%s\"", at, key,
				i, l->v[i]);
}

static void check_security(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at)
{
	const struct k8s_security *k = &c->security;
	char where[AT_MAX];

	snprintf(where, sizeof where, "%s.securityContext", at);
	check_id(s, k->node, "runAsUser", k->user, where);
	check_id(s, k->node, "runAsGroup", k->group, where);
	check_user(s, m, c, at);
	check_seccomp(s, k->seccomp, where);
	check_caps(s, &k->capabilities, "add", &k->capabilities.add, at);
	check_caps(s, &k->capabilities, "drop", &k->capabilities.drop, at);
	if (k->escalation.set && !k->escalation.v && k->privileged.v)
		FAULT(s, place(k->node, "allowPrivilegeEscalation"),
			"%s.allowPrivilegeEscalation: false and privileged exclude each other", where);
	if (has(k->proc_mount) && strcmp(k->proc_mount, "Unmasked") == 0)
		FAULT(s, place(k->node, "procMount"),
			"%s.procMount: Unmasked is not supported by podctl yet: /proc would stay masked",
			where);
}

static void check_image(struct kube_set *s, const struct k8s_container *c, const char *at)
{
	const struct node *given = node_get(c->node, "image");

	if (given && given->kind != NODE_STRING && given->kind != NODE_NULL)
		return; /* a wrong type, reported */
	if (!has(c->image))
		FAULT(s, place(c->node, "image"), "%s.image: required", at);
	else if (strpbrk(c->image, " \t\n") || c->image[0] == '-')
		FAULT(s, given, "%s.image: \"%s\" is no image name", at, c->image);
}

static void check_container(struct kube_set *s, const struct kube_member *m, const struct k8s_container *c,
	bool init, const char *at)
{
	const struct k8s_pod_spec *p = m->spec;

	if (!c->node || c->node->kind != NODE_MAP)
		return;
	if (c->name && !dns_label_is_valid(c->name))
		FAULT(s, place(c->node, "name"),
			"%s.name: \"%s\" is no name: at most 63 lower-case letters, digits and hyphens, a "
			"letter or digit first and last",
			at, c->name);
	check_image(s, c, at);
	check_ports(s, p, c, at);
	check_env(s, c, at);
	check_mounts(s, p, c, at);
	check_security(s, m, c, at);
	kube_check_care(s, m, c, init, at);
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

static void check_items(struct kube_set *s, const struct k8s_files *f, const char *at)
{
	char where[AT_MAX];

	if (f->mode.set && (f->mode.v < 0 || f->mode.v > 0777))
		FAULT(s, place(f->node, "defaultMode"),
			"%s.defaultMode: expected a mode from 0 to 0777 (octal, with the leading 0), got %s",
			at, place(f->node, "defaultMode")->text);
	for (size_t i = 0; i < f->items.n; i++) {
		const struct k8s_item *k = LIST_AT(f->items, const struct k8s_item, i);

		snprintf(where, sizeof where, "%s.items[%zu]", at, i);
		if (k->mode.set && (k->mode.v < 0 || k->mode.v > 0777))
			FAULT(s, place(k->node, "mode"),
				"%s.mode: expected a mode from 0 to 0777 (octal, with the leading 0), got %s",
				where, place(k->node, "mode")->text);
		if (k->path && (!*k->path || k->path[0] == '/' || has_dotdot(k->path) ||
				       strncmp(k->path, "..", 2) == 0))
			FAULT(s, place(k->node, "path"),
				"%s.path: expected a relative path without \"..\", got \"%s\"", where,
				k->path);
		for (size_t j = 0; k->path && j < i; j++) {
			const struct k8s_item *twin = LIST_AT(f->items, const struct k8s_item, j);

			if (twin->path && strcmp(twin->path, k->path) == 0)
				FAULT(s, place(k->node, "path"), "%s.path: \"%s\" is given twice", where,
					k->path);
		}
	}
}

static void check_volume(struct kube_set *s, const struct k8s_volume *v, const char *at)
{
	size_t sources = 0;
	char where[AT_MAX];

	if (!v->node || v->node->kind != NODE_MAP)
		return;
	if (v->name && !dns_label_is_valid(v->name))
		FAULT(s, place(v->node, "name"),
			"%s.name: \"%s\" is no name: at most 63 lower-case letters, digits and hyphens, a "
			"letter or digit first and last",
			at, v->name);
	for (size_t i = 0; i < v->node->n; i++)
		sources += strcmp(v->node->key[i]->text, "name") != 0 && v->node->item[i]->kind != NODE_NULL;
	if (sources > 1)
		FAULT(s, v->node, "%s: has %zu types, expected one", at, sources);
	if (v->config_map) {
		snprintf(where, sizeof where, "%s.configMap", at);
		check_items(s, v->config_map, where);
	}
	if (v->secret) {
		snprintf(where, sizeof where, "%s.secret", at);
		check_items(s, v->secret, where);
	}
	if (v->host_path && v->host_path->path && (!*v->host_path->path || has_dotdot(v->host_path->path)))
		FAULT(s, place(v->host_path->node, "path"),
			"%s.hostPath.path: expected a path without \"..\", got \"%s\"", at,
			v->host_path->path);
	if (v->claim && v->claim->name && !dns_subdomain_is_valid(v->claim->name))
		FAULT(s, place(v->claim->node, "claimName"),
			"%s.persistentVolumeClaim.claimName: \"%s\" is no name of a claim", at,
			v->claim->name);
}

static void check_volumes(struct kube_set *s, const struct kube_member *m)
{
	char where[AT_MAX];

	for (size_t i = 0; i < m->spec->volumes.n; i++) {
		const struct k8s_volume *v = LIST_AT(m->spec->volumes, const struct k8s_volume, i);

		snprintf(where, sizeof where, "%s.volumes[%zu]", m->at, i);
		check_volume(s, v, where);
		for (size_t j = 0; has(v->name) && j < i; j++) {
			const struct k8s_volume *twin = LIST_AT(m->spec->volumes, const struct k8s_volume, j);

			if (has(twin->name) && strcmp(twin->name, v->name) == 0)
				FAULT(s, place(v->node, "name"),
					"%s.name: \"%s\" is given twice, the first is at %d:%d", where,
					v->name, place(twin->node, "name")->line,
					place(twin->node, "name")->col);
		}
	}
}

/* Only what belongs to a namespace the pod has of its own. */
static void check_sysctls(struct kube_set *s, const struct kube_member *m)
{
	static const char *const ipc[] = { "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue." };
	const struct k8s_pod_spec *p = m->spec;

	for (size_t i = 0; i < p->security.sysctls.n; i++) {
		const struct k8s_sysctl *k = LIST_AT(p->security.sysctls, const struct k8s_sysctl, i);
		bool of_ipc = false, of_net = has(k->name) && strncmp(k->name, "net.", 4) == 0;

		for (size_t j = 0; has(k->name) && j < LEN(ipc); j++)
			of_ipc |= strncmp(k->name, ipc[j], strlen(ipc[j])) == 0;
		if (k->name && ((!of_ipc && !of_net) || strchr(k->name, '/') || strstr(k->name, "..")))
			FAULT(s, place(k->node, "name"),
				"%s.securityContext.sysctls[%zu].name: \"%s\" is not a sysctl a pod has of "
				"its own",
				m->at, i, k->name);
		else if ((of_net && p->host_network) || (of_ipc && p->host_ipc))
			FAULT(s, place(k->node, "name"),
				"%s.securityContext.sysctls[%zu].name: \"%s\" would be the host's, because "
				"of %s",
				m->at, i, k->name, of_net ? "hostNetwork" : "hostIPC");
	}
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

static void check_pod_security(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_security *k = &m->spec->security;
	char where[AT_MAX];

	snprintf(where, sizeof where, "%s.securityContext", m->at);
	check_id(s, k->node, "runAsUser", k->user, where);
	check_id(s, k->node, "runAsGroup", k->group, where);
	check_seccomp(s, k->seccomp, where);
	if (has(k->groups_policy) && strcmp(k->groups_policy, "Strict") == 0)
		FAULT(s, place(k->node, "supplementalGroupsPolicy"),
			"%s.supplementalGroupsPolicy: Strict is not supported by podctl yet: groups of the "
			"image would be added",
			where);
	for (size_t i = 0; k->groups && k->groups->kind == NODE_LIST && i < k->groups->n; i++) {
		const struct node *g = k->groups->item[i];
		int64_t v;

		if (node_int(g, &v) && (v < 0 || v > UID_MAX_K8S))
			FAULT(s, g,
				"%s.supplementalGroups[%zu]: expected an integer from 0 to 2147483647, got "
				"%s",
				where, i, g->text);
	}
}

void kube_check_pod(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	const struct node *given = node_get(p->node, "containers");
	char where[AT_MAX];

	if (!p->node) {
		if (!node_get(m->doc->node, "spec") || m->doc->pod)
			FAULT(s, place(m->doc->node, "spec"), "%s: required", m->at);
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
	kube_check_deadline(s, m);
	check_volumes(s, m);
	check_sysctls(s, m);
	check_dns(s, m);
	check_pod_security(s, m);
	if (p->grace.set && (p->grace.v < 0 || p->grace.v > UINT32_MAX))
		FAULT(s, place(p->node, "terminationGracePeriodSeconds"),
			"%s.terminationGracePeriodSeconds: expected an integer from 0 to 4294967295, got "
			"%lld",
			m->at, (long long) p->grace.v);
	if (has(p->hostname) && !dns_label_is_valid(p->hostname))
		FAULT(s, place(p->node, "hostname"), "%s.hostname: \"%s\" is no host name of one word", m->at,
			p->hostname);
	if (p->host_pid && p->share_pid)
		FAULT(s, place(p->node, "shareProcessNamespace"),
			"%s.shareProcessNamespace: excludes hostPID", m->at);
	if (p->host_users.set && !p->host_users.v)
		FAULT(s, place(p->node, "hostUsers"),
			"%s.hostUsers: false is not supported by podctl yet: root would be the host's root",
			m->at);
	if (has(p->os.name) && strcmp(p->os.name, "windows") == 0)
		FAULT(s, place(node_get(p->node, "os"), "name"), "%s.os.name: podctl runs linux containers",
			m->at);
}
