#include "pkg/verb/create.h"
#include "pkg/infra/infra.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/container/resolve.h"
#include "pkg/util/io.h"
#include "pkg/util/log.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"
#include "pkg/verb/image_use.h"
#include "pkg/volume/volume.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "create a container"); }

static int check_request(const struct create_request *r, struct err *err)
{
	if (r->name && !name_is_valid(r->name))
		return err_set(err, ERR_INVALID, "--name '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*",
			r->name);
	if (r->pod && userns_asked(&r->userns))
		return err_set(err, ERR_INVALID,
			"--userns belongs to the pod, whose containers share one: give it to 'podctl pod "
			"create'");
	if (r->cgroups && *r->cgroups && strcmp(r->cgroups, "enabled") != 0 &&
		strcmp(r->cgroups, "no-conmon") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"--cgroups %s: a pod is stopped, counted and limited by its cgroup and always has "
			"one",
			r->cgroups);
	if (r->autoremove && r->restart && *r->restart && strcmp(r->restart, "no") != 0)
		return err_set(err, ERR_INVALID, "--rm and --restart %s contradict each other", r->restart);
	if (r->pod && !create_wants_new_pod(r) &&
		(r->networks.n || r->publish.n || r->publish_all || r->dns.n || r->dns_search.n ||
			r->dns_option.n || r->add_hosts.n || r->no_hosts))
		return err_set(err, ERR_INVALID,
			"--network, --publish, --dns, --add-host and --no-hosts belong to the pod: give them "
			"to 'podctl pod create'");
	if (r->pod && !create_wants_new_pod(r) && r->cgroup_parent)
		return err_set(err, ERR_INVALID,
			"--cgroup-parent belongs to the pod: give it to 'podctl pod create'");
	if (r->replace && !r->name)
		return err_set(
			err, ERR_INVALID, "--replace needs --name: which container is to be replaced?");
	return 0;
}

/* The source of a bind mount must be there: the engine makes no directories in the host's tree that nobody asked for. */
int create_check_sources(const struct container_spec *c, struct err *err)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		struct stat st;
		char words[128];

		if (m->type == MOUNT_BIND && stat(m->source, &st) < 0)
			return err_set(err, ERR_INVALID, "mount %s on %s: statfs %s: %s", m->source, m->dest,
				m->source, err_words(errno, words, sizeof words));
	}
	return 0;
}

/* A rootfs given as a directory: nothing to resolve but the command. */
static int use_rootfs(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	struct stat st;

	c->rootfs =
		r->image[0] == '/' ? arena_strdup(a, r->image) : arena_printf(a, "%s/%s", r->cwd, r->image);
	if (!c->rootfs || !(c->image = arena_strdup(a, "")))
		return no_memory(err);
	if (stat(c->rootfs, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_INVALID, "--rootfs %s: not a directory", r->image);
	return container_resolve(e, NULL, c, a, err);
}

static int join_one(struct engine *e, struct ns_spec *ns, const char *flag, struct arena *a, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc;

	if (ns->mode != NS_CONTAINER)
		return 0;
	if ((rc = store_find(e->store, ns->container, STORE_CONTAINER, a, &id, &pod, err)) < 0)
		return err_wrap(err, "--%s container:%s", flag, ns->container);
	return (ns->container = arena_strdup(a, id)) ? 0 : no_memory(err);
}

static int join_namespaces(struct engine *e, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	if ((rc = join_one(e, &c->pid, "pid", a, err)) < 0 || (rc = join_one(e, &c->ipc, "ipc", a, err)) < 0)
		return rc;
	return join_one(e, &c->uts, "uts", a, err);
}

/* --requires: by their ids, so that a new name changes nothing. */
static int find_required(struct engine *e, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc;

	for (size_t i = 0; i < c->requires.n; i++) {
		const char *id = NULL, *pod = NULL;

		if ((rc = store_find(e->store, c->requires.v[i], STORE_CONTAINER, a, &id, &pod, err)) < 0)
			return err_wrap(err, "--requires %s", c->requires.v[i]);
		if (!(c->requires.v[i] = arena_strdup(a, id)))
			return no_memory(err);
	}
	return 0;
}

/* --replace: what has the name goes first. */
static int replace_old(struct engine *e, const char *name, struct arena *a, struct err *err)
{
	struct target t = { .asked = name };
	struct err one = { 0 };

	if (store_find(e->store, name, STORE_CONTAINER, a, &t.id, &t.pod, &one) < 0)
		return 0;
	return verb_remove(e, &t, &(struct remove_request){ .force = true }, err);
}

static int give_name(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct err *err)
{
	const char *name = r->name;
	char id[ID_LEN + 1];
	int rc;

	if (name && r->replace && (rc = replace_old(e, name, a, err)) < 0)
		return rc;
	if (!name && (rc = name_random(e, a, &name, err)) < 0)
		return rc;
	id_random(id);
	c->name = arena_strdup(a, name);
	c->short_name = arena_strdup(a, name);
	c->id = arena_strdup(a, id);
	return c->name && c->short_name && c->id ? 0 : no_memory(err);
}

/* -P: every exposed port on a free port of the host. */
static int publish_all(const struct container_spec *c, struct pod_spec *p, struct arena *a, struct err *err)
{
	struct port_spec *v = arena_array(a, p->ports.n + c->exposed.n + 1, sizeof *v);

	if (!v)
		return no_memory(err);
	if (p->ports.n)
		memcpy(v, p->ports.v, p->ports.n * sizeof *v);
	for (size_t i = 0; i < c->exposed.n; i++) {
		const char *text = c->exposed.v[i], *slash = strchr(text, '/');
		struct port_spec *port = &v[p->ports.n + i];
		auto_free char *number = strndup(text, slash ? (size_t) (slash - text) : strlen(text));
		uint64_t n;

		if (!number || parse_u64(number, 1, 65535, &n) < 0)
			return err_set(err, ERR_INVALID, "the image exposes '%s', which is no port", text);
		port->container_port = (uint16_t) n;
		port->proto = slash && !strcmp(slash + 1, "udp")    ? 1
			      : slash && !strcmp(slash + 1, "sctp") ? 2
								    : 0;
	}
	p->ports = (struct list){ .v = v, .n = p->ports.n + c->exposed.n };
	return 0;
}

/* What becomes of a new container: made only, or started at once. */
struct make {
	int *notify;
	bool run, started; /* started: what fails from here on is the start */
	const struct attach_request *at;
	int *ret_sock;
};

static int make_pod(struct engine *e, struct pod_spec *p, struct container_spec *c, struct make *m,
	struct pod *ret, struct err *err)
{
	struct pod_start_opts o = { 0 };

	if (!m->run)
		return pod_create(e, p, c, 1, NULL, NULL, ret, err);
	if (m->at) {
		o = (struct pod_start_opts){ .attach = c->id,
			.in = m->at->in,
			.out = m->at->out,
			.errs = m->at->errs,
			.rows = m->at->rows,
			.cols = m->at->cols };
	}
	o.notify = m->notify;
	m->started = true;
	return pod_run(e, p, c, 1, NULL, NULL, &o, ret, m->at ? m->ret_sock : NULL, err);
}

/* A container outside a pod: a pod of one whose id and name are the container's. */
static int create_solo(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct make *m, struct pod *ret, struct err *err)
{
	struct pod_net_request net = { &r->networks, &r->publish, &r->add_hosts, &r->dns, &r->dns_search,
		&r->dns_option, r->no_hosts, &r->address };
	struct pod_spec p = { .solo = true, .autoremove = r->autoremove, .no_infra = true };
	int rc;

	p.id = c->id;
	p.name = c->name;
	c->pod = c->id;
	p.created_us = time_now_us();
	p.exit_policy = arena_strdup(a, "stop");
	if ((rc = create_cgroup_parent(e, r->cgroup_parent, &p, a, err)) < 0)
		return rc;
	if ((rc = create_network(e, &net, &p, a, err)) < 0)
		return rc;
	if (r->publish_all && (rc = publish_all(c, &p, a, err)) < 0)
		return rc;
	/* the network's namespace is the host's or another's: so is the host name, unless one is asked for */
	if (p.net == NET_HOST && !r->hostname && !r->uts)
		c->uts.mode = NS_HOST;
	if (r->hostname && c->uts.mode == NS_HOST)
		return err_set(
			err, ERR_INVALID, "--hostname cannot be set when the UTS namespace is the host's");
	p.hostname = c->hostname;
	if ((rc = userns_read(e, &r->userns, a, &p.userns, err)) < 0)
		return rc;
	p.host_pid = c->pid.mode == NS_HOST;
	if (strs_add_all(&p.create_argv, a, &r->argv) < 0)
		return no_memory(err);
	return make_pod(e, &p, c, m, ret, err);
}

/* What a pod shares its members are in. */
static int check_private(
	const struct create_request *r, const struct container_spec *c, const struct pod *p, struct err *err)
{
	struct infra_share share = { 0 };
	int rc = infra_share_of(&p->spec, &share, err);
	const char *flag = r->ipc && c->ipc.mode == NS_PRIVATE && share.ipc   ? "ipc"
			   : r->uts && c->uts.mode == NS_PRIVATE && share.uts ? "uts"
			   : r->pid && c->pid.mode == NS_PRIVATE && share.pid ? "pid"
									      : NULL;

	if (rc < 0 || !flag)
		return rc;
	return err_set(err, ERR_UNSUPPORTED,
		"--%s private: pod '%s' shares this namespace with its containers; podctl pod create --share "
		"without %s",
		flag, p->row.name, flag);
}

static int create_member(struct engine *e, const struct create_request *r, struct container_spec *c,
	struct arena *a, struct make *m, struct pod *ret, struct err *err)
{
	const char *id = NULL, *pod = NULL;
	int rc;

	if (r->address.ip || r->address.mac || r->address.aliases.n)
		return err_set(err, ERR_INVALID,
			"invalid config provided: networks must be defined when the pod is created: network "
			"cannot be "
			"configured when it is shared with a pod");
	if ((rc = store_find(e->store, r->pod, STORE_POD, a, &id, &pod, err)) < 0 ||
		(rc = pod_load(e, id, true, ret, err)) < 0)
		return rc;
	c->pod = arena_strdup(a, id);
	if (!c->pod)
		rc = no_memory(err);
	else if (r->autoremove && !m->at)
		rc = err_set(err, ERR_UNSUPPORTED,
			"--rm with --pod works only for a run that stays attached; the container goes with "
			"its "
			"pod");
	else {
		if (!r->pid)
			c->pid.mode = ret->spec.share_pid ? NS_POD : NS_PRIVATE;
		if ((rc = check_private(r, c, ret, err)) == 0)
			rc = pod_add_container(e, ret, c, err);
	}
	if (rc == 0 && m->run) {
		m->started = true;
		rc = verb_start_pod(e, ret, c->id, m->at, m->ret_sock, err);
		if (rc < 0) {
			struct err undo = { 0 };

			/* the first start failed: as for a pod of one, nothing of it stays */
			if (pod_remove_container(e, ret, c->id, &undo) < 0)
				log_warn("container %s: %s", c->name, undo.msg);
		}
	}
	if (rc < 0)
		pod_done(ret);
	return rc;
}

/* The volumes of a container that is not started now are there already, as podman's; a start would make what is missing. */
static void make_volumes(struct engine *e, const struct container_spec *c)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_spec *m = LIST_AT(c->mounts, struct mount_spec, i);
		struct err one = { 0 };

		if (m->type == MOUNT_NAMED && volume_ensure(e, m->source, m->anonymous, &one) < 0)
			log_warn("container %s: %s", c->name, one.msg);
	}
}

static int make(struct engine *e, const struct create_request *r, struct arena *a, struct make *m,
	struct create_result *ret, struct err *err)
{
	struct container_spec *c = arena_alloc(a, sizeof *c);
	struct create_request in_new = { 0 };
	struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	int rc;

	if (!c)
		return no_memory(err);
	if ((rc = check_request(r, err)) < 0)
		return rc;
	if (create_wants_new_pod(r)) {
		if ((rc = create_new_pod(e, r, &in_new, a, err)) < 0)
			return rc;
		r = &in_new;
	}
	if ((rc = create_spec(e, r, c, a, err)) < 0 || (rc = create_from_pod(e, r, c, a, err)) < 0 ||
		(rc = create_volumes_from(e, r, c, a, err)) < 0 ||
		(rc = create_image_mounts(e, c, a, err)) < 0 || (rc = create_secrets(e, r, c, a, err)) < 0)
		return rc;
	rc = r->rootfs ? use_rootfs(e, r, c, a, err)
		       : image_use_for(e, r->image, r->pull, &r->images, c, a, err);
	if (rc < 0 || (rc = create_check_sources(c, err)) < 0 || (rc = join_namespaces(e, c, a, err)) < 0 ||
		(rc = give_name(e, r, c, a, err)) < 0 || (rc = create_systemd(r, c, a, err)) < 0 ||
		(rc = find_required(e, c, a, err)) < 0)
		return rc;
	if (m->run && (rc = start_required(e, &c->requires, err)) < 0)
		return rc;
	rc = r->pod ? create_member(e, r, c, a, m, &p, err) : create_solo(e, r, c, a, m, &p, err);
	if (rc < 0)
		return rc;
	if (!m->run)
		make_volumes(e, c);
	*ret = (struct create_result){ .id = arena_strdup(a, c->id),
		.name = arena_strdup(a, c->name),
		.pod = arena_strdup(a, p.row.id),
		.image = c->image,
		.labels = c->labels };
	pod_done(&p);
	return ret->id && ret->name && ret->pod ? 0 : no_memory(err);
}

int verb_create(struct engine *e, const struct create_request *r, struct arena *a, struct create_result *ret,
	struct err *err)
{
	return make(e, r, a, &(struct make){ 0 }, ret, err);
}

int verb_run(struct engine *e, const struct create_request *r, const struct attach_request *at,
	struct arena *a, struct create_result *ret, int *ret_sock, bool *ret_refused, struct err *err)
{
	struct make m = { .run = true, .at = at, .ret_sock = ret_sock, .notify = r->notify };
	int rc = make(e, r, a, &m, ret, err);

	*ret_refused = rc < 0 && m.started && (err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED);
	return rc;
}
