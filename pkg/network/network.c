#include "pkg/network/network.h"

#include <stdio.h>

#include "pkg/network/bridge.h"
#include "pkg/network/conntrack.h"
#include "pkg/network/defined.h"
#include "pkg/network/forward.h"
#include "pkg/network/link.h"
#include "pkg/network/names.h"
#include "pkg/network/nft.h"
#include "pkg/network/ports.h"
#include "pkg/network/subnet.h"
#include "pkg/store/store.h"

#define CHOICES_MAX 8 /* tries to find a free host port that no row of a stopped pod has either */

static int refuse_rootless(const struct engine *e, struct err *err)
{
	if (!e->rootless)
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
		"the bridge network and published ports need root; as an ordinary user, use --network host "
		"or none");
}

/* ---- reserve ------------------------------------------------------------------------------------------------------ */

struct sockets {
	int *v;
	size_t n;
};

static void sockets_close(struct sockets *s)
{
	while (s->n)
		fd_close_p(&s->v[--s->n]);
}

/* Binds the ports that have a number, or those that want one. */
static int ports_bind(struct port_map *ports, size_t n, bool chosen, const bool *want_any, struct sockets *s,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int fd;

		if (want_any[i] == chosen)
			continue;
		if (!chosen)
			ports[i].host_port = 0;
		if ((fd = port_bind(&ports[i], err)) < 0)
			return fd;
		if (s->n < NETWORK_SOCKETS_MAX)
			s->v[s->n++] = fd;
		else
			close(fd);
	}
	return 0;
}

static struct port_row *rows_of(const struct port_map *ports, size_t n, struct arena *a, struct err *err)
{
	struct port_row *rows = arena_array(a, n + 1, sizeof *rows);

	if (!rows) {
		(void) err_sys(err, ENOMEM, "record the published ports");
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct port_row){
			.proto = port_proto_names[ports[i].proto],
			.host_ip = ports[i].host_ip ? ports[i].host_ip : "",
			.host_port = ports[i].host_port,
		};
	return rows;
}

static int ports_record(struct engine *e, const char *pod, const struct port_map *ports, size_t n,
	struct arena *a, struct err *err)
{
	struct port_row *rows = rows_of(ports, n, a, err);

	return rows ? store_ports_take(e->store, pod, rows, n, err) : -ENOMEM;
}

/* The rows are taken before the given ports are bound: the monitor of another pod holds them too, and the pod's name says
 * more than "podctl-monitor (pid 812)".  Free ports are bound first, since the kernel chooses their numbers. */
static int ports_take(struct engine *e, const char *pod, struct port_map *ports, size_t n, struct arena *a,
	struct sockets *s, struct err *err)
{
	bool *want_any = arena_array(a, n + 1, sizeof *want_any);
	bool any = false;
	int rc = 0;

	if (!want_any || !(s->v = arena_array(a, NETWORK_SOCKETS_MAX + 1, sizeof *s->v)))
		return err_sys(err, ENOMEM, "reserve the published ports");
	for (size_t i = 0; i < n; i++)
		any = (want_any[i] = !ports[i].host_port) || any;
	for (int tries = 0; tries < (any ? CHOICES_MAX : 1); tries++) {
		sockets_close(s);
		if ((rc = ports_bind(ports, n, false, want_any, s, err)) < 0)
			return rc;
		if ((rc = ports_record(e, pod, ports, n, a, err)) == 0)
			return ports_bind(ports, n, true, want_any, s, err);
		if (err->kind != ERR_EXISTS)
			return rc;
	}
	return rc;
}

static int fixed_check(const struct network_def *d, uint32_t ip, struct err *err)
{
	char text[IP_TEXT], of[SUBNET_TEXT];
	struct subnet net = d->net;

	if (!ip || (ip > net.base && ip <= subnet_last(net) && ip != d->gateway_ip))
		return 0;
	return err_set(err, ERR_INVALID, "requested static ip %s is none of a pod in subnet %s%s",
		ip_text(text, ip), subnet_text(of, net), ip == d->gateway_ip ? ": it is the gateway's" : "");
}

/* The engine's own network in the words of a defined one. */
static int own_network(struct engine *e, struct network_def *d, char bridge[BRIDGE_NAME], struct err *err)
{
	int rc = subnet_get(e, &d->net, err);

	d->bridge = bridge_name(e, bridge);
	d->gateway_ip = subnet_gateway(d->net);
	d->first_ip = subnet_first(d->net);
	d->last_ip = subnet_last(d->net);
	return rc;
}

static int reserve(struct engine *e, const char *pod, const char *network, uint32_t want_ip, struct arena *a,
	struct net_result *r, struct sockets *s, struct err *err)
{
	char own[BRIDGE_NAME];
	struct network_def d = { 0 };
	int rc;

	rc = network && *network ? network_def_find(e, network, a, &d, err) : own_network(e, &d, own, err);
	if (rc < 0 || (rc = fixed_check(&d, want_ip, err)) < 0 ||
		(rc = store_lease_take(
			 e->store, d.bridge, pod, d.first_ip, d.last_ip, want_ip, &r->ip, err)) < 0)
		return rc;
	r->gateway = d.gateway_ip;
	r->prefix = d.net.prefix;
	r->internal = d.internal;
	r->no_dns = d.no_dns;
	r->mtu = d.mtu;
	mac_of(r->ip, r->mac);
	snprintf(r->bridge, sizeof r->bridge, "%s", d.bridge);
	veth_name(pod, r->veth);
	return r->n_ports ? ports_take(e, pod, r->ports, r->n_ports, a, s, err) : 0;
}

int network_reserve(struct engine *e, const char *pod_id, const char *pod_name, const char *network,
	const struct port_map *ports, size_t n, uint32_t want_ip, struct arena *a, struct net_result *ret,
	int **ret_socks, size_t *ret_n_socks, struct err *err)
{
	struct net_result r = { 0 };
	struct sockets s = { 0 };
	int rc;

	if ((rc = refuse_rootless(e, err)) < 0 ||
		(rc = ports_expand(ports, n, a, &r.ports, &r.n_ports, err)) < 0 ||
		(rc = store_begin(e->store, err)) < 0)
		return rc;
	rc = reserve(e, pod_id, network, want_ip, a, &r, &s, err);
	if (rc < 0)
		store_rollback(e->store);
	else
		rc = store_commit(e->store, err);
	if (rc < 0) {
		sockets_close(&s);
		return err_wrap(err, "network of '%s'", pod_name);
	}
	*ret = r;
	*ret_socks = s.v;
	*ret_n_socks = s.n;
	return 0;
}

int network_port_holder(struct engine *e, const char *pod_id, const struct port_map *ports, size_t n,
	struct arena *a, const char **ret_id, struct err *err)
{
	struct port_map *v;
	struct port_row *rows;
	size_t n_v;
	int rc = ports_expand(ports, n, a, &v, &n_v, err);

	*ret_id = NULL;
	if (rc < 0)
		return rc;
	if (!(rows = rows_of(v, n_v, a, err)))
		return -ENOMEM;
	return store_ports_holder(e->store, pod_id, rows, n_v, a, ret_id, err);
}

int network_check_ports(const struct port_map *ports, size_t n, struct arena *a, struct err *err)
{
	struct port_map *v;
	size_t n_v;
	int rc = ports_expand(ports, n, a, &v, &n_v, err);

	for (size_t i = 0; i < n_v && rc >= 0; i++) {
		auto_close int fd = v[i].host_port ? port_bind(&v[i], err) : -EBADF;

		if (v[i].host_port && fd < 0)
			rc = fd;
	}
	return rc < 0 ? rc : 0;
}

/* ---- attach and detach -------------------------------------------------------------------------------------------- */

int network_attach(
	struct engine *e, const char *pod_id, int netns, const struct net_result *r, struct err *err)
{
	struct bridge bridge;

	(void) pod_id;
	if (refuse_rootless(e, err) < 0 || bridge_ensure(e, r, &bridge, err) < 0 ||
		veth_add(&bridge, netns, r, err) < 0 || pod_link_configure(netns, r, err) < 0 ||
		nft_publish(e, r, err) < 0)
		return err_wrap(err, "pod network");
	conntrack_mapping_came(r);
	return 0;
}

int network_detach(struct engine *e, const char *pod_id, const struct net_result *r, struct err *err)
{
	names_withdraw(e, r->bridge, pod_id);
	if (nft_unpublish(e, r, err) < 0 || veth_remove(r->veth, err) < 0)
		return err_wrap(err, "pod network");
	conntrack_mapping_went(r);
	/* The rows last: until then nobody else gets the address or the ports. */
	if (store_ports_free(e->store, pod_id, err) < 0 || store_lease_free(e->store, pod_id, err) < 0)
		return err_wrap(err, "pod network");
	return 0;
}

int network_reset(struct engine *e, struct err *err)
{
	char name[BRIDGE_NAME];

	auto_arena struct arena a = { 0 };
	struct network_def *defs = NULL;
	size_t n = 0;

	names_reset(e);
	if (nft_remove(e, err) < 0 || network_defs(e, &a, &defs, &n, err) < 0 ||
		bridge_remove(bridge_name(e, name), err) < 0)
		return err_wrap(err, "network reset");
	forward_forget(name);
	for (size_t i = 0; i < n; i++) {
		if (bridge_remove(defs[i].bridge, err) < 0)
			return err_wrap(err, "network reset");
		forward_forget(defs[i].bridge);
	}
	return 0;
}
