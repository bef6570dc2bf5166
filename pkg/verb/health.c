/*
 * health.c — `podctl healthcheck run`: the monitor asks at once, and says what came of it.
 */
#include "pkg/verb/containers.h"

#include <string.h>

#include "pkg/monitor/proto.h"

#define auto_loaded AUTO(pod_done)

int verb_healthcheck(
	struct engine *e, const struct target *t, struct health_result *ret, struct arena *a, struct err *err)
{
	auto_loaded struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_close int sock = -EBADF;
	const struct container_spec *c;
	json_t *answer = NULL;
	size_t i;
	int rc;

	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	c = &p.ctr[i];
	if (!c->care || !c->care->health)
		return err_set(err, ERR_STATE, "container %.12s has no defined healthcheck", t->id);
	if (!ctr_is_running(&p, i))
		return err_set(err, ERR_STATE, "container %.12s is not running", t->id);
	if ((rc = pod_connect(e, &p, &sock, err)) < 0 ||
		(rc = monitor_call(
			 sock, json_pack("{s:s, s:s}", "op", "HEALTH", "ctr", t->id), &answer, err)) < 0)
		return rc;
	ret->healthy = json_is_true(json_object_get(answer, "healthy"));
	ret->status = arena_strdup(a, json_string_value(json_object_get(answer, "status")));
	json_decref(answer);
	return ret->status ? 0 : err_sys(err, ENOMEM, "run health check");
}
