#include "pkg/network/result.h"

#include <stdio.h>

#include "pkg/codec/node.h"
#include "pkg/network/subnet.h"

const char *const port_proto_names[] = { "tcp", "udp", "sctp", NULL };

static json_t *ports_to_json(const struct net_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < r->n_ports; i++) {
		const struct port_map *p = &r->ports[i];
		json_t *o = json_pack("{s:s, s:i, s:i, s:s}", "hostIP", p->host_ip ? p->host_ip : "",
			"hostPort", (int) p->host_port, "containerPort", (int) p->container_port, "protocol",
			port_proto_names[p->proto]);

		if (!o || json_array_append_new(list, o) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *net_result_to_json(const struct net_result *r)
{
	char ip[IP_TEXT], gateway[IP_TEXT], mac[18];
	json_t *ports = ports_to_json(r), *v;

	if (!ports)
		return NULL;
	snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", r->mac[0], r->mac[1], r->mac[2], r->mac[3],
		r->mac[4], r->mac[5]);
	v = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o}", "bridge", r->bridge, "veth", r->veth, "ip",
		ip_text(ip, r->ip), "gateway", ip_text(gateway, r->gateway), "prefix", (int) r->prefix, "mac",
		mac, "ports", ports);
	if (v && r->internal)
		(void) json_object_set_new(v, "internal", json_true());
	if (v && r->no_dns)
		(void) json_object_set_new(v, "noDns", json_true());
	return v;
}

static const char *string_of(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s ? s : "";
}

static int number_of(const json_t *v, const char *key, json_int_t max)
{
	const json_t *n = json_object_get(v, key);

	return json_is_integer(n) && json_integer_value(n) >= 0 && json_integer_value(n) <= max
		       ? (int) json_integer_value(n)
		       : -EINVAL;
}

static int port_from_json(const json_t *v, struct arena *a, struct port_map *p)
{
	const char *proto = string_of(v, "protocol"), *ip = string_of(v, "hostIP");
	int host = number_of(v, "hostPort", UINT16_MAX),
	    container = number_of(v, "containerPort", UINT16_MAX);
	uint32_t parsed;

	for (p->proto = 0; port_proto_names[p->proto] && strcmp(port_proto_names[p->proto], proto) != 0;)
		p->proto++;
	if (!port_proto_names[p->proto] || host < 0 || container < 0 || (*ip && ip_parse(ip, &parsed) < 0))
		return -EINVAL;
	p->host_port = (uint16_t) host;
	p->container_port = (uint16_t) container;
	p->range = 1;
	return *ip && !(p->host_ip = arena_strdup(a, ip)) ? -ENOMEM : 0;
}

static int mac_parse(const char *text, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long v = strtoul(text, &end, 16);

		if (end != text + 2 || *end != (i < 5 ? ':' : 0) || v > UINT8_MAX)
			return -EINVAL;
		mac[i] = (uint8_t) v;
		text = end + 1;
	}
	return 0;
}

int net_result_from_json(const json_t *v, struct arena *a, struct net_result *ret, struct err *err)
{
	const char *bridge = string_of(v, "bridge"), *veth = string_of(v, "veth");
	const json_t *ports = json_object_get(v, "ports");
	struct net_result r = { 0 };
	int rc, prefix = number_of(v, "prefix", 32);

	if (!json_is_object(v) || strlen(bridge) >= sizeof r.bridge || strlen(veth) >= sizeof r.veth ||
		prefix < 0 || ip_parse(string_of(v, "ip"), &r.ip) < 0 ||
		ip_parse(string_of(v, "gateway"), &r.gateway) < 0 ||
		mac_parse(string_of(v, "mac"), r.mac) < 0)
		return err_set(err, ERR_CORRUPT, "the recorded network of the pod is malformed");
	snprintf(r.bridge, sizeof r.bridge, "%s", bridge);
	snprintf(r.veth, sizeof r.veth, "%s", veth);
	r.prefix = (uint8_t) prefix;
	r.internal = json_is_true(json_object_get(v, "internal"));
	r.no_dns = json_is_true(json_object_get(v, "noDns"));
	r.n_ports = json_array_size(ports);
	if (r.n_ports && !(r.ports = arena_array(a, r.n_ports, sizeof *r.ports)))
		return err_sys(err, ENOMEM, "read the recorded network of the pod");
	for (size_t i = 0; i < r.n_ports; i++) {
		if ((rc = port_from_json(json_array_get(ports, i), a, &r.ports[i])) == -ENOMEM)
			return err_sys(err, ENOMEM, "read the recorded network of the pod");
		if (rc < 0)
			return err_set(err, ERR_CORRUPT,
				"the recorded network of the pod: port %zu is malformed", i);
	}
	*ret = r;
	return 0;
}

int net_result_of_row(const char *res, struct arena *a, struct net_result *ret)
{
	struct err ignored = { 0 };
	const json_t *net;
	json_t *v;
	int rc = -ENOENT;

	if (!res || !(v = json_parse(res, strlen(res), &ignored)))
		return -ENOENT;
	if ((net = json_object_get(v, "network")))
		rc = net_result_from_json(net, a, ret, &ignored);
	json_decref(v);
	return rc;
}
