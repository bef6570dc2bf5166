/* The tags of a repository: all of one page after another. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/pull.h"
#include "pkg/image/short_name.h"
#include "pkg/image/transfer.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define PAGES_MAX 1000

static int answer_check(const json_t *v, const char *full, const char *host, struct err *err)
{
	long status = (long) json_integer_value(json_object_get(v, "status"));

	if (status == 200)
		return 0;
	if (status == 404)
		return err_set(err, ERR_NOT_FOUND, "%s: the registry knows no such repository", full);
	if (status == 401 || status == 403)
		return err_set(
			err, ERR_DENIED, "%s: unauthorized: HTTP %ld; podctl login %s", full, status, host);
	return err_set(err, ERR_REMOTE, "%s: HTTP %ld", full, status);
}

static int page_take(const json_t *v, struct arena *a, struct strs *ret, struct err *err)
{
	const char *body = json_string_value(json_object_get(v, "body"));
	json_t *doc = json_parse(body ? body : "", body ? strlen(body) : 0, err), *tags;
	int rc = 0;

	if (!doc)
		return -EINVAL;
	tags = json_object_get(doc, "tags");
	for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag && strlen(tag) <= 128 && ret->n < TAGS_MAX && strs_add(ret, a, tag) < 0)
			rc = err_sys(err, ENOMEM, "list tags");
	}
	json_decref(doc);
	return rc;
}

static int place_tags(struct engine *e, const struct place *at, const char *full,
	const struct registry_options *o, struct arena *a, struct strs *ret, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	const char *path = "tags/list?n=1000";
	int rc = transfer_open(e, at, o, NULL, &tmp, a, &t, err);

	for (int pages = 0; rc == 0 && path && pages < PAGES_MAX; pages++) {
		json_t *v = NULL;

		if ((rc = transfer_request(&t, "GET", path, MANIFEST_MAX, &v, err)) < 0)
			return rc;
		if ((rc = answer_check(v, full, at->host, err)) == 0)
			rc = page_take(v, a, ret, err);
		path = transfer_next_page(v, a);
		json_decref(v);
	}
	return rc;
}

static int name_tags(struct engine *e, const struct registries *conf, const char *full,
	const struct registry_options *o, struct arena *a, const char **ret_full, struct strs *ret,
	struct err *err)
{
	struct image_name n;
	struct place *places;
	size_t count;
	int rc;

	if ((rc = image_name_parse(full, a, &n, err)) < 0)
		return rc;
	if (!(*ret_full = arena_printf(a, "%s/%s", n.host, n.path)))
		return err_sys(err, ENOMEM, "list tags");
	if ((rc = registries_match(conf, &n, a, &places, &count, err)) < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (o->tls_verify.set)
			places[i].insecure = !o->tls_verify.v;
		*ret = (struct strs){ 0 };
		if ((rc = place_tags(e, &places[i], *ret_full, o, a, ret, err)) == 0)
			return 0;
		if (i + 1 < count)
			err_clear(err);
	}
	return rc;
}

int image_tags(struct engine *e, const char *ref, const struct registry_options *o, struct arena *a,
	const char **ret_full, struct strs *ret, struct err *err)
{
	struct registries conf;
	struct short_name s;
	int rc;

	if (strncmp(ref, "docker://", 9) == 0)
		ref += 9;
	if ((rc = registries_load(e, o, a, &conf, err)) < 0 ||
		(rc = short_name_resolve(e, &conf, o, ref, a, &s, err)) < 0)
		return rc;
	for (size_t i = 0; i < s.candidates.n; i++) {
		if ((rc = name_tags(e, &conf, s.candidates.v[i], o, a, ret_full, ret, err)) == 0)
			return 0;
		if (i + 1 < s.candidates.n)
			err_clear(err);
	}
	return rc;
}
