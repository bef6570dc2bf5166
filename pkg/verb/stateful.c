#include "pkg/verb/stateful.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/verb/play.h"
#include "pkg/verb/pods.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static bool is_of(const struct pod *p, const char *name)
{
	const char *kind = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
		   *owner = kvs_get(&p->spec.labels, PLAY_LABEL_NAME);

	return p->row.kube && kind && owner && !strcmp(kind, "StatefulSet") && !strcmp(owner, name) &&
	       p->row.state != ROW_CREATING && p->row.state != ROW_REMOVING;
}

static bool waits(const struct pod *p)
{
	return !p->alive && p->row.state == ROW_CREATED && kvs_get(&p->spec.labels, PLAY_LABEL_HELD);
}

static bool is_ready(const struct pod *p)
{
	for (size_t i = 0; p->alive && i < p->status.conditions.n; i++) {
		const struct status_condition *c =
			LIST_AT(p->status.conditions, const struct status_condition, i);

		if (c->type && !strcmp(c->type, "Ready"))
			return c->is_true;
	}
	return false;
}

static long ordinal(const struct pod *p)
{
	const char *index = kvs_get(&p->spec.labels, "apps.kubernetes.io/pod-index");

	return index ? strtol(index, NULL, 10) : 0;
}

/* The first that is not ready is the one that matters: it is to be started, or all others wait for it. */
static const struct pod *first_unready(const struct pod_set *all, const char *name)
{
	const struct pod *first = NULL;

	for (size_t i = 0; i < all->n; i++)
		if (is_of(&all->v[i], name) && !is_ready(&all->v[i]) &&
			(!first || ordinal(&all->v[i]) < ordinal(first)))
			first = &all->v[i];
	return first;
}

/* Two that look at once may find the same one: the second finds it running. */
static int start_waiting(struct engine *e, const char *id, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc = pod_load(e, id, true, &p, err);

	if (rc < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), 0) : rc;
	if (!waits(&p))
		return 0;
	rc = pod_start(e, &p, &(struct pod_start_opts){ 0 }, NULL, err);
	return rc < 0 ? err_wrap(err, "pod '%s'", p.row.name) : rc;
}

int stateful_next(struct engine *e, const char *name, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	const struct pod *p;
	int rc;

	if ((rc = pod_set_load(e, &all, err)) < 0)
		return rc;
	p = first_unready(&all, name);
	return p && waits(p) ? start_waiting(e, p->row.id, err) : 0;
}

int verb_next(struct engine *e, const char *pod, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const char *name;
	int rc = pod_load(e, pod, false, &p, err);

	if (rc < 0)
		return rc;
	name = kvs_get(&p.spec.labels, PLAY_LABEL_NAME);
	return name && is_of(&p, name) ? stateful_next(e, name, err) : 0;
}
