#include "runtime/netdev.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"

struct request {
	struct nlmsghdr h;
	struct ifinfomsg i;
	char attrs[128];
};

static void add_attr(struct request *r, unsigned short type, const void *p, size_t n)
{
	struct rtattr *a = (struct rtattr *) ((char *) r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short) RTA_LENGTH(n);
	memcpy(RTA_DATA(a), p, n);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* One message: into the namespace of pid, under its new name. */
static int move_one(int sock, const char *name, const char *to, pid_t pid, struct err *err)
{
	struct request r = { .h = { .nlmsg_len = NLMSG_LENGTH(sizeof r.i),
				     .nlmsg_type = RTM_NEWLINK,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK } };
	char answer[4096];
	struct nlmsghdr *h = (struct nlmsghdr *) (void *) answer;
	int target = pid;
	ssize_t n;

	if (strlen(name) >= IFNAMSIZ || strlen(to) >= IFNAMSIZ || !*to)
		return err_set(err, ERR_INVALID,
			"linux.netDevices '%s': interface names have at most %d characters", name,
			IFNAMSIZ - 1);
	if (!(r.i.ifi_index = (int) if_nametoindex(name)))
		return err_sys(err, errno, "linux.netDevices: interface '%s'", name);
	add_attr(&r, IFLA_NET_NS_PID, &target, sizeof target);
	add_attr(&r, IFLA_IFNAME, to, strlen(to) + 1);
	if (send(sock, &r, r.h.nlmsg_len, 0) < 0 || (n = recv(sock, answer, sizeof answer, 0)) < 0)
		return err_sys(err, errno, "linux.netDevices: move '%s'", name);
	if ((size_t) n >= NLMSG_LENGTH(sizeof(struct nlmsgerr)) && h->nlmsg_type == NLMSG_ERROR) {
		int code = ((struct nlmsgerr *) NLMSG_DATA(h))->error;

		return code ? err_sys(err, -code, "linux.netDevices: move '%s' into the container as '%s'",
				      name, to)
			    : 0;
	}
	return err_set(err, ERR_SYSTEM, "linux.netDevices: move '%s': unexpected answer", name);
}

int netdev_move(const json_t *devices, pid_t pid, struct err *err)
{
	auto_close int sock = -EBADF;
	const char *name;
	json_t *v;
	int rc = 0;

	if (!devices || !json_object_size(devices))
		return 0;
	if ((sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0)
		return err_sys(err, errno, "linux.netDevices: netlink");
	json_object_foreach((json_t *) devices, name, v)
	{
		const char *to = json_string_value(json_object_get(v, "name"));

		if ((rc = move_one(sock, name, to ? to : name, pid, err)) < 0)
			return rc;
	}
	return rc;
}
