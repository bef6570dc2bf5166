/*
 * The files of --secret: in memory, written anew for each start, one directory per container so that it goes with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define SECRETS "secrets"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "secrets"); }

static int write_secret(int dir, const char *name, const struct secret_spec *x, struct err *err)
{
	auto_close int fd = -EBADF;
	auto_free char *data = NULL;
	size_t n = 0;
	int rc;

	if (!(data = base64_decode(x->data ? x->data : "", &n)))
		return err_set(err, ERR_CORRUPT, "what is recorded of it is not base64");
	if ((fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0 ||
		(rc = io_write_all(fd, data, n)) < 0)
		return err_sys(err, fd < 0 ? errno : -rc, "write its file");
	if (((x->uid || x->gid) && fchown(fd, x->uid, x->gid) < 0) || fchmod(fd, x->mode & 07777) < 0)
		return err_sys(err, errno, "give its file to user %u, group %u", x->uid, x->gid);
	return 0;
}

static int secrets_dir(struct start *s, const struct container_spec *c, int *ret, struct err *err)
{
	auto_close int all = -EBADF;
	char path[PATH_TEXT];
	int rc;

	snprintf(path, sizeof path, PATH_MEMORY "/%s/" SECRETS, s->p->row.id);
	if ((all = dir_make(s->e->runroot_fd, path, 0711)) < 0)
		return err_sys(err, -all, "make directory");
	if ((rc = dir_remove(all, c->id)) < 0)
		return err_sys(err, -rc, "empty directory");
	*ret = dir_make(all, c->id, 0711);
	return *ret < 0 ? err_sys(err, -*ret, "make directory") : 0;
}

int pod_secrets(
	struct start *s, const struct container_spec *c, struct oci_bind *b, size_t *n, struct err *err)
{
	auto_close int dir = -EBADF;
	int rc;

	for (size_t i = 0; i < c->secrets.n; i++) {
		const struct secret_spec *x = LIST_AT(c->secrets, struct secret_spec, i);
		char name[24];

		if (x->env)
			continue;
		snprintf(name, sizeof name, "%zu", i);
		if ((dir < 0 && (rc = secrets_dir(s, c, &dir, err)) < 0) ||
			(rc = write_secret(dir, name, x, err)) < 0)
			return err_wrap(err, "secret '%s'", x->name);
		b[*n] = (struct oci_bind){ .dest = x->target };
		b[*n].source = arena_printf(&s->p->arena, "%s/" PATH_MEMORY "/%s/" SECRETS "/%s/%s",
			s->e->runroot, s->p->row.id, c->id, name);
		if (!b[(*n)++].source)
			return no_memory(err);
	}
	return 0;
}

void pod_secrets_remove(struct engine *e, const struct pod *p, const char *ctr)
{
	char path[PATH_TEXT];
	auto_close int all = -EBADF;

	snprintf(path, sizeof path, PATH_MEMORY "/%s/" SECRETS, p->row.id);
	if ((all = path_open(e->runroot_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) >= 0)
		(void) dir_remove(all, ctr);
}
