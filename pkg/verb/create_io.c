/*
 * create_io.c — limits of block devices, rules for devices, files of cgroup v2.  Pure: the devices are looked up at each start.
 */
#include <string.h>

#include "pkg/util/text.h"
#include "pkg/verb/create.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the limits"); }

static bool is_rate_in_bytes(enum io_limit_kind kind) { return kind == IO_READ_BPS || kind == IO_WRITE_BPS; }

static int value_of(const char *flag, enum io_limit_kind kind, const char *text, const char *value,
	uint64_t *ret, struct err *err)
{
	uint64_t min = kind == IO_WEIGHT ? 10 : 0, max = kind == IO_WEIGHT ? 1000 : INT64_MAX;

	if (is_rate_in_bytes(kind)) {
		if (parse_bytes(value, ret) == 0 && *ret <= INT64_MAX)
			return 0;
		return err_set(
			err, ERR_INVALID, "%s %s: expected DEVICE:SIZE, such as /dev/sda:1mb", flag, text);
	}
	if (parse_u64(value, min, max, ret) == 0)
		return 0;
	return err_set(err, ERR_INVALID,
		kind == IO_WEIGHT ? "%s %s: expected DEVICE:WEIGHT with a weight from 10 to 1000"
				  : "%s %s: expected DEVICE:NUMBER, such as /dev/sda:1000",
		flag, text);
}

static int add_limit(struct resources_spec *r, const char *flag, enum io_limit_kind kind, const char *text,
	struct arena *a, struct err *err)
{
	struct io_limit_spec *v = arena_array(a, r->io.n + 1, sizeof *v);
	const char *colon = strrchr(text, ':');
	uint64_t value;
	int rc;

	if (!v)
		return no_memory(err);
	if (!colon || text[0] != '/')
		return err_set(err, ERR_INVALID, "%s %s: expected an absolute DEVICE:VALUE", flag, text);
	if ((rc = value_of(flag, kind, text, colon + 1, &value, err)) < 0)
		return rc;
	if (r->io.n)
		memcpy(v, r->io.v, r->io.n * sizeof *v);
	v[r->io.n] = (struct io_limit_spec){
		.kind = (int) kind, .path = arena_strndup(a, text, (size_t) (colon - text)), .value = value
	};
	if (!v[r->io.n].path)
		return no_memory(err);
	r->io = (struct list){ .v = v, .n = r->io.n + 1 };
	return 0;
}

static bool is_number_or_star(const char *s, size_t n)
{
	if (n == 1 && *s == '*')
		return true;
	return n > 0 && n < 10 && strspn(s, "0123456789") >= n;
}

/* "TYPE MAJOR:MINOR MODE", as the kernel's devices controller has it. */
static bool is_device_rule(const char *text)
{
	size_t major, minor;
	const char *p = text;

	if (!*p || !strchr("abc", *p) || p[1] != ' ')
		return false;
	p += 2;
	major = strcspn(p, ":");
	if (p[major] != ':' || !is_number_or_star(p, major))
		return false;
	p += major + 1;
	minor = strcspn(p, " ");
	if (p[minor] != ' ' || !is_number_or_star(p, minor))
		return false;
	p += minor + 1;
	return *p && strspn(p, "rwm") == strlen(p);
}

static int device_rules(
	const struct create_request *r, struct resources_spec *res, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < r->device_rules.n; i++) {
		const char *text = r->device_rules.v[i];

		if (!is_device_rule(text))
			return err_set(err, ERR_INVALID,
				"--device-cgroup-rule '%s': expected TYPE MAJOR:MINOR MODE, such as 'c "
				"10:200 rwm'",
				text);
		if (strs_add(&res->device_rules, a, text) < 0)
			return no_memory(err);
	}
	return 0;
}

/* A file of the container's own cgroup, never a path to another's. */
static int unified(
	const struct create_request *r, struct resources_spec *res, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < r->cgroup_conf.n; i++) {
		const char *key = r->cgroup_conf.v[i].key;

		if (!*key || strchr(key, '/') || key[0] == '.')
			return err_set(err, ERR_INVALID,
				"--cgroup-conf '%s': expected FILE=VALUE, such as memory.high=1073741824",
				key);
		if (kvs_set(&res->unified, a, key, r->cgroup_conf.v[i].value) < 0)
			return no_memory(err);
	}
	return 0;
}

int create_io(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	const struct {
		const char *flag;
		enum io_limit_kind kind;
		const struct strs *from;
	} lists[] = {
		{ "--blkio-weight-device", IO_WEIGHT, &r->weight_devices },
		{ "--device-read-bps", IO_READ_BPS, &r->read_bps },
		{ "--device-write-bps", IO_WRITE_BPS, &r->write_bps },
		{ "--device-read-iops", IO_READ_IOPS, &r->read_iops },
		{ "--device-write-iops", IO_WRITE_IOPS, &r->write_iops },
	};
	int rc;

	c->resources.blkio_weight = (uint64_t) r->blkio_weight.v;
	for (size_t i = 0; i < LEN(lists); i++)
		for (size_t k = 0; k < lists[i].from->n; k++)
			if ((rc = add_limit(&c->resources, lists[i].flag, lists[i].kind, lists[i].from->v[k],
				     a, err)) < 0)
				return rc;
	if ((rc = device_rules(r, &c->resources, a, err)) < 0)
		return rc;
	return unified(r, &c->resources, a, err);
}
