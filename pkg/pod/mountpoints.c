/*
 * mountpoints.c — the lowest layer of every container: empty files and directories for what is always mounted, and mtab.
 *
 * A mount point that an image lacks is otherwise made in the container's writable layer: a copy of /etc, four files and /run,
 * on a disk, for each container, and deleted with it.  One directory that all containers of an engine share has them already;
 * there is one for each set of files, so that none is seen which is not mounted.  It lies below the image: an image that has
 * an entry of its own, or hides one, looks as it did.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

static const char *const file_names[] = { "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
	"/run/.containerenv" };
#define LAST "/sys" /* made last: when it is there, all is */

static int make_dir(int root, const char *name)
{
	auto_close int fd = dir_make(root, name, 0755);

	return fd < 0 ? fd : fchmodat(root, name, 0755, 0) < 0 ? -errno : 0;
}

static int make_file(int root, const char *name)
{
	auto_close int fd = path_open(root, name, PATH_IN_STATE, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);

	return fd < 0 ? fd : fchmod(fd, 0644) < 0 ? -errno : 0;
}

/* As every engine: programs look for what is mounted there. */
static int make_mtab(int root, unsigned files)
{
	char name[64];

	snprintf(name, sizeof name, PATH_MOUNTPOINTS "/%u/etc/mtab", files);
	return symlinkat("/proc/mounts", root, name) < 0 && errno != EEXIST ? -errno : 0;
}

static int make(int root, unsigned files)
{
	static const char *const dirs[] = { "", "/etc", "/run", "/dev", "/proc" };
	char name[64];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < LEN(dirs); i++) {
		snprintf(name, sizeof name, PATH_MOUNTPOINTS "/%u%s", files, dirs[i]);
		rc = make_dir(root, name);
	}
	for (size_t i = 0; rc == 0 && i < LEN(file_names); i++) {
		snprintf(name, sizeof name, PATH_MOUNTPOINTS "/%u%s", files, file_names[i]);
		rc = files & 1U << i ? make_file(root, name) : 0;
	}
	if (rc == 0)
		rc = make_mtab(root, files);
	snprintf(name, sizeof name, PATH_MOUNTPOINTS "/%u%s", files, LAST);
	return rc < 0 ? rc : make_dir(root, name);
}

int mountpoints_layer(struct engine *e, const struct etc_files *f, const char **ret, struct err *err)
{
	const char *const there[] = { f->hosts, f->hostname, f->resolv, f->containerenv };
	unsigned files = 0;
	char name[64];
	struct stat st;
	int rc;

	static_assert(LEN(there) == LEN(file_names), "a name for each");
	for (size_t i = 0; i < LEN(there); i++)
		files |= (unsigned) (there[i] != NULL) << i;
	snprintf(name, sizeof name, PATH_MOUNTPOINTS "/%u%s", files, LAST);
	if (fstatat(e->root_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && (rc = make(e->root_fd, files)) < 0)
		return err_sys(err, -rc, "make '%s/%s'", e->root, PATH_MOUNTPOINTS);
	name[strlen(name) - strlen(LAST)] = '\0';
	*ret = path_abs_root(e, name);
	return *ret ? 0 : err_sys(err, ENOMEM, "make the layer of mount points");
}
