/*
 * play_apply.c — the effects of a play: objects, new pods, pods that make room for changed ones; and back.
 *
 * Everything is made before anything is started or stopped.  A pod that is replaced gives its names away and goes on running
 * until its successor is about to start; its lock is held, so that nobody takes it for a leftover, and until all pods have
 * started it can have its names back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"
#include "pkg/util/proc.h"
#include "pkg/verb/play_internal.h"
#include "pkg/verb/pods.h"
#include "pkg/verb/stateful.h"
#include "pkg/verb/volumes.h"
#include "pkg/volume/volume.h"

#define CLAIM_NOTE "volume.podman.io/"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "play"); }

/* ---- objects ------------------------------------------------------------------------------------------------------------- */

static const char *path_of(const struct play *p, const char *file)
{
	for (size_t i = 0; i < p->r->n; i++)
		if (!strcmp(p->r->in[i].file, file) || !strcmp(file, "<stdin>"))
			return p->r->in[i].path;
	return NULL;
}

static const char *type_of(const json_t *secret)
{
	const char *type = json_string_value(json_object_get(secret, "type"));

	return type && *type ? type : "Opaque";
}

/* Kubernetes' promise: who reads it once has read it for good.  A Secret's type never changes. */
static int check_immutable(const struct kube_object *o, const char *old, struct err *err)
{
	static const char *const parts[] = { "data", "binaryData", "stringData" };
	struct err one = { 0 };
	json_t *was = json_parse(old, strlen(old), &one);
	bool fixed = json_is_true(json_object_get(was, "immutable")), differs = false;
	int rc = 0;

	for (size_t i = 0; fixed && i < LEN(parts); i++) {
		json_t *a = json_object_get(was, parts[i]), *b = json_object_get(o->doc, parts[i]);

		differs = differs || (a || b ? !a || !b || !json_equal(a, b) : false);
	}
	if (fixed && !json_is_true(json_object_get(o->doc, "immutable")))
		rc = err_set(err, ERR_INVALID,
			"%s '%s': immutable cannot be taken back; podctl kube down takes it away first",
			o->kind, o->name);
	else if (differs)
		rc = err_set(err, ERR_INVALID,
			"%s '%s': is immutable, its data cannot change; podctl kube down takes it away first",
			o->kind, o->name);
	else if (was && strcmp(o->kind, "Secret") == 0 && strcmp(type_of(was), type_of(o->doc)) != 0)
		rc = err_set(err, ERR_INVALID,
			"Secret '%s': its type is %s and cannot become %s; podctl kube down takes it away "
			"first",
			o->name, type_of(was), type_of(o->doc));
	json_decref(was);
	return rc;
}

static int store_one(struct play *p, const struct kube_object *o, struct object_row *old, struct err *err)
{
	auto_free char *text = json_print(o->doc);
	struct object_row row = { .kind = o->kind,
		.name = o->name,
		.doc = text,
		.file = path_of(p, o->file),
		.created_us = time_now_us() };
	struct err one = { 0 };
	int rc;

	if (!text)
		return no_memory(err);
	row.updated_us = row.created_us;
	if (store_object_get(p->e->store, o->kind, o->name, p->a, old, &one) < 0)
		*old = (struct object_row){ 0 };
	if (old->doc && (rc = check_immutable(o, old->doc, err)) < 0)
		return rc;
	if (old->doc && !strcmp(old->doc, text))
		row.updated_us = old->updated_us;
	return store_object_put(p->e->store, &row, err);
}

/* podman's annotations of a claim are the options of volume create. */
static int claim_options(struct play *p, const json_t *notes, struct kvs *ret, struct err *err)
{
	static const struct {
		const char *note, *key, *word;
	} known[] = { { "device", "device", "" }, { "type", "type", "" }, { "mount-options", "o", "" },
		{ "uid", "o", "uid=" }, { "gid", "o", "gid=" }, { "driver", NULL, "" },
		{ "import-source", NULL, "" } };
	const char *note;
	json_t *v;

	json_object_foreach((json_t *) notes, note, v)
	{
		const char *name, *value = json_string_value(v), *old;
		size_t i = 0;

		if (strncmp(note, CLAIM_NOTE, strlen(CLAIM_NOTE)) != 0 || !value)
			continue;
		name = note + strlen(CLAIM_NOTE);
		while (i < LEN(known) && strcmp(known[i].note, name) != 0)
			i++;
		if (i == LEN(known) || (!strcmp(name, "driver") && *value && strcmp(value, "local") != 0))
			return err_set(err, ERR_UNSUPPORTED,
				"annotation %s: %s: not done; volumes are directories, memory (type: tmpfs) "
				"or "
				"directories of the host (type: none, mount-options: bind, device)",
				note, value);
		if (!known[i].key)
			continue;
		old = kvs_get(ret, known[i].key);
		value = arena_printf(p->a, "%s%s%s%s", old ? old : "", old ? "," : "", known[i].word, value);
		if (!value || kvs_set(ret, p->a, known[i].key, value) < 0)
			return no_memory(err);
	}
	return 0;
}

/* What podman's import-source names, an archive, becomes the content of a volume that is made. */
static int fill_volume(struct play *p, const struct kube_object *o, const char *archive, struct err *err)
{
	auto_close int fd = archive ? open(archive, O_RDONLY | O_CLOEXEC) : -EBADF;
	int rc = 0;

	if (archive && fd < 0)
		rc = err_sys(err, errno, "open '%s'", archive);
	else if (archive)
		rc = verb_volume_import(p->e, o->volume, fd, err);
	return rc < 0 ? err_wrap(err, "PersistentVolumeClaim '%s': " CLAIM_NOTE "import-source", o->name) : 0;
}

/* A claim that was made from another starts with its content; one that is as new as it is empty. */
static int copy_source(struct play *p, const struct kube_object *o, struct err *err)
{
	const json_t *spec = json_object_get(o->doc, "spec"), *from = json_object_get(spec, "dataSource");
	const char *name = json_string_value(
		json_object_get(from ? from : json_object_get(spec, "dataSourceRef"), "name"));
	struct volume_row row = { 0 };
	struct err one = { 0 };

	if (!name || store_volume_get(p->e->store, name, p->a, &row, &one) < 0)
		return 0;
	return verb_volume_copy(p->e, name, o->volume, err);
}

/* A claim is a volume; one that a PersistentVolume answers is that one's directory. */
static int make_volume(struct play *p, const struct kube_object *o, struct err *err)
{
	const json_t *meta = json_object_get(o->doc, "metadata"), *labels = json_object_get(meta, "labels"),
		     *notes = json_object_get(meta, "annotations");
	struct volume_row row = { 0 };
	struct kvs own = { 0 }, asked = { 0 };
	struct err one = { 0 };
	const char *key;
	json_t *value;
	int rc;

	if (!o->volume || store_volume_get(p->e->store, o->volume, p->a, &row, &one) == 0)
		return 0;
	json_object_foreach((json_t *) labels, key,
		value) if (json_is_string(value) &&
			   kvs_set(&own, p->a, key, json_string_value(value)) < 0) return no_memory(err);
	if ((rc = claim_options(p, notes, &asked, err)) < 0 ||
		(rc = volume_create_as(p->e, o->volume, &own, &asked, true, err)) < 0)
		return err_wrap(err, "PersistentVolumeClaim '%s'", o->name);
	if (strs_add(&p->new_volumes, p->a, o->volume) < 0)
		return no_memory(err);
	if ((rc = copy_source(p, o, err)) < 0)
		return err_wrap(err, "PersistentVolumeClaim '%s': dataSource", o->name);
	return fill_volume(p, o, json_string_value(json_object_get(notes, CLAIM_NOTE "import-source")), err);
}

static int store_all(struct play *p, struct err *err)
{
	int rc;

	for (size_t i = 0; i < p->plan.n_object; i++) {
		if ((rc = store_one(p, &p->plan.object[i], &p->old_object[i], err)) < 0)
			return rc;
		p->n_stored++;
		if ((rc = make_volume(p, &p->plan.object[i], err)) < 0)
			return rc;
	}
	return 0;
}

static void undo_objects(struct play *p)
{
	while (p->n_stored) {
		const struct kube_object *o = &p->plan.object[--p->n_stored];
		const struct object_row *old = &p->old_object[p->n_stored];
		struct err one = { 0 };
		int rc = old->doc ? store_object_put(p->e->store, old, &one)
				  : store_object_del(p->e->store, o->kind, o->name, &one);

		if (rc < 0)
			log_warn("%s %s, ignoring: %s", o->kind, o->name, one.msg);
	}
	for (size_t i = 0; i < p->new_volumes.n; i++) {
		struct err one = { 0 };

		if (volume_remove(p->e, p->new_volumes.v[i], &one) < 0)
			log_warn("volume %s, ignoring: %s", p->new_volumes.v[i], one.msg);
	}
}

/* ---- pods that make room ------------------------------------------------------------------------------------------------- */

/* Its lock stays with us. */
static int make_room(struct play *p, struct play_pod *pp, struct err *err)
{
	auto_loaded struct pod old = POD_NONE;
	int rc;

	if ((rc = pod_load(p->e, pp->old, true, &old, err)) < 0)
		return err->kind == ERR_NOT_FOUND ? (err_clear(err), pp->old = NULL, 0) : rc;
	if ((rc = store_pod_release(p->e->store, pp->old, err)) < 0)
		return rc;
	pp->was_alive = old.alive;
	pp->lock_fd = fd_steal(&old.lock_fd);
	return 0;
}

/* With the lock that is held already; it stays held. */
static int with_old(struct play *p, struct play_pod *pp,
	int (*act)(struct play *p, struct pod *old, struct err *err), struct err *err)
{
	auto_loaded struct pod old = POD_NONE;
	int rc;

	if (pp->lock_fd < 0)
		return 0;
	if ((rc = pod_load(p->e, pp->old, false, &old, err)) < 0)
		return rc;
	old.lock_fd = fd_steal(&pp->lock_fd);
	rc = act(p, &old, err);
	pp->lock_fd = fd_steal(&old.lock_fd);
	return rc;
}

static int stop_old(struct play *p, struct pod *old, struct err *err)
{
	int rc = old->alive ? pod_stop(p->e, old, NULL, UINT64_MAX, err) : 0;

	/* its end was recorded as that of a pod with a name */
	return rc < 0 ? rc : store_pod_set_state(p->e->store, old->row.id, ROW_REMOVING, err);
}

static int remove_old(struct play *p, struct pod *old, struct err *err) { return pod_remove(p->e, old, err); }

static int start_old(struct play *p, struct pod *old, struct err *err)
{
	return old->alive ? 0 : pod_start(p->e, old, &(struct pod_start_opts){ 0 }, NULL, err);
}

static void give_back(struct play *p, struct play_pod *pp)
{
	auto_loaded struct pod old = POD_NONE;
	struct err one = { 0 };
	enum row_state state;

	if (pp->lock_fd < 0)
		return;
	if (pod_load(p->e, pp->old, false, &old, &one) < 0) {
		log_warn("pod '%s', ignoring: %s", pp->pod->spec.name, one.msg);
		return;
	}
	state = old.alive ? ROW_STARTED : pp->was_alive || old.row.status ? ROW_EXITED : ROW_CREATED;
	if (store_pod_restore(p->e->store, pp->old, state, &one) < 0 ||
		(pp->was_alive && with_old(p, pp, start_old, &one) < 0))
		log_warn("pod '%s', ignoring: %s", pp->pod->spec.name, one.msg);
	fd_close_p(&pp->lock_fd);
}

/* ---- making and undoing ------------------------------------------------------------------------------------------------- */

static void undo_pods(struct play *p)
{
	for (size_t i = p->plan.n_pod; i--;) {
		const char *id = p->made[i].id;
		struct target t = { .asked = id, .id = id, .pod = id };
		struct err one = { 0 };

		if (!id || p->made[i].kept)
			continue;
		if (verb_pod_remove(p->e, &t,
			    &(struct remove_request){ .force = true, .timeout_s = { true, 0 } }, &one) < 0 &&
			one.kind != ERR_NOT_FOUND)
			log_warn("pod %.12s, ignoring: %s", id, one.msg);
	}
	for (size_t i = 0; i < p->plan.n_pod; i++)
		give_back(p, &p->pod[i]);
}

/* Ids were given by the pod, whose memory goes: they are copied. */
static int record(struct play *p, size_t at, const struct pod *pod, bool kept, struct err *err)
{
	struct played_pod *r = &p->made[at];

	if (!(r->name = arena_strdup(p->a, pod->row.name)) || !(r->id = arena_strdup(p->a, pod->row.id)))
		return no_memory(err);
	r->kept = kept;
	r->held = p->pod[at].pod->held && !p->pod[at].pod->ordered;
	for (size_t i = 0; i < pod->n; i++)
		if (pod->ctr[i].role != ROLE_INFRA &&
			strs_add(pod->ctr[i].role == ROLE_INIT ? &r->init : &r->containers, p->a,
				pod->ctr_row[i].id) < 0)
			return no_memory(err);
	return 0;
}

static int keep_pod(struct play *p, size_t at, struct err *err)
{
	auto_loaded struct pod pod = POD_NONE;
	int rc = pod_load(p->e, p->pod[at].old, false, &pod, err);

	return rc < 0 ? rc : record(p, at, &pod, true, err);
}

static int make_pod(struct play *p, size_t at, bool start, struct err *err)
{
	auto_loaded struct pod made = POD_NONE;
	struct kube_pod *k = p->pod[at].pod;
	auto_free char *doc = json_print(k->doc);
	int rc;

	if (!doc)
		return no_memory(err);
	if (p->pod[at].action == PLAY_KEEP)
		return keep_pod(p, at, err);
	if (p->pod[at].action == PLAY_REPLACE && (rc = make_room(p, &p->pod[at], err)) < 0)
		return err_wrap(err, "pod '%s'", k->spec.name);
	k->spec.created_us = time_now_us();
	rc = start ? pod_run(p->e, &k->spec, k->ctr, k->n, doc, p->plan.digest, &(struct pod_start_opts){ 0 },
			     &made, NULL, err)
		   : pod_create(p->e, &k->spec, k->ctr, k->n, doc, p->plan.digest, &made, err);
	return rc < 0 ? err_wrap(err, "pod '%s'", k->spec.name) : record(p, at, &made, false, err);
}

/* Those that are new before those that need the names of another; all before anything is started. */
static int make_all(struct play *p, struct err *err)
{
	bool only = p->plan.n_pod == 1 && p->pod[0].action == PLAY_CREATE;
	int rc;

	if (only) /* in one go: nobody else is touched, and a failure leaves nothing */
		return make_pod(p, 0, !p->r->no_start && !p->pod[0].pod->held, err);
	for (size_t i = 0; i < p->plan.n_pod; i++)
		if (p->pod[i].action != PLAY_REPLACE && (rc = make_pod(p, i, false, err)) < 0)
			return rc;
	for (size_t i = 0; i < p->plan.n_pod; i++)
		if (p->pod[i].action == PLAY_REPLACE && (rc = make_pod(p, i, false, err)) < 0)
			return rc;
	return 0;
}

/* What only a look at the specs can tell is told before anything is made. */
static int check_all(struct play *p, struct err *err)
{
	int rc;

	for (size_t i = 0; i < p->plan.n_pod; i++) {
		const struct kube_pod *k = p->pod[i].pod;

		if ((rc = pod_check(p->e, &k->spec, k->ctr, k->n, err)) < 0)
			return err_wrap(err, "pod '%s'", k->spec.name);
	}
	return 0;
}

/* ---- starting ------------------------------------------------------------------------------------------------------------ */

static bool to_start(const struct play *p, size_t i)
{
	const struct play_pod *pp = &p->pod[i];

	return !p->r->no_start && (pp->action == PLAY_KEEP ? pp->start : !pp->pod->held);
}

/* Pods with init containers could await what another one's containers do. */
static bool needs_parallel(const struct play *p)
{
	size_t n = 0;
	bool init = false;

	for (size_t i = 0; i < p->plan.n_pod; i++) {
		if (!to_start(p, i))
			continue;
		n++;
		for (size_t k = 0; k < p->plan.pod[i].n; k++)
			init = init || p->plan.pod[i].ctr[k].role == ROLE_INIT;
	}
	return n > 1 && init;
}

struct starter {
	pid_t pid;
	int pidfd, errors;
};

/* Each is started by a podctl of its own. */
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
	struct starter *s = arena_array(p->a, p->plan.n_pod + 1, sizeof *s);
	int rc = 0;

	if (!s)
		return no_memory(err);
	for (size_t i = 0; i < p->plan.n_pod && rc == 0; i++) {
		s[i].pidfd = s[i].errors = -EBADF;
		if (to_start(p, i))
			rc = start_one(p, p->made[i].id, &s[i], err);
	}
	for (size_t i = 0; i < p->plan.n_pod; i++) {
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

static int start_in_order(struct play *p, struct err *err)
{
	int rc;

	for (size_t i = 0; i < p->plan.n_pod; i++) {
		struct target t = { .asked = p->made[i].name, .id = p->made[i].id, .pod = p->made[i].id };

		if (to_start(p, i) && (rc = verb_pod_start(p->e, &t, err)) < 0)
			return err_wrap(err, "pod '%s'", p->plan.pod[i].spec.name);
	}
	return 0;
}

/* What a killed command left waiting has nobody else who looks: the pod before it may have been ready for long. */
static int continue_sets(struct play *p, struct err *err)
{
	const char *done = "";
	int rc;

	for (size_t i = 0; i < p->plan.n_pod; i++) {
		const struct kube_pod *k = &p->plan.pod[i];

		if (!k->ordered || !k->held || !strcmp(done, k->owner))
			continue;
		done = k->owner;
		if ((rc = stateful_next(p->e, k->owner, err)) < 0)
			return err_wrap(err, "StatefulSet '%s'", k->owner);
	}
	return 0;
}

static int start_all(struct play *p, struct err *err)
{
	int rc;

	for (size_t i = 0; i < p->plan.n_pod; i++)
		if ((rc = with_old(p, &p->pod[i], stop_old, err)) < 0)
			return err_wrap(err, "stop the pod '%s' that was there", p->plan.pod[i].spec.name);
	if (p->r->no_start || (p->plan.n_pod == 1 && p->pod[0].action == PLAY_CREATE))
		return 0;
	rc = needs_parallel(p) ? start_together(p, err) : start_in_order(p, err);
	return rc < 0 ? rc : continue_sets(p, err);
}

/* ---- the end of it ------------------------------------------------------------------------------------------------------- */

/* From here on the new pods are what there is: an old one that cannot be removed is a leftover that the next command takes. */
static int drop_old(struct play *p, struct play_result *ret, struct err *err)
{
	for (size_t i = 0; i < p->plan.n_pod; i++) {
		struct err one = { 0 };

		if (p->pod[i].lock_fd < 0)
			continue;
		if (with_old(p, &p->pod[i], remove_old, &one) < 0)
			log_warn("pod %.12s, ignoring: %s", p->pod[i].old, one.msg);
		fd_close_p(&p->pod[i].lock_fd);
		if ((p->pod[i].was_alive && strs_add(&ret->gone.stopped, p->a, p->pod[i].old) < 0) ||
			strs_add(&ret->gone.removed, p->a, p->pod[i].old) < 0)
			return no_memory(err);
	}
	return 0;
}

static int report(struct play *p, struct play_result *ret, struct err *err)
{
	ret->pod = p->made;
	ret->n = p->plan.n_pod;
	if (strs_add_all(&ret->volumes, p->a, &p->new_volumes) < 0)
		return no_memory(err);
	for (size_t i = 0; i < p->plan.n_object; i++)
		if (!strcmp(p->plan.object[i].kind, "ConfigMap") &&
			strs_add(&ret->config_maps, p->a, p->plan.object[i].name) < 0)
			return no_memory(err);
	return 0;
}

int play_apply(struct play *p, struct play_result *ret, struct err *err)
{
	int rc;

	if ((rc = check_all(p, err)) < 0 || (rc = store_all(p, err)) < 0 || (rc = make_all(p, err)) < 0 ||
		(rc = start_all(p, err)) < 0) {
		undo_pods(p);
		undo_objects(p);
		return rc;
	}
	engine_early_drop(p->e); /* nothing new was to start: it is not to wait as long as we may */
	if ((rc = drop_old(p, ret, err)) < 0 || (rc = report(p, ret, err)) < 0)
		return rc;
	play_update(p);
	if ((rc = down_surplus(p, &ret->gone, err)) < 0)
		return rc;
	return p->r->prune ? down_of_files(p, &ret->gone, err) : 0;
}
