#include "pkg/network/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "pkg/network/bridge.h"
#include "pkg/network/netlink.h"
#include "pkg/network/result.h"
#include "pkg/network/subnet.h"
#include "pkg/store/store.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"

#define NFT_TIMEOUT_US (30 * 1000000ULL)
#define TABLE_NAME 32
#define MSG(type) (NFNL_SUBSYS_NFTABLES << 8 | (type))

static const char any_map[] = "published", address_map[] = "published_on", bridge_set[] = "bridges";

bool tool_find(const char *program, char *path, size_t n)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin" };

	for (size_t i = 0; i < LEN(dirs); i++) {
		snprintf(path, n, "%s/%s", dirs[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static char *table_name(const struct engine *e, char buf[TABLE_NAME])
{
	snprintf(buf, TABLE_NAME, "podctl%s", e->suffix ? e->suffix : "");
	return buf;
}

static uint8_t proto_number(int proto)
{
	static const uint8_t numbers[] = {
		[PROTO_TCP] = IPPROTO_TCP, [PROTO_UDP] = IPPROTO_UDP, [PROTO_SCTP] = IPPROTO_SCTP
	};

	return numbers[proto];
}

static bool has_address(const struct port_map *p) { return p->host_ip && p->host_ip[0]; }

/* ---- messages ----------------------------------------------------------------------------------------------------- */

static const struct nfgenmsg inet_family = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

/* nf_tables takes changes as a transaction between these two. */
static void transaction_begin(struct nl_batch *m)
{
	struct nfgenmsg g = { .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	nl_msg(m, NFNL_MSG_BATCH_BEGIN, 0, &g, sizeof g);
}

/* The last message inside asks for the answer: the end of a transaction has none. */
static int transaction_commit(struct nl *s, struct nl_batch *m, struct nl_fault *fault)
{
	struct nfgenmsg g = { .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	nl_ack(m);
	nl_msg(m, NFNL_MSG_BATCH_END, 0, &g, sizeof g);
	return nl_call(s, m, NULL, NULL, fault);
}

/* A concatenation is its parts, each padded to four bytes. */
static size_t key_of(const struct port_map *p, uint8_t key[12])
{
	uint16_t port = htons(p->host_port);
	uint32_t ip = 0;
	size_t n = 4;

	memset(key, 0, 12);
	key[0] = proto_number(p->proto);
	if (has_address(p)) {
		(void) ip_parse(p->host_ip, &ip);
		ip = htonl(ip);
		memcpy(key + n, &ip, sizeof ip);
		n += 4;
	}
	memcpy(key + n, &port, sizeof port);
	return n + 4;
}

static void target_of(const struct net_result *r, const struct port_map *p, uint8_t data[8])
{
	uint32_t ip = htonl(r->ip);
	uint16_t port = htons(p->container_port);

	memset(data, 0, 8);
	memcpy(data, &ip, sizeof ip);
	memcpy(data + 4, &port, sizeof port);
}

static void put_value(struct nl_batch *m, uint16_t type, const void *p, size_t n)
{
	size_t at = nl_nest(m, type);

	nl_put(m, NFTA_DATA_VALUE, p, n);
	nl_nest_end(m, at);
}

static void put_element(
	struct nl_batch *m, const struct net_result *r, const struct port_map *p, bool with_target)
{
	uint8_t key[12], data[8];
	size_t at = nl_nest(m, NFTA_LIST_ELEM), n = key_of(p, key);

	put_value(m, NFTA_SET_ELEM_KEY, key, n);
	if (with_target) {
		target_of(r, p, data);
		put_value(m, NFTA_SET_ELEM_DATA, data, sizeof data);
	}
	nl_nest_end(m, at);
}

static size_t elements_begin(
	struct nl_batch *m, uint16_t type, uint16_t flags, const char *table, const char *map)
{
	nl_msg(m, MSG(type), flags, &inet_family, sizeof inet_family);
	nl_put_str(m, NFTA_SET_ELEM_LIST_TABLE, table);
	nl_put_str(m, NFTA_SET_ELEM_LIST_SET, map);
	return nl_nest(m, NFTA_SET_ELEM_LIST_ELEMENTS);
}

/* One message with every port of r that belongs to that map; which: NULL for all, else those marked. */
static void elements_message(struct nl_batch *m, uint16_t type, uint16_t flags, const char *table,
	bool with_address, const struct net_result *r, const bool *which)
{
	size_t at = 0;

	for (size_t i = 0; i < r->n_ports; i++) {
		if (has_address(&r->ports[i]) != with_address || (which && !which[i]))
			continue;
		if (!at)
			at = elements_begin(m, type, flags, table, with_address ? address_map : any_map);
		put_element(m, r, &r->ports[i], type == NFT_MSG_NEWSETELEM);
	}
	if (at)
		nl_nest_end(m, at);
}

/* ---- what is there ------------------------------------------------------------------------------------------------ */

static int table_look(struct nl *s, const char *table)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;

	nl_msg(&m, MSG(NFT_MSG_GETTABLE), 0, &inet_family, sizeof inet_family);
	nl_put_str(&m, NFTA_TABLE_NAME, table);
	return nl_call(s, &m, NULL, NULL, NULL);
}

/* The set stands for the whole layout: a table of that name without it is not ours, or of an older version. */
static int layout_look(struct nl *s, const char *table)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;

	nl_msg(&m, MSG(NFT_MSG_GETSET), 0, &inet_family, sizeof inet_family);
	nl_put_str(&m, NFTA_SET_TABLE, table);
	nl_put_str(&m, NFTA_SET_NAME, bridge_set);
	return nl_call(s, &m, NULL, NULL, NULL);
}

/* Has the table this network?  -ENOENT: no such table, layout or bridge in it. */
static int bridge_look(struct nl *s, const char *table, const char *bridge)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	size_t at = elements_begin(&m, NFT_MSG_GETSETELEM, 0, table, bridge_set), elem;
	char key[IFNAMSIZ] = "";

	snprintf(key, sizeof key, "%s", bridge);
	elem = nl_nest(&m, NFTA_LIST_ELEM);
	put_value(&m, NFTA_SET_ELEM_KEY, key, sizeof key);
	nl_nest_end(&m, elem);
	nl_nest_end(&m, at);
	return nl_call(s, &m, NULL, NULL, NULL);
}

struct found {
	uint8_t data[8];
	bool is_there;
};

static void note_element(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *list = nl_find(h, sizeof(struct nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *elem = nl_find_in(list, NFTA_LIST_ELEM);
	const struct nlattr *value = nl_find_in(nl_find_in(elem, NFTA_SET_ELEM_DATA), NFTA_DATA_VALUE);
	struct found *f = arg;

	if (!value || nl_len(value) != sizeof f->data)
		return;
	memcpy(f->data, NL_DATA(value), sizeof f->data);
	f->is_there = true;
}

/* Where the element of that port leads now. */
static struct found element_look(
	struct nl *s, const char *table, const struct net_result *r, const struct port_map *p)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	struct found f = { 0 };
	size_t at = elements_begin(&m, NFT_MSG_GETSETELEM, 0, table, has_address(p) ? address_map : any_map);

	put_element(&m, r, p, false);
	nl_nest_end(&m, at);
	(void) nl_call(s, &m, note_element, &f, NULL);
	return f;
}

/* ---- making the table --------------------------------------------------------------------------------------------- */

static int nft_load(const struct buf *text, struct err *err)
{
	char path[64], *argv[] = { "nft", "-f", "-", NULL };
	struct proc_opts o = PROC_OPTS(.path = path, .argv = argv);
	auto_buf struct buf said = BUF_INIT(64 * KiB);
	int status;

	if (!tool_find("nft", path, sizeof path))
		return err_set(err, ERR_UNSUPPORTED,
			"publish ports and masquerade: the program 'nft' is missing (apt install nftables); "
			"or use --network host or none");
	if (proc_run(&o, text->data, text->len, NULL, &said, NFT_TIMEOUT_US, &status, err) < 0)
		return err_wrap(err, "make the nftables table");
	if (status == 0)
		return 0;
	if (said.len)
		said.data[strcspn(said.data, "\n")] = 0;
	return err_set(err, ERR_SYSTEM, "make the nftables table: nft: %s",
		said.len ? said.data : "failed without a message");
}

static int ports_add(struct nl *s, const char *table, const struct net_result *r, struct nl_fault *fault)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;

	transaction_begin(&m);
	elements_message(&m, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, false, r, NULL);
	elements_message(&m, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, true, r, NULL);
	return transaction_commit(s, &m, fault);
}

/* The elements of every pod that holds ports, from the rows: a new table is empty. */
static void ports_restore(struct engine *e, struct nl *s, const char *table)
{
	auto_arena struct arena a = { 0 };
	struct pod_row *pods;
	struct err ignored = { 0 };
	size_t n;

	if (store_pods(e->store, &a, &pods, &n, &ignored) < 0) {
		log_warn("published ports of running pods are not put back: %s", ignored.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct net_result r = { 0 };
		int rc;

		if (pods[i].state != ROW_STARTED || net_result_of_row(pods[i].res, &a, &r) < 0 || !r.n_ports)
			continue;
		if ((rc = ports_add(s, table, &r, NULL)) < 0)
			log_warn("published ports of '%s' are not put back: %s", pods[i].name, strerror(-rc));
	}
}

/* The engine's own network and those that are defined. */
static int nets_list(struct engine *e, struct arena *a, struct nft_net **ret, size_t *ret_n, struct err *err)
{
	struct network_def *defs = NULL;
	struct nft_net *v;
	char own[BRIDGE_NAME];
	size_t n = 0;
	int rc = network_defs(e, a, &defs, &n, err);

	if (rc < 0)
		return rc;
	if (!(v = arena_array(a, n + 1, sizeof *v)) || !(v[n].bridge = arena_strdup(a, bridge_name(e, own))))
		return err_sys(err, ENOMEM, "networks");
	if ((rc = subnet_get(e, &v[n].subnet, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct nft_net){ defs[i].bridge, defs[i].net, defs[i].internal, defs[i].isolate };
	*ret = v;
	*ret_n = n + 1;
	return 0;
}

/* Under net.lock.  Whatever has the name and not our sets is of an older version: the text replaces it.  A table that only
 * misses r's network gets that. */
static int table_make(struct engine *e, struct nl *s, const struct net_result *r, struct err *err)
{
	auto_buf struct buf text = BUF_INIT(1 * MiB);
	auto_arena struct arena a = { 0 };
	struct nft_net *nets = NULL;
	char table[TABLE_NAME];
	size_t n = 0;
	bool there;
	int rc;

	table_name(e, table);
	if ((rc = nets_list(e, &a, &nets, &n, err)) < 0)
		return rc;
	if (!(there = layout_look(s, table) == 0))
		nft_ruleset(&text, table, table_look(s, table) == 0);
	for (size_t i = 0; i < n; i++)
		if (!there || !strcmp(nets[i].bridge, r->bridge))
			nft_elements(&text, table, "add", &nets[i]);
	if (buf_failed(&text))
		return err_sys(err, -text.error, "write the nftables table");
	if ((rc = nft_load(&text, err)) < 0)
		return rc;
	log_debug("network: table inet %s made", table);
	if (!there)
		ports_restore(e, s, table);
	return 0;
}

/* ---- publishing --------------------------------------------------------------------------------------------------- */

/* An element with that key and another target; the errno differs between kernels. */
static bool leads_elsewhere(int rc) { return rc == -EEXIST || rc == -EBUSY; }

/* -ENOENT: no table.  Asked first: a transaction that fails waits for RCU before it says so, a question does not. */
static int publish_once(struct nl *s, const char *table, const struct net_result *r, struct nl_fault *fault)
{
	int rc = bridge_look(s, table, r->bridge);

	*fault = (struct nl_fault){ 0 };
	return rc < 0 || !r->n_ports ? rc : ports_add(s, table, r, fault);
}

/* An earlier pod's element that its cleaner has not reached: the store gave the port to us, so it goes. */
static int publish_over(struct nl *s, const char *table, const struct net_result *r, struct nl_fault *fault)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_arena struct arena a = { 0 };
	bool *stale = arena_array(&a, r->n_ports, sizeof *stale);

	if (!stale)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_ports; i++) {
		struct found f = element_look(s, table, r, &r->ports[i]);
		uint8_t want[8];

		target_of(r, &r->ports[i], want);
		stale[i] = f.is_there && memcmp(f.data, want, sizeof want) != 0;
	}
	transaction_begin(&m);
	elements_message(&m, NFT_MSG_DELSETELEM, 0, table, false, r, stale);
	elements_message(&m, NFT_MSG_DELSETELEM, 0, table, true, r, stale);
	elements_message(&m, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, false, r, NULL);
	elements_message(&m, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, true, r, NULL);
	return transaction_commit(s, &m, fault);
}

static int publish_slowly(
	struct engine *e, struct nl *s, const struct net_result *r, struct nl_fault *fault, struct err *err)
{
	auto_close int lock = network_lock(e, err);
	char table[TABLE_NAME];
	int rc;

	if (lock < 0)
		return lock;
	table_name(e, table);
	if ((rc = publish_once(s, table, r, fault)) == -ENOENT) {
		if ((rc = table_make(e, s, r, err)) < 0)
			return rc;
		rc = publish_once(s, table, r, fault);
	}
	if (leads_elsewhere(rc))
		rc = publish_over(s, table, r, fault);
	return rc < 0 ? nl_err(err, rc, fault, "publish ports in table 'inet %s'", table) : 0;
}

static int netfilter_open(struct nl *s, struct err *err)
{
	int rc = nl_open(s, NETLINK_NETFILTER, -1);

	if (rc == -EPROTONOSUPPORT)
		return err_set(err, ERR_UNSUPPORTED,
			"publish ports and masquerade: the kernel has no netfilter; use --network host or "
			"none");
	return rc < 0 ? err_sys(err, -rc, "open netfilter") : 0;
}

int nft_publish(struct engine *e, const struct net_result *r, struct err *err)
{
	auto_nl struct nl s = NL_CLOSED;
	char table[TABLE_NAME];
	struct nl_fault fault;
	int rc = netfilter_open(&s, err);

	if (rc < 0)
		return rc;
	rc = publish_once(&s, table_name(e, table), r, &fault);
	if (rc == -ENOENT || leads_elsewhere(rc))
		return publish_slowly(e, &s, r, &fault, err);
	if (rc == -EOPNOTSUPP || rc == -EINVAL)
		return err_set(err, ERR_UNSUPPORTED,
			"publish ports and masquerade: the kernel has no nf_tables (modprobe nf_tables); "
			"use --network host or none");
	return rc < 0 ? nl_err(err, rc, &fault, "publish ports in table 'inet %s'", table) : 0;
}

int nft_unpublish(struct engine *e, const struct net_result *r, struct err *err)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED; /* closed after the lock: closing waits for RCU */
	auto_close int lock = -EBADF;
	auto_arena struct arena a = { 0 };
	char table[TABLE_NAME];
	struct nl_fault fault;
	bool *ours, any = false;
	int rc;

	if (!r->n_ports)
		return 0;
	if (!(ours = arena_array(&a, r->n_ports, sizeof *ours)))
		return err_sys(err, ENOMEM, "take ports out");
	if ((rc = netfilter_open(&s, err)) < 0)
		return rc;
	/* Between the look and the deletion nobody may put a new pod's element there. */
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	table_name(e, table);
	for (size_t i = 0; i < r->n_ports; i++) {
		struct found f = element_look(&s, table, r, &r->ports[i]);
		uint8_t had[8];

		target_of(r, &r->ports[i], had);
		ours[i] = f.is_there && memcmp(f.data, had, sizeof had) == 0;
		any = any || ours[i];
	}
	if (!any)
		return 0;
	transaction_begin(&m);
	elements_message(&m, NFT_MSG_DELSETELEM, 0, table, false, r, ours);
	elements_message(&m, NFT_MSG_DELSETELEM, 0, table, true, r, ours);
	rc = transaction_commit(&s, &m, &fault);
	if (rc < 0 && rc != -ENOENT)
		return nl_err(err, rc, &fault, "take ports out of table 'inet %s'", table);
	return 0;
}

int nft_forget(struct engine *e, const struct network_def *d, struct err *err)
{
	struct nft_net net = { d->bridge, d->net, d->internal, d->isolate };
	auto_buf struct buf text = BUF_INIT(16 * KiB);
	auto_nl struct nl s = NL_CLOSED;
	auto_close int lock = -EBADF;
	char table[TABLE_NAME];
	int rc = netfilter_open(&s, err);

	if (rc < 0)
		return rc;
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	if (layout_look(&s, table_name(e, table)) < 0)
		return 0;
	nft_elements(&text, table, "add", &net); /* so that each is there to be deleted */
	nft_elements(&text, table, "delete", &net);
	return buf_failed(&text) ? err_sys(err, -text.error, "write the nftables table")
				 : nft_load(&text, err);
}

int nft_remove(struct engine *e, struct err *err)
{
	auto_nl_batch struct nl_batch m = NL_BATCH_INIT;
	auto_nl struct nl s = NL_CLOSED;
	char table[TABLE_NAME];
	struct nl_fault fault;
	int rc = netfilter_open(&s, err);

	if (rc < 0)
		return rc;
	transaction_begin(&m);
	nl_msg(&m, MSG(NFT_MSG_DELTABLE), 0, &inet_family, sizeof inet_family);
	nl_put_str(&m, NFTA_TABLE_NAME, table_name(e, table));
	rc = transaction_commit(&s, &m, &fault);
	if (rc < 0 && rc != -ENOENT)
		return nl_err(err, rc, &fault, "delete table 'inet %s'", table);
	return 0;
}
