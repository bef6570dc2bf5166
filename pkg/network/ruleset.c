/* The text of our table. */
#include "pkg/network/nft.h"
#include "pkg/network/subnet.h"

/* guard: the bridge has route_localnet (127.0.0.1 is published through it), so nothing from outside the host may ask for
 * 127.0.0.0/8 (CVE-2020-8558).  Before connection tracking: the answers of pods come to the gateway's address and become
 * 127.0.0.1 only after it.
 *
 * publish: an address of the host is meant; the port of one address goes before that of all.
 *
 * postrouting: pods speak with the host's address elsewhere.  A pod that reaches a pod of the same bridge through a
 * published port (its own too) must be answered through the host, and so must 127.0.0.1: both get the gateway's address.
 *
 * forward: a port that is not published is not reached from other machines, even if they route the pods' subnet to us.  Within
 * a bridge packets pass here only where br_netfilter is on; an internal network has no other way, isolated ones none to each other. */
static const char text[] =
	"table inet $TABLE {\n"
	"	set subnets { type ipv4_addr; flags interval; }\n"
	"	set bridges { type ifname; }\n"
	"	set inside { type ifname . ifname; }\n"
	"	set internals { type ifname; }\n"
	"	set isolated { type ifname; }\n"
	"	map published { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"	map published_on { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }\n"
	"	chain guard {\n"
	"		type filter hook prerouting priority -300; policy accept;\n"
	"		iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n"
	"	}\n"
	"	chain publish {\n"
	"		dnat ip to meta l4proto . ip daddr . th dport map @published_on\n"
	"		dnat ip to meta l4proto . th dport map @published\n"
	"	}\n"
	"	chain prerouting {\n"
	"		type nat hook prerouting priority -100; policy accept;\n"
	"		meta nfproto ipv4 fib daddr type local jump publish\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		meta nfproto ipv4 fib daddr type local jump publish\n"
	"	}\n"
	"	chain postrouting {\n"
	"		type nat hook postrouting priority 100; policy accept;\n"
	"		ip saddr @subnets ip daddr != @subnets ip daddr != 224.0.0.0/4 masquerade\n"
	"		ip saddr @subnets ip daddr @subnets ct status dnat masquerade\n"
	"		ip saddr 127.0.0.0/8 ip daddr @subnets ct status dnat masquerade\n"
	"	}\n"
	"	chain forward {\n"
	"		type filter hook forward priority 0; policy accept;\n"
	"		iifname . oifname @inside accept\n"
	"		iifname @internals reject with icmpx type admin-prohibited\n"
	"		oifname @internals reject with icmpx type admin-prohibited\n"
	"		iifname @isolated oifname @isolated reject with icmpx type admin-prohibited\n"
	"		iifname @bridges accept\n"
	"		oifname @bridges ct state established,related accept\n"
	"		oifname @bridges ct status dnat accept\n"
	"		oifname @bridges reject with icmpx type admin-prohibited\n"
	"	}\n"
	"}\n";

void nft_ruleset(struct buf *b, const char *table, bool replace)
{
	if (replace) /* in the same transaction */
		buf_printf(b, "delete table inet %s\n", table);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "$");

		buf_add(b, p, n);
		p += n;
		if (!*p)
			break;
		buf_puts(b, table);
		p += strlen("$TABLE");
	}
}

void nft_elements(struct buf *b, const char *table, const char *verb, const struct nft_net *n)
{
	const char *name = n->bridge;
	char subnet[SUBNET_TEXT];

	buf_printf(b, "%s element inet %s subnets { %s }\n", verb, table, subnet_text(subnet, n->subnet));
	buf_printf(b, "%s element inet %s bridges { \"%s\" }\n", verb, table, name);
	if (n->internal || n->isolate)
		buf_printf(b, "%s element inet %s inside { \"%s\" . \"%s\" }\n", verb, table, name, name);
	if (n->internal)
		buf_printf(b, "%s element inet %s internals { \"%s\" }\n", verb, table, name);
	if (n->isolate)
		buf_printf(b, "%s element inet %s isolated { \"%s\" }\n", verb, table, name);
}
