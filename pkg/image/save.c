#include "pkg/image/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/image/compose.h"
#include "pkg/image/layout.h"
#include "pkg/image/pack.h"
#include "pkg/image/tarout.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

struct save {
	struct engine *e;
	const struct save_request *r;
	struct arena *a;
	struct strs done; /* members of a docker archive that are there */
	const char *digest;
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "save an image"); }

int save_format_parse(const char *word, enum save_format *ret, struct err *err)
{
	static const char *const words[] = { "docker-archive", "oci-archive", "oci-dir", "docker-dir" };

	for (size_t i = 0; i < LEN(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum save_format) i;
			return 0;
		}
	return err_set(err, ERR_INVALID,
		"unknown format \"%s\"; choose one of: docker-archive, oci-archive, oci-dir, docker-dir",
		word);
}

static void say(struct save *s, const char *fmt, const char *arg)
{
	char line[200];

	if (!s->r->progress)
		return;
	snprintf(line, sizeof line, fmt, arg);
	s->r->progress(s->r->ctx, line);
}

/* ---- docker-archive: a stream, nothing is kept --------------------------------------------------------------------------- */

static bool is_done(struct save *s, const char *name)
{
	for (size_t i = 0; i < s->done.n; i++)
		if (strcmp(s->done.v[i], name) == 0)
			return true;
	return false;
}

static int layer_stream(struct save *s, const char *diff, const char *name, struct err *err)
{
	const struct pack_how how = { .format = PACK_PLAIN };
	struct pack_result out;
	uint64_t size, tar;
	int rc;

	layer_sizes(s->e, diff, &size, &tar);
	say(s, "Copying blob %.12s", diff);
	if ((rc = tarout_header(s->r->fd, name, tar, err)) < 0 ||
		(rc = pack_layer(s->e, diff, &how, s->r->fd, &out, err)) < 0)
		return rc;
	if (out.tar_size != tar)
		return err_set(err, ERR_CORRUPT, "layer %.12s has %llu bytes, %llu are recorded", diff,
			(unsigned long long) out.tar_size, (unsigned long long) tar);
	return tarout_pad(s->r->fd, tar, err);
}

static int docker_image(struct save *s, const struct image_row *row, const struct save_image *i, json_t *list,
	struct err *err)
{
	json_t *layers = json_array(), *tags = json_array();
	char name[96];
	int rc = 0;

	for (size_t k = 0; k < i->names.n; k++)
		(void) json_array_append_new(tags, json_string(i->names.v[k]));
	for (size_t k = 0; k < row->layers.n && rc == 0; k++) {
		snprintf(name, sizeof name, "%s.tar", row->layers.v[k]);
		(void) json_array_append_new(layers, json_string(name));
		if (is_done(s, name))
			continue;
		if ((rc = layer_stream(s, row->layers.v[k], name, err)) == 0 &&
			strs_add(&s->done, s->a, name) < 0)
			rc = no_memory(err);
	}
	snprintf(name, sizeof name, "%s.json", row->id);
	(void) json_array_append_new(
		list, json_pack("{s:s,s:o,s:o}", "Config", name, "RepoTags", tags, "Layers", layers));
	if (rc == 0 && !is_done(s, name)) {
		say(s, "Copying config %.12s", row->id);
		rc = tarout_text(s->r->fd, name, row->config, strlen(row->config), err);
		if (rc == 0 && strs_add(&s->done, s->a, name) < 0)
			rc = no_memory(err);
	}
	return rc;
}

/* Two images with one id are one entry with the names of both. */
static int docker_archive(struct save *s, const struct image_row *rows, struct err *err)
{
	json_t *list = json_array();
	auto_free char *text = NULL;
	int rc = list ? 0 : no_memory(err);

	for (size_t i = 0; i < s->r->n && rc == 0; i++)
		if ((rc = docker_image(s, &rows[i], &s->r->images[i], list, err)) < 0)
			(void) err_wrap(err, "image '%s'", s->r->images[i].ref);
	if (rc == 0 && !(text = json_dumps(list, JSON_COMPACT)))
		rc = no_memory(err);
	json_decref(list);
	if (rc == 0)
		rc = tarout_text(s->r->fd, "manifest.json", text, strlen(text), err);
	return rc < 0 ? rc : tarout_end(s->r->fd, err);
}

/* ---- directories ------------------------------------------------------------------------------------------------------------ */

static int layout_images(struct save *s, const struct image_row *rows, struct layout *to, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->r->n && rc == 0; i++) {
		struct composed m;

		if ((rc = layout_add(to, &rows[i], &s->r->images[i].names, &m, err)) < 0)
			return err_wrap(err, "image '%s'", s->r->images[i].ref);
		s->digest = arena_printf(s->a, "sha256:%s", m.digest);
	}
	return rc < 0 ? rc : layout_end(to, err);
}

static int how_of(const struct save_request *r, bool oci, struct pack_how *ret, struct err *err)
{
	if (oci ? r->uncompressed : !r->compress) {
		*ret = (struct pack_how){ .format = PACK_PLAIN };
		return 0;
	}
	return pack_how_parse(r->compression, r->level, ret, err);
}

static int directory(struct save *s, const struct image_row *rows, struct err *err)
{
	bool oci = s->r->format == SAVE_OCI_DIR;
	auto_layout struct layout l = LAYOUT_INIT;
	int rc;

	l = (struct layout){ .e = s->e, .a = s->a, .oci = oci, .progress = s->r->progress, .ctx = s->r->ctx };
	l.dir = -EBADF;
	if ((rc = how_of(s->r, oci, &l.how, err)) < 0 ||
		(rc = manifest_kind_parse(s->r->manifest, &l.kind, err)) < 0 ||
		(rc = layout_open(&l, s->r->path, err)) < 0)
		return rc;
	return layout_images(s, rows, &l, err);
}

/* An OCI layout is made beside the layers and then written as a tar: a member's name is its digest, and its size comes first. */
static int oci_archive(struct save *s, const struct image_row *rows, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_layout struct layout l = LAYOUT_INIT;
	int rc;

	l = (struct layout){
		.e = s->e, .a = s->a, .oci = true, .progress = s->r->progress, .ctx = s->r->ctx
	};
	l.dir = -EBADF;
	if ((rc = how_of(s->r, true, &l.how, err)) < 0 ||
		(rc = manifest_kind_parse(s->r->manifest, &l.kind, err)) < 0 ||
		(rc = image_tmp_make(s->e, &tmp, err)) < 0 ||
		(rc = layout_open_at(&l, tmp.dir, "oci", err)) < 0 ||
		(rc = layout_images(s, rows, &l, err)) < 0)
		return rc;
	return layout_archive(&l, s->r->fd, err);
}

int image_save(struct engine *e, const struct save_request *r, struct arena *a, const char **ret_digest,
	struct err *err)
{
	struct save s = { .e = e, .r = r, .a = a };
	struct image_row *rows = arena_array(a, r->n + 1, sizeof *rows);
	int rc = 0;

	if (!rows)
		return no_memory(err);
	for (size_t i = 0; i < r->n; i++) {
		if ((rc = image_resolve(e, r->images[i].ref, a, &rows[i], err)) < 0)
			return rc;
		if (!rows[i].layers.n)
			return err_set(err, ERR_UNSUPPORTED,
				"image '%s' is a manifest list, which has no layers to save; podctl manifest "
				"push it",
				r->images[i].ref);
	}
	switch (r->format) {
	case SAVE_DOCKER_ARCHIVE:
		rc = docker_archive(&s, rows, err);
		break;
	case SAVE_OCI_ARCHIVE:
		rc = oci_archive(&s, rows, err);
		break;
	case SAVE_OCI_DIR:
	case SAVE_DOCKER_DIR:
		rc = directory(&s, rows, err);
		break;
	}
	if (rc == 0 && ret_digest)
		*ret_digest = s.digest;
	return rc;
}
