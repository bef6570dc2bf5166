/*
 * many.h — commands that do the same to several containers or pods: each is told on stdout when done, a failure on stderr,
 * and the others go on.
 */
#ifndef PODCTL_CMD_MANY_H
#define PODCTL_CMD_MANY_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/verb.h"

/* Fields every request of such a command begins with. */
struct many_request {
	bool all, latest, ignore;
	struct strs filters;
};
typedef int many_fn(struct cli *c, const struct target *t, void *ctx, struct err *err);

/* Runs fn on what c->args and r name.  Exit status: 0, or 125 of any failure.  *ret_missing (may be NULL): names not found. */
int many_run(struct cli *c, enum store_kind kind, const struct many_request *r, bool running, many_fn *fn,
	void *ctx, size_t *ret_missing, struct err *err);

#define MANY_OPTIONS(T, what)                                               \
	O_BOOL(T, many.all, "all", 'a', "All " what),                       \
		O_BOOL(T, many.latest, "latest", 'l', "The one made last"), \
		O_STRS(T, many.filters, "filter", 'f', "KEY=VALUE", "Those that fit")
#define MANY_OPTIONS_NO_F(T, what)                                          \
	O_BOOL(T, many.all, "all", 'a', "All " what),                       \
		O_BOOL(T, many.latest, "latest", 'l', "The one made last"), \
		O_STRS(T, many.filters, "filter", 0, "KEY=VALUE", "Those that fit")

#endif
