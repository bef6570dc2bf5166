#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"
#include "pkg/util/proc.h"
#include "runtime/container.h"

static int hook_run(const struct cfg_hook *h, const char *kind, const char *state, struct err *err)
{
	auto_buf struct buf out = BUF_INIT(4 * KiB);
	char *const fallback[] = { (char *) h->path, NULL };
	struct proc_opts o =
		PROC_OPTS(.path = h->path, .argv = h->args.n ? (char *const *) h->args.v : fallback,
			.envp = h->env.n ? (char *const *) h->env.v : NULL);
	int status, rc;

	rc = proc_run(&o, state, strlen(state), NULL, &out, (uint64_t) h->timeout_s * 1000000, &status, err);
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

int hooks_run(const struct cfg_hooks *hooks, enum cfg_hook_kind kind, json_t *state, struct err *err)
{
	auto_free char *text = NULL;
	int rc = 0;

	if (!hooks[kind].n) {
		json_decref(state);
		return 0;
	}
	text = state ? json_print(state) : NULL;
	json_decref(state);
	if (!text)
		return err_sys(err, ENOMEM, "run %s hooks", cfg_hook_names[kind]);
	for (size_t i = 0; rc == 0 && i < hooks[kind].n; i++)
		rc = hook_run(&hooks[kind].v[i], cfg_hook_names[kind], text, err);
	return rc;
}
