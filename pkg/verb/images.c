#include "pkg/verb/images.h"

#include <string.h>
#include <strings.h>

#include "pkg/engine/events.h"
#include "pkg/image/fetch_url.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/image_filter.h"
#include "pkg/verb/image_use.h"

typedef int rows_fn(struct store *s, struct arena *a, struct image_row **ret, size_t *ret_n, struct err *err);

static int images_of(struct engine *e, rows_fn *of, const char *reference, struct arena *a,
	struct image_list *ret, struct err *err)
{
	struct image_row *rows = NULL, named = { 0 };
	struct err ignored = { 0 };
	size_t n = 0, kept = 0;
	int rc = of(e->store, a, &rows, &n, err);

	if (rc < 0)
		return rc;
	if (!(ret->users = arena_array(a, n + 1, sizeof *ret->users)))
		return err_sys(err, ENOMEM, "list images");
	if (reference && image_resolve(e, reference, a, &named, &ignored) < 0)
		named.id = "";
	for (size_t i = 0; i < n; i++)
		if (!reference || strcmp(named.id, rows[i].id) == 0 ||
			image_reference_fits(&rows[i], reference, a))
			rows[kept++] = rows[i];
	if ((rc = store_image_uses(e->store, rows, kept, ret->users, err)) < 0)
		return rc;
	ret->v = rows;
	ret->n = kept;
	return 0;
}

int verb_images(
	struct engine *e, const char *reference, struct arena *a, struct image_list *ret, struct err *err)
{
	return images_of(e, store_images, reference, a, ret, err);
}

int verb_image_heads(
	struct engine *e, const char *reference, struct arena *a, struct image_list *ret, struct err *err)
{
	return images_of(e, store_image_heads, reference, a, ret, err);
}

int verb_import(struct engine *e, const struct import_request *r, struct arena *a, const char **ret_id,
	struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_close int fetched = -EBADF;
	int rc = r->url ? image_fetch_url(e, r->url, &r->at, UNPACK_MAX, &tmp, a, &fetched, err) : 0;

	if (rc == 0)
		rc = image_import(e, r->url ? fetched : r->fd, r->name, r->message, &r->changes, &r->platform,
			a, ret_id, err);
	if (rc == 0)
		engine_event(
			e, &(struct event){
				   .type = "image", .status = "import", .id = *ret_id, .name = r->name });
	return rc;
}

int verb_load(struct engine *e, const struct load_request *r, struct arena *a, struct strs *ret_names,
	struct err *err)
{
	return image_load(e, r->fd, r->path, r->progress.line, r->progress.ctx, a, ret_names, err);
}

int verb_pull(struct engine *e, const char *image, const char *policy, const struct pull_options *o,
	struct arena *a, const char **ret_id, struct err *err)
{
	struct image_row row = { 0 };
	int rc = policy ? image_use(e, image, policy, o, a, &row, err)
			: image_pull(e, image, o, a, ret_id, err);

	if (rc == 0 && policy)
		*ret_id = row.id;
	if (rc == 0)
		engine_event(e,
			&(struct event){ .type = "image", .status = "pull", .id = *ret_id, .name = image });
	return rc;
}

int verb_tag(struct engine *e, const char *image, const char *name, struct err *err)
{
	int rc = image_tag(e, image, name, err);

	if (rc == 0)
		engine_event(e, &(struct event){ .type = "image", .status = "tag", .name = name });
	return rc;
}

int verb_rmi(struct engine *e, const char *image, bool force, struct arena *a, struct strs *ret_lines,
	struct err *err)
{
	struct image_row row = { 0 };
	struct strs users = { 0 };
	int rc;

	if (force) {
		if ((rc = image_resolve(e, image, a, &row, err)) < 0 ||
			(rc = store_image_users(e->store, row.id, a, &users, err)) < 0)
			return rc;
		for (size_t i = 0; i < users.n; i++) {
			struct target t = { .asked = users.v[i] };

			if ((rc = store_find(e->store, users.v[i], STORE_CONTAINER, a, &t.id, &t.pod, err)) <
					0 ||
				(rc = verb_remove(e, &t,
					 &(struct remove_request){ .force = true, .timeout_s = { true, 0 } },
					 err)) < 0)
				return err_wrap(err, "image %s", image);
		}
	}
	if ((rc = image_remove(e, image, force, a, ret_lines, err)) < 0)
		return rc;
	for (size_t i = 0; i < ret_lines->n; i++) {
		const char *line = ret_lines->v[i];

		if (!strncasecmp(line, "untagged: ", 10))
			engine_event(
				e, &(struct event){ .type = "image", .status = "untag", .name = line + 10 });
		else if (!strncasecmp(line, "deleted: ", 9))
			engine_event(e,
				&(struct event){
					.type = "image", .status = "remove", .id = line + 9, .name = image });
	}
	return 0;
}

int verb_inspect_image(struct engine *e, const char *image, struct arena *a, json_t **ret, struct err *err)
{
	struct image_row row = { 0 };
	int rc = image_resolve(e, image, a, &row, err);

	return rc < 0 ? rc : image_inspect(e, &row, a, ret, err);
}
