#include "cmd/podctl/many.h"

#include "cmd/podctl/print.h"

int many_run(struct cli *c, enum store_kind kind, const struct many_request *r, bool running, many_fn *fn,
	void *ctx, size_t *ret_missing, struct err *err)
{
	struct selection s = { .kind = kind,
		.names = c->args,
		.all = r->all,
		.latest = r->latest,
		.running = running && r->all,
		.ignore = r->ignore,
		.filters = r->filters };
	struct target *t = NULL;
	size_t n = 0, missing = 0;
	bool failed;
	int rc;

	/* --ignore with nothing left to do is no mistake */
	if ((rc = verb_select(&c->engine, &s, &c->arena, &t, &n, cli_error, &missing, err)) < 0)
		return rc;
	failed = missing > 0;
	for (size_t i = 0; i < n; i++) {
		struct err one = { 0 };

		rc = fn(c, &t[i], ctx, &one);
		if (rc < 0 && !(r->ignore && one.kind == ERR_NOT_FOUND)) {
			cli_error(&one);
			failed = true;
		} else if (rc == 0) {
			print_line(kind == STORE_POD ? t[i].id
						     : t[i].asked); /* as podman: pods answer with their id */
			(void) fflush(stdout);
		}
	}
	if (ret_missing)
		*ret_missing = missing;
	return failed ? EXIT_ENGINE : 0;
}
