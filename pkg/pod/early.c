/*
 * early.c — a monitor for a pod that is not known yet.
 *
 * A monitor needs about a millisecond before it can do anything.  A command that is going to start a pod executes one before
 * it opens the database; what a monitor inherits otherwise is passed to it when it is known.  One that is not needed holds
 * nothing, and ends when its connection does.
 */
#include <string.h>

#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"

/* Mounts that were made on the machine since it was started are not seen in its mount namespace everywhere: no image may have
 * been pulled in between. */
#define EARLY_MAX_US (500 * 1000ULL)

void pod_monitor_early(struct engine *e)
{
	const char *extra[] = { "--wait", "--runtime", NULL, NULL };
	struct err ignored = { 0 };
	const char *program;

	if (e->opt->runtime || engine_helper_place(e, "podctl-runtime", &extra[2], &ignored) < 0 ||
		engine_helper_place(e, "podctl-monitor", &program, &ignored) < 0 ||
		monitor_spawn(program, extra, -1, -1, -1, -1, &e->early.pid, &e->early.sock, &e->early.kick,
			&ignored) < 0)
		return; /* whoever needs one says what is wrong */
	e->early.runtime = extra[2];
	e->early.since_us = time_mono_us();
}

bool early_take(struct start *s, const char *namespaces, int alive)
{
	struct engine *e = s->e;
	const int fds[] = { alive, s->p->run_fd, s->p->data_fd };
	struct err ignored = { 0 };
	char path[PATH_TEXT];
	const char *dir;

	if (e->early.sock < 0)
		return false;
	/* memory for secrets may have been mounted only now, and must be seen */
	if (!s->runtime_ours || strcmp(s->runtime, e->early.runtime) != 0 || pod_needs_memory(s->p) ||
		time_mono_us() - e->early.since_us > EARLY_MAX_US ||
		!(dir = path_abs_run(e, path_pod(path, s->p->row.id))) ||
		monitor_send(e->early.sock,
			json_pack("{s:s, s:s, s:s}", "op", "POD", "run_dir", dir, "namespaces", namespaces),
			fds, LEN(fds), &ignored) < 0) {
		engine_early_drop(e);
		return false;
	}
	s->monitor = e->early.pid;
	s->sock = fd_steal(&e->early.sock);
	s->kick = fd_steal(&e->early.kick);
	if (*namespaces)
		monitor_kick(s->kick);
	return true;
}
