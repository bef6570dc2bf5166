#include "pkg/image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define LINKS_MAX 8 /* docker writes one */
#define PATH_MAX_TEXT 4096

/* ---- the helper's list ---------------------------------------------------------------------------------------------- */

/* A name that travelled as hex digits; NULL when it is none. */
static char *hex_text(const json_t *v, struct arena *a)
{
	const char *hex = json_string_value(v);
	size_t n = hex ? strlen(hex) : 1;
	char *text = n % 2 ? NULL : arena_alloc(a, n / 2 + 1);

	for (size_t i = 0; text && i < n / 2; i++) {
		unsigned byte;

		if (strspn(hex + 2 * i, "0123456789abcdef") < 2 || sscanf(hex + 2 * i, "%2x", &byte) != 1 ||
			!byte)
			return NULL;
		text[i] = (char) byte;
	}
	return text;
}

static int member_take(struct source *s, const json_t *line, struct arena *a, struct err *err)
{
	struct member m = {
		.index = json_integer_value(json_object_get(line, "index")),
		.file = json_integer_value(json_object_get(line, "file")),
		.size = (uint64_t) json_integer_value(json_object_get(line, "size")),
		.name = hex_text(json_object_get(line, "member"), a),
		.link = hex_text(json_object_get(line, "link"), a),
		.hard = hex_text(json_object_get(line, "hard"), a),
	};

	if (!m.name)
		return err_set(err, ERR_CORRUPT, "podctl-unpack reports a member without a name");
	s->members[s->n++] = m;
	return 0;
}

/* By name; of two with one name the later one in the archive is first, and wins. */
static int member_cmp(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : a->index < b->index ? 1 : -1;
}

static int members_take(struct source *s, struct buf *lines, struct arena *a, struct err *err)
{
	char *at = lines->data, *end;
	size_t n = 0;
	int rc;

	for (const char *p = at; p && (p = strchr(p, '\n')); p++)
		n++;
	if (!(s->members = arena_array(a, n, sizeof *s->members)))
		return err_sys(err, ENOMEM, "list the archive");
	for (; at && (end = strchr(at, '\n')); at = end + 1) {
		json_t *line = json_loadb(at, (size_t) (end - at), 0, NULL);

		rc = line && json_object_get(line, "member") ? member_take(s, line, a, err) : 0;
		json_decref(line);
		if (rc < 0)
			return rc;
	}
	qsort(s->members, s->n, sizeof *s->members, member_cmp);
	return 0;
}

int source_open_archive(struct engine *e, struct source *s, int fd, struct arena *a, struct err *err)
{
	struct buf lines = BUF_INIT(64 * MiB);
	int rc;

	s->what = "archive";
	s->fd = fd;
	if ((rc = image_tmp_make(e, &s->tmp, err)) < 0)
		return rc;
	/* copies are numbered, "lock" is none of them */
	if ((rc = archive_members(e, fd, s->tmp.dir, s->tmp.lock, &lines, err)) == 0)
		rc = members_take(s, &lines, a, err);
	buf_done(&lines);
	return rc;
}

int source_open_dir(struct source *s, const char *path, struct err *err)
{
	s->what = path;
	s->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->dir < 0 ? err_sys(err, errno, "open '%s'", path) : 0;
}

void source_done(struct source *s)
{
	fd_close_p(&s->dir);
	image_tmp_remove(&s->tmp);
}

/* ---- looking up ------------------------------------------------------------------------------------------------------ */

static const struct member *member_find(struct source *s, const char *name)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(s->members[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && strcmp(s->members[lo].name, name) == 0 ? &s->members[lo] : NULL;
}

/* "ID/layer.tar" -> "../OTHER/layer.tar" is "OTHER/layer.tar": by text only, nothing but members can be meant. */
static int link_resolve(const char *name, const char *link, char out[PATH_MAX_TEXT])
{
	const char *slash = strrchr(name, '/');
	size_t len = link[0] == '/' || !slash ? 0 : (size_t) (slash - name);

	if (len >= PATH_MAX_TEXT)
		return -ENAMETOOLONG;
	memcpy(out, name, len);
	for (size_t n; *link; link += n + (link[n] == '/')) {
		n = strcspn(link, "/");
		if (n == 0 || (n == 1 && link[0] == '.'))
			continue;
		if (n == 2 && link[0] == '.' && link[1] == '.') {
			if (!len)
				return -EXDEV;
			while (len && out[len - 1] != '/')
				len--;
			len -= len > 0;
			continue;
		}
		if (len + 1 + n >= PATH_MAX_TEXT)
			return -ENAMETOOLONG;
		if (len)
			out[len++] = '/';
		memcpy(out + len, link, n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}

static int member_get(struct source *s, const char *name, const struct member **ret, struct err *err)
{
	char next[PATH_MAX_TEXT];
	const struct member *m = member_find(s, name);

	for (int links = 0; m && (m->link || m->hard); links++) {
		if (links == LINKS_MAX || (m->link && link_resolve(m->name, m->link, next) < 0))
			return err_set(err, ERR_INVALID,
				"member '%s' of the archive is a link that leads nowhere", name);
		m = member_find(s, m->hard ? m->hard : next);
	}
	if (!m)
		return err_set(err, ERR_NOT_FOUND, "the archive has no member '%s'", name);
	*ret = m;
	return 0;
}

/* Names in documents may begin with "./", as members' did. */
static const char *name_clean(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	return name;
}

bool source_has(struct source *s, const char *name)
{
	if (s->dir < 0)
		return member_find(s, name) != NULL;
	auto_close int fd = path_open(s->dir, name, PATH_IN_STATE, O_PATH, 0);

	return fd >= 0;
}

static int dir_open(struct source *s, const char *name, struct err *err)
{
	auto_close int fd = path_open(s->dir, name, PATH_IN_STATE, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd < 0)
		return err_sys(err, -fd, "open '%s/%s'", s->what, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "'%s/%s' is not a regular file", s->what, name);
	return fd_steal(&fd);
}

static int copy_open(struct source *s, const struct member *m, struct err *err)
{
	char name[24];
	int fd;

	snprintf(name, sizeof name, "%lld", (long long) m->file);
	fd = path_open(s->tmp.dir, name, PATH_IN_STATE, O_RDONLY, 0);
	return fd < 0 ? err_sys(err, -fd, "open the copy of '%s'", m->name) : fd;
}

int source_blob(struct source *s, const char *raw_name, int *ret_fd, int64_t *ret_member, struct err *err)
{
	const char *name = name_clean(raw_name);
	const struct member *m;
	int rc, fd;

	if (s->dir >= 0) {
		if ((fd = dir_open(s, name, err)) < 0)
			return fd;
		*ret_member = -1;
	} else {
		if ((rc = member_get(s, name, &m, err)) < 0)
			return rc;
		fd = m->file >= 0 ? copy_open(s, m, err) : fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return m->file >= 0 ? fd : err_sys(err, errno, "open the archive");
		*ret_member = m->file >= 0 ? -1 : m->index;
	}
	*ret_fd = fd;
	return 0;
}

int source_text(struct source *s, const char *name, size_t max, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err)
{
	struct buf b = BUF_INIT(max);
	auto_close int fd = -EBADF;
	int64_t member;
	char *text;
	int rc;

	if ((rc = source_blob(s, name, &fd, &member, err)) < 0)
		return rc;
	rc = member >= 0 ? -EFBIG : io_read_all(fd, &b); /* what is small was copied out */
	if (rc == -EFBIG)
		rc = err_set(err, ERR_INVALID, "'%s' is larger than the limit of %zu bytes", name, max);
	else if (rc < 0)
		rc = err_sys(err, -rc, "read '%s'", name);
	else if (!b.len || memchr(b.data, '\0', b.len))
		rc = err_set(err, ERR_INVALID, "'%s' is not a JSON document", name);
	else if (!(text = arena_strndup(a, b.data, b.len)))
		rc = err_sys(err, ENOMEM, "read '%s'", name);
	else
		*ret = text, *ret_len = b.len;
	buf_done(&b);
	return rc;
}
