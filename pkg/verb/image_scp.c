#include "pkg/verb/image_scp.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/proc.h"

struct running {
	pid_t pid;
	int pidfd;
};
static void running_done(struct running *r)
{
	struct err ignored = { 0 };
	int status;

	if (r->pid > 0) {
		(void) syscall(SYS_pidfd_send_signal, r->pidfd, SIGKILL, NULL, 0);
		(void) proc_wait(r->pid, r->pidfd, 0, &status, &ignored);
	}
	fd_close_p(&r->pidfd);
}
#define auto_running AUTO(running_done)

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "image scp"); }

/* Ours on this engine; another's on theirs, which their home and runtime directory tell. */
static int argv_make(struct engine *e, const struct scp_side *s, struct strs *argv, struct err *err)
{
	struct strs self = { 0 };
	int rc = engine_self_argv(e, &self, err);

	if (rc < 0 || !s->other)
		return rc < 0 ? rc : strs_add_all(argv, &e->arena, &self) < 0 ? no_memory(err) : 0;
	if (strs_add(argv, &e->arena, "setpriv") < 0 ||
		strs_addf(argv, &e->arena, "--reuid=%u", (unsigned) s->uid) < 0 ||
		strs_addf(argv, &e->arena, "--regid=%u", (unsigned) s->gid) < 0 ||
		strs_add(argv, &e->arena, "--init-groups") < 0 || strs_add(argv, &e->arena, "--") < 0 ||
		strs_add(argv, &e->arena, self.v[0]) < 0)
		return no_memory(err);
	return 0;
}

static int env_make(struct engine *e, const struct scp_side *s, struct strs *env, struct err *err)
{
	const char *home = s->other ? s->home : e->opt->home;
	const char *run = s->other ? NULL : e->opt->xdg_runtime_dir;
	char theirs[40];
	struct stat st;

	snprintf(theirs, sizeof theirs, "/run/user/%u", (unsigned) s->uid);
	if (s->other && stat(theirs, &st) == 0 && st.st_uid == s->uid)
		run = theirs;
	if (strs_addf(env, &e->arena, "PATH=%s",
		    e->opt->path ? e->opt->path : "/usr/sbin:/usr/bin:/sbin:/bin") < 0 ||
		(home && strs_addf(env, &e->arena, "HOME=%s", home) < 0) ||
		(run && strs_addf(env, &e->arena, "XDG_RUNTIME_DIR=%s", run) < 0) ||
		(s->other && strs_addf(env, &e->arena, "USER=%s", s->user) < 0))
		return no_memory(err);
	return 0;
}

static int start(struct engine *e, const struct scp_side *s, const struct strs *words, int in, int out,
	struct running *ret, struct err *err)
{
	struct strs argv = { 0 }, env = { 0 };
	struct proc_opts o = PROC_OPTS(.death_signal = SIGKILL);
	int rc;

	if ((rc = argv_make(e, s, &argv, err)) < 0 || (rc = env_make(e, s, &env, err)) < 0)
		return rc;
	if (strs_add_all(&argv, &e->arena, words) < 0)
		return no_memory(err);
	o.path = s->other ? "/usr/bin/setpriv" : argv.v[0];
	o.argv = argv.v;
	o.envp = env.v;
	o.err = STDERR_FILENO;
	o.in = in;
	o.out = out;
	ret->pid = proc_spawn(&o, &ret->pidfd, err);
	return ret->pid < 0 ? (int) ret->pid : 0;
}

static int finish(struct running *r, const char *what, struct err *err)
{
	int status = 0, rc = proc_wait(r->pid, r->pidfd, 0, &status, err);

	r->pid = -1;
	if (rc < 0)
		return rc;
	return status ? err_set(err, ERR_STATE, "image scp: podctl %s failed", what) : 0;
}

int verb_image_scp(struct engine *e, const struct scp_request *r, struct err *err)
{
	auto_running struct running save = { -1, -EBADF }, load = { -1, -EBADF };
	auto_close int in = -EBADF, out = -EBADF;
	struct strs save_words = { 0 }, load_words = { 0 };
	int p[2], rc;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, errno, "image scp: pipe");
	in = p[0];
	out = p[1];
	if (strs_add(&save_words, &e->arena, "save") < 0 || strs_add(&save_words, &e->arena, "-q") < 0 ||
		strs_add(&save_words, &e->arena, r->image) < 0 ||
		(r->name && strs_add(&save_words, &e->arena, r->name) < 0) ||
		strs_add(&load_words, &e->arena, "load") < 0 || strs_add(&load_words, &e->arena, "-q") < 0)
		return no_memory(err);
	if ((rc = start(e, &r->from, &save_words, -1, out, &save, err)) < 0 ||
		(rc = start(e, &r->to, &load_words, in, r->quiet ? -1 : STDOUT_FILENO, &load, err)) < 0)
		return rc;
	fd_close_p(&out);
	fd_close_p(&in);
	/* what the one that reads says of half an archive is no news when the other failed */
	rc = finish(&save, "save", err);
	return rc < 0 ? rc : finish(&load, "load", err);
}
