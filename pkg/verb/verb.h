/*
 * verb.h — what all verbs share.
 *
 * A verb is what a command means, apart from how it was typed and how its result is shown: int verb_x(engine, request,
 * result, err).  Requests and results are plain structs; strings of results live in the arena given.  A verb looks at no
 * working directory, umask, environment or terminal and prints nothing: what it needs of those is in the request.
 */
#ifndef PODCTL_VERB_VERB_H
#define PODCTL_VERB_VERB_H

#include <jansson.h>

#include "pkg/engine/engine.h"
#include "pkg/pod/pod.h"
#include "pkg/store/store.h"
#include "pkg/util/arena.h"
#include "pkg/util/err.h"

/* Lines for a person who waits; line NULL: nobody does. */
struct progress {
	void (*line)(void *ctx, const char *text);
	void *ctx;
};

/* Which objects a command speaks of: names, or --all, --latest, --filter. */
struct selection {
	enum store_kind kind; /* STORE_POD, STORE_CONTAINER */
	struct strs names;
	bool all, latest;
	bool running; /* with all: only those that run */
	bool ignore;  /* a name that is not there is left out */
	struct strs filters;
	bool infra; /* with all: infra containers too */
};
struct target {
	const char *asked;    /* as typed, or the id for --all and --latest */
	const char *id, *pod; /* pod: id of the pod it is in (or of one) */
};
/* ERR_INVALID when nothing was named.  A name that is not there does not stop the others: its error goes to 'missing'
 * (struct err *, at most one kept, the rest counted in *ret_missing) and the call succeeds. */
int verb_select(struct engine *e, const struct selection *s, struct arena *a, struct target **ret,
	size_t *ret_n, void (*missing)(const struct err *err), size_t *ret_missing, struct err *err);
/* The container called 'word'; else, as kubectl has it, a container of the pod called so: 'container' of it, or (NULL) the one its
 * annotation kubectl.kubernetes.io/default-container names, or its first.  With 'container', word is a pod.  Borrows word. */
int verb_container_of(struct engine *e, const char *word, const char *container, struct arena *a,
	struct target *ret, struct err *err);

/* Everything about the pods there are, without locks; infra and creating rows are included. */
struct pod_set {
	struct pod *v;
	size_t n;
};
int pod_set_load(struct engine *e, struct pod_set *ret, struct err *err);
void pod_set_done(struct pod_set *s);

/* --filter KEY=VALUE for containers and pods: ERR_INVALID for an unknown key. */
struct filter {
	const char *key, *value;
	bool negate;
};
int filters_parse(
	const struct strs *texts, struct arena *a, struct filter **ret, size_t *ret_n, struct err *err);
/* 1 it fits, 0 not, negative: error.  i: index of the container in p. */
int filters_match_container(struct engine *e, const struct filter *f, size_t n, const struct pod_set *all,
	const struct pod *p, size_t i, struct err *err);
int filters_match_pod(const struct filter *f, size_t n, const struct pod *p, struct err *err);

/* pod_load with lock; a pod of one whose container has ended, but whose monitor has not yet, is waited for, so that what is
 * done next meets no monitor that is about to go. */
int pod_load_settled(struct engine *e, const char *id, struct pod *ret, struct err *err);
/* Index of a container in a pod; n when it is not there. */
size_t pod_index(const struct pod *p, const char *ctr);
/* A free name such as "quiet_otter", in a. */
int name_random(struct engine *e, struct arena *a, const char **ret, struct err *err);
/* Index of a container's state as podman names it: "created", "running", "exited", ... */
const char *ctr_word(const struct pod *p, size_t i);
bool ctr_is_running(const struct pod *p, size_t i);

#endif
