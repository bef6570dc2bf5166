#include "runtime/config.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/text.h"

const char *const cfg_hook_names[HOOK_KIND_COUNT] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

static int nomem(struct err *err) { return err_sys(err, ENOMEM, "read the configuration"); }

static int decode_maps(const json_t *o, const char *at, const char *key, struct arena *a, struct id_maps *ret,
	struct err *err)
{
	const json_t *list, *item;
	size_t i, n;
	int rc = cfg_array(o, at, key, &list, err);

	if (rc < 0 || !list || !(n = json_array_size(list)))
		return rc;
	if (!(ret->v = arena_array(a, n, sizeof *ret->v)))
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		int64_t c = -1, h = -1, s = 0;

		if ((rc = cfg_int(item, key, "containerID", 0, UINT32_MAX, &c, NULL, err)) < 0 ||
			(rc = cfg_int(item, key, "hostID", 0, UINT32_MAX, &h, NULL, err)) < 0 ||
			(rc = cfg_int(item, key, "size", 1, UINT32_MAX, &s, NULL, err)) < 0)
			return rc;
		if (c < 0 || h < 0 || s == 0)
			return err_set(err, ERR_INVALID,
				"%s.%s[%zu]: containerID, hostID and size are required", at, key, i);
		ret->v[i] = (struct id_map){ (uint32_t) c, (uint32_t) h, (uint32_t) s };
	}
	ret->n = n;
	return 0;
}

static int decode_mount(const json_t *o, struct arena *a, struct cfg_mount *m, struct err *err)
{
	struct words options = { 0 };
	int rc;

	*m = (struct cfg_mount){ .dest = NULL, .type = "", .source = "" };
	if ((rc = cfg_str(o, "mounts", "destination", &m->dest, err)) < 0 ||
		(rc = cfg_str(o, "mounts", "type", &m->type, err)) < 0 ||
		(rc = cfg_str(o, "mounts", "source", &m->source, err)) < 0 ||
		(rc = cfg_words(o, "mounts", "options", a, &options, err)) < 0 ||
		(rc = decode_maps(o, "mounts", "uidMappings", a, &m->uids, err)) < 0 ||
		(rc = decode_maps(o, "mounts", "gidMappings", a, &m->gids, err)) < 0)
		return rc;
	if (!m->dest || !m->dest[0])
		return err_set(err, ERR_INVALID, "mounts: a mount has no destination");
	if ((rc = oci_mount_opts_parse(options.v, options.n, a, &m->opts, err)) < 0)
		return rc;
	if (strcmp(m->type, "bind") == 0 && !(m->opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND)))
		m->opts.special |= OCI_MOUNT_BIND;
	if (!m->type[0] && !(m->opts.special & (OCI_MOUNT_BIND | OCI_MOUNT_RBIND | OCI_MOUNT_REMOUNT)) &&
		!m->opts.propagation)
		return err_set(err, ERR_INVALID, "mounts: '%s' has neither a type nor 'bind'", m->dest);
	return 0;
}

static int decode_mounts(struct config *c, struct err *err)
{
	const json_t *list, *item;
	size_t i;
	int rc = cfg_array(c->doc, "", "mounts", &list, err);

	if (rc < 0 || !list)
		return rc;
	if (!(c->mounts = arena_array(&c->arena, json_array_size(list), sizeof *c->mounts)))
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		if ((rc = decode_mount(item, &c->arena, &c->mounts[i], err)) < 0)
			return rc;
		c->n_mounts = i + 1;
	}
	return 0;
}

static int decode_hook(const json_t *o, const char *at, struct arena *a, struct cfg_hook *h, struct err *err)
{
	int64_t timeout = 0;
	bool set;
	int rc;

	*h = (struct cfg_hook){ 0 };
	if ((rc = cfg_str(o, at, "path", &h->path, err)) < 0 ||
		(rc = cfg_words(o, at, "args", a, &h->args, err)) < 0 ||
		(rc = cfg_words(o, at, "env", a, &h->env, err)) < 0 ||
		(rc = cfg_int(o, at, "timeout", 1, 1 << 30, &timeout, &set, err)) < 0)
		return rc;
	if (!h->path || h->path[0] != '/')
		return err_set(err, ERR_INVALID, "%s.path: expected an absolute path", at);
	h->timeout_s = (int) timeout;
	return 0;
}

static int decode_hooks(struct config *c, struct err *err)
{
	const json_t *hooks, *list, *item;
	char at[40];
	size_t i;
	int rc = cfg_object(c->doc, "", "hooks", &hooks, err);

	for (int k = 0; rc == 0 && hooks && k < HOOK_KIND_COUNT; k++) {
		if ((rc = cfg_array(hooks, "hooks", cfg_hook_names[k], &list, err)) < 0 || !list)
			continue;
		if (!(c->hooks[k].v = arena_array(&c->arena, json_array_size(list), sizeof *c->hooks[k].v)))
			return nomem(err);
		(void) snprintf(at, sizeof at, "hooks.%s", cfg_hook_names[k]);
		json_array_foreach(list, i, item)
		{
			if ((rc = decode_hook(item, at, &c->arena, &c->hooks[k].v[i], err)) < 0)
				return rc;
			c->hooks[k].n = i + 1;
		}
	}
	return rc;
}

static int decode_namespaces(const json_t *linux_, struct config *c, struct err *err)
{
	const json_t *list, *item;
	size_t i;
	int rc = cfg_array(linux_, "linux", "namespaces", &list, err);

	if (rc < 0 || !list)
		return rc;
	json_array_foreach(list, i, item)
	{
		const char *type = "", *path = NULL;
		int ns;

		if ((rc = cfg_str(item, "linux.namespaces", "type", &type, err)) < 0 ||
			(rc = cfg_str(item, "linux.namespaces", "path", &path, err)) < 0)
			return rc;
		if ((ns = oci_ns_find(type)) < 0)
			return err_set(err, ERR_INVALID, "linux.namespaces[%zu].type: unknown namespace '%s'",
				i, type);
		if (c->ns[ns].wanted)
			return err_set(err, ERR_INVALID, "linux.namespaces[%zu].type: '%s' is listed twice",
				i, type);
		c->ns[ns].wanted = true;
		c->ns[ns].path = path && path[0] ? path : NULL;
	}
	return 0;
}

static int decode_device(const json_t *o, struct cfg_device *d, struct err *err)
{
	static const char at[] = "linux.devices";
	const char *type = "";
	int64_t major = 0, minor = 0, mode = 0666, uid = 0, gid = 0;
	bool has_uid, has_gid;
	int rc;

	*d = (struct cfg_device){ 0 };
	if ((rc = cfg_str(o, at, "path", &d->path, err)) < 0 ||
		(rc = cfg_str(o, at, "type", &type, err)) < 0 ||
		(rc = cfg_int(o, at, "major", 0, 4095, &major, NULL, err)) < 0 ||
		(rc = cfg_int(o, at, "minor", 0, 1048575, &minor, NULL, err)) < 0 ||
		(rc = cfg_int(o, at, "fileMode", 0, UINT32_MAX, &mode, NULL, err)) < 0 ||
		(rc = cfg_int(o, at, "uid", 0, UINT32_MAX, &uid, &has_uid, err)) < 0 ||
		(rc = cfg_int(o, at, "gid", 0, UINT32_MAX, &gid, &has_gid, err)) < 0)
		return rc;
	if (!d->path || d->path[0] != '/')
		return err_set(err, ERR_INVALID, "linux.devices.path: expected an absolute path");
	if (strlen(type) != 1 || !strchr("cubp", type[0]))
		return err_set(err, ERR_INVALID, "linux.devices '%s': type must be c, u, b or p", d->path);
	d->type = type[0] == 'b' ? S_IFBLK : type[0] == 'p' ? S_IFIFO : S_IFCHR;
	d->major = (unsigned) major;
	d->minor = (unsigned) minor;
	d->mode = (mode_t) mode & 07777;
	d->uid = (uid_t) uid;
	d->gid = (gid_t) gid;
	d->has_owner = has_uid || has_gid;
	return 0;
}

static int decode_devices(const json_t *linux_, struct config *c, struct err *err)
{
	const json_t *list, *item;
	size_t i;
	int rc = cfg_array(linux_, "linux", "devices", &list, err);

	if (rc < 0 || !list)
		return rc;
	if (!(c->devices = arena_array(&c->arena, json_array_size(list), sizeof *c->devices)))
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		if ((rc = decode_device(item, &c->devices[i], err)) < 0)
			return rc;
		c->n_devices = i + 1;
	}
	return 0;
}

int config_device_rules(
	const json_t *list, struct arena *a, struct cfg_device_rule **ret, size_t *ret_n, struct err *err)
{
	static const char at[] = "linux.resources.devices";
	size_t i, n = json_array_size(list);
	struct cfg_device_rule *r = arena_array(a, n, sizeof *r);
	const json_t *item;

	if (!r)
		return nomem(err);
	json_array_foreach(list, i, item)
	{
		const char *type = "a", *access = "rwm";
		int rc;

		r[i] = (struct cfg_device_rule){ .major = -1, .minor = -1 };
		if ((rc = cfg_bool(item, at, "allow", &r[i].allow, err)) < 0 ||
			(rc = cfg_str(item, at, "type", &type, err)) < 0 ||
			(rc = cfg_str(item, at, "access", &access, err)) < 0 ||
			(rc = cfg_int(item, at, "major", -1, UINT32_MAX, &r[i].major, NULL, err)) < 0 ||
			(rc = cfg_int(item, at, "minor", -1, UINT32_MAX, &r[i].minor, NULL, err)) < 0)
			return rc;
		if (!*type)
			type = "a";
		if (!strchr("abc", type[0]) || type[1])
			return err_set(err, ERR_INVALID, "%s[%zu].type: expected a, b or c", at, i);
		if (strspn(access, "rwm") != strlen(access))
			return err_set(err, ERR_INVALID, "%s[%zu].access: expected some of r, w, m", at, i);
		if (!*access)
			access = "rwm";
		r[i].type = type[0];
		r[i].r = strchr(access, 'r');
		r[i].w = strchr(access, 'w');
		r[i].m = strchr(access, 'm');
	}
	*ret = r;
	*ret_n = n;
	return 0;
}

static int decode_propagation(const json_t *linux_, struct config *c, struct err *err)
{
	static const char *const names[] = { "private", "rprivate", "shared", "rshared", "slave", "rslave",
		"unbindable", "runbindable", NULL };
	static const unsigned long flags[] = { MS_PRIVATE, MS_PRIVATE | MS_REC, MS_SHARED, MS_SHARED | MS_REC,
		MS_SLAVE, MS_SLAVE | MS_REC, MS_UNBINDABLE, MS_UNBINDABLE | MS_REC };
	const char *v = NULL;
	int rc = cfg_str(linux_, "linux", "rootfsPropagation", &v, err);

	if (rc < 0 || !v || !*v)
		return rc;
	if ((rc = cfg_choice(v, names, "linux.rootfsPropagation", err)) < 0)
		return rc;
	c->rootfs_propagation = flags[rc];
	return 0;
}

static int decode_personality(const json_t *linux_, struct config *c, struct err *err)
{
	const json_t *o;
	struct words flags = { 0 };
	const char *domain = "";
	int rc = cfg_object(linux_, "linux", "personality", &o, err);

	if (rc < 0 || !o)
		return rc;
	if ((rc = cfg_str(o, "linux.personality", "domain", &domain, err)) < 0 ||
		(rc = cfg_words(o, "linux.personality", "flags", &c->arena, &flags, err)) < 0)
		return rc;
	if (flags.n)
		return err_set(
			err, ERR_UNSUPPORTED, "linux.personality.flags: the specification defines none");
	if (strcmp(domain, "LINUX") != 0 && strcmp(domain, "LINUX32") != 0)
		return err_set(err, ERR_INVALID, "linux.personality.domain: expected LINUX or LINUX32");
	c->has_personality = true;
	c->personality = strcmp(domain, "LINUX32") == 0 ? 0x0008 : 0;
	return 0;
}

static int decode_offset(const json_t *o, const char *key, struct cfg_time_offset *t, struct err *err)
{
	const json_t *v;
	int64_t ns = 0;
	int rc = cfg_object(o, "linux.timeOffsets", key, &v, err);

	if (rc < 0 || !v)
		return rc;
	if ((rc = cfg_int(v, key, "secs", INT64_MIN, INT64_MAX, &t->secs, NULL, err)) < 0 ||
		(rc = cfg_int(v, key, "nanosecs", 0, 999999999, &ns, NULL, err)) < 0)
		return rc;
	t->nanosecs = (uint32_t) ns;
	t->set = true;
	return 0;
}

static int decode_time(const json_t *linux_, struct config *c, struct err *err)
{
	const json_t *o;
	int rc = cfg_object(linux_, "linux", "timeOffsets", &o, err);

	if (rc < 0 || !o)
		return rc;
	if (json_object_size(o) && !c->ns[OCI_NS_TIME].wanted)
		return err_set(err, ERR_INVALID, "linux.timeOffsets: needs a time namespace");
	if (json_object_size(o) && c->ns[OCI_NS_TIME].path)
		return err_set(err, ERR_INVALID,
			"linux.timeOffsets: cannot be set on a time namespace that is joined");
	if ((rc = decode_offset(o, "boottime", &c->boottime, err)) < 0)
		return rc;
	return decode_offset(o, "monotonic", &c->monotonic, err);
}

static int decode_mempolicy(const json_t *linux_, struct config *c, struct err *err)
{
	static const char *const modes[] = { "MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE",
		"MPOL_LOCAL", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE", NULL };
	static const char *const names[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
		"MPOL_F_STATIC_NODES", NULL };
	const json_t *o;
	struct words flags = { 0 };
	const char *mode = "";
	int rc = cfg_object(linux_, "linux", "memoryPolicy", &o, err);

	c->mempolicy = -1;
	if (rc < 0 || !o)
		return rc;
	if ((rc = cfg_str(o, "linux.memoryPolicy", "mode", &mode, err)) < 0 ||
		(rc = cfg_str(o, "linux.memoryPolicy", "nodes", &c->mempolicy_nodes, err)) < 0 ||
		(rc = cfg_words(o, "linux.memoryPolicy", "flags", &c->arena, &flags, err)) < 0 ||
		(rc = cfg_choice(mode, modes, "linux.memoryPolicy.mode", err)) < 0)
		return rc;
	c->mempolicy = rc;
	for (size_t i = 0; i < flags.n; i++) {
		if ((rc = cfg_choice(flags.v[i], names, "linux.memoryPolicy.flags", err)) < 0)
			return rc;
		c->mempolicy_flags |=
			1u << (13 + rc); /* <numaif.h>: NUMA_BALANCING 13, RELATIVE 14, STATIC 15 */
	}
	return 0;
}

static int decode_linux(struct config *c, struct err *err)
{
	const json_t *l;
	const json_t *no;
	int rc = cfg_object(c->doc, "", "linux", &l, err);

	c->mempolicy = -1;
	if (rc < 0 || !l)
		return rc;
	if ((rc = cfg_object(l, "linux", "intelRdt", &no, err)) < 0)
		return rc;
	if (no)
		return err_set(err, ERR_UNSUPPORTED, "linux.intelRdt: not supported by this runtime");
	if ((rc = decode_namespaces(l, c, err)) < 0 ||
		(rc = decode_maps(l, "linux", "uidMappings", &c->arena, &c->uids, err)) < 0 ||
		(rc = decode_maps(l, "linux", "gidMappings", &c->arena, &c->gids, err)) < 0 ||
		(rc = decode_devices(l, c, err)) < 0 ||
		(rc = cfg_str(l, "linux", "cgroupsPath", &c->cgroups_path, err)) < 0 ||
		(rc = cfg_object(l, "linux", "resources", &c->resources, err)) < 0 ||
		(rc = cfg_object(l, "linux", "sysctl", &c->sysctl, err)) < 0 ||
		(rc = cfg_object(l, "linux", "seccomp", &c->seccomp, err)) < 0 ||
		(rc = cfg_object(l, "linux", "netDevices", &c->net_devices, err)) < 0 ||
		(rc = decode_propagation(l, c, err)) < 0 ||
		(rc = cfg_words(l, "linux", "maskedPaths", &c->arena, &c->masked, err)) < 0 ||
		(rc = cfg_words(l, "linux", "readonlyPaths", &c->arena, &c->readonly, err)) < 0 ||
		(rc = cfg_str(l, "linux", "mountLabel", &c->mount_label, err)) < 0 ||
		(rc = decode_personality(l, c, err)) < 0 || (rc = decode_time(l, c, err)) < 0 ||
		(rc = decode_mempolicy(l, c, err)) < 0)
		return rc;
	return 0;
}

static int check_version(const char *v, struct err *err)
{
	if (!v || !*v)
		return err_set(err, ERR_INVALID, "ociVersion: is required");
	if (strncmp(v, "1.", 2) != 0)
		return err_set(err, ERR_UNSUPPORTED, "ociVersion: '%s' is not supported, 1.0 to 1.3 are", v);
	return 0;
}

/* What cannot work together is said before anything is made. */
static int check(const struct config *c, struct err *err)
{
	static const char *const others[] = { "vm", "windows", "solaris", "zos", "freebsd" };

	for (size_t i = 0; i < LEN(others); i++)
		if (json_object_get(c->doc, others[i]))
			return err_set(err, ERR_UNSUPPORTED, "%s: this is a runtime for Linux containers",
				others[i]);
	if (!c->root || !c->root[0])
		return err_set(err, ERR_INVALID, "root.path: is required");
	if (c->hostname && c->hostname[0] && !c->ns[OCI_NS_UTS].wanted)
		return err_set(err, ERR_INVALID, "hostname: needs a uts namespace");
	if (c->domainname && c->domainname[0] && !c->ns[OCI_NS_UTS].wanted)
		return err_set(err, ERR_INVALID, "domainname: needs a uts namespace");
	if (!c->ns[OCI_NS_MOUNT].wanted && (c->masked.n || c->readonly.n))
		return err_set(
			err, ERR_INVALID, "linux.maskedPaths and readonlyPaths need a mount namespace");
	if ((c->uids.n || c->gids.n) && !c->ns[OCI_NS_USER].wanted)
		return err_set(err, ERR_INVALID, "linux.uidMappings: needs a user namespace");
	if (c->ns[OCI_NS_USER].wanted && !c->ns[OCI_NS_USER].path && (!c->uids.n || !c->gids.n))
		return err_set(err, ERR_INVALID,
			"linux.namespaces: a new user namespace needs uidMappings and gidMappings");
	if (c->net_devices && json_object_size(c->net_devices) && !c->ns[OCI_NS_NET].wanted)
		return err_set(err, ERR_INVALID, "linux.netDevices: needs a network namespace");
	return 0;
}

int config_decode(json_t *doc, struct config *c, struct err *err)
{
	const json_t *o;
	int rc;

	*c = (struct config){ .doc = doc, .cgroups_path = "", .mempolicy = -1 };
	if (!json_is_object(doc))
		return err_set(err, ERR_INVALID, "expected an object");
	if ((rc = cfg_str(doc, "", "ociVersion", &c->oci_version, err)) < 0 ||
		(rc = check_version(c->oci_version, err)) < 0 ||
		(rc = cfg_str(doc, "", "hostname", &c->hostname, err)) < 0 ||
		(rc = cfg_str(doc, "", "domainname", &c->domainname, err)) < 0 ||
		(rc = cfg_object(doc, "", "root", &o, err)) < 0 ||
		(rc = cfg_str(o, "root", "path", &c->root, err)) < 0 ||
		(rc = cfg_bool(o, "root", "readonly", &c->root_readonly, err)) < 0 ||
		(rc = decode_mounts(c, err)) < 0 || (rc = decode_hooks(c, err)) < 0 ||
		(rc = decode_linux(c, err)) < 0 || (rc = cfg_object(doc, "", "annotations", &o, err)) < 0)
		return rc;
	c->annotations = json_object_get(doc, "annotations");
	if (!json_is_object(c->annotations))
		c->annotations = NULL;
	if ((rc = cfg_object(doc, "", "process", &o, err)) < 0)
		return rc;
	if (o && (rc = config_process(o, &c->arena, &c->process, err)) < 0)
		return rc;
	if ((rc = config_annotations(c, err)) < 0)
		return rc;
	c->process.has_caps = true; /* none listed, none given: as other runtimes read it */
	return check(c, err);
}

/* The next integer past 2^63 from *at on: its place, its value, and its length, or 0 when there is none. */
static size_t next_big(const char *text, size_t len, size_t *at, uint64_t *ret)
{
	bool in_string = false;

	for (size_t i = *at; i < len; i++) {
		char digits[24];
		size_t n = 0;

		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
			continue;
		}
		if (text[i] == '"') {
			in_string = true;
			continue;
		}
		while (i + n < len && text[i + n] >= '0' && text[i + n] <= '9')
			n++;
		if ((n == 19 || n == 20) && i && text[i - 1] != '.' && text[i - 1] != '-' &&
			(i + n == len || !strchr(".eE", text[i + n]))) {
			memcpy(digits, text + i, n);
			digits[n] = '\0';
			if (parse_u64(digits, (uint64_t) INT64_MAX + 1, UINT64_MAX, ret) == 0) {
				*at = i;
				return n;
			}
		}
		i += n ? n - 1 : 0;
	}
	return 0;
}

json_t *config_parse(const char *text, size_t len, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(2 * JSON_MAX);
	size_t done = 0, at = 0, n;
	uint64_t v = 0;

	while ((n = next_big(text, len, &at, &v))) {
		buf_add(&b, text + done, at - done);
		buf_printf(&b, "%lld", (long long) v);
		done = at += n;
	}
	if (!done)
		return json_parse(text, len, err);
	buf_add(&b, text + done, len - done);
	if (buf_failed(&b))
		return nomem(err), NULL;
	return json_parse(b.data, b.len, err);
}

/* A pipe when somebody named it with --config, as shells do for <(command); never one that lies in a bundle and would hang us. */
static bool may_be_read(int fd, const char *name, const struct stat *st)
{
	return S_ISREG(st->st_mode) ||
	       (S_ISFIFO(st->st_mode) && name[0] == '/' && fcntl(fd, F_SETFL, 0) == 0);
}

int config_read(
	int dir, const char *name, struct config *ret, char **ret_text, size_t *ret_len, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(JSON_MAX);
	auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	json_t *doc;
	int rc;

	*ret = (struct config){ 0 };
	if (fd < 0)
		return err_sys(err, errno, "open '%s'", name);
	if (fstat(fd, &st) < 0 || !may_be_read(fd, name, &st))
		return err_set(err, ERR_INVALID, "'%s' is not a regular file", name);
	if (st.st_size > 0 && (size_t) st.st_size < b.max)
		(void) buf_reserve(&b, (size_t) st.st_size + 1);
	if ((rc = io_read_all(fd, &b)) < 0)
		return err_sys(err, -rc, "read '%s'", name);
	if (!(doc = config_parse(b.data ? b.data : (char[]){ "" }, b.len, err)))
		return err_wrap(err, "'%s'", name);
	if ((rc = config_decode(doc, ret, err)) < 0)
		return err_wrap(err, "'%s'", name);
	if (ret_text) {
		*ret_len = b.len;
		if (!(*ret_text = buf_steal(&b)))
			return nomem(err);
	}
	return 0;
}

const char *config_annotation(const struct config *c, const char *key)
{
	return json_string_value(json_object_get(c->annotations, key));
}

void config_done(struct config *c)
{
	json_decref(c->doc);
	arena_done(&c->arena);
	*c = (struct config){ 0 };
}
