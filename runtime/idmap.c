#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"
#include "runtime/container.h"

#define IDMAPS_MAX 340 /* lines the kernel takes, Linux 4.15 */
#define SUBID_MAX (1 << 20)

static int write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	auto_close int fd = -EBADF;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, name);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	return n < 0 ? -errno : 0;
}

static void maps_text(const struct id_maps *m, char sep, struct buf *b)
{
	for (size_t i = 0; i < m->n; i++)
		buf_printf(b, "%u%c%u%c%u%c", m->v[i].container, sep, m->v[i].host, sep, m->v[i].size,
			sep == ' ' ? '\n' : sep);
}

static bool find_program(const char *name, char path[64])
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin" };

	for (size_t i = 0; i < LEN(dirs); i++) {
		snprintf(path, 64, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* newuidmap PID C H N ...: a set-uid program that allows what /etc/subuid grants the caller. */
static int by_program(const char *program, pid_t pid, const struct id_maps *m, struct err *err)
{
	auto_buf struct buf out = BUF_INIT(64 * KiB);
	char path[64], words[16], *argv[3 + 3 * IDMAPS_MAX + 1];
	auto_buf struct buf nums = BUF_INIT(64 * KiB);
	size_t n = 0;
	int status, rc;

	if (!find_program(program, path))
		return err_set(err, ERR_UNSUPPORTED,
			"%s is not installed (package uidmap), and an ordinary user cannot map more than one "
			"id without it",
			program);
	if (m->n > IDMAPS_MAX)
		return err_set(err, ERR_INVALID, "more than %d id mappings", IDMAPS_MAX);
	maps_text(m, '\0', &nums);
	if (buf_failed(&nums))
		return err_sys(err, ENOMEM, "%s", program);
	snprintf(words, sizeof words, "%d", (int) pid);
	argv[n++] = path;
	argv[n++] = words;
	for (char *p = nums.data; p && p < nums.data + nums.len; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
	if ((rc = proc_run(&(struct proc_opts) PROC_OPTS(.path = path, .argv = argv), NULL, 0, NULL, &out,
		     10000000, &status, err)) < 0)
		return rc;
	if (proc_exit_code(status) != 0)
		return err_set(err, ERR_DENIED, "%s failed: %.*s", program,
			(int) strcspn(out.data ? out.data : "", "\n"), out.data ? out.data : "");
	return 0;
}

static int write_map(pid_t pid, bool group, const struct id_maps *m, struct err *err)
{
	const char *file = group ? "gid_map" : "uid_map";
	auto_buf struct buf text = BUF_INIT(64 * KiB);
	uint32_t me = group ? getegid() : geteuid();
	int rc;

	maps_text(m, ' ', &text);
	if (buf_failed(&text))
		return err_sys(err, ENOMEM, "write %s", file);
	/* our own id alone may be mapped by anybody, at the price of setgroups() */
	if (geteuid() != 0 && group && m->n == 1 && m->v[0].size == 1 && m->v[0].host == me)
		(void) write_file(pid, "setgroups", "deny");
	if ((rc = write_file(pid, file, text.data)) == -EPERM && geteuid() != 0)
		return by_program(group ? "newgidmap" : "newuidmap", pid, m, err);
	return rc < 0 ? err_sys(err, -rc, "write %s of the user namespace", file) : 0;
}

int idmap_write(pid_t pid, const struct id_maps *uids, const struct id_maps *gids, struct err *err)
{
	int rc = write_map(pid, true, gids, err);

	return rc < 0 ? rc : write_map(pid, false, uids, err);
}

int idmap_userns(const struct id_maps *uids, const struct id_maps *gids, struct err *err)
{
	char path[64];
	int p[2], fd, rc;
	pid_t pid;
	char byte;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a user namespace for id maps");
	if ((pid = fork()) == 0) {
		close(p[0]);
		if (unshare(CLONE_NEWUSER) < 0 || write(p[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void) pause(); /* ended by SIGKILL when the namespace has been opened */
	}
	close(p[1]);
	rc = pid < 0 ? err_sys(err, errno, "make a user namespace for id maps") : 0;
	if (rc == 0 && read(p[0], &byte, 1) != 1)
		rc = err_set(err, ERR_DENIED, "make a user namespace for id maps: not permitted");
	close(p[0]);
	if (rc == 0)
		rc = idmap_write(pid, uids, gids, err);
	snprintf(path, sizeof path, "/proc/%d/ns/user", (int) pid);
	if (rc == 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		rc = err_sys(err, errno, "open '%s'", path);
	else if (rc == 0)
		rc = fd;
	if (pid > 0) {
		(void) kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return rc;
}

/* "NAME:FIRST:COUNT" of one of /etc/subuid, /etc/subgid; several lines make several ranges. */
static void subordinate(const char *file, const char *name, struct id_maps *m)
{
	auto_buf struct buf b = BUF_INIT(SUBID_MAX);
	char number[16], *at, *line;
	uint64_t first, count, next = 1;

	snprintf(number, sizeof number, "%u", geteuid());
	if (file_read(AT_FDCWD, file, PATH_IN_STATE, &b) < 0 || !b.data)
		return;
	at = b.data;
	while (m->n < IDMAPS_MAX && (line = strsep(&at, "\n"))) {
		const char *who = strsep(&line, ":"), *from = strsep(&line, ":"), *size = strsep(&line, ":");

		if (!from || !size || (strcmp(who, name) != 0 && strcmp(who, number) != 0) ||
			parse_u64(from, 0, UINT32_MAX, &first) < 0 ||
			parse_u64(size, 1, UINT32_MAX - next, &count) < 0)
			continue;
		m->v[m->n++] = (struct id_map){ (uint32_t) next, (uint32_t) first, (uint32_t) count };
		next += count;
	}
}

/* The name of the calling user, in /etc/passwd or, where an unknown service keeps it, in the environment. */
static const char *user_name(struct buf *passwd)
{
	char *at, *line;
	uint64_t uid;

	if (file_read(AT_FDCWD, "/etc/passwd", PATH_IN_STATE, passwd) < 0 || !passwd->data)
		return getenv("USER");
	at = passwd->data;
	while ((line = strsep(&at, "\n"))) {
		const char *name = strsep(&line, ":"), *secret = strsep(&line, ":"),
			   *number = strsep(&line, ":");

		(void) secret;
		if (number && parse_u64(number, 0, UINT32_MAX, &uid) == 0 && uid == geteuid())
			return name;
	}
	return getenv("USER");
}

int idmap_automatic(struct config *g, struct err *err)
{
	auto_buf struct buf passwd = BUF_INIT(SUBID_MAX);
	const char *name;
	char path[64];

	if (geteuid() == 0 || g->ns[OCI_NS_USER].wanted)
		return 0;
	if (!(g->uids.v = arena_array(&g->arena, IDMAPS_MAX, sizeof *g->uids.v)) ||
		!(g->gids.v = arena_array(&g->arena, IDMAPS_MAX, sizeof *g->gids.v)))
		return err_sys(err, ENOMEM, "map ids");
	g->ns[OCI_NS_USER].wanted = true;
	g->uids.v[g->uids.n++] = (struct id_map){ 0, geteuid(), 1 };
	g->gids.v[g->gids.n++] = (struct id_map){ 0, getegid(), 1 };
	/* newuidmap knows people by their names only */
	if (!find_program("newuidmap", path) || !find_program("newgidmap", path) ||
		!(name = user_name(&passwd)))
		return 0;
	subordinate("/etc/subuid", name, &g->uids);
	subordinate("/etc/subgid", name, &g->gids);
	return 0;
}
