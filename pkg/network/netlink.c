#include "pkg/network/netlink.h"

#include <endian.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Opens the socket in 'netns' and comes back.  Only this thread moves, and only for the one call. */
static int socket_in(int netns, int protocol)
{
	auto_close int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat a, b;
	int fd, saved;

	if (own < 0)
		return -errno;
	if (fstat(own, &a) < 0 || fstat(netns, &b) < 0)
		return -errno;
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return -EXDEV; /* a pod's netns is never ours: it would be the host's that gets configured */
	if (setns(netns, CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	saved = errno;
	if (setns(own, CLONE_NEWNET) < 0) {
		saved = errno;
		if (fd >= 0)
			close(fd);
		return -saved;
	}
	return fd < 0 ? -saved : fd;
}

int nl_open(struct nl *s, int protocol, int netns)
{
	int fd, on = 1, size = 1 << 20;

	fd = netns < 0 ? socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol) : socket_in(netns, protocol);
	if (fd < 0)
		return netns < 0 ? -errno : fd;
	/* Both only make answers better; without them the errno is still there. */
	(void) setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	(void) setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	(void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	s->fd = fd;
	s->seq = 1;
	return 0;
}

void nl_close(struct nl *s) { fd_close_p(&s->fd); }

void nl_batch_done(struct nl_batch *m) { buf_done(&m->b); }

static struct nlmsghdr *header_at(struct nl_batch *m)
{
	return (struct nlmsghdr *) (void *) (m->b.data + m->msg);
}

void nl_raw(struct nl_batch *m, const void *p, size_t n)
{
	static const char zero[NLMSG_ALIGNTO];

	if (n)
		buf_add(&m->b, p, n);
	buf_add(&m->b, zero, NLMSG_ALIGN(n) - n);
	if (!buf_failed(&m->b))
		header_at(m)->nlmsg_len = (uint32_t) (m->b.len - m->msg);
}

void nl_msg(struct nl_batch *m, uint16_t type, uint16_t flags, const void *header, size_t n)
{
	struct nlmsghdr h = {
		.nlmsg_len = sizeof h, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags
	};

	h.nlmsg_seq = m->seqs++;
	m->msg = m->b.len;
	nl_raw(m, &h, sizeof h);
	nl_raw(m, header, n);
}

void nl_put(struct nl_batch *m, uint16_t type, const void *p, size_t n)
{
	struct nlattr a = { .nla_len = (uint16_t) (NLA_HDRLEN + n), .nla_type = type };

	if (n > UINT16_MAX - NLA_HDRLEN) {
		m->b.error = -EFBIG;
		return;
	}
	nl_raw(m, &a, sizeof a);
	nl_raw(m, p, n);
}

void nl_put_str(struct nl_batch *m, uint16_t type, const char *s) { nl_put(m, type, s, strlen(s) + 1); }
void nl_put_u8(struct nl_batch *m, uint16_t type, uint8_t v) { nl_put(m, type, &v, sizeof v); }
void nl_put_u16(struct nl_batch *m, uint16_t type, uint16_t v) { nl_put(m, type, &v, sizeof v); }
void nl_put_u32(struct nl_batch *m, uint16_t type, uint32_t v) { nl_put(m, type, &v, sizeof v); }
void nl_put_be32(struct nl_batch *m, uint16_t type, uint32_t host_order)
{
	nl_put_u32(m, type, htobe32(host_order));
}

size_t nl_nest(struct nl_batch *m, uint16_t type)
{
	size_t at = m->b.len;

	nl_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_nest_end(struct nl_batch *m, size_t at)
{
	size_t n = m->b.len - at;

	if (buf_failed(&m->b))
		return;
	if (n > UINT16_MAX) {
		m->b.error = -EFBIG;
		return;
	}
	((struct nlattr *) (void *) (m->b.data + at))->nla_len = (uint16_t) n;
}

void nl_ack(struct nl_batch *m)
{
	if (buf_failed(&m->b))
		return;
	header_at(m)->nlmsg_flags |= NLM_F_ACK;
	m->ack = m->seqs;
}

/* Gives every message its number on this socket. */
static uint32_t number_messages(struct nl *s, struct nl_batch *m)
{
	uint32_t first = s->seq;
	size_t at = 0;

	while (at < m->b.len) {
		struct nlmsghdr *h = (struct nlmsghdr *) (void *) (m->b.data + at);

		h->nlmsg_seq += first;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	s->seq += m->seqs;
	return first;
}

static void note_fault(const struct nlmsghdr *h, uint32_t first, struct nl_fault *fault)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	const struct nlattr *text;

	if (!fault)
		return;
	fault->index = e->msg.nlmsg_seq - first;
	fault->text[0] = 0;
	/* NETLINK_CAP_ACK: only the header of the request comes back, attributes follow it */
	if ((h->nlmsg_flags & NLM_F_ACK_TLVS) && (text = nl_find(h, sizeof *e, NLMSGERR_ATTR_MSG)))
		snprintf(fault->text, sizeof fault->text, "%s", nl_str(text));
}

struct answers {
	uint32_t first, last, ack; /* numbers of the batch */
	bool dump, done;
	int rc;
	nl_each *each;
	void *arg;
	struct nl_fault *fault;
};

static void take_answer(struct answers *w, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);

	if (h->nlmsg_seq < w->first || h->nlmsg_seq > w->last)
		return; /* of an earlier batch whose reading was given up */
	if (h->nlmsg_type != NLMSG_ERROR) {
		w->done = w->done || h->nlmsg_type == NLMSG_DONE;
		if (w->each && h->nlmsg_type != NLMSG_DONE)
			w->each(h, w->arg);
		return;
	}
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof *e)) {
		w->rc = w->rc ? w->rc : -EBADMSG;
		return;
	}
	w->done = w->done || w->dump || (!e->error && h->nlmsg_seq == w->ack);
	if (!e->error || w->rc)
		return;
	w->rc = e->error < 0 ? e->error : -EBADMSG;
	note_fault(h, w->first, w->fault);
}

int nl_call(struct nl *s, struct nl_batch *m, nl_each *each, void *arg, struct nl_fault *fault)
{
	struct answers w = { .each = each, .arg = arg, .fault = fault };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct nlmsghdr) char in[32768];
	ssize_t n;
	int rc;

	if (fault)
		*fault = (struct nl_fault){ 0 };
	if (buf_failed(&m->b))
		return m->b.error;
	w.dump = (header_at(m)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (!w.dump && !m->ack)
		nl_ack(m);
	w.first = number_messages(s, m);
	w.last = s->seq - 1;
	w.ack = w.first + m->ack - 1;
	do
		n = sendto(s->fd, m->b.data, m->b.len, 0, (void *) &kernel, sizeof kernel);
	while (n < 0 && errno == EINTR);
	rc = n < 0 ? -errno : 0;
	buf_clear(&m->b);
	m->seqs = m->ack = 0;
	if (rc < 0)
		return rc;
	/* A dump goes on with each recv; everything else is already queued, so an empty queue is the end. */
	while (!(w.dump && w.done)) {
		n = recv(s->fd, in, sizeof in, w.dump ? 0 : MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return w.rc ? w.rc : -errno;
		for (const struct nlmsghdr *h = (void *) in; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			take_answer(&w, h);
	}
	return w.rc ? w.rc : w.done ? 0 : -EBADMSG;
}

static const struct nlattr *find(const char *p, size_t n, uint16_t type)
{
	const struct nlattr *found = NULL;

	while (n >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *) p;
		size_t step = NLA_ALIGN(a->nla_len);

		if (a->nla_len < NLA_HDRLEN || a->nla_len > n)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			found = a;
		if (step >= n)
			break;
		p += step;
		n -= step;
	}
	return found;
}

const struct nlattr *nl_find(const struct nlmsghdr *h, size_t offset, uint16_t type)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(offset);

	return h->nlmsg_len <= skip ? NULL : find((const char *) h + skip, h->nlmsg_len - skip, type);
}

const struct nlattr *nl_find_in(const struct nlattr *nest, uint16_t type)
{
	return nest ? find(NL_DATA(nest), nl_len(nest), type) : NULL;
}

uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise)
{
	uint32_t v;

	if (!a || nl_len(a) < sizeof v)
		return otherwise;
	memcpy(&v, NL_DATA(a), sizeof v);
	return v;
}

const char *nl_str(const struct nlattr *a)
{
	if (!a || !nl_len(a) || ((const char *) NL_DATA(a))[nl_len(a) - 1])
		return "";
	return NL_DATA(a);
}

int nl_err(struct err *err, int rc, const struct nl_fault *f, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (rc == -EPERM)
		return err_sys(err, EPERM, "%s (needs CAP_NET_ADMIN)", what);
	if (f && f->text[0])
		return err_sys(err, -rc, "%s (%s)", what, f->text);
	return err_sys(err, -rc, "%s", what);
}
