#include "pkg/network/defined.h"

#include <stdio.h>
#include <string.h>

#include "pkg/codec/decode.h"
#include "pkg/network/bridge.h"
#include "pkg/network/forward.h"
#include "pkg/network/nft.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define D struct network_def
static const struct field def_fields[] = { F_STR(D, "name", name), F_STR(D, "bridge", bridge),
	F_STR(D, "subnet", subnet), F_STR(D, "gateway", gateway), F_STR(D, "first", first),
	F_STR(D, "last", last), F_BOOL(D, "internal", internal), F_BOOL(D, "isolate", isolate),
	F_BOOL(D, "noDns", no_dns), F_U32(D, "mtu", mtu), F_KVS(D, "labels", labels),
	F_KVS(D, "options", options), F_U64(D, "createdUs", created_us), F_END };
#undef D

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "networks"); }

/* ---- addresses ------------------------------------------------------------------------------------------------------- */

static bool is_inside(struct subnet s, uint32_t ip) { return ip > s.base && ip < subnet_last(s) + 1; }

/* What pods get by themselves: the range that was asked for, else the larger side of the gateway. */
static void range_of(struct network_def *d, uint32_t first, uint32_t last)
{
	if (d->gateway_ip >= first && d->gateway_ip <= last) {
		if (d->gateway_ip - first < last - d->gateway_ip)
			first = d->gateway_ip + 1;
		else
			last = d->gateway_ip - 1;
	}
	d->first_ip = first;
	d->last_ip = last;
}

static int texts_parse(struct network_def *d, struct err *err)
{
	uint32_t first, last;

	if (subnet_parse(d->subnet, &d->net) < 0)
		return err_set(err, ERR_INVALID,
			"subnet %s: expected an IPv4 network such as 10.89.0.0/24, /8 to /29", d->subnet);
	d->gateway_ip = subnet_gateway(d->net);
	if (d->gateway && (ip_parse(d->gateway, &d->gateway_ip) < 0 || !is_inside(d->net, d->gateway_ip)))
		return err_set(err, ERR_INVALID, "gateway %s not in subnet %s", d->gateway, d->subnet);
	first = d->net.base + 1;
	last = subnet_last(d->net);
	if (d->first && d->last &&
		(ip_parse(d->first, &first) < 0 || ip_parse(d->last, &last) < 0 || first > last ||
			!is_inside(d->net, first) || !is_inside(d->net, last)))
		return err_set(
			err, ERR_INVALID, "ip range %s-%s not in subnet %s", d->first, d->last, d->subnet);
	range_of(d, first, last);
	return d->first_ip <= d->last_ip
		       ? 0
		       : err_set(err, ERR_INVALID, "network %s: no address is left for pods", d->name);
}

/* ---- rows -------------------------------------------------------------------------------------------------------------- */

static int read_doc(const struct object_row *row, struct arena *a, struct network_def *ret, struct err *err)
{
	json_t *v = json_parse(row->doc, strlen(row->doc), err);
	struct network_def d = { 0 };
	int rc = v ? decode_json(v, def_fields, &d, a, err) : -EINVAL;

	json_decref(v);
	if (rc >= 0 && (!d.name || !d.bridge || !d.subnet || strlen(d.bridge) >= BRIDGE_NAME))
		rc = err_set(err, ERR_CORRUPT, "something of it is missing");
	if (rc < 0 || (rc = texts_parse(&d, err)) < 0)
		return err_wrap(err, "the recorded network '%s'", row->name);
	*ret = d;
	return 0;
}

int network_defs(struct engine *e, struct arena *a, struct network_def **ret, size_t *ret_n, struct err *err)
{
	struct object_row *rows = NULL;
	struct network_def *v;
	size_t n = 0;
	int rc = store_objects(e->store, NETWORK_KIND, a, &rows, &n, err);

	if (rc < 0)
		return rc;
	if (!(v = arena_array(a, n + 1, sizeof *v)))
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		if ((rc = read_doc(&rows[i], a, &v[i], err)) < 0)
			return rc;
	*ret = v;
	*ret_n = n;
	return 0;
}

int network_def_find(
	struct engine *e, const char *name, struct arena *a, struct network_def *ret, struct err *err)
{
	struct network_def *v = NULL;
	const struct network_def *by_id = NULL;
	size_t n = 0;
	int rc = network_defs(e, a, &v, &n, err);

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		char id[65];

		if (!strcmp(v[i].name, name))
			return *ret = v[i], 0;
		sha256_hex(v[i].name, strlen(v[i].name), id);
		if (*name && !strncmp(id, name, strlen(name))) {
			if (by_id)
				return err_set(
					err, ERR_INVALID, "more than one result for network ID %s", name);
			by_id = &v[i];
		}
	}
	if (rc >= 0 && by_id)
		*ret = *by_id;
	return rc < 0 || by_id
		       ? rc
		       : err_set(err, ERR_NOT_FOUND,
				 "unable to find network with name or ID %s: network not found", name);
}

/* ---- a new one ----------------------------------------------------------------------------------------------------------- */

/* podctl1, podctl2 ... or pn-xxxxxxxx.1 where the engine's root is not the usual one. */
static int bridge_number(struct engine *e, const struct network_def *have, size_t n, struct arena *a,
	char **ret, unsigned *ret_number, struct err *err)
{
	bool is_own = e->suffix && e->suffix[0];

	for (unsigned i = 1; i < NETWORKS_MAX; i++) {
		char *name =
			is_own ? arena_printf(a, "pn%s.%u", e->suffix, i) : arena_printf(a, "podctl%u", i);
		size_t k = 0;

		if (!name)
			return no_memory(err);
		if (strlen(name) >= BRIDGE_NAME)
			break;
		while (k < n && strcmp(have[k].bridge, name) != 0)
			k++;
		if (k < n || bridge_index(name))
			continue;
		*ret = name;
		*ret_number = i;
		return 0;
	}
	return err_set(err, ERR_STATE, "no bridge name is left; podctl network prune");
}

static int name_check(const struct network_def *d, const struct network_def *have, size_t n, struct err *err)
{
	static const char *const modes[] = { "bridge", "host", "none", "default", "private", "container",
		"ns", "slirp4netns", "pasta", "pod" };
	bool taken;

	if (!name_is_valid(d->name))
		return err_set(err, ERR_INVALID,
			"network name %s invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid "
			"argument",
			d->name);
	for (size_t i = 0; i < LEN(modes); i++)
		if (!strcmp(d->name, modes[i]))
			return err_set(err, ERR_INVALID,
				"cannot create network with name \"%s\" because it conflicts with a valid "
				"network mode",
				d->name);
	taken = !strcmp(d->name, NETWORK_NAME) || !strcmp(d->name, "podman");
	for (size_t i = 0; i < n; i++)
		taken = taken || !strcmp(d->name, have[i].name);
	return taken ? err_set(err, ERR_EXISTS, "network name %s already used: network already exists",
			       d->name)
		     : 0;
}

static int subnet_settle(struct engine *e, struct network_def *d, const struct network_def *have, size_t n,
	struct arena *a, struct err *err)
{
	struct subnet *used = arena_array(a, n + 1, sizeof *used), chosen;
	char text[SUBNET_TEXT];
	int rc;

	if (!used)
		return no_memory(err);
	if ((rc = subnet_get(e, &used[n], err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		used[i] = have[i].net;
	if (!d->subnet) {
		if ((rc = subnet_find(e, used, n + 1, &chosen, err)) < 0)
			return rc;
		if (!(d->subnet = arena_strdup(a, subnet_text(text, chosen))))
			return no_memory(err);
	}
	if ((rc = texts_parse(d, err)) < 0)
		return rc;
	for (size_t i = 0; i <= n; i++)
		if (subnet_overlaps(d->net, used[i]))
			return err_set(err, ERR_EXISTS, "subnet %s is already used by network %s", d->subnet,
				i < n ? have[i].name : NETWORK_NAME);
	return subnet_check(d->net, err);
}

static int keep(struct engine *e, const struct network_def *d, struct err *err)
{
	json_t *v = encode_json(def_fields, d);
	auto_free char *doc = v ? json_dumps(v, JSON_COMPACT) : NULL;
	struct object_row row = { .kind = NETWORK_KIND,
		.name = d->name,
		.doc = doc,
		.created_us = d->created_us,
		.updated_us = d->created_us };

	json_decref(v);
	return doc ? store_object_put(e->store, &row, err) : no_memory(err);
}

static int settle(struct engine *e, struct network_def *d, struct arena *a, struct err *err)
{
	struct network_def *have = NULL;
	unsigned number = 0;
	char *bridge = NULL;
	size_t n = 0;
	int rc = network_defs(e, a, &have, &n, err);

	if (rc < 0 || (rc = bridge_number(e, have, n, a, &bridge, &number, err)) < 0)
		return rc;
	for (size_t i = 0; d->bridge && i < n; i++)
		if (!strcmp(have[i].bridge, d->bridge))
			return err_set(err, ERR_EXISTS, "bridge name %s already in use by network %s",
				d->bridge, have[i].name);
	if (d->bridge && (strlen(d->bridge) >= BRIDGE_NAME || !name_is_valid(d->bridge)))
		return err_set(err, ERR_INVALID, "interface name %s: at most 15 letters, digits, '-' and '.'",
			d->bridge);
	if (d->bridge && bridge_index(d->bridge))
		return err_set(err, ERR_EXISTS, "there is a link '%s' already", d->bridge);
	if (!d->bridge)
		d->bridge = bridge;
	if (!d->name && !(d->name = arena_printf(a, "podctl%u", number)))
		return no_memory(err);
	if ((rc = name_check(d, have, n, err)) < 0 || (rc = subnet_settle(e, d, have, n, a, err)) < 0)
		return rc;
	return keep(e, d, err);
}

int network_def_add(struct engine *e, struct network_def *d, struct arena *a, struct err *err)
{
	auto_close int lock = -EBADF;
	int rc;

	if (e->rootless)
		return err_set(err, ERR_UNSUPPORTED,
			"bridge networks need root; an ordinary user has --network host and none");
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	d->created_us = time_now_us();
	if ((rc = store_begin(e->store, err)) < 0)
		return rc;
	if ((rc = settle(e, d, a, err)) < 0) {
		store_rollback(e->store);
		return rc;
	}
	return store_commit(e->store, err);
}

/* The row last: who is killed before that removes it again. */
int network_def_remove(struct engine *e, const struct network_def *d, struct err *err)
{
	int rc;

	if ((rc = nft_forget(e, d, err)) < 0 || (rc = bridge_remove(d->bridge, err)) < 0)
		return err_wrap(err, "network %s", d->name);
	forward_forget(d->bridge);
	rc = store_object_del(e->store, NETWORK_KIND, d->name, err);
	return rc < 0 ? rc : 0;
}
