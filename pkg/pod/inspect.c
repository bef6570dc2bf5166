#include "pkg/pod/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/container/inspect.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "inspect"); }

static json_t *ranges(const struct list *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct id_range *r = LIST_AT(*l, const struct id_range, i);

		(void) json_array_append_new(v, json_sprintf("%u:%u:%u", r->inside, r->outside, r->count));
	}
	return v;
}

/* As podman has it: "" or "private", and the maps. */
static void userns_into(const struct pod *p, json_t *host_config)
{
	const struct userns_spec *u = &p->spec.userns;

	(void) json_object_set_new(
		host_config, "UsernsMode", json_string(u->mode == USERNS_HOST ? "" : "private"));
	if (u->mode != USERNS_HOST)
		(void) json_object_set_new(host_config, "IDMappings",
			json_pack("{s:o, s:o}", "UidMap", ranges(&u->uids), "GidMap", ranges(&u->gids)));
}

const char *pod_network_name(const struct pod_spec *s)
{
	if (s->net != NET_BRIDGE)
		return "";
	return s->network && *s->network ? s->network : NETWORK_NAME;
}

int pod_net(const struct pod *p, struct arena *a, struct net_result *ret, struct err *err)
{
	struct pod_res r;
	int rc = pod_res_load(p, a, &r, err);

	if (rc < 0)
		return rc;
	*ret = r.has_net ? r.net : (struct net_result){ 0 };
	return 0;
}

/* ---- one container ----------------------------------------------------------------------------------------------------- */

static int mounts_of(const struct pod *p, const struct container_spec *c, struct engine *e, struct arena *a,
	struct list *ret, struct err *err)
{
	struct inspect_mount *m = arena_array(a, c->mounts.n + 1, sizeof *m);
	char path[PATH_TEXT];

	if (!m)
		return no_memory(err);
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *s = LIST_AT(c->mounts, struct mount_spec, i);
		bool named = s->type == MOUNT_NAMED;

		m[i] = (struct inspect_mount){ .type = mount_type_names[named ? MOUNT_VOLUME : s->type],
			.name = named ? s->source : "",
			.source = named ? arena_printf(a, "%s/volumes/%s", e->root, s->source) : s->source,
			.dest = s->dest,
			.read_only = s->read_only,
			.no_copy = s->no_copy,
			.options = &s->options };
		for (size_t k = 0; s->type == MOUNT_VOLUME && k < p->spec.volumes.n; k++) {
			const struct volume_spec *v = LIST_AT(p->spec.volumes, struct volume_spec, k);

			if (strcmp(v->name, s->source) != 0)
				continue;
			m[i].name = v->type == VOLUME_NAMED ? v->path : v->name;
			m[i].type = v->type == VOLUME_HOST_PATH ? "bind" : "volume";
			m[i].read_only =
				m[i].read_only || v->type == VOLUME_CONFIG_MAP || v->type == VOLUME_SECRET;
			if (v->type == VOLUME_HOST_PATH || v->type == VOLUME_NFS)
				m[i].source = v->path;
			else if (v->type == VOLUME_NAMED)
				m[i].source = arena_printf(a, "%s/volumes/%s", e->root, v->path);
			else
				m[i].source = arena_printf(a, "%s/%s",
					v->type == VOLUME_SECRET || (v->type == VOLUME_EMPTY_DIR && v->memory)
						? e->runroot
						: e->root,
					path_volume(path, p->row.id,
						v->type == VOLUME_EMPTY_DIR    ? "empty-dir"
						: v->type == VOLUME_CONFIG_MAP ? "config-map"
									       : "secret",
						v->name));
		}
		if (!m[i].source)
			m[i].source = "";
	}
	*ret = (struct list){ .v = m, .n = c->mounts.n };
	return 0;
}

static int ports_of(const struct pod *p, struct arena *a, struct list *ret, struct err *err)
{
	struct port_map *m = arena_array(a, p->spec.ports.n + 1, sizeof *m);

	if (!m)
		return no_memory(err);
	for (size_t i = 0; i < p->spec.ports.n; i++) {
		const struct port_spec *s = LIST_AT(p->spec.ports, struct port_spec, i);

		m[i] = (struct port_map){ .host_ip = s->host_ip,
			.host_port = s->host_port,
			.container_port = s->container_port,
			.range = s->range,
			.proto = s->proto };
	}
	*ret = (struct list){ .v = m, .n = p->spec.ports.n };
	return 0;
}

static void overlay_of(struct engine *e, const struct pod *p, const struct container_spec *c, struct arena *a,
	struct inspect_facts *f)
{
	struct strs lowers = { 0 };
	struct image_row img;
	struct err ignored = { 0 };
	char path[PATH_TEXT];

	if (!c->image_id || !*c->image_id)
		return;
	path_ctr_data(path, p->row.id, c->id);
	f->upper = arena_printf(a, "%s/%s/upper", e->root, path);
	f->work = arena_printf(a, "%s/%s/work", e->root, path);
	f->merged = arena_printf(a, "%s/%s", e->runroot, path_ctr_file(path, p->row.id, c->id, "rootfs"));
	/* an image that was removed by force is no reason not to show the container */
	if (store_image_get(e->store, c->image_id, a, &img, &ignored) < 0)
		return;
	f->image_digest = img.digest;
	if (e->vfs || image_lowers(e, &img, a, &lowers, &ignored) < 0)
		return;
	for (size_t i = 0; i < lowers.n; i++)
		f->lower =
			arena_printf(a, "%s%s%s", f->lower ? f->lower : "", f->lower ? ":" : "", lowers.v[i]);
}

static void paths_of(struct engine *e, const struct pod *p, const struct container_spec *c, struct arena *a,
	struct inspect_facts *f)
{
	char path[PATH_TEXT];
	const char *dir;

	f->log_path = "";
	if (c->log_driver && strcmp(c->log_driver, "none") != 0)
		f->log_path = arena_printf(a, "%s/%s", e->root,
			path_pod_log(path, p->row.id, c->short_name, f->status ? f->status->attempt : 0));
	if (!p->alive)
		return;
	f->bundle = arena_printf(a, "%s/%s", e->runroot, path_ctr_file(path, p->row.id, c->id, "bundle"));
	f->pidfile = arena_printf(a, "%s/%s", e->runroot, path_ctr_file(path, p->row.id, c->id, "pid"));
	if (c->role == ROLE_INFRA ||
		!(dir = arena_printf(a, "%s/%s/etc", e->runroot, path_pod(path, p->row.id))))
		return;
	f->hosts = arena_printf(a, "%s/hosts", dir);
	f->hostname_path = arena_printf(a, "%s/hostname", dir);
	if (p->spec.net != NET_NONE)
		f->resolv = arena_printf(a, "%s/resolv.conf", dir);
}

/* Who the process would be, by the image's own files; an image that is gone leaves it root. */
static void user_of(struct engine *e, const struct pod *p, const struct container_spec *c, struct arena *a,
	struct user *ret)
{
	auto_layers struct layers layers = { .n = 0 };
	struct strs dirs = { 0 };
	struct err ignored = { 0 };

	if (c->role == ROLE_INFRA || bundle_layers(e, p, c, a, &dirs, &ignored) < 0 || !dirs.n ||
		layers_open(&dirs, &layers, &ignored) < 0 ||
		user_lookup(&layers, c->user, &c->groups, c->user_groups, ret, &ignored) < 0)
		*ret = (struct user){ 0 };
	if (!c->no_passwd)
		user_home(ret, c->cwd);
}

static int extra_hosts(const struct pod *p, struct arena *a, struct strs *ret, struct err *err)
{
	for (size_t i = 0; i < p->spec.host_aliases.n; i++) {
		const struct host_alias *h = LIST_AT(p->spec.host_aliases, struct host_alias, i);

		for (size_t k = 0; k < h->names.n; k++)
			if (strs_addf(ret, a, "%s:%s", h->names.v[k], h->ip) < 0)
				return no_memory(err);
	}
	return 0;
}

/* The name podman shows, and what was asked when it was asked by name or path. */
static const char *runtime_of(struct engine *e, const struct pod *p)
{
	const char *path = "", *slash;
	struct err ignored = { 0 };
	bool ours;

	if (p->spec.runtime && *p->spec.runtime)
		return p->spec.runtime;
	/* gone since; the container is still worth looking at */
	if (engine_runtime_named(e, "", &path, &ours, &ignored) < 0)
		return "";
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* What belongs to the pod. */
static int facts_of_pod(struct engine *e, const struct pod *p, struct arena *a, struct strs *hosts,
	struct inspect_facts *f, struct err *err)
{
	const struct container_spec *infra = pod_infra(p);

	f->net_mode = net_mode_names[p->spec.net];
	f->net_container = p->spec.net == NET_CONTAINER ? p->spec.net_container : "";
	f->pod = p->row.solo ? "" : p->row.id;
	f->pod_name = p->row.solo ? "" : p->row.name;
	f->infra = infra ? infra->id : "";
	f->autoremove = p->row.autoremove;
	f->monitor = p->status.monitor;
	f->runtime = runtime_of(e, p);
	f->cgroup_manager = !e->cgroups_usable ? "disabled" : e->systemd_cgroups ? "systemd" : "cgroupfs";
	f->dns = &p->spec.dns_servers;
	f->dns_options = &p->spec.dns_options;
	f->dns_searches = &p->spec.dns_searches;
	f->extra_hosts = hosts;
	return extra_hosts(p, a, hosts, err);
}

static int inspect_container(
	struct engine *e, const struct pod *p, size_t i, struct arena *a, json_t **ret, struct err *err)
{
	const struct container_spec *c = &p->ctr[i];
	auto_free struct user *user = calloc(1, sizeof *user);
	struct oci_facts oci = { .config = &e->config,
		.in_userns = e->in_userns,
		.pids = e->cgroups_usable,
		.cgroup = "",
		.user = user };
	struct inspect_facts f = { .spec = c,
		.row = &p->ctr_row[i],
		.status = pod_status_of(p, c->id),
		.alive = p->alive,
		.oci = &oci };
	struct strs hosts = { 0 };
	struct pod_res r;
	char path[PATH_TEXT];
	int rc;

	if (!user)
		return no_memory(err);
	if ((rc = pod_res_load(p, a, &r, err)) < 0 || (rc = mounts_of(p, c, e, a, &f.mounts, err)) < 0 ||
		(rc = ports_of(p, a, &f.ports, err)) < 0 || (rc = facts_of_pod(e, p, a, &hosts, &f, err)) < 0)
		return rc;
	pod_own_limits(e, p, &oci);
	user_of(e, p, c, a, user);
	f.paused = f.status && f.status->state == CTR_PAUSED;
	f.net = r.has_net && p->alive ? &r.net : NULL;
	f.network = pod_network_name(&p->spec);
	f.aliases = &p->spec.aliases;
	if (f.net && f.status && f.status->pid > 0)
		f.netns = arena_printf(a, "/proc/%lld/ns/net", (long long) f.status->pid);
	if (p->alive && *r.cgroup)
		f.cgroup = p->row.solo && !*r.scope ? r.cgroup : arena_printf(a, "%s/%s", r.cgroup, c->id);
	f.vfs = e->vfs;
	overlay_of(e, p, c, a, &f);
	f.static_dir = arena_printf(a, "%s/%s", e->root, path_ctr_data(path, p->row.id, c->id));
	paths_of(e, p, c, a, &f);
	if (!(*ret = container_inspect(&f)))
		return no_memory(err);
	userns_into(p, json_object_get(*ret, "HostConfig"));
	return 0;
}

int pod_inspect_container(
	struct engine *e, const struct pod *p, const char *ctr, json_t **ret, struct err *err)
{
	struct arena a = { 0 };
	int rc;

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->ctr[i].id, ctr) == 0) {
			rc = inspect_container(e, p, i, &a, ret, err);
			arena_done(&a);
			return rc;
		}
	return err_set(err, ERR_NOT_FOUND, "no such container %.12s", ctr);
}

/* ---- the pod ------------------------------------------------------------------------------------------------------------- */

static json_t *labels_json(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		(void) json_object_set_new(v, m->v[i].key, json_string(m->v[i].value));
	return v;
}

static json_t *strs_json(const struct strs *l)
{
	json_t *v = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void) json_array_append_new(v, json_string(l->v[i]));
	return v;
}

static json_t *containers_json(const struct pod *p)
{
	json_t *l = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct status_container *s = pod_status_of(p, p->ctr[i].id);

		(void) json_array_append_new(
			l, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "Id", p->ctr[i].id, "Name",
				   p->ctr[i].name, "State", container_state_word(s, p->alive, p->row.solo),
				   "Role", container_role_names[p->ctr[i].role], "RestartCount",
				   (json_int_t) (s ? s->restarts : 0), "ExitCode",
				   (json_int_t) (s ? s->exit_code : 0)));
	}
	return l;
}

static json_t *shared_json(const struct pod *p)
{
	struct infra_share s = { 0 };
	struct err ignored = { 0 };
	json_t *l = json_array();

	if (p->row.solo || infra_share_of(&p->spec, &s, &ignored) < 0)
		return l;
	if (s.ipc)
		(void) json_array_append_new(l, json_string("ipc"));
	if (s.net)
		(void) json_array_append_new(l, json_string("net"));
	if (s.uts)
		(void) json_array_append_new(l, json_string("uts"));
	if (s.pid)
		(void) json_array_append_new(l, json_string("pid"));
	if (pod_has_userns(&p->spec))
		(void) json_array_append_new(l, json_string("user"));
	return l;
}

static json_t *host_aliases(const struct pod *p)
{
	json_t *l = json_array();

	for (size_t i = 0; i < p->spec.host_aliases.n; i++) {
		const struct host_alias *h = LIST_AT(p->spec.host_aliases, struct host_alias, i);

		for (size_t k = 0; k < h->names.n; k++)
			(void) json_array_append_new(l, json_sprintf("%s:%s", h->names.v[k], h->ip));
	}
	return l;
}

/* What does not come from the network itself. */
static void infra_config_more(json_t *v, const struct pod *p)
{
	const char *policy = p->spec.dns_policy ? p->spec.dns_policy : "";

	(void) json_object_set_new(v, "StaticIP", json_string(p->spec.ip ? p->spec.ip : ""));
	(void) json_object_set_new(v, "StaticMAC", json_string(p->spec.mac ? p->spec.mac : ""));
	(void) json_object_set_new(v, "NoManageResolvConf", json_boolean(!strcmp(policy, "None")));
	(void) json_object_set_new(v, "HostAdd", host_aliases(p));
	(void) json_object_set_new(v, "NetworkOptions", json_object());
	(void) json_object_set_new(v, "pid_ns", json_string(p->spec.host_pid ? "host" : "private"));
	(void) json_object_set_new(v, "userns", json_string("host"));
	(void) json_object_set_new(v, "uts_ns", json_string(p->spec.net == NET_HOST ? "host" : "private"));
}

/* Limits of the pod as a whole, where there are any. */
static void limits_into(json_t *v, const struct pod *p)
{
	const struct resources_spec *r = &p->spec.resources;
	const struct {
		const char *key;
		json_int_t n;
	} numbers[] = { { "memory_limit", r->memory }, { "memory_swap", r->memory_swap },
		{ "cpu_shares", (json_int_t) r->cpu_shares }, { "cpu_period", (json_int_t) r->cpu_period },
		{ "cpu_quota", r->cpu_quota } };

	for (size_t i = 0; i < LEN(numbers); i++)
		if (numbers[i].n)
			(void) json_object_set_new(v, numbers[i].key, json_integer(numbers[i].n));
	if (r->cpuset_cpus && *r->cpuset_cpus)
		(void) json_object_set_new(v, "cpuset_cpus", json_string(r->cpuset_cpus));
}

/* The network's part of a container's document has the address and ports in podman's shape already. */
static json_t *infra_config(struct engine *e, const struct pod *p, struct arena *a, struct err *err)
{
	const struct container_spec *infra = pod_infra(p);
	json_t *doc, *net, *v;
	bool host = p->spec.net == NET_HOST;

	if (!infra || inspect_container(e, p, 0, a, &doc, err) < 0)
		return NULL;
	net = json_object_get(doc, "NetworkSettings");
	v = json_pack("{s:O, s:O, s:O, s:b, s:o, s:o, s:o, s:b, s:o}", "PortBindings",
		json_object_get(net, "Ports"), "IPAddress", json_object_get(net, "IPAddress"), "MacAddress",
		json_object_get(net, "MacAddress"), "HostNetwork", host, "DNSServer",
		strs_json(&p->spec.dns_servers), "DNSSearch", strs_json(&p->spec.dns_searches), "DNSOption",
		strs_json(&p->spec.dns_options), "NoManageHosts", p->spec.no_hosts, "Networks", json_array());
	if (v)
		(void) json_object_set_new(
			v, "userns", json_string(pod_has_userns(&p->spec) ? "private" : "host"));
	if (v && p->spec.net == NET_BRIDGE)
		(void) json_array_append_new(
			json_object_get(v, "Networks"), json_string(pod_network_name(&p->spec)));
	infra_config_more(v, p);
	json_decref(doc);
	return v;
}

int pod_inspect(struct engine *e, const struct pod *p, json_t **ret, struct err *err)
{
	const struct container_spec *infra = pod_infra(p);
	struct arena a = { 0 };
	char created[TIME_TEXT];
	const char *slash;
	struct pod_res r;
	json_t *v, *net;
	int rc;

	if ((rc = pod_res_load(p, &a, &r, err)) < 0)
		goto out;
	v = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:b, s:b, s:b, s:s, s:s, s:o, s:I, s:o, s:o, s:b}",
		"Id", p->row.id, "Name", p->row.name, "Created", time_format(created, p->row.created_us),
		"CreateCommand", strs_json(&p->spec.create_argv), "ExitPolicy",
		p->spec.exit_policy && *p->spec.exit_policy ? p->spec.exit_policy : "continue", "State",
		pod_state_word(p), "Labels", labels_json(&p->spec.labels), "CreateCgroup", e->cgroups_usable,
		"CreateInfra", infra != NULL, "Kube", p->spec.kube, "Hostname",
		p->spec.hostname ? p->spec.hostname : "", "CgroupPath", r.cgroup, "SharedNamespaces",
		shared_json(p), "NumContainers", (json_int_t) p->n, "Containers", containers_json(p),
		"HostAdd", host_aliases(p), "AutoRemove", p->row.autoremove);
	if (!v) {
		rc = no_memory(err);
		goto out;
	}
	slash = strrchr(r.cgroup, '/');
	(void) json_object_set_new(v, "CgroupParent",
		slash ? json_stringn(r.cgroup, (size_t) (slash - r.cgroup)) : json_string(""));
	limits_into(v, p);
	(void) json_object_set_new(v, "InfraContainerID", json_string(infra ? infra->id : ""));
	(void) json_object_set_new(v, "Annotations", labels_json(&p->spec.annotations));
	if (p->status.phase && *p->status.phase)
		(void) json_object_set_new(v, "Phase", json_string(p->status.phase));
	if ((net = infra_config(e, p, &a, err)))
		(void) json_object_set_new(v, "InfraConfig", net);
	*ret = v;
	rc = 0;
out:
	arena_done(&a);
	return rc;
}

int pod_ctr_cgroup(const struct pod *p, size_t i, struct arena *a, const char **ret, struct err *err)
{
	struct pod_res r;
	int rc = pod_res_load(p, a, &r, err);

	if (rc < 0)
		return rc;
	*ret = "";
	if (*r.cgroup &&
		!(*ret = p->row.solo && !*r.scope ? arena_strdup(a, r.cgroup)
						  : arena_printf(a, "%s/%s", r.cgroup, p->ctr_row[i].id)))
		return no_memory(err);
	return 0;
}
