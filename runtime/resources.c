#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/container.h"
#include "runtime/device_cgroup.h"

static const char at[] = "linux.resources";

bool resources_ask_something(const json_t *r)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *) r, key, v)
	{
		/* every engine lists devices; an ordinary user's container has no node it could misuse */
		if (strcmp(key, "devices") != 0 && (json_object_size(v) || json_array_size(v)))
			return true;
	}
	return false;
}

struct res {
	const struct cgroup_fs *fs;
	const char *path;
	const json_t *doc;
	bool update;
	struct cgroup_limits l;
};

static bool is_v2(const struct res *r) { return r->fs->mode == CGROUP_V2; }

static int put(struct res *r, const char *controller, const char *file, int64_t v, struct err *err)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long) v);
	return cgroup_set(r->fs, r->path, controller, file, text, err);
}

static int num(const json_t *o, const char *where, const char *key, int64_t min, int64_t *ret, bool *set,
	struct err *err)
{
	return cfg_int(o, where, key, min, INT64_MAX, ret, set, err);
}

static int memory(struct res *r, struct err *err)
{
	static const char w[] = "linux.resources.memory";
	int64_t v = 0, swappiness = 0;
	bool set, has_swappiness, no_oom = false, check = false;
	const json_t *m;
	int rc;

	if ((rc = cfg_object(r->doc, at, "memory", &m, err)) < 0 || !m)
		return rc;
	if ((rc = num(m, w, "limit", -1, &r->l.memory, NULL, err)) < 0 ||
		(rc = num(m, w, "swap", -1, &r->l.memory_swap, NULL, err)) < 0 ||
		(rc = num(m, w, "reservation", -1, &r->l.memory_reservation, NULL, err)) < 0 ||
		(rc = num(m, w, "swappiness", 0, &swappiness, &has_swappiness, err)) < 0 ||
		(rc = cfg_bool(m, w, "disableOOMKiller", &no_oom, err)) < 0 ||
		(rc = cfg_bool(m, w, "checkBeforeUpdate", &check, err)) < 0 ||
		(rc = num(m, w, "kernelTCP", -1, &v, &set, err)) < 0)
		return rc;
	if (check && r->update && r->l.memory > 0) {
		char text[64];

		if (cgroup_get(r->fs, r->path, "memory",
			    is_v2(r) ? "memory.current" : "memory.usage_in_bytes", text, sizeof text) > 0 &&
			strtoll(text, NULL, 10) > r->l.memory)
			return err_set(err, ERR_INVALID, "%s.limit: %lld is below the present usage of %s", w,
				(long long) r->l.memory, text);
	}
	if (is_v2(r)) {
		/* v2 has neither; a limit on TCP buffers is part of memory.max there */
		if (no_oom)
			return err_set(err, ERR_UNSUPPORTED,
				"%s.disableOOMKiller: cgroup v2 has no such setting", w);
		return 0;
	}
	if (set && v && (rc = put(r, "memory", "memory.kmem.tcp.limit_in_bytes", v, err)) < 0)
		return rc;
	if (has_swappiness && swappiness <= 100 &&
		(rc = put(r, "memory", "memory.swappiness", swappiness, err)) < 0)
		return rc;
	return no_oom ? put(r, "memory", "memory.oom_control", 1, err) : 0;
}

static int cpu(struct res *r, struct err *err)
{
	static const char w[] = "linux.resources.cpu";
	int64_t shares = 0, period = 0, burst = 0, idle = 0, rt_runtime = 0, rt_period = 0;
	bool has_burst, has_idle, has_rt, has_rp;
	const json_t *c;
	int rc;

	if ((rc = cfg_object(r->doc, at, "cpu", &c, err)) < 0 || !c)
		return rc;
	if ((rc = num(c, w, "shares", 0, &shares, NULL, err)) < 0 ||
		(rc = num(c, w, "quota", -1, &r->l.cpu_quota, NULL, err)) < 0 ||
		(rc = num(c, w, "period", 0, &period, NULL, err)) < 0 ||
		(rc = num(c, w, "burst", 0, &burst, &has_burst, err)) < 0 ||
		(rc = num(c, w, "idle", 0, &idle, &has_idle, err)) < 0 ||
		(rc = num(c, w, "realtimeRuntime", -1, &rt_runtime, &has_rt, err)) < 0 ||
		(rc = num(c, w, "realtimePeriod", 0, &rt_period, &has_rp, err)) < 0 ||
		(rc = cfg_str(c, w, "cpus", &r->l.cpus, err)) < 0 ||
		(rc = cfg_str(c, w, "mems", &r->l.mems, err)) < 0)
		return rc;
	r->l.cpu_shares = (uint64_t) shares;
	r->l.cpu_period = (uint64_t) period;
	if (r->l.cpus && !*r->l.cpus)
		r->l.cpus = NULL;
	if (r->l.mems && !*r->l.mems)
		r->l.mems = NULL;
	if (has_idle && (rc = put(r, "cpu", "cpu.idle", idle, err)) < 0)
		return rc;
	if (is_v2(r) && ((has_rt && rt_runtime) || (has_rp && rt_period)))
		return err_set(err, ERR_UNSUPPORTED, "%s.realtimeRuntime: cgroup v2 has no such setting", w);
	if (has_rp && rt_period && (rc = put(r, "cpu", "cpu.rt_period_us", rt_period, err)) < 0)
		return rc;
	return has_rt && rt_runtime ? put(r, "cpu", "cpu.rt_runtime_us", rt_runtime, err) : 0;
}

static int cpu_burst(struct res *r, struct err *err) /* after the quota, which bounds it */
{
	int64_t burst = 0;
	bool set = false;
	const json_t *c;
	int rc;

	if ((rc = cfg_object(r->doc, at, "cpu", &c, err)) < 0 || !c ||
		(rc = num(c, at, "burst", 0, &burst, &set, err)) < 0 || !set)
		return rc;
	return put(r, "cpu", is_v2(r) ? "cpu.max.burst" : "cpu.cfs_burst_us", burst, err);
}

static int pids(struct res *r, struct err *err)
{
	int64_t limit = 0;
	const json_t *p;
	bool set;
	int rc;

	if ((rc = cfg_object(r->doc, at, "pids", &p, err)) < 0 || !p ||
		(rc = num(p, "linux.resources.pids", "limit", INT64_MIN, &limit, &set, err)) < 0)
		return rc;
	r->l.pids = limit < 0 ? -1 : limit;
	return 0;
}

static int device_numbers(const json_t *o, const char *w, int64_t *major, int64_t *minor, struct err *err)
{
	int rc = cfg_int(o, w, "major", 0, UINT32_MAX, major, NULL, err);

	return rc < 0 ? rc : cfg_int(o, w, "minor", 0, UINT32_MAX, minor, NULL, err);
}

static int throttle(
	struct res *r, const json_t *b, const char *key, const char *v1, const char *v2, struct err *err)
{
	const json_t *list, *item;
	char text[96];
	size_t i;
	int rc = cfg_array(b, "linux.resources.blockIO", key, &list, err);

	if (rc < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		int64_t major = 0, minor = 0, rate = 0;

		if ((rc = device_numbers(item, key, &major, &minor, err)) < 0 ||
			(rc = num(item, key, "rate", 0, &rate, NULL, err)) < 0)
			return rc;
		if (is_v2(r) && rate == 0)
			snprintf(text, sizeof text, "%lld:%lld %s=max", (long long) major, (long long) minor,
				v2);
		else if (is_v2(r))
			snprintf(text, sizeof text, "%lld:%lld %s=%lld", (long long) major, (long long) minor,
				v2, (long long) rate);
		else
			snprintf(text, sizeof text, "%lld:%lld %lld", (long long) major, (long long) minor,
				(long long) rate);
		if ((rc = cgroup_set(r->fs, r->path, is_v2(r) ? "io" : "blkio", is_v2(r) ? "io.max" : v1,
			     text, err)) < 0)
			return rc;
	}
	return 0;
}

static int weight_devices(struct res *r, const json_t *b, struct err *err)
{
	static const char w[] = "linux.resources.blockIO.weightDevice";
	const json_t *list, *item;
	char text[96];
	size_t i;
	int rc = cfg_array(b, at, "weightDevice", &list, err);

	if (rc < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		int64_t major = 0, minor = 0, weight = 0, leaf = 0;

		if ((rc = device_numbers(item, w, &major, &minor, err)) < 0 ||
			(rc = num(item, w, "weight", 0, &weight, NULL, err)) < 0 ||
			(rc = num(item, w, "leafWeight", 0, &leaf, NULL, err)) < 0)
			return rc;
		snprintf(text, sizeof text, "%lld:%lld %lld", (long long) major, (long long) minor,
			(long long) weight);
		if (weight && (rc = cgroup_set(r->fs, r->path, is_v2(r) ? "io" : "blkio",
				       is_v2(r) ? "io.bfq.weight" : "blkio.weight_device", text, err)) < 0)
			return rc;
		snprintf(text, sizeof text, "%lld:%lld %lld", (long long) major, (long long) minor,
			(long long) leaf);
		if (leaf && is_v2(r))
			return err_set(err, ERR_UNSUPPORTED,
				"linux.resources.blockIO.leafWeight: cgroup v2 has no such setting");
		if (leaf &&
			(rc = cgroup_set(r->fs, r->path, "blkio", "blkio.leaf_weight_device", text, err)) < 0)
			return rc;
	}
	return 0;
}

static int block_io(struct res *r, struct err *err)
{
	static const char w[] = "linux.resources.blockIO";
	int64_t weight = 0, leaf = 0;
	const json_t *b;
	int rc;

	if ((rc = cfg_object(r->doc, at, "blockIO", &b, err)) < 0 || !b)
		return rc;
	if ((rc = num(b, w, "weight", 0, &weight, NULL, err)) < 0 ||
		(rc = num(b, w, "leafWeight", 0, &leaf, NULL, err)) < 0)
		return rc;
	r->l.blkio_weight = (uint64_t) weight;
	if (leaf && is_v2(r))
		return err_set(err, ERR_UNSUPPORTED, "%s.leafWeight: cgroup v2 has no such setting", w);
	if (leaf && (rc = put(r, "blkio", "blkio.leaf_weight", leaf, err)) < 0)
		return rc;
	if ((rc = weight_devices(r, b, err)) < 0 ||
		(rc = throttle(
			 r, b, "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps", err)) < 0 ||
		(rc = throttle(r, b, "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps",
			 err)) < 0 ||
		(rc = throttle(r, b, "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops",
			 err)) < 0)
		return rc;
	return throttle(r, b, "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops", err);
}

static int hugepages(struct res *r, struct err *err)
{
	static const char w[] = "linux.resources.hugepageLimits";
	const json_t *list, *item;
	char file[64];
	size_t i;
	int rc = cfg_array(r->doc, at, "hugepageLimits", &list, err);

	if (rc < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		const char *size = "";
		int64_t limit = 0;

		if ((rc = cfg_str(item, w, "pageSize", &size, err)) < 0 ||
			(rc = num(item, w, "limit", 0, &limit, NULL, err)) < 0)
			return rc;
		if (!*size || strspn(size, "0123456789KMGB") != strlen(size) || strlen(size) > 16)
			return err_set(
				err, ERR_INVALID, "%s[%zu].pageSize: expected a size such as 2MB", w, i);
		snprintf(file, sizeof file, "hugetlb.%s.%s", size, is_v2(r) ? "max" : "limit_in_bytes");
		if ((rc = put(r, "hugetlb", file, limit, err)) < 0)
			return rc;
	}
	return 0;
}

static int network(struct res *r, struct err *err)
{
	static const char w[] = "linux.resources.network";
	const json_t *n, *list, *item;
	int64_t class = 0;
	bool has_class;
	char text[128];
	size_t i;
	int rc;

	if ((rc = cfg_object(r->doc, at, "network", &n, err)) < 0 || !n)
		return rc;
	if ((rc = num(n, w, "classID", 0, &class, &has_class, err)) < 0 ||
		(rc = cfg_array(n, w, "priorities", &list, err)) < 0)
		return rc;
	if (is_v2(r) && (has_class || json_array_size(list)))
		return err_set(err, ERR_UNSUPPORTED, "%s: cgroup v2 has no network controllers", w);
	if (has_class && (rc = put(r, "net_cls", "net_cls.classid", class, err)) < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		const char *name = "";
		int64_t priority = 0;

		if ((rc = cfg_str(item, w, "name", &name, err)) < 0 ||
			(rc = num(item, w, "priority", 0, &priority, NULL, err)) < 0)
			return rc;
		snprintf(text, sizeof text, "%.64s %lld", name, (long long) priority);
		if ((rc = cgroup_set(r->fs, r->path, "net_prio", "net_prio.ifpriomap", text, err)) < 0)
			return rc;
	}
	return 0;
}

static int rdma(struct res *r, struct err *err)
{
	const json_t *o;
	const char *dev;
	json_t *v;
	int rc = cfg_object(r->doc, at, "rdma", &o, err);

	if (rc < 0)
		return rc;
	json_object_foreach((json_t *) o, dev, v)
	{
		int64_t handles = -1, objects = -1;
		char text[160], a[32] = "max", b[32] = "max";

		if ((rc = num(v, "linux.resources.rdma", "hcaHandles", 0, &handles, NULL, err)) < 0 ||
			(rc = num(v, "linux.resources.rdma", "hcaObjects", 0, &objects, NULL, err)) < 0)
			return rc;
		if (handles >= 0)
			snprintf(a, sizeof a, "%lld", (long long) handles);
		if (objects >= 0)
			snprintf(b, sizeof b, "%lld", (long long) objects);
		snprintf(text, sizeof text, "%.64s hca_handle=%s hca_object=%s", dev, a, b);
		if ((rc = cgroup_set(r->fs, r->path, "rdma", "rdma.max", text, err)) < 0)
			return rc;
	}
	return 0;
}

/* Last, raw: it may override what was converted. */
static int unified(struct res *r, struct err *err)
{
	const json_t *o;
	const char *file;
	json_t *v;
	int rc = cfg_object(r->doc, at, "unified", &o, err);

	if (rc < 0 || !json_object_size(o))
		return rc;
	if (!is_v2(r))
		return err_set(err, ERR_UNSUPPORTED, "%s.unified: this machine uses cgroup v1", at);
	json_object_foreach((json_t *) o, file, v)
	{
		char controller[32];

		if (!json_is_string(v))
			return err_set(err, ERR_INVALID, "%s.unified '%s': expected a string", at, file);
		if (strchr(file, '/') || !strchr(file, '.'))
			return err_set(err, ERR_INVALID, "%s.unified '%s': is not the name of a cgroup file",
				at, file);
		snprintf(controller, sizeof controller, "%.*s", (int) strcspn(file, "."), file);
		if ((rc = cgroup_set(r->fs, r->path, controller, file, json_string_value(v), err)) < 0)
			return rc;
	}
	return 0;
}

int resources_apply(
	const struct cgroup_fs *fs, const char *path, const json_t *doc, bool update, struct err *err)
{
	struct res r = { .fs = fs, .path = path, .doc = doc, .update = update };
	int rc;

	if (!doc)
		return 0;
	if ((rc = memory(&r, err)) < 0 || (rc = cpu(&r, err)) < 0 || (rc = pids(&r, err)) < 0 ||
		(rc = block_io(&r, err)) < 0 || (rc = cgroup_limit(fs, path, &r.l, err)) < 0 ||
		(rc = cpu_burst(&r, err)) < 0 || (rc = hugepages(&r, err)) < 0 ||
		(rc = network(&r, err)) < 0 || (rc = rdma(&r, err)) < 0 ||
		(rc = device_cgroup_apply(fs, path, doc, update, err)) < 0)
		return rc;
	return unified(&r, err);
}
