/*
 * create_network.c — --network, --ip, --mac-address, --network-alias, --publish, --add-host, --dns: what a pod's network and its files in /etc are to be.
 */
#include "pkg/verb/create.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pkg/network/defined.h"
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

/* ---- what the network is ------------------------------------------------------------------------------------------ */

static bool is_bridge_word(const char *mode, size_t n)
{
	static const char *const words[] = { "bridge", NETWORK_NAME, "podman", "default", "private" };

	for (size_t i = 0; i < LEN(words); i++)
		if (strlen(words[i]) == n && !strncmp(words[i], mode, n))
			return true;
	return false;
}

static bool is_mode_word(const char *mode, size_t n)
{
	static const char *const words[] = { "host", "none", "container", "ns", "slirp4netns", "pasta" };

	for (size_t i = 0; i < LEN(words); i++)
		if (strlen(words[i]) == n && !strncmp(words[i], mode, n))
			return true;
	return false;
}

static int mac_check(const char *text, struct err *err)
{
	unsigned m[6];
	char end;

	if (strlen(text) == 17 &&
		sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &end) ==
			6 &&
		!(m[0] & 1))
		return 0;
	return err_set(err, ERR_INVALID, "address %s: invalid MAC address", text);
}

int network_options(const char *text, struct address_request *r, struct arena *a, struct err *err)
{
	struct in_addr in;

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ",");
		char *one = arena_strndup(a, p, n), *value = one ? strchr(one, '=') : NULL;
		int rc = 0;

		if (!one)
			return no_memory(err);
		if (value)
			*value++ = 0;
		if (!strcmp(one, "ip6") || !strcmp(one, "interface_name"))
			return err_set(err, ERR_UNSUPPORTED, "network option %s: not done: %s", one,
				one[2] == '6' ? "pods have IPv4 addresses" : "the link is eth0");
		if (!strcmp(one, "ip") && value) {
			if (inet_pton(AF_INET, value, &in) != 1)
				return err_set(err, ERR_INVALID, "invalid ip address \"%s\"", value);
			r->ip = value;
		} else if (!strcmp(one, "mac") && value) {
			rc = mac_check(value, err);
			r->mac = value;
		} else if (!strcmp(one, "alias") && value && *value) {
			rc = strs_add(&r->aliases, a, value) < 0 ? no_memory(err) : 0;
		} else {
			return err_set(err, ERR_INVALID, "unknown bridge network option: %s", one);
		}
		if (rc < 0)
			return rc;
		p += n + (p[n] == ',');
	}
	return 0;
}

/* A network that somebody made: it is kept by its name. */
static int mode_defined(struct engine *e, const char *mode, size_t n, struct pod_spec *p,
	struct address_request *at, struct arena *a, struct err *err)
{
	const char *name = arena_strndup(a, mode, n);
	struct network_def d;
	int rc = name ? network_def_find(e, name, a, &d, err) : no_memory(err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND
			       ? err_set(err, ERR_NOT_FOUND,
					 "unable to find network with name or ID %s: network not found; "
					 "there are bridge, host, none, container:NAME, and podctl network "
					 "create",
					 name)
			       : rc;
	p->net = NET_BRIDGE;
	p->network = d.name;
	return mode[n] ? network_options(mode + n + 1, at, a, err) : 0;
}

static int network_mode(struct engine *e, const struct pod_net_request *r, struct pod_spec *p,
	struct address_request *at, struct arena *a, struct err *err)
{
	const char *mode = r->networks->n ? r->networks->v[0] : NULL;
	size_t n = mode ? strcspn(mode, ":") : 0;

	if (r->networks->n > 1) {
		const char *other = r->networks->v[1];

		if (is_mode_word(mode, n) || is_mode_word(other, strcspn(other, ":")))
			return err_set(err, ERR_INVALID,
				"can only set extra network names, selected mode %s conflicts with bridge: "
				"invalid "
				"argument",
				is_mode_word(mode, n) ? mode : other);
		return err_set(err, ERR_UNSUPPORTED, "--network: a pod is on one network, not on several");
	}
	if (!mode || !strcmp(mode, "default") || !strcmp(mode, "private")) {
		/* An ordinary user gets no bridge yet: loopback only, unless ports ask for more (then network says so). */
		p->net = e->rootless && !r->publish->n ? NET_NONE : NET_BRIDGE;
		return 0;
	}
	if (is_bridge_word(mode, n)) {
		p->net = NET_BRIDGE;
		return mode[n] ? network_options(mode + n + 1, at, a, err) : 0;
	}
	if (!strcmp(mode, "none"))
		p->net = NET_NONE;
	else if (!strcmp(mode, "host"))
		p->net = NET_HOST;
	else if (!strncmp(mode, "container:", 10) && mode[10])
		return mode_container(e, mode + 10, p, a, err);
	else if (!strncmp(mode, "ns:", 3) || !strncmp(mode, "slirp4netns", 11) || !strncmp(mode, "pasta", 5))
		return err_set(err, ERR_UNSUPPORTED,
			"--network %s: not done yet; there are bridge, host, none and container:NAME", mode);
	else
		return mode_defined(e, mode, n, p, at, a, err);
	return 0;
}

/* --ip and its kind; what stands behind "bridge:" goes before it. */
static int address(const struct pod_net_request *r, struct pod_spec *p, const struct address_request *at,
	struct arena *a, struct err *err)
{
	static const struct address_request none;
	const struct address_request *own = r->address ? r->address : &none;
	const char *what = own->ip          ? "ip"
			   : own->mac       ? "mac-address"
			   : own->aliases.n ? "network-alias"
					    : NULL;
	const char *ip = at->ip ? at->ip : own->ip, *mac = at->mac ? at->mac : own->mac;
	unsigned char b[16];
	int rc;

	if (what && p->net != NET_BRIDGE)
		return err_set(err, ERR_INVALID,
			"--%s can only be set when the network mode is bridge: invalid argument", what);
	if (own->ip && inet_pton(AF_INET, own->ip, b) != 1)
		return inet_pton(AF_INET6, own->ip, b) == 1
			       ? err_set(err, ERR_UNSUPPORTED, "--ip %s: pods have IPv4 addresses", own->ip)
			       : err_set(err, ERR_INVALID, "\"%s\" is not an ip address", own->ip);
	if (own->mac && (rc = mac_check(own->mac, err)) < 0)
		return rc;
	if ((ip && !(p->ip = arena_strdup(a, ip))) || (mac && !(p->mac = arena_strdup(a, mac))) ||
		strs_add_all(&p->aliases, a, &own->aliases) < 0 ||
		strs_add_all(&p->aliases, a, &at->aliases) < 0)
		return no_memory(err);
	for (size_t i = 0; i < p->aliases.n; i++)
		if (!name_is_valid(p->aliases.v[i]))
			return err_set(
				err, ERR_INVALID, "--network-alias '%s': is no host name", p->aliases.v[i]);
	return 0;
}

static int ports(const struct pod_net_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	struct port_spec *v = arena_array(a, r->publish->n + 1, sizeof *v);
	int rc;

	if (!v)
		return no_memory(err);
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
	/* what is no port is an error also where none is published */
	if (r->publish->n && p->net != NET_BRIDGE) {
		log_warn("Port mappings have been discarded as one of the Host, Container, Pod, and None "
			 "network "
			 "modes are in use");
		return 0;
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
	const char *what = r->dns->n          ? "dns"
			   : r->dns_option->n ? "dns-option"
			   : r->dns_search->n ? "dns-search"
					      : NULL;

	if (what && p->net == NET_NONE)
		return err_set(err, ERR_INVALID, "conflicting options: %s and the network mode: none", what);
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
	struct address_request at = { 0 };
	int rc;

	if ((rc = network_mode(e, r, p, &at, a, err)) < 0 || (rc = address(r, p, &at, a, err)) < 0 ||
		(rc = ports(r, p, a, err)) < 0 || (rc = hosts(r, p, a, err)) < 0)
		return rc;
	return dns(r, p, a, err);
}
