#include "pkg/image/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "pkg/image/layers.h"

int scratch_make(struct engine *e, struct scratch *s, struct err *err)
{
	int rc;

	if (!(s->tmp = calloc(1, sizeof *s->tmp)))
		return err_sys(err, ENOMEM, "make a temporary directory");
	*s->tmp = (struct image_tmp) IMAGE_TMP_INIT;
	if ((rc = image_tmp_make(e, s->tmp, err)) < 0)
		return rc;
	if (mkdirat(s->tmp->dir, "files", 0755) < 0)
		return err_sys(err, errno, "make layers/%s/files", s->tmp->name);
	s->dir = openat(s->tmp->dir, "files", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir < 0)
		return err_sys(err, errno, "open layers/%s/files", s->tmp->name);
	if (asprintf(&s->path, "%s/layers/%s/files", e->root, s->tmp->name) < 0) {
		s->path = NULL;
		return err_sys(err, ENOMEM, "make a temporary directory");
	}
	return 0;
}

int scratch_unpack(struct engine *e, struct scratch *s, int in, struct err *err)
{
	int rc = tree_unpack(e, in, s->dir, s->tmp->lock, err);

	return rc < 0 ? err_wrap(err, "unpack the archive") : 0;
}

void scratch_done(struct scratch *s)
{
	fd_close_p(&s->dir);
	if (s->tmp)
		image_tmp_remove(s->tmp);
	free(s->tmp);
	free(s->path);
	s->tmp = NULL;
	s->path = NULL;
}
