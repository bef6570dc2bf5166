/* Rules of securityContext: who a container is and what it may, by its own word or the pod's; sysctls. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define UID_MAX_K8S 2147483647LL

static bool has(const char *s) { return s && *s; }

static void check_id(
	struct kube_set *s, const struct node *n, const char *key, struct opt_i64 id, const char *at)
{
	if (id.set && (id.v < 0 || id.v > UID_MAX_K8S))
		FAULT(s, place(n, key), "%s.%s: Invalid value: %lld: must be from 0 to 2147483647", at, key,
			(long long) id.v);
}

/* localhostProfile belongs to Localhost and to nothing else; a seccomp profile's is a path below the node's directory. */
static void check_profile(
	struct kube_set *s, const struct k8s_profile *p, const char *key, bool is_path, const char *at)
{
	bool local = p && has(p->type) && strcmp(p->type, "Localhost") == 0;

	if (!p || !has(p->type))
		return;
	if (local && !has(p->local))
		FAULT(s, place(p->node, "localhostProfile"),
			"%s.%s.localhostProfile: Required value: must be set when the type is Localhost", at,
			key);
	else if (!local && has(p->local))
		FAULT(s, place(p->node, "localhostProfile"),
			"%s.%s.localhostProfile: Invalid value: \"%s\": can only be set when the type is "
			"Localhost",
			at, key, p->local);
	else if (local && is_path && (p->local[0] == '/' || kube_path_climbs(p->local)))
		FAULT(s, place(p->node, "localhostProfile"),
			"%s.%s.localhostProfile: Invalid value: \"%s\": must be a relative path without "
			"\"..\"",
			at, key, p->local);
}

/* What the kernel lacks is not left out in silence: the pod would be less isolated than it asks for. */
static void check_modules(struct kube_set *s, const struct k8s_profile *apparmor,
	const struct k8s_selinux *selinux, const char *at)
{
	check_profile(s, apparmor, "appArmorProfile", false, at);
	if (apparmor && has(apparmor->type) && strcmp(apparmor->type, "Localhost") == 0 &&
		!s->options->node.apparmor)
		FAULT(s, place(apparmor->node, "type"),
			"%s.appArmorProfile.type: Localhost: AppArmor is not enabled on this machine, so the "
			"profile "
			"would not hold",
			at);
	if (selinux && selinux->node && selinux->node->n && !s->options->node.selinux)
		FAULT(s, place(selinux->node, NULL),
			"%s.seLinuxOptions: SELinux is not enabled on this machine, so the label would not "
			"hold",
			at);
}

static void check_user(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *at)
{
	const struct k8s_security *own = &c->security;
	const struct k8s_pod_security *of_pod = &m->spec->security;
	struct opt_i64 uid = own->user.set ? own->user : of_pod->user;
	struct opt_bool non_root = own->non_root.set ? own->non_root : of_pod->non_root;

	if (non_root.v && uid.set && uid.v == 0)
		FAULT(s, place(own->non_root.set ? own->node : of_pod->node, "runAsNonRoot"),
			"%s.securityContext.runAsNonRoot: container's runAsUser breaks non-root policy: "
			"container "
			"\"%s\" has runAsUser 0",
			own->non_root.set ? at : m->at, c->name ? c->name : "");
}

static void check_caps(struct kube_set *s, const struct k8s_capabilities *c, const char *key,
	const struct strs *l, const char *at)
{
	const struct node *list = node_get(c->node, key);
	const char *names[CAP_COUNT + 1] = { 0 }, *near;

	for (int i = 0; i < CAP_COUNT; i++)
		names[i] = cap_name(i) + strlen("CAP_");
	for (size_t i = 0; i < l->n; i++) {
		if (strcasecmp(l->v[i], "ALL") == 0 || cap_parse(l->v[i]) >= 0)
			continue;
		near = text_nearest(l->v[i], names);
		FAULT(s, list && i < list->n ? list->item[i] : place(c->node, key),
			"%s.capabilities.%s[%zu]: unknown capability \"%s\"%s%s%s", at, key, i, l->v[i],
			near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

static bool adds_admin(const struct k8s_capabilities *c)
{
	for (size_t i = 0; i < c->add.n; i++)
		if (strcasecmp(c->add.v[i], "ALL") == 0 || cap_parse(c->add.v[i]) == cap_parse("SYS_ADMIN"))
			return true;
	return false;
}

void kube_check_security(
	struct kube_set *s, const struct kube_member *m, const struct k8s_container *c, const char *ctr)
{
	const struct k8s_security *k = &c->security;
	char at[AT_MAX];

	snprintf(at, sizeof at, "%s.securityContext", ctr);
	check_id(s, k->node, "runAsUser", k->user, at);
	check_id(s, k->node, "runAsGroup", k->group, at);
	check_user(s, m, c, ctr);
	check_profile(s, k->seccomp, "seccompProfile", true, at);
	check_modules(s, k->apparmor, k->selinux, at);
	check_caps(s, &k->capabilities, "add", &k->capabilities.add, at);
	check_caps(s, &k->capabilities, "drop", &k->capabilities.drop, at);
	if (k->escalation.set && !k->escalation.v && (k->privileged.v || adds_admin(&k->capabilities)))
		FAULT(s, place(k->node, "allowPrivilegeEscalation"),
			"%s.allowPrivilegeEscalation: cannot be false together with %s", at,
			k->privileged.v ? "privileged: true" : "the capability SYS_ADMIN");
	if (has(k->proc_mount) && strcmp(k->proc_mount, "Unmasked") == 0 &&
		!(m->spec->host_users.set && !m->spec->host_users.v))
		FAULT(s, place(k->node, "procMount"),
			"%s.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use "
			"`Unmasked`",
			at);
}

/* "net/ipv4/ip_forward" and "net.ipv4.ip_forward" are one; with both, the first separator seen is the one between parts. */
const char *kube_sysctl_name(struct kube_set *s, const char *name)
{
	char *p = arena_strdup(s->arena, name);
	size_t first = strcspn(name, "./");

	if (!p) {
		s->no_memory = true;
		return name;
	}
	for (char *q = p; name[first] == '/' && *q; q++)
		*q = *q == '/' ? '.' : *q == '.' ? '/' : *q;
	return p;
}

static bool sysctl_is_name(const char *name)
{
	static const char ends[] = "abcdefghijklmnopqrstuvwxyz0123456789", inner[] = "-_";
	bool start = true;

	for (const char *p = name; *p; p++) {
		bool end = strchr(ends, *p) != NULL;

		if (*p == '.' || *p == '/') {
			if (start)
				return false;
			start = true;
		} else if (!end && (start || !strchr(inner, *p)) && (*p < 'A' || *p > 'Z')) {
			return false;
		} else {
			start = false;
		}
	}
	return !start && strlen(name) <= 253;
}

/* Only what belongs to a namespace the pod has of its own. */
static void check_sysctl(
	struct kube_set *s, const struct kube_member *m, const struct k8s_sysctl *k, size_t i)
{
	static const char *const ipc[] = { "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue." };
	const struct k8s_pod_spec *p = m->spec;
	const char *name = kube_sysctl_name(s, k->name);
	bool of_ipc = false, of_net = strncmp(name, "net.", 4) == 0;

	for (size_t j = 0; j < LEN(ipc); j++)
		of_ipc = of_ipc || strncmp(name, ipc[j], strlen(ipc[j])) == 0;
	if (!sysctl_is_name(k->name))
		FAULT(s, place(k->node, "name"),
			"%s.securityContext.sysctls[%zu].name: Invalid value: \"%s\": must have at most 253 "
			"characters and be words of lower-case letters, digits, - and _ between dots or "
			"slashes",
			m->at, i, k->name);
	else if (!of_ipc && !of_net)
		FAULT(s, place(k->node, "name"),
			"%s.securityContext.sysctls[%zu].name: \"%s\" is not a sysctl a pod has of its own: "
			"only net.*, "
			"fs.mqueue.*, kernel.shm*, kernel.msg* and kernel.sem are",
			m->at, i, k->name);
	else if ((of_net && p->host_network) || (of_ipc && p->host_ipc))
		FAULT(s, place(k->node, "name"),
			"%s.securityContext.sysctls[%zu].name: Invalid value: \"%s\": may not be specified "
			"when '%s' is "
			"true, it would be the host's",
			m->at, i, k->name, of_net ? "hostNetwork" : "hostIPC");
}

static void check_sysctls(struct kube_set *s, const struct kube_member *m)
{
	const struct list *l = &m->spec->security.sysctls;

	for (size_t i = 0; i < l->n; i++) {
		const struct k8s_sysctl *k = LIST_AT(*l, const struct k8s_sysctl, i);

		if (!has(k->name))
			continue;
		check_sysctl(s, m, k, i);
		for (size_t j = 0; j < i; j++) {
			const struct k8s_sysctl *twin = LIST_AT(*l, const struct k8s_sysctl, j);

			if (has(twin->name) &&
				strcmp(kube_sysctl_name(s, twin->name), kube_sysctl_name(s, k->name)) == 0)
				FAULT(s, place(k->node, "name"),
					"%s.securityContext.sysctls[%zu].name: Duplicate value: \"%s\"",
					m->at, i, k->name);
		}
	}
}

static void check_groups(struct kube_set *s, const struct node *groups, const char *at)
{
	for (size_t i = 0; groups && groups->kind == NODE_LIST && i < groups->n; i++) {
		const struct node *g = groups->item[i];
		int64_t v;

		if (node_int(g, &v) && (v < 0 || v > UID_MAX_K8S))
			FAULT(s, g,
				"%s.supplementalGroups[%zu]: Invalid value: %s: must be from 0 to 2147483647",
				at, i, g->text);
	}
}

void kube_check_pod_security(struct kube_set *s, const struct kube_member *m)
{
	const struct k8s_pod_spec *p = m->spec;
	const struct k8s_pod_security *k = &p->security;
	char at[AT_MAX];

	snprintf(at, sizeof at, "%s.securityContext", m->at);
	check_id(s, k->node, "runAsUser", k->user, at);
	check_id(s, k->node, "runAsGroup", k->group, at);
	check_id(s, k->node, "fsGroup", k->fs_group, at);
	check_profile(s, k->seccomp, "seccompProfile", true, at);
	check_modules(s, k->apparmor, k->selinux, at);
	check_groups(s, k->groups, at);
	check_sysctls(s, m);
	if (!p->host_users.set || p->host_users.v)
		return;
	if (p->host_network || p->host_pid || p->host_ipc)
		FAULT(s,
			place(p->node, p->host_network ? "hostNetwork"
				       : p->host_pid   ? "hostPID"
						       : "hostIPC"),
			"%s.%s: Forbidden: when `hostUsers` is false", m->at,
			p->host_network ? "hostNetwork"
			: p->host_pid   ? "hostPID"
					: "hostIPC");
}
