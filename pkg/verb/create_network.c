/*
 * create_network.c — --network, --publish, --add-host, --dns: what a pod's network and its files in /etc are to be.
 */
#include "pkg/verb/create.h"

#include <arpa/inet.h>
#include <string.h>

#include "pkg/network/network.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the network options"); }

static int mode_container(
	struct engine *e, const char *name, struct pod_spec *p, struct arena *a, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc = store_find(e->store, name, STORE_CONTAINER, a, &id, &pod, err);

	if (rc < 0)
		return err_wrap(err, "--network container:%s", name);
	p->net = NET_CONTAINER;
	return (p->net_container = arena_strdup(a, id)) ? 0 : no_memory(err);
}

static int network_mode(struct engine *e, const struct pod_net_request *r, struct pod_spec *p,
	struct arena *a, struct err *err)
{
	const char *mode = r->networks->n ? r->networks->v[0] : NULL;

	if (r->networks->n > 1)
		return err_set(err, ERR_UNSUPPORTED, "--network: several networks are not done yet");
	if (!mode || !strcmp(mode, "default") || !strcmp(mode, "private")) {
		/* An ordinary user gets no bridge yet: loopback only, unless ports ask for more (then network says so). */
		p->net = e->rootless && !r->publish->n ? NET_NONE : NET_BRIDGE;
		return 0;
	}
	if (!strcmp(mode, "bridge") || !strcmp(mode, "podman") || !strcmp(mode, "podctl"))
		p->net = NET_BRIDGE;
	else if (!strcmp(mode, "none"))
		p->net = NET_NONE;
	else if (!strcmp(mode, "host"))
		p->net = NET_HOST;
	else if (!strncmp(mode, "container:", 10) && mode[10])
		return mode_container(e, mode + 10, p, a, err);
	else if (!strncmp(mode, "ns:", 3) || !strncmp(mode, "slirp4netns", 11) ||
		 !strncmp(mode, "pasta", 5) || !strncmp(mode, "bridge:", 7))
		return err_set(err, ERR_UNSUPPORTED,
			"--network %s: not done yet; there are bridge, host, none and container:NAME", mode);
	else
		return err_set(err, ERR_UNSUPPORTED,
			"--network %s: user-defined networks are not done yet; there are bridge, host, none "
			"and container:NAME",
			mode);
	return 0;
}

static int ports(const struct pod_net_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	struct port_spec *v = arena_array(a, r->publish->n + 1, sizeof *v);
	int rc;

	if (!v)
		return no_memory(err);
	if (r->publish->n && p->net != NET_BRIDGE) {
		log_warn("Port mappings have been discarded as one of the Host, Container, Pod, and None "
			 "network "
			 "modes are in use");
		return 0;
	}
	for (size_t i = 0; i < r->publish->n; i++) {
		struct port_map m = { 0 };

		if ((rc = port_map_parse(r->publish->v[i], a, &m, err)) < 0)
			return err_wrap(err, "--publish %s", r->publish->v[i]);
		v[i] = (struct port_spec){ .host_ip = m.host_ip,
			.host_port = m.host_port,
			.container_port = m.container_port,
			.range = m.range,
			.proto = m.proto };
	}
	p->ports = (struct list){ .v = v, .n = r->publish->n };
	return 0;
}

static bool is_address(const char *s)
{
	unsigned char b[16];

	return inet_pton(AF_INET, s, b) == 1 || inet_pton(AF_INET6, s, b) == 1;
}

/* NAME:IP, or NAME:host-gateway, whose address is known when the pod has its network. */
static int hosts(const struct pod_net_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	struct host_alias *v = arena_array(a, r->add_hosts->n + 1, sizeof *v);

	if (!v)
		return no_memory(err);
	if (r->no_hosts && r->add_hosts->n)
		return err_set(err, ERR_INVALID, "--no-hosts and --add-host cannot be set together");
	for (size_t i = 0; i < r->add_hosts->n; i++) {
		const char *text = r->add_hosts->v[i], *colon = strchr(text, ':');
		char *name = colon ? arena_strndup(a, text, (size_t) (colon - text)) : NULL;

		if (!name || !*name)
			return err_set(err, ERR_INVALID, "--add-host %s: expected NAME:IP", text);
		if (!strcmp(colon + 1, "host-gateway") && p->net != NET_BRIDGE && p->net != NET_HOST)
			return err_set(err, ERR_INVALID,
				"--add-host %s: without a network of its own (--network %s) there is no way "
				"to the host",
				text, net_mode_names[p->net]);
		if (strcmp(colon + 1, "host-gateway") != 0 && !is_address(colon + 1))
			return err_set(err, ERR_INVALID, "--add-host %s: '%s' is not an IP address", text,
				colon + 1);
		if (!(v[i].ip = arena_strdup(a, colon + 1)) || strs_add(&v[i].names, a, name) < 0)
			return no_memory(err);
	}
	p->host_aliases = (struct list){ .v = v, .n = r->add_hosts->n };
	p->no_hosts = r->no_hosts;
	return 0;
}

static int dns(const struct pod_net_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < r->dns->n; i++)
		if (!is_address(r->dns->v[i]))
			return err_set(err, ERR_INVALID, "--dns: '%s' is not an IP address", r->dns->v[i]);
	if (strs_add_all(&p->dns_servers, a, r->dns) < 0 ||
		strs_add_all(&p->dns_searches, a, r->dns_search) < 0 ||
		strs_add_all(&p->dns_options, a, r->dns_option) < 0)
		return no_memory(err);
	return 0;
}

int create_network(struct engine *e, const struct pod_net_request *r, struct pod_spec *p, struct arena *a,
	struct err *err)
{
	int rc;

	if ((rc = network_mode(e, r, p, a, err)) < 0 || (rc = ports(r, p, a, err)) < 0 ||
		(rc = hosts(r, p, a, err)) < 0)
		return rc;
	return dns(r, p, a, err);
}
