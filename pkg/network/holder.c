/* Who has a port: its socket's inode from /proc/net, then the process with a descriptor of that socket. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "pkg/network/ports.h"
#include "pkg/network/subnet.h"
#include "pkg/network/words.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define TCP_LISTENING 0x0a
#define INODES_MAX 32

struct inodes {
	unsigned long v[INODES_MAX];
	size_t n;
};

/* The 8 digits at hex as the kernel's 32-bit word. */
static uint32_t word_of(const char *hex)
{
	char digits[9] = "";

	memcpy(digits, hex, 8);
	return (uint32_t) strtoul(digits, NULL, 16);
}

/* /proc/net prints an address as 32-bit words in the host's byte order; of IPv6, only :: and ::ffff:a.b.c.d can hold a port
 * of ours.  Returns false for another IPv6 address. */
static bool address_of(struct span hex, uint32_t *ret_ip)
{
	uint32_t w[4];

	if (hex.len == 8) {
		*ret_ip = ntohl(word_of(hex.at));
		return true;
	}
	if (hex.len != 32)
		return false;
	for (size_t i = 0; i < 4; i++)
		w[i] = word_of(hex.at + 8 * i);
	*ret_ip = ntohl(w[3]);
	return !w[0] && !w[1] && (w[2] == htonl(0xffff) || (!w[2] && !w[3]));
}

enum { COLUMN_LOCAL = 1, COLUMN_STATE = 3, COLUMN_INODE = 9, COLUMNS };

/* "  sl  local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ..." */
static void take_line(struct span line, const struct port_map *p, uint32_t want_ip, struct inodes *list)
{
	struct span w[COLUMNS];
	const char *colon;
	unsigned long inode;
	uint32_t ip;

	for (size_t i = 0; i < COLUMNS; i++)
		if (!word_next(&line, &w[i]))
			return;
	if (!(colon = memchr(w[COLUMN_LOCAL].at, ':', w[COLUMN_LOCAL].len)))
		return;
	w[COLUMN_LOCAL].len = (size_t) (colon - w[COLUMN_LOCAL].at);
	inode = strtoul(w[COLUMN_INODE].at, NULL, 10);
	if (strtoul(colon + 1, NULL, 16) != p->host_port || !inode ||
		(p->proto == PROTO_TCP && strtoul(w[COLUMN_STATE].at, NULL, 16) != TCP_LISTENING))
		return;
	if (!address_of(w[COLUMN_LOCAL], &ip) || (ip && want_ip && ip != want_ip) || list->n == INODES_MAX)
		return;
	list->v[list->n++] = inode;
}

static void take_table(const char *path, const struct port_map *p, uint32_t want_ip, struct inodes *list)
{
	auto_buf struct buf b = BUF_INIT(16 * MiB); /* about 100,000 sockets */
	const char *text;
	struct span line;

	if (file_read(AT_FDCWD, path, PATH_IN_STATE, &b) < 0 && !b.len)
		return;
	text = b.data;
	while (line_next(&text, &line))
		take_line(line, p, want_ip, list);
}

static bool has_socket(int proc, const char *pid, const struct inodes *list)
{
	char path[32], link[64];
	struct dirent *d;
	bool found = false;
	DIR *dir;
	int fd;

	snprintf(path, sizeof path, "%.10s/fd", pid);
	if ((fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return false;
	if (!(dir = fdopendir(fd))) {
		close(fd);
		return false;
	}
	while (!found && (d = readdir(dir))) {
		ssize_t n = readlinkat(fd, d->d_name, link, sizeof link - 1);
		unsigned long inode;

		link[n > 0 ? n : 0] = 0;
		if (strncmp(link, "socket:[", 8) != 0)
			continue;
		inode = strtoul(link + 8, NULL, 10);
		for (size_t i = 0; i < list->n; i++)
			found = found || list->v[i] == inode;
	}
	closedir(dir);
	return found;
}

/* The lowest pid: of a server with workers, the one that was started. */
static unsigned long find_process(int proc, const struct inodes *list)
{
	unsigned long best = 0;
	struct dirent *d;
	uint64_t pid;
	int copy = dup(proc);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return 0;
	}
	while ((d = readdir(dir)))
		if (parse_u64(d->d_name, 1, INT32_MAX, &pid) == 0 && (!best || pid < best) &&
			has_socket(proc, d->d_name, list))
			best = pid;
	closedir(dir);
	return best;
}

static void describe(int proc, unsigned long pid, struct buf *b)
{
	auto_buf struct buf name = BUF_INIT(256);
	char path[32];
	int fd;

	snprintf(path, sizeof path, "%lu/comm", pid);
	if ((fd = openat(proc, path, O_RDONLY | O_CLOEXEC)) >= 0) {
		(void) io_read_all(fd, &name);
		close(fd);
	}
	if (name.len)
		name.data[strcspn(name.data, "\n")] = 0;
	text_escape(b, name.len ? name.data : "a process");
	buf_printf(b, " (pid %lu)", pid);
}

bool port_holder(const struct port_map *p, struct buf *b)
{
	static const char *const tables[][2] = {
		[PROTO_TCP] = { "/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6" },
		[PROTO_UDP] = { "/proc/thread-self/net/udp", "/proc/thread-self/net/udp6" },
	};
	auto_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct inodes list = { 0 };
	unsigned long pid;
	uint32_t ip = 0;

	if (proc < 0 || p->proto == PROTO_SCTP) /* its table is laid out otherwise */
		return false;
	if (p->host_ip && p->host_ip[0])
		(void) ip_parse(p->host_ip, &ip);
	for (size_t i = 0; i < LEN(tables[0]); i++)
		take_table(tables[p->proto][i], p, ip, &list);
	if (!list.n || !(pid = find_process(proc, &list)))
		return false;
	describe(proc, pid, b);
	return true;
}
