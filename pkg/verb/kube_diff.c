/*
 * kube_diff.c — kube diff: what a play would change, document by document.
 */
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/kube/generate.h"
#include "pkg/util/limits.h"
#include "pkg/util/text_diff.h"
#include "pkg/verb/play_internal.h"

struct differ {
	struct play *p;
	struct buf *out;
	size_t n;
};

/* ---- secrets are told apart, not told ------------------------------------------------------------------------------------- */

static json_t *masked(const json_t *doc, const json_t *other, bool after)
{
	static const char *const maps[] = { "data", "stringData" };
	json_t *copy = json_deep_copy(doc), *v;
	const char *key;

	for (size_t i = 0; i < LEN(maps); i++) {
		json_t *map = json_object_get(copy, maps[i]);
		json_object_foreach(map, key, v)
		{
			const char *a = json_string_value(v), *b = json_string_value(json_object_get(
								      json_object_get(other, maps[i]), key));
			bool same = a && b && !strcmp(a, b);

			json_object_set_new(map, key,
				json_string(same    ? "***"
					    : after ? "*** (after)"
						    : "*** (before)"));
		}
	}
	return copy;
}

/* ---- one document ---------------------------------------------------------------------------------------------------------- */

static int text_of(const json_t *doc, struct buf *b, struct err *err)
{
	return doc ? kube_emit(doc, b, err) : 0;
}

static int differ(struct differ *d, const char *kind, const char *name, const json_t *before,
	const json_t *after, struct err *err)
{
	auto_buf struct buf a = BUF_INIT(64 * MiB), b = BUF_INIT(64 * MiB);
	bool secret = !strcmp(kind, "Secret");
	json_t *from = secret && before ? masked(before, after, false) : json_incref((json_t *) before),
	       *to = secret && after ? masked(after, before, true) : json_incref((json_t *) after);
	char old[600], new[600];
	int rc;

	(void) snprintf(old, sizeof old, "%s/%s/%.500s", before ? "running" : "/dev/null", kind, name);
	(void) snprintf(new, sizeof new, "%s/%s/%.500s", after ? "manifest" : "/dev/null", kind, name);
	if ((rc = text_of(from, &a, err)) == 0 && (rc = text_of(to, &b, err)) == 0)
		rc = text_diff(before ? old : "/dev/null", a.data ? a.data : "", after ? new : "/dev/null",
			b.data ? b.data : "", d->out);
	json_decref(from);
	json_decref(to);
	if (rc < 0)
		return err->len ? rc : err_sys(err, -rc, "compare %s '%s'", kind, name);
	d->n += rc > 0;
	return rc;
}

static int object(struct differ *d, const struct kube_object *o, struct err *err)
{
	struct object_row old = { 0 };
	struct err one = { 0 };
	json_t *before = NULL;
	int rc;

	if (store_object_get(d->p->e->store, o->kind, o->name, d->p->a, &old, &one) == 0 &&
		!(before = json_parse(old.doc, strlen(old.doc), err)))
		return -EIO;
	rc = differ(d, o->kind, o->name, before, o->doc, err);
	json_decref(before);
	return rc;
}

static void say(struct differ *d, const struct play_pod *pp, const char *what)
{
	(void) buf_printf(d->out, "# Pod/%s: %s\n", pp->pod->spec.name, what);
	d->n++;
}

static int pod(struct differ *d, const struct play_pod *pp, struct err *err)
{
	json_t *before = NULL;
	size_t n = d->n;
	int rc;

	if (pp->old_kube && !(before = json_parse(pp->old_kube, strlen(pp->old_kube), err)))
		return -EIO;
	if (pp->action == PLAY_REPLACE && !before)
		say(d, pp, "is there, made by hand");
	/* what it refers to may have changed while its own document has not */
	rc = pp->action == PLAY_KEEP ? 0 : differ(d, "Pod", pp->pod->spec.name, before, pp->pod->doc, err);
	json_decref(before);
	if (rc < 0)
		return rc;
	if (pp->action == PLAY_REPLACE && d->n == n)
		say(d, pp, "would be made anew: its image, or a value it takes from elsewhere, has changed");
	if (pp->start)
		say(d, pp, "does not run and would be started");
	return 0;
}

int verb_kube_diff(struct engine *e, const struct play_request *r, struct diag *diag, struct arena *a,
	struct buf *b, struct err *err)
{
	struct play p = { .e = e, .r = r, .a = a };
	struct differ d = { .p = &p, .out = b };
	int rc = play_prepare(&p, diag, err);

	for (size_t i = 0; rc >= 0 && i < p.plan.n_object; i++)
		rc = object(&d, &p.plan.object[i], err);
	for (size_t i = 0; rc >= 0 && i < p.plan.n_pod; i++)
		rc = pod(&d, &p.pod[i], err);
	kube_plan_done(&p.plan);
	return rc < 0 ? rc : d.n > 0;
}
