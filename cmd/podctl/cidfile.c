#include "cmd/podctl/cidfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/environment.h"
#include "pkg/util/io.h"

int cidfile_open(struct cidfile *f, const char *path, struct err *err)
{
	*f = (struct cidfile){ .fd = -EBADF };
	if (!path)
		return 0;
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (f->fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS,
			"--cidfile: '%s' exists already; remove it when no container of it runs", path);
	if (f->fd < 0)
		return err_sys(err, errno, "--cidfile: make '%s'", path);
	f->path = path;
	return 0;
}

int cidfile_write(struct cidfile *f, const char *id, struct err *err)
{
	int rc;

	if (!f->path)
		return 0;
	if ((rc = io_write_all(f->fd, id, strlen(id))) < 0)
		return err_sys(err, -rc, "--cidfile: write '%s'", f->path);
	f->written = true;
	return 0;
}

void cidfile_done(struct cidfile *f)
{
	if (f->path && !f->written)
		(void) unlink(f->path);
	fd_close_p(&f->fd);
}

int create_prepare(struct cli *c, struct create_request *r, struct err *err)
{
	int rc;

	r->image = c->args.v[0];
	for (size_t i = 1; i < c->args.n; i++)
		if (strs_add(&r->command, &c->arena, c->args.v[i]) < 0)
			return err_sys(err, ENOMEM, "read the command line");
	r->selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	if ((rc = cwd_get(c, &r->cwd, err)) < 0)
		return rc;
	return argv_keep(c, &r->argv, err);
}
