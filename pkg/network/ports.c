#include "pkg/network/ports.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/filter.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#include "pkg/network/subnet.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define PORT_FORMS "[[IP:][HOSTPORT]:]CONTAINERPORT[/tcp|udp|sctp], each port also FROM-TO"

char *port_text(char buf[PORT_TEXT], const struct port_map *p)
{
	bool ip = p->host_ip && p->host_ip[0];

	snprintf(buf, PORT_TEXT, "%.15s%s%u/%s", ip ? p->host_ip : "", ip ? ":" : "", p->host_port,
		port_proto_names[p->proto]);
	return buf;
}

/* ---- parsing ------------------------------------------------------------------------------------------------------ */

static int bad(struct err *err, const char *text, const char *why)
{
	return err_set(err, ERR_INVALID, "port '%.100s': %s; expected " PORT_FORMS, text, why);
}

static int proto_parse(const char *name)
{
	for (int i = 0; port_proto_names[i]; i++)
		if (strcasecmp(name, port_proto_names[i]) == 0)
			return i;
	return -EINVAL;
}

/* "80" or "80-83". */
static int range_parse(char *s, uint16_t *ret_first, uint32_t *ret_count)
{
	char *dash = strchr(s, '-');
	uint64_t first, last;

	if (dash)
		*dash++ = 0;
	if (parse_u64(s, 1, UINT16_MAX, &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && parse_u64(dash, first, UINT16_MAX, &last) < 0)
		return -EINVAL;
	*ret_first = (uint16_t) first;
	*ret_count = (uint32_t) (last - first + 1);
	return 0;
}

static int host_ip_parse(const char *text, const char *ip, struct arena *a, char **ret, struct err *err)
{
	uint32_t parsed;

	if (!*ip)
		return 0;
	if (ip_parse(ip, &parsed) < 0)
		return bad(err, text, "the host address is not an IPv4 address");
	return (*ret = arena_strdup(a, ip)) ? 0 : err_sys(err, ENOMEM, "read port '%.100s'", text);
}

int port_map_parse(const char *text, struct arena *a, struct port_map *ret, struct err *err)
{
	struct port_map p = { .proto = PROTO_TCP };
	char *s, *slash, *container, *host = NULL, *ip = NULL;
	uint32_t n, host_n = 0;
	int rc;

	if (strchr(text, '['))
		return err_set(err, ERR_UNSUPPORTED,
			"port '%.100s': IPv6 host addresses are not supported yet; publish on an IPv4 "
			"address",
			text);
	if (!(s = arena_strdup(a, text)))
		return err_sys(err, ENOMEM, "read port '%.100s'", text);
	if ((slash = strchr(s, '/'))) {
		*slash++ = 0;
		if ((p.proto = proto_parse(slash)) < 0)
			return bad(err, text, "unknown protocol");
	}
	container = s;
	if ((slash = strrchr(s, ':'))) {
		*slash = 0;
		container = slash + 1;
		host = s;
		if ((slash = strrchr(s, ':'))) {
			*slash = 0;
			host = slash + 1;
			ip = s;
		}
	}
	if (range_parse(container, &p.container_port, &n) < 0)
		return bad(err, text, "the container port is not one");
	if (host && *host && range_parse(host, &p.host_port, &host_n) < 0)
		return bad(err, text, "the host port is not one");
	if (host_n && host_n != n)
		return bad(err, text, "the two ranges differ in length");
	if (n > PORTS_MAX)
		return err_set(
			err, ERR_INVALID, "port '%.100s': a pod publishes at most %d ports", text, PORTS_MAX);
	if (ip && (rc = host_ip_parse(text, ip, a, &p.host_ip, err)) < 0)
		return rc;
	p.range = (uint16_t) n;
	*ret = p;
	return 0;
}

/* ---- single ports ------------------------------------------------------------------------------------------------- */

static int range_check(const struct port_map *p, struct err *err)
{
	uint32_t more = p->range ? p->range - 1U : 0, ip;

	if (p->host_ip && strchr(p->host_ip, ':'))
		return err_set(err, ERR_UNSUPPORTED,
			"publish port %u on '%.64s': IPv6 host addresses are not supported yet", p->host_port,
			p->host_ip);
	if (p->host_ip && p->host_ip[0] && ip_parse(p->host_ip, &ip) < 0)
		return err_set(err, ERR_INVALID, "publish port %u on '%.64s': not an IPv4 address",
			p->host_port, p->host_ip);
	if (!p->container_port || p->container_port + more > UINT16_MAX || p->host_port + more > UINT16_MAX)
		return err_set(err, ERR_INVALID,
			"publish port %u to %u, %u in a row: ports go from 1 to 65535", p->host_port,
			p->container_port, more + 1);
	return 0;
}

static bool same_ip(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : "") == 0; }

/* Returns 1 when it is there already. */
static int twice_check(const struct port_map *all, size_t n, const struct port_map *p, struct err *err)
{
	char text[PORT_TEXT];

	for (size_t i = 0; i < n && p->host_port; i++) {
		const struct port_map *o = &all[i];

		if (o->host_port != p->host_port || o->proto != p->proto || !same_ip(o->host_ip, p->host_ip))
			continue;
		if (o->container_port == p->container_port)
			return 1;
		return err_set(err, ERR_INVALID, "port %s is published twice, for container ports %u and %u",
			port_text(text, p), o->container_port, p->container_port);
	}
	return 0;
}

int ports_expand(const struct port_map *ports, size_t n, struct arena *a, struct port_map **ret,
	size_t *ret_n, struct err *err)
{
	struct port_map *v;
	size_t total = 0, used = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		if ((rc = range_check(&ports[i], err)) < 0)
			return rc;
		total += ports[i].range ? ports[i].range : 1;
	}
	if (total > PORTS_MAX)
		return err_set(err, ERR_INVALID, "%zu ports are published: at most %d are possible for a pod",
			total, PORTS_MAX);
	if (!(v = arena_array(a, total + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "list the published ports");
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < (ports[i].range ? ports[i].range : 1); k++) {
			struct port_map p = ports[i];

			p.host_port = (uint16_t) (p.host_port ? p.host_port + k : 0);
			p.container_port = (uint16_t) (p.container_port + k);
			p.range = 1;
			if (p.host_ip && (!p.host_ip[0] || strcmp(p.host_ip, "0.0.0.0") == 0))
				p.host_ip = NULL;
			if ((rc = twice_check(v, used, &p, err)) < 0)
				return rc;
			if (!rc)
				v[used++] = p;
		}
	*ret = v;
	*ret_n = used;
	return 0;
}

/* ---- sockets ------------------------------------------------------------------------------------------------------ */

static int bind_failed(struct err *err, int errnum, const struct port_map *p)
{
	auto_buf struct buf who = BUF_INIT(512);
	char text[PORT_TEXT];

	port_text(text, p);
	if (errnum == EADDRNOTAVAIL)
		return err_set(err, ERR_INVALID, "publish port %s: %s is not an address of this machine",
			text, p->host_ip);
	if (errnum == EACCES)
		return err_sys(err, errnum,
			"publish port %s: ports below net.ipv4.ip_unprivileged_port_start are root's", text);
	if (errnum != EADDRINUSE)
		return err_sys(err, errnum, "publish port %s", text);
	if (port_holder(p, &who) && !buf_failed(&who))
		return err_set(err, ERR_EXISTS,
			"port %s is in use by %s; stop it or publish another host port", text, who.data);
	return err_set(err, ERR_EXISTS,
		"port %s is in use by a process that is not visible from here; publish another host port",
		text);
}

/* Nothing is ever delivered to these sockets: traffic is redirected before it comes here. */
static void drop_everything(int fd)
{
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = LEN(none), .filter = none };

	(void) setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int port_bind(struct port_map *p, struct err *err)
{
	static const int types[] = {
		[PROTO_TCP] = SOCK_STREAM, [PROTO_UDP] = SOCK_DGRAM, [PROTO_SCTP] = SOCK_STREAM
	};
	static const int protos[] = {
		[PROTO_TCP] = IPPROTO_TCP, [PROTO_UDP] = IPPROTO_UDP, [PROTO_SCTP] = IPPROTO_SCTP
	};
	auto_close int fd = socket(AF_INET, types[p->proto] | SOCK_CLOEXEC, protos[p->proto]);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(p->host_port) };
	socklen_t size = sizeof at;
	char text[PORT_TEXT];
	uint32_t ip = 0;
	int on = 1;

	if (fd < 0 && p->proto == PROTO_SCTP)
		return err_set(err, ERR_UNSUPPORTED,
			"publish port %s: the kernel has no SCTP (modprobe sctp)", port_text(text, p));
	if (fd < 0)
		return err_sys(err, errno, "publish port %s: socket", port_text(text, p));
	if (p->host_ip && p->host_ip[0])
		(void) ip_parse(p->host_ip, &ip);
	at.sin_addr.s_addr = htonl(ip);
	drop_everything(fd);
	/* Old connections of an earlier server in TIME_WAIT must not stop us; a listener still does, since we listen too.
	 * UDP has no such state, and SO_REUSEADDR would hide another receiver. */
	if (p->proto != PROTO_UDP)
		(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (void *) &at, sizeof at) < 0 || (p->proto != PROTO_UDP && listen(fd, 1) < 0))
		return bind_failed(err, errno, p);
	if (getsockname(fd, (void *) &at, &size) < 0)
		return err_sys(err, errno, "publish port %s: read its number", port_text(text, p));
	p->host_port = ntohs(at.sin_port);
	return fd_steal(&fd);
}
