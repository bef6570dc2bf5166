#include "pkg/network/names.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pkg/engine/scope.h"
#include "pkg/network/dns_table.h"
#include "pkg/network/ports.h"
#include "pkg/network/subnet.h"
#include "pkg/network/words.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"

#define PATH_DNS "dns"
#define DNS_PORT 53
#define ARGS_MAX 32
#define SCOPE_NAME 64
#define END_LOOK_MS 20
#define END_WAIT_MS 2000 /* a server that does not go when it has nothing to do is ended */

/* ---- the directory --------------------------------------------------------------------------------------------------- */

struct home {
	int dir, pods, lock;
};

static void home_close(struct home *h)
{
	fd_close_p(&h->dir);
	fd_close_p(&h->pods);
	fd_close_p(&h->lock);
}
#define auto_home AUTO(home_close)
#define HOME_NONE                                             \
	{                                                     \
		.dir = -EBADF, .pods = -EBADF, .lock = -EBADF \
	}

/* The server reads it as nobody, whatever the caller's umask is. */
static int home_make(struct engine *e, const char *bridge, struct home *h)
{
	char path[64];

	(void) snprintf(path, sizeof path, PATH_DNS "/%s/pods", bridge);
	if ((h->pods = path_open(e->runroot_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) >= 0)
		return 0;
	if ((h->pods = dir_make(e->runroot_fd, path, 0755)) < 0)
		return h->pods;
	return fchmodat(h->pods, ".", 0755, 0) < 0 ? -errno : 0;
}

static int home_open(struct engine *e, const char *bridge, bool make, struct home *h)
{
	char path[64];
	int rc = make ? home_make(e, bridge, h) : 0;

	if (rc < 0)
		return rc;
	(void) snprintf(path, sizeof path, PATH_DNS "/%s", bridge);
	if ((h->dir = path_open(e->runroot_fd, path, PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0)) < 0)
		return h->dir;
	if (h->pods < 0 && (h->pods = path_open(h->dir, "pods", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return h->pods;
	return 0;
}

static int home_lock(struct home *h)
{
	h->lock = path_open(h->dir, "lock", PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	return h->lock < 0 ? h->lock : lock_file(h->lock, true, true);
}

static bool is_empty(const struct home *h)
{
	int fd = openat(h->pods, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;
	bool any = false;

	if (!d) {
		fd_close_p(&fd);
		return true;
	}
	while (!any && (de = readdir(d)))
		any = de->d_name[0] != '.';
	(void) closedir(d);
	return !any;
}

/* ---- the server ------------------------------------------------------------------------------------------------------ */

static int port_open(uint32_t gateway, int type, struct err *err)
{
	auto_close int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(DNS_PORT), .sin_addr.s_addr = htonl(gateway)
	};
	struct port_map p = { .host_port = DNS_PORT, .proto = type == SOCK_DGRAM ? PROTO_UDP : PROTO_TCP };
	auto_buf struct buf who = BUF_INIT(4 * KiB);
	char ip[IP_TEXT];
	int on = 1, rc;

	if (fd < 0)
		return err_sys(err, errno, "make the name server's socket");
	/* the bridge gets its address later in the same start */
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) < 0 ||
		(type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0))
		return err_sys(err, errno, "set up the name server's socket");
	rc = bind(fd, (struct sockaddr *) &at, sizeof at);
	if (rc == 0 && type == SOCK_STREAM)
		rc = listen(fd, 32);
	if (rc == 0)
		return fd_steal(&fd);
	if (errno != EADDRINUSE)
		return err_sys(err, errno, "bind port 53 of %s", ip_text(ip, gateway));
	p.host_ip = ip_text(ip, gateway);
	if (!port_holder(&p, &who))
		(void) buf_puts(&who, "another process");
	return err_set(err, ERR_EXISTS, "port 53 of %s is in use by %s", ip, who.data ? who.data : "?");
}

static int spawn(const char *program, char *const *argv, int dir, int alive, uint32_t gateway, pid_t *ret,
	struct err *err)
{
	auto_close int udp = port_open(gateway, SOCK_DGRAM, err);
	auto_close int tcp = udp < 0 ? -EBADF : port_open(gateway, SOCK_STREAM, err);
	const int pass[][2] = { { dir, 3 }, { alive, 4 }, { udp, 5 }, { tcp, 6 } };
	struct proc_opts o = PROC_OPTS(.path = program, .argv = argv, .pass = pass, .n_pass = LEN(pass),
		.new_session = true);
	pid_t pid;

	if (udp < 0 || tcp < 0)
		return udp < 0 ? udp : tcp;
	if ((pid = proc_spawn(&o, NULL, err)) < 0)
		return (int) pid;
	*ret = pid;
	return 0;
}

/* Its arguments are a file: who starts it again need not know what network it is for. */
static int server_start(struct engine *e, struct home *h, int alive, char *text, struct err *err)
{
	char *argv[ARGS_MAX + 2] = { (char *) (uintptr_t) "podctl-dns" }, line[64], *slash;
	const char *program = NULL;
	uint32_t gateway = 0;
	size_t n = 1;
	pid_t pid = 0;
	int rc;

	for (char *p = strtok_r(text, "\n", &slash); p && n <= ARGS_MAX; p = strtok_r(NULL, "\n", &slash)) {
		argv[n++] = p;
		if (!strncmp(p, "--gateway=", 10)) {
			char ip[IP_TEXT + 1] = "";

			memcpy(ip, p + 10, strcspn(p + 10, "/") < IP_TEXT ? strcspn(p + 10, "/") : 0);
			(void) ip_parse(ip, &gateway);
		}
	}
	if (!gateway)
		return err_set(err, ERR_CORRUPT, "the name server's arguments are not to be read");
	if ((rc = engine_helper(e, "podctl-dns", &program, err)) < 0 ||
		(rc = spawn(program, argv, h->dir, alive, gateway, &pid, err)) < 0)
		return rc;
	(void) snprintf(line, sizeof line, "%d %llu\n", (int) pid, (unsigned long long) proc_start_time(pid));
	(void) !ftruncate(alive, 0);
	(void) !pwrite(alive, line, strlen(line), 0);
	log_debug("network: name server started, pid %d", (int) pid);
	return 0;
}

/* Whose lock it is tells whether it lives.  Under the directory's lock. */
static int server_ensure(struct engine *e, struct home *h, struct err *err)
{
	auto_close int alive = path_open(h->dir, "alive", PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	auto_buf struct buf args = BUF_INIT(4 * KiB);
	int rc = alive < 0 ? alive : lock_file(alive, true, false);

	if (rc == -EAGAIN)
		return 0;
	if (rc < 0 || (rc = file_read(h->dir, "server", PATH_IN_STATE, &args)) < 0)
		return err_sys(err, -rc, "look for the name server");
	return server_start(e, h, alive, args.data, err);
}

/* ---- names ------------------------------------------------------------------------------------------------------------- */

static void scope_name(const struct engine *e, const char *bridge, char unit[SCOPE_NAME])
{
	(void) snprintf(unit, SCOPE_NAME, "podctl%s-dns-%s.scope", e->suffix, bridge);
}

static int arguments_write(struct engine *e, struct home *h, const struct names_request *r, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(4 * KiB), have = BUF_INIT(4 * KiB);
	const struct strs *dns = &e->config.dns_servers;
	char ip[IP_TEXT], unit[SCOPE_NAME];
	int rc;

	(void) buf_printf(&b, "--gateway=%s/%u\n", ip_text(ip, r->net->gateway), r->net->prefix);
	for (size_t i = 0; i < dns->n && i < 8; i++)
		(void) buf_printf(&b, "--server=%s\n", dns->v[i]);
	if (r->internal)
		(void) buf_puts(&b, "--internal\n");
	scope_name(e, r->net->bridge, unit);
	if (e->systemd_cgroups)
		(void) buf_printf(&b, "--scope=%s\n", unit);
	if (buf_failed(&b))
		return err_sys(err, ENOMEM, "name server");
	if (file_read(h->dir, "server", PATH_IN_STATE, &have) == 0 && have.len == b.len &&
		!memcmp(have.data, b.data, b.len))
		return 0;
	if ((rc = file_replace(h->dir, "server", b.data, b.len, 0600, false)) < 0)
		return err_sys(err, -rc, "write the name server's arguments");
	return 0;
}

/* Whole or not at all; one temporary name does, under the lock, and what a killed command left of it is overwritten. */
static int file_put_in(struct home *h, const char *name, const struct buf *b)
{
	auto_close int fd =
		openat(h->dir, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc = fd < 0 ? -errno : io_write_all(fd, b->data, b->len);

	if (rc == 0 && (fchmod(fd, 0644) < 0 || renameat(h->dir, "new", h->pods, name) < 0))
		rc = -errno;
	return rc;
}

static int names_write(struct home *h, const struct names_request *r, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(DNS_FILE_MAX);
	char ip[IP_TEXT];
	int rc;

	(void) buf_puts(&b, ip_text(ip, r->net->ip));
	for (size_t i = 0; i < r->names->n; i++)
		if (r->names->v[i][0] && !strpbrk(r->names->v[i], " \t\r\v\f\n@"))
			(void) buf_printf(&b, " %s", r->names->v[i]);
	for (size_t i = 0; r->servers && i < r->servers->n; i++)
		(void) buf_printf(&b, " @%s", r->servers->v[i]);
	(void) buf_putc(&b, '\n');
	rc = buf_failed(&b) ? b.error : file_put_in(h, r->pod, &b);
	return rc < 0 ? err_sys(err, -rc, "write the pod's names") : 0;
}

int names_publish(struct engine *e, const struct names_request *r, struct err *err)
{
	auto_home struct home h = HOME_NONE;
	int rc = home_open(e, r->net->bridge, true, &h);

	if (rc < 0 || (rc = home_lock(&h)) < 0)
		return err_sys(err, -rc, "open %s/" PATH_DNS "/%s", e->runroot, r->net->bridge);
	if ((rc = arguments_write(e, &h, r, err)) < 0 || (rc = names_write(&h, r, err)) < 0)
		return rc;
	if ((rc = server_ensure(e, &h, err)) < 0)
		(void) unlinkat(h.pods, r->pod, 0);
	return rc;
}

/* The process that 'alive' names, as long as it is that one; -1: there is none. */
static int server_pidfd(struct home *h)
{
	auto_buf struct buf b = BUF_INIT(1 * KiB);
	unsigned long long start;
	int pid;

	if (file_read(h->dir, "alive", PATH_IN_STATE, &b) < 0 || !b.data ||
		sscanf(b.data, "%d %llu", &pid, &start) != 2)
		return -1;
	return proc_pidfd(pid, start);
}

/* It goes when it sees that nobody is left, unless somebody comes meanwhile; one that is stopped or lost its mind is ended. */
static void server_await(struct home *h, int pidfd)
{
	struct pollfd p = { pidfd, POLLIN, 0 };

	for (int ms = 0; ms < END_WAIT_MS && is_empty(h); ms += END_LOOK_MS)
		if (poll(&p, 1, END_LOOK_MS) != 0)
			return;
	if (home_lock(h) < 0 || !is_empty(h))
		return;
	(void) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	(void) poll(&p, 1, END_WAIT_MS);
}

/* systemd drops a scope a moment after its last process; who asked for the end sees it gone.  Under the lock no other server
 * starts, which would have a scope of the same name. */
static void scope_leave(struct engine *e, struct home *h, const char *bridge)
{
	struct err ignored = { 0 };
	char unit[SCOPE_NAME];

	if (!e->systemd_cgroups || (h->lock < 0 && home_lock(h) < 0) || !is_empty(h))
		return;
	scope_name(e, bridge, unit);
	if (scope_stop(e, unit, &ignored) < 0)
		log_debug("network: %s, ignoring", ignored.msg);
}

void names_withdraw(struct engine *e, const char *bridge, const char *pod)
{
	auto_home struct home h = HOME_NONE;
	auto_close int pidfd = -EBADF;
	char path[192];

	(void) snprintf(path, sizeof path, PATH_DNS "/%s/pods/%s", bridge, pod);
	if (faccessat(e->runroot_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
		home_open(e, bridge, false, &h) < 0)
		return;
	/* without the lock, which the server wants to go */
	(void) unlinkat(h.pods, pod, 0);
	if (!is_empty(&h))
		return;
	if ((pidfd = server_pidfd(&h)) >= 0)
		server_await(&h, pidfd);
	scope_leave(e, &h, bridge);
}

/* ---- all networks ------------------------------------------------------------------------------------------------------ */

static void each_network(struct engine *e, void (*each)(struct engine *, const char *bridge))
{
	int fd = openat(e->runroot_fd, PATH_DNS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return;
	}
	while ((de = readdir(d)))
		if (de->d_name[0] != '.')
			each(e, de->d_name);
	(void) closedir(d);
}

static void tend(struct engine *e, const char *bridge)
{
	auto_home struct home h = HOME_NONE;
	auto_close int alive = -EBADF;
	struct err err = { 0 };
	char path[64];

	(void) snprintf(path, sizeof path, PATH_DNS "/%s/alive", bridge);
	alive = path_open(e->runroot_fd, path, PATH_IN_STATE, O_RDWR, 0);
	if (alive < 0 || !lock_is_free(alive) || home_open(e, bridge, false, &h) < 0 || is_empty(&h) ||
		home_lock(&h) < 0 || is_empty(&h))
		return;
	if (server_ensure(e, &h, &err) < 0)
		log_warn("names on %s are not answered: %s", bridge, err.msg);
}

void names_tend(struct engine *e) { each_network(e, tend); }

static void remove_all(struct engine *e, const char *bridge)
{
	auto_home struct home h = HOME_NONE;
	auto_close int pidfd = -EBADF;

	if (home_open(e, bridge, false, &h) < 0)
		return;
	pidfd = server_pidfd(&h);
	(void) dir_remove(h.dir, "pods");
	if (pidfd >= 0)
		server_await(&h, pidfd);
	scope_leave(e, &h, bridge);
}

void names_reset(struct engine *e)
{
	each_network(e, remove_all);
	(void) dir_remove(e->runroot_fd, PATH_DNS);
}

/* ---- resolv.conf ------------------------------------------------------------------------------------------------------- */

int names_resolv(const char *host, uint32_t server, struct buf *b)
{
	struct span line, key, search = { NULL, 0 };
	char ip[IP_TEXT];

	for (const char *p = host; line_next(&p, &line);) {
		struct span rest = line;

		if (word_next(&rest, &key) && (span_is(key, "search") || span_is(key, "domain")))
			search = rest;
	}
	(void) buf_printf(b, "search " DNS_DOMAIN "%.*s\n", (int) search.len, search.at ? search.at : "");
	for (const char *p = host; line_next(&p, &line);) {
		struct span rest = line;

		if (word_next(&rest, &key) && span_is(key, "options"))
			(void) buf_printf(b, "%.*s\n", (int) line.len, line.at);
	}
	return buf_printf(b, "nameserver %s\n", ip_text(ip, server));
}
