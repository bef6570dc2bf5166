/* /etc/hosts, /etc/hostname, /etc/resolv.conf and /run/.containerenv: one set for all containers of a pod. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "pkg/network/names.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"

#define ETC_MAX (1 * MiB) /* the host's /etc/hosts with what is added to it */

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "files of /etc"); }

static int read_host(const char *path, struct buf *b, struct err *err)
{
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, b);

	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "read '%s'", path);
	return 0;
}

static int put(struct start *s, int dir, const char *name, const struct buf *b, struct err *err)
{
	int rc = file_put(dir, name, b->data ? b->data : "", b->len, 0644);
	uint32_t uid, gid;

	if (rc < 0)
		return err_sys(err, -rc, "write '%s' of the pod", name);
	if (!pod_has_userns(&s->p->spec))
		return 0;
	pod_userns_root(s->p, &uid, &gid);
	return fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0
		       ? err_sys(err, errno, "give '%s' to the pod's root", name)
		       : 0;
}

/* "host-gateway" is the host as the pod reaches it. */
static const char *host_address(struct start *s, const char *ip)
{
	uint32_t at = s->res.has_net ? s->res.net.gateway : 0;

	if (strcmp(ip, "host-gateway") != 0)
		return ip;
	return at ? arena_printf(
			    &s->p->arena, "%u.%u.%u.%u", at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255)
		  : "127.0.0.1";
}

/* The host name up to its subdomain. */
static const char *short_name(struct start *s)
{
	const char *h = s->p->spec.hostname, *full = s->p->spec.fqdn;
	size_t n = full && h && strcmp(h, full) == 0 ? strcspn(h, ".") : strlen(h ? h : "");
	const char *name = arena_strndup(&s->p->arena, h ? h : "", n);

	return name ? name : "";
}

static int write_hosts(struct start *s, int dir, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	auto_buf struct buf base = BUF_INIT(ETC_MAX), b = BUF_INIT(2 * ETC_MAX);
	struct hosts_entry *extra = arena_array(&s->p->arena, spec->host_aliases.n + 1, sizeof *extra);
	const char **names = arena_array(&s->p->arena, s->p->n + 4, sizeof *names);
	size_t n = 0;
	int rc;

	if (!extra || !names)
		return no_memory(err);
	for (size_t i = 0; i < spec->host_aliases.n; i++) {
		const struct host_alias *h = LIST_AT(spec->host_aliases, struct host_alias, i);
		auto_buf struct buf line = BUF_INIT(64 * KiB);

		for (size_t k = 0; k < h->names.n; k++)
			(void) buf_printf(&line, "%s%s", k ? " " : "", h->names.v[k]);
		if (!(extra[i].ip = host_address(s, h->ip)))
			return no_memory(err);
		if (buf_failed(&line) ||
			!(extra[i].names = arena_strdup(&s->p->arena, line.data ? line.data : "")))
			return no_memory(err);
	}
	if (spec->fqdn && *spec->fqdn)
		names[n++] =
			spec->hostname; /* behind the full name, which is then the one resolvers call canonical */
	names[n++] = short_name(s);
	names[n++] = spec->name;
	for (size_t i = 0; i < s->p->n; i++)
		if (s->p->ctr[i].role == ROLE_MEMBER && strcmp(s->p->ctr[i].name, spec->name) != 0)
			names[n++] = s->p->ctr[i].name;
	if ((!spec->kube && (rc = read_host("/etc/hosts", &base, err)) < 0) ||
		(rc = hosts_file(base.data ? base.data : "", s->res.has_net ? s->res.net.ip : 0,
			 spec->fqdn && *spec->fqdn ? spec->fqdn : spec->hostname, names, n,
			 s->res.has_net ? s->res.net.gateway : 0, extra, spec->host_aliases.n, &b, err)) < 0)
		return rc;
	return put(s, dir, "hosts", &b, err);
}

/* dnsPolicy None: what dnsConfig says and nothing of the host's. */
static bool is_own_dns(const struct pod_spec *spec)
{
	return spec->dns_policy && !strcmp(spec->dns_policy, "None");
}

static bool wants_resolv(const struct pod_spec *spec)
{
	return spec->net != NET_NONE || spec->dns_servers.n || spec->dns_searches.n || spec->dns_options.n;
}

static const struct strs *or_default(const struct strs *asked, const struct strs *config)
{
	return asked->n ? asked : config;
}

/* Kubernetes' Default: as on the host; the other policies mean the names of the cluster first. */
static bool wants_names(const struct pod_spec *spec)
{
	return !spec->dns_policy || strcmp(spec->dns_policy, "Default") != 0;
}

/* The network's own server knows its names, and asks the host's for everything else. */
static int write_named_resolv(struct start *s, int dir, const char *host, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	auto_buf struct buf own = BUF_INIT(ETC_MAX), b = BUF_INIT(ETC_MAX);
	int rc = names_resolv(host, s->res.net.gateway, &own);

	if (rc < 0)
		return err_sys(err, -rc, "write resolv.conf");
	rc = resolv_file(own.data, spec->kube ? &spec->dns_servers : NULL,
		or_default(&spec->dns_searches, &s->e->config.dns_searches),
		or_default(&spec->dns_options, &s->e->config.dns_options), false, spec->kube, &b, err);
	return rc < 0 ? rc : put(s, dir, "resolv.conf", &b, err);
}

static int write_resolv(struct start *s, int dir, bool named, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	const struct engine_config *c = &s->e->config;
	auto_buf struct buf host = BUF_INIT(ETC_MAX), b = BUF_INIT(ETC_MAX);
	int rc;

	if (is_own_dns(spec)) {
		rc = resolv_file("", &spec->dns_servers, &spec->dns_searches, &spec->dns_options, false,
			false, &b, err);
		return rc < 0 ? rc : put(s, dir, "resolv.conf", &b, err);
	}
	if ((rc = read_host("/etc/resolv.conf", &host, err)) < 0)
		return rc;
	/* systemd-resolved's stub listens on the host's loopback, which only the host's namespace has; behind it is a file
	 * with the servers it asks */
	if (spec->net != NET_HOST && host.data && strstr(host.data, "127.0.0.53")) {
		auto_buf struct buf real = BUF_INIT(ETC_MAX);

		if (read_host("/run/systemd/resolve/resolv.conf", &real, err) == 0 && real.len) {
			buf_clear(&host);
			(void) buf_add(&host, real.data, real.len);
		}
	}
	if (named && wants_names(spec))
		return write_named_resolv(s, dir, host.data ? host.data : "", err);
	if ((rc = resolv_file(host.data ? host.data : "", or_default(&spec->dns_servers, &c->dns_servers),
		     or_default(&spec->dns_searches, &c->dns_searches),
		     or_default(&spec->dns_options, &c->dns_options), spec->net == NET_HOST, spec->kube, &b,
		     err)) < 0)
		return rc;
	return put(s, dir, "resolv.conf", &b, err);
}

/* Nobody in the pod has a host name of its own: /etc/hostname says the machine's. */
static bool has_host_name(const struct pod *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ctr[i].role != ROLE_INFRA && p->ctr[i].uts.mode != NS_HOST)
			return false;
	return p->n > 0;
}

static void host_name(const struct pod *p, struct buf *b)
{
	struct utsname u = { 0 };

	if (has_host_name(p) && uname(&u) == 0)
		(void) buf_printf(b, "%s\n", u.nodename);
	else
		(void) buf_printf(b, "%s\n", p->spec.hostname);
}

/* podman-run(1), --privileged: what runs as the host's equal may know where it is. */
int pod_containerenv(struct start *s, const struct container_spec *c, const char **ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	(void) buf_printf(
		&b, "engine=\"podctl-%s\"\nname=\"%s\"\nid=\"%s\"\n", PODCTL_VERSION, c->name, c->id);
	(void) buf_printf(&b, "image=\"%s\"\nimageid=\"%s\"\nrootless=%d\n", c->image ? c->image : "",
		c->image_id ? c->image_id : "", s->e->rootless);
	if (buf_failed(&b))
		return no_memory(err);
	return pod_file_put(s, c, "containerenv", &b, ret, err);
}

int pod_etc_write(struct start *s, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	auto_buf struct buf name = BUF_INIT(4096), none = BUF_INIT(16);
	auto_close int dir = -EBADF;
	bool named;
	int rc;

	if (s->res.has_net == false && s->p->alive) { /* a member joins: the pod's address is in its row */
		if ((rc = pod_res_load(s->p, &s->p->arena, &s->res, err)) < 0)
			return rc;
	}
	if (mkdirat(s->p->run_fd, "etc", 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make 'etc' of the pod");
	if ((dir = openat(s->p->run_fd, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return err_sys(err, errno, "open 'etc' of the pod");
	host_name(s->p, &name);
	if ((!spec->no_hosts && !s->e->config.no_hosts && (rc = write_hosts(s, dir, err)) < 0) ||
		(rc = put(s, dir, "hostname", &name, err)) < 0 ||
		(rc = put(s, dir, "containerenv", &none, err)) < 0)
		return rc;
	if ((rc = pod_names_publish(s, &named, err)) < 0)
		return rc;
	if (wants_resolv(spec) && (rc = write_resolv(s, dir, named, err)) < 0)
		return rc;
	return 0;
}

int pod_etc_files(struct start *s, const struct container_spec *c, struct etc_files *ret, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	struct arena *a = &s->p->arena;
	const char *dir = arena_printf(a, "%s/pods/%s/etc", s->e->runroot, s->p->row.id);
	struct etc_files f = { 0 };
	bool fail;

	if (!dir)
		return no_memory(err);
	fail = !(f.containerenv = arena_printf(a, "%s/containerenv", dir));
	if (!spec->no_hosts && !s->e->config.no_hosts && spec->net != NET_CONTAINER)
		fail = fail || !(f.hosts = arena_printf(a, "%s/hosts", dir));
	if ((c->uts.mode != NS_HOST || has_host_name(s->p)) && !spec->no_hostname)
		fail = fail || !(f.hostname = arena_printf(a, "%s/hostname", dir));
	if (wants_resolv(spec))
		fail = fail || !(f.resolv = arena_printf(a, "%s/resolv.conf", dir));
	if (fail)
		return no_memory(err);
	*ret = f;
	return 0;
}
