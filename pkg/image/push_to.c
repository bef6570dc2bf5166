/* Where a push goes: registries, archives, directories, our own store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/image/docker_daemon.h"
#include "pkg/image/name.h"
#include "pkg/image/push.h"
#include "pkg/image/save.h"
#include "pkg/util/limits.h"

#define RETRY_DEFAULT 3

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "push"); }

static void pause_s(unsigned s)
{
	struct timespec t = { .tv_sec = (time_t) s };

	(void) nanosleep(&t, NULL); /* a signal ends it: then the push is to end */
}

static int registry_once(struct engine *e, const struct image_row *row, const char *full, const char *tag,
	const struct push_options *o, struct arena *a, const char **ret_digest, struct err *err)
{
	struct pusher *p = NULL;
	const char *type;
	uint64_t size;
	int rc;

	if ((rc = pusher_open(e, full, o, a, &p, err)) < 0)
		return rc;
	rc = pusher_image(p, row, tag, ret_digest, &size, &type, err);
	pusher_close(p);
	return rc;
}

static int to_registry(struct engine *e, const struct image_row *row, const char *name,
	const struct push_options *o, struct arena *a, const char **ret_digest, struct err *err)
{
	int64_t tries = o->retry < 0 ? RETRY_DEFAULT : o->retry;
	struct image_name n;
	const char *full;
	int rc;

	if ((rc = image_name_normalize(name, a, &full, err)) < 0 ||
		(rc = image_name_parse(full, a, &n, err)) < 0)
		return rc;
	if (n.digest)
		return err_set(
			err, ERR_INVALID, "push to '%s': a registry gives the digest, name a tag", name);
	if (strcmp(n.host, "localhost") == 0)
		return err_set(err, ERR_INVALID,
			"'%s': 'localhost/' is no registry to push to; give a destination such as "
			"docker://registry.example.com/%s",
			name, n.path);
	for (int64_t k = 0;; k++) {
		rc = registry_once(e, row, full, n.tag, o, a, ret_digest, err);
		/* what could be tried again at once has been, below; this is for a registry that comes back */
		if (rc == 0 || err->kind != ERR_REMOTE || k >= tries || (o->at.at.stop && *o->at.at.stop) ||
			o->at.at.hurry)
			break;
		if (strstr(err->msg, "certificate") || strstr(err->msg, "TLS"))
			break;
		err_clear(err);
		pause_s(o->at.at.retry_delay_s.set ? (unsigned) o->at.at.retry_delay_s.v
						   : 1U << (k < 5 ? k : 5));
	}
	return rc < 0 ? err_wrap(err, "push to '%s'", full) : 0;
}

/* "PATH[:NAME]" */
static int path_split(
	const char *text, struct arena *a, const char **ret_path, const char **ret_name, struct err *err)
{
	const char *colon = strchr(text, ':');

	*ret_path = arena_strndup(a, text, colon ? (size_t) (colon - text) : strlen(text));
	*ret_name = colon && colon[1] ? colon + 1 : NULL;
	if (!*ret_path)
		return no_memory(err);
	return **ret_path ? 0 : err_set(err, ERR_INVALID, "'%s': no path is named", text);
}

static int to_file(struct engine *e, const char *ref, const struct image_row *row, enum save_format format,
	const char *text, const struct push_options *o, struct arena *a, const char **ret_digest,
	struct err *err)
{
	bool archive = format == SAVE_DOCKER_ARCHIVE || format == SAVE_OCI_ARCHIVE;
	struct save_image image = { .ref = ref };
	struct save_request r = { .format = format,
		.images = &image,
		.n = 1,
		.compress = o->compress || (format == SAVE_DOCKER_DIR && o->compression),
		.compression = o->compression,
		.level = o->level,
		.manifest = o->format,
		.progress = o->at.watch.line,
		.ctx = o->at.watch.ctx,
		.fd = -EBADF };
	const char *name;
	struct stat st;
	int rc;

	(void) row;
	if ((rc = path_split(text, a, &r.path, &name, err)) < 0)
		return rc;
	if (format == SAVE_DOCKER_ARCHIVE && name && (rc = image_name_normalize(name, a, &name, err)) < 0)
		return rc;
	if (name && strs_add(&image.names, a, name) < 0)
		return no_memory(err);
	if (!archive)
		return image_save(e, &r, a, ret_digest, err);
	if (format == SAVE_DOCKER_ARCHIVE && stat(r.path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size)
		return err_set(err, ERR_EXISTS,
			"'%s' exists: docker-archive doesn't support modifying existing images", r.path);
	r.fd = open(r.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	if (r.fd < 0)
		return err_sys(err, errno, "open '%s'", r.path);
	rc = image_save(e, &r, a, ret_digest, err);
	if (rc < 0 && fstat(r.fd, &st) == 0 && S_ISREG(st.st_mode))
		(void) unlink(r.path);
	fd_close_p(&r.fd);
	return rc;
}

int image_push(struct engine *e, const char *ref, const char *to, const struct push_options *o,
	struct arena *a, const char **ret_digest, struct err *err)
{
	static const struct {
		const char *prefix;
		enum save_format format;
	} files[] = { { "oci:", SAVE_OCI_DIR }, { "oci-archive:", SAVE_OCI_ARCHIVE },
		{ "docker-archive:", SAVE_DOCKER_ARCHIVE }, { "dir:", SAVE_DOCKER_DIR } };
	struct image_row row = { 0 };
	int rc = image_resolve(e, ref, a, &row, err);

	if (rc < 0)
		return rc;
	*ret_digest = row.digest;
	if (!to) {
		to = image_name_meant(&row, ref, a);
		if (!to && row.names.n == 1)
			to = row.names.v[0];
		if (!to)
			return err_set(err, ERR_INVALID,
				"image '%s' has no name that says where to push it: give a "
				"destination",
				ref);
	}
	if (!row.layers.n)
		return err_set(err, ERR_INVALID, "'%s' is a manifest list: podctl manifest push it", ref);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strncmp(to, files[i].prefix, strlen(files[i].prefix)) == 0)
			return to_file(e, ref, &row, files[i].format, to + strlen(files[i].prefix), o, a,
				ret_digest, err);
	if (strncmp(to, "containers-storage:", 19) == 0)
		return image_tag(e, ref, to + 19, err); /* our store is where it is: it gets the name */
	if (strncmp(to, "docker-daemon:", 14) == 0)
		return (rc = docker_daemon_put(
				e, ref, to + 14, &o->at.at, o->at.watch.line, o->at.watch.ctx, a, err)) < 0
			       ? err_wrap(err, "push to '%s'", to)
			       : 0;
	if (strncmp(to, "docker://", 9) == 0)
		to += 9;
	else if (strstr(to, "://"))
		return err_set(err, ERR_INVALID, "'%s': an unknown transport", to);
	return to_registry(e, &row, to, o, a, ret_digest, err);
}
