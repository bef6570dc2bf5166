#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"
#include "runtime/command.h"
#include "runtime/systemd.h"

int container_pidfd(const struct oci_state *s, struct err *err)
{
	int fd = proc_pidfd(s->pid, s->start_time);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd >= 0 && poll(&p, 1, 0) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(err, ERR_STATE, "container not running");
}

enum oci_status container_status(int dir, const struct oci_state *s)
{
	enum oci_status st = oci_state_status(dir, s);
	struct cgroup_fs cg = { 0 };
	struct err ignored;

	if ((st != OCI_RUNNING && st != OCI_CREATED) || !s->cgroup_path[0] || cgroup_open(&cg, &ignored) < 0)
		return st;
	if (cgroup_is_frozen(&cg, s->cgroup_path))
		st = OCI_PAUSED;
	cgroup_close(&cg);
	return st;
}

int cmd_state(const struct globals *g, int argc, char **argv, struct err *err)
{
	static const struct opt table[] = { { NULL, 0, OPT_FLAG, NULL, NULL } };
	auto_close int dir = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	const char *id;
	json_t *o;
	char *text;
	int rc;

	if ((rc = command_id(argc, argv, table, &id, err)) != 0 ||
		(rc = statedir_open(g->root, id, &dir, &s, err)) < 0)
		return rc;
	o = oci_state_public(&s, container_status(dir, &s));
	text = o ? json_text(o, JSON_INDENT(2)) : NULL;
	if (text)
		printf("%s\n", text);
	free(text);
	json_decref(o);
	return text ? 0 : err_sys(err, ENOMEM, "container '%s'", id);
}

static int kill_one(const struct globals *g, const char *id, int sig, bool all, struct err *err)
{
	auto_close int dir = -EBADF;
	auto_close int pidfd = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	struct cgroup_fs cg = { 0 };
	struct err ignored;
	int rc;

	if ((rc = statedir_open(g->root, id, &dir, &s, err)) < 0)
		return rc;
	if (all && s.cgroup_path[0]) {
		if ((rc = cgroup_open(&cg, err)) == 0)
			rc = cgroup_kill(&cg, s.cgroup_path, sig, err);
		cgroup_close(&cg);
		return rc < 0 ? err_wrap(err, "container '%s'", id) : 0;
	}
	if ((pidfd = container_pidfd(&s, err)) < 0)
		return all ? (err_clear(err), 0) : err_wrap(err, "container '%s': kill", id);
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 && errno != ESRCH)
		return err_sys(err, errno, "container '%s': send %s", id, signal_name(sig));
	if (sig == SIGKILL && s.cgroup_path[0] && cgroup_open(&cg, &ignored) == 0) {
		/* without a pid namespace nobody ends the others; a frozen v1 cgroup holds even SIGKILL back */
		if (!(s.namespaces & 1u << OCI_NS_PID))
			(void) cgroup_kill(&cg, s.cgroup_path, SIGKILL, &ignored);
		else if (cg.mode == CGROUP_V1 && cgroup_is_frozen(&cg, s.cgroup_path))
			(void) cgroup_freeze(&cg, s.cgroup_path, false, &ignored);
		cgroup_close(&cg);
	}
	return 0;
}

/* Calls fn for every container whose id matches the expression; the first error stops it. */
static int for_matching(const struct globals *g, const char *expr,
	int (*fn)(const struct globals *, const char *, void *, struct err *), void *arg, struct err *err)
{
	DIR *d = opendir(g->root);
	struct dirent *e;
	regex_t re;
	int rc = 0;

	if (!d)
		return errno == ENOENT ? 0 : err_sys(err, errno, "read '%s'", g->root);
	if (regcomp(&re, expr, REG_EXTENDED | REG_NOSUB) != 0) {
		closedir(d);
		return err_set(err, ERR_INVALID, "--regex '%s': is not a regular expression", expr);
	}
	while (rc == 0 && (e = readdir(d)))
		if (statedir_id_ok(e->d_name) && e->d_type == DT_DIR &&
			regexec(&re, e->d_name, 0, NULL, 0) == 0)
			rc = fn(g, e->d_name, arg, err);
	regfree(&re);
	closedir(d);
	return rc;
}

struct kill_args {
	int sig;
	bool all;
};

static int kill_matching(const struct globals *g, const char *id, void *arg, struct err *err)
{
	const struct kill_args *k = arg;

	return kill_one(g, id, k->sig, k->all, err);
}

int cmd_kill(const struct globals *g, int argc, char **argv, struct err *err)
{
	struct kill_args k = { .sig = SIGTERM };
	bool regex = false, help;
	const struct opt table[] = { { "all", 'a', OPT_FLAG, &k.all, "every process of the container" },
		{ "regex", 'r', OPT_FLAG, &regex, "ID is a regular expression" },
		{ NULL, 0, OPT_FLAG, NULL, NULL } };
	char **pos;
	int n, rc;

	if ((rc = options_parse(argc, argv, table, 0, &pos, &n, &help, err)) < 0)
		return rc;
	if (help) {
		printf("Usage: podctl-runtime kill [--all] [--regex] ID [SIGNAL]\n");
		return 0;
	}
	if (n < 1 || n > 2)
		return err_set(err, ERR_INVALID, "kill: expected a container id and a signal");
	if (n == 2 && strcmp(pos[1], "0") == 0)
		k.sig = 0; /* kill(2): is it there? */
	else if (n == 2 && (k.sig = signal_parse(pos[1])) < 0)
		return err_set(err, ERR_INVALID, "kill: unknown signal '%s'", pos[1]);
	return regex ? for_matching(g, pos[0], kill_matching, &k, err)
		     : kill_one(g, pos[0], k.sig, k.all, err);
}

static int stop_for_delete(const struct oci_state *s, enum oci_status st, bool force,
	const struct cgroup_fs *cg, struct err *err)
{
	auto_close int pidfd = -EBADF;
	struct err ignored;
	struct pollfd p;

	if (st == OCI_STOPPED)
		return 0;
	if (!force && st != OCI_CREATED)
		return err_set(err, ERR_STATE,
			"cannot be deleted while it is %s; stop it first or use --force",
			oci_status_name(st));
	if (st == OCI_CREATING)
		return 0;
	if ((pidfd = container_pidfd(s, &ignored)) < 0)
		return 0;
	(void) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (s->cgroup_path[0])
		(void) cgroup_kill(cg, s->cgroup_path, SIGKILL, &ignored);
	p = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	if (poll(&p, 1, 10000) == 0)
		return err_set(
			err, ERR_STATE, "its init (pid %d) did not die within 10 s of SIGKILL", (int) s->pid);
	return 0;
}

static int run_poststop(int dir, const struct oci_state *s, struct err *err)
{
	auto_config struct config cfg = { 0 };

	if (config_read(dir, "config.json", &cfg, NULL, NULL, err) < 0)
		return 0;
	return hooks_run(&cfg, HOOK_POSTSTOP, oci_state_public(s, OCI_STOPPED), err);
}

static bool wants_poststop(int dir)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);

	return file_read(dir, "config.json", PATH_IN_STATE, &b) == 0 && b.data &&
	       strstr(b.data, "\"poststop\"");
}

/* A `create` that was killed has written its configuration, perhaps made cgroups, and not yet said so in a state.  Its
 * process, if there was one, died with it. */
static void remove_partial(int dir, const char *id)
{
	auto_config struct config cfg = { 0 };
	struct cgroup_fs cg = { 0 };
	struct err ignored;
	char path[1024];

	if (config_read(dir, "config.json", &cfg, NULL, NULL, &ignored) < 0 || cgroup_open(&cg, &ignored) < 0)
		return;
	if (container_cgroup_path(&cfg, &cg, id, path, sizeof path) == 0 &&
		cgroup_remove(&cg, path, &ignored) < 0)
		log_warn("container %s: %s, ignoring", id, ignored.msg);
	cgroup_close(&cg);
}

int container_delete(const struct globals *g, const char *id, bool force, struct err *err)
{
	auto_close int dir = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	struct cgroup_fs cg = { 0 };
	struct err soft = { 0 };
	int rc;

	if ((rc = statedir_open(g->root, id, &dir, &s, err)) < 0) {
		if (rc == -ENOENT && force)
			return err_clear(err), 0;
		return rc;
	}
	/* one at a time; who comes second finds nothing */
	while (flock(dir, LOCK_EX) < 0 && errno == EINTR)
		;
	if (s.pid && faccessat(dir, OCI_STATE_FILE, F_OK, 0) < 0)
		return force ? 0 : err_set(err, ERR_NOT_FOUND, "container does not exist: '%s'", id);
	if (s.cgroup_path[0] && (rc = cgroup_open(&cg, err)) < 0)
		return rc;
	if ((rc = stop_for_delete(&s, oci_state_status(dir, &s), force, &cg, err)) < 0)
		goto out;
	if (s.cgroup_path[0]) {
		/* twice: the state that names it is gone after this, and a failure may pass */
		for (int tries = 0; tries < 2 && (rc = cgroup_destroy(&cg, s.cgroup_path, &soft)) < 0;
			tries++)
			;
		if (rc < 0)
			log_warn("container %s: %s, ignoring", id, soft.msg);
		if (s.systemd_scope && systemd_scope_stop(s.systemd_scope, &soft) < 0)
			log_warn("container %s: %s, ignoring", id, soft.msg);
	}
	if (!s.pid)
		remove_partial(dir, id);
	if (wants_poststop(dir) && run_poststop(dir, &s, &soft) < 0)
		log_warn("container %s: %s, ignoring", id, soft.msg);
	if ((rc = statedir_remove(g->root, id)) < 0)
		rc = err_sys(err, -rc, "container '%s': remove its state", id);
	cgroup_close(&cg);
	return rc;
out:
	cgroup_close(&cg);
	return err_wrap(err, "container '%s'", id);
}

static int delete_matching(const struct globals *g, const char *id, void *arg, struct err *err)
{
	return container_delete(g, id, *(bool *) arg, err);
}

int cmd_delete(const struct globals *g, int argc, char **argv, struct err *err)
{
	bool force = false, regex = false;
	const struct opt table[] = { { "force", 'f', OPT_FLAG, &force,
					     "kill it first; not there is success" },
		{ "regex", 'r', OPT_FLAG, &regex, "ID is a regular expression" },
		{ NULL, 0, OPT_FLAG, NULL, NULL } };
	static struct opt t[3];
	const char *id;
	int rc;

	memcpy(t, table, sizeof table);
	if ((rc = command_id(argc, argv, t, &id, err)) != 0)
		return rc;
	return regex ? for_matching(g, id, delete_matching, &force, err)
		     : container_delete(g, id, force, err);
}

static int freeze(const struct globals *g, int argc, char **argv, bool frozen, struct err *err)
{
	static const struct opt table[] = { { NULL, 0, OPT_FLAG, NULL, NULL } };
	auto_close int dir = -EBADF;
	auto_oci_state struct oci_state s = { 0 };
	struct cgroup_fs cg = { 0 };
	enum oci_status st;
	const char *id;
	int rc;

	if ((rc = command_id(argc, argv, table, &id, err)) != 0 ||
		(rc = statedir_open(g->root, id, &dir, &s, err)) < 0)
		return rc;
	st = container_status(dir, &s);
	if (frozen ? st != OCI_RUNNING && st != OCI_CREATED : st != OCI_PAUSED)
		return err_set(err, ERR_STATE, "container '%s': cannot be %s while it is %s", id,
			frozen ? "paused" : "resumed", oci_status_name(st));
	if (!s.cgroup_path[0])
		return err_set(
			err, ERR_UNSUPPORTED, "container '%s': has no cgroup of its own to freeze", id);
	if ((rc = cgroup_open(&cg, err)) == 0)
		rc = cgroup_freeze(&cg, s.cgroup_path, frozen, err);
	cgroup_close(&cg);
	return rc < 0 ? err_wrap(err, "container '%s'", id) : 0;
}

int cmd_pause(const struct globals *g, int argc, char **argv, struct err *err)
{
	return freeze(g, argc, argv, true, err);
}
int cmd_resume(const struct globals *g, int argc, char **argv, struct err *err)
{
	return freeze(g, argc, argv, false, err);
}
