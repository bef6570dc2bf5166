/*
 * spare.c — the data directory of the next pod.
 *
 * Six directories on a disk are a large part of what a start waits for: the file system looks for a place for each.  The
 * cleaner of a pod makes those of the next one when nobody waits for it, as pods/.spare; a new pod takes it by rename.  What
 * is missing in it is made as ever, so that nothing depends on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

#define SPARE "pods/.spare"
#define MAKING "pods/.making"
#define SPARE_CTR "containers/.spare"

int spare_take(struct engine *e, const char *pod)
{
	char path[PATH_TEXT];

	return renameat2(e->root_fd, SPARE, e->root_fd, path_pod(path, pod), RENAME_NOREPLACE) < 0 ? -errno
												   : 0;
}

int spare_take_container(const struct pod *p, const char *ctr)
{
	char path[PATH_TEXT];

	snprintf(path, sizeof path, "containers/%s", ctr);
	return renameat2(p->data_fd, SPARE_CTR, p->data_fd, path, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

void spare_make(struct engine *e)
{
	static const char *const names[] = { MAKING, MAKING "/logs", MAKING "/containers",
		MAKING "/" SPARE_CTR, MAKING "/" SPARE_CTR "/upper", MAKING "/" SPARE_CTR "/work" };
	auto_close int lock = -EBADF;
	auto_close int pods = -EBADF;
	int rc;

	if (faccessat(e->root_fd, SPARE, F_OK, 0) == 0)
		return;
	lock = path_open(e->runroot_fd, "spare.lock", PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	if (lock < 0 || lock_file(lock, true, false) < 0)
		return; /* another cleaner is at it */
	pods = path_open(e->root_fd, "pods", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	if (pods < 0 || dir_remove(pods, ".making") < 0) /* of one that was killed */
		return;
	for (size_t i = 0; i < LEN(names); i++)
		if (mkdirat(e->root_fd, names[i], 0711) < 0)
			return;
	rc = renameat2(e->root_fd, MAKING, e->root_fd, SPARE, RENAME_NOREPLACE);
	if (rc < 0)
		(void) dir_remove(pods, ".making");
}
