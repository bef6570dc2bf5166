/* Who is asked about the rest of the world: the servers of the host's resolv.conf as it is now, as resolv.conf(5) has them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/podctl-dns/dns.h"
#include "pkg/network/words.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define PORT 53
#define LOOK_MS 1000 /* how old our idea of the file may be */

bool address_read(const char *text, union address *ret)
{
	union address a = { 0 };

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(PORT);
	} else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(PORT);
	} else {
		return false;
	}
	*ret = a;
	return true;
}

/* Ourselves: a host that uses its pods' server would have us ask in circles. */
static bool is_us(const struct server *s, const union address *a)
{
	return a->any.sa_family == AF_INET && ntohl(a->v4.sin_addr.s_addr) == s->names.gateway;
}

static void file_read_servers(struct server *s, const char *text)
{
	struct span line, word;

	s->n_servers = 0;
	while (line_next(&text, &line) && s->n_servers < SERVERS_MAX) {
		char t[64];

		if (!word_next(&line, &word) || !span_is(word, "nameserver") || !word_next(&line, &word) ||
			word.len >= sizeof t)
			continue;
		memcpy(t, word.at, word.len);
		t[word.len] = 0;
		if (address_read(t, &s->servers[s->n_servers]) && !is_us(s, &s->servers[s->n_servers]))
			s->n_servers++;
	}
	if (!s->n_servers) /* what a C library does without any */
		s->n_servers = address_read("127.0.0.1", &s->servers[0]);
	s->good = 0;
}

void upstream_refresh(struct server *s)
{
	auto_buf struct buf b = BUF_INIT(1 * MiB);
	auto_close int fd = -EBADF;
	struct stat st;

	if (s->fixed || (s->read_at && (int64_t) s->now - s->read_at < LOOK_MS))
		return;
	s->read_at = (int64_t) s->now;
	if (stat(RESOLV_CONF, &st) < 0) {
		memset(&st, 0, sizeof st);
		memset(s->stamp, 0, sizeof s->stamp);
	}
	if (s->n_servers && s->stamp[0] == (int64_t) st.st_ino && s->stamp[1] == st.st_mtim.tv_sec &&
		s->stamp[2] == st.st_mtim.tv_nsec)
		return;
	s->stamp[0] = (int64_t) st.st_ino;
	s->stamp[1] = st.st_mtim.tv_sec;
	s->stamp[2] = st.st_mtim.tv_nsec;
	if ((fd = openat(AT_FDCWD, RESOLV_CONF, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) >= 0)
		(void) io_read_all(fd, &b);
	file_read_servers(s, b.data ? b.data : "");
}

bool upstream_of(struct server *s, struct flight *f)
{
	uint32_t asker = ntohl(f->client.sin_addr.s_addr);
	const char *own;

	for (f->count = 0; dns_table_server(&s->names, asker, f->count);)
		f->count++;
	if ((f->hosts = !f->count)) {
		upstream_refresh(s);
		if (!(f->count = s->n_servers))
			return false;
		f->at = (s->good + f->tries) % s->n_servers;
		f->to = s->servers[f->at];
		return true;
	}
	own = dns_table_server(&s->names, asker, f->tries % f->count);
	return own && address_read(own, &f->to) && !is_us(s, &f->to);
}
