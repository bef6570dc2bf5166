/*
 * commit.h — a container becomes an image, or a tar.
 */
#ifndef PODCTL_VERB_COMMIT_H
#define PODCTL_VERB_COMMIT_H

#include "pkg/verb/verb.h"

struct commit_request {
	const char *name; /* NULL: the image gets none */
	const char *author, *message;
	struct strs changes; /* Dockerfile lines */
	bool pause, squash, include_volumes, docker;
};
int verb_commit(struct engine *e, const struct target *t, const struct commit_request *r, struct arena *a,
	const char **ret_id, struct err *err);
/* All files of the container, without what is mounted into it, as a plain tar into out (borrowed). */
int verb_export(struct engine *e, const struct target *t, int out, struct err *err);

#endif
