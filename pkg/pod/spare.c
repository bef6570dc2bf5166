/*
 * spare.c — the data directory of the next pod.
 *
 * Some twenty directories and files on a disk are a large part of what a start waits for: the file system looks for a place for
 * each.  Whoever removes a pod makes those of the next one, as pods/.spare; a new pod takes it by rename.  What is missing in it
 * is made as ever, so that nothing depends on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

#define SPARE "pods/.spare"
#define MAKING "pods/.making"
#define SPARE_CTR "containers/.spare%zu"
#define SPARES_MAX 8 /* containers; a pod of more makes the rest itself */

int spare_take(struct engine *e, const char *pod)
{
	char path[PATH_TEXT];

	return renameat2(e->root_fd, SPARE, e->root_fd, path_pod(path, pod), RENAME_NOREPLACE) < 0 ? -errno
												   : 0;
}

int spare_take_container(const struct pod *p, size_t n, const char *ctr)
{
	char path[PATH_TEXT], spare[32];

	snprintf(spare, sizeof spare, SPARE_CTR, n);
	snprintf(path, sizeof path, "containers/%s", ctr);
	return renameat2(p->data_fd, spare, p->data_fd, path, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static int make_container(int pod, size_t n, bool kube)
{
	static const char *const names[] = { "", "/upper", "/work" };
	char path[48];

	for (size_t i = 0; i < LEN(names); i++) {
		snprintf(path, sizeof path, SPARE_CTR "%s", n, names[i]);
		if (mkdirat(pod, path, 0711) < 0)
			return -errno;
	}
	snprintf(path, sizeof path, SPARE_CTR "/" PATH_MESSAGE, n);
	return kube ? file_put(pod, path, "", 0, 0666) : 0;
}

/* The next pod is likely to be much like the last one. */
static int make_pod(int pod, const struct pod *like)
{
	static const char *const names[] = { "logs", "containers" };
	auto_close int volumes = -EBADF;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < LEN(names); i++)
		if (mkdirat(pod, names[i], 0711) < 0)
			return -errno;
	for (size_t i = 0; rc == 0 && i < like->n && n < SPARES_MAX; i++)
		if (like->ctr[i].role != ROLE_INFRA)
			rc = make_container(pod, n++, like->spec.kube);
	for (size_t i = 0; rc == 0 && volumes < 0 && i < like->spec.volumes.n; i++)
		if (LIST_AT(like->spec.volumes, const struct volume_spec, i)->type == VOLUME_EMPTY_DIR &&
			(volumes = dir_make(pod, "volumes/empty-dir", 0777)) < 0)
			rc = volumes;
	return rc;
}

void spare_make(struct engine *e, const struct pod *like)
{
	auto_close int lock = -EBADF;
	auto_close int pods = -EBADF;
	auto_close int making = -EBADF;

	if (faccessat(e->root_fd, SPARE, F_OK, 0) == 0)
		return;
	lock = path_open(e->runroot_fd, "spare.lock", PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	if (lock < 0 || lock_file(lock, true, false) < 0)
		return; /* somebody else is at it */
	pods = path_open(e->root_fd, "pods", PATH_IN_STATE, O_PATH | O_DIRECTORY, 0);
	if (pods < 0 || dir_remove(pods, ".making") < 0) /* of one that was killed */
		return;
	if (mkdirat(e->root_fd, MAKING, 0711) < 0 ||
		(making = path_open(e->root_fd, MAKING, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return;
	if (make_pod(making, like) < 0 ||
		renameat2(e->root_fd, MAKING, e->root_fd, SPARE, RENAME_NOREPLACE) < 0)
		(void) dir_remove(pods, ".making");
}
