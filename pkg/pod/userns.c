/*
 * userns.c — the user namespace of a pod: its ranges of ids, and what has other owners because of it.
 *
 * On the disk nothing is shifted.  The monitor binds the store once more, id-mapped into the pod's user namespace, and layers
 * and writable layers are taken from there; volumes are bound into containers in the same way.  So images are shared as they
 * are, a range may be any, and what is committed or copied has the owners that the container sees.  What is mounted for
 * the pod alone (files of /etc, secrets, tmpfs) belongs to the range from the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/engine/subids.h"
#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define OWNER "containers" /* whose lines of /etc/subuid and /etc/subgid are handed out, as podman does */
#define RANGE 65536U       /* ids of one pod */
#define FALLBACK_START \
	1879048192U /* 0x70000000: behind what systemd hands out to containers, unused by anybody */
#define FALLBACK_COUNT 268435456U

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "user namespace"); }

bool pod_has_userns(const struct pod_spec *spec) { return spec->userns.mode != USERNS_HOST; }

/* ---- ranges ---------------------------------------------------------------------------------------------------------- */

static int read_ranges(const char *file, struct subids *ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(4 * MiB);
	int rc = file_read(AT_FDCWD, file, PATH_IN_STATE, &b);

	ret->n = 0;
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "read '%s'", file);
	subids_parse(b.data ? b.data : "", OWNER, (uid_t) -1, ret);
	if (!ret->n) {
		ret->range[0].start = FALLBACK_START;
		ret->range[0].count = FALLBACK_COUNT;
		ret->n = 1;
	}
	return 0;
}

static uint32_t places(const struct subids *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->range[i].count / RANGE;
	return n;
}

static uint32_t place_start(const struct subids *s, uint32_t place)
{
	for (size_t i = 0; i < s->n; i++) {
		uint32_t here = s->range[i].count / RANGE;

		if (place < here)
			return s->range[i].start + place * RANGE;
		place -= here;
	}
	return 0;
}

/* The first id of [at, end) that 'more' has; end when it has none. */
static uint32_t next_given(const struct list *more, uint32_t at, uint32_t end)
{
	for (size_t i = 0; i < more->n; i++) {
		const struct id_range *r = LIST_AT(*more, const struct id_range, i);

		if (r->inside >= at && r->inside < end)
			end = r->inside;
		else if (r->inside < at && at - r->inside < r->count)
			end = at;
	}
	return end;
}

/* 'count' ids from 0 on, of which 'more' says otherwise for some. */
static int spread(struct arena *a, uint32_t start, uint32_t count, const struct list *more, struct list *ret)
{
	struct id_range *r = arena_array(a, 2 * more->n + 1, sizeof *r);
	size_t n = 0;

	if (!r)
		return -ENOMEM;
	for (uint32_t at = 0; at < count;) {
		uint32_t end = next_given(more, at, count);

		if (end > at && n <= more->n) {
			r[n++] = (struct id_range){ at, start + at, end - at };
			at = end;
			continue;
		}
		for (size_t i = 0; i < more->n; i++) {
			const struct id_range *m = LIST_AT(*more, const struct id_range, i);

			if (m->inside <= at && at - m->inside < m->count)
				end = m->inside + m->count;
		}
		at = end > at ? end : count;
	}
	if (more->n)
		memcpy(r + n, more->v, more->n * sizeof *r);
	*ret = (struct list){ .v = r, .n = n + more->n };
	return 0;
}

int pod_userns_take(
	struct engine *e, const char *pod, struct userns_spec *u, struct arena *a, struct err *err)
{
	struct subids uids, gids;
	uint32_t n, place = 0, size = u->size ? u->size : RANGE;
	int rc;

	if (u->mode != USERNS_AUTO || u->uids.n)
		return 0;
	if ((rc = read_ranges("/etc/subuid", &uids, err)) < 0 ||
		(rc = read_ranges("/etc/subgid", &gids, err)) < 0)
		return rc;
	n = places(&uids) < places(&gids) ? places(&uids) : places(&gids);
	if (!n)
		return err_set(err, ERR_INVALID,
			"/etc/subuid and /etc/subgid give '" OWNER "' less than the %u ids that one user "
			"namespace takes",
			RANGE);
	if ((rc = store_lease_take(e->store, LEASE_IDS, pod, 1, n, 0, &place, err)) < 0)
		return err->kind == ERR_STATE ? err_set(err, ERR_STATE,
							"all %u ranges of ids for user namespaces are taken; "
							"remove pods, or give "
							"'" OWNER "' more in /etc/subuid and /etc/subgid",
							n)
					      : rc;
	if (spread(a, place_start(&uids, place - 1), size, &u->more_uids, &u->uids) < 0 ||
		spread(a, place_start(&gids, place - 1), size, &u->more_gids, &u->gids) < 0)
		return no_memory(err);
	if (ids_overlap(&u->uids) || ids_overlap(&u->gids))
		return err_set(err, ERR_INVALID, "--userns auto: the ranges given overlap");
	return 0;
}

/* ---- namespaces of others ------------------------------------------------------------------------------------------------ */

static int read_map(pid_t pid, const char *file, struct arena *a, struct list *ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(64 * KiB);
	struct id_range *r = arena_array(a, ID_RANGES_MAX, sizeof *r);
	char path[48];
	size_t n = 0;
	int rc;

	if (!r)
		return no_memory(err);
	snprintf(path, sizeof path, "/proc/%d/%s", (int) pid, file);
	if ((rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b)) < 0)
		return err_sys(err, -rc, "read '%s'", path);
	for (char *p = b.data; p && *p && n < ID_RANGES_MAX; n++) {
		r[n].inside = (uint32_t) strtoul(p, &p, 10);
		r[n].outside = (uint32_t) strtoul(p, &p, 10);
		r[n].count = (uint32_t) strtoul(p, &p, 10);
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	*ret = (struct list){ .v = r, .n = n };
	return 0;
}

/* The maps of a namespace are told of its processes only: a child enters it and is looked at. */
static int maps_of(const char *path, struct userns_spec *u, struct arena *a, struct err *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	int told[2], rc;
	char byte = 1;
	pid_t pid;

	if (fd < 0)
		return err_sys(err, errno, "open user namespace '%s'", path);
	if (pipe2(told, O_CLOEXEC) < 0)
		return err_sys(err, errno, "look at user namespace '%s'", path);
	if ((pid = fork()) == 0) {
		byte = setns(fd, CLONE_NEWUSER) == 0 ? 0 : (char) errno;
		(void) !write(told[1], &byte, 1);
		for (;;)
			(void) pause(); /* until it has been looked at */
	}
	(void) close(told[1]);
	rc = pid < 0 || read(told[0], &byte, 1) != 1 ? EIO : byte;
	(void) close(told[0]);
	if (rc)
		rc = err_sys(err, rc, "enter user namespace '%s'", path);
	else if ((rc = read_map(pid, "uid_map", a, &u->uids, err)) == 0)
		rc = read_map(pid, "gid_map", a, &u->gids, err);
	if (pid > 0) {
		(void) kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return rc;
}

static int copy_ranges(struct arena *a, const struct list *from, struct list *to)
{
	struct id_range *r = arena_array(a, from->n + 1, sizeof *r);

	if (!r)
		return -ENOMEM;
	if (from->n)
		memcpy(r, from->v, from->n * sizeof *r);
	*to = (struct list){ .v = r, .n = from->n };
	return 0;
}

static int maps_of_container(struct engine *e, struct userns_spec *u, struct arena *a, struct err *err)
{
	auto_pod struct pod other = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	const struct userns_spec *from = &other.spec.userns;
	const char *ctr, *pod;
	int rc;

	if ((rc = store_find(e->store, u->target, STORE_CONTAINER, a, &ctr, &pod, err)) < 0 ||
		(rc = pod_load(e, pod, false, &other, err)) < 0)
		return err_wrap(err, "--userns container:%s", u->target);
	if (!(u->target = arena_strdup(a, ctr)))
		return no_memory(err);
	if (from->mode == USERNS_HOST) {
		*u = (struct userns_spec){ .mode = USERNS_HOST };
		return 0;
	}
	return copy_ranges(a, &from->uids, &u->uids) < 0 || copy_ranges(a, &from->gids, &u->gids) < 0
		       ? no_memory(err)
		       : 0;
}

int pod_userns_settle(struct engine *e, struct pod_spec *spec, struct arena *a, struct err *err)
{
	struct userns_spec *u = &spec->userns;

	if (u->mode == USERNS_HOST)
		return 0;
	if (u->mode == USERNS_AUTO) /* a clone has a range of its own */
		u->uids = u->gids = (struct list){ 0 };
	if (e->in_userns)
		return err_set(err, ERR_UNSUPPORTED,
			"a user namespace of its own (--userns, hostUsers: false) needs id-mapped mounts, "
			"which "
			"the kernel gives to root alone: containers of an ordinary user are in that user's "
			"namespace already; leave it out, or run podctl as root");
	if (spec->host_pid)
		return err_set(err, ERR_INVALID,
			"the host's PID namespace cannot be shared from a user namespace: its /proc cannot "
			"be "
			"mounted; leave out --pid host or --userns");
	if (u->mode == USERNS_AUTO && u->size > RANGE)
		return err_set(err, ERR_INVALID, "--userns auto:size=%u: a range has %u ids at most", u->size,
			RANGE);
	if (u->mode == USERNS_CONTAINER && !u->uids.n)
		return maps_of_container(e, u, a, err);
	if (u->mode == USERNS_PATH && !u->uids.n)
		return maps_of(u->target, u, a, err);
	if (u->mode == USERNS_MAP && (ids_overlap(&u->uids) || ids_overlap(&u->gids)))
		return err_set(err, ERR_INVALID, "--uidmap, --gidmap: two ranges have ids in common");
	return 0;
}

/* ---- owners ---------------------------------------------------------------------------------------------------------------- */

/* The pod's root, as the engine sees it; where 0 is not mapped nobody's. */
void pod_userns_root(const struct pod *p, uint32_t *uid, uint32_t *gid)
{
	if (!ids_outside(&p->spec.userns.uids, 0, uid))
		*uid = ID_NOBODY;
	if (!ids_outside(&p->spec.userns.gids, 0, gid))
		*gid = ID_NOBODY;
}

int pod_userns_user(const struct pod *p, const struct user *u, uint32_t *uid, uint32_t *gid, struct err *err)
{
	if (!ids_outside(&p->spec.userns.uids, u->uid, uid))
		return err_set(err, ERR_INVALID,
			"user %u is not one of its user namespace; give that more ids", u->uid);
	if (!ids_outside(&p->spec.userns.gids, u->gid, gid))
		return err_set(err, ERR_INVALID,
			"group %u is not one of its user namespace; give that more ids", u->gid);
	return 0;
}

/* ---- the store, id-mapped ---------------------------------------------------------------------------------------------------- */

static int add_ids(struct start *s, const char *source, const char *name, const char **ret, struct err *err)
{
	struct arena *a = &s->p->arena;
	struct list *l = &s->plan.mounts;
	struct plan_mount *m = arena_array(a, l->n + 1, sizeof *m);
	char *target = arena_printf(a, "%s/pods/%s/%s", s->e->runroot, s->p->row.id, name);

	if (!m || !target)
		return no_memory(err);
	if (mkdirat(s->p->run_fd, name, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make '%s' of the pod", name);
	if (l->n)
		memcpy(m, l->v, l->n * sizeof *m);
	m[l->n] = (struct plan_mount){
		.type = (char *) (uintptr_t) "ids", .source = (char *) (uintptr_t) source, .target = target
	};
	*l = (struct list){ .v = m, .n = l->n + 1 };
	*ret = target;
	return 0;
}

static const char *mounted(const struct start *s, const char *source)
{
	for (size_t i = 0; i < s->plan.mounts.n; i++) {
		const struct plan_mount *m = LIST_AT(s->plan.mounts, const struct plan_mount, i);

		if (strcmp(m->type, "ids") == 0 && strcmp(m->source, source) == 0)
			return m->target;
	}
	return NULL;
}

int pod_userns_path(struct start *s, const char *path, const char **ret, struct err *err)
{
	struct arena *a = &s->p->arena;
	size_t n = strlen(s->e->root);
	const char *at;
	char name[32];
	int rc;

	if (!pod_has_userns(&s->p->spec)) {
		*ret = path;
		return 0;
	}
	if (strncmp(path, s->e->root, n) == 0 && path[n] == '/') {
		/* a member that joins a living pod finds it mounted */
		if (!(at = mounted(s, s->e->root)) && s->p->alive)
			at = arena_printf(a, "%s/pods/%s/ids", s->e->runroot, s->p->row.id);
		if (!at && (rc = add_ids(s, s->e->root, "ids", &at, err)) < 0)
			return rc;
		return (*ret = arena_printf(a, "%s%s", at, path + n)) ? 0 : no_memory(err);
	}
	if ((*ret = mounted(s, path))) /* a layer of another store */
		return 0;
	snprintf(name, sizeof name, "ids-%zu", s->plan.mounts.n);
	return add_ids(s, path, name, ret, err);
}
