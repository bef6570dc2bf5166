/* securityContext: the container's own settings before the pod's. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define SECCOMP_ROOT "/var/lib/kubelet/seccomp" /* the kubelet's, where clusters and podman look too */

static bool has(const char *s) { return s && *s; }

static void put(struct kube_set *s, struct strs *l, const char *text)
{
	if (text && strs_add(l, s->arena, text) < 0)
		s->no_memory = true;
}

static char *kept(struct kube_set *s, char *text)
{
	if (!text)
		s->no_memory = true;
	return text;
}

static void caps(struct kube_set *s, const struct strs *from, struct strs *to)
{
	for (size_t i = 0; i < from->n; i++) {
		int cap = cap_parse(from->v[i]);

		if (strcasecmp(from->v[i], "ALL") == 0)
			put(s, to, "ALL");
		else if (cap >= 0)
			put(s, to, cap_name(cap));
	}
}

/* "UID", "UID:GID", or ":GID" for the image's user in that group. */
static void user(struct kube_set *s, struct opt_i64 uid, struct opt_i64 gid, struct container_spec *c)
{
	char text[48] = "";

	if (uid.set)
		snprintf(text, sizeof text, "%lld", (long long) uid.v);
	if (gid.set)
		snprintf(text + strlen(text), sizeof text - strlen(text), ":%lld", (long long) gid.v);
	if (*text)
		c->user = kept(s, arena_strdup(s->arena, text));
}

static void groups(struct kube_set *s, const struct k8s_pod_security *p, struct container_spec *c)
{
	for (size_t i = 0; p->groups && p->groups->kind == NODE_LIST && i < p->groups->n; i++)
		put(s, &c->groups, p->groups->item[i]->text);
	if (p->fs_group.set && strs_addf(&c->groups, s->arena, "%lld", (long long) p->fs_group.v) < 0)
		s->no_memory = true;
	c->user_groups = has(p->groups_policy) && strcmp(p->groups_policy, "Strict") == 0 ? USER_GROUPS_STRICT
											  : USER_GROUPS_MERGE;
}

static char *local_profile(struct kube_set *s, const char *path)
{
	return kept(s, arena_printf(s->arena, "%s/%s",
			       s->options->seccomp_root ? s->options->seccomp_root : SECCOMP_ROOT, path));
}

/* The annotations from before there was a field, which podman still honours. */
static void seccomp_annotation(
	struct kube_set *s, const struct kube_member *m, const char *name, struct container_spec *c)
{
	const struct kvs *notes = &m->meta->annotations;
	const char *key = arena_printf(s->arena, "container.seccomp.security.alpha.kubernetes.io/%s", name);
	const char *v = key ? kvs_get(notes, key) : NULL;

	v = v ? v : kvs_get(notes, "seccomp.security.alpha.kubernetes.io/pod");
	if (!v || strcmp(v, "runtime/default") == 0 || strcmp(v, "docker/default") == 0)
		return;
	if (strcmp(v, "unconfined") == 0)
		c->seccomp = kept(s, arena_strdup(s->arena, v));
	else if (strncmp(v, "localhost/", 10) == 0 && v[10] && !kube_path_climbs(v + 10))
		c->seccomp = local_profile(s, v + 10);
	else
		FAULT(s,
			place(node_get(m->meta->node, "annotations"), kvs_get(notes, key ? key : "")
									      ? key
									      : "seccomp.security.alpha."
										"kubernetes.io/pod"),
			"metadata.annotations: the seccomp profile \"%s\" is none of runtime/default, "
			"unconfined and "
			"localhost/PATH",
			v);
}

static void seccomp(struct kube_set *s, const struct kube_member *m, const struct k8s_profile *p,
	const char *name, struct container_spec *c)
{
	if (!p || !has(p->type))
		seccomp_annotation(s, m, name, c);
	else if (strcmp(p->type, "Unconfined") == 0)
		c->seccomp = kept(s, arena_strdup(s->arena, "unconfined"));
	else if (strcmp(p->type, "Localhost") == 0 && has(p->local))
		c->seccomp = local_profile(s, p->local);
}

/* Parts that are not given are those of any container. */
static void selinux(struct kube_set *s, const struct k8s_selinux *l, struct container_spec *c)
{
	const char *user_part, *role, *level;

	if (!l || !l->node || !l->node->n)
		return;
	user_part = has(l->user) ? l->user : "system_u";
	role = has(l->role) ? l->role : "system_r";
	level = has(l->level) ? l->level : "s0";
	c->process_label = kept(s, arena_printf(s->arena, "%s:%s:%s:%s", user_part, role,
					   has(l->type) ? l->type : "container_t", level));
	c->mount_label = kept(s, arena_printf(s->arena, "system_u:object_r:container_file_t:%s", level));
}

void kube_security(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	struct container_spec *c)
{
	const struct k8s_pod_security *p = &m->spec->security;
	const struct k8s_security *own = &k->security;
	const struct k8s_profile *apparmor = own->apparmor ? own->apparmor : p->apparmor;

	user(s, own->user.set ? own->user : p->user, own->group.set ? own->group : p->group, c);
	groups(s, p, c);
	c->run_as_non_root = own->non_root.set ? own->non_root.v : p->non_root.v;
	c->privileged = own->privileged.v;
	c->read_only = own->read_only_root.v;
	c->no_new_privs = own->escalation.set && !own->escalation.v;
	seccomp(s, m, own->seccomp ? own->seccomp : p->seccomp, k->name ? k->name : "", c);
	if (apparmor && has(apparmor->type) && strcmp(apparmor->type, "Localhost") == 0)
		c->apparmor = apparmor->local;
	else if (apparmor && has(apparmor->type) && strcmp(apparmor->type, "Unconfined") == 0 &&
		 s->options->node.apparmor)
		c->apparmor = kept(s, arena_strdup(s->arena, "unconfined"));
	selinux(s, own->selinux ? own->selinux : p->selinux, c);
	if (has(own->proc_mount) && strcmp(own->proc_mount, "Unmasked") == 0)
		put(s, &c->unmasked, "ALL");
	caps(s, &own->capabilities.add, &c->cap_add);
	caps(s, &own->capabilities.drop, &c->cap_drop);
}
