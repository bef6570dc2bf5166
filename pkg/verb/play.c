/*
 * play.c — kube play: read, check images, make, start; undone as a whole until every pod has had its first start.
 */
#include "pkg/verb/play.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/verb/image_use.h"
#include "pkg/verb/pods.h"

struct play {
	struct engine *e;
	const struct play_request *r;
	struct kube_plan plan;
	struct arena *a;
	char **old_doc; /* of each config map, before this play; NULL: there was none */
	size_t n_stored;
	struct played_pod *made; /* pods that are in the store */
	size_t n_made;
	bool parallel;
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "play"); }

/* ---- reading --------------------------------------------------------------------------------------------------------- */

struct lookup {
	struct engine *e;
	struct arena *a;
};

/* A ConfigMap or Secret that no document of this play holds: one that an earlier play stored. */
static const struct node *lookup_stored(void *ctx, const char *kind, const char *name)
{
	const struct lookup *l = ctx;
	const struct node *n = NULL;
	const char *doc = NULL;
	struct err one = { 0 };
	json_t *v;

	if (store_object_get(l->e->store, kind, name, l->a, &doc, &one) < 0 || !doc)
		return NULL;
	if ((v = json_parse(doc, strlen(doc), &one)))
		n = node_from_json(v, l->a);
	json_decref(v);
	return n;
}

static int read_plan(struct play *p, struct diag *d, struct err *err)
{
	struct lookup l = { p->e, p->a };
	struct kube_options o = {
		.engine_default_pull = p->e->config.pull_policy, .lookup = lookup_stored, .lookup_ctx = &l
	};
	int rc = kube_read(p->r->in, p->r->n, &o, d, &p->plan, err);

	if (rc < 0)
		return rc;
	if (d->errors)
		return err_set(err, ERR_INVALID, "%s: %zu fault%s, nothing was created",
			p->r->n == 1 ? p->r->in[0].file : "manifests", d->errors, d->errors == 1 ? "" : "s");
	if (!p->plan.n_pod && !p->plan.n_config_map)
		return err_set(err, ERR_INVALID, "%s: there is nothing to play in it",
			p->r->n ? p->r->in[0].file : "manifest");
	return 0;
}

/* ---- what the plan does not know: the engine and the images ------------------------------------------------------------ */

static const char *policy_of(const struct play *p, const char *ref)
{
	for (size_t i = 0; i < p->plan.n_image; i++)
		if (!strcmp(p->plan.image[i].ref, ref))
			return p->plan.image[i].policy;
	return NULL;
}

static int resolve_pod(struct play *p, struct kube_pod *k, struct err *err)
{
	int rc;

	if (p->r->network)
		for (int i = 0; net_mode_names[i]; i++)
			if (!strcmp(net_mode_names[i], p->r->network))
				k->spec.net = i;
	/* as for run: an ordinary user has no bridge yet, and a pod without published ports can do without */
	if (p->e->rootless && k->spec.net == NET_BRIDGE && !k->spec.ports.n)
		k->spec.net = NET_NONE;
	k->spec.no_hosts = k->spec.no_hosts || p->r->no_hosts;
	for (size_t i = 0; i < k->n; i++) {
		struct container_spec *c = &k->ctr[i];

		if (c->role == ROLE_INFRA)
			continue;
		if ((rc = image_use_for(p->e, c->image, policy_of(p, c->image), &p->r->images, c,
			     &p->plan.arena, err)) < 0)
			return err_wrap(err, "pod '%s': container '%s'", k->spec.name,
				c->short_name ? c->short_name : c->name);
	}
	return 0;
}

/* ---- making and undoing ------------------------------------------------------------------------------------------------- */

static int store_objects(struct play *p, struct err *err)
{
	int rc;

	if (!(p->old_doc = arena_array(p->a, p->plan.n_config_map + 1, sizeof *p->old_doc)))
		return no_memory(err);
	for (size_t i = 0; i < p->plan.n_config_map; i++) {
		const struct kube_config_map *c = &p->plan.config_map[i];
		auto_free char *text = json_print(c->doc);
		struct err one = { 0 };
		const char *old = NULL;

		if (!text)
			return no_memory(err);
		if (store_object_get(p->e->store, c->kind, c->name, p->a, &old, &one) == 0 && old)
			p->old_doc[i] = arena_strdup(p->a, old);
		if ((rc = store_object_put(p->e->store, c->kind, c->name, text, p->plan.digest, err)) < 0)
			return rc;
		p->n_stored++;
	}
	return 0;
}

static void undo_objects(struct play *p)
{
	while (p->n_stored) {
		const struct kube_config_map *c = &p->plan.config_map[--p->n_stored];
		const char *old = p->old_doc[p->n_stored];
		struct err one = { 0 };
		int rc = old ? store_object_put(p->e->store, c->kind, c->name, old, p->plan.digest, &one)
			     : store_object_del(p->e->store, c->kind, c->name, &one);

		if (rc < 0)
			log_warn("%s %s, ignoring: %s", c->kind, c->name, one.msg);
	}
}

static void undo_pods(struct play *p)
{
	while (p->n_made) {
		const char *id = p->made[--p->n_made].id;
		struct target t = { .asked = id, .id = id, .pod = id };
		struct err one = { 0 };

		if (verb_pod_remove(p->e, &t,
			    &(struct remove_request){ .force = true, .timeout_s = { true, 0 } }, &one) < 0 &&
			one.kind != ERR_NOT_FOUND)
			log_warn("pod %.12s, ignoring: %s", id, one.msg);
	}
}

static int remove_old(struct play *p, const char *name, struct err *err)
{
	struct target t = { .asked = name };
	struct err one = { 0 };

	if (store_find(p->e->store, name, STORE_POD, p->a, &t.id, &t.pod, &one) < 0 || !t.id)
		return 0;
	t.pod = t.id;
	return verb_pod_remove(p->e, &t, &(struct remove_request){ .force = true }, err);
}

/* Ids were given by the pod, whose memory goes: they are copied. */
static int record_made(struct play *p, const struct pod *made, struct err *err)
{
	struct played_pod *r = &p->made[p->n_made];

	if (!(r->id = arena_strdup(p->a, made->row.id)) || !(r->name = arena_strdup(p->a, made->row.name)))
		return no_memory(err);
	p->n_made++;
	for (size_t i = 0; i < made->n; i++)
		if (made->ctr[i].role != ROLE_INFRA &&
			strs_add(made->ctr[i].role == ROLE_INIT ? &r->init : &r->containers, p->a,
				made->ctr_row[i].id) < 0)
			return no_memory(err);
	return 0;
}

static int make_pod(struct play *p, struct kube_pod *k, struct err *err)
{
	struct pod made = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_free char *doc = json_print(k->doc);
	bool start = !p->r->no_start && !p->parallel;
	int rc;

	if (!doc)
		return no_memory(err);
	if (p->r->replace && (rc = remove_old(p, k->spec.name, err)) < 0)
		return rc;
	k->spec.created_us = time_now_us();
	rc = start ? pod_run(p->e, &k->spec, k->ctr, k->n, doc, p->plan.digest, &(struct pod_start_opts){ 0 },
			     &made, NULL, err)
		   : pod_create(p->e, &k->spec, k->ctr, k->n, doc, p->plan.digest, &made, err);
	if (rc < 0)
		return err_wrap(err, "pod '%s'", k->spec.name);
	rc = record_made(p, &made, err);
	pod_done(&made);
	return rc;
}

/* ---- several pods with init containers: launched together, waited for together ------------------------------------------ */

static bool needs_parallel(const struct play *p)
{
	for (size_t i = 0; p->plan.n_pod > 1 && i < p->plan.n_pod; i++)
		for (size_t k = 0; k < p->plan.pod[i].n; k++)
			if (p->plan.pod[i].ctr[k].role == ROLE_INIT)
				return true;
	return false;
}

struct starter {
	pid_t pid;
	int pidfd, errors;
};

/* One pod could await what another one's containers do, so each is started by a podctl of its own. */
static int start_one(struct play *p, const char *id, struct starter *s, struct err *err)
{
	struct strs argv = { 0 }, env = { 0 };
	int pipe_fd[2], rc;

	if ((rc = engine_self_argv(p->e, &argv, err)) < 0)
		return rc;
	if (strs_add(&argv, p->a, "pod") < 0 || strs_add(&argv, p->a, "start") < 0 ||
		strs_add(&argv, p->a, id) < 0 ||
		strs_addf(&env, p->a, "PATH=%s",
			p->e->opt->path ? p->e->opt->path : "/usr/sbin:/usr/bin:/sbin:/bin") < 0)
		return no_memory(err);
	if (p->e->opt->home && strs_addf(&env, p->a, "HOME=%s", p->e->opt->home) < 0)
		return no_memory(err);
	if (p->e->opt->xdg_runtime_dir &&
		strs_addf(&env, p->a, "XDG_RUNTIME_DIR=%s", p->e->opt->xdg_runtime_dir) < 0)
		return no_memory(err);
	if (p->e->opt->dbus_address &&
		strs_addf(&env, p->a, "DBUS_SESSION_BUS_ADDRESS=%s", p->e->opt->dbus_address) < 0)
		return no_memory(err);
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return err_sys(err, errno, "start pods");
	s->errors = pipe_fd[0];
	struct proc_opts o = PROC_OPTS(.path = argv.v[0], .argv = argv.v, .envp = env.v);

	o.err = pipe_fd[1];
	s->pid = proc_spawn(&o, &s->pidfd, err);
	close(pipe_fd[1]);
	return s->pid < 0 ? (int) s->pid : 0;
}

static int await_one(struct starter *s, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	int status = 0, rc;

	if (s->pid <= 0)
		return 0;
	(void) io_read_all(s->errors, &b);
	if ((rc = proc_wait(s->pid, s->pidfd, 0, &status, err)) < 0)
		return rc;
	if (proc_exit_code(status) == 0)
		return 0;
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = 0;
	return err_set(err, ERR_SYSTEM, "%s",
		!b.len                           ? "its start failed"
		: !strncmp(b.data, "Error: ", 7) ? b.data + 7
						 : b.data);
}

static int start_together(struct play *p, struct err *err)
{
	struct starter *s = arena_array(p->a, p->n_made + 1, sizeof *s);
	int rc = 0;

	if (!s)
		return no_memory(err);
	for (size_t i = 0; i < p->n_made && rc == 0; i++) {
		s[i].pidfd = s[i].errors = -EBADF;
		rc = start_one(p, p->made[i].id, &s[i], err);
	}
	for (size_t i = 0; i < p->n_made; i++) {
		struct err one = { 0 };
		int failed = await_one(&s[i], &one);

		if (s[i].pid > 0) {
			fd_close_p(&s[i].pidfd);
			fd_close_p(&s[i].errors);
		}
		if (failed < 0 && rc == 0) {
			*err = one;
			rc = err_wrap(err, "pod '%s'", p->plan.pod[i].spec.name);
		}
	}
	return rc;
}

/* ---- the verb -------------------------------------------------------------------------------------------------------------- */

static int report(struct play *p, struct play_result *ret, struct err *err)
{
	ret->pod = p->made;
	ret->n = p->n_made;
	for (size_t i = 0; i < p->plan.n_config_map; i++)
		if (strs_add(&ret->config_maps, p->a, p->plan.config_map[i].name) < 0)
			return no_memory(err);
	return 0;
}

static int dry_run(struct play *p, struct play_result *ret, struct err *err)
{
	json_t *pods = json_array();

	for (size_t i = 0; i < p->plan.n_pod; i++) {
		const struct kube_pod *k = &p->plan.pod[i];
		json_t *list = json_array();

		for (size_t c = 0; c < k->n; c++)
			(void) json_array_append_new(list, encode_json(container_spec_fields, &k->ctr[c]));
		(void) json_array_append_new(
			pods, json_pack("{s:o, s:o}", "pod", encode_json(pod_spec_fields, &k->spec),
				      "containers", list));
	}
	ret->plan = json_pack("{s:o}", "pods", pods);
	return ret->plan ? 0 : no_memory(err);
}

static int apply(struct play *p, struct play_result *ret, struct err *err)
{
	int rc = store_objects(p, err);

	for (size_t i = 0; rc == 0 && i < p->plan.n_pod; i++)
		rc = make_pod(p, &p->plan.pod[i], err);
	if (rc == 0 && p->parallel && !p->r->no_start)
		rc = start_together(p, err);
	if (rc == 0)
		rc = report(p, ret, err);
	if (rc < 0) {
		undo_pods(p);
		undo_objects(p);
	}
	return rc;
}

int verb_play(struct engine *e, const struct play_request *r, struct diag *d, struct arena *a,
	struct play_result *ret, struct err *err)
{
	struct play p = { .e = e, .r = r, .a = a };
	int rc = read_plan(&p, d, err);

	/* images first: when one cannot be had, nothing is made */
	for (size_t i = 0; rc == 0 && i < p.plan.n_pod; i++)
		rc = resolve_pod(&p, &p.plan.pod[i], err);
	if (rc == 0 && !(p.made = arena_array(a, p.plan.n_pod + 1, sizeof *p.made)))
		rc = no_memory(err);
	if (rc == 0) {
		p.parallel = needs_parallel(&p);
		rc = r->dry_run ? dry_run(&p, ret, err) : apply(&p, ret, err);
	}
	kube_plan_done(&p.plan);
	return rc;
}
