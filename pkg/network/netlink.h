/*
 * netlink.h — requests to the kernel over rtnetlink, nf_tables and ctnetlink, without a library.
 *
 * A batch is one buffer of messages that goes out in one send.  The kernel works on it before send() returns, so the
 * answers are there at once and reading them never blocks; only the last message asks for an acknowledgement, errors
 * come for any.  Attributes are appended; a failed append is sticky in the buffer and comes back from nl_call().
 *
 * Written out by hand because it is little, and because a shared library costs a start more than the requests do.
 */
#ifndef PODCTL_NETWORK_NETLINK_H
#define PODCTL_NETWORK_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

#define NL_BATCH_MAX (512UL * 1024) /* PORTS_MAX elements of a map take about 50 KiB */

struct nl {
	int fd;
	uint32_t seq;
};

struct nl_batch {
	struct buf b;
	size_t msg;    /* offset of the message being written */
	uint32_t seqs; /* messages so far; numbered from 0 until nl_call() adds the socket's count */
	uint32_t ack;  /* 1 + number of the message that asked for the answer; 0: the last one will */
};
#define NL_BATCH_INIT                       \
	{                                   \
		.b = BUF_INIT(NL_BATCH_MAX) \
	}

/* What the kernel said about a failed message. */
struct nl_fault {
	uint32_t index; /* which message of the batch, from 0 */
	char text[120]; /* the kernel's own words (extended acknowledgement), or "" */
};

/* protocol: NETLINK_ROUTE, NETLINK_NETFILTER.  netns: -1 for the caller's, else the socket lives in that one.
 * Returns 0 or a negative errno. */
int nl_open(struct nl *s, int protocol, int netns);
void nl_close(struct nl *s);
#define auto_nl AUTO(nl_close)
#define NL_CLOSED            \
	{                    \
		.fd = -EBADF \
	}

void nl_batch_done(struct nl_batch *m);
#define auto_nl_batch AUTO(nl_batch_done)

/* Starts a message; flags without NLM_F_REQUEST, which is always set.  header: the family's fixed part. */
void nl_msg(struct nl_batch *m, uint16_t type, uint16_t flags, const void *header, size_t n);
void nl_put(struct nl_batch *m, uint16_t type, const void *p, size_t n);
void nl_put_str(struct nl_batch *m, uint16_t type, const char *s);
void nl_put_u8(struct nl_batch *m, uint16_t type, uint8_t v);
void nl_put_u16(struct nl_batch *m, uint16_t type, uint16_t v);
void nl_put_u32(struct nl_batch *m, uint16_t type, uint32_t v);
void nl_put_be32(struct nl_batch *m, uint16_t type, uint32_t host_order);
size_t nl_nest(struct nl_batch *m, uint16_t type); /* opens; returns what nl_nest_end wants */
void nl_nest_end(struct nl_batch *m, size_t at);
/* A fixed structure in the middle of a nest (VETH_INFO_PEER carries an ifinfomsg). */
void nl_raw(struct nl_batch *m, const void *p, size_t n);

/* The message being written asks for the answer, not the last one of the batch (the end of a transaction has none). */
void nl_ack(struct nl_batch *m);

/* Sends the batch, reads the answer to its last message (or the one that nl_ack() chose), and empties the
 * batch.  each (may be NULL) sees every message that is neither error nor end.  Returns 0 or a negative errno: the first
 * fault, described in *fault (may be NULL). */
typedef void nl_each(const struct nlmsghdr *h, void *arg);
int nl_call(struct nl *s, struct nl_batch *m, nl_each *each, void *arg, struct nl_fault *fault);

/* Attributes of a received message: the last one of that type from 'offset' bytes behind the header, or NULL. */
const struct nlattr *nl_find(const struct nlmsghdr *h, size_t offset, uint16_t type);
const struct nlattr *nl_find_in(const struct nlattr *nest, uint16_t type);
#define NL_DATA(a) ((const void *) ((const char *) (a) + NLA_HDRLEN))
static inline size_t nl_len(const struct nlattr *a) { return (size_t) a->nla_len - NLA_HDRLEN; }
uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise); /* host order; NULL or short: otherwise */
/* The attribute as a string, "" when absent; it lives in the message. */
const char *nl_str(const struct nlattr *a);

/* err_sys with the kernel's own words where there are any. */
int nl_err(struct err *err, int rc, const struct nl_fault *f, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
