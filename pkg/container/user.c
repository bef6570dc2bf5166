#include "pkg/container/user.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/text.h"

#define FIELDS 7

/* Cuts one line of passwd or group into its fields; returns the start of the next line, NULL at the end. */
static const char *next_line(const char *p, char *line, size_t size, char *field[FIELDS], size_t *n)
{
	size_t len = strcspn(p, "\n");

	*n = 0;
	if (len < size) { /* a longer line is nobody's */
		memcpy(line, p, len);
		line[len] = '\0';
		for (char *s = line; s && *n < FIELDS;) {
			field[(*n)++] = s;
			if ((s = strchr(s, ':')))
				*s++ = '\0';
		}
	}
	p += len;
	return *p ? p + 1 : NULL;
}

static bool parse_id(const char *s, uint32_t *ret)
{
	uint64_t v;

	if (parse_u64(s, 0, UINT32_MAX - 1, &v) < 0)
		return false;
	*ret = (uint32_t) v;
	return true;
}

/* name NULL: by uid. */
static bool find_user(const char *passwd, const char *name, uint32_t uid, struct user *ret)
{
	char line[1024], *f[FIELDS];
	size_t n;

	for (const char *p = passwd; p && *p;) {
		uint32_t u, g;

		p = next_line(p, line, sizeof line, f, &n);
		if (n < 4 || !parse_id(f[2], &u) || !parse_id(f[3], &g) ||
			(name ? strcmp(f[0], name) != 0 : u != uid))
			continue;
		ret->uid = u;
		ret->gid = g;
		snprintf(ret->name, sizeof ret->name, "%s", f[0]);
		if (n >= 6 && f[5][0] == '/')
			snprintf(ret->home, sizeof ret->home, "%s", f[5]);
		return true;
	}
	return false;
}

static bool find_group(const char *group, const char *name, uint32_t *ret)
{
	char line[4096], *f[FIELDS];
	size_t n;

	for (const char *p = group; p && *p;) {
		p = next_line(p, line, sizeof line, f, &n);
		if (n >= 3 && strcmp(f[0], name) == 0 && parse_id(f[2], ret))
			return true;
	}
	return false;
}

static void add_group(struct user *u, uint32_t gid)
{
	if (gid == u->gid)
		return;
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	if (u->n_groups < USER_GROUPS_MAX)
		u->groups[u->n_groups++] = gid;
}

static void add_memberships(const char *group, struct user *u)
{
	char line[4096], *f[FIELDS];
	size_t n;

	for (const char *p = group; p && *p;) {
		uint32_t gid;

		p = next_line(p, line, sizeof line, f, &n);
		if (n < 4 || !parse_id(f[2], &gid))
			continue;
		for (char *m = f[3]; m;) {
			char *next = strchr(m, ',');

			if (next)
				*next++ = '\0';
			if (strcmp(m, u->name) == 0)
				add_group(u, gid);
			m = next;
		}
	}
}

int user_find(const char *passwd, const char *group, const char *user, const struct strs *groups,
	enum user_groups member, struct user *ret, struct err *err)
{
	struct user u = { .home = "" };
	const char *colon = strchr(user, ':');
	char name[256];
	size_t len = colon ? (size_t) (colon - user) : strlen(user);
	uint32_t id;

	if (len >= sizeof name)
		return err_set(err, ERR_INVALID, "user '%.40s...': too long", user);
	memcpy(name, user, len);
	name[len] = '\0';
	if (!*name) {
		(void) find_user(passwd, NULL, 0, &u);
		u.uid = 0;
	} else if (parse_id(name, &id)) {
		u.uid = id;
		(void) find_user(passwd, NULL, id, &u);
	} else if (!find_user(passwd, name, 0, &u)) {
		return err_set(err, ERR_DENIED,
			"unable to find user %s: no matching entries in passwd file of the image", name);
	}
	if (colon && colon[1]) {
		if (!parse_id(colon + 1, &u.gid) && !find_group(group, colon + 1, &u.gid))
			return err_set(err, ERR_DENIED,
				"unable to find group %s: no matching entries in group file of the image",
				colon + 1);
	} else if (*u.name && member == USER_GROUPS_ASKED) { /* a group that was asked for stands alone */
		add_memberships(group, &u);
	}
	if (*u.name && member == USER_GROUPS_MERGE)
		add_memberships(group, &u);
	for (size_t i = 0; groups && i < groups->n; i++) {
		if (!parse_id(groups->v[i], &id) && !find_group(group, groups->v[i], &id))
			return err_set(
				err, ERR_NOT_FOUND, "no group '%s' in the image's /etc/group", groups->v[i]);
		add_group(&u, id);
	}
	if (!*u.home)
		snprintf(u.home, sizeof u.home, "%s", u.uid ? "/" : "/root");
	*ret = u;
	return 0;
}

/* A file that is absent or unusable reads as empty: an image needs neither, until a name is asked for. */
static int read_file(const struct layers *l, const char *path, struct buf *b, struct err *err)
{
	auto_close int fd = layers_open_file(l, path);
	int rc;

	if (fd < 0)
		return 0;
	if ((rc = io_read_all(fd, b)) == -EFBIG)
		return err_set(err, ERR_INVALID, "the image's %s is larger than %lu bytes", path, PASSWD_MAX);
	if (rc < 0)
		return err_sys(err, -rc, "read the image's %s", path);
	if (b->data && strlen(b->data) != b->len)
		return err_set(err, ERR_INVALID, "the image's %s is not a text file", path);
	return 0;
}

int user_lookup(const struct layers *l, const char *user, const struct strs *groups, enum user_groups member,
	struct user *ret, struct err *err)
{
	auto_buf struct buf passwd = BUF_INIT(PASSWD_MAX), group = BUF_INIT(PASSWD_MAX);
	int rc;

	if ((rc = read_file(l, "/etc/passwd", &passwd, err)) < 0 ||
		(rc = read_file(l, "/etc/group", &group, err)) < 0)
		return rc;
	return user_find(passwd.data ? passwd.data : "", group.data ? group.data : "", user ? user : "",
		groups, member, ret, err);
}

void user_home(struct user *u, const char *cwd)
{
	if (u->uid && !*u->name && cwd && *cwd)
		snprintf(u->home, sizeof u->home, "%s", cwd);
}
