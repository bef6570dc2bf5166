#include "cmd/podctl/kube_wait.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "pkg/util/io.h"
#include "pkg/util/proc.h"
#include "pkg/verb/play_wait.h"

/* Each pod's logs are followed by a podctl of its own, out of reach of the terminal's Ctrl-C: what the pods say while they
 * stop is still to be seen. */
struct followers {
	struct cli *c;
	bool wanted, names;
	pid_t *pid;
	int *pidfd;
	size_t n;
};

static int follow(void *ctx, const char *pod, struct err *err)
{
	struct followers *f = ctx;
	struct strs argv = { 0 };
	struct arena *a = &f->c->arena;
	struct proc_opts o = PROC_OPTS(.envp = environ, .new_session = true);
	int rc;

	if (!f->wanted)
		return 0;
	if ((rc = engine_self_argv(&f->c->engine, &argv, err)) < 0)
		return rc;
	if (strs_add(&argv, a, "pod") < 0 || strs_add(&argv, a, "logs") < 0 || strs_add(&argv, a, "-f") < 0 ||
		strs_add(&argv, a, "--names") < 0 || strs_add(&argv, a, pod) < 0)
		return err_sys(err, ENOMEM, "show the logs");
	o.out = STDOUT_FILENO;
	o.err = STDERR_FILENO;
	o.path = argv.v[0];
	o.argv = argv.v;
	if ((f->pid[f->n] = proc_spawn(&o, &f->pidfd[f->n], err)) < 0)
		return (int) f->pid[f->n];
	f->n++;
	return 0;
}

static void followers_end(struct followers *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct err ignored = { 0 };
		int status;

		(void) proc_wait(f->pid[i], f->pidfd[i], 10 * 1000000ULL, &status, &ignored);
		fd_close_p(&f->pidfd[i]);
	}
}

int kube_wait(struct cli *c, const struct kube_input *in, const struct play_result *played, bool logs,
	struct err *err)
{
	struct followers f = { .c = c, .wanted = logs };
	struct down_request q = { .in = in, .n = c->args.n };
	struct down_result gone = { 0 };
	auto_diag struct diag d = { 0 };
	auto_close int sig = -EBADF;
	struct err first = { 0 };
	sigset_t set;
	int rc, code = 0;

	(void) fflush(stdout);
	f.pid = arena_array(&c->arena, played->n + 1, sizeof *f.pid);
	f.pidfd = arena_array(&c->arena, played->n + 1, sizeof *f.pidfd);
	(void) sigemptyset(&set);
	(void) sigaddset(&set, SIGINT);
	(void) sigaddset(&set, SIGTERM);
	(void) sigaddset(&set, SIGHUP);
	if (!f.pid || !f.pidfd || sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
		(sig = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_sys(err, errno, "wait for the pods");
	rc = verb_play_wait(&c->engine, played, sig, follow, &f, &c->arena, &code, &first);
	/* whatever became of the waiting: nothing of it stays */
	if (verb_down(&c->engine, &q, &d, &c->arena, &gone, err) < 0 && rc >= 0)
		rc = -EIO;
	else if (rc < 0)
		*err = first;
	followers_end(&f);
	return rc < 0 ? rc : code;
}
