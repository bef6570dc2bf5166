/*
 * dbus.h — as much of D-Bus as one method call needs (by hand: libsystemd costs more start-up than a command has).
 *
 * A connection authenticates as a given uid (that of the person: inside a user namespace our own number is another),
 * says Hello unless it speaks to systemd's own socket, and sends calls one at a time.  Values are little-endian on every
 * machine.  Spec: D-Bus Specification 0.42, "Type System", "Message Format", "Authentication Protocol".
 */
#ifndef PODCTL_UTIL_DBUS_H
#define PODCTL_UTIL_DBUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

struct bus {
	int fd;
	uint32_t serial;
	uint64_t deadline; /* of everything on this connection, time_mono_us */
};

enum bus_type { BUS_CALL = 1, BUS_RETURN = 2, BUS_ERROR = 3, BUS_SIGNAL = 4 };

/* A received message; pointers into data. */
struct bus_msg {
	char *data; /* owned */
	enum bus_type type;
	uint32_t reply_serial;
	const char *member, *error_name, *signature; /* "" when absent */
	const char *body;
	size_t body_len, at; /* at: read position in body */
};
void bus_msg_done(struct bus_msg *m);

/* The socket of "unix:path=/x,guid=..;..." (the first entry that can be used) as a path; "@name" is abstract. */
bool bus_address_path(const char *address, char path[108]);

/* direct: systemd's private socket, where there is no bus and no Hello. */
int bus_open(const char *path, uid_t uid, bool direct, uint64_t timeout_us, struct bus *ret, struct err *err);
void bus_close(struct bus *b);

/* Values of a body: each aligns itself. */
void bus_put_u32(struct buf *b, uint32_t v);
void bus_put_u64(struct buf *b, uint64_t v);
void bus_put_text(struct buf *b, const char *s);      /* s and o */
void bus_put_signature(struct buf *b, const char *s); /* g */
void bus_put_align(struct buf *b, size_t to);
size_t bus_array_begin(struct buf *b, size_t align); /* returns a mark for bus_array_end */
void bus_array_end(struct buf *b, size_t mark, size_t align);
/* The next value of a body; false past its end or malformed. */
bool bus_get_u32(struct bus_msg *m, uint32_t *ret);
bool bus_get_text(struct bus_msg *m, const char **ret);

/* Sends without waiting for the answer, or waits for it (signals that come before are dropped).  An error reply is
 * returned as a message of type BUS_ERROR, not as a failure. */
int bus_send(struct bus *b, const char *destination, const char *path, const char *interface,
	const char *member, const char *signature, const struct buf *body, uint32_t *ret_serial,
	struct err *err);
int bus_wait_reply(struct bus *b, uint32_t serial, struct bus_msg *ret, struct err *err);
int bus_next(struct bus *b, struct bus_msg *ret, struct err *err);

#endif
