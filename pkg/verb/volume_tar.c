/*
 * volume_tar.c — volume export and import, and a copy from one to another.
 */
#include <fcntl.h>

#include "pkg/archive/copy.h"
#include "pkg/image/commit.h"
#include "pkg/image/scratch.h"
#include "pkg/verb/volumes.h"
#include "pkg/volume/volume.h"

static int volume_open(struct engine *e, const char *name, struct err *err)
{
	auto_arena struct arena a = { 0 };
	struct volume_row v = { 0 };
	const char *path;
	int rc = store_volume_get(e->store, name, &a, &v, err), fd;

	if (rc < 0)
		return rc;
	if (!(path = volume_path(e, v.name, &a)))
		return err_sys(err, ENOMEM, "open volume '%s'", name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "open volume '%s'", name) : fd;
}

int verb_volume_export(struct engine *e, const char *name, int out, struct err *err)
{
	auto_close int dir = volume_open(e, name, err);

	return dir < 0 ? dir : image_export_tree(e, dir, out, err);
}

int verb_volume_import(struct engine *e, const char *name, int in, struct err *err)
{
	static const struct copy_opts as_it_is = { .devices = false };
	auto_scratch struct scratch s = SCRATCH_NONE;
	auto_close int dir = volume_open(e, name, err);
	int rc;

	if (dir < 0)
		return dir;
	if ((rc = scratch_make(e, &s, err)) < 0 || (rc = scratch_unpack(e, &s, in, err)) < 0)
		return rc;
	return copy_tree(s.dir, dir, &as_it_is, err);
}

int verb_volume_copy(struct engine *e, const char *from, const char *to, struct err *err)
{
	static const struct copy_opts as_it_is = { .devices = false };
	auto_close int source = volume_open(e, from, err);
	auto_close int dest = source < 0 ? -EBADF : volume_open(e, to, err);

	return source < 0 ? source : dest < 0 ? dest : copy_tree(source, dest, &as_it_is, err);
}
