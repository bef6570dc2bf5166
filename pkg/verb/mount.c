#include "pkg/verb/mount.h"
#include "pkg/engine/mounts.h"

#include <string.h>

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int load(struct engine *e, const struct target *t, struct pod *p, size_t *ret_i, struct err *err)
{
	int rc = pod_load_settled(e, t->pod, p, err);

	if (rc < 0)
		return rc;
	if ((*ret_i = pod_index(p, t->id)) == p->n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	return 0;
}

/* ---- mount --------------------------------------------------------------------------------------------------------------- */

int verb_mount(struct engine *e, const struct target *t, struct arena *a, const char **ret, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const char *path = NULL;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0 || (rc = pod_mount(e, &p, &p.ctr[i], &path, err)) < 0)
		return rc;
	ctr_event(e, &p, i, "mount");
	return (*ret = arena_strdup(a, path)) ? 0 : err_sys(err, ENOMEM, "mount");
}

int verb_unmount(struct engine *e, const struct target *t, bool *ret_was, bool *ret_running, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0)
		return rc;
	*ret_running = ctr_is_running(&p, i);
	if ((rc = mounts_remove(e, MOUNTS_OF_CONTAINERS, t->id, err)) < 0)
		return rc;
	*ret_was = rc > 0;
	if (*ret_was)
		ctr_event(e, &p, i, "unmount");
	return 0;
}

int verb_refill(struct engine *e, const char *pod, const char *ctr, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc = pod_load(e, pod, false, &p, err);

	if (rc < 0)
		return rc;
	if ((i = pod_index(&p, ctr)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", ctr);
	return pod_vfs_fill(e, &p, &p.ctr[i], err);
}

static int add_mounted(struct engine *e, struct pod *p, const struct container_spec *c, struct arena *a,
	struct mounted *to, size_t *n, struct err *err)
{
	const char *path = NULL;
	int rc = pod_mounted(e, p, c, &path, err);

	if (rc < 0 || !path)
		return rc;
	to[*n] = (struct mounted){
		.id = arena_strdup(a, c->id), .name = arena_strdup(a, c->name), .path = arena_strdup(a, path)
	};
	return to[*n].id && to[*n].name && to[(*n)++].path ? 0 : err_sys(err, ENOMEM, "mount");
}

int verb_mounts(struct engine *e, struct arena *a, struct mounted **ret, size_t *ret_n, struct err *err)
{
	struct pod_set all = { 0 };
	size_t max = 0;
	int rc = pod_set_load(e, &all, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < all.n; i++)
		max += all.v[i].n;
	*ret_n = 0;
	if (!(*ret = arena_array(a, max + 1, sizeof **ret)))
		rc = err_sys(err, ENOMEM, "mount");
	for (size_t i = 0; i < all.n && rc == 0; i++)
		for (size_t k = 0; k < all.v[i].n && rc == 0; k++)
			if (all.v[i].ctr[k].role != ROLE_INFRA)
				rc = add_mounted(e, &all.v[i], &all.v[i].ctr[k], a, *ret, ret_n, err);
	pod_set_done(&all);
	return rc;
}

/* ---- init, cleanup --------------------------------------------------------------------------------------------------------- */

int verb_init(struct engine *e, const struct target *t, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const char *word;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0)
		return rc;
	word = ctr_word(&p, i);
	if (strcmp(word, "created") != 0 && strcmp(word, "exited") != 0)
		return err_set(err, ERR_STATE,
			"container %s is %s: only one that is created or has exited can be initialized",
			t->asked, word);
	if (!p.alive && (rc = pod_start(e, &p, &(struct pod_start_opts){ .only = "" }, NULL, err)) < 0)
		return rc;
	ctr_event(e, &p, i, "init");
	return 0;
}

int verb_free(struct engine *e, const struct target *t, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	size_t i;
	int rc;

	if ((rc = load(e, t, &p, &i, err)) < 0)
		return rc;
	if (ctr_is_running(&p, i))
		return err_set(err, ERR_STATE, "container %s is running: stop it first", t->asked);
	if ((rc = mounts_remove(e, MOUNTS_OF_CONTAINERS, t->id, err)) < 0)
		return rc;
	return p.alive ? 0 : pod_teardown(e, &p, err);
}
