/* Devices of a container: what --device named, or all of the host's for a privileged one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "pkg/pod/internal.h"

#define DEVICES_MAX 4096 /* of a privileged container: a machine has a few hundred */
#define DEPTH_MAX 8

struct list_of_devices {
	struct oci_device *v;
	size_t n, cap;
};

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "devices"); }

static int add(struct start *s, struct list_of_devices *l, const char *path, const char *access,
	const struct stat *st, struct err *err)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct oci_device *v = arena_array(&s->p->arena, cap, sizeof *v);

		if (!v)
			return no_memory(err);
		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	if (!(path = arena_strdup(&s->p->arena, path)))
		return no_memory(err);
	l->v[l->n++] = (struct oci_device){
		.path = path,
		.access = access,
		.type = S_ISBLK(st->st_mode) ? 'b' : 'c',
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
	return 0;
}

/* Those every container has anyway, and places that are mounts of their own. */
static bool is_skipped(const char *path)
{
	static const char *const names[] = { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/stdin",
		"/dev/stdout", "/dev/stderr", "/dev/console", "/dev/ptmx", "/dev/null", "/dev/zero",
		"/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/hugepages",
		"/dev/.lxd-mounts" };

	for (size_t i = 0; i < LEN(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}

static int add_all(struct start *s, const char *dir, int depth, struct list_of_devices *l, struct err *err)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int rc = 0;

	if (!d)
		return errno == ENOENT || errno == EACCES ? 0 : err_sys(err, errno, "read '%s'", dir);
	while (rc == 0 && l->n < DEVICES_MAX && (de = readdir(d))) {
		char path[512];
		struct stat st;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 ||
			snprintf(path, sizeof path, "%s/%s", dir, de->d_name) >= (int) sizeof path ||
			is_skipped(path) || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			rc = add_all(s, path, depth + 1, l, err);
		else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			rc = add(s, l, path, "rwm", &st, err);
	}
	closedir(d);
	return rc;
}

/* An ordinary user cannot make device nodes; theirs are bound from the host (oci_mounts). */
int pod_devices(struct start *s, const struct container_spec *c, struct oci_device **ret, size_t *ret_n,
	struct err *err)
{
	struct list_of_devices l = { 0 };
	int rc;

	if (c->privileged && !s->e->in_userns && !pod_has_userns(&s->p->spec) &&
		(rc = add_all(s, "/dev", 0, &l, err)) < 0)
		return rc;
	for (size_t i = 0; i < c->devices.n; i++) {
		const struct device_spec *d = LIST_AT(c->devices, struct device_spec, i);
		struct stat st;

		if (stat(d->host, &st) < 0)
			return err_sys(err, errno, "device '%s'", d->host);
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			return err_set(err, ERR_INVALID, "'%s' is not a device", d->host);
		if (s->e->in_userns)
			continue;
		if ((rc = add(s, &l, d->path && *d->path ? d->path : d->host,
			     d->access && *d->access ? d->access : "rwm", &st, err)) < 0)
			return rc;
	}
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}

/* Limits name a device by its node; the kernel by its numbers, which may be others after the next boot. */
int pod_io_limits(struct start *s, const struct container_spec *c, const struct oci_io **ret, size_t *ret_n,
	struct err *err)
{
	const struct list *io = &c->resources.io;
	struct oci_io *v = arena_array(&s->p->arena, io->n + 1, sizeof *v);
	struct stat st;

	if (!v)
		return err_sys(err, ENOMEM, "limits of devices");
	for (size_t i = 0; i < io->n; i++) {
		const struct io_limit_spec *l = LIST_AT(*io, struct io_limit_spec, i);

		if (stat(l->path, &st) < 0)
			return err_sys(err, errno, "device '%s'", l->path);
		if (!S_ISBLK(st.st_mode))
			return err_set(err, ERR_INVALID, "'%s' is not a block device", l->path);
		v[i] = (struct oci_io){ .kind = l->kind,
			.major = major(st.st_rdev),
			.minor = minor(st.st_rdev),
			.value = l->value };
	}
	*ret = v;
	*ret_n = io->n;
	return 0;
}

/* The pod's own limits of devices: there is no runtime that would write them. */
int pod_io_limit(struct start *s, const struct resources_spec *r, struct err *err)
{
	static const char *const v1[] = { "blkio.weight_device", "blkio.throttle.read_bps_device",
		"blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device",
		"blkio.throttle.write_iops_device" };
	static const char *const v2[] = { "", "rbps=", "wbps=", "riops=", "wiops=" };
	const struct container_spec c = { .resources = *r };
	bool two = s->e->cgroups.mode == CGROUP_V2;
	const struct oci_io *io = NULL;
	size_t n = 0;
	int rc = r->io.n ? pod_io_limits(s, &c, &io, &n, err) : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *file = !two ? v1[io[i].kind] : io[i].kind == IO_WEIGHT ? "io.weight" : "io.max";
		char text[80];

		snprintf(text, sizeof text, "%u:%u %s%llu", io[i].major, io[i].minor,
			two ? v2[io[i].kind] : "", (unsigned long long) io[i].value);
		rc = cgroup_set(&s->e->cgroups, s->pod_cgroup, two ? "io" : "blkio", file, text, err);
	}
	return rc;
}
