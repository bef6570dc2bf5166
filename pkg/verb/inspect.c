/*
 * inspect.c — inspect of a container.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"

int verb_inspect_container(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_arena struct arena a = { 0 };
	const char *id = NULL, *pod = NULL;
	int rc;

	if ((rc = store_find(e->store, name, STORE_CONTAINER, &a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, pod, false, &p, err)) < 0)
		return rc;
	if ((rc = pod_late_fill(e, &p, NULL, err)) < 0)
		return rc;
	return pod_inspect_container(e, &p, id, ret, err);
}

int verb_monitor(struct engine *e, const char *pod, int64_t *ret, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc = pod_load(e, pod, false, &p, err);

	if (rc == 0)
		*ret = p.alive ? p.status.monitor : 0;
	return rc;
}
