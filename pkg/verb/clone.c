#include "pkg/verb/clone.h"

#include <string.h>

#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/verb/pods.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "clone"); }

/* The first of NAME-clone, NAME-clone1, ... that nobody has. */
static int free_name(struct engine *e, const char *old, struct arena *a, char **ret, struct err *err)
{
	for (unsigned i = 0; i < 10000; i++) {
		struct err none = { 0 };
		char *name = i ? arena_printf(a, "%s-clone%u", old, i) : arena_printf(a, "%s-clone", old);

		if (!name)
			return no_memory(err);
		if (store_find(e->store, name, STORE_ANY, a, NULL, NULL, &none) < 0 &&
			none.kind == ERR_NOT_FOUND) {
			*ret = name;
			return 0;
		}
	}
	return err_set(
		err, ERR_EXISTS, "clone: all names from %s-clone on are taken; give one with --name", old);
}

/* Volumes without a name belong to one container: the new one gets its own. */
static int new_volumes(struct container_spec *c, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		char id[ID_LEN + 1];

		if (m->type != MOUNT_NAMED || !m->anonymous)
			continue;
		id_random(id);
		if (!(m->source = arena_strdup(a, id)))
			return no_memory(err);
	}
	return 0;
}

/* c is a copy of the old one's spec in p's arena: what belongs to that one alone is taken out. */
static int renew(struct container_spec *c, struct arena *a, struct err *err)
{
	char id[ID_LEN + 1], *old = c->id;
	int rc;

	id_random(id);
	if (!(c->id = arena_strdup(a, id)))
		return no_memory(err);
	/* a host name that was made of the id is made anew */
	if (c->hostname && strlen(c->hostname) == 12 && !strncmp(c->hostname, old, 12))
		c->hostname = NULL;
	c->cidfile = c->pidfile = c->monitor_pidfile = NULL;
	if ((rc = new_volumes(c, a, err)) < 0)
		return rc;
	for (size_t i = 0; i < c->env.n; i++)
		if (!strncmp(c->env.v[i], "container_uuid=", 15) &&
			!(c->env.v[i] = arena_printf(a, "container_uuid=%.32s", id)))
			return no_memory(err);
	return 0;
}

static int limits(const struct clone_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	struct container_spec asked = { 0 };
	int rc;

	if (!r->limits)
		return 0;
	if ((rc = create_limits(r->limits, &asked, a, err)) < 0)
		return rc;
	return resources_merge(&c->resources, &asked.resources, a) < 0 ? no_memory(err) : 0;
}

static int check_name(const char *name, struct err *err)
{
	return !name || name_is_valid(name)
		       ? 0
		       : err_set(err, ERR_INVALID,
				 "clone: name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
}

/* A pod of one like the old one's; a member's clone stands alone. */
static void solo_spec(
	const struct engine *e, const struct pod *old, struct container_spec *c, struct pod_spec *p)
{
	*p = (struct pod_spec){ .net = e->rootless ? NET_NONE : NET_BRIDGE };
	if (old->row.solo)
		*p = old->spec;
	p->id = c->id;
	p->name = c->name;
	p->hostname = c->hostname;
	p->solo = p->no_infra = true;
	p->created_us = time_now_us();
	p->exit_policy = (char *) "stop";
}

static int make_container(struct engine *e, struct pod *old, struct container_spec *c,
	const struct clone_request *r, struct arena *a, struct err *err)
{
	auto_loaded struct pod made = POD_NONE;
	const char *id = NULL, *pod = NULL;
	struct pod_spec spec;
	int rc;

	if (!r->pod) {
		solo_spec(e, old, c, &spec);
		c->pod = c->id;
		if (!old->row.solo)
			c->ipc.mode = c->uts.mode = c->pid.mode = NS_PRIVATE;
		return pod_create(e, &spec, c, 1, NULL, NULL, &made, err);
	}
	if ((rc = store_find(e->store, r->pod, STORE_POD, a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, id, true, &made, err)) < 0)
		return rc;
	c->pod = made.row.id ? arena_strdup(a, made.row.id) : NULL;
	c->ipc.mode = c->uts.mode = NS_POD;
	c->pid.mode = made.spec.share_pid ? NS_POD : NS_PRIVATE;
	return pod_add_container(e, &made, c, err);
}

int verb_container_clone(struct engine *e, const struct target *t, const struct clone_request *r,
	struct arena *a, const char **ret_id, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct remove_request how = { .force = r->force };
	struct target new;
	size_t i;
	int rc;

	if ((rc = check_name(r->name, err)) < 0 || (rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND,
			"no container with name or ID \"%s\" found: no such container", t->asked);
	if (p.ctr[i].role != ROLE_MEMBER)
		return err_set(err, ERR_INVALID, "%s belongs to pod %s; podctl pod clone %s", t->asked,
			p.row.name, p.row.name);
	if (p.spec.kube)
		return err_set(err, ERR_UNSUPPORTED, "%s was played from a manifest; podctl pod clone %s",
			t->asked, p.row.name);
	if (r->destroy && !r->force && ctr_is_running(&p, i))
		return err_set(err, ERR_STATE, "clone --destroy: container %s is running; give --force too",
			t->asked);
	struct container_spec c = p.ctr[i];

	if ((rc = renew(&c, &p.arena, err)) < 0 || (rc = limits(r, &c, &p.arena, err)) < 0)
		return rc;
	if (r->name ? !(c.name = arena_strdup(&p.arena, r->name))
		    : (rc = free_name(e, p.ctr[i].name, &p.arena, &c.name, err)) < 0)
		return r->name ? no_memory(err) : rc;
	c.short_name = c.name;
	c.create_argv = r->argv;
	if ((rc = make_container(e, &p, &c, r, a, err)) < 0)
		return rc;
	if (!(*ret_id = arena_strdup(a, c.id)))
		return no_memory(err);
	if (r->destroy && (rc = verb_remove(e, t, &how, err)) < 0)
		return err_wrap(err, "remove the old one");
	/* the pod's own strings went with it */
	new = (struct target){ .asked = *ret_id, .id = *ret_id, .pod = *ret_id };
	if (r->start) {
		auto_close int sock = -EBADF;
		bool tty;

		if ((rc = store_find(e->store, *ret_id, STORE_CONTAINER, a, &new.id, &new.pod, err)) < 0)
			return rc;

		return verb_start(e, &new, NULL, &sock, &tty, err);
	}
	return 0;
}

/* ---- pods ------------------------------------------------------------------------------------------------------------ */

/* POD-CTR stays so with the new pod's name; any other name gets -clone. */
static int member_name(
	struct engine *e, const struct pod *old, const char *pod, struct container_spec *c, struct err *err)
{
	struct arena *a = (struct arena *) (uintptr_t) &old->arena;
	size_t n = strlen(old->row.name);
	char *name = NULL;
	int rc;

	if (!strncmp(c->name, old->row.name, n) && c->name[n] == '-' &&
		!strcmp(c->name + n + 1, c->short_name)) {
		if (!(c->name = arena_printf(a, "%s-%s", pod, c->short_name)))
			return no_memory(err);
		return 0;
	}
	if ((rc = free_name(e, c->name, a, &name, err)) < 0)
		return rc;
	c->name = name;
	return 0;
}

static int clone_members(struct engine *e, struct pod *p, const char *pod, struct container_spec **ret,
	size_t *ret_n, struct err *err)
{
	struct container_spec *v = arena_array(&p->arena, p->n + 1, sizeof *v);
	size_t n = 0;
	int rc;

	if (!v)
		return no_memory(err);
	for (size_t i = 0; i < p->n; i++) {
		if (p->ctr[i].role == ROLE_INFRA)
			continue;
		v[n] = p->ctr[i];
		if ((rc = renew(&v[n], &p->arena, err)) < 0 || (rc = member_name(e, p, pod, &v[n], err)) < 0)
			return rc;
		n++;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

/* What was asked beside the old pod's own: for the pod, and for the members that are there. */
static int pod_changes(struct engine *e, const struct create_request *r, struct pod_spec *p,
	struct container_spec *c, size_t n, struct arena *a, struct err *err)
{
	const struct container_spec *old = p->member;
	struct resources_spec all = p->resources;
	int rc = create_pod_template(e, r, p, a, err);

	if (rc < 0)
		return rc;
	if (resources_merge(&all, &p->resources, a) < 0)
		return no_memory(err);
	p->resources = all;
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = create_add_template(p->member, &c[i], a, err);
		if (p->member->uts.mode == NS_HOST)
			c[i].uts.mode = NS_HOST;
	}
	if (rc == 0 && old) {
		rc = create_add_template(old, p->member, a, err);
		p->member->shm_size = p->member->shm_size ? p->member->shm_size : old->shm_size;
		if (old->uts.mode == NS_HOST)
			p->member->uts.mode = NS_HOST;
	}
	for (size_t i = 0; i < r->labels.n && rc == 0; i++)
		if (kvs_set(&p->labels, a, r->labels.v[i].key, r->labels.v[i].value) < 0)
			rc = no_memory(err);
	for (size_t i = 0; i < r->sysctls.n && rc == 0; i++)
		if (kvs_set(&p->sysctls, a, r->sysctls.v[i].key, r->sysctls.v[i].value) < 0)
			rc = no_memory(err);
	if (rc == 0 && r->hostname && !(p->hostname = arena_strdup(a, r->hostname)))
		rc = no_memory(err);
	return rc;
}

int verb_pod_clone(struct engine *e, const struct target *t, const struct clone_request *r, struct arena *a,
	const char **ret_id, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct container_spec *c = NULL;
	struct pod_spec spec;
	struct target new;
	char id[ID_LEN + 1];
	size_t n = 0;
	int rc;

	if ((rc = check_name(r->name, err)) < 0 || (rc = pod_load(e, t->id, false, &p, err)) < 0)
		return rc;
	spec = p.spec;
	id_random(id);
	if (!(spec.id = arena_strdup(&p.arena, id)))
		return no_memory(err);
	if (r->name ? !(spec.name = arena_strdup(&p.arena, r->name))
		    : (rc = free_name(e, p.row.name, &p.arena, &spec.name, err)) < 0)
		return r->name ? no_memory(err) : rc;
	if (spec.hostname && !strcmp(spec.hostname, p.row.name))
		spec.hostname = spec.name;
	spec.created_us = time_now_us();
	spec.create_argv = r->argv;
	spec.infra_name = NULL; /* the old one has that name */
	if ((rc = clone_members(e, &p, spec.name, &c, &n, err)) < 0 ||
		(r->like && (rc = pod_changes(e, r->like, &spec, c, n, &p.arena, err)) < 0))
		return rc;
	{
		auto_loaded struct pod made = POD_NONE;

		if ((rc = pod_create(e, &spec, c, n, NULL, NULL, &made, err)) < 0)
			return rc;
	}
	if (!(*ret_id = arena_strdup(a, spec.id)))
		return no_memory(err);
	if (r->destroy && (rc = verb_pod_remove(e, t, &(struct remove_request){ .force = true }, err)) < 0)
		return err_wrap(err, "remove the old one");
	new = (struct target){ .asked = spec.name, .id = *ret_id, .pod = *ret_id };
	return r->start ? verb_pod_start(e, &new, err) : 0;
}
