#include "cmd/podctl/cidfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/environment.h"
#include "cmd/podctl/pull.h"
#include "pkg/util/io.h"

int cidfile_open(struct cidfile *f, const char *flag, const char *path, struct err *err)
{
	*f = (struct cidfile){ .flag = flag, .fd = -EBADF };
	if (!path)
		return 0;
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (f->fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "%s: '%s' exists already; remove it when nothing of it runs",
			flag, path);
	if (f->fd < 0)
		return err_sys(err, errno, "%s: make '%s'", flag, path);
	f->path = path;
	return 0;
}

int cidfile_write(struct cidfile *f, const char *id, struct err *err)
{
	int rc;

	if (!f->path)
		return 0;
	if ((rc = io_write_all(f->fd, id, strlen(id))) < 0)
		return err_sys(err, -rc, "%s: write '%s'", f->flag, f->path);
	f->written = true;
	return 0;
}

void cidfile_done(struct cidfile *f)
{
	if (f->path && !f->written)
		(void) unlink(f->path);
	fd_close_p(&f->fd);
}

int idfile_read(struct cli *c, const char *path, const char **ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(4096);
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);

	if (rc < 0)
		return err_sys(err, -rc, "read the id in '%s'", path);
	if (!b.data || !strcspn(b.data, "\n"))
		return err_set(err, ERR_INVALID, "'%s' has no id in it", path);
	*ret = arena_strndup(&c->arena, b.data, strcspn(b.data, "\n"));
	return *ret ? 0 : err_sys(err, ENOMEM, "read the id in '%s'", path);
}

int opt_idfile(struct cli *c, void *request, const char *value, struct err *err)
{
	const char *id;
	int rc = idfile_read(c, value, &id, err);

	(void) request;
	if (rc < 0)
		return rc;
	return strs_add(&c->args, &c->arena, id) < 0 ? err_sys(err, ENOMEM, "read the command line") : 0;
}

/* --http-proxy: what the image and the user do not set. */
static int pass_proxies(struct cli *c, struct create_request *r, struct err *err)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
		"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY" };

	for (size_t i = 0; i < sizeof names / sizeof *names && !r->no_http_proxy; i++) {
		const char *value = getenv(names[i]);

		if (value && !kvs_get(&r->env_defaults, names[i]) &&
			kvs_set(&r->env_defaults, &c->arena, names[i], value) < 0)
			return err_sys(err, ENOMEM, "read the environment");
	}
	return 0;
}

int create_surroundings(struct cli *c, struct create_request *r, struct err *err)
{
	r->selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	return cwd_get(c, &r->cwd, err);
}

int create_prepare(struct cli *c, struct create_request *r, struct err *err)
{
	int rc;

	r->image = c->args.v[0];
	for (size_t i = 1; i < c->args.n; i++)
		if (strs_add(&r->command, &c->arena, c->args.v[i]) < 0)
			return err_sys(err, ENOMEM, "read the command line");
	if ((rc = create_surroundings(c, r, err)) < 0 || (rc = pass_proxies(c, r, err)) < 0 ||
		(rc = pull_prepare(c, &r->images, false, err)) < 0)
		return rc;
	return argv_keep(c, &r->argv, err);
}
