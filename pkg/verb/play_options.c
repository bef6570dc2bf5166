/*
 * play_options.c — what the options of kube play change in the specs of a plan.
 */
#include <arpa/inet.h>
#include <string.h>

#include "pkg/network/network.h"
#include "pkg/util/text.h"
#include "pkg/verb/create.h"
#include "pkg/verb/play_internal.h"
#include "pkg/verb/userns.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the options"); }

/* ---- network ------------------------------------------------------------------------------------------------------------- */

struct net_option {
	struct strs mode; /* of --network, without what follows the colon of "bridge:" */
	struct address_request at;
};

/* Of a network that somebody made; what follows the colon of these is no option. */
static bool is_named(const char *mode, size_t n)
{
	static const char *const others[] = { "container", "ns", "slirp4netns", "pasta", "host", "none" };

	for (size_t i = 0; i < LEN(others); i++)
		if (strlen(others[i]) == n && !strncmp(others[i], mode, n))
			return false;
	return true;
}

static int read_network(struct play *p, struct net_option *o, struct err *err)
{
	static const char *const ours[] = { "bridge", "podctl", "podctl-kube", "podman",
		"podman-default-kube-network" };

	for (size_t i = 0; i < p->r->options.networks.n; i++) {
		const char *text = p->r->options.networks.v[i], *colon = strchr(text, ':'), *mode = text;
		size_t n = colon ? (size_t) (colon - text) : strlen(text);
		int rc;

		for (size_t k = 0; k < LEN(ours); k++)
			if (strlen(ours[k]) == n && !strncmp(ours[k], text, n)) {
				mode = "bridge";
				if (colon && (rc = network_options(colon + 1, &o->at, p->a, err)) < 0)
					return rc;
			}
		if (mode == text && colon && is_named(text, n)) {
			mode = arena_strndup(p->a, text, n);
			if (mode && (rc = network_options(colon + 1, &o->at, p->a, err)) < 0)
				return rc;
		}
		if (!mode || strs_add(&o->mode, p->a, mode) < 0)
			return no_memory(err);
	}
	return 0;
}

static int network(struct play *p, const struct net_option *o, struct pod_spec *s, struct err *err)
{
	struct strs none = { 0 };
	struct pod_net_request q = { &o->mode, &none, &none, &none, &none, &none, false, NULL };
	struct pod_spec scratch = { 0 };
	int rc;

	if (!o->mode.n)
		return 0;
	if ((rc = create_network(p->e, &q, &scratch, p->a, err)) < 0)
		return rc;
	s->net = scratch.net;
	s->network = scratch.network;
	s->net_container = scratch.net_container;
	if (s->net == NET_HOST)
		s->ports = (struct list){ 0 }; /* they are there already */
	return 0;
}

static int address(struct play *p, const struct net_option *o, size_t i, struct pod_spec *s, struct err *err)
{
	const struct play_options *po = &p->r->options;
	const char *ip = i < po->ips.n ? po->ips.v[i] : i == 0 ? o->at.ip : NULL;
	const char *mac = i < po->macs.n ? po->macs.v[i] : i == 0 ? o->at.mac : NULL;
	struct in_addr in;
	unsigned m[6];
	char end;

	if ((ip || mac) && s->net != NET_BRIDGE)
		return err_set(err, ERR_INVALID,
			"pod '%s': --%s needs a network of its own, and this pod's is '%s'", s->name,
			ip ? "ip" : "mac-address", net_mode_names[s->net]);
	if (ip && inet_pton(AF_INET, ip, &in) != 1)
		return err_set(err, ERR_INVALID, "--ip %s: is no IPv4 address", ip);
	if (mac && (sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5],
			    &end) != 6 ||
			   m[0] & 1))
		return err_set(err, ERR_INVALID, "--mac-address %s: is no address of a network card", mac);
	if (s->net == NET_BRIDGE && strs_add_all(&s->aliases, p->a, &o->at.aliases) < 0)
		return no_memory(err);
	if ((ip && !(s->ip = arena_strdup(p->a, ip))) || (mac && !(s->mac = arena_strdup(p->a, mac))))
		return no_memory(err);
	return 0;
}

/* ---- ports --------------------------------------------------------------------------------------------------------------- */

static bool exposes(const struct kube_pod *k, uint16_t port, int proto)
{
	char text[32];

	snprintf(text, sizeof text, "%u/%s", port, port_proto_names[proto]);
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = 0; j < k->ctr[i].exposed.n; j++)
			if (!strcmp(k->ctr[i].exposed.v[j], text))
				return true;
	return false;
}

static int port_add(struct play *p, struct pod_spec *s, const struct port_spec *one, struct err *err)
{
	struct port_spec *v = arena_array(p->a, s->ports.n + 1, sizeof *v);
	size_t n = 0;

	if (!v)
		return no_memory(err);
	for (size_t i = 0; i < s->ports.n; i++) { /* the command line before the manifest's hostPort */
		const struct port_spec *old = LIST_AT(s->ports, const struct port_spec, i);

		if (old->container_port != one->container_port || old->proto != one->proto)
			v[n++] = *old;
	}
	v[n++] = *one;
	s->ports = (struct list){ v, n };
	return 0;
}

/* To the pod that has such a containerPort; else to the only one there is. */
static int publish(struct play *p, const char *text, struct err *err)
{
	struct port_map m = { 0 };
	struct kube_pod *to = NULL;
	struct port_spec one;
	int rc = port_map_parse(text, p->a, &m, err);

	if (rc < 0)
		return err_wrap(err, "--publish %s", text);
	for (size_t i = 0; i < p->plan.n_pod && !to; i++)
		if (exposes(&p->plan.pod[i], m.container_port, m.proto))
			to = &p->plan.pod[i];
	if (!to && p->plan.n_pod == 1)
		to = &p->plan.pod[0];
	if (!to)
		return err_set(err, ERR_INVALID, "--publish %s: none of the %zu pods has a containerPort %u",
			text, p->plan.n_pod, m.container_port);
	if (to->spec.net == NET_NONE || to->spec.net == NET_CONTAINER)
		return err_set(err, ERR_INVALID,
			"--publish %s: pod '%s' has no network of its own to publish a port from", text,
			to->spec.name);
	if (to->spec.net == NET_HOST)
		return 0; /* it is there already */
	one = (struct port_spec){ .host_ip = m.host_ip,
		.host_port = m.host_port,
		.container_port = m.container_port,
		.range = m.range,
		.proto = m.proto };
	return port_add(p, &to->spec, &one, err);
}

static int publish_all(struct play *p, struct kube_pod *k, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < k->n && rc == 0; i++)
		for (size_t j = 0; j < k->ctr[i].exposed.n && rc == 0; j++) {
			struct port_map m = { 0 };
			struct port_spec one;
			bool there = false;

			if ((rc = port_map_parse(k->ctr[i].exposed.v[j], p->a, &m, err)) < 0)
				break;
			for (size_t n = 0; n < k->spec.ports.n; n++) {
				const struct port_spec *old =
					LIST_AT(k->spec.ports, const struct port_spec, n);

				there = there ||
					(old->container_port == m.container_port && old->proto == m.proto);
			}
			one = (struct port_spec){ .host_port = m.container_port,
				.container_port = m.container_port,
				.proto = m.proto };
			if (!there && k->spec.net == NET_BRIDGE)
				rc = port_add(p, &k->spec, &one, err);
		}
	return rc;
}

/* ---- one pod ------------------------------------------------------------------------------------------------------------- */

static int annotate(struct play *p, struct kvs *m, struct err *err)
{
	const struct kvs *add = &p->r->options.annotations;
	struct kvs own = { 0 };

	for (size_t i = 0; i < m->n; i++)
		if (kvs_set(&own, p->a, m->v[i].key, m->v[i].value) < 0)
			return no_memory(err);
	for (size_t i = 0; i < add->n; i++)
		if (kvs_set(&own, p->a, add->v[i].key, add->v[i].value) < 0)
			return no_memory(err);
	*m = own;
	return 0;
}

static int containers(struct play *p, struct kube_pod *k, struct err *err)
{
	const struct play_options *o = &p->r->options;
	struct create_request q = { .log_driver = o->log_driver, .log_opts = o->log_opts };
	int rc = 0;

	for (size_t i = 0; i < k->n && rc == 0; i++) {
		struct container_spec *c = &k->ctr[i];

		if ((o->log_driver || o->log_opts.n) && (rc = create_logging(&q, c, p->a, err)) < 0)
			return rc;
		if (o->no_pod_prefix && c->short_name)
			c->name = c->short_name;
		if (o->annotations.n)
			rc = annotate(p, &c->annotations, err);
	}
	return rc;
}

/* hostUsers of the manifest; else podman's annotation; else --userns. */
static int user_namespace(struct play *p, struct pod_spec *s, struct err *err)
{
	struct userns_request r = { .mode = kvs_get(&s->annotations, "io.podman.annotations.userns") };
	int rc;

	if (s->userns.mode != USERNS_HOST)
		return 0;
	if (!r.mode)
		r.mode = p->r->options.userns;
	if ((rc = userns_read(p->e, &r, p->a, &s->userns, err)) < 0)
		return rc;
	s->userns.mounts = s->userns.mode != USERNS_HOST;
	return 0;
}

int play_options_apply(struct play *p, struct err *err)
{
	const struct play_options *o = &p->r->options;
	struct net_option net = { 0 };
	int rc;

	if ((rc = read_network(p, &net, err)) < 0)
		return rc;
	for (size_t i = 0; i < p->plan.n_pod; i++) {
		struct kube_pod *k = &p->plan.pod[i];

		if (o->no_hosts && k->spec.host_aliases.n)
			return err_set(err, ERR_INVALID,
				"pod '%s': --no-hosts leaves no /etc/hosts for its hostAliases",
				k->spec.name);
		if ((rc = network(p, &net, &k->spec, err)) < 0)
			return rc;
		/* as for run: an ordinary user has no bridge yet, and a pod without published ports can do without */
		if (p->e->rootless && k->spec.net == NET_BRIDGE && !k->spec.ports.n)
			k->spec.net = NET_NONE;
		if ((rc = address(p, &net, i, &k->spec, err)) < 0)
			return rc;
		k->spec.no_hosts = k->spec.no_hosts || o->no_hosts;
		k->spec.no_hostname = o->no_hostname;
		if (o->annotations.n && (rc = annotate(p, &k->spec.annotations, err)) < 0)
			return rc;
		if ((rc = user_namespace(p, &k->spec, err)) < 0 || (rc = play_annotations(p, k, err)) < 0 ||
			(rc = containers(p, k, err)) < 0)
			return err_wrap(err, "pod '%s'", k->spec.name);
		if (o->publish_all && (rc = publish_all(p, k, err)) < 0)
			return rc;
	}
	if (o->ips.n > p->plan.n_pod || o->macs.n > p->plan.n_pod)
		return err_set(err, ERR_INVALID, "%zu addresses for %zu pods",
			o->ips.n > o->macs.n ? o->ips.n : o->macs.n, p->plan.n_pod);
	for (size_t i = 0; i < o->publish.n; i++)
		if ((rc = publish(p, o->publish.v[i], err)) < 0)
			return rc;
	return 0;
}
