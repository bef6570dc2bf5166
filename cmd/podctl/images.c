/*
 * images.c — podctl images.
 */
#include <inttypes.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/image_filter.h"

#define IMAGE_FIELDS                                                                                         \
	"Repository Tag ID Digest CreatedAt CreatedSince CreatedTime Created Size History Names Containers " \
	"RepoTags RepoDigests VirtualSize SharedSize ParentId Labels ReadOnly Dangling"

struct images_command {
	bool all, quiet, no_trunc, digests, no_heading, history;
	struct strs filters;
	const char *format, *sort;
};

/* One line: an image under one of its names. */
struct line {
	const struct image_row *m;
	const char *name, *repo, *tag; /* name: NULL: it has none */
	size_t i;
	int order; /* compare_* of the sort */
};

static void split_name(struct arena *a, const char *name, const char **repo, const char **tag)
{
	const char *slash = strrchr(name, '/'), *at = strchr(name, '@'),
		   *colon = strrchr(slash ? slash : name, ':');

	*tag = "<none>";
	*repo = name;
	if (at) {
		*repo = arena_strndup(a, name, (size_t) (at - name));
	} else if (colon) {
		*repo = arena_strndup(a, name, (size_t) (colon - name));
		*tag = colon + 1;
	}
}

static json_t *names_of(const struct image_row *m)
{
	json_t *v = json_array();

	for (size_t k = 0; k < m->names.n; k++)
		(void) json_array_append_new(v, json_string(m->names.v[k]));
	return v;
}

static json_t *digests_of(struct cli *c, const struct image_row *m)
{
	json_t *v = json_array(), *seen = json_object();

	for (size_t k = 0; k < m->names.n && m->digest && *m->digest; k++) {
		const char *repo, *tag, *text;

		split_name(&c->arena, m->names.v[k], &repo, &tag);
		text = arena_printf(&c->arena, "%s@%s", repo, m->digest);
		if (text && !json_object_get(seen, text)) {
			(void) json_object_set_new(seen, text, json_true());
			(void) json_array_append_new(v, json_string(text));
		}
	}
	json_decref(seen);
	return v;
}

static json_t *labels_of(struct cli *c, const struct image_row *m)
{
	struct image_config config = { 0 };
	struct err ignored = { 0 };
	json_t *v;

	if (image_row_is_list(m) || image_config_parse(m->config, &c->arena, &config, &ignored) < 0 ||
		!config.labels.n)
		return json_null();
	v = json_object();
	for (size_t i = 0; i < config.labels.n; i++)
		(void) json_object_set_new(v, config.labels.v[i].key, json_string(config.labels.v[i].value));
	return v;
}

/* Only what a template asks for costs something: labels are in the config. */
static bool wants(const struct images_command *r, const char *field)
{
	return r->format && strstr(r->format, field);
}

/* What the columns of columns_of() show. */
static json_t *row_short(struct cli *c, const struct images_command *r, const struct line *l, uint64_t now)
{
	const struct image_row *m = l->m;
	json_t *v = json_pack("{s:s,s:s,s:s,s:s,s:s}", "Repository", l->repo, "Tag", l->tag, "ID",
		r->no_trunc ? arena_printf(&c->arena, "sha256:%s", m->id) : short_id(&c->arena, m->id, false),
		"CreatedSince", words_ago(&c->arena, m->created_us, now), "Size",
		words_size(&c->arena, m->size));

	if (r->digests)
		(void) json_object_set_new(
			v, "Digest", json_string(m->digest && *m->digest ? m->digest : "<none>"));
	if (r->history)
		(void) json_object_set_new(v, "History", json_string(l->name ? l->name : "<none>"));
	(void) json_object_set_new(v, "ReadOnly", json_boolean(m->read_only));
	return v;
}

static json_t *row_json(struct cli *c, const struct images_command *r, const struct line *l,
	const struct image_list *list, uint64_t now)
{
	const struct image_row *m = l->m;
	json_t *v = row_short(c, r, l, now);
	const char *created = words_time(&c->arena, m->created_us);

	(void) json_object_set_new(v, "Digest", json_string(m->digest && *m->digest ? m->digest : "<none>"));
	(void) json_object_set_new(v, "CreatedAt", json_string(created));
	(void) json_object_set_new(v, "CreatedTime", json_string(created));
	(void) json_object_set(v, "Created", json_object_get(v, "CreatedSince"));
	(void) json_object_set_new(v, "Containers", json_integer((json_int_t) list->users[l->i]));
	(void) json_object_set_new(v, "Dangling", json_boolean(m->names.n == 0));
	(void) json_object_set_new(v, "Names", names_of(m));
	(void) json_object_set_new(v, "RepoTags", names_of(m));
	(void) json_object_set_new(v, "History", json_string(l->name ? l->name : "<none>"));
	(void) json_object_set_new(v, "VirtualSize", json_integer((json_int_t) m->size));
	(void) json_object_set_new(v, "SharedSize", json_integer(0));
	(void) json_object_set_new(v, "ParentId", json_string(""));
	(void) json_object_set_new(
		v, "RepoDigests", wants(r, "RepoDigests") ? digests_of(c, m) : json_array());
	(void) json_object_set_new(v, "Labels", wants(r, "Labels") ? labels_of(c, m) : json_null());
	return v;
}

static json_t *image_doc(struct cli *c, const struct image_list *list, size_t i)
{
	const struct image_row *m = &list->v[i];
	char created[TIME_TEXT];
	json_t *v;

	time_format(created, m->created_us);
	(void) memcpy(created + 19, "Z", 2); /* whole seconds, as podman */
	v = json_pack("{s:s,s:s,s:o,s:o,s:I,s:i,s:I,s:o,s:i}", "Id", m->id, "ParentId", "", "RepoTags",
		names_of(m), "RepoDigests", digests_of(c, m), "Size", (json_int_t) m->size, "SharedSize", 0,
		"VirtualSize", (json_int_t) m->size, "Labels", labels_of(c, m), "Containers",
		(int) list->users[i]);
	if (!m->names.n)
		(void) json_object_set_new(v, "Dangling", json_true());
	if (m->read_only)
		(void) json_object_set_new(v, "ReadOnly", json_true());
	if (image_row_is_list(m))
		(void) json_object_set_new(v, "IsManifestList", json_true());
	(void) json_object_set_new(v, "Names", names_of(m));
	(void) json_object_set_new(v, "Digest", json_string(m->digest ? m->digest : ""));
	(void) json_object_set_new(v, "History", names_of(m));
	(void) json_object_set_new(v, "Created", json_integer((json_int_t) (m->created_us / 1000000)));
	(void) json_object_set_new(v, "CreatedAt", json_string(created));
	return v;
}

/* ---- order --------------------------------------------------------------------------------------------------------------- */

enum order { BY_CREATED, BY_ID, BY_REPOSITORY, BY_SIZE, BY_TAG };
static const char *const orders[] = { "created", "id", "repository", "size", "tag" };

static int compare_lines(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;
	int c = 0;

	switch (a->order) {
	case BY_ID:
		c = strcmp(a->m->id, b->m->id);
		break;
	case BY_REPOSITORY:
		c = strcmp(a->repo, b->repo);
		break;
	case BY_SIZE:
		c = (a->m->size > b->m->size) - (a->m->size < b->m->size);
		break;
	case BY_TAG:
		c = strcmp(a->tag, b->tag);
		break;
	default:
		c = (a->m->created_us < b->m->created_us) - (a->m->created_us > b->m->created_us);
		break;
	}
	return c              ? c
	       : a->i != b->i ? (a->i > b->i ? 1 : -1)
			      : strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

static int order_of(const char *word, int *ret, struct err *err)
{
	*ret = BY_CREATED;
	for (size_t i = 0; word && i < sizeof orders / sizeof *orders; i++)
		if (!strcmp(word, orders[i])) {
			*ret = (int) i;
			return 0;
		}
	return !word ? 0
		     : err_set(err, ERR_INVALID,
			       "\"%s\" is not a valid field for sorting. Choose from: created, id, "
			       "repository, size, "
			       "tag",
			       word);
}

static int lines_make(struct cli *c, const struct images_command *r, const struct image_list *list,
	struct line **ret, size_t *ret_n, struct err *err)
{
	struct image_filters *f = NULL;
	struct line *v;
	size_t n = 0, most = 1;
	int rc, order;

	if ((rc = order_of(r->sort, &order, err)) < 0 ||
		(rc = image_filters_parse(&c->engine, &r->filters, time_now_us(), &c->arena, &f, err)) < 0)
		return rc;
	for (size_t i = 0; i < list->n; i++)
		most += list->v[i].names.n + 1;
	if (!(v = arena_array(&c->arena, most, sizeof *v)))
		return err_sys(err, ENOMEM, "list images");
	for (size_t i = 0; i < list->n; i++) {
		const struct image_row *m = &list->v[i];

		if ((rc = image_filters_match(f, list, i, &c->arena, err)) < 0)
			return rc;
		for (size_t k = 0; rc && (k < m->names.n || k == 0); k++) {
			v[n] = (struct line){ .m = m,
				.name = m->names.n ? m->names.v[k] : NULL,
				.repo = "<none>",
				.tag = "<none>",
				.i = i,
				.order = order };
			if (v[n].name)
				split_name(&c->arena, v[n].name, &v[n].repo, &v[n].tag);
			n++;
		}
	}
	qsort(v, n, sizeof *v, compare_lines);
	*ret = v;
	*ret_n = n;
	return 0;
}

/* ---- output ------------------------------------------------------------------------------------------------------------------ */

static const char *columns_of(struct cli *c, const struct images_command *r, const struct image_list *list)
{
	bool any = false;

	for (size_t i = 0; i < list->n; i++)
		any = any || list->v[i].read_only;
	return arena_printf(&c->arena,
		"{{.Repository}}\t{{.Tag}}%s\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}%s%s",
		r->digests ? "\t{{.Digest}}" : "", r->history ? "\t{{.History}}" : "",
		any ? "\t{{.ReadOnly}}" : "");
}

static bool is_again(const struct line *v, size_t k)
{
	for (size_t j = 0; j < k; j++)
		if (v[j].i == v[k].i)
			return true;
	return false;
}

static void quiet_print(struct cli *c, const struct images_command *r, const struct line *v, size_t n)
{
	bool *seen = arena_array(&c->arena, n + 1, sizeof *seen);

	for (size_t k = 0; k < n; k++) {
		size_t i = v[k].i;

		if (seen && i < n && seen[i])
			continue;
		if (seen && i < n)
			seen[i] = true;
		else if (is_again(v, k))
			continue;
		print_line(r->no_trunc ? arena_printf(&c->arena, "sha256:%s", v[k].m->id)
				       : short_id(&c->arena, v[k].m->id, false));
	}
}

static int run_images(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "ID", "IMAGE ID" }, { "CreatedSince", "CREATED" },
		{ "CreatedAt", "CREATED AT" }, { "ReadOnly", "R/O" }, { NULL, NULL } };
	const struct images_command *r = request;
	struct listing l = {
		.format = r->format, .headers = headers, .fields = IMAGE_FIELDS, .no_heading = r->no_heading
	};
	struct image_list list = { 0 };
	struct line *v = NULL;
	uint64_t now = time_now_us();
	bool json = r->format && format_is_json(r->format);
	bool plain = !r->format || strcmp(r->format, "table") == 0;
	size_t n = 0;
	int rc;

	/* filters and templates may ask for what only the documents say */
	if ((rc = (plain && !r->filters.n ? verb_image_heads : verb_images)(
		     &c->engine, c->args.n ? c->args.v[0] : NULL, &c->arena, &list, err)) < 0 ||
		(rc = lines_make(c, r, &list, &v, &n, err)) < 0)
		return rc;
	l.columns = columns_of(c, r, &list);
	if (r->quiet) {
		quiet_print(c, r, v, n);
		return 0;
	}
	l.rows = json_array();
	l.json_doc = json_array();
	for (size_t k = 0; k < n; k++) {
		if (json && !is_again(v, k))
			(void) json_array_append_new(l.json_doc, image_doc(c, &list, v[k].i));
		if (!json)
			(void) json_array_append_new(l.rows,
				plain ? row_short(c, r, &v[k], now) : row_json(c, r, &v[k], &list, now));
	}
	rc = print_listing(&l, err);
	json_decref(l.rows);
	json_decref(l.json_doc);
	return rc;
}

#define I struct images_command
static const struct option images_options[] = {
	O_BOOL(I, all, "all", 'a', "All images (there are no hidden ones)"),
	O_BOOL(I, digests, "digests", 0, "Show digests"),
	O_STRS(I, filters, "filter", 'f', "KEY=VALUE",
		"reference, id, label, before, since, until, dangling, intermediate, containers, readonly, "
		"manifest"),
	O_STR(I, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(I, history, "history", 0, "Show the names images had"),
	O_BOOL(I, no_trunc, "no-trunc", 0, "Do not shorten ids"),
	O_BOOL(I, no_heading, "noheading", 'n', "No line of headings"),
	O_BOOL(I, quiet, "quiet", 'q', "Ids only"),
	O_STR(I, sort, "sort", 0, "FIELD", "created (default), id, repository, size or tag"),
	O_END,
};
#undef I

/* clang-format off */
static const struct option *const o_images[] = { images_options, help_options, NULL };

const struct command images_commands[] = {
	{ "images|image list|image ls", "[IMAGE]", "List images", "IMAGE may have * and ? in it. KEY!=VALUE turns a filter round.",
		"  podctl images\n  podctl images --format '{{.Repository}}:{{.Tag}}'\n  podctl images -f dangling=true -q\n",
		o_images, sizeof(struct images_command), 0, 1, 0, run_images },
	{ .paths = NULL },
};
/* clang-format on */
