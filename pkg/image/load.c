/* podctl load: docker-archive, oci-archive, OCI directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "pkg/image/compose.h"
#include "pkg/image/docker_daemon.h"
#include "pkg/image/manifest.h"
#include "pkg/image/policy.h"
#include "pkg/image/source.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define COMMIT_TRIES 3 /* others removing, between our look and our commit, what we counted on */

/* Which of several, for those who want one image and not all there are. */
struct wanted {
	const char *name;    /* RepoTag or ref.name; NULL: the only one */
	int64_t index;       /* -1, or its place in a docker archive */
	bool named_by_asker; /* an OCI directory: without a name asked for the image gets none */
};

struct load {
	struct engine *e;
	const struct wanted *want;         /* NULL: all */
	const char *daemon;                /* it came from docker under this name; NULL */
	bool flat;                         /* dir: blobs lie beside the manifest */
	const char *id;                    /* of the image taken last */
	const struct registry_options *at; /* whose policy counts; NULL: the machine's */
	struct source *src;
	image_progress *progress;
	void *ctx;
	struct arena *a;
	struct strs *ret;
};

/* One image on its way in; layers and blobs are parallel, blobs may be empty (docker-archive). */
struct incoming {
	const char *config;
	size_t config_len;
	const char *manifest; /* as it came, "" for a docker-archive */
	size_t manifest_len;
	struct strs names;   /* normalised */
	struct strs blobs;   /* members or files */
	struct strs digests; /* 64 hex digits each, or none at all */
};

static void say(struct load *l, const char *fmt, const char *arg)
{
	char line[200];

	if (!l->progress)
		return;
	snprintf(line, sizeof line, fmt, arg);
	l->progress(l->ctx, line);
}

static uint64_t created_us(const struct image_config *c)
{
	uint64_t us;

	return c->created && time_parse(c->created, &us) == 0 ? us : 0;
}

/* Makes jobs for the layers that are not there.  jobs has room for all of them. */
static int jobs_plan(struct load *l, const struct incoming *in, const struct image_config *c,
	struct layer_job *jobs, size_t *ret_n, struct err *err)
{
	size_t n = 0;
	int rc;

	*ret_n = 0;
	for (size_t i = 0; i < c->diff_ids.n; i++) {
		const char *diff = c->diff_ids.v[i];
		bool known = layer_exists(l->e, diff);

		for (size_t k = 0; k < n && !known; k++) /* images repeat the empty layer */
			known = strcmp(jobs[k].diff, diff) == 0;
		if (known)
			continue;
		layer_job_init(&jobs[n]);
		*ret_n = n + 1;
		jobs[n].diff = diff;
		jobs[n].blob = in->digests.n ? in->digests.v[i] : NULL;
		if ((rc = source_blob(l->src, in->blobs.v[i], &jobs[n].fd, &jobs[n].member, err)) < 0)
			return err_wrap(err, "layer %zu", i);
		say(l, "unpacking layer %.12s", diff);
		n++;
	}
	return 0;
}

static int image_try(struct load *l, const struct incoming *in, const struct image_config *c,
	struct image_row *row, struct err *err)
{
	auto_close int claims = -EBADF;
	struct layer_job *jobs = calloc(c->diff_ids.n ? c->diff_ids.n : 1, sizeof *jobs);
	size_t n = 0;
	bool waited;
	int rc;

	if (!jobs)
		return err_sys(err, ENOMEM, "load an image");
	if ((rc = layers_claim(l->e, &c->diff_ids, NULL, l->progress, l->ctx, &claims, &waited, err)) == 0 &&
		(rc = jobs_plan(l, in, c, jobs, &n, err)) == 0 &&
		(rc = layers_unpack(l->e, jobs, n, NULL, l->progress, l->ctx, err)) == 0 &&
		(in->manifest_len || (rc = manifest_of_store(l->e, row, jobs, n, true, l->a, err)) == 0))
		rc = image_commit(l->e, row, jobs, n, err);
	for (size_t i = 0; i < n; i++)
		layer_job_done(&jobs[i]);
	free(jobs);
	return rc;
}

static int image_take(struct load *l, const struct incoming *in, struct err *err)
{
	char id[65], digest[65];
	struct image_config c;
	struct image_row row;
	int rc;

	if ((rc = image_config_parse(in->config, l->a, &c, err)) < 0)
		return rc;
	if (c.diff_ids.n != in->blobs.n)
		return err_set(err, ERR_INVALID, "the config lists %zu layers, the manifest %zu",
			c.diff_ids.n, in->blobs.n);
	if (!c.diff_ids.n)
		return err_set(err, ERR_INVALID, "the image has no layers");
	if (c.os && strcmp(c.os, "linux") != 0)
		return err_set(err, ERR_UNSUPPORTED, "the image is for %s, not for linux", c.os);
	sha256_hex(in->config, in->config_len, id);
	sha256_hex(in->manifest, in->manifest_len, digest);
	row = (struct image_row){
		.id = id,
		.digest = in->manifest_len ? arena_printf(l->a, "sha256:%s", digest) : "",
		.created_us = created_us(&c),
		.config = in->config,
		.manifest = in->manifest,
		.names = in->names,
		.layers = c.diff_ids,
	};
	for (int tries = 0; tries < COMMIT_TRIES; tries++)
		if ((rc = image_try(l, in, &c, &row, err)) != -EAGAIN)
			break;
	if (rc < 0)
		return rc;
	if (!(l->id = arena_strdup(l->a, id)))
		return err_sys(err, ENOMEM, "load an image");
	if (in->names.n ? strs_add_all(l->ret, l->a, &in->names) < 0
			: strs_addf(l->ret, l->a, "sha256:%s", id) < 0)
		return err_sys(err, ENOMEM, "load an image");
	return 0;
}

/* ---- docker-archive ------------------------------------------------------------------------------------------------- */

/* "abc...json" and "blobs/sha256/abc..." carry the digest of their contents. */
static int config_name_check(const char *name, const struct incoming *in, struct err *err)
{
	const char *base = strrchr(name, '/');
	char named[65], is[65];
	size_t n;

	base = base ? base + 1 : name;
	n = strspn(base, "0123456789abcdef");
	if (n != 64 || (base[n] && strcmp(base + n, ".json") != 0))
		return 0;
	snprintf(named, sizeof named, "%s", base);
	sha256_hex(in->config, in->config_len, is);
	if (strcmp(named, is) != 0)
		return err_set(err, ERR_CORRUPT, "config '%s' has digest sha256:%s", name, is);
	return 0;
}

/* A docker that writes index.json as well, or that is asked itself, means docker.io by a short name; what other tools put into
 * such an archive under one was made here. */
static int tag_name(struct load *l, const char *tag, const char **ret, struct err *err)
{
	return l->daemon || source_has(l->src, "index.json") ? image_name_normalize(tag, l->a, ret, err)
							     : image_name_local(tag, l->a, ret, err);
}

static int docker_image_load(struct load *l, const struct docker_image *d, struct err *err)
{
	struct incoming in = { .manifest = "", .blobs = d->layers };
	const char *name;
	int rc;

	if ((rc = source_text(l->src, d->config, IMAGE_CONFIG_MAX, l->a, &in.config, &in.config_len, err)) <
			0 ||
		(rc = config_name_check(d->config, &in, err)) < 0)
		return rc;
	for (size_t i = 0; i < d->tags.n; i++) {
		if ((rc = tag_name(l, d->tags.v[i], &name, err)) < 0)
			return err_wrap(err, "RepoTags");
		if (strs_add(&in.names, l->a, name) < 0)
			return err_sys(err, ENOMEM, "load an image");
	}
	return image_take(l, &in, err);
}

/* The one image that is wanted; of its names only that. */
static int docker_choose(
	struct load *l, struct docker_image *images, size_t n, struct docker_image **ret, struct err *err)
{
	const struct wanted *w = l->want;
	const char *want = NULL, *have;
	int rc;

	if (w->index >= 0 && (size_t) w->index >= n)
		return err_set(err, ERR_NOT_FOUND, "the archive has %zu images, @%lld is none of them", n,
			(long long) w->index);
	if (w->index >= 0 || !w->name) {
		if (w->index < 0 && n != 1)
			return err_set(err, ERR_INVALID,
				"the archive has %zu images: say which (FILE:NAME or FILE:@N)", n);
		*ret = &images[w->index >= 0 ? w->index : 0];
		return 0;
	}
	if ((rc = image_name_normalize(w->name, l->a, &want, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < images[i].tags.n; k++)
			if (image_name_normalize(images[i].tags.v[k], l->a, &have, err) == 0 &&
				strcmp(have, want) == 0) {
				images[i].tags.v[0] = images[i].tags.v[k];
				images[i].tags.n = 1;
				*ret = &images[i];
				return 0;
			}
	return err_set(err, ERR_NOT_FOUND, "the archive has no image '%s'", want);
}

static int docker_load(struct load *l, struct err *err)
{
	struct docker_image *images;
	const char *text;
	size_t len, n;
	int rc;

	if ((rc = source_text(l->src, "manifest.json", MANIFEST_MAX, l->a, &text, &len, err)) < 0)
		return rc;
	if ((rc = docker_manifest_parse(text, len, l->a, &images, &n, err)) < 0)
		return err_wrap(err, "manifest.json");
	if (l->want) {
		struct docker_image *one = NULL;

		rc = docker_choose(l, images, n, &one, err);
		return rc < 0 ? rc : docker_image_load(l, one, err);
	}
	for (size_t i = 0; i < n; i++)
		if ((rc = docker_image_load(l, &images[i], err)) < 0)
			return images[i].tags.n ? err_wrap(err, "image '%s'", images[i].tags.v[0])
						: err_wrap(err, "image %zu", i);
	return 0;
}

/* ---- OCI layout ----------------------------------------------------------------------------------------------------- */

static int blob_text(struct load *l, const struct descriptor *d, size_t max, const char **ret,
	size_t *ret_len, struct err *err)
{
	char name[96], is[65];
	int rc;

	snprintf(name, sizeof name, "%s%s", l->flat ? "" : "blobs/sha256/", d->digest);
	if ((rc = source_text(l->src, name, max, l->a, ret, ret_len, err)) < 0)
		return rc;
	sha256_hex(*ret, *ret_len, is);
	if (strcmp(is, d->digest) != 0)
		return err_set(err, ERR_CORRUPT, "blob sha256:%s has digest sha256:%s", d->digest, is);
	if (d->size && d->size != *ret_len)
		return err_set(err, ERR_CORRUPT, "blob sha256:%.12s has %zu bytes, %llu were declared",
			d->digest, *ret_len, (unsigned long long) d->size);
	return 0;
}

static int oci_manifest_load(
	struct load *l, const struct oci_document *m, struct incoming *in, struct err *err)
{
	int rc;

	if ((rc = image_manifest_check(m, err)) < 0)
		return rc;
	if ((rc = blob_text(l, &m->config, IMAGE_CONFIG_MAX, &in->config, &in->config_len, err)) < 0)
		return err_wrap(err, "config");
	for (size_t i = 0; i < m->n_layers; i++) {
		if (strs_addf(&in->blobs, l->a, "%s%s", l->flat ? "" : "blobs/sha256/", m->layers[i].digest) <
				0 ||
			strs_add(&in->digests, l->a, m->layers[i].digest) < 0)
			return err_sys(err, ENOMEM, "load an image");
	}
	return image_take(l, in, err);
}

/* One entry of index.json: a manifest, or an index from which this machine's platform is taken. */
static int oci_entry_load(struct load *l, const struct descriptor *d, struct err *err)
{
	struct incoming in = { 0 };
	struct oci_document doc;
	const char *name;
	int rc;

	if (d->name && !(l->want && l->want->named_by_asker && !l->want->name)) {
		if ((rc = image_name_local(d->name, l->a, &name, err)) < 0)
			return rc;
		if (strs_add(&in.names, l->a, name) < 0)
			return err_sys(err, ENOMEM, "load an image");
	}
	for (int depth = 0;; depth++) {
		if ((rc = blob_text(l, d, MANIFEST_MAX, &in.manifest, &in.manifest_len, err)) < 0)
			return err_wrap(err, "manifest");
		if ((rc = oci_document_parse(in.manifest, in.manifest_len, l->a, &doc, err)) < 0)
			return err_wrap(err, "manifest sha256:%.12s", d->digest);
		if (!doc.is_index)
			break;
		if (depth == 1)
			return err_set(err, ERR_UNSUPPORTED, "an index in an index in an index");
		if (!(d = platform_choose(&doc, "linux", platform_arch(), err)))
			return -ENOENT;
	}
	return oci_manifest_load(l, &doc, &in, err);
}

static int oci_choose(
	struct load *l, const struct oci_document *index, const struct descriptor **ret, struct err *err)
{
	const struct descriptor *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *d = &index->manifests[i];

		if (d->attestation)
			continue;
		n++;
		only = d;
		if (l->want->name && d->name && strcmp(d->name, l->want->name) == 0) {
			*ret = d;
			return 0;
		}
	}
	if (l->want->name)
		return err_set(err, ERR_NOT_FOUND, "no image '%s' in it", l->want->name);
	if (n != 1)
		return err_set(err, ERR_INVALID, "%zu images are in it: say which (PATH:NAME)", n);
	*ret = only;
	return 0;
}

/* dir: one manifest and its blobs, without a name. */
static int dir_load(struct load *l, struct err *err)
{
	struct incoming in = { 0 };
	struct oci_document doc;
	int rc;

	l->flat = true;
	if ((rc = source_text(
		     l->src, "manifest.json", MANIFEST_MAX, l->a, &in.manifest, &in.manifest_len, err)) < 0)
		return rc;
	if ((rc = oci_document_parse(in.manifest, in.manifest_len, l->a, &doc, err)) < 0)
		return err_wrap(err, "manifest.json");
	if (doc.is_index)
		return err_set(
			err, ERR_UNSUPPORTED, "a directory with a manifest list; name one of its images");
	return oci_manifest_load(l, &doc, &in, err);
}

static int oci_load(struct load *l, struct err *err)
{
	struct oci_document index;
	size_t len, loaded = 0;
	const char *text;
	int rc;

	if ((rc = source_text(l->src, "index.json", MANIFEST_MAX, l->a, &text, &len, err)) < 0)
		return rc;
	if ((rc = oci_document_parse(text, len, l->a, &index, err)) < 0)
		return err_wrap(err, "index.json");
	if (!index.is_index)
		return err_set(err, ERR_INVALID, "index.json is not an index");
	if (l->want) {
		const struct descriptor *d = NULL;

		rc = oci_choose(l, &index, &d, err);
		return rc < 0 ? rc : oci_entry_load(l, d, err);
	}
	for (size_t i = 0; i < index.n_manifests; i++) {
		const struct descriptor *d = &index.manifests[i];

		if (d->attestation)
			continue;
		if ((rc = oci_entry_load(l, d, err)) < 0)
			return err_wrap(err, "image '%s'", d->name ? d->name : d->digest);
		loaded++;
	}
	return loaded ? 0 : err_set(err, ERR_INVALID, "index.json lists no image");
}

/* What policy.json says of the place: a directory or file by its real path, and what came through a pipe by its kind alone. */
static int allowed(struct load *l, const char *transport, int fd, const char *path, struct err *err)
{
	char self[40];
	struct stat st;

	if (l->daemon)
		return policy_check(l->e, l->at, "docker-daemon", l->daemon, err);
	if (strcmp(transport, "docker-archive") == 0) /* which has no scopes */
		return policy_check(l->e, l->at, transport, "", err);
	if (!path && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		path = self;
	}
	return policy_check_path(l->e, l->at, transport, path, err);
}

static int any_load(struct load *l, int fd, const char *path, struct err *err)
{
	static const struct {
		const char *file, *dir,
			*archive; /* what tells, and the transports it tells of; NULL: not that */
		int (*load)(struct load *l, struct err *err);
	} kinds[] = { { "manifest.json", NULL, "docker-archive", docker_load },
		{ "index.json", "oci", "oci-archive", oci_load },
		{ "manifest.json", "dir", NULL, dir_load } };
	int rc = path ? source_open_dir(l->src, path, err) : source_open_archive(l->e, l->src, fd, l->a, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < LEN(kinds); i++) {
		const char *transport = path ? kinds[i].dir : kinds[i].archive;

		if (!transport || !source_has(l->src, kinds[i].file))
			continue;
		rc = allowed(l, transport, fd, path, err);
		return rc < 0 ? rc : kinds[i].load(l, err);
	}
	if (source_has(l->src, "repositories"))
		return err_set(err, ERR_UNSUPPORTED,
			"%s: docker's format from before 2016, without manifest.json", l->src->what);
	return err_set(err, ERR_INVALID,
		"%s: not an image: it has neither manifest.json (docker) nor index.json (OCI)%s",
		l->src->what, path ? "" : "; podctl import takes the tar of a root file system");
}

int image_load(struct engine *e, int fd, const char *path, image_progress *progress, void *ctx,
	struct arena *a, struct strs *ret, struct err *err)
{
	auto_source struct source src = SOURCE_INIT;
	struct load l = { .e = e, .src = &src, .progress = progress, .ctx = ctx, .a = a, .ret = ret };
	int rc = image_sweep(e, err);

	return rc < 0 ? rc : any_load(&l, fd, path, err);
}

/* ---- one image of a local place, as pull and run name it ------------------------------------------------------------- */

static const char *const local_prefixes[] = {
	"oci:", "oci-archive:", "docker-archive:", "dir:", "containers-storage:", "docker-daemon:"
};
enum local_kind {
	LOCAL_OCI,
	LOCAL_OCI_ARCHIVE,
	LOCAL_DOCKER_ARCHIVE,
	LOCAL_DIR,
	LOCAL_STORE,
	LOCAL_DAEMON,
	LOCAL_NONE
};

static enum local_kind local_kind(const char *ref, const char **ret_rest)
{
	for (size_t i = 0; i < LEN(local_prefixes); i++)
		if (strncmp(ref, local_prefixes[i], strlen(local_prefixes[i])) == 0) {
			*ret_rest = ref + strlen(local_prefixes[i]);
			return (enum local_kind) i;
		}
	return LOCAL_NONE;
}

bool image_ref_is_local(const char *ref)
{
	const char *rest;

	return local_kind(ref, &rest) != LOCAL_NONE;
}

static int daemon_load(struct load *l, const char *name, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_close int fd = -EBADF;
	int rc = docker_daemon_get(l->e, name, l->at, &tmp, l->a, &fd, err);

	l->daemon = name;
	return rc < 0 ? rc : any_load(l, fd, NULL, err);
}

static int local_load(struct load *l, enum local_kind kind, const char *rest, struct err *err)
{
	const char *colon = kind == LOCAL_DIR ? NULL : strchr(rest, ':');
	struct wanted w = { .index = -1, .named_by_asker = kind == LOCAL_OCI };
	char *path = arena_strndup(l->a, rest, colon ? (size_t) (colon - rest) : strlen(rest));
	auto_close int fd = -EBADF;
	uint64_t index;

	if (!path)
		return err_sys(err, ENOMEM, "load an image");
	if (colon && colon[1] == '@' && kind == LOCAL_DOCKER_ARCHIVE &&
		parse_u64(colon + 2, 0, ARCHIVE_IMAGES_MAX, &index) == 0)
		w.index = (int64_t) index;
	else if (colon && colon[1])
		w.name = colon + 1;
	l->want = &w;
	if (kind == LOCAL_OCI || kind == LOCAL_DIR)
		return any_load(l, -EBADF, path, err);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return err_sys(err, errno, "open '%s'", path);
	return any_load(l, fd, NULL, err);
}

int image_pull_local(struct engine *e, const char *ref, const struct registry_options *at,
	image_progress *progress, void *ctx, struct arena *a, const char **ret_id, struct err *err)
{
	auto_source struct source src = SOURCE_INIT;
	struct strs names = { 0 };
	struct load l = {
		.e = e, .at = at, .src = &src, .progress = progress, .ctx = ctx, .a = a, .ret = &names
	};
	const char *rest = ref;
	enum local_kind kind = local_kind(ref, &rest);
	struct image_row row = { 0 };
	int rc;

	if (kind == LOCAL_STORE) {
		if ((rc = image_resolve(e, rest, a, &row, err)) < 0)
			return rc;
		*ret_id = row.id;
		return 0;
	}
	if ((rc = image_sweep(e, err)) < 0 ||
		(rc = kind == LOCAL_DAEMON ? daemon_load(&l, rest, err) : local_load(&l, kind, rest, err)) <
			0)
		return err_wrap(err, "'%s'", ref);
	*ret_id = l.id;
	return 0;
}
