/*
 * Starting a pod.  The monitor is executed first and waits; everything it needs is prepared meanwhile: cgroup names,
 * address and ports, files of /etc, volumes, bundles, plan.  With GO it makes namespaces and mounts, hands over the network
 * namespace when there is something to do in it, and starts the containers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "pkg/engine/scope.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "start pod"); }

/* ---- what the pod holds -------------------------------------------------------------------------------------------- */

int pod_res_load(const struct pod *p, struct arena *a, struct pod_res *ret, struct err *err)
{
	struct pod_res r = { .cgroup = (char *) "", .scope = (char *) "" };
	const json_t *net;
	json_t *v;
	int rc = 0;

	if (!p->row.res || !*p->row.res) {
		*ret = r;
		return 0;
	}
	if (!(v = json_parse(p->row.res, strlen(p->row.res), err)))
		return err_wrap(err, "resources of '%s'", p->row.name);
	if (json_string_value(json_object_get(v, "cgroup")))
		r.cgroup = arena_strdup(a, json_string_value(json_object_get(v, "cgroup")));
	if (json_string_value(json_object_get(v, "scope")))
		r.scope = arena_strdup(a, json_string_value(json_object_get(v, "scope")));
	if ((net = json_object_get(v, "network"))) {
		rc = net_result_from_json(net, a, &r.net, err);
		r.has_net = rc == 0;
	}
	json_decref(v);
	if (rc < 0)
		return rc;
	if (!r.cgroup || !r.scope)
		return no_memory(err);
	*ret = r;
	return 0;
}

static const char *res_text(struct pod *p, const struct pod_res *r)
{
	json_t *v = json_pack(
		"{s:i, s:s, s:s}", "version", POD_RES_VERSION, "cgroup", r->cgroup, "scope", r->scope);
	auto_free char *text = NULL;

	if (v && r->has_net)
		(void) json_object_set_new(v, "network", net_result_to_json(&r->net));
	text = v ? json_print(v) : NULL;
	json_decref(v);
	return text ? arena_strdup(&p->arena, text) : NULL;
}

int pod_res_store(struct engine *e, struct pod *p, const struct pod_res *r, struct err *err)
{
	const char *text = r ? res_text(p, r) : NULL;

	if (r && !text)
		return no_memory(err);
	p->row.res = text;
	return store_pod_set_res(e->store, p->row.id, text, err);
}

/* ---- the monitor --------------------------------------------------------------------------------------------------- */

int start_init(
	struct start *s, struct engine *e, struct pod *p, const struct pod_start_opts *o, struct err *err)
{
	static const struct pod_start_opts none;
	struct utsname u;
	int rc;

	*s = (struct start){
		.e = e, .p = p, .o = o ? o : &none, .sock = -EBADF, .kick = -EBADF, .monitor = -1
	};
	s->res.cgroup = s->res.scope = (char *) "";
	s->fresh = p->row.state == ROW_CREATING || p->row.state == ROW_CREATED;
	if (uname(&u) == 0)
		snprintf(s->kernel, sizeof s->kernel, "%s", u.release);
	if ((rc = infra_share_of(&p->spec, &s->share, err)) < 0 ||
		(rc = engine_runtime_named(e, p->spec.runtime, &s->runtime, &s->runtime_ours, err)) < 0)
		return rc;
	if (pod_needs_memory(p) && (rc = engine_memory(e, err)) < 0)
		return rc;
	if (p->spec.solo) {
		s->make_net = p->spec.net == NET_BRIDGE;
		return 0;
	}
	s->make_net = s->share.net && p->spec.net != NET_HOST;
	s->make_ipc = s->share.ipc && !p->spec.host_ipc;
	s->make_uts = s->share.uts;
	return 0;
}

void start_done(struct start *s)
{
	for (size_t i = 0; i < s->n_socks; i++)
		fd_close_p(&s->socks[i]);
	s->n_socks = 0;
	fd_close_p(&s->kick);
	fd_close_p(&s->sock);
}

/* Names of the cgroups; where systemd makes them they are known once the scope is there. */
static int name_cgroups(struct start *s, struct err *err)
{
	struct pod *p = s->p;

	s->cgroup = s->pod_cgroup = "";
	if (!s->e->cgroups_usable)
		return 0;
	if (s->e->systemd_cgroups) {
		s->res.scope = arena_printf(&p->arena, "podctl%s-%s.scope", s->e->suffix, p->row.id);
		return s->res.scope ? 0 : no_memory(err);
	}
	s->cgroup = arena_printf(&p->arena, "/podctl%s/monitors", s->e->suffix);
	if (p->spec.cgroup_parent && *p->spec.cgroup_parent)
		s->res.cgroup = arena_printf(
			&p->arena, "%s/podctl%s-%s", p->spec.cgroup_parent, s->e->suffix, p->row.id);
	else
		s->res.cgroup = arena_printf(&p->arena, "/podctl%s/%s", s->e->suffix, p->row.id);
	s->pod_cgroup = s->res.cgroup;
	return s->cgroup && s->res.cgroup ? 0 : no_memory(err);
}

/* Below the scope everything is cgroupfs.  A cgroup with processes cannot hand controllers down, so the monitor leaves the
 * scope's own before anything is made for the containers. */
static int divide_scope(struct start *s, struct err *err)
{
	auto_close int dir = -EBADF;
	char pid[16];
	int rc;

	if ((!s->e->cgroups_open && (rc = engine_cgroups(s->e, err)) < 0) ||
		(rc = cgroup_make(&s->e->cgroups, s->cgroup, err)) < 0)
		return rc;
	snprintf(pid, sizeof pid, "%d", (int) s->monitor);
	if ((dir = cgroup_dir_fd(&s->e->cgroups, s->cgroup)) < 0 ||
		(rc = file_write(dir, "cgroup.procs", pid)) < 0)
		return err_sys(err, dir < 0 ? -dir : -rc, "move the monitor to '%s'", s->cgroup);
	return cgroup_make(&s->e->cgroups, s->pod_cgroup, err);
}

static int make_scope(struct start *s, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	char file[40], text[128];
	const char *line;
	int rc;

	const char *slice =
		s->p->spec.cgroup_parent && *s->p->spec.cgroup_parent ? s->p->spec.cgroup_parent : NULL;

	if (!*s->res.scope)
		return 0;
	snprintf(text, sizeof text, "podctl pod %.64s", s->p->row.name);
	rc = scope_start(s->e, s->res.scope, text, s->monitor, slice, err);
	if (rc < 0 && err->kind == ERR_EXISTS) { /* of the last run: its cleaner leaves it as we come */
		err_clear(err);
		if ((rc = scope_stop(s->e, s->res.scope, err)) == 0)
			rc = scope_start(s->e, s->res.scope, text, s->monitor, slice, err);
	}
	if (rc < 0)
		return rc;
	snprintf(file, sizeof file, "/proc/%d/cgroup", (int) s->monitor);
	if ((rc = file_read(AT_FDCWD, file, PATH_IN_STATE, &b)) < 0)
		return err_sys(err, -rc, "read the pod's cgroup");
	line = b.data && strncmp(b.data, "0::", 3) == 0 ? b.data : b.data ? strstr(b.data, "\n0::") : NULL;
	if (!line)
		return err_set(err, ERR_SYSTEM, "unit '%s' has no cgroup", s->res.scope);
	line += *line == '\n';
	s->res.cgroup = arena_printf(&s->p->arena, "%.*s/pod", (int) strcspn(line + 3, "\n"), line + 3);
	s->cgroup = arena_printf(&s->p->arena, "%.*s/monitor", (int) strcspn(line + 3, "\n"), line + 3);
	s->pod_cgroup = s->res.cgroup;
	return s->res.cgroup && s->cgroup ? divide_scope(s, err) : no_memory(err);
}

/* The lock on 'alive' belongs to the open file: the monitor inherits it, we close ours. */
static int take_alive(struct pod *p, int *ret, struct err *err)
{
	auto_close int fd = path_open(p->run_fd, PATH_ALIVE, PATH_IN_STATE, O_RDWR | O_CREAT, 0600);
	int rc = fd < 0 ? fd : lock_file(fd, true, false);

	if (rc == -EAGAIN)
		return err_set(err, ERR_STATE, "'%s' is running already", p->row.name);
	if (rc < 0)
		return err_sys(err, -rc, "take the lock of the monitor");
	*ret = fd_steal(&fd);
	return 0;
}

int start_spawn(struct start *s, struct err *err)
{
	auto_close int alive = -EBADF;
	const char *extra[5] = { NULL };
	char names[16] = "";
	const char *program;
	size_t n = 0;
	int rc;

	if ((rc = name_cgroups(s, err)) < 0 ||
		(rc = engine_helper(s->e, "podctl-monitor", &program, err)) < 0 ||
		(rc = take_alive(s->p, &alive, err)) < 0)
		return rc;
	/* a user namespace waits for its maps, and the others are to belong to it */
	if (!pod_has_userns(&s->p->spec))
		snprintf(names, sizeof names, "%s%s%s", s->make_net ? "net," : "", s->make_ipc ? "ipc," : "",
			s->make_uts ? "uts," : "");
	if (*names) {
		names[strlen(names) - 1] = '\0';
		extra[n++] = "--namespaces";
		extra[n++] = names;
	}
	if (s->runtime_ours) {
		extra[n++] = "--runtime";
		extra[n++] = s->runtime;
	}
	if (!early_take(s, names, alive) &&
		((rc = monitor_spawn(program, extra, alive, s->p->run_fd, s->p->data_fd, -1, &s->monitor,
			  &s->sock, &s->kick, err)) < 0))
		return rc;
	/* what is recorded from now on must be freed by the row */
	s->p->row.res = res_text(s->p, &s->res);
	return s->p->row.res ? 0 : no_memory(err);
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

static int ports_of(struct start *s, struct port_map **ret, size_t *ret_n, struct err *err)
{
	const struct pod_spec *spec = &s->p->spec;
	struct port_map *m = arena_array(&s->p->arena, spec->ports.n + 1, sizeof *m);

	if (!m)
		return no_memory(err);
	for (size_t i = 0; i < spec->ports.n; i++) {
		const struct port_spec *q = LIST_AT(spec->ports, struct port_spec, i);

		m[i] = (struct port_map){ .host_ip = q->host_ip,
			.host_port = q->host_port,
			.container_port = q->container_port,
			.range = q->range,
			.proto = q->proto };
	}
	*ret = m;
	*ret_n = spec->ports.n;
	return 0;
}

/* Does the holder of a wanted port only wait for its cleaner, which comes after the answer to the command that ended it? */
static bool holder_leaves(struct start *s, const struct port_map *m, size_t n, const char **ret_id)
{
	auto_pod struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	struct err ignored = { 0 };

	if (network_port_holder(s->e, s->p->row.id, m, n, &s->p->arena, ret_id, &ignored) < 0)
		return false;
	if (!*ret_id) /* it has left meanwhile */
		return true;
	if (pod_load(s->e, *ret_id, false, &p, &ignored) < 0)
		return ignored.kind == ERR_NOT_FOUND;
	return p.row.state == ROW_REMOVING || (p.row.state != ROW_CREATING && !p.alive);
}

static uint32_t fixed_address(const struct pod_spec *spec)
{
	struct in_addr in;

	return spec->ip && inet_pton(AF_INET, spec->ip, &in) == 1 ? ntohl(in.s_addr) : 0;
}

static void fixed_mac(const struct pod_spec *spec, uint8_t mac[6])
{
	unsigned m[6];

	if (spec->mac &&
		sscanf(spec->mac, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) == 6)
		for (size_t i = 0; i < 6; i++)
			mac[i] = (uint8_t) m[i];
}

/* A port of a pod that has just ended is as good as free: its cleaner is waited for, and replaced when it does not come. */
#define CLEANER_WAIT_US (1 * 1000000ULL)
#define CLEANER_LOOK_NS (1 * 1000000L)

static int reserve_bridge(struct start *s, const struct port_map *m, size_t n, struct err *err)
{
	uint64_t start = time_mono_us();
	const char *holder = NULL;
	bool helped = false;
	int rc;

	while ((rc = network_reserve(s->e, s->p->row.id, s->p->row.name, s->p->spec.network, m, n,
			fixed_address(&s->p->spec), &s->p->arena, &s->res.net, &s->socks, &s->n_socks, err)) <
			0 &&
		err->kind == ERR_EXISTS && !helped && holder_leaves(s, m, n, &holder)) {
		struct err ignored = { 0 };

		if (!holder && time_mono_us() - start > CLEANER_WAIT_US / 5)
			break; /* nobody of ours has it: it is a process of the machine's */
		if ((helped = holder && time_mono_us() - start > CLEANER_WAIT_US))
			(void) pod_cleanup(s->e, holder, NULL, &ignored);
		else
			(void) nanosleep(&(struct timespec){ .tv_nsec = CLEANER_LOOK_NS }, NULL);
		err_clear(err);
	}
	return rc;
}

static int reserve_network(struct start *s, struct err *err)
{
	struct port_map *m = NULL;
	size_t n = 0;
	int rc;

	if (s->p->spec.net != NET_BRIDGE && s->p->spec.net != NET_HOST)
		return 0;
	if ((rc = ports_of(s, &m, &n, err)) < 0)
		return rc;
	if (s->p->spec.net == NET_HOST)
		return n ? network_check_ports(m, n, &s->p->arena, err) : 0;
	if ((rc = reserve_bridge(s, m, n, err)) < 0)
		return rc;
	fixed_mac(&s->p->spec, s->res.net.mac);
	s->res.has_net = true;
	return 0;
}

/* The pod among pods: a container's weight and limits hold within its pod's. */
static int limit_pod(struct start *s, struct err *err)
{
	const struct resources_spec *r = &s->p->spec.resources;
	struct cgroup_limits l = { .memory = r->memory,
		.memory_swap = r->memory_swap,
		.cpus = r->cpuset_cpus && *r->cpuset_cpus ? r->cpuset_cpus : NULL,
		.mems = r->cpuset_mems && *r->cpuset_mems ? r->cpuset_mems : NULL,
		.blkio_weight = r->blkio_weight,
		.memory_reservation = r->memory_reservation,
		.cpu_shares = r->cpu_shares,
		.cpu_quota = r->cpu_quota,
		.cpu_period = r->cpu_period };
	int rc;

	if (!*s->pod_cgroup || s->p->spec.solo || (!s->p->spec.kube && !s->p->spec.member))
		return 0;
	if (!s->e->cgroups_open && (rc = engine_cgroups(s->e, err)) < 0)
		return rc;
	if (cgroup_hierarchy(&s->e->cgroups, "cpu") < 0 && !l.cpu_quota)
		l.cpu_shares = 0; /* a request, of a controller that this user has not */
	if ((rc = cgroup_make(&s->e->cgroups, s->pod_cgroup, err)) < 0 ||
		(rc = cgroup_limit(&s->e->cgroups, s->pod_cgroup, &l, err)) < 0 ||
		(rc = pod_io_limit(s, r, err)) < 0)
		return err_wrap(err, "limits of the pod");
	return 0;
}

/* One transaction while the monitor is still being executed; a pod of one without a network has it in its row already. */
static int record(struct start *s, struct err *err)
{
	if (s->res.has_net || *s->res.scope || !s->fresh || s->p->row.state != ROW_CREATING)
		return pod_res_store(s->e, s->p, &s->res, err);
	return 0;
}

static json_t *go_request(const struct start *s)
{
	json_t *v = json_pack("{s:s}", "op", "GO");

	if (v && s->o->attach) {
		(void) json_object_set_new(v, "attach", json_string(s->o->attach));
		(void) json_object_set_new(v, "stdin", json_boolean(s->o->in));
		(void) json_object_set_new(v, "stdout", json_boolean(s->o->out));
		(void) json_object_set_new(v, "stderr", json_boolean(s->o->errs));
		(void) json_object_set_new(v, "tty_rows", json_integer(s->o->rows));
		(void) json_object_set_new(v, "tty_cols", json_integer(s->o->cols));
	}
	return v;
}

/* A monitor that could not set itself up has said why before it closed the connection. */
static int last_words(struct start *s, int failed, struct err *err)
{
	struct err why = { 0 };

	if (failed != -EPIPE && failed != -ECONNRESET)
		return failed;
	for (int rc = 1; rc > 0;) {
		struct monitor_msg m = { 0 };

		if ((rc = monitor_recv(s->sock, &m, &why)) > 0 && m.kind == PROTO_JSON &&
			monitor_answer_err(m.json, &why) < 0) {
			monitor_msg_done(&m);
			*err = why;
			return -(why.errnum ? why.errnum : EIO);
		}
		monitor_msg_done(&m);
	}
	(void) err_wrap(err, "start the monitor");
	return failed;
}

static int send_go(struct start *s, struct err *err)
{
	int rc = monitor_send(s->sock, go_request(s), s->socks, s->n_socks, err);

	monitor_kick(s->kick);
	if (rc < 0)
		return last_words(s, rc, err);
	s->told = true;
	for (size_t i = 0; i < s->n_socks; i++)
		fd_close_p(&s->socks[i]);
	s->n_socks = 0;
	return 0;
}

static int net_ready(struct start *s, struct monitor_msg *m, struct err *err)
{
	struct err told = { 0 };
	int rc;

	if (!m->nfds)
		return err_set(err, ERR_REMOTE, "the monitor passed no network namespace");
	if ((rc = network_attach(s->e, s->p->row.id, m->fds[0], &s->res.net, err)) < 0) {
		(void) monitor_send(s->sock, json_pack("{s:s, s:s}", "op", "NET_FAILED", "msg", err->msg),
			NULL, 0, &told);
		return rc;
	}
	rc = monitor_send(s->sock, json_pack("{s:s}", "op", "NET_READY"), NULL, 0, err);
	return rc < 0 ? last_words(s, rc, err) : 0;
}

static int wait_started(struct start *s, struct err *err)
{
	for (;;) {
		struct monitor_msg m = { 0 };
		int rc = monitor_recv(s->sock, &m, err);
		const char *ev;

		if (rc < 0)
			return rc;
		if (rc == 0)
			return err_set(err, ERR_REMOTE, "the monitor ended before the start was complete");
		ev = m.kind == PROTO_JSON ? json_string_value(json_object_get(m.json, "ev")) : NULL;
		if (ev && strcmp(ev, "NS_READY") == 0) {
			rc = net_ready(s, &m, err);
		} else if (m.kind == PROTO_JSON && !ev) {
			rc = monitor_answer_err(m.json, err);
			monitor_msg_done(&m);
			return rc < 0 ? rc : 0;
		}
		monitor_msg_done(&m);
		if (rc < 0)
			return rc;
	}
}

/* Only now: a start that is cut short before its answer leaves a row that the next command removes (creating) or a pod that
 * never ran.  We hold the pod's lock, so that the cleaner of a pod that is over already comes after us. */
static int record_started(struct start *s, struct err *err)
{
	/* what was recorded of an earlier run is not true of this one, should nothing else be left of it (a reboot) */
	int rc = s->p->row.status ? store_pod_set_status(s->e->store, s->p->row.id, ROW_STARTED, NULL, err)
				  : store_pod_set_state(s->e->store, s->p->row.id, ROW_STARTED, err);

	if (rc == 0)
		s->p->row.state = ROW_STARTED;
	return rc;
}

/* To a caller these two kinds say that the program could not be executed (127, 126). */
static int not_executed(int rc, struct err *err)
{
	if (err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED)
		err->kind = ERR_INVALID;
	return rc;
}

int start_mounts(struct start *s, struct err *err)
{
	int rc = pod_data_dirs(s->e, s->p, err);

	if (rc == 0 && !pod_has_userns(&s->p->spec)) /* its ids are settled with its row */
		rc = bundle_mounts(s, err);
	return rc < 0 ? not_executed(rc, err) : 0;
}

int start_rest(struct start *s, struct err *err)
{
	/* clang-format off */
	static const struct { const char *name; int (*run)(struct start *, struct err *); } steps[] = {
		{ "cgroup", make_scope }, { NULL, reserve_network }, { NULL, record }, { NULL, limit_pod }, { NULL, pod_etc_write },
		{ NULL, pod_volumes_make }, { NULL, plan_make }, { NULL, plan_write }, { NULL, send_go },
		{ NULL, wait_started }, { NULL, record_started },
	};
	/* clang-format on */
	int rc;

	for (size_t i = 0; i < LEN(steps); i++) {
		if ((rc = steps[i].run(s, err)) >= 0)
			continue;
		/* only the runtime can say that a program could not be executed, and a bundle whose user the image does not
		 * know, which is no errno's fault */
		if (steps[i].run != wait_started &&
			!(steps[i].run == plan_make && err->kind == ERR_DENIED && !err->errnum))
			rc = not_executed(rc, err);
		return steps[i].name ? err_wrap(err, "%s", steps[i].name) : rc;
	}
	s->p->alive = true;
	return 0;
}

/* ---- start of a pod that exists -------------------------------------------------------------------------------------- */

/* A member of a living pod: announced to the monitor when it does not know it yet, then started. */
static int start_member(struct start *s, const char *id, int *ret_sock, struct err *err)
{
	struct container_spec *c = pod_ctr(s->p, id, NULL);
	const struct status_container *st = pod_status_of(s->p, id);
	auto_close int sock = -EBADF, other = -EBADF;
	int rc;

	if (!c)
		return err_set(err, ERR_NOT_FOUND, "pod '%s' has no container %.12s", s->p->row.name, id);
	if (st && st->state != CTR_CREATED && st->state != CTR_EXITED)
		return 0;
	if ((rc = pod_connect(s->e, s->p, &sock, err)) < 0)
		return rc;
	s->monitor = (pid_t) s->p->status.monitor;
	if (!st) {
		struct plan_container pc = { 0 };
		json_t *v;

		if ((rc = pod_res_load(s->p, &s->p->arena, &s->res, err)) < 0)
			return rc;
		s->pod_cgroup = s->res.cgroup;
		if ((rc = pod_etc_write(s, err)) < 0 || (rc = plan_container_make(s, c, &pc, err)) < 0)
			return rc;
		if (!(v = encode_json(plan_container_fields, &pc)))
			return no_memory(err);
		if ((rc = monitor_call(
			     sock, json_pack("{s:s, s:o}", "op", "ADD", "container", v), NULL, err)) < 0)
			return rc;
	}
	if (s->o->attach && strcmp(s->o->attach, id) == 0 && ret_sock) {
		rc = monitor_call(sock,
			json_pack("{s:s, s:s, s:b, s:b, s:b}", "op", "ATTACH", "ctr", id, "stdin", s->o->in,
				"stdout", s->o->out, "stderr", s->o->errs),
			NULL, err);
		/* what it writes may come before the answer to START, and is to stay in that socket */
		if (rc < 0 || (rc = pod_connect(s->e, s->p, &other, err)) < 0)
			return rc;
	}
	if ((rc = monitor_call(other >= 0 ? other : sock, json_pack("{s:s, s:s}", "op", "START", "ctr", id),
		     NULL, err)) < 0)
		return rc;
	if (ret_sock)
		*ret_sock = fd_steal(&sock);
	return 0;
}

static int start_members(struct start *s, int *ret_sock, struct err *err)
{
	auto_close int sock = -EBADF;
	int rc;

	for (size_t i = 0; i < s->p->n; i++) {
		const struct container_spec *c = &s->p->ctr[i];

		if (s->o->only ? strcmp(c->id, s->o->only) != 0 : c->role != ROLE_MEMBER)
			continue;
		if ((rc = start_member(s, c->id, sock < 0 ? &sock : NULL, err)) < 0)
			return s->p->row.solo ? rc : err_wrap(err, "container '%s'", c->short_name);
	}
	if (ret_sock)
		*ret_sock = fd_steal(&sock);
	return 0;
}

/* What the monitor of a failed start left, it undid itself; the rest goes by the row.  The pod stays as it was: created. */
static int undo_start(struct start *s, int rc)
{
	struct err ignored = { 0 };
	enum row_state back = s->fresh ? ROW_CREATED : ROW_EXITED;

	/* what failed may have been ours, after the pod was started: it does not end by itself */
	if (s->told && pod_end_monitor(s->e, s->p, &ignored) < 0) {
		log_warn("stop '%s', ignoring: %s", s->p->row.name, ignored.msg);
		err_clear(&ignored);
	}
	if (s->sock >= 0)
		(void) shutdown(s->sock, SHUT_WR); /* one that still waits for GO waits no longer */
	if (monitor_gone(s->p, s->sock, &ignored) < 0) {
		log_warn("stop the monitor of '%s', ignoring: %s", s->p->row.name, ignored.msg);
		err_clear(&ignored);
	}
	(void) pod_read_status(s->e, s->p, &ignored);
	err_clear(&ignored);
	if (pod_teardown(s->e, s->p, &ignored) < 0)
		log_warn("tear down '%s', ignoring: %s", s->p->row.name, ignored.msg);
	err_clear(&ignored);
	(void) store_pod_set_state(s->e->store, s->p->row.id, back, &ignored);
	s->p->row.state = back;
	return rc;
}

int pod_start(struct engine *e, struct pod *p, const struct pod_start_opts *o, int *ret_sock, struct err *err)
{
	struct start s;
	int rc;

	if ((rc = start_init(&s, e, p, o, err)) < 0)
		return rc;
	if (p->alive) {
		rc = start_members(&s, ret_sock, err);
		start_done(&s);
		return rc;
	}
	/* a monitor that was killed may have left containers and a network behind */
	if (p->row.state == ROW_STARTED && (rc = pod_record_end(e, p, err)) < 0)
		return rc;
	if (p->row.state == ROW_EXITED && (rc = pod_teardown(e, p, err)) < 0)
		return rc;
	if ((rc = pod_open_dirs(e, p, err)) < 0)
		return rc;
	rc = start_spawn(&s, err);
	if (rc < 0 || (rc = start_mounts(&s, err)) < 0 || (rc = start_rest(&s, err)) < 0)
		rc = undo_start(&s, rc);
	else if (ret_sock)
		*ret_sock = fd_steal(&s.sock);
	if (rc == 0)
		pod_event(e, p, "start");
	start_done(&s);
	return rc;
}
