#include "pkg/container/inspect.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define ZERO_TIME "0001-01-01T00:00:00Z" /* how Go prints a time that never was */

const char *container_state_word(const struct status_container *s, bool alive, bool solo)
{
	if (!s || s->state == CTR_CREATED)
		return s && alive && solo ? "initialized" : "created";
	if (!alive)
		return "exited";
	switch ((enum ctr_state) s->state) {
	case CTR_STARTING:
		return "initialized";
	case CTR_RUNNING:
		return "running";
	case CTR_PAUSED:
		return "paused";
	case CTR_STOPPING:
		return "stopping";
	case CTR_WAITING:
		return "restarting";
	case CTR_CREATED:
	case CTR_EXITED:
		break;
	}
	return "exited";
}

/* ---- small parts ---------------------------------------------------------------------------------------------------- */

static json_t *text(const char *s)
{
	json_t *v = json_string(s ? s : "");

	return v ? v : json_string("(not UTF-8)");
}

static json_t *time_json(uint64_t us)
{
	char buf[TIME_TEXT];

	return json_string(us ? time_format(buf, us) : ZERO_TIME);
}

static json_t *list_json(const struct strs *l, size_t from)
{
	json_t *v = json_array();

	for (size_t i = from; l && i < l->n; i++)
		(void) json_array_append_new(v, text(l->v[i]));
	return v;
}

static json_t *map_json(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		(void) json_object_set_new(v, m->v[i].key, text(m->v[i].value));
	return v;
}

static json_t *ip_json(uint32_t ip)
{
	struct in_addr a = { .s_addr = htonl(ip) };
	char buf[INET_ADDRSTRLEN] = "";

	if (ip)
		(void) inet_ntop(AF_INET, &a, buf, sizeof buf);
	return json_string(buf);
}

/* ---- State ---------------------------------------------------------------------------------------------------------- */

static json_t *health_json(const struct status_container *s)
{
	const struct status_health *h = s ? s->health : NULL;
	json_t *log = h && h->log.n ? json_array() : json_null();

	for (size_t i = 0; h && i < h->log.n; i++) {
		const struct status_look *l = LIST_AT(h->log, struct status_look, i);

		(void) json_array_append_new(
			log, json_pack("{s:o, s:o, s:I, s:o}", "Start", time_json(l->started_us), "End",
				     time_json(l->finished_us), "ExitCode", (json_int_t) l->exit_code,
				     "Output", text(l->output ? l->output : "")));
	}
	return json_pack("{s:s, s:I, s:o}", "Status", h && h->status ? h->status : "", "FailingStreak",
		(json_int_t) (h ? h->failing : 0), "Log", log);
}

/* As images have it, in nanoseconds. */
static json_t *healthcheck_json(const struct health_spec *h)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I}", "Test", list_json(&h->test, 0), "StartPeriod",
		(json_int_t) h->start_period.v * 1000, "Interval", (json_int_t) h->interval.v * 1000,
		"Timeout", (json_int_t) h->timeout.v * 1000, "Retries", (json_int_t) h->retries.v);
}

static json_t *state_json(const struct inspect_facts *f)
{
	const struct status_container *s = f->status;
	const char *word = container_state_word(s, f->alive, !f->pod || !*f->pod);
	bool running = strcmp(word, "running") == 0 || strcmp(word, "stopping") == 0,
	     paused = strcmp(word, "paused") == 0;

	return json_pack(
		"{s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:o}",
		"OciVersion", "1.0.2", "Status", word, "Running", running || paused, "Paused", paused,
		"Restarting", strcmp(word, "restarting") == 0, "OOMKilled", s && s->oom_killed, "Dead", 0,
		"Pid", (json_int_t) (s && (running || paused) ? s->pid : 0), "ExitCode",
		(json_int_t) (s ? s->exit_code : 0), "Error", text(s && s->message ? s->message : ""),
		"StartedAt", time_json(s ? s->started_us : 0), "FinishedAt",
		time_json(s ? s->finished_us : 0), "Health", health_json(s), "CgroupPath",
		f->cgroup ? f->cgroup : "", "Reason", text(s && s->reason ? s->reason : ""), "Attempt",
		(json_int_t) (s ? s->attempt : 0), "NextStartAt",
		time_json(s && s->state == CTR_WAITING ? s->next_start_us : 0));
}

/* ---- Config --------------------------------------------------------------------------------------------------------- */

static json_t *ports_exposed(const struct strs *l)
{
	json_t *v = json_object();

	for (size_t i = 0; i < l->n; i++)
		(void) json_object_set_new(v, l->v[i], json_object());
	return v;
}

static json_t *secrets_json(const struct container_spec *c)
{
	json_t *l = json_array();

	for (size_t i = 0; i < c->secrets.n; i++) {
		const struct secret_spec *x = LIST_AT(c->secrets, struct secret_spec, i);

		(void) json_array_append_new(l, json_pack("{s:s, s:s, s:I, s:I, s:I}", "Name", x->name, "ID",
							x->id, "UID", (json_int_t) x->uid, "GID",
							(json_int_t) x->gid, "Mode", (json_int_t) x->mode));
	}
	return l;
}

static json_t *config_of(const struct inspect_facts *f);

static json_t *config_json(const struct inspect_facts *f)
{
	const struct health_spec *h = f->spec->health;
	json_t *v = config_of(f);

	if (v && f->spec->secrets.n)
		(void) json_object_set_new(v, "Secrets", secrets_json(f->spec));
	if (v && h && h->test.n) {
		(void) json_object_set_new(v, "Healthcheck", healthcheck_json(h));
		(void) json_object_set_new(
			v, "HealthcheckOnFailureAction", json_string(health_action_names[h->action]));
	}
	return v;
}

static json_t *config_of(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	int sig = signal_parse(c->stop_signal && *c->stop_signal ? c->stop_signal : "SIGTERM");
	char umask_text[8];

	snprintf(umask_text, sizeof umask_text, "%04o", (unsigned) (c->umask ? c->umask - 1 : 022) & 0777);
	return json_pack("{s:o, s:s, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:s, s:I, s:I, s:s}",
		"Hostname", text(c->hostname), "Domainname", "", "User", text(c->user), "AttachStdin",
		c->stdin_open, "AttachStdout", 1, "AttachStderr", 1, "Tty", c->terminal, "OpenStdin",
		c->stdin_open, "StdinOnce", c->stdin_once, "Env", list_json(&c->env, 0), "Cmd",
		list_json(c->command_set || c->command.n ? &c->command : &c->argv, 0), "Image",
		text(c->image), "WorkingDir", text(c->cwd), "Entrypoint", list_json(&c->entrypoint, 0),
		"Labels", map_json(&c->labels), "Annotations", map_json(&c->annotations), "ExposedPorts",
		ports_exposed(&c->exposed), "CreateCommand", list_json(&c->create_argv, 0), "StopSignal",
		sig > 0 ? signal_name(sig) : "", "StopTimeout", (json_int_t) c->stop_timeout, "Timeout",
		(json_int_t) c->timeout, "Umask", umask_text);
}

/* ---- Mounts, network ------------------------------------------------------------------------------------------------- */

static const char *propagation(const struct strs *options)
{
	static const char *const words[] = { "shared", "rshared", "slave", "rslave", "private", "rprivate" };

	for (size_t i = 0; options && i < options->n; i++)
		for (size_t k = 0; k < LEN(words); k++)
			if (strcmp(options->v[i], words[k]) == 0)
				return words[k];
	return "rprivate";
}

static json_t *mounts_json(const struct inspect_facts *f)
{
	json_t *l = json_array();

	for (size_t i = 0; i < f->mounts.n; i++) {
		const struct inspect_mount *m = LIST_AT(f->mounts, struct inspect_mount, i);

		(void) json_array_append_new(
			l, json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:b, s:s}", "Type", m->type, "Name",
				   text(m->name), "Source", text(m->source), "Destination", text(m->dest),
				   "Driver", "", "Mode", "", "Options", list_json(m->options, 0), "RW",
				   !m->read_only, "Propagation",
				   strcmp(m->type, "bind") == 0 ? propagation(m->options) : ""));
	}
	return l;
}

static void port_add(json_t *ports, const struct port_map *p, unsigned offset, const char *ip)
{
	char key[32], host[8];
	json_t *l;

	snprintf(key, sizeof key, "%u/%s", p->container_port + offset, port_proto_names[p->proto]);
	snprintf(host, sizeof host, "%u", p->host_port ? p->host_port + offset : 0);
	if (!(l = json_object_get(ports, key))) {
		l = json_array();
		(void) json_object_set_new(ports, key, l);
	}
	(void) json_array_append_new(
		l, json_pack("{s:s, s:s}", "HostIp", ip && *ip ? ip : "0.0.0.0", "HostPort", host));
}

static json_t *ports_json(const struct inspect_facts *f)
{
	json_t *v = json_object();

	for (size_t i = 0; f->net && i < f->net->n_ports; i++)
		port_add(v, &f->net->ports[i], 0, f->net->ports[i].host_ip);
	for (size_t i = 0; !f->net && i < f->ports.n; i++) {
		const struct port_map *p = LIST_AT(f->ports, struct port_map, i);

		for (unsigned k = 0; k < (p->range ? p->range : 1u); k++)
			port_add(v, p, k, p->host_ip);
	}
	return v;
}

static json_t *network_json(const struct inspect_facts *f)
{
	const struct net_result *n = f->net;
	char mac[20] = "";
	json_t *v;

	if (n && n->ip)
		snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", n->mac[0], n->mac[1], n->mac[2],
			n->mac[3], n->mac[4], n->mac[5]);
	v = json_pack("{s:s, s:o, s:I, s:o, s:s, s:s, s:s, s:o, s:o}", "EndpointID", "", "IPAddress",
		ip_json(n ? n->ip : 0), "IPPrefixLen", (json_int_t) (n ? n->prefix : 0), "Gateway",
		ip_json(n ? n->gateway : 0), "MacAddress", mac, "Bridge", n ? n->bridge : "", "SandboxKey",
		"", "Ports", ports_json(f), "Networks", json_object());
	if (v && n && n->ip)
		(void) json_object_set_new(json_object_get(v, "Networks"), n->bridge,
			json_pack("{s:o, s:I, s:o, s:s, s:s}", "IPAddress", ip_json(n->ip), "IPPrefixLen",
				(json_int_t) n->prefix, "Gateway", ip_json(n->gateway), "MacAddress", mac,
				"NetworkID", n->bridge));
	return v;
}

/* ---- HostConfig ------------------------------------------------------------------------------------------------------ */

static json_t *binds_json(const struct inspect_facts *f)
{
	json_t *l = json_array();

	for (size_t i = 0; i < f->mounts.n; i++) {
		const struct inspect_mount *m = LIST_AT(f->mounts, struct inspect_mount, i);

		if (strcmp(m->type, "bind") == 0)
			(void) json_array_append_new(
				l, json_sprintf("%s:%s:%s", m->source, m->dest, m->read_only ? "ro" : "rw"));
	}
	return l;
}

static json_t *ulimits_json(const struct container_spec *c)
{
	json_t *l = json_array();

	for (size_t i = 0; i < c->ulimits.n; i++) {
		const struct ulimit_spec *u = LIST_AT(c->ulimits, struct ulimit_spec, i);

		(void) json_array_append_new(l, json_pack("{s:s, s:I, s:I}", "Name", u->name, "Soft",
							(json_int_t) u->soft, "Hard", (json_int_t) u->hard));
	}
	return l;
}

static json_t *devices_json(const struct container_spec *c)
{
	json_t *l = json_array();

	for (size_t i = 0; i < c->devices.n; i++) {
		const struct device_spec *d = LIST_AT(c->devices, struct device_spec, i);

		(void) json_array_append_new(l, json_pack("{s:s, s:s, s:s}", "PathOnHost", d->host,
							"PathInContainer", d->path ? d->path : d->host,
							"CgroupPermissions", d->access ? d->access : "rwm"));
	}
	return l;
}

static json_t *ns_json(const struct ns_spec *n)
{
	return n->mode == NS_CONTAINER ? json_sprintf("container:%s", n->container)
				       : json_string(ns_mode_names[n->mode]);
}

static void set(json_t *v, const char *key, json_t *value) { (void) json_object_set_new(v, key, value); }

static json_t *host_config_json(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	const struct resources_spec *r = &c->resources;
	json_t *v = json_object();

	set(v, "Binds", binds_json(f));
	set(v, "NetworkMode", json_string(f->net_mode));
	set(v, "PortBindings", ports_json(f));
	set(v, "RestartPolicy",
		json_pack("{s:s, s:I}", "Name", restart_policy_names[c->restart], "MaximumRetryCount",
			(json_int_t) c->restart_max));
	set(v, "AutoRemove", json_boolean(f->autoremove));
	set(v, "LogConfig",
		json_pack("{s:o, s:s, s:I}", "Type", text(c->log_driver), "Path", f->log_path, "Size",
			(json_int_t) c->log_size_max));
	set(v, "CapAdd", list_json(&c->cap_add, 0));
	set(v, "CapDrop", list_json(&c->cap_drop, 0));
	set(v, "Privileged", json_boolean(c->privileged));
	set(v, "ReadonlyRootfs", json_boolean(c->read_only));
	set(v, "Init", json_boolean(c->init));
	set(v, "SecurityOpt", json_array());
	if (c->seccomp && *c->seccomp)
		(void) json_array_append_new(
			json_object_get(v, "SecurityOpt"), json_sprintf("seccomp=%s", c->seccomp));
	if (c->no_new_privs)
		(void) json_array_append_new(
			json_object_get(v, "SecurityOpt"), json_string("no-new-privileges"));
	set(v, "PidMode", ns_json(&c->pid));
	set(v, "IpcMode", ns_json(&c->ipc));
	set(v, "UTSMode", ns_json(&c->uts));
	set(v, "CgroupMode", ns_json(&c->cgroup));
	set(v, "GroupAdd", list_json(&c->groups, 0));
	set(v, "Devices", devices_json(c));
	set(v, "Ulimits", ulimits_json(c));
	set(v, "Sysctls", map_json(&c->sysctls));
	set(v, "ShmSize",
		json_integer(c->shm_size ? (json_int_t) c->shm_size
					 : 65536 * 1024)); /* containers.conf(5), shm_size */
	set(v, "Memory", json_integer(r->memory));
	set(v, "MemorySwap", json_integer(r->memory_swap));
	set(v, "MemoryReservation", json_integer(r->memory_reservation));
	set(v, "CpuShares", json_integer((json_int_t) r->cpu_shares));
	set(v, "CpuQuota", json_integer(r->cpu_quota));
	set(v, "CpuPeriod", json_integer((json_int_t) r->cpu_period));
	set(v, "CpusetCpus", text(r->cpuset_cpus));
	set(v, "CpusetMems", text(r->cpuset_mems));
	set(v, "PidsLimit", json_integer(r->pids.set ? r->pids.v : 0));
	if (c->oom_score_adj.set)
		set(v, "OomScoreAdj", json_integer(c->oom_score_adj.v));
	return v;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

json_t *container_inspect(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	json_t *v = json_object(), *data;

	if (!v)
		return NULL;
	set(v, "Id", text(c->id));
	set(v, "Created", time_json(f->row->created_us));
	set(v, "Path", text(c->argv.n ? c->argv.v[0] : ""));
	set(v, "Args", list_json(&c->argv, 1));
	set(v, "State", state_json(f));
	set(v, "Image", text(c->image_id));
	set(v, "ImageDigest", text(f->image_digest));
	set(v, "ImageName", text(c->image));
	set(v, "Rootfs", text(c->rootfs));
	set(v, "Pod", text(f->pod));
	set(v, "PodName", text(f->pod_name));
	set(v, "ResolvConfPath", text(f->resolv));
	set(v, "HostnamePath", text(f->hostname_path));
	set(v, "HostsPath", text(f->hosts));
	set(v, "OCIConfigPath",
		f->bundle && *f->bundle ? json_sprintf("%s/config.json", f->bundle) : json_string(""));
	set(v, "OCIRuntime", text(f->runtime));
	set(v, "PidFile", text(c->pidfile && *c->pidfile ? c->pidfile : f->pidfile));
	set(v, "LogPath", text(f->log_path));
	set(v, "Name", text(c->name));
	set(v, "RestartCount", json_integer(f->status ? f->status->restarts : 0));
	set(v, "Driver", json_string("overlay"));
	set(v, "MountLabel", json_string(""));
	set(v, "ProcessLabel", json_string(""));
	set(v, "AppArmorProfile", json_string(""));
	set(v, "ExecIDs", json_array());
	data = json_object();
	if (f->upper && *f->upper) {
		set(data, "LowerDir", text(f->lower));
		set(data, "UpperDir", text(f->upper));
		set(data, "WorkDir", text(f->work));
		set(data, "MergedDir", text(f->merged));
	}
	set(v, "GraphDriver", json_pack("{s:s, s:o}", "Name", "overlay", "Data", data));
	set(v, "Mounts", mounts_json(f));
	set(v, "Dependencies", json_array());
	if (f->infra && *f->infra && strcmp(f->infra, c->id) != 0)
		(void) json_array_append_new(json_object_get(v, "Dependencies"), text(f->infra));
	set(v, "NetworkSettings", network_json(f));
	set(v, "IsInfra", json_boolean(c->role == ROLE_INFRA));
	set(v, "IsInit", json_boolean(c->role == ROLE_INIT));
	set(v, "Config", config_json(f));
	set(v, "HostConfig", host_config_json(f));
	return v;
}
