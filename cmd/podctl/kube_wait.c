#include "cmd/podctl/kube_wait.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "pkg/util/io.h"
#include "pkg/util/proc.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/kube_view.h"
#include "pkg/verb/play_wait.h"
#include "pkg/verb/pods.h"

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
		strs_add(&argv, a, "--until-pod-ends") < 0 || strs_add(&argv, a, "--names") < 0 ||
		strs_add(&argv, a, pod) < 0)
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

/* After a signal; pods that have ended are stopped already. */
static void stop_all(struct cli *c, const struct play_result *played)
{
	for (size_t i = 0; i < played->n; i++) {
		struct target t = {
			.asked = played->pod[i].name, .id = played->pod[i].id, .pod = played->pod[i].id
		};
		struct err one = { 0 };

		if (verb_pod_stop(&c->engine, &t, NULL, &one) < 0 && one.kind != ERR_NOT_FOUND)
			cli_error(&one);
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
	stop_all(c, played);
	followers_end(&f); /* they read files that go with the pods */
	/* whatever became of the waiting: nothing of it stays */
	if (verb_down(&c->engine, &q, &d, &c->arena, &gone, err) < 0 && rc >= 0)
		rc = -EIO;
	else if (rc < 0)
		*err = first;
	return rc < 0 ? rc : code;
}

/* ---- ready ---------------------------------------------------------------------------------------------------------------------- */

static int limit_us(const char *text, uint64_t *ret, struct err *err)
{
	uint64_t from = 1ULL << 60, at; /* "90s" is that long ago from a moment far from zero */

	if (*text == '-' || log_time_parse(text, from, &at, err) < 0 || at > from || at < from / 2)
		return err_set(err, ERR_INVALID, "--wait-ready %s: expected such as 30s or 2m", text);
	*ret = from - at;
	return 0;
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static const json_t *ready_condition(const json_t *status)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(status, "conditions"), i,
		one) if (!strcmp(text_at(one, "type"), "Ready")) return one;
	return NULL;
}

/* What the kubelet says of the first container that is not as it should be. */
static const char *reason_of(struct cli *c, const json_t *status)
{
	static const char *const lists[] = { "initContainerStatuses", "containerStatuses" };
	json_t *one;
	size_t i;

	for (size_t k = 0; k < LEN(lists); k++)
		json_array_foreach(json_object_get(status, lists[k]), i, one)
		{
			const json_t *state = json_object_get(one, "state"),
				     *waiting = json_object_get(state, "waiting"),
				     *ended = json_object_get(state, "terminated"),
				     *of = waiting ? waiting : ended;

			if (json_is_true(json_object_get(one, "ready")))
				continue;
			return arena_printf(&c->arena, "container '%s' %s%s%s", text_at(one, "name"),
				of ? text_at(of, "reason") : "is not ready",
				of && *text_at(of, "message") ? ": " : "", of ? text_at(of, "message") : "");
		}
	one = (json_t *) ready_condition(status);
	return one ? text_at(one, "message") : NULL;
}

/* 1: all are; 0: not yet.  over: the time is. */
static int look(struct cli *c, const json_t *pods, bool over, const char *limit, struct err *err)
{
	bool all = true;
	json_t *pod;
	size_t i;

	json_array_foreach((json_t *) pods, i, pod)
	{
		const json_t *status = json_object_get(pod, "status"), *ready = ready_condition(status);
		const char *name = text_at(json_object_get(pod, "metadata"), "name"),
			   *phase = text_at(status, "phase"), *why;

		if (!strcmp(phase, "Succeeded") || (ready && !strcmp(text_at(ready, "status"), "True")))
			continue;
		why = reason_of(c, status);
		if (!strcmp(phase, "Failed"))
			return err_set(err, ERR_STATE, "pod '%s': has failed%s%s", name, why ? ": " : "",
				why ? why : "");
		if (over)
			return err_set(err, ERR_STATE, "pod '%s': is not ready after %s%s%s; podctl why %s",
				name, limit, why && *why ? ": " : "", why ? why : "", name);
		all = false;
	}
	return all;
}

int kube_wait_ready(struct cli *c, const struct play_result *played, const char *limit, struct err *err)
{
	struct kube_view_request q = { .node = "localhost" };
	uint64_t start = time_mono_us(), max = 0;
	int rc;

	(void) fflush(stdout);
	if ((rc = limit_us(limit, &max, err)) < 0)
		return rc;
	for (size_t i = 0; i < played->n; i++)
		if (!played->pod[i].held && strs_add(&q.names, &c->arena, played->pod[i].name) < 0)
			return err_sys(err, ENOMEM, "wait for the pods");
	while (q.names.n) {
		uint64_t spent = time_mono_us() - start;
		json_t *pods = NULL;

		if ((rc = verb_kube_view(&c->engine, &q, &pods, err)) < 0)
			return rc;
		rc = look(c, pods, spent >= max, limit, err);
		json_decref(pods);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		if ((rc = verb_kube_changed(&c->engine, &q, max - spent, err)) < 0)
			return rc;
	}
	return 0;
}
