/* A push to a registry. */
#include "pkg/image/push.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "pkg/image/compose.h"
#include "pkg/image/name.h"
#include "pkg/image/transfer.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

#define CANDIDATES_MAX (LAYER_BLOBS_MAX + 1)
#define FILE_OUT "out"
#define PIPE_OUT "pipe"
#define PIPE_ROOM (1 * MiB)

struct pusher {
	size_t bar;  /* of the layer that is sent now: those that are there have none */
	bool barred; /* it was drawn */
	struct engine *e;
	const struct push_options *o;
	struct arena *a;
	struct image_name name;
	struct pack_how how;
	enum manifest_kind kind;
	struct image_tmp tmp;
	struct transfer t;
	json_t *known;  /* digest -> is it at the registry */
	bool as_files;  /* the registry takes no streams */
	bool fifo_made; /* PIPE_OUT */
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "push"); }

static void say(const struct pusher *p, const char *fmt, const char *arg)
{
	char line[300];

	if (!p->o->at.watch.line)
		return;
	(void) snprintf(line, sizeof line, fmt, arg);
	p->o->at.watch.line(p->o->at.watch.ctx, line);
}

/* ---- the connection ------------------------------------------------------------------------------------------------------------ */

/* The name as written: mirrors and other locations are for pulling; what is insecure or blocked counts here too. */
static int place_find(struct pusher *p, struct place *ret, struct err *err)
{
	struct place *all;
	size_t n;
	int rc = registries_places(p->e, &p->name, &p->o->at.at, p->a, &all, &n, err);

	if (rc < 0)
		return rc;
	*ret = (struct place){
		.host = p->name.host, .repository = p->name.path, .insecure = n && all[n - 1].insecure
	};
	return 0;
}

static int open_at(struct pusher *p, struct err *err)
{
	struct registry_options at = p->o->at.at;
	struct place place;
	int rc;

	at.push = true;
	if ((rc = place_find(p, &place, err)) < 0)
		return rc;
	return transfer_open(p->e, &place, &at, NULL, &p->tmp, p->a, &p->t, err);
}

int pusher_open(struct engine *e, const char *to, const struct push_options *o, struct arena *a,
	struct pusher **ret, struct err *err)
{
	struct pusher *p = arena_alloc(a, sizeof *p);
	int rc;

	if (!p)
		return no_memory(err);
	*p = (struct pusher){ .e = e, .o = o, .a = a, .tmp = IMAGE_TMP_INIT, .t = TRANSFER_INIT };
	if ((rc = pack_how_parse(o->compression, o->level, &p->how, err)) < 0 ||
		(rc = manifest_kind_parse(o->format, &p->kind, err)) < 0 ||
		(rc = image_name_parse(to, a, &p->name, err)) < 0)
		return rc;
	if (!(p->known = json_object()))
		return no_memory(err);
	if (p->kind == MANIFEST_DOCKER && p->how.format == PACK_ZSTD)
		return err_set(err, ERR_INVALID, "zstd layers need an OCI manifest: --format v2s2 has none");
	if ((rc = open_at(p, err)) < 0) {
		pusher_close(p);
		return rc;
	}
	*ret = p;
	return 0;
}

void pusher_close(struct pusher *p)
{
	if (!p)
		return;
	transfer_done(&p->t);
	json_decref(p->known);
	p->known = NULL;
	image_tmp_remove(&p->tmp);
}

static void bar_draw(struct pusher *p, const char *digest, uint64_t got, uint64_t size)
{
	if (!p->o->at.watch.layer)
		return;
	p->o->at.watch.layer(p->o->at.watch.ctx, p->bar, digest, got, size);
	p->barred = true;
}

/* Asks and waits for {"ok":...}, whose value is *ret (new reference). */
static int ask(
	struct pusher *p, json_t *request, uint64_t size, const char *digest, json_t **ret, struct err *err)
{
	int rc = transfer_ask(&p->t, request, err);

	while (rc >= 0) {
		json_t *v = NULL, *ok;
		const json_t *got;

		if ((rc = transfer_next(&p->t, true, &v, err)) < 0)
			return rc;
		got = json_object_get(v, "got");
		if (got && digest)
			bar_draw(p, digest, (uint64_t) json_integer_value(json_array_get(got, 1)), size);
		if ((ok = json_object_get(v, "ok"))) {
			if (ret)
				*ret = json_incref(ok);
			json_decref(v);
			return 0;
		}
		json_decref(v);
	}
	return rc;
}

/* ---- one blob ------------------------------------------------------------------------------------------------------------------ */

static void known_set(struct pusher *p, const char *digest, bool there)
{
	(void) json_object_set_new(p->known, digest, json_boolean(there));
}

/* Asks for those of the list that nothing is known of (takes the list). */
static int known_ask(struct pusher *p, json_t *list, struct err *err)
{
	json_t *ok = NULL, *answer;
	int rc;

	if (!json_array_size(list)) {
		json_decref(list);
		return 0;
	}
	if ((rc = ask(p, json_pack("{s:O}", "have", list), 0, NULL, &ok, err)) == 0) {
		answer = json_object_get(ok, "have");
		for (size_t i = 0; i < json_array_size(list); i++)
			known_set(p, json_string_value(json_array_get(list, i)),
				json_is_true(json_array_get(answer, i)));
	}
	json_decref(ok);
	json_decref(list);
	return rc;
}

static void unknown_add(const struct pusher *p, json_t *list, const char *digest)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), digest) == 0)
			return;
	if (!json_object_get(p->known, digest))
		(void) json_array_append_new(list, json_string(digest));
}

static int have(struct pusher *p, const struct blob *b, size_t n, int *ret_first, struct err *err)
{
	json_t *list = json_array();
	int rc;

	for (size_t i = 0; i < n; i++)
		unknown_add(p, list, b[i].digest);
	*ret_first = -1;
	if ((rc = known_ask(p, list, err)) < 0)
		return rc;
	for (size_t i = 0; i < n && *ret_first < 0; i++)
		if (json_is_true(json_object_get(p->known, b[i].digest)))
			*ret_first = (int) i;
	return 0;
}

/* From another repository of the same registry that this image, too, has a name in. */
static int mount(struct pusher *p, const struct image_row *row, const char *digest, struct err *err)
{
	for (size_t i = 0; i < row->names.n; i++) {
		struct err ignored = { 0 };
		struct image_name n;
		json_t *ok = NULL;
		bool mounted;
		int rc;

		if (image_name_parse(row->names.v[i], p->a, &n, &ignored) < 0 || !n.host ||
			strcmp(n.host, p->name.host) != 0 || strcmp(n.path, p->name.path) == 0)
			continue;
		if ((rc = ask(p, json_pack("{s:{s:s,s:s}}", "mount", "digest", digest, "from", n.path), 0,
			     NULL, &ok, err)) < 0)
			return rc;
		mounted = json_is_true(json_object_get(ok, "mounted"));
		json_decref(ok);
		if (mounted)
			return 1;
	}
	return 0;
}

static int send_file(struct pusher *p, const struct blob *b, struct err *err)
{
	int rc = ask(p,
		json_pack("{s:{s:s,s:I,s:s}}", "upload", "digest", b->digest, "size", (json_int_t) b->size,
			"file", FILE_OUT),
		b->size, b->digest, NULL, err);

	(void) unlinkat(p->tmp.dir, FILE_OUT, 0);
	if (rc == 0)
		known_set(p, b->digest, true);
	return rc;
}

static int out_make(struct pusher *p, struct err *err)
{
	int fd;

	(void) unlinkat(p->tmp.dir, FILE_OUT, 0); /* it may be a kept blob: never written to */
	fd = openat(p->tmp.dir, FILE_OUT, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys(err, errno, "make a file for what is sent") : fd;
}

/* A small text. */
static int send_text(struct pusher *p, const char *digest, const char *text, size_t n, struct err *err)
{
	struct blob b = { .size = n };
	auto_close int fd = -EBADF;
	int rc, first;

	memcpy(b.digest, digest, sizeof b.digest);
	if ((rc = have(p, &b, 1, &first, err)) < 0 || first == 0)
		return rc;
	if ((fd = out_make(p, err)) < 0)
		return fd;
	if ((rc = io_write_all(fd, text, n)) < 0)
		return err_sys(err, -rc, "write what is sent");
	say(p, "Copying config %.12s", digest);
	return send_file(p, &b, err);
}

/* The kept blob, when it is the one the image came with and its compression will do. */
static int send_kept(struct pusher *p, const char *diff, const struct blob *own, struct err *err)
{
	auto_close int kept = layer_blob_open(p->e, diff), fd = -EBADF;
	struct stat st;

	if (kept < 0 || fstat(kept, &st) < 0 || (uint64_t) st.st_size != own->size)
		return 0;
	(void) unlinkat(p->tmp.dir, FILE_OUT, 0);
	if (linkat(kept, "", p->tmp.dir, FILE_OUT, AT_EMPTY_PATH) ==
		0) /* root's; where that is not so it is copied */
		return send_file(p, own, err) < 0 ? -EIO : 1;
	if ((fd = out_make(p, err)) < 0)
		return fd;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(fd, kept, NULL, (size_t) left);

		if (n <= 0)
			return err_sys(err, n ? errno : EIO, "copy the kept blob");
		left -= n;
	}
	return send_file(p, own, err) < 0 ? -EIO : 1;
}

static void remember(struct pusher *p, const char *diff, const struct blob *b)
{
	struct layer_blob r = { .size = b->size, .format = b->format == PACK_ZSTD ? "zstd" : "gzip" };

	memcpy(r.digest, b->digest, sizeof r.digest);
	layer_blob_remember(p->e, diff, &r);
}

/* Compressed into a file first: for registries that want to know the size before. */
static int send_as_file(struct pusher *p, const char *diff, struct blob *b, struct err *err)
{
	struct pack_result r;
	auto_close int fd = out_make(p, err);
	int rc, first;

	if (fd < 0)
		return fd;
	if ((rc = pack_layer(p->e, diff, &p->how, fd, &r, err)) < 0)
		return rc;
	memcpy(b->digest, r.blob, sizeof b->digest);
	b->size = r.blob_size;
	if ((rc = have(p, b, 1, &first, err)) < 0)
		return rc;
	return first < 0 ? send_file(p, b, err) : 0;
}

/* The reading end stays open here, so that what a quick packer wrote is there when the other helper opens the pipe. */
static int pipe_open(struct pusher *p, int *ret_r, int *ret_w, struct err *err)
{
	if (!p->fifo_made && mkfifoat(p->tmp.dir, PIPE_OUT, 0600) < 0)
		return err_sys(err, errno, "make a pipe for what is sent");
	p->fifo_made = true;
	if ((*ret_r = openat(p->tmp.dir, PIPE_OUT, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0 ||
		(*ret_w = openat(p->tmp.dir, PIPE_OUT, O_WRONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open the pipe for what is sent");
	(void) fcntl(*ret_w, F_SETPIPE_SZ, (int) PIPE_ROOM); /* past a user's share it stays small */
	return 0;
}

static int stream_end(struct pusher *p, const struct pack_result *r, uint64_t sent, struct err *err)
{
	if (sent != r->blob_size)
		return err_set(err, ERR_REMOTE, "%llu of %llu bytes were sent", (unsigned long long) sent,
			(unsigned long long) r->blob_size);
	return ask(p, json_pack("{s:{s:s}}", "streamEnd", "digest", r->blob), 0, NULL, NULL, err);
}

/* Compressed straight into the request.  *ret_taken false: this registry wants files. */
static int send_stream(struct pusher *p, const char *diff, struct blob *b, bool *ret_taken, struct err *err)
{
	auto_packer struct packer packer = PACKER_INIT;
	auto_close int in = -EBADF, out = -EBADF;
	struct err ignored = { 0 };
	struct pack_result r;
	uint64_t files, tar, sent;
	json_t *ok = NULL;
	int rc;

	layer_sizes(p->e, diff, &files, &tar);
	if ((rc = pipe_open(p, &in, &out, err)) < 0 ||
		(rc = pack_layer_start(p->e, diff, &p->how, out, &packer, err)) < 0)
		return rc;
	fd_close_p(&out); /* the packer's is the last one: its end is the stream's */
	if ((rc = ask(p, json_pack("{s:{s:s}}", "stream", "file", PIPE_OUT), tar, diff, &ok, err)) < 0)
		return rc;
	*ret_taken = json_is_true(json_object_get(ok, "taken"));
	sent = (uint64_t) json_integer_value(json_object_get(ok, "size"));
	json_decref(ok);
	if (!*ret_taken)
		return 0;
	if ((rc = pack_finish(&packer, &r, err)) < 0 || (rc = stream_end(p, &r, sent, err)) < 0) {
		(void) ask(p, json_pack("{s:{}}", "streamEnd"), 0, NULL, NULL, &ignored);
		return rc;
	}
	bar_draw(p, diff, r.blob_size, r.blob_size);
	memcpy(b->digest, r.blob, sizeof b->digest);
	b->size = r.blob_size;
	known_set(p, b->digest, true);
	return 0;
}

static int send_packed(struct pusher *p, const char *diff, struct blob *ret, struct err *err)
{
	struct blob b = { .format = p->how.format };
	bool taken = false;
	int rc = p->as_files ? 0 : send_stream(p, diff, &b, &taken, err);

	if (rc == 0 && !taken) {
		p->as_files = true;
		rc = send_as_file(p, diff, &b, err);
	}
	if (rc < 0)
		return rc;
	remember(p, diff, &b);
	*ret = b;
	return 0;
}

/* Which blobs the layer may be at the registry, the one it came as first. */
static size_t candidates(struct pusher *p, const char *diff, const struct blob *own, struct blob out[])
{
	struct layer_blob known[LAYER_BLOBS_MAX];
	size_t n = 0, k = layer_blobs(p->e, diff, known);

	if (own && own->format != PACK_PLAIN)
		out[n++] = *own;
	for (size_t i = 0; i < k; i++) {
		out[n] = (struct blob){ .size = known[i].size,
			.format = strcmp(known[i].format, "zstd") == 0 ? PACK_ZSTD : PACK_GZIP };
		memcpy(out[n].digest, known[i].digest, sizeof out[n].digest);
		n++;
	}
	for (size_t i = 0; i < n;) { /* what would not do */
		bool wrong = (p->o->force_compression && out[i].format != p->how.format) ||
			     (p->kind == MANIFEST_DOCKER && out[i].format == PACK_ZSTD);

		if (wrong)
			memmove(&out[i], &out[i + 1], (--n - i) * sizeof *out);
		else
			i++;
	}
	return n;
}

static int layer_push(struct pusher *p, const struct image_row *row, size_t i, const struct blob *own,
	struct blob *ret, struct err *err)
{
	const char *diff = row->layers.v[i];
	struct blob c[CANDIDATES_MAX];
	size_t n = candidates(p, diff, own, c);
	int rc, first = -1;

	if (n && (rc = have(p, c, n, &first, err)) < 0)
		return rc;
	if (first >= 0) {
		say(p, "Copying blob %.12s skipped: already exists", c[first].digest);
		*ret = c[first];
		return 0;
	}
	for (size_t k = 0; k < n; k++) {
		if ((rc = mount(p, row, c[k].digest, err)) < 0)
			return rc;
		if (rc) {
			say(p, "Copying blob %.12s skipped: mounted from another repository", c[k].digest);
			*ret = c[k];
			return 0;
		}
	}
	if (!p->o->at.watch.layer)
		say(p, "Copying blob %.12s",
			own && n && strcmp(own->digest, c[0].digest) == 0 ? own->digest : diff);
	if (own && n && strcmp(own->digest, c[0].digest) == 0 && (rc = send_kept(p, diff, own, err)) != 0) {
		*ret = *own;
		return rc < 0 ? rc : 0;
	}
	return send_packed(p, diff, ret, err);
}

/* ---- an image -------------------------------------------------------------------------------------------------------------------- */

/* All that may be there already in one question. */
static int look_ahead(struct pusher *p, const struct image_row *row, const struct blob *own, struct err *err)
{
	struct blob c[CANDIDATES_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < row->layers.n; i++) {
		size_t n = candidates(p, row->layers.v[i], own ? &own[i] : NULL, c);

		for (size_t k = 0; k < n; k++)
			unknown_add(p, list, c[k].digest);
	}
	unknown_add(p, list, row->id);
	return known_ask(p, list, err);
}

/* An image that was pushed before is there as its manifest: one question then, instead of one for each blob. */
enum { NOT_THERE, UNDER_ANOTHER_NAME, THERE };
static int is_there(struct pusher *p, const struct image_row *row, const struct blob *own,
	const char *reference, struct composed *ret, struct err *err)
{
	struct blob *first = arena_array(p->a, row->layers.n + 1, sizeof *first), c[CANDIDATES_MAX];
	char digest[80];
	json_t *ok = NULL;
	int rc;

	if (!first)
		return no_memory(err);
	for (size_t i = 0; i < row->layers.n; i++) {
		if (!candidates(p, row->layers.v[i], own ? &own[i] : NULL, c))
			return NOT_THERE;
		first[i] = c[0];
	}
	if ((rc = manifest_compose(row, first, p->kind, p->a, ret, err)) < 0)
		return rc;
	(void) snprintf(digest, sizeof digest, "sha256:%s", ret->digest);
	rc = ask(p,
		json_pack("{s:{s:s,s:s,s:s}}", "same", "reference", reference ? reference : digest, "type",
			ret->type, "digest", digest),
		0, NULL, &ok, err);
	if (rc == 0 && json_is_true(json_object_get(ok, "there"))) {
		rc = json_is_true(json_object_get(ok, "named")) ? THERE : UNDER_ANOTHER_NAME;
		for (size_t i = 0; i < row->layers.n; i++)
			say(p, "Copying blob %.12s skipped: already exists", first[i].digest);
	}
	json_decref(ok);
	return rc;
}

static int layers_push(struct pusher *p, const struct image_row *row, const struct blob *own,
	struct blob *out, struct err *err)
{
	int rc = look_ahead(p, row, own, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < row->layers.n; i++) {
		bool again = false;

		for (size_t k = 0; k < i && !again; k++) /* images repeat the empty layer */
			if ((again = strcmp(row->layers.v[k], row->layers.v[i]) == 0))
				out[i] = out[k];
		if (!again && (rc = layer_push(p, row, i, own ? &own[i] : NULL, &out[i], err)) < 0)
			return err_wrap(err, "layer %.12s", row->layers.v[i]);
		p->bar += p->barred;
		p->barred = false;
	}
	if (p->o->at.watch.end)
		p->o->at.watch.end(p->o->at.watch.ctx);
	p->bar = 0;
	return 0;
}

int pusher_document(struct pusher *p, const char *text, size_t len, const char *type, const char *reference,
	struct err *err)
{
	auto_close int fd = out_make(p, err);
	int rc;

	if (fd < 0)
		return fd;
	if ((rc = io_write_all(fd, text, len)) < 0)
		return err_sys(err, -rc, "write what is sent");
	rc = ask(p,
		json_pack("{s:{s:s,s:s,s:s}}", "put", "reference", reference, "type", type, "file", FILE_OUT),
		0, NULL, NULL, err);
	(void) unlinkat(p->tmp.dir, FILE_OUT, 0);
	return rc;
}

static int manifest_send(struct pusher *p, const struct composed *m, const char *reference, struct err *err)
{
	char digest[80];

	(void) snprintf(digest, sizeof digest, "sha256:%s", m->digest);
	say(p, "%s", "Writing manifest to image destination");
	return pusher_document(p, m->text, m->len, m->type, reference ? reference : digest, err);
}

static int image_send(struct pusher *p, const struct image_row *row, const struct blob *own,
	const char *reference, struct composed *ret, struct err *err)
{
	struct blob *out = arena_array(p->a, row->layers.n + 1, sizeof *out);
	int rc;

	if (!out)
		return no_memory(err);
	if ((rc = layers_push(p, row, own, out, err)) < 0 ||
		(rc = send_text(p, row->id, row->config, strlen(row->config), err)) < 0 ||
		(rc = manifest_compose(row, out, p->kind, p->a, ret, err)) < 0)
		return rc;
	return manifest_send(p, ret, reference, err);
}

int pusher_image(struct pusher *p, const struct image_row *row, const char *reference,
	const char **ret_digest, uint64_t *ret_size, const char **ret_type, struct err *err)
{
	struct blob *own;
	struct composed m;
	size_t n_own;
	int rc = manifest_blobs(row, p->a, &own, &n_own, err);

	if (rc < 0)
		return rc;
	own = n_own ? own : NULL;
	if ((rc = is_there(p, row, own, reference, &m, err)) == NOT_THERE)
		rc = image_send(p, row, own, reference, &m, err);
	else if (rc == UNDER_ANOTHER_NAME)
		rc = manifest_send(p, &m, reference, err);
	else if (rc == THERE)
		say(p, "%s", "Writing manifest to image destination skipped: unchanged");
	if (rc < 0)
		return rc;
	if (!(*ret_digest = arena_printf(p->a, "sha256:%s", m.digest)))
		return no_memory(err);
	*ret_size = m.len;
	*ret_type = m.type;
	return 0;
}
