/*
 * play_internal.h — what the steps of verb_play share.
 *
 * play.c reads and decides, play_options.c changes specs by the command line, play_apply.c makes, replaces and undoes,
 * play_plan.c shows what would be done, diff_manifest.c what would be different, down.c takes down.
 */
#ifndef PODCTL_VERB_PLAY_INTERNAL_H
#define PODCTL_VERB_PLAY_INTERNAL_H

#include "pkg/verb/play.h"

enum play_action { PLAY_CREATE, PLAY_KEEP, PLAY_REPLACE };
extern const char *const play_action_names[]; /* "create", "keep", "replace" */

/* One pod of the plan beside what there is. */
struct play_pod {
	struct kube_pod *pod;
	enum play_action action;
	const char *digest;   /* of what is asked, images included */
	const char *old;      /* id of the pod of that name */
	const char *old_kube; /* its manifest, NULL: made by hand */
	bool start;           /* kept, and does not run although it should */
	bool was_alive;       /* the old one ran */
	int lock_fd; /* of the old one while it makes room: its names are free, its row and processes are there */
};
struct play {
	struct engine *e;
	const struct play_request *r;
	struct kube_plan plan;
	struct arena *a;
	struct play_pod *pod;          /* one for each of the plan */
	struct object_row *old_object; /* of each object, before this play; doc NULL: there was none */
	size_t n_stored;
	struct strs new_volumes;
	struct played_pod *made; /* one for each of the plan; id NULL: not there yet */
	bool parallel;
};

/* play_options.c */
int play_options_apply(struct play *p, struct err *err);
/* play_annotations.c */
int play_annotations(struct play *p, struct kube_pod *k, struct err *err);
/* play_apply.c */
int play_apply(struct play *p, struct play_result *ret, struct err *err);
/* play_update.c: after a play, what other pods have mounted of its ConfigMaps and Secrets. */
void play_update(struct play *p);
/* play.c: a stored manifest, read with the objects as they are stored now. */
int play_read_stored(
	struct play *p, const struct kube_input *in, struct diag *d, struct kube_plan *ret, struct err *err);
/* play_plan.c */
json_t *play_plan_json(struct play *p, const struct diag *d, struct err *err);
/* Values of Secrets in a pod's variables, to be masked. */
int play_secret_values(const struct kube_pod *k, struct arena *a, struct strs *ret);
const char *play_mask(const char *text, const struct strs *secrets, struct arena *a);
/* play.c: everything up to the decision what is to be done; no effect but pulls (dry_run: none). */
int play_prepare(struct play *p, struct diag *d, struct err *err);

/* down.c */
int down_pod(struct engine *e, const char *id, struct arena *a, struct down_result *ret, struct strs *volumes,
	struct err *err);
/* Pods and objects that came from these files; except: those of the plan (NULL: none). */
int down_of_files(struct play *p, struct down_result *ret, struct err *err);
int down_surplus(struct play *p, struct down_result *ret, struct err *err);

#endif
