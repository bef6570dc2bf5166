#include "pkg/verb/pods.h"

#include <string.h>

#include "pkg/monitor/proto.h"
#include "pkg/pod/inspect.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"
#include "pkg/verb/create.h"

#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}
#define auto_loaded AUTO(pod_done)

static uint64_t timeout_us(const struct opt_i64 *s)
{
	if (!s || !s->set)
		return UINT64_MAX;
	return s->v < 0 ? 100ULL * 365 * 24 * 3600 * 1000000 : (uint64_t) s->v * 1000000;
}

/* ---- create ---------------------------------------------------------------------------------------------------------- */

static int shared(const struct pod_create_request *r, struct pod_spec *p, struct arena *a, struct err *err)
{
	static const char *const known[] = { "net", "ipc", "uts", "pid", NULL };

	if (!r->share_set)
		return 0;
	for (size_t i = 0; i < r->share.n; i++) {
		const char *word = r->share.v[i];
		size_t k = 0;

		if (!strcmp(word, "none") || !*word) {
			if (r->share.n > 1)
				return err_set(err, ERR_INVALID, "--share none stands alone");
			return err_set(err, ERR_UNSUPPORTED,
				"--share none: not done yet; podctl's pods share at least the network");
		}
		if (!strcmp(word, "cgroup"))
			return err_set(err, ERR_UNSUPPORTED, "--share cgroup: not done yet");
		while (known[k] && strcmp(known[k], word) != 0)
			k++;
		if (!known[k])
			return err_set(err, ERR_INVALID,
				"--share: no namespace '%s'; there are net, ipc, uts and pid", word);
		if (!strcmp(word, "pid"))
			p->share_pid = true;
		if (strs_add(&p->share, a, word) < 0)
			return err_sys(err, ENOMEM, "create a pod");
	}
	return 0;
}

static int replace_old(struct engine *e, const char *name, struct arena *a, struct err *err)
{
	struct target t = { .asked = name };
	struct err one = { 0 };

	if (store_find(e->store, name, STORE_POD, a, &t.id, &t.pod, &one) < 0)
		return 0;
	t.pod = t.id;
	return verb_pod_remove(e, &t, &(struct remove_request){ .force = true }, err);
}

int verb_pod_create(struct engine *e, const struct pod_create_request *r, struct arena *a,
	const char **ret_id, struct err *err)
{
	struct pod_net_request net = { &r->networks, &r->publish, &r->add_hosts, &r->dns, &r->dns_search,
		&r->dns_option, r->no_hosts, &r->address };
	struct pod_spec *p = arena_alloc(a, sizeof *p);
	auto_loaded struct pod made = POD_NONE;
	const char *name = r->name;
	char id[ID_LEN + 1];
	int rc;

	if (!p)
		return err_sys(err, ENOMEM, "create a pod");
	if (name && !name_is_valid(name))
		return err_set(
			err, ERR_INVALID, "pod name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
	if (r->exit_policy && strcmp(r->exit_policy, "continue") != 0 && strcmp(r->exit_policy, "stop") != 0)
		return err_set(err, ERR_INVALID, "--exit-policy: no policy '%s'; there are continue and stop",
			r->exit_policy);
	if (r->pid && *r->pid && strcmp(r->pid, "private") != 0 && strcmp(r->pid, "host") != 0)
		return err_set(err, ERR_INVALID, "--pid: no mode '%s'; there are private and host", r->pid);
	p->host_pid = r->pid && !strcmp(r->pid, "host");
	if (r->replace && !name)
		return err_set(err, ERR_INVALID, "--replace needs --name: which pod is to be replaced?");
	if (r->no_infra && (r->publish.n || r->networks.n || r->add_hosts.n || r->dns.n || r->hostname ||
				   r->address.ip || r->address.mac || r->address.aliases.n))
		return err_set(err, ERR_INVALID,
			"--infra=false leaves nothing that could hold a network: no --publish, --network, "
			"--add-host, --dns, --hostname, --ip, --mac-address, --network-alias");
	if ((rc = create_network(e, &net, p, a, err)) < 0 || (rc = shared(r, p, a, err)) < 0)
		return rc;
	if (r->like && (rc = create_pod_template(e, r->like, p, a, err)) < 0)
		return rc;
	if (r->infra_name && !name_is_valid(r->infra_name))
		return err_set(err, ERR_INVALID,
			"--infra-name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*", r->infra_name);
	if (r->infra_name && r->no_infra)
		return err_set(
			err, ERR_INVALID, "--infra-name: with --infra=false there is none to be named");
	if ((rc = userns_read(e, &r->userns, a, &p->userns, err)) < 0)
		return rc;
	if (r->replace && (rc = replace_old(e, name, a, err)) < 0)
		return rc;
	if (!name && (rc = name_random(e, a, &name, err)) < 0)
		return rc;
	id_random(id);
	p->id = arena_strdup(a, id);
	p->name = arena_strdup(a, name);
	p->hostname = arena_strdup(a, r->hostname ? r->hostname : name);
	p->exit_policy = arena_strdup(a, r->exit_policy ? r->exit_policy : "continue");
	p->no_infra = r->no_infra;
	p->infra_name = (char *) (uintptr_t) r->infra_name;
	p->labels = r->labels;
	p->sysctls = r->sysctls;
	p->create_argv = r->argv;
	p->created_us = time_now_us();
	if (!p->id || !p->name || !p->hostname || !p->exit_policy)
		return err_sys(err, ENOMEM, "create a pod");
	if ((rc = pod_create(e, p, NULL, 0, NULL, NULL, &made, err)) < 0)
		return rc;
	*ret_id = p->id;
	return 0;
}

/* ---- life ------------------------------------------------------------------------------------------------------------ */

int verb_pod_start(struct engine *e, const struct target *t, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc;

	if ((rc = pod_load(e, t->id, true, &p, err)) < 0)
		return rc;
	if (!p.alive)
		return pod_start(e, &p, &(struct pod_start_opts){ 0 }, NULL, err);
	/* some members may have ended: start those */
	for (size_t i = 0; i < p.n && rc == 0; i++)
		if (p.ctr[i].role == ROLE_MEMBER && !ctr_is_running(&p, i))
			rc = pod_start(e, &p, &(struct pod_start_opts){ .only = p.ctr_row[i].id }, NULL, err);
	return rc;
}

int verb_pod_stop(struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc;

	if ((rc = pod_load(e, t->id, true, &p, err)) < 0 || !p.alive)
		return rc;
	rc = pod_stop(e, &p, NULL, timeout_us(timeout_s), err);
	if (rc == 0)
		pod_event(e, &p, "stop");
	return rc;
}

int verb_pod_restart(
	struct engine *e, const struct target *t, const struct opt_i64 *timeout_s, struct err *err)
{
	int rc = verb_pod_stop(e, t, timeout_s, err);

	return rc < 0 ? rc : verb_pod_start(e, t, err);
}

int verb_pod_kill(struct engine *e, const struct target *t, int sig, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc;

	if ((rc = pod_load(e, t->id, false, &p, err)) < 0)
		return rc;
	if (!p.alive)
		return err_set(err, ERR_STATE, "pod %s is not running", t->asked);
	rc = pod_kill(e, &p, NULL, sig, err);
	if (rc == 0)
		pod_event(e, &p, "kill");
	return rc;
}

int verb_pod_pause(struct engine *e, const struct target *t, bool pause, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_close int sock = -EBADF;
	int rc;

	if ((rc = pod_load(e, t->id, false, &p, err)) < 0)
		return rc;
	if (!p.alive)
		return err_set(err, ERR_STATE, "pod %s is not running", t->asked);
	if ((rc = pod_connect(e, &p, &sock, err)) < 0)
		return rc;
	rc = monitor_call(sock, json_pack("{s:s}", "op", pause ? "PAUSE" : "UNPAUSE"), NULL, err);
	if (rc == 0)
		pod_event(e, &p, pause ? "pause" : "unpause");
	return rc;
}

int verb_pod_remove(struct engine *e, const struct target *t, const struct remove_request *r, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	int rc;

	if ((rc = pod_load(e, t->id, true, &p, err)) < 0)
		return rc;
	for (size_t i = 0; i < p.n && !r->force; i++)
		if (p.ctr[i].role != ROLE_INFRA && ctr_is_running(&p, i))
			return err_set(err, ERR_STATE,
				"pod %s has running containers (%s): stop it first, or podctl pod rm --force",
				t->asked, p.ctr_row[i].name);
	if (p.alive && (rc = pod_stop(e, &p, NULL, timeout_us(&r->timeout_s), err)) < 0)
		return rc;
	return pod_remove(e, &p, err);
}

int verb_pod_inspect(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_arena struct arena a = { 0 };
	const char *id = NULL, *pod = NULL;
	int rc;

	if ((rc = store_find(e->store, name, STORE_POD, &a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, id, false, &p, err)) < 0)
		return rc;
	return pod_inspect(e, &p, ret, err);
}

int verb_pod_targets(struct engine *e, const struct target *t, struct arena *a, struct target **ret,
	size_t *ret_n, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct target *v;
	size_t n = 0;
	int rc;

	if ((rc = pod_load(e, t->id, false, &p, err)) < 0)
		return rc;
	if (!(v = arena_array(a, p.n + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "list containers");
	for (size_t i = 0; i < p.n; i++) {
		if (p.ctr[i].role == ROLE_INFRA)
			continue;
		v[n].id = arena_strdup(a, p.ctr_row[i].id);
		v[n].asked = arena_strdup(a, p.ctr_row[i].name);
		v[n++].pod = t->id;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
