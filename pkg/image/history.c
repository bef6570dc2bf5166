#include "pkg/image/history.h"

#include <errno.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/image/layers.h"
#include "pkg/util/io.h"

static json_t *history_of(const struct image_row *img)
{
	struct err ignored = { 0 };
	json_t *config = json_parse(img->config, strlen(img->config), &ignored);
	json_t *h = json_incref(json_object_get(config, "history"));

	json_decref(config);
	return h;
}

/* Is a the beginning of b, and not all of it? */
static bool is_beginning(
	const struct image_row *a, const json_t *ha, const struct image_row *b, const json_t *hb)
{
	if (a->layers.n > b->layers.n || json_array_size(ha) > json_array_size(hb) ||
		(a->layers.n == b->layers.n && json_array_size(ha) == json_array_size(hb)))
		return false;
	for (size_t i = 0; i < a->layers.n; i++)
		if (strcmp(a->layers.v[i], b->layers.v[i]) != 0)
			return false;
	for (size_t i = 0; i < json_array_size(ha); i++)
		if (!json_equal(json_array_get(ha, i), json_array_get(hb, i)))
			return false;
	return true;
}

const struct image_row *image_parent(const struct image_row *img, const struct image_row *all, size_t n)
{
	json_t *mine = history_of(img);
	const struct image_row *best = NULL;
	size_t best_steps = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *h;

		if (!all[i].layers.n || all[i].layers.n > img->layers.n || strcmp(all[i].id, img->id) == 0 ||
			strcmp(all[i].layers.v[0], img->layers.v[0]) != 0)
			continue;
		h = history_of(&all[i]);
		if (is_beginning(&all[i], h, img, mine) &&
			all[i].layers.n + json_array_size(h) > best_steps) {
			best = &all[i];
			best_steps = all[i].layers.n + json_array_size(h);
		}
		json_decref(h);
	}
	json_decref(mine);
	return best;
}

static const char *text_of(struct arena *a, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	const char *copy = s ? arena_strdup(a, s) : "";

	return copy ? copy : "";
}

static void step_fill(struct engine *e, const struct image_row *img, const json_t *h, size_t *layer,
	struct arena *a, struct history_step *s)
{
	uint64_t files, us;

	s->id = "<missing>";
	s->created = text_of(a, h, "created");
	s->created_by = text_of(a, h, "created_by");
	s->comment = text_of(a, h, "comment");
	s->author = text_of(a, h, "author");
	if (*s->created && time_parse(s->created, &us) == 0)
		s->created_us = us;
	if (json_is_true(json_object_get(h, "empty_layer")) || *layer >= img->layers.n)
		return;
	s->layer = img->layers.v[(*layer)++];
	layer_sizes(e, s->layer, &files, &s->size);
}

/* A history that says less than there are layers is completed from them. */
static json_t *history_whole(const struct image_row *img)
{
	json_t *h = history_of(img);
	size_t layers = 0;

	if (!json_is_array(h)) {
		json_decref(h);
		h = json_array();
	}
	for (size_t i = 0; i < json_array_size(h); i++)
		layers += !json_is_true(json_object_get(json_array_get(h, i), "empty_layer"));
	for (; layers < img->layers.n; layers++)
		(void) json_array_append_new(h, json_object());
	return h;
}

int image_history(struct engine *e, const struct image_row *img, struct arena *a, struct history_step **ret,
	size_t *ret_n, struct err *err)
{
	json_t *h = history_whole(img);
	size_t n = json_array_size(h), layer = 0, count = 0;
	struct history_step *v = arena_array(a, n + 1, sizeof *v);
	const struct image_row *at = img;
	struct image_row *all = NULL;
	int rc = v ? store_images(e->store, a, &all, &count, err) : err_sys(err, ENOMEM, "history");

	for (size_t i = 0; rc == 0 && i < n; i++)
		step_fill(e, img, json_array_get(h, i), &layer, a, &v[n - 1 - i]);
	json_decref(h);
	if (rc < 0)
		return rc;
	/* each ancestor that is here ends with one of the steps */
	for (size_t i = 0; at && n; at = image_parent(at, all, count)) {
		json_t *own = history_whole(at);
		size_t steps = json_array_size(own);

		json_decref(own);
		i = steps <= n ? n - steps : n;
		if (i < n) {
			v[i].id = at->id;
			v[i].tags = at->names;
		}
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
