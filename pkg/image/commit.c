#include "pkg/image/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/image/changes.h"
#include "pkg/image/compose.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"

#define TREE_HOW                     \
	{                            \
		.format = PACK_PLAIN \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make an image"); }

int image_change_config(json_t *config, const char *line, struct err *err)
{
	return image_change(config, line, err);
}

int image_export_tree(struct engine *e, int dir, int out, struct err *err)
{
	const struct pack_how how = TREE_HOW;
	auto_packer struct packer p = PACKER_INIT;
	struct pack_result r;
	int rc = pack_tree_start(e, dir, false, &how, out, &p, err);

	return rc < 0 ? rc : pack_finish(&p, &r, err);
}

/* The directory's tar goes straight into a layer of the store: one helper writes it, another unpacks it. */
static int layer_make(struct engine *e, const struct commit_source *s, struct layer_job *j, struct err *err)
{
	const struct pack_how how = TREE_HOW;
	auto_packer struct packer p = PACKER_INIT;
	auto_close int out = -EBADF;
	struct pack_result r;
	struct err ignored = { 0 };
	int pipes[2], rc;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	j->fd = pipes[0];
	out = pipes[1];
	(void) fcntl(out, F_SETPIPE_SZ, 1 << 20); /* more where it may be had */
	if ((rc = pack_tree_start(e, s->dir, !s->whole, &how, out, &p, err)) < 0)
		return rc;
	fd_close_p(&out);
	if ((rc = layers_unpack(e, j, 1, NULL, NULL, NULL, err)) < 0) {
		/* what the writer has to say is the cause */
		if (pack_finish(&p, &r, &ignored) < 0 && ignored.kind)
			*err = ignored;
		return err->errnum ? -err->errnum : -EIO;
	}
	return pack_finish(&p, &r, err);
}

/* ---- documents -------------------------------------------------------------------------------------------------------------- */

static void put_text(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		(void) json_object_set_new(o, key, json_string(value));
}

static json_t *history_entry(const struct commit_source *s, const char *when)
{
	json_t *h = json_object();

	put_text(h, "created", when);
	put_text(h, "created_by", s->created_by);
	put_text(h, "author", s->author);
	put_text(h, "comment", s->message);
	return h;
}

/* The base's config with what is new. */
static json_t *config_doc(
	const struct commit_source *s, json_t *base, const struct strs *layers, uint64_t now)
{
	json_t *v = base ? json_incref(base) : json_object(), *diffs = json_array(), *history;
	char when[TIME_TEXT];

	time_format(when, now);
	history = s->whole ? NULL : json_object_get(v, "history");
	history = json_is_array(history) ? json_incref(history) : json_array();
	put_text(v, "created", when);
	put_text(v, "author", s->author);
	if (!json_object_get(v, "architecture"))
		put_text(v, "architecture", platform_arch());
	if (!json_object_get(v, "os"))
		put_text(v, "os", "linux");
	/* docker's notes on the container the base was made of */
	(void) json_object_del(v, "container");
	(void) json_object_del(v, "container_config");
	(void) json_object_del(v, "id");
	(void) json_object_del(v, "parent");
	(void) json_object_set(v, "config", s->runtime);
	for (size_t i = 0; i < layers->n; i++)
		(void) json_array_append_new(diffs, json_sprintf("sha256:%s", layers->v[i]));
	(void) json_object_set_new(v, "rootfs", json_pack("{s:s,s:o}", "type", "layers", "diff_ids", diffs));
	(void) json_array_append_new(history, history_entry(s, when));
	(void) json_object_set_new(v, "history", history);
	return v;
}

static int config_make(const struct commit_source *s, const struct strs *layers, uint64_t now,
	struct arena *a, const char **ret, struct err *err)
{
	json_t *base = s->base ? json_parse(s->base->config, strlen(s->base->config), err) : NULL, *v;
	auto_free char *text = NULL;

	if (s->base && !base)
		return err_wrap(err, "image %.12s", s->base->id);
	v = config_doc(s, base, layers, now);
	text = v ? json_dumps(v, JSON_COMPACT) : NULL;
	json_decref(v);
	json_decref(base);
	if (!text)
		return err_set(err, ERR_INVALID, "a name, author or message is not UTF-8 text");
	return (*ret = arena_strdup(a, text)) ? 0 : no_memory(err);
}

/* Layers in a manifest of ours are plain. */
int manifest_of_store(struct engine *e, struct image_row *row, const struct layer_job *jobs, size_t n,
	bool docker, struct arena *a, struct err *err)
{
	struct blob *b = arena_array(a, row->layers.n + 1, sizeof *b);
	struct composed m;
	int rc;

	if (!b)
		return no_memory(err);
	for (size_t i = 0; i < row->layers.n; i++) {
		uint64_t size, tar = 0;

		for (size_t k = 0; k < n; k++)
			if (strcmp(jobs[k].diff_id, row->layers.v[i]) == 0)
				tar = jobs[k].tar_size;
		if (!tar)
			layer_sizes(e, row->layers.v[i], &size, &tar);
		memcpy(b[i].digest, row->layers.v[i], sizeof b[i].digest - 1);
		b[i].size = tar;
		b[i].as_gzip = docker;
	}
	row->manifest = "";
	if ((rc = manifest_compose(row, b, docker ? MANIFEST_DOCKER : MANIFEST_OCI, a, &m, err)) < 0)
		return rc;
	row->manifest = m.text;
	row->digest = arena_printf(a, "sha256:%s", m.digest);
	return row->digest ? 0 : no_memory(err);
}

/* ---- the image --------------------------------------------------------------------------------------------------------------- */

static int commit(struct engine *e, const struct commit_source *s, struct layer_job *j, struct arena *a,
	const char **ret_id, struct err *err)
{
	struct image_row row = { .created_us = time_now_us(), .manifest = "" };
	char id[65];
	int rc;

	if ((s->base && !s->whole && strs_add_all(&row.layers, a, &s->base->layers) < 0) ||
		strs_add(&row.layers, a, j->diff_id) < 0 || (s->name && strs_add(&row.names, a, s->name) < 0))
		return no_memory(err);
	if (row.layers.n > LAYERS_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d layers; use --squash", LAYERS_MAX);
	if ((rc = config_make(s, &row.layers, row.created_us, a, &row.config, err)) < 0)
		return rc;
	sha256_hex(row.config, strlen(row.config), id);
	if (!(row.id = arena_strdup(a, id)))
		return no_memory(err);
	if ((rc = manifest_of_store(e, &row, j, 1, s->docker, a, err)) < 0 ||
		(rc = image_commit(e, &row, j, 1, err)) < 0)
		return rc;
	*ret_id = row.id;
	return 0;
}

int image_make(struct engine *e, const struct commit_source *s, struct arena *a, const char **ret_id,
	struct err *err)
{
	struct layer_job j;
	int rc;

	if ((rc = image_sweep(e, err)) < 0)
		return rc;
	layer_job_init(&j);
	if ((rc = layer_make(e, s, &j, err)) == 0)
		rc = commit(e, s, &j, a, ret_id, err);
	layer_job_done(&j);
	return rc;
}
