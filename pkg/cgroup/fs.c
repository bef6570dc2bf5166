#include "pkg/cgroup/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pkg/cgroup/internal.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define ROOT "/sys/fs/cgroup"

const struct cgroup_ops *cgroup_ops(const struct cgroup_fs *fs)
{
	return fs->mode == CGROUP_V2 ? &cgroup_ops_v2 : fs->mode == CGROUP_V1 ? &cgroup_ops_v1 : NULL;
}

bool cgroup_has_word(const char *list, const char *word, char sep)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == sep) && (p[n] == sep || p[n] == '\0' || p[n] == '\n'))
			return true;
	return false;
}

int cgroup_own_path(const char *text, const char *list, char *ret, size_t size)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *a, *b, *end;

		line += *line == '\n';
		a = strchr(line, ':');
		b = a ? strchr(a + 1, ':') : NULL;
		if (!b)
			break;
		end = strchrnul(b, '\n');
		if ((size_t) (b - a - 1) != strlen(list) || strncmp(a + 1, list, strlen(list)) != 0)
			continue;
		if ((size_t) (end - b) > size)
			return -ENAMETOOLONG;
		memcpy(ret, b + 1, (size_t) (end - b - 1));
		ret[end - b - 1] = '\0';
		return 0;
	}
	return -ENOENT;
}

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape(char *s)
{
	char *w = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*w++ = (char) ((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*w++ = *s;
		}
	*w = '\0';
}

/* Finds the line of /proc/self/cgroup whose list names the same hierarchy as a mount's super options. */
static int match_hierarchy(const char *cgroups, const char *opts, char *list, size_t size)
{
	for (const char *line = cgroups; line && *line; line = strchr(line, '\n')) {
		const char *a, *b;
		char first[64];
		size_t n;

		line += *line == '\n';
		a = strchr(line, ':');
		b = a ? strchr(a + 1, ':') : NULL;
		if (!b)
			break;
		n = (size_t) (b - a - 1);
		if (!n || n >= size)
			continue;
		memcpy(list, a + 1, n);
		list[n] = '\0';
		snprintf(first, sizeof first, "%.*s", (int) strcspn(list, ","), list);
		if (cgroup_has_word(opts, first, ','))
			return 0;
	}
	return -ENOENT;
}

/* What our own path is below the mount, which may show only a part of the hierarchy. */
static void path_below(const char *root, char *self)
{
	size_t n = strlen(root);

	if (strcmp(root, "/") != 0 && strncmp(self, root, n) == 0 && (self[n] == '/' || !self[n]))
		memmove(self, self + n, strlen(self + n) + 1);
	if (!self[0])
		memcpy(self, "/", sizeof "/");
}

static void add_unified(struct cgroup_fs *fs, char *line)
{
	char *field = NULL;

	for (int f = 0; f < 5; f++)
		if (!(field = strsep(&line, " ")))
			return;
	unescape(field);
	if ((fs->unified = open(field, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0)
		fs->hybrid = true;
}

/* One line of mountinfo: "ID PARENT DEV ROOT POINT OPTS ... - TYPE SOURCE SUPER". */
static int add_v1(struct cgroup_fs *fs, char *line, const char *cgroups)
{
	char *field[5], *type, *super, list[64], self[256];
	size_t i = fs->n;

	if (!fs->hybrid && strstr(line, " - cgroup2 "))
		add_unified(fs, line);
	if (!line || !(type = strstr(line, " - cgroup ")))
		return 0;
	*type = '\0';
	if (!(super = strchr(type + 10, ' ')))
		return 0;
	for (int f = 0; f < 5; f++)
		if (!(field[f] = strsep(&line, " ")))
			return 0;
	if (match_hierarchy(cgroups, super + 1, list, sizeof list) < 0 ||
		cgroup_own_path(cgroups, list, self, sizeof self) < 0)
		return 0;
	if (strlen(list) >= sizeof fs->h[0].name)
		return 0;
	for (size_t k = 0; k < fs->n; k++)
		if (strcmp(fs->h[k].name, list) == 0)
			return 0; /* mounted twice: the first is as good */
	if (i == CGROUP_V1_MAX)
		return -E2BIG;
	unescape(field[3]);
	unescape(field[4]);
	if ((fs->h[i].fd = open(field[4], O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		/* hidden by a later mount; but one that only cannot be opened now holds limits that must not be missing */
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	fs->partial = fs->partial || strcmp(field[3], "/") != 0;
	path_below(field[3], self);
	(void) snprintf(fs->h[i].name, sizeof fs->h[i].name, "%s", list);
	(void) snprintf(fs->h[i].self, sizeof fs->h[i].self, "%s", self);
	fs->n++;
	return 0;
}

static int open_v1(struct cgroup_fs *fs, const char *cgroups, struct err *err)
{
	auto_buf struct buf mounts = BUF_INIT(JSON_MAX);
	auto_close int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : io_read_all(fd, &mounts);
	char *at = mounts.data, *line;

	if (rc < 0)
		return err_sys(err, -rc, "read /proc/self/mountinfo");
	while (at && (line = strsep(&at, "\n")))
		if ((rc = add_v1(fs, line, cgroups)) < 0)
			return rc == -E2BIG ? err_set(err, ERR_UNSUPPORTED, "more than %d cgroup hierarchies",
						      CGROUP_V1_MAX)
					    : err_sys(err, -rc, "open a cgroup hierarchy");
	fs->mode = fs->n ? CGROUP_V1 : CGROUP_NONE;
	return 0;
}

int cgroup_open(struct cgroup_fs *fs, struct err *err) { return cgroup_open_hinted(fs, NULL, err); }

int cgroup_open_hinted(struct cgroup_fs *fs, const char *hint, struct err *err)
{
	auto_buf struct buf cgroups = BUF_INIT(1 * MiB);
	auto_close int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	struct statfs st;
	int rc;

	fs->mode = CGROUP_NONE;
	fs->n = 0;
	fs->hybrid = fs->partial = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open /proc/self/cgroup");
	if ((rc = io_read_all(fd, &cgroups)) < 0)
		return err_sys(err, -rc, "read /proc/self/cgroup");
	if (statfs(ROOT, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : err_sys(err, errno, "look at '%s'", ROOT);
	if (st.f_type != CGROUP2_SUPER_MAGIC) {
		if (hint && cgroup_follow_hint(fs, hint, cgroups.data ? cgroups.data : "") == 0)
			return 1;
		if ((rc = open_v1(fs, cgroups.data ? cgroups.data : "", err)) < 0)
			cgroup_close(fs);
		return rc;
	}
	if ((fs->h[0].fd = open(ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", ROOT);
	fs->h[0].name[0] = '\0';
	if (cgroup_own_path(cgroups.data ? cgroups.data : "", "", fs->h[0].self, sizeof fs->h[0].self) < 0)
		memcpy(fs->h[0].self, "/", sizeof "/");
	fs->mode = CGROUP_V2;
	fs->n = 1;
	return 0;
}

void cgroup_close(struct cgroup_fs *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		fd_close_p(&fs->h[i].fd);
	if (fs->hybrid)
		fd_close_p(&fs->unified);
	fs->hybrid = false;
	fs->n = 0;
	fs->mode = CGROUP_NONE;
}

const char *cgroup_rel(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int cgroup_path_check(const char *path, struct err *err)
{
	const char *p = path;

	if (*p != '/' || strlen(path) >= CGROUP_PATH_LEN - 64)
		return err_set(err, ERR_INVALID, "cgroup path '%s': expected an absolute path", path);
	while (*p) {
		size_t n = strcspn(p, "/");

		if ((n == 2 && p[0] == '.' && p[1] == '.') || (n == 1 && p[0] == '.'))
			return err_set(
				err, ERR_INVALID, "cgroup path '%s': '.' and '..' are not allowed", path);
		p += n + (p[n] == '/');
	}
	return 0;
}

int cgroup_file(char *ret, size_t size, const char *path, const char *file)
{
	int n = snprintf(ret, size, "%s/%s", cgroup_rel(path), file);

	return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}

int cgroup_write_at(
	const struct cgroup_fs *fs, size_t h, const char *path, const char *file, const char *value)
{
	char name[CGROUP_PATH_LEN];
	auto_close int fd = -EBADF;
	ssize_t n;

	if (cgroup_file(name, sizeof name, path, file) < 0)
		return -ENAMETOOLONG;
	if ((fd = openat(fs->h[h].fd, name, O_WRONLY | O_CLOEXEC)) < 0)
		return -errno;
	do
		n = write(fd, value, strlen(value));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cgroup_read_at(
	const struct cgroup_fs *fs, size_t h, const char *path, const char *file, char *ret, size_t size)
{
	char name[CGROUP_PATH_LEN];
	auto_close int fd = -EBADF;
	size_t len = 0;
	ssize_t n = 1;

	if (cgroup_file(name, sizeof name, path, file) < 0)
		return -ENAMETOOLONG;
	if ((fd = openat(fs->h[h].fd, name, O_RDONLY | O_CLOEXEC)) < 0)
		return -errno;
	while (len < size - 1 && n > 0) {
		if ((n = read(fd, ret + len, size - 1 - len)) < 0)
			return -errno;
		len += (size_t) n;
	}
	while (len && ret[len - 1] == '\n')
		len--;
	ret[len] = '\0';
	return (int) len;
}

uint64_t cgroup_line(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return strtoull(p + n + 1, NULL, 10);
	}
	return 0;
}

int cgroup_hierarchy(const struct cgroup_fs *fs, const char *controller)
{
	char have[512];

	if (fs->mode == CGROUP_V2) {
		if (strcmp(controller, "cgroup") == 0)
			return 0;
		if (cgroup_read_at(fs, 0, "/", "cgroup.controllers", have, sizeof have) < 0)
			return -ENOENT;
		return cgroup_has_word(have, controller, ' ') ? 0 : -ENOENT;
	}
	for (size_t i = 0; i < fs->n; i++)
		if (cgroup_has_word(fs->h[i].name, controller, ','))
			return (int) i;
	return -ENOENT;
}

int cgroup_set(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	const char *value, struct err *err)
{
	int h = fs->mode == CGROUP_V2 ? 0 : cgroup_hierarchy(fs, controller);
	int rc = h < 0 ? h : cgroup_write_at(fs, (size_t) h, path, file, value);

	if (fs->mode == CGROUP_NONE)
		return err_set(err, ERR_UNSUPPORTED,
			"set '%s': this machine has no cgroup file system mounted", file);
	if (h < 0)
		return err_set(err, ERR_UNSUPPORTED, "set '%s': cgroup controller '%s' is not available",
			file, controller);
	if (rc == -ENOENT || (rc == -EACCES && fs->mode == CGROUP_V2)) {
		char have[512];

		if (fs->mode == CGROUP_V2 &&
			cgroup_read_at(fs, 0, path, "cgroup.controllers", have, sizeof have) >= 0 &&
			strcmp(controller, "cgroup") != 0 && !cgroup_has_word(have, controller, ' '))
			return err_set(err, ERR_UNSUPPORTED,
				"set '%s' to '%s': cgroup controller '%s' is not available in '%s' (not "
				"delegated?)",
				file, value, controller, path);
	}
	return rc < 0 ? err_sys(err, -rc, "write '%s' to '%s' of cgroup '%s'", value, file, path) : 0;
}

int cgroup_open_file(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	struct err *err)
{
	int h = fs->mode == CGROUP_V2 ? 0 : cgroup_hierarchy(fs, controller), fd;
	char name[CGROUP_PATH_LEN];

	if (h < 0 || fs->mode == CGROUP_NONE)
		return err_set(err, ERR_UNSUPPORTED, "set '%s': cgroup controller '%s' is not available",
			file, controller);
	if (cgroup_file(name, sizeof name, path, file) < 0)
		return err_sys(err, ENAMETOOLONG, "open '%s' of cgroup '%s'", file, path);
	fd = openat(fs->h[h].fd, name, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, errno, "open '%s' of cgroup '%s'", file, path) : fd;
}

int cgroup_get(const struct cgroup_fs *fs, const char *path, const char *controller, const char *file,
	char *ret, size_t size)
{
	int h = fs->mode == CGROUP_V2 ? 0 : cgroup_hierarchy(fs, controller);

	return h < 0 || fs->mode == CGROUP_NONE ? -ENOENT
						: cgroup_read_at(fs, (size_t) h, path, file, ret, size);
}
