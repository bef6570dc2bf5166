#include "pkg/network/link.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "pkg/network/netlink.h"
#include "pkg/network/subnet.h"
#include "pkg/util/log.h"

#define POD_LINK "eth0"
#define LO_INDEX 1 /* of every netns */

void veth_name(const char *pod_id, char name[16])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t r[5];
	size_t n;

	if (getrandom(r, sizeof r, 0) != (ssize_t) sizeof r)
		memset(r, 0, sizeof r);
	n = (size_t) snprintf(name, 16, "pc%.8s", pod_id);
	for (size_t i = 0; i < sizeof r; i++)
		name[n++] = digits[r[i] & 31];
	name[n] = 0;
}

static void veth_message(struct nl_batch *m, const struct bridge *b, int netns, const struct net_result *r)
{
	struct ifinfomsg host = { .ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg pod = { .ifi_family = AF_UNSPEC }; /* not up: the kernel says ENOTCONN */
	size_t info, data, peer;

	nl_msg(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &host, sizeof host);
	nl_put_str(m, IFLA_IFNAME, r->veth);
	nl_put_u32(m, IFLA_MTU, b->mtu);
	nl_put_u32(m, IFLA_MASTER, b->index);
	info = nl_nest(m, IFLA_LINKINFO);
	nl_put_str(m, IFLA_INFO_KIND, "veth");
	data = nl_nest(m, IFLA_INFO_DATA);
	peer = nl_nest(m, VETH_INFO_PEER);
	nl_raw(m, &pod, sizeof pod);
	nl_put_str(m, IFLA_IFNAME, POD_LINK);
	nl_put_u32(m, IFLA_MTU, b->mtu);
	nl_put(m, IFLA_ADDRESS, r->mac, sizeof r->mac);
	nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t) netns);
	nl_nest_end(m, peer);
	nl_nest_end(m, data);
	nl_nest_end(m, info);
}

/* A pod that reaches itself through a published port leaves and enters the bridge at the same port: where br_netfilter hands
 * bridged packets to nf_tables (it does as soon as Docker or Kubernetes load it), the bridge decides that, and refuses
 * without this.  Only where ports are published: a sender also hears its own broadcasts. */
static void hairpin_message(struct nl_batch *m, const char *veth)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	size_t info, data;

	nl_msg(m, RTM_NEWLINK, 0, &link, sizeof link);
	nl_put_str(m, IFLA_IFNAME, veth);
	info = nl_nest(m, IFLA_LINKINFO);
	nl_put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nl_nest(m, IFLA_INFO_SLAVE_DATA);
	nl_put_u8(m, IFLA_BRPORT_MODE, 1);
	nl_nest_end(m, data);
	nl_nest_end(m, info);
}

/* The pod's address is at this port of the bridge, whatever was learnt before: an address given out again keeps its MAC, and
 * the link of its last pod may still be there.  Saves the announcement by ARP, which every pod would hear.  Sticky: another
 * pod that sends with this MAC does not get its packets. */
static void place_message(struct nl_batch *m, uint32_t index, const uint8_t mac[6])
{
	struct ndmsg at = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int) index,
		.ndm_state = NUD_NOARP,
		.ndm_flags = NTF_MASTER | NTF_STICKY,
	};

	nl_msg(m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &at, sizeof at);
	nl_put(m, NDA_LLADDR, mac, 6);
}

int veth_add(const struct bridge *b, int netns, const struct net_result *r, struct err *err)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct ifreq link = { 0 };
	struct nl_fault fault;
	int rc = nl_open(&s, NETLINK_ROUTE, -1);

	if (rc < 0)
		return err_sys(err, -rc, "open rtnetlink");
	veth_message(&m, b, netns, r);
	if (r->n_ports)
		hairpin_message(&m, r->veth);
	rc = nl_call(&s, &m, NULL, NULL, &fault);
	if (rc == -EXFULL || rc == -ENFILE)
		return err_set(
			err, ERR_STATE, "the bridge '%s' has no free port: it holds 1023 pods", r->bridge);
	if (rc == -EOPNOTSUPP && !fault.text[0])
		return err_set(err, ERR_UNSUPPORTED,
			"make link '%s': the kernel has no veth (modprobe veth); use --network host or none",
			r->veth);
	if (rc == -EEXIST)
		return err_set(err, ERR_EXISTS,
			"make link '%s': it or '%s' in the pod's network namespace exists", r->veth,
			POD_LINK);
	if (rc < 0)
		return nl_err(err, rc, &fault, "make link '%s' on bridge '%s'", r->veth, r->bridge);
	snprintf(link.ifr_name, sizeof link.ifr_name, "%s", r->veth);
	if (ioctl(s.fd, SIOCGIFINDEX, &link) < 0)
		return err_sys(err, errno, "find link '%s'", r->veth);
	place_message(&m, (uint32_t) link.ifr_ifindex, r->mac);
	if ((rc = nl_call(&s, &m, NULL, NULL, &fault)) < 0)
		return nl_err(err, rc, &fault, "tell bridge '%s' where '%s' is", r->bridge, r->veth);
	return 0;
}

/* The links of a pod begin with "pc" and 8 digits of its id; one of its last start may still be going. */
static int rejoin_each(struct nl *s, const struct bridge *b, const struct if_nameindex *links,
	const char *start, const uint8_t mac[6], struct err *err)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;

	for (; links->if_index; links++) {
		struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int) links->if_index };
		struct nl_fault fault;
		int rc;

		if (strncmp(links->if_name, start, strlen(start)) != 0)
			continue;
		nl_msg(&m, RTM_SETLINK, 0, &link, sizeof link);
		nl_put_u32(&m, IFLA_MASTER, b->index);
		place_message(&m, links->if_index, mac);
		rc = nl_call(s, &m, NULL, NULL, &fault);
		if (rc < 0 && rc != -ENODEV)
			return nl_err(err, rc, &fault, "put the link %s back on its bridge", links->if_name);
	}
	return 0;
}

int veth_rejoin(const struct bridge *b, const char *pod_id, uint32_t ip, struct err *err)
{
	struct if_nameindex *links = if_nameindex();
	auto_nl struct nl s = NL_CLOSED;
	char start[IFNAMSIZ];
	uint8_t mac[6];
	int rc = links ? nl_open(&s, NETLINK_ROUTE, -1) : -errno;

	mac_of(ip, mac);
	snprintf(start, sizeof start, "pc%.8s", pod_id);
	rc = rc < 0 ? err_sys(err, -rc, "list the links") : rejoin_each(&s, b, links, start, mac, err);
	if_freenameindex(links);
	return rc;
}

static void up_message(struct nl_batch *m, uint32_t index)
{
	struct ifinfomsg up = {
		.ifi_family = AF_UNSPEC, .ifi_index = (int) index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP
	};

	nl_msg(m, RTM_NEWLINK, 0, &up, sizeof up);
}

/* Before it is up: no IPv6 address of its own. */
static void quiet_message(struct nl_batch *m, uint32_t index)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int) index };
	size_t spec, family;

	nl_msg(m, RTM_SETLINK, 0, &link, sizeof link);
	spec = nl_nest(m, IFLA_AF_SPEC);
	family = nl_nest(m, AF_INET6);
	nl_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nl_nest_end(m, family);
	nl_nest_end(m, spec);
}

static void address_message(struct nl_batch *m, uint32_t index, const struct net_result *r)
{
	struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = r->prefix, .ifa_index = index };

	nl_msg(m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof a);
	nl_put_be32(m, IFA_LOCAL, r->ip);
	nl_put_be32(m, IFA_ADDRESS, r->ip);
	nl_put_be32(m, IFA_BROADCAST, r->ip | ~(~0U << (32 - r->prefix)));
}

static void route_message(struct nl_batch *m, uint32_t index, const struct net_result *r)
{
	struct rtmsg route = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	nl_msg(m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
	nl_put_be32(m, RTA_GATEWAY, r->gateway);
	nl_put_u32(m, RTA_OIF, index);
}

static int open_in_pod(struct nl *s, int netns, struct err *err)
{
	int rc = nl_open(s, NETLINK_ROUTE, netns);

	if (rc == -EXDEV)
		return err_set(err, ERR_INVALID, "configure the pod's network: its namespace is the host's");
	return rc < 0 ? err_sys(err, -rc, "enter the pod's network namespace") : 0;
}

int pod_link_configure(int netns, const struct net_result *r, struct err *err)
{
	static const char *const steps[] = { "bring lo up", "add the address", "bring " POD_LINK " up",
		"add the default route" };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct ifreq link = { .ifr_name = POD_LINK };
	struct nl_fault fault;
	uint32_t index;
	int rc = open_in_pod(&s, netns, err);

	if (rc < 0)
		return rc;
	/* Any socket answers this; its netns counts. */
	if (ioctl(s.fd, SIOCGIFINDEX, &link) < 0)
		return err_sys(err, errno, "find " POD_LINK " in the pod's network namespace");
	index = (uint32_t) link.ifr_ifindex;
	/* A kernel without IPv6 refuses this: nothing is lost. */
	quiet_message(&m, index);
	if ((rc = nl_call(&s, &m, NULL, NULL, &fault)) < 0)
		log_debug("network: %s: quiet IPv6: %s", r->veth, strerror(-rc));
	up_message(&m, LO_INDEX);
	address_message(&m, index, r);
	up_message(&m, index);
	if (!r->internal)
		route_message(&m, index, r);
	if ((rc = nl_call(&s, &m, NULL, NULL, &fault)) < 0)
		return nl_err(err, rc, &fault, "%s in the pod",
			fault.index < LEN(steps) ? steps[fault.index] : POD_LINK);
	return 0;
}

int network_loopback(int netns, struct err *err)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct nl_fault fault;
	int rc = open_in_pod(&s, netns, err);

	if (rc < 0)
		return rc;
	up_message(&m, LO_INDEX);
	if ((rc = nl_call(&s, &m, NULL, NULL, &fault)) < 0)
		return nl_err(err, rc, &fault, "bring lo up in the pod");
	return 0;
}

int veth_remove(const char *name, struct err *err)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct nl_fault fault;
	int rc;

	if (!name[0] || !bridge_index(name))
		return 0;
	if ((rc = nl_open(&s, NETLINK_ROUTE, -1)) < 0)
		return err_sys(err, -rc, "open rtnetlink");
	nl_msg(&m, RTM_DELLINK, 0, &link, sizeof link);
	nl_put_str(&m, IFLA_IFNAME, name);
	rc = nl_call(&s, &m, NULL, NULL, &fault);
	if (rc < 0 && rc != -ENODEV)
		return nl_err(err, rc, &fault, "delete link '%s'", name);
	return 0;
}
