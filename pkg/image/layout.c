#include "pkg/image/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/image/tarout.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/sha256.h"
#include "pkg/util/text.h"

#define REF_NAME "org.opencontainers.image.ref.name"
#define OCI_LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define DIR_VERSION "Directory Transport Version: 1.1\n"

void layout_done(struct layout *l)
{
	fd_close_p(&l->dir);
	json_decref(l->index);
	l->index = NULL;
}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "save an image"); }

static void say(struct layout *l, const char *fmt, const char *arg)
{
	char line[200];

	if (!l->progress)
		return;
	snprintf(line, sizeof line, fmt, arg);
	l->progress(l->ctx, line);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------ */

static int index_read(struct layout *l, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(MANIFEST_MAX);
	int rc = file_read(l->dir, "index.json", PATH_IN_STATE, &b);

	if (rc == -ENOENT) {
		l->index = json_pack("{s:i,s:[]}", "schemaVersion", 2, "manifests");
		return l->index ? 0 : no_memory(err);
	}
	if (rc < 0)
		return err_sys(err, -rc, "read index.json");
	if (!(l->index = json_parse(b.data ? b.data : "", b.len, err)))
		return err_wrap(err, "index.json");
	return json_is_array(json_object_get(l->index, "manifests"))
		       ? 0
		       : err_set(err, ERR_INVALID, "index.json has no list of manifests");
}

static int opened(struct layout *l, struct err *err)
{
	if (!l->oci)
		return 0;
	if ((mkdirat(l->dir, "blobs", 0755) < 0 && errno != EEXIST) ||
		(mkdirat(l->dir, "blobs/sha256", 0755) < 0 && errno != EEXIST))
		return err_sys(err, errno, "make blobs/sha256");
	return index_read(l, err);
}

int layout_open_at(struct layout *l, int at, const char *name, struct err *err)
{
	if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make directory '%s'", name);
	if ((l->dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open directory '%s'", name);
	return opened(l, err);
}

int layout_open(struct layout *l, const char *path, struct err *err)
{
	return layout_open_at(l, AT_FDCWD, path, err);
}

/* ---- blobs ---------------------------------------------------------------------------------------------------------------------- */

static void blob_name(const struct layout *l, const char *digest, char name[96])
{
	snprintf(name, 96, "%s%s", l->oci ? "blobs/sha256/" : "", digest);
}

static bool blob_is_there(const struct layout *l, const char *digest, uint64_t size)
{
	struct stat st;
	char name[96];

	blob_name(l, digest, name);
	return fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t) st.st_size == size;
}

/* A file of ours that is to be renamed. */
static int part_make(struct layout *l, char name[32], struct err *err)
{
	char id[ID_LEN + 1];
	int fd;

	id_random(id);
	snprintf(name, 32, "tmp-%.16s", id);
	fd = openat(l->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? err_sys(err, errno, "make '%s'", name) : fd;
}

static int text_put(struct layout *l, const char *name, const void *p, size_t n, struct err *err)
{
	char part[32];
	auto_close int fd = part_make(l, part, err);
	int rc;

	if (fd < 0)
		return fd;
	if ((rc = io_write_all(fd, p, n)) == 0 && renameat(l->dir, part, l->dir, name) < 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	(void) unlinkat(l->dir, part, 0);
	return err_sys(err, -rc, "write '%s'", name);
}

static int text_blob(struct layout *l, const char *digest, const void *p, size_t n, struct err *err)
{
	char name[96];

	if (blob_is_there(l, digest, n))
		return 0;
	blob_name(l, digest, name);
	return text_put(l, name, p, n, err);
}

static int layer_put(struct layout *l, const char *diff, struct blob *ret, struct err *err)
{
	struct pack_result r;
	char part[32], name[96];
	auto_close int fd = -EBADF;
	int rc;

	say(l, "Copying blob %.12s", diff);
	if ((fd = part_make(l, part, err)) < 0)
		return fd;
	if ((rc = pack_layer(l->e, diff, &l->how, fd, &r, err)) < 0) {
		(void) unlinkat(l->dir, part, 0);
		return rc;
	}
	blob_name(l, r.blob, name);
	if (renameat(l->dir, part, l->dir, name) < 0)
		return err_sys(err, errno, "name blob %.12s", r.blob);
	memcpy(ret->digest, r.blob, sizeof ret->digest);
	ret->size = r.blob_size;
	ret->format = l->how.format;
	return 0;
}

/* In an OCI layout that has the blobs the image came with, they are as good. */
static bool own_is_there(struct layout *l, const struct blob *own)
{
	return own && blob_is_there(l, own->digest, own->size) &&
	       (own->format == PACK_PLAIN) == (l->how.format == PACK_PLAIN);
}

static int layers_put(struct layout *l, const struct image_row *row, struct blob *out, struct err *err)
{
	struct blob *own;
	size_t n_own;
	int rc;

	if ((rc = manifest_blobs(row, l->a, &own, &n_own, err)) < 0)
		return rc;
	for (size_t i = 0; i < row->layers.n; i++) {
		uint64_t size, tar;
		bool again = false;

		for (size_t k = 0; k < i && !again; k++) /* images repeat the empty layer */
			if ((again = strcmp(row->layers.v[k], row->layers.v[i]) == 0))
				out[i] = out[k];
		if (again)
			continue;
		layer_sizes(l->e, row->layers.v[i], &size, &tar);
		if (own_is_there(l, n_own ? &own[i] : NULL)) {
			out[i] = own[i];
		} else if (l->how.format == PACK_PLAIN && tar && blob_is_there(l, row->layers.v[i], tar)) {
			out[i] = (struct blob){ .size = tar, .format = PACK_PLAIN };
			memcpy(out[i].digest, row->layers.v[i], sizeof out[i].digest);
		} else if ((rc = layer_put(l, row->layers.v[i], &out[i], err)) < 0) {
			return rc;
		}
	}
	return 0;
}

/* ---- the index ------------------------------------------------------------------------------------------------------------------- */

static int index_add(struct layout *l, const struct image_row *row, const char *name,
	const struct composed *m, struct err *err)
{
	json_t *list = json_object_get(l->index, "manifests"), *d;
	struct image_config c = { 0 };
	int rc = image_config_parse(row->config, l->a, &c, err);

	if (rc < 0)
		return rc;
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *old = json_array_get(list, i);
		const char *have =
			json_string_value(json_object_get(json_object_get(old, "annotations"), REF_NAME));
		const char *digest = json_string_value(json_object_get(old, "digest"));

		if (name ? have && strcmp(have, name) == 0
			 : !have && digest && strcmp(digest + strcspn(digest, ":") + 1, m->digest) == 0)
			(void) json_array_remove(list, i);
	}
	d = json_pack("{s:s,s:o,s:I}", "mediaType", m->type, "digest", json_sprintf("sha256:%s", m->digest),
		"size", (json_int_t) m->len);
	if (d && name)
		(void) json_object_set_new(d, "annotations", json_pack("{s:s}", REF_NAME, name));
	if (d && c.architecture && c.os)
		(void) json_object_set_new(
			d, "platform", json_pack("{s:s,s:s}", "architecture", c.architecture, "os", c.os));
	return json_array_append_new(list, d) == 0 ? 0 : no_memory(err);
}

int layout_add(struct layout *l, const struct image_row *row, const struct strs *names, struct composed *ret,
	struct err *err)
{
	struct blob *out = arena_array(l->a, row->layers.n + 1, sizeof *out);
	enum manifest_kind kind = l->kind == MANIFEST_OWN && l->oci ? MANIFEST_OCI : l->kind;
	int rc;

	if (!out)
		return no_memory(err);
	if ((rc = layers_put(l, row, out, err)) < 0 ||
		(rc = manifest_compose(row, out, kind, l->a, ret, err)) < 0)
		return rc;
	say(l, "Copying config %.12s", row->id);
	if ((rc = text_blob(l, row->id, row->config, strlen(row->config), err)) < 0)
		return rc;
	say(l, "Writing manifest to image destination", "");
	if (!l->oci)
		return text_put(l, "manifest.json", ret->text, ret->len, err);
	rc = text_blob(l, ret->digest, ret->text, ret->len, err);
	for (size_t i = 0; rc == 0 && (i < names->n || i == 0); i++)
		rc = index_add(l, row, names->n ? names->v[i] : NULL, ret, err);
	return rc;
}

int layout_end(struct layout *l, struct err *err)
{
	auto_free char *text = NULL;
	int rc;

	if (!l->oci)
		return text_put(l, "version", DIR_VERSION, strlen(DIR_VERSION), err);
	if (!(text = json_dumps(l->index, JSON_COMPACT)))
		return no_memory(err);
	if ((rc = text_put(l, "oci-layout", OCI_LAYOUT, strlen(OCI_LAYOUT), err)) < 0)
		return rc;
	return text_put(l, "index.json", text, strlen(text), err);
}

static int file_archive(struct layout *l, const char *name, int fd, struct err *err)
{
	auto_close int in = path_open(l->dir, name, PATH_IN_STATE, O_RDONLY, 0);

	return in < 0 ? err_sys(err, -in, "open '%s'", name) : tarout_file(fd, name, in, err);
}

int layout_archive(struct layout *l, int fd, struct err *err)
{
	int blobs = openat(l->dir, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = blobs < 0 ? NULL : fdopendir(blobs);
	struct dirent *de;
	char name[96];

	if (!d) {
		rc = err_sys(err, errno, "list the blobs");
		fd_close_p(&blobs);
		return rc;
	}
	while (rc == 0 && (de = readdir(d)))
		if (id_is_valid(de->d_name)) {
			blob_name(l, de->d_name, name);
			rc = file_archive(l, name, fd, err);
		}
	(void) closedir(d);
	if (rc < 0 || (rc = file_archive(l, "oci-layout", fd, err)) < 0 ||
		(rc = file_archive(l, "index.json", fd, err)) < 0)
		return rc;
	return tarout_end(fd, err);
}
