#include "pkg/image/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/registries.h"
#include "pkg/image/transfer.h"
#include "pkg/util/limits.h"

#define HITS_MAX 10000
#define PAGES_MAX 100

struct searching {
	struct engine *e;
	const struct search_request *q;
	const struct registry_options *o;
	struct arena *a;
	struct search_hit *v;
	size_t n, cap;
};

/* Everything but letters and digits as %XX. */
static const char *escape(const char *s, struct arena *a)
{
	char *out = arena_alloc(a, strlen(s) * 3 + 1), *p = out;

	for (; out && *s; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9'))
			*p++ = *s;
		else
			p += snprintf(p, 4, "%%%02X", (unsigned char) *s);
	return out;
}

static bool fits(const struct searching *s, const struct search_hit *h)
{
	const struct search_request *q = s->q;

	return h->stars >= q->min_stars && (!q->official.set || q->official.v == h->official) &&
	       (!q->automated.set || q->automated.v == h->automated);
}

static int hit_add(struct searching *s, const struct search_hit *h, struct err *err)
{
	if (!fits(s, h) || s->n == HITS_MAX)
		return 0;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct search_hit *v = arena_array(s->a, cap, sizeof *v);

		if (!v)
			return err_sys(err, ENOMEM, "search");
		if (s->n)
			memcpy(v, s->v, s->n * sizeof *v);
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = *h;
	return 0;
}

/* Control characters do not reach a terminal, whatever a registry says. */
static const char *text_take(const json_t *v, const char *key, struct arena *a)
{
	const char *text = json_string_value(json_object_get(v, key));
	char *copy = arena_strdup(a, text ? text : "");

	for (char *p = copy; p && *p; p++)
		if ((unsigned char) *p < ' ' || *p == 127)
			*p = ' ';
	return copy;
}

static int v1_take(struct searching *s, const char *index, const json_t *doc, struct err *err)
{
	const json_t *results = json_object_get(doc, "results");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(results) && i < s->q->limit; i++) {
		const json_t *r = json_array_get(results, i);
		const char *name = text_take(r, "name", s->a);
		bool hub = strcmp(index, "docker.io") == 0;
		struct search_hit h = { .index = index,
			.description = text_take(r, "description", s->a),
			.stars = json_integer_value(json_object_get(r, "star_count")),
			.official = json_is_true(json_object_get(r, "is_official")),
			.automated = json_is_true(json_object_get(r, "is_automated")) };

		if (!name || !h.description)
			return err_sys(err, ENOMEM, "search");
		h.name = arena_printf(
			s->a, "%s/%s%s", index, hub && !strchr(name, '/') ? "library/" : "", name);
		rc = h.name ? hit_add(s, &h, err) : err_sys(err, ENOMEM, "search");
	}
	return rc;
}

static int catalog_take(struct searching *s, const char *index, const char *term, const json_t *doc,
	size_t *found, struct err *err)
{
	const json_t *list = json_object_get(doc, "repositories");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(list) && *found < s->q->limit; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		struct search_hit h = { .index = index, .description = "" };

		if (!name || !strstr(name, term) || strlen(name) > 255)
			continue;
		h.name = arena_printf(s->a, "%s/%s", index, name);
		rc = h.name ? hit_add(s, &h, err) : err_sys(err, ENOMEM, "search");
		++*found;
	}
	return rc;
}

static int answer_json(json_t *v, json_t **ret, struct err *err)
{
	const char *body = json_string_value(json_object_get(v, "body"));

	*ret = json_parse(body ? body : "", body ? strlen(body) : 0, err);
	return *ret ? 0 : -EINVAL;
}

static int catalog(
	struct searching *s, struct transfer *t, const char *index, const char *term, struct err *err)
{
	const char *path = "/v2/_catalog?n=1000";
	size_t found = 0;
	int rc = 0;

	for (int pages = 0; rc == 0 && path && found < s->q->limit && pages < PAGES_MAX; pages++) {
		json_t *v = NULL, *doc = NULL;
		int status;

		if ((rc = transfer_request(t, "GET", path, MANIFEST_MAX, &v, err)) < 0)
			return rc;
		status = (int) json_integer_value(json_object_get(v, "status"));
		if (status != 200)
			rc = err_set(err, status == 404 ? ERR_UNSUPPORTED : ERR_REMOTE,
				"%s: the registry lets nobody search (HTTP %d); podctl search --list-tags "
				"NAME, or its web page",
				index, status);
		if (rc == 0 && (rc = answer_json(v, &doc, err)) == 0)
			rc = catalog_take(s, index, term, doc, &found, err);
		path = transfer_next_page(v, s->a);
		json_decref(doc);
		json_decref(v);
	}
	return rc;
}

static int registry_search(struct searching *s, const char *index, const char *term, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	struct strs scopes = { 0 };
	json_t *v = NULL, *doc = NULL;
	struct place at;
	const char *path = arena_printf(s->a, "/v1/search?q=%s&n=%zu", escape(term, s->a), s->q->limit);
	int rc;

	if (!path || strs_add(&scopes, s->a, "registry:catalog:*") < 0)
		return err_sys(err, ENOMEM, "search");
	if ((rc = registries_host(s->e, index, s->o, s->a, &at, err)) < 0)
		return rc;
	if (strcmp(index, "docker.io") == 0)
		at.host = "index.docker.io";
	if ((rc = transfer_open(s->e, &at, s->o, &scopes, &tmp, s->a, &t, err)) < 0 ||
		(rc = transfer_request(&t, "GET", path, MANIFEST_MAX, &v, err)) < 0)
		return err_wrap(err, "search in %s", index);
	if (json_integer_value(json_object_get(v, "status")) == 200 && answer_json(v, &doc, err) == 0 &&
		json_object_get(doc, "results")) {
		rc = v1_take(s, index, doc, err);
	} else {
		err_clear(err);
		rc = catalog(s, &t, index, term, err);
	}
	json_decref(doc);
	json_decref(v);
	return rc;
}

int image_search(struct engine *e, const struct search_request *q, const struct registry_options *o,
	struct arena *a, struct search_hit **ret, size_t *ret_n, struct err *err)
{
	struct searching s = { .e = e, .q = q, .o = o, .a = a };
	const char *slash = strchr(q->term, '/'), *term = q->term;
	struct registries conf;
	struct strs where = { 0 };
	int rc = registries_load(e, o, a, &conf, err);

	if (rc < 0)
		return rc;
	/* "host/term" searches there */
	if (slash && (memchr(q->term, '.', (size_t) (slash - q->term)) ||
			     memchr(q->term, ':', (size_t) (slash - q->term)) ||
			     strncmp(q->term, "localhost/", 10) == 0)) {
		rc = strs_addf(&where, a, "%.*s", (int) (slash - q->term), q->term);
		term = slash + 1;
	} else if (conf.search_set) {
		rc = strs_add_all(&where, a, &conf.search);
	} else {
		rc = strs_add(&where, a, "docker.io");
	}
	if (rc < 0)
		return err_sys(err, ENOMEM, "search");
	if (!where.n)
		return err_set(err, ERR_INVALID,
			"no unqualified-search registries are defined in \"%s\"; name one: podctl search "
			"REGISTRY/%s",
			conf.search_file, term);
	for (size_t i = 0; i < where.n; i++) {
		where.v[i][strcspn(where.v[i], "/")] = '\0';
		if ((rc = registry_search(&s, where.v[i], term, err)) == 0)
			continue;
		if (where.n == 1)
			return rc;
		if (o->warn)
			o->warn(o->ctx, err->msg);
		err_clear(err);
	}
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}
