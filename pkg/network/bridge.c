#include "pkg/network/bridge.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "pkg/network/forward.h"
#include "pkg/network/link.h"
#include "pkg/network/netlink.h"
#include "pkg/network/subnet.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"

#define MTU_DEFAULT 1500
#define IP_FORWARD "/proc/sys/net/ipv4/ip_forward"

char *bridge_name(const struct engine *e, char buf[BRIDGE_NAME])
{
	if (e->suffix && e->suffix[0])
		snprintf(buf, BRIDGE_NAME, "podctl%s", e->suffix);
	else
		snprintf(buf, BRIDGE_NAME, "podctl0");
	return buf;
}

void mac_of(uint32_t ip, uint8_t mac[6])
{
	uint32_t be = htonl(ip);

	mac[0] = 0x0a;
	mac[1] = 0x58;
	memcpy(mac + 2, &be, sizeof be);
}

int network_lock(struct engine *e, struct err *err)
{
	auto_close int fd = path_open(e->runroot_fd, "net.lock", PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	int rc;

	if (fd < 0)
		return err_sys(err, -fd, "open %s/net.lock", e->runroot);
	if ((rc = lock_file(fd, true, true)) < 0)
		return err_sys(err, -rc, "lock %s/net.lock", e->runroot);
	return fd_steal(&fd);
}

static struct ifreq request(const char *name)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	return r;
}

uint32_t bridge_index(const char *name)
{
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = request(name);

	return s >= 0 && ioctl(s, SIOCGIFINDEX, &r) == 0 ? (uint32_t) r.ifr_ifindex : 0;
}

static bool has_address(int s, const char *name, uint32_t ip)
{
	struct ifreq r = request(name);
	struct sockaddr_in in;

	if (ioctl(s, SIOCGIFADDR, &r) < 0)
		return false;
	memcpy(&in, &r.ifr_addr, sizeof in);
	return ntohl(in.sin_addr.s_addr) == ip;
}

static bool host_forwards(void)
{
	char c = '0';
	auto_close int fd = open(IP_FORWARD, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1 && c == '1';
}

static bool is_ready(const char *name, const struct net_result *r, struct bridge *ret)
{
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq index = request(name), flags = request(name), mtu = request(name);

	if (s < 0 || ioctl(s, SIOCGIFINDEX, &index) < 0 || ioctl(s, SIOCGIFFLAGS, &flags) < 0 ||
		ioctl(s, SIOCGIFMTU, &mtu) < 0)
		return false;
	if (!(flags.ifr_flags & IFF_UP) || !has_address(s, name, r->gateway) || !host_forwards())
		return false;
	ret->index = (uint32_t) index.ifr_ifindex;
	ret->mtu = (uint32_t) mtu.ifr_mtu;
	return true;
}

/* The MTU of the link that the default route takes, when it is smaller than usual (a tunnel, a cloud's overlay): pods must
 * not send what the host cannot. */
struct uplink {
	uint32_t index;
};

static void note_default_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *r = NLMSG_DATA(h);
	struct uplink *up = arg;

	if (h->nlmsg_type == RTM_NEWROUTE && r->rtm_dst_len == 0 && r->rtm_type == RTN_UNICAST && !up->index)
		up->index = nl_u32(nl_find(h, sizeof *r, RTA_OIF), 0);
}

static uint32_t uplink_mtu(struct nl *s)
{
	struct rtmsg all = { .rtm_family = AF_INET };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	struct uplink up = { 0 };
	struct ifreq r = { 0 };

	nl_msg(&m, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof all);
	if (nl_call(s, &m, note_default_route, &up, NULL) < 0 || !up.index)
		return MTU_DEFAULT;
	r.ifr_ifindex = (int) up.index;
	if (ioctl(s->fd, SIOCGIFNAME, &r) < 0 || ioctl(s->fd, SIOCGIFMTU, &r) < 0)
		return MTU_DEFAULT;
	return r.ifr_mtu >= 576 && r.ifr_mtu < MTU_DEFAULT ? (uint32_t) r.ifr_mtu : MTU_DEFAULT;
}

static int link_make(struct nl *s, const char *name, const struct net_result *r, struct err *err)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	uint8_t mac[6];
	struct nl_fault fault;
	uint32_t mtu = r->mtu ? r->mtu : uplink_mtu(s);
	size_t info, data;
	int rc;

	/* A bridge without an address of its own takes the lowest of its ports' and changes it as pods come and go. */
	mac_of(r->gateway, mac);
	nl_msg(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
	nl_put_str(&m, IFLA_IFNAME, name);
	nl_put(&m, IFLA_ADDRESS, mac, sizeof mac);
	nl_put_u32(&m, IFLA_MTU, mtu);
	info = nl_nest(&m, IFLA_LINKINFO);
	nl_put_str(&m, IFLA_INFO_KIND, "bridge");
	data = nl_nest(&m, IFLA_INFO_DATA);
	nl_put_u32(&m, IFLA_BR_FORWARD_DELAY, 0);
	nl_put_u32(&m, IFLA_BR_STP_STATE, 0);
	nl_nest_end(&m, data);
	nl_nest_end(&m, info);
	rc = nl_call(s, &m, NULL, NULL, &fault);
	if (rc == -EOPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED,
			"make bridge '%s': the kernel has no bridges (modprobe bridge); use --network host "
			"or none",
			name);
	if (rc < 0 && rc != -EEXIST)
		return nl_err(err, rc, &fault, "make bridge '%s'", name);
	return 0;
}

static void note_kind(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *info = nl_find(h, sizeof(struct ifinfomsg), IFLA_LINKINFO);

	if (h->nlmsg_type == RTM_NEWLINK)
		*(bool *) arg = strcmp(nl_str(nl_find_in(info, IFLA_INFO_KIND)), "bridge") == 0;
}

/* Somebody may own a link of that name that is something else. */
static int kind_check(struct nl *s, const char *name, uint32_t index, struct err *err)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int) index };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	bool is_bridge = false;
	int rc;

	nl_msg(&m, RTM_GETLINK, 0, &link, sizeof link);
	if ((rc = nl_call(s, &m, note_kind, &is_bridge, NULL)) < 0)
		return err_sys(err, -rc, "look at link '%s'", name);
	if (!is_bridge)
		return err_set(err, ERR_STATE,
			"the link '%s' exists and is not a bridge; rename or delete it (ip link delete %s)",
			name, name);
	return 0;
}

struct addresses {
	uint32_t index;
	struct net_addr {
		uint32_t ip;
		uint8_t prefix;
	} v[16];
	size_t n;
};

static void note_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *a = NLMSG_DATA(h);
	struct addresses *list = arg;

	if (h->nlmsg_type != RTM_NEWADDR || a->ifa_index != list->index || list->n == LEN(list->v))
		return;
	list->v[list->n].ip = ntohl(nl_u32(nl_find(h, sizeof *a, IFA_LOCAL), 0));
	list->v[list->n++].prefix = a->ifa_prefixlen;
}

/* The gateway's address, and no other: one of an earlier subnet would be the first, and the one replies come from. */
static int address_set(
	struct nl *s, const char *name, uint32_t index, const struct net_result *r, struct err *err)
{
	struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_index = index };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	struct addresses have = { .index = index };
	struct nl_fault fault;
	char text[IP_TEXT];
	int rc;

	nl_msg(&m, RTM_GETADDR, NLM_F_DUMP, &a, sizeof a);
	if ((rc = nl_call(s, &m, note_address, &have, NULL)) < 0)
		return err_sys(err, -rc, "list the addresses of bridge '%s'", name);
	for (size_t i = 0; i < have.n; i++) {
		if (have.v[i].ip == r->gateway && have.v[i].prefix == r->prefix)
			continue;
		a.ifa_prefixlen = have.v[i].prefix;
		nl_msg(&m, RTM_DELADDR, 0, &a, sizeof a);
		nl_put_be32(&m, IFA_LOCAL, have.v[i].ip);
		(void) nl_call(s, &m, NULL, NULL, NULL);
	}
	a.ifa_prefixlen = r->prefix;
	nl_msg(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof a);
	nl_put_be32(&m, IFA_LOCAL, r->gateway);
	nl_put_be32(&m, IFA_ADDRESS, r->gateway);
	nl_put_be32(&m, IFA_BROADCAST, r->gateway | (r->prefix ? ~(~0U << (32 - r->prefix)) : ~0U));
	rc = nl_call(s, &m, NULL, NULL, &fault);
	if (rc < 0 && rc != -EEXIST)
		return nl_err(
			err, rc, &fault, "give bridge '%s' the address %s", name, ip_text(text, r->gateway));
	return 0;
}

/* Up, and route_localnet: a packet from 127.0.0.1 to a published port leaves over the bridge.  The guard chain of our
 * table drops what arrives from elsewhere for 127.0.0.0/8 (CVE-2020-8558).  Set by netlink: /proc/sys may be read-only. */
static int link_configure(struct nl *s, const char *name, uint32_t index, struct err *err)
{
	struct ifinfomsg link = {
		.ifi_family = AF_UNSPEC, .ifi_index = (int) index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP
	};
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	size_t spec, inet, conf;
	struct nl_fault fault;
	int rc;

	nl_msg(&m, RTM_SETLINK, 0, &link, sizeof link);
	spec = nl_nest(&m, IFLA_AF_SPEC);
	inet = nl_nest(&m, AF_INET);
	conf = nl_nest(&m, IFLA_INET_CONF);
	nl_put_u32(&m, IPV4_DEVCONF_ROUTE_LOCALNET, 1);
	nl_nest_end(&m, conf);
	nl_nest_end(&m, inet);
	nl_nest_end(&m, spec);
	if ((rc = nl_call(s, &m, NULL, NULL, &fault)) < 0)
		return nl_err(err, rc, &fault, "bring bridge '%s' up", name);
	return 0;
}

static int forwarding_enable(struct err *err)
{
	int rc;

	if (host_forwards())
		return 0;
	rc = file_write(AT_FDCWD, IP_FORWARD, "1");
	if (rc == -EROFS || rc == -EACCES || rc == -EPERM)
		return err_sys(err, -rc,
			"enable forwarding in " IP_FORWARD
			" (inside a container? give it --sysctl net.ipv4.ip_forward=1, "
			"or use --network host or none)");
	if (rc < 0)
		return err_sys(err, -rc, "enable forwarding in " IP_FORWARD);
	return 0;
}

static int bridge_make(const char *name, const struct net_result *r, struct err *err)
{
	auto_nl struct nl s = NL_CLOSED;
	uint32_t index;
	int rc = nl_open(&s, NETLINK_ROUTE, -1);

	if (rc < 0)
		return err_sys(err, -rc, "open rtnetlink");
	if ((rc = forwarding_enable(err)) < 0 || (rc = link_make(&s, name, r, err)) < 0)
		return rc;
	if (!(index = bridge_index(name)))
		return err_set(err, ERR_STATE, "the bridge '%s' went away while it was made", name);
	if ((rc = kind_check(&s, name, index, err)) < 0 || (rc = address_set(&s, name, index, r, err)) < 0 ||
		(rc = link_configure(&s, name, index, err)) < 0)
		return rc;
	log_debug("network: bridge %s made", name);
	forward_accept(name);
	return 0;
}

/* Somebody deleted the bridge under running pods: their links are there still, and lead nowhere. */
static int ports_gather(struct engine *e, const char *name, const struct bridge *b, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct lease_row *lease;
	size_t n;
	int rc = store_lease_list(e->store, name, &a, &lease, &n, err);

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = veth_rejoin(b, lease[i].pod, lease[i].ip, err);
	return rc < 0 ? rc : 0;
}

int bridge_ensure(struct engine *e, const struct net_result *r, struct bridge *ret, struct err *err)
{
	auto_close int lock = -EBADF;
	int rc;

	if (is_ready(r->bridge, r, ret))
		return 0;
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	if (is_ready(r->bridge, r, ret))
		return 0; /* another command made it while we waited */
	if ((rc = bridge_make(r->bridge, r, err)) < 0)
		return rc;
	if (!is_ready(r->bridge, r, ret))
		return err_set(err, ERR_STATE, "the bridge '%s' was changed while it was made", r->bridge);
	return ports_gather(e, r->bridge, ret, err);
}

int bridge_remove(const char *name, struct err *err)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct nl_fault fault;
	int rc = nl_open(&s, NETLINK_ROUTE, -1);

	if (rc < 0)
		return err_sys(err, -rc, "open rtnetlink");
	nl_msg(&m, RTM_DELLINK, 0, &link, sizeof link);
	nl_put_str(&m, IFLA_IFNAME, name);
	rc = nl_call(&s, &m, NULL, NULL, &fault);
	if (rc < 0 && rc != -ENODEV)
		return nl_err(err, rc, &fault, "delete bridge '%s'", name);
	return 0;
}
