#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "runtime/container.h"

bool statedir_id_ok(const char *id)
{
	size_t n = strlen(id);

	if (!n || n > 1024 || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return false;
	return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.") == n;
}

int statedir_root(const char *root, bool make, struct err *err)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make)
		fd = (fd = dir_make(AT_FDCWD, root, 0700)) < 0 ? (errno = -fd, -1) : fd;
	return fd < 0 ? err_sys(err, errno, "open state directory '%s'", root) : fd;
}

int statedir_make(const char *root, const char *id, struct err *err)
{
	auto_close int dir = -EBADF;
	int fd;

	if (!statedir_id_ok(id))
		return err_set(err, ERR_INVALID, "only letters, digits and _+-. are allowed in an id");
	if ((dir = statedir_root(root, true, err)) < 0)
		return dir;
	if (mkdirat(dir, id, 0711) < 0)
		return errno == EEXIST ? err_set(err, ERR_EXISTS, "already exists")
				       : err_sys(err, errno, "make state directory of '%s'", id);
	if ((fd = openat(dir, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
		fd = err_sys(err, errno, "open state directory of '%s'", id);
		(void) unlinkat(dir, id, AT_REMOVEDIR);
	}
	return fd;
}

int statedir_open(const char *root, const char *id, int *ret_dir, struct oci_state *ret, struct err *err)
{
	auto_close int top = -EBADF;
	auto_close int dir = -EBADF;
	int rc;

	if (!statedir_id_ok(id))
		return err_set(
			err, ERR_INVALID, "container id '%s': only letters, digits and _+-. are allowed", id);
	if ((top = statedir_root(root, false, err)) < 0 && top != -ENOENT)
		return top;
	dir = top < 0 ? -ENOENT : openat(top, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && (top < 0 || errno == ENOENT))
		return err_set(err, ERR_NOT_FOUND, "container does not exist: '%s'", id);
	if (dir < 0)
		return err_sys(err, errno, "open state directory of '%s'", id);
	if ((rc = oci_state_read(dir, ret, err)) < 0) {
		if (rc != -ENOENT)
			return err_wrap(err, "container '%s'", id);
		/* being created, or what a killed `create` left: no process of it is known yet */
		*ret = (struct oci_state){ .id = id,
			.oci_version = OCI_VERSION,
			.bundle = "",
			.rootfs = "",
			.cgroup_path = "",
			.owner = "",
			.created = "" };
	}
	*ret_dir = fd_steal(&dir);
	return 0;
}

int statedir_remove(const char *root, const char *id)
{
	auto_close int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : dir_remove(dir, id);
}

int pid_file_write(const char *path, pid_t pid, struct err *err)
{
	char dir[PATH_MAX], text[16], *slash;
	const char *name = path;
	auto_close int at = -EBADF;
	int rc;

	if (!path)
		return 0;
	snprintf(dir, sizeof dir, "%s", path);
	if ((slash = strrchr(dir, '/'))) {
		name += slash + 1 - dir;
		slash[slash == dir] = '\0';
	}
	at = open(slash ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof text, "%d", (int) pid);
	rc = at < 0 ? -errno : file_replace(at, name, text, strlen(text), 0644, false);
	return rc < 0 ? err_sys(err, -rc, "write pid file '%s'", path) : 0;
}
