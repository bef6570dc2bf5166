/* The bundle of one container: what its config.json needs to know of the machine, and the file itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <linux/capability.h>

#include "pkg/container/resolve.h"
#include "pkg/container/seccomp.h"
#include "pkg/engine/mounts.h"
#include "pkg/image/image.h"
#include "pkg/monitor/proto.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make bundle"); }

/* ---- root file system ---------------------------------------------------------------------------------------------- */

static bool is_volatile(const struct pod *p) { return p->spec.autoremove || p->spec.kube; }

/* What the container sees, topmost first: its own writes, when they are to be kept, then the image. */
int bundle_layers(struct engine *e, const struct pod *p, const struct container_spec *c, struct arena *a,
	struct strs *ret, struct err *err)
{
	struct image_row img;
	struct strs lowers = { 0 };
	char path[PATH_TEXT];
	int rc;

	if (c->rootfs && *c->rootfs)
		return strs_add(ret, a, c->rootfs) < 0 ? no_memory(err) : 0;
	if (!c->image_id || !*c->image_id)
		return 0;
	if ((rc = store_image_get(e->store, c->image_id, a, &img, err)) < 0)
		return err_wrap(err, "image '%s'", c->image ? c->image : c->image_id);
	if (e->vfs && pod_vfs_is_filled(p, c))
		return strs_addf(ret, a, "%s/%s/upper", e->root, path_ctr_data(path, p->row.id, c->id)) < 0
			       ? no_memory(err)
			       : 0;
	if ((rc = image_lowers(e, &img, a, &lowers, err)) < 0)
		return rc;
	if (!e->vfs && !is_volatile(p) &&
		strs_addf(ret, a, "%s/%s/upper", e->root, path_ctr_data(path, p->row.id, c->id)) < 0)
		return no_memory(err);
	return strs_add_all(ret, a, &lowers) < 0 ? no_memory(err) : 0;
}

/* The upper's root is the container's root: it has the image's mode and owner.  A pod whose writes do not outlive it starts
 * with an empty one (a volatile overlay is not to be used again after a crash). */
static int upper_prepare(struct start *s, const struct container_spec *c, const char *top, struct err *err)
{
	struct stat st;
	char path[PATH_TEXT];
	auto_close int dir = -EBADF;
	bool fresh;
	int rc;

	snprintf(path, sizeof path, "containers/%s", c->id);
	if ((dir = path_open(s->p->data_fd, path, PATH_IN_STATE, O_PATH | O_DIRECTORY, 0)) < 0)
		return err_sys(err, -dir, "open '%s' of the pod", path);
	if ((rc = mounts_remove(s->e, MOUNTS_OF_CONTAINERS, c->id, err)) <
		0) /* `podctl mount`: one layer, one mount */
		return rc;
	fresh = s->fresh || !pod_status_of(s->p, c->id);
	if (s->e->vfs)
		return (rc = pod_vfs_empty(s->p, c, !fresh && is_volatile(s->p), err)) < 0
			       ? rc
			       : pod_vfs_fill(s->e, s->p, c, err);
	if (!fresh && is_volatile(s->p)) {
		static const char *const names[] = { "upper", "work" };

		for (size_t i = 0; i < LEN(names); i++) {
			if ((rc = dir_remove(dir, names[i])) < 0)
				return err_sys(err, -rc, "empty the writable layer");
			if (mkdirat(dir, names[i], 0711) < 0)
				return err_sys(err, errno, "make the writable layer");
		}
	} else if (!fresh) {
		return 0;
	}
	if (stat(top, &st) < 0)
		return err_sys(err, errno, "look at layer '%s'", top);
	if (fchmodat(dir, "upper", st.st_mode & 07777, 0) < 0 ||
		((st.st_uid || st.st_gid) && fchownat(dir, "upper", st.st_uid, st.st_gid, 0) < 0))
		return err_sys(err, errno, "give the writable layer its mode");
	return 0;
}

static int mountpoints_add(
	struct start *s, const struct container_spec *c, struct plan_overlay *o, struct err *err)
{
	struct etc_files f = { 0 };
	const char *layer;
	int rc;

	if (o->lowers.n >= LAYERS_MAX)
		return 0;
	if ((rc = pod_etc_files(s, c, &f, err)) < 0 || (rc = mountpoints_layer(s->e, &f, &layer, err)) < 0)
		return rc;
	return strs_add(&o->lowers, &s->p->arena, layer) < 0 ? no_memory(err) : 0;
}

/* What the image alone takes of the copy: a limit is about what the container writes. */
static int copy_base(struct start *s, const struct container_spec *c, struct plan_overlay *o, struct err *err)
{
	struct image_row img;
	int rc = store_image_get(s->e->store, c->image_id, &s->p->arena, &img, err);

	if (rc == 0)
		o->base = img.size;
	return rc;
}

/* The layers as the pod's user namespace sees their owners. */
static int overlay_ids(struct start *s, struct plan_overlay *o, struct err *err)
{
	const struct list *uids = &s->p->spec.userns.uids, *gids = &s->p->spec.userns.gids;
	const char **path[] = { (const char **) &o->upper, (const char **) &o->work };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < o->lowers.n; i++)
		rc = pod_userns_path(s, o->lowers.v[i], (const char **) &o->lowers.v[i], err);
	for (size_t i = 0; rc == 0 && i < LEN(path); i++)
		rc = pod_userns_path(s, *path[i], path[i], err);
	if (uids->n && gids->n) {
		o->uid = LIST_AT(*uids, const struct id_range, 0)->outside;
		o->gid = LIST_AT(*gids, const struct id_range, 0)->outside;
	}
	return rc;
}

static int overlay_make(struct start *s, const struct container_spec *c, const struct strs *layers,
	struct plan_overlay **ret, struct err *err)
{
	struct arena *a = &s->p->arena;
	struct plan_overlay *o = arena_alloc(a, sizeof *o);
	char path[PATH_TEXT];
	bool kept = !is_volatile(s->p);
	int rc;

	if (!o)
		return no_memory(err);
	for (size_t i = kept && !s->e->vfs; i < layers->n; i++)
		if (strs_add(&o->lowers, a, layers->v[i]) < 0)
			return no_memory(err);
	if (!o->lowers.n)
		return err_set(err, ERR_CORRUPT, "image '%s' has no layer", c->image);
	path_ctr_data(path, s->p->row.id, c->id);
	o->upper = arena_printf(a, "%s/%s/upper", s->e->root, path);
	o->work = arena_printf(a, "%s/%s/work", s->e->root, path);
	o->target =
		arena_printf(a, "%s/%s", s->e->runroot, path_ctr_file(path, s->p->row.id, c->id, "rootfs"));
	o->is_volatile = !kept;
	o->userxattr = s->e->in_userns;
	o->nodev = s->e->overlay_nodev;
	o->copy = s->e->vfs;
	if (!o->upper || !o->work || !o->target)
		return no_memory(err);
	if ((rc = upper_prepare(s, c, o->lowers.v[0], err)) < 0 ||
		(rc = o->copy ? copy_base(s, c, o, err) : mountpoints_add(s, c, o, err)) < 0)
		return rc;
	if ((rc = overlay_ids(s, o, err)) < 0)
		return rc;
	*ret = o;
	return 0;
}

static int root_make(struct start *s, const struct container_spec *c, struct root *ret, struct err *err)
{
	struct root r = { .overlay = NULL };
	int rc = bundle_layers(s->e, s->p, c, &s->p->arena, &r.layers, err);

	if (rc < 0)
		return rc;
	if (!r.layers.n)
		return err_set(err, ERR_INVALID, "there is neither an image nor a root file system");
	if (!(c->rootfs && *c->rootfs) && (rc = overlay_make(s, c, &r.layers, &r.overlay, err)) < 0)
		return rc;
	if (r.overlay && r.overlay->copy) { /* which is all there is to see now */
		r.layers = (struct strs){ 0 };
		rc = bundle_layers(s->e, s->p, c, &s->p->arena, &r.layers, err);
		if (rc < 0)
			return rc;
	}
	*ret = r;
	return 0;
}

/* ---- facts ---------------------------------------------------------------------------------------------------------- */

/* Beyond the bounding set nothing can be given; a nested engine has a smaller one than the names in the specs. */
static uint64_t caps_bound(void)
{
	static uint64_t caps; /* it does not change while we run */
	uint64_t found = caps;

	if (caps)
		return caps;
	for (int i = 0; i < CAP_COUNT; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			found |= 1ULL << i;
	return caps = found;
}

static int64_t own_oom_score(void)
{
	auto_buf struct buf b = BUF_INIT(64);

	if (file_read(AT_FDCWD, "/proc/self/oom_score_adj", PATH_IN_STATE, &b) < 0 || !b.data)
		return 0;
	return strtol(b.data, NULL, 10);
}

static uint64_t hard_limit(int resource)
{
	struct rlimit r;

	return getrlimit((__rlimit_resource_t) resource, &r) < 0 || r.rlim_max == RLIM_INFINITY ? UINT64_MAX
												: r.rlim_max;
}

/* Group 5 is tty everywhere; a user with few subordinate ids, or none, may not have it. */
static bool has_tty_group(const struct engine *e)
{
	auto_buf struct buf b = BUF_INIT(4096);
	unsigned inside, outside, n;

	if (!e->in_userns)
		return true;
	if (file_read(AT_FDCWD, "/proc/self/gid_map", PATH_IN_STATE, &b) < 0 || !b.data)
		return false;
	for (const char *p = b.data; p && sscanf(p, "%u %u %u", &inside, &outside, &n) == 3; /* NOLINT */
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (inside <= 5 && n > 5 - inside)
			return true;
	return false;
}

void pod_own_limits(struct engine *e, const struct pod *p, struct oci_facts *f)
{
	const bool own = pod_has_userns(&p->spec); /* whose root may not raise the host's limits */
	uint32_t ignored;

	f->caps_max = caps_bound();
	f->limits_rise = !e->in_userns && !own && prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1;
	f->oom_min = f->limits_rise ? -1000 : own_oom_score();
	f->nofile_max = hard_limit(RLIMIT_NOFILE);
	f->nproc_max = hard_limit(RLIMIT_NPROC);
	f->tty_group = own ? ids_outside(&p->spec.userns.gids, 5, &ignored) : has_tty_group(e);
}

static int cgroup_of(struct start *s, const struct container_spec *c, struct bundle *b, struct err *err)
{
	b->cgroup = "";
	if (!*s->pod_cgroup)
		return 0;
	b->cgroup = s->p->spec.solo && !*s->res.scope
			    ? s->pod_cgroup
			    : arena_printf(&s->p->arena, "%s/%s", s->pod_cgroup, c->id);
	return b->cgroup ? 0 : no_memory(err);
}

/* v2: a scope has what its slice hands down, which for a user may leave pids out. */
static bool has_pids(const struct start *s)
{
	auto_buf struct buf b = BUF_INIT(4096);
	char path[600];
	const char *at;

	if (s->e->cgroups.mode != CGROUP_V2 || !*s->res.scope)
		return cgroup_hierarchy(&s->e->cgroups, "pids") >= 0;
	snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/cgroup.controllers",
		(int) (strlen(s->pod_cgroup) - strlen("/pod")), s->pod_cgroup);
	if (file_read(AT_FDCWD, path, PATH_IN_STATE, &b) < 0 || !b.data)
		return false;
	at = strstr(b.data, "pids");
	return at && (at == b.data || at[-1] == ' ');
}

/* What is the host's alone cannot be had from a user namespace. */
static void userns_facts(struct start *s, struct oci_facts *f)
{
	const char *name = strrchr(s->runtime, '/') ? strrchr(s->runtime, '/') + 1 : s->runtime;

	f->cgroup_mount = f->cgroup_v2;
	f->own_users = true;
	if (strcmp(name, "runc") == 0) { /* it refuses to join what it has no maps of */
		f->uids = &s->p->spec.userns.uids;
		f->gids = &s->p->spec.userns.gids;
	}
}

static int limits_facts(struct start *s, struct oci_facts *f, struct err *err)
{
	int rc;

	if (!s->e->cgroups_open && (rc = engine_cgroups(s->e, err)) < 0)
		return rc;
	f->cgroup_v2 = s->e->cgroups.mode == CGROUP_V2;
	f->cgroup_mount = f->cgroup_v2 || (s->e->cgroups.mode == CGROUP_V1 && !s->e->in_userns);
	f->pids = *s->pod_cgroup && has_pids(s);
	pod_own_limits(s->e, s->p, f);
	if (pod_has_userns(&s->p->spec))
		userns_facts(s, f);
	return 0;
}

/* A process of another user's program must be able to reach what it is bound to; the files are world-readable by choice. */
static int files_facts(struct start *s, const struct container_spec *c, struct oci_facts *f, struct err *err)
{
	struct etc_files files = { 0 };
	int rc;

	if (c->role == ROLE_INFRA)
		return engine_helper(s->e, "podctl-pause", &f->pause, err);
	if ((rc = pod_etc_files(s, c, &files, err)) < 0)
		return rc;
	f->hosts = files.hosts;
	f->hostname = files.hostname;
	f->resolv = files.resolv;
	f->containerenv = files.containerenv;
	if (c->privileged && (rc = pod_containerenv(s, c, &f->containerenv, err)) < 0)
		return rc;
	if (s->make_ipc && (c->ipc.mode == NS_PRIVATE || c->ipc.mode == NS_POD) &&
		!(f->shm = arena_printf(&s->p->arena, "%s/pods/%s/shm", s->e->runroot, s->p->row.id)))
		return no_memory(err);
	return 0;
}

/* The socket on which the container says that it is ready; who started it listens. */
static int notify_facts(struct start *s, const struct container_spec *c, struct oci_facts *f, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	auto_close int dir = -EBADF, sock = -EBADF;
	char path[PATH_TEXT], rel[160];

	if (!s->o->notify || c->role == ROLE_INFRA || *s->o->notify >= 0)
		return 0;
	snprintf(rel, sizeof rel, "%s/notify", c->id);
	if ((dir = dir_make(s->p->run_fd, rel, 0755)) < 0)
		return err_sys(err, -dir, "make the directory of NOTIFY_SOCKET");
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/notify", dir);
	(void) unlinkat(dir, "notify", 0);
	if ((sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0 ||
		bind(sock, (struct sockaddr *) &a, sizeof a) < 0 || fchmodat(dir, "notify", 0777, 0) < 0)
		return err_sys(err, errno, "make the container's NOTIFY_SOCKET");
	f->notify = arena_printf(
		&s->p->arena, "%s/%s", s->e->runroot, path_ctr_file(path, s->p->row.id, c->id, "notify"));
	if (!f->notify)
		return no_memory(err);
	*s->o->notify = fd_steal(&sock);
	return 0;
}

/* The program that is pid 1 with --init, and the file behind --tz. */
static int init_facts(struct start *s, const struct container_spec *c, struct oci_facts *f, struct err *err)
{
	struct stat st;
	int rc;

	if (c->role == ROLE_INFRA)
		return 0;
	if (c->init && c->init_path && *c->init_path) {
		if (stat(c->init_path, &st) < 0)
			return err_sys(err, errno, "--init-path '%s'", c->init_path);
		f->init = c->init_path;
	} else if (c->init && (rc = engine_helper(s->e, "podctl-pause", &f->init, err)) < 0) {
		return rc;
	}
	if (!c->tz || !*c->tz)
		return 0;
	f->localtime = strcmp(c->tz, "local") == 0
			       ? "/etc/localtime"
			       : arena_printf(&s->p->arena, "/usr/share/zoneinfo/%s", c->tz);
	if (!f->localtime)
		return no_memory(err);
	if (stat(f->localtime, &st) < 0)
		return err_sys(err, errno, "time zone '%s': look at '%s'", c->tz, f->localtime);
	return S_ISREG(st.st_mode)
		       ? 0
		       : err_set(err, ERR_INVALID, "time zone '%s': '%s' is not a file", c->tz, f->localtime);
}

/* ---- seccomp -------------------------------------------------------------------------------------------------------- */

static int seccomp_make(struct start *s, const struct container_spec *c, const struct oci_facts *f,
	struct buf *b, struct err *err)
{
	const char *file = c->seccomp && *c->seccomp ? c->seccomp : s->e->config.seccomp_profile;
	struct seccomp_profile own = seccomp_default;
	auto_buf struct buf text = BUF_INIT(4 * MiB);
	uint64_t caps;
	int rc;

	if (c->privileged || (file && strcmp(file, "unconfined") == 0))
		return 0;
	if (file && strcmp(file, "default") != 0 && strcmp(file, "builtin") != 0) {
		if ((rc = file_read(AT_FDCWD, file, PATH_IN_STATE, &text)) < 0)
			return err_sys(err, -rc, "read seccomp profile '%s'", file);
		if ((rc = seccomp_parse(text.data ? text.data : "", text.len, &s->p->arena, &own, err)) < 0)
			return err_wrap(err, "'%s'", file);
	}
	if ((rc = oci_caps(c, f, &caps, err)) < 0)
		return rc;
	return seccomp_text(&own, caps, s->kernel, b) < 0 ? no_memory(err) : 0;
}

/* ---- the bundle ------------------------------------------------------------------------------------------------------ */

static int dirs_make(struct start *s, const struct container_spec *c, bool mount, struct err *err)
{
	static const char *const names[] = { "", "/bundle", "/rootfs" };
	char path[PATH_TEXT];

	for (size_t i = 0; i < (mount ? 3 : 2); i++) {
		snprintf(path, sizeof path, "%s%s", c->id, names[i]);
		if (mkdirat(s->p->run_fd, path, 0711) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make run directory '%s'", path);
	}
	return 0;
}

static void mount_early(struct start *s, const struct plan_overlay *o)
{
	struct err ignored = { 0 };
	json_t *v = encode_json(plan_overlay_fields, o);

	if (v)
		(void) monitor_send(
			s->sock, json_pack("{s:s, s:o}", "op", "MOUNT", "overlay", v), NULL, 0, &ignored);
	monitor_kick(s->kick);
}

int bundle_mounts(struct start *s, struct err *err)
{
	int rc;

	if (!(s->roots = arena_array(&s->p->arena, s->p->n + 1, sizeof *s->roots)))
		return no_memory(err);
	for (size_t i = 0; i < s->p->n; i++) {
		const struct container_spec *c = &s->p->ctr[i];
		struct root *r = &s->roots[i];

		if (c->role == ROLE_INFRA)
			continue;
		if ((rc = root_make(s, c, r, err)) < 0 || (rc = dirs_make(s, c, r->overlay != NULL, err)) < 0)
			return s->p->row.solo ? rc : err_wrap(err, "container '%s'", c->short_name);
		if (r->overlay && start_includes(s, c))
			mount_early(s, r->overlay);
	}
	return 0;
}

/* The host's end of terminationMessagePath: any user of the container may write it, and it is empty at a start. */
static int message_file(struct start *s, struct container_spec *c, struct oci_facts *f, struct err *err)
{
	char path[PATH_TEXT], name[160];
	int fd;

	if (!c->care || !c->message_path || !*c->message_path)
		return 0;
	/* on the disk: what a container writes without end must not fill the memory of /run */
	snprintf(name, sizeof name, "containers/%s/" PATH_MESSAGE, c->id);
	fd = path_open(s->p->data_fd, name, PATH_IN_STATE, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0)
		return err_sys(err, -fd, "make the termination message's file");
	(void) fchmod(fd, 0666);
	close(fd);
	c->care->message_file = arena_printf(
		&s->p->arena, "%s/%s/" PATH_MESSAGE, s->e->root, path_ctr_data(path, s->p->row.id, c->id));
	f->message = c->care->message_file;
	return f->message ? 0 : no_memory(err);
}

static int root_of(struct start *s, const struct container_spec *c, struct bundle *b, struct oci_facts *f,
	struct err *err)
{
	const char **ret = &f->rootfs;
	auto_layers struct layers layers = { .n = 0 };
	struct root root = { .overlay = NULL };
	int rc;

	if (c->role == ROLE_INFRA) {
		snprintf(b->user.home, sizeof b->user.home, "/");
		return infra_rootfs(s->e, ret, err);
	}
	if (s->roots)
		root = s->roots[c - s->p->ctr];
	else if ((rc = root_make(s, c, &root, err)) < 0)
		return rc;
	b->rootfs = root.overlay;
	*ret = root.overlay ? root.overlay->target : c->rootfs;
	if ((rc = layers_open(&root.layers, &layers, err)) < 0)
		return rc;
	if ((rc = user_lookup(&layers, c->user, &c->groups, c->user_groups, &b->user, err)) < 0)
		return rc;
	if (!c->no_passwd)
		user_home(&b->user, c->cwd);
	return pod_passwd(s, c, &layers, &b->user, f, err);
}

static int config_write(
	struct start *s, struct container_spec *c, struct oci_facts *f, int dir, struct err *err)
{
	auto_buf struct buf text = BUF_INIT(JSON_MAX), filter = BUF_INIT(JSON_MAX);
	json_t *config;
	int rc;

	if ((rc = oci_gen(c, f, &config, err)) < 0)
		return rc;
	if ((rc = seccomp_make(s, c, f, &filter, err)) == 0)
		rc = oci_gen_text(config, filter.len ? filter.data : NULL, &text, err);
	json_decref(config);
	if (rc < 0)
		return rc;
	/* with variables that files say the monitor makes it of this one (pkg/monitor/env_file.c) */
	if ((rc = file_put(dir, c->env_files.n ? "config.marks" : "config.json", text.data, text.len, 0600)) <
		0)
		return err_sys(err, -rc, "write config.json");
	return 0;
}

int bundle_write(struct start *s, struct container_spec *c, struct bundle *ret, struct err *err)
{
	struct oci_facts f = { .config = &s->e->config, .in_userns = s->e->in_userns };
	struct bundle b = { 0 };
	struct oci_bind *mounts;
	struct oci_device *devices;
	struct kvs sysctls = { 0 };
	auto_close int dir = -EBADF;
	char path[PATH_TEXT];
	int rc;

	if ((rc = root_of(s, c, &b, &f, err)) < 0 || (rc = dirs_make(s, c, b.rootfs != NULL, err)) < 0)
		return rc;
	snprintf(path, sizeof path, "%s/bundle", c->id);
	if ((dir = openat(s->p->run_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return err_sys(err, errno, "open bundle");
	if ((rc = cgroup_of(s, c, &b, err)) < 0 || (rc = limits_facts(s, &f, err)) < 0 ||
		(rc = message_file(s, c, &f, err)) < 0 || (rc = pod_namespaces(s, c, f.ns, err)) < 0 ||
		(rc = files_facts(s, c, &f, err)) < 0 ||
		(rc = pod_mounts(s, c, &mounts, &f.n_mounts, err)) < 0 ||
		(rc = pod_devices(s, c, &devices, &f.n_devices, err)) < 0 ||
		(rc = pod_io_limits(s, c, &f.io, &f.n_io, err)) < 0 || (rc = init_facts(s, c, &f, err)) < 0 ||
		(rc = notify_facts(s, c, &f, err)) < 0 ||
		(c->role != ROLE_INFRA && (rc = pod_sysctls(s, c, false, &sysctls, err)) < 0))
		return rc;
	f.host_mqueue = !f.ns[OCI_NS_IPC] && access("/dev/mqueue", F_OK) == 0;
	f.mounts = mounts;
	f.devices = devices;
	f.sysctls = &sysctls;
	f.cgroup = b.cgroup;
	f.user = &b.user;
	if ((rc = config_write(s, c, &f, dir, err)) < 0)
		return rc;
	if (!(b.dir = arena_printf(&s->p->arena, "%s/%s", s->e->runroot,
		      path_ctr_file(path, s->p->row.id, c->id, "bundle"))))
		return no_memory(err);
	*ret = b;
	return 0;
}
