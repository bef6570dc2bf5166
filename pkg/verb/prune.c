#include "pkg/verb/prune.h"

#include <string.h>

#include "pkg/util/io.h"
#include "pkg/verb/image_filter.h"
#include "pkg/verb/pods.h"

/* Divides the filters into "until" (the moment before which an object must have been made; 0: any) and the rest. */
static int filters_split(const struct prune_request *r, struct arena *a, struct strs *ret,
	uint64_t *ret_until, struct err *err)
{
	*ret_until = 0;
	for (size_t i = 0; i < r->filters.n; i++) {
		const char *f = r->filters.v[i];
		int rc;

		if (!strncmp(f, "until=", 6)) {
			if ((rc = log_time_parse(f + 6, r->now_us, ret_until, err)) < 0)
				return err_wrap(err, "--filter %s", f);
		} else if (!strncmp(f, "label=", 6) || !strncmp(f, "label!=", 7)) {
			if (strs_add(ret, a, f) < 0)
				return err_sys(err, ENOMEM, "prune");
		} else {
			return err_set(err, ERR_INVALID,
				"\"%s\" is an invalid filter; there are label= and until=", f);
		}
	}
	return 0;
}

static void no_missing(const struct err *err) { (void) err; }

/* All of a kind that fit 'filters' and were made before 'until'. */
static int prune_select(struct engine *e, enum store_kind kind, const struct prune_request *r,
	const char *const *states, struct arena *a, struct target **ret, size_t *ret_n, struct err *err)
{
	struct selection s = { .kind = kind, .all = true };
	struct pod_row *rows = NULL;
	uint64_t until;
	size_t n = 0, missing = 0, kept = 0;
	int rc;

	for (; *states; states++)
		if (strs_addf(&s.filters, a, "status=%s", *states) < 0)
			return err_sys(err, ENOMEM, "prune");
	if ((rc = filters_split(r, a, &s.filters, &until, err)) < 0 ||
		(rc = verb_select(e, &s, a, ret, ret_n, no_missing, &missing, err)) < 0 || !until)
		return rc;
	if ((rc = store_pods(e->store, a, &rows, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < *ret_n; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcmp(rows[k].id, (*ret)[i].pod) && rows[k].created_us < until) {
				(*ret)[kept++] = (*ret)[i];
				break;
			}
	*ret_n = kept;
	return 0;
}

/* What somebody else removed meanwhile, or started, is not ours to complain about. */
static void tell(const struct prune_request *r, int rc, const char *what, const struct err *err)
{
	if (rc >= 0)
		r->removed(r->ctx, what);
	else if (err->kind != ERR_NOT_FOUND && err->kind != ERR_STATE)
		r->failed(r->ctx, err);
}

int verb_prune_containers(struct engine *e, const struct prune_request *r, struct err *err)
{
	static const char *const states[] = { "created", "exited", NULL };
	auto_arena struct arena a = { 0 };
	struct target *t = NULL;
	size_t n = 0;
	int rc = prune_select(e, STORE_CONTAINER, r, states, &a, &t, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct err one = { 0 };

		tell(r, verb_remove(e, &t[i], &(struct remove_request){ 0 }, &one), t[i].id, &one);
	}
	return rc;
}

int verb_prune_pods(struct engine *e, const struct prune_request *r, struct err *err)
{
	static const char *const states[] = { "exited", "stopped", NULL };
	auto_arena struct arena a = { 0 };
	struct target *t = NULL;
	size_t n = 0;
	int rc = prune_select(e, STORE_POD, r, states, &a, &t, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct err one = { 0 };

		tell(r, verb_pod_remove(e, &t[i], &(struct remove_request){ 0 }, &one), t[i].id, &one);
	}
	return rc;
}

int verb_prune_images(struct engine *e, const struct prune_request *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct image_list list = { 0 };
	struct image_filters *filters = NULL;
	int rc;

	if ((rc = image_filters_parse(e, &r->filters, r->now_us, &a, &filters, err)) < 0 ||
		(rc = verb_images(e, NULL, &a, &list, err)) < 0)
		return rc;
	for (size_t i = 0; i < list.n; i++) {
		struct strs lines = { 0 };
		struct err one = { 0 };

		if (list.users[i] || list.v[i].read_only || (list.v[i].names.n && !r->all))
			continue;
		if ((rc = image_filters_match(filters, &list, i, &a, err)) < 0)
			return rc;
		if (!rc)
			continue;
		/* not forced beyond its names: a container made meanwhile keeps its image */
		for (size_t k = 0; k < list.v[i].names.n && rc >= 0; k++)
			rc = image_remove(e, list.v[i].names.v[k], false, &a, &lines, &one);
		if (!list.v[i].names.n)
			rc = image_remove(e, list.v[i].id, false, &a, &lines, &one);
		tell(r, rc, list.v[i].id, &one);
	}
	return image_sweep(e, err); /* who asks for space gets what killed commands left, too */
}
