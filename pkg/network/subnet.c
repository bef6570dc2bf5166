#include "pkg/network/subnet.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "pkg/network/bridge.h"
#include "pkg/network/netlink.h"
#include "pkg/store/store.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

#define META_SUBNET "network.subnet"
#define TAKEN_MAX 4096 /* routes looked at; the first of a full routing table are as good as any */

/* After the wanted one: blocks of this size out of these ranges; 4,093 addresses, since a bridge holds 1,023 pods and an
 * address should not be given out again at once.  The first five are containers.conf's default_subnet_pools; the last two are
 * for machines whose VPN routes all of 10.0.0.0/8. */
static const struct {
	struct subnet range;
	uint8_t size;
} pools[] = {
	{ { 0x0a590000, 16 }, 20 }, /* 10.89.0.0/16 */
	{ { 0x0a5a0000, 15 }, 20 }, /* 10.90.0.0/15 */
	{ { 0x0a5c0000, 14 }, 20 }, /* 10.92.0.0/14 */
	{ { 0x0a600000, 11 }, 20 }, /* 10.96.0.0/11 */
	{ { 0x0a800000, 9 }, 20 },  /* 10.128.0.0/9 */
	{ { 0xac180000, 13 }, 20 }, /* 172.24.0.0/13 */
	{ { 0xc0a88000, 17 }, 20 }, /* 192.168.128.0/17 */
};

char *ip_text(char buf[IP_TEXT], uint32_t ip)
{
	snprintf(buf, IP_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	return buf;
}

int ip_parse(const char *text, uint32_t *ret)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return -EINVAL;
	*ret = ntohl(a.s_addr);
	return 0;
}

char *subnet_text(char buf[SUBNET_TEXT], struct subnet s)
{
	char ip[IP_TEXT];

	snprintf(buf, SUBNET_TEXT, "%s/%u", ip_text(ip, s.base), s.prefix);
	return buf;
}

int subnet_parse(const char *text, struct subnet *ret)
{
	const char *slash = strchr(text, '/');
	char ip[IP_TEXT];
	struct subnet s;
	uint64_t prefix;

	if (!slash || (size_t) (slash - text) >= sizeof ip)
		return -EINVAL;
	memcpy(ip, text, (size_t) (slash - text));
	ip[slash - text] = 0;
	if (ip_parse(ip, &s.base) < 0 || parse_u64(slash + 1, 8, 29, &prefix) < 0)
		return -EINVAL;
	s.prefix = (uint8_t) prefix;
	if (s.base & ~subnet_mask(s))
		return -EINVAL;
	*ret = s;
	return 0;
}

bool subnet_overlaps(struct subnet a, struct subnet b)
{
	uint32_t mask = subnet_mask(a) & subnet_mask(b);

	return (a.base & mask) == (b.base & mask);
}

static bool is_free(struct subnet s, const struct subnet *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (subnet_overlaps(s, taken[i]))
			return false;
	return true;
}

/* size 0: the pool's. */
static bool choose_of_pools(uint8_t size, const struct subnet *taken, size_t n, struct subnet *ret)
{
	for (size_t p = 0; p < LEN(pools); p++) {
		uint8_t bits = size ? size : pools[p].size;
		uint32_t step = 1U << (32 - bits), count = 1U << (bits - pools[p].range.prefix);

		for (uint32_t i = 0; i < count; i++) {
			struct subnet s = { pools[p].range.base + i * step, bits };

			if (is_free(s, taken, n)) {
				*ret = s;
				return true;
			}
		}
	}
	return false;
}

bool subnet_choose(struct subnet wanted, const struct subnet *taken, size_t n, struct subnet *ret)
{
	if (is_free(wanted, taken, n)) {
		*ret = wanted;
		return true;
	}
	return choose_of_pools(0, taken, n, ret);
}

struct routes {
	struct subnet *v;
	size_t n;
	uint32_t own; /* index of our bridge, whose routes do not count; 0: it is not there */
};

static void add_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *r = NLMSG_DATA(h);
	struct routes *list = arg;
	struct subnet s;

	if (h->nlmsg_type != RTM_NEWROUTE || r->rtm_dst_len == 0 || r->rtm_dst_len > 32 ||
		list->n == TAKEN_MAX)
		return;
	if (list->own && nl_u32(nl_find(h, sizeof *r, RTA_OIF), 0) == list->own)
		return;
	s.base = ntohl(nl_u32(nl_find(h, sizeof *r, RTA_DST), 0));
	s.prefix = r->rtm_dst_len;
	list->v[list->n++] = s;
}

/* Every IPv4 route in every table, those of our own bridge left out. */
static int routes_list(const char *bridge, struct routes *list, struct err *err)
{
	struct rtmsg all = { .rtm_family = AF_INET };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	int rc = nl_open(&s, NETLINK_ROUTE, -1);

	if (rc < 0)
		return err_sys(err, -rc, "open rtnetlink");
	list->own = bridge_index(bridge);
	nl_msg(&m, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof all);
	rc = nl_call(&s, &m, add_route, list, NULL);
	return rc < 0 ? err_sys(err, -rc, "list the routes of the host") : 0;
}

/* podman makes its bridge 10.88.0.0/16 at its first container and does not look whether somebody has it already. */
static bool podman_is_installed(void)
{
	return access("/usr/bin/podman", F_OK) == 0 || access("/usr/local/bin/podman", F_OK) == 0;
}

static int choose(struct engine *e, struct subnet *ret, struct err *err)
{
	static const struct subnet of_podman = { 0x0a580000, 16 };
	const char *text = e->config.default_subnet ? e->config.default_subnet : "10.88.0.0/16";
	char bridge[BRIDGE_NAME];
	struct routes list = { 0 };
	auto_arena struct arena a = { 0 };
	struct subnet wanted, *v = arena_array(&a, TAKEN_MAX + 1, sizeof *v);
	int rc;

	if (!v)
		return err_sys(err, ENOMEM, "choose a subnet");
	if (subnet_parse(text, &wanted) < 0)
		return err_set(err, ERR_INVALID,
			"containers.conf: default_subnet '%s': expected an IPv4 network such as 10.88.0.0/16",
			text);
	list.v = v;
	if ((rc = routes_list(bridge_name(e, bridge), &list, err)) < 0)
		return rc;
	if (podman_is_installed())
		v[list.n++] = of_podman;
	if (!subnet_choose(wanted, v, list.n, ret))
		return err_set(err, ERR_STATE,
			"no subnet for pods is free: the routes of this machine cover %s and every pool; set "
			"default_subnet in containers.conf",
			text);
	return 0;
}

#define DEFINED_SIZE 24

/* 10.128.0.0/9 has 32,768 of them. */
static bool choose_by_suffix(const char *suffix, const struct subnet *taken, size_t n, struct subnet *ret)
{
	uint32_t at = 0;

	for (const char *p = suffix; *p; p++)
		at = at * 31 + (unsigned char) *p;
	for (uint32_t i = 0; i < 256; i++) {
		struct subnet s = { 0x0a800000 + ((at + i) % 32768 << 8), DEFINED_SIZE };

		if (is_free(s, taken, n)) {
			*ret = s;
			return true;
		}
	}
	return false;
}

int subnet_find(
	const struct engine *e, const struct subnet *used, size_t n, struct subnet *ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct routes list = { .v = arena_array(&a, TAKEN_MAX + n + 2, sizeof *list.v) };
	int rc;

	if (!list.v)
		return err_sys(err, ENOMEM, "choose a subnet");
	if ((rc = routes_list("", &list, err)) < 0)
		return rc;
	memcpy(list.v + list.n, used, n * sizeof *used);
	list.n += n;
	if (podman_is_installed()) /* its networks are the first of these */
		list.v[list.n++] = pools[0].range;
	if (!(e->suffix && *e->suffix && choose_by_suffix(e->suffix, list.v, list.n, ret)) &&
		!choose_of_pools(DEFINED_SIZE, list.v, list.n, ret))
		return err_set(err, ERR_STATE, "no subnet is free for a network; name one with --subnet");
	return 0;
}

int subnet_check(struct subnet s, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct routes list = { .v = arena_array(&a, TAKEN_MAX + 1, sizeof *list.v) };
	char text[SUBNET_TEXT];
	int rc;

	if (!list.v)
		return err_sys(err, ENOMEM, "check a subnet");
	if ((rc = routes_list("", &list, err)) < 0)
		return rc;
	return is_free(s, list.v, list.n)
		       ? 0
		       : err_set(err, ERR_EXISTS,
				 "subnet %s is already used on the host or by another config",
				 subnet_text(text, s));
}

int subnet_get(struct engine *e, struct subnet *ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	char text[SUBNET_TEXT];
	const char *known;
	int rc;

	if ((rc = store_meta_get(e->store, META_SUBNET, &a, &known, err)) < 0)
		return rc;
	if (known)
		return subnet_parse(known, ret) < 0
			       ? err_set(err, ERR_CORRUPT, "the recorded subnet '%s' is not one", known)
			       : 0;
	if ((rc = choose(e, ret, err)) < 0)
		return rc;
	log_debug("network: subnet %s chosen", subnet_text(text, *ret));
	return store_meta_set(e->store, META_SUBNET, subnet_text(text, *ret), err);
}
