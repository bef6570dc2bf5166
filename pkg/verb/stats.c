#include "pkg/verb/stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/util/io.h"
#include "pkg/util/limits.h"

struct look {
	const struct cgroup_fs *fs;
	const char *path;
	bool v2;
};

/* 0 for "max", and for what is absent. */
static uint64_t number(const struct look *l, const char *controller, const char *file)
{
	char text[64];

	return cgroup_get(l->fs, l->path, controller, file, text, sizeof text) > 0 ? strtoull(text, NULL, 10)
										   : 0;
}

static uint64_t line(const struct look *l, const char *controller, const char *file, const char *key)
{
	char text[8192];
	size_t n = strlen(key);

	if (cgroup_get(l->fs, l->path, controller, file, text, sizeof text) <= 0)
		return 0;
	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return strtoull(p + n, NULL, 10);
	}
	return 0;
}

static void processor(const struct look *l, struct stats *s)
{
	if (l->v2) {
		s->cpu_ns = line(l, "cpu", "cpu.stat", "usage_usec") * 1000;
		s->cpu_system_ns = line(l, "cpu", "cpu.stat", "system_usec") * 1000;
		return;
	}
	s->cpu_ns = number(l, "cpuacct", "cpuacct.usage");
	s->cpu_system_ns = number(l, "cpuacct", "cpuacct.usage_sys");
}

static uint64_t machine_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);

	return pages > 0 && size > 0 ? (uint64_t) pages * (uint64_t) size : 0;
}

static void memory(const struct look *l, struct stats *s)
{
	uint64_t all = machine_memory();

	s->memory = number(l, "memory", l->v2 ? "memory.current" : "memory.usage_in_bytes");
	s->memory_limit = number(l, "memory", l->v2 ? "memory.max" : "memory.limit_in_bytes");
	if (!s->memory_limit || (all && s->memory_limit > all))
		s->memory_limit = all;
}

/* v2: "254:0 rbytes=1 wbytes=2 ..."; v1: "254:0 Read 1". */
static void blocks(const struct look *l, struct stats *s)
{
	char text[16384];

	if (cgroup_get(l->fs, l->path, l->v2 ? "io" : "blkio",
		    l->v2 ? "io.stat" : "blkio.throttle.io_service_bytes_recursive", text, sizeof text) <= 0)
		return;
	for (char *p = text, *one; (one = strsep(&p, "\n"));) {
		const char *r = strstr(one, l->v2 ? " rbytes=" : " Read "),
			   *w = strstr(one, l->v2 ? " wbytes=" : " Write ");

		if (r)
			s->block_in += strtoull(r + (l->v2 ? 8 : 6), NULL, 10);
		if (w)
			s->block_out += strtoull(w + (l->v2 ? 8 : 7), NULL, 10);
	}
}

/* The interfaces of its own network namespace but lo; those of the host's are nobody's. */
static void network(const struct pod *p, const struct status_container *c, struct stats *s)
{
	auto_buf struct buf b = BUF_INIT(256 * KiB);
	char path[48];

	if (p->spec.net == NET_HOST || p->spec.net == NET_NONE)
		return;
	(void) snprintf(path, sizeof path, "/proc/%lld/net/dev", (long long) c->pid);
	if (file_read(AT_FDCWD, path, PATH_IN_STATE, &b) < 0 || !b.data)
		return;
	for (char *at = b.data, *one; (one = strsep(&at, "\n"));) {
		unsigned long long in, out;
		char *colon = strchr(one, ':');

		one += strspn(one, " ");
		if (!colon || !strncmp(one, "lo:", 3) ||
			sscanf(colon + 1, "%llu %*u %*u %*u %*u %*u %*u %*u %llu", &in, &out) != 2)
			continue;
		s->net_in += in;
		s->net_out += out;
	}
}

static double percent(uint64_t used_ns, uint64_t span_us)
{
	return span_us ? (double) used_ns / 10.0 / (double) span_us : 0;
}

static void look_at(struct engine *e, const struct pod *p, size_t i, const char *cgroup,
	const struct stats *before, struct stats *s)
{
	const struct status_container *c = pod_status_of(p, p->ctr_row[i].id);
	struct look l = { .fs = &e->cgroups, .path = cgroup, .v2 = e->cgroups.mode == CGROUP_V2 };

	s->time_us = time_now_us();
	s->running = c && ctr_is_running(p, i);
	if (!s->running)
		return;
	s->up_us = s->time_us > c->started_us ? s->time_us - c->started_us : 0;
	if (*cgroup) {
		processor(&l, s);
		memory(&l, s);
		blocks(&l, s);
		s->pids = number(&l, "pids", "pids.current");
	}
	network(p, c, s);
	s->cpu = s->cpu_avg = percent(s->cpu_ns, s->up_us);
	if (before && before->running && before->cpu_ns <= s->cpu_ns && before->time_us < s->time_us)
		s->cpu = percent(s->cpu_ns - before->cpu_ns, s->time_us - before->time_us);
}

static const struct stats *same(const struct stats *v, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].id, id))
			return &v[i];
	return NULL;
}

static int one(struct engine *e, const struct target *t, const struct stats *before, struct arena *a,
	struct stats *s, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	const char *cgroup = "";
	size_t i;
	int rc;

	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND,
			"no container with name or ID \"%s\" found: no such container", t->asked);
	if (p.alive && (rc = pod_ctr_cgroup(&p, i, a, &cgroup, err)) < 0)
		return rc;
	s->id = arena_strdup(a, p.ctr_row[i].id);
	s->name = arena_strdup(a, p.ctr_row[i].name);
	s->pod = arena_strdup(a, p.row.solo ? "" : p.row.id);
	if (!s->id || !s->name || !s->pod)
		return err_sys(err, ENOMEM, "stats");
	look_at(e, &p, i, cgroup, before, s);
	return 0;
}

int verb_stats(struct engine *e, const struct target *t, size_t n, const struct stats *before,
	size_t n_before, struct arena *a, struct stats **ret, struct err *err)
{
	struct stats *v = arena_array(a, n + 1, sizeof *v);
	int rc = 0;

	if (!v)
		return err_sys(err, ENOMEM, "stats");
	if (!e->cgroups_usable)
		return err_set(err, ERR_UNSUPPORTED,
			"stats: this user's containers have no cgroups; log in by a systemd session that "
			"delegates one");
	if (!e->cgroups_open && (rc = engine_cgroups(e, err)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if ((rc = one(e, &t[i], same(before, n_before, t[i].id), a, &v[i], err)) < 0)
			return rc;
	*ret = v;
	return 0;
}
