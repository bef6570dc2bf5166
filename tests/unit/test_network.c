/*
 * The network for real: a user namespace with a network namespace as the host, others as pods and as a machine outside.
 * Every path to a published port is tried with real packets.  Skipped, with the reason, where no user namespace can be made.
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "pkg/network/bridge.h"
#include "pkg/network/network.h"
#include "pkg/network/nft.h"
#include "pkg/network/result.h"
#include "pkg/network/subnet.h"
#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define WAIT_MS 1500
#define HOST_IP "203.0.113.1" /* the host's address towards outside */
#define OUTSIDE_IP "203.0.113.2"

static const char *skip_reason;
static char dir[] = "/tmp/test-network-XXXXXX";
static struct engine engine;
static int outside = -EBADF;
static char last_warning[512];
static struct arena port_arena; /* of port(), for the whole run */

static void keep_warning(enum log_level level, const char *line)
{
	if (level <= LOG_LEVEL_WARN)
		snprintf(last_warning, sizeof last_warning, "%s", line);
}

/* ---- the machine ---------------------------------------------------------------------------------------------------- */

static int netns_own(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

static int netns_new(void)
{
	int own = netns_own(), fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = netns_own();
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
	return fd;
}

static int enter(int netns)
{
	int own = netns_own();

	if (netns >= 0)
		assert_int_equal(setns(netns, CLONE_NEWNET), 0);
	return own;
}

static void leave(int own)
{
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
}

/* A shell line in a netns (-1: the host); its output goes to out when not NULL. */
static int shell(int netns, struct buf *out, const char *fmt, ...)
{
	char line[512], *argv[] = { "sh", "-c", line, NULL },
			*envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_opts o = PROC_OPTS(.path = "/bin/sh", .argv = argv, .envp = envp);
	int own = enter(netns), status = -1;
	struct err err = { 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (proc_run(&o, NULL, 0, out, NULL, 20000000, &status, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
	leave(own);
	return proc_exit_code(status);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void) io_write_all(fd, text, strlen(text));
		close(fd);
	}
}

static const char *machine_make(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();
	struct err err = { 0 };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return "no user namespace can be made here";
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
	if (!have_openat2())
		return "no openat2 here";
	if (!tool_find("nft", map, sizeof map) || !tool_find("ip", map, sizeof map))
		return "nft or ip is missing";
	if (shell(-1, NULL, "nft list ruleset && ip link set lo up") != 0)
		return "nf_tables cannot be used in a user namespace here";
	outside = netns_new();
	assert_int_equal(shell(-1, NULL,
				 "ip link add out0 type veth peer name eth0 netns /proc/%d/fd/%d && "
				 "ip addr add " HOST_IP "/24 dev out0 && ip link set out0 up",
				 (int) getpid(), outside),
		0);
	assert_int_equal(
		shell(outside, NULL,
			"ip link set lo up; ip addr add " OUTSIDE_IP "/24 dev eth0; ip link set eth0 up;"
			"ip route add default via " HOST_IP),
		0);
	assert_non_null(mkdtemp(dir));
	engine.root = engine.runroot = dir;
	engine.root_fd = engine.runroot_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	engine.suffix = "";
	engine.config.default_subnet = "10.77.0.0/16";
	if (store_open(engine.root_fd, dir, dir, &engine.store, &err) < 0)
		fail_msg("%s", err.msg);
	return NULL;
}

static int setup(void **state)
{
	(void) state;
	log_set(keep_warning, LOG_LEVEL_WARN);
	skip_reason = machine_make();
	if (skip_reason)
		print_message("skipped: %s\n", skip_reason);
	return 0;
}

static int teardown(void **state)
{
	(void) state;
	store_close(engine.store);
	arena_done(&port_arena);
	if (!skip_reason) {
		close(engine.root_fd);
		(void) dir_remove(AT_FDCWD, dir);
	}
	return 0;
}

#define NEEDS_MACHINE()          \
	do {                     \
		(void) state;    \
		if (skip_reason) \
			skip();  \
	} while (0)

/* ---- pods ----------------------------------------------------------------------------------------------------------- */

struct pod {
	struct arena arena;
	char id[ID_LEN + 1];
	int netns;
	struct net_result net;
	int *socks;
	size_t n_socks;
};

static struct port_map port(const char *text)
{
	struct err err = { 0 };
	struct port_map p = { 0 };

	if (port_map_parse(text, &port_arena, &p, &err) < 0)
		fail_msg("%s", err.msg);
	return p;
}

static void row_add(struct pod *p, const char *name)
{
	struct pod_row row = { .id = p->id, .name = name, .state = ROW_CREATING, .spec = "{}", .res = "{}" };
	struct err err = { 0 };

	if (store_pod_add(engine.store, &row, NULL, 0, &err) < 0)
		fail_msg("%s", err.msg);
}

static int pod_reserve(
	struct pod *p, const char *name, const struct port_map *ports, size_t n, struct err *err)
{
	*p = (struct pod){ .netns = -EBADF };
	id_random(p->id);
	row_add(p, name);
	return network_reserve(
		&engine, p->id, name, NULL, ports, n, 0, &p->arena, &p->net, &p->socks, &p->n_socks, err);
}

static void row_start(struct pod *p)
{
	json_t *res = json_pack("{s:o}", "network", net_result_to_json(&p->net));
	char *text = json_dumps(res, 0);
	struct err err = { 0 };

	if (store_pod_set_res(engine.store, p->id, text, &err) < 0 ||
		store_pod_set_state(engine.store, p->id, ROW_STARTED, &err) < 0)
		fail_msg("%s", err.msg);
	free(text);
	json_decref(res);
}

static void pod_start(struct pod *p, const char *name, const struct port_map *ports, size_t n)
{
	struct err err = { 0 };

	if (pod_reserve(p, name, ports, n, &err) < 0)
		fail_msg("reserve: %s", err.msg);
	row_start(p);
	p->netns = netns_new();
	if (network_attach(&engine, p->id, p->netns, &p->net, &err) < 0)
		fail_msg("attach: %s", err.msg);
}

static void pod_stop(struct pod *p)
{
	struct err err = { 0 };

	for (size_t i = 0; i < p->n_socks; i++)
		close(p->socks[i]);
	if (p->netns >= 0)
		close(p->netns);
	for (int i = 0; i < 2; i++) /* the second finds nothing */
		if (network_detach(&engine, p->id, &p->net, &err) < 0)
			fail_msg("detach: %s", err.msg);
	if (store_pod_del(engine.store, p->id, &err) < 0)
		fail_msg("%s", err.msg);
	arena_done(&p->arena);
}

/* ---- packets -------------------------------------------------------------------------------------------------------- */

static struct sockaddr_in address(const char *ip, uint16_t number)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(number) };

	assert_int_equal(inet_pton(AF_INET, ip, &a.sin_addr), 1);
	return a;
}

static int socket_in(int netns, int type)
{
	int own = enter(netns), fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	leave(own);
	assert_true(fd >= 0);
	return fd;
}

static int serve(int netns, int type, const char *ip, uint16_t number)
{
	struct sockaddr_in a = address(ip, number);
	int fd = socket_in(netns, type), on = 1;

	(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, (void *) &a, sizeof a), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static bool ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, WAIT_MS) == 1;
}

/* Connects and says what the server saw: "10.77.0.1", or "refused", "timeout", "answer" (not from where it was asked). */
static const char *tcp(int from, const char *ip, uint16_t number, int server)
{
	static char seen[IP_TEXT];
	struct sockaddr_in a = address(ip, number), peer = { 0 };
	auto_close int fd = socket_in(from, SOCK_STREAM), in = -EBADF;
	socklen_t size = sizeof peer, n = sizeof(int);
	int error = 0;

	(void) connect(fd, (void *) &a, sizeof a);
	if (!ready(fd, POLLOUT))
		return "timeout";
	(void) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error)
		return "refused";
	if (!ready(server, POLLIN) || (in = accept4(server, (void *) &peer, &size, SOCK_CLOEXEC)) < 0)
		return "elsewhere";
	assert_int_equal(write(in, "hello", 5), 5);
	if (!ready(fd, POLLIN))
		return "answer";
	return ip_text(seen, ntohl(peer.sin_addr.s_addr));
}

static const char *udp_by(int fd, const char *ip, uint16_t number, int server)
{
	static char seen[IP_TEXT];
	struct sockaddr_in a = address(ip, number), peer = { 0 };
	socklen_t size = sizeof peer;
	char c[8];

	while (recv(server, c, sizeof c, 0) > 0)
		;
	if (connect(fd, (void *) &a, sizeof a) < 0 || send(fd, "ask", 3, 0) < 0)
		return "refused";
	if (!ready(server, POLLIN))
		return "timeout";
	assert_int_equal(recvfrom(server, c, sizeof c, 0, (void *) &peer, &size), 3);
	(void) sendto(server, "answer", 6, 0, (void *) &peer, size);
	if (!ready(fd, POLLIN) || recv(fd, c, sizeof c, 0) != 6) /* connected: only from where it asked */
		return "answer";
	return ip_text(seen, ntohl(peer.sin_addr.s_addr));
}

static const char *udp(int from, const char *ip, uint16_t number, int server)
{
	auto_close int fd = socket_in(from, SOCK_DGRAM);

	return udp_by(fd, ip, number, server);
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

typedef const char *ask_fn(int from, const char *ip, uint16_t number, int server);

static void published_paths(ask_fn *ask, struct pod *web, struct pod *other, int server)
{
	char gateway[IP_TEXT], web_ip[IP_TEXT];

	ip_text(gateway, web->net.gateway);
	ip_text(web_ip, web->net.ip);
	assert_string_equal(
		ask(outside, HOST_IP, 8080, server), OUTSIDE_IP); /* the client's address is kept */
	assert_string_equal(ask(-1, HOST_IP, 8080, server), HOST_IP);
	assert_string_equal(ask(-1, "127.0.0.1", 8080, server), gateway);
	assert_string_equal(ask(other->netns, HOST_IP, 8080, server), gateway);
	assert_string_equal(ask(other->netns, gateway, 8080, server), gateway);
	assert_string_equal(ask(web->netns, HOST_IP, 8080, server), gateway); /* hairpin */
	assert_string_equal(ask(-1, web_ip, 80, server), gateway); /* unpublished: the host itself may */
}

static void a_published_port_is_reached_from_everywhere(void **state)
{
	struct port_map ports[] = { port("8080:80"), port("8080:80/udp") };
	char web_ip[IP_TEXT], other_ip[IP_TEXT];
	struct pod web, other;
	int t, u;

	NEEDS_MACHINE();
	pod_start(&web, "web", ports, LEN(ports));
	pod_start(&other, "other", NULL, 0);
	t = serve(web.netns, SOCK_STREAM, "0.0.0.0", 80);
	u = serve(web.netns, SOCK_DGRAM, "0.0.0.0", 80);
	published_paths(tcp, &web, &other, t);
	published_paths(udp, &web, &other, u);
	/* between pods, directly */
	ip_text(web_ip, web.net.ip);
	ip_text(other_ip, other.net.ip);
	assert_string_equal(tcp(other.netns, web_ip, 80, t), other_ip);
	close(t);
	close(u);
	pod_stop(&web);
	pod_stop(&other);
}

static void a_pod_speaks_with_the_hosts_address_outside(void **state)
{
	struct pod p;
	int t, u;

	NEEDS_MACHINE();
	pod_start(&p, "client", NULL, 0);
	t = serve(outside, SOCK_STREAM, "0.0.0.0", 7000);
	u = serve(outside, SOCK_DGRAM, "0.0.0.0", 7000);
	assert_string_equal(tcp(p.netns, OUTSIDE_IP, 7000, t), HOST_IP);
	assert_string_equal(udp(p.netns, OUTSIDE_IP, 7000, u), HOST_IP);
	close(t);
	close(u);
	pod_stop(&p);
}

static void an_unpublished_port_is_not_reached_from_outside(void **state)
{
	char ip[IP_TEXT];
	struct pod p;
	int t;

	NEEDS_MACHINE();
	pod_start(&p, "db", NULL, 0);
	t = serve(p.netns, SOCK_STREAM, "0.0.0.0", 5432);
	assert_string_equal(tcp(outside, ip_text(ip, p.net.ip), 5432, t), "refused");
	assert_string_equal(tcp(outside, HOST_IP, 5432, t), "refused");
	close(t);
	pod_stop(&p);
}

static void a_port_of_one_address_is_only_there(void **state)
{
	struct port_map ports[] = { port("127.0.0.1:8081:80"), port(HOST_IP ":8082:80") };
	struct pod p;
	int t;

	NEEDS_MACHINE();
	pod_start(&p, "local", ports, LEN(ports));
	t = serve(p.netns, SOCK_STREAM, "0.0.0.0", 80);
	assert_string_not_equal(tcp(-1, "127.0.0.1", 8081, t), "refused");
	assert_string_equal(tcp(outside, HOST_IP, 8081, t), "refused");
	assert_string_equal(tcp(p.netns, HOST_IP, 8081, t), "refused");
	assert_string_equal(tcp(outside, HOST_IP, 8082, t), OUTSIDE_IP);
	assert_string_equal(tcp(-1, "127.0.0.1", 8082, t), "refused");
	close(t);
	pod_stop(&p);
}

static void ranges_lead_to_their_ports(void **state)
{
	struct port_map ports[] = { port("9000-9003:80-83") };
	struct pod p;

	NEEDS_MACHINE();
	pod_start(&p, "range", ports, LEN(ports));
	assert_int_equal(p.net.n_ports, 4);
	for (uint16_t i = 0; i < 4; i++) {
		int t = serve(p.netns, SOCK_STREAM, "0.0.0.0", (uint16_t) (80 + i));

		assert_string_equal(tcp(outside, HOST_IP, (uint16_t) (9000 + i), t), OUTSIDE_IP);
		close(t);
	}
	pod_stop(&p);
}

static void host_port_0_is_any_free_one(void **state)
{
	struct port_map ports[] = { port("80"), port("80/udp"), port("81") };
	struct pod p;
	int t;

	NEEDS_MACHINE();
	pod_start(&p, "any", ports, LEN(ports));
	for (size_t i = 0; i < 3; i++)
		assert_true(p.net.ports[i].host_port >= 1024);
	t = serve(p.netns, SOCK_STREAM, "0.0.0.0", 81);
	assert_string_equal(tcp(outside, HOST_IP, p.net.ports[2].host_port, t), OUTSIDE_IP);
	close(t);
	pod_stop(&p);
}

static void a_pod_cannot_ask_the_hosts_loopback(void **state)
{
	struct pod p;
	int t;

	NEEDS_MACHINE();
	pod_start(&p, "spoof", NULL, 0);
	t = serve(-1, SOCK_STREAM, "127.0.0.1", 9999);
	assert_int_equal(
		shell(p.netns, NULL,
			"echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet; ip addr del 127.0.0.1/8 dev lo;"
			"ip route del local 127.0.0.0/8 table local; ip route add 127.0.0.0/8 via 10.77.0.1"),
		0);
	assert_string_equal(tcp(p.netns, "127.0.0.1", 9999, t), "timeout");
	/* the same without the guard: what the test does would work */
	assert_int_equal(shell(-1, NULL, "nft flush chain inet podctl guard"), 0);
	assert_string_not_equal(tcp(p.netns, "127.0.0.1", 9999, t), "timeout");
	assert_int_equal(
		shell(-1, NULL, "nft add rule inet podctl guard iifname != lo ip daddr 127.0.0.0/8 drop"), 0);
	close(t);
	pod_stop(&p);
}

static void reserve_fails(const char *name, const struct port_map *ports, size_t n, int rc, const char *text)
{
	struct err err = { 0 };
	struct pod p;

	assert_int_equal(pod_reserve(&p, name, ports, n, &err), rc);
	assert_int_equal(p.n_socks, 0);
	if (!strstr(err.msg, text))
		fail_msg("%s", err.msg);
	arena_done(&p.arena);
}

static void a_port_in_use_is_named(void **state)
{
	struct port_map ports[] = { port("8085:80") }, local[] = { port("127.0.0.1:8086:80") };
	auto_arena struct arena a = { 0 };
	char self[96], comm[32] = "";
	struct err err = { 0 };
	struct pod web;
	int t, fd;

	NEEDS_MACHINE();
	pod_start(&web, "holder", ports, LEN(ports));
	reserve_fails("second", ports, LEN(ports), -EEXIST, "port 8085/tcp is published by pod 'holder'");
	/* a process: this one, with SO_REUSEADDR as servers have it */
	if ((fd = open("/proc/self/comm", O_RDONLY)) >= 0 && read(fd, comm, sizeof comm - 1) > 0)
		comm[strcspn(comm, "\n")] = 0;
	close(fd);
	snprintf(self, sizeof self, "port 127.0.0.1:8086/tcp is in use by %s (pid %d)", comm, (int) getpid());
	t = serve(-1, SOCK_STREAM, "0.0.0.0", 8086);
	reserve_fails("third", local, LEN(local), -EEXIST, self);
	assert_int_equal(network_check_ports(local, 1, &a, &err), -EEXIST);
	close(t);
	assert_int_equal(network_check_ports(local, 1, &a, &err), 0);
	t = serve(-1, SOCK_DGRAM, "127.0.0.1", 8085);
	ports[0].proto = PROTO_UDP;
	reserve_fails("fourth", ports, LEN(ports), -EEXIST, "port 8085/udp is in use by");
	close(t);
	local[0].host_ip = "198.51.100.7";
	reserve_fails("fifth", local, LEN(local), -EINVAL, "198.51.100.7 is not an address of this machine");
	pod_stop(&web);
}

static void a_udp_client_finds_the_new_pod(void **state)
{
	struct port_map ports[] = { port("8087:80/udp") };
	auto_close int fd = -EBADF;
	struct pod p;
	int u;

	NEEDS_MACHINE();
	fd = socket_in(outside, SOCK_DGRAM);
	u = serve(-1, SOCK_DGRAM, "0.0.0.0", 8087); /* before: the host's own */
	assert_string_equal(udp_by(fd, HOST_IP, 8087, u), OUTSIDE_IP);
	close(u);
	for (int i = 0; i < 2; i++) { /* the same client keeps its port; the pod's address changes */
		pod_start(&p, i ? "udp-b" : "udp-a", ports, LEN(ports));
		u = serve(p.netns, SOCK_DGRAM, "0.0.0.0", 80);
		assert_string_equal(udp_by(fd, HOST_IP, 8087, u), OUTSIDE_IP);
		close(u);
		pod_stop(&p);
	}
}

static void a_flushed_ruleset_is_put_back(void **state)
{
	struct port_map a[] = { port("8088:80"), port("127.0.0.1:8090:80") }, b[] = { port("8089:80") };
	struct pod one, two;
	int t;

	NEEDS_MACHINE();
	pod_start(&one, "one", a, LEN(a));
	t = serve(one.netns, SOCK_STREAM, "0.0.0.0", 80);
	assert_int_equal(shell(-1, NULL, "nft flush ruleset"), 0);
	assert_string_not_equal(tcp(outside, HOST_IP, 8088, t), OUTSIDE_IP);
	pod_start(&two, "two", b, LEN(b));
	assert_string_equal(tcp(outside, HOST_IP, 8088, t), OUTSIDE_IP);
	assert_string_equal(tcp(-1, "127.0.0.1", 8090, t), "10.77.0.1");
	pod_stop(&two);
	/* a table of that name with another layout, met by a pod without ports */
	assert_int_equal(
		shell(-1, NULL, "nft flush ruleset; nft add table inet podctl; nft add chain inet podctl x"),
		0);
	pod_start(&two, "three", NULL, 0);
	assert_string_equal(tcp(outside, HOST_IP, 8088, t), OUTSIDE_IP);
	close(t);
	pod_stop(&one);
	pod_stop(&two);
}

static void a_stale_element_gives_way_and_is_not_taken_from_the_new_pod(void **state)
{
	struct port_map ports[] = { port("8091:80") };
	struct err err = { 0 };
	struct pod old, new;
	int t;

	NEEDS_MACHINE();
	pod_start(&old, "old", ports, LEN(ports));
	/* its rows and sockets have gone, its cleaner is late */
	for (size_t i = 0; i < old.n_socks; i++)
		close(old.socks[i]);
	old.n_socks = 0;
	assert_int_equal(store_ports_free(engine.store, old.id, &err), 0);
	pod_start(&new, "new", ports, LEN(ports));
	pod_stop(&old);
	t = serve(new.netns, SOCK_STREAM, "0.0.0.0", 80);
	assert_string_equal(tcp(outside, HOST_IP, 8091, t), OUTSIDE_IP);
	close(t);
	pod_stop(&new);
}

static void an_address_given_again_is_found_at_once(void **state)
{
	struct err err = { 0 };
	struct net_result again;
	struct pod p;
	int t, *socks;
	char ip[IP_TEXT];
	size_t n;

	NEEDS_MACHINE();
	pod_start(&p, "again", NULL, 0);
	ip_text(ip, p.net.ip);
	t = serve(p.netns, SOCK_STREAM, "0.0.0.0", 80);
	assert_string_equal(tcp(-1, ip, 80, t), "10.77.0.1");
	close(t);
	/* a restart: new namespace, same address, the old link not yet gone */
	assert_int_equal(network_reserve(&engine, p.id, "again", NULL, NULL, 0, p.net.ip, &p.arena, &again,
				 &socks, &n, &err),
		0);
	assert_int_equal(again.ip, p.net.ip);
	assert_string_not_equal(again.veth, p.net.veth);
	close(p.netns);
	p.netns = netns_new();
	assert_int_equal(network_attach(&engine, p.id, p.netns, &again, &err), 0);
	t = serve(p.netns, SOCK_STREAM, "0.0.0.0", 80);
	assert_string_equal(tcp(-1, ip, 80, t), "10.77.0.1");
	close(t);
	p.net = again;
	pod_stop(&p);
}

static size_t count_lines(const char *line)
{
	auto_buf struct buf b = BUF_INIT(1 * MiB);
	size_t n = 0;

	(void) shell(-1, &b, "%s", line);
	for (size_t i = 0; i < b.len; i++)
		n += b.data[i] == '\n';
	return n;
}

static void two_hundred_pods_leave_nothing(void **state)
{
	static struct pod pods[200];
	uint64_t took = 0, worst = 0;
	char text[32], name[16];

	NEEDS_MACHINE();
	for (size_t i = 0; i < LEN(pods); i++) {
		struct port_map p;
		uint64_t t0;
		struct err err = { 0 };

		snprintf(text, sizeof text, "%zu:80", 20000 + i);
		snprintf(name, sizeof name, "many-%zu", i);
		p = port(text);
		if (pod_reserve(&pods[i], name, &p, 1, &err) < 0)
			fail_msg("%s", err.msg);
		pods[i].netns = netns_new();
		t0 = time_mono_us();
		if (network_attach(&engine, pods[i].id, pods[i].netns, &pods[i].net, &err) < 0)
			fail_msg("%s", err.msg);
		t0 = time_mono_us() - t0;
		took += t0;
		worst = t0 > worst ? t0 : worst;
	}
	print_message("attach: %.3f ms in the mean of %zu, %.3f at worst\n", (double) took / 1000.0 / 200.0,
		LEN(pods), (double) worst / 1000.0);
	assert_int_equal(count_lines("ip -o link show master podctl0"), LEN(pods));
	for (size_t i = 0; i < LEN(pods); i++)
		pod_stop(&pods[i]);
	assert_int_equal(count_lines("ip -o link show master podctl0"), 0);
	assert_int_equal(count_lines("nft list map inet podctl published | grep ' : ' | grep -v type"), 0);
}

static int start_many(int number)
{
	struct err err = { 0 };
	struct pod p;
	char name[32];

	if (store_open(engine.root_fd, dir, dir, &engine.store, &err) < 0)
		return 1;
	for (int i = 0; i < 10; i++) {
		char text[32];
		struct port_map map;

		snprintf(text, sizeof text, "%d:80", 22000 + number * 100 + i);
		snprintf(name, sizeof name, "side-%d-%d", number, i);
		map = port(text);
		pod_start(&p, name, &map, 1);
		pod_stop(&p);
	}
	store_close(engine.store);
	return 0;
}

/* Bridge and table are not there: all of them want to make both. */
static void eight_processes_at_once(void **state)
{
	struct err err = { 0 };
	pid_t pids[8];

	NEEDS_MACHINE();
	assert_int_equal(network_reset(&engine, &err), 0);
	assert_int_equal(network_reset(&engine, &err), 0);
	assert_int_equal(count_lines("ip -o link show podctl0; nft list tables"), 0);
	for (int i = 0; i < 8; i++)
		if ((pids[i] = fork()) == 0) {
			int rc = start_many(i);

			_exit(rc);
		}
	for (int i = 0; i < 8; i++) {
		int status = -1;

		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_lines("ip -o link show master podctl0"), 0);
	assert_int_equal(count_lines("nft list map inet podctl published | grep ' : ' | grep -v type"), 0);
	assert_int_equal(count_lines("nft list tables"), 1);
}

static void a_dropping_forward_chain_is_opened_or_named(void **state)
{
	struct err err = { 0 };
	struct pod p;
	int t;

	NEEDS_MACHINE();
	t = serve(outside, SOCK_STREAM, "0.0.0.0", 7001);
	/* somebody's own ruleset: named */
	assert_int_equal(network_reset(&engine, &err), 0);
	assert_int_equal(
		shell(-1, NULL,
			"nft 'add table inet site; add chain inet site ahead { type filter hook forward "
			"priority 0; policy drop; }'"),
		0);
	last_warning[0] = 0;
	pod_start(&p, "named", NULL, 0);
	assert_non_null(strstr(last_warning, "inet site ahead"));
	pod_stop(&p);
	assert_int_equal(shell(-1, NULL, "nft delete table inet site"), 0);
	/* Docker's: its own chain for others' rules */
	if (shell(-1, NULL,
		    "iptables-nft -P FORWARD DROP && iptables-nft -N DOCKER-USER && iptables-nft -A FORWARD "
		    "-j DOCKER-USER") == 0) {
		assert_int_equal(network_reset(&engine, &err), 0);
		pod_start(&p, "docker", NULL, 0);
		assert_string_equal(tcp(p.netns, OUTSIDE_IP, 7001, t), HOST_IP);
		assert_int_equal(count_lines("iptables-nft -S DOCKER-USER | grep podctl0"), 2);
		pod_stop(&p);
		assert_int_equal(network_reset(&engine, &err), 0);
		assert_int_equal(count_lines("iptables-nft -S | grep podctl0"), 0);
		(void) shell(-1, NULL, "iptables-nft -P FORWARD ACCEPT");
	}
	close(t);
}

static void a_small_uplink_makes_small_links(void **state)
{
	auto_buf struct buf b = BUF_INIT(4096);
	struct err err = { 0 };
	struct pod p;

	NEEDS_MACHINE();
	assert_int_equal(network_reset(&engine, &err), 0);
	assert_int_equal(
		shell(-1, NULL, "ip route add default via " OUTSIDE_IP " && ip link set out0 mtu 1380"), 0);
	pod_start(&p, "small", NULL, 0);
	assert_int_equal(shell(p.netns, &b,
				 "cat /sys/class/net/eth0/mtu 2>/dev/null; ip -o link show eth0; ip -6 -o "
				 "addr show dev eth0"),
		0);
	assert_non_null(strstr(b.data, "mtu 1380"));
	assert_null(strstr(b.data, "inet6"));
	pod_stop(&p);
	assert_int_equal(shell(-1, NULL, "ip link set out0 mtu 1500"), 0);
}

static void what_is_not_a_bridge_is_named(void **state)
{
	struct err err = { 0 };
	struct pod p;

	NEEDS_MACHINE();
	assert_int_equal(network_reset(&engine, &err), 0);
	assert_int_equal(
		shell(-1, NULL,
			"ip link add podctl0 type dummy || ip link add podctl0 type veth peer name xx"),
		0);
	assert_int_equal(pod_reserve(&p, "nobridge", NULL, 0, &err), 0);
	p.netns = netns_new();
	assert_true(network_attach(&engine, p.id, p.netns, &p.net, &err) < 0);
	assert_non_null(strstr(err.msg, "exists and is not a bridge"));
	assert_int_equal(shell(-1, NULL, "ip link delete podctl0"), 0);
	/* the host's own namespace is never configured as a pod's */
	close(p.netns);
	p.netns = netns_own();
	assert_true(network_loopback(p.netns, &err) < 0);
	assert_non_null(strstr(err.msg, "its namespace is the host's"));
	pod_stop(&p);
}

static void attach_fails(const char *name, const char *text)
{
	struct err err = { 0 };
	struct pod p;

	assert_int_equal(pod_reserve(&p, name, NULL, 0, &err), 0);
	p.netns = netns_new();
	assert_true(network_attach(&engine, p.id, p.netns, &p.net, &err) < 0);
	if (!strstr(err.msg, text))
		fail_msg("%s", err.msg);
	pod_stop(&p);
}

static void what_the_machine_lacks_is_named(void **state)
{
	struct err err = { 0 };

	NEEDS_MACHINE();
	assert_int_equal(network_reset(&engine, &err), 0);
	if (shell(-1, NULL, "mount --make-rprivate / && mount --bind /dev/null \"$(command -v nft)\"") == 0) {
		attach_fails("no-nft", "apt install nftables");
		assert_int_equal(
			shell(-1, NULL,
				"umount \"$(PATH=/usr/sbin:/sbin command -v nft || echo /usr/sbin/nft)\""),
			0);
	}
	assert_int_equal(network_reset(&engine, &err), 0);
	if (shell(-1, NULL,
		    "echo 0 >/proc/sys/net/ipv4/ip_forward && mount --bind /proc/sys /proc/sys && "
		    "mount -o remount,ro,bind /proc/sys") == 0) {
		attach_fails("read-only", "enable forwarding in /proc/sys/net/ipv4/ip_forward");
		assert_int_equal(shell(-1, NULL, "umount /proc/sys"), 0);
	}
}

static void loopback_alone(void **state)
{
	struct err err = { 0 };
	int netns, t;

	NEEDS_MACHINE();
	netns = netns_new();
	assert_int_equal(network_loopback(netns, &err), 0);
	t = serve(netns, SOCK_STREAM, "127.0.0.1", 80);
	assert_string_equal(tcp(netns, "127.0.0.1", 80, t), "127.0.0.1");
	close(t);
	close(netns);
}

static void an_ordinary_user_is_told(void **state)
{
	struct engine user = { .rootless = true };
	struct arena a = { 0 };
	struct net_result r;
	struct err err = { 0 };
	size_t n;
	int *socks;

	(void) state;
	assert_int_equal(
		network_reserve(&user, "id", "web", NULL, NULL, 0, 0, &a, &r, &socks, &n, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "need root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_port_is_reached_from_everywhere),
		cmocka_unit_test(a_pod_speaks_with_the_hosts_address_outside),
		cmocka_unit_test(an_unpublished_port_is_not_reached_from_outside),
		cmocka_unit_test(a_port_of_one_address_is_only_there),
		cmocka_unit_test(ranges_lead_to_their_ports),
		cmocka_unit_test(host_port_0_is_any_free_one),
		cmocka_unit_test(a_pod_cannot_ask_the_hosts_loopback),
		cmocka_unit_test(a_port_in_use_is_named),
		cmocka_unit_test(a_udp_client_finds_the_new_pod),
		cmocka_unit_test(a_flushed_ruleset_is_put_back),
		cmocka_unit_test(a_stale_element_gives_way_and_is_not_taken_from_the_new_pod),
		cmocka_unit_test(an_address_given_again_is_found_at_once),
		cmocka_unit_test(two_hundred_pods_leave_nothing),
		cmocka_unit_test(eight_processes_at_once),
		cmocka_unit_test(a_dropping_forward_chain_is_opened_or_named),
		cmocka_unit_test(a_small_uplink_makes_small_links),
		cmocka_unit_test(what_is_not_a_bridge_is_named),
		cmocka_unit_test(what_the_machine_lacks_is_named),
		cmocka_unit_test(loopback_alone),
		cmocka_unit_test(an_ordinary_user_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
