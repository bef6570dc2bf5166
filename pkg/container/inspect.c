#include "pkg/container/inspect.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pkg/container/inspect_parts.h"
#include "pkg/container/late.h"
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

static json_t *time_json(uint64_t us)
{
	char buf[TIME_TEXT];

	return json_string(us ? time_format(buf, us) : ZERO_TIME);
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

	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:s, "
			 "s:s, s:o, s:I, "
			 "s:o}",
		"OciVersion", "1.0.2", "Status", word, "Running", running || paused, "Paused", paused,
		"Restarting", strcmp(word, "restarting") == 0, "OOMKilled", s && s->oom_killed, "Dead", 0,
		"Pid", (json_int_t) (s && (running || paused) ? s->pid : 0), "ConmonPid",
		(json_int_t) (f->alive ? f->monitor : 0), "ExitCode", (json_int_t) (s ? s->exit_code : 0),
		"Error", text(s && s->message ? s->message : ""), "StartedAt",
		time_json(s ? s->started_us : 0), "FinishedAt", time_json(s ? s->finished_us : 0), "Health",
		health_json(s), "CgroupPath", f->cgroup ? f->cgroup : "", "CheckpointedAt", ZERO_TIME,
		"RestoredAt", ZERO_TIME, "Reason", text(s && s->reason ? s->reason : ""), "Attempt",
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

/* Without variables that a file says when the container is created: podctl does not know them. */
static bool is_secret(const struct container_spec *c, const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < c->secrets.n; i++) {
		const struct secret_spec *x = LIST_AT(c->secrets, struct secret_spec, i);

		if (x->env && strncmp(x->target, variable, n) == 0 && !x->target[n])
			return true;
	}
	return false;
}

/* Without what is not known yet, and what is nobody's business. */
static json_t *env_json(const struct container_spec *c, const struct oci_facts *f)
{
	json_t *env = oci_env(c, f);

	for (size_t i = json_array_size(env); (c->env_files.n || c->secrets.n) && i-- > 0;) {
		const char *variable = json_string_value(json_array_get(env, i));

		if (late_in(variable) || is_secret(c, variable))
			(void) json_array_remove(env, i);
	}
	return env;
}

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

/* As podman 4 has it: a string. */
static json_t *entrypoint_json(const struct strs *l)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);

	for (size_t i = 0; i < l->n; i++)
		(void) buf_printf(&b, "%s%s", i ? " " : "", l->v[i]);
	return text(b.data);
}

/* What the configuration is given, and podman's words for what else was asked. */
static json_t *annotations_json(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	const struct {
		const char *key;
		bool on;
	} words[] = { { "autoremove", f->autoremove }, { "init", c->init }, { "privileged", c->privileged },
		{ "publish-all", c->publish_all } };
	json_t *v = oci_annotations(c);

	for (size_t i = 0; v && i < LEN(words); i++) {
		char key[64];

		snprintf(key, sizeof key, "io.podman.annotations.%s", words[i].key);
		set(v, key, json_string(words[i].on ? "TRUE" : "FALSE"));
	}
	if (v && c->seccomp && *c->seccomp)
		set(v, "io.podman.annotations.seccomp", text(c->seccomp));
	if (v)
		set(v, "io.kubernetes.cri-o.TTY", json_string(c->terminal ? "true" : "false"));
	return v;
}

static json_t *config_of(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	int sig = signal_parse(c->stop_signal && *c->stop_signal ? c->stop_signal : "SIGTERM");
	char umask_text[8];

	snprintf(umask_text, sizeof umask_text, "%04o", (unsigned) (c->umask ? c->umask - 1 : 022) & 0777);
	return json_pack("{s:o, s:s, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:{}, s:o, s:o, s:[], "
			 "s:o, s:o, "
			 "s:o, s:o, s:i, s:s, s:I, s:I, s:s, s:b, s:s, s:b}",
		"Hostname", text(c->hostname), "Domainname", "", "User", text(c->user), "AttachStdin", 0,
		"AttachStdout", 0, "AttachStderr", 0, "Tty", c->terminal, "OpenStdin", c->stdin_open,
		"StdinOnce", c->stdin_once, "Env", env_json(c, f->oci), "Cmd",
		list_json(c->command_set || c->command.n ? &c->command : &c->argv, 0), "Image",
		text(c->image), "Volumes", "WorkingDir", text(c->cwd), "Entrypoint",
		entrypoint_json(&c->entrypoint), "OnBuild", "Labels", map_json(&c->labels), "Annotations",
		annotations_json(f), "ExposedPorts", ports_exposed(&c->exposed), "CreateCommand",
		list_json(&c->create_argv, 0), "StopSignal", sig > 0 ? sig : 0, "HealthcheckOnFailureAction",
		"none", "StopTimeout", (json_int_t) c->stop_timeout, "Timeout", (json_int_t) c->timeout,
		"Umask", umask_text, "Passwd", !c->no_passwd, "sdNotifyMode",
		c->sdnotify && *c->sdnotify ? c->sdnotify : "container", "SystemdMode", c->systemd);
}

/* ---- network -------------------------------------------------------------------------------------------------------- */

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

json_t *inspect_ports(const struct inspect_facts *f)
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

static const char *short_id(char to[13], const char *id)
{
	snprintf(to, 13, "%.12s", id ? id : "");
	return to;
}

/* As podman has them: those given, and the short id. */
static json_t *aliases_json(const struct inspect_facts *f)
{
	json_t *v = json_array();
	char id[13];

	for (size_t i = 0; f->aliases && i < f->aliases->n; i++)
		(void) json_array_append_new(v, json_string(f->aliases->v[i]));
	(void) json_array_append_new(v, json_string(short_id(id, f->spec->id)));
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
	v = json_pack("{s:s, s:o, s:o, s:I, s:s, s:s, s:i, s:s, s:s, s:s, s:b, s:s, s:i, s:o, s:o, s:{}}",
		"EndpointID", "", "Gateway", ip_json(n ? n->gateway : 0), "IPAddress", ip_json(n ? n->ip : 0),
		"IPPrefixLen", (json_int_t) (n ? n->prefix : 0), "IPv6Gateway", "", "GlobalIPv6Address", "",
		"GlobalIPv6PrefixLen", 0, "MacAddress", mac, "Bridge", n ? n->bridge : "", "SandboxID", "",
		"HairpinMode", 0, "LinkLocalIPv6Address", "", "LinkLocalIPv6PrefixLen", 0, "Ports",
		inspect_ports(f), "SandboxKey", text(f->netns), "Networks");
	if (v && f->network && *f->network)
		set(json_object_get(v, "Networks"), f->network,
			json_pack("{s:s, s:o, s:o, s:I, s:s, s:s, s:i, s:s, s:s, s:{}, s:n, s:n, s:o}",
				"EndpointID", "", "Gateway", ip_json(n ? n->gateway : 0), "IPAddress",
				ip_json(n ? n->ip : 0), "IPPrefixLen", (json_int_t) (n ? n->prefix : 0),
				"IPv6Gateway", "", "GlobalIPv6Address", "", "GlobalIPv6PrefixLen", 0,
				"MacAddress", mac, "NetworkID", f->network, "DriverOpts", "IPAMConfig",
				"Links", "Aliases", aliases_json(f)));
	return v;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

/* What pid 1 runs: with --init that is its program. */
static void argv_into(json_t *v, const struct container_spec *c)
{
	bool init = c->init && c->role != ROLE_INFRA;
	json_t *args = list_json(&c->argv, init ? 0 : 1);

	if (init)
		(void) json_array_insert_new(args, 0, json_string("--"));
	set(v, "Path", init ? json_string(OCI_INIT) : text(c->argv.n ? c->argv.v[0] : ""));
	set(v, "Args", args);
}

json_t *container_inspect(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	json_t *v = json_object(), *data;

	if (!v)
		return NULL;
	set(v, "Id", text(c->id));
	set(v, "Created", time_json(f->row->created_us));
	argv_into(v, c);
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
	set(v, "StaticDir", text(f->static_dir));
	set(v, "OCIConfigPath",
		f->bundle && *f->bundle ? json_sprintf("%s/config.json", f->bundle) : json_string(""));
	set(v, "OCIRuntime", text(f->runtime));
	set(v, "ConmonPidFile", text(c->monitor_pidfile));
	set(v, "PidFile", text(c->pidfile && *c->pidfile ? c->pidfile : f->pidfile));
	set(v, "LogPath", text(f->log_path));
	set(v, "Name", text(c->name));
	set(v, "RestartCount", json_integer(f->status ? f->status->restarts : 0));
	set(v, "Driver", json_string(f->vfs ? "vfs" : "overlay"));
	set(v, "MountLabel", text(c->mount_label));
	set(v, "ProcessLabel", text(c->process_label));
	set(v, "AppArmorProfile", text(c->apparmor));
	set(v, "EffectiveCaps", inspect_caps(f, "effective"));
	set(v, "BoundingCaps", inspect_caps(f, "bounding"));
	set(v, "ExecIDs", json_array());
	data = json_object();
	if (!f->vfs && f->upper && *f->upper) {
		set(data, "LowerDir", text(f->lower));
		set(data, "UpperDir", text(f->upper));
		set(data, "WorkDir", text(f->work));
		set(data, "MergedDir", text(f->merged));
	}
	set(v, "GraphDriver", json_pack("{s:s, s:o}", "Name", f->vfs ? "vfs" : "overlay", "Data", data));
	set(v, "Mounts", inspect_mounts(f));
	set(v, "Dependencies", json_array());
	if (f->infra && *f->infra && strcmp(f->infra, c->id) != 0)
		(void) json_array_append_new(json_object_get(v, "Dependencies"), text(f->infra));
	set(v, "NetworkSettings", network_json(f));
	set(v, "Namespace", json_string(""));
	set(v, "IsService", json_false());
	set(v, "IsInfra", json_boolean(c->role == ROLE_INFRA));
	set(v, "IsInit", json_boolean(c->role == ROLE_INIT));
	set(v, "Config", config_json(f));
	set(v, "HostConfig", inspect_host_config(f));
	return v;
}
