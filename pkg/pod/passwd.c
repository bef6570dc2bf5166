/*
 * /etc/passwd and /etc/group with a line more: a user given by a number that the image does not know has a name all the same,
 * as programs that ask for one expect (--passwd, --passwd-entry), and users of the host can be added (--hostuser).  The files
 * are copies beside the bundle, bound over the image's, which is not written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "make /etc/passwd"); }

/* 1: read, 0: the image has none. */
static int read_image(const struct layers *l, const char *path, struct buf *b, struct err *err)
{
	auto_close int fd = layers_open_file(l, path);
	int rc;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0 || (rc = io_read_all(fd, b)) < 0)
		return err_sys(err, fd < 0 ? -fd : -rc, "read %s of the image", path);
	if (b->len && b->data[b->len - 1] != '\n')
		(void) buf_putc(b, '\n');
	return 1;
}

/* The line of passwd or group whose first (name) or third (id) field is this; its length, 0: there is none. */
static size_t line_of(const char *text, const char *name, uint32_t id, const char **ret)
{
	char want[16];

	snprintf(want, sizeof want, "%u", id);
	for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		size_t n = strcspn(p, "\n"), first = strcspn(p, ":\n");
		const char *second = p[first] == ':' ? p + first + 1 : NULL,
			   *third = second ? second + strcspn(second, ":\n") : NULL;

		*ret = p;
		if (name && strlen(name) == first && strncmp(p, name, first) == 0)
			return n;
		if (!name && third && *third == ':' && strcspn(third + 1, ":\n") == strlen(want) &&
			strncmp(third + 1, want, strlen(want)) == 0)
			return n;
	}
	return 0;
}

/* $USERNAME, $UID, $GID, $NAME and $HOME of --passwd-entry. */
static void expand(
	const char *template, const char *name, const struct user *u, const char *home, struct buf *b)
{
	char uid[16], gid[16];
	const struct {
		const char *key, *value;
	} vars[] = { { "USERNAME", name }, { "UID", uid }, { "GID", gid }, { "NAME", name },
		{ "HOME", home } };

	snprintf(uid, sizeof uid, "%u", u->uid);
	snprintf(gid, sizeof gid, "%u", u->gid);
	while (*template) {
		size_t i = 0;

		while (*template == '$' && i < LEN(vars) &&
			strncmp(template + 1, vars[i].key, strlen(vars[i].key)) != 0)
			i++;
		if (*template != '$' || i == LEN(vars)) {
			(void) buf_putc(b, *template ++);
			continue;
		}
		(void) buf_puts(b, vars[i].value);
		template += 1 + strlen(vars[i].key);
	}
	(void) buf_putc(b, '\n');
}

static int host_user(const char *name, const char *host, struct buf *b, struct err *err)
{
	const char *line;
	size_t n = line_of(host, name, 0, &line);

	if (!n)
		return err_set(err, ERR_NOT_FOUND, "--hostuser %s: this host has no such user", name);
	return buf_printf(b, "%.*s\n", (int) n, line) < 0 ? no_memory(err) : 0;
}

static int add_users(const struct container_spec *c, const struct user *u, struct buf *b, struct err *err)
{
	auto_buf struct buf host = BUF_INIT(PASSWD_MAX);
	const char *ignored, *home = c->cwd && *c->cwd ? c->cwd : "/";
	char name[16];
	int rc;

	if (c->host_users.n && (rc = file_read(AT_FDCWD, "/etc/passwd", PATH_IN_STATE, &host)) < 0)
		return err_sys(err, -rc, "read /etc/passwd");
	for (size_t i = 0; i < c->host_users.n; i++)
		if (!line_of(b->data ? b->data : "", c->host_users.v[i], 0, &ignored) &&
			(rc = host_user(c->host_users.v[i], host.data ? host.data : "", b, err)) < 0)
			return rc;
	if (!c->user || !*c->user || line_of(b->data ? b->data : "", NULL, u->uid, &ignored))
		return 0;
	snprintf(name, sizeof name, "%u", u->uid);
	if (c->passwd_entry && *c->passwd_entry)
		expand(c->passwd_entry, name, u, home, b);
	else
		(void) buf_printf(b, "%u:*:%u:%u:container user:%s:/bin/sh\n", u->uid, u->uid, u->gid, home);
	return buf_failed(b) ? no_memory(err) : 0;
}

int pod_file_put(struct start *s, const struct container_spec *c, const char *name, const struct buf *b,
	const char **ret, struct err *err)
{
	auto_close int dir = -EBADF;
	char path[PATH_TEXT];
	int rc;

	if (mkdirat(s->p->run_fd, c->id, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make run directory");
	if ((dir = openat(s->p->run_fd, c->id, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return err_sys(err, errno, "open run directory");
	(void) unlinkat(dir, name, 0);
	if ((rc = file_put(dir, name, b->data ? b->data : "", b->len, 0644)) < 0)
		return err_sys(err, -rc, "write '%s'", name);
	*ret = arena_printf(
		&s->p->arena, "%s/%s", s->e->runroot, path_ctr_file(path, s->p->row.id, c->id, name));
	return *ret ? 0 : no_memory(err);
}

int pod_passwd(struct start *s, const struct container_spec *c, const struct layers *l, const struct user *u,
	struct oci_facts *f, struct err *err)
{
	auto_buf struct buf passwd = BUF_INIT(PASSWD_MAX), group = BUF_INIT(PASSWD_MAX);
	bool by_number = c->user && *c->user && !*u->name, grouped = c->user && strchr(c->user, ':');
	const char *ignored;
	size_t before;
	int rc;

	if (c->no_passwd || s->p->spec.kube || (!by_number && !c->host_users.n && !grouped))
		return 0;
	if ((rc = read_image(l, "/etc/passwd", &passwd, err)) < 0)
		return rc;
	before = passwd.len;
	if (rc && ((rc = add_users(c, u, &passwd, err)) < 0 ||
			  (passwd.len != before &&
				  (rc = pod_file_put(s, c, "passwd", &passwd, &f->passwd, err)) < 0)))
		return rc;
	if (!grouped || (rc = read_image(l, "/etc/group", &group, err)) <= 0)
		return grouped ? rc : 0;
	if (line_of(group.data ? group.data : "", NULL, u->gid, &ignored))
		return 0;
	if ((*u->name ? buf_printf(&group, "%u:x:%u:%s\n", u->gid, u->gid, u->name)
		      : buf_printf(&group, "%u:x:%u:%u\n", u->gid, u->gid, u->uid)) < 0)
		return no_memory(err);
	return pod_file_put(s, c, "group", &group, &f->group, err);
}
