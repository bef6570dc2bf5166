/*
 * mountpoints.c — the lowest layer of every container: empty files and directories for what is always mounted.
 *
 * A mount point that an image lacks is otherwise made in the container's writable layer: a copy of /etc, four files and /run,
 * on a disk, for each container, and deleted with it.  One directory that all containers of an engine share has them already.
 * It lies below the image, so an image that has an entry of its own, or hides one, looks as it did.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/pod/internal.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

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

static int make(int root)
{
	static const char *const dirs[] = { "", "/etc", "/run", "/dev", "/proc" };
	static const char *const files[] = { "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
		"/run/.containerenv" };
	char name[64];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < LEN(dirs); i++) {
		snprintf(name, sizeof name, PATH_MOUNTPOINTS "%s", dirs[i]);
		rc = make_dir(root, name);
	}
	for (size_t i = 0; rc == 0 && i < LEN(files); i++) {
		snprintf(name, sizeof name, PATH_MOUNTPOINTS "%s", files[i]);
		rc = make_file(root, name);
	}
	return rc < 0 ? rc : make_dir(root, PATH_MOUNTPOINTS "/sys"); /* last: when it is there, all is */
}

int mountpoints_layer(struct engine *e, const char **ret, struct err *err)
{
	const char *path = path_abs_root(e, PATH_MOUNTPOINTS);
	struct stat st;
	int rc;

	if (!path)
		return err_sys(err, ENOMEM, "make the layer of mount points");
	if (fstatat(e->root_fd, PATH_MOUNTPOINTS "/sys", &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		(rc = make(e->root_fd)) < 0)
		return err_sys(err, -rc, "make '%s'", path);
	*ret = path;
	return 0;
}
