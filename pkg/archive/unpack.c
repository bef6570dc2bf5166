#include "pkg/archive/unpack.h"

#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "pkg/archive/entry.h"
#include "pkg/archive/layer.h"
#include "pkg/archive/recipe.h"
#include "pkg/archive/stream.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

static int wrap_entry(struct archive_entry *e, struct err *err)
{
	struct buf name = BUF_INIT(2 * KiB);
	const char *raw = archive_entry_pathname(e);
	int rc;

	entry_name_show(&name, raw ? raw : archive_entry_pathname_utf8(e));
	rc = err_wrap(err, "entry '%s'", name.data ? name.data : "?");
	buf_done(&name);
	return rc;
}

static int name_failed(int rc, struct err *err)
{
	switch (rc) {
	case -EXDEV:
		return err_set(err, ERR_INVALID, "would be placed outside of the layer");
	case -ENAMETOOLONG:
		return err_set(err, ERR_INVALID, "name longer than %d bytes, or a component longer than %d",
			ENTRY_NAME_MAX - 1, ENTRY_COMPONENT_MAX);
	case -ELOOP:
		return err_set(err, ERR_INVALID, "more than %d levels deep", ENTRY_DEPTH_MAX);
	default:
		return err_set(err, ERR_INVALID, "its name is not readable");
	}
}

/* A plain file's bytes are in the layer from now on; whatever else the stream holds is kept as it is. */
static void contents_recorded(
	struct layer *l, struct archive *tar, struct archive_entry *e, const char *clean)
{
	int64_t n = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;

	if (l->recipe && n > 0 && archive_entry_filetype(e) == S_IFREG && !archive_entry_hardlink(e) &&
		!archive_entry_sparse_count(e))
		recipe_file(l->recipe, (uint64_t) archive_filter_bytes(tar, 0), (uint64_t) n, clean);
}

static int entry_apply(struct layer *l, struct archive *tar, struct archive_entry *e, uint64_t max,
	uint64_t *size, struct err *err)
{
	char clean[ENTRY_NAME_MAX], dir[ENTRY_NAME_MAX];
	const char *base, *target;
	enum whiteout w;
	int rc;

	if ((rc = entry_name_clean(archive_entry_pathname(e), clean)) < 0)
		return name_failed(rc, err);
	w = whiteout_kind(clean, &target);
	if (w == WHITEOUT_IGNORED)
		return 0;
	if (w == WHITEOUT_BAD)
		return err_set(err, ERR_INVALID, "a whiteout without a usable name");
	entry_name_split(clean, dir, &base);
	if ((rc = layer_parent(l, dir, err)) < 0)
		return rc;
	if (w == WHITEOUT_FILE)
		return layer_whiteout(l, dir, target, err);
	if (w == WHITEOUT_OPAQUE)
		return layer_opaque(l, dir, err);
	contents_recorded(l, tar, e, clean);
	return entry_make(l, tar, e, clean, base, max, size, err);
}

/* libarchive warns where it had to change a text: harmless for owner names, which are ignored, not for paths. */
static int warning_check(struct archive *tar, struct err *err)
{
	const char *text = archive_error_string(tar);

	if (text && (strstr(text, "Pathname") || strstr(text, "Linkname")))
		return err_set(err, ERR_UNSUPPORTED, "%s", text);
	return 0;
}

static int entries_apply(struct layer *l, struct stream *s, const struct unpack_opts *o,
	struct unpack_result *ret, struct err *err)
{
	struct archive *tar = stream_tar(s);
	struct archive_entry *e;
	uint64_t room = UINT64_MAX;
	struct statvfs fs;

	if (fstatvfs(o->dir, &fs) == 0)
		room = (uint64_t) fs.f_bavail * fs.f_frsize;
	while (tar) {
		int rc = archive_read_next_header(tar, &e);
		uint64_t size = 0;

		if (rc == ARCHIVE_EOF)
			break;
		if (rc < ARCHIVE_WARN)
			return stream_error(s, err);
		if (rc == ARCHIVE_WARN && (rc = warning_check(tar, err)) < 0)
			return wrap_entry(e, err);
		if (l->recipe)
			recipe_entry(l->recipe);
		if (++ret->entries > UNPACK_ENTRIES_MAX)
			return err_set(err, ERR_INVALID, "more than %d entries", UNPACK_ENTRIES_MAX);
		rc = entry_apply(l, tar, e, o->max - ret->size, &size, err);
		if (rc == -EPIPE)
			rc = stream_error(s, err);
		if (rc < 0)
			return wrap_entry(e, err);
		ret->size += size;
		/* stop before the last block is taken from everybody else on this file system */
		if (stream_tar_bytes(s) > room)
			return err_sys(err, ENOSPC, "%llu bytes were free", (unsigned long long) room);
	}
	return layer_times_apply(l, err);
}

static int digests_check(const struct unpack_opts *o, const struct unpack_result *r, struct err *err)
{
	if (o->expect_blob && strcmp(o->expect_blob, r->blob) != 0)
		return err_set(err, ERR_CORRUPT, "the blob's digest is sha256:%s, expected sha256:%s",
			r->blob, o->expect_blob);
	if (o->expect_diff && strcmp(o->expect_diff, r->diff_id) != 0)
		return err_set(err, ERR_CORRUPT,
			"the layer's diff id is sha256:%s, the config says sha256:%s", r->diff_id,
			o->expect_diff);
	return 0;
}

static const unsigned char zeros[512];

int unpack_layer(const struct unpack_opts *o, struct unpack_result *ret, struct err *err)
{
	/* an uncompressed blob is the diff itself: one digest is enough */
	bool two = o->expect_blob && !(o->expect_diff && strcmp(o->expect_blob, o->expect_diff) == 0);
	struct recipe *recipe = o->recipe > 0 ? recipe_new(o->recipe) : NULL;
	struct stream_opts so = {
		.fd = o->fd, .member = o->member, .hash_blob = two, .max = o->max, .recipe = recipe
	};
	struct unpack_result r = { 0 };
	struct stream *s;
	struct layer l;
	int rc;

	if (o->recipe > 0 && !recipe)
		return err_sys(err, ENOMEM, "unpack");
	if ((rc = stream_open(&so, &s, err)) < 0) {
		recipe_free(recipe);
		return rc;
	}
	layer_init(&l, o);
	l.recipe = recipe;
	rc = entries_apply(&l, s, o, &r, err);
	if (rc >= 0)
		rc = stream_drain(s, err);
	if (rc >= 0) {
		/* who writes zstd:chunked leaves the zeros at a tar's end out; they are of the layer all the same */
		unsigned lacks =
			stream_digests(s, o->expect_blob && !two ? NULL : o->expect_diff, r.diff_id, r.blob);

		for (unsigned i = 0; recipe && i < lacks; i++)
			recipe_bytes(recipe, zeros, sizeof zeros);
		if (recipe)
			rc = recipe_end(recipe, err);
		if (o->expect_blob && !two)
			memcpy(r.blob, r.diff_id, sizeof r.blob);
		r.tar_size = stream_tar_bytes(s) + lacks * sizeof zeros;
	}
	if (rc >= 0) {
		r.blob_size = stream_blob_bytes(s);
		rc = digests_check(o, &r, err);
	}
	layer_done(&l);
	stream_free(s);
	recipe_free(recipe);
	if (rc < 0)
		return rc;
	*ret = r;
	return 0;
}
