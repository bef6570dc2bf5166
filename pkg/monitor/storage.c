/*
 * Limits of what a played pod writes to disk: limits.ephemeral-storage of its containers (writable layer and logs), their sum
 * (emptyDirs too), and sizeLimit of emptyDirs.  As the kubelet: looked at every ten seconds; a pod that is past a limit is
 * evicted, that is, it fails as a whole and is not started again.
 *
 * Nothing of it exists in a pod without such limits.  A look costs one system call while nothing at all was written on that
 * disk; else the trees are walked in small pieces, at most a fiftieth of the time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>

#include "pkg/monitor/internal.h"
#include "pkg/util/io.h"

#define LOOK_US (10 * 1000000ULL)
#define LOOK_MAX_US (300 * 1000000ULL)
#define REST 50      /* a walk is followed by so many times as long of rest */
#define ENTRIES 1024 /* of one turn */
#define EVICTION_GRACE_US 1000000

static void on_look(struct timer *t);

static bool is_limited(const struct monitor *m)
{
	for (size_t i = 0; i < m->plan.disks.n; i++)
		if (LIST_AT(m->plan.disks, const struct plan_disk, i)->limit)
			return true;
	for (const struct ctr *c = m->ctrs; c; c = c->next)
		if (c->p->storage)
			return true;
	return false;
}

void storage_begin(struct monitor *m)
{
	if (m->plan.kube && m->stage != STAGE_OVER && is_limited(m))
		timer_set(&m->loop, &m->storage.timer, LOOK_US, on_look);
}

/* As Kubernetes writes quantities. */
const char *storage_words(uint64_t bytes, char *text, size_t size)
{
	static const char *const binary[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
	static const char *const decimal[] = { "", "k", "M", "G", "T", "P", "E" };
	uint64_t base = bytes % 1024 == 0 ? 1024 : 1000;
	size_t n = 0;

	while (bytes && bytes % base == 0 && n + 1 < LEN(binary)) {
		bytes /= base;
		n++;
	}
	snprintf(text, size, "%" PRIu64 "%s", bytes, base == 1024 ? binary[n] : decimal[n]);
	return text;
}

/* ---- what is past its limit ---- */

static bool volume_is_past(const struct monitor *m, char *text, size_t size)
{
	char limit[32];

	for (size_t i = 0; i < m->plan.disks.n; i++) {
		const struct plan_disk *d = LIST_AT(m->plan.disks, const struct plan_disk, i);

		if (!d->limit || d->used <= d->limit)
			continue;
		snprintf(text, size, "Usage of EmptyDir volume \"%s\" exceeds the limit \"%s\". ", d->volume,
			storage_words(d->limit, limit, sizeof limit));
		return true;
	}
	return false;
}

/* Without what it got from its image, where that is a copy. */
static uint64_t written(const struct ctr *c)
{
	uint64_t base = c->p->rootfs ? c->p->rootfs->base : 0;

	return c->disk_used > base ? c->disk_used - base : 0;
}

/* Init containers run before the others: the pod's limit is the larger of the largest of theirs and the others' sum. */
static bool pod_is_past(const struct monitor *m, char *text, size_t size)
{
	uint64_t used = 0, sum = 0, init = 0;
	char limit[32];

	for (const struct ctr *c = m->ctrs; c; c = c->next) {
		used += written(c);
		if (c->role == ROLE_INIT)
			init = c->p->storage > init ? c->p->storage : init;
		else if (__builtin_add_overflow(sum, c->p->storage, &sum))
			return false;
	}
	for (size_t i = 0; i < m->plan.disks.n; i++)
		used += LIST_AT(m->plan.disks, const struct plan_disk, i)->used;
	sum = init > sum ? init : sum;
	if (!sum || used <= sum)
		return false;
	snprintf(text, size, "Pod ephemeral local storage usage exceeds the total limit of containers %s. ",
		storage_words(sum, limit, sizeof limit));
	return true;
}

static bool container_is_past(const struct monitor *m, char *text, size_t size)
{
	char limit[32];

	for (const struct ctr *c = m->ctrs; c; c = c->next) {
		if (!c->p->storage || written(c) <= c->p->storage)
			continue;
		snprintf(text, size, "Container %s exceeded its local ephemeral storage limit \"%s\". ",
			c->p->name, storage_words(c->p->storage, limit, sizeof limit));
		return true;
	}
	return false;
}

void storage_judge(struct monitor *m)
{
	char text[EVENT_MAX];

	if (volume_is_past(m, text, sizeof text) || pod_is_past(m, text, sizeof text) ||
		container_is_past(m, text, sizeof text))
		pod_fail(m, "Evicted", text, EVICTION_GRACE_US);
}

/* ---- the walk ---- */

/* The at-th tree: emptyDirs, then layer and log of each container.  *ret_used: where its bytes are added; NULL: no more trees. */
static const char *tree_at(struct monitor *m, size_t at, uint64_t **ret_used)
{
	*ret_used = NULL;
	if (at < m->plan.disks.n) {
		struct plan_disk *d = LIST_AT(m->plan.disks, struct plan_disk, at);

		*ret_used = &d->used;
		return d->path;
	}
	at -= m->plan.disks.n;
	for (struct ctr *c = m->ctrs; c; c = c->next, at -= 2)
		if (at < 2) {
			*ret_used = &c->disk_used;
			return at ? c->p->log_path : c->tried && c->p->rootfs ? c->p->rootfs->upper : NULL;
		}
	return NULL;
}

static bool begin_tree(struct monitor *m, const char *path)
{
	size_t n = strlen(m->plan.data_dir);

	return path && strncmp(path, m->plan.data_dir, n) == 0 && path[n] == '/' &&
	       usage_begin(&m->storage.usage, m->data_fd, path + n + 1);
}

static void forget_numbers(struct monitor *m)
{
	uint64_t *used;

	for (size_t i = 0; (void) tree_at(m, i, &used), used; i++)
		*used = 0;
}

static void rest(struct monitor *m)
{
	struct storage *s = &m->storage;
	uint64_t pause = s->spent_us * REST;

	s->walking = s->in_tree = false;
	timer_set(&m->loop, &s->timer,
		pause < LOOK_US       ? LOOK_US
		: pause > LOOK_MAX_US ? LOOK_MAX_US
				      : pause,
		on_look);
}

/* Whether anything was written or removed on the disk since the last walk. */
static bool has_changed(struct monitor *m)
{
	struct storage *s = &m->storage;
	struct statfs fs;

	if (fstatfs(m->data_fd, &fs) < 0)
		return true;
	if (s->known && s->blocks == (uint64_t) fs.f_bfree && s->files == (uint64_t) fs.f_ffree)
		return false;
	s->known = true;
	s->blocks = (uint64_t) fs.f_bfree;
	s->files = (uint64_t) fs.f_ffree;
	return true;
}

/* One piece of it; true when every tree is done. */
static bool walk(struct monitor *m)
{
	struct storage *s = &m->storage;
	uint64_t *used;
	const char *path;

	for (;;) {
		path = tree_at(m, s->at, &used);
		if (!s->in_tree) {
			if (!used)
				return true;
			if (!begin_tree(m, path)) { /* nothing was written there yet */
				s->at++;
				continue;
			}
			s->in_tree = true;
		}
		if (usage_step(&s->usage, ENTRIES))
			return false;
		if (used)
			*used += s->usage.bytes;
		usage_end(&s->usage);
		s->in_tree = false;
		s->at++;
		return false;
	}
}

static void on_look(struct timer *t)
{
	struct monitor *m = OWNER_OF(t, struct monitor, storage.timer);
	struct storage *s = &m->storage;
	uint64_t began;
	bool over;

	if (m->stage >= STAGE_STOPPING) {
		storage_end(m);
		return;
	}
	if (!s->walking) {
		s->spent_us = 0;
		if (!has_changed(m)) {
			rest(m);
			return;
		}
		s->at = 0;
		s->walking = true;
		forget_numbers(m);
	}
	began = loop_now();
	over = walk(m);
	s->spent_us += loop_now() - began;
	if (!over) {
		timer_set(&m->loop, t, 0, on_look);
		return;
	}
	rest(m);
	storage_judge(m);
}

void storage_end(struct monitor *m)
{
	timer_stop(&m->loop, &m->storage.timer);
	if (m->storage.in_tree)
		usage_end(&m->storage.usage);
	m->storage.walking = m->storage.in_tree = false;
}
