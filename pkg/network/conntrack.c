#include "pkg/network/conntrack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <sys/socket.h>

#include "pkg/network/netlink.h"
#include "pkg/network/words.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"

#define MSG(type) (NFNL_SUBSYS_CTNETLINK << 8 | (type))
/* Which parts of CTA_TUPLE_ORIG a dump is filtered by (Linux 5.8).  The bits are the kernel's and
 * libnetfilter_conntrack's, not in a uapi header. */
#define FILTER_PROTO_NUM (1U << 3)
#define FILTER_PROTO_DST_PORT (1U << 5)

#define FEW 1000                  /* entries; 200 bytes of text each */
#define DOOMED_SEND (32UL * 1024) /* bytes of deletions per send: below every socket's buffer */

static const struct nfgenmsg ipv4 = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };

struct tuple {
	uint32_t src, dst; /* host byte order */
	uint16_t dst_port;
	uint8_t proto;
};

static struct tuple tuple_of(const struct nlattr *nest)
{
	const struct nlattr *ip = nl_find_in(nest, CTA_TUPLE_IP), *proto = nl_find_in(nest, CTA_TUPLE_PROTO);
	const struct nlattr *num = nl_find_in(proto, CTA_PROTO_NUM),
			    *port = nl_find_in(proto, CTA_PROTO_DST_PORT);
	struct tuple t = { 0 };

	t.src = ntohl(nl_u32(nl_find_in(ip, CTA_IP_V4_SRC), 0));
	t.dst = ntohl(nl_u32(nl_find_in(ip, CTA_IP_V4_DST), 0));
	if (num && nl_len(num) >= 1)
		memcpy(&t.proto, NL_DATA(num), 1);
	if (port && nl_len(port) >= 2) {
		memcpy(&t.dst_port, NL_DATA(port), 2);
		t.dst_port = ntohs(t.dst_port);
	}
	return t;
}

struct sweep {
	const struct net_result *r;
	enum sweep_what { LEADS_ELSEWHERE, LEADS_TO_POD } what;
	struct nl_batch doomed; /* deletions, sent on a socket of their own while the dump goes on */
	struct nl out;
};

static bool is_doomed(const struct sweep *w, const struct tuple *orig, const struct tuple *reply)
{
	if (orig->proto != IPPROTO_UDP || (reply->src == w->r->ip) != (w->what == LEADS_TO_POD))
		return false;
	for (size_t i = 0; i < w->r->n_ports; i++)
		if (w->r->ports[i].proto == PROTO_UDP && w->r->ports[i].host_port == orig->dst_port)
			return true;
	return false;
}

static void doomed_send(struct sweep *w)
{
	int rc = w->doomed.seqs ? nl_call(&w->out, &w->doomed, NULL, NULL, NULL) : 0;

	if (rc < 0 && rc != -ENOENT) /* ENOENT: an entry ended by itself */
		log_debug("network: forget a tracked connection: %s", strerror(-rc));
}

static void note_entry(const struct nlmsghdr *h, void *arg)
{
	const size_t skip = sizeof(struct nfgenmsg);
	const struct nlattr *orig = nl_find(h, skip, CTA_TUPLE_ORIG),
			    *reply = nl_find(h, skip, CTA_TUPLE_REPLY);
	const struct nlattr *id = nl_find(h, skip, CTA_ID), *zone = nl_find(h, skip, CTA_ZONE);
	struct tuple o = tuple_of(orig), r = tuple_of(reply);
	struct sweep *w = arg;

	if (!orig || !reply || !is_doomed(w, &o, &r))
		return;
	nl_msg(&w->doomed, MSG(IPCTNL_MSG_CT_DELETE), 0, &ipv4, sizeof ipv4);
	nl_put(&w->doomed, CTA_TUPLE_ORIG | NLA_F_NESTED, NL_DATA(orig), nl_len(orig));
	if (id)
		nl_put(&w->doomed, CTA_ID, NL_DATA(id), nl_len(id));
	if (zone)
		nl_put(&w->doomed, CTA_ZONE, NL_DATA(zone), nl_len(zone));
	if (w->doomed.b.len > DOOMED_SEND)
		doomed_send(w);
}

/* One udp port: the kernel filters, so that a busy table is not copied out.  Without port: everything. */
static void dump_message(struct nl_batch *m, uint16_t udp_port)
{
	size_t tuple, proto, filter;

	nl_msg(m, MSG(IPCTNL_MSG_CT_GET), NLM_F_DUMP, &ipv4, sizeof ipv4);
	if (!udp_port)
		return;
	udp_port = htons(udp_port);
	tuple = nl_nest(m, CTA_TUPLE_ORIG);
	proto = nl_nest(m, CTA_TUPLE_PROTO);
	nl_put_u8(m, CTA_PROTO_NUM, IPPROTO_UDP);
	nl_put_u16(m, CTA_PROTO_DST_PORT, udp_port);
	nl_nest_end(m, proto);
	nl_nest_end(m, tuple);
	filter = nl_nest(m, CTA_FILTER);
	nl_put_u32(m, CTA_FILTER_ORIG_FLAGS, FILTER_PROTO_NUM | FILTER_PROTO_DST_PORT);
	nl_put_u32(m, CTA_FILTER_REPLY_FLAGS, 0);
	nl_nest_end(m, filter);
}

static void sweep_run(struct sweep *w, uint16_t udp_port)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	int rc = nl_open(&s, NETLINK_NETFILTER, -1);

	if (rc == 0 && (rc = nl_open(&w->out, NETLINK_NETFILTER, -1)) == 0) {
		dump_message(&m, udp_port);
		rc = nl_call(&s, &m, note_entry, w, NULL);
		doomed_send(w);
	}
	if (rc < 0)
		log_debug("network: list tracked connections: %s", strerror(-rc));
	nl_close(&w->out);
	nl_batch_done(&w->doomed);
}

/* How many connections this netns tracks; UINT64_MAX: not known. */
static uint64_t tracked_count(void)
{
	auto_close int fd = open("/proc/sys/net/netfilter/nf_conntrack_count", O_RDONLY | O_CLOEXEC);
	char text[24] = "";
	uint64_t n;

	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
		return UINT64_MAX;
	text[strcspn(text, "\n")] = 0;
	return parse_u64(text, 0, UINT64_MAX, &n) < 0 ? UINT64_MAX : n;
}

static bool line_is_about(struct span line, const struct net_result *r)
{
	struct span word, port = { 0 };
	bool udp = false;

	while (!port.len && word_next(&line, &word)) {
		udp = udp || span_is(word, "udp");
		if (word.len > 6 && memcmp(word.at, "dport=", 6) == 0)
			port = (struct span){ word.at + 6, word.len - 6 }; /* the first is the original's */
	}
	for (size_t i = 0; udp && i < r->n_ports; i++) {
		char want[8];

		snprintf(want, sizeof want, "%u", r->ports[i].host_port);
		if (r->ports[i].proto == PROTO_UDP && span_is(port, want))
			return true;
	}
	return false;
}

/* A dump over netlink takes a lock for each of the table's buckets: 5 ms with 262,144 of them, for a pod's start too much.
 * The text in /proc takes none, 0.3 ms, but prints every entry: so it is asked first while there are few. */
static bool any_about(const struct net_result *r)
{
	auto_buf struct buf b = BUF_INIT(1 * MiB);
	uint64_t n = tracked_count();
	const char *text;
	struct span line;

	if (n == 0)
		return false;
	if (n > FEW || file_read(AT_FDCWD, "/proc/thread-self/net/nf_conntrack", PATH_IN_STATE, &b) < 0)
		return true;
	text = b.data;
	while (line_next(&text, &line))
		if (line_is_about(line, r))
			return true;
	return false;
}

static void forget(const struct net_result *r, enum sweep_what what)
{
	struct sweep w = { .r = r, .what = what, .doomed = NL_BATCH_INIT, .out = NL_CLOSED };
	uint16_t port = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->n_ports; i++)
		if (r->ports[i].proto == PROTO_UDP) {
			port = r->ports[i].host_port;
			n++;
		}
	if (n && any_about(r))
		sweep_run(&w, n == 1 ? port : 0);
}

void conntrack_mapping_came(const struct net_result *r) { forget(r, LEADS_ELSEWHERE); }

void conntrack_mapping_went(const struct net_result *r) { forget(r, LEADS_TO_POD); }
