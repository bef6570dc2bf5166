/* Which namespaces a container has of its own, shares with its pod, or joins; and where a sysctl has to be set. */
#include <stdio.h>
#include <string.h>

#include "pkg/pod/internal.h"
#include "pkg/util/proc.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "namespaces"); }

static const char *held(struct start *s, int fd)
{
	return arena_printf(&s->p->arena, "/proc/%d/fd/%d", (int) s->monitor, fd);
}

/* Joins a container that runs now: by its process, whose start time is looked at so that no other is joined. */
static int join_container(
	struct start *s, const char *id, const char *file, const char **ret, struct err *err)
{
	const char *ctr, *pod_id;
	const struct status_container *st;
	auto_pod struct pod other = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc;

	if ((rc = store_find(s->e->store, id, STORE_CONTAINER, &s->p->arena, &ctr, &pod_id, err)) < 0 ||
		(rc = pod_load(s->e, pod_id, false, &other, err)) < 0)
		return rc;
	st = pod_status_of(&other, ctr);
	if (!st || st->pid <= 0 || (st->state != CTR_RUNNING && st->state != CTR_PAUSED) ||
		proc_start_time((pid_t) st->pid) != st->start_time)
		return err_set(err, ERR_STATE,
			"container '%s' is not running, its %s namespace cannot be joined", id, file);
	*ret = arena_printf(&s->p->arena, "/proc/%lld/ns/%s", (long long) st->pid, file);
	return *ret ? 0 : no_memory(err);
}

/* shared: the descriptor of the pod's namespace, or NULL when the pod does not share this kind. */
static int one(struct start *s, const struct ns_spec *n, const char *shared, bool host, const char *file,
	const char **ret, struct err *err)
{
	*ret = shared ? shared : "";
	if (n->mode == NS_CONTAINER)
		return join_container(s, n->container, file, ret, err);
	if (n->mode == NS_HOST || (host && n->mode == NS_PRIVATE))
		*ret = NULL;
	return 0;
}

static int net_of(struct start *s, const char **ret, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;

	*ret = "";
	if (spec->net == NET_CONTAINER)
		return join_container(s, spec->net_container, "net", ret, err);
	if (spec->net == NET_HOST)
		*ret = NULL;
	else if (s->make_net && !(*ret = held(s, PLAN_FD_NET)))
		return no_memory(err);
	return 0;
}

int pod_userns_joined(struct start *s, const char **ret, struct err *err)
{
	const struct userns_spec *u = &s->p->spec.userns;

	if (u->mode == USERNS_PATH)
		*ret = u->target;
	return u->mode == USERNS_CONTAINER ? join_container(s, u->target, "user", ret, err) : 0;
}

int pod_namespaces(
	struct start *s, const struct container_spec *c, const char *ns[OCI_NS_COUNT], struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	const char *ipc = s->make_ipc ? held(s, PLAN_FD_IPC) : NULL,
		   *uts = s->make_uts ? held(s, PLAN_FD_UTS) : NULL;
	const char *pid = s->share.pid && c->role != ROLE_INFRA && !spec->solo ? held(s, PLAN_FD_PID) : NULL;
	int rc;

	if ((s->make_ipc && !ipc) || (s->make_uts && !uts))
		return no_memory(err);
	memset(ns, 0, OCI_NS_COUNT * sizeof *ns);
	ns[OCI_NS_MOUNT] = "";
	if (pod_has_userns(spec) && !(ns[OCI_NS_USER] = held(s, PLAN_FD_USER)))
		return no_memory(err);
	if ((rc = net_of(s, &ns[OCI_NS_NET], err)) < 0 ||
		(rc = one(s, &c->ipc, ipc, spec->host_ipc, "ipc", &ns[OCI_NS_IPC], err)) < 0 ||
		(rc = one(s, &c->uts, uts, false, "uts", &ns[OCI_NS_UTS], err)) < 0 ||
		(rc = one(s, &c->pid, pid, spec->host_pid && c->role != ROLE_INFRA, "pid", &ns[OCI_NS_PID],
			 err)) < 0)
		return rc;
	/* v1 has no view of its own worth having: the hierarchies are mounted one by one, as podman does by default too */
	if (s->e->cgroups.mode == CGROUP_V2 && c->cgroup.mode != NS_HOST)
		ns[OCI_NS_CGROUP] = "";
	return 0;
}

/* ---- sysctls -------------------------------------------------------------------------------------------------------- */

enum sysctl_ns { SYSCTL_NET, SYSCTL_IPC, SYSCTL_NONE };

static enum sysctl_ns sysctl_ns(const char *key)
{
	static const char *const ipc[] = { "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
		"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced" };

	if (strncmp(key, "net.", 4) == 0 || strncmp(key, "net/", 4) == 0)
		return SYSCTL_NET;
	if (strncmp(key, "fs.mqueue.", 10) == 0)
		return SYSCTL_IPC;
	for (size_t i = 0; i < LEN(ipc); i++)
		if (strcmp(key, ipc[i]) == 0)
			return SYSCTL_IPC;
	return SYSCTL_NONE;
}

static int add(struct start *s, const struct container_spec *c, bool monitor, const char *key,
	const char *value, bool may_skip, struct kvs *ret, struct err *err)
{
	const enum sysctl_ns kind = sysctl_ns(key);
	const char *what = kind == SYSCTL_NET ? "network" : "ipc";
	bool made = kind == SYSCTL_NET ? s->make_net : s->make_ipc;
	bool host = kind == SYSCTL_NET ? s->p->spec.net == NET_HOST
				       : s->p->spec.host_ipc || (c && c->ipc.mode == NS_HOST);
	bool other = kind == SYSCTL_NET ? s->p->spec.net == NET_CONTAINER : c && c->ipc.mode == NS_CONTAINER;

	if (kind == SYSCTL_NONE)
		return err_set(err, ERR_INVALID,
			"sysctl '%s' is not of a namespace; only net.*, fs.mqueue.* and the System V ipc "
			"ones can be set",
			key);
	if ((host || other) && may_skip)
		return 0;
	if (host || other)
		return err_set(err, ERR_INVALID, "sysctl '%s': the %s namespace is %s", key, what,
			host ? "the host's" : "another container's");
	if (made != monitor)
		return 0;
	return kvs_set(ret, &s->p->arena, key, value) < 0 ? no_memory(err) : 0;
}

/* What belongs to a namespace is set by who makes it: the monitor for the pod's, the runtime for a container's own. */
int pod_sysctls(
	struct start *s, const struct container_spec *c, bool monitor, struct kvs *ret, struct err *err)
{
	const struct strs *defaults = &s->e->config.default_sysctls;
	const struct kvs *pod = &s->p->spec.sysctls;
	int rc;

	for (size_t i = 0; i < defaults->n; i++) {
		const char *eq = strchr(defaults->v[i], '=');
		char *key = eq ? arena_strndup(&s->p->arena, defaults->v[i], (size_t) (eq - defaults->v[i]))
			       : NULL;

		if (!key)
			return err_set(
				err, ERR_INVALID, "default_sysctls: '%s' is not NAME=VALUE", defaults->v[i]);
		if ((rc = add(s, c, monitor, key, eq + 1, true, ret, err)) < 0)
			return rc;
	}
	for (size_t i = 0; i < pod->n; i++)
		if ((rc = add(s, c, monitor, pod->v[i].key, pod->v[i].value, false, ret, err)) < 0)
			return rc;
	for (size_t i = 0; c && i < c->sysctls.n; i++)
		if ((rc = add(s, c, monitor, c->sysctls.v[i].key, c->sysctls.v[i].value, false, ret, err)) <
			0)
			return rc;
	return 0;
}
