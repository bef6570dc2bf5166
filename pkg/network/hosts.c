/*
 * /etc/hosts of a pod.
 *
 * In this order, since a resolver takes the first line that fits: what the user added, the base file, then what is still
 * missing: localhost, the pod's own names, host.containers.internal.  The pod's own names and the host's are ours to give:
 * lines of the base file lose them (Debian's "127.0.1.1 HOST" would lead a pod of that name to nowhere).  Without an address
 * of its own (host, none) a pod keeps the base file's line, else its names are 127.0.0.1.
 */
#include "pkg/network/network.h"
#include "pkg/network/subnet.h"
#include "pkg/network/words.h"
#include "pkg/util/limits.h"

struct hosts {
	struct buf *out;
	struct arena arena;
	struct strs known; /* "4name", "6name": names that have a line of that family */
	struct strs ours;  /* names that the base file may not define */
};

static const char *const host_names[] = { "host.containers.internal", "host.docker.internal" };

static bool in_list(const struct strs *list, struct span name)
{
	for (size_t i = 0; i < list->n; i++)
		if (span_is(name, list->v[i]))
			return true;
	return false;
}

static char family_of(struct span ip) { return memchr(ip.at, ':', ip.len) ? '6' : '4'; }

static bool is_known(struct hosts *h, char family, const char *name)
{
	char *key = arena_printf(&h->arena, "%c%s", family, name);

	return key && in_list(&h->known, (struct span){ key, strlen(key) });
}

/* "ip<TAB>name name" of those names that 'drop' (may be NULL) does not have. */
static int line_add(struct hosts *h, struct span ip, struct span names, const struct strs *drop)
{
	bool open = false;
	struct span name;
	int rc = 0;

	while (rc == 0 && word_next(&names, &name) && name.at[0] != '#') {
		if (drop && in_list(drop, name))
			continue;
		if (!open)
			buf_add(h->out, ip.at, ip.len);
		buf_putc(h->out, open ? ' ' : '\t');
		buf_add(h->out, name.at, name.len);
		open = true;
		rc = strs_addf(&h->known, &h->arena, "%c%.*s", family_of(ip), (int) name.len, name.at);
	}
	if (open)
		buf_putc(h->out, '\n');
	return rc;
}

static int base_add(struct hosts *h, const char *base)
{
	struct span line, rest, ip;
	int rc = 0;

	while (rc == 0 && line_next(&base, &line)) {
		rest = line;
		if (word_next(&rest, &ip) && ip.at[0] != '#') {
			rc = line_add(h, ip, rest, &h->ours);
		} else {
			buf_add(h->out, line.at, line.len); /* comments and empty lines stay as they are */
			buf_putc(h->out, '\n');
		}
	}
	return rc;
}

/* One line of ours with those names that nobody has given before. */
static int missing_add(struct hosts *h, const char *ip, const char *const *names, size_t n)
{
	struct span at = { ip, strlen(ip) };
	struct strs missing = { 0 };
	auto_buf struct buf words = BUF_INIT(64 * KiB);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		if (names[i] && *names[i] && !is_known(h, family_of(at), names[i]) &&
			!in_list(&missing, (struct span){ names[i], strlen(names[i]) })) {
			rc = strs_add(&missing, &h->arena, names[i]);
			buf_printf(&words, "%s ", names[i]);
		}
	if (rc < 0 || buf_failed(&words) || !missing.n)
		return rc < 0 ? rc : words.error;
	return line_add(h, at, (struct span){ words.data, words.len }, NULL);
}

static int own_names(
	const char *hostname, const char *const *names, size_t n, struct hosts *h, struct strs *ret)
{
	int rc = hostname && *hostname ? strs_add(ret, &h->arena, hostname) : 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = strs_add(ret, &h->arena, names[i]);
	return rc;
}

static int write_all(struct hosts *h, const char *base, uint32_t ip, const struct strs *own, uint32_t gateway,
	const struct hosts_entry *extra, size_t n_extra)
{
	static const char *const local4[] = { "localhost" }, *const local6[] = { "localhost",
		"ip6-localhost" };
	char text[IP_TEXT];
	int rc = 0;

	if (ip)
		rc = strs_add_all(&h->ours, &h->arena, own);
	for (size_t i = 0; i < LEN(host_names) && gateway && rc == 0; i++)
		rc = strs_add(&h->ours, &h->arena, host_names[i]);
	for (size_t i = 0; i < n_extra && rc == 0; i++)
		rc = line_add(h, (struct span){ extra[i].ip, strlen(extra[i].ip) },
			(struct span){ extra[i].names, strlen(extra[i].names) }, NULL);
	if (rc == 0 && base)
		rc = base_add(h, base);
	if (rc == 0)
		rc = missing_add(h, "127.0.0.1", local4, LEN(local4));
	if (rc == 0)
		rc = missing_add(h, "::1", local6, LEN(local6));
	if (rc == 0)
		rc = missing_add(
			h, ip ? ip_text(text, ip) : "127.0.0.1", (const char *const *) own->v, own->n);
	if (rc == 0 && gateway)
		rc = missing_add(h, ip_text(text, gateway), host_names, LEN(host_names));
	return rc;
}

int hosts_file(const char *base, uint32_t ip, const char *hostname, const char *const *names, size_t n_names,
	uint32_t gateway, const struct hosts_entry *extra, size_t n_extra, struct buf *b, struct err *err)
{
	struct hosts h = { .out = b };
	struct strs own = { 0 };
	int rc = own_names(hostname, names, n_names, &h, &own);

	if (rc == 0)
		rc = write_all(&h, base, ip, &own, gateway, extra, n_extra);
	arena_done(&h.arena);
	if (rc == 0 && buf_failed(b))
		rc = b->error;
	return rc < 0 ? err_sys(err, -rc, "write the hosts file") : 0;
}
