/* The "mounts" of a config.json: podman's defaults, the pod's files of /etc, and what was asked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/container/oci_gen.h"

struct row {
	const char *dest, *type, *source;
	const char *options; /* words divided by spaces */
	const struct strs *more;
	const char *last; /* one more word, or NULL */
};

#define ROWS_MAX 30
#define ROWS_OWN 18 /* of which we make so many ourselves, at most */
struct list_of_rows {
	struct row fixed[ROWS_MAX];
	struct row *row;
	size_t n;
	char shm_size[40];
};

static void add(
	struct list_of_rows *l, const char *dest, const char *type, const char *source, const char *options)
{
	l->row[l->n++] = (struct row){ .dest = dest, .type = type, .source = source, .options = options };
}

static void add_base(struct list_of_rows *l, const struct container_spec *s, const struct oci_facts *f)
{
	add(l, "/proc", "proc", "proc", "nosuid noexec nodev");
	add(l, "/dev", "tmpfs", "tmpfs", "nosuid noexec strictatime mode=755 size=65536k");
	if (s->role == ROLE_INFRA) {
		add(l, "/pause", "bind", f->pause, "bind ro nosuid nodev rprivate");
		return;
	}
	/* sysfs belongs to a network namespace: another user's (the host's, seen by an ordinary user) cannot be mounted anew */
	if ((f->in_userns || f->own_users) && !f->ns[OCI_NS_NET])
		add(l, "/sys", "bind", "/sys", "rbind nosuid noexec nodev ro rslave");
	else
		add(l, "/sys", "sysfs", "sysfs",
			s->privileged ? "nosuid noexec nodev rw" : "nosuid noexec nodev ro");
	add(l, "/dev/pts", "devpts", "devpts",
		f->tty_group ? "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"
			     : "nosuid noexec newinstance ptmxmode=0666 mode=0620");
	if (f->cgroup_mount)
		add(l, "/sys/fs/cgroup", "cgroup", "cgroup",
			s->privileged || (s->systemd && f->cgroup_v2)
				? "rprivate nosuid noexec nodev relatime rw"
				: "rprivate nosuid noexec nodev relatime ro");
}

static void add_ipc(struct list_of_rows *l, const struct container_spec *s, const struct oci_facts *f)
{
	if (!f->ns[OCI_NS_IPC]) {
		add(l, "/dev/shm", "bind", "/dev/shm", "rbind nosuid noexec nodev rprivate");
		if (f->host_mqueue)
			add(l, "/dev/mqueue", "bind", "/dev/mqueue", "bind nosuid noexec nodev rprivate");
		return;
	}
	add(l, "/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev");
	if (f->shm) {
		add(l, "/dev/shm", "bind", f->shm, "bind rprivate nosuid noexec nodev");
		return;
	}
	snprintf(l->shm_size, sizeof l->shm_size, "size=%lld",
		s->shm_size ? (long long) s->shm_size : (long long) f->config->shm_size);
	add(l, "/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777");
	l->row[l->n - 1].last = l->shm_size;
}

static void add_files(struct list_of_rows *l, const struct container_spec *s, const struct oci_facts *f)
{
	const struct {
		const char *dest, *source;
	} file[] = {
		{ "/etc/hosts", f->hosts },
		{ "/etc/hostname", f->hostname },
		{ "/etc/resolv.conf", f->resolv },
		{ "/run/.containerenv", f->containerenv },
		{ "/etc/localtime", f->localtime },
		{ "/etc/passwd", f->passwd },
		{ "/etc/group", f->group },
	};

	for (size_t i = 0; i < LEN(file); i++)
		if (file[i].source)
			add(l, file[i].dest, "bind", file[i].source, "bind rprivate");
	if (f->notify)
		add(l, OCI_NOTIFY, "bind", f->notify, "bind rprivate nosuid nodev noexec");
	if (f->init)
		add(l, OCI_INIT, "bind", f->init, "bind ro rprivate nosuid nodev");
	if (f->message)
		add(l, s->message_path, "bind", f->message, "bind rprivate");
}

/* --chrootdirs: the pod's files of /etc below further roots. */
static int add_chroots(
	struct list_of_rows *l, const struct container_spec *s, const struct oci_facts *f, struct arena *a)
{
	const char *names[] = { "etc/hosts", "etc/hostname", "etc/resolv.conf" };
	const char *sources[] = { f->hosts, f->hostname, f->resolv };

	for (size_t i = 0; i < s->chroot_dirs.n; i++)
		for (size_t k = 0; k < LEN(names); k++) {
			char *dest =
				sources[k] ? arena_printf(a, "%s/%s", s->chroot_dirs.v[i], names[k]) : NULL;

			if (sources[k] && !dest)
				return -ENOMEM;
			if (dest)
				add(l, dest, "bind", sources[k], "bind rprivate");
		}
	return 0;
}

static bool has(const struct strs *l, const char *const *words)
{
	for (size_t i = 0; l && i < l->n; i++)
		for (size_t k = 0; words[k]; k++)
			if (strcmp(l->v[i], words[k]) == 0)
				return true;
	return false;
}

static void add_asked(struct list_of_rows *l, const struct oci_facts *f)
{
	static const char *const bind_words[] = { "bind", "rbind", NULL };
	static const char *const propagation[] = { "private", "rprivate", "shared", "rshared", "slave",
		"rslave", "unbindable", "runbindable", NULL };

	for (size_t i = 0; i < f->n_mounts; i++) {
		const struct oci_bind *m = &f->mounts[i];
		struct row r = { .dest = m->dest, .more = m->options, .last = m->read_only ? "ro" : NULL };

		if (m->tmpfs) {
			r.type = r.source = "tmpfs";
			r.options = "nosuid nodev";
		} else if (m->devpts) {
			r.type = r.source = "devpts";
			r.options = f->tty_group ? "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"
						 : "nosuid noexec newinstance ptmxmode=0666 mode=0620";
		} else if (m->overlay) {
			r.type = r.source = "overlay";
			r.options = "nodev nosuid";
		} else {
			bool kind = has(m->options, bind_words), prop = has(m->options, propagation);

			r.type = "bind";
			r.source = m->source;
			/* a user namespace may not take off what the mounts of our files have, and some runtimes try */
			if (m->named || (f->own_users && m->files))
				r.options = kind && prop ? "nosuid nodev"
					    : kind       ? "nosuid nodev rprivate"
					    : prop       ? "nosuid nodev rbind"
							 : "nosuid nodev rbind rprivate";
			else
				r.options = kind && prop ? ""
					    : kind       ? "rprivate"
					    : prop       ? "rbind"
							 : "rbind rprivate";
		}
		l->row[l->n++] = r;
	}
}

/* "/a//b/" and "/a/b" are one place. */
static bool same_place(const char *a, const char *b)
{
	for (;;) {
		size_t na, nb;

		a += strspn(a, "/");
		b += strspn(b, "/");
		na = strcspn(a, "/");
		nb = strcspn(b, "/");
		if (na != nb || strncmp(a, b, na) != 0)
			return false;
		if (!na)
			return true;
		a += na;
		b += nb;
	}
}

static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += path[0] == '/' && path[1] && path[1] != '/';
	return n;
}

/* What was asked for a place replaces the default there; parents are mounted before what lies in them. */
static void settle(struct list_of_rows *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool replaced = false;

		for (size_t k = i + 1; k < l->n && !replaced; k++)
			replaced = same_place(l->row[i].dest, l->row[k].dest);
		if (!replaced)
			l->row[n++] = l->row[i];
	}
	l->n = n;
	for (size_t i = 1; i < l->n; i++)
		for (size_t k = i; k && depth(l->row[k - 1].dest) > depth(l->row[k].dest); k--) {
			struct row t = l->row[k];

			l->row[k] = l->row[k - 1];
			l->row[k - 1] = t;
		}
}

/* An ordinary user makes no device nodes, and the host's permissions hold: the nodes are bound. */
static void add_devices(struct list_of_rows *l, const struct container_spec *s, const struct oci_facts *f)
{
	for (size_t i = 0; f->in_userns && i < s->devices.n; i++) {
		const struct device_spec *d = LIST_AT(s->devices, const struct device_spec, i);
		bool writable = !d->access || !*d->access || strchr(d->access, 'w');

		add(l, d->path && *d->path ? d->path : d->host, "bind", d->host,
			writable ? "bind nosuid noexec rprivate rw" : "bind nosuid noexec rprivate ro");
	}
}

static json_t *row_json(const struct row *r)
{
	json_t *v = json_object(), *o = json_array();
	int rc = 0;

	for (const char *p = r->options; *p; p += strcspn(p, " "), p += *p == ' ')
		rc |= json_array_append_new(o, json_stringn(p, strcspn(p, " ")));
	for (size_t i = 0; r->more && i < r->more->n; i++)
		rc |= json_array_append_new(o, json_string(r->more->v[i]));
	if (r->last)
		rc |= json_array_append_new(o, json_string(r->last));
	rc |= json_object_set_new(v, "destination", json_string(r->dest));
	rc |= json_object_set_new(v, "type", json_string(r->type));
	rc |= json_object_set_new(v, "source", json_string(r->source));
	rc |= json_object_set_new(v, "options", o);
	if (rc) {
		json_decref(v);
		return NULL;
	}
	return v;
}

json_t *oci_mounts(const struct container_spec *s, const struct oci_facts *f)
{
	struct list_of_rows l = { .n = 0 };
	auto_free struct row *many = NULL;
	auto_arena struct arena names = { 0 };
	size_t more = f->n_mounts + 3 * s->chroot_dirs.n + (f->in_userns ? s->devices.n : 0);
	json_t *list = json_array();

	l.row = l.fixed;
	if (more > ROWS_MAX - ROWS_OWN) {
		if (!(many = calloc(ROWS_MAX + more, sizeof *many))) {
			json_decref(list);
			return NULL;
		}
		l.row = many;
	}
	add_base(&l, s, f);
	if (s->role != ROLE_INFRA) {
		add_ipc(&l, s, f);
		add_files(&l, s, f);
		if (add_chroots(&l, s, f, &names) < 0) {
			json_decref(list);
			return NULL;
		}
		add_devices(&l, s, f);
		add_asked(&l, f);
	}
	settle(&l);
	for (size_t i = 0; list && i < l.n; i++)
		if (json_array_append_new(list, row_json(&l.row[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}
