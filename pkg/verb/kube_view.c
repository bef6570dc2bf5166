#include "pkg/verb/kube_view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "pkg/engine/paths.h"
#include "pkg/kube/label_selector.h"
#include "pkg/kube/pod_object.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"
#include "pkg/verb/play.h"

static int not_found(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "pods \"%s\" not found", name);
}

static bool is_of_owner(const struct kube_view_request *r, const struct pod *p)
{
	const char *kind = kvs_get(&p->spec.labels, PLAY_LABEL_KIND),
		   *owner = kvs_get(&p->spec.labels, PLAY_LABEL_NAME);

	return kind && owner && !strcmp(kind, r->kind) && !strcmp(owner, r->owner);
}

static bool is_asked(const struct kube_view_request *r, const struct pod *p)
{
	size_t n;

	if (r->kind && !is_of_owner(r, p))
		return false;
	for (size_t i = 0; i < r->names.n; i++) {
		n = strlen(r->names.v[i]);
		if (!strcmp(r->names.v[i], p->row.name) || (n >= 3 && !strncmp(r->names.v[i], p->row.id, n)))
			return true;
	}
	return !r->names.n;
}

static int check_names(const struct kube_view_request *r, const struct pod_set *all, struct err *err)
{
	for (size_t i = 0; i < r->names.n; i++) {
		struct kube_view_request one = { .names = { .v = &r->names.v[i], .n = 1 } };
		bool there = false;

		for (size_t k = 0; k < all->n; k++)
			there = there ||
				(!all->v[k].row.solo && all->v[k].row.state != ROW_CREATING &&
					all->v[k].row.state != ROW_REMOVING && is_asked(&one, &all->v[k]));
		if (!there)
			return not_found(r->names.v[i], err);
	}
	return 0;
}

static int add_pod(const struct kube_view_request *r, const struct label_selector *s, const struct pod *p,
	json_t *to, struct err *err)
{
	json_t *doc = NULL, *events;
	int rc = kube_pod_object(p, r->node, &doc, err);

	if (rc < 0)
		return rc;
	if (!label_selector_fits(s, json_object_get(json_object_get(doc, "metadata"), "labels"))) {
		json_decref(doc);
		return 0;
	}
	if (r->events) {
		events = json_array();
		rc = kube_pod_events(p, events, err);
		(void) json_object_set_new(doc, "events", events);
	}
	if (rc == 0 && json_array_append_new(to, doc) < 0)
		rc = err_sys(err, ENOMEM, "list pods");
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pod *) a)->row.name, ((const struct pod *) b)->row.name);
}

int verb_kube_view(struct engine *e, const struct kube_view_request *r, json_t **ret, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	auto_arena struct arena a = { 0 };
	struct label_selector s;
	json_t *list;
	int rc;

	if ((rc = label_selector_parse(r->selector, &a, &s, err)) < 0 ||
		(rc = pod_set_load(e, &all, err)) < 0 || (rc = check_names(r, &all, err)) < 0)
		return rc;
	if (all.n)
		qsort(all.v, all.n, sizeof *all.v, by_name);
	list = json_array();
	for (size_t i = 0; i < all.n && rc == 0; i++) {
		const struct pod *p = &all.v[i];

		if (!p->row.solo && p->row.state != ROW_CREATING && p->row.state != ROW_REMOVING &&
			is_asked(r, p))
			rc = add_pod(r, &s, p, list, err);
	}
	if (rc < 0)
		json_decref(list);
	else
		*ret = list;
	return rc;
}

/* ---- waiting --------------------------------------------------------------------------------------------------------------- */

/* Pods that end or come are seen by the directories of all run directories; what a pod does by its own. */
static int watch_all(struct engine *e, const struct kube_view_request *r, int inotify, struct err *err)
{
	AUTO(pod_set_done) struct pod_set all = { 0 };
	char path[PATH_TEXT + 32];
	int rc = pod_set_load(e, &all, err);

	for (size_t i = 0; i < all.n && rc == 0; i++) {
		if (all.v[i].row.solo || all.v[i].run_fd < 0 || !is_asked(r, &all.v[i]))
			continue;
		(void) snprintf(path, sizeof path, "/proc/self/fd/%d", all.v[i].run_fd);
		(void) inotify_add_watch(inotify, path, IN_MOVED_TO | IN_DELETE_SELF | IN_DELETE);
	}
	(void) snprintf(path, sizeof path, "%s/pods", e->runroot);
	(void) inotify_add_watch(inotify, path, IN_CREATE | IN_DELETE | IN_MOVED_FROM);
	return rc;
}

/* What the row alone tells (a pod that was made and not started) is looked at this often. */
#define LOOK_AGAIN_US 500000

int verb_kube_changed(
	struct engine *e, const struct kube_view_request *r, uint64_t timeout_us, struct err *err)
{
	auto_close int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd p = { .fd = inotify, .events = POLLIN };
	uint64_t wait = timeout_us < LOOK_AGAIN_US ? timeout_us : LOOK_AGAIN_US;
	int rc;

	if (inotify < 0)
		return err_sys(err, errno, "watch pods");
	if ((rc = watch_all(e, r, inotify, err)) < 0)
		return rc;
	rc = poll(&p, 1, (int) ((wait + 999) / 1000));
	if (rc < 0 && errno != EINTR)
		return err_sys(err, errno, "watch pods");
	return rc != 0 || timeout_us > LOOK_AGAIN_US;
}
