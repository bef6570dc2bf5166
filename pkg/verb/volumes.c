#include "pkg/verb/volumes.h"

#include <string.h>

#include "pkg/util/io.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/prune.h"
#include "pkg/volume/volume.h"

static bool label_fits(const struct volume_row *v, const char *want)
{
	const char *eq = strchr(want, '='), *value;
	json_t *labels = v->labels ? json_loads(v->labels, 0, NULL) : NULL, *have;
	bool fits;

	have = labels ? json_object_getn(labels, want, eq ? (size_t) (eq - want) : strlen(want)) : NULL;
	value = json_string_value(have);
	fits = have && (!eq || (value && !strcmp(value, eq + 1)));
	json_decref(labels);
	return fits;
}

static int is_used(struct engine *e, const char *name, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct strs names = { 0 }, ids = { 0 };
	int rc = store_volume_users(e->store, name, &a, &names, &ids, err);

	return rc < 0 ? rc : ids.n > 0;
}

static int fits(struct engine *e, const struct volume_row *v, const char *f, uint64_t now, struct err *err)
{
	uint64_t until;
	int rc;

	if (!strncmp(f, "name=", 5))
		return strstr(v->name, f + 5) != NULL;
	if (!strncmp(f, "label=", 6))
		return label_fits(v, f + 6);
	if (!strncmp(f, "label!=", 7))
		return !label_fits(v, f + 7);
	if (!strncmp(f, "driver=", 7))
		return !strcmp(f + 7, "local");
	if (!strcmp(f, "dangling=true") || !strcmp(f, "dangling=false"))
		return (rc = is_used(e, v->name, err)) < 0 ? rc : (rc == 0) == (f[9] == 't');
	if (!strncmp(f, "scope=", 6))
		return !strcmp(f + 6, "local");
	if (!strncmp(f, "opt=", 4))
		return 0; /* nothing was given to any */
	if (strncmp(f, "until=", 6) != 0)
		return err_set(err, ERR_INVALID,
			"\"%s\" is an invalid volume filter; there are name=, label=, dangling=, driver=, "
			"scope=, opt= and "
			"until=",
			f);
	if ((rc = log_time_parse(f + 6, now, &until, err)) < 0)
		return err_wrap(err, "--filter %s", f);
	return v->created_us < until;
}

int verb_volumes(struct engine *e, const struct strs *filters, struct arena *a, struct volume_row **ret,
	size_t *ret_n, struct err *err)
{
	uint64_t now = time_now_us();
	size_t n = 0, kept = 0;
	int rc = store_volumes(e->store, a, ret, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		rc = 1;
		for (size_t k = 0; rc > 0 && k < filters->n; k++)
			rc = fits(e, &(*ret)[i], filters->v[k], now, err);
		if (rc < 0)
			return rc;
		if (rc)
			(*ret)[kept++] = (*ret)[i];
	}
	*ret_n = kept;
	return 0;
}

int verb_volume_remove(
	struct engine *e, const char *name, bool force, const struct opt_i64 *timeout_s, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct strs names = { 0 }, ids = { 0 };
	int rc;

	if (force && (rc = store_volume_users(e->store, name, &a, &names, &ids, err)) < 0)
		return rc;
	for (size_t i = 0; i < ids.n; i++) {
		struct remove_request r = { .force = true, .timeout_s = *timeout_s };
		struct target t = { .asked = names.v[i] };

		if ((rc = store_find(e->store, ids.v[i], STORE_CONTAINER, &a, &t.id, &t.pod, err)) < 0 ||
			(rc = verb_remove(e, &t, &r, err)) < 0)
			return err_wrap(err, "volume %s", name);
	}
	return volume_remove(e, name, err);
}

int verb_prune_volumes(struct engine *e, const struct prune_request *r, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct strs filters = { 0 };
	struct volume_row *v = NULL;
	size_t n = 0;
	int rc;

	if (strs_add_all(&filters, &a, &r->filters) < 0 || strs_add(&filters, &a, "dangling=true") < 0)
		return err_sys(err, ENOMEM, "prune volumes");
	if ((rc = verb_volumes(e, &filters, &a, &v, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct err one = { 0 };

		/* in use by now, or gone: not ours to complain about */
		if (volume_remove(e, v[i].name, &one) >= 0)
			r->removed(r->ctx, v[i].name);
		else if (one.kind != ERR_STATE && one.kind != ERR_NOT_FOUND)
			r->failed(r->ctx, &one);
	}
	return 0;
}
