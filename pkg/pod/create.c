/* Making a pod: checks that need no effect, ids, run directory and lock, rows, directories. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/oci/mount_opts.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "create pod"); }

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static int check_network(struct engine *e, const struct pod_spec *s, struct err *err)
{
	if (e->rootless && s->net == NET_BRIDGE)
		return err_set(err, ERR_UNSUPPORTED,
			"published ports and bridge networks for ordinary users are not there yet; use "
			"--network none or host");
	if (s->ports.n && s->net != NET_BRIDGE && s->net != NET_HOST)
		return err_set(err, ERR_INVALID, "ports cannot be published with --network %s",
			net_mode_names[s->net]);
	if (s->solo && s->net == NET_CONTAINER && (!s->net_container || !*s->net_container))
		return err_set(err, ERR_INVALID, "--network container: needs a container");
	if (!s->solo && s->net == NET_CONTAINER)
		return err_set(err, ERR_UNSUPPORTED, "a pod cannot join another container's network");
	return 0;
}

/* Requests of a manifest are weights: without a cgroup there is nobody to weigh against. */
static bool has_limits(const struct resources_spec *r, bool kube)
{
	return r->memory || r->memory_swap || (!kube && (r->memory_reservation || r->cpu_shares)) ||
	       r->cpu_quota || r->cpu_period || (r->cpuset_cpus && *r->cpuset_cpus) ||
	       (r->cpuset_mems && *r->cpuset_mems) || (r->pids.set && r->pids.v > 0) || r->swappiness.set ||
	       r->oom_kill_disable || r->blkio_weight || r->io.n || r->unified.n || r->cpu_rt_period ||
	       r->cpu_rt_runtime;
}

/* Controls that only one of the two kinds of cgroups has. */
static int check_cgroup_kind(struct engine *e, const struct resources_spec *r, struct err *err)
{
	const char *flag = r->swappiness.set     ? "--memory-swappiness"
			   : r->oom_kill_disable ? "--oom-kill-disable"
			   : r->cpu_rt_period    ? "--cpu-rt-period"
			   : r->cpu_rt_runtime   ? "--cpu-rt-runtime"
						 : NULL;
	int rc;

	if (!flag && !r->unified.n)
		return 0;
	if (!e->cgroups_open && (rc = engine_cgroups(e, err)) < 0)
		return rc;
	if (flag && e->cgroups.mode == CGROUP_V2)
		return err_set(err, ERR_UNSUPPORTED,
			"%s: this machine has cgroup v2, which has no such control", flag);
	if (!flag && e->cgroups.mode != CGROUP_V2)
		return err_set(err, ERR_UNSUPPORTED,
			"--cgroup-conf: this machine has cgroup v1; only v2 has such files");
	return 0;
}

static int check_mounts(const struct pod_spec *pod, const struct container_spec *c, struct err *err)
{
	struct arena a = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		struct oci_mount_opts o;
		bool found = m->type != MOUNT_VOLUME;

		if (!m->dest || m->dest[0] != '/' || !m->dest[strspn(m->dest, "/")])
			rc = err_set(err, ERR_INVALID, "mount '%s': must be an absolute path other than /",
				m->dest ? m->dest : "");
		for (size_t k = 0; !found && k < pod->volumes.n; k++)
			found = strcmp(LIST_AT(pod->volumes, struct volume_spec, k)->name, m->source) == 0;
		if (rc == 0 && !found)
			rc = err_set(
				err, ERR_INVALID, "mount '%s': there is no volume '%s'", m->dest, m->source);
		if (rc == 0)
			rc = oci_mount_opts_parse(
				(const char *const *) m->options.v, m->options.n, &a, &o, err);
	}
	arena_done(&a);
	return rc;
}

int pod_check_container(
	struct engine *e, const struct pod_spec *pod, const struct container_spec *c, struct err *err)
{
	struct oci_facts f = { .config = &e->config, .caps_max = UINT64_MAX };
	uint64_t caps;
	int rc;

	if (c->role == ROLE_INFRA)
		return 0;
	if (!c->argv.n)
		return err_set(err, ERR_INVALID, "no command specified");
	if (c->init && c->pid.mode != NS_PRIVATE)
		return err_set(err, ERR_INVALID,
			"--init: cannot be pid 1 in a PID namespace that is not the container's own");
	if ((rc = check_cgroup_kind(e, &c->resources, err)) < 0)
		return rc;
	if (!e->cgroups_usable && has_limits(&c->resources, pod->kube))
		return err_set(err, ERR_UNSUPPORTED,
			"limits need a delegated cgroup, which this user has not: log in by a systemd "
			"session, or "
			"leave out --memory, --cpus, --cpuset-cpus and --pids-limit");
	if (c->restart != RESTART_NO && pod->autoremove && pod->solo)
		return err_set(err, ERR_INVALID, "--rm and --restart exclude each other");
	if (c->stop_signal && *c->stop_signal && signal_parse(c->stop_signal) < 0)
		return err_set(err, ERR_INVALID, "stop signal '%s' is unknown", c->stop_signal);
	if ((rc = oci_caps(c, &f, &caps, err)) < 0)
		return rc;
	return check_mounts(pod, c, err);
}

int pod_check(struct engine *e, const struct pod_spec *spec, const struct container_spec *ctr, size_t n,
	struct err *err)
{
	struct infra_share share;
	int rc;

	if ((rc = check_network(e, spec, err)) < 0 || (rc = infra_share_of(spec, &share, err)) < 0)
		return rc;
	if (share.pid && spec->no_infra && !spec->solo)
		return err_set(err, ERR_INVALID, "sharing the pid namespace needs the infra container");
	if (!spec->solo && !share.net && spec->net == NET_BRIDGE)
		return err_set(
			err, ERR_INVALID, "a pod that does not share its network has none: --network none");
	if (!e->cgroups_usable && has_limits(&spec->resources, spec->kube))
		return err_set(err, ERR_UNSUPPORTED,
			"limits of the pod need a delegated cgroup, which this user has not: log in by a "
			"systemd session");
	for (size_t i = 0; i < n; i++)
		if ((rc = pod_check_container(e, spec, &ctr[i], err)) < 0)
			return spec->solo ? rc
					  : err_wrap(err, "container '%s'", ctr[i].name ? ctr[i].name : "");
	return 0;
}

/* ---- what the rows hold ------------------------------------------------------------------------------------------- */

static int spec_text(const struct field *table, const void *spec, struct arena *a, const char **ret,
	const char *what, const char *name, struct err *err)
{
	json_t *v = encode_json(table, spec);
	auto_free char *text = v ? json_print(v) : NULL;
	bool made = v != NULL;

	json_decref(v);
	if (!made)
		return err_set(err, ERR_INVALID, "%s '%s': a value is not UTF-8 text", what, name);
	if (!text || !(*ret = arena_strdup(a, text)))
		return err_sys(err, ENOMEM, "%s '%s': record it", what, name);
	return 0;
}

static int ctr_row_make(
	struct pod *p, const struct container_spec *c, int64_t idx, struct ctr_row *ret, struct err *err)
{
	*ret = (struct ctr_row){
		.id = c->id,
		.pod = p->row.id,
		.name = c->name,
		.idx = idx,
		.image = c->image_id && *c->image_id ? c->image_id : NULL,
		.image_name = c->image ? c->image : "",
		.created_us = p->row.created_us,
	};
	return spec_text(container_spec_fields, c, &p->arena, &ret->spec, "container", c->name, err);
}

static int name_container(
	const struct pod_spec *pod, struct container_spec *c, struct arena *a, struct err *err)
{
	char id[ID_LEN + 1];

	if (!c->id || !*c->id) {
		id_random(id);
		c->id = arena_strdup(a, pod->solo ? pod->id : id);
	}
	if (!c->id)
		return no_memory(err);
	if (!c->name || !*c->name)
		c->name = pod->solo && pod->name && *pod->name ? pod->name : arena_printf(a, "%.12s", c->id);
	if (!c->short_name || !*c->short_name)
		c->short_name = c->name;
	if (!c->name || !name_is_valid(c->name))
		return err_set(
			err, ERR_INVALID, "the name '%s' is not one: [a-zA-Z0-9][a-zA-Z0-9_.-]*", c->name);
	/* it names a directory of logs */
	if (!name_is_valid(c->short_name))
		return err_set(err, ERR_INVALID, "the name '%s' is not one: [a-zA-Z0-9][a-zA-Z0-9_.-]*",
			c->short_name);
	c->pod = pod->id;
	if (!c->hostname || !*c->hostname)
		c->hostname = pod->hostname;
	return c->hostname ? 0 : no_memory(err);
}

static int name_all(
	struct pod *p, struct pod_spec *spec, struct container_spec *ctr, size_t n, struct err *err)
{
	char id[ID_LEN + 1];
	int rc;

	if (!spec->id || !*spec->id) {
		id_random(id);
		spec->id =
			spec->solo && n && ctr[0].id && *ctr[0].id ? ctr[0].id : arena_strdup(&p->arena, id);
	}
	if (!spec->id)
		return no_memory(err);
	if (!spec->name || !*spec->name)
		spec->name = spec->solo && n && ctr[0].name && *ctr[0].name
				     ? ctr[0].name
				     : arena_printf(&p->arena, "%.12s", spec->id);
	if (!spec->hostname || !*spec->hostname)
		spec->hostname = spec->solo && n && ctr[0].hostname && *ctr[0].hostname ? ctr[0].hostname
				 : spec->solo ? arena_printf(&p->arena, "%.12s", spec->id)
					      : spec->name;
	if (!spec->name || !spec->hostname)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		if ((rc = name_container(spec, &ctr[i], &p->arena, err)) < 0)
			return rc;
	if (!name_is_valid(spec->name))
		return err_set(
			err, ERR_INVALID, "the name '%s' is not one: [a-zA-Z0-9][a-zA-Z0-9_.-]*", spec->name);
	return 0;
}

/* Infra first, then init containers, then members, each in the order given. */
static int order(struct pod *p, const struct pod_spec *spec, const struct container_spec *ctr, size_t n,
	struct err *err)
{
	static const int roles[] = { ROLE_INFRA, ROLE_INIT,
		ROLE_MEMBER }; /* sidecars are among the init containers */
	bool infra = !spec->solo && !spec->no_infra;
	int rc;

	if (!(p->ctr = arena_array(&p->arena, n + 2, sizeof *p->ctr)) ||
		!(p->ctr_row = arena_array(&p->arena, n + 2, sizeof *p->ctr_row)))
		return no_memory(err);
	if (infra && (rc = infra_spec(spec, &p->arena, &p->ctr[p->n++], err)) < 0)
		return rc;
	for (size_t r = 0; r < LEN(roles); r++)
		for (size_t i = 0; i < n; i++)
			if ((ctr[i].role == ROLE_SIDECAR ? ROLE_INIT : ctr[i].role) == roles[r] &&
				(r || !infra))
				p->ctr[p->n++] = ctr[i];
	for (size_t i = 0; i < p->n; i++)
		if ((rc = ctr_row_make(p, &p->ctr[i], (int64_t) i - infra, &p->ctr_row[i], err)) < 0)
			return rc;
	return 0;
}

static int data_dir(struct engine *e, const char *id, struct err *err)
{
	char path[PATH_TEXT];

	if (spare_take(e, id) == 0)
		return 0;
	return mkdirat(e->root_fd, path_pod(path, id), 0711) < 0
		       ? err_sys(err, errno, "make '%s/%s'", e->root, path)
		       : 0;
}

int pod_prepare(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, struct pod *ret, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc;

	if ((rc = name_all(&p, spec, ctr, n, err)) < 0 || (rc = pod_check(e, spec, ctr, n, err)) < 0 ||
		(rc = pod_userns_settle(e, spec, &p.arena, err)) < 0)
		return rc;
	if (!spec->created_us)
		spec->created_us = time_now_us();
	p.spec = *spec;
	p.row = (struct pod_row){
		.id = spec->id,
		.name = spec->name,
		.state = ROW_CREATING,
		.solo = spec->solo,
		.autoremove = spec->autoremove,
		.created_us = spec->created_us,
		.kube = kube_doc,
		.kube_file = kube_file,
	};
	if ((rc = spec_text(pod_spec_fields, spec, &p.arena, &p.row.spec, "pod", spec->name, err)) < 0 ||
		(rc = order(&p, spec, ctr, n, err)) < 0 || (rc = pod_lock(e, p.row.id, &p.lock_fd, err)) < 0)
		return rc;
	if ((rc = data_dir(e, p.row.id, err)) < 0)
		return rc;
	if ((rc = pod_open_dirs(e, &p, err)) < 0)
		return rc;
	*ret = p;
	p = (struct pod){ .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	return 0;
}

/* The range of a user namespace and the row that says so are one step. */
static int store_with_range(struct engine *e, struct pod *p, struct err *err)
{
	int rc = store_begin(e->store, err);

	if (rc < 0)
		return rc;
	if ((rc = pod_userns_take(e, p->row.id, &p->spec.userns, &p->arena, err)) < 0 ||
		(rc = spec_text(
			 pod_spec_fields, &p->spec, &p->arena, &p->row.spec, "pod", p->spec.name, err)) < 0 ||
		(rc = store_pod_add(e->store, &p->row, p->ctr_row, p->n, err)) < 0) {
		store_rollback(e->store);
		return rc;
	}
	return store_commit(e->store, err);
}

int pod_store(struct engine *e, struct pod *p, struct err *err)
{
	if (p->spec.userns.mode == USERNS_AUTO)
		return store_with_range(e, p, err);
	return store_pod_add(e->store, &p->row, p->ctr_row, p->n, err);
}

/* ---- directories --------------------------------------------------------------------------------------------------- */

static int make_dir(int dir, const char *name, struct err *err)
{
	if (mkdirat(dir, name, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make directory '%s' of the pod", name);
	return 0;
}

/* n: it is the pod's n-th with directories. */
static int container_dirs(struct pod *p, size_t n, const struct container_spec *c, struct err *err)
{
	static const char *const sub[] = { "", "/upper", "/work" };
	char path[PATH_TEXT];
	int rc = 0;

	if (spare_take_container(p, n, c->id) == 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < LEN(sub); i++) {
		snprintf(path, sizeof path, "containers/%s%s", c->id, sub[i]);
		rc = make_dir(p->data_fd, path, err);
	}
	return rc;
}

static bool has_layer(const struct container_spec *c) { return c->image_id && *c->image_id; }

int pod_data_dirs(struct engine *e, struct pod *p, struct err *err)
{
	size_t n = 0;
	int rc;

	(void) e;
	if ((rc = make_dir(p->data_fd, "containers", err)) < 0 ||
		(rc = make_dir(p->data_fd, "logs", err)) < 0)
		return rc;
	for (size_t i = 0; i < p->n; i++)
		if (has_layer(&p->ctr[i]) && (rc = container_dirs(p, n++, &p->ctr[i], err)) < 0)
			return rc;
	return 0;
}

/* A pod that could not be made leaves nothing; the reason that is told is the first one. */
static int undo_create(struct engine *e, struct pod *p, int rc)
{
	struct err ignored = { 0 };

	if (pod_remove(e, p, &ignored) < 0)
		log_warn("remove pod '%s', ignoring: %s", p->row.name, ignored.msg);
	return rc;
}

int pod_create(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, struct pod *ret, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc;

	if ((rc = pod_prepare(e, spec, ctr, n, kube_doc, kube_file, &p, err)) < 0)
		return rc;
	if ((rc = pod_store(e, &p, err)) < 0 || (rc = pod_data_dirs(e, &p, err)) < 0 ||
		(rc = store_pod_set_state(e->store, p.row.id, ROW_CREATED, err)) < 0)
		return undo_create(e, &p, rc);
	p.row.state = ROW_CREATED;
	pod_events_made(e, &p);
	*ret = p;
	p = (struct pod){ .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	return 0;
}

/* Mounts first: the monitor makes them while we write rows.  But the ids of a user namespace are settled with its row. */
static int store_and_mount(struct start *s, struct err *err)
{
	bool late = pod_has_userns(&s->p->spec);
	int rc = late ? 0 : start_mounts(s, err);

	if (rc < 0 || (rc = pod_store(s->e, s->p, err)) < 0)
		return rc;
	return late ? start_mounts(s, err) : 0;
}

int pod_run(struct engine *e, struct pod_spec *spec, struct container_spec *ctr, size_t n,
	const char *kube_doc, const char *kube_file, const struct pod_start_opts *o, struct pod *ret,
	int *ret_sock, struct err *err)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct start s;
	int rc;

	if ((rc = pod_prepare(e, spec, ctr, n, kube_doc, kube_file, &p, err)) < 0)
		return rc;
	if ((rc = start_init(&s, e, &p, o, err)) < 0 || (rc = start_spawn(&s, err)) < 0 ||
		(rc = store_and_mount(&s, err)) < 0 ||
		(pod_events_made(e, &p), rc = start_rest(&s, err)) < 0) {
		start_done(&s);
		return undo_create(e, &p, rc);
	}
	pod_event(e, &p, "start");
	if (ret_sock)
		*ret_sock = fd_steal(&s.sock);
	start_done(&s);
	*ret = p;
	p = (struct pod){ .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	return 0;
}

int pod_add_container(struct engine *e, struct pod *p, struct container_spec *c, struct err *err)
{
	struct container_spec *ctr;
	struct ctr_row *row;
	int64_t idx = 0;
	int rc;

	for (size_t i = 0; i < p->n; i++)
		if (p->ctr_row[i].idx >= idx)
			idx = p->ctr_row[i].idx + 1;
	if (p->row.solo)
		return err_set(err, ERR_INVALID, "'%s' is a container, not a pod", p->row.name);
	if ((rc = name_container(&p->spec, c, &p->arena, err)) < 0 ||
		(rc = pod_check_container(e, &p->spec, c, err)) < 0)
		return rc;
	if (!(ctr = arena_array(&p->arena, p->n + 2, sizeof *ctr)) ||
		!(row = arena_array(&p->arena, p->n + 2, sizeof *row)))
		return no_memory(err);
	if (p->n) {
		memcpy(ctr, p->ctr, p->n * sizeof *ctr);
		memcpy(row, p->ctr_row, p->n * sizeof *row);
	}
	ctr[p->n] = *c;
	if ((rc = ctr_row_make(p, c, idx, &row[p->n], err)) < 0)
		return rc;
	row[p->n].created_us = time_now_us();
	if ((rc = store_ctr_add(e->store, &row[p->n], err)) < 0)
		return rc;
	if (has_layer(c) && (rc = container_dirs(p, p->n, c, err)) < 0) {
		struct err ignored = { 0 };

		(void) store_ctr_del(e->store, c->id, &ignored);
		return rc;
	}
	p->ctr = ctr;
	p->ctr_row = row;
	p->n++;
	ctr_event(e, p, p->n - 1, "create");
	return 0;
}
