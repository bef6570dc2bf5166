/*
 * play.h — kube play, down and generate: effects of plans that pkg/kube makes.
 */
#ifndef PODCTL_VERB_PLAY_H
#define PODCTL_VERB_PLAY_H

#include "pkg/image/pull.h"
#include "pkg/kube/kube.h"
#include "pkg/verb/verb.h"

struct play_request {
	const struct kube_input *in;
	size_t n;
	bool replace;  /* pods of these names are removed first */
	bool no_start; /* --start=false */
	bool dry_run;  /* nothing is made; the plan is the result */
	bool no_hosts;
	const char *network;        /* NULL: as the manifest says; else overrides "none", "host", "bridge" */
	struct pull_options images; /* how images are pulled */
	struct progress progress;
};
struct played_pod {
	const char *id, *name;
	struct strs containers, init; /* ids */
};
struct play_result {
	struct played_pod *pod;
	size_t n;
	struct strs config_maps;
	json_t *plan; /* --dry-run: new reference */
};
/* Faults of the documents go to d: then nothing was created and ERR_INVALID says how many.  Up to the first start of each pod
 * every failure undoes the whole play; after that failures are states of the pod. */
int verb_play(struct engine *e, const struct play_request *r, struct diag *d, struct arena *a,
	struct play_result *ret, struct err *err);

struct down_result {
	struct strs stopped, removed, config_maps;
};
/* Idempotent: what is not there is down already. */
int verb_down(struct engine *e, const struct kube_input *in, size_t n, struct diag *d, struct arena *a,
	struct down_result *ret, struct err *err);

/* YAML of pods and containers, in the order given. */
int verb_generate(struct engine *e, const struct strs *names, struct buf *b, struct err *err);

#endif
