#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/kube/from_specs.h"
#include "pkg/util/text.h"

#define GRACE_DEFAULT_S 30
#define VOLUME_NAME_MAX 63

static bool has(const char *s) { return s && *s; }

/* Values that were given an empty string or nothing stay out. */
static void put_text(json_t *o, const char *key, const char *v)
{
	if (has(v))
		json_object_set_new(o, key, json_string(v));
}

static void put_true(json_t *o, const char *key, bool v)
{
	if (v)
		json_object_set_new(o, key, json_true());
}

/* Takes v; an empty list or map stays out. */
static void put_some(json_t *o, const char *key, json_t *v)
{
	if (json_array_size(v) || json_object_size(v))
		json_object_set(o, key, v);
	json_decref(v);
}

static json_t *strings(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(v, json_string(l->v[i]));
	return v;
}

static json_t *pairs(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
	return v;
}

/* Names of Kubernetes: lower-case letters, digits and hyphens, a letter or digit at both ends. */
static void clean_name(const char *name, char *to, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		char c = (char) tolower((unsigned char) *name);

		if (!isalnum((unsigned char) c))
			c = '-';
		if (c == '-' && (!n || to[n - 1] == '-'))
			continue;
		to[n++] = c;
	}
	while (n && to[n - 1] == '-')
		n--;
	to[n] = '\0';
	if (!n)
		snprintf(to, size, "x");
}

/* ---- volumes ----------------------------------------------------------------------------------------------------- */

/* The name of the volume for 'what'; made by the caller's 'source' (taken) when it is new. */
static const char *volume(
	struct maker *m, const char *what, const char *name, json_t *source, const char *kind)
{
	const char *there = kvs_get(&m->made, what);

	if (there) {
		json_decref(source);
		return there;
	}
	if (kvs_set(&m->made, &m->arena, what, name) < 0) {
		json_decref(source);
		return name;
	}
	json_array_append_new(m->volumes, json_pack("{s:s, s:o}", "name", name, kind, source));
	return kvs_get(&m->made, what);
}

static const char *host_volume(struct maker *m, const char *path, const char *type)
{
	char what[5000], name[VOLUME_NAME_MAX + 1], base[VOLUME_NAME_MAX - 12];
	json_t *source = json_object();

	snprintf(what, sizeof what, "host %s %s", type, path);
	clean_name(strcmp(path, "/") == 0 ? "root" : path, base, sizeof base);
	snprintf(name, sizeof name, "%s-host-%u", base, m->hosts);
	m->hosts += !kvs_get(&m->made, what);
	put_text(source, "path", path);
	put_text(source, "type", type);
	return volume(m, what, name, source, "hostPath");
}

static json_t *empty_dir(bool memory, uint64_t size)
{
	json_t *v = json_object();
	char text[32];

	if (memory)
		put_text(v, "medium", "Memory");
	if (size) {
		if (size % MiB == 0)
			snprintf(text, sizeof text, "%lluMi", (unsigned long long) (size / MiB));
		else
			snprintf(text, sizeof text, "%llu", (unsigned long long) size);
		put_text(v, "sizeLimit", text);
	}
	return v;
}

static const char *pod_volume(struct maker *m, const char *name, const char *ctr)
{
	char what[600], label[VOLUME_NAME_MAX + 1], base[VOLUME_NAME_MAX - 4];

	snprintf(what, sizeof what, "volume %s", name);
	for (size_t i = 0; i < m->pod->volumes.n; i++) {
		const struct volume_spec *v = LIST_AT(m->pod->volumes, const struct volume_spec, i);

		if (strcmp(v->name, name) != 0)
			continue;
		clean_name(name, base, sizeof base);
		switch ((enum volume_type) v->type) {
		case VOLUME_EMPTY_DIR:
			return volume(m, what, base, empty_dir(v->memory, v->size_limit), "emptyDir");
		case VOLUME_HOST_PATH:
			return host_volume(m, v->path, has(v->path_type) ? v->path_type : "");
		case VOLUME_NAMED:
			clean_name(has(v->path) ? v->path : name, base, sizeof base);
			snprintf(label, sizeof label, "%s-pvc", base);
			return volume(m, what, label,
				json_pack("{s:s}", "claimName", has(v->path) ? v->path : name),
				"persistentVolumeClaim");
		case VOLUME_CONFIG_MAP:
		case VOLUME_SECRET:
		case VOLUME_PROJECTED:
		case VOLUME_IMAGE:
		case VOLUME_NFS:
			kube_lost(m, "the files of volume", name, ctr);
			return NULL;
		}
	}
	snprintf(label, sizeof label, "%.59s-pvc", name);
	return volume(m, what, label, json_pack("{s:s}", "claimName", name), "persistentVolumeClaim");
}

static const char *tmpfs_volume(
	struct maker *m, const struct container_spec *c, const struct mount_spec *mount, bool memory)
{
	char what[5000], name[32];
	uint64_t size = 0;

	for (size_t i = 0; i < mount->options.n; i++)
		if (strncmp(mount->options.v[i], "size=", 5) == 0)
			(void) parse_bytes(mount->options.v[i] + 5, &size);
	snprintf(what, sizeof what, "tmpfs %s %s", c->name, mount->dest);
	snprintf(name, sizeof name, "tmp-%u", m->tmps++);
	return volume(m, what, name, empty_dir(memory, size), "emptyDir");
}

static json_t *mount(struct maker *m, const struct container_spec *c, const struct mount_spec *from)
{
	if (from->type == MOUNT_IMAGE || from->type == MOUNT_DEVPTS) {
		kube_lost(m, "the mount on", from->dest, c->short_name);
		return NULL;
	}
	const char *name = from->type == MOUNT_BIND     ? host_volume(m, from->source, "")
			   : from->type == MOUNT_VOLUME ? pod_volume(m, from->source, c->short_name)
			   : from->type == MOUNT_TMPFS  ? tmpfs_volume(m, c, from, true)
			   : from->anonymous            ? tmpfs_volume(m, c, from, false)
							: pod_volume(m, from->source, c->short_name);
	json_t *v;

	if (!name)
		return NULL;
	v = json_object();
	put_text(v, "mountPath", from->dest);
	put_text(v, "name", name);
	put_true(v, "readOnly", from->read_only);
	put_text(v, "subPath", from->sub_path);
	for (size_t i = 0; i < from->options.n; i++)
		if (strcmp(from->options.v[i], "rslave") == 0)
			put_text(v, "mountPropagation", "HostToContainer");
		else if (strcmp(from->options.v[i], "rshared") == 0 && c->privileged)
			put_text(v, "mountPropagation", "Bidirectional");
		else if (strcmp(from->options.v[i], "rshared") == 0)
			kube_lost(m, "mounts going back to the host, unless privileged, from", from->dest,
				c->short_name);
	return v;
}

/* A file by itself, as --secret has it. */
static json_t *secret_mount(struct maker *m, const struct secret_spec *s)
{
	char what[300], name[VOLUME_NAME_MAX + 1], base[VOLUME_NAME_MAX - 7];

	if (s->env)
		return NULL;
	snprintf(what, sizeof what, "secret %s", s->name);
	clean_name(s->name, base, sizeof base);
	snprintf(name, sizeof name, "%s-secret", base);
	return json_pack("{s:s, s:s, s:b, s:s}", "mountPath", s->target, "name",
		volume(m, what, name, kube_secret_volume(s), "secret"), "readOnly", 1, "subPath", s->name);
}

static json_t *mounts(struct maker *m, const struct container_spec *c)
{
	json_t *v = json_array(), *one;

	for (size_t i = 0; i < c->mounts.n; i++)
		if ((one = mount(m, c, LIST_AT(c->mounts, const struct mount_spec, i))))
			json_array_append_new(v, one);
	for (size_t i = 0; i < c->secrets.n; i++)
		if ((one = secret_mount(m, LIST_AT(c->secrets, const struct secret_spec, i))))
			json_array_append_new(v, one);
	return v;
}

/* ---- containers -------------------------------------------------------------------------------------------------- */

static json_t *env(const struct container_spec *c)
{
	json_t *v = json_array();

	for (size_t i = 0; i < c->env_asked.n; i++) {
		const char *p = c->env_asked.v[i].value;
		struct buf b = BUF_INIT(YAML_MAX);

		for (; *p; p++) /* $(X) would be expanded when it is played */
			buf_puts(&b, *p == '$' && (p[1] == '(' || p[1] == '$') ? "$$" : (char[2]){ *p, 0 });
		json_array_append_new(v, json_pack("{s:s, s:s}", "name", c->env_asked.v[i].key, "value",
						 b.data ? b.data : ""));
		buf_done(&b);
	}
	for (size_t i = 0; i < c->secrets.n; i++) {
		const struct secret_spec *s = LIST_AT(c->secrets, const struct secret_spec, i);

		if (s->env)
			json_array_append_new(v, kube_secret_env(s));
	}
	return v;
}

static json_t *arguments(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++) {
		struct buf b = BUF_INIT(YAML_MAX);

		for (const char *p = l->v[i]; *p; p++)
			buf_puts(&b, *p == '$' && (p[1] == '(' || p[1] == '$') ? "$$" : (char[2]){ *p, 0 });
		json_array_append_new(v, json_string(b.data ? b.data : ""));
		buf_done(&b);
	}
	return v;
}

static json_t *ports(const struct pod_spec *pod)
{
	static const char *const names[] = { "TCP", "UDP", "SCTP" };
	json_t *v = json_array();

	for (size_t i = 0; i < pod->ports.n; i++) {
		const struct port_spec *p = LIST_AT(pod->ports, const struct port_spec, i);

		for (unsigned k = 0; k < (p->range ? p->range : 1u); k++) {
			json_t *one = json_pack("{s:i}", "containerPort", (int) (p->container_port + k));

			put_text(one, "hostIP", p->host_ip);
			if (p->host_port)
				json_object_set_new(
					one, "hostPort", json_integer((json_int_t) (p->host_port + k)));
			put_text(one, "name", p->range > 1 ? NULL : p->name);
			if (p->proto)
				put_text(one, "protocol", names[p->proto]);
			json_array_append_new(v, one);
		}
	}
	return v;
}

static void put_bytes(json_t *o, const char *key, int64_t v)
{
	char text[32];

	if (v <= 0)
		return;
	if (v % (int64_t) MiB == 0)
		snprintf(text, sizeof text, "%lldMi", (long long) (v / (int64_t) MiB));
	else
		snprintf(text, sizeof text, "%lld", (long long) v);
	put_text(o, key, text);
}

static void put_cpu(json_t *o, uint64_t milli)
{
	char text[32];

	if (milli % 1000 == 0)
		snprintf(text, sizeof text, "%llu", (unsigned long long) (milli / 1000));
	else
		snprintf(text, sizeof text, "%llum", (unsigned long long) milli);
	put_text(o, "cpu", text);
}

static json_t *resources(const struct resources_spec *r)
{
	json_t *v = json_object(), *limits = json_object(), *requests = json_object();
	uint64_t milli = 0;

	if (r->cpu_quota > 0) {
		milli = (uint64_t) r->cpu_quota * 1000 / (r->cpu_period ? r->cpu_period : 100000);
		put_cpu(limits, milli ? milli : 1);
	}
	put_bytes(limits, "memory", r->memory);
	if (r->cpu_shares > 2 && r->cpu_shares != milli * 1024 / 1000)
		put_cpu(requests, (r->cpu_shares * 1000 + 1023) / 1024);
	put_bytes(requests, "memory", r->memory_reservation);
	put_some(v, "limits", limits);
	put_some(v, "requests", requests);
	return v;
}

static json_t *caps(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->v[i];
		int cap = cap_parse(name);

		json_array_append_new(v, json_string(cap >= 0 ? cap_name(cap) + 4 : name));
	}
	return v;
}

/* "uid[:gid]" in numbers; names mean something only with the image and are its default in most cases. */
static void put_user(struct maker *m, json_t *o, const struct container_spec *c)
{
	char text[64];
	char *colon;
	uint64_t uid, gid;

	if (!has(c->user) || strlen(c->user) >= sizeof text)
		return;
	snprintf(text, sizeof text, "%s", c->user);
	if ((colon = strchr(text, ':')))
		*colon = '\0';
	if (parse_u64(text, 0, 2147483647, &uid) < 0) {
		if (strcmp(text, "root") != 0)
			kube_lost(m, "a user by name:", c->user, c->short_name);
		return;
	}
	json_object_set_new(o, "runAsUser", json_integer((json_int_t) uid));
	if (colon && parse_u64(colon + 1, 0, 2147483647, &gid) == 0)
		json_object_set_new(o, "runAsGroup", json_integer((json_int_t) gid));
}

static json_t *security(struct maker *m, const struct container_spec *c)
{
	json_t *v = json_object(), *cap = json_object();

	if (c->no_new_privs)
		json_object_set_new(v, "allowPrivilegeEscalation", json_false());
	put_some(cap, "add", caps(&c->cap_add));
	put_some(cap, "drop", caps(&c->cap_drop));
	put_some(v, "capabilities", cap);
	put_true(v, "privileged", c->privileged);
	put_true(v, "readOnlyRootFilesystem", c->read_only);
	put_user(m, v, c);
	if (has(c->seccomp) && strcmp(c->seccomp, "unconfined") == 0)
		json_object_set_new(v, "seccompProfile", json_pack("{s:s}", "type", "Unconfined"));
	if (has(c->apparmor) && strcmp(c->apparmor, "unconfined") == 0)
		json_object_set_new(v, "appArmorProfile", json_pack("{s:s}", "type", "Unconfined"));
	else if (has(c->apparmor))
		json_object_set_new(v, "appArmorProfile",
			json_pack("{s:s, s:s}", "type", "Localhost", "localhostProfile", c->apparmor));
	if (has(c->seccomp) && strcmp(c->seccomp, "unconfined") != 0)
		kube_lost(m, "the seccomp profile", c->seccomp, c->short_name);
	return v;
}

static json_t *container(struct maker *m, const struct container_spec *c, bool with_ports)
{
	json_t *v = json_object(), *probe = kube_health_probe(c);
	const char *signal = kube_stop_signal(c);
	char name[64];

	clean_name(has(c->short_name) ? c->short_name : c->name, name, sizeof name);
	kube_container_notes(m, c, name);
	if (c->command_set)
		put_some(v, "args", arguments(&c->command));
	if (c->entrypoint_set)
		put_some(v, "command", arguments(&c->entrypoint));
	put_some(v, "env", env(c));
	put_text(v, "image", c->image);
	if (signal)
		json_object_set_new(v, "lifecycle", json_pack("{s:s}", "stopSignal", signal));
	m->linux = m->linux || signal;
	if (probe)
		json_object_set_new(v, "livenessProbe", probe);
	put_text(v, "name", name);
	if (with_ports)
		put_some(v, "ports", ports(m->pod));
	put_some(v, "resources", resources(&c->resources));
	put_some(v, "securityContext", security(m, c));
	put_true(v, "stdin", c->stdin_open);
	put_true(v, "stdinOnce", c->stdin_once);
	put_true(v, "tty", c->terminal);
	put_some(v, "volumeMounts", mounts(m, c));
	put_text(v, "workingDir", has(c->cwd) && strcmp(c->cwd, "/") != 0 ? c->cwd : NULL);
	return v;
}

/* ---- the pod ----------------------------------------------------------------------------------------------------- */

static void put_restart(json_t *spec, const struct container_spec *ctr, size_t n)
{
	bool always = false, on_failure = false;

	for (size_t i = 0; i < n; i++) {
		if (ctr[i].role != ROLE_MEMBER)
			continue;
		always |= ctr[i].restart == RESTART_ALWAYS || ctr[i].restart == RESTART_UNLESS_STOPPED;
		on_failure |= ctr[i].restart == RESTART_ON_FAILURE;
	}
	if (!always)
		put_text(spec, "restartPolicy", on_failure ? "OnFailure" : "Never");
}

static void put_grace(json_t *spec, const struct pod_spec *pod, const struct container_spec *ctr, size_t n)
{
	uint32_t grace = pod->grace;

	for (size_t i = 0; !pod->grace && i < n; i++)
		if (ctr[i].role == ROLE_MEMBER && ctr[i].stop_timeout > grace)
			grace = ctr[i].stop_timeout;
	if (grace != GRACE_DEFAULT_S)
		json_object_set_new(spec, "terminationGracePeriodSeconds", json_integer(grace));
}

static json_t *host_aliases(const struct pod_spec *pod)
{
	json_t *v = json_array();

	for (size_t i = 0; i < pod->host_aliases.n; i++) {
		const struct host_alias *h = LIST_AT(pod->host_aliases, const struct host_alias, i);

		json_array_append_new(
			v, json_pack("{s:o, s:s}", "hostnames", strings(&h->names), "ip", h->ip));
	}
	return v;
}

static json_t *dns_config(const struct pod_spec *pod)
{
	json_t *v = json_object(), *options = json_array();

	put_some(v, "nameservers", strings(&pod->dns_servers));
	for (size_t i = 0; i < pod->dns_options.n; i++) {
		const char *o = pod->dns_options.v[i], *colon = strchr(o, ':');
		json_t *one = json_object();

		json_object_set_new(one, "name", json_stringn(o, colon ? (size_t) (colon - o) : strlen(o)));
		put_text(one, "value", colon ? colon + 1 : NULL);
		json_array_append_new(options, one);
	}
	put_some(v, "options", options);
	put_some(v, "searches", strings(&pod->dns_searches));
	return v;
}

/* Those of a pod's containers are the pod's; one name once. */
static void add_sysctls(json_t *to, const struct kvs *from)
{
	for (size_t i = 0; i < from->n; i++) {
		bool there = false;

		for (size_t k = 0; k < json_array_size(to); k++)
			there |= strcmp(json_string_value(json_object_get(json_array_get(to, k), "name")),
					 from->v[i].key) == 0;
		if (!there)
			json_array_append_new(to,
				json_pack("{s:s, s:s}", "name", from->v[i].key, "value", from->v[i].value));
	}
}

static json_t *pod_security(const struct pod_spec *pod, const struct container_spec *ctr, size_t n)
{
	json_t *v = json_object(), *sysctls = json_array(), *groups = json_array();

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; ctr[i].role != ROLE_INFRA && j < ctr[i].groups.n; j++) {
			uint64_t gid;
			bool there = false;

			if (parse_u64(ctr[i].groups.v[j], 0, 2147483647, &gid) < 0)
				continue;
			for (size_t k = 0; k < json_array_size(groups); k++)
				there |= json_integer_value(json_array_get(groups, k)) == (json_int_t) gid;
			if (!there)
				json_array_append_new(groups, json_integer((json_int_t) gid));
		}
	put_some(v, "supplementalGroups", groups);
	add_sysctls(sysctls, &pod->sysctls);
	for (size_t i = 0; i < n; i++)
		if (ctr[i].role != ROLE_INFRA)
			add_sysctls(sysctls, &ctr[i].sysctls);
	put_some(v, "sysctls", sysctls);
	return v;
}

static void put_pod_fields(struct maker *m, json_t *spec, const struct container_spec *ctr, size_t n)
{
	const struct pod_spec *pod = m->pod;
	bool host_ipc = pod->host_ipc;
	bool own_name = has(pod->hostname) && strcmp(pod->hostname, pod->name) != 0 &&
			dns_label_is_valid(pod->hostname);

	/* without --hostname a container's host name is the head of its id */
	if (own_name && !(has(pod->id) && strncmp(pod->id, pod->hostname, strlen(pod->hostname)) == 0))
		put_text(spec, "hostname", pod->hostname);
	put_some(spec, "dnsConfig", dns_config(pod));
	put_some(spec, "hostAliases", host_aliases(pod));
	for (size_t i = 0; i < n; i++)
		host_ipc |= ctr[i].ipc.mode == NS_HOST;
	put_true(spec, "hostIPC", host_ipc);
	put_true(spec, "hostNetwork", pod->net == NET_HOST);
	put_true(spec, "hostPID", pod->host_pid);
	if (pod->userns.mode != USERNS_HOST)
		(void) json_object_set_new(spec, "hostUsers", json_false());
	if (m->linux)
		json_object_set_new(spec, "os", json_pack("{s:s}", "name", "linux"));
	put_restart(spec, ctr, n);
	put_some(spec, "securityContext", pod_security(pod, ctr, n));
	put_true(spec, "shareProcessNamespace", pod->share_pid);
	put_grace(spec, pod, ctr, n);
	if (pod->no_hosts)
		kube_lost(m, "an /etc/hosts of the image's", "", "");
	if (has(pod->ip))
		kube_lost(m, "the address", pod->ip, "");
	if (has(pod->mac))
		kube_lost(m, "the hardware address", pod->mac, "");
	if (pod->net == NET_NONE)
		kube_lost(m, "a pod without a network", "", "");
	if (pod->net == NET_CONTAINER)
		kube_lost(m, "the network of another container", "", "");
}

/* Takes the notes. */
static json_t *metadata(struct maker *m, const struct container_spec *ctr, size_t n)
{
	const struct pod_spec *pod = m->pod;
	json_t *v = json_object(), *own;
	char name[NAME_MAX_LEN + 1], base[NAME_MAX_LEN - 4];
	const struct kvs *labels = &pod->labels, *notes = &pod->annotations;

	for (size_t i = 0; pod->solo && i < n; i++) { /* a container on its own: its labels are the pod's */
		if (!labels->n)
			labels = &ctr[i].labels;
		if (!notes->n)
			notes = &ctr[i].annotations;
	}
	clean_name(pod->name, base, sizeof base);
	snprintf(name, sizeof name, "%s%s", base, pod->solo ? "-pod" : "");
	own = pairs(notes);
	json_object_update(own, m->notes);
	json_decref(m->notes);
	put_some(v, "annotations", own);
	put_some(v, "labels", pairs(labels));
	put_text(v, "name", name);
	return v;
}

int kube_from_specs(const struct pod_spec *pod, const struct container_spec *ctr, size_t n, struct buf *b,
	json_t **ret, struct err *err)
{
	struct maker m = { .pod = pod, .comments = b, .volumes = json_array(), .notes = json_object() };
	json_t *spec = json_object(), *members = json_array(), *init = json_array();
	bool with_ports = true;

	for (size_t i = 0; i < n; i++) {
		if (ctr[i].role == ROLE_INFRA)
			continue;
		json_array_append_new(ctr[i].role == ROLE_INIT ? init : members,
			container(&m, &ctr[i], with_ports && ctr[i].role == ROLE_MEMBER));
		with_ports = with_ports && ctr[i].role != ROLE_MEMBER;
	}
	if (!json_array_size(members)) {
		json_decref(spec), json_decref(members), json_decref(init), json_decref(m.volumes),
			json_decref(m.notes);
		arena_done(&m.arena);
		return err_set(err, ERR_STATE, "pod '%s' has no containers, and Kubernetes has no empty pods",
			pod->name ? pod->name : "");
	}
	put_some(spec, "containers", members);
	put_pod_fields(&m, spec, ctr, n);
	put_some(spec, "initContainers", init);
	put_some(spec, "volumes", m.volumes);
	arena_done(&m.arena);
	*ret = json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "Pod", "metadata",
		metadata(&m, ctr, n), "spec", spec);
	return *ret ? 0 : err_sys(err, ENOMEM, "write manifest");
}
