/*
 * in_pod.c — a container by the name of its pod, as kubectl names one.
 */
#include <string.h>

#include "pkg/verb/verb.h"

static const char default_container[] = "kubectl.kubernetes.io/default-container";

static bool is_called(const struct pod *p, size_t i, const char *name)
{
	return p->ctr[i].role != ROLE_INFRA &&
	       (strcmp(p->ctr_row[i].name, name) == 0 ||
		       (p->ctr[i].short_name && strcmp(p->ctr[i].short_name, name) == 0));
}

/* The one called so; without a name the annotation's, else the first that is no init container.  p->n: none. */
static size_t choose(const struct pod *p, const char *name)
{
	const char *want = name ? name : kvs_get(&p->spec.annotations, default_container);

	for (size_t i = 0; want && i < p->n; i++)
		if (is_called(p, i, want))
			return i;
	for (size_t i = 0; !name && i < p->n; i++)
		if (p->ctr[i].role == ROLE_MEMBER)
			return i;
	return p->n;
}

static int in_pod(struct engine *e, const char *word, const char *container, struct arena *a,
	struct target *ret, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	size_t i;
	int rc = pod_load(e, ret->pod, false, &p, err);

	if (rc < 0)
		return rc;
	if ((i = choose(&p, container)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "pod '%s' has no container%s%s%s", word,
			container ? " '" : " but init containers", container ? container : "",
			container ? "'" : "");
	ret->asked = word;
	ret->id = arena_strdup(a, p.ctr_row[i].id);
	return ret->id ? 0 : err_sys(err, ENOMEM, "find '%s'", word);
}

int verb_container_of(struct engine *e, const char *word, const char *container, struct arena *a,
	struct target *ret, struct err *err)
{
	struct target t = { .asked = word };
	struct err no_pod = { 0 };
	int rc;

	if (container) {
		if ((rc = store_find(e->store, word, STORE_POD, a, &t.pod, NULL, err)) < 0)
			return rc;
		rc = in_pod(e, word, container, a, &t, err);
	} else {
		rc = store_find(e->store, word, STORE_CONTAINER, a, &t.id, &t.pod, err);
		if (rc < 0 && err->kind == ERR_NOT_FOUND &&
			store_find(e->store, word, STORE_POD, a, &t.pod, NULL, &no_pod) == 0) {
			err_clear(err);
			rc = in_pod(e, word, NULL, a, &t, err);
		}
	}
	if (rc == 0)
		*ret = t;
	return rc;
}
