/*
 * podctl-transfer — the only program that speaks with registries.  Started by podctl for one pull.
 *
 *   0: requests, a JSON line each    1: answers, JSON lines    3: directory for what is fetched    4: its lock, only held
 *
 *   {"session":{"host":,"name":,"repository":,"insecure":,"user":,"password":,"identity":,"ca":[],"cert":,"key":,
 *               "connectTimeout":,"plain":,"socket":,"scopes":[],"noScope":,"tries":,"delay":}}
 *   {"manifest":{"reference":,"digest":,"max":,"file":}}         -> {"ok":{"type":,"digest":}}
 *   {"blobs":[{"digest":,"size":,"file":,"keep":,"urls":[]}]}    -> {"got":[INDEX,BYTES]}..., {"done":INDEX}..., {"ok":{}}
 *   {"get":{"path":,"max":,"file":}}                             -> {"ok":{}}   (no registry: a file somewhere)
 *   {"request":{"method":,"path":,"accept":,"max":}}             -> {"ok":{"status":,"type":,"digest":,"link":,"body":}}
 *   with "push" in the session:
 *   {"have":[DIGEST...]}                                         -> {"ok":{"have":[BOOL...]}}
 *   {"same":{"reference":,"type":,"digest":}}                    -> {"ok":{"there":BOOL,"named":BOOL}}   (that manifest)
 *   {"mount":{"digest":,"from":}}                                -> {"ok":{"mounted":BOOL}}
 *   {"upload":{"digest":,"size":,"file":}}                       -> {"got":[0,BYTES]}..., {"ok":{}}
 *   {"stream":{"file":FIFO}}                                     -> {"got":[0,BYTES]}..., {"ok":{"taken":BOOL,"size":}}
 *   {"streamEnd":{"digest":}}   (none: it is given up)           -> {"ok":{}}
 *   {"post":{"path":,"type":,"file":FIFO}}                       -> {"ok":{}}
 *   {"put":{"reference":,"type":,"file":}}                       -> {"ok":{"digest":}}
 *
 * A file may be a FIFO whose reader is there: what comes goes through it, and {"done":} says that all of it was verified.
 *
 * A failure is {"error":TEXT,"kind":,"errno":} and the end.  Credentials come on the pipe: an argv or an environment could
 * be read by others.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/transfer/session.h"
#include "pkg/transfer/upload.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

enum { FD_DIR = 3 };
#define AT_ONCE 6

static void say(json_t *v)
{
	auto_free char *text = v ? json_print(v) : NULL;

	json_decref(v);
	/* podctl gone: its SIGKILL is on the way to us */
	if (text && io_write_all(STDOUT_FILENO, text, strlen(text)) == 0)
		(void) io_write_all(STDOUT_FILENO, "\n", 1);
}

static int fail(struct err *err)
{
	for (char *p = err->msg; *p; p++)
		if (*p < ' ' || *p > '~') /* a registry's words may hold anything */
			*p = '?';
	say(json_pack(
		"{s:s,s:i,s:i}", "error", err->msg, "kind", (int) err->kind, "errno", (int) err->errnum));
	return 1;
}

static int file_make(const char *name, struct err *err)
{
	int fd = name && !strchr(name, '/')
			 ? openat(FD_DIR, name,
				   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)
			 : (errno = EINVAL, -1);

	return fd < 0 ? err_sys(err, errno, "make a file for what is fetched") : fd;
}

static const char *text_of(const json_t *v, const char *key)
{
	return json_string_value(json_object_get(v, key));
}

static int strs_take(const json_t *list, struct strs *to, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s && strs_add(to, a, s) < 0)
			return err_sys(err, ENOMEM, "start");
	}
	return 0;
}

static int take_session(const json_t *v, struct session *s, struct arena *a, struct err *err)
{
	int rc;

	*s = (struct session){ .host = text_of(v, "host"),
		.name = text_of(v, "name"),
		.repository = text_of(v, "repository"),
		.insecure = json_is_true(json_object_get(v, "insecure")),
		.socket = text_of(v, "socket"),
		.plain = json_is_true(json_object_get(v, "plain")),
		.user = text_of(v, "user"),
		.password = text_of(v, "password"),
		.identity = text_of(v, "identity"),
		.cert = text_of(v, "cert"),
		.key = text_of(v, "key"),
		.push = json_is_true(json_object_get(v, "push")),
		.connect_timeout_s = (long) json_integer_value(json_object_get(v, "connectTimeout")),
		.no_scope = json_is_true(json_object_get(v, "noScope")),
		.tries_max = (unsigned) json_integer_value(json_object_get(v, "tries")),
		.delay_s = (long) json_integer_value(json_object_get(v, "delay")) };
	if ((rc = strs_take(json_object_get(v, "ca"), &s->ca, a, err)) < 0 ||
		(rc = strs_take(json_object_get(v, "scopes"), &s->scopes, a, err)) < 0)
		return rc;
	if (!s->host || !s->repository)
		return err_set(err, ERR_INVALID, "a session without host and repository");
	session_begin(s);
	return 0;
}

static int get_manifest(struct session *s, const json_t *v, struct err *err)
{
	const char *reference = json_string_value(json_object_get(v, "reference"));
	auto_close int fd = file_make(json_string_value(json_object_get(v, "file")), err);
	char path[400];
	struct fetch f = { .path = path,
		.keep = -EBADF,
		.manifest = true,
		.fd = fd,
		.size = (uint64_t) json_integer_value(json_object_get(v, "max")),
		.digest = json_string_value(json_object_get(v, "digest")) };
	int rc;

	if (fd < 0)
		return fd;
	(void) snprintf(path, sizeof path, "manifests/%s", reference ? reference : "");
	if ((rc = fetches_run(s, &f, 1, 1, NULL, NULL, err)) < 0)
		return rc;
	say(json_pack("{s:{s:s,s:s}}", "ok", "type", f.type, "digest", f.named_digest));
	return 0;
}

static int get_file(struct session *s, const json_t *v, struct err *err)
{
	auto_close int fd = file_make(text_of(v, "file"), err);
	struct fetch f = { .path = text_of(v, "path"),
		.keep = -EBADF,
		.fd = fd,
		.at_most = true,
		.size = (uint64_t) json_integer_value(json_object_get(v, "max")) };
	int rc;

	if (fd < 0)
		return fd;
	if (!f.path || f.path[0] != '/')
		return err_set(err, ERR_INVALID, "a file without a path");
	if ((rc = fetches_run(s, &f, 1, 1, NULL, NULL, err)) == 0)
		say(json_pack("{s:{}}", "ok"));
	return rc;
}

static void on_news(void *ctx, size_t i)
{
	struct fetch *f = ctx;

	if (f[i].done || f[i].lost)
		fd_close_p(&f[i].fd); /* a pipe's reader waits for its end */
	if (f[i].lost)
		return; /* that end is the reader's own story */
	say(f[i].done ? json_pack("{s:i}", "done", (int) i)
		      : json_pack("{s:[i,I]}", "got", (int) i, (json_int_t) f[i].got));
}

static int get_blobs(struct session *s, const json_t *v, struct err *err)
{
	auto_arena struct arena a = { 0 };
	size_t n = json_array_size(v), opened = 0;
	struct fetch *f = arena_array(&a, n + 1, sizeof *f);
	int rc = f ? 0 : err_sys(err, ENOMEM, "fetch");

	for (; rc == 0 && opened < n; opened++) {
		const json_t *b = json_array_get(v, opened);
		const char *digest = json_string_value(json_object_get(b, "digest"));

		struct strs urls = { 0 };

		if ((rc = strs_take(json_object_get(b, "urls"), &urls, &a, err)) < 0)
			break;
		f[opened] = (struct fetch){ .digest = digest,
			.urls = (const char *const *) urls.v,
			.size = (uint64_t) json_integer_value(json_object_get(b, "size")),
			.fd = file_make(json_string_value(json_object_get(b, "file")), err),
			.path = arena_printf(&a, "blobs/sha256:%s", digest ? digest : "") };
		f[opened].keep =
			text_of(b, "keep") && f[opened].fd >= 0 ? file_make(text_of(b, "keep"), err) : -EBADF;
		if (text_of(b, "keep") && f[opened].fd >= 0 && f[opened].keep < 0)
			rc = f[opened].keep;
		else if (f[opened].fd < 0 || !f[opened].path || !digest)
			rc = f[opened].fd < 0 ? f[opened].fd
					      : err_set(err, ERR_INVALID, "a blob without digest");
	}
	if (rc == 0)
		rc = fetches_run(s, f, n, AT_ONCE, on_news, f, err);
	for (size_t i = 0; i < opened; i++) {
		fd_close_p(&f[i].fd);
		fd_close_p(&f[i].keep);
	}
	if (rc == 0)
		say(json_pack("{s:{}}", "ok"));
	return rc;
}

/* ---- pushing --------------------------------------------------------------------------------------------------------- */

static int file_of(const char *name, struct err *err)
{
	int fd = name && !strchr(name, '/')
			 ? openat(FD_DIR, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
			 : (errno = EINVAL, -1);

	return fd < 0 ? err_sys(err, errno, "open what is to be sent") : fd;
}

static int tell_have(struct uploader *u, const json_t *v, struct err *err)
{
	auto_arena struct arena a = { 0 };
	size_t n = json_array_size(v);
	const char **digests = arena_array(&a, n + 1, sizeof *digests);
	bool *there = arena_array(&a, n + 1, sizeof *there);
	json_t *list;
	int rc;

	if (!digests || !there)
		return err_sys(err, ENOMEM, "push");
	for (size_t i = 0; i < n; i++)
		if (!(digests[i] = json_string_value(json_array_get(v, i))))
			return err_set(err, ERR_INVALID, "a blob without digest");
	if ((rc = upload_have(u, digests, n, there, err)) < 0)
		return rc;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		(void) json_array_append_new(list, json_boolean(there[i]));
	say(json_pack("{s:{s:o}}", "ok", "have", list));
	return 0;
}

static int tell_same(struct uploader *u, const json_t *v, struct err *err)
{
	const char *reference = text_of(v, "reference"), *type = text_of(v, "type"),
		   *digest = text_of(v, "digest");
	bool there = false, named = false;
	int rc;

	if (!reference || !type || !digest)
		return err_set(err, ERR_INVALID, "a manifest without reference, type and digest");
	if ((rc = upload_same(u, reference, type, digest, &there, &named, err)) == 0)
		say(json_pack("{s:{s:b,s:b}}", "ok", "there", (int) there, "named", (int) named));
	return rc;
}

static int do_mount(struct uploader *u, const json_t *v, struct err *err)
{
	const char *digest = json_string_value(json_object_get(v, "digest"));
	const char *from = json_string_value(json_object_get(v, "from"));
	int rc = upload_mount(u, digest ? digest : "", from ? from : "", err);

	if (rc >= 0)
		say(json_pack("{s:{s:b}}", "ok", "mounted", rc > 0));
	return rc < 0 ? rc : 0;
}

static void on_sent(void *ctx, uint64_t bytes)
{
	uint64_t *told = ctx, now = time_mono_us();

	if (now - *told < 200000)
		return;
	*told = now;
	say(json_pack("{s:[i,I]}", "got", 0, (json_int_t) bytes));
}

static int do_upload(struct uploader *u, const json_t *v, struct err *err)
{
	const char *digest = json_string_value(json_object_get(v, "digest"));
	auto_close int fd = file_of(json_string_value(json_object_get(v, "file")), err);
	uint64_t told = time_mono_us();
	int rc;

	if (fd < 0)
		return fd;
	u->sent = on_sent;
	u->ctx = &told;
	rc = upload_blob(
		u, digest ? digest : "", fd, (uint64_t) json_integer_value(json_object_get(v, "size")), err);
	u->sent = NULL;
	if (rc == 0)
		say(json_pack("{s:{}}", "ok"));
	return rc;
}

/* What cannot be sent so is an answer, not the end: podctl sends it as a file. */
static int do_stream(struct uploader *u, const json_t *v, struct err *err)
{
	auto_close int fd = file_of(text_of(v, "file"), err);
	uint64_t told = time_mono_us(), size = 0;
	int rc;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFL, 0) < 0) /* from here on it is waited for */
		return err_sys(err, errno, "read what is to be sent");
	u->sent = on_sent;
	u->ctx = &told;
	rc = upload_stream(u, fd, &size, err);
	u->sent = NULL;
	if (rc < 0 && err->kind != ERR_UNSUPPORTED)
		return rc;
	say(json_pack("{s:{s:b,s:I}}", "ok", "taken", rc == 0, "size", (json_int_t) size));
	err_clear(err);
	return 0;
}

static int do_post(struct uploader *u, const json_t *v, struct err *err)
{
	auto_close int fd = file_of(text_of(v, "file"), err);
	const char *path = text_of(v, "path"), *type = text_of(v, "type");
	int rc;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFL, 0) < 0)
		return err_sys(err, errno, "read what is to be sent");
	if ((rc = upload_post(u, path ? path : "/", type ? type : "application/octet-stream", fd, err)) == 0)
		say(json_pack("{s:{}}", "ok"));
	return rc;
}

static int do_stream_end(struct uploader *u, const json_t *v, struct err *err)
{
	const char *digest = text_of(v, "digest");
	int rc = digest ? upload_stream_end(u, digest, err) : 0;

	if (!digest)
		upload_stream_cancel(u);
	if (rc == 0)
		say(json_pack("{s:{}}", "ok"));
	return rc;
}

static int do_put(struct uploader *u, const json_t *v, struct err *err)
{
	const char *reference = json_string_value(json_object_get(v, "reference"));
	const char *type = json_string_value(json_object_get(v, "type"));
	auto_close int fd = file_of(json_string_value(json_object_get(v, "file")), err);
	auto_buf struct buf text = BUF_INIT(MANIFEST_MAX);
	char digest[200];
	int rc;

	if (fd < 0)
		return fd;
	if ((rc = io_read_all(fd, &text)) < 0)
		return err_sys(err, -rc, "read the manifest");
	if ((rc = upload_manifest(u, reference ? reference : "", type ? type : "", text.data ? text.data : "",
		     text.len, digest, err)) < 0)
		return rc;
	say(json_pack("{s:{s:s}}", "ok", "digest", digest));
	return 0;
}

/* 1: v was one of these. */
static int serve_push(struct uploader *u, const json_t *v, struct err *err)
{
	static const struct {
		const char *word;
		int (*run)(struct uploader *u, const json_t *v, struct err *err);
	} words[] = { { "have", tell_have }, { "same", tell_same }, { "mount", do_mount },
		{ "upload", do_upload }, { "stream", do_stream }, { "post", do_post },
		{ "streamEnd", do_stream_end }, { "put", do_put } };

	for (size_t i = 0; i < LEN(words); i++) {
		const json_t *part = json_object_get(v, words[i].word);
		int rc = part ? words[i].run(u, part, err) : 0;

		if (part)
			return rc < 0 ? rc : 1;
	}
	return 0;
}

/* Text that travels as a JSON string: what is not UTF-8 becomes '?'. */
static json_t *text_json(struct buf *b)
{
	json_t *v = json_stringn(b->data ? b->data : "", b->len);

	for (size_t i = 0; !v && i < b->len; i++)
		if ((unsigned char) b->data[i] >= 0x80)
			b->data[i] = '?';
	return v ? v : json_stringn(b->data, b->len);
}

static int request(struct session *s, const json_t *v, struct err *err)
{
	auto_buf struct buf body = BUF_INIT((size_t) json_integer_value(json_object_get(v, "max")) + 1);
	struct fetch f = { .path = text_of(v, "path"),
		.keep = -EBADF,
		.method = text_of(v, "method"),
		.accept = text_of(v, "accept"),
		.into = &body,
		.size = body.max - 1 };
	int rc;

	if (!f.path)
		return err_set(err, ERR_INVALID, "a request without a path");
	if ((rc = fetch_one(s, &f, err)) < 0)
		return rc;
	say(json_pack("{s:{s:i,s:s,s:s,s:s,s:o}}", "ok", "status", (int) f.status, "type", f.type, "digest",
		f.named_digest, "link", f.link, "body", text_json(&body)));
	return 0;
}

static int serve(struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct session s = { 0 };
	struct uploader up = { .s = &s };
	json_t *opened = NULL, *v;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, stdin)) > 0) {
		const json_t *part;

		if (!(v = json_loadb(line, (size_t) n, 0, NULL)))
			rc = err_set(err, ERR_INVALID, "a request that is not JSON");
		else if ((part = json_object_get(v, "session")) && !opened) {
			opened = json_incref(v); /* the session's strings live in it */
			rc = take_session(part, &s, &a, err);
		} else if (opened && (part = json_object_get(v, "manifest")))
			rc = get_manifest(&s, part, err);
		else if (opened && (part = json_object_get(v, "blobs")))
			rc = get_blobs(&s, part, err);
		else if (opened && (part = json_object_get(v, "get")))
			rc = get_file(&s, part, err);
		else if (opened && (part = json_object_get(v, "request")))
			rc = request(&s, part, err);
		else if (opened && (rc = serve_push(&up, v, err)) > 0)
			rc = 0;
		else if (rc == 0)
			rc = err_set(err, ERR_INVALID, "an unknown request");
		json_decref(v);
	}
	free(line);
	uploader_done(&up);
	session_done(&s);
	json_decref(opened);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("podctl-transfer " PODCTL_VERSION);
		return 0;
	}
	(void) signal(SIGPIPE, SIG_IGN); /* a reader of a pipe may be gone: EPIPE says it */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void) err_set(&err, ERR_SYSTEM, "libcurl cannot be used");
		return fail(&err);
	}
	return serve(&err) < 0 ? fail(&err) : 0;
}
