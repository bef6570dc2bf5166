#include "pkg/image/docker_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/image/save.h"
#include "pkg/image/transfer.h"
#include "pkg/util/limits.h"

#define SOCKET_DEFAULT "/var/run/docker.sock"
#define FILE_GOT "got"
#define PIPE_OUT "pipe"

static int place_find(const struct registry_options *o, struct place *ret, struct err *err)
{
	const char *socket = SOCKET_DEFAULT;
	struct stat st;

	if (o->docker_host && *o->docker_host) {
		if (strncmp(o->docker_host, "unix://", 7) != 0)
			return err_set(err, ERR_UNSUPPORTED,
				"DOCKER_HOST is '%s': podctl speaks with a docker on this machine only, over "
				"unix://",
				o->docker_host);
		socket = o->docker_host + 7;
	}
	if (stat(socket, &st) < 0 || !S_ISSOCK(st.st_mode))
		return err_set(err, ERR_NOT_FOUND,
			"docker's socket '%s' is not there: does docker run? DOCKER_HOST=unix://PATH names "
			"another",
			socket);
	*ret = (struct place){ .host = "localhost", .repository = "-", .plain = true, .socket = socket };
	return 0;
}

/* What may stand in a path as it is; names of images are nothing else. */
static int name_check(const char *name, struct err *err)
{
	if (!*name ||
		name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_:@-")])
		return err_set(err, ERR_INVALID, "'%s' is not an image name", name);
	return 0;
}

static int begin(struct engine *e, const char *name, const struct registry_options *o, bool push,
	struct image_tmp *tmp, struct arena *a, struct transfer *t, struct err *err)
{
	struct registry_options at = *o;
	struct place place;
	int rc;

	at.anonymous = true;
	at.push = push;
	if ((rc = name_check(name, err)) < 0 || (rc = place_find(o, &place, err)) < 0)
		return rc;
	return transfer_open(e, &place, &at, NULL, tmp, a, t, err);
}

static int answer(struct transfer *t, struct err *err)
{
	json_t *v = NULL;
	int rc;

	do {
		json_decref(v);
		v = NULL;
		rc = transfer_next(t, true, &v, err);
	} while (rc >= 0 && !json_object_get(v, "ok"));
	json_decref(v);
	return rc < 0 ? rc : 0;
}

int docker_daemon_get(struct engine *e, const char *name, const struct registry_options *o,
	struct image_tmp *tmp, struct arena *a, int *ret_fd, struct err *err)
{
	auto_transfer struct transfer t = TRANSFER_INIT;
	const char *path = arena_printf(a, "/images/%s/get", name);
	int rc, fd;

	if (!path)
		return err_sys(err, ENOMEM, "docker-daemon");
	if ((rc = begin(e, name, o, false, tmp, a, &t, err)) < 0 ||
		(rc = transfer_ask(&t,
			 json_pack("{s:{s:s,s:I,s:s}}", "get", "path", path, "max", (json_int_t) UNPACK_MAX,
				 "file", FILE_GOT),
			 err)) < 0 ||
		(rc = answer(&t, err)) < 0)
		return rc;
	if ((fd = openat(tmp->dir, FILE_GOT, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open what docker sent");
	*ret_fd = fd;
	return 0;
}

int docker_daemon_put(struct engine *e, const char *ref, const char *name, const struct registry_options *o,
	image_progress *progress, void *ctx, struct arena *a, struct err *err)
{
	auto_tmp struct image_tmp tmp = IMAGE_TMP_INIT;
	auto_transfer struct transfer t = TRANSFER_INIT;
	auto_close int in = -EBADF;
	struct save_image image = { .ref = ref };
	struct save_request r = { .format = SAVE_DOCKER_ARCHIVE,
		.images = &image,
		.n = 1,
		.progress = progress,
		.ctx = ctx,
		.fd = -EBADF };
	struct err theirs = { 0 };
	const char *full;
	int rc;

	if ((rc = image_name_normalize(name, a, &full, err)) < 0 ||
		(rc = begin(e, name, o, true, &tmp, a, &t, err)) < 0)
		return rc;
	if (strs_add(&image.names, a, full) < 0)
		return err_sys(err, ENOMEM, "docker-daemon");
	if (mkfifoat(tmp.dir, PIPE_OUT, 0600) < 0 ||
		(in = openat(tmp.dir, PIPE_OUT, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0 ||
		(r.fd = openat(tmp.dir, PIPE_OUT, O_WRONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "make a pipe for what is sent");
	rc = transfer_ask(&t,
		json_pack("{s:{s:s,s:s,s:s}}", "post", "path", "/images/load?quiet=1", "type",
			"application/x-tar", "file", PIPE_OUT),
		err);
	if (rc == 0)
		rc = image_save(e, &r, a, NULL, err);
	fd_close_p(&r.fd);
	if (rc < 0)
		return rc;
	if ((rc = answer(&t, &theirs)) < 0)
		*err = theirs;
	return rc;
}
