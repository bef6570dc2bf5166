/*
 * create_pod.c — what pod create says for all containers to come (mounts, devices, security), and run --pod new:NAME.
 *
 * A pod's spec keeps a container_spec of its own, the template: a member gets from it what it did not ask for otherwise.
 */
#include <string.h>

#include "pkg/verb/create.h"
#include "pkg/verb/pods.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}
#define NEW "new:"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the pod's options"); }

/* ---- the template -------------------------------------------------------------------------------------------------------- */

static int check_limits(const struct create_request *r, struct err *err)
{
	const char *flag = r->swappiness.set       ? "--memory-swappiness"
			   : r->oom_kill_disable   ? "--oom-kill-disable"
			   : r->cpu_rt_period.set  ? "--cpu-rt-period"
			   : r->cpu_rt_runtime.set ? "--cpu-rt-runtime"
						   : NULL;

	return flag ? err_set(err, ERR_UNSUPPORTED, "%s is of single containers, not of pods", flag) : 0;
}

static int template_uts(const struct create_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	static const char *const rest[] = { "net", "ipc" };

	if (!r->uts || !*r->uts || !strcmp(r->uts, "private"))
		return 0;
	if (strcmp(r->uts, "host") != 0)
		return err_set(err, ERR_INVALID, "--uts: no mode '%s'; there are private and host", r->uts);
	for (size_t i = 0; i < p->share.n; i++)
		if (!strcmp(p->share.v[i], "uts"))
			return err_set(err, ERR_INVALID, "--uts host and --share uts contradict each other");
	for (size_t i = 0; !p->share.n && i < LEN(rest); i++)
		if (strs_add(&p->share, a, rest[i]) < 0)
			return no_memory(err);
	p->member->uts.mode = NS_HOST;
	return 0;
}

static char *absolute(const struct create_request *r, const char *path, struct arena *a)
{
	return path[0] == '/' ? arena_strdup(a, path) : arena_printf(a, "%s/%s", r->cwd, path);
}

int create_pod_template(struct engine *e, const struct create_request *r, struct pod_spec *p, struct arena *a,
	struct err *err)
{
	struct container_spec *c = arena_alloc(a, sizeof *c);
	int rc;

	if (!c)
		return no_memory(err);
	p->member = c;
	if ((rc = check_limits(r, err)) < 0 || (rc = create_mounts(r, c, a, err)) < 0 ||
		(rc = create_limits(r, c, a, err)) < 0 || (rc = create_security(r, c, a, err)) < 0 ||
		(rc = create_volumes_from(e, r, c, a, err)) < 0 ||
		(rc = create_image_mounts(e, c, a, err)) < 0 || (rc = create_check_sources(c, err)) < 0 ||
		(rc = template_uts(r, p, a, err)) < 0)
		return rc;
	if (r->monitor_pidfile && !(c->monitor_pidfile = absolute(r, r->monitor_pidfile, a)))
		return no_memory(err);
	if ((rc = create_cgroup_parent(e, r->cgroup_parent, p, a, err)) < 0)
		return rc;
	/* limits are of the pod as a whole */
	p->resources = c->resources;
	c->resources = (struct resources_spec){ 0 };
	return 0;
}

/* ---- a member ------------------------------------------------------------------------------------------------------------ */

static bool has_dest(const struct list *mounts, const char *dest)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (!strcmp(LIST_AT(*mounts, struct mount_spec, i)->dest, dest))
			return true;
	return false;
}

static int copy_mount(struct mount_spec *to, const struct mount_spec *from, struct arena *a)
{
	char **slots[] = { &to->source, &to->dest, &to->upper, &to->work };
	int rc = 0;

	*to = *from;
	to->options = (struct strs){ 0 };
	for (size_t i = 0; i < LEN(slots); i++)
		if (*slots[i] && !(*slots[i] = arena_strdup(a, *slots[i])))
			rc = -ENOMEM;
	return rc < 0 ? rc : strs_add_all(&to->options, a, &from->options);
}

static int add_mounts(struct container_spec *c, const struct container_spec *from, struct arena *a)
{
	struct mount_spec *v = arena_array(a, c->mounts.n + from->mounts.n + 1, sizeof *v);
	size_t n = c->mounts.n;

	if (!v)
		return -ENOMEM;
	if (n)
		memcpy(v, c->mounts.v, n * sizeof *v);
	for (size_t i = 0; i < from->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(from->mounts, struct mount_spec, i);

		if (!has_dest(&c->mounts, m->dest) && copy_mount(&v[n++], m, a) < 0)
			return -ENOMEM;
	}
	c->mounts = (struct list){ .v = v, .n = n };
	return 0;
}

static int add_devices(struct container_spec *c, const struct container_spec *from, struct arena *a)
{
	struct device_spec *v = arena_array(a, c->devices.n + from->devices.n + 1, sizeof *v);
	size_t n = c->devices.n;

	if (!v)
		return -ENOMEM;
	if (n)
		memcpy(v, c->devices.v, n * sizeof *v);
	for (size_t i = 0; i < from->devices.n; i++) {
		const struct device_spec *d = LIST_AT(from->devices, struct device_spec, i);

		v[n] = (struct device_spec){ .host = arena_strdup(a, d->host),
			.path = arena_strdup(a, d->path),
			.access = arena_strdup(a, d->access) };
		if (!v[n].host || !v[n].path || !v[n].access)
			return -ENOMEM;
		n++;
	}
	c->devices = (struct list){ .v = v, .n = n };
	return 0;
}

static int copy_unset(char **slot, const char *from, struct arena *a)
{
	if ((*slot && **slot) || !from || !*from)
		return 0;
	return (*slot = arena_strdup(a, from)) ? 0 : -ENOMEM;
}

static int add_security(struct container_spec *c, const struct container_spec *from, struct arena *a)
{
	c->no_new_privs = c->no_new_privs || from->no_new_privs;
	if (copy_unset(&c->seccomp, from->seccomp, a) < 0 ||
		copy_unset(&c->apparmor, from->apparmor, a) < 0 ||
		strs_add_all(&c->masked, a, &from->masked) < 0 ||
		strs_add_all(&c->unmasked, a, &from->unmasked) < 0)
		return -ENOMEM;
	return 0;
}

int create_add_template(
	const struct container_spec *from, struct container_spec *c, struct arena *a, struct err *err)
{
	if (add_mounts(c, from, a) < 0 || add_devices(c, from, a) < 0 || add_security(c, from, a) < 0)
		return no_memory(err);
	return 0;
}

int create_from_pod(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	const struct container_spec *from;
	const char *id = NULL, *pod = NULL;
	int rc;

	if (!r->pod)
		return 0;
	if ((rc = store_find(e->store, r->pod, STORE_POD, a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, id, false, &p, err)) < 0 || !(from = p.spec.member))
		return rc;
	if (from->uts.mode == NS_HOST && !r->uts)
		c->uts.mode = NS_HOST;
	return create_add_template(from, c, a, err);
}

/* ---- new:NAME ------------------------------------------------------------------------------------------------------------ */

int create_new_pod(struct engine *e, const struct create_request *r, struct create_request *ret,
	struct arena *a, struct err *err)
{
	struct pod_create_request pod = { .name = r->pod + strlen(NEW),
		.hostname = r->hostname,
		.no_hosts = r->no_hosts,
		.networks = r->networks,
		.publish = r->publish,
		.add_hosts = r->add_hosts,
		.dns = r->dns,
		.dns_search = r->dns_search,
		.dns_option = r->dns_option,
		.argv = r->argv };
	const char *id = NULL;
	int rc;

	if (!*pod.name)
		return err_set(err, ERR_INVALID, "--pod new: needs a name: new:NAME");
	if ((rc = verb_pod_create(e, &pod, a, &id, err)) < 0)
		return rc;
	*ret = *r;
	ret->pod = id;
	ret->hostname = NULL;
	ret->no_hosts = false;
	ret->networks = ret->publish = ret->add_hosts = (struct strs){ 0 };
	ret->dns = ret->dns_search = ret->dns_option = (struct strs){ 0 };
	return 0;
}

bool create_wants_new_pod(const struct create_request *r)
{
	return r->pod && !strncmp(r->pod, NEW, strlen(NEW));
}

/* ---- --cgroup-parent ----------------------------------------------------------------------------------------------------- */

int create_cgroup_parent(
	struct engine *e, const char *parent, struct pod_spec *p, struct arena *a, struct err *err)
{
	size_t n = parent ? strlen(parent) : 0;
	bool slice = n > 6 && !strcmp(parent + n - 6, ".slice");

	if (!n || !strcmp(parent, "/")) /* below the root, as without it */
		return 0;
	if (e->systemd_cgroups && (!slice || strchr(parent, '/')))
		return err_set(err, ERR_INVALID,
			"--cgroup-parent %s: invalid systemd slice as cgroup parent when using systemd as "
			"cgroup "
			"manager: expected NAME.slice",
			parent);
	if (!e->systemd_cgroups && (slice || strstr(parent, "..")))
		return err_set(err, ERR_INVALID,
			"--cgroup-parent %s: systemd slice received as cgroup parent when using cgroupfs, or "
			"not a "
			"path: expected /PATH",
			parent);
	while (!e->systemd_cgroups && n > 1 && parent[n - 1] == '/')
		n--;
	p->cgroup_parent = !e->systemd_cgroups && *parent != '/' ? arena_printf(a, "/%.*s", (int) n, parent)
								 : arena_strndup(a, parent, n);
	return p->cgroup_parent ? 0 : no_memory(err);
}
