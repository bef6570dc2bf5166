#include "pkg/image/pull.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/image/manifest.h"
#include "pkg/image/policy.h"
#include "pkg/image/short_name.h"
#include "pkg/image/transfer.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define COMMIT_TRIES 3      /* others removing, between our look and our commit, what we counted on */
#define BLOB_MAX (64 * GiB) /* of one layer, compressed; as much as may come out of it */
#define FILE_CONFIG "config"
#define FILE_MANIFEST "manifest"

struct pull {
	struct engine *e;
	const struct pull_options *o;
	const struct image_name *name;
	const char *full; /* normalised: the name it gets */
	struct arena *a;
	struct image_tmp *tmp;
	struct transfer *t;
	/* found */
	const char *manifest;
	size_t manifest_len;
	char manifest_digest[65];
	struct oci_document doc;
	const char *config;
	size_t config_len;
	struct image_config c;
	/* layers on their way: job i is blob i of the request and comes through pipe i, whose writing end closes when all of it
	 * was verified: what is cut short never looks like an end */
	struct layer_job *jobs;
	int *hold;
	size_t n;
	const struct descriptor **blob;
};

static void say(const struct pull_options *o, const char *fmt, const char *arg)
{
	char line[600];

	if (!o->watch.line)
		return;
	(void) snprintf(line, sizeof line, fmt, arg);
	o->watch.line(o->watch.ctx, line);
}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "pull"); }

/* ---- documents -------------------------------------------------------------------------------------------------------- */

/* A file that podctl-transfer has written into tmp, as text. */
static int text_read(
	struct pull *p, const char *file, size_t max, const char **ret, size_t *ret_len, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(max);
	int rc = file_read(p->tmp->dir, file, PATH_IN_STATE, &b);

	if (rc < 0)
		return err_sys(err, -rc, "read what was fetched");
	if (b.len && memchr(b.data, 0, b.len))
		return err_set(err, ERR_INVALID, "the %s has NUL bytes: it is not JSON", file);
	if (!(*ret = arena_strndup(p->a, b.data ? b.data : "", b.len)))
		return no_memory(err);
	*ret_len = b.len;
	return 0;
}

/* digest: 64 hex digits that the bytes must have, or NULL: what the registry calls it, if it does. */
static int manifest_get(struct pull *p, const char *reference, const char *digest, struct err *err)
{
	json_t *q = json_pack("{s:s,s:I,s:s}", "reference", reference, "max", (json_int_t) MANIFEST_MAX,
		"file", FILE_MANIFEST);
	const char *named;
	json_t *answer = NULL;
	int rc;

	if (q && digest)
		(void) json_object_set_new(q, "digest", json_string(digest));
	if ((rc = transfer_ask(p->t, q ? json_pack("{s:o}", "manifest", q) : NULL, err)) < 0 ||
		(rc = transfer_next(p->t, true, &answer, err)) < 0)
		return rc;
	if ((rc = text_read(p, FILE_MANIFEST, MANIFEST_MAX, &p->manifest, &p->manifest_len, err)) == 0) {
		sha256_hex(p->manifest, p->manifest_len, p->manifest_digest);
		named = json_string_value(json_object_get(json_object_get(answer, "ok"), "digest"));
		if (!digest && named && strncmp(named, "sha256:", 7) == 0 && id_is_valid(named + 7) &&
			strcmp(named + 7, p->manifest_digest) != 0)
			rc = err_set(err, ERR_CORRUPT,
				"the registry lies: its manifest %.80s has digest sha256:%s", named,
				p->manifest_digest);
	}
	json_decref(answer);
	if (rc < 0)
		return rc;
	if ((rc = oci_document_parse(p->manifest, p->manifest_len, p->a, &p->doc, err)) < 0)
		return err_wrap(err, "manifest");
	return 0;
}

static int tag_unknown(const struct pull *p, struct err *err)
{
	const struct err was = *err;

	return err_set(err, ERR_NOT_FOUND, "%.600s; podctl search --list-tags %s/%s shows the tags it has",
		was.msg, p->name->host ? p->name->host : "docker.io", p->name->path);
}

/* The manifest, through an index for the platform. */
static int manifest_find(struct pull *p, struct err *err)
{
	const char *wanted =
		p->name->digest && strncmp(p->name->digest, "sha256:", 7) == 0 ? p->name->digest + 7 : NULL;
	const char *arch = p->o->arch ? p->o->arch : platform_arch(), *os = p->o->os ? p->o->os : "linux";
	const struct descriptor *d;
	int rc;

	if (p->name->digest && !wanted)
		return err_set(err, ERR_UNSUPPORTED, "'%s': only sha256 digests are done", p->name->digest);
	rc = manifest_get(p, p->name->digest ? p->name->digest : p->name->tag, wanted, err);
	if (rc < 0 && err->kind == ERR_NOT_FOUND && !p->name->digest)
		return tag_unknown(p, err);
	for (int depth = 0; rc == 0 && p->doc.is_index; depth++) {
		char reference[80];

		if (depth == 2)
			return err_set(err, ERR_UNSUPPORTED, "an index in an index in an index");
		if (!(d = platform_choose_variant(&p->doc, os, arch, p->o->variant, err)))
			return -ENOENT;
		(void) snprintf(reference, sizeof reference, "sha256:%s", d->digest);
		rc = manifest_get(p, reference, d->digest, err);
	}
	return rc;
}

static int manifest_check(struct pull *p, struct err *err)
{
	const struct oci_document *m = &p->doc;

	int rc = image_manifest_check(m, err);

	if (rc < 0)
		return rc;
	if (m->config.size > IMAGE_CONFIG_MAX)
		return err_set(err, ERR_INVALID, "its config of %llu bytes is larger than %lu",
			(unsigned long long) m->config.size, IMAGE_CONFIG_MAX);
	if (!m->n_layers)
		return err_set(err, ERR_INVALID, "the image has no layers");
	for (size_t i = 0; i < m->n_layers; i++) {
		if (m->layers[i].size > BLOB_MAX)
			return err_set(err, ERR_INVALID, "layer %zu of %llu bytes is larger than %llu", i,
				(unsigned long long) m->layers[i].size, (unsigned long long) BLOB_MAX);
	}
	return 0;
}

static json_t *blob_request(const struct descriptor *d, const char *file)
{
	json_t *v =
		json_pack("{s:s,s:I,s:s}", "digest", d->digest, "size", (json_int_t) d->size, "file", file);
	json_t *urls = d->urls.n ? json_array() : NULL;

	for (size_t i = 0; i < d->urls.n; i++)
		(void) json_array_append_new(urls, json_string(d->urls.v[i]));
	if (urls)
		(void) json_object_set_new(v, "urls", urls);
	return v;
}

static int config_get(struct pull *p, struct err *err)
{
	int rc = transfer_ask(
		p->t, json_pack("{s:[o]}", "blobs", blob_request(&p->doc.config, FILE_CONFIG)), err);
	bool ok = false;

	while (rc >= 0 && !ok) {
		json_t *v = NULL;

		rc = transfer_next(p->t, true, &v, err);
		ok = json_object_get(v, "ok") != NULL;
		json_decref(v);
	}
	if (rc < 0)
		return err_wrap(err, "config");
	return text_read(p, FILE_CONFIG, IMAGE_CONFIG_MAX, &p->config, &p->config_len, err);
}

/* From the store when the image is here: its config is what its id says. */
static int config_find(struct pull *p, struct err *err)
{
	struct image_row row;
	struct err ignored = { 0 };
	int rc;

	if (store_image_get(p->e->store, p->doc.config.digest, p->a, &row, &ignored) == 0) {
		p->config = row.config;
		p->config_len = strlen(row.config);
	} else if ((rc = config_get(p, err)) < 0) {
		return rc;
	}
	if ((rc = image_config_parse(p->config, p->a, &p->c, err)) < 0)
		return rc;
	if (p->c.diff_ids.n != p->doc.n_layers)
		return err_set(err, ERR_INVALID, "the config lists %zu layers, the manifest %zu",
			p->c.diff_ids.n, p->doc.n_layers);
	if (p->c.os && strcmp(p->c.os, "linux") != 0)
		return err_set(err, ERR_UNSUPPORTED, "the image is for %.40s, not for linux", p->c.os);
	if (!p->o->arch && p->c.architecture && strcmp(p->c.architecture, platform_arch()) != 0)
		say(p->o, "the image is for %s, not for this machine's architecture", p->c.architecture);
	return 0;
}

/* ---- layers -------------------------------------------------------------------------------------------------------------- */

static void file_name(char name[24], size_t i) { (void) snprintf(name, 24, "blob-%zu", i); }

static void watch_layer(struct pull *p, size_t i, uint64_t got)
{
	if (p->o->watch.layer)
		p->o->watch.layer(p->o->watch.ctx, i, p->blob[i]->digest, got, p->blob[i]->size);
}

static void keep_name(char name[24], size_t i) { (void) snprintf(name, 24, "keep-%zu", i); }

/* The way of blob i: podctl-transfer opens it by its name, podctl-unpack gets the other end. */
static int pipe_make(struct pull *p, size_t i, struct err *err)
{
	char name[24];

	file_name(name, i);
	if (mkfifoat(p->tmp->dir, name, 0600) < 0)
		return err_sys(err, errno, "make a pipe for a layer");
	if ((p->jobs[i].fd = path_open(p->tmp->dir, name, PATH_IN_STATE, O_RDONLY | O_NONBLOCK, 0)) < 0 ||
		(p->hold[i] = path_open(p->tmp->dir, name, PATH_IN_STATE, O_WRONLY | O_NONBLOCK, 0)) < 0)
		return err_sys(
			err, p->jobs[i].fd < 0 ? -p->jobs[i].fd : -p->hold[i], "open a pipe for a layer");
	if (fcntl(p->jobs[i].fd, F_SETFL, 0) < 0)
		return err_sys(err, errno, "open a pipe for a layer");
	return 0;
}

static int on_news(struct layer_feed *f, struct err *err)
{
	struct pull *p = f->ctx;
	json_t *v = NULL;
	int rc;

	while (f->fd >= 0 && (rc = transfer_next(p->t, false, &v, err)) != 0) {
		const json_t *done = json_object_get(v, "done"), *got = json_object_get(v, "got");
		size_t i = (size_t) json_integer_value(done ? done : json_array_get(got, 0));

		if (rc < 0)
			return rc;
		if (json_object_get(v, "ok"))
			f->fd = -EBADF;
		else if (i < p->n && got)
			watch_layer(p, i, (uint64_t) json_integer_value(json_array_get(got, 1)));
		else if (i < p->n && done) {
			fd_close_p(&p->hold[i]);
			watch_layer(p, i, p->blob[i]->size);
		}
		json_decref(v);
	}
	return 0;
}

/* Jobs for the layers that are not here. */
static void jobs_plan(struct pull *p)
{
	p->n = 0;
	for (size_t i = 0; i < p->c.diff_ids.n; i++) {
		const char *diff = p->c.diff_ids.v[i];
		bool known = layer_exists(p->e, diff);

		for (size_t k = 0; k < p->n && !known; k++) /* images repeat the empty layer */
			known = strcmp(p->jobs[k].diff, diff) == 0;
		if (known) {
			if (!p->o->watch.layer)
				say(p->o, "Copying blob sha256:%.12s skipped: already exists",
					p->doc.layers[i].digest);
			else
				p->o->watch.layer(p->o->watch.ctx, WATCH_SHARED, p->doc.layers[i].digest,
					p->doc.layers[i].size, p->doc.layers[i].size);
			continue;
		}
		layer_job_init(&p->jobs[p->n]);
		p->hold[p->n] = -EBADF;
		p->jobs[p->n].diff = diff;
		p->blob[p->n++] = &p->doc.layers[i];
	}
}

static int layers_get(struct pull *p, struct err *err)
{
	struct layer_feed feed = { .fd = p->t->out, .news = on_news, .ctx = p };
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		json_t *request;
		char name[24];

		file_name(name, i);
		rc = pipe_make(p, i, err);
		request = blob_request(p->blob[i], name);
		if (p->o->keep_blobs) {
			keep_name(p->jobs[i].keep_name, i);
			p->jobs[i].keep_dir = p->tmp->dir;
			(void) json_object_set_new(request, "keep", json_string(p->jobs[i].keep_name));
		}
		(void) json_array_append_new(list, request);
		if (!p->o->watch.layer)
			say(p->o, "Copying blob sha256:%.12s", p->blob[i]->digest);
		watch_layer(p, i, 0);
	}
	if (rc < 0)
		json_decref(list);
	else if ((rc = transfer_ask(p->t, json_pack("{s:o}", "blobs", list), err)) == 0)
		rc = layers_unpack(p->e, p->jobs, p->n, &feed, p->o->watch.line, p->o->watch.ctx, err);
	if (p->o->watch.end)
		p->o->watch.end(p->o->watch.ctx);
	return rc;
}

/* ---- the image ------------------------------------------------------------------------------------------------------------ */

/* A push to where these blobs are need not make them again. */
static void blobs_remember(struct pull *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct descriptor *d = p->blob[i];
		size_t n = strlen(d->media_type);
		struct layer_blob b = { .size = d->size };

		if (n > 4 && strcmp(d->media_type + n - 4, "gzip") == 0)
			b.format = "gzip";
		else if (n > 4 && strcmp(d->media_type + n - 4, "zstd") == 0)
			b.format = "zstd";
		else
			continue;
		(void) snprintf(b.digest, sizeof b.digest, "%s", d->digest);
		layer_blob_remember(p->e, p->jobs[i].diff, &b);
	}
}

static void pipes_remove(struct pull *p)
{
	for (size_t i = 0; i < p->n; i++) {
		char name[24];

		file_name(name, i);
		fd_close_p(&p->hold[i]);
		(void) unlinkat(p->tmp->dir, name, 0);
		layer_job_done(&p->jobs[i]);
	}
}

static int image_try(struct pull *p, struct image_row *row, struct err *err)
{
	const struct pull_options *o = p->o;
	auto_close int claims = -EBADF;
	bool waited;
	int rc = layers_claim(
		p->e, &p->c.diff_ids, o->at.stop, o->watch.line, o->watch.ctx, &claims, &waited, err);

	if (rc < 0)
		return rc;
	jobs_plan(p);
	if (p->n)
		rc = layers_get(p, err);
	if (rc == 0 && !o->watch.layer) {
		say(o, "Copying config sha256:%.12s", row->id);
		say(o, "%s", "Writing manifest to image destination");
	}
	if (rc == 0 && (rc = image_commit(p->e, row, p->jobs, p->n, err)) == 0)
		blobs_remember(p);
	pipes_remove(p);
	return rc;
}

static int image_take(struct pull *p, const char **ret_id, struct err *err)
{
	uint64_t created = 0;
	struct image_row row = { .id = p->doc.config.digest,
		.digest = arena_printf(p->a, "sha256:%s", p->manifest_digest),
		.config = p->config,
		.manifest = p->manifest,
		.layers = p->c.diff_ids };
	int rc = -EAGAIN;

	p->jobs = arena_array(p->a, p->c.diff_ids.n, sizeof *p->jobs);
	p->blob = arena_array(p->a, p->c.diff_ids.n, sizeof *p->blob);
	p->hold = arena_array(p->a, p->c.diff_ids.n, sizeof *p->hold);
	if (!row.digest || !p->jobs || !p->blob || !p->hold || strs_add(&row.names, p->a, p->full) < 0)
		return no_memory(err);
	if (p->c.created && time_parse(p->c.created, &created) == 0)
		row.created_us = created;
	for (int tries = 0; tries < COMMIT_TRIES && rc == -EAGAIN; tries++)
		rc = image_try(p, &row, err);
	if (rc < 0)
		return rc;
	*ret_id = row.id;
	return 0;
}

static int pull_from(const struct pull *asked, const struct place *at, const char **ret_id, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	struct pull p = *asked;
	int rc;

	p.tmp = &tmp;
	p.t = &t;
	if ((rc = transfer_open(p.e, at, &p.o->at, NULL, &tmp, p.a, &t, err)) < 0 ||
		(rc = manifest_find(&p, err)) < 0 || (rc = manifest_check(&p, err)) < 0 ||
		(rc = config_find(&p, err)) < 0)
		return rc;
	return image_take(&p, ret_id, err);
}

/* Another place may do better. */
static bool is_remote(const struct err *err)
{
	return err->kind == ERR_REMOTE || err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED ||
	       err->kind == ERR_CORRUPT;
}

/* One full name, from wherever it may be had. */
static int name_pull(struct engine *e, const struct registries *conf, const char *full,
	const struct pull_options *o, struct arena *a, const char **ret_id, struct err *err)
{
	struct image_name name;
	struct pull p = { .e = e, .o = o, .name = &name, .full = full, .a = a };
	struct place *places;
	size_t n;
	int rc;

	if ((rc = image_name_parse(full, a, &name, err)) < 0)
		return rc;
	if (strcmp(name.host, "localhost") == 0)
		return err_set(err, ERR_NOT_FOUND,
			"%s: image not known: not found locally, and 'localhost/' is no registry to pull "
			"from; podctl "
			"load or "
			"podctl import it first",
			full);
	if ((rc = policy_check(e, &o->at, "docker", full, err)) < 0 ||
		(rc = registries_match(conf, &name, a, &places, &n, err)) < 0)
		return rc;
	say(o, "Trying to pull %s...", full);
	for (size_t i = 0; i < n; i++) {
		if (o->at.tls_verify.set)
			places[i].insecure = !o->at.tls_verify.v;
		if ((rc = pull_from(&p, &places[i], ret_id, err)) == 0)
			return 0;
		if (i + 1 == n || !is_remote(err))
			break;
		say(o, "%s; trying the next place", err->msg);
		err_clear(err);
	}
	return err_wrap(err, "pull '%s'", full);
}

/* A short name may be any of several. */
static int names_pull(struct engine *e, const struct registries *conf, const struct short_name *s,
	const struct pull_options *o, struct arena *a, size_t *ret_which, const char **ret_id,
	struct err *err)
{
	const char *all = "";
	int rc = 0;

	for (size_t i = 0; i < s->candidates.n; i++) {
		if ((rc = name_pull(e, conf, s->candidates.v[i], o, a, ret_id, err)) == 0) {
			*ret_which = i;
			return 0;
		}
		if (s->candidates.n == 1 || !is_remote(err))
			return rc;
		if (!(all = arena_printf(a, "%s\n * %s", all, err->msg)))
			return no_memory(err);
	}
	return err_set(err, err->kind, "%zu errors occurred while pulling:%s", s->candidates.n, all);
}

int image_pull(struct engine *e, const char *ref, const struct pull_options *o, struct arena *a,
	const char **ret_id, struct err *err)
{
	struct err ignored = { 0 };
	struct registries conf;
	struct short_name s;
	size_t which = 0;
	int rc;

	if (image_ref_is_local(ref))
		return image_pull_local(e, ref, &o->at, o->watch.line, o->watch.ctx, a, ret_id, err);
	if (strncmp(ref, "docker://", 9) == 0)
		ref += 9;
	if ((rc = registries_load(e, &o->at, a, &conf, err)) < 0 ||
		(rc = short_name_resolve(e, &conf, &o->at, ref, a, &s, err)) < 0 ||
		(rc = image_sweep(e, err)) < 0)
		return rc;
	if (s.how)
		say(o, "%s", s.how);
	if ((rc = names_pull(e, &conf, &s, o, a, &which, ret_id, err)) < 0)
		return rc;
	if (s.record && short_name_record(e, s.record, s.candidates.v[which], &ignored) < 0)
		log_warn("the choice for '%s' is not remembered: %s", s.record, ignored.msg);
	return 0;
}

static int document_from(struct pull *p, const struct place *at, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	const char *digest = p->name->digest;
	int rc;

	p->tmp = &tmp;
	p->t = &t;
	if ((rc = transfer_open(p->e, at, &p->o->at, NULL, &tmp, p->a, &t, err)) < 0)
		return rc;
	return manifest_get(p, digest ? digest : p->name->tag,
		digest && strncmp(digest, "sha256:", 7) == 0 ? digest + 7 : NULL, err);
}

int registry_manifest(struct engine *e, const char *ref, const struct pull_options *o, struct arena *a,
	const char **ret_text, size_t *ret_len, struct err *err)
{
	struct image_name name;
	struct pull p = { .e = e, .o = o, .name = &name, .a = a };
	struct place *places;
	size_t n;
	int rc;

	if ((rc = image_name_normalize(strncmp(ref, "docker://", 9) == 0 ? ref + 9 : ref, a, &p.full, err)) <
			0 ||
		(rc = image_name_parse(p.full, a, &name, err)) < 0 ||
		(rc = registries_places(e, &name, &o->at, a, &places, &n, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if ((rc = document_from(&p, &places[i], err)) == 0) {
			*ret_text = p.manifest;
			*ret_len = p.manifest_len;
			return 0;
		}
		if (i + 1 == n || !is_remote(err))
			break;
		err_clear(err);
	}
	return err_wrap(err, "manifest of '%s'", p.full);
}

int pull_platform(const char *text, struct arena *a, struct pull_options *o, struct err *err)
{
	const char *slash = strchr(text, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;

	if (!slash || slash == text || !slash[1] || (second && (!second[1] || strchr(second + 1, '/'))))
		return err_set(
			err, ERR_INVALID, "--platform '%s': expected OS/ARCH or OS/ARCH/VARIANT", text);
	o->os = arena_strndup(a, text, (size_t) (slash - text));
	o->arch = second ? arena_strndup(a, slash + 1, (size_t) (second - slash - 1))
			 : arena_strdup(a, slash + 1);
	o->variant = second ? arena_strdup(a, second + 1) : NULL;
	return o->os && o->arch && (!second || o->variant) ? 0 : no_memory(err);
}
