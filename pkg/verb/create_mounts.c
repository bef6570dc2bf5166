/*
 * create_mounts.c — -v, --mount, --tmpfs and --device.  Pure: whether a host path exists is looked at by verb_create.
 */
#include "pkg/verb/create.h"

#include <stdio.h>
#include <string.h>

#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the mounts"); }

/* Grows a list in an arena by one zeroed struct. */
static void *list_add(struct list *l, struct arena *a, size_t size)
{
	char *v = arena_array(a, l->n + 1, size);

	if (!v)
		return NULL;
	if (l->n)
		memcpy(v, l->v, l->n * size);
	l->v = v;
	return v + l->n++ * size;
}

/* An absolute path without "//", "/./" and a "/" at its end; ".." is left to the kernel. */
static char *path_clean(struct arena *a, const char *cwd, const char *path)
{
	char *full = path[0] == '/' ? arena_strdup(a, path) : arena_printf(a, "%s/%s", cwd, path);
	char *to = full;

	for (const char *from = full; from && *from; from++) {
		if (from[0] == '/' && (from[1] == '/' || !from[1]))
			continue;
		if (from[0] == '/' && from[1] == '.' && (from[2] == '/' || !from[2])) {
			from++;
			continue;
		}
		*to++ = *from;
	}
	if (full && to == full)
		*to++ = '/';
	if (full)
		*to = 0;
	return full;
}

/* What stands before the colon of -v, or after src=: a path, or the name of a volume. */
static int mount_from(const struct create_request *r, struct mount_spec *m, const char *src, struct arena *a,
	struct err *err)
{
	if (src[0] == '/' || src[0] == '.') {
		m->type = MOUNT_BIND;
		m->source = path_clean(a, r->cwd, src);
	} else {
		if (!name_is_valid(src))
			return err_set(err, ERR_INVALID,
				"'%s' is neither a path nor the name of a volume: names must match "
				"[a-zA-Z0-9][a-zA-Z0-9_.-]*",
				src);
		m->type = MOUNT_NAMED;
		m->source = arena_strdup(a, src);
	}
	return m->source ? 0 : no_memory(err);
}

/* A volume without a name gets one nobody types. */
static int mount_anonymous(struct mount_spec *m, struct arena *a, struct err *err)
{
	char id[ID_LEN + 1];

	id_random(id);
	m->type = MOUNT_NAMED;
	m->anonymous = true;
	return (m->source = arena_strdup(a, id)) ? 0 : no_memory(err);
}

/* One word of -v's third part or of --mount; 1 taken, 0 unknown. */
static int mount_word(const struct create_request *r, struct mount_spec *m, const char *word, struct arena *a,
	struct err *err)
{
	static const char *const plain[] = { "rbind", "bind", "shared", "rshared", "slave", "rslave",
		"private", "rprivate", "unbindable", "runbindable", "nosuid", "suid", "nodev", "dev",
		"noexec", "exec", "noatime", "relatime", "sync" };

	if (!strcmp(word, "ro") || !strcmp(word, "readonly")) {
		m->read_only = true;
		return 1;
	}
	if (!strcmp(word, "rw") || !*word)
		return 1;
	if (!strcmp(word, "nocopy") || !strcmp(word, "copy")) {
		if (m->type != MOUNT_NAMED)
			return err_set(err, ERR_INVALID,
				"mount option '%s': only a volume can be filled from the image", word);
		m->no_copy = word[0] == 'n';
		return 1;
	}
	if (!strcmp(word, "tmpcopyup") || !strcmp(word, "notmpcopyup")) {
		m->no_copy = word[0] == 'n';
		return 1;
	}
	if (!strcmp(word, "z") || !strcmp(word, "Z")) {
		if (r->selinux)
			return err_set(err, ERR_UNSUPPORTED,
				"mount option '%s': relabelling for SELinux is not done yet", word);
		return 1; /* nothing to relabel where there is no SELinux */
	}
	if (!strcmp(word, "U") || !strcmp(word, "O")) {
		if (m->type != MOUNT_BIND && m->type != MOUNT_NAMED)
			return err_set(err, ERR_INVALID,
				"mount option '%s': only for directories and volumes", word);
		m->chown = m->chown || word[0] == 'U';
		m->overlay = m->overlay || word[0] == 'O';
		return 1;
	}
	if (!strncmp(word, "upperdir=", 9) || !strncmp(word, "workdir=", 8)) {
		char **slot = word[0] == 'u' ? &m->upper : &m->work;

		return (*slot = path_clean(a, r->cwd, strchr(word, '=') + 1)) ? 1 : no_memory(err);
	}
	if (!strcmp(word, "idmap") || !strcmp(word, "idmap=true")) {
		if (!r->pod && !userns_asked(&r->userns))
			return err_set(err, ERR_INVALID,
				"mount option '%s': without --userns the container's owners are the host's",
				word);
		m->idmap = true;
		return 1;
	}
	if (!strncmp(word, "idmap=", 6))
		return err_set(err, ERR_UNSUPPORTED,
			"mount option '%s': only the maps of the container's own user namespace: idmap",
			word);
	for (size_t i = 0; i < LEN(plain); i++)
		if (!strcmp(plain[i], word))
			return strs_add(&m->options, a, word) < 0 ? no_memory(err) : 1;
	return 0;
}

static int check_overlay(const char *flag, const struct mount_spec *m, struct err *err)
{
	const char *paths[] = { m->source, m->upper, m->work };

	if (!m->upper != !m->work)
		return err_set(err, ERR_INVALID, "%s: upperdir= and workdir= belong together", flag);
	if (m->upper && !m->overlay)
		return err_set(err, ERR_INVALID, "%s: upperdir= and workdir= need O", flag);
	for (size_t i = 0; m->overlay && i < LEN(paths); i++)
		if (paths[i] && strpbrk(paths[i], ":,\\"))
			return err_set(err, ERR_INVALID,
				"%s: overlay cannot be told of '%s': it has one of : , \\ in it", flag,
				paths[i]);
	return m->overlay && m->read_only
		       ? err_set(err, ERR_INVALID, "%s: O and ro contradict each other", flag)
		       : 0;
}

static int check_dest(const char *flag, const struct container_spec *c, const char *dest, struct err *err)
{
	int rc;

	if (c->mounts.n &&
		(rc = check_overlay(flag, LIST_AT(c->mounts, struct mount_spec, c->mounts.n - 1), err)) < 0)
		return rc;
	if (c->mounts.n && LIST_AT(c->mounts, struct mount_spec, c->mounts.n - 1)->type == MOUNT_BIND &&
		LIST_AT(c->mounts, struct mount_spec, c->mounts.n - 1)->no_copy)
		return err_set(err, ERR_INVALID, "%s: notmpcopyup is for tmpfs", flag);
	if (dest[0] != '/')
		return err_set(
			err, ERR_INVALID, "%s: the path in the container '%s' is not absolute", flag, dest);
	if (!strcmp(dest, "/"))
		return err_set(err, ERR_INVALID, "%s: nothing can be mounted over '/'", flag);
	for (size_t i = 0; i + 1 < c->mounts.n; i++)
		if (!strcmp(LIST_AT(c->mounts, struct mount_spec, i)->dest, dest))
			return err_set(err, ERR_INVALID, "%s: %s is mounted twice", flag, dest);
	return 0;
}

/* -v SRC:DST[:OPTIONS] */
static int volume(const struct create_request *r, struct container_spec *c, const char *text, struct arena *a,
	struct err *err)
{
	struct mount_spec *m = list_add(&c->mounts, a, sizeof *m);
	const char *colon = strchr(text, ':'), *opts;
	char *src, *dest;
	int rc;

	if (!m)
		return no_memory(err);
	if (!colon) {
		if ((rc = mount_anonymous(m, a, err)) < 0)
			return rc;
		if (!(m->dest = text[0] == '/' ? path_clean(a, "", text) : arena_strdup(a, text)))
			return no_memory(err);
		return check_dest("--volume", c, m->dest, err);
	}
	opts = strchr(colon + 1, ':');
	src = arena_strndup(a, text, (size_t) (colon - text));
	dest = arena_strndup(a, colon + 1, opts ? (size_t) (opts - colon - 1) : strlen(colon + 1));
	if (!src || !dest)
		return no_memory(err);
	if (!*src || !*dest)
		return err_set(err, ERR_INVALID,
			"--volume %s: expected HOST-DIR:DIR[:OPTIONS] or VOLUME:DIR[:OPTIONS]", text);
	if ((rc = mount_from(r, m, src, a, err)) < 0)
		return err_wrap(err, "--volume %s", text);
	if (!(m->dest = dest[0] == '/' ? path_clean(a, "", dest) : dest))
		return no_memory(err);
	if (dest[0] != '/')
		m->dest = dest;
	while (opts && *opts) {
		size_t n = strcspn(opts + 1, ",");
		char *word = arena_strndup(a, opts + 1, n);

		if (!word)
			return no_memory(err);
		if ((rc = mount_word(r, m, word, a, err)) < 0)
			return err_wrap(err, "--volume %s", text);
		if (rc == 0)
			return err_set(
				err, ERR_INVALID, "--volume %s: invalid mount option '%s'", text, word);
		opts = opts[n + 1] ? opts + n + 1 : NULL;
	}
	return check_dest("--volume", c, m->dest, err);
}

static int add_default(struct mount_spec *m, struct arena *a, const char *word)
{
	size_t n = strcspn(word, "=");

	for (size_t i = 0; i < m->options.n; i++) {
		const char *have = m->options.v[i];

		if (!strncmp(have, word, n) && (have[n] == '=' || !have[n]))
			return 0;
		/* exec takes the place of noexec, and so on */
		if (!strncmp(word, "no", 2) && !strcmp(have, word + 2))
			return 0;
	}
	return strs_add(&m->options, a, word);
}

static int tmpfs_finish(struct mount_spec *m, struct arena *a, struct err *err)
{
	m->type = MOUNT_TMPFS;
	/* what the image has there is seen, as with podman */
	if (add_default(m, a, "nosuid") < 0 || add_default(m, a, "nodev") < 0 ||
		(!m->no_copy && add_default(m, a, "tmpcopyup") < 0) || !(m->source = arena_strdup(a, "")))
		return no_memory(err);
	return 0;
}

static bool tmpfs_value(const char *word)
{
	static const char *const keys[] = { "size=", "mode=", "uid=", "gid=", "nr_inodes=", "nr_blocks=" };

	for (size_t i = 0; i < LEN(keys); i++)
		if (!strncmp(word, keys[i], strlen(keys[i])))
			return true;
	return false;
}

/* --tmpfs DST[:OPTIONS] */
static int tmpfs(const struct create_request *r, struct container_spec *c, const char *text, struct arena *a,
	struct err *err)
{
	struct mount_spec *m = list_add(&c->mounts, a, sizeof *m);
	const char *opts = strchr(text, ':');
	int rc;

	if (!m || !(m->dest = arena_strndup(a, text, opts ? (size_t) (opts - text) : strlen(text))))
		return no_memory(err);
	while (opts && opts[1]) {
		size_t n = strcspn(opts + 1, ",");
		char *word = arena_strndup(a, opts + 1, n);

		if (!word)
			return no_memory(err);
		if (tmpfs_value(word))
			rc = strs_add(&m->options, a, word) < 0 ? no_memory(err) : 1;
		else
			rc = mount_word(r, m, word, a, err);
		if (rc < 0)
			return err_wrap(err, "--tmpfs %s", text);
		if (rc == 0)
			return err_set(err, ERR_INVALID, "--tmpfs %s: invalid option '%s'", text, word);
		opts = opts[n + 1] ? opts + n + 1 : NULL;
	}
	if ((rc = tmpfs_finish(m, a, err)) < 0)
		return rc;
	return check_dest("--tmpfs", c, m->dest, err);
}

/* One KEY=VALUE (or bare KEY) of --mount; 1 taken, 0 unknown. */
static int mount_pair(const struct create_request *r, struct mount_spec *m, const char *key,
	const char *value, const char **type, struct arena *a, struct err *err)
{
	if (!strcmp(key, "type")) {
		*type = value;
	} else if (!strcmp(key, "source") || !strcmp(key, "src")) {
		if (!(m->source = arena_strdup(a, value)))
			return no_memory(err);
	} else if (!strcmp(key, "destination") || !strcmp(key, "dst") || !strcmp(key, "target")) {
		if (!(m->dest = value[0] == '/' ? path_clean(a, "", value) : arena_strdup(a, value)))
			return no_memory(err);
	} else if (!strcmp(key, "ro") || !strcmp(key, "readonly") || !strcmp(key, "rw")) {
		bool yes = !*value || !strcmp(value, "true") || !strcmp(value, "1");

		m->read_only = key[1] == 'w' ? !yes : yes;
		m->writable = key[1] == 'w' && yes;
	} else if (!strcmp(key, "U") || !strcmp(key, "chown")) {
		m->chown = !*value || !strcmp(value, "true") || !strcmp(value, "1");
	} else if (!strcmp(key, "volume-nocopy")) {
		m->no_copy = !*value || !strcmp(value, "true") || !strcmp(value, "1");
	} else if (!strcmp(key, "bind-propagation")) {
		return mount_word(r, m, value, a, err);
	} else if (!strcmp(key, "bind-nonrecursive")) {
		if (strs_add(&m->options, a, "bind") < 0)
			return no_memory(err);
	} else if (!strcmp(key, "uid") || !strcmp(key, "gid") || !strcmp(key, "mode") ||
		   !strcmp(key, "max")) {
		if (strs_addf(&m->options, a, "%s=%s", key, value) < 0)
			return no_memory(err);
	} else if (!strcmp(key, "tmpfs-size") || !strcmp(key, "tmpfs-mode")) {
		if (strs_addf(&m->options, a, "%s=%s", key + 6, value) < 0)
			return no_memory(err);
	} else if (!*value) {
		return mount_word(r, m, key, a, err);
	} else {
		return 0;
	}
	return 1;
}

/* The source by its type, which may have been named after it. */
static int mount_finish(const struct create_request *r, struct container_spec *c, struct mount_spec *m,
	const char *type, const char *text, struct arena *a, struct err *err)
{
	const char *src = m->source;
	int rc = 0;

	if (!strcmp(type, "tmpfs")) {
		rc = tmpfs_finish(m, a, err);
	} else if (!strcmp(type, "devpts")) {
		m->type = MOUNT_DEVPTS;
		rc = (m->source = arena_strdup(a, "")) ? 0 : no_memory(err);
	} else if (!strcmp(type, "image")) {
		if (!src || !*src)
			return err_set(err, ERR_INVALID, "--mount %s: an image (src=) is missing", text);
		m->type = MOUNT_IMAGE;
		m->read_only = !m->writable; /* podman: rw=true */
	} else if (!strcmp(type, "bind")) {
		if (!src)
			return err_set(err, ERR_INVALID, "--mount %s: a source (src=) is missing", text);
		m->type = MOUNT_BIND;
		rc = (m->source = path_clean(a, r->cwd, src)) ? 0 : no_memory(err);
	} else if (!src || !*src) {
		rc = mount_anonymous(m, a, err);
	} else {
		rc = mount_from(r, m, src, a, err);
		if (rc == 0 && m->type != MOUNT_NAMED)
			rc = err_set(err, ERR_INVALID, "--mount %s: '%s' is a path; for one write type=bind",
				text, src);
	}
	return rc < 0 ? rc : check_dest("--mount", c, m->dest, err);
}

/* --mount type=bind,src=/a,dst=/b,ro */
static int mount_flag(const struct create_request *r, struct container_spec *c, const char *text,
	struct arena *a, struct err *err)
{
	struct mount_spec *m = list_add(&c->mounts, a, sizeof *m);
	const char *type = "volume", *p = text;
	int rc;

	if (!m)
		return no_memory(err);
	for (;;) {
		size_t n = strcspn(p, ",");
		char *key = arena_strndup(a, p, n), *value;

		if (!key)
			return no_memory(err);
		value = strchr(key, '=');
		if (value)
			*value++ = 0;
		if ((rc = mount_pair(r, m, key, value ? value : "", &type, a, err)) < 0)
			return err_wrap(err, "--mount %s", text);
		if (rc == 0)
			return err_set(err, ERR_INVALID, "--mount %s: invalid option '%s'", text, key);
		if (!p[n])
			break;
		p += n + 1;
	}
	if (strcmp(type, "bind") != 0 && strcmp(type, "tmpfs") != 0 && strcmp(type, "volume") != 0 &&
		strcmp(type, "image") != 0 && strcmp(type, "devpts") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"--mount %s: invalid filesystem type \"%s\"; there are bind, volume, tmpfs, image "
			"and "
			"devpts",
			text, type);
	if (!m->dest)
		return err_set(err, ERR_INVALID, "--mount %s: a destination (dst=) is missing", text);
	return mount_finish(r, c, m, type, text, a, err);
}

/* --device HOST[:PATH[:rwm]] */
static int device(struct container_spec *c, const char *text, struct arena *a, struct err *err)
{
	struct device_spec *d = list_add(&c->devices, a, sizeof *d);
	char *part[3] = { arena_strdup(a, text), NULL, NULL };
	size_t n = 1;

	if (!d || !part[0])
		return no_memory(err);
	for (char *p = part[0]; *p && n < 3; p++) {
		if (*p == ':') {
			*p = 0;
			part[n++] = p + 1;
		}
	}
	d->host = d->path = part[0];
	d->access = arena_strdup(a, "rwm");
	/* the second part is a path, or the access when there is none: /dev/fuse:rw */
	if (part[1] && part[1][0] == '/')
		d->path = part[1];
	else if (part[1] && n == 2)
		d->access = part[1];
	if (part[2])
		d->access = part[2];
	if (d->host[0] != '/' || d->path[0] != '/' || !d->access || !*d->access ||
		strspn(d->access, "rwm") != strlen(d->access))
		return err_set(err, ERR_INVALID, "--device %s: expected HOST-DEVICE[:DEVICE][:rwm]", text);
	return 0;
}

/* --read-only gives writable tmpfs at these, as podman's --read-only-tmpfs does. */
static int read_only_tmpfs(
	const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	static const char *const dirs[] = { "/run", "/tmp", "/var/tmp" };

	for (size_t i = 0; r->read_only && !r->read_only_tmpfs_off && i < LEN(dirs); i++) {
		struct mount_spec *m;
		bool there = false;

		for (size_t k = 0; k < c->mounts.n; k++)
			there = there || !strcmp(LIST_AT(c->mounts, struct mount_spec, k)->dest, dirs[i]);
		if (there)
			continue;
		if (!(m = list_add(&c->mounts, a, sizeof *m)) || !(m->dest = arena_strdup(a, dirs[i])) ||
			strs_add(&m->options, a, strcmp(dirs[i], "/run") == 0 ? "mode=0755" : "mode=1777") <
				0 ||
			strs_add(&m->options, a, "exec") < 0)
			return no_memory(err);
		if (tmpfs_finish(m, a, err) < 0)
			return no_memory(err);
	}
	return 0;
}

int create_mounts(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->volumes.n; i++)
		rc = volume(r, c, r->volumes.v[i], a, err);
	for (size_t i = 0; rc == 0 && i < r->mounts.n; i++)
		rc = mount_flag(r, c, r->mounts.v[i], a, err);
	for (size_t i = 0; rc == 0 && i < r->tmpfs.n; i++)
		rc = tmpfs(r, c, r->tmpfs.v[i], a, err);
	for (size_t i = 0; rc == 0 && i < r->devices.n; i++)
		rc = device(c, r->devices.v[i], a, err);
	return rc < 0 ? rc : read_only_tmpfs(r, c, a, err);
}
