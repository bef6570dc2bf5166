#include "pkg/util/dbus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define MSG_MAX (1 * MiB) /* the spec allows 128 MiB; systemd's answers to us are under 1 KiB */
#define FIXED_HEADER 16

enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE,
	FIELD_MEMBER,
	FIELD_ERROR_NAME,
	FIELD_REPLY_SERIAL,
	FIELD_DESTINATION,
	FIELD_SENDER,
	FIELD_SIGNATURE
};

/* ---- writing values ------------------------------------------------------------------------------------------------- */

void bus_put_align(struct buf *b, size_t to)
{
	while (b->len % to && !buf_failed(b))
		(void) buf_putc(b, '\0');
}

static void put_le(struct buf *b, uint64_t v, size_t size)
{
	bus_put_align(b, size);
	for (size_t i = 0; i < size; i++)
		(void) buf_putc(b, (char) (v >> (8 * i)));
}

void bus_put_u32(struct buf *b, uint32_t v) { put_le(b, v, 4); }
void bus_put_u64(struct buf *b, uint64_t v) { put_le(b, v, 8); }

void bus_put_text(struct buf *b, const char *s)
{
	bus_put_u32(b, (uint32_t) strlen(s));
	(void) buf_add(b, s, strlen(s) + 1);
}

void bus_put_signature(struct buf *b, const char *s)
{
	(void) buf_putc(b, (char) strlen(s));
	(void) buf_add(b, s, strlen(s) + 1);
}

size_t bus_array_begin(struct buf *b, size_t align)
{
	size_t mark;

	bus_put_u32(b, 0);
	mark = b->len - (buf_failed(b) ? 0 : 4);
	bus_put_align(b, align); /* padding before the first element is not part of the length */
	return mark;
}

void bus_array_end(struct buf *b, size_t mark, size_t align)
{
	size_t first = (mark + 4 + align - 1) / align * align;

	if (buf_failed(b))
		return;
	for (size_t i = 0; i < 4; i++)
		b->data[mark + i] = (char) ((b->len - first) >> (8 * i));
}

/* ---- reading values ------------------------------------------------------------------------------------------------- */

static bool get_u32(const char *p, size_t len, size_t *at, uint32_t *ret)
{
	size_t i = (*at + 3) & ~(size_t) 3;

	if (i > len || len - i < 4)
		return false;
	*ret = 0;
	for (size_t k = 0; k < 4; k++)
		*ret |= (uint32_t) (unsigned char) p[i + k] << (8 * k);
	*at = i + 4;
	return true;
}

static bool get_bytes(const char *p, size_t len, size_t *at, size_t n, const char **ret)
{
	if (*at > len || len - *at < n + 1 || p[*at + n] != '\0' || memchr(p + *at, '\0', n))
		return false;
	*ret = p + *at;
	*at += n + 1;
	return true;
}

static bool get_text(const char *p, size_t len, size_t *at, const char **ret)
{
	uint32_t n;

	return get_u32(p, len, at, &n) && n < MSG_MAX && get_bytes(p, len, at, n, ret);
}

static bool get_signature(const char *p, size_t len, size_t *at, const char **ret)
{
	size_t n;

	if (*at >= len)
		return false;
	n = (unsigned char) p[(*at)++];
	return get_bytes(p, len, at, n, ret);
}

bool bus_get_u32(struct bus_msg *m, uint32_t *ret) { return get_u32(m->body, m->body_len, &m->at, ret); }
bool bus_get_text(struct bus_msg *m, const char **ret) { return get_text(m->body, m->body_len, &m->at, ret); }

/* ---- connecting ----------------------------------------------------------------------------------------------------- */

bool bus_address_path(const char *address, char path[108])
{
	for (const char *p = address; *p;) {
		size_t n = strcspn(p, ";"), out = 0;
		const char *end = p + n, *v = NULL;

		if (strncmp(p, "unix:path=", 10) == 0)
			v = p + 10;
		else if (strncmp(p, "unix:abstract=", 14) == 0) {
			v = p + 14;
			path[out++] = '@';
		}
		for (; v && v < end && *v != ',' && out < 107; v++) {
			char hex[3] = { v[0] == '%' && end - v > 2 ? v[1] : '\0',
				v[0] == '%' && end - v > 2 ? v[2] : '\0' };

			if (hex[0]) {
				path[out++] = (char) strtoul(hex, NULL, 16);
				v += 2;
			} else {
				path[out++] = *v;
			}
		}
		path[out] = '\0';
		if (v && out > 1 && (v == end || *v == ','))
			return true;
		p = end + (*end == ';');
	}
	return false;
}

static int wait_for(struct bus *b, short events, struct err *err)
{
	struct pollfd p = { .fd = b->fd, .events = events };

	for (;;) {
		uint64_t now = time_mono_us();
		int rc = now >= b->deadline ? 0 : poll(&p, 1, (int) ((b->deadline - now) / 1000 + 1));

		if (rc > 0)
			return 0;
		if (rc == 0)
			return err_set(err, ERR_REMOTE, "systemd does not answer");
		if (errno != EINTR)
			return err_sys(err, errno, "wait for systemd");
	}
}

static int write_all(struct bus *b, const char *p, size_t n, struct err *err)
{
	while (n) {
		ssize_t w = send(b->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc;

		if (w >= 0) {
			p += w;
			n -= (size_t) w;
		} else if (errno == EAGAIN) {
			if ((rc = wait_for(b, POLLOUT, err)) < 0)
				return rc;
		} else if (errno != EINTR) {
			return err_sys(err, errno, "write to the bus");
		}
	}
	return 0;
}

static int read_all(struct bus *b, char *p, size_t n, struct err *err)
{
	while (n) {
		ssize_t r = recv(b->fd, p, n, MSG_DONTWAIT);
		int rc;

		if (r > 0) {
			p += r;
			n -= (size_t) r;
		} else if (r == 0) {
			return err_set(err, ERR_REMOTE, "the bus closed the connection");
		} else if (errno == EAGAIN) {
			if ((rc = wait_for(b, POLLIN, err)) < 0)
				return rc;
		} else if (errno != EINTR) {
			return err_sys(err, errno, "read from the bus");
		}
	}
	return 0;
}

/* "OK GUID\r\n"; what follows on the stream is messages, so it is read byte by byte. */
static int authenticate(struct bus *b, uid_t uid, struct err *err)
{
	char text[128], digits[16], line[256];
	int n = 0, rc;
	size_t len = 0;

	(void) snprintf(digits, sizeof digits, "%u", (unsigned) uid);
	text[n++] = '\0';
	n += snprintf(text + n, sizeof text - (size_t) n, "AUTH EXTERNAL ");
	for (const char *p = digits; *p; p++)
		n += snprintf(text + n, sizeof text - (size_t) n, "%02x", (unsigned) *p);
	n += snprintf(text + n, sizeof text - (size_t) n, "\r\nBEGIN\r\n");
	if ((rc = write_all(b, text, (size_t) n, err)) < 0)
		return rc;
	do {
		if ((rc = read_all(b, line + len, 1, err)) < 0)
			return rc;
	} while (line[len++] != '\n' && len < sizeof line - 1);
	line[len] = '\0';
	if (strncmp(line, "OK", 2) == 0)
		return 0;
	return err_set(err, ERR_DENIED, "the bus does not accept uid %u", (unsigned) uid);
}

static int say_hello(struct bus *b, struct err *err)
{
	struct bus_msg m = { 0 };
	uint32_t serial;
	int rc;

	if ((rc = bus_send(b, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		     "Hello", "", NULL, &serial, err)) < 0 ||
		(rc = bus_wait_reply(b, serial, &m, err)) < 0)
		return rc;
	if (m.type == BUS_ERROR)
		rc = err_set(err, ERR_REMOTE, "the bus refuses us: %s", m.error_name);
	bus_msg_done(&m);
	return rc;
}

int bus_open(const char *path, uid_t uid, bool direct, uint64_t timeout_us, struct bus *ret, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct bus b = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.deadline = time_mono_us() + timeout_us };
	socklen_t len;
	int rc;

	if (b.fd < 0)
		return err_sys(err, errno, "make a socket");
	(void) stpncpy(sun.sun_path, path, sizeof sun.sun_path - 1);
	len = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(sun.sun_path) + (path[0] != '@'));
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	if (connect(b.fd, (struct sockaddr *) &sun, len) < 0) {
		rc = err_sys(err, errno, "connect to '%s'", path);
	} else if ((rc = authenticate(&b, uid, err)) == 0 && !direct) {
		rc = say_hello(&b, err);
	}
	if (rc < 0) {
		bus_close(&b);
		return rc;
	}
	*ret = b;
	return 0;
}

void bus_close(struct bus *b) { fd_close_p(&b->fd); }

/* ---- messages ------------------------------------------------------------------------------------------------------- */

static void put_field(struct buf *b, enum field code, const char *signature, const char *value)
{
	bus_put_align(b, 8);
	(void) buf_putc(b, (char) code);
	bus_put_signature(b, signature);
	if (signature[0] == 'g')
		bus_put_signature(b, value);
	else
		bus_put_text(b, value);
}

int bus_send(struct bus *bus, const char *destination, const char *path, const char *interface,
	const char *member, const char *signature, const struct buf *body, uint32_t *ret_serial,
	struct err *err)
{
	static const char start[] = { 'l', BUS_CALL, 0, 1 };
	auto_buf struct buf b = BUF_INIT(MSG_MAX);
	uint32_t serial = ++bus->serial;
	size_t mark;

	(void) buf_add(&b, start, sizeof start);
	bus_put_u32(&b, body ? (uint32_t) body->len : 0);
	bus_put_u32(&b, serial);
	mark = bus_array_begin(&b, 8);
	put_field(&b, FIELD_PATH, "o", path);
	put_field(&b, FIELD_INTERFACE, "s", interface);
	put_field(&b, FIELD_MEMBER, "s", member);
	put_field(&b, FIELD_DESTINATION, "s", destination);
	if (*signature)
		put_field(&b, FIELD_SIGNATURE, "g", signature);
	bus_array_end(&b, mark, 8);
	bus_put_align(&b, 8);
	if (body)
		(void) buf_add(&b, body->data, body->len);
	if (buf_failed(&b) || (body && buf_failed(body)))
		return err_sys(err, ENOMEM, "call %s", member);
	*ret_serial = serial;
	return write_all(bus, b.data, b.len, err);
}

void bus_msg_done(struct bus_msg *m)
{
	free(m->data);
	m->data = NULL;
}

static bool read_fields(struct bus_msg *m, const char *p, size_t len)
{
	size_t at = FIXED_HEADER; /* alignment counts from the start of the message */

	while (at < len) {
		const char *signature, *text;
		uint32_t number;
		int code;

		at = (at + 7) & ~(size_t) 7;
		if (at >= len)
			return true;
		code = (unsigned char) p[at++];
		if (!get_signature(p, len, &at, &signature))
			return false;
		if (strcmp(signature, "u") == 0) {
			if (!get_u32(p, len, &at, &number))
				return false;
			if (code == FIELD_REPLY_SERIAL)
				m->reply_serial = number;
			continue;
		}
		if (strcmp(signature, "g") == 0 ? !get_signature(p, len, &at, &text)
						: !get_text(p, len, &at, &text))
			return false;
		if (code == FIELD_MEMBER)
			m->member = text;
		else if (code == FIELD_ERROR_NAME)
			m->error_name = text;
		else if (code == FIELD_SIGNATURE)
			m->signature = text;
	}
	return true;
}

int bus_next(struct bus *b, struct bus_msg *ret, struct err *err)
{
	struct bus_msg m = { .member = "", .error_name = "", .signature = "" };
	char head[FIXED_HEADER];
	uint32_t body_len, fields_len;
	size_t at = 4, start;
	int rc;

	if ((rc = read_all(b, head, sizeof head, err)) < 0)
		return rc;
	(void) get_u32(head, sizeof head, &at, &body_len);
	at = 12;
	(void) get_u32(head, sizeof head, &at, &fields_len);
	if (head[0] != 'l' || body_len > MSG_MAX || fields_len > MSG_MAX)
		return err_set(err, ERR_REMOTE, "the bus sent what we do not understand");
	start = (FIXED_HEADER + (size_t) fields_len + 7) & ~(size_t) 7;
	if (!(m.data = calloc(1, start + body_len + 1)))
		return err_sys(err, ENOMEM, "read from the bus");
	memcpy(m.data, head, sizeof head);
	if ((rc = read_all(b, m.data + FIXED_HEADER, start + body_len - FIXED_HEADER, err)) < 0) {
		bus_msg_done(&m);
		return rc;
	}
	m.type = (enum bus_type)(unsigned char) head[1];
	m.body = m.data + start;
	m.body_len = body_len;
	if (!read_fields(&m, m.data, FIXED_HEADER + fields_len)) {
		bus_msg_done(&m);
		return err_set(err, ERR_REMOTE, "the bus sent what we do not understand");
	}
	*ret = m;
	return 0;
}

int bus_wait_reply(struct bus *b, uint32_t serial, struct bus_msg *ret, struct err *err)
{
	for (;;) {
		struct bus_msg m = { 0 };
		int rc = bus_next(b, &m, err);

		if (rc < 0)
			return rc;
		if ((m.type == BUS_RETURN || m.type == BUS_ERROR) && m.reply_serial == serial) {
			*ret = m;
			return 0;
		}
		bus_msg_done(&m);
	}
}
