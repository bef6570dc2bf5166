/* The monitor's plan: what was asked of each container, in the monitor's terms, with its bundle written. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define SECOND_US 1000000ULL

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make plan"); }

static uint64_t stop_timeout(const struct pod_spec *pod, const struct container_spec *c)
{
	return (pod->grace && c->role != ROLE_INFRA ? pod->grace : c->stop_timeout) * SECOND_US;
}

static void restart_of(const struct container_spec *c, struct plan_container *p)
{
	p->restart = (char *) (uintptr_t) restart_policy_names[c->restart];
	p->restart_max = c->restart_max;
	p->fresh_layer = c->kube_restart;
	p->backoff_us = c->kube_restart ? 10 * SECOND_US : SECOND_US / 10;
	p->backoff_max_us = c->kube_restart ? 300 * SECOND_US : 10 * SECOND_US;
	p->backoff_reset_us = c->kube_restart ? 600 * SECOND_US : 10 * SECOND_US;
}

bool start_includes(const struct start *s, const struct container_spec *c)
{
	return !s->o->only || c->role != ROLE_MEMBER || strcmp(s->o->only, c->id) == 0;
}

int plan_container_make(
	struct start *s, struct container_spec *c, struct plan_container *ret, struct err *err)
{
	struct arena *a = &s->p->arena;
	struct plan_container p = { .id = c->id, .name = c->short_name };
	struct bundle b;
	char path[PATH_TEXT];
	int sig = signal_parse(c->stop_signal && *c->stop_signal ? c->stop_signal : "SIGTERM"), rc;

	if (sig < 0)
		return err_set(err, ERR_INVALID, "container '%s': stop signal '%s' is unknown", c->short_name,
			c->stop_signal);
	if ((rc = bundle_write(s, c, &b, err)) < 0)
		return s->p->row.solo ? rc : err_wrap(err, "container '%s'", c->short_name);
	p.role = (char *) (uintptr_t) container_role_names[c->role];
	p.bundle = (char *) (uintptr_t) b.dir;
	p.rootfs = b.rootfs;
	p.terminal = c->terminal;
	p.stdin_open = c->stdin_open;
	p.stdin_once = c->stdin_once;
	if ((rc = pod_userns_user(s->p, &b.user, &p.uid, &p.gid, err)) < 0)
		return s->p->row.solo ? rc : err_wrap(err, "container '%s'", c->short_name);
	restart_of(c, &p);
	p.stop_signal = (uint32_t) sig;
	p.stop_timeout_us = stop_timeout(&s->p->spec, c);
	p.timeout_us = c->timeout * SECOND_US;
	p.log_max = c->log_size_max > 0 ? c->log_size_max : 0;
	p.cgroup = (char *) (uintptr_t) b.cgroup;
	p.storage = s->p->spec.kube ? c->resources.storage : 0;
	p.care = c->care;
	if ((rc = pod_binds(s, c, &p.binds, err)) < 0 || (rc = pod_env_files(s, c, &p.env_files, err)) < 0)
		return rc;
	p.autostart = start_includes(s, c);
	p.shown = strcmp(c->name, c->short_name) != 0 ? c->name : NULL;
	p.image = c->image;
	p.labels = c->labels;
	p.pidfile = c->pidfile;
	p.monitor_pidfile = c->monitor_pidfile;
	p.log_path = (char *) "";
	if (c->log_driver && strcmp(c->log_driver, "none") != 0 &&
		!(p.log_path = arena_printf(
			  a, "%s/%s/logs/%s", s->e->root, path_pod(path, s->p->row.id), c->short_name)))
		return no_memory(err);
	*ret = p;
	return 0;
}

static int runtime_argv(struct start *s, struct plan *p, struct err *err)
{
	struct arena *a = &s->p->arena;
	const char *name = strrchr(s->runtime, '/') ? strrchr(s->runtime, '/') + 1 : s->runtime;
	int rc = strs_add(&p->runtime, a, s->runtime);

	/* runc knows no such option: without a cgroupsPath and as an ordinary user it makes do by itself */
	if (rc == 0 && !*s->pod_cgroup && strcmp(name, "runc") != 0)
		rc = strs_add(&p->runtime, a, "--cgroup-manager=disabled");
	if (rc == 0)
		rc = strs_add(&p->runtime, a, "--root");
	if (rc == 0)
		rc = strs_addf(&p->runtime, a, "%s/rt", s->e->runroot);
	p->runtime_ours = s->runtime_ours;
	return rc < 0 ? no_memory(err) : 0;
}

/* What the runtime and the cleanup process need of the caller's environment, and nothing else of it. */
static int env_of(struct start *s, struct plan *p, struct err *err)
{
	const struct engine_options *o = s->e->opt;
	const struct {
		const char *key, *value;
	} env[] = {
		{ "PATH", o->path && *o->path
				  ? o->path
				  : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		{ "HOME", o->home },
		{ "XDG_RUNTIME_DIR", o->xdg_runtime_dir },
		{ "XDG_DATA_HOME", o->xdg_data_home },
		{ "XDG_CONFIG_HOME", o->xdg_config_home },
		{ "DBUS_SESSION_BUS_ADDRESS", o->dbus_address },
		{ "TMPDIR", o->tmpdir },
		{ "CONTAINERS_CONF", o->containers_conf },
		{ "CONTAINERS_CONF_OVERRIDE", o->containers_conf_override },
	};

	for (size_t i = 0; i < LEN(env); i++)
		if (env[i].value && strs_addf(&p->env, &s->p->arena, "%s=%s", env[i].key, env[i].value) < 0)
			return no_memory(err);
	return 0;
}

/* Where the cgroups are, for a runtime that knows the word. */
static int env_hint(struct start *s, struct plan *p, struct err *err)
{
	if (!s->runtime_ours || !s->e->cgroups_open || !s->e->cgroups_hint)
		return 0;
	return strs_addf(&p->env, &s->p->arena, "%s=%s", CGROUP_HINT_ENV, s->e->cgroups_hint) < 0
		       ? no_memory(err)
		       : 0;
}

static int namespaces_of(struct start *s, struct plan *p, struct err *err)
{
	struct arena *a = &s->p->arena;
	struct kvs sysctls = { 0 };
	int rc = 0;

	if (pod_has_userns(&s->p->spec)) {
		rc |= strs_add(&p->namespaces, a, "user");
		p->uids = s->p->spec.userns.uids;
		p->gids = s->p->spec.userns.gids;
	}
	if (s->make_net)
		rc |= strs_add(&p->namespaces, a, "net");
	if (s->make_ipc)
		rc |= strs_add(&p->namespaces, a, "ipc");
	if (s->make_uts)
		rc |= strs_add(&p->namespaces, a, "uts");
	if (s->share.pid && !s->p->spec.solo)
		rc |= strs_add(&p->namespaces, a, "pid"); /* infra's, held once it runs */
	if (rc)
		return no_memory(err);
	if ((rc = pod_userns_joined(s, (const char **) &p->user_ns, err)) < 0)
		return rc;
	p->net_wait = s->res.has_net; /* else there is only lo to set up, which the monitor does itself */
	if (s->make_uts)
		p->hostname = s->p->spec.hostname;
	if ((rc = pod_sysctls(s, NULL, true, &sysctls, err)) < 0)
		return rc;
	for (size_t i = 0; i < s->p->n; i++)
		if (s->p->ctr[i].role != ROLE_INFRA &&
			(rc = pod_sysctls(s, &s->p->ctr[i], true, &sysctls, err)) < 0)
			return err_wrap(err, "container '%s'", s->p->ctr[i].short_name);
	for (size_t i = 0; i < sysctls.n; i++)
		if (strs_addf(&p->sysctls, a, "%s=%s", sysctls.v[i].key, sysctls.v[i].value) < 0)
			return no_memory(err);
	return 0;
}

static bool needs_helper(const struct handler *h)
{
	unsigned char address[16];

	/* a name is looked up by the helper too: the monitor never waits */
	return h && (h->type == HANDLER_GRPC || h->tls || h->http2 ||
			    (h->host && *h->host && inet_pton(AF_INET, h->host, address) != 1 &&
				    inet_pton(AF_INET6, h->host, address) != 1));
}

/* An answer may lead to https. */
static bool may_redirect(const struct probe *p) { return p && p->handler.type == HANDLER_HTTP; }

/* From where and with what probes are asked. */
static int probes_of(struct start *s, struct plan *p, struct err *err)
{
	bool any = false, helper = false, http = false;
	const char *path;

	for (size_t i = 0; i < s->p->n; i++) {
		const struct care *c = s->p->ctr[i].care;

		if (!c)
			continue;
		any = true;
		helper = helper || (c->startup && needs_helper(&c->startup->handler)) ||
			 (c->liveness && needs_helper(&c->liveness->handler)) ||
			 (c->readiness && needs_helper(&c->readiness->handler)) ||
			 needs_helper(c->post_start) || needs_helper(c->pre_stop);
		http = http || may_redirect(c->startup) || may_redirect(c->liveness) ||
		       may_redirect(c->readiness);
	}
	if (!any)
		return 0;
	if (s->res.has_net && s->res.net.ip) {
		uint32_t ip = s->res.net.ip;

		p->address = arena_printf(
			&s->p->arena, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
		if (!p->address)
			return no_memory(err);
	}
	p->probe_inside = s->make_net && (!p->address || s->e->in_userns);
	if (!helper && !http)
		return 0;
	if (engine_helper(s->e, "podctl-probe", &path, err) < 0) {
		if (helper)
			return err_wrap(err, "probes over TLS, HTTP/2 and gRPC, and of hosts by name");
		err_clear(err); /* the probe that is led to https says that it is missing */
		return 0;
	}
	p->probe_helper = (char *) (uintptr_t) path;
	return 0;
}

int plan_make(struct start *s, struct err *err)
{
	struct arena *a = &s->p->arena;
	struct plan *p = &s->plan;
	struct plan_container *c = arena_array(a, s->p->n + 1, sizeof *c);
	char path[PATH_TEXT];
	int rc;

	path_pod(path, s->p->row.id);
	p->version = 1;
	p->pod = s->p->spec.id;
	p->name = s->p->spec.name;
	p->run_dir = arena_printf(a, "%s/%s", s->e->runroot, path);
	p->data_dir = arena_printf(a, "%s/%s", s->e->root, path);
	if (!c || !p->run_dir || !p->data_dir)
		return no_memory(err);
	p->solo = s->p->row.solo;
	p->kube = s->p->spec.kube;
	p->autoremove = s->p->spec.autoremove;
	p->exit_policy = s->p->spec.exit_policy && *s->p->spec.exit_policy ? s->p->spec.exit_policy
									   : (char *) "continue";
	if (s->p->spec.deadline > 0)
		p->deadline_us = (uint64_t) s->p->spec.deadline * SECOND_US;
	if ((rc = probes_of(s, p, err)) < 0 || (rc = pod_disks(s, &p->disks, err)) < 0)
		return rc;
	p->cgroup = (char *) (uintptr_t) s->cgroup;
	p->pod_cgroup = (char *) (uintptr_t) s->pod_cgroup;
	if ((rc = pod_late_fill(s->e, s->p, &s->res, err)) < 0 || (rc = runtime_argv(s, p, err)) < 0 ||
		(rc = env_of(s, p, err)) < 0 || (rc = namespaces_of(s, p, err)) < 0 ||
		(rc = engine_self_argv(s->e, &p->cleanup, err)) < 0)
		return rc;
	if (strs_add(&p->cleanup, &s->e->arena, "cleanup") < 0 ||
		strs_add(&p->cleanup, &s->e->arena, s->p->row.id) < 0)
		return no_memory(err);
	if (s->p->spec.leads && (rc = engine_self_argv(s->e, &p->next, err)) < 0)
		return rc;
	if (s->p->spec.leads && (strs_add(&p->next, &s->e->arena, "next") < 0 ||
					strs_add(&p->next, &s->e->arena, s->p->row.id) < 0))
		return no_memory(err);
	if (s->e->vfs && ((rc = engine_self_argv(s->e, &p->refill, err)) < 0 ||
				 (rc = strs_add(&p->refill, &s->e->arena, "refill")) < 0 ||
				 (rc = strs_add(&p->refill, &s->e->arena, s->p->row.id)) < 0))
		return rc;
	for (size_t i = 0; i < s->p->n; i++)
		if ((rc = plan_container_make(s, &s->p->ctr[i], &c[i], err)) < 0)
			return rc;
	p->containers = (struct list){ .v = c, .n = s->p->n };
	return env_hint(s, p, err);
}

int plan_write(struct start *s, struct err *err)
{
	json_t *v = encode_json(plan_fields, &s->plan);
	auto_free char *text = v ? json_print(v) : NULL;
	int rc;

	json_decref(v);
	if (!text)
		return no_memory(err);
	if ((rc = file_put(s->p->data_fd, PATH_PLAN, text, strlen(text), 0600)) < 0)
		return err_sys(err, -rc, "write the pod's plan");
	return 0;
}
