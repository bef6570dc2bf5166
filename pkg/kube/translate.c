#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/kube/quantity.h"
#include "pkg/util/text.h"

#define GRACE_DEFAULT_S 30

static bool has(const char *s) { return s && *s; }

static char *copy(struct kube_set *s, const char *text)
{
	char *p = arena_strdup(s->arena, text);

	if (!p)
		s->no_memory = true;
	return p;
}

static void put(struct kube_set *s, struct strs *l, const char *text)
{
	if (text && strs_add(l, s->arena, text) < 0)
		s->no_memory = true;
}

/* ---- one container ----------------------------------------------------------------------------------------------- */

static void argv(
	struct kube_set *s, const struct strs *from, const struct kvs *env, struct strs *to, bool *set)
{
	for (size_t i = 0; i < from->n; i++)
		put(s, to, kube_expand(s, from->v[i], env));
	*set = from->n > 0;
}

static void mounts(struct kube_set *s, const struct k8s_pod_spec *p, const struct k8s_container *k,
	struct container_spec *c)
{
	struct mount_spec *v = arena_array(s->arena, k->mounts.n, sizeof *v);

	if (!v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < k->mounts.n; i++) {
		const struct k8s_mount *m = LIST_AT(k->mounts, const struct k8s_mount, i);
		const struct k8s_volume *from = m->name ? kube_volume_find(p, m->name) : NULL;

		v[i].type = MOUNT_VOLUME;
		v[i].source = m->name;
		v[i].dest = m->path && *m->path != '/' ? arena_printf(s->arena, "/%s", m->path) : m->path;
		v[i].sub_path = m->sub_path;
		if (has(m->sub_path_expr))
			v[i].sub_path = (char *) kube_expand(s, m->sub_path_expr, &c->env_asked);
		/* files of a ConfigMap or Secret are never written by a container */
		v[i].read_only =
			m->read_only ||
			(from && (from->config_map || from->secret || from->projected || from->downward ||
					 from->image || (from->claim && from->claim->read_only)));
		/* IfPossible always is: the kernel has been able to since 5.12 */
		if (has(m->recursive_read_only) && strcmp(m->recursive_read_only, "Disabled") != 0)
			put(s, &v[i].options, "rro");
		if (m->propagation == K8S_PROPAGATION_HOST_TO_CONTAINER)
			put(s, &v[i].options, "rslave");
		else if (m->propagation == K8S_PROPAGATION_BIDIRECTIONAL)
			put(s, &v[i].options, "rshared");
	}
	c->mounts = (struct list){ k->mounts.n ? v : NULL, k->mounts.n };
}

static void exposed(struct kube_set *s, const struct k8s_container *k, struct container_spec *c)
{
	static const char *const names[] = { "tcp", "udp", "sctp" };

	for (size_t i = 0; i < k->ports.n; i++) {
		const struct k8s_port *p = LIST_AT(k->ports, const struct k8s_port, i);

		if (p->container_port > 0 && strs_addf(&c->exposed, s->arena, "%lld/%s",
						     (long long) p->container_port, names[p->proto]) < 0)
			s->no_memory = true;
	}
}

static void namespaces(const struct k8s_pod_spec *p, struct container_spec *c)
{
	c->ipc.mode = p->host_ipc ? NS_HOST : NS_POD;
	c->uts.mode = p->host_network ? NS_HOST : NS_POD;
	c->pid.mode = p->host_pid ? NS_HOST : p->share_pid ? NS_POD : NS_PRIVATE;
}

static void container(struct kube_set *s, const struct kube_member *m, const struct k8s_container *k,
	bool init, const char *at, struct container_spec *c)
{
	const struct k8s_pod_spec *p = m->spec;

	c->short_name = k->name;
	if (!(c->name = arena_printf(s->arena, "%s-%s", m->name, k->name ? k->name : "")))
		s->no_memory = true;
	c->image = k->image;
	kube_env(s, m, k, at, &c->env_asked);
	kube_env_files(s, m, k, at, c);
	argv(s, &k->command, &c->env_asked, &c->entrypoint, &c->entrypoint_set);
	argv(s, &k->args, &c->env_asked, &c->command, &c->command_set);
	c->cwd = k->cwd;
	c->terminal = k->tty;
	c->stdin_open = k->stdin_open;
	c->stdin_once = k->stdin_once;
	kube_security(s, m, k, c);
	kube_resources(s, m, k, at, c);
	mounts(s, p, k, c);
	exposed(s, k, c);
	namespaces(p, c);
	kube_care(s, m, k, init, c);
	c->kube_restart = true;
	if (has(k->lifecycle.stop_signal))
		c->stop_signal = k->lifecycle.stop_signal;
	c->stop_timeout = p->grace.set && p->grace.v >= 0 && p->grace.v <= UINT32_MAX ? (uint32_t) p->grace.v
										      : GRACE_DEFAULT_S;
	c->labels = m->meta->labels;
}

/* ---- the pod ----------------------------------------------------------------------------------------------------- */

static void ports(struct kube_set *s, const struct k8s_pod_spec *p, struct pod_spec *pod)
{
	struct port_spec *v;
	size_t n = 0;

	for (size_t i = 0; i < p->containers.n; i++)
		n += LIST_AT(p->containers, const struct k8s_container, i)->ports.n;
	if (!(v = arena_array(s->arena, n, sizeof *v))) {
		s->no_memory = true;
		return;
	}
	n = 0;
	for (size_t i = 0; i < p->containers.n; i++) {
		const struct k8s_container *c = LIST_AT(p->containers, const struct k8s_container, i);

		for (size_t j = 0; j < c->ports.n; j++) {
			const struct k8s_port *k = LIST_AT(c->ports, const struct k8s_port, j);

			if (k->host_port < 1 || k->host_port > 65535 || k->container_port < 1 ||
				k->container_port > 65535)
				continue; /* not published, or reported */
			v[n++] = (struct port_spec){ .host_ip = k->host_ip,
				.host_port = (uint16_t) k->host_port,
				.container_port = (uint16_t) k->container_port,
				.proto = k->proto,
				.name = k->name };
		}
	}
	if (n && !p->host_network) /* in the host's network they are there already */
		pod->ports = (struct list){ v, n };
}

/* The pod's name is its host name, cut to what a host name may hold. */
static char *hostname_of(struct kube_set *s, const struct kube_member *m)
{
	size_t n = strlen(m->name);
	char *h;

	if (m->spec->host_network)
		return NULL;
	if (has(m->spec->hostname_override))
		return m->spec->hostname_override;
	if (has(m->spec->hostname))
		return m->spec->hostname;
	n = n > 63 ? 63 : n;
	while (n && (m->name[n - 1] == '-' || m->name[n - 1] == '.'))
		n--;
	if (!(h = arena_strndup(s->arena, m->name, n)))
		s->no_memory = true;
	return h;
}

/* HOST.SUBDOMAIN.NAMESPACE.svc.cluster.local, as a cluster's name server would answer to it; a StatefulSet's pods have the
 * name of its service there. */
static void full_name(struct kube_set *s, const struct kube_member *m, struct pod_spec *pod)
{
	const struct k8s_pod_spec *p = m->spec;
	const char *service = m->doc->workload ? m->doc->workload->spec.service : NULL;
	const char *subdomain = has(service) ? service : p->subdomain;

	if (!pod->hostname || !has(subdomain) || has(p->hostname_override))
		return;
	pod->fqdn = arena_printf(
		s->arena, "%s.%s.%s.svc.cluster.local", pod->hostname, subdomain, kube_namespace(m));
	if (!pod->fqdn)
		s->no_memory = true;
	else if (p->fqdn && strlen(pod->fqdn) > HOST_NAME_MAX)
		FAULT(s, place(p->node, "setHostnameAsFQDN"),
			"%s.setHostnameAsFQDN: \"%s\" is longer than the %d characters a host name may have",
			m->at, pod->fqdn, HOST_NAME_MAX);
	else if (p->fqdn)
		pod->hostname = pod->fqdn;
}

static void names_and_dns(struct kube_set *s, const struct k8s_pod_spec *p, struct pod_spec *pod)
{
	struct host_alias *v = arena_array(s->arena, p->host_aliases.n, sizeof *v);

	if (!v) {
		s->no_memory = true;
		return;
	}
	for (size_t i = 0; i < p->host_aliases.n; i++) {
		const struct k8s_host_alias *h = LIST_AT(p->host_aliases, const struct k8s_host_alias, i);

		v[i] = (struct host_alias){ .ip = h->ip, .names = h->names };
	}
	pod->host_aliases = (struct list){ p->host_aliases.n ? v : NULL, p->host_aliases.n };
	pod->dns_servers = p->dns.servers;
	pod->dns_searches = p->dns.searches;
	for (size_t i = 0; i < p->dns.options.n; i++) {
		const struct k8s_dns_option *o = LIST_AT(p->dns.options, const struct k8s_dns_option, i);

		if (has(o->name) && strs_addf(&pod->dns_options, s->arena, "%s%s%s", o->name,
					    has(o->value) ? ":" : "", has(o->value) ? o->value : "") < 0)
			s->no_memory = true;
	}
}

/* A RuntimeClass of these files names its handler; else the class is the runtime's own name. */
static char *runtime_of(struct kube_set *s, const struct k8s_pod_spec *p)
{
	for (size_t i = 0; has(p->runtime_class) && i < s->n; i++) {
		const struct node *handler = node_get(s->doc[i].node, "handler");

		if (s->doc[i].kind && strcmp(s->doc[i].kind->name, "RuntimeClass") == 0 &&
			strcmp(s->doc[i].name, p->runtime_class) == 0 && handler &&
			handler->kind == NODE_STRING)
			return copy(s, handler->text);
	}
	return p->runtime_class;
}

static void pod_of(struct kube_set *s, const struct kube_member *m, struct pod_spec *pod)
{
	const struct k8s_pod_spec *p = m->spec;

	pod->name = copy(s, m->name);
	pod->hostname = hostname_of(s, m);
	full_name(s, m, pod);
	pod->net = p->host_network ? NET_HOST : NET_BRIDGE;
	ports(s, p, pod);
	pod->share_pid = p->share_pid;
	pod->host_pid = p->host_pid;
	pod->host_ipc = p->host_ipc;
	if (p->host_users.set && !p->host_users.v)
		pod->userns = (struct userns_spec){ .mode = USERNS_AUTO, .mounts = true };
	kube_volumes(s, m, pod);
	names_and_dns(s, p, pod);
	for (size_t i = 0; i < p->security.sysctls.n; i++) {
		const struct k8s_sysctl *k = LIST_AT(p->security.sysctls, const struct k8s_sysctl, i);

		if (has(k->name) && kvs_set(&pod->sysctls, s->arena, kube_sysctl_name(s, k->name),
					    k->value ? k->value : "") < 0)
			s->no_memory = true;
	}
	pod->dns_policy = p->dns_policy;
	pod->fs_group = p->security.fs_group;
	pod->fs_group_on_mismatch = has(p->security.fs_group_policy) &&
				    strcmp(p->security.fs_group_policy, "OnRootMismatch") == 0;
	pod->runtime = runtime_of(s, p);
	kube_pod_resources(s, m, &pod->resources);
	pod->labels = m->meta->labels;
	pod->annotations = m->meta->annotations;
	pod->exit_policy = copy(s, "stop");
	pod->grace = p->grace.set && p->grace.v >= 0 && p->grace.v <= UINT32_MAX ? (uint32_t) p->grace.v
										 : GRACE_DEFAULT_S;
	pod->deadline = p->deadline.set && p->deadline.v > 0 ? p->deadline.v : 0;
	pod->kube = true;
}

static json_t *with_name(const struct node *meta, const char *name)
{
	json_t *v = meta && meta->kind == NODE_MAP ? node_to_json(meta) : json_object(),
	       *named = json_object();
	const char *key;
	json_t *item;

	if (!v || !named || json_object_set_new(named, "name", json_string(name)) < 0) {
		json_decref(v);
		json_decref(named);
		return NULL;
	}
	json_object_foreach(v, key, item) if (strcmp(key, "name") != 0) json_object_set(named, key, item);
	json_decref(v);
	return named;
}

/* A relative hostPath means something only beside its file: what generate gives back says where it is. */
static void fix_host_paths(json_t *doc, const struct pod_spec *pod)
{
	json_t *volumes = json_object_get(json_object_get(doc, "spec"), "volumes");

	for (size_t i = 0; i < pod->volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(pod->volumes, const struct volume_spec, i);
		json_t *from = json_object_get(json_array_get(volumes, i), "hostPath");

		if (v->type == VOLUME_HOST_PATH && from && has(v->path))
			json_object_set_new(from, "path", json_string(v->path));
	}
}

/* The Pod as written, or the one a workload's template stands for. */
static json_t *document_of(const struct kube_member *m)
{
	const struct node *template, *spec;

	if (m->doc->pod)
		return node_to_json(m->doc->node);
	template = node_get(node_get(m->doc->node, "spec"), "template");
	spec = node_get(template, "spec");
	return json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "Pod", "metadata",
		with_name(node_get(template, "metadata"), m->name), "spec",
		spec ? node_to_json(spec) : json_object());
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

/* As written; else as containers.conf has it, where "missing" is what it says when nobody has set it; else Kubernetes' own. */
static const char *policy_of(const struct kube_set *s, const char *ref, const char *asked)
{
	const char *slash = strrchr(ref, '/'), *tag = strrchr(ref, ':');
	const char *engine = s->options->engine_default_pull;

	if (has(asked))
		return asked;
	if (has(engine) && strcasecmp(engine, "never") == 0)
		return "Never";
	if (has(engine) && (strcasecmp(engine, "always") == 0 || strcasecmp(engine, "newer") == 0))
		return "Always";
	if (strchr(ref, '@'))
		return "IfNotPresent";
	/* Kubernetes says Always; for a name that has no policy written, an unreachable registry is no reason to fail when the
	 * image is here */
	return tag && (!slash || tag > slash) && strcmp(tag, ":latest") != 0 ? "IfNotPresent" : "Newer";
}

static int strictness(const char *policy)
{
	static const char *const words[] = { "Never", "IfNotPresent", "Newer", "Always" };

	for (int i = 0; i < (int) LEN(words); i++)
		if (strcmp(policy, words[i]) == 0)
			return i;
	return 0;
}

static void image(struct kube_set *s, const struct node *where, char *ref, const char *asked, const char *at,
	struct kube_plan *plan)
{
	struct kube_image *i;
	const char *policy;

	if (!has(ref))
		return;
	policy = policy_of(s, ref, asked);
	for (i = plan->image; i < plan->image + plan->n_image && strcmp(i->ref, ref) != 0; i++)
		;
	if (i < plan->image + plan->n_image) {
		if (strictness(policy) > strictness(i->policy))
			i->policy = copy(s, policy);
		return;
	}
	plan->n_image++;
	*i = (struct kube_image){
		.ref = ref, .policy = copy(s, policy), .line = where->line, .col = where->col
	};
	if (!(i->where = arena_strdup(s->arena, at)))
		s->no_memory = true;
}

static void pod(struct kube_set *s, const struct kube_member *m, struct kube_plan *plan, struct kube_pod *ret)
{
	const struct k8s_pod_spec *p = m->spec;
	size_t n = p->init.n + p->containers.n;
	struct diag *loud = s->diag;
	char at[AT_MAX];

	s->diag->file = m->doc->file;
	ret->file = m->doc->file;
	s->diag = m->first ? s->diag : s->quiet;
	pod_of(s, m, &ret->spec);
	kube_pull_secrets(s, m, &ret->auths);
	if (!(ret->ctr = arena_array(s->arena, n, sizeof *ret->ctr))) {
		s->no_memory = true;
		s->diag = loud;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		bool init = i < p->init.n;
		const struct k8s_container *k =
			init ? LIST_AT(p->init, const struct k8s_container, i)
			     : LIST_AT(p->containers, const struct k8s_container, i - p->init.n);

		snprintf(at, sizeof at, "%s.%s[%zu]", m->at, init ? "initContainers" : "containers",
			init ? i : i - p->init.n);
		container(s, m, k, init, at, &ret->ctr[i]);
		snprintf(at + strlen(at), sizeof at - strlen(at), ".image");
		image(s, place(k->node, "image"), k->image, k->pull_policy, at, plan);
	}
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct k8s_volume *v = LIST_AT(p->volumes, const struct k8s_volume, i);

		snprintf(at, sizeof at, "%s.volumes[%zu].image.reference", m->at, i);
		if (v->image)
			image(s, place(v->image->node, "reference"), v->image->ref, v->image->policy, at,
				plan);
	}
	ret->n = n;
	s->diag = loud;
	if (s->diag->errors)
		return;
	if (!(ret->doc = document_of(m)))
		s->no_memory = true;
	fix_host_paths(ret->doc, &ret->spec);
	kube_workload(s, m, ret);
	kube_claims(s, m, ret);
}

static bool is_kept(const struct kube_doc *d) { return d->kind && *d->name && (d->config || d->workload); }

static void object(struct kube_set *s, const struct kube_doc *d, struct kube_object *ret)
{
	ret->name = copy(s, d->name);
	ret->kind = copy(s, d->kind->name);
	ret->file = d->file;
	if (!s->diag->errors && strcmp(ret->kind, "PersistentVolumeClaim") == 0 &&
		!kube_claim_is_bound(s, d->name))
		ret->volume = ret->name;
	if (!s->diag->errors && !(ret->doc = node_to_json(d->node)))
		s->no_memory = true;
}

int kube_translate(struct kube_set *s, struct kube_plan *plan, struct err *err)
{
	auto_free struct diag *quiet = calloc(1, sizeof *quiet);
	size_t containers = 0, objects = 0;

	for (size_t i = 0; i < s->members; i++) {
		containers += s->member[i].spec->init.n + s->member[i].spec->containers.n +
			      s->member[i].spec->volumes.n;
		if (s->member[i].doc->workload)
			objects += s->member[i].doc->workload->spec.claims.n;
	}
	for (size_t i = 0; i < s->n; i++)
		objects += is_kept(&s->doc[i]);
	plan->pod = arena_array(s->arena, s->members, sizeof *plan->pod);
	plan->image = arena_array(s->arena, containers, sizeof *plan->image);
	plan->object = arena_array(s->arena, objects, sizeof *plan->object);
	s->quiet = quiet;
	if (!quiet || !plan->pod || !plan->image || !plan->object)
		return err_sys(err, ENOMEM, "translate manifest");
	for (size_t i = 0; i < s->n && !s->no_memory; i++)
		if (is_kept(&s->doc[i]))
			object(s, &s->doc[i], &plan->object[plan->n_object++]);
	for (size_t i = 0; i < s->members && !s->no_memory && !s->diag->errors; i++)
		kube_workload_claims(s, &s->member[i], plan);
	for (size_t i = 0; i < s->members && !s->no_memory; i++)
		pod(s, &s->member[i], plan, &plan->pod[plan->n_pod++]);
	diag_done(quiet);
	s->quiet = NULL;
	return s->no_memory ? err_sys(err, ENOMEM, "translate manifest") : 0;
}
