/*
 * Volumes of an NFS server.  The kernel's client is told everything mount.nfs would tell it: the server's address, ours as
 * the server sees it, and a version, the newest that both speak.  A child does it (podctl-monitor --nfs, in the monitor's
 * mount namespace and the host's network): names are looked up with libc, and a server that does not answer is given up.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/monitor/internal.h"
#include "pkg/monitor/monitor.h"
#include "pkg/util/proc.h"

#define NFS_PORT "2049"
#define NFS_CONNECT_MS 5000                        /* mount.nfs, too, asks before the kernel does */
#define NFS_MOUNT_US ((uint64_t) 60 * 1000 * 1000) /* the kernel itself would go on for minutes */
#define NFS_DATA_MAX 4096

struct nfs {
	char server[256];
	const char *path;
	unsigned long flags;
	char options[NFS_DATA_MAX];
	char here[NI_MAXHOST], there[NI_MAXHOST];
};

int nfs_run(const struct plan_mount *p, struct err *err)
{
	char *argv[] = { (char *) (uintptr_t) "podctl-monitor", (char *) (uintptr_t) "--nfs", p->source,
		p->target, p->options ? p->options : (char *) (uintptr_t) "", NULL };
	struct proc_opts o = PROC_OPTS(.path = "/proc/self/exe", .argv = argv);
	const char *volume = p->target ? strrchr(p->target, '/') : NULL;
	auto_buf struct buf said = BUF_INIT(1 * KiB);
	int status, rc = proc_run(&o, NULL, 0, NULL, &said, NFS_MOUNT_US, &status, err);

	if (rc == 0 && status != 0)
		rc = err_set(err, ERR_SYSTEM, "%s", said.len ? said.data : "its mount was killed");
	return rc < 0 ? err_wrap(err, "volume '%s': nfs '%s'", volume ? volume + 1 : "", p->source) : 0;
}

/* ---- the child ---------------------------------------------------------------------------------------------------------- */

/* Words of fstab that are not the kernel's. */
static bool is_for_others(const char *word, size_t n)
{
	static const char *const words[] = { "defaults", "_netdev", "nofail", "auto", "noauto", "fg", "bg",
		"user", "nouser", "users", "owner", "group", "intr", "nointr" };

	for (size_t i = 0; i < LEN(words); i++)
		if (strlen(words[i]) == n && strncmp(words[i], word, n) == 0)
			return true;
	return strncmp(word, "retry=", 6) == 0 || strncmp(word, "x-", 2) == 0 ||
	       strncmp(word, "comment=", 8) == 0;
}

static void drop_foreign(char *options)
{
	char *to = options;

	for (const char *word = options; *word;) {
		size_t n = strcspn(word, ",");
		const char *next = word + n + (word[n] == ',');

		if (n && !is_for_others(word, n)) {
			if (to != options)
				*to++ = ',';
			memmove(to, word, n);
			to += n;
		}
		word = next;
	}
	*to = '\0';
}

/* The value of an option, copied; "" when it is not there. */
static void option_of(const char *options, const char *name, char *to, size_t size)
{
	size_t len = strlen(name);

	*to = '\0';
	for (const char *word = options; *word; word += strcspn(word, ","), word += *word == ',')
		if (strncmp(word, name, len) == 0 && word[len] == '=')
			snprintf(to, size, "%.*s", (int) strcspn(word + len + 1, ","), word + len + 1);
}

static void version_of(const char *options, char version[16])
{
	option_of(options, "nfsvers", version, 16);
	if (!*version)
		option_of(options, "vers", version, 16);
}

static int fails(const char *what, int errnum)
{
	fprintf(stderr, "%s: %s", what, strerror(errnum));
	return -errnum;
}

/* Connects and says from where.  udp: a route is enough. */
static int reach(struct nfs *n, const struct addrinfo *a, bool udp)
{
	auto_close int fd =
		socket(a->ai_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage own;
	socklen_t len = sizeof own, size = sizeof(int);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		if (poll(&p, 1, NFS_CONNECT_MS) == 0)
			return -ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
			return error ? -error : -errno;
	}
	if (getsockname(fd, (struct sockaddr *) &own, &len) < 0)
		return -errno;
	if (getnameinfo((struct sockaddr *) &own, len, n->here, sizeof n->here, NULL, 0, NI_NUMERICHOST) !=
			0 ||
		getnameinfo(a->ai_addr, a->ai_addrlen, n->there, sizeof n->there, NULL, 0, NI_NUMERICHOST) !=
			0)
		return -EADDRNOTAVAIL;
	return 0;
}

static int find(struct nfs *n)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	char port[16], proto[16], version[16], what[320];
	int rc;

	option_of(n->options, "port", port, sizeof port);
	option_of(n->options, "proto", proto, sizeof proto);
	version_of(n->options, version);
	if ((rc = getaddrinfo(n->server, *port ? port : NFS_PORT, &hints, &all)) != 0) {
		fprintf(stderr, "host '%s': %s", n->server, gai_strerror(rc));
		return -EHOSTUNREACH;
	}
	rc = -EHOSTUNREACH;
	for (const struct addrinfo *a = all; a && rc < 0;
		a = a->ai_next) /* version 3 asks rpcbind for its port */
		rc = reach(n, a, (*proto && strncmp(proto, "tcp", 3) != 0) || version[0] == '3');
	freeaddrinfo(all);
	snprintf(what, sizeof what, "connect to port %s of '%s'", *port ? port : NFS_PORT, n->server);
	return rc < 0 ? fails(what, -rc) : 0;
}

static const char *remedy(int errnum)
{
	switch (errnum) {
	case ENODEV:
		return " (this kernel has no NFS client: load its module nfs; or mount it on the host "
		       "otherwise and use hostPath)";
	case ENOENT:
		return " (the server has no such path)";
	case EACCES:
	case EPERM:
		return " (the server's exports do not allow it)";
	case EINVAL:
		return " (look at the mount options)";
	default:
		return "";
	}
}

static int try_version(const struct nfs *n, const char *target, const char *version)
{
	const char *o = strchr(n->server, ':') ? "[" : "", *c = *o ? "]" : "";
	char device[4608], data[NFS_DATA_MAX];

	snprintf(device, sizeof device, "%s%s%s:%.4096s", o, n->server, c, n->path);
	if (snprintf(data, sizeof data, "%s%s%s%saddr=%s,clientaddr=%s", n->options, *n->options ? "," : "",
		    version, *version ? "," : "", n->there, n->here) >= (int) sizeof data)
		return -E2BIG;
	return mount(device, target, "nfs", n->flags, data) < 0 ? -errno : 0;
}

static int mount_it(const struct nfs *n, const char *target)
{
	static const char *const versions[] = { "vers=4.2", "vers=4.1", "vers=4.0", "vers=3" };
	int rc = -EPROTONOSUPPORT;
	char chosen[16];

	version_of(n->options, chosen);
	if (*chosen)
		rc = try_version(n, target, "");
	for (size_t i = 0; !*chosen && i < LEN(versions) && rc == -EPROTONOSUPPORT; i++)
		rc = try_version(n, target, versions[i]);
	if (rc < 0)
		fprintf(stderr, "mount: %s%s", strerror(-rc), remedy(-rc));
	return rc;
}

int monitor_nfs(const char *source, const char *target, const char *options)
{
	const char *colon = strstr(source, ":/");
	struct nfs n = { .flags = MS_NOSUID | MS_NODEV };
	size_t len = colon ? (size_t) (colon - source) : 0;

	if (!colon || !len || len >= sizeof n.server)
		return -fails("expected SERVER:/PATH", EINVAL);
	if (*source == '[' && source[len - 1] == ']') { /* an IPv6 address in brackets */
		source++;
		len -= 2;
	}
	memcpy(n.server, source, len);
	n.path = colon + 1;
	if (mount_options_split(options, &n.flags, n.options, sizeof n.options) < 0)
		return -fails("options", E2BIG);
	drop_foreign(n.options);
	return find(&n) < 0 || mount_it(&n, target) < 0;
}
