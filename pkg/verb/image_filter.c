#include "pkg/verb/image_filter.h"

#include <fnmatch.h>
#include <string.h>

#include "pkg/verb/containers.h"

enum key {
	KEY_REFERENCE,
	KEY_ID,
	KEY_DANGLING,
	KEY_INTERMEDIATE,
	KEY_READONLY,
	KEY_MANIFEST,
	KEY_CONTAINERS,
	KEY_LABEL,
	KEY_BEFORE,
	KEY_SINCE,
	KEY_AFTER,
	KEY_UNTIL,
	KEY_DIGEST,
};
static const char *const keys[] = { "reference", "id", "dangling", "intermediate", "readonly", "manifest",
	"containers", "label", "before", "since", "after", "until", "digest" };

struct image_filters {
	struct one {
		enum key key;
		const char *value;
		const char *id; /* reference: the image it names as a whole; NULL */
		bool negate, yes;
		uint64_t us;
	} * v;
	size_t n;
};

/* ---- parsing ------------------------------------------------------------------------------------------------------------------ */

static int value_bool(struct one *o, const char *text, struct err *err)
{
	if (strcmp(o->value, "true") == 0 || strcmp(o->value, "1") == 0)
		o->yes = true;
	else if (strcmp(o->value, "false") != 0 && strcmp(o->value, "0") != 0)
		return err_set(err, ERR_INVALID, "--filter %s: expected true or false", text);
	return 0;
}

static int value_take(
	struct engine *e, struct one *o, const char *text, uint64_t now_us, struct arena *a, struct err *err)
{
	struct image_row row = { 0 };
	struct err ignored = { 0 };
	int rc;

	switch (o->key) {
	case KEY_REFERENCE:
		if (image_resolve(e, o->value, a, &row, &ignored) == 0)
			o->id = row.id;
		return 0;
	case KEY_CONTAINERS:
		if (strcmp(o->value, "external") ==
			0) /* containers of other engines: there are none in our store */
			return 0;
		return value_bool(o, text, err);
	case KEY_DANGLING:
	case KEY_INTERMEDIATE:
	case KEY_READONLY:
	case KEY_MANIFEST:
		return value_bool(o, text, err);
	case KEY_BEFORE:
	case KEY_SINCE:
	case KEY_AFTER:
		if ((rc = image_resolve(e, o->value, a, &row, err)) < 0)
			return err_wrap(err, "--filter %s", text);
		o->us = row.created_us;
		return 0;
	case KEY_UNTIL:
		rc = log_time_parse(o->value, now_us, &o->us, err);
		return rc < 0 ? err_wrap(err, "--filter %s", text) : 0;
	default:
		return 0;
	}
}

static int parse_one(struct engine *e, const char *text, uint64_t now_us, struct arena *a, struct one *ret,
	struct err *err)
{
	const char *eq = strchr(text, '=');
	size_t n = eq ? (size_t) (eq - text) : strlen(text);
	struct one o = { 0 };

	if (!eq)
		return err_set(err, ERR_INVALID,
			"invalid image filter \"%s\": must be in the format \"filter=value\"", text);
	o.negate = n && text[n - 1] == '!';
	n -= o.negate;
	o.value = eq + 1;
	for (size_t k = 0; k < LEN(keys); k++)
		if (strlen(keys[k]) == n && strncmp(text, keys[k], n) == 0) {
			o.key = (enum key) k;
			*ret = o;
			return value_take(e, ret, text, now_us, a, err);
		}
	return err_set(err, ERR_INVALID, "unsupported image filter \"%.*s\"", (int) n, text);
}

int image_filters_parse(struct engine *e, const struct strs *texts, uint64_t now_us, struct arena *a,
	struct image_filters **ret, struct err *err)
{
	struct image_filters *f = arena_alloc(a, sizeof *f);
	int rc;

	if (!f || !(f->v = arena_array(a, texts->n + 1, sizeof *f->v)))
		return err_sys(err, ENOMEM, "filter images");
	for (; f->n < texts->n; f->n++)
		if ((rc = parse_one(e, texts->v[f->n], now_us, a, &f->v[f->n], err)) < 0)
			return rc;
	*ret = f;
	return 0;
}

/* ---- matching ------------------------------------------------------------------------------------------------------------------ */

static bool glob(const char *pattern, const char *text) { return fnmatch(pattern, text, FNM_PATHNAME) == 0; }

static const char *base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static const char *without_host(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash ? slash + 1 : name;
}

bool image_reference_fits(const struct image_row *i, const char *pattern, struct arena *a)
{
	for (size_t k = 0; k < i->names.n; k++) {
		const char *name = i->names.v[k];
		const char *tag = strchr(base(name), ':');
		char *plain = tag ? arena_strndup(a, name, (size_t) (tag - name)) : arena_strdup(a, name);

		if (glob(pattern, name) || glob(pattern, without_host(name)) || glob(pattern, base(name)))
			return true;
		if (plain && (glob(pattern, plain) || glob(pattern, without_host(plain)) ||
				     glob(pattern, base(plain))))
			return true;
	}
	return false;
}

static int label_fits(const struct image_row *m, const char *want, struct arena *a, struct err *err)
{
	const char *eq = strchr(want, '='), *have;
	struct image_config config = { 0 };
	char *key = arena_strndup(a, want, eq ? (size_t) (eq - want) : strlen(want));
	int rc;

	if (!key)
		return err_sys(err, ENOMEM, "filter images");
	if (image_row_is_list(m))
		return 0;
	if ((rc = image_config_parse(m->config, a, &config, err)) < 0)
		return err_wrap(err, "image %.12s", m->id);
	have = kvs_get(&config.labels, key);
	return have && (!eq || fnmatch(eq + 1, have, 0) == 0);
}

/* Another image is made of it and more. */
static bool has_children(const struct image_list *all, size_t i)
{
	const struct strs *mine = &all->v[i].layers;

	for (size_t k = 0; k < all->n; k++) {
		const struct strs *other = &all->v[k].layers;
		size_t same = 0;

		while (same < mine->n && same < other->n && strcmp(mine->v[same], other->v[same]) == 0)
			same++;
		if (k != i && same == mine->n && other->n > mine->n)
			return true;
	}
	return false;
}

static int fits(const struct one *o, const struct image_list *all, size_t i, struct arena *a, struct err *err)
{
	const struct image_row *m = &all->v[i];
	const char *id = strncmp(o->value, "sha256:", 7) == 0 ? o->value + 7 : o->value;

	switch (o->key) {
	case KEY_REFERENCE:
		return (o->id && strcmp(o->id, m->id) == 0) || image_reference_fits(m, o->value, a);
	case KEY_ID:
		return strncmp(m->id, id, strlen(id)) == 0;
	case KEY_DIGEST:
		return strncmp(m->digest, o->value, strlen(o->value)) == 0;
	case KEY_DANGLING:
		return (m->names.n == 0) == o->yes;
	case KEY_INTERMEDIATE:
		return (m->names.n == 0 && !has_children(all, i)) == o->yes;
	case KEY_READONLY:
		return m->read_only == o->yes;
	case KEY_MANIFEST:
		return image_row_is_list(m) == o->yes;
	case KEY_CONTAINERS:
		return strcmp(o->value, "external") != 0 && (all->users[i] > 0) == o->yes;
	case KEY_LABEL:
		return label_fits(m, o->value, a, err);
	case KEY_BEFORE:
		return m->created_us < o->us;
	case KEY_SINCE:
	case KEY_AFTER:
		return m->created_us > o->us;
	case KEY_UNTIL:
		return m->created_us < o->us;
	}
	return 0;
}

int image_filters_match(const struct image_filters *f, const struct image_list *all, size_t i,
	struct arena *a, struct err *err)
{
	bool references = false, found = false;

	for (size_t k = 0; k < f->n; k++) {
		int rc = fits(&f->v[k], all, i, a, err);

		if (rc < 0)
			return rc;
		if (f->v[k].key == KEY_REFERENCE && !f->v[k].negate) { /* any of several */
			references = true;
			found = found || rc;
		} else if ((rc != 0) == f->v[k].negate) {
			return 0;
		}
	}
	return !references || found;
}
