#include "pkg/verb/networks.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "pkg/network/bridge.h"
#include "pkg/util/io.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/pods.h"
#include "pkg/verb/prune.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "networks"); }

/* As podman makes one: of its name. */
static void id_of(const char *name, char id[65]) { sha256_hex(name, strlen(name), id); }

/* The engine's network is as old as its root. */
static uint64_t created_us(const struct engine *e)
{
	struct statx st;

	if (statx(e->root_fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_CTIME, &st) < 0)
		return 0;
	return st.stx_mask & STATX_BTIME
		       ? (uint64_t) st.stx_btime.tv_sec * 1000000 + st.stx_btime.tv_nsec / 1000
		       : (uint64_t) st.stx_ctime.tv_sec * 1000000;
}

/* ---- documents --------------------------------------------------------------------------------------------------------- */

/* The engine's own in the words of a defined one; its subnet is chosen by now.  An ordinary user's has none. */
static int own_network(struct engine *e, struct network_def *d, struct arena *a, struct err *err)
{
	char name[BRIDGE_NAME], text[SUBNET_TEXT];
	auto_close int lock = -EBADF;
	int rc;

	*d = (struct network_def){ .no_dns = true, .created_us = created_us(e) };
	if (!(d->name = arena_strdup(a, NETWORK_NAME)) ||
		!(d->bridge = arena_strdup(a, bridge_name(e, name))))
		return no_memory(err);
	if (e->rootless)
		return 0;
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	if ((rc = subnet_get(e, &d->net, err)) < 0)
		return rc;
	d->gateway_ip = subnet_gateway(d->net);
	return (d->subnet = arena_strdup(a, subnet_text(text, d->net))) ? 0 : no_memory(err);
}

static json_t *kvs_object(const struct kvs *l)
{
	json_t *v = json_object();

	for (size_t i = 0; i < l->n; i++)
		(void) json_object_set_new(v, l->v[i].key, json_string(l->v[i].value));
	return v;
}

static json_t *subnets_json(const struct network_def *d)
{
	char gateway[IP_TEXT];
	json_t *v;

	if (!d->subnet)
		return json_array();
	v = json_pack("{s:s, s:s}", "subnet", d->subnet, "gateway", ip_text(gateway, d->gateway_ip));
	if (d->first)
		(void) json_object_set_new(
			v, "lease_range", json_pack("{s:s, s:s}", "start_ip", d->first, "end_ip", d->last));
	return json_pack("[o]", v);
}

static json_t *document(const struct network_def *d)
{
	char id[65], created[TIME_TEXT];
	json_t *doc;

	id_of(d->name, id);
	doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b}", "name", d->name, "id", id, "driver",
		"bridge", "network_interface", d->bridge, "created", time_format(created, d->created_us),
		"subnets", subnets_json(d), "ipv6_enabled", 0, "internal", d->internal, "dns_enabled",
		!d->no_dns);
	if (doc && d->labels.n)
		(void) json_object_set_new(doc, "labels", kvs_object(&d->labels));
	if (doc && d->options.n)
		(void) json_object_set_new(doc, "options", kvs_object(&d->options));
	if (doc)
		(void) json_object_set_new(doc, "ipam_options", json_pack("{s:s}", "driver", "host-local"));
	return doc;
}

/* ---- which ------------------------------------------------------------------------------------------------------------- */

static bool is_own_name(const char *name)
{
	static const char *const names[] = { NETWORK_NAME, "podman", "bridge" };

	for (size_t i = 0; i < LEN(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static bool is_on(const struct pod *p, const char *network)
{
	return p->spec.net == NET_BRIDGE && p->spec.network && !strcmp(p->spec.network, network);
}

static int is_used(struct engine *e, const char *name, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	int rc = pod_set_load(e, &all, err);

	for (size_t i = 0; rc == 0 && i < all.n; i++)
		rc = is_on(&all.v[i], name);
	return rc;
}

static int fits(struct engine *e, const struct network_def *d, const char *f, struct err *err)
{
	char id[65];
	uint64_t until;
	int rc;

	id_of(d->name, id);
	if (!strncasecmp(f, "name=", 5))
		return strstr(d->name, f + 5) != NULL;
	if (!strncasecmp(f, "id=", 3))
		return !strncmp(id, f + 3, strlen(f + 3));
	if (!strncasecmp(f, "driver=", 7))
		return !strcmp(f + 7, "bridge");
	if (!strncasecmp(f, "label=", 6))
		return kvs_fit(&d->labels, f + 6);
	if (!strncasecmp(f, "label!=", 7))
		return !kvs_fit(&d->labels, f + 7);
	if (!strcasecmp(f, "dangling=true") || !strcasecmp(f, "dangling=false")) {
		/* the engine's own is always wanted */
		if ((rc = is_own_name(d->name) ? 1 : is_used(e, d->name, err)) < 0)
			return rc;
		return (rc == 0) == (f[9] == 't' || f[9] == 'T');
	}
	if (strncasecmp(f, "until=", 6) != 0)
		return err_set(err, ERR_INVALID,
			"invalid filter \"%s\"; there are name=, id=, driver=, label=, dangling= and until=",
			f);
	if ((rc = log_time_parse(f + 6, time_now_us(), &until, err)) < 0)
		return err_wrap(err, "--filter %s", f);
	return d->created_us < until;
}

/* The same key twice: labels must all fit, of others one. */
static int fits_all(
	struct engine *e, const struct network_def *d, const struct strs *filters, struct err *err)
{
	for (size_t i = 0; i < filters->n; i++) {
		size_t key = strcspn(filters->v[i], "=") + 1;
		int rc = fits(e, d, filters->v[i], err);

		for (size_t k = 0; rc == 0 && strncasecmp(filters->v[i], "label", 5) != 0 && k < filters->n;
			k++)
			if (!strncasecmp(filters->v[k], filters->v[i], key))
				rc = fits(e, d, filters->v[k], err);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct network_def *) a)->name, ((const struct network_def *) b)->name);
}

static int list(struct engine *e, struct arena *a, struct network_def **ret, size_t *ret_n, struct err *err)
{
	struct network_def *defs = NULL, *v;
	size_t n = 0;
	int rc = network_defs(e, a, &defs, &n, err);

	if (rc < 0)
		return rc;
	if (!(v = arena_array(a, n + 1, sizeof *v)))
		return no_memory(err);
	memcpy(v, defs, n * sizeof *v);
	if ((rc = own_network(e, &v[n], a, err)) < 0)
		return rc;
	qsort(v, n + 1, sizeof *v, by_name);
	*ret = v;
	*ret_n = n + 1;
	return 0;
}

int verb_networks(struct engine *e, const struct strs *filters, json_t **ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct network_def *v = NULL;
	json_t *all = json_array();
	size_t n = 0;
	int rc = all ? list(e, &a, &v, &n, err) : no_memory(err);

	for (size_t i = 0; rc >= 0 && i < n; i++)
		if ((rc = fits_all(e, &v[i], filters, err)) > 0 &&
			json_array_append_new(all, document(&v[i])) < 0)
			rc = no_memory(err);
	if (rc < 0) {
		json_decref(all);
		return rc;
	}
	*ret = all;
	return 0;
}

int verb_network_inspect(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct network_def d = { 0 };
	char id[65];
	int rc;

	id_of(NETWORK_NAME, id);
	rc = is_own_name(name) ? own_network(e, &d, &a, err) : network_def_find(e, name, &a, &d, err);
	if (rc < 0 && err->kind == ERR_NOT_FOUND && *name && !strncmp(id, name, strlen(name))) {
		err_clear(err);
		rc = own_network(e, &d, &a, err);
	}
	if (rc < 0)
		return err->kind == ERR_NOT_FOUND
			       ? err_set(err, ERR_NOT_FOUND,
					 "inspecting object: network %s: unable to find network with name or "
					 "ID %s: network not found",
					 name, name)
			       : rc;
	return (*ret = document(&d)) ? 0 : no_memory(err);
}

/* ---- create -------------------------------------------------------------------------------------------------------------- */

static int option(struct network_def *d, const char *key, const char *value, struct err *err)
{
	uint64_t mtu;

	if (!strcmp(key, "mtu") || !strcmp(key, "com.docker.network.driver.mtu")) {
		if (parse_u64(value, 68, 65535, &mtu) < 0)
			return err_set(
				err, ERR_INVALID, "--opt mtu=%s: expected a number from 68 to 65535", value);
		d->mtu = (uint32_t) mtu;
		return 0;
	}
	if (!strcmp(key, "isolate")) {
		d->isolate = !strcmp(value, "true") || !strcmp(value, "1");
		return d->isolate || !strcmp(value, "false") || !strcmp(value, "0")
			       ? 0
			       : err_set(err, ERR_INVALID, "--opt isolate=%s: expected true or false", value);
	}
	return err_set(err, ERR_UNSUPPORTED,
		"--opt %s: unsupported bridge network option; there are mtu and isolate", key);
}

/* "10.89.0.0/28": the addresses in it. */
static int range(struct network_def *d, const char *text, struct arena *a, struct err *err)
{
	const char *slash = strchr(text, '/');
	char *ip = slash ? arena_strndup(a, text, (size_t) (slash - text)) : NULL;
	char one[IP_TEXT];
	uint64_t prefix;
	uint32_t base, mask;

	if (!ip || ip_parse(ip, &base) < 0 || parse_u64(slash + 1, 8, 32, &prefix) < 0)
		return err_set(err, ERR_INVALID,
			"--ip-range %s: expected an IPv4 range such as 10.89.0.128/25", text);
	mask = ~0U << (32 - prefix);
	base &= mask;
	d->first = arena_strdup(a, ip_text(one, prefix >= 31 ? base : base + 1));
	d->last = arena_strdup(a, ip_text(one, prefix >= 31 ? base | ~mask : (base | ~mask) - 1));
	return d->first && d->last ? 0 : no_memory(err);
}

int verb_network_create(struct engine *e, const struct network_request *r, struct arena *a,
	const char **ret_name, struct err *err)
{
	struct network_def d = { .name = (char *) (uintptr_t) r->name,
		.bridge = (char *) (uintptr_t) r->interface,
		.subnet = (char *) (uintptr_t) r->subnet,
		.gateway = (char *) (uintptr_t) r->gateway,
		.internal = r->internal,
		.no_dns = r->no_dns,
		.labels = r->labels,
		.options = r->options };
	int rc;

	if ((r->gateway || r->ip_range) && !r->subnet)
		return err_set(
			err, ERR_INVALID, "cannot set %s without subnet", r->gateway ? "gateway" : "range");
	for (size_t i = 0; i < r->options.n; i++)
		if ((rc = option(&d, r->options.v[i].key, r->options.v[i].value, err)) < 0)
			return rc;
	if ((r->ip_range && (rc = range(&d, r->ip_range, a, err)) < 0) ||
		(rc = network_def_add(e, &d, a, err)) < 0)
		return rc;
	*ret_name = d.name;
	return 0;
}

/* ---- remove, prune --------------------------------------------------------------------------------------------------------- */

static int remove_users(
	struct engine *e, const char *name, bool force, const struct opt_i64 *timeout_s, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	struct remove_request q = { .force = true, .depend = true, .timeout_s = *timeout_s };
	int rc = pod_set_load(e, &all, err);

	for (size_t i = 0; rc >= 0 && i < all.n; i++) {
		struct pod *p = &all.v[i];
		struct target t = { .asked = p->row.name,
			.id = p->row.solo && p->n ? p->ctr_row[0].id : p->row.id,
			.pod = p->row.id };

		if (!is_on(p, name))
			continue;
		if (!force)
			return err_set(err, ERR_STATE,
				"\"%s\" has associated containers with it, '%s' is one. Use -f to forcibly "
				"delete "
				"containers and pods: network is being used",
				name, p->row.name);
		rc = p->row.solo ? verb_remove(e, &t, &q, err) : verb_pod_remove(e, &t, &q, err);
		if (rc < 0 && err->kind == ERR_NOT_FOUND) {
			err_clear(err);
			rc = 0;
		}
	}
	return rc < 0 ? rc : 0;
}

int verb_network_remove(
	struct engine *e, const char *name, bool force, const struct opt_i64 *timeout_s, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct network_def d = { 0 };
	int rc;

	if (is_own_name(name))
		return err_set(err, ERR_INVALID, "default network %s cannot be removed", name);
	if ((rc = network_def_find(e, name, &a, &d, err)) < 0 ||
		(rc = remove_users(e, d.name, force, timeout_s, err)) < 0)
		return rc;
	return network_def_remove(e, &d, err);
}

int verb_prune_networks(struct engine *e, const struct prune_request *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct strs filters = { 0 };
	struct network_def *v = NULL;
	size_t n = 0;
	int rc;

	if (strs_add_all(&filters, &a, &r->filters) < 0 || strs_add(&filters, &a, "dangling=true") < 0)
		return no_memory(err);
	if ((rc = network_defs(e, &a, &v, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct err one = { 0 };

		if ((rc = fits_all(e, &v[i], &filters, err)) < 0)
			return rc;
		if (!rc)
			continue;
		if (network_def_remove(e, &v[i], &one) >= 0)
			r->removed(r->ctx, v[i].name);
		else
			r->failed(r->ctx, &one);
	}
	return 0;
}
