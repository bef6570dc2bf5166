/*
 * update.c — podctl update: what was asked replaces the limit of that kind, the others stay.
 */
#include <string.h>

#include "pkg/verb/create.h"

static bool has_text(const char *s) { return s && *s; }

/* One device has one limit of a kind. */
static int merge_io(struct list *to, const struct list *from, struct arena *a)
{
	struct io_limit_spec *v = arena_array(a, to->n + from->n + 1, sizeof *v);
	size_t n = to->n;

	if (!v)
		return -ENOMEM;
	if (to->n)
		memcpy(v, to->v, to->n * sizeof *v);
	for (size_t i = 0; i < from->n; i++) {
		const struct io_limit_spec *l = LIST_AT(*from, struct io_limit_spec, i);
		size_t k = 0;

		while (k < n && (v[k].kind != l->kind || strcmp(v[k].path, l->path) != 0))
			k++;
		v[k] = *l;
		n += k == n;
	}
	*to = (struct list){ .v = v, .n = n };
	return 0;
}

int resources_merge(struct resources_spec *to, const struct resources_spec *from, struct arena *a)
{
	if (from->memory)
		to->memory = from->memory;
	if (from->memory_swap)
		to->memory_swap = from->memory_swap;
	if (from->memory_reservation)
		to->memory_reservation = from->memory_reservation;
	if (from->cpu_shares)
		to->cpu_shares = from->cpu_shares;
	if (from->cpu_quota)
		to->cpu_quota = from->cpu_quota;
	if (from->cpu_period)
		to->cpu_period = from->cpu_period;
	if (from->cpu_rt_period)
		to->cpu_rt_period = from->cpu_rt_period;
	if (from->cpu_rt_runtime)
		to->cpu_rt_runtime = from->cpu_rt_runtime;
	if (has_text(from->cpuset_cpus))
		to->cpuset_cpus = from->cpuset_cpus;
	if (has_text(from->cpuset_mems))
		to->cpuset_mems = from->cpuset_mems;
	if (from->pids.set)
		to->pids = from->pids;
	if (from->swappiness.set)
		to->swappiness = from->swappiness;
	if (from->blkio_weight)
		to->blkio_weight = from->blkio_weight;
	return merge_io(&to->io, &from->io, a);
}

int verb_update(struct engine *e, const struct target *t, const struct create_request *r, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct container_spec asked = { 0 };
	struct resources_spec all;
	size_t i;
	int rc;

	if ((rc = pod_load_settled(e, t->pod, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND,
			"no container with name or ID \"%s\" found: no such container", t->asked);
	if ((rc = create_limits(r, &asked, &p.arena, err)) < 0)
		return rc;
	all = p.ctr[i].resources;
	if (resources_merge(&all, &asked.resources, &p.arena) < 0)
		return err_sys(err, ENOMEM, "update");
	return pod_update(
		e, &p, i, &all, &asked.resources, ctr_is_running(&p, i) ? UPDATE_NOW : UPDATE_ROW, err);
}
