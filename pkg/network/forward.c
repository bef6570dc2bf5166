#include "pkg/network/forward.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "pkg/network/netlink.h"
#include "pkg/network/nft.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"

#define IPTABLES_TIMEOUT_US (10 * 1000000ULL)
#define LISTING_MAX (4 * MiB) /* iptables -S of a busy Kubernetes node is a few hundred KiB */

/* Packets on their way through the host, and those to its name server. */
enum way { THROUGH, IN };
static const struct {
	uint32_t hook;
	const char *chain, *policy; /* of iptables */
} ways[] = {
	[THROUGH] = { NF_INET_FORWARD, "FORWARD", "-P FORWARD DROP" },
	[IN] = { NF_INET_LOCAL_IN, "INPUT", "-P INPUT DROP" },
};

struct droppers {
	enum way way;
	bool iptables;   /* table ip filter, chain FORWARD or INPUT: made by iptables-nft */
	char other[128]; /* "inet filter forward": somebody's own ruleset */
};

static const char *family_name(uint8_t family) { return family == NFPROTO_IPV4 ? "ip" : "inet"; }

static void note_chain(const struct nlmsghdr *h, void *arg)
{
	const struct nfgenmsg *g = NLMSG_DATA(h);
	const struct nlattr *hook = nl_find(h, sizeof *g, NFTA_CHAIN_HOOK);
	const char *table = nl_str(nl_find(h, sizeof *g, NFTA_CHAIN_TABLE));
	const char *chain = nl_str(nl_find(h, sizeof *g, NFTA_CHAIN_NAME));
	struct droppers *d = arg;

	if ((h->nlmsg_type & 0xff) != NFT_MSG_NEWCHAIN || !hook)
		return;
	if (g->nfgen_family != NFPROTO_IPV4 && g->nfgen_family != NFPROTO_INET)
		return;
	if (ntohl(nl_u32(nl_find_in(hook, NFTA_HOOK_HOOKNUM), ~0U)) != ways[d->way].hook ||
		ntohl(nl_u32(nl_find(h, sizeof *g, NFTA_CHAIN_POLICY), htonl(NF_ACCEPT))) != NF_DROP)
		return;
	if (g->nfgen_family == NFPROTO_IPV4 && strcmp(table, "filter") == 0 &&
		strcmp(chain, ways[d->way].chain) == 0)
		d->iptables = true;
	else if (!d->other[0])
		snprintf(d->other, sizeof d->other, "%s %s %s", family_name(g->nfgen_family), table, chain);
}

static struct droppers droppers_list(enum way way)
{
	struct nfgenmsg all = { .nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0 };
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	struct droppers d = { .way = way };

	if (nl_open(&s, NETLINK_NETFILTER, -1) < 0)
		return d;
	nl_msg(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_DUMP, &all, sizeof all);
	(void) nl_call(&s, &m, note_chain, &d, NULL);
	return d;
}

/* Legacy iptables is in use in this network namespace when its filter table has been made. */
static bool legacy_filter(void)
{
	auto_buf struct buf b = BUF_INIT(4096);

	return file_read(AT_FDCWD, "/proc/net/ip_tables_names", PATH_IN_STATE, &b) == 0 && b.len &&
	       strstr(b.data, "filter");
}

static int iptables_run(const char *program, char *const *args, struct buf *out)
{
	char path[64], *argv[16] = { (char *) (uintptr_t) program, "-w", "5" };
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv);
	struct err err = { 0 };
	int status;

	for (size_t i = 3; *args && i < LEN(argv) - 1; i++)
		argv[i] = *args++;
	if (!tool_find(program, path, sizeof path))
		return -ENOENT;
	if (proc_run(&o, NULL, 0, out, NULL, IPTABLES_TIMEOUT_US, &status, &err) < 0)
		return -EIO;
	return proc_exit_code(status);
}

/* The rules go where other rules are meant to go: Docker keeps DOCKER-USER for that and rewrites FORWARD. */
static const char *chain_for(const struct buf *listing)
{
	return listing->len && strstr(listing->data, "-N DOCKER-USER") ? "DOCKER-USER" : "FORWARD";
}

static void warn(const char *bridge, const char *what)
{
	log_warn("%s drops forwarded packets: pods on %s reach nothing and are not reached until it accepts "
		 "packets from and to %s",
		what, bridge, bridge);
}

/* What is accepted: everything from and to the bridge on its way through; questions of names to the host. */
struct rule {
	char *words[8];
};

static void rules_of(enum way way, char *bridge, struct rule ret[2])
{
	for (int i = 0; i < 2; i++)
		ret[i] =
			way == THROUGH
				? (struct rule){ { i ? "-o" : "-i", bridge } }
				: (struct rule){ { "-i", bridge, "-p", i ? "tcp" : "udp", "--dport", "53" } };
}

static int rule_run(const char *program, char *verb, const char *chain, const struct rule *r)
{
	char *args[16] = { verb, (char *) (uintptr_t) chain };
	size_t n = 2;

	for (size_t i = 0; r->words[i]; i++)
		args[n++] = r->words[i];
	args[n++] = "-j";
	args[n] = "ACCEPT";
	return iptables_run(program, args, NULL);
}

static void iptables_accept(const char *program, enum way way, const char *bridge)
{
	auto_buf struct buf b = BUF_INIT(LISTING_MAX);
	struct rule rules[2];
	const char *chain;
	char name[32];
	bool failed = false;

	snprintf(name, sizeof name, "%s", bridge);
	if (iptables_run(program, (char *[]){ "-S", NULL }, &b) != 0) {
		if (way == THROUGH)
			warn(bridge, "iptables' FORWARD chain");
		return;
	}
	if (!b.len || !strstr(b.data, ways[way].policy))
		return;
	chain = way == THROUGH ? chain_for(&b) : ways[way].chain;
	rules_of(way, name, rules);
	for (size_t i = 0; i < LEN(rules); i++)
		if (rule_run(program, "-C", chain, &rules[i]) != 0 &&
			rule_run(program, "-I", chain, &rules[i]) != 0)
			failed = true;
	if (!failed)
		log_info("%s: accepted %s in chain %s, whose policy is drop", program, bridge, chain);
	else if (way == THROUGH)
		warn(bridge, "iptables' FORWARD chain");
}

static void accept_way(enum way way, const char *bridge)
{
	struct droppers d = droppers_list(way);

	if (d.iptables)
		iptables_accept("iptables-nft", way, bridge);
	if (legacy_filter())
		iptables_accept("iptables-legacy", way, bridge);
	if (!d.other[0])
		return;
	if (way == THROUGH) {
		char what[sizeof d.other + 32];

		snprintf(what, sizeof what, "the nftables chain '%s'", d.other);
		warn(bridge, what);
	} else {
		log_info("the nftables chain '%s' drops packets to the host: names are answered where it "
			 "accepts port 53 "
			 "from %s",
			d.other, bridge);
	}
}

void forward_accept(const char *bridge)
{
	accept_way(THROUGH, bridge);
	accept_way(IN, bridge);
}

static void iptables_forget(const char *program, enum way way, const char *bridge)
{
	static const char *const chains[][2] = {
		[THROUGH] = { "DOCKER-USER", "FORWARD" }, [IN] = { "INPUT" }
	};
	struct rule rules[2];
	char name[32];

	snprintf(name, sizeof name, "%s", bridge);
	rules_of(way, name, rules);
	for (size_t c = 0; c < LEN(chains[way]) && chains[way][c]; c++)
		for (size_t i = 0; i < LEN(rules); i++)
			(void) rule_run(program, "-D", chains[way][c], &rules[i]);
}

void forward_forget(const char *bridge)
{
	for (enum way way = THROUGH; way <= IN; way++) {
		if (droppers_list(way).iptables)
			iptables_forget("iptables-nft", way, bridge);
		if (legacy_filter())
			iptables_forget("iptables-legacy", way, bridge);
	}
}
