/* Freeing what a pod holds, by its row; removing it; leftovers of killed commands. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "pkg/engine/mounts.h"
#include "pkg/engine/scope.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/util/text.h"
#include "pkg/volume/volume.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "remove pod"); }

/* ---- volatile things ---------------------------------------------------------------------------------------------------- */

/* The runtime's record of a container: ours is a directory without anything behind it once the process and the cgroup are
 * gone; a foreign runtime cleans up itself. */
static int forget_runtime(struct engine *e, struct pod *p, struct err *err)
{
	auto_close int rt = path_open(e->runroot_fd, "rt", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	const char *runtime = NULL, *root = path_abs_run(e, "rt");
	bool ours = true;
	int rc;

	if (rt < 0)
		return 0;
	for (size_t i = 0; i < p->n; i++) {
		struct stat st;

		if (fstatat(rt, p->ctr[i].id, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!runtime && (rc = engine_runtime_named(e, p->spec.runtime, &runtime, &ours, err)) < 0)
			return rc;
		if (!ours && root) {
			char *argv[] = { (char *) (uintptr_t) runtime, (char *) (uintptr_t) "--root",
				(char *) (uintptr_t) root, (char *) (uintptr_t) "delete",
				(char *) (uintptr_t) "--force", p->ctr[i].id, NULL };
			struct proc_opts o = PROC_OPTS(.path = runtime, .argv = argv);
			int status;

			if ((rc = proc_run(&o, NULL, 0, NULL, NULL, 30 * 1000000ULL, &status, err)) < 0) {
				log_warn("%s, ignoring", err->msg);
				err_clear(err);
			}
		}
		if ((rc = dir_remove(rt, p->ctr[i].id)) < 0)
			return err_sys(
				err, -rc, "remove the runtime's state of container %.12s", p->ctr[i].id);
	}
	return 0;
}

/* Everything in the run directory but the lock, which we hold and others wait for. */
static int clear_run_dir(struct pod *p, struct err *err)
{
	static const char *const names[] = { PATH_CTL, PATH_STATUS, PATH_ALIVE, "etc", "shm", "volumes" };
	int rc = 0;

	if (p->run_fd < 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < LEN(names); i++)
		rc = dir_remove(p->run_fd, names[i]);
	for (size_t i = 0; rc == 0 && i < p->n; i++)
		rc = dir_remove(p->run_fd, p->ctr[i].id);
	return rc < 0 ? err_sys(err, -rc, "clear the run directory of '%s'", p->row.name) : 0;
}

/* The monitor became us, in its place in the scope. */
static bool is_inside(const char *scope)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	return file_read(AT_FDCWD, "/proc/self/cgroup", PATH_IN_STATE, &b) >= 0 && b.data &&
	       strstr(b.data, scope);
}

/* systemd would end whoever asks from within the scope, in the middle of its work.  It need not be asked: a scope without
 * processes ends by itself, and we are the last. */
static int free_cgroup(struct engine *e, struct pod_res *r, struct err *err)
{
	int rc;

	if (*r->scope)
		return is_inside(r->scope) ? 0 : scope_stop(e, r->scope, err);
	if (!*r->cgroup)
		return 0;
	if (!e->cgroups_open && (rc = engine_cgroups(e, err)) < 0)
		return rc;
	return cgroup_remove(&e->cgroups, r->cgroup, err);
}

/* A monitor that lives is told to end at once; what it leaves is killed. */
int pod_end_monitor(struct engine *e, struct pod *p, struct err *err)
{
	auto_close int sock = -EBADF;
	struct err ignored = { 0 };
	int rc;

	if (pod_monitor_alive(p) && monitor_connect(p->run_fd, &sock, &ignored) >= 0) {
		rc = monitor_call(
			sock, json_pack("{s:s, s:i}", "op", "STOP", "timeout_us", 0), NULL, &ignored);
		if (rc < 0)
			log_debug("stop '%s': %s", p->row.name, ignored.msg);
		if ((rc = monitor_gone(p, sock, err)) < 0)
			return rc;
	}
	return p->row.res ? pod_kill_all(e, p, err) : 0;
}

int pod_teardown(struct engine *e, struct pod *p, struct err *err)
{
	struct pod_res r;
	int rc;

	if ((rc = pod_end_monitor(e, p, err)) < 0 || (rc = pod_res_load(p, &p->arena, &r, err)) < 0)
		return rc;
	if ((rc = free_cgroup(e, &r, err)) < 0 || (rc = forget_runtime(e, p, err)) < 0)
		return rc;
	/* no process holds the network namespace any more, so the kernel removes the links on its own */
	if (r.has_net && (rc = network_detach(e, p->row.id, &r.net, err)) < 0)
		return rc;
	if ((rc = clear_run_dir(p, err)) < 0 || (rc = pod_files_remove(e, p, err)) < 0)
		return rc;
	return p->row.res && p->row.state != ROW_CREATING ? pod_res_store(e, p, NULL, err) : 0;
}

/* ---- for good ------------------------------------------------------------------------------------------------------------- */

static int remove_dirs(struct engine *e, struct pod *p, struct err *err)
{
	auto_close int pods = path_open(e->root_fd, "pods", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	int rc;

	for (size_t i = 0; i < p->n; i++)
		if ((rc = mounts_remove(e, MOUNTS_OF_CONTAINERS, p->ctr[i].id, err)) < 0)
			return rc;
	rc = pods < 0 ? 0 : dir_remove(pods, p->row.id);
	return rc < 0 ? err_sys(err, -rc, "remove the directory of '%s'", p->row.name) : 0;
}

/* The lock goes last: whoever waits for it finds that its file has no name any more. */
static int remove_run_dir(struct engine *e, struct pod *p, struct err *err)
{
	auto_close int pods = path_open(e->runroot_fd, "pods", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	int rc = pods < 0 ? 0 : dir_remove(pods, p->row.id);

	return rc < 0 ? err_sys(err, -rc, "remove the run directory of '%s'", p->row.name) : 0;
}

/* Volumes made for one container go with it, once no row names them; one that another has borrowed stays. */
static void drop_volumes(struct engine *e, const struct container_spec *c)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		struct err one = { 0 };

		if (m->type == MOUNT_NAMED && m->anonymous && volume_remove(e, m->source, &one) < 0 &&
			one.kind != ERR_NOT_FOUND && one.kind != ERR_STATE)
			log_warn("%s, ignoring", one.msg);
	}
}

int pod_remove(struct engine *e, struct pod *p, struct err *err)
{
	int rc;

	/* its names are free from now on: a removal that is cut short must not keep them */
	if (p->row.state != ROW_REMOVING && (rc = store_pod_release(e->store, p->row.id, err)) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return rc;
		err_clear(err); /* it never got its row */
	} else if (p->row.state != ROW_REMOVING) {
		pod_events_removed(e, p); /* whoever frees the names says so */
	}
	if ((rc = pod_teardown(e, p, err)) < 0 || (rc = remove_dirs(e, p, err)) < 0 ||
		(rc = store_pod_del(e->store, p->row.id, err)) < 0)
		return rc;
	for (size_t i = 0; i < p->n; i++)
		if (p->drop_volumes || p->spec.autoremove || !p->row.solo)
			drop_volumes(e, &p->ctr[i]);
	if ((rc = remove_run_dir(e, p, err)) == 0)
		spare_make(e, p);
	return rc;
}

int pod_remove_container(struct engine *e, struct pod *p, const char *ctr, struct err *err)
{
	const struct container_spec *c = pod_ctr(p, ctr, NULL);
	auto_close int sock = -EBADF;
	auto_close int dir = -EBADF;
	size_t at;
	int rc;

	if (p->row.solo)
		return pod_remove(e, p, err);
	if (!c)
		return err_set(err, ERR_NOT_FOUND, "pod '%s' has no container %.12s", p->row.name, ctr);
	if (c->role == ROLE_INFRA)
		return err_set(err, ERR_STATE,
			"container %.12s is the infra container of pod '%s' and goes with it", ctr,
			p->row.name);
	if (p->alive && pod_status_of(p, ctr)) {
		if ((rc = pod_stop(e, p, ctr, 0, err)) < 0)
			return rc;
		if (p->alive &&
			((rc = pod_connect(e, p, &sock, err)) < 0 ||
				(rc = monitor_call(sock, json_pack("{s:s, s:s}", "op", "FORGET", "ctr", ctr),
					 NULL, err)) < 0))
			return rc;
	}
	if ((rc = mounts_remove(e, MOUNTS_OF_CONTAINERS, ctr, err)) < 0)
		return rc;
	if (p->run_fd >= 0 && (rc = dir_remove(p->run_fd, ctr)) < 0)
		return err_sys(err, -rc, "remove the run directory of container %.12s", ctr);
	if ((dir = path_open(p->data_fd, "containers", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) >= 0 &&
		(rc = dir_remove(dir, ctr)) < 0)
		return err_sys(err, -rc, "remove the files of container %.12s", ctr);
	fd_close_p(&dir);
	if ((dir = path_open(p->data_fd, "logs", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) >= 0)
		(void) dir_remove(dir, c->short_name);
	if (c->secrets.n)
		pod_secrets_remove(e, p, ctr);
	if ((rc = store_ctr_del(e->store, ctr, err)) < 0)
		return rc;
	if (p->drop_volumes)
		drop_volumes(e, c);
	(void) pod_ctr(p, ctr, &at);
	ctr_event(e, p, at, "remove");
	memmove(&p->ctr[at], &p->ctr[at + 1], (p->n - at - 1) * sizeof *p->ctr);
	memmove(&p->ctr_row[at], &p->ctr_row[at + 1], (p->n - at - 1) * sizeof *p->ctr_row);
	p->n--;
	return 0;
}

/* ---- answer first ---------------------------------------------------------------------------------------------------------- */

/* Detached: our own end is not to wait for it, nor its output to be seen. */
static int spawn_cleaner(struct engine *e, const struct pod *p, struct err *err)
{
	struct strs argv = { 0 };
	char *env[3] = { NULL };
	struct proc_opts o = PROC_OPTS(.envp = env, .new_session = true);
	int rc;

	if ((rc = engine_self_argv(e, &argv, err)) < 0)
		return rc;
	if (strs_add(&argv, &e->arena, "cleanup") < 0 || strs_add(&argv, &e->arena, p->row.id) < 0)
		return no_memory(err);
	if (!(env[0] = arena_printf(
		      &e->arena, "PATH=%s", e->opt->path ? e->opt->path : "/usr/sbin:/usr/bin:/sbin:/bin")) ||
		(e->opt->xdg_runtime_dir &&
			!(env[1] = arena_printf(&e->arena, "XDG_RUNTIME_DIR=%s", e->opt->xdg_runtime_dir))))
		return no_memory(err);
	o.path = argv.v[0];
	o.argv = argv.v;
	rc = proc_spawn(&o, NULL, err);
	return rc < 0 ? rc : 0;
}

int pod_release(struct engine *e, struct pod *p, struct err *err)
{
	char path[PATH_TEXT];
	int rc;

	if ((rc = store_pod_release(e->store, p->row.id, err)) < 0)
		return rc;
	pod_events_removed(e, p);
	p->row.state = ROW_REMOVING;
	(void) utimensat(e->runroot_fd, path_pod(path, p->row.id), NULL,
		AT_SYMLINK_NOFOLLOW); /* pod_sweep waits a while */
	return spawn_cleaner(e, p, err);
}

/* ---- directories without a row ----------------------------------------------------------------------------------------------

   A command killed between making a pod's directories and its row leaves them.  The background cleaner looks for them, and
   commands that remove something. */

static void remove_orphan(struct engine *e, const char *id)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	char path[PATH_TEXT];
	struct err ignored = { 0 };

	p.row.id = p.row.name = id;
	if (store_pod_state(e->store, id) != -ENOENT)
		return;
	/* made when missing: whoever is about to make it must wait for us, and then finds it has no name any more */
	p.lock_fd = path_open(
		e->runroot_fd, path_pod_file(path, id, PATH_LOCK), PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	if (p.lock_fd >= 0 && lock_file(p.lock_fd, true, false) < 0)
		return; /* somebody is making it */
	/* it may have got its row while we looked at the lock */
	if (store_pod_state(e->store, id) != -ENOENT)
		return;
	if (remove_dirs(e, &p, &ignored) < 0 || remove_run_dir(e, &p, &ignored) < 0)
		log_warn("%s, ignoring", ignored.msg);
}

static void sweep_orphans(struct engine *e, int root)
{
	int fd = path_open(root, "pods", PATH_IN_STATE, O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		fd_close_p(&fd);
		return;
	}
	while ((de = readdir(d)))
		if (id_is_valid(de->d_name))
			remove_orphan(e, de->d_name);
	closedir(d);
}

void pod_tidy(struct engine *e)
{
	sweep_orphans(e, e->root_fd);
	sweep_orphans(e, e->runroot_fd);
}

/* ---- podctl cleanup -------------------------------------------------------------------------------------------------------- */

static int load_if_there(struct engine *e, const char *id, struct pod *p, struct err *err)
{
	int rc = pod_load(e, id, true, p, err);

	if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	return rc < 0 ? rc : 1;
}

/* A cleaner sits in the unit of its pod's monitor: when that is stopped, or at a logout, it ends its work first.  Not while it
 * waits for the lock: whoever holds that cleans, and stops the unit. */
static void refuse_to_end(void)
{
	sigset_t set;

	(void) sigemptyset(&set);
	(void) sigaddset(&set, SIGTERM);
	(void) sigaddset(&set, SIGHUP);
	(void) sigprocmask(SIG_BLOCK, &set, NULL);
}

int pod_cleanup(struct engine *e, const char *pod, const char *ctr, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc = load_if_there(e, pod, &p, err);

	if (rc <= 0)
		return rc;
	refuse_to_end();
	if (ctr) /* a member's volatile things are in the pod's run directory and go with it */
		return 0;
	if (p.row.state == ROW_REMOVING || p.row.state == ROW_CREATING) {
		rc = pod_remove(e, &p, err);
	} else if (p.alive) {
		return 0; /* it was started again in the meantime */
	} else {
		if (p.row.state == ROW_STARTED && (rc = pod_record_end(e, &p, err)) < 0)
			return rc;
		rc = p.row.autoremove ? pod_remove(e, &p, err) : pod_teardown(e, &p, err);
	}
	if (rc == 0) {
		struct err ignored = { 0 };

		pod_tidy(e);
		(void) pod_sweep(e, &ignored);
		store_checkpoint(e->store, STORE_WAL_KEEP);
	}
	return rc;
}

/* A pod that was released is removed by a cleaner that is on its way: the next command of a quick series does not do its
 * work.  One that has not come for so long is dead. */
#define CLEANER_LATE_S 2

static bool cleaner_expected(struct engine *e, const char *id)
{
	char path[PATH_TEXT];
	struct timespec now;
	struct stat st;

	if (fstatat(e->runroot_fd, path_pod(path, id), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	return st.st_ctim.tv_sec <= now.tv_sec && now.tv_sec - st.st_ctim.tv_sec <= CLEANER_LATE_S;
}

int pod_sweep(struct engine *e, struct err *err)
{
	struct arena a = { 0 };
	struct strs ids = { 0 };
	int rc = engine_leftovers(e, &a, &ids, err);

	for (size_t i = 0; rc >= 0 && i < ids.n; i++) {
		auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
		struct err one = { 0 };
		int found;

		if (store_pod_state(e->store, ids.v[i]) == ROW_REMOVING && cleaner_expected(e, ids.v[i]))
			continue;
		found = load_if_there(e, ids.v[i], &p, &one);
		/* between the look and our lock it may have been settled */
		if (found > 0 && (p.row.state == ROW_CREATING || p.row.state == ROW_REMOVING))
			found = pod_remove(e, &p, &one);
		if (found < 0)
			log_warn("remove what is left of pod %.12s, ignoring: %s", ids.v[i], one.msg);
	}
	arena_done(&a);
	return rc < 0 ? rc : 0;
}
