/*
 * hint.c — hierarchies of a v1 machine as another process found them: "DEV:INODE NAME PATH;" for each.
 *
 * A directory that has the recorded device and inode is the root of the recorded hierarchy: a super block of cgroups has a
 * device number of its own.  Which hierarchies there are says /proc/self/cgroup, which is read in any case.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/cgroup/cgroup.h"
#include "pkg/cgroup/internal.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"

#define UNIFIED "-" /* in place of a name: the cgroup2 mount of a hybrid machine */

static int add(int fd, const char *name, struct buf *b)
{
	char link[40], path[4096];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if ((n = readlink(link, path, sizeof path)) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((size_t) n == sizeof path || memchr(path, ';', (size_t) n) || memchr(path, ' ', (size_t) n))
		return -ENOTSUP;
	return buf_printf(b, "%llx:%llx %s %.*s;", (unsigned long long) st.st_dev,
		(unsigned long long) st.st_ino, name, (int) n, path);
}

int cgroup_hint(const struct cgroup_fs *fs, struct buf *ret)
{
	int rc = fs->mode == CGROUP_V1 && !fs->partial ? 0 : -ENOTSUP;

	for (size_t i = 0; rc == 0 && i < fs->n; i++)
		rc = add(fs->h[i].fd, fs->h[i].name, ret);
	return rc == 0 && fs->hybrid ? add(fs->unified, UNIFIED, ret) : rc;
}

/* One entry; consumed. */
static int follow(struct cgroup_fs *fs, char *entry, const char *cgroups)
{
	unsigned long long dev, ino;
	const char *name, *path;
	auto_close int fd = -EBADF;
	struct stat st;
	char *end;

	dev = strtoull(entry, &end, 16);
	if (*end != ':')
		return -EINVAL;
	ino = strtoull(end + 1, &end, 16);
	if (*end != ' ' || !(name = end + 1, path = strchr(name, ' ')))
		return -EINVAL;
	*strchr(end + 1, ' ') = '\0';
	path++;
	if ((fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != dev || st.st_ino != ino)
		return -ESTALE;
	if (strcmp(name, UNIFIED) == 0) {
		if (fs->hybrid)
			return -EINVAL;
		fs->unified = fd_steal(&fd);
		fs->hybrid = true;
		return 0;
	}
	if (fs->n == CGROUP_V1_MAX || strlen(name) >= sizeof fs->h[0].name)
		return -E2BIG;
	if (cgroup_own_path(cgroups, name, fs->h[fs->n].self, sizeof fs->h[0].self) < 0)
		return -ESTALE;
	if (!fs->h[fs->n].self[0])
		memcpy(fs->h[fs->n].self, "/", sizeof "/");
	memcpy(fs->h[fs->n].name, name, strlen(name) + 1);
	fs->h[fs->n++].fd = fd_steal(&fd);
	return 0;
}

/* Hierarchies that exist, mounted or not. */
static size_t count(const char *cgroups)
{
	size_t n = 0;

	for (const char *line = cgroups; line && *line; line = strchr(line, '\n')) {
		const char *list;

		line += *line == '\n';
		if ((list = strchr(line, ':')))
			n += list[1] != ':';
	}
	return n;
}

int cgroup_follow_hint(struct cgroup_fs *fs, const char *hint, const char *cgroups)
{
	auto_free char *copy = strdup(hint);
	char *at = copy, *entry;
	int rc = copy ? 0 : -ENOMEM;

	while (rc == 0 && (entry = strsep(&at, ";")) && *entry)
		rc = follow(fs, entry, cgroups);
	/* one that was not mounted when the hint was written may be now */
	if (rc == 0 && (!fs->n || fs->n != count(cgroups)))
		rc = -ESTALE;
	if (rc < 0) {
		cgroup_close(fs);
		return rc;
	}
	fs->mode = CGROUP_V1;
	return 0;
}
