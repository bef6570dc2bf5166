#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "runtime/container.h"

/* Where hooks run and write: the same for all of one kind. */
struct place {
	int cwd, out, err; /* -1: "/", nowhere */
};

static int open_log(const struct config *g, const char *annotation, int *ret, struct err *err)
{
	const char *path = config_annotation(g, annotation);

	if (path && (*ret = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0700)) < 0)
		return err_sys(err, errno, "annotation %s: open '%s'", annotation, path);
	return 0;
}

static int hook_run(const struct cfg_hook *h, const char *kind, const struct place *at, const char *state,
	struct err *err)
{
	auto_buf struct buf out = BUF_INIT(4 * KiB);
	char *const fallback[] = { (char *) h->path, NULL };
	struct proc_opts o =
		PROC_OPTS(.path = h->path, .argv = h->args.n ? (char *const *) h->args.v : fallback,
			.envp = h->env.n ? (char *const *) h->env.v : NULL);
	int status, rc;

	o.cwd_fd = at->cwd;
	o.out = at->out;
	o.err = at->err;
	rc = proc_run(&o, state, strlen(state), NULL, at->err < 0 ? &out : NULL,
		(uint64_t) h->timeout_s * 1000000, &status, err);
	if (rc < 0)
		return err_wrap(err, "%s hook", kind);
	if (proc_exit_code(status) != 0) {
		struct err text = { 0 };

		/* what the hook says may hold anything: made printable like any foreign text */
		(void) err_set(&text, ERR_SYSTEM, "%.*s", (int) strcspn(out.data ? out.data : "", "\n"),
			out.data ? out.data : "");
		err_import(&text);
		return err_set(err, ERR_SYSTEM, "%s hook '%s' failed with status %d%s%s", kind, h->path,
			proc_exit_code(status), text.len ? ": " : "", text.msg);
	}
	return 0;
}

/* What the specification says a hook gets; `state` tells more. */
static char *hook_state(json_t *state)
{
	static const char *const ours[] = { "rootfs", "created", "owner", "systemd-scope" };

	for (size_t i = 0; state && i < LEN(ours); i++)
		(void) json_object_del(state, ours[i]);
	return state ? json_print(state) : NULL;
}

static int run_all(const struct config *g, enum cfg_hook_kind kind, json_t *state, struct err *err)
{
	const char *bundle = json_string_value(json_object_get(state, "bundle"));
	auto_free char *text = hook_state(state);
	struct place at = { -1, -1, -1 };
	bool inside = kind == HOOK_START_CONTAINER;
	int rc = 0;

	if (!text)
		return err_sys(err, ENOMEM, "run %s hooks", cfg_hook_names[kind]);
	if (!inside && bundle)
		at.cwd = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC); /* gone: "/" will do */
	if (!inside)
		rc = open_log(g, "run.oci.hooks.stdout", &at.out, err);
	if (rc == 0 && !inside)
		rc = open_log(g, "run.oci.hooks.stderr", &at.err, err);
	for (size_t i = 0; rc == 0 && i < g->hooks[kind].n; i++)
		rc = hook_run(&g->hooks[kind].v[i], cfg_hook_names[kind], &at, text, err);
	fd_close_p(&at.cwd);
	fd_close_p(&at.out);
	fd_close_p(&at.err);
	return rc;
}

int hooks_run(const struct config *g, enum cfg_hook_kind kind, json_t *state, struct err *err)
{
	int rc = g->hooks[kind].n ? run_all(g, kind, state, err) : 0;

	json_decref(state);
	return rc;
}
