/*
 * prune.h — removing what is not in use: containers that ended, pods, images, volumes.
 *
 * One object that cannot be removed does not stop the others: 'removed' and 'failed' are told as they come.
 */
#ifndef PODCTL_VERB_PRUNE_H
#define PODCTL_VERB_PRUNE_H

#include "pkg/verb/verb.h"

struct prune_request {
	struct strs filters; /* label=, label!=, until= */
	bool all;            /* images: those with a name too */
	uint64_t now_us;
	void (*removed)(void *ctx, const char *what);
	void (*failed)(void *ctx, const struct err *err);
	void *ctx;
};
int verb_prune_containers(struct engine *e, const struct prune_request *r, struct err *err);
int verb_prune_pods(struct engine *e, const struct prune_request *r, struct err *err);
/* Those no pod is on. */
int verb_prune_networks(struct engine *e, const struct prune_request *r, struct err *err);
int verb_prune_images(struct engine *e, const struct prune_request *r, struct err *err);
/* Those no container uses. */
int verb_prune_volumes(struct engine *e, const struct prune_request *r, struct err *err);

#endif
