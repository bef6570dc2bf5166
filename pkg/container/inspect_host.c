/* HostConfig, Mounts and capabilities of podman's `container inspect`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/container/inspect_parts.h"
#include "pkg/oci/tables.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

/* ---- Mounts ---------------------------------------------------------------------------------------------------------- */

static const char *propagation(const struct strs *options)
{
	static const char *const words[] = { "shared", "rshared", "slave", "rslave", "private", "rprivate" };

	for (size_t i = 0; options && i < options->n; i++)
		for (size_t k = 0; k < LEN(words); k++)
			if (strcmp(options->v[i], words[k]) == 0)
				return words[k];
	return "rprivate";
}

static bool has(const struct strs *l, const char *word)
{
	for (size_t i = 0; l && i < l->n; i++)
		if (strcmp(l->v[i], word) == 0)
			return true;
	return false;
}

static void add(json_t *l, const char *word) { (void) json_array_append_new(l, text(word)); }

/* Podman's order: what was asked without what has a key of its own, then what a volume gets anyway. */
static json_t *options_json(const struct inspect_mount *m)
{
	static const char *const always[] = { "nosuid", "nodev" };
	json_t *l = json_array();

	if (m->no_copy)
		add(l, "nocopy");
	for (size_t i = 0; m->options && i < m->options->n; i++)
		if (!strstr(m->options->v[i], "private") && !strstr(m->options->v[i], "shared") &&
			!strstr(m->options->v[i], "slave"))
			add(l, m->options->v[i]);
	for (size_t i = 0; strcmp(m->type, "volume") == 0 && i < LEN(always); i++)
		if (!has(m->options, always[i]))
			add(l, always[i]);
	if (!has(m->options, "bind") && !has(m->options, "rbind"))
		add(l, "rbind");
	return l;
}

static void mount_add(json_t *l, const struct inspect_mount *m)
{
	(void) json_array_append_new(
		l, json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:b, s:s}", "Type", m->type, "Name",
			   text(m->name), "Source", text(m->source), "Destination", text(m->dest), "Driver",
			   strcmp(m->type, "volume") == 0 ? "local" : "", "Mode", "", "Options",
			   options_json(m), "RW", !m->read_only, "Propagation", propagation(m->options)));
}

/* Volumes first, as podman; tmpfs has its place in HostConfig. */
json_t *inspect_mounts(const struct inspect_facts *f)
{
	json_t *l = json_array();

	for (int volumes = 1; volumes >= 0; volumes--)
		for (size_t i = 0; i < f->mounts.n; i++) {
			const struct inspect_mount *m = LIST_AT(f->mounts, struct inspect_mount, i);

			if ((strcmp(m->type, "volume") == 0) == volumes && strcmp(m->type, "tmpfs") != 0)
				mount_add(l, m);
		}
	return l;
}

/* "nocopy,rw,rprivate,nosuid,nodev,rbind" */
static const char *option_words(const struct inspect_mount *m, struct buf *b)
{
	json_t *l = options_json(m), *v;
	size_t i;

	(void) buf_printf(b, "%s,%s", m->read_only ? "ro" : "rw", propagation(m->options));
	json_array_foreach(l, i, v)(void) buf_printf(b, ",%s", json_string_value(v));
	json_decref(l);
	return b->data ? b->data : "";
}

static json_t *binds_json(const struct inspect_facts *f)
{
	json_t *l = json_array();

	for (int volumes = 1; volumes >= 0; volumes--)
		for (size_t i = 0; i < f->mounts.n; i++) {
			const struct inspect_mount *m = LIST_AT(f->mounts, struct inspect_mount, i);
			auto_buf struct buf b = BUF_INIT(64 * KiB);

			if ((strcmp(m->type, "volume") == 0) != volumes || strcmp(m->type, "tmpfs") == 0)
				continue;
			(void) json_array_append_new(
				l, json_sprintf("%s:%s:%s", volumes && m->name ? m->name : m->source, m->dest,
					   option_words(m, &b)));
		}
	return l;
}

static json_t *tmpfs_json(const struct inspect_facts *f)
{
	json_t *v = json_object();

	for (size_t i = 0; i < f->mounts.n; i++) {
		const struct inspect_mount *m = LIST_AT(f->mounts, struct inspect_mount, i);
		auto_buf struct buf b = BUF_INIT(64 * KiB);

		if (strcmp(m->type, "tmpfs") != 0)
			continue;
		for (size_t k = 0; m->options && k < m->options->n; k++)
			(void) buf_printf(&b, "%s,", m->options->v[k]);
		(void) buf_printf(&b, "%s,rprivate", m->read_only ? "ro" : "rw");
		set(v, m->dest, text(b.data));
	}
	return v;
}

/* ---- capabilities, limits --------------------------------------------------------------------------------------------- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static json_t *caps_sorted(uint64_t caps)
{
	const char *names[CAP_COUNT] = { 0 };
	json_t *l = json_array();
	size_t n = 0;

	for (int i = 0; i < CAP_COUNT; i++)
		if (caps & 1ULL << i)
			names[n++] = cap_name(i);
	qsort(names, n, sizeof *names, compare_words);
	for (size_t i = 0; i < n; i++)
		add(l, names[i]);
	return l;
}

static uint64_t caps_set(const json_t *names)
{
	uint64_t caps = 0;
	json_t *v;
	size_t i;

	json_array_foreach(names, i, v)
	{
		int cap = cap_parse(json_string_value(v));

		caps |= cap >= 0 ? 1ULL << cap : 0;
	}
	return caps;
}

static uint64_t caps_of(const struct inspect_facts *f, const struct container_spec *c)
{
	struct err ignored = { 0 };
	uint64_t caps = 0;

	return oci_caps(c, f->oci, &caps, &ignored) < 0 ? 0 : caps;
}

json_t *inspect_caps(const struct inspect_facts *f, const char *which)
{
	json_t *sets = oci_capabilities(f->spec, f->oci, caps_of(f, f->spec));
	json_t *l = caps_sorted(caps_set(json_object_get(sets, which)));

	json_decref(sets);
	return l;
}

/* What differs from a container nobody asked anything for. */
static void caps_changed(json_t *v, const struct inspect_facts *f)
{
	const struct container_spec plain = { .role = ROLE_MEMBER };
	uint64_t base = caps_of(f, &plain), now = caps_of(f, f->spec);

	set(v, "CapAdd", f->spec->privileged ? json_array() : caps_sorted(now & ~base));
	set(v, "CapDrop", caps_sorted(f->spec->role == ROLE_INFRA ? 0 : base & ~now));
}

static json_t *ulimits_json(const struct inspect_facts *f)
{
	json_t *limits = NULL, *l = json_array(), *v;
	struct err ignored = { 0 };
	size_t i;

	if (oci_rlimits(f->spec, f->oci, &limits, &ignored) < 0)
		return l;
	json_array_foreach(limits, i, v)
	{
		json_int_t soft = json_integer_value(json_object_get(v, "soft"));
		json_int_t hard = json_integer_value(json_object_get(v, "hard"));

		(void) json_array_append_new(
			l, json_pack("{s:O, s:I, s:I}", "Name", json_object_get(v, "type"), "Soft",
				   soft == INT64_MAX ? -1 : soft, "Hard", hard == INT64_MAX ? -1 : hard));
	}
	json_decref(limits);
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

static json_t *io_json(const struct resources_spec *r, int kind)
{
	json_t *l = json_array();

	for (size_t i = 0; i < r->io.n; i++) {
		const struct io_limit_spec *x = LIST_AT(r->io, struct io_limit_spec, i);

		if (x->kind == kind)
			(void) json_array_append_new(
				l, json_pack("{s:s, s:I}", "Path", x->path,
					   kind == IO_WEIGHT ? "Weight" : "Rate", (json_int_t) x->value));
	}
	return l;
}

static json_int_t pids_limit(const struct inspect_facts *f)
{
	const struct opt_i64 *asked = &f->spec->resources.pids;

	if (asked->set)
		return asked->v;
	return f->oci->pids && f->spec->role != ROLE_INFRA ? f->oci->config->pids_limit : 0;
}

static void resources_into(json_t *v, const struct inspect_facts *f)
{
	const struct resources_spec *r = &f->spec->resources;
	bool memory = r->memory || r->memory_swap || r->memory_reservation;
	const struct {
		const char *key;
		json_int_t n;
	} numbers[] = {
		{ "CpuShares", (json_int_t) r->cpu_shares },
		{ "Memory", r->memory },
		/* --cpus is kept as a share of 100 ms */
		{ "NanoCpus", r->cpu_period == 100000 ? r->cpu_quota * 10000 : 0 },
		{ "BlkioWeight", (json_int_t) r->blkio_weight },
		{ "CpuPeriod", (json_int_t) r->cpu_period },
		{ "CpuQuota", r->cpu_quota },
		{ "CpuRealtimePeriod", r->cpu_rt_period },
		{ "CpuRealtimeRuntime", r->cpu_rt_runtime },
		{ "DiskQuota", (json_int_t) r->storage },
		{ "KernelMemory", 0 },
		{ "MemoryReservation", r->memory_reservation },
		{ "MemorySwap", r->memory_swap },
		{ "MemorySwappiness", r->swappiness.set ? r->swappiness.v
				      : memory          ? -1
							: 0 },
		{ "PidsLimit", pids_limit(f) },
		{ "CpuCount", 0 },
		{ "CpuPercent", 0 },
		{ "IOMaximumIOps", 0 },
		{ "IOMaximumBandwidth", 0 },
	};

	for (size_t i = 0; i < LEN(numbers); i++)
		set(v, numbers[i].key, json_integer(numbers[i].n));
	set(v, "BlkioWeightDevice", io_json(r, IO_WEIGHT));
	set(v, "BlkioDeviceReadBps", io_json(r, IO_READ_BPS));
	set(v, "BlkioDeviceWriteBps", io_json(r, IO_WRITE_BPS));
	set(v, "BlkioDeviceReadIOps", io_json(r, IO_READ_IOPS));
	set(v, "BlkioDeviceWriteIOps", io_json(r, IO_WRITE_IOPS));
	set(v, "CpusetCpus", text(r->cpuset_cpus));
	set(v, "CpusetMems", text(r->cpuset_mems));
	set(v, "OomKillDisable", json_boolean(r->oom_kill_disable));
	set(v, "Ulimits", ulimits_json(f));
	set(v, "CgroupConf", map_json(&r->unified));
}

/* ---- namespaces, security ---------------------------------------------------------------------------------------------- */

static json_t *ns_json(const struct inspect_facts *f, const struct ns_spec *n, const char *mine)
{
	if (n->mode == NS_CONTAINER)
		return json_sprintf("container:%s", n->container);
	if (n->mode == NS_POD && f->infra && *f->infra)
		return json_sprintf("container:%s", f->infra);
	return json_string(n->mode == NS_HOST ? "host" : mine);
}

static json_t *net_mode(const struct inspect_facts *f)
{
	bool member = f->infra && *f->infra && strcmp(f->infra, f->spec->id) != 0;
	const char *of = f->net_container && *f->net_container ? f->net_container : member ? f->infra : "";

	return *of && strcmp(f->net_mode, "host") != 0 ? json_sprintf("container:%s", of)
						       : json_string(f->net_mode);
}

static json_t *security_json(const struct container_spec *c)
{
	json_t *l = json_array();

	if (c->no_new_privs)
		add(l, "no-new-privileges");
	if (c->process_label && *c->process_label)
		(void) json_array_append_new(l, json_sprintf("label=%s", c->process_label));
	if (c->apparmor && *c->apparmor)
		(void) json_array_append_new(l, json_sprintf("apparmor=%s", c->apparmor));
	if (c->seccomp && *c->seccomp)
		(void) json_array_append_new(l, json_sprintf("seccomp=%s", c->seccomp));
	return l;
}

/* "10kB" as podman's units: thousands. */
static json_t *size_text(int64_t n)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double v = (double) n;
	size_t u = 0;

	for (; v >= 1000 && u + 1 < LEN(units); u++)
		v /= 1000;
	return json_sprintf("%.4g%s", v, units[u]);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

/* Podman's keys that say nothing here, because there is no such thing. */
static void nothings(json_t *v)
{
	static const char *const words[] = { "VolumeDriver", "Cgroup", "UsernsMode", "Isolation" };

	for (size_t i = 0; i < LEN(words); i++)
		set(v, words[i], json_string(""));
	set(v, "Links", json_array());
	set(v, "Runtime", json_string("oci"));
	set(v, "Cgroups", json_string("default"));
	set(v, "ConsoleSize", json_pack("[i, i]", 0, 0));
}

json_t *inspect_host_config(const struct inspect_facts *f)
{
	const struct container_spec *c = f->spec;
	json_t *v = json_object();

	nothings(v);
	set(v, "Binds", binds_json(f));
	set(v, "CgroupManager", text(f->cgroup_manager));
	set(v, "CgroupMode", ns_json(f, &c->cgroup, "private"));
	set(v, "CgroupParent", json_string(""));
	set(v, "ContainerIDFile", text(c->cidfile));
	set(v, "LogConfig",
		json_pack("{s:o, s:{}, s:o, s:s, s:o}", "Type", text(c->log_driver), "Config", "Path",
			text(f->log_path), "Tag", "", "Size", size_text(c->log_size_max)));
	set(v, "NetworkMode", net_mode(f));
	set(v, "PortBindings", inspect_ports(f));
	set(v, "RestartPolicy",
		json_pack("{s:s, s:I}", "Name",
			c->restart == RESTART_NO ? "" : restart_policy_names[c->restart], "MaximumRetryCount",
			(json_int_t) c->restart_max));
	set(v, "AutoRemove", json_boolean(f->autoremove));
	set(v, "VolumesFrom", list_json(&c->volumes_from, 0));
	caps_changed(v, f);
	set(v, "Dns", list_json(f->dns, 0));
	set(v, "DnsOptions", list_json(f->dns_options, 0));
	set(v, "DnsSearch", list_json(f->dns_searches, 0));
	set(v, "ExtraHosts", list_json(f->extra_hosts, 0));
	set(v, "GroupAdd", list_json(&c->groups, 0));
	set(v, "IpcMode", ns_json(f, &c->ipc, "shareable"));
	set(v, "PidMode", ns_json(f, &c->pid, "private"));
	set(v, "UTSMode", ns_json(f, &c->uts, "private"));
	set(v, "OomScoreAdj", json_integer(c->oom_score_adj.set ? c->oom_score_adj.v : 0));
	set(v, "Privileged", json_boolean(c->privileged));
	set(v, "PublishAllPorts", json_boolean(c->publish_all));
	set(v, "ReadonlyRootfs", json_boolean(c->read_only));
	set(v, "Init", json_boolean(c->init));
	set(v, "SecurityOpt", security_json(c));
	set(v, "Tmpfs", tmpfs_json(f));
	set(v, "Sysctls", map_json(&c->sysctls));
	set(v, "ShmSize",
		json_integer((json_int_t) (c->shm_size ? (int64_t) c->shm_size
						       : (int64_t) f->oci->config->shm_size)));
	set(v, "Devices", devices_json(c));
	resources_into(v, f);
	return v;
}
